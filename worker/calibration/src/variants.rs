//! Other models made from a GGUF file: cheaper ones for the cheats, and small ones of other shapes.
//!
//! A cheating worker runs a cheaper model under the right one's name. [`make`] writes such files:
//! layers left out, or weights of fewer bits. [`random`] writes a model with random weights of any
//! shape, with the tokenizer of another file, so that the calibration can be run in seconds and on a
//! second size.
//!
//! Guarantees
//! 1. The same input gives the same file, byte by byte.
//! 2. What is written loads as any other model of the architecture `llama`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::statistics::random::Random;

/// Weights in a block that share a scale.
const BLOCK: usize = 32;

/// A cheaper model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
	/// This many layers are left out of the middle.
	Layers(u32),
	/// Matrices of layers are stored as Q4_0.
	Q4_0,
	/// Matrices of layers keep this many bits a weight.
	Bits(u32),
}

/// The cheaper models that the cheats use.
pub const CHANGES: [(&str, Change); 4] = [
	("layers-1", Change::Layers(1)),
	("layers-4", Change::Layers(4)),
	("q4_0", Change::Q4_0),
	("3-bit", Change::Bits(3)),
];

/// A file, read whole.
struct Model {
	metadata: HashMap<String, Value>,
	tensors: Vec<(String, QTensor)>,
}

fn read(path: &Path) -> Result<Model> {
	let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
	let mut reader = BufReader::new(file);
	let content = Content::read(&mut reader)
		.with_context(|| format!("{} is no GGUF file", path.display()))?;
	let mut names: Vec<&String> = content.tensor_infos.keys().collect();
	names.sort();
	let tensors = names
		.into_iter()
		.map(|name| {
			let tensor = content.tensor(&mut reader, name, &Device::Cpu)?;
			Ok((name.clone(), tensor))
		})
		.collect::<Result<_>>()?;
	Ok(Model {
		metadata: content.metadata,
		tensors,
	})
}

/// Writes beside the target and renames, so that a file with the target's name is whole.
fn write(model: &Model, path: &Path) -> Result<()> {
	let mut metadata: Vec<(&str, &Value)> = model
		.metadata
		.iter()
		.map(|(key, value)| (key.as_str(), value))
		.collect();
	metadata.sort_by_key(|(key, _)| *key);
	let tensors: Vec<(&str, &QTensor)> = model
		.tensors
		.iter()
		.map(|(name, tensor)| (name.as_str(), tensor))
		.collect();
	let part = path.with_extension(format!("part-{}", std::process::id()));
	let mut writer = BufWriter::new(File::create(&part)?);
	gguf_file::write(&mut writer, &metadata, &tensors)?;
	writer.flush()?;
	drop(writer);
	std::fs::rename(&part, path)?;
	Ok(())
}

/// The layer of a tensor, and the rest of its name.
fn layer_of(name: &str) -> Option<(u32, &str)> {
	let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
	Some((layer.parse().ok()?, rest))
}

/// Writes a cheaper model.
pub fn make(source: &Path, change: Change, target: &Path) -> Result<()> {
	let mut model = read(source)?;
	match change {
		Change::Layers(count) => drop_layers(&mut model, count)?,
		Change::Q4_0 => requantise(&mut model, &|weights| {
			Ok(QTensor::quantize(weights, GgmlDType::Q4_0)?)
		})?,
		Change::Bits(bits) => {
			ensure!(
				(1..8).contains(&bits),
				"weights of {bits} bits cannot be made: 1 to 7"
			);
			requantise(&mut model, &|weights| {
				let mut values = weights.flatten_all()?.to_vec1::<f32>()?;
				coarsen(&mut values, bits);
				let coarse = Tensor::from_vec(values, weights.shape(), &Device::Cpu)?;
				// A 256th of a block's range is far below the step of a coarse weight.
				Ok(QTensor::quantize(&coarse, GgmlDType::Q8_0)?)
			})?;
		}
	}
	write(&model, target)
}

fn drop_layers(model: &mut Model, count: u32) -> Result<()> {
	let layers = match model.metadata.get("llama.block_count") {
		Some(value) => value.to_u32()?,
		None => bail!("the file does not say how many layers it has"),
	};
	ensure!(
		count < layers,
		"{count} of {layers} layers cannot be left out"
	);
	let first = (layers - count) / 2;
	let dropped = first..first + count;
	let tensors = std::mem::take(&mut model.tensors);
	for (name, tensor) in tensors {
		match layer_of(&name) {
			Some((layer, _)) if dropped.contains(&layer) => {}
			Some((layer, rest)) if layer >= dropped.end => {
				model
					.tensors
					.push((format!("blk.{}.{rest}", layer - count), tensor));
			}
			_ => model.tensors.push((name, tensor)),
		}
	}
	let left = Value::U32(layers - count);
	model.metadata.insert("llama.block_count".into(), left);
	Ok(())
}

fn requantise(model: &mut Model, change: &dyn Fn(&Tensor) -> Result<QTensor>) -> Result<()> {
	for (name, tensor) in &mut model.tensors {
		if layer_of(name).is_some() && tensor.shape().rank() == 2 {
			*tensor = change(&tensor.dequantize(&Device::Cpu)?)?;
		}
	}
	Ok(())
}

/// Rounds the weights of each block to evenly spaced values from the lowest to the highest one.
pub fn coarsen(values: &mut [f32], bits: u32) {
	let steps = ((1u32 << bits) - 1) as f32;
	for block in values.chunks_mut(BLOCK) {
		let low = block.iter().copied().fold(f32::INFINITY, f32::min);
		let high = block.iter().copied().fold(f32::NEG_INFINITY, f32::max);
		let step = (high - low) / steps;
		if step > 0.0 {
			for value in block {
				*value = low + ((*value - low) / step).round() * step;
			}
		}
	}
}

