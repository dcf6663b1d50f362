//! Weights of the calls, from a count of what the worst case does.
//!
//! Database reads and writes are priced by the runtime's `DbWeight`. To them comes time of
//! computation, taken generously:
//!
//! * 20 µs for decoding, checks and one event;
//! * 60 µs for one ed25519 verification by the host function;
//! * 20 µs for the hashes over a binding or a receipt;
//! * 40 µs for a change of a hold on an account;
//! * 370 µs for a slash;
//! * 800 µs for a verdict of the jobs pallet, with what it pays or slashes.
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
//! | `commit_seed` | bond, epoch, seed, list; 16 classes | list, seed; 16 classes |
//! | `submit_verdict` | sample, seed, anchor, epoch, bond, verdicts; a dispute's opening: 40 | verdicts, seed; 36 |
//! | `reveal_seed` | seed, epoch, mix; for each of 64 verdicts sample, anchor, verdicts, thresholds and two sums: 7; four convictions and a slash: 60 each | seed, mix; 4 each; 56 each; the tariff: 3 |
//! | `report_missing_verdict` | sample, seed, anchor, verdicts, missing; a slash: 24 | missing; 21 |
//! | `commit_canaries` | sets | sets |
//! | `open_canaries` | sets; for each of 4 jobs sample, verdicts, case, a decision: 64; for each of its 16 verdicts a slash: 24 | sets; 58; 21 |
//! | `commit_vote`, `reveal_vote` | case, bond | case |
//! | `challenge` | sample, verdicts, list, rules, agenda, cursor, case, pot: 18 | agenda, cursor, case, pot: 9 |
//! | `set_verification_rules` | none | rules |
//! | a block's start | anchor, agendas, oldest epoch, epoch | anchor, agendas |
//! | drawing of a committee | case, rules, mix, hash, verdicts, sample, list, agenda: 40; 128 tickets | case, agenda |
//! | closing of a case | case, sample, verdicts, a decision: 64; for each of 15 members and 16 verdicts a slash: 24; four convictions: 60 | case, sample, verdicts: 58; 21; 56 |
//! | removal of a seed | list, seed, 16 classes, a slash: 42 | the same: 39 |
//!
//! What the jobs pallet calls is in that pallet's weights. Accepting a receipt takes seven reads
//! (receipt, suspension, attestation, measurement, model, hash of block 0), the worker's GPU, the sample,
//! its runs, the anchor and the epoch, five writes and 100 µs; noting a match four reads (rules, quality,
//! epoch, verifiers), one write and 10 µs;
//! acquiring a model two reads and one write; releasing it one read and one write; forgetting a
//! receipt two reads and eight writes; a maximum of operations or a least duration one read and 5 µs.

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
	/// Of `commit_seed`.
	fn commit_seed() -> Weight;
	/// Of `submit_verdict`.
	fn submit_verdict() -> Weight;
	/// Of `reveal_seed`.
	fn reveal_seed() -> Weight;
	/// Of `report_missing_verdict`.
	fn report_missing_verdict() -> Weight;
	/// Of `commit_canaries`.
	fn commit_canaries() -> Weight;
	/// Of `open_canaries`.
	fn open_canaries() -> Weight;
	/// Of `commit_vote`.
	fn commit_vote() -> Weight;
	/// Of `reveal_vote`.
	fn reveal_vote() -> Weight;
	/// Of `set_verification_rules`.
	fn set_verification_rules() -> Weight;
	/// Of `challenge_delivery` and `challenge_verdict`.
	fn challenge() -> Weight;
	/// Of the start of a block.
	fn block() -> Weight;
	/// Of the drawing of a committee.
	fn draw() -> Weight;
	/// Of the closing of a case.
	fn close() -> Weight;
	/// Of the removal of a seed.
	fn prune_seed() -> Weight;
}

