//! Random arguments that reach all magnitudes: a uniform `u128` is almost always enormous.

use aci_market::{quality::WEIGHT_UNIT, Pool, MAX_CAPACITY, MAX_FLOOR_SHARE, MAX_PAR_PRICE};
use proptest::prelude::*;

/// From one to `max`, each number of bits equally likely, and `max` itself often.
pub fn magnitude(max: u128) -> impl Strategy<Value = u128> {
	let bits = 128 - max.leading_zeros();
	prop_oneof![
		1 => Just(max),
		1 => Just(1u128),
		8 => (1..=bits, any::<u128>()).prop_map(move |(bits, noise)| {
			((noise >> (128 - bits)) | (1 << (bits - 1))).min(max)
		}),
	]
}

/// Like [`magnitude`], and zero sometimes.
pub fn magnitude_or_zero(max: u128) -> impl Strategy<Value = u128> {
	prop_oneof![1 => Just(0u128), 9 => magnitude(max)]
}

/// A level between zero and `max`, with both ends often.
pub fn level(max: u64) -> impl Strategy<Value = u64> {
	prop_oneof![1 => Just(0u64), 1 => Just(max), 6 => 0..=max]
}

pub fn floor_share() -> impl Strategy<Value = u32> {
	prop_oneof![1 => Just(0u32), 1 => Just(MAX_FLOOR_SHARE), 4 => 0..=MAX_FLOOR_SHARE]
}

/// The weight of free slots where it bounds no level, however much is free.
pub fn free_weight() -> impl Strategy<Value = u32> {
	prop_oneof![1 => Just(WEIGHT_UNIT), 1 => Just(1), 1 => 1..=WEIGHT_UNIT]
}

/// Any pool within the bounds that has registered capacity, a par price up to the given one, and
/// free slots that weigh at most as much as the others.
pub fn pool_up_to(max_par_price: u128) -> impl Strategy<Value = Pool> {
	(
		magnitude(u128::from(MAX_CAPACITY)),
		magnitude(max_par_price),
		floor_share(),
	)
		.prop_flat_map(|(target, par_price, floor_share)| {
			let target = target as u64;
			(level(target), free_weight()).prop_map(move |(free, free_weight)| Pool {
				free,
				target,
				par_price,
				floor_share,
				free_weight,
			})
		})
}

pub fn any_pool() -> impl Strategy<Value = Pool> {
	pool_up_to(MAX_PAR_PRICE)
}

/// Any pool with free capacity, and an amount of it.
pub fn pool_and_purchase(max_par_price: u128) -> impl Strategy<Value = (Pool, u64)> {
	pool_up_to(max_par_price).prop_flat_map(|mut pool| {
		pool.free = pool.free.max(1);
		let free = pool.free;
		(
			Just(pool),
			magnitude(u128::from(free)).prop_map(|taken| taken as u64),
		)
	})
}
