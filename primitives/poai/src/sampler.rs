//! Seeded choice of the next token, in integers (the paper's seed pinning, §3.4).
//!
//! Implements the Gumbel-max rule: the token with the largest `logit / T + g` is chosen, where
//! the `g` are independent Gumbel variates. The choice then follows the softmax of `logit / T`,
//! and anyone with the seed can recompute it, which is what the sampling test of the sampled-text
//! profile does ([`crate::margin`]). The worker draws tokens with this same code.
//!
//! # Definition
//!
//! Everything below is exact integer arithmetic.
//!
//! - *Logits* are Q16.16, rounded half away from zero ([`crate::float::logit_from_f32`]).
//! - *Seed*: of a job it is [`aci_primitives::job::sampling_seed`], a hash over the job, the
//!   client's seed and the model.
//! - *Generator*: ChaCha20 (RFC 8439) with key = SHA-256([`DOMAIN`] ‖ seed), nonce = 4 zero bytes
//!   ‖ position (u64, little-endian), block counter = token / 8. Token `t` reads the 8 bytes at
//!   offset `8 (t mod 8)` of its block as a little-endian u64 `x`; 0 counts as 1. Position 0 is
//!   the first output token.
//! - *Noise*: `E = 64 ln 2 - ln x` and `g = 58 ln 2 - ln(max(E, 1))` with the logarithm of
//!   [`crate::logarithm`], all with 58 fraction bits; `g` is then cut to Q32 (arithmetic shift).
//! - *Score* = `logit * 1000 * 2^16 + g * t` with the integers of above and the temperature `t`
//!   in thousandths, `T = t / 1000`. This is `2^32 t (logit / T + g)` without any division. The
//!   highest score wins; of equal ones the lowest token.
//! - `t = 0` is greedy: the highest logit wins, of equal ones the lowest token.
//!
//! # Guarantees
//!
//! 1. The choice is a pure function of (logits, seed, position, temperature).
//! 2. Temperature 0 is the argmax and reads no seed.
//! 3. No logit and no temperature up to the limit overflows a score.
//! 4. Tokens are skipped only when a proven upper bound of their score is below the best score,
//!    so the result equals that of the full evaluation.
//! 5. The noise of a token needs no other token's, so a verifier can look at one place alone.
//!
//! Cost for a vocabulary of 49,152 on one core, in an optimised build: most of it is the generator's
//! 393 KB a token. The feature `accelerated` takes these from the crate `chacha20`, which uses the
//! machine's wide registers; the words are the same.
//!
//! Noise is worth at least `-ln(64 ln 2) = -3.79` and at most `58 ln 2 = 40.2`: the tails that
//! are cut have probability below 2^-57.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::sha2_256;

use crate::{
	chacha::{self, Stream, LANES},
	float::LOGIT_BITS,
	logarithm::{ln, FRACTION_BITS, LN_2, LN_2_POW_64},
};

/// Hash domain of the generator's key.
pub const DOMAIN: &[u8] = b"aci/engine/sampler/v1";
/// The highest temperature, in thousandths. Scores stay below 2^58 up to it.
pub const MAX_TEMPERATURE_MILLI: u32 = 100_000;
/// Fraction bits of the noise.
pub const NOISE_BITS: u32 = 32;
/// What one logit is worth in a score.
pub const SCORE_PER_LOGIT: i64 = 1000 << NOISE_BITS;
/// Tokens served by one generator block.
const TOKENS_PER_BLOCK: usize = 8;
/// Leading zeros of `2^64 - x` up to which the quick bound on the noise is used.
const BOUND_MAX_ZEROS: u32 = 40;

/// Why a token cannot be chosen or scored.
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
pub enum SamplerError {
	/// The temperature is above [`MAX_TEMPERATURE_MILLI`]. Order with a lower one.
	#[codec(index = 0)]
	TemperatureTooHigh,
	/// There are no logits to choose from. The vocabulary is empty: correct the manifest.
	#[codec(index = 1)]
	NoLogits,
	/// The token is outside the vocabulary. The output does not come from this model.
	#[codec(index = 2)]
	UnknownToken,
}

impl core::fmt::Display for SamplerError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			SamplerError::TemperatureTooHigh => write!(
				formatter,
				"the temperature is above the limit of {MAX_TEMPERATURE_MILLI} thousandths"
			),
			SamplerError::NoLogits => formatter.write_str("there are no logits to choose from"),
			SamplerError::UnknownToken => {
				formatter.write_str("a token is outside the model's vocabulary")
			}
		}
	}
}

impl core::error::Error for SamplerError {}

/// A token with its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scored {
	/// The token.
	pub token: u32,
	/// Its score; [`SCORE_PER_LOGIT`] is one logit.
	pub score: i64,
}

/// The token with the highest logit; of equal ones the lowest token.
///
/// Errors: [`SamplerError::NoLogits`] for an empty slice.
pub fn argmax(logits: &[i32]) -> Result<u32, SamplerError> {
	let mut best: Option<(u32, i32)> = None;
	for (token, &logit) in (0u32..).zip(logits) {
		if best.is_none_or(|(_, highest)| logit > highest) {
			best = Some((token, logit));
		}
	}
	best.map(|(token, _)| token).ok_or(SamplerError::NoLogits)
}

/// Noise of one generator word, Q32.
fn noise_of_word(word: u64) -> i64 {
	let exponential = (LN_2_POW_64 - ln(word)).max(1);
	let scale_logarithm = u64::from(FRACTION_BITS) * LN_2;
	// Both are below 2^64; the difference is between -3.8 and 40.3 in Q58.
	let noise = i128::from(scale_logarithm) - i128::from(ln(exponential));
	(noise >> (FRACTION_BITS - NOISE_BITS)) as i64
}

