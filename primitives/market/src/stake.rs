//! Bonds, exposure, slashes and quality scores: the paper's numbers as data, and their arithmetic.
//!
//! Everything here is a governed parameter with the paper's value as default.
//!
//! Guarantees
//!
//! 1. A slash is never larger than the bond, and never zero for a bond and a share above zero.
//! 2. The exposure limit is the exact `bond / 4.2` (the paper's Theorem 3) rounded down.
//! 3. A worker's required bond is rounded up, and never falls when slots or speed grow.
//! 4. A quality score stays in `0..=10^6`, moves toward the result, reaches a result that repeats,
//!    and depends on both its arguments monotonically.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{curve::PARTS_PER_BILLION, fees::PARTS_PER_MILLION, fixed::mul_div_ceil};

/// One ACI in planck.
pub const ACI: u128 = 1_000_000_000_000;

/// Floating-point operations per second in one TFLOP/s.
pub const FLOPS_PER_TFLOPS: u128 = 1_000_000_000_000;

/// The smallest bond of each role, in planck.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct StakeRules {
	/// Bond of a validator.
	pub validator_bond: u128,
	/// Bond of a verifier.
	pub verifier_bond: u128,
	/// Bond of a worker, whatever it offers.
	pub worker_base: u128,
	/// Added to a worker's bond for each declared slot.
	pub worker_per_slot: u128,
	/// Added to a worker's bond for each declared slot and each TFLOP/s of its class's peak.
	pub worker_per_tflops_slot: u128,
	/// Smallest deposit of a liquidity provider.
	pub liquidity_minimum: u128,
}

impl Default for StakeRules {
	fn default() -> Self {
		StakeRules {
			validator_bond: 100_000 * ACI,
			verifier_bond: 50_000 * ACI,
			worker_base: 10_000 * ACI,
			worker_per_slot: 1_000 * ACI,
			worker_per_tflops_slot: ACI,
			liquidity_minimum: 1_000 * ACI,
		}
	}
}

/// The bond in planck that a worker needs for `slots` slots of a class whose peak is
/// `peak_flops_per_second`: `base + per_slot·slots + ceil(per_tflops_slot · peak·slots / 10^12)`.
///
/// Saturates at `u128::MAX`, a bond that nobody can post, so an absurd declaration is refused.
///
/// ```
/// use aci_market::stake::{worker_bond_required, StakeRules, ACI};
/// // Eight slots of a class with 989 TFLOP/s.
/// let bond = worker_bond_required(&StakeRules::default(), 8, 989_000_000_000_000);
/// assert_eq!(bond, (10_000 + 8 * 1_000 + 8 * 989) * ACI);
/// ```
pub fn worker_bond_required(rules: &StakeRules, slots: u32, peak_flops_per_second: u64) -> u128 {
	let slots = u128::from(slots);
	// Below 2^96: a `u32` times a `u64`.
	let declared = slots.saturating_mul(u128::from(peak_flops_per_second));
	// The divisor is not zero, so the only error is a quotient beyond `u128`.
	let speed =
		mul_div_ceil(rules.worker_per_tflops_slot, declared, FLOPS_PER_TFLOPS).unwrap_or(u128::MAX);
	rules
		.worker_base
		.saturating_add(rules.worker_per_slot.saturating_mul(slots))
		.saturating_add(speed)
}

/// The largest sum of prices, in planck, of a worker's jobs whose fraud window is open:
/// `floor(bond / 4.2)`.
///
/// ```
/// assert_eq!(aci_market::stake::exposure_limit(42), 10);
/// assert_eq!(aci_market::stake::exposure_limit(41), 9);
/// ```
pub fn exposure_limit(bond: u128) -> u128 {
	// 4.2 = 21/5. With `bond = 21·a + b`, `floor(5·bond / 21) = 5·a + floor(5·b / 21)`, and
	// `5·a ≤ bond`, so nothing saturates.
	(bond / 21)
		.saturating_mul(5)
		.saturating_add((bond % 21).saturating_mul(5) / 21)
}

/// What a bond can be slashed for.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Offence {
	/// An output that a verdict proved wrong.
	WrongOutput,
	/// An attestation that does not verify.
	InvalidAttestation,
	/// No result by twice the SLA.
	Timeout,
	/// A quality score below the threshold in an epoch, after enough judged jobs.
	QualityBelowThreshold,
	/// Two accounts that used one attested device at the same time.
	Sybil,
	/// A validator that signed two things of which it may sign one.
	Equivocation,
	/// A verifier that stated what is not so: it approved a wrong output unseen, or contradicted what
	/// an exact check shows.
	FalseVerdict,
	/// A verifier that did not deliver: a verdict that it had drawn, its seed, or its vote.
	VerifierAbsence,
}

/// The share of the bond that each offence costs, in parts per billion. A share above one billion
/// counts as one billion.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SlashTable {
	/// Share for [`Offence::WrongOutput`].
	pub wrong_output: u32,
	/// Share for [`Offence::InvalidAttestation`].
	pub invalid_attestation: u32,
	/// Share for [`Offence::Timeout`].
	pub timeout: u32,
	/// Share for [`Offence::QualityBelowThreshold`], per epoch.
	pub quality_below_threshold: u32,
	/// Share for [`Offence::Sybil`].
	pub sybil: u32,
	/// Share for [`Offence::FalseVerdict`].
	pub false_verdict: u32,
	/// Share for [`Offence::VerifierAbsence`], each time.
	pub verifier_absence: u32,
}

