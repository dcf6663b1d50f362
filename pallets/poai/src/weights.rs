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
//! # Evidence of vendors' TEEs
//!
//! Its verification is measured natively, as the attestation crate's example `weights` does, rounded up
//! and times [`WASM`]: how much slower the runtime is on the same work. Measured under wasmtime it is 5
//! times for P-256, 8 to 9 for P-384, 7 for RSA and less than 2 for reading.
//!
//! | step | native |
//! | --- | --- |
//! | a signature over P-256 | 220 µs |
//! | one over P-384 | 900 µs |
//! | one with RSA of 4096 bits | 1,150 µs |
//! | reading and searching a revocation list of 128 KiB | 100 µs |
//! | reading a statement of 64 KiB | 100 µs |
//!
//! SGX and TDX: ten signatures, two lists, two statements. SEV-SNP: one over P-384, three with RSA,
//! one list. TrustZone: six over P-384. Each GPU: six over P-384. What is shorter costs the same, so
//! that nobody can hide work in odd sizes. Collateral: three signatures of the dearest kind, and both
//! readings by its length.
//!
//! The proof size is zero: the chain is no parachain.
//!
//! | call | reads | writes |
//! | --- | --- | --- |
//! | `register_model` | model, account, holds | the same |
//! | `remove_model` | model, use count, account, holds | model, account, holds |
//! | `attest`, `recheck` | two block hashes, root, policy, collateral (four), measurement, key's owner and GPUs, attestation, record, suspension, GPUs; for each GPU its owner, its measurement, six serials; six serials more | owner, former owner, attestation, record, suspension, the worker's and the key's GPUs; for each GPU two owners |
//! | `update_collateral` | root list, what is there | the item |
//! | `revoke_serials`, `restore_serials` | each entry | each entry |
//! | `set_attestation_policy` | | policy |
//! | `suspend_expired` | attestation, record, suspension, nine measurements | suspension |
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

use aci_primitives::evidence::TeeKind;
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
	/// Of `attest` and `recheck`, by the machine's TEE and the number of GPUs.
	fn attest(tee: TeeKind, gpus: u32) -> Weight;
	/// Of `update_collateral`, by the bytes that are brought.
	fn update_collateral(bytes: u32) -> Weight;
	/// Of `set_attestation_policy`.
	fn set_attestation_policy() -> Weight;
	/// Of `revoke_serials` and `restore_serials`, by the number of entries.
	fn change_serials(entries: u32) -> Weight;
	/// Of `suspend_expired`.
	fn suspend_expired() -> Weight;
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

/// How many times slower the runtime verifies than native code.
pub const WASM: u64 = 10;
/// Native microseconds of the steps in the table above.
const P256: u64 = 220;
const P384: u64 = 900;
const RSA: u64 = 1_150;
const LIST: u64 = 100;
const STATEMENT: u64 = 100;
/// Bytes that [`LIST`] is for. A statement of half of it takes no longer.
const LIST_BYTES: u64 = 128 * 1024;

/// Time in the runtime of verifying evidence of a vendor's TEE, in microseconds.
const fn machine(tee: TeeKind) -> u64 {
	WASM * match tee {
		TeeKind::Software | TeeKind::Nvidia => 0,
		TeeKind::Sgx | TeeKind::Tdx => 10 * P256 + 2 * LIST + 2 * STATEMENT,
		TeeKind::SevSnp => P384 + 3 * RSA + LIST,
		TeeKind::TrustZone => 6 * P384,
	}
}

/// Of each GPU.
const GPU: u64 = WASM * 6 * P384;

fn attest_with(database: RuntimeDbWeight, tee: TeeKind, gpus: u32) -> Weight {
	let gpus = u64::from(gpus);
	let time = machine(tee).saturating_add(GPU.saturating_mul(gpus));
	micros((BASE + HASHES + VERIFICATION).saturating_add(time)).saturating_add(
		database.reads_writes(
			gpus.saturating_mul(8).saturating_add(22),
			gpus.saturating_mul(2).saturating_add(8),
		),
	)
}

fn update_with(database: RuntimeDbWeight, bytes: u32) -> Weight {
	let dearest = if P384 > RSA { P384 } else { RSA };
	// Both the list that is brought and the root's are read.
	let read = LIST
		.saturating_mul(u64::from(bytes))
		.div_ceil(LIST_BYTES)
		.saturating_add(LIST);
	let time = (3 * dearest).saturating_add(read).saturating_mul(WASM);
	micros(BASE.saturating_add(time)).saturating_add(database.reads_writes(3, 1))
}

fn serials_with(database: RuntimeDbWeight, entries: u32) -> Weight {
	let entries = u64::from(entries);
	micros(BASE.saturating_add(entries)).saturating_add(database.reads_writes(entries, entries))
}

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

	fn attest(tee: TeeKind, gpus: u32) -> Weight {
		attest_with(T::DbWeight::get(), tee, gpus)
	}

	fn update_collateral(bytes: u32) -> Weight {
		update_with(T::DbWeight::get(), bytes)
	}

	fn set_attestation_policy() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(0, 1))
	}

	fn change_serials(entries: u32) -> Weight {
		serials_with(T::DbWeight::get(), entries)
	}

	fn suspend_expired() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(12, 1))
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

	fn attest(tee: TeeKind, gpus: u32) -> Weight {
		attest_with(TEST_DATABASE, tee, gpus)
	}

	fn update_collateral(bytes: u32) -> Weight {
		update_with(TEST_DATABASE, bytes)
	}

	fn set_attestation_policy() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(0, 1))
	}

	fn change_serials(entries: u32) -> Weight {
		serials_with(TEST_DATABASE, entries)
	}

	fn suspend_expired() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(12, 1))
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
