//! The HMM (Hamiltonian Market Maker) of one resource class: one pool, one price curve.
//!
//! # Rule
//!
//! A pool holds `q` free of `q̄` registered milli-slots. The Hamiltonian of one pool,
//! `H(q, p) = q·p + (λ/2)·((q − q̄)/q̄)²`, is solved exactly on its level set, which gives a closed
//! form. The curve runs on shifted coordinates `Q = q + q̄/19` and `Q̄ = 20·q̄/19`, so that the last
//! slot can be sold: at `q = 0` the shifted pool is used to 95 %. With par price `π0` (planck per
//! compute unit at `q = q̄`) and floor share `s`:
//!
//! ```text
//! marginal price        π(q)    = π0 · [ (1 − s)·(Q̄/Q)²          + s ]
//! unit price of taking Δ U(q, Δ) = π0 · [ (1 − s)·Q̄²/(Q·(Q − Δ))  + s ]
//! price of a job        P       = ceil( flops / 10^12 · U(q, Δ) )
//! ```
//!
//! One compute unit (CU) is 10^12 floating-point operations. Everything is computed over `19·Q =
//! 19·q + q̄` and `19·Q̄ = 20·q̄`, which are integers, so the only rounding is the last one.
//!
//! `q` and `q̄` are weighted by quality ([`crate::quality`]): the pool counts plain milli-slots, `q`
//! is `free · free_weight`, at most `q̄`, and `q̄` is `target · 4,096`. Like `π0` and `s` the weight
//! is constant on a curve; the guarantees are about a pool with one weight. `Δ` is plain too, so `q`
//! is linear in what is taken, except where the bound by `q̄` holds: that happens in no pool that has
//! no slices, and guarantees 2 and 3 do not cover it.
//!
//! # Guarantees
//!
//! 1. A buyer's price is rounded up and a seller's price down, each once, from the exact rational
//!    value: the error is below one planck and never against the pool.
//! 2. A round trip never profits: for a fixed number of operations per milli-slot, whatever the
//!    pieces in which capacity is bought and sold back between two equal states of the pool, the
//!    sum paid is at least the sum returned. (`U(q, Δ)·Δ` telescopes over adjacent pieces.)
//! 3. Splitting a purchase never costs less, under the same condition: the pieces' exact prices
//!    sum to the whole's, and each is rounded up.
//! 4. The price rises with utilisation. It is `π0` at rest, and `π0·(400·(1 − s) + s)` when the
//!    last slot is gone.
//! 5. No overflow on the whole domain. In 4,096ths, `19·Q ≤ 20·2^60 < 2^64.4`; the product of two
//!    such values is below 2^128.7; with parts per billion below 2^158.6; with `π0 ≤ 2^96` below
//!    2^254.6, which fits 256 bits; with `flops < 2^128` below 2^382.6, which fits 512 bits. A unit
//!    price is below `401·2^96 < 2^105`. A job's price above `u128::MAX` is
//!    [`CurveError::PriceTooHigh`].
//! 6. A function that returns an error leaves the pool unchanged.
//!
//! # Assumptions and deviations
//!
//! * `q` and `p` are a pricing state, not reserves: the money is in escrow, and compute comes back
//!   when a job ends. Give-back moves along the same curve without paying anybody.
//! * Guarantees 2 and 3 are about the curve alone. A change of the par price, of the floor share or
//!   of the registered capacity in between moves the curve; the rule for selling a reservation back
//!   (never more than its own purchase price) covers that case and belongs to the caller.
//! * The paper pools several resources in one invariant. That lets one resource drain another, so
//!   here every class has a pool of its own, and no pool pays for another.

use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use primitive_types::{U256, U512};
use scale_info::TypeInfo;

use crate::{
	fixed::{ratio_ceil, ratio_floor, FixedError},
	quality::{MAX_FREE_WEIGHT, WEIGHT_UNIT},
};

/// The denominator of every share in this crate that is given in parts per billion.
pub const PARTS_PER_BILLION: u32 = 1_000_000_000;

/// Floating-point operations in one compute unit (CU).
pub const FLOPS_PER_COMPUTE_UNIT: u128 = 1_000_000_000_000;

/// The largest registered capacity of a pool, in milli-slots: 2^48, or 281 billion slots.
pub const MAX_CAPACITY: u64 = 1 << 48;

/// The largest par price, in planck per compute unit: 2^96.
pub const MAX_PAR_PRICE: u128 = 1 << 96;

