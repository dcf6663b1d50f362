use super::reference::{ln as exact, within, BITS};
use crate::logarithm::{ln, FRACTION_BITS};
use num_bigint::BigInt;
use proptest::prelude::*;

fn check(x: u64) {
	let ours = BigInt::from(ln(x)) << (BITS - FRACTION_BITS);
	assert!(within(&ours, &exact(x), 52), "ln {x}");
}

#[test]
fn one_has_the_logarithm_zero() {
	assert_eq!(ln(1), 0);
}

#[test]
fn every_table_entry_and_every_power_is_within_the_bound() {
	for mantissa in 256..512 {
		check(mantissa);
	}
	for exponent in 0..64 {
		check(1 << exponent);
		check((1 << exponent) | 1);
		check(u64::MAX >> exponent);
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]
	#[test]
	fn error_is_below_the_stated_bound(x in 1u64.., shift in 0u32..63) {
		check((x >> shift).max(1));
	}
}
