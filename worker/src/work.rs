//! The work on one job, step by step.
//!
//! [`Worker::advance`] takes the next step for a job: it reads the record and the chain, asks
//! [`crate::decide`] what to do, does it and stores the stage that was reached.
//!
//! # What it guarantees
//!
//! 1. *No lost result.* Output and signed receipt are stored, and the output is in the content
//!    store, before the chain hears of them. After a crash they are handed in as they are.
//! 2. *No second result.* What is handed in is the stored result, and only while the chain waits
//!    for one. A run that a crash broke off is begun again, if its deadline allows.
//! 3. *Refused in time.* An input that cannot be had, is too long or cannot be read by the model is
//!    found before the acknowledgement, so nobody is slashed for it.
//! 4. *Nothing false is signed.* A receipt that level 1 would refuse is not handed in.
//! 5. *Streamed.* Text that is being made can be read by whom its output is for ([`crate::stream`]).
//! 6. *Provable.* The proof of a run is made while it goes on and stored before its receipt. It is
//!    served, under a name that follows from the job, as long as the output; sealed where that is.
//! 7. *Bounded.* As many runs at once as there are engines; a run ends at its deadline.
//!
//! # Deviations
//!
//! * Text is generated as an answer to one chat message where the model's file has a chat template
//!   that the engine knows, else as a continuation. The order does not say which.
//! * An input that a model cannot read at all (not UTF-8, empty) is declined for reasons of the
//!   worker's own: the chain has no reason that names that fault.

