//! The checkpoint program, what the chain checks, and promises.

use super::values::*;
use crate::{
	checkpoint::{
		outcome_hash,
		program::{execute, Executed, NotExecuted},
		promise::{check_broken, match_hash, Passed, Promise, PromiseError, PromisedMatch},
		tree, Certificate, Certified, CheckpointError, Payee,
	},
	dag::Dag,
	lane::{Match, Outcome, Refusal},
	scheme::Signer,
	transaction::Transaction,
	types::Round,
	vertex::Vertex,
};
use aci_primitives::{proof::Outcome as Found, Hash};
use alloc::{vec, vec::Vec};

const ENOUGH: u128 = u128::MAX / 1_000_000;

fn hash(vertex: &Vertex) -> Hash {
	vertex.header().hash(&context())
}

/// Checkpoints at these rounds, with these transactions by author and round.
fn run(
	anchors: &[Round],
	transactions: &[(u16, Round, Transaction)],
) -> (Vec<Vec<Vertex>>, Dag, Vec<Executed>) {
	let maker = Maker { size: 4 };
	let last = anchors.last().copied().unwrap_or(1);
	let rounds = maker.changed(last, |header, list| {
		for (author, round, transaction) in transactions {
			if (*author, *round) == (header.author, header.round) {
				list.push(transaction.clone());
			}
		}
	});
	let dag = dag_of(rules(), rounds.iter().flatten());
	let (mut state, _) = start(4, 2, ENOUGH);
	let mut checkpoints = Vec::new();
	for anchor in anchors {
		let vertex = &rounds[*anchor as usize - 1][1];
		let executed = execute(&dag, &state, &hash(vertex), false, &rules()).expect("it is held");
		let before = state.open_locks;
		state = executed.state.clone();
		assert!(
			executed.effects.balances(before, state.open_locks),
			"debits and credits"
		);
		let locks: u128 = state.jobs.values().map(|job| job.price).sum();
		assert_eq!(locks, state.open_locks, "L");
		state
			.lanes
			.iter()
			.for_each(|lane| lane.check_invariants().expect("I1 to I3"));
		checkpoints.push(executed);
	}
	(rounds, dag, checkpoints)
}

fn outcomes(executed: &Executed) -> Vec<Outcome> {
	executed
		.vertices
		.iter()
		.flat_map(|(_, outcomes)| outcomes.clone())
		.collect()
}

/// The first order of client 0 at home 0, in round 1, and what it gets.
fn first_match() -> Match {
	let (_, _, checkpoints) = run(&[10], &[(0, 1, order(0, 0, 1, u128::MAX))]);
	match outcomes(&checkpoints[0]).as_slice() {
		[Outcome::Matched(matched)] => matched.clone(),
		other => panic!("{other:?}"),
	}
}

fn worker_of(matched: &Match) -> u16 {
	u16::from_le_bytes([matched.worker_key.0[0], matched.worker_key.0[1]])
}

fn credit(executed: &Executed, payee: &Payee) -> u128 {
	let found = executed.effects.credits.iter().find(|(of, _)| of == payee);
	found.map_or(0, |(_, amount)| *amount)
}

