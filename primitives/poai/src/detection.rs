//! How likely a cheating worker is found, and what a budget for checks buys (§3.4 and §6.2 of the
//! paper, Theorems 1 and 2).
//!
//! A worker cheats on a fraction `δ` of its `N` jobs of an epoch. Every job is checked with
//! probability `α` on its own, and a check of a cheated job finds it. Then
//!
//! ```text
//! Theorem 1   P(found in one epoch)    = 1 − (1 − α)^(δN)
//! Theorem 2   P(found within T epochs) = 1 − (1 − α)^(δNT)
//! ```
//!
//! | α | δ | N | T | found |
//! | --- | --- | --- | --- | --- |
//! | 0.003 | 1 % | 10,000 | 1 | 25.95 % |
//! | 0.003 | 1 % | 10,000 | 10 | 95.04 % |
//! | 0.0443 (check at 0.07 of a generation, budget 0.31 %) | 1 % | 10,000 | 1 | 98.92 % |
//! | 0.0564 (check at 0.055 of a generation, budget 0.31 %) | 1 % | 10,000 | 1 | 99.70 % |
//!
//! # Two other ways to cheat or to sample
//!
//! * [`detection_by_chance`]: the worker cheats on each job by chance with probability `δ`:
//!   `1 − (1 − αδ)^N`, a little less than Theorem 1.
//! * [`detection_of_sample`]: exactly `s` of the `N` jobs are checked, drawn without putting back
//!   (hypergeometric): `1 − C(N − m, s) / C(N, s)` for `m` cheated jobs, a little more than
//!   Theorem 1 at `α = s / N`.
//!
//! # Overhead
//!
//! A check costs a *ratio* `c` of what the generation cost. Checking a share `α` of the jobs costs
//! `α × c` of all compute. A budget `b` therefore buys `α = b / c`, at least [`LEAST_RATE`] and at
//! most one. Where the budget is below what the least rate costs, the least rate holds all the same,
//! so that Theorem 1 with `α = 0.003` is a lower bound for every worker.
//!
//! # Units
//!
//! Rates, fractions, budgets and ratios are parts per billion ([`ONE`]). Probabilities are [`Bounds`]:
//! a lower and an upper one, with 127 fraction bits.
//!
//! # Guarantees
//!
//! 1. The exact probability lies within the [`Bounds`]: every product of the lower one is rounded
//!    down and of the upper one up. They are less than 2^-60 apart for exponents up to 2^62, and
//!    less than 2^-100 for [`detection_of_sample`].
//! 2. The number of cheated jobs `δN` is rounded down to whole jobs, which never overstates the
//!    detection.
//! 3. [`rate_for`] is the smallest rate, in parts per billion, whose lower bound reaches the target;
//!    [`ratio_for`] the largest ratio at which the budget buys that rate.
//! 4. At most 128 products for a power, at most [`MAX_FACTORS`] for a sample.
//!
//! # Deviations
//!
//! The paper states 0.953 for ten epochs in §3.4 and 0.9503 in §6.2. The formula gives 0.9504; the
//! abstract's 99.7 % needs 193 cheated jobs an epoch at the paper's rate, or a higher rate. The
//! paper's overhead counts a check as one generation (`c = 1`).

use aci_market::fixed::{mul_div_ceil, mul_div_floor};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// One, in parts per billion.
pub const ONE: u32 = 1_000_000_000;
/// The paper's sampling rate, below which no worker's jobs are sampled.
pub const LEAST_RATE: u32 = 3_000_000;
/// The share of all compute that checks may cost by default: 0.31 %.
pub const DEFAULT_BUDGET: u32 = 3_100_000;
/// Fraction bits of a probability.
pub const PROBABILITY_BITS: u32 = 127;
/// Most factors of a hypergeometric probability.
pub const MAX_FACTORS: u64 = 100_000;
/// One, as a probability.
pub const CERTAIN: u128 = 1 << PROBABILITY_BITS;

/// Why there is no answer.
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
pub enum DetectionError {
	/// A rate, fraction or target is above one. State it in parts per billion.
	#[codec(index = 0)]
	AboveOne,
	/// The number of cheated jobs does not fit 64 bits. Look at fewer epochs.
	#[codec(index = 1)]
	TooManyJobs,
	/// More jobs are cheated or checked than there are.
	#[codec(index = 2)]
	MoreThanAll,
	/// The sample has more than [`MAX_FACTORS`] jobs on both sides. Use Theorem 1, which is below.
	#[codec(index = 3)]
	SampleTooLarge,
	/// A check that costs nothing buys any rate. State its measured ratio.
	#[codec(index = 4)]
	ZeroRatio,
	/// No sampling rate reaches the target, or no ratio misses it: no job is cheated, or the target
	/// is zero.
	#[codec(index = 5)]
	Unreachable,
}

