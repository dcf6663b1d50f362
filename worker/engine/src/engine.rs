//! The worker's seam to model execution, and its implementation with candle.
//!
//! Guarantees
//! 1. A model is found by the hash of its weights; each hash is held once.
//! 2. A failed job leaves the engine usable; jobs share no state.
//! 3. An engine may move between threads: no work on a device outlives the call that gave it.
//! 4. `logits` are those of all positions from one pass, so that a verifier can check a whole
//!    output without generating it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use candle_core::Device;

use crate::device::{finish, pin_threads, DeviceChoice};
use crate::embedding::EmbeddingModel;
use crate::error::{EngineError, Result};
use crate::forward::Kernels;
use crate::job::{JobParameters, Outcome, PositionState, Progress, Task};
use crate::model::{ModelFile, ModelHash, ModelKind, ModelManifest};
use crate::sampler::{choose, sampler};
use crate::text::{TextModel, PREFILL_CHUNK};

/// Model execution, as the worker and the verifier use it.
pub trait Engine {
	/// Runs a job and reports to `sink`, which may stop it.
	///
	/// # Errors
	///
	/// An [`EngineError`] if the job cannot be run at all or a computation fails. A stopped job
	/// is an outcome, not an error.
	fn run(
		&mut self,
		job: &JobParameters,
		sink: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
	) -> Result<Outcome>;

	/// The tokens of the prompt that `run` would feed for this task and input.
	///
	/// # Errors
	///
	/// As `run`.
	fn prompt_tokens(&mut self, model: &ModelHash, task: Task, input: &[u8]) -> Result<Vec<u32>>;

	/// The text of an output's tokens, as `run` would put it together.
	///
	/// # Errors
	///
	/// [`EngineError::WrongModelKind`] for encoders; unknown tokens.
	fn spell(&mut self, model: &ModelHash, tokens: &[u32]) -> Result<String>;

	/// The token that ends an output.
	///
	/// # Errors
	///
	/// [`EngineError::WrongModelKind`] for encoders.
	fn end_token(&mut self, model: &ModelHash) -> Result<u32>;

