//! Matrix products (TENSOR_MATMUL), exact or refused.
//!
//! | operands | result | rule |
//! | --- | --- | --- |
//! | 8 bits | 32 bits | exact; at most [`MAX_DEPTH`] products in a sum, which then cannot overflow |
//! | 32 bits | 32 bits | exact, or [`TensorError::Overflow`] |
//! | fixed point | fixed point | the exact sum rounded once to 2^-16, halves upward, or [`TensorError::Overflow`] |
//!
//! A result that leaves its type is refused and not clamped: a clamped sum is a wrong number that
//! nothing shows, and contracts move money by these numbers. Sums of 32-bit operands are kept in 64
//! bits; operands with `k · |a| · |b| >= 2^63` are refused before the work, where `|a|` is the smallest
//! power of two with `-|a| <= x < |a|` for all `x` in `a`, so no partial sum can overflow whatever the
//! order.
//!
//! Shapes are `(m, k) · (k, n)`. With three or four dimensions the leading ones are equal, and each
//! pair of matrices is multiplied.
//!
//! # Speed
//!
//! The innermost loop adds four rows of `b`, each times one element of `a`, to a row of the result.
//! It runs over contiguous memory without a branch, so compilers vectorise it; without vectors it is
//! one load, one product and one sum for each multiplication. Blocks of `b` stay in the first caches.
//! Where the result has fewer than [`NARROW`] columns such rows are too short: [`crate::narrow`].

use crate::{narrow, ElementType, Shape, TensorError};
use alloc::{vec, vec::Vec};

/// Largest inner dimension of 8-bit operands: 131,071 · 128 · 128 < 2^31.
pub const MAX_DEPTH: usize = 131_071;
/// Columns of a block.
const COLUMNS: usize = 256;
/// Rows of `b` in a block.
const DEPTH: usize = 64;
/// Rows of the result for which sums of 64 bits are kept.
const ROWS: usize = 32;

/// Columns of the result from which on rows of `b` are long enough for the innermost loop.
const NARROW: usize = 16;

/// What a product will give and cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
	/// Type of the result.
	pub element: ElementType,
	/// Shape of the result.
	pub shape: Shape,
	/// Number of pairs of matrices.
	pub batches: usize,
	/// Rows of the result.
	pub m: usize,
	/// Columns of the result.
	pub n: usize,
	/// Products in each sum.
	pub k: usize,
}

impl Plan {
	/// Multiplications of all pairs.
	pub fn products(&self) -> u64 {
		// Each factor is at most 2^24, and m·k, k·n and m·n are too; saturation only raises a cost.
		[self.batches, self.m, self.n, self.k]
			.into_iter()
			.fold(1, |product: u64, factor| {
				product.saturating_mul(factor as u64)
			})
	}
}

/// Checks operands and says what their product will be.
///
/// Errors: [`TensorError::ShapesDiffer`], [`TensorError::ElementType`], [`TensorError::TooLarge`].
pub fn plan(
	a_element: ElementType,
	a: &Shape,
	b_element: ElementType,
	b: &Shape,
) -> Result<Plan, TensorError> {
	if a_element != b_element {
		return Err(TensorError::ElementType);
	}
	let (a_batches, m, k) = a.matrices().ok_or(TensorError::ShapesDiffer)?;
	let (b_batches, b_rows, n) = b.matrices().ok_or(TensorError::ShapesDiffer)?;
	if k != b_rows || a_batches != b_batches || a.leading() != b.leading() {
		return Err(TensorError::ShapesDiffer);
	}
	if a_element == ElementType::I8 && k > MAX_DEPTH {
		return Err(TensorError::TooLarge);
	}
	let element = match a_element {
		ElementType::I8 | ElementType::I32 => ElementType::I32,
		ElementType::Fixed => ElementType::Fixed,
	};
	let shape = a.with_width(u32::try_from(n).map_err(|_| TensorError::TooLarge)?)?;
	crate::Tensor::size(element, &shape)?;
	Ok(Plan {
		element,
		shape,
		batches: a_batches,
		m,
		n,
		k,
	})
}

