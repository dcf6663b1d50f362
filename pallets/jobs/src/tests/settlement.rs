//! Payment in batches.

use crate::{mock::*, Batches, Event, PaidBatches};
use aci_primitives::{JobId, JobStatus};
use frame_support::{assert_noop, assert_ok};

/// So many jobs of both clients, whose results are accepted in one block: this one.
fn submitted(count: u64) -> Vec<JobId> {
	register(&workers()[0], 8);
	register(&workers()[1], 8);
	let ids: Vec<JobId> = (0..count)
		.map(|order| submit(&clients()[(order % 2) as usize], order, &text()))
		.collect();
	next_block();
	for id in &ids {
		acknowledge(*id);
		result(*id, 64, 32);
	}
	ids
}

fn settled(ids: &[JobId]) -> usize {
	ids.iter()
		.filter(|id| status(**id) == JobStatus::Settled)
		.count()
}

#[test]
fn the_due_jobs_of_a_block_are_paid_together_and_each_is_stated() {
	run(|| {
		let ids = submitted(10);
		let prices: Vec<u128> = ids.iter().map(|id| price(*id)).collect();
		let etas: u64 = ids
			.iter()
			.map(|id| job(*id).assignment.expect("matched").eta)
			.sum();
		assert_eq!(Batches::<Test>::iter_keys().count(), 3);
		events();
		next_block();
		assert_eq!(settled(&ids), 10);
		let mut paid = 0;
		let mut stated: Vec<JobId> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::JobSettled {
					job,
					paid: to_worker,
					fund,
					..
				} => {
					paid += to_worker;
					assert!(fund > 0);
					Some(job)
				}
				_ => None,
			})
			.collect();
		stated.sort();
		let mut all = ids.clone();
		all.sort();
		assert_eq!(stated, all);
		assert_eq!(paid, prices.iter().map(|price| part(*price)).sum::<u128>());
		assert_eq!(pots(), pots_after(&prices));
		let earned = total(&workers()[0]) + total(&workers()[1]);
		assert_eq!(earned, 2 * START + paid);
		let insured = |worker: usize| Hmm::insured(CLASS, workers()[worker].clone());
		let fees = insured(0) + insured(1);
		assert_eq!(fees, pots().2);
		let activity = Hmm::activity(CLASS).expect("there");
		assert_eq!(activity.paid, u128::from(etas));
		let judged = workers()[..2]
			.iter()
			.map(|worker| StakingSlashing::quality(worker.clone()).judged)
			.sum::<u32>();
		assert_eq!(judged, 10);
	});
}

#[test]
fn a_paid_job_is_settled_for_every_reader_though_its_record_is_not_rewritten() {
	run(|| {
		let ids = submitted(1);
		let client = clients()[0].clone();
		next_block();
		let raw = crate::Jobs::<Test>::get(ids[0]).expect("there");
		assert_eq!(raw.status, JobStatus::Submitted);
		let view = Jobs::job(ids[0]).expect("there");
		assert_eq!(view.job.status, JobStatus::Settled);
		assert_eq!(view.locked, 0);
		let ends = System::block_number() + FRAUD_WINDOW;
		assert_eq!(view.job.deadline.block, ends);
		assert_eq!(Jobs::jobs_of(client.clone(), None, 10), vec![view]);
		assert_noop!(
			Jobs::poke(RuntimeOrigin::signed(client), ids[0]),
			Failure::NotDue
		);
	});
}

#[test]
fn a_full_block_pays_the_rest_in_the_next_ones() {
	run(|| {
		let ids = submitted(10);
		MaxSettlementsPerBlock::set(4);
		for paid in [4, 8, 10] {
			next_block();
			assert_eq!(settled(&ids), paid);
		}
	});
}

#[test]
fn a_block_pays_a_batch_whatever_the_governed_limit_says() {
	run(|| {
		let ids = submitted(10);
		SettlementLimit::set(0);
		for paid in [4, 8, 10] {
			next_block();
			assert_eq!(settled(&ids), paid);
		}
	});
}

#[test]
fn anyone_pays_a_due_job_that_its_block_did_not_reach() {
	run(|| {
		let ids = submitted(10);
		MaxSettlementsPerBlock::set(4);
		next_block();
		let late: Vec<&JobId> = ids
			.iter()
			.filter(|id| status(**id) == JobStatus::Submitted)
			.collect();
		let before = pots();
		assert_ok!(Jobs::poke(RuntimeOrigin::signed(account(99)), *late[0]));
		assert_eq!(status(*late[0]), JobStatus::Settled);
		assert!(pots() > before);
		blocks(3);
		assert_eq!(settled(&ids), 10);
		blocks(FRAUD_WINDOW);
		assert!(Jobs::job(*late[0]).is_none());
	});
}

#[test]
fn a_job_that_cannot_be_paid_holds_up_nobody() {
	run(|| {
		let ids = submitted(10);
		let due = System::block_number() + 1;
		undone(|| {
			pallet_aci_escrow::Locks::<Test>::remove(ids[3]);
			events();
			System::set_block_number(due);
			Jobs::begin_block();
			assert_eq!(settled(&ids), 9);
			assert_eq!(status(ids[3]), JobStatus::Submitted);
			let events = events();
			let failed: Vec<&Event<Test>> = events
				.iter()
				.filter(|event| matches!(event, Event::SettlementFailed { .. }))
				.collect();
			let [Event::SettlementFailed { job, .. }] = failed[..] else {
				panic!("{events:?}")
			};
			assert_eq!(*job, ids[3]);
			let payments = events
				.iter()
				.filter(|event| matches!(event, Event::JobSettled { .. }))
				.count();
			assert_eq!(payments, 9);
			// It is looked at again, alone.
			assert!(crate::Agenda::<Test>::contains_key(due + 1, ids[3]));
		});
		System::set_block_number(due - 1);
	});
}

