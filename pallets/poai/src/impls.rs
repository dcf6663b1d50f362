//! What the other pallets ask of this one.

use crate::{
	verifier::verify_ed25519, Attestations, Config, Error, GpuOf, Measurements, ModelUse, Models,
	Pallet, ReceiptGpus, Receipts, ReportedReceipts, Samples, StoredReceipt, Suspended,
};
use aci_poai::{check_receipt, compute, ComputeError, Expected, ReceiptError};
use aci_primitives::{
	evidence::{Attestation, EvidenceError},
	model::ModelKind,
	traits::{MatchFacts, ProofOfAi},
	AccountId, Class, Hash, JobId, JobSpec, ModelId, ModelManifest, SignedReceipt,
};
use frame_support::{ensure, traits::Time};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	ArithmeticError, DispatchError, DispatchResult,
};

/// Microseconds in a millisecond.
const MICROS_PER_MILLI: u64 = 1_000;

/// The manifest that an order is for, if the order fits it: the model is known, the profile is one
/// of its own, and the maxima of tokens suit its kind. The context is checked by the formulas.
fn manifest_for<T: Config>(spec: &JobSpec) -> Option<ModelManifest> {
	let manifest = Models::<T>::get(spec.model)?.manifest;
	let generates = spec.parameters.max_tokens_out > 0;
	let fits = manifest.profiles.contains(&spec.profile.kind)
		&& generates == (manifest.kind == ModelKind::TextGeneration);
	fits.then_some(manifest)
}

impl<T: Config> ProofOfAi for Pallet<T> {
	fn manifest(model: &ModelId) -> Option<ModelManifest> {
		Models::<T>::get(model).map(|registered| registered.manifest)
	}

	fn acquire(model: &ModelId) -> DispatchResult {
		ensure!(Models::<T>::contains_key(model), Error::<T>::UnknownModel);
		ModelUse::<T>::try_mutate(model, |count| {
			*count = count.checked_add(1).ok_or(ArithmeticError::Overflow)?;
			Ok(())
		})
	}

	fn release(model: &ModelId) {
		ModelUse::<T>::mutate_exists(model, |count| {
			*count = count
				.and_then(|count| count.checked_sub(1))
				.filter(|count| *count > 0);
		});
	}

	fn attestation(worker: &AccountId) -> Option<Attestation> {
		if Suspended::<T>::contains_key(worker) {
			return None;
		}
		let now = T::Time::now();
		Attestations::<T>::get(worker).filter(|attestation| {
			now <= attestation.expires
				&& Measurements::<T>::get(attestation.measurement) == Some(attestation.tee)
		})
	}

	fn max_flops(spec: &JobSpec) -> Option<u128> {
		let manifest = manifest_for::<T>(spec)?;
		let parameters = &spec.parameters;
		// The formula rises with the tokens, so the maxima of the order give its maximum.
		compute::operations(
			manifest.kind,
			&manifest.shape,
			parameters.max_tokens_in,
			parameters.max_tokens_out,
		)
		.ok()
	}

	fn least_duration(spec: &JobSpec, class: &Class) -> Option<u64> {
		let manifest = manifest_for::<T>(spec)?;
		let parameters = &spec.parameters;
		let micros = compute::least_duration(
			&manifest,
			class,
			parameters.max_tokens_in,
			parameters.max_tokens_out,
		)
		.ok()?;
		Some(micros.div_ceil(MICROS_PER_MILLI))
	}

	fn matched(job: &JobId, facts: MatchFacts<'_>) {
		Self::note_match(job, facts);
	}

	fn unmatched(job: &JobId) {
		Self::forget_sample(job);
	}

	fn accept_receipt(
		worker: &AccountId,
		job: &JobId,
		spec: &JobSpec,
		class: &Class,
		signed: &SignedReceipt,
	) -> Result<Hash, DispatchError> {
		ensure!(!Receipts::<T>::contains_key(job), Error::<T>::ReceiptExists);
		let attestation =
			<Self as ProofOfAi>::attestation(worker).ok_or(Error::<T>::NotAttested)?;
		let manifest =
			<Self as ProofOfAi>::manifest(&spec.model).ok_or(Error::<T>::UnknownModel)?;
		let expected = Expected {
			genesis: &Self::genesis_hash(),
			job,
			spec,
			class,
			manifest: &manifest,
			session_key: &attestation.session_key,
		};
		check_receipt(&expected, signed, verify_ed25519).map_err(Error::<T>::from)?;
		// A job that no match was told of is not sampled.
		if let Some(sample) = Samples::<T>::get(job) {
			Self::take_run(worker, &signed.receipt, &sample)?;
			Self::note_receipt(job, sample, signed.receipt.profile);
		}
		let hash = signed.hash();
		let block = frame_system::Pallet::<T>::block_number().saturated_into();
		let gpus = GpuOf::<T>::get(worker);
		if !gpus.is_empty() {
			ReceiptGpus::<T>::insert(job, gpus);
		}
		Receipts::<T>::insert(
			job,
			StoredReceipt {
				hash,
				receipt: signed.clone(),
				worker: worker.clone(),
				block,
			},
		);
		Ok(hash)
	}

