//! The numbers by which outputs are judged. They come from a calibration run: honest pairs of
//! hardware, data types and batch sizes on one side, deceit of each known kind on the other. Plain
//! data, for a genesis, a governed parameter or a calibration file (SCALE and JSON).
//!
//! # Guarantees
//!
//! 1. There are no defaults: numbers come from a calibration, whose report they name
//!    ([`Thresholds::is_calibrated`]), and are shipped in one file ([`file`](mod@file)).
//! 2. [`Thresholds::check`] accepts exactly what all judgements can use.
//!
//! A [`Profile`](aci_primitives::proof::Profile) names the version that its output is to be judged by.

pub mod file;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

use crate::{
	detection::ONE,
	sequential::{LogRatios, SequentialError},
};

/// How often a check fails under a profile, in parts per billion.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct FailureRates {
	/// The largest rate of an honest worker.
	pub honest: u32,
	/// The smallest rate of the deceit that is to be told apart.
	pub dishonest: u32,
}

/// For the numeric profile.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct NumericThresholds {
	/// The largest difference of an element, in billionths.
	pub tolerance: u64,
	/// The largest share of elements beyond it, in parts per billion.
	pub most_beyond: u32,
	/// How often a check fails.
	pub rates: FailureRates,
}

/// For the activations of the sampled-text profile, in each chunk.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ActivationThresholds {
	/// The largest share of mismatched entries, in parts per billion.
	pub most_mismatched: u32,
	/// The largest mean distance of the others, in thousandths of a unit in the last place.
	pub most_mean: u32,
	/// The largest median distance of the others, in units in the last place, at most 127.
	pub most_median: u8,
	/// The largest share of chunks that fail one of these, in parts per billion.
	pub most_failed: u32,
}

/// For the draws of the sampled-text profile. Margins are in Q16.16 logits: 65,536 is one.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct SamplingThresholds {
	/// The most that one place adds.
	pub clip: u32,
	/// What a large margin is above.
	pub large: u32,
	/// The largest mean margin.
	pub most_mean: u32,
	/// The largest share of large margins, in parts per billion.
	pub most_large: u32,
	/// Below this number of places a mean margin that fails is inconclusive.
	pub least_positions: u32,
}

/// For the sampled-text profile.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct SampledTextThresholds {
	/// The hidden states.
	pub activations: ActivationThresholds,
	/// The draws.
	pub sampling: SamplingThresholds,
	/// How often a check fails.
	pub rates: FailureRates,
}

/// For the distribution profile, in billionths of a nat.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct DistributionThresholds {
	/// The largest mean divergence: the paper's `ε_KL`.
	pub most_divergence: u64,
	/// The largest mean excess surprisal, of either sign.
	pub most_excess: u64,
	/// Below this number of places a failure is inconclusive.
	pub least_positions: u32,
	/// How often a check fails.
	pub rates: FailureRates,
}

/// The thresholds of all tolerant profiles. The exact profile has none.
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
	Serialize,
	Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
	/// The version, which a profile names; from 1 on.
	pub version: u16,
	/// SHA-256 of the calibration's report; zero: not calibrated.
	pub calibration: H256,
	/// The numeric profile.
	pub numeric: NumericThresholds,
	/// The sampled-text profile.
	pub sampled_text: SampledTextThresholds,
	/// The distribution profile.
	pub distribution: DistributionThresholds,
}

/// Why thresholds cannot be used.
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
pub enum ThresholdError {
	/// A share is above one. State it in parts per billion.
	#[codec(index = 0)]
	ShareAboveOne,
	/// The median is above 127 units, which no distance exceeds.
	#[codec(index = 1)]
	MedianTooLarge,
	/// The mean margin or the large margin is not below the clip, so that no output could fail.
	#[codec(index = 2)]
	ClipTooSmall,
	/// Failure rates make no sequential test.
	#[codec(index = 3)]
	Rates(SequentialError),
}

impl core::fmt::Display for ThresholdError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			ThresholdError::ShareAboveOne => "a share is above one",
			ThresholdError::MedianTooLarge => "the median threshold is above 127",
			ThresholdError::ClipTooSmall => "margins are clipped below their thresholds",
			ThresholdError::Rates(error) => return error.fmt(formatter),
		})
	}
}

impl core::error::Error for ThresholdError {}

impl Thresholds {
	/// Whether these numbers were measured: they name a version and the report of a calibration.
	/// Nobody may be slashed by others.
	pub fn is_calibrated(&self) -> bool {
		self.version > 0 && self.calibration != H256::zero()
	}

	/// Checks that every judgement can use these numbers.
	///
	/// Errors: all of [`ThresholdError`].
	pub fn check(&self) -> Result<(), ThresholdError> {
		let SampledTextThresholds {
			activations,
			sampling,
			rates,
		} = &self.sampled_text;
		let shares = [
			self.numeric.most_beyond,
			activations.most_mismatched,
			activations.most_failed,
			sampling.most_large,
		];
		if shares.iter().any(|share| *share > ONE) {
			return Err(ThresholdError::ShareAboveOne);
		}
		if activations.most_median > 127 {
			return Err(ThresholdError::MedianTooLarge);
		}
		if sampling.clip <= sampling.most_mean.max(sampling.large) {
			return Err(ThresholdError::ClipTooSmall);
		}
		for rates in [&self.numeric.rates, rates, &self.distribution.rates] {
			LogRatios::new(rates.honest, rates.dishonest).map_err(ThresholdError::Rates)?;
		}
		Ok(())
	}
}
