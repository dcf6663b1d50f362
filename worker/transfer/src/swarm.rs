//! The task that drives the network. It owns the libp2p swarm; all else talks to it by commands.
//!
//! # What it guarantees
//!
//! 1. Every command gets one answer, or its answer's sender is dropped.
//! 2. A peer that sends what the protocol's bounds do not allow is blocked: its connections are
//!    closed and new ones refused, for as long as it is among the last [`MAX_BLOCKED`] such peers.
//! 3. No more requests than the options say are served at once, of one peer and of all.
//! 4. At most one dial of a peer is under way for fetches; all requests to the peer wait for it.

mod stream;

use crate::{
	content::ContentId,
	error::SourceFailure,
	locator,
	options::{Addresses, Options},
	protocol::{self, ReadRequest, Request, Response, PROTOCOL},
	statistics::Counters,
	store::Store,
	stream::{
		protocol::{self as stream_protocol, Answer, Tail},
		Streams,
	},
	transport::blocking,
};
use futures::StreamExt;
use libp2p::{
	allow_block_list::{self, BlockedPeers},
	connection_limits::{self, ConnectionLimits},
	core::{upgrade::Version, ConnectedPoint, Transport},
	identify,
	identity::Keypair,
	kad::{
		self, store::MemoryStore, store::MemoryStoreConfig, GetProvidersOk, QueryId, QueryResult,
	},
	noise,
	request_response::{
		self, InboundRequestId, Message, OutboundFailure, OutboundRequestId, ProtocolSupport,
		ResponseChannel,
	},
	swarm::{
		self,
		dial_opts::{DialOpts, PeerCondition},
		ConnectionId, DialError, NetworkBehaviour, SwarmEvent,
	},
	tcp, yamux, Multiaddr, PeerId, StreamProtocol, Swarm,
};
use std::{
	collections::{BTreeMap, HashMap, VecDeque},
	io,
	sync::Arc,
	time::Duration,
};
use tokio::{
	sync::{mpsc, oneshot},
	task::JoinSet,
	time::Instant,
};

const DHT: StreamProtocol = StreamProtocol::new("/aci/transfer/dht/1");
const IDENTIFY: &str = "/aci/transfer/identify/1";

/// Most peers that are kept blocked.
pub(crate) const MAX_BLOCKED: usize = 1024;
/// Most addresses of one peer that are entered into the DHT's table.
const MAX_ADDRESSES: usize = 8;
/// Most contents that this node announces, and keys that it keeps for others.
const MAX_PROVIDED: usize = 16 * 1024;
/// Announcements that are under way at once.
const MAX_ANNOUNCING: usize = 8;
/// After a new node was met, time until all content is announced again; and the least time between
/// two such rounds.
const ANNOUNCE_DELAY: Duration = Duration::from_millis(200);
const ANNOUNCE_PAUSE: Duration = Duration::from_secs(60);
/// Time after which a connection without requests is closed.
const IDLE: Duration = Duration::from_secs(30);
/// Time that a DHT lookup or announcement may take.
const DHT_TIMEOUT: Duration = Duration::from_secs(15);
/// Pause between two looks for streams that have ended long ago.
const SWEEP: Duration = Duration::from_secs(5);
/// Streams of one connection at once. yamux buffers up to 256 KiB for each.
const MAX_STREAMS: usize = 64;

#[derive(NetworkBehaviour)]
struct Behaviour {
	blocked: allow_block_list::Behaviour<BlockedPeers>,
	limits: connection_limits::Behaviour,
	transfer: request_response::Behaviour<protocol::Codec>,
	stream: request_response::Behaviour<stream_protocol::Codec>,
	dht: kad::Behaviour<MemoryStore>,
	identify: identify::Behaviour,
}

/// Where an answer goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, SourceFailure>>;

/// A question to a peer, of either protocol.
pub(crate) enum Question {
	/// About content.
	Transfer(Request, Reply<Response>),
	/// About a stream.
	Stream(Tail, Reply<Answer>),
}

