//! What a model's run costs, from its manifest alone (§3.3 of the paper; the paper gives the
//! shorthand 2·N·T, this is the full count).
//!
//! # Operations
//!
//! A multiplication with its addition counts as two operations. With `L` layers, width `d`, `H`
//! query heads and `KV` key and value heads of width `hd`, inner width `ff` and `m` feed-forward
//! matrices, one layer has
//!
//! ```text
//! P_l = d·(H·hd) + 2·d·(KV·hd) + (H·hd)·d + m·d·ff
//! ```
//!
//! parameters that are multiplied with every position. For *text generation* from `n` tokens to
//! `g` tokens:
//!
//! ```text
//! T         = n + max(g, 1) − 1        positions that are processed
//! linear    = 2·L·P_l·T
//! attention = 4·L·H·hd·T·(T + 1)/2     every position attends to itself and those before
//! head      = 2·V·d·max(g, 1)          logits are computed where a token is drawn
//! ```
//!
//! The last token is drawn and not processed, hence the −1. An end token that is drawn is one of
//! the `g` tokens. For an *embedding* of `n` tokens every position attends to every other, and there
//! is no head:
//!
//! ```text
//! linear    = 2·L·P_l·n
//! attention = 4·L·H·hd·n²
//! ```
//!
//! Norms, rotary embeddings, activations and the sampler are not counted: they are below one percent
//! and differ between implementations. Quantised weights do the same count.
//!
//! # Least duration
//!
//! `max(operations / peak, bytes / bandwidth)`, with the class's peak and bandwidth, in whole
//! microseconds rounded down. The bytes of text generation are the weights once for every token
//! that is drawn, plus the cache of keys and values once for every pass after the first, at one byte
//! an element, the smallest form in common use. An embedding counts no bytes: of a small encoder's
//! file much is a table of which a run reads few rows.
//!
//! Batching: jobs that run side by side share the reads of the weights, so it raises a device's
//! throughput and shortens no job; the floor of one job holds at any batch size. It does not bound
//! what a worker claims for overlapping jobs together; that is a rule over several receipts and not
//! part of this module. What does shorten a job, drawing several tokens in one pass (speculative
//! decoding) or reusing the cache of another job's prompt, is not allowed for here: a class for such
//! engines carries figures that allow for it.
//!
//! # Guarantees
//!
//! 1. [`operations`] rises strictly with the input's tokens, and never falls with the output's.
//!    So does [`least_duration`], without strictness, for fixed hardware.
//! 2. No overflow for a shape that [`check_shape`] accepts. `H·hd ≤ 2^24`, so `P_l < 2^43.2`;
//!    `T ≤ 2^24`; linear is below 2^81, attention at most 2^86, the head at most 2^66: a count of
//!    operations is below 2^87. Microseconds of it times 10^6 are below 2^107.
//! 3. Everything outside the domain is a [`ComputeError`].

use aci_primitives::{
	class::Class,
	model::{ModelKind, ModelManifest, ModelShape},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Most layers of a model.
pub const MAX_LAYERS: u32 = 1 << 12;
/// Largest width of the residual stream.
pub const MAX_HIDDEN: u32 = 1 << 17;
/// Most query heads.
pub const MAX_HEADS: u32 = 1 << 12;
/// Largest width of a head.
pub const MAX_HEAD_DIMENSION: u32 = 1 << 12;
/// Largest inner width of the feed-forward network.
pub const MAX_FEED_FORWARD: u32 = 1 << 20;
/// Largest vocabulary.
pub const MAX_VOCABULARY: u32 = 1 << 24;
/// Largest context, in positions.
pub const MAX_CONTEXT: u32 = 1 << 24;
/// Largest weights file, in bytes.
pub const MAX_WEIGHT_BYTES: u64 = 1 << 48;

/// Microseconds in a second.
const MICROS: u128 = 1_000_000;

/// Why a run has no cost.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ComputeError {
	/// A dimension of the model is zero, or a text model has no vocabulary. Correct the manifest.
	#[codec(index = 0)]
	ZeroDimension,
	/// A dimension of the model, or its weights file, is larger than any that the chain prices.
	#[codec(index = 1)]
	DimensionTooLarge,
	/// The query heads are not a multiple of the key and value heads. Correct the manifest.
	#[codec(index = 2)]
	HeadsNotGrouped,
	/// The feed-forward network has neither two nor three matrices. Correct the manifest.
	#[codec(index = 3)]
	FeedForwardMatrices,
	/// The run has no input token. Every run has at least one.
	#[codec(index = 4)]
	NoInput,
	/// An embedding was asked to generate tokens. Ask for none.
	#[codec(index = 5)]
	EmbeddingWithOutput,
	/// The run has more positions than the model accepts. Ask for fewer tokens.
	#[codec(index = 6)]
	BeyondContext,
	/// The class states no peak or no bandwidth. Correct the class.
	#[codec(index = 7)]
	HardwareUnknown,
}

