use super::*;
use crate::{Error, Event, Ledgers};
use frame_support::{assert_noop, assert_ok};

#[test]
fn an_unbonded_part_waits_its_time_and_comes_back() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(unbond(&who, Role::Worker, 500));
		let until = 1 + BONDING;
		System::assert_last_event(
			Event::Unbonded {
				who: who.clone(),
				role: Role::Worker,
				amount: 500,
				until,
				active: 2_500,
			}
			.into(),
		);
		assert_eq!(worker(&who).unbonding, [Unbonding { amount: 500, until }]);
		assert_eq!(
			<StakingSlashing as Bonds>::bonded(&who, Role::Worker),
			2_500
		);
		go_to(until - 1);
		assert_noop!(
			withdraw(&who, Role::Worker),
			Error::<Test>::NothingToWithdraw
		);
		go_to(until);
		assert_ok!(withdraw(&who, Role::Worker));
		assert_eq!(balance(&who), START - 2_500);
		assert_eq!(held(HoldReason::WorkerBond, &who), 2_500);
		assert_noop!(
			withdraw(&who, Role::Worker),
			Error::<Test>::NothingToWithdraw
		);
	});
}

#[test]
fn nothing_or_the_minimum_stays() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_noop!(
			unbond(&who, Role::Worker, 2_001),
			Error::<Test>::BelowMinimum
		);
		assert_noop!(
			unbond(&who, Role::Worker, 3_001),
			Error::<Test>::InsufficientBond
		);
		assert_noop!(unbond(&who, Role::Worker, 0), Error::<Test>::AmountIsZero);
		assert_noop!(
			unbond(&who, Role::Verifier, 1),
			Error::<Test>::InsufficientBond
		);
		assert_ok!(unbond(&who, Role::Worker, 2_000));
		assert_ok!(unbond(&who, Role::Worker, 1_000));
		assert!(!worker(&who).eligible);
		go_to(1 + BONDING);
		assert_ok!(withdraw(&who, Role::Worker));
		assert_eq!(balance(&who), START);
		assert!(!Ledgers::<Test>::contains_key(&who, Role::Worker));
	});
}

#[test]
fn parts_of_one_block_are_one_part_and_parts_are_bounded() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		for _ in 0..10 {
			assert_ok!(unbond(&who, Role::Worker, 1));
		}
		assert_eq!(worker(&who).unbonding.len(), 1);
		for block in 2..5 {
			go_to(block);
			assert_ok!(unbond(&who, Role::Worker, 1));
		}
		go_to(5);
		assert_noop!(
			unbond(&who, Role::Worker, 1),
			Error::<Test>::TooManyUnbonding
		);
		go_to(1 + BONDING);
		assert_ok!(withdraw(&who, Role::Worker));
		assert_ok!(unbond(&who, Role::Worker, 1));
	});
}

#[test]
fn the_last_unbonded_is_rebonded_first() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(unbond(&who, Role::Worker, 500));
		go_to(3);
		assert_ok!(unbond(&who, Role::Worker, 300));
		assert_noop!(
			rebond(&who, Role::Worker, 801),
			Error::<Test>::InsufficientUnbonding
		);
		assert_noop!(rebond(&who, Role::Worker, 0), Error::<Test>::AmountIsZero);
		assert_noop!(
			rebond(&who, Role::Verifier, 1),
			Error::<Test>::InsufficientUnbonding
		);
		assert_ok!(rebond(&who, Role::Worker, 400));
		assert_eq!(worker(&who).active, 2_600);
		assert_eq!(
			worker(&who).unbonding,
			[Unbonding {
				amount: 400,
				until: 1 + BONDING
			}]
		);
		System::assert_last_event(
			Event::Rebonded {
				who,
				role: Role::Worker,
				amount: 400,
				active: 2_600,
			}
			.into(),
		);
	});
}

#[test]
fn a_bond_below_the_minimum_cannot_be_reopened_by_rebonding() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, WORKER));
		assert_ok!(unbond(&who, Role::Worker, WORKER));
		assert_noop!(
			rebond(&who, Role::Worker, WORKER - 1),
			Error::<Test>::BelowMinimum
		);
		assert_ok!(rebond(&who, Role::Worker, WORKER));
	});
}

#[test]
fn a_withdrawal_that_the_balance_cannot_take_waits() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(unbond(&who, Role::Worker, 5));
		// Another pallet keeps the account alive, so its balance may leave entirely.
		System::inc_providers(&who);
		let rest = balance(&who);
		assert_ok!(Balances::transfer_allow_death(
			signed(&who),
			account(2),
			rest
		));
		go_to(1 + BONDING);
		assert_noop!(
			withdraw(&who, Role::Worker),
			Error::<Test>::BelowExistentialDeposit
		);
		assert_ok!(Balances::transfer_allow_death(
			signed(&account(2)),
			who.clone(),
			EXISTENTIAL_DEPOSIT
		));
		assert_ok!(withdraw(&who, Role::Worker));
	});
}