impl Question {
	fn fail(self, failure: SourceFailure) {
		match self {
			Question::Transfer(_, reply) => drop(reply.send(Err(failure))),
			Question::Stream(_, reply) => drop(reply.send(Err(failure))),
		}
	}
}

/// What the task is asked to do.
pub(crate) enum Command {
	/// Ask a peer, connecting first where needed.
	Ask {
		peer: PeerId,
		addresses: Vec<Multiaddr>,
		question: Question,
	},
	/// Name the peers that provide content, each once, until the sender is dropped.
	FindProviders {
		id: ContentId,
		found: mpsc::Sender<PeerId>,
	},
	/// Announce content; the sender is dropped when it is done.
	Provide {
		id: ContentId,
		done: Option<oneshot::Sender<()>>,
	},
	/// Announce content no longer.
	Withdraw { ids: Vec<ContentId> },
	/// Block a peer that broke the protocol.
	CutOff { peer: PeerId },
	/// Addresses at which this node can be reached.
	Addresses {
		reply: oneshot::Sender<Vec<Multiaddr>>,
	},
	/// End the task.
	Shutdown,
}

/// A request that was received and read.
struct Inbound {
	peer: PeerId,
	id: InboundRequestId,
	request: Request,
	channel: ResponseChannel<Response>,
}

pub(crate) struct Task {
	swarm: Swarm<Behaviour>,
	commands: mpsc::Receiver<Command>,
	store: Arc<Store>,
	counters: Arc<Counters>,
	options: Options,
	external: Vec<Multiaddr>,
	/// Dials under way, and the questions that wait for a connection.
	dialing: BTreeMap<PeerId, ConnectionId>,
	waiting: BTreeMap<PeerId, Vec<Question>>,
	/// Requests that were sent. Each protocol counts its own.
	asked: BTreeMap<OutboundRequestId, Reply<Response>>,
	tailed: BTreeMap<OutboundRequestId, Reply<Answer>>,
	/// Requests of others whose answers are not sent yet.
	serving: BTreeMap<InboundRequestId, PeerId>,
	answers: JoinSet<Option<(ResponseChannel<Response>, Response)>>,
	serving_streams: stream::Serving,
	blocked: VecDeque<PeerId>,
	lookups: HashMap<QueryId, mpsc::Sender<PeerId>>,
	/// Content to announce, and announcements under way.
	announce: VecDeque<(ContentId, Option<oneshot::Sender<()>>)>,
	announcing: HashMap<QueryId, Option<oneshot::Sender<()>>>,
	listing: JoinSet<Vec<ContentId>>,
	/// When all content is announced next, and when it was last.
	announce_all: Option<Instant>,
	announced_all: Option<Instant>,
}

impl Task {
	/// Builds the swarm and starts to listen. Must be called in a tokio runtime.
	pub fn new(
		keypair: Keypair,
		options: Options,
		addresses: Addresses,
		store: Arc<Store>,
		streams: Streams,
		counters: Arc<Counters>,
		commands: mpsc::Receiver<Command>,
	) -> Result<Self, String> {
		let mut swarm = build(keypair, &options).map_err(|error| error.to_string())?;
		for address in addresses.listen {
			swarm
				.listen_on(address)
				.map_err(|error| error.to_string())?;
		}
		for address in &addresses.external {
			swarm.add_external_address(address.clone());
		}
		for node in addresses.bootstrap {
			// The DHT connects to the nodes of its table by itself.
			swarm
				.behaviour_mut()
				.dht
				.add_address(&node.peer, node.address);
			let _ = swarm.dial(DialOpts::peer_id(node.peer).build());
		}
		Ok(Task {
			swarm,
			commands,
			store,
			counters,
			options,
			external: addresses.external,
			dialing: BTreeMap::new(),
			waiting: BTreeMap::new(),
			asked: BTreeMap::new(),
			tailed: BTreeMap::new(),
			serving: BTreeMap::new(),
			answers: JoinSet::new(),
			serving_streams: stream::Serving::new(streams),
			blocked: VecDeque::new(),
			lookups: HashMap::new(),
			announce: VecDeque::new(),
			announcing: HashMap::new(),
			listing: JoinSet::new(),
			announce_all: Some(Instant::now()),
			announced_all: None,
		})
	}

