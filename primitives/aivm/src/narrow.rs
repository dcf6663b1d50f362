//! Products with few columns: of a matrix and a vector, or a few of them.
//!
//! The columns of `b` are copied once, so that both operands of a sum are contiguous. Short sums, of at
//! most eight products, are written out for their length: there the loop would cost more than the
//! products. Longer sums are taken eight products at a time.
//!
//! # Guarantees
//!
//! 1. A result is `finish(start + sum of products)`, the sum wrapping in its type and in the order of
//!    the elements. The caller has bounded it.
//! 2. Nothing is allocated but the columns, once.

use crate::TensorError;
use alloc::vec::Vec;

/// What products of elements are summed in.
pub trait Sum: Copy {
	/// The elements.
	type Element: Copy;
	/// This sum and one product more, wrapping.
	fn plus(self, a: Self::Element, b: Self::Element) -> Self;
}

impl Sum for i32 {
	type Element = i8;
	fn plus(self, a: i8, b: i8) -> Self {
		self.wrapping_add(i32::from(a) * i32::from(b))
	}
}

impl Sum for i64 {
	type Element = i32;
	fn plus(self, a: i32, b: i32) -> Self {
		// Below 2^62.
		self.wrapping_add(i64::from(a) * i64::from(b))
	}
}

/// The columns of a matrix of rows of `n`, one after the other.
fn transpose<T: Copy>(b: &[T], n: usize, columns: &mut Vec<T>) {
	columns.clear();
	columns.reserve_exact(b.len());
	for column in 0..n {
		columns.extend(b.iter().skip(column).step_by(n));
	}
}

/// One sum whose length the compiler knows.
#[inline]
fn short<S: Sum, const K: usize>(a: &[S::Element; K], b: &[S::Element; K], start: S) -> S {
	a.iter().zip(b).fold(start, |sum, (a, b)| sum.plus(*a, *b))
}

/// One sum of any length.
#[inline]
fn long<S: Sum>(a: &[S::Element], b: &[S::Element], start: S) -> S {
	let (a_eights, a_rest) = a.as_chunks::<8>();
	let (b_eights, b_rest) = b.as_chunks::<8>();
	let eights = a_eights.iter().zip(b_eights);
	let sum = eights.fold(start, |sum, (a, b)| short(a, b, sum));
	let rest = a_rest.iter().zip(b_rest);
	rest.fold(sum, |sum, (a, b)| sum.plus(*a, *b))
}

/// All sums of `K` products.
fn all_short<S: Sum, const K: usize>(
	a: &[S::Element],
	columns: &[S::Element],
	n: usize,
	out: &mut [i32],
	start: S,
	finish: impl Fn(S) -> Result<i32, TensorError>,
) -> Result<(), TensorError> {
	let (rows, _) = a.as_chunks::<K>();
	let (columns, _) = columns.as_chunks::<K>();
	if let [column] = columns {
		for (row, out) in rows.iter().zip(out) {
			*out = finish(short(row, column, start))?;
		}
		return Ok(());
	}
	for (row, out) in rows.iter().zip(out.chunks_mut(n)) {
		for (column, out) in columns.iter().zip(out) {
			*out = finish(short(row, column, start))?;
		}
	}
	Ok(())
}

/// The product of `a`, of rows of `k`, and `b`, of `k` rows of `n`; both are at least 1. `columns` is
/// room for a copy of `b`.
///
/// Errors: those of `finish`.
#[allow(clippy::too_many_arguments)]
pub fn product<S: Sum>(
	a: &[S::Element],
	b: &[S::Element],
	k: usize,
	n: usize,
	columns: &mut Vec<S::Element>,
	out: &mut [i32],
	start: S,
	finish: impl Fn(S) -> Result<i32, TensorError>,
) -> Result<(), TensorError> {
	transpose(b, n, columns);
	let columns = columns.as_slice();
	match k {
		1 => all_short::<S, 1>(a, columns, n, out, start, finish),
		2 => all_short::<S, 2>(a, columns, n, out, start, finish),
		3 => all_short::<S, 3>(a, columns, n, out, start, finish),
		4 => all_short::<S, 4>(a, columns, n, out, start, finish),
		5 => all_short::<S, 5>(a, columns, n, out, start, finish),
		6 => all_short::<S, 6>(a, columns, n, out, start, finish),
		7 => all_short::<S, 7>(a, columns, n, out, start, finish),
		8 => all_short::<S, 8>(a, columns, n, out, start, finish),
		_ => {
			for (row, out) in a.chunks_exact(k).zip(out.chunks_mut(n)) {
				for (column, out) in columns.chunks_exact(k).zip(out) {
					*out = finish(long(row, column, start))?;
				}
			}
			Ok(())
		}
	}
}
