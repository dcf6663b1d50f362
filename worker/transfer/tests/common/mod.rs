//! Nodes on loopback, for tests.

#![allow(dead_code)]

use aci_transfer::{
	protocol::{Codec, ReadRequest, Request, Response, PROTOCOL},
	Libp2pTransport, Options, Progress, Store, StoreOptions,
};
use futures::StreamExt;
use libp2p::{
	core::{upgrade::Version, Transport as _},
	identity::Keypair,
	noise, request_response,
	swarm::{Config, NetworkBehaviour, Swarm, SwarmEvent},
	tcp, yamux,
};
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// A node with a folder of its own.
pub struct Node {
	pub transport: Libp2pTransport,
	pub store: Arc<Store>,
	pub folder: TempDir,
}

/// Options with short deadlines.
pub fn options() -> Options {
	Options {
		connect_timeout: Duration::from_millis(700),
		request_timeout: Duration::from_secs(3),
		dht_after: Duration::from_millis(200),
		..Default::default()
	}
}

pub fn open_store(folder: &Path) -> Arc<Store> {
	let store = Store::open(folder.join("store"), StoreOptions::default());
	Arc::new(store.expect("the folder is writable"))
}

pub async fn start(seed: u8, options: Options, store: Arc<Store>) -> Libp2pTransport {
	Libp2pTransport::start([seed; 32], options, store)
		.await
		.expect("loopback is free")
}

/// A node with these options. Nodes of one test need different seeds.
pub async fn node_with(seed: u8, options: Options) -> Node {
	let folder = tempfile::tempdir().expect("a temporary folder");
	let store = open_store(folder.path());
	let transport = start(seed, options, store.clone()).await;
	Node {
		transport,
		store,
		folder,
	}
}

pub async fn node(seed: u8) -> Node {
	node_with(seed, options()).await
}

/// Bytes that differ from chunk to chunk.
pub fn text(length: usize) -> Vec<u8> {
	(0..length)
		.map(|at| (at / 65_536 * 7 + at * 13 + at / 251) as u8)
		.collect()
}

/// A sink that keeps what it is told.
pub fn recorder(into: &mut Vec<Progress>) -> impl FnMut(Progress) + Send + '_ {
	|progress| into.push(progress)
}

/// A peer that speaks the protocol but answers as it likes. It stops when it is dropped.
pub struct Liar {
	pub locator: String,
	task: JoinHandle<()>,
}

impl Liar {
	pub fn new(locator: String, task: JoinHandle<()>) -> Self {
		Liar { locator, task }
	}
}

impl Drop for Liar {
	fn drop(&mut self) {
		self.task.abort();
	}
}

pub fn swarm<B: NetworkBehaviour>(seed: u8, behaviour: B) -> Swarm<B> {
	let keypair = Keypair::ed25519_from_bytes([seed; 32]).expect("32 bytes");
	let transport = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
		.upgrade(Version::V1Lazy)
		.authenticate(noise::Config::new(&keypair).expect("a good key"))
		.multiplex(yamux::Config::default())
		.boxed();
	let config =
		Config::with_tokio_executor().with_idle_connection_timeout(Duration::from_secs(30));
	Swarm::new(transport, behaviour, keypair.public().to_peer_id(), config)
}

/// Starts a liar that answers with `answer`, in messages written by `codec`.
pub async fn liar_with<C>(
	seed: u8,
	codec: C,
	mut answer: impl FnMut(Request) -> C::Response + Send + 'static,
) -> Liar
where
	C: request_response::Codec<Protocol = libp2p::StreamProtocol, Request = ReadRequest>
		+ Clone
		+ Send
		+ 'static,
	C::Response: std::fmt::Debug + Send,
{
	let behaviour = request_response::Behaviour::with_codec(
		codec,
		[(PROTOCOL, request_response::ProtocolSupport::Full)],
		request_response::Config::default(),
	);
	let mut swarm = swarm(seed, behaviour);
	let peer = *swarm.local_peer_id();
	swarm
		.listen_on("/ip4/127.0.0.1/tcp/0".parse().expect("an address"))
		.expect("is free");
	let locator = loop {
		if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
			break format!("{address}/p2p/{peer}");
		}
	};
	let task = tokio::spawn(async move {
		loop {
			let event = swarm.select_next_some().await;
			if let SwarmEvent::Behaviour(request_response::Event::Message {
				message: request_response::Message::Request {
					request, channel, ..
				},
				..
			}) = event
			{
				let _ = swarm.behaviour_mut().send_response(
					channel,
					answer(request.expect("nodes write well-formed requests")),
				);
			}
		}
	});
	Liar { locator, task }
}

pub async fn liar(seed: u8, answer: impl FnMut(Request) -> Response + Send + 'static) -> Liar {
	liar_with(seed, Codec, answer).await
}
