//! Divergence and entropy of distributions, in fixed point (the paper's distribution matching, §3.4).
//!
//! A distribution is a list of whole *weights*: the probability of place `i` is its weight over the
//! sum of all, exactly. Results are in nats with [`RESULT_BITS`] fraction bits.
//!
//! ```text
//! divergence(P, Q) = Σ p ln(p / q)      Kullback and Leibler's, zero exactly where P = Q
//! entropy(Q)       = − Σ q ln q
//! surprisal(Q, i)  = − ln q_i
//! ```
//!
//! # Guarantees
//!
//! 1. Within [`MAX_SUM`] every result is within 2^-32 of the exact value: five logarithms' errors
//!    of less than 2^-54 each, and one rounding of 2^-33. No result is below zero.
//! 2. A place with `p > 0` and `q = 0` has no finite divergence and is
//!    [`DivergenceError::NotCovered`].
//! 3. Putting places together never raises the exact divergence, so the divergence of the most likely
//!    tokens and one place for the rest is a lower bound of that of the whole vocabulary.
//! 4. One logarithm or two for each place.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::logarithm::{ln, FRACTION_BITS};

/// Fraction bits of a result.
pub const RESULT_BITS: u32 = 32;
/// The largest sum of a distribution's weights.
pub const MAX_SUM: u64 = 1 << 56;

/// Why a distribution has no such number.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum DivergenceError {
	/// The two distributions have different numbers of places.
	#[codec(index = 0)]
	LengthsDiffer,
	/// All weights are zero.
	#[codec(index = 1)]
	Empty,
	/// The weights add up to more than [`MAX_SUM`]. Scale them down.
	#[codec(index = 2)]
	TooHeavy,
	/// The first distribution holds likely what the second holds impossible.
	#[codec(index = 3)]
	NotCovered,
}

impl core::fmt::Display for DivergenceError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			DivergenceError::LengthsDiffer => "the distributions differ in length",
			DivergenceError::Empty => "a distribution is empty",
			DivergenceError::TooHeavy => "the weights of a distribution add up to too much",
			DivergenceError::NotCovered => {
				"what one distribution expects is impossible in the other"
			}
		})
	}
}

impl core::error::Error for DivergenceError {}

/// Sum of the weights.
fn total(weights: &[u64]) -> Result<u64, DivergenceError> {
	let sum = weights
		.iter()
		.try_fold(0u64, |sum, weight| sum.checked_add(*weight))
		.filter(|sum| *sum <= MAX_SUM)
		.ok_or(DivergenceError::TooHeavy)?;
	if sum == 0 {
		return Err(DivergenceError::Empty);
	}
	Ok(sum)
}

fn wide_ln(weight: u64) -> i128 {
	i128::from(ln(weight))
}

/// From 58 fraction bits to the result's, to the nearest, not below zero: what is below it is error.
fn result(nats: i128) -> u64 {
	let shift = FRACTION_BITS - RESULT_BITS;
	// Logarithms of up to 2^56 are below 39, so the result is below 2^39.
	u64::try_from((nats + (1 << (shift - 1))) >> shift).unwrap_or(0)
}

/// The divergence of `p` from `q`.
///
/// Errors: all of [`DivergenceError`].
pub fn divergence(p: &[u64], q: &[u64]) -> Result<u64, DivergenceError> {
	if p.len() != q.len() {
		return Err(DivergenceError::LengthsDiffer);
	}
	let (sum_p, sum_q) = (total(p)?, total(q)?);
	// Weights of at most 2^56 in all times logarithms below 2^64: below 2^120.
	let mut weighted = 0i128;
	for (own, other) in p.iter().zip(q) {
		if *own == 0 {
			continue;
		}
		if *other == 0 {
			return Err(DivergenceError::NotCovered);
		}
		weighted += i128::from(*own) * (wide_ln(*own) - wide_ln(*other));
	}
	let mean = weighted.div_euclid(i128::from(sum_p));
	Ok(result(mean - wide_ln(sum_p) + wide_ln(sum_q)))
}

/// The entropy of `q`.
///
/// Errors: [`DivergenceError::Empty`], [`DivergenceError::TooHeavy`].
pub fn entropy(q: &[u64]) -> Result<u64, DivergenceError> {
	let sum = total(q)?;
	let weighted: i128 = q
		.iter()
		.filter(|weight| **weight > 1)
		.map(|weight| i128::from(*weight) * wide_ln(*weight))
		.sum();
	Ok(result(wide_ln(sum) - weighted.div_euclid(i128::from(sum))))
}

/// The surprisal of the place `index` under `q`.
///
/// Errors: [`DivergenceError::Empty`], [`DivergenceError::TooHeavy`]; [`DivergenceError::NotCovered`]
/// for a place of weight zero or outside.
pub fn surprisal(q: &[u64], index: usize) -> Result<u64, DivergenceError> {
	let sum = total(q)?;
	match q.get(index) {
		Some(weight) if *weight > 0 => Ok(result(wide_ln(sum) - wide_ln(*weight))),
		_ => Err(DivergenceError::NotCovered),
	}
}
