//! Level 1 of verification (§3.3 of the paper): what every receipt must satisfy before its job
//! counts as done. It needs no model and no re-execution.
//!
//! # Rules
//!
//! In this order; the first that is broken is the error.
//!
//! 1. The receipt names the job, the order's input hash and the order's model.
//! 2. Its profile is the order's, and the manifest allows that kind.
//! 3. Its seed is [`sampling_seed`] of job, client's seed and
//!    model.
//! 4. It has at least one input token, and no more tokens than the order's maxima.
//! 5. Its operations are exactly the formula's ([`compute::operations`]).
//! 6. The model fits the class's memory, and the stated peak memory lies between the size of the
//!    weights and the class's memory.
//! 7. It did not run faster than the class's hardware can ([`compute::least_duration`]), the device
//!    was not busy longer than the run took, and the run's end is a time.
//! 8. The session key signed it for this chain.
//!
//! # What it does not say
//!
//! * `output` is whatever the worker signed. The caller compares it with the output that it
//!   was given.
//! * `started`, `energy` and `proof_root` are signed and not judged here.
//! * Each rule looks at one receipt. Whether several receipts of a worker fit its hardware together
//!   is another check.
//!
//! A broken rule means that the receipt is refused. It is no proof of deceit: an honest worker can
//! break most of them by a mistake, so nobody is slashed for it.

use crate::compute::{self, ComputeError};
use aci_primitives::{
	job::sampling_seed, Class, Hash, JobId, JobSpec, ModelManifest, SignedReceipt,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::ed25519;

/// What a receipt is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
	/// Hash of block 0 of the chain.
	pub genesis: &'a Hash,
	/// The job that the receipt is handed in for.
	pub job: &'a JobId,
	/// What was ordered.
	pub spec: &'a JobSpec,
	/// The class of the worker's hardware.
	pub class: &'a Class,
	/// The manifest of the ordered model.
	pub manifest: &'a ModelManifest,
	/// The session key of the worker's attestation.
	pub session_key: &'a ed25519::Public,
}

/// The rule that a receipt breaks.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ReceiptError {
	/// The receipt is for another job. Hand it in for the job that it names.
	#[codec(index = 0)]
	WrongJob,
	/// The input's hash is not the order's. The worker ran something else.
	#[codec(index = 1)]
	WrongInput,
	/// The model is not the ordered one.
	#[codec(index = 2)]
	WrongModel,
	/// The profile is not the ordered one.
	#[codec(index = 3)]
	WrongProfile,
	/// The model's manifest does not allow outputs to be verified under this profile.
	#[codec(index = 4)]
	ProfileNotAllowed,
	/// The seed is not the one that follows from the job, the client's seed and the model.
	#[codec(index = 5)]
	WrongSeed,
	/// The receipt states no input token.
	#[codec(index = 6)]
	NoInputTokens,
	/// The receipt states more input tokens than the order allows.
	#[codec(index = 7)]
	TooManyTokensIn,
	/// The receipt states more output tokens than the order allows.
	#[codec(index = 8)]
	TooManyTokensOut,
	/// The model cannot run with this many tokens, or its manifest is outside what the formulas
	/// cover.
	#[codec(index = 9)]
	OutsideModel,
	/// The stated operations are not the formula's for these tokens.
	#[codec(index = 10)]
	WrongOperations,
	/// The model with its cache does not fit the memory of the class's hardware.
	#[codec(index = 11)]
	ModelTooLarge,
	/// The stated peak memory is smaller than the model's weights.
	#[codec(index = 12)]
	MemoryBelowWeights,
	/// The stated peak memory is larger than the class's hardware has.
	#[codec(index = 13)]
	MemoryAboveHardware,
	/// The class states no peak or no bandwidth, so nothing can be checked against it.
	#[codec(index = 14)]
	HardwareUnknown,
	/// The run is stated to be faster than the class's hardware can be.
	#[codec(index = 15)]
	TooFast,
	/// The device is stated to be busy for longer than the run took.
	#[codec(index = 16)]
	BusyLongerThanRun,
	/// The run's start and duration give no time.
	#[codec(index = 17)]
	ImplausibleTime,
	/// The signature is not by the worker's session key over this receipt on this chain.
	#[codec(index = 18)]
	BadSignature,
}

