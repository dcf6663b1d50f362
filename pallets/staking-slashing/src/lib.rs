#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod impls;
pub mod ledger;
#[cfg(test)]
mod mock;
mod slashing;
mod state;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use ledger::Ledger;
pub use pallet::*;
pub use types::{BondView, PendingSlash, QualityScore, SlashId, Unbonding};
pub use weights::WeightInfo;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_market::{Offence, QualityRules, SlashTable, StakeRules};
	use aci_primitives::{traits::Claim, AccountId, Balance, BlockNumber, Hash, Role};
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{hold, Inspect, Mutate, MutateHold},
		traits::tokens::Precision,
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::{Permill, SaturatedConversion};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// Most pending slashes that a view function returns.
	pub const MAX_VIEWED_SLASHES: usize = 64;

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Why this pallet holds a part of an account's balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Bond of a validator, active or unbonding.
		#[codec(index = 0)]
		ValidatorBond,
		/// Bond of a verifier, active or unbonding.
		#[codec(index = 1)]
		VerifierBond,
		/// Bond of a worker, active or unbonding.
		#[codec(index = 2)]
		WorkerBond,
		/// Slashed from a bond; waits for the end of the appeal time.
		#[codec(index = 3)]
		Slashed,
	}

	impl From<Role> for HoldReason {
		fn from(role: Role) -> Self {
			match role {
				Role::Validator => HoldReason::ValidatorBond,
				Role::Verifier => HoldReason::VerifierBond,
				Role::Worker => HoldReason::WorkerBond,
			}
		}
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

		/// Who decides appeals: may cancel a slash that is not applied.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Smallest bond of each role. Governed.
		type StakeRules: Get<StakeRules>;

		/// Share of a bond that each offence costs. Governed.
		type SlashTable: Get<SlashTable>;

		/// How quality scores move. Governed.
		type QualityRules: Get<QualityRules>;

		/// Blocks from unbonding to withdrawal; longer than the fraud window. Governed.
		type BondingDuration: Get<BlockNumber>;

		/// Blocks from a slash to its application, in which it can be cancelled. Governed.
		type AppealPeriod: Get<BlockNumber>;

		/// Share of an applied slash that goes to its reporter. Governed.
		type ReporterShare: Get<Permill>;

		/// Most parts of one bond that are on their way out side by side.
		#[pallet::constant]
		type MaxUnbonding: Get<u32>;

		/// Most slashes that one block applies by itself.
		#[pallet::constant]
		type MaxSlashesPerBlock: Get<u32>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The bonds. Absent where nothing is held and nothing required.
	// Twox: a role is one of three values.
	#[pallet::storage]
	pub type Ledgers<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountId,
		Twox64Concat,
		Role,
		Ledger<T::MaxUnbonding>,
		OptionQuery,
	>;

	/// Quality scores of accounts that had a job judged.
	#[pallet::storage]
	pub type Quality<T: Config> =
		StorageMap<_, Blake2_128Concat, AccountId, QualityScore, OptionQuery>;

	/// Slashes that are held and not applied.
	// Twox: the pallet counts the numbers itself.
	#[pallet::storage]
	pub type Slashes<T: Config> = StorageMap<_, Twox64Concat, SlashId, PendingSlash, OptionQuery>;

	/// The pending slashes of each account.
	#[pallet::storage]
	pub type SlashesOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AccountId, Twox64Concat, SlashId, (), OptionQuery>;

	/// Number of the next slash.
	#[pallet::storage]
	pub type NextSlash<T: Config> = StorageValue<_, SlashId, ValueQuery>;

	/// The slashes that each block applies.
	// Twox: the keys are heights.
	#[pallet::storage]
	pub type Agenda<T: Config> = StorageMap<
		_,
		Twox64Concat,
		BlockNumber,
		BoundedVec<SlashId, T::MaxSlashesPerBlock>,
		ValueQuery,
	>;

	/// Latest block that the agenda has an entry for.
	#[pallet::storage]
	pub type AgendaTail<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// All that slashes burned since genesis, in planck.
	#[pallet::storage]
	pub type TotalBurned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Genesis: bonds of accounts that have a balance at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Account, role and bond in planck.
		pub bonds: Vec<(AccountId, Role, Balance)>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// Panics on a bond that the account cannot post or that is below its role's minimum: such a
		/// genesis must not start a chain.
		fn build(&self) {
			for (who, role, amount) in &self.bonds {
				if let Err(error) = Pallet::<T>::do_bond(who, *role, *amount) {
					panic!("the genesis bond {who:?}, {role:?}, {amount} is refused: {error:?}");
				}
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account bonded. `active` is its active bond now.
		Bonded {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much was added.
			amount: Balance,
			/// The active bond afterwards.
			active: Balance,
		},
		/// A part of a bond is on its way out. It can be withdrawn from block `until` on.
		Unbonded {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much leaves.
			amount: Balance,
			/// First block in which it can be withdrawn.
			until: BlockNumber,
			/// The active bond afterwards.
			active: Balance,
		},
		/// A part that was on its way out is active again.
		Rebonded {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much came back.
			amount: Balance,
			/// The active bond afterwards.
			active: Balance,
		},
		/// What was unbonded is back in the account's balance.
		Withdrawn {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much.
			amount: Balance,
		},
		/// So much of a bond has to stay from now on; 0 when nothing has to.
		Required {
			/// Whose bond.
			who: AccountId,
			/// For which role.
			role: Role,
			/// How much has to stay.
			required: Balance,
		},
		/// A bond was slashed. The amount is held until block `applies_at`; until it is applied,
		/// governance can cancel the slash.
		Slashed {
			/// Number of the slash.
			id: SlashId,
			/// Who loses.
			offender: AccountId,
			/// Which of its bonds.
			role: Role,
			/// For what.
			offence: Offence,
			/// How much.
			amount: Balance,
			/// Hash of the evidence.
			evidence: Hash,
			/// Who reported it.
			reporter: Option<AccountId>,
			/// Whom the offence wronged.
			victim: Option<Claim>,
			/// First block in which it can be applied.
			applies_at: BlockNumber,
		},
		/// An offence was reported of an account that has no bond to take.
		NothingToSlash {
			/// Who offended.
			offender: AccountId,
			/// In which role.
			role: Role,
			/// How.
			offence: Offence,
			/// Hash of the evidence.
			evidence: Hash,
		},
		/// A slash was applied: the reporter got its share, the rest is burned.
		SlashApplied {
			/// Number of the slash.
			id: SlashId,
			/// Who lost.
			offender: AccountId,
			/// Which of its bonds.
			role: Role,
			/// Who was paid for the report.
			reporter: Option<AccountId>,
			/// What the reporter got.
			rewarded: Balance,
			/// What left the issuance.
			burned: Balance,
		},
		/// A slash was cancelled on appeal. All of it is back in the bond.
		SlashCancelled {
			/// Number of the slash.
			id: SlashId,
			/// Whose bond it is.
			offender: AccountId,
			/// Which of its bonds.
			role: Role,
			/// Back in the active bond.
			to_active: Balance,
			/// Back on its way out.
			to_unbonding: Balance,
		},
		/// A job was judged.
		QualityUpdated {
			/// Whose job.
			who: AccountId,
			/// The job's result in parts per million.
			result: u32,
			/// The score afterwards, in parts per million.
			score: u32,
			/// Jobs that were judged, this one included.
			judged: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The amount is zero. Name a larger one.
		AmountIsZero,
		/// The balance does not cover the amount and the existential deposit. Bond less or send the
		/// account more.
		InsufficientFunds,
		/// The bond would be below the role's minimum. Bond at least the minimum; leave nothing or at
		/// least the minimum.
		BelowMinimum,
		/// The active bond is smaller than that. Unbond at most what is active; before work that
		/// needs a larger bond, bond more.
		InsufficientBond,
		/// Work of this account needs that part of the bond. End the work first, or unbond less.
		BondRequired,
		/// Too many parts are on their way out. Withdraw those whose time has come, or wait.
		TooManyUnbonding,
		/// Less than that is on its way out. Name at most the sum of what is unbonding.
		InsufficientUnbonding,
		/// Nothing can be withdrawn yet. Wait for the block that the unbonding names.
		NothingToWithdraw,
		/// The balance would stay below the existential deposit. Send the account at least the
		/// existential deposit first.
		BelowExistentialDeposit,
		/// There is no such slash: it was applied, cancelled, or never was.
		NoSuchSlash,
		/// The appeal time is not over. Apply the slash at its block or later.
		AppealTimeNotOver,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::apply_due(now.saturated_into())
		}

		fn integrity_test() {
			assert!(T::MaxUnbonding::get() > 0, "a bond must be able to unbond");
			assert!(
				T::MaxSlashesPerBlock::get() > 0,
				"a block must be able to apply a slash"
			);
			let most = T::WeightInfo::on_initialize(T::MaxSlashesPerBlock::get());
			let block = <T as frame_system::Config>::BlockWeights::get().max_block;
			assert!(
				most.ref_time() <= block.ref_time() / 4,
				"the slashes of one block must fit in a quarter of it"
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Bond `amount` planck for a role: open a bond or add to it.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account that takes the role.
		///
		/// ## Details
		///
		/// The amount stays on the account, held under the role's reason. Afterwards the active bond
		/// must reach the role's minimum. Bonds for two roles are separate.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientFunds`], [`Error::BelowMinimum`].
		///
		/// ## Events
		///
		/// [`Event::Bonded`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond())]
		pub fn bond(origin: OriginFor<T>, role: Role, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_bond(&who, role, amount)
		}

		/// Start to take `amount` planck out of a bond.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose bond it is.
		///
		/// ## Details
		///
		/// The part no longer backs work, but it can be slashed until it is withdrawn. What is
		/// required for open work cannot be unbonded. Nothing or at least the role's minimum must
		/// stay.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientBond`], [`Error::BondRequired`],
		/// [`Error::BelowMinimum`], [`Error::TooManyUnbonding`].
		///
		/// ## Events
		///
		/// [`Event::Unbonded`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, role: Role, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(amount > 0, Error::<T>::AmountIsZero);
			let mut ledger = Ledgers::<T>::get(&who, role).ok_or(Error::<T>::InsufficientBond)?;
			let left = ledger
				.active
				.checked_sub(amount)
				.ok_or(Error::<T>::InsufficientBond)?;
			ensure!(left >= ledger.required, Error::<T>::BondRequired);
			ensure!(
				left == 0 || left >= Self::minimum(role),
				Error::<T>::BelowMinimum
			);
			let until = Self::now().saturating_add(T::BondingDuration::get());
			ensure!(
				ledger.add_unbonding(amount, until),
				Error::<T>::TooManyUnbonding
			);
			ledger.active = left;
			Ledgers::<T>::insert(&who, role, ledger);
			Self::deposit_event(Event::Unbonded {
				who,
				role,
				amount,
				until,
				active: left,
			});
			Ok(())
		}

		/// Take back to the balance what was unbonded and whose time has come.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose bond it is.
		///
		/// ## Errors
		///
		/// [`Error::NothingToWithdraw`], [`Error::BelowExistentialDeposit`].
		///
		/// ## Events
		///
		/// [`Event::Withdrawn`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw_unbonded())]
		pub fn withdraw_unbonded(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let mut ledger = Ledgers::<T>::get(&who, role).ok_or(Error::<T>::NothingToWithdraw)?;
			let amount = ledger.take_matured(Self::now());
			ensure!(amount > 0, Error::<T>::NothingToWithdraw);
			ensure!(
				Self::can_take(&who, amount),
				Error::<T>::BelowExistentialDeposit
			);
			let reason = HoldReason::from(role).into();
			T::Currency::release(&reason, &who, amount, Precision::Exact)?;
			Self::store(&who, role, ledger);
			Self::deposit_event(Event::Withdrawn { who, role, amount });
			Ok(())
		}

		/// Make `amount` planck that is on its way out active again.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the account whose bond it is.
		///
		/// ## Details
		///
		/// What was unbonded last comes back first. Afterwards the active bond must reach the role's
		/// minimum.
		///
		/// ## Errors
		///
		/// [`Error::AmountIsZero`], [`Error::InsufficientUnbonding`], [`Error::BelowMinimum`].
		///
		/// ## Events
		///
		/// [`Event::Rebonded`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::rebond())]
		pub fn rebond(origin: OriginFor<T>, role: Role, amount: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(amount > 0, Error::<T>::AmountIsZero);
			let mut ledger =
				Ledgers::<T>::get(&who, role).ok_or(Error::<T>::InsufficientUnbonding)?;
			let taken = ledger.take_unbonding(amount);
			ensure!(
				taken.from_unbonding == amount,
				Error::<T>::InsufficientUnbonding
			);
			let active = Self::sum(ledger.active, amount)?;
			ensure!(active >= Self::minimum(role), Error::<T>::BelowMinimum);
			ledger.active = active;
			Ledgers::<T>::insert(&who, role, ledger);
			Self::deposit_event(Event::Rebonded {
				who,
				role,
				amount,
				active,
			});
			Ok(())
		}

		/// Cancel a slash that is not applied: the appeal is granted.
		///
		/// ## Dispatch Origin
		///
		/// The governance origin.
		///
		/// ## Details
		///
		/// All of it returns to the bond that it came from: what was active is active, what was
		/// unbonding is unbonding until the time it had.
		///
		/// ## Errors
		///
		/// [`Error::NoSuchSlash`].
		///
		/// ## Events
		///
		/// [`Event::SlashCancelled`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::cancel_slash())]
		pub fn cancel_slash(
			origin: OriginFor<T>,
			#[pallet::compact] id: SlashId,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_cancel(id)
		}

		/// Apply a slash whose appeal time is over.
		///
		/// ## Dispatch Origin
		///
		/// Signed by anyone.
		///
		/// ## Details
		///
		/// The chain does this by itself; the call is for a slash that waits because many are due at
		/// once.
		///
		/// ## Errors
		///
		/// [`Error::NoSuchSlash`], [`Error::AppealTimeNotOver`].
		///
		/// ## Events
		///
		/// [`Event::SlashApplied`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::apply_slash())]
		pub fn apply_slash(origin: OriginFor<T>, #[pallet::compact] id: SlashId) -> DispatchResult {
			ensure_signed(origin)?;
			let slash = Slashes::<T>::get(id).ok_or(Error::<T>::NoSuchSlash)?;
			ensure!(
				Self::now() >= slash.applies_at,
				Error::<T>::AppealTimeNotOver
			);
			Self::do_apply(id)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// An account's bond for a role; `None` where there is none.
		pub fn ledger(account: AccountId, role: Role) -> Option<BondView> {
			Ledgers::<T>::get(account, role).map(|ledger| Self::view(role, ledger))
		}

		/// All bonds of an account.
		pub fn bonds(account: AccountId) -> Vec<(Role, BondView)> {
			types::ROLES
				.into_iter()
				.filter_map(|role| Some((role, Self::ledger(account.clone(), role)?)))
				.collect()
		}

		/// Pending slashes of an account, at most 64.
		pub fn pending_slashes(account: AccountId) -> Vec<(SlashId, PendingSlash)> {
			SlashesOf::<T>::iter_key_prefix(account)
				.take(MAX_VIEWED_SLASHES)
				.filter_map(|id| Some((id, Slashes::<T>::get(id)?)))
				.collect()
		}

		/// An account's quality; the neutral start where no job of it was judged.
		pub fn quality(account: AccountId) -> QualityScore {
			Self::quality_of(&account)
		}

		/// The smallest bond of each role.
		pub fn minima() -> StakeRules {
			T::StakeRules::get()
		}

		/// Whether an account's bond for a role backs work: it reaches the role's minimum and what
		/// is required.
		pub fn is_eligible(account: AccountId, role: Role) -> bool {
			Ledgers::<T>::get(account, role).is_some_and(|ledger| Self::backs_work(role, &ledger))
		}
	}
}
