//! What a model file is: its hash, its kind, and the numbers that price its work.
//!
//! Guarantees
//! 1. A model's identity is the SHA-256 of its weights file, read as a stream.
//! 2. The kind is read from the file itself, not from its name: GGUF of architecture `llama`, or
//!    safetensors with the tensors of a BERT encoder (then `config.json` and `tokenizer.json`
//!    must be in the same folder).
//! 3. The manifest's numbers come from the GGUF metadata or `config.json` and are checked against
//!    the shapes of the tensors, so a file cannot declare less work than it needs.
//!
//! The identity of a safetensors model does not cover its tokenizer and configuration; their
//! hashes are in the manifest, so that a registry can pin them as well.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{EngineError, Result};
use crate::gguf::Gguf;

/// Longest safetensors header that is read (the format's own limit is 100 MB).
const SAFETENSORS_HEADER_LIMIT: u64 = 16 << 20;

/// Longest context of a text model: the table of rotary positions is made for all of it.
const CONTEXT_LIMIT: u32 = 1 << 20;

/// SHA-256 of a model's weights file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelHash(pub [u8; 32]);

impl fmt::Display for ModelHash {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0
			.iter()
			.try_for_each(|byte| write!(formatter, "{byte:02x}"))
	}
}

impl fmt::Debug for ModelHash {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "ModelHash({self})")
	}
}

impl std::str::FromStr for ModelHash {
	type Err = String;

	/// 64 hexadecimal digits.
	fn from_str(text: &str) -> std::result::Result<Self, String> {
		let wrong = || format!("{text:?} is not a SHA-256: write 64 hexadecimal digits");
		if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
			return Err(wrong());
		}
		let mut hash = [0u8; 32];
		for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
			let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
			*byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
		}
		Ok(Self(hash))
	}
}

/// The kind of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelKind {
	/// A decoder of the llama family in a GGUF file: makes text.
	GgufLlama,
	/// A BERT encoder in a safetensors file: makes embeddings.
	SafetensorsBert,
}

/// What a model needs, in the numbers of the FLOP formula.
///
/// With `d = hidden`, `H = heads`, `KV = kv_heads`, `hd = head_dim`, `ff = ffn`, `L = layers`,
/// `V = vocab` and `T` tokens, a llama forward pass costs `2 L P T` for the linear layers with
/// `P = d H hd + 2 d KV hd + H hd d + 3 d ff`, `2 V d` per position whose logits are computed,
/// and `4 L H hd` times the sum of the context lengths for attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelManifest {
	/// SHA-256 of the weights file.
	pub hash: ModelHash,
	/// The kind.
	pub kind: ModelKind,
	/// The name that the file gives itself; empty if none.
	pub name: String,
	/// Layers.
	pub layers: u32,
	/// Width of the residual stream.
	pub hidden: u32,
	/// Query heads.
	pub heads: u32,
	/// Key and value heads.
	pub kv_heads: u32,
	/// Width of a head.
	pub head_dim: u32,
	/// Width of the feed-forward layer.
	pub ffn: u32,
	/// Tokens in the vocabulary.
	pub vocab: u32,
	/// Tokens in the longest context.
	pub context: u32,
	/// Size of the weights file in bytes.
	pub weight_bytes: u64,
	/// SHA-256 of `tokenizer.json`; `None` where the weights file holds the tokenizer.
	pub tokenizer_hash: Option<ModelHash>,
	/// SHA-256 of `config.json`; `None` where the weights file holds the configuration.
	pub config_hash: Option<ModelHash>,
}

impl ModelManifest {
	/// Parameters of one layer that are multiplied with every token: `P` of the formula; for BERT
	/// the feed-forward layer has no gate, so its part is `2 d ff`.
	pub fn parameters_per_layer(&self) -> u64 {
		let [d, heads, kv_heads, head_dim, ffn] = [
			self.hidden,
			self.heads,
			self.kv_heads,
			self.head_dim,
			self.ffn,
		]
		.map(u64::from);
		let matrices = match self.kind {
			ModelKind::GgufLlama => 3,
			ModelKind::SafetensorsBert => 2,
		};
		2 * d * heads * head_dim + 2 * d * kv_heads * head_dim + matrices * d * ffn
	}
}

/// An identified model file.
#[derive(Debug, Clone)]
pub struct ModelFile {
	/// Where the weights are.
	pub path: PathBuf,
	/// What they are.
	pub manifest: ModelManifest,
}

impl ModelFile {
	/// Reads the whole file once for its hash, then its header for kind and manifest.
	///
	/// # Errors
	///
	/// [`EngineError::MissingFile`], [`EngineError::Io`], [`EngineError::UnsupportedModel`],
	/// [`EngineError::MalformedModel`].
	pub fn identify(path: &Path) -> Result<Self> {
		Self::hashed(path, hash_file(path)?)
	}

