use super::{fixed, small, wide};
use crate::{matmul::MAX_DEPTH, Elements, Shape, Tensor, TensorError};
use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::prelude::*;

/// The product by its definition.
fn reference(a: &[i32], b: &[i32], m: usize, k: usize, n: usize) -> Vec<BigInt> {
	let mut out = Vec::new();
	for row in 0..m {
		for column in 0..n {
			out.push(
				(0..k)
					.map(|p| BigInt::from(a[row * k + p]) * b[p * n + column])
					.sum(),
			);
		}
	}
	out
}

fn pseudorandom(seed: u64, count: usize) -> Vec<i32> {
	let mut state = seed | 1;
	(0..count)
		.map(|_| {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			state as i32
		})
		.collect()
}

fn check(m: usize, k: usize, n: usize, seed: u64) {
	let shape = |rows: usize, columns: usize| [rows as u32, columns as u32];
	let a = pseudorandom(seed, m * k);
	let b = pseudorandom(seed ^ 0x55aa, k * n);
	let bytes = |values: &[i32]| values.iter().map(|x| *x as i8).collect::<Vec<_>>();
	let (a8, b8) = (bytes(&a), bytes(&b));
	let widened = |values: &[i8]| values.iter().map(|x| i32::from(*x)).collect::<Vec<_>>();
	let exact = reference(&widened(&a8), &widened(&b8), m, k, n);
	let product = small(&shape(m, k), &a8)
		.matmul(&small(&shape(k, n), &b8))
		.unwrap();
	let Elements::I32(product) = product.elements() else {
		panic!("32 bits")
	};
	assert!(product
		.iter()
		.map(|x| BigInt::from(*x))
		.eq(exact.iter().cloned()));

	let half: Vec<i32> = a.iter().map(|x| x >> 20).collect();
	let other: Vec<i32> = b.iter().map(|x| x >> 20).collect();
	let product = wide(&shape(m, k), &half)
		.matmul(&wide(&shape(k, n), &other))
		.unwrap();
	let Elements::I32(product) = product.elements() else {
		panic!("32 bits")
	};
	let exact = reference(&half, &other, m, k, n);
	assert!(product
		.iter()
		.map(|x| BigInt::from(*x))
		.eq(exact.iter().cloned()));

	let (half, other): (Vec<i32>, Vec<i32>) = (
		a.iter().map(|x| x >> 10).collect(),
		b.iter().map(|x| x >> 12).collect(),
	);
	let product = fixed(&shape(m, k), &half)
		.matmul(&fixed(&shape(k, n), &other))
		.unwrap();
	let Elements::Fixed(product) = product.elements() else {
		panic!("fixed point")
	};
	for (ours, exact) in product.iter().zip(reference(&half, &other, m, k, n)) {
		// Nearest, halves upward.
		let scaled = BigRational::new(exact, BigInt::from(1 << 16));
		let rounded = (scaled + BigRational::new(1.into(), 2.into())).floor();
		assert_eq!(BigInt::from(*ours), rounded.to_integer());
	}
}

#[test]
fn products_over_the_borders_of_blocks_are_exact() {
	for (m, k, n) in [
		(1, 1, 1),
		(33, 65, 257),
		(2, 130, 3),
		(64, 4, 256),
		(5, 63, 300),
		(7, 131, 15),
		(9, 66, 16),
	] {
		check(m, k, n, 7);
	}
}

#[test]
fn the_largest_sum_of_bytes_does_not_overflow() {
	let row = small(&[1, MAX_DEPTH as u32], &vec![-128; MAX_DEPTH]);
	let column = small(&[MAX_DEPTH as u32, 1], &vec![-128; MAX_DEPTH]);
	let product = row.matmul(&column).unwrap();
	assert_eq!(
		product.elements(),
		&Elements::I32(vec![MAX_DEPTH as i32 * 16_384])
	);
	let longer = MAX_DEPTH as u32 + 1;
	let row = small(&[1, longer], &vec![0; longer as usize]);
	let column = small(&[longer, 1], &vec![0; longer as usize]);
	assert_eq!(row.matmul(&column), Err(TensorError::TooLarge));
}

