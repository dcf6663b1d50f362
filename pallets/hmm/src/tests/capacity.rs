use crate::{mock::*, Error, Event};
use aci_market::MAX_CAPACITY;
use aci_primitives::traits::MarketQuote;
use frame_support::{assert_noop, assert_ok};

fn free_and_target(class: u16) -> (u64, u64) {
	let pool = Hmm::pool(class).expect("known");
	(pool.free, pool.target)
}

fn version() -> u32 {
	Hmm::pool_state(0).expect("known").version
}

#[test]
fn capacity_is_added_free_and_removed_free() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 3_000, WHOLE));
		assert_eq!(free_and_target(0), (3_000, 3_000));
		System::assert_last_event(
			Event::PoolChanged {
				class: 0,
				free: 3_000,
				target: 3_000,
				par_price: PAR_PRICE,
				floor_share: FLOOR_SHARE,
				free_weight: 4_096,
				version: 1,
				unit_price: Some(PAR_PRICE),
			}
			.into(),
		);
		assert_ok!(Hmm::remove_capacity(0, 3_000, WHOLE));
		assert_eq!(free_and_target(0), (0, 0));
		System::assert_last_event(
			Event::PoolChanged {
				class: 0,
				free: 0,
				target: 0,
				par_price: PAR_PRICE,
				floor_share: FLOOR_SHARE,
				free_weight: 4_096,
				version: 2,
				unit_price: None,
			}
			.into(),
		);
		assert_invariants();
	});
}

#[test]
fn taking_and_giving_back_return_to_the_same_price_without_events() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 3_000, WHOLE));
		System::reset_events();
		let resting = Hmm::marginal_price(0);
		assert_ok!(Hmm::take(0, 1_000));
		assert_eq!(free_and_target(0), (2_000, 3_000));
		assert!(Hmm::marginal_price(0) > resting);
		assert_eq!(Hmm::utilisation(0), Some(333_333_333));
		assert_ok!(Hmm::give_back(0, 1_000));
		assert_eq!(Hmm::marginal_price(0), resting);
		assert_eq!(System::events().len(), 0);
		// The price returned and the version did not.
		assert_eq!(version(), 3);
		assert_invariants();
	});
}

#[test]
fn the_last_slot_can_be_taken() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 2_000, WHOLE));
		assert_ok!(Hmm::take(0, 1_000));
		assert_ok!(Hmm::take(0, 1_000));
		assert_eq!(Hmm::utilisation(0), Some(1_000_000_000));
		assert_noop!(Hmm::take(0, 1), Error::<Test>::NotEnoughCapacity);
		assert_invariants();
	});
}

#[test]
fn capacity_in_use_is_not_removed() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 3_000, WHOLE));
		assert_ok!(Hmm::take(0, 2_000));
		assert_noop!(
			Hmm::remove_capacity(0, 1_001, WHOLE),
			Error::<Test>::NotEnoughCapacity
		);
		assert_ok!(Hmm::remove_capacity(0, 1_000, WHOLE));
		assert_eq!(free_and_target(0), (0, 2_000));
		assert_invariants();
	});
}

#[test]
fn no_more_is_given_back_than_was_taken() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 3_000, WHOLE));
		assert_ok!(Hmm::take(0, 1_000));
		assert_noop!(Hmm::give_back(0, 1_001), Error::<Test>::AboveTarget);
	});
}

#[test]
fn requests_without_effect_are_refused_or_change_no_version() {
	one_class().execute_with(|| {
		assert_noop!(Hmm::take(0, 1), Error::<Test>::EmptyPool);
		assert_ok!(Hmm::add_capacity(0, 3_000, WHOLE));
		assert_noop!(Hmm::take(0, 0), Error::<Test>::NothingAsked);
		assert_noop!(Hmm::give_back(0, 0), Error::<Test>::NothingAsked);
		let before = Hmm::pool_state(0);
		assert_ok!(Hmm::add_capacity(0, 0, WHOLE));
		assert_ok!(Hmm::remove_capacity(0, 0, WHOLE));
		assert_eq!(Hmm::pool_state(0), before);
	});
}

#[test]
fn capacity_has_a_bound() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, MAX_CAPACITY, WHOLE));
		assert_noop!(
			Hmm::add_capacity(0, 1, WHOLE),
			Error::<Test>::CapacityOutOfBounds
		);
		assert_noop!(
			Hmm::add_capacity(0, u64::MAX, WHOLE),
			Error::<Test>::CapacityOutOfBounds
		);
		assert_invariants();
	});
}

#[test]
fn an_unknown_class_has_no_capacity() {
	one_class().execute_with(|| {
		let unknown = || Error::<Test>::UnknownClass;
		assert_noop!(Hmm::take(1, 1), unknown());
		assert_noop!(Hmm::give_back(1, 1), unknown());
		assert_noop!(Hmm::add_capacity(1, 1, WHOLE), unknown());
		assert_noop!(Hmm::remove_capacity(1, 1, WHOLE), unknown());
		assert_eq!(Hmm::pool(1), None);
		assert_eq!(Hmm::utilisation(1), None);
	});
}

#[test]
fn no_pool_moves_another() {
	chain(vec![(cpu(), 1_000, 0), (h100(), 2_000, 0)]).execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 3_000, WHOLE));
		assert_ok!(Hmm::add_capacity(1, 3_000, WHOLE));
		let other = Hmm::pool_state(1);
		assert_ok!(Hmm::take(0, 3_000));
		assert_ok!(Hmm::give_back(0, 1_000));
		assert_ok!(Hmm::remove_capacity(0, 1_000, WHOLE));
		assert_eq!(Hmm::pool_state(1), other);
		assert_invariants();
	});
}
