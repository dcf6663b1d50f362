//! Jobs without a result in time, and the two clocks.

use crate::{mock::*, Event};
use aci_primitives::{JobId, JobStatus, Role};
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};

fn running() -> JobId {
	let id = submit(&clients()[0], 1, &text());
	next_block();
	acknowledge(id);
	id
}

#[test]
fn a_job_without_a_result_in_twice_the_sla_is_refunded_and_costs_a_tenth_of_the_bond() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 1);
		let id = running();
		let locked = price(id);
		blocks(TIMEOUT_BLOCKS - 1);
		assert_eq!(status(id), JobStatus::Running);
		events();
		next_block();
		assert_eq!(status(id), JobStatus::TimedOut);
		let slashed = bond_for(1).div_ceil(10);
		assert_eq!(
			events(),
			vec![Event::JobTimedOut {
				job: id,
				client: client.clone(),
				worker: account.clone(),
				refund: locked,
				slashed
			}]
		);
		assert_eq!(free(&client), START - DEPOSIT);
		let ledger = StakingSlashing::ledger(account.clone(), Role::Worker).expect("bonded");
		assert_eq!(ledger.active, bond_for(1) - slashed);
		assert_eq!((worker(&account).busy, worker(&account).exposure), (0, 0));
		// 0.1 · 0 + 0.9 · 0.8
		assert_eq!(StakingSlashing::quality(account.clone()).score, 720_000);
		let late = sign(&account, receipt(id, 64, 32));
		assert_noop!(
			try_result(&account, id, late, output()),
			Failure::NotRunning
		);

		blocks(RETENTION);
		assert!(crate::Jobs::<Test>::get(id).is_none());
		assert_eq!(total(&client), START);
		// The appeal time has passed as well.
		assert_eq!(total(&account), START - slashed);
	});
}

#[test]
fn a_worker_with_a_slashed_bond_gets_no_jobs_until_it_bonds_more() {
	run(|| {
		let [account, ..] = workers();
		register(&account, 1);
		running();
		blocks(TIMEOUT_BLOCKS);
		let next = submit(&clients()[0], 2, &text());
		blocks(2);
		assert_eq!(status(next), JobStatus::Open);
		bond(&account, bond_for(1).div_ceil(10));
		next_block();
		assert_eq!(status(next), JobStatus::Matched);
	});
}

#[test]
fn the_last_result_in_time_is_accepted_and_pays_little_more_than_half() {
	run(|| {
		register(&workers()[0], 1);
		let id = running();
		let locked = price(id);
		blocks(TIMEOUT_BLOCKS - 1);
		result(id, 64, 32);
		let due = job(id).result.expect("there").due;
		// (3 · 20 s − 38 s) / (2 · 20 s)
		assert_eq!(due, locked * 22 / 40);
	});
}

#[test]
fn a_stalled_chain_times_nobody_out() {
	run(|| {
		let [account, ..] = workers();
		register(&account, 1);
		let id = running();
		let open = submit(&clients()[1], 1, &text());
		// An hour passes between two blocks; the median follows after three more.
		next_block_after(3_600_000);
		blocks(5);
		assert!(Jobs::now().moment > job(id).deadline.moment);
		assert_eq!(status(id), JobStatus::Running);
		assert_eq!(status(open), JobStatus::Open);
		assert_noop!(
			Jobs::poke(RuntimeOrigin::signed(account), id),
			Failure::NotDue
		);
		// Six blocks have passed of the ten of the SLA: the full price.
		let locked = price(id);
		result(id, 64, 32);
		assert_eq!(job(id).result.expect("there").due, locked);
	});
}

#[test]
fn rushed_blocks_time_nobody_out() {
	run(|| {
		register(&workers()[0], 1);
		let id = running();
		for _ in 0..3 * TIMEOUT_BLOCKS {
			next_block_after(10);
		}
		assert_eq!(status(id), JobStatus::Running);
		// It is looked at in each block, and times out once the time has come as well.
		let mut waited = 0;
		while status(id) == JobStatus::Running {
			next_block();
			waited += 1;
		}
		assert!(
			Jobs::now().moment
				>= job(id)
					.assignment
					.expect("there")
					.acknowledged
					.expect("there")
					.moment + 2 * SLA
		);
		assert!(waited <= TIMEOUT_BLOCKS + 4);
		assert_eq!(status(id), JobStatus::TimedOut);
	});
}

#[test]
fn poking_before_the_deadline_does_nothing() {
	run(|| {
		let id = submit(&clients()[0], 1, &text());
		let anyone = RuntimeOrigin::signed(account(99));
		assert_noop!(Jobs::poke(anyone.clone(), id), Failure::NotDue);
		assert_noop!(Jobs::poke(anyone, Default::default()), Failure::UnknownJob);
	});
}

#[test]
fn a_job_that_the_agenda_has_not_reached_is_ended_by_a_poke() {
	run(|| {
		let [client, _] = clients();
		let ids: Vec<JobId> = (0..6)
			.map(|order| submit(&client, order, &text()))
			.collect();
		MaxDuePerBlock::set(2);
		blocks(MATCH_BLOCKS);
		let waiting: Vec<JobId> = ids
			.into_iter()
			.filter(|id| status(*id) == JobStatus::Open)
			.collect();
		assert_eq!(waiting.len(), 4);
		for id in waiting {
			assert_ok!(Jobs::poke(RuntimeOrigin::signed(account(99)), id));
			assert_eq!(status(id), JobStatus::Expired);
		}
		assert_eq!(Balances::balance(&client), START - 6 * DEPOSIT);
	});
}

#[test]
fn a_call_after_a_deadline_that_the_agenda_has_not_reached_is_refused() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 8);
		let ids: Vec<JobId> = (0..6)
			.map(|order| submit(&client, order, &text()))
			.collect();
		next_block();
		MaxDuePerBlock::set(2);
		blocks(ACKNOWLEDGE_BLOCKS - 1);
		let matched: Vec<JobId> = ids
			.into_iter()
			.filter(|id| status(*id) == JobStatus::Matched && job(*id).returns == 0)
			.collect();
		assert_eq!(matched.len(), 4);
		for id in matched {
			assert_noop!(
				Jobs::acknowledge(RuntimeOrigin::signed(account.clone()), id),
				Failure::DeadlinePassed
			);
		}
	});
}
