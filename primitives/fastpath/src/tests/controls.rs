//! What goes wrong without a rule, for those rules that whole runs do not need to find out.

use super::values::*;
use crate::{
	checkpoint::{program::execute, state::State},
	dag::Dag,
	lane::{
		grant::{Closing, Grants},
		Outcome, Place,
	},
	machine::{Input, Machine, Note, Output, Settings, Standing, Timing},
	safety::{Control, Rules},
	transaction::Transaction,
	types::Round,
	vertex::Vertex,
};
use aci_primitives::Hash;
use alloc::{vec, vec::Vec};

const ENOUGH: u128 = u128::MAX / 1_000_000;

fn rules_without(control: Option<Control>) -> Rules {
	let mut rules = rules();
	rules.set_control(control);
	rules
}

fn hash(vertex: &Vertex) -> Hash {
	vertex.header().hash(&context())
}

/// What two orders with these sequences get from a ticket with `amount`.
fn two_orders(control: Option<Control>, amount: u128, sequences: [u32; 2]) -> (usize, u128) {
	let (state, _) = start(4, 1, amount);
	let mut lane = (*state.lanes[0]).clone();
	let place = Place {
		genesis: GENESIS,
		round: 1,
		base: 0,
		previous: Hash::zero(),
		anchor_round: Some(0),
	};
	let orders: Vec<Transaction> = sequences
		.iter()
		.map(|sequence| order(0, 0, *sequence, u128::MAX))
		.collect();
	let rules = rules_without(control);
	let outcomes = lane.advance(&place, &orders, &rules, &mut Vec::new());
	let prices: Vec<u128> = outcomes
		.into_iter()
		.filter_map(|outcome| match outcome {
			Some(Outcome::Matched(matched)) => Some(matched.price),
			_ => None,
		})
		.collect();
	(prices.len(), prices.iter().sum())
}

#[test]
fn without_s7_a_budget_is_spent_twice() {
	let (_, both) = two_orders(None, ENOUGH, [1, 2]);
	let amount = both - 1;
	assert!(two_orders(None, amount, [1, 2]).1 <= amount);
	assert!(two_orders(Some(Control::S7), amount, [1, 2]).1 > amount);
}

#[test]
fn without_s12_an_order_is_matched_twice() {
	assert_eq!(two_orders(None, ENOUGH, [1, 1]).0, 1);
	assert_eq!(two_orders(Some(Control::S12), ENOUGH, [1, 1]).0, 2);
}

#[test]
fn without_s3_both_sides_of_a_fork_are_certified() {
	let maker = Maker { size: 4 };
	for accuses in [true, false] {
		let rounds = maker.full(2);
		let first: Vec<&Vertex> = rounds[0].iter().collect();
		// The other side must be the head that wins.
		let other = (1000..)
			.map(|time| maker.vertex(0, 2, Some(&rounds[0][0]), &first, &[], |h, _| h.time = time))
			.find(|other| hash(other) > hash(&rounds[1][0]))
			.expect("half of all are");
		let mut all: Vec<Vertex> = rounds.iter().flatten().cloned().collect();
		all.push(other.clone());
		let mut last: Vec<Vertex> = rounds[1].clone();
		let mut certified = Vec::new();
		for round in 3..=7 {
			let before: Vec<&Vertex> = if round == 3 {
				last.iter().collect()
			} else {
				last.iter()
					.filter(|vertex| vertex.header().author > 0)
					.collect()
			};
			let late: Vec<&Vertex> = if round == 5 { vec![&other] } else { vec![] };
			let made: Vec<Vertex> = (1..4u16)
				.map(|author| {
					let own = last.iter().find(|vertex| vertex.header().author == author);
					maker.vertex(author, round, own, &before, &late, |header, _| {
						if round >= 5 && accuses {
							header.accused.insert(0);
						}
					})
				})
				.collect();
			all.extend(made.iter().cloned());
			last = made;
			let dag = dag_of(rules(), &all);
			let (_, _, node) = dag.by_hash(&hash(&last[0])).expect("held");
			let position = node.summary.certified(0);
			certified.push(dag.node(0, position).map(|node| node.checked.hash()));
		}
		let acknowledged = |hash: Hash| {
			let dag = dag_of(rules(), &all);
			let (_, position, _) = dag.by_hash(&hash).expect("held");
			let (_, _, node) = dag.by_hash(&self::hash(&last[0])).expect("held");
			(1..4u16).all(|author| {
				let head = dag.node(author, node.summary.head(author)).expect("held");
				head.summary.acknowledged(0) == position
			})
		};
		assert!(certified.contains(&Some(hash(&rounds[1][0]))));
		assert_eq!(
			acknowledged(hash(&other)),
			!accuses,
			"a quorum acknowledges the other side"
		);
	}
}

