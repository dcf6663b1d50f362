//! Slices of pools that homes other than the chain price on; see `aci_market::slices`.

use crate::{Config, Error, Pallet, Pools, SliceCount, SliceStates};
use aci_market::{slices, Pool, Slice};
use aci_primitives::{job::Home, traits::Slices, ClassId};
use frame_support::{ensure, traits::Get};
use sp_runtime::DispatchResult;

impl<T: Config> Slices for Pallet<T> {
	fn slice(class: ClassId, home: &Home) -> Option<Pool> {
		let parent = Pools::<T>::get(class)?.pool;
		Some(SliceStates::<T>::get(class, home)?.on(&parent))
	}

	fn split(class: ClassId, home: &Home, milli_slots: u64) -> DispatchResult {
		let stored = SliceStates::<T>::get(class, home);
		let count = SliceCount::<T>::get(class);
		if stored.is_none() {
			ensure!(count < T::MaxSlices::get(), Error::<T>::TooManySlices);
		}
		let is_new = stored.is_none();
		let mut slice: Slice = stored.unwrap_or_default();
		Self::change(class, |pool| slices::split(pool, &mut slice, milli_slots))?;
		SliceStates::<T>::insert(class, home, slice);
		if is_new {
			SliceCount::<T>::insert(class, count.saturating_add(1));
		}
		Ok(())
	}

	fn merge(class: ClassId, home: &Home, milli_slots: u64) -> DispatchResult {
		let mut slice = SliceStates::<T>::get(class, home).ok_or(Error::<T>::NoSlice)?;
		Self::change(class, |pool| slices::merge(pool, &mut slice, milli_slots))?;
		if slice.target > 0 {
			SliceStates::<T>::insert(class, home, slice);
		} else {
			SliceStates::<T>::remove(class, home);
			SliceCount::<T>::mutate(class, |count| *count = count.saturating_sub(1));
		}
		Ok(())
	}
}
