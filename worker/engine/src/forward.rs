//! The forward pass of the llama family, with hidden states and logits of one or of all positions.
//!
//! Architecture (the paper of LLaMA, and GGUF's conventions for it): token embedding; per layer
//! RMSNorm, attention with rotary positions and grouped key/value heads, RMSNorm, and a gated
//! feed-forward `down(silu(gate(x)) * up(x))`, both with residuals; a last RMSNorm; the output
//! matrix, which is the embedding itself where the file has none of its own. Rotary positions
//! turn the *interleaved* pairs `(2i, 2i + 1)`, as GGUF files of architecture `llama` store them.
//!
//! Guarantees
//! 1. Position `p` sees positions `0..=p` only.
//! 2. The tokens of one call and the same tokens fed one by one have the same logits up to
//!    rounding, because the kernel of an f32 matrix product depends on its shape. How much that
//!    is depends on [`Kernels`].
//! 3. Context and vocabulary are checked; no call can read beyond the weights.
//!
//! Assumes the manifest's shape checks, see [`crate::model`]. Files with scaled rotary positions
//! or with biases are refused when they are loaded.

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use candle_nn::ops::{rms_norm, silu, softmax_last_dim};
use candle_nn::rotary_emb::rope_i;

use crate::error::{EngineError, Result};
use crate::gguf::Gguf;
use crate::model::ModelManifest;

/// Positions for which a cache has room at first.
const FIRST_ALLOCATION: usize = 64;

/// How products with the weights are computed.
///
/// Figures: SmolLM2-135M in Q4_1 on a CPU, logits spanning about 34.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernels {
	/// The weights are expanded to f32 when they are loaded. Needs 4 bytes per parameter; many
	/// positions at once are fast. The same tokens in one call or one by one give logits that
	/// differ by about 1e-4.
	#[default]
	Dequantised,
	/// Products use the file's quantised blocks, and activations are rounded to 8 bits before
	/// each. Needs the size of the file. That rounding turns differences in the last bit into
	/// whole steps: the same tokens in one call or one by one give logits that differ by about 1,
	/// so a verifier must allow that much.
	Quantised,
	/// The layers' weights are expanded and rounded to bfloat16, and so are the activations before
	/// each product with them and its result; sums are f32. Everything else is f32: the residual
	/// stream, norms, attention, and the output matrix, because a logit of 20 in bfloat16 has steps
	/// of 1/8, which would decide between tokens. A GPU needs 2 bytes per parameter of a layer and
	/// multiplies with its matrix units. A CPU rounds the same numbers and multiplies in f32, so it
	/// is no faster and needs 4 bytes; it is there to be compared with.
	Bfloat16,
	/// As [`Self::Bfloat16`], with IEEE half precision: finer steps, but an activation above 65,504
	/// becomes infinite and ends the job with an error.
	Float16,
}

impl Kernels {
	/// What the numbers of a product are rounded to, where they are.
	fn precision(self) -> Option<DType> {
		match self {
			Kernels::Dequantised | Kernels::Quantised => None,
			Kernels::Bfloat16 => Some(DType::BF16),
			Kernels::Float16 => Some(DType::F16),
		}
	}
}

/// A weight matrix of a layer.
enum Matrix {
	/// In f32, or in the file's quantised blocks.
	Whole(QMatMul),
	/// Rounded to `precision`, and stored as what the device multiplies: `precision` on a GPU, f32
	/// on a CPU.
	Rounded { weight: Tensor, precision: DType },
}

impl Matrix {
	fn load(weight: QTensor, kernels: Kernels, device: &Device) -> Result<Self> {
		let Some(precision) = kernels.precision() else {
			return whole(weight, kernels, device).map(Self::Whole);
		};
		let stored = if device.is_cpu() {
			DType::F32
		} else {
			precision
		};
		let weight = weight.dequantize(device)?.to_dtype(precision)?;
		Ok(Self::Rounded {
			weight: weight.to_dtype(stored)?,
			precision,
		})
	}

	/// What [`Self::forward`] makes of its argument first. Several matrices that take the same
	/// numbers can share it.
	fn round(&self, x: &Tensor) -> Result<Tensor> {
		Ok(match self {
			Self::Whole(_) => x.clone(),
			Self::Rounded { precision, .. } => x.to_dtype(*precision)?,
		})
	}

