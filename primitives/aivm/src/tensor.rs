//! Tensors: elements of one type in a shape, in row-major order.
//!
//! # Guarantees
//!
//! 1. A tensor has exactly as many elements as its shape says, and at most [`MAX_TENSOR_BYTES`].
//! 2. Bytes are little-endian, two's complement. Reading what was written returns the same bytes.
//! 3. An operation allocates its result, and nothing inside its loops.

use crate::{
	convert, divergence, matmul, norm, shape::MAX_TENSOR_BYTES, softmax, Shape, TensorError,
};
use alloc::{vec, vec::Vec};

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
	/// Integers of 8 bits.
	I8,
	/// Integers of 32 bits.
	I32,
	/// Fixed point with 16 fraction bits in 32 bits (Q16.16): -32,768 to 32,767.99998.
	Fixed,
}

impl ElementType {
	/// The type of this number, as contracts name it: 0, 1, 2.
	pub fn from_number(number: u32) -> Option<Self> {
		match number {
			0 => Some(Self::I8),
			1 => Some(Self::I32),
			2 => Some(Self::Fixed),
			_ => None,
		}
	}

	/// The number of this type.
	pub fn number(self) -> u32 {
		match self {
			Self::I8 => 0,
			Self::I32 => 1,
			Self::Fixed => 2,
		}
	}

	/// Bytes of one element.
	pub fn bytes(self) -> usize {
		match self {
			Self::I8 => 1,
			Self::I32 | Self::Fixed => 4,
		}
	}
}

/// The elements of a tensor in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elements {
	/// Integers of 8 bits.
	I8(Vec<i8>),
	/// Integers of 32 bits.
	I32(Vec<i32>),
	/// Fixed point, in units of 2^-16.
	Fixed(Vec<i32>),
}

/// A tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
	shape: Shape,
	elements: Elements,
}

impl Tensor {
	/// Bytes of a tensor of this type and shape, or [`TensorError::TooLarge`].
	pub fn size(element: ElementType, shape: &Shape) -> Result<u64, TensorError> {
		(shape.elements() as u64)
			.checked_mul(element.bytes() as u64)
			.filter(|bytes| *bytes <= MAX_TENSOR_BYTES)
			.ok_or(TensorError::TooLarge)
	}

	/// A tensor of zeros.
	///
	/// Errors: [`TensorError::TooLarge`].
	pub fn zeros(element: ElementType, shape: Shape) -> Result<Self, TensorError> {
		Self::size(element, &shape)?;
		let count = shape.elements();
		let elements = match element {
			ElementType::I8 => Elements::I8(vec![0; count]),
			ElementType::I32 => Elements::I32(vec![0; count]),
			ElementType::Fixed => Elements::Fixed(vec![0; count]),
		};
		Ok(Self { shape, elements })
	}

	/// A tensor of these elements.
	///
	/// Errors: [`TensorError::TooLarge`]; [`TensorError::ShapesDiffer`] when there are more or fewer
	/// elements than the shape has.
	pub fn new(shape: Shape, elements: Elements) -> Result<Self, TensorError> {
		let (element, count) = match &elements {
			Elements::I8(values) => (ElementType::I8, values.len()),
			Elements::I32(values) => (ElementType::I32, values.len()),
			Elements::Fixed(values) => (ElementType::Fixed, values.len()),
		};
		Self::size(element, &shape)?;
		if count != shape.elements() {
			return Err(TensorError::ShapesDiffer);
		}
		Ok(Self { shape, elements })
	}

	/// The shape.
	pub fn shape(&self) -> &Shape {
		&self.shape
	}

	/// The elements.
	pub fn elements(&self) -> &Elements {
		&self.elements
	}

	/// The elements, without the shape.
	pub fn into_elements(self) -> Elements {
		self.elements
	}

	/// The type of the elements.
	pub fn element(&self) -> ElementType {
		match self.elements {
			Elements::I8(_) => ElementType::I8,
			Elements::I32(_) => ElementType::I32,
			Elements::Fixed(_) => ElementType::Fixed,
		}
	}

	/// Bytes of all elements.
	pub fn bytes(&self) -> usize {
		self.shape.elements().saturating_mul(self.element().bytes())
	}

