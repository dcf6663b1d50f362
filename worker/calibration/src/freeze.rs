//! The rule by which thresholds are frozen.
//!
//! Only honest runs of the calibration set decide where a threshold lies:
//!
//! 1. For each statistic of the judgement and each pair of settings (how the worker and how the
//!    verifier computed), the exponential tail of the honest values is fitted
//!    ([`crate::statistics::tail`]).
//! 2. The threshold is what that tail exceeds once in [`FALSE_POSITIVES`]^-1 jobs over the number of
//!    statistics, so that all of them together stay below that rate. It is an extrapolation, never
//!    below the largest value that was seen. Of all pairs the largest threshold counts.
//! 3. Chunks are looked at with every number of tokens from one on, so that the thresholds hold for
//!    short outputs. Mean margins are of the first [`LEAST_POSITIONS`] places, the shortest output
//!    that a mean is judged of: a mean over more places varies less.
//! 4. The large margin is the threshold of the largest margin of an output; what is clipped is twice
//!    that. Over [`PLACES`] places one of them is expected at most at rate [`FALSE_POSITIVES`]; so an
//!    output may have one for each so many places, and as many chunks that fail.
//!
//! The tolerance of an embedding's elements is the paper's, 1e-4, unless the honest need more: two
//! programs on one kind of processor agree bit by bit, which must not make the rest of them cheats.
//!
//! The failure rates of the sequential test are exact bounds with 95 % confidence: from above for the
//! honest runs, from below for the cheat that is found least often among those that are found more
//! often than not. This is the one thing that cheats of the calibration set decide.

use std::collections::BTreeMap;

use aci_poai::detection::ONE;
use aci_poai::thresholds::{
	ActivationThresholds, DistributionThresholds, FailureRates, NumericThresholds,
	SampledTextThresholds, SamplingThresholds, Thresholds,
};
use anyhow::{bail, ensure, Context, Result};
use serde::Serialize;
use sp_core::H256;

use crate::prompts::Set;
use crate::record::{NumericObservation, Record, TextObservation};
use crate::score::{mean_margin, of_chunk, verdict, Verdict};
use crate::statistics::interval;
use crate::statistics::tail::Tail;

/// Honest jobs that may fail, by extrapolation.
pub const FALSE_POSITIVES: f64 = 1e-4;
/// Statistics of a text: mismatched share, mean, median, mean margin, largest margin.
const STATISTICS: f64 = 5.0;
/// Places over which the rate of one large margin reaches [`FALSE_POSITIVES`], for outputs of
/// [`TOKENS`]: the number of statistics times as many.
pub const PLACES: u32 = TOKENS * STATISTICS as u32;
/// Tokens of a run.
pub const TOKENS: u32 = 64;
/// The shortest output that a mean margin is judged of.
pub const LEAST_POSITIONS: u32 = 32;
/// Fewest honest runs of a pair of settings. One with fewer is an error: left out in silence, its workers
/// would be judged by what others need.
pub const LEAST_RUNS: usize = 20;
/// The paper's tolerance of an element, in billionths.
const PAPERS_TOLERANCE: u64 = 100_000;
/// Confidence of the failure rates' bounds.
const CONFIDENCE: f64 = 0.95;

/// How one threshold came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
	/// The statistic.
	pub statistic: String,
	/// Worker and verifier.
	pub pair: String,
	/// Honest runs.
	pub runs: usize,
	/// The largest value that was seen.
	pub largest: f64,
	/// The level of the tail.
	pub level: f64,
	/// The mean excess over it.
	pub scale: f64,
	/// What the tail exceeds at the rate of the rule.
	pub threshold: f64,
}

/// What the thresholds were frozen from. Its bytes' SHA-256 names the calibration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
	/// SHA-256 of the models.
	pub models: Vec<String>,
	/// Extrapolated rate of honest jobs that fail.
	pub false_positives: f64,
	/// All fits.
	pub fits: Vec<Fit>,
	/// Honest texts, and how many fail by the thresholds.
	pub honest: (u64, u64),
	/// The cheats of the calibration set: name, runs, failing ones.
	pub cheats: Vec<(String, u64, u64)>,
}

/// Values by pair of settings.
type Values = BTreeMap<String, Vec<f64>>;

fn pair(seen: &TextObservation) -> String {
	format!("{} by {}", seen.key.worker, seen.key.verifier)
}

