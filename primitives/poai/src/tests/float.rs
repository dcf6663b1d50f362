use crate::{
	exponential::{exp_negative, RESULT_BITS},
	float::*,
	logarithm::{FRACTION_BITS, LN_2},
};
use proptest::prelude::*;

#[test]
fn every_binary16_becomes_the_binary32_of_its_value() {
	for bits in 0..=u16::MAX {
		let exponent = i32::from(bits >> 10 & 0x1f);
		let mantissa = f64::from(bits & 0x3ff);
		let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
		let found = f32::from_bits(f32_from_f16(bits));
		if exponent == 31 {
			assert_eq!(found.is_nan(), mantissa > 0.0);
			assert_eq!(found.is_infinite(), mantissa == 0.0);
			continue;
		}
		let value = if exponent == 0 {
			mantissa * 2f64.powi(-24)
		} else {
			(1024.0 + mantissa) * 2f64.powi(exponent - 25)
		};
		assert_eq!(f64::from(found), sign * value, "{bits:#x}");
	}
}

#[test]
fn what_is_not_finite_has_no_fixed_point_value() {
	for value in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
		assert_eq!(
			fixed_from_f32(value.to_bits(), 16),
			Err(FloatError::NotFinite)
		);
		assert_eq!(logit_from_f32(value.to_bits()), Err(FloatError::NotFinite));
		assert_eq!(bf16_from_f32(value.to_bits()), Err(FloatError::NotFinite));
	}
}

#[test]
fn logits_end_before_two_to_the_fifteenth() {
	for value in [32_768.0f32, -32_768.0, 1e30, -1e30] {
		assert_eq!(logit_from_f32(value.to_bits()), Err(FloatError::OutOfRange));
	}
	let largest = f32::from_bits(32_768f32.to_bits() - 1);
	assert_eq!(logit_from_f32(largest.to_bits()), Ok(i32::MAX - 127));
	assert_eq!(logit_from_f32((-largest).to_bits()), Ok(127 - i32::MAX));
	assert_eq!(logit_from_f32((-0.0f32).to_bits()), Ok(0));
	assert_eq!(logit_from_f32((-1.5f32).to_bits()), Ok(-98_304));
}

#[test]
fn bfloat16_rounds_halves_to_even_and_knows_its_end() {
	let case = |bits: u32| bf16_from_f32(bits);
	assert_eq!(case(0x3f80_8000), Ok(0x3f80));
	assert_eq!(case(0x3f81_8000), Ok(0x3f82));
	assert_eq!(case(0x3f80_8001), Ok(0x3f81));
	assert_eq!(case(0xbf80_8001), Ok(0xbf81));
	assert_eq!(case(0x8000_0000), Ok(0));
	assert_eq!(case(0x8000_0001), Ok(0));
	assert_eq!(case(0x7f7f_7fff), Ok(0x7f7f));
	assert_eq!(case(0x7f7f_8000), Err(FloatError::OutOfRange));
}

/// The series against f64, and the exact multiples of ln 2.
#[test]
fn the_exponential_is_within_its_stated_error() {
	assert_eq!(exp_negative(0), 1 << RESULT_BITS);
	for halvings in 0..63 {
		assert_eq!(exp_negative(halvings * LN_2), 1 << (62 - halvings));
	}
	assert_eq!(exp_negative(63 * LN_2), 0);
	assert_eq!(exp_negative(u64::MAX), 0);
	let mut largest = 0f64;
	for step in 0..200_000u64 {
		let x = step * 0x0000_1f3d_7a9b_4c21;
		if x >= 45 << FRACTION_BITS {
			break;
		}
		let expected = (-(x as f64) / 2f64.powi(FRACTION_BITS as i32)).exp();
		let error = (exp_negative(x) as f64 / 2f64.powi(RESULT_BITS as i32) - expected).abs();
		// f64 itself is off by up to x times 2^-53, relative.
		let own = expected * (x as f64 / 2f64.powi(58) + 2.0) * 2f64.powi(-53);
		largest = largest.max(error - own);
	}
	assert!(largest < 2f64.powi(-55), "{largest:e}");
}

proptest! {
	#[test]
	fn a_fixed_point_value_is_the_nearest_one(bits: u32, fraction in 0u32..=60) {
		let value = f64::from(f32::from_bits(bits)) * 2f64.powi(fraction as i32);
		match fixed_from_f32(bits, fraction) {
			Err(FloatError::NotFinite) => prop_assert!(!value.is_finite()),
			Err(FloatError::OutOfRange) => prop_assert!(value.abs() >= 2f64.powi(61)),
			// A 24-bit mantissa: f64 holds value and result exactly, and its round is half away.
			Ok(fixed) => prop_assert_eq!(fixed as f64, value.round()),
		}
	}

	#[test]
	fn a_bfloat16_is_within_half_a_place_of_its_number(bits: u32) {
		if let Ok(rounded) = bf16_from_f32(bits) {
			let value = f64::from(f32::from_bits(bits));
			let found = f64::from(f32::from_bits(f32_from_bf16(rounded)));
			let place = f64::from(f32::from_bits(f32_from_bf16((rounded & 0x7fff) + 1)))
				- found.abs();
			prop_assert!((found - value).abs() <= place / 2.0);
			prop_assert_eq!(bf16_from_f32(f32_from_bf16(rounded)), Ok(rounded));
		}
	}
}
