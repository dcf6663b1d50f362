//! Crashes, with the record kept and lost.

use super::{network::*, values::*};
use crate::{
	machine::{Input, Machine, Output, Standing},
	message::Message,
	record::VoteRecord,
};
use alloc::{vec, vec::Vec};

/// Node 0 after it voted for the proposal of view 1, whose other votes never come.
fn voted() -> (Network, Vec<Message>) {
	let mut network = Network::new(4);
	network.now = 10;
	network.nodes[0].tree.grow(base(), 1, 0);
	network.nodes[0].tree.grow(base(), 1, 1);
	let opening = Message::Proposal(proposal(1, block(1, 0), None, None));
	let sent = network.step(0, Input::Message(opening));
	assert!(matches!(sent.as_slice(), [Message::Vote(_)]));
	(network, sent)
}

#[test]
fn after_a_restart_the_same_vote_is_sent_again_and_no_other() {
	let (mut network, vote) = voted();
	network.restart(0, 4);
	assert_eq!(network.step(0, Input::Tick), vote);
	// The leader says something else now.
	let other = Message::Proposal(proposal(1, block(1, 1), None, None));
	assert!(network.step(0, Input::Message(other)).is_empty());
}

#[test]
fn a_timeout_survives_a_restart() {
	let (mut network, _) = voted();
	network.now = 5_000;
	let sent = network.step(0, Input::Tick);
	let timeout: Vec<_> = sent
		.into_iter()
		.filter(|message| matches!(message, Message::Timeout(_)))
		.collect();
	assert_eq!(timeout.len(), 1);
	network.restart(0, 4);
	let again = network.step(0, Input::Tick);
	assert!(again.contains(&timeout[0]));
	// S6: its certificate comes too late for a second vote.
	let certificate = first_certificate(1, block(1, 0), &[1, 2, 3]);
	let sent = network.step(0, Input::Message(Message::Certificate(certificate)));
	assert!(!sent
		.iter()
		.any(|message| matches!(message, Message::Vote(crate::SignedVote::Second(_)))));
	assert_eq!(network.nodes[0].machine.view(), 2);
}

#[test]
fn a_leader_sends_the_same_proposal_after_a_restart() {
	let mut network = Network::new(4);
	network.now = 10;
	network.nodes[1].tree.grow(base(), 1, 0);
	let sent = network.step(1, Input::Blocks);
	let proposal = |sent: &[Message]| {
		sent.iter()
			.find(|message| matches!(message, Message::Proposal(_)))
			.cloned()
	};
	let before = proposal(&sent).expect("the leader of view 1");
	network.nodes[1].tree.grow(block(1, 0), 2, 0);
	network.restart(1, 4);
	let sent = network.step(1, Input::Tick);
	assert_eq!(proposal(&sent), Some(before));
}

#[test]
fn all_restart_in_the_middle_of_a_view_and_go_on() {
	let mut network = Network::new(4);
	network.pass(10);
	let mut head = network.grow(base(), 1, 0);
	network.hold(|_, message| matches!(message, Message::Vote(_)));
	head = network.grow(head, 2, 0);
	network.pass(3_000);
	network.hold(|_, _| false);
	for at in 0..4 {
		network.restart(at, 4);
	}
	network.pass(60_000);
	assert!(network.all_finalised(head));
	assert!(network.nodes.iter().all(|node| node.offences.is_empty()));
}

#[test]
fn a_silent_authority_follows_and_signs_nothing() {
	let mut network = Network::new(4);
	let silent = Machine::new(settings(4, Standing::Silent(3)), 0).0;
	network.nodes[3].machine = silent;
	network.pass(10);
	let head = network.grow(base(), 3, 0);
	network.pass(20_000);
	assert!(network.all_finalised(head));
	assert!(network.nodes[3].sent.is_empty());
	assert_eq!(network.nodes[3].disk, None);
}

#[test]
fn a_record_of_another_set_or_chain_silences() {
	let mut records = [VoteRecord::new(context()), VoteRecord::new(context())];
	records[0].context.set = 1;
	records[1].context.genesis.0[0] ^= 1;
	for record in records {
		let standing = Standing::Authority { index: 0, record };
		let (machine, _) = Machine::<Hashed>::new(settings(4, standing), 0);
		assert!(!machine.votes_in_set());
	}
	let (machine, _) = Machine::<Hashed>::new(settings(4, authority(4)), 0);
	assert!(!machine.votes_in_set(), "the set has no such place");
}

#[test]
fn the_record_precedes_every_message_that_it_covers() {
	// The network of these tests asserts that a record is a step's first output; here, that a
	// step which signs has one.
	let mut tree = Tree::new();
	tree.grow(base(), 1, 0);
	let (mut machine, _) = Machine::<Hashed>::new(settings(1, authority(0)), 0);
	let outputs = machine.step(Input::Blocks, 1, &tree, &Key(0));
	let Some(Output::Persist(record)) = outputs.first() else {
		panic!("no record")
	};
	// One step of a set of one proposes, votes twice and finalises: one record covers all.
	assert_eq!(
		record.second.as_ref().map(|vote| vote.statement.target),
		Some(block(1, 0))
	);
	assert!(outputs
		.iter()
		.any(|output| matches!(output, Output::Finalise(_))));
	let records = outputs
		.iter()
		.filter(|output| matches!(output, Output::Persist(_)))
		.count();
	assert_eq!(records, 1);
	assert_eq!(vec![machine.view()], vec![2]);
}
