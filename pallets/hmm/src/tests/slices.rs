use crate::{mock::*, Error, SliceCount, SliceStates};
use aci_market::curve;
use aci_primitives::{
	job::Home,
	traits::{MarketQuote, Slices},
};
use frame_support::{assert_noop, assert_ok};

fn home(number: u8) -> Home {
	Home::Validator(account(number))
}

#[test]
fn a_slice_has_the_capacity_that_was_split_off_and_the_pools_price() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		assert_eq!(Hmm::slice(0, &home(1)), None);
		assert_ok!(Hmm::split(0, &home(1), 3_000));
		assert_invariants();
		let slice = Hmm::slice(0, &home(1)).expect("split");
		let pool = Hmm::pool(0).expect("known");
		assert_eq!((slice.free, slice.target), (3_000, 3_000));
		assert_eq!((pool.free, pool.target), (7_000, 7_000));
		assert_eq!(curve::marginal_price(&slice), curve::marginal_price(&pool));
		// A new price of the pool is the slice's at once.
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), 0, 77, 0));
		assert_eq!(Hmm::slice(0, &home(1)).expect("split").par_price, 77);
	});
}

#[test]
fn merging_gives_back_and_ends_an_empty_slice() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		let before = Hmm::pool(0);
		assert_ok!(Hmm::split(0, &home(1), 3_000));
		assert_ok!(Hmm::merge(0, &home(1), 1_000));
		assert_invariants();
		assert_eq!(Hmm::slice(0, &home(1)).expect("split").free, 2_000);
		assert_ok!(Hmm::merge(0, &home(1), 2_000));
		assert_eq!(Hmm::pool(0), before);
		assert_eq!(SliceStates::<Test>::iter().count(), 0);
		assert_eq!(SliceCount::<Test>::get(0), 0);
		assert_invariants();
	});
}

#[test]
fn only_free_capacity_is_split_and_merged() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		assert_ok!(Hmm::take(0, 6_000));
		assert_noop!(
			Hmm::split(0, &home(1), 4_001),
			Error::<Test>::NotEnoughCapacity
		);
		assert_noop!(Hmm::split(0, &home(1), 0), Error::<Test>::NothingAsked);
		assert_noop!(Hmm::split(1, &home(1), 1), Error::<Test>::UnknownClass);
		assert_noop!(Hmm::merge(0, &home(1), 1), Error::<Test>::NoSlice);
		assert_ok!(Hmm::split(0, &home(1), 4_000));
		assert_noop!(
			Hmm::merge(0, &home(1), 4_001),
			Error::<Test>::NotEnoughCapacity
		);
		assert_noop!(Hmm::merge(0, &home(2), 1), Error::<Test>::NoSlice);
		assert_invariants();
	});
}

#[test]
fn slices_of_a_pool_are_bounded() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 10_000, WHOLE));
		assert_ok!(Hmm::split(0, &home(1), 1_000));
		assert_ok!(Hmm::split(0, &Home::Chain, 1_000));
		assert_noop!(Hmm::split(0, &home(2), 1_000), Error::<Test>::TooManySlices);
		assert_ok!(Hmm::split(0, &home(1), 1_000));
		assert_ok!(Hmm::merge(0, &Home::Chain, 1_000));
		assert_ok!(Hmm::split(0, &home(2), 1_000));
		assert_invariants();
	});
}
