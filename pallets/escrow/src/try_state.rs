//! The check of the invariants.

use crate::{
	ledger::add, Claimable, Config, Free, HoldReason, HomeBudgets, Leased, Locked, Locks,
	OpenLocks, Pallet, Prepaid, Prepayments, TotalClaimable, TotalLeased,
};
use aci_primitives::{job::Home, AccountId, Balance};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 6 of the crate's documentation over the whole state.
	///
	/// It reads everything: for tests and for checks of a node, never for a block.
	pub fn do_try_state() -> Result<(), DispatchError> {
		Self::check_free()?;
		Self::check_locks()?;
		Self::check_prepayments()?;
		Self::check_budgets()?;
		Self::check_credits()
	}

	fn check_free() -> DispatchResult {
		for (who, free) in Free::<T>::iter() {
			ensure!(free > 0, "an empty entry of free escrow is kept");
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Free.into(), &who) == free,
				"the hold under Free differs from the record of free escrow"
			);
		}
		Ok(())
	}

	fn check_locks() -> DispatchResult {
		let mut sums = BTreeMap::new();
		for (_, lock) in Locks::<T>::iter() {
			ensure!(
				lock.from_free <= lock.amount,
				"a lock drew more than it is from free escrow"
			);
			add(sums.entry(lock.client).or_default(), lock.amount)?;
		}
		Self::check_sums(sums, Locked::<T>::iter(), HoldReason::Job)
	}

	fn check_prepayments() -> DispatchResult {
		let mut sums = BTreeMap::new();
		for (_, prepayment) in Prepayments::<T>::iter() {
			ensure!(
				prepayment.from_free <= prepayment.amount,
				"a prepayment drew more than it is from free escrow"
			);
			add(sums.entry(prepayment.owner).or_default(), prepayment.amount)?;
		}
		Self::check_sums(sums, Prepaid::<T>::iter(), HoldReason::Prepaid)
	}

	/// The sum of the parts, the record of it and the hold are one for every account.
	fn check_sums(
		mut sums: BTreeMap<AccountId, Balance>,
		records: impl Iterator<Item = (AccountId, Balance)>,
		reason: HoldReason,
	) -> DispatchResult {
		let reason = reason.into();
		for (who, sum) in records {
			ensure!(sum > 0, "an empty sum is kept");
			ensure!(
				sums.remove(&who) == Some(sum),
				"the sum of locks or prepayments differs from the record of it"
			);
			ensure!(
				T::Currency::balance_on_hold(&reason, &who) == sum,
				"the hold differs from the sum of locks or prepayments"
			);
		}
		ensure!(
			sums.values().all(|sum| *sum == 0),
			"locks or prepayments without a record of their sum"
		);
		Ok(())
	}

	fn check_budgets() -> DispatchResult {
		for (who, budgets) in HomeBudgets::<T>::iter() {
			ensure!(!budgets.is_empty(), "an empty list of budgets is kept");
			let mut sum = 0;
			for (index, budget) in budgets.iter().enumerate() {
				ensure!(budget.amount > 0, "an empty budget is kept");
				ensure!(budget.home != Home::Chain, "the chain has a budget");
				let mut earlier = budgets.iter().take(index);
				ensure!(
					earlier.all(|other| other.home != budget.home),
					"a home has two budgets of one client"
				);
				add(&mut sum, budget.amount)?;
			}
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Budget.into(), &who) == sum,
				"the hold under Budget differs from the sum of the budgets"
			);
		}
		Ok(())
	}

	fn check_credits() -> DispatchResult {
		let mut claimable: Balance = 0;
		for (_, credit) in Claimable::<T>::iter() {
			ensure!(credit > 0, "an empty credit is kept");
			add(&mut claimable, credit)?;
		}
		ensure!(
			claimable == TotalClaimable::<T>::get(),
			"the credits differ from their sum"
		);
		let mut leased: Balance = 0;
		for (_, amount) in Leased::<T>::iter() {
			ensure!(amount > 0, "an empty lease is kept");
			add(&mut leased, amount)?;
		}
		ensure!(
			leased == TotalLeased::<T>::get(),
			"the leased money differs from its sum"
		);
		let backing = T::Currency::minimum_balance()
			.checked_add(claimable)
			.and_then(|sum| sum.checked_add(leased))
			.and_then(|sum| sum.checked_add(OpenLocks::<T>::get()))
			.ok_or(ArithmeticError::Overflow)?;
		ensure!(
			T::Currency::balance(&Self::account()) >= backing,
			"the pallet's account does not back the credits, leases and locks that it keeps"
		);
		Ok(())
	}
}