	/// `[tokens, in]` to `[tokens, out]` in f32.
	fn forward(&self, x: &Tensor) -> Result<Tensor> {
		Ok(match self {
			Self::Whole(weight) => weight.forward(x)?,
			Self::Rounded { weight, precision } => self
				.round(x)?
				.to_dtype(weight.dtype())?
				.matmul(&weight.t()?)?
				.to_dtype(*precision)?
				.to_dtype(DType::F32)?,
		})
	}
}

/// A matrix whose products are not rounded: the file's blocks for the quantised kernels, else f32.
fn whole(weight: QTensor, kernels: Kernels, device: &Device) -> Result<QMatMul> {
	Ok(match kernels {
		Kernels::Quantised => QMatMul::from_qtensor(weight)?,
		_ => QMatMul::Tensor(weight.dequantize(device)?),
	})
}

/// Which positions of a call get logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
	/// The last one, for generation.
	Last,
	/// Those from this one on, counted from 0 within the call, for verification. The others cost no
	/// product with the output matrix.
	From(usize),
}

/// What a call returns, on the model's device.
pub struct States {
	/// The hidden states after the last norm, `[positions, hidden]`, f32, of the positions that were
	/// asked for.
	pub hidden: Tensor,
	/// The logits, `[positions, vocab]`, f32.
	pub logits: Tensor,
}

struct Layer {
	attention_norm: Tensor,
	query: Matrix,
	key: Matrix,
	value: Matrix,
	output: Matrix,
	ffn_norm: Tensor,
	gate: Matrix,
	up: Matrix,
	down: Matrix,
}

/// The keys and values of the positions seen so far, for one sequence. Memory grows with the
/// sequence.
pub struct Cache {
	/// Per layer keys and values, each `[1, kv_heads, allocated, head_dim]`.
	layers: Vec<(Tensor, Tensor)>,
	allocated: usize,
	capacity: usize,
	length: usize,
}

impl Cache {
	/// Positions seen so far.
	pub fn length(&self) -> usize {
		self.length
	}

	/// Makes room for `length` positions, which is at most the capacity.
	fn reserve(&mut self, length: usize) -> Result<()> {
		if length <= self.allocated {
			return Ok(());
		}
		let allocated = length.max(2 * self.allocated).min(self.capacity);
		for (keys, values) in &mut self.layers {
			for old in [keys, values] {
				let (one, heads, _, width) = old.dims4()?;
				let new = Tensor::zeros((one, heads, allocated, width), DType::F32, old.device())?;
				if self.length > 0 {
					new.slice_set(&old.narrow(2, 0, self.length)?.contiguous()?, 2, 0)?;
				}
				*old = new;
			}
		}
		self.allocated = allocated;
		Ok(())
	}
}

/// A loaded decoder.
pub struct Llama {
	embedding: QMatMul,
	layers: Vec<Layer>,
	norm: Tensor,
	head: QMatMul,
	/// `[context, head_dim / 2]` each.
	cos: Tensor,
	sin: Tensor,
	epsilon: f32,
	heads: usize,
	kv_heads: usize,
	head_dim: usize,
	vocabulary: usize,
	context: usize,
	device: Device,
}