const BASE: u64 = 20;
const VERIFICATION: u64 = 60;
const HASHES: u64 = 20;
const HOLD: u64 = 40;
const SLASH: u64 = 370;
const DECISION: u64 = 800;

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

	fn commit_seed() -> Weight {
		micros(BASE + HASHES).saturating_add(T::DbWeight::get().reads_writes(22, 18))
	}

	fn submit_verdict() -> Weight {
		micros(BASE + HASHES + DECISION).saturating_add(T::DbWeight::get().reads_writes(56, 42))
	}

	fn reveal_seed() -> Weight {
		micros(BASE + HASHES + 64 * HASHES + 4 * DECISION + SLASH).saturating_add(
			T::DbWeight::get()
				.reads_writes(4 + 64 * 7 + 4 * 60 + 24 + 6, 2 + 64 * 4 + 4 * 56 + 21 + 3),
		)
	}

	fn report_missing_verdict() -> Weight {
		micros(BASE + HASHES + SLASH).saturating_add(T::DbWeight::get().reads_writes(32, 22))
	}

	fn commit_canaries() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn open_canaries() -> Weight {
		micros(BASE + HASHES + 4 * (DECISION + 16 * SLASH)).saturating_add(
			T::DbWeight::get().reads_writes(1 + 4 * (64 + 16 * 24), 1 + 4 * (58 + 16 * 21)),
		)
	}

	fn commit_vote() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}

	fn reveal_vote() -> Weight {
		micros(BASE + HASHES).saturating_add(T::DbWeight::get().reads_writes(3, 1))
	}

	fn challenge() -> Weight {
		micros(BASE + HASHES + HOLD).saturating_add(T::DbWeight::get().reads_writes(18, 9))
	}

	fn set_verification_rules() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn block() -> Weight {
		micros(BASE).saturating_add(T::DbWeight::get().reads_writes(6, 3))
	}

	fn draw() -> Weight {
		micros(BASE + 128 * 4).saturating_add(T::DbWeight::get().reads_writes(44, 4))
	}

	fn close() -> Weight {
		micros(BASE + DECISION + 31 * SLASH + 4 * DECISION).saturating_add(
			T::DbWeight::get().reads_writes(64 + 31 * 24 + 4 * 60, 58 + 31 * 21 + 4 * 56),
		)
	}

	fn prune_seed() -> Weight {
		micros(BASE + SLASH).saturating_add(T::DbWeight::get().reads_writes(44, 40))
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

	fn commit_seed() -> Weight {
		micros(BASE + HASHES).saturating_add(TEST_DATABASE.reads_writes(22, 18))
	}

	fn submit_verdict() -> Weight {
		micros(BASE + HASHES + DECISION).saturating_add(TEST_DATABASE.reads_writes(56, 42))
	}

	fn reveal_seed() -> Weight {
		micros(BASE + HASHES + 64 * HASHES + 4 * DECISION + SLASH).saturating_add(
			TEST_DATABASE.reads_writes(4 + 64 * 7 + 4 * 60 + 24 + 6, 2 + 64 * 4 + 4 * 56 + 21 + 3),
		)
	}

	fn report_missing_verdict() -> Weight {
		micros(BASE + HASHES + SLASH).saturating_add(TEST_DATABASE.reads_writes(32, 22))
	}

	fn commit_canaries() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}

	fn open_canaries() -> Weight {
		micros(BASE + HASHES + 4 * (DECISION + 16 * SLASH)).saturating_add(
			TEST_DATABASE.reads_writes(1 + 4 * (64 + 16 * 24), 1 + 4 * (58 + 16 * 21)),
		)
	}

	fn commit_vote() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(4, 1))
	}

	fn reveal_vote() -> Weight {
		micros(BASE + HASHES).saturating_add(TEST_DATABASE.reads_writes(3, 1))
	}

	fn challenge() -> Weight {
		micros(BASE + HASHES + HOLD).saturating_add(TEST_DATABASE.reads_writes(18, 9))
	}

	fn set_verification_rules() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(1, 1))
	}

	fn block() -> Weight {
		micros(BASE).saturating_add(TEST_DATABASE.reads_writes(6, 3))
	}

	fn draw() -> Weight {
		micros(BASE + 128 * 4).saturating_add(TEST_DATABASE.reads_writes(44, 4))
	}

	fn close() -> Weight {
		micros(BASE + DECISION + 31 * SLASH + 4 * DECISION).saturating_add(
			TEST_DATABASE.reads_writes(64 + 31 * 24 + 4 * 60, 58 + 31 * 21 + 4 * 56),
		)
	}

	fn prune_seed() -> Weight {
		micros(BASE + SLASH).saturating_add(TEST_DATABASE.reads_writes(44, 40))
	}
}
