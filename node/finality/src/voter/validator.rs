//! Lends the [`Sieve`] to Substrate's gossip engine.
//!
//! The engine calls back into [`Validator::message_allowed`] while it sends, so the sieve's lock is
//! always released before the engine's context is used. It is the only lock here.

use super::{
	metrics::Metrics,
	sieve::{Sieve, Verdict},
};
use aci_finality::SetId;
use parking_lot::Mutex;
use sc_network::{ObservedRole, PeerId, ReputationChange};
use sc_network_gossip::{MessageIntent, ValidationResult, Validator, ValidatorContext};
use sc_utils::mpsc::TracingUnboundedSender;
use sp_runtime::traits::{Block as BlockT, Hash as HashT, Header as HeaderT};
use std::{sync::Arc, time::Instant};

/// The gossip topic of a set.
pub fn topic<B: BlockT>(set: SetId) -> B::Hash {
	<<B::Header as HeaderT>::Hashing as HashT>::hash(
		&[b"aci-finality".as_slice(), &set.to_le_bytes()].concat(),
	)
}

/// The gossip engine's validator.
pub struct VoteValidator {
	/// The judge, shared with the network's side of the voter.
	pub sieve: Arc<Mutex<Sieve>>,
	/// Where changes of reputation go; the engine's owner reports them.
	pub reports: TracingUnboundedSender<(PeerId, ReputationChange)>,
	/// Counts verdicts.
	pub metrics: Option<Metrics>,
}

impl VoteValidator {
	fn count(&self, verdict: Verdict) {
		if let Some(metrics) = &self.metrics {
			metrics.messages.with_label_values(&[verdict.name()]).inc();
		}
	}
}

impl<B: BlockT> Validator<B> for VoteValidator {
	fn new_peer(&self, context: &mut dyn ValidatorContext<B>, who: &PeerId, _role: ObservedRole) {
		let status = {
			let mut sieve = self.sieve.lock();
			sieve.connected(*who, Instant::now());
			sieve.status()
		};
		if let Some(status) = status {
			context.send_message(who, status);
		}
	}

	fn peer_disconnected(&self, _context: &mut dyn ValidatorContext<B>, who: &PeerId) {
		self.sieve.lock().disconnected(who);
	}

	fn validate(
		&self,
		context: &mut dyn ValidatorContext<B>,
		sender: &PeerId,
		data: &[u8],
	) -> ValidationResult<B::Hash> {
		let judgement = self.sieve.lock().judge(sender, data, Instant::now());
		self.count(judgement.verdict);
		if let Some(change) = judgement.verdict.reputation() {
			let _ = self.reports.unbounded_send((*sender, change));
		}
		for answer in judgement.answers {
			context.send_message(sender, answer);
		}
		match (judgement.verdict, super::envelope::Envelope::peek(data)) {
			(Verdict::Accepted, Some((set, _))) => {
				let topic = topic::<B>(set);
				// The engine notes that the sender knows the message only after this call.
				self.sieve.lock().withhold_from(Some(*sender));
				context.broadcast_message(topic, data.to_vec(), false);
				self.sieve.lock().withhold_from(None);
				ValidationResult::ProcessAndKeep(topic)
			}
			_ => ValidationResult::Discard,
		}
	}

	fn message_expired<'a>(&'a self) -> Box<dyn FnMut(B::Hash, &[u8]) -> bool + 'a> {
		let sieve = self.sieve.lock();
		Box::new(move |_topic, data| sieve.expired(data))
	}

	fn message_allowed<'a>(
		&'a self,
	) -> Box<dyn FnMut(&PeerId, MessageIntent, &B::Hash, &[u8]) -> bool + 'a> {
		let sieve = self.sieve.lock();
		Box::new(move |who, intent, _topic, data| {
			// Who made a message sends it again where that is needed.
			intent != MessageIntent::PeriodicRebroadcast && sieve.wants(who, data)
		})
	}
}
