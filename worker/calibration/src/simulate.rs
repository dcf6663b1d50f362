//! Epochs played with random draws, beside the theorems.

use crate::statistics::random::Random;

/// The share of `trials` in which a worker that cheats on `cheated` of its `jobs` in each of
/// `epochs` is found, when every job is checked with this probability on its own.
///
/// Every job of every epoch is played: whether it is one of the cheated ones, which are drawn without
/// putting back, and whether it is checked.
pub fn found(rate: f64, jobs: u64, cheated: u64, epochs: u32, trials: u32, seed: u64) -> f64 {
	let mut random = Random::new(seed);
	let mut caught = 0u32;
	for _ in 0..trials {
		let is_caught = (0..epochs).any(|_| {
			let mut left = cheated.min(jobs);
			(0..jobs).any(|job| {
				let is_cheated = random.unit() * ((jobs - job) as f64) < left as f64;
				left -= u64::from(is_cheated);
				random.unit() < rate && is_cheated
			})
		});
		caught += u32::from(is_caught);
	}
	f64::from(caught) / f64::from(trials.max(1))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn certain_and_impossible_checks_are() {
		assert_eq!(found(1.0, 10, 1, 1, 100, 1), 1.0);
		assert_eq!(found(0.0, 10, 10, 3, 100, 1), 0.0);
		assert_eq!(found(1.0, 10, 0, 3, 100, 1), 0.0);
	}

	#[test]
	fn a_simulation_is_near_the_theorem() {
		let theorem = 1.0 - (1.0f64 - 0.01).powi(100);
		let found = found(0.01, 10_000, 100, 1, 5_000, 2);
		assert!((found - theorem).abs() < 0.02, "{found} {theorem}");
	}
}
