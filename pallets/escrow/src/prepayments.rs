//! Prepayments of reservations.
//!
//! A prepayment remembers how much of it came from free escrow. A lock that is drawn from it takes
//! that part first, a refund brings it back, so whatever is given back in the end goes to where it
//! came from. A lock outlives the prepayment that it was drawn from: it is then like any other.

use crate::{
	ledger::{decrease, increase, split_refund, subtract},
	Config, Error, Event, HoldReason, Locks, Pallet, Prepaid, Prepayment, Prepayments,
};
use aci_primitives::{traits, AccountId, Balance, JobId, ReservationId};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision},
	},
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> traits::Prepayments for Pallet<T> {
	fn prepay(owner: &AccountId, id: ReservationId, amount: Balance) -> DispatchResult {
		with_storage_layer(|| {
			let exists = Prepayments::<T>::contains_key(id);
			ensure!(!exists, Error::<T>::PrepaymentExists);
			let from_free = Self::draw(owner, HoldReason::Prepaid, amount)?;
			increase::<Prepaid<T>>(owner, amount)?;
			let owner = owner.clone();
			let prepayment = Prepayment {
				owner: owner.clone(),
				amount,
				from_free,
			};
			Prepayments::<T>::insert(id, prepayment);
			Self::deposit_event(Event::Prepaid {
				reservation: id,
				owner,
				amount,
				from_free,
			});
			Ok(())
		})
	}

	fn prepaid(id: ReservationId) -> Balance {
		Prepayments::<T>::get(id).map_or(0, |prepayment| prepayment.amount)
	}

	fn lock_prepaid(
		client: &AccountId,
		id: ReservationId,
		job: &JobId,
		amount: Balance,
	) -> DispatchResult {
		with_storage_layer(|| {
			ensure!(!Locks::<T>::contains_key(job), Error::<T>::LockExists);
			let mut prepayment = Prepayments::<T>::get(id).ok_or(Error::<T>::NoPrepayment)?;
			ensure!(prepayment.owner == *client, Error::<T>::NotPrepaidByClient);
			let enough = amount <= prepayment.amount;
			ensure!(enough, Error::<T>::InsufficientPrepayment);
			let (from_free, _) = split_refund(prepayment.from_free, amount);
			subtract(&mut prepayment.amount, amount)?;
			subtract(&mut prepayment.from_free, from_free)?;
			Prepayments::<T>::insert(id, prepayment);
			Self::move_hold(client, HoldReason::Prepaid, HoldReason::Job, amount)?;
			decrease::<Prepaid<T>>(client, amount)?;
			Self::open_lock(client, job, amount, from_free, Some(id))
		})
	}

	fn end_prepayment(id: ReservationId, refund: Balance) -> Result<Balance, DispatchError> {
		with_storage_layer(|| {
			let prepayment = Prepayments::<T>::take(id).ok_or(Error::<T>::NoPrepayment)?;
			let owner = prepayment.owner;
			let burned = prepayment
				.amount
				.checked_sub(refund)
				.ok_or(Error::<T>::InsufficientPrepayment)?;
			let (to_free, to_balance) = split_refund(prepayment.from_free, refund);
			decrease::<Prepaid<T>>(&owner, prepayment.amount)?;
			Self::give_back(&owner, HoldReason::Prepaid, to_free, to_balance)?;
			if burned > 0 {
				T::Currency::burn_held(
					&HoldReason::Prepaid.into(),
					&owner,
					burned,
					Precision::Exact,
					Fortitude::Force,
				)?;
				Self::note_burned(burned)?;
			}
			Self::deposit_event(Event::PrepaymentEnded {
				reservation: id,
				owner,
				to_free,
				to_balance,
				burned,
			});
			Ok(burned)
		})
	}
}
