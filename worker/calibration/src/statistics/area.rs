//! The area under the ROC curve, and how well a number of runs fixes it.
//!
//! The area is the probability that a cheat's score is above an honest one's, ties counted half
//! (Mann and Whitney's statistic). Three intervals are given, because each says something else:
//!
//! * [`delong`]: the asymptotic variance of DeLong, DeLong and Clarke-Pearson. Of scores that do not
//!   overlap it is zero, and the interval says nothing.
//! * [`bootstrap`]: quantiles of the area over samples drawn with putting back, from a fixed seed.
//!   The same holds.
//! * [`least_area`]: a bound from below that holds without any assumption on the tails. At the
//!   highest honest score, the honest rate above it is at most `f` and the cheats' rate at least `t`
//!   by exact binomial bounds, each with half of the error; the curve passes left of `f` and above
//!   `t` there, so the area is at least `t (1 − f)`.

use super::{interval, random::Random};

/// The area, for scores of honest runs and of a cheat. `None` without runs.
pub fn area(honest: &[f64], cheats: &[f64]) -> Option<f64> {
	if honest.is_empty() || cheats.is_empty() {
		return None;
	}
	let mut honest = honest.to_vec();
	honest.sort_by(f64::total_cmp);
	Some(sorted_area(&honest, cheats))
}

fn sorted_area(honest: &[f64], cheats: &[f64]) -> f64 {
	let wins: f64 = cheats.iter().map(|score| place(honest, *score)).sum();
	wins / (honest.len() as f64 * cheats.len() as f64)
}

/// How many of the sorted scores are below `score`, equal ones counted half.
fn place(sorted: &[f64], score: f64) -> f64 {
	let below = sorted.partition_point(|other| *other < score);
	let up_to = sorted.partition_point(|other| *other <= score);
	0.5 * (below + up_to) as f64
}

/// The area's standard error by DeLong's method. `None` for fewer than two runs of a side.
pub fn delong(honest: &[f64], cheats: &[f64]) -> Option<f64> {
	if honest.len() < 2 || cheats.len() < 2 {
		return None;
	}
	let sorted = |scores: &[f64]| {
		let mut scores = scores.to_vec();
		scores.sort_by(f64::total_cmp);
		scores
	};
	let (own, other) = (sorted(honest), sorted(cheats));
	let variance = |parts: Vec<f64>| {
		let count = parts.len() as f64;
		let mean = parts.iter().sum::<f64>() / count;
		let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
		squares / (count - 1.0) / count
	};
	let of_cheats = cheats
		.iter()
		.map(|score| place(&own, *score) / own.len() as f64)
		.collect();
	let of_honest = honest
		.iter()
		.map(|score| 1.0 - place(&other, *score) / other.len() as f64)
		.collect();
	Some((variance(of_cheats) + variance(of_honest)).sqrt())
}

/// The 2.5 % and 97.5 % quantiles of the area over `draws` samples drawn with putting back.
pub fn bootstrap(honest: &[f64], cheats: &[f64], draws: usize, seed: u64) -> Option<(f64, f64)> {
	if honest.is_empty() || cheats.is_empty() || draws == 0 {
		return None;
	}
	let mut random = Random::new(seed);
	let mut drawn = |scores: &[f64]| -> Vec<f64> {
		(0..scores.len())
			.map(|_| scores[random.below(scores.len())])
			.collect()
	};
	let mut areas: Vec<f64> = (0..draws)
		.map(|_| {
			let mut own = drawn(honest);
			own.sort_by(f64::total_cmp);
			sorted_area(&own, &drawn(cheats))
		})
		.collect();
	areas.sort_by(f64::total_cmp);
	let at = |share: f64| areas[((share * draws as f64) as usize).min(draws - 1)];
	Some((at(0.025), at(0.975)))
}

/// What the area is at least, with 95 % confidence; see the module.
pub fn least_area(honest: &[f64], cheats: &[f64]) -> f64 {
	let highest = honest.iter().copied().fold(f64::NEG_INFINITY, f64::max);
	let above = cheats.iter().filter(|score| **score > highest).count();
	let found = interval::lower(above as u64, cheats.len() as u64, 0.975);
	let wrong = interval::upper(0, honest.len() as u64, 0.975);
	found * (1.0 - wrong)
}

