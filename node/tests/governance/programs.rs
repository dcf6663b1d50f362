//! The worker's and the client's programs beside the node, as people run them.
//!
//! Needs the programs `aci-worker` and `aci` (`ACI_WORKER_BIN` and `ACI_CLIENT_BIN`, else in the
//! target folder) and the embedding model (`ACI_MODELS`, else `~/.cache/aci/models`).

use crate::chain::Chain;
use aci_node_testing::binary;
use serde_json::Value;
use std::{
	fs::{read_to_string, File},
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};
use tempfile::TempDir;

/// Most time for one step.
const LIMIT: Duration = Duration::from_secs(90);
/// Without a transaction for this long, a block is made all the same. Each is two seconds of the
/// chain's time, and deadlines count those.
const QUIET: Duration = Duration::from_secs(1);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Where programs are started.
pub struct Programs {
	folder: TempDir,
	url: String,
	started: usize,
}

/// A program that is ended when this is dropped.
pub struct Program {
	child: Child,
	stdout: PathBuf,
	stderr: PathBuf,
}

impl Programs {
	/// For the node of a chain.
	pub fn new(chain: &Chain) -> Self {
		Programs {
			folder: tempfile::tempdir().expect("a folder"),
			url: chain.url(),
			started: 0,
		}
	}

	/// A worker with two slots for embeddings, once it is ready for jobs.
	pub fn worker(&mut self, chain: &mut Chain, account: &str) -> Program {
		let mut command = Command::new(binary("ACI_WORKER_BIN", "aci-worker"));
		command
			.args(["run", "--account", account, "--slots", "2"])
			.arg("--data-dir")
			.arg(self.folder.path().join("worker"))
			.arg("--model")
			.arg(model())
			.env_remove("RUST_LOG");
		let mut worker = self.start(command);
		until(chain, "the worker to be ready", |_| {
			worker.must_run();
			worker.told().contains("ready for jobs").then_some(())
		});
		worker
	}

	/// A client that orders an embedding and follows it to its end.
	pub fn order(&mut self, account: &str) -> Program {
		let mut command = Command::new(binary("ACI_CLIENT_BIN", "aci"));
		command
			.args(["submit", "--json", "--account", account])
			.args(["--model", "all-MiniLM-L6-v2", "--class", "cpu"])
			.args(["--prompt", "The sea is deep and blue.", "--max-price", "5"])
			.env("ACI_DATA", self.folder.path().join("client"))
			.env("ACI_LOG", "aci_chain=info");
		self.start(command)
	}

	fn start(&mut self, mut command: Command) -> Program {
		self.started += 1;
		let path = |kind: &str| self.folder.path().join(format!("{}.{kind}", self.started));
		let (stdout, stderr) = (path("out"), path("err"));
		let create = |path: &Path| File::create(path).expect("a file");
		let child = command
			.args(["--node", &self.url])
			.stdin(Stdio::null())
			.stdout(create(&stdout))
			.stderr(create(&stderr))
			.spawn()
			.expect("the program starts");
		Program {
			child,
			stdout,
			stderr,
		}
	}
}

impl Program {
	/// What it told a person.
	pub fn told(&self) -> String {
		read_to_string(&self.stderr).expect("is text")
	}

	/// Fails where it has ended.
	pub fn must_run(&mut self) {
		if let Some(status) = self.child.try_wait().expect("is our child") {
			panic!("the program ended with {status}:\n{}", self.told());
		}
	}

	/// Makes blocks until it ends, which must be with success: the status of its job.
	pub fn job(&mut self, chain: &mut Chain) -> String {
		let status = until(chain, "the client to end", |_| {
			self.child.try_wait().expect("is our child")
		});
		assert!(status.success(), "{status}:\n{}", self.told());
		let printed = read_to_string(&self.stdout).expect("is text");
		let printed: Value = serde_json::from_str(&printed).expect("is one JSON value");
		printed["status"].as_str().expect("is text").into()
	}
}

impl Drop for Program {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

/// Makes a block whenever there is a transaction, and in quiet times, until `check` has something.
pub fn until<T>(chain: &mut Chain, what: &str, mut check: impl FnMut(&Chain) -> Option<T>) -> T {
	let begin = Instant::now();
	let mut last = begin;
	loop {
		if let Some(found) = check(chain) {
			return found;
		}
		assert!(begin.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
		if chain.pending() > 0 || last.elapsed() > QUIET {
			chain.block();
			last = Instant::now();
		}
		std::thread::sleep(PAUSE);
	}
}

/// Waits, without a block, until the node's pool holds so many transactions.
pub fn until_pending(chain: &mut Chain, number: usize) {
	let begin = Instant::now();
	while chain.pending() != number {
		assert!(
			begin.elapsed() < LIMIT,
			"{} transactions wait, not {number}",
			chain.pending()
		);
		std::thread::sleep(PAUSE);
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
	let path = folder.join("all-minilm-l6-v2/model.safetensors");
	assert!(
		path.is_file(),
		"there is no model at {}: run scripts/setup.sh to fetch the models",
		path.display()
	);
	path
}
