//! The exponential of negative numbers in fixed point, by integer operations only.
//!
//! `x = n ln 2 + r` with `0 <= r < ln 2`, so `e^-x = 2^-n e^-r`, and `e^-r` is its series by
//! Horner's rule.
//!
//! # Guarantees
//!
//! 1. The absolute error is below 2^-55: 2^-56 of the series and its truncations, and less than
//!    2^-58 of the rounded `ln 2`.
//! 2. `exp_negative(0) = 1` exactly, results lie between 0 and 1, and from `63 ln 2` on they are 0.

use crate::logarithm::{FRACTION_BITS, LN_2};

/// Fraction bits of the result.
pub const RESULT_BITS: u32 = 62;
/// Terms of the series: the first one left out is below 2^-70.
const TERMS: i128 = 20;

/// `e^-x` with [`RESULT_BITS`] fraction bits, for `x` with [`FRACTION_BITS`] fraction bits.
pub fn exp_negative(x: u64) -> u64 {
	let halvings = x / LN_2;
	let rest = i128::from(x % LN_2) << (RESULT_BITS - FRACTION_BITS);
	if halvings > u64::from(RESULT_BITS) {
		return 0;
	}
	let one = 1i128 << RESULT_BITS;
	let mut sum = one;
	let mut term = TERMS;
	while term > 0 {
		// 1 - r/term (1 - r/(term + 1) (...)); every factor is between 0 and 1.
		sum = one - ((rest * sum) >> RESULT_BITS) / term;
		term -= 1;
	}
	(sum.clamp(0, one) >> halvings) as u64
}