#[test]
fn without_s6_a_final_vertex_is_not_in_a_later_anchor() {
	let maker = Maker { size: 4 };
	let first = maker.full(1).remove(0);
	let of = |list: &[Vertex], places: &[usize]| -> Vec<Vertex> {
		places.iter().map(|place| list[*place].clone()).collect()
	};
	let plain = |author: u16, round, own: &Vertex, before: &[Vertex]| {
		maker.plain(author, round, Some(own), &before.iter().collect::<Vec<_>>())
	};
	// Author 3 signs two chains: one has seen author 0's first vertex, the other has not.
	let second = [
		plain(0, 2, &first[0], &first),
		plain(1, 2, &first[1], &of(&first, &[1, 2, 3])),
		plain(2, 2, &first[2], &of(&first, &[1, 2, 3])),
		plain(3, 2, &first[3], &first),
	];
	let other = plain(3, 2, &first[3], &of(&first, &[1, 2, 3]));
	let unseen = [second[1].clone(), second[2].clone(), other.clone()];
	let third = [
		plain(0, 3, &second[0], &of(&second, &[0, 1, 2])),
		plain(1, 3, &second[1], &of(&second, &[0, 1, 3])),
		plain(2, 3, &second[2], &unseen),
		plain(3, 3, &other, &unseen),
	];
	let anchor = plain(2, 4, &third[2], &of(&third, &[0, 2, 3]));
	let mut all: Vec<Vertex> = first.iter().chain(&second).cloned().collect();
	all.push(other);
	all.extend(third.iter().cloned());
	all.push(anchor.clone());
	for control in [None, Some(Control::S6)] {
		let mut dag = dag_of(rules_without(control), &all);
		let list: Vec<Hash> = unseen.iter().map(hash).collect();
		dag.insert_list(&hash(&third[2]), &list);
		dag.insert_list(&hash(&third[3]), &list);
		let certified = |vertex: &Vertex| {
			let (_, _, node) = dag.by_hash(&hash(vertex)).expect("held");
			node.summary.certified(0).round
		};
		assert_eq!(certified(&third[1]), 1, "one vertex of round 3 certifies");
		assert_eq!(certified(&anchor), 0, "a vertex of round 4 does not");
		assert_eq!(dag.finalised_of(0).round == 1, control.is_some());
	}
}

#[test]
fn without_s5_a_later_vertex_misses_what_is_final() {
	let maker = Maker { size: 4 };
	let first = maker.full(1).remove(0);
	let all: Vec<&Vertex> = first.iter().collect();
	let second: Vec<Vertex> = (0..4u16)
		.map(|author| {
			let before = if author == 2 { &all[1..] } else { &all[..] };
			maker.plain(author, 2, Some(&first[usize::from(author)]), before)
		})
		.collect();
	let seen = [&second[0], &second[1], &second[3]];
	let third: Vec<Vertex> = (0..4u16)
		.map(|author| {
			let own = &second[usize::from(author)];
			let before = if author == 2 { &[own][..] } else { &seen[..] };
			maker.plain(author, 3, Some(own), before)
		})
		.collect();
	let anchor = maker.plain(2, 4, Some(&third[2]), &[&third[2]]);
	let bytes = codec::Encode::encode(&anchor);
	let refused = crate::check::check_one::<Hashed>(&bytes, &committee(4), &rules());
	assert_eq!(refused.err(), Some(crate::vertex::Invalid::NoQuorum));
	let vertices = first.iter().chain(&second).chain(&third).chain([&anchor]);
	let dag = dag_of(rules_without(Some(Control::S5)), vertices);
	assert_eq!(dag.finalised_of(0).round, 1);
	let (_, _, node) = dag.by_hash(&hash(&anchor)).expect("held");
	assert_eq!(node.summary.certified(0).round, 0);
}

