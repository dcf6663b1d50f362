//! The release of locks, in batches.
//!
//! A batch is worked through in time linear in its releases and payments, apart from the look-ups
//! in ordered maps: each lock is taken once, each client's holds are touched once, each prepayment
//! and each payee is touched once, and there is one storage layer and one event for all of it.

use crate::{
	credits::Credits,
	ledger::{add, decrease, split_refund},
	Config, Error, Event, HoldReason, Locked, Locks, Pallet, Prepayment, Prepayments, TotalSettled,
};
use aci_primitives::{
	traits::{Release, Settlement},
	AccountId, Balance, ReservationId,
};
use alloc::collections::BTreeMap;
use frame_support::storage::with_storage_layer;
use sp_runtime::{DispatchError, DispatchResult};

/// What a batch does to one client.
#[derive(Default)]
struct ClientSide {
	/// Paid or burned.
	out: Balance,
	to_free: Balance,
	to_balance: Balance,
	to_prepayments: Balance,
}

impl ClientSide {
	/// What the batch takes off the client's locks.
	fn released(&self) -> Result<Balance, DispatchError> {
		let mut sum = self.out;
		for part in [self.to_free, self.to_balance, self.to_prepayments] {
			add(&mut sum, part)?;
		}
		Ok(sum)
	}
}

/// A batch, netted.
#[derive(Default)]
struct Batch {
	clients: BTreeMap<AccountId, ClientSide>,
	/// The prepayments that locks were drawn from and that something returns to.
	prepayments: BTreeMap<ReservationId, Option<Prepayment>>,
	credits: Credits,
	refunded: Balance,
}

impl<T: Config> Settlement for Pallet<T> {
	fn settle(batch: &[Release]) -> DispatchResult {
		if batch.is_empty() {
			return Ok(());
		}
		with_storage_layer(|| Self::do_settle(batch))
	}
}

impl<T: Config> Pallet<T> {
	/// Settles a batch: first every record, then each client once, then each payee once.
	fn do_settle(releases: &[Release]) -> DispatchResult {
		let mut batch = Batch::default();
		for release in releases {
			Self::end_lock(release, &mut batch)?;
		}
		for (id, prepayment) in &batch.prepayments {
			if let Some(prepayment) = prepayment {
				Prepayments::<T>::insert(id, prepayment);
			}
		}
		for (client, side) in &batch.clients {
			Self::settle_client(client, side)?;
		}
		Self::pay_all(&batch.credits)?;
		TotalSettled::<T>::try_mutate(|settled| batch.credits.add_to(settled))?;
		Self::deposit_event(Event::BatchSettled {
			// Neither number exceeds what fits the memory.
			jobs: releases.len().try_into().unwrap_or(u32::MAX),
			clients: batch.clients.len().try_into().unwrap_or(u32::MAX),
			payees: batch.credits.payees(),
			paid: batch.credits.paid,
			burned: batch.credits.burned,
			refunded: batch.refunded,
		});
		Ok(())
	}

	/// Ends one lock and adds what becomes of it to the sums of the batch.
	fn end_lock(release: &Release, batch: &mut Batch) -> DispatchResult {
		let lock = Locks::<T>::take(release.job).ok_or(Error::<T>::NoLock)?;
		let mut rest = lock.amount;
		for (payee, amount) in &release.payments {
			rest = rest
				.checked_sub(*amount)
				.ok_or(Error::<T>::PaymentsExceedLock)?;
			batch.credits.pay(payee, *amount)?;
		}
		add(&mut batch.refunded, rest)?;
		// `rest` is at most the lock.
		let out = lock.amount.saturating_sub(rest);
		let (to_free, to_balance) = split_refund(lock.from_free, rest);
		let side = batch.clients.entry(lock.client.clone()).or_default();
		add(&mut side.out, out)?;
		if let (Some(id), true) = (lock.prepayment, rest > 0) {
			let stored = batch.prepayments.entry(id);
			let stored = stored.or_insert_with(|| Prepayments::<T>::get(id));
			if let Some(prepayment) = stored.as_mut().filter(|prepayment| prepayment.feeds(&lock)) {
				prepayment.restore(to_free, to_balance)?;
				return add(&mut side.to_prepayments, rest);
			}
		}
		add(&mut side.to_free, to_free)?;
		add(&mut side.to_balance, to_balance)
	}

	/// Gives a client its refunds and moves what it pays to the pallet's account.
	///
	/// The refunds come first: the balance is then as large as it gets when the hold ends.
	fn settle_client(client: &AccountId, side: &ClientSide) -> DispatchResult {
		decrease::<Locked<T>>(client, side.released()?)?;
		Self::give_back(client, HoldReason::Job, side.to_free, side.to_balance)?;
		Self::return_to_prepaid(client, side.to_prepayments)?;
		Self::collect(client, HoldReason::Job, side.out)
	}
}
