//! The clearing of one block's jobs, against exact reference arithmetic and brute force.

use crate::{
	reference,
	strategies::{any_pool, floor_share, magnitude, magnitude_or_zero},
};
use aci_market::{
	clearing::clear, curve, quality, Clearing, ClearingOrder, Pool, MAX_CAPACITY, MAX_PAR_PRICE,
};
use num_rational::BigRational;
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeSet;

/// Orders whose maxima lie around the prices that the pool asks, so that some clear and some do not.
fn market(
	milli_slots: impl Strategy<Value = u64> + Clone + 'static,
	orders: core::ops::Range<usize>,
) -> impl Strategy<Value = (Pool, Vec<ClearingOrder>)> {
	let pool = (
		1_000u64..20_000,
		0u64..=1_000,
		magnitude(1 << 40),
		floor_share(),
	)
		.prop_map(|(target, free, par_price, floor_share)| Pool {
			free: target * free / 1_000,
			target,
			par_price,
			floor_share,
			free_weight: quality::WEIGHT_UNIT,
		});
	(pool, orders).prop_flat_map(move |(pool, count)| {
		let at_rest = curve::marginal_price(&pool).unwrap();
		let order = (
			milli_slots.clone(),
			magnitude(1 << 60),
			50u128..800,
			any::<u8>(),
		)
			.prop_map(move |(milli_slots, flops, percent, tie)| ClearingOrder {
				max_price: at_rest * flops / 1_000_000_000_000 * percent / 100 + percent % 7,
				flops,
				milli_slots,
				// Ties of four values, so that equal ones occur.
				tie: [tie % 4; 32],
			});
		(Just(pool), vec(order, count))
	})
}

fn equal_slots() -> impl Strategy<Value = u64> + Clone {
	Just(1_000u64)
}

fn mixed_slots() -> impl Strategy<Value = u64> + Clone {
	prop_oneof![Just(1_000u64), Just(2_000), Just(500), 1u64..5_000]
}

/// The exact uniform price of taking so many milli-slots, `None` when they are not free.
fn uniform_price(pool: &Pool, milli_slots: u64) -> Option<BigRational> {
	let after = pool.free.checked_sub(milli_slots)?;
	Some(reference::unit_price(pool, pool.free, after))
}

fn can_pay(order: &ClearingOrder, unit_price: &BigRational) -> bool {
	reference::ceil(&reference::price(unit_price, order.flops))
		.is_some_and(|p| p <= order.max_price)
}

fn indices(result: &Clearing) -> BTreeSet<usize> {
	result.cleared.iter().map(|order| order.index).collect()
}

fn check_money(pool: &Pool, orders: &[ClearingOrder]) -> Result<(), TestCaseError> {
	let result = clear(pool, orders)?;
	let cleared = indices(&result);
	prop_assert_eq!(
		cleared.len(),
		result.cleared.len(),
		"an order cleared twice"
	);
	let taken: u64 = cleared.iter().map(|index| orders[*index].milli_slots).sum();
	prop_assert_eq!(taken, result.milli_slots);
	prop_assert!(taken <= pool.free);
	prop_assert_eq!(result.unit_price.is_some(), !cleared.is_empty());
	let Some(unit_price) = uniform_price(pool, taken).filter(|_| !cleared.is_empty()) else {
		return Ok(());
	};
	let mut paid = reference::whole(0);
	let mut exact = reference::whole(0);
	for order in &result.cleared {
		let owed = reference::price(&unit_price, orders[order.index].flops);
		prop_assert_eq!(Some(order.price), reference::ceil(&owed));
		prop_assert!(order.price <= orders[order.index].max_price);
		paid += reference::whole(order.price);
		exact += owed;
	}
	prop_assert!(paid >= exact, "the pool loses");
	let mut after = *pool;
	curve::take(&mut after, taken)?;
	Ok(())
}