impl core::fmt::Display for DetectionError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			DetectionError::AboveOne => "a rate, fraction or target is above one",
			DetectionError::TooManyJobs => "the number of cheated jobs does not fit 64 bits",
			DetectionError::MoreThanAll => "more jobs are cheated or checked than there are",
			DetectionError::SampleTooLarge => "the sample is too large to be counted exactly",
			DetectionError::ZeroRatio => "the cost ratio of a check is zero",
			DetectionError::Unreachable => "no sampling rate reaches the target",
		})
	}
}

impl core::error::Error for DetectionError {}

impl From<aci_market::fixed::FixedError> for DetectionError {
	fn from(_: aci_market::fixed::FixedError) -> Self {
		// Every product below is of factors up to `CERTAIN` over a divisor that is not zero, so this
		// stands for a bound that was loosened.
		DetectionError::TooManyJobs
	}
}

/// A probability with [`PROBABILITY_BITS`] fraction bits, from below and from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
	/// Not above the exact probability.
	pub at_least: u128,
	/// Not below the exact probability.
	pub at_most: u128,
}

impl Bounds {
	/// The probability of the opposite.
	fn opposite(self) -> Self {
		// Both are at most `CERTAIN`.
		Bounds {
			at_least: CERTAIN.saturating_sub(self.at_most),
			at_most: CERTAIN.saturating_sub(self.at_least),
		}
	}

	/// The lower bound in parts per billion, rounded down.
	pub fn parts_per_billion(&self) -> u32 {
		mul_div_floor(self.at_least, u128::from(ONE), CERTAIN)
			.ok()
			.and_then(|parts| u32::try_from(parts).ok())
			.unwrap_or(0)
	}
}

/// `(numerator / denominator)^exponent` for a fraction up to one.
fn power(numerator: u128, denominator: u128, exponent: u64) -> Result<Bounds, DetectionError> {
	let mut base = Bounds {
		at_least: mul_div_floor(numerator, CERTAIN, denominator)?,
		at_most: mul_div_ceil(numerator, CERTAIN, denominator)?,
	};
	let times = |left: Bounds, right: Bounds| -> Result<Bounds, DetectionError> {
		Ok(Bounds {
			at_least: mul_div_floor(left.at_least, right.at_least, CERTAIN)?,
			at_most: mul_div_ceil(left.at_most, right.at_most, CERTAIN)?,
		})
	};
	let mut result = Bounds {
		at_least: CERTAIN,
		at_most: CERTAIN,
	};
	let mut rest = exponent;
	// At most 64 times.
	while rest > 0 {
		if rest % 2 == 1 {
			result = times(result, base)?;
		}
		base = times(base, base)?;
		rest /= 2;
	}
	Ok(result)
}

fn ensure_share(share: u32) -> Result<(), DetectionError> {
	if share > ONE {
		return Err(DetectionError::AboveOne);
	}
	Ok(())
}

/// Whole jobs on which a worker cheats: `fraction × jobs × epochs`, rounded down.
///
/// Errors: [`DetectionError::AboveOne`], [`DetectionError::TooManyJobs`].
pub fn cheated_jobs(fraction: u32, jobs: u64, epochs: u32) -> Result<u64, DetectionError> {
	ensure_share(fraction)?;
	let all = u128::from(jobs)
		.checked_mul(u128::from(epochs))
		.ok_or(DetectionError::TooManyJobs)?;
	let cheated = mul_div_floor(all, u128::from(fraction), u128::from(ONE))?;
	u64::try_from(cheated).map_err(|_| DetectionError::TooManyJobs)
}

/// The probability that at least one of `cheated` jobs is checked at this sampling rate: Theorem 1
/// with the cheated jobs of an epoch, Theorem 2 with those of several.
///
/// Errors: [`DetectionError::AboveOne`].
pub fn detection(rate: u32, cheated: u64) -> Result<Bounds, DetectionError> {
	ensure_share(rate)?;
	Ok(power(u128::from(ONE - rate), u128::from(ONE), cheated)?.opposite())
}

/// As [`detection`], for a worker that cheats on each of `jobs` by chance with probability
/// `fraction`.
///
/// Errors: [`DetectionError::AboveOne`].
pub fn detection_by_chance(rate: u32, fraction: u32, jobs: u64) -> Result<Bounds, DetectionError> {
	ensure_share(rate)?;
	ensure_share(fraction)?;
	let whole = u128::from(ONE) * u128::from(ONE);
	let found = u128::from(rate) * u128::from(fraction);
	Ok(power(whole - found, whole, jobs)?.opposite())
}

