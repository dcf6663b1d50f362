//! Jobs that come back from workers.

use crate::{
	mock::*,
	types::{DeclineReason, ReturnReason},
	Event,
};
use aci_primitives::{AccountId, Balance, JobId, JobSpec, JobStatus};
use frame_support::{assert_noop, assert_ok};

fn decline(id: JobId, reason: DeclineReason) {
	assert_ok!(Jobs::decline(
		RuntimeOrigin::signed(worker_of(id)),
		id,
		reason
	));
}

/// A job that is declined twice for a reason, by one worker. Returns how often the worker was found
/// at fault.
fn declined_twice(spec: JobSpec, reason: DeclineReason, slot_fee: Balance) -> u32 {
	let [client, _] = clients();
	let [account, ..] = workers();
	register(&account, 1);
	let id = submit(&client, 1, &spec);
	next_block();
	let first = price(id);
	decline(id, reason);
	assert_eq!(status(id), JobStatus::Open);
	assert_eq!(worker(&account).exposure, 0);
	assert_eq!(free(&client), START - first - DEPOSIT);
	next_block();
	assert_eq!(status(id), JobStatus::Matched);
	assert_eq!(price(id), first);
	events();
	decline(id, reason);
	assert_eq!(status(id), JobStatus::Expired);
	assert_eq!(
		events(),
		vec![
			Event::JobReturned {
				job: id,
				worker: account.clone(),
				reason: ReturnReason::Declined(reason),
				returns: 2
			},
			Event::JobExpired {
				job: id,
				client: client.clone(),
				refund: first - slot_fee,
				slot_fee
			},
		]
	);
	assert_eq!(free(&client), START - slot_fee - DEPOSIT);
	assert_eq!(total(&account), START);
	assert_eq!(pots(), (0, 0, 0, slot_fee));
	blocks(RETENTION);
	assert_eq!(total(&client), START - slot_fee);
	worker(&account).missed
}

#[test]
fn an_input_that_two_matches_could_not_fetch_costs_the_slot_fee() {
	run(|| {
		assert_eq!(
			declined_twice(served(), DeclineReason::InputUnavailable, SLOT_FEE),
			0
		);
	});
}

#[test]
fn an_inline_input_never_costs_the_slot_fee() {
	run(|| {
		assert_eq!(
			declined_twice(text(), DeclineReason::InputUnavailable, 0),
			0
		);
	});
}

#[test]
fn an_input_that_is_too_long_costs_neither_side() {
	run(|| {
		assert_eq!(declined_twice(served(), DeclineReason::InputTooLong, 0), 0);
	});
}

#[test]
fn a_worker_that_declines_for_its_own_reasons_falls_in_rank() {
	run(|| {
		assert_eq!(declined_twice(served(), DeclineReason::Other, 0), 2);
	});
}

#[test]
fn one_unavailable_input_and_one_other_reason_cost_no_slot_fee() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		let id = submit(&client, 1, &served());
		next_block();
		decline(id, DeclineReason::InputUnavailable);
		next_block();
		decline(id, DeclineReason::Other);
		assert_eq!(status(id), JobStatus::Expired);
		assert_eq!(free(&client), START - DEPOSIT);
	});
}

#[test]
fn a_worker_that_never_acknowledges_falls_in_rank_and_the_job_expires() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 1);
		let id = submit(&client, 1, &text());
		next_block();
		let locked = price(id);
		assert_eq!(worker(&account).exposure, locked);
		// Matched at the end of the block before this one.
		blocks(ACKNOWLEDGE_BLOCKS - 2);
		assert_eq!(status(id), JobStatus::Matched);
		assert_eq!(worker(&account).missed, 0);
		next_block();
		// Open again, and to be matched at the end of this block.
		assert_eq!((status(id), job(id).returns), (JobStatus::Open, 1));
		assert_eq!(worker(&account).missed, 1);
		assert_eq!((worker(&account).busy, worker(&account).exposure), (0, 0));
		assert_eq!(free(&client), START - locked - DEPOSIT);
		next_block();
		assert_eq!((status(id), price(id)), (JobStatus::Matched, locked));
		blocks(ACKNOWLEDGE_BLOCKS - 2);
		assert_eq!(status(id), JobStatus::Matched);
		next_block();
		assert_eq!((status(id), job(id).returns), (JobStatus::Expired, 2));
		assert_eq!(worker(&account).missed, 2);
		assert_eq!(free(&client), START - DEPOSIT);
		// Nobody is slashed for it.
		assert_eq!(
			(total(&account), free(&account)),
			(START, START - bond_for(1))
		);
		blocks(RETENTION);
		assert_eq!(total(&client), START);
	});
}

#[test]
fn a_paid_job_restores_a_workers_rank() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 1);
		let id = submit(&client, 1, &text());
		next_block();
		decline(id, DeclineReason::Other);
		assert_eq!(worker(&account).missed, 1);
		next_block();
		acknowledge(id);
		result(id, 64, 32);
		assert_eq!(worker(&account).missed, 1);
		next_block();
		assert_eq!(worker(&account).missed, 0);
	});
}

#[test]
fn a_returned_job_goes_to_another_worker() {
	run(|| {
		let [client, _] = clients();
		let [first, second, _] = workers();
		register(&first, 4);
		register(&second, 1);
		for order in 0..6 {
			let id = submit(&client, order, &text());
			next_block();
			let had: AccountId = worker_of(id);
			decline(id, DeclineReason::InputUnavailable);
			next_block();
			let has = worker_of(id);
			assert_ne!(had, has);
			acknowledge(id);
			result(id, 64, 32);
			next_block();
		}
	});
}

#[test]
fn a_returned_job_waits_for_another_worker_that_is_busy() {
	run(|| {
		let [client, _] = clients();
		let [first, second, _] = workers();
		register(&first, 1);
		let id = submit(&client, 1, &text());
		next_block();
		register(&second, 1);
		let held = submit(&client, 2, &text());
		next_block();
		assert_eq!(
			(worker_of(id), worker_of(held)),
			(first.clone(), second.clone())
		);
		decline(id, DeclineReason::InputUnavailable);
		blocks(2);
		assert_eq!(status(id), JobStatus::Open);
		acknowledge(held);
		result(held, 64, 32);
		next_block();
		assert_eq!(worker_of(id), second);
	});
}

#[test]
fn a_job_is_declined_before_it_is_acknowledged_only() {
	run(|| {
		register(&workers()[0], 1);
		let id = submit(&clients()[0], 1, &text());
		next_block();
		let origin = RuntimeOrigin::signed(worker_of(id));
		acknowledge(id);
		assert_noop!(
			Jobs::decline(origin, id, DeclineReason::Other),
			Failure::NotMatched
		);
	});
}

#[test]
fn a_returned_job_that_finds_the_queue_full_expires_with_a_full_refund() {
	run(|| {
		let [client, other] = clients();
		register(&workers()[0], 1);
		let id = submit(&client, 1, &text());
		next_block();
		MaxOpenPerClass::set(1);
		submit(&other, 1, &text());
		decline(id, DeclineReason::InputUnavailable);
		assert_eq!((status(id), job(id).returns), (JobStatus::Expired, 1));
		assert_eq!(free(&client), START - DEPOSIT);
	});
}
