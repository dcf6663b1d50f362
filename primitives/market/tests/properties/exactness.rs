//! Every rounded value against the exact rational one: never against the pool, and off by less
//! than one planck.

use crate::{
	reference,
	strategies::{any_pool, magnitude, magnitude_or_zero, pool_and_purchase},
};
use aci_market::{
	curve::{
		exact_sell_back_unit_price, exact_unit_price, marginal_price, price, sell_back_price,
		sell_back_unit_price, unit_price,
	},
	fixed::{mul_div_ceil, mul_div_floor},
	CurveError, FixedError, Pool, MAX_PAR_PRICE,
};
use num_bigint::BigInt;
use proptest::prelude::*;

proptest! {
	#[test]
	fn a_price_is_the_exact_price_rounded_up_once(
		(pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
		flops in magnitude_or_zero(u128::MAX),
	) {
		let exact = reference::unit_price(&pool, pool.free, pool.free - taken);
		prop_assert_eq!(unit_price(&pool, taken).ok(), reference::ceil(&exact));
		let exact = reference::price(&exact, flops);
		let expected = reference::ceil(&exact).ok_or(CurveError::PriceTooHigh);
		prop_assert_eq!(price(&pool, taken, flops), expected);
		if let Ok(rounded) = expected {
			let error = reference::whole(rounded) - exact;
			prop_assert!(error >= reference::whole(0) && error < reference::whole(1));
		}
	}

	#[test]
	fn a_sell_back_is_the_exact_price_rounded_down_once(
		(mut pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
		flops in magnitude_or_zero(u128::MAX),
	) {
		let exact = reference::unit_price(&pool, pool.free, pool.free - taken);
		pool.free -= taken;
		prop_assert_eq!(sell_back_unit_price(&pool, taken).ok(), reference::floor(&exact));
		let exact = reference::price(&exact, flops);
		let expected = reference::floor(&exact).ok_or(CurveError::PriceTooHigh);
		prop_assert_eq!(sell_back_price(&pool, taken, flops), expected);
		if let Ok(rounded) = expected {
			let error = exact - reference::whole(rounded);
			prop_assert!(error >= reference::whole(0) && error < reference::whole(1));
		}
	}

	#[test]
	fn the_marginal_price_is_the_exact_one_rounded_up(pool in any_pool()) {
		let exact = reference::unit_price(&pool, pool.free, pool.free);
		prop_assert_eq!(marginal_price(&pool).ok(), reference::ceil(&exact));
	}

	#[test]
	fn an_exact_unit_price_is_the_same_for_buyer_and_seller(
		(mut pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
	) {
		let bought = exact_unit_price(&pool, taken);
		pool.free -= taken;
		prop_assert_eq!(bought, exact_sell_back_unit_price(&pool, taken));
	}

	#[test]
	fn affordable_means_that_the_rounded_price_is_at_most_the_maximum(
		(pool, taken) in pool_and_purchase(MAX_PAR_PRICE),
		flops in magnitude_or_zero(u128::MAX),
		any_maximum in magnitude_or_zero(u128::MAX),
	) {
		let unit = exact_unit_price(&pool, taken).unwrap();
		let rounded = price(&pool, taken, flops).ok();
		let mut maxima = vec![any_maximum];
		// The two maxima between which the answer changes.
		maxima.extend(rounded);
		maxima.extend(rounded.and_then(|p| p.checked_sub(1)));
		for maximum in maxima {
			let expected = rounded.is_some_and(|p| p <= maximum);
			prop_assert_eq!(unit.is_affordable(flops, maximum), expected);
		}
	}

	#[test]
	fn mul_div_is_exact_on_the_whole_domain(
		a in magnitude_or_zero(u128::MAX),
		b in magnitude_or_zero(u128::MAX),
		divisor in magnitude(u128::MAX),
	) {
		let exact = reference::fraction(BigInt::from(a) * BigInt::from(b), divisor);
		let floor = reference::floor(&exact).ok_or(FixedError::Overflow);
		let ceil = reference::ceil(&exact).ok_or(FixedError::Overflow);
		prop_assert_eq!(mul_div_floor(a, b, divisor), floor);
		prop_assert_eq!(mul_div_ceil(a, b, divisor), ceil);
		prop_assert_eq!(mul_div_floor(a, b, 0), Err(FixedError::DivisionByZero));
		prop_assert_eq!(mul_div_ceil(a, b, 0), Err(FixedError::DivisionByZero));
	}
}

#[test]
fn no_overflow_at_any_corner_of_the_domain() {
	let capacities = [
		1,
		2,
		19,
		1 << 32,
		aci_market::MAX_CAPACITY - 1,
		aci_market::MAX_CAPACITY,
	];
	let par_prices = [1, 2, u128::from(u64::MAX), MAX_PAR_PRICE - 1, MAX_PAR_PRICE];
	let floor_shares = [0, 1, aci_market::MAX_FLOOR_SHARE];
	let works = [
		0,
		1,
		aci_market::FLOPS_PER_COMPUTE_UNIT,
		1 << 64,
		u128::MAX - 1,
		u128::MAX,
	];
	let mut answered = 0;
	let mut too_high = 0;
	for target in capacities {
		for free in [1, 2, target / 2, target - 1, target] {
			for taken in [1, 2, free / 2, free] {
				for par_price in par_prices {
					for floor_share in floor_shares {
						let Ok(pool) = Pool::new(free, target, par_price, floor_share) else {
							continue;
						};
						if taken == 0 || taken > free {
							continue;
						}
						let exact = reference::unit_price(&pool, free, free - taken);
						assert_eq!(unit_price(&pool, taken).ok(), reference::ceil(&exact));
						for flops in works {
							let exact = reference::price(&exact, flops);
							let expected = reference::ceil(&exact).ok_or(CurveError::PriceTooHigh);
							assert_eq!(price(&pool, taken, flops), expected);
							match expected {
								Ok(_) => answered += 1,
								Err(_) => too_high += 1,
							}
						}
					}
				}
			}
		}
	}
	assert!(
		answered > 1_000 && too_high > 100,
		"both sides of the range were reached"
	);
}
