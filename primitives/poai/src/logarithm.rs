//! Natural logarithm of integers in fixed point, by integer operations only.
//!
//! `ln(x)` for `1 <= x < 2^64` is returned as a `u64` with [`FRACTION_BITS`] fraction bits.
//!
//! Algorithm: `x = m * 2^n` with `1/sqrt(2) <= m < sqrt(2)` (about); `y = (m - 1) / (m + 1)` is
//! one integer division, `ln m = 2 (y + y^3/3 + y^5/5 + ...)` is Horner's rule over
//! 13 terms with `|y| <= 0.1716`, and `ln x = n ln 2 + ln m`. `ln 2` itself is the same
//! series at `y = 1/3`, summed at compile time.
//!
//! Guarantees
//! 1. The absolute error is below 2^-54 (shown against f64 within f64's own precision; the sum
//!    of the truncations is below 2^-55).
//! 2. Non-decreasing up to that error; `ln(1) = 0` exactly; powers of two are exact multiples of
//!    [`LN_2`].
//! 3. No floating point, no library function, so every machine returns the same bits.

/// Fraction bits of the result. The largest result, `ln(2^64) = 44.36`, needs 6 integer bits.
pub const FRACTION_BITS: u32 = 58;
/// Fraction bits inside the series.
const INNER_BITS: u32 = 62;
/// Terms of the series: the first one left out is below 2^-66.
const TERMS: usize = 13;

/// `1/3, 1/5, ...`: reciprocals of the odd numbers with [`INNER_BITS`] fraction bits.
const RECIPROCALS: [i64; TERMS] = {
	let mut table = [0i64; TERMS];
	let mut term = 0;
	while term < TERMS {
		table[term] = ((1i128 << INNER_BITS) / (2 * term as i128 + 1)) as i64;
		term += 1;
	}
	table
};

/// `ln 2` with [`FRACTION_BITS`] fraction bits, rounded to nearest.
pub const LN_2: u64 = {
	// 2 atanh(1/3), with 100 fraction bits.
	let mut power = (1u128 << 101) / 3;
	let mut sum = 0u128;
	let mut odd = 1u128;
	while power > 0 {
		sum += power / odd;
		power /= 9;
		odd += 2;
	}
	let shift = 100 - FRACTION_BITS;
	((sum + (1u128 << (shift - 1))) >> shift) as u64
};

/// `ln(2^64)`.
pub const LN_2_POW_64: u64 = 64 * LN_2;

/// 1/sqrt(2) * 2^64: mantissas below it are doubled, which keeps `|y|` small.
const HALF_SQRT: u64 = 0xb504_f333_f9de_6484;

/// `ln(x)` with [`FRACTION_BITS`] fraction bits. `ln(0)` is taken as `ln(1) = 0`.
pub fn ln(x: u64) -> u64 {
	let x = x.max(1);
	let shift = x.leading_zeros();
	// x = mantissa / 2^64 * 2^exponent with mantissa / 2^64 in [1/2, 1).
	let mantissa = x << shift;
	let mut exponent = 64 - i128::from(shift);
	// m with 64 fraction bits, in [0.707, 1.414).
	let mut m = i128::from(mantissa);
	if mantissa < HALF_SQRT {
		m *= 2;
		exponent -= 1;
	}
	let one = 1i128 << 64;
	let y = ((m - one) << INNER_BITS) / (m + one);
	let square = (y * y) >> INNER_BITS;
	let mut sum = 0i128;
	for reciprocal in RECIPROCALS.iter().rev() {
		sum = ((sum * square) >> INNER_BITS) + i128::from(*reciprocal);
	}
	let log_mantissa = (2 * y * sum) >> (2 * INNER_BITS - FRACTION_BITS);
	let result = exponent * i128::from(LN_2) + log_mantissa;
	// Below 2^64 because ln(2^64) has 6 integer bits; never below zero because x >= 1.
	result.clamp(0, i128::from(u64::MAX)) as u64
}

#[cfg(test)]
mod tests {
	use super::*;

	const SCALE: f64 = (1u64 << FRACTION_BITS) as f64;

	fn splitmix(state: &mut u64) -> u64 {
		*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = *state;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	#[test]
	fn ln_2_is_correctly_rounded() {
		assert_eq!(LN_2 as f64 / SCALE, core::f64::consts::LN_2);
	}

	#[test]
	fn powers_of_two_are_exact() {
		assert_eq!(ln(1), 0);
		for exponent in 0..64u32 {
			assert_eq!(
				ln(1 << exponent),
				u64::from(exponent) * LN_2,
				"2^{exponent}"
			);
		}
	}

	#[test]
	fn ln_agrees_with_f64_to_its_precision() {
		let mut state = 1;
		for round in 0..200_000u32 {
			let x = (splitmix(&mut state) >> (round % 64)).max(1);
			let expected = (x as f64).ln();
			let error = (ln(x) as f64 / SCALE - expected).abs();
			// Half an ulp each for x as f64, its logarithm and our value as f64.
			assert!(
				error <= 1e-15 + 4e-16 * expected,
				"ln({x}): error {error:e}"
			);
		}
	}

	/// Close to 2^64 the difference to ln(2^64) is a small number whose first digits matter for
	/// the noise: -ln(1 - d/2^64) = d/2^64 + (d/2^64)^2/2 + ...
	#[test]
	fn difference_to_ln_of_two_to_the_64_is_accurate_near_the_end() {
		for bits in 8..60u32 {
			let d = (1u64 << bits) | 5;
			let fraction = d as f64 / 2f64.powi(64);
			let expected = -(-fraction).ln_1p();
			let value = (LN_2_POW_64 - ln(0u64.wrapping_sub(d))) as f64 / SCALE;
			let error = (value - expected).abs();
			assert!(
				error < 2f64.powi(-54) + expected * 1e-15,
				"2^64 - {d}: error {error:e}"
			);
		}
	}

	#[test]
	fn ln_does_not_decrease() {
		let mut state = 7;
		for _ in 0..50_000 {
			let x = splitmix(&mut state) >> 1;
			assert!(ln(x + (x >> 40) + 1) >= ln(x), "{x}");
		}
		for x in 1..5_000u64 {
			assert!(ln(x + 1) > ln(x));
		}
	}
}
