//! The operands of the golden vectors, and a digest of each result. Whoever computes is a [`Machine`]:
//! the opcodes, the arithmetic inside of a contract, or the arithmetic as native code.

use alloc::vec::Vec;

/// Elements as the opcodes number them.
pub const I8: u32 = 0;
pub const I32: u32 = 1;
pub const FIXED: u32 = 2;

/// What computes tensors. Elements are little-endian bytes.
pub trait Machine {
	type Tensor;
	fn tensor(&self, element: u32, dimensions: &[u32], bytes: &[u8]) -> Self::Tensor;
	fn zeros(&self, element: u32, dimensions: &[u32]) -> Self::Tensor;
	/// Element type, dimensions and elements.
	fn read(&self, tensor: &Self::Tensor, count: u32) -> (Vec<u32>, Vec<u8>);
	fn matmul(&self, a: &Self::Tensor, b: &Self::Tensor) -> Self::Tensor;
	fn norm(
		&self,
		input: &Self::Tensor,
		scale: Option<(&Self::Tensor, &Self::Tensor)>,
		epsilon: u32,
	) -> Self::Tensor;
	fn softmax(&self, input: &Self::Tensor) -> Self::Tensor;
	/// To 8 bits: times `multiplier` over 2^`shift`, with the rectifier.
	fn narrow(&self, input: &Self::Tensor, multiplier: i32, shift: u32) -> Self::Tensor;
	fn divergence(&self, p: &Self::Tensor, q: &Self::Tensor) -> u32;
	/// The model of [`model`] on rows of 8 bits.
	fn infer(&self, input: &Self::Tensor) -> Self::Tensor;
	/// SHA-256 of that model's bytes.
	fn model_hash(&self) -> [u8; 32];
	fn same_hash(&self, a: &[u8; 32], b: &[u8; 32]) -> bool;
}

/// Names of the digests, in their order.
pub const NAMES: &[&str] = &[
	"TENSOR_ALLOC",
	"TENSOR_MATMUL of 8 bits",
	"TENSOR_MATMUL of 8 bits, one column",
	"TENSOR_MATMUL of 32 bits",
	"TENSOR_MATMUL of fixed point",
	"TENSOR_MATMUL of fixed point, short sums",
	"TENSOR_NORM",
	"TENSOR_NORM with gain and bias",
	"TENSOR_NORM of rows of one",
	"TENSOR_SOFTMAX",
	"TENSOR_CONVERT",
	"KL_DIVERGE",
	"MODEL_INFER",
	"MODEL_HASH",
	"HASH_COMPARE",
];

/// Pseudo-random words, `x' = 1,664,525 x + 1,013,904,223 mod 2^32`, shifted right with their signs.
fn words(seed: u32, count: u32, shift: u32) -> Vec<i32> {
	let mut state = seed;
	(0..count)
		.map(|_| {
			state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			(state as i32) >> shift
		})
		.collect()
}

fn wide(values: Vec<i32>) -> Vec<u8> {
	values.into_iter().flat_map(i32::to_le_bytes).collect()
}

fn narrow(values: Vec<i32>) -> Vec<u8> {
	values.into_iter().map(|value| value as u8).collect()
}

/// FNV-1a.
fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
	bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
		(hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
	})
}

/// The bytes of a model of two layers, 16 to 12 to 5.
pub fn model() -> Vec<u8> {
	let mut bytes = b"ACIM\x01\x02".to_vec();
	let layers = [(16u16, 12u16, 1u8, 6u8, 3i32), (12, 5, 0, 0, 900)];
	for (inputs, outputs, activation, shift, multiplier) in layers {
		bytes.extend(inputs.to_le_bytes());
		bytes.extend(outputs.to_le_bytes());
		bytes.extend([activation, shift]);
		bytes.extend(multiplier.to_le_bytes());
		bytes.extend(wide(words(u32::from(inputs), outputs.into(), 22)));
		let weights = u32::from(inputs) * u32::from(outputs);
		bytes.extend(narrow(words(u32::from(outputs), weights, 24)));
	}
	bytes
}

/// A digest of the result of every opcode that computes.
pub fn digests<M: Machine>(machine: &M) -> Vec<u64> {
	let small = |seed: u32, dimensions: &[u32]| {
		let count = dimensions.iter().product();
		machine.tensor(I8, dimensions, &narrow(words(seed, count, 24)))
	};
	let large = |element: u32, seed: u32, shift: u32, dimensions: &[u32]| {
		let count = dimensions.iter().product();
		machine.tensor(element, dimensions, &wide(words(seed, count, shift)))
	};
	let positive = |seed: u32, dimensions: &[u32]| {
		let count = dimensions.iter().product();
		let values = words(seed, count, 12)
			.into_iter()
			.map(|value| value.abs() + 1);
		machine.tensor(FIXED, dimensions, &wide(values.collect()))
	};
	let result = |tensor: M::Tensor, bytes: u32| {
		let (shape, elements) = machine.read(&tensor, bytes);
		let shape = shape.into_iter().flat_map(u32::to_le_bytes);
		digest(shape.chain(elements))
	};
	let rows = large(FIXED, 7, 12, &[5, 33]);
	let gain = large(FIXED, 8, 14, &[33]);
	let bias = large(FIXED, 9, 14, &[33]);
	let hash = machine.model_hash();
	let mut other = hash;
	other[31] ^= 1;
	Vec::from([
		result(machine.zeros(I32, &[2, 3, 4, 5]), 480),
		result(
			machine.matmul(&small(1, &[9, 70]), &small(2, &[70, 41])),
			9 * 41 * 4,
		),
		result(
			machine.matmul(&small(3, &[40, 19]), &small(4, &[19, 1])),
			160,
		),
		result(
			machine.matmul(&large(I32, 5, 21, &[6, 50]), &large(I32, 6, 21, &[50, 37])),
			888,
		),
		result(
			machine.matmul(
				&large(FIXED, 5, 13, &[7, 90]),
				&large(FIXED, 6, 13, &[90, 20]),
			),
			560,
		),
		result(
			machine.matmul(
				&large(FIXED, 5, 13, &[2, 30, 3]),
				&large(FIXED, 6, 13, &[2, 3, 4]),
			),
			960,
		),
		result(machine.norm(&rows, None, 42_950), 660),
		result(machine.norm(&rows, Some((&gain, &bias)), 1), 660),
		result(
			machine.norm(&large(FIXED, 10, 12, &[50, 1]), None, 42_950),
			200,
		),
		result(machine.softmax(&rows), 660),
		result(machine.narrow(&rows, 77, 19), 165),
		u64::from(machine.divergence(&positive(1, &[4, 60]), &positive(2, &[4, 60]))),
		result(machine.infer(&small(11, &[3, 16])), 60),
		digest(hash),
		u64::from(machine.same_hash(&hash, &hash)) << 1
			| u64::from(machine.same_hash(&hash, &other)),
	])
}
