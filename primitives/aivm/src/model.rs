//! Small models whose weights are on chain: dense layers of 8-bit weights.
//!
//! # Format
//!
//! Little-endian, nothing between the parts:
//!
//! | part | bytes |
//! | --- | --- |
//! | `ACIM`, version (1), number of layers (1 to 8) | 4 + 1 + 1 |
//! | of each layer: inputs, outputs | 2 + 2 |
//! | activation (0 none, 1 rectifier), shift (0 to 62) | 1 + 1 |
//! | multiplier, signed and not zero | 4 |
//! | biases, signed | 4 · outputs |
//! | weights, signed, those of the first input first | inputs · outputs |
//!
//! A layer computes `x · weights + bias` in 32 bits, then [`Scale`] with the layer's multiplier and
//! shift: to 8 bits for the next layer; after the last one to fixed point. The number of inputs of a
//! layer is the number of outputs of the one before.
//!
//! # Guarantees
//!
//! 1. One encoding for each model: bytes after the last layer are refused.
//! 2. Decoding and inference take time linear in the bytes and in [`Model::work`].
//! 3. The sum of products and bias is exact, or [`TensorError::Overflow`].

use crate::{
	convert::{Scale, MAX_SHIFT},
	ElementType, Elements, Shape, Tensor, TensorError,
};
use alloc::vec::Vec;
use core::fmt;

/// First bytes of a model.
pub const MAGIC: [u8; 4] = *b"ACIM";
/// The version of the format.
pub const VERSION: u8 = 1;
/// Layers that a model may have.
pub const MAX_LAYERS: usize = 8;
/// Bytes that a model may have.
pub const MAX_MODEL_BYTES: usize = 256 * 1024;

/// Why bytes are not a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
	/// The first bytes are not those of a model, or of a version that is not known.
	NotAModel,
	/// More than [`MAX_MODEL_BYTES`]. Run the model as a job.
	TooLarge,
	/// The bytes end within a layer, or go on after the last.
	Length,
	/// The number of layers, a dimension, an activation, a shift or a multiplier is not allowed.
	Parameter,
	/// A layer takes another number of inputs than the one before gives.
	LayersDiffer,
}

impl fmt::Display for ModelError {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			Self::NotAModel => "the bytes do not start like a model of a known version",
			Self::TooLarge => "the model is too large for the chain; run it as a job",
			Self::Length => "the bytes end within a layer, or go on after the last one",
			Self::Parameter => "a parameter of a layer is not allowed",
			Self::LayersDiffer => "a layer takes other inputs than the one before gives",
		})
	}
}

/// One dense layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
	/// Elements that it takes.
	pub inputs: u16,
	/// Elements that it gives.
	pub outputs: u16,
	/// How its sums become its outputs.
	pub scale: Scale,
	/// One for each output.
	pub bias: Vec<i32>,
	/// `inputs` rows of `outputs`.
	pub weights: Vec<i8>,
}

/// A model of one or more layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
	layers: Vec<Layer>,
}

impl Model {
	/// A model of these layers.
	///
	/// Errors: [`ModelError::Parameter`], [`ModelError::LayersDiffer`], [`ModelError::Length`] when
	/// biases or weights are too few or many, [`ModelError::TooLarge`].
	pub fn new(layers: Vec<Layer>) -> Result<Self, ModelError> {
		if layers.is_empty() || layers.len() > MAX_LAYERS {
			return Err(ModelError::Parameter);
		}
		let mut before = None;
		for layer in &layers {
			let (inputs, outputs) = (usize::from(layer.inputs), usize::from(layer.outputs));
			let scale = &layer.scale;
			if inputs == 0 || outputs == 0 || scale.shift > MAX_SHIFT || scale.multiplier == 0 {
				return Err(ModelError::Parameter);
			}
			if before.is_some_and(|before| before != layer.inputs) {
				return Err(ModelError::LayersDiffer);
			}
			if layer.bias.len() != outputs || layer.weights.len() != inputs * outputs {
				return Err(ModelError::Length);
			}
			before = Some(layer.outputs);
		}
		let model = Self { layers };
		if model.encoded_length() > MAX_MODEL_BYTES {
			return Err(ModelError::TooLarge);
		}
		Ok(model)
	}

	/// The layers.
	pub fn layers(&self) -> &[Layer] {
		&self.layers
	}

	/// Elements of one input.
	pub fn inputs(&self) -> u16 {
		self.layers.first().map_or(0, |layer| layer.inputs)
	}

	/// Elements of one output.
	pub fn outputs(&self) -> u16 {
		self.layers.last().map_or(0, |layer| layer.outputs)
	}

	/// The size that MODEL_INFER is charged by for one input: a multiplication counts one, an output
	/// of a layer 30.
	pub fn work(&self) -> u64 {
		self.layers.iter().fold(0, |work: u64, layer| {
			let (inputs, outputs) = (u64::from(layer.inputs), u64::from(layer.outputs));
			work.saturating_add(outputs.saturating_mul(inputs.saturating_add(30)))
		})
	}

