//! Tensors of the machine.

use crate::sys;
use alloc::{vec, vec::Vec};

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ElementType {
	/// Integers of 8 bits.
	I8 = 0,
	/// Integers of 32 bits.
	I32 = 1,
	/// Fixed point in units of 2^-16.
	Fixed = 2,
}

/// A tensor, given back when it is dropped.
#[derive(Debug)]
pub struct Tensor(pub(crate) u64);

impl Drop for Tensor {
	fn drop(&mut self) {
		// SAFETY: no memory is touched.
		unsafe { sys::tensor_free(self.0) }
	}
}

impl Tensor {
	/// TENSOR_ALLOC: zeros in one to four dimensions.
	pub fn zeros(element: ElementType, dimensions: &[u32]) -> Self {
		// SAFETY: the machine reads as many words as the rank says.
		Self(unsafe {
			sys::tensor_alloc(element as u32, dimensions.len() as u32, dimensions.as_ptr())
		})
	}

	/// A tensor of 8-bit elements.
	pub fn from_i8(dimensions: &[u32], values: &[u8]) -> Self {
		let tensor = Self::zeros(ElementType::I8, dimensions);
		tensor.write(0, values);
		tensor
	}

	/// A tensor of 32-bit or fixed-point elements.
	pub fn from_words(element: ElementType, dimensions: &[u32], values: &[i32]) -> Self {
		let tensor = Self::zeros(element, dimensions);
		let bytes: Vec<u8> = values
			.iter()
			.flat_map(|value| value.to_le_bytes())
			.collect();
		tensor.write(0, &bytes);
		tensor
	}

	/// Replaces elements, from a byte on.
	pub fn write(&self, offset: u32, bytes: &[u8]) {
		// SAFETY: pointer and length of one slice.
		unsafe { sys::tensor_write(self.0, offset, bytes.as_ptr(), bytes.len() as u32) }
	}

	/// `count` bytes of the elements, from a byte on.
	pub fn read(&self, offset: u32, count: u32) -> Vec<u8> {
		let mut bytes = vec![0; count as usize];
		// SAFETY: the buffer has the length that is written.
		unsafe { sys::tensor_read(self.0, offset, bytes.as_mut_ptr(), count) }
		bytes
	}

	/// `count` elements of 32 bits, from the first on.
	pub fn words(&self, count: u32) -> Vec<i32> {
		self.read(0, count.saturating_mul(4))
			.chunks_exact(4)
			.map(|word| word.try_into().map_or(0, i32::from_le_bytes))
			.collect()
	}

	/// The dimensions.
	pub fn dimensions(&self) -> Vec<u32> {
		let mut dimensions = [0; 4];
		// SAFETY: the machine writes four words.
		let answer = unsafe { sys::tensor_shape(self.0, dimensions.as_mut_ptr()) };
		dimensions
			.iter()
			.take((answer & 0xff) as usize)
			.copied()
			.collect()
	}

	/// TENSOR_MATMUL.
	pub fn matmul(&self, other: &Self) -> Self {
		// SAFETY: no memory is touched.
		Self(unsafe { sys::tensor_matmul(self.0, other.0) })
	}

	/// TENSOR_NORM. `epsilon` is in units of 2^-32.
	pub fn norm(&self, gain: Option<&Self>, bias: Option<&Self>, epsilon: u32) -> Self {
		let handle = |tensor: Option<&Self>| tensor.map_or(0, |tensor| tensor.0);
		// SAFETY: no memory is touched.
		Self(unsafe { sys::tensor_norm(self.0, handle(gain), handle(bias), epsilon) })
	}

	/// TENSOR_SOFTMAX.
	pub fn softmax(&self) -> Self {
		// SAFETY: no memory is touched.
		Self(unsafe { sys::tensor_softmax(self.0) })
	}

	/// The elements times `multiplier` over 2^`shift` in another type, negative ones as zero where
	/// `rectify` is set.
	pub fn convert(
		&self,
		element: ElementType,
		multiplier: i32,
		shift: u32,
		rectify: bool,
	) -> Self {
		// SAFETY: no memory is touched.
		Self(unsafe {
			sys::tensor_convert(self.0, element as u32, multiplier, shift, rectify.into())
		})
	}
}
