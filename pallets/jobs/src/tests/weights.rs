//! Quality weights of workers, frozen for an epoch.

use crate::{mock::*, Event, WeighingState};
use aci_market::quality::{MIN_SLOT_WEIGHT, WEIGHT_UNIT};
use aci_primitives::{
	traits::{MarketWeights, QualityUpdate},
	AccountId, Balance, JobId, JobStatus,
};
use frame_support::assert_ok;

const WHOLE: u32 = 1_000_000;

/// So many jobs with the same result are judged.
fn judge(worker: &AccountId, result: u32, jobs: usize) {
	<StakingSlashing as QualityUpdate>::judged_all(worker, &vec![result; jobs]);
}

/// An epoch of quality ends with this block.
fn next_epoch() {
	QualityEpoch::set(1);
	next_block();
	QualityEpoch::set(1_800);
}

fn weight(account: &AccountId) -> u32 {
	worker(account).weight
}

fn marginal_price() -> Balance {
	Hmm::marginal_price(CLASS).expect("there is capacity")
}

/// Weighed workers, in the order of the events since the last call.
fn weighed() -> Vec<(AccountId, u32)> {
	events()
		.into_iter()
		.filter_map(|event| match event {
			Event::WorkerWeighed { worker, weight, .. } => Some((worker, weight)),
			_ => None,
		})
		.collect()
}

fn set_active(worker: &AccountId, active: bool) {
	assert_ok!(Jobs::set_active(
		RuntimeOrigin::signed(worker.clone()),
		active
	));
}

/// So many matched jobs, all on one worker of two.
fn jobs_on(worker: &AccountId, other: &AccountId, count: u64) -> Vec<JobId> {
	set_active(other, false);
	let mut spec = text();
	spec.max_price = 4_000_000;
	let ids: Vec<JobId> = (1..=count)
		.map(|order| submit(&clients()[0], order, &spec))
		.collect();
	next_block();
	assert!(ids.iter().all(|id| worker_of(*id) == *worker));
	set_active(other, true);
	ids
}

/// A good and a poor worker of four slots each.
fn good_and_poor() -> [AccountId; 2] {
	let [good, poor, _] = workers();
	judge(&good, WHOLE, 100);
	judge(&poor, 0, 100);
	next_epoch();
	register(&good, 4);
	register(&poor, 4);
	assert_eq!((weight(&good), weight(&poor)), (WHOLE, MIN_SLOT_WEIGHT));
	[good, poor]
}

#[test]
fn where_good_slots_go_first_the_price_rises_faster() {
	let mut prices = Vec::new();
	for equal in [true, false] {
		run(|| {
			let [good, poor, _] = workers();
			if equal {
				register(&good, 4);
				register(&poor, 4);
			} else {
				good_and_poor();
			}
			let rest = marginal_price();
			assert_eq!(rest, PAR_PRICE, "all slots are free, whatever they weigh");
			let ids = jobs_on(&good, &poor, 3);
			let pool = pool();
			assert_eq!((pool.free, pool.target), (5_000, 8_000));
			prices.push((price(ids[0]), marginal_price()));
		});
	}
	let [(plain_job, plain), (weighted_job, weighted)] = prices[..] else {
		panic!("there were two runs");
	};
	// The match is priced by the slots that were free then: all of them, so by their mean weight.
	assert_eq!(plain_job, weighted_job);
	// Free are 5 of 8 slots, and 1.4 of 4.4 of the weight.
	assert_eq!(plain, PAR_PRICE * 400 * 64 / (103 * 103) + 1);
	assert!(
		weighted > plain * 2,
		"{weighted} is not above twice {plain}"
	);
}

#[test]
fn where_poor_slots_go_first_the_price_rises_less() {
	run(|| {
		let [good, poor] = good_and_poor();
		jobs_on(&poor, &good, 3);
		// Free are 4.1 of 4.4 of the weight, to within a 4,096th: 1.3 of 8 slots are used by price.
		let used = pool().utilisation();
		assert!((68_181_818..=68_500_000).contains(&used), "{used}");
		assert!(marginal_price() < PAR_PRICE * 400 * 64 / (103 * 103));
	});
}

