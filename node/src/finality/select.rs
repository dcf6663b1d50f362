//! The selected engine's fork choice.

use crate::service::FullBackend;
use aci_node_finality::chain::select::FinalitySelectChain;
use aci_runtime::{opaque::Block, BlockNumber, Hash, Header};
use sc_consensus::LongestChain;
use sp_consensus::Error;

/// The fork choice of the engine that the specification selects.
#[derive(Clone)]
pub enum SelectChain {
	/// The longest branch of the block that the gadget follows.
	HotStuff(FinalitySelectChain<Block, FullBackend>),
	/// The longest chain that contains the last finalised block.
	Grandpa(LongestChain<FullBackend, Block>),
}

#[async_trait::async_trait]
impl sp_consensus::SelectChain<Block> for SelectChain {
	async fn leaves(&self) -> Result<Vec<Hash>, Error> {
		match self {
			SelectChain::HotStuff(select) => select.leaves().await,
			SelectChain::Grandpa(select) => select.leaves().await,
		}
	}

	async fn best_chain(&self) -> Result<Header, Error> {
		match self {
			SelectChain::HotStuff(select) => select.best_chain().await,
			SelectChain::Grandpa(select) => select.best_chain().await,
		}
	}

	async fn finality_target(
		&self,
		base: Hash,
		highest: Option<BlockNumber>,
	) -> Result<Hash, Error> {
		match self {
			SelectChain::HotStuff(select) => select.finality_target(base, highest).await,
			SelectChain::Grandpa(select) => select.finality_target(base, highest).await,
		}
	}
}
