use crate::{mock::*, Error, Event, NextClass};
use aci_market::{Pool, MAX_FLOOR_SHARE, MAX_PAR_PRICE};
use aci_primitives::{traits::MarketQuote, Class, ClassId};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::traits::BadOrigin;

#[test]
fn genesis_classes_are_numbered_from_zero() {
	chain(vec![(cpu(), 1_000, 0), (h100(), 2_000, 900_000_000)]).execute_with(|| {
		assert_eq!(Hmm::class(0), Some(cpu()));
		assert_eq!(Hmm::class(1), Some(h100()));
		assert_eq!(Hmm::class(2), None);
		let pool = Pool {
			free: 0,
			target: 0,
			par_price: 2_000,
			floor_share: 900_000_000,
			free_weight: 4_096,
		};
		assert_eq!(Hmm::pool(1), Some(pool));
		assert_eq!(NextClass::<Test>::get(), 2);
		assert_invariants();
	});
}

#[test]
#[should_panic(expected = "is out of bounds")]
fn a_genesis_class_out_of_bounds_stops_the_chain_from_starting() {
	chain(vec![(cpu(), 0, 0)]);
}

#[test]
fn a_created_class_has_the_next_number_and_an_empty_pool() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::create_class(RuntimeOrigin::root(), h100(), 7, 8));
		System::assert_last_event(
			Event::ClassCreated {
				id: 1,
				class: h100(),
				par_price: 7,
				floor_share: 8,
			}
			.into(),
		);
		let state = Hmm::pool_state(1).expect("created");
		assert_eq!(
			state.pool,
			Pool {
				free: 0,
				target: 0,
				par_price: 7,
				floor_share: 8,
				free_weight: 4_096,
			}
		);
		assert_eq!((state.version, state.changed), (0, 100));
		assert_eq!(Hmm::marginal_price(1), None);
		assert_eq!(Hmm::utilisation(1), Some(0));
		assert_invariants();
	});
}

#[test]
fn a_class_out_of_bounds_is_refused() {
	type Change = fn(&mut Class);
	let cases: [(Change, Error<Test>); 6] = [
		(|c| c.name = Default::default(), Error::ClassName),
		(
			|c| c.name = b" ".to_vec().try_into().expect("short"),
			Error::ClassName,
		),
		(
			|c| c.name = vec![0xff].try_into().expect("short"),
			Error::ClassName,
		),
		(|c| c.memory = 0, Error::ClassFigureZero),
		(|c| c.peak_flops = 0, Error::ClassFigureZero),
		(|c| c.bandwidth = 0, Error::ClassFigureZero),
	];
	one_class().execute_with(|| {
		for (change, error) in cases {
			let mut class = h100();
			change(&mut class);
			let stored = class.clone();
			assert_noop!(
				Hmm::create_class(RuntimeOrigin::root(), class, 1, 0),
				sp_runtime::DispatchError::from(error)
			);
			assert!(Hmm::set_class(RuntimeOrigin::root(), 0, stored).is_err());
			assert_eq!(Hmm::class(0), Some(cpu()));
		}
	});
}

#[test]
fn a_price_out_of_bounds_is_refused() {
	one_class().execute_with(|| {
		let root = RuntimeOrigin::root;
		for (par_price, floor_share, error) in [
			(0, 0, Error::<Test>::ParPriceOutOfBounds),
			(MAX_PAR_PRICE + 1, 0, Error::<Test>::ParPriceOutOfBounds),
			(1, MAX_FLOOR_SHARE + 1, Error::<Test>::FloorShareOutOfBounds),
		] {
			let error = sp_runtime::DispatchError::from(error);
			assert_noop!(
				Hmm::create_class(root(), h100(), par_price, floor_share),
				error
			);
			assert_noop!(Hmm::set_price(root(), 0, par_price, floor_share), error);
		}
		assert_ok!(Hmm::set_price(root(), 0, MAX_PAR_PRICE, MAX_FLOOR_SHARE));
		assert_invariants();
	});
}

