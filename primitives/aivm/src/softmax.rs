//! Softmax (TENSOR_SOFTMAX): `y = e^x / sum of e^x`, over the last dimension, in fixed point.
//!
//! # Guarantees
//!
//! 1. Each `y` differs from the exact value by less than 0.5 + 2^-20 units of 2^-16. The exponentials
//!    are taken of `x - max <= 0` with errors below 2^-57 each ([`crate::exponential`]); their sum is
//!    at least 1, and its error at most 2^16 of those.
//! 2. Equal elements of a row have equal results; a larger element never has a smaller one.
//! 3. The results of a row of `d` add up to 1 within `d · (0.5 + 2^-20)` units: they are rounded one
//!    by one and not corrected, so none depends on the order of the others.
//! 4. No input overflows.

use crate::{exponential::exp_negative, shape::MAX_WIDTH, TensorError};

/// Softmax of every row of `width` elements.
///
/// Errors: [`TensorError::TooLarge`] for rows wider than [`MAX_WIDTH`],
/// [`TensorError::ShapesDiffer`].
pub fn softmax(input: &[i32], width: usize, out: &mut [i32]) -> Result<(), TensorError> {
	if width > MAX_WIDTH {
		return Err(TensorError::TooLarge);
	}
	if width == 0 || input.len() != out.len() {
		return Err(TensorError::ShapesDiffer);
	}
	for (row, out) in input.chunks(width).zip(out.chunks_mut(width)) {
		let largest = row.iter().copied().max().unwrap_or(0);
		// Between 2^62 and 2^78.
		let mut sum = 0u128;
		for value in row {
			sum += u128::from(exp_negative(largest.abs_diff(*value)));
		}
		// sum >> cut is in [2^62, 2^63), so the inverse is in (2^63, 2^64].
		let cut = 65u32.saturating_sub(sum.leading_zeros());
		let inverse = u64::try_from((1u128 << 126) / (sum >> cut).max(1)).unwrap_or(u64::MAX);
		// e · inverse / 2^126 · 2^16 / 2^cut, where e and the sum both have 62 fraction bits.
		let shift = 110 + cut;
		let half = 1u128 << (shift - 1);
		for (out, value) in out.iter_mut().zip(row) {
			let exponential = exp_negative(largest.abs_diff(*value));
			let quotient = (u128::from(exponential) * u128::from(inverse) + half) >> shift;
			*out = quotient.min(1 << 16) as i32;
		}
	}
	Ok(())
}