#[test]
fn a_weight_stays_all_through_an_epoch() {
	run(|| {
		let [first, second, third] = workers();
		register(&first, 2);
		register(&second, 2);
		assert_eq!(weight(&first), 800_000);
		let ids = jobs_on(&first, &second, 1);
		let price = marginal_price();
		judge(&first, 0, 3);
		judge(&second, WHOLE, 3);
		blocks(2);
		assert_eq!((weight(&first), weight(&second)), (800_000, 800_000));
		assert_eq!(marginal_price(), price);

		// Who comes, or leaves and comes back, has the quality of the epoch's start too.
		judge(&third, 0, 3);
		register(&third, 1);
		let origin = RuntimeOrigin::signed(second.clone());
		assert_ok!(Jobs::deregister_worker(origin));
		assert_ok!(try_register(&second, 2));
		assert_eq!((weight(&second), weight(&third)), (800_000, 800_000));
		assert_eq!(weighed(), vec![]);

		// Neither a pause nor a slash nor the end of a job moves a weight.
		set_active(&first, false);
		acknowledge(ids[0]);
		blocks(TIMEOUT_BLOCKS + 1);
		assert_eq!(status(ids[0]), JobStatus::TimedOut);
		assert_eq!(weight(&first), 800_000);
		assert_eq!(pool().free_weight, WEIGHT_UNIT);
		assert_eq!(marginal_price(), PAR_PRICE);

		next_epoch();
		next_block();
		let scores = [&first, &second, &third].map(<StakingSlashing as QualityUpdate>::quality);
		assert_eq!(weighed().len(), 3);
		assert_eq!([&first, &second, &third].map(weight), scores);
		assert!(weight(&first) < weight(&third) && weight(&second) > 800_000);
	});
}

#[test]
fn jobs_that_run_over_the_end_of_an_epoch_give_back_what_their_slots_weigh_then() {
	run(|| {
		let all = workers();
		for worker in &all {
			register(worker, 2);
		}
		let mut spec = text();
		spec.max_price = 4_000_000;
		let ids: Vec<JobId> = (1..=5)
			.map(|order| submit(&clients()[0], order, &spec))
			.collect();
		next_block();
		for (worker, result) in all.iter().zip([0, 500_000, WHOLE]) {
			judge(worker, result, 5);
		}
		events();
		let before = Hmm::weights(CLASS).expect("there");
		next_epoch();
		// Two workers in a block; the invariants hold between them.
		assert_eq!(weighed().len(), 2);
		assert!(WeighingState::<Test>::get().running);
		next_block();
		assert_eq!(weighed().len(), 1);
		assert!(!WeighingState::<Test>::get().running);
		next_block();
		assert_eq!(weighed(), vec![], "once in an epoch");
		let after = Hmm::weights(CLASS).expect("there");
		assert_eq!(
			(after.slots, after.free_slots),
			(before.slots, before.free_slots)
		);
		assert_ne!(after.weight, before.weight);
		assert_eq!(
			after.weight,
			all.iter()
				.map(|worker| 2_000 * u128::from(weight(worker)))
				.sum::<u128>()
		);
		for id in &ids {
			assert_eq!(status(*id), JobStatus::Matched);
			acknowledge(*id);
			result(*id, 64, 32);
		}
		let free = Hmm::weights(CLASS).expect("there");
		assert_eq!(free.free_weight, free.weight);
		assert_eq!((pool().free, pool().free_weight), (6_000, WEIGHT_UNIT));
		assert_eq!(marginal_price(), PAR_PRICE);
	});
}

