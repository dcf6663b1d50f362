//! A node without its network: the client and the database that the node's program has, with the
//! same settings.

use crate::host::HostFunctions;
use aci_runtime::{opaque::Block, Hash, RuntimeApi, WASM_BINARY};
use anyhow::{Context, Result};
use sc_client_api::{Backend, TrieCacheContext};
use sc_client_db::{BlocksPruning, DatabaseSettings, DatabaseSource, PruningMode};
use sc_executor::WasmExecutor;
use sc_service::{
	config::ExecutorConfiguration, ClientConfig, GenesisBlockBuilder, TFullBackend, TFullClient,
};
use sp_blockchain::HeaderBackend;
use sp_core::{
	storage::{well_known_keys::CODE, Storage},
	testing::TaskExecutor,
};
use sp_runtime::traits::HashingFor;
use sp_state_machine::{Ext, OverlayedChanges};
use std::{fs, path::Path, sync::Arc};

/// Runs the runtime's wasm.
pub type Executor = WasmExecutor<HostFunctions>;
/// The client.
pub type Client = TFullClient<Block, RuntimeApi, Executor>;

/// The node's default: 1 GiB.
const TRIE_CACHE: usize = 1 << 30;
/// The node's default: 256 blocks.
const STATE_PRUNING: u32 = 256;

/// The executor of a node with default options. It compiles the runtime once for all nodes that
/// share it.
pub fn executor() -> Executor {
	sc_service::new_wasm_executor::<HostFunctions>(&ExecutorConfiguration::default())
}

/// A node on a database of its own.
pub struct Node {
	/// The client.
	pub client: Client,
	/// The database.
	pub backend: Arc<TFullBackend<Block>>,
}

impl Node {
	/// Writes a database whose block 0 has this state, without code, and closes it.
	pub fn create(path: &Path, mut state: Storage, executor: &Executor) -> Result<()> {
		let code = WASM_BINARY.context(
			"this program was built without a runtime (SKIP_WASM_BUILD was set): build it again \
			without",
		)?;
		state.top.insert(CODE.to_vec(), code.to_vec());
		Self::start(path, state, executor).map(drop)
	}

	/// Opens a copy of a database, with nothing in its caches.
	pub fn open_copy(original: &Path, path: &Path, executor: &Executor) -> Result<Self> {
		copy(original, path).context("the database cannot be copied")?;
		// There is a block 0, so the state that is given here is not looked at.
		Self::start(path, Storage::default(), executor)
	}

	fn start(path: &Path, genesis: Storage, executor: &Executor) -> Result<Self> {
		let backend = sc_service::new_db_backend::<Block>(DatabaseSettings {
			trie_cache_maximum_size: Some(TRIE_CACHE),
			state_pruning: Some(PruningMode::blocks_pruning(STATE_PRUNING)),
			source: DatabaseSource::ParityDb { path: path.into() },
			blocks_pruning: BlocksPruning::KeepFinalized,
			pruning_filters: Vec::new(),
			metrics_registry: None,
		})?;
		let genesis = GenesisBlockBuilder::<Block, _, _>::new_with_storage(
			genesis,
			true,
			backend.clone(),
			executor.clone(),
		)?;
		let client = sc_service::new_client::<_, Block, RuntimeApi, _>(
			backend.clone(),
			executor.clone(),
			genesis,
			None,
			None,
			sc_client_api::execution_extensions::ExecutionExtensions::new(
				None,
				Arc::new(executor.clone()),
			),
			Box::new(TaskExecutor::new()),
			None,
			None,
			ClientConfig::default(),
		)?;
		Ok(Node { client, backend })
	}

	/// The best block.
	pub fn best(&self) -> Hash {
		self.client.info().best_hash
	}

	/// Runs something of the runtime's native code on the state of a block. Changes are lost.
	pub fn inspect<R>(&self, block: Hash, run: impl FnOnce() -> R) -> Result<R> {
		let state = self.backend.state_at(block, TrieCacheContext::Untrusted)?;
		let mut changes = OverlayedChanges::<HashingFor<Block>>::default();
		let mut externalities = Ext::new(&mut changes, &state, None);
		Ok(sp_externalities::set_and_run_with_externalities(
			&mut externalities,
			run,
		))
	}
}

/// Copies a folder and the folders in it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
	fs::create_dir_all(to)?;
	for entry in fs::read_dir(from)? {
		let entry = entry?;
		let target = to.join(entry.file_name());
		if entry.file_type()?.is_dir() {
			copy(&entry.path(), &target)?;
		} else {
			fs::copy(entry.path(), target)?;
		}
	}
	Ok(())
}
