//! Figures and fakes for tests: a chain, an engine and a transport that keep what happened to them
//! while the worker dies and comes back.

use crate::{
	access::ChainAccess,
	attester::SoftwareAttester,
	keys::Keys,
	receipt::Order,
	record::{Finished, JobRecord, Output, Stage},
	store::Store,
};
use aci_chain::{ChainError, DeclineReason};
use aci_engine::{
	Engine, EngineError, Finish, JobParameters as EngineJob, ModelHash, ModelKind as FileKind,
	ModelManifest as FileManifest, Outcome, PositionState, Progress, Task,
};
use aci_primitives::{
	job::{sampling_seed, Assignment, Home, JobResult, JobView, PrivacyTier},
	proof::{Profile, ProfileKind},
	receipt::Metrics,
	AccountId, BoundedBytes, Class, Deadline, Hash, Instant, Job, JobId, JobInput, JobOutput,
	JobParameters, JobSpec, JobStatus, ModelManifest, Receipt, SignedReceipt,
};
use aci_transfer::{
	ContentId, Moment, Piece, ProgressSink, StreamWriter, Streams, TransferError, Transport,
};
use futures::future::BoxFuture;
use sp_core::{ed25519, H256};
use std::{
	collections::BTreeMap,
	ops::ControlFlow,
	sync::{Arc, Mutex},
	time::Duration,
};

pub const ME: AccountId = AccountId::new([1; 32]);
pub const GENESIS: Hash = H256([9; 32]);
pub const MODEL: ModelHash = ModelHash([7; 32]);

pub fn file_manifest() -> FileManifest {
	FileManifest {
		hash: MODEL,
		kind: FileKind::GgufLlama,
		name: "tiny".into(),
		layers: 2,
		hidden: 64,
		heads: 4,
		kv_heads: 2,
		head_dim: 16,
		ffn: 128,
		vocab: 256,
		context: 512,
		weight_bytes: 100_000_000,
		tokenizer_hash: None,
		config_hash: None,
	}
}

pub fn manifest() -> ModelManifest {
	crate::models::chain_manifest(&file_manifest(), None).expect("has a name")
}

pub fn class() -> Class {
	Class {
		name: BoundedBytes::truncate_from(b"cpu".to_vec()),
		memory: 1 << 36,
		peak_flops: 8_000_000_000_000,
		bandwidth: 600_000_000_000,
	}
}

pub fn spec(input: &[u8]) -> JobSpec {
	JobSpec {
		model: H256(MODEL.0),
		class: 0,
		input: JobInput::Inline(input.to_vec().try_into().expect("short")),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 700,
			seed: H256::repeat_byte(4),
		},
		max_price: 1_000,
		sla: 60_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

pub fn id() -> JobId {
	JobId::repeat_byte(5)
}

pub fn record() -> JobRecord {
	JobRecord {
		id: id(),
		spec: spec(b"hello"),
		matched: Instant {
			moment: 10,
			block: 1,
		},
		stage: Stage::Accepted,
	}
}

/// The chain's record of [`record`]'s job in a state, assigned to [`ME`].
pub fn assigned_job(status: JobStatus) -> Job {
	Job {
		client: AccountId::new([2; 32]),
		order: 1,
		spec: spec(b"hello"),
		status,
		submitted: Instant::default(),
		deadline: Deadline {
			moment: 100_000,
			block: 50,
		},
		returns: 0,
		assignment: Some(Assignment {
			worker: ME,
			home: Home::Chain,
			price: 500,
			flops: 1,
			eta: 1,
			matched: Instant {
				moment: 10,
				block: 1,
			},
			acknowledged: None,
		}),
		result: None,
	}
}

pub fn finished() -> Finished {
	let spec = spec(b"hello");
	Finished {
		receipt: SignedReceipt {
			receipt: Receipt {
				job: id(),
				input: spec.input.sha256(),
				output: H256::zero(),
				model: spec.model,
				tokens_in: 1,
				tokens_out: 1,
				started: 1,
				duration: 1,
				metrics: Metrics {
					flops: 1,
					device_busy: 0,
					peak_memory: 0,
					energy: 0,
				},
				profile: spec.profile,
				proof_root: H256::zero(),
				seed: sampling_seed(&id(), &spec.parameters.seed, &spec.model),
			},
			signature: ed25519::Signature::from_raw([0; 64]),
		},
		output: Output::Inline(BoundedBytes::default()),
	}
}

pub fn outcome(output: &[u8], tokens_in: u32, tokens_out: u32) -> Outcome {
	Outcome {
		output: output.to_vec(),
		tokens_in,
		tokens_out,
		token_ids: (0..tokens_out).collect(),
		finish: Finish::Stop,
		prefill_ms: 1,
		generate_ms: 1,
	}
}

pub fn keys() -> Keys {
	let directory = tempfile::tempdir().expect("a directory");
	let store = Store::open(&directory.path().join("worker.redb")).expect("opens");
	Keys::load_or_make(&store, &SoftwareAttester::new()).expect("makes")
}

/// What a receipt is made of.
pub struct Figures {
	pub keys: Keys,
	pub manifest: ModelManifest,
	spec: JobSpec,
	class: Class,
	id: JobId,
}

impl Figures {
	pub fn new() -> Self {
		Figures {
			keys: keys(),
			manifest: manifest(),
			spec: spec(b"hello"),
			class: class(),
			id: id(),
		}
	}

	pub fn order(&self) -> Order<'_> {
		Order {
			genesis: &GENESIS,
			job: &self.id,
			spec: &self.spec,
			class: &self.class,
			manifest: &self.manifest,
		}
	}
}

