//! Prints what was found.

use super::campaign::{Report, Sum};
use std::fmt::Write;

/// Columns: heading, and what is counted.
const COLUMNS: [(&str, &str); 16] = [
	("matched", "matched"),
	("judged", "final matches judged"),
	("checkp.", "checkpoints"),
	("closed", "sets closed"),
	("recover", "recoveries"),
	("lost", "lost journals"),
	("synced", "state syncs"),
	("2 chains", "two chains"),
	("late", "late"),
	("thin", "thin"),
	("unknown", "unknown parent"),
	("false cp", "false checkpoint"),
	("proofs", "proofs"),
	("moved", "moved"),
	("ignored", "ignored"),
	("disputes", "disputes"),
];

fn line(out: &mut String, name: &str, sum: &Sum) {
	let _ = write!(out, "{name:<14}{:>8}{:>8}", sum.runs, sum.failed);
	for (_, what) in COLUMNS {
		let _ = write!(out, "{:>10}", sum.coverage.of(what));
	}
	let _ = writeln!(out);
}

/// A table of a search, one line for each kind of scenario and one for all.
pub fn table(report: &Report) -> String {
	let mut out = String::new();
	let _ = write!(out, "{:<14}{:>8}{:>8}", "scenario", "seeds", "failed");
	for (heading, _) in COLUMNS {
		let _ = write!(out, "{heading:>10}");
	}
	let _ = writeln!(out);
	for (name, sum) in &report.kinds {
		line(&mut out, name, sum);
	}
	line(&mut out, "all", &report.total);
	let counts = &report.total.counts;
	let _ = writeln!(
		out,
		"events {}, packets {} came, {} lost, {} doubled, {} stopped by partitions; crashes {}; \
		 trace {:016x}",
		counts.events,
		counts.delivered,
		counts.lost,
		counts.doubled,
		counts.stopped,
		counts.crashes,
		report.total.trace,
	);
	for (scenario, violations) in &report.failures {
		let _ = write!(out, "seed {} ({}):", scenario.seed, scenario.kind.name());
		for violation in violations.iter().take(3) {
			let _ = write!(out, " {violation};");
		}
		let _ = writeln!(out);
	}
	out
}
