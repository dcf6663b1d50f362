//! The test of the distribution profile, for samplers that nobody can repeat.
//!
//! The worker states, for every output token, the [`TOP`] most likely tokens with their
//! probabilities. A verifier computes the model's distribution at the same places in one pass over
//! prompt and output, and looks at two numbers:
//!
//! * the *divergence* of the stated distribution from its own, over the stated tokens and one place
//!   for all others: is it the model's distribution?
//! * the *excess surprisal* of the output: the surprisal of its tokens less the entropy of the
//!   verifier's distribution. Over tokens that were drawn from the distribution its mean is zero; a
//!   text that a cheaper model wrote is more surprising, one that takes the likeliest token each time
//!   less.
//!
//! The second is a deviation: the paper compares distributions alone (§3.4), which says nothing about
//! the tokens that were handed in.
//!
//! # Guarantees
//!
//! 1. [`weights`] are `2^32 exp((logit − highest) / T)`, each within one unit, and at least 1; so a
//!    probability is off by at most 2^-32 of the likeliest one's and 2^-32 for each token.
//! 2. [`TopTokens`] that [`TopTokens::check`] accepts hold distinct tokens of the vocabulary, the
//!    likelier first, whose probabilities add up to one at most: one list has one form.
//! 3. [`DistributionStatistics::compare`] is exact up to the errors of [`crate::divergence`]; nothing in a stated list or in
//!    the logits makes it panic.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	divergence::{divergence, entropy, surprisal, DivergenceError},
	exponential::{exp_negative, RESULT_BITS},
	float::LOGIT_BITS,
	logarithm::FRACTION_BITS,
	sampler::MAX_TEMPERATURE_MILLI,
};

/// Tokens that are stated for each place; all of them where the vocabulary is smaller.
pub const TOP: usize = 8;
/// Fraction bits of a stated probability.
pub const PROBABILITY_BITS: u32 = 16;
/// Fraction bits of a weight, of which the likeliest token has 2^32.
const WEIGHT_BITS: u32 = 32;
/// The largest vocabulary.
const MAX_VOCABULARY: usize = crate::compute::MAX_VOCABULARY as usize;

/// Why distributions cannot be compared.
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
pub enum DistributionError {
	/// There is no distribution at this temperature: it is zero or above the sampler's limit.
	#[codec(index = 0)]
	NoTemperature,
	/// The vocabulary is empty or larger than any that the chain prices. Correct the manifest.
	#[codec(index = 1)]
	VocabularyOutOfRange,
	/// The stated list is not of as many tokens as it should be.
	#[codec(index = 2)]
	WrongNumber,
	/// A token is outside the vocabulary.
	#[codec(index = 3)]
	UnknownToken,
	/// The stated tokens are not in order, the likelier first and of equal ones the lower.
	#[codec(index = 4)]
	NotInOrder,
	/// The stated probabilities add up to more than one.
	#[codec(index = 5)]
	MoreThanOne,
	/// The distributions have no divergence.
	#[codec(index = 6)]
	Divergence(DivergenceError),
}

impl core::fmt::Display for DistributionError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			DistributionError::NoTemperature => "there is no distribution at this temperature",
			DistributionError::VocabularyOutOfRange => "the vocabulary is out of range",
			DistributionError::WrongNumber => "a list of likely tokens has the wrong length",
			DistributionError::UnknownToken => "a token is outside the model's vocabulary",
			DistributionError::NotInOrder => "a list of likely tokens is not in order",
			DistributionError::MoreThanOne => "stated probabilities add up to more than one",
			DistributionError::Divergence(error) => return error.fmt(formatter),
		})
	}
}

impl core::error::Error for DistributionError {}

impl From<DivergenceError> for DistributionError {
	fn from(error: DivergenceError) -> Self {
		DistributionError::Divergence(error)
	}
}

/// The distribution of Q16.16 logits at a temperature in thousandths, as weights.
///
/// Errors: [`DistributionError::NoTemperature`], [`DistributionError::VocabularyOutOfRange`].
pub fn weights(logits: &[i32], temperature_milli: u32) -> Result<Vec<u64>, DistributionError> {
	if temperature_milli == 0 || temperature_milli > MAX_TEMPERATURE_MILLI {
		return Err(DistributionError::NoTemperature);
	}
	let highest = logits
		.iter()
		.max()
		.filter(|_| logits.len() <= MAX_VOCABULARY)
		.ok_or(DistributionError::VocabularyOutOfRange)?;
	let weight = |logit: &i32| {
		// At most 2^32, times 1000 and 2^42: below 2^84.
		let below = u128::from(highest.abs_diff(*logit));
		let nats =
			((below * 1_000) << (FRACTION_BITS - LOGIT_BITS)) / u128::from(temperature_milli);
		// Beyond 2^64, which is 64 nats, the exponential is zero as well.
		let nats = u64::try_from(nats).unwrap_or(u64::MAX);
		(exp_negative(nats) >> (RESULT_BITS - WEIGHT_BITS)).max(1)
	};
	Ok(logits.iter().map(weight).collect())
}

/// The most likely tokens of one place with their probabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopTokens(pub Vec<(u32, u16)>);

impl TopTokens {
	/// How many tokens are stated for a vocabulary of this size.
	pub fn count(vocabulary: u32) -> usize {
		(vocabulary as usize).min(TOP)
	}

