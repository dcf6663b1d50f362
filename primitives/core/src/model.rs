//! Models and their manifests: what the chain knows of a model, so that anyone can compute the
//! size of a job before it runs.

use crate::{proof::ProfileKind, AccountId, Balance, BoundedBytes, BoundedList};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Identity of a model: SHA-256 of its weights file.
pub type ModelId = H256;

/// What a model does with its input.
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
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub enum ModelKind {
	/// A causal language model that continues a text token by token.
	#[codec(index = 0)]
	TextGeneration,
	/// An encoder that maps a text to a vector.
	#[codec(index = 1)]
	Embedding,
}

/// Shape of a transformer: the parameters that the FLOP formula needs (§3.3 of the paper).
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
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct ModelShape {
	/// Number of transformer blocks.
	pub layers: u32,
	/// Width of the residual stream.
	pub hidden: u32,
	/// Number of query heads.
	pub heads: u32,
	/// Number of key and value heads.
	pub key_value_heads: u32,
	/// Width of one head.
	pub head_dimension: u32,
	/// Inner width of the feed-forward network.
	pub feed_forward: u32,
	/// Number of matrices in the feed-forward network: 3 where it is gated, else 2.
	pub feed_forward_matrices: u32,
	/// Size of the vocabulary; 0 where the model has no output head.
	pub vocabulary: u32,
	/// Largest number of positions that the model accepts.
	pub context: u32,
}

/// What is registered of a model.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct ModelManifest {
	/// Name for people, UTF-8.
	pub name: BoundedBytes<64>,
	/// What the model does.
	pub kind: ModelKind,
	/// The parameters of the FLOP formula.
	pub shape: ModelShape,
	/// Size of the weights file in bytes.
	pub weight_bytes: u64,
	/// SHA-256 of the tokenizer's definition; of the weights file where that contains it.
	pub tokenizer: H256,
	/// The profiles that outputs of this model may be verified under.
	pub profiles: BoundedList<ProfileKind, 4>,
}

/// A registered model.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct RegisteredModel {
	/// Who registered it and holds the deposit.
	pub owner: AccountId,
	/// The storage deposit in planck, held on the owner's account.
	pub deposit: Balance,
	/// The manifest.
	pub manifest: ModelManifest,
}
