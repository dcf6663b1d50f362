//! Matching.

use crate::{mock::*, Event};
use aci_market::stake::exposure_limit;
use aci_primitives::{job::PrivacyTier, AccountId, Balance, JobId, JobStatus};
use frame_support::assert_ok;
use std::collections::BTreeMap;

fn unit_prices() -> Vec<Balance> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::JobMatched { unit_price, .. } => Some(unit_price),
			_ => None,
		})
		.collect()
}

#[test]
fn all_jobs_of_a_block_clear_at_one_price() {
	run(|| {
		let [client, other] = clients();
		register(&workers()[0], 4);
		register(&workers()[1], 4);
		events();
		let first = submit(&client, 1, &text());
		let second = submit(&other, 1, &text());
		let third = submit(&other, 2, &embedding());
		next_block();
		let prices = unit_prices();
		assert_eq!(prices.len(), 3);
		assert!(prices.iter().all(|price| *price == prices[0]));
		assert_eq!(price(first), price(second));
		assert!(price(third) < price(first));

		// The price of the next block's job is higher: three slots are taken.
		let later = submit(&client, 2, &text());
		next_block();
		assert!(price(later) > price(first));
	});
}

#[test]
fn two_jobs_are_never_on_one_slot() {
	run(|| {
		let [client, _] = clients();
		let [first, second, _] = workers();
		register(&first, 2);
		register(&second, 1);
		let mut spec = text();
		spec.max_price = 2_000_000;
		let ids: Vec<JobId> = (0..8).map(|order| submit(&client, order, &spec)).collect();
		next_block();
		let mut matched = BTreeMap::<AccountId, u32>::new();
		for id in ids.iter().filter(|id| status(**id) == JobStatus::Matched) {
			*matched.entry(worker_of(*id)).or_default() += 1;
		}
		assert_eq!(matched, BTreeMap::from([(first, 2), (second, 1)]));
		next_block();
		let open = ids
			.iter()
			.filter(|id| status(**id) == JobStatus::Open)
			.count();
		assert_eq!(open, 5);
	});
}

#[test]
fn those_that_offer_most_go_first() {
	run(|| {
		let [client, other] = clients();
		register(&workers()[0], 1);
		let low = submit(&client, 1, &text());
		let mut spec = text();
		spec.max_price = MAX_PRICE + 1;
		let high = submit(&other, 1, &spec);
		next_block();
		assert_eq!(
			(status(low), status(high)),
			(JobStatus::Open, JobStatus::Matched)
		);
	});
}

#[test]
fn the_exposure_limit_defers_a_match() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 4);
		let limit = exposure_limit(bond_for(4));
		set_par_price(20_000_000);
		let mut spec = text();
		spec.max_price = limit;
		let first = submit(&client, 1, &spec);
		next_block();
		assert_eq!(status(first), JobStatus::Matched);
		assert!(price(first) > limit / 3, "{} of {limit}", price(first));
		let mut exposure = price(first);
		let mut deferred = None;
		for order in 2..5 {
			let id = submit(&client, order, &spec);
			next_block();
			if status(id) == JobStatus::Open {
				deferred = Some(id);
				break;
			}
			exposure += price(id);
		}
		let deferred = deferred.expect("three prices exceed the limit");
		assert!(exposure <= limit);
		assert_eq!(worker(&account).exposure, exposure);
		// A larger bond makes room.
		bond(&account, 4 * bond_for(4));
		next_block();
		assert_eq!(status(deferred), JobStatus::Matched);
	});
}

#[test]
fn the_exposure_of_a_paid_job_counts_until_its_fraud_window_ends() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 2);
		let id = submit(&client, 1, &text());
		next_block();
		let locked = price(id);
		acknowledge(id);
		result(id, 64, 32);
		next_block();
		blocks(FRAUD_WINDOW - 1);
		assert_eq!(worker(&account).exposure, locked);
		next_block();
		assert_eq!(worker(&account).exposure, 0);
	});
}

#[test]
fn a_paused_suspended_or_underbonded_worker_gets_no_jobs() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 2);
		let origin = RuntimeOrigin::signed(account.clone());
		assert_ok!(Jobs::set_active(origin.clone(), false));
		let id = submit(&client, 1, &text());
		blocks(2);
		assert_eq!(status(id), JobStatus::Open);
		assert_ok!(ProofOfAi::suspend(RuntimeOrigin::root(), account.clone()));
		assert_ok!(Jobs::set_active(origin, true));
		blocks(2);
		assert_eq!(status(id), JobStatus::Open);
		assert_ok!(ProofOfAi::unsuspend(RuntimeOrigin::root(), account));
		next_block();
		assert_eq!(status(id), JobStatus::Matched);
	});
}

