#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

mod impls;
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
	use aci_market::{curve, Pool};
	use aci_primitives::{
		traits::{MarketQuote, Quote},
		Balance, BlockNumber, Class, ClassId,
	};
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::SaturatedConversion;

	/// Most classes that one page of [`Pallet::classes`] has.
	pub const CLASSES_PER_PAGE: u32 = 64;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who creates and changes classes and prices.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// For how many blocks a quote stands if its pool does not change.
		type QuoteLifetime: Get<BlockNumber>;

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
			/// The new version.
			version: u32,
			/// The marginal price in planck per compute unit; `None` without capacity.
			unit_price: Option<Balance>,
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
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
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

		/// The used share of a class's capacity, in parts per billion, rounded down.
		pub fn utilisation(id: ClassId) -> Option<u32> {
			Some(Pools::<T>::get(id)?.pool.utilisation())
		}
	}
}
