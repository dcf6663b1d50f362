//! What a home's chain does to what it has leased.

use super::values::*;
use crate::{
	lane::{grant::Returned, Lane, Outcome, Place, Refusal},
	safety::Rules,
	transaction::{Destination, Move, Transaction},
	types::Round,
};
use alloc::{vec, vec::Vec};
use proptest::prelude::*;
use sp_core::H256;

fn place(round: Round) -> Place {
	Place {
		genesis: GENESIS,
		round,
		base: 0,
		previous: H256([3; 32]),
		anchor_round: Some(0),
	}
}

fn lane(amount: u128) -> Lane {
	let (state, _) = start(2, 2, amount);
	let mut lane = (*state.lanes[0]).clone();
	lane.reach(0, &mut Vec::new());
	lane
}

fn one(lane: &mut Lane, round: Round, transaction: Transaction) -> Outcome {
	let mut returned = Vec::new();
	let mut outcomes = lane.advance(&place(round), &[transaction], &rules(), &mut returned);
	lane.check_invariants().expect("I1 to I4");
	outcomes.remove(0).expect("a lane statement")
}

const ENOUGH: u128 = u128::MAX / 1_000;

#[test]
fn an_order_gets_a_worker_at_the_price_of_the_slice() {
	let mut lane = lane(ENOUGH);
	let (price, flops) = lane.quote(&spec(1, 0)).expect("a free slot");
	let Outcome::Matched(matched) = one(&mut lane, 1, order(0, 0, 1, u128::MAX)) else {
		panic!("matched");
	};
	assert_eq!((matched.price, matched.flops), (price, flops));
	assert_eq!(matched.job, job(0, 0, 1, u128::MAX));
	assert_eq!(lane.tickets[&client(0)].amount, ENOUGH - price);
	assert_eq!(lane.slices[&0].free, 2_000);
	let (dearer, _) = lane.quote(&spec(1, 0)).expect("two more");
	assert!(dearer > price, "the price rises with use");
}

#[test]
fn an_order_counts_once_and_each_refusal_has_its_reason() {
	let mut lane = lane(ENOUGH);
	let (price, _) = lane.quote(&spec(1, 0)).expect("a free slot");
	let refused = |lane: &mut Lane, round, transaction, refusal| {
		let before = lane.clone();
		assert_eq!(one(lane, round, transaction), Outcome::Ignored(refusal));
		assert_eq!(*lane, before, "a no-op");
	};
	refused(&mut lane, 1, order(0, 0, 5, price - 1), Refusal::TooDear);
	assert!(matches!(
		one(&mut lane, 1, order(0, 0, 5, price)),
		Outcome::Matched(_)
	));
	refused(&mut lane, 1, order(0, 0, 5, u128::MAX), Refusal::Replayed);
	refused(&mut lane, 1, order(0, 0, 4, u128::MAX), Refusal::Replayed);
	refused(&mut lane, 1, order(1, 0, 6, u128::MAX), Refusal::NoTicket);
	refused(&mut lane, 21, order(0, 0, 6, u128::MAX), Refusal::Lagging);
	for sequence in [6, 7] {
		let outcome = one(&mut lane, 1, order(0, 0, sequence, u128::MAX));
		assert!(matches!(outcome, Outcome::Matched(_)));
	}
	refused(&mut lane, 1, order(0, 0, 8, u128::MAX), Refusal::NoCapacity);
	let mut poor = self::lane(price - 1);
	refused(&mut poor, 1, order(0, 0, 1, u128::MAX), Refusal::NoBudget);
}

#[test]
fn a_slot_is_given_back_by_its_worker_only_and_moves_no_money() {
	let mut lane = lane(ENOUGH);
	let Outcome::Matched(matched) = one(&mut lane, 1, order(0, 0, 1, u128::MAX)) else {
		panic!("matched");
	};
	let by = u16::from_le_bytes([matched.worker_key.0[0], matched.worker_key.0[1]]);
	let stranger = one(&mut lane, 2, release(by + 1, 0, matched.job));
	assert_eq!(stranger, Outcome::Ignored(Refusal::NotEntitled));
	let left = lane.tickets[&client(0)].amount;
	let given = one(&mut lane, 2, release(by, 0, matched.job));
	assert_eq!(given, Outcome::Released { job: matched.job });
	assert_eq!(lane.slices[&0].free, 3_000);
	assert_eq!(lane.tickets[&client(0)].amount, left);
	let again = one(&mut lane, 2, release(by, 0, matched.job));
	assert_eq!(again, Outcome::Ignored(Refusal::WrongState));
}