	/// Runs until it is told to end, or until nobody is left who could tell.
	pub async fn run(mut self) {
		let mut sweep = tokio::time::interval(SWEEP);
		loop {
			let announce_at = self.announce_all;
			tokio::select! {
				command = self.commands.recv() => match command {
					None | Some(Command::Shutdown) => break,
					Some(command) => self.command(command),
				},
				event = self.swarm.select_next_some() => self.event(event),
				Some(answer) = self.answers.join_next() => {
					if let Ok(Some((channel, response))) = answer {
						// Fails where the peer has gone, of which an event tells too.
						let _ = self.swarm.behaviour_mut().transfer.send_response(channel, response);
					}
				},
				Some(answer) = self.serving_streams.answers.join_next() => {
					// An answer to a peer that has gone was broken off.
					if let Ok(answer) = answer {
						self.send_answer(answer);
					}
				},
				_ = sweep.tick() => self.serving_streams.streams.sweep(),
				Some(listed) = self.listing.join_next() => {
					let room = MAX_PROVIDED.saturating_sub(self.announce.len());
					let ids = listed.unwrap_or_default().into_iter().take(room);
					self.announce.extend(ids.map(|id| (id, None)));
				},
				() = tokio::time::sleep_until(announce_at.unwrap_or_else(Instant::now)),
					if announce_at.is_some() => self.announce_all(),
			}
			self.announce_next();
		}
		self.serving_streams.answers.shutdown().await;
		// The store is released when the last work on it is.
		while self.answers.join_next().await.is_some() {}
		while self.listing.join_next().await.is_some() {}
	}

	fn command(&mut self, command: Command) {
		match command {
			Command::Ask {
				peer,
				addresses,
				question,
			} => {
				if self.swarm.is_connected(&peer) {
					return self.send(peer, question);
				}
				if !self.dialing.contains_key(&peer) {
					if let Err(error) = self.dial(peer, addresses) {
						question.fail(SourceFailure::Unreachable(describe(&error)));
						return;
					}
				}
				self.waiting.entry(peer).or_default().push(question);
			}
			Command::FindProviders { id, found } => {
				let query = self.swarm.behaviour_mut().dht.get_providers(key(&id));
				self.lookups.insert(query, found);
			}
			Command::Provide { id, done } => self.announce.push_back((id, done)),
			Command::Withdraw { ids } => {
				self.announce.retain(|(id, _)| !ids.contains(id));
				for id in ids {
					self.swarm.behaviour_mut().dht.stop_providing(&key(&id));
				}
			}
			Command::CutOff { peer } => self.cut_off(peer),
			Command::Addresses { reply } => {
				let addresses = match self.external.is_empty() {
					true => self.swarm.listeners().cloned().collect(),
					false => self.external.clone(),
				};
				let _ = reply.send(addresses);
			}
			Command::Shutdown => {}
		}
	}

	fn dial(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) -> Result<(), DialError> {
		let dial = DialOpts::peer_id(peer)
			.addresses(addresses)
			.extend_addresses_through_behaviour()
			// The DHT may be dialling the peer at another address.
			.condition(PeerCondition::Always)
			.build();
		let connection = dial.connection_id();
		self.swarm.dial(dial)?;
		self.dialing.insert(peer, connection);
		Ok(())
	}

	fn send(&mut self, peer: PeerId, question: Question) {
		let behaviour = self.swarm.behaviour_mut();
		match question {
			Question::Transfer(request, reply) => {
				let id = behaviour.transfer.send_request(&peer, Ok(request));
				self.asked.insert(id, reply);
			}
			Question::Stream(request, reply) => {
				let id = behaviour.stream.send_request(&peer, Ok(request));
				self.tailed.insert(id, reply);
			}
		}
	}