	fn hashed(path: &Path, (hash, weight_bytes): (ModelHash, u64)) -> Result<Self> {
		let manifest = match detect(path)? {
			ModelKind::GgufLlama => llama_manifest(path, hash, weight_bytes)?,
			ModelKind::SafetensorsBert => bert_manifest(path, hash, weight_bytes)?,
		};
		Ok(Self {
			path: path.into(),
			manifest,
		})
	}

	/// As [`Self::identify`], and refuses any other model than `expected`.
	///
	/// # Errors
	///
	/// Also [`EngineError::HashMismatch`], which names both hashes.
	pub fn identify_as(path: &Path, expected: ModelHash) -> Result<Self> {
		let (found, _) = hash_file(path)?;
		if found != expected {
			return Err(EngineError::HashMismatch {
				path: path.into(),
				expected,
				found,
			});
		}
		Self::identify(path)
	}

	/// A file that lies beside the weights.
	pub(crate) fn sibling(&self, name: &str) -> PathBuf {
		self.path.with_file_name(name)
	}
}

/// Opens a file; a missing one is its own error.
pub(crate) fn open(path: &Path) -> Result<File> {
	File::open(path).map_err(|source| match source.kind() {
		io::ErrorKind::NotFound => EngineError::MissingFile { path: path.into() },
		_ => EngineError::Io {
			path: path.into(),
			source,
		},
	})
}

/// The whole content of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
	let mut bytes = Vec::new();
	open(path)?
		.read_to_end(&mut bytes)
		.map_err(|source| EngineError::Io {
			path: path.into(),
			source,
		})?;
	Ok(bytes)
}

/// SHA-256 and length of a file, with constant memory.
pub fn hash_file(path: &Path) -> Result<(ModelHash, u64)> {
	let mut file = open(path)?;
	let mut hasher = Sha256::new();
	let mut buffer = vec![0u8; 1 << 16];
	let mut length = 0u64;
	loop {
		match file.read(&mut buffer) {
			Ok(0) => return Ok((ModelHash(hasher.finalize().into()), length)),
			Ok(count) => {
				hasher.update(&buffer[..count]);
				length += count as u64;
			}
			Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
			Err(source) => {
				return Err(EngineError::Io {
					path: path.into(),
					source,
				})
			}
		}
	}
}

/// Reads the kind from the file's first bytes.
fn detect(path: &Path) -> Result<ModelKind> {
	let unsupported = |reason: &str| EngineError::UnsupportedModel {
		path: path.into(),
		reason: reason.into(),
	};
	let mut start = Vec::new();
	open(path)?
		.take(8)
		.read_to_end(&mut start)
		.map_err(|source| EngineError::Io {
			path: path.into(),
			source,
		})?;
	if start.starts_with(b"GGUF") {
		let gguf = Gguf::open(path)?;
		return match gguf.string("general.architecture")? {
			"llama" => Ok(ModelKind::GgufLlama),
			other => Err(unsupported(&format!("GGUF of architecture {other}"))),
		};
	}
	let names =
		safetensors_shapes(path)?.ok_or_else(|| unsupported("neither GGUF nor safetensors"))?;
	if names.contains_key(&format!(
		"{}embeddings.word_embeddings.weight",
		bert_prefix(&names)
	)) {
		Ok(ModelKind::SafetensorsBert)
	} else {
		Err(unsupported(
			"safetensors without the tensors of a BERT encoder",
		))
	}
}

type Shapes = std::collections::BTreeMap<String, Vec<u64>>;

/// Names and shapes in a safetensors header, `None` if the file does not begin with one.
fn safetensors_shapes(path: &Path) -> Result<Option<Shapes>> {
	#[derive(Deserialize)]
	struct Tensor {
		shape: Vec<u64>,
	}
	let mut file = open(path)?;
	let mut length = [0u8; 8];
	if file.read_exact(&mut length).is_err() {
		return Ok(None);
	}
	let length = u64::from_le_bytes(length);
	if length > SAFETENSORS_HEADER_LIMIT {
		return Ok(None);
	}
	let mut header = Vec::new();
	file.take(length)
		.read_to_end(&mut header)
		.map_err(|source| EngineError::Io {
			path: path.into(),
			source,
		})?;
	let Ok(values) =
		serde_json::from_slice::<std::collections::BTreeMap<String, serde_json::Value>>(&header)
	else {
		return Ok(None);
	};
	Ok(Some(
		values
			.into_iter()
			.filter_map(|(name, value)| {
				Some((name, serde_json::from_value::<Tensor>(value).ok()?.shape))
			})
			.collect(),
	))
}

