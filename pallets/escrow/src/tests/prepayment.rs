use super::*;
use crate::{Error, Event, Lock, Prepayment};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

const ID: ReservationId = 7;

fn end(refund: Balance) -> Result<Balance, DispatchError> {
	<Escrow as Prepayments>::end_prepayment(ID, refund)
}

/// What is left of the prepayment, and how much of that came from free escrow.
fn left() -> (Balance, Balance) {
	let prepayment = Escrow::prepaid(ID).expect("the prepayment stands");
	(prepayment.amount, prepayment.from_free)
}

/// Client 1 deposits 300 and prepays 1,000.
fn prepaid() -> AccountId {
	let owner = account(1);
	assert_ok!(deposit(&owner, 300));
	assert_ok!(prepay(&owner, ID, 1_000));
	owner
}

#[test]
fn a_prepayment_draws_from_free_escrow_then_from_the_balance() {
	run(|| {
		let owner = prepaid();
		assert_eq!(Escrow::free(owner.clone()), 0);
		assert_eq!(balance(&owner), START - 1_000);
		assert_eq!(held(HoldReason::Prepaid, &owner), 1_000);
		assert_eq!(<Escrow as Prepayments>::prepaid(ID), 1_000);
		assert_eq!(Escrow::prepaid_of(owner.clone()), 1_000);
		let event = Event::Prepaid {
			reservation: ID,
			owner: owner.clone(),
			amount: 1_000,
			from_free: 300,
		};
		System::assert_last_event(event.into());
		let expected = Prepayment {
			owner,
			amount: 1_000,
			from_free: 300,
		};
		assert_eq!(Escrow::prepaid(ID), Some(expected));
	});
}

