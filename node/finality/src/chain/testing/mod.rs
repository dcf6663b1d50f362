//! Block trees in memory, keys and justifications for tests.

pub mod client;

use super::tree;
use aci_finality::{
	certificate::PerAuthority, AuthorityId, AuthoritySet, BlockHash, ConsensusLog, Context,
	Justification, Phase, QuorumCertificate, SecondVote, SetId, Statement, Target, ENGINE_ID,
};
use codec::Encode;
use sc_client_api::{backend::NewBlockState, in_mem::Blockchain};
use sp_core::{crypto::Pair, ed25519};
use sp_runtime::{
	generic, traits::BlakeTwo256, traits::Header as _, Digest, DigestItem, Justifications,
	OpaqueExtrinsic,
};

/// Headers as the chain has them.
pub type Header = generic::Header<u32, BlakeTwo256>;
/// Blocks as the chain has them.
pub type Block = generic::Block<Header, OpaqueExtrinsic>;

/// `count` keys.
pub fn keys(count: u8) -> Vec<ed25519::Pair> {
	(1..=count)
		.map(|seed| ed25519::Pair::from_seed(&[seed; 32]))
		.collect()
}

fn ids(keys: &[ed25519::Pair]) -> Vec<AuthorityId> {
	keys.iter().map(|key| key.public().into()).collect()
}

/// The set `id` of `keys`.
pub fn set(id: SetId, keys: &[ed25519::Pair]) -> AuthoritySet {
	AuthoritySet::new(id, ids(keys)).expect("keys differ")
}

/// The log that changes to `keys`.
pub fn change(keys: &[ed25519::Pair]) -> ConsensusLog {
	ConsensusLog::Change(PerAuthority::try_from(ids(keys)).expect("few keys"))
}

/// A header.
pub fn header(number: u32, parent: BlockHash, logs: Vec<DigestItem>) -> Header {
	Header::new(
		number,
		Default::default(),
		Default::default(),
		parent,
		Digest { logs },
	)
}

/// A justification of `target` that the first `signers` of `keys` sign.
pub fn justification(
	genesis: BlockHash,
	set: SetId,
	keys: &[ed25519::Pair],
	signers: usize,
	target: Target,
) -> Justification {
	let vote = SecondVote { view: 1, target };
	let payload = Context { genesis, set }.payload(&Statement::Second(vote));
	let signatures: Vec<_> = keys
		.iter()
		.take(signers)
		.enumerate()
		.map(|(index, key)| (index as u16, key.sign(&payload).into()))
		.collect();
	Justification {
		certificate: QuorumCertificate {
			set,
			vote: Phase::Second(vote),
			signatures: PerAuthority::try_from(signatures).expect("few keys"),
		},
	}
}

/// A block tree.
pub struct Tree {
	blocks: Blockchain<Block>,
	genesis: Target,
}

impl Tree {
	/// A tree of the genesis block.
	pub fn new() -> Self {
		let blocks = Blockchain::new();
		let header = header(0, Default::default(), Vec::new());
		let genesis = tree::target_of(&header);
		blocks
			.insert(genesis.hash, header, None, None, NewBlockState::Final, true)
			.expect("memory does not fail");
		Tree { blocks, genesis }
	}

	/// The genesis block.
	pub fn genesis(&self) -> Target {
		self.genesis
	}

	/// The blocks.
	pub fn blocks(&self) -> &Blockchain<Block> {
		&self.blocks
	}

	/// Adds `count` blocks on `parent`; `branch` makes them differ from others.
	pub fn grow(&mut self, parent: Target, count: u32, branch: u8) -> Vec<Target> {
		let mut parent = parent;
		(0..count)
			.map(|_| {
				let log = DigestItem::Other(vec![branch]);
				parent = self.add(header(parent.number + 1, parent.hash, vec![log]));
				parent
			})
			.collect()
	}

	/// Adds a block.
	pub fn add(&mut self, header: Header) -> Target {
		let target = tree::target_of(&header);
		self.blocks
			.insert(target.hash, header, None, None, NewBlockState::Normal, true)
			.expect("memory does not fail");
		target
	}

	/// Makes `block` the best one.
	pub fn set_best(&mut self, block: Target) {
		self.blocks.set_head(block.hash).expect("it is held");
	}

	/// Makes `block` final.
	pub fn finalise(&mut self, block: Target) {
		let header = sp_blockchain::HeaderBackend::header(&self.blocks, block.hash)
			.expect("memory does not fail")
			.expect("it is held");
		self.blocks
			.insert(block.hash, header, None, None, NewBlockState::Final, false)
			.expect("memory does not fail");
	}

	/// Stores a justification with a block, as finality does.
	pub fn justify(&mut self, justification: &Justification) {
		let block = justification.target();
		let header = sp_blockchain::HeaderBackend::header(&self.blocks, block.hash)
			.expect("memory does not fail")
			.expect("it is held");
		let stored = Justifications::from((ENGINE_ID, justification.encode()));
		self.blocks
			.insert(
				block.hash,
				header,
				Some(stored),
				None,
				NewBlockState::Final,
				false,
			)
			.expect("memory does not fail");
	}

	/// Descent.
	pub fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool> {
		tree::descends(&self.blocks, ancestor, block)
	}
}
