//! The slow control of par price and floor share.

use crate::{
	reference,
	strategies::{magnitude, magnitude_or_zero},
};
use aci_market::{
	control::{floor_share, next_par_price},
	ControlRules, ACI, MAX_FLOOR_SHARE, MAX_PAR_PRICE, PARTS_PER_BILLION,
};
use num_bigint::BigInt;
use proptest::prelude::*;

fn any_rules() -> impl Strategy<Value = ControlRules> {
	let fields = (
		any::<u32>(),
		any::<u32>(),
		any::<u32>(),
		any::<u32>(),
		any::<u128>(),
	);
	let any_fields =
		fields.prop_map(
			|(zone_low, zone_high, step, max_floor_share, half_fund)| ControlRules {
				zone_low,
				zone_high,
				step,
				max_floor_share,
				half_fund,
			},
		);
	prop_oneof![Just(ControlRules::default()), any_fields]
}

proptest! {
	#[test]
	fn the_par_price_stays_inside_the_zone(
		par_price in magnitude(MAX_PAR_PRICE),
		utilisation in 400_000_000u32..=600_000_000,
	) {
		prop_assert_eq!(next_par_price(par_price, utilisation, &ControlRules::default()), par_price);
	}

	#[test]
	fn the_par_price_moves_by_at_most_the_step_and_toward_the_zone(
		par_price in magnitude(MAX_PAR_PRICE),
		utilisation in 0..=PARTS_PER_BILLION,
	) {
		let next = next_par_price(par_price, utilisation, &ControlRules::default());
		prop_assert!(next.abs_diff(par_price) <= par_price / 50);
		if utilisation > 600_000_000 {
			prop_assert!(next >= par_price);
		} else {
			prop_assert!(next <= par_price);
		}
		// Far enough from the zone, a par price of some size does move.
		let far = !(250_000_000..=750_000_000).contains(&utilisation);
		if far && (1_000..MAX_PAR_PRICE).contains(&par_price) {
			prop_assert_ne!(next, par_price);
		}
	}

	#[test]
	fn the_par_price_rises_with_utilisation(
		par_price in magnitude(MAX_PAR_PRICE),
		one in any::<u32>(),
		other in any::<u32>(),
	) {
		let rules = ControlRules::default();
		let low = next_par_price(par_price, one.min(other), &rules);
		prop_assert!(low <= next_par_price(par_price, one.max(other), &rules));
	}

	#[test]
	fn the_par_price_stays_within_the_bounds_of_the_curve_under_any_rules(
		par_price in magnitude_or_zero(u128::MAX),
		utilisation in any::<u32>(),
		rules in any_rules(),
	) {
		let next = next_par_price(par_price, utilisation, &rules);
		prop_assert!((1..=MAX_PAR_PRICE).contains(&next));
	}

	#[test]
	fn the_floor_share_is_the_exact_one_rounded_down(
		fund in magnitude_or_zero(u128::MAX),
		rules in any_rules(),
	) {
		let share = floor_share(fund, &rules);
		let max = rules.max_floor_share.min(MAX_FLOOR_SHARE);
		prop_assert!(share <= max);
		if fund > 0 {
			let sum = BigInt::from(fund) + BigInt::from(rules.half_fund);
			let exact = reference::fraction(BigInt::from(fund) * BigInt::from(max), sum);
			prop_assert_eq!(Some(u128::from(share)), reference::floor(&exact));
		} else {
			prop_assert_eq!(share, 0);
		}
	}

	#[test]
	fn more_capital_never_lowers_the_floor_share(
		one in magnitude_or_zero(u128::MAX),
		other in magnitude_or_zero(u128::MAX),
		rules in any_rules(),
	) {
		prop_assert!(floor_share(one.min(other), &rules) <= floor_share(one.max(other), &rules));
	}
}

#[test]
fn a_full_class_doubles_its_par_price_in_36_epochs_and_an_idle_one_halves_it_in_35() {
	let rules = ControlRules::default();
	let after = |utilisation, epochs| {
		(0..epochs).fold(ACI, |price, _| next_par_price(price, utilisation, &rules))
	};
	assert!(after(PARTS_PER_BILLION, 35) < 2 * ACI && after(PARTS_PER_BILLION, 36) > 2 * ACI);
	assert!(after(0, 34) > ACI / 2 && after(0, 35) < ACI / 2);
}
