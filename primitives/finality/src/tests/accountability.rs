//! Who is named, and who never is.

use super::{network::*, values::*};
use crate::{
	accountability::{offenders, Evidence, EVIDENCE_VIEWS},
	certificate::{CertificateError, Phase},
	faults,
	machine::Input,
	message::{FirstVote, Message, SecondVote},
	offence::{Conflict, OffenceError, OffenceKind, OffenceProof},
	scheme::AuthorityId,
};
use alloc::{collections::BTreeSet, vec, vec::Vec};

fn named(proofs: &[OffenceProof]) -> BTreeSet<AuthorityId> {
	proofs
		.iter()
		.map(|proof| {
			assert_eq!(proof.verify::<Hashed>(), Ok(proof.kind()));
			proof.offender.clone()
		})
		.collect()
}

fn keys(indices: &[u16]) -> BTreeSet<AuthorityId> {
	indices.iter().map(|index| key(*index)).collect()
}

#[test]
fn two_final_blocks_of_one_view_name_those_who_voted_twice() {
	let mut evidence = Evidence::new();
	evidence.insert(second_certificate(3, block(1, 0), &[0, 1, 2]));
	evidence.insert(second_certificate(3, block(1, 1), &[1, 2, 3]));
	let proofs = offenders(context(), &set(4), &evidence);
	assert!(proofs
		.iter()
		.all(|proof| proof.kind() == OffenceKind::DoubleSecondVote));
	assert_eq!(named(&proofs), keys(&[1, 2]));
	assert!(named(&proofs).len() > faults(4));
}

#[test]
fn two_certificates_of_first_votes_of_one_view_name_those_who_voted_twice() {
	let mut evidence = Evidence::new();
	evidence.insert(first_certificate(3, block(1, 0), &[0, 1, 2]));
	evidence.insert(first_certificate(3, block(1, 1), &[0, 2, 3]));
	let proofs = offenders(context(), &set(4), &evidence);
	assert_eq!(named(&proofs), keys(&[0, 2]));
	// The same vote by other signers is no offence.
	let mut evidence = Evidence::new();
	evidence.insert(first_certificate(3, block(1, 0), &[0, 1, 2]));
	evidence.insert(first_certificate(3, block(1, 0), &[0, 2, 3]));
	assert!(offenders(context(), &set(4), &evidence).is_empty());
}

#[test]
fn final_blocks_of_different_views_name_those_who_forgot() {
	// Seven authorities. Five make block (1, 0) final in view 2. Then three of those (4, 5, 6) and
	// the other two give view 3 up as if nothing had been, and block (1, 1) becomes final in
	// view 4.
	let (mut one, mut two) = (Evidence::new(), Evidence::new());
	one.insert(first_certificate(2, block(1, 0), &[0, 1, 4, 5, 6]));
	one.insert(second_certificate(2, block(1, 0), &[0, 1, 4, 5, 6]));
	let forgetful = [(2, 0), (3, 0), (4, 0), (5, 0), (6, 0)];
	let timeouts = timeout_certificate(3, &forgetful, None);
	let vote = FirstVote {
		view: 4,
		target: block(1, 1),
		justify_view: 0,
		timeout_digest: Some(timeouts.digest()),
	};
	two.insert(certificate(Phase::First(vote), &[2, 3, 4, 5, 6]));
	two.insert_timeouts(timeouts);
	two.insert(second_certificate(4, block(1, 1), &[2, 3, 4, 5, 6]));
	assert!(offenders(context(), &set(7), &one).is_empty());
	assert!(offenders(context(), &set(7), &two).is_empty());
	one.extend(&two);
	let proofs = offenders(context(), &set(7), &one);
	assert!(proofs
		.iter()
		.all(|proof| proof.kind() == OffenceKind::Amnesia));
	assert_eq!(named(&proofs), keys(&[4, 5, 6]));
	assert!(named(&proofs).len() > faults(7));
}

#[test]
fn a_node_that_sees_a_second_final_block_names_the_guilty() {
	// Authorities 2 and 3 of four are dishonest: they finalise one block with 0 and another with 1.
	let mut network = Network::new(4);
	for node in &mut network.nodes {
		node.tree.grow(base(), 1, 0);
		node.tree.grow(base(), 1, 1);
	}
	let one = second_certificate(1, block(1, 0), &[0, 2, 3]);
	let two = second_certificate(1, block(1, 1), &[1, 2, 3]);
	network.step(0, Input::Message(Message::Certificate(one)));
	network.step(0, Input::Message(Message::Certificate(two.clone())));
	assert_eq!(
		network.nodes[0].finalised,
		vec![block(1, 0)],
		"the first stays"
	);
	assert_eq!(named(&network.nodes[0].offences), keys(&[2, 3]));
	// Once.
	network.step(0, Input::Message(Message::Certificate(two)));
	assert_eq!(network.nodes[0].offences.len(), 2);
}

