//! Level 1 over several receipts: the runs of one worker fit its hardware together (§3.3 of the paper).
//!
//! A slot is one device of the worker's class, and each receipt alone already took at least as long as
//! that device needs ([`crate::level1`], rule 7). So the sum of operations fits the hardware when at no
//! moment more runs go on than the worker has slots.
//!
//! # Guarantees
//!
//! 1. A run that is counted by [`most_at_once`] shares a moment with the new one.
//! 2. The start of a run is stated in whole milliseconds, rounded down. It counts from the next one on,
//!    so that runs which follow each other within a millisecond do not overlap by the rounding.
//! 3. A list of runs is as long as the caller says, at most; the run that ended first is forgotten
//!    first.
//!
//! A worker whose runs do not fit has its receipt refused. That is no proof of deceit: a TEE's clock
//! may have been set.

use aci_primitives::Receipt;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Microseconds in a millisecond.
const MICROS_PER_MILLI: u64 = 1_000;

/// The time of a run, in microseconds since the Unix epoch. The end is not part of it.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Run {
	/// The first microsecond after it.
	pub end: u64,
	/// Its first microsecond.
	pub start: u64,
}

impl Run {
	/// When a receipt says that its job ran. Level 1 refuses a time beyond 64 bits; here it saturates.
	pub fn of(receipt: &Receipt) -> Self {
		let stated = receipt.started.saturating_mul(MICROS_PER_MILLI);
		let end = stated.saturating_add(receipt.duration);
		Run {
			end,
			start: stated.saturating_add(MICROS_PER_MILLI).min(end),
		}
	}

	fn contains(&self, moment: u64) -> bool {
		self.start <= moment && moment < self.end
	}
}

/// The most runs that go on at one moment of the new one, the new one included; zero for a run of no
/// length. At most `(runs + 1)^2` comparisons.
pub fn most_at_once(runs: &[Run], new: &Run) -> usize {
	if new.start >= new.end {
		return 0;
	}
	// The number rises at the start of a run alone.
	runs.iter()
		.map(|run| run.start)
		.chain([new.start])
		.filter(|moment| new.contains(*moment))
		.map(|moment| runs.iter().filter(|run| run.contains(moment)).count())
		.max()
		.unwrap_or(0)
		.saturating_add(1)
}

/// Adds a run to those that are remembered, and forgets the ones that ended first beyond `most`.
pub fn remember(mut runs: Vec<Run>, new: Run, most: usize) -> Vec<Run> {
	let place = runs.partition_point(|run| *run < new);
	runs.insert(place, new);
	let beyond = runs.len().saturating_sub(most);
	runs.split_off(beyond)
}
