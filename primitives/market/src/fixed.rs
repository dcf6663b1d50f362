//! Exact products and quotients of `u128` values, with one rounding.
//!
//! Guarantees
//!
//! 1. The product of two `u128` values is below 2^256, so [`mul_div_floor`] and [`mul_div_ceil`]
//!    never lose a bit before the division.
//! 2. The result is the exact quotient rounded once: down for `floor`, up for `ceil`.
//! 3. A quotient that does not fit `u128`, and a zero divisor, are errors. Nothing wraps, nothing
//!    saturates, nothing panics.

use core::fmt;

use primitive_types::{U256, U512};

/// Why a quotient could not be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FixedError {
	/// The divisor is zero. Check it before the call.
	DivisionByZero,
	/// The quotient does not fit `u128`. Refuse the request: one of its factors is absurdly large.
	Overflow,
}

impl fmt::Display for FixedError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			FixedError::DivisionByZero => "the divisor is zero",
			FixedError::Overflow => "the quotient does not fit 128 bits",
		})
	}
}

impl core::error::Error for FixedError {}

/// `a * b / divisor`, rounded down.
///
/// ```
/// use aci_market::fixed::mul_div_floor;
/// assert_eq!(mul_div_floor(7, 3, 2), Ok(10));
/// assert_eq!(mul_div_floor(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
/// ```
pub fn mul_div_floor(a: u128, b: u128, divisor: u128) -> Result<u128, FixedError> {
	let product = U256::from(a).full_mul(U256::from(b));
	ratio_floor(product, U512::from(divisor))
}

/// `a * b / divisor`, rounded up.
///
/// ```
/// use aci_market::fixed::mul_div_ceil;
/// assert_eq!(mul_div_ceil(7, 3, 2), Ok(11));
/// ```
pub fn mul_div_ceil(a: u128, b: u128, divisor: u128) -> Result<u128, FixedError> {
	let product = U256::from(a).full_mul(U256::from(b));
	ratio_ceil(product, U512::from(divisor))
}

/// `numerator / denominator`, rounded down.
pub(crate) fn ratio_floor(numerator: U512, denominator: U512) -> Result<u128, FixedError> {
	let quotient = numerator
		.checked_div(denominator)
		.ok_or(FixedError::DivisionByZero)?;
	u128::try_from(quotient).map_err(|_| FixedError::Overflow)
}

/// `numerator / denominator`, rounded up.
pub(crate) fn ratio_ceil(numerator: U512, denominator: U512) -> Result<u128, FixedError> {
	if denominator.is_zero() {
		return Err(FixedError::DivisionByZero);
	}
	let (quotient, remainder) = numerator.div_mod(denominator);
	let quotient = u128::try_from(quotient).map_err(|_| FixedError::Overflow)?;
	if remainder.is_zero() {
		Ok(quotient)
	} else {
		quotient.checked_add(1).ok_or(FixedError::Overflow)
	}
}
