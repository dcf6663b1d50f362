//! Jobs that the chain's own accounts order: contracts, which have no key, cannot follow events, and
//! know of a model no more than its hash.

use crate::{AccountId, Balance, Hash, JobId, JobOutput, JobStatus, ModelId, Moment};
use alloc::vec::Vec;
use sp_runtime::DispatchError;

/// A run of a model that is ordered by the model's hash. Class, profile and the client's number of
/// the order are chosen for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferenceOrder {
	/// The model.
	pub model: ModelId,
	/// What it is fed, at most [`crate::job::MAX_INLINE`] bytes.
	pub input: Vec<u8>,
	/// The most tokens that the input may have, with what the model's template adds.
	pub max_tokens_in: u32,
	/// The most tokens that may be generated; zero for embeddings.
	pub max_tokens_out: u32,
	/// Sampling temperature in thousandths; zero is greedy.
	pub temperature: u32,
	/// The client's part of the seed.
	pub seed: Hash,
	/// Milliseconds from the acknowledgement to the result in which the full price is due.
	pub sla: Moment,
	/// The most that the client pays, in planck.
	pub max_price: Balance,
}

/// How a job stands, for whoever waits for its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobProgress {
	/// It has not ended.
	Pending,
	/// It has ended.
	Ended {
		/// How.
		status: JobStatus,
		/// What was paid for it, in planck.
		paid: Balance,
		/// The output, where it was verified and paid.
		output: Option<JobOutput>,
	},
	/// There is no record of it, or no longer.
	Unknown,
}

/// Orders jobs for accounts without a key, and tells how they stand. Implemented by the jobs pallet.
pub trait InferenceJobs {
	/// Price in planck, and a worker that is free, for a run of a model on an input of so many bytes.
	/// `None` when the model is unknown or nobody is free.
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)>;
	/// Orders a job for `client`, in the class that runs it for the least at present and has a free
	/// worker. Fails when there is none, when it costs more than the maximum, and where an order of
	/// the client's own would fail. The caller undoes what an error leaves.
	fn order(client: &AccountId, order: InferenceOrder) -> Result<JobId, DispatchError>;
	/// How a job stands.
	fn progress(job: &JobId) -> JobProgress;
}
