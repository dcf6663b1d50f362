//! The accounts of the pallet and of its pots.

use crate::{Claimable, Config, Pallet, PotView};
use aci_primitives::{
	traits::{Payee, Pot},
	AccountId, ClassId,
};
use frame_support::{
	defensive,
	traits::{
		fungible::{Inspect, Mutate},
		Get,
	},
};
use sp_runtime::traits::AccountIdConversion;

impl<T: Config> Pallet<T> {
	/// The pallet's own account, which backs the credits that wait.
	pub fn account() -> AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// The account of a pot.
	///
	/// Derived accounts are padded with zeros, and a pot's encoding may end in zeros: the word before
	/// it keeps every pot apart from the pallet's own account.
	pub fn pot_account(pot: Pot) -> AccountId {
		T::PalletId::get().into_sub_account_truncating((*b"pot", pot))
	}

	/// The account of the validators' pool.
	pub fn validators_account() -> AccountId {
		Self::pot_account(Pot::Validators)
	}

	/// The account of the verifiers' pool.
	pub fn verifiers_account() -> AccountId {
		Self::pot_account(Pot::Verifiers)
	}

	/// The account of a class's fund.
	pub fn fund_account(class: ClassId) -> AccountId {
		Self::pot_account(Pot::Fund(class))
	}

	/// The account of a payee; `None` for what is burned.
	pub fn payee_account(payee: &Payee) -> Option<AccountId> {
		match payee {
			Payee::Account(account) => Some(account.clone()),
			Payee::Validators => Some(Self::validators_account()),
			Payee::Verifiers => Some(Self::verifiers_account()),
			Payee::Fund(class) => Some(Self::fund_account(*class)),
			Payee::Burn => None,
		}
	}

	/// A pot and what it has.
	pub(crate) fn pot(pot: Pot) -> PotView {
		let account = Self::pot_account(pot);
		PotView {
			balance: T::Currency::balance(&account),
			claimable: Claimable::<T>::get(&account),
			account,
		}
	}

	/// Gives the pallet's account the existential deposit, at genesis only.
	///
	/// Balances reaps an account below that deposit whatever other references it has, so without it
	/// the account could not keep a credit of one planck.
	pub(crate) fn endow_account() {
		let account = Self::account();
		let missing = T::Currency::minimum_balance().saturating_sub(T::Currency::balance(&account));
		if missing > 0 && T::Currency::mint_into(&account, missing).is_err() {
			defensive!("the existential deposit cannot be minted at genesis");
		}
	}
}