/// The largest floor share, in parts per billion. Below one, so the price is a scarcity price.
pub const MAX_FLOOR_SHARE: u32 = 900_000_000;

/// The curve's shift is `q̄ / SHIFT`; then the last slot is sold at 95 % = 1 − 1/20 utilisation.
const SHIFT: u128 = 19;

/// `(SHIFT + 1)²`: the square of `19·Q̄` in units of `q̄²`.
const PAR_SQUARE: u128 = 400;

/// State of the pool of one resource class.
///
/// The fields are public because pallets store and show them. Every function of this module checks
/// them first, so a pool that did not come from [`Pool::new`] is refused, not trusted.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Pool {
	/// Free capacity `q`, in milli-slots; at most `target`.
	pub free: u64,
	/// Registered capacity `q̄`, in milli-slots; at most [`MAX_CAPACITY`]. Zero means that no worker
	/// offers the class; such a pool can gain capacity but quotes nothing.
	pub target: u64,
	/// Par price `π0`, in planck per compute unit at `free == target`; 1 to [`MAX_PAR_PRICE`].
	pub par_price: u128,
	/// Floor share `s`, in parts per billion; at most [`MAX_FLOOR_SHARE`].
	pub floor_share: u32,
	/// Mean quality weight of the free slots over that of all slots, in 4,096ths; 1 to
	/// [`MAX_FREE_WEIGHT`]. 4,096 where all slots weigh alike. See [`crate::quality`].
	pub free_weight: u32,
}

/// Why the curve gave no answer.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum CurveError {
	/// The pool has no registered capacity. Add capacity first.
	EmptyPool,
	/// Zero milli-slots were asked for. Ask for at least one.
	NothingAsked,
	/// More was asked for than is free. Ask for less, or wait for jobs to end.
	NotEnoughCapacity,
	/// More was given back than is in use. The caller's record of what is in use is wrong.
	AboveTarget,
	/// The registered capacity is, or would become, larger than [`MAX_CAPACITY`].
	CapacityOutOfBounds,
	/// The free capacity is larger than the registered capacity. The stored pool is corrupt.
	FreeAboveTarget,
	/// The par price is zero or larger than [`MAX_PAR_PRICE`].
	ParPriceOutOfBounds,
	/// The floor share is larger than [`MAX_FLOOR_SHARE`].
	FloorShareOutOfBounds,
	/// The relative weight of the free slots is zero or larger than [`MAX_FREE_WEIGHT`].
	FreeWeightOutOfBounds,
	/// The price does not fit `u128`. Ask for fewer floating-point operations.
	PriceTooHigh,
}

impl fmt::Display for CurveError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			CurveError::EmptyPool => "the pool has no capacity; add capacity first",
			CurveError::NothingAsked => "zero milli-slots; ask for at least one",
			CurveError::NotEnoughCapacity => "not enough free capacity; ask for less or wait",
			CurveError::AboveTarget => "more is given back than is in use",
			CurveError::CapacityOutOfBounds => "the capacity is above the largest one",
			CurveError::FreeAboveTarget => "the free capacity is above the registered one",
			CurveError::ParPriceOutOfBounds => "the par price is zero or above the largest one",
			CurveError::FloorShareOutOfBounds => "the floor share is above the largest one",
			CurveError::FreeWeightOutOfBounds => "the weight of free slots is out of bounds",
			CurveError::PriceTooHigh => "the price does not fit; ask for fewer operations",
		})
	}
}

impl core::error::Error for CurveError {}

impl From<FixedError> for CurveError {
	fn from(error: FixedError) -> Self {
		match error {
			// A denominator is a multiple of `q̄²`, which is zero for an empty pool only.
			FixedError::DivisionByZero => CurveError::EmptyPool,
			FixedError::Overflow => CurveError::PriceTooHigh,
		}
	}
}

impl Pool {
	/// A pool with these fields whose slots all weigh alike, or the first bound that they break.
	pub fn new(
		free: u64,
		target: u64,
		par_price: u128,
		floor_share: u32,
	) -> Result<Self, CurveError> {
		let pool = Pool {
			free,
			target,
			par_price,
			floor_share,
			free_weight: WEIGHT_UNIT,
		};
		pool.check()?;
		Ok(pool)
	}