/// The product of 8-bit matrices of a plan's shapes. `out` holds zeros before.
pub fn i8_batches(plan: &Plan, a: &[i8], b: &[i8], out: &mut [i32]) {
	let Plan { m, n, k, .. } = *plan;
	if m == 0 || n == 0 || k == 0 {
		return;
	}
	let mut columns = Vec::new();
	let pairs = a.chunks(m * k).zip(b.chunks(k * n));
	for ((a, b), out) in pairs.zip(out.chunks_mut(m * n)) {
		if n < NARROW {
			// The sums cannot leave 32 bits, see MAX_DEPTH, so nothing is refused.
			let _ = narrow::product(a, b, k, n, &mut columns, out, 0i32, Ok);
			continue;
		}
		for left in (0..n).step_by(COLUMNS) {
			let right = (left + COLUMNS).min(n);
			for top in (0..k).step_by(DEPTH) {
				let bottom = (top + DEPTH).min(k);
				for (a, out) in a.chunks(k).zip(out.chunks_mut(n)) {
					i8_row(
						a.get(top..bottom).unwrap_or(&[]),
						b.get(top * n..).unwrap_or(&[]),
						n,
						left,
						out.get_mut(left..right).unwrap_or(&mut []),
					);
				}
			}
		}
	}
}

/// Adds `a` times the rows of `b`, from column `left` on, to `out`.
#[inline]
fn i8_row(a: &[i8], b: &[i8], n: usize, left: usize, out: &mut [i32]) {
	let width = out.len();
	let row = |rows: &'_ [i8]| -> usize { rows.len().min(width) };
	let mut fours = a.chunks_exact(4);
	let mut rows = b.chunks(n).map(|row| row.get(left..).unwrap_or(&[]));
	for four in &mut fours {
		let (Some(b0), Some(b1), Some(b2), Some(b3)) =
			(rows.next(), rows.next(), rows.next(), rows.next())
		else {
			return;
		};
		let &[a0, a1, a2, a3] = four else { return };
		let (a0, a1, a2, a3) = (i32::from(a0), i32::from(a1), i32::from(a2), i32::from(a3));
		let length = row(b0).min(row(b1)).min(row(b2)).min(row(b3));
		let (b0, b1, b2, b3) = (&b0[..length], &b1[..length], &b2[..length], &b3[..length]);
		let out = &mut out[..length];
		// Wrapping: the sums cannot leave 32 bits, see MAX_DEPTH.
		for column in 0..length {
			out[column] = out[column]
				.wrapping_add(a0 * i32::from(b0[column]))
				.wrapping_add(a1 * i32::from(b1[column]))
				.wrapping_add(a2 * i32::from(b2[column]))
				.wrapping_add(a3 * i32::from(b3[column]));
		}
	}
	for (a, b) in fours.remainder().iter().zip(rows) {
		let a = i32::from(*a);
		for (out, b) in out.iter_mut().zip(b) {
			*out = out.wrapping_add(a * i32::from(*b));
		}
	}
}

/// The smallest power of two `p` with `-p <= x < p` for all values `x`. Exact maxima would take longer
/// than the products of a matrix and a vector do.
fn magnitude(values: &[i32]) -> u128 {
	// The bits of -x - 1 instead of those of a negative x.
	let bits = |value: i32| value ^ (value >> 31);
	let (fours, rest) = values.as_chunks::<4>();
	let all = fours.iter().fold(0, |all, [a, b, c, d]| {
		all | ((bits(*a) | bits(*b)) | (bits(*c) | bits(*d)))
	});
	let all = rest.iter().fold(all, |all, value| all | bits(*value));
	1 << (32 - all.leading_zeros())
}

