//! A node of a network: Aura makes blocks, the engine of the specification finalises them.

use super::{new_partial, FullClient};
use crate::{finality::VoterParams, inherents, rpc};
use aci_runtime::{opaque::Block, BlockNumber, Hash};
use futures::{FutureExt, StreamExt};
use sc_client_api::Backend;
use sc_consensus_aura::{CompatibilityMode, SlotProportion, StartAuraParams};
use sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging;
use sc_network::{
	config::{FullNetworkConfiguration, NetworkBackendType},
	event::Event,
	service::traits::NetworkService,
	Litep2pNetworkBackend, NetworkBackend, NetworkEventStream,
};
use sc_network_sync::strategy::warp::WarpSyncConfig;
use sc_service::{
	error::Error, BuildNetworkParams, Configuration, PartialComponents, SpawnTasksParams,
	TaskManager,
};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::sr25519::AuthorityPair;
use std::{path::Path, sync::Arc};

/// How much of a slot its author may spend on the block: two thirds, the rest is for propagation.
const BLOCK_PROPOSAL_PORTION: f32 = 2.0 / 3.0;

/// Authors slow down while finality lags more than ten blocks, 20 seconds, behind.
const BACKOFF: BackoffAuthoringOnFinalizedHeadLagging<BlockNumber> =
	BackoffAuthoringOnFinalizedHeadLagging {
		max_interval: 100,
		unfinalized_slack: 10,
		authoring_bias: 2,
	};

type Network = Litep2pNetworkBackend;

/// Starts the node.
pub async fn start(
	config: Configuration,
	runtime_cache: Option<&Path>,
) -> Result<TaskManager, Error> {
	if !matches!(config.network.network_backend, NetworkBackendType::Litep2p) {
		return Err(Error::Other(
			"this node speaks litep2p only: leave --network-backend away".into(),
		));
	}

	let partial = new_partial(&config, runtime_cache)?;
	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (engine, mut telemetry),
	} = partial;

	let registry = config.prometheus_registry().cloned();
	let genesis = sp_blockchain::HeaderBackend::info(&*client).genesis_hash;
	let metrics =
		<Network as NetworkBackend<Block, Hash>>::register_notification_metrics(registry.as_ref());
	let mut network_config =
		FullNetworkConfiguration::<Block, Hash, Network>::new(&config.network, registry.clone());
	let protocol = engine.add_protocol(&mut network_config, &genesis, &config, metrics.clone());

	let (network, system_rpc, transactions, sync, _bitswap) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config: network_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(engine.warp_sync())),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(
				transaction_pool.clone(),
			)),
			network_provider: Arc::new(network.clone()),
			is_validator: config.role.is_authority(),
			enable_http_requests: false,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers",
			"offchain-worker",
			workers
				.run(client.clone(), task_manager.spawn_handle())
				.boxed(),
		);
	}

	let rpc_parts = rpc::Parts {
		client: client.clone(),
		pool: transaction_pool.clone(),
		finality: Some(engine.rpc()),
		seal: None,
	};
	let role = config.role;
	let force_authoring = config.force_authoring;
	let keystore = keystore_container.keystore();
	let votes = !config.disable_grandpa;
	let name = config.network.node_name.clone();
	let folder = config.base_path.config_dir(config.chain_spec.id());
	let public_addresses = config.network.public_addresses.clone();

	sc_service::spawn_tasks(SpawnTasksParams {
		network: network.clone(),
		client: client.clone(),
		keystore: keystore.clone(),
		task_manager: &mut task_manager,
		transaction_pool: transaction_pool.clone(),
		rpc_builder: Box::new(move |executor| {
			rpc::module(&rpc_parts, executor).map_err(|error| Error::Other(error.to_string()))
		}),
		backend,
		system_rpc_tx: system_rpc,
		tx_handler_controller: transactions,
		sync_service: sync.clone(),
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let telemetry_handle = telemetry.as_ref().map(|telemetry| telemetry.handle());

	if role.is_authority() {
		let proposer = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			registry.as_ref(),
			telemetry_handle.clone(),
		);
		let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
		let aura = sc_consensus_aura::start_aura::<AuthorityPair, _, _, _, _, _, _, _, _, _, _>(
			StartAuraParams {
				slot_duration,
				client: client.clone(),
				select_chain,
				block_import: engine.block_import(),
				proposer_factory: proposer,
				create_inherent_data_providers: move |_, ()| async move {
					Ok(inherents::providers(slot_duration))
				},
				force_authoring,
				backoff_authoring_blocks: Some(BACKOFF),
				keystore: keystore.clone(),
				sync_oracle: sync.clone(),
				justification_sync_link: sync.clone(),
				block_proposal_slot_portion: SlotProportion::new(BLOCK_PROPOSAL_PORTION),
				max_block_proposal_slot_portion: None,
				telemetry: telemetry_handle.clone(),
				compatibility_mode: CompatibilityMode::None,
			},
		)?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("aura", Some("block-authoring"), aura);

		publish_addresses(
			&task_manager,
			client.clone(),
			network.clone(),
			keystore.clone(),
			public_addresses,
			registry.clone(),
		);
	}

	if votes {
		engine.start(
			&task_manager,
			protocol,
			VoterParams {
				client,
				network,
				sync,
				pool: transaction_pool,
				keystore: role.is_authority().then_some(keystore),
				telemetry: telemetry_handle,
				role,
				name,
				registry,
				folder,
			},
		)?;
	}
	Ok(task_manager)
}

/// Publishes a validator's addresses in the DHT under its session's discovery key, and finds those
/// of the others.
fn publish_addresses(
	task_manager: &TaskManager,
	client: Arc<FullClient>,
	network: Arc<dyn NetworkService>,
	keystore: sp_keystore::KeystorePtr,
	public_addresses: Vec<sc_network::Multiaddr>,
	registry: Option<prometheus_endpoint::Registry>,
) {
	let dht_events = network
		.event_stream("authority-discovery")
		.filter_map(|event| async move {
			match event {
				Event::Dht(event) => Some(event),
				_ => None,
			}
		});
	let (worker, _service) = sc_authority_discovery::new_worker_and_service_with_config(
		sc_authority_discovery::WorkerConfig {
			public_addresses,
			..Default::default()
		},
		client,
		Arc::new(network),
		Box::pin(dht_events),
		sc_authority_discovery::Role::PublishAndDiscover(keystore),
		registry,
		task_manager.spawn_handle(),
	);
	task_manager
		.spawn_handle()
		.spawn("authority-discovery", Some("networking"), worker.run());
}
