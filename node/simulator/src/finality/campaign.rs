//! Many seeds on several threads. The result does not depend on how many.

use super::{
	oracle::{Coverage, Violation},
	run::{play, Outcome},
	scenario::{Scenario, Search},
};
use crate::{
	seeds::play_in_order,
	world::{Counts, Micros},
};
use std::{collections::BTreeMap, ops::Range};

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
	/// The scenario.
	pub scenario: Scenario,
	/// What went wrong.
	pub violations: Vec<Violation>,
}

/// What came of runs of one kind, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
	/// Runs.
	pub runs: u64,
	/// Runs with a violation.
	pub failed: u64,
	/// Runs in which blocks conflicted.
	pub forked: u64,
	/// Runs that were cut off, as they had too many events. They are failed ones too.
	pub cut_off: u64,
	/// What was covered.
	pub coverage: Coverage,
	/// What happened in the networks.
	pub counts: Counts,
	/// True time, in microseconds.
	pub time: Micros,
	/// The longest recovery after synchrony, in microseconds.
	pub recovery: Micros,
	/// A digest of all traces.
	pub trace: u64,
}

impl Sum {
	fn add(&mut self, outcome: &Outcome) {
		self.runs += 1;
		self.failed += u64::from(!outcome.violations.is_empty());
		self.forked += u64::from(outcome.forked);
		self.cut_off += u64::from(outcome.cut_off);
		self.coverage.add(&outcome.coverage);
		self.counts.add(&outcome.counts);
		self.time += outcome.time;
		self.recovery = self.recovery.max(outcome.recovery.unwrap_or(0));
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
	pub failures: Vec<Failure>,
}

/// Failures that are kept.
const KEPT: usize = 20;

/// Plays the scenarios of `seeds` on `threads` threads. Where `stop`, the first failing seed ends
/// the search, and what follows it is left out of the report.
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
		let failed = !outcome.violations.is_empty();
		if failed && report.failures.len() < KEPT {
			report.failures.push(Failure {
				scenario,
				violations: outcome.violations,
			});
		}
		stop && failed
	});
	report
}
