//! The sequential test of a worker: when repeated failed checks prove deceit.
//!
//! Under a tolerant profile one failed check proves nothing: the thresholds let a known share of
//! honest jobs fail. This is Wald's test of the worker's failure rate over its secretly sampled
//! jobs. With `h` the largest failure rate of an honest worker and `d` the rate of the deceit that
//! is to be told apart, a failed job adds `ln(d / h)` to the worker's sum and a passed one
//! `ln((1 - d) / (1 - h))`, which is negative. A sum below zero becomes zero, so that good work does
//! not buy room for later deceit. When the sum reaches the *line* the worker is slashed.
//!
//! # Error
//!
//! Let the line be `ln(horizon × odds)`. From any job on, the unfloored sum of an honest worker ever
//! reaches the line with probability at most `1 / (horizon × odds)` (Ville's inequality: the
//! exponential of the sum is a non-negative supermartingale that starts at 1). The floored sum
//! reaches the line only if the unfloored one does from some job on; so within `horizon` judged jobs
//! an honest worker is slashed with probability at most `1 / odds`.
//!
//! * [`LIFETIME_LINE`]: odds of 10^6 over 2^20 judged jobs, the default. One honest worker in a
//!   million is slashed in its life.
//! * [`EXCURSION_LINE`]: odds of 10^6 over a horizon of 1. It bounds each rise from zero alone; over
//!   a long life the error adds up.
//!
//! # Guarantees
//!
//! 1. The bound holds for every honest failure rate up to `h`, also where it varies from job to job
//!    and by what came before, as long as it is at most `h` each time. Jobs of several profiles, each
//!    with its own ratios, may add to one sum.
//! 2. Rounding is on the worker's side: ratios are rounded down and the line up, so the sum is never
//!    above the exact one.
//! 3. A sum is never below zero; it saturates at 2^64 - 1, far above every line.
//!
//! # Origin and deviations
//!
//! The paper slashes on one mismatch (§3.3, Algorithm 2; §3.5). Here one mismatch of a tolerant
//! profile opens a dispute, and this test decides about the stake. The rates come from a
//! calibration ([`crate::thresholds`]).

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	detection::ONE,
	logarithm::{ln, FRACTION_BITS},
};

/// Fraction bits of ratios, sums and lines, which are in nats.
pub const RATIO_BITS: u32 = 32;
/// Odds against slashing an honest worker.
pub const ODDS: u64 = 1_000_000;
/// Judged jobs over which [`LIFETIME_LINE`] holds [`ODDS`].
pub const HORIZON: u64 = 1 << 20;
/// `ln(2^20 × 10^6)`, rounded up: the default line.
pub const LIFETIME_LINE: u64 = 118_878_055_462;
/// `ln(10^6)`, rounded up.
pub const EXCURSION_LINE: u64 = 59_337_166_025;

/// Why a test cannot be made.
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
pub enum SequentialError {
	/// The rates are not `0 < honest < dishonest < 1`. Calibrate again.
	#[codec(index = 0)]
	RatesOutOfOrder,
	/// The rates are so close together that a failure proves nothing. Calibrate again.
	#[codec(index = 1)]
	RatesTooClose,
	/// Odds times horizon is below 2 or does not fit 64 bits. Choose others.
	#[codec(index = 2)]
	LineOutOfRange,
}

impl core::fmt::Display for SequentialError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			SequentialError::RatesOutOfOrder => {
				"the failure rates are not in the order 0, honest, dishonest, 1"
			}
			SequentialError::RatesTooClose => "the failure rates are too close together",
			SequentialError::LineOutOfRange => "odds times horizon is below 2 or beyond 64 bits",
		})
	}
}

impl core::error::Error for SequentialError {}

/// What a judged job adds to a worker's sum, in nats with [`RATIO_BITS`] fraction bits.
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
pub struct LogRatios {
	fail: u64,
	pass: u64,
}

impl LogRatios {
	/// The ratios for an honest worker's largest and a dishonest worker's failure rate, in parts per
	/// billion.
	///
	/// Errors: [`SequentialError::RatesOutOfOrder`], [`SequentialError::RatesTooClose`].
	pub fn new(honest: u32, dishonest: u32) -> Result<Self, SequentialError> {
		if honest == 0 || honest >= dishonest || dishonest >= ONE {
			return Err(SequentialError::RatesOutOfOrder);
		}
		let logarithm = |rate: u32| i128::from(ln(u64::from(rate)));
		let fail = logarithm(dishonest) - logarithm(honest);
		let pass = logarithm(ONE - dishonest) - logarithm(ONE - honest);
		// A logarithm is off by less than 2^-54, a difference by less than 2^-53: after the cut to
		// 32 bits, which rounds down, one unit covers it.
		let cut = |difference: i128| (difference >> (FRACTION_BITS - RATIO_BITS)) - 1;
		let fail = u64::try_from(cut(fail)).unwrap_or(0);
		let pass = u64::try_from(-cut(pass)).unwrap_or(u64::MAX);
		if fail == 0 {
			return Err(SequentialError::RatesTooClose);
		}
		Ok(LogRatios { fail, pass })
	}

	/// What a failed job adds.
	pub fn fail(&self) -> u64 {
		self.fail
	}

	/// What a passed job takes away.
	pub fn pass(&self) -> u64 {
		self.pass
	}

	/// How many failed jobs in a row lift a sum from zero to the line: the fewest that slash.
	pub fn fewest_failures(&self, line: u64) -> u64 {
		// `fail` is above zero by construction; decoded from outside it may be zero, and then no
		// number of failures reaches a line.
		line.checked_add(self.fail.saturating_sub(1))
			.and_then(|sum| sum.checked_div(self.fail))
			.unwrap_or(u64::MAX)
	}
}

/// The line for these odds over this number of judged jobs, rounded up.
///
/// Errors: [`SequentialError::LineOutOfRange`].
pub fn line(odds: u64, horizon: u64) -> Result<u64, SequentialError> {
	let product = odds
		.checked_mul(horizon)
		.filter(|product| *product >= 2)
		.ok_or(SequentialError::LineOutOfRange)?;
	// The logarithm is off by less than 2^-54: one unit for it and one for the cut.
	Ok((ln(product) >> (FRACTION_BITS - RATIO_BITS)).saturating_add(2))
}

/// A worker's sum.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct LogLikelihood {
	/// The sum in nats with [`RATIO_BITS`] fraction bits.
	pub sum: u64,
	/// Jobs that were judged. It stops at 2^32 - 1, where it says no more than "many".
	pub judged: u32,
}

impl LogLikelihood {
	/// Adds one judged job and says whether the sum has reached the line.
	#[must_use = "a worker whose sum reaches the line is to be slashed"]
	pub fn record(&mut self, failed: bool, ratios: &LogRatios, line: u64) -> bool {
		// Both saturations are the test's own rules: the floor at zero, and a sum beyond every line.
		self.sum = if failed {
			self.sum.saturating_add(ratios.fail)
		} else {
			self.sum.saturating_sub(ratios.pass)
		};
		self.judged = self.judged.saturating_add(1);
		self.sum >= line
	}
}
