//! The opcodes of the machine.

use crate::cases::Machine;
use aivm_sdk::{verify, ElementType, Hash, Model, Tensor};
use alloc::vec::Vec;

/// The opcodes, and the model on chain.
pub struct Opcodes {
	pub model: Model,
	pub hash: Hash,
}

impl Machine for Opcodes {
	type Tensor = Tensor;

	fn tensor(&self, element: u32, dimensions: &[u32], bytes: &[u8]) -> Tensor {
		let tensor = self.zeros(element, dimensions);
		tensor.write(0, bytes);
		tensor
	}

	fn zeros(&self, element: u32, dimensions: &[u32]) -> Tensor {
		let element = match element {
			0 => ElementType::I8,
			1 => ElementType::I32,
			_ => ElementType::Fixed,
		};
		Tensor::zeros(element, dimensions)
	}

	fn read(&self, tensor: &Tensor, count: u32) -> (Vec<u32>, Vec<u8>) {
		(tensor.dimensions(), tensor.read(0, count))
	}

	fn matmul(&self, a: &Tensor, b: &Tensor) -> Tensor {
		a.matmul(b)
	}

	fn norm(&self, input: &Tensor, scale: Option<(&Tensor, &Tensor)>, epsilon: u32) -> Tensor {
		let (gain, bias) = scale.unzip();
		input.norm(gain, bias, epsilon)
	}

	fn softmax(&self, input: &Tensor) -> Tensor {
		input.softmax()
	}

	fn narrow(&self, input: &Tensor, multiplier: i32, shift: u32) -> Tensor {
		input.convert(ElementType::I8, multiplier, shift, true)
	}

	fn divergence(&self, p: &Tensor, q: &Tensor) -> u32 {
		verify::divergence(p, q)
	}

	fn infer(&self, input: &Tensor) -> Tensor {
		self.model.infer(input)
	}

	fn model_hash(&self) -> Hash {
		self.model.hash()
	}

	fn same_hash(&self, a: &Hash, b: &Hash) -> bool {
		verify::same_hash(a, b)
	}
}
