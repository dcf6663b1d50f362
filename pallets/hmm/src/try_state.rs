//! The invariants of the README, checked over the whole storage.

use crate::{
	Activities, Capital, Classes, Config, FeesBrought, FundShares, NextClass, NextReservation,
	Pallet, Pools, Providers, ReservationEnds, ReservationStates, ReservationsOf, Reserved,
	SliceCount, SliceStates,
};
use aci_market::{curve, fund};
use aci_primitives::class::JOB_MILLI_SLOTS;
use alloc::collections::BTreeMap;
use frame_support::ensure;
use sp_runtime::DispatchError;

/// An invariant that does not hold.
fn broken(what: &'static str) -> DispatchError {
	DispatchError::Other(what)
}

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 4 and 7 to 12 of the README. For tests and off-chain checks: it reads
	/// everything.
	pub fn do_try_state() -> Result<(), DispatchError> {
		Self::check_classes()?;
		Self::check_capacity()?;
		Self::check_funds()?;
		Self::check_reservations()?;
		Self::check_slices()
	}

	fn check_classes() -> Result<(), DispatchError> {
		let next = NextClass::<T>::get();
		let classes = Classes::<T>::iter_keys().count();
		let pools = Pools::<T>::iter_keys().count();
		ensure!(
			classes == usize::from(next) && pools == classes,
			broken("classes, pools and the next number do not agree")
		);
		for (id, class) in Classes::<T>::iter() {
			ensure!(id < next, broken("a class has a number not yet given"));
			ensure!(
				Self::check_class(&class).is_ok(),
				broken("a stored class is out of bounds")
			);
			let state = Pools::<T>::get(id).ok_or(broken("a class has no pool"))?;
			let pool = state.pool;
			ensure!(pool.check().is_ok(), broken("a pool is out of bounds"));
			ensure!(
				pool.free_weight == state.weights.relative(),
				broken("a pool's weight is not that of its class's slots")
			);
			let slot = pool.free.min(JOB_MILLI_SLOTS);
			ensure!(
				slot == 0 || curve::unit_price(&pool, slot).is_ok(),
				broken("a pool with free capacity has no price")
			);
		}
		Ok(())
	}

	/// Invariants 7 and 12.
	fn check_capacity() -> Result<(), DispatchError> {
		for (id, state) in Pools::<T>::iter() {
			let sliced = SliceStates::<T>::iter_prefix_values(id)
				.fold(0u64, |sum, slice| sum.saturating_add(slice.target));
			ensure!(
				state.weights.check() && state.weights.slots == Activities::<T>::get(id).registered,
				broken("the weighed slots are not the registered ones")
			);
			ensure!(
				state.pool.free <= state.weights.free_slots,
				broken("a pool has free capacity whose slots are occupied")
			);
			ensure!(
				Activities::<T>::get(id).registered == state.pool.target.saturating_add(sliced),
				broken("registered capacity is not that of the pool and its slices")
			);
		}
		Ok(())
	}

	/// Invariant 8.
	fn check_funds() -> Result<(), DispatchError> {
		let mut shares = BTreeMap::new();
		for (class, _, provider) in Providers::<T>::iter() {
			ensure!(provider.total() > 0, broken("a provider has no shares"));
			ensure!(
				provider.withdrawals.iter().all(|out| out.shares > 0),
				broken("a withdrawal has no shares")
			);
			let sum: &mut u128 = shares.entry(class).or_default();
			*sum = sum
				.checked_add(provider.total())
				.ok_or(broken("shares do not fit"))?;
		}
		for class in Pools::<T>::iter_keys() {
			let issued = FundShares::<T>::get(class);
			ensure!(
				issued == shares.remove(&class).unwrap_or_default() && issued <= fund::MAX_SHARES,
				broken("a fund's shares are not its providers'")
			);
		}
		ensure!(shares.is_empty(), broken("a provider's class is not there"));
		let capital = Activities::<T>::iter_values()
			.fold(0, |sum: u128, state| sum.saturating_add(state.fund));
		ensure!(
			capital == Capital::<T>::get(),
			broken("the capital is not the sum of the funds")
		);
		ensure!(
			FeesBrought::<T>::iter_values().all(|brought| brought.amount > 0),
			broken("nothing is recorded as brought")
		);
		Ok(())
	}

	/// Invariants 9 and 10.
	fn check_reservations() -> Result<(), DispatchError> {
		let mut held = BTreeMap::new();
		let (mut open, mut all) = (0usize, 0usize);
		for (id, state) in ReservationStates::<T>::iter() {
			let reservation = &state.reservation;
			let sum: &mut u64 = held.entry(reservation.class).or_default();
			*sum = sum
				.checked_add(state.held())
				.ok_or(broken("reserved capacity does not fit"))?;
			ensure!(
				reservation.occupied <= reservation.milli_slots
					&& reservation.from < reservation.until
					&& id < NextReservation::<T>::get(),
				broken("a reservation is out of bounds")
			);
			ensure!(
				!state.ended || reservation.occupied > 0,
				broken("an ended reservation holds nothing")
			);
			ensure!(
				ReservationEnds::<T>::contains_key(reservation.until, id) != state.ended,
				broken("a reservation is not on the agenda, or still on it")
			);
			ensure!(
				ReservationsOf::<T>::get(&reservation.owner).contains(&id),
				broken("a reservation is not in its owner's list")
			);
			open = open.saturating_add(usize::from(!state.ended));
			all = all.saturating_add(1);
		}
		let listed = ReservationsOf::<T>::iter_values()
			.fold(0usize, |sum, list| sum.saturating_add(list.len()));
		ensure!(
			listed == all && ReservationEnds::<T>::iter_keys().count() == open,
			broken("a list or the agenda names a reservation that is not there")
		);
		for (class, state) in Pools::<T>::iter() {
			let reserved = Reserved::<T>::get(class);
			ensure!(
				reserved == held.remove(&class).unwrap_or_default(),
				broken("a class's reserved capacity is not its reservations'")
			);
			ensure!(
				reserved <= state.pool.used(),
				broken("reserved capacity is not taken out of the pool")
			);
		}
		ensure!(
			held.is_empty(),
			broken("a reservation's class is not there")
		);
		Ok(())
	}

	/// Invariant 11.
	fn check_slices() -> Result<(), DispatchError> {
		let mut counts = BTreeMap::new();
		for (class, _, slice) in SliceStates::<T>::iter() {
			let parent = Pools::<T>::get(class).ok_or(broken("a slice's class is not there"))?;
			ensure!(
				slice.target > 0 && slice.on(&parent.pool).check().is_ok(),
				broken("a slice is out of bounds")
			);
			let count: &mut u32 = counts.entry(class).or_default();
			*count = count.saturating_add(1);
		}
		for class in Pools::<T>::iter_keys() {
			ensure!(
				SliceCount::<T>::get(class) == counts.remove(&class).unwrap_or_default(),
				broken("the number of a pool's slices is not right")
			);
		}
		Ok(())
	}
}
