//! What frozen thresholds tell apart on held-out runs.
//!
//! Every figure is of the held-out set. Areas under ROC curves are of the score ([`crate::score`])
//! of a cheat's runs against those of all honest runs, whatever settings they had. The judgement is
//! the chain's own code.

use std::collections::{BTreeMap, BTreeSet};

use aci_poai::detection;
use aci_poai::thresholds::{SampledTextThresholds, Thresholds};
use anyhow::{ensure, Result};
use serde::Serialize;

use crate::freeze::{distances, FALSE_POSITIVES};
use crate::prompts::Set;
use crate::record::{Chunk, CostRecord, NumericObservation, Record, TextObservation};
use crate::score::{
	first_tokens, mean_margin, of_chunk, score, verdict, Statistics, Verdict, LOGIT,
};
use crate::simulate::found;
use crate::statistics::area::{area, bootstrap, curve, delong, least_area};
use crate::statistics::interval;
use crate::statistics::tail::Tail;
use crate::text::PREFIXES;

/// What an area is to reach.
pub const WANTED_AREA: f64 = 0.999;
/// Within so many tokens.
pub const WANTED_TOKENS: u32 = 300;
/// Samples of a bootstrap.
const DRAWS: usize = 2_000;
/// The seed of bootstraps and simulations.
const SEED: u64 = 0xac1;
/// Points of a plotted curve or distribution.
const POINTS: usize = 200;
/// Jobs of an epoch, as the paper counts.
const JOBS: u64 = 10_000;
/// The share of jobs cheated on, in parts per billion: 1 %.
const CHEATED: u32 = 10_000_000;
/// Simulated epochs.
const EPOCHS: u32 = 20_000;

/// An area with what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Area {
	/// The area.
	pub area: f64,
	/// DeLong's 95 % interval, cut to `[0, 1]`.
	pub delong: (f64, f64),
	/// The bootstrap's 95 % interval.
	pub bootstrap: (f64, f64),
	/// What it is at least with 95 % confidence, without an assumption on tails.
	pub at_least: f64,
}

fn area_of(honest: &[f64], cheats: &[f64]) -> Option<Area> {
	let found = area(honest, cheats)?;
	let half = 1.96 * delong(honest, cheats)?;
	Some(Area {
		area: found,
		delong: ((found - half).max(0.0), (found + half).min(1.0)),
		bootstrap: bootstrap(honest, cheats, DRAWS, SEED)?,
		at_least: least_area(honest, cheats),
	})
}

/// Honest runs of one pair of settings, or of all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Honest {
	/// Worker and verifier; empty for all.
	pub pair: String,
	/// Runs.
	pub runs: u64,
	/// Those that fail.
	pub failing: u64,
	/// The 95 % bound from above on the rate of failures.
	pub at_most: f64,
	/// The rate of failures by the exponential tail of the scores: an extrapolation.
	pub extrapolated: Option<f64>,
	/// The score that one of 10,000 honest jobs exceeds, by the same extrapolation.
	pub score_at_1e_4: Option<f64>,
	/// The highest score.
	pub highest: f64,
}

/// One kind of cheat.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cheat {
	/// Its name.
	pub kind: String,
	/// Runs.
	pub runs: u64,
	/// Those that a rule without a tolerance finds: which rule, and how many.
	pub by_rule: BTreeMap<String, u64>,
	/// Runs that fail.
	pub failing: u64,
	/// Runs whose proof is not the receipt's.
	pub unavailable: u64,
	/// Runs of which nothing is said.
	pub silent: u64,
	/// The 95 % bound from below on the rate of failing or unavailable ones.
	pub found_at_least: f64,
	/// By the score of the whole output.
	pub area: Option<Area>,
	/// By the first tokens alone: how many, by states, by draws.
	pub first: Vec<(u32, Option<f64>, f64)>,
	/// Tokens from which on the area reaches [`WANTED_AREA`], by states or by draws.
	pub tokens: Option<u32>,
	/// Where one output is not enough: outputs taken together up to [`WANTED_TOKENS`], and the area.
	pub pooled: Option<(u32, f64)>,
	/// The curve, `(honest rate, cheats' rate)`.
	pub curve: Vec<(f64, f64)>,
}

/// The numbers of one kind for a plot: sorted, thinned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
	/// The kind, for honest ones with the settings.
	pub kind: String,
	/// The worst chunk's mean distance in units in the last place.
	pub distance: Vec<f64>,
	/// The mean margin in logits.
	pub margin: Vec<f64>,
}

