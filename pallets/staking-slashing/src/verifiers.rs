//! What verifiers are paid: the tariffs of the verdicts that they delivered in an epoch, out of the
//! verifiers' pool, and pro rata where the pool has less.
//!
//! Epochs are paid one after the other, a bounded number of verifiers in each block. What the pool
//! could not cover is not carried over.

use crate::{
	rewards::share, types::VerifierPayout, Config, Epoch, EpochRunning, Event, NextPaidEpoch,
	Pallet, PayingVerifiers, Work, WorkTotal,
};
use aci_primitives::{
	traits::{Pot, Pots, VerifierWork},
	AccountId, Balance,
};
use alloc::vec::Vec;
use frame_support::{defensive, storage::with_storage_layer};
use sp_runtime::DispatchResult;

impl<T: Config> VerifierWork for Pallet<T> {
	fn delivered(verifier: &AccountId, tariff: Balance) {
		let epoch = Epoch::<T>::get().index;
		let total = WorkTotal::<T>::get(epoch);
		// A sum beyond the type is beyond the issuance: it cannot be paid, so it is not written.
		if let (true, Some(total)) = (tariff > 0, total.checked_add(tariff)) {
			WorkTotal::<T>::insert(epoch, total);
			// At most the total.
			Work::<T>::mutate(epoch, verifier, |sum| *sum = sum.saturating_add(tariff));
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Pays up to `most` verifiers of the oldest epoch that is over and not paid. Returns how many.
	pub(crate) fn pay_verifiers(most: u32) -> u32 {
		let Some(payout) = PayingVerifiers::<T>::get().or_else(Self::open_payout) else {
			return 0;
		};
		let due: Vec<(AccountId, Balance)> = Work::<T>::iter_prefix(payout.epoch)
			.take(most as usize)
			.collect();
		let paid = with_storage_layer(|| -> DispatchResult {
			let payments: Vec<(AccountId, Balance)> = due
				.iter()
				.map(|(verifier, tariff)| {
					let amount = share(payout.budget, *tariff, payout.tariffs);
					(verifier.clone(), amount)
				})
				.filter(|(_, amount)| *amount > 0)
				.collect();
			T::Pots::pay_out(Pot::Verifiers, &payments)?;
			for (verifier, amount) in payments {
				EpochRunning::<T>::mutate(|sums| {
					let paid = &mut sums.verifiers.amount;
					*paid = paid.saturating_add(amount);
				});
				Self::deposit_event(Event::VerifierPaid {
					epoch: payout.epoch,
					verifier,
					amount,
				});
			}
			Ok(())
		});
		if paid.is_err() {
			// The budget was in the pool, and nobody else pays out of it. The next block tries again.
			defensive!("the verifiers' pool has less than its budget");
			return due.len() as u32;
		}
		for (verifier, _) in &due {
			Work::<T>::remove(payout.epoch, verifier);
		}
		if (due.len() as u32) < most {
			PayingVerifiers::<T>::kill();
			NextPaidEpoch::<T>::put(payout.epoch.saturating_add(1));
		}
		due.len() as u32
	}

	/// Opens the payment of the next epoch that is over. One without work is passed over, one in
	/// each block.
	fn open_payout() -> Option<VerifierPayout> {
		let epoch = NextPaidEpoch::<T>::get();
		if epoch >= Epoch::<T>::get().index {
			return None;
		}
		let tariffs = WorkTotal::<T>::take(epoch);
		if tariffs == 0 {
			NextPaidEpoch::<T>::put(epoch.saturating_add(1));
			return None;
		}
		let payout = VerifierPayout {
			epoch,
			budget: T::Pots::balance(Pot::Verifiers).min(tariffs),
			tariffs,
		};
		PayingVerifiers::<T>::put(payout);
		Self::deposit_event(Event::VerifiersPaying {
			epoch,
			tariffs,
			budget: payout.budget,
		});
		Some(payout)
	}
}