/// Ends the process, as far as a test can: at the n-th point from now on.
#[derive(Clone, Default)]
pub struct Crash(Arc<Mutex<Option<u32>>>);

/// What a crash unwinds with.
pub struct Crashed;

impl Crash {
	pub fn after(&self, points: u32) {
		*self.0.lock().expect("no panic") = Some(points);
	}

	pub fn never(&self) {
		*self.0.lock().expect("no panic") = None;
	}

	/// A point at which the process may end.
	pub fn point(&self) {
		let mut left = self.0.lock().expect("no panic");
		match &mut *left {
			None => {}
			Some(0) => {
				*left = None;
				drop(left);
				// Unlike a panic this prints nothing.
				std::panic::resume_unwind(Box::new(Crashed));
			}
			Some(left) => *left -= 1,
		}
	}
}

/// What happened on the fake chain.
#[derive(Default)]
pub struct Ledger {
	pub job: Option<(JobId, Job)>,
	pub acknowledged: u32,
	pub declined: Vec<DeclineReason>,
	pub results: Vec<(SignedReceipt, JobOutput)>,
	/// Calls that the chain refused: each is a fee for nothing.
	pub refused: u32,
	/// Whether every result is refused.
	pub refuse_results: bool,
}

/// A chain with one job. Every call may be the process' last before or after it took effect.
#[derive(Clone)]
pub struct FakeChain {
	pub ledger: Arc<Mutex<Ledger>>,
	pub crash: Crash,
}

impl FakeChain {
	fn call(&self, act: impl FnOnce(&mut Ledger) -> bool) -> Result<(), ChainError> {
		self.crash.point();
		let mut ledger = self.ledger.lock().expect("no panic");
		let accepted = act(&mut ledger);
		if !accepted {
			ledger.refused += 1;
		}
		drop(ledger);
		self.crash.point();
		match accepted {
			true => Ok(()),
			false => Err(ChainError::Dispatch {
				pallet: "Jobs".into(),
				name: "NotRunning".into(),
				explanation: "it is not".into(),
				block: H256::zero(),
			}),
		}
	}
}

fn in_state<'a>(ledger: &'a mut Ledger, id: &JobId, status: JobStatus) -> Option<&'a mut Job> {
	ledger
		.job
		.as_mut()
		.filter(|(known, job)| known == id && job.status == status)
		.map(|(_, job)| job)
}

impl ChainAccess for FakeChain {
	async fn job(&self, id: JobId) -> Result<Option<Job>, ChainError> {
		let ledger = self.ledger.lock().expect("no panic");
		let job = ledger.job.as_ref().filter(|(known, _)| *known == id);
		Ok(job.map(|(_, job)| job.clone()))
	}

	async fn assigned(&self) -> Result<Vec<JobView>, ChainError> {
		let ledger = self.ledger.lock().expect("no panic");
		Ok(ledger
			.job
			.iter()
			.filter(|(_, job)| matches!(job.status, JobStatus::Matched | JobStatus::Running))
			.map(|(id, job)| JobView {
				id: *id,
				job: job.clone(),
				locked: 0,
			})
			.collect())
	}

