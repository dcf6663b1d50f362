use super::*;
use crate::{Error, Event, Exposure, Slashes};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::KeyOwnerProofSystem};
use sp_runtime::{key_types::DUMMY, testing::UintAuthorityId, Perbill};
use sp_staking::offence::{Kind, Offence as Report, ReportOffence};

type Offender = (AccountId, Exposure);

/// An offence of as many tenths of the stake as there are offenders at one moment.
struct Equivocation {
	session: u32,
	offender: Offender,
}

impl Report<Offender> for Equivocation {
	const ID: Kind = *b"test:equivocate!";
	type Slot = u32;
	fn offenders(&self) -> Vec<Offender> {
		vec![self.offender.clone()]
	}
	fn session_index(&self) -> u32 {
		self.session
	}
	fn validator_set_count(&self) -> u32 {
		2
	}
	fn slot(&self) -> u32 {
		self.session
	}
	fn slash_fraction(&self, offenders: u32) -> Perbill {
		Perbill::from_percent(10 * offenders)
	}
}

/// A validator of the present session, as a proof of its key names it.
fn proven(number: u8) -> Offender {
	let key = UintAuthorityId(number.into()).encode();
	let proof = Historical::prove((DUMMY, &key[..])).expect("it validates");
	Historical::check_proof((DUMMY, &key[..]), proof).expect("the proof is right")
}

fn equivocated(session: u32, offender: Offender, reporter: Option<AccountId>) {
	let offence = Equivocation { session, offender };
	Offences::report_offence(reporter.into_iter().collect(), offence).expect("it is new");
}

/// Validators 1, with a delegation of 701 by account 4, and 3, in session 2.
fn session_of_two() {
	validate(&account(1), VALIDATOR, 0);
	validate(&account(3), VALIDATOR, 0);
	assert_ok!(delegate(&account(4), &account(1), 701));
	go_to_session(2, &[]);
}

#[test]
fn an_equivocation_slashes_the_exposure_to_the_unit_chills_disables_and_pays_the_reporter() {
	run(|| {
		session_of_two();
		let offender = proven(1);
		assert_eq!(offender.1.total, VALIDATOR + 701);
		equivocated(2, offender, Some(account(2)));
		// A tenth of 10,701, rounded up: of 1,071 the delegator's part is 70.
		assert_eq!(held(HoldReason::Slashed, &account(4)), 70);
		assert_eq!(held(HoldReason::Slashed, &account(1)), 1_001);
		System::assert_has_event(
			Event::DelegationSlashed {
				id: 0,
				validator: account(1),
				delegator: account(4),
				amount: 70,
			}
			.into(),
		);
		let slash = Slashes::<Test>::get(0).expect("pending");
		assert_eq!(
			(slash.amount, slash.offence),
			(1_071, Offence::Equivocation)
		);
		let index = Session::validators()
			.iter()
			.position(|who| *who == account(1))
			.expect("it validates");
		assert_eq!(Session::disabled_validators(), [index as u32]);
		assert_eq!(StakingSlashing::candidates().len(), 1);
		assert_eq!(StakingSlashing::pending_slashes(account(4)).len(), 1);
		check();
		go_to(System::block_number() + APPEAL);
		assert_eq!(balance(&account(2)), START + 107);
		assert_eq!(held(HoldReason::Slashed, &account(4)), 0);
		assert_eq!(held(HoldReason::Delegation, &account(4)), 631);
	});
}

#[test]
fn a_larger_share_for_offenders_found_later_takes_the_difference_only() {
	run(|| {
		session_of_two();
		let (first, second) = (proven(1), proven(3));
		equivocated(2, first.clone(), None);
		assert_eq!(held(HoldReason::Slashed, &account(1)), 1_001);
		equivocated(2, second, None);
		// A fifth of 10,701 is 2,141: 1,070 more. A fifth of 10,000 for the other.
		let all = held(HoldReason::Slashed, &account(1)) + held(HoldReason::Slashed, &account(4));
		assert_eq!(all, 2_141);
		assert_eq!(held(HoldReason::Slashed, &account(3)), 2_000);
		let again = Equivocation {
			session: 2,
			offender: first,
		};
		assert!(Offences::report_offence(vec![], again).is_err());
	});
}

