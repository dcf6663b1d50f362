//! Reserved capacity: its price, its use, and that selling it back never profits.

use crate::{
	reference,
	strategies::{floor_share, level, magnitude, magnitude_or_zero, pool_and_purchase},
};
use aci_market::{
	curve::{marginal_price, take},
	quality::WEIGHT_UNIT,
	reservation::{price_at, pro_rata_refund, refund, reservable, reserved_flops, terms},
	CurveError, Pool, FLOPS_PER_COMPUTE_UNIT, MAX_PAR_PRICE, PARTS_PER_BILLION, PARTS_PER_MILLION,
};
use num_bigint::BigInt;
use proptest::prelude::*;

const PAR: u128 = 1 << 60;
const FLOPS: u128 = 1 << 90;

/// Blocks left of all blocks of a window.
fn window() -> impl Strategy<Value = (u32, u32)> {
	(1..=1_000_000u32).prop_flat_map(|whole| (0..=whole, Just(whole)))
}

fn fee() -> impl Strategy<Value = u32> {
	prop_oneof![Just(0), Just(50_000), 0..=PARTS_PER_MILLION]
}

/// Any later state of a pool in which the reservation's capacity is still taken out: others came,
/// went and bought, and the slow control moved.
fn later_pool(reserved: u64) -> impl Strategy<Value = Pool> {
	(magnitude(1 << 40), magnitude(PAR), floor_share()).prop_flat_map(
		move |(more, par_price, floor_share)| {
			level(more as u64).prop_map(move |free| Pool {
				free,
				target: reserved + more as u64,
				par_price,
				floor_share,
				free_weight: WEIGHT_UNIT,
			})
		},
	)
}

fn purchase_and_later() -> impl Strategy<Value = (Pool, u64, Pool)> {
	pool_and_purchase(PAR).prop_flat_map(|(mut pool, taken)| {
		// So that the later pool is within the bounds too.
		pool.target = pool.target.min(1 << 40);
		pool.free = pool.free.min(pool.target);
		let taken = taken.min(pool.free);
		(Just(pool), Just(taken), later_pool(taken))
	})
}