	async fn acknowledge(&self, id: JobId) -> Result<(), ChainError> {
		self.call(|ledger| {
			let Some(job) = in_state(ledger, &id, JobStatus::Matched) else {
				return false;
			};
			job.status = JobStatus::Running;
			ledger.acknowledged += 1;
			true
		})
	}

	async fn decline(&self, id: JobId, reason: DeclineReason) -> Result<(), ChainError> {
		self.call(|ledger| {
			let Some(job) = in_state(ledger, &id, JobStatus::Matched) else {
				return false;
			};
			job.status = JobStatus::Open;
			job.assignment = None;
			ledger.declined.push(reason);
			true
		})
	}

	async fn submit_result(
		&self,
		id: JobId,
		receipt: SignedReceipt,
		output: JobOutput,
	) -> Result<(), ChainError> {
		self.call(|ledger| {
			if ledger.refuse_results {
				return false;
			}
			let Some(job) = in_state(ledger, &id, JobStatus::Running) else {
				return false;
			};
			job.status = JobStatus::Submitted;
			job.result = Some(JobResult {
				output: output.clone(),
				receipt: receipt.hash(),
				submitted: Instant::default(),
				due: 1,
			});
			ledger.results.push((receipt, output));
			true
		})
	}
}

/// Most tokens of an output, so that the run takes longer than the class's hardware does at least.
const TOKENS: usize = 4;

/// An engine whose output is new at every run, so that a second run shows.
#[derive(Clone)]
pub struct FakeEngine {
	pub manifest: FileManifest,
	pub runs: Arc<Mutex<u32>>,
	/// Bytes of the output.
	pub length: usize,
	pub crash: Crash,
}

impl Engine for FakeEngine {
	fn run(
		&mut self,
		job: &EngineJob,
		sink: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
	) -> aci_engine::Result<Outcome> {
		let run = {
			let mut runs = self.runs.lock().expect("no panic");
			*runs += 1;
			*runs
		};
		self.crash.point();
		let tokens_in = self.prompt_tokens(&job.model, job.task, &job.input)?.len() as u32;
		// Longer than the class's hardware takes at least.
		std::thread::sleep(Duration::from_millis(2));
		let mut output = format!("run {run} ").into_bytes();
		output.resize(self.length.max(output.len()), b'x');
		let mut tokens = 0;
		for piece in output.chunks(output.len().div_ceil(TOKENS)) {
			let text = std::str::from_utf8(piece).expect("is text");
			let _ = sink(Progress::Token {
				index: u64::from(tokens),
				id: tokens,
				text,
				hidden: &vec![tokens as f32 + 0.5; self.manifest.hidden as usize],
			});
			tokens += 1;
		}
		self.crash.point();
		let cancelled = job.cancel.is_cancelled();
		Ok(Outcome {
			finish: if cancelled {
				Finish::Cancelled
			} else {
				Finish::Stop
			},
			..outcome(&output, tokens_in, tokens)
		})
	}

	fn prompt_tokens(
		&mut self,
		_: &ModelHash,
		_: Task,
		input: &[u8],
	) -> aci_engine::Result<Vec<u32>> {
		match input.is_empty() {
			true => Err(EngineError::EmptyInput),
			false => Ok(input.iter().map(|byte| u32::from(*byte)).collect()),
		}
	}

	fn spell(&mut self, model: &ModelHash, _: &[u32]) -> aci_engine::Result<String> {
		Err(EngineError::ModelNotLoaded { hash: *model })
	}

	fn end_token(&mut self, model: &ModelHash) -> aci_engine::Result<u32> {
		Err(EngineError::ModelNotLoaded { hash: *model })
	}

