use super::*;
use crate::{Error, Event};
use frame_support::{assert_noop, assert_ok, traits::fungible::MutateFreeze};

const FUND: Pot = Pot::Fund(4);

fn pay_in(from: u8, amount: Balance) -> DispatchResult {
	<Escrow as Pots>::pay_in(&account(from), FUND, amount)
}

fn pay_out(payments: &[(AccountId, Balance)]) -> DispatchResult {
	<Escrow as Pots>::pay_out(FUND, payments)
}

fn pot() -> Balance {
	<Escrow as Pots>::balance(FUND)
}

/// What is on the pot's account, and what waits for it.
fn parts() -> (Balance, Balance) {
	let view = Escrow::fund(4);
	(view.balance, view.claimable)
}

#[test]
fn what_is_paid_in_comes_of_the_balance_and_leaves_the_existential_deposit() {
	run(|| {
		assert_ok!(pay_in(1, 400));
		assert_eq!((pot(), balance(&account(1))), (400, START - 400));
		let paid = Event::PaidIn {
			pot: FUND,
			from: account(1),
			amount: 400,
			balance: 400,
		};
		System::assert_last_event(paid.into());
		let most = START - 400 - EXISTENTIAL_DEPOSIT;
		assert_noop!(pay_in(1, most + 1), Error::<Test>::InsufficientFunds);
		assert_ok!(pay_in(1, most));
		assert_eq!(balance(&account(1)), EXISTENTIAL_DEPOSIT);
		assert_noop!(pay_in(1, 1), Error::<Test>::InsufficientFunds);
		assert_noop!(pay_in(99, 1), Error::<Test>::InsufficientFunds);
	});
}

#[test]
fn escrow_and_frozen_money_cannot_be_paid_in() {
	run(|| {
		assert_ok!(deposit(&account(1), START / 2));
		assert_ok!(Balances::set_freeze(&0, &account(1), START - 300));
		assert_noop!(pay_in(1, START / 2), Error::<Test>::InsufficientFunds);
	});
}

#[test]
fn nothing_paid_in_or_out_changes_nothing() {
	run(|| {
		let before = sp_io::storage::root(sp_core::storage::StateVersion::V1);
		assert_ok!(pay_in(99, 0));
		assert_ok!(pay_out(&[]));
		assert_ok!(pay_out(&[(account(1), 0)]));
		let after = sp_io::storage::root(sp_core::storage::StateVersion::V1);
		assert_eq!(before, after);
	});
}

#[test]
fn a_pot_below_the_existential_deposit_takes_and_pays() {
	run(|| {
		assert_ok!(pay_in(1, 60));
		assert_eq!((parts(), pot()), ((0, 60), 60));
		assert_ok!(pay_out(&[(account(2), 25)]));
		assert_eq!((parts(), pot()), ((0, 35), 35));
		assert_ok!(pay_in(1, 65));
		assert_eq!((parts(), pot()), ((100, 0), 100));
	});
}

#[test]
fn a_rest_below_the_existential_deposit_is_not_lost_but_waits() {
	run(|| {
		assert_ok!(pay_in(1, 1_000));
		assert_ok!(pay_out(&[(account(2), 950)]));
		assert_eq!((parts(), pot()), ((0, 50), 50));
		assert_eq!(balance(&account(2)), START + 950);
		let paid = Event::PaidOut {
			pot: FUND,
			payees: 1,
			amount: 950,
			balance: 50,
		};
		System::assert_last_event(paid.into());
		assert_ok!(pay_out(&[(account(2), 50)]));
		assert_eq!((parts(), pot()), ((0, 0), 0));
	});
}

#[test]
fn a_pot_pays_out_all_that_it_has_and_no_more() {
	run(|| {
		assert_ok!(pay_in(1, 1_000));
		let all = [(account(2), 400), (account(3), 600)];
		let more = [(account(2), 401), (account(3), 600)];
		assert_noop!(pay_out(&more), Error::<Test>::InsufficientPot);
		let endless = [(account(2), Balance::MAX), (account(2), Balance::MAX)];
		assert_noop!(pay_out(&endless), Error::<Test>::InsufficientPot);
		assert_ok!(pay_out(&all));
		assert_eq!(pot(), 0);
		assert_noop!(pay_out(&[(account(2), 1)]), Error::<Test>::InsufficientPot);
	});
}

