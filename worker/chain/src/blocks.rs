//! The blocks as they come.

use crate::{
	connection::Methods,
	reads::{block_ref, value_key, Header},
	runtime::Runtime,
	BlockRef, Certainty, Chain, ChainError, Event,
};
use aci_primitives::Hash;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use subxt::{
	config::substrate::{DigestItem, H256},
	rpcs::{client::RpcSubscription, Error as RpcError},
};
use tokio::time::timeout;

/// Most blocks that are handed out after the fact.
const MAX_CATCH_UP: usize = 256;
/// Blocks whose hashes are remembered, so that none is handed out twice.
const REMEMBERED: usize = 512;
/// Without a block for this long, the connection is tested.
const QUIET: Duration = Duration::from_secs(30);

/// A block with what happened in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
	/// The height.
	pub number: u32,
	/// The hash.
	pub hash: Hash,
	/// Hash of the block before.
	pub parent: Hash,
	/// Its events, in their order.
	pub events: Vec<Event>,
	/// Whether blocks before this one were not handed out: more than 256 passed, or the node has
	/// forgotten them. Read the state anew where this is set.
	pub after_gap: bool,
}

/// The blocks as they come; see [`Chain::blocks`].
pub struct Blocks {
	chain: Chain,
	certainty: Certainty,
	heads: Option<Heads>,
	/// To be handed out, oldest first.
	waiting: VecDeque<Header>,
	/// Handed out or waiting, oldest first.
	known: VecDeque<H256>,
	gap: bool,
	/// The block that was read last, and the runtime that it leaves to the next.
	left: Option<(Hash, Arc<Runtime>)>,
}

/// A subscription, and which connection it is of.
struct Heads {
	times: u64,
	stream: RpcSubscription<Header>,
}

impl Chain {
	/// Follows the chain from its newest block on.
	///
	/// With [`Certainty::Best`], blocks of another branch are handed out when it becomes the better
	/// one, so a height can come twice.
	pub async fn blocks(&self, certainty: Certainty) -> Result<Blocks, ChainError> {
		let mut blocks = Blocks {
			chain: self.clone(),
			certainty,
			heads: None,
			waiting: VecDeque::new(),
			known: VecDeque::new(),
			gap: false,
			left: None,
		};
		blocks.subscribe().await?;
		Ok(blocks)
	}
}

impl Blocks {
	/// The next block. Waits for it; connects again where the connection is lost.
	///
	/// An error that [`ChainError::is_network`] means that the node was away for long; calling
	/// again goes on with the blocks that were made meanwhile. Dropping the future loses nothing.
	pub async fn next(&mut self) -> Result<Block, ChainError> {
		loop {
			if let Some(header) = self.waiting.front().cloned() {
				match self.block(&header).await {
					Ok(mut block) => {
						self.waiting.pop_front();
						block.after_gap = std::mem::take(&mut self.gap);
						return Ok(block);
					}
					Err(ChainError::Refused { reason, .. }) => {
						tracing::warn!(number = header.number, reason, "a block is passed over");
						self.waiting.pop_front();
						self.gap = true;
					}
					Err(error) => return Err(error),
				}
				continue;
			}
			let Some(heads) = &mut self.heads else {
				self.subscribe().await?;
				continue;
			};
			match timeout(QUIET, heads.stream.next()).await {
				Ok(Some(Ok(header))) => self.queue(header).await?,
				Ok(Some(Err(error))) => self.lost(&error).await?,
				Ok(None) => {
					let error = RpcError::Client("the subscription ended".into());
					self.lost(&error).await?;
				}
				Err(_) => {
					let times = heads.times;
					self.chain.head(self.certainty).await?;
					let (_, now) = self.chain.shared.connection.methods().await;
					if now != times {
						self.heads = None;
					}
				}
			}
		}
	}

	async fn lost(&mut self, error: &RpcError) -> Result<(), ChainError> {
		if let Some(heads) = self.heads.take() {
			let connection = &self.chain.shared.connection;
			connection.again(heads.times, error).await?;
		}
		Ok(())
	}

	async fn subscribe(&mut self) -> Result<(), ChainError> {
		let certainty = self.certainty;
		let subscribe = |node: Arc<Methods>| async move {
			match certainty {
				Certainty::Best => node.chain_subscribe_new_heads().await,
				Certainty::Finalised => node.chain_subscribe_finalized_heads().await,
			}
		};
		let (_, times) = self.chain.shared.connection.methods().await;
		let stream = self.chain.ask("to follow the chain", subscribe).await?;
		self.heads = Some(Heads { times, stream });
		Ok(())
	}

	/// Puts a new head and what is between it and the last known block in line.
	async fn queue(&mut self, head: Header) -> Result<(), ChainError> {
		let hash = |header: &Header| block_ref(header).map(|block: BlockRef| H256(block.hash.0));
		if self.known.contains(&hash(&head)?) {
			return Ok(());
		}
		let first = self.known.is_empty();
		let mut line = VecDeque::from([head]);
		while let Some(oldest) = line.front() {
			if first || oldest.number <= 1 || self.known.contains(&oldest.parent_hash) {
				break;
			}
			if line.len() >= MAX_CATCH_UP {
				self.gap = true;
				break;
			}
			match self.chain.header_at(Some(oldest.parent_hash)).await? {
				Some(parent) => line.push_front(parent),
				None => {
					self.gap = true;
					break;
				}
			}
		}
		for header in line {
			self.known.push_back(hash(&header)?);
			self.waiting.push_back(header);
		}
		while self.known.len() > REMEMBERED {
			self.known.pop_front();
		}
		Ok(())
	}

	async fn block(&mut self, header: &Header) -> Result<Block, ChainError> {
		let block = block_ref(header)?;
		let parent = Hash::from(header.parent_hash.0);
		let bytes = self
			.chain
			.stored_bytes(
				"a block's events",
				value_key("System", "Events"),
				Some(H256(block.hash.0)),
			)
			.await?
			.unwrap_or_default();
		let runtime = match &self.left {
			Some((left_by, runtime)) if *left_by == parent => runtime.clone(),
			_ => self.chain.runtime_of(header).await?,
		};
		let placed = runtime.events(bytes)?;
		let upgraded = header
			.digest
			.logs
			.iter()
			.any(|item| matches!(item, DigestItem::RuntimeEnvironmentUpdated));
		if upgraded {
			// Found out here, so that it is told even where nothing is to be signed.
			self.chain.current_runtime().await?;
			self.left = None;
		} else {
			self.left = Some((block.hash, runtime));
		}
		Ok(Block {
			number: block.number,
			hash: block.hash,
			parent,
			events: placed.into_iter().map(|placed| placed.event).collect(),
			after_gap: false,
		})
	}
}
