//! The chain's own gadget: two voting phases in the manner of HotStuff.

use super::{vote_condition, VoterParams};
use crate::service::{FullBackend, FullClient};
use aci_finality::machine::Timing;
use aci_node_finality::{
	chain::{
		select::FinalitySelectChain, warp::FinalityWarpSync, FinalityBlockImport, FinalityChain,
	},
	voter::{
		self,
		rpc::{Finality, FinalityRpcServer},
		state::SharedState,
		Params,
	},
};
use aci_runtime::{opaque::Block, Hash};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NotificationService, NetworkBackend,
	NotificationMetrics, ProtocolName,
};
use sc_network_sync::strategy::warp::WarpSyncProvider;
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::{error::Error, Configuration, TaskManager};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::sync::Arc;

/// The gadget's chain side.
pub type Chain = FinalityChain<Block, FullBackend, FullClient>;
/// The block import that tracks the gadget's authority sets.
pub type BlockImport = FinalityBlockImport<Block, FullBackend, FullClient>;

/// The name of the gadget's protocol on this chain, and its side of the notification channel.
pub struct Protocol {
	name: ProtocolName,
	notifications: Box<dyn NotificationService>,
}

/// Adds the gadget's protocol to a network that is being configured.
pub fn add_protocol<N: NetworkBackend<Block, Hash>>(
	network: &mut FullNetworkConfiguration<Block, Hash, N>,
	genesis: &Hash,
	config: &Configuration,
	metrics: NotificationMetrics,
) -> Protocol {
	let name = voter::protocol_name(genesis, config.chain_spec.fork_id());
	let (protocol, notifications) =
		voter::peers_set_config::<Block, N>(name.clone(), metrics, network.peer_store_handle());
	network.add_notification_protocol(protocol);
	Protocol {
		name,
		notifications,
	}
}

/// What RPC tells about the gadget.
#[derive(Clone)]
pub struct RpcParts {
	chain: Arc<Chain>,
	state: SharedState,
}

impl RpcParts {
	/// Adds the gadget's methods to the module.
	pub fn add(
		self,
		module: &mut RpcModule<()>,
		executor: SubscriptionTaskExecutor,
	) -> Result<(), RegisterMethodError> {
		module.merge(Finality::new(self.state, self.chain, executor).into_rpc())
	}
}

/// The gadget, before the network is there.
pub struct Engine {
	chain: Arc<Chain>,
	state: SharedState,
}

impl Engine {
	/// The gadget over a client and its backend.
	pub fn new(client: Arc<FullClient>, backend: Arc<FullBackend>) -> Result<Self, Error> {
		let chain = FinalityChain::new(client, backend, vote_condition::for_hotstuff())?;
		Ok(Engine {
			chain,
			state: SharedState::default(),
		})
	}

	/// The import of blocks and justifications.
	pub fn block_import(&self) -> BlockImport {
		self.chain.block_import()
	}

	/// The longest branch of the block that the gadget follows.
	pub fn select_chain(&self) -> FinalitySelectChain<Block, FullBackend> {
		self.chain.select_chain()
	}

	/// Makes and checks the proofs of warp sync.
	pub fn warp_sync(&self) -> Arc<dyn WarpSyncProvider<Block>> {
		Arc::new(FinalityWarpSync::new(self.chain.clone()))
	}

	/// What RPC needs.
	pub fn rpc(&self) -> RpcParts {
		RpcParts {
			chain: self.chain.clone(),
			state: self.state.clone(),
		}
	}

	/// Starts the voter, or an observer on a node without keys.
	pub fn start(
		self,
		task_manager: &TaskManager,
		protocol: Protocol,
		params: VoterParams,
	) -> Result<(), Error> {
		self.chain.set_fetcher(params.sync.clone());
		let voter = voter::start(Params {
			chain: self.chain,
			client: params.client,
			network: params.network,
			sync: params.sync,
			protocol: protocol.name,
			notifications: protocol.notifications,
			keystore: params.keystore,
			folder: params.folder.join(voter::FOLDER),
			pool: OffchainTransactionPoolFactory::new(params.pool),
			state: self.state,
			timing: Timing::default(),
			registry: params.registry,
		});
		// It writes its vote record to the disk before it votes.
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("finality-voter", None, voter);
		Ok(())
	}
}
