//! `e^-x` for the fixed-point numbers `x >= 0`, by three table look-ups.
//!
//! `x` in units of 2^-16 is its integer part, its upper eight and its lower eight fraction bits. So
//! `e^-x` is the product of three numbers out of tables that the compiler computes.
//!
//! # Guarantees
//!
//! 1. The absolute error is below 2^-57: less than 30 truncations of 2^-62 in the table entries and
//!    the two products.
//! 2. `e^0 = 1` exactly. From `x = 44` on the result is 0.

/// Fraction bits of results.
pub const FRACTION_BITS: u32 = 62;
const ONE: u64 = 1 << FRACTION_BITS;
/// `e^-44` is below 2^-63.
const INTEGERS: usize = 44;
/// Terms of the series: the first one left out is below 2^-79.
const TERMS: u128 = 24;

const INTEGER: [u64; INTEGERS] = {
	let mut table = [ONE; INTEGERS];
	let mut index = 1;
	while index < INTEGERS {
		table[index] = multiply(table[index - 1], series(ONE));
		index += 1;
	}
	table
};
const UPPER: [u64; 256] = fractions(8);
const LOWER: [u64; 256] = fractions(16);

/// `e^-(index / 2^bits)`.
const fn fractions(bits: u32) -> [u64; 256] {
	let mut table = [0; 256];
	let mut index = 0;
	while index < 256 {
		table[index] = series((index as u64) << (FRACTION_BITS - bits));
		index += 1;
	}
	table
}

/// `e^-x` for `x` at most 1, by Horner's rule: 1 - x/1 (1 - x/2 (1 - ...)).
const fn series(x: u64) -> u64 {
	let mut sum = ONE as u128;
	let mut term = TERMS;
	while term > 0 {
		sum = ONE as u128 - ((x as u128 * sum) >> FRACTION_BITS) / term;
		term -= 1;
	}
	sum as u64
}

const fn multiply(a: u64, b: u64) -> u64 {
	((a as u128 * b as u128) >> FRACTION_BITS) as u64
}

/// `e^-(x / 2^16)` with [`FRACTION_BITS`] fraction bits.
pub fn exp_negative(x: u32) -> u64 {
	let upper = UPPER[(x >> 8 & 0xff) as usize];
	let lower = LOWER[(x & 0xff) as usize];
	match INTEGER.get((x >> 16) as usize) {
		Some(integer) => multiply(multiply(*integer, upper), lower),
		None => 0,
	}
}
