//! Money that homes of the fast path may spend, and what checkpoints do to it.
//!
//! Leased money leaves the client's account: the pallet's own account keeps it, with what is locked
//! for unfinished jobs of the fast path. So a checkpoint that settles thousands of orders moves money
//! only where it leaves the fast path, and no state of a client's account stands in its way. This
//! differs from budgets and locks of the settlement path, which stay on the client's account on hold.

use crate::{
	credits::Credits,
	ledger::{add, decrease, increase, subtract},
	Config, Error, Event, Free, HoldReason, Leased, Lock, Locked, Locks, OpenLocks, Pallet,
	TotalLeased, TotalSettled,
};
use aci_primitives::{
	traits::{LeasedEscrow, NetSettlement},
	AccountId, Balance, JobId,
};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Preservation},
	},
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Moves `amount` from the pallet's account to a client's account under a hold. False when the
	/// account cannot take it; then nothing has changed.
	fn hold_from_account(client: &AccountId, reason: HoldReason, amount: Balance) -> bool {
		let moved = with_storage_layer::<(), DispatchError, _>(|| {
			T::Currency::transfer_and_hold(
				&reason.into(),
				&Self::account(),
				client,
				amount,
				Precision::Exact,
				Preservation::Preserve,
				Fortitude::Polite,
			)?;
			Ok(())
		});
		moved.is_ok()
	}

	/// Gives a client `amount` of what the pallet's account keeps for it, as free escrow; what its
	/// account cannot take waits as a credit.
	fn free_from_account(client: &AccountId, amount: Balance) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		if Self::hold_from_account(client, HoldReason::Free, amount) {
			increase::<Free<T>>(client, amount)?;
		} else {
			Self::keep_credit(client, amount)?;
		}
		Self::deposit_event(Event::LeaseEnded {
			client: client.clone(),
			amount,
		});
		Ok(())
	}

	fn do_settle_net(settlement: &NetSettlement) -> DispatchResult {
		let mut kept = OpenLocks::<T>::get();
		let mut debited = 0;
		let mut changes = BTreeMap::<&AccountId, (Balance, Balance)>::new();
		for (client, amount) in &settlement.debits {
			add(&mut debited, *amount)?;
			add(&mut changes.entry(client).or_default().0, *amount)?;
		}
		let mut returned = 0;
		for (client, amount) in &settlement.leased {
			add(&mut returned, *amount)?;
			add(&mut changes.entry(client).or_default().1, *amount)?;
		}
		add(&mut kept, debited)?;
		let mut leased = TotalLeased::<T>::get();
		subtract(&mut leased, debited).map_err(|_| Error::<T>::InsufficientLease)?;
		add(&mut leased, returned)?;
		TotalLeased::<T>::put(leased);
		for (client, (taken, given)) in changes {
			let mut left = Leased::<T>::get(client);
			subtract(&mut left, taken).map_err(|_| Error::<T>::InsufficientLease)?;
			add(&mut left, given)?;
			if left > 0 {
				Leased::<T>::insert(client, left);
			} else {
				Leased::<T>::remove(client);
			}
		}
		let mut credits = Credits::default();
		for (payee, amount) in settlement.payments.iter().filter(|(_, amount)| *amount > 0) {
			credits.pay(payee, *amount)?;
		}
		for (_, amount) in &settlement.freed {
			add(&mut returned, *amount)?;
		}
		for amount in [returned, credits.paid, credits.burned] {
			subtract(&mut kept, amount).map_err(|_| Error::<T>::UnbalancedSpend)?;
		}
		ensure!(kept == settlement.locks, Error::<T>::UnbalancedSpend);
		OpenLocks::<T>::put(kept);
		for (client, amount) in &settlement.freed {
			Self::free_from_account(client, *amount)?;
		}
		Self::pay_all(&credits)?;
		TotalSettled::<T>::try_mutate(|settled| credits.add_to(settled))?;
		Self::deposit_event(Event::CheckpointSettled {
			debited,
			paid: credits.paid,
			burned: credits.burned,
			returned,
			locks: kept,
		});
		Ok(())
	}

	/// Takes a part of what is kept for jobs of the fast path.
	fn take_open_lock(amount: Balance) -> DispatchResult {
		OpenLocks::<T>::try_mutate(|locks| {
			subtract(locks, amount).map_err(|_| Error::<T>::InsufficientOpenLocks.into())
		})
	}
}

impl<T: Config> LeasedEscrow for Pallet<T> {
	fn lease(client: &AccountId, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		with_storage_layer(|| {
			let from_free = Self::draw(client, HoldReason::Budget, amount)?;
			Self::collect(client, HoldReason::Budget, amount)?;
			let leased = increase::<Leased<T>>(client, amount)?;
			TotalLeased::<T>::try_mutate(|total| add(total, amount))?;
			Self::deposit_event(Event::Leased {
				client: client.clone(),
				amount,
				from_free,
				leased,
			});
			Ok(())
		})
	}

	fn leased(client: &AccountId) -> Balance {
		Leased::<T>::get(client)
	}

	fn free_escrow(client: &AccountId) -> Balance {
		Free::<T>::get(client)
	}

	fn end_lease(client: &AccountId, amount: Balance) -> DispatchResult {
		with_storage_layer(|| {
			decrease::<Leased<T>>(client, amount).map_err(|_| Error::<T>::InsufficientLease)?;
			TotalLeased::<T>::try_mutate(|total| subtract(total, amount))?;
			Self::free_from_account(client, amount)
		})
	}

	fn open_locks() -> Balance {
		OpenLocks::<T>::get()
	}

	fn settle_net(settlement: &NetSettlement) -> DispatchResult {
		with_storage_layer(|| Self::do_settle_net(settlement))
	}

	fn export_lock(client: &AccountId, job: &JobId, amount: Balance) -> DispatchResult {
		with_storage_layer(|| {
			ensure!(!Locks::<T>::contains_key(job), Error::<T>::LockExists);
			Self::take_open_lock(amount)?;
			let held = Self::hold_from_account(client, HoldReason::Job, amount);
			ensure!(held, Error::<T>::BelowExistentialDeposit);
			increase::<Locked<T>>(client, amount)?;
			Locks::<T>::insert(
				job,
				Lock {
					client: client.clone(),
					amount,
					from_free: amount,
					prepayment: None,
				},
			);
			Self::deposit_event(Event::Locked {
				job: *job,
				client: client.clone(),
				amount,
				from_free: amount,
				prepayment: None,
			});
			Ok(())
		})
	}

	fn refund_open_lock(client: &AccountId, amount: Balance) -> DispatchResult {
		with_storage_layer(|| {
			Self::take_open_lock(amount)?;
			Self::free_from_account(client, amount)
		})
	}
}
