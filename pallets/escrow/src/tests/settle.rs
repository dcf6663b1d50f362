use super::*;
use crate::{Error, Event};
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;

const WORKER: u8 = 3;

/// The five shares of 10,000 planck.
fn five_shares() -> Vec<(Payee, Balance)> {
	vec![
		(Payee::Account(account(WORKER)), 8_000),
		(Payee::Validators, 800),
		(Payee::Verifiers, 500),
		(Payee::Fund(2), 400),
		(Payee::Burn, 300),
	]
}

#[test]
fn every_share_arrives_to_the_unit_and_the_burn_leaves_the_issuance() {
	run(|| {
		let client = account(1);
		let issuance = Balances::total_issuance();
		assert_ok!(lock(&client, job(1), 12_345));
		assert_ok!(settle(&[release(job(1), &five_shares())]));
		assert_eq!(balance(&account(WORKER)), START + 8_000);
		assert_eq!(Escrow::pools().validators.balance, 800);
		assert_eq!(Escrow::pools().verifiers.balance, 500);
		assert_eq!(Escrow::fund(2).balance, 400);
		assert_eq!(Escrow::burned(), 300);
		let settled = crate::Settled {
			accounts: 8_000,
			validators: 800,
			verifiers: 500,
			funds: 400,
		};
		assert_eq!(Escrow::settled(), settled);
		assert_eq!(Balances::total_issuance(), issuance - 300);
		assert_eq!(balance(&client), START - 10_000);
		assert_eq!(held(HoldReason::Job, &client), 0);
		assert_eq!(balance(&Escrow::account()), EXISTENTIAL_DEPOSIT);
		let settled = Event::BatchSettled {
			jobs: 1,
			clients: 1,
			payees: 4,
			paid: 9_700,
			burned: 300,
			refunded: 2_345,
		};
		System::assert_last_event(settled.into());
	});
}

#[test]
fn a_refund_restores_free_escrow_before_the_balance() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 1_000));
		assert_ok!(lock(&client, job(1), 1_500));
		let worker = Payee::Account(account(WORKER));
		assert_ok!(settle(&[release(job(1), &[(worker, 300)])]));
		assert_eq!(Escrow::free(client.clone()), 1_000);
		assert_eq!(balance(&client), START - 1_300);
	});
}

#[test]
fn a_full_refund_puts_everything_back() {
	run(|| {
		let client = account(1);
		assert_ok!(deposit(&client, 1_000));
		assert_ok!(lock(&client, job(1), 1_500));
		assert_ok!(settle(&[release(job(1), &[])]));
		assert_eq!(Escrow::free(client.clone()), 1_000);
		assert_eq!(balance(&client), START - 1_000);
		assert_eq!(Escrow::lock(job(1)), None);
	});
}

#[test]
fn a_lock_is_released_once() {
	run(|| {
		assert_ok!(lock(&account(1), job(1), 500));
		let batch = [release(job(1), &[]), release(job(1), &[])];
		assert_noop!(settle(&batch), Error::<Test>::NoLock);
		assert_ok!(settle(&batch[..1]));
		assert_noop!(settle(&batch[..1]), Error::<Test>::NoLock);
	});
}

#[test]
fn a_batch_with_one_wrong_release_changes_nothing() {
	run(|| {
		let worker = Payee::Account(account(WORKER));
		assert_ok!(lock(&account(1), job(1), 500));
		assert_ok!(lock(&account(2), job(2), 500));
		let good = release(job(1), &[(worker.clone(), 500)]);
		let unknown = release(job(9), &[]);
		assert_noop!(settle(&[good.clone(), unknown]), Error::<Test>::NoLock);
		let excess = release(job(2), &[(worker.clone(), 500), (Payee::Burn, 1)]);
		assert_noop!(
			settle(&[good.clone(), excess]),
			Error::<Test>::PaymentsExceedLock
		);
		let endless = release(job(2), &[(worker.clone(), u128::MAX), (worker, u128::MAX)]);
		assert_noop!(
			settle(&[good.clone(), endless]),
			Error::<Test>::PaymentsExceedLock
		);
		assert_ok!(settle(&[good]));
		assert_eq!(balance(&account(WORKER)), START + 500);
	});
}

