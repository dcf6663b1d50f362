//! The natural logarithm of positive integers, by a table and a short series.
//!
//! `x = 2^n · m` with `1 <= m < 2`; `m = (1 + i/256) (1 + r)` with `i` the first eight bits of `m`
//! after its one and `r < 2^-8`. So `ln x = n ln 2 + ln(1 + i/256) + ln(1 + r)`.
//!
//! # Guarantees
//!
//! 1. The absolute error is below 2^-52: 2^-55 of the table, 2^-58 of the series' first term left
//!    out, 63 errors of `ln 2` of 2^-60, and truncations.
//! 2. `ln 1 = 0` exactly.

/// Fraction bits of results. The largest, `ln(2^64)`, needs 6 integer bits.
pub const FRACTION_BITS: u32 = 56;
/// Fraction bits inside.
const INNER_BITS: u32 = 62;
const ONE: i64 = 1 << INNER_BITS;
/// Terms of the table's series in `y <= 1/3`: the first one left out is below 2^-79.
const TERMS: u128 = 24;

/// `2^63 / (1 + i/256)`, rounded down.
const INVERSES: [u64; 256] = {
	let mut table = [0; 256];
	let mut index = 0;
	while index < 256 {
		table[index] = ((1u128 << 71) / (256 + index as u128)) as u64;
		index += 1;
	}
	table
};
/// `ln(1 + i/256)` with [`INNER_BITS`] fraction bits.
const LOGARITHMS: [i64; 256] = {
	let mut table = [0; 256];
	let mut index = 0;
	while index < 256 {
		table[index] = logarithm_of_ratio(256 + index as u128, 256);
		index += 1;
	}
	table
};
/// `ln 2` with [`INNER_BITS`] fraction bits.
const LN_2: i64 = logarithm_of_ratio(2, 1);
/// `ln(a/b)` for `b <= a <= 2b` as `2 atanh((a - b) / (a + b))`.
const fn logarithm_of_ratio(a: u128, b: u128) -> i64 {
	let y = ((a - b) << INNER_BITS) / (a + b);
	let square = (y * y) >> INNER_BITS;
	let mut sum = 0u128;
	let mut term = TERMS;
	while term > 0 {
		term -= 1;
		sum = ((sum * square) >> INNER_BITS) + (1u128 << INNER_BITS) / (2 * term + 1);
	}
	((2 * y * sum) >> INNER_BITS) as i64
}

fn multiply(a: i64, b: i64) -> i64 {
	((i128::from(a) * i128::from(b)) >> INNER_BITS) as i64
}

/// `ln(x)` with [`FRACTION_BITS`] fraction bits. `ln(0)` is taken as `ln(1) = 0`.
pub fn ln(x: u64) -> i64 {
	let x = x.max(1);
	let shift = x.leading_zeros();
	let mantissa = x << shift;
	let index = (mantissa >> 55 & 0xff) as usize;
	// 1 + r with 126 fraction bits, cut to 62.
	let product = (u128::from(mantissa) * u128::from(INVERSES[index])) >> 64;
	let r = product as i64 - ONE;
	// 1 - r (1/2 - r (1/3 - ... )), six terms.
	let mut sum = ONE / 6;
	for divisor in (1..6).rev() {
		sum = ONE / divisor - multiply(r, sum);
	}
	let fraction = LOGARITHMS[index] + multiply(r, sum);
	let powers = i128::from(63 - shift) * i128::from(LN_2);
	((powers + i128::from(fraction.max(0))) >> (INNER_BITS - FRACTION_BITS)) as i64
}
