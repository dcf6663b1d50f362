//! Streams on the network: answers readers, and passes answers on.
//!
//! # What it guarantees
//!
//! 1. No more requests are answered at once than the limits say, of one peer and of all; more are
//!    answered with "busy". A request whose peer has gone is not answered any more.

use super::{Task, MAX_STREAMS};
use crate::{
	options::Options,
	statistics::Counters,
	stream::{
		protocol::{Answer, Codec, ReadTail, Tail, PROTOCOL},
		Streams, MAX_WAIT,
	},
};
use libp2p::{
	request_response::{self, Event, InboundRequestId, Message, ProtocolSupport, ResponseChannel},
	PeerId,
};
use std::collections::BTreeMap;
use tokio::task::{AbortHandle, JoinSet};

type Answered = (ResponseChannel<Answer>, Answer);

/// The streams of this node, and the readers that are answered.
pub(super) struct Serving {
	pub streams: Streams,
	readers: BTreeMap<InboundRequestId, (PeerId, Option<AbortHandle>)>,
	pub answers: JoinSet<Answered>,
}

impl Serving {
	pub fn new(streams: Streams) -> Self {
		Serving {
			streams,
			readers: BTreeMap::new(),
			answers: JoinSet::new(),
		}
	}

	fn leave(&mut self, id: &InboundRequestId) {
		if let Some((_, Some(answer))) = self.readers.remove(id) {
			answer.abort();
		}
	}
}

/// The behaviour of the protocol.
pub(super) fn behaviour(options: &Options) -> request_response::Behaviour<Codec> {
	let streams = options.streams.readers_per_peer.saturating_add(4);
	request_response::Behaviour::new(
		[(PROTOCOL, ProtocolSupport::Full)],
		request_response::Config::default()
			// An answer may wait before it is sent.
			.with_request_timeout(options.request_timeout.saturating_add(MAX_WAIT))
			.with_max_concurrent_streams(streams.min(MAX_STREAMS / 2)),
	)
}

impl Task {
	pub(super) fn stream_event(&mut self, event: Event<ReadTail, Answer>) {
		match event {
			Event::Message {
				peer,
				message: Message::Request {
					request_id,
					request,
					channel,
				},
			} => match request {
				Ok(tail) => self.serve_tail(peer, request_id, tail, channel),
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
				if let Some(reply) = self.tailed.remove(&request_id) {
					let _ = reply.send(Ok(response));
				}
			}
			Event::OutboundFailure {
				peer,
				request_id,
				error,
			} => {
				let limit = self.options.request_timeout.saturating_add(MAX_WAIT);
				let failure = self.failure(peer, error, limit);
				if let Some(reply) = self.tailed.remove(&request_id) {
					let _ = reply.send(Err(failure));
				}
			}
			Event::InboundFailure {
				peer,
				request_id,
				error,
			} => {
				self.serving_streams.leave(&request_id);
				tracing::debug!(%peer, %error, "a reader was not answered");
			}
			Event::ResponseSent { request_id, .. } => {
				self.serving_streams.readers.remove(&request_id);
			}
		}
	}

	fn serve_tail(
		&mut self,
		peer: PeerId,
		id: InboundRequestId,
		tail: Tail,
		channel: ResponseChannel<Answer>,
	) {
		let limits = &self.options.streams;
		let serving = &mut self.serving_streams;
		let readers = serving.readers.values();
		let of_peer = readers.filter(|(other, _)| *other == peer).count();
		let full =
			serving.readers.len() >= limits.readers || serving.answers.len() >= limits.readers;
		if full || of_peer >= limits.readers_per_peer {
			serving.readers.insert(id, (peer, None));
			Counters::add(&self.counters.turned_away, 1);
			return self.send_answer((channel, Answer::Busy));
		}
		let (streams, counters) = (serving.streams.clone(), self.counters.clone());
		let answer = serving.answers.spawn(async move {
			let answer = streams.read(&tail).await;
			Counters::add(&counters.readers_answered, 1);
			(channel, answer)
		});
		serving.readers.insert(id, (peer, Some(answer)));
	}

	pub(super) fn send_answer(&mut self, (channel, answer): Answered) {
		// Fails where the peer has gone, of which an event tells too.
		let stream = &mut self.swarm.behaviour_mut().stream;
		let _ = stream.send_response(channel, answer);
	}
}
