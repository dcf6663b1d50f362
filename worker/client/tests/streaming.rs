//! The program shows a text while a worker makes it: the real node, the real worker and a real model.
//!
//! Needs the programs `aci-node` and `aci-worker` (`ACI_NODE_BIN` and `ACI_WORKER_BIN`, else in the
//! target folder) and the models (`ACI_MODELS`, else `~/.cache/aci/models`).

use aci_chain::{Account, Chain};
use aci_node_testing::{binary, Node};
use aci_primitives::{JobId, JobStatus};
use std::{
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};
use tempfile::TempDir;
use tokio::{
	io::AsyncReadExt,
	process::{Child, Command},
	time::{sleep, timeout},
};

/// Most time for one step.
const LIMIT: Duration = Duration::from_secs(90);
const CLIENT: &str = "charlie";

struct World {
	node: Node,
	chain: Chain,
	folder: TempDir,
	_worker: Child,
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

impl World {
	async fn new() -> Self {
		let node = Node::dev(&["--sealing", "1000"]);
		let chain = Chain::connect(&node.url()).await.expect("the node answers");
		let folder = tempfile::tempdir().expect("a folder");
		let path = folder.path().join("worker.log");
		let log = std::fs::File::create(&path).expect("a file");
		let mut worker = Command::new(binary("ACI_WORKER_BIN", "aci-worker"))
			.args(["run", "--node", &node.url(), "--account", "bob"])
			.args(["--threads", "2"])
			.arg("--data-dir")
			.arg(folder.path().join("worker"))
			.arg("--model")
			.arg(model())
			.env_remove("RUST_LOG")
			.stdout(Stdio::null())
			.stderr(log)
			.kill_on_drop(true)
			.spawn()
			.expect("the worker starts");
		let ready = async {
			loop {
				let log = std::fs::read_to_string(&path).unwrap_or_default();
				if log.contains("ready for jobs") {
					break;
				}
				if let Ok(Some(status)) = worker.try_wait() {
					panic!("the worker ended with {status}:\n{log}");
				}
				sleep(Duration::from_millis(50)).await;
			}
		};
		timeout(LIMIT, ready).await.expect("is ready in time");
		World {
			node,
			chain,
			folder,
			_worker: worker,
		}
	}

	fn command(&self, arguments: &[&str]) -> Command {
		let mut command = Command::new(env!("CARGO_BIN_EXE_aci"));
		command
			.args(arguments)
			.args(["--node", &self.node.url(), "--account", CLIENT])
			.env("ACI_DATA", self.folder.path().join("client"))
			.stdin(Stdio::null())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.kill_on_drop(true);
		command
	}

	/// The client's newest job.
	async fn newest(&self) -> (JobId, JobStatus) {
		let client = Account::development(CLIENT).expect("is known").id();
		let jobs = self.chain.all_jobs_of(&client).await.expect("are read");
		let newest = jobs.into_iter().max_by_key(|view| view.job.order);
		let newest = newest.expect("one was submitted");
		(newest.id, newest.job.status)
	}

	/// Orders a story. Gives what the program printed, on both outputs, and how many pieces it
	/// printed while the chain had no result.
	async fn story(&self, more: &[&str]) -> (Vec<u8>, String, usize) {
		let prompt = "Write a long story about the sea.";
		let order = ["submit", "--model", "smollm2", "--class", "cpu", "--yes"];
		let limits = ["--max-tokens", "96", "--prompt", prompt];
		let mut child = self
			.command(&[&order[..], &limits, more].concat())
			.spawn()
			.expect("the program was built");
		let mut stdout = child.stdout.take().expect("is piped");
		let mut stderr = child.stderr.take().expect("is piped");
		let reading = tokio::spawn(async move {
			let mut text = String::new();
			stderr.read_to_string(&mut text).await.expect("is text");
			text
		});
		let (mut printed, mut while_running) = (Vec::new(), 0);
		let printing = async {
			loop {
				let mut bytes = [0; 256];
				match stdout.read(&mut bytes).await.expect("is our child") {
					0 => break,
					read => printed.extend_from_slice(&bytes[..read]),
				}
				let (_, status) = self.newest().await;
				while_running += usize::from(status == JobStatus::Running);
			}
		};
		timeout(LIMIT, printing).await.expect("ends in time");
		let told = reading.await.expect("is text");
		let status = child.wait().await.expect("is our child");
		assert!(status.success(), "{told}");
		(printed, told, while_running)
	}

	/// What `aci result` prints of the newest job.
	async fn result(&self) -> Vec<u8> {
		let (job, _) = self.newest().await;
		let ran = self
			.command(&["result", &format!("{job:?}")])
			.output()
			.await;
		let ran = ran.expect("runs");
		assert!(
			ran.status.success(),
			"{}",
			String::from_utf8_lossy(&ran.stderr)
		);
		ran.stdout
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_is_printed_while_it_is_made_once_and_is_the_result() {
	const AGREES: &str = "The text is the result";
	let world = World::new().await;
	for more in [&["--stream"][..], &["--stream", "--private"]] {
		let (printed, told, while_running) = world.story(more).await;
		assert!(while_running >= 2, "{while_running} pieces: {told}");
		assert!(told.contains(AGREES), "{told}");
		assert_eq!(printed, world.result().await);
	}
	// Where standard output is no terminal, and where it is not wanted, the result alone.
	for more in [&[][..], &["--no-stream"]] {
		let (printed, told, while_running) = world.story(more).await;
		assert_eq!(while_running, 0, "nothing is shown before the result");
		assert!(!told.contains(AGREES), "{told}");
		assert_eq!(printed, world.result().await);
	}
}
