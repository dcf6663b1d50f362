#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod accounts;
mod budgets;
mod credits;
mod leases;
mod ledger;
mod locks;
#[cfg(test)]
mod mock;
mod pots;
mod prepayments;
mod settlement;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{HomeBudget, Lock, Pools, PotView, Prepayment, Settled};
pub use weights::WeightInfo;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::ledger::{decrease, increase};
	use aci_primitives::{
		job::{Budget, Home},
		traits::Pot,
		AccountId, Balance, BlockNumber, ClassId, JobId, ReservationId,
	};
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{hold, Inspect, Mutate, MutateHold},
		traits::tokens::Precision,
		PalletId,
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Why this pallet holds a part of an account's balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposited and not spent: free escrow. Its owner can withdraw it.
		#[codec(index = 0)]
		Free,
		/// Locked for jobs that are not settled.
		#[codec(index = 1)]
		Job,
		/// Prepaid for reserved capacity.
		#[codec(index = 2)]
		Prepaid,
		/// Set aside for one home to spend.
		#[codec(index = 3)]
		Budget,
	}

	/// What the pallet needs of the runtime.
	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// The runtime's hold reasons, of which this pallet's are a part.
		type RuntimeHoldReason: From<HoldReason>;

		/// The native token.
		type Currency: Mutate<AccountId>
			+ Inspect<AccountId, Balance = Balance>
			+ hold::Mutate<AccountId, Reason = Self::RuntimeHoldReason>;

		/// What the accounts of the pallet and of its pots are derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// For how many blocks a budget is leased to its home, counted from when it was last opened
		/// or added to.
		#[pallet::constant]
		type BudgetPeriod: Get<BlockNumber>;

		/// Homes with which one client can have budgets at a time.
		#[pallet::constant]
		type MaxBudgets: Get<u32>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Free escrow of an account in planck. Absent when it is zero.
	#[pallet::storage]
	pub type Free<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// The open lock of each job that is not settled.
	// Twox: a job's identity is a Blake2b-256 hash already, so nobody chooses where it lands.
	#[pallet::storage]
	pub type Locks<T: Config> = StorageMap<_, Twox64Concat, JobId, Lock, OptionQuery>;

	/// Sum of a client's open locks in planck. Absent when it is zero.
	#[pallet::storage]
	pub type Locked<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// What is left of the prepayment of each reservation and not locked for jobs.
	// Twox: a reservation's number is counted up, so nobody chooses where it lands.
	#[pallet::storage]
	pub type Prepayments<T: Config> =
		StorageMap<_, Twox64Concat, ReservationId, Prepayment, OptionQuery>;

	/// Sum of an account's [`Prepayments`] in planck. Absent when it is zero.
	#[pallet::storage]
	pub type Prepaid<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// An account's budgets with homes. Absent when it has none.
	#[pallet::storage]
	pub type HomeBudgets<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		AccountId,
		BoundedVec<HomeBudget, T::MaxBudgets>,
		ValueQuery,
	>;

	/// Credits that an account or a pot could not take yet, in planck. Absent when zero.
	#[pallet::storage]
	pub type Claimable<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// Sum of [`Claimable`].
	#[pallet::storage]
	pub type TotalClaimable<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// What is leased to homes of the fast path of a client's money, in planck. The pallet's account
	/// keeps it. Absent when zero.
	#[pallet::storage]
	pub type Leased<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// Sum of [`Leased`].
	#[pallet::storage]
	pub type TotalLeased<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// What the pallet's account keeps for unfinished and disputed jobs of the fast path, in planck.
	#[pallet::storage]
	pub type OpenLocks<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// All that settlements, spent budgets and ended prepayments burned since genesis, in planck.
	#[pallet::storage]
	pub type TotalBurned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// All that settlements paid since genesis, by kind of payee: what roles earn.
	#[pallet::storage]
	pub type TotalSettled<T: Config> = StorageValue<_, Settled, ValueQuery>;

	/// Genesis: nothing to configure. It endows the pallet's account.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::endow_account();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account put money into its free escrow. `free` is what it has there now.
		Deposited {
			/// Whose escrow it is.
			who: AccountId,
			/// How much was added.
			amount: Balance,
			/// Free escrow afterwards.
			free: Balance,
		},
		/// An account took money out of its free escrow. `free` is what is left there.
		Withdrawn {
			/// Whose escrow it is.
			who: AccountId,
			/// How much was taken.
			amount: Balance,
			/// Free escrow afterwards.
			free: Balance,
		},
		/// Money was locked for a job.
		Locked {
			/// The job.
			job: JobId,
			/// Who pays for it.
			client: AccountId,
			/// How much is locked.
			amount: Balance,
			/// How much of it came out of the client's free escrow; the rest came out of its balance.
			from_free: Balance,
			/// The prepayment that it was drawn from, if it was; `from_free` then says what the
			/// prepayment had from free escrow.
			prepayment: Option<ReservationId>,
		},
		/// A part of a job's lock was given back.
		Reduced {
			/// The job.
			job: JobId,
			/// Who gets the part back.
			client: AccountId,
			/// What stays locked.
			remaining: Balance,
			/// Given back to the client's free escrow.
			to_free: Balance,
			/// Given back to the client's balance.
			to_balance: Balance,
			/// Given back to the prepayment that the lock was drawn from.
			to_prepayment: Balance,
		},
		/// The locks of a batch of jobs were released. What was paid, burned and refunded are all of
		/// the locks; who paid whom for a job stands in the event of that job.
		BatchSettled {
			/// How many jobs.
			jobs: u32,
			/// How many clients they were of.
			clients: u32,
			/// How many accounts and pots were paid.
			payees: u32,
			/// What they were paid.
			paid: Balance,
			/// What left the issuance.
			burned: Balance,
			/// What went back to where the locks were drawn from.
			refunded: Balance,
		},
		/// A refund would have left the account's balance below the existential deposit, so it was
		/// added to the account's free escrow. Withdraw it when the account has a balance.
		RefundKept {
			/// Whose refund it is.
			who: AccountId,
			/// How much.
			amount: Balance,
		},
		/// A credit could not be paid because the account would stay below the existential deposit.
		/// It waits: fund the account and call `claim`, or it is paid with the next credit.
		CreditKept {
			/// Whose credit it is.
			who: AccountId,
			/// How much was added.
			amount: Balance,
			/// All that waits for the account.
			claimable: Balance,
		},
		/// A credit that had waited waits no longer: it was paid to its owner, or a pot paid it on.
		Claimed {
			/// Whose credit it was; for a pot, the pot's account.
			who: AccountId,
			/// How much. A pot may keep a rest that goes on waiting.
			amount: Balance,
		},
		/// An account paid money into a pot.
		PaidIn {
			/// The pot.
			pot: Pot,
			/// Who paid.
			from: AccountId,
			/// How much.
			amount: Balance,
			/// What the pot can pay now.
			balance: Balance,
		},
		/// A pot paid accounts.
		PaidOut {
			/// The pot.
			pot: Pot,
			/// How many accounts.
			payees: u32,
			/// How much in all.
			amount: Balance,
			/// What the pot can pay now.
			balance: Balance,
		},
		/// A reservation was prepaid. The amount stays on the owner's account, on hold.
		Prepaid {
			/// The reservation.
			reservation: ReservationId,
			/// Who prepaid it.
			owner: AccountId,
			/// How much.
			amount: Balance,
			/// How much of it came out of the owner's free escrow; the rest came out of its balance.
			from_free: Balance,
		},
		/// A reservation's prepayment ended. What is locked for jobs under it stays locked until they
		/// end, and comes back to free escrow and balance then.
		PrepaymentEnded {
			/// The reservation.
			reservation: ReservationId,
			/// Who prepaid it.
			owner: AccountId,
			/// Given back to the owner's free escrow.
			to_free: Balance,
			/// Given back to the owner's balance.
			to_balance: Balance,
			/// What left the issuance.
			burned: Balance,
		},
		/// A client set money aside for a home to spend.
		BudgetOpened {
			/// Who may spend it.
			home: Home,
			/// Whose money it is.
			client: AccountId,
			/// How much was added.
			amount: Balance,
			/// How much of that came out of free escrow; the rest came out of the balance.
			from_free: Balance,
			/// The whole budget now.
			budget: Balance,
			/// First block in which the client can close it.
			until: BlockNumber,
		},
		/// A client took what was left of a budget back to its free escrow.
		BudgetClosed {
			/// Who could spend it.
			home: Home,
			/// Whose money it is.
			client: AccountId,
			/// How much was left.
			amount: Balance,
			/// Free escrow afterwards.
			free: Balance,
		},
		/// Money of a client was leased to a home of the fast path. The escrow keeps it.
		Leased {
			/// Whose money it is.
			client: AccountId,
			/// How much.
			amount: Balance,
			/// How much of it came out of free escrow; the rest came out of the balance.
			from_free: Balance,
			/// All that is leased of the client's now.
			leased: Balance,
		},
		/// Money of a client that had been leased or locked on the fast path is back in its free
		/// escrow, or waits for it where its account cannot take it.
		LeaseEnded {
			/// Whose money it is.
			client: AccountId,
			/// How much.
			amount: Balance,
		},
		/// A checkpoint of the fast path was settled.
		CheckpointSettled {
			/// What was taken from leased money.
			debited: Balance,
			/// What payees were paid.
			paid: Balance,
			/// What left the issuance.
			burned: Balance,
			/// What went to clients, to leased money and free escrow.
			returned: Balance,
			/// What is kept for unfinished and disputed jobs of the fast path now.
			locks: Balance,
		},
		/// A home spent of its clients' budgets.
		BudgetsSpent {
			/// The home.
			home: Home,
			/// How many clients it spent for.
			clients: u32,
			/// How many accounts and pots were paid.
			payees: u32,
			/// What they were paid.
			paid: Balance,
			/// What left the issuance.
			burned: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The amount is zero. Name a larger one.
		AmountIsZero,
		/// Free escrow and transferable balance together do not cover the amount, or paying it would
		/// leave the account without the existential deposit. Deposit more or lower the maximum.
		InsufficientFunds,
		/// There is less in free escrow than was asked for. Withdraw at most what is free; what is
		/// locked for jobs comes back when they end, what is budgeted when its lease has ended and
		/// you close the budget.
		InsufficientFreeEscrow,
		/// The account's balance would stay below the existential deposit. Send it at least the
		/// existential deposit first.
		BelowExistentialDeposit,
		/// No credit waits for this account.
		NothingToClaim,
		/// The job has a lock already. Each job is locked once.
		LockExists,
		/// The job has no lock: it was never locked or was released before.
		NoLock,
		/// The payments are more than the job's lock. Pay at most what is locked.
		PaymentsExceedLock,
		/// A lock can only be reduced. Name at most what is locked.
		CannotRaiseLock,
		/// The reservation is prepaid already. Each is prepaid once.
		PrepaymentExists,
		/// The reservation has no prepayment: it was never prepaid or has ended. Reserve anew, or pay
		/// for the job by itself.
		NoPrepayment,
		/// The reservation was prepaid by another account. Only its owner can use it.
		NotPrepaidByClient,
		/// Less is left of the prepayment than was asked for. Ask for at most what is left, or pay for
		/// the job by itself.
		InsufficientPrepayment,
		/// The pot has less than the sum of the payments. Pay out at most its balance.
		InsufficientPot,
		/// The chain needs no budget: it locks for each job. Deposit instead, or name a validator.
		ChainBudget,
		/// You have budgets with as many homes as an account can have. Close one first.
		TooManyBudgets,
		/// You have no budget with this home. The view `budgets_of` lists those that you have.
		NoBudget,
		/// The budget is leased to its home still. Close it in the block that the view `budget` names
		/// as `until`, or later.
		BudgetLease,
		/// A client's budget with the home has less than its debit. Nothing was spent.
		InsufficientBudget,
		/// The debits of the budgets are not the sum of the payments. Nothing was spent.
		UnbalancedSpend,
		/// Less of the client's money is leased than was to be taken. Nothing was changed.
		InsufficientLease,
		/// Less is kept for jobs of the fast path than was to be taken. Nothing was changed.
		InsufficientOpenLocks,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(
				T::Currency::minimum_balance() > 0,
				"the escrow needs an existential deposit above zero"
			);
			assert!(
				T::BudgetPeriod::get() > 0,
				"a budget's lease must last for a block"
			);
			assert!(
				T::MaxBudgets::get() > 0,
				"a client must be able to have a budget"
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Put `amount` planck of your balance into your free escrow.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the owner of the balance.
		///
		/// ## Details
		///
		/// The amount stays on the account, held under the reason `Free`. Jobs draw from it before
		/// they draw from the balance. The existential deposit stays outside.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientFunds`].
		///
		/// ## Events
		///
		/// [`Event::Deposited`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::deposit())]
		pub fn deposit(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(amount > 0, Error::<T>::AmountIsZero);
			ensure!(
				amount <= Self::transferable(&who),
				Error::<T>::InsufficientFunds
			);
			T::Currency::hold(&HoldReason::Free.into(), &who, amount)?;
			let free = increase::<Free<T>>(&who, amount)?;
			Self::deposit_event(Event::Deposited { who, amount, free });
			Ok(())
		}

		/// Take `amount` planck out of your free escrow, back to your balance.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the owner of the escrow.
		///
		/// ## Details
		///
		/// What is locked for jobs, prepaid or budgeted cannot be withdrawn.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientFreeEscrow`],
		/// [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::Withdrawn`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(amount > 0, Error::<T>::AmountIsZero);
			ensure!(
				amount <= Free::<T>::get(&who),
				Error::<T>::InsufficientFreeEscrow
			);
			ensure!(
				Self::can_take(&who, amount),
				Error::<T>::BelowExistentialDeposit
			);
			T::Currency::release(&HoldReason::Free.into(), &who, amount, Precision::Exact)?;
			let free = decrease::<Free<T>>(&who, amount)?;
			Self::deposit_event(Event::Withdrawn { who, amount, free });
			Ok(())
		}

		/// Receive the credits that wait for your account.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account that the credits wait for.
		///
		/// ## Details
		///
		/// A credit waits when the account could not take it: its balance would have stayed below
		/// the existential deposit. All of it is paid at once.
		///
		/// ## Errors
		///
		/// [`Error::NothingToClaim`], [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::Claimed`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::claim())]
		pub fn claim(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::pay_waiting(&who)
		}

		/// Pay the credits that wait for another account or for a pot.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone.
		///
		/// ## Details
		///
		/// The money goes to `who`, never to the caller. It is for accounts that sign nothing
		/// themselves, such as pots, after somebody has sent them the existential deposit.
		///
		/// ## Errors
		///
		/// [`Error::NothingToClaim`], [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::Claimed`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::claim())]
		pub fn claim_for(origin: OriginFor<T>, who: AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::pay_waiting(&who)
		}

		/// Set `amount` planck aside for a home, which alone may spend them.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the client.
		///
		/// ## Details
		///
		/// The amount comes from your free escrow first, then from your balance, which keeps the
		/// existential deposit. It adds to the budget that you have with the home and leases all of
		/// it until `BudgetPeriod` blocks from now. Until then you cannot take it back. The home is a
		/// validator: choose one that runs the fast path, for nobody else can spend it.
		///
		/// ## Errors
		///
		/// [`Error::ChainBudget`], [`Error::AmountIsZero`], [`Error::InsufficientFunds`],
		/// [`Error::TooManyBudgets`].
		///
		/// ## Events
		///
		/// [`Event::BudgetOpened`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::open_budget())]
		pub fn open_budget(origin: OriginFor<T>, home: Home, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_open_budget(&who, home, amount)
		}

		/// Take what is left of your budget with a home back to your free escrow.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the client.
		///
		/// ## Details
		///
		/// Only when the budget's lease has ended. Until you close the budget the home can spend it.
		///
		/// ## Errors
		///
		/// [`Error::NoBudget`], [`Error::BudgetLease`].
		///
		/// ## Events
		///
		/// [`Event::BudgetClosed`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::close_budget())]
		pub fn close_budget(origin: OriginFor<T>, home: Home) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_close_budget(&who, home)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// Free escrow of an account in planck.
		pub fn free(account: AccountId) -> Balance {
			Free::<T>::get(account)
		}

		/// Sum of an account's open locks in planck.
		pub fn locked(account: AccountId) -> Balance {
			Locked::<T>::get(account)
		}

		/// What is locked for a job; `None` when it has no open lock.
		pub fn lock(job: JobId) -> Option<Lock> {
			Locks::<T>::get(job)
		}

		/// Credits in planck that wait for an account.
		pub fn claimable(account: AccountId) -> Balance {
			Claimable::<T>::get(account)
		}

		/// The pools of validators and verifiers: their accounts and what they have.
		pub fn pools() -> Pools {
			Pools {
				validators: Self::pot(Pot::Validators),
				verifiers: Self::pot(Pot::Verifiers),
			}
		}

		/// The fund of a class: its account and what it has.
		pub fn fund(class: ClassId) -> PotView {
			Self::pot(Pot::Fund(class))
		}

		/// The prepayment of a reservation: whose it is, and what is left and not locked for jobs.
		pub fn prepaid(id: ReservationId) -> Option<Prepayment> {
			Prepayments::<T>::get(id)
		}

		/// Sum of what is left of an account's prepayments, in planck.
		pub fn prepaid_of(account: AccountId) -> Balance {
			Prepaid::<T>::get(account)
		}

		/// An account's budget with a home: what is left, and the first block in which it can be
		/// closed.
		pub fn budget(home: Home, account: AccountId) -> Option<Budget> {
			let mut budgets = Self::budgets(&account).into_iter();
			budgets.find(|budget| budget.home == home)
		}

		/// All budgets of an account.
		pub fn budgets_of(account: AccountId) -> Vec<Budget> {
			Self::budgets(&account)
		}

		/// What is leased of an account's money to homes of the fast path, in planck. The pallet's
		/// account keeps it.
		pub fn leased_of(account: AccountId) -> Balance {
			Leased::<T>::get(account)
		}

		/// Sum of an account's budgets in planck.
		pub fn budgeted(account: AccountId) -> Balance {
			let budgets = HomeBudgets::<T>::get(account);
			// Parts of one balance, which fits.
			budgets
				.iter()
				.fold(0, |sum, budget| budget.amount.saturating_add(sum))
		}

		/// All that settlements paid since genesis, by kind of payee.
		pub fn settled() -> Settled {
			TotalSettled::<T>::get()
		}

		/// All that settlements, spent budgets and ended prepayments burned since genesis, in planck.
		pub fn burned() -> Balance {
			TotalBurned::<T>::get()
		}
	}

	impl<T: Config> Pallet<T> {
		/// Pays all that waits for an account.
		fn pay_waiting(who: &AccountId) -> DispatchResult {
			let waits = Claimable::<T>::contains_key(who);
			ensure!(waits, Error::<T>::NothingToClaim);
			let paid = Self::pay_with_waiting(who, 0)?;
			ensure!(paid, Error::<T>::BelowExistentialDeposit);
			Ok(())
		}
	}
}