/// An order in author 0's vertex of a round, on base 0; its ticket is announced to leave by the block
/// of checkpoint `announced`. What its home sees, and what checkpoints every ten rounds execute. The
/// others name author 0's vertices of `hidden` only in the round after them.
fn leaving(
	control: Option<Control>,
	announced: u32,
	round: Round,
	hidden: core::ops::Range<Round>,
) -> (Outcome, Outcome, Dag) {
	let maker = Maker { size: 4 };
	let rules = rules_without(control);
	let mut rounds: Vec<Vec<Vertex>> = Vec::new();
	for at in 1..=52 {
		let empty = Vec::new();
		let last = rounds.last().unwrap_or(&empty);
		let before: Vec<&Vertex> = last.iter().collect();
		let made = (0..4u16)
			.map(|author| {
				let own = before.get(usize::from(author)).copied();
				let hides = author > 0 && at > 1 && hidden.contains(&(at - 1));
				let named = if hides { &before[1..] } else { &before[..] };
				maker.vertex(author, at, own, named, &[], |header, list| {
					if (header.author, header.round) == (0, round) {
						list.push(order(0, 0, 1, u128::MAX));
					}
				})
			})
			.collect();
		rounds.push(made);
	}
	let dag = dag_of(rules, rounds.iter().flatten());
	let (mut state, _) = start(4, 1, ENOUGH);
	let announce = |state: &mut State| {
		if state.number == announced {
			let closing = Closing {
				home: 0,
				key: client(0),
				to: None,
				at: 0,
			};
			let grants = Grants {
				closings: vec![closing],
				..Grants::default()
			};
			state.add_grants(&grants, &rules);
		}
	};
	announce(&mut state);
	let vertex = &rounds[round as usize - 1][0];
	let place = Place::of(vertex.header(), GENESIS, Some(0));
	let mut home = (*state.lanes[0]).clone();
	let seen = home.advance(&place, &vertex.transactions, &rules, &mut Vec::new());
	let mut executed_as = None;
	for anchor in [10, 20, 30, 40, 50] {
		let anchor = hash(&rounds[anchor - 1][1]);
		let executed = execute(&dag, &state, &anchor, false, &rules).expect("held");
		for (leaf, outcomes) in &executed.vertices {
			if (leaf.vertex.author, leaf.vertex.round) == (0, round) {
				executed_as = outcomes.first().cloned();
			}
		}
		state = executed.state;
		announce(&mut state);
	}
	let seen = seen.into_iter().next().flatten().expect("one order");
	(seen, executed_as.expect("executed"), dag)
}

#[test]
fn without_s10_what_a_home_promised_has_left_it() {
	let (seen, executed, _) = leaving(None, 0, 9, 0..0);
	assert!(matches!(seen, Outcome::Matched(_)));
	assert_eq!(seen, executed);
	let (seen, executed, _) = leaving(None, 0, 11, 0..0);
	assert!(matches!(seen, Outcome::Ignored(_)), "not promised");
	assert_eq!(seen, executed);
	let (seen, executed, _) = leaving(Some(Control::S10), 0, 9, 0..0);
	assert!(matches!(seen, Outcome::Matched(_)));
	assert!(
		matches!(executed, Outcome::Ignored(_)),
		"promised and not kept"
	);
}

#[test]
fn without_s15_a_home_that_lags_promises_what_has_left_it() {
	for round in [19, 31] {
		let (seen, executed, _) = leaving(None, 1, round, 0..0);
		assert_eq!(matches!(seen, Outcome::Matched(_)), round <= 20);
		assert_eq!(seen, executed);
	}
	let (seen, executed, _) = leaving(Some(Control::S15), 1, 31, 0..0);
	assert!(matches!(seen, Outcome::Matched(_)));
	assert!(
		matches!(executed, Outcome::Ignored(_)),
		"promised and not kept"
	);
}

