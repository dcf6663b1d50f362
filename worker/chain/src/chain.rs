//! The handle to the chain.

use crate::{connection::Connection, fit, runtime::Runtime, Call, ChainError, Properties};
use aci_primitives::Hash;
use std::{collections::HashMap, fmt, sync::Arc};
use subxt::config::substrate::H256;
use tokio::sync::{Mutex, RwLock};

/// A connection to the chain through one node. Clones share it.
#[derive(Clone)]
pub struct Chain {
	pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
	pub connection: Connection,
	pub properties: Properties,
	runtime: RwLock<Arc<Runtime>>,
	/// For each account that signs, what is held while a transaction gets its number.
	pub numbers: Mutex<HashMap<[u8; 32], Arc<Mutex<()>>>>,
}

impl Chain {
	/// Connects to the node at `url`, for example `ws://127.0.0.1:9944`, and checks that it runs a
	/// chain that fits this program.
	pub async fn connect(url: &str) -> Result<Self, ChainError> {
		let connection = Connection::open(url).await?;
		let runtime = load(&connection, None).await?;
		let properties = properties(&connection).await?;
		Ok(Chain {
			shared: Arc::new(Shared {
				connection,
				properties,
				runtime: RwLock::new(Arc::new(runtime)),
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

	/// The runtime of a block. An earlier one than the present is checked for its events only.
	pub(crate) async fn runtime_at(&self, block: H256) -> Result<Arc<Runtime>, ChainError> {
		let version = self
			.shared
			.connection
			.ask("a block's runtime version", |node| async move {
				node.state_get_runtime_version(Some(block)).await
			})
			.await?;
		let known = self.runtime().await;
		if known.spec_version == version.spec_version {
			return Ok(known);
		}
		load(&self.shared.connection, Some(block))
			.await
			.map(Arc::new)
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
		tracing::info!(
			version = version.spec_version,
			"the chain has a new runtime"
		);
		let new = Arc::new(load(&self.shared.connection, None).await?);
		*self.shared.runtime.write().await = new.clone();
		Ok(new)
	}
}

impl fmt::Debug for Chain {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "Chain({}, {:?})", self.url(), self.genesis())
	}
}

/// The runtime of the best block, which must fit, or of an earlier one, whose events must.
async fn load(connection: &Connection, at: Option<H256>) -> Result<Runtime, ChainError> {
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
	let check = match at {
		None => fit::check,
		Some(_) => fit::check_job_events,
	};
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
