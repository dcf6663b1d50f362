//! What calls and slashes are made of.

use crate::{BondView, Config, Error, Event, HoldReason, Ledger, Ledgers, Pallet, TotalActive};
use aci_primitives::{AccountId, Balance, BlockNumber, Role};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, MutateHold, UnbalancedHold},
		tokens::{DepositConsequence, Fortitude, Precision, Preservation, Provenance},
		Get,
	},
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// The height of the block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The smallest bond of a role.
	pub(crate) fn minimum(role: Role) -> Balance {
		let rules = T::StakeRules::get();
		match role {
			Role::Validator => rules.validator_bond,
			Role::Verifier => rules.verifier_bond,
			Role::Worker => rules.worker_base,
		}
	}

	/// Whether a bond backs work.
	pub(crate) fn backs_work(role: Role, ledger: &Ledger<T::MaxUnbonding>) -> bool {
		ledger.active > 0
			&& ledger.active >= Self::minimum(role)
			&& ledger.active >= ledger.required
	}

	/// A bond as wallets read it.
	pub(crate) fn view(role: Role, ledger: Ledger<T::MaxUnbonding>) -> BondView {
		BondView {
			eligible: Self::backs_work(role, &ledger),
			active: ledger.active,
			required: ledger.required,
			unbonding: ledger.unbonding.into_inner(),
		}
	}

	/// A sum that is stored.
	pub(crate) fn sum(left: Balance, right: Balance) -> Result<Balance, DispatchError> {
		left.checked_add(right)
			.ok_or_else(|| ArithmeticError::Overflow.into())
	}

	/// Whether an account can be given `amount` without staying below the existential deposit.
	pub(crate) fn can_take(who: &AccountId, amount: Balance) -> bool {
		T::Currency::can_deposit(who, amount, Provenance::Extant) == DepositConsequence::Success
	}

	/// Stores a ledger, or removes it where nothing is left, and keeps the role's sum.
	pub(crate) fn store(who: &AccountId, role: Role, ledger: Ledger<T::MaxUnbonding>) {
		let before = Ledgers::<T>::get(who, role).map_or(0, |ledger| ledger.active);
		if before != ledger.active {
			// The sum has `before` in it, and parts of the issuance fit.
			TotalActive::<T>::mutate(role, |sum| {
				*sum = sum.saturating_sub(before).saturating_add(ledger.active);
			});
		}
		if ledger.is_empty() {
			Ledgers::<T>::remove(who, role);
		} else {
			Ledgers::<T>::insert(who, role, ledger);
		}
	}

	/// Opens a bond or adds to it.
	///
	/// What is frozen may be bonded: a freeze says what must stay on the account, and a bond stays.
	pub(crate) fn do_bond(who: &AccountId, role: Role, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		let most = T::Currency::reducible_balance(who, Preservation::Preserve, Fortitude::Force);
		ensure!(amount <= most, Error::<T>::InsufficientFunds);
		let mut ledger = Ledgers::<T>::get(who, role).unwrap_or_default();
		let active = Self::sum(ledger.active, amount)?;
		ensure!(active >= Self::minimum(role), Error::<T>::BelowMinimum);
		T::Currency::hold(&HoldReason::from(role).into(), who, amount)?;
		ledger.active = active;
		Self::store(who, role, ledger);
		Self::deposit_event(Event::Bonded {
			who: who.clone(),
			role,
			amount,
			active,
		});
		Ok(())
	}

	/// Moves a part of an account's hold from one reason to another.
	///
	/// It does not go through the spendable balance, which the owner could spend. The new hold comes
	/// first, so that the account is never without one and cannot be reaped between the two.
	pub(crate) fn move_hold(
		who: &AccountId,
		from: HoldReason,
		to: HoldReason,
		amount: Balance,
	) -> DispatchResult {
		T::Currency::increase_balance_on_hold(&to.into(), who, amount, Precision::Exact)?;
		T::Currency::decrease_balance_on_hold(&from.into(), who, amount, Precision::Exact)?;
		Ok(())
	}
}
