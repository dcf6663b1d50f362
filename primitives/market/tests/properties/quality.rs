//! Quality weights: exact sums, and what they do to the price.

use crate::{
	reference,
	strategies::{floor_share, magnitude},
};
use aci_market::{
	curve::{exact_unit_price, marginal_price, take},
	fees::PARTS_PER_MILLION,
	quality::{slot_weight, SlotWeights, MAX_FREE_WEIGHT, MIN_SLOT_WEIGHT, WEIGHT_UNIT},
	CurveError, Pool, MAX_CAPACITY, MAX_FLOOR_SHARE, MAX_PAR_PRICE,
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// A worker as the sums know it: its slots, those that jobs occupy, and its weight.
#[derive(Clone, Copy, Debug)]
struct Worker {
	slots: u64,
	busy: u64,
	weight: u32,
}

fn sums(workers: &[Worker]) -> SlotWeights {
	let mut all = SlotWeights::default();
	for worker in workers {
		let free = worker.slots - worker.busy;
		all.slots += worker.slots;
		all.free_slots += free;
		all.weight += u128::from(worker.slots) * u128::from(worker.weight);
		all.free_weight += u128::from(free) * u128::from(worker.weight);
	}
	all
}

fn any_weight() -> impl Strategy<Value = u32> {
	prop_oneof![
		Just(MIN_SLOT_WEIGHT),
		Just(PARTS_PER_MILLION),
		MIN_SLOT_WEIGHT..=PARTS_PER_MILLION
	]
}

#[derive(Clone, Copy, Debug)]
enum Step {
	Join(u64, u32),
	Leave(Index),
	Occupy(Index),
	Vacate(Index),
	Reweigh(Index, u32),
}

fn any_step() -> impl Strategy<Value = Step> {
	prop_oneof![
		2 => (1u64..50, any_weight()).prop_map(|(slots, weight)| Step::Join(slots, weight)),
		1 => any::<Index>().prop_map(Step::Leave),
		5 => any::<Index>().prop_map(Step::Occupy),
		3 => any::<Index>().prop_map(Step::Vacate),
		2 => (any::<Index>(), any_weight()).prop_map(|(who, weight)| Step::Reweigh(who, weight)),
	]
}

proptest! {
	#[test]
	fn the_sums_are_those_of_the_workers_after_any_steps(steps in vec(any_step(), 1..60)) {
		let mut workers: Vec<Worker> = Vec::new();
		let mut weights = SlotWeights::default();
		for step in steps {
			let count = workers.len();
			match step {
				Step::Join(slots, weight) => {
					weights.add(slots, weight)?;
					workers.push(Worker { slots, busy: 0, weight });
				}
				_ if count == 0 => {}
				Step::Leave(who) => {
					let worker = workers[who.index(count)];
					if worker.busy == 0 {
						weights.remove(worker.slots, worker.weight)?;
						workers.remove(who.index(count));
					}
				}
				Step::Occupy(who) => {
					let worker = &mut workers[who.index(count)];
					if worker.busy < worker.slots {
						weights.occupy(1, worker.weight)?;
						worker.busy += 1;
					}
				}
				Step::Vacate(who) => {
					let worker = &mut workers[who.index(count)];
					if worker.busy > 0 {
						weights.vacate(1, worker.weight)?;
						worker.busy -= 1;
					}
				}
				Step::Reweigh(who, to) => {
					let worker = &mut workers[who.index(count)];
					let free = worker.slots - worker.busy;
					weights.reweigh(worker.slots, free, worker.weight, to)?;
					worker.weight = to;
				}
			}
			prop_assert_eq!(weights, sums(&workers));
			prop_assert!(weights.check());
			let all_free = workers.iter().all(|worker| worker.busy == 0);
			prop_assert_eq!(weights.free_weight == weights.weight, all_free);
			prop_assert_eq!(weights.free_slots == weights.slots, all_free);
			if all_free {
				prop_assert_eq!(weights.relative(), WEIGHT_UNIT);
			}
		}
	}

	#[test]
	fn equal_weights_are_no_weights(
		weight in any_weight(),
		slots in 1u64..MAX_CAPACITY,
		busy in any::<Index>(),
	) {
		let mut weights = SlotWeights::default();
		weights.add(slots, weight)?;
		weights.occupy(busy.index(slots as usize) as u64, weight)?;
		prop_assert_eq!(weights.relative(), WEIGHT_UNIT);
	}

	/// Against exact rational numbers: never above, and less than a unit below.
	#[test]
	fn the_relative_weight_is_rounded_down_once(
		workers in vec((magnitude(1 << 40), any_weight(), any::<Index>()), 1..8),
	) {
		let workers: Vec<Worker> = workers
			.into_iter()
			.map(|(slots, weight, busy)| {
				let slots = slots as u64;
				Worker { slots, busy: busy.index(slots as usize) as u64, weight }
			})
			.collect();
		let sums = sums(&workers);
		prop_assert!(sums.check());
		let exact = reference::fraction(
			sums.free_weight * u128::from(sums.slots),
			1u8,
		) / reference::whole(sums.weight)
			/ reference::whole(sums.free_slots)
			* reference::whole(WEIGHT_UNIT);
		prop_assert_eq!(reference::floor(&exact), Some(u128::from(sums.relative())));
		prop_assert!((WEIGHT_UNIT / 10..=MAX_FREE_WEIGHT).contains(&sums.relative()));
	}

	/// The scaled figures reach their largest values, and prices stay exact.
	#[test]
	fn a_weighted_pool_has_an_exact_price_on_the_whole_domain(
		target in magnitude(u128::from(MAX_CAPACITY)),
		free in any::<Index>(),
		taken in any::<Index>(),
		par_price in magnitude(MAX_PAR_PRICE),
		floor_share in floor_share(),
		free_weight in prop_oneof![Just(1), Just(MAX_FREE_WEIGHT), 1..=MAX_FREE_WEIGHT],
		flops in magnitude(u128::MAX),
	) {
		let target = target as u64;
		let free = free.index(target as usize) as u64 + 1;
		let taken = taken.index(free as usize) as u64 + 1;
		let pool = Pool { free, target, par_price, floor_share, free_weight };
		let exact = reference::unit_price(&pool, free, free - taken);
		let price = exact_unit_price(&pool, taken)?;
		prop_assert_eq!(price.ceil().ok(), reference::ceil(&exact));
		prop_assert_eq!(price.floor().ok(), reference::floor(&exact));
		let job = reference::price(&exact, flops);
		prop_assert_eq!(price.price_ceil(flops).ok(), reference::ceil(&job));
	}

	/// A job takes the pool down, whichever worker runs it, also where poor slots go first. Exact
	/// weights, so that rounding hides nothing.
	#[test]
	fn whatever_is_occupied_less_is_free(
		others in vec((1u64..100, any_weight(), any::<Index>()), 0..6),
		slots in 1u64..100,
		weight in any_weight(),
	) {
		let mut workers: Vec<Worker> = others
			.into_iter()
			.map(|(slots, weight, busy)| {
				Worker { slots, busy: busy.index(slots as usize + 1) as u64, weight }
			})
			.collect();
		workers.push(Worker { slots, busy: 0, weight });
		let before = sums(&workers);
		let mut after = before;
		after.occupy(1, weight)?;
		prop_assert!(after.free_weight < before.free_weight);
		prop_assert!(after.free_slots < before.free_slots);
		prop_assert_eq!(after.weight, before.weight);
	}
}

#[test]
fn the_largest_figures_overflow_nothing() {
	let pool = Pool {
		free: MAX_CAPACITY,
		target: MAX_CAPACITY,
		par_price: MAX_PAR_PRICE,
		floor_share: 0,
		free_weight: MAX_FREE_WEIGHT,
	};
	assert_eq!(marginal_price(&pool), Ok(MAX_PAR_PRICE));
	let sold_out = Pool { free: 0, ..pool };
	assert_eq!(marginal_price(&sold_out), Ok(400 * MAX_PAR_PRICE));
	let floored = Pool {
		floor_share: MAX_FLOOR_SHARE,
		..pool
	};
	assert_eq!(marginal_price(&floored), Ok(MAX_PAR_PRICE));
	let mut weights = SlotWeights::default();
	weights.add(MAX_CAPACITY, PARTS_PER_MILLION).unwrap();
	assert_eq!(weights.relative(), WEIGHT_UNIT);
	let before = weights;
	assert_eq!(weights.add(1, 1), Err(CurveError::CapacityOutOfBounds));
	assert_eq!(
		weights.add(u64::MAX, 1),
		Err(CurveError::CapacityOutOfBounds)
	);
	assert_eq!(weights.vacate(1, 1), Err(CurveError::AboveTarget));
	assert_eq!(
		weights.remove(MAX_CAPACITY + 1, 1),
		Err(CurveError::NotEnoughCapacity)
	);
	assert_eq!(
		weights.occupy(u64::MAX, u32::MAX),
		Err(CurveError::NotEnoughCapacity)
	);
	assert_eq!(
		weights.reweigh(1, 2, PARTS_PER_MILLION, 1),
		Err(CurveError::NotEnoughCapacity)
	);
	assert_eq!(weights, before);
}

/// Ten slots of the whole weight and ten of a tenth. While the good ones go, the price rises faster
/// than in a pool of twenty equal slots; the poor ones that go last raise it less each.
#[test]
fn the_price_rises_with_the_weight_that_is_gone() {
	let mut weights = SlotWeights::default();
	weights.add(10_000, PARTS_PER_MILLION).unwrap();
	weights.add(10_000, MIN_SLOT_WEIGHT).unwrap();
	let mut pool = Pool::new(20_000, 20_000, 1_000_000, 0).unwrap();
	let mut plain = pool;
	for taken in 1..=10u32 {
		weights.occupy(1_000, PARTS_PER_MILLION).unwrap();
		take(&mut pool, 1_000).unwrap();
		take(&mut plain, 1_000).unwrap();
		pool.free_weight = weights.relative();
		assert!(
			marginal_price(&pool).ok() > marginal_price(&plain).ok(),
			"{taken}"
		);
	}
	// One eleventh of the weight is left, to within a 4,096th: in half of the slots.
	let left = 1_000_000_000 - pool.utilisation();
	assert!((90_700_000..=90_909_091).contains(&left), "{left}");
	for _ in 0..10 {
		weights.occupy(1_000, MIN_SLOT_WEIGHT).unwrap();
		take(&mut pool, 1_000).unwrap();
		pool.free_weight = weights.relative();
	}
	assert_eq!(pool.utilisation(), 1_000_000_000);
	assert_eq!(marginal_price(&pool), Ok(400_000_000));
}

#[test]
fn no_slot_weighs_nothing() {
	assert_eq!(slot_weight(0), MIN_SLOT_WEIGHT);
	let mut weights = SlotWeights::default();
	weights.add(1_000, 0).unwrap();
	assert_eq!(weights.weight, 1_000 * u128::from(MIN_SLOT_WEIGHT));
	assert!(weights.check());
	weights.free_weight = 0;
	assert!(!weights.check());
}
