//! What a client asks a node, without a transaction. The runtime answers from all pallets.

// The macro makes items of its own, without documentation.
#![allow(missing_docs)]

use crate::types::Dispute;
use aci_market::Pool;
use aci_primitives::{
	job::JobView,
	model::RegisteredModel,
	traits::Quote,
	view::{EscrowView, QuoteError, StakeView},
	worker::WorkerView,
	AccountId, BlockHistory, BlockNumber, Class, ClassId, HistoryLeaf, HistoryProof, JobId,
	JobSpec, ModelId, ReservationId, SignedReceipt,
};
use alloc::vec::Vec;

sp_api::decl_runtime_apis! {
	/// Jobs, workers, prices and accounts. Lists hold at most 100 records.
	pub trait AciApi {
		/// An indicative price of an order, or why it cannot be submitted as it is.
		fn quote(spec: JobSpec) -> Result<Quote, QuoteError>;

		/// A job, until its record is pruned.
		fn job(id: JobId) -> Option<JobView>;

		/// The jobs of a client, in the order of storage; those after `after` when it is given.
		fn jobs_of(client: AccountId, after: Option<JobId>, limit: u32) -> Vec<JobView>;

		/// The open jobs of a class, those that are tried next first.
		fn open_jobs(class: ClassId, offset: u32, limit: u32) -> Vec<JobView>;

		/// The jobs that occupy a worker's slots.
		fn assigned_jobs(worker: AccountId) -> Vec<JobView>;

		/// A worker.
		fn worker(account: AccountId) -> Option<WorkerView>;

		/// The workers of a class.
		fn workers(class: ClassId, offset: u32, limit: u32) -> Vec<WorkerView>;

		/// A job's open dispute. Its deadline is the job's.
		fn dispute(job: JobId) -> Option<Dispute>;

		/// The reservation that pays for a job.
		fn reservation_of(job: JobId) -> Option<ReservationId>;

		/// Root and number of the jobs that ended in a block.
		fn history(block: BlockNumber) -> Option<BlockHistory>;

		/// Whether a job ended as the leaf says: at `index` among those of the leaf's block.
		fn verify_history(index: u32, leaf: HistoryLeaf, proof: HistoryProof) -> bool;

		/// A class.
		fn class(id: ClassId) -> Option<Class>;

		/// All classes.
		fn classes() -> Vec<(ClassId, Class)>;

		/// The pool of a class.
		fn pool(class: ClassId) -> Option<Pool>;

		/// The receipt of a job, until its record is pruned.
		fn receipt(job: JobId) -> Option<SignedReceipt>;

		/// A registered model.
		fn model(id: ModelId) -> Option<RegisteredModel>;

		/// The registered models.
		fn models() -> Vec<(ModelId, RegisteredModel)>;

		/// An account's bonds.
		fn stakes(account: AccountId) -> Vec<StakeView>;

		/// An account's escrow.
		fn escrow(account: AccountId) -> EscrowView;
	}
}
