//! The branch that blocks are built on.
//!
//! # Guarantees
//!
//! 1. The best chain descends from the last finalised block, and from the block of the highest
//!    certificate that the voter has seen, once that block is held. Otherwise votes could not form
//!    for what is built.
//! 2. Within these bounds it is the longest.

use super::{
	tree::{anchor, best_leaf},
	FinalityBlock, Followed,
};
use aci_finality::Target;
use sc_client_api::Backend;
use sp_blockchain::HeaderBackend;
use sp_consensus::{Error as ConsensusError, SelectChain};
use std::{marker::PhantomData, sync::Arc};

/// Chooses the best chain.
pub struct FinalitySelectChain<Block, BE> {
	backend: Arc<BE>,
	followed: Followed,
	block: PhantomData<fn() -> Block>,
}

impl<Block, BE> Clone for FinalitySelectChain<Block, BE> {
	fn clone(&self) -> Self {
		FinalitySelectChain::new(self.backend.clone(), self.followed.clone())
	}
}

impl<Block, BE> FinalitySelectChain<Block, BE> {
	/// Chooses among the blocks of `backend` by what is `followed`.
	pub(super) fn new(backend: Arc<BE>, followed: Followed) -> Self {
		FinalitySelectChain {
			backend,
			followed,
			block: PhantomData,
		}
	}
}

fn lookup(error: sp_blockchain::Error) -> ConsensusError {
	ConsensusError::ChainLookup(error.to_string())
}

fn missing(hash: impl std::fmt::Debug) -> ConsensusError {
	ConsensusError::ChainLookup(format!("the header of block {hash:?} is missing"))
}

#[async_trait::async_trait]
impl<Block, BE> SelectChain<Block> for FinalitySelectChain<Block, BE>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
{
	async fn leaves(&self) -> Result<Vec<Block::Hash>, ConsensusError> {
		sp_blockchain::Backend::leaves(self.backend.blockchain()).map_err(lookup)
	}

	async fn best_chain(&self) -> Result<Block::Header, ConsensusError> {
		let blocks = self.backend.blockchain();
		let followed = *self.followed.read();
		let anchor = anchor(blocks, followed);
		let best = best_leaf(blocks, &anchor)
			.map_err(lookup)?
			.unwrap_or(anchor);
		blocks
			.header(best.hash)
			.map_err(lookup)?
			.ok_or_else(|| missing(best))
	}

	async fn finality_target(
		&self,
		base: Block::Hash,
		highest: Option<u32>,
	) -> Result<Block::Hash, ConsensusError> {
		let blocks = self.backend.blockchain();
		let number = blocks
			.number(base)
			.map_err(lookup)?
			.ok_or_else(|| missing(base))?;
		if highest.is_some_and(|highest| highest < number) {
			return Err(ConsensusError::ChainLookup(format!(
				"no block up to the wanted number descends from block {number}"
			)));
		}
		let base = Target { number, hash: base };
		let followed = anchor(blocks, *self.followed.read());
		// The followed branch first, where it goes through the base.
		let through = super::tree::descends(blocks, &base, &followed) == Some(true);
		let from = if through { followed } else { base };
		let mut target = best_leaf(blocks, &from).map_err(lookup)?.unwrap_or(base);
		while highest.is_some_and(|highest| target.number > highest) {
			let header = blocks
				.header(target.hash)
				.map_err(lookup)?
				.ok_or_else(|| missing(target))?;
			target = Target {
				number: target.number - 1,
				hash: *sp_runtime::traits::Header::parent_hash(&header),
			};
		}
		Ok(target.hash)
	}
}
