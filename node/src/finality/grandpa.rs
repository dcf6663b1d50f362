//! GRANDPA: the reference engine.

use super::{vote_condition, VoterParams};
use crate::service::{FullBackend, FullClient};
use aci_runtime::{opaque::Block, BlockNumber, Hash};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use sc_consensus::LongestChain;
use sc_consensus_grandpa::{
	warp_proof::NetworkProvider, Config, FinalityProofProvider, GrandpaBlockImport, GrandpaParams,
	LinkHalf, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NotificationService, NetworkBackend,
	NotificationMetrics, ProtocolName,
};
use sc_network_sync::strategy::warp::WarpSyncProvider;
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::{error::Error, Configuration, TaskManager};
use sc_telemetry::TelemetryHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::{sync::Arc, time::Duration};

/// Blocks between two justifications that are kept for those who sync.
pub const JUSTIFICATION_PERIOD: u32 = 512;

/// How long GRANDPA waits for messages of a round: a quarter of the block time, so that a round
/// fits in one.
const GOSSIP_DURATION: Duration = Duration::from_millis(500);

/// The block import that tracks GRANDPA's authority sets.
pub type BlockImport =
	GrandpaBlockImport<FullBackend, Block, FullClient, LongestChain<FullBackend, Block>>;
/// What joins the block import to the voter.
type Link = LinkHalf<Block, FullClient, LongestChain<FullBackend, Block>>;

/// GRANDPA, before the network is there.
pub struct Engine {
	backend: Arc<FullBackend>,
	import: BlockImport,
	select: LongestChain<FullBackend, Block>,
	link: Link,
	voter_state: SharedVoterState,
}

impl Engine {
	/// GRANDPA over a client and its backend.
	pub fn new(
		client: Arc<FullClient>,
		backend: Arc<FullBackend>,
		telemetry: Option<TelemetryHandle>,
	) -> Result<Self, Error> {
		let select = LongestChain::new(backend.clone());
		let (import, link) = sc_consensus_grandpa::block_import(
			client.clone(),
			JUSTIFICATION_PERIOD,
			&client,
			select.clone(),
			telemetry,
		)?;
		Ok(Engine {
			backend,
			import,
			select,
			link,
			voter_state: SharedVoterState::empty(),
		})
	}

	/// The import of blocks and justifications.
	pub fn block_import(&self) -> BlockImport {
		self.import.clone()
	}

	/// The longest chain.
	pub fn select_chain(&self) -> LongestChain<FullBackend, Block> {
		self.select.clone()
	}

	/// Makes and checks the proofs of warp sync.
	pub fn warp_sync(&self) -> Arc<dyn WarpSyncProvider<Block>> {
		Arc::new(NetworkProvider::new(
			self.backend.clone(),
			self.link.shared_authority_set().clone(),
			Vec::new(),
		))
	}

	/// What RPC needs from the link, before the voter has it.
	pub fn rpc(&self) -> RpcParts {
		let authorities = self.link.shared_authority_set().clone();
		RpcParts {
			voter_state: self.voter_state.clone(),
			authorities: authorities.clone(),
			justifications: self.link.justification_stream(),
			proofs: FinalityProofProvider::new_for_service(self.backend.clone(), Some(authorities)),
		}
	}

	/// Starts the voter, or an observer on a node without keys.
	pub fn start(
		self,
		task_manager: &TaskManager,
		protocol: Protocol,
		params: VoterParams,
	) -> Result<(), Error> {
		let VoterParams {
			network,
			sync,
			pool,
			keystore,
			telemetry,
			role,
			name,
			registry,
			..
		} = params;
		let grandpa = Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(name),
			observer_enabled: false,
			keystore,
			local_role: role,
			telemetry: telemetry.clone(),
			protocol_name: protocol.name,
		};
		let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
			config: grandpa,
			link: self.link,
			network,
			sync,
			notification_service: protocol.notifications,
			voting_rule: vote_condition::for_grandpa(),
			prometheus_registry: registry,
			shared_voter_state: self.voter_state,
			telemetry,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(pool),
		})?;
		task_manager
			.spawn_essential_handle()
			.spawn_blocking("grandpa-voter", None, voter);
		Ok(())
	}
}

/// The names of GRANDPA's protocol on this chain, and its side of the notification channel.
pub struct Protocol {
	name: ProtocolName,
	notifications: Box<dyn NotificationService>,
}

/// Adds GRANDPA's protocol to a network that is being configured.
pub fn add_protocol<N: NetworkBackend<Block, Hash>>(
	network: &mut FullNetworkConfiguration<Block, Hash, N>,
	genesis: &Hash,
	config: &Configuration,
	metrics: NotificationMetrics,
) -> Protocol {
	let name = sc_consensus_grandpa::protocol_standard_name(genesis, &config.chain_spec);
	let (protocol, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
		name.clone(),
		metrics,
		network.peer_store_handle(),
	);
	network.add_notification_protocol(protocol);
	Protocol {
		name,
		notifications,
	}
}

/// What RPC tells about GRANDPA.
#[derive(Clone)]
pub struct RpcParts {
	/// The present round and its votes.
	pub voter_state: SharedVoterState,
	/// The authority set.
	pub authorities: sc_consensus_grandpa::SharedAuthoritySet<Hash, BlockNumber>,
	/// New justifications.
	pub justifications: sc_consensus_grandpa::GrandpaJustificationStream<Block>,
	/// Proofs of finality of old blocks.
	pub proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

impl RpcParts {
	/// Adds GRANDPA's methods to the module.
	pub fn add(
		self,
		module: &mut RpcModule<()>,
		executor: SubscriptionTaskExecutor,
	) -> Result<(), RegisterMethodError> {
		let grandpa = Grandpa::new(
			executor,
			self.authorities,
			self.voter_state,
			self.justifications,
			self.proofs,
		);
		module.merge(grandpa.into_rpc())
	}
}
