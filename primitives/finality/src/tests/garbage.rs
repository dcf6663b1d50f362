//! Messages that are not meant for this set, or for anybody.

use super::{network::*, values::*};
use crate::{
	machine::{
		votes::{AHEAD, BEHIND},
		Input,
	},
	message::{Context, Message, SecondVote, Signed},
	types::View,
};
use alloc::vec::Vec;

/// Feeds node 0 and asserts that nothing comes of it.
fn ignored(network: &mut Network, message: Message) {
	let before = (
		network.nodes[0].machine.view(),
		network.nodes[0].machine.kept_messages(),
	);
	let sent = network.step(0, Input::Message(message.clone()));
	assert!(sent.is_empty(), "{message:?}");
	let node = &network.nodes[0];
	assert_eq!(
		(node.machine.view(), node.machine.kept_messages()),
		before,
		"{message:?}"
	);
	assert!(node.finalised.is_empty() && node.fetched.is_empty() && node.offences.is_empty());
}

#[test]
fn signatures_of_another_set_chain_or_authority_count_for_nothing() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 1, 0);
	let vote = first(1, block(1, 0));
	let others = [
		Context {
			set: 1,
			..context()
		},
		Context {
			genesis: block(9, 9).hash,
			..context()
		},
	];
	for other in others {
		let signature = signature(&key(1), &other.payload(&vote.into()));
		let vote = Signed {
			statement: vote,
			signer: 1,
			signature,
		};
		ignored(&mut network, Message::Vote(vote.into()));
	}
	let mut stolen = signed(2, vote);
	stolen.signer = 1;
	ignored(&mut network, Message::Vote(stolen.into()));
	let mut nobody = signed(1, vote);
	nobody.signer = 4;
	ignored(&mut network, Message::Vote(nobody.into()));
}

#[test]
fn certificates_that_do_not_stand_are_nothing() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 1, 0);
	let target = block(1, 0);
	for signers in [&[0u16, 1][..], &[], &[1, 1, 1], &[0, 1, 7]] {
		for certificate in [
			first_certificate(1, target, signers),
			second_certificate(1, target, signers),
		] {
			ignored(&mut network, Message::Certificate(certificate));
		}
	}
	let mut other = second_certificate(1, target, &[1, 2, 3]);
	other.set = 1;
	ignored(&mut network, Message::Certificate(other));
	let mut forged = second_certificate(1, target, &[1, 2, 3]);
	forged.signatures[1].1 = forged.signatures[2].1.clone();
	ignored(&mut network, Message::Certificate(forged));
	// Timeouts that name a certificate which is not there, or is a lower one.
	let low = first_certificate(1, target, &[1, 2, 3]);
	for high in [None, Some(low)] {
		let certificate = timeout_certificate(5, &[(1, 2), (2, 0), (3, 0)], high);
		ignored(&mut network, Message::Timeouts(certificate));
	}
}

#[test]
fn timeouts_whose_certificate_does_not_fit_are_nothing() {
	let mut network = Network::new(4);
	let mut bare = timeout(1, 3, Some(first_certificate(2, block(1, 0), &[1, 2, 3])));
	bare.high = None;
	ignored(&mut network, Message::Timeout(bare));
	let finalising = timeout(1, 3, Some(second_certificate(2, block(1, 0), &[1, 2, 3])));
	ignored(&mut network, Message::Timeout(finalising));
	let forged = timeout(1, 3, Some(first_certificate(2, block(1, 0), &[1, 2])));
	ignored(&mut network, Message::Timeout(forged));
	let beyond = timeout(1, 3, Some(first_certificate(4, block(1, 0), &[1, 2, 3])));
	ignored(&mut network, Message::Timeout(beyond));
}

#[test]
fn proposals_whose_parts_do_not_fit_are_nothing() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 2, 0);
	let target = block(2, 0);
	let justify = first_certificate(1, block(1, 0), &[1, 2, 3]);
	let timeouts = timeout_certificate(2, &[(1, 0), (2, 0), (3, 0)], None);
	// The certificate is missing, of another view, of second votes, or too weak.
	let mut bare = proposal(2, target, Some(justify.clone()), None);
	bare.justify = None;
	ignored(&mut network, Message::Proposal(bare));
	let second = second_certificate(1, block(1, 0), &[1, 2, 3]);
	ignored(
		&mut network,
		Message::Proposal(proposal(2, target, Some(second), None)),
	);
	let weak = first_certificate(1, block(1, 0), &[1, 2]);
	ignored(
		&mut network,
		Message::Proposal(proposal(2, target, Some(weak), None)),
	);
	// The timeouts are missing, others than were signed, or not needed.
	let mut bare = proposal(3, target, Some(justify.clone()), Some(timeouts.clone()));
	bare.timeouts = None;
	ignored(&mut network, Message::Proposal(bare));
	let mut other = proposal(3, target, Some(justify.clone()), Some(timeouts.clone()));
	other.timeouts = Some(timeout_certificate(2, &[(0, 0), (2, 0), (3, 0)], None));
	ignored(&mut network, Message::Proposal(other));
	let high = first_certificate(2, block(1, 0), &[1, 2, 3]);
	ignored(
		&mut network,
		Message::Proposal(proposal(3, target, Some(high), Some(timeouts))),
	);
	// View 0 is not voted in.
	ignored(
		&mut network,
		Message::Proposal(proposal(0, target, None, None)),
	);
}

#[test]
fn what_one_authority_sends_is_bounded() {
	let mut network = Network::new(4);
	network.nodes[0].tree.grow(base(), 2, 0);
	let views: Vec<View> = (1..200).chain([u64::MAX - 1, u64::MAX]).collect();
	for view in views {
		for fork in 0..3 {
			let target = block(1, fork);
			let vote = crate::FirstVote {
				justify_view: 0,
				..first(view, target)
			};
			network.step(0, Input::Message(Message::Vote(signed(3, vote).into())));
			let vote = SecondVote { view, target };
			network.step(0, Input::Message(Message::Vote(signed(3, vote).into())));
		}
		network.step(0, Input::Message(Message::Timeout(timeout(3, view, None))));
	}
	let node = &network.nodes[0];
	assert_eq!(node.machine.view(), 1);
	assert!(node.machine.kept_messages() <= 3 * (AHEAD + BEHIND + 1) as usize);
	// Each offence is told once.
	assert!(node.offences.len() <= 3);
	assert!(node.offences.iter().all(|proof| proof.offender == key(3)));
}
