//! Who checks which job, and what a check is paid (§3.3, Algorithm 2 of the paper).
//!
//! Before an epoch begins each verifier commits to a secret seed. A job is its to check when a hash
//! over the seed, the job and the job's *anchor*, the hash of the block after the one that took the
//! receipt, is below the job's rate. After the epoch the seed is revealed and everybody recomputes
//! the list.
//!
//! # Guarantees
//!
//! 1. Until the reveal nobody but the verifier can tell its jobs: the selection is a function of the
//!    seed, which only its commitment is known of. A seed is one verifier's, one epoch's and one
//!    chain's.
//! 2. Nobody chooses alone: the seed is fixed before the job is, and the anchor after the receipt. A
//!    verifier together with the author of the anchor can; that verifier could as well lie.
//! 3. A job is selected with probability `rate / 10^9` up to 2^-64.
//! 4. [`rate`] is never below [`rate_of_exposure`], so never below the paper's 0.003: one honest
//!    verifier alone gives Theorem 1. Budget and quality only raise it.
//! 5. What all verifiers together expect for the checks of one job is at most the stated share of its
//!    price: `tariff × rate × verifiers <= price × share`. With the verifiers' own share of a payment
//!    nobody earns by ordering from himself and checking himself.
//! 6. The commitment to a set of canaries fixes each job of it and what its output is.
//!
//! The paper has neither seeds nor canaries; who picks its sample is left open there.

use aci_market::fixed::mul_div_floor;
use aci_primitives::{domain::tagged_hash, AccountId, Hash, JobId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

use crate::detection::{rate_of_exposure, sampling_rate, LEAST_RATE, ONE};

/// Hash domain of a commitment to a seed.
const SEED: &[u8] = b"aci/verifier-seed/1";
/// Hash domain of a selection.
const SELECTION: &[u8] = b"aci/selection/1";
/// Hash domain of a commitment to canaries.
const CANARIES: &[u8] = b"aci/canaries/1";
/// A quality score of one, in parts per million.
const WHOLE_QUALITY: u32 = 1_000_000;

/// A job with a known answer, which the protocol itself ordered and ran.
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
#[scale_info(capture_docs = "always")]
pub struct Canary {
	/// The job.
	pub job: JobId,
	/// Whether its output is wrong, so that a check must fail.
	pub wrong: bool,
}

/// What a verifier commits to for an epoch.
pub fn seed_commitment(genesis: &Hash, verifier: &AccountId, epoch: u32, seed: &H256) -> H256 {
	tagged_hash(SEED, &(genesis, verifier, epoch, seed))
}

/// What a set of canaries is committed to by, before any of its jobs is matched. The salt keeps it
/// from being guessed.
pub fn canary_commitment(genesis: &Hash, salt: &H256, canaries: &[Canary]) -> H256 {
	tagged_hash(CANARIES, &(genesis, salt, canaries))
}

/// Whether a job is a verifier's to check, at a rate in parts per billion.
pub fn selected(seed: &H256, job: &JobId, anchor: &Hash, rate: u32) -> bool {
	let hash = tagged_hash(SELECTION, &(seed, job, anchor));
	let [a, b, c, d, e, f, g, h, ..] = hash.0;
	let word = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
	// Both factors are below 2^64: the quotient is below one billion.
	let place = (u128::from(word) * u128::from(ONE)) >> 64;
	place < u128::from(rate)
}

/// What is known when a job is matched.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
	/// The job's price, in planck.
	pub price: u128,
	/// The worker's bond less what its other jobs expose, in planck.
	pub free_bond: u128,
	/// The worker's quality in parts per million.
	pub quality: u32,
	/// Verifiers that check the job's class in this epoch.
	pub verifiers: u32,
}

/// How much is checked, and what it costs.
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
#[scale_info(capture_docs = "always")]
pub struct Budget {
	/// The share of all compute that checks may cost, in parts per billion.
	pub compute: u32,
	/// What a check costs of what the generation cost, in parts per billion.
	pub ratio: u32,
	/// The most of a job's price that is expected to be paid for its checks, in parts per billion.
	pub share: u32,
}

/// The rate in parts per billion at which each verifier draws a job: by the worker's exposure, or the
/// verifier's part of what the budget buys where that is more. A quality below the whole raises the
/// budget's part, up to twice.
pub fn rate(facts: &Facts, budget: &Budget) -> u32 {
	let exposure = rate_of_exposure(facts.price, facts.free_bond);
	// A budget above one, or a check for nothing, is a rule that cannot be: then the floor holds.
	let bought = sampling_rate(budget.compute.min(ONE), budget.ratio.into()).unwrap_or(LEAST_RATE);
	let missing = WHOLE_QUALITY.saturating_sub(facts.quality);
	// Below 2^30 × 2^21.
	let raised = u64::from(bought) * u64::from(WHOLE_QUALITY.saturating_add(missing))
		/ u64::from(WHOLE_QUALITY)
		/ u64::from(facts.verifiers.max(1));
	exposure.max(u32::try_from(raised).unwrap_or(ONE)).min(ONE)
}

/// What one check of a job is paid, in planck, rounded down: its cost, and at most what keeps guarantee
/// 5.
pub fn tariff(price: u128, rate: u32, verifiers: u32, budget: &Budget) -> u128 {
	let checks = u128::from(rate.max(1)) * u128::from(verifiers.max(1));
	let most = mul_div_floor(price, budget.share.into(), checks).unwrap_or(u128::MAX);
	most.min(cost(price, budget))
}

/// What one member of a committee is paid for its vote, in planck, rounded down: the check's cost, and
/// at most its part of the share.
pub fn vote_tariff(price: u128, members: u32, budget: &Budget) -> u128 {
	let whole = u128::from(ONE) * u128::from(members.max(1));
	let most = mul_div_floor(price, budget.share.into(), whole).unwrap_or(u128::MAX);
	most.min(cost(price, budget))
}

fn cost(price: u128, budget: &Budget) -> u128 {
	mul_div_floor(price, budget.ratio.into(), ONE.into()).unwrap_or(u128::MAX)
}