use crate::{
	access::ChainAccess,
	decide::{next_step, Step},
	input::{self, Input, InputError},
	keys::Keys,
	pool::{BrokenOff, Pool},
	receipt::{self, Order, Run},
	record::{content_id, Ending, Finished, JobRecord, Output, Stage},
	store::{Store, StoreError},
	stream::RunStream,
};
use aci_chain::{case::proof_name, ChainError, DeclineReason};
use aci_engine::{
	prove::{ProveError, Proven, Prover},
	sampler::Sampler,
	CancelFlag, Engine, EngineError, Finish, ModelHash, Outcome, Task,
};
use aci_primitives::{
	job::{sampling_seed, Content, JobView, MAX_CONTENT},
	model::ModelKind,
	AccountId, BlockNumber, BoundedBytes, BoundedList, Class, Deadline, Hash, Instant, Job, JobId,
	JobInput, JobOutput, JobSpec, ModelId, ModelManifest,
};
use aci_transfer::{ContentId, StoreError as ContentStoreError, TransferError, Transport};
use sha2::{Digest, Sha256};
use sp_core::H256;
use std::{
	collections::BTreeMap,
	ops::ControlFlow,
	sync::{Arc, Mutex, PoisonError},
	time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Blocks for which content is kept without being asked for again. Renewed while the chain knows the
/// job, so that content which no job needs any more leaves by itself.
pub const LEASE: BlockNumber = 600;
/// Blocks before a deadline at which fetching stops, so that the job can still be given back.
const MARGIN: BlockNumber = 2;
/// Pause after a fetch that failed.
const FETCH_PAUSE: Duration = Duration::from_millis(500);
/// How often the chain may refuse a stored result before it is given up.
const MAX_REFUSALS: u32 = 3;

/// Why no step could be taken. The record is as it was.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
	/// The worker's own store failed. The worker cannot go on.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The chain could not be asked, or refused. Tried again with the next block.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// Data could not be served. Tried again with the next block.
	#[error(transparent)]
	Transfer(#[from] TransferError),
	/// A computation was broken off. Tried again with the next block.
	#[error(transparent)]
	BrokenOff(#[from] BrokenOff),
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
	/// A new stage was stored. There may be more to do.
	Moved,
	/// Nothing to do until the chain changes.
	Idle,
}

/// What a worker works with.
pub struct Parts<C> {
	/// The chain.
	pub chain: C,
	/// Hash of its block 0.
	pub genesis: Hash,
	/// The worker's account.
	pub account: AccountId,
	/// The class that it offers.
	pub class: Class,
	/// What the chain has registered for the models that it offers.
	pub models: BTreeMap<ModelId, ModelManifest>,
	/// Where data comes from and is served.
	pub transport: Arc<dyn Transport>,
	/// What is remembered.
	pub store: Store,
	/// The keys.
	pub keys: Keys,
	/// The chain's present.
	pub present: watch::Receiver<Instant>,
}

/// What a model is to do.
struct ModelRun<'a> {
	id: JobId,
	spec: &'a JobSpec,
	manifest: &'a ModelManifest,
	text: Vec<u8>,
	stream: RunStream,
}

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
enum RunError {
	#[error(transparent)]
	Engine(#[from] EngineError),
	#[error(transparent)]
	Prove(#[from] ProveError),
}

/// A run's outcome with its proof, its beginning in milliseconds since the Unix epoch and its
/// duration in microseconds.
type Timed = (Result<(Outcome, Proven), RunError>, u64, u64);

/// Works on jobs; see the module.
pub struct Worker<C, E> {
	parts: Parts<C>,
	pool: Pool<E>,
	running: Mutex<BTreeMap<JobId, CancelFlag>>,
	refusals: Mutex<BTreeMap<JobId, u32>>,
	stopping: watch::Sender<bool>,
}

impl<C: ChainAccess, E: Engine + Send + 'static> Worker<C, E> {
	/// A worker of these parts, with one engine for each slot, each with all models loaded.
	pub fn new(parts: Parts<C>, engines: Vec<E>) -> Self {
		Worker {
			pool: Pool::new(engines),
			parts,
			running: Mutex::default(),
			refusals: Mutex::default(),
			stopping: watch::Sender::new(false),
		}
	}

	/// What it works with.
	pub fn parts(&self) -> &Parts<C> {
		&self.parts
	}

	/// Takes up a job that the chain lists as this worker's. Whether its record is new.
	pub fn accept(&self, view: &JobView) -> Result<bool, StoreError> {
		let record = match self.parts.store.job(&view.id)? {
			None => JobRecord::of(view.id, &view.job),
			Some(known) => known.rematched(&view.job),
		};
		if let Some(record) = &record {
			self.parts.store.put_job(record)?;
		}
		Ok(record.is_some())
	}

	/// Stops all runs. What they had made is lost; their jobs can be run again.
	pub fn stop(&self) {
		self.stopping.send_replace(true);
		for flag in lock(&self.running).values() {
			flag.cancel();
		}
	}

	/// Takes steps for a job until there is nothing to do before the chain changes.
	pub async fn drive(&self, id: JobId) -> Result<(), WorkError> {
		while !*self.stopping.borrow() {
			if self.advance(id).await? == Advance::Idle {
				break;
			}
		}
		Ok(())
	}

	/// Takes the next step for a job; see the module.
	pub async fn advance(&self, id: JobId) -> Result<Advance, WorkError> {
		let Some(mut record) = self.parts.store.job(&id)? else {
			return Ok(Advance::Idle);
		};
		let job = self.parts.chain.job(id).await?;
		let now = *self.parts.present.borrow();
		let step = next_step(&record, job.as_ref(), &self.parts.account, &now);
		let stage = match (step, job) {
			(Step::Forget, _) | (_, None) => {
				self.parts.store.remove_job(&id)?;
				lock(&self.refusals).remove(&id);
				return Ok(Advance::Idle);
			}
			(Step::Wait, _) => return Ok(Advance::Idle),
			(Step::Obtain, Some(job)) => Some(self.obtain(&record, &job).await?),
			(Step::Decline(reason), _) => {
				self.parts.chain.decline(id, reason).await?;
				tracing::info!(job = ?id, ?reason, "gave the job back");
				self.discard(&record).await?;
				None
			}
			(Step::Acknowledge, _) => {
				self.parts.chain.acknowledge(id).await?;
				// A result that was made before the job came back stays the result.
				match record.stage.finished() {
					Some(finished) => Some(Stage::Ran(finished.clone())),
					None => Some(Stage::Acknowledged),
				}
			}
			(Step::NoteAcknowledged, _) => Some(Stage::Acknowledged),
			(Step::Run, Some(job)) => self.run(&record, &job).await?,
			(Step::Submit, _) => self.submit(&record).await?,
			(Step::NoteSubmitted, _) => record.stage.finished().cloned().map(Stage::Submitted),
			(Step::NoteSettled(until), _) => {
				let finished = record.stage.finished().cloned();
				if let Some(finished) = &finished {
					self.keep(&record, finished, until).await?;
				}
				finished.map(|finished| Stage::Settled(finished, until))
			}
			(Step::End(ending), _) => Some(Stage::Ended(ending)),
		};
		let Some(stage) = stage else {
			return Ok(Advance::Idle);
		};
		record.stage = stage;
		self.parts.store.put_job(&record)?;
		tracing::info!(job = ?id, stage = record.stage.name(), "job moved on");
		Ok(Advance::Moved)
	}

	/// Gets the input and looks whether the model can read it within the order.
	async fn obtain(&self, record: &JobRecord, job: &Job) -> Result<Stage, WorkError> {
		let spec = &record.spec;
		let refused = |reason: DeclineReason, why: &str| {
			tracing::warn!(job = ?record.id, ?reason, why, "the job cannot be taken");
			Ok(Stage::Refused(reason))
		};
		let Some(manifest) = self.parts.models.get(&spec.model) else {
			return refused(
				DeclineReason::Other,
				"its model is not loaded; start with --model",
			);
		};
		let input = match self.input(spec, &job.deadline).await? {
			Ok(input) => input,
			Err(InputError::Unavailable(why)) => {
				return refused(DeclineReason::InputUnavailable, &why)
			}
			Err(InputError::Unusable(why)) => return refused(DeclineReason::Other, &why),
		};
		let (kind, model) = (manifest.kind, ModelHash(spec.model.0));
		if let Err(error) = Sampler::new(&[0; 32], spec.parameters.temperature) {
			return refused(DeclineReason::Other, &error.to_string());
		}
		if let Err(error) = prover(spec, manifest) {
			return refused(DeclineReason::Other, &error.to_string());
		}
		let tokens = self
			.pool
			.work(move |engine| {
				task(engine, kind, &model, &input.text).map(|(_, tokens)| tokens.len())
			})
			.await?;
		match tokens {
			Ok(tokens) if tokens > spec.parameters.max_tokens_in as usize => refused(
				DeclineReason::InputTooLong,
				&format!(
					"{tokens} tokens, {} are ordered",
					spec.parameters.max_tokens_in
				),
			),
			Ok(tokens) => {
				tracing::debug!(job = ?record.id, tokens, "the input is here");
				Ok(Stage::InputHeld)
			}
			Err(error @ EngineError::PromptTooLong { .. }) => {
				refused(DeclineReason::InputTooLong, &error.to_string())
			}
			Err(error) => refused(DeclineReason::Other, &error.to_string()),
		}
	}

	/// The input, wherever it is. The outer error is ours, the inner one the input's.
	async fn input(
		&self,
		spec: &JobSpec,
		deadline: &Deadline,
	) -> Result<Result<Input, InputError>, WorkError> {
		let bytes = match &spec.input {
			JobInput::Inline(bytes) => bytes.to_vec(),
			JobInput::Content(content) => match self.fetch(content, deadline).await? {
				Ok(bytes) => bytes,
				Err(error) => return Ok(Err(error)),
			},
		};
		let (found, length) = (H256(Sha256::digest(&bytes).into()), bytes.len() as u64);
		if (found, length) != (spec.input.sha256(), spec.input.length()) {
			let why = format!("it has {length} bytes and SHA-256 {found:?}, not what was ordered");
			return Ok(Err(InputError::Unavailable(why)));
		}
		Ok(
			input::open(bytes, spec.privacy, self.parts.keys.data_secret())
				.map_err(|error| InputError::Unusable(error.to_string())),
		)
	}

	/// Fetches content until shortly before the deadline.
	async fn fetch(
		&self,
		content: &Content,
		deadline: &Deadline,
	) -> Result<Result<Vec<u8>, InputError>, WorkError> {
		if content.length > MAX_CONTENT {
			let why = format!("{} bytes are more than {MAX_CONTENT}", content.length);
			return Ok(Err(InputError::Unusable(why)));
		}
		let id = content_id(content);
		let locators: Vec<String> = content
			.locators
			.iter()
			.filter_map(|locator| String::from_utf8(locator.to_vec()).ok())
			.collect();
		let last = Deadline {
			block: deadline.block.saturating_sub(MARGIN),
			..*deadline
		};
		let mut why = String::from("no source answered in time");
		let fetching = async {
			loop {
				let until = self.lease();
				let mut progress = |progress| tracing::debug!(content = %id, ?progress, "fetching");
				match self
					.parts
					.transport
					.fetch(id, &locators, until, &mut progress)
					.await
				{
					Ok(bytes) => return Ok(bytes),
					// No other source can make these good.
					Err(TransferError::Closed) => return Err(None),
					Err(error @ TransferError::Store(ContentStoreError::Inconsistent(_))) => {
						return Err(Some(InputError::Unavailable(error.to_string())))
					}
					Err(error @ (TransferError::TooLarge { .. } | TransferError::Store(_))) => {
						return Err(Some(InputError::Unusable(error.to_string())))
					}
					Err(error) => {
						tracing::debug!(content = %id, %error, "the input is not to be had yet");
						why = error.to_string();
						tokio::time::sleep(FETCH_PAUSE).await;
					}
				}
			}
		};
		let mut present = self.parts.present.clone();
		let fetched = tokio::select! {
			fetched = fetching => fetched,
			passed = present.wait_for(|now| now.block >= last.block) => match passed {
				Ok(_) => Err(Some(InputError::Unavailable(String::new()))),
				Err(_) => Err(None),
			},
		};
		match fetched {
			Ok(bytes) => Ok(Ok(bytes)),
			Err(Some(InputError::Unavailable(reason))) if reason.is_empty() => {
				Ok(Err(InputError::Unavailable(why)))
			}
			Err(Some(error)) => Ok(Err(error)),
			Err(None) => Err(TransferError::Closed.into()),
		}
	}

	/// Runs the job. `None` where it was stopped.
	async fn run(&self, record: &JobRecord, job: &Job) -> Result<Option<Stage>, WorkError> {
		let (id, spec) = (record.id, &record.spec);
		let failed = |why: &str| {
			tracing::error!(job = ?id, why, "the job failed; it will time out");
			Ok(Some(Stage::Ended(Ending::Failed)))
		};
		let Some(manifest) = self.parts.models.get(&spec.model) else {
			return failed("its model is not loaded any more; start with --model");
		};
		let input = match self.input(spec, &job.deadline).await? {
			Ok(input) => input,
			Err(error) => return failed(&error.to_string()),
		};
		let cancel = CancelFlag::default();
		lock(&self.running).insert(id, cancel.clone());
		let transport = self.parts.transport.as_ref();
		let stream = RunStream::begin(transport, &id, manifest.kind, input.reply);
		let run = ModelRun {
			id,
			spec,
			manifest,
			text: input.text,
			stream: stream.clone(),
		};
		let timed = self.compute(run, &cancel, &job.deadline).await;
		lock(&self.running).remove(&id);
		let (result, started, duration) = timed?;
		let (outcome, proven) = match result {
			Ok((outcome, _)) if outcome.finish == Finish::Cancelled => return Ok(None),
			Ok(ran) => ran,
			Err(error) => return failed(&error.to_string()),
		};
		let close = |bytes| input::close(bytes, input.reply.as_ref());
		let (output, proof) = match (close(outcome.output.clone()), close(proven.bytes)) {
			(Ok(output), Ok(proof)) => (output, proof),
			(Err(error), _) | (_, Err(error)) => return failed(&error.to_string()),
		};
		let order = Order {
			genesis: &self.parts.genesis,
			job: &id,
			spec,
			class: &self.parts.class,
			manifest,
		};
		let run = Run {
			started,
			duration,
			output: H256(Sha256::digest(&output).into()),
			proof_root: proven.root,
			peak_memory: receipt::peak_memory(),
		};
		let receipt = match receipt::make(&order, &self.parts.keys, &outcome, &run) {
			Ok(receipt) => receipt,
			Err(error) => return failed(&error.to_string()),
		};
		stream.finish();
		tracing::info!(
			job = ?id,
			tokens_in = outcome.tokens_in,
			tokens_out = outcome.tokens_out,
			milliseconds = duration / 1_000,
			"ran the job"
		);
		// The empty proof has the root zero, and nobody asks for it.
		if proven.root != H256::zero() {
			let proof = self.parts.transport.serve(proof, self.lease()).await?;
			self.parts.transport.name(proof_name(&id), proof).await?;
			self.parts.store.put_proof(&id, &proof)?;
		}
		let output = match BoundedBytes::try_from(output) {
			Ok(output) => Output::Inline(output),
			Err(output) => Output::Served(self.parts.transport.serve(output, self.lease()).await?),
		};
		Ok(Some(Stage::Ran(Finished { receipt, output })))
	}

	/// The model's part of a run.
	async fn compute(
		&self,
		run: ModelRun<'_>,
		cancel: &CancelFlag,
		deadline: &Deadline,
	) -> Result<Timed, WorkError> {
		let ModelRun {
			id,
			spec,
			manifest,
			text,
			stream,
		} = run;
		let model = ModelHash(spec.model.0);
		let seed = sampling_seed(&id, &spec.parameters.seed, &spec.model).0;
		let (parameters, kind) = (spec.parameters, manifest.kind);
		let prover = prover(spec, manifest);
		let flag = cancel.clone();
		let computing = self.pool.work(move |engine| {
			let started = SystemTime::now().duration_since(UNIX_EPOCH);
			let started = started.map_or(0, |since| since.as_millis() as u64);
			let clock = std::time::Instant::now();
			let run = |engine: &mut E| {
				let mut prover = prover?;
				let (task, prompt) = task(engine, kind, &model, &text)?;
				let job = aci_engine::JobParameters {
					model,
					task,
					input: text,
					seed,
					temperature_milli: parameters.temperature,
					max_tokens: parameters.max_tokens_out,
					cancel: flag,
				};
				let outcome = engine.run(&job, &mut |progress| {
					stream.take(&progress);
					prover.take(&progress);
					ControlFlow::Continue(())
				})?;
				let proven = prover.finish(&id, &model, &prompt, &outcome.token_ids)?;
				Ok((outcome, proven))
			};
			let ran = run(engine);
			(ran, started, clock.elapsed().as_micros() as u64)
		});
		tokio::pin!(computing);
		let (mut present, mut stopping) = (self.parts.present.clone(), self.stopping.subscribe());
		tokio::select! {
			done = &mut computing => return Ok(done?),
			_ = present.wait_for(|now| deadline.has_passed(now)) => {
				tracing::warn!(job = ?id, "the deadline passed during the run");
			}
			_ = stopping.wait_for(|stopping| *stopping) => {}
		}
		cancel.cancel();
		Ok(computing.await?)
	}

	/// Hands in the stored result. `None` where the chain refused.
	async fn submit(&self, record: &JobRecord) -> Result<Option<Stage>, WorkError> {
		let Some(finished) = record.stage.finished() else {
			return Ok(None);
		};
		let output = match &finished.output {
			Output::Inline(bytes) => JobOutput::Inline(bytes.clone()),
			Output::Served(content) => JobOutput::Content(self.served(content).await?),
		};
		let receipt = finished.receipt.clone();
		match self
			.parts
			.chain
			.submit_result(record.id, receipt, output)
			.await
		{
			Ok(()) => Ok(Some(Stage::Submitted(finished.clone()))),
			Err(error @ ChainError::Dispatch { .. }) => {
				let mut refusals = lock(&self.refusals);
				let count = refusals.entry(record.id).or_default();
				*count += 1;
				tracing::error!(job = ?record.id, %error, "the chain refuses the result");
				Ok((*count >= MAX_REFUSALS).then_some(Stage::Ended(Ending::Failed)))
			}
			Err(error) => Err(error.into()),
		}
	}

	/// Content of ours as the chain names it, with where it can be fetched now.
	async fn served(&self, content: &ContentId) -> Result<Content, TransferError> {
		let locators = self.parts.transport.locators().await?;
		let locators = locators
			.into_iter()
			.filter_map(|locator| BoundedBytes::try_from(locator.into_bytes()).ok())
			.collect::<Vec<_>>();
		Ok(Content {
			sha256: H256(content.sha256),
			tree_root: H256(content.tree_root),
			length: content.length,
			locators: BoundedList::truncate_from(locators),
		})
	}

	/// The block until which content is kept that is kept from now on.
	fn lease(&self) -> u64 {
		u64::from(self.parts.present.borrow().block.saturating_add(LEASE))
	}

	async fn keep(
		&self,
		record: &JobRecord,
		finished: &Finished,
		until: BlockNumber,
	) -> Result<(), WorkError> {
		let record = JobRecord {
			stage: Stage::Submitted(finished.clone()),
			..record.clone()
		};
		self.pin(&record, u64::from(until).saturating_add(1)).await
	}

	/// The content that is served for the job: input, output and proof.
	fn contents(&self, record: &JobRecord) -> Result<Vec<ContentId>, StoreError> {
		let mut contents = record.contents();
		contents.extend(self.parts.store.proof(&record.id)?);
		Ok(contents)
	}

	async fn pin(&self, record: &JobRecord, until: u64) -> Result<(), WorkError> {
		for content in self.contents(record)? {
			match self.parts.transport.pin(content, until).await {
				// Not fetched yet, or removed by hand: nothing to keep.
				Ok(()) | Err(TransferError::Store(ContentStoreError::Unknown(_))) => {}
				Err(error) => return Err(error.into()),
			}
		}
		Ok(())
	}

	/// Removes the content of a job that was given back, unless another job needs it.
	async fn discard(&self, record: &JobRecord) -> Result<(), WorkError> {
		let mut needed = Vec::new();
		for other in self.parts.store.jobs()? {
			if other.id != record.id {
				needed.extend(self.contents(&other)?);
			}
		}
		for content in self.contents(record)? {
			if !needed.contains(&content) {
				self.parts.transport.discard(content).await?;
			}
		}
		Ok(())
	}

	/// Keeps the content of all jobs that the chain knows, and removes what no job needs any more.
	pub async fn tidy(&self) -> Result<(), WorkError> {
		for record in self.parts.store.jobs()? {
			let until = match record.stage {
				Stage::Ended(_) | Stage::Refused(_) => continue,
				Stage::Settled(_, until) => u64::from(until).saturating_add(1),
				_ => self.lease(),
			};
			self.pin(&record, until).await?;
		}
		let block = self.parts.present.borrow().block;
		let gone = self.parts.transport.expire(u64::from(block)).await?;
		if !gone.is_empty() {
			tracing::info!(count = gone.len(), block, "removed content that expired");
		}
		Ok(())
	}
}

/// What collects the proof of a run.
fn prover(spec: &JobSpec, manifest: &ModelManifest) -> Result<Prover, ProveError> {
	let shape = &manifest.shape;
	Prover::new(spec.profile.kind, shape.hidden, shape.vocabulary)
}

/// What is done with the input, and which tokens it then has.
pub(crate) fn task<E: Engine>(
	engine: &mut E,
	kind: ModelKind,
	model: &ModelHash,
	text: &[u8],
) -> Result<(Task, Vec<u32>), EngineError> {
	let mut read = |task| Ok((task, engine.prompt_tokens(model, task, text)?));
	match kind {
		ModelKind::Embedding => read(Task::Embed),
		ModelKind::TextGeneration => match read(Task::Chat) {
			Err(EngineError::UnsupportedChatTemplate { .. }) => read(Task::Complete),
			tokens => tokens,
		},
	}
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
	// The maps are changed by single operations, so a poisoned lock is as good.
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