#[test]
fn an_unbonding_validator_and_an_undelegating_delegator_are_slashed_for_what_was_before() {
	run(|| {
		session_of_two();
		let offender = proven(1);
		assert_ok!(unbond(&account(1), Role::Validator, VALIDATOR));
		assert_ok!(undelegate(&account(4), &account(1), 701));
		go_to_session(4, &[]);
		equivocated(2, offender, None);
		assert_eq!(held(HoldReason::Slashed, &account(1)), 1_001);
		assert_eq!(held(HoldReason::Slashed, &account(4)), 70);
		check();
		// An appeal that is granted gives each part back with the time that it had.
		assert_ok!(cancel(0));
		go_to(20 + BONDING);
		assert_ok!(withdraw(&account(1), Role::Validator));
		assert_ok!(withdraw_undelegated(&account(4), &account(1)));
		assert_eq!((balance(&account(1)), balance(&account(4))), (START, START));
	});
}

#[test]
fn a_delegation_that_came_after_the_session_was_elected_is_not_slashed_for_it() {
	run(|| {
		session_of_two();
		let offender = proven(1);
		assert_ok!(delegate(&account(2), &account(1), 5_000));
		equivocated(2, offender, None);
		assert_eq!(held(HoldReason::Slashed, &account(2)), 0);
		assert_eq!(held(HoldReason::Slashed, &account(4)), 70);
	});
}

#[test]
fn a_slash_larger_than_what_is_left_takes_what_is_left() {
	run(|| {
		session_of_two();
		let offender = proven(1);
		let taken = <StakingSlashing as Slasher>::slash(SlashReport {
			offender: account(1),
			role: Role::Validator,
			offence: Offence::WrongOutput,
			evidence: H256::zero(),
			reporter: None,
			victim: None,
		});
		assert_eq!(taken, VALIDATOR + 701);
		// A delegator of a slashed validator keeps its place until the slash is over.
		check();
		equivocated(2, offender, None);
		assert_eq!(Slashes::<Test>::iter().count(), 1);
		go_to(System::block_number() + CLAIM);
		assert!(StakingSlashing::delegations_of(account(4)).is_empty());
		assert_eq!(balance(&account(4)), START - 701);
	});
}

#[test]
fn a_cancelled_slash_finds_the_delegation_that_it_emptied() {
	run(|| {
		MaxDelegators::set(1);
		session_of_two();
		<StakingSlashing as Slasher>::slash(SlashReport {
			offender: account(1),
			role: Role::Validator,
			offence: Offence::WrongOutput,
			evidence: H256::zero(),
			reporter: None,
			victim: None,
		});
		// Nobody takes its place meanwhile.
		assert_noop!(
			delegate(&account(2), &account(1), DELEGATION),
			Error::<Test>::TooManyDelegators
		);
		assert_ok!(cancel(0));
		let back = StakingSlashing::delegations_of(account(4));
		assert_eq!(back[0].active, 701);
		assert_eq!(held(HoldReason::Delegation, &account(4)), 701);
	});
}

#[test]
fn an_offence_of_a_forgotten_session_slashes_nobody() {
	run(|| {
		session_of_two();
		let offender = proven(1);
		go_to_session(9, &[]);
		equivocated(2, offender, None);
		assert_eq!(Slashes::<Test>::iter().count(), 0);
		assert_eq!(StakingSlashing::candidates().len(), 2);
	});
}

#[test]
fn a_validator_that_the_genesis_named_is_slashed_on_the_bond_that_it_has() {
	run(|| {
		let offender = proven(9);
		assert_eq!(offender.1, Exposure::default());
		assert_ok!(Balances::transfer_allow_death(
			signed(&account(2)),
			account(9),
			100_000
		));
		assert_ok!(bond(&account(9), Role::Validator, VALIDATOR));
		equivocated(0, offender, None);
		assert_eq!(held(HoldReason::Slashed, &account(9)), VALIDATOR / 10);
	});
}