/// The largest threshold over all pairs at this rate.
fn fit(statistic: &str, values: &Values, rate: f64, fits: &mut Vec<Fit>) -> Result<f64> {
	let mut threshold: Option<f64> = None;
	for (pair, values) in values {
		ensure!(
			values.len() >= LEAST_RUNS,
			"{pair} has {} honest runs of the calibration set with {statistic} and needs {LEAST_RUNS}: \
			 run more, or leave its records out",
			values.len()
		);
		let tail = Tail::of(values).context("there are enough values")?;
		let own = tail.exceeded_at(rate);
		fits.push(Fit {
			statistic: statistic.into(),
			pair: pair.clone(),
			runs: values.len(),
			largest: tail.largest,
			level: tail.level,
			scale: tail.scale,
			threshold: own,
		});
		threshold = Some(threshold.map_or(own, |other| other.max(own)));
	}
	threshold.with_context(|| {
		format!("no pair of settings has {LEAST_RUNS} honest runs of the calibration set with {statistic}")
	})
}

/// A threshold as a whole number, up, at least 1 and at most `limit`.
fn whole(value: f64, limit: u32) -> u32 {
	// The cast saturates.
	(value.ceil() as u32).clamp(1, limit)
}

/// Freezes all thresholds from records, of which those of the calibration set count.
pub fn freeze(records: &[Record], version: u16) -> Result<(Thresholds, Report)> {
	ensure!(
		version > 0,
		"version 0 stands for thresholds that nobody measured"
	);
	let mut texts = Vec::new();
	let mut numeric = Vec::new();
	for record in records {
		match record {
			Record::Text(seen) if seen.key.set == Set::Calibration => texts.push(seen),
			Record::Numeric(seen) if seen.key.set == Set::Calibration => numeric.push(seen),
			_ => {}
		}
	}
	let mut fits = Vec::new();
	let mut sampled_text = texts_of(&texts, &mut fits)?;
	let (honest, cheats) = count(&texts, &sampled_text);
	sampled_text.rates = rates(honest, &cheats)?;
	let numeric = numeric_of(&numeric, &mut fits)?;
	let distribution = distribution_of(&texts, &mut fits)?;
	let mut models: Vec<String> = records
		.iter()
		.map(|record| record.key())
		.filter(|key| key.set == Set::Calibration)
		.map(|key| key.model.clone())
		.collect();
	models.sort();
	models.dedup();
	let thresholds = Thresholds {
		version,
		calibration: H256::zero(),
		numeric,
		sampled_text,
		distribution,
	};
	thresholds
		.check()
		.map_err(|error| anyhow::anyhow!("the thresholds are of no use: {error}"))?;
	let report = Report {
		models,
		false_positives: FALSE_POSITIVES,
		fits,
		honest,
		cheats,
	};
	Ok((thresholds, report))
}

fn honest<'a>(texts: &'a [&TextObservation]) -> impl Iterator<Item = &'a TextObservation> {
	texts
		.iter()
		.copied()
		.filter(|seen| seen.key.kind == "honest" && seen.rule.is_empty())
}

fn texts_of(texts: &[&TextObservation], fits: &mut Vec<Fit>) -> Result<SampledTextThresholds> {
	let rate = FALSE_POSITIVES / STATISTICS;
	let mut values: [Values; 4] = Default::default();
	for seen in honest(texts) {
		let prefixes = seen.prefixes.iter().flat_map(|(_, chunks)| chunks);
		let mut worst = [0f64; 3];
		for chunk in seen.chunks.iter().chain(prefixes) {
			for (worst, value) in worst.iter_mut().zip(of_chunk(chunk)) {
				*worst = worst.max(value);
			}
		}
		let largest = f64::from(seen.margins.iter().copied().max().unwrap_or(0));
		for (values, value) in values.iter_mut().zip(worst.into_iter().chain([largest])) {
			values.entry(pair(seen)).or_default().push(value);
		}
	}
	let [mismatched, mean, median, largest] = &values;
	let activations = ActivationThresholds {
		most_mismatched: whole(fit("mismatched", mismatched, rate, fits)?, ONE),
		most_mean: whole(fit("mean", mean, rate, fits)?, 127_000),
		most_median: whole(fit("median", median, rate, fits)?, 127) as u8,
		most_failed: ONE / (PLACES / aci_poai::fingerprint::CHUNK_TOKENS),
	};
	let large = whole(fit("largest margin", largest, rate, fits)?, u32::MAX / 4);
	let clip = 2 * large;
	let mut means = Values::new();
	for seen in honest(texts) {
		let first = seen.margins.len().min(LEAST_POSITIONS as usize);
		if first == LEAST_POSITIONS as usize {
			let mean = mean_margin(&seen.margins[..first], clip);
			means.entry(pair(seen)).or_default().push(mean);
		}
	}
	Ok(SampledTextThresholds {
		activations,
		sampling: SamplingThresholds {
			clip,
			large,
			most_mean: whole(fit("mean margin", &means, rate, fits)?, clip - 1),
			most_large: ONE / PLACES,
			least_positions: LEAST_POSITIONS,
		},
		// Counted by the thresholds above.
		rates: FailureRates {
			honest: 1,
			dishonest: ONE,
		},
	})
}

