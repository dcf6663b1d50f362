//! Blocks, authority sets, justifications, fork choice and sync.
//!
//! # Guarantees
//!
//! 1. A block becomes final only by a justification that verifies against the authority set in
//!    force, or by a state that sync has proved; finality, the justification's record and a change
//!    of the set are one operation of the database.
//! 2. No block above an announced change of the set becomes final before the change's own block
//!    does, whose justification is stored with it.
//! 3. The voter is told of every change of the set, and never that a block above a pending change
//!    can be voted for.
//! 4. Blocks are chosen and built on the branch of the block that the voter follows, once that is
//!    held.
//! 5. A block whose digest announces two changes, or none that makes a set, is refused.
//!
//! Finality and imports of blocks that announce a change exclude each other; both take
//! `writers` before the client's own lock, so that they cannot wait for each other.
//!
//! # Where it lives
//!
//! * [`digest`]: what a header announces. [`authorities`]: sets and pending changes. [`store`]:
//!   what the database keeps.
//! * [`tree`]: descent and leaves. [`select`]: the branch to build on.
//! * [`import`], [`finalise`]: blocks and justifications in; finality.
//! * [`warp`], [`proof`], [`pruning`]: for those who come later.
//! * [`condition`]: the seam for further conditions on a vote.

pub mod authorities;
pub mod condition;
pub mod digest;
mod finalise;
mod import;
pub mod proof;
pub mod pruning;
mod revert;
pub mod select;
pub mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod warp;

pub use import::FinalityBlockImport;
pub use revert::revert;

use crate::interface::{
	Chain, ChainEvent, CurrentSet, FinaliseError, Finalised, FinalityProver, ProveError,
};
use aci_finality::{
	api::FinalityApi,
	machine::{BlockTree, Votable},
	AuthoritySet, BlockHash, BlockNumber, Justification, SetId, Target,
};
use authorities::Authorities;
use codec::Encode;
use condition::VoteCondition;
use futures::{
	stream::{self, BoxStream},
	StreamExt,
};
use parking_lot::RwLock;
use proof::ProofError;
use sc_client_api::{AuxStore, Backend, BlockchainEvents, Finalizer, LockImportRun};
use sc_consensus::{shared_data::SharedData, BlockImport};
use sc_network::NetworkSyncForkRequest;
use sc_utils::notification::{NotificationSender, NotificationStream, TracingKeyStr};
use select::FinalitySelectChain;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::{Error, HeaderBackend};
use sp_runtime::traits::{Block as BlockT, Header as HeaderT};
use std::{
	marker::PhantomData,
	sync::{Arc, OnceLock},
};
use store::EndsError;

/// The target of this crate's log lines.
pub(crate) const LOG_TARGET: &str = "finality";

/// One block in so many keeps its justification, beside those that end a set.
pub const JUSTIFICATION_PERIOD: BlockNumber = 512;

/// Blocks as the core names them: 32-byte hashes, 32-bit numbers.
pub trait FinalityBlock:
	BlockT<Hash = BlockHash, Header: HeaderT<Number = BlockNumber, Hash = BlockHash>>
{
}
impl<Block> FinalityBlock for Block where
	Block: BlockT<Hash = BlockHash, Header: HeaderT<Number = BlockNumber, Hash = BlockHash>>
{
}

/// What the chain side needs of a client.
pub trait FinalityClient<Block: FinalityBlock, BE: Backend<Block>>:
	LockImportRun<Block, BE>
	+ Finalizer<Block, BE>
	+ AuxStore
	+ BlockchainEvents<Block>
	+ ProvideRuntimeApi<Block>
	+ BlockImport<Block, Error = sp_consensus::Error>
	+ Send
	+ Sync
	+ 'static
{
}
impl<Block, BE, Client> FinalityClient<Block, BE> for Client
where
	Block: FinalityBlock,
	BE: Backend<Block>,
	Client: LockImportRun<Block, BE>
		+ Finalizer<Block, BE>
		+ AuxStore
		+ BlockchainEvents<Block>
		+ ProvideRuntimeApi<Block>
		+ BlockImport<Block, Error = sp_consensus::Error>
		+ Send
		+ Sync
		+ 'static,
{
}

/// Asks the network for blocks that are not held.
pub type BlockFetcher = Arc<dyn NetworkSyncForkRequest<BlockHash, BlockNumber> + Send + Sync>;

/// The block whose branch is built on.
type Followed = Arc<RwLock<Option<Target>>>;

/// Names the stream of justifications in metrics.
#[derive(Clone)]
pub struct JustificationsKey;
impl TracingKeyStr for JustificationsKey {
	const TRACING_KEY: &'static str = "mpsc_finality_justifications_stream";
}
/// New justifications, for subscribers.
pub type JustificationStream = NotificationStream<Justification, JustificationsKey>;

