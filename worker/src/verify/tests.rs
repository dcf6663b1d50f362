//! A job that the real model ran, in files, and what can be wrong with them.

use super::{command::status, *};
use crate::{
	receipt::{make, Order, Run},
	testing,
};
use aci_engine::{prove::Prover, Engine, JobParameters, Outcome as Ran};
use aci_primitives::{
	job::{job_id, sampling_seed},
	AccountId,
};
use std::{ops::ControlFlow, sync::OnceLock};
use tempfile::TempDir;

const INPUT: &[u8] = b"Write one sentence about the sea.";

/// The path of the model that `scripts/setup.sh` fetches.
fn model_path() -> PathBuf {
	let folder = match std::env::var_os("ACI_MODELS") {
		Some(folder) => PathBuf::from(folder),
		None => {
			let home = std::env::var_os("HOME").expect("set HOME or ACI_MODELS");
			PathBuf::from(home).join(".cache/aci/models")
		}
	};
	let path = folder.join("smollm2-135m-instruct-q4_1.gguf");
	assert!(
		path.is_file(),
		"{} is missing: run scripts/setup.sh, or set ACI_MODELS",
		path.display()
	);
	path
}

/// What a worker made.
#[derive(Clone)]
struct Made {
	case: Case,
	output: Vec<u8>,
	proof: Vec<u8>,
}

/// A job as a worker runs it, sampled with the order's seed or with a wrong one.
fn run_job(seed_of_the_order: bool) -> Made {
	let file = ModelFile::identify(&model_path()).expect("is a model");
	let manifest = chain_manifest(&file.manifest, None).expect("has a name");
	let model = ModelHash(file.manifest.hash.0);
	let mut spec = testing::spec(INPUT);
	spec.model = H256(model.0);
	spec.parameters.max_tokens_out = 20;
	let client = AccountId::new([2; 32]);
	let job = job_id(&testing::GENESIS, &client, 1, &spec);
	let seed = match seed_of_the_order {
		true => sampling_seed(&job, &spec.parameters.seed, &spec.model).0,
		false => [1; 32],
	};
	let mut engine = CandleEngine::new(EngineOptions::default()).expect("a processor");
	engine.load(&model_path()).expect("loads");
	let (task, prompt) = task(&mut engine, manifest.kind, &model, INPUT).expect("is text");
	let shape = &manifest.shape;
	let mut prover =
		Prover::new(ProfileKind::SampledText, shape.hidden, shape.vocabulary).expect("can be");
	let parameters = JobParameters {
		model,
		task,
		input: INPUT.to_vec(),
		seed,
		temperature_milli: spec.parameters.temperature,
		max_tokens: spec.parameters.max_tokens_out,
		cancel: Default::default(),
	};
	let outcome: Ran = engine
		.run(&parameters, &mut |progress| {
			prover.take(&progress);
			ControlFlow::Continue(())
		})
		.expect("runs");
	let proven = prover
		.finish(&job, &model, &prompt, &outcome.token_ids)
		.expect("is proved");
	let keys = testing::keys();
	let class = testing::class();
	let order = Order {
		genesis: &testing::GENESIS,
		job: &job,
		spec: &spec,
		class: &class,
		manifest: &manifest,
	};
	let run = Run {
		started: 1_700_000_000_000,
		duration: 5_000_000,
		output: H256(Sha256::digest(&outcome.output).into()),
		proof_root: proven.root,
		peak_memory: None,
	};
	let receipt = make(&order, &keys, &outcome, &run).expect("passes level 1");
	Made {
		case: Case {
			genesis: testing::GENESIS,
			client,
			order: 1,
			spec,
			worker: testing::ME,
			class,
			session_key: keys.session_public(),
			receipt,
		},
		output: outcome.output,
		proof: proven.bytes,
	}
}

/// The honest job, run once for all tests.
fn honest() -> Made {
	static MADE: OnceLock<Made> = OnceLock::new();
	MADE.get_or_init(|| run_job(true)).clone()
}

struct World {
	_folder: TempDir,
	files: Files,
}

impl World {
	fn of(made: &Made) -> Self {
		let folder = TempDir::new().expect("a directory");
		let write = |name: &str, bytes: &[u8]| {
			let path = folder.path().join(name);
			std::fs::write(&path, bytes).expect("writes");
			path
		};
		World {
			files: Files {
				receipt: write("receipt", &made.case.to_bytes()),
				input: write("input", INPUT),
				output: write("output", &made.output),
				proof: Some(write("proof", &made.proof)),
				model: model_path(),
				thresholds: None,
			},
			_folder: folder,
		}
	}

	fn verify(&self) -> Result<Conclusion, VerifyError> {
		self.verify_knowing(&Known::default())
	}

	fn verify_knowing(&self, known: &Known) -> Result<Conclusion, VerifyError> {
		let options = EngineOptions::verifier(Default::default(), None);
		let result = verify(&self.files, known, options, &mut |line| println!("{line}"));
		println!("{result:?}");
		result
	}
}

