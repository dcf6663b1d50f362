use crate::{mock::*, Error, Event, FundShares, Providers, Withdrawal};
use aci_market::fund::VIRTUAL_SHARES;
use aci_primitives::ACI;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

fn signed(who: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(who))
}

fn provide(who: u8, amount: u128) -> DispatchResult {
	Hmm::provide(signed(who), 0, amount)
}

fn shares(who: u8) -> u128 {
	Providers::<Test>::get(0, account(who)).map_or(0, |provider| provider.shares)
}

/// Withdraws everything of an account, with the wait.
fn leave(who: u8) {
	assert_ok!(Hmm::begin_withdrawal(signed(who), 0, shares(who)));
	skip_to_block(System::block_number() as u32 + UNBONDING);
	assert_ok!(Hmm::withdraw_liquidity(signed(who), 0));
}

#[test]
fn a_deposit_gets_shares_and_leaves_the_balance() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, MIN_LIQUIDITY));
		let shares = MIN_LIQUIDITY * VIRTUAL_SHARES;
		System::assert_last_event(
			Event::LiquidityProvided {
				class: 0,
				who: account(1),
				amount: MIN_LIQUIDITY,
				shares,
			}
			.into(),
		);
		assert_eq!(balance(1), START - MIN_LIQUIDITY);
		assert_eq!(fund(), MIN_LIQUIDITY);
		assert_eq!(FundShares::<Test>::get(0), shares);
		assert_invariants();
	});
}

#[test]
fn only_the_first_deposit_has_a_minimum() {
	one_class().execute_with(|| {
		assert_noop!(
			provide(1, MIN_LIQUIDITY - 1),
			Error::<Test>::BelowMinLiquidity
		);
		assert_noop!(provide(1, 0), Error::<Test>::BelowMinLiquidity);
		assert_ok!(provide(1, MIN_LIQUIDITY));
		assert_ok!(provide(1, 1));
		assert_noop!(provide(1, 0), Error::<Test>::DepositTooSmall);
		assert_noop!(provide(2, 1), Error::<Test>::BelowMinLiquidity);
		assert_invariants();
	});
}

#[test]
fn a_deposit_needs_a_class_and_the_money() {
	one_class().execute_with(|| {
		assert_noop!(
			Hmm::provide(signed(1), 1, MIN_LIQUIDITY),
			Error::<Test>::UnknownClass
		);
		assert!(provide(1, START + 1).is_err());
		// The existential deposit stays.
		assert!(provide(1, START).is_err());
		assert_ok!(provide(1, START - EXISTENTIAL_DEPOSIT));
		assert_noop!(provide(2, u128::MAX), Error::<Test>::DepositTooLarge);
		assert_eq!(balance(1), EXISTENTIAL_DEPOSIT);
		assert_invariants();
	});
}

#[test]
fn a_withdrawal_pays_the_value_of_its_moment_after_the_unbonding_time() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, MIN_LIQUIDITY));
		assert_ok!(provide(2, MIN_LIQUIDITY));
		let half = shares(1) / 2;
		assert_noop!(
			Hmm::begin_withdrawal(signed(1), 0, half),
			Error::<Test>::RemainderBelowMinLiquidity
		);
		let all = shares(1);
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, all));
		System::assert_last_event(
			Event::WithdrawalBegun {
				class: 0,
				who: account(1),
				shares: all,
				from: 150,
				until: 170,
			}
			.into(),
		);
		// On its way out it still earns and bears: a fee of 20, a loss of 10.
		pay_fund(5, 20 * ACI);
		to_block(149);
		assert_noop!(
			Hmm::withdraw_liquidity(signed(1), 0),
			Error::<Test>::NothingToWithdraw
		);
		to_block(150);
		assert_ok!(Hmm::withdraw_liquidity(signed(1), 0));
		let paid = balance(1) - (START - MIN_LIQUIDITY);
		assert!(paid.abs_diff(MIN_LIQUIDITY + 10 * ACI) < 10);
		assert_eq!(Providers::<Test>::get(0, account(1)), None);
		System::assert_last_event(
			Event::LiquidityWithdrawn {
				class: 0,
				who: account(1),
				shares: all,
				amount: paid,
			}
			.into(),
		);
		assert_noop!(
			Hmm::withdraw_liquidity(signed(1), 0),
			Error::<Test>::NotProvider
		);
		assert_invariants();
	});
}

#[test]
fn a_withdrawal_that_is_not_made_in_time_is_bound_again() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, 4 * MIN_LIQUIDITY));
		let part = shares(1) / 4;
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, part));
		to_block(160);
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, part));
		to_block(170);
		assert_noop!(
			Hmm::withdraw_liquidity(signed(1), 0),
			Error::<Test>::NothingToWithdraw
		);
		assert_ok!(provide(1, 1));
		System::assert_has_event(
			Event::WithdrawalLapsed {
				class: 0,
				who: account(1),
				shares: part,
			}
			.into(),
		);
		let provider = Providers::<Test>::get(0, account(1)).expect("provides");
		assert_eq!(
			provider.withdrawals.into_inner(),
			vec![Withdrawal {
				shares: part,
				from: 210,
				until: 230
			}]
		);
		assert_invariants();
	});
}

