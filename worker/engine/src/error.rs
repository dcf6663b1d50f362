//! The one error type of the crate.
//!
//! Guarantees: every message names the thing that is wrong (path, hash, tensor, token) and, where
//! somebody can act on it, what to do.

use std::path::{Path, PathBuf};

use crate::model::ModelHash;

/// Why a model could not be loaded or a job could not be run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// A model file does not exist.
	#[error(
		"{path} does not exist: run scripts/setup.sh to fetch the models, or give another path"
	)]
	MissingFile {
		/// The file that was looked for.
		path: PathBuf,
	},
	/// A model file exists and cannot be read.
	#[error("cannot read {path}: {source}; check its permissions and the disk")]
	Io {
		/// The file.
		path: PathBuf,
		/// What the operating system said.
		source: std::io::Error,
	},
	/// The weights are not the ones that were asked for.
	#[error(
		"{path} has SHA-256 {found}, but {expected} was asked for: the file is damaged or is \
		 another model; delete it and run scripts/setup.sh, or register the new hash"
	)]
	HashMismatch {
		/// The file.
		path: PathBuf,
		/// The hash that the job or the operator named.
		expected: ModelHash,
		/// The hash of the bytes on disk.
		found: ModelHash,
	},
	/// The file is neither a GGUF llama model nor a safetensors BERT model.
	#[error(
		"{path} is not a supported model ({reason}): supported are GGUF files of architecture \
		 llama and safetensors files of BERT encoders"
	)]
	UnsupportedModel {
		/// The file.
		path: PathBuf,
		/// What was found instead.
		reason: String,
	},
	/// Metadata of a supported kind of file is missing or contradicts itself.
	#[error("{path} is malformed: {reason}; fetch the file again or convert it again")]
	MalformedModel {
		/// The file.
		path: PathBuf,
		/// The field or tensor and what is wrong with it.
		reason: String,
	},
	/// No model with this hash is loaded.
	#[error("no model with hash {hash} is loaded: load its file first, or refuse the job")]
	ModelNotLoaded {
		/// The hash that the job names.
		hash: ModelHash,
	},
	/// The job asks a model for something that its kind cannot do.
	#[error("model {hash} cannot {wanted}: send the job to a model of the right kind")]
	WrongModelKind {
		/// The model.
		hash: ModelHash,
		/// What was asked of it.
		wanted: &'static str,
	},
	/// The input is not valid UTF-8.
	#[error("the input is not valid UTF-8 after byte {valid_up_to}: send text as UTF-8")]
	InputNotText {
		/// Number of valid bytes before the first fault.
		valid_up_to: usize,
	},
	/// The input has no tokens.
	#[error("the input is empty: send at least one character")]
	EmptyInput,
	/// The prompt does not leave room for one output token.
	#[error(
		"the prompt has {tokens} tokens and the model's context holds {context}: shorten the \
		 input so that at least one output token fits"
	)]
	PromptTooLong {
		/// Tokens of the prompt.
		tokens: usize,
		/// Tokens that the model's context holds.
		context: usize,
	},
	/// A job asks for no output.
	#[error("max_tokens is 0: ask for at least one output token")]
	NoOutputAsked,
	/// A token is not in the vocabulary.
	#[error("token {token} is outside the vocabulary of {vocabulary} tokens")]
	UnknownToken {
		/// The token.
		token: u32,
		/// Size of the vocabulary.
		vocabulary: usize,
	},
	/// The temperature is above the limit of the integer sampler.
	#[error("temperature {milli} (thousandths) is above the limit of {limit}: lower it")]
	TemperatureTooHigh {
		/// The temperature asked for, in thousandths.
		milli: u32,
		/// The highest temperature, in thousandths.
		limit: u32,
	},
	/// A logit is not a number, infinite, or too large for the fixed-point format.
	#[error(
		"the logit of token {token} is {value}, which does not fit Q16.16: the weights are \
		 damaged or the hardware computes wrongly; check the model's hash, then the device"
	)]
	InvalidLogit {
		/// The token.
		token: usize,
		/// Its logit.
		value: f32,
	},
	/// Logits of an empty vocabulary.
	#[error("there are no logits to choose from")]
	NoLogits,
	/// The tokenizer rejects the text or cannot be built.
	#[error("tokenizer: {0}")]
	Tokenizer(String),
	/// The chat template is not one that this crate renders.
	#[error(
		"the chat template in the model's metadata is not supported ({reason}): run the model \
		 with completion jobs, which use no template"
	)]
	UnsupportedChatTemplate {
		/// What about it is unknown.
		reason: &'static str,
	},
	/// The process already computes with another number of threads.
	#[error(
		"this process computes with {pinned} threads and cannot change to {asked}: use the same \
		 number for every engine of a process"
	)]
	ThreadsAlreadyPinned {
		/// The number in force.
		pinned: usize,
		/// The number asked for.
		asked: usize,
	},
	/// A CUDA device was asked of a program that has no code for one.
	#[error(
		"this program was built without CUDA: build it with --features cuda, or run models on \
		 the CPU"
	)]
	BuiltWithoutCuda,
	/// The device cannot be opened.
	#[error(
		"cannot open CUDA device {index}: {reason}; check that nvidia-smi lists the device and \
		 that the driver is no older than the toolkit of the build, or run models on the CPU"
	)]
	DeviceUnavailable {
		/// CUDA ordinal.
		index: usize,
		/// What candle said, in one line.
		reason: String,
	},
	/// The device's memory is full.
	#[error(
		"the device has not enough free memory ({reason}): run fewer models or slots on it, or end \
		 what else uses it (nvidia-smi lists that)"
	)]
	OutOfMemory {
		/// What the driver said, in one line.
		reason: String,
	},
	/// A tensor operation failed.
	#[error("computation failed: {0}; a faulty device or driver is the usual cause")]
	Compute(candle_core::Error),
}

