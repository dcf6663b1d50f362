//! The chain's seam over a node.

use crate::access::ChainAccess;
use aci_chain::{Account, Call, Chain, ChainError, DeclineReason};
use aci_primitives::{job::JobView, Job, JobId, JobOutput, SignedReceipt};

/// The chain through a node, in the name of an account. Reads are of the best block, and a call
/// returns when it is in a best block.
#[derive(Clone, Debug)]
pub struct NodeAccess {
	chain: Chain,
	account: Account,
}

impl NodeAccess {
	/// Speaks for this account.
	pub fn new(chain: Chain, account: Account) -> Self {
		NodeAccess { chain, account }
	}

	async fn submit(&self, call: Call) -> Result<(), ChainError> {
		let included = self.chain.submit(&self.account, call).await?;
		tracing::debug!(block = included.block.number, "included");
		Ok(())
	}
}

impl ChainAccess for NodeAccess {
	async fn job(&self, id: JobId) -> Result<Option<Job>, ChainError> {
		Ok(self.chain.job(id).await?.map(|view| view.job))
	}

	async fn assigned(&self) -> Result<Vec<JobView>, ChainError> {
		self.chain.assigned_jobs(&self.account.id()).await
	}

	async fn acknowledge(&self, id: JobId) -> Result<(), ChainError> {
		self.submit(Call::acknowledge(id)).await
	}

	async fn decline(&self, id: JobId, reason: DeclineReason) -> Result<(), ChainError> {
		self.submit(Call::decline(id, reason)).await
	}

	async fn submit_result(
		&self,
		id: JobId,
		receipt: SignedReceipt,
		output: JobOutput,
	) -> Result<(), ChainError> {
		self.submit(Call::submit_result(id, receipt, output)).await
	}
}
