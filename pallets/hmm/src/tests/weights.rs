//! Quality weights of slots.

use crate::{mock::*, Error, Pools};
use aci_market::SlotWeights;
use aci_primitives::traits::{MarketQuote, MarketWeights, Slices};
use frame_support::{assert_noop, assert_ok};

const POOR: u32 = 100_000;

fn weights() -> SlotWeights {
	Hmm::weights(0).expect("there")
}

fn price() -> u128 {
	Hmm::marginal_price(0).expect("there is capacity")
}

fn run_job(weight: u32) {
	assert_ok!(Hmm::take(0, 1_000));
	assert_ok!(Hmm::occupy_slots(0, 1_000, weight));
}

/// Two good and two poor slots.
fn good_and_poor(test: impl FnOnce()) {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 2_000, WHOLE));
		assert_ok!(Hmm::add_capacity(0, 2_000, POOR));
		test();
		assert_invariants();
	});
}

#[test]
fn free_is_the_whole_exactly_when_all_is_free() {
	good_and_poor(|| {
		assert_eq!(weights().weight, 2_200_000_000);
		assert_eq!((weights().free_weight, price()), (2_200_000_000, PAR_PRICE));
		assert_eq!(Hmm::utilisation(0), Some(0));
		for weight in [WHOLE, POOR, POOR, WHOLE] {
			run_job(weight);
			assert!(weights().free_weight < weights().weight);
			assert_invariants();
		}
		assert_eq!((weights().free_weight, weights().free_slots), (0, 0));
		assert_eq!(Hmm::utilisation(0), Some(1_000_000_000));
		for weight in [POOR, WHOLE, WHOLE, POOR] {
			assert_ok!(Hmm::vacate_slots(0, 1_000, weight));
			assert_ok!(Hmm::give_back(0, 1_000));
			assert_invariants();
		}
		assert_eq!((weights().free_weight, price()), (2_200_000_000, PAR_PRICE));
	});
}

#[test]
fn the_price_follows_the_weight_that_is_left() {
	good_and_poor(|| {
		let version = Hmm::pool_state(0).expect("there").version;
		run_job(POOR);
		let after_poor = price();
		assert!(Hmm::pool_state(0).expect("there").version > version);
		assert_ok!(Hmm::vacate_slots(0, 1_000, POOR));
		assert_ok!(Hmm::occupy_slots(0, 1_000, WHOLE));
		assert!(price() > after_poor);
		// 2.1 of 2.2 against 1.2 of 2.2.
		let used = Hmm::utilisation(0).expect("there");
		assert!((454_545_454..455_000_000).contains(&used), "{used}");
		// What a quote asks is for a slot of the mean weight of those that are left.
		let quote = Hmm::quote(0, 1_000, 1_000_000_000_000).expect("three are free");
		assert!(quote.unit_price > price());
	});
}

#[test]
fn a_change_of_weight_moves_the_price_and_no_capacity() {
	good_and_poor(|| {
		run_job(WHOLE);
		let (before, pool) = (price(), Hmm::pool(0).expect("there"));
		// The good worker has one slot free and one occupied.
		assert_ok!(Hmm::reweigh_slots(0, 2_000, 1_000, WHOLE, POOR));
		let now = Hmm::pool(0).expect("there");
		assert_eq!((now.free, now.target), (pool.free, pool.target));
		assert_eq!(weights().weight, 400_000_000);
		assert_eq!(weights().free_weight, 300_000_000);
		assert!(price() < before, "all slots weigh alike now");
		assert_ok!(Hmm::vacate_slots(0, 1_000, POOR));
		assert_ok!(Hmm::give_back(0, 1_000));
		assert_eq!(price(), PAR_PRICE);
	});
}

#[test]
fn what_is_not_there_is_refused_and_changes_nothing() {
	good_and_poor(|| {
		let not_enough = Error::<Test>::NotEnoughCapacity;
		assert_noop!(Hmm::occupy_slots(0, 4_001, POOR), not_enough);
		assert_noop!(Hmm::vacate_slots(0, 1, POOR), Error::<Test>::AboveTarget);
		let not_enough = Error::<Test>::NotEnoughCapacity;
		assert_noop!(Hmm::reweigh_slots(0, 5_000, 0, POOR, WHOLE), not_enough);
		let unknown = Error::<Test>::UnknownClass;
		assert_noop!(Hmm::occupy_slots(1, 1, POOR), unknown);
		assert_eq!(Hmm::weights(1), None);
	});
}

#[test]
fn a_slice_prices_with_the_weights_of_its_class() {
	good_and_poor(|| {
		let home = aci_primitives::job::Home::Chain;
		assert_ok!(Hmm::split(0, &home, 2_000));
		assert_eq!(weights().slots, 4_000);
		run_job(WHOLE);
		let slice = Hmm::slice(0, &home).expect("there");
		assert_eq!(slice.free_weight, Hmm::pool(0).expect("there").free_weight);
		assert_ok!(Hmm::merge(0, &home, 2_000));
	});
}

#[test]
fn the_check_sees_sums_that_are_not_the_slots() {
	good_and_poor(|| {
		let state = Hmm::pool_state(0).expect("there");
		let mut broken = [state; 4];
		broken[0].pool.free_weight = 4_095;
		broken[1].weights.slots += 1;
		broken[2].weights.free_weight = 0;
		broken[3].weights.free_slots = 1_000;
		broken[3].weights.free_weight = 1_000_000_000;
		broken[3].pool.free_weight = broken[3].weights.relative();
		for case in broken {
			Pools::<Test>::insert(0, case);
			assert!(Hmm::do_try_state().is_err(), "{case:?}");
		}
		Pools::<Test>::insert(0, state);
	});
}
