//! Prints what was found.

use super::{
	campaign::{Report, Sum},
	run::Outcome,
	scenario::Scenario,
};
use crate::world::{Micros, MILLI, SECOND};
use std::fmt::Write;

fn line(out: &mut String, name: &str, sum: &Sum) {
	let coverage = &sum.coverage;
	let _ = writeln!(
		out,
		"{name:<13}{:>8}{:>9}{:>9}{:>9}{:>9}{:>11}{:>10}{:>10}{:>9}{:>10}{:>9}{:>8}{:>8}{:>9}{:>10}",
		sum.runs,
		sum.failed,
		sum.forked,
		sum.cut_off,
		coverage.height,
		coverage.views,
		coverage.timeouts,
		coverage.double_proposals + coverage.conflicting_proposals,
		coverage.forks,
		coverage.conflicting_second_votes,
		coverage.recoveries,
		coverage.lost_records,
		coverage.set_changes,
		coverage.offences,
		sum.recovery / MILLI,
	);
}

/// A table of a search, one line for each kind of scenario and one for all.
pub fn table(report: &Report) -> String {
	let mut out = String::new();
	let _ = writeln!(
		out,
		"{:<13}{:>8}{:>9}{:>9}{:>9}{:>9}{:>11}{:>10}{:>10}{:>9}{:>10}{:>9}{:>8}{:>8}{:>9}{:>10}",
		"scenario",
		"seeds",
		"failed",
		"forked",
		"cut off",
		"final",
		"views",
		"timeouts",
		"bad prop.",
		"forks",
		"bad 2nd",
		"recover",
		"lost",
		"sets",
		"proofs",
		"after ms",
	);
	for (name, sum) in &report.kinds {
		line(&mut out, name, sum);
	}
	line(&mut out, "all", &report.total);
	let counts = &report.total.counts;
	let _ = writeln!(
		out,
		"events {}, packets {} came, {} lost, {} doubled, {} stopped by partitions; crashes {}; \
		 simulated {} s; trace {:016x}",
		counts.events,
		counts.delivered,
		counts.lost,
		counts.doubled,
		counts.stopped,
		counts.crashes,
		report.total.time / SECOND,
		report.total.trace,
	);
	for failure in &report.failures {
		let scenario = &failure.scenario;
		let _ = write!(out, "seed {} ({}):", scenario.seed, scenario.kind.name());
		for violation in failure.violations.iter().take(3) {
			let _ = write!(out, " {violation};");
		}
		let _ = writeln!(out);
	}
	out
}

/// What came of one run.
pub fn outcome(outcome: &Outcome) -> String {
	let mut out = String::new();
	for violation in &outcome.violations {
		let _ = writeln!(out, "{violation}");
	}
	let _ = writeln!(
		out,
		"{} violations; final up to block {}; blocks conflicted: {}; {} events in {} ms; trace {:016x}",
		outcome.violations.len(),
		outcome.coverage.height,
		if outcome.forked { "yes" } else { "no" },
		outcome.counts.events,
		outcome.time / MILLI,
		outcome.trace,
	);
	out
}

/// The value that `per_cent` of the sorted values do not exceed.
pub fn percentile(sorted: &[Micros], per_cent: usize) -> Micros {
	let place = (sorted.len() * per_cent).div_ceil(100).max(1) - 1;
	sorted.get(place).copied().unwrap_or(0)
}

/// Times to finality of one run, in milliseconds.
pub fn latency(scenario: &Scenario, outcome: &Outcome) -> String {
	let mut sorted = outcome.latencies.clone();
	sorted.sort_unstable();
	let at = |per_cent| percentile(&sorted, per_cent) / MILLI;
	let link = scenario.link.latency;
	format!(
		"{} validators, {} down; links {} ms + up to {} ms + a tail of mean {} ms; import up to {} ms; \
		 a block every {} ms\nfrom a target's making to its finality at a node: p50 {} ms, p90 {} ms, \
		 p99 {} ms, longest {} ms ({} values; {} final blocks, {} timeouts, {} violations)\n",
		scenario.authorities,
		scenario.down,
		link.base / MILLI,
		link.jitter / MILLI,
		link.tail / MILLI,
		scenario.import,
		scenario.slot,
		at(50),
		at(90),
		at(99),
		at(100),
		sorted.len(),
		outcome.coverage.height,
		outcome.coverage.timeouts,
		outcome.violations.len(),
	)
}