	/// Checks the five bounds on the fields. An empty pool passes.
	pub fn check(&self) -> Result<(), CurveError> {
		if self.target > MAX_CAPACITY {
			return Err(CurveError::CapacityOutOfBounds);
		}
		if self.free > self.target {
			return Err(CurveError::FreeAboveTarget);
		}
		if self.par_price == 0 || self.par_price > MAX_PAR_PRICE {
			return Err(CurveError::ParPriceOutOfBounds);
		}
		if self.floor_share > MAX_FLOOR_SHARE {
			return Err(CurveError::FloorShareOutOfBounds);
		}
		if self.free_weight == 0 || self.free_weight > MAX_FREE_WEIGHT {
			return Err(CurveError::FreeWeightOutOfBounds);
		}
		Ok(())
	}

	/// `q̄` in 4,096ths of milli-slots of the mean weight. Below 2^60 in a checked pool.
	fn scaled_target(&self) -> u128 {
		u128::from(self.target).saturating_mul(u128::from(WEIGHT_UNIT))
	}

	/// `q` at so much free capacity, in the same unit; at most `q̄`.
	fn scaled(&self, free: u64) -> u128 {
		u128::from(free)
			.saturating_mul(u128::from(self.free_weight))
			.min(self.scaled_target())
	}

	/// Capacity in use, in milli-slots, whatever it weighs.
	pub fn used(&self) -> u64 {
		self.target.saturating_sub(self.free)
	}

	/// The used share of the registered capacity, by weight, in parts per billion, rounded down.
	/// Zero for an empty pool.
	pub fn utilisation(&self) -> u32 {
		let target = self.scaled_target();
		// Below 2^106.
		let scaled = target
			.saturating_sub(self.scaled(self.free))
			.saturating_mul(u128::from(PARTS_PER_BILLION));
		let share = scaled.checked_div(target).unwrap_or(0);
		// At most the whole, so the share is at most 10^9.
		u32::try_from(share)
			.unwrap_or(PARTS_PER_BILLION)
			.min(PARTS_PER_BILLION)
	}
}

/// An exact price of one compute unit: a rational number of planck.
///
/// It comes from the curve only, so its denominator is never zero and it is below `401·2^96`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnitPrice {
	/// Below 2^254.6, see guarantee 5 of the module.
	numerator: U256,
	/// Below 2^158.6, and not zero.
	denominator: U256,
}

impl UnitPrice {
	/// The average price over the curve between two levels of free capacity, which need no order.
	/// Equal levels give the marginal price there. The pool is checked and not empty.
	fn between(pool: &Pool, one: u64, other: u64) -> Result<Self, CurveError> {
		pool.check()?;
		if pool.target == 0 {
			return Err(CurveError::EmptyPool);
		}
		let target = pool.scaled_target();
		// Below 2^64.4 each, because `scaled ≤ target ≤ 2^60`.
		let shifted = |free: u64| {
			let scaled = pool.scaled(free).saturating_mul(SHIFT);
			U256::from(scaled.saturating_add(target))
		};
		let too_high = CurveError::PriceTooHigh;
		// Below 2^128.7 each.
		let product = shifted(one).checked_mul(shifted(other)).ok_or(too_high)?;
		let par_product = U256::from(target)
			.checked_mul(U256::from(target))
			.and_then(|square| square.checked_mul(U256::from(PAR_SQUARE)))
			.ok_or(too_high)?;

		let whole = U256::from(PARTS_PER_BILLION);
		let floor = U256::from(pool.floor_share);
		let scarcity = U256::from(PARTS_PER_BILLION.saturating_sub(pool.floor_share));
		let numerator = scarcity
			.checked_mul(par_product)
			.and_then(|a| a.checked_add(floor.checked_mul(product)?))
			.and_then(|sum| sum.checked_mul(U256::from(pool.par_price)))
			.ok_or(too_high)?;
		let denominator = whole.checked_mul(product).ok_or(too_high)?;
		Ok(UnitPrice {
			numerator,
			denominator,
		})
	}

	/// Planck per compute unit, rounded up.
	pub fn ceil(&self) -> Result<u128, CurveError> {
		Ok(ratio_ceil(
			U512::from(self.numerator),
			U512::from(self.denominator),
		)?)
	}

	/// Planck per compute unit, rounded down.
	pub fn floor(&self) -> Result<u128, CurveError> {
		Ok(ratio_floor(
			U512::from(self.numerator),
			U512::from(self.denominator),
		)?)
	}

