//! From what a verifier observed to what it says: pass, fail with a reason in words, or inconclusive.
//!
//! | profile | observed | fails when |
//! | --- | --- | --- |
//! | exact | the output's hash and the verifier's own | they differ |
//! | numeric | [`NumericStatistics`] | more elements than allowed are beyond the tolerance |
//! | sampled text | [`SampledText`] | the tokens spell another text; chunks mismatch; margins are large |
//! | distribution | [`DistributionStatistics`] | divergence or excess surprisal is large |
//!
//! # Guarantees
//!
//! 1. A judgement is a function of the observation and the thresholds alone.
//! 2. Nobody fails for what the verifier could not see: a proof that does not arrive as committed is
//!    *unavailable*, a fault of the verifier's device or an output too short to tell is *inconclusive*.
//! 3. An observation at a threshold passes; the first beyond it fails.
//! 4. Every reason states the numbers that decided, so that whoever reads it can recompute it.
//!
//! A failed check is not yet a fault of the worker: it opens a dispute, and in tolerant profiles only
//! the worker's sum ([`crate::sequential`]) slashes.

mod words;

use aci_primitives::{proof::Outcome, JobId, ModelId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

use crate::{
	detection::ONE,
	distribution::DistributionStatistics,
	fingerprint::ChunkStatistics,
	margin::MarginStatistics,
	numeric::{self, NumericError, NumericStatistics},
	proof::{Form, Proof, ProofError},
	thresholds::{
		ActivationThresholds, DistributionThresholds, NumericThresholds, SampledTextThresholds,
	},
};

/// What a check comes to.
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
pub enum Judgement {
	/// The output is what the model gives.
	#[codec(index = 0)]
	Pass,
	/// The output is not what the model gives.
	#[codec(index = 1)]
	Fail(Reason),
	/// The check says nothing about the output.
	#[codec(index = 2)]
	Inconclusive(Doubt),
}

/// Why an output fails.
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
pub enum Reason {
	/// The output's hash is another one.
	#[codec(index = 0)]
	OtherOutput,
	/// The output has another number of elements.
	#[codec(index = 1)]
	OtherLength,
	/// An element of the output is not finite or out of range.
	#[codec(index = 2)]
	NotANumber {
		/// Its place, from 0.
		element: u32,
	},
	/// Too many elements are beyond the tolerance.
	#[codec(index = 3)]
	BeyondTolerance(NumericStatistics),
	/// The proof's tokens do not spell the output.
	#[codec(index = 4)]
	OtherText,
	/// Too many chunks of hidden states are not the model's.
	#[codec(index = 5)]
	OtherActivations {
		/// Chunks that fail.
		failed: u32,
		/// All chunks.
		chunks: u32,
		/// The first chunk that fails, from 0.
		first: u32,
		/// What was found in it.
		statistics: ChunkStatistics,
	},
	/// The tokens were not drawn by the job's seed and temperature from the model's logits.
	#[codec(index = 6)]
	OtherSampling(MarginStatistics),
	/// The stated distributions are not the model's.
	#[codec(index = 7)]
	OtherDistribution(DistributionStatistics),
	/// The tokens were not drawn from the model's distributions.
	#[codec(index = 8)]
	OtherDraws(DistributionStatistics),
}

/// Why a check says nothing.
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
pub enum Doubt {
	/// The bytes that were served are no proof. Ask the worker again, then challenge its delivery.
	#[codec(index = 0)]
	NotAProof(ProofError),
	/// The proof that was served is not the one of the receipt. As above.
	#[codec(index = 1)]
	NotTheProof,
	/// The output has no token, or no element, to check.
	#[codec(index = 2)]
	NothingToCheck,
	/// The output looks wrong and is too short to tell.
	#[codec(index = 3)]
	TooShort {
		/// Places of the output.
		positions: u32,
		/// Places from which on a failure counts.
		least: u32,
	},
	/// The verifier's own numbers are not finite or out of range. Check the weights and the device.
	#[codec(index = 4)]
	OwnNotANumber,
}

impl Judgement {
	/// What a verdict states: `None` where the verifier has nothing to say.
	pub fn outcome(&self) -> Option<Outcome> {
		match self {
			Judgement::Pass => Some(Outcome::Pass),
			Judgement::Fail(_) => Some(Outcome::Fail),
			Judgement::Inconclusive(Doubt::NotAProof(_) | Doubt::NotTheProof) => {
				Some(Outcome::Unavailable)
			}
			Judgement::Inconclusive(_) => None,
		}
	}
}

/// Reads the proof that a worker serves for a receipt with this root.
///
/// Errors: the judgement that ends the check: what was served is no proof, or another one.
pub fn read_proof(
	bytes: &[u8],
	form: &Form,
	root: &H256,
	job: &JobId,
	model: &ModelId,
	prompt: &[u32],
) -> Result<Proof, Judgement> {
	let doubt = |doubt| Err(Judgement::Inconclusive(doubt));
	match Proof::decode(bytes, form) {
		Ok(proof) if proof.root(job, model, prompt) == *root => Ok(proof),
		Ok(_) => doubt(Doubt::NotTheProof),
		Err(error) => doubt(Doubt::NotAProof(error)),
	}
}

/// Judges an output under the exact profile.
pub fn exact(output: &H256, own: &H256) -> Judgement {
	if output == own {
		Judgement::Pass
	} else {
		Judgement::Fail(Reason::OtherOutput)
	}
}

/// Judges an output under the numeric profile. `own` are the verifier's numbers as raw bits of
/// binary32.
pub fn numeric(output: &[u8], own: &[u32], thresholds: &NumericThresholds) -> Judgement {
	match numeric::compare(output, own, thresholds.tolerance) {
		Err(NumericError::LengthDiffers) => Judgement::Fail(Reason::OtherLength),
		Err(NumericError::NotANumber(element)) => Judgement::Fail(Reason::NotANumber { element }),
		Err(NumericError::OwnNotANumber(_)) => Judgement::Inconclusive(Doubt::OwnNotANumber),
		Ok(found) if found.elements == 0 => Judgement::Inconclusive(Doubt::NothingToCheck),
		Ok(found) if beyond(found.beyond, found.elements, thresholds.most_beyond) => {
			Judgement::Fail(Reason::BeyondTolerance(found))
		}
		Ok(_) => Judgement::Pass,
	}
}

/// What a verifier observed of a sampled text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampledText<'a> {
	/// Whether the proof's tokens spell the output.
	pub spells_output: bool,
	/// The hidden states, chunk by chunk.
	pub chunks: &'a [ChunkStatistics],
	/// The draws.
	pub margins: MarginStatistics,
}