/// The product of 32-bit matrices of a plan's shapes, shifted right by `shift` with rounding.
///
/// Errors: [`TensorError::Overflow`].
pub fn i32_batches(
	plan: &Plan,
	a: &[i32],
	b: &[i32],
	out: &mut [i32],
	shift: u32,
) -> Result<(), TensorError> {
	let Plan { m, n, k, .. } = *plan;
	if m == 0 || n == 0 || k == 0 {
		return Ok(());
	}
	// The half that rounding adds is at most 2^15, and so is counted with one more product.
	let bound = magnitude(a) * magnitude(b) * k as u128 + (1 << 15);
	if bound >= 1 << 63 {
		return Err(TensorError::Overflow);
	}
	let half = (1i64 << shift) >> 1;
	let mut sums = vec![0i64; ROWS.min(m) * COLUMNS.min(n)];
	let mut columns = Vec::new();
	let pairs = a.chunks(m * k).zip(b.chunks(k * n));
	for ((a, b), out) in pairs.zip(out.chunks_mut(m * n)) {
		if n < NARROW {
			narrow::product(a, b, k, n, &mut columns, out, half, |sum: i64| {
				i32::try_from(sum >> shift).map_err(|_| TensorError::Overflow)
			})?;
			continue;
		}
		for (a, out) in a.chunks(ROWS * k).zip(out.chunks_mut(ROWS * n)) {
			for left in (0..n).step_by(COLUMNS) {
				let width = COLUMNS.min(n - left);
				sums.fill(half);
				for top in (0..k).step_by(DEPTH) {
					let bottom = (top + DEPTH).min(k);
					for (a, sums) in a.chunks(k).zip(sums.chunks_mut(width)) {
						i32_row(
							a.get(top..bottom).unwrap_or(&[]),
							b.get(top * n..).unwrap_or(&[]),
							n,
							left,
							sums,
						);
					}
				}
				for (out, sums) in out.chunks_mut(n).zip(sums.chunks(width)) {
					let out = out.get_mut(left..).unwrap_or(&mut []);
					for (out, sum) in out.iter_mut().zip(sums) {
						*out = i32::try_from(*sum >> shift).map_err(|_| TensorError::Overflow)?;
					}
				}
			}
		}
	}
	Ok(())
}

/// Adds `a` times the rows of `b`, from column `left` on, to `sums`.
#[inline]
fn i32_row(a: &[i32], b: &[i32], n: usize, left: usize, sums: &mut [i64]) {
	let width = sums.len();
	let row = |rows: &'_ [i32]| -> usize { rows.len().min(width) };
	let mut fours = a.chunks_exact(4);
	let mut rows = b.chunks(n).map(|row| row.get(left..).unwrap_or(&[]));
	for four in &mut fours {
		let (Some(b0), Some(b1), Some(b2), Some(b3)) =
			(rows.next(), rows.next(), rows.next(), rows.next())
		else {
			return;
		};
		let &[a0, a1, a2, a3] = four else { return };
		let (a0, a1, a2, a3) = (i64::from(a0), i64::from(a1), i64::from(a2), i64::from(a3));
		let length = row(b0).min(row(b1)).min(row(b2)).min(row(b3));
		let (b0, b1, b2, b3) = (&b0[..length], &b1[..length], &b2[..length], &b3[..length]);
		let sums = &mut sums[..length];
		// Wrapping: the caller has bounded the sums.
		for column in 0..length {
			sums[column] = sums[column]
				.wrapping_add(a0.wrapping_mul(i64::from(b0[column])))
				.wrapping_add(a1.wrapping_mul(i64::from(b1[column])))
				.wrapping_add(a2.wrapping_mul(i64::from(b2[column])))
				.wrapping_add(a3.wrapping_mul(i64::from(b3[column])));
		}
	}
	for (a, b) in fours.remainder().iter().zip(rows) {
		let a = i64::from(*a);
		for (sum, b) in sums.iter_mut().zip(b) {
			*sum = sum.wrapping_add(a.wrapping_mul(i64::from(*b)));
		}
	}
}
