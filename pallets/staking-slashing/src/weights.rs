//! Weights of the calls, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read
//! and written, priced by the runtime's `DbWeight`, plus reference time for the computation.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | bond, withdraw | account, holds, ledger, governed numbers: 5 | 3 | 70 µs |
//! | unbond, rebond | ledger, governed numbers: 3 | 1 | 40 µs |
//! | cancel a slash | slash, index, account, holds, ledger: 5 | 5 | 90 µs |
//! | apply a slash | slash, index, two accounts, holds, burned, issuance, share: 8 | 7 | 130 µs |
//! | slash | table, times, ledger, account, holds, number, agenda, tail: 9 | 8 | 120 µs |
//! | state a requirement | ledger: 1 | 1 | 30 µs |
//! | judge | score, rules: 2 | 1 | 30 µs |
//! | a block's start | agenda: 1 | 1 | 10 µs, and one application for each slash |
//!
//! A hold, a release or a transfer takes about 40 µs of reference time on the hardware that the
//! Substrate release is benchmarked on; the figures are larger than the sum of the operations that
//! they stand for. The proof size counts 4 KiB for each item that is read.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet's calls, of its hook, and of the traits that other pallets use.
pub trait WeightInfo {
	/// Weight of `bond`.
	fn bond() -> Weight;
	/// Weight of `unbond`.
	fn unbond() -> Weight;
	/// Weight of `withdraw_unbonded`.
	fn withdraw_unbonded() -> Weight;
	/// Weight of `rebond`.
	fn rebond() -> Weight;
	/// Weight of `cancel_slash`.
	fn cancel_slash() -> Weight;
	/// Weight of `apply_slash`.
	fn apply_slash() -> Weight;
	/// Weight of a block's start that applies so many slashes.
	fn on_initialize(slashes: u32) -> Weight;
	/// Weight of slashing a bond.
	fn slash() -> Weight;
	/// Weight of stating how much of a bond is required.
	fn require() -> Weight;
	/// Weight of recording one judged job.
	fn judged() -> Weight;
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
		fn bond() -> Weight {
			count($db, 5, 3, 70)
		}
		fn unbond() -> Weight {
			count($db, 3, 1, 40)
		}
		fn withdraw_unbonded() -> Weight {
			count($db, 5, 3, 70)
		}
		fn rebond() -> Weight {
			count($db, 3, 1, 40)
		}
		fn cancel_slash() -> Weight {
			count($db, 5, 5, 90)
		}
		fn apply_slash() -> Weight {
			count($db, 8, 7, 130)
		}
		fn on_initialize(slashes: u32) -> Weight {
			count($db, 1, 1, 10).saturating_add(Self::apply_slash().saturating_mul(slashes.into()))
		}
		fn slash() -> Weight {
			count($db, 9, 8, 120)
		}
		fn require() -> Weight {
			count($db, 1, 1, 30)
		}
		fn judged() -> Weight {
			count($db, 2, 1, 30)
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