/// A kind under a profile with one or two numbers a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simple {
	/// The kind; for honest ones with the settings.
	pub kind: String,
	/// Runs.
	pub runs: u64,
	/// Those beyond a threshold.
	pub failing: u64,
	/// Median and largest number: the largest difference in billionths, or the mean divergence in
	/// billionths of a nat.
	pub numbers: (f64, f64),
	/// Median and largest of the second number: the mean excess surprisal.
	pub second: Option<(f64, f64)>,
	/// The area, for cheats.
	pub area: Option<Area>,
}

/// What a check costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
	/// Profile and length.
	pub kind: String,
	/// How the worker computed.
	pub worker: String,
	/// How the verifier computed.
	pub verifier: String,
	/// Runs.
	pub runs: usize,
	/// Median microseconds of the generation.
	pub generation: u64,
	/// Median microseconds of the check.
	pub check: u64,
	/// The median of the ratios.
	pub ratio: f64,
	/// What the ratio buys.
	pub sampling: Sampling,
}

/// What a ratio buys at a budget of 0.31 %.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sampling {
	/// The share of jobs that is checked.
	pub rate: f64,
	/// Found in 1 and in 10 epochs of 10,000 jobs at 1 %, by the theorems.
	pub exact: (f64, f64),
	/// The same, simulated.
	pub simulated: (f64, f64),
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
	/// The thresholds.
	pub thresholds: Thresholds,
	/// Honest runs: all, then by settings.
	pub honest: Vec<Honest>,
	/// The cheats.
	pub cheats: Vec<Cheat>,
	/// For plots.
	pub spreads: Vec<Spread>,
	/// The numeric profile.
	pub numeric: Vec<Simple>,
	/// The distribution profile.
	pub distribution: Vec<Simple>,
	/// Costs.
	pub costs: Vec<Cost>,
	/// The paper's rate of 0.003, and the ratio at which one epoch gives 99.7 %.
	pub paper: Sampling,
	/// That ratio.
	pub wanted_ratio: f64,
	/// Most bytes of a proof over its tokens, without the tokens themselves, from 17 tokens on.
	pub bytes_per_token: f64,
}

/// Judges the held-out runs among the records.
pub fn judge(records: &[Record], thresholds: &Thresholds) -> Result<Results> {
	let mut texts: Vec<&TextObservation> = Vec::new();
	let mut numeric = Vec::new();
	let mut costs = Vec::new();
	for record in records {
		match record {
			Record::Text(seen) if seen.key.set == Set::HeldOut => texts.push(seen),
			Record::Numeric(seen) if seen.key.set == Set::HeldOut => numeric.push(seen),
			Record::Cost(cost) => costs.push(cost),
			_ => {}
		}
	}
	texts.sort_by_key(|seen| &seen.key);
	let limits = &thresholds.sampled_text;
	let honest: Vec<&TextObservation> = of_kind(&texts, "honest");
	ensure!(
		!honest.is_empty(),
		"the records have no honest text of the held-out set"
	);
	let models: BTreeSet<&String> = texts.iter().map(|seen| &seen.key.model).collect();
	ensure!(
		models.len() == 1,
		"the texts are of {} models: judge the files of each by themselves",
		models.len()
	);
	let rate = detection::rate_for(997_000_000, 100).map_err(anyhow::Error::msg)?;
	Ok(Results {
		thresholds: *thresholds,
		honest: honest_runs(&honest, limits),
		cheats: kinds(&texts)
			.iter()
			.map(|kind| cheat(kind, &of_kind(&texts, kind), &honest, limits))
			.collect(),
		spreads: spreads(&texts, limits),
		numeric: numeric_runs(&numeric, thresholds),
		distribution: distributions(&texts, thresholds),
		costs: cost_rows(&costs)?,
		paper: sampling(detection::LEAST_RATE)?,
		wanted_ratio: f64::from(detection::DEFAULT_BUDGET) / f64::from(rate),
		bytes_per_token: texts
			.iter()
			.filter(|seen| seen.tokens_out >= 17 && seen.proof > 0)
			.map(|seen| f64::from(seen.proof) / f64::from(seen.tokens_out) - 2.0)
			.fold(0.0, f64::max),
	})
}

fn of_kind<'a>(texts: &[&'a TextObservation], kind: &str) -> Vec<&'a TextObservation> {
	let mut own: Vec<_> = texts.to_vec();
	own.retain(|seen| seen.key.kind == kind);
	own
}

fn kinds(texts: &[&TextObservation]) -> Vec<String> {
	let names: BTreeSet<&String> = texts.iter().map(|seen| &seen.key.kind).collect();
	names
		.into_iter()
		.filter(|name| *name != "honest")
		.cloned()
		.collect()
}

