//! Who votes, who follows, and what a node says of it.

use crate::observe::{round, wait_finalised, LIMIT};
use aci_node_testing::{Network, Node};
use serde_json::json;

#[test]
fn a_development_node_finalises_alone_and_proves_it() {
	let mut node = Node::dev(&[]);
	node.wait("three final blocks", LIMIT, |node| {
		(node.finalised() >= 3).then_some(())
	});
	let state = round(&node);
	assert_eq!(state["set"], 0);
	assert_eq!(state["authorities"], 1);
	assert_eq!(state["quorum"], 1);
	let proof = node.call("finality_proveFinality", json!([2]));
	assert!(
		proof.as_str().is_some_and(|proof| proof.len() > 200),
		"{proof}"
	);
	// What is not final has no proof.
	assert_eq!(
		node.try_call("finality_proveFinality", json!([1_000_000])),
		None
	);
}

#[test]
fn four_validators_finalise_with_the_reference_engine() {
	let mut network = Network::start("local-grandpa", 4, &[]);
	wait_finalised(&mut network, 0, 1);
	assert!(network
		.node(0)
		.call("grandpa_roundState", json!([]))
		.is_object());
}