	fn visit_positions_from(
		&mut self,
		model: &ModelHash,
		_: &[u32],
		_: usize,
		_: &mut dyn FnMut(PositionState<'_>) -> ControlFlow<()>,
	) -> aci_engine::Result<()> {
		Err(EngineError::ModelNotLoaded { hash: *model })
	}

	fn manifest(&self, model: &ModelHash) -> Option<&FileManifest> {
		(*model == self.manifest.hash).then_some(&self.manifest)
	}
}

/// Content with the moment until which it is kept.
pub type Held = BTreeMap<ContentId, (Vec<u8>, Moment)>;

/// Content in memory. It outlives the worker, as the content store does.
#[derive(Clone)]
pub struct FakeTransport {
	pub streams: Streams,
	pub held: Arc<Mutex<Held>>,
	/// What others serve.
	pub elsewhere: Arc<Mutex<BTreeMap<ContentId, Vec<u8>>>>,
	pub names: Arc<Mutex<BTreeMap<[u8; 32], ContentId>>>,
	pub crash: Crash,
}

impl Default for FakeTransport {
	fn default() -> Self {
		FakeTransport {
			streams: Streams::new(Default::default()),
			held: Arc::default(),
			elsewhere: Arc::default(),
			names: Arc::default(),
			crash: Crash::default(),
		}
	}
}

impl Transport for FakeTransport {
	fn serve(
		&self,
		content: Vec<u8>,
		until: Moment,
	) -> BoxFuture<'_, Result<ContentId, TransferError>> {
		Box::pin(async move {
			self.crash.point();
			let id = ContentId::of(&content);
			self.held
				.lock()
				.expect("no panic")
				.insert(id, (content, until));
			self.crash.point();
			Ok(id)
		})
	}

	fn fetch<'a>(
		&'a self,
		id: ContentId,
		_: &'a [String],
		until: Moment,
		_: ProgressSink<'a>,
	) -> BoxFuture<'a, Result<Vec<u8>, TransferError>> {
		Box::pin(async move {
			self.crash.point();
			let mut held = self.held.lock().expect("no panic");
			if let Some((content, _)) = held.get(&id) {
				return Ok(content.clone());
			}
			let elsewhere = self.elsewhere.lock().expect("no panic");
			let content = elsewhere.get(&id).cloned();
			let content = content.ok_or(TransferError::NotFound { id, asked: 1 })?;
			held.insert(id, (content.clone(), until));
			Ok(content)
		})
	}

	fn provide(&self, _: ContentId) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async { Ok(()) })
	}

	fn locators(&self) -> BoxFuture<'_, Result<Vec<String>, TransferError>> {
		Box::pin(async { Ok(vec!["/ip4/127.0.0.1/tcp/1/p2p/x".into()]) })
	}

	fn pin(&self, id: ContentId, until: Moment) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			if let Some((_, kept)) = self.held.lock().expect("no panic").get_mut(&id) {
				*kept = (*kept).max(until);
			}
			Ok(())
		})
	}

	fn discard(&self, id: ContentId) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			self.held.lock().expect("no panic").remove(&id);
			Ok(())
		})
	}

	fn expire(&self, now: Moment) -> BoxFuture<'_, Result<Vec<ContentId>, TransferError>> {
		Box::pin(async move {
			let mut held = self.held.lock().expect("no panic");
			let gone: Vec<ContentId> = held
				.iter()
				.filter(|(_, (_, until))| *until <= now)
				.map(|(id, _)| *id)
				.collect();
			held.retain(|_, (_, until)| *until > now);
			Ok(gone)
		})
	}

	fn name(&self, name: [u8; 32], id: ContentId) -> BoxFuture<'_, Result<(), TransferError>> {
		Box::pin(async move {
			self.crash.point();
			self.names.lock().expect("no panic").insert(name, id);
			Ok(())
		})
	}

	fn resolve<'a>(
		&'a self,
		name: [u8; 32],
		_: &'a [String],
	) -> BoxFuture<'a, Result<ContentId, TransferError>> {
		Box::pin(async move {
			let id = self.names.lock().expect("no panic").get(&name).copied();
			id.ok_or(TransferError::NameUnknown {
				attempts: Vec::new(),
			})
		})
	}

	fn publish(
		&self,
		job: [u8; 32],
		receiver_public: Option<[u8; 32]>,
	) -> Result<StreamWriter, TransferError> {
		self.streams.open(job, receiver_public)
	}

	/// The worker reads no streams.
	fn tail<'a>(
		&'a self,
		_: [u8; 32],
		_: &'a [String],
		_: Option<&'a [u8; 32]>,
		_: tokio::sync::mpsc::Sender<Piece>,
	) -> BoxFuture<'a, Result<(), TransferError>> {
		Box::pin(async { Err(TransferError::Closed) })
	}

	fn shutdown(&self) -> BoxFuture<'_, ()> {
		Box::pin(async {})
	}
}
