//! Weights of the calls and of the hook, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read
//! and written, priced by the runtime's `DbWeight`, plus reference time for the computation.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | check a report | genesis hash, set's record twice, validators of its session, exposure, report: 6 | 0 | two signatures, two hashes of lists: 200 µs; 2 µs each member |
//! | report, beside its checks | author, report, index, those reported before: 4; each earlier offender's report: 1; each slash: 18; each part of a slash: 6 | 4; 0; 16; 5 | 60 µs; 5 µs; 250 µs; 120 µs |
//! | a block without a change | pending change: 1 | 0 | 5 µs |
//! | a change | pending change, set's number, digest, events: 4 | pending change, set's number, authorities, validators, record, two old records, digest, events: 9 | 50 µs; 5 µs each member |
//!
//! A report is checked twice where it comes without a signature: before the block takes it, and
//! when it is carried out. The figure of a report counts both.
//!
//! The slashes of a report are those of all offenders of the moment, as `pallet-offences` reports
//! the earlier ones again with the larger share. From a third of the validators on the share is
//! the whole stake and does not grow, so at most `faults(n) + 1` are slashed by one report. Their
//! costs are those that the staking pallet counts for a slash and for a part of it. A part is an
//! account: the validator's or a delegator's.
//!
//! A signature check takes about 50 µs of reference time on the hardware that the Substrate
//! release is benchmarked on. The proof size counts 4 KiB for each item that is read.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet's calls and of its hook.
pub trait WeightInfo {
	/// Weight of checking a report of a set of so many members.
	fn check(members: u32) -> Weight;
	/// Weight of a report that slashes so many offenders of so many parts each, its checks
	/// included.
	fn report(members: u32, offenders: u32, parts: u32) -> Weight;
	/// Weight of a block in which the set stays.
	fn idle() -> Weight;
	/// Weight of a block that changes to a set of so many members.
	fn change(members: u32) -> Weight;
}

/// Picoseconds in a microsecond.
const MICROSECOND: u64 = 1_000_000;
/// Bytes of proof for one item.
const PROOF: u64 = 4_096;

fn count(db: RuntimeDbWeight, reads: u64, writes: u64, microseconds: u64) -> Weight {
	Weight::from_parts(
		microseconds.saturating_mul(MICROSECOND),
		reads.saturating_mul(PROOF),
	)
	.saturating_add(db.reads_writes(reads, writes))
}

/// The counts of the table, for one source of prices.
macro_rules! counts {
	($db:expr) => {
		fn check(members: u32) -> Weight {
			count($db, 6, 0, 200).saturating_add(count($db, 0, 0, 2).saturating_mul(members.into()))
		}
		fn report(members: u32, offenders: u32, parts: u32) -> Weight {
			let slash = count($db, 18, 16, 250)
				.saturating_add(count($db, 6, 5, 120).saturating_mul(parts.into()));
			count($db, 4, 4, 60)
				.saturating_add(Self::check(members).saturating_mul(2))
				.saturating_add(count($db, 1, 0, 5).saturating_mul(members.into()))
				.saturating_add(slash.saturating_mul(offenders.into()))
		}
		fn idle() -> Weight {
			count($db, 1, 0, 5)
		}
		fn change(members: u32) -> Weight {
			count($db, 4, 9, 50).saturating_add(count($db, 0, 0, 5).saturating_mul(members.into()))
		}
	};
}

/// The counts, priced by the runtime's `DbWeight`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	counts!(T::DbWeight::get());
}

/// The counts, priced for ParityDB; for tests.
impl WeightInfo for () {
	counts!(ParityDbWeight::get());
}
