//! Kullback-Leibler divergence (KL_DIVERGE): `D(P‖Q) = sum of p ln(p / q)` over the last dimension,
//! averaged over the rows.
//!
//! Rows are weights: each is divided by its own sum, so counts, probabilities in fixed point and
//! rounded results of a softmax are all taken as they are.
//!
//! # Guarantees
//!
//! 1. The result differs from the exact value by less than 0.5 + 2^-30 units of 2^-16: four
//!    logarithms with errors below 2^-52 each ([`crate::logarithm`]), and one rounding at the end.
//! 2. `D(P‖P) = 0`, and no result is negative.
//! 3. Where `q` is zero and `p` is not the divergence is infinite, which is an error: a finite number
//!    in its place would be an opinion. Where `p` is zero nothing is added.

use crate::{
	logarithm::{ln, FRACTION_BITS},
	shape::MAX_WIDTH,
	TensorError,
};

/// The mean divergence of the rows of `width` elements, in units of 2^-16.
///
/// Errors: [`TensorError::TooLarge`] for rows wider than [`MAX_WIDTH`],
/// [`TensorError::ShapesDiffer`], [`TensorError::NotADistribution`], [`TensorError::Infinite`].
pub fn mean(p: &[i32], q: &[i32], width: usize) -> Result<u32, TensorError> {
	if width > MAX_WIDTH {
		return Err(TensorError::TooLarge);
	}
	if width == 0 || p.is_empty() || p.len() != q.len() {
		return Err(TensorError::ShapesDiffer);
	}
	let mut total = 0i128;
	let mut rows = 0i128;
	for (p, q) in p.chunks(width).zip(q.chunks(width)) {
		// Below 2^62 each, of at most 2^24 rows.
		total += i128::from(row(p, q)?);
		rows += 1;
	}
	let cut = FRACTION_BITS - 16;
	let unit = rows << cut;
	// At most ln(2^48) = 34, so 22 bits.
	Ok(u32::try_from(((total + unit / 2) / unit).max(0)).unwrap_or(u32::MAX))
}

/// The divergence of one row with [`FRACTION_BITS`] fraction bits.
fn row(p: &[i32], q: &[i32]) -> Result<i64, TensorError> {
	// Below 2^47 each.
	let (mut sum_p, mut sum_q) = (0u64, 0u64);
	// Each term below 2^31 · 2^61, at most 2^16 of them.
	let mut sum = 0i128;
	for (p, q) in p.iter().zip(q) {
		let p = u32::try_from(*p).map_err(|_| TensorError::NotADistribution)?;
		let q = u32::try_from(*q).map_err(|_| TensorError::NotADistribution)?;
		sum_p += u64::from(p);
		sum_q += u64::from(q);
		if p == 0 || p == q {
			continue;
		}
		if q == 0 {
			return Err(TensorError::Infinite);
		}
		let difference = ln(p.into()) - ln(q.into());
		sum += i128::from(p) * i128::from(difference);
	}
	if sum_p == 0 || sum_q == 0 {
		return Err(TensorError::NotADistribution);
	}
	let mean = (sum / i128::from(sum_p)) as i64;
	Ok((mean - ln(sum_p) + ln(sum_q)).max(0))
}
