use super::*;
use crate::{Error, Event, HomeBudgets};
use aci_primitives::job::{Budget, Home};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_budget_draws_from_free_escrow_then_from_the_balance() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 300));
		assert_ok!(open_budget(&client, 1, 500));
		assert_eq!(Escrow::free(client.clone()), 0);
		assert_eq!(balance(&client), START - 500);
		assert_eq!(held(HoldReason::Budget, &client), 500);
		let opened = Event::BudgetOpened {
			home: home(1),
			client: client.clone(),
			amount: 500,
			from_free: 300,
			budget: 500,
			until: 1 + LEASE,
		};
		System::assert_last_event(opened.into());
		let budget = Budget {
			home: home(1),
			client: client.clone(),
			amount: 500,
			until: 1 + LEASE,
		};
		assert_eq!(
			Escrow::budget(home(1), client.clone()),
			Some(budget.clone())
		);
		assert_eq!(Escrow::budgets_of(client.clone()), vec![budget]);
		assert_eq!(Escrow::budget(home(2), client), None);
	});
}

#[test]
fn what_is_budgeted_cannot_be_withdrawn_until_its_lease_ends() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 500));
		assert_ok!(open_budget(&client, 1, 400));
		assert_noop!(
			withdraw(&client, 101),
			Error::<Test>::InsufficientFreeEscrow
		);
		System::set_block_number(u64::from(LEASE));
		assert_noop!(close_budget(&client, 1), Error::<Test>::BudgetLease);
		System::set_block_number(u64::from(LEASE) + 1);
		assert_ok!(close_budget(&client, 1));
		let closed = Event::BudgetClosed {
			home: home(1),
			client: client.clone(),
			amount: 400,
			free: 500,
		};
		System::assert_last_event(closed.into());
		assert_ok!(withdraw(&client, 500));
		assert_eq!(balance(&client), START);
		assert_noop!(close_budget(&client, 1), Error::<Test>::NoBudget);
	});
}

#[test]
fn adding_to_a_budget_refreshes_its_lease() {
	run(|| {
		let client = account(1);
		assert_ok!(open_budget(&client, 1, 400));
		System::set_block_number(6);
		assert_ok!(open_budget(&client, 1, 1));
		let budget = Escrow::budget(home(1), client.clone()).expect("it is open");
		assert_eq!((budget.amount, budget.until), (401, 6 + LEASE));
		System::set_block_number(u64::from(LEASE) + 5);
		assert_noop!(close_budget(&client, 1), Error::<Test>::BudgetLease);
	});
}

#[test]
fn a_shorter_period_takes_nothing_from_a_lease_that_is_given() {
	run(|| {
		let client = account(1);
		assert_ok!(open_budget(&client, 1, 400));
		BudgetPeriod::set(2);
		assert_ok!(open_budget(&client, 1, 1));
		let budget = Escrow::budget(home(1), client.clone()).expect("it is open");
		assert_eq!(budget.until, 1 + LEASE);
	});
}

#[test]
fn a_lease_in_the_last_blocks_does_not_overflow() {
	run(|| {
		BudgetPeriod::set(u32::MAX);
		assert_ok!(open_budget(&account(1), 1, 400));
		assert_noop!(close_budget(&account(1), 1), Error::<Test>::BudgetLease);
	});
}

#[test]
fn the_chain_has_no_budget() {
	run(|| {
		let signed = || RuntimeOrigin::signed(account(1));
		assert_noop!(
			Escrow::open_budget(signed(), Home::Chain, 5),
			Error::<Test>::ChainBudget
		);
		assert_noop!(
			Escrow::close_budget(signed(), Home::Chain),
			Error::<Test>::NoBudget
		);
	});
}

#[test]
fn a_client_has_budgets_with_a_bounded_number_of_homes() {
	run(|| {
		let client = account(1);
		let most = MAX_BUDGETS as u8;
		for number in 0..most {
			assert_ok!(open_budget(&client, number, 10));
		}
		assert_noop!(
			open_budget(&client, most, 10),
			Error::<Test>::TooManyBudgets
		);
		assert_ok!(open_budget(&client, 0, 10));
		assert_ok!(open_budget(&account(2), most, 10));
		System::set_block_number(100);
		assert_ok!(close_budget(&client, 1));
		assert_ok!(open_budget(&client, most, 10));
		assert_eq!(Escrow::budgeted(client), 40);
	});
}

#[test]
fn a_budget_of_nothing_or_of_more_than_there_is_cannot_be_opened() {
	run(|| {
		let client = account(1);
		assert_noop!(open_budget(&client, 1, 0), Error::<Test>::AmountIsZero);
		assert_ok!(deposit(&client, 700));
		let most = START - EXISTENTIAL_DEPOSIT;
		let too_much = open_budget(&client, 1, most + 1);
		assert_eq!(too_much, Err(Error::<Test>::InsufficientFunds.into()));
		assert_noop!(
			open_budget(&client, 1, u128::MAX),
			Error::<Test>::InsufficientFunds
		);
		assert_ok!(open_budget(&client, 1, most));
		assert_eq!(balance(&client), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn what_is_budgeted_backs_no_lock_no_prepayment_and_no_other_home() {
	run(|| {
		let client = account(1);
		assert_ok!(open_budget(&client, 1, START - EXISTENTIAL_DEPOSIT));
		let poor = Error::<Test>::InsufficientFunds;
		assert_noop!(lock(&client, job(1), 1), poor);
		let poor = Error::<Test>::InsufficientFunds;
		assert_noop!(prepay(&client, 1, 1), poor);
		let poor = Error::<Test>::InsufficientFunds;
		assert_noop!(open_budget(&client, 2, 1), poor);
		let spent = <Escrow as Budgets>::spend(
			&home(2),
			&[(client.clone(), 1)],
			&[(Payee::Account(account(2)), 1)],
		);
		assert_eq!(spent, Err(Error::<Test>::InsufficientBudget.into()));
		assert_eq!(HomeBudgets::<Test>::get(client).len(), 1);
	});
}
