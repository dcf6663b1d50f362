//! Acceptance, histories, acknowledgements and certificates, forks, the floor.

use super::values::*;
use crate::{
	check::{check_one, Checked},
	dag::{
		pending::{Need, PER_AUTHOR},
		Dag, Insertion, Position,
	},
	equivocation::EquivocationError,
	safety::{Control, Rules},
	types::Round,
	vertex::{Invalid, Vertex},
};
use alloc::{vec, vec::Vec};
use codec::Encode;
use proptest::prelude::*;

fn checked(vertex: &Vertex) -> Checked {
	check_one::<Hashed>(&vertex.encode(), &committee(4), &rules()).expect("an honest form")
}

fn dag() -> Dag {
	Dag::new(committee(4), rules(), 0)
}

fn at(round: Round) -> Position {
	Position { round, fork: 0 }
}

#[test]
fn a_vertex_waits_for_its_parents_in_any_order() {
	let rounds = Maker { size: 4 }.full(5);
	let mut dag = dag();
	for round in rounds.iter().rev() {
		for vertex in round {
			let outcome = dag.insert(checked(vertex));
			let first = vertex.header().round == 1;
			assert_eq!(outcome == Insertion::Accepted, first);
		}
	}
	assert_eq!(dag.sizes(), (20, 0));
	assert_eq!(dag.quorum_round(), 5);
	assert!(dag.needs(100).is_empty());
	assert_eq!(dag.insert(checked(&rounds[0][0])), Insertion::Known);
}

#[test]
fn what_is_lacking_is_named() {
	let rounds = Maker { size: 4 }.full(2);
	let mut dag = dag();
	dag.insert(checked(&rounds[0][1]));
	dag.insert(checked(&rounds[1][0]));
	let hash = checked(&rounds[0][0]).hash();
	let needs = dag.needs(10);
	let expected = vec![
		Need::Slot(0, 1),
		Need::Slot(2, 1),
		Need::Slot(3, 1),
		Need::Vertex(hash),
	];
	assert_eq!(needs, expected);
}

#[test]
fn acknowledged_after_one_round_certified_after_two_final_after_three() {
	let rounds = Maker { size: 4 }.full(4);
	let mut dag = dag();
	for vertex in rounds.iter().flatten() {
		dag.insert(checked(vertex));
	}
	let node = |round: usize| {
		dag.by_hash(&checked(&rounds[round - 1][2]).hash())
			.expect("held")
			.2
	};
	assert_eq!(node(2).summary.acknowledged(0), at(1));
	// A vertex of round 3 has three acknowledgements of round 1 in its history; one of round 2 has
	// only its own of it.
	assert_eq!(node(2).summary.certified(0), at(0));
	assert_eq!(node(3).summary.certified(0), at(1));
	assert_eq!(dag.acked_of(0), at(3));
	assert_eq!(dag.finalised_of(0), at(2));
}

/// A fork of author 0 in round 2: `[honest rounds, the other vertex]`.
fn fork() -> (Maker, Vec<Vec<Vertex>>, Vertex) {
	let maker = Maker { size: 4 };
	let rounds = maker.full(2);
	let before: Vec<&Vertex> = rounds[0].iter().collect();
	let other = maker.vertex(0, 2, Some(&rounds[0][0]), &before, &[], |header, _| {
		header.time = 7
	});
	(maker, rounds, other)
}

#[test]
fn a_fork_is_proven_by_two_headers() {
	let (_, rounds, other) = fork();
	let mut dag = dag();
	for vertex in rounds.iter().flatten().chain([&other]) {
		assert_eq!(dag.insert(checked(vertex)), Insertion::Accepted);
	}
	let offences = dag.take_offences();
	assert_eq!(offences.len(), 1);
	assert_eq!(offences[0].offender, authority(0));
	assert_eq!(offences[0].verify::<Hashed>(), Ok(()));
	assert!(dag.is_forked(0));
	let mut same = offences[0].clone();
	same.second = same.first.clone();
	assert_eq!(same.verify::<Hashed>(), Err(EquivocationError::NoConflict));
	let mut forged = offences[0].clone();
	forged.offender = authority(1);
	assert_eq!(forged.verify::<Hashed>(), Err(EquivocationError::Signature));
	// A chain is no conflict.
	let mut honest = offences[0].clone();
	honest.first = rounds[0][0].signed.clone();
	assert_eq!(
		honest.verify::<Hashed>(),
		Err(EquivocationError::NoConflict)
	);
}

