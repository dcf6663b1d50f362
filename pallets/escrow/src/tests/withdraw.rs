use super::*;
use crate::{Error, Event};
use frame_support::{assert_noop, assert_ok};

#[test]
fn free_escrow_comes_back_to_the_balance() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 400));
		assert_ok!(withdraw(&client, 150));
		assert_eq!(balance(&client), START - 250);
		System::assert_last_event(
			Event::Withdrawn {
				who: client.clone(),
				amount: 150,
				free: 250,
			}
			.into(),
		);
		assert_ok!(withdraw(&client, 250));
		assert_eq!(balance(&client), START);
		assert!(!crate::Free::<Test>::contains_key(&client));
	});
}

#[test]
fn locked_escrow_cannot_be_withdrawn() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 400));
		assert_ok!(lock(&client, job(1), 300));
		assert_noop!(
			withdraw(&client, 101),
			Error::<Test>::InsufficientFreeEscrow
		);
		assert_ok!(withdraw(&client, 100));
	});
}

#[test]
fn nobody_withdraws_what_it_did_not_deposit() {
	run(|| {
		assert_ok!(deposit(&account(1), 400));
		assert_noop!(
			withdraw(&account(2), 1),
			Error::<Test>::InsufficientFreeEscrow
		);
		assert_noop!(withdraw(&account(1), 0), Error::<Test>::AmountIsZero);
	});
}
