//! The selected engine's import of blocks and justifications.

use super::{grandpa, hotstuff};
use aci_runtime::{opaque::Block, BlockNumber, Hash};
use sc_consensus::{BlockCheckParams, BlockImportParams, ImportResult, JustificationImport};
use sp_consensus::Error;
use sp_runtime::Justification;

/// The import of the engine that the specification selects.
#[derive(Clone)]
pub enum BlockImport {
	/// Of the chain's own gadget.
	HotStuff(hotstuff::BlockImport),
	/// Of GRANDPA.
	Grandpa(grandpa::BlockImport),
}

#[async_trait::async_trait]
impl sc_consensus::BlockImport<Block> for BlockImport {
	type Error = Error;

	async fn check_block(&self, block: BlockCheckParams<Block>) -> Result<ImportResult, Error> {
		match self {
			BlockImport::HotStuff(import) => import.check_block(block).await,
			BlockImport::Grandpa(import) => import.check_block(block).await,
		}
	}

	async fn import_block(&self, block: BlockImportParams<Block>) -> Result<ImportResult, Error> {
		match self {
			BlockImport::HotStuff(import) => import.import_block(block).await,
			BlockImport::Grandpa(import) => import.import_block(block).await,
		}
	}
}

#[async_trait::async_trait]
impl JustificationImport<Block> for BlockImport {
	type Error = Error;

	async fn on_start(&mut self) -> Vec<(Hash, BlockNumber)> {
		match self {
			BlockImport::HotStuff(import) => import.on_start().await,
			BlockImport::Grandpa(import) => import.on_start().await,
		}
	}

	async fn import_justification(
		&mut self,
		hash: Hash,
		number: BlockNumber,
		justification: Justification,
	) -> Result<(), Error> {
		match self {
			BlockImport::HotStuff(import) => {
				import
					.import_justification(hash, number, justification)
					.await
			}
			BlockImport::Grandpa(import) => {
				// GRANDPA's own method of that name is another.
				JustificationImport::import_justification(import, hash, number, justification).await
			}
		}
	}
}
