//! What the voter asks of the chain.

use aci_finality::{
	certificate::Justification, machine::BlockTree, types::AuthoritySet, BlockHash, BlockNumber,
	SetId, Target,
};
use futures::stream::BoxStream;

/// The authority set in force, and the block that it starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentSet {
	/// The set.
	pub set: AuthoritySet,
	/// The final block that changed to this set; the genesis block for the first.
	pub base: Target,
}

/// What a justification did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalised {
	/// Its target and all ancestors are final now.
	New,
	/// They were final before.
	Known,
}

/// Why a justification was not applied.
#[derive(Debug, thiserror::Error)]
pub enum FinaliseError {
	/// It does not verify against the set in force.
	#[error("the justification does not verify: {0:?}")]
	Invalid(aci_finality::CertificateError),
	/// Its target is not held yet. It is kept and applied when the block comes.
	#[error("the justified block {0:?} is not imported yet")]
	Unknown(Target),
	/// Its target is not on the finalised chain: a fork was finalised.
	#[error("the justified block {0:?} conflicts with a final block")]
	Conflict(Target),
	/// The database failed.
	#[error("the client: {0}")]
	Client(#[from] sp_blockchain::Error),
}

/// What changed on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainEvent {
	/// A block was imported.
	Imported(Target),
	/// Blocks up to this one are final, by votes or by sync.
	Finalised(Target),
	/// Another set is in force: [`Chain::current`] tells which.
	SetChanged(SetId),
}

/// The chain, for the voter. The answers of [`BlockTree`] are about blocks that descend from the
/// last finalised block.
pub trait Chain: BlockTree + Send + Sync + 'static {
	/// The genesis hash.
	fn genesis(&self) -> BlockHash;

	/// The set in force.
	fn current(&self) -> CurrentSet;

	/// The last finalised block.
	fn finalised(&self) -> Target;

	/// Verifies `justification` against the set in force, finalises its target and stores it;
	/// changes the set where the target does.
	fn finalise(&self, justification: Justification) -> Result<Finalised, FinaliseError>;

	/// The justification of the block that ended `set`, for those who lag behind.
	fn last_of(&self, set: SetId) -> Option<Justification>;

	/// The newest justification in the set in force.
	fn newest(&self) -> Option<Justification>;

	/// Blocks shall be built on `target`'s branch.
	fn follow(&self, target: Target);

	/// Asks the network for a block that is not held.
	fn fetch(&self, target: Target);

	/// What changes from now on. A slow reader may miss imports, never a change of the set.
	fn events(&self) -> BoxStream<'static, ChainEvent>;
}

/// Why finality of a block could not be proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
	/// The block is not final yet, or no such block is known.
	#[error("block {0} is not final yet: wait, and ask again")]
	NotFinal(BlockNumber),
	/// The node does not hold what the proof is made of.
	#[error("the proof of block {0} is not held here: ask a node that keeps older blocks")]
	NotHeld(BlockNumber),
	/// The database failed.
	#[error("the client: {0}")]
	Client(#[from] sp_blockchain::Error),
}

/// What RPC asks of the chain.
pub trait FinalityProver: Send + Sync + 'static {
	/// An encoded proof that the block at `number` is final; `None` for a block that needs none,
	/// such as the genesis block.
	fn prove(&self, number: BlockNumber) -> Result<Option<Vec<u8>>, ProveError>;

	/// Every justification that finalises blocks from now on.
	fn justifications(&self) -> BoxStream<'static, Justification>;
}