#[test]
fn a_pool_of_one_worker_has_one_price_whatever_its_quality() {
	run(|| {
		let [only, ..] = workers();
		register(&only, 3);
		let mut spec = text();
		spec.max_price = 40_000_000;
		let first = submit(&clients()[0], 1, &spec);
		next_block();
		let price_before = marginal_price();
		judge(&only, 0, 100);
		next_epoch();
		next_block();
		assert_eq!(weight(&only), MIN_SLOT_WEIGHT);
		assert_eq!(
			marginal_price(),
			price_before,
			"also while a job runs over the end of the epoch"
		);
		// The last slot is sold at the price of 95 % utilisation.
		let ids = [2, 3].map(|order| submit(&clients()[0], order, &spec));
		bond(&only, bond_for(3));
		next_block();
		for id in ids.into_iter().chain([first]) {
			assert_eq!(status(id), JobStatus::Matched);
		}
		assert_eq!(marginal_price(), PAR_PRICE * 400);
	});
}

#[test]
fn every_slot_weighs_something_and_the_last_one_is_sold() {
	run(|| {
		let [good, poor] = good_and_poor();
		let mut spec = text();
		spec.max_price = 40_000_000;
		// Room for the exposure to the dearest slots.
		bond(&good, bond_for(4));
		bond(&poor, bond_for(4));
		for order in 1..=8 {
			let id = submit(&clients()[0], order, &spec);
			next_block();
			acknowledge(id);
		}
		assert_eq!((worker(&good).busy, worker(&poor).busy), (4, 4));
		assert_eq!(pool().utilisation(), 1_000_000_000);
		assert_eq!(marginal_price(), PAR_PRICE * 400);
	});
}

#[test]
fn a_job_under_a_reservation_takes_the_weight_of_its_slot_and_gives_it_back() {
	run(|| {
		let [good, poor] = good_and_poor();
		let client = clients()[0].clone();
		let reservation = reserve(&client, 40);
		let idle = marginal_price();
		assert_eq!(pool().free_weight, WEIGHT_UNIT);
		next_block();
		set_active(&poor, false);
		let mut spec = text();
		spec.max_price = 4_000_000;
		let id = submit_reserved(&client, 1, &spec, reservation);
		next_block();
		assert_eq!(worker_of(id), good);
		assert!(marginal_price() > idle, "a good slot is gone");
		assert_eq!(pool().free, 7_000, "its capacity was taken before");
		acknowledge(id);
		result(id, 64, 32);
		assert_eq!(marginal_price(), idle);
	});
}

#[test]
fn a_walk_that_outlasts_an_epoch_is_finished_and_followed_by_the_next() {
	run(|| {
		let all = workers();
		for worker in &all {
			register(worker, 1);
			judge(worker, 0, 1);
		}
		QualityEpoch::set(1);
		next_block();
		assert!(WeighingState::<Test>::get().running);
		next_block();
		let state = WeighingState::<Test>::get();
		let epoch = <StakingSlashing as QualityUpdate>::epoch();
		assert_eq!((state.running, state.epoch), (false, epoch - 1));
		QualityEpoch::set(1_800);
		blocks(2);
		let state = WeighingState::<Test>::get();
		assert_eq!((state.running, state.epoch), (false, epoch));
		for worker in &all {
			assert_eq!(
				weight(worker),
				<StakingSlashing as QualityUpdate>::quality_at_epoch_start(worker)
			);
		}
	});
}

#[test]
fn the_check_sees_a_weight_that_is_not_the_workers() {
	run(|| {
		let [account, ..] = workers();
		register(&account, 1);
		let broken = |change: fn(&AccountId)| {
			undone(|| {
				change(&account);
				let error = Jobs::do_try_state().expect_err("it is broken");
				assert!(format!("{error:?}").contains("invariant 10"), "{error:?}");
			});
		};
		broken(|account| {
			crate::Workers::<Test>::mutate_extant(account, |worker| worker.weight = 0);
		});
		broken(|account| {
			crate::Workers::<Test>::mutate_extant(account, |worker| worker.weight = 700_000);
		});
		broken(|_| {
			assert_ok!(Hmm::occupy_slots(CLASS, 1_000, 800_000));
		});
	});
}