impl Llama {
	/// Loads the weights of an identified GGUF file.
	///
	/// # Errors
	///
	/// [`EngineError::MalformedModel`] for a tensor that is missing or a variant of the
	/// architecture that this pass does not compute; [`EngineError::Compute`].
	pub(crate) fn load(
		gguf: &mut Gguf,
		manifest: &ModelManifest,
		kernels: Kernels,
		device: &Device,
	) -> Result<Self> {
		refuse_variants(gguf, manifest)?;
		let epsilon = gguf.float("llama.attention.layer_norm_rms_epsilon")?;
		let base = match gguf.get("llama.rope.freq_base") {
			None => 10_000.0,
			Some(_) => gguf.float("llama.rope.freq_base")?,
		};
		let tensor = |gguf: &mut Gguf, name: &str| -> Result<QTensor> {
			let name = format!("{name}.weight");
			gguf.content
				.tensor(&mut gguf.reader, &name, device)
				.map_err(|error| EngineError::loading(&gguf.path, &format!("tensor {name}"), error))
		};
		let matrix = |gguf: &mut Gguf, name: &str| -> Result<Matrix> {
			Matrix::load(tensor(gguf, name)?, kernels, device)
		};
		let vector = |gguf: &mut Gguf, name: &str| -> Result<Tensor> {
			Ok(tensor(gguf, name)?.dequantize(device)?)
		};
		let embedding = whole(tensor(gguf, "token_embd")?, kernels, device)?;
		let head = if gguf.content.tensor_infos.contains_key("output.weight") {
			whole(tensor(gguf, "output")?, kernels, device)?
		} else {
			embedding.clone()
		};
		let norm = vector(gguf, "output_norm")?;
		let mut layers = Vec::with_capacity(manifest.layers as usize);
		for layer in 0..manifest.layers {
			let name = |part: &str| format!("blk.{layer}.{part}");
			layers.push(Layer {
				attention_norm: vector(gguf, &name("attn_norm"))?,
				query: matrix(gguf, &name("attn_q"))?,
				key: matrix(gguf, &name("attn_k"))?,
				value: matrix(gguf, &name("attn_v"))?,
				output: matrix(gguf, &name("attn_output"))?,
				ffn_norm: vector(gguf, &name("ffn_norm"))?,
				gate: matrix(gguf, &name("ffn_gate"))?,
				up: matrix(gguf, &name("ffn_up"))?,
				down: matrix(gguf, &name("ffn_down"))?,
			});
		}
		let context = manifest.context as usize;
		let head_dim = manifest.head_dim as usize;
		let (cos, sin) = rotary_table(context, head_dim, base, device)?;
		Ok(Self {
			embedding,
			layers,
			norm,
			head,
			cos,
			sin,
			epsilon,
			heads: manifest.heads as usize,
			kv_heads: manifest.kv_heads as usize,
			head_dim,
			vocabulary: manifest.vocab as usize,
			context,
			device: device.clone(),
		})
	}

	/// Drops all but the first `layers` layers.
	pub(crate) fn keep_layers(&mut self, layers: usize) {
		self.layers.truncate(layers);
	}

	/// Tokens in the longest context.
	pub fn context(&self) -> usize {
		self.context
	}

	/// An empty cache for up to `capacity` positions (at most the context).
	///
	/// # Errors
	///
	/// [`EngineError::OutOfMemory`], [`EngineError::Compute`].
	pub fn new_cache(&self, capacity: usize) -> Result<Cache> {
		let capacity = capacity.min(self.context);
		let allocated = capacity.min(FIRST_ALLOCATION);
		let empty = || {
			Tensor::zeros(
				(1, self.kv_heads, allocated, self.head_dim),
				DType::F32,
				&self.device,
			)
		};
		let layers = self
			.layers
			.iter()
			.map(|_| Ok((empty()?, empty()?)))
			.collect::<Result<_>>()?;
		Ok(Cache {
			layers,
			allocated,
			capacity,
			length: 0,
		})
	}

	/// Feeds `tokens` after those in `cache` and returns the states of the positions asked for.
	///
	/// # Errors
	///
	/// [`EngineError::EmptyInput`] for no tokens or no positions, [`EngineError::UnknownToken`],
	/// [`EngineError::PromptTooLong`] if the cache is full, [`EngineError::Compute`].
	pub fn forward(
		&self,
		tokens: &[u32],
		cache: &mut Cache,
		positions: Positions,
	) -> Result<States> {
		let count = tokens.len();
		let first = match positions {
			Positions::Last => count.saturating_sub(1),
			Positions::From(first) => first,
		};
		if first >= count {
			return Err(EngineError::EmptyInput);
		}
		if let Some(&token) = tokens
			.iter()
			.find(|token| **token as usize >= self.vocabulary)
		{
			return Err(EngineError::UnknownToken {
				token,
				vocabulary: self.vocabulary,
			});
		}
		let start = cache.length;
		let end = start + count;
		if end > cache.capacity {
			return Err(EngineError::PromptTooLong {
				tokens: end,
				context: cache.capacity,
			});
		}
		cache.reserve(end)?;
		let cos = self.cos.narrow(0, start, count)?;
		let sin = self.sin.narrow(0, start, count)?;
		let mask = if count == 1 {
			None
		} else {
			Some(causal_mask(start, count, &self.device)?)
		};
		let tokens = Tensor::new(tokens, &self.device)?;
		// [tokens, hidden] from here on; one sequence, so there is no batch dimension.
		let mut stream = self.embedding.embedding(&tokens)?;
		for (layer, (keys, values)) in self.layers.iter().zip(&cache.layers) {
			let x = rms_norm(&stream, &layer.attention_norm, self.epsilon)?;
			let attended = self.attention(layer, &x, keys, values, start, (&cos, &sin), &mask)?;
			stream = (stream + attended)?;
			let x = rms_norm(&stream, &layer.ffn_norm, self.epsilon)?;
			let x = layer.gate.round(&x)?;
			let gated = (silu(&layer.gate.forward(&x)?)? * layer.up.forward(&x)?)?;
			stream = (stream + layer.down.forward(&gated)?)?;
		}
		cache.length = end;
		if first > 0 {
			stream = stream.narrow(0, first, count - first)?.contiguous()?;
		}
		let hidden = rms_norm(&stream, &self.norm, self.epsilon)?;
		let logits = self.head.forward(&hidden)?;
		Ok(States { hidden, logits })
	}