/// Judges an output under the sampled-text profile.
pub fn sampled_text(observed: &SampledText, thresholds: &SampledTextThresholds) -> Judgement {
	if !observed.spells_output {
		return Judgement::Fail(Reason::OtherText);
	}
	let SampledTextThresholds {
		activations,
		sampling,
		..
	} = thresholds;
	let Some(mean) = observed.margins.mean() else {
		return Judgement::Inconclusive(Doubt::NothingToCheck);
	};
	if observed.chunks.is_empty() {
		return Judgement::Inconclusive(Doubt::NothingToCheck);
	}
	let failed = |chunk: &&(u32, &ChunkStatistics)| !chunk_passes(chunk.1, activations);
	let numbered = (0u32..)
		.zip(observed.chunks)
		.collect::<alloc::vec::Vec<_>>();
	if let Some(&(first, statistics)) = numbered.iter().find(failed) {
		let failed = numbered.iter().filter(failed).count();
		// An output has fewer chunks than tokens.
		let (failed, chunks) = (failed as u32, numbered.len() as u32);
		if beyond(failed, chunks, activations.most_failed) {
			return Judgement::Fail(Reason::OtherActivations {
				failed,
				chunks,
				first,
				statistics: *statistics,
			});
		}
	}
	let MarginStatistics {
		positions, large, ..
	} = observed.margins;
	// A large margin is one in an output of any length.
	if beyond(large, positions, sampling.most_large) {
		return Judgement::Fail(Reason::OtherSampling(observed.margins));
	}
	if mean <= u64::from(sampling.most_mean) {
		return Judgement::Pass;
	}
	long_enough(
		positions,
		sampling.least_positions,
		Reason::OtherSampling(observed.margins),
	)
}

/// Whether a chunk's hidden states are the model's.
pub fn chunk_passes(chunk: &ChunkStatistics, thresholds: &ActivationThresholds) -> bool {
	chunk.mismatched_share() <= thresholds.most_mismatched
		&& chunk
			.mean()
			.is_some_and(|mean| mean <= thresholds.most_mean)
		&& chunk.median <= thresholds.most_median
}

/// Judges an output under the distribution profile.
pub fn distribution(
	spells_output: bool,
	observed: &DistributionStatistics,
	thresholds: &DistributionThresholds,
) -> Judgement {
	if !spells_output {
		return Judgement::Fail(Reason::OtherText);
	}
	let (Some(divergence), Some(excess)) = (observed.mean_divergence(), observed.mean_excess())
	else {
		return Judgement::Inconclusive(Doubt::NothingToCheck);
	};
	let reason = if billionths(divergence) > thresholds.most_divergence {
		Reason::OtherDistribution(*observed)
	} else if billionths(excess) > thresholds.most_excess {
		Reason::OtherDraws(*observed)
	} else {
		return Judgement::Pass;
	};
	long_enough(observed.positions, thresholds.least_positions, reason)
}

/// Whether `part` of `whole` is above a share in parts per billion.
fn beyond(part: u32, whole: u32, share: u32) -> bool {
	u64::from(part) * u64::from(ONE) > u64::from(whole) * u64::from(share)
}

/// Nats with 32 fraction bits in billionths, rounded down.
fn billionths(nats: u64) -> u64 {
	u64::try_from((u128::from(nats) * u128::from(ONE)) >> 32).unwrap_or(u64::MAX)
}

fn long_enough(positions: u32, least: u32, reason: Reason) -> Judgement {
	if positions < least {
		Judgement::Inconclusive(Doubt::TooShort { positions, least })
	} else {
		Judgement::Fail(reason)
	}
}
