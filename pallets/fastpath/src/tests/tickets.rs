//! Tickets, from the request to the end.

use crate::{mock::*, types::State, Error, Event};
use aci_fastpath::{
	checkpoint::{Effects, Payee},
	lane::grant::LaneGrant,
};
use aci_primitives::Balance;
use frame_support::{assert_noop, assert_ok};

fn free(who: u8) -> Balance {
	Escrow::free(client(who))
}

fn end(who: u8, id: u32, to: Option<u8>) -> frame_support::pallet_prelude::DispatchResult {
	Fastpath::end_ticket(RuntimeOrigin::signed(client(who)), id, to.map(home))
}

#[test]
fn a_home_has_a_ticket_from_the_next_checkpoint_on() {
	run(|| {
		let id = fund(0, 1, 5_000);
		assert_eq!(leased(0), 5_000);
		assert!(!is_held(0, id));
		settle_empty(1);
		assert!(is_held(0, id));
		let grants = Fastpath::grants().expect("the block has a checkpoint");
		assert_eq!(
			grants.lanes,
			[(
				1,
				LaneGrant::Budget {
					key: key(&client(0)),
					client: client(0),
					ticket: id,
					amount: 5_000,
					sequence: 0,
				}
			)]
		);
		assert!(grants.terms.is_some());
		next_block();
		assert_eq!(Fastpath::grants(), None, "at its block only");
	});
}

#[test]
fn more_money_goes_into_the_ticket_that_is_there() {
	run(|| {
		let id = fund(0, 1, 5_000);
		settle_empty(1);
		assert_eq!(fund(0, 1, 700), id);
		settle_empty(1);
		assert_eq!(ticket(0, id).expect("held").amount, 5_700);
		assert_ne!(fund(0, 2, 1_000), id);
	});
}

#[test]
fn a_ticket_that_no_home_has_ends_at_once() {
	run(|| {
		let id = fund(0, 1, 5_000);
		assert_ok!(end(0, id, None));
		assert_eq!((leased(0), free(0)), (0, 5_000));
		settle_empty(1);
		assert_eq!(Fastpath::grants().expect("checkpoint").lanes, []);
	});
}

#[test]
fn a_number_is_used_once() {
	run(|| {
		let first = fund(0, 1, 5_000);
		assert_ok!(end(0, first, None));
		assert_eq!(fund(0, 1, 5_000), first + 1);
		assert_eq!(fund(1, 1, 5_000), 1, "each client counts for itself");
	});
}

#[test]
fn an_end_is_announced_and_takes_effect_after_the_lag() {
	run(|| {
		let id = fund(0, 1, 5_000);
		settle_empty(1);
		assert_ok!(end(0, id, None));
		assert_noop!(end(0, id, None), Error::<Test>::AlreadyEnding);
		settle_empty(1);
		let closings = Fastpath::grants().expect("checkpoint").closings;
		assert_eq!(closings.len(), 1);
		assert_eq!(
			(closings[0].home, closings[0].to, closings[0].at),
			(1, None, 2 + LAG)
		);
		settle_empty(LAG - 1);
		assert_eq!(
			ticket(0, id).expect("the home has it").state,
			State::Leaving(2 + LAG)
		);
		// The home spent 1,000 of it; the rest leaves with the checkpoint.
		settle(
			Effects {
				debits: vec![(client(0), id, 5_000)],
				credits: vec![(Payee::Escrow(client(0)), 4_000)],
				..Default::default()
			},
			1_000,
		);
		assert_eq!(ticket(0, id), None);
		assert_eq!((leased(0), free(0)), (0, 4_000));
	});
}

#[test]
fn a_ticket_is_handed_over_to_another_home() {
	run(|| {
		let id = fund(0, 1, 5_000);
		settle_empty(1);
		assert_noop!(end(0, id, Some(9)), Error::<Test>::NotAHome);
		assert_noop!(end(0, id, Some(1)), Error::<Test>::HomeOccupied);
		assert_ok!(end(0, id, Some(2)));
		assert_noop!(
			Fastpath::fund_ticket(RuntimeOrigin::signed(client(0)), home(2), 5_000, 0),
			Error::<Test>::HomeOccupied
		);
		settle_empty(1);
		assert_eq!(
			Fastpath::grants().expect("checkpoint").closings[0].to,
			Some(2)
		);
		settle_empty(LAG - 1);
		settle(
			Effects {
				debits: vec![(client(0), id, 5_000)],
				credits: vec![(Payee::Ticket(client(0), id), 4_000)],
				..Default::default()
			},
			1_000,
		);
		let moved = ticket(0, id).expect("the other home has it");
		assert_eq!(
			(moved.home, moved.amount, moved.state),
			(home(2), 4_000, State::Held)
		);
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::TicketMoved { .. })));
	});
}

#[test]
fn what_comes_too_late_for_a_ticket_is_free_escrow() {
	run(|| {
		let id = fund(0, 1, 5_000);
		settle_empty(1);
		assert_ok!(end(0, id, None));
		settle(
			Effects {
				debits: vec![(client(0), id, 1_000)],
				..Default::default()
			},
			1_000,
		);
		settle_empty(LAG - 1);
		settle(
			Effects {
				debits: vec![(client(0), id, 4_000)],
				credits: vec![(Payee::Escrow(client(0)), 4_000)],
				..Default::default()
			},
			1_000,
		);
		// The lock's refund names the ticket that is gone.
		settle(
			Effects {
				credits: vec![(Payee::Ticket(client(0), id), 1_000)],
				..Default::default()
			},
			0,
		);
		assert_eq!((leased(0), free(0)), (0, 5_000));
	});
}

#[test]
fn bounds_and_wrong_requests_are_refused() {
	run(|| {
		let origin = || RuntimeOrigin::signed(client(0));
		assert_noop!(
			Fastpath::fund_ticket(origin(), account(99), 5_000, 0),
			Error::<Test>::NotAHome
		);
		for (amount, renew) in [(0, 0), (999, 0), (5_000, 999)] {
			assert_noop!(
				Fastpath::fund_ticket(origin(), home(0), amount, renew),
				Error::<Test>::TicketTooSmall
			);
		}
		assert_noop!(
			Fastpath::fund_ticket(origin(), home(0), START, 0),
			pallet_aci_escrow::Error::<Test>::InsufficientFunds
		);
		for who in 0..EACH {
			(0..VALIDATORS).for_each(|place| {
				fund(who, place, 1_000);
			});
		}
		assert_noop!(
			Fastpath::fund_ticket(RuntimeOrigin::signed(worker(0)), home(0), 5_000, 0),
			Error::<Test>::Full
		);
		assert_noop!(end(0, 99, None), Error::<Test>::NoLease);
	});
}
