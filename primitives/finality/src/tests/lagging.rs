//! Nodes that are behind, and how views meet.

use super::{network::*, values::*};
use crate::{
	machine::Input,
	message::{Message, SignedVote},
	quorum,
};
use alloc::{vec, vec::Vec};

fn timeouts_in(sent: &[Message]) -> Vec<(u64, u64)> {
	sent.iter()
		.filter_map(|message| match message {
			Message::Timeout(timeout) => Some(timeout.timeout.statement),
			_ => None,
		})
		.map(|statement| (statement.view, statement.high_view))
		.collect()
}

#[test]
fn a_late_certificate_of_second_votes_finalises_at_any_time() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 9, 0);
	let at = |view, target| {
		Input::Message(Message::Certificate(second_certificate(
			view,
			target,
			&[1, 2, 3],
		)))
	};
	network.step(0, at(40, block(7, 0)));
	assert_eq!(network.finalised(0), block(7, 0));
	assert_eq!(network.nodes[0].machine.view(), 41);
	// An older one adds nothing.
	network.step(0, at(30, block(6, 0)));
	assert_eq!(network.nodes[0].finalised, vec![block(7, 0)]);
}

#[test]
fn a_certificate_for_a_block_that_is_not_held_fetches_it() {
	let mut network = Network::new(4);
	let certificate = first_certificate(5, block(3, 0), &[1, 2, 3]);
	let sent = network.step(0, Input::Message(Message::Certificate(certificate)));
	assert_eq!(network.nodes[0].fetched, vec![block(3, 0)]);
	assert_eq!(network.nodes[0].machine.view(), 6);
	// The second vote needs no block: honest signers of the certificate hold it.
	assert!(matches!(
		sent.as_slice(),
		[Message::Vote(SignedVote::Second(_))]
	));
}

#[test]
fn the_next_leader_rests_on_the_highest_certificate_of_the_timeouts() {
	let mut network = Network::new(4);
	for node in &mut network.nodes {
		node.tree.grow(base(), 4, 0);
		node.tree.grow(block(1, 0), 9, 1);
	}
	// Only authority 3 has seen the certificate of view 4; view 5 is given up. Authority 2 leads
	// view 6 and learns it from the timeouts.
	let high = first_certificate(4, block(2, 0), &[0, 1, 3]);
	let certificate = timeout_certificate(5, &[(0, 0), (1, 0), (3, 4)], Some(high.clone()));
	network.nodes[2].tree = Tree::new();
	network.nodes[2].tree.grow(base(), 4, 0);
	let sent = network.step(2, Input::Message(Message::Timeouts(certificate.clone())));
	let Some(Message::Proposal(made)) = sent
		.iter()
		.find(|message| matches!(message, Message::Proposal(_)))
	else {
		panic!("no proposal in {sent:?}")
	};
	assert_eq!(made.proposal.statement.target, block(4, 0));
	assert_eq!(made.justify, Some(high));
	assert_eq!(made.timeouts, Some(certificate));
	// All others accept it.
	let sent = network.step(0, Input::Message(Message::Proposal(made.clone())));
	assert!(matches!(
		sent.as_slice(),
		[.., Message::Vote(SignedVote::First(_))]
	));
}

#[test]
fn l3_timeouts_of_more_than_the_faulty_are_joined() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 1, 0);
	let mut send = |signer, view| {
		let sent = network.step(
			0,
			Input::Message(Message::Timeout(timeout(signer, view, None))),
		);
		timeouts_in(&sent)
	};
	assert!(send(1, 7).is_empty(), "one may be faulty");
	assert!(
		send(1, u64::MAX).is_empty(),
		"however far ahead it claims to be"
	);
	// Two are in view 5 or beyond: one of them is honest.
	assert_eq!(send(2, 5), vec![(5, 0)]);
	assert_eq!(network.nodes[0].machine.view(), 5);
}

#[test]
fn l3_views_meet_although_all_gave_up_different_ones() {
	let mut network = Network::new(4);
	// Each is in a view of its own, and restarts there without the certificates that led to it.
	for (at, view) in [3u64, 4, 6, 40].into_iter().enumerate() {
		let given_up = timeout(at as u16, view, None);
		let mut record = crate::VoteRecord::new(context());
		record.view = view;
		record.timeout = Some(given_up.timeout);
		network.nodes[at].disk = Some(record);
		network.restart(at, 4);
	}
	let head = network.grow(base(), 1, 0);
	network.pass(120_000);
	assert!(network.all_finalised(head));
}

#[test]
fn a_partition_that_heals_goes_on() {
	let mut network = Network::new(4);
	network.pass(10);
	let mut head = network.grow(base(), 1, 0);
	assert!(network.all_finalised(head));
	// Authorities 0 and 1 hear nobody, nor does anybody hear them.
	network.down = vec![0, 1];
	for number in 2..=6 {
		head = network.grow(head, number, 0);
		network.pass(u64::from(number) * 10_000);
	}
	assert_eq!(network.finalised(3), block(1, 0));
	network.down = vec![];
	network.announce();
	network.pass(240_000);
	assert!(network.all_finalised(head));
}

#[test]
fn one_that_missed_many_views_catches_up() {
	let mut network = Network::new(4);
	network.pass(10);
	network.down = vec![3];
	let mut head = base();
	for number in 1..=12 {
		head = network.grow(head, number, 0);
		network.pass(u64::from(number) * 4_000);
	}
	assert_eq!(network.finalised(3), base());
	network.down = vec![];
	// It has the blocks and a view that nobody else is in any more.
	network.announce();
	network.pass(100_000);
	assert!(network.all_finalised(head));
}

#[test]
fn l5_laggards_are_answered_once_per_interval_by_few() {
	let mut network = Network::new(7);
	network.pass(10);
	network.down = vec![6];
	let mut head = base();
	for number in 1..=4 {
		head = network.grow(head, number, 0);
	}
	assert!(network.all_finalised(head));
	network.pass(60_000);
	let late = Input::Message(Message::Timeout(timeout(6, 1, None)));
	let mut answered = Vec::new();
	for at in 0..6 {
		if !network.step(at, late.clone()).is_empty() {
			answered.push(at);
		}
		assert!(
			network.step(at, late.clone()).is_empty(),
			"not again at once"
		);
	}
	// The faults(7) + 1 that follow authority 6.
	assert_eq!(answered, vec![0, 1, 2]);
	network.now += 1_000;
	assert!(!network.step(0, late.clone()).is_empty());
	// Forged: no answer.
	network.now += 1_000;
	let mut forged = timeout(6, 1, None);
	forged.timeout.signature = timeout(5, 1, None).timeout.signature;
	assert!(network
		.step(0, Input::Message(Message::Timeout(forged)))
		.is_empty());
	assert_eq!(quorum(7), 5);
}

#[test]
fn l4_what_was_said_last_is_said_again() {
	let mut network = Network::new(4);
	network.now = 10;
	network.nodes[0].tree.grow(base(), 1, 0);
	let opening = Message::Proposal(proposal(1, block(1, 0), None, None));
	let vote = network.step(0, Input::Message(opening));
	assert_eq!(network.step(0, Input::Tick), vec![], "not at once");
	network.now += 1_000;
	// The view's timer has run out by now, which is said at once.
	assert_eq!(timeouts_in(&network.step(0, Input::Tick)), vec![(1, 0)]);
	network.now += 1_000;
	let again = network.step(0, Input::Tick);
	assert!(again.contains(&vote[0]));
	assert_eq!(timeouts_in(&again), vec![(1, 0)]);
}