fn pair(seen: &TextObservation) -> String {
	format!("{} by {}", seen.key.worker, seen.key.verifier)
}

fn honest_runs(honest: &[&TextObservation], limits: &SampledTextThresholds) -> Vec<Honest> {
	let mut pairs: BTreeMap<String, Vec<&TextObservation>> = BTreeMap::new();
	for seen in honest {
		pairs.entry(String::new()).or_default().push(seen);
		pairs.entry(pair(seen)).or_default().push(seen);
	}
	pairs
		.into_iter()
		.map(|(pair, seen)| {
			let scores: Vec<f64> = seen.iter().map(|seen| score(seen, limits)).collect();
			let failing = seen
				.iter()
				.filter(|seen| verdict(seen, limits) == Verdict::Fail)
				.count() as u64;
			let tail = Tail::of(&scores);
			Honest {
				pair,
				runs: seen.len() as u64,
				failing,
				at_most: interval::upper(failing, seen.len() as u64, 0.95),
				extrapolated: tail.map(|tail| tail.rate_above(1.0)),
				score_at_1e_4: tail.map(|tail| tail.exceeded_at(FALSE_POSITIVES)),
				highest: scores.iter().copied().fold(0.0, f64::max),
			}
		})
		.collect()
}

fn cheat(
	kind: &str,
	seen: &[&TextObservation],
	honest: &[&TextObservation],
	limits: &SampledTextThresholds,
) -> Cheat {
	let verdicts: Vec<Verdict> = seen.iter().map(|seen| verdict(seen, limits)).collect();
	let count = |wanted: Verdict| verdicts.iter().filter(|found| **found == wanted).count() as u64;
	let mut by_rule = BTreeMap::new();
	for seen in seen.iter().filter(|seen| !seen.rule.is_empty()) {
		*by_rule.entry(seen.rule.clone()).or_default() += 1;
	}
	let scores = |of: &[&TextObservation]| -> Vec<f64> {
		of.iter().map(|seen| score(seen, limits)).collect()
	};
	let (own, right) = (scores(seen), scores(honest));
	let lengths = PREFIXES.into_iter().chain([crate::freeze::TOKENS]);
	let first: Vec<(u32, Option<f64>, f64)> = lengths
		.map(|tokens| {
			let of = |seen: &[&TextObservation]| -> (Vec<f64>, Vec<f64>) {
				let pairs = seen.iter().map(|seen| first_tokens(seen, tokens, limits));
				let (states, draws): (Vec<Option<f64>>, Vec<f64>) = pairs.unzip();
				(states.into_iter().flatten().collect(), draws)
			};
			let ((states, draws), (right_states, right_draws)) = (of(seen), of(honest));
			let by_draws = area(&right_draws, &draws).unwrap_or(0.5);
			(tokens, area(&right_states, &states), by_draws)
		})
		.collect();
	let reached = |(_, states, draws): &&(u32, Option<f64>, f64)| {
		states.unwrap_or(0.0).max(*draws) >= WANTED_AREA
	};
	let tokens = first.iter().find(reached).map(|(tokens, ..)| *tokens);
	let found = count(Verdict::Fail) + count(Verdict::Unavailable);
	Cheat {
		kind: kind.into(),
		runs: seen.len() as u64,
		by_rule,
		failing: count(Verdict::Fail),
		unavailable: count(Verdict::Unavailable),
		silent: count(Verdict::Silent),
		found_at_least: interval::lower(found, seen.len() as u64, 0.95),
		area: area_of(&right, &own),
		tokens,
		pooled: match tokens {
			Some(_) => None,
			None => pooled(seen, honest, limits),
		},
		first,
		curve: curve(&right, &own, POINTS),
	}
}

/// Several outputs of one kind and pair taken together, as a verifier that keeps a worker's sums sees
/// them: the area by the mean of all their margins and the mean of their chunks' distances, each over
/// its threshold.
fn pooled(
	seen: &[&TextObservation],
	honest: &[&TextObservation],
	limits: &SampledTextThresholds,
) -> Option<(u32, f64)> {
	let outputs = WANTED_TOKENS / crate::freeze::TOKENS;
	let scores = |of: &[&TextObservation]| -> Vec<f64> {
		let mut pairs: BTreeMap<String, Vec<&TextObservation>> = BTreeMap::new();
		for seen in of.iter().filter(|seen| seen.rule.is_empty()) {
			pairs.entry(pair(seen)).or_default().push(seen);
		}
		let groups = pairs
			.values()
			.flat_map(|own| own.chunks_exact(outputs as usize));
		groups
			.map(|group| {
				let margins: Vec<u32> = group
					.iter()
					.flat_map(|seen| &seen.margins)
					.copied()
					.collect();
				let chunks: Vec<&Chunk> = group.iter().flat_map(|seen| &seen.chunks).collect();
				let distance: f64 = chunks.iter().map(|chunk| of_chunk(chunk)[1]).sum();
				let distance = distance / chunks.len().max(1) as f64;
				let margin = mean_margin(&margins, limits.sampling.clip);
				(distance / f64::from(limits.activations.most_mean))
					.max(margin / f64::from(limits.sampling.most_mean))
			})
			.collect()
	};
	Some((outputs, area(&scores(honest), &scores(seen))?))
}

