use super::*;
use crate::{Error, Event, Lock};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_lock_draws_from_free_escrow_first() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 400));
		assert_ok!(lock(&client, job(1), 300));
		assert_eq!(Escrow::free(client.clone()), 100);
		assert_eq!(balance(&client), START - 400);
		assert_ok!(lock(&client, job(2), 250));
		assert_eq!(Escrow::free(client.clone()), 0);
		assert_eq!(balance(&client), START - 550);
		assert_eq!(held(HoldReason::Job, &client), 550);
		assert_eq!(Escrow::locked(client.clone()), 550);
		assert_eq!(
			Escrow::lock(job(2)),
			Some(Lock {
				client: client.clone(),
				amount: 250,
				from_free: 100,
				prepayment: None,
			})
		);
		assert_eq!(<Escrow as JobEscrow>::locked(&job(2)), 250);
		System::assert_last_event(
			Event::Locked {
				job: job(2),
				client,
				amount: 250,
				from_free: 100,
				prepayment: None,
			}
			.into(),
		);
	});
}

#[test]
fn a_lock_leaves_the_account_its_existential_deposit() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 1_000));
		let most = START - EXISTENTIAL_DEPOSIT;
		assert_noop!(
			lock(&client, job(1), most + 1),
			Error::<Test>::InsufficientFunds
		);
		assert_ok!(lock(&client, job(1), most));
		assert_eq!(balance(&client), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn a_job_is_locked_once() {
	run(|| {
		assert_ok!(lock(&account(1), job(1), 10));
		assert_noop!(lock(&account(1), job(1), 10), Error::<Test>::LockExists);
		assert_noop!(lock(&account(2), job(1), 10), Error::<Test>::LockExists);
	});
}

#[test]
fn a_lock_of_nothing_is_a_lock() {
	run(|| {
		assert_ok!(lock(&account(1), job(1), 0));
		assert_noop!(lock(&account(1), job(1), 5), Error::<Test>::LockExists);
		assert_ok!(settle(&[release(job(1), &[])]));
		assert_eq!(Escrow::lock(job(1)), None);
	});
}

#[test]
fn a_reduction_goes_back_to_where_it_came_from() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 100));
		assert_ok!(lock(&client, job(1), 300));
		assert_ok!(reduce(job(1), 240));
		assert_eq!(Escrow::free(client.clone()), 60);
		assert_eq!(balance(&client), START - 300);
		assert_eq!(
			Escrow::lock(job(1)),
			Some(Lock {
				client: client.clone(),
				amount: 240,
				from_free: 40,
				prepayment: None,
			})
		);
		assert_ok!(reduce(job(1), 150));
		assert_eq!(Escrow::free(client.clone()), 100);
		assert_eq!(balance(&client), START - 250);
		System::assert_last_event(
			Event::Reduced {
				job: job(1),
				client: client.clone(),
				remaining: 150,
				to_free: 40,
				to_balance: 50,
				to_prepayment: 0,
			}
			.into(),
		);
		assert_ok!(reduce(job(1), 0));
		assert_eq!(balance(&client), START - 100);
		assert_eq!(
			Escrow::lock(job(1)),
			Some(Lock {
				client,
				amount: 0,
				from_free: 0,
				prepayment: None,
			})
		);
	});
}

#[test]
fn a_lock_cannot_be_raised_and_an_unknown_one_not_reduced() {
	run(|| {
		assert_ok!(lock(&account(1), job(1), 10));
		assert_noop!(reduce(job(1), 11), Error::<Test>::CannotRaiseLock);
		assert_ok!(reduce(job(1), 10));
		assert_noop!(reduce(job(2), 0), Error::<Test>::NoLock);
	});
}

#[test]
fn a_lock_of_free_escrow_costs_an_account_below_the_existential_deposit_nothing() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 500));
		// Another pallet keeps the account alive, so most of its balance may leave.
		System::inc_providers(&client);
		let rest = balance(&client) - 7;
		let signed = RuntimeOrigin::signed(client.clone());
		assert_ok!(Balances::transfer_allow_death(signed, account(2), rest));
		assert_ok!(lock(&client, job(1), 500));
		assert_eq!((balance(&client), held(HoldReason::Job, &client)), (7, 500));
		assert_ok!(settle(&[release(job(1), &[])]));
		assert_eq!(
			(balance(&client), held(HoldReason::Free, &client)),
			(7, 500)
		);
	});
}