proptest! {
	#[test]
	fn the_reserved_operations_are_exact_and_rounded_up(
		milli_slots in any::<u64>(),
		peak in any::<u64>(),
		milliseconds in magnitude_or_zero(u128::from(u64::MAX)),
		load in 0..=PARTS_PER_MILLION,
	) {
		let milliseconds = milliseconds as u64;
		let exact = reference::fraction(BigInt::from(milli_slots) * peak, 1_000)
			* reference::fraction(milliseconds, 1_000)
			* reference::fraction(load, PARTS_PER_MILLION);
		let expected = reference::ceil(&exact).ok_or(CurveError::PriceTooHigh);
		prop_assert_eq!(reserved_flops(milli_slots, peak, milliseconds, load), expected);
	}

	#[test]
	fn a_prepayment_is_at_least_the_exact_curve_price_and_above_it_by_less_than_its_units_and_one(
		(pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
		flops in magnitude_or_zero(u128::MAX),
	) {
		let unit = reference::unit_price(&pool, pool.free, pool.free - taken);
		let exact = reference::price(&unit, flops);
		match terms(&pool, taken, flops) {
			Ok(terms) => {
				let error = reference::whole(terms.price) - &exact;
				prop_assert!(error >= reference::whole(0));
				let units = reference::fraction(flops, FLOPS_PER_COMPUTE_UNIT);
				prop_assert!(error < units + reference::whole(1));
				prop_assert_eq!(terms.flops, flops);
				prop_assert_eq!(Some(terms.unit_price), reference::ceil(&unit));
			}
			Err(error) => {
				prop_assert_eq!(error, CurveError::PriceTooHigh);
				let unit = reference::whole(reference::ceil(&unit).unwrap());
				prop_assert_eq!(reference::ceil(&reference::price(&unit, flops)), None);
			}
		}
	}

	#[test]
	fn a_price_at_a_unit_price_is_exact_and_rounded_up(
		unit_price in magnitude_or_zero(u128::MAX),
		flops in magnitude_or_zero(u128::MAX),
	) {
		let exact = reference::price(&reference::whole(unit_price), flops);
		let expected = reference::ceil(&exact).ok_or(CurveError::PriceTooHigh);
		prop_assert_eq!(price_at(unit_price, flops), expected);
	}

	#[test]
	fn a_pro_rata_refund_is_exact_and_rounded_down(
		paid in magnitude_or_zero(u128::MAX),
		(left, whole) in window(),
		fee in fee(),
	) {
		let exact = reference::whole(paid)
			* reference::fraction(left, whole)
			* reference::fraction(PARTS_PER_MILLION - fee, PARTS_PER_MILLION);
		prop_assert_eq!(Some(pro_rata_refund(paid, left, whole, fee)), reference::floor(&exact));
	}

	#[test]
	fn splitting_the_work_among_jobs_never_costs_less_than_the_prepayment_for_it(
		unit_price in magnitude(PAR),
		flops in proptest::collection::vec(magnitude(FLOPS / 16), 1..16),
	) {
		let whole = price_at(unit_price, flops.iter().sum()).unwrap();
		let parts: u128 = flops.iter().map(|flops| price_at(unit_price, *flops).unwrap()).sum();
		prop_assert!(parts >= whole && parts - whole < flops.len() as u128);
	}

	/// Whatever the pool became: later, dearer, cheaper, smaller, larger.
	#[test]
	fn reserving_and_selling_back_never_profits(
		(pool, taken, later) in purchase_and_later(),
		flops in magnitude(FLOPS),
		(left, whole) in window(),
		fee in fee(),
		used in any::<prop::sample::Index>(),
	) {
		let terms = terms(&pool, taken, flops).unwrap();
		let prepaid = terms.price - used.index(usize::MAX) as u128 % (terms.price + 1);
		let back = refund(&later, taken, &terms, prepaid, left, whole, fee).unwrap();
		prop_assert!(back <= prepaid && back <= terms.price);
		// Holding costs at least the part of the price for the time held.
		let held = aci_market::fixed::mul_div_ceil(
			terms.price, u128::from(whole - left), u128::from(whole),
		).unwrap();
		prop_assert!(terms.price - back >= held);
		if left == 0 {
			prop_assert_eq!(back, 0);
		}
	}

	#[test]
	fn selling_back_at_once_into_the_same_pool_costs_the_fee_and_the_rounding(
		(pool, taken) in pool_and_purchase(PAR),
		flops in magnitude(FLOPS),
	) {
		let terms = terms(&pool, taken, flops).unwrap();
		let mut after = pool;
		take(&mut after, taken).unwrap();
		let fee = 50_000;
		let back = refund(&after, taken, &terms, terms.price, 100, 100, fee).unwrap();
		prop_assert!(back <= terms.price);
		// The curve would return the exact price, so the fee decides unless rounding is more than it.
		let kept = terms.price - back;
		let least = terms.price.div_ceil(20);
		let rounding = flops / FLOPS_PER_COMPUTE_UNIT + 2;
		prop_assert!(kept >= least && kept <= least + rounding);
	}

	#[test]
	fn a_refund_falls_with_time(
		(pool, taken) in pool_and_purchase(PAR),
		flops in magnitude(FLOPS),
		(left, whole) in window(),
		fee in fee(),
	) {
		let terms = terms(&pool, taken, flops).unwrap();
		let mut after = pool;
		take(&mut after, taken).unwrap();
		let back = |left| refund(&after, taken, &terms, terms.price, left, whole, fee).unwrap();
		prop_assert!(back(left.saturating_sub(1)) <= back(left));
	}

	#[test]
	fn the_last_slot_can_be_reserved_at_a_finite_price_and_leaves_the_95_percent_price(
		(mut pool, taken) in pool_and_purchase(PAR),
		flops in magnitude(FLOPS),
	) {
		pool.free = taken;
		let last = terms(&pool, taken, flops).unwrap();
		take(&mut pool, taken).unwrap();
		let share = u128::from(pool.floor_share);
		let whole = u128::from(PARTS_PER_BILLION);
		let factor = 400 * (whole - share) + share;
		let highest = aci_market::fixed::mul_div_ceil(pool.par_price, factor, whole).unwrap();
		prop_assert_eq!(marginal_price(&pool).unwrap(), highest);
		prop_assert!(last.unit_price >= pool.par_price && last.unit_price <= highest);
	}

	#[test]
	fn what_is_reservable_is_at_most_the_share(
		(pool, _) in pool_and_purchase(PAR),
		share in any::<u32>(),
	) {
		let share = share % (2 * PARTS_PER_BILLION);
		let exact = reference::whole(pool.target)
			* reference::fraction(share.min(PARTS_PER_BILLION), PARTS_PER_BILLION);
		prop_assert_eq!(Some(u128::from(reservable(&pool, share))), reference::floor(&exact));
	}
}

#[test]
fn a_window_of_no_blocks_returns_nothing() {
	assert_eq!(pro_rata_refund(1_000, 1, 0, 0), 0);
	assert_eq!(pro_rata_refund(1_000, 5, 4, 0), 1_000);
	assert_eq!(pro_rata_refund(1_000, 4, 4, u32::MAX), 0);
}
