use super::*;
use crate::{DelegatedTo, Delegations, Error, Event, Pools};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_delegation_is_held_and_named_in_both_lists() {
	run(|| {
		let (validator, who) = (account(1), account(2));
		validate(&validator, VALIDATOR, 10);
		assert_ok!(delegate(&who, &validator, 700));
		System::assert_last_event(
			Event::Delegated {
				who: who.clone(),
				validator: validator.clone(),
				amount: 700,
				active: 700,
			}
			.into(),
		);
		assert_eq!(held(HoldReason::Delegation, &who), 700);
		assert_ok!(delegate(&who, &validator, 1));
		let views = StakingSlashing::delegations_of(who.clone());
		assert_eq!(views.len(), 1);
		assert_eq!((views[0].active, views[0].owed), (701, 0));
		let view = StakingSlashing::validator(validator.clone()).expect("a candidate");
		assert_eq!((view.own, view.total), (VALIDATOR, VALIDATOR + 701));
		assert!(view.candidate && view.delegators[0].who == who);
		// A bond of the same account is another thing.
		assert_ok!(bond(&who, Role::Worker, WORKER));
		assert_eq!(held(HoldReason::Delegation, &who), 701);
	});
}

#[test]
fn an_undelegated_part_waits_its_time_and_nothing_stays_behind() {
	run(|| {
		let (validator, who) = (account(1), account(2));
		validate(&validator, VALIDATOR, 10);
		assert_ok!(delegate(&who, &validator, 700));
		assert_noop!(
			undelegate(&who, &validator, 601),
			Error::<Test>::BelowMinimumDelegation
		);
		assert_noop!(
			undelegate(&who, &validator, 701),
			Error::<Test>::InsufficientBond
		);
		assert_ok!(undelegate(&who, &validator, 700));
		assert_noop!(
			withdraw_undelegated(&who, &validator),
			Error::<Test>::NothingToWithdraw
		);
		// Leaving works after the validator left, too.
		assert_ok!(StakingSlashing::chill(signed(&validator)));
		assert_noop!(delegate(&who, &validator, 700), Error::<Test>::NotCandidate);
		go_to(1 + BONDING);
		assert_ok!(withdraw_undelegated(&who, &validator));
		assert_eq!(balance(&who), START);
		assert_eq!(Delegations::<Test>::iter().count(), 0);
		assert_eq!(DelegatedTo::<Test>::iter().count(), 0);
		assert_eq!(Pools::<Test>::iter().count(), 0);
		assert_noop!(
			withdraw_undelegated(&who, &validator),
			Error::<Test>::NotDelegated
		);
	});
}

#[test]
fn zero_dust_overflow_and_more_than_there_is_are_refused() {
	run(|| {
		let (validator, who) = (account(1), account(2));
		validate(&validator, VALIDATOR, 10);
		for (amount, error) in [
			(0, Error::<Test>::AmountIsZero),
			(DELEGATION - 1, Error::<Test>::BelowMinimumDelegation),
			(
				START - EXISTENTIAL_DEPOSIT + 1,
				Error::<Test>::InsufficientFunds,
			),
			(Balance::MAX, Error::<Test>::InsufficientFunds),
		] {
			assert_noop!(delegate(&who, &validator, amount), error);
		}
		assert_noop!(
			delegate(&validator, &validator, 700),
			Error::<Test>::DelegatesToItself
		);
		assert_noop!(
			delegate(&who, &account(3), 700),
			Error::<Test>::NotCandidate
		);
		// The account keeps the existential deposit, so it outlives its delegation.
		assert_ok!(delegate(&who, &validator, START - EXISTENTIAL_DEPOSIT));
		assert_eq!(balance(&who), EXISTENTIAL_DEPOSIT);
		assert_noop!(
			undelegate(&who, &validator, Balance::MAX),
			Error::<Test>::InsufficientBond
		);
	});
}

#[test]
fn full_lists_displace_nobody() {
	run(|| {
		MaxDelegators::set(2);
		for number in 1..=3 {
			validate(&account(number), VALIDATOR, 0);
		}
		let who = account(4);
		assert_ok!(delegate(&who, &account(1), DELEGATION));
		assert_ok!(delegate(&account(2), &account(1), DELEGATION));
		assert_noop!(
			delegate(&account(3), &account(1), 500_000),
			Error::<Test>::TooManyDelegators
		);
		// Adding to one that is in the list needs no room.
		assert_ok!(delegate(&who, &account(1), 1));
		assert_ok!(delegate(&who, &account(2), DELEGATION));
		assert_noop!(
			delegate(&who, &account(3), DELEGATION),
			Error::<Test>::TooManyDelegations
		);
		// A place is free when all is withdrawn, not before.
		assert_ok!(undelegate(&account(2), &account(1), DELEGATION));
		assert_noop!(
			delegate(&account(3), &account(1), DELEGATION),
			Error::<Test>::TooManyDelegators
		);
		go_to(1 + BONDING);
		assert_ok!(withdraw_undelegated(&account(2), &account(1)));
		assert_ok!(delegate(&account(3), &account(1), DELEGATION));
	});
}

#[test]
fn the_largest_list_of_delegators_is_elected_and_slashed_whole() {
	run(|| {
		MaxDelegators::set(crate::types::MAX_DELEGATORS);
		let validator = account(1);
		validate(&validator, VALIDATOR, 0);
		let many: Vec<_> = (0..crate::types::MAX_DELEGATORS)
			.map(|number| {
				AccountId::new(
					[[7; 28].as_slice(), &number.to_be_bytes()]
						.concat()
						.try_into()
						.expect("32 bytes"),
				)
			})
			.collect();
		for who in &many {
			let give = DELEGATION + EXISTENTIAL_DEPOSIT;
			assert_ok!(Balances::transfer_allow_death(
				signed(&account(2)),
				who.clone(),
				give
			));
			assert_ok!(delegate(who, &validator, DELEGATION));
		}
		check();
		assert_noop!(
			delegate(&account(3), &validator, DELEGATION),
			Error::<Test>::TooManyDelegators
		);
		go_to_session(2, &[]);
		let exposure = StakingSlashing::exposure_in(2, validator.clone()).expect("elected");
		assert_eq!(exposure.delegators.len(), many.len());
		let total = VALIDATOR + 128 * DELEGATION;
		assert_eq!(exposure.total, total);
		let taken = <StakingSlashing as Slasher>::slash(SlashReport {
			offender: validator.clone(),
			role: Role::Validator,
			offence: Offence::Timeout,
			evidence: H256::zero(),
			reporter: None,
			victim: None,
		});
		assert_eq!(taken, total / 10);
		assert!(many
			.iter()
			.all(|who| held(HoldReason::Slashed, who) == DELEGATION / 10));
		check();
		go_to(System::block_number() + APPEAL);
		assert!(many.iter().all(|who| held(HoldReason::Slashed, who) == 0));
	});
}

#[test]
fn as_many_parts_leave_side_by_side_as_the_bound_lets() {
	run(|| {
		let (validator, who) = (account(1), account(2));
		validate(&validator, VALIDATOR, 10);
		assert_ok!(delegate(&who, &validator, 1_000));
		for block in 2..=5 {
			assert_ok!(undelegate(&who, &validator, 1));
			go_to(block);
		}
		assert_noop!(
			undelegate(&who, &validator, 1),
			Error::<Test>::TooManyUnbonding
		);
	});
}
