//! A development node that makes its blocks without slots and finalises each at once.

use super::new_partial;
use crate::{cli::Sealing, rpc};
use aci_runtime::{opaque::Block, Hash};
use futures::{channel::mpsc, stream, Stream, StreamExt};
use sc_chain_spec::ChainType;
use sc_consensus_manual_seal::{
	consensus::{aura::AuraConsensusDataProvider, timestamp::SlotTimestampProvider},
	EngineCommand, ManualSealParams,
};
use sc_network::{config::FullNetworkConfiguration, Litep2pNetworkBackend, NetworkBackend};
use sc_service::{
	error::Error, BuildNetworkParams, Configuration, PartialComponents, SpawnTasksParams,
	TaskManager,
};
use sc_transaction_pool_api::TransactionPool;
use std::{path::Path, pin::Pin, sync::Arc};

/// Orders for blocks.
type Orders = Pin<Box<dyn Stream<Item = EngineCommand<Hash>> + Send>>;

/// A block, final at once, whether or not there are transactions.
fn seal(create_empty: bool) -> EngineCommand<Hash> {
	EngineCommand::SealNewBlock {
		create_empty,
		finalize: true,
		parent_hash: None,
		sender: None,
	}
}

/// Starts the node.
pub async fn start(
	config: Configuration,
	sealing: Sealing,
	runtime_cache: Option<&Path>,
) -> Result<TaskManager, Error> {
	if config.chain_spec.chain_type() != ChainType::Development {
		return Err(Error::Other(
			"--sealing is for development chains only: add --dev, or leave it away".into(),
		));
	}

	let PartialComponents {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (_, mut telemetry),
	} = new_partial(&config, runtime_cache)?;

	let registry = config.prometheus_registry().cloned();
	let metrics =
		<Litep2pNetworkBackend as NetworkBackend<Block, Hash>>::register_notification_metrics(
			registry.as_ref(),
		);
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config: FullNetworkConfiguration::<Block, Hash, Litep2pNetworkBackend>::new(
				&config.network,
				registry.clone(),
			),
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: None,
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	let proposer = sc_basic_authorship::ProposerFactory::new(
		task_manager.spawn_handle(),
		client.clone(),
		transaction_pool.clone(),
		registry.as_ref(),
		None,
	);
	let (ordered, orders) = mpsc::channel(1_024);
	let by_rpc: Orders = Box::pin(orders);
	let by_itself: Orders = match sealing {
		Sealing::Manual => Box::pin(stream::pending()),
		Sealing::Instant => Box::pin(
			transaction_pool
				.import_notification_stream()
				.map(|_| seal(false)),
		),
		Sealing::Interval(period) => Box::pin(stream::unfold((), move |()| async move {
			futures_timer::Delay::new(period).await;
			Some((seal(true), ()))
		})),
	};
	let timestamp = Arc::new(
		SlotTimestampProvider::new_aura(client.clone())
			.map_err(|error| Error::Other(error.to_string()))?,
	);
	let sealer = sc_consensus_manual_seal::run_manual_seal(ManualSealParams {
		block_import: client.clone(),
		env: proposer,
		client: client.clone(),
		pool: transaction_pool.clone(),
		commands_stream: stream::select(by_rpc, by_itself),
		select_chain,
		consensus_data_provider: Some(Box::new(AuraConsensusDataProvider::new(client.clone()))),
		create_inherent_data_providers: move |_, ()| {
			let timestamp = timestamp.clone();
			async move { Ok(SharedTimestamp(timestamp)) }
		},
	});
	task_manager.spawn_essential_handle().spawn_blocking(
		"sealing",
		Some("block-authoring"),
		sealer,
	);

	let rpc_parts = rpc::Parts {
		client: client.clone(),
		pool: transaction_pool.clone(),
		finality: None,
		seal: Some(ordered),
	};
	sc_service::spawn_tasks(SpawnTasksParams {
		network,
		client,
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool,
		rpc_builder: Box::new(move |executor| {
			rpc::module(&rpc_parts, executor).map_err(|error| Error::Other(error.to_string()))
		}),
		backend,
		system_rpc_tx,
		tx_handler_controller,
		sync_service,
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	Ok(task_manager)
}

/// One clock for all blocks: each block takes the next slot of it.
struct SharedTimestamp(Arc<SlotTimestampProvider>);

#[async_trait::async_trait]
impl sp_inherents::InherentDataProvider for SharedTimestamp {
	async fn provide_inherent_data(
		&self,
		data: &mut sp_inherents::InherentData,
	) -> Result<(), sp_inherents::Error> {
		self.0.provide_inherent_data(data).await
	}

	async fn try_handle_error(
		&self,
		_: &sp_inherents::InherentIdentifier,
		_: &[u8],
	) -> Option<Result<(), sp_inherents::Error>> {
		None
	}
}
