//! Weights of the calls, by count.
//!
//! Until the calls are benchmarked, each weight is a count of the worst case: storage items read
//! and written, priced by the runtime's `DbWeight`, plus reference time for the computation.
//!
//! | operation | reads | writes | reference time |
//! | --- | --- | --- | --- |
//! | deposit, withdraw | account, holds, free: 3 | 3 | 60 µs |
//! | claim, claim_for | two accounts, claimable, total: 4 | 4 | 60 µs |
//! | lock, reduce, lock_prepaid | account, holds, free, locked, lock, prepaid, prepayment: 7 | 7 | 100 µs |
//! | prepay, end_prepayment | account, holds, free, prepaid, prepayment, total burned: 6 | 6 | 100 µs |
//! | open_budget, close_budget | account, holds, free, budgets: 4 | 4 | 100 µs |
//! | pay_in | three accounts, claimable, total: 5 | 5 | 110 µs |
//! | pay_out, once | pot's and pallet's account, claimable, total: 4 | 4 | 90 µs |
//! | settle, spend, once | pallet's account, total claimable, total burned: 3 | 3 | 60 µs |
//! | settle, per job | lock, prepayment: 2 | 2 | 15 µs |
//! | settle, per client | account, holds, free, locked, prepaid: 5 | 5 | 150 µs |
//! | spend, per client | account, holds, budgets: 3 | 3 | 80 µs |
//! | settle, spend, pay_out, per payee | account, claimable: 2 | 2 | 60 µs |
//!
//! A transfer takes about 40 µs of reference time on the hardware that the Substrate release is
//! benchmarked on, a hold or a release about as much; the figures above are larger than the sum of
//! the operations that they stand for. Batches are netted, so jobs, clients and payees are counted
//! apart: the numbers of those that differ, or of all as a bound. A job's 15 µs hold five payments,
//! each a look-up in a map in memory. The proof size counts 4 KiB for each item that is read.

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
	/// Weight of `open_budget`.
	fn open_budget() -> Weight;
	/// Weight of `close_budget`.
	fn close_budget() -> Weight;
	/// Weight of locking for one job.
	fn lock() -> Weight;
	/// Weight of reducing one lock.
	fn reduce() -> Weight;
	/// Weight of prepaying one reservation.
	fn prepay() -> Weight;
	/// Weight of locking for one job out of a prepayment.
	fn lock_prepaid() -> Weight;
	/// Weight of ending one prepayment.
	fn end_prepayment() -> Weight;
	/// Weight of paying into a pot.
	fn pay_in() -> Weight;
	/// Weight of paying so many accounts out of a pot.
	fn pay_out(payees: u32) -> Weight;
	/// Weight of settling a batch of so many jobs of so many clients that pays so many payees.
	fn settle(jobs: u32, clients: u32, payees: u32) -> Weight;
	/// Weight of spending of so many clients' budgets to so many payees.
	fn spend(clients: u32, payees: u32) -> Weight;
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

fn payees_count(db: RuntimeDbWeight, payees: u32) -> Weight {
	count(db, 2, 2, 60).saturating_mul(payees.into())
}

fn pay_out_count(db: RuntimeDbWeight, payees: u32) -> Weight {
	count(db, 4, 4, 90).saturating_add(payees_count(db, payees))
}

fn settle_count(db: RuntimeDbWeight, jobs: u32, clients: u32, payees: u32) -> Weight {
	count(db, 3, 3, 60)
		.saturating_add(count(db, 2, 2, 15).saturating_mul(jobs.into()))
		.saturating_add(count(db, 5, 5, 150).saturating_mul(clients.into()))
		.saturating_add(payees_count(db, payees))
}

fn spend_count(db: RuntimeDbWeight, clients: u32, payees: u32) -> Weight {
	count(db, 3, 3, 60)
		.saturating_add(count(db, 3, 3, 80).saturating_mul(clients.into()))
		.saturating_add(payees_count(db, payees))
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
	fn open_budget() -> Weight {
		count(T::DbWeight::get(), 4, 4, 100)
	}
	fn close_budget() -> Weight {
		count(T::DbWeight::get(), 4, 4, 100)
	}
	fn lock() -> Weight {
		count(T::DbWeight::get(), 7, 7, 100)
	}
	fn reduce() -> Weight {
		count(T::DbWeight::get(), 7, 7, 100)
	}
	fn prepay() -> Weight {
		count(T::DbWeight::get(), 6, 6, 100)
	}
	fn lock_prepaid() -> Weight {
		count(T::DbWeight::get(), 7, 7, 100)
	}
	fn end_prepayment() -> Weight {
		count(T::DbWeight::get(), 6, 6, 100)
	}
	fn pay_in() -> Weight {
		count(T::DbWeight::get(), 5, 5, 110)
	}
	fn pay_out(payees: u32) -> Weight {
		pay_out_count(T::DbWeight::get(), payees)
	}
	fn settle(jobs: u32, clients: u32, payees: u32) -> Weight {
		settle_count(T::DbWeight::get(), jobs, clients, payees)
	}
	fn spend(clients: u32, payees: u32) -> Weight {
		spend_count(T::DbWeight::get(), clients, payees)
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
	fn open_budget() -> Weight {
		count(ParityDbWeight::get(), 4, 4, 100)
	}
	fn close_budget() -> Weight {
		count(ParityDbWeight::get(), 4, 4, 100)
	}
	fn lock() -> Weight {
		count(ParityDbWeight::get(), 7, 7, 100)
	}
	fn reduce() -> Weight {
		count(ParityDbWeight::get(), 7, 7, 100)
	}
	fn prepay() -> Weight {
		count(ParityDbWeight::get(), 6, 6, 100)
	}
	fn lock_prepaid() -> Weight {
		count(ParityDbWeight::get(), 7, 7, 100)
	}
	fn end_prepayment() -> Weight {
		count(ParityDbWeight::get(), 6, 6, 100)
	}
	fn pay_in() -> Weight {
		count(ParityDbWeight::get(), 5, 5, 110)
	}
	fn pay_out(payees: u32) -> Weight {
		pay_out_count(ParityDbWeight::get(), payees)
	}
	fn settle(jobs: u32, clients: u32, payees: u32) -> Weight {
		settle_count(ParityDbWeight::get(), jobs, clients, payees)
	}
	fn spend(clients: u32, payees: u32) -> Weight {
		spend_count(ParityDbWeight::get(), clients, payees)
	}
}