fn failed(result: Result<Conclusion, VerifyError>, word: &str) {
	assert_eq!(status(&result), 1, "{result:?}");
	match result {
		Ok(Conclusion::Failed(why)) => assert!(why.contains(word), "{why}"),
		other => panic!("{other:?}"),
	}
}

#[test]
fn an_honest_job_passes_by_its_files_alone() {
	let made = honest();
	let world = World::of(&made);
	let known = Known {
		genesis: Some(testing::GENESIS),
		session_key: Some(made.case.session_key),
	};
	let result = world.verify_knowing(&known);
	assert_eq!(status(&result), 0, "{result:?}");
}

#[test]
fn a_job_sampled_with_another_seed_fails_by_its_draws() {
	failed(World::of(&run_job(false)).verify(), "seed");
}

#[test]
fn files_that_are_not_the_receipts_fail_with_the_name_of_the_file() {
	let made = honest();
	let other = |change: &dyn Fn(&mut Made)| {
		let mut made = made.clone();
		change(&mut made);
		World::of(&made).verify()
	};
	failed(other(&|made| made.output.push(b'!')), "output");
	// Coefficients of the fingerprint stay in their field: the last bytes become zero.
	failed(
		other(&|made| {
			if let Some([a, b]) = made.proof.last_chunk_mut() {
				(*a, *b) = (0, u8::from(*b == 0));
			}
		}),
		"not the receipt's",
	);
	let world = World::of(&made);
	std::fs::write(&world.files.input, b"Write two sentences.").expect("writes");
	failed(world.verify(), "input");
}

#[test]
fn a_receipt_of_another_order_key_or_signature_fails() {
	let made = honest();
	let other = |change: &dyn Fn(&mut Case)| {
		let mut made = made.clone();
		change(&mut made.case);
		World::of(&made).verify()
	};
	failed(other(&|case| case.order = 2), "order");
	failed(other(&|case| case.genesis = H256::zero()), "order");
	failed(
		other(&|case| case.receipt.receipt.started += 1),
		"BadSignature",
	);
	failed(
		other(&|case| case.receipt.receipt.metrics.flops += 1),
		"WrongOperations",
	);
	failed(
		other(&|case| case.session_key = ed25519::Public::from_raw([7; 32])),
		"BadSignature",
	);
	let known = Known {
		session_key: Some(ed25519::Public::from_raw([7; 32])),
		..Known::default()
	};
	failed(World::of(&made).verify_knowing(&known), "session key");
	let known = Known {
		genesis: Some(H256::zero()),
		..Known::default()
	};
	failed(World::of(&made).verify_knowing(&known), "chain");
}

#[test]
fn malformed_and_oversized_files_are_typed_errors() {
	let made = honest();
	let world = World::of(&made);
	let refuse = |change: &dyn Fn(&mut Files)| {
		let mut files = world.files.clone();
		change(&mut files);
		let other = World {
			_folder: TempDir::new().expect("a directory"),
			files,
		};
		let result = other.verify();
		assert_eq!(status(&result), 2, "{result:?}");
		result.expect_err("is refused")
	};
	let folder = TempDir::new().expect("a directory");
	let file = |name: &str, bytes: &[u8]| {
		let path = folder.path().join(name);
		std::fs::write(&path, bytes).expect("writes");
		path
	};
	let bytes = made.case.to_bytes();
	for wrong in [&bytes[..bytes.len() - 1], b"", b"{}"] {
		let path = file("receipt", wrong);
		let error = refuse(&|files| files.receipt = path.clone());
		assert!(matches!(error, VerifyError::Case(CaseError::Malformed(_))));
	}
	let path = file("long", &vec![0; MAX_CASE_BYTES as usize + 1]);
	let error = refuse(&|files| files.receipt = path.clone());
	assert!(matches!(error, VerifyError::TooLong { limit, .. } if limit == MAX_CASE_BYTES));
	let missing = folder.path().join("missing");
	let error = refuse(&|files| files.output = missing.clone());
	assert!(matches!(error, VerifyError::Io { .. }));
	let error = refuse(&|files| files.model = missing.clone());
	assert!(matches!(error, VerifyError::Engine(_)));
	let error = refuse(&|files| files.proof = None);
	assert!(matches!(
		error,
		VerifyError::NoProof(ProfileKind::SampledText)
	));
	let short = file("short", &made.proof[1..]);
	let error = refuse(&|files| files.proof = Some(short.clone()));
	assert!(matches!(error, VerifyError::Proof(ProofError::WrongLength)));
	let long = file("long", &[&made.proof[..], b"x"].concat());
	let error = refuse(&|files| files.proof = Some(long.clone()));
	assert!(matches!(error, VerifyError::TooLong { .. }));
}

#[test]
fn a_private_job_is_not_checked_by_strangers() {
	let mut made = honest();
	made.case.spec.privacy = PrivacyTier::Sealed;
	let spec = made.case.spec.clone();
	let case = &mut made.case;
	case.receipt.receipt.job = job_id(&case.genesis, &case.client, case.order, &spec);
	let result = World::of(&made).verify();
	assert_eq!(status(&result), 2);
	assert!(matches!(result, Err(VerifyError::Private)));
}