fn spreads(texts: &[&TextObservation], limits: &SampledTextThresholds) -> Vec<Spread> {
	let mut kinds: BTreeMap<String, [Vec<f64>; 2]> = BTreeMap::new();
	for seen in texts.iter().filter(|seen| seen.rule.is_empty()) {
		let kind = match seen.key.kind.as_str() {
			"honest" => format!("honest, {}", pair(seen)),
			kind => kind.to_string(),
		};
		let found = Statistics::of(&seen.chunks, &seen.margins, limits.sampling.clip);
		let [distance, margin] = kinds.entry(kind).or_default();
		distance.push(found.mean / 1_000.0);
		margin.push(found.margin / LOGIT);
	}
	kinds
		.into_iter()
		.map(|(kind, [distance, margin])| Spread {
			kind,
			distance: thinned(distance),
			margin: thinned(margin),
		})
		.collect()
}

fn thinned(mut values: Vec<f64>) -> Vec<f64> {
	values.sort_by(f64::total_cmp);
	let last = values.len().saturating_sub(1);
	let points = values.len().min(POINTS);
	(0..points)
		.map(|point| values[point * last / points.saturating_sub(1).max(1)])
		.collect()
}

fn median(values: &mut [f64]) -> f64 {
	values.sort_by(f64::total_cmp);
	values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Runs with one or two numbers each, by kind.
type Numbers = BTreeMap<String, Vec<(f64, Option<f64>)>>;

fn simple(numbers: Numbers, limits: (f64, f64)) -> Vec<Simple> {
	let score = |(first, second): &(f64, Option<f64>)| {
		(first / limits.0.max(1.0)).max(second.unwrap_or(0.0) / limits.1.max(1.0))
	};
	let honest: Vec<f64> = numbers
		.iter()
		.filter(|(kind, _)| kind.starts_with("honest"))
		.flat_map(|(_, runs)| runs.iter().map(score))
		.collect();
	let ends = |mut values: Vec<f64>| {
		let largest = values.iter().copied().fold(0.0, f64::max);
		(median(&mut values), largest)
	};
	numbers
		.iter()
		.map(|(kind, runs)| {
			let scores: Vec<f64> = runs.iter().map(score).collect();
			let second: Option<Vec<f64>> = runs.iter().map(|(_, second)| *second).collect();
			Simple {
				kind: kind.clone(),
				runs: runs.len() as u64,
				failing: scores.iter().filter(|score| **score > 1.0).count() as u64,
				numbers: ends(runs.iter().map(|(first, _)| *first).collect()),
				second: second.map(ends),
				area: (!kind.starts_with("honest"))
					.then(|| area_of(&honest, &scores))
					.flatten(),
			}
		})
		.collect()
}

fn numeric_runs(seen: &[&NumericObservation], thresholds: &Thresholds) -> Vec<Simple> {
	let mut numbers = Numbers::new();
	for seen in seen {
		let kind = match seen.key.kind.as_str() {
			"honest" => format!("honest, {} by {}", seen.key.worker, seen.key.verifier),
			kind => kind.to_string(),
		};
		let largest = seen.largest.first().copied().unwrap_or(0) as f64;
		numbers.entry(kind).or_default().push((largest, None));
	}
	simple(numbers, (thresholds.numeric.tolerance as f64, 1.0))
}

fn distributions(texts: &[&TextObservation], thresholds: &Thresholds) -> Vec<Simple> {
	let mut numbers = Numbers::new();
	for seen in texts {
		if let Some((divergence, excess)) = distances(seen) {
			let kind = match seen.key.kind.as_str() {
				"honest" => format!("honest, {}", pair(seen)),
				kind => kind.to_string(),
			};
			numbers
				.entry(kind)
				.or_default()
				.push((divergence, Some(excess)));
		}
	}
	let limits = &thresholds.distribution;
	simple(
		numbers,
		(limits.most_divergence as f64, limits.most_excess as f64),
	)
}

/// What a sampling rate finds.
fn sampling(rate: u32) -> Result<Sampling> {
	let exact = |epochs: u32| -> Result<f64> {
		let cheated = detection::cheated_jobs(CHEATED, JOBS, epochs).map_err(anyhow::Error::msg)?;
		let found = detection::detection(rate, cheated).map_err(anyhow::Error::msg)?;
		Ok(f64::from(found.parts_per_billion()) / 1e9)
	};
	let share = f64::from(rate) / f64::from(detection::ONE);
	let simulated = |epochs| found(share, JOBS, JOBS / 100, epochs, EPOCHS / epochs, SEED);
	Ok(Sampling {
		rate: share,
		exact: (exact(1)?, exact(10)?),
		simulated: (simulated(1), simulated(10)),
	})
}

fn cost_rows(costs: &[&CostRecord]) -> Result<Vec<Cost>> {
	let mut rows: BTreeMap<(String, String, String), Vec<&CostRecord>> = BTreeMap::new();
	for cost in costs {
		let key = &cost.key;
		// An output that ended early is of another length.
		let length = key
			.kind
			.rsplit(' ')
			.next()
			.and_then(|text| text.parse::<u32>().ok());
		let numeric = key.kind.starts_with("Numeric");
		if cost.generation == 0 || (!numeric && length != Some(cost.tokens_out)) {
			continue;
		}
		let row = (key.kind.clone(), key.worker.clone(), key.verifier.clone());
		rows.entry(row).or_default().push(cost);
	}
	rows.into_iter()
		.map(|((kind, worker, verifier), costs)| {
			let of = |number: fn(&CostRecord) -> f64| {
				let mut values: Vec<f64> = costs.iter().map(|cost| number(cost)).collect();
				median(&mut values)
			};
			let ratio = of(|cost| cost.check as f64 / cost.generation as f64);
			let parts = (ratio * f64::from(detection::ONE)).max(1.0) as u64;
			let rate = detection::sampling_rate(detection::DEFAULT_BUDGET, parts)
				.map_err(anyhow::Error::msg)?;
			Ok(Cost {
				kind,
				worker,
				verifier,
				runs: costs.len(),
				generation: of(|cost| cost.generation as f64) as u64,
				check: of(|cost| cost.check as f64) as u64,
				ratio,
				sampling: sampling(rate)?,
			})
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::score::tests::{seen, LIMITS};

	fn runs(kind: &str, margins: &[u32], rule: &str) -> Vec<Record> {
		(0..50)
			.map(|run| {
				let mut text = seen(kind, [128, 0, run, 0], margins);
				text.key.run = run;
				text.rule = rule.into();
				Record::Text(text)
			})
			.collect()
	}

	#[test]
	fn each_kind_is_counted_and_told_from_the_honest() {
		let records = [
			runs("honest", &[], ""),
			runs("other-seed", &[1 << 18; 64], ""),
			runs("truncated", &[], "cut-short"),
			runs("copied", &[], "unavailable"),
			runs("unseen", &[], ""),
		]
		.concat();
		let mut thresholds = aci_poai::thresholds::file::shipped().unwrap();
		thresholds.sampled_text = LIMITS;
		let results = judge(&records, &thresholds).unwrap();
		let all = &results.honest[0];
		assert_eq!((all.runs, all.failing), (50, 0));
		assert!((all.at_most - (1.0 - 0.05f64.powf(0.02))).abs() < 1e-9);
		let cheat = |kind: &str| {
			results
				.cheats
				.iter()
				.find(|cheat| cheat.kind == kind)
				.unwrap()
		};
		let seed = cheat("other-seed");
		assert_eq!((seed.runs, seed.failing, seed.tokens), (50, 50, Some(1)));
		assert_eq!(seed.area.as_ref().unwrap().area, 1.0);
		assert_eq!(cheat("truncated").by_rule["cut-short"], 50);
		assert_eq!(cheat("copied").unavailable, 50);
		let unseen = cheat("unseen");
		assert_eq!((unseen.failing, unseen.tokens), (0, None));
		assert_eq!(unseen.area.as_ref().unwrap().area, 0.5);
		assert_eq!(unseen.pooled, Some((4, 0.5)));
	}

	#[test]
	fn the_papers_rate_finds_what_the_paper_says() {
		let paper = sampling(detection::LEAST_RATE).unwrap();
		assert!((paper.exact.0 - 0.2595).abs() < 1e-4, "{paper:?}");
		assert!((paper.exact.1 - 0.9504).abs() < 1e-4, "{paper:?}");
		assert!(
			(paper.exact.0 - paper.simulated.0).abs() < 0.02,
			"{paper:?}"
		);
	}
}
