//! Making a block and importing it, with a clock around each step.

use crate::{
	clock::{time, Span},
	host,
	node::Node,
};
use aci_runtime::{opaque::Block, BLOCK_TIME};
use anyhow::{ensure, Result};
use futures::executor::block_on;
use sc_block_builder::{BlockBuilderBuilder, BuiltBlock};
use sc_consensus::{
	BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult, StateAction, StorageChanges,
};
use sp_consensus::BlockOrigin;
use sp_consensus_aura::{
	digests::CompatibleDigestItem, inherents::INHERENT_IDENTIFIER as AURA,
	sr25519::AuthoritySignature, Slot,
};
use sp_inherents::InherentData;
use sp_runtime::{Digest, DigestItem};
use sp_timestamp::{Timestamp, INHERENT_IDENTIFIER as TIMESTAMP};
use std::time::Duration;

/// The slot of the measured block. The chain's clock starts with it.
const SLOT: u64 = 900_000_000;

/// How long an author took for a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Authoring {
	/// The start of the block: all hooks that begin it. Jobs are settled here.
	pub initialize: Span,
	/// The inherents.
	pub inherents: Span,
	/// The end of the block: all hooks that end it, and the root of the state.
	pub finalize: Span,
	/// Of that, the root of the state.
	pub root: Duration,
}

impl Authoring {
	/// The whole.
	pub fn total(&self) -> Span {
		self.initialize + self.inherents + self.finalize
	}
}

/// How long a node took to import another's block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Importing {
	/// From the block to its state in the database.
	pub total: Span,
	/// Of that, the root of the state.
	pub root: Duration,
}

/// Makes the block after the best one. Nothing is stored.
pub fn author(node: &Node) -> Result<(BuiltBlock<Block>, Authoring)> {
	let parent = node.best();
	let digest = Digest {
		logs: vec![
			<DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(Slot::from(
				SLOT,
			)),
		],
	};
	let mut data = InherentData::new();
	data.put_data(TIMESTAMP, &Timestamp::new(SLOT * BLOCK_TIME))?;
	data.put_data(AURA, &Slot::from(SLOT))?;

	host::take_root_time();
	let (builder, initialize) = time(|| {
		BlockBuilderBuilder::new(&node.client)
			.on_parent_block(parent)
			.fetch_parent_block_number(&node.client)?
			.with_inherent_digests(digest)
			.build()
	});
	let mut builder = builder?;
	let (pushed, inherents) = time(|| {
		for inherent in builder.create_inherents(data)? {
			builder.push(inherent)?;
		}
		Ok::<(), sp_blockchain::Error>(())
	});
	pushed?;
	let (built, finalize) = time(|| builder.build());
	let authoring = Authoring {
		initialize,
		inherents,
		finalize,
		root: host::take_root_time(),
	};
	Ok((built?, authoring))
}

/// Stores a block that this node made: its state is known, so nothing is executed.
pub fn store(node: &Node, built: BuiltBlock<Block>) -> Result<Span> {
	let (block, changes) = built.into_inner();
	let changes = StateAction::ApplyChanges(StorageChanges::Changes(changes));
	import_with(node, BlockOrigin::Own, block, changes)
}

/// Imports another's block: executes it, compares the root of the state, and stores it.
pub fn import(node: &Node, block: Block) -> Result<Importing> {
	host::take_root_time();
	let origin = BlockOrigin::NetworkBroadcast;
	let total = import_with(node, origin, block, StateAction::Execute)?;
	Ok(Importing {
		total,
		root: host::take_root_time(),
	})
}

fn import_with(
	node: &Node,
	origin: BlockOrigin,
	block: Block,
	action: StateAction<Block>,
) -> Result<Span> {
	let (header, body) = sp_runtime::traits::Block::deconstruct(block);
	let hash = header.hash();
	let mut parameters = BlockImportParams::new(origin, header);
	parameters.body = Some(body);
	parameters.state_action = action;
	parameters.fork_choice = Some(ForkChoiceStrategy::LongestChain);
	let (result, span) = time(|| block_on(node.client.import_block(parameters)));
	ensure!(
		matches!(result?, ImportResult::Imported(_)),
		"the block was not imported"
	);
	ensure!(
		node.best() == hash,
		"the imported block is not the best one"
	);
	Ok(span)
}
