//! From what was seen of a text to numbers that can be compared: the statistics that the judgement
//! looks at, and one score over all of them.
//!
//! The score is the largest of the statistics over their thresholds, so a judgement fails exactly
//! where the score is above one (but for outputs too short to tell). Where a rule without a tolerance
//! decides, it is infinite.

use aci_poai::judgement::{sampled_text, Judgement, SampledText};
use aci_poai::margin::MarginStatistics;
use aci_poai::thresholds::SampledTextThresholds;

use crate::record::{statistics, Chunk, TextObservation};

/// One logit in a margin.
pub const LOGIT: f64 = 65_536.0;

/// The statistics of one output, each the worst of its chunks or places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
	/// The largest share of mismatched entries of a chunk, in parts per billion.
	pub mismatched: f64,
	/// The largest mean distance of a chunk, in thousandths of a unit in the last place.
	pub mean: f64,
	/// The largest median distance of a chunk, in units in the last place.
	pub median: f64,
	/// The mean margin, each at most the clip, in Q16.16 logits.
	pub margin: f64,
	/// The largest margin in Q16.16 logits.
	pub largest: f64,
}

/// The statistics of a chunk: mismatched share, mean, median.
pub fn of_chunk(chunk: &Chunk) -> [f64; 3] {
	let found = statistics(chunk);
	[
		f64::from(found.mismatched_share()),
		// Without a matched entry there is no distance; the share says it all.
		f64::from(found.mean().unwrap_or(127_000)),
		f64::from(found.median),
	]
}

/// The mean of margins that are clipped, rounded up as the judgement does.
pub fn mean_margin(margins: &[u32], clip: u32) -> f64 {
	let mut found = MarginStatistics::default();
	for margin in margins {
		found.add(u64::from(*margin), clip, u32::MAX);
	}
	found.mean().map_or(0.0, |mean| mean as f64)
}

impl Statistics {
	/// The statistics of chunks and margins.
	pub fn of(chunks: &[Chunk], margins: &[u32], clip: u32) -> Self {
		let worst = |place: usize| {
			let values = chunks.iter().map(|chunk| of_chunk(chunk)[place]);
			values.fold(0.0, f64::max)
		};
		Self {
			mismatched: worst(0),
			mean: worst(1),
			median: worst(2),
			margin: mean_margin(margins, clip),
			largest: margins.iter().copied().max().map_or(0.0, f64::from),
		}
	}

	/// The scores of the hidden states and of the draws, each the largest statistic over its
	/// threshold.
	pub fn scores(&self, thresholds: &SampledTextThresholds) -> (f64, f64) {
		let over = |value: f64, threshold: f64| value / threshold.max(1.0);
		let states = &thresholds.activations;
		let draws = &thresholds.sampling;
		let activations = over(self.mismatched, f64::from(states.most_mismatched))
			.max(over(self.mean, f64::from(states.most_mean)))
			.max(over(self.median, f64::from(states.most_median)));
		let sampling = over(self.margin, f64::from(draws.most_mean))
			.max(over(self.largest, f64::from(draws.large)));
		(activations, sampling)
	}
}

/// The scores of the first `tokens` of an output by states and by draws; `None` for the states where
/// they were not looked at for that number.
pub fn first_tokens(
	seen: &TextObservation,
	tokens: u32,
	thresholds: &SampledTextThresholds,
) -> (Option<f64>, f64) {
	if !seen.rule.is_empty() {
		return (Some(f64::INFINITY), f64::INFINITY);
	}
	let clip = thresholds.sampling.clip;
	let count = (tokens as usize).min(seen.margins.len());
	let chunks: Option<&[Chunk]> = if tokens as usize >= seen.margins.len() {
		Some(&seen.chunks)
	} else {
		let of = seen.prefixes.iter().find(|(first, _)| *first == tokens);
		of.map(|(_, chunks)| chunks.as_slice())
	};
	let margins = &seen.margins[..count];
	let found = Statistics::of(chunks.unwrap_or_default(), margins, clip);
	let (activations, sampling) = found.scores(thresholds);
	(chunks.map(|_| activations), sampling)
}

/// The score of a whole output.
pub fn score(seen: &TextObservation, thresholds: &SampledTextThresholds) -> f64 {
	let (activations, sampling) = first_tokens(seen, u32::MAX, thresholds);
	activations.unwrap_or(0.0).max(sampling)
}

/// What the chain's own code says of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
	/// It passes.
	Pass,
	/// It fails.
	Fail,
	/// The proof is not the receipt's: the delivery can be challenged.
	Unavailable,
	/// Nothing is said.
	Silent,
}

