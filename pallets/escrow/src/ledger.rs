//! The moves of a client's money between its balance and its holds, with their records.
//!
//! Each move changes the hold and the record of it together, so that the equation of each hold
//! reason stands after it. They are made of several steps: whoever uses them does so in a storage
//! layer.

use crate::{Config, Error, Event, Free, HoldReason, Pallet};
use aci_primitives::{AccountId, Balance};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, MutateHold, UnbalancedHold},
		tokens::{DepositConsequence, Fortitude, Precision, Preservation, Provenance},
	},
	StorageMap,
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

/// Adds in place.
pub(crate) fn add(sum: &mut Balance, amount: Balance) -> DispatchResult {
	*sum = sum.checked_add(amount).ok_or(ArithmeticError::Overflow)?;
	Ok(())
}

/// Subtracts in place.
pub(crate) fn subtract(sum: &mut Balance, amount: Balance) -> DispatchResult {
	*sum = sum.checked_sub(amount).ok_or(ArithmeticError::Underflow)?;
	Ok(())
}

/// Adds to an account's entry of a map that keeps no zeros; returns the new sum.
pub(crate) fn increase<M>(who: &AccountId, amount: Balance) -> Result<Balance, DispatchError>
where
	M: StorageMap<AccountId, Balance, Query = Balance>,
{
	let mut sum = M::get(who);
	add(&mut sum, amount)?;
	if amount > 0 {
		M::insert(who, sum);
	}
	Ok(sum)
}

/// Subtracts from an account's entry of a map that keeps no zeros; returns what is left.
pub(crate) fn decrease<M>(who: &AccountId, amount: Balance) -> Result<Balance, DispatchError>
where
	M: StorageMap<AccountId, Balance, Query = Balance>,
{
	let mut left = M::get(who);
	subtract(&mut left, amount)?;
	if left == 0 {
		M::remove(who);
	} else if amount > 0 {
		M::insert(who, left);
	}
	Ok(left)
}

/// What a lock or a prepayment of which `from_free` came from free escrow gives back when `rest` of
/// it is given back: to free escrow first, then to the balance.
pub(crate) fn split_refund(from_free: Balance, rest: Balance) -> (Balance, Balance) {
	let to_free = rest.min(from_free);
	// `to_free` is at most `rest`.
	(to_free, rest.saturating_sub(to_free))
}

impl<T: Config> Pallet<T> {
	/// What an account can spend and stay alive with. What is frozen does not count, for escrow is
	/// there to be spent.
	pub(crate) fn transferable(who: &AccountId) -> Balance {
		T::Currency::reducible_balance(who, Preservation::Preserve, Fortitude::Polite)
	}

	/// Whether an account can be given `amount` without staying below the existential deposit.
	pub(crate) fn can_take(who: &AccountId, amount: Balance) -> bool {
		T::Currency::can_deposit(who, amount, Provenance::Extant) == DepositConsequence::Success
	}

	/// Holds `amount` of an account's under a reason: of its free escrow first, then of its balance.
	/// Returns how much came from free escrow. The caller records the rest.
	pub(crate) fn draw(
		who: &AccountId,
		reason: HoldReason,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let from_free = Free::<T>::get(who).min(amount);
		// `from_free` is at most `amount`.
		let from_balance = amount.saturating_sub(from_free);
		if from_balance > 0 {
			let transferable = Self::transferable(who);
			ensure!(from_balance <= transferable, Error::<T>::InsufficientFunds);
			T::Currency::hold(&reason.into(), who, from_balance)?;
		}
		Self::move_hold(who, HoldReason::Free, reason, from_free)?;
		decrease::<Free<T>>(who, from_free)?;
		Ok(from_free)
	}

	/// Ends a part of a hold: `to_free` goes to free escrow, `to_balance` to the balance. What the
	/// balance cannot take goes to free escrow too, so this never fails for the state of an account.
	/// The caller records what is left of the hold.
	pub(crate) fn give_back(
		who: &AccountId,
		reason: HoldReason,
		to_free: Balance,
		to_balance: Balance,
	) -> DispatchResult {
		let mut kept = to_free;
		if to_balance > 0 {
			if Self::can_take(who, to_balance) {
				T::Currency::release(&reason.into(), who, to_balance, Precision::Exact)?;
			} else {
				add(&mut kept, to_balance)?;
				Self::deposit_event(Event::RefundKept {
					who: who.clone(),
					amount: to_balance,
				});
			}
		}
		Self::move_hold(who, reason, HoldReason::Free, kept)?;
		increase::<Free<T>>(who, kept)?;
		Ok(())
	}

	/// Moves `amount` of an account's hold from one reason to the other.
	///
	/// It does not go through the spendable balance: an account whose balance is below the
	/// existential deposit could not take it there. The new hold comes first, so that the account
	/// is never without one and cannot be reaped between the two.
	pub(crate) fn move_hold(
		who: &AccountId,
		from: HoldReason,
		to: HoldReason,
		amount: Balance,
	) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		T::Currency::increase_balance_on_hold(&to.into(), who, amount, Precision::Exact)?;
		T::Currency::decrease_balance_on_hold(&from.into(), who, amount, Precision::Exact)?;
		Ok(())
	}
}