#[test]
fn a_client_takes_no_more_than_it_has() {
	let mut lane = lane(100);
	let moved = |sequence, amount| {
		let statement = Move {
			ticket: ticket(0, 0),
			sequence,
			amount,
			to: Destination::Escrow,
		};
		Transaction::Move(sign(client(0), 0, statement))
	};
	let outcome = one(&mut lane, 1, moved(1, 101));
	assert_eq!(outcome, Outcome::Ignored(Refusal::NoBudget));
	assert!(matches!(
		one(&mut lane, 1, moved(1, 60)),
		Outcome::Moved { amount: 60, .. }
	));
	assert_eq!(
		one(&mut lane, 1, moved(1, 40)),
		Outcome::Ignored(Refusal::Replayed)
	);
	assert_eq!(lane.tickets[&client(0)].amount, 40);
}

#[test]
fn what_leaves_is_used_only_well_before() {
	let mut lane = lane(ENOUGH);
	lane.tickets.get_mut(&client(0)).expect("granted").closes = Some(2);
	// The anchor of checkpoint 2 is at 20 at least: round 10 is 10 below.
	assert!(matches!(
		one(&mut lane, 10, order(0, 0, 1, u128::MAX)),
		Outcome::Matched(_)
	));
	let late = one(&mut lane, 11, order(0, 0, 2, u128::MAX));
	assert_eq!(late, Outcome::Ignored(Refusal::Closing));
	lane.workers
		.values_mut()
		.for_each(|worker| worker.closes = Some(2));
	lane.index = Default::default();
	let late = one(&mut lane, 11, order(0, 1, 1, u128::MAX));
	assert_eq!(late, Outcome::Ignored(Refusal::Closing));
}

#[test]
fn grants_are_reached_with_the_base_and_what_finds_no_ticket_is_returned() {
	let (mut state, grants) = start(2, 1, 100);
	assert!(
		state.lanes[0].tickets.is_empty(),
		"not before a vertex's base"
	);
	state.number = 3;
	state.add_grants(&grants, &rules());
	let mut lane = (*state.lanes[0]).clone();
	let mut returned = Vec::new();
	lane.reach(2, &mut returned);
	assert_eq!(lane.tickets[&client(0)].amount, 100);
	lane.reach(3, &mut returned);
	assert_eq!(lane.tickets[&client(0)].amount, 200);
	assert_eq!(lane.slices[&0].target, 6_000);
	assert!(returned.is_empty());
	// The key has another ticket now.
	lane.tickets.get_mut(&client(0)).expect("granted").id = 77;
	state.number = 4;
	state.add_grants(&grants, &rules());
	let mut lane = crate::lane::Lane {
		granted: state.lanes[0].granted.clone(),
		..lane
	};
	lane.granted.retain(|number, _| *number == 4);
	lane.reach(4, &mut returned);
	let money = Returned::Money {
		client: account(&client(0)),
		ticket: ticket(0, 0),
		amount: 100,
	};
	assert_eq!(returned, vec![money]);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(40))]

	/// I1 to I3 after any statements, and no planck appears or vanishes in a lane.
	#[test]
	fn any_statements_keep_the_invariants(
		statements in proptest::collection::vec((0u8..4, 0u16..2, 0u32..20, any::<u32>()), 1..40),
	) {
		let mut lane = lane(ENOUGH);
		let rules: Rules = rules();
		let mut jobs = Vec::new();
		let mut gone = 0u128;
		for (kind, of, sequence, amount) in statements {
			let transaction = match kind {
				0 | 1 => order(0, of, sequence, u128::MAX),
				2 => {
					let statement = Move {
						ticket: ticket(of, 0),
						sequence,
						amount: amount.into(),
						to: Destination::Escrow,
					};
					Transaction::Move(sign(client(of), 0, statement))
				}
				_ => release(of, 0, jobs.get(amount as usize % 3).copied().unwrap_or_default()),
			};
			let outcome = lane.advance(&place(1), &[transaction], &rules, &mut Vec::new());
			match outcome.into_iter().next().flatten() {
				Some(Outcome::Matched(matched)) => {
					gone += matched.price;
					jobs.push(matched.job);
				}
				Some(Outcome::Moved { amount, .. }) => gone += amount,
				_ => {}
			}
			prop_assert!(lane.check_invariants().is_ok());
			let left: u128 = lane.tickets.values().map(|ticket| ticket.amount).sum();
			prop_assert_eq!(left + gone, 2 * ENOUGH);
		}
	}
}
