#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

mod epochs;
mod funds;
mod impls;
mod reservations;
mod slices;
mod try_state;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

/// The pallet's storage, calls, events and errors.
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use aci_market::{
		control, curve, quality::WEIGHT_UNIT, ControlRules, Pool, Slice, PARTS_PER_BILLION,
		PARTS_PER_MILLION,
	};
	use aci_primitives::{
		job::Home,
		traits::{MarketQuote, Pot, Pots, Prepayments, Quote},
		AccountId, Balance, BlockNumber, Class, ClassId, Moment, ReservationId,
	};
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::SaturatedConversion;

	/// Most classes that one page of [`Pallet::classes`] has.
	pub const CLASSES_PER_PAGE: u32 = 64;

	/// Most points that [`Pallet::price_curve`] gives.
	pub const MAX_CURVE_POINTS: u32 = 32;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId, RuntimeEvent: From<Event<Self>>>
	{
		/// Who creates and changes classes and prices.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// For how many blocks a quote stands if its pool does not change.
		type QuoteLifetime: Get<BlockNumber>;

		/// The money of the funds.
		type Pots: Pots;

		/// The money of reservations.
		type Prepayments: Prepayments;

		/// Blocks in an epoch. Governed.
		type EpochLength: Get<BlockNumber>;

		/// Nominal time of a block in milliseconds.
		type BlockTime: Get<Moment>;

		/// Parameters of the slow control. Governed.
		type ControlRules: Get<ControlRules>;

		/// Most classes whose epoch is closed in one block.
		#[pallet::constant]
		type MaxClosesPerBlock: Get<u32>;

		/// Least first deposit of an account in a fund, in planck. Governed.
		type MinLiquidity: Get<Balance>;

		/// Blocks from the beginning of a withdrawal until it can be made; longer than the fraud
		/// window and the time in which a dispute can end. Governed.
		type UnbondingTime: Get<BlockNumber>;

		/// Blocks in which a withdrawal can be made, after the unbonding time. Governed.
		type WithdrawalWindow: Get<BlockNumber>;

		/// Blocks after a worker's last paid job in which a refund for it can still fall due: not less
		/// than the fraud window with all disputes and appeals that can follow.
		type InsuranceTime: Get<BlockNumber>;

		/// Most withdrawals of one account that are under way in one fund.
		#[pallet::constant]
		type MaxWithdrawals: Get<u32>;

		/// The share of the peak that a reserved slot is taken to do, in parts per million. Governed.
		type ReservedLoad: Get<u32>;

		/// Least window of a reservation, in blocks. Governed.
		type MinWindow: Get<BlockNumber>;

		/// Largest window of a reservation, in blocks. Governed.
		type MaxWindow: Get<BlockNumber>;

		/// The largest part of a pool that may be reserved, in parts per billion of its registered
		/// capacity. Governed.
		type MaxReservedShare: Get<u32>;

		/// What selling back costs, in parts per million of the refund. Governed.
		type SellBackFee: Get<u32>;

		/// Most reservations of one account.
		#[pallet::constant]
		type MaxReservations: Get<u32>;

		/// Most reservations that end in one block; the rest ends in the next blocks.
		#[pallet::constant]
		type MaxEndsPerBlock: Get<u32>;

		/// Most slices of one pool.
		#[pallet::constant]
		type MaxSlices: Get<u32>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Classes by their number.
	///
	/// Numbers are given in order, so a fast hasher is enough; likewise for the pools.
	#[pallet::storage]
	pub type Classes<T: Config> = StorageMap<_, Twox64Concat, ClassId, Class, OptionQuery>;

	/// The pool of each class.
	#[pallet::storage]
	pub type Pools<T: Config> = StorageMap<_, Twox64Concat, ClassId, PoolState, OptionQuery>;

	/// The number of the next class.
	#[pallet::storage]
	pub type NextClass<T: Config> = StorageValue<_, ClassId, ValueQuery>;

	/// Shares of each class's fund that providers have, also those on their way out.
	#[pallet::storage]
	pub type FundShares<T: Config> = StorageMap<_, Twox64Concat, ClassId, u128, ValueQuery>;

	/// What each account has in the fund of a class.
	// Blake2: anybody chooses its account.
	#[pallet::storage]
	pub type Providers<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ClassId,
		Blake2_128Concat,
		AccountId,
		Provider<T::MaxWithdrawals>,
		OptionQuery,
	>;

	/// What each worker's jobs brought the fund of a class and was not refunded. Forgotten when no fee
	/// came for [`Config::InsuranceTime`].
	// Blake2: anybody chooses its account.
	#[pallet::storage]
	pub type FeesBrought<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		ClassId,
		Blake2_128Concat,
		AccountId,
		Brought,
		OptionQuery,
	>;

	/// Where the search for brought fees that no refund can need any more goes on; `None` inside
	/// stands for the beginning. Empty when the search of the epoch is done.
	#[pallet::storage]
	pub type BroughtCursor<T: Config> = StorageValue<_, Option<(ClassId, AccountId)>, OptionQuery>;

	/// Paid and offered time of each class since its last epoch ended.
	#[pallet::storage]
	pub type Activities<T: Config> =
		StorageMap<_, Twox64Concat, ClassId, ClassActivity, ValueQuery>;

	/// What the funds of all classes had together, each when its last epoch was closed, in planck.
	#[pallet::storage]
	pub type Capital<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// The running epoch, and which class is to be closed next.
	#[pallet::storage]
	pub type Epoch<T: Config> = StorageValue<_, EpochState, ValueQuery>;

	/// The number of the next reservation.
	#[pallet::storage]
	pub type NextReservation<T: Config> = StorageValue<_, ReservationId, ValueQuery>;

	/// Reservations that have not ended, or whose last jobs have not.
	// Twox, here and on the agenda: numbers are given in order and blocks come in order.
	#[pallet::storage]
	pub type ReservationStates<T: Config> =
		StorageMap<_, Twox64Concat, ReservationId, ReservationState, OptionQuery>;

	/// The reservations of each account, oldest first.
	#[pallet::storage]
	pub type ReservationsOf<T: Config> = StorageMap<
		_,
		Blake2_128Concat,
		AccountId,
		BoundedVec<ReservationId, T::MaxReservations>,
		ValueQuery,
	>;

	/// Capacity of each class that reservations keep out of its pool, in milli-slots.
	#[pallet::storage]
	pub type Reserved<T: Config> = StorageMap<_, Twox64Concat, ClassId, u64, ValueQuery>;

	/// The agenda: which reservations end with which block.
	#[pallet::storage]
	pub type ReservationEnds<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		BlockNumber,
		Twox64Concat,
		ReservationId,
		(),
		OptionQuery,
	>;

	/// The first block whose ends are not all done, where blocks before the present one are left.
	#[pallet::storage]
	pub type EndsCursor<T: Config> = StorageValue<_, BlockNumber, OptionQuery>;

	/// Slices of each pool by the home that prices on them.
	// Blake2: a validator chooses its account.
	#[pallet::storage]
	pub type SliceStates<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ClassId, Blake2_128Concat, Home, Slice, OptionQuery>;

	/// How many slices each pool has.
	#[pallet::storage]
	pub type SliceCount<T: Config> = StorageMap<_, Twox64Concat, ClassId, u32, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Classes, numbered from 0, each with the par price of its pool in planck per compute unit
		/// and its floor share in parts per billion.
		pub classes: Vec<(Class, Balance, u32)>,
		/// Nothing; the type is generic over the runtime.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (class, par_price, floor_share) in &self.classes {
				let created = Pallet::<T>::insert_class(class.clone(), *par_price, *floor_share);
				assert!(created.is_ok(), "genesis class {class:?} is out of bounds");
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Workers can register in a new class from now on.
		ClassCreated {
			/// Its number.
			id: ClassId,
			/// What it can do at most.
			class: Class,
			/// Par price of its pool, in planck per compute unit.
			par_price: Balance,
			/// Floor share of its pool, in parts per billion.
			floor_share: u32,
		},
		/// A class has new figures.
		ClassChanged {
			/// Its number.
			id: ClassId,
			/// What it can do at most from now on.
			class: Class,
			/// The new version of its pool.
			version: u32,
		},
		/// A pool's capacity or price parameters changed. Jobs that take capacity and give it back
		/// are not reported here.
		PoolChanged {
			/// The class.
			class: ClassId,
			/// Free capacity in milli-slots.
			free: u64,
			/// Registered capacity in milli-slots.
			target: u64,
			/// Par price, in planck per compute unit.
			par_price: Balance,
			/// Floor share, in parts per billion.
			floor_share: u32,
			/// Mean quality weight of the class's free slots over that of all its slots, in 4,096ths.
			free_weight: u32,
			/// The new version.
			version: u32,
			/// The marginal price in planck per compute unit; `None` without capacity.
			unit_price: Option<Balance>,
		},
		/// A class's epoch ended: its par price followed its use, its floor share its fund.
		EpochClosed {
			/// The class.
			class: ClassId,
			/// The epoch that ended.
			epoch: u32,
			/// Milliseconds of slots that paid jobs needed at least.
			paid: u128,
			/// Milli-slots times milliseconds that were offered.
			offered: u128,
			/// Paid over offered time in parts per billion; `None` when nothing was offered.
			utilisation: Option<u32>,
			/// The par price from now on, in planck per compute unit.
			par_price: Balance,
			/// The fund's assets, in planck.
			fund: Balance,
			/// The floor share from now on, in parts per billion.
			floor_share: u32,
			/// The pool's version.
			version: u32,
		},
		/// An account deposited in a class's fund and has shares of it.
		LiquidityProvided {
			/// The class.
			class: ClassId,
			/// Who.
			who: AccountId,
			/// How much, in planck.
			amount: Balance,
			/// How many shares it got.
			shares: u128,
		},
		/// Shares are on their way out of a fund. They bear losses and earn fees until they are
		/// withdrawn.
		WithdrawalBegun {
			/// The class.
			class: ClassId,
			/// Whose.
			who: AccountId,
			/// How many.
			shares: u128,
			/// The first block in which they can be withdrawn.
			from: BlockNumber,
			/// The first block in which they can no longer be.
			until: BlockNumber,
		},
		/// Shares that were on their way out stay.
		WithdrawalCancelled {
			/// The class.
			class: ClassId,
			/// Whose.
			who: AccountId,
			/// How many.
			shares: u128,
		},
		/// Shares could be withdrawn and were not in time: they stay. Begin anew to withdraw them.
		WithdrawalLapsed {
			/// The class.
			class: ClassId,
			/// Whose.
			who: AccountId,
			/// How many.
			shares: u128,
		},
		/// Shares were withdrawn at their value.
		LiquidityWithdrawn {
			/// The class.
			class: ClassId,
			/// Whose.
			who: AccountId,
			/// How many.
			shares: u128,
			/// What was paid for them, in planck.
			amount: Balance,
		},
		/// A class's fund refunded a client what a worker's bond could not.
		RefundInsured {
			/// The class.
			class: ClassId,
			/// Whose job it was.
			worker: AccountId,
			/// Who was refunded.
			client: AccountId,
			/// What was asked for, in planck.
			asked: Balance,
			/// What was paid, in planck.
			paid: Balance,
			/// What this worker's jobs brought the fund and is not refunded yet, in planck.
			left: Balance,
		},
		/// An account reserved capacity.
		Reserved {
			/// The reservation's number.
			id: ReservationId,
			/// Whose.
			owner: AccountId,
			/// Of which class.
			class: ClassId,
			/// How much, in milli-slots.
			milli_slots: u64,
			/// First block of the window.
			from: BlockNumber,
			/// First block after the window.
			until: BlockNumber,
			/// Operations that are paid for.
			flops: u128,
			/// Price of one compute unit under it, in planck.
			unit_price: Balance,
			/// What was prepaid, in planck.
			paid: Balance,
			/// The pool's version after it.
			version: u32,
		},
		/// A reservation was sold back before its window's end.
		SoldBack {
			/// Its number.
			id: ReservationId,
			/// Whose it was.
			owner: AccountId,
			/// Of which class.
			class: ClassId,
			/// What its owner got back, in planck.
			refund: Balance,
			/// What was burned of the prepayment, in planck.
			burned: Balance,
		},
		/// A reservation's window is over.
		ReservationEnded {
			/// Its number.
			id: ReservationId,
			/// Whose it was.
			owner: AccountId,
			/// Of which class.
			class: ClassId,
			/// What was left of the prepayment and was burned, in planck.
			burned: Balance,
			/// Milli-slots that jobs still occupy; they return when these jobs end.
			occupied: u64,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// No class has this number. Choose one from the list of classes.
		UnknownClass,
		/// All 65,535 numbers of classes are given away. Change a class instead.
		TooManyClasses,
		/// The class's name is empty or is not UTF-8. Give another name.
		ClassName,
		/// The class's memory, peak or bandwidth is zero. State what the hardware can do.
		ClassFigureZero,
		/// No worker offers this class now. Try again later, or order another class.
		EmptyPool,
		/// No capacity was asked for. Ask for at least one milli-slot.
		NothingAsked,
		/// The class has less free capacity than that. Wait for jobs to end.
		NotEnoughCapacity,
		/// More capacity was given back than is in use. Nothing was changed.
		AboveTarget,
		/// The class's capacity would exceed 2^48 milli-slots. Register less.
		CapacityOutOfBounds,
		/// The stored pool has more free than registered capacity. It must be repaired by governance.
		FreeAboveTarget,
		/// The par price is zero or above 2^96 planck per compute unit. Choose another.
		ParPriceOutOfBounds,
		/// The floor share is above 900,000,000 parts per billion. Choose a smaller one.
		FloorShareOutOfBounds,
		/// The price is larger than any amount. Ask for fewer tokens.
		PriceTooHigh,
		/// A first deposit in a fund must be larger. Deposit at least the minimum.
		BelowMinLiquidity,
		/// The deposit buys not one share of the fund. Deposit more.
		DepositTooSmall,
		/// The deposit's shares cannot be counted. Deposit less.
		DepositTooLarge,
		/// The account has no shares of this fund. Provide liquidity first.
		NotProvider,
		/// The account has fewer shares than that. Name at most what it has.
		NotEnoughShares,
		/// What would stay in the fund is worth less than the minimum. Withdraw all of it, or less.
		RemainderBelowMinLiquidity,
		/// As many withdrawals as possible are under way. Withdraw or cancel one first.
		TooManyWithdrawals,
		/// No shares can be withdrawn now. Begin a withdrawal, or wait for the unbonding time.
		NothingToWithdraw,
		/// The window is shorter or longer than is sold. Choose another number of blocks.
		WindowOutOfBounds,
		/// A reservation is for at least one slot. Ask for 1,000 milli-slots or more.
		LessThanOneSlot,
		/// So much of the class may not be reserved, so that the rest can be bought job by job. Ask
		/// for less, or wait for a reservation to end.
		TooMuchReserved,
		/// The price is above the stated maximum. Look at the price again, or raise the maximum.
		PriceAboveMaximum,
		/// The account has as many reservations as possible. Sell one back, or wait for one's end.
		TooManyReservations,
		/// No reservation has this number. It has ended, or never was.
		UnknownReservation,
		/// The reservation is another account's. Only its owner may use it and sell it back.
		NotOwner,
		/// The reservation's window is over. Buy another.
		WindowOver,
		/// The reservation's window opens with the next block. Wait for it.
		WindowNotOpen,
		/// Jobs occupy the reservation. Sell it back when they have ended.
		ReservationInUse,
		/// The refund is below the stated minimum. Look at the refund again, or lower the minimum.
		RefundBelowMinimum,
		/// Less of the reservation is idle than that. Wait for a job to end.
		NotEnoughIdle,
		/// Less of the reservation is occupied than that. Nothing was changed.
		NotOccupied,
		/// The pool has as many slices as possible. Merge one first.
		TooManySlices,
		/// The home has no slice of this pool.
		NoSlice,
		/// The stored weight of a pool's free slots is out of bounds. It must be repaired by
		/// governance.
		FreeWeightOutOfBounds,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			let now: BlockNumber = now.saturated_into();
			let ended = Self::end_reservations(now);
			let closed = Self::close_epochs(now);
			let looked = Self::forget_brought(now);
			T::WeightInfo::on_initialize(ended, closed, looked)
		}

		fn integrity_test() {
			let positive = [
				("EpochLength", u64::from(T::EpochLength::get())),
				("BlockTime", T::BlockTime::get()),
				("MaxClosesPerBlock", T::MaxClosesPerBlock::get().into()),
				("MaxEndsPerBlock", T::MaxEndsPerBlock::get().into()),
				("MaxWithdrawals", T::MaxWithdrawals::get().into()),
				("WithdrawalWindow", T::WithdrawalWindow::get().into()),
				("MaxReservations", T::MaxReservations::get().into()),
				("ReservedLoad", T::ReservedLoad::get().into()),
				("MinWindow", T::MinWindow::get().into()),
			];
			for (name, value) in positive {
				assert!(value > 0, "{name} is zero");
			}
			assert!(
				T::MinWindow::get() <= T::MaxWindow::get(),
				"no window would be long enough and short enough"
			);
			assert!(
				T::ReservedLoad::get() <= PARTS_PER_MILLION
					&& T::SellBackFee::get() <= PARTS_PER_MILLION
					&& T::MaxReservedShare::get() <= PARTS_PER_BILLION,
				"a share is above the whole"
			);
			assert!(
				T::QuoteLifetime::get() > 0,
				"QuoteLifetime is zero: no quote could be used"
			);
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Creates a class with an empty pool.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// The class gets the next number. `par_price` is in planck per compute unit, `floor_share`
		/// in parts per billion.
		///
		/// ## Errors
		///
		/// `ClassName`, `ClassFigureZero`, `ParPriceOutOfBounds`, `FloorShareOutOfBounds`,
		/// `TooManyClasses`.
		///
		/// ## Events
		///
		/// `ClassCreated`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create_class())]
		pub fn create_class(
			origin: OriginFor<T>,
			class: Class,
			par_price: Balance,
			floor_share: u32,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let id = Self::insert_class(class.clone(), par_price, floor_share)?;
			Self::deposit_event(Event::ClassCreated {
				id,
				class,
				par_price,
				floor_share,
			});
			Ok(())
		}

		/// Replaces a class's name and figures.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// Receipts that are handed in from now on are judged by the new figures. The pool keeps its
		/// capacity and price, and gets a new version.
		///
		/// ## Errors
		///
		/// `UnknownClass`, `ClassName`, `ClassFigureZero`.
		///
		/// ## Events
		///
		/// `ClassChanged`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_class())]
		pub fn set_class(origin: OriginFor<T>, id: ClassId, class: Class) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let former = Classes::<T>::get(id).ok_or(Error::<T>::UnknownClass)?;
			Self::check_class(&class)?;
			let mut state = Pools::<T>::get(id).ok_or(Error::<T>::UnknownClass)?;
			if class != former {
				Self::store(id, &mut state);
				Classes::<T>::insert(id, &class);
			}
			Self::deposit_event(Event::ClassChanged {
				id,
				class,
				version: state.version,
			});
			Ok(())
		}

		/// Sets the par price and the floor share of a class's pool.
		///
		/// ## Dispatch Origin
		///
		/// Governance.
		///
		/// ## Details
		///
		/// Prices that a match has fixed stay. `par_price` is in planck per compute unit,
		/// `floor_share` in parts per billion.
		///
		/// ## Errors
		///
		/// `UnknownClass`, `ParPriceOutOfBounds`, `FloorShareOutOfBounds`.
		///
		/// ## Events
		///
		/// `PoolChanged`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_price())]
		pub fn set_price(
			origin: OriginFor<T>,
			id: ClassId,
			par_price: Balance,
			floor_share: u32,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let state = Self::change(id, |pool| {
				*pool = Pool::new(pool.free, pool.target, par_price, floor_share)?;
				Ok(())
			})?;
			Self::report(id, &state);
			Ok(())
		}

		/// Deposits in a class's liquidity fund, for shares of it.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the provider.
		///
		/// ## Details
		///
		/// `amount` planck of the transferable balance go into the fund; the first deposit of an
		/// account has a minimum. Shares earn the fund's part of fees and bear its refunds. They are
		/// withdrawn by `begin_withdrawal` and, after the unbonding time, `withdraw_liquidity`.
		///
		/// ## Errors
		///
		/// `UnknownClass`, `BelowMinLiquidity`, `DepositTooSmall`, `DepositTooLarge`, and the
		/// escrow's when the balance is too small.
		///
		/// ## Events
		///
		/// `LiquidityProvided`; `WithdrawalLapsed` when former withdrawals were not made in time.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::provide())]
		pub fn provide(
			origin: OriginFor<T>,
			class: ClassId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			Self::do_provide(ensure_signed(origin)?, class, amount)
		}

		/// Starts withdrawing shares from a class's fund.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the provider.
		///
		/// ## Details
		///
		/// The shares can be withdrawn after the unbonding time, for the length of the withdrawal
		/// window; after it they are bound again. Until they are withdrawn they are at risk and earn
		/// as before. What stays must be worth at least the minimum deposit, or nothing.
		///
		/// ## Errors
		///
		/// `NotProvider`, `NothingAsked`, `NotEnoughShares`, `RemainderBelowMinLiquidity`,
		/// `TooManyWithdrawals`.
		///
		/// ## Events
		///
		/// `WithdrawalBegun`; `WithdrawalLapsed` when former withdrawals were not made in time.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::begin_withdrawal())]
		pub fn begin_withdrawal(
			origin: OriginFor<T>,
			class: ClassId,
			#[pallet::compact] shares: u128,
		) -> DispatchResult {
			Self::do_begin_withdrawal(ensure_signed(origin)?, class, shares)
		}

		/// Keeps shares in a class's fund that were on their way out.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the provider.
		///
		/// ## Details
		///
		/// The withdrawals that began last are cancelled first.
		///
		/// ## Errors
		///
		/// `NotProvider`, `NothingAsked`, `NotEnoughShares`.
		///
		/// ## Events
		///
		/// `WithdrawalCancelled`; `WithdrawalLapsed` when others were not made in time.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::cancel_withdrawal())]
		pub fn cancel_withdrawal(
			origin: OriginFor<T>,
			class: ClassId,
			#[pallet::compact] shares: u128,
		) -> DispatchResult {
			Self::do_cancel_withdrawal(ensure_signed(origin)?, class, shares)
		}

		/// Withdraws the shares whose unbonding time is over, at their present value.
		///
		/// ## Dispatch Origin
		///
		/// Signed by the provider.
		///
		/// ## Details
		///
		/// All such shares of the class at once. What the account cannot take, because it would be
		/// dust, becomes claimable in the escrow.
		///
		/// ## Errors
		///
		/// `NotProvider`, `NothingToWithdraw`.
		///
		/// ## Events
		///
		/// `LiquidityWithdrawn`; `WithdrawalLapsed` when others were not made in time.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::withdraw_liquidity())]
		pub fn withdraw_liquidity(origin: OriginFor<T>, class: ClassId) -> DispatchResult {
			Self::do_withdraw_liquidity(ensure_signed(origin)?, class)
		}

		/// Reserves capacity, or sells a reservation back.
		///
		/// ## Dispatch Origin
		///
		/// Signed by whoever reserves, or by the reservation's owner.
		///
		/// ## Details
		///
		/// `Buy`: the capacity leaves the pool now and is the owner's from the next block on. All of
		/// it is prepaid, at the curve's price for taking it, for the operations that the reserved
		/// slots are taken to do in that time. Jobs that name the reservation are paid out of the
		/// prepayment, at its unit price. What is left at the window's end is burned.
		///
		/// `SellBack`: ends an idle reservation. The refund is the part of its price for the time
		/// left, less a fee, and at most what the curve would return now and what is left of the
		/// prepayment; the rest is burned.
		///
		/// ## Errors
		///
		/// `Buy`: `UnknownClass`, `WindowOutOfBounds`, `LessThanOneSlot`, `TooMuchReserved`,
		/// `EmptyPool`, `NotEnoughCapacity`, `PriceTooHigh`, `PriceAboveMaximum`,
		/// `TooManyReservations`, and the escrow's when the funds are too small.
		///
		/// `SellBack`: `UnknownReservation`, `NotOwner`, `WindowOver`, `ReservationInUse`,
		/// `RefundBelowMinimum`.
		///
		/// ## Events
		///
		/// `Reserved` or `SoldBack`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::swap())]
		pub fn swap(origin: OriginFor<T>, action: Swap) -> DispatchResult {
			let who = ensure_signed(origin)?;
			match action {
				Swap::Buy {
					class,
					milli_slots,
					blocks,
					max_price,
				} => Self::do_buy(who, class, milli_slots, blocks, max_price),
				Swap::SellBack {
					reservation,
					min_refund,
				} => Self::do_sell_back(who, reservation, min_refund),
			}
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A class's figures.
		pub fn class(id: ClassId) -> Option<Class> {
			Classes::<T>::get(id)
		}

		/// A page of the classes in the order of their numbers, from `from` on, at most
		/// [`CLASSES_PER_PAGE`].
		pub fn classes(from: ClassId, limit: u32) -> Vec<(ClassId, Class)> {
			let limit = limit.min(CLASSES_PER_PAGE).saturated_into();
			(from..NextClass::<T>::get())
				.take(limit)
				.filter_map(|id| Some((id, Classes::<T>::get(id)?)))
				.collect()
		}

		/// A class's pool with its version.
		pub fn pool_state(id: ClassId) -> Option<PoolState> {
			Pools::<T>::get(id)
		}

		/// The marginal price in planck per compute unit, rounded up; `None` for an unknown class and
		/// for a pool without capacity.
		pub fn marginal_price(id: ClassId) -> Option<Balance> {
			curve::marginal_price(&Pools::<T>::get(id)?.pool).ok()
		}

		/// An indicative price for a job of `flops` operations that occupies `milli_slots`.
		pub fn indicative_quote(
			id: ClassId,
			milli_slots: u64,
			flops: u128,
		) -> Result<Quote, DispatchError> {
			<Self as MarketQuote>::quote(id, milli_slots, flops)
		}

		/// The used share of a class's capacity, weighted by quality, in parts per billion, rounded
		/// down.
		pub fn utilisation(id: ClassId) -> Option<u32> {
			Some(Pools::<T>::get(id)?.pool.utilisation())
		}

		/// A class's fund: what it has, what its shares are worth, what floor share it gives.
		pub fn fund(class: ClassId) -> Option<FundView> {
			let floor_share = Pools::<T>::get(class)?.pool.floor_share;
			let assets = T::Pots::balance(Pot::Fund(class));
			let shares = FundShares::<T>::get(class);
			Some(FundView {
				assets,
				shares,
				value: Self::worth(class, shares),
				floor_share,
				next_floor_share: control::floor_share(assets, &T::ControlRules::get()),
			})
		}

		/// What the funds of all classes have together, in planck; of each it counts what the fund had
		/// when the class's last epoch was closed.
		pub fn capital() -> Balance {
			Capital::<T>::get()
		}

		/// What an account has in a class's fund; `None` when it has nothing there.
		pub fn provider(class: ClassId, account: AccountId) -> Option<ProviderView> {
			let mut provider = Providers::<T>::get(class, account)?;
			provider.bind_lapsed(Self::now());
			Some(ProviderView {
				shares: provider.shares,
				value: Self::worth(class, provider.shares),
				withdrawals: provider
					.withdrawals
					.into_iter()
					.map(|out| (out, Self::worth(class, out.shares)))
					.collect(),
			})
		}

		/// What a worker's jobs brought the fund of a class and can still be refunded, in planck.
		pub fn insured(class: ClassId, worker: AccountId) -> Balance {
			FeesBrought::<T>::get(class, worker).map_or(0, |brought| brought.amount)
		}

		/// A reservation, also one that has ended and whose last jobs have not.
		pub fn reservation(id: ReservationId) -> Option<ReservationState> {
			ReservationStates::<T>::get(id)
		}

		/// The numbers of an account's reservations, oldest first.
		pub fn reservations_of(account: AccountId) -> Vec<ReservationId> {
			ReservationsOf::<T>::get(account).into_inner()
		}

		/// What reserving so much of a class for so many blocks would cost now.
		pub fn reservation_quote(
			class: ClassId,
			milli_slots: u64,
			blocks: BlockNumber,
		) -> Result<ReservationQuote, DispatchError> {
			Ok(Self::quote_reservation(class, milli_slots, blocks)?)
		}

		/// What selling a reservation back would return now, in planck.
		pub fn refund_quote(id: ReservationId) -> Result<Balance, DispatchError> {
			let state = Self::reservation(id).ok_or(Error::<T>::UnknownReservation)?;
			Ok(Self::quote_refund(id, &state)?)
		}

		/// A class's price curve at evenly spaced levels from all free to none, at most
		/// [`MAX_CURVE_POINTS`]: utilisation in parts per billion, and the marginal price there in
		/// planck per compute unit, rounded up. The curve is by weight; where the pool is on it,
		/// [`Pallet::utilisation`] tells. Empty for a pool without capacity.
		pub fn price_curve(class: ClassId, points: u32) -> Vec<(u32, Balance)> {
			let Some(state) = Pools::<T>::get(class) else {
				return Vec::new();
			};
			let points = points.min(MAX_CURVE_POINTS);
			let steps = u64::from(points.saturating_sub(1).max(1));
			(0..u64::from(points))
				.filter_map(|index| {
					let target = state.pool.target;
					// At most 2^48 times 32.
					let used = target.saturating_mul(index).checked_div(steps)?;
					let level = Pool {
						free: target.saturating_sub(used),
						free_weight: WEIGHT_UNIT,
						..state.pool
					};
					Some((level.utilisation(), curve::marginal_price(&level).ok()?))
				})
				.collect()
		}

		/// What a class did since its last epoch ended.
		pub fn activity(class: ClassId) -> Option<ActivityView> {
			Self::view_activity(class)
		}
	}
}
