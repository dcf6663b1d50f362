#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub use attestation::EvidenceRecord;
pub use collateral::{
	CollateralKind, CollateralUpdate, Fmspc, ListBytes, Statement, StatementText, StoredList,
	StoredStatement,
};
pub use pallet::*;
pub use policy::{AttestationPolicy, VendorRoots, Vendors, MAX_LIFETIME};
pub use types::*;
pub use verification::types::*;
pub use verifier::SoftwareTee;
pub use weights::WeightInfo;

pub mod attestation;
pub mod collateral;
mod impls;
pub mod policy;
pub mod sybil;
mod try_state;
mod types;
mod verification;
mod verifier;
pub mod weights;

#[cfg(test)]
mod doubles;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vendors;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_attestation::{
		dcap::{Authority, Tee},
		facade::collateral::Version,
		sev::Product,
	};
	use aci_poai::{
		committee::{Decision, Tally},
		compute,
		overlap::Run,
		selection::Canary,
		sequential::LogLikelihood,
		thresholds::{ThresholdError, Thresholds},
	};
	use aci_primitives::{
		evidence::{Attestation, Evidence, Registration, TeeKind, MAX_GPUS},
		model::RegisteredModel,
		proof::Outcome,
		traits::{
			AttestationVerifier, Bonds, ExactReferee, Pots, QualityUpdate, Slasher,
			Verdicts as JobVerdicts, VerifierWork,
		},
		AccountId, Balance, BlockNumber, BoundedList, ClassId, Hash, JobId, ModelId, ModelManifest,
		Moment,
	};
	use alloc::vec::Vec;
	use frame_support::{
		dispatch::Pays,
		pallet_prelude::*,
		traits::{fungible, tokens::Precision, Defensive, Time},
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

		/// Verifies evidence of the software TEE; [`SoftwareTee`] is the one for development chains.
		type Verifier: AttestationVerifier;

		/// The vendors' keys; [`Vendors`] is the one for a chain.
		type Roots: VendorRoots;

		/// The chain's clock, in milliseconds since 1970.
		type Time: Time<Moment = Moment>;

		/// Slashes the bonds of accounts that used one GPU at the same time.
		type Slasher: Slasher;

		/// What is held of an account for each model that it registers, in planck.
		type ModelDeposit: Get<Balance>;

		/// How many blocks old the block may be that evidence is bound to. At least 1, and at most
		/// the system pallet's `BlockHashCount`, since older hashes are forgotten.
		type RecentBlocks: Get<BlockNumber>;

		/// Disputes of jobs, which sampled verification opens and committees decide.
		type Verdicts: JobVerdicts;

		/// The bonds of verifiers.
		type Bonds: Bonds;

		/// The least bond with which a verifier works, in planck.
		type VerifierBond: Get<Balance>;

		/// Pays verifiers by tariff.
		type Work: VerifierWork;

		/// The running epoch, and the quality of workers.
		type Quality: QualityUpdate;

		/// Takes the fees of challenges.
		type Pots: Pots;

		/// The last resort of a dispute; `()` where there is none.
		type Referee: ExactReferee;

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

	/// What is kept of the evidence of each attested worker.
	#[pallet::storage]
	pub type AttestedEvidence<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, EvidenceRecord, OptionQuery>;

	/// Workers whose attestation does not stand, and why.
	#[pallet::storage]
	pub type Suspended<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, Suspension, OptionQuery>;

	/// Programs that may attest, with the kind of TEE that they may run in. Under
	/// [`TeeKind::Nvidia`]: what GPUs may run beside it.
	///
	/// Governance alone chooses the keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type Measurements<T: Config> = StorageMap<_, Twox64Concat, H256, TeeKind, OptionQuery>;

	/// What evidence is accepted, and for how long.
	#[pallet::storage]
	pub type CurrentPolicy<T: Config> = StorageValue<_, AttestationPolicy, ValueQuery>;

	/// The revocation list of Intel's root.
	#[pallet::storage]
	pub type IntelRootList<T: Config> = StorageValue<_, StoredList, OptionQuery>;

	/// The revocation lists of Intel's authorities for platforms.
	///
	/// There are two keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type IntelPckLists<T: Config> =
		StorageMap<_, Twox64Concat, Authority, StoredList, OptionQuery>;

	/// Intel's statements on the TCB of its types of platform.
	///
	/// Intel alone chooses the keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type IntelTcbInfos<T: Config> =
		StorageMap<_, Twox64Concat, (Tee, Fmspc), StoredStatement, OptionQuery>;

	/// Intel's statements on its quoting enclaves.
	///
	/// There are two keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type IntelQeIdentities<T: Config> =
		StorageMap<_, Twox64Concat, Tee, StoredStatement, OptionQuery>;

	/// The revocation lists of the roots of AMD's products.
	///
	/// There are three keys, so a fast hasher is enough.
	#[pallet::storage]
	pub type AmdLists<T: Config> = StorageMap<_, Twox64Concat, Product, StoredList, OptionQuery>;

	/// Serial numbers of Google's and NVIDIA's certificates that count no more, each as the first 16
	/// bytes of the SHA-256 of its bytes without leading zeros.
	///
	/// The keys are hashes that governance alone lists, so a fast hasher is enough.
	#[pallet::storage]
	pub type RevokedSerials<T: Config> = StorageMap<_, Twox64Concat, [u8; 16], (), OptionQuery>;

	/// The root of the software TEE. Set by genesis, written by nothing else.
	#[pallet::storage]
	pub type SoftwareRoot<T: Config> = StorageValue<_, ed25519::Public, OptionQuery>;

	/// Accepted receipts by their job.
	///
	/// A job's identity is itself a cryptographic hash, so a fast hasher is enough.
	#[pallet::storage]
	pub type Receipts<T: Config> = StorageMap<_, Twox64Concat, JobId, StoredReceipt, OptionQuery>;

	/// The GPUs of each account whose attestation names any, in ascending order.
	#[pallet::storage]
	pub type GpuOf<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, GpuList, ValueQuery>;

	/// Which account a GPU is attested by.
	#[pallet::storage]
	pub type Gpus<T: Config> = StorageMap<_, Blake2_128Concat, H256, AccountId, OptionQuery>;

	/// The GPUs that a session key was attested with. Kept for good, one entry for each such key, so
	/// that a key cannot be attested again without its GPUs before its receipts are handed in.
	#[pallet::storage]
	pub type KeyGpus<T: Config> =
		StorageMap<_, Blake2_128Concat, ed25519::Public, GpuList, OptionQuery>;

	/// The GPUs of the worker when the receipt of a job was accepted.
	///
	/// A job's identity is itself a cryptographic hash, so a fast hasher is enough.
	#[pallet::storage]
	pub type ReceiptGpus<T: Config> = StorageMap<_, Twox64Concat, JobId, GpuList, ValueQuery>;

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

	/// The governed numbers of verification.
	#[pallet::storage]
	pub type Rules<T: Config> = StorageValue<_, VerificationRules, ValueQuery>;

	/// What sampling knows of each job from its match until it is pruned.
	///
	/// A job's identity is itself a cryptographic hash, so a fast hasher is enough here and below.
	#[pallet::storage]
	pub type Samples<T: Config> = StorageMap<_, Twox64Concat, JobId, Sample, OptionQuery>;

	/// The hashes that decide who draws the receipts of a block, while one of its jobs is on record.
	/// Blocks choose the key, hence the fast hasher.
	#[pallet::storage]
	pub type Anchors<T: Config> = StorageMap<_, Twox64Concat, BlockNumber, Anchor, ValueQuery>;

	/// The verifiers' seeds of an epoch. Removed three epochs later. Epochs choose the first key.
	#[pallet::storage]
	pub type Seeds<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		u32,
		Blake2_128Concat,
		AccountId,
		SeedRecord,
		OptionQuery,
	>;

	/// Who committed to a seed for an epoch, and so may be drawn for committees in it. Epochs choose
	/// the key.
	#[pallet::storage]
	pub type Rosters<T: Config> =
		StorageMap<_, Twox64Concat, u32, BoundedList<AccountId, MAX_VERIFIERS>, ValueQuery>;

	/// How many verifiers check a class in an epoch. No count of zero is stored. Verifiers choose the
	/// classes, hence the cryptographic hasher.
	#[pallet::storage]
	pub type Serving<T: Config> =
		StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, ClassId, u32, ValueQuery>;

	/// The oldest epoch whose seeds may be on record.
	#[pallet::storage]
	pub type OldestRoster<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// A hash over all seeds that were ever revealed, in order.
	#[pallet::storage]
	pub type SeedMix<T: Config> = StorageValue<_, H256, ValueQuery>;

	/// The verdicts on each job.
	#[pallet::storage]
	pub type Verdicts<T: Config> = StorageMap<
		_,
		Twox64Concat,
		JobId,
		BoundedList<StoredVerdict, MAX_VERDICTS_PER_JOB>,
		ValueQuery,
	>;

	/// Verifiers that were reported because their verdict on a job is missing.
	#[pallet::storage]
	pub type MissingVerdicts<T: Config> = StorageMap<
		_,
		Twox64Concat,
		JobId,
		BoundedList<AccountId, MAX_VERDICTS_PER_JOB>,
		ValueQuery,
	>;

	/// The sums of workers over their secretly sampled jobs. One small entry for each worker that was
	/// ever judged.
	#[pallet::storage]
	pub type Suspicions<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, LogLikelihood, ValueQuery>;

	/// The sums of verifiers over their drawn verdicts. One small entry for each verifier.
	#[pallet::storage]
	pub type Doubts<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, LogLikelihood, ValueQuery>;

	/// Commitments to canaries that are not opened, oldest first, with the block of each.
	#[pallet::storage]
	pub type CanarySets<T: Config> =
		StorageValue<_, BoundedList<(H256, BlockNumber), MAX_CANARY_SETS>, ValueQuery>;

	/// The open cases, by the hash of their subject.
	#[pallet::storage]
	pub type Cases<T: Config> = StorageMap<_, Twox64Concat, H256, Case, OptionQuery>;

	/// The cases that a block closes. Blocks choose the key.
	#[pallet::storage]
	pub type CloseAgenda<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumber,
		BoundedList<H256, MAX_CASES_PER_BLOCK>,
		ValueQuery,
	>;

	/// The last block that draws a committee for a case. The next one is drawn there or after it.
	#[pallet::storage]
	pub type DrawCursor<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// The cases that a block draws committees for. Blocks choose the key.
	#[pallet::storage]
	pub type CaseAgenda<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumber,
		BoundedList<H256, MAX_CASES_PER_BLOCK>,
		ValueQuery,
	>;

	/// The last runs of each worker by their ends, twice as many as it has slots. One entry for each
	/// worker that ever handed in a receipt.
	#[pallet::storage]
	pub type Runs<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, BoundedList<Run, MAX_RUNS>, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Models with their owners. No deposit is held for them.
		pub models: Vec<(ModelId, AccountId, ModelManifest)>,
		/// Programs that may attest, with the kind of TEE that they may run in.
		pub measurements: Vec<(TeeKind, H256)>,
		/// The root of the software TEE; `None` on a production chain.
		pub software_root: Option<ed25519::Public>,
		/// The thresholds that outputs are judged by.
		pub thresholds: Option<Thresholds>,
		/// The numbers of verification, where they are not the defaults.
		pub verification: Option<VerificationRules>,
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
			for (tee, measurement) in &self.measurements {
				Measurements::<T>::insert(measurement, tee);
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
			if let Some(rules) = &self.verification {
				assert!(
					rules.is_usable(),
					"the genesis rules of verification cannot be used"
				);
				Rules::<T>::put(rules);
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
			/// The time after which the attestation stands no more, in milliseconds since 1970.
			expires: Moment,
			/// Hash of the evidence, by which anybody can have it judged again.
			evidence: H256,
		},
		/// Workers that run this program may attest from now on.
		MeasurementAllowed {
			/// The kind of TEE that it may run in.
			tee: TeeKind,
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
			/// Why. New evidence ends every suspension but governance's.
			reason: Suspension,
		},
		/// A worker's evidence was judged again and stands.
		EvidenceRechecked {
			/// The worker.
			worker: AccountId,
			/// The time after which the attestation stands no more, in milliseconds since 1970.
			expires: Moment,
		},
		/// The chain has newer collateral of a vendor.
		CollateralUpdated {
			/// What it is about.
			kind: CollateralKind,
			/// Its number, when it was made and until when it counts.
			version: Version,
			/// Who brought it.
			by: AccountId,
		},
		/// Evidence is judged by this policy from now on.
		AttestationPolicySet {
			/// The policy.
			policy: AttestationPolicy,
		},
		/// Certificates with these serial numbers count no more.
		SerialsRevoked {
			/// The entries that are new on the list.
			entries: SerialEntries,
		},
		/// Certificates with these serial numbers count again.
		SerialsRestored {
			/// The entries that are no more on the list.
			entries: SerialEntries,
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
		/// A verifier checks jobs of these classes in an epoch to come.
		SeedCommitted {
			/// The verifier.
			verifier: AccountId,
			/// The epoch.
			epoch: u32,
			/// The commitment to its seed.
			commitment: H256,
			/// The classes.
			classes: BoundedList<ClassId, MAX_CLASSES>,
		},
		/// A verifier stated what it found on a job.
		VerdictSubmitted {
			/// The job.
			job: JobId,
			/// The verifier.
			verifier: AccountId,
			/// What it found.
			outcome: Outcome,
			/// The recomputed statistic at the places that its seed draws.
			statistic: i64,
			/// Root over the evidence that it keeps.
			evidence_root: H256,
			/// Whether this opened a dispute or a challenge of the delivery.
			opened: bool,
		},
		/// A verifier revealed its seed of an epoch: everybody can compute what it had to check.
		SeedRevealed {
			/// The verifier.
			verifier: AccountId,
			/// The epoch.
			epoch: u32,
			/// The seed.
			seed: H256,
			/// How many of its verdicts are on jobs that it had drawn.
			drawn: u32,
			/// What they are paid, in planck: by tariff, out of the verifiers' pool.
			paid: Balance,
		},
		/// A verifier gave verdicts on jobs that it had not drawn. They are not paid.
		VerdictsNotDrawn {
			/// The verifier.
			verifier: AccountId,
			/// The epoch.
			epoch: u32,
			/// How many.
			verdicts: u32,
			/// What was slashed, in planck.
			slashed: Balance,
		},
		/// A verifier let the time pass without revealing its seed.
		SeedNotRevealed {
			/// The verifier.
			verifier: AccountId,
			/// The epoch.
			epoch: u32,
			/// What was slashed, in planck.
			slashed: Balance,
		},
		/// A verifier gave no verdict on a job that it had drawn.
		VerdictMissing {
			/// The verifier.
			verifier: AccountId,
			/// The job.
			job: JobId,
			/// Who reported it.
			reporter: AccountId,
			/// What was slashed, in planck.
			slashed: Balance,
		},
		/// A verifier stated what is not so.
		FalseVerdict {
			/// The verifier.
			verifier: AccountId,
			/// The job.
			job: JobId,
			/// Who showed it.
			reporter: Option<AccountId>,
			/// What was slashed, in planck.
			slashed: Balance,
		},
		/// The failures of a worker's sampled jobs are more than chance: its bond is slashed.
		LineReached {
			/// The worker.
			worker: AccountId,
			/// Its last job that counted.
			job: JobId,
			/// Its sum, in nats with 32 fraction bits.
			sum: u64,
			/// Hash of worker, job and sum: the slash's evidence.
			evidence: H256,
		},
		/// Jobs with known answers are among those to come.
		CanariesCommitted {
			/// The commitment to them.
			commitment: H256,
		},
		/// Jobs with known answers are known now.
		CanariesOpened {
			/// The commitment to them.
			commitment: H256,
			/// The jobs.
			canaries: BoundedList<Canary, MAX_CANARIES>,
			/// Who opened them.
			opener: AccountId,
		},
		/// A committee will decide.
		CaseOpened {
			/// The case.
			case: H256,
			/// What it is about.
			subject: Subject,
			/// Who challenged a delivery or a verdict.
			challenger: Option<AccountId>,
			/// What the challenger paid for it to the verifiers' pool, in planck.
			fee: Balance,
			/// The number of the draw, from one.
			draw: u8,
			/// The block that draws the committee.
			drawn_at: BlockNumber,
		},
		/// A committee is drawn. Its members must commit to their votes and reveal them.
		CommitteeDrawn {
			/// The case.
			case: H256,
			/// The number of the draw, from one.
			draw: u8,
			/// The members.
			members: BoundedList<AccountId, MAX_COMMITTEE>,
			/// The last block in which they commit.
			commit_until: BlockNumber,
			/// The last block in which they reveal.
			reveal_until: BlockNumber,
		},
		/// A member committed to its vote.
		VoteCommitted {
			/// The case.
			case: H256,
			/// The member.
			member: AccountId,
			/// The commitment.
			commitment: H256,
		},
		/// A member revealed its vote.
		VoteRevealed {
			/// The case.
			case: H256,
			/// The member.
			member: AccountId,
			/// The vote.
			vote: Outcome,
		},
		/// A member did not vote.
		MemberAbsent {
			/// The case.
			case: H256,
			/// The member.
			member: AccountId,
			/// What was slashed, in planck.
			slashed: Balance,
		},
		/// A committee's time is over.
		CaseClosed {
			/// The case.
			case: H256,
			/// What it is about.
			subject: Subject,
			/// The number of the draw, from one.
			draw: u8,
			/// The votes.
			tally: Tally,
			/// What they come to.
			decision: Decision,
		},
		/// Verification goes by these numbers from now on.
		VerificationRulesSet {
			/// The numbers.
			rules: VerificationRules,
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
		/// The evidence or collateral does not have its format. Send it as the vendor's tool gives it.
		EvidenceMalformed,
		/// The evidence or collateral has more items than are read. Send only what its format asks for.
		EvidenceTooLarge,
		/// The evidence or collateral has a version or algorithm that this chain does not know. Use
		/// one that its attestation library names.
		EvidenceUnsupported,
		/// The certificates do not lead to the vendor's root. Send the whole chain, in its order.
		EvidenceUntrustedChain,
		/// A certificate signs what it may not sign. Send the vendor's own chain.
		EvidenceNotAllowedToSign,
		/// The time of the evidence or collateral has not begun. Wait.
		EvidenceNotYetValid,
		/// The time of a certificate of the evidence is over. Fetch new certificates and attest again.
		EvidenceExpired,
		/// A key of the evidence or collateral is revoked. Use another machine, or newer collateral.
		EvidenceRevoked,
		/// The chain has no collateral for this platform. Bring it with `update_collateral` first.
		CollateralMissing,
		/// The collateral is about another platform or another kind of TEE. Bring the right one.
		CollateralMismatch,
		/// The time of the collateral is over. Bring the vendor's newest with `update_collateral`.
		CollateralExpired,
		/// The collateral is older than what the chain has, or than its policy asks for. Bring the
		/// vendor's newest with `update_collateral`.
		CollateralOlder,
		/// Two parts of the evidence that must agree do not. Make new evidence on one machine.
		EvidenceInconsistent,
		/// The TEE can be debugged by its host. Start it without debugging.
		EvidenceDebug,
		/// The TEE lets its host do what the chain's policy forbids. Start it without, for example
		/// without migration.
		EvidencePolicyForbids,
		/// The platform's firmware is outdated by the chain's policy. Update it and attest again.
		EvidenceTcbNotAccepted,
		/// The platform's firmware is older than any that its vendor lists. Update it and attest again.
		EvidenceTcbUnknown,
		/// A GPU's report does not carry the registration's nonce. Make a report for exactly this
		/// registration.
		EvidenceWrongNonce,
		/// The block that the evidence names is not one of the recent ones. Make new evidence with
		/// the hash of a newer block.
		BlockNotRecent,
		/// The program that the evidence shows is not allowed here, or not in this kind of TEE. Run a
		/// version that is.
		MeasurementNotAllowed,
		/// What one of the GPUs runs is not allowed here. Use a driver and firmware that are.
		GpuMeasurementNotAllowed,
		/// This is not the evidence that the worker attested with. Send the one of its last `attest`.
		EvidenceUnknown,
		/// The worker's attestation has not ended, and what it runs is allowed. Nothing is to be done.
		AttestationStands,
		/// The policy's lifetime is zero or above 366 days. Give another one.
		PolicyLifetime,
		/// None of the entries changes the list. Name others.
		SerialsUnchanged,
		/// Another account has registered this session key. Make a new key.
		SessionKeyTaken,
		/// Another account has attested one of these GPUs. That account has to attest without it first.
		GpuAlreadyAttested,
		/// This session key was attested with other GPUs. Make a new key for these.
		SessionKeyOnOtherGpu,
		/// One of the jobs has no receipt on record. Name two jobs whose receipts are.
		UnknownReceipt,
		/// Both receipts are of one account. Only two accounts can be a Sybil.
		SameWorker,
		/// The receipts have no attested GPU in common.
		NotOneGpu,
		/// The runs do not overlap in time: the accounts used the GPU one after the other.
		RunsDoNotOverlap,
		/// Who is reported was slashed for this already.
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
		/// The worker has no attestation that stands. Attest, with new evidence if the old one has
		/// ended; only governance ends a suspension by governance.
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
		/// At one moment of the run more jobs of the worker went on than it has slots. Correct the
		/// clock of the worker's TEE, or register as many slots as it has devices.
		ReceiptOverlaps,
		/// The verifier's bond is below the least. Bond more.
		NotBonded,
		/// The list of classes is empty or names one twice. Name each class that you check once.
		NoClasses,
		/// This verifier has committed to a seed for the next epoch. Wait for the one after.
		SeedAlreadyCommitted,
		/// As many verifiers as an epoch takes have committed. Come sooner in the next one.
		TooManyVerifiers,
		/// This verifier has no seed on record for the epoch. Commit to one in the epoch before.
		NoSeed,
		/// The seed is revealed already: nothing more can be stated by it.
		SeedAlreadyRevealed,
		/// The verifier's seed is not revealed yet. Wait for it.
		SeedNotRevealed,
		/// The epoch of the seed is not over. Reveal in the next one.
		RevealTooEarly,
		/// The epoch in which the seed had to be revealed is over.
		RevealTooLate,
		/// The seed is not the committed one. Use the one that you committed to.
		WrongSeed,
		/// The job is not on record or has no receipt. Name one with a receipt.
		NotSampled,
		/// The verifier did not commit to check jobs of this class.
		ClassNotServed,
		/// Client and worker do not judge their own job.
		IsParty,
		/// The block that decides who checks the job is not there yet. Try again in two blocks.
		AnchorNotKnown,
		/// The time for verdicts on this job is over.
		VerdictTooLate,
		/// This verifier has given its verdict on this job.
		VerdictGiven,
		/// The job, or the verifier, has as many verdicts as one takes. This one is not owed.
		TooManyVerdicts,
		/// The job is not the verifier's to check, by its seed.
		NotDrawn,
		/// The verdict is there, or was not owed.
		NothingMissing,
		/// There is no such verdict that could be challenged.
		NoVerdict,
		/// This set of canaries is committed already.
		CanariesAlreadyCommitted,
		/// No such set of canaries was committed. Check the salt and the order of the jobs.
		UnknownCanaries,
		/// A job of the set was matched before the set was committed.
		CanaryMatchedBefore,
		/// The epoch of a job of the set is not over. Open the set when it is.
		EpochNotOver,
		/// Too few verifiers committed to seeds for this epoch to draw a committee.
		NoCommittee,
		/// A committee looks at this already.
		CaseOpen,
		/// Too many cases wait for their committees. Try again later.
		NoRoomForCase,
		/// There is no such open case.
		UnknownCase,
		/// The committee is not drawn yet. Wait for it.
		NotDrawnYet,
		/// The signer is not in the committee.
		NotMember,
		/// The time to commit to a vote is over.
		CommitTimeOver,
		/// This member has committed to its vote.
		VoteAlreadyCommitted,
		/// Votes are not revealed before the time to commit is over. Wait for it.
		RevealNotOpen,
		/// This member has revealed its vote.
		VoteAlreadyRevealed,
		/// The vote and the salt are not what was committed to, or nothing was.
		WrongVote,
		/// Only the job's client challenges its delivery; a verifier that has drawn the job states it by
		/// a verdict.
		NotClient,
		/// Verification cannot go by these numbers. Correct them.
		RulesUnusable,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			let now = Self::now();
			Self::note_anchor(now);
			let handled = Self::handle_cases(now);
			let pruned = Self::prune_seeds();
			T::WeightInfo::block()
				.saturating_add(T::WeightInfo::draw().saturating_mul(handled.drawn.into()))
				.saturating_add(T::WeightInfo::close().saturating_mul(handled.closed.into()))
				.saturating_add(T::WeightInfo::prune_seed().saturating_mul(pruned.into()))
		}

		fn integrity_test() {
			assert!(
				VerificationRules::default().is_usable(),
				"the default rules of verification can be used"
			);
			let recent = BlockNumberFor::<T>::from(T::RecentBlocks::get());
			assert!(
				recent >= 1u32.into(),
				"RecentBlocks is zero: no evidence could be accepted"
			);
			assert!(
				recent <= T::BlockHashCount::get(),
				"RecentBlocks exceeds BlockHashCount: older hashes are forgotten",
			);
			let weights = T::BlockWeights::get();
			let most = weights
				.get(DispatchClass::Normal)
				.max_extrinsic
				.unwrap_or(weights.max_block);
			let largest = T::WeightInfo::attest(TeeKind::Tdx, MAX_GPUS)
				.max(T::WeightInfo::attest(TeeKind::SevSnp, MAX_GPUS));
			assert!(
				largest.all_lte(most),
				"the evidence of a machine with {MAX_GPUS} GPUs does not fit a block",
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
		/// The evidence's report data is that of the registration: the chain's genesis, the account,
		/// both keys, the hash of `recent_block` and that of the GPUs' evidence. It is judged by the
		/// chain's collateral, policy and clock. Former keys of the account become void; receipts that
		/// they signed and that are not handed in yet are refused. A suspension ends, unless it is by
		/// governance.
		///
		/// ## Errors
		///
		/// `BlockNotRecent`, `SessionKeyTaken`, `MeasurementNotAllowed`, `GpuMeasurementNotAllowed`,
		/// `GpuAlreadyAttested`, `SessionKeyOnOtherGpu`; `TeeNotAccepted`, `CollateralMissing`,
		/// `CollateralMismatch`, `CollateralExpired`, `CollateralOlder` and those whose names begin
		/// with `Evidence`, but for `EvidenceUnknown`.
		///
		/// ## Events
		///
		/// `WorkerAttested`; before it `GpuAttested` for each GPU that the evidence names, and
		/// `WorkerUnsuspended` where a suspension ends.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::attest(evidence.tee(), evidence.gpus().len() as u32))]
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
			let registration = Registration {
				genesis: Self::genesis_hash(),
				account: worker.clone(),
				session_key,
				data_key,
				recent_block,
			};
			let now = T::Time::now();
			let judged = Self::judge(&evidence, &registration, now).map_err(Error::<T>::from)?;
			Self::check_measurements(judged.tee, &judged.measurement, &judged.gpu_measurements)?;
			Self::bind_gpus(&worker, &session_key, judged.gpus)?;
			Self::lift_suspension(&worker);
			let record = EvidenceRecord {
				hash: evidence.hash(),
				recent_block,
				attested: now,
				gpu_measurements: judged.gpu_measurements,
			};
			let attestation = Attestation {
				session_key,
				data_key,
				tee: judged.tee,
				measurement: judged.measurement,
				hardware: judged.hardware,
				since: frame_system::Pallet::<T>::block_number().saturated_into(),
				expires: judged.expires,
			};
			if let Some(former) = Attestations::<T>::get(&worker) {
				SessionKeyOwner::<T>::remove(former.session_key);
			}
			SessionKeyOwner::<T>::insert(session_key, &worker);
			Attestations::<T>::insert(&worker, attestation);
			let evidence = record.hash;
			AttestedEvidence::<T>::insert(&worker, record);
			Self::deposit_event(Event::WorkerAttested {
				worker,
				session_key,
				data_key,
				tee: judged.tee,
				measurement: judged.measurement,
				hardware: judged.hardware,
				expires: judged.expires,
				evidence,
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
		/// A program is allowed in one kind of TEE; under `Nvidia` what a GPU runs is allowed beside any.
		/// Attestations of the program that a revocation had voided stand again, unless their worker
		/// was suspended meanwhile.
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
		pub fn allow_measurement(
			origin: OriginFor<T>,
			tee: TeeKind,
			measurement: H256,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(
				!Measurements::<T>::contains_key(measurement),
				Error::<T>::MeasurementExists
			);
			Measurements::<T>::insert(measurement, tee);
			Self::deposit_event(Event::MeasurementAllowed { tee, measurement });
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
		/// an allowed one. What a GPU runs is looked at by `suspend_expired`, which anybody can call.
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
		/// New evidence does not end this suspension. An account can be suspended before it attests.
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
			let reason = Suspension::Governance;
			ensure!(
				Suspended::<T>::get(&worker) != Some(reason),
				Error::<T>::AlreadySuspended
			);
			Suspended::<T>::insert(&worker, reason);
			Self::deposit_event(Event::WorkerSuspended { worker, reason });
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
		/// The attestation stands again if it has not ended and its measurement is allowed.
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

		/// Brings newer collateral of a vendor.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone.
		///
		/// ## Details
		///
		/// Intel's root list comes first: the other items of Intel need it. Newer replaces older, never
		/// the other way round. Nothing is held, since only vendors make collateral, and what is
		/// accepted costs no fee.
		///
		/// ## Errors
		///
		/// `CollateralMissing` without Intel's root list; `CollateralOlder`, `CollateralExpired`,
		/// `CollateralMismatch`; `EvidenceMalformed`, `EvidenceTooLarge`, `EvidenceUnsupported`,
		/// `EvidenceBadSignature`, `EvidenceUntrustedChain`, `EvidenceNotAllowedToSign`,
		/// `EvidenceNotYetValid`, `EvidenceExpired`, `EvidenceRevoked`.
		///
		/// ## Events
		///
		/// `CollateralUpdated`.
		#[pallet::call_index(30)]
		#[pallet::weight(T::WeightInfo::update_collateral(collateral.size()))]
		pub fn update_collateral(
			origin: OriginFor<T>,
			collateral: CollateralUpdate,
		) -> DispatchResultWithPostInfo {
			let by = ensure_signed(origin)?;
			let (kind, version) = Self::store_collateral(collateral)?;
			Self::deposit_event(Event::CollateralUpdated { kind, version, by });
			Ok(Pays::No.into())
		}

		/// Sets what evidence is accepted, and for how long.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// Attestations that stand are left alone. Anybody can have them judged again by `recheck`.
		///
		/// ## Errors
		///
		/// `PolicyLifetime`.
		///
		/// ## Events
		///
		/// `AttestationPolicySet`.
		#[pallet::call_index(31)]
		#[pallet::weight(T::WeightInfo::set_attestation_policy())]
		pub fn set_attestation_policy(
			origin: OriginFor<T>,
			policy: AttestationPolicy,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(
				policy.lifetime > 0 && policy.lifetime <= MAX_LIFETIME,
				Error::<T>::PolicyLifetime
			);
			CurrentPolicy::<T>::put(policy);
			Self::deposit_event(Event::AttestationPolicySet { policy });
			Ok(())
		}

		/// Revokes certificates of Google's and NVIDIA's chains by their serial numbers.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// An entry is the first 16 bytes of the SHA-256 of the serial number's bytes, big-endian and
		/// without leading zeros. Attestations that stand are left alone; anybody can have them
		/// judged again by `recheck`.
		///
		/// ## Errors
		///
		/// `SerialsUnchanged` when all entries are listed already.
		///
		/// ## Events
		///
		/// `SerialsRevoked` with the new ones.
		#[pallet::call_index(32)]
		#[pallet::weight(T::WeightInfo::change_serials(entries.len() as u32))]
		pub fn revoke_serials(origin: OriginFor<T>, entries: SerialEntries) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let mut changed = SerialEntries::default();
			for entry in entries {
				if !RevokedSerials::<T>::contains_key(entry) {
					RevokedSerials::<T>::insert(entry, ());
					// The list has the same bound as the argument.
					let _ = changed.try_push(entry);
				}
			}
			ensure!(!changed.is_empty(), Error::<T>::SerialsUnchanged);
			Self::deposit_event(Event::SerialsRevoked { entries: changed });
			Ok(())
		}

		/// Ends the revocation of certificates.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// The entries are as those of `revoke_serials`.
		///
		/// ## Errors
		///
		/// `SerialsUnchanged` when none of the entries is listed.
		///
		/// ## Events
		///
		/// `SerialsRestored` with those that were listed.
		#[pallet::call_index(33)]
		#[pallet::weight(T::WeightInfo::change_serials(entries.len() as u32))]
		pub fn restore_serials(origin: OriginFor<T>, entries: SerialEntries) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let mut changed = SerialEntries::default();
			for entry in entries {
				if RevokedSerials::<T>::take(entry).is_some() {
					// The list has the same bound as the argument.
					let _ = changed.try_push(entry);
				}
			}
			ensure!(!changed.is_empty(), Error::<T>::SerialsUnchanged);
			Self::deposit_event(Event::SerialsRestored { entries: changed });
			Ok(())
		}

		/// Suspends a worker whose attestation has ended or whose program is no longer allowed.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone.
		///
		/// ## Details
		///
		/// An attestation that has ended, or whose program is revoked, does not stand anyway. The
		/// suspension says so, and it holds what a GPU runs to the list as well. The worker ends it by
		/// attesting again. The call costs no fee when it suspends.
		///
		/// ## Errors
		///
		/// `NotAttested`, `AlreadySuspended`, `AttestationStands`.
		///
		/// ## Events
		///
		/// `WorkerSuspended`.
		#[pallet::call_index(34)]
		#[pallet::weight(T::WeightInfo::suspend_expired())]
		pub fn suspend_expired(
			origin: OriginFor<T>,
			worker: AccountId,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Self::do_suspend_expired(worker)?;
			Ok(Pays::No.into())
		}

		/// Has a worker's evidence judged again, by what the chain knows now.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone.
		///
		/// ## Details
		///
		/// `evidence` is what the worker's last `attest` had. If it does not stand any more, since the
		/// vendor has revoked a key or found the firmware outdated, or governance asks for more, the
		/// worker is suspended until it attests again, and the call costs no fee. If it stands, newer
		/// collateral may make it stand for longer, and a suspension that was not governance's ends.
		///
		/// ## Errors
		///
		/// `NotAttested`, `EvidenceUnknown`, `AlreadySuspended`.
		///
		/// ## Events
		///
		/// `WorkerSuspended`, or `EvidenceRechecked` and before it `WorkerUnsuspended` where a
		/// suspension ends.
		#[pallet::call_index(35)]
		#[pallet::weight(T::WeightInfo::attest(evidence.tee(), evidence.gpus().len() as u32))]
		pub fn recheck(
			origin: OriginFor<T>,
			worker: AccountId,
			evidence: Evidence,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let stands = Self::do_recheck(worker, &evidence)?;
			Ok(if stands { Pays::Yes } else { Pays::No }.into())
		}

		/// Commits the caller to a secret seed for the next epoch, and to check jobs of some classes.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a verifier with its bond.
		///
		/// ## Details
		///
		/// The seed draws the jobs that the verifier has to check: `aci_poai::selection` has the
		/// commitment and the draw. Whoever commits can be drawn for committees of that epoch. The seed
		/// must be revealed in the epoch after it; who does not is slashed.
		///
		/// ## Errors
		///
		/// `NotBonded`, `NoClasses`, `SeedAlreadyCommitted`, `TooManyVerifiers`.
		///
		/// ## Events
		///
		/// `SeedCommitted`.
		#[pallet::call_index(40)]
		#[pallet::weight(T::WeightInfo::commit_seed())]
		pub fn commit_seed(
			origin: OriginFor<T>,
			commitment: H256,
			classes: BoundedList<ClassId, MAX_CLASSES>,
		) -> DispatchResult {
			let verifier = ensure_signed(origin)?;
			Self::do_commit_seed(verifier, commitment, classes)
		}

		/// States what the caller found on a job that its seed draws.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a verifier that committed to a seed for the epoch of the job's receipt.
		///
		/// ## Details
		///
		/// `statistic` is recomputed at the places that the seed draws (`aci_poai::statistic`), so that
		/// approving unseen shows; anybody can challenge it once the seed is known. A failed verdict
		/// opens a dispute without a bond, an unavailable one a challenge of the delivery without a fee.
		/// Verdicts are taken until the end of the epoch after the receipt's, and not after the reveal.
		///
		/// ## Errors
		///
		/// `NotSampled`, `NoSeed`, `SeedAlreadyRevealed`, `VerdictTooLate`, `ClassNotServed`, `IsParty`,
		/// `AnchorNotKnown`, `NotBonded`, `VerdictGiven`, `TooManyVerdicts`.
		///
		/// ## Events
		///
		/// `VerdictSubmitted`; before it `CaseOpened`, and `JobDisputed` of the jobs pallet.
		#[pallet::call_index(41)]
		#[pallet::weight(T::WeightInfo::submit_verdict())]
		pub fn submit_verdict(
			origin: OriginFor<T>,
			job: JobId,
			outcome: Outcome,
			statistic: i64,
			evidence_root: H256,
		) -> DispatchResult {
			let verifier = ensure_signed(origin)?;
			Self::do_submit_verdict(verifier, job, outcome, statistic, evidence_root)
		}

		/// Reveals the caller's seed of the last epoch.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a verifier that committed to it.
		///
		/// ## Details
		///
		/// Verdicts on jobs that the seed draws are paid by tariff at the end of the running epoch, and
		/// count in their workers' and the verifier's sums. Verdicts on others are not paid, and cost a
		/// slash. From now on a verdict that is missing can be reported.
		///
		/// ## Errors
		///
		/// `NoSeed`, `SeedAlreadyRevealed`, `RevealTooEarly`, `RevealTooLate`, `WrongSeed`.
		///
		/// ## Events
		///
		/// `SeedRevealed`; `VerdictsNotDrawn`; `LineReached` and `FalseVerdict` where a sum reaches the
		/// line.
		#[pallet::call_index(42)]
		#[pallet::weight(T::WeightInfo::reveal_seed())]
		pub fn reveal_seed(origin: OriginFor<T>, epoch: u32, seed: H256) -> DispatchResult {
			let verifier = ensure_signed(origin)?;
			Self::do_reveal_seed(verifier, epoch, seed)
		}

		/// Reports that a verifier gave no verdict on a job that it had drawn.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone; the signer shares in what is slashed, unless it is the verifier.
		///
		/// ## Details
		///
		/// From the reveal of the verifier's seed until it is removed, three epochs after its own, and
		/// while the job is on record. A verdict is not owed where the job or the verifier has as many
		/// as one takes.
		///
		/// ## Errors
		///
		/// `NotSampled`, `NoSeed`, `SeedNotRevealed`, `NotDrawn`, `NothingMissing`, `AlreadyReported`.
		///
		/// ## Events
		///
		/// `VerdictMissing`.
		#[pallet::call_index(43)]
		#[pallet::weight(T::WeightInfo::report_missing_verdict())]
		pub fn report_missing_verdict(
			origin: OriginFor<T>,
			verifier: AccountId,
			job: JobId,
		) -> DispatchResult {
			let reporter = ensure_signed(origin)?;
			Self::do_report_missing(reporter, verifier, job)
		}

		/// Commits to jobs with known answers, before any of them is matched.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// `aci_poai::selection::canary_commitment` has the commitment. A bounded number of sets waits;
		/// for one more the oldest is forgotten.
		///
		/// ## Errors
		///
		/// `CanariesAlreadyCommitted`.
		///
		/// ## Events
		///
		/// `CanariesCommitted`.
		#[pallet::call_index(44)]
		#[pallet::weight(T::WeightInfo::commit_canaries())]
		pub fn commit_canaries(origin: OriginFor<T>, commitment: H256) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_commit_canaries(commitment)
		}

		/// Opens a committed set of canaries.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone who knows the set; the signer shares in what is slashed.
		///
		/// ## Details
		///
		/// After the epoch of the receipts of all its jobs, while they are on record. Who approved a
		/// wrong one is slashed whole; so is who failed a right one under the exact profile. An open
		/// dispute of a canary ends as doubtful.
		///
		/// ## Errors
		///
		/// `UnknownCanaries`, `NotSampled`, `CanaryMatchedBefore`, `EpochNotOver`.
		///
		/// ## Events
		///
		/// `FalseVerdict` for each false verdict, then `CanariesOpened`.
		#[pallet::call_index(45)]
		#[pallet::weight(T::WeightInfo::open_canaries())]
		pub fn open_canaries(
			origin: OriginFor<T>,
			salt: H256,
			canaries: BoundedList<Canary, MAX_CANARIES>,
		) -> DispatchResult {
			let opener = ensure_signed(origin)?;
			Self::do_open_canaries(opener, salt, canaries)
		}

		/// Commits the caller to its vote on a case.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a member of the case's committee, with its bond.
		///
		/// ## Details
		///
		/// `aci_poai::committee::vote_commitment` has the commitment. It cannot be changed.
		///
		/// ## Errors
		///
		/// `UnknownCase`, `NotDrawnYet`, `NotMember`, `CommitTimeOver`, `NotBonded`,
		/// `VoteAlreadyCommitted`.
		///
		/// ## Events
		///
		/// `VoteCommitted`.
		#[pallet::call_index(46)]
		#[pallet::weight(T::WeightInfo::commit_vote())]
		pub fn commit_vote(origin: OriginFor<T>, case: H256, commitment: H256) -> DispatchResult {
			let member = ensure_signed(origin)?;
			Self::do_commit_vote(member, case, commitment)
		}

		/// Reveals the caller's vote on a case.
		///
		/// ## Dispatch Origin
		///
		/// Signed by a member of the case's committee that committed to the vote.
		///
		/// ## Details
		///
		/// After the time to commit. Fail needs two thirds of all members. Who votes with the decision
		/// is paid by tariff; who does not vote is slashed. The case is closed at the start of the block
		/// after the last one for reveals.
		///
		/// ## Errors
		///
		/// `UnknownCase`, `NotDrawnYet`, `NotMember`, `RevealNotOpen`, `VoteAlreadyRevealed`,
		/// `WrongVote`.
		///
		/// ## Events
		///
		/// `VoteRevealed`.
		#[pallet::call_index(47)]
		#[pallet::weight(T::WeightInfo::reveal_vote())]
		pub fn reveal_vote(
			origin: OriginFor<T>,
			case: H256,
			vote: Outcome,
			salt: H256,
		) -> DispatchResult {
			let member = ensure_signed(origin)?;
			Self::do_reveal_vote(member, case, vote, salt)
		}

		/// Asks a committee whether the worker of a job serves its input, output and proof.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the job's client.
		///
		/// ## Details
		///
		/// Costs a fee, which goes to the verifiers' pool. When two thirds of the committee cannot have
		/// the data, that counts as a wrong output: the client is refunded and the worker slashed.
		///
		/// ## Errors
		///
		/// `NotSampled`, `NotClient`, `NoCommittee`, `CaseOpen`, `NoRoomForCase`, and the currency's
		/// error when the fee is not there.
		///
		/// ## Events
		///
		/// `CaseOpened`.
		#[pallet::call_index(48)]
		#[pallet::weight(T::WeightInfo::challenge())]
		pub fn challenge_delivery(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_challenge_delivery(client, job)
		}

		/// Asks a committee whether the statistic of a verdict is what the model gives.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone; the signer shares in what is slashed.
		///
		/// ## Details
		///
		/// Once the verifier's seed is known, and with it the places. Costs a fee, which goes to the
		/// verifiers' pool. When two thirds of the committee find another number, the verifier is slashed
		/// whole: it approved or failed what it had not run.
		///
		/// ## Errors
		///
		/// `NoCommittee`, `NoVerdict`, `SeedNotRevealed`, `CaseOpen`, `NoRoomForCase`, and the currency's
		/// error when the fee is not there.
		///
		/// ## Events
		///
		/// `CaseOpened`.
		#[pallet::call_index(49)]
		#[pallet::weight(T::WeightInfo::challenge())]
		pub fn challenge_verdict(
			origin: OriginFor<T>,
			job: JobId,
			verifier: AccountId,
		) -> DispatchResult {
			let challenger = ensure_signed(origin)?;
			Self::do_challenge_verdict(challenger, job, verifier)
		}

		/// Sets the numbers of verification.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// They hold for matches, draws and challenges from now on. The time of a vote, with two blocks
		/// before it, must be shorter than the jobs pallet's time for a committee, or no committee
		/// decides a dispute.
		///
		/// ## Errors
		///
		/// `RulesUnusable`.
		///
		/// ## Events
		///
		/// `VerificationRulesSet`.
		#[pallet::call_index(50)]
		#[pallet::weight(T::WeightInfo::set_verification_rules())]
		pub fn set_verification_rules(
			origin: OriginFor<T>,
			rules: VerificationRules,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(rules.is_usable(), Error::<T>::RulesUnusable);
			Rules::<T>::put(rules);
			Self::deposit_event(Event::VerificationRulesSet { rules });
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
				suspended: Suspended::<T>::get(&worker),
				measurement_allowed: Measurements::<T>::get(attestation.measurement)
					== Some(attestation.tee),
				ended: T::Time::now() > attestation.expires,
				evidence: AttestedEvidence::<T>::get(&worker),
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

		/// The GPUs that a worker has attested, in ascending order.
		pub fn gpus(worker: AccountId) -> GpuList {
			GpuOf::<T>::get(worker)
		}

		/// What evidence is accepted, and for how long.
		pub fn attestation_policy() -> AttestationPolicy {
			CurrentPolicy::<T>::get()
		}

		/// The number, the making and the end of the collateral that the chain has; `None` without any.
		pub fn collateral(kind: CollateralKind) -> Option<Version> {
			Self::version_of(kind)
		}

		/// The kind of TEE that a program may run in; `None` for one that is not allowed.
		pub fn measurement(measurement: H256) -> Option<TeeKind> {
			Measurements::<T>::get(measurement)
		}

		/// Whether certificates with a serial number are revoked; the entry is as in `revoke_serials`.
		pub fn is_serial_revoked(entry: [u8; 16]) -> bool {
			RevokedSerials::<T>::contains_key(entry)
		}

		/// The numbers of verification.
		pub fn verification_rules() -> VerificationRules {
			Rules::<T>::get()
		}

		/// What sampling knows of a job: its rate, tariff, receipt and decision.
		pub fn sample(job: JobId) -> Option<Sample> {
			Samples::<T>::get(job)
		}

		/// The hash that decides who draws the jobs whose receipts a block took; `None` before it is
		/// known, and when none of them is on record.
		pub fn anchor(block: BlockNumber) -> Option<Hash> {
			Anchors::<T>::get(block).hash
		}

		/// A verifier's seed of an epoch: its commitment, the seed once it is revealed, its verdicts.
		pub fn seed_record(epoch: u32, verifier: AccountId) -> Option<SeedRecord> {
			Seeds::<T>::get(epoch, verifier)
		}

		/// The verifiers of an epoch.
		pub fn verifiers(epoch: u32) -> Vec<AccountId> {
			Rosters::<T>::get(epoch).into_inner()
		}

		/// The verdicts on a job.
		pub fn verdicts(job: JobId) -> Vec<StoredVerdict> {
			Verdicts::<T>::get(job).into_inner()
		}

		/// Whether a job is a verifier's to check; `None` before its seed is revealed, after the seed is
		/// removed, and for a job without a receipt on record.
		pub fn is_drawn_by(job: JobId, verifier: AccountId) -> Option<bool> {
			let sample = Samples::<T>::get(job)?;
			let record = Seeds::<T>::get(sample.received?.epoch, &verifier)?;
			let drawn = Self::is_drawn(&verifier, &record, &record.seed?, &job, &sample);
			Some(drawn)
		}

		/// An open case.
		pub fn case(case: H256) -> Option<Case> {
			Cases::<T>::get(case)
		}

		/// The identity and the open case of a subject.
		pub fn case_of(subject: Subject) -> (H256, Option<Case>) {
			let id = Self::case_id(&subject);
			(id, Cases::<T>::get(id))
		}

		/// A worker's sum over its sampled jobs; at the line its bond is slashed.
		pub fn suspicion(worker: AccountId) -> LogLikelihood {
			Suspicions::<T>::get(worker)
		}

		/// A verifier's sum over its drawn verdicts.
		pub fn doubt(verifier: AccountId) -> LogLikelihood {
			Doubts::<T>::get(verifier)
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
