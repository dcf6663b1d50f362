//! Networks of validators on this machine, whose members can be ended and started again.

use crate::Node;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The options that give a node the keys of a development validator, in the order in which the
/// presets name their validators.
pub const VALIDATORS: [&str; 7] = [
	"--alice",
	"--bob",
	"--charlie",
	"--dave",
	"--eve",
	"--ferdie",
	"--one",
];

/// Validators of one chain. Each keeps its data while it is down; all data are removed with the
/// network.
pub struct Network {
	chain: String,
	arguments: Vec<String>,
	members: Vec<Member>,
	_folder: tempfile::TempDir,
}

struct Member {
	base: PathBuf,
	node: Option<Node>,
}

impl Network {
	/// Starts the first `count` validators of the named chain. All know the first one.
	pub fn start(chain: &str, count: usize, arguments: &[&str]) -> Network {
		assert!((1..=VALIDATORS.len()).contains(&count), "1 to 7 validators");
		let folder = tempfile::tempdir().expect("a temporary folder can be made");
		let members = VALIDATORS[..count]
			.iter()
			.map(|who| Member {
				base: folder.path().join(who.trim_start_matches('-')),
				node: None,
			})
			.collect();
		let mut network = Network {
			chain: chain.into(),
			arguments: arguments
				.iter()
				.map(|argument| argument.to_string())
				.collect(),
			members,
			_folder: folder,
		};
		network.restart(0, &[], &[]);
		for index in 1..count {
			network.restart(index, &[0], &[]);
		}
		network
	}

	/// How many validators there are, running or not.
	pub fn len(&self) -> usize {
		self.members.len()
	}

	/// Never true.
	pub fn is_empty(&self) -> bool {
		self.members.is_empty()
	}

	/// Where a validator's data are.
	pub fn base(&self, index: usize) -> &Path {
		&self.members[index].base
	}

	/// A running validator.
	pub fn node(&mut self, index: usize) -> &mut Node {
		self.members[index]
			.node
			.as_mut()
			.unwrap_or_else(|| panic!("validator {index} is down"))
	}

	/// The running validators.
	pub fn nodes(&mut self) -> impl Iterator<Item = &mut Node> {
		self.members
			.iter_mut()
			.filter_map(|member| member.node.as_mut())
	}

	/// Ends a validator at once, as a power cut would. Its data stay.
	pub fn kill(&mut self, index: usize) {
		if let Some(node) = self.members[index].node.take() {
			node.kill();
		}
	}

	/// Starts a validator that is down on its data; it knows these peers and listens on a new port.
	pub fn restart(&mut self, index: usize, peers: &[usize], arguments: &[&str]) {
		let bootnodes: Vec<String> = peers
			.iter()
			.map(|peer| self.node(*peer).bootnode())
			.collect();
		let base = self.members[index].base.display().to_string();
		let mut all = vec![
			"--chain",
			&self.chain,
			VALIDATORS[index],
			"--base-path",
			&base,
			"--unsafe-force-node-key-generation",
			"--no-prometheus",
			"--no-mdns",
			"--allow-private-ip",
		];
		for bootnode in &bootnodes {
			all.extend(["--bootnodes", bootnode]);
		}
		all.extend(self.arguments.iter().map(String::as_str));
		all.extend(arguments);
		let node = Node::start(&all);
		self.members[index].node = Some(node);
	}

	/// Makes one running validator keep a connection to another.
	pub fn connect(&mut self, from: usize, to: usize) {
		let address = self.node(to).bootnode();
		self.node(from)
			.call("system_addReservedPeer", json!([address]));
	}
}
