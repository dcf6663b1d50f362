#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub use pallet::*;
pub use types::*;
pub use verifier::SoftwareTee;
pub use weights::WeightInfo;

mod impls;
pub mod sybil;
mod try_state;
mod types;
mod verifier;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_poai::{
		compute,
		thresholds::{ThresholdError, Thresholds},
	};
	use aci_primitives::{
		evidence::{Attestation, Binding, Evidence, TeeKind},
		model::RegisteredModel,
		traits::{AttestationVerifier, Slasher},
		AccountId, Balance, BlockNumber, Hash, JobId, ModelId, ModelManifest,
	};
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, tokens::Precision, Defensive},
	};
	use frame_system::pallet_prelude::*;
	use sp_core::{ed25519, H256};
	use sp_runtime::{traits::SaturatedConversion, Saturating};

	/// Most models that one page of [`Pallet::models`] has.
	pub const MODELS_PER_PAGE: u32 = 64;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, Hash = Hash, RuntimeEvent: From<Event<Self>>>
	{
		/// Holds model deposits.
		type Currency: fungible::Inspect<AccountId, Balance = Balance>
			+ fungible::hold::Mutate<AccountId, Reason = Self::RuntimeHoldReason>;

		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;

		/// Who allows and revokes measurements, suspends workers and removes models of others.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Verifies evidence; [`SoftwareTee`] is the one for development chains.
		type Verifier: AttestationVerifier;

		/// Slashes the bonds of accounts that used one GPU at the same time.
		type Slasher: Slasher;

		/// What is held of an account for each model that it registers, in planck.
		type ModelDeposit: Get<Balance>;

		/// How many blocks old the block may be that evidence is bound to. At least 1, and at most
		/// the system pallet's `BlockHashCount`, since older hashes are forgotten.
		type RecentBlocks: Get<BlockNumber>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds an account's balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit of a registered model. It returns when the model is removed.
		ModelDeposit,
	}

	/// Models by their weights' SHA-256.
	///
	/// Whoever registers chooses the key, hence the cryptographic hasher.
	#[pallet::storage]
	pub type Models<T: Config> =
		StorageMap<_, Blake2_128Concat, ModelId, RegisteredModel, OptionQuery>;

	/// How many unfinished jobs need a model's manifest.
	#[pallet::storage]
	pub type ModelUse<T: Config> = StorageMap<_, Blake2_128Concat, ModelId, u32, ValueQuery>;

	/// Attested workers.
	#[pallet::storage]
	pub type Attestations<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, Attestation, OptionQuery>;

	/// Which account a session key belongs to.
	#[pallet::storage]
	pub type SessionKeyOwner<T: Config> =
		StorageMap<_, Blake2_128Concat, ed25519::Public, AccountId, OptionQuery>;

	/// Workers whose attestation does not stand.
	#[pallet::storage]
	pub type Suspended<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, (), OptionQuery>;

	/// Programs that may attest.
	///
	/// Governance alone chooses the keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type Measurements<T: Config> = StorageMap<_, Twox64Concat, H256, (), OptionQuery>;

	/// The root of the software TEE. Set by genesis, written by nothing else.
	#[pallet::storage]
	pub type SoftwareRoot<T: Config> = StorageValue<_, ed25519::Public, OptionQuery>;

	/// Accepted receipts by their job.
	///
	/// A job's identity is itself a cryptographic hash, so a fast hasher is enough.
	#[pallet::storage]
	pub type Receipts<T: Config> = StorageMap<_, Twox64Concat, JobId, StoredReceipt, OptionQuery>;

	/// The GPU of each account whose attestation names one.
	#[pallet::storage]
	pub type GpuOf<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, H256, OptionQuery>;

	/// Which account a GPU is attested by.
	#[pallet::storage]
	pub type Gpus<T: Config> = StorageMap<_, Blake2_128Concat, H256, AccountId, OptionQuery>;

	/// The GPU that a session key was attested with. Kept for good, one entry for each such key, so that
	/// a key cannot be attested again without its GPU before its receipts are handed in.
	#[pallet::storage]
	pub type KeyGpus<T: Config> =
		StorageMap<_, Blake2_128Concat, ed25519::Public, H256, OptionQuery>;

	/// The GPU of the worker when the receipt of a job was accepted.
	///
	/// A job's identity is itself a cryptographic hash, so a fast hasher is enough.
	#[pallet::storage]
	pub type ReceiptGpus<T: Config> = StorageMap<_, Twox64Concat, JobId, H256, OptionQuery>;

	/// Receipts whose workers were slashed for them.
	#[pallet::storage]
	pub type ReportedReceipts<T: Config> = StorageMap<_, Twox64Concat, JobId, (), OptionQuery>;

	/// The thresholds that outputs are judged by, by their version. None is ever replaced or removed,
	/// so that a job is judged by the version that it was ordered under.
	///
	/// Governance alone chooses the keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type Calibrations<T: Config> = StorageMap<_, Twox64Concat, u16, Thresholds, OptionQuery>;

	/// The newest version of the thresholds; zero: there are none, so nothing tolerant can be judged.
	#[pallet::storage]
	pub type CurrentCalibration<T: Config> = StorageValue<_, u16, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Models with their owners. No deposit is held for them.
		pub models: Vec<(ModelId, AccountId, ModelManifest)>,
		/// Programs that may attest.
		pub measurements: Vec<H256>,
		/// The root of the software TEE; `None` on a production chain.
		pub software_root: Option<ed25519::Public>,
		/// The thresholds that outputs are judged by.
		pub thresholds: Option<Thresholds>,
		/// Nothing; the type is generic over the runtime.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (model, owner, manifest) in &self.models {
				assert!(
					Pallet::<T>::check_manifest(manifest).is_ok(),
					"the manifest of genesis model {model:?} is out of bounds",
				);
				assert!(
					!Models::<T>::contains_key(model),
					"genesis model {model:?} is there twice"
				);
				let registered = RegisteredModel {
					owner: owner.clone(),
					deposit: 0,
					manifest: manifest.clone(),
				};
				Models::<T>::insert(model, registered);
			}
			for measurement in &self.measurements {
				Measurements::<T>::insert(measurement, ());
			}
			SoftwareRoot::<T>::set(self.software_root);
			if let Some(thresholds) = &self.thresholds {
				assert!(
					thresholds.is_calibrated() && thresholds.check().is_ok(),
					"the genesis thresholds are not calibrated, or no judgement can use them",
				);
				Calibrations::<T>::insert(thresholds.version, thresholds);
				CurrentCalibration::<T>::put(thresholds.version);
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model can be ordered from now on.
		ModelRegistered {
			/// SHA-256 of its weights.
			model: ModelId,
			/// Who registered it.
			owner: AccountId,
			/// What is held of the owner for it, in planck.
			deposit: Balance,
			/// What was registered.
			manifest: ModelManifest,
		},
		/// A model can no longer be ordered. Its deposit is the owner's again.
		ModelRemoved {
			/// SHA-256 of its weights.
			model: ModelId,
			/// Who had registered it.
			owner: AccountId,
			/// What is no longer held of the owner, in planck.
			deposit: Balance,
		},
		/// A worker attested its keys. Former keys of it are void.
		WorkerAttested {
			/// The worker.
			worker: AccountId,
			/// Signs its receipts from now on.
			session_key: ed25519::Public,
			/// Receives its encrypted inputs from now on; x25519.
			data_key: [u8; 32],
			/// The TEE that vouches.
			tee: TeeKind,
			/// The program that runs in it.
			measurement: H256,
			/// The machine.
			hardware: H256,
		},
		/// Workers that run this program may attest from now on.
		MeasurementAllowed {
			/// The program's hash.
			measurement: H256,
		},
		/// Attestations of this program no longer stand.
		MeasurementRevoked {
			/// The program's hash.
			measurement: H256,
		},
		/// A worker's attestation no longer stands.
		WorkerSuspended {
			/// The worker.
			worker: AccountId,
		},
		/// A worker attested a GPU, which is no other account's.
		GpuAttested {
			/// The worker.
			worker: AccountId,
			/// The GPU.
			gpu: H256,
		},
		/// A worker ran a job on a GPU while another account ran one on it.
		SybilReported {
			/// Who is slashed.
			worker: AccountId,
			/// Its job.
			job: JobId,
			/// The other account's job.
			other: JobId,
			/// The GPU of both.
			gpu: H256,
			/// Who reported it.
			reporter: AccountId,
			/// What was slashed.
			slashed: Balance,
		},
		/// Outputs of jobs that are ordered from now on are judged by these thresholds.
		ThresholdsSet {
			/// The thresholds, with their version.
			thresholds: Thresholds,
		},
		/// A worker's attestation is no longer held back by a suspension.
		WorkerUnsuspended {
			/// The worker.
			worker: AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No model with this hash is registered. Register it, or check the hash.
		UnknownModel,
		/// A model with this hash is registered already. Use it.
		ModelExists,
		/// Only the account that registered the model, or governance, can remove it.
		NotModelOwner,
		/// Unfinished jobs need the model. Try again when they have ended.
		ModelInUse,
		/// The model's name is empty or is not UTF-8. Give another name.
		ManifestName,
		/// The manifest names no profile, so no output of the model could be verified. Name one.
		ManifestWithoutProfile,
		/// A figure of the manifest is zero that cannot be. Correct the manifest.
		ManifestZeroDimension,
		/// A figure of the manifest is larger than any that the chain prices. Correct the manifest.
		ManifestDimensionTooLarge,
		/// The query heads are not a multiple of the key and value heads. Correct the manifest.
		ManifestHeadsNotGrouped,
		/// The feed-forward network has neither two nor three matrices. Correct the manifest.
		ManifestFeedForwardMatrices,
		/// This chain accepts no evidence of this kind of TEE. Use another TEE or another chain.
		TeeNotAccepted,
		/// The evidence is not signed by its TEE's root. Make new evidence.
		EvidenceBadSignature,
		/// The evidence is for another account, other keys, another chain or another block. Make new
		/// evidence for exactly what is registered.
		EvidenceWrongReportData,
		/// The block that the evidence names is not one of the recent ones. Make new evidence with
		/// the hash of a newer block.
		BlockNotRecent,
		/// The program that the evidence shows is not allowed here. Run a version that is.
		MeasurementNotAllowed,
		/// Another account has registered this session key. Make a new key.
		SessionKeyTaken,
		/// Another account has attested this GPU. That account has to attest without it first.
		GpuAlreadyAttested,
		/// This session key was attested with another GPU. Make a new key for this one.
		SessionKeyOnOtherGpu,
		/// One of the jobs has no receipt on record. Name two jobs whose receipts are.
		UnknownReceipt,
		/// Both receipts are of one account. Only two accounts can be a Sybil.
		SameWorker,
		/// The receipts do not name one attested GPU.
		NotOneGpu,
		/// The runs do not overlap in time: the accounts used the GPU one after the other.
		RunsDoNotOverlap,
		/// Both accounts were slashed for these receipts already.
		AlreadyReported,
		/// This measurement is allowed already.
		MeasurementExists,
		/// This measurement is not on the list.
		UnknownMeasurement,
		/// The thresholds name no version or no calibration. Freeze them from measured runs.
		ThresholdsNotCalibrated,
		/// The version is not the next one. Number the thresholds one above the newest.
		ThresholdsVersion,
		/// No judgement can use the thresholds: a share above one, a median above 127, a clip below what
		/// it clips, or failure rates that make no test. Freeze them anew.
		ThresholdsUnusable,
		/// This worker is suspended already.
		AlreadySuspended,
		/// This worker is not suspended.
		NotSuspended,
		/// The worker has no attestation that stands. Attest first; a suspended worker must be
		/// unsuspended by governance.
		NotAttested,
		/// The job has a receipt already. Nothing more is to be handed in for it.
		ReceiptExists,
		/// The receipt is for another job. Hand it in for the job that it names.
		ReceiptWrongJob,
		/// The receipt's input is not the order's. Run the ordered input.
		ReceiptWrongInput,
		/// The receipt's model is not the ordered one. Run the ordered model.
		ReceiptWrongModel,
		/// The receipt's profile is not the ordered one. Make the receipt under the ordered profile.
		ReceiptWrongProfile,
		/// The model's outputs cannot be verified under this profile. Order one that its manifest
		/// names.
		ProfileNotAllowed,
		/// The receipt's seed is not the job's. Sample with the seed that follows from job, client's
		/// seed and model.
		ReceiptWrongSeed,
		/// The receipt states no input token. Every run has at least one.
		ReceiptNoInputTokens,
		/// The receipt states more input tokens than were ordered. The order cannot be run; let it
		/// pass.
		ReceiptTooManyTokensIn,
		/// The receipt states more output tokens than were ordered. Stop at the order's maximum.
		ReceiptTooManyTokensOut,
		/// The model cannot run with this many tokens. Stay within its context.
		ReceiptOutsideModel,
		/// The receipt's operations are not the formula's for its tokens. Count by the manifest.
		ReceiptWrongOperations,
		/// The model with its cache does not fit the memory of the class. Order a larger class.
		ModelTooLarge,
		/// The receipt states less memory than the model's weights take. Measure the whole process.
		ReceiptMemoryBelowWeights,
		/// The receipt states more memory than the class has. Register in the class of the hardware.
		ReceiptMemoryAboveHardware,
		/// The class states no peak or no bandwidth. Governance must correct it.
		HardwareUnknown,
		/// The receipt is faster than the class's hardware can be. Register in the class of the
		/// hardware.
		ReceiptTooFast,
		/// The receipt states that the device was busy for longer than the run took. Correct the
		/// measurement.
		ReceiptBusyLongerThanRun,
		/// The receipt's start and duration give no time. Set the worker's clock.
		ReceiptImplausibleTime,
		/// The receipt is not signed by the worker's session key for this chain. Attest the key that
		/// signs.
		ReceiptBadSignature,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let recent = BlockNumberFor::<T>::from(T::RecentBlocks::get());
			assert!(
				recent >= 1u32.into(),
				"RecentBlocks is zero: no evidence could be accepted"
			);
			assert!(
				recent <= T::BlockHashCount::get(),
				"RecentBlocks exceeds BlockHashCount: older hashes are forgotten",
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a model, so that it can be ordered.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by whoever becomes the model's owner.
		///
		/// ## Details
		///
		/// `model` is the SHA-256 of the weights file. `ModelDeposit` is held of the owner until the
		/// model is removed. The chain does not see the weights: whoever orders or runs the model
		/// checks the file's hash, and the manifest against the file.
		///
		/// ## Errors
		///
		/// `ModelExists`; `ManifestName`, `ManifestWithoutProfile`, `ManifestZeroDimension`,
		/// `ManifestDimensionTooLarge`, `ManifestHeadsNotGrouped`, `ManifestFeedForwardMatrices`; the
		/// currency's error when the deposit cannot be held.
		///
		/// ## Events
		///
		/// `ModelRegistered`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_model())]
		pub fn register_model(
			origin: OriginFor<T>,
			model: ModelId,
			manifest: ModelManifest,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			ensure!(!Models::<T>::contains_key(model), Error::<T>::ModelExists);
			Self::check_manifest(&manifest)?;
			let deposit = T::ModelDeposit::get();
			Self::hold_deposit(&owner, deposit)?;
			Models::<T>::insert(
				model,
				RegisteredModel {
					owner: owner.clone(),
					deposit,
					manifest: manifest.clone(),
				},
			);
			Self::deposit_event(Event::ModelRegistered {
				model,
				owner,
				deposit,
				manifest,
			});
			Ok(())
		}

		/// Removes a model that no unfinished job needs.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the model's owner, or governance.
		///
		/// ## Details
		///
		/// The deposit returns to the owner, whoever removes the model.
		///
		/// ## Errors
		///
		/// `UnknownModel`, `NotModelOwner`, `ModelInUse`.
		///
		/// ## Events
		///
		/// `ModelRemoved`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::remove_model())]
		pub fn remove_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let signer = match T::GovernanceOrigin::try_origin(origin) {
				Ok(_) => None,
				Err(origin) => Some(ensure_signed(origin)?),
			};
			let registered = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
			let RegisteredModel { owner, deposit, .. } = registered;
			ensure!(
				signer.is_none_or(|who| who == owner),
				Error::<T>::NotModelOwner
			);
			ensure!(!ModelUse::<T>::contains_key(model), Error::<T>::ModelInUse);
			Self::release_deposit(&owner, deposit)?;
			Models::<T>::remove(model);
			Self::deposit_event(Event::ModelRemoved {
				model,
				owner,
				deposit,
			});
			Ok(())
		}

		/// Sets the caller's session key and data key, with evidence that a TEE holds them.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the worker's account.
		///
		/// ## Details
		///
		/// The evidence's report data is that of the binding over the chain's genesis, the account,
		/// both keys, the hash of `recent_block`, and zero for the evidence of a GPU. Former keys of
		/// the account become void; receipts that they signed and that are not handed in yet are
		/// refused.
		///
		/// ## Errors
		///
		/// `BlockNotRecent`, `SessionKeyTaken`, `TeeNotAccepted`, `EvidenceWrongReportData`,
		/// `EvidenceBadSignature`, `MeasurementNotAllowed`, `GpuAlreadyAttested`,
		/// `SessionKeyOnOtherGpu`.
		///
		/// ## Events
		///
		/// `WorkerAttested`; before it `GpuAttested` when the evidence names a GPU.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::attest())]
		pub fn attest(
			origin: OriginFor<T>,
			evidence: Evidence,
			session_key: ed25519::Public,
			data_key: [u8; 32],
			recent_block: BlockNumber,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			let recent_block = Self::recent_hash(recent_block)?;
			let owner = SessionKeyOwner::<T>::get(session_key);
			ensure!(
				owner.is_none_or(|owner| owner == worker),
				Error::<T>::SessionKeyTaken
			);
			let binding = Binding {
				genesis: Self::genesis_hash(),
				account: worker.clone(),
				session_key,
				data_key,
				recent_block,
				device_evidence: H256::zero(),
			};
			let claims =
				T::Verifier::verify(&evidence, &binding.report_data()).map_err(Error::<T>::from)?;
			ensure!(
				Measurements::<T>::contains_key(claims.measurement),
				Error::<T>::MeasurementNotAllowed
			);
			Self::bind_gpu(&worker, &session_key, claims.gpu)?;
			let attestation = Attestation {
				session_key,
				data_key,
				tee: claims.tee,
				measurement: claims.measurement,
				hardware: claims.hardware,
				since: frame_system::Pallet::<T>::block_number().saturated_into(),
			};
			if let Some(former) = Attestations::<T>::get(&worker) {
				SessionKeyOwner::<T>::remove(former.session_key);
			}
			SessionKeyOwner::<T>::insert(session_key, &worker);
			Attestations::<T>::insert(&worker, attestation);
			Self::deposit_event(Event::WorkerAttested {
				worker,
				session_key,
				data_key,
				tee: claims.tee,
				measurement: claims.measurement,
				hardware: claims.hardware,
			});
			Ok(())
		}

		/// Allows a program to attest.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// Attestations of the program that a revocation had voided stand again.
		///
		/// ## Errors
		///
		/// `MeasurementExists`.
		///
		/// ## Events
		///
		/// `MeasurementAllowed`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::allow_measurement())]
		pub fn allow_measurement(origin: OriginFor<T>, measurement: H256) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(
				!Measurements::<T>::contains_key(measurement),
				Error::<T>::MeasurementExists
			);
			Measurements::<T>::insert(measurement, ());
			Self::deposit_event(Event::MeasurementAllowed { measurement });
			Ok(())
		}

		/// Revokes a program: attestations of it stand no longer.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// Workers that run the program get no new jobs and cannot hand in receipts until they attest
		/// an allowed one.
		///
		/// ## Errors
		///
		/// `UnknownMeasurement`.
		///
		/// ## Events
		///
		/// `MeasurementRevoked`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::revoke_measurement())]
		pub fn revoke_measurement(origin: OriginFor<T>, measurement: H256) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Measurements::<T>::take(measurement).ok_or(Error::<T>::UnknownMeasurement)?;
			Self::deposit_event(Event::MeasurementRevoked { measurement });
			Ok(())
		}

		/// Suspends a worker: its attestation stands no longer.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// New evidence does not end a suspension. An account can be suspended before it attests.
		///
		/// ## Errors
		///
		/// `AlreadySuspended`.
		///
		/// ## Events
		///
		/// `WorkerSuspended`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::suspend())]
		pub fn suspend(origin: OriginFor<T>, worker: AccountId) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(
				!Suspended::<T>::contains_key(&worker),
				Error::<T>::AlreadySuspended
			);
			Suspended::<T>::insert(&worker, ());
			Self::deposit_event(Event::WorkerSuspended { worker });
			Ok(())
		}

		/// Ends a worker's suspension.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// The attestation stands again if its measurement is allowed.
		///
		/// ## Errors
		///
		/// `NotSuspended`.
		///
		/// ## Events
		///
		/// `WorkerUnsuspended`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::unsuspend())]
		pub fn unsuspend(origin: OriginFor<T>, worker: AccountId) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Suspended::<T>::take(&worker).ok_or(Error::<T>::NotSuspended)?;
			Self::deposit_event(Event::WorkerUnsuspended { worker });
			Ok(())
		}

		/// Reports two accounts that used one GPU at the same time.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone; the signer shares in what is slashed, unless it is one of the two.
		///
		/// ## Details
		///
		/// The receipts of both jobs are on record, name one attested GPU, and their runs overlap by
		/// the clocks of their TEEs. Each account is slashed once for a receipt.
		///
		/// ## Errors
		///
		/// `UnknownReceipt`, `SameWorker`, `NotOneGpu`, `RunsDoNotOverlap`, `AlreadyReported`.
		///
		/// ## Events
		///
		/// `SybilReported` for each account that is slashed.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::report_sybil())]
		pub fn report_sybil(origin: OriginFor<T>, job: JobId, other: JobId) -> DispatchResult {
			let reporter = ensure_signed(origin)?;
			Self::do_report_sybil(reporter, job, other)
		}

		/// Sets the next version of the thresholds that outputs are judged by.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// Former versions stay, for the jobs that were ordered under them.
		///
		/// ## Errors
		///
		/// `ThresholdsNotCalibrated`, `ThresholdsVersion`, `ThresholdsUnusable`.
		///
		/// ## Events
		///
		/// `ThresholdsSet`.
		#[pallet::call_index(20)]
		#[pallet::weight(T::WeightInfo::set_thresholds())]
		pub fn set_thresholds(origin: OriginFor<T>, thresholds: Thresholds) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(
				thresholds.is_calibrated(),
				Error::<T>::ThresholdsNotCalibrated
			);
			let next = CurrentCalibration::<T>::get().checked_add(1);
			ensure!(
				next == Some(thresholds.version),
				Error::<T>::ThresholdsVersion
			);
			thresholds.check().map_err(Error::<T>::from)?;
			Calibrations::<T>::insert(thresholds.version, thresholds);
			CurrentCalibration::<T>::put(thresholds.version);
			Self::deposit_event(Event::ThresholdsSet { thresholds });
			Ok(())
		}
	}

	impl<T> From<ThresholdError> for Error<T> {
		fn from(_: ThresholdError) -> Self {
			Error::ThresholdsUnusable
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A registered model.
		pub fn model(model: ModelId) -> Option<RegisteredModel> {
			Models::<T>::get(model)
		}

		/// A page of the registered models, at most [`MODELS_PER_PAGE`]: those after `after`, or the
		/// first ones. The order is the storage's.
		pub fn models(after: Option<ModelId>, limit: u32) -> Vec<(ModelId, RegisteredModel)> {
			let limit = limit.min(MODELS_PER_PAGE).saturated_into();
			match after {
				Some(after) => Models::<T>::iter_from(Models::<T>::hashed_key_for(after))
					.take(limit)
					.collect(),
				None => Models::<T>::iter().take(limit).collect(),
			}
		}

		/// A worker's attestation and whether it stands.
		pub fn attestation_status(worker: AccountId) -> Option<AttestationStatus> {
			let attestation = Attestations::<T>::get(&worker)?;
			Some(AttestationStatus {
				suspended: Suspended::<T>::contains_key(&worker),
				measurement_allowed: Measurements::<T>::contains_key(attestation.measurement),
				attestation,
			})
		}

		/// The accepted receipt of a job.
		pub fn receipt(job: JobId) -> Option<StoredReceipt> {
			Receipts::<T>::get(job)
		}

		/// The thresholds of a version, or the newest ones.
		pub fn thresholds(version: Option<u16>) -> Option<Thresholds> {
			let version = version.unwrap_or_else(CurrentCalibration::<T>::get);
			Calibrations::<T>::get(version)
		}

		/// The GPU that a worker has attested.
		pub fn gpu(worker: AccountId) -> Option<H256> {
			GpuOf::<T>::get(worker)
		}

		/// The root of the software TEE; `None` on a chain that accepts no software evidence.
		pub fn software_root() -> Option<ed25519::Public> {
			SoftwareRoot::<T>::get()
		}
	}

	impl<T: Config> Pallet<T> {
		/// Whether a manifest may be registered.
		pub(crate) fn check_manifest(manifest: &ModelManifest) -> Result<(), Error<T>> {
			let name = core::str::from_utf8(&manifest.name);
			ensure!(
				name.is_ok_and(|name| !name.trim().is_empty()),
				Error::<T>::ManifestName
			);
			ensure!(
				!manifest.profiles.is_empty(),
				Error::<T>::ManifestWithoutProfile
			);
			Ok(compute::check_model(manifest)?)
		}

		/// The hash of a block, if it is one of the recent ones.
		fn recent_hash(block: BlockNumber) -> Result<Hash, Error<T>> {
			let now = frame_system::Pallet::<T>::block_number();
			let block = BlockNumberFor::<T>::from(block);
			let oldest = now.saturating_sub(T::RecentBlocks::get().into());
			ensure!(block >= oldest && block < now, Error::<T>::BlockNotRecent);
			let hash = frame_system::Pallet::<T>::block_hash(block);
			// The system pallet answers with zero for a block that it has forgotten.
			ensure!(!hash.is_zero(), Error::<T>::BlockNotRecent);
			Ok(hash)
		}

		fn hold_deposit(owner: &AccountId, deposit: Balance) -> DispatchResult {
			use fungible::hold::Mutate;
			T::Currency::hold(&HoldReason::ModelDeposit.into(), owner, deposit)
		}

		/// Releases a deposit. Nothing else takes from this hold, so what is recorded is there; if it
		/// is not, what is there is released, so that the model can be removed in any case.
		fn release_deposit(owner: &AccountId, deposit: Balance) -> DispatchResult {
			use fungible::hold::Mutate;
			let reason = HoldReason::ModelDeposit.into();
			let released = T::Currency::release(&reason, owner, deposit, Precision::BestEffort)?;
			(released == deposit)
				.then_some(())
				.defensive_proof("the deposit of a model is held until the model is removed");
			Ok(())
		}
	}
}