type Counts = ((u64, u64), Vec<(String, u64, u64)>);

/// Honest runs and those that fail; cheats whose statistics decide, and those that fail.
fn count(texts: &[&TextObservation], thresholds: &SampledTextThresholds) -> Counts {
	let fails = |seen: &TextObservation| u64::from(verdict(seen, thresholds) == Verdict::Fail);
	let mut all = (0, 0);
	let mut cheats: BTreeMap<String, (u64, u64)> = BTreeMap::new();
	for seen in texts {
		if seen.key.kind == "honest" {
			all = (all.0 + 1, all.1 + fails(seen));
		} else if seen.rule.is_empty() {
			let (runs, failing) = cheats.entry(seen.key.kind.clone()).or_default();
			*runs += 1;
			*failing += fails(seen);
		}
	}
	let cheats = cheats
		.into_iter()
		.map(|(kind, (runs, failing))| (kind, runs, failing))
		.collect();
	(all, cheats)
}

/// The failure rates by the rule of the module.
fn rates(honest: (u64, u64), cheats: &[(String, u64, u64)]) -> Result<FailureRates> {
	let parts = |rate: f64| (rate * f64::from(ONE)) as u32;
	let found = cheats
		.iter()
		.filter(|(_, runs, failing)| 2 * failing > *runs)
		.map(|(_, runs, failing)| interval::lower(*failing, *runs, CONFIDENCE))
		.fold(f64::INFINITY, f64::min);
	if !found.is_finite() {
		bail!("the calibration set has no cheat that is found more often than not; run some");
	}
	Ok(FailureRates {
		honest: parts(interval::upper(honest.1, honest.0, CONFIDENCE)).max(1),
		dishonest: parts(found),
	})
}

fn numeric_of(seen: &[&NumericObservation], fits: &mut Vec<Fit>) -> Result<NumericThresholds> {
	let mut values = Values::new();
	let largest = |seen: &NumericObservation| seen.largest.first().copied().unwrap_or(0);
	for seen in seen.iter().filter(|seen| seen.key.kind == "honest") {
		let pair = format!("{} by {}", seen.key.worker, seen.key.verifier);
		values.entry(pair).or_default().push(largest(seen) as f64);
	}
	let tolerance = whole(fit("difference", &values, FALSE_POSITIVES, fits)?, u32::MAX);
	let tolerance = u64::from(tolerance).max(PAPERS_TOLERANCE);
	let mut honest = (0, 0);
	let mut cheats: BTreeMap<String, (u64, u64)> = BTreeMap::new();
	for seen in seen {
		let fails = u64::from(largest(seen) > tolerance);
		let counted = match seen.key.kind.as_str() {
			"honest" => &mut honest,
			kind => cheats.entry(kind.into()).or_default(),
		};
		*counted = (counted.0 + 1, counted.1 + fails);
	}
	let cheats: Vec<_> = cheats
		.into_iter()
		.map(|(kind, (runs, failing))| (kind, runs, failing))
		.collect();
	Ok(NumericThresholds {
		tolerance,
		most_beyond: 0,
		rates: rates(honest, &cheats).context("embeddings")?,
	})
}

/// Nats with 32 fraction bits in billionths, per place.
pub fn nats(sum: f64, places: u32) -> f64 {
	sum / f64::from(places.max(1)) / 2f64.powi(32) * 1e9
}

/// Mean divergence and magnitude of the mean excess surprisal in billionths of a nat, of outputs that
/// are long enough.
pub fn distances(seen: &TextObservation) -> Option<(f64, f64)> {
	let (places, divergence, excess) = seen.distribution?;
	(places >= LEAST_POSITIONS).then(|| {
		(
			nats(divergence as f64, places),
			nats(excess as f64, places).abs(),
		)
	})
}