impl From<ComputeError> for ReceiptError {
	fn from(error: ComputeError) -> Self {
		match error {
			ComputeError::HardwareUnknown => ReceiptError::HardwareUnknown,
			ComputeError::NoInput => ReceiptError::NoInputTokens,
			ComputeError::ZeroDimension
			| ComputeError::DimensionTooLarge
			| ComputeError::HeadsNotGrouped
			| ComputeError::FeedForwardMatrices
			| ComputeError::EmbeddingWithOutput
			| ComputeError::BeyondContext => ReceiptError::OutsideModel,
		}
	}
}

/// Checks a receipt by all rules of the module.
///
/// `verify` says whether a signature over a message is a key's: [`crate::verify_ed25519`], or the
/// runtime's host function. It is called at most once, and last, since it costs the most.
pub fn check_receipt(
	expected: &Expected,
	signed: &SignedReceipt,
	verify: impl FnOnce(&ed25519::Signature, &[u8], &ed25519::Public) -> bool,
) -> Result<(), ReceiptError> {
	let Expected {
		genesis,
		job,
		spec,
		class,
		manifest,
		session_key,
	} = *expected;
	let receipt = &signed.receipt;
	let metrics = &receipt.metrics;

	let ensure = |holds: bool, error: ReceiptError| if holds { Ok(()) } else { Err(error) };
	ensure(receipt.job == *job, ReceiptError::WrongJob)?;
	ensure(
		receipt.input == spec.input.sha256(),
		ReceiptError::WrongInput,
	)?;
	ensure(receipt.model == spec.model, ReceiptError::WrongModel)?;
	ensure(receipt.profile == spec.profile, ReceiptError::WrongProfile)?;
	ensure(
		manifest.profiles.contains(&receipt.profile.kind),
		ReceiptError::ProfileNotAllowed,
	)?;
	let seed = sampling_seed(job, &spec.parameters.seed, &spec.model);
	ensure(receipt.seed == seed, ReceiptError::WrongSeed)?;

	let (tokens_in, tokens_out) = (receipt.tokens_in, receipt.tokens_out);
	ensure(tokens_in > 0, ReceiptError::NoInputTokens)?;
	ensure(
		tokens_in <= spec.parameters.max_tokens_in,
		ReceiptError::TooManyTokensIn,
	)?;
	ensure(
		tokens_out <= spec.parameters.max_tokens_out,
		ReceiptError::TooManyTokensOut,
	)?;
	let operations = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)?;
	ensure(metrics.flops == operations, ReceiptError::WrongOperations)?;

	let memory = compute::memory(manifest, tokens_in, tokens_out)?;
	ensure(
		memory <= u128::from(class.memory),
		ReceiptError::ModelTooLarge,
	)?;
	ensure(
		metrics.peak_memory >= manifest.weight_bytes,
		ReceiptError::MemoryBelowWeights,
	)?;
	ensure(
		metrics.peak_memory <= class.memory,
		ReceiptError::MemoryAboveHardware,
	)?;

	let least = compute::least_duration(manifest, class, tokens_in, tokens_out)?;
	ensure(receipt.duration >= least, ReceiptError::TooFast)?;
	ensure(
		metrics.device_busy <= receipt.duration,
		ReceiptError::BusyLongerThanRun,
	)?;
	let end = receipt
		.started
		.checked_mul(1_000)
		.and_then(|started| started.checked_add(receipt.duration));
	ensure(
		receipt.started > 0 && end.is_some(),
		ReceiptError::ImplausibleTime,
	)?;

	let message = receipt.signing_hash(genesis);
	ensure(
		verify(&signed.signature, message.as_bytes(), session_key),
		ReceiptError::BadSignature,
	)
}