/// The shape of a model with random weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Shape {
	/// Layers.
	#[arg(long, default_value_t = 4)]
	pub layers: u32,
	/// Width of the hidden state: a multiple of 32 and of the heads.
	#[arg(long, default_value_t = 256)]
	pub hidden: u32,
	/// Width of the feed-forward network: a multiple of 32.
	#[arg(long, default_value_t = 512)]
	pub feed_forward: u32,
	/// Query heads: a multiple of the heads of keys and values.
	#[arg(long, default_value_t = 4)]
	pub heads: u32,
	/// Heads of keys and values.
	#[arg(long, default_value_t = 2)]
	pub kv_heads: u32,
	/// Longest context.
	#[arg(long, default_value_t = 1024)]
	pub context: u32,
}

/// Writes a model of this shape with random weights in Q8_0 and the tokenizer of `source`.
///
/// The output matrix is the embedding, scaled so that logits spread by about 3: the texts are
/// nonsense, drawn from distributions as sharp as those of a trained model.
pub fn random(source: &Path, shape: Shape, seed: u64, target: &Path) -> Result<()> {
	ensure!(
		shape.heads > 0 && shape.kv_heads > 0 && shape.hidden.is_multiple_of(shape.heads),
		"the width must be a multiple of the heads"
	);
	let mut model = read(source)?;
	let vocabulary = model
		.tensors
		.iter()
		.find(|(name, _)| name == "token_embd.weight")
		.context("the file has no embedding")?
		.1
		.shape()
		.dims()[0];
	let head = shape.hidden / shape.heads;
	let numbers = [
		("block_count", shape.layers),
		("context_length", shape.context),
		("embedding_length", shape.hidden),
		("feed_forward_length", shape.feed_forward),
		("attention.head_count", shape.heads),
		("attention.head_count_kv", shape.kv_heads),
		("rope.dimension_count", head),
	];
	for (key, number) in numbers {
		model
			.metadata
			.insert(format!("llama.{key}"), Value::U32(number));
	}
	model.tensors.clear();
	let mut random = Random::new(seed);
	let (width, wide) = (shape.hidden as usize, shape.feed_forward as usize);
	let keys = (shape.kv_heads * head) as usize;
	// The last norm brings every number of the state to about one, so a logit has the deviation of
	// the embedding times the root of the width.
	let spread = 3.0 / f64::from(shape.hidden).sqrt();
	model.matrix(
		"token_embd.weight",
		(vocabulary, width),
		spread,
		&mut random,
	)?;
	model.ones("output_norm.weight", width)?;
	for layer in 0..shape.layers {
		for (part, rows, columns) in [
			("attn_q", width, width),
			("attn_k", keys, width),
			("attn_v", keys, width),
			("attn_output", width, width),
			("ffn_gate", wide, width),
			("ffn_up", wide, width),
			("ffn_down", width, wide),
		] {
			let deviation = 1.0 / (columns as f64).sqrt();
			let name = format!("blk.{layer}.{part}.weight");
			model.matrix(&name, (rows, columns), deviation, &mut random)?;
		}
		for part in ["attn_norm", "ffn_norm"] {
			model.ones(&format!("blk.{layer}.{part}.weight"), width)?;
		}
	}
	write(&model, target)
}

impl Model {
	fn matrix(
		&mut self,
		name: &str,
		(rows, columns): (usize, usize),
		deviation: f64,
		random: &mut Random,
	) -> Result<()> {
		let values: Vec<f32> = (0..rows * columns)
			.map(|_| (random.normal() * deviation) as f32)
			.collect();
		let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu)?;
		let tensor = QTensor::quantize(&tensor, GgmlDType::Q8_0)?;
		self.tensors.push((name.into(), tensor));
		Ok(())
	}

	fn ones(&mut self, name: &str, width: usize) -> Result<()> {
		let tensor = Tensor::from_vec(vec![1f32; width], width, &Device::Cpu)?;
		let tensor = QTensor::quantize(&tensor, GgmlDType::F32)?;
		self.tensors.push((name.into(), tensor));
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn coarse_weights_have_as_many_values_as_the_bits_allow() {
		let mut random = Random::new(9);
		let mut values: Vec<f32> = (0..64).map(|_| random.normal() as f32).collect();
		let before = values.clone();
		coarsen(&mut values, 3);
		for (block, old) in values.chunks(BLOCK).zip(before.chunks(BLOCK)) {
			let mut distinct = block.to_vec();
			distinct.sort_by(f32::total_cmp);
			distinct.dedup();
			assert!(distinct.len() <= 8, "{distinct:?}");
			let range = distinct.last().unwrap() - distinct[0];
			for (new, old) in block.iter().zip(old) {
				assert!((new - old).abs() <= range / 14.0 + 1e-6);
			}
		}
		let mut equal = vec![0.5; 32];
		coarsen(&mut equal, 3);
		assert_eq!(equal, vec![0.5; 32]);
	}

	#[test]
	fn names_of_layers_are_taken_apart() {
		assert_eq!(
			layer_of("blk.12.attn_q.weight"),
			Some((12, "attn_q.weight"))
		);
		assert_eq!(layer_of("token_embd.weight"), None);
		assert_eq!(layer_of("blk.x.attn_q.weight"), None);
	}
}
