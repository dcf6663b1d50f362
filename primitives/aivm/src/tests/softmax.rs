use super::{
	fixed,
	reference::{exp, fraction, rounds_to, BITS},
	small,
};
use crate::{softmax::softmax, TensorError, MAX_WIDTH};
use num_bigint::BigInt;
use proptest::prelude::*;

fn ours(row: &[i32]) -> Vec<i32> {
	let mut out = vec![0; row.len()];
	softmax(row, row.len(), &mut out).unwrap();
	out
}

fn check(row: &[i32]) {
	let largest = *row.iter().max().unwrap();
	let exponentials: Vec<BigInt> = row
		.iter()
		.map(|x| exp(&fraction(i64::from(*x) - i64::from(largest), 1 << 16)))
		.collect();
	let sum: BigInt = exponentials.iter().sum();
	for (exponential, y) in exponentials.into_iter().zip(ours(row)) {
		let exact = (exponential << BITS) / &sum;
		assert!(rounds_to(y, &exact, 20), "{y} in {row:?}");
	}
}

#[test]
fn extremes_are_within_the_bound() {
	check(&[i32::MIN, i32::MAX]);
	check(&[i32::MAX]);
	check(&[i32::MIN; 3]);
	check(&[0, -44 << 16, -43 << 16, -10 << 16]);
}

#[test]
fn a_long_row_of_small_terms_is_within_the_bound() {
	// One term at 1 and 65,535 at e^-11, whose sum is not small: their errors add up.
	let mut row = vec![-11 << 16; MAX_WIDTH];
	row[5] = 0;
	let sum = BigInt::from(MAX_WIDTH - 1) * exp(&fraction(-11, 1)) + super::reference::one();
	let exact = (super::reference::one() << BITS) / sum;
	assert!(rounds_to(ours(&row)[5], &exact, 20));
}

#[test]
fn wrong_operands_are_refused() {
	assert_eq!(
		small(&[2], &[1, 2]).softmax(),
		Err(TensorError::ElementType)
	);
	let long = fixed(&[MAX_WIDTH as u32 + 1], &vec![0; MAX_WIDTH + 1]);
	assert_eq!(long.softmax(), Err(TensorError::TooLarge));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(100))]
	#[test]
	fn error_is_below_the_stated_bound(
		row in prop::collection::vec(any::<i32>(), 1..20),
		shift in 0u32..31,
	) {
		check(&row.iter().map(|x| x >> shift).collect::<Vec<_>>());
	}

	#[test]
	fn order_is_kept_and_the_sum_is_near_one(
		row in prop::collection::vec(-(20i32 << 16)..(20 << 16), 1..50),
	) {
		let result = ours(&row);
		for (x, y) in row.iter().zip(&result) {
			for (other_x, other_y) in row.iter().zip(&result) {
				prop_assert!(x > other_x || y <= other_y);
			}
		}
		let sum: i64 = result.iter().map(|y| i64::from(*y)).sum();
		prop_assert!((sum - 65_536).unsigned_abs() as usize <= row.len() / 2 + 1);
	}
}
