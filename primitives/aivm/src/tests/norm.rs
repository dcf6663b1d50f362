use super::{
	fixed,
	reference::{fraction, rounds_to, sqrt},
	wide,
};
use crate::{norm::layer_norm, Elements, TensorError, MAX_WIDTH};
use num_bigint::BigInt;
use proptest::prelude::*;

fn norm(row: &[i32], epsilon: u32) -> Vec<i32> {
	let mut out = vec![0; row.len()];
	layer_norm(row, row.len(), None, None, epsilon, &mut out).unwrap();
	out
}

/// Mean, variance and quotient as fractions of integers, and one root.
fn check(row: &[i32], epsilon: u32) {
	let width = BigInt::from(row.len());
	let sum: BigInt = row.iter().map(|x| BigInt::from(*x)).sum();
	let squares: BigInt = row.iter().map(|x| BigInt::from(*x) * *x).sum();
	let variance = &width * squares - &sum * &sum + &width * &width * epsilon;
	let root = sqrt(&fraction(variance, 1));
	for (x, y) in row.iter().zip(norm(row, epsilon)) {
		// (d x - S) / root, with 192 fraction bits.
		let centred = BigInt::from(*x) * &width - &sum;
		let exact = (centred << (2 * super::reference::BITS)) / &root;
		assert!(rounds_to(y, &exact, 30), "{x} became {y} in {row:?}");
	}
}

#[test]
fn extremes_are_within_the_bound() {
	check(&[i32::MIN, i32::MAX], 1);
	check(&[i32::MAX; 5], 1);
	check(&[0; 3], 1);
	check(&[1], u32::MAX);
	check(&[0, 0, 0, 1], 1);
	let mut row = vec![i32::MIN; MAX_WIDTH];
	row[7] = i32::MAX;
	check(&row, 1);
	let alternating: Vec<i32> = (0..MAX_WIDTH)
		.map(|n| if n % 2 == 0 { i32::MIN } else { i32::MAX })
		.collect();
	check(&alternating, 1);
}

#[test]
fn rows_are_normalised_each_by_itself() {
	let both = fixed(&[2, 3], &[1, 2, 9, -5 << 16, 0, 7 << 16])
		.layer_norm(None, None, 9)
		.unwrap();
	let expected = [norm(&[1, 2, 9], 9), norm(&[-5 << 16, 0, 7 << 16], 9)].concat();
	assert_eq!(both.elements(), &Elements::Fixed(expected));
}

#[test]
fn gain_and_bias_are_applied_after_it() {
	let row = [1 << 16, 2 << 16, 4 << 16];
	let plain = norm(&row, 1);
	let gain = fixed(&[3], &[1 << 16, -(1 << 15), 3 << 16]);
	let bias = fixed(&[3], &[5, 0, -7]);
	let scaled = fixed(&[3], &row)
		.layer_norm(Some(&gain), Some(&bias), 1)
		.unwrap();
	let half = |x: i32| ((i64::from(x) * -(1 << 15) + (1 << 15)) >> 16) as i32;
	assert_eq!(
		scaled.elements(),
		&Elements::Fixed(vec![plain[0] + 5, half(plain[1]), 3 * plain[2] - 7])
	);
}

#[test]
fn wrong_operands_are_refused() {
	let row = fixed(&[2], &[1, 2]);
	let three = fixed(&[3], &[1, 2, 3]);
	assert_eq!(row.layer_norm(None, None, 0), Err(TensorError::Parameter));
	assert_eq!(
		row.layer_norm(Some(&three), None, 1),
		Err(TensorError::ShapesDiffer)
	);
	assert_eq!(
		row.layer_norm(None, Some(&wide(&[2], &[1, 1])), 1),
		Err(TensorError::ElementType)
	);
	assert_eq!(
		wide(&[2], &[1, 2]).layer_norm(None, None, 1),
		Err(TensorError::ElementType)
	);
	let gain = fixed(&[2], &[i32::MAX, i32::MAX]);
	let far = fixed(&[2], &[-(9 << 16), 9 << 16]);
	assert!(far.layer_norm(Some(&gain), None, 1).is_ok());
	let bias = fixed(&[2], &[i32::MAX, i32::MAX]);
	assert_eq!(
		far.layer_norm(None, Some(&bias), 1),
		Err(TensorError::Overflow)
	);
	let long = fixed(&[MAX_WIDTH as u32 + 1], &vec![0; MAX_WIDTH + 1]);
	assert_eq!(long.layer_norm(None, None, 1), Err(TensorError::TooLarge));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]
	#[test]
	fn error_is_below_the_stated_bound(
		row in prop::collection::vec(any::<i32>(), 1..40),
		shift in 0u32..31,
		epsilon in 1u32..,
	) {
		let row: Vec<i32> = row.iter().map(|x| x >> shift).collect();
		check(&row, epsilon);
		check(&row, 1);
	}

	#[test]
	fn a_negated_row_has_the_negated_norm(row in prop::collection::vec(-i32::MAX.., 1..20)) {
		let negated: Vec<i32> = row.iter().map(|x| -x).collect();
		let expected: Vec<i32> = norm(&row, 7).iter().map(|y| -y).collect();
		prop_assert_eq!(norm(&negated, 7), expected);
	}
}
