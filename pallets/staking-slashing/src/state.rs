//! What calls and slashes are made of, and the check of the invariants.

use crate::{
	types::ROLES, BondView, Config, Error, Event, HoldReason, Ledger, Ledgers, Pallet, Quality,
	QualityScore, Slashes, SlashesOf,
};
use aci_market::fees::PARTS_PER_MILLION;
use aci_primitives::{AccountId, Balance, BlockNumber, Role};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold, MutateHold, UnbalancedHold},
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

	/// An account's quality.
	pub(crate) fn quality_of(who: &AccountId) -> QualityScore {
		Quality::<T>::get(who).unwrap_or_else(|| QualityScore {
			score: T::QualityRules::get().neutral_start.min(PARTS_PER_MILLION),
			judged: 0,
		})
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

	/// Stores a ledger, or removes it where nothing is left.
	pub(crate) fn store(who: &AccountId, role: Role, ledger: Ledger<T::MaxUnbonding>) {
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
		Ledgers::<T>::insert(who, role, ledger);
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

	/// Checks invariants 1 to 5 of the crate's documentation over the whole state.
	///
	/// It reads everything: for tests and for checks of a node, never for a block.
	pub fn do_try_state() -> Result<(), DispatchError> {
		let mut owners = BTreeSet::<AccountId>::new();
		for (who, role, ledger) in Ledgers::<T>::iter() {
			ensure!(!ledger.is_empty(), "an empty ledger is kept");
			ensure!(
				ledger.unbonding.iter().all(|part| part.amount > 0),
				"an empty unbonding part is kept"
			);
			let mut sum = ledger.active;
			for part in &ledger.unbonding {
				sum = Self::sum(sum, part.amount)?;
			}
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::from(role).into(), &who) == sum,
				"the hold of a role differs from its ledger"
			);
			owners.insert(who);
		}

		let mut slashed = BTreeMap::<AccountId, Balance>::new();
		for (id, slash) in Slashes::<T>::iter() {
			ensure!(
				id < crate::NextSlash::<T>::get(),
				"a slash has a number of the future"
			);
			ensure!(slash.amount > 0, "a slash of nothing is kept");
			ensure!(
				slash.from_unbonding <= slash.amount,
				"a slash has parts larger than it"
			);
			ensure!(
				SlashesOf::<T>::contains_key(&slash.offender, id),
				"a slash is missing from its offender's list"
			);
			let sum = slashed.entry(slash.offender).or_default();
			*sum = Self::sum(*sum, slash.amount)?;
		}
		for (who, id, ()) in SlashesOf::<T>::iter() {
			ensure!(
				Slashes::<T>::get(id).is_some_and(|slash| slash.offender == who),
				"an offender's list names a slash that is not its own"
			);
			owners.insert(who);
		}
		for who in owners {
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Slashed.into(), &who)
					== slashed.remove(&who).unwrap_or_default(),
				"the hold under Slashed differs from the pending slashes"
			);
			for role in ROLES
				.into_iter()
				.filter(|role| !Ledgers::<T>::contains_key(&who, role))
			{
				ensure!(
					T::Currency::balance_on_hold(&HoldReason::from(role).into(), &who) == 0,
					"a bond is held without a ledger"
				);
			}
		}

		let mut scheduled = BTreeSet::new();
		for (block, ids) in crate::Agenda::<T>::iter() {
			ensure!(
				block <= crate::AgendaTail::<T>::get(),
				"the agenda goes beyond its tail"
			);
			scheduled.extend(ids);
		}
		ensure!(
			Slashes::<T>::iter_keys().all(|id| scheduled.contains(&id)),
			"a pending slash is in no block's agenda"
		);
		ensure!(
			Quality::<T>::iter_values().all(|quality| quality.score <= PARTS_PER_MILLION),
			"a quality score is above the whole"
		);
		Ok(())
	}
}
