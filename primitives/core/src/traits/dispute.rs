//! Disputes: who decides them, and what a decision does.

use crate::JobId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// How a dispute was decided.
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
pub enum DisputeVerdict {
	/// The output is what the order asked for. The worker is paid, the disputer loses its bond.
	#[codec(index = 0)]
	Right,
	/// The output is wrong, and it is proven exactly: the client is refunded, the worker slashed.
	#[codec(index = 1)]
	Wrong,
	/// The output is judged wrong under a tolerant profile: the client is refunded and the worker's
	/// quality falls; nobody is slashed on one such judgement.
	#[codec(index = 2)]
	Doubtful,
}

/// Who decides disputes: committees of verifiers. Until a chain has them, nobody or governance.
pub trait DisputeCommittee {
	/// Whether disputes can be decided at all. Without it none can be opened.
	fn available() -> bool;
	/// Draws a committee for a dispute, for the `draw`th time, counted from one. Its decision comes
	/// through [`Verdicts`]; when none comes within the dispute's deadline there is a fresh draw.
	fn convene(job: &JobId, draw: u8);
	/// A dispute has ended; nothing more is expected of its committee. `decided` is false when the
	/// last draw ended without a decision, so that absence can be punished.
	fn dismiss(job: &JobId, decided: bool);
}

/// Nobody decides: no dispute can be opened.
impl DisputeCommittee for () {
	fn available() -> bool {
		false
	}
	fn convene(_: &JobId, _: u8) {}
	fn dismiss(_: &JobId, _: bool) {}
}

/// What a decision does. Implemented by the jobs pallet.
pub trait Verdicts {
	/// Opens a dispute on behalf of a sampled verifier that found the output wrong: without a bond,
	/// and it need not be the client's. Fails when the job has no result, its window is over, or it is
	/// disputed or decided already.
	fn challenge(job: &JobId) -> DispatchResult;
	/// Ends a dispute. Fails when the job has no open dispute.
	fn decide(job: &JobId, verdict: DisputeVerdict) -> DispatchResult;
	/// Proof of a wrong output from elsewhere (sampled verification) within the fraud window:
	/// refunds the client, of the lock where it is not released, else as a claim on the slash.
	/// Fails when the job has no result or its window is over.
	fn convict(
		job: &JobId,
		verdict: DisputeVerdict,
		evidence: crate::Hash,
		reporter: Option<crate::AccountId>,
	) -> DispatchResult;
}

/// There are no jobs: every verdict is refused.
impl Verdicts for () {
	fn challenge(_: &JobId) -> DispatchResult {
		Err(DispatchError::Unavailable)
	}
	fn decide(_: &JobId, _: DisputeVerdict) -> DispatchResult {
		Err(DispatchError::Unavailable)
	}
	fn convict(
		_: &JobId,
		_: DisputeVerdict,
		_: crate::Hash,
		_: Option<crate::AccountId>,
	) -> DispatchResult {
		Err(DispatchError::Unavailable)
	}
}

/// What the exact referee finds.
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
pub enum Finding {
	/// The transcript proves the output.
	#[codec(index = 0)]
	Right,
	/// The transcript proves that the output is another one.
	#[codec(index = 1)]
	Wrong,
	/// There is no referee for this job, or it has not decided. A committee does.
	#[codec(index = 2)]
	NotAvailable,
}

/// The last resort of a dispute: integer execution with a committed transcript whose matrix products
/// anybody can check. A finding stands above a committee's votes and is exact, whatever the profile.
pub trait ExactReferee {
	/// What it finds on a job's output.
	fn finding(job: &JobId) -> Finding;
}

/// There is no referee: committees decide.
impl ExactReferee for () {
	fn finding(_: &JobId) -> Finding {
		Finding::NotAvailable
	}
}