#[test]
fn a_fork_over_different_rounds_is_seen() {
	let (maker, rounds, _) = fork();
	let before: Vec<&Vertex> = rounds[1].iter().collect();
	// Author 0 leaves its vertex of round 2 out.
	let skip = maker.plain(0, 3, Some(&rounds[0][0]), &before);
	for newest_first in [false, true] {
		let mut dag = dag();
		let mut all: Vec<&Vertex> = rounds.iter().flatten().collect();
		if newest_first {
			all.retain(|vertex| **vertex != rounds[1][0]);
			let others: Vec<&Vertex> = rounds[1][1..].iter().collect();
			let skip = maker.plain(0, 3, Some(&rounds[0][0]), &others);
			for vertex in all.iter().copied().chain([&skip, &rounds[1][0]]) {
				dag.insert(checked(vertex));
			}
		} else {
			for vertex in all.iter().copied().chain([&skip]) {
				dag.insert(checked(vertex));
			}
		}
		assert_eq!(dag.take_offences().len(), 1);
	}
}

#[test]
fn lemma_1_only_one_side_of_a_fork_is_certified() {
	let (maker, rounds, other) = fork();
	let honest: Vec<&Vertex> = rounds[1].iter().collect();
	let forged: Vec<&Vertex> = [&other].into_iter().chain(&rounds[1][1..]).collect();
	// Author 1 sees one side, 3 the other, 2 none; then all see both, and accuse.
	let third = [
		maker.plain(1, 3, Some(&rounds[1][1]), &honest),
		maker.plain(2, 3, Some(&rounds[1][2]), &honest[1..]),
		maker.plain(3, 3, Some(&rounds[1][3]), &forged),
	];
	let before: Vec<&Vertex> = third.iter().collect();
	let fourth: Vec<Vertex> = (1..4u16)
		.map(|author| {
			let own = &third[usize::from(author) - 1];
			maker.vertex(author, 4, Some(own), &before, &[], |header, _| {
				header.accused.insert(0)
			})
		})
		.collect();
	let before: Vec<&Vertex> = fourth.iter().collect();
	let fifth = maker.vertex(1, 5, Some(&fourth[0]), &before, &[], |header, _| {
		header.accused.insert(0);
	});
	for (control, expected) in [(None, 1), (Some(Control::S4), 2)] {
		let mut rules = rules();
		rules.set_control(control);
		let mut dag = Dag::new(committee(4), rules, 0);
		let all = rounds
			.iter()
			.flatten()
			.chain([&other])
			.chain(&third)
			.chain(&fourth);
		for vertex in all.chain([&fifth]) {
			dag.insert(checked(vertex));
		}
		// The vertex of round 3 by author 3 is lacking the other side: its parents are asked for.
		let lists: Vec<Need> = dag.needs(10);
		for need in lists {
			if let Need::List(hash) = need {
				let list: Vec<_> = forged.iter().map(|vertex| checked(vertex).hash()).collect();
				dag.insert_list(&hash, &list);
			}
		}
		assert_eq!(dag.sizes().1, 0);
		let node = dag.by_hash(&checked(&fifth).hash()).expect("held").2;
		assert_eq!(node.summary.certified(0).round, expected);
	}
}

#[test]
fn a_third_vertex_of_a_slot_is_taken_only_if_named() {
	let (maker, rounds, other) = fork();
	let before: Vec<&Vertex> = rounds[0].iter().collect();
	let third = maker.vertex(0, 2, Some(&rounds[0][0]), &before, &[], |header, _| {
		header.time = 8
	});
	let mut dag = dag();
	for vertex in rounds.iter().flatten().chain([&other]) {
		dag.insert(checked(vertex));
	}
	assert_eq!(dag.insert(checked(&third)), Insertion::NoRoom);
	let honest: Vec<&Vertex> = rounds[1].iter().collect();
	let late = maker.vertex(1, 3, Some(&rounds[1][1]), &honest, &[&third], |_, _| {});
	assert_eq!(dag.insert(checked(&late)), Insertion::Waits);
	assert_eq!(dag.insert(checked(&third)), Insertion::Accepted);
	assert_eq!(dag.sizes(), (11, 0));
}

#[test]
fn v2_the_own_parent_is_the_authors() {
	let (maker, rounds, _) = fork();
	let before: Vec<&Vertex> = rounds[0].iter().collect();
	let stolen = maker.plain(0, 2, Some(&rounds[0][1]), &before);
	let mut dag = dag();
	for vertex in &rounds[0] {
		dag.insert(checked(vertex));
	}
	let outcome = dag.insert(checked(&stolen));
	assert_eq!(outcome, Insertion::Invalid(Invalid::OtherChain));
}

