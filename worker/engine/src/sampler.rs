//! Seeded choice of the next token: the chain's sampler with this crate's errors.
//!
//! The definition is [`aci_poai::sampler`]'s, in integers, so that worker and verifier run the same
//! code. This module rounds candle's logits for it.

pub use aci_poai::sampler::{Sampler, MAX_TEMPERATURE_MILLI};

use aci_poai::float::logit_from_f32;

use crate::error::{EngineError, Result};

/// The sampler for a job's seed and temperature (in thousandths; 0 is greedy).
///
/// # Errors
///
/// [`EngineError::TemperatureTooHigh`] above [`MAX_TEMPERATURE_MILLI`].
pub fn sampler(seed: &[u8; 32], temperature_milli: u32) -> Result<Sampler> {
	Sampler::new(seed, temperature_milli).map_err(|_| EngineError::TemperatureTooHigh {
		milli: temperature_milli,
		limit: MAX_TEMPERATURE_MILLI,
	})
}

/// Rounds logits to Q16.16.
///
/// # Errors
///
/// [`EngineError::InvalidLogit`] at the first one that is NaN, infinite, or of magnitude 2^15 or
/// more.
pub fn quantise(logits: &[f32]) -> Result<Vec<i32>> {
	logits
		.iter()
		.enumerate()
		.map(|(token, &value)| {
			logit_from_f32(value.to_bits()).map_err(|_| EngineError::InvalidLogit { token, value })
		})
		.collect()
}

/// Chooses the token at `position`, which counts the output's tokens from 0.
///
/// # Errors
///
/// As [`quantise`]; [`EngineError::NoLogits`] for an empty slice.
pub fn choose(sampler: &Sampler, logits: &[f32], position: u64) -> Result<u32> {
	sampler
		.choose(&quantise(logits)?, position)
		.map_err(|_| EngineError::NoLogits)
}

#[cfg(test)]
mod tests {
	use super::*;

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
	fn a_temperature_above_the_limit_is_named_in_the_error() {
		let error = sampler(&[0; 32], MAX_TEMPERATURE_MILLI + 1).unwrap_err();
		assert!(
			matches!(error, EngineError::TemperatureTooHigh { milli, .. } if milli == 100_001),
			"{error}"
		);
	}
}
