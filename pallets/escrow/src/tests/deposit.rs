use super::*;
use crate::{Error, Event};
use frame_support::{assert_noop, assert_ok, traits::fungible::MutateFreeze};

#[test]
fn a_deposit_is_held_under_free_and_leaves_the_issuance() {
	run(|| {
		let client = account(1);
		let issuance = Balances::total_issuance();
		assert_ok!(deposit(&client, 400));
		assert_ok!(deposit(&client, 50));
		assert_eq!(Escrow::free(client.clone()), 450);
		assert_eq!(held(HoldReason::Free, &client), 450);
		assert_eq!(balance(&client), START - 450);
		assert_eq!(Balances::total_issuance(), issuance);
		System::assert_last_event(
			Event::Deposited {
				who: client,
				amount: 50,
				free: 450,
			}
			.into(),
		);
	});
}

#[test]
fn the_existential_deposit_cannot_be_deposited() {
	run(|| {
		let client = account(1);
		let most = START - EXISTENTIAL_DEPOSIT;
		assert_noop!(deposit(&client, most + 1), Error::<Test>::InsufficientFunds);
		assert_ok!(deposit(&client, most));
		assert_eq!(balance(&client), EXISTENTIAL_DEPOSIT);
		assert_noop!(deposit(&client, 1), Error::<Test>::InsufficientFunds);
	});
}

#[test]
fn zero_and_unknown_accounts_are_refused() {
	run(|| {
		assert_noop!(deposit(&account(1), 0), Error::<Test>::AmountIsZero);
		assert_noop!(deposit(&account(99), 1), Error::<Test>::InsufficientFunds);
	});
}

#[test]
fn what_is_frozen_cannot_be_deposited() {
	run(|| {
		let client = account(1);
		assert_ok!(Balances::set_freeze(&0, &client, START - 300));
		assert_noop!(deposit(&client, 301), Error::<Test>::InsufficientFunds);
		assert_ok!(deposit(&client, 300));
	});
}
