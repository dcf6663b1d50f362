//! GRANDPA: the reference engine.

use super::vote_condition;
use crate::service::{FullBackend, FullClient, FullPool, FullSelectChain};
use aci_runtime::{opaque::Block, BlockNumber, Hash};
use sc_consensus_grandpa::{
	Config, FinalityProofProvider, GrandpaBlockImport, GrandpaParams, LinkHalf, SharedVoterState,
};
use sc_network::{
	config::{FullNetworkConfiguration, Role},
	service::traits::{NetworkService, NotificationService},
	NetworkBackend, NotificationMetrics, ProtocolName,
};
use sc_network_sync::SyncingService;
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
pub type BlockImport = GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
/// What joins the block import to the voter.
pub type Link = LinkHalf<Block, FullClient, FullSelectChain>;

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
	/// Takes what RPC needs from the link, before the voter has it.
	pub fn new(link: &Link, backend: Arc<FullBackend>) -> Self {
		RpcParts {
			voter_state: SharedVoterState::empty(),
			authorities: link.shared_authority_set().clone(),
			justifications: link.justification_stream(),
			proofs: FinalityProofProvider::new_for_service(
				backend,
				Some(link.shared_authority_set().clone()),
			),
		}
	}
}

/// What the voter needs from the service.
pub struct VoterParams {
	/// The link from [`sc_consensus_grandpa::block_import`].
	pub link: Link,
	/// The protocol from [`add_protocol`].
	pub protocol: Protocol,
	/// The network.
	pub network: Arc<dyn NetworkService>,
	/// Syncing.
	pub sync: Arc<SyncingService<Block>>,
	/// Where the state of the vote is shared with RPC.
	pub voter_state: SharedVoterState,
	/// The pool, for reports of equivocations.
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
	pub registry: Option<prometheus_endpoint::Registry>,
}

/// Starts the voter, or an observer on a node without keys.
pub fn start(task_manager: &TaskManager, params: VoterParams) -> Result<(), Error> {
	let VoterParams {
		link,
		protocol,
		network,
		sync,
		voter_state,
		pool,
		keystore,
		telemetry,
		role,
		name,
		registry,
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
		link,
		network,
		sync,
		notification_service: protocol.notifications,
		voting_rule: vote_condition::for_grandpa(),
		prometheus_registry: registry,
		shared_voter_state: voter_state,
		telemetry,
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(pool),
	})?;
	task_manager
		.spawn_essential_handle()
		.spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}