/// The curve: `(honest rate, cheats' rate)` above each score, from none to all, at most `points` of
/// them besides the ends.
pub fn curve(honest: &[f64], cheats: &[f64], points: usize) -> Vec<(f64, f64)> {
	let mut scores: Vec<f64> = honest.iter().chain(cheats).copied().collect();
	scores.sort_by(|a, b| b.total_cmp(a));
	scores.dedup();
	let share = |of: &[f64], above: f64| {
		of.iter().filter(|score| **score >= above).count() as f64 / of.len().max(1) as f64
	};
	let step = scores.len().div_ceil(points.max(1)).max(1);
	let mut line = vec![(0.0, 0.0)];
	line.extend(
		scores
			.iter()
			.step_by(step)
			.map(|score| (share(honest, *score), share(cheats, *score))),
	);
	line.push((1.0, 1.0));
	line
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn area_counts_pairs_and_half_of_ties() {
		assert_eq!(area(&[1.0, 2.0], &[3.0, 4.0]), Some(1.0));
		assert_eq!(area(&[3.0, 4.0], &[1.0, 2.0]), Some(0.0));
		assert_eq!(area(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), Some(0.5));
		// Pairs: 2 > 1 counts one, 2 = 2 a half, 5 above both two: 3.5 of 4.
		assert_eq!(area(&[1.0, 2.0], &[2.0, 5.0]), Some(0.875));
		assert_eq!(area(&[], &[1.0]), None);
		assert_eq!(area(&[1.0], &[f64::INFINITY]), Some(1.0));
	}

	/// Worked by hand: honest 1, 3, 5 and cheats 2, 4, 6. The parts of the cheats are 1/3, 2/3, 1 and
	/// those of the honest 1, 2/3, 1/3; each has variance 1/9, over 3 runs 1/27.
	#[test]
	fn delong_is_the_variance_of_the_placements() {
		let (honest, cheats) = ([1.0, 3.0, 5.0], [2.0, 4.0, 6.0]);
		assert!((area(&honest, &cheats).unwrap() - 2.0 / 3.0).abs() < 1e-12);
		let error = delong(&honest, &cheats).unwrap();
		assert!((error - (2.0f64 / 27.0).sqrt()).abs() < 1e-12, "{error}");
		assert_eq!(delong(&[1.0], &cheats), None);
	}

	#[test]
	fn bootstrap_repeats_from_its_seed_and_agrees_with_delong() {
		let mut random = Random::new(3);
		let honest: Vec<f64> = (0..300).map(|_| random.normal()).collect();
		let cheats: Vec<f64> = (0..300).map(|_| random.normal() + 1.0).collect();
		let (low, high) = bootstrap(&honest, &cheats, 2_000, 7).unwrap();
		assert_eq!(bootstrap(&honest, &cheats, 2_000, 7), Some((low, high)));
		let error = delong(&honest, &cheats).unwrap();
		let half = (high - low) / 2.0;
		assert!((half / (1.96 * error) - 1.0).abs() < 0.1, "{half} {error}");
		// Two normal distributions a standard deviation apart: Φ(1 / √2) = 0.7602.
		assert!(low < 0.7602 && 0.7602 < high);
	}

	#[test]
	fn least_area_of_separate_scores_is_what_the_counts_allow() {
		let (honest, cheats) = (vec![0.0; 500], vec![1.0; 200]);
		let expected = 0.025f64.powf(1.0 / 200.0) * 0.025f64.powf(1.0 / 500.0);
		assert!((least_area(&honest, &cheats) - expected).abs() < 1e-9);
		assert_eq!(least_area(&[2.0], &[1.0]), 0.0);
	}

	#[test]
	fn curve_goes_from_none_to_all() {
		let line = curve(&[1.0, 2.0], &[2.0, 3.0], 10);
		assert_eq!(
			line,
			[(0.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 1.0), (1.0, 1.0)]
		);
	}
}
