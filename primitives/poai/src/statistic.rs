//! The number that a verifier's verdict states, so that approving unseen shows.
//!
//! A verdict carries a statistic over places of the output that the verifier's secret seed draws. Once
//! the seed is revealed everybody knows the places, and whoever runs the model knows the number.
//!
//! | profile | the number |
//! | --- | --- |
//! | exact | 8 bytes of a hash over the seed and the recomputed output |
//! | numeric | the sum of the recomputed elements at the drawn places |
//! | sampled text, distribution | the sum of the recomputed logits of the output's tokens there |
//!
//! # Guarantees
//!
//! 1. The places are a function of seed, job, number of places and count; each is as likely as another
//!    up to 2^-32.
//! 2. None of the numbers is in the worker's proof, so a verifier that did not run the model cannot
//!    read it there. Sums differ between verifiers by the noise of their hardware.
//!
//! The paper asks verifiers for no evidence of their work; this is an addition.

use alloc::vec::Vec;

use aci_primitives::{domain::tagged_hash, JobId};
use sp_core::H256;

use crate::{
	chacha,
	float::{fixed_from_f32, FloatError},
};

/// Fraction bits of a statistic over numbers.
pub const STATISTIC_BITS: u32 = 24;
/// Hash domain of a draw of places.
const PLACES: &[u8] = b"aci/verdict-places/1";
/// Hash domain of a statistic over an output.
const STATISTIC: &[u8] = b"aci/verdict-statistic/1";

/// `count` places below `places`, drawn from a verifier's seed with putting back; none where there are
/// none.
pub fn drawn_places(seed: &H256, job: &JobId, places: u32, count: u8) -> Vec<u32> {
	if places == 0 {
		return Vec::new();
	}
	let key = tagged_hash(PLACES, &(seed, job));
	let key = chacha::key_words(key.as_fixed_bytes());
	(0..u32::from(count))
		.map(|draw| {
			let [low, high, ..] = chacha::block(&key, draw, &[0; 3]);
			let word = u64::from(low) | u64::from(high) << 32;
			// The quotient of a product below 2^96 by 2^64 is below `places`.
			((u128::from(word) * u128::from(places)) >> 64) as u32
		})
		.collect()
}

/// The sum of numbers, given as raw bits of binary32, with [`STATISTIC_BITS`] fraction bits.
///
/// Errors: those of [`fixed_from_f32`].
pub fn statistic_of_numbers(numbers: impl IntoIterator<Item = u32>) -> Result<i64, FloatError> {
	numbers.into_iter().try_fold(0i64, |sum, bits| {
		sum.checked_add(fixed_from_f32(bits, STATISTIC_BITS)?)
			.ok_or(FloatError::OutOfRange)
	})
}

/// The first 8 bytes of a hash over the verifier's seed and the recomputed output.
pub fn statistic_of_output(seed: &H256, output: &[u8]) -> i64 {
	let hash = tagged_hash(STATISTIC, &(seed, output));
	let [a, b, c, d, e, f, g, h, ..] = hash.0;
	i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