#[test]
fn v6_nothing_is_taken_back_and_v7_bases_are_earned() {
	let maker = Maker { size: 4 };
	let first: Vec<Vertex> = (0..4u16)
		.map(|author| {
			maker.vertex(author, 1, None, &[], &[], |header, _| {
				header.finalised = if author < 3 { 1 } else { 0 };
				header.closing = author == 0;
				header.accused.insert(3);
			})
		})
		.collect();
	let before: Vec<&Vertex> = first.iter().collect();
	let make = |author: u16, change: fn(&mut crate::vertex::Header)| {
		let own = &first[usize::from(author)];
		maker.vertex(author, 2, Some(own), &before, &[], |header, _| {
			header.finalised = 1;
			header.closing = author == 0;
			header.accused.insert(3);
			change(header);
		})
	};
	let mut dag = dag();
	for vertex in &first {
		assert_eq!(dag.insert(checked(vertex)), Insertion::Accepted);
	}
	let refused = |vertex: &Vertex, error| {
		let outcome = dag.clone().insert(checked(vertex));
		assert_eq!(outcome, Insertion::Invalid(error));
	};
	refused(&make(1, |h| h.finalised = 0), Invalid::TakenBack);
	refused(&make(0, |h| h.closing = false), Invalid::TakenBack);
	let none = make(1, |h| h.accused = crate::types::Bitmap::empty(4));
	refused(&none, Invalid::TakenBack);
	// Three of four report checkpoint 1 final; nobody reports 2 but the author itself.
	assert_eq!(
		dag.clone().insert(checked(&make(1, |h| h.base = 1))),
		Insertion::Accepted
	);
	let early = make(1, |h| {
		h.finalised = 2;
		h.base = 2;
	});
	refused(&early, Invalid::Base);
}

#[test]
fn a_flood_that_lacks_parents_is_bounded() {
	let maker = Maker { size: 4 };
	let rounds = maker.full(1);
	let before: Vec<&Vertex> = rounds[0].iter().collect();
	let mut dag = dag();
	let mut waiting = 0;
	for time in 0..(PER_AUTHOR as u64 + 50) {
		let vertex = maker.vertex(0, 2, Some(&rounds[0][0]), &before, &[], |h, _| {
			h.time = time
		});
		match dag.insert(checked(&vertex)) {
			Insertion::Waits => waiting += 1,
			outcome => assert_eq!(outcome, Insertion::NoRoom),
		}
	}
	assert_eq!(waiting, PER_AUTHOR);
	assert_eq!(dag.sizes(), (0, PER_AUTHOR));
	// Another author's vertices are not kept out.
	let own = maker.plain(1, 2, Some(&rounds[0][1]), &before);
	assert_eq!(dag.insert(checked(&own)), Insertion::Waits);
	let far = maker.vertex(2, 9_999, Some(&rounds[0][2]), &before, &[], |_, _| {});
	assert_eq!(dag.insert(checked(&far)), Insertion::TooFar);
}