	/// Replaces elements by `bytes`, from byte `offset` on. Both are whole elements.
	///
	/// Errors: [`TensorError::OutOfRange`].
	pub fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), TensorError> {
		let size = self.element().bytes();
		let (first, count) = range(offset, bytes.len(), size)?;
		let end = first.checked_add(count).ok_or(TensorError::OutOfRange)?;
		match &mut self.elements {
			Elements::I8(values) => {
				let values = values.get_mut(first..end).ok_or(TensorError::OutOfRange)?;
				for (value, byte) in values.iter_mut().zip(bytes) {
					*value = *byte as i8;
				}
			}
			Elements::I32(values) | Elements::Fixed(values) => {
				let values = values.get_mut(first..end).ok_or(TensorError::OutOfRange)?;
				for (value, word) in values.iter_mut().zip(bytes.chunks_exact(4)) {
					*value = word.try_into().map_or(0, i32::from_le_bytes);
				}
			}
		}
		Ok(())
	}

	/// Copies elements from byte `offset` on into `bytes`. Both are whole elements.
	///
	/// Errors: [`TensorError::OutOfRange`].
	pub fn read(&self, offset: usize, bytes: &mut [u8]) -> Result<(), TensorError> {
		let size = self.element().bytes();
		let (first, count) = range(offset, bytes.len(), size)?;
		let end = first.checked_add(count).ok_or(TensorError::OutOfRange)?;
		match &self.elements {
			Elements::I8(values) => {
				let values = values.get(first..end).ok_or(TensorError::OutOfRange)?;
				for (byte, value) in bytes.iter_mut().zip(values) {
					*byte = *value as u8;
				}
			}
			Elements::I32(values) | Elements::Fixed(values) => {
				let values = values.get(first..end).ok_or(TensorError::OutOfRange)?;
				for (word, value) in bytes.chunks_exact_mut(4).zip(values) {
					word.copy_from_slice(&value.to_le_bytes());
				}
			}
		}
		Ok(())
	}

	/// The shape and type that [`Tensor::matmul`] would give, and its multiplications: what a caller
	/// charges before the work.
	///
	/// Errors: [`TensorError::ShapesDiffer`], [`TensorError::ElementType`],
	/// [`TensorError::TooLarge`].
	pub fn plan_matmul(&self, other: &Self) -> Result<matmul::Plan, TensorError> {
		matmul::plan(self.element(), &self.shape, other.element(), &other.shape)
	}

	/// The matrix product; see [`matmul`].
	///
	/// Errors: those of [`Tensor::plan_matmul`], and [`TensorError::Overflow`].
	pub fn matmul(&self, other: &Self) -> Result<Self, TensorError> {
		let plan = self.plan_matmul(other)?;
		let mut result = Self::zeros(plan.element, plan.shape)?;
		match (&self.elements, &other.elements, &mut result.elements) {
			(Elements::I8(a), Elements::I8(b), Elements::I32(out)) => {
				matmul::i8_batches(&plan, a, b, out)
			}
			(Elements::I32(a), Elements::I32(b), Elements::I32(out)) => {
				matmul::i32_batches(&plan, a, b, out, 0)?
			}
			(Elements::Fixed(a), Elements::Fixed(b), Elements::Fixed(out)) => {
				matmul::i32_batches(&plan, a, b, out, 16)?
			}
			_ => return Err(TensorError::ElementType),
		}
		Ok(result)
	}

	/// Layer normalisation of every row; see [`norm`]. `gain` and `bias` are as wide as the rows.
	///
	/// Errors: [`TensorError::ElementType`] for other than fixed point, [`TensorError::TooLarge`],
	/// [`TensorError::ShapesDiffer`], [`TensorError::Parameter`], [`TensorError::Overflow`].
	pub fn layer_norm(
		&self,
		gain: Option<&Self>,
		bias: Option<&Self>,
		epsilon: u32,
	) -> Result<Self, TensorError> {
		let input = self.fixed()?;
		let gain = gain.map(Self::fixed).transpose()?;
		let bias = bias.map(Self::fixed).transpose()?;
		let mut out = vec![0; input.len()];
		norm::layer_norm(input, self.shape.width(), gain, bias, epsilon, &mut out)?;
		Self::new(self.shape, Elements::Fixed(out))
	}

	/// Softmax of every row; see [`softmax`].
	///
	/// Errors: [`TensorError::ElementType`] for other than fixed point, [`TensorError::TooLarge`].
	pub fn softmax(&self) -> Result<Self, TensorError> {
		let input = self.fixed()?;
		let mut out = vec![0; input.len()];
		softmax::softmax(input, self.shape.width(), &mut out)?;
		Self::new(self.shape, Elements::Fixed(out))
	}

	/// Kullback-Leibler divergence of this from `other` in units of 2^-16, averaged over the rows;
	/// see [`divergence`].
	///
	/// Errors: [`TensorError::ElementType`] for 8 bits or different types,
	/// [`TensorError::ShapesDiffer`], [`TensorError::TooLarge`], [`TensorError::NotADistribution`],
	/// [`TensorError::Infinite`].
	pub fn divergence(&self, other: &Self) -> Result<u32, TensorError> {
		if self.shape != other.shape {
			return Err(TensorError::ShapesDiffer);
		}
		match (&self.elements, &other.elements) {
			(Elements::I32(p), Elements::I32(q)) | (Elements::Fixed(p), Elements::Fixed(q)) => {
				divergence::mean(p, q, self.shape.width())
			}
			_ => Err(TensorError::ElementType),
		}
	}

	/// The elements times `multiplier` over 2^`shift`, in another type; see [`convert`].
	///
	/// Errors: [`TensorError::Parameter`], [`TensorError::TooLarge`].
	pub fn convert(
		&self,
		element: ElementType,
		scale: &convert::Scale,
	) -> Result<Self, TensorError> {
		let mut result = Self::zeros(element, self.shape)?;
		match (&self.elements, &mut result.elements) {
			(Elements::I8(input), Elements::I8(out)) => scale.to_i8(input, out)?,
			(Elements::I8(input), Elements::I32(out) | Elements::Fixed(out)) => {
				scale.to_i32(input, out)?
			}
			(Elements::I32(input) | Elements::Fixed(input), Elements::I8(out)) => {
				scale.to_i8(input, out)?
			}
			(
				Elements::I32(input) | Elements::Fixed(input),
				Elements::I32(out) | Elements::Fixed(out),
			) => scale.to_i32(input, out)?,
		}
		Ok(result)
	}

	fn fixed(&self) -> Result<&[i32], TensorError> {
		match &self.elements {
			Elements::Fixed(values) => Ok(values),
			_ => Err(TensorError::ElementType),
		}
	}
}

/// Offset and length in elements.
fn range(offset: usize, length: usize, size: usize) -> Result<(usize, usize), TensorError> {
	if !offset.is_multiple_of(size) || !length.is_multiple_of(size) {
		return Err(TensorError::OutOfRange);
	}
	Ok((offset / size, length / size))
}
