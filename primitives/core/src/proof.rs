//! Profiles: how an output can be checked again (§3.3 and §3.4 of the paper), and verdicts.

use crate::{AccountId, JobId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// How an output is checked again.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub enum ProfileKind {
	/// The same output hash, for deterministic models on one class of hardware.
	#[codec(index = 0)]
	Exact,
	/// Element-wise tolerance, for embeddings and logits.
	#[codec(index = 1)]
	Numeric,
	/// One teacher-forced prefill: activations and seeded sampling margins.
	#[codec(index = 2)]
	SampledText,
	/// Divergence of the output distribution from the reference.
	#[codec(index = 3)]
	Distribution,
}

/// A profile with the version of its calibrated thresholds.
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
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct Profile {
	/// The kind of check.
	pub kind: ProfileKind,
	/// Version of the thresholds that the output is to be judged by.
	pub calibration: u16,
}

/// What a check found.
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
pub enum Outcome {
	/// The output is what the model gives.
	#[codec(index = 0)]
	Pass,
	/// The output is not what the model gives.
	#[codec(index = 1)]
	Fail,
	/// Input, output or proof could not be had.
	#[codec(index = 2)]
	Unavailable,
}

/// A verifier's finding on one job.
///
/// `statistic` is the recomputed value at the positions that the verifier's seed draws, in the
/// profile's own fixed-point unit, so that approving unseen shows.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Verdict {
	/// The job that was checked.
	pub job: JobId,
	/// Who checked it.
	pub verifier: AccountId,
	/// What the check found.
	pub outcome: Outcome,
	/// The recomputed statistic.
	pub statistic: i64,
	/// Root over the evidence that the verifier keeps.
	pub evidence_root: H256,
}
