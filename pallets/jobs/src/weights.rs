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
//! | a worker's quality weight (worker, score, pool) | 4 | 2 | 40 µs |
//! | a model's manifest and its count of uses | 2 | 1 | 10 µs |
//! | a queue of open jobs | 1 | 1 | 30 µs |
//! | a list of workers (1,024 accounts of 32 bytes) | 1 | 1 | 40 µs |
//! | checking and storing a receipt (ed25519, hashes of 4 KiB) | 4 | 3 | 150 µs |
//! | a slash (bond, pot, holds) | 8 | 8 | 80 µs |
//!
//! [`WeightInfo::due`] is the dearest deadline: a timeout (record, release, pool, worker, bond,
//! quality, slash) or the settlement of one job alone (record, batch, release to five payees,
//! worker); the sum of both is charged. [`WeightInfo::settle`] is one job of a batch: its lock and its
//! events, and, as if no two jobs had one in common, its client's holds, its worker's account, record
//! and quality, and its share of the batch's record. [`WeightInfo::prune`] is one job of a paid batch:
//! its record, bookkeeping, index, receipt, deposit, worker, and its share of the batch's record.
//! The hash of a leaf and its share of the tree, 10 µs, is part of each weight of an end.
//! [`WeightInfo::match_job`] is one try of one job: its record, the model, the list of
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
	/// Of `submit_reserved`.
	fn submit_reserved() -> Weight;
	/// Of `dispute`.
	fn dispute() -> Weight;
	/// Of a verdict; also of `decide_dispute`.
	fn decide() -> Weight;
	/// Of the payment of one job of a batch.
	fn settle() -> Weight;
	/// Of the pruning of one job of a paid batch.
	fn prune() -> Weight;
	/// Of setting one worker's quality weight.
	fn weigh() -> Weight;
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
		// Worker, class, pool, bond, attestation, score and epoch; each model's manifest and list.
		counted(
			T::DbWeight::get(),
			14 + 3 * MODELS,
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
		// With the leaf of the end.
		counted(T::DbWeight::get(), 16, 16, 170)
	}

	fn acknowledge() -> Weight {
		counted(T::DbWeight::get(), 6, 5, 40)
	}

	fn decline() -> Weight {
		// With the end of its sample.
		counted(T::DbWeight::get(), 30, 32, 310)
	}

	fn submit_result() -> Weight {
		// With the batch that the job joins, its sample, its anchor and its worker's runs.
		counted(T::DbWeight::get(), 30, 23, 450)
	}

	fn due() -> Weight {
		counted(T::DbWeight::get(), 56, 56, 640)
	}

	fn submit_reserved() -> Weight {
		// As `submit`, and the reservation with its prepayment.
		counted(T::DbWeight::get(), 30, 26, 300)
	}

	fn dispute() -> Weight {
		// A payment that is due, the batch that the job leaves, the hold, the drawing of a committee.
		counted(T::DbWeight::get(), 46, 40, 640)
	}

	fn decide() -> Weight {
		// A payment or a slash, the bond, the batch that the job leaves, the end of a committee.
		counted(T::DbWeight::get(), 60, 58, 800)
	}

	fn settle() -> Weight {
		counted(T::DbWeight::get(), 8, 7, 80)
	}

	fn prune() -> Weight {
		// With its sample, anchor and verdicts.
		counted(T::DbWeight::get(), 13, 16, 100)
	}

	fn weigh() -> Weight {
		// Worker, score, pool.
		counted(T::DbWeight::get(), 4, 2, 40)
	}

	fn block() -> Weight {
		// The cursors of agenda and batches, the weighing, the root of the history.
		counted(T::DbWeight::get(), 14, 9, 60)
	}

	fn match_class() -> Weight {
		counted(T::DbWeight::get(), 5, 2, 60)
	}

	fn match_job(candidates: u32) -> Weight {
		// With the rate at which the job is sampled. Each candidate: worker, bond, quality, suspension, attestation, measurement; and the
		// worker again for a job that came back.
		let candidates = u64::from(candidates);
		counted(
			T::DbWeight::get(),
			26u64.saturating_add(candidates.saturating_mul(7)),
			20,
			280u64.saturating_add(candidates.saturating_mul(15)),
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
	fn submit_reserved() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn dispute() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn decide() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn settle() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn prune() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn weigh() -> Weight {
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