	/// What a worker states of its own distribution. Probabilities are rounded down, one of 1 to the
	/// largest below it.
	///
	/// Errors: [`DistributionError::VocabularyOutOfRange`].
	pub fn of(weights: &[u64]) -> Result<Self, DistributionError> {
		let sum: u64 = weights
			.iter()
			.try_fold(0u64, |sum, weight| sum.checked_add(*weight))
			.filter(|sum| *sum > 0 && weights.len() <= MAX_VOCABULARY)
			.ok_or(DistributionError::VocabularyOutOfRange)?;
		let mut top: Vec<(u32, u64)> = Vec::with_capacity(TOP + 1);
		for (token, weight) in (0u32..).zip(weights) {
			if top.len() == TOP && top.last().is_some_and(|(_, least)| weight <= least) {
				continue;
			}
			let place = top.partition_point(|(_, other)| other >= weight);
			top.insert(place, (token, *weight));
			top.truncate(TOP);
		}
		let mut stated: Vec<(u32, u16)> = top
			.into_iter()
			.map(|(token, weight)| {
				let probability = (u128::from(weight) << PROBABILITY_BITS) / u128::from(sum);
				(token, u16::try_from(probability).unwrap_or(u16::MAX))
			})
			.collect();
		// Rounding makes equal what was not: of equal ones the lower token goes first.
		stated.sort_by_key(|(token, probability)| (u16::MAX - probability, *token));
		Ok(TopTokens(stated))
	}

	/// Checks a stated list.
	///
	/// Errors: [`DistributionError::WrongNumber`], [`DistributionError::UnknownToken`],
	/// [`DistributionError::NotInOrder`], [`DistributionError::MoreThanOne`].
	pub fn check(&self, vocabulary: u32) -> Result<(), DistributionError> {
		if self.0.len() != Self::count(vocabulary) {
			return Err(DistributionError::WrongNumber);
		}
		if self.0.iter().any(|(token, _)| *token >= vocabulary) {
			return Err(DistributionError::UnknownToken);
		}
		let ordered = self.0.windows(2).all(|pair| {
			matches!(pair, [(first, more), (second, less)]
				if more > less || (more == less && first < second))
		});
		// In order, one token can still be stated twice with two probabilities.
		let distinct = (1..)
			.zip(&self.0)
			.all(|(next, (token, _))| self.0.iter().skip(next).all(|(other, _)| other != token));
		if !ordered || !distinct {
			return Err(DistributionError::NotInOrder);
		}
		self.rest().map(|_| ())
	}

	/// The probability of all other tokens, with [`PROBABILITY_BITS`] fraction bits.
	fn rest(&self) -> Result<u64, DistributionError> {
		self.0
			.iter()
			.try_fold(1u64 << PROBABILITY_BITS, |rest, (_, probability)| {
				rest.checked_sub(u64::from(*probability))
			})
			.ok_or(DistributionError::MoreThanOne)
	}
}

/// What a verifier found over the places of an output, in nats with 32 fraction bits.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct DistributionStatistics {
	/// Places that were looked at.
	pub positions: u32,
	/// Sum of the divergences.
	pub divergence: u64,
	/// Sum of the excess surprisals.
	pub excess: i64,
}

impl DistributionStatistics {
	/// The mean divergence, rounded up; `None` without places.
	pub fn mean_divergence(&self) -> Option<u64> {
		(self.positions > 0).then(|| self.divergence.div_ceil(u64::from(self.positions)))
	}

	/// The magnitude of the mean excess surprisal, rounded up; `None` without places.
	pub fn mean_excess(&self) -> Option<u64> {
		let sum = self.excess.unsigned_abs();
		(self.positions > 0).then(|| sum.div_ceil(u64::from(self.positions)))
	}

	/// Adds one place: what the worker stated for it, the verifier's [`weights`] for it, and the
	/// output's token. After an error nothing is added.
	///
	/// Errors: those of [`TopTokens::check`]; [`DistributionError::UnknownToken`],
	/// [`DistributionError::VocabularyOutOfRange`], [`DistributionError::Divergence`].
	pub fn compare(
		&mut self,
		stated: &TopTokens,
		own: &[u64],
		token: u32,
	) -> Result<(), DistributionError> {
		let vocabulary = u32::try_from(own.len())
			.ok()
			.filter(|_| own.len() <= MAX_VOCABULARY)
			.ok_or(DistributionError::VocabularyOutOfRange)?;
		stated.check(vocabulary)?;
		if token >= vocabulary {
			return Err(DistributionError::UnknownToken);
		}
		let mut others = own
			.iter()
			.try_fold(0u64, |sum, weight| sum.checked_add(*weight))
			.ok_or(DivergenceError::TooHeavy)?;
		let mut p = Vec::with_capacity(TOP + 1);
		let mut q = Vec::with_capacity(TOP + 1);
		for (token, probability) in &stated.0 {
			let weight = own
				.get(*token as usize)
				.copied()
				.ok_or(DistributionError::UnknownToken)?;
			// Distinct tokens, so never more than the sum.
			others = others.saturating_sub(weight);
			p.push(u64::from(*probability));
			q.push(weight);
		}
		if (vocabulary as usize) > TOP {
			p.push(stated.rest()?);
			q.push(others);
		}
		let divergence = divergence(&p, &q)?;
		let surprisal = i64::try_from(surprisal(own, token as usize)?).unwrap_or(i64::MAX);
		let entropy = i64::try_from(entropy(own)?).unwrap_or(i64::MAX);
		// Each is below 2^39: the sums saturate beyond 2^24 places only, more than any output has.
		self.positions = self.positions.saturating_add(1);
		self.divergence = self.divergence.saturating_add(divergence);
		self.excess = self
			.excess
			.saturating_add(surprisal.saturating_sub(entropy));
		Ok(())
	}
}
