use super::*;
use crate::{Error, Event};
use frame_support::{assert_noop, assert_ok};

fn claim(who: &AccountId) -> DispatchResult {
	Escrow::claim(RuntimeOrigin::signed(who.clone()))
}

/// Pays `amount` out of a new job of client 1.
fn pay(number: u64, payee: Payee, amount: Balance) {
	assert_ok!(lock(&account(1), job(number), amount));
	assert_ok!(settle(&[release(job(number), &[(payee, amount)])]));
}

#[test]
fn dust_for_an_account_that_does_not_exist_waits_and_is_claimed_when_it_does() {
	run(|| {
		let newcomer = account(50);
		pay(1, Payee::Account(newcomer.clone()), EXISTENTIAL_DEPOSIT - 1);
		assert_eq!(balance(&newcomer), 0);
		assert_eq!(Escrow::claimable(newcomer.clone()), 99);
		assert_eq!(balance(&Escrow::account()), EXISTENTIAL_DEPOSIT + 99);
		System::assert_has_event(
			Event::CreditKept {
				who: newcomer.clone(),
				amount: 99,
				claimable: 99,
			}
			.into(),
		);
		assert_noop!(claim(&newcomer), Error::<Test>::BelowExistentialDeposit);

		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(account(2)),
			newcomer.clone(),
			EXISTENTIAL_DEPOSIT
		));
		assert_ok!(claim(&newcomer));
		assert_eq!(balance(&newcomer), EXISTENTIAL_DEPOSIT + 99);
		assert_eq!(balance(&Escrow::account()), EXISTENTIAL_DEPOSIT);
		System::assert_last_event(
			Event::Claimed {
				who: newcomer.clone(),
				amount: 99,
			}
			.into(),
		);
		assert_noop!(claim(&newcomer), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn a_credit_of_one_planck_is_kept() {
	run(|| {
		pay(1, Payee::Account(account(50)), 1);
		assert_eq!(Escrow::claimable(account(50)), 1);
	});
}

#[test]
fn what_waits_is_paid_with_the_next_credit_that_makes_it_large_enough() {
	run(|| {
		let newcomer = account(50);
		pay(1, Payee::Account(newcomer.clone()), 60);
		pay(2, Payee::Account(newcomer.clone()), 39);
		assert_eq!(Escrow::claimable(newcomer.clone()), 99);
		pay(3, Payee::Account(newcomer.clone()), 1);
		assert_eq!(balance(&newcomer), 100);
		assert_eq!(Escrow::claimable(newcomer), 0);
	});
}

#[test]
fn a_pot_below_the_existential_deposit_fills_without_a_key() {
	run(|| {
		for number in 1..=3 {
			pay(number, Payee::Fund(4), 33);
		}
		assert_eq!(
			(Escrow::fund(4).balance, Escrow::fund(4).claimable),
			(0, 99)
		);
		pay(4, Payee::Fund(4), 33);
		assert_eq!(
			(Escrow::fund(4).balance, Escrow::fund(4).claimable),
			(132, 0)
		);
		pay(5, Payee::Fund(4), 1);
		assert_eq!(
			(Escrow::fund(4).balance, Escrow::fund(4).claimable),
			(133, 0)
		);
	});
}

#[test]
fn nobody_claims_the_credit_of_another() {
	run(|| {
		pay(1, Payee::Account(account(50)), 60);
		assert_noop!(claim(&account(2)), Error::<Test>::NothingToClaim);
	});
}

#[test]
fn anybody_can_have_a_pot_paid_once_its_account_can_take_it() {
	run(|| {
		pay(1, Payee::Fund(4), 60);
		let fund = Escrow::fund_account(4);
		let claim_for = || Escrow::claim_for(RuntimeOrigin::signed(account(2)), fund.clone());
		assert_noop!(claim_for(), Error::<Test>::BelowExistentialDeposit);
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(account(2)),
			fund.clone(),
			EXISTENTIAL_DEPOSIT
		));
		assert_ok!(claim_for());
		assert_eq!(
			(Escrow::fund(4).balance, Escrow::fund(4).claimable),
			(EXISTENTIAL_DEPOSIT + 60, 0)
		);
		assert_eq!(balance(&account(2)), START - EXISTENTIAL_DEPOSIT);
		assert_noop!(claim_for(), Error::<Test>::NothingToClaim);
	});
}