proptest! {
	#[test]
	fn clearing_never_exceeds_a_maximum_and_the_pool_never_loses(
		(pool, orders) in market(mixed_slots(), 0..30),
	) {
		check_money(&pool, &orders)?;
	}

	#[test]
	fn clearing_holds_its_promises_on_the_whole_domain(
		pool in any_pool(),
		orders in vec(
			(magnitude_or_zero(u128::MAX), magnitude_or_zero(u128::MAX), magnitude_or_zero(1 << 60)),
			0..8,
		),
	) {
		let orders: Vec<ClearingOrder> = orders
			.into_iter()
			.map(|(max_price, flops, milli_slots)| ClearingOrder {
				max_price,
				flops,
				milli_slots: milli_slots as u64,
				tie: [0; 32],
			})
			.collect();
		check_money(&pool, &orders)?;
	}

	#[test]
	fn with_equal_slots_no_set_that_pays_its_own_price_is_larger(
		(pool, orders) in market(equal_slots(), 0..9),
	) {
		let result = clear(&pool, &orders)?;
		let mut best = 0;
		for set in 0u32..1 << orders.len() {
			let members = || (0..orders.len()).filter(move |index| set >> index & 1 == 1);
			let taken = members().map(|index| orders[index].milli_slots).sum();
			let Some(unit_price) = uniform_price(&pool, taken) else { continue };
			if members().all(|index| can_pay(&orders[index], &unit_price)) {
				best = best.max(members().count());
			}
		}
		prop_assert_eq!(result.cleared.len(), best);
	}

	#[test]
	fn with_equal_slots_the_cleared_orders_offer_most_and_ties_decide_between_equals(
		(pool, orders) in market(equal_slots(), 0..12),
	) {
		let result = clear(&pool, &orders)?;
		let cleared = indices(&result);
		let key = |index: usize| {
			let order = &orders[index];
			(reference::fraction(order.max_price, order.flops), order.tie, index)
		};
		for inside in &cleared {
			for outside in (0..orders.len()).filter(|index| !cleared.contains(index)) {
				let ((in_limit, in_tie, _), (out_limit, out_tie, _)) = (key(*inside), key(outside));
				let first = in_limit > out_limit
					|| (in_limit == out_limit && (in_tie, *inside) < (out_tie, outside));
				prop_assert!(first, "{} cleared before {}", inside, outside);
			}
		}
	}

	#[test]
	fn the_cleared_set_cannot_be_extended(
		(pool, orders) in market(mixed_slots(), 0..12),
	) {
		let result = clear(&pool, &orders)?;
		let cleared = indices(&result);
		for outside in (0..orders.len()).filter(|index| !cleared.contains(index)) {
			let with_it = result.milli_slots + orders[outside].milli_slots;
			let joins = uniform_price(&pool, with_it)
				.is_some_and(|unit_price| can_pay(&orders[outside], &unit_price));
			prop_assert!(!joins, "order {} could have cleared as well", outside);
		}
	}

	#[test]
	fn a_left_out_order_is_passed_only_by_smaller_ones_that_offer_less(
		(pool, orders) in market(mixed_slots(), 0..12),
	) {
		let cleared = indices(&clear(&pool, &orders)?);
		let limit = |index: usize| {
			reference::fraction(orders[index].max_price, orders[index].flops)
		};
		for outside in (0..orders.len()).filter(|index| !cleared.contains(index)) {
			for inside in &cleared {
				if limit(*inside) < limit(outside) {
					prop_assert!(orders[*inside].milli_slots < orders[outside].milli_slots);
				}
			}
		}
	}

	#[test]
	fn adding_an_order_of_the_same_size_never_lowers_the_count_or_the_unit_price(
		(pool, mut orders) in market(equal_slots(), 1..12),
	) {
		let with_it = clear(&pool, &orders)?;
		orders.pop();
		let without_it = clear(&pool, &orders)?;
		prop_assert!(with_it.cleared.len() >= without_it.cleared.len());
		let ceil = |result: &Clearing| result.unit_price.map_or(Ok(0), |unit| unit.ceil());
		prop_assert!(ceil(&with_it)? >= ceil(&without_it)?);
	}

	#[test]
	fn the_order_of_the_slice_does_not_matter_when_ties_differ(
		(pool, orders) in market(mixed_slots(), 0..12),
	) {
		let mut orders = orders;
		for (index, order) in orders.iter_mut().enumerate() {
			order.tie[31] = index as u8;
		}
		let result = |orders: &[ClearingOrder]| -> Result<Vec<_>, curve::CurveError> {
			let cleared = clear(&pool, orders)?.cleared;
			Ok(cleared.iter().map(|order| (orders[order.index].tie, order.price)).collect())
		};
		let forward = result(&orders)?;
		orders.reverse();
		prop_assert_eq!(&forward, &result(&orders)?);
		let middle = orders.len() / 2;
		orders.rotate_left(middle);
		prop_assert_eq!(&forward, &result(&orders)?);
	}
}

