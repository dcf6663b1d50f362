//! Judgements in words, with the numbers that decided.

use core::fmt;

use super::{billionths, Doubt, Judgement, Reason};

impl fmt::Display for Judgement {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Judgement::Pass => formatter.write_str("the output is what the model gives"),
			Judgement::Fail(reason) => reason.fmt(formatter),
			Judgement::Inconclusive(doubt) => doubt.fmt(formatter),
		}
	}
}

impl fmt::Display for Reason {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Reason::OtherOutput => formatter.write_str("the output's hash is another one"),
			Reason::OtherLength => formatter.write_str("the output has another number of elements"),
			Reason::NotANumber { element } => {
				write!(formatter, "element {element} is not finite or out of range")
			}
			Reason::BeyondTolerance(found) => write!(
				formatter,
				"{} of {} elements are beyond the tolerance, the worst by {} billionths",
				found.beyond, found.elements, found.largest
			),
			Reason::OtherText => formatter.write_str("the proof's tokens do not spell the output"),
			Reason::OtherActivations {
				failed,
				chunks,
				first,
				statistics,
			} => {
				write!(
					formatter,
					"{failed} of {chunks} chunks of hidden states are not the model's; in chunk \
					 {first}, {} of {} entries mismatch and the median of the others is {} units \
					 away",
					statistics.mismatched, statistics.entries, statistics.median
				)
			}
			Reason::OtherSampling(found) => write!(
				formatter,
				"the tokens were not drawn by the job's seed and temperature: {} of {} lost by \
				 much, the mean margin is {} of 65536",
				found.large,
				found.positions,
				found.mean().unwrap_or(0)
			),
			Reason::OtherDistribution(found) => write!(
				formatter,
				"the stated distributions are not the model's: over {} places they diverge by {} \
				 billionths of a nat",
				found.positions,
				billionths(found.mean_divergence().unwrap_or(0))
			),
			Reason::OtherDraws(found) => write!(
				formatter,
				"the tokens were not drawn from the model's distributions: over {} places their \
				 surprisal is off by {} billionths of a nat",
				found.positions,
				billionths(found.mean_excess().unwrap_or(0))
			),
		}
	}
}

impl fmt::Display for Doubt {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Doubt::NotAProof(error) => write!(formatter, "what was served is no proof: {error}"),
			Doubt::NotTheProof => {
				formatter.write_str("the proof that was served is not the receipt's")
			}
			Doubt::NothingToCheck => formatter.write_str("the output has nothing to check"),
			Doubt::TooShort { positions, least } => write!(
				formatter,
				"the output looks wrong, and {positions} places are too few to tell: {least} are \
				 needed"
			),
			Doubt::OwnNotANumber => {
				formatter.write_str("the verifier's own numbers are not finite or out of range")
			}
		}
	}
}
