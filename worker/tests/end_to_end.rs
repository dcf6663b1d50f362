//! The real node, the real worker program and the real models.
//!
//! Needs the node's binary (`ACI_NODE_BIN`, else `aci-node` beside this test's build) and the models
//! (`ACI_MODELS`, else `~/.cache/aci/models`).
//!
//! The node seals a block every half second or second; the chain's time advances by two seconds
//! with each. Clients are Charlie and Dave: Alice authors the blocks and gets the fees, which would
//! blur what a job moves.

use aci_chain::{case::proof_name, Account, Block, Blocks, Call, Certainty, Chain, Event};
use aci_engine::{
	CancelFlag, CandleEngine, Engine, EngineOptions, JobParameters as EngineJob, ModelHash, Task,
};
use aci_market::fees;
use aci_node_testing::Node;
use aci_primitives::{
	job::{job_id, sampling_seed, Content, PrivacyTier},
	proof::{Profile, ProfileKind},
	AccountId, Balance, BoundedBytes, BoundedList, Hash, JobId, JobInput, JobOutput, JobParameters,
	JobSpec, JobStatus, ACI,
};
use aci_transfer::{Libp2pTransport, Options, Piece, Store, StoreOptions, Transport};
use codec::DecodeAll;
use sha2::{Digest, Sha256};
use sp_core::H256;
use std::{
	collections::BTreeMap,
	future::Future,
	ops::ControlFlow,
	path::{Path, PathBuf},
	process::{Child, Command, Output, Stdio},
	sync::Arc,
	time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
	sync::mpsc,
	time::{sleep, timeout},
};

/// Most time for one step of a scenario.
const STEP: Duration = Duration::from_secs(60);

/// One scenario at a time: each has models in memory and threads that compute.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn model(name: &str) -> PathBuf {
	let folder = std::env::var_os("ACI_MODELS").map_or_else(
		|| {
			let home = std::env::var_os("HOME").expect("there is a home directory");
			Path::new(&home).join(".cache/aci/models")
		},
		PathBuf::from,
	);
	let path = folder.join(name);
	assert!(
		path.is_file(),
		"there is no model at {}: run scripts/setup.sh to fetch the models",
		path.display()
	);
	path
}

fn text_model() -> PathBuf {
	model("smollm2-135m-instruct-q4_1.gguf")
}

fn embedding_model() -> PathBuf {
	model("all-minilm-l6-v2/model.safetensors")
}

fn hash_of(path: &Path) -> ModelHash {
	aci_engine::model::hash_file(path).expect("is readable").0
}

/// A program that ends when this is dropped.
struct Running(Child);

impl Running {
	/// Ends it at once, without a chance to write anything.
	fn kill(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}

	/// Asks it to end. Its exit code, or `None` where it did not end in time.
	fn terminate(&mut self, within: Duration) -> Option<i32> {
		let id = self.0.id().to_string();
		let sent = Command::new("kill").args(["-TERM", &id]).status();
		assert!(sent.is_ok_and(|status| status.success()), "is told to end");
		let begin = Instant::now();
		while begin.elapsed() < within {
			if let Ok(Some(status)) = self.0.try_wait() {
				return status.code();
			}
			std::thread::sleep(Duration::from_millis(50));
		}
		None
	}
}

impl Drop for Running {
	fn drop(&mut self) {
		self.kill();
	}
}

struct World {
	_node: Node,
	url: String,
	chain: Chain,
	folder: TempDir,
}

impl World {
	/// A development chain with a block every `sealing` milliseconds.
	async fn new(sealing: u32) -> Self {
		let folder = tempfile::tempdir().expect("a folder");
		let node = Node::dev(&["--sealing", &sealing.to_string()]);
		let url = node.url();
		let chain = within("the node to answer", async {
			loop {
				match Chain::connect(&url).await {
					Ok(chain) => break chain,
					Err(error) if error.is_network() => sleep(Duration::from_millis(100)).await,
					Err(error) => panic!("{error}"),
				}
			}
		})
		.await;
		World {
			_node: node,
			url,
			chain,
			folder,
		}
	}

