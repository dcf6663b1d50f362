//! Many seeds on several threads. The result does not depend on how many.

use super::{
	oracle::{Coverage, Violation},
	run::{play, Outcome},
	scenario::{Scenario, Search},
};
use crate::{seeds::play_in_order, world::Counts};
use std::{collections::BTreeMap, ops::Range};

/// What came of runs of one kind, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
	/// Runs.
	pub runs: u64,
	/// Runs with a violation.
	pub failed: u64,
	/// What was covered.
	pub coverage: Coverage,
	/// What happened in the networks.
	pub counts: Counts,
	/// A digest of all traces.
	pub trace: u64,
}

impl Sum {
	fn add(&mut self, outcome: &Outcome) {
		self.runs += 1;
		self.failed += u64::from(!outcome.violations.is_empty());
		for (what, times) in &outcome.coverage.0 {
			self.coverage.add(what, *times);
		}
		self.counts.add(&outcome.counts);
		self.trace = self.trace.rotate_left(7) ^ outcome.trace;
	}
}

/// What came of many seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
	/// By kind of scenario.
	pub kinds: BTreeMap<&'static str, Sum>,
	/// Of all.
	pub total: Sum,
	/// The first failures, by seed.
	pub failures: Vec<(Scenario, Vec<Violation>)>,
}

/// Failures that are kept.
const KEPT: usize = 20;

/// Plays the scenarios of `seeds` on `threads` threads. Where `stop`, the first seed in which a
/// promise is broken ends the search, and what follows it is left out of the report: a run that only
/// stands still does not end it.
pub fn search(seeds: Range<u64>, search: &Search, threads: usize, stop: bool) -> Report {
	let mut report = Report::default();
	let one = |seed| {
		let scenario = Scenario::of(seed, search);
		let outcome = play(&scenario);
		(scenario, outcome)
	};
	play_in_order(seeds, threads, one, |(scenario, outcome)| {
		report.total.add(&outcome);
		let of_kind = report.kinds.entry(scenario.kind.name()).or_default();
		of_kind.add(&outcome);
		let broken = outcome.violations.iter().any(Violation::is_of_safety);
		if !outcome.violations.is_empty() && report.failures.len() < KEPT {
			report.failures.push((scenario, outcome.violations));
		}
		stop && broken
	});
	report
}

/// A smaller scenario that fails in the same way: faults and dishonest authors are left away as long
/// as it does, within so many runs.
pub fn shrink(scenario: &Scenario, kind: &str, runs: usize) -> (Scenario, usize) {
	let mut best = scenario.clone();
	let mut spent = 0;
	let mut fails = |candidate: &Scenario| {
		spent += 1;
		let found = spent <= runs && {
			let outcome = play(candidate);
			outcome
				.violations
				.iter()
				.any(|violation| violation.kind == kind)
		};
		found
	};
	let mut size = best.faults.len().div_ceil(2);
	while size > 0 {
		let mut start = 0;
		while start < best.faults.len() {
			let mut candidate = best.clone();
			let end = (start + size).min(candidate.faults.len());
			candidate.faults.drain(start..end);
			if fails(&candidate) {
				best = candidate;
			} else {
				start += size;
			}
		}
		size /= 2;
	}
	for place in (0..best.byzantine.len()).rev() {
		let mut candidate = best.clone();
		candidate.byzantine.remove(place);
		if fails(&candidate) {
			best = candidate;
		}
	}
	let mut candidate = best.clone();
	candidate.link = crate::world::Link::reliable(candidate.link.latency);
	if fails(&candidate) {
		best = candidate;
	}
	(best, spent)
}
