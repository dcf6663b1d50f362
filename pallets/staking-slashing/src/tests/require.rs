use super::*;
use crate::{Error, Event, Ledgers};
use frame_support::{assert_noop, assert_ok};

#[test]
fn what_work_requires_cannot_be_unbonded() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_noop!(
			require(&who, Role::Worker, 3_001),
			Error::<Test>::InsufficientBond
		);
		assert_ok!(require(&who, Role::Worker, 2_500));
		System::assert_last_event(
			Event::Required {
				who: who.clone(),
				role: Role::Worker,
				required: 2_500,
			}
			.into(),
		);
		assert_noop!(unbond(&who, Role::Worker, 501), Error::<Test>::BondRequired);
		assert_noop!(
			unbond(&who, Role::Worker, 3_000),
			Error::<Test>::BondRequired
		);
		assert_ok!(unbond(&who, Role::Worker, 500));
		assert_ok!(require(&who, Role::Worker, 0));
		assert_ok!(unbond(&who, Role::Worker, 2_500));
	});
}

#[test]
fn unbonding_parts_do_not_meet_a_requirement() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(unbond(&who, Role::Worker, 1_000));
		assert_noop!(
			require(&who, Role::Worker, 2_001),
			Error::<Test>::InsufficientBond
		);
	});
}

#[test]
fn a_requirement_of_nothing_needs_no_bond_and_keeps_no_record() {
	run(|| {
		let who = account(1);
		assert_ok!(require(&who, Role::Worker, 0));
		assert!(!Ledgers::<Test>::contains_key(&who, Role::Worker));
		assert_noop!(
			require(&who, Role::Worker, 1),
			Error::<Test>::InsufficientBond
		);
	});
}

#[test]
fn a_requirement_outlives_a_slash_of_the_whole_bond_and_can_be_ended() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(require(&who, Role::Worker, 2_500));
		assert_eq!(slash(&who, Offence::WrongOutput, None), 3_000);
		assert_eq!((worker(&who).active, worker(&who).required), (0, 2_500));
		assert_ok!(bond(&who, Role::Worker, WORKER));
		assert!(!worker(&who).eligible);
		assert_noop!(unbond(&who, Role::Worker, 1), Error::<Test>::BondRequired);
		assert_ok!(require(&who, Role::Worker, 0));
		assert!(worker(&who).eligible);
	});
}
