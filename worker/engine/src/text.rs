//! Text generation, and the all-positions pass that checks it.
//!
//! Guarantees
//! 1. Token `i` is `choose(logits_i, i)`, of a job `sampler.choose(quantise(logits_i), i)`, where `logits_i` follow the prompt
//!    and the tokens `0..i`; nothing else enters the choice.
//! 2. The output ends at the end token, at `max_tokens`, or when prompt and output fill the
//!    context. The end token is part of the token list and of no text.
//! 3. Every reported piece is valid UTF-8, and the pieces joined are the output.
//! 4. The cancel flag is read and the sink is asked before each chunk of the prompt and each
//!    token.
//! 5. A prompt is read in chunks of [`PREFILL_CHUNK`] tokens (unless the engine was told otherwise) from its beginning, and so are prompt
//!    and output in a check, one sequence at a time. So two runs, and two checks, multiply matrices
//!    of the same shapes.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Instant;

use candle_core::Device;

use crate::chat::ChatTemplate;
use crate::engine::Choice;
use crate::error::{EngineError, Result};
use crate::forward::{rows, Kernels, Llama, Positions, States};
use crate::gguf::Gguf;
use crate::job::{Finish, JobParameters, Outcome, PositionState, Progress, Task};
use crate::model::{ModelFile, ModelHash};
use crate::tokenizer::TextTokenizer;
use crate::utf8::Utf8Decoder;

/// Tokens that are fed in one call.
pub const PREFILL_CHUNK: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// A loaded text model.
pub struct TextModel {
	hash: ModelHash,
	llama: Llama,
	tokenizer: TextTokenizer,
	/// The template text; parsed per chat job, so that a model without one still completes.
	chat_template: Option<String>,
}

impl TextModel {
	/// Loads the weights and the tokenizer.
	pub(crate) fn load(file: &ModelFile, kernels: Kernels, device: &Device) -> Result<Self> {
		let mut gguf = Gguf::open(&file.path)?;
		let tokenizer = TextTokenizer::from_gguf(&gguf)?;
		let chat_template = match gguf.get("tokenizer.chat_template") {
			None => None,
			Some(_) => Some(gguf.string("tokenizer.chat_template")?.to_owned()),
		};
		let llama = Llama::load(&mut gguf, &file.manifest, kernels, device)?;
		Ok(Self {
			hash: file.manifest.hash,
			llama,
			tokenizer,
			chat_template,
		})
	}

	/// The tokenizer.
	pub fn tokenizer(&self) -> &TextTokenizer {
		&self.tokenizer
	}

	/// The prompt's tokens for a task and an input.
	///
	/// # Errors
	///
	/// [`EngineError::EmptyInput`], [`EngineError::InputNotText`],
	/// [`EngineError::WrongModelKind`] for embeddings,
	/// [`EngineError::UnsupportedChatTemplate`].
	pub fn prompt_tokens(&self, task: Task, input: &[u8]) -> Result<Vec<u32>> {
		let text = input_text(input)?;
		match task {
			Task::Complete => self.tokenizer.encode(text),
			Task::Chat => {
				let template =
					self.chat_template
						.as_deref()
						.ok_or(EngineError::UnsupportedChatTemplate {
							reason: "there is none",
						})?;
				self.tokenizer
					.encode(&ChatTemplate::parse(template)?.render(text))
			}
			Task::Embed => Err(EngineError::WrongModelKind {
				hash: self.hash,
				wanted: "make embeddings",
			}),
		}
	}

