use crate::support::{block, finality, first, set, timeout, GENESIS};
use aci_finality::{Justification, Message, Phase, SetId, SignedVote};
use aci_node_finality::voter::{
	envelope::{largest, Envelope, Payload},
	peers::Rate,
	sieve::{LastOf, Sieve, Verdict, FAR_INTERVAL},
};
use codec::Encode;
use sc_network::PeerId;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

const SET: SetId = 3;

fn sieve() -> Sieve {
	let last_of: LastOf = Arc::new(|set| {
		(set < SET).then(|| Justification {
			certificate: finality(0..3, set, 5, block(9)),
		})
	});
	let mut sieve = Sieve::new(GENESIS, last_of);
	sieve.enter(set(SET, 0..4));
	sieve
}

fn sent(message: Message) -> Vec<u8> {
	Envelope::message(SET, message).encode()
}

fn judge(sieve: &mut Sieve, peer: &PeerId, bytes: &[u8]) -> Verdict {
	sieve.judge(peer, bytes, Instant::now()).verdict
}

#[test]
fn guarantee_1_a_vote_near_the_view_is_accepted() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	for view in [1, 2, 9] {
		let vote = sent(first(1, SET, view, block(1)));
		assert_eq!(judge(&mut sieve, &peer, &vote), Verdict::Accepted);
	}
	let far = sent(first(1, SET, 10, block(1)));
	assert_eq!(judge(&mut sieve, &peer, &far), Verdict::FarView);
}

#[test]
fn guarantee_1_forgeries_are_refused() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	// Signed for another set.
	let other = sent(first(1, SET + 1, 1, block(1)));
	assert_eq!(judge(&mut sieve, &peer, &other), Verdict::Forged);
	// Another's name under it.
	let Message::Vote(SignedVote::First(mut vote)) = first(1, SET, 1, block(1)) else {
		unreachable!("a first vote was made");
	};
	vote.signer = 2;
	let renamed = sent(Message::Vote(SignedVote::First(vote.clone())));
	assert_eq!(judge(&mut sieve, &peer, &renamed), Verdict::Forged);
	vote.signer = 4;
	let stranger = sent(Message::Vote(SignedVote::First(vote)));
	assert_eq!(judge(&mut sieve, &peer, &stranger), Verdict::Stranger);
	// A certificate with one vote too few, or for another block.
	let few = sent(Message::Certificate(finality(0..2, SET, 1, block(1))));
	assert_eq!(judge(&mut sieve, &peer, &few), Verdict::Forged);
	let mut moved = finality(0..3, SET, 1, block(1));
	if let Phase::Second(vote) = &mut moved.vote {
		vote.target = block(2);
	}
	let moved = sent(Message::Certificate(moved));
	assert_eq!(judge(&mut sieve, &peer, &moved), Verdict::Forged);
	// None of these uses up a copy of what is genuine.
	let genuine = sent(first(2, SET, 1, block(1)));
	assert_eq!(judge(&mut sieve, &peer, &genuine), Verdict::Accepted);
}

#[test]
fn guarantee_1_rubbish_is_refused() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let vote = sent(first(1, SET, 1, block(1)));
	for length in 0..vote.len() {
		assert_eq!(
			judge(&mut sieve, &peer, &vote[..length]),
			Verdict::Undecodable
		);
	}
	let mut longer = vote.clone();
	longer.push(0);
	assert_eq!(judge(&mut sieve, &peer, &longer), Verdict::Undecodable);
	let mut elsewhere = Envelope::message(SET, first(1, SET, 1, block(1)));
	elsewhere.view = 2;
	assert_eq!(
		judge(&mut sieve, &peer, &elsewhere.encode()),
		Verdict::Undecodable
	);
	let mut large = vote;
	large.resize(largest(4) + 1, 0);
	assert_eq!(judge(&mut sieve, &peer, &large), Verdict::Oversized);
}

#[test]
fn guarantee_2_two_copies_show_a_contradiction_and_no_more_are_taken() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	for number in 1..=2 {
		let vote = sent(first(1, SET, 1, block(number)));
		assert_eq!(judge(&mut sieve, &peer, &vote), Verdict::Accepted);
	}
	let third = sent(first(1, SET, 1, block(3)));
	assert_eq!(judge(&mut sieve, &peer, &third), Verdict::Copy);
	let other = sent(first(2, SET, 1, block(3)));
	assert_eq!(judge(&mut sieve, &peer, &other), Verdict::Accepted);
}

#[test]
fn guarantee_2_timeouts_from_far_ahead_come_one_by_one() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let now = Instant::now();
	let far = |view| sent(timeout(1, SET, view));
	assert_eq!(
		sieve.judge(&peer, &far(100), now).verdict,
		Verdict::Accepted
	);
	assert_eq!(sieve.judge(&peer, &far(101), now).verdict, Verdict::FarView);
	let later = now + FAR_INTERVAL;
	assert_eq!(
		sieve.judge(&peer, &far(99), later).verdict,
		Verdict::FarView
	);
	assert_eq!(
		sieve.judge(&peer, &far(101), later).verdict,
		Verdict::Accepted
	);
	assert!(sieve.expired(&far(101)), "it is passed on, and not kept");
}

