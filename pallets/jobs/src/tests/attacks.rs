//! Attacks that arise here, each with what it brings the attacker: never a profit.

use crate::{mock::*, types::DeclineReason};
use aci_market::fees::PARTS_PER_MILLION;
use aci_primitives::{traits::Reservations, AccountId, Balance, JobId, JobStatus};
use frame_support::assert_ok;

/// All that some accounts have.
fn wealth(who: &[AccountId]) -> Balance {
	who.iter().map(total).sum()
}

/// An owner of a client and a worker orders from itself, to gain quality and a larger claim on the
/// fund. Each job costs a fifth of what is due; the fund answers for at most 4 % of it; and quality
/// ends at the whole, and decides only among equals.
#[test]
fn wash_jobs_lose_a_fifth_each_and_bring_less_than_that() {
	run(|| {
		let owner = [clients()[0].clone(), workers()[0].clone()];
		register(&owner[1], 1);
		// So that its exposure has room for all of them.
		bond(&owner[1], 10_000_000);
		let before = wealth(&owner);
		let mut dues = 0;
		for order in 1..=10 {
			let id = done(&owner[0], order);
			dues += job(id).result.expect("there").due;
			next_block();
			assert_eq!(status(id), JobStatus::Settled);
		}
		blocks(FRAUD_WINDOW);
		let lost = before - wealth(&owner);
		let claim = Hmm::insured(CLASS, owner[1].clone());
		assert!(lost * 100 >= dues * 19, "{lost} of {dues}");
		assert!(claim * 100 <= dues * 4, "{claim} of {dues}");
		assert!(claim < lost);
		assert!(StakingSlashing::quality(owner[1].clone()).score <= PARTS_PER_MILLION);
	});
}

/// The same owner disputes its own jobs, to have them refunded after payment: the claim is on its own
/// bond, and what is not paid to it of the bond is lost.
#[test]
fn wash_jobs_with_disputes_lose_the_bond() {
	run(|| {
		let owner = [clients()[0].clone(), workers()[0].clone()];
		register(&owner[1], 1);
		let before = wealth(&owner);
		let id = done(&owner[0], 1);
		next_block();
		assert_ok!(dispute(id));
		assert_ok!(Jobs::decide_dispute(
			RuntimeOrigin::root(),
			id,
			aci_primitives::traits::DisputeVerdict::Wrong
		));
		blocks(60);
		assert!(wealth(&owner) < before);
	});
}

/// A client occupies slots with inputs that it never serves. Each stall costs it the slot fee, its
/// order two fees and a deposit for the time of its record, and the worker nothing.
#[test]
fn slot_stalling_costs_the_client_the_slot_fee_each_time() {
	run(|| {
		let [client, _] = clients();
		let [worker_account, ..] = workers();
		register(&worker_account, 1);
		for order in 1..=3 {
			let id = submit(&client, order, &served());
			for _ in 0..2 {
				next_block();
				assert_eq!(status(id), JobStatus::Matched);
				let origin = RuntimeOrigin::signed(worker_account.clone());
				assert_ok!(Jobs::decline(origin, id, DeclineReason::InputUnavailable));
			}
			assert_eq!(status(id), JobStatus::Expired);
			assert_eq!(total(&client), START - Balance::from(order) * SLOT_FEE);
		}
		assert_eq!(worker(&worker_account).missed, 0);
		assert_eq!(total(&worker_account), START);
		assert_eq!(StakingSlashing::quality(worker_account).judged, 0);
	});
}

/// A worker takes jobs and never acknowledges them. It is paid nothing, and its weight in the draw
/// falls with each: of many jobs nearly all go to the worker that works.
#[test]
fn slot_stalling_by_a_worker_lowers_its_rank_and_pays_nothing() {
	run(|| {
		let [client, _] = clients();
		let [lazy, honest, _] = workers();
		register(&lazy, 8);
		bond(&lazy, 10_000_000);
		for order in 1..=8 {
			submit(&client, order, &text());
		}
		next_block();
		assert_eq!(worker(&lazy).busy, 8);
		blocks(ACKNOWLEDGE_BLOCKS - 1);
		assert_eq!(worker(&lazy).missed, 8);
		assert_eq!(worker(&lazy).exposure, 0);
		register(&honest, 8);
		bond(&honest, 10_000_000);
		blocks(1);
		// All jobs came back; they avoid the worker that had them.
		assert_eq!(worker(&honest).busy, 8);
		for id in crate::Assigned::<Test>::iter_key_prefix(&honest).collect::<Vec<JobId>>() {
			acknowledge(id);
			result(id, 64, 32);
		}
		let fresh: Vec<JobId> = (9..=12)
			.map(|order| submit(&client, order, &text()))
			.collect();
		next_block();
		let to_lazy = fresh.iter().filter(|id| worker_of(**id) == lazy).count();
		assert!(to_lazy <= 2, "{to_lazy}");
		assert_eq!(total(&lazy), START);
		assert!(total(&honest) > START);
	});
}

/// A client holds capacity for a whole window and runs little. Before the end it locks its prepayment
/// for jobs that it withdraws afterwards, or that answer in a word, to save the money from the end of
/// the reservation. What the locks would give back is burned as well.
#[test]
fn a_lock_carries_no_prepayment_past_the_window() {
	run(|| {
		let [client, _] = clients();
		let [worker_account, ..] = workers();
		register(&worker_account, 1);
		let reservation = reserve(&client, 4);
		let paid = prepaid(reservation);
		next_block();
		let runs = submit_reserved(&client, 1, &text(), reservation);
		let waits: Vec<JobId> = (2..=4)
			.map(|order| submit_reserved(&client, order, &text(), reservation))
			.collect();
		let left = prepaid(reservation);
		next_block();
		acknowledge(runs);
		blocks(4);
		for id in &waits {
			assert_eq!(status(*id), JobStatus::Open);
			assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client.clone()), *id));
		}
		result(runs, 1, 1);
		let due = job(runs).result.expect("there").due;
		assert!(left > 0 && due < price(runs) / 2);
		next_block();
		assert_eq!(status(runs), JobStatus::Settled);
		assert_eq!(total(&worker_account), START + part(due));
		// Nothing of the prepayment is left with the client.
		assert_eq!(total(&client), START - paid);
		assert_eq!(pots().3, pots_after(&[due]).3 + paid - due);
	});
}

/// The same by selling back, which pays only for what is not locked, and at a fee: the lock of a job
/// that waits is lost with the rest.
#[test]
fn a_lock_carries_no_prepayment_past_a_sale() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		let sell = |reservation| {
			let sell = pallet_aci_hmm::Swap::SellBack {
				reservation,
				min_refund: 0,
			};
			assert_ok!(Hmm::swap(RuntimeOrigin::signed(client.clone()), sell));
		};
		// Honestly, without a lock.
		let mut honest = 0;
		undone(|| {
			let reservation = reserve(&client, 20);
			sell(reservation);
			honest = total(&client);
		});
		let reservation = reserve(&client, 20);
		let id = submit_reserved(&client, 1, &text(), reservation);
		sell(reservation);
		assert_ok!(Jobs::cancel(RuntimeOrigin::signed(client.clone()), id));
		assert!(<Hmm as Reservations>::reservation(reservation).is_none());
		assert!(honest < START);
		assert!(total(&client) <= honest, "{} {honest}", total(&client));
	});
}
