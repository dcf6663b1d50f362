//! Money that homes of the fast path may spend.

use crate::{mock::*, Error};
use aci_primitives::{
	traits::{LeasedEscrow, NetSettlement, Payee, Pot, Pots, Release, Settlement},
	Balance,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};

/// Leases `amount` of client 1's.
fn lease(amount: Balance) {
	assert_ok!(Escrow::lease(&account(1), amount));
	check();
}

fn settle(settlement: NetSettlement) {
	assert_ok!(Escrow::settle_net(&settlement));
	check();
}

#[test]
fn leased_money_comes_from_free_escrow_first_and_goes_back_there() {
	run(|| {
		assert_ok!(Escrow::deposit(RuntimeOrigin::signed(account(1)), 600));
		lease(1_000);
		assert_eq!(Escrow::leased_of(account(1)), 1_000);
		assert_eq!(Escrow::free(account(1)), 0);
		assert_eq!(Balances::free_balance(account(1)), START - 1_000);
		assert_ok!(Escrow::end_lease(&account(1), 400));
		assert_eq!(
			(Escrow::leased(&account(1)), Escrow::free(account(1))),
			(600, 400)
		);
		assert_noop!(
			Escrow::end_lease(&account(1), 601),
			Error::<Test>::InsufficientLease
		);
		assert_noop!(Escrow::lease(&account(1), 0), Error::<Test>::AmountIsZero);
		assert_noop!(
			Escrow::lease(&account(1), START),
			Error::<Test>::InsufficientFunds
		);
	});
}

#[test]
fn a_settlement_pays_burns_frees_and_keeps_what_is_locked() {
	run(|| {
		lease(10_000);
		settle(NetSettlement {
			debits: vec![(account(1), 5_000)],
			locks: 5_000,
			..Default::default()
		});
		assert_eq!(Escrow::open_locks(), 5_000);
		settle(NetSettlement {
			debits: vec![(account(1), 1_000)],
			leased: vec![(account(1), 300)],
			freed: vec![(account(2), 700)],
			payments: vec![
				(Payee::Account(account(3)), 2_000),
				(Payee::Validators, 900),
				(Payee::Burn, 100),
			],
			locks: 2_000,
		});
		assert_eq!(Escrow::leased(&account(1)), 4_300);
		assert_eq!(Escrow::free(account(2)), 700);
		assert_eq!(Balances::free_balance(account(3)), START + 2_000);
		assert_eq!(Escrow::balance(Pot::Validators), 900);
		assert_eq!((Escrow::burned(), Escrow::open_locks()), (100, 2_000));
	});
}

#[test]
fn a_settlement_that_does_not_balance_changes_nothing() {
	run(|| {
		lease(10_000);
		let settlement = |debit, paid, locks| NetSettlement {
			debits: vec![(account(1), debit)],
			payments: vec![(Payee::Account(account(3)), paid)],
			locks,
			..Default::default()
		};
		for (debit, paid, locks) in [(1_000, 1_001, 0), (1_000, 999, 0), (1_000, 1_000, 1)] {
			assert_noop!(
				Escrow::settle_net(&settlement(debit, paid, locks)),
				Error::<Test>::UnbalancedSpend
			);
		}
		assert_noop!(
			Escrow::settle_net(&settlement(10_001, 10_001, 0)),
			Error::<Test>::InsufficientLease
		);
		let other = NetSettlement {
			debits: vec![(account(2), 1)],
			locks: 1,
			..Default::default()
		};
		assert_noop!(Escrow::settle_net(&other), Error::<Test>::InsufficientLease);
	});
}

#[test]
fn what_nobody_can_take_becomes_claimable() {
	run(|| {
		lease(10_000);
		settle(NetSettlement {
			debits: vec![(account(1), 70)],
			freed: vec![(account(8), 30)],
			payments: vec![(Payee::Account(account(9)), 40)],
			..Default::default()
		});
		assert_eq!(Escrow::claimable(account(8)), 30);
		assert_eq!(Escrow::claimable(account(9)), 40);
	});
}

#[test]
fn an_exported_lock_is_one_of_the_settlement_path() {
	run(|| {
		lease(10_000);
		settle(NetSettlement {
			debits: vec![(account(1), 5_000)],
			locks: 5_000,
			..Default::default()
		});
		assert_ok!(Escrow::export_lock(&account(1), &job(1), 3_000));
		check();
		assert_noop!(
			Escrow::export_lock(&account(1), &job(1), 1_000),
			Error::<Test>::LockExists
		);
		assert_noop!(
			Escrow::export_lock(&account(1), &job(2), 2_001),
			Error::<Test>::InsufficientOpenLocks
		);
		assert_eq!(Escrow::locked(account(1)), 3_000);
		assert_ok!(Escrow::settle(&[Release {
			job: job(1),
			payments: vec![(Payee::Account(account(3)), 1_000)],
		}]));
		assert_eq!(Escrow::free(account(1)), 2_000, "the refund is free escrow");
		assert_ok!(Escrow::refund_open_lock(&account(1), 2_000));
		assert_eq!((Escrow::free(account(1)), Escrow::open_locks()), (4_000, 0));
		assert_noop!(
			Escrow::refund_open_lock(&account(1), 1),
			Error::<Test>::InsufficientOpenLocks
		);
	});
}

#[test]
fn a_client_whose_account_is_gone_gets_its_money_as_a_credit() {
	run(|| {
		assert_ok!(Balances::mint_into(&account(8), 1_000));
		assert_ok!(Escrow::lease(&account(8), 900));
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(account(8)),
			account(3),
			100
		));
		assert!(!System::account_exists(&account(8)));
		assert_ok!(Escrow::end_lease(&account(8), 900));
		assert_eq!(
			Escrow::claimable(account(8)) + Escrow::free(account(8)),
			900
		);
		// The issuance was raised by hand.
		assert_ok!(Balances::burn_from(
			&account(3),
			1_000,
			frame_support::traits::tokens::Preservation::Preserve,
			frame_support::traits::tokens::Precision::Exact,
			frame_support::traits::tokens::Fortitude::Polite
		));
	});
}
