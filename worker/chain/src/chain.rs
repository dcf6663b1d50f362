//! The handle to the chain.

use crate::{
	connection::Connection,
	fit,
	reads::{block_ref, Header},
	runtime::Runtime,
	Call, ChainError, Properties,
};
use aci_primitives::Hash;
use std::{
	collections::{HashMap, VecDeque},
	fmt,
	sync::Arc,
};
use subxt::{config::substrate::H256, metadata::Metadata};
use tokio::sync::{Mutex, RwLock};

/// How many runtimes other than the present are kept at hand for blocks that they made.
const OTHERS: usize = 4;

/// A connection to the chain through one node. Clones share it.
#[derive(Clone)]
pub struct Chain {
	pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
	pub connection: Connection,
	pub properties: Properties,
	runtime: RwLock<Arc<Runtime>>,
	/// Runtimes that made other blocks, those loaded last at the end.
	others: Mutex<VecDeque<Arc<Runtime>>>,
	/// For each account that signs, what is held while a transaction gets its number.
	pub numbers: Mutex<HashMap<[u8; 32], Arc<Mutex<()>>>>,
}

impl Chain {
	/// Connects to the node at `url`, for example `ws://127.0.0.1:9944`, and checks that it runs a
	/// chain that fits this program.
	pub async fn connect(url: &str) -> Result<Self, ChainError> {
		let connection = Connection::open(url).await?;
		let runtime = load_best(&connection).await?;
		let properties = properties(&connection).await?;
		Ok(Chain {
			shared: Arc::new(Shared {
				connection,
				properties,
				runtime: RwLock::new(Arc::new(runtime)),
				others: Mutex::default(),
				numbers: Mutex::new(HashMap::new()),
			}),
		})
	}

	/// The node's address.
	pub fn url(&self) -> &str {
		self.shared.connection.url()
	}

	/// Hash of block 0.
	pub fn genesis(&self) -> Hash {
		self.shared.connection.genesis()
	}

	/// How the chain writes its unit and addresses.
	pub fn properties(&self) -> &Properties {
		&self.shared.properties
	}

	/// Version of the runtime that was checked last.
	pub async fn spec_version(&self) -> u32 {
		self.runtime().await.spec_version
	}

	/// A call as the runtime decodes it, and the hash by which a preimage of it is known.
	pub async fn encode(&self, call: &Call) -> Result<(Vec<u8>, Hash), ChainError> {
		let bytes = self.current_runtime().await?.encode(call)?;
		let hash = Hash::from(sp_crypto_hashing::blake2_256(&bytes));
		Ok((bytes, hash))
	}

	/// The runtime that was checked last.
	pub(crate) async fn runtime(&self) -> Arc<Runtime> {
		self.shared.runtime.read().await.clone()
	}

	/// The runtime that made a block and wrote its events: the one that the block before it left. In
	/// the block of an upgrade it is not the one that the block itself leaves.
	pub(crate) async fn runtime_of(&self, header: &Header) -> Result<Arc<Runtime>, ChainError> {
		let own = H256(block_ref(header)?.hash.0);
		// Block 0 is made by none, and has no events.
		if header.number == 0 {
			return self.runtime_after(own).await;
		}
		match self.runtime_after(header.parent_hash).await {
			// A node may know a block's state and have forgotten the one before. Both have the same
			// runtime, but for the block of an upgrade.
			Err(ChainError::Refused { .. }) => self.runtime_after(own).await,
			found => found,
		}
	}

	/// The runtime that a block leaves to the next. One that is not the present one is checked for the
	/// events of jobs only.
	async fn runtime_after(&self, block: H256) -> Result<Arc<Runtime>, ChainError> {
		let version = self
			.shared
			.connection
			.ask("a block's runtime version", |node| async move {
				node.state_get_runtime_version(Some(block)).await
			})
			.await?;
		let is_it = |runtime: &Runtime| runtime.spec_version == version.spec_version;
		let known = self.runtime().await;
		if is_it(&known) {
			return Ok(known);
		}
		let mut others = self.shared.others.lock().await;
		if let Some(known) = others.iter().find(|other| is_it(other)) {
			return Ok(known.clone());
		}
		let loaded = load(&self.shared.connection, block, fit::check_job_events).await?;
		let loaded = Arc::new(loaded);
		others.push_back(loaded.clone());
		if others.len() > OTHERS {
			others.pop_front();
		}
		Ok(loaded)
	}

	/// The runtime of the best block, checked where it is new.
	pub(crate) async fn current_runtime(&self) -> Result<Arc<Runtime>, ChainError> {
		let version = self
			.shared
			.connection
			.ask("the runtime's version", |node| async move {
				node.state_get_runtime_version(None).await
			})
			.await?;
		let known = self.runtime().await;
		if known.spec_version == version.spec_version
			&& known.transaction_version == version.transaction_version
		{
			return Ok(known);
		}
		let new = Arc::new(load_best(&self.shared.connection).await?);
		let mut present = self.shared.runtime.write().await;
		if present.spec_version != new.spec_version {
			tracing::info!(version = new.spec_version, "the chain has a new runtime");
		}
		*present = new.clone();
		Ok(new)
	}
}

impl fmt::Debug for Chain {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "Chain({}, {:?})", self.url(), self.genesis())
	}
}

/// The runtime of the best block, which must fit.
async fn load_best(connection: &Connection) -> Result<Runtime, ChainError> {
	let best = connection
		.ask("the best block", |node| async move {
			node.chain_get_block_hash(None).await
		})
		.await?
		.ok_or_else(|| ChainError::decode("the best block", "the node has none"))?;
	load(connection, best, fit::check).await
}

/// The runtime that a block leaves, if it passes the check. Version and metadata are of one block, so
/// an upgrade between the two questions does not mix them.
async fn load(
	connection: &Connection,
	block: H256,
	check: fn(&Metadata) -> Result<(), String>,
) -> Result<Runtime, ChainError> {
	let at = Some(block);
	let version = connection
		.ask("the runtime's version", |node| async move {
			node.state_call("Core_version", None, at).await
		})
		.await?;
	let (request, argument) = Runtime::metadata_request();
	let argument = argument.as_slice();
	let metadata = connection
		.ask("the runtime's metadata", |node| async move {
			node.state_call(request, Some(argument), at).await
		})
		.await?;
	let (url, genesis) = (connection.url(), connection.genesis());
	Runtime::new(url, genesis, &version, &metadata, check)
}

async fn properties(connection: &Connection) -> Result<Properties, ChainError> {
	let chain = connection
		.ask("the chain's name", |node| async move {
			node.system_chain().await
		})
		.await?;
	let found = connection
		.ask("the chain's properties", |node| async move {
			node.system_properties().await
		})
		.await?;
	let number = |name: &str| found.get(name).and_then(|value| value.as_u64());
	let symbol = found.get("tokenSymbol").and_then(|value| value.as_str());
	Ok(Properties {
		chain,
		symbol: symbol.unwrap_or("ACI").into(),
		decimals: number("tokenDecimals")
			.and_then(|decimals| u32::try_from(decimals).ok())
			.unwrap_or(12),
		ss58: number("ss58Format")
			.and_then(|prefix| u16::try_from(prefix).ok())
			.unwrap_or(42),
	})
}
