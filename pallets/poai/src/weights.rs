//! Weights of the calls, from a count of what the worst case does.
//!
//! Database reads and writes are priced by the runtime's `DbWeight`. To them comes time of
//! computation, taken generously:
//!
//! * 20 µs for decoding, checks and one event;
//! * 60 µs for one ed25519 verification by the host function;
//! * 20 µs for the hashes over a binding or a receipt;
//! * 40 µs for a change of a hold on an account;
//! * 370 µs for a slash.
//!
//! The proof size is zero: the chain is no parachain.
//!
//! | call | reads | writes |
//! | --- | --- | --- |
//! | `register_model` | model, account, holds | the same |
//! | `remove_model` | model, use count, account, holds | model, account, holds |
//! | `attest` | two block hashes, root, measurement, key's owner and GPU, attestation, GPU and its owner | two owners, attestation, two GPUs' owners, the worker's and the key's GPU |
//! | `allow_measurement`, `revoke_measurement` | measurement | the same |
//! | `suspend`, `unsuspend` | suspension | the same |
//! | `set_thresholds` | newest version | the same, thresholds |
//! | `report_sybil` | two receipts, GPUs, marks; 24 for each slash of a worker's bond | two marks; 21 for each slash |
//!
//! What the jobs pallet calls is in that pallet's weights. Accepting a receipt takes seven reads
//! (receipt, suspension, attestation, measurement, model, hash of block 0) and the worker's GPU, two
//! writes and 100 µs;
//! acquiring a model two reads and one write; releasing it one read and one write; forgetting a
//! receipt three writes; a maximum of operations or a least duration one read and 5 µs.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, RuntimeDbWeight, Weight},
};

/// Weights of the calls.
pub trait WeightInfo {
	/// Of `register_model`.
	fn register_model() -> Weight;
	/// Of `remove_model`.
	fn remove_model() -> Weight;
	/// Of `attest`.
	fn attest() -> Weight;
	/// Of `allow_measurement`.
	fn allow_measurement() -> Weight;
	/// Of `revoke_measurement`.
	fn revoke_measurement() -> Weight;
	/// Of `suspend`.
	fn suspend() -> Weight;
	/// Of `unsuspend`.
	fn unsuspend() -> Weight;
	/// Of `report_sybil`.
	fn report_sybil() -> Weight;
	/// Of `set_thresholds`.
	fn set_thresholds() -> Weight;
}

const BASE: u64 = 20;
const VERIFICATION: u64 = 60;
const HASHES: u64 = 20;
const HOLD: u64 = 40;
const SLASH: u64 = 370;

fn micros(micros: u64) -> Weight {
	Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(micros), 0)
}

/// Weights with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_model() -> Weight {
		micros(BASE + HOLD).saturating_add(T::DbWeight::get().reads_writes(3, 3))
	}

	fn remove_model() -> Weight {
		micros(BASE + HOLD).saturating_add(T::DbWeight::get().reads_writes(4, 3))
	}

	fn attest() -> Weight {
		micros(BASE + HASHES + VERIFICATION).saturating_add(T::DbWeight::get().reads_writes(9, 7))
	}

	fn allow_measurement() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn revoke_measurement() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn suspend() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn unsuspend() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn report_sybil() -> Weight {
		micros(BASE + HASHES + 2 * SLASH).saturating_add(T::DbWeight::get().reads_writes(54, 44))
	}

	fn set_thresholds() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 2))
	}
}

/// ParityDB's figures, for tests.
const TEST_DATABASE: RuntimeDbWeight = RuntimeDbWeight {
	read: 8 * WEIGHT_REF_TIME_PER_MICROS,
	write: 50 * WEIGHT_REF_TIME_PER_MICROS,
};

impl WeightInfo for () {
	fn register_model() -> Weight {
		micros(BASE + HOLD).saturating_add(TEST_DATABASE.reads_writes(3, 3))
	}

	fn remove_model() -> Weight {
		micros(BASE + HOLD).saturating_add(TEST_DATABASE.reads_writes(4, 3))
	}

	fn attest() -> Weight {
		micros(BASE + HASHES + VERIFICATION).saturating_add(TEST_DATABASE.reads_writes(9, 7))
	}

	fn allow_measurement() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}

	fn revoke_measurement() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}

	fn suspend() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}

	fn unsuspend() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}

	fn report_sybil() -> Weight {
		micros(BASE + HASHES + 2 * SLASH).saturating_add(TEST_DATABASE.reads_writes(54, 44))
	}

	fn set_thresholds() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 2))
	}
}
