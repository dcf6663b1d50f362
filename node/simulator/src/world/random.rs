//! Seeded randomness. Integers only, so that a seed gives the same run on every machine.

use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
	/// The stream `label` of `seed`. Streams of one seed are independent: what is drawn from one
	/// does not move another, so a fault that is left away changes little else of a run.
	pub fn new(seed: u64, label: u64) -> Self {
		let mut generator = ChaCha8Rng::seed_from_u64(seed);
		generator.set_stream(label);
		Random(generator)
	}

	/// Any number.
	pub fn any(&mut self) -> u64 {
		self.0.next_u64()
	}

	/// A number below `bound`; 0 where `bound` is 0.
	pub fn below(&mut self, bound: u64) -> u64 {
		((u128::from(self.any()) * u128::from(bound)) >> 64) as u64
	}

	/// An index of a list of `length` entries.
	pub fn index(&mut self, length: usize) -> usize {
		self.below(length as u64) as usize
	}

	/// A number from `low` to `high`, both included.
	pub fn within(&mut self, low: u64, high: u64) -> u64 {
		low + self.below(high.saturating_sub(low).saturating_add(1))
	}

	/// True in `per_mille` of a thousand cases.
	pub fn chance(&mut self, per_mille: u32) -> bool {
		self.below(1_000) < u64::from(per_mille)
	}

	/// One of `items`.
	pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
		items.get(self.index(items.len()))
	}

	/// A number of roughly exponential shape with this mean: a geometric number of halvings plus a
	/// uniform fraction.
	pub fn exponential(&mut self, mean: u64) -> u64 {
		let halvings = u64::from(self.any().leading_zeros());
		let fraction = self.below(1_000);
		// The sum has mean 1.5 units.
		(halvings * 1_000 + fraction).saturating_mul(mean) / 1_500
	}
}

#[cfg(test)]
mod tests {
	use super::Random;

	#[test]
	fn streams_of_one_seed_differ_and_repeat() {
		let draw = |seed, label| {
			let mut random = Random::new(seed, label);
			[random.any(), random.any(), random.any()]
		};
		assert_eq!(draw(1, 2), draw(1, 2));
		assert_ne!(draw(1, 2), draw(1, 3));
		assert_ne!(draw(1, 2), draw(2, 2));
	}

	#[test]
	fn the_exponential_has_the_mean_that_it_is_asked_for() {
		let mut random = Random::new(7, 0);
		let sum: u64 = (0..20_000).map(|_| random.exponential(3_000)).sum();
		let mean = sum / 20_000;
		assert!((2_900..3_100).contains(&mean), "{mean}");
	}

	#[test]
	fn bounds_are_kept() {
		let mut random = Random::new(9, 9);
		for _ in 0..1_000 {
			assert!((5..=7).contains(&random.within(5, 7)));
			assert!(random.below(3) < 3);
		}
		assert_eq!(random.below(0), 0);
		assert!(!random.chance(0));
		assert!(random.chance(1_000));
	}
}
