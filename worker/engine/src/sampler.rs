//! Seeded choice of the next token, in integers.
//!
//! Implements the Gumbel-max rule: the token with the largest `logit / T + g` is chosen, where
//! the `g` are independent Gumbel variates. The choice then follows the softmax of `logit / T`,
//! and anyone with the seed can recompute it, which is what the sampling test of the sampled-text
//! profile does (design: Proof of AI, profiles).
//!
//! Definition. Everything below is exact integer arithmetic.
//!
//! - *Logits* are rounded to Q16.16, half away from zero ([`quantise`]).
//! - *Generator*: ChaCha20 (RFC 8439) with key = SHA-256([`DOMAIN`] ‖ seed), nonce = 4 zero bytes
//!   ‖ position (u64, little-endian), block counter = token / 8. Token `t` reads the 8 bytes at
//!   offset `8 (t mod 8)` of its block as a little-endian u64 `x`; 0 counts as 1. Position 0 is
//!   the first output token.
//! - *Noise*: `E = 64 ln 2 - ln x` and `g = 58 ln 2 - ln(max(E, 1))` with the logarithm of
//!   [`crate::logarithm`], all with 58 fraction bits; `g` is then cut to Q32 (arithmetic shift).
//! - *Score* = `logit * 1000 * 2^16 + g * t` with the integers of above and the temperature `t`
//!   in thousandths, `T = t / 1000`. This is `2^32 t (logit / T + g)` without any division. The
//!   highest score wins; of equal ones the lowest token.
//! - `t = 0` is greedy: the highest quantised logit wins, of equal ones the lowest token.
//!
//! Guarantees
//! 1. The choice is a pure function of (quantised logits, seed, position, temperature).
//! 2. Temperature 0 is the argmax and reads no seed.
//! 3. NaN, infinite and out-of-range logits are errors, never choices.
//! 4. Tokens are skipped only when a proven upper bound of their score is below the best score,
//!    so the result equals that of the full evaluation.
//!
//! Cost: about 1 ms for a vocabulary of 49,152 on one core, of which 0.4 ms is the rounding.
//!
//! Noise is worth at least `-ln(64 ln 2) = -3.79` and at most `58 ln 2 = 40.2`: the tails that
//! are cut have probability below 2^-57.

use sha2::{Digest, Sha256};

use crate::chacha;
use crate::error::{EngineError, Result};
use crate::logarithm::{ln, FRACTION_BITS, LN_2, LN_2_POW_64};

/// Hash domain of the generator's key.
pub const DOMAIN: &[u8] = b"aci/engine/sampler/v1";
/// The highest temperature, in thousandths. Scores stay below 2^62 up to it.
pub const MAX_TEMPERATURE_MILLI: u32 = 100_000;
/// Fraction bits of a quantised logit.
pub const LOGIT_BITS: u32 = 16;
/// Fraction bits of the noise.
pub const NOISE_BITS: u32 = 32;
/// Magnitudes from here on do not fit Q16.16.
const LOGIT_LIMIT: f32 = 32_768.0;
/// Tokens served by one generator block.
const TOKENS_PER_BLOCK: usize = 8;
/// Leading zeros of `2^64 - x` up to which the quick bound on the noise is used.
const BOUND_MAX_ZEROS: u32 = 40;

/// Rounds logits to Q16.16.
///
/// # Errors
///
/// [`EngineError::InvalidLogit`] at the first one that is NaN, infinite, or of magnitude 2^15 or
/// more.
pub fn quantise(logits: &[f32]) -> Result<Vec<i64>> {
	logits
		.iter()
		.enumerate()
		.map(|(token, &value)| {
			// A comparison with NaN is false, so this refuses NaN as well.
			if value.abs() < LOGIT_LIMIT {
				// Scaling by a power of two is exact; below 2^31, so the cast is too.
				Ok((f64::from(value) * f64::from(1u32 << LOGIT_BITS)).round() as i64)
			} else {
				Err(EngineError::InvalidLogit { token, value })
			}
		})
		.collect()
}