#[test]
fn without_s14_a_vertex_is_called_final_that_came_too_late() {
	let (seen, executed, dag) = leaving(None, 0, 10, 10..22);
	assert!(matches!(seen, Outcome::Matched(_)));
	assert!(
		matches!(executed, Outcome::Ignored(_)),
		"its ticket left with checkpoint 2"
	);
	assert!(dag.finalised_of(0).round >= 10);
	let newest = dag.newest_round();
	assert!(!rules().is_young(10, newest));
	assert!(rules_without(Some(Control::S14)).is_young(10, newest));
	// When it was certified, it was more than an interval old.
	assert!(!rules().is_young(10, 22));
}

#[test]
fn without_s8_the_chain_refuses_what_the_authorities_certified() {
	let rounds = Maker { size: 4 }.full(6);
	let (state, _) = start(4, 1, ENOUGH);
	for control in [None, Some(Control::S8)] {
		let rules = rules_without(control);
		let dag = dag_of(rules, rounds.iter().flatten());
		let executed = execute(&dag, &state, &hash(&rounds[5][0]), false, &rules);
		assert_eq!(executed.is_ok(), control.is_some());
	}
}

#[test]
fn without_s11_the_sets_end_loses_a_final_vertex() {
	let rounds = Maker { size: 4 }.full(8);
	let (state, _) = start(4, 1, ENOUGH);
	for control in [None, Some(Control::S11)] {
		let rules = rules_without(control);
		let dag = dag_of(rules, rounds.iter().flatten());
		// The anchor is old: rounds after it are Final already.
		let executed = execute(&dag, &state, &hash(&rounds[2][0]), true, &rules);
		assert!(dag.finalised_of(0).round > 3);
		match executed {
			Ok(executed) => {
				assert_eq!(control, Some(Control::S11));
				assert!(executed.state.executed_of(0).round < dag.finalised_of(0).round);
			}
			Err(_) => assert_eq!(control, None),
		}
	}
}

#[test]
fn without_s13_honest_nodes_compute_different_roots() {
	let rounds = Maker { size: 4 }.full(14);
	let (state, _) = start(4, 1, ENOUGH);
	let anchor = hash(&rounds[9][0]);
	for control in [None, Some(Control::S13)] {
		let rules = rules_without(control);
		let roots: Vec<Hash> = [10, 14]
			.into_iter()
			.map(|held| {
				let dag = dag_of(rules, rounds[..held].iter().flatten());
				let executed = execute(&dag, &state, &anchor, false, &rules).expect("held");
				executed.checkpoint.hash()
			})
			.collect();
		assert_eq!(roots[0] == roots[1], control.is_none());
	}
}

#[test]
fn without_s9_a_false_checkpoint_is_signed() {
	let maker = Maker { size: 4 };
	for control in [None, Some(Control::S9)] {
		let (state, _) = start(4, 1, ENOUGH);
		let settings = Settings {
			committee: committee(4),
			parameters: parameters(),
			state: state.clone(),
			start: 0,
			standing: Standing::Authority {
				index: 3,
				journal: crate::journal::replay(&context(), false, &[]).expect("new"),
			},
			timing: Timing::default(),
		};
		let (mut machine, _) = Machine::<Hashed>::without(settings, control, 0);
		// The three others' rounds; this node says nothing in between.
		let mut last: Vec<Vertex> = Vec::new();
		for round in 1..=12 {
			let before: Vec<&Vertex> = last.iter().collect();
			last = (0..3u16)
				.map(|author| {
					maker.plain(
						author,
						round,
						before.get(usize::from(author)).copied(),
						&before,
					)
				})
				.collect();
			for vertex in &last {
				let bytes = codec::Encode::encode(vertex);
				let checked = crate::check::check_one::<Hashed>(&bytes, &committee(4), &rules());
				machine.step(Input::Vertex(checked.expect("honest")), 0, &Key(3));
			}
		}
		let anchor = hash(&last[0]);
		let dag = machine.dag();
		let right = execute(dag, &state, &anchor, false, &rules()).expect("held");
		for (checkpoint, true_one) in [
			(right.checkpoint.hash(), true),
			(Hash::repeat_byte(9), false),
		] {
			let note = Note::Propose {
				number: 1,
				anchor,
				closing: false,
				checkpoint,
			};
			let outputs = machine.step(Input::Note(0, note), 0, &Key(3));
			let signed = outputs
				.iter()
				.any(|output| matches!(output, Output::Note(0, Note::Signature { .. })));
			assert_eq!(signed, true_one || control.is_some());
		}
	}
}
