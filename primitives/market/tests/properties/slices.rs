//! Slices of a pool: conservation, and that a slice prices like the pool.

use crate::{
	reference,
	strategies::{any_pool, floor_share, magnitude, magnitude_or_zero},
};
use aci_market::{
	curve::{exact_unit_price, marginal_price},
	quality::WEIGHT_UNIT,
	slices::{merge, split},
	CurveError, Pool, Slice, MAX_PAR_PRICE,
};
use proptest::{collection::vec, prelude::*};

/// A pool, a smaller slice, and both with the same share of free capacity: `parts` of `whole`.
fn proportional() -> impl Strategy<Value = (Pool, Slice)> {
	(
		magnitude(1 << 20),
		magnitude(1 << 20),
		magnitude(1 << 8),
		magnitude(MAX_PAR_PRICE),
		floor_share(),
	)
		.prop_flat_map(|(whole, slice, more, par_price, floor_share)| {
			(0..=whole).prop_map(move |parts| {
				let (whole, slice, pool) = (whole as u64, slice as u64, (slice * more) as u64);
				let parts = parts as u64;
				let pool = Pool {
					free: parts * pool,
					target: whole * pool,
					par_price,
					floor_share,
					free_weight: WEIGHT_UNIT,
				};
				let slice = Slice {
					free: parts * slice,
					target: whole * slice,
				};
				(pool, slice)
			})
		})
}

proptest! {
	#[test]
	fn splitting_and_merging_conserve_capacity(
		start in any_pool(),
		steps in vec((0..4usize, any::<bool>(), magnitude_or_zero(1 << 48)), 0..24),
	) {
		let mut pool = start;
		let mut slices = [Slice::default(); 4];
		for (index, back, milli_slots) in steps {
			let before = (pool, slices);
			let milli_slots = milli_slots as u64;
			let result = if back {
				merge(&mut pool, &mut slices[index], milli_slots)
			} else {
				split(&mut pool, &mut slices[index], milli_slots)
			};
			if result.is_err() {
				prop_assert_eq!((pool, slices), before);
			}
			prop_assert_eq!(pool.check(), Ok(()));
			let free: u64 = slices.iter().map(|slice| slice.free).sum();
			let target: u64 = slices.iter().map(|slice| slice.target).sum();
			prop_assert_eq!((pool.free + free, pool.target + target), (start.free, start.target));
			prop_assert_eq!(pool.used(), start.used());
		}
	}

	#[test]
	fn merging_undoes_splitting(start in any_pool(), milli_slots in magnitude(1 << 48)) {
		let (mut pool, mut slice) = (start, Slice::default());
		let milli_slots = milli_slots as u64;
		match split(&mut pool, &mut slice, milli_slots) {
			Ok(()) => {
				prop_assert_eq!(slice.on(&pool).check(), Ok(()));
				merge(&mut pool, &mut slice, milli_slots).unwrap();
			}
			Err(error) => prop_assert!(
				error == CurveError::NotEnoughCapacity && milli_slots > start.free
			),
		}
		prop_assert_eq!((pool, slice), (start, Slice::default()));
	}

	#[test]
	fn a_slice_with_the_pools_free_share_has_its_marginal_price((pool, slice) in proportional()) {
		prop_assert_eq!(marginal_price(&slice.on(&pool)), marginal_price(&pool));
		let (of_slice, of_pool) = (slice.on(&pool), pool);
		prop_assert_eq!(
			reference::unit_price(&of_slice, slice.free, slice.free),
			reference::unit_price(&of_pool, pool.free, pool.free)
		);
	}

	#[test]
	fn a_slice_whose_free_share_is_rounded_prices_within_its_bound(
		pool in any_pool(),
		size in magnitude(1 << 40),
		up in any::<bool>(),
	) {
		let size = size as u64;
		let scaled = u128::from(size) * u128::from(pool.free);
		let target = u128::from(pool.target);
		let free = if up { scaled.div_ceil(target) } else { scaled / target };
		let slice = Slice { free: free as u64, target: size }.on(&pool);
		let one = reference::unit_price(&slice, slice.free, slice.free);
		let other = reference::unit_price(&pool, pool.free, pool.free);
		let factor = reference::whole(1) + reference::fraction(19, size);
		let bound = &factor * &factor;
		prop_assert!(one <= &other * &bound && other <= one * bound);
	}

	#[test]
	fn a_smaller_slice_never_quotes_cheaper_and_within_its_bound(
		(pool, slice) in proportional(),
		wanted in magnitude(1 << 40),
	) {
		// What is not free is not sold; a slice with nothing free sells nothing.
		let taken = match slice.free {
			0 => return Ok(()),
			free => (wanted as u64 - 1) % free + 1,
		};
		let of_slice = slice.on(&pool);
		let one = reference::unit_price(&of_slice, slice.free, slice.free - taken);
		let other = reference::unit_price(&pool, pool.free, pool.free - taken);
		let bound = reference::whole(1) + reference::fraction(u128::from(taken) * 19, slice.target);
		prop_assert!(one >= other && one <= &other * bound);
		let rounded = exact_unit_price(&of_slice, taken).unwrap().ceil().ok();
		prop_assert_eq!(rounded, reference::ceil(&one));
	}

	/// Slices that take a job each together quote what the pool quotes for all of them at once: the
	/// same share of each is gone.
	#[test]
	fn equal_slices_that_sell_equally_price_like_the_whole(
		count in 1..64u64,
		free in 1..10_000u64,
		used in 0..10_000u64,
		taken in any::<prop::sample::Index>(),
		par_price in magnitude(MAX_PAR_PRICE),
		floor_share in floor_share(),
	) {
		let taken = taken.index(free as usize) as u64 + 1;
		let target = free + used;
		let slice = Pool::new(free, target, par_price, floor_share)?;
		let whole = Pool::new(free * count, target * count, par_price, floor_share)?;
		prop_assert_eq!(
			reference::unit_price(&slice, free, free - taken),
			reference::unit_price(&whole, free * count, (free - taken) * count)
		);
		prop_assert_eq!(
			exact_unit_price(&slice, taken).unwrap().ceil(),
			exact_unit_price(&whole, taken * count).unwrap().ceil()
		);
	}
}

#[test]
fn nothing_is_not_moved_and_not_more_than_is_free() {
	let mut pool = Pool::new(1_000, 2_000, 10, 0).unwrap();
	let mut slice = Slice::default();
	assert_eq!(
		split(&mut pool, &mut slice, 0),
		Err(CurveError::NothingAsked)
	);
	assert_eq!(
		split(&mut pool, &mut slice, 1_001),
		Err(CurveError::NotEnoughCapacity)
	);
	split(&mut pool, &mut slice, 1_000).unwrap();
	assert_eq!(
		merge(&mut pool, &mut slice, 1_001),
		Err(CurveError::NotEnoughCapacity)
	);
	slice.free = 400;
	assert_eq!(
		merge(&mut pool, &mut slice, 401),
		Err(CurveError::NotEnoughCapacity)
	);
	merge(&mut pool, &mut slice, 400).unwrap();
	assert_eq!((pool.free, pool.target), (400, 1_400));
	assert_eq!((slice.free, slice.target), (0, 600));
}
