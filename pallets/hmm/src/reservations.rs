//! Reservations: buying them, using them, selling them back, and their end.
//!
//! A reservation takes its capacity out of the pool when it is bought, so the price that others see
//! rises at once. Its window begins with the next block. At the window's end, or when it is sold
//! back, the idle capacity returns to the pool; what jobs still occupy returns when they vacate it.
//!
//! What is left of the prepayment at the window's end is burned. It goes to nobody, since whoever
//! got it could hold slots for nothing: an owner of the fund's shares would be paid its own
//! prepayment.

use crate::{
	types::time_of, Classes, Config, EndsCursor, Error, Event, NextReservation, Pallet, Pools,
	ReservationEnds, ReservationQuote, ReservationState, ReservationStates, ReservationsOf,
	Reserved,
};
use aci_market::{
	curve,
	reservation::{price_at, refund, reservable, reserved_flops, terms},
	ReservationTerms,
};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	traits::{Prepayments, Reservations},
	AccountId, Balance, BlockNumber, ClassId, Reservation, ReservationId,
};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// What reserving would cost now, and whether it may be reserved.
	pub(crate) fn quote_reservation(
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
	) -> Result<ReservationQuote, Error<T>> {
		let figures = Classes::<T>::get(class).ok_or(Error::<T>::UnknownClass)?;
		let state = Pools::<T>::get(class).ok_or(Error::<T>::UnknownClass)?;
		ensure!(
			(T::MinWindow::get()..=T::MaxWindow::get()).contains(&blocks),
			Error::<T>::WindowOutOfBounds
		);
		ensure!(milli_slots >= JOB_MILLI_SLOTS, Error::<T>::LessThanOneSlot);
		let reserved = Reserved::<T>::get(class).saturating_add(milli_slots);
		ensure!(
			reserved <= reservable(&state.pool, T::MaxReservedShare::get()),
			Error::<T>::TooMuchReserved
		);
		let time = time_of(blocks, T::BlockTime::get());
		let flops = reserved_flops(
			milli_slots,
			figures.peak_flops,
			time,
			T::ReservedLoad::get(),
		)?;
		let terms = terms(&state.pool, milli_slots, flops)?;
		Ok(ReservationQuote {
			flops: terms.flops,
			unit_price: terms.unit_price,
			price: terms.price,
			version: state.version,
		})
	}

	pub(crate) fn do_buy(
		owner: AccountId,
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
		max_price: Balance,
	) -> DispatchResult {
		let quote = Self::quote_reservation(class, milli_slots, blocks)?;
		ensure!(quote.price <= max_price, Error::<T>::PriceAboveMaximum);
		let mut owned = ReservationsOf::<T>::get(&owner);
		let id = NextReservation::<T>::get();
		owned
			.try_push(id)
			.map_err(|_| Error::<T>::TooManyReservations)?;
		// 2^64 reservations are not sold before the window of any ends.
		let next = id.checked_add(1).ok_or(Error::<T>::TooManyReservations)?;
		T::Prepayments::prepay(&owner, id, quote.price)?;
		let pool = Self::change(class, |pool| curve::take(pool, milli_slots))?;
		let from = Self::now().saturating_add(1);
		let until = from.saturating_add(blocks);
		NextReservation::<T>::put(next);
		ReservationsOf::<T>::insert(&owner, owned);
		Reserved::<T>::mutate(class, |sum| *sum = sum.saturating_add(milli_slots));
		ReservationEnds::<T>::insert(until, id, ());
		ReservationStates::<T>::insert(
			id,
			ReservationState {
				reservation: Reservation {
					owner: owner.clone(),
					class,
					milli_slots,
					occupied: 0,
					from,
					until,
					unit_price: quote.unit_price,
					paid: quote.price,
				},
				flops: quote.flops,
				ended: false,
			},
		);
		Self::deposit_event(Event::Reserved {
			id,
			owner,
			class,
			milli_slots,
			from,
			until,
			flops: quote.flops,
			unit_price: quote.unit_price,
			paid: quote.price,
			version: pool.version,
		});
		Ok(())
	}

	/// What selling a reservation back returns now.
	pub(crate) fn quote_refund(
		id: ReservationId,
		state: &ReservationState,
	) -> Result<Balance, Error<T>> {
		let reservation = &state.reservation;
		let now = Self::now();
		ensure!(
			!state.ended && now < reservation.until,
			Error::<T>::WindowOver
		);
		ensure!(reservation.occupied == 0, Error::<T>::ReservationInUse);
		let pool = Pools::<T>::get(reservation.class).ok_or(Error::<T>::UnknownClass)?;
		let terms = ReservationTerms {
			flops: state.flops,
			unit_price: reservation.unit_price,
			price: reservation.paid,
		};
		// The present block counts as used, so time is rounded in favour of the market.
		let left = reservation.until.saturating_sub(now.saturating_add(1));
		let whole = reservation.until.saturating_sub(reservation.from);
		Ok(refund(
			&pool.pool,
			reservation.milli_slots,
			&terms,
			T::Prepayments::prepaid(id),
			left,
			whole,
			T::SellBackFee::get(),
		)?)
	}

	pub(crate) fn do_sell_back(
		who: AccountId,
		id: ReservationId,
		min_refund: Balance,
	) -> DispatchResult {
		let state = ReservationStates::<T>::get(id).ok_or(Error::<T>::UnknownReservation)?;
		ensure!(state.reservation.owner == who, Error::<T>::NotOwner);
		let refund = Self::quote_refund(id, &state)?;
		ensure!(refund >= min_refund, Error::<T>::RefundBelowMinimum);
		let burned = T::Prepayments::end_prepayment(id, refund)?;
		ReservationEnds::<T>::remove(state.reservation.until, id);
		let class = state.reservation.class;
		Self::release(id, state);
		Self::deposit_event(Event::SoldBack {
			id,
			owner: who,
			class,
			refund,
			burned,
		});
		Ok(())
	}

	/// Ends due reservations, at most [`Config::MaxEndsPerBlock`]. The agenda goes on where it
	/// stopped, so a full block loses nothing: whose window is over cannot be used or sold back
	/// meanwhile. Returns the steps taken, each of which ended one reservation or one block's list.
	pub(crate) fn end_reservations(now: BlockNumber) -> u32 {
		let stored = EndsCursor::<T>::get();
		let mut cursor = stored.unwrap_or(now);
		let mut steps = 0u32;
		let budget = T::MaxEndsPerBlock::get();
		while cursor <= now && steps < budget {
			let room = budget.saturating_sub(steps);
			let due: Vec<ReservationId> = ReservationEnds::<T>::iter_key_prefix(cursor)
				.take(room.saturated_into())
				.collect();
			let count: u32 = due.len().saturated_into();
			for id in due {
				Self::end(id);
				ReservationEnds::<T>::remove(cursor, id);
			}
			steps = steps.saturating_add(count.max(1));
			if count < room {
				cursor = cursor.saturating_add(1);
			}
		}
		if cursor <= now {
			EndsCursor::<T>::put(cursor);
		} else if stored.is_some() {
			EndsCursor::<T>::kill();
		}
		steps
	}

	fn end(id: ReservationId) {
		let Some(state) = ReservationStates::<T>::get(id) else {
			return;
		};
		// Nothing is asked back, so this does not fail while the prepayment is there.
		let burned = T::Prepayments::end_prepayment(id, 0).unwrap_or_default();
		let (owner, class, occupied) = (
			state.reservation.owner.clone(),
			state.reservation.class,
			state.reservation.occupied,
		);
		Self::release(id, state);
		Self::deposit_event(Event::ReservationEnded {
			id,
			owner,
			class,
			burned,
			occupied,
		});
	}

	/// Returns the idle capacity of a reservation that ends to its pool, and forgets it unless jobs
	/// occupy some of it.
	fn release(id: ReservationId, mut state: ReservationState) {
		let occupied = state.reservation.occupied;
		let idle = state.reservation.milli_slots.saturating_sub(occupied);
		Self::return_capacity(state.reservation.class, idle);
		if occupied == 0 {
			Self::forget(id, &state.reservation.owner);
		} else {
			state.ended = true;
			ReservationStates::<T>::insert(id, state);
		}
	}

	fn return_capacity(class: ClassId, milli_slots: u64) {
		if milli_slots > 0 {
			Reserved::<T>::mutate(class, |sum| *sum = sum.saturating_sub(milli_slots));
			// It was taken when it was reserved, and capacity in use cannot be removed, so this does
			// not fail; the check of the invariants would show it.
			Self::change(class, |pool| curve::give_back(pool, milli_slots)).ok();
		}
	}

	fn forget(id: ReservationId, owner: &AccountId) {
		ReservationStates::<T>::remove(id);
		ReservationsOf::<T>::mutate_exists(owner, |owned| {
			if let Some(list) = owned {
				list.retain(|other| *other != id);
				if list.is_empty() {
					*owned = None;
				}
			}
		});
	}

	/// The state of a reservation that can be used: not ended, and the window not over.
	fn usable(id: ReservationId) -> Option<ReservationState> {
		ReservationStates::<T>::get(id)
			.filter(|state| !state.ended && Self::now() < state.reservation.until)
	}
}

