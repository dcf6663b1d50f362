use super::*;
use crate::{Error, Event, Slashes, TotalBurned};
use frame_support::{assert_noop, assert_ok};

fn appeal(who: &AccountId, id: SlashId) -> DispatchResult {
	StakingSlashing::appeal(signed(who), id, H256::repeat_byte(3))
}

#[test]
fn an_appeal_extends_the_time_once_and_its_deposit_is_burned_if_nobody_grants_it() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		slash(&who, Offence::Timeout, None);
		assert_noop!(appeal(&account(2), 0), Error::<Test>::NotOffender);
		assert_noop!(appeal(&who, 1), Error::<Test>::NoSuchSlash);
		assert_ok!(appeal(&who, 0));
		System::assert_last_event(
			Event::SlashAppealed {
				id: 0,
				offender: who.clone(),
				reason: H256::repeat_byte(3),
				deposit: APPEAL_DEPOSIT,
				applies_at: 1 + 2 * APPEAL,
			}
			.into(),
		);
		check();
		assert_noop!(appeal(&who, 0), Error::<Test>::AlreadyAppealed);
		assert_eq!(held(HoldReason::AppealDeposit, &who), APPEAL_DEPOSIT);
		go_to(1 + APPEAL);
		assert_noop!(apply(0), Error::<Test>::AppealTimeNotOver);
		go_to(1 + 2 * APPEAL);
		assert!(Slashes::<Test>::get(0).is_none());
		assert_eq!(TotalBurned::<Test>::get(), 300 + APPEAL_DEPOSIT);
		assert_eq!(held(HoldReason::AppealDeposit, &who), 0);
	});
}

#[test]
fn a_granted_appeal_gives_everything_back() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, 3_000));
		slash(&who, Offence::WrongOutput, None);
		assert_ok!(appeal(&who, 0));
		assert_ok!(cancel(0));
		assert_eq!(worker(&who).active, 3_000);
		assert_eq!(balance(&who), START - 3_000);
		assert_eq!(held(HoldReason::AppealDeposit, &who), 0);
	});
}

#[test]
fn an_appeal_needs_its_deposit_and_comes_in_time() {
	run(|| {
		let who = account(1);
		assert_ok!(bond(&who, Role::Worker, START - EXISTENTIAL_DEPOSIT));
		slash(&who, Offence::Timeout, None);
		slash(&who, Offence::Timeout, None);
		slash(&who, Offence::Timeout, None);
		assert_noop!(appeal(&who, 0), Error::<Test>::InsufficientFunds);
		assert_ok!(Balances::transfer_allow_death(
			signed(&account(2)),
			who.clone(),
			APPEAL_DEPOSIT
		));
		go_to(1 + APPEAL);
		// One waits because a block applies two at most; its time to appeal is over all the same.
		let waiting = StakingSlashing::pending_slashes(who.clone());
		assert_noop!(appeal(&who, waiting[0].0), Error::<Test>::AppealTimeOver);
	});
}