/// An upper bound of [`noise_of_word`], or `None` where the quick bound is not proven.
///
/// With `d = 2^64 - x`, `E >= d / 2^64 >= 2^-(zeros + 1)`, so `g <= (zeros + 1) ln 2`. One more
/// `ln 2` covers the rounding of both logarithms, which is below 2^-10 of `E` as long as
/// `E >= 2^-41`.
fn noise_bound_of_word(word: u64) -> Option<i64> {
	let zeros = word.max(1).wrapping_neg().leading_zeros();
	(zeros <= BOUND_MAX_ZEROS)
		.then(|| i64::from(zeros + 2) * ((LN_2 >> (FRACTION_BITS - NOISE_BITS)) as i64 + 1))
}

/// Score of a token: see the module's definition. No overflow: `logit` is at most 2^31 in
/// magnitude, `noise` below 2^38, the temperature below 2^17.
fn score(logit: i32, noise: i64, temperature_milli: u32) -> i64 {
	i64::from(logit) * (SCORE_PER_LOGIT >> LOGIT_BITS) + noise * i64::from(temperature_milli)
}

/// The generator's nonce at a position.
fn nonce(position: u64) -> [u32; 3] {
	[0, position as u32, (position >> 32) as u32]
}

/// The seeded sampler of one job.
#[derive(Clone)]
pub struct Sampler {
	key: [u32; 8],
	temperature_milli: u32,
}

impl core::fmt::Debug for Sampler {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		// The seed of a sealed job is not for logs.
		formatter
			.debug_struct("Sampler")
			.field("temperature_milli", &self.temperature_milli)
			.finish_non_exhaustive()
	}
}

impl Sampler {
	/// A sampler for the job's seed and temperature (in thousandths; 0 is greedy).
	///
	/// Errors: [`SamplerError::TemperatureTooHigh`] above [`MAX_TEMPERATURE_MILLI`].
	pub fn new(seed: &[u8; 32], temperature_milli: u32) -> Result<Self, SamplerError> {
		if temperature_milli > MAX_TEMPERATURE_MILLI {
			return Err(SamplerError::TemperatureTooHigh);
		}
		let mut preimage = Vec::with_capacity(DOMAIN.len() + seed.len());
		preimage.extend_from_slice(DOMAIN);
		preimage.extend_from_slice(seed);
		Ok(Self {
			key: chacha::key_words(&sha2_256(&preimage)),
			temperature_milli,
		})
	}

	/// The temperature in thousandths.
	pub fn temperature_milli(&self) -> u32 {
		self.temperature_milli
	}

	/// The generator words of the tokens `8 block .. 8 block + 8` at `position`.
	fn words(&self, position: u64, block: u32) -> [u64; TOKENS_PER_BLOCK] {
		chacha::pairs(&chacha::block(&self.key, block, &nonce(position)))
	}

	/// Gumbel noise of `token` at `position`, Q32.
	pub fn noise(&self, position: u64, token: u32) -> i64 {
		let words = self.words(position, token / TOKENS_PER_BLOCK as u32);
		noise_of_word(words[token as usize % TOKENS_PER_BLOCK])
	}

	/// Score of `token` with this Q16.16 logit at `position`; [`SCORE_PER_LOGIT`] is one logit.
	/// With temperature 0 it is the scaled logit alone.
	pub fn score(&self, position: u64, token: u32, logit: i32) -> i64 {
		let noise = if self.temperature_milli == 0 {
			0
		} else {
			self.noise(position, token)
		};
		score(logit, noise, self.temperature_milli)
	}

	/// Chooses the token at `position` from Q16.16 logits.
	///
	/// Errors: [`SamplerError::NoLogits`] for an empty slice.
	pub fn choose(&self, logits: &[i32], position: u64) -> Result<u32, SamplerError> {
		self.best(logits, position).map(|best| best.token)
	}

	/// As [`Sampler::choose`], with the score of the choice.
	///
	/// Errors: [`SamplerError::NoLogits`] for an empty slice.
	pub fn best(&self, logits: &[i32], position: u64) -> Result<Scored, SamplerError> {
		// The argmax first: its score is a good bar, so that few others need logarithms.
		let first = argmax(logits)?;
		let logit = logits
			.get(first as usize)
			.copied()
			.ok_or(SamplerError::NoLogits)?;
		let mut best = Scored {
			token: first,
			score: self.score(position, first, logit),
		};
		if self.temperature_milli == 0 {
			return Ok(best);
		}
		let mut stream = Stream::new(&self.key, &nonce(position));
		for (group, chunk) in (0u32..).zip(logits.chunks(TOKENS_PER_BLOCK * LANES)) {
			let words = stream.next_words();
			let first = group * (TOKENS_PER_BLOCK * LANES) as u32;
			for (token, (&logit, &word)) in (first..).zip(chunk.iter().zip(words.as_flattened())) {
				if let Some(bound) = noise_bound_of_word(word) {
					if score(logit, bound, self.temperature_milli) < best.score {
						continue;
					}
				}
				let candidate = score(logit, noise_of_word(word), self.temperature_milli);
				if candidate > best.score || (candidate == best.score && token < best.token) {
					best = Scored {
						token,
						score: candidate,
					};
				}
			}
		}
		Ok(best)
	}
}

#[cfg(test)]
mod tests;
