//! Locks for jobs: drawn from escrow and balance or from a prepayment, reduced.

use crate::{
	ledger::{add, decrease, increase, split_refund},
	Config, Error, Event, HoldReason, Lock, Locked, Locks, Pallet, Prepaid, Prepayment,
	Prepayments,
};
use aci_primitives::{traits::JobEscrow, AccountId, Balance, JobId, ReservationId};
use frame_support::{ensure, storage::with_storage_layer};
use sp_runtime::DispatchResult;

impl<T: Config> JobEscrow for Pallet<T> {
	fn lock(client: &AccountId, job: &JobId, amount: Balance) -> DispatchResult {
		with_storage_layer(|| {
			ensure!(!Locks::<T>::contains_key(job), Error::<T>::LockExists);
			let from_free = Self::draw(client, HoldReason::Job, amount)?;
			Self::open_lock(client, job, amount, from_free, None)
		})
	}

	fn locked(job: &JobId) -> Balance {
		Locks::<T>::get(job).map_or(0, |lock| lock.amount)
	}

	fn reduce(job: &JobId, remaining: Balance) -> DispatchResult {
		with_storage_layer(|| {
			let mut lock = Locks::<T>::get(job).ok_or(Error::<T>::NoLock)?;
			let rest = lock
				.amount
				.checked_sub(remaining)
				.ok_or(Error::<T>::CannotRaiseLock)?;
			if rest == 0 {
				return Ok(());
			}
			let client = lock.client.clone();
			let (mut to_free, mut to_balance) = split_refund(lock.from_free, rest);
			let mut to_prepayment = 0;
			lock.amount = remaining;
			// `to_free` is at most `from_free`.
			lock.from_free = lock.from_free.saturating_sub(to_free);
			decrease::<Locked<T>>(&client, rest)?;
			if let Some((id, mut prepayment)) = Self::source(&lock) {
				prepayment.restore(to_free, to_balance)?;
				Prepayments::<T>::insert(id, prepayment);
				(to_free, to_balance, to_prepayment) = (0, 0, rest);
				Self::return_to_prepaid(&client, rest)?;
			}
			Self::give_back(&client, HoldReason::Job, to_free, to_balance)?;
			Locks::<T>::insert(job, lock);
			Self::deposit_event(Event::Reduced {
				job: *job,
				client,
				remaining,
				to_free,
				to_balance,
				to_prepayment,
			});
			Ok(())
		})
	}
}

impl Prepayment {
	/// Whether a lock that names this prepayment was drawn from it.
	///
	/// A reservation's number is given once. Should it be prepaid again by somebody else, a lock of
	/// the first does not pay into what is not its client's.
	pub(crate) fn feeds(&self, lock: &Lock) -> bool {
		self.owner == lock.client
	}

	/// Takes back what a lock does not need, each part to its origin.
	pub(crate) fn restore(&mut self, to_free: Balance, to_balance: Balance) -> DispatchResult {
		add(&mut self.from_free, to_free)?;
		add(&mut self.amount, to_free)?;
		add(&mut self.amount, to_balance)
	}
}

impl<T: Config> Pallet<T> {
	/// Records a lock whose money is held already.
	pub(crate) fn open_lock(
		client: &AccountId,
		job: &JobId,
		amount: Balance,
		from_free: Balance,
		prepayment: Option<ReservationId>,
	) -> DispatchResult {
		increase::<Locked<T>>(client, amount)?;
		let lock = Lock {
			client: client.clone(),
			amount,
			from_free,
			prepayment,
		};
		Locks::<T>::insert(job, lock);
		Self::deposit_event(Event::Locked {
			job: *job,
			client: client.clone(),
			amount,
			from_free,
			prepayment,
		});
		Ok(())
	}

	/// The prepayment that a lock was drawn from, while it stands.
	fn source(lock: &Lock) -> Option<(ReservationId, Prepayment)> {
		let id = lock.prepayment?;
		let prepayment = Prepayments::<T>::get(id)?;
		prepayment.feeds(lock).then_some((id, prepayment))
	}

	/// Moves the hold of what returns to a client's prepayments, and its record.
	pub(crate) fn return_to_prepaid(client: &AccountId, amount: Balance) -> DispatchResult {
		Self::move_hold(client, HoldReason::Job, HoldReason::Prepaid, amount)?;
		increase::<Prepaid<T>>(client, amount)?;
		Ok(())
	}
}
