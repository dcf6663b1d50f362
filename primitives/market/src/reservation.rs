//! Prices of reserved capacity: what a window costs, what a job costs under it, and what selling it
//! back returns.
//!
//! # Rule
//!
//! ```text
//! reserved operations  = ceil( milli-slots / 1,000 · peak · seconds · load )
//! unit price           = ceil( U(q, Δ) )             the curve's, of taking the milli-slots
//! prepayment           = ceil( reserved operations / 10^12 · unit price )
//! price of a job       = ceil( operations / 10^12 · unit price )
//! refund               = min( floor( prepayment · left / whole · (1 − fee) ),
//!                             the curve's sell-back price of the operations left,
//!                             what is left of the prepayment )
//! ```
//!
//! *Load* is the share of the peak that a slot is taken to do. A job that needs fewer operations than
//! the slot's time could do pays for fewer; a reservation is paid for the time, so it needs such an
//! assumption. The unit price is rounded before it is used because it is stored and shown as it is,
//! and so a prepayment buys exactly the reserved operations.
//!
//! # Guarantees
//!
//! 1. A prepayment is at least the exact price of the reserved operations on the curve, and above it
//!    by less than one planck for each compute unit, and one.
//! 2. Reserving, and selling back at once, never returns more than was paid, whatever the pool did in
//!    between.
//! 3. Holding a reservation for `h` of `n` blocks costs at least `prepayment · h / n`.
//! 4. The refund falls with time and is zero at the window's end.
//! 5. No overflow: the product of a window is below 2^212 and of a refund below 2^180; quotients
//!    that do not fit `u128` are [`CurveError::PriceTooHigh`].

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use primitive_types::{U256, U512};
use scale_info::TypeInfo;

use crate::{
	curve::{
		sell_back_price, unit_price, CurveError, Pool, FLOPS_PER_COMPUTE_UNIT, PARTS_PER_BILLION,
	},
	fees::PARTS_PER_MILLION,
	fixed::{mul_div_ceil, mul_div_floor, ratio_floor},
};

/// Milli-slots in a slot, times milliseconds in a second.
const MILLI_SLOT_MILLISECONDS: u64 = 1_000_000;

/// What a reservation costs.
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
pub struct ReservationTerms {
	/// Operations that are paid for.
	pub flops: u128,
	/// Planck per compute unit.
	pub unit_price: u128,
	/// Planck for all of it.
	pub price: u128,
}

/// The operations that `milli_slots` of hardware with a peak of `peak_flops` per second are taken to
/// do in `milliseconds`, at `load` parts per million of the peak. A load above one million counts as
/// one million.
///
/// Errors: [`CurveError::PriceTooHigh`] when the number does not fit.
///
/// ```
/// use aci_market::reservation::reserved_flops;
/// // Two slots of 10^12 operations per second for a minute, at a tenth of the peak.
/// assert_eq!(reserved_flops(2_000, 1_000_000_000_000, 60_000, 100_000), Ok(12_000_000_000_000));
/// ```
pub fn reserved_flops(
	milli_slots: u64,
	peak_flops: u64,
	milliseconds: u64,
	load: u32,
) -> Result<u128, CurveError> {
	// Products of two `u64` values each; a `u32` in the second keeps it below 2^84.
	let speed = u128::from(milli_slots).saturating_mul(u128::from(peak_flops));
	let time = u128::from(milliseconds).saturating_mul(u128::from(load.min(PARTS_PER_MILLION)));
	let divisor = u128::from(MILLI_SLOT_MILLISECONDS).saturating_mul(u128::from(PARTS_PER_MILLION));
	Ok(mul_div_ceil(speed, time, divisor)?)
}

/// What reserving `milli_slots` of the pool for `flops` operations costs now.
///
/// Errors: as for a purchase on the curve.
pub fn terms(pool: &Pool, milli_slots: u64, flops: u128) -> Result<ReservationTerms, CurveError> {
	let unit_price = unit_price(pool, milli_slots)?;
	Ok(ReservationTerms {
		flops,
		unit_price,
		price: price_at(unit_price, flops)?,
	})
}

/// The price of `flops` operations at `unit_price` planck per compute unit, rounded up once.
///
/// Errors: [`CurveError::PriceTooHigh`].
pub fn price_at(unit_price: u128, flops: u128) -> Result<u128, CurveError> {
	Ok(mul_div_ceil(unit_price, flops, FLOPS_PER_COMPUTE_UNIT)?)
}

/// The pro rata part of a prepayment of `paid` planck for `left` of `whole` blocks, less `fee` parts
/// per million, rounded down once. A `left` above the whole counts as the whole, a fee above one
/// million as one million; a window of no blocks returns nothing.
pub fn pro_rata_refund(paid: u128, left: u32, whole: u32, fee: u32) -> u128 {
	let kept = PARTS_PER_MILLION.saturating_sub(fee.min(PARTS_PER_MILLION));
	let factor = U256::from(u64::from(left.min(whole)).saturating_mul(u64::from(kept)));
	let divisor = U512::from(u64::from(whole).saturating_mul(u64::from(PARTS_PER_MILLION)));
	// The factor is at most the divisor, so the quotient is at most `paid`; the only error is a
	// window of no blocks.
	ratio_floor(U256::from(paid).full_mul(factor), divisor).unwrap_or(0)
}

/// What a seller gets for the `left` of `whole` blocks of its reservation. The pool is the one that
/// the reserved `milli_slots` are still taken out of; `prepaid` is what is left of the prepayment.
///
/// Errors: as for selling back on the curve. Operations whose price there does not fit do not limit
/// the refund.
pub fn refund(
	pool: &Pool,
	milli_slots: u64,
	terms: &ReservationTerms,
	prepaid: u128,
	left: u32,
	whole: u32,
	fee: u32,
) -> Result<u128, CurveError> {
	let own = pro_rata_refund(terms.price, left, whole, fee);
	let flops = match whole {
		0 => 0,
		_ => mul_div_floor(terms.flops, u128::from(left.min(whole)), u128::from(whole))?,
	};
	let present = match sell_back_price(pool, milli_slots, flops) {
		Err(CurveError::PriceTooHigh) => u128::MAX,
		other => other?,
	};
	Ok(own.min(present).min(prepaid))
}

/// The most milli-slots of a pool that may be reserved together, at `share` parts per billion of the
/// registered capacity, rounded down.
pub fn reservable(pool: &Pool, share: u32) -> u64 {
	let whole = PARTS_PER_BILLION;
	let product = u128::from(pool.target).saturating_mul(u128::from(share.min(whole)));
	// At most the registered capacity, since the share is at most the whole.
	u64::try_from(product / u128::from(whole)).unwrap_or(pool.target)
}
