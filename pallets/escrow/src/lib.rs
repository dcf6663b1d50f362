#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod impls;
#[cfg(test)]
mod mock;
mod state;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{Lock, Pools, Pot, PotId};
pub use weights::WeightInfo;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_primitives::{traits::Payee, AccountId, Balance, ClassId, JobId};
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{hold, Inspect, Mutate, MutateHold},
		traits::tokens::{Fortitude, Precision, Preservation},
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

	/// Credits that an account or a pot could not take yet, in planck. Absent when zero.
	#[pallet::storage]
	pub type Claimable<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// Sum of [`Claimable`].
	#[pallet::storage]
	pub type TotalClaimable<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// All that settlements burned since genesis, in planck.
	#[pallet::storage]
	pub type TotalBurned<T: Config> = StorageValue<_, Balance, ValueQuery>;

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
		},
		/// A job's lock was released. The payments, the burn and the two refunds are the whole lock.
		Released {
			/// The job.
			job: JobId,
			/// Whose lock it was.
			client: AccountId,
			/// Who was paid how much; burned parts are listed as paid to nobody.
			payments: Vec<(Payee, Balance)>,
			/// Sum of the payments, without what was burned.
			paid: Balance,
			/// What left the issuance.
			burned: Balance,
			/// Given back to the client's free escrow.
			to_free: Balance,
			/// Given back to the client's balance.
			to_balance: Balance,
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
		/// A credit that had waited was paid.
		Claimed {
			/// Whose credit it was.
			who: AccountId,
			/// How much.
			amount: Balance,
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
		/// locked for jobs comes back when they end.
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
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(
				T::Currency::minimum_balance() > 0,
				"the escrow needs an existential deposit above zero"
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
			let free = Self::add_free(&who, amount)?;
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
		/// What is locked for jobs cannot be withdrawn.
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
			let free = Self::subtract_free(&who, amount)?;
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
			ensure!(
				Claimable::<T>::contains_key(&who),
				Error::<T>::NothingToClaim
			);
			ensure!(Self::pay_out(&who, 0)?, Error::<T>::BelowExistentialDeposit);
			Ok(())
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
				validators: Self::pot(PotId::Validators),
				verifiers: Self::pot(PotId::Verifiers),
			}
		}

		/// The fund of a class: its account and what it has.
		pub fn fund(class: ClassId) -> Pot {
			Self::pot(PotId::Fund(class))
		}

		/// All that settlements burned since genesis, in planck.
		pub fn burned() -> Balance {
			TotalBurned::<T>::get()
		}
	}

	impl<T: Config> Pallet<T> {
		/// What an account can spend and stay alive with. What is frozen does not count, for escrow
		/// is there to be spent.
		pub(crate) fn transferable(who: &AccountId) -> Balance {
			T::Currency::reducible_balance(who, Preservation::Preserve, Fortitude::Polite)
		}
	}
}
