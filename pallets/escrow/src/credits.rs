//! What accounts and pots are paid out of the pallet's own account.
//!
//! Money that is paid passes the pallet's account: a batch first collects there what it pays and
//! burns, then burns once and pays each payee once. A payee that cannot take its money leaves it
//! there, as a credit that waits.

use crate::{
	ledger::{add, decrease, increase, subtract},
	Claimable, Config, Event, HoldReason, Pallet, Settled, TotalBurned, TotalClaimable,
};
use aci_primitives::{
	traits::{Payee, Pot},
	AccountId, Balance,
};
use alloc::collections::BTreeMap;
use frame_support::traits::{
	fungible::{Mutate, MutateHold},
	tokens::{Fortitude, Precision, Preservation, Restriction},
};
use sp_runtime::{DispatchError, DispatchResult};

/// What a batch pays, netted per payee, and what it burns.
#[derive(Default)]
pub(crate) struct Credits {
	accounts: BTreeMap<AccountId, Balance>,
	pots: BTreeMap<Pot, Balance>,
	/// Sum of the credits, in planck.
	pub paid: Balance,
	/// What leaves the issuance, in planck.
	pub burned: Balance,
}

impl Credits {
	/// Adds a payment.
	pub fn pay(&mut self, payee: &Payee, amount: Balance) -> DispatchResult {
		let pot = match payee {
			Payee::Account(account) => return self.pay_account(account, amount),
			Payee::Burn => return add(&mut self.burned, amount),
			Payee::Validators => Pot::Validators,
			Payee::Verifiers => Pot::Verifiers,
			Payee::Fund(class) => Pot::Fund(*class),
		};
		add(&mut self.paid, amount)?;
		add(self.pots.entry(pot).or_default(), amount)
	}

	/// Adds a payment to an account.
	pub fn pay_account(&mut self, account: &AccountId, amount: Balance) -> DispatchResult {
		add(&mut self.paid, amount)?;
		add(self.accounts.entry(account.clone()).or_default(), amount)
	}

	/// Adds the payments to what settlements have paid.
	pub fn add_to(&self, settled: &mut Settled) -> DispatchResult {
		for amount in self.accounts.values() {
			add(&mut settled.accounts, *amount)?;
		}
		for (pot, amount) in &self.pots {
			let sum = match pot {
				Pot::Validators => &mut settled.validators,
				Pot::Verifiers => &mut settled.verifiers,
				Pot::Fund(_) => &mut settled.funds,
			};
			add(sum, *amount)?;
		}
		Ok(())
	}

	/// How many payees there are.
	pub fn payees(&self) -> u32 {
		// More than `u32::MAX` payees do not fit the memory.
		self.accounts
			.len()
			.saturating_add(self.pots.len())
			.try_into()
			.unwrap_or(u32::MAX)
	}
}

impl<T: Config> Pallet<T> {
	/// Moves `amount` of an account's hold to the pallet's account. The caller records what is left
	/// of the hold.
	pub(crate) fn collect(who: &AccountId, reason: HoldReason, amount: Balance) -> DispatchResult {
		if amount > 0 {
			T::Currency::transfer_on_hold(
				&reason.into(),
				who,
				&Self::account(),
				amount,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Force,
			)?;
		}
		Ok(())
	}

	/// Burns and pays what the pallet's account has collected for it.
	pub(crate) fn pay_all(credits: &Credits) -> DispatchResult {
		if credits.burned > 0 {
			T::Currency::burn_from(
				&Self::account(),
				credits.burned,
				Preservation::Preserve,
				Precision::Exact,
				Fortitude::Polite,
			)?;
			Self::note_burned(credits.burned)?;
		}
		for (pot, amount) in &credits.pots {
			Self::credit(&Self::pot_account(*pot), *amount)?;
		}
		for (account, amount) in &credits.accounts {
			Self::credit(account, *amount)?;
		}
		Ok(())
	}

	/// Counts what has left the issuance.
	pub(crate) fn note_burned(amount: Balance) -> DispatchResult {
		TotalBurned::<T>::try_mutate(|total| add(total, amount))
	}

	/// Pays an account `amount` out of the pallet's account, or keeps it there as a credit that
	/// waits. It fails for no state that the account can be in.
	pub(crate) fn credit(who: &AccountId, amount: Balance) -> DispatchResult {
		if amount > 0 && !Self::pay_with_waiting(who, amount)? {
			Self::keep_credit(who, amount)?;
		}
		Ok(())
	}

	/// Pays an account `amount` out of the pallet's account, with what waits for it already. Returns
	/// false when the account cannot take it; then nothing has changed.
	pub(crate) fn pay_with_waiting(
		who: &AccountId,
		amount: Balance,
	) -> Result<bool, DispatchError> {
		let waiting = Claimable::<T>::get(who);
		let mut due = waiting;
		add(&mut due, amount)?;
		if due == 0 {
			return Ok(true);
		}
		// A transfer checks both sides before it changes either, so a refusal needs no rollback of
		// its own; whatever the reason, it is no error of the batch.
		let account = Self::account();
		let refused = || T::Currency::transfer(&account, who, due, Preservation::Preserve).is_err();
		if !Self::can_take(who, due) || refused() {
			return Ok(false);
		}
		if waiting > 0 {
			Self::take_credit(who, waiting)?;
			Self::deposit_event(Event::Claimed {
				who: who.clone(),
				amount: waiting,
			});
		}
		Ok(true)
	}

	/// Records a credit that waits. The pallet's account has the money already.
	pub(crate) fn keep_credit(who: &AccountId, amount: Balance) -> DispatchResult {
		let claimable = increase::<Claimable<T>>(who, amount)?;
		TotalClaimable::<T>::try_mutate(|total| add(total, amount))?;
		Self::deposit_event(Event::CreditKept {
			who: who.clone(),
			amount,
			claimable,
		});
		Ok(())
	}

	/// Records that `amount` of what waited for an account waits no longer.
	pub(crate) fn take_credit(who: &AccountId, amount: Balance) -> DispatchResult {
		decrease::<Claimable<T>>(who, amount)?;
		TotalClaimable::<T>::try_mutate(|total| subtract(total, amount))
	}
}
