//! What the curve promises to the pool and to its buyers.

use crate::strategies::{
	any_pool, level, magnitude, magnitude_or_zero, pool_and_purchase, pool_up_to,
};
use aci_market::{
	curve::{
		add_capacity, give_back, marginal_price, price, remove_capacity, sell_back_price,
		sell_back_unit_price, take, unit_price,
	},
	fixed::mul_div_ceil,
	quality::{MAX_FREE_WEIGHT, WEIGHT_UNIT},
	CurveError, Pool, MAX_CAPACITY, MAX_FLOOR_SHARE, MAX_PAR_PRICE, PARTS_PER_BILLION,
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// With par prices and work up to these, the sum of 16 prices fits `u128`.
const PAR: u128 = 1 << 78;
const FLOPS_PER_MILLI_SLOT: u128 = 1 << 26;

/// Moves the pool to `free` and returns what the step costs and what it yields.
fn step(pool: &mut Pool, free: u64, flops_per_milli_slot: u128) -> (u128, u128) {
	if free < pool.free {
		let taken = pool.free - free;
		let cost = price(pool, taken, u128::from(taken) * flops_per_milli_slot).unwrap();
		take(pool, taken).unwrap();
		(cost, 0)
	} else if free > pool.free {
		let returned = free - pool.free;
		let flops = u128::from(returned) * flops_per_milli_slot;
		let income = sell_back_price(pool, returned, flops).unwrap();
		give_back(pool, returned).unwrap();
		(0, income)
	} else {
		(0, 0)
	}
}

fn pool_and_walk() -> impl Strategy<Value = (Pool, Vec<u64>)> {
	pool_up_to(PAR).prop_flat_map(|pool| (Just(pool), vec(level(pool.target), 1..15)))
}

fn pool_and_pieces() -> impl Strategy<Value = (Pool, Vec<u64>)> {
	let parts = (pool_and_purchase(PAR), vec(any::<Index>(), 0..15));
	parts.prop_map(|((pool, taken), cuts)| {
		let mut cuts: Vec<u64> = cuts
			.iter()
			.map(|cut| cut.index(taken as usize) as u64)
			.collect();
		cuts.extend([0, taken]);
		cuts.sort_unstable();
		cuts.dedup();
		(
			pool,
			cuts.windows(2).map(|ends| ends[1] - ends[0]).collect(),
		)
	})
}

proptest! {
	#[test]
	fn a_round_trip_never_profits(
		(start, walk) in pool_and_walk(),
		flops_per_milli_slot in magnitude(FLOPS_PER_MILLI_SLOT),
	) {
		let mut pool = start;
		let mut paid = 0u128;
		let mut received = 0u128;
		for free in walk.into_iter().chain([start.free]) {
			let (cost, income) = step(&mut pool, free, flops_per_milli_slot);
			paid += cost;
			received += income;
		}
		prop_assert_eq!(pool, start);
		prop_assert!(received <= paid, "received {} for {}", received, paid);
	}

	#[test]
	fn splitting_a_purchase_never_costs_less_and_at_most_one_planck_more_for_each_cut(
		(mut pool, pieces) in pool_and_pieces(),
		flops_per_milli_slot in magnitude(FLOPS_PER_MILLI_SLOT),
	) {
		let taken: u64 = pieces.iter().sum();
		let whole = price(&pool, taken, u128::from(taken) * flops_per_milli_slot).unwrap();
		let mut sum = 0;
		for piece in &pieces {
			let free = pool.free - piece;
			let (cost, _) = step(&mut pool, free, flops_per_milli_slot);
			sum += cost;
		}
		prop_assert!(sum >= whole);
		prop_assert!(sum - whole < pieces.len() as u128);
	}

	#[test]
	fn the_price_rises_with_utilisation(
		pool in any_pool(),
		other in any::<Index>(),
		size in any::<Index>(),
		flops in magnitude_or_zero(1 << 60),
	) {
		let other = other.index(pool.target as usize + 1) as u64;
		let fuller = Pool { free: pool.free.max(other), ..pool };
		let emptier = Pool { free: pool.free.min(other), ..pool };
		prop_assert!(marginal_price(&fuller)? <= marginal_price(&emptier)?);
		if emptier.free > 0 {
			let taken = size.index(emptier.free as usize) as u64 + 1;
			prop_assert!(unit_price(&fuller, taken)? <= unit_price(&emptier, taken)?);
			prop_assert!(price(&fuller, taken, flops)? <= price(&emptier, taken, flops)?);
		}
	}

	#[test]
	fn one_milli_slot_less_costs_strictly_more_where_the_par_price_resolves_it(
		target in 1u64..1 << 20,
		par_price in MAX_PAR_PRICE >> 20..=MAX_PAR_PRICE,
		floor_share in 0..=MAX_FLOOR_SHARE,
		free in any::<Index>(),
	) {
		let free = free.index(target as usize) as u64 + 1;
		let fuller = Pool::new(free, target, par_price, floor_share)?;
		let emptier = Pool { free: free - 1, ..fuller };
		prop_assert!(marginal_price(&fuller)? < marginal_price(&emptier)?);
	}

	#[test]
	fn a_larger_purchase_has_no_lower_unit_price(
		(pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
	) {
		let smaller = taken.div_ceil(2);
		prop_assert!(unit_price(&pool, smaller)? <= unit_price(&pool, taken)?);
	}

	#[test]
	fn a_unit_price_lies_between_the_marginal_prices_before_and_after(
		(mut pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
	) {
		let before = marginal_price(&pool)?;
		let unit = unit_price(&pool, taken)?;
		take(&mut pool, taken)?;
		prop_assert!(before <= unit && unit <= marginal_price(&pool)?);
	}

	#[test]
	fn a_unit_price_is_at_least_par_and_at_most_the_price_of_95_percent_utilisation(
		(pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
	) {
		let unit = unit_price(&pool, taken)?;
		prop_assert!(unit >= pool.par_price);
		prop_assert!(unit <= price_at_95_percent(&pool));
	}

	#[test]
	fn the_last_slot_can_be_sold_and_costs_what_95_percent_utilisation_costs(
		(mut pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
	) {
		pool.free = taken;
		take(&mut pool, taken)?;
		prop_assert_eq!(pool.free, 0);
		prop_assert_eq!(marginal_price(&pool)?, price_at_95_percent(&pool));
		prop_assert_eq!(unit_price(&pool, 1), Err(CurveError::NotEnoughCapacity));
	}

	#[test]
	fn a_resting_pool_costs_its_par_price(pool in any_pool()) {
		let resting = Pool { free: pool.target, free_weight: WEIGHT_UNIT, ..pool };
		prop_assert_eq!(marginal_price(&resting)?, pool.par_price);
	}

	#[test]
	fn a_larger_floor_share_never_raises_a_price(
		(pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
		other in 0..=MAX_FLOOR_SHARE,
	) {
		let steadier = Pool { floor_share: pool.floor_share.max(other), ..pool };
		let scarcer = Pool { floor_share: pool.floor_share.min(other), ..pool };
		prop_assert!(unit_price(&steadier, taken)? <= unit_price(&scarcer, taken)?);
	}

	#[test]
	fn giving_back_undoes_taking_and_stops_at_the_target(
		(start, taken) in pool_and_purchase(MAX_PAR_PRICE),
		more in magnitude(u128::from(u64::MAX)),
	) {
		let mut pool = start;
		take(&mut pool, taken)?;
		prop_assert_eq!(pool.used(), start.used() + taken);
		give_back(&mut pool, taken)?;
		prop_assert_eq!(pool, start);
		let too_much = (start.used() + 1).max(more as u64);
		prop_assert_eq!(give_back(&mut pool, too_much), Err(CurveError::AboveTarget));
		prop_assert_eq!(pool, start);
	}

	#[test]
	fn removing_capacity_undoes_adding_it_and_leaves_used_capacity(
		start in any_pool(),
		added in level(MAX_CAPACITY),
	) {
		let mut pool = start;
		match add_capacity(&mut pool, added) {
			Ok(()) => {
				prop_assert_eq!(pool.check(), Ok(()));
				prop_assert_eq!(pool.used(), start.used());
				remove_capacity(&mut pool, added)?;
			},
			Err(error) => {
				prop_assert_eq!(error, CurveError::CapacityOutOfBounds);
				prop_assert!(start.target + added > MAX_CAPACITY);
			},
		}
		prop_assert_eq!(pool, start);
		let error = remove_capacity(&mut pool, start.free + 1);
		prop_assert_eq!(error, Err(CurveError::NotEnoughCapacity));
		prop_assert_eq!(pool, start);
	}

	#[test]
	fn a_pool_from_outside_is_refused_or_answered_and_an_error_leaves_it_unchanged(
		free in magnitude_or_zero(u128::from(u64::MAX)),
		target in magnitude_or_zero(u128::from(u64::MAX)),
		par_price in magnitude_or_zero(u128::MAX),
		floor_share in any::<u32>(),
		free_weight in prop_oneof![Just(WEIGHT_UNIT), 0..=MAX_FREE_WEIGHT + 1, any::<u32>()],
		milli_slots in magnitude_or_zero(u128::from(u64::MAX)),
		flops in magnitude_or_zero(u128::MAX),
	) {
		let (free, target, milli_slots) = (free as u64, target as u64, milli_slots as u64);
		let start = Pool { free, target, par_price, floor_share, free_weight };
		if free_weight == WEIGHT_UNIT {
			let new = Pool::new(free, target, par_price, floor_share);
			prop_assert_eq!(new.err(), start.check().err());
		}
		prop_assert!(start.utilisation() <= PARTS_PER_BILLION);
		if let Err(error) = start.check() {
			prop_assert_eq!(marginal_price(&start), Err(error));
			prop_assert_eq!(price(&start, milli_slots, flops), Err(error));
			prop_assert_eq!(sell_back_price(&start, milli_slots, flops), Err(error));
		}
		for change in [take, give_back, add_capacity, remove_capacity] {
			let mut pool = start;
			match change(&mut pool, milli_slots) {
				Ok(()) => prop_assert_eq!(pool.check(), Ok(())),
				Err(_) => prop_assert_eq!(pool, start),
			}
		}
	}
}

/// The unshifted rule at 95 % utilisation: `π0·[ (1 − s)/0.05² + s ]`, rounded up.
fn price_at_95_percent(pool: &Pool) -> u128 {
	let share = u128::from(pool.floor_share);
	let whole = u128::from(PARTS_PER_BILLION);
	mul_div_ceil(pool.par_price, 400 * (whole - share) + share, whole).unwrap()
}

#[test]
fn every_round_trip_and_every_split_of_every_small_pool() {
	for target in 1..=24u64 {
		for floor_share in [0, 1, 333_333_333, MAX_FLOOR_SHARE] {
			for par_price in [1, 7, 1_000_003] {
				for free in 1..=target {
					let start = Pool::new(free, target, par_price, floor_share).unwrap();
					for taken in 1..=free {
						for flops in [1, 999_999_999_999u128, 3_141_592_653_589] {
							check_small(start, taken, flops);
						}
					}
				}
			}
		}
	}
}

fn check_small(start: Pool, taken: u64, flops_per_milli_slot: u128) {
	let flops = |milli_slots: u64| u128::from(milli_slots) * flops_per_milli_slot;
	let whole = price(&start, taken, flops(taken)).unwrap();
	let mut after = start;
	take(&mut after, taken).unwrap();
	assert!(sell_back_price(&after, taken, flops(taken)).unwrap() <= whole);
	assert!(sell_back_unit_price(&after, taken).unwrap() <= unit_price(&start, taken).unwrap());
	for first in 1..taken {
		let mut middle = start;
		take(&mut middle, first).unwrap();
		let parts = price(&start, first, flops(first)).unwrap()
			+ price(&middle, taken - first, flops(taken - first)).unwrap();
		assert!(parts == whole || parts == whole + 1);
	}
}

#[test]
fn an_empty_pool_gains_capacity_and_quotes_only_then() {
	let mut pool = Pool::new(0, 0, 1_000, 0).unwrap();
	assert_eq!(pool.utilisation(), 0);
	assert_eq!(marginal_price(&pool), Err(CurveError::EmptyPool));
	assert_eq!(price(&pool, 1_000, 1), Err(CurveError::EmptyPool));
	assert_eq!(take(&mut pool, 1), Err(CurveError::EmptyPool));
	assert_eq!(give_back(&mut pool, 1), Err(CurveError::EmptyPool));
	add_capacity(&mut pool, 2_000).unwrap();
	assert_eq!(marginal_price(&pool), Ok(1_000));
	take(&mut pool, 500).unwrap();
	assert_eq!(pool.utilisation(), 250_000_000);
	assert_eq!(
		remove_capacity(&mut pool, 1_501),
		Err(CurveError::NotEnoughCapacity)
	);
	remove_capacity(&mut pool, 1_500).unwrap();
	assert_eq!((pool.free, pool.target), (0, 500));
}

#[test]
fn each_bound_has_its_own_error() {
	let bad =
		|free, target, par_price, share| Pool::new(free, target, par_price, share).unwrap_err();
	let high = MAX_CAPACITY + 1;
	assert_eq!(bad(0, high, 1, 0), CurveError::CapacityOutOfBounds);
	assert_eq!(bad(2, 1, 1, 0), CurveError::FreeAboveTarget);
	assert_eq!(bad(1, 1, 0, 0), CurveError::ParPriceOutOfBounds);
	assert_eq!(
		bad(1, 1, MAX_PAR_PRICE + 1, 0),
		CurveError::ParPriceOutOfBounds
	);
	assert_eq!(
		bad(1, 1, 1, MAX_FLOOR_SHARE + 1),
		CurveError::FloorShareOutOfBounds
	);
	let pool = Pool::new(5, 10, 1, 0).unwrap();
	assert_eq!(price(&pool, 0, 1), Err(CurveError::NothingAsked));
	assert_eq!(price(&pool, 6, 1), Err(CurveError::NotEnoughCapacity));
	assert_eq!(sell_back_price(&pool, 0, 1), Err(CurveError::NothingAsked));
	assert_eq!(sell_back_price(&pool, 6, 1), Err(CurveError::AboveTarget));
	let dear = Pool::new(1, 1, MAX_PAR_PRICE, 0).unwrap();
	assert_eq!(price(&dear, 1, u128::MAX), Err(CurveError::PriceTooHigh));
}
