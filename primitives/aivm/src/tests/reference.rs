//! Fixed point with 192 fraction bits over integers of any size: errors below 2^-180.

use num_bigint::{BigInt, Sign};

/// Fraction bits.
pub const BITS: u32 = 192;

/// `2^BITS`.
pub fn one() -> BigInt {
	BigInt::from(1) << BITS
}

/// The fraction of two integers.
pub fn fraction(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> BigInt {
	(numerator.into() << BITS) / denominator.into()
}

/// The product.
pub fn times(a: &BigInt, b: &BigInt) -> BigInt {
	(a * b) >> BITS
}

/// `e^x` for negative `x`, by halving the argument until it is small, the series, and squaring.
pub fn exp(x: &BigInt) -> BigInt {
	const HALVINGS: u32 = 24;
	// More fraction bits inside, because each squaring doubles the error.
	let inner = BITS + 64;
	let small = (x << 64u32) >> HALVINGS;
	let mut term = BigInt::from(1) << inner;
	let mut sum = term.clone();
	for n in 1..40 {
		term = ((term * &small) >> inner) / n;
		sum += &term;
	}
	for _ in 0..HALVINGS {
		sum = (&sum * &sum) >> inner;
	}
	sum >> 64u32
}

/// `ln x` of a positive integer: the powers of two, and `2 atanh((m - 1) / (m + 1))` for the rest.
pub fn ln(x: u64) -> BigInt {
	let atanh = |numerator: BigInt, denominator: BigInt| {
		let y = (numerator << BITS) / denominator;
		let square = times(&y, &y);
		let (mut power, mut sum) = (y.clone(), BigInt::from(0));
		for odd in (1..400).step_by(2) {
			sum += &power / odd;
			power = times(&power, &square);
		}
		sum * 2
	};
	let exponent = 63 - x.leading_zeros();
	let scale = BigInt::from(1) << exponent;
	let rest = atanh(BigInt::from(x) - &scale, BigInt::from(x) + &scale);
	rest + atanh(1.into(), 3.into()) * exponent
}

/// The square root.
pub fn sqrt(x: &BigInt) -> BigInt {
	(x << BITS).sqrt()
}

/// Whether two numbers differ by less than `2^-bits`.
pub fn within(a: &BigInt, b: &BigInt, bits: u32) -> bool {
	let difference = a - b;
	let magnitude = if difference.sign() == Sign::Minus {
		-difference
	} else {
		difference
	};
	magnitude < (BigInt::from(1) << (BITS - bits))
}

/// Whether `units` of 2^-16 differ from the exact `x` by less than half a unit and 2^-`slack` units.
pub fn rounds_to(units: impl Into<BigInt>, x: &BigInt, slack: u32) -> bool {
	let difference = (units.into() << (BITS - 16)) - x;
	let magnitude = if difference.sign() == Sign::Minus {
		-difference
	} else {
		difference
	};
	let unit = BigInt::from(1) << (BITS - 16);
	magnitude < (&unit >> 1u32) + (unit >> slack)
}
