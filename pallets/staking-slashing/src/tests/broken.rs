//! The check of the invariants finds what it is to find.

use super::*;
use crate::{
	Agenda, AgendaCursor, Claims, DelegatedTo, Delegations, Elected, Exposures, Ledgers, OpenPot,
	Pallet, Parts, Pools, Slashes, SlashesOf, TotalActive, TotalOwed, Work, WorkTotal,
};
use aci_primitives::traits::VerifierWork;
use frame_support::{
	assert_ok,
	traits::{fungible::MutateHold, tokens::Precision},
};

/// A state with one of everything: a validator with a delegator, rewards, a pot with a claim and an
/// appeal, verifiers' work.
fn one_of_everything(then: impl FnOnce()) {
	run(|| {
		validate(&account(1), VALIDATOR, 10);
		assert_ok!(delegate(&account(2), &account(1), 700));
		go_to_session(3, &[1]);
		<StakingSlashing as Slasher>::slash(SlashReport {
			offender: account(1),
			role: Role::Validator,
			offence: Offence::Timeout,
			evidence: H256::zero(),
			reporter: None,
			victim: Some(Claim {
				client: account(4),
				job: H256::zero(),
				class: 0,
				amount: 5,
			}),
		});
		assert_ok!(StakingSlashing::appeal(
			signed(&account(1)),
			0,
			H256::zero()
		));
		<StakingSlashing as VerifierWork>::delivered(&account(3), 9);
		assert_ok!(Pallet::<Test>::do_try_state());
		assert_ok!(frame_support::storage::with_transaction_unchecked(|| {
			then();
			let found = Pallet::<Test>::do_try_state().is_err();
			sp_runtime::TransactionOutcome::Rollback(match found {
				true => Ok(()),
				false => Err(sp_runtime::DispatchError::Other("not found")),
			})
		}));
	});
}

#[test]
fn a_broken_invariant_is_found() {
	let cases: Vec<fn()> = vec![
		|| {
			assert_ok!(Balances::release(
				&HoldReason::ValidatorBond.into(),
				&account(1),
				1,
				Precision::Exact
			));
		},
		|| {
			assert_ok!(Balances::hold(
				&HoldReason::WorkerBond.into(),
				&account(1),
				1
			));
		},
		|| {
			assert_ok!(Balances::release(
				&HoldReason::Slashed.into(),
				&account(2),
				1,
				Precision::Exact
			));
		},
		|| {
			assert_ok!(Balances::release(
				&HoldReason::Delegation.into(),
				&account(2),
				1,
				Precision::Exact
			));
		},
		|| {
			assert_ok!(Balances::release(
				&HoldReason::AppealDeposit.into(),
				&account(1),
				1,
				Precision::Exact
			));
		},
		|| TotalActive::<Test>::mutate(Role::Validator, |sum| *sum += 1),
		|| Ledgers::<Test>::insert(account(3), Role::Worker, crate::Ledger::default()),
		|| Pools::<Test>::mutate(account(1), |pool| pool.delegators[0].active += 1),
		|| Pools::<Test>::mutate(account(1), |pool| pool.delegators.clear()),
		|| DelegatedTo::<Test>::remove(account(2)),
		|| Delegations::<Test>::remove(account(1), account(2)),
		|| {
			Delegations::<Test>::mutate(account(1), account(2), |delegation| {
				delegation.as_mut().expect("it is there").slashes = 0;
			})
		},
		|| TotalOwed::<Test>::mutate(|owed| *owed += 1),
		|| {
			Pools::<Test>::mutate(account(1), |pool| pool.owed += 3 * START);
			TotalOwed::<Test>::mutate(|owed| *owed += 3 * START);
		},
		|| {
			Slashes::<Test>::mutate(0, |slash| slash.as_mut().expect("it is there").amount += 1);
		},
		|| Parts::<Test>::remove(0),
		|| Claims::<Test>::mutate(0, |claims| claims[0].amount = 0),
		|| SlashesOf::<Test>::remove(account(2), 0),
		|| SlashesOf::<Test>::insert(account(3), 0, ()),
		|| {
			let at = Slashes::<Test>::get(0).expect("it is there").applies_at;
			Agenda::<Test>::remove(at, 0);
		},
		|| Agenda::<Test>::insert(7, 7, ()),
		|| AgendaCursor::<Test>::put(1_000),
		|| OpenPot::<Test>::insert(account(3), Role::Worker, 0),
		|| Claims::<Test>::insert(8, Claims::<Test>::get(0)),
		|| {
			let (since, who, mut exposure) =
				Exposures::<Test>::iter().next().expect("it is elected");
			exposure.own += 1;
			Exposures::<Test>::insert(since, who, exposure);
		},
		|| {
			Elected::<Test>::remove(3);
			Elected::<Test>::remove(4);
			Elected::<Test>::remove(2);
		},
		|| WorkTotal::<Test>::mutate(crate::Epoch::<Test>::get().index, |sum| *sum += 1),
		|| Work::<Test>::insert(77, account(3), 5),
		|| {
			let quality = crate::StoredQuality {
				score: 1_000_001,
				judged: 1,
				epoch: 0,
				at_start: 0,
			};
			crate::Quality::<Test>::insert(account(3), quality);
		},
	];
	for case in cases {
		one_of_everything(case);
	}
}