#[test]
fn sums_that_leave_their_type_are_refused() {
	let a = wide(&[1, 2], &[1 << 16, 1 << 15]);
	assert_eq!(
		a.matmul(&wide(&[2, 1], &[1 << 15, 0])),
		Err(TensorError::Overflow)
	);
	let least = a.matmul(&wide(&[2, 1], &[-(1 << 15), 0])).unwrap();
	assert_eq!(least.elements(), &Elements::I32(vec![i32::MIN]));
	// The bound on partial sums, though the whole sum is zero.
	let a = wide(&[1, 4], &[i32::MIN, i32::MIN, i32::MIN, i32::MIN]);
	let b = wide(&[4, 1], &[i32::MIN, i32::MAX, 1, 0]);
	assert_eq!(a.matmul(&b), Err(TensorError::Overflow));
	// Just below the bound, 2 · 2^31 · 2^30 < 2^63, and at it.
	let a = wide(&[1, 2], &[i32::MAX, i32::MAX]);
	let below = (1 << 30) - 1;
	let cancelled = a.matmul(&wide(&[2, 1], &[below, -below])).unwrap();
	assert_eq!(cancelled.elements(), &Elements::I32(vec![0]));
	let at = a.matmul(&wide(&[2, 1], &[below + 1, -below - 1]));
	assert_eq!(at, Err(TensorError::Overflow));
	let one = fixed(&[1, 1], &[i32::MAX]);
	assert_eq!(
		one.matmul(&fixed(&[1, 1], &[1 << 17])),
		Err(TensorError::Overflow)
	);
	let same = one.matmul(&fixed(&[1, 1], &[1 << 16])).unwrap();
	assert_eq!(same.elements(), &Elements::Fixed(vec![i32::MAX]));
}

#[test]
fn leading_dimensions_are_batches() {
	let a = small(&[2, 1, 2], &[1, 2, 3, 4]);
	let b = small(&[2, 2, 1], &[5, 6, 7, 8]);
	let product = a.matmul(&b).unwrap();
	assert_eq!(product.shape().dimensions(), [2, 1, 1]);
	assert_eq!(product.elements(), &Elements::I32(vec![17, 53]));
	assert_eq!(a.plan_matmul(&b).unwrap().products(), 4);
	let four = small(&[1, 2, 1, 2], &[1, 2, 3, 4]);
	let other = small(&[2, 1, 2, 1], &[5, 6, 7, 8]);
	assert_eq!(four.matmul(&other), Err(TensorError::ShapesDiffer));
	assert_eq!(a.matmul(&four), Err(TensorError::ShapesDiffer));
}

#[test]
fn operands_that_do_not_fit_are_refused() {
	let a = small(&[2, 3], &[0; 6]);
	assert_eq!(
		a.matmul(&small(&[2, 3], &[0; 6])),
		Err(TensorError::ShapesDiffer)
	);
	assert_eq!(
		a.matmul(&small(&[3], &[0; 3])),
		Err(TensorError::ShapesDiffer)
	);
	assert_eq!(
		a.matmul(&wide(&[3, 2], &[0; 6])),
		Err(TensorError::ElementType)
	);
	let tall = small(&[1 << 13, 1], &vec![0; 1 << 13]);
	let flat = small(&[1, 1 << 13], &vec![0; 1 << 13]);
	assert_eq!(tall.matmul(&flat), Err(TensorError::TooLarge));
}

#[test]
fn a_shape_has_one_to_four_positive_dimensions_of_bounded_product() {
	assert_eq!(Shape::new(&[]), Err(TensorError::Shape));
	assert_eq!(Shape::new(&[1, 0]), Err(TensorError::Shape));
	assert_eq!(Shape::new(&[1; 5]), Err(TensorError::Shape));
	assert_eq!(Shape::new(&[u32::MAX; 4]), Err(TensorError::TooLarge));
	assert_eq!(
		Shape::new(&[1 << 12, 1 << 12, 2]),
		Err(TensorError::TooLarge)
	);
	let bytes = Shape::new(&[1 << 12, 1 << 12]).unwrap();
	assert!(Tensor::zeros(crate::ElementType::I8, bytes).is_ok());
	assert_eq!(
		Tensor::zeros(crate::ElementType::I32, bytes),
		Err(TensorError::TooLarge)
	);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(60))]
	#[test]
	fn products_equal_the_exact_sums(m in 1usize..20, k in 1usize..90, n in 1usize..20, seed: u64) {
		check(m, k, n, seed);
	}
}