#[test]
fn a_reservation_is_prepaid_once_and_not_beyond_what_the_owner_has() {
	run(|| {
		let owner = prepaid();
		assert_noop!(prepay(&owner, ID, 1), Error::<Test>::PrepaymentExists);
		assert_noop!(prepay(&account(2), ID, 1), Error::<Test>::PrepaymentExists);
		let most = START - EXISTENTIAL_DEPOSIT;
		assert_noop!(
			prepay(&account(2), 8, most + 1),
			Error::<Test>::InsufficientFunds
		);
		assert_ok!(prepay(&account(2), 8, most));
		assert_eq!(balance(&account(2)), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn a_prepayment_of_nothing_is_a_prepayment() {
	run(|| {
		assert_ok!(prepay(&account(1), ID, 0));
		assert_noop!(prepay(&account(1), ID, 5), Error::<Test>::PrepaymentExists);
		assert_ok!(lock_prepaid(&account(1), ID, job(1), 0));
		assert_eq!(end(0), Ok(0));
		assert_ok!(settle(&[release(job(1), &[])]));
	});
}

#[test]
fn a_lock_draws_from_the_prepayment_and_its_refunds_return_there() {
	run(|| {
		let owner = prepaid();
		assert_ok!(lock_prepaid(&owner, ID, job(1), 500));
		assert_eq!(left(), (500, 0));
		let expected = Lock {
			client: owner.clone(),
			amount: 500,
			from_free: 300,
			prepayment: Some(ID),
		};
		assert_eq!(Escrow::lock(job(1)), Some(expected));
		assert_eq!(balance(&owner), START - 1_000);

		assert_ok!(reduce(job(1), 380));
		assert_eq!(left(), (620, 120));
		let reduced = Event::Reduced {
			job: job(1),
			client: owner.clone(),
			remaining: 380,
			to_free: 0,
			to_balance: 0,
			to_prepayment: 120,
		};
		System::assert_last_event(reduced.into());

		let worker = Payee::Account(account(3));
		assert_ok!(settle(&[release(job(1), &[(worker, 100)])]));
		assert_eq!(left(), (900, 300));
		assert_eq!(balance(&owner), START - 1_000);
		assert_eq!(balance(&account(3)), START + 100);
	});
}

#[test]
fn a_batch_returns_the_refunds_of_one_prepayment_together() {
	run(|| {
		let owner = prepaid();
		for number in 1..=4 {
			assert_ok!(lock_prepaid(&owner, ID, job(number), 250));
		}
		assert_eq!(left(), (0, 0));
		assert_ok!(lock(&owner, job(5), 40));
		let worker = Payee::Account(account(3));
		let batch = (1..=5)
			.map(|number| release(job(number), &[(worker.clone(), 10)]))
			.collect::<Vec<_>>();
		assert_ok!(settle(&batch));
		assert_eq!(left(), (960, 290));
		assert_eq!(balance(&owner), START - 1_000 - 10);
	});
}

#[test]
fn a_prepayment_is_locked_by_its_owner_within_what_is_left() {
	run(|| {
		let owner = prepaid();
		assert_noop!(
			lock_prepaid(&account(2), ID, job(1), 1),
			Error::<Test>::NotPrepaidByClient
		);
		assert_noop!(
			lock_prepaid(&owner, 8, job(1), 1),
			Error::<Test>::NoPrepayment
		);
		assert_noop!(
			lock_prepaid(&owner, ID, job(1), 1_001),
			Error::<Test>::InsufficientPrepayment
		);
		assert_ok!(lock_prepaid(&owner, ID, job(1), 1_000));
		assert_noop!(
			lock_prepaid(&owner, ID, job(1), 0),
			Error::<Test>::LockExists
		);
		assert_noop!(
			lock_prepaid(&owner, ID, job(2), 1),
			Error::<Test>::InsufficientPrepayment
		);
	});
}

#[test]
fn an_end_gives_back_to_where_it_came_from_and_burns_the_rest() {
	run(|| {
		let owner = prepaid();
		let issuance = Balances::total_issuance();
		assert_noop!(end(1_001), Error::<Test>::InsufficientPrepayment);
		assert_eq!(end(450), Ok(550));
		assert_eq!(Escrow::free(owner.clone()), 300);
		assert_eq!(balance(&owner), START - 1_000 + 150);
		assert_eq!(held(HoldReason::Prepaid, &owner), 0);
		assert_eq!(Escrow::burned(), 550);
		assert_eq!(Balances::total_issuance(), issuance - 550);
		let ended = Event::PrepaymentEnded {
			reservation: ID,
			owner,
			to_free: 300,
			to_balance: 150,
			burned: 550,
		};
		System::assert_last_event(ended.into());
		assert_noop!(end(0), Error::<Test>::NoPrepayment);
	});
}

#[test]
fn an_end_that_refunds_all_or_nothing_is_exact() {
	run(|| {
		let owner = prepaid();
		assert_eq!(end(1_000), Ok(0));
		assert_eq!(
			(Escrow::free(owner.clone()), balance(&owner)),
			(300, START - 300)
		);
		assert_ok!(prepay(&owner, ID, 300));
		assert_eq!(end(0), Ok(300));
		assert_eq!(
			(Escrow::free(owner.clone()), balance(&owner)),
			(0, START - 300)
		);
	});
}

#[test]
fn locks_outlive_their_prepayment_and_refund_to_where_it_came_from() {
	run(|| {
		let owner = prepaid();
		assert_ok!(lock_prepaid(&owner, ID, job(1), 400));
		assert_ok!(lock_prepaid(&owner, ID, job(2), 200));
		assert_eq!(end(100), Ok(300));
		assert_eq!(Escrow::locked(owner.clone()), 600);
		assert_eq!(balance(&owner), START - 1_000 + 100);

		assert_ok!(reduce(job(1), 350));
		assert_eq!(Escrow::free(owner.clone()), 50);
		let worker = Payee::Account(account(3));
		assert_ok!(settle(&[
			release(job(1), &[(worker.clone(), 50)]),
			release(job(2), &[(worker, 80)])
		]));
		// Of job 1 came 250 more from free escrow and 50 from the balance, of job 2 all from the
		// balance.
		assert_eq!(Escrow::free(owner.clone()), 300);
		assert_eq!(balance(&owner), START - 1_000 + 100 + 50 + 120);
		assert_eq!(Escrow::prepaid_of(owner.clone()), 0);
		assert_eq!(Escrow::locked(owner), 0);
	});
}

#[test]
fn a_lock_of_an_ended_prepayment_pays_nothing_into_another_owners() {
	run(|| {
		let owner = prepaid();
		assert_ok!(lock_prepaid(&owner, ID, job(1), 400));
		assert_ok!(lock_prepaid(&owner, ID, job(2), 200));
		assert_eq!(end(400), Ok(0));
		assert_ok!(prepay(&account(2), ID, 50));
		assert_ok!(lock_prepaid(&account(2), ID, job(3), 20));
		assert_ok!(reduce(job(1), 300));
		assert_ok!(settle(&[
			release(job(1), &[]),
			release(job(3), &[]),
			release(job(2), &[])
		]));
		assert_eq!(left(), (50, 0));
		assert_eq!(
			(Escrow::free(owner.clone()), balance(&owner)),
			(300, START - 300)
		);
	});
}

#[test]
fn an_owner_without_a_balance_gets_its_prepayment_back_as_free_escrow() {
	run(|| {
		let owner = account(1);
		assert_ok!(prepay(&owner, ID, 50));
		// Another pallet keeps the account alive, so its balance may leave entirely.
		System::inc_providers(&owner);
		let rest = balance(&owner);
		let signed = RuntimeOrigin::signed(owner.clone());
		assert_ok!(Balances::transfer_allow_death(signed, account(2), rest));
		assert_eq!(end(30), Ok(20));
		assert_eq!((balance(&owner), Escrow::free(owner.clone())), (0, 30));
		let kept = Event::RefundKept {
			who: owner,
			amount: 30,
		};
		System::assert_has_event(kept.into());
	});
}
