//! Times from import to finality, and what is printed of them.

use serde_json::Value;
use std::{
	collections::BTreeMap,
	ops::RangeInclusive,
	time::{Duration, Instant},
};

/// What one node saw: when each block came, and when it became final. Blocks are told apart by
/// their headers, as notifications of imports do not tell hashes.
#[derive(Debug, Default)]
pub struct Sightings {
	imported: BTreeMap<u32, Vec<(Value, Instant)>>,
	lags: BTreeMap<u32, Duration>,
}

impl Sightings {
	/// A block was imported.
	pub fn import(&mut self, number: u32, header: Value, at: Instant) {
		self.imported.entry(number).or_default().push((header, at));
	}

	/// A block became final.
	///
	/// One whose import was not seen, for instance before the start, is left out.
	pub fn finalise(&mut self, number: u32, header: &Value, at: Instant) {
		let forks = self.imported.remove(&number).unwrap_or_default();
		if let Some((_, imported)) = forks.iter().find(|(fork, _)| fork == header) {
			self.lags
				.insert(number, at.saturating_duration_since(*imported));
		}
	}

	/// The lags of these blocks, and how many of the blocks are missing.
	pub fn lags(&self, numbers: &RangeInclusive<u32>) -> (Vec<Duration>, usize) {
		let lags: Vec<Duration> = self
			.lags
			.range(numbers.clone())
			.map(|(_, lag)| *lag)
			.collect();
		let missing = numbers.clone().count() - lags.len();
		(lags, missing)
	}
}

/// All nodes' lags.
#[derive(Debug)]
pub struct Lags {
	sorted: Vec<Duration>,
	missing: usize,
}

impl Lags {
	/// The head of the table whose lines are [`Lags::line`].
	pub const HEAD: &'static str =
		"chain            samples  missing     p50     p90     p99     max";

	/// Of all nodes.
	pub fn new(nodes: &[Sightings], numbers: &RangeInclusive<u32>) -> Self {
		let mut sorted = Vec::new();
		let mut missing = 0;
		for node in nodes {
			let (lags, absent) = node.lags(numbers);
			sorted.extend(lags);
			missing += absent;
		}
		sorted.sort_unstable();
		Lags { sorted, missing }
	}

	/// The lag that `percent` of the samples do not exceed, by nearest rank.
	fn percentile(&self, percent: usize) -> Option<Duration> {
		let rank = (self.sorted.len() * percent).div_ceil(100).max(1);
		self.sorted.get(rank - 1).copied()
	}

	/// A line of the table.
	pub fn line(&self, name: &str) -> String {
		let cell = |percent| match self.percentile(percent) {
			Some(lag) => format!("{:>8}", lag.as_millis()),
			None => format!("{:>8}", "-"),
		};
		format!(
			"{name:<16} {:>7}  {:>7}{}{}{}{}",
			self.sorted.len(),
			self.missing,
			cell(50),
			cell(90),
			cell(99),
			cell(100)
		)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::json;

	#[test]
	fn a_lag_runs_from_the_import_of_the_finalised_fork() {
		let start = Instant::now();
		let at = |milliseconds| start + Duration::from_millis(milliseconds);
		let mut node = Sightings::default();
		node.import(1, json!("a"), at(0));
		node.import(1, json!("b"), at(100));
		node.finalise(1, &json!("b"), at(350));
		node.finalise(2, &json!("c"), at(400));
		assert_eq!(node.lags(&(1..=2)), (vec![Duration::from_millis(250)], 1));
	}

	#[test]
	fn percentiles_are_of_nearest_rank() {
		let mut node = Sightings::default();
		let start = Instant::now();
		for number in 1..=100u32 {
			node.import(number, json!("a"), start);
			node.finalise(
				number,
				&json!("a"),
				start + Duration::from_millis(number.into()),
			);
		}
		let lags = Lags::new(&[node], &(1..=100));
		assert_eq!(lags.percentile(50), Some(Duration::from_millis(50)));
		assert_eq!(lags.percentile(99), Some(Duration::from_millis(99)));
		assert_eq!(lags.percentile(100), Some(Duration::from_millis(100)));
	}
}
