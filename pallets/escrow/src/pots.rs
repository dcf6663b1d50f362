//! The pots' money.
//!
//! A pot has what is on its account and what waits for it in the pallet's account. It can pay out
//! of both at once, so a pot whose account does not exist yet pays like any other. Where a payment
//! would leave less than the existential deposit on the pot's account, Balances would reap it and
//! lose the rest; so the rest waits in the pallet's account.

use crate::{credits::Credits, ledger::subtract, Claimable, Config, Error, Event, Pallet};
use aci_primitives::{
	traits::{Pot, Pots},
	AccountId, Balance,
};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
	},
};
use sp_runtime::DispatchResult;

impl<T: Config> Pots for Pallet<T> {
	fn balance(pot: Pot) -> Balance {
		let account = Self::pot_account(pot);
		// All of it, unless something that anybody may do to an account, such as a vesting schedule,
		// has frozen a part.
		let spendable =
			T::Currency::reducible_balance(&account, Preservation::Expendable, Fortitude::Polite);
		// Both are parts of the issuance, which fits.
		spendable.saturating_add(Claimable::<T>::get(&account))
	}

	fn pay_in(from: &AccountId, pot: Pot, amount: Balance) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		with_storage_layer(|| {
			let transferable = Self::transferable(from);
			ensure!(amount <= transferable, Error::<T>::InsufficientFunds);
			T::Currency::transfer(from, &Self::account(), amount, Preservation::Preserve)?;
			Self::credit(&Self::pot_account(pot), amount)?;
			Self::deposit_event(Event::PaidIn {
				pot,
				from: from.clone(),
				amount,
				balance: <Self as Pots>::balance(pot),
			});
			Ok(())
		})
	}

	fn pay_out(pot: Pot, payments: &[(AccountId, Balance)]) -> DispatchResult {
		with_storage_layer(|| {
			let mut credits = Credits::default();
			for (payee, amount) in payments.iter().filter(|(_, amount)| *amount > 0) {
				let added = credits.pay_account(payee, *amount);
				// What overflows is more than any pot has.
				added.map_err(|_| Error::<T>::InsufficientPot)?;
			}
			let amount = credits.paid;
			let balance = <Self as Pots>::balance(pot);
			ensure!(amount <= balance, Error::<T>::InsufficientPot);
			if amount == 0 {
				return Ok(());
			}
			Self::collect_from_pot(&Self::pot_account(pot), amount)?;
			Self::pay_all(&credits)?;
			Self::deposit_event(Event::PaidOut {
				pot,
				payees: credits.payees(),
				amount,
				balance: <Self as Pots>::balance(pot),
			});
			Ok(())
		})
	}
}

impl<T: Config> Pallet<T> {
	/// Makes `amount` of a pot's money free in the pallet's account: what waits there first, then
	/// of the pot's account.
	fn collect_from_pot(pot: &AccountId, amount: Balance) -> DispatchResult {
		let waiting = Claimable::<T>::get(pot).min(amount);
		if waiting > 0 {
			Self::take_credit(pot, waiting)?;
			Self::deposit_event(Event::Claimed {
				who: pot.clone(),
				amount: waiting,
			});
		}
		let mut rest = amount;
		subtract(&mut rest, waiting)?;
		if rest == 0 {
			return Ok(());
		}
		let mut left = T::Currency::balance(pot);
		subtract(&mut left, rest)?;
		if left < T::Currency::minimum_balance() {
			// The whole account goes, and what it had left waits for the pot.
			rest = T::Currency::balance(pot);
		} else {
			left = 0;
		}
		T::Currency::transfer(pot, &Self::account(), rest, Preservation::Expendable)?;
		if left > 0 {
			Self::keep_credit(pot, left)?;
		}
		Ok(())
	}
}
