//! Starts a node.

mod full;
mod sealing;

use crate::{
	chain_spec::Extensions,
	cli::Sealing,
	finality::{self, Engine, SelectChain},
	inherents,
};
use aci_runtime::{opaque::Block, RuntimeApi};
use sc_consensus_aura::{CompatibilityMode, ImportQueueParams};
use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_service::{
	config::ExecutorConfiguration, error::Error, Configuration, PartialComponents, TaskManager,
};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sp_consensus_aura::sr25519::AuthorityPair;
use std::{
	fs,
	path::{Path, PathBuf},
	sync::Arc,
};

/// The host functions that the runtime may call: Substrate's own.
pub type HostFunctions = sp_io::SubstrateHostFunctions;
/// The client.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, WasmExecutor<HostFunctions>>;
/// The database.
pub type FullBackend = sc_service::TFullBackend<Block>;
/// The transaction pool.
pub type FullPool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;

/// What is there before the network.
pub type Partial = PartialComponents<
	FullClient,
	FullBackend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	FullPool,
	(Engine, Option<Telemetry>),
>;

/// What a node does beyond the standard options.
#[derive(Debug)]
pub struct Options {
	/// Makes blocks without slots.
	pub sealing: Option<Sealing>,
	/// Where compiled runtimes are kept.
	pub runtime_cache: Option<PathBuf>,
}

/// What runs the runtime, with a cache of compiled ones where a folder is given.
fn executor(
	config: &ExecutorConfiguration,
	cache: Option<&Path>,
) -> Result<WasmExecutor<HostFunctions>, Error> {
	let Some(folder) = cache else {
		return Ok(sc_service::new_wasm_executor(config));
	};
	// The cache takes absolute paths only.
	let folder = fs::create_dir_all(folder)
		.and_then(|()| folder.canonicalize())
		.map_err(|error| {
			Error::Other(format!(
				"--runtime-cache {}: {error}; name a folder that this user may write to, or leave \
				 the option away",
				folder.display()
			))
		})?;
	let heap = config
		.default_heap_pages
		.and_then(|pages| u32::try_from(pages).ok())
		.map_or(DEFAULT_HEAP_ALLOC_STRATEGY, |extra_pages| {
			HeapAllocStrategy::Static { extra_pages }
		});
	// As the service makes it without a cache.
	Ok(WasmExecutor::builder()
		.with_execution_method(config.wasm_method)
		.with_onchain_heap_alloc_strategy(heap)
		.with_offchain_heap_alloc_strategy(heap)
		.with_max_runtime_instances(config.max_runtime_instances)
		.with_runtime_cache_size(config.runtime_cache_size)
		.with_cache_path(folder)
		.build())
}

/// Builds what is there before the network: the parts that commands on the database need too.
pub fn new_partial(config: &Configuration, runtime_cache: Option<&Path>) -> Result<Partial, Error> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let selected = Extensions::engine(config.chain_spec.as_ref());
	let executor = executor(&config.executor, runtime_cache)?;
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			finality::pruning_filters(selected),
		)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager
			.spawn_handle()
			.spawn("telemetry", None, worker.run());
		telemetry
	});

	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let engine = Engine::new(
		selected,
		&client,
		&backend,
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	)?;
	let block_import = engine.block_import();

	let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
	let import_queue =
		sc_consensus_aura::import_queue::<AuthorityPair, _, _, _, _, _>(ImportQueueParams {
			block_import: block_import.clone(),
			justification_import: Some(Box::new(block_import)),
			client: client.clone(),
			create_inherent_data_providers: move |_, ()| async move {
				Ok(inherents::providers(slot_duration))
			},
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			check_for_equivocation: Default::default(),
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			compatibility_mode: CompatibilityMode::None,
		})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain: engine.select_chain(),
		transaction_pool,
		other: (engine, telemetry),
	})
}

/// Starts a node: with slots and an engine of finality, or sealing by itself.
pub async fn start(config: Configuration, options: Options) -> Result<TaskManager, Error> {
	let cache = options.runtime_cache.as_deref();
	match options.sealing {
		None => full::start(config, cache).await,
		Some(sealing) => sealing::start(config, sealing, cache).await,
	}
}