/// Checks that a model's figures lie in the domain of the formulas.
///
/// The vocabulary of an embedding model is not used and may be anything up to the bound.
pub fn check_model(manifest: &ModelManifest) -> Result<(), ComputeError> {
	if manifest.weight_bytes == 0 {
		return Err(ComputeError::ZeroDimension);
	}
	if manifest.weight_bytes > MAX_WEIGHT_BYTES {
		return Err(ComputeError::DimensionTooLarge);
	}
	check_shape(manifest.kind, &manifest.shape)
}

/// Checks that a shape lies in the domain of the formulas.
pub fn check_shape(kind: ModelKind, shape: &ModelShape) -> Result<(), ComputeError> {
	let dimensions = [
		(shape.layers, MAX_LAYERS),
		(shape.hidden, MAX_HIDDEN),
		(shape.heads, MAX_HEADS),
		(shape.key_value_heads, MAX_HEADS),
		(shape.head_dimension, MAX_HEAD_DIMENSION),
		(shape.feed_forward, MAX_FEED_FORWARD),
		(shape.context, MAX_CONTEXT),
	];
	for (dimension, most) in dimensions {
		if dimension == 0 {
			return Err(ComputeError::ZeroDimension);
		}
		if dimension > most {
			return Err(ComputeError::DimensionTooLarge);
		}
	}
	if shape.vocabulary > MAX_VOCABULARY {
		return Err(ComputeError::DimensionTooLarge);
	}
	if kind == ModelKind::TextGeneration && shape.vocabulary == 0 {
		return Err(ComputeError::ZeroDimension);
	}
	if shape.heads.checked_rem(shape.key_value_heads) != Some(0) {
		return Err(ComputeError::HeadsNotGrouped);
	}
	if !matches!(shape.feed_forward_matrices, 2 | 3) {
		return Err(ComputeError::FeedForwardMatrices);
	}
	Ok(())
}

/// Positions that a run processes.
///
/// Errors: [`ComputeError::NoInput`], [`ComputeError::EmbeddingWithOutput`],
/// [`ComputeError::BeyondContext`].
pub fn positions(
	kind: ModelKind,
	shape: &ModelShape,
	tokens_in: u32,
	tokens_out: u32,
) -> Result<u32, ComputeError> {
	if tokens_in == 0 {
		return Err(ComputeError::NoInput);
	}
	let positions = match kind {
		ModelKind::TextGeneration => tokens_in.checked_add(tokens_out.saturating_sub(1)),
		ModelKind::Embedding if tokens_out > 0 => return Err(ComputeError::EmbeddingWithOutput),
		ModelKind::Embedding => Some(tokens_in),
	};
	positions
		.filter(|positions| *positions <= shape.context)
		.ok_or(ComputeError::BeyondContext)
}

/// Floating-point operations of a run; see the module for the formula.
///
/// Errors: those of [`check_shape`] and of [`positions`].
pub fn operations(
	kind: ModelKind,
	shape: &ModelShape,
	tokens_in: u32,
	tokens_out: u32,
) -> Result<u128, ComputeError> {
	check_shape(kind, shape)?;
	let positions = u128::from(positions(kind, shape, tokens_in, tokens_out)?);
	// Inside the domain nothing overflows (guarantee 2), so this error stands for a bound of the
	// domain that was loosened without the widths above.
	checked_operations(kind, shape, positions, u128::from(tokens_out.max(1)))
		.ok_or(ComputeError::DimensionTooLarge)
}

