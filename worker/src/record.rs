//! What is remembered of a job.
//!
//! ```text
//! Accepted ─→ InputHeld ─→ Acknowledged ─→ Ran ─→ Submitted ─→ Settled
//!     └─────→ Refused                                            │
//! any ─→ Ended ←─────────────────────────────────────────────────┘ (removed once pruned)
//! ```
//!
//! A stage is stored when it is reached and before anything is done that follows from it.

use aci_chain::DeclineReason;
use aci_primitives::{BlockNumber, BoundedBytes, Instant, Job, JobId, JobSpec, SignedReceipt};
use aci_transfer::ContentId;
use codec::{Decode, Encode};

/// A job's output as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Output {
	/// Short enough to go on chain.
	#[codec(index = 0)]
	Inline(BoundedBytes<{ aci_primitives::job::MAX_INLINE }>),
	/// In the content store, served from there.
	#[codec(index = 1)]
	Served(ContentId),
}

/// A finished run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Finished {
	/// What the session key signed.
	pub receipt: SignedReceipt,
	/// What the receipt's output hash stands for.
	pub output: Output,
}

/// Why nothing more is done for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Ending {
	/// The chain gave it to somebody else, or opened it again.
	#[codec(index = 0)]
	NotOurs,
	/// The client withdrew it, or it expired.
	#[codec(index = 1)]
	Withdrawn,
	/// No result in time.
	#[codec(index = 2)]
	TimedOut,
	/// It could not be run.
	#[codec(index = 3)]
	Failed,
	/// A verdict refunded the client.
	#[codec(index = 4)]
	Refunded,
	/// A result of this worker that this data directory does not hold stands on the chain.
	#[codec(index = 5)]
	ResultNotHeld,
}

/// How far a job is; see the module.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Stage {
	/// The chain matched it to this worker.
	#[codec(index = 0)]
	Accepted,
	/// It is to be given back.
	#[codec(index = 1)]
	Refused(DeclineReason),
	/// The input is here, checked, and fits the order.
	#[codec(index = 2)]
	InputHeld,
	/// The chain knows that the input is here.
	#[codec(index = 3)]
	Acknowledged,
	/// Output and signed receipt are stored.
	#[codec(index = 4)]
	Ran(Finished),
	/// The chain accepted the result.
	#[codec(index = 5)]
	Submitted(Finished),
	/// Paid. Input and output are served until the block.
	#[codec(index = 6)]
	Settled(Finished, BlockNumber),
	/// Nothing more is done.
	#[codec(index = 7)]
	Ended(Ending),
}

impl Stage {
	/// The finished run, if there is one.
	pub fn finished(&self) -> Option<&Finished> {
		match self {
			Stage::Ran(finished) | Stage::Submitted(finished) | Stage::Settled(finished, _) => {
				Some(finished)
			}
			_ => None,
		}
	}

	/// Name for logs.
	pub fn name(&self) -> &'static str {
		match self {
			Stage::Accepted => "accepted",
			Stage::Refused(_) => "refused",
			Stage::InputHeld => "input held",
			Stage::Acknowledged => "acknowledged",
			Stage::Ran(_) => "ran",
			Stage::Submitted(_) => "submitted",
			Stage::Settled(..) => "settled",
			Stage::Ended(_) => "ended",
		}
	}
}

/// A job as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct JobRecord {
	/// Its identity.
	pub id: JobId,
	/// What was ordered; the identity covers it, so it never changes.
	pub spec: JobSpec,
	/// When the chain matched it. A job that comes back here has another match.
	pub matched: Instant,
	/// How far it is.
	pub stage: Stage,
}

impl JobRecord {
	/// The record of a job that the chain matched, or `None` of one that has no worker.
	pub fn of(id: JobId, job: &Job) -> Option<Self> {
		Some(JobRecord {
			id,
			spec: job.spec.clone(),
			matched: job.assignment.as_ref()?.matched,
			stage: Stage::Accepted,
		})
	}

	/// What is to be stored when the chain lists this job as the worker's: a record that was
	/// given up or refused starts again when the match is a new one.
	pub fn rematched(&self, job: &Job) -> Option<Self> {
		let fresh = Self::of(self.id, job)?;
		let given_up = matches!(self.stage, Stage::Refused(_) | Stage::Ended(_));
		(given_up && fresh.matched != self.matched).then_some(fresh)
	}

	/// The content that the record names: input and output where they are not inline. The proof's is
	/// with the store ([`crate::store::Store::proof`]).
	pub fn contents(&self) -> Vec<ContentId> {
		let mut contents = Vec::new();
		if let aci_primitives::JobInput::Content(content) = &self.spec.input {
			contents.push(content_id(content));
		}
		if let Some(Output::Served(id)) = self.stage.finished().map(|finished| &finished.output) {
			contents.push(*id);
		}
		contents
	}
}

/// The identity of content that the chain names.
pub fn content_id(content: &aci_primitives::job::Content) -> ContentId {
	ContentId {
		sha256: content.sha256.0,
		tree_root: content.tree_root.0,
		length: content.length,
	}
}
