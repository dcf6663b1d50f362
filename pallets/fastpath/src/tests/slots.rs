//! Leases of slots, and exposure.

use crate::{mock::*, types::State, Error, Workers};
use aci_fastpath::{
	checkpoint::{Effects, Payee},
	lane::grant::LaneGrant,
};
use aci_primitives::Balance;
use frame_support::{assert_noop, assert_ok};

fn leased_slots(who: u8) -> u32 {
	counted()
		.leased
		.get(&worker(who))
		.map_or(0, |leased| leased.0)
}

fn exposed(who: u8) -> Balance {
	counted()
		.leased
		.get(&worker(who))
		.map_or(0, |leased| leased.1)
}

fn end(who: u8, place: u8) -> frame_support::pallet_prelude::DispatchResult {
	Fastpath::end_lease(RuntimeOrigin::signed(worker(who)), home(place))
}

fn freed(who: u8, slots: u32) -> Effects {
	Effects {
		free_slots: vec![(worker(who), slots)],
		..Default::default()
	}
}

#[test]
fn a_home_has_slots_from_the_next_checkpoint_on() {
	run(|| {
		lease(0, 2, 3, 40_000);
		assert_eq!((leased_slots(0), exposed(0)), (3, 40_000));
		settle_empty(1);
		let grants = Fastpath::grants().expect("the block has a checkpoint");
		let [(2, LaneGrant::Slots { key: signer, lease })] = &grants.lanes[..] else {
			panic!("{grants:?}");
		};
		assert_eq!(*signer, key(&worker(0)));
		assert_eq!((lease.slots, lease.exposure), (3, 40_000));
		assert_eq!((&lease.account, lease.class), (&worker(0), CLASS));
		assert_eq!(Fastpath::slice_of(CLASS, home(2)), 3_000);
	});
}

#[test]
fn more_than_is_free_or_covered_is_refused() {
	run(|| {
		let origin = || RuntimeOrigin::signed(worker(0));
		let ask =
			|slots, exposure| Fastpath::lease_slots(origin(), home(0), slots, exposure, false);
		assert_noop!(ask(0, 1), Error::<Test>::TooManySlots);
		assert_noop!(ask(SLOTS + 1, 1), Error::<Test>::TooManySlots);
		assert_noop!(ask(1, EXPOSURE + 1), Error::<Test>::TooMuchExposure);
		assert_noop!(ask(1, 0), Error::<Test>::TooMuchExposure);
		assert_ok!(ask(1, EXPOSURE));
		assert_noop!(
			Fastpath::lease_slots(origin(), home(0), 1, 1, false),
			Error::<Test>::TooMuchExposure
		);
		assert_ok!(end(0, 0));
		assert_eq!((leased_slots(0), exposed(0)), (0, 0));
		assert_ok!(ask(1, 1_000));
		assert_noop!(ask(1, 1_000), Error::<Test>::HomeOccupied);
		Offering::set(false);
		assert_noop!(ask(1, 1_000), Error::<Test>::NotOffering);
		assert_noop!(end(0, 3), Error::<Test>::NoLease);
	});
}

#[test]
fn a_worker_leaves_a_dead_home_with_its_free_slots_first() {
	run(|| {
		lease(0, 2, 3, 40_000);
		settle_empty(1);
		assert_ok!(end(0, 2));
		assert_noop!(end(0, 2), Error::<Test>::AlreadyEnding);
		settle_empty(LAG);
		assert_eq!(leased_slots(0), 3, "announced, and not over");
		// Two slots are free, one has a job.
		settle(freed(0, 2), 0);
		assert_eq!(leased_slots(0), 1);
		let book = Workers::<Test>::get(worker(0));
		assert_eq!(book.leases[0].state, State::Left);
		assert_eq!(Fastpath::slot_views(&worker(0)), []);
		// It leases the free ones to another home meanwhile, even to the same one.
		lease(0, 2, 2, 20_000);
		settle(freed(0, 1), 0);
		assert_eq!(leased_slots(0), 2);
		assert_eq!(
			exposed(0),
			20_000,
			"what the first lease could expose has ended"
		);
	});
}

#[test]
fn slots_that_a_home_has_are_not_given_back_by_a_lie() {
	run(|| {
		lease(0, 2, 3, 40_000);
		settle_empty(1);
		settle(freed(0, 3), 0);
		assert_eq!(leased_slots(0), 3);
		settle(freed(1, 3), 0);
	});
}

#[test]
fn what_is_paid_counts_until_the_fraud_window_ends() {
	run(|| {
		let id = fund(0, 2, 50_000);
		lease(0, 2, 3, 40_000);
		settle_empty(1);
		// 8,000 are the worker's share of 10,000.
		settle(
			Effects {
				debits: vec![(client(0), id, 8_000)],
				credits: vec![(Payee::Worker(worker(0)), 8_000)],
				..Default::default()
			},
			0,
		);
		assert_eq!(exposed(0), 40_000);
		assert_eq!(Workers::<Test>::get(worker(0)).leases[0].exposure, 30_000);
		assert_ok!(end(0, 2));
		settle_empty(LAG);
		settle(freed(0, 3), 0);
		assert_eq!((leased_slots(0), exposed(0)), (0, 10_000));
		blocks(WINDOW + 4);
		assert_eq!(exposed(0), 0);
		assert!(!Workers::<Test>::contains_key(worker(0)));
	});
}

#[test]
fn ticket_and_slots_of_one_key_leave_a_home_together() {
	run(|| {
		let who = worker(0);
		assert_ok!(Fastpath::fund_ticket(
			RuntimeOrigin::signed(who.clone()),
			home(2),
			5_000,
			0
		));
		lease(0, 2, 3, 40_000);
		settle_empty(1);
		let origin = RuntimeOrigin::signed(who.clone());
		assert_noop!(
			Fastpath::end_ticket(origin, 1, Some(home(1))),
			Error::<Test>::HomeOccupied
		);
		assert_ok!(end(0, 2));
		settle_empty(LAG);
		settle(
			Effects {
				debits: vec![(who.clone(), 1, 5_000)],
				credits: vec![(Payee::Escrow(who.clone()), 5_000)],
				free_slots: vec![(who.clone(), 3)],
				..Default::default()
			},
			0,
		);
		assert_eq!(Fastpath::tickets_of(who.clone()), []);
		assert_eq!(Fastpath::leases_of(who), []);
	});
}