impl From<candle_core::Error> for EngineError {
	fn from(error: candle_core::Error) -> Self {
		let reason = first_line(&error);
		// The driver's word, and that of the library of matrix products.
		let is_memory = ["OUT_OF_MEMORY", "ALLOC_FAILED"]
			.iter()
			.any(|word| reason.contains(word));
		match is_of_device(&error) && is_memory {
			true => EngineError::OutOfMemory { reason },
			false => EngineError::Compute(error),
		}
	}
}

impl EngineError {
	/// What `part` of the file at `path` could not be loaded for: the device's fault, or the file's.
	pub(crate) fn loading(path: &Path, part: &str, error: candle_core::Error) -> Self {
		match is_of_device(&error) {
			true => error.into(),
			false => EngineError::MalformedModel {
				path: path.into(),
				reason: format!("{part}: {error}"),
			},
		}
	}
}

/// The reason alone: candle writes a backtrace below it where the environment asks for one.
pub(crate) fn first_line(error: &candle_core::Error) -> String {
	let text = error.to_string();
	text.lines().next().unwrap_or_default().to_owned()
}

/// Whether the device failed, whatever candle wrapped around that.
fn is_of_device(error: &candle_core::Error) -> bool {
	use candle_core::Error;
	match error {
		Error::Cuda(_) => true,
		Error::Context { inner, .. }
		| Error::WithPath { inner, .. }
		| Error::WithBacktrace { inner, .. } => is_of_device(inner),
		_ => false,
	}
}

/// Result with [`EngineError`].
pub type Result<T> = std::result::Result<T, EngineError>;

#[cfg(test)]
mod tests {
	use super::*;

	fn of_driver(text: &str) -> candle_core::Error {
		candle_core::Error::Cuda(text.into()).with_path("weights")
	}

	#[test]
	fn full_memory_is_told_from_a_damaged_file_and_from_other_faults() {
		let path = Path::new("model.gguf");
		let full = || of_driver("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")");
		for error in [
			full().into(),
			EngineError::loading(path, "tensor a", full()),
		] {
			assert!(matches!(error, EngineError::OutOfMemory { .. }), "{error}");
			let text = error.to_string();
			assert!(
				text.contains("fewer models") && text.lines().count() == 1,
				"{text}"
			);
		}
		let lost = || of_driver("DriverError(CUDA_ERROR_ECC_UNCORRECTABLE, \"ecc\")");
		for error in [
			lost().into(),
			EngineError::loading(path, "tensor a", lost()),
		] {
			assert!(matches!(error, EngineError::Compute(_)), "{error}");
		}
		let cut = candle_core::Error::Msg("the file ends early".into());
		let error = EngineError::loading(path, "tensor a", cut);
		let text = error.to_string();
		assert!(
			matches!(error, EngineError::MalformedModel { .. }),
			"{text}"
		);
		assert!(
			text.contains("tensor a") && text.contains("model.gguf"),
			"{text}"
		);
		// A text that names the memory and is not the driver's.
		let other = candle_core::Error::Msg("OUT_OF_MEMORY".into());
		assert!(matches!(other.into(), EngineError::Compute(_)));
	}
}