#[test]
fn a_worker_gets_jobs_of_the_models_that_it_offers_only() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 2);
		assert_ok!(Jobs::update_worker(
			RuntimeOrigin::signed(account.clone()),
			vec![EMBEDDING].try_into().expect("short"),
			Default::default(),
		));
		let id = submit(&client, 1, &text());
		let embedded = submit(&client, 2, &embedding());
		next_block();
		assert_eq!(status(id), JobStatus::Open);
		assert_eq!(status(embedded), JobStatus::Matched);
		assert_ok!(Jobs::update_worker(
			RuntimeOrigin::signed(account),
			models(),
			Default::default()
		));
		next_block();
		assert_eq!(status(id), JobStatus::Matched);
	});
}

#[test]
fn a_job_of_another_class_is_not_matched() {
	run(|| {
		register(&workers()[0], 2);
		let mut spec = text();
		spec.class = OTHER_CLASS;
		let id = submit(&clients()[0], 1, &spec);
		next_block();
		assert_eq!(status(id), JobStatus::Open);
	});
}

#[test]
fn a_sealed_job_waits_for_a_worker_with_an_attested_data_key() {
	run(|| {
		let [without, with, _] = workers();
		bond(&without, bond_for(4));
		attest_with(&without, [0; 32]);
		assert_ok!(try_register(&without, 4));
		let mut sealed = text();
		sealed.privacy = PrivacyTier::Sealed;
		let id = submit(&clients()[0], 1, &sealed);
		let open = submit(&clients()[0], 2, &text());
		next_block();
		assert_eq!(status(id), JobStatus::Open);
		assert_eq!(worker_of(open), without);
		register(&with, 1);
		next_block();
		assert_eq!(worker_of(id), with);
	});
}

#[test]
fn classes_take_turns_when_a_block_cannot_try_all_jobs() {
	run(|| {
		let [client, other] = clients();
		let [first, second, _] = workers();
		register(&first, 2);
		bond(&second, bond_for(2));
		attest(&second);
		assert_ok!(try_register_in(&second, OTHER_CLASS, 2));
		MaxMatchesPerBlock::set(1);
		// Each class has a job that is tried in vain, and one that is not.
		let mut expected = Vec::new();
		for class in [CLASS, OTHER_CLASS] {
			let mut poor = text();
			poor.class = class;
			poor.max_price = EXISTENTIAL_DEPOSIT;
			submit(&client, u64::from(class), &poor);
			let mut rich = text();
			rich.class = class;
			expected.push(submit(&other, u64::from(class), &rich));
		}
		blocks(4);
		for id in expected {
			assert_eq!(status(id), JobStatus::Matched);
		}
	});
}

#[test]
fn a_job_that_cannot_be_matched_holds_up_nobody() {
	run(|| {
		let [client, other] = clients();
		register(&workers()[0], 4);
		MaxMatchesPerBlock::set(2);
		let mut poor = text();
		poor.max_price = EXISTENTIAL_DEPOSIT;
		for order in 0..4 {
			submit(&client, order, &poor);
		}
		let id = submit(&other, 1, &text());
		blocks(3);
		assert_eq!(status(id), JobStatus::Matched);
	});
}

#[test]
fn jobs_spread_over_workers_by_their_free_slots() {
	run(|| {
		let [client, _] = clients();
		let [first, second, third] = workers();
		for account in [&first, &second, &third] {
			register(account, 8);
			bond(account, 20_000_000);
		}
		for order in 0..15 {
			submit(&client, order, &text());
		}
		next_block();
		let busy: Vec<u32> = [&first, &second, &third]
			.iter()
			.map(|account| worker(account).busy)
			.collect();
		assert_eq!(busy.iter().sum::<u32>(), 15);
		assert!(busy.iter().all(|busy| *busy > 0), "{busy:?}");
	});
}

#[test]
fn the_window_of_candidates_turns_with_every_block() {
	run(|| {
		let [paused, ready, _] = workers();
		register(&paused, 1);
		register(&ready, 1);
		assert_ok!(Jobs::set_active(RuntimeOrigin::signed(paused), false));
		MaxCandidates::set(1);
		let id = submit(&clients()[0], 1, &text());
		blocks(MATCH_BLOCKS - 1);
		assert_eq!(worker_of(id), ready);
	});
}

#[test]
fn a_worker_that_fell_in_rank_is_drawn_less() {
	run(|| {
		let [fallen, reliable, _] = workers();
		register(&fallen, 8);
		register(&reliable, 8);
		let mut of_fallen = 0;
		for order in 0..20 {
			crate::Workers::<Test>::mutate(&fallen, |worker| {
				worker.as_mut().expect("registered").missed = 19;
			});
			let id = submit(&clients()[order % 2], order as u64, &text());
			next_block();
			of_fallen += u32::from(worker_of(id) == fallen);
			acknowledge(id);
			result(id, 64, 32);
			next_block();
		}
		// One in 21 is expected; with equal ranks it would be one in two.
		assert!(of_fallen <= 4, "{of_fallen}");
	});
}
