use super::*;
use crate::{slashing::Stake, Agenda, Error, Event, Slashes, TotalBurned};
use frame_support::{assert_noop, assert_ok};

#[test]
fn every_offence_takes_its_share_of_the_bond() {
	for (offence, amount) in [
		(Offence::WrongOutput, 3_001),
		(Offence::InvalidAttestation, 1_501),
		(Offence::Timeout, 301),
		(Offence::QualityBelowThreshold, 151),
		(Offence::Sybil, 3_001),
	] {
		run(|| {
			let who = account(1);
			assert_ok!(bond(&who, Role::Worker, 3_001));
			assert_eq!(slash(&who, offence, None), amount);
			assert_eq!(held(HoldReason::Slashed, &who), amount);
			assert_eq!(held(HoldReason::WorkerBond, &who), 3_001 - amount);
			assert_eq!(worker(&who).active, 3_001 - amount);
		});
	}
}

#[test]
fn a_slash_is_held_through_the_appeal_time_then_pays_the_reporter_and_burns_the_rest() {
	run(|| {
		let (who, reporter) = (account(1), account(2));
		let issuance = Balances::total_issuance();
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_eq!(
			slash(&who, Offence::InvalidAttestation, Some(reporter.clone())),
			1_500
		);
		System::assert_last_event(
			Event::Slashed {
				id: 0,
				offender: who.clone(),
				role: Role::Worker,
				offence: Offence::InvalidAttestation,
				amount: 1_500,
				evidence: H256::repeat_byte(7),
				reporter: Some(reporter.clone()),
				victim: None,
				applies_at: 1 + CLAIM,
			}
			.into(),
		);
		go_to(CLAIM);
		assert_eq!(held(HoldReason::Slashed, &who), 1_500);
		assert_noop!(apply(0), Error::<Test>::AppealTimeNotOver);
		assert_eq!(StakingSlashing::pending_slashes(who.clone()).len(), 1);
		go_to(1 + CLAIM);
		assert_eq!(held(HoldReason::Slashed, &who), 0);
		assert_eq!(balance(&reporter), START + 150);
		assert_eq!(Balances::total_issuance(), issuance - 1_350);
		assert_eq!(TotalBurned::<Test>::get(), 1_350);
		assert!(StakingSlashing::pending_slashes(who.clone()).is_empty());
		System::assert_last_event(
			Event::SlashApplied {
				id: 0,
				offender: who,
				role: Role::Worker,
				reporter: Some(reporter),
				refunded: 0,
				kept: 0,
				rewarded: 150,
				burned: 1_350,
			}
			.into(),
		);
		assert_noop!(apply(0), Error::<Test>::NoSuchSlash);
		assert_noop!(cancel(0), Error::<Test>::NoSuchSlash);
	});
}

#[test]
fn a_slash_without_a_reporter_burns_everything() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_eq!(slash(&who, Offence::WrongOutput, None), 3_000);
		go_to(1 + CLAIM);
		assert_eq!(TotalBurned::<Test>::get(), 3_000);
		assert_eq!(balance(&who), START - 3_000);
	});
}

#[test]
fn nobody_is_paid_for_reporting_itself() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		slash(&who, Offence::WrongOutput, Some(who.clone()));
		go_to(1 + CLAIM);
		assert_eq!(TotalBurned::<Test>::get(), 3_000);
		assert_eq!(balance(&who), START - 3_000);
	});
}

#[test]
fn a_reward_that_would_be_dust_is_burned() {
	run(|| {
		let (who, newcomer) = (account(1), account(77));
		assert_ok!(bond(&who, Role::Worker, WORKER));
		// A tenth of the bond, of which a tenth is the reward: the existential deposit exactly.
		assert_eq!(slash(&who, Offence::Timeout, Some(newcomer.clone())), 100);
		assert_eq!(slash(&who, Offence::Timeout, Some(account(78))), 90);
		go_to(1 + APPEAL);
		assert_eq!(balance(&newcomer), 10);
		assert_eq!(balance(&account(78)), 0);
		assert_eq!(TotalBurned::<Test>::get(), 180);
	});
}

#[test]
fn unbonding_before_the_report_saves_nothing() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(unbond(&who, Role::Worker, 500));
		go_to(3);
		assert_ok!(unbond(&who, Role::Worker, 2_500));
		assert_eq!(slash(&who, Offence::InvalidAttestation, None), 1_500);
		let parts = [
			Unbonding {
				amount: 500,
				until: 1 + BONDING,
			},
			Unbonding {
				amount: 1_000,
				until: 3 + BONDING,
			},
		];
		assert_eq!(worker(&who).unbonding, parts);
		assert_eq!(slash(&who, Offence::WrongOutput, None), 1_500);
		assert_eq!(slash(&who, Offence::WrongOutput, None), 0);
	});
}

#[test]
fn a_cancelled_slash_returns_to_the_bond_and_the_time_it_came_from() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(unbond(&who, Role::Worker, 1_000));
		let before = worker(&who);
		assert_eq!(slash(&who, Offence::WrongOutput, None), 3_000);
		assert_eq!(StakingSlashing::ledger(who.clone(), Role::Worker), None);
		go_to(APPEAL);
		assert_noop!(
			StakingSlashing::cancel_slash(signed(&who), 0),
			sp_runtime::DispatchError::BadOrigin
		);
		assert_ok!(cancel(0));
		assert_eq!(worker(&who), before);
		assert_eq!(held(HoldReason::Slashed, &who), 0);
		System::assert_last_event(
			Event::SlashCancelled {
				id: 0,
				offender: who.clone(),
				role: Role::Worker,
				to_active: 2_000,
				to_unbonding: 1_000,
			}
			.into(),
		);
		go_to(1 + CLAIM);
		assert_eq!(TotalBurned::<Test>::get(), 0);
		assert_noop!(cancel(0), Error::<Test>::NoSuchSlash);
		go_to(1 + BONDING);
		assert_ok!(withdraw(&who, Role::Worker));
		assert_eq!(balance(&who), START - 2_000);
	});
}