/// Exports of whole BERT models put `bert.` before every name.
fn bert_prefix(shapes: &Shapes) -> &'static str {
	if shapes.keys().any(|name| name.starts_with("bert.")) {
		"bert."
	} else {
		""
	}
}

fn llama_manifest(path: &Path, hash: ModelHash, weight_bytes: u64) -> Result<ModelManifest> {
	let gguf = Gguf::open(path)?;
	let heads = gguf.integer("llama.attention.head_count")?;
	let hidden = gguf.integer("llama.embedding_length")?;
	let head_dim = match gguf.optional_integer("llama.attention.key_length")? {
		Some(width) => width,
		None => hidden.checked_div(heads).unwrap_or(0),
	};
	let manifest = ModelManifest {
		hash,
		kind: ModelKind::GgufLlama,
		name: gguf.string("general.name").unwrap_or_default().into(),
		layers: gguf.integer("llama.block_count")?,
		hidden,
		heads,
		kv_heads: gguf
			.optional_integer("llama.attention.head_count_kv")?
			.unwrap_or(heads),
		head_dim,
		ffn: gguf.integer("llama.feed_forward_length")?,
		vocab: gguf.strings("tokenizer.ggml.tokens")?.len() as u32,
		context: gguf.integer("llama.context_length")?,
		weight_bytes,
		tokenizer_hash: None,
		config_hash: None,
	};
	let ModelManifest {
		layers,
		kv_heads,
		ffn,
		vocab,
		context,
		..
	} = manifest;
	if [
		layers, hidden, heads, kv_heads, head_dim, ffn, vocab, context,
	]
	.contains(&0)
		|| heads % kv_heads != 0
		|| head_dim % 2 != 0
	{
		return Err(gguf.malformed(
			"a dimension is 0, the heads are not a multiple of the key heads, or the head width \
			 is odd",
		));
	}
	if context > CONTEXT_LIMIT {
		return Err(gguf.malformed(format!("its context is longer than {CONTEXT_LIMIT} tokens")));
	}
	let [d, q, kv, ff, v] = [
		hidden as usize,
		heads as usize * head_dim as usize,
		kv_heads as usize * head_dim as usize,
		ffn as usize,
		vocab as usize,
	];
	let shape = |name: String, wanted: &[usize]| match gguf.content.tensor_infos.get(&name) {
		None => Err(gguf.malformed(format!("tensor {name} is missing"))),
		Some(info) if info.shape.dims() != wanted => Err(gguf.malformed(format!(
			"tensor {name} has shape {:?}, the metadata asks for {wanted:?}",
			info.shape.dims()
		))),
		Some(_) => Ok(()),
	};
	shape("token_embd.weight".into(), &[v, d])?;
	shape("output_norm.weight".into(), &[d])?;
	if gguf.content.tensor_infos.contains_key("output.weight") {
		shape("output.weight".into(), &[v, d])?;
	}
	for layer in 0..layers {
		for (name, wanted) in [
			("attn_q", &[q, d][..]),
			("attn_k", &[kv, d]),
			("attn_v", &[kv, d]),
			("attn_output", &[d, q]),
			("ffn_gate", &[ff, d]),
			("ffn_up", &[ff, d]),
			("ffn_down", &[d, ff]),
			("attn_norm", &[d]),
			("ffn_norm", &[d]),
		] {
			shape(format!("blk.{layer}.{name}.weight"), wanted)?;
		}
	}
	if gguf
		.content
		.tensor_infos
		.contains_key(&format!("blk.{layers}.attn_q.weight"))
	{
		return Err(gguf.malformed("it has more layers than its metadata says"));
	}
	Ok(manifest)
}

/// The fields of a BERT `config.json` that the manifest needs.
#[derive(Deserialize)]
struct BertNumbers {
	#[serde(default, rename = "_name_or_path")]
	name: String,
	num_hidden_layers: u32,
	hidden_size: u32,
	num_attention_heads: u32,
	intermediate_size: u32,
	vocab_size: u32,
	max_position_embeddings: u32,
}