	/// The price of `flops` operations at this unit price, in planck, rounded up once.
	pub fn price_ceil(&self, flops: u128) -> Result<u128, CurveError> {
		let (numerator, denominator) = self.scaled(flops);
		Ok(ratio_ceil(numerator, denominator)?)
	}

	/// The price of `flops` operations at this unit price, in planck, rounded down once.
	pub fn price_floor(&self, flops: u128) -> Result<u128, CurveError> {
		let (numerator, denominator) = self.scaled(flops);
		Ok(ratio_floor(numerator, denominator)?)
	}

	/// Whether `flops` operations at this unit price, rounded up, cost at most `max_price` planck.
	/// True for a price that does not fit `u128` never, since no maximum reaches it.
	pub fn is_affordable(&self, flops: u128, max_price: u128) -> bool {
		// For integers, `ceil(n / d) ≤ m` exactly when `n ≤ m·d`: no division is needed.
		let (numerator, denominator) = self.scaled(flops);
		denominator
			.checked_mul(U512::from(max_price))
			.is_some_and(|affordable| numerator <= affordable)
	}

	/// `flops / 10^12 · self` as a fraction: numerator below 2^382.6, denominator below 2^198.5.
	fn scaled(&self, flops: u128) -> (U512, U512) {
		(
			self.numerator.full_mul(U256::from(flops)),
			self.denominator
				.full_mul(U256::from(FLOPS_PER_COMPUTE_UNIT)),
		)
	}
}

/// The marginal price at the pool's present state, in planck per compute unit, rounded up.
///
/// Errors: [`CurveError::EmptyPool`], or a bound that the pool breaks.
///
/// ```
/// use aci_market::curve::{marginal_price, Pool};
/// let resting = Pool::new(10_000, 10_000, 1_000, 0).unwrap();
/// assert_eq!(marginal_price(&resting), Ok(1_000));
/// let sold_out = Pool::new(0, 10_000, 1_000, 0).unwrap();
/// assert_eq!(marginal_price(&sold_out), Ok(400_000));
/// ```
pub fn marginal_price(pool: &Pool) -> Result<u128, CurveError> {
	UnitPrice::between(pool, pool.free, pool.free)?.ceil()
}

/// The exact unit price of taking `milli_slots`, as a rational number.
///
/// Errors: [`CurveError::EmptyPool`], [`CurveError::NothingAsked`],
/// [`CurveError::NotEnoughCapacity`], or a bound that the pool breaks.
pub fn exact_unit_price(pool: &Pool, milli_slots: u64) -> Result<UnitPrice, CurveError> {
	let after = after_taking(pool, milli_slots)?;
	UnitPrice::between(pool, pool.free, after)
}

/// The unit price of taking `milli_slots`, in planck per compute unit, rounded up.
///
/// For display and for comparing pools. Do not multiply it to get a job's price: [`price`] rounds
/// once. Errors as in [`exact_unit_price`].
pub fn unit_price(pool: &Pool, milli_slots: u64) -> Result<u128, CurveError> {
	exact_unit_price(pool, milli_slots)?.ceil()
}

/// The price in planck of a job of `flops` operations that occupies `milli_slots`:
/// `ceil(flops / 10^12 · U(q, Δ))`, rounded once.
///
/// Errors as in [`exact_unit_price`], and [`CurveError::PriceTooHigh`].
///
/// ```
/// use aci_market::curve::{price, Pool};
/// // Ten slots, 1,000 planck per compute unit at rest, half of it a floor.
/// let pool = Pool::new(10_000, 10_000, 1_000, 500_000_000).unwrap();
/// // One slot for 2.5 compute units: 2.5 · 1,000 · (0.5 · 200/181 + 0.5) = 2,631.2…
/// assert_eq!(price(&pool, 1_000, 2_500_000_000_000), Ok(2_632));
/// ```
pub fn price(pool: &Pool, milli_slots: u64, flops: u128) -> Result<u128, CurveError> {
	exact_unit_price(pool, milli_slots)?.price_ceil(flops)
}

/// The exact unit price at which `milli_slots` in use can be sold back, as a rational number. It is
/// the unit price at which the same piece of the curve would be bought.
///
/// Errors: [`CurveError::EmptyPool`], [`CurveError::NothingAsked`], [`CurveError::AboveTarget`], or
/// a bound that the pool breaks.
pub fn exact_sell_back_unit_price(pool: &Pool, milli_slots: u64) -> Result<UnitPrice, CurveError> {
	let after = after_giving_back(pool, milli_slots)?;
	UnitPrice::between(pool, pool.free, after)
}