	/// Attention of `x`, `[tokens, hidden]`, over the cache and itself.
	#[allow(clippy::too_many_arguments)]
	fn attention(
		&self,
		layer: &Layer,
		x: &Tensor,
		keys: &Tensor,
		values: &Tensor,
		start: usize,
		(cos, sin): (&Tensor, &Tensor),
		mask: &Option<Tensor>,
	) -> Result<Tensor> {
		let count = x.dim(0)?;
		let end = start + count;
		// [tokens, heads * head_dim] -> [1, heads, tokens, head_dim]
		let split = |x: Tensor, heads: usize| -> Result<Tensor> {
			Ok(x.reshape((1, count, heads, self.head_dim))?
				.transpose(1, 2)?
				.contiguous()?)
		};
		let x = layer.query.round(x)?;
		let query = rope_i(&split(layer.query.forward(&x)?, self.heads)?, cos, sin)?;
		let key = rope_i(&split(layer.key.forward(&x)?, self.kv_heads)?, cos, sin)?;
		let value = split(layer.value.forward(&x)?, self.kv_heads)?;
		keys.slice_set(&key, 2, start)?;
		values.slice_set(&value, 2, start)?;
		let keys = keys.narrow(2, 0, end)?.squeeze(0)?;
		let values = values.narrow(2, 0, end)?.squeeze(0)?;

		// The query heads of one key head become rows of one product, so no key is copied:
		// [kv_heads, group * tokens, head_dim] x [kv_heads, head_dim, end].
		let group = self.heads / self.kv_heads;
		let query = query.reshape((self.kv_heads, group * count, self.head_dim))?;
		let scale = 1.0 / (self.head_dim as f64).sqrt();
		let mut scores = (query.matmul(&keys.t()?)? * scale)?;
		if let Some(mask) = mask {
			scores = scores
				.reshape((self.kv_heads, group, count, end))?
				.broadcast_add(mask)?
				.reshape((self.kv_heads, group * count, end))?;
		}
		let mixed = softmax_last_dim(&scores)?.matmul(&values)?;
		let mixed = mixed
			.reshape((self.heads, count, self.head_dim))?
			.transpose(0, 1)?
			.contiguous()?
			.reshape((count, self.heads * self.head_dim))?;
		layer.output.forward(&mixed)
	}
}

/// Refuses files whose computation this pass would get wrong.
fn refuse_variants(gguf: &Gguf, manifest: &ModelManifest) -> Result<()> {
	if gguf.content.tensor_infos.contains_key("rope_freqs.weight")
		|| gguf.get("llama.rope.scaling.type").is_some_and(|_| {
			gguf.string("llama.rope.scaling.type")
				.map_or(true, |kind| kind != "none")
		}) {
		return Err(gguf.malformed("its rotary positions are scaled, which is not supported"));
	}
	if gguf.optional_integer("llama.expert_count")?.unwrap_or(0) > 0 {
		return Err(gguf.malformed("it is a mixture of experts, which is not supported"));
	}
	if let Some(bias) = gguf
		.content
		.tensor_infos
		.keys()
		.find(|name| name.ends_with(".bias"))
	{
		return Err(gguf.malformed(format!("it has the bias {bias}, which is not supported")));
	}
	match gguf.optional_integer("llama.rope.dimension_count")? {
		Some(width) if width != manifest.head_dim => {
			Err(gguf.malformed("its rotary positions cover a part of each head only"))
		}
		_ => Ok(()),
	}
}