#[test]
fn only_the_bond_of_the_offences_role_is_taken() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_ok!(bond(&who, Role::Validator, VALIDATOR));
		assert_eq!(slash(&who, Offence::WrongOutput, None), 3_000);
		assert_eq!(held(HoldReason::ValidatorBond, &who), VALIDATOR);
		assert!(StakingSlashing::is_eligible(who.clone(), Role::Validator));
		assert!(!StakingSlashing::is_eligible(who, Role::Worker));
	});
}

#[test]
fn a_bond_below_the_minimum_after_a_slash_is_not_eligible_until_more_is_bonded() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, WORKER));
		slash(&who, Offence::Timeout, None);
		assert!(!worker(&who).eligible);
		assert_ok!(bond(&who, Role::Worker, 100));
		assert!(worker(&who).eligible);
	});
}

#[test]
fn an_offender_without_a_bond_loses_nothing_and_is_named() {
	run(|| {
		let who = account(1);
		assert_eq!(slash(&who, Offence::WrongOutput, None), 0);
		assert_eq!(Slashes::<Test>::iter().count(), 0);
		System::assert_last_event(
			Event::NothingToSlash {
				offender: who,
				role: Role::Worker,
				offence: Offence::WrongOutput,
				evidence: H256::repeat_byte(7),
			}
			.into(),
		);
	});
}

#[test]
fn slashes_beyond_the_bound_of_a_block_go_to_the_next_ones() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		for _ in 0..6 {
			assert!(slash(&who, Offence::Timeout, None) > 0);
		}
		assert_eq!(Agenda::<Test>::iter_prefix(6).count(), 6);
		go_to(6);
		assert_eq!(StakingSlashing::pending_slashes(who.clone()).len(), 4);
		// What waits can be applied by anyone; its block then finds nothing.
		let waits = StakingSlashing::pending_slashes(who.clone());
		assert_ok!(apply(waits[0].0));
		// One that comes meanwhile waits for its own block.
		slash(&who, Offence::Timeout, None);
		go_to(7);
		assert_eq!(StakingSlashing::pending_slashes(who.clone()).len(), 2);
		go_to(8);
		assert_eq!(StakingSlashing::pending_slashes(who.clone()).len(), 1);
		go_to(10);
		assert_eq!(StakingSlashing::pending_slashes(who.clone()).len(), 1);
		go_to(11);
		assert_eq!(Agenda::<Test>::iter().count(), 0);
		assert_eq!(held(HoldReason::Slashed, &who), 0);
	});
}

#[test]
fn slashes_with_shorter_times_do_not_wait_for_longer_ones() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		slash(&who, Offence::InvalidAttestation, None);
		slash(&who, Offence::Timeout, None);
		AppealPeriod::set(0);
		slash(&who, Offence::Timeout, None);
		go_to(2);
		assert!(Slashes::<Test>::get(2).is_none());
		go_to(1 + APPEAL);
		assert!(Slashes::<Test>::get(1).is_none());
		go_to(CLAIM);
		assert!(Slashes::<Test>::get(0).is_some());
		go_to(1 + CLAIM);
		assert_eq!(Slashes::<Test>::iter().count(), 0);
	});
}

#[test]
fn slashed_money_can_neither_be_unbonded_nor_slashed_again() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		assert_eq!(slash(&who, Offence::InvalidAttestation, None), 1_500);
		assert_noop!(
			unbond(&who, Role::Worker, 1_501),
			Error::<Test>::InsufficientBond
		);
		assert_eq!(slash(&who, Offence::InvalidAttestation, None), 750);
		assert_eq!(held(HoldReason::Slashed, &who), 2_250);
	});
}

#[test]
fn a_block_start_costs_one_application_for_each_slash() {
	use crate::WeightInfo;
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		slash(&who, Offence::Timeout, None);
		slash(&who, Offence::Timeout, None);
		let idle = <() as WeightInfo>::agenda();
		assert_eq!(StakingSlashing::apply_due(5), idle);
		let one = <() as WeightInfo>::apply_slash(1, 0);
		assert_eq!(
			StakingSlashing::apply_due(6),
			idle.saturating_add(one.saturating_mul(2))
		);
	});
}

#[test]
fn what_rounding_leaves_is_taken_of_delegators_where_the_own_bond_is_gone() {
	let delegated: [Balance; 3] = [1_002, 1_003, 1_004];
	// No bond of its own is what a slash of all of it leaves, while delegations come later.
	for own in [0, 1, 2, 3_000] {
		let stake = || Stake {
			offender: account(1),
			own,
			delegators: (2u8..).map(account).zip(delegated).collect(),
		};
		let all = stake().total();
		assert_eq!(all, own + 3_009);
		for amount in 0..=all {
			let parts = stake().divide(amount);
			assert!(parts
				.iter()
				.map(|(who, _)| who.clone())
				.eq((1u8..5).map(account)));
			assert_eq!(parts.iter().map(|(_, part)| part).sum::<Balance>(), amount);
			assert!(parts[0].1 <= own, "{amount} of {all}");
			for (part, stake) in parts[1..].iter().zip(delegated) {
				// In proportion, to a planck.
				assert!(part.1 <= stake && part.1 * all <= amount * stake + all);
			}
		}
	}
}