#[test]
fn views_that_are_over_are_refused_but_for_new_finality() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	sieve.advance(20, 4, Vec::new());
	let old = sent(first(1, SET, 11, block(1)));
	assert_eq!(judge(&mut sieve, &peer, &old), Verdict::OldView);
	assert!(sieve.expired(&old));
	let recent = sent(first(1, SET, 12, block(1)));
	assert_eq!(judge(&mut sieve, &peer, &recent), Verdict::Accepted);
	assert!(!sieve.expired(&recent));
	let known = sent(Message::Certificate(finality(0..3, SET, 2, block(4))));
	assert_eq!(judge(&mut sieve, &peer, &known), Verdict::OldView);
	let new = sent(Message::Certificate(finality(0..3, SET, 2, block(5))));
	assert_eq!(judge(&mut sieve, &peer, &new), Verdict::Accepted);
}

#[test]
fn messages_of_the_next_set_are_held_until_it_is_in_force() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let early = Envelope::message(SET + 1, first(1, SET + 1, 1, block(1))).encode();
	assert_eq!(judge(&mut sieve, &peer, &early), Verdict::Early);
	let far = Envelope::message(SET + 2, first(1, SET + 2, 1, block(1))).encode();
	assert_eq!(judge(&mut sieve, &peer, &far), Verdict::FarSet);
	assert_eq!(sieve.enter(set(SET + 1, 0..4)), vec![early.clone()]);
	assert_eq!(sieve.judge_early(&early), Verdict::Accepted);
}

#[test]
fn guarantee_3_each_peer_holds_a_bounded_share_of_early_messages() {
	let (mut sieve, loud, quiet) = (sieve(), PeerId::random(), PeerId::random());
	let early = |view| Envelope::message(SET + 1, first(1, SET + 1, view, block(1))).encode();
	judge(&mut sieve, &quiet, &early(1));
	for view in 2..100 {
		judge(&mut sieve, &loud, &early(view));
	}
	assert_eq!(sieve.early(), 33);
	assert!(sieve.enter(set(SET + 1, 0..4)).contains(&early(1)));
}

#[test]
fn guarantee_3_a_peer_that_sends_too_much_is_cut_off_alone() {
	let (mut sieve, loud, quiet) = (sieve(), PeerId::random(), PeerId::random());
	let now = Instant::now();
	let burst = Rate::of_set(4, 3).burst;
	for _ in 0..burst {
		assert_ne!(sieve.judge(&loud, &[0], now).verdict, Verdict::TooMuch);
	}
	assert_eq!(sieve.judge(&loud, &[0], now).verdict, Verdict::TooMuch);
	assert_ne!(sieve.judge(&quiet, &[0], now).verdict, Verdict::TooMuch);
	let later = now + Duration::from_secs(1);
	assert_ne!(sieve.judge(&loud, &[0], later).verdict, Verdict::TooMuch);
}

#[test]
fn a_peer_in_an_older_set_is_told_how_it_ended_once_a_second() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let now = Instant::now();
	let status = Envelope::status(SET - 1, 4).encode();
	let told = sieve.judge(&peer, &status, now);
	assert_eq!(told.verdict, Verdict::Status);
	let answer = Envelope::read(&told.answers[0]).expect("it is an envelope");
	assert_eq!(answer.set, SET - 1);
	assert_eq!(
		answer.payload,
		Payload::Message(Message::Certificate(finality(0..3, SET - 1, 5, block(9))))
	);
	assert!(sieve.judge(&peer, &status, now).answers.is_empty());
	let later = now + Duration::from_secs(1);
	assert_eq!(sieve.judge(&peer, &status, later).answers.len(), 1);
	let vote = Envelope::message(SET - 1, first(1, SET - 1, 1, block(1))).encode();
	let much_later = later + Duration::from_secs(1);
	let told = sieve.judge(&peer, &vote, much_later);
	assert_eq!((told.verdict, told.answers.len()), (Verdict::OldSet, 1));
}

#[test]
fn a_peer_in_an_older_view_is_sent_the_newest_certificates() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let newest = Message::Certificate(finality(0..3, SET, 19, block(5)));
	sieve.advance(20, 4, vec![newest.clone()]);
	let now = Instant::now();
	let near = Envelope::status(SET, 19).encode();
	assert!(sieve.judge(&peer, &near, now).answers.is_empty());
	let far = Envelope::status(SET, 18).encode();
	assert_eq!(sieve.judge(&peer, &far, now).answers, vec![sent(newest)]);
	assert!(sieve.judge(&peer, &far, now).answers.is_empty());
}

#[test]
fn a_node_that_lags_tells_the_peer_where_it_is() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let now = Instant::now();
	let told = sieve.judge(&peer, &sent(first(1, SET, 50, block(1))), now);
	assert_eq!(told.verdict, Verdict::FarView);
	assert_eq!(told.answers, vec![Envelope::status(SET, 1).encode()]);
}

#[test]
fn messages_go_to_peers_that_have_a_use_for_them() {
	let (mut sieve, peer) = (sieve(), PeerId::random());
	let vote = sent(first(1, SET, 1, block(1)));
	assert!(sieve.wants(&peer, &vote));
	for (place, wants) in [
		(SET, true),
		(SET - 1, true),
		(SET + 1, false),
		(SET - 2, false),
	] {
		judge(&mut sieve, &peer, &Envelope::status(place, 1).encode());
		assert_eq!(sieve.wants(&peer, &vote), wants, "peer in set {place}");
	}
}
