//! A node of its own for a test, and the program under test.

// Not every test uses all of it.
#![allow(dead_code)]

use serde_json::Value;
use std::{
	io::Read,
	path::{Path, PathBuf},
	process::{Command, Stdio},
	thread::JoinHandle,
	time::{Duration, Instant},
};

/// How long a node may take until it answers.
const START: Duration = Duration::from_secs(60);
/// How long the program may run.
const RUN: Duration = Duration::from_secs(30);

/// A development node, with a block each 200 ms where nothing else is said; each block is 2 s of the
/// chain's time.
pub struct Node {
	node: aci_node_testing::Node,
	data: tempfile::TempDir,
}

impl Node {
	/// Starts the node, and waits until the program reads its chain.
	pub fn start() -> Self {
		Self::sealing("200")
	}

	/// The same with a block each so many milliseconds.
	pub fn sealing(milliseconds: &str) -> Self {
		let mut node = Node {
			node: aci_node_testing::Node::dev(&["--sealing", milliseconds]),
			data: tempfile::tempdir().expect("a temporary folder"),
		};
		let (url, data) = (node.node.url(), &node.data);
		node.node.wait("classes", START, |_| {
			let ran = run(&["class", "list", "--node", &url], data);
			(ran.code == 0).then_some(())
		});
		node
	}

	/// The node's address.
	pub fn url(&self) -> String {
		self.node.url()
	}

	/// The port that the node answers at.
	pub fn port(&self) -> u16 {
		self.node.port()
	}

	/// Runs the program against the node.
	pub fn run(&self, arguments: &[&str]) -> Ran {
		run(
			&[arguments, &["--node", &self.node.url()]].concat(),
			&self.data,
		)
	}

	/// Runs the program as an account with `--json`, which must succeed, and gives its value.
	pub fn json(&self, account: &str, arguments: &[&str]) -> Value {
		let ran = self.run(&[arguments, &["--json", "--account", account]].concat());
		assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
		ran.json()
	}

	/// Free balance and all that is held, in planck.
	pub fn money(&self, account: &str) -> (u128, u128) {
		let balance = self.json(account, &["balance"]);
		(planck(&balance["free"]), planck(&balance["reserved"]))
	}
}

/// What the program did.
pub struct Ran {
	pub code: i32,
	pub stdout: String,
	pub stderr: String,
}

impl Ran {
	/// The one value on standard output.
	pub fn json(&self) -> Value {
		serde_json::from_str(&self.stdout)
			.unwrap_or_else(|error| panic!("not one JSON value ({error}): {}", self.stdout))
	}

	/// The code of the error on standard error.
	pub fn error_code(&self) -> String {
		assert_eq!(self.stdout, "", "an error leaves standard output empty");
		let value: Value = serde_json::from_str(&self.stderr)
			.unwrap_or_else(|error| panic!("not one JSON value ({error}): {}", self.stderr));
		assert!(value["error"]["message"]
			.as_str()
			.is_some_and(|text| !text.is_empty()));
		value["error"]["code"].as_str().expect("is text").into()
	}
}

/// Runs the program.
pub fn run(arguments: &[&str], data: &tempfile::TempDir) -> Ran {
	let mut child = Command::new(env!("CARGO_BIN_EXE_aci"))
		.args(arguments)
		.env_remove("ACI_NODE")
		.env_remove("ACI_ACCOUNT")
		.env("ACI_DATA", data.path().join("client"))
		.stdin(Stdio::null())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn()
		.expect("the program was built");
	// Read beside the wait, so that the program never waits for a reader.
	let stdout = reader(child.stdout.take().expect("is piped"));
	let stderr = reader(child.stderr.take().expect("is piped"));
	let begin = Instant::now();
	let status = loop {
		if let Some(status) = child.try_wait().expect("is our child") {
			break status;
		}
		if begin.elapsed() > RUN {
			let _ = child.kill();
			let _ = child.wait();
			panic!("{arguments:?} does not end");
		}
		std::thread::sleep(Duration::from_millis(10));
	};
	Ran {
		code: status.code().expect("was not killed"),
		stdout: stdout.join().expect("is text"),
		stderr: stderr.join().expect("is text"),
	}
}

fn reader(mut source: impl Read + Send + 'static) -> JoinHandle<String> {
	std::thread::spawn(move || {
		let mut text = String::new();
		source.read_to_string(&mut text).expect("is text");
		text
	})
}

/// An amount in JSON.
pub fn planck(value: &Value) -> u128 {
	let text = value.as_str().expect("an amount is text");
	text.parse().expect("an amount is digits")
}

/// Builds an example contract with the program, in the environment of the scripts: they know a
/// toolchain that can. Gives the module and what the program said of it.
pub fn build_contract(name: &str, folder: &tempfile::TempDir) -> (PathBuf, Value) {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
	let module = folder.path().join(name).with_extension("wasm");
	let script = format!(
		". '{}' && exec \"$0\" \"$@\"",
		root.join("scripts/env.sh").display()
	);
	let output = Command::new("sh")
		.args(["-c", &script, env!("CARGO_BIN_EXE_aci"), "--json"])
		.args(["contract", "build"])
		.arg(root.join("aivm/contracts").join(name))
		.arg("--output")
		.arg(&module)
		.env(
			"CARGO_TARGET_DIR",
			Path::new(env!("CARGO_TARGET_TMPDIR")).join("contracts"),
		)
		.env_remove("RUSTUP_TOOLCHAIN")
		.output()
		.expect("there is a shell");
	let stdout = String::from_utf8_lossy(&output.stdout);
	assert!(
		output.status.success(),
		"{name} is not built: {stdout}{}",
		String::from_utf8_lossy(&output.stderr)
	);
	let said = serde_json::from_str(&stdout).expect("one JSON value");
	(module, said)
}
