use super::*;
use crate::{Error, Event, HomeBudgets};
use aci_primitives::job::Home;
use frame_support::{assert_noop, assert_ok};

fn spend(
	number: u8,
	debits: &[(AccountId, Balance)],
	payments: &[(Payee, Balance)],
) -> DispatchResult {
	<Escrow as Budgets>::spend(&home(number), debits, payments)
}

fn budget(number: u8, client: &AccountId) -> Balance {
	<Escrow as Budgets>::budget(&home(number), client)
}

fn worker() -> Payee {
	Payee::Account(account(50))
}

#[test]
fn debits_arrive_to_the_unit_and_the_burn_leaves_the_issuance() {
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		assert_ok!(open_budget(&account(2), 1, 400));
		let payments = [
			(worker(), 700),
			(Payee::Validators, 120),
			(Payee::Burn, 30),
			(worker(), 50),
		];
		assert_ok!(spend(
			1,
			&[(account(1), 500), (account(2), 300), (account(1), 100)],
			&payments
		));
		assert_eq!(budget(1, &account(1)), 0);
		assert_eq!(budget(1, &account(2)), 100);
		assert!(!HomeBudgets::<Test>::contains_key(account(1)));
		assert_eq!(balance(&account(50)), 750);
		assert_eq!(Escrow::pools().validators.balance, 120);
		assert_eq!(Escrow::burned(), 30);
		let spent = Event::BudgetsSpent {
			home: home(1),
			clients: 2,
			payees: 2,
			paid: 870,
			burned: 30,
		};
		System::assert_last_event(spent.into());
	});
}

#[test]
fn debits_that_differ_from_the_payments_change_nothing() {
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		for (debit, payment) in [(600, 599), (599, 600), (0, 1), (1, 0)] {
			assert_noop!(
				spend(1, &[(account(1), debit)], &[(worker(), payment)]),
				Error::<Test>::UnbalancedSpend
			);
		}
		let most = Balance::MAX;
		let endless = spend(1, &[(account(1), most), (account(2), most)], &[]);
		assert!(endless.is_err());
		assert_eq!(budget(1, &account(1)), 600);
	});
}

#[test]
fn one_budget_that_is_too_small_stops_the_whole_spend() {
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		assert_ok!(open_budget(&account(2), 1, 400));
		let debits = [(account(1), 600), (account(2), 401)];
		assert_noop!(
			spend(1, &debits, &[(worker(), 1_001)]),
			Error::<Test>::InsufficientBudget
		);
		// Twice what is there, in two parts.
		let debits = [(account(1), 600), (account(1), 600)];
		assert_noop!(
			spend(1, &debits, &[(worker(), 1_200)]),
			Error::<Test>::InsufficientBudget
		);
		assert_noop!(
			spend(1, &[(account(3), 1)], &[(worker(), 1)]),
			Error::<Test>::InsufficientBudget
		);
	});
}

#[test]
fn only_the_home_of_a_budget_spends_it() {
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		assert_noop!(
			spend(2, &[(account(1), 1)], &[(worker(), 1)]),
			Error::<Test>::InsufficientBudget
		);
		assert_noop!(
			<Escrow as Budgets>::spend(&Home::Chain, &[(account(1), 1)], &[(worker(), 1)]),
			Error::<Test>::InsufficientBudget
		);
	});
}

#[test]
fn a_home_spends_what_the_client_left_open_after_the_lease() {
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		System::set_block_number(100);
		assert_ok!(spend(1, &[(account(1), 200)], &[(worker(), 200)]));
		assert_ok!(close_budget(&account(1), 1));
		assert_eq!(Escrow::free(account(1)), 400);
	});
}

#[test]
fn dust_of_a_spend_waits_for_its_payee() {
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		assert_ok!(spend(1, &[(account(1), 60)], &[(worker(), 60)]));
		assert_eq!(Escrow::claimable(account(50)), 60);
		assert_ok!(spend(1, &[(account(1), 40)], &[(worker(), 40)]));
		assert_eq!(balance(&account(50)), 100);
	});
}

#[test]
fn a_spend_of_nothing_changes_nothing() {
	run(|| {
		let before = sp_io::storage::root(sp_core::storage::StateVersion::V1);
		assert_ok!(spend(1, &[(account(1), 0)], &[(worker(), 0)]));
		assert_ok!(spend(1, &[], &[]));
		let after = sp_io::storage::root(sp_core::storage::StateVersion::V1);
		assert_eq!(before, after);
	});
}

#[test]
fn a_freeze_does_not_stop_a_spend() {
	use frame_support::traits::fungible::MutateFreeze;
	run(|| {
		assert_ok!(open_budget(&account(1), 1, 600));
		assert_ok!(Balances::set_freeze(&0, &account(1), START));
		assert_ok!(spend(1, &[(account(1), 600)], &[(worker(), 600)]));
	});
}