impl Default for SlashTable {
	/// The paper's: 100 %, 50 %, 10 %, 5 %, 100 %. Its table has no rows for verifiers: a false verdict
	/// costs what a wrong output does, an absence 1 %.
	fn default() -> Self {
		SlashTable {
			wrong_output: 1_000_000_000,
			invalid_attestation: 500_000_000,
			timeout: 100_000_000,
			quality_below_threshold: 50_000_000,
			sybil: 1_000_000_000,
			false_verdict: 1_000_000_000,
			verifier_absence: 10_000_000,
		}
	}
}

impl SlashTable {
	/// The share of the bond for an offence, in parts per billion, at most one billion.
	pub fn share(&self, offence: Offence) -> u32 {
		let share = match offence {
			Offence::WrongOutput => self.wrong_output,
			Offence::InvalidAttestation => self.invalid_attestation,
			Offence::Timeout => self.timeout,
			Offence::QualityBelowThreshold => self.quality_below_threshold,
			Offence::Sybil => self.sybil,
			Offence::FalseVerdict => self.false_verdict,
			Offence::VerifierAbsence => self.verifier_absence,
			// Table 2 has no row for it. Consensus states the share with each report, and that
			// depends on how many offended together; this is the most that it can be.
			Offence::Equivocation => PARTS_PER_BILLION,
		};
		share.min(PARTS_PER_BILLION)
	}

	/// The slash of a bond for an offence, in planck: `ceil(bond · share)`, at most the bond.
	pub fn amount(&self, bond: u128, offence: Offence) -> u128 {
		let share = u128::from(self.share(offence));
		// The share is at most the whole, so the quotient is at most the bond and never an error.
		mul_div_ceil(bond, share, u128::from(PARTS_PER_BILLION))
			.unwrap_or(bond)
			.min(bond)
	}
}

/// [`SlashTable::amount`] with the default table.
///
/// ```
/// use aci_market::stake::{slash_amount, Offence};
/// assert_eq!(slash_amount(1_001, Offence::Timeout), 101);
/// assert_eq!(slash_amount(1_001, Offence::WrongOutput), 1_001);
/// ```
pub fn slash_amount(bond: u128, offence: Offence) -> u128 {
	SlashTable::default().amount(bond, offence)
}

/// How a worker's quality score moves. Scores and weights are in parts per million.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct QualityRules {
	/// Weight of a new result. The old score has the rest. At most one million.
	pub weight: u32,
	/// The score of a worker without a judged job.
	pub neutral_start: u32,
	/// A score below this can be slashed.
	pub threshold: u32,
	/// Judged jobs before a low score can be slashed.
	pub judged_before_slash: u32,
}

impl Default for QualityRules {
	/// Weight 0.1, start 0.8, threshold 0.5 after 20 judged jobs.
	fn default() -> Self {
		QualityRules {
			weight: 100_000,
			neutral_start: 800_000,
			threshold: 500_000,
			judged_before_slash: 20,
		}
	}
}

impl QualityRules {
	/// The score after a judged job: `weight·result + (1 − weight)·quality`, rounded toward the
	/// result, so that a repeated result is reached and not only approached.
	///
	/// `quality` and `result` are in parts per million; larger values count as one million.
	pub fn update(&self, quality: u32, result: u32) -> u32 {
		let whole = PARTS_PER_MILLION;
		let (quality, result, weight) = (
			quality.min(whole),
			result.min(whole),
			self.weight.min(whole),
		);
		// At most 10^12: no overflow in 64 bits.
		let sum = u64::from(result)
			.saturating_mul(u64::from(weight))
			.saturating_add(
				u64::from(quality).saturating_mul(u64::from(whole.saturating_sub(weight))),
			);
		let divisor = u64::from(whole);
		let rounded = if result > quality {
			sum.div_ceil(divisor)
		} else {
			sum / divisor
		};
		// An average of two values that are at most one million.
		u32::try_from(rounded).unwrap_or(whole)
	}

	/// The score after an epoch of absence: it moves toward the neutral start, and a score at or
	/// above the threshold does not fall below it.
	pub fn absence(&self, quality: u32) -> u32 {
		let quality = quality.min(PARTS_PER_MILLION);
		let moved = self.update(quality, self.neutral_start);
		moved.max(quality.min(self.threshold))
	}

	/// Whether a score after so many judged jobs is an offence.
	pub fn is_offence(&self, quality: u32, judged_jobs: u32) -> bool {
		judged_jobs >= self.judged_before_slash && quality < self.threshold
	}
}

/// [`QualityRules::update`] with the default rules: `0.1·result + 0.9·quality`.
///
/// ```
/// use aci_market::stake::quality_update;
/// assert_eq!(quality_update(800_000, 1_000_000), 820_000);
/// assert_eq!(quality_update(800_000, 0), 720_000);
/// ```
pub fn quality_update(quality: u32, result: u32) -> u32 {
	QualityRules::default().update(quality, result)
}
