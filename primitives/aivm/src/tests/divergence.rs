use super::{
	fixed,
	reference::{ln, one, rounds_to},
	small, wide,
};
use crate::{divergence::mean, TensorError, MAX_WIDTH};
use num_bigint::BigInt;
use proptest::prelude::*;

/// The divergence with 192 fraction bits.
fn exact(p: &[i32], q: &[i32]) -> BigInt {
	let sum = |row: &[i32]| row.iter().map(|x| *x as u64).sum::<u64>();
	let (sum_p, sum_q) = (sum(p), sum(q));
	let total: BigInt = p
		.iter()
		.zip(q)
		.filter(|(p, _)| **p > 0)
		.map(|(p, q)| (ln(*p as u64) - ln(*q as u64)) * *p)
		.sum();
	total / sum_p - ln(sum_p) + ln(sum_q)
}

#[test]
fn a_distribution_does_not_diverge_from_itself_or_a_multiple() {
	assert_eq!(mean(&[1, 2, 3, 0], &[1, 2, 3, 0], 4), Ok(0));
	assert_eq!(mean(&[1, 2, 3], &[100, 200, 300], 3), Ok(0));
	assert_eq!(mean(&[i32::MAX; 9], &[1; 9], 9), Ok(0));
}

#[test]
fn rows_are_averaged() {
	// ln 2 = 45,425.9 units for the first row, 0 for the second.
	assert_eq!(mean(&[1, 0, 1, 1], &[1, 1, 1, 1], 2), Ok(22_713));
}

#[test]
fn extremes_are_within_the_bound() {
	let (mut p, mut q) = (vec![1; MAX_WIDTH], vec![i32::MAX; MAX_WIDTH]);
	p[0] = i32::MAX;
	q[0] = 1;
	let result = mean(&p, &q, MAX_WIDTH).unwrap();
	let rest = BigInt::from(MAX_WIDTH - 1);
	let largest = ln(i32::MAX as u64);
	let sum = |first: i64, others: i64| (first + (MAX_WIDTH as i64 - 1) * others) as u64;
	let (sum_p, sum_q) = (sum(i32::MAX.into(), 1), sum(1, i32::MAX.into()));
	let exact = (&largest * i32::MAX - rest * &largest) / sum_p - ln(sum_p) + ln(sum_q);
	assert!(rounds_to(result, &exact, 30));
}

#[test]
fn what_is_no_distribution_or_infinite_is_refused() {
	assert_eq!(mean(&[1, 1], &[1, 0], 2), Err(TensorError::Infinite));
	assert_eq!(
		mean(&[0, 0], &[1, 0], 2),
		Err(TensorError::NotADistribution)
	);
	assert_eq!(
		mean(&[1, -1], &[1, 1], 2),
		Err(TensorError::NotADistribution)
	);
	assert_eq!(
		mean(&[0, 1], &[0, -3], 2),
		Err(TensorError::NotADistribution)
	);
	let bytes = small(&[2], &[1, 1]);
	assert_eq!(bytes.divergence(&bytes), Err(TensorError::ElementType));
	let (row, column) = (wide(&[1, 2], &[1, 1]), wide(&[2, 1], &[1, 1]));
	assert_eq!(row.divergence(&column), Err(TensorError::ShapesDiffer));
	assert_eq!(
		row.divergence(&fixed(&[1, 2], &[1, 1])),
		Err(TensorError::ElementType)
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(100))]
	#[test]
	fn error_is_below_the_stated_bound(
		pairs in prop::collection::vec((0..i32::MAX, 1..i32::MAX, 0u32..31), 1..20),
	) {
		let p: Vec<i32> = pairs.iter().map(|(p, _, shift)| p >> shift).collect();
		let q: Vec<i32> = pairs.iter().map(|(_, q, shift)| (q >> (30 - shift)).max(1)).collect();
		prop_assume!(p.iter().any(|p| *p > 0));
		let exact = exact(&p, &q);
		prop_assert!(exact > -(one() >> 100u32));
		prop_assert!(rounds_to(mean(&p, &q, p.len()).unwrap(), &exact, 30));
	}
}