fn distribution_of(
	texts: &[&TextObservation],
	fits: &mut Vec<Fit>,
) -> Result<DistributionThresholds> {
	let rate = FALSE_POSITIVES / 2.0;
	let mut values: [Values; 2] = Default::default();
	for seen in honest(texts) {
		if let Some((divergence, excess)) = distances(seen) {
			values[0].entry(pair(seen)).or_default().push(divergence);
			values[1].entry(pair(seen)).or_default().push(excess);
		}
	}
	let most_divergence = fit("divergence", &values[0], rate, fits)?;
	let most_excess = fit("excess surprisal", &values[1], rate, fits)?;
	let fails = |seen: &TextObservation| {
		distances(seen)
			.map(|(divergence, excess)| divergence > most_divergence || excess > most_excess)
	};
	let mut all = (0, 0);
	let mut cheats: BTreeMap<String, (u64, u64)> = BTreeMap::new();
	for seen in texts {
		let Some(fails) = fails(seen) else { continue };
		let counted = match seen.key.kind.as_str() {
			"honest" => &mut all,
			kind => cheats.entry(kind.into()).or_default(),
		};
		*counted = (counted.0 + 1, counted.1 + u64::from(fails));
	}
	let cheats: Vec<_> = cheats
		.into_iter()
		.map(|(kind, (runs, failing))| (kind, runs, failing))
		.collect();
	Ok(DistributionThresholds {
		most_divergence: most_divergence.ceil() as u64,
		most_excess: most_excess.ceil() as u64,
		least_positions: LEAST_POSITIONS,
		rates: rates(all, &cheats).context("distributions")?,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::score::tests::seen;
	use crate::statistics::random::Random;

	/// Honest runs whose statistics are exponential, and cheats far above them.
	fn records() -> Vec<Record> {
		let mut random = Random::new(4);
		let mut records = Vec::new();
		for run in 0..200 {
			let mut exponential = |scale: f64| (-(1.0 - random.unit()).ln() * scale) as u32;
			let chunk = [128, exponential(1.0), exponential(100.0), exponential(1.0)];
			let margins = [exponential(1_000.0), exponential(1_000.0)];
			for (kind, chunk) in [("honest", chunk), ("layers-4", [128, 64, 6_400, 80])] {
				let mut text = seen(kind, chunk, &margins);
				text.key.set = Set::Calibration;
				text.key.run = run;
				let far = i64::from(kind != "honest");
				text.distribution = Some((64, (1 << 20) + ((far as u64) << 38), far << 40));
				records.push(Record::Text(text.clone()));
				records.push(Record::Numeric(NumericObservation {
					key: text.key,
					elements: 384,
					largest: vec![u64::from(margins[0]) + 1_000_000 * far as u64],
					generation: 1,
					check: 1,
				}));
			}
		}
		records
	}

	#[test]
	fn thresholds_lie_above_the_honest_and_below_the_cheats() {
		let records = records();
		let (frozen, report) = freeze(&records, 1).unwrap();
		assert_eq!(frozen.check(), Ok(()));
		assert_eq!(report.honest, (200, 0));
		assert_eq!(report.cheats, [("layers-4".to_string(), 200, 200)]);
		assert_eq!(freeze(&records, 1).unwrap().0, frozen);
		let SampledTextThresholds {
			sampling, rates, ..
		} = frozen.sampled_text;
		// An exponential of scale 1,000, the larger of two: exceeded at 2e-5 near 1,000 ln(2 / 2e-5).
		let expected = 1_000.0 * (2f64 / 2e-5).ln();
		let found = f64::from(sampling.large);
		assert!((found / expected - 1.0).abs() < 0.3, "{found} {expected}");
		assert_eq!(sampling.clip, 2 * sampling.large);
		// None of 200, with 95 % confidence.
		let all = 0.05f64.powf(1.0 / 200.0);
		assert_eq!(rates.honest, ((1.0 - all) * 1e9) as u32);
		assert_eq!(rates.dishonest, (all * 1e9) as u32);
		assert_eq!(frozen.numeric.tolerance, PAPERS_TOLERANCE);
	}

	#[test]
	fn held_out_runs_decide_nothing() {
		let mut records = records();
		let frozen = freeze(&records, 1).unwrap().0;
		let far = seen("honest", [128, 128, 0, 127], &[u32::MAX; 64]);
		records.extend((0..30).map(|run| {
			let mut far = far.clone();
			far.key.run = run;
			Record::Text(far)
		}));
		assert_eq!(freeze(&records, 1).unwrap().0, frozen);
	}

	#[test]
	fn what_is_missing_is_named() {
		let error = freeze(&[], 1).unwrap_err().to_string();
		assert!(error.contains("honest runs"), "{error}");
		assert!(freeze(&records(), 0).is_err());
		let honest: Vec<Record> = records()
			.into_iter()
			.filter(|record| record.key().kind == "honest")
			.collect();
		let error = freeze(&honest, 1).unwrap_err().to_string();
		assert!(error.contains("no cheat"), "{error}");
	}
}