	fn log(&self) -> PathBuf {
		self.folder.path().join("worker.log")
	}

	fn worker_command(&self) -> Command {
		let mut command = Command::new(env!("CARGO_BIN_EXE_aci-worker"));
		command
			.arg("run")
			.args(["--node", &self.url, "--account", "bob", "--threads", "2"])
			.arg("--data-dir")
			.arg(self.folder.path().join("worker"))
			.arg("--model")
			.arg(text_model())
			.arg("--model")
			.arg(embedding_model())
			.env_remove("RUST_LOG");
		command
	}

	/// A running worker, once it is ready for jobs.
	async fn worker(&self) -> Running {
		let log = std::fs::File::create(self.log()).expect("a file");
		let child = self
			.worker_command()
			.stdout(Stdio::null())
			.stderr(log)
			.spawn()
			.expect("the worker starts");
		let mut worker = Running(child);
		within("the worker to be ready", async {
			loop {
				let log = std::fs::read_to_string(self.log()).unwrap_or_default();
				if log.contains("ready for jobs") {
					break;
				}
				if let Ok(Some(status)) = worker.0.try_wait() {
					panic!("the worker ended with {status}:\n{log}");
				}
				sleep(Duration::from_millis(50)).await;
			}
		})
		.await;
		worker
	}

	async fn blocks(&self) -> Blocks {
		let blocks = self.chain.blocks(Certainty::Best).await;
		blocks.expect("the chain can be followed")
	}

	async fn submit(&self, client: &Account, order: u64, spec: &JobSpec) -> JobId {
		let call = Call::submit(order, spec.clone());
		let included = self.chain.submit(client, call).await;
		included.expect("the order is taken");
		job_id(&self.chain.genesis(), &client.id(), order, spec)
	}

	async fn total(&self, account: &AccountId) -> Balance {
		let balances = self.chain.balances(account).await.expect("is read");
		balances.free + balances.reserved
	}

	/// Follows the chain until the job is settled. Fees are counted in the blocks after `since`.
	async fn settled(&self, blocks: &mut Blocks, job: JobId, since: u32) -> Settled {
		let mut settled = Settled::default();
		let what = format!("job {job:?} to settle");
		within(&what, async {
			loop {
				let block = blocks.next().await.expect("the chain goes on");
				if settled.take_up(block, job, since) {
					return settled;
				}
			}
		})
		.await
	}
}

/// What the chain told of a job until it was paid.
#[derive(Default)]
struct Settled {
	price: Balance,
	due: Balance,
	paid: Balance,
	shares: [Balance; 4],
	refund: Balance,
	output_hash: Hash,
	/// Fees that each account paid meanwhile.
	fees: BTreeMap<AccountId, Balance>,
	results: u32,
}

impl Settled {
	fn take_up(&mut self, block: Block, wanted: JobId, since: u32) -> bool {
		let mut done = false;
		let counted = block.number > since;
		for event in block.events {
			if let Event::Other {
				pallet,
				name,
				fields,
			} = &event
			{
				let event = (pallet.as_str(), name.as_str());
				if counted && event == ("TransactionPayment", "TransactionFeePaid") {
					let (who, fee, _tip): (AccountId, Balance, Balance) =
						DecodeAll::decode_all(&mut fields.as_slice()).expect("three fields");
					*self.fees.entry(who).or_default() += fee;
				}
			}
			if event.job() != Some(&wanted) {
				continue;
			}
			match event {
				Event::JobMatched { price, .. } => self.price = price,
				Event::ResultSubmitted {
					due, output_hash, ..
				} => {
					self.due = due;
					self.output_hash = output_hash;
					self.results += 1;
				}
				Event::JobSettled {
					paid,
					validators,
					verifiers,
					fund,
					burned,
					refund,
					..
				} => {
					self.paid = paid;
					self.shares = [validators, verifiers, fund, burned];
					self.refund = refund;
					done = true;
				}
				Event::JobExpired { .. }
				| Event::JobTimedOut { .. }
				| Event::JobReturned { .. }
				| Event::JobCancelled { .. } => panic!("the job is not served: {event:?}"),
				_ => {}
			}
		}
		done
	}
}

