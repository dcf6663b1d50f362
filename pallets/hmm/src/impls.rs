//! Changes of pools, and what the other pallets ask of this one.

use crate::{Classes, Config, Error, Event, NextClass, Pallet, PoolState, Pools};
use aci_market::{curve, CurveError, Pool, SlotWeights};
use aci_primitives::{
	traits::{MarketQuote, MarketWeights, Quote},
	Balance, BlockNumber, Class, ClassId,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::{traits::SaturatedConversion, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Stores a class under the next number, with an empty pool.
	pub(crate) fn insert_class(
		class: Class,
		par_price: Balance,
		floor_share: u32,
	) -> Result<ClassId, Error<T>> {
		Self::check_class(&class)?;
		let pool = Pool::new(0, 0, par_price, floor_share)?;
		let id = NextClass::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::TooManyClasses)?;
		NextClass::<T>::put(next);
		Classes::<T>::insert(id, class);
		Pools::<T>::insert(
			id,
			PoolState {
				pool,
				weights: SlotWeights::default(),
				version: 0,
				changed: Self::now(),
			},
		);
		Ok(id)
	}

	/// Whether a class may be stored.
	pub(crate) fn check_class(class: &Class) -> Result<(), Error<T>> {
		let name = core::str::from_utf8(&class.name);
		ensure!(
			name.is_ok_and(|name| !name.trim().is_empty()),
			Error::<T>::ClassName
		);
		ensure!(
			class.memory > 0 && class.peak_flops > 0 && class.bandwidth > 0,
			Error::<T>::ClassFigureZero
		);
		Ok(())
	}

	/// Changes a pool and its version, or nothing. A change to the same pool is none.
	pub(crate) fn change(
		id: ClassId,
		change: impl FnOnce(&mut Pool) -> Result<(), CurveError>,
	) -> Result<PoolState, Error<T>> {
		Self::change_state(id, |state| change(&mut state.pool))
	}

	/// Changes a pool, the weights of its class's slots and its version, or nothing. The pool's own
	/// weight follows the sums.
	pub(crate) fn change_state(
		id: ClassId,
		change: impl FnOnce(&mut PoolState) -> Result<(), CurveError>,
	) -> Result<PoolState, Error<T>> {
		let mut state = Pools::<T>::get(id).ok_or(Error::<T>::UnknownClass)?;
		let former = state;
		change(&mut state)?;
		state.pool.free_weight = state.weights.relative();
		if state != former {
			Self::store(id, &mut state);
		}
		Ok(state)
	}

	/// Stores a changed pool under a new version.
	pub(crate) fn store(id: ClassId, state: &mut PoolState) {
		// A version is compared for equality only, within the life of a quote, so it may wrap.
		state.version = state.version.wrapping_add(1);
		state.changed = Self::now();
		Pools::<T>::insert(id, *state);
	}

	/// Emits a pool's state.
	pub(crate) fn report(id: ClassId, state: &PoolState) {
		let Pool {
			free,
			target,
			par_price,
			floor_share,
			free_weight,
		} = state.pool;
		Self::deposit_event(Event::PoolChanged {
			class: id,
			free,
			target,
			par_price,
			floor_share,
			free_weight,
			version: state.version,
			unit_price: curve::marginal_price(&state.pool).ok(),
		});
	}

	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}
}

impl<T: Config> MarketQuote for Pallet<T> {
	fn class(class: ClassId) -> Option<Class> {
		Classes::<T>::get(class)
	}

	fn pool(class: ClassId) -> Option<Pool> {
		Pools::<T>::get(class).map(|state| state.pool)
	}

	fn quote(class: ClassId, milli_slots: u64, flops: u128) -> Result<Quote, DispatchError> {
		let state = Pools::<T>::get(class).ok_or(Error::<T>::UnknownClass)?;
		let exact = curve::exact_unit_price(&state.pool, milli_slots).map_err(Error::<T>::from)?;
		Ok(Quote {
			class,
			flops,
			price: exact.price_ceil(flops).map_err(Error::<T>::from)?,
			unit_price: exact.ceil().map_err(Error::<T>::from)?,
			version: state.version,
			expires: Self::now().saturating_add(T::QuoteLifetime::get()),
		})
	}

	fn take(class: ClassId, milli_slots: u64) -> DispatchResult {
		Self::change(class, |pool| curve::take(pool, milli_slots))?;
		Ok(())
	}

	fn give_back(class: ClassId, milli_slots: u64) -> DispatchResult {
		Self::change(class, |pool| curve::give_back(pool, milli_slots))?;
		Ok(())
	}

	fn add_capacity(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult {
		let state = Self::change_state(class, |state| {
			curve::add_capacity(&mut state.pool, milli_slots)?;
			state.weights.add(milli_slots, weight)
		})?;
		// At most 2^48 in the pool and in each of a bounded number of slices.
		Self::set_registered(class, |registered| registered.saturating_add(milli_slots));
		Self::report(class, &state);
		Ok(())
	}

	fn remove_capacity(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult {
		let state = Self::change_state(class, |state| {
			curve::remove_capacity(&mut state.pool, milli_slots)?;
			state.weights.remove(milli_slots, weight)
		})?;
		Self::set_registered(class, |registered| registered.saturating_sub(milli_slots));
		Self::report(class, &state);
		Ok(())
	}
}

impl<T: Config> MarketWeights for Pallet<T> {
	fn weights(class: ClassId) -> Option<SlotWeights> {
		Pools::<T>::get(class).map(|state| state.weights)
	}

	fn occupy_slots(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult {
		Self::change_state(class, |state| state.weights.occupy(milli_slots, weight))?;
		Ok(())
	}

	fn vacate_slots(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult {
		Self::change_state(class, |state| state.weights.vacate(milli_slots, weight))?;
		Ok(())
	}

	fn reweigh_slots(
		class: ClassId,
		milli_slots: u64,
		free: u64,
		from: u32,
		to: u32,
	) -> DispatchResult {
		Self::change_state(class, |state| {
			state.weights.reweigh(milli_slots, free, from, to)
		})?;
		Ok(())
	}
}

impl<T: Config> From<CurveError> for Error<T> {
	fn from(error: CurveError) -> Self {
		match error {
			CurveError::EmptyPool => Error::EmptyPool,
			CurveError::NothingAsked => Error::NothingAsked,
			CurveError::NotEnoughCapacity => Error::NotEnoughCapacity,
			CurveError::AboveTarget => Error::AboveTarget,
			CurveError::CapacityOutOfBounds => Error::CapacityOutOfBounds,
			CurveError::FreeAboveTarget => Error::FreeAboveTarget,
			CurveError::ParPriceOutOfBounds => Error::ParPriceOutOfBounds,
			CurveError::FloorShareOutOfBounds => Error::FloorShareOutOfBounds,
			CurveError::FreeWeightOutOfBounds => Error::FreeWeightOutOfBounds,
			CurveError::PriceTooHigh => Error::PriceTooHigh,
		}
	}
}