#[test]
fn a_job_is_matched_acknowledged_finished_and_paid() {
	let matched = first_match();
	let by = worker_of(&matched);
	let (_, _, checkpoints) = run(
		&[10, 20, 30],
		&[
			(0, 1, order(0, 0, 1, u128::MAX)),
			(1, 11, acknowledge(by, matched.job)),
			(2, 12, submission(by, matched.job, 1)),
			(3, 13, judgement(1, matched.job, Found::Pass)),
			(3, 14, judgement(0, matched.job, Found::Pass)),
		],
	);
	let second = outcomes(&checkpoints[1]);
	let Outcome::Submitted { due, .. } = second[1] else {
		panic!("{second:?}");
	};
	assert_eq!(second[0], Outcome::Acknowledged { job: matched.job });
	assert_eq!(
		second[3],
		Outcome::Ignored(Refusal::WrongState),
		"quality counts once"
	);
	assert!(due > 0 && due < matched.price, "fewer tokens than ordered");
	assert_eq!(checkpoints[0].state.open_locks, matched.price);
	let last = &checkpoints[1];
	assert_eq!(last.state.open_locks, 0);
	let parts = aci_market::fees::split(due, &Default::default());
	assert_eq!(
		credit(last, &Payee::Worker(matched.worker.clone())),
		parts.worker
	);
	let ticket = Payee::Ticket(matched.client.clone(), matched.ticket);
	assert_eq!(credit(last, &ticket), matched.price - due);
	assert_eq!(last.effects.burn, parts.burn);
	assert_eq!(last.effects.quality.len(), 1);
	assert!(checkpoints[2].effects.credits.is_empty(), "paid once");
}

#[test]
fn a_match_that_nobody_acknowledges_is_refunded() {
	let matched = first_match();
	let (_, _, checkpoints) = run(&[10, 20], &[(0, 1, order(0, 0, 1, u128::MAX))]);
	let ticket = Payee::Ticket(matched.client.clone(), matched.ticket);
	assert_eq!(credit(&checkpoints[1], &ticket), matched.price);
	assert_eq!(checkpoints[1].effects.missed, vec![matched.worker]);
	let lane = &checkpoints[1].state.lanes[0];
	assert!(
		lane.granted.contains_key(&2),
		"the slot comes back with the next base"
	);
}

#[test]
fn a_job_without_a_result_times_out_after_twice_the_sla() {
	let matched = first_match();
	let by = worker_of(&matched);
	let done = (0, 95, submission(by, matched.job, 1));
	let (_, _, checkpoints) = run(
		&[10, 80, 100],
		&[
			(0, 1, order(0, 0, 1, u128::MAX)),
			(1, 11, acknowledge(by, matched.job)),
			done,
		],
	);
	assert_eq!(
		checkpoints[1].state.open_locks, matched.price,
		"still running"
	);
	let last = &checkpoints[2];
	assert!(outcomes(last).contains(&Outcome::Ignored(Refusal::Late)));
	assert_eq!(last.effects.timeouts, vec![(matched.worker, matched.job)]);
	let ticket = Payee::Ticket(matched.client.clone(), matched.ticket);
	assert_eq!(credit(last, &ticket), matched.price);
}

#[test]
fn a_finding_against_a_result_exports_the_lock_once() {
	let matched = first_match();
	let by = worker_of(&matched);
	let (_, _, checkpoints) = run(
		&[10, 20, 30],
		&[
			(0, 1, order(0, 0, 1, u128::MAX)),
			(1, 11, acknowledge(by, matched.job)),
			(2, 12, submission(by, matched.job, 1)),
			(3, 13, judgement(1, matched.job, Found::Fail)),
			(3, 14, judgement(0, matched.job, Found::Fail)),
		],
	);
	let dispute = Payee::Dispute(matched.client.clone(), matched.job);
	assert_eq!(credit(&checkpoints[1], &dispute), matched.price);
	assert_eq!(credit(&checkpoints[2], &dispute), 0);
	assert_eq!(checkpoints[1].state.open_locks, 0);
	let stranger = run(
		&[10, 20],
		&[
			(0, 1, order(0, 0, 1, u128::MAX)),
			(1, 11, acknowledge(by + 1, matched.job)),
		],
	);
	let refused = outcomes(&stranger.2[1]);
	assert_eq!(refused, vec![Outcome::Ignored(Refusal::NotEntitled)]);
}

