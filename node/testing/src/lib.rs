//! # Real nodes for tests
//!
//! Starts the program `aci-node` on loopback with ports that the system gives, waits until it
//! answers, and ends it when the value is dropped.
//!
//! 1. A node never listens anywhere but on loopback.
//! 2. A node is ended by its process id when its [`Node`] is dropped, also in a test that fails.
//! 3. Every wait has an end; a wait that ends in vain panics with the node's last lines.
//! 4. Nodes of one program share the compiled runtime, in a folder beside the program.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod http;
mod network;

pub use network::{Network, VALIDATORS};

use serde_json::{json, Value};
use std::{
	io::{BufRead, BufReader},
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	sync::{Arc, Mutex},
	time::{Duration, Instant},
};

/// How long a node may take until it answers. Compiling the runtime takes most of it.
const START: Duration = Duration::from_secs(60);
/// How many of the node's last lines are shown when something fails.
const SHOWN_LINES: usize = 40;

/// The program `aci-node`: what `ACI_NODE_BIN` names, else the one in the target folder.
pub fn node_binary() -> PathBuf {
	binary("ACI_NODE_BIN", "aci-node")
}

/// A program of this workspace: what the variable names, else the one in the target folder of the
/// test that asks.
pub fn binary(variable: &str, name: &str) -> PathBuf {
	if let Some(path) = std::env::var_os(variable) {
		return path.into();
	}
	// A test runs as `<target>/<profile>/deps/<test>`.
	let path = std::env::current_exe()
		.ok()
		.and_then(|test| Some(test.parent()?.parent()?.join(name)))
		.unwrap_or_else(|| name.into());
	assert!(
		path.exists(),
		"{} is missing: build it with `cargo build --release --workspace`, or name another in {variable}",
		path.display(),
	);
	path
}

/// Where nodes of this program keep the compiled runtime.
fn runtime_cache(program: &Path) -> PathBuf {
	program.with_file_name("runtime-cache")
}

/// A running node.
pub struct Node {
	child: Child,
	rpc: u16,
	peer: Option<String>,
	lines: Arc<Mutex<Vec<String>>>,
}

impl Node {
	/// Starts a development node whose data are temporary.
	pub fn dev(arguments: &[&str]) -> Node {
		let mut all = vec!["--dev", "--no-prometheus"];
		all.extend(arguments);
		Node::start(&all)
	}

	/// Starts a node with these arguments beside the ports.
	pub fn start(arguments: &[&str]) -> Node {
		Node::start_binary(&node_binary(), arguments)
	}

	/// Starts a node of another program.
	pub fn start_binary(program: &Path, arguments: &[&str]) -> Node {
		let mut child = Command::new(program)
			.arg("--runtime-cache")
			.arg(runtime_cache(program))
			.args([
				"--rpc-port",
				"0",
				"--listen-addr",
				"/ip4/127.0.0.1/tcp/0",
				"--no-telemetry",
			])
			.args(arguments)
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(Stdio::piped())
			.spawn()
			.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
		let lines = Arc::new(Mutex::new(Vec::new()));
		let stderr = child.stderr.take().expect("piped above");
		let sink = lines.clone();
		std::thread::spawn(move || {
			for line in BufReader::new(stderr).lines().map_while(Result::ok) {
				sink.lock().expect("no holder panics").push(line);
			}
		});
		let mut node = Node {
			child,
			rpc: 0,
			peer: None,
			lines,
		};
		node.rpc = node.wait("an RPC port", START, |node| {
			let address = node.field("Running JSON-RPC server: addr=127.0.0.1:")?;
			address.split(',').next()?.trim().parse().ok()
		});
		node.wait("an answer", START, |node| {
			node.try_call("system_health", json!([]))
		});
		node.peer = node.field("Local node identity is: ");
		node
	}

	/// What follows a text in the log.
	fn field(&self, text: &str) -> Option<String> {
		let lines = self.lines.lock().expect("no holder panics");
		lines.iter().find_map(|line| {
			let (_, rest) = line.split_once(text)?;
			Some(rest.split_whitespace().next()?.to_string())
		})
	}

	/// Waits until `check` has something, for at most `limit`.
	pub fn wait<T>(
		&mut self,
		what: &str,
		limit: Duration,
		check: impl Fn(&Node) -> Option<T>,
	) -> T {
		let start = Instant::now();
		loop {
			if let Some(found) = check(self) {
				return found;
			}
			if let Ok(Some(status)) = self.child.try_wait() {
				panic!(
					"the node ended with {status}, without {what}:\n{}",
					self.log()
				);
			}
			if start.elapsed() > limit {
				panic!("no {what} in {limit:?}:\n{}", self.log());
			}
			std::thread::sleep(Duration::from_millis(100));
		}
	}

	/// The node's last lines.
	pub fn log(&self) -> String {
		let lines = self.lines.lock().expect("no holder panics");
		let from = lines.len().saturating_sub(SHOWN_LINES);
		lines[from..].join("\n")
	}

	/// Where the node's RPC answers, for clients.
	pub fn url(&self) -> String {
		format!("ws://127.0.0.1:{}", self.rpc)
	}

	/// The port of the node's RPC.
	pub fn port(&self) -> u16 {
		self.rpc
	}

	/// An address by which other nodes reach this one.
	pub fn bootnode(&mut self) -> String {
		let peer = self.peer.clone().expect("every node says its identity");
		let listens = self.wait("an address", START, |node| {
			let addresses = node.try_call("system_localListenAddresses", json!([]))?;
			let mut addresses = addresses.as_array()?.iter().filter_map(Value::as_str);
			addresses
				.find(|address| address.contains("/127.0.0.1/"))
				.map(String::from)
		});
		match listens.contains("/p2p/") {
			true => listens,
			false => format!("{listens}/p2p/{peer}"),
		}
	}

	/// Calls a method; `None` when the node does not answer or answers with an error.
	pub fn try_call(&self, method: &str, parameters: Value) -> Option<Value> {
		let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters });
		let answer = http::post(self.rpc, &body.to_string()).ok()?;
		let answer: Value = serde_json::from_str(&answer).ok()?;
		answer.get("result").cloned()
	}

	/// Calls a method.
	pub fn call(&self, method: &str, parameters: Value) -> Value {
		self.try_call(method, parameters)
			.unwrap_or_else(|| panic!("{method} failed:\n{}", self.log()))
	}

	/// The height of the best block.
	pub fn best(&self) -> u64 {
		height(&self.call("chain_getHeader", json!([])))
	}

	/// The height of the last finalised block.
	pub fn finalised(&self) -> u64 {
		let hash = self.call("chain_getFinalizedHead", json!([]));
		height(&self.call("chain_getHeader", json!([hash])))
	}

	/// Ends the node at once, as a power cut would.
	pub fn kill(mut self) {
		self.end();
	}

	fn end(&mut self) {
		// The process may have ended by itself; then there is nothing to do.
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		self.end();
	}
}

/// The height in a header.
fn height(header: &Value) -> u64 {
	let number = header["number"].as_str().unwrap_or_default();
	u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap_or_default()
}
