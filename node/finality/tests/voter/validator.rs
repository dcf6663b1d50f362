use crate::support::{block, first, set, GENESIS};
use aci_finality::Message;
use aci_node_finality::voter::{
	envelope::Envelope,
	sieve::{Sieve, Verdict},
	validator::{topic, VoteValidator},
};
use codec::Encode;
use parking_lot::Mutex;
use sc_network::{ObservedRole, PeerId, ReputationChange};
use sc_network_gossip::{MessageIntent, ValidationResult, Validator, ValidatorContext};
use sc_utils::mpsc::{tracing_unbounded, TracingUnboundedReceiver};
use sp_core::H256;
use sp_runtime::{generic, traits::BlakeTwo256, OpaqueExtrinsic};
use std::sync::Arc;

type Block = generic::Block<generic::Header<u32, BlakeTwo256>, OpaqueExtrinsic>;

/// Asks the validator what may go to whom, as the engine does.
struct Engine<'a> {
	validator: &'a VoteValidator,
	peers: Vec<PeerId>,
	sent: Vec<(PeerId, Vec<u8>)>,
}

impl ValidatorContext<Block> for Engine<'_> {
	fn broadcast_topic(&mut self, _topic: H256, _force: bool) {}

	fn broadcast_message(&mut self, topic: H256, message: Vec<u8>, _force: bool) {
		let mut allowed = Validator::<Block>::message_allowed(self.validator);
		for peer in &self.peers {
			if allowed(peer, MessageIntent::Broadcast, &topic, &message) {
				self.sent.push((*peer, message.clone()));
			}
		}
	}

	fn send_message(&mut self, who: &PeerId, message: Vec<u8>) {
		self.sent.push((*who, message));
	}

	fn send_topic(&mut self, _who: &PeerId, _topic: H256, _force: bool) {}
}

type Reports = TracingUnboundedReceiver<(PeerId, ReputationChange)>;

fn validator() -> (VoteValidator, Reports) {
	let mut sieve = Sieve::new(GENESIS, Arc::new(|_| None));
	sieve.enter(set(3, 0..4));
	let (reports, reported) = tracing_unbounded("test_reports", 100);
	let validator = VoteValidator {
		sieve: Arc::new(Mutex::new(sieve)),
		reports,
		metrics: None,
	};
	(validator, reported)
}

fn vote() -> Vec<u8> {
	Envelope::message(3, first(1, 3, 1, block(1))).encode()
}

#[test]
fn a_good_message_goes_to_all_but_its_sender() {
	let (validator, mut reported) = validator();
	let (sender, other) = (PeerId::random(), PeerId::random());
	let mut engine = Engine {
		validator: &validator,
		peers: vec![sender, other],
		sent: Vec::new(),
	};
	let result = Validator::<Block>::validate(&validator, &mut engine, &sender, &vote());
	assert!(matches!(result, ValidationResult::ProcessAndKeep(kept) if kept == topic::<Block>(3)));
	assert_eq!(engine.sent, vec![(other, vote())]);
	assert!(reported.try_recv().is_err());
	let mut allowed = Validator::<Block>::message_allowed(&validator);
	assert!(allowed(
		&sender,
		MessageIntent::Broadcast,
		&topic::<Block>(3),
		&vote()
	));
	assert!(!allowed(
		&other,
		MessageIntent::PeriodicRebroadcast,
		&topic::<Block>(3),
		&vote()
	));
}

#[test]
fn a_forgery_goes_nowhere_and_costs_its_sender() {
	let (validator, mut reported) = validator();
	let (sender, other) = (PeerId::random(), PeerId::random());
	let mut engine = Engine {
		validator: &validator,
		peers: vec![other],
		sent: Vec::new(),
	};
	let forged: Message = first(1, 4, 1, block(1));
	let forged = Envelope::message(3, forged).encode();
	let result = Validator::<Block>::validate(&validator, &mut engine, &sender, &forged);
	assert!(matches!(result, ValidationResult::Discard));
	assert!(engine.sent.is_empty());
	let (peer, change) = reported.try_recv().expect("it is reported");
	assert_eq!((peer, Some(change)), (sender, Verdict::Forged.reputation()));
}

#[test]
fn a_new_peer_is_told_where_the_node_is() {
	let (validator, _reported) = validator();
	let peer = PeerId::random();
	let mut engine = Engine {
		validator: &validator,
		peers: Vec::new(),
		sent: Vec::new(),
	};
	Validator::<Block>::new_peer(&validator, &mut engine, &peer, ObservedRole::Full);
	assert_eq!(engine.sent, vec![(peer, Envelope::status(3, 1).encode())]);
	assert_eq!(validator.sieve.lock().peers(), vec![peer]);
	Validator::<Block>::peer_disconnected(&validator, &mut engine, &peer);
	assert!(validator.sieve.lock().peers().is_empty());
}
