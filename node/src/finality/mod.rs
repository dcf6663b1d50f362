//! The finality engines, and what the service asks of the one that a chain's specification selects.
//!
//! This is the seam for the engine: nothing outside of this module names one. To add an engine is
//! to add a variant here and a file beside [`hotstuff`] and [`grandpa`].

pub mod grandpa;
pub mod hotstuff;
mod import;
mod select;
pub mod vote_condition;

pub use import::BlockImport;
pub use select::SelectChain;

use crate::{
	chain_spec::FinalityEngine,
	service::{FullBackend, FullClient, FullPool},
};
use aci_runtime::{opaque::Block, BlockNumber, Hash};
use jsonrpsee::RpcModule;
use prometheus_endpoint::Registry;
use sc_network::{
	config::{FullNetworkConfiguration, Role},
	service::traits::NetworkService,
	NetworkBackend, NotificationMetrics,
};
use sc_network_sync::{strategy::warp::WarpSyncProvider, SyncingService};
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::{error::Error, Configuration, PruningFilter, TaskManager};
use sc_telemetry::TelemetryHandle;
use std::{path::PathBuf, sync::Arc};

/// The engine of a chain, before the network is there.
pub enum Engine {
	/// The chain's own gadget.
	HotStuff(hotstuff::Engine),
	/// GRANDPA.
	Grandpa(grandpa::Engine),
}

/// An engine's protocol, added to the network's configuration.
pub enum Protocol {
	/// Of the chain's own gadget.
	HotStuff(hotstuff::Protocol),
	/// Of GRANDPA.
	Grandpa(grandpa::Protocol),
}

/// What RPC tells about the engine.
#[derive(Clone)]
pub enum RpcParts {
	/// About the chain's own gadget.
	HotStuff(hotstuff::RpcParts),
	/// About GRANDPA.
	Grandpa(grandpa::RpcParts),
}

/// What a voter needs from the service.
pub struct VoterParams {
	/// The client.
	pub client: Arc<FullClient>,
	/// The network.
	pub network: Arc<dyn NetworkService>,
	/// Syncing.
	pub sync: Arc<SyncingService<Block>>,
	/// The pool, for reports of misbehaviour.
	pub pool: Arc<FullPool>,
	/// Keys, for a node that votes.
	pub keystore: Option<sp_keystore::KeystorePtr>,
	/// Telemetry.
	pub telemetry: Option<TelemetryHandle>,
	/// What this node is in the network.
	pub role: Role,
	/// The node's name.
	pub name: String,
	/// Metrics.
	pub registry: Option<Registry>,
	/// The folder for what an engine keeps outside of the database.
	pub folder: PathBuf,
}

impl Engine {
	/// Makes the engine that the specification selects.
	pub fn new(
		engine: FinalityEngine,
		client: &Arc<FullClient>,
		backend: &Arc<FullBackend>,
		telemetry: Option<TelemetryHandle>,
	) -> Result<Self, Error> {
		Ok(match engine {
			FinalityEngine::HotStuff => {
				Engine::HotStuff(hotstuff::Engine::new(client.clone(), backend.clone())?)
			}
			FinalityEngine::Grandpa => Engine::Grandpa(grandpa::Engine::new(
				client.clone(),
				backend.clone(),
				telemetry,
			)?),
		})
	}

	/// The import of blocks and justifications.
	pub fn block_import(&self) -> BlockImport {
		match self {
			Engine::HotStuff(engine) => BlockImport::HotStuff(engine.block_import()),
			Engine::Grandpa(engine) => BlockImport::Grandpa(engine.block_import()),
		}
	}

	/// The fork choice.
	pub fn select_chain(&self) -> SelectChain {
		match self {
			Engine::HotStuff(engine) => SelectChain::HotStuff(engine.select_chain()),
			Engine::Grandpa(engine) => SelectChain::Grandpa(engine.select_chain()),
		}
	}

	/// Makes and checks the proofs of warp sync.
	pub fn warp_sync(&self) -> Arc<dyn WarpSyncProvider<Block>> {
		match self {
			Engine::HotStuff(engine) => engine.warp_sync(),
			Engine::Grandpa(engine) => engine.warp_sync(),
		}
	}

	/// Adds the engine's protocol to a network that is being configured.
	pub fn add_protocol<N: NetworkBackend<Block, Hash>>(
		&self,
		network: &mut FullNetworkConfiguration<Block, Hash, N>,
		genesis: &Hash,
		config: &Configuration,
		metrics: NotificationMetrics,
	) -> Protocol {
		match self {
			Engine::HotStuff(_) => {
				Protocol::HotStuff(hotstuff::add_protocol(network, genesis, config, metrics))
			}
			Engine::Grandpa(_) => {
				Protocol::Grandpa(grandpa::add_protocol(network, genesis, config, metrics))
			}
		}
	}

	/// What RPC needs; taken before the voter starts.
	pub fn rpc(&self) -> RpcParts {
		match self {
			Engine::HotStuff(engine) => RpcParts::HotStuff(engine.rpc()),
			Engine::Grandpa(engine) => RpcParts::Grandpa(engine.rpc()),
		}
	}

	/// Starts the voter, or an observer on a node without keys.
	pub fn start(
		self,
		task_manager: &TaskManager,
		protocol: Protocol,
		params: VoterParams,
	) -> Result<(), Error> {
		match (self, protocol) {
			(Engine::HotStuff(engine), Protocol::HotStuff(protocol)) => {
				engine.start(task_manager, protocol, params)
			}
			(Engine::Grandpa(engine), Protocol::Grandpa(protocol)) => {
				engine.start(task_manager, protocol, params)
			}
			_ => Err(Error::Other(
				"the protocol is another finality engine's".into(),
			)),
		}
	}
}

impl RpcParts {
	/// Adds the engine's methods to the module.
	pub fn add(
		self,
		module: &mut RpcModule<()>,
		executor: SubscriptionTaskExecutor,
	) -> Result<(), jsonrpsee::core::RegisterMethodError> {
		match self {
			RpcParts::HotStuff(parts) => parts.add(module, executor),
			RpcParts::Grandpa(parts) => parts.add(module, executor),
		}
	}
}

/// Which blocks a pruning node keeps whole for those who sync.
pub fn pruning_filters(engine: FinalityEngine) -> Vec<Arc<dyn PruningFilter>> {
	vec![match engine {
		FinalityEngine::HotStuff => {
			Arc::new(aci_node_finality::chain::pruning::FinalityPruningFilter)
		}
		FinalityEngine::Grandpa => Arc::new(sc_consensus_grandpa::GrandpaPruningFilter),
	}]
}

/// Prepares the engine's data for taking back the `blocks` highest blocks.
pub fn revert(
	engine: FinalityEngine,
	client: Arc<FullClient>,
	blocks: BlockNumber,
) -> sp_blockchain::Result<()> {
	match engine {
		FinalityEngine::HotStuff => aci_node_finality::chain::revert::<Block, _>(client, blocks),
		FinalityEngine::Grandpa => sc_consensus_grandpa::revert(client, blocks),
	}
}
