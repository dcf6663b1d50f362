//! Floating-point numbers as bits, and their fixed-point values, by integer operations only.
//!
//! A model's numbers enter this crate as the raw bits of IEEE 754: binary32 as `u32`
//! (`f32::to_bits`), binary16 and bfloat16 as `u16`. Nothing here computes with floats, so every
//! machine, and a runtime without floats, gets the same integers.
//!
//! # Guarantees
//!
//! 1. [`f32_from_f16`] and [`f32_from_bf16`] are exact for every bit pattern.
//! 2. [`fixed_from_f32`] is the exact value rounded once to the nearest fixed-point number, halves
//!    away from zero. Not a number and the infinities are [`FloatError::NotFinite`]; what does not
//!    fit is [`FloatError::OutOfRange`].
//! 3. [`bf16_from_f32`] is the exact value rounded once to the nearest bfloat16, halves to the even
//!    one, as hardware does. Both zeros become the positive one.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Fraction bits of a logit, which is a signed Q16.16 number.
pub const LOGIT_BITS: u32 = 16;
/// The bits of 2^15, from which on magnitudes do not fit Q16.16.
const LOGIT_LIMIT: u32 = 0x4700_0000;
/// The bits of a binary32 without the sign.
const MAGNITUDE: u32 = 0x7fff_ffff;
/// The smallest magnitude that is not finite.
const INFINITY: u32 = 0x7f80_0000;
/// Widest shift of a 24-bit mantissa whose result stays below 2^62.
const WIDEST_SHIFT: i32 = 38;

/// Why a floating-point number has no fixed-point value.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum FloatError {
	/// It is not a number, or infinite. Check the weights' hash, then the device.
	#[codec(index = 0)]
	NotFinite,
	/// Its magnitude does not fit the fixed-point format. Check the weights' hash, then the device.
	#[codec(index = 1)]
	OutOfRange,
}

impl core::fmt::Display for FloatError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		formatter.write_str(match self {
			FloatError::NotFinite => "a number of the model is not finite",
			FloatError::OutOfRange => "a number of the model is too large for its format",
		})
	}
}

impl core::error::Error for FloatError {}

/// The fixed-point value of a binary32, with `fraction_bits` (at most 60) fraction bits.
///
/// The result's magnitude is below 2^62.
///
/// Errors: [`FloatError::NotFinite`], [`FloatError::OutOfRange`].
pub fn fixed_from_f32(bits: u32, fraction_bits: u32) -> Result<i64, FloatError> {
	let magnitude = bits & MAGNITUDE;
	if magnitude >= INFINITY {
		return Err(FloatError::NotFinite);
	}
	// At most 254, so the cast is exact.
	let exponent = (magnitude >> 23) as i32;
	let mantissa = i64::from(magnitude & 0x007f_ffff);
	let (mantissa, exponent) = if exponent == 0 {
		(mantissa, 1)
	} else {
		(mantissa | 1 << 23, exponent)
	};
	// The value is mantissa times 2^(exponent - 150).
	let shift = exponent - 150 + fraction_bits.min(60) as i32;
	let rounded = if mantissa == 0 || shift <= -25 {
		// Half of the last place is 2^24 or more, above every mantissa.
		0
	} else if shift > WIDEST_SHIFT {
		return Err(FloatError::OutOfRange);
	} else if shift >= 0 {
		mantissa << shift
	} else {
		(mantissa + (1 << (-shift - 1))) >> -shift
	};
	Ok(if bits > MAGNITUDE { -rounded } else { rounded })
}

/// A logit in Q16.16.
///
/// Errors: [`FloatError::NotFinite`]; [`FloatError::OutOfRange`] from a magnitude of 2^15 on.
pub fn logit_from_f32(bits: u32) -> Result<i32, FloatError> {
	let magnitude = bits & MAGNITUDE;
	if (LOGIT_LIMIT..INFINITY).contains(&magnitude) {
		return Err(FloatError::OutOfRange);
	}
	// Below 2^15 the spacing of binary32 is 2^-9 at most, so rounding does not reach 2^31.
	i32::try_from(fixed_from_f32(bits, LOGIT_BITS)?).map_err(|_| FloatError::OutOfRange)
}

/// The nearest bfloat16.
///
/// Errors: [`FloatError::NotFinite`]; [`FloatError::OutOfRange`] where the nearest is infinite.
pub fn bf16_from_f32(bits: u32) -> Result<u16, FloatError> {
	let magnitude = bits & MAGNITUDE;
	if magnitude >= INFINITY {
		return Err(FloatError::NotFinite);
	}
	let odd = (magnitude >> 16) & 1;
	// Below 2^31, so neither sum overflows; the shifted value fits 15 bits.
	let rounded = (magnitude + 0x7fff + odd) >> 16;
	if rounded >= INFINITY >> 16 {
		return Err(FloatError::OutOfRange);
	}
	let sign = if rounded == 0 {
		0
	} else {
		(bits >> 16) & 0x8000
	};
	Ok((rounded | sign) as u16)
}

/// The binary32 that equals a bfloat16.
pub fn f32_from_bf16(bits: u16) -> u32 {
	u32::from(bits) << 16
}

/// The binary32 that equals a binary16. What is not a number stays so.
pub fn f32_from_f16(bits: u16) -> u32 {
	let sign = u32::from(bits & 0x8000) << 16;
	let exponent = u32::from(bits >> 10) & 0x1f;
	let mantissa = u32::from(bits) & 0x3ff;
	let magnitude = match (exponent, mantissa) {
		(0, 0) => 0,
		// mantissa times 2^-24: its highest bit becomes the hidden one.
		(0, _) => {
			let highest = 31 - mantissa.leading_zeros();
			((highest + 103) << 23) | ((mantissa << (23 - highest)) & 0x007f_ffff)
		}
		(31, _) => INFINITY | mantissa << 13,
		_ => ((exponent + 112) << 23) | mantissa << 13,
	};
	sign | magnitude
}