	fn cut_off(&mut self, peer: PeerId) {
		if self.blocked.contains(&peer) {
			return;
		}
		Counters::add(&self.counters.cut_off, 1);
		self.swarm.behaviour_mut().blocked.block_peer(peer);
		self.blocked.push_back(peer);
		if self.blocked.len() > MAX_BLOCKED {
			if let Some(oldest) = self.blocked.pop_front() {
				self.swarm.behaviour_mut().blocked.unblock_peer(oldest);
			}
		}
	}

	fn event(&mut self, event: SwarmEvent<BehaviourEvent>) {
		match event {
			SwarmEvent::Behaviour(BehaviourEvent::Transfer(event)) => self.transfer_event(event),
			SwarmEvent::Behaviour(BehaviourEvent::Stream(event)) => self.stream_event(event),
			SwarmEvent::Behaviour(BehaviourEvent::Dht(event)) => self.dht_event(event),
			SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
				peer_id,
				info,
				..
			})) if info.protocols.contains(&DHT) => {
				let dht = &mut self.swarm.behaviour_mut().dht;
				let usable = info.listen_addrs.into_iter().filter(locator::is_tcp);
				for address in usable.take(MAX_ADDRESSES) {
					dht.add_address(&peer_id, address);
				}
			}
			SwarmEvent::NewListenAddr { address, .. } => {
				tracing::debug!(%address, "listening");
				if self.external.is_empty() {
					self.swarm.add_external_address(address);
				}
			}
			SwarmEvent::ExpiredListenAddr { address, .. } => {
				self.swarm.remove_external_address(&address);
			}
			SwarmEvent::ConnectionEstablished {
				peer_id,
				connection_id,
				endpoint,
				..
			} => {
				if self.dialing.get(&peer_id) == Some(&connection_id) {
					self.dialing.remove(&peer_id);
				}
				if let ConnectedPoint::Dialer { address, .. } = endpoint {
					// So that the peer is found again after an idle connection was closed.
					self.swarm.add_peer_address(peer_id, address);
				}
				for waiting in self.waiting.remove(&peer_id).unwrap_or_default() {
					self.send(peer_id, waiting);
				}
			}
			SwarmEvent::OutgoingConnectionError {
				peer_id: Some(peer),
				connection_id,
				error,
			} if self.dialing.get(&peer) == Some(&connection_id) => {
				self.dialing.remove(&peer);
				for question in self.waiting.remove(&peer).unwrap_or_default() {
					question.fail(SourceFailure::Unreachable(describe(&error)));
				}
			}
			_ => {}
		}
	}

	fn transfer_event(&mut self, event: request_response::Event<ReadRequest, Response>) {
		use request_response::Event;
		match event {
			Event::Message {
				peer,
				message: Message::Request {
					request_id,
					request,
					channel,
				},
			} => match request {
				Ok(request) => self.serve(Inbound {
					peer,
					id: request_id,
					request,
					channel,
				}),
				Err(violation) => {
					tracing::warn!(%peer, %violation, "cut off a peer that broke the protocol");
					self.cut_off(peer);
				}
			},
			Event::Message {
				message: Message::Response {
					request_id,
					response,
				},
				..
			} => {
				if let Some(reply) = self.asked.remove(&request_id) {
					let _ = reply.send(Ok(response));
				}
			}
			Event::OutboundFailure {
				peer,
				request_id,
				error,
			} => {
				let failure = self.failure(peer, error, self.options.request_timeout);
				if let Some(reply) = self.asked.remove(&request_id) {
					let _ = reply.send(Err(failure));
				}
			}
			Event::InboundFailure {
				peer,
				request_id,
				error,
			} => {
				self.serving.remove(&request_id);
				tracing::debug!(%peer, %error, "a request was not answered");
			}
			Event::ResponseSent { request_id, .. } => {
				self.serving.remove(&request_id);
			}
		}
	}

	/// Why a request to a peer failed. A peer that broke the protocol is cut off.
	fn failure(&mut self, peer: PeerId, error: OutboundFailure, limit: Duration) -> SourceFailure {
		match error {
			OutboundFailure::Timeout => SourceFailure::TimedOut(limit),
			OutboundFailure::Io(error) if is_violation(&error) => {
				tracing::warn!(%peer, %error, "cut off a peer that broke the protocol");
				self.cut_off(peer);
				SourceFailure::Misbehaved(error.to_string())
			}
			OutboundFailure::UnsupportedProtocols => SourceFailure::Refused,
			error => SourceFailure::Unreachable(error.to_string()),
		}
	}

	/// Answers a request, reading from the store on another thread.
	fn serve(&mut self, inbound: Inbound) {
		let Inbound {
			peer,
			id,
			request,
			channel,
		} = inbound;
		let of_peer = self
			.serving
			.values()
			.filter(|other| **other == peer)
			.count();
		self.serving.insert(id, peer);
		if of_peer >= self.options.served_per_peer || self.serving.len() > self.options.served {
			Counters::add(&self.counters.turned_away, 1);
			let transfer = &mut self.swarm.behaviour_mut().transfer;
			let _ = transfer.send_response(channel, Response::Busy);
			return;
		}
		let (store, counters) = (self.store.clone(), self.counters.clone());
		self.answers.spawn(async move {
			let response = blocking(move || answer(&store, &counters, request))
				.await
				.ok()?;
			Some((channel, response))
		});
	}

	fn dht_event(&mut self, event: kad::Event) {
		match event {
			kad::Event::OutboundQueryProgressed {
				id, result, step, ..
			} => match result {
				QueryResult::GetProviders(result) => {
					if let Ok(GetProvidersOk::FoundProviders { providers, .. }) = result {
						for peer in providers {
							self.found(id, peer);
						}
					}
					if step.last {
						self.lookups.remove(&id);
					}
				}
				QueryResult::StartProviding(_) => {
					self.announcing.remove(&id);
				}
				_ => {}
			},
			kad::Event::RoutingUpdated {
				is_new_peer: true, ..
			} if self.announce_all.is_none() => {
				let now = Instant::now();
				let rested = self.announced_all.map_or(now, |last| last + ANNOUNCE_PAUSE);
				self.announce_all = Some(rested.max(now + ANNOUNCE_DELAY));
			}
			_ => {}
		}
	}

	/// Passes a provider on. Its addresses are known to the DHT only while the lookup runs, so it
	/// is dialled now.
	fn found(&mut self, query: QueryId, peer: PeerId) {
		let Some(found) = self.lookups.get(&query) else {
			return;
		};
		// A full channel means that enough were named.
		if peer == *self.swarm.local_peer_id() || found.try_send(peer).is_err() {
			return;
		}
		if !self.swarm.is_connected(&peer) && !self.dialing.contains_key(&peer) {
			if let Err(error) = self.dial(peer, Vec::new()) {
				tracing::debug!(%peer, %error, "a provider cannot be dialled");
			}
		}
	}

	/// Starts to list all content, to be announced.
	fn announce_all(&mut self) {
		self.announce_all = None;
		self.announced_all = Some(Instant::now());
		let store = self.store.clone();
		self.listing.spawn_blocking(move || {
			store.complete().unwrap_or_else(|error| {
				tracing::warn!(%error, "stored content is not announced");
				Vec::new()
			})
		});
	}

	fn announce_next(&mut self) {
		while self.announcing.len() < MAX_ANNOUNCING {
			let Some((id, done)) = self.announce.pop_front() else {
				return;
			};
			match self.swarm.behaviour_mut().dht.start_providing(key(&id)) {
				Ok(query) => {
					self.announcing.insert(query, done);
				}
				// Locators still lead to it.
				Err(error) => tracing::warn!(%id, %error, "content is not announced in the DHT"),
			}
		}
	}
}

