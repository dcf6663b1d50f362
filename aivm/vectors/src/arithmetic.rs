//! The crate `aci-aivm` itself, as code of whatever this is compiled for.

use crate::cases::{self, Machine};
use aci_aivm::{convert::Scale, ElementType, Elements, Model, Shape, Tensor};
use alloc::vec::Vec;

/// The arithmetic. SHA-256 is not of it: the model's hash is told.
pub struct Arithmetic {
	pub hash: [u8; 32],
}

const VALID: &str = "the vectors' operands are valid";

impl Machine for Arithmetic {
	type Tensor = Tensor;

	fn tensor(&self, element: u32, dimensions: &[u32], bytes: &[u8]) -> Tensor {
		let mut tensor = self.zeros(element, dimensions);
		tensor.write(0, bytes).expect(VALID);
		tensor
	}

	fn zeros(&self, element: u32, dimensions: &[u32]) -> Tensor {
		let element = ElementType::from_number(element).expect(VALID);
		Tensor::zeros(element, Shape::new(dimensions).expect(VALID)).expect(VALID)
	}

	fn read(&self, tensor: &Tensor, _: u32) -> (Vec<u32>, Vec<u8>) {
		let bytes = match tensor.elements() {
			Elements::I8(values) => values.iter().map(|value| *value as u8).collect(),
			Elements::I32(values) | Elements::Fixed(values) => values
				.iter()
				.flat_map(|value| value.to_le_bytes())
				.collect(),
		};
		(tensor.shape().dimensions().to_vec(), bytes)
	}

	fn matmul(&self, a: &Tensor, b: &Tensor) -> Tensor {
		a.matmul(b).expect(VALID)
	}

	fn norm(&self, input: &Tensor, scale: Option<(&Tensor, &Tensor)>, epsilon: u32) -> Tensor {
		let (gain, bias) = scale.unzip();
		input.layer_norm(gain, bias, epsilon).expect(VALID)
	}

	fn softmax(&self, input: &Tensor) -> Tensor {
		input.softmax().expect(VALID)
	}

	fn narrow(&self, input: &Tensor, multiplier: i32, shift: u32) -> Tensor {
		let scale = Scale {
			multiplier,
			shift,
			rectify: true,
		};
		input.convert(ElementType::I8, &scale).expect(VALID)
	}

	fn divergence(&self, p: &Tensor, q: &Tensor) -> u32 {
		p.divergence(q).expect(VALID)
	}

	fn infer(&self, input: &Tensor) -> Tensor {
		let model = Model::decode(&cases::model()).expect(VALID);
		model.infer(input).expect(VALID)
	}

	fn model_hash(&self) -> [u8; 32] {
		self.hash
	}

	fn same_hash(&self, a: &[u8; 32], b: &[u8; 32]) -> bool {
		a == b
	}
}