/// Cosine and sine of `position * base^(-2 i / head_dim)`, computed in f64 and rounded once.
fn rotary_table(
	context: usize,
	head_dim: usize,
	base: f32,
	device: &Device,
) -> Result<(Tensor, Tensor)> {
	let half = head_dim / 2;
	let mut cos = Vec::with_capacity(context * half);
	let mut sin = Vec::with_capacity(context * half);
	for position in 0..context {
		for pair in 0..half {
			let frequency = f64::from(base).powf(-2.0 * pair as f64 / head_dim as f64);
			let (s, c) = (position as f64 * frequency).sin_cos();
			cos.push(c as f32);
			sin.push(s as f32);
		}
	}
	let shape = (context, half);
	Ok((
		Tensor::from_vec(cos, shape, device)?,
		Tensor::from_vec(sin, shape, device)?,
	))
}

/// `[count, start + count]`: 0 where a position is seen, minus infinity where it is not.
fn causal_mask(start: usize, count: usize, device: &Device) -> Result<Tensor> {
	let end = start + count;
	let mask: Vec<f32> = (0..count)
		.flat_map(|row| {
			(0..end).map(move |column| {
				if column <= start + row {
					0.0
				} else {
					f32::NEG_INFINITY
				}
			})
		})
		.collect();
	Ok(Tensor::from_vec(mask, (count, end), device)?)
}

/// The rows of a 2-dimensional f32 tensor on the host.
pub(crate) fn rows(tensor: &Tensor) -> Result<Vec<Vec<f32>>> {
	Ok(tensor.to_dtype(DType::F32)?.to_vec2()?)
}

#[cfg(test)]
mod tests {
	use super::*;
	use candle_core::quantized::GgmlDType;

	#[test]
	fn rounded_products_round_both_factors_and_the_result_and_nothing_between() {
		let cpu = &Device::Cpu;
		// A quarter of bfloat16's step after 1, and two steps of IEEE half.
		let fine = 1.0 + 2f32.powi(-9);
		let weight = Tensor::new(&[[fine, 1.0], [1.0, 1.0]], cpu).unwrap();
		let x = Tensor::new(&[[256.0, fine]], cpu).unwrap();
		for (kernels, wanted) in [
			(Kernels::Dequantised, [256.0 * fine + fine, 256.0 + fine]),
			// 256 + 1 lies between two numbers of bfloat16, of which 256 is the even one.
			(Kernels::Bfloat16, [256.0, 256.0]),
			// 257.501953125 and 257.001953125, to steps of 1/4.
			(Kernels::Float16, [257.5, 257.0]),
		] {
			let weight = QTensor::quantize(&weight, GgmlDType::F32).unwrap();
			let matrix = Matrix::load(weight, kernels, cpu).unwrap();
			let found = matrix.forward(&x).unwrap();
			assert_eq!(found.dtype(), DType::F32);
			assert_eq!(found.to_vec2::<f32>().unwrap(), [wanted], "{kernels:?}");
			let rounded = matrix.forward(&matrix.round(&x).unwrap()).unwrap();
			assert_eq!(rounded.to_vec2::<f32>().unwrap(), [wanted], "{kernels:?}");
		}
	}

	#[test]
	fn mask_hides_later_positions_only() {
		let mask = causal_mask(2, 2, &Device::Cpu)
			.unwrap()
			.to_vec2::<f32>()
			.unwrap();
		let hidden = f32::NEG_INFINITY;
		assert_eq!(mask, [[0.0, 0.0, 0.0, hidden], [0.0, 0.0, 0.0, 0.0]]);
	}

	#[test]
	fn rotary_table_begins_with_no_turn_and_slows_with_the_pair() {
		let (cos, sin) = rotary_table(3, 4, 100.0, &Device::Cpu).unwrap();
		assert_eq!(cos.to_vec2::<f32>().unwrap()[0], [1.0, 1.0]);
		let sin = sin.to_vec2::<f32>().unwrap();
		assert_eq!(sin[0], [0.0, 0.0]);
		assert_eq!(sin[2], [2f64.sin() as f32, 0.2f64.sin() as f32]);
	}
}