#[test]
fn below_the_floor_nothing_is_needed() {
	let rounds = Maker { size: 4 }.full(12);
	let mut whole = dag();
	for vertex in rounds.iter().flatten() {
		whole.insert(checked(vertex));
	}
	let mut late = Dag::new(committee(4), rules(), 6);
	for vertex in rounds.iter().flatten() {
		let outcome = late.insert(checked(vertex));
		assert_eq!(outcome == Insertion::Old, vertex.header().round < 6);
	}
	assert_eq!(late.sizes(), (28, 0));
	whole.raise_floor(6);
	whole.forget_below(6);
	assert_eq!(whole.sizes(), late.sizes());
	for vertex in rounds
		.iter()
		.flatten()
		.filter(|vertex| vertex.header().round > 8)
	{
		let hash = checked(vertex).hash();
		let (one, other) = (whole.by_hash(&hash), late.by_hash(&hash));
		for author in 0..4 {
			let of = |node: &crate::dag::Node| node.summary.certified(author);
			assert_eq!(of(one.expect("held").2), of(other.expect("held").2));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	/// Guarantee 3 of the DAG: what a vertex certifies does not depend on the order of arrival, on
	/// the floor, or on other vertices, with forks by one author.
	#[test]
	fn certificates_are_functions_of_the_vertex(
		choices in proptest::collection::vec(any::<u8>(), 80),
		order in proptest::collection::vec(any::<u16>(), 60),
		floor in 0u32..6,
	) {
		let maker = Maker { size: 4 };
		let mut rounds: Vec<Vec<Vertex>> = maker.full(1);
		// Of each author's newest vertex: the newest of author 0's main chain in its history, and
		// the least of its other vertices. Both together in one history are a fork that is seen.
		let mut seen = [(1u32, u32::MAX); 4];
		let mut choice = choices.into_iter();
		let mut forks: Vec<Vertex> = Vec::new();
		let mut all: Vec<Vertex> = rounds[0].clone();
		for round in 2..=8u32 {
			let last = rounds.last().expect("one").clone();
			let mut made = Vec::new();
			let mut next = seen;
			for author in 0..4u16 {
				let pick = choice.next().unwrap_or(0);
				let mut before: Vec<&Vertex> = last.iter().collect();
				if pick % 3 == 0 {
					let skip = usize::from(pick / 3) % 4;
					before.retain(|vertex| usize::from(vertex.header().author) != skip);
				}
				let fork = forks.last().filter(|fork| fork.header().round + 1 == round);
				if let Some(fork) = fork.filter(|_| pick % 2 == 0) {
					for parent in &mut before {
						if parent.header().author == 0 {
							*parent = fork;
						}
					}
				}
				let named = before.iter().filter(|vertex| vertex.header().author != 0);
				let mut own = seen[usize::from(author)];
				for parent in named {
					let theirs = seen[usize::from(parent.header().author)];
					own = (own.0.max(theirs.0), own.1.min(theirs.1));
				}
				for parent in before.iter().filter(|vertex| vertex.header().author == 0) {
					if forks.contains(parent) {
						own = (own.0.max(round - 2), own.1.min(round - 1));
					} else {
						own.0 = own.0.max(round - 1);
					}
				}
				next[usize::from(author)] = own;
				let mine = &last[usize::from(author)];
				made.push(maker.vertex(author, round, Some(mine), &before, &[], |header, _| {
					header.accused = mine.header().accused.clone();
					if author != 0 && own.0 >= own.1 {
						header.accused.insert(0);
					}
				}));
			}
			seen = next;
			let before: Vec<&Vertex> = last.iter().collect();
			let fork = maker.vertex(0, round, Some(&last[0]), &before, &[], |h, _| h.time = 1);
			all.extend(made.iter().cloned());
			all.push(fork.clone());
			forks.push(fork);
			rounds.push(made);
		}
		let lists = |dag: &mut Dag| {
			for _ in 0..100 {
				let needs = dag.needs(100);
				let mut any = false;
				for need in needs {
					let Need::List(hash) = need else { continue };
					let vertex = all.iter().find(|vertex| checked(vertex).hash() == hash);
					let vertex = vertex.expect("made");
					// Try both sides of the fork.
					for main in [true, false] {
						let before = vertex.header().round as usize - 2;
						let list: Vec<_> = vertex.header().parents.iter().map(|author| {
							let main = main || author != 0;
							let parent = if main {
								&rounds[before][usize::from(author)]
							} else {
								&forks[before - 1]
							};
							checked(parent).hash()
						}).collect();
						dag.insert_list(&hash, &list);
					}
					any = true;
				}
				if !any { break }
			}
		};
		let mut one = Dag::new(committee(4), Rules::new(parameters(), 0), 0);
		for vertex in &all {
			one.insert(checked(vertex));
		}
		lists(&mut one);
		let mut shuffled: Vec<&Vertex> = all.iter().collect();
		for (place, swap) in order.into_iter().enumerate() {
			let length = shuffled.len();
			shuffled.swap(place % length, usize::from(swap) % length);
		}
		let mut other = Dag::new(committee(4), Rules::new(parameters(), 0), floor);
		for vertex in shuffled {
			other.insert(checked(vertex));
		}
		lists(&mut other);
		prop_assert_eq!(one.sizes().1, 0);
		prop_assert_eq!(other.sizes().1, 0);
		for vertex in &all {
			let hash = checked(vertex).hash();
			let (Some(a), Some(b)) = (one.by_hash(&hash), other.by_hash(&hash)) else { continue };
			for author in 0..4 {
				let name = |dag: &Dag, position: Position| {
					let node = dag.node(author, position);
					node.filter(|_| position.round >= floor.max(1)).map(|node| node.checked.hash())
				};
				let certified = (a.2.summary.certified(author), b.2.summary.certified(author));
				prop_assert_eq!(name(&one, certified.0), name(&other, certified.1));
				let heads = (a.2.summary.head(author), b.2.summary.head(author));
				prop_assert_eq!(name(&one, heads.0), name(&other, heads.1));
			}
		}
	}
}
