//! Makes a finished job in files, without a chain, as a client would save it.
//!
//! `cargo run --release -p aci-worker --example case -- MODEL FOLDER [--tokens N] [--cuda]`
//!
//! Then `aci-worker verify --offline --receipt FOLDER/receipt --input FOLDER/input --output
//! FOLDER/output --proof FOLDER/proof --model MODEL` checks it, here or on another machine. The
//! chain, the client and the worker are made up; keys are new each time.

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aci_chain::case::Case;
use aci_engine::prove::Prover;
use aci_engine::{
	CandleEngine, DeviceChoice, Engine, EngineOptions, JobParameters as EngineJob, Task,
};
use aci_primitives::job::{job_id, sampling_seed, JobParameters, PrivacyTier};
use aci_primitives::proof::{Profile, ProfileKind};
use aci_primitives::{AccountId, BoundedBytes, Class, JobInput, JobSpec};
use aci_worker::attester::SoftwareAttester;
use aci_worker::keys::Keys;
use aci_worker::models::chain_manifest;
use aci_worker::receipt::{make, Order, Run};
use aci_worker::store::Store;
use sha2::{Digest, Sha256};
use sp_core::H256;

const INPUT: &[u8] = b"Write three sentences about the sea.";
const USAGE: &str = "usage: case MODEL FOLDER [--tokens N] [--cuda]";

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("{error}");
			ExitCode::FAILURE
		}
	}
}

fn run() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [path, folder, rest @ ..] = arguments.as_slice() else {
		return Err(USAGE.into());
	};
	let tokens = match rest.iter().position(|argument| argument == "--tokens") {
		Some(place) => rest.get(place + 1).ok_or(USAGE)?.parse()?,
		None => 64,
	};
	let device = match rest.iter().any(|argument| argument == "--cuda") {
		true => DeviceChoice::Cuda(0),
		false => DeviceChoice::Cpu,
	};
	let options = EngineOptions {
		device,
		..Default::default()
	};
	let mut engine = CandleEngine::new(options)?;
	let file = engine.load(Path::new(path))?;
	let manifest = chain_manifest(&file, Some("model"))?;
	let model = H256(file.hash.0);
	let class = Class {
		name: BoundedBytes::truncate_from(b"example".to_vec()),
		memory: 1 << 36,
		peak_flops: 1_000_000_000_000_000,
		bandwidth: 4_000_000_000_000,
	};
	let spec = JobSpec {
		model,
		class: 0,
		input: JobInput::Inline(INPUT.to_vec().try_into().map_err(|_| "a long input")?),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: tokens,
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
	};
	let (genesis, client) = (H256([9; 32]), AccountId::new([2; 32]));
	let job = job_id(&genesis, &client, 1, &spec);
	let parameters = EngineJob {
		model: file.hash,
		task: Task::Chat,
		input: INPUT.to_vec(),
		seed: sampling_seed(&job, &spec.parameters.seed, &model).0,
		temperature_milli: spec.parameters.temperature,
		max_tokens: tokens,
		cancel: Default::default(),
	};
	let mut prover = Prover::new(ProfileKind::SampledText, file.hidden, file.vocab)?;
	let started = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
	let clock = Instant::now();
	let outcome = engine.run(&parameters, &mut |progress| {
		prover.take(&progress);
		ControlFlow::Continue(())
	})?;
	let duration = clock.elapsed();
	let prompt = engine.prompt_tokens(&file.hash, Task::Chat, INPUT)?;
	let proven = prover.finish(&job, &file.hash, &prompt, &outcome.token_ids)?;

	fs::create_dir_all(folder)?;
	let folder = Path::new(folder);
	let store = folder.join("keys.redb");
	let keys = Keys::load_or_make(&Store::open(&store)?, &SoftwareAttester::new())?;
	fs::remove_file(store)?;
	let order = Order {
		genesis: &genesis,
		job: &job,
		spec: &spec,
		class: &class,
		manifest: &manifest,
	};
	let run = Run {
		started: started.try_into()?,
		duration: duration.as_micros().try_into()?,
		output: H256(Sha256::digest(&outcome.output).into()),
		proof_root: proven.root,
		peak_memory: None,
	};
	let receipt = make(&order, &keys, &outcome, &run)?;
	let case = Case {
		genesis,
		client,
		order: 1,
		spec,
		worker: AccountId::new([1; 32]),
		class,
		session_key: keys.session_public(),
		receipt,
	};
	for (name, bytes) in [
		("receipt", case.to_bytes().as_slice()),
		("input", INPUT),
		("output", &outcome.output),
		("proof", &proven.bytes),
	] {
		fs::write(folder.join(name), bytes)?;
	}
	println!("{}", String::from_utf8_lossy(&outcome.output));
	println!(
		"{} + {} tokens in {} ms, in {}",
		outcome.tokens_in,
		outcome.tokens_out,
		duration.as_millis(),
		folder.display()
	);
	Ok(())
}
