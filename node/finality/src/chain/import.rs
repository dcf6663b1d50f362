//! Blocks and justifications that come in.
//!
//! # Guarantees
//!
//! 1. A block that announces a change is written together with the note that the change waits for
//!    finality, and the note is in memory before anyone can learn of the block.
//! 2. Such a block asks sync for its justification until it is final; after a restart again.
//! 3. Justifications of other engines are passed over: a queue has one justification import.
//! 4. A block never fails to import because of a bad justification beside it.

use super::{
	digest::change_of, finalise::crosses_period, store, tree, Authorities, FinalityBlock,
	FinalityChain, FinalityClient, LOG_TARGET,
};
use crate::interface::FinaliseError;
use aci_finality::{api::FinalityApi, CertificateError, Ed25519, Justification, Target, ENGINE_ID};
use codec::DecodeAll;
use sc_client_api::Backend;
use sc_consensus::{
	BlockCheckParams, BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult,
	JustificationImport,
};
use sp_blockchain::{BlockStatus, HeaderBackend};
use sp_consensus::{BlockOrigin, Error as ConsensusError};
use sp_runtime::{traits::Header as HeaderT, Justification as EngineJustification, Justifications};
use std::sync::Arc;

/// The block import and justification import of the gadget, over the client.
pub struct FinalityBlockImport<Block, BE, Client> {
	chain: Arc<FinalityChain<Block, BE, Client>>,
}

impl<Block, BE, Client> Clone for FinalityBlockImport<Block, BE, Client> {
	fn clone(&self) -> Self {
		FinalityBlockImport::new(self.chain.clone())
	}
}

impl<Block, BE, Client> FinalityBlockImport<Block, BE, Client> {
	pub(super) fn new(chain: Arc<FinalityChain<Block, BE, Client>>) -> Self {
		FinalityBlockImport { chain }
	}
}

fn refused(error: impl ToString) -> ConsensusError {
	ConsensusError::ClientImport(error.to_string())
}

/// This engine's justification among `justifications`, if it decodes and is for `target`.
fn own(justifications: Option<&Justifications>, target: &Target) -> Option<Justification> {
	let bytes = justifications?.get(ENGINE_ID)?;
	Justification::decode_all(&mut &bytes[..])
		.ok()
		.filter(|justification| justification.target() == *target)
}

fn extend<Block: FinalityBlock>(block: &mut BlockImportParams<Block>, entries: store::Entries) {
	let entries = entries.into_iter().map(|(key, value)| (key, Some(value)));
	block.auxiliary.extend(entries);
}

impl<Block, BE, Client> FinalityBlockImport<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	/// Imports a block with its whole state, which sync has proved to be final, and takes the
	/// authority set from that state.
	async fn import_state(
		&self,
		mut block: BlockImportParams<Block>,
		target: Target,
	) -> Result<ImportResult, ConsensusError> {
		let chain = &self.chain;
		block.finalized = true;
		let justification = own(block.justifications.as_ref(), &target);
		if let Some(justification) = &justification {
			let mut entries = vec![store::newest_entry(justification)];
			if change_of(&block.header).map_err(refused)?.is_some() {
				entries.push(store::end_entry(justification.certificate.set, &target));
			}
			extend(&mut block, entries);
		}
		let result = chain.client().import_block(block).await?;
		if matches!(result, ImportResult::Imported(_)) {
			let set =
				super::runtime_set::<Block, _>(chain.client(), target.hash).map_err(refused)?;
			let id = set.id();
			let authorities = Authorities::new(set, target);
			{
				let _writer = chain.writers.shared_data();
				store::write(
					chain.client(),
					&vec![store::authorities_entry(&authorities)],
				)
				.map_err(refused)?;
				*chain.authorities.write() = authorities;
				if justification.is_some() {
					*chain.newest.write() = justification;
				}
				*chain.waiting.write() = None;
				*chain.followed.write() = None;
			}
			chain.notify_change(id);
		}
		Ok(result)
	}

	/// Imports a block below the last finalised one: part of the past of a node that joined later,
	/// or of a branch that died. Where it ended a set, notes that.
	async fn import_old(
		&self,
		mut block: BlockImportParams<Block>,
		target: Target,
	) -> Result<ImportResult, ConsensusError> {
		let chain = &self.chain;
		if change_of(&block.header).map_err(refused)?.is_some() {
			let justification = own(block.justifications.as_ref(), &target).ok_or_else(|| {
				refused(format!(
					"block {} changes the authorities and is below the last finalised block, but \
					comes without its justification",
					target.number
				))
			})?;
			let id = justification.certificate.set;
			let current = chain.authorities().set().clone();
			// Sync made sure that the block is an ancestor of a final one. The justification is for
			// others, who ask for it; it is noted where its set is known.
			if id < current.id() {
				let set = store::set_of(chain.client(), chain.blocks(), &current, id);
				if let Some(set) = set.map_err(refused)? {
					justification
						.verify::<Ed25519>(chain.genesis_hash(), &set)
						.map_err(|error| {
							refused(format!(
								"the justification of block {} does not verify: {error:?}",
								target.number
							))
						})?;
					if store::end_of(chain.client(), id)
						.map_err(refused)?
						.is_none()
					{
						extend(&mut block, vec![store::end_entry(id, &target)]);
					}
				}
			}
		}
		chain.client().import_block(block).await
	}

	/// Imports a block of a warp proof: sync has verified it, and only its place as the end of a
	/// set is noted.
	async fn import_proved(
		&self,
		mut block: BlockImportParams<Block>,
		target: Target,
	) -> Result<ImportResult, ConsensusError> {
		if change_of(&block.header).map_err(refused)?.is_some() {
			if let Some(justification) = own(block.justifications.as_ref(), &target) {
				let set = justification.certificate.set;
				extend(&mut block, vec![store::end_entry(set, &target)]);
			}
		}
		self.chain.client().import_block(block).await
	}

	/// Imports a block above the last finalised one.
	async fn import_new(
		&self,
		mut block: BlockImportParams<Block>,
		target: Target,
	) -> Result<ImportResult, ConsensusError> {
		let chain = &self.chain;
		let changes = change_of(&block.header).map_err(refused)?.is_some();
		let justifications = block.justifications.take();
		let parent = Target {
			number: target.number.saturating_sub(1),
			hash: *block.header.parent_hash(),
		};
		let followed = *chain.followed.read();
		let best = tree::becomes_best(chain.blocks(), followed, &target, &parent);
		block.fork_choice = Some(ForkChoiceStrategy::Custom(best));

		let result = if changes {
			// Until the block is written, nobody else may write the authorities.
			let _writer = chain.writers.shared_data_locked().release_mutex();
			let (announced, entry) = {
				let mut authorities = chain.authorities.write();
				let announced = authorities.announce(target).map_err(refused)?;
				(announced, store::authorities_entry(&authorities))
			};
			extend(&mut block, vec![entry]);
			let result = chain.client().import_block(block).await;
			if announced && !matches!(result, Ok(ImportResult::Imported(_))) {
				chain.authorities.write().withdraw(&target);
			}
			result
		} else {
			chain.client().import_block(block).await
		};
		let mut aux = match result? {
			ImportResult::Imported(aux) => aux,
			other => return Ok(other),
		};

		let finalised = chain.blocks().info().finalized_number;
		let wanted = changes || crosses_period(finalised, target.number);
		if let Some(justification) = own(justifications.as_ref(), &target).filter(|_| wanted) {
			if let Err(error) = chain.apply(justification) {
				log::debug!(
					target: LOG_TARGET,
					"the justification that came with block {} was not applied: {error}",
					target.number,
				);
				// One of a later set is not bad: the changes before it are not final yet.
				aux.bad_justification = changes
					&& !matches!(
						error,
						FinaliseError::Invalid(CertificateError::OtherSet)
							| FinaliseError::Client(_)
					);
			}
		}
		chain.apply_waiting(&target);
		aux.needs_justification = changes && target.number > chain.blocks().info().finalized_number;
		Ok(ImportResult::Imported(aux))
	}
}