	/// Runs a text job whose prompt is read in chunks of this many tokens.
	pub(crate) fn generate(
		&self,
		job: &JobParameters,
		chunk: NonZeroUsize,
		choose: &mut Choice<'_>,
		sink: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
	) -> Result<Outcome> {
		let started = Instant::now();
		if job.max_tokens == 0 {
			return Err(EngineError::NoOutputAsked);
		}
		let prompt = self.prompt_tokens(job.task, &job.input)?;
		let context = self.llama.context();
		if prompt.len() >= context {
			return Err(EngineError::PromptTooLong {
				tokens: prompt.len(),
				context,
			});
		}
		let limit = (job.max_tokens as usize).min(context - prompt.len());
		let mut run = Run {
			decoder: Utf8Decoder::default(),
			output: String::new(),
			tokens: Vec::new(),
			finish: Finish::Length,
		};

		let mut cache = self.llama.new_cache(prompt.len() + limit)?;
		let mut states = None;
		for chunk in prompt.chunks(chunk.get()) {
			let progress = Progress::Prefill {
				done: cache.length(),
				total: prompt.len(),
			};
			if job.cancel.is_cancelled() || sink(progress).is_break() {
				states = None;
				break;
			}
			states = Some(self.llama.forward(chunk, &mut cache, Positions::Last)?);
		}
		// candle computes at once on the CPU; on a GPU this copy waits for the prompt to be read.
		let mut last = states.as_ref().map(last_row).transpose()?;
		let prefill = started.elapsed();
		if last.is_none() {
			run.finish = Finish::Cancelled;
		}

		while let Some((hidden, logits)) = last.take() {
			if job.cancel.is_cancelled() {
				run.finish = Finish::Cancelled;
				break;
			}
			let index = run.tokens.len() as u64;
			let token = choose(&logits, index)?;
			run.tokens.push(token);
			let text = run.decoder.push(self.tokenizer.token_bytes(token)?);
			run.output += &text;
			let flow = sink(Progress::Token {
				index,
				id: token,
				text: &text,
				hidden: &hidden,
			});
			if token == self.tokenizer.end_token() {
				run.finish = Finish::Stop;
			} else if flow.is_break() {
				run.finish = Finish::Cancelled;
			} else if run.tokens.len() < limit {
				last = Some(last_row(&self.llama.forward(
					&[token],
					&mut cache,
					Positions::Last,
				)?)?);
			}
		}
		let rest = run.decoder.finish();
		if !rest.is_empty() {
			run.output += &rest;
			// The job is over: there is nothing left that the answer could stop.
			let _ = sink(Progress::Rest { text: &rest });
		}
		Ok(Outcome {
			output: run.output.into_bytes(),
			tokens_in: prompt.len() as u32,
			tokens_out: run.tokens.len() as u32,
			token_ids: run.tokens,
			finish: run.finish,
			prefill_ms: prefill.as_millis() as u64,
			generate_ms: (started.elapsed() - prefill).as_millis() as u64,
		})
	}

	/// The text of an output's tokens, as [`Outcome::output`] has it.
	///
	/// # Errors
	///
	/// [`EngineError::UnknownToken`].
	pub fn spell(&self, tokens: &[u32]) -> Result<String> {
		self.tokenizer.decode(tokens)
	}

	/// Feeds `tokens` as given and hands the hidden state and the logits of every position from
	/// `first` on, in order, to `visit` until it breaks.
	pub(crate) fn visit_positions(
		&self,
		tokens: &[u32],
		first: usize,
		chunk: NonZeroUsize,
		visit: &mut dyn FnMut(PositionState<'_>) -> ControlFlow<()>,
	) -> Result<()> {
		if first >= tokens.len() {
			return Err(EngineError::EmptyInput);
		}
		if tokens.len() > self.llama.context() {
			let context = self.llama.context();
			return Err(EngineError::PromptTooLong {
				tokens: tokens.len(),
				context,
			});
		}
		let mut cache = self.llama.new_cache(tokens.len())?;
		for chunk in tokens.chunks(chunk.get()) {
			let start = cache.length();
			let skipped = first.saturating_sub(start);
			if skipped >= chunk.len() {
				self.llama.forward(chunk, &mut cache, Positions::Last)?;
				continue;
			}
			let states = self
				.llama
				.forward(chunk, &mut cache, Positions::From(skipped))?;
			let (hidden, logits) = (rows(&states.hidden)?, rows(&states.logits)?);
			for (position, (hidden, logits)) in (start + skipped..).zip(hidden.iter().zip(&logits))
			{
				if visit(PositionState {
					position,
					hidden,
					logits,
				})
				.is_break()
				{
					return Ok(());
				}
			}
		}
		Ok(())
	}

	/// Drops all but the first `layers` layers: a cheaper model that passes for this one, for tests.
	pub(crate) fn keep_layers(&mut self, layers: usize) {
		self.llama.keep_layers(layers);
	}
}

/// What a job has made so far.
struct Run {
	decoder: Utf8Decoder,
	output: String,
	tokens: Vec<u32>,
	finish: Finish,
}

/// Hidden state and logits of the last position, on the host.
fn last_row(states: &States) -> Result<(Vec<f32>, Vec<f32>)> {
	let last = |tensor| -> Result<Vec<f32>> { rows(tensor)?.pop().ok_or(EngineError::NoLogits) };
	Ok((last(&states.hidden)?, last(&states.logits)?))
}

/// The input as text.
pub(crate) fn input_text(input: &[u8]) -> Result<&str> {
	if input.is_empty() {
		return Err(EngineError::EmptyInput);
	}
	std::str::from_utf8(input).map_err(|error| EngineError::InputNotText {
		valid_up_to: error.valid_up_to(),
	})
}
