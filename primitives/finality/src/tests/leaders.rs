//! Leaders that are silent, slow, or say two things.

use super::{network::*, values::*};
use crate::{
	machine::{Input, Votable},
	message::Message,
	offence::OffenceKind,
	Statement,
};
use alloc::{vec, vec::Vec};

#[test]
fn a_silent_leader_costs_one_timeout() {
	let mut network = Network::new(4);
	network.down = vec![1];
	network.pass(10);
	// The leader of view 1 is down.
	let head = network.grow(base(), 1, 0);
	assert!(!network.all_finalised(head));
	network.pass(1_100);
	assert!(network.all_finalised(head));
	assert_eq!(network.nodes[0].machine.view(), 3);
}

#[test]
fn with_one_down_of_four_every_block_becomes_final() {
	let mut network = Network::new(4);
	network.down = vec![2];
	network.pass(10);
	let mut head = base();
	for number in 1..=20 {
		head = network.grow(head, number, 0);
		network.pass(u64::from(number) * 4_000);
		assert!(network.all_finalised(head), "block {number}");
	}
}

#[test]
fn with_two_down_of_four_nothing_becomes_final_until_one_is_back() {
	let mut network = Network::new(4);
	network.down = vec![2, 3];
	network.pass(10);
	let head = network.grow(base(), 1, 0);
	network.pass(120_000);
	assert!(network.nodes.iter().all(|node| node.finalised.is_empty()));
	network.down = vec![3];
	network.pass(240_000);
	assert!(network.all_finalised(head));
}

#[test]
fn a_leader_with_two_proposals_is_reported_and_finalises_at_most_one() {
	let mut network = Network::new(4);
	network.down = vec![1];
	network.pass(10);
	for node in &mut network.nodes {
		node.tree.grow(base(), 1, 0);
		node.tree.grow(base(), 1, 1);
	}
	network.announce();
	let one = Message::Proposal(proposal(1, block(1, 0), None, None));
	let two = Message::Proposal(proposal(1, block(1, 1), None, None));
	network.run(0, Input::Message(one.clone()));
	network.run(2, Input::Message(two.clone()));
	network.run(3, Input::Message(one));
	network.run(0, Input::Message(two));
	network.pass(10_000);
	let offences: Vec<_> = network.nodes[0]
		.offences
		.iter()
		.map(|proof| proof.kind())
		.collect();
	assert_eq!(offences, vec![OffenceKind::DoubleProposal]);
	assert_eq!(network.nodes[0].offences[0].offender, key(1));
	let finalised = network.finalised(0);
	assert_eq!(finalised.number, 1);
	assert!(network.all_finalised(finalised));
}

#[test]
fn a_proposal_of_another_than_the_leader_is_nothing() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 1, 0);
	let mut foreign = proposal(1, block(1, 0), None, None);
	foreign.proposal = signed(2, foreign.proposal.statement.clone());
	assert!(network
		.step(0, Input::Message(Message::Proposal(foreign)))
		.is_empty());
	assert_eq!(network.nodes[0].machine.kept_messages(), 0);
}

#[test]
fn a_target_that_is_not_held_is_fetched_and_voted_for_when_it_comes() {
	let mut network = Network::new(4);
	network.pass(10);
	let opening = proposal(1, block(2, 0), None, None);
	assert!(network
		.step(0, Input::Message(Message::Proposal(opening)))
		.is_empty());
	assert_eq!(network.nodes[0].fetched, vec![block(2, 0)]);
	network.nodes[0].tree.grow(base(), 2, 0);
	network.nodes[0].tree.not_yet = vec![block(2, 0)];
	assert!(
		network.step(0, Input::Blocks).is_empty(),
		"held, but not to be voted for yet"
	);
	network.nodes[0].tree.not_yet.clear();
	let sent = network.step(0, Input::Blocks);
	let votes: Vec<_> = sent
		.iter()
		.filter(|m| matches!(m, Message::Vote(_)))
		.collect();
	assert_eq!(votes.len(), 1);
	assert_eq!(network.nodes[0].fetched.len(), 1);
}

#[test]
fn a_leader_waits_for_a_block_above_the_certified_one() {
	let mut network = Network::new(4);
	network.pass(10);
	let mut head = network.grow(base(), 1, 0);
	let proposals = |network: &Network| {
		let sent = network.nodes.iter().flat_map(|node| &node.sent);
		sent.filter(|message| matches!(message, Message::Proposal(_)))
			.count()
	};
	assert_eq!(proposals(&network), 1);
	network.pass(60_000);
	assert_eq!(proposals(&network), 1);
	head = network.grow(head, 2, 0);
	assert_eq!(proposals(&network), 2);
	assert!(network.all_finalised(head));
}

#[test]
fn a_block_that_lost_its_second_votes_is_proposed_again() {
	let mut network = Network::new(4);
	network.pass(10);
	// Second votes of view 1 are lost for good.
	network.hold(|_, message| {
		matches!(message, Message::Vote(crate::SignedVote::Second(vote)) if vote.statement.view == 1)
	});
	let head = network.grow(base(), 1, 0);
	assert!(!network.all_finalised(head));
	network.pass(1_000);
	assert!(network.all_finalised(head));
	assert_eq!(
		network.nodes[0].machine.view(),
		3,
		"without giving a view up"
	);
}

#[test]
fn without_its_key_an_authority_waits_and_votes_when_it_has_it() {
	let mut network = Network::new(4);
	network.pass(10);
	network.nodes[0].tree.grow(base(), 1, 0);
	let opening = Input::Message(Message::Proposal(proposal(1, block(1, 0), None, None)));
	let node = &mut network.nodes[0];
	let outputs = node.machine.step(opening, 20, &node.tree, &NoKey);
	assert!(!outputs.iter().any(|output| matches!(
		output,
		crate::machine::Output::Broadcast(_) | crate::machine::Output::Persist(_)
	)));
	let sent = network.step(0, Input::Tick);
	assert!(matches!(sent.as_slice(), [Message::Vote(_)]));
	let payload = context().payload(&Statement::First(first(1, block(1, 0))));
	assert!(matches!(
		&sent[0],
		Message::Vote(crate::SignedVote::First(vote)) if vote.signature == signature(&key(0), &payload)
	));
	assert_eq!(
		crate::machine::BlockTree::votable(&network.nodes[0].tree, &block(1, 0)),
		Votable::Yes
	);
}
