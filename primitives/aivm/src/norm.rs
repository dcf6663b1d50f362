//! Layer normalisation (TENSOR_NORM): `y = (x - mean) / sqrt(variance + epsilon) · gain + bias`, over
//! the last dimension, in fixed point.
//!
//! # Guarantees
//!
//! 1. Without gain and bias each `y` differs from the exact value by less than 0.5 + 2^-30 units of
//!    2^-16. Mean and variance are exact: with `d` the width, `S` the sum and `T` the sum of squares,
//!    `y = (d x - S) / sqrt(d T - S² + d² epsilon)`, a quotient of integers under one root.
//! 2. Gain and bias add one rounding: `(y · gain + 2^15) >> 16`, then the sum. A result that leaves
//!    its type is [`TensorError::Overflow`].
//! 3. Halves are rounded away from zero in 1, so the norm of negated rows is the negated norm.
//!
//! `epsilon` is in units of 2^-32 and at least 1; 42,950 of them are 10^-5. Work is linear in the
//! elements, and one root and one division for each row.

use crate::{shape::MAX_WIDTH, TensorError};

/// Normalises every row of `width` elements. `gain` and `bias` have `width` elements.
///
/// Errors: [`TensorError::TooLarge`] for rows wider than [`MAX_WIDTH`],
/// [`TensorError::ShapesDiffer`], [`TensorError::Parameter`] for an epsilon of zero,
/// [`TensorError::Overflow`].
pub fn layer_norm(
	input: &[i32],
	width: usize,
	gain: Option<&[i32]>,
	bias: Option<&[i32]>,
	epsilon: u32,
	out: &mut [i32],
) -> Result<(), TensorError> {
	if width > MAX_WIDTH {
		return Err(TensorError::TooLarge);
	}
	if epsilon == 0 {
		return Err(TensorError::Parameter);
	}
	let fits = |vector: Option<&[i32]>| vector.is_none_or(|vector| vector.len() == width);
	if width == 0 || input.len() != out.len() || !fits(gain) || !fits(bias) {
		return Err(TensorError::ShapesDiffer);
	}
	for (row, out) in input.chunks(width).zip(out.chunks_mut(width)) {
		normalise(row, epsilon, out);
		if let Some(gain) = gain {
			for (value, gain) in out.iter_mut().zip(gain) {
				let product = i64::from(*value) * i64::from(*gain);
				*value = i32::try_from((product + (1 << 15)) >> 16)
					.map_err(|_| TensorError::Overflow)?;
			}
		}
		if let Some(bias) = bias {
			for (value, bias) in out.iter_mut().zip(bias) {
				*value = value.checked_add(*bias).ok_or(TensorError::Overflow)?;
			}
		}
	}
	Ok(())
}

/// One row of at most 2^16 elements; `epsilon` is positive.
fn normalise(row: &[i32], epsilon: u32, out: &mut [i32]) {
	let width = row.len() as i64;
	// Below 2^47 and 2^78.
	let mut sum = 0i64;
	let mut squares = 0u128;
	for value in row {
		sum += i64::from(*value);
		squares += u128::from(value.unsigned_abs()) * u128::from(value.unsigned_abs());
	}
	// Not negative by Cauchy's inequality, and at least d² epsilon; below 2^95.
	let wide = width.unsigned_abs();
	let variance = (u128::from(wide) * squares)
		.saturating_sub(u128::from(sum.unsigned_abs()) * u128::from(sum.unsigned_abs()))
		+ u128::from(wide) * u128::from(wide) * u128::from(epsilon);
	// variance · 4^doublings is in [2^124, 2^126), its root in [2^62, 2^63).
	let doublings = (variance.leading_zeros() / 2).saturating_sub(1);
	let root = (variance << (2 * doublings)).isqrt().max(1);
	let inverse = u64::try_from((1u128 << 126) / root).unwrap_or(u64::MAX);
	// |c| < 2^48 and inverse < 2^64, so their product is below 2^112. 14 <= doublings <= 62.
	let shift = 110 - doublings;
	let half = 1u128 << (shift - 1);
	for (out, value) in out.iter_mut().zip(row) {
		let centred = i64::from(*value) * width - sum;
		let magnitude = (u128::from(centred.unsigned_abs()) * u128::from(inverse) + half) >> shift;
		// At most sqrt(width) = 2^8 in units of 2^-16.
		let magnitude = magnitude.min(i32::MAX as u128) as i32;
		*out = if centred < 0 { -magnitude } else { magnitude };
	}
}