#[test]
fn a_batch_is_netted_per_account() {
	run(|| {
		let worker = account(WORKER);
		for number in 0..20 {
			assert_ok!(lock(&account(1 + (number % 2) as u8), job(number), 1_000));
		}
		System::reset_events();
		let batch = (0..20)
			.map(|number| release(job(number), &[(Payee::Account(worker.clone()), 900)]))
			.collect::<Vec<_>>();
		assert_ok!(settle(&batch));
		assert_eq!(balance(&worker), START + 20 * 900);
		let transfers = System::events()
			.into_iter()
			.filter(|record| {
				matches!(
					record.event,
					RuntimeEvent::Balances(pallet_balances::Event::Transfer { .. })
				)
			})
			.count();
		assert_eq!(transfers, 1);
	});
}

#[test]
fn small_shares_that_are_enough_together_are_paid() {
	run(|| {
		let newcomer = account(50);
		assert_ok!(lock(&account(1), job(1), 60));
		assert_ok!(lock(&account(2), job(2), 60));
		let pay = [(Payee::Account(newcomer.clone()), 60)];
		assert_ok!(settle(&[release(job(1), &pay), release(job(2), &pay)]));
		assert_eq!(balance(&newcomer), 120);
		assert_eq!(Escrow::claimable(newcomer), 0);
	});
}

#[test]
fn a_client_can_be_a_payee_of_its_own_job() {
	run(|| {
		let client = account(1);
		assert_ok!(lock(&client, job(1), 700));
		assert_ok!(settle(&[release(
			job(1),
			&[(Payee::Account(client.clone()), 700)]
		)]));
		assert_eq!(balance(&client), START);
	});
}

#[test]
fn a_client_whose_whole_balance_is_locked_settles_and_lives() {
	run(|| {
		let client = account(1);
		let all = START - EXISTENTIAL_DEPOSIT;
		assert_ok!(lock(&client, job(1), all));
		let worker = Payee::Account(account(WORKER));
		assert_ok!(settle(&[release(job(1), &[(worker, all)])]));
		assert_eq!(balance(&client), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn a_freeze_does_not_stop_a_settlement() {
	use frame_support::traits::fungible::MutateFreeze;
	run(|| {
		let client = account(1);
		assert_ok!(lock(&client, job(1), 5_000));
		assert_ok!(Balances::set_freeze(&0, &client, START));
		assert_ok!(settle(&[release(
			job(1),
			&[
				(Payee::Account(account(WORKER)), 4_000),
				(Payee::Burn, 1_000)
			]
		)]));
		assert_eq!(balance(&account(WORKER)), START + 4_000);
	});
}

#[test]
fn a_refund_that_the_balance_cannot_take_stays_in_free_escrow() {
	run(|| {
		let client = account(1);
		assert_ok!(lock(&client, job(1), 50));
		// Another pallet keeps the account alive, so its balance may leave entirely.
		System::inc_providers(&client);
		let rest = balance(&client);
		let other = account(2);
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(client.clone()),
			other.clone(),
			rest
		));
		assert_eq!(balance(&client), 0);
		assert_ok!(settle(&[release(job(1), &[])]));
		assert_eq!(balance(&client), 0);
		assert_eq!(Escrow::free(client.clone()), 50);
		assert_eq!(held(HoldReason::Free, &client), 50);
		System::assert_has_event(
			Event::RefundKept {
				who: client.clone(),
				amount: 50,
			}
			.into(),
		);

		let withdraw = || Escrow::withdraw(RuntimeOrigin::signed(client.clone()), 50);
		assert_noop!(withdraw(), Error::<Test>::BelowExistentialDeposit);
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(other),
			client.clone(),
			EXISTENTIAL_DEPOSIT
		));
		assert_ok!(withdraw());
	});
}

#[test]
fn an_empty_batch_changes_nothing() {
	run(|| {
		assert_ok!(lock(&account(1), job(1), 500));
		let before = sp_io::storage::root(sp_core::storage::StateVersion::V1);
		assert_ok!(settle(&[]));
		assert_eq!(
			before,
			sp_io::storage::root(sp_core::storage::StateVersion::V1)
		);
	});
}

