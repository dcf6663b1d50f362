//! Weights of the calls, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read
//! and written, priced by the runtime's `DbWeight`, plus reference time for the computation.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | deposit, withdraw | account, holds, free: 3 | 3 | 60 µs |
//! | claim | two accounts, claimable, total: 4 | 4 | 60 µs |
//! | lock, reduce | account, holds, free, locked, lock: 5 | 5 | 90 µs |
//! | settle, per release | lock; client's account, holds, free, locked: 5 | 5 | 120 µs |
//! | settle, per payment | account, claimable: 2 | 2 | 60 µs |
//! | settle, once | pallet's account, total claimable, total burned: 3 | 3 | 20 µs |
//!
//! A transfer takes about 40 µs of reference time on the hardware that the Substrate release is
//! benchmarked on, a hold or a release about as much; the figures above are larger than the sum of
//! the operations that they stand for. Settlement counts every release and payment as if no two had
//! an account in common. The proof size counts 4 KiB for each item that is read.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of the pallet's calls, and of the traits that other pallets use.
pub trait WeightInfo {
	/// Weight of `deposit`.
	fn deposit() -> Weight;
	/// Weight of `withdraw`.
	fn withdraw() -> Weight;
	/// Weight of `claim`.
	fn claim() -> Weight;
	/// Weight of locking for one job.
	fn lock() -> Weight;
	/// Weight of reducing one lock.
	fn reduce() -> Weight;
	/// Weight of settling a batch of so many releases with so many payments in all.
	fn settle(releases: u32, payments: u32) -> Weight;
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

fn settle_count(db: RuntimeDbWeight, releases: u32, payments: u32) -> Weight {
	count(db, 3, 3, 20)
		.saturating_add(count(db, 5, 5, 120).saturating_mul(releases.into()))
		.saturating_add(count(db, 2, 2, 60).saturating_mul(payments.into()))
}

/// The counts, priced by the runtime's `DbWeight`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn deposit() -> Weight {
		count(T::DbWeight::get(), 3, 3, 60)
	}
	fn withdraw() -> Weight {
		count(T::DbWeight::get(), 3, 3, 60)
	}
	fn claim() -> Weight {
		count(T::DbWeight::get(), 4, 4, 60)
	}
	fn lock() -> Weight {
		count(T::DbWeight::get(), 5, 5, 90)
	}
	fn reduce() -> Weight {
		count(T::DbWeight::get(), 5, 5, 90)
	}
	fn settle(releases: u32, payments: u32) -> Weight {
		settle_count(T::DbWeight::get(), releases, payments)
	}
}

/// The counts, priced for ParityDB; for tests.
impl WeightInfo for () {
	fn deposit() -> Weight {
		count(ParityDbWeight::get(), 3, 3, 60)
	}
	fn withdraw() -> Weight {
		count(ParityDbWeight::get(), 3, 3, 60)
	}
	fn claim() -> Weight {
		count(ParityDbWeight::get(), 4, 4, 60)
	}
	fn lock() -> Weight {
		count(ParityDbWeight::get(), 5, 5, 90)
	}
	fn reduce() -> Weight {
		count(ParityDbWeight::get(), 5, 5, 90)
	}
	fn settle(releases: u32, payments: u32) -> Weight {
		settle_count(ParityDbWeight::get(), releases, payments)
	}
}