/// Reads the answer to a request from the store.
fn answer(store: &Store, counters: &Counters, request: Request) -> Response {
	let answer = match &request {
		Request::Probe(id) => store.state(id).map(|state| match state {
			Some(state) if state.complete => Response::Held,
			_ => Response::NotHeld,
		}),
		Request::Chunks { id, indices } => match store.state(id) {
			Ok(Some(state)) if state.complete => store.prove(id, indices).map(|chunks| {
				chunks.map_or(Response::Refused, |chunks| {
					Counters::add(&counters.requests_served, 1);
					Counters::add(&counters.chunks_served, chunks.len() as u64);
					Response::Chunks(chunks)
				})
			}),
			Ok(_) => Ok(Response::NotHeld),
			Err(error) => Err(error),
		},
		Request::Named(name) => store
			.named(name)
			.map(|id| id.map_or(Response::NotHeld, Response::Named)),
	};
	answer.unwrap_or_else(|error| {
		tracing::warn!(%error, "a request could not be answered from the store");
		Response::NotHeld
	})
}

/// The DHT's key of content.
fn key(id: &ContentId) -> kad::RecordKey {
	kad::RecordKey::new(&id.name())
}

/// Whether an error on a stream means that the peer broke the protocol's bounds.
fn is_violation(error: &io::Error) -> bool {
	error.kind() == io::ErrorKind::InvalidData
}