/// The probability that a sample of exactly `sampled` of `jobs` jobs, drawn without putting back,
/// holds at least one of the `cheated` ones.
///
/// Errors: [`DetectionError::MoreThanAll`], [`DetectionError::SampleTooLarge`].
pub fn detection_of_sample(
	jobs: u64,
	cheated: u64,
	sampled: u64,
) -> Result<Bounds, DetectionError> {
	if cheated > jobs || sampled > jobs {
		return Err(DetectionError::MoreThanAll);
	}
	// C(N − m, s) / C(N, s) is symmetric in m and s: the smaller one counts the factors.
	let (factors, other) = if cheated < sampled {
		(cheated, sampled)
	} else {
		(sampled, cheated)
	};
	let mut missed = Bounds {
		at_least: CERTAIN,
		at_most: CERTAIN,
	};
	if factors > MAX_FACTORS {
		return Err(DetectionError::SampleTooLarge);
	}
	for drawn in 0..factors {
		// `drawn` is below `factors`, which is at most `jobs`.
		let left = u128::from(jobs.saturating_sub(drawn));
		let good = u128::from(jobs.saturating_sub(other).saturating_sub(drawn));
		missed = Bounds {
			at_least: mul_div_floor(missed.at_least, good, left)?,
			at_most: mul_div_ceil(missed.at_most, good, left)?,
		};
	}
	Ok(missed.opposite())
}

/// The sampling rate that a budget buys at a ratio of a check's cost to the generation's, rounded
/// down, between [`LEAST_RATE`] and [`ONE`].
///
/// Errors: [`DetectionError::AboveOne`] for the budget, [`DetectionError::ZeroRatio`]. The ratio may
/// be above one: a check may cost more than the generation.
pub fn sampling_rate(budget: u32, ratio: u64) -> Result<u32, DetectionError> {
	ensure_share(budget)?;
	let rate = (u128::from(budget) * u128::from(ONE))
		.checked_div(u128::from(ratio))
		.ok_or(DetectionError::ZeroRatio)?;
	let rate = u32::try_from(rate).unwrap_or(ONE);
	Ok(rate.clamp(LEAST_RATE, ONE))
}

/// What checks cost of all compute at this sampling rate and ratio, rounded up.
///
/// Errors: [`DetectionError::AboveOne`] for the rate, [`DetectionError::TooManyJobs`] where the cost
/// does not fit.
pub fn overhead(rate: u32, ratio: u64) -> Result<u64, DetectionError> {
	ensure_share(rate)?;
	let cost = mul_div_ceil(u128::from(rate), u128::from(ratio), u128::from(ONE))?;
	u64::try_from(cost).map_err(|_| DetectionError::TooManyJobs)
}

/// The least rate for a job by what its worker has at stake: `max(0.003, price / free bond)`,
/// rounded up, at most one. A worker without a free bond has every job checked.
pub fn rate_of_exposure(price: u128, free_bond: u128) -> u32 {
	if price >= free_bond {
		return ONE;
	}
	mul_div_ceil(price, u128::from(ONE), free_bond)
		.ok()
		.and_then(|rate| u32::try_from(rate).ok())
		.unwrap_or(ONE)
		.clamp(LEAST_RATE, ONE)
}

/// The smallest sampling rate at which one of `cheated` jobs is found with the probability `target`.
///
/// Errors: [`DetectionError::AboveOne`], [`DetectionError::Unreachable`].
pub fn rate_for(target: u32, cheated: u64) -> Result<u32, DetectionError> {
	ensure_share(target)?;
	let reaches = |rate: u32| -> Result<bool, DetectionError> {
		let found = detection(rate, cheated)?.at_least;
		Ok(found >= mul_div_ceil(u128::from(target), CERTAIN, u128::from(ONE))?)
	};
	if !reaches(ONE)? {
		return Err(DetectionError::Unreachable);
	}
	// The detection rises with the rate. At most 30 halvings.
	let (mut below, mut reached) = (0u32, ONE);
	if reaches(0)? {
		return Ok(0);
	}
	while reached - below > 1 {
		let middle = below + (reached - below) / 2;
		if reaches(middle)? {
			reached = middle;
		} else {
			below = middle;
		}
	}
	Ok(reached)
}

/// The largest ratio of a check's cost to the generation's at which the budget finds one of
/// `cheated` jobs with the probability `target`, rounded down.
///
/// Errors: those of [`rate_for`]; [`DetectionError::Unreachable`] too where any ratio does, since
/// the target is zero.
pub fn ratio_for(budget: u32, target: u32, cheated: u64) -> Result<u64, DetectionError> {
	ensure_share(budget)?;
	let rate = rate_for(target, cheated)?;
	u64::from(budget)
		.checked_mul(u64::from(ONE))
		.and_then(|bought| bought.checked_div(u64::from(rate)))
		.ok_or(DetectionError::Unreachable)
}
