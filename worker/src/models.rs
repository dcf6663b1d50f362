//! The models that a worker offers, and whether the chain knows them as they are.
//!
//! # What it guarantees
//!
//! 1. A model is offered only when the SHA-256 of its weights is registered and every figure that
//!    prices a job is the same in the file and on the chain. Otherwise level 1 would refuse the
//!    worker's receipts.
//! 2. The context may be smaller on the chain than in the file, never larger.

use aci_engine::{ModelKind as FileKind, ModelManifest as FileManifest};
use aci_primitives::{
	model::{ModelKind, ModelShape},
	proof::ProfileKind,
	BoundedBytes, BoundedList, ModelId, ModelManifest,
};
use serde::Serialize;
use sp_core::H256;

/// Why a model cannot be offered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
	/// The chain does not know the hash.
	#[error(
		"model {path} has SHA-256 {hash}, which is not registered on this chain: register it with \
		 `aci model register` and the output of `aci-worker model-manifest {path}`, or give \
		 another file. Registered are: {registered}"
	)]
	NotRegistered {
		/// The file.
		path: String,
		/// Its hash.
		hash: String,
		/// What the chain knows.
		registered: String,
	},
	/// The chain knows it with other figures.
	#[error(
		"the manifest that the chain has for model {hash} does not fit {path}: {differences}. \
		 Receipts would be refused; have the model registered with the right figures"
	)]
	DoesNotFit {
		/// The file.
		path: String,
		/// Its hash.
		hash: String,
		/// Each figure that differs, with both values.
		differences: String,
	},
	/// The class's hardware cannot hold it.
	#[error(
		"model {hash} has {bytes} bytes of weights, class `{class}` has {memory} bytes of memory: \
		 offer it in a larger class"
	)]
	TooLarge {
		/// Its hash.
		hash: String,
		/// Bytes of its weights.
		bytes: u64,
		/// The class's name.
		class: String,
		/// Bytes of the class's memory.
		memory: u64,
	},
	/// More models than a worker may name.
	#[error("{0} models are more than the 16 that a worker may offer: give fewer --model options")]
	TooMany(usize),
	/// The file's name for itself is too long or empty.
	#[error("give the model a name of 1 to 64 bytes with --name")]
	Name,
}

/// The chain's identity of a model.
pub fn model_id(manifest: &FileManifest) -> ModelId {
	H256(manifest.hash.0)
}

/// The manifest to register for a file. `name` stands for the file's own where it is given.
pub fn chain_manifest(
	file: &FileManifest,
	name: Option<&str>,
) -> Result<ModelManifest, ModelError> {
	let name = name.unwrap_or(&file.name);
	let name: BoundedBytes<64> = name
		.as_bytes()
		.to_vec()
		.try_into()
		.map_err(|_| ModelError::Name)?;
	if name.is_empty() {
		return Err(ModelError::Name);
	}
	let (kind, profile) = match file.kind {
		FileKind::GgufLlama => (ModelKind::TextGeneration, ProfileKind::SampledText),
		FileKind::SafetensorsBert => (ModelKind::Embedding, ProfileKind::Numeric),
	};
	Ok(ModelManifest {
		name,
		kind,
		shape: shape(file),
		weight_bytes: file.weight_bytes,
		tokenizer: tokenizer(file),
		profiles: BoundedList::truncate_from(vec![profile]),
	})
}

fn tokenizer(file: &FileManifest) -> H256 {
	H256(file.tokenizer_hash.unwrap_or(file.hash).0)
}

fn shape(file: &FileManifest) -> ModelShape {
	let (feed_forward_matrices, vocabulary) = match file.kind {
		FileKind::GgufLlama => (3, file.vocab),
		FileKind::SafetensorsBert => (2, 0),
	};
	ModelShape {
		layers: file.layers,
		hidden: file.hidden,
		heads: file.heads,
		key_value_heads: file.kv_heads,
		head_dimension: file.head_dim,
		feed_forward: file.ffn,
		feed_forward_matrices,
		vocabulary,
		context: file.context,
	}
}

