//! The curve as it is written in the specification, in exact rational numbers, independent of the
//! crate's integer form.

use aci_market::{Pool, FLOPS_PER_COMPUTE_UNIT, PARTS_PER_BILLION};
use num_bigint::BigInt;
use num_rational::BigRational;

pub fn whole(value: impl Into<BigInt>) -> BigRational {
	BigRational::from_integer(value.into())
}

pub fn fraction(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> BigRational {
	BigRational::new(numerator.into(), denominator.into())
}

/// `π0 · [ (1 − s)·Q̄² / (Q·(Q − Δ)) + s ]` with `Q = q + q̄/19` and `Q̄ = 20·q̄/19`, where the free
/// slots have `free_weight / 4096` of the weight of all of them, and `q` is at most `q̄`.
pub fn unit_price(pool: &Pool, upper: u64, lower: u64) -> BigRational {
	let shift = fraction(pool.target, 19);
	let share = fraction(pool.floor_share, PARTS_PER_BILLION);
	let weight = fraction(pool.free_weight, 4_096);
	let level = |free: u64| (whole(free) * &weight).min(whole(pool.target)) + &shift;
	let (before, after) = (level(upper), level(lower));
	let par = fraction(u128::from(pool.target) * 20, 19);
	whole(pool.par_price) * ((whole(1) - &share) * &par * &par / (before * after) + share)
}

/// The exact price of `flops` operations at a unit price.
pub fn price(unit_price: &BigRational, flops: u128) -> BigRational {
	fraction(flops, FLOPS_PER_COMPUTE_UNIT) * unit_price
}

/// Rounded up to `u128`, or `None` when it does not fit.
pub fn ceil(value: &BigRational) -> Option<u128> {
	value.ceil().to_integer().try_into().ok()
}

/// Rounded down to `u128`, or `None` when it does not fit.
pub fn floor(value: &BigRational) -> Option<u128> {
	value.floor().to_integer().try_into().ok()
}
