//! The traits by which other pallets use bonds and slashes.

use crate::{Config, Error, Event, Ledgers, Pallet};
use aci_primitives::{
	traits::{Bonds, SlashReport, Slasher},
	AccountId, Balance, Role,
};
use frame_support::{defensive, ensure, storage::with_storage_layer};
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