#[test]
fn a_late_result_lowers_quality_by_the_share_that_the_late_rule_takes() {
	run(|| {
		let [worker, ..] = workers();
		register(&worker, 1);
		let id = submit(&clients()[0], 1, &text());
		next_block();
		acknowledge(id);
		blocks(15);
		result(id, 64, 32);
		next_block();
		// 0.1 · 0.75 + 0.9 · 0.8
		assert_eq!(StakingSlashing::quality(worker).score, 795_000);
	});
}

#[test]
fn few_tokens_are_no_fault() {
	run(|| {
		let [worker, ..] = workers();
		register(&worker, 1);
		let id = submit(&clients()[0], 1, &text());
		next_block();
		acknowledge(id);
		result(id, 64, 1);
		next_block();
		assert_eq!(StakingSlashing::quality(worker).score, 820_000);
	});
}

#[test]
fn paid_jobs_are_pruned_as_many_a_block_as_its_bound_allows() {
	run(|| {
		let ids = submitted(10);
		next_block();
		MaxDuePerBlock::set(3);
		blocks(FRAUD_WINDOW - 1);
		let kept = || crate::Jobs::<Test>::iter_keys().count();
		assert_eq!(kept(), 10);
		for left in [7, 4, 1, 0] {
			next_block();
			assert_eq!(kept(), left);
		}
		next_block();
		assert_eq!(Batches::<Test>::iter_keys().count(), 0);
		assert_eq!(PaidBatches::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::BatchCount::<Test>::iter_keys().count(), 0);
		assert_eq!(total(&clients()[0]), free(&clients()[0]));
		assert!(ids.iter().all(|id| Jobs::job(*id).is_none()));
	});
}

#[test]
fn a_model_stays_while_a_result_of_it_can_be_disputed() {
	run(|| {
		let ids = submitted(1);
		next_block();
		assert_eq!(settled(&ids), 1);
		let owner = RuntimeOrigin::signed(account(200));
		assert!(ProofOfAi::remove_model(owner.clone(), TEXT).is_err());
		for worker in &workers()[..2] {
			let embeddings = vec![EMBEDDING].try_into().expect("short");
			let origin = RuntimeOrigin::signed(worker.clone());
			assert_ok!(Jobs::update_worker(origin, embeddings, Default::default()));
		}
		assert!(ProofOfAi::remove_model(owner.clone(), TEXT).is_err());
		blocks(FRAUD_WINDOW);
		assert_ok!(ProofOfAi::remove_model(owner, TEXT));
	});
}

/// Paid jobs whose fraud window is over and that are still there.
fn prunable() -> usize {
	let now = Jobs::now();
	PaidBatches::<Test>::iter()
		.filter(|(_, until)| until.has_passed(&now))
		.map(|(key, _)| Batches::<Test>::get(key).len())
		.sum()
}

#[test]
fn while_every_block_pays_its_limit_pruning_keeps_up() {
	run(|| {
		MaxDuePerBlock::set(2);
		MaxSettlementsPerBlock::set(4);
		SettlementLimit::set(3);
		for worker in &workers()[..2] {
			register(worker, 8);
			bond(worker, 4 * bond_for(8));
		}
		let mut order = 0;
		let mut matched: Vec<JobId> = Vec::new();
		let (mut settled_in_all, mut pruned_in_all) = (0, 0);
		for block in 0..3 * FRAUD_WINDOW {
			for id in matched.drain(..) {
				acknowledge(id);
				result(id, 64, 0);
			}
			for _ in 0..3 {
				order += 1;
				matched.push(submit(
					&clients()[(order % 2) as usize],
					order,
					&embedding(),
				));
			}
			events();
			next_block();
			let events = events();
			let settled = events
				.iter()
				.filter(|event| matches!(event, Event::JobSettled { .. }))
				.count();
			let pruned = events
				.iter()
				.filter(|event| matches!(event, Event::JobPruned { .. }))
				.count();
			if block >= 2 {
				assert_eq!(settled, 3, "payment is at its limit");
			}
			settled_in_all += settled;
			pruned_in_all += pruned;
			assert_eq!(
				prunable(),
				0,
				"more than the bound of other deadlines is pruned"
			);
		}
		let kept = 3 * FRAUD_WINDOW as usize;
		assert_eq!(settled_in_all - pruned_in_all, kept);
	});
}

#[test]
fn what_a_peak_left_is_pruned_with_the_weight_that_blocks_have_left() {
	use crate::WeightInfo;
	use frame_support::{traits::Hooks, weights::Weight};
	run(|| {
		submitted(10);
		next_block();
		MaxDuePerBlock::set(2);
		blocks(FRAUD_WINDOW);
		assert_eq!(prunable(), 8);
		let each = <() as WeightInfo>::prune();
		let idle = |weight: Weight| Jobs::on_idle(System::block_number(), weight);
		assert_eq!(idle(Weight::zero()), Weight::zero());
		assert_eq!(idle(each), Weight::zero());
		assert_eq!(prunable(), 8);
		let rest = each * 4;
		assert!(idle(rest).all_lte(rest));
		assert_eq!(prunable(), 5);
		check();
		// At most as many as a block can pay, however much weight is left.
		MaxSettlementsPerBlock::set(1);
		let used = idle(Weight::MAX);
		assert_eq!(prunable(), 1);
		assert!(used.all_lte(each * 5));
		check();
		idle(Weight::MAX);
		assert_eq!(prunable(), 0);
	});
}
