//! What the tests ask of nodes about finality.

use crate::signing::hexadecimal;
use aci_node_testing::{Network, Node};
use serde_json::{json, Value};
use sp_io::hashing::twox_128;
use std::time::Duration;

/// Longest wait for anything; two cores serve all validators.
pub const LIMIT: Duration = Duration::from_secs(120);

/// A block's time: in this many of them finality would have advanced if it could.
pub const SLOT: Duration = Duration::from_secs(2);

/// Waits until a validator has finalised this height.
pub fn wait_finalised(network: &mut Network, index: usize, height: u64) {
	network.node(index).wait(
		&format!("final block {height} on validator {index}"),
		LIMIT,
		|node| (node.finalised() >= height).then_some(()),
	);
}

/// The hash of the block of this height on a node's best chain.
pub fn hash(node: &Node, height: u64) -> String {
	let hash = node.call("chain_getBlockHash", json!([height]));
	hash.as_str()
		.unwrap_or_else(|| panic!("no block {height}"))
		.to_string()
}

/// Asserts that all running validators hold the same final block of this height.
pub fn assert_agreement(network: &mut Network, height: u64) {
	let hashes: Vec<String> = network.nodes().map(|node| hash(node, height)).collect();
	assert!(
		hashes.windows(2).all(|pair| pair[0] == pair[1]),
		"final blocks of height {height} differ: {hashes:?}"
	);
}

/// Offences that are on chain.
pub fn offences(node: &Node) -> usize {
	let prefix = [twox_128(b"Offences"), twox_128(b"Reports")].concat();
	let keys = node.call("state_getKeysPaged", json!([hexadecimal(&prefix), 10]));
	keys.as_array().map_or(0, Vec::len)
}

/// What a node says of its set and view.
pub fn round(node: &Node) -> Value {
	node.call("finality_roundState", json!([]))
}
