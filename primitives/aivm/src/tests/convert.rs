use super::{fixed, small, wide};
use crate::{
	convert::{Scale, MAX_SHIFT},
	ElementType, TensorError,
};
use num_bigint::BigInt;
use proptest::prelude::*;

#[test]
fn sums_become_bytes_again() {
	let scale = Scale {
		multiplier: 3,
		shift: 4,
		rectify: false,
	};
	let sums = wide(&[4], &[8, -8, 1_000, -1_000]);
	assert_eq!(
		sums.convert(ElementType::I8, &scale).unwrap(),
		small(&[4], &[2, -1, 127, -128])
	);
	let rectified = Scale {
		rectify: true,
		..scale
	};
	assert_eq!(
		sums.convert(ElementType::I8, &rectified).unwrap(),
		small(&[4], &[2, 0, 127, 0])
	);
}

#[test]
fn integers_become_fixed_point() {
	let scale = Scale {
		multiplier: 1 << 16,
		shift: 0,
		rectify: false,
	};
	let converted = small(&[2], &[-1, 100])
		.convert(ElementType::Fixed, &scale)
		.unwrap();
	assert_eq!(converted, fixed(&[2], &[-(1 << 16), 100 << 16]));
}

#[test]
fn a_shift_over_the_bound_is_refused() {
	let scale = Scale {
		shift: MAX_SHIFT + 1,
		..Scale::ONE
	};
	assert_eq!(
		wide(&[1], &[1]).convert(ElementType::I32, &scale),
		Err(TensorError::Parameter)
	);
}

proptest! {
	#[test]
	fn every_conversion_follows_the_rule(
		value: i32, multiplier: i32, shift in 0..=MAX_SHIFT, rectify: bool,
	) {
		let scale = Scale { multiplier, shift, rectify };
		let half = (BigInt::from(1) << shift) >> 1u32;
		let mut exact = (BigInt::from(value) * multiplier + half) >> shift;
		if rectify {
			exact = exact.max(0.into());
		}
		let mut wide = [0];
		scale.to_i32(&[value], &mut wide).unwrap();
		prop_assert_eq!(BigInt::from(wide[0]), exact.clone().clamp(i32::MIN.into(), i32::MAX.into()));
		let mut small = [0];
		scale.to_i8(&[value], &mut small).unwrap();
		prop_assert_eq!(BigInt::from(small[0]), exact.clamp(i8::MIN.into(), i8::MAX.into()));
	}
}
