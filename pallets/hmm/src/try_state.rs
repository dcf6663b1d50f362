//! The invariants of the README, checked over the whole storage.

use crate::{Classes, Config, NextClass, Pallet, Pools};
use aci_market::curve;
use aci_primitives::class::JOB_MILLI_SLOTS;
use frame_support::ensure;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 4 of the README. For tests and off-chain checks: it reads everything.
	pub fn do_try_state() -> Result<(), DispatchError> {
		let next = NextClass::<T>::get();
		let classes = Classes::<T>::iter_keys().count();
		let pools = Pools::<T>::iter_keys().count();
		ensure!(
			classes == usize::from(next) && pools == classes,
			DispatchError::Other("classes, pools and the next number do not agree")
		);
		for (id, class) in Classes::<T>::iter() {
			ensure!(
				id < next,
				DispatchError::Other("a class has a number not yet given")
			);
			ensure!(
				Self::check_class(&class).is_ok(),
				DispatchError::Other("a stored class is out of bounds")
			);
			let pool = Pools::<T>::get(id)
				.ok_or(DispatchError::Other("a class has no pool"))?
				.pool;
			ensure!(
				pool.check().is_ok(),
				DispatchError::Other("a pool is out of bounds")
			);
			let slot = pool.free.min(JOB_MILLI_SLOTS);
			ensure!(
				slot == 0 || curve::unit_price(&pool, slot).is_ok(),
				DispatchError::Other("a pool with free capacity has no price")
			);
		}
		Ok(())
	}
}