fn checked_operations(
	kind: ModelKind,
	shape: &ModelShape,
	positions: u128,
	drawn: u128,
) -> Option<u128> {
	let layers = u128::from(shape.layers);
	let hidden = u128::from(shape.hidden);
	let head_dimension = u128::from(shape.head_dimension);
	let query = u128::from(shape.heads).checked_mul(head_dimension)?;
	let key_value = u128::from(shape.key_value_heads).checked_mul(head_dimension)?;

	let attention_matrices = query
		.checked_add(key_value)?
		.checked_mul(2)?
		.checked_mul(hidden)?;
	let feed_forward = u128::from(shape.feed_forward_matrices)
		.checked_mul(hidden)?
		.checked_mul(u128::from(shape.feed_forward))?;
	let layer = attention_matrices.checked_add(feed_forward)?;
	let linear = layer
		.checked_mul(2)?
		.checked_mul(layers)?
		.checked_mul(positions)?;

	let attended = match kind {
		ModelKind::TextGeneration => attended_up_to(positions)?,
		ModelKind::Embedding => positions.checked_mul(positions)?,
	};
	let attention = query
		.checked_mul(4)?
		.checked_mul(layers)?
		.checked_mul(attended)?;

	let head = match kind {
		ModelKind::TextGeneration => u128::from(shape.vocabulary)
			.checked_mul(2)?
			.checked_mul(hidden)?
			.checked_mul(drawn)?,
		ModelKind::Embedding => 0,
	};
	linear.checked_add(attention)?.checked_add(head)
}

/// `1 + 2 + … + positions`.
fn attended_up_to(positions: u128) -> Option<u128> {
	Some(positions.checked_mul(positions.checked_add(1)?)? / 2)
}

/// Bytes of keys and values of one position over all layers, at one byte an element.
fn cache_bytes_per_position(shape: &ModelShape) -> Option<u128> {
	u128::from(shape.layers)
		.checked_mul(2)?
		.checked_mul(u128::from(shape.key_value_heads))?
		.checked_mul(u128::from(shape.head_dimension))
}

/// Memory that a run takes at least, in bytes: the weights file, and for text generation the cache
/// of keys and values at one byte an element.
///
/// Errors: those of [`check_model`] and of [`positions`].
pub fn memory(
	manifest: &ModelManifest,
	tokens_in: u32,
	tokens_out: u32,
) -> Result<u128, ComputeError> {
	check_model(manifest)?;
	let positions = u128::from(positions(
		manifest.kind,
		&manifest.shape,
		tokens_in,
		tokens_out,
	)?);
	let cache = match manifest.kind {
		ModelKind::TextGeneration => cache_bytes_per_position(&manifest.shape)
			.and_then(|bytes| bytes.checked_mul(positions))
			.ok_or(ComputeError::DimensionTooLarge)?,
		ModelKind::Embedding => 0,
	};
	// At most 2^48 and 2^61.
	Ok(u128::from(manifest.weight_bytes).saturating_add(cache))
}

/// Bytes that a run moves from memory at least; see the module.
fn bytes_moved(manifest: &ModelManifest, positions: u128, drawn: u128) -> Option<u128> {
	if manifest.kind == ModelKind::Embedding {
		return Some(0);
	}
	let weights = u128::from(manifest.weight_bytes).checked_mul(drawn)?;
	// The first pass fills the cache; the pass at each later position reads it up to there.
	let prompt = positions.checked_sub(drawn.checked_sub(1)?)?;
	let read = attended_up_to(positions)?.checked_sub(attended_up_to(prompt)?)?;
	let cache = cache_bytes_per_position(&manifest.shape)?.checked_mul(read)?;
	weights.checked_add(cache)
}

/// The least duration of a run on a class's hardware, in microseconds, rounded down.
///
/// A floor beyond `u64::MAX` microseconds, 584,000 years, is given as that: no run is that long.
///
/// Errors: those of [`check_model`] and of [`positions`], and [`ComputeError::HardwareUnknown`].
pub fn least_duration(
	manifest: &ModelManifest,
	class: &Class,
	tokens_in: u32,
	tokens_out: u32,
) -> Result<u64, ComputeError> {
	check_model(manifest)?;
	let operations = operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)?;
	let positions = positions(manifest.kind, &manifest.shape, tokens_in, tokens_out)?;
	let bytes = bytes_moved(
		manifest,
		u128::from(positions),
		u128::from(tokens_out.max(1)),
	)
	.ok_or(ComputeError::DimensionTooLarge)?;
	let micros = |amount: u128, per_second: u64| {
		amount
			.checked_mul(MICROS)
			.ok_or(ComputeError::DimensionTooLarge)?
			.checked_div(u128::from(per_second))
			.ok_or(ComputeError::HardwareUnknown)
	};
	let longest = micros(operations, class.peak_flops)?.max(micros(bytes, class.bandwidth)?);
	Ok(u64::try_from(longest).unwrap_or(u64::MAX))
}