/// A dial's error in one line.
fn describe(error: &DialError) -> String {
	match error {
		DialError::Transport(addresses) => addresses
			.iter()
			.map(|(address, error)| format!("{address}: {}", innermost(error)))
			.collect::<Vec<_>>()
			.join(", "),
		DialError::NoAddresses => "no address is known".into(),
		error => error.to_string(),
	}
}

/// The error at the end of the chain of causes, which is the one that says something.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
	let mut error = error;
	while let Some(source) = error.source() {
		error = source;
	}
	error.to_string()
}

fn build(keypair: Keypair, options: &Options) -> Result<Swarm<Behaviour>, noise::Error> {
	let peer = keypair.public().to_peer_id();
	let mut yamux = yamux::Config::default();
	yamux.set_max_num_streams(MAX_STREAMS);

	let mut dht_config = kad::Config::new(DHT);
	dht_config.set_query_timeout(DHT_TIMEOUT);
	let records = MemoryStoreConfig {
		// Only providers are kept, no values.
		max_records: 0,
		max_value_bytes: 0,
		max_provided_keys: MAX_PROVIDED,
		..Default::default()
	};
	let mut dht =
		kad::Behaviour::with_config(peer, MemoryStore::with_config(peer, records), dht_config);
	dht.set_mode(Some(match options.dht_server {
		true => kad::Mode::Server,
		false => kad::Mode::Client,
	}));

	let streams = options
		.served_per_peer
		.saturating_add(options.requests_per_peer.max(16));
	let transfer = request_response::Behaviour::new(
		[(PROTOCOL, ProtocolSupport::Full)],
		request_response::Config::default()
			.with_request_timeout(options.request_timeout)
			.with_max_concurrent_streams(streams),
	);
	let limits = ConnectionLimits::default()
		.with_max_pending_incoming(Some(options.connections.min(64)))
		.with_max_established(Some(options.connections))
		.with_max_established_per_peer(Some(4));

	let transport = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
		.upgrade(Version::V1Lazy)
		.authenticate(noise::Config::new(&keypair)?)
		.multiplex(yamux)
		// A fetch stops waiting at `connect_timeout` itself; this ends the attempt behind it.
		.timeout(options.connect_timeout.saturating_mul(2))
		.boxed();
	let identify = identify::Config::new(IDENTIFY.into(), keypair.public());
	let behaviour = Behaviour {
		blocked: allow_block_list::Behaviour::default(),
		limits: connection_limits::Behaviour::new(limits),
		transfer,
		stream: stream::behaviour(options),
		dht,
		identify: identify::Behaviour::new(identify.with_agent_version("aci".into())),
	};
	let config = swarm::Config::with_tokio_executor().with_idle_connection_timeout(IDLE);
	Ok(Swarm::new(transport, behaviour, peer, config))
}
