//! The seam to the chain for the work on jobs.

use aci_chain::{ChainError, DeclineReason};
use aci_primitives::{job::JobView, Job, JobId, JobOutput, SignedReceipt};
use std::future::Future;

/// What the work on jobs asks of the chain, in the name of one worker.
///
/// Reads see the effects of the calls that returned before them. A call returns when it is in a
/// block, or with the reason why it is not known to be.
pub trait ChainAccess: Send + Sync + 'static {
	/// A job's record, `None` once it is pruned.
	fn job(&self, id: JobId) -> impl Future<Output = Result<Option<Job>, ChainError>> + Send;

	/// The jobs that occupy the worker's slots.
	fn assigned(&self) -> impl Future<Output = Result<Vec<JobView>, ChainError>> + Send;

	/// States that the worker holds a job's input.
	fn acknowledge(&self, id: JobId) -> impl Future<Output = Result<(), ChainError>> + Send;

	/// Gives a job back.
	fn decline(
		&self,
		id: JobId,
		reason: DeclineReason,
	) -> impl Future<Output = Result<(), ChainError>> + Send;

	/// Hands in a result.
	fn submit_result(
		&self,
		id: JobId,
		receipt: SignedReceipt,
		output: JobOutput,
	) -> impl Future<Output = Result<(), ChainError>> + Send;
}