fn order(max_price: u128, milli_slots: u64, tie: u8) -> ClearingOrder {
	ClearingOrder {
		max_price,
		flops: 1_000_000_000_000,
		milli_slots,
		tie: [tie; 32],
	}
}

fn outcome(pool: &Pool, orders: &[ClearingOrder]) -> Vec<(usize, u128)> {
	let cleared = clear(pool, orders).unwrap().cleared;
	cleared
		.into_iter()
		.map(|order| (order.index, order.price))
		.collect()
}

#[test]
fn a_smaller_order_fills_what_a_larger_one_cannot_take() {
	let pool = Pool::new(3_000, 3_000, 1_000, 900_000_000).unwrap();
	// The second offers more than the third, but its 2,000 milli-slots are not free any more.
	let orders = [
		order(90_000, 2_000, 0),
		order(80_000, 2_000, 0),
		order(70_000, 1_000, 0),
	];
	let cleared = outcome(&pool, &orders);
	// All three slots: 1,000 · (0.1 · 20 + 0.9).
	assert_eq!(cleared, vec![(0, 2_900), (2, 2_900)]);
}

#[test]
fn the_tie_key_decides_between_equal_offers() {
	let pool = Pool::new(1_000, 1_000, 1_000, 0).unwrap();
	let orders = [
		order(50_000, 1_000, 2),
		order(50_000, 1_000, 1),
		order(50_000, 1_000, 3),
	];
	assert_eq!(outcome(&pool, &orders), vec![(1, 20_000)]);
}

#[test]
fn offers_are_compared_per_unit_of_work_and_not_by_their_size() {
	let pool = Pool::new(1_000, 1_000, 1_000, 0).unwrap();
	let mut large = order(100_000, 1_000, 0);
	large.flops *= 4;
	assert_eq!(
		outcome(&pool, &[large, order(26_000, 1_000, 1)]),
		vec![(1, 20_000)]
	);
}

#[test]
fn nothing_clears_without_orders_capacity_or_size() {
	let pool = Pool::new(1_000, 1_000, 1_000, 0).unwrap();
	let mut no_work = order(u128::MAX, 1_000, 0);
	no_work.flops = 0;
	assert_eq!(clear(&pool, &[]), Ok(Clearing::default()));
	assert_eq!(
		clear(&pool, &[order(u128::MAX, 0, 0), no_work]),
		Ok(Clearing::default())
	);
	let full = Pool { free: 0, ..pool };
	assert_eq!(
		clear(&full, &[order(u128::MAX, 1_000, 0)]),
		Ok(Clearing::default())
	);
	let empty = Pool { target: 0, ..full };
	assert_eq!(
		clear(&empty, &[order(u128::MAX, 1_000, 0)]),
		Ok(Clearing::default())
	);
	let corrupt = Pool {
		free: 2_000,
		..pool
	};
	assert_eq!(
		clear(&corrupt, &[]),
		Err(curve::CurveError::FreeAboveTarget)
	);
}

#[test]
fn the_largest_pool_and_the_largest_orders_clear_without_overflow() {
	let pool = Pool::new(MAX_CAPACITY, MAX_CAPACITY, MAX_PAR_PRICE, 0).unwrap();
	let largest = ClearingOrder {
		max_price: u128::MAX,
		flops: u128::MAX,
		milli_slots: u64::MAX,
		tie: [255; 32],
	};
	assert_eq!(clear(&pool, &[largest; 3]), Ok(Clearing::default()));
	let payable = ClearingOrder {
		flops: 1 << 60,
		milli_slots: MAX_CAPACITY,
		..largest
	};
	assert_eq!(
		indices(&clear(&pool, &[largest, payable]).unwrap()),
		BTreeSet::from([1])
	);
}
