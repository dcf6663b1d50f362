//! The traits by which other pallets lock and settle.

use crate::{Config, Error, Event, Free, HoldReason, Lock, Locks, Pallet, TotalBurned};
use aci_primitives::{
	traits::{JobEscrow, Release, Settlement},
	AccountId, Balance, JobId,
};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
	},
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> JobEscrow for Pallet<T> {
	fn lock(client: &AccountId, job: &JobId, amount: Balance) -> DispatchResult {
		with_storage_layer(|| {
			ensure!(!Locks::<T>::contains_key(job), Error::<T>::LockExists);
			let from_free = Free::<T>::get(client).min(amount);
			// `from_free` is at most `amount`.
			let from_balance = amount.saturating_sub(from_free);
			if from_balance > 0 {
				let transferable = Self::transferable(client);
				ensure!(from_balance <= transferable, Error::<T>::InsufficientFunds);
				T::Currency::hold(&HoldReason::Job.into(), client, from_balance)?;
			}
			Self::move_hold(client, HoldReason::Free, HoldReason::Job, from_free)?;
			Self::subtract_free(client, from_free)?;
			Self::add_locked(client, amount)?;
			Locks::<T>::insert(
				job,
				Lock {
					client: client.clone(),
					amount,
					from_free,
				},
			);
			let client = client.clone();
			Self::deposit_event(Event::Locked {
				job: *job,
				client,
				amount,
				from_free,
			});
			Ok(())
		})
	}

	fn locked(job: &JobId) -> Balance {
		Locks::<T>::get(job).map_or(0, |lock| lock.amount)
	}

	fn reduce(job: &JobId, remaining: Balance) -> DispatchResult {
		with_storage_layer(|| {
			let lock = Locks::<T>::get(job).ok_or(Error::<T>::NoLock)?;
			let rest = lock
				.amount
				.checked_sub(remaining)
				.ok_or(Error::<T>::CannotRaiseLock)?;
			if rest == 0 {
				return Ok(());
			}
			let (to_free, to_balance) = Self::split_refund(lock.from_free, rest);
			let client = lock.client;
			Self::refund(&client, to_free, to_balance)?;
			// `to_free` is at most `from_free`.
			let from_free = lock.from_free.saturating_sub(to_free);
			let lock = Lock {
				client: client.clone(),
				amount: remaining,
				from_free,
			};
			Locks::<T>::insert(job, lock);
			Self::deposit_event(Event::Reduced {
				job: *job,
				client,
				remaining,
				to_free,
				to_balance,
			});
			Ok(())
		})
	}
}

/// What a batch does to one client.
#[derive(Default)]
struct ClientSide {
	paid: Balance,
	burned: Balance,
	to_free: Balance,
	to_balance: Balance,
}

/// Adds in place.
fn add(sum: &mut Balance, amount: Balance) -> DispatchResult {
	*sum = sum.checked_add(amount).ok_or(ArithmeticError::Overflow)?;
	Ok(())
}

impl<T: Config> Settlement for Pallet<T> {
	fn settle(batch: &[Release]) -> DispatchResult {
		with_storage_layer(|| Self::do_settle(batch))
	}
}

impl<T: Config> Pallet<T> {
	/// Settles a batch: first every record, then each client once, then each payee once.
	fn do_settle(batch: &[Release]) -> DispatchResult {
		let mut clients = BTreeMap::<AccountId, ClientSide>::new();
		let mut credits = BTreeMap::<AccountId, Balance>::new();
		for release in batch {
			Self::end_lock(release, &mut clients, &mut credits)?;
		}
		for (client, side) in &clients {
			Self::settle_client(client, side)?;
		}
		for (payee, amount) in &credits {
			if !Self::pay_out(payee, *amount)? {
				Self::keep_credit(payee, *amount)?;
			}
		}
		Ok(())
	}

	/// Ends one lock and adds what becomes of it to the sums of the batch.
	fn end_lock(
		release: &Release,
		clients: &mut BTreeMap<AccountId, ClientSide>,
		credits: &mut BTreeMap<AccountId, Balance>,
	) -> Result<(), DispatchError> {
		let lock = Self::take_lock(&release.job)?;
		let mut rest = lock.amount;
		let (mut paid, mut burned) = (0, 0);
		for (payee, amount) in &release.payments {
			rest = rest
				.checked_sub(*amount)
				.ok_or(Error::<T>::PaymentsExceedLock)?;
			match Self::payee_account(payee) {
				Some(account) => {
					add(&mut paid, *amount)?;
					add(credits.entry(account).or_default(), *amount)?;
				}
				None => add(&mut burned, *amount)?,
			}
		}
		let (to_free, to_balance) = Self::split_refund(lock.from_free, rest);
		let side = clients.entry(lock.client.clone()).or_default();
		add(&mut side.paid, paid)?;
		add(&mut side.burned, burned)?;
		add(&mut side.to_free, to_free)?;
		add(&mut side.to_balance, to_balance)?;
		Self::deposit_event(Event::Released {
			job: release.job,
			client: lock.client,
			payments: release.payments.clone(),
			paid,
			burned,
			to_free,
			to_balance,
		});
		Ok(())
	}

	/// Gives a client its refunds, moves what it pays to the pallet's account, burns its burn.
	///
	/// The refunds come first: the balance is then as large as it gets when the hold ends.
	fn settle_client(client: &AccountId, side: &ClientSide) -> DispatchResult {
		Self::refund(client, side.to_free, side.to_balance)?;
		let reason = HoldReason::Job.into();
		if side.paid > 0 {
			Self::subtract_locked(client, side.paid)?;
			T::Currency::transfer_on_hold(
				&reason,
				client,
				&Self::account(),
				side.paid,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Force,
			)?;
		}
		if side.burned > 0 {
			Self::subtract_locked(client, side.burned)?;
			T::Currency::burn_held(
				&reason,
				client,
				side.burned,
				Precision::Exact,
				Fortitude::Force,
			)?;
			let mut total = TotalBurned::<T>::get();
			add(&mut total, side.burned)?;
			TotalBurned::<T>::put(total);
		}
		Ok(())
	}
}