fn bert_manifest(path: &Path, hash: ModelHash, weight_bytes: u64) -> Result<ModelManifest> {
	let config = path.with_file_name("config.json");
	let malformed = |path: &Path, reason: String| EngineError::MalformedModel {
		path: path.into(),
		reason,
	};
	let numbers: BertNumbers = serde_json::from_slice(&read(&config)?)
		.map_err(|error| malformed(&config, error.to_string()))?;
	let (config_hash, _) = hash_file(&config)?;
	let (tokenizer_hash, _) = hash_file(&path.with_file_name("tokenizer.json"))?;
	let manifest = ModelManifest {
		hash,
		kind: ModelKind::SafetensorsBert,
		name: numbers.name,
		layers: numbers.num_hidden_layers,
		hidden: numbers.hidden_size,
		heads: numbers.num_attention_heads,
		kv_heads: numbers.num_attention_heads,
		head_dim: numbers
			.hidden_size
			.checked_div(numbers.num_attention_heads)
			.unwrap_or(0),
		ffn: numbers.intermediate_size,
		vocab: numbers.vocab_size,
		context: numbers.max_position_embeddings,
		weight_bytes,
		tokenizer_hash: Some(tokenizer_hash),
		config_hash: Some(config_hash),
	};
	if manifest.head_dim * manifest.heads != manifest.hidden || manifest.hidden == 0 {
		return Err(malformed(
			&config,
			"hidden_size is not a multiple of the heads".into(),
		));
	}
	let shapes = safetensors_shapes(path)?.unwrap_or_default();
	let prefix = bert_prefix(&shapes);
	let [d, ff, v, context] = [
		manifest.hidden,
		manifest.ffn,
		manifest.vocab,
		manifest.context,
	]
	.map(u64::from);
	let check = |name: String, wanted: &[u64]| match shapes.get(&format!("{prefix}{name}")) {
		Some(shape) if shape == wanted => Ok(()),
		found => Err(malformed(
			path,
			format!("tensor {name} has shape {found:?}, config.json asks for {wanted:?}"),
		)),
	};
	check("embeddings.word_embeddings.weight".into(), &[v, d])?;
	check(
		"embeddings.position_embeddings.weight".into(),
		&[context, d],
	)?;
	for layer in 0..manifest.layers {
		let layer = format!("encoder.layer.{layer}");
		for name in ["query", "key", "value"] {
			check(format!("{layer}.attention.self.{name}.weight"), &[d, d])?;
		}
		check(format!("{layer}.attention.output.dense.weight"), &[d, d])?;
		check(format!("{layer}.intermediate.dense.weight"), &[ff, d])?;
		check(format!("{layer}.output.dense.weight"), &[d, ff])?;
	}
	if shapes.contains_key(&format!(
		"{prefix}encoder.layer.{}.output.dense.weight",
		manifest.layers
	)) {
		return Err(malformed(
			path,
			"it has more layers than config.json says".into(),
		));
	}
	Ok(manifest)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn missing_file_names_the_path_and_the_setup_script() {
		let error = ModelFile::identify(Path::new("/does/not/exist.gguf")).unwrap_err();
		let text = error.to_string();
		assert!(
			text.contains("/does/not/exist.gguf") && text.contains("scripts/setup.sh"),
			"{text}"
		);
	}

	#[test]
	fn wrong_hash_names_both() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("weights");
		std::fs::write(&path, b"abc").unwrap();
		let found = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
		let expected = ModelHash([0x11; 32]);
		let text = ModelFile::identify_as(&path, expected)
			.unwrap_err()
			.to_string();
		assert!(
			text.contains(found) && text.contains(&expected.to_string()),
			"{text}"
		);
		assert_eq!(hash_file(&path).unwrap(), (found.parse().unwrap(), 3));
	}

	#[test]
	fn files_of_other_kinds_are_refused_by_content() {
		let folder = tempfile::tempdir().unwrap();
		let header = br#"{"conv.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
		let mut safetensors = (header.len() as u64).to_le_bytes().to_vec();
		safetensors.extend_from_slice(header);
		safetensors.extend_from_slice(&[0; 4]);
		for (name, bytes, reason) in [
			("empty.gguf", &b""[..], "neither"),
			(
				"text.safetensors",
				b"just some text, long enough",
				"neither",
			),
			("other.safetensors", &safetensors, "BERT"),
		] {
			let path = folder.path().join(name);
			std::fs::write(&path, bytes).unwrap();
			let error = ModelFile::identify(&path).unwrap_err();
			assert!(
				matches!(error, EngineError::UnsupportedModel { .. }),
				"{error}"
			);
			assert!(error.to_string().contains(reason), "{error}");
		}
	}

	#[test]
	fn truncated_gguf_header_is_malformed() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("cut.gguf");
		std::fs::write(&path, b"GGUF\x03\0\0\0\x01\0").unwrap();
		let error = ModelFile::identify(&path).unwrap_err();
		assert!(
			matches!(error, EngineError::MalformedModel { .. }),
			"{error}"
		);
	}

	#[test]
	fn hash_parses_what_it_prints_and_refuses_the_rest() {
		let hash = ModelHash(std::array::from_fn(|index| index as u8 * 7));
		assert_eq!(hash.to_string().parse::<ModelHash>().unwrap(), hash);
		for text in [
			"",
			"00",
			&"g0".repeat(32),
			&"+0".repeat(32),
			&"00".repeat(33),
		] {
			assert!(text.parse::<ModelHash>().is_err(), "{text}");
		}
	}
}
