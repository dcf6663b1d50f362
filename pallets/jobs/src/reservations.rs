//! Jobs that a reservation pays for.
//!
//! Such a job has its price from the start: its operations at the reservation's own unit price. That
//! much is locked out of the prepayment, the match does not change it, and a return does not either.
//! It occupies the reservation's capacity, which was taken from the pool when it was bought, from
//! the match until its slot is free again. In all else it is a job like others.

use crate::{types::Reserved, Config, Error, Pallet};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	traits::{Prepayments, Reservations},
	AccountId, BlockNumber, ClassId, JobId, JobSpec, Reservation, ReservationId,
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