#[test]
fn a_pot_pays_of_what_waits_and_of_its_account_together() {
	run(|| {
		assert_ok!(pay_in(1, 60));
		// Someone sends the pot's account money past the escrow.
		let signed = RuntimeOrigin::signed(account(2));
		assert_ok!(Balances::transfer_allow_death(
			signed,
			Escrow::fund_account(4),
			500
		));
		assert_eq!((parts(), pot()), ((500, 60), 560));
		assert_ok!(pay_out(&[(account(3), 460)]));
		assert_eq!((parts(), pot()), ((100, 0), 100));
		assert_eq!(balance(&account(3)), START + 460);
	});
}

#[test]
fn dust_for_a_payee_of_a_pot_waits_netted_with_its_other_payments() {
	run(|| {
		assert_ok!(pay_in(1, 1_000));
		let newcomer = account(50);
		assert_ok!(pay_out(&[(newcomer.clone(), 40), (newcomer.clone(), 50)]));
		assert_eq!(Escrow::claimable(newcomer.clone()), 90);
		assert_ok!(pay_out(&[(newcomer.clone(), 5), (newcomer.clone(), 5)]));
		assert_eq!(balance(&newcomer), 100);
		assert_eq!(pot(), 900);
	});
}

#[test]
fn a_pot_that_pays_itself_has_what_it_had() {
	run(|| {
		assert_ok!(pay_in(1, 130));
		assert_ok!(pay_out(&[(Escrow::fund_account(4), 80)]));
		assert_eq!(pot(), 130);
		assert_ok!(pay_out(&[(Escrow::fund_account(4), 130)]));
		assert_eq!(pot(), 130);
	});
}

#[test]
fn what_others_freeze_on_a_pots_account_is_not_counted_and_the_rest_is_paid() {
	run(|| {
		assert_ok!(pay_in(1, 1_000));
		assert_ok!(Balances::set_freeze(&0, &Escrow::fund_account(4), 300));
		assert_eq!(pot(), 700);
		assert_noop!(
			pay_out(&[(account(2), 701)]),
			Error::<Test>::InsufficientPot
		);
		assert_ok!(pay_out(&[(account(2), 700)]));
		assert_eq!((parts(), pot()), ((300, 0), 0));
	});
}

#[test]
fn pots_do_not_pay_for_each_other() {
	run(|| {
		assert_ok!(pay_in(1, 1_000));
		assert_ok!(<Escrow as Pots>::pay_in(&account(1), Pot::Validators, 500));
		assert_noop!(
			<Escrow as Pots>::pay_out(Pot::Validators, &[(account(2), 501)]),
			Error::<Test>::InsufficientPot
		);
		assert_eq!(
			(pot(), <Escrow as Pots>::balance(Pot::Validators)),
			(1_000, 500)
		);
	});
}

#[test]
fn a_pots_credit_that_waits_is_not_drawn_by_another_payee() {
	run(|| {
		assert_ok!(pay_in(1, 60));
		assert_ok!(<Escrow as Pots>::pay_in(&account(1), Pot::Fund(5), 60));
		assert_noop!(pay_out(&[(account(2), 61)]), Error::<Test>::InsufficientPot);
		assert_ok!(pay_out(&[(account(2), 60)]));
		assert_eq!(<Escrow as Pots>::balance(Pot::Fund(5)), 60);
	});
}

#[test]
fn what_waited_for_a_pot_and_is_paid_on_is_stated() {
	run(|| {
		assert_ok!(pay_in(1, 60));
		System::reset_events();
		assert_ok!(pay_out(&[(account(2), 25)]));
		let claimed = |amount| {
			let who = Escrow::pot_account(FUND);
			Event::<Test>::Claimed { who, amount }
		};
		System::assert_has_event(claimed(25).into());
		assert_ok!(pay_in(1, 165));
		System::reset_events();
		assert_eq!(parts(), (200, 0));
		assert_ok!(pay_out(&[(account(2), 10)]));
		let none = System::events()
			.into_iter()
			.all(|record| !matches!(record.event, RuntimeEvent::Escrow(Event::Claimed { .. })));
		assert!(none, "nothing had waited");
	});
}