impl<T: Config> Reservations for Pallet<T> {
	fn reservation(id: ReservationId) -> Option<Reservation> {
		Self::usable(id).map(|state| state.reservation)
	}

	fn price(id: ReservationId, flops: u128) -> Option<Balance> {
		price_at(Self::usable(id)?.reservation.unit_price, flops).ok()
	}

	fn occupy(id: ReservationId, owner: &AccountId, milli_slots: u64) -> DispatchResult {
		let mut state = ReservationStates::<T>::get(id).ok_or(Error::<T>::UnknownReservation)?;
		let reservation = &mut state.reservation;
		ensure!(reservation.owner == *owner, Error::<T>::NotOwner);
		let now = Self::now();
		ensure!(
			!state.ended && now < reservation.until,
			Error::<T>::WindowOver
		);
		ensure!(reservation.from <= now, Error::<T>::WindowNotOpen);
		ensure!(milli_slots > 0, Error::<T>::NothingAsked);
		reservation.occupied = reservation
			.occupied
			.checked_add(milli_slots)
			.filter(|occupied| *occupied <= reservation.milli_slots)
			.ok_or(Error::<T>::NotEnoughIdle)?;
		ReservationStates::<T>::insert(id, state);
		Ok(())
	}

	fn vacate(id: ReservationId, milli_slots: u64) -> DispatchResult {
		let mut state = ReservationStates::<T>::get(id).ok_or(Error::<T>::UnknownReservation)?;
		ensure!(milli_slots > 0, Error::<T>::NothingAsked);
		let reservation = &mut state.reservation;
		reservation.occupied = reservation
			.occupied
			.checked_sub(milli_slots)
			.ok_or(Error::<T>::NotOccupied)?;
		let (class, last) = (reservation.class, reservation.occupied == 0);
		if state.ended {
			Self::return_capacity(class, milli_slots);
		}
		if state.ended && last {
			Self::forget(id, &state.reservation.owner);
		} else {
			ReservationStates::<T>::insert(id, state);
		}
		Ok(())
	}
}