	fn encoded_length(&self) -> usize {
		self.layers.iter().fold(6, |length: usize, layer| {
			length.saturating_add(10 + 4 * layer.bias.len() + layer.weights.len())
		})
	}

	/// The bytes of the model.
	pub fn encode(&self) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(self.encoded_length());
		bytes.extend_from_slice(&MAGIC);
		bytes.extend_from_slice(&[VERSION, self.layers.len() as u8]);
		for layer in &self.layers {
			bytes.extend_from_slice(&layer.inputs.to_le_bytes());
			bytes.extend_from_slice(&layer.outputs.to_le_bytes());
			bytes.extend_from_slice(&[u8::from(layer.scale.rectify), layer.scale.shift as u8]);
			bytes.extend_from_slice(&layer.scale.multiplier.to_le_bytes());
			for bias in &layer.bias {
				bytes.extend_from_slice(&bias.to_le_bytes());
			}
			bytes.extend(layer.weights.iter().map(|weight| *weight as u8));
		}
		bytes
	}

	/// Reads a model.
	///
	/// Errors: all of [`ModelError`].
	pub fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
		if bytes.len() > MAX_MODEL_BYTES {
			return Err(ModelError::TooLarge);
		}
		let mut reader = Reader(bytes);
		let start = reader.array::<6>().map_err(|_| ModelError::NotAModel)?;
		let [a, b, c, d, version, count] = start;
		if [a, b, c, d] != MAGIC || version != VERSION {
			return Err(ModelError::NotAModel);
		}
		if usize::from(count) > MAX_LAYERS {
			return Err(ModelError::Parameter);
		}
		let mut layers = Vec::with_capacity(count.into());
		for _ in 0..count {
			layers.push(reader.layer()?);
		}
		if !reader.0.is_empty() {
			return Err(ModelError::Length);
		}
		Self::new(layers)
	}

	/// The outputs for rows of inputs: `(rows, inputs)` of 8 bits to `(rows, outputs)` of fixed
	/// point.
	///
	/// Errors: [`TensorError::ElementType`], [`TensorError::ShapesDiffer`] when the rows are not of
	/// [`Model::inputs`] elements, [`TensorError::TooLarge`], [`TensorError::Overflow`].
	pub fn infer(&self, input: &Tensor) -> Result<Tensor, TensorError> {
		let Elements::I8(first) = input.elements() else {
			return Err(TensorError::ElementType);
		};
		if input.shape().width() != usize::from(self.inputs()) {
			return Err(TensorError::ShapesDiffer);
		}
		let rows = u32::try_from(input.shape().rows()).map_err(|_| TensorError::TooLarge)?;
		let shape = |width: u16| Shape::new(&[rows, width.into()]);
		let mut current = Tensor::new(shape(self.inputs())?, Elements::I8(first.clone()))?;
		let last = self.layers.len().saturating_sub(1);
		for (index, layer) in self.layers.iter().enumerate() {
			let weights = Tensor::new(
				Shape::new(&[layer.inputs.into(), layer.outputs.into()])?,
				Elements::I8(layer.weights.clone()),
			)?;
			let Elements::I32(mut sums) = current.matmul(&weights)?.into_elements() else {
				return Err(TensorError::ElementType);
			};
			for row in sums.chunks_mut(layer.bias.len().max(1)) {
				for (sum, bias) in row.iter_mut().zip(&layer.bias) {
					*sum = sum.checked_add(*bias).ok_or(TensorError::Overflow)?;
				}
			}
			let sums = Tensor::new(shape(layer.outputs)?, Elements::I32(sums))?;
			let element = if index == last {
				ElementType::Fixed
			} else {
				ElementType::I8
			};
			current = sums.convert(element, &layer.scale)?;
		}
		Ok(current)
	}
}

/// Bytes that are read from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
	fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
		let (taken, rest) = self.0.split_at_checked(count).ok_or(ModelError::Length)?;
		self.0 = rest;
		Ok(taken)
	}

	fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
		self.take(N)?.try_into().map_err(|_| ModelError::Length)
	}

	fn layer(&mut self) -> Result<Layer, ModelError> {
		let inputs = u16::from_le_bytes(self.array()?);
		let outputs = u16::from_le_bytes(self.array()?);
		let [activation, shift] = self.array()?;
		if activation > 1 {
			return Err(ModelError::Parameter);
		}
		let multiplier = i32::from_le_bytes(self.array()?);
		let bias = self
			.take(4 * usize::from(outputs))?
			.chunks_exact(4)
			.map(|word| word.try_into().map_or(0, i32::from_le_bytes))
			.collect();
		let weights = self.take(usize::from(inputs) * usize::from(outputs))?;
		Ok(Layer {
			inputs,
			outputs,
			scale: Scale {
				multiplier,
				shift: shift.into(),
				rectify: activation == 1,
			},
			bias,
			weights: weights.iter().map(|weight| *weight as i8).collect(),
		})
	}
}
