//! Traits by which the pallets speak to each other. Each is implemented by one pallet and used by
//! others through their configuration, so that no pallet depends on another's crate.

use crate::{
	evidence::{Attestation, Claims, Evidence, EvidenceError},
	receipt::SignedReceipt,
	AccountId, Balance, BlockNumber, Class, ClassId, Hash, JobId, JobSpec, ModelId, ModelManifest,
	Role,
};
use aci_market::{Offence, Pool};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// An indicative price; what runtime APIs return. The price is fixed at the match.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Quote {
	/// The class that was quoted.
	pub class: ClassId,
	/// Operations that were quoted.
	pub flops: u128,
	/// Price of the whole in planck.
	pub price: Balance,
	/// Price of one compute unit (10^12 operations) in planck, rounded up.
	pub unit_price: Balance,
	/// Version of the pool; it changes whenever the price does.
	pub version: u32,
	/// Last block for which the quote stands if the pool does not change.
	pub expires: BlockNumber,
}

/// Classes, their pools, and prices. Implemented by the hmm pallet.
pub trait MarketQuote {
	/// A class's capabilities.
	fn class(class: ClassId) -> Option<Class>;
	/// A class's pool.
	fn pool(class: ClassId) -> Option<Pool>;
	/// Price of a job of `flops` operations that occupies `milli_slots`.
	fn quote(class: ClassId, milli_slots: u64, flops: u128) -> Result<Quote, DispatchError>;
	/// Takes capacity out of the pool while jobs occupy it.
	fn take(class: ClassId, milli_slots: u64) -> DispatchResult;
	/// Gives back capacity that was taken.
	fn give_back(class: ClassId, milli_slots: u64) -> DispatchResult;
	/// Adds a worker's capacity, as free.
	fn add_capacity(class: ClassId, milli_slots: u64) -> DispatchResult;
	/// Removes a worker's capacity, which must be free.
	fn remove_capacity(class: ClassId, milli_slots: u64) -> DispatchResult;
}

/// Who is paid out of a job's lock.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Payee {
	/// An account.
	#[codec(index = 0)]
	Account(AccountId),
	/// The validators' pool.
	#[codec(index = 1)]
	Validators,
	/// The verifiers' pool.
	#[codec(index = 2)]
	Verifiers,
	/// The fund of a class.
	#[codec(index = 3)]
	Fund(ClassId),
	/// Nobody: the amount leaves the issuance.
	#[codec(index = 4)]
	Burn,
}

/// Locks for jobs. Implemented by the escrow pallet.
pub trait JobEscrow {
	/// Locks `amount` of the client's for a job: of its free escrow first, then of its transferable
	/// balance, which keeps the existential deposit. Fails when both do not cover the amount, or
	/// when the job has a lock already. A lock of zero is a lock.
	fn lock(client: &AccountId, job: &JobId, amount: Balance) -> DispatchResult;
	/// What is locked for a job.
	fn locked(job: &JobId) -> Balance;
	/// Gives back a part of a lock, so that `remaining` stays locked. It goes to where it came from:
	/// to the client's free escrow, as much as the lock drew from there, then to its balance. Fails
	/// only when the job has no lock or `remaining` is more than it.
	fn reduce(job: &JobId, remaining: Balance) -> DispatchResult;
}

/// The one release of a job's lock.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct Release {
	/// Whose lock is released.
	pub job: JobId,
	/// Who is paid how much of it; the rest goes back to where it came from: to the client's free
	/// escrow, as much as the lock drew from there, then to its balance.
	pub payments: alloc::vec::Vec<(Payee, Balance)>,
}

/// Releases locks. Implemented by the escrow pallet.
pub trait Settlement {
	/// Releases every lock in the batch. A payment that an account cannot take (it would be dust)
	/// becomes claimable, so a payee can make no batch fail. Fails, with nothing changed, only when
	/// a job has no lock or its payments exceed it.
	fn settle(batch: &[Release]) -> DispatchResult;
}

/// What is reported to be slashed.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SlashReport {
	/// Who loses its bond.
	pub offender: AccountId,
	/// Which of its bonds.
	pub role: Role,
	/// For what.
	pub offence: Offence,
	/// Hash of the evidence.
	pub evidence: Hash,
	/// Who reported it and shares in the pot.
	pub reporter: Option<AccountId>,
	/// Whom the offence wronged.
	pub victim: Option<AccountId>,
}

/// Slashes bonds. Implemented by the staking-slashing pallet.
pub trait Slasher {
	/// Moves the offence's share of the bond to a pot and returns how much that is. Does not fail
	/// for a bond that is too small: it takes what is there.
	fn slash(report: SlashReport) -> Balance;
}

/// Bonds. Implemented by the staking-slashing pallet.
pub trait Bonds {
	/// The bond of an account for a role that backs its work: what is unbonding does not count.
	fn bonded(who: &AccountId, role: Role) -> Balance;
	/// States how much of a bond is needed from now on; unbonding below it is refused. Fails when
	/// the bond is smaller. 0 ends the need.
	fn require(who: &AccountId, role: Role, amount: Balance) -> DispatchResult;
}

/// Quality scores. Implemented by the staking-slashing pallet.
pub trait QualityUpdate {
	/// An account's quality in parts per million.
	fn quality(who: &AccountId) -> u32;
	/// Records the result, in parts per million, of one judged job.
	fn judged(who: &AccountId, result: u32);
}

/// Verifies evidence of one or several kinds of TEE.
pub trait AttestationVerifier {
	/// What the evidence says, if it stands and carries `report_data`.
	fn verify(evidence: &Evidence, report_data: &[u8; 64]) -> Result<Claims, EvidenceError>;
}

/// Models, attested workers and receipts. Implemented by the poai pallet.
pub trait ProofOfAi {
	/// A model's manifest.
	fn manifest(model: &ModelId) -> Option<ModelManifest>;
	/// Counts one more unfinished job that needs the model's manifest; the model cannot be removed
	/// until [`ProofOfAi::release`]. Fails when the model is unknown.
	fn acquire(model: &ModelId) -> DispatchResult;
	/// Ends one [`ProofOfAi::acquire`]. Does nothing for a model that nobody holds.
	fn release(model: &ModelId);
	/// A worker's attestation, unless the worker is suspended or the program that it attested is
	/// no longer allowed.
	fn attestation(worker: &AccountId) -> Option<Attestation>;
	/// Operations that a job may take at most: the formula at the order's maximum of tokens.
	/// `None` when the model is unknown or the order does not fit it.
	fn max_flops(spec: &JobSpec) -> Option<u128>;
	/// Least time in milliseconds that the order's maximum takes on a class's hardware.
	fn least_duration(spec: &JobSpec, class: &Class) -> Option<u64>;
	/// Level 1: checks a receipt against the job and stores it. Returns the hash of the signed
	/// receipt. Errors leave nothing changed and slash nobody.
	fn accept_receipt(
		worker: &AccountId,
		job: &JobId,
		spec: &JobSpec,
		class: &Class,
		signed: &SignedReceipt,
	) -> Result<Hash, DispatchError>;
	/// Forgets a job's receipt when its record is pruned.
	fn forget_receipt(job: &JobId);
}
