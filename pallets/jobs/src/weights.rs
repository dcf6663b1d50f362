//! Weights of the calls and hooks.
//!
//! They are counted, not measured: for each call the storage items that its worst case reads and
//! writes, in this pallet and in those behind its configuration, times the database's cost, plus a
//! reference time. The counts are upper bounds.
//!
//! | step | reads | writes | time |
//! | --- | --- | --- | --- |
//! | a job's record, bookkeeping and agenda entry | 3 | 4 | 20 µs |
//! | lock, reduce or release of a lock (escrow, balances, holds of two accounts) | 8 | 8 | 60 µs |
//! | each further payee of a release | 3 | 3 | 20 µs |
//! | a class and its pool | 2 | 1 | 10 µs |
//! | a worker's record and its index of assigned jobs | 2 | 2 | 10 µs |
//! | a worker's bond, quality and attestation | 6 | 2 | 20 µs |
//! | a model's manifest and its count of uses | 2 | 1 | 10 µs |
//! | a queue of open jobs | 1 | 1 | 30 µs |
//! | a list of workers (1,024 accounts of 32 bytes) | 1 | 1 | 40 µs |
//! | checking and storing a receipt (ed25519, hashes of 4 KiB) | 4 | 3 | 150 µs |
//! | a slash (bond, pot, holds) | 8 | 8 | 80 µs |
//!
//! [`WeightInfo::due`] is the dearest deadline: a timeout (record, release, pool, worker, bond,
//! quality, slash) or a settlement (record, release to five payees, worker); the sum of both is
//! charged. [`WeightInfo::match_job`] is one try of one job: its record, the model, the list of
//! workers, the release of the rest of the lock, the pool, and the records of the candidates that
//! are looked at.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight, Weight},
};

/// The longest list of models that a worker offers.
const MODELS: u64 = 16;

/// Bytes that the proof of one storage item takes, an allowance.
const PROOF_PER_READ: u64 = 4_096;

/// Weights of this pallet.
pub trait WeightInfo {
	/// Of `register_worker`.
	fn register_worker() -> Weight;
	/// Of `update_worker`.
	fn update_worker() -> Weight;
	/// Of `set_active`.
	fn set_active() -> Weight;
	/// Of `deregister_worker`.
	fn deregister_worker() -> Weight;
	/// Of `submit`.
	fn submit() -> Weight;
	/// Of `cancel`.
	fn cancel() -> Weight;
	/// Of `acknowledge`.
	fn acknowledge() -> Weight;
	/// Of `decline`.
	fn decline() -> Weight;
	/// Of `submit_result`.
	fn submit_result() -> Weight;
	/// Of the dearest deadline of one job; also of `poke`.
	fn due() -> Weight;
	/// Of the start of a block without due jobs.
	fn block() -> Weight;
	/// Of one look at a class with open jobs.
	fn match_class() -> Weight;
	/// Of one try to match one job, with so many candidates.
	fn match_job(candidates: u32) -> Weight;
}

fn counted(database: RuntimeDbWeight, reads: u64, writes: u64, micros: u64) -> Weight {
	Weight::from_parts(
		micros.saturating_mul(WEIGHT_REF_TIME_PER_MICROS),
		reads.saturating_mul(PROOF_PER_READ),
	)
	.saturating_add(database.reads_writes(reads, writes))
}

/// Weights with the runtime's database cost.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_worker() -> Weight {
		// Worker, class, pool, bond, attestation; each model's manifest and list.
		counted(
			T::DbWeight::get(),
			12 + 3 * MODELS,
			8 + MODELS,
			120 + 60 * MODELS,
		)
	}

	fn update_worker() -> Weight {
		// The old and the new lists.
		counted(
			T::DbWeight::get(),
			4 + 5 * MODELS,
			2 + 2 * MODELS,
			60 + 110 * MODELS,
		)
	}

	fn set_active() -> Weight {
		counted(T::DbWeight::get(), 1, 1, 20)
	}

	fn deregister_worker() -> Weight {
		counted(
			T::DbWeight::get(),
			10 + 2 * MODELS,
			8 + MODELS,
			120 + 50 * MODELS,
		)
	}

	fn submit() -> Weight {
		// Record, indices, lock, deposit, class, model, queue; hashes of 4 KiB.
		counted(T::DbWeight::get(), 24, 22, 250)
	}

	fn cancel() -> Weight {
		counted(T::DbWeight::get(), 14, 14, 150)
	}

	fn acknowledge() -> Weight {
		counted(T::DbWeight::get(), 6, 5, 40)
	}

	fn decline() -> Weight {
		counted(T::DbWeight::get(), 24, 24, 250)
	}

	fn submit_result() -> Weight {
		counted(T::DbWeight::get(), 20, 16, 400)
	}

	fn due() -> Weight {
		counted(T::DbWeight::get(), 46, 44, 450)
	}

	fn block() -> Weight {
		counted(T::DbWeight::get(), 4, 3, 30)
	}

	fn match_class() -> Weight {
		counted(T::DbWeight::get(), 5, 2, 60)
	}

	fn match_job(candidates: u32) -> Weight {
		// Each candidate: worker, bond, quality, suspension, attestation, measurement; and the
		// worker again for a job that came back.
		let candidates = u64::from(candidates);
		counted(
			T::DbWeight::get(),
			20u64.saturating_add(candidates.saturating_mul(7)),
			18,
			250u64.saturating_add(candidates.saturating_mul(15)),
		)
	}
}

/// For tests: no database cost.
impl WeightInfo for () {
	fn register_worker() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn update_worker() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn set_active() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn deregister_worker() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn submit() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn cancel() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn acknowledge() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn decline() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn submit_result() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn due() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn block() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn match_class() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn match_job(candidates: u32) -> Weight {
		Weight::from_parts(1_000u64.saturating_add(u64::from(candidates)), 0)
	}
}