/// Checks that what the chain has registered for a file's hash is what the file says.
pub fn check_fits(
	path: &str,
	file: &FileManifest,
	registered: &ModelManifest,
) -> Result<(), ModelError> {
	let (ours, theirs) = (shape(file), registered.shape);
	let kind = match file.kind {
		FileKind::GgufLlama => ModelKind::TextGeneration,
		FileKind::SafetensorsBert => ModelKind::Embedding,
	};
	let mut differences = Vec::new();
	let mut compare = |name: &str, file: String, chain: String| {
		if file != chain {
			differences.push(format!(
				"{name} is {file} in the file and {chain} on the chain"
			));
		}
	};
	compare(
		"kind",
		format!("{kind:?}"),
		format!("{:?}", registered.kind),
	);
	for (name, file, chain) in [
		("layers", ours.layers, theirs.layers),
		("hidden", ours.hidden, theirs.hidden),
		("heads", ours.heads, theirs.heads),
		(
			"key_value_heads",
			ours.key_value_heads,
			theirs.key_value_heads,
		),
		("head_dimension", ours.head_dimension, theirs.head_dimension),
		("feed_forward", ours.feed_forward, theirs.feed_forward),
		(
			"feed_forward_matrices",
			ours.feed_forward_matrices,
			theirs.feed_forward_matrices,
		),
		("vocabulary", ours.vocabulary, theirs.vocabulary),
		("context", ours.context.min(theirs.context), theirs.context),
	] {
		compare(name, file.to_string(), chain.to_string());
	}
	compare(
		"weight_bytes",
		file.weight_bytes.to_string(),
		registered.weight_bytes.to_string(),
	);
	compare(
		"tokenizer",
		hex::encode(tokenizer(file)),
		hex::encode(registered.tokenizer),
	);
	match differences.is_empty() {
		true => Ok(()),
		false => Err(ModelError::DoesNotFit {
			path: path.into(),
			hash: file.hash.to_string(),
			differences: differences.join("; "),
		}),
	}
}

/// What `aci-worker model-manifest` prints, and `aci model register` reads. Hashes are `0x` and 64
/// hexadecimal digits.
#[derive(Debug, Serialize)]
pub struct Registration {
	/// SHA-256 of the weights.
	pub model: String,
	/// Name for people.
	pub name: String,
	/// What the model does.
	pub kind: ModelKind,
	/// The figures that price a job.
	pub shape: ModelShape,
	/// Bytes of the weights file.
	pub weight_bytes: u64,
	/// SHA-256 of the tokenizer's definition; of the weights where they contain it.
	pub tokenizer: String,
	/// How outputs may be verified.
	pub profiles: Vec<ProfileKind>,
}

impl Registration {
	/// Of a model with a manifest.
	pub fn of(model: &ModelId, manifest: &ModelManifest) -> Self {
		Registration {
			model: format!("0x{}", hex::encode(model)),
			name: String::from_utf8_lossy(&manifest.name).into_owned(),
			kind: manifest.kind,
			shape: manifest.shape,
			weight_bytes: manifest.weight_bytes,
			tokenizer: format!("0x{}", hex::encode(manifest.tokenizer)),
			profiles: manifest.profiles.to_vec(),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::file_manifest;

	#[test]
	fn the_manifest_of_a_file_fits_it() {
		let file = file_manifest();
		let manifest = chain_manifest(&file, None).expect("has a name");
		check_fits("a.gguf", &file, &manifest).expect("fits");
		let mut shorter = manifest.clone();
		shorter.shape.context -= 1;
		check_fits("a.gguf", &file, &shorter).expect("the chain may allow less");
	}

	#[test]
	fn a_figure_that_differs_is_named_with_both_values() {
		let file = file_manifest();
		let manifest = chain_manifest(&file, None).expect("has a name");
		let mut wrong = manifest.clone();
		wrong.shape.layers = 31;
		wrong.weight_bytes += 1;
		let error = check_fits("a.gguf", &file, &wrong)
			.expect_err("differs")
			.to_string();
		for part in [
			"layers is 2 in the file and 31 on the chain".to_string(),
			format!("weight_bytes is {} in the file", file.weight_bytes),
		] {
			assert!(error.contains(&part), "{error}");
		}
		let mut longer = manifest;
		longer.shape.context += 1;
		assert!(check_fits("a.gguf", &file, &longer).is_err());
	}

	#[test]
	fn a_model_without_a_name_asks_for_one() {
		let mut file = file_manifest();
		file.name.clear();
		assert_eq!(chain_manifest(&file, None), Err(ModelError::Name));
		assert!(chain_manifest(&file, Some("mine")).is_ok());
		assert_eq!(
			chain_manifest(&file, Some(&"x".repeat(65))),
			Err(ModelError::Name)
		);
	}
}
