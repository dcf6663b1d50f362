//! A contract asks a model that a real worker runs, on a real node, and keeps the verified answer.
//!
//! Needs the programs `aci-node` and `aci-worker` (`ACI_NODE_BIN` and `ACI_WORKER_BIN`, else in the
//! target folder) and the models (`ACI_MODELS`, else `~/.cache/aci/models`).
//!
//! Alice authors the blocks and gets the fees, so the asker is Charlie and the worker is Bob.

mod common;

use aci_chain::{Account, Chain};
use aci_node_testing::binary;
use aci_primitives::{JobId, JobOutput, JobStatus};
use common::{build_contract, planck, Node};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};

/// Most time for one step.
const LIMIT: Duration = Duration::from_secs(120);
/// Milliseconds of a block: two seconds of the chain's time.
const BLOCK: &str = "1000";

/// A program that ends when this is dropped.
struct Running(Child);

impl Drop for Running {
	fn drop(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

fn model() -> PathBuf {
	let folder = std::env::var_os("ACI_MODELS").map_or_else(
		|| {
			let home = std::env::var_os("HOME").expect("there is a home directory");
			Path::new(&home).join(".cache/aci/models")
		},
		PathBuf::from,
	);
	let path = folder.join("smollm2-135m-instruct-q4_1.gguf");
	assert!(
		path.is_file(),
		"there is no model at {}: run scripts/setup.sh to fetch the models",
		path.display()
	);
	path
}

fn hash_of(path: &Path) -> String {
	let bytes = std::fs::read(path).expect("is there");
	format!("hash:0x{}", hex::encode(Sha256::digest(bytes)))
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
	let begin = Instant::now();
	loop {
		if let Some(found) = found() {
			return found;
		}
		assert!(begin.elapsed() < LIMIT, "waited in vain for {what}");
		std::thread::sleep(Duration::from_millis(200));
	}
}

/// A worker of the text model, once it is ready for jobs.
fn worker(node: &Node, folder: &tempfile::TempDir) -> Running {
	let path = folder.path().join("worker.log");
	let log = std::fs::File::create(&path).expect("a file");
	let child = Command::new(binary("ACI_WORKER_BIN", "aci-worker"))
		.args(["run", "--node", &node.url(), "--account", "bob"])
		.args(["--threads", "2"])
		.arg("--data-dir")
		.arg(folder.path().join("worker"))
		.arg("--model")
		.arg(model())
		.env_remove("RUST_LOG")
		.stdout(Stdio::null())
		.stderr(log)
		.spawn()
		.expect("the worker starts");
	let mut worker = Running(child);
	until("the worker", || {
		let log = std::fs::read_to_string(&path).unwrap_or_default();
		if let Ok(Some(status)) = worker.0.try_wait() {
			panic!("the worker ended with {status}:\n{log}");
		}
		log.contains("ready for jobs").then_some(())
	});
	worker
}

/// Bytes of 0x and digits.
fn bytes(value: &Value) -> Vec<u8> {
	let text = value.as_str().expect("is text");
	hex::decode(text.strip_prefix("0x").expect("begins with 0x")).expect("are digits")
}

fn total(node: &Node, account: &str) -> u128 {
	let (free, held) = node.money(account);
	free + held
}

/// A question as the contract keeps it.
struct Question {
	status: u8,
	amount: u128,
	text: Vec<u8>,
	answer: Vec<u8>,
}

fn question(node: &Node, contract: &str, job: &[u8]) -> Question {
	let key = format!("0x71{}", hex::encode(job));
	let shown = node.json("charlie", &["contract", "show", contract, "--key", &key]);
	let record = bytes(&shown["value"]);
	let counted = |at: usize| {
		let length: [u8; 4] = record[at..at + 4].try_into().expect("four bytes");
		let end = at + 4 + u32::from_le_bytes(length) as usize;
		(record[at + 4..end].to_vec(), end)
	};
	let (text, end) = counted(49);
	Question {
		status: record[0],
		amount: u128::from_le_bytes(record[33..49].try_into().expect("16 bytes")),
		text,
		answer: counted(end).0,
	}
}

#[test]
fn a_contract_asks_a_model_and_a_worker_answers_it() {
	let folder = tempfile::tempdir().expect("a folder");
	let (module, _) = build_contract("questions", &folder);
	let module = module.to_str().expect("is text");
	let node = Node::sealing(BLOCK);
	let _worker = worker(&node, &folder);
	let runtime = tokio::runtime::Runtime::new().expect("starts");
	let chain = runtime
		.block_on(Chain::connect(&node.url()))
		.expect("the node answers");

	// Two ACI for the deposits of jobs; half a one for storing an answer.
	let model = hash_of(&model());
	let terms = [&model, "u32:160", "u32:12", "aci:0.5"];
	let deploy = ["contract", "deploy", module, "--value", "2", "--yes"];
	let made = node.json("charlie", &[&deploy[..], &terms].concat());
	let contract = made["contract"].as_str().expect("is text").to_string();

	let ask = [
		&contract,
		"ask",
		"text:What is the capital of France?",
		"--value",
		"5",
	];
	let estimate = [&["contract", "estimate"], &ask[..]].concat();
	let told = node.json("charlie", &estimate);
	assert!(
		told["gas_used"].as_u64().expect("a number") > 20_000,
		"the call back's too"
	);

	let before = (total(&node, "charlie"), total(&node, &contract));
	let bob = Account::development("bob").expect("is known").id();
	let call = [&["contract", "call"], &ask[..], &["--yes"]].concat();
	let called = node.json("charlie", &call);
	let id = bytes(&called["output"]);
	let job = JobId::from_slice(&id);
	let ordered = called["events"].as_array().expect("is a list");
	assert!(
		ordered
			.iter()
			.any(|event| event["event"] == "ordered" && bytes(&event["job"]) == id),
		"{called}"
	);
	let waiting = question(&node, &contract, &id);
	assert_eq!(waiting.text, b"What is the capital of France?");

	let answered = until("the answer", || {
		let question = question(&node, &contract, &id);
		(question.status != 0).then_some(question)
	});
	let view = runtime
		.block_on(chain.job(job))
		.expect("is read")
		.expect("is on record");
	assert_eq!(view.job.status, JobStatus::Settled);
	assert_eq!(view.job.client.to_string(), contract);
	assert_eq!(view.job.assignment.expect("was matched").worker, bob);
	let result = view.job.result.expect("has a result");
	let JobOutput::Inline(output) = result.output else {
		panic!("a short text is inline");
	};
	assert_eq!(answered.status, 1);
	assert_eq!(answered.answer, output.into_inner());
	assert!(std::str::from_utf8(&answered.answer).is_ok_and(|text| !text.is_empty()));
	assert_eq!(answered.amount, result.due);

	// To the planck: the asker paid the fee and what was due, and the contract nothing.
	let fee = planck(&called["fee"]);
	let after = (total(&node, "charlie"), total(&node, &contract));
	assert_eq!(after, (before.0 - fee - result.due, before.1));
	let order = runtime.block_on(chain.model_order(job)).expect("is read");
	assert_eq!(order, None, "it is told once");

	// What is forgotten gives its deposit back.
	let (_, held) = node.money("charlie");
	let job = format!("hash:0x{}", hex::encode(&id));
	let forget = ["contract", "call", &contract, "forget", &job, "--yes"];
	node.json("charlie", &forget);
	assert!(node.money("charlie").1 < held);
}
