//! Numbers from a fixed seed, so that a bootstrap and a simulation give the same figures everywhere.

/// The generator SplitMix64 of Steele, Lea and Flood.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
	/// A generator with this seed.
	pub fn new(seed: u64) -> Self {
		Self(seed)
	}

	/// The next 64 bits.
	pub fn word(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// Uniform in `[0, 1)`, with 53 bits.
	pub fn unit(&mut self) -> f64 {
		(self.word() >> 11) as f64 / (1u64 << 53) as f64
	}

	/// Uniform below `limit`, which is not zero; the bias is below `limit / 2^64`.
	pub fn below(&mut self, limit: usize) -> usize {
		((u128::from(self.word()) * limit as u128) >> 64) as usize
	}

	/// A standard normal number (Box and Muller's).
	pub fn normal(&mut self) -> f64 {
		let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
		radius * (std::f64::consts::TAU * self.unit()).cos()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The first outputs of the published reference for seed 1234567.
	#[test]
	fn the_words_are_the_reference_generators() {
		let mut random = Random::new(1_234_567);
		let words: Vec<u64> = (0..3).map(|_| random.word()).collect();
		assert_eq!(
			words,
			[
				6_457_827_717_110_365_317,
				3_203_168_211_198_807_973,
				9_817_491_932_198_370_423
			]
		);
	}

	#[test]
	fn numbers_are_in_range_and_have_the_moments_of_their_distribution() {
		let mut random = Random::new(1);
		let count = 100_000;
		let mean = |sum: f64| sum / f64::from(count);
		let uniform = mean((0..count).map(|_| random.unit()).sum());
		assert!((uniform - 0.5).abs() < 0.005, "{uniform}");
		let squares = mean((0..count).map(|_| random.normal().powi(2)).sum());
		assert!((squares - 1.0).abs() < 0.02, "{squares}");
		assert!((0..1000).all(|_| random.below(7) < 7));
	}
}
