//! What a finished job pays: for the work actually done, and less when it is late.
//!
//! A job is priced and locked for its maximum of tokens. It pays for the actual ones, and the rest
//! of the lock is refunded. The order is: first [`actual_price`], then [`late_price`] of its result,
//! then the fee split of that.
//!
//! Guarantees
//!
//! 1. [`actual_price`] is never above the locked price, and rises with the actual work.
//! 2. [`late_price`] never rises with time. It is the full price up to and including the SLA, at
//!    least half the price (rounded down) before twice the SLA, and `None` from exactly twice the
//!    SLA on, which is a timeout: full refund.

use crate::fixed::{mul_div_ceil, mul_div_floor};

/// The price in planck of a job that ended `elapsed_ms` after its SLA started, or `None` when it
/// timed out.
///
/// * `elapsed ≤ sla`: the full price.
/// * `sla < elapsed < 2·sla`: `floor(price · (3·sla − elapsed) / (2·sla))`, a straight line from
///   100 % at the SLA to 50 % at twice the SLA. Rounded down, in favour of the client.
/// * `elapsed ≥ 2·sla`: `None`.
///
/// An SLA of zero gives the full price at zero elapsed time and `None` after it.
///
/// ```
/// use aci_market::payment::late_price;
/// assert_eq!(late_price(1_000, 60_000, 60_000), Some(1_000));
/// assert_eq!(late_price(1_000, 60_000, 90_000), Some(750));
/// assert_eq!(late_price(1_000, 60_000, 119_999), Some(500));
/// assert_eq!(late_price(1_000, 60_000, 120_000), None);
/// ```
pub fn late_price(price: u128, sla_ms: u64, elapsed_ms: u64) -> Option<u128> {
	if elapsed_ms <= sla_ms {
		return Some(price);
	}
	let sla = u128::from(sla_ms);
	let elapsed = u128::from(elapsed_ms);
	let timeout = sla.saturating_mul(2);
	if elapsed >= timeout {
		return None;
	}
	let weight = sla.saturating_mul(3).saturating_sub(elapsed);
	// `weight < timeout`, and the timeout is above `elapsed > sla ≥ 0`: the quotient is below the
	// price and the divisor is not zero, so this is never the `Err` that `ok` would hide.
	mul_div_floor(price, weight, timeout).ok()
}

/// The price in planck of `actual_flops` operations of a job that was locked at `locked_price` for
/// `locked_flops`: `ceil(locked_price · actual / locked)`, and never above the locked price.
///
/// Rounded up, so that a job that did any work at a price above zero pays at least one planck.
///
/// ```
/// use aci_market::payment::actual_price;
/// assert_eq!(actual_price(1_000, 300, 100), 334);
/// assert_eq!(actual_price(1_000, 300, 301), 1_000);
/// ```
pub fn actual_price(locked_price: u128, locked_flops: u128, actual_flops: u128) -> u128 {
	if actual_flops >= locked_flops {
		return locked_price;
	}
	// `actual < locked`, so the divisor is not zero and the quotient is at most the locked price.
	mul_div_ceil(locked_price, actual_flops, locked_flops)
		.unwrap_or(locked_price)
		.min(locked_price)
}
