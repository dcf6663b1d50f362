use super::*;
use crate::{Error, Event, TotalOwed};
use aci_primitives::traits::{Pot, Pots};
use frame_support::{assert_noop, assert_ok};

const POOL: Balance = START - EXISTENTIAL_DEPOSIT;

/// Validators 1, with a commission of a tenth and a delegation of 10,000 by account 2, and 3.
fn two_validators() {
	validate(&account(1), VALIDATOR, 10);
	assert_ok!(delegate(&account(2), &account(1), 10_000));
	validate(&account(3), 20_000, 0);
	go_to_session(2, &[]);
}

#[test]
fn a_session_pays_by_stake_and_commission_and_delegators_claim_their_share() {
	run(|| {
		two_validators();
		go_to_session(3, &[1, 3]);
		check();
		// Half of the pool each. Of 499,995 the commission is 49,999; half of the rest is 224,998.
		System::assert_has_event(
			Event::Rewarded {
				session: 2,
				validator: account(1),
				own: 274_997,
				commission: 49_999,
				delegators: 224_998,
			}
			.into(),
		);
		System::assert_has_event(
			Event::SessionPaid {
				session: 2,
				blocks: 10,
				stake: 40_000,
				paid: POOL,
				kept: 0,
			}
			.into(),
		);
		assert_eq!(TotalOwed::<Test>::get(), POOL);
		assert_ok!(claim(&account(2), &account(1)));
		assert_eq!(balance(&account(2)), START - 10_000 + 224_998);
		assert_noop!(claim(&account(2), &account(1)), Error::<Test>::NothingOwed);
		assert_noop!(claim(&account(4), &account(1)), Error::<Test>::NothingOwed);
		check();
		assert_ok!(claim(&account(1), &account(1)));
		assert_ok!(claim(&account(3), &account(3)));
		assert_eq!(TotalOwed::<Test>::get(), 0);
		assert_eq!(PotsDouble::balance(Pot::Validators), 0);
	});
}

#[test]
fn what_an_absent_validator_loses_stays_in_the_pool_for_later() {
	run(|| {
		two_validators();
		go_to_session(3, &[1]);
		// Authoring the other's blocks earns nothing more.
		let paid = POOL / 2;
		assert_eq!(TotalOwed::<Test>::get(), paid);
		go_to_session(4, &[1, 3]);
		// What was kept is divided again, what is owed is not.
		assert_eq!(TotalOwed::<Test>::get(), POOL - 1);
		assert_ok!(claim(&account(3), &account(3)));
		assert_eq!(balance(&account(3)), START - 20_000 + paid / 2);
	});
}

#[test]
fn a_session_without_a_block_or_a_planck_pays_nothing() {
	run(|| {
		two_validators();
		go_to_session(3, &[]);
		assert_eq!(TotalOwed::<Test>::get(), 0);
		assert_ok!(PotsDouble::pay_out(Pot::Validators, &[(account(4), POOL)]));
		go_to_session(4, &[1, 3]);
		assert_eq!(TotalOwed::<Test>::get(), 0);
		assert_ok!(PotsDouble::pay_in(&account(4), Pot::Validators, 3));
		go_to_session(5, &[1, 3]);
		// One planck each; of the first the delegator's share is less than one.
		assert_eq!(TotalOwed::<Test>::get(), 2);
		assert_noop!(claim(&account(2), &account(1)), Error::<Test>::NothingOwed);
	});
}

#[test]
fn stake_that_came_after_the_election_earns_nothing_of_that_session() {
	run(|| {
		two_validators();
		assert_ok!(delegate(&account(4), &account(3), 500_000));
		go_to_session(3, &[1, 3]);
		assert_noop!(claim(&account(4), &account(3)), Error::<Test>::NothingOwed);
		assert_ok!(PotsDouble::pay_in(&account(4), Pot::Validators, 100_000));
		go_to_session(4, &[1, 3]);
		go_to_session(5, &[1, 3]);
		// It is elected with from session 4 on.
		assert_noop!(claim(&account(4), &account(3)), Error::<Test>::NothingOwed);
		assert_ok!(PotsDouble::pay_in(&account(4), Pot::Validators, 100_000));
		go_to_session(6, &[1, 3]);
		assert_ok!(claim(&account(4), &account(3)));
	});
}

#[test]
fn a_delegator_that_left_claims_what_it_earned_and_is_forgotten_then() {
	run(|| {
		two_validators();
		assert_ok!(undelegate(&account(2), &account(1), 10_000));
		go_to_session(3, &[1, 3]);
		go_to(System::block_number() + BONDING);
		assert_ok!(withdraw_undelegated(&account(2), &account(1)));
		check();
		let left = StakingSlashing::delegations_of(account(2));
		assert_eq!((left[0].active, left[0].owed), (0, 224_998));
		assert_ok!(claim(&account(2), &account(1)));
		assert_eq!(balance(&account(2)), START + 224_998);
		assert!(StakingSlashing::delegations_of(account(2)).is_empty());
	});
}

#[test]
fn the_share_of_a_delegator_that_a_slash_has_emptied_stays_in_the_pool() {
	run(|| {
		validate(&account(1), VALIDATOR, 0);
		assert_ok!(delegate(&account(2), &account(1), VALIDATOR));
		go_to_session(1, &[]);
		next_block();
		<StakingSlashing as Slasher>::slash(SlashReport {
			offender: account(1),
			role: Role::Validator,
			offence: Offence::WrongOutput,
			evidence: H256::zero(),
			reporter: None,
			victim: None,
		});
		go_to_session(2, &[]);
		go_to_session(3, &[1]);
		assert!(StakingSlashing::delegations_of(account(2)).is_empty());
		assert_eq!(TotalOwed::<Test>::get(), POOL / 2);
	});
}