async fn within<T>(what: &str, step: impl Future<Output = T>) -> T {
	match timeout(STEP, step).await {
		Ok(value) => value,
		Err(_) => panic!("waited {STEP:?} for {what}"),
	}
}

fn inline(input: &[u8]) -> JobInput {
	JobInput::Inline(input.to_vec().try_into().expect("is short"))
}

fn text_spec(input: &[u8], temperature: u32, max_tokens_out: u32) -> JobSpec {
	JobSpec {
		model: H256(hash_of(&text_model()).0),
		class: 0,
		input: inline(input),
		parameters: JobParameters {
			max_tokens_in: 128,
			max_tokens_out,
			temperature,
			seed: H256::repeat_byte(42),
		},
		max_price: 5 * ACI,
		sla: 120_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

fn embedding_spec(input: JobInput) -> JobSpec {
	JobSpec {
		model: H256(hash_of(&embedding_model()).0),
		input,
		parameters: JobParameters {
			max_tokens_in: 512,
			max_tokens_out: 0,
			temperature: 0,
			seed: H256::zero(),
		},
		profile: Profile {
			kind: ProfileKind::Numeric,
			calibration: 0,
		},
		..text_spec(b"x", 0, 1)
	}
}

/// What the model gives for a job, computed here.
fn recompute(path: PathBuf, task: Task, job: &JobId, spec: &JobSpec, input: &[u8]) -> Vec<u8> {
	let mut engine = CandleEngine::new(EngineOptions::default()).expect("starts");
	let model = engine.load(&path).expect("loads").hash;
	let job = EngineJob {
		model,
		task,
		input: input.to_vec(),
		seed: sampling_seed(job, &spec.parameters.seed, &spec.model).0,
		temperature_milli: spec.parameters.temperature,
		max_tokens: spec.parameters.max_tokens_out,
		cancel: CancelFlag::default(),
	};
	let outcome = engine.run(&job, &mut |_| ControlFlow::Continue(()));
	outcome.expect("runs").output
}

fn sha256(bytes: &[u8]) -> H256 {
	H256(Sha256::digest(bytes).into())
}

async fn inline_output(chain: &Chain, job: JobId) -> Vec<u8> {
	let view = chain.job(job).await.expect("is read");
	let result = view.and_then(|view| view.job.result);
	match result.expect("has a result").output {
		JobOutput::Inline(bytes) => bytes.to_vec(),
		JobOutput::Content(content) => panic!("is not inline: {content:?}"),
	}
}

fn message(output: &Output) -> String {
	String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_settle_with_outputs_that_can_be_recomputed_and_money_that_adds_up() {
	let _turn = ONE_AT_A_TIME.lock().await;
	let world = World::new(500).await;
	let mut worker = world.worker().await;
	let client = Account::development("charlie").expect("is known");
	let bob = Account::development("bob").expect("is known").id();

	// A text at a temperature: the output follows from the seed that the job's identity gives.
	let question = b"What is the capital of France?";
	let spec = text_spec(question, 700, 24);
	let mut blocks = world.blocks().await;
	// The worker sends nothing before it has a job.
	let head = world.chain.head(Certainty::Best).await.expect("answers");
	let worker_before = world.total(&bob).await;
	let job = world.submit(&client, 1, &spec).await;
	// The client sends nothing until the job is settled, so what changes is the job's.
	let client_before = world.total(&client.id()).await;
	let settled = world.settled(&mut blocks, job, head.number).await;
	let client_after = world.total(&client.id()).await;
	let worker_after = world.total(&bob).await;

	let output = inline_output(&world.chain, job).await;
	let receipt = world.chain.receipt(job).await.expect("is read");
	let receipt = receipt.expect("is stored").receipt;
	assert_eq!(sha256(&output), receipt.output);
	assert_eq!(settled.output_hash, receipt.output);
	assert!(std::str::from_utf8(&output).is_ok_and(|text| !text.is_empty()));
	let again = recompute(text_model(), Task::Chat, &job, &spec, question);
	assert_eq!(
		sha256(&again),
		receipt.output,
		"the same seed gives the same output"
	);
	assert_eq!(settled.results, 1);

	// To the unit: client's loss = worker's gain + pools + burn.
	let shared: Balance = settled.shares.iter().sum();
	assert!(settled.paid > 0 && settled.shares.iter().all(|share| *share > 0));
	assert_eq!(settled.paid + shared, settled.due);
	assert_eq!(settled.due + settled.refund, settled.price);
	assert_eq!(client_before - client_after, settled.due);
	let fees = settled.fees.get(&bob).copied().unwrap_or_default();
	assert_eq!(worker_after + fees, worker_before + settled.paid);
	let parts = fees::split(settled.due, &Default::default());
	assert_eq!(
		[
			settled.paid,
			settled.shares[0],
			settled.shares[1],
			settled.shares[2],
			settled.shares[3]
		],
		[
			parts.worker,
			parts.validators,
			parts.verifiers,
			parts.liquidity,
			parts.burn
		]
	);

	// An embedding.
	let spec = embedding_spec(inline(b"A sentence that is embedded."));
	let job = world.submit(&client, 2, &spec).await;
	let settled = world.settled(&mut blocks, job, 0).await;
	let output = inline_output(&world.chain, job).await;
	assert_eq!(sha256(&output), settled.output_hash);
	let numbers: Vec<f32> = output
		.chunks_exact(4)
		.map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four bytes")))
		.collect();
	assert_eq!((numbers.len(), output.len()), (384, 384 * 4));
	let norm: f32 = numbers.iter().map(|number| number * number).sum();
	assert!((norm - 1.0).abs() < 1e-4, "{norm}");

	// An input with more tokens than ordered is given back, not run.
	let mut spec = text_spec(&[b'a'; 2_000], 0, 8);
	spec.parameters.max_tokens_in = 16;
	let job = world.submit(&client, 3, &spec).await;
	within("the job to expire", async {
		loop {
			for event in blocks.next().await.expect("the chain goes on").events {
				if matches!(&event, Event::JobExpired { job: expired, .. } if *expired == job) {
					return;
				}
			}
		}
	})
	.await;

	// In all this the chain refused nothing, and nothing failed.
	let log = std::fs::read_to_string(world.log()).expect("is there");
	for trouble in ["ERROR", "trying again", "the chain refuses"] {
		assert!(!log.contains(trouble), "`{trouble}`:\n{log}");
	}
	assert_eq!(worker.terminate(Duration::from_secs(12)), Some(0));
	let view = world.chain.worker(&bob).await.expect("is read");
	assert!(
		!view.expect("is registered").worker.active,
		"a stopped worker gets no jobs"
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_comes_back_and_nothing_is_lost() {
	let _turn = ONE_AT_A_TIME.lock().await;
	let world = World::new(1_000).await;
	let mut worker = world.worker().await;
	let client = Account::development("dave").expect("is known");
	let bob = Account::development("bob").expect("is known").id();
	let mut blocks = world.blocks().await;

	// A sealed job whose input goes over the data channel, sealed to the worker's attested key.
	let view = world.chain.worker(&bob).await.expect("is read");
	let data_key = view.and_then(|view| view.data_key).expect("is attested");
	let reply = [77; 32];
	let text = "Words that nobody else reads. ".repeat(200);
	let plain = [
		aci_worker::input::REPLY,
		&aci_transfer::public_key(&reply),
		text.as_bytes(),
	]
	.concat();
	let serving = transport(&world, "client", 1).await;
	let sealed = serving.serve_sealed(plain, data_key, u64::MAX).await;
	let sealed = sealed.expect("is served");
	let locators = serving.locators().await.expect("is reachable");
	let mut spec = embedding_spec(JobInput::Content(Content {
		sha256: H256(sealed.sha256),
		tree_root: H256(sealed.tree_root),
		length: sealed.length,
		locators: BoundedList::truncate_from(
			locators
				.into_iter()
				.map(|locator| BoundedBytes::truncate_from(locator.into_bytes()))
				.collect(),
		),
	}));
	spec.privacy = PrivacyTier::Sealed;
	let old = world.submit(&client, 1, &spec).await;
	world.settled(&mut blocks, old, 0).await;
	serving.shutdown().await;

	// A second worker on the same data is refused.
	let second = world.worker_command().output().expect("starts");
	assert!(!second.status.success());
	assert!(
		message(&second).contains("in use by process"),
		"{}",
		message(&second)
	);

	// A long text, and the worker dies while it makes it.
	let spec = text_spec(b"Write a long story about the sea.", 900, 160);
	let job = world.submit(&client, 2, &spec).await;
	within("the job to be acknowledged", async {
		loop {
			let block = blocks.next().await.expect("the chain goes on");
			let acknowledged = |event: &Event| {
				matches!(event, Event::JobAcknowledged { job: known, .. } if *known == job)
			};
			if block.events.iter().any(acknowledged) {
				return;
			}
		}
	})
	.await;
	sleep(Duration::from_millis(500)).await;
	worker.kill();
	let view = world
		.chain
		.job(job)
		.await
		.expect("is read")
		.expect("is known");
	assert_eq!(view.job.status, JobStatus::Running, "it died in the middle");

	let registered = world.chain.worker(&bob).await.expect("is read");
	let _worker = world.worker().await;
	let settled = world.settled(&mut blocks, job, 0).await;
	assert_eq!(settled.results, 1);
	let output = inline_output(&world.chain, job).await;
	let again = recompute(
		text_model(),
		Task::Chat,
		&job,
		&spec,
		b"Write a long story about the sea.",
	);
	assert_eq!(sha256(&output), settled.output_hash);
	assert_eq!(
		sha256(&again),
		settled.output_hash,
		"the broken run left no trace"
	);

	// The new start changed nothing on the chain.
	let log = std::fs::read_to_string(world.log()).expect("is there");
	for change in ["attested", "registered ", "bonded", "updated"] {
		assert!(
			!log.contains(change),
			"`{change}` in the second start:\n{log}"
		);
	}

	// The old output is readable, by its client alone; the old input is still served by the worker.
	let output = inline_output(&world.chain, old).await;
	let output = aci_transfer::open(&output, &reply).expect("is for the client");
	assert_eq!(output.len(), 384 * 4);
	let endpoints = registered.expect("is registered").worker.endpoints;
	let endpoints: Vec<String> = endpoints
		.iter()
		.map(|endpoint| String::from_utf8_lossy(endpoint).into_owned())
		.collect();
	let other = transport(&world, "other", 2).await;
	let fetched = within(
		"the worker to serve the old input",
		other.fetch(sealed, &endpoints, u64::MAX, &mut |_| {}),
	)
	.await;
	assert_eq!(sha256(&fetched.expect("is served")), H256(sealed.sha256));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_streamed_while_it_is_made_and_is_the_result() {
	let _turn = ONE_AT_A_TIME.lock().await;
	let world = World::new(1_000).await;
	let _worker = world.worker().await;
	let client = Account::development("charlie").expect("is known");
	let bob = Account::development("bob").expect("is known").id();
	let view = world.chain.worker(&bob).await.expect("is read");
	let view = view.expect("is registered");
	let endpoints: Vec<String> = view
		.worker
		.endpoints
		.iter()
		.map(|endpoint| String::from_utf8_lossy(endpoint).into_owned())
		.collect();
	let reader = transport(&world, "reader", 3).await;
	let mut blocks = world.blocks().await;
	let reply = [78; 32];
	let question = b"Write a long story about the sea.";
	let private = [
		aci_worker::input::REPLY,
		&aci_transfer::public_key(&reply),
		question,
	]
	.concat();
	let data_key = view.data_key.expect("is attested");
	let sealed = aci_transfer::seal(&private, &data_key).expect("a good key");
	for (order, secret) in [(1, None), (2, Some(reply))] {
		let mut spec = text_spec(question, 900, 96);
		if secret.is_some() {
			spec.input = inline(&sealed.bytes);
			spec.privacy = PrivacyTier::Sealed;
		}
		let job = world.submit(&client, order, &spec).await;
		let (sender, mut pieces) = mpsc::channel(1);
		let reading = {
			let (reader, endpoints) = (reader.clone(), endpoints.clone());
			tokio::spawn(async move {
				reader
					.tail(job.0, &endpoints, secret.as_ref(), sender)
					.await
			})
		};
		let mut text = Vec::new();
		let mut while_running = 0;
		within("the text", async {
			while let Some(piece) = pieces.recv().await {
				let Piece::Bytes(bytes) = piece else {
					panic!("nobody began again");
				};
				text.extend(bytes);
				let view = world.chain.job(job).await.expect("is read");
				let status = view.expect("is known").job.status;
				while_running += usize::from(status == JobStatus::Running);
			}
		})
		.await;
		let read = reading.await.expect("does not panic");
		read.expect("the stream ends as it should");
		assert!(
			while_running >= 2,
			"{while_running} pieces before the result"
		);

		let settled = world.settled(&mut blocks, job, 0).await;
		let output = inline_output(&world.chain, job).await;
		assert_eq!(sha256(&output), settled.output_hash);
		let output = match secret {
			Some(secret) => aci_transfer::open(&output, &secret).expect("is for the client"),
			None => output,
		};
		assert_eq!(
			String::from_utf8_lossy(&text),
			String::from_utf8_lossy(&output)
		);
	}
}

/// The files of a finished job, as anyone has them from the chain and the worker.
async fn save(world: &World, job: JobId, folder: &Path) -> Vec<String> {
	let case = world.chain.case(job).await.expect("has a receipt");
	let JobInput::Inline(input) = &case.spec.input else {
		panic!("the inputs are short");
	};
	let mut files = vec![
		("receipt", case.to_bytes()),
		("input", input.to_vec()),
		("output", inline_output(&world.chain, job).await),
	];
	if case.receipt.receipt.proof_root != H256::zero() {
		let worker = world.chain.worker(&case.worker).await.expect("is read");
		let endpoints: Vec<String> = worker
			.expect("is registered")
			.worker
			.endpoints
			.iter()
			.map(|endpoint| String::from_utf8_lossy(endpoint).into_owned())
			.collect();
		let transport = transport(world, "verifier", 11).await;
		let content = transport.resolve(proof_name(&job), &endpoints).await;
		let content = content.expect("the worker serves the proof");
		let proof = transport.fetch(content, &endpoints, 1, &mut |_| ()).await;
		files.push(("proof", proof.expect("is fetched")));
		transport.shutdown().await;
	}
	std::fs::create_dir_all(folder).expect("a folder");
	let mut options = Vec::new();
	for (name, bytes) in files {
		let path = folder.join(name);
		std::fs::write(&path, bytes).expect("writes");
		options.extend([format!("--{name}"), path.display().to_string()]);
	}
	options
}

/// The verifier's program, offline: its exit status and what it said.
fn verify(options: &[String], model: &Path) -> (Option<i32>, String) {
	let output = Command::new(env!("CARGO_BIN_EXE_aci-worker"))
		.args(["verify", "--offline", "--threads", "2"])
		.args(options)
		.arg("--model")
		.arg(model)
		.output()
		.expect("the program starts");
	let said = [output.stdout, output.stderr].concat();
	let said = String::from_utf8_lossy(&said).into_owned();
	println!("{said}");
	(output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_job_is_verified_offline_by_its_files() {
	let _turn = ONE_AT_A_TIME.lock().await;
	let world = World::new(500).await;
	let _worker = world.worker().await;
	let charlie = Account::development("charlie").expect("is known");
	let mut blocks = world.blocks().await;
	let text = text_spec(b"Write one sentence about the sea.", 800, 24);
	let text = world.submit(&charlie, 1, &text).await;
	world.settled(&mut blocks, text, 0).await;
	let embedding = world
		.submit(&charlie, 2, &embedding_spec(inline(b"The sea is wide.")))
		.await;
	world.settled(&mut blocks, embedding, 0).await;

	let folder = world.folder.path();
	let options = save(&world, text, &folder.join("text")).await;
	assert_eq!(options.len(), 8, "with a proof");
	let (status, said) = verify(&options, &text_model());
	assert_eq!(status, Some(0), "{said}");
	assert!(
		said.contains("PASS") && said.contains("thresholds: version"),
		"{said}"
	);
	std::fs::write(folder.join("text/output"), b"Something else.").expect("writes");
	let (status, said) = verify(&options, &text_model());
	assert_eq!(status, Some(1), "{said}");
	assert!(said.contains("FAIL: the output"), "{said}");
	std::fs::write(folder.join("text/receipt"), b"no receipt").expect("writes");
	let (status, said) = verify(&options, &text_model());
	assert_eq!(status, Some(2), "{said}");
	let (status, said) = verify(&options[..2], &text_model());
	assert_eq!(status, Some(2), "arguments are missing: {said}");

	let options = save(&world, embedding, &folder.join("embedding")).await;
	assert_eq!(options.len(), 6, "without a proof");
	let (status, said) = verify(&options, &embedding_model());
	assert_eq!(status, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_start_says_what_to_do() {
	let _turn = ONE_AT_A_TIME.lock().await;
	let world = World::new(500).await;
	let start = |arguments: &[&str], data: &str| {
		let output = Command::new(env!("CARGO_BIN_EXE_aci-worker"))
			.args(["run", "--node", &world.url])
			.args(arguments)
			.arg("--data-dir")
			.arg(world.folder.path().join(data))
			.output()
			.expect("starts");
		assert!(!output.status.success());
		message(&output)
	};
	let missing = start(&["--account", "bob", "--model", "/nowhere/a.gguf"], "one");
	assert!(missing.contains("scripts/setup.sh"), "{missing}");
	let embedding = embedding_model().display().to_string();
	let class = start(
		&[
			"--account",
			"bob",
			"--class",
			"abacus",
			"--model",
			&embedding,
		],
		"two",
	);
	assert!(class.contains("cpu (0)"), "{class}");
	let bond = start(
		&["--account", "bob", "--bond", "never", "--model", &embedding],
		"three",
	);
	assert!(bond.contains("118.000000000000 ACI"), "{bond}");
	let poor = world.folder.path().join("poor");
	std::fs::write(&poor, "//nobody//with//money").expect("is written");
	restrict(&poor);
	let poor = poor.display().to_string();
	let balance = start(&["--keystore", &poor, "--model", &embedding], "four");
	assert!(
		balance.contains("send it at least 119.000000000000 ACI"),
		"{balance}"
	);

	// A model that the chain does not know.
	let folder = world.folder.path().join("model");
	std::fs::create_dir(&folder).expect("is made");
	for name in ["model.safetensors", "config.json", "tokenizer.json"] {
		let from = embedding_model().with_file_name(name);
		std::fs::copy(from, folder.join(name)).expect("is copied");
	}
	let copy = folder.join("model.safetensors");
	let mut bytes = std::fs::read(&copy).expect("is read");
	*bytes.last_mut().expect("is not empty") ^= 1;
	std::fs::write(&copy, &bytes).expect("is written");
	let changed = hash_of(&copy).to_string();
	let copy = copy.display().to_string();
	let unknown = start(&["--account", "bob", "--model", &copy], "five");
	assert!(
		unknown.contains(&changed) && unknown.contains("not registered"),
		"{unknown}"
	);
	let manifest = Command::new(env!("CARGO_BIN_EXE_aci-worker"))
		.args(["model-manifest", &copy])
		.output()
		.expect("starts");
	let manifest: serde_json::Value =
		serde_json::from_slice(&manifest.stdout).expect("prints JSON");
	assert_eq!(manifest["model"], format!("0x{changed}"));
}

#[cfg(unix)]
fn restrict(path: &Path) {
	use std::os::unix::fs::PermissionsExt;
	let permissions = std::fs::Permissions::from_mode(0o600);
	std::fs::set_permissions(path, permissions).expect("is ours");
}

#[cfg(not(unix))]
fn restrict(_: &Path) {}

/// A node of the data channel.
async fn transport(world: &World, name: &str, secret: u8) -> Libp2pTransport {
	let path = world.folder.path().join(format!("{name}.redb"));
	let store = Store::open(path, StoreOptions::default()).expect("opens");
	let node = Libp2pTransport::start([secret; 32], Options::default(), Arc::new(store));
	node.await.expect("listens")
}