/// The token with the highest logit; of equal ones the lowest token.
///
/// # Errors
///
/// [`EngineError::NoLogits`] for an empty slice.
pub fn argmax(logits: &[i64]) -> Result<u32> {
	let mut best: Option<(usize, i64)> = None;
	for (token, &logit) in logits.iter().enumerate() {
		if best.is_none_or(|(_, highest)| logit > highest) {
			best = Some((token, logit));
		}
	}
	best.map(|(token, _)| token as u32)
		.ok_or(EngineError::NoLogits)
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

/// Score of a token: see the module's definition. No overflow: `logit` is below 2^31 in
/// magnitude, `noise` below 2^38, the temperature below 2^17.
fn score(logit: i64, noise: i64, temperature_milli: u32) -> i64 {
	logit * 1000 * (1 << (NOISE_BITS - LOGIT_BITS)) + noise * i64::from(temperature_milli)
}

/// The seeded sampler of one job.
#[derive(Clone)]
pub struct Sampler {
	key: [u32; 8],
	temperature_milli: u32,
}

impl std::fmt::Debug for Sampler {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
	/// # Errors
	///
	/// [`EngineError::TemperatureTooHigh`] above [`MAX_TEMPERATURE_MILLI`].
	pub fn new(seed: &[u8; 32], temperature_milli: u32) -> Result<Self> {
		if temperature_milli > MAX_TEMPERATURE_MILLI {
			return Err(EngineError::TemperatureTooHigh {
				milli: temperature_milli,
				limit: MAX_TEMPERATURE_MILLI,
			});
		}
		let digest: [u8; 32] = Sha256::new()
			.chain_update(DOMAIN)
			.chain_update(seed)
			.finalize()
			.into();
		Ok(Self {
			key: chacha::key_words(&digest),
			temperature_milli,
		})
	}

	/// The temperature in thousandths.
	pub fn temperature_milli(&self) -> u32 {
		self.temperature_milli
	}

	/// The generator words of the tokens `8 block .. 8 block + 8` at `position`.
	fn words(&self, position: u64, block: u32) -> [u64; TOKENS_PER_BLOCK] {
		let nonce = [0, position as u32, (position >> 32) as u32];
		let words = chacha::block(&self.key, block, &nonce);
		std::array::from_fn(|index| {
			u64::from(words[2 * index]) | u64::from(words[2 * index + 1]) << 32
		})
	}

	/// Gumbel noise of `token` at `position`, Q32.
	pub fn noise(&self, position: u64, token: u32) -> i64 {
		let words = self.words(position, token / TOKENS_PER_BLOCK as u32);
		noise_of_word(words[token as usize % TOKENS_PER_BLOCK])
	}

	/// Score of `token` with this quantised logit at `position`; in units of
	/// `1 / (1000 * 2^32)` of a logit. With temperature 0 it is the scaled logit alone.
	///
	/// A verifier measures by how much a claimed token lost against the best one with it.
	pub fn score(&self, position: u64, token: u32, logit: i64) -> i64 {
		let noise = if self.temperature_milli == 0 {
			0
		} else {
			self.noise(position, token)
		};
		score(logit, noise, self.temperature_milli)
	}

	/// Chooses the token at `position` from quantised logits.
	///
	/// # Errors
	///
	/// [`EngineError::NoLogits`] for an empty slice.
	pub fn choose(&self, logits: &[i64], position: u64) -> Result<u32> {
		if self.temperature_milli == 0 {
			return argmax(logits);
		}
		// The argmax first: its score is a good bar, so that few others need logarithms.
		let first = argmax(logits)?;
		let mut best_token = first;
		let mut best_score = self.score(position, first, logits[first as usize]);
		for (block, chunk) in logits.chunks(TOKENS_PER_BLOCK).enumerate() {
			let words = self.words(position, block as u32);
			for (index, (&logit, &word)) in chunk.iter().zip(&words).enumerate() {
				if let Some(bound) = noise_bound_of_word(word) {
					if score(logit, bound, self.temperature_milli) < best_score {
						continue;
					}
				}
				let token = (block * TOKENS_PER_BLOCK + index) as u32;
				let candidate = score(logit, noise_of_word(word), self.temperature_milli);
				if candidate > best_score || (candidate == best_score && token < best_token) {
					best_token = token;
					best_score = candidate;
				}
			}
		}
		Ok(best_token)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn seed(number: u64) -> [u8; 32] {
		let mut seed = [0u8; 32];
		seed[..8].copy_from_slice(&number.to_le_bytes());
		seed
	}

	/// Logits between -16 and 16, from the generator itself.
	fn some_logits(number: u64, count: usize) -> Vec<i64> {
		let source = Sampler::new(&seed(number), 1).unwrap();
		(0..count)
			.map(|token| {
				let word = source.words(u64::MAX, token as u32 / 8)[token % 8];
				(word >> 43) as i64 - (1 << 20)
			})
			.collect()
	}

	/// The definition, without the shortcut.
	fn choose_by_definition(sampler: &Sampler, logits: &[i64], position: u64) -> u32 {
		let mut best = (0, i64::MIN);
		for (token, &logit) in logits.iter().enumerate() {
			let candidate = sampler.score(position, token as u32, logit);
			if candidate > best.1 {
				best = (token as u32, candidate);
			}
		}
		best.0
	}

	#[test]
	fn same_seed_and_position_give_the_same_choice_and_others_differ() {
		let logits = some_logits(1, 1000);
		let choices = |number, shift: u64| -> Vec<u32> {
			let sampler = Sampler::new(&seed(number), 5000).unwrap();
			(0..64)
				.map(|position| sampler.choose(&logits, position + shift).unwrap())
				.collect()
		};
		assert_eq!(choices(1, 0), choices(1, 0));
		assert_ne!(choices(1, 0), choices(2, 0));
		assert_eq!(choices(1, 0)[1..], choices(1, 1)[..63]);
		assert_ne!(choices(1, 0), choices(1, 1 << 32));
	}

	#[test]
	fn shortcut_gives_the_choice_of_the_definition() {
		for number in 0..60 {
			for temperature in [1, 100, 800, 1000, 5000, MAX_TEMPERATURE_MILLI] {
				let logits = some_logits(number, 3001);
				let sampler = Sampler::new(&seed(number), temperature).unwrap();
				assert_eq!(
					sampler.choose(&logits, number).unwrap(),
					choose_by_definition(&sampler, &logits, number),
					"seed {number}, temperature {temperature}"
				);
			}
		}
	}

	#[test]
	fn quick_bound_is_above_the_noise() {
		let sampler = Sampler::new(&seed(5), 1).unwrap();
		let mut words: Vec<u64> = (0..5000)
			.flat_map(|block| sampler.words(0, block))
			.collect();
		for bits in 0..64 {
			for near in 0..3u64 {
				words.push((1u64 << bits).wrapping_sub(near));
				words.push(0u64.wrapping_sub(1u64 << bits).wrapping_add(near));
			}
		}
		for word in words {
			if let Some(bound) = noise_bound_of_word(word) {
				assert!(bound > noise_of_word(word), "{word:#x}");
			}
		}
	}

	#[test]
	fn noise_agrees_with_floating_point() {
		let sampler = Sampler::new(&seed(9), 1).unwrap();
		for word in (0..3000).flat_map(|block| sampler.words(7, block)) {
			let d = word.wrapping_neg() as f64 / 2f64.powi(64);
			let expected = -(-(-d).ln_1p()).ln();
			let value = noise_of_word(word) as f64 / 2f64.powi(32);
			assert!(
				(value - expected).abs() < 1e-9,
				"{word:#x}: {value} {expected}"
			);
		}
	}

	#[test]
	fn noise_has_a_bounded_range_at_the_ends_of_the_generator() {
		let at = |word| noise_of_word(word) as f64 / 2f64.powi(32);
		assert_eq!(noise_of_word(0), noise_of_word(1));
		assert!((at(0) - -(64.0 * std::f64::consts::LN_2).ln()).abs() < 1e-9);
		assert!(at(u64::MAX) <= 58.0 * std::f64::consts::LN_2 && at(u64::MAX) > 38.0);
	}

	#[test]
	fn temperature_zero_is_argmax_with_the_lowest_index_on_ties() {
		let logits = quantise(&[0.5, 2.0, -1.0, 2.0, 1.999]).unwrap();
		for number in 0..20 {
			let sampler = Sampler::new(&seed(number), 0).unwrap();
			assert_eq!(sampler.choose(&logits, number).unwrap(), 1);
		}
	}

	#[test]
	fn choices_follow_the_softmax() {
		let logits = [1.0f32, 0.0, -1.5, 2.0, 0.3, -0.7, 1.7, 0.9, -3.0];
		let quantised = quantise(&logits).unwrap();
		let rounds = 40_000u64;
		for temperature in [500u32, 1000, 2000] {
			let mut counts = [0u64; 9];
			for number in 0..rounds {
				let sampler = Sampler::new(&seed(number), temperature).unwrap();
				counts[sampler.choose(&quantised, number % 7).unwrap() as usize] += 1;
			}
			let weights =
				logits.map(|logit| (f64::from(logit) * 1000.0 / f64::from(temperature)).exp());
			let total: f64 = weights.iter().sum();
			// Pearson's statistic; 8 degrees of freedom, 26.1 is the 0.001 quantile.
			let statistic: f64 = weights
				.iter()
				.zip(counts)
				.map(|(weight, count)| {
					let expected = weight / total * rounds as f64;
					(count as f64 - expected).powi(2) / expected
				})
				.sum();
			assert!(
				statistic < 26.1,
				"temperature {temperature}: {statistic} {counts:?}"
			);
		}
	}

	#[test]
	fn logits_that_are_not_finite_or_too_large_are_refused() {
		for value in [
			f32::NAN,
			f32::INFINITY,
			f32::NEG_INFINITY,
			32_768.0,
			-40_000.0,
		] {
			let error = quantise(&[0.0, value]).unwrap_err();
			assert!(
				matches!(error, EngineError::InvalidLogit { token: 1, .. }),
				"{error}"
			);
		}
		assert_eq!(
			quantise(&[32_767.5, -1.0]).unwrap(),
			[2_147_450_880, -65_536]
		);
	}

	#[test]
	fn temperature_above_the_limit_and_empty_logits_are_refused() {
		let error = Sampler::new(&seed(0), MAX_TEMPERATURE_MILLI + 1).unwrap_err();
		assert!(matches!(error, EngineError::TemperatureTooHigh { .. }));
		for temperature in [0, 800] {
			let error = Sampler::new(&seed(0), temperature)
				.unwrap()
				.choose(&[], 0)
				.unwrap_err();
			assert!(matches!(error, EngineError::NoLogits));
		}
	}

	/// Values of the definition, computed with 60 decimal digits by another program.
	#[test]
	fn noise_of_a_fixed_seed_is_fixed() {
		let sampler = Sampler::new(&[0x42; 32], 800).unwrap();
		let noise = [(0, 0), (0, 1), (0, 8), (1, 0), (1 << 40, 49_151)]
			.map(|(position, token)| sampler.noise(position, token));
		let expected = [
			-5_425_318_528,
			8_938_205_028,
			-2_463_617_206,
			-4_220_874_073,
			-5_094_304_619,
		];
		assert_eq!(noise, expected);
	}
}
