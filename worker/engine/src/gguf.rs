//! Typed access to the metadata of a GGUF file.
//!
//! Guarantees: a missing key or a value of another type is a
//! [`EngineError::MalformedModel`] that names the file and the key.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};

use crate::error::{EngineError, Result};
use crate::model::open;

/// An open GGUF file: its header, and a reader for the tensors.
pub(crate) struct Gguf {
	pub(crate) path: PathBuf,
	pub(crate) content: Content,
	pub(crate) reader: BufReader<File>,
}

impl Gguf {
	/// Opens the file and reads its header.
	pub(crate) fn open(path: &Path) -> Result<Self> {
		let mut reader = BufReader::new(open(path)?);
		let content = Content::read(&mut reader).map_err(|error| EngineError::MalformedModel {
			path: path.into(),
			reason: format!("GGUF header: {error}"),
		})?;
		Ok(Self {
			path: path.into(),
			content,
			reader,
		})
	}

	/// An error about this file.
	pub(crate) fn malformed(&self, reason: impl Into<String>) -> EngineError {
		EngineError::MalformedModel {
			path: self.path.clone(),
			reason: reason.into(),
		}
	}

	/// The value of `key`, if it is there.
	pub(crate) fn get(&self, key: &str) -> Option<&Value> {
		self.content.metadata.get(key)
	}

	fn require(&self, key: &str) -> Result<&Value> {
		self.get(key)
			.ok_or_else(|| self.malformed(format!("metadata key {key} is missing")))
	}

	fn wrong_type(&self, key: &str, wanted: &str) -> EngineError {
		self.malformed(format!("metadata key {key} is not {wanted}"))
	}

	/// A non-negative integer of any width.
	fn unsigned(value: &Value) -> Option<u64> {
		match *value {
			Value::U8(v) => Some(v.into()),
			Value::U16(v) => Some(v.into()),
			Value::U32(v) => Some(v.into()),
			Value::U64(v) => Some(v),
			Value::I8(v) => v.try_into().ok(),
			Value::I16(v) => v.try_into().ok(),
			Value::I32(v) => v.try_into().ok(),
			Value::I64(v) => v.try_into().ok(),
			_ => None,
		}
	}

	/// A required integer that fits 32 bits.
	pub(crate) fn integer(&self, key: &str) -> Result<u32> {
		Self::unsigned(self.require(key)?)
			.and_then(|value| value.try_into().ok())
			.ok_or_else(|| self.wrong_type(key, "an unsigned 32-bit integer"))
	}

	/// An optional integer that fits 32 bits.
	pub(crate) fn optional_integer(&self, key: &str) -> Result<Option<u32>> {
		self.get(key).map(|_| self.integer(key)).transpose()
	}

	/// A required float.
	pub(crate) fn float(&self, key: &str) -> Result<f32> {
		self.require(key)?
			.to_f32()
			.map_err(|_| self.wrong_type(key, "a 32-bit float"))
	}

	/// An optional boolean, `false` if missing.
	pub(crate) fn flag(&self, key: &str) -> Result<bool> {
		match self.get(key) {
			None => Ok(false),
			Some(value) => value
				.to_bool()
				.map_err(|_| self.wrong_type(key, "a boolean")),
		}
	}

	/// A required string.
	pub(crate) fn string(&self, key: &str) -> Result<&str> {
		match self.require(key)? {
			Value::String(text) => Ok(text),
			_ => Err(self.wrong_type(key, "a string")),
		}
	}

	/// A required array of strings.
	pub(crate) fn strings(&self, key: &str) -> Result<Vec<&str>> {
		let wrong = || self.wrong_type(key, "an array of strings");
		self.array(key)?
			.iter()
			.map(|value| match value {
				Value::String(text) => Ok(text.as_str()),
				_ => Err(wrong()),
			})
			.collect()
	}

	/// A required array of non-negative integers.
	pub(crate) fn integers(&self, key: &str) -> Result<Vec<u64>> {
		let wrong = || self.wrong_type(key, "an array of integers");
		self.array(key)?
			.iter()
			.map(|value| Self::unsigned(value).ok_or_else(wrong))
			.collect()
	}

	fn array(&self, key: &str) -> Result<&[Value]> {
		match self.require(key)? {
			Value::Array(values) => Ok(values),
			_ => Err(self.wrong_type(key, "an array")),
		}
	}
}