/// Judges with the chain's own code.
pub fn verdict(seen: &TextObservation, thresholds: &SampledTextThresholds) -> Verdict {
	match seen.rule.as_str() {
		"" => {}
		"unavailable" => return Verdict::Unavailable,
		"own-fault" => return Verdict::Silent,
		_ => return Verdict::Fail,
	}
	let chunks: Vec<_> = seen.chunks.iter().map(statistics).collect();
	let mut margins = MarginStatistics::default();
	for margin in &seen.margins {
		let limits = &thresholds.sampling;
		margins.add(u64::from(*margin), limits.clip, limits.large);
	}
	let observed = SampledText {
		spells_output: true,
		chunks: &chunks,
		margins,
	};
	match sampled_text(&observed, thresholds) {
		Judgement::Pass => Verdict::Pass,
		Judgement::Fail(_) => Verdict::Fail,
		Judgement::Inconclusive(_) => Verdict::Silent,
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use crate::prompts::Set;
	use crate::record::Key;
	use aci_poai::thresholds::{
		ActivationThresholds, FailureRates, SampledTextThresholds, SamplingThresholds,
	};

	/// Round numbers.
	pub const LIMITS: SampledTextThresholds = SampledTextThresholds {
		activations: ActivationThresholds {
			most_mismatched: 300_000_000,
			most_mean: 10_000,
			most_median: 8,
			most_failed: 0,
		},
		sampling: SamplingThresholds {
			clip: 10 << 16,
			large: 1 << 16,
			most_mean: 1 << 13,
			most_large: 0,
			least_positions: 16,
		},
		rates: FailureRates {
			honest: 1_000_000,
			dishonest: 500_000_000,
		},
	};

	/// An output of 64 tokens with these margins at its first places, and equal chunks.
	pub fn seen(kind: &str, chunk: Chunk, margins: &[u32]) -> TextObservation {
		let mut all = margins.to_vec();
		all.resize(64, 0);
		TextObservation {
			key: Key {
				model: "m".into(),
				set: Set::HeldOut,
				run: 0,
				kind: kind.into(),
				worker: "cpu/f32".into(),
				verifier: "cpu/f32".into(),
			},
			threads: 1,
			temperature: 800,
			tokens_in: 10,
			tokens_out: 64,
			rule: String::new(),
			chunks: vec![chunk, chunk],
			prefixes: vec![(1, vec![chunk]), (32, vec![chunk])],
			margins: all,
			distribution: None,
			generation: 1,
			check: 1,
			proof: 1,
		}
	}

	#[test]
	fn a_score_above_one_is_a_failed_judgement() {
		let thresholds = LIMITS;
		let cases = [
			(seen("honest", [128, 0, 0, 0], &[]), 0.0, Verdict::Pass),
			(seen("a", [128, 0, 1_280, 8], &[]), 1.0, Verdict::Pass),
			(seen("b", [128, 64, 0, 0], &[]), 5.0 / 3.0, Verdict::Fail),
			(seen("c", [128, 0, 1_281, 8], &[]), 1.0008, Verdict::Fail),
		];
		for (seen, expected, outcome) in cases {
			let found = score(&seen, &thresholds);
			assert!(
				(found - expected).abs() < 1e-9 + 0.001 * expected,
				"{found}"
			);
			assert_eq!(verdict(&seen, &thresholds), outcome);
			assert_eq!(found > 1.0, outcome == Verdict::Fail);
		}
	}

	#[test]
	fn a_rule_without_tolerance_decides_alone() {
		let thresholds = LIMITS;
		let mut cut = seen("truncated", [128, 0, 0, 0], &[]);
		for (rule, outcome) in [
			("cut-short", Verdict::Fail),
			("unavailable", Verdict::Unavailable),
			("own-fault", Verdict::Silent),
		] {
			cut.rule = rule.into();
			assert_eq!(score(&cut, &thresholds), f64::INFINITY);
			assert_eq!(verdict(&cut, &thresholds), outcome);
		}
	}

	#[test]
	fn the_first_tokens_alone_have_their_own_scores() {
		let thresholds = LIMITS;
		let mut seen = seen("a", [128, 64, 0, 0], &[0, 0, 1 << 17]);
		seen.prefixes[0].1 = vec![[32, 0, 0, 0]];
		assert_eq!(first_tokens(&seen, 1, &thresholds), (Some(0.0), 0.0));
		assert_eq!(first_tokens(&seen, 2, &thresholds), (None, 0.0));
		let (states, draws) = first_tokens(&seen, 32, &thresholds);
		assert!(states.unwrap() > 1.0 && draws >= 2.0);
	}
}
