use super::*;
use crate::{Error, Event};
use frame_support::{assert_noop, assert_ok};

#[test]
fn the_first_bond_reaches_the_minimum_of_its_role() {
	run(|| {
		let who = account(1);
		for (role, minimum) in [
			(Role::Validator, VALIDATOR),
			(Role::Verifier, VERIFIER),
			(Role::Worker, WORKER),
		] {
			assert_noop!(bond(&who, role, minimum - 1), Error::<Test>::BelowMinimum);
			assert_ok!(bond(&who, role, minimum));
			assert!(StakingSlashing::is_eligible(who.clone(), role));
			assert_eq!(<StakingSlashing as Bonds>::bonded(&who, role), minimum);
		}
		assert_eq!(StakingSlashing::minima().validator_bond, VALIDATOR);
	});
}

#[test]
fn bonds_of_two_roles_are_two_holds() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Validator, VALIDATOR));
		assert_ok!(bond(&who, Role::Worker, WORKER));
		assert_ok!(bond(&who, Role::Worker, 5));
		assert_eq!(held(HoldReason::ValidatorBond, &who), VALIDATOR);
		assert_eq!(held(HoldReason::WorkerBond, &who), WORKER + 5);
		assert_eq!(held(HoldReason::VerifierBond, &who), 0);
		assert_eq!(balance(&who), START - VALIDATOR - WORKER - 5);
		let roles = StakingSlashing::bonds(who.clone())
			.into_iter()
			.map(|(role, _)| role);
		assert_eq!(roles.collect::<Vec<_>>(), [Role::Validator, Role::Worker]);
		System::assert_last_event(
			Event::Bonded {
				who,
				role: Role::Worker,
				amount: 5,
				active: WORKER + 5,
			}
			.into(),
		);
	});
}

#[test]
fn a_bond_leaves_the_existential_deposit() {
	run(|| {
		let who = account(1);
		let most = START - EXISTENTIAL_DEPOSIT;
		assert_noop!(
			bond(&who, Role::Worker, most + 1),
			Error::<Test>::InsufficientFunds
		);
		assert_noop!(
			bond(&who, Role::Worker, Balance::MAX),
			Error::<Test>::InsufficientFunds
		);
		assert_noop!(bond(&who, Role::Worker, 0), Error::<Test>::AmountIsZero);
		assert_ok!(bond(&who, Role::Worker, most));
		assert_eq!(balance(&who), EXISTENTIAL_DEPOSIT);
	});
}

#[test]
fn a_raised_minimum_ends_eligibility_until_more_is_bonded() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, WORKER));
		let mut rules = Stakes::get();
		rules.worker_base = 2 * WORKER;
		Stakes::set(rules);
		assert!(!worker(&who).eligible);
		assert_noop!(
			bond(&who, Role::Worker, WORKER - 1),
			Error::<Test>::BelowMinimum
		);
		assert_ok!(bond(&who, Role::Worker, WORKER));
		assert!(worker(&who).eligible);
	});
}