#[async_trait::async_trait]
impl<Block, BE, Client> BlockImport<Block> for FinalityBlockImport<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	type Error = ConsensusError;

	async fn check_block(
		&self,
		block: BlockCheckParams<Block>,
	) -> Result<ImportResult, ConsensusError> {
		self.chain.client().check_block(block).await
	}

	async fn import_block(
		&self,
		mut block: BlockImportParams<Block>,
	) -> Result<ImportResult, ConsensusError> {
		let chain = &self.chain;
		let target = Target {
			number: *block.header.number(),
			hash: block.post_hash(),
		};
		match chain.blocks().status(target.hash).map_err(refused)? {
			BlockStatus::InChain => {
				// What is known of it is known; a body may be added.
				block.justifications = None;
				chain.client().import_block(block).await
			}
			BlockStatus::Unknown if block.with_state() => self.import_state(block, target).await,
			BlockStatus::Unknown if block.origin == BlockOrigin::WarpSync => {
				self.import_proved(block, target).await
			}
			BlockStatus::Unknown if target.number <= chain.blocks().info().finalized_number => {
				self.import_old(block, target).await
			}
			BlockStatus::Unknown => self.import_new(block, target).await,
		}
	}
}

#[async_trait::async_trait]
impl<Block, BE, Client> JustificationImport<Block> for FinalityBlockImport<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	type Error = ConsensusError;

	async fn on_start(&mut self) -> Vec<(Block::Hash, u32)> {
		let finalised = self.chain.blocks().info().finalized_number;
		self.chain
			.authorities()
			.pending()
			.iter()
			.filter(|pending| {
				pending.number > finalised && tree::held(self.chain.blocks(), pending)
			})
			.map(|pending| (pending.hash, pending.number))
			.collect()
	}

	async fn import_justification(
		&mut self,
		hash: Block::Hash,
		number: u32,
		(engine, bytes): EngineJustification,
	) -> Result<(), ConsensusError> {
		if engine != ENGINE_ID {
			return Ok(());
		}
		let justification = Justification::decode_all(&mut &bytes[..])
			.map_err(|_| ConsensusError::InvalidJustification)?;
		if justification.target() != (Target { number, hash }) {
			return Err(ConsensusError::InvalidJustification);
		}
		let outdated = justification.certificate.set < self.chain.authorities().set().id();
		match self.chain.apply(justification) {
			Ok(_) => Ok(()),
			Err(FinaliseError::Invalid(_)) if outdated => {
				Err(ConsensusError::OutdatedJustification)
			}
			Err(FinaliseError::Invalid(_)) => Err(ConsensusError::InvalidJustification),
			Err(error) => Err(refused(error)),
		}
	}
}
