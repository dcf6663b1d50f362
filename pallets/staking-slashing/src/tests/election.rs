use super::*;
use crate::{Elected, Error, Event, Exposures, OldestSession};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn elected(session: u32) -> Vec<AccountId> {
	let mut set = Elected::<Test>::get(session)
		.into_iter()
		.map(|(who, _)| who)
		.collect::<Vec<_>>();
	set.sort();
	set
}

#[test]
fn the_highest_stakes_are_elected_two_sessions_ahead() {
	run(|| {
		validate(&account(1), VALIDATOR, 0);
		validate(&account(2), VALIDATOR + 1, 0);
		validate(&account(3), VALIDATOR + 2, 0);
		assert_ok!(delegate(&account(4), &account(1), DELEGATION));
		assert_eq!(Session::validators(), [account(9)]);
		go_to_session(1, &[]);
		assert_eq!(elected(2), [account(1), account(3)]);
		assert_eq!(Session::validators(), [account(9)]);
		go_to_session(2, &[]);
		let mut now = Session::validators();
		now.sort();
		assert_eq!(now, [account(1), account(3)]);
		assert_eq!(StakingSlashing::session_info().session, 2);
		let order: Vec<_> = StakingSlashing::candidates()
			.into_iter()
			.map(|(who, _, stake)| (who, stake))
			.collect();
		assert_eq!(
			order,
			[
				(account(1), VALIDATOR + DELEGATION),
				(account(3), VALIDATOR + 2),
				(account(2), VALIDATOR + 1),
			]
		);
	});
}

#[test]
fn equal_stakes_go_by_account() {
	run(|| {
		for number in [3, 2, 1] {
			validate(&account(number), VALIDATOR, 0);
		}
		go_to_session(1, &[]);
		assert_eq!(elected(2), [account(1), account(2)]);
		ValidatorCount::set(1);
		go_to_session(2, &[]);
		assert_eq!(elected(3), [account(1)]);
		// Fewer than one are never elected, and no more than the consensus takes.
		ValidatorCount::set(0);
		go_to_session(3, &[]);
		assert_eq!(elected(4), [account(1)]);
		ValidatorCount::set(u32::MAX);
		go_to_session(4, &[]);
		assert_eq!(elected(5).len(), 3);
	});
}

#[test]
fn nobody_is_elected_without_keys_or_below_the_minimum() {
	run(|| {
		validate(&account(4), 50_000, 0);
		validate(&account(1), VALIDATOR, 0);
		go_to_session(1, &[]);
		// Account 4 has no session keys.
		assert_eq!(elected(2), [account(1)]);
		assert_noop!(
			StakingSlashing::validate(signed(&account(2)), Permill::zero()),
			Error::<Test>::InsufficientBond
		);
	});
}

#[test]
fn an_empty_election_keeps_the_set_and_what_it_stood_for() {
	run(|| {
		go_to_session(1, &[]);
		System::assert_has_event(Event::NobodyElected { session: 2 }.into());
		assert_eq!(Session::validators(), [account(9)]);
		validate(&account(1), VALIDATOR, 20);
		assert_ok!(delegate(&account(2), &account(1), 700));
		go_to_session(3, &[]);
		assert_eq!(Session::validators(), [account(1)]);
		assert_ok!(StakingSlashing::chill(signed(&account(1))));
		assert_ok!(undelegate(&account(2), &account(1), 700));
		let stood = StakingSlashing::exposure_in(3, account(1)).expect("elected");
		go_to_session(7, &[]);
		assert_eq!(Session::validators(), [account(1)]);
		let still = StakingSlashing::exposure_in(7, account(1));
		assert_eq!(still, Some(stood));
	});
}

#[test]
fn chilling_ends_the_candidacy_and_nothing_else() {
	run(|| {
		let who = account(1);
		assert_noop!(
			StakingSlashing::chill(signed(&who)),
			Error::<Test>::NotCandidate
		);
		validate(&who, VALIDATOR, 0);
		validate(&account(2), VALIDATOR, 0);
		assert_ok!(StakingSlashing::chill(signed(&who)));
		System::assert_last_event(Event::Chilled { who: who.clone() }.into());
		assert_eq!(held(HoldReason::ValidatorBond, &who), VALIDATOR);
		assert_noop!(
			StakingSlashing::force_chill(signed(&who), account(2)),
			DispatchError::BadOrigin
		);
		assert_ok!(StakingSlashing::force_chill(
			RuntimeOrigin::root(),
			account(2)
		));
		assert!(StakingSlashing::candidates().is_empty());
		// It may come back.
		assert_ok!(StakingSlashing::validate(signed(&who), Permill::zero()));
		// Leaving with the whole bond chills.
		assert_ok!(unbond(&who, Role::Validator, VALIDATOR));
		System::assert_last_event(Event::Chilled { who }.into());
		assert!(StakingSlashing::candidates().is_empty());
	});
}

#[test]
fn a_commission_has_a_limit_and_the_candidates_a_number() {
	run(|| {
		MaxCandidates::set(1);
		assert_ok!(bond(&account(1), Role::Validator, VALIDATOR));
		assert_ok!(bond(&account(2), Role::Validator, VALIDATOR));
		let half = Permill::from_percent(50);
		assert_noop!(
			StakingSlashing::validate(signed(&account(1)), half + Permill::from_parts(1)),
			Error::<Test>::CommissionTooHigh
		);
		assert_ok!(StakingSlashing::validate(signed(&account(1)), half));
		assert_noop!(
			StakingSlashing::validate(signed(&account(2)), half),
			Error::<Test>::TooManyCandidates
		);
		// A candidate may change its commission.
		assert_ok!(StakingSlashing::validate(
			signed(&account(1)),
			Permill::zero()
		));
	});
}

#[test]
fn an_exposure_is_stored_once_and_old_sessions_are_forgotten() {
	run(|| {
		validate(&account(1), VALIDATOR, 0);
		go_to_session(5, &[]);
		assert_eq!(Exposures::<Test>::iter().count(), 1);
		assert_ok!(delegate(&account(2), &account(1), DELEGATION));
		go_to_session(7, &[]);
		assert_eq!(Exposures::<Test>::iter().count(), 2);
		check();
		go_to_session(20, &[]);
		check();
		assert_eq!(Exposures::<Test>::iter().count(), 1);
		assert_eq!(Elected::<Test>::iter().count(), 7);
		assert_eq!(OldestSession::<Test>::get(), 21 - 6);
		assert_eq!(StakingSlashing::exposure_in(14, account(1)), None);
		assert!(StakingSlashing::exposure_in(15, account(1)).is_some());
	});
}

#[test]
fn candidates_of_the_genesis_validate_from_the_first_session_on() {
	let bonds = vec![(account(1), Role::Validator, VALIDATOR)];
	genesis_with(bonds, vec![(account(1), 100_000)]).execute_with(|| {
		check();
		assert_eq!(Session::validators(), [account(1)]);
		let exposure = StakingSlashing::exposure_in(0, account(1)).expect("elected");
		assert_eq!(exposure.commission, Permill::from_percent(10));
	});
}

#[test]
#[should_panic(expected = "InsufficientBond")]
fn a_genesis_candidate_without_a_bond_starts_no_chain() {
	genesis_with(vec![], vec![(account(1), 0)]);
}
