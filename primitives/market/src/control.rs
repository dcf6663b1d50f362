//! Slow control of a pool, once per epoch: the par price follows use, the floor share follows the
//! liquidity fund.
//!
//! Guarantees
//!
//! 1. Inside the zone of utilisation the par price stays.
//! 2. Outside it the par price moves by at most the step, toward scarcity above the zone and toward
//!    cheapness below it, by a share that grows linearly from nothing at the zone's edge to the full
//!    step at 0 % or 100 %. Rounding is toward no change.
//! 3. The par price stays within the curve's bounds.
//! 4. The floor share is `s_max · F / (F + F_half)`, rounded down: zero without capital, never above
//!    `s_max`, never falling when capital is added.
//!
//! The utilisation to pass in is that of [`crate::activity`], paid work over offered capacity, not
//! [`Pool::utilisation`]: a slot that is taken but not paid for must not move the price.
//!
//! [`Pool::utilisation`]: crate::curve::Pool::utilisation
//!
//! # Paying oneself to move the price
//!
//! A worker can order from itself to raise the utilisation. Of each such payment a fifth leaves it,
//! and the price moves by at most the step in an epoch. Where demand has a price elasticity of at
//! least one, a higher price brings the class no more revenue, so every such payment is a loss. Where
//! demand is less elastic and the price stays in the zone afterwards, the price of a class stays
//! where it was pushed, and a worker with a large part of the class can gain over a long time. The
//! tests compute both sides. What bounds the second is supply: capacity that the price attracts
//! lowers the utilisation again.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use primitive_types::{U256, U512};
use scale_info::TypeInfo;

use crate::{
	curve::{MAX_FLOOR_SHARE, MAX_PAR_PRICE, PARTS_PER_BILLION},
	fixed::{mul_div_floor, ratio_floor},
};

/// Parameters of the slow control.
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
pub struct ControlRules {
	/// Lower edge of the zone, in parts per billion of capacity.
	pub zone_low: u32,
	/// Upper edge of the zone, in parts per billion of capacity.
	pub zone_high: u32,
	/// The largest move of the par price in one epoch, in parts per billion of it. Values above one
	/// billion count as one billion.
	pub step: u32,
	/// `s_max`: the floor share that endless capital would give, in parts per billion. Values above
	/// the curve's largest floor share count as that.
	pub max_floor_share: u32,
	/// `F_half`: the fund, in planck, that gives half of `s_max`.
	pub half_fund: u128,
}

impl Default for ControlRules {
	/// A zone of 40 % to 60 %, a step of 2 %, `s_max` of 0.9 and `F_half` of 100,000 ACI.
	fn default() -> Self {
		ControlRules {
			zone_low: 400_000_000,
			zone_high: 600_000_000,
			step: 20_000_000,
			max_floor_share: MAX_FLOOR_SHARE,
			half_fund: 100_000 * crate::stake::ACI,
		}
	}
}

/// The par price of the next epoch, in planck per compute unit.
///
/// `utilisation` is in parts per billion; larger values count as one billion.
///
/// ```
/// use aci_market::control::{next_par_price, ControlRules};
/// let rules = ControlRules::default();
/// assert_eq!(next_par_price(1_000, 500_000_000, &rules), 1_000);
/// assert_eq!(next_par_price(1_000, 1_000_000_000, &rules), 1_020);
/// assert_eq!(next_par_price(1_000, 200_000_000, &rules), 990);
/// ```
pub fn next_par_price(par_price: u128, utilisation: u32, rules: &ControlRules) -> u128 {
	let whole = PARTS_PER_BILLION;
	let par_price = par_price.clamp(1, MAX_PAR_PRICE);
	let utilisation = utilisation.min(whole);
	let (distance, range, rises) = if utilisation > rules.zone_high {
		// The utilisation is at most the whole, so the edge is below it and the range is not zero.
		let range = whole.saturating_sub(rules.zone_high);
		(utilisation.saturating_sub(rules.zone_high), range, true)
	} else if utilisation < rules.zone_low {
		let edge = rules.zone_low.min(whole);
		(edge.saturating_sub(utilisation), edge, false)
	} else {
		return par_price;
	};
	// `step · distance < 2^60` and `range · 10^9 < 2^60`; the quotient is at most the par price.
	let factor = u128::from(rules.step.min(whole)).saturating_mul(u128::from(distance));
	let divisor = u128::from(range).saturating_mul(u128::from(whole));
	let change = mul_div_floor(par_price, factor, divisor).unwrap_or(0);
	let moved = if rises {
		par_price.saturating_add(change)
	} else {
		par_price.saturating_sub(change)
	};
	moved.clamp(1, MAX_PAR_PRICE)
}

/// The floor share that a fund of `fund` planck gives, in parts per billion.
///
/// ```
/// use aci_market::{control::{floor_share, ControlRules}, stake::ACI};
/// let rules = ControlRules::default();
/// assert_eq!(floor_share(0, &rules), 0);
/// assert_eq!(floor_share(100_000 * ACI, &rules), 450_000_000);
/// ```
pub fn floor_share(fund: u128, rules: &ControlRules) -> u32 {
	let max = rules.max_floor_share.min(MAX_FLOOR_SHARE);
	if fund == 0 {
		return 0;
	}
	// The sum of two `u128` values can need 129 bits.
	let divisor = U512::from(fund).saturating_add(U512::from(rules.half_fund));
	let share = ratio_floor(U256::from(max).full_mul(U256::from(fund)), divisor).unwrap_or(0);
	// `fund ≤ divisor`, so the share is at most `max`.
	u32::try_from(share).unwrap_or(max).min(max)
}
