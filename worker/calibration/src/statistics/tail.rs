//! The tail of the honest beyond what was seen. It is an extrapolation, and is labelled so wherever
//! it appears.
//!
//! Excesses over a high level are taken as exponential (the peaks-over-threshold method with shape
//! zero). The level is the one that the highest tenth of the values exceeds, at least
//! [`LEAST_EXCESSES`] of them; the scale is their mean excess. A tail lighter than that makes the
//! figures too cautious, a heavier one too hopeful.

/// Fewest values above the level.
pub const LEAST_EXCESSES: usize = 10;

/// An exponential tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
	/// From here on.
	pub level: f64,
	/// The share of values above the level.
	pub share: f64,
	/// The mean excess over it.
	pub scale: f64,
	/// The largest value.
	pub largest: f64,
}

impl Tail {
	/// The tail of these values; `None` for fewer than two times [`LEAST_EXCESSES`].
	pub fn of(values: &[f64]) -> Option<Self> {
		if values.len() < 2 * LEAST_EXCESSES {
			return None;
		}
		let mut sorted = values.to_vec();
		sorted.sort_by(f64::total_cmp);
		let count = (sorted.len() / 10).max(LEAST_EXCESSES);
		let (below, above) = sorted.split_at(sorted.len() - count);
		let level = *below.last()?;
		let scale = above.iter().map(|value| value - level).sum::<f64>() / count as f64;
		Some(Self {
			level,
			share: count as f64 / sorted.len() as f64,
			scale,
			largest: *above.last()?,
		})
	}

	/// The value that is exceeded at this rate, never below the largest that was seen.
	pub fn exceeded_at(&self, rate: f64) -> f64 {
		let fitted = self.level + self.scale * (self.share / rate).ln();
		fitted.max(self.largest)
	}

	/// The rate at which a value is exceeded, at most the share above the level.
	pub fn rate_above(&self, value: f64) -> f64 {
		if self.scale <= 0.0 {
			return if value >= self.level { 0.0 } else { self.share };
		}
		self.share * (-(value - self.level).max(0.0) / self.scale).exp()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::statistics::random::Random;

	#[test]
	fn the_tail_of_an_exponential_is_its_own() {
		let mut random = Random::new(5);
		let values: Vec<f64> = (0..100_000).map(|_| -(1.0 - random.unit()).ln()).collect();
		let tail = Tail::of(&values).unwrap();
		assert!((tail.level - 10f64.ln()).abs() < 0.05, "{tail:?}");
		assert!((tail.scale - 1.0).abs() < 0.05, "{tail:?}");
		// e^-9 is 1.2e-4.
		assert!((tail.rate_above(9.0) / (-9f64).exp() - 1.0).abs() < 0.5);
		let far = tail.exceeded_at(1e-9);
		assert!((tail.rate_above(far) / 1e-9 - 1.0).abs() < 1e-6);
	}

	#[test]
	fn nothing_is_promised_below_what_was_seen() {
		let mut values = vec![0.0; 99];
		values.push(5.0);
		let tail = Tail::of(&values).unwrap();
		assert_eq!(tail.exceeded_at(0.5), 5.0);
		assert_eq!(Tail::of(&[1.0; 19]), None);
		assert_eq!(Tail::of(&[0.0; 20]).unwrap().exceeded_at(1e-4), 0.0);
	}
}
