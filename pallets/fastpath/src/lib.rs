#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod checkpoints;
mod disputes;
mod effects;
mod grants;
mod keys;
mod offences;
mod sets;
mod slots;
mod sweep;
mod tickets;
mod try_state;
pub mod types;
mod views;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use offences::{FastpathOffence, Fault};
pub use pallet::*;
pub use weights::WeightInfo;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::types::*;
	use aci_fastpath::{
		checkpoint::{
			promise::{Passed, PromisedMatch},
			Certified, Checkpoint, Last,
		},
		equivocation::Equivocation,
		inherent::{InherentError, INHERENT_IDENTIFIER},
		lane::terms::Terms,
		scheme::{AuthorityId, PublicKey, Signature},
		transaction::TicketId,
		types::{CheckpointNumber, Parameters, Round},
	};
	use aci_finality::{SetId, MAX_AUTHORITIES};
	use aci_market::FeeShares;
	use aci_primitives::{
		job::Home,
		traits::{
			DisputedJobs, Insurer, LeasedEscrow, LeasedSlots, QualityUpdate, Slasher, Slices,
		},
		AccountId, Balance, BlockNumber, Deadline, Hash, JobId, Moment,
	};
	use alloc::{boxed::Box, vec::Vec};
	use frame_support::{pallet_prelude::*, traits::Time};
	use frame_system::{offchain::CreateBare, pallet_prelude::*};
	use sp_inherents::{InherentData, InherentIdentifier};
	use sp_runtime::{traits::Convert, Perbill};
	use sp_staking::{offence::ReportOffence, SessionIndex};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of the runtime.
	#[pallet::config]
	pub trait Config:
		CreateBare<Call<Self>>
		+ frame_system::Config<AccountId = AccountId, Hash = Hash, RuntimeEvent: From<Event<Self>>>
	{
		/// Clients' money.
		type Escrow: LeasedEscrow;
		/// Workers' slots.
		type Workers: LeasedSlots;
		/// The parts of the pools that homes price on.
		type Slices: Slices;
		/// Takes disputed jobs over.
		type Jobs: DisputedJobs;
		/// Takes the bonds of workers that did not finish.
		type Slasher: Slasher;
		/// Workers' quality.
		type Quality: QualityUpdate;
		/// Learns what each worker's jobs brought a class's fund.
		type Insurer: Insurer;
		/// Classes, models, fees and verifiers, as lanes price and judge by them. Read outside of
		/// blocks only.
		type Terms: Get<Terms>;
		/// The five shares of a payment.
		type FeeShares: Get<FeeShares>;
		/// What the members of the next set have in common.
		type Parameters: Get<Parameters>;
		/// The time, in milliseconds since the Unix epoch.
		type Time: Time<Moment = Moment>;
		/// Nominal time of a block, in milliseconds.
		type BlockTime: Get<Moment>;
		/// Milliseconds that an ended session's set has for its closing checkpoint.
		type ClosingGrace: Get<Moment>;
		/// Blocks for which a checkpoint is remembered, a disputed lock can be exported, and a paid
		/// job counts to its worker's exposure.
		type FraudWindow: Get<BlockNumber>;

		/// What stood behind a validator in a session, as the offences pallet wants it.
		type Identification: Parameter;
		/// Tells it.
		type Stood: Convert<(SessionIndex, AccountId), Self::Identification>;
		/// Takes proven offences.
		type Reports: ReportOffence<
			AccountId,
			(AccountId, Self::Identification),
			FastpathOffence<(AccountId, Self::Identification)>,
		>;
		/// The share of a home's stake that a broken promise costs.
		type PromiseShare: Get<Perbill>;
		/// Who authors the present block.
		type Author: Get<Option<AccountId>>;
		/// Blocks for which a report without a signature may wait in a node's pool.
		type ReportLongevity: Get<u64>;

		/// Weights.
		type WeightInfo: WeightInfo;

		/// Most authorities of a set.
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;
		/// How many sets are remembered, the one in force included: how far back an offence can be
		/// reported.
		#[pallet::constant]
		type SetHistory: Get<u32>;
		/// Most tickets of a client.
		#[pallet::constant]
		type MaxTicketsOfClient: Get<u32>;
		/// Most tickets of all clients.
		#[pallet::constant]
		type MaxTickets: Get<u32>;
		/// Most leases of a worker.
		#[pallet::constant]
		type MaxLeasesOfWorker: Get<u32>;
		/// Most leases of all workers.
		#[pallet::constant]
		type MaxLeases: Get<u32>;
		/// Least amount of a ticket, in planck.
		#[pallet::constant]
		type MinTicket: Get<Balance>;
		/// Most requests that go out with one checkpoint.
		#[pallet::constant]
		type MaxRequests: Get<u32>;
		/// Most accounts of ended sets that a block looks at.
		#[pallet::constant]
		type MaxSwept: Get<u32>;
		/// Most entries of all lists of a checkpoint's effects together.
		#[pallet::constant]
		type MaxEffects: Get<u32>;
		/// Most accounts that the slash of one validator touches.
		#[pallet::constant]
		type MaxSlashParts: Get<u32>;
	}

	/// The authorities of the set in force, in their order. Empty on a chain that began without keys
	/// of the fast path, until a session has some.
	#[pallet::storage]
	pub type Authorities<T: Config> =
		StorageValue<_, BoundedVec<AuthorityId, T::MaxAuthorities>, ValueQuery>;

	/// The accounts behind the authorities, in the same order: the homes.
	#[pallet::storage]
	pub type Validators<T: Config> =
		StorageValue<_, BoundedVec<AccountId, T::MaxAuthorities>, ValueQuery>;

	/// The number of the set in force.
	#[pallet::storage]
	pub type CurrentSet<T: Config> = StorageValue<_, SetId, ValueQuery>;

	/// The checkpoint on whose state the set in force started.
	#[pallet::storage]
	pub type SetStart<T: Config> = StorageValue<_, CheckpointNumber, ValueQuery>;

	/// What the members of the set in force have in common.
	#[pallet::storage]
	pub type SetParameters<T: Config> = StorageValue<_, Parameters, ValueQuery>;

	/// The set that follows, while the session of the one in force is over.
	#[pallet::storage]
	pub type Next<T: Config> = StorageValue<_, NextSet<T::MaxAuthorities>>;

	/// When the set in force ends without a closing checkpoint. It is there exactly while its session
	/// is over.
	#[pallet::storage]
	pub type Ending<T: Config> = StorageValue<_, Deadline>;

	/// Session and members' hash of each of the last `SetHistory` sets. Twox64Concat: the chain
	/// counts sets, nobody chooses a key.
	#[pallet::storage]
	pub type Sets<T: Config> = StorageMap<_, Twox64Concat, SetId, SetRecord>;

	/// The last checkpoint, as the next one is checked against it.
	#[pallet::storage]
	pub type LastCheckpoint<T: Config> = StorageValue<_, Last, ValueQuery>;

	/// The block that carried the last checkpoint.
	#[pallet::storage]
	pub type CarriedIn<T: Config> = StorageValue<_, BlockNumber>;

	/// The checkpoints whose fraud window is open. Twox64Concat: the chain counts them.
	#[pallet::storage]
	pub type Checkpoints<T: Config> = StorageMap<_, Twox64Concat, CheckpointNumber, Remembered>;

	/// The first checkpoint that is remembered; one above the last where none is.
	#[pallet::storage]
	pub type OldestCheckpoint<T: Config> =
		StorageValue<_, CheckpointNumber, ValueQuery, ConstU32<1>>;

	/// The key by which an account signs on the fast path.
	#[pallet::storage]
	pub type OrderKeys<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, PublicKey>;

	/// Whose key it is. Blake2_128Concat: anybody makes keys.
	#[pallet::storage]
	pub type KeyOwners<T: Config> = StorageMap<_, Blake2_128Concat, PublicKey, AccountId>;

	/// A client's tickets. Absent when it has none.
	#[pallet::storage]
	pub type Tickets<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		AccountId,
		BoundedVec<Ticket, T::MaxTicketsOfClient>,
		ValueQuery,
	>;

	/// The number of a client's last ticket. Never forgotten, so that no number is used twice.
	#[pallet::storage]
	pub type LastTicket<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, TicketId, ValueQuery>;

	/// How many tickets there are.
	#[pallet::storage]
	pub type TicketCount<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// What the fast path has of a worker. Absent when nothing.
	#[pallet::storage]
	pub type Workers<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, WorkerBook<T::MaxLeasesOfWorker>, ValueQuery>;

	/// How many leases of slots there are.
	#[pallet::storage]
	pub type LeaseCount<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// What goes out with the next checkpoint.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageValue<_, BoundedVec<Request, T::MaxRequests>, ValueQuery>;

	/// What the block of the last checkpoint gave and announced.
	#[pallet::storage]
	pub type LastGrants<T: Config> =
		StorageValue<_, BoundedVec<Granted, T::MaxRequests>, ValueQuery>;

	/// Whose lease ends with a checkpoint, and at which home. Twox64Concat: the chain counts them.
	#[pallet::storage]
	pub type Closings<T: Config> = StorageMap<
		_,
		Twox64Concat,
		CheckpointNumber,
		BoundedVec<(AccountId, AccountId), T::MaxRequests>,
		ValueQuery,
	>;

	/// How far the walk over the leases of ended sets is; absent when it is over.
	#[pallet::storage]
	pub type SweepState<T: Config> = StorageValue<_, Sweep>;

	/// The last set that ended without its closing checkpoint. All leases of it and of earlier sets
	/// come back by the walk.
	#[pallet::storage]
	pub type Lapsed<T: Config> = StorageValue<_, SetId>;

	/// The worker at which the walk over fraud windows stopped.
	#[pallet::storage]
	pub type WindowCursor<T: Config> = StorageValue<_, AccountId>;

	/// The locks of disputed jobs that have not been exported. Twox64Concat: a job's identity is a
	/// hash already.
	#[pallet::storage]
	pub type DisputedLocks<T: Config> = StorageMap<_, Twox64Concat, JobId, DisputedLock>;

	/// Sum of [`DisputedLocks`], in planck.
	#[pallet::storage]
	pub type DisputedTotal<T: Config> = StorageValue<_, Balance, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A set is in force: its validators are the homes of the fast path.
		SetStarted {
			/// Its number.
			set: SetId,
			/// Its session.
			session: SessionIndex,
			/// How many authorities it has.
			authorities: u32,
			/// The checkpoint on whose state it starts.
			start: CheckpointNumber,
		},
		/// The session of the set in force is over. Its closing checkpoint is to come.
		SetEnding {
			/// The set.
			set: SetId,
			/// By when, by both clocks.
			until: Deadline,
		},
		/// A set ended without its closing checkpoint. What it had leased comes back: tickets go to
		/// free escrow, slots to the chain. What it matched after its last checkpoint is void.
		SetLapsed {
			/// The set.
			set: SetId,
			/// Its last checkpoint.
			last: CheckpointNumber,
		},
		/// A session began whose keys make no set. The set in force stays.
		SetKept {
			/// The set that stays.
			set: SetId,
			/// The session without usable keys.
			session: SessionIndex,
		},
		/// A checkpoint of the fast path is settled. The escrow's event says what was paid.
		CheckpointSettled {
			/// Its set.
			set: SetId,
			/// Its number.
			number: CheckpointNumber,
			/// Its hash.
			hash: Hash,
			/// The round of its anchor.
			round: Round,
			/// Root over the executed vertices.
			transactions_root: Hash,
			/// How many transactions they have.
			transactions: u32,
			/// What stays locked for unfinished jobs, in planck.
			open_locks: Balance,
			/// Whether it is the last one of its set.
			closing: bool,
		},
		/// More authorities than can be faulty accuse another of signing two chains. Whoever holds
		/// both vertices can report it.
		Accused {
			/// The set.
			set: SetId,
			/// Who is accused.
			home: AccountId,
		},
		/// An account registered the key by which it signs on the fast path.
		OrderKeySet {
			/// The account.
			who: AccountId,
			/// The key.
			key: PublicKey,
		},
		/// An account has no key on the fast path any more.
		OrderKeyCleared {
			/// The account.
			who: AccountId,
			/// The key that it had.
			key: PublicKey,
		},
		/// Money of a client waits to go to a home with the next checkpoint. Orders there name this
		/// ticket.
		TicketFunded {
			/// The client.
			client: AccountId,
			/// The ticket.
			ticket: TicketId,
			/// The home.
			home: AccountId,
			/// How much was added, in planck.
			amount: Balance,
		},
		/// A home has a ticket's money from this checkpoint on.
		TicketGranted {
			/// The client.
			client: AccountId,
			/// The ticket.
			ticket: TicketId,
			/// The home.
			home: AccountId,
			/// How much was added, in planck.
			amount: Balance,
			/// The checkpoint.
			checkpoint: CheckpointNumber,
		},
		/// A client asked for a ticket's end, which the next checkpoint's block announces.
		TicketEnding {
			/// The client.
			client: AccountId,
			/// The ticket.
			ticket: TicketId,
			/// The home that it goes to; `None` for free escrow.
			to: Option<AccountId>,
		},
		/// A ticket is at another home.
		TicketMoved {
			/// The client.
			client: AccountId,
			/// The ticket.
			ticket: TicketId,
			/// The home that had it.
			from: AccountId,
			/// The home that has it.
			to: AccountId,
			/// What is left of it, in planck.
			amount: Balance,
		},
		/// A ticket is over. What was left of it is free escrow.
		TicketEnded {
			/// The client.
			client: AccountId,
			/// The ticket.
			ticket: TicketId,
		},
		/// Slots of a worker wait to go to a home with the next checkpoint.
		SlotsLeased {
			/// The worker.
			worker: AccountId,
			/// The home.
			home: AccountId,
			/// How many.
			slots: u32,
			/// What their jobs may be worth together, in planck.
			exposure: Balance,
		},
		/// A home has a worker's slots from this checkpoint on.
		SlotsGranted {
			/// The worker.
			worker: AccountId,
			/// The home.
			home: AccountId,
			/// How many.
			slots: u32,
			/// The checkpoint.
			checkpoint: CheckpointNumber,
		},
		/// A worker asked for a lease's end, which the next checkpoint's block announces.
		SlotsEnding {
			/// The worker.
			worker: AccountId,
			/// The home.
			home: AccountId,
		},
		/// Slots of a worker are the chain's again.
		SlotsReturned {
			/// The worker.
			worker: AccountId,
			/// How many.
			slots: u32,
		},
		/// A request was taken back because its home is in the set no longer, or what it needs is
		/// gone. Ask again, at another home.
		RequestDropped {
			/// Who asked.
			who: AccountId,
			/// The home.
			home: AccountId,
		},
		/// A worker did not finish a job of the fast path in twice the SLA. Its bond is slashed; the
		/// client has its money back.
		WorkerTimedOut {
			/// The worker.
			worker: AccountId,
			/// The job.
			job: JobId,
			/// What was taken of the bond, in planck.
			slashed: Balance,
		},
		/// A verifier found a job's result wrong. Its lock can be exported with a proof, to be decided
		/// by a committee; after the window it goes back to the client.
		LockDisputed {
			/// The job.
			job: JobId,
			/// The client.
			client: AccountId,
			/// The lock, in planck.
			amount: Balance,
			/// The first block in which it goes back.
			until: BlockNumber,
		},
		/// A disputed job of the fast path is one of the jobs pallet.
		DisputeExported {
			/// The job.
			job: JobId,
			/// The client.
			client: AccountId,
			/// The worker.
			worker: AccountId,
			/// Its lock, in planck.
			amount: Balance,
		},
		/// Nobody exported a disputed lock in time: the client has it back.
		DisputeRefunded {
			/// The job.
			job: JobId,
			/// The client.
			client: AccountId,
			/// The lock, in planck.
			amount: Balance,
		},
		/// An authority was proven to have broken its word. The staking pallet slashes it.
		OffenceReported {
			/// The set in which it happened.
			set: SetId,
			/// What it did.
			fault: Fault,
			/// The validator.
			home: AccountId,
			/// Who is paid for the report.
			reporter: Option<AccountId>,
		},
	}

	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// There is no set yet: no session had keys for the fast path. Order on the settlement path.
		NoSet,
		/// A block carries at most one checkpoint.
		Twice,
		/// The checkpoint is of another set or chain.
		OtherSet,
		/// The checkpoint is not the next one.
		NotNext,
		/// The anchor is too near the last one.
		TooEarly,
		/// The effects are not those that the checkpoint commits to.
		OtherEffects,
		/// The effects name somebody twice or out of order.
		OutOfOrder,
		/// The effects are too many.
		TooManyEffects,
		/// Debits, credits, burn and locks do not balance.
		Unbalanced,
		/// The certificate's bitmap and list do not fit.
		Signers,
		/// Fewer signers than a quorum.
		NoQuorum,
		/// A signature is wrong. Check which key signed.
		WrongSignature,
		/// The checkpoint takes more of a ticket than there is, or of one that its set does not have.
		BudgetExceeded,
		/// The checkpoint closes a set whose session is not over.
		NotEnding,
		/// The escrow does not have what the checkpoint says. It is a defect: report it.
		Inconsistent,
		/// Another account registered this key. Make one of your own.
		KeyTaken,
		/// You have tickets or leases that this key signs for. End them first.
		KeyInUse,
		/// You have no key on the fast path. Register one first.
		NoOrderKey,
		/// The account is no home of the set in force. Choose one of its validators.
		NotAHome,
		/// The amount is below the least that a ticket can have. Name more.
		TicketTooSmall,
		/// You have as many tickets as one can have, or have used up their numbers. End one first.
		TooManyTickets,
		/// The fast path has as many leases as it can take. Try later.
		Full,
		/// As many requests wait for the next checkpoint as it can carry. Try again after it.
		TooManyRequests,
		/// There is no such ticket or lease. The view functions list those that you have.
		NoLease,
		/// It has asked for its end already, or has left its home. Wait for the checkpoint.
		AlreadyEnding,
		/// You have something at that home that stands in the way: a ticket of your own there, or
		/// slots at the home that the ticket leaves.
		HomeOccupied,
		/// The worker takes no jobs now: it is not registered, paused, not attested, or its bond is
		/// too small.
		NotOffering,
		/// So many slots are not free. Lease fewer.
		TooManySlots,
		/// Your bond does not cover so much exposure beside what it covers. Name less, or bond more.
		TooMuchExposure,
		/// The checkpoint is not remembered: it is not there yet, or its fraud window is over.
		UnknownCheckpoint,
		/// No lock of this job is in dispute here: it was exported, refunded, or never disputed.
		NotDisputed,
		/// The proof does not show what it must. Take the paths from the checkpoints that executed
		/// the order and the result.
		WrongProof,
		/// The lock can still be exported. Wait until the block that the event named.
		WindowOpen,
		/// The proof is of another chain. Report it there.
		OtherChain,
		/// The set is not known: it has not begun, or nobody can be slashed for it any more.
		UnknownSet,
		/// The members are not those of the set, or the offender is none of them.
		KeyNotProven,
		/// An honest authority may have signed both, or kept its promise.
		NoFault,
		/// This offence is known. Nothing is left to do.
		AlreadyReported,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Ends a set whose grace is over; gives back leases of ended sets and exposure whose fraud
		/// window is over, a bounded number of accounts in a block.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::end_overdue();
			let mut looked_at = Self::sweep();
			looked_at = looked_at.saturating_add(Self::close_windows());
			T::WeightInfo::hook(looked_at)
		}

		fn integrity_test() {
			let most = T::MaxAuthorities::get();
			assert!(
				most > 0 && most <= MAX_AUTHORITIES,
				"a set has between one and {MAX_AUTHORITIES} authorities"
			);
			assert!(
				T::SetHistory::get() > 1,
				"an offence of a set can be reported in the next one at least"
			);
			assert!(
				T::FraudWindow::get() > 0,
				"what a checkpoint executed can be proven for a block at least"
			);
			assert!(T::MinTicket::get() > 0, "a ticket has money");
			assert!(
				T::MaxSwept::get() > 0 && T::MaxRequests::get() > 0,
				"leases move on"
			);
			let parameters = T::Parameters::get();
			assert!(
				parameters.depth >= parameters.interval && parameters.interval > 0,
				"what is Final is in the next checkpoint"
			);
			let heaviest = Self::checkpoint_weight(most, T::MaxEffects::get());
			assert!(
				heaviest.all_lt(T::BlockWeights::get().max_block),
				"the largest checkpoint fits a block"
			);
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = InherentError;
		const INHERENT_IDENTIFIER: InherentIdentifier = INHERENT_IDENTIFIER;

		/// A checkpoint that would be refused is left out, so that no node's data costs it its block.
		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			let certified = data.get_data::<Certified>(&INHERENT_IDENTIFIER).ok()??;
			Self::check_checkpoint(&certified).ok()?;
			Some(Call::checkpoint {
				certified: Box::new(certified),
			})
		}

		/// Nothing is checked here: the call itself refuses what is not right, and a block whose
		/// inherent fails is invalid. A block without one is valid.
		fn check_inherent(_: &Self::Call, _: &InherentData) -> Result<(), Self::Error> {
			Ok(())
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::checkpoint { .. })
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Settles the next checkpoint of the fast path.
		///
		/// ## Dispatch Origin
		///
		/// None: the block's author includes it.
		///
		/// ## Details
		///
		/// A quorum of the set in force signed it. It takes from tickets what was spent, pays
		/// workers and pools, gives back what is left over, burns, and says what stays locked for
		/// unfinished jobs. What cannot be paid becomes claimable. A block whose checkpoint is refused
		/// is invalid.
		///
		/// ## Errors
		///
		/// [`Error::NoSet`], [`Error::Twice`], [`Error::OtherSet`], [`Error::NotNext`],
		/// [`Error::TooEarly`], [`Error::OtherEffects`], [`Error::OutOfOrder`],
		/// [`Error::TooManyEffects`], [`Error::Unbalanced`], [`Error::Signers`],
		/// [`Error::NoQuorum`], [`Error::WrongSignature`], [`Error::BudgetExceeded`],
		/// [`Error::NotEnding`], [`Error::Inconsistent`].
		///
		/// ## Events
		///
		/// [`Event::CheckpointSettled`]; [`Event::TicketGranted`], [`Event::SlotsGranted`],
		/// [`Event::TicketMoved`], [`Event::TicketEnded`], [`Event::SlotsReturned`],
		/// [`Event::WorkerTimedOut`], [`Event::LockDisputed`], [`Event::Accused`],
		/// [`Event::RequestDropped`], [`Event::SetStarted`] as they happen.
		#[pallet::call_index(0)]
		#[pallet::weight((
			Pallet::<T>::checkpoint_weight(
				certified.certificate.signatures.len() as u32,
				Pallet::<T>::count_effects(&certified.effects),
			),
			DispatchClass::Mandatory,
		))]
		pub fn checkpoint(origin: OriginFor<T>, certified: Box<Certified>) -> DispatchResult {
			ensure_none(origin)?;
			Self::do_checkpoint(*certified)
		}

		/// Register the key by which you sign orders, or a worker its statements, on the fast path.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account.
		///
		/// ## Details
		///
		/// `signature` is the key's own over `registration_hash` of the chain and the account, so that
		/// nobody registers another's key. It replaces the key that you have, as long as nothing is
		/// leased under it.
		///
		/// ## Errors
		///
		/// [`Error::KeyInUse`], [`Error::KeyTaken`], [`Error::WrongSignature`].
		///
		/// ## Events
		///
		/// [`Event::OrderKeySet`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_order_key())]
		pub fn set_order_key(
			origin: OriginFor<T>,
			key: PublicKey,
			signature: Signature,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_order_key(who, key, signature)
		}

		/// Forget the key by which you sign on the fast path.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account.
		///
		/// ## Details
		///
		/// Only while nothing is leased under it.
		///
		/// ## Errors
		///
		/// [`Error::NoOrderKey`], [`Error::KeyInUse`].
		///
		/// ## Events
		///
		/// [`Event::OrderKeyCleared`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_order_key())]
		pub fn clear_order_key(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_clear_order_key(who)
		}

		/// Lease `amount` planck of your escrow to a home, which matches your orders out of it.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the client.
		///
		/// ## Details
		///
		/// The money comes from your free escrow first, then from your balance, which keeps the
		/// existential deposit. The home has it with the next checkpoint. It adds to the ticket that
		/// you have at this home, or makes one. A ticket ends with its set, at the latest; with
		/// `renew` above zero a new one of that amount, as far as your free escrow has it, goes to the
		/// next set by itself.
		///
		/// ## Errors
		///
		/// [`Error::NoOrderKey`], [`Error::NotAHome`], [`Error::TicketTooSmall`],
		/// [`Error::TooManyTickets`], [`Error::Full`], [`Error::AlreadyEnding`],
		/// [`Error::HomeOccupied`], [`Error::TooManyRequests`], and the escrow's errors.
		///
		/// ## Events
		///
		/// [`Event::TicketFunded`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::fund_ticket())]
		pub fn fund_ticket(
			origin: OriginFor<T>,
			home: AccountId,
			amount: Balance,
			renew: Balance,
		) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_fund_ticket(client, home, amount, renew)
		}

		/// End a ticket, or hand it over to another home.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the client.
		///
		/// ## Details
		///
		/// The end is announced with the next checkpoint, and takes effect some checkpoints later:
		/// what the home has promised until then counts. What is left is free escrow then, or the
		/// other home's. A ticket that no home has yet ends at once. Slots that you have at the same
		/// home leave it too.
		///
		/// ## Errors
		///
		/// [`Error::NoLease`], [`Error::AlreadyEnding`], [`Error::NotAHome`],
		/// [`Error::HomeOccupied`], [`Error::TooManyRequests`].
		///
		/// ## Events
		///
		/// [`Event::TicketEnding`], or [`Event::TicketEnded`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::end_ticket())]
		pub fn end_ticket(
			origin: OriginFor<T>,
			ticket: TicketId,
			to: Option<AccountId>,
		) -> DispatchResult {
			let client = ensure_signed(origin)?;
			Self::do_end_ticket(client, ticket, to)
		}

		/// Lease slots to a home, which gives them jobs.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the worker.
		///
		/// ## Details
		///
		/// The slots must be free, and your bond must cover `exposure`, which is what their jobs may
		/// be worth together until the lease ends. The chain gives these slots no jobs meanwhile. One
		/// lease of a worker is at one home at a time. It ends with its set, at the latest; with
		/// `renew` the same lease goes to the next set by itself.
		///
		/// ## Errors
		///
		/// [`Error::NoOrderKey`], [`Error::NotAHome`], [`Error::NotOffering`],
		/// [`Error::TooManySlots`], [`Error::TooMuchExposure`], [`Error::Full`],
		/// [`Error::HomeOccupied`], [`Error::TooManyRequests`], and the market's errors.
		///
		/// ## Events
		///
		/// [`Event::SlotsLeased`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::lease_slots())]
		pub fn lease_slots(
			origin: OriginFor<T>,
			home: AccountId,
			slots: u32,
			exposure: Balance,
			renew: bool,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_lease_slots(worker, home, slots, exposure, renew)
		}

		/// End the lease of your slots at a home.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the worker.
		///
		/// ## Details
		///
		/// The end is announced with the next checkpoint, and takes effect some checkpoints later.
		/// Free slots are the chain's then, the others when their jobs end. This is how a worker
		/// leaves a home that is dead. A lease that no home has yet ends at once. A ticket that you
		/// have at the same home leaves it too.
		///
		/// ## Errors
		///
		/// [`Error::NoLease`], [`Error::AlreadyEnding`], [`Error::TooManyRequests`].
		///
		/// ## Events
		///
		/// [`Event::SlotsEnding`], or [`Event::SlotsReturned`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::end_lease())]
		pub fn end_lease(origin: OriginFor<T>, home: AccountId) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_end_lease(worker, home)
		}

		/// Hand a disputed job of the fast path over to the jobs pallet, where a committee decides it.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone.
		///
		/// ## Details
		///
		/// `proof` shows the match and the accepted result under remembered checkpoints, and what was
		/// ordered. It works once, and until the block that [`Event::LockDisputed`] named.
		///
		/// ## Errors
		///
		/// [`Error::NotDisputed`], [`Error::UnknownCheckpoint`], [`Error::UnknownSet`],
		/// [`Error::KeyNotProven`], [`Error::WrongProof`], and the jobs pallet's errors.
		///
		/// ## Events
		///
		/// [`Event::DisputeExported`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::export_dispute(T::MaxAuthorities::get()))]
		pub fn export_dispute(origin: OriginFor<T>, proof: Box<DisputeProof>) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_export_dispute(*proof)
		}

		/// Give a disputed lock that nobody exported back to its client.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone.
		///
		/// ## Details
		///
		/// From the block on that [`Event::LockDisputed`] named. Nobody is slashed.
		///
		/// ## Errors
		///
		/// [`Error::NotDisputed`], [`Error::WindowOpen`].
		///
		/// ## Events
		///
		/// [`Event::DisputeRefunded`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::refund_dispute())]
		pub fn refund_dispute(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_refund_dispute(job)
		}

		/// Report an authority that signed two chains.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone, who is paid as the reporter of a slash.
		///
		/// ## Details
		///
		/// `proof` holds two vertices of one author that no chain contains both, `members` are those of
		/// the set. The validator loses `min((3k/n)^2, 1)` of what stood for it, where `k` of the `n`
		/// authorities are known to have done so in that set. One set counts once.
		///
		/// ## Errors
		///
		/// [`Error::OtherChain`], [`Error::UnknownSet`], [`Error::KeyNotProven`],
		/// [`Error::AlreadyReported`], [`Error::NoFault`], [`Error::WrongSignature`].
		///
		/// ## Events
		///
		/// [`Event::OffenceReported`].
		#[pallet::call_index(9)]
		#[pallet::weight((Pallet::<T>::report_weight(), DispatchClass::Operational))]
		pub fn report_equivocation(
			origin: OriginFor<T>,
			proof: Box<Equivocation>,
			members: Box<Membership>,
		) -> DispatchResult {
			let reporter = ensure_signed(origin)?;
			Self::do_report_equivocation(Some(reporter), &proof, &members)
		}

		/// Report an authority that signed two chains, without a signature.
		///
		/// ## Dispatch Origin
		///
		/// None. A node accepts it from itself and within a block, never from another node.
		///
		/// ## Details
		///
		/// As [`Call::report_equivocation`]. The reporter is the block's author. A report that is wrong
		/// or known never enters a block.
		///
		/// ## Errors
		///
		/// As [`Call::report_equivocation`].
		///
		/// ## Events
		///
		/// [`Event::OffenceReported`].
		#[pallet::call_index(10)]
		#[pallet::weight((Pallet::<T>::report_weight(), DispatchClass::Operational))]
		pub fn report_equivocation_unsigned(
			origin: OriginFor<T>,
			proof: Box<Equivocation>,
			members: Box<Membership>,
		) -> DispatchResult {
			ensure_none(origin)?;
			Self::do_report_equivocation(None, &proof, &members)
		}

		/// Report a home that broke its promise of a match.
		///
		/// ## Dispatch Origin
		///
		/// Signed, by anyone, who is paid as the reporter of a slash.
		///
		/// ## Details
		///
		/// `promised` is what the home signed, `passed` what a remembered checkpoint says of that
		/// round of its lane: another outcome, another vertex, or none. The validator loses
		/// `PromiseShare` of what stood for it. One round of a lane counts once.
		///
		/// ## Errors
		///
		/// [`Error::OtherChain`], [`Error::UnknownSet`], [`Error::UnknownCheckpoint`],
		/// [`Error::KeyNotProven`], [`Error::AlreadyReported`], [`Error::WrongSignature`],
		/// [`Error::WrongProof`], [`Error::NoFault`].
		///
		/// ## Events
		///
		/// [`Event::OffenceReported`].
		#[pallet::call_index(11)]
		#[pallet::weight((Pallet::<T>::report_weight(), DispatchClass::Operational))]
		pub fn report_broken_promise(
			origin: OriginFor<T>,
			promised: Box<PromisedMatch>,
			checkpoint: CheckpointNumber,
			passed: Box<Passed>,
			members: Box<Membership>,
		) -> DispatchResult {
			let reporter = ensure_signed(origin)?;
			Self::do_report_promise(reporter, &promised, checkpoint, &passed, &members)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The key by which an account signs on the fast path.
		pub fn order_key(account: AccountId) -> Option<PublicKey> {
			OrderKeys::<T>::get(account)
		}

		/// The homes: the validators of the set in force.
		pub fn homes() -> Vec<AccountId> {
			Validators::<T>::get().into_inner()
		}

		/// A client's tickets.
		pub fn tickets_of(client: AccountId) -> Vec<Ticket> {
			Tickets::<T>::get(client).into_inner()
		}

		/// A worker's leases.
		pub fn leases_of(worker: AccountId) -> Vec<SlotLease> {
			Workers::<T>::get(worker).leases.into_inner()
		}

		/// The last checkpoint, as the next one is checked against it.
		pub fn last_checkpoint() -> Last {
			LastCheckpoint::<T>::get()
		}

		/// A checkpoint whose fraud window is open.
		pub fn checkpoint_at(number: CheckpointNumber) -> Option<Checkpoint> {
			Checkpoints::<T>::get(number).map(|remembered| remembered.checkpoint)
		}

		/// The lock of a disputed job that has not been exported.
		pub fn disputed_lock(job: JobId) -> Option<DisputedLock> {
			DisputedLocks::<T>::get(job)
		}

		/// What a home has of a class's pool to price on, in milli-slots.
		pub fn slice_of(class: aci_primitives::ClassId, home: AccountId) -> u64 {
			T::Slices::slice(class, &Home::Validator(home)).map_or(0, |pool| pool.target)
		}
	}

	// A transaction extension in its place would be one that wallets do not know.
	#[allow(deprecated)]
	#[pallet::validate_unsigned]
	impl<T: Config> ValidateUnsigned for Pallet<T> {
		type Call = Call<T>;

		fn validate_unsigned(source: TransactionSource, call: &Self::Call) -> TransactionValidity {
			let Call::report_equivocation_unsigned { proof, members } = call else {
				return InvalidTransaction::Call.into();
			};
			if source == TransactionSource::External {
				return InvalidTransaction::Call.into();
			}
			Self::check_unsigned(proof, members)?;
			ValidTransaction::with_tag_prefix("AciFastpathEquivocation")
				.priority(TransactionPriority::MAX)
				.and_provides((proof.offender, proof.context.set))
				.longevity(T::ReportLongevity::get())
				.propagate(false)
				.build()
		}

		fn pre_dispatch(call: &Self::Call) -> Result<(), TransactionValidityError> {
			match call {
				Call::report_equivocation_unsigned { proof, members } => {
					Self::check_unsigned(proof, members)
				}
				// Inherents are not checked as transactions.
				Call::checkpoint { .. } => Ok(()),
				_ => Err(InvalidTransaction::Call.into()),
			}
		}
	}
}
