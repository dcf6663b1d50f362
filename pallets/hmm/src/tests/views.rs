use crate::{mock::*, ActivityView, FundView, ProviderView, Swap, Withdrawal};
use aci_market::{control, ControlRules};
use aci_primitives::traits::{MarketActivity, MarketQuote, Prepayments};
use frame_support::assert_ok;

#[test]
fn a_fund_and_its_provider_are_shown_with_their_values() {
	one_class().execute_with(|| {
		let signed = || RuntimeOrigin::signed(account(1));
		assert_eq!(Hmm::fund(1), None);
		assert_eq!(Hmm::provider(0, account(1)), None);
		assert_ok!(Hmm::provide(signed(), 0, 4 * MIN_LIQUIDITY));
		let shares = Hmm::provider(0, account(1)).expect("provides").shares;
		assert_ok!(Hmm::begin_withdrawal(signed(), 0, shares / 4));
		let worth = |parts: u128| parts * MIN_LIQUIDITY - 1;
		assert_eq!(
			Hmm::provider(0, account(1)),
			Some(ProviderView {
				shares: shares / 4 * 3,
				value: worth(3),
				withdrawals: vec![(
					Withdrawal {
						shares: shares / 4,
						from: 150,
						until: 170
					},
					worth(1)
				)],
			})
		);
		assert_eq!(
			Hmm::fund(0),
			Some(FundView {
				assets: 4 * MIN_LIQUIDITY,
				shares,
				value: worth(4),
				floor_share: FLOOR_SHARE,
				next_floor_share: control::floor_share(4 * MIN_LIQUIDITY, &ControlRules::default()),
			})
		);
		// What lapsed is shown as bound before anybody stores it so.
		skip_to_block(170);
		let view = Hmm::provider(0, account(1)).expect("provides");
		assert_eq!((view.shares, view.withdrawals.len()), (shares, 0));
	});
}

#[test]
fn a_quote_of_a_reservation_and_of_its_refund_is_what_the_call_does() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		let quote = Hmm::reservation_quote(0, 2_000, 50).expect("offered");
		let action = Swap::Buy {
			class: 0,
			milli_slots: 2_000,
			blocks: 50,
			max_price: quote.price,
		};
		assert_eq!(quote.version, Hmm::pool_state(0).expect("known").version);
		assert_ok!(Hmm::swap(RuntimeOrigin::signed(account(1)), action));
		assert_eq!(EscrowDouble::prepaid(0), quote.price);
		let state = Hmm::reservation(0).expect("bought");
		assert_eq!(state.flops, quote.flops);
		assert_eq!(state.reservation.unit_price, quote.unit_price);
		let refund = Hmm::refund_quote(0).expect("open");
		let before = balance(1);
		let action = Swap::SellBack {
			reservation: 0,
			min_refund: refund,
		};
		assert_ok!(Hmm::swap(RuntimeOrigin::signed(account(1)), action));
		assert_eq!(balance(1), before + refund);
		assert!(Hmm::refund_quote(0).is_err());
	});
}

#[test]
fn a_price_curve_runs_from_par_to_the_95_percent_price() {
	one_class().execute_with(|| {
		assert_eq!(Hmm::price_curve(0, 3), vec![]);
		assert_eq!(Hmm::price_curve(9, 3), vec![]);
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		assert_ok!(Hmm::take(0, 3_000));
		// Half of 1,000 is the floor: 500 · (20/(19·0.5 + 1))² + 500 = 2,314.05…
		let expected = vec![(0, 1_000), (500_000_000, 2_315), (1_000_000_000, 200_500)];
		assert_eq!(Hmm::price_curve(0, 3), expected);
		assert_eq!(Hmm::price_curve(0, 0), vec![]);
		assert_eq!(Hmm::price_curve(0, 1), vec![(0, 1_000)]);
		let many = Hmm::price_curve(0, u32::MAX);
		assert_eq!(many.len(), 32);
		assert!(many
			.windows(2)
			.all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
	});
}

#[test]
fn the_activity_of_the_running_epoch_is_shown() {
	one_class().execute_with(|| {
		assert_eq!(Hmm::activity(1), None);
		assert_ok!(Hmm::add_capacity(0, 2_000, WHOLE));
		Hmm::paid(0, 10_000);
		skip_to_block(110);
		assert_eq!(
			Hmm::activity(0),
			Some(ActivityView {
				epoch: 1,
				ends: 120,
				paid: 10_000,
				offered: 2_000 * 20_000,
				registered: 2_000,
				utilisation: Some(250_000_000),
			})
		);
	});
}