/// The unit price at which `milli_slots` in use can be sold back, in planck per compute unit,
/// rounded down. Errors as in [`exact_sell_back_unit_price`].
pub fn sell_back_unit_price(pool: &Pool, milli_slots: u64) -> Result<u128, CurveError> {
	exact_sell_back_unit_price(pool, milli_slots)?.floor()
}

/// What the curve returns for selling `milli_slots` back with `flops` operations unused:
/// `floor(flops / 10^12 · U(q + Δ, Δ))`, rounded once.
///
/// It is an upper bound of what a seller may get; the caller also caps it by the seller's own
/// purchase price. Errors as in [`exact_sell_back_unit_price`], and [`CurveError::PriceTooHigh`].
pub fn sell_back_price(pool: &Pool, milli_slots: u64, flops: u128) -> Result<u128, CurveError> {
	exact_sell_back_unit_price(pool, milli_slots)?.price_floor(flops)
}

/// Takes `milli_slots` out of the free capacity. Quote before taking: the price is that of the
/// state before.
///
/// Errors: as in [`exact_unit_price`]. The pool is unchanged then.
pub fn take(pool: &mut Pool, milli_slots: u64) -> Result<(), CurveError> {
	pool.free = after_taking(pool, milli_slots)?;
	Ok(())
}

/// Gives `milli_slots` back to the free capacity, at the end of a job. Never above the registered
/// capacity.
///
/// Errors: as in [`exact_sell_back_unit_price`]. The pool is unchanged then.
pub fn give_back(pool: &mut Pool, milli_slots: u64) -> Result<(), CurveError> {
	pool.free = after_giving_back(pool, milli_slots)?;
	Ok(())
}

/// Registers `milli_slots` more, free at once. Works on an empty pool. Zero changes nothing.
///
/// Errors: [`CurveError::CapacityOutOfBounds`], or a bound that the pool breaks. The pool is
/// unchanged then.
pub fn add_capacity(pool: &mut Pool, milli_slots: u64) -> Result<(), CurveError> {
	pool.check()?;
	let target = pool
		.target
		.checked_add(milli_slots)
		.filter(|target| *target <= MAX_CAPACITY);
	let free = pool.free.checked_add(milli_slots);
	let (Some(target), Some(free)) = (target, free) else {
		return Err(CurveError::CapacityOutOfBounds);
	};
	pool.target = target;
	pool.free = free;
	Ok(())
}

/// Withdraws `milli_slots` of free capacity. Capacity in use cannot be withdrawn. Zero changes
/// nothing.
///
/// Errors: [`CurveError::NotEnoughCapacity`], or a bound that the pool breaks. The pool is
/// unchanged then.
pub fn remove_capacity(pool: &mut Pool, milli_slots: u64) -> Result<(), CurveError> {
	pool.check()?;
	let free = pool
		.free
		.checked_sub(milli_slots)
		.ok_or(CurveError::NotEnoughCapacity)?;
	// `free ≤ target`, so this cannot fail once the line above passed.
	let target = pool
		.target
		.checked_sub(milli_slots)
		.ok_or(CurveError::NotEnoughCapacity)?;
	pool.free = free;
	pool.target = target;
	Ok(())
}

/// The free capacity after taking, or why it cannot be taken.
fn after_taking(pool: &Pool, milli_slots: u64) -> Result<u64, CurveError> {
	check_request(pool, milli_slots)?;
	pool.free
		.checked_sub(milli_slots)
		.ok_or(CurveError::NotEnoughCapacity)
}

/// The free capacity after giving back, or why it cannot be given back.
fn after_giving_back(pool: &Pool, milli_slots: u64) -> Result<u64, CurveError> {
	check_request(pool, milli_slots)?;
	pool.free
		.checked_add(milli_slots)
		.filter(|free| *free <= pool.target)
		.ok_or(CurveError::AboveTarget)
}

fn check_request(pool: &Pool, milli_slots: u64) -> Result<(), CurveError> {
	pool.check()?;
	if pool.target == 0 {
		return Err(CurveError::EmptyPool);
	}
	if milli_slots == 0 {
		return Err(CurveError::NothingAsked);
	}
	Ok(())
}
