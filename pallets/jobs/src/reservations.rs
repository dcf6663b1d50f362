//! Jobs that a reservation pays for.
//!
//! Such a job has its price from the start: its operations at the reservation's own unit price. That
//! much is locked out of the prepayment, the match does not change it, and a return does not either.
//! It occupies the reservation's capacity, which was taken from the pool when it was bought, from
//! the match until its slot is free again. In all else it is a job like others, but for one rule.
//!
//! What is left of a prepayment when the reservation ends is burned by the market, and what is sold
//! back costs a fee: else capacity could be held for nothing. A lock must not carry money past that.
//! So what the lock of a cancelled, expired or paid job would give back is burned, too, once its
//! reservation is over or sold. While the reservation stands it goes back to the prepayment. A client
//! whom a worker wronged (a timeout, a verdict) is refunded in any case.

use crate::{types::Reserved, Config, Error, Event, Pallet};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	traits::{Prepayments, Reservations},
	AccountId, Balance, BlockNumber, ClassId, JobId, JobSpec, Reservation, ReservationId,
};
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit_reserved(
		client: AccountId,
		order: u64,
		spec: JobSpec,
		reservation: ReservationId,
	) -> DispatchResult {
		let flops = Self::check_order(&spec).map_err(Error::<T>::from)?;
		let bought =
			T::Reservations::reservation(reservation).ok_or(Error::<T>::UnknownReservation)?;
		ensure!(bought.owner == client, Error::<T>::NotReservationOwner);
		ensure!(
			bought.class == spec.class,
			Error::<T>::ReservationOfOtherClass
		);
		ensure!(
			Self::now().block < bought.until,
			Error::<T>::UnknownReservation
		);
		Self::open_job(client, order, spec, flops, Some(reservation))
	}

	/// Locks a job's price under a reservation, out of its prepayment.
	pub(crate) fn lock_reserved(
		client: &AccountId,
		id: &JobId,
		spec: &JobSpec,
		flops: u128,
		reservation: ReservationId,
	) -> Result<Reserved, DispatchError> {
		let price =
			T::Reservations::price(reservation, flops).ok_or(Error::<T>::UnknownReservation)?;
		ensure!(price > 0, Error::<T>::PriceIsZero);
		ensure!(price <= spec.max_price, Error::<T>::PriceAboveMaximum);
		T::Prepayments::lock_prepaid(client, reservation, id, price)?;
		Ok(Reserved {
			id: reservation,
			price,
		})
	}

	/// What of `rest`, which a job's lock would give back, is burned instead.
	pub(crate) fn forfeited(reservation: Option<ReservationId>, rest: Balance) -> Balance {
		match reservation {
			Some(id) if T::Reservations::reservation(id).is_none() => rest,
			_ => 0,
		}
	}

	/// States what was burned of a job's lock, if anything was.
	pub(crate) fn state_forfeit(job: &JobId, reservation: Option<ReservationId>, amount: Balance) {
		if let Some(reservation) = reservation.filter(|_| amount > 0) {
			Self::deposit_event(Event::JobForfeited {
				job: *job,
				reservation,
				amount,
			});
		}
	}

	/// The reservation, if it has room for a job of this class now.
	pub(crate) fn open_reservation(
		id: ReservationId,
		class: ClassId,
		block: BlockNumber,
	) -> Option<Reservation> {
		T::Reservations::reservation(id).filter(|bought| {
			let idle = bought.milli_slots.saturating_sub(bought.occupied);
			bought.class == class
				&& (bought.from..bought.until).contains(&block)
				&& idle >= JOB_MILLI_SLOTS
		})
	}
}
