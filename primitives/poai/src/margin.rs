//! The sampling test: by how much an output token lost against the best one.
//!
//! A worker that draws tokens by [`crate::sampler`] from the ordered model's logits takes, at every
//! place, the token with the highest score. A verifier recomputes the logits in one pass over prompt
//! and output and the noise from the job's seed, and measures the *margin*: the best score less the
//! score of the token in the output. An honest worker's margins are zero except where rounding of
//! the hardware turns a close decision, and then they are as small as the rounding. Tokens from
//! another model, another sampler, another seed or another temperature lose by whole logits. So a
//! text drafted by a cheap model and fed through the right one afterwards is found here, though its
//! activations are genuine. An engine that drafts by a small model and keeps of it only what this
//! sampler chooses (speculative decoding with the job's seed) gives the same tokens and passes.
//!
//! # Guarantees
//!
//! 1. A margin is exact for the given logits, rounded down to Q16.16 logits, never below zero, and
//!    zero for the sampler's own choice.
//! 2. If no logit of the verifier is further than `e` from the worker's, an honest worker's margin is
//!    at most `2 e`, at every temperature.
//! 3. [`MarginStatistics`] are the same in any order of places, and merging parts gives the whole.
//!    Counts and sums saturate, and do so only beyond 2^32 places.
//!
//! # Origin and deviations
//!
//! The margin is that of the published sampling test with a shared seed (Token-DiFR). There the
//! noise is a floating-point generator's, so that worker and verifier need the same library; here
//! it is defined in integers. Margins are clipped before they are added, so that one place cannot
//! decide over an output. There is no cut-off of unlikely tokens (top-k, top-p): the chain's orders
//! have none.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	float::LOGIT_BITS,
	sampler::{Sampler, SamplerError, SCORE_PER_LOGIT},
};

/// The margin of `token` at `position` in Q16.16 logits: 0 for the sampler's own choice.
///
/// `logits` are the verifier's, in Q16.16, for the place of the token. `position` counts the output's
/// tokens from 0.
///
/// Errors: [`SamplerError::NoLogits`], [`SamplerError::UnknownToken`].
pub fn margin(
	sampler: &Sampler,
	logits: &[i32],
	position: u64,
	token: u32,
) -> Result<u64, SamplerError> {
	let best = sampler.best(logits, position)?;
	let logit = logits
		.get(token as usize)
		.copied()
		.ok_or(SamplerError::UnknownToken)?;
	let score = sampler.score(position, token, logit);
	// Scores are below 2^59 in magnitude, and the best one is the highest.
	let lost = best.score.saturating_sub(score);
	Ok(u64::try_from(lost / (SCORE_PER_LOGIT >> LOGIT_BITS)).unwrap_or(0))
}

/// What a verifier found over the places of an output.
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
pub struct MarginStatistics {
	/// Places that were looked at.
	pub positions: u32,
	/// Places with a margin above zero.
	pub lost: u32,
	/// Places with a margin above the limit of a large one.
	pub large: u32,
	/// Sum of the clipped margins, in Q16.16 logits.
	pub sum: u64,
}

impl MarginStatistics {
	/// Adds one place. `clip` is the most that it may add to the sum and `large` what a large margin
	/// is above, both in Q16.16 logits.
	pub fn add(&mut self, margin: u64, clip: u32, large: u32) {
		self.positions = self.positions.saturating_add(1);
		self.lost = self.lost.saturating_add(u32::from(margin > 0));
		self.large = self
			.large
			.saturating_add(u32::from(margin > u64::from(large)));
		self.sum = self.sum.saturating_add(margin.min(u64::from(clip)));
	}

	/// Adds the places of another part of the same output.
	pub fn merge(&mut self, other: &Self) {
		self.positions = self.positions.saturating_add(other.positions);
		self.lost = self.lost.saturating_add(other.lost);
		self.large = self.large.saturating_add(other.large);
		self.sum = self.sum.saturating_add(other.sum);
	}

	/// The mean clipped margin in Q16.16 logits, rounded up; `None` without places.
	pub fn mean(&self) -> Option<u64> {
		(self.positions > 0).then(|| self.sum.div_ceil(u64::from(self.positions)))
	}
}
