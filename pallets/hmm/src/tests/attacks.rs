//! Attacks on the market, each with the attacker's profit.

use crate::{mock::*, Swap};
use aci_market::{curve, reservation::reserved_flops};
use aci_primitives::traits::{MarketQuote, Prepayments};
use frame_support::assert_ok;

fn buy(who: u8, milli_slots: u64, blocks: u32) -> u64 {
	let id = crate::NextReservation::<Test>::get();
	assert_ok!(Hmm::swap(
		RuntimeOrigin::signed(account(who)),
		Swap::Buy {
			class: 0,
			milli_slots,
			blocks,
			max_price: u128::MAX,
		},
	));
	id
}

fn sell_back(who: u8, reservation: u64) {
	let action = Swap::SellBack {
		reservation,
		min_refund: 0,
	};
	assert_ok!(Hmm::swap(RuntimeOrigin::signed(account(who)), action));
	assert_invariants();
}

fn ten_slots() {
	assert_ok!(Hmm::set_price(
		RuntimeOrigin::root(),
		0,
		1_000_000_000,
		FLOOR_SHARE
	));
	assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
}

/// Buying low, raising the price by another purchase, and selling back, in any order, at once and
/// later, with the price moved in between.
#[test]
fn a_round_trip_of_reservations_never_profits() {
	one_class().execute_with(|| {
		ten_slots();
		for (wait, par_price) in [(0, 1_000_000_000), (5, 1 << 40), (50, 1_000), (0, 1)] {
			let before = balance(1) + balance(2);
			let first = buy(1, 1_000, 100);
			let second = buy(2, 3_000, 100);
			assert_ok!(Hmm::set_price(RuntimeOrigin::root(), 0, par_price, 0));
			skip_to_block(System::block_number() as u32 + wait + 1);
			sell_back(1, first);
			let third = buy(1, 2_000, 10);
			sell_back(2, second);
			sell_back(1, third);
			assert!(balance(1) + balance(2) < before);
			assert_ok!(Hmm::set_price(RuntimeOrigin::root(), 0, 1_000_000_000, 0));
		}
	});
}

/// Holding slots without using them costs the curve's price for the time, whether the window ends or
/// is sold back, and the owner of the whole fund gets none of it back.
#[test]
fn stalling_slots_costs_at_least_the_curves_price_for_the_time() {
	one_class().execute_with(|| {
		ten_slots();
		assert_ok!(Hmm::provide(
			RuntimeOrigin::signed(account(1)),
			0,
			MIN_LIQUIDITY
		));
		let in_fund = fund();
		let curve_price = |blocks: u32| {
			let time = u64::from(blocks) * BLOCK_TIME;
			let flops = reserved_flops(5_000, cpu().peak_flops, time, 100_000).expect("fits");
			let pool = Hmm::pool(0).expect("known");
			curve::price(&pool, 5_000, flops).expect("free")
		};
		// To the end.
		let (start, expected) = (balance(1), curve_price(20));
		buy(1, 5_000, 20);
		to_block(121);
		assert!(start - balance(1) >= expected);
		// Sold back after a fifth of the window.
		let (start, expected) = (balance(1), curve_price(20));
		let id = buy(1, 5_000, 100);
		skip_to_block(System::block_number() as u32 + 20);
		sell_back(1, id);
		assert!(start - balance(1) >= expected);
		assert_eq!(fund(), in_fund);
		assert_invariants();
	});
}

#[test]
fn the_last_slot_is_sold_at_a_finite_price_and_the_next_buyer_waits() {
	one_class().execute_with(|| {
		ten_slots();
		MaxReservedShare::set(1_000_000_000);
		assert_ok!(Hmm::take(0, 9_000));
		// 10^9 · (0.5 · 400·10²/((19 + 10)·10) + 0.5) = 69,465,517,241.3…
		let id = buy(1, 1_000, 10);
		let state = Hmm::reservation(id).expect("bought");
		assert_eq!(state.reservation.unit_price, 69_465_517_242);
		assert_eq!(EscrowDouble::prepaid(id), 2 * 69_465_517_242);
		// What the curve says at 95 %: 10^9 · (0.5 · 400 + 0.5).
		assert_eq!(Hmm::marginal_price(0), Some(200_500_000_000));
		let refused = Hmm::reservation_quote(0, 1_000, 10);
		assert!(refused.is_err());
		MaxReservedShare::set(500_000_000);
	});
}

/// Without a bound one account could buy the whole class and leave the spot market dry.
#[test]
fn half_of_a_class_stays_for_jobs() {
	one_class().execute_with(|| {
		ten_slots();
		for who in 1..=5 {
			buy(who, 1_000, 1_000);
		}
		assert!(Hmm::reservation_quote(0, 1_000, 1_000).is_err());
		assert_ok!(Hmm::quote(0, 1_000, 1));
		assert_eq!(Hmm::pool(0).expect("known").free, 5_000);
	});
}

/// A provider that always has a withdrawal ready would leave in the block before a refund. It cannot:
/// a withdrawal is ready for a while only, and whoever holds on is bound again.
#[test]
fn a_provider_cannot_keep_a_withdrawal_ready_for_ever() {
	one_class().execute_with(|| {
		let signed = || RuntimeOrigin::signed(account(1));
		assert_ok!(Hmm::provide(signed(), 0, MIN_LIQUIDITY));
		let shares = Hmm::provider(0, account(1)).expect("provides").shares;
		assert_ok!(Hmm::begin_withdrawal(signed(), 0, shares));
		skip_to_block(100 + UNBONDING + WITHDRAWAL_WINDOW);
		assert!(Hmm::withdraw_liquidity(signed(), 0).is_err());
		assert_ok!(Hmm::begin_withdrawal(signed(), 0, shares));
		assert!(Hmm::withdraw_liquidity(signed(), 0).is_err());
		assert_invariants();
	});
}
