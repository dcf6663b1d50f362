//! The end of a set: closed, late, or never.

use crate::{mock::*, CurrentSet, Ending, Error, Event, SetStart, SweepState};
use aci_fastpath::{
	checkpoint::{state::State, Effects, Payee},
	lane::grant::LaneGrant,
	safety::Rules,
};
use aci_primitives::Balance;
use frame_support::{assert_noop, assert_ok};

fn free(who: u8) -> Balance {
	Escrow::free(client(who))
}

/// Begins blocks until the walk over ended sets is over.
fn walk() {
	for _ in 0..40 {
		if !SweepState::<Test>::exists() {
			return;
		}
		next_block();
	}
	panic!("the walk does not end");
}

#[test]
fn a_closing_checkpoint_ends_the_set_and_starts_the_next() {
	run(|| {
		let id = fund(0, 1, 5_000);
		lease(0, 1, 2, 10_000);
		settle_empty(1);
		Fastpath::schedule(7, members(2));
		assert!(Fastpath::current_set().expect("a set").ending);
		// Others may come before the closing one.
		settle_empty(1);
		settle_closing(
			Effects {
				debits: vec![(client(0), id, 5_000)],
				credits: vec![(Payee::Escrow(client(0)), 3_000)],
				free_slots: vec![(worker(0), 1)],
				..Default::default()
			},
			2_000,
		);
		let set = Fastpath::current_set().expect("a set");
		assert_eq!((set.set, set.start, set.ending), (1, 3, false));
		assert_eq!(set.validators[0], account(2));
		assert_eq!(free(0), 3_000);
		walk();
		assert_eq!(Fastpath::tickets_of(client(0)), []);
		let leased = counted().leased[&worker(0)].0;
		assert_eq!(leased, 1, "the one that has a job");
		// The next set's checkpoint ends the job: its lock is refunded, its slot is free.
		settle(
			Effects {
				credits: vec![(Payee::Escrow(client(0)), 2_000)],
				free_slots: vec![(worker(0), 1)],
				..Default::default()
			},
			0,
		);
		assert_eq!(free(0), 5_000);
		assert_eq!(counted().leased[&worker(0)], (0, 0));
	});
}

#[test]
fn the_old_set_signs_nothing_any_more_and_rounds_begin_anew() {
	run(|| {
		settle_empty(3);
		Fastpath::schedule(7, members(2));
		settle_closing(Effects::default(), 0);
		assert_eq!(Fastpath::last_checkpoint().anchor_round, 0);
		next_block();
		let mut checkpoint = next_checkpoint(&Effects::default(), 0, false);
		assert_eq!(checkpoint.anchor.round, INTERVAL);
		checkpoint.context.set = 0;
		let old = certify(checkpoint, Effects::default(), &[0, 1, 2]);
		assert_noop!(submit(old), Error::<Test>::OtherSet);
	});
}

#[test]
fn a_set_that_does_not_close_lapses_after_its_grace_by_both_clocks() {
	run(|| {
		let id = fund(0, 1, 5_000);
		lease(0, 1, 2, 10_000);
		settle_empty(1);
		settle(
			Effects {
				debits: vec![(client(0), id, 1_000)],
				..Default::default()
			},
			1_000,
		);
		Fastpath::schedule(7, members(2));
		assert_eq!(CurrentSet::<Test>::get(), 0);
		// The next session's keys take the place of those that wait; the grace runs on.
		let until = Ending::<Test>::get();
		Fastpath::schedule(8, members(3));
		assert_eq!(Ending::<Test>::get(), until);
		blocks(GRACE - 1);
		assert_eq!(CurrentSet::<Test>::get(), 0);
		next_block();
		assert_eq!((CurrentSet::<Test>::get(), SetStart::<Test>::get()), (1, 2));
		assert_eq!(Fastpath::homes()[0], account(3));
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::SetLapsed { set: 0, last: 2 })));
		walk();
		assert_eq!((free(0), leased(0)), (4_000, 0));
		assert_eq!(counted().leased[&worker(0)], (0, 0));
		// The locked part is refunded by the next set.
		settle(
			Effects {
				credits: vec![(Payee::Ticket(client(0), id), 1_000)],
				..Default::default()
			},
			0,
		);
		assert_eq!(free(0), 5_000);
	});
}

