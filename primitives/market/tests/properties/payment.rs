//! What a finished job pays.

use crate::{
	reference,
	strategies::{magnitude, magnitude_or_zero},
};
use aci_market::payment::{actual_price, late_price};
use num_bigint::BigInt;
use proptest::prelude::*;

/// An SLA, and an elapsed time that is often near one of the two boundaries.
fn times() -> impl Strategy<Value = (u64, u64)> {
	magnitude_or_zero(u128::from(u64::MAX)).prop_flat_map(|sla| {
		let sla = sla as u64;
		let end = sla.saturating_mul(2);
		let near = move |time: u64| (-2i64..=2).prop_map(move |by| time.saturating_add_signed(by));
		let elapsed = prop_oneof![
			4 => 0..=end,
			2 => near(sla),
			2 => near(end),
			1 => any::<u64>(),
		];
		(Just(sla), elapsed)
	})
}

proptest! {
	#[test]
	fn a_late_price_never_rises_with_time(
		price in magnitude_or_zero(u128::MAX),
		(sla, one) in times(),
		(_, other) in times(),
	) {
		let other = other.min(one.saturating_mul(3));
		let (sooner, later) = (one.min(other), one.max(other));
		// `None` is the least of all, as it should be: a timed out job pays nothing.
		prop_assert!(late_price(price, sla, later) <= late_price(price, sla, sooner));
		prop_assert!(late_price(price, sla, later).unwrap_or(0) <= price);
	}

	#[test]
	fn a_late_price_is_the_line_from_full_at_the_sla_to_half_at_twice_the_sla_rounded_down(
		price in magnitude_or_zero(u128::MAX),
		(sla, elapsed) in times(),
	) {
		let expected = if elapsed <= sla {
			Some(price)
		} else if u128::from(elapsed) >= 2 * u128::from(sla) {
			None
		} else {
			let late = reference::fraction(elapsed - sla, 2 * BigInt::from(sla));
			reference::floor(&(reference::whole(price) * (reference::whole(1) - late)))
		};
		prop_assert_eq!(late_price(price, sla, elapsed), expected);
	}

	#[test]
	fn a_job_that_did_not_time_out_pays_at_least_half(
		price in magnitude_or_zero(u128::MAX),
		(sla, elapsed) in times(),
	) {
		if let Some(paid) = late_price(price, sla, elapsed) {
			prop_assert!(paid >= price / 2);
		}
	}

	#[test]
	fn an_actual_price_is_pro_rata_rounded_up_and_never_above_the_locked_price(
		locked_price in magnitude_or_zero(u128::MAX),
		locked_flops in magnitude_or_zero(u128::MAX),
		any_flops in magnitude_or_zero(u128::MAX),
		part in any::<proptest::sample::Index>(),
	) {
		let part = reference::floor(&reference::fraction(
			BigInt::from(locked_flops) * part.index(1 << 31),
			1u64 << 31,
		));
		for actual_flops in [Some(any_flops), part].into_iter().flatten() {
			let paid = actual_price(locked_price, locked_flops, actual_flops);
			prop_assert!(paid <= locked_price);
			if actual_flops < locked_flops {
				let exact = reference::fraction(
					BigInt::from(locked_price) * BigInt::from(actual_flops),
					locked_flops,
				);
				prop_assert_eq!(Some(paid), reference::ceil(&exact));
			} else {
				prop_assert_eq!(paid, locked_price);
			}
		}
	}

	#[test]
	fn an_actual_price_rises_with_the_work_and_is_above_zero_for_any_work(
		locked_price in magnitude(u128::MAX),
		locked_flops in magnitude(u128::MAX),
		one in magnitude(u128::MAX),
		other in magnitude(u128::MAX),
	) {
		let less = actual_price(locked_price, locked_flops, one.min(other));
		let more = actual_price(locked_price, locked_flops, one.max(other));
		prop_assert!(0 < less && less <= more);
	}
}

#[test]
fn the_boundaries_of_lateness() {
	assert_eq!(late_price(1_000, 500, 0), Some(1_000));
	assert_eq!(late_price(1_000, 500, 500), Some(1_000));
	assert_eq!(late_price(1_000, 500, 501), Some(999));
	assert_eq!(late_price(1_000, 500, 999), Some(501));
	assert_eq!(late_price(1_000, 500, 1_000), None);
	assert_eq!(late_price(1_000, 0, 0), Some(1_000));
	assert_eq!(late_price(1_000, 0, 1), None);
	// Twice this SLA is beyond 64 bits.
	assert_eq!(late_price(u128::MAX, u64::MAX, u64::MAX), Some(u128::MAX));
	assert!(late_price(u128::MAX, u64::MAX - 1, u64::MAX).is_some_and(|paid| paid < u128::MAX));
}

#[test]
fn no_work_pays_nothing_unless_none_was_locked() {
	assert_eq!(actual_price(1_000, 10, 0), 0);
	assert_eq!(actual_price(1_000, 0, 0), 1_000);
}
