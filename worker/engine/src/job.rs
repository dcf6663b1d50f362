//! What a job is to the engine, and what comes back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use crate::model::ModelHash;

/// What is done with the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
	/// The input is one user message; the model's chat template is put around it.
	Chat,
	/// The input is the prompt as it is.
	Complete,
	/// The input is a text; the output is its embedding.
	Embed,
}

/// Stops a running job from another thread. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
	/// Asks the job to stop before its next token.
	pub fn cancel(&self) {
		self.0.store(true, Ordering::Relaxed);
	}

	/// Whether the job was asked to stop.
	pub fn is_cancelled(&self) -> bool {
		self.0.load(Ordering::Relaxed)
	}
}

/// One job: model, input, parameters.
#[derive(Debug, Clone)]
pub struct JobParameters {
	/// The model.
	pub model: ModelHash,
	/// What is done with the input.
	pub task: Task,
	/// The input: UTF-8 text.
	pub input: Vec<u8>,
	/// Seed of the sampler, as the chain derives it. Not used by embeddings or at temperature 0.
	pub seed: [u8; 32],
	/// Temperature in thousandths; 0 is greedy. Not used by embeddings.
	pub temperature_milli: u32,
	/// The most output tokens, at least 1. Not used by embeddings.
	pub max_tokens: u32,
	/// Stops the job.
	pub cancel: CancelFlag,
}

/// What a running job reports. The texts of all reports, joined, are the job's output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
	/// Prompt tokens read so far.
	Prefill {
		/// Tokens read.
		done: usize,
		/// Tokens of the prompt.
		total: usize,
	},
	/// A token was chosen.
	Token {
		/// Its place in the output, from 0: also the sampler's position.
		index: u64,
		/// The token.
		id: u32,
		/// The text that became complete with it; may be empty.
		text: &'a str,
		/// The hidden state from which it was chosen (after the last norm): what activation
		/// proofs commit to.
		hidden: &'a [f32],
	},
	/// Text at the end whose last character the output cut off, as U+FFFD.
	Rest {
		/// The text.
		text: &'a str,
	},
}

/// One position of a teacher-forced pass: what follows the tokens up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionState<'a> {
	/// The position, from 0.
	pub position: usize,
	/// The hidden state after the last norm, `hidden` numbers.
	pub hidden: &'a [f32],
	/// The logits, `vocab` numbers.
	pub logits: &'a [f32],
}

/// Why a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
	/// The model ended its output, or the embedding is complete.
	Stop,
	/// `max_tokens` or the context is used up.
	Length,
	/// The sink or the flag stopped it. The outcome holds what was made until then.
	Cancelled,
}

/// The result of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
	/// Text: UTF-8. Embedding: little-endian f32 numbers.
	pub output: Vec<u8>,
	/// Tokens of the prompt, with template and control tokens.
	pub tokens_in: u32,
	/// Tokens of the output, with the end token if the model chose it. 0 for embeddings.
	pub tokens_out: u32,
	/// The output's tokens, the end token included: what a verifier feeds after the prompt.
	pub token_ids: Vec<u32>,
	/// Why it ended.
	pub finish: Finish,
	/// Milliseconds for reading the prompt, or for the whole embedding.
	pub prefill_ms: u64,
	/// Milliseconds from the first choice to the end.
	pub generate_ms: u64,
}
