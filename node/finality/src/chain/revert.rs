//! Taking back blocks that are not final.

use super::{store, Authorities, FinalityBlock};
use sc_client_api::AuxStore;
use sp_blockchain::{Error, HeaderBackend};
use std::sync::Arc;

/// Forgets the announced changes in the `blocks` highest blocks, which are about to be taken back.
/// Final blocks stay, and so does the set in force. Votes stay in the vote record: an authority may
/// not take back what it signed.
pub fn revert<Block, Client>(client: Arc<Client>, blocks: u32) -> Result<(), Error>
where
	Block: FinalityBlock,
	Client: AuxStore + HeaderBackend<Block>,
{
	let info = client.info();
	let revertible = info.best_number.saturating_sub(info.finalized_number);
	let highest = info.best_number.saturating_sub(blocks.min(revertible));
	let mut authorities: Authorities = store::load(&*client, || {
		Err(Error::Backend(
			"the database has no data of the finality gadget: start the node once first".into(),
		))
	})?;
	authorities.revert(highest);
	store::write(&*client, &vec![store::authorities_entry(&authorities)])
}
