//! Deadlines by two clocks.
//!
//! A deadline passes only when the chain's time *and* the nominal number of blocks have both
//! passed. If the chain stalls, its time jumps when it resumes but its blocks do not, so a stalled
//! chain times nobody out; if authors rush blocks, the time still holds the deadline back.

use crate::BlockNumber;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Milliseconds: a duration, or a time since the Unix epoch.
pub type Moment = u64;

/// The chain's present by both clocks.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct Instant {
	/// The chain's time: the median of recent blocks' timestamps, in milliseconds.
	pub moment: Moment,
	/// The height of the block.
	pub block: BlockNumber,
}

impl Instant {
	/// The deadline a duration from here, when a block nominally takes `block_time` milliseconds.
	///
	/// The number of blocks is rounded up and is at least one. Sums saturate: a deadline beyond the
	/// end of either clock never passes.
	pub fn deadline_after(&self, duration: Moment, block_time: Moment) -> Deadline {
		let blocks = duration.div_ceil(block_time.max(1)).max(1);
		let blocks = BlockNumber::try_from(blocks).unwrap_or(BlockNumber::MAX);
		Deadline {
			moment: self.moment.saturating_add(duration),
			block: self.block.saturating_add(blocks),
		}
	}

	/// Milliseconds from `earlier` to here that count against somebody: the lesser of what the two
	/// clocks say, so that neither a stall nor a jump of one clock is charged to anyone.
	pub fn elapsed_since(&self, earlier: &Instant, block_time: Moment) -> Moment {
		let by_time = self.moment.saturating_sub(earlier.moment);
		let blocks = Moment::from(self.block.saturating_sub(earlier.block));
		by_time.min(blocks.saturating_mul(block_time))
	}
}

/// A point by both clocks; see the module.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct Deadline {
	/// In milliseconds since the Unix epoch.
	pub moment: Moment,
	/// As a block's height.
	pub block: BlockNumber,
}

impl Deadline {
	/// Whether both clocks have reached the deadline.
	pub fn has_passed(&self, now: &Instant) -> bool {
		now.moment >= self.moment && now.block >= self.block
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const BLOCK_TIME: Moment = 2_000;
	const START: Instant = Instant {
		moment: 1_000_000,
		block: 100,
	};

	#[test]
	fn a_stalled_chain_times_nobody_out() {
		let deadline = START.deadline_after(15_000, BLOCK_TIME);
		let after_stall = Instant {
			moment: START.moment + 3_600_000,
			block: START.block + 1,
		};
		assert!(!deadline.has_passed(&after_stall));
	}

	#[test]
	fn rushed_blocks_time_nobody_out() {
		let deadline = START.deadline_after(15_000, BLOCK_TIME);
		let rushed = Instant {
			moment: START.moment + 100,
			block: START.block + 1_000,
		};
		assert!(!deadline.has_passed(&rushed));
	}

	#[test]
	fn a_deadline_passes_when_both_clocks_reach_it() {
		let deadline = START.deadline_after(15_000, BLOCK_TIME);
		assert_eq!(
			deadline,
			Deadline {
				moment: 1_015_000,
				block: 108
			}
		);
		assert!(deadline.has_passed(&Instant {
			moment: 1_015_000,
			block: 108
		}));
		assert!(!deadline.has_passed(&Instant {
			moment: 1_014_999,
			block: 108
		}));
		assert!(!deadline.has_passed(&Instant {
			moment: 1_015_000,
			block: 107
		}));
	}

	#[test]
	fn elapsed_time_is_the_lesser_of_the_clocks() {
		let now = Instant {
			moment: START.moment + 60_000,
			block: START.block + 3,
		};
		assert_eq!(now.elapsed_since(&START, BLOCK_TIME), 6_000);
		let now = Instant {
			moment: START.moment + 500,
			block: START.block + 3,
		};
		assert_eq!(now.elapsed_since(&START, BLOCK_TIME), 500);
		assert_eq!(START.elapsed_since(&now, BLOCK_TIME), 0);
	}
}