#[test]
fn s8_s11_anchors() {
	let rounds = Maker { size: 4 }.full(12);
	let dag = dag_of(rules(), rounds.iter().flatten());
	let (state, _) = start(4, 1, ENOUGH);
	let at = |round: usize| hash(&rounds[round - 1][0]);
	let anchor = |anchor: Hash, closing| execute(&dag, &state, &anchor, closing, &rules()).err();
	assert_eq!(anchor(at(9), false), Some(NotExecuted::TooEarly));
	assert_eq!(anchor(at(10), false), None);
	assert_eq!(anchor(Hash::zero(), false), Some(NotExecuted::Missing));
	assert_eq!(anchor(at(12), true), Some(NotExecuted::NotClosing));
}

#[test]
fn the_sets_end_gives_all_leases_back_and_open_jobs_go_on() {
	let maker = Maker { size: 4 };
	let rounds = maker.changed(12, |header, list| {
		header.closing = header.round > 8 && header.author > 0;
		if (header.author, header.round) == (0, 1) {
			list.push(order(0, 0, 1, u128::MAX));
		}
	});
	let dag = dag_of(rules(), rounds.iter().flatten());
	let (state, _) = start(4, 2, ENOUGH);
	let anchor = hash(&rounds[11][1]);
	let executed = execute(&dag, &state, &anchor, true, &rules()).expect("a quorum closes");
	assert!(executed.checkpoint.closing);
	assert!(executed.effects.balances(0, executed.state.open_locks));
	let price = executed.state.open_locks;
	assert!(price > 0);
	let returned: u128 = (0..2)
		.map(|of| credit(&executed, &Payee::Escrow(account(&client(of)))))
		.sum();
	assert_eq!(returned, 8 * ENOUGH - price);
	let slots: u32 = executed
		.effects
		.free_slots
		.iter()
		.map(|(_, slots)| slots)
		.sum();
	assert_eq!(slots, 11, "all but the one that is busy");
	let next = executed.state.next_set(4);
	assert_eq!((next.jobs.len(), next.open_locks), (1, price));
	assert_eq!(next.anchor_round(), 0);
	assert!(next
		.lanes
		.iter()
		.all(|lane| lane.tickets.is_empty() && lane.workers.is_empty()));
}

fn certified(executed: &Executed, signers: &[u16]) -> Certified {
	let message = executed.checkpoint.hash().0;
	let signatures = signers
		.iter()
		.filter_map(|of| Some((*of, Key(*of).sign(&message)?)));
	Certified {
		checkpoint: executed.checkpoint.clone(),
		effects: executed.effects.clone(),
		certificate: Certificate::new(&committee(4), signatures),
	}
}

#[test]
fn the_chain_takes_only_the_next_true_checkpoint() {
	let (_, _, checkpoints) = run(&[10, 20], &[(0, 1, order(0, 0, 1, u128::MAX))]);
	let (state, _) = start(4, 2, ENOUGH);
	let check = |certified: &Certified, last: &crate::checkpoint::Last| {
		certified.check::<Hashed>(last, &committee(4), &parameters())
	};
	let right = certified(&checkpoints[0], &[0, 1, 3]);
	assert_eq!(check(&right, &state.last()), Ok(()));
	assert_eq!(
		check(&right, &checkpoints[0].state.last()),
		Err(CheckpointError::NotNext)
	);
	let next = certified(&checkpoints[1], &[0, 1, 3]);
	assert_eq!(check(&next, &checkpoints[0].state.last()), Ok(()));
	let few = certified(&checkpoints[0], &[0, 1]);
	assert_eq!(check(&few, &state.last()), Err(CheckpointError::NoQuorum));
	let mut changed = right.clone();
	changed.checkpoint.moment += 1;
	assert_eq!(
		check(&changed, &state.last()),
		Err(CheckpointError::Signature)
	);
	let mut stolen = right.clone();
	stolen.effects.burn += 1;
	assert_eq!(check(&stolen, &state.last()), Err(CheckpointError::Effects));
	// A quorum of liars still cannot make money.
	let mut liars = checkpoints[0].clone();
	liars.effects.burn += 1;
	liars.checkpoint.effects = liars.effects.hash();
	let liars = certified(&liars, &[0, 1, 2]);
	assert_eq!(check(&liars, &state.last()), Err(CheckpointError::Money));
	let mut early = checkpoints[0].clone();
	early.checkpoint.anchor.round = 9;
	let early = certified(&early, &[0, 1, 2]);
	assert_eq!(check(&early, &state.last()), Err(CheckpointError::TooEarly));
}

