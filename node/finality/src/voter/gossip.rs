//! The voter's way to other nodes.

use super::{
	envelope::{Envelope, Payload},
	metrics::Metrics,
	sieve::{LastOf, Sieve, Verdict},
	validator::{topic, VoteValidator},
};
use aci_finality::{AuthoritySet, BlockHash, BlockNumber, Message, SetId, View};
use codec::Encode;
use futures::{
	channel::mpsc::{channel, Receiver},
	FutureExt, StreamExt,
};
use futures_timer::Delay;
use parking_lot::Mutex;
use prometheus_endpoint::Registry;
use sc_network::{service::traits::NotificationService, PeerId, ProtocolName, ReputationChange};
use sc_network_gossip::{GossipEngine, Network, Syncing, TopicNotification};
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedReceiver};
use sp_runtime::traits::Block as BlockT;
use std::{
	collections::VecDeque,
	sync::Arc,
	task::{Context, Poll},
	time::Duration,
};

/// How often peers are told where this node is, if that has changed.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);
/// Unchanged, it is told every so many intervals, for a peer that lost it.
const STATUS_REPEAT: u32 = 5;
/// Own messages remembered as sent.
const SENT: usize = 64;

/// What the voter needs of a network.
pub trait Net: Send {
	/// `set` is in force. Messages are of this set from now on; those that are kept are given
	/// again.
	fn enter(&mut self, set: &AuthoritySet);

	/// The node is in `view` and `finalised` is its last final block; peers that lag are sent
	/// `newest`.
	fn advance(&mut self, view: View, finalised: BlockNumber, newest: Vec<Message>);

	/// Sends to all nodes.
	fn broadcast(&mut self, message: &Message);

	/// The next message that passed the first judgement. `None` once the network has stopped.
	fn poll_message(&mut self, context: &mut Context) -> Poll<Option<Message>>;
}

/// The network by Substrate's gossip.
pub struct Gossip<B: BlockT> {
	engine: GossipEngine<B>,
	sieve: Arc<Mutex<Sieve>>,
	reports: TracingUnboundedReceiver<(PeerId, ReputationChange)>,
	set: SetId,
	heard: Receiver<TopicNotification>,
	early: VecDeque<Message>,
	sent: VecDeque<[u8; 32]>,
	status_timer: Delay,
	status_told: Option<Vec<u8>>,
	status_unchanged: u32,
}

impl<B: BlockT> Gossip<B> {
	/// Joins the protocol.
	#[allow(clippy::too_many_arguments)]
	pub fn new<N, S>(
		network: N,
		sync: S,
		notifications: Box<dyn NotificationService>,
		protocol: ProtocolName,
		genesis: BlockHash,
		last_of: LastOf,
		metrics: Option<Metrics>,
		registry: Option<&Registry>,
	) -> Self
	where
		N: Network<B> + Send + Clone + 'static,
		S: Syncing<B> + Send + Clone + 'static,
	{
		let sieve = Arc::new(Mutex::new(Sieve::new(genesis, last_of)));
		let (reporter, reports) = tracing_unbounded("mpsc_finality_reports", 10_000);
		let validator = VoteValidator {
			sieve: sieve.clone(),
			reports: reporter,
			metrics,
		};
		Gossip {
			engine: GossipEngine::new(
				network,
				sync,
				notifications,
				protocol,
				Arc::new(validator),
				registry,
			),
			sieve,
			reports,
			set: SetId::MAX,
			heard: channel(1).1,
			early: VecDeque::new(),
			sent: VecDeque::new(),
			status_timer: Delay::new(STATUS_INTERVAL),
			status_told: None,
			status_unchanged: 0,
		}
	}

	fn tell_status(&mut self) {
		let (status, peers) = {
			let sieve = self.sieve.lock();
			(sieve.status(), sieve.peers())
		};
		let Some(status) = status else { return };
		if self.status_told.as_ref() == Some(&status) {
			self.status_unchanged = self.status_unchanged.saturating_add(1);
			if self.status_unchanged < STATUS_REPEAT {
				return;
			}
		}
		self.status_unchanged = 0;
		self.engine.send_message(peers, status.clone());
		self.status_told = Some(status);
	}
}

impl<B: BlockT> Net for Gossip<B> {
	fn enter(&mut self, set: &AuthoritySet) {
		let topic = topic::<B>(set.id());
		self.set = set.id();
		self.early.clear();
		let early = self.sieve.lock().enter(set.clone());
		self.heard = self.engine.messages_for(topic);
		for bytes in early {
			let verdict = self.sieve.lock().judge_early(&bytes);
			if let (
				Verdict::Accepted,
				Some(Envelope {
					payload: Payload::Message(message),
					..
				}),
			) = (verdict, Envelope::read(&bytes))
			{
				self.engine.gossip_message(topic, bytes, false);
				self.early.push_back(message);
			}
		}
		self.tell_status();
	}

	fn advance(&mut self, view: View, finalised: BlockNumber, newest: Vec<Message>) {
		self.sieve.lock().advance(view, finalised, newest);
	}

	fn broadcast(&mut self, message: &Message) {
		let bytes = Envelope::message(self.set, message.clone()).encode();
		let digest = sp_crypto_hashing::blake2_256(&bytes);
		// Sent before and sent again: somebody may have dropped it, whatever the engine believes.
		let again = self.sent.contains(&digest);
		if !again {
			if self.sent.len() >= SENT {
				self.sent.pop_front();
			}
			self.sent.push_back(digest);
		}
		self.engine
			.gossip_message(topic::<B>(self.set), bytes, again);
	}

	fn poll_message(&mut self, context: &mut Context) -> Poll<Option<Message>> {
		if let Some(message) = self.early.pop_front() {
			return Poll::Ready(Some(message));
		}
		if self.engine.poll_unpin(context).is_ready() {
			return Poll::Ready(None);
		}
		while let Poll::Ready(Some((peer, change))) = self.reports.poll_next_unpin(context) {
			self.engine.report(peer, change);
		}
		while self.status_timer.poll_unpin(context).is_ready() {
			self.status_timer.reset(STATUS_INTERVAL);
			self.tell_status();
		}
		while let Poll::Ready(Some(notification)) = self.heard.poll_next_unpin(context) {
			if let Some(Envelope {
				set,
				payload: Payload::Message(message),
				..
			}) = Envelope::read(&notification.message)
			{
				if set == self.set {
					return Poll::Ready(Some(message));
				}
			}
		}
		Poll::Pending
	}
}
