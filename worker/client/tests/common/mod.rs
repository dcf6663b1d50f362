//! A node of its own for a test, and the program under test.

// Not every test uses all of it.
#![allow(dead_code)]

use serde_json::Value;
use std::{
	io::{BufRead, BufReader, Read},
	net::TcpListener,
	path::PathBuf,
	process::{Child, Command, Stdio},
	thread::JoinHandle,
	time::{Duration, Instant},
};

/// How long a node may take until it answers.
const START: Duration = Duration::from_secs(60);
/// How long the program may run.
const RUN: Duration = Duration::from_secs(30);

/// A development node with a block each 200 ms; each block is 2 s of the chain's time. It is killed
/// when this is dropped.
pub struct Node {
	child: Child,
	port: u16,
	data: tempfile::TempDir,
}

impl Node {
	/// Starts the node, and waits until it answers.
	pub fn start() -> Self {
		let binary = node_binary();
		let port = free_port();
		let data = tempfile::tempdir().expect("a temporary folder");
		let mut child = Command::new(&binary)
			.args([
				"--dev",
				"--sealing",
				"200",
				"--no-prometheus",
				"--port",
				"0",
			])
			.args(["--rpc-port", &port.to_string()])
			.arg("--base-path")
			.arg(data.path())
			.stdout(Stdio::null())
			.stderr(Stdio::piped())
			.spawn()
			.unwrap_or_else(|error| panic!("{} cannot be started: {error}", binary.display()));
		// What the node says is read so that it never waits for a reader; its end is shown where the
		// node does not come up.
		let said = child.stderr.take().map(|stderr| {
			std::thread::spawn(move || {
				let mut last = Vec::new();
				for line in BufReader::new(stderr).lines().map_while(Result::ok) {
					last.push(line);
					if last.len() > 30 {
						last.remove(0);
					}
				}
				last.join("\n")
			})
		});
		let mut node = Node { child, port, data };
		let begin = Instant::now();
		while begin.elapsed() < START {
			if node.run(&["class", "list"]).code == 0 {
				return node;
			}
			if node.child.try_wait().expect("is our child").is_some() {
				break;
			}
			std::thread::sleep(Duration::from_millis(200));
		}
		let _ = node.child.kill();
		let said = said.map(|said| said.join().unwrap_or_default());
		panic!("the node does not answer: {}", said.unwrap_or_default());
	}

	/// The port that the node answers at.
	pub fn port(&self) -> u16 {
		self.port
	}

	/// Runs the program against the node.
	pub fn run(&self, arguments: &[&str]) -> Ran {
		let url = format!("ws://127.0.0.1:{}", self.port);
		run(&[arguments, &["--node", &url]].concat(), &self.data)
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

impl Drop for Node {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
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

fn node_binary() -> PathBuf {
	if let Some(path) = std::env::var_os("ACI_NODE_BIN") {
		return path.into();
	}
	// The program under test lies in <target>/<profile>/.
	let program = PathBuf::from(env!("CARGO_BIN_EXE_aci"));
	let target = program.ancestors().nth(2).expect("is in a target folder");
	let node = target.join("release").join("aci-node");
	assert!(
		node.exists(),
		"there is no node at {}. Run `cargo build --release --workspace`, or name one in \
		 ACI_NODE_BIN",
		node.display()
	);
	node
}

fn free_port() -> u16 {
	let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
	listener.local_addr().expect("is bound").port()
}
