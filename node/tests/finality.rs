//! Finality by the chain's own gadget, on networks of real nodes.

use aci_node_testing::Node;
use serde_json::{json, Value};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// A validator of the local chain on data that stay.
fn validator(who: &str, base: &tempfile::TempDir, bootnode: Option<&str>) -> Node {
	let path = base.path().display().to_string();
	let mut arguments = vec![
		"--chain",
		"local",
		who,
		"--base-path",
		&path,
		"--unsafe-force-node-key-generation",
		"--no-prometheus",
		"--no-mdns",
		"--allow-private-ip",
	];
	if let Some(bootnode) = bootnode {
		arguments.extend(["--bootnodes", bootnode]);
	}
	Node::start(&arguments)
}

fn folders(count: usize) -> Vec<tempfile::TempDir> {
	(0..count)
		.map(|_| tempfile::tempdir().expect("a temporary folder can be made"))
		.collect()
}

fn round_state(node: &Node) -> Value {
	node.call("finality_roundState", json!([]))
}

fn reach(node: &mut Node, height: u64) {
	node.wait(&format!("finalised block {height}"), LIMIT, |node| {
		(node.finalised() >= height).then_some(())
	});
}

#[test]
fn a_development_node_finalises_alone_and_proves_it() {
	let mut node = Node::dev(&[]);
	reach(&mut node, 3);
	let state = round_state(&node);
	assert_eq!(state["set"], 0);
	assert_eq!(state["authorities"], 1);
	assert_eq!(state["quorum"], 1);
	let proof = node.call("finality_proveFinality", json!([2]));
	assert!(
		proof.as_str().is_some_and(|proof| proof.len() > 200),
		"{proof}"
	);
	// What is not final has no proof, and the answer says so.
	assert_eq!(
		node.try_call("finality_proveFinality", json!([1_000_000])),
		None
	);
}

#[test]
fn a_network_of_four_finalises_without_one_and_takes_it_back() {
	let folders = folders(4);
	let mut alice = validator("--alice", &folders[0], None);
	let bootnode = alice.bootnode();
	let mut bob = validator("--bob", &folders[1], Some(&bootnode));
	let mut charlie = validator("--charlie", &folders[2], Some(&bootnode));
	let mut dave = validator("--dave", &folders[3], Some(&bootnode));
	for node in [&mut alice, &mut bob, &mut charlie, &mut dave] {
		reach(node, 3);
	}
	assert_eq!(round_state(&alice)["quorum"], 3);

	dave.kill();
	let height = alice.finalised() + 5;
	for node in [&mut alice, &mut bob, &mut charlie] {
		reach(node, height);
	}

	// Back on its data it votes on from its record, and the chain is one.
	let mut dave = validator("--dave", &folders[3], Some(&bootnode));
	reach(&mut dave, height + 3);
	assert_eq!(round_state(&dave)["role"]["is"], "authority");
	let hash = alice.call("chain_getBlockHash", json!([height]));
	for node in [&bob, &charlie, &dave] {
		assert_eq!(node.call("chain_getBlockHash", json!([height])), hash);
	}
}

#[test]
fn two_of_four_finalise_nothing_until_a_third_comes() {
	let folders = folders(3);
	let mut alice = validator("--alice", &folders[0], None);
	let bootnode = alice.bootnode();
	let mut bob = validator("--bob", &folders[1], Some(&bootnode));
	for node in [&mut alice, &mut bob] {
		node.wait("four blocks", LIMIT, |node| {
			(node.best() >= 4).then_some(())
		});
		assert_eq!(node.finalised(), 0);
	}
	let mut charlie = validator("--charlie", &folders[2], Some(&bootnode));
	for node in [&mut alice, &mut bob, &mut charlie] {
		reach(node, 4);
	}
}

#[test]
fn a_node_without_keys_follows_finality() {
	let folders = folders(4);
	let mut alice = validator("--alice", &folders[0], None);
	let bootnode = alice.bootnode();
	let _others: Vec<Node> = ["--bob", "--charlie"]
		.into_iter()
		.zip(&folders[1..])
		.map(|(who, folder)| validator(who, folder, Some(&bootnode)))
		.collect();
	reach(&mut alice, 2);
	let path = folders[3].path().display().to_string();
	let mut observer = Node::start(&[
		"--chain",
		"local",
		"--base-path",
		&path,
		"--no-prometheus",
		"--no-mdns",
		"--allow-private-ip",
		"--bootnodes",
		&bootnode,
	]);
	reach(&mut observer, 4);
	assert_eq!(round_state(&observer)["role"]["is"], "observer");
}
