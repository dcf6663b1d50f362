use crate::{mock::*, Error};
use aci_market::{FLOPS_PER_COMPUTE_UNIT, MAX_PAR_PRICE};
use aci_primitives::traits::{MarketQuote, Quote};
use frame_support::{assert_noop, assert_ok};

#[test]
fn a_quote_carries_price_version_and_expiry() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		// Half of the price is the floor: 2.5 · 1,000 · (0.5 · 200/181 + 0.5) = 2,631.2…
		let flops = 5 * FLOPS_PER_COMPUTE_UNIT / 2;
		let expected = Quote {
			class: 0,
			flops,
			price: 2_632,
			unit_price: 1_053,
			version: 1,
			expires: 100 + QUOTE_LIFETIME,
		};
		assert_eq!(Hmm::quote(0, 1_000, flops), Ok(expected.clone()));
		assert_eq!(Hmm::indicative_quote(0, 1_000, flops), Ok(expected));
	});
}

#[test]
fn a_quote_changes_nothing() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		let before = Hmm::pool_state(0);
		assert_ok!(Hmm::quote(0, 1_000, 1));
		assert_eq!(Hmm::pool_state(0), before);
	});
}

#[test]
fn every_change_outdates_a_quote() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		let quoted = || Hmm::quote(0, 1_000, 1).expect("capacity is free").version;
		let mut last = quoted();
		let mut changed = || {
			let new = quoted();
			let is_new = new != last;
			last = new;
			is_new
		};
		assert_ok!(Hmm::take(0, 1_000));
		assert!(changed());
		assert_ok!(Hmm::give_back(0, 1_000));
		assert!(changed());
		assert_ok!(Hmm::add_capacity(0, 1_000, WHOLE));
		assert!(changed());
		assert_ok!(Hmm::remove_capacity(0, 1_000, WHOLE));
		assert!(changed());
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), 0, 2_000, 0));
		assert!(changed());
		assert_ok!(Hmm::set_class(RuntimeOrigin::root(), 0, h100()));
		assert!(changed());
		assert_ok!(Hmm::set_class(RuntimeOrigin::root(), 0, h100()));
		assert!(!changed());
	});
}

#[test]
fn what_cannot_be_quoted_says_why() {
	one_class().execute_with(|| {
		assert_noop!(Hmm::quote(1, 1_000, 1), Error::<Test>::UnknownClass);
		assert_noop!(Hmm::quote(0, 1_000, 1), Error::<Test>::EmptyPool);
		assert_ok!(Hmm::add_capacity(0, 1_000, WHOLE));
		assert_noop!(Hmm::quote(0, 0, 1), Error::<Test>::NothingAsked);
		assert_noop!(Hmm::quote(0, 1_001, 1), Error::<Test>::NotEnoughCapacity);
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), 0, MAX_PAR_PRICE, 0));
		assert_noop!(Hmm::quote(0, 1_000, u128::MAX), Error::<Test>::PriceTooHigh);
	});
}
