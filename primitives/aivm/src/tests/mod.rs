//! Tests by operation. [`reference`] has the exact and high-precision arithmetic that they are held
//! against, [`golden`] vectors that were computed elsewhere.

mod convert;
mod divergence;
mod exponential;
mod gas;
mod golden;
mod logarithm;
mod matmul;
mod model;
mod norm;
mod reference;
mod softmax;
mod tensor;

use crate::{Elements, Shape, Tensor};

/// A tensor of 8-bit elements.
pub fn small(dimensions: &[u32], values: &[i8]) -> Tensor {
	Tensor::new(
		Shape::new(dimensions).unwrap(),
		Elements::I8(values.to_vec()),
	)
	.unwrap()
}

/// A tensor of 32-bit elements.
pub fn wide(dimensions: &[u32], values: &[i32]) -> Tensor {
	Tensor::new(
		Shape::new(dimensions).unwrap(),
		Elements::I32(values.to_vec()),
	)
	.unwrap()
}

/// A tensor of fixed-point elements, given in units.
pub fn fixed(dimensions: &[u32], values: &[i32]) -> Tensor {
	Tensor::new(
		Shape::new(dimensions).unwrap(),
		Elements::Fixed(values.to_vec()),
	)
	.unwrap()
}