#[test]
fn cancelling_keeps_the_oldest_on_its_way() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, 10 * MIN_LIQUIDITY));
		let part = shares(1) / 10;
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, part));
		to_block(105);
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, part));
		let free = shares(1);
		assert_noop!(
			Hmm::cancel_withdrawal(signed(1), 0, 2 * part + 1),
			Error::<Test>::NotEnoughShares
		);
		assert_ok!(Hmm::cancel_withdrawal(signed(1), 0, part + 1));
		let provider = Providers::<Test>::get(0, account(1)).expect("provides");
		assert_eq!(provider.shares, free + part + 1);
		assert_eq!(
			provider.withdrawals.into_inner(),
			vec![Withdrawal {
				shares: part - 1,
				from: 150,
				until: 170
			}]
		);
		assert_invariants();
	});
}

#[test]
fn withdrawals_under_way_are_bounded() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, 10 * MIN_LIQUIDITY));
		for _ in 0..3 {
			assert_ok!(Hmm::begin_withdrawal(signed(1), 0, 1));
		}
		assert_noop!(
			Hmm::begin_withdrawal(signed(1), 0, 1),
			Error::<Test>::TooManyWithdrawals
		);
		assert_invariants();
	});
}

#[test]
fn requests_without_effect_are_refused() {
	one_class().execute_with(|| {
		for refused in [
			Hmm::begin_withdrawal(signed(1), 0, 1),
			Hmm::cancel_withdrawal(signed(1), 0, 1),
			Hmm::withdraw_liquidity(signed(1), 0),
		] {
			assert_eq!(refused, Err(Error::<Test>::NotProvider.into()));
		}
		assert_ok!(provide(1, MIN_LIQUIDITY));
		assert_noop!(
			Hmm::begin_withdrawal(signed(1), 0, 0),
			Error::<Test>::NothingAsked
		);
		assert_noop!(
			Hmm::begin_withdrawal(signed(1), 0, u128::MAX),
			Error::<Test>::NotEnoughShares
		);
		assert_noop!(
			Hmm::cancel_withdrawal(signed(1), 0, 0),
			Error::<Test>::NothingAsked
		);
		assert!(Hmm::provide(RuntimeOrigin::root(), 0, 1).is_err());
		assert!(Hmm::withdraw_liquidity(RuntimeOrigin::none(), 0).is_err());
	});
}

#[test]
fn funds_of_two_classes_are_apart() {
	chain(vec![(cpu(), 1_000, 0), (h100(), 1_000, 0)]).execute_with(|| {
		assert_ok!(provide(1, MIN_LIQUIDITY));
		assert_ok!(Hmm::provide(signed(2), 1, 2 * MIN_LIQUIDITY));
		assert_eq!(fund(), MIN_LIQUIDITY);
		assert_noop!(
			Hmm::begin_withdrawal(signed(2), 0, 1),
			Error::<Test>::NotProvider
		);
		assert_invariants();
	});
}

#[test]
fn what_an_account_cannot_take_becomes_claimable() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, 2 * MIN_LIQUIDITY));
		// So few shares that their value is dust, to an account that is gone meanwhile.
		let dust = 10 * VIRTUAL_SHARES;
		assert_ok!(Hmm::begin_withdrawal(signed(1), 0, dust));
		use frame_support::traits::fungible::Mutate;
		use frame_support::traits::tokens::Preservation;
		let rest = balance(1);
		assert_ok!(Balances::transfer(
			&account(1),
			&account(2),
			rest,
			Preservation::Expendable
		));
		skip_to_block(150);
		assert_ok!(Hmm::withdraw_liquidity(signed(1), 0));
		assert_eq!(balance(1), 0);
		let claimable = crate::mock::escrow_double::Claimable::<Test>::get(account(1));
		assert_eq!(claimable, 9);
		assert_eq!(Hmm::do_try_state(), Ok(()));
	});
}

/// Fees that came before anybody provided stay with nobody's shares.
#[test]
fn the_first_provider_does_not_get_earlier_fees() {
	one_class().execute_with(|| {
		pay_fund(5, 5_000 * ACI);
		let before = balance(1);
		assert_ok!(provide(1, MIN_LIQUIDITY));
		leave(1);
		assert!(balance(1) <= before && before - balance(1) < 100);
		assert_invariants();
	});
}

/// Attack: the first provider inflates the share price by a donation before a victim deposits.
#[test]
fn a_donation_before_a_victims_deposit_costs_the_donor() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, MIN_LIQUIDITY));
		pay_fund(1, 100_000 * ACI);
		assert_ok!(provide(2, MIN_LIQUIDITY));
		leave(2);
		leave(1);
		assert!(balance(1) < START);
		assert!(START - balance(2) < 10);
		assert_invariants();
	});
}

#[test]
fn two_equal_providers_share_a_fee_equally() {
	one_class().execute_with(|| {
		assert_ok!(provide(1, MIN_LIQUIDITY));
		assert_ok!(provide(2, MIN_LIQUIDITY));
		pay_fund(5, 100 * ACI);
		leave(1);
		leave(2);
		for who in [1, 2] {
			assert!(balance(who).abs_diff(START + 50 * ACI) < 100);
		}
		assert_invariants();
	});
}
