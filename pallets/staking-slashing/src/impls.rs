//! The traits by which other pallets use bonds, slashes and quality.

use crate::{Config, Error, Event, Ledgers, Pallet, Quality, QualityScore};
use aci_market::fees::PARTS_PER_MILLION;
use aci_primitives::{
	traits::{Bonds, QualityUpdate, SlashReport, Slasher},
	AccountId, Balance, Role,
};
use frame_support::{defensive, ensure, storage::with_storage_layer, traits::Get};
use sp_runtime::DispatchResult;

impl<T: Config> Slasher for Pallet<T> {
	fn slash(report: SlashReport) -> Balance {
		match with_storage_layer(|| Self::do_slash(report)) {
			Ok(amount) => amount,
			Err(_) => {
				defensive!("a bond cannot be moved to the hold of slashes");
				0
			}
		}
	}
}

impl<T: Config> Bonds for Pallet<T> {
	fn bonded(who: &AccountId, role: Role) -> Balance {
		Ledgers::<T>::get(who, role).map_or(0, |ledger| ledger.active)
	}

	fn require(who: &AccountId, role: Role, amount: Balance) -> DispatchResult {
		let mut ledger = Ledgers::<T>::get(who, role).unwrap_or_default();
		ensure!(ledger.active >= amount, Error::<T>::InsufficientBond);
		if ledger.required != amount {
			ledger.required = amount;
			Self::store(who, role, ledger);
			Self::deposit_event(Event::Required {
				who: who.clone(),
				role,
				required: amount,
			});
		}
		Ok(())
	}
}

impl<T: Config> QualityUpdate for Pallet<T> {
	fn quality(who: &AccountId) -> u32 {
		Self::quality_of(who).score
	}

	fn judged(who: &AccountId, result: u32) {
		let old = Self::quality_of(who);
		let score = T::QualityRules::get().update(old.score, result);
		// Saturates: beyond four thousand million judged jobs the count says no more.
		let judged = old.judged.saturating_add(1);
		Quality::<T>::insert(who, QualityScore { score, judged });
		let result = result.min(PARTS_PER_MILLION);
		Self::deposit_event(Event::QualityUpdated {
			who: who.clone(),
			result,
			score,
			judged,
		});
	}
}