	/// Feeds `tokens` in one pass and hands the state of every position from `first` on to `visit`,
	/// in order, until it breaks. Position `p` holds what follows `tokens[..=p]`.
	///
	/// # Errors
	///
	/// [`EngineError::WrongModelKind`] for encoders; no positions, unknown tokens, too many tokens.
	fn visit_positions_from(
		&mut self,
		model: &ModelHash,
		tokens: &[u32],
		first: usize,
		visit: &mut dyn FnMut(PositionState<'_>) -> ControlFlow<()>,
	) -> Result<()>;

	/// Feeds `tokens` in one pass and hands the state of every position to `visit`.
	///
	/// # Errors
	///
	/// As [`Self::visit_positions_from`].
	fn visit_positions(
		&mut self,
		model: &ModelHash,
		tokens: &[u32],
		visit: &mut dyn FnMut(PositionState<'_>) -> ControlFlow<()>,
	) -> Result<()> {
		self.visit_positions_from(model, tokens, 0, visit)
	}

	/// The logits of all positions, `[tokens][vocab]`. Long inputs take `4 vocab` bytes per
	/// token: [`Self::visit_positions`] needs no more than a chunk.
	///
	/// # Errors
	///
	/// As [`Self::visit_positions`].
	fn logits(&mut self, model: &ModelHash, tokens: &[u32]) -> Result<Vec<Vec<f32>>> {
		let mut all = Vec::with_capacity(tokens.len());
		self.visit_positions(model, tokens, &mut |state| {
			all.push(state.logits.to_vec());
			ControlFlow::Continue(())
		})?;
		Ok(all)
	}

	/// The manifest of a loaded model.
	fn manifest(&self, model: &ModelHash) -> Option<&ModelManifest>;
}

/// How an engine computes.
#[derive(Debug, Clone, Copy, Default)]
pub struct EngineOptions {
	/// The device.
	pub device: DeviceChoice,
	/// CPU threads of this process; `None` leaves the choice to candle (physical cores).
	pub threads: Option<NonZeroUsize>,
	/// How products with quantised weights are computed.
	pub kernels: Kernels,
}

impl EngineOptions {
	/// How a verifier computes: products in f32 with expanded weights, which read a whole output in
	/// a small part of the time that generating it takes.
	pub fn verifier(device: DeviceChoice, threads: Option<NonZeroUsize>) -> Self {
		EngineOptions {
			device,
			threads,
			kernels: Kernels::Dequantised,
		}
	}
}

#[derive(Clone)]
enum Loaded {
	Text(Arc<TextModel>),
	Embedding(Arc<EmbeddingModel>),
}

/// Chooses a token by the logits before it and its place in the output, which counts from 0.
pub type Choice<'a> = dyn FnMut(&[f32], u64) -> Result<u32> + 'a;

/// The engine that runs models with candle. Clones share the weights and the device; of clones on a GPU
/// only one may compute at a time.
#[derive(Clone)]
pub struct CandleEngine {
	kernels: Kernels,
	device: Device,
	chunk: NonZeroUsize,
	models: BTreeMap<ModelHash, (ModelManifest, Loaded)>,
}

impl CandleEngine {
	/// An engine without models.
	///
	/// # Errors
	///
	/// [`EngineError::ThreadsAlreadyPinned`], [`EngineError::BuiltWithoutCuda`],
	/// [`EngineError::DeviceUnavailable`].
	pub fn new(options: EngineOptions) -> Result<Self> {
		if let Some(threads) = options.threads {
			pin_threads(threads)?;
		}
		Ok(Self {
			kernels: options.kernels,
			device: options.device.open()?,
			chunk: PREFILL_CHUNK,
			models: BTreeMap::new(),
		})
	}

	/// Loads a model file, unless a model with its hash is loaded already.
	///
	/// # Errors
	///
	/// As [`ModelFile::identify`], and errors of loading.
	pub fn load(&mut self, path: &Path) -> Result<ModelManifest> {
		self.load_identified(ModelFile::identify(path)?)
	}

	/// Loads a model file, which must have this hash.
	///
	/// # Errors
	///
	/// As [`Self::load`], and [`EngineError::HashMismatch`].
	pub fn load_as(&mut self, path: &Path, expected: ModelHash) -> Result<ModelManifest> {
		self.load_identified(ModelFile::identify_as(path, expected)?)
	}

	fn load_identified(&mut self, file: ModelFile) -> Result<ModelManifest> {
		let manifest = file.manifest.clone();
		if !self.models.contains_key(&manifest.hash) {
			let loaded = match manifest.kind {
				ModelKind::GgufLlama => TextModel::load(&file, self.kernels, &self.device)
					.map(|model| Loaded::Text(Arc::new(model))),
				ModelKind::SafetensorsBert => EmbeddingModel::load(&file, &self.device)
					.map(|model| Loaded::Embedding(Arc::new(model))),
			};
			self.models.insert(
				manifest.hash,
				(manifest.clone(), finish(&self.device, loaded)?),
			);
		}
		Ok(manifest)
	}

	/// Drops a model and frees its memory; whether it was loaded.
	pub fn unload(&mut self, model: &ModelHash) -> bool {
		self.models.remove(model).is_some()
	}

	/// The manifests of all loaded models.
	pub fn manifests(&self) -> impl Iterator<Item = &ModelManifest> {
		self.models.values().map(|(manifest, _)| manifest)
	}

	/// Reads texts in chunks of this many tokens instead of [`PREFILL_CHUNK`]. Honest programs differ
	/// in it, and matrix products of other shapes round otherwise: a calibration compares them.
	pub fn read_in_chunks_of(&mut self, tokens: NonZeroUsize) {
		self.chunk = tokens;
	}

	/// As [`Engine::run`] for a text, with another rule for the choice of tokens than the job's
	/// sampler. Its output is not what the job orders: this is for experiments.
	///
	/// # Errors
	///
	/// As [`Engine::run`], and those of `choose`.
	pub fn run_choosing(
		&self,
		job: &JobParameters,
		choose: &mut Choice<'_>,
		sink: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
	) -> Result<Outcome> {
		let outcome = self
			.text_model(&job.model)?
			.generate(job, self.chunk, choose, sink);
		finish(&self.device, outcome)
	}

	/// Drops all but the first `layers` layers of a loaded text model, so that a test has a cheaper
	/// model that passes for the right one. Whether there was such a model that no clone shares.
	#[doc(hidden)]
	pub fn keep_layers_for_a_test(&mut self, hash: &ModelHash, layers: usize) -> bool {
		match self.models.get_mut(hash) {
			Some((_, Loaded::Text(model))) => match Arc::get_mut(model) {
				Some(model) => {
					model.keep_layers(layers);
					true
				}
				None => false,
			},
			_ => false,
		}
	}

	fn model(&self, hash: &ModelHash) -> Result<&Loaded> {
		self.models
			.get(hash)
			.map(|(_, loaded)| loaded)
			.ok_or(EngineError::ModelNotLoaded { hash: *hash })
	}

	/// A loaded text model.
	///
	/// # Errors
	///
	/// [`EngineError::ModelNotLoaded`], [`EngineError::WrongModelKind`].
	pub fn text_model(&self, hash: &ModelHash) -> Result<&TextModel> {
		match self.model(hash)? {
			Loaded::Text(model) => Ok(model),
			Loaded::Embedding(_) => Err(EngineError::WrongModelKind {
				hash: *hash,
				wanted: "make text",
			}),
		}
	}

	/// A loaded encoder.
	///
	/// # Errors
	///
	/// [`EngineError::ModelNotLoaded`], [`EngineError::WrongModelKind`].
	pub fn embedding_model(&self, hash: &ModelHash) -> Result<&EmbeddingModel> {
		match self.model(hash)? {
			Loaded::Embedding(model) => Ok(model),
			Loaded::Text(_) => Err(EngineError::WrongModelKind {
				hash: *hash,
				wanted: "make embeddings",
			}),
		}
	}
}

impl Engine for CandleEngine {
	fn run(
		&mut self,
		job: &JobParameters,
		sink: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
	) -> Result<Outcome> {
		if job.task == Task::Embed {
			let outcome = self.embedding_model(&job.model)?.run(job, sink);
			return finish(&self.device, outcome);
		}
		let sampler = sampler(&job.seed, job.temperature_milli)?;
		let mut choose = |logits: &[f32], place| choose(&sampler, logits, place);
		self.run_choosing(job, &mut choose, sink)
	}

	fn prompt_tokens(&mut self, model: &ModelHash, task: Task, input: &[u8]) -> Result<Vec<u32>> {
		match task {
			Task::Chat | Task::Complete => self.text_model(model)?.prompt_tokens(task, input),
			Task::Embed => self
				.embedding_model(model)?
				.tokenizer()
				.encode(crate::text::input_text(input)?),
		}
	}

	fn spell(&mut self, model: &ModelHash, tokens: &[u32]) -> Result<String> {
		self.text_model(model)?.spell(tokens)
	}

	fn end_token(&mut self, model: &ModelHash) -> Result<u32> {
		Ok(self.text_model(model)?.tokenizer().end_token())
	}

	fn visit_positions_from(
		&mut self,
		model: &ModelHash,
		tokens: &[u32],
		first: usize,
		visit: &mut dyn FnMut(PositionState<'_>) -> ControlFlow<()>,
	) -> Result<()> {
		let visited = self
			.text_model(model)?
			.visit_positions(tokens, first, self.chunk, visit);
		finish(&self.device, visited)
	}

	fn manifest(&self, model: &ModelHash) -> Option<&ModelManifest> {
		self.models.get(model).map(|(manifest, _)| manifest)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::job::CancelFlag;

	#[test]
	fn job_for_a_model_that_is_not_loaded_names_its_hash() {
		let mut engine = CandleEngine::new(EngineOptions::default()).unwrap();
		let model = ModelHash([0xab; 32]);
		for task in [Task::Chat, Task::Embed] {
			let job = JobParameters {
				model,
				task,
				input: b"hello".to_vec(),
				seed: [0; 32],
				temperature_milli: 0,
				max_tokens: 1,
				cancel: CancelFlag::default(),
			};
			let error = engine
				.run(&job, &mut |_| ControlFlow::Continue(()))
				.unwrap_err();
			assert!(error.to_string().contains(&model.to_string()), "{error}");
		}
		assert!(engine.manifest(&model).is_none() && !engine.unload(&model));
	}
}