#[test]
fn a_chain_that_stood_still_gives_its_set_the_whole_grace() {
	run(|| {
		Fastpath::schedule(7, members(2));
		next_block();
		Clock::set(Clock::get() + 1_000_000);
		Fastpath::end_overdue();
		assert_eq!(CurrentSet::<Test>::get(), 0, "the blocks have not passed");
	});
}

#[test]
fn a_session_without_usable_keys_changes_nothing() {
	run(|| {
		Fastpath::schedule(7, vec![]);
		let twice = [members(2), members(2)].concat();
		Fastpath::schedule(8, twice);
		assert!(!Ending::<Test>::exists());
		blocks(GRACE + 1);
		assert_eq!(CurrentSet::<Test>::get(), 0);
	});
}

#[test]
fn requests_go_to_the_next_set_and_those_for_others_come_back() {
	run(|| {
		Fastpath::schedule(7, members(2));
		// Home 0 is account 1, which is not in the next set; home 1 is.
		let lost = fund(0, 0, 5_000);
		let kept = fund(0, 1, 2_000);
		lease(0, 0, 2, 10_000);
		lease(1, 1, 2, 10_000);
		settle_closing(Effects::default(), 0);
		assert_eq!((ticket(0, lost), is_held(0, kept)), (None, true));
		assert_eq!(free(0), 5_000);
		assert_eq!(counted().leased[&worker(0)], (0, 0));
		let grants = Fastpath::grants().expect("checkpoint");
		let homes: Vec<u16> = grants.lanes.iter().map(|(home, _)| *home).collect();
		assert_eq!(homes, [0, 0], "account 2 is the first of the next set");
	});
}

#[test]
fn what_is_to_be_renewed_goes_to_the_next_set_by_itself() {
	run(|| {
		let origin = RuntimeOrigin::signed(client(0));
		assert_ok!(Fastpath::fund_ticket(origin, home(0), 5_000, 4_000));
		let origin = RuntimeOrigin::signed(worker(0));
		assert_ok!(Fastpath::lease_slots(origin, home(1), 3, 10_000, true));
		settle_empty(1);
		Fastpath::schedule(7, members(2));
		settle_closing(
			Effects {
				debits: vec![(client(0), 1, 5_000)],
				credits: vec![(Payee::Escrow(client(0)), 4_500)],
				free_slots: vec![(worker(0), 3)],
				..Default::default()
			},
			500,
		);
		walk();
		settle_empty(1);
		let tickets = Fastpath::tickets_of(client(0));
		assert_eq!(
			(tickets[0].id, tickets[0].amount, tickets[0].renew),
			(2, 4_000, 4_000)
		);
		assert!(
			Fastpath::homes().contains(&tickets[0].home),
			"another home was drawn"
		);
		let leases = Fastpath::leases_of(worker(0));
		assert_eq!(leases.len(), 1);
		assert_eq!((&leases[0].home, leases[0].slots), (&home(1), 3));
	});
}

#[test]
fn the_grants_of_a_block_are_what_a_lane_of_the_core_takes() {
	run(|| {
		let id = fund(0, 1, 5_000);
		lease(0, 1, 3, 10_000);
		settle_empty(1);
		let set = Fastpath::current_set().expect("a set");
		let rules = Rules::new(set.parameters, set.start);
		assert_eq!(set.parameters, crate::mock::Rules::get());
		let mut state = State::genesis(set.authorities.len());
		state.number = 1;
		state.add_grants(&Fastpath::grants().expect("checkpoint"), &rules);
		let lane = &state.lanes[1];
		let granted = &lane.granted[&1];
		let budget = granted.iter().any(
			|grant| matches!(grant, LaneGrant::Budget { ticket, amount: 5_000, .. } if *ticket == id),
		);
		assert!(budget);
		let mut lane = (**lane).clone();
		lane.reach(1, &mut vec![]);
		lane.check_invariants().expect("the lane is right");
		assert_eq!(lane.tickets[&key(&client(0))].amount, 5_000);
		assert_eq!(lane.workers[&key(&worker(0))].slots, 3);
		// An announced end leaves with the checkpoint that the chain names.
		assert_ok!(Fastpath::end_lease(
			RuntimeOrigin::signed(worker(0)),
			home(1)
		));
		settle_empty(1);
		state.number = 2;
		state.add_grants(&Fastpath::grants().expect("checkpoint"), &rules);
		assert_eq!(
			state.closings.keys().copied().collect::<Vec<_>>(),
			[2 + LAG]
		);
		assert!(crate::Closings::<Test>::contains_key(2 + LAG));
	});
}
