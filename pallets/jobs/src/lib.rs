#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod agenda;
mod disputes;
mod history;
mod invariants;
mod leases;
mod lifecycle;
mod matching;
mod quality;
mod reservations;
pub mod runtime_api;
mod settlement;
mod specification;
pub mod types;
mod views;
pub mod weights;
mod workers;

#[cfg(test)]
mod doubles;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use weights::WeightInfo;

/// Blocks whose median time is the chain's time.
pub const MEDIAN_BLOCKS: u32 = 7;

/// How often a job may come back from a worker: after the second time it ends.
pub const MAX_RETURNS: u8 = 2;

/// Most records that one view returns.
pub const MAX_PAGE: u32 = 100;

/// The pallet: its storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		types::{
			BatchKey, Bookkeeping, DeclineReason, Dispute, LeasedOut, Payable, Queued,
			ReturnReason, Weighing,
		},
		WeightInfo, MEDIAN_BLOCKS,
	};
	use aci_market::{FeeShares, StakeRules};
	use aci_primitives::{
		job::JobView,
		traits::{
			Bonds, DisputeCommittee, DisputeVerdict, Insurer, JobEscrow, MarketActivity,
			MarketQuote, MarketWeights, Prepayments, ProofOfAi, QualityUpdate, Quote, Reservations,
			Settlement, Slasher,
		},
		view::QuoteError,
		worker::{Endpoint, Worker, WorkerView},
		AccountId, Balance, BlockHistory, BlockNumber, BoundedList, ClassId, Deadline, Hash,
		HistoryLeaf, HistoryProof, Job, JobId, JobOutput, JobSpec, ModelId, Moment, ReservationId,
		SignedReceipt,
	};
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Time},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::Permill;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Workers, jobs and deadlines.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, Hash = Hash, RuntimeEvent: From<Event<Self>>>
	{
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// The currency in which deposits are held.
		type Currency: fungible::hold::Mutate<
			AccountId,
			Balance = Balance,
			Reason = Self::RuntimeHoldReason,
		>;
		/// Classes and their pools.
		type Market: MarketQuote + MarketWeights;
		/// Locks for jobs, and their release.
		type Escrow: JobEscrow + Settlement;
		/// Workers' bonds.
		type Bonds: Bonds;
		/// Takes bonds.
		type Slasher: Slasher;
		/// Quality scores.
		type Quality: QualityUpdate;
		/// Models, attestations and receipts.
		type ProofOfAi: ProofOfAi;
		/// Learns what each worker's jobs brought a class's fund.
		type Insurer: Insurer;
		/// Learns how much paid work each class did.
		type Activity: MarketActivity;
		/// Capacity that was bought for a window.
		type Reservations: Reservations;
		/// What was prepaid for it.
		type Prepayments: Prepayments;
		/// Decides disputes. `()` is nobody: then no dispute can be opened.
		type Committee: DisputeCommittee;
		/// Decides disputes where no committee does.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The time of the last block that has one, in milliseconds since the Unix epoch.
		type Time: Time<Moment = Moment>;
		/// Weights.
		type WeightInfo: WeightInfo;

		/// Nominal time of a block, in milliseconds.
		type BlockTime: Get<Moment>;
		/// How long a job waits for a worker, in milliseconds.
		type MatchDeadline: Get<Moment>;
		/// How long a worker has to acknowledge, in milliseconds.
		type AcknowledgeDeadline: Get<Moment>;
		/// Blocks from an accepted result to its payment; at least 1.
		type VerificationWindow: Get<BlockNumber>;
		/// Blocks for which a paid job is kept and counts to its worker's exposure; at least 1.
		type FraudWindow: Get<BlockNumber>;
		/// Blocks for which a job that ended without payment is kept; at least 1.
		type Retention: Get<BlockNumber>;
		/// Least SLA of an order, in milliseconds.
		type MinSla: Get<Moment>;
		/// Largest SLA of an order, in milliseconds.
		type MaxSla: Get<Moment>;
		/// Least maximum price of an order, in planck.
		type MinPrice: Get<Balance>;
		/// Held for a job's record until it is pruned, in planck.
		type JobDeposit: Get<Balance>;
		/// Burned of the lock when two workers could not fetch the input, in planck.
		type SlotFee: Get<Balance>;
		/// The bond of a dispute, as a share of the job's price; rounded up.
		type DisputeBondShare: Get<Permill>;
		/// The least bond of a dispute, in planck; not below the existential deposit.
		type MinDisputeBond: Get<Balance>;
		/// How long a committee has to decide, in milliseconds.
		type DisputePeriod: Get<Moment>;
		/// How many committees are drawn for one dispute; at least 1.
		type MaxDraws: Get<u8>;
		/// The five shares of a payment.
		type FeeShares: Get<FeeShares>;
		/// The bonds that roles need.
		type StakeRules: Get<StakeRules>;

		/// Most workers of a class.
		#[pallet::constant]
		type MaxWorkersPerClass: Get<u32>;
		/// Most slots of a worker.
		#[pallet::constant]
		type MaxSlots: Get<u32>;
		/// Most unpruned jobs of a client.
		#[pallet::constant]
		type MaxJobsPerClient: Get<u32>;
		/// Most open jobs of a class.
		#[pallet::constant]
		type MaxOpenPerClass: Get<u32>;
		/// Most classes that are matched in a block.
		#[pallet::constant]
		type MaxClassesPerBlock: Get<u32>;
		/// Most jobs that a block tries to match.
		#[pallet::constant]
		type MaxMatchesPerBlock: Get<u32>;
		/// Most workers that are considered for one job.
		#[pallet::constant]
		type MaxCandidates: Get<u32>;
		/// Most workers whose quality weight is set anew in one block.
		#[pallet::constant]
		type MaxWeighedPerBlock: Get<u32>;
		/// Most deadlines that the start of a block handles, payments of batches not counted; and how
		/// many jobs of paid batches it prunes at least, where it pays fewer.
		#[pallet::constant]
		type MaxDuePerBlock: Get<u32>;
		/// Most jobs of one batch.
		#[pallet::constant]
		type MaxBatch: Get<u32>;
		/// How many jobs the start of a block pays in batches, up to the bound below. At least one
		/// batch is paid whatever it says. Governed.
		type SettlementLimit: Get<u32>;
		/// Most jobs that the start of a block pays in batches; at least one batch.
		#[pallet::constant]
		type MaxSettlementsPerBlock: Get<u32>;
		/// Most jobs that can end in one block; above what the start of a block can end.
		#[pallet::constant]
		type MaxEndsPerBlock: Get<u32>;
	}

	/// Why the pallet holds funds.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit for a job's record; returned when the record is pruned.
		#[codec(index = 0)]
		JobDeposit,
		/// The bond of a client's open dispute; returned, or paid to the worker, when it ends.
		#[codec(index = 1)]
		DisputeBond,
	}

	/// The registered workers.
	#[pallet::storage]
	pub type Workers<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Worker, OptionQuery>;

	/// What homes of the fast path have of each worker. Absent when nothing.
	#[pallet::storage]
	pub type LeasedOuts<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, LeasedOut, ValueQuery>;

	/// The workers of each class. Twox64: governance numbers the classes.
	#[pallet::storage]
	pub type WorkersOf<T: Config> = StorageMap<
		_,
		Twox64Concat,
		ClassId,
		BoundedVec<AccountId, T::MaxWorkersPerClass>,
		ValueQuery,
	>;

	/// The workers of a class that offer a model.
	#[pallet::storage]
	pub type Offers<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		(ModelId, ClassId),
		BoundedVec<AccountId, T::MaxWorkersPerClass>,
		ValueQuery,
	>;

	/// The records of jobs. A record here is not rewritten when its batch is paid: state and deadline
	/// of a job whose [`Bookkeeping`] names a batch of [`PaidBatches`] are `Settled` and what stands
	/// there. The view `job` says them right.
	#[pallet::storage]
	pub type Jobs<T: Config> = StorageMap<_, Blake2_128Concat, JobId, Job, OptionQuery>;

	/// What is kept beside each job's record.
	#[pallet::storage]
	pub type Bookkeepings<T: Config> =
		StorageMap<_, Blake2_128Concat, JobId, Bookkeeping, OptionQuery>;

	/// The last order number of each client. Never forgotten, so that no job's identity returns.
	#[pallet::storage]
	pub type LastOrder<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u64, OptionQuery>;

	/// The unpruned jobs of each client.
	#[pallet::storage]
	pub type JobsOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Blake2_128Concat, JobId, (), OptionQuery>;

	/// How many unpruned jobs each client has.
	#[pallet::storage]
	pub type JobCount<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, u32, ValueQuery>;

	/// The jobs that occupy a worker's slots.
	#[pallet::storage]
	pub type Assigned<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Blake2_128Concat, JobId, (), OptionQuery>;

	/// The open jobs of each class; those that were tried last stand at the end. No entry without a
	/// job. Twox64: governance numbers the classes.
	#[pallet::storage]
	pub type Open<T: Config> =
		StorageMap<_, Twox64Concat, ClassId, BoundedVec<Queued, T::MaxOpenPerClass>, ValueQuery>;

	/// The jobs whose deadline is to be looked at in a block, other than those in batches. Twox64 for
	/// the block: only deadlines choose it.
	#[pallet::storage]
	pub type Agenda<T: Config> =
		StorageDoubleMap<_, Twox64Concat, BlockNumber, Blake2_128Concat, JobId, (), OptionQuery>;

	/// The first block of the agenda that may not be empty.
	#[pallet::storage]
	pub type AgendaCursor<T: Config> = StorageValue<_, BlockNumber, OptionQuery>;

	/// The batches: jobs that are due in one block and paid together, and after that kept together
	/// until they are pruned. Twox64: blocks and a counter choose the key.
	#[pallet::storage]
	pub type Batches<T: Config> =
		StorageMap<_, Twox64Concat, BatchKey, BoundedVec<Payable, T::MaxBatch>, ValueQuery>;

	/// How many batches a block has. No entry without one. Twox64: blocks choose the key.
	#[pallet::storage]
	pub type BatchCount<T: Config> = StorageMap<_, Twox64Concat, BlockNumber, u32, ValueQuery>;

	/// The batches that are paid, with the end of the fraud window of their jobs. Twox64: blocks and
	/// a counter choose the key.
	#[pallet::storage]
	pub type PaidBatches<T: Config> = StorageMap<_, Twox64Concat, BatchKey, Deadline, OptionQuery>;

	/// The first batch that may not be paid.
	#[pallet::storage]
	pub type SettleCursor<T: Config> = StorageValue<_, BatchKey, OptionQuery>;

	/// The first batch that may not be pruned.
	#[pallet::storage]
	pub type PruneCursor<T: Config> = StorageValue<_, BatchKey, OptionQuery>;

	/// How far the weighing of workers by their quality is.
	#[pallet::storage]
	pub type WeighingState<T: Config> = StorageValue<_, Weighing, ValueQuery>;

	/// The hashes of the leaves of the jobs that ended in this block. Empty between blocks.
	#[pallet::storage]
	pub type Leaves<T: Config> = StorageValue<_, BoundedVec<Hash, T::MaxEndsPerBlock>, ValueQuery>;

	/// For each block in which jobs ended: the root over their leaves, and their number. Kept for
	/// ever. Twox64: blocks choose the key.
	#[pallet::storage]
	pub type History<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumber, BlockHistory, OptionQuery>;

	/// The open disputes.
	#[pallet::storage]
	pub type Disputes<T: Config> = StorageMap<_, Blake2_128Concat, JobId, Dispute, OptionQuery>;

	/// Bonds of disputes that their worker's account could not take, in planck. They are burned.
	#[pallet::storage]
	pub type TotalBurned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Times of the last blocks, oldest first, in milliseconds since the Unix epoch.
	#[pallet::storage]
	pub type Timestamps<T: Config> =
		StorageValue<_, BoundedVec<Moment, ConstU32<MEDIAN_BLOCKS>>, ValueQuery>;

	/// What happened to workers and jobs. Amounts are in planck.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A worker registered and may get jobs from now on.
		WorkerRegistered {
			/// The worker.
			worker: AccountId,
			/// The class whose capacity it offers.
			class: ClassId,
			/// Jobs that it runs side by side.
			slots: u32,
			/// The bond that is needed for it.
			bond_required: Balance,
		},
		/// A worker changed what it offers.
		WorkerUpdated {
			/// The worker.
			worker: AccountId,
			/// The models that it offers now.
			models: BoundedList<ModelId, 16>,
		},
		/// A worker paused, or takes jobs again.
		WorkerActivityChanged {
			/// The worker.
			worker: AccountId,
			/// Whether it takes new jobs.
			active: bool,
		},
		/// A worker left. Its bond is needed no longer.
		WorkerDeregistered {
			/// The worker.
			worker: AccountId,
			/// The class whose capacity it offered.
			class: ClassId,
		},
		/// A job was ordered and its payment locked.
		JobSubmitted {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// The client's number of the order.
			order: u64,
			/// The class that is to run it.
			class: ClassId,
			/// The model that is to run.
			model: ModelId,
			/// What is locked.
			max_price: Balance,
			/// What is held for the record.
			deposit: Balance,
			/// When it expires without a worker.
			match_by: Deadline,
		},
		/// The client withdrew a job. Its payment is back with the client.
		JobCancelled {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// What came back.
			refund: Balance,
		},
		/// A job got a worker and a price. The rest of the lock is back with the client.
		JobMatched {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// Who runs it.
			worker: AccountId,
			/// The locked price.
			price: Balance,
			/// The price of a compute unit for all jobs of the class in this block, rounded up.
			unit_price: Balance,
			/// Least time that the run takes, in milliseconds.
			eta: Moment,
			/// When the worker must have acknowledged.
			acknowledge_by: Deadline,
		},
		/// The worker holds the input. The SLA runs.
		JobAcknowledged {
			/// The job.
			job: JobId,
			/// Who runs it.
			worker: AccountId,
			/// When it times out: at twice the SLA.
			result_by: Deadline,
		},
		/// A worker did not take the job. It is open again, or has expired (see the next event).
		JobReturned {
			/// The job.
			job: JobId,
			/// Who had it.
			worker: AccountId,
			/// Why it came back.
			reason: ReturnReason,
			/// How often it came back by now.
			returns: u8,
		},
		/// A result was accepted. It is paid when the verification window ends.
		ResultSubmitted {
			/// The job.
			job: JobId,
			/// Who ran it.
			worker: AccountId,
			/// SHA-256 of the output.
			output_hash: Hash,
			/// The output, or where it is.
			output: JobOutput,
			/// Hash of the signed receipt.
			receipt: Hash,
			/// Tokens that went in.
			tokens_in: u32,
			/// Tokens that came out.
			tokens_out: u32,
			/// What is due for it.
			due: Balance,
		},
		/// A job was paid. The five amounts sum to what was due.
		JobSettled {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// Who ran it.
			worker: AccountId,
			/// To the worker.
			paid: Balance,
			/// To the validators' pool.
			validators: Balance,
			/// To the verifiers' pool.
			verifiers: Balance,
			/// To the class's fund.
			fund: Balance,
			/// Burned.
			burned: Balance,
			/// Back to the client.
			refund: Balance,
			/// Hash of the signed receipt.
			receipt: Hash,
		},
		/// A job found no worker. Its payment, less the slot fee if there is one, is back with the
		/// client.
		JobExpired {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// What came back.
			refund: Balance,
			/// What was burned because two workers could not fetch the input.
			slot_fee: Balance,
		},
		/// A worker gave no result in twice the SLA. The client got all back.
		JobTimedOut {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// Who failed.
			worker: AccountId,
			/// What came back to the client.
			refund: Balance,
			/// What the worker lost of its bond.
			slashed: Balance,
		},
		/// A job's record is gone and its deposit returned.
		JobPruned {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// The deposit that came back.
			deposit: Balance,
		},
		/// A job is paid by a reservation. It follows the job's `JobSubmitted`, whose `max_price` is
		/// what is locked: the price under the reservation.
		JobReserved {
			/// The job.
			job: JobId,
			/// The reservation.
			reservation: ReservationId,
			/// The job's price, which the match does not change.
			price: Balance,
		},
		/// A part of a job's lock was burned with its reservation's prepayment, since the reservation is
		/// over or sold. It stands before the event of the job's end, whose refund is without it.
		JobForfeited {
			/// The job.
			job: JobId,
			/// The reservation.
			reservation: ReservationId,
			/// What was burned.
			amount: Balance,
		},
		/// A client disputed a result. A committee decides.
		JobDisputed {
			/// The job.
			job: JobId,
			/// Who disputes.
			client: AccountId,
			/// Whose work it is.
			worker: AccountId,
			/// What is held of the client.
			bond: Balance,
			/// When a fresh committee is drawn without a decision.
			decide_by: Deadline,
		},
		/// A committee did not decide in time. Another one was drawn.
		DisputeRedrawn {
			/// The job.
			job: JobId,
			/// Which draw this is, from 1.
			draw: u8,
			/// When it must have decided.
			decide_by: Deadline,
		},
		/// A dispute was decided.
		DisputeDecided {
			/// The job.
			job: JobId,
			/// Who disputed.
			client: AccountId,
			/// Whose work it is.
			worker: AccountId,
			/// How it was decided.
			verdict: DisputeVerdict,
			/// What of the bond came back to the client.
			returned: Balance,
			/// What of the bond went to the worker.
			forfeited: Balance,
		},
		/// No committee decided. The bond is back with the client; so is the payment, if it was still
		/// locked (see `JobRefunded`), else the job stays paid.
		DisputeUndecided {
			/// The job.
			job: JobId,
			/// Who disputed.
			client: AccountId,
			/// Whose work it is.
			worker: AccountId,
			/// What came back of the bond.
			returned: Balance,
		},
		/// A proof from outside a dispute showed that an output is not what was ordered.
		JobConvicted {
			/// The job.
			job: JobId,
			/// Whose work it is.
			worker: AccountId,
			/// What was shown.
			verdict: DisputeVerdict,
			/// Hash of the evidence.
			evidence: Hash,
			/// Who reported it.
			reporter: Option<AccountId>,
		},
		/// A job was refunded.
		JobRefunded {
			/// The job.
			job: JobId,
			/// Who ordered it.
			client: AccountId,
			/// Who ran it.
			worker: AccountId,
			/// The locked price.
			price: Balance,
			/// What had been paid of it before.
			due: Balance,
			/// What of the lock came back to the client, now or at the payment.
			refund: Balance,
			/// What the client claims of the slash, since it had been paid.
			claim: Balance,
			/// What the worker lost of its bond.
			slashed: Balance,
			/// Hash of the signed receipt.
			receipt: Hash,
		},
		/// A job of a batch could not be paid. This is a fault of the chain; report it. The others
		/// were paid, and this one is tried again in every block.
		SettlementFailed {
			/// The job.
			job: JobId,
			/// Why.
			reason: DispatchError,
		},
		/// Jobs ended in this block; their root stays for ever.
		HistoryWritten {
			/// The block.
			block: BlockNumber,
			/// Root over the leaves, in the order of the events of their ends.
			root: Hash,
			/// How many leaves.
			jobs: u32,
		},
		/// A worker's slots have another weight in the price of their class from now on, since its
		/// quality was another one when this epoch began.
		WorkerWeighed {
			/// The worker.
			worker: AccountId,
			/// The class whose capacity it offers.
			class: ClassId,
			/// What each of its slots weighs, in parts per million.
			weight: u32,
		},
	}

	/// Why a call failed. Nothing is changed then.
	#[pallet::error]
	pub enum Error<T> {
		/// The account is a worker already. Update it, or deregister it first.
		AlreadyRegistered,
		/// The account is no worker. Register it first.
		NotRegistered,
		/// The account has no attestation that stands. Attest the worker's TEE first.
		NotAttested,
		/// The worker's bond is smaller than its slots and class need. Bond more.
		BondTooSmall,
		/// A worker offers at least one slot and at most the chain's maximum.
		SlotsOutOfBounds,
		/// Name at least one model.
		NoModels,
		/// A model is named twice.
		DuplicateModel,
		/// No registered model has this identity. Register the model first.
		UnknownModel,
		/// No class has this number.
		UnknownClass,
		/// The model's weights do not fit the memory of the class. Choose a larger class.
		ModelTooLarge,
		/// The class has as many workers as it may have.
		ClassFull,
		/// The worker has unfinished jobs. Finish them first.
		JobsUnfinished,
		/// The fraud window of some of the worker's jobs is open. Wait until it ends.
		ExposureOpen,
		/// The order number must be above that of the client's last order.
		OrderNumberUsed,
		/// The job exists already.
		JobExists,
		/// No job has this identity: it never existed or is pruned.
		UnknownJob,
		/// The model cannot be verified under this profile. Choose one from its manifest.
		ProfileNotAllowed,
		/// The input is empty.
		InputEmpty,
		/// The input is longer than 64 MiB.
		InputTooLong,
		/// The maximum of input tokens is zero; or that of output tokens is zero for a model that
		/// generates text, or above zero for one that does not.
		WrongTokenLimits,
		/// Input and output tokens together exceed the model's context. Lower the limits.
		ContextExceeded,
		/// The SLA is outside the chain's bounds.
		SlaOutOfBounds,
		/// The run takes longer than the SLA even at the peak of the class's hardware. Allow more
		/// time, lower the token limits or choose a faster class.
		SlaTooShort,
		/// The model's formula has no answer for this order.
		DoesNotFitModel,
		/// The maximum price is below the chain's least.
		MaxPriceTooLow,
		/// The client has as many unpruned jobs as it may have. Wait until some are pruned.
		TooManyJobs,
		/// The class has as many open jobs as it may have. Try again in a later block.
		QueueFull,
		/// Only the client that ordered the job may do this.
		NotClient,
		/// Only the worker that has the job may do this.
		NotAssigned,
		/// The job is not open: it has a worker or has ended.
		NotOpen,
		/// The job does not wait for an acknowledgement.
		NotMatched,
		/// The job does not wait for a result.
		NotRunning,
		/// The deadline for this step has passed.
		DeadlinePassed,
		/// The job's deadline has not passed. There is nothing to do yet.
		NotDue,
		/// The output does not hash to what the receipt says. The job goes on: submit the right
		/// output.
		OutputMismatch,
		/// The output is longer than 64 MiB.
		OutputTooLong,
		/// There is no such reservation, or its window is over. Choose one whose window is open or
		/// still to come.
		UnknownReservation,
		/// The reservation is another account's.
		NotReservationOwner,
		/// The reservation is for another class than the order.
		ReservationOfOtherClass,
		/// At the reservation's own price the job costs more than the order's maximum. Raise the
		/// maximum.
		PriceAboveMaximum,
		/// The reservation's price makes the job free, which no job is.
		PriceIsZero,
		/// Nobody can decide a dispute on this chain yet.
		NoCommittee,
		/// The job has no result that could be disputed: it is not run yet, or has ended unpaid.
		NothingToDispute,
		/// The job is disputed already. Wait for the decision.
		AlreadyDisputed,
		/// A verdict on this job's output was given already.
		AlreadyDecided,
		/// The job has no open dispute.
		NotDisputed,
		/// Nothing wrong is shown, so nothing follows.
		NothingProven,
		/// As many jobs ended in this block as can. Try again in the next one.
		BlockFull,
		/// A record that must exist does not. This is a fault of the chain; report it.
		Inconsistent,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Takes up the time of the last block, handles deadlines, and reserves the weight of this
		/// block's matching.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::begin_block()
		}

		/// Prunes what the start of the block left, with the weight that is left.
		fn on_idle(_: BlockNumberFor<T>, rest: Weight) -> Weight {
			Self::prune_with(rest)
		}

		/// Matches open jobs, and writes the root over the jobs that ended. Its worst case is part of
		/// the weight that `on_initialize` returned, and of the calls that end jobs.
		fn on_finalize(_: BlockNumberFor<T>) {
			Self::match_open_jobs();
			Self::write_history();
		}

		fn integrity_test() {
			assert!(T::BlockTime::get() > 0, "a block takes time");
			assert!(
				T::VerificationWindow::get() > 0,
				"the verification window is a block at least"
			);
			assert!(
				T::FraudWindow::get() > 0,
				"the fraud window is a block at least"
			);
			assert!(
				T::Retention::get() > 0,
				"a record is kept for a block at least"
			);
			assert!(T::MinSla::get() > 0, "an SLA takes time");
			assert!(
				T::MinSla::get() <= T::MaxSla::get(),
				"the SLA's bounds are in order"
			);
			assert!(
				T::MaxSla::get() <= Moment::MAX / 4,
				"three times an SLA must not overflow"
			);
			assert!(T::MinPrice::get() > 0, "a job has a price");
			assert!(T::MaxSlots::get() > 0, "a worker has a slot");
			assert!(T::MaxWorkersPerClass::get() > 0, "a class has workers");
			assert!(T::MaxOpenPerClass::get() > 0, "a class has room for a job");
			assert!(T::MaxClassesPerBlock::get() > 0, "a class is matched");
			assert!(T::MaxMatchesPerBlock::get() > 0, "a job is matched");
			assert!(T::MaxCandidates::get() > 0, "a worker is considered");
			assert!(T::MaxWeighedPerBlock::get() > 0, "a worker is weighed");
			assert!(T::MaxDuePerBlock::get() > 1, "the agenda gets on");
			assert!(T::MaxBatch::get() > 0, "a batch has room for a job");
			assert!(
				T::MaxSettlementsPerBlock::get() >= T::MaxBatch::get(),
				"a block can pay a whole batch"
			);
			let by_hooks = T::MaxSettlementsPerBlock::get().checked_add(T::MaxDuePerBlock::get());
			assert!(
				by_hooks.is_some_and(|ends| ends < T::MaxEndsPerBlock::get()),
				"the start of a block leaves room for jobs that calls end"
			);
			assert!(T::MaxDraws::get() > 0, "a committee is drawn for a dispute");
			assert!(T::DisputePeriod::get() > 0, "a committee has time");
			assert!(
				T::MinDisputeBond::get()
					>= <T::Currency as fungible::Inspect<AccountId>>::minimum_balance(),
				"a worker's account can take a dispute's bond"
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers the caller as a worker.
		///
		/// ## Dispatch Origin
		/// Signed, by the worker.
		///
		/// ## Details
		/// Adds `slots` to the capacity of `class` and pins the part of the worker's bond that this
		/// needs. The bond must be there and the worker's TEE attested.
		///
		/// ## Errors
		/// `AlreadyRegistered`, `SlotsOutOfBounds`, `UnknownClass`, `NotAttested`, `BondTooSmall`,
		/// `NoModels`, `DuplicateModel`, `UnknownModel`, `ModelTooLarge`, `ClassFull`, and errors of
		/// the pool.
		///
		/// ## Events
		/// `WorkerRegistered`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_worker())]
		pub fn register_worker(
			origin: OriginFor<T>,
			class: ClassId,
			slots: u32,
			models: BoundedList<ModelId, 16>,
			endpoints: BoundedList<Endpoint, 4>,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_register(worker, class, slots, models, endpoints)
		}

		/// Changes the models that the caller offers and where it serves data.
		///
		/// ## Dispatch Origin
		/// Signed, by a registered worker.
		///
		/// ## Details
		/// Holds for future matches. Class and slots stay: to change them, deregister first.
		///
		/// ## Errors
		/// `NotRegistered`, `NoModels`, `DuplicateModel`, `UnknownModel`, `ModelTooLarge`,
		/// `ClassFull`.
		///
		/// ## Events
		/// `WorkerUpdated`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::update_worker())]
		pub fn update_worker(
			origin: OriginFor<T>,
			models: BoundedList<ModelId, 16>,
			endpoints: BoundedList<Endpoint, 4>,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_update(worker, models, endpoints)
		}

		/// Pauses the caller, or lets it take jobs again.
		///
		/// ## Dispatch Origin
		/// Signed, by a registered worker.
		///
		/// ## Details
		/// A paused worker gets no new jobs; those that it has go on.
		///
		/// ## Errors
		/// `NotRegistered`.
		///
		/// ## Events
		/// `WorkerActivityChanged`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_active())]
		pub fn set_active(origin: OriginFor<T>, active: bool) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_set_active(worker, active)
		}

		/// Removes the caller from the workers.
		///
		/// ## Dispatch Origin
		/// Signed, by a registered worker.
		///
		/// ## Details
		/// Only without unfinished jobs and after the fraud windows of all its jobs. Removes its
		/// capacity from the class; its bond is needed no longer and can be unbonded.
		///
		/// ## Errors
		/// `NotRegistered`, `JobsUnfinished`, `ExposureOpen`.
		///
		/// ## Events
		/// `WorkerDeregistered`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::deregister_worker())]
		pub fn deregister_worker(origin: OriginFor<T>) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_deregister(worker)
		}

		/// Orders a job.
		///
		/// ## Dispatch Origin
		/// Signed, by the client.
		///
		/// ## Details
		/// Locks `max_price`: of the client's free escrow first, then of its balance; and holds a
		/// deposit until the record is pruned. The job is matched at the end of this block, or of a
		/// later one before the match deadline. `order` is a number of the client's choice above
		/// that of its last order; it makes the job's identity known before any block.
		///
		/// ## Errors
		/// `OrderNumberUsed`, `UnknownClass`, `UnknownModel`, `ModelTooLarge`, `ProfileNotAllowed`,
		/// `InputEmpty`, `InputTooLong`, `WrongTokenLimits`, `ContextExceeded`, `SlaOutOfBounds`,
		/// `SlaTooShort`, `DoesNotFitModel`, `MaxPriceTooLow`, `TooManyJobs`, `QueueFull`, and
		/// errors of the escrow when the funds are not there.
		///
		/// ## Events
		/// `JobSubmitted`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::submit())]
		pub fn submit(origin: OriginFor<T>, order: u64, spec: JobSpec) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_submit(client, order, spec)
		}

		/// Withdraws an open job.
		///
		/// ## Dispatch Origin
		/// Signed, by the client that ordered it.
		///
		/// ## Details
		/// Only while no worker has it. The whole lock goes back to the client.
		///
		/// ## Errors
		/// `UnknownJob`, `NotClient`, `NotOpen`.
		///
		/// ## Events
		/// `JobCancelled`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_cancel(client, job)
		}

		/// States that the caller holds the input, with the right hash and length.
		///
		/// ## Dispatch Origin
		/// Signed, by the worker that has the job.
		///
		/// ## Details
		/// The SLA starts.
		///
		/// ## Errors
		/// `UnknownJob`, `NotMatched`, `NotAssigned`, `DeadlinePassed`.
		///
		/// ## Events
		/// `JobAcknowledged`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::acknowledge())]
		pub fn acknowledge(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_acknowledge(worker, job)
		}

		/// Gives a job back before it is acknowledged.
		///
		/// ## Dispatch Origin
		/// Signed, by the worker that has the job.
		///
		/// ## Details
		/// The job is open again; the second time it expires. A worker that names a fault of the
		/// input does not fall in rank. When both workers say that the input of a job is not
		/// served, the slot fee is burned of the lock; never for an inline input.
		///
		/// ## Errors
		/// `UnknownJob`, `NotMatched`, `NotAssigned`.
		///
		/// ## Events
		/// `JobReturned`; then `JobExpired` the second time.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::decline())]
		pub fn decline(origin: OriginFor<T>, job: JobId, reason: DeclineReason) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_decline(worker, job, reason)
		}

		/// Hands in the result of a job.
		///
		/// ## Dispatch Origin
		/// Signed, by the worker that has the job.
		///
		/// ## Details
		/// The receipt is checked (level 1) and the output must hash to what it says. What is due is
		/// fixed here: the locked price for the work that was done, less what the late rule takes.
		/// The slot is free again.
		///
		/// ## Errors
		/// `UnknownJob`, `NotRunning`, `NotAssigned`, `DeadlinePassed`, `OutputMismatch`,
		/// `OutputTooLong`, and errors of the receipt's check. The job goes on after an error.
		///
		/// ## Events
		/// `ResultSubmitted`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::submit_result())]
		pub fn submit_result(
			origin: OriginFor<T>,
			job: JobId,
			receipt: Box<SignedReceipt>,
			output: JobOutput,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_submit_result(worker, job, *receipt, output)
		}

		/// Evaluates a job's deadline now.
		///
		/// ## Dispatch Origin
		/// Signed, by anyone.
		///
		/// ## Details
		/// Does what the start of a block does for due jobs; needed only when more jobs are due than
		/// a block handles.
		///
		/// ## Errors
		/// `UnknownJob`, `NotDue`, `BlockFull`.
		///
		/// ## Events
		/// The event of the step that was due.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::due())]
		pub fn poke(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_poke(job)
		}

		/// Orders a job that a reservation pays for.
		///
		/// ## Dispatch Origin
		/// Signed, by the client that owns the reservation.
		///
		/// ## Details
		/// As `submit`, with the same identity for the same order. What is locked is the job's price
		/// at the reservation's own unit price, out of its prepayment; it is not above `max_price` of
		/// the order, and the match does not change it. The job occupies the reservation's capacity
		/// instead of the pool's. It is matched while the reservation's window is open, before jobs
		/// that pay the pool's price.
		///
		/// ## Errors
		/// Those of `submit`, and `UnknownReservation`, `NotReservationOwner`,
		/// `ReservationOfOtherClass`, `PriceAboveMaximum`, `PriceIsZero`.
		///
		/// ## Events
		/// `JobSubmitted`, `JobReserved`.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::submit_reserved())]
		pub fn submit_reserved(
			origin: OriginFor<T>,
			order: u64,
			spec: JobSpec,
			reservation: ReservationId,
		) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_submit_reserved(client, order, spec, reservation)
		}

		/// Disputes a job's output.
		///
		/// ## Dispatch Origin
		/// Signed, by the client that ordered the job.
		///
		/// ## Details
		/// From the accepted result until the end of the fraud window. Holds a bond: a share of the
		/// price, and not below the chain's least. When the output is found right, the worker gets the
		/// bond; else it comes back. A committee has `DisputePeriod` to decide; then another one is
		/// drawn, `MaxDraws` at most. Without any decision a payment that is still locked goes back to
		/// the client; one that was made stays.
		///
		/// ## Errors
		/// `UnknownJob`, `NotClient`, `NothingToDispute`, `AlreadyDisputed`, `AlreadyDecided`,
		/// `DeadlinePassed`, `NoCommittee`, and errors of the currency when the bond is not there.
		///
		/// ## Events
		/// `JobDisputed`.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::dispute())]
		pub fn dispute(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_dispute(client, job)
		}

		/// Decides a dispute.
		///
		/// ## Dispatch Origin
		/// Governance.
		///
		/// ## Details
		/// What a committee's decision does: for disputes that no committee decides.
		///
		/// ## Errors
		/// `UnknownJob`, `NotDisputed`, `DeadlinePassed`, `BlockFull`.
		///
		/// ## Events
		/// `DisputeDecided`, after `JobSettled` or `JobRefunded` where it pays or refunds.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::decide())]
		pub fn decide_dispute(
			origin: OriginFor<T>,
			job: JobId,
			verdict: DisputeVerdict,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_decide(&job, verdict)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// An indicative price of an order, or why it cannot be submitted as it is. It is what the
		/// order would pay now, alone in its block.
		pub fn quote(spec: JobSpec) -> Result<Quote, QuoteError> {
			Self::quote_for(&spec)
		}

		/// A job's record with what is locked for it, until the record is pruned.
		pub fn job(id: JobId) -> Option<JobView> {
			Self::job_view(id)
		}

		/// The unpruned jobs of a client, in the order of storage; those after `after` when it is
		/// given. At most 100.
		pub fn jobs_of(client: AccountId, after: Option<JobId>, limit: u32) -> Vec<JobView> {
			Self::page_of_jobs(client, after, limit)
		}

		/// The open jobs of a class, those that are tried next first. At most 100.
		pub fn open_jobs(class: ClassId, offset: u32, limit: u32) -> Vec<JobView> {
			Self::page_of_open(class, offset, limit)
		}

		/// The jobs that occupy a worker's slots: matched, or running. At most 100.
		pub fn assigned_jobs(worker: AccountId) -> Vec<JobView> {
			Self::page_of_assigned(worker)
		}

		/// A worker's registration, bond, quality and data key.
		pub fn worker(account: AccountId) -> Option<WorkerView> {
			Self::worker_view(account)
		}

		/// The workers of a class. At most 100.
		pub fn workers(class: ClassId, offset: u32, limit: u32) -> Vec<WorkerView> {
			Self::page_of_workers(class, offset, limit)
		}

		/// A job's open dispute. Its deadline is the job's.
		pub fn dispute_of(job: JobId) -> Option<Dispute> {
			Disputes::<T>::get(job)
		}

		/// The reservation that pays for a job.
		pub fn reservation_of(job: JobId) -> Option<ReservationId> {
			Bookkeepings::<T>::get(job)
				.and_then(|kept| kept.reserved)
				.map(|reserved| reserved.id)
		}

		/// Root and number of the jobs that ended in a block.
		pub fn history(block: BlockNumber) -> Option<BlockHistory> {
			History::<T>::get(block)
		}

		/// Whether a job ended as the leaf says: at `index` among those of the leaf's block.
		pub fn verify_history(index: u32, leaf: HistoryLeaf, proof: HistoryProof) -> bool {
			History::<T>::get(leaf.block)
				.is_some_and(|history| history.verify(index, &leaf, &proof))
		}
	}
}
