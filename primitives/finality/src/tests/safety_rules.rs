//! Each rule of `machine::safety` by its number: what it refuses, and that taking the rule out, and
//! only that, lets it through.

use super::{network::*, values::*};
use crate::{
	machine::{
		safety::{Control, Refusal, Safety},
		BlockTree,
	},
	message::Proposal,
	record::VoteRecord,
	types::View,
};

fn safety() -> Safety {
	Safety::new(set(4), base(), Some(0), VoteRecord::new(context()))
}

fn without(mut safety: Safety, control: Control) -> Safety {
	safety.set_control(Some(control));
	safety
}

/// Two branches of five blocks.
fn tree() -> Tree {
	let mut tree = Tree::new();
	tree.grow(base(), 5, 0);
	tree.grow(base(), 5, 1);
	tree
}

#[test]
fn s1_one_first_vote_in_a_view() {
	let tree = tree();
	let mut safety = safety();
	let one = proposal(
		2,
		block(1, 0),
		Some(first_certificate(1, base(), &[0, 1, 2])),
		None,
	);
	safety.vote_first(&one, &tree, &Key(0)).unwrap();
	let two = proposal(2, block(1, 1), one.justify.clone(), None);
	assert_eq!(
		safety.may_vote_first(&two, &tree),
		Err(Refusal::AlreadySigned)
	);
	// Nor for the same again, nor in an earlier view.
	assert_eq!(
		safety.may_vote_first(&one, &tree),
		Err(Refusal::AlreadySigned)
	);
	let earlier = proposal(1, block(1, 0), None, None);
	assert_eq!(
		safety.may_vote_first(&earlier, &tree),
		Err(Refusal::AlreadySigned)
	);
	assert_eq!(
		without(safety, Control::S1).may_vote_first(&two, &tree),
		Ok(())
	);
}

#[test]
fn s2_a_proposal_rests_on_the_view_before_or_its_timeouts() {
	let tree = tree();
	let safety = safety();
	let high = first_certificate(2, block(1, 0), &[0, 1, 2]);
	let vote = |proposal| safety.may_vote_first(&proposal, &tree);
	let target = block(2, 0);
	assert_eq!(vote(proposal(3, target, Some(high.clone()), None)), Ok(()));
	assert_eq!(vote(proposal(1, target, None, None)), Ok(()));
	// A view is left out without timeouts.
	let bare = proposal(4, target, Some(high.clone()), None);
	assert_eq!(vote(bare.clone()), Err(Refusal::Unjustified));
	// With them, if none of them has seen more, and they are of the view before.
	let timeouts =
		|view: View, seen: View| timeout_certificate(view, &[(0, 0), (1, seen), (2, 0)], None);
	assert_eq!(
		vote(proposal(
			4,
			target,
			Some(high.clone()),
			Some(timeouts(3, 2))
		)),
		Ok(())
	);
	let outdated = proposal(5, target, Some(high.clone()), Some(timeouts(4, 3)));
	assert_eq!(vote(outdated.clone()), Err(Refusal::Unjustified));
	let gap = proposal(5, target, Some(high), Some(timeouts(3, 0)));
	assert_eq!(vote(gap), Err(Refusal::Unjustified));
	let free = without(safety.clone(), Control::S2);
	assert_eq!(free.may_vote_first(&bare, &tree), Ok(()));
	assert_eq!(free.may_vote_first(&outdated, &tree), Ok(()));
}

#[test]
fn s3_the_target_descends_from_what_justifies_it() {
	let mut tree = tree();
	let safety = safety();
	let high = first_certificate(1, block(2, 0), &[0, 1, 2]);
	let vote = |target, tree: &Tree| {
		safety.may_vote_first(&proposal(2, target, Some(high.clone()), None), tree)
	};
	assert_eq!(vote(block(3, 0), &tree), Ok(()));
	assert_eq!(vote(block(2, 0), &tree), Ok(()));
	assert_eq!(vote(block(1, 0), &tree), Err(Refusal::OtherBranch));
	assert_eq!(vote(block(3, 1), &tree), Err(Refusal::OtherBranch));
	assert_eq!(vote(block(9, 0), &tree), Err(Refusal::NotHeld));
	tree.grow(block(5, 0), 9, 0);
	assert_eq!(vote(block(9, 0), &tree), Ok(()));
	let other = proposal(2, block(3, 1), Some(high.clone()), None);
	assert_eq!(
		without(safety.clone(), Control::S3).may_vote_first(&other, &tree),
		Ok(())
	);
}

#[test]
fn s4_a_second_vote_raises_the_highest_certificate() {
	let certificate = first_certificate(3, block(2, 0), &[0, 1, 2]);
	let mut safety = safety();
	safety.vote_second(&certificate, &Key(0)).unwrap();
	assert_eq!(safety.high_view(), 3);
	assert_eq!(
		safety.unsaved().and_then(|record| record.high),
		Some(certificate.clone())
	);
	let mut free = without(self::safety(), Control::S4);
	free.vote_second(&certificate, &Key(0)).unwrap();
	assert_eq!(free.high_view(), 0);
}