#[test]
fn a_promise_that_came_true_cannot_be_called_broken_and_another_can() {
	let (rounds, _, checkpoints) = run(
		&[10],
		&[
			(0, 1, order(0, 0, 1, u128::MAX)),
			(0, 3, order(0, 0, 2, u128::MAX)),
		],
	);
	let executed = &checkpoints[0];
	let matched = first_match();
	let promise = |vertex: &Vertex, matched: &Match| {
		let matches = vec![(0, matched.clone())];
		let promise = Promise {
			context: context(),
			vertex: crate::vertex::Reference {
				author: 0,
				round: vertex.header().round,
				hash: hash(vertex),
			},
			matches: tree::root(&[match_hash(0, matched)]),
		};
		let signature = Key(0).sign(&promise.hash().0).expect("a key");
		PromisedMatch::all(&promise, &signature, matches).remove(0)
	};
	let leaves: Vec<Hash> = executed
		.vertices
		.iter()
		.map(|(leaf, _)| leaf.hash())
		.collect();
	let passed = |round: Round| {
		let mut vertices = executed.vertices.iter().enumerate();
		let (place, (leaf, outcomes)) = vertices
			.find(|(_, (leaf, _))| leaf.vertex.author == 0 && leaf.vertex.round == round)
			.expect("executed");
		let hashes: Vec<Hash> = outcomes.iter().map(outcome_hash).collect();
		Passed {
			leaf: leaf.clone(),
			path: tree::path(&leaves, place as u32).expect("a place"),
			outcome: outcomes
				.first()
				.map(|outcome| (outcome.clone(), tree::path(&hashes, 0).expect("the first"))),
		}
	};
	let check = |promised: &PromisedMatch, passed: &Passed| {
		check_broken::<Hashed>(promised, &authority(0), &executed.checkpoint, passed)
	};
	let kept = promise(&rounds[0][0], &matched);
	assert_eq!(check(&kept, &passed(1)), Err(PromiseError::Kept));
	assert_eq!(check(&kept, &passed(3)), Err(PromiseError::OtherPlace));
	let dearer = Match {
		price: matched.price + 1,
		..matched.clone()
	};
	assert_eq!(check(&promise(&rounds[0][0], &dearer), &passed(1)), Ok(()));
	// Promised in a vertex that is not the lane's.
	let other = Maker { size: 4 }.vertex(0, 1, None, &[], &[], |header, _| header.time = 1);
	assert_eq!(check(&promise(&other, &matched), &passed(1)), Ok(()));
	let mut forged = kept.clone();
	forged.signature = Key(1).sign(&forged.promise.hash().0).expect("a key");
	assert_eq!(check(&forged, &passed(1)), Err(PromiseError::Signature));
	let mut lied = passed(1);
	lied.leaf.outcomes = Hash::zero();
	assert_eq!(check(&kept, &lied), Err(PromiseError::Path));
}

#[test]
fn all_paths_at_once_are_those_of_each_leaf() {
	for count in (0..20).chain([100]) {
		let leaves: Vec<Hash> = (0..count).map(|leaf| Hash::repeat_byte(leaf)).collect();
		let paths = tree::paths(&leaves);
		assert_eq!(paths.len(), leaves.len());
		let root = tree::root(&leaves);
		for (place, path) in (0u32..).zip(paths) {
			assert_eq!(Some(&path), tree::path(&leaves, place).as_ref());
			assert!(path.verify(&root, &leaves[place as usize]));
		}
	}
}