#[test]
fn only_governance_creates_and_changes_classes() {
	one_class().execute_with(|| {
		let signed = || RuntimeOrigin::signed(aci_primitives::AccountId::new([1; 32]));
		assert_noop!(Hmm::create_class(signed(), h100(), 1, 0), BadOrigin);
		assert_noop!(Hmm::set_class(signed(), 0, h100()), BadOrigin);
		assert_noop!(Hmm::set_price(signed(), 0, 1, 0), BadOrigin);
		assert_noop!(Hmm::set_price(RuntimeOrigin::none(), 0, 1, 0), BadOrigin);
	});
}

#[test]
fn an_unknown_class_cannot_be_changed() {
	one_class().execute_with(|| {
		let root = RuntimeOrigin::root;
		assert_noop!(
			Hmm::set_class(root(), 1, h100()),
			Error::<Test>::UnknownClass
		);
		assert_noop!(Hmm::set_price(root(), 1, 1, 0), Error::<Test>::UnknownClass);
	});
}

#[test]
fn the_numbers_of_classes_end() {
	one_class().execute_with(|| {
		NextClass::<Test>::put(ClassId::MAX);
		assert_noop!(
			Hmm::create_class(RuntimeOrigin::root(), h100(), 1, 0),
			Error::<Test>::TooManyClasses
		);
	});
}

#[test]
fn new_figures_change_the_version_and_keep_the_pool() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 5_000, WHOLE));
		let before = Hmm::pool_state(0).expect("known");
		System::set_block_number(105);
		assert_ok!(Hmm::set_class(RuntimeOrigin::root(), 0, h100()));
		let after = Hmm::pool_state(0).expect("known");
		assert_eq!(Hmm::class(0), Some(h100()));
		assert_eq!(after.pool, before.pool);
		assert_eq!((after.version, after.changed), (before.version + 1, 105));
		System::assert_last_event(
			Event::ClassChanged {
				id: 0,
				class: h100(),
				version: after.version,
			}
			.into(),
		);
		// The same figures again change nothing.
		System::set_block_number(106);
		assert_ok!(Hmm::set_class(RuntimeOrigin::root(), 0, h100()));
		assert_eq!(Hmm::pool_state(0), Some(after));
		assert_invariants();
	});
}

#[test]
fn a_new_price_keeps_the_capacity() {
	one_class().execute_with(|| {
		assert_ok!(Hmm::add_capacity(0, 5_000, WHOLE));
		assert_ok!(Hmm::take(0, 1_000));
		let version = Hmm::pool_state(0).expect("known").version;
		assert_ok!(Hmm::set_price(RuntimeOrigin::root(), 0, 3_000, 0));
		let state = Hmm::pool_state(0).expect("known");
		let pool = Pool {
			free: 4_000,
			target: 5_000,
			par_price: 3_000,
			floor_share: 0,
			free_weight: 4_096,
		};
		assert_eq!(state.pool, pool);
		assert_eq!(state.version, version + 1);
		// 3,000 · (20·5 / (19·4 + 5))² = 3,000 · (100/81)² = 4,572.5
		System::assert_last_event(
			Event::PoolChanged {
				class: 0,
				free: 4_000,
				target: 5_000,
				par_price: 3_000,
				floor_share: 0,
				free_weight: 4_096,
				version: state.version,
				unit_price: Some(4_573),
			}
			.into(),
		);
		assert_invariants();
	});
}

#[test]
fn classes_are_paged_in_order() {
	chain((0..70).map(|_| (cpu(), 1, 0)).collect()).execute_with(|| {
		let numbers = |from, limit| -> Vec<ClassId> {
			Hmm::classes(from, limit)
				.into_iter()
				.map(|(id, _)| id)
				.collect()
		};
		assert_eq!(numbers(0, 3), vec![0, 1, 2]);
		assert_eq!(numbers(68, 10), vec![68, 69]);
		assert_eq!(numbers(70, 10), Vec::<ClassId>::new());
		assert_eq!(numbers(ClassId::MAX, 10), Vec::<ClassId>::new());
		assert_eq!(numbers(0, u32::MAX).len(), 64);
		assert_eq!(numbers(0, 0).len(), 0);
	});
}
