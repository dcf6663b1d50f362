//! Models, attestations, receipts.

use crate::{
	evidence::{Attestation, Claims, Evidence, EvidenceError},
	receipt::SignedReceipt,
	AccountId, Balance, Class, ClassId, Hash, JobId, JobSpec, ModelId, ModelManifest,
};
use sp_runtime::{DispatchError, DispatchResult};

/// Verifies evidence of one or several kinds of TEE.
pub trait AttestationVerifier {
	/// What the evidence says, if it stands and carries `report_data`.
	fn verify(evidence: &Evidence, report_data: &[u8; 64]) -> Result<Claims, EvidenceError>;
}

/// What a match fixed, as far as the job's verification needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchFacts<'a> {
	/// Who ordered the job.
	pub client: &'a AccountId,
	/// Who runs it.
	pub worker: &'a AccountId,
	/// The class that it runs on.
	pub class: ClassId,
	/// The locked price, in planck.
	pub price: Balance,
	/// The worker's bond less the prices of its other jobs whose fraud window is open, in planck.
	pub free_bond: Balance,
	/// Jobs that the worker may run side by side.
	pub slots: u32,
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
	/// A job has a worker and a price: its sampling rate is fixed. A later match replaces it.
	fn matched(job: &JobId, facts: MatchFacts<'_>);
	/// A match ended without a result.
	fn unmatched(job: &JobId);
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