#[test]
fn amnesia_and_double_votes_are_seen_while_votes_come_in() {
	let mut network = Network::new(4);
	let vote = |target| Message::Vote(signed(2, SecondVote { view: 2, target }).into());
	network.step(0, Input::Message(vote(block(1, 0))));
	network.step(0, Input::Message(vote(block(1, 1))));
	network.step(0, Input::Message(Message::Timeout(timeout(2, 4, None))));
	let first_vote = |target| Message::Vote(signed(3, first(1, target)).into());
	network.step(0, Input::Message(first_vote(block(1, 0))));
	network.step(0, Input::Message(first_vote(block(1, 1))));
	let kinds: Vec<_> = network.nodes[0]
		.offences
		.iter()
		.map(|proof| proof.kind())
		.collect();
	assert_eq!(
		kinds,
		vec![
			OffenceKind::DoubleSecondVote,
			OffenceKind::Amnesia,
			OffenceKind::DoubleFirstVote
		]
	);
	// In the other order too.
	network.step(1, Input::Message(Message::Timeout(timeout(2, 4, None))));
	network.step(1, Input::Message(vote(block(1, 0))));
	assert_eq!(network.nodes[1].offences[0].kind(), OffenceKind::Amnesia);
}

#[test]
fn own_contradictions_are_never_reported() {
	let mut network = Network::new(4);
	for target in [block(1, 0), block(1, 1)] {
		let vote = Message::Vote(signed(0, first(1, target)).into());
		network.step(0, Input::Message(vote));
		let vote = Message::Vote(signed(0, SecondVote { view: 1, target }).into());
		network.step(0, Input::Message(vote));
	}
	assert!(network.nodes[0].offences.is_empty());
}

#[test]
fn what_an_honest_authority_may_sign_is_no_offence() {
	let (one, two) = (block(1, 0), block(2, 0));
	let proof = |conflict| OffenceProof {
		context: context(),
		offender: key(2),
		conflict,
	};
	let vote = |view, target| {
		let signed = signed(2, SecondVote { view, target });
		(signed.statement, signed.signature)
	};
	let timeout = |view, high_view| {
		let signed = signed(2, crate::Timeout { view, high_view });
		(signed.statement, signed.signature)
	};
	let harmless = [
		Conflict::SecondVotes([vote(1, one), vote(1, one)]),
		Conflict::SecondVotes([vote(1, one), vote(2, two)]),
		// Given up before the vote's view, or with the vote's certificate.
		Conflict::Amnesia {
			vote: vote(3, one),
			timeout: timeout(2, 0),
		},
		Conflict::Amnesia {
			vote: vote(3, one),
			timeout: timeout(5, 3),
		},
	];
	for conflict in harmless {
		assert_eq!(
			proof(conflict).verify::<Hashed>(),
			Err(OffenceError::NoConflict)
		);
	}
	// Another's signature.
	let mut stolen = proof(Conflict::SecondVotes([vote(1, one), vote(1, two)]));
	assert_eq!(stolen.verify::<Hashed>(), Ok(OffenceKind::DoubleSecondVote));
	stolen.offender = key(1);
	assert_eq!(stolen.verify::<Hashed>(), Err(OffenceError::Signature));
	stolen.offender = key(2);
	stolen.context.set = 1;
	assert_eq!(stolen.verify::<Hashed>(), Err(OffenceError::Signature));
}

#[test]
fn evidence_is_bounded() {
	let mut evidence = Evidence::new();
	for view in 1..=2 * EVIDENCE_VIEWS as u64 {
		evidence.insert(first_certificate(view, block(1, 0), &[0]));
	}
	assert_eq!(evidence.len(), EVIDENCE_VIEWS);
	assert!(evidence.first(1).is_none());
	assert!(evidence.first(2 * EVIDENCE_VIEWS as u64).is_some());
	for fork in 1..9 {
		evidence.insert(first_certificate(600, block(1, fork), &[0]));
	}
	assert!(evidence.is_split(600, false));
	assert_eq!(
		first_certificate(1, block(1, 0), &[0]).verify::<Hashed>(GENESIS, &set(4)),
		Err(CertificateError::NoQuorum)
	);
}
