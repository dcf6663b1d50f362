//! Gossip, the state machine and its record, RPC and metrics.
//!
//! * [`worker`]: the task that runs the state machine.
//! * [`standing`], [`record_file`]: whether the node votes, and what it must not forget.
//! * [`gossip`], [`validator`], [`sieve`], [`peers`], [`early`], [`envelope`]: the network.
//! * [`signer`], [`offences`]: the keystore, and reports to the runtime.
//! * [`rpc`], [`state`], [`metrics`]: what the node tells about it.

pub mod early;
pub mod envelope;
pub mod gossip;
pub mod metrics;
pub mod offences;
pub mod peers;
pub mod record_file;
pub mod rpc;
pub mod sieve;
pub mod signer;
pub mod standing;
pub mod state;
pub mod validator;
pub mod worker;

use crate::interface::Chain;
use aci_finality::{api::FinalityApi, machine::Timing, BlockHash};
use gossip::Gossip;
use metrics::Metrics;
use offences::RuntimeReporter;
use prometheus_endpoint::Registry;
use record_file::Records;
use sc_client_api::AuxStore;
use sc_network::{
	config::{NonReservedPeerMode, SetConfig},
	peer_store::PeerStoreProvider,
	service::traits::NotificationService,
	NetworkBackend, NotificationMetrics, ProtocolName,
};
use sc_network_gossip::{Network, Syncing};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_keystore::KeystorePtr;
use sp_runtime::traits::Block as BlockT;
use standing::AuxNotes;
use state::SharedState;
use std::{future::Future, path::PathBuf, sync::Arc};
use worker::{Parts, Worker};

/// The folder of vote records, under the folder that also holds the chain's database folder.
pub const FOLDER: &str = "finality";

/// The name of the gadget's protocol on the chain of `genesis`; `fork_id` is the chain
/// specification's.
pub fn protocol_name(genesis: &BlockHash, fork_id: Option<&str>) -> ProtocolName {
	let fork = fork_id.map(|fork| format!("/{fork}")).unwrap_or_default();
	let genesis = sp_core::bytes::to_hex(genesis.as_bytes(), false);
	format!("/{}{fork}/aci-finality/1", genesis.trim_start_matches("0x")).into()
}

/// The protocol's settings for the network, and its notifications for [`Params`]. The gossip engine
/// adds the peers that sync with this node.
pub fn peers_set_config<B: BlockT, N: NetworkBackend<B, B::Hash>>(
	protocol: ProtocolName,
	metrics: NotificationMetrics,
	peer_store: Arc<dyn PeerStoreProvider>,
) -> (N::NotificationProtocolConfig, Box<dyn NotificationService>) {
	N::notification_config(
		protocol,
		Vec::new(),
		envelope::LARGEST as u64,
		None,
		SetConfig {
			in_peers: 0,
			out_peers: 0,
			reserved_nodes: Vec::new(),
			non_reserved_mode: NonReservedPeerMode::Deny,
		},
		metrics,
		peer_store,
	)
}

/// What the voter needs of the node's service.
pub struct Params<B: BlockT, Ch, Cl, N, S> {
	/// The gadget's chain side.
	pub chain: Arc<Ch>,
	/// The client, for reports and notes.
	pub client: Arc<Cl>,
	/// The network.
	pub network: N,
	/// Syncing.
	pub sync: S,
	/// The protocol's name, from [`protocol_name`].
	pub protocol: ProtocolName,
	/// The protocol's notifications, from [`peers_set_config`].
	pub notifications: Box<dyn NotificationService>,
	/// Keys; none on a node that shall not vote.
	pub keystore: Option<KeystorePtr>,
	/// The folder of vote records: [`FOLDER`] in the chain's folder of the base path.
	pub folder: PathBuf,
	/// The pool, for reports of offences.
	pub pool: OffchainTransactionPoolFactory<B>,
	/// What RPC reads.
	pub state: SharedState,
	/// Waiting times.
	pub timing: Timing,
	/// Metrics.
	pub registry: Option<Registry>,
}

/// Starts the voter, or an observer on a node without keys. The future ends when the node's network
/// or chain does; it writes to the disk, so it is to be spawned as blocking, and as essential.
pub fn start<B, Ch, Cl, N, S>(params: Params<B, Ch, Cl, N, S>) -> impl Future<Output = ()> + Send
where
	B: BlockT<Hash = BlockHash>,
	Ch: Chain,
	Cl: ProvideRuntimeApi<B> + HeaderBackend<B> + AuxStore + Send + Sync + 'static,
	Cl::Api: FinalityApi<B>,
	N: Network<B> + Send + Clone + 'static,
	S: Syncing<B> + Send + Clone + 'static,
{
	let Params {
		chain,
		client,
		network,
		sync,
		protocol,
		notifications,
		keystore,
		folder,
		pool,
		state,
		timing,
		registry,
	} = params;
	let metrics = registry.as_ref().and_then(|registry| {
		Metrics::register(registry)
			.inspect_err(|error| log::warn!(target: "finality", "No metrics: {error}"))
			.ok()
	});
	let chain_of_last = chain.clone();
	let net = Gossip::<B>::new(
		network,
		sync,
		notifications,
		protocol,
		chain.genesis(),
		Arc::new(move |set| chain_of_last.last_of(set)),
		metrics.clone(),
		registry.as_ref(),
	);
	let parts = Parts {
		chain,
		net,
		keystore,
		records: Records::new(folder),
		notes: Arc::new(AuxNotes(client.clone())),
		reporter: Arc::new(RuntimeReporter { client, pool }),
		metrics,
		state,
		timing,
	};
	async move { Worker::new(parts).run().await }
}