/// Names the stream of changes in metrics.
#[derive(Clone)]
struct SetChangesKey;
impl TracingKeyStr for SetChangesKey {
	const TRACING_KEY: &'static str = "mpsc_finality_set_changes_stream";
}

/// Queue of a subscriber above which a warning is logged.
const QUEUE_WARNING: usize = 10_000;

/// The chain of one node, for the voter, for sync and for authors.
pub struct FinalityChain<Block, BE, Client> {
	client: Arc<Client>,
	backend: Arc<BE>,
	genesis: BlockHash,
	authorities: RwLock<Authorities>,
	/// Held by whoever changes the authorities or finalises.
	writers: SharedData<()>,
	newest: RwLock<Option<Justification>>,
	/// A justification that verified, whose block is not held yet.
	waiting: RwLock<Option<Justification>>,
	followed: Followed,
	condition: Box<dyn VoteCondition>,
	fetcher: OnceLock<BlockFetcher>,
	justifications: (NotificationSender<Justification>, JustificationStream),
	changes: (
		NotificationSender<SetId>,
		NotificationStream<SetId, SetChangesKey>,
	),
	block: PhantomData<fn() -> Block>,
}

impl<Block, BE, Client> FinalityChain<Block, BE, Client> {
	/// The client.
	pub(crate) fn client(&self) -> &Client {
		&self.client
	}

	/// A copy of the authorities.
	pub(crate) fn authorities(&self) -> Authorities {
		self.authorities.read().clone()
	}

	/// The genesis hash.
	pub(crate) fn genesis_hash(&self) -> BlockHash {
		self.genesis
	}

	/// Gives the chain its way to fetch blocks, once there is a network.
	pub fn set_fetcher(&self, fetcher: BlockFetcher) {
		// A second one is dropped: there is one network.
		let _ = self.fetcher.set(fetcher);
	}
}

impl<Block, BE, Client> FinalityChain<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	/// The chain over a client and its backend; votes wait for `condition` too.
	///
	/// On a fresh database the first set is what the runtime says.
	pub fn new(
		client: Arc<Client>,
		backend: Arc<BE>,
		condition: Box<dyn VoteCondition>,
	) -> Result<Arc<Self>, Error> {
		let info = backend.blockchain().info();
		let finalised = tree::finalised(backend.blockchain());
		let mut authorities = store::load(&*client, || {
			let genesis = runtime_set::<Block, _>(&*client, info.genesis_hash)?;
			let set = if finalised.hash == info.genesis_hash {
				genesis.clone()
			} else {
				runtime_set::<Block, _>(&*client, finalised.hash)?
			};
			Ok((genesis, Authorities::new(set, finalised)))
		})?;
		// A crash between the import of a state and the record of its set leaves the old one.
		match runtime_set::<Block, _>(&*client, finalised.hash) {
			Ok(set) if set != *authorities.set() => {
				log::warn!(
					target: LOG_TARGET,
					"the database's authority set {} is not the one of finalised block {}: \
					taking set {} from its state",
					authorities.set().id(),
					finalised.number,
					set.id(),
				);
				authorities.finalise(&finalised, Some(set), |ancestor, block| {
					tree::descends(backend.blockchain(), ancestor, block)
				});
				store::write(&*client, &vec![store::authorities_entry(&authorities)])?;
			}
			// The state may be pruned.
			_ => {}
		}
		let newest = store::newest(&*client)?;
		Ok(Arc::new(FinalityChain {
			client,
			backend,
			genesis: info.genesis_hash,
			authorities: RwLock::new(authorities),
			writers: SharedData::new(()),
			newest: RwLock::new(newest),
			waiting: RwLock::new(None),
			followed: Followed::default(),
			condition,
			fetcher: OnceLock::new(),
			justifications: JustificationStream::channel(),
			changes: NotificationStream::channel(),
			block: PhantomData,
		}))
	}

	/// The blocks.
	pub(crate) fn blocks(&self) -> &BE::Blockchain {
		self.backend.blockchain()
	}

	/// The fork choice for authors and sync.
	pub fn select_chain(&self) -> FinalitySelectChain<Block, BE> {
		FinalitySelectChain::new(self.backend.clone(), self.followed.clone())
	}

	/// The block import and justification import for the queue.
	pub fn block_import(self: &Arc<Self>) -> FinalityBlockImport<Block, BE, Client> {
		FinalityBlockImport::new(self.clone())
	}

	fn lowest_change_on(&self, block: &Target) -> Option<Target> {
		self.authorities
			.read()
			.lowest_on(block, |ancestor, block| self.descends(ancestor, block))
	}
}

