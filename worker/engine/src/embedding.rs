//! Sentence embeddings by a BERT encoder.
//!
//! The embedding is the mean of the last hidden states over the attended tokens, divided by its
//! L2 norm (the sentence-transformers recipe for MiniLM).
//!
//! Guarantees
//! 1. The output is `hidden` little-endian f32 numbers of unit norm.
//! 2. One text is one row without padding, so an embedding does not depend on other texts. On
//!    one CPU type equal inputs give equal bytes.
//! 3. Texts longer than the tokenizer's own limit are cut there; `tokens_in` counts what was
//!    read.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};

use crate::error::{EngineError, Result};
use crate::forward::rows;
use crate::job::{Finish, JobParameters, Outcome, Progress};
use crate::model::{read, ModelFile};
use crate::text::input_text;
use crate::tokenizer::EncoderTokenizer;

/// A loaded encoder.
pub struct EmbeddingModel {
	model: BertModel,
	tokenizer: EncoderTokenizer,
	vocabulary: usize,
	device: Device,
}

impl EmbeddingModel {
	/// Loads weights, configuration and tokenizer.
	pub(crate) fn load(file: &ModelFile, device: &Device) -> Result<Self> {
		let config_path = file.sibling("config.json");
		let config: Config = serde_json::from_slice(&read(&config_path)?).map_err(|error| {
			EngineError::MalformedModel {
				path: config_path,
				reason: error.to_string(),
			}
		})?;
		let failed = |error| EngineError::loading(&file.path, "its tensors", error);
		let weights = VarBuilder::from_buffered_safetensors(read(&file.path)?, DType::F32, device)
			.map_err(failed)?;
		let tokenizer = EncoderTokenizer::from_file(
			&file.sibling("tokenizer.json"),
			config.max_position_embeddings,
		)?;
		Ok(Self {
			model: BertModel::load(weights, &config).map_err(failed)?,
			tokenizer,
			vocabulary: config.vocab_size,
			device: device.clone(),
		})
	}

	/// The tokenizer.
	pub fn tokenizer(&self) -> &EncoderTokenizer {
		&self.tokenizer
	}

	/// The embedding of a text, of unit norm, and the number of tokens that were read.
	///
	/// # Errors
	///
	/// [`EngineError::Tokenizer`], [`EngineError::Compute`].
	pub fn embed(&self, text: &str) -> Result<(Vec<f32>, usize)> {
		self.embed_among(text, NonZeroUsize::MIN)
	}

	/// As [`Self::embed`], computed in one batch of this many copies of the text. Honest programs
	/// differ in it, and matrix products of other shapes round otherwise.
	///
	/// # Errors
	///
	/// As [`Self::embed`].
	pub fn embed_among(&self, text: &str, copies: NonZeroUsize) -> Result<(Vec<f32>, usize)> {
		let tokens = self.tokenizer.encode(text)?;
		let count = tokens.len();
		let hidden = self.hidden(tokens, copies)?;
		// [1, tokens, hidden]: one row without padding, so every token is attended.
		let attended = Tensor::ones((1, count, 1), DType::F32, &self.device)?;
		let mean = hidden
			.broadcast_mul(&attended)?
			.sum(1)?
			.broadcast_div(&attended.sum(1)?)?;
		let norm = mean.sqr()?.sum_keepdim(1)?.sqrt()?;
		Ok((mean.broadcast_div(&norm)?.squeeze(0)?.to_vec1()?, count))
	}

	/// The last hidden states of all positions, `[tokens][hidden]`.
	///
	/// # Errors
	///
	/// [`EngineError::EmptyInput`] for no tokens, [`EngineError::UnknownToken`],
	/// [`EngineError::Compute`].
	pub fn hidden_states(&self, tokens: Vec<u32>) -> Result<Vec<Vec<f32>>> {
		rows(&self.hidden(tokens, NonZeroUsize::MIN)?.squeeze(0)?)
	}

	/// The last hidden states, `[1, tokens, hidden]`, of the first of these copies.
	fn hidden(&self, tokens: Vec<u32>, copies: NonZeroUsize) -> Result<Tensor> {
		if tokens.is_empty() {
			return Err(EngineError::EmptyInput);
		}
		// config.json and tokenizer.json are two files: one may not fit the other.
		if let Some(&token) = tokens
			.iter()
			.find(|token| **token as usize >= self.vocabulary)
		{
			return Err(EngineError::UnknownToken {
				token,
				vocabulary: self.vocabulary,
			});
		}
		let count = tokens.len();
		let ids = Tensor::from_vec(tokens, (1, count), &self.device)?;
		let ids = ids.repeat((copies.get(), 1))?;
		let hidden = self
			.model
			.forward(&ids, &ids.zeros_like()?, Some(&ids.ones_like()?))?;
		Ok(hidden.narrow(0, 0, 1)?)
	}

	/// Runs an embedding job.
	pub(crate) fn run(
		&self,
		job: &JobParameters,
		sink: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
	) -> Result<Outcome> {
		let started = Instant::now();
		let text = input_text(&job.input)?;
		let total = self.tokenizer.encode(text)?.len();
		let mut outcome = Outcome {
			output: Vec::new(),
			tokens_in: total as u32,
			tokens_out: 0,
			token_ids: Vec::new(),
			finish: Finish::Cancelled,
			prefill_ms: 0,
			generate_ms: 0,
		};
		if !job.cancel.is_cancelled() && sink(Progress::Prefill { done: 0, total }).is_continue() {
			let (embedding, _) = self.embed(text)?;
			outcome.output = embedding
				.iter()
				.flat_map(|number| number.to_le_bytes())
				.collect();
			outcome.finish = Finish::Stop;
		}
		outcome.prefill_ms = started.elapsed().as_millis() as u64;
		Ok(outcome)
	}
}