	fn forget_receipt(job: &JobId) {
		Receipts::<T>::remove(job);
		ReceiptGpus::<T>::remove(job);
		ReportedReceipts::<T>::remove(job);
		Self::forget_sample(job);
	}
}

impl<T: Config> Pallet<T> {
	/// The hash of block 0, which the system pallet never prunes.
	pub(crate) fn genesis_hash() -> Hash {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}
}

impl<T: Config> From<EvidenceError> for Error<T> {
	fn from(error: EvidenceError) -> Self {
		match error {
			EvidenceError::TeeNotAccepted => Error::TeeNotAccepted,
			EvidenceError::BadSignature => Error::EvidenceBadSignature,
			EvidenceError::WrongReportData => Error::EvidenceWrongReportData,
			EvidenceError::Malformed => Error::EvidenceMalformed,
			EvidenceError::TooLarge => Error::EvidenceTooLarge,
			EvidenceError::Unsupported => Error::EvidenceUnsupported,
			EvidenceError::UntrustedChain => Error::EvidenceUntrustedChain,
			EvidenceError::NotAllowedToSign => Error::EvidenceNotAllowedToSign,
			EvidenceError::NotYetValid => Error::EvidenceNotYetValid,
			EvidenceError::Expired => Error::EvidenceExpired,
			EvidenceError::Revoked => Error::EvidenceRevoked,
			EvidenceError::CollateralMissing => Error::CollateralMissing,
			EvidenceError::CollateralMismatch => Error::CollateralMismatch,
			EvidenceError::CollateralExpired => Error::CollateralExpired,
			EvidenceError::CollateralOlder => Error::CollateralOlder,
			EvidenceError::Inconsistent => Error::EvidenceInconsistent,
			EvidenceError::Debug => Error::EvidenceDebug,
			EvidenceError::PolicyForbids => Error::EvidencePolicyForbids,
			EvidenceError::TcbNotAccepted => Error::EvidenceTcbNotAccepted,
			EvidenceError::TcbUnknown => Error::EvidenceTcbUnknown,
			EvidenceError::WrongNonce => Error::EvidenceWrongNonce,
		}
	}
}

impl<T: Config> From<ReceiptError> for Error<T> {
	fn from(error: ReceiptError) -> Self {
		match error {
			ReceiptError::WrongJob => Error::ReceiptWrongJob,
			ReceiptError::WrongInput => Error::ReceiptWrongInput,
			ReceiptError::WrongModel => Error::ReceiptWrongModel,
			ReceiptError::WrongProfile => Error::ReceiptWrongProfile,
			ReceiptError::ProfileNotAllowed => Error::ProfileNotAllowed,
			ReceiptError::WrongSeed => Error::ReceiptWrongSeed,
			ReceiptError::NoInputTokens => Error::ReceiptNoInputTokens,
			ReceiptError::TooManyTokensIn => Error::ReceiptTooManyTokensIn,
			ReceiptError::TooManyTokensOut => Error::ReceiptTooManyTokensOut,
			ReceiptError::OutsideModel => Error::ReceiptOutsideModel,
			ReceiptError::WrongOperations => Error::ReceiptWrongOperations,
			ReceiptError::ModelTooLarge => Error::ModelTooLarge,
			ReceiptError::MemoryBelowWeights => Error::ReceiptMemoryBelowWeights,
			ReceiptError::MemoryAboveHardware => Error::ReceiptMemoryAboveHardware,
			ReceiptError::HardwareUnknown => Error::HardwareUnknown,
			ReceiptError::TooFast => Error::ReceiptTooFast,
			ReceiptError::BusyLongerThanRun => Error::ReceiptBusyLongerThanRun,
			ReceiptError::ImplausibleTime => Error::ReceiptImplausibleTime,
			ReceiptError::BadSignature => Error::ReceiptBadSignature,
		}
	}
}

impl<T: Config> From<ComputeError> for Error<T> {
	fn from(error: ComputeError) -> Self {
		match error {
			ComputeError::ZeroDimension => Error::ManifestZeroDimension,
			ComputeError::DimensionTooLarge => Error::ManifestDimensionTooLarge,
			ComputeError::HeadsNotGrouped => Error::ManifestHeadsNotGrouped,
			ComputeError::FeedForwardMatrices => Error::ManifestFeedForwardMatrices,
			ComputeError::NoInput
			| ComputeError::EmbeddingWithOutput
			| ComputeError::BeyondContext => Error::ReceiptOutsideModel,
			ComputeError::HardwareUnknown => Error::HardwareUnknown,
		}
	}
}
