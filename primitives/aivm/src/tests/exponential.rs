use super::reference::{exp, fraction, within, BITS};
use crate::exponential::{exp_negative, FRACTION_BITS};
use num_bigint::BigInt;
use proptest::prelude::*;

fn check(x: u32) {
	let exact = exp(&fraction(-i64::from(x), 1 << 16));
	let ours = BigInt::from(exp_negative(x)) << (BITS - FRACTION_BITS);
	assert!(within(&ours, &exact, 57), "e^-({x} / 2^16)");
}

#[test]
fn one_at_zero_and_zero_far_out() {
	assert_eq!(exp_negative(0), 1 << FRACTION_BITS);
	assert_eq!(exp_negative(44 << 16), 0);
	assert_eq!(exp_negative(u32::MAX), 0);
}

#[test]
fn every_table_entry_is_within_the_bound() {
	for index in 0..256 {
		check(index);
		check(index << 8);
	}
	for integer in 0..46 {
		check(integer << 16);
	}
}

#[test]
fn never_grows_while_it_matters() {
	let mut before = exp_negative(0);
	for x in 1..(30u32 << 16) {
		let now = exp_negative(x);
		assert!(now <= before, "at {x}");
		before = now;
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]
	#[test]
	fn error_is_below_the_stated_bound(x in 0u32..(50 << 16)) {
		check(x);
	}
}