#[test]
fn a_batch_of_many_jobs_touches_each_account_once_and_writes_one_event_of_its_own() {
	run(|| {
		let jobs = 3_000;
		for number in 0..jobs {
			let client = account(1 + (number % 3) as u8);
			assert_ok!(lock(&client, job(number), 200));
		}
		System::reset_events();
		let batch = (0..jobs)
			.map(|number| {
				let worker = Payee::Account(account(50 + (number % 20) as u8));
				let payments = [
					(worker, 80),
					(Payee::Validators, 8),
					(Payee::Verifiers, 5),
					(Payee::Fund((number % 4) as u16), 4),
					(Payee::Burn, 3),
				];
				release(job(number), &payments)
			})
			.collect::<Vec<_>>();
		assert_ok!(settle(&batch));
		for worker in 50..70 {
			assert_eq!(balance(&account(worker)), 150 * 80);
		}
		assert_eq!(Escrow::burned(), 3 * Balance::from(jobs as u32));
		let events = System::events();
		let ours = events
			.iter()
			.filter(|record| matches!(record.event, RuntimeEvent::Escrow(_)))
			.collect::<Vec<_>>();
		assert_eq!(ours.len(), 1);
		let settled = Event::BatchSettled {
			jobs: jobs as u32,
			clients: 3,
			payees: 20 + 2 + 4,
			paid: 97 * Balance::from(jobs as u32),
			burned: 3 * Balance::from(jobs as u32),
			refunded: 100 * Balance::from(jobs as u32),
		};
		assert_eq!(ours[0].event, settled.into());
		// At most four for each of the accounts that were touched: new account, endowment, transfer,
		// release of a hold.
		assert!(events.len() < 4 * (3 + 26 + 1), "{}", events.len());
	});
}

/// What an account has under this pallet and outside.
fn wealth(who: &AccountId) -> Balance {
	balance(who) + held(HoldReason::Free, who) + held(HoldReason::Job, who)
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

	#[test]
	fn a_verdicts_split_of_a_lock_is_exact_and_leaves_the_rest_as_refund(
		deposited in 0..2_000 as Balance,
		amount in 0..5_000 as Balance,
		parts in prop::collection::vec((0u8..9, 0..1_200 as Balance), 0..12),
	) {
		run(|| {
			let client = account(1);
			if deposited > 0 {
				assert_ok!(deposit(&client, deposited));
			}
			assert_ok!(lock(&client, job(1), amount));
			let payees = [
				Payee::Validators,
				Payee::Verifiers,
				Payee::Fund(0),
				Payee::Fund(1),
				Payee::Burn,
				Payee::Account(client.clone()),
				Payee::Account(account(2)),
				Payee::Account(account(WORKER)),
				Payee::Account(account(50)),
			];
			let payments = parts
				.iter()
				.map(|(payee, part)| (payees[usize::from(*payee)].clone(), *part))
				.collect::<Vec<_>>();
			let sum = parts.iter().map(|(_, part)| *part).sum::<Balance>();
			let split = settle(&[release(job(1), &payments)]);
			if sum > amount {
				assert_eq!(split, Err(Error::<Test>::PaymentsExceedLock.into()));
				assert_eq!(Escrow::locked(client), amount);
				return;
			}
			assert_ok!(split);
			for payee in &payees {
				let due = payments
					.iter()
					.filter(|(other, _)| other == payee)
					.map(|(_, part)| *part)
					.sum::<Balance>();
				match Escrow::payee_account(payee) {
					None => assert_eq!(Escrow::burned(), due),
					Some(who) => {
						let started = if clients().contains(&who) { START } else { 0 };
						let out = if who == client { sum } else { 0 };
						let has = wealth(&who) + Escrow::claimable(who);
						assert_eq!(has + out, started + due);
					}
				}
			}
			// The rest is the client's again, in free escrow up to what the lock drew from there.
			let rest = amount - sum;
			let drawn = deposited.min(amount);
			assert_eq!(Escrow::free(client.clone()), deposited - drawn + rest.min(drawn));
			assert_eq!(Escrow::locked(client), 0);
		});
	}
}