/// The set that the runtime names for the descendants of `block`.
fn runtime_set<Block, Client>(client: &Client, block: BlockHash) -> Result<AuthoritySet, Error>
where
	Block: FinalityBlock,
	Client: ProvideRuntimeApi<Block>,
	Client::Api: FinalityApi<Block>,
{
	client
		.runtime_api()
		.finality_authorities(block)
		.map_err(|error| Error::Application(Box::new(error)))?
		.ok_or_else(|| {
			Error::Backend(format!(
				"the runtime at block {block:?} names no authorities of the finality gadget: \
				the chain's specification must give some, or select another engine"
			))
		})
}

impl<Block, BE, Client> BlockTree for FinalityChain<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool> {
		tree::descends(self.blocks(), ancestor, block)
	}

	fn best(&self, base: &Target) -> Option<Target> {
		let finalised = tree::finalised(self.blocks());
		// The anchor's branch is where blocks are built; it matters where `base` is below it.
		let leaf = tree::best_leaf(self.blocks(), base).ok().flatten()?;
		let best = self.lowest_change_on(&leaf).unwrap_or(leaf);
		// A change at `base` leaves `base` itself; a change below it leaves nothing.
		(best.number >= base.number && best.number > finalised.number).then_some(best)
	}

	fn votable(&self, target: &Target) -> Votable {
		let finalised = tree::finalised(self.blocks());
		if target.number <= finalised.number {
			return Votable::Never;
		}
		match self.descends(&finalised, target) {
			None => return Votable::NotYet,
			Some(false) => return Votable::Never,
			Some(true) => {}
		}
		if self
			.lowest_change_on(target)
			.is_some_and(|lowest| lowest != *target)
		{
			return Votable::Never;
		}
		if !self.backend.have_state_at(target.hash, target.number) {
			return Votable::NotYet;
		}
		self.condition.votable(target)
	}
}

impl<Block, BE, Client> Chain for FinalityChain<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	fn genesis(&self) -> BlockHash {
		self.genesis
	}

	fn current(&self) -> CurrentSet {
		let authorities = self.authorities.read();
		CurrentSet {
			set: authorities.set().clone(),
			base: authorities.base(),
		}
	}

	fn finalised(&self) -> Target {
		tree::finalised(self.blocks())
	}

	fn finalise(&self, justification: Justification) -> Result<Finalised, FinaliseError> {
		self.apply(justification)
	}

	fn last_of(&self, set: SetId) -> Option<Justification> {
		let end = store::end_of(&*self.client, set).ok().flatten()?;
		store::justification_of(self.blocks(), &end).ok().flatten()
	}

	fn newest(&self) -> Option<Justification> {
		let current = self.authorities.read().set().id();
		self.newest
			.read()
			.clone()
			.filter(|newest| newest.certificate.set == current)
	}

	fn follow(&self, target: Target) {
		*self.followed.write() = Some(target);
	}

	fn fetch(&self, target: Target) {
		if let Some(fetcher) = self.fetcher.get() {
			fetcher.set_sync_fork_request(Vec::new(), target.hash, target.number);
		}
	}

	fn events(&self) -> BoxStream<'static, ChainEvent> {
		let imported = self.client.every_import_notification_stream().map(|block| {
			ChainEvent::Imported(Target {
				number: *block.header.number(),
				hash: block.hash,
			})
		});
		let finalised = self.client.finality_notification_stream().map(|block| {
			ChainEvent::Finalised(Target {
				number: *block.header.number(),
				hash: block.hash,
			})
		});
		let changed = self
			.changes
			.1
			.subscribe(QUEUE_WARNING)
			.map(ChainEvent::SetChanged);
		stream::select(stream::select(imported, finalised), changed).boxed()
	}
}

impl<Block, BE, Client> FinalityProver for FinalityChain<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	fn prove(&self, number: BlockNumber) -> Result<Option<Vec<u8>>, ProveError> {
		let current = self.authorities.read().set().id();
		match proof::prove(self.blocks(), &*self.client, current, number) {
			Ok(proof) => Ok(proof.map(|proof| proof.encode())),
			Err(ProofError::NotFinal { asked, .. }) => Err(ProveError::NotFinal(asked)),
			Err(ProofError::Ends(EndsError::Missing(_))) => Err(ProveError::NotHeld(number)),
			Err(ProofError::Client(error) | ProofError::Ends(EndsError::Client(error))) => {
				Err(error.into())
			}
			Err(error @ ProofError::TooFar { .. }) => {
				Err(Error::Application(Box::new(error)).into())
			}
		}
	}

	fn justifications(&self) -> BoxStream<'static, Justification> {
		self.justifications.1.subscribe(QUEUE_WARNING).boxed()
	}
}
