//! Budgets: parts of a client's escrow that one home alone may spend.
//!
//! A home hands out work against a budget before the chain knows of it, so the client cannot take
//! the money away before the lease ends. What the home still spends after that, while the client
//! leaves the budget open, is good too: the lease binds the client, not the home.

use crate::{
	credits::Credits,
	ledger::{add, increase, subtract},
	Config, Error, Event, Free, HoldReason, HomeBudget, HomeBudgets, Pallet,
};
use aci_primitives::{
	job::{Budget, Home},
	traits::{Budgets, Payee},
	AccountId, Balance, BlockNumber,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{ensure, storage::with_storage_layer, traits::Get};
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// Block in which a lease that begins now ends.
	fn lease_end() -> BlockNumber {
		// Saturating: there are no blocks after the largest number.
		Self::now().saturating_add(T::BudgetPeriod::get())
	}

	/// The present block.
	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// Adds to a client's budget with a home and refreshes its lease.
	pub(crate) fn do_open_budget(who: &AccountId, home: Home, amount: Balance) -> DispatchResult {
		ensure!(home != Home::Chain, Error::<T>::ChainBudget);
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		with_storage_layer(|| {
			let from_free = Self::draw(who, HoldReason::Budget, amount)?;
			let mut budgets = HomeBudgets::<T>::get(who);
			let lease_end = Self::lease_end();
			let known = budgets.iter_mut().find(|budget| budget.home == home);
			let (budget, until) = if let Some(budget) = known {
				add(&mut budget.amount, amount)?;
				// A period that governance has shortened takes nothing from a lease that is given.
				budget.until = budget.until.max(lease_end);
				(budget.amount, budget.until)
			} else {
				let budget = HomeBudget {
					home: home.clone(),
					amount,
					until: lease_end,
				};
				let pushed = budgets.try_push(budget);
				pushed.map_err(|_| Error::<T>::TooManyBudgets)?;
				(amount, lease_end)
			};
			HomeBudgets::<T>::insert(who, budgets);
			Self::deposit_event(Event::BudgetOpened {
				home,
				client: who.clone(),
				amount,
				from_free,
				budget,
				until,
			});
			Ok(())
		})
	}

	/// Gives a budget whose lease has ended back to free escrow.
	pub(crate) fn do_close_budget(who: &AccountId, home: Home) -> DispatchResult {
		with_storage_layer(|| {
			let mut budgets = HomeBudgets::<T>::get(who);
			let position = budgets.iter().position(|budget| budget.home == home);
			let position = position.ok_or(Error::<T>::NoBudget)?;
			let budget = budgets.remove(position);
			ensure!(budget.until <= Self::now(), Error::<T>::BudgetLease);
			if budgets.is_empty() {
				HomeBudgets::<T>::remove(who);
			} else {
				HomeBudgets::<T>::insert(who, budgets);
			}
			Self::move_hold(who, HoldReason::Budget, HoldReason::Free, budget.amount)?;
			let free = increase::<Free<T>>(who, budget.amount)?;
			Self::deposit_event(Event::BudgetClosed {
				home,
				client: who.clone(),
				amount: budget.amount,
				free,
			});
			Ok(())
		})
	}

	/// All budgets of a client.
	pub(crate) fn budgets(client: &AccountId) -> Vec<Budget> {
		HomeBudgets::<T>::get(client)
			.into_iter()
			.map(|budget| Budget {
				home: budget.home,
				client: client.clone(),
				amount: budget.amount,
				until: budget.until,
			})
			.collect()
	}

	/// Takes `amount` off a client's budget. What is spent in full is no budget any longer.
	fn debit(home: &Home, client: &AccountId, amount: Balance) -> DispatchResult {
		let mut budgets = HomeBudgets::<T>::get(client);
		let budget = budgets
			.iter_mut()
			.find(|budget| budget.home == *home && amount <= budget.amount)
			.ok_or(Error::<T>::InsufficientBudget)?;
		subtract(&mut budget.amount, amount)?;
		budgets.retain(|budget| budget.amount > 0);
		if budgets.is_empty() {
			HomeBudgets::<T>::remove(client);
		} else {
			HomeBudgets::<T>::insert(client, budgets);
		}
		Self::collect(client, HoldReason::Budget, amount)
	}
}

impl<T: Config> Budgets for Pallet<T> {
	fn budget(home: &Home, client: &AccountId) -> Balance {
		HomeBudgets::<T>::get(client)
			.iter()
			.find(|budget| budget.home == *home)
			.map_or(0, |budget| budget.amount)
	}

	fn spend(
		home: &Home,
		debits: &[(AccountId, Balance)],
		payments: &[(Payee, Balance)],
	) -> DispatchResult {
		with_storage_layer(|| {
			let mut clients = BTreeMap::<&AccountId, Balance>::new();
			let mut debited = 0;
			for (client, amount) in debits.iter().filter(|(_, amount)| *amount > 0) {
				add(&mut debited, *amount)?;
				add(clients.entry(client).or_default(), *amount)?;
			}
			let mut credits = Credits::default();
			for (payee, amount) in payments.iter().filter(|(_, amount)| *amount > 0) {
				credits.pay(payee, *amount)?;
			}
			let mut spent = credits.paid;
			add(&mut spent, credits.burned)?;
			ensure!(debited == spent, Error::<T>::UnbalancedSpend);
			if debited == 0 {
				return Ok(());
			}
			for (client, amount) in &clients {
				Self::debit(home, client, *amount)?;
			}
			Self::pay_all(&credits)?;
			Self::deposit_event(Event::BudgetsSpent {
				home: home.clone(),
				// No more clients fit the memory.
				clients: clients.len().try_into().unwrap_or(u32::MAX),
				payees: credits.payees(),
				paid: credits.paid,
				burned: credits.burned,
			});
			Ok(())
		})
	}
}