#[test]
fn s5_a_timeout_names_the_highest_certificate() {
	let certificate = first_certificate(3, block(2, 0), &[0, 1, 2]);
	let mut safety = safety();
	assert!(safety.learn(&certificate));
	assert!(
		!safety.learn(&first_certificate(2, block(1, 0), &[0, 1, 2])),
		"never lowered"
	);
	assert!(
		!safety.learn(&second_certificate(9, block(1, 0), &[0, 1, 2])),
		"first votes only"
	);
	let timeout = safety.clone().time_out(4, &Key(0)).unwrap();
	assert_eq!(timeout.timeout.statement.high_view, 3);
	assert_eq!(timeout.high, Some(certificate));
	let timeout = without(safety, Control::S5).time_out(4, &Key(0)).unwrap();
	assert_eq!(timeout.timeout.statement.high_view, 0);
}

#[test]
fn s6_no_second_vote_in_a_view_given_up() {
	let mut safety = safety();
	safety.time_out(4, &Key(0)).unwrap();
	for view in 1..=4 {
		assert_eq!(safety.may_vote_second(view), Err(Refusal::GivenUp));
	}
	assert_eq!(safety.may_vote_second(5), Ok(()));
	assert_eq!(without(safety, Control::S6).may_vote_second(4), Ok(()));
}

#[test]
fn s7_a_certificate_needs_a_quorum_of_different_signers() {
	let safety = safety();
	let check = |safety: &Safety, signers: &[u16]| {
		safety
			.check_votes::<Hashed>(&first_certificate(1, block(1, 0), signers))
			.is_ok()
	};
	assert!(check(&safety, &[0, 1, 2]));
	assert!(!check(&safety, &[0, 1]));
	assert!(!check(&safety, &[0, 1, 1]));
	assert!(!check(&safety, &[0, 0, 1, 2]));
	assert!(!check(&safety, &[0, 1, 4]));
	assert!(!check(&safety, &[0, 2, 1]));
	let timeouts = |safety: &Safety, timeouts: &[(u16, View)]| {
		safety
			.check_timeouts::<Hashed>(&timeout_certificate(1, timeouts, None))
			.is_ok()
	};
	assert!(timeouts(&safety, &[(0, 0), (1, 0), (2, 0)]));
	assert!(!timeouts(&safety, &[(0, 0), (1, 0)]));
	assert!(!timeouts(&safety, &[(0, 0), (1, 0), (1, 0)]));
	assert!(check(&without(safety.clone(), Control::S7), &[0, 1]));
	assert!(!check(&without(safety, Control::S7), &[0]));
}

#[test]
fn s8_what_was_signed_is_to_be_written_once() {
	let mut safety = safety();
	assert_eq!(safety.unsaved(), None);
	safety.learn(&first_certificate(1, block(1, 0), &[0, 1, 2]));
	assert_eq!(safety.unsaved(), None, "nothing was signed");
	safety.time_out(2, &Key(0)).unwrap();
	assert_eq!(safety.unsaved().as_ref(), Some(safety.record()));
	assert_eq!(safety.unsaved(), None);
	let mut free = without(self::safety(), Control::S8);
	free.time_out(2, &Key(0)).unwrap();
	assert_eq!(free.unsaved(), None);
}

#[test]
fn a1_one_second_vote_in_a_view() {
	let mut safety = safety();
	safety
		.vote_second(&first_certificate(3, block(1, 0), &[0, 1, 2]), &Key(0))
		.unwrap();
	assert_eq!(safety.may_vote_second(3), Err(Refusal::AlreadySigned));
	assert_eq!(safety.may_vote_second(2), Err(Refusal::AlreadySigned));
	assert_eq!(safety.may_vote_second(4), Ok(()));
	assert_eq!(without(safety, Control::A1).may_vote_second(3), Ok(()));
}

#[test]
fn a2_one_proposal_in_a_view() {
	let mut safety = safety();
	let statement = Proposal {
		view: 4,
		target: block(1, 0),
		justify_view: 3,
		timeout_digest: None,
	};
	safety.propose(statement, &Key(0)).unwrap();
	assert_eq!(safety.may_propose(4), Err(Refusal::AlreadySigned));
	assert_eq!(safety.may_propose(8), Ok(()));
	assert_eq!(without(safety, Control::A2).may_propose(4), Ok(()));
}

#[test]
fn without_a_place_or_a_key_nothing_is_signed() {
	let tree = tree();
	let certificate = first_certificate(1, block(1, 0), &[0, 1, 2]);
	let opening = proposal(1, block(1, 0), None, None);
	let mut observer = Safety::new(set(4), base(), None, VoteRecord::new(context()));
	assert_eq!(
		observer.vote_first(&opening, &tree, &Key(0)),
		Err(Refusal::NotVoting)
	);
	assert_eq!(
		observer.vote_second(&certificate, &Key(0)),
		Err(Refusal::NotVoting)
	);
	assert_eq!(observer.time_out(1, &Key(0)), Err(Refusal::NotVoting));
	assert_eq!(observer.may_propose(1), Err(Refusal::NotVoting));
	let mut locked = safety();
	assert_eq!(
		locked.vote_first(&opening, &tree, &NoKey),
		Err(Refusal::NoKey)
	);
	assert_eq!(locked.time_out(1, &NoKey), Err(Refusal::NoKey));
	assert_eq!(
		locked.record(),
		&VoteRecord::new(context()),
		"nothing is recorded"
	);
	assert_eq!(locked.unsaved(), None);
	assert!(tree.descends(&base(), &block(1, 0)).is_some());
}
