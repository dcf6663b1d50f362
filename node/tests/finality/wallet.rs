//! What a person's wallet does: sends calls, and reads the chain.

use crate::signing::{self, bytes, decode, hexadecimal, Terms};
use aci_market::Offence;
use aci_node_testing::Node;
use aci_runtime::{Hash, RuntimeCall, RuntimeEvent};
use codec::{Decode, Encode};
use frame_system::EventRecord;
use pallet_aci_staking_slashing::Event;
use serde_json::{json, Value};
use sp_io::hashing::twox_128;
use sp_keyring::Sr25519Keyring;

/// Signs the call for the node's best block and hands it to its pool.
pub fn send(node: &Node, who: Sr25519Keyring, call: impl Into<RuntimeCall>) {
	let account = who.to_account_id().to_string();
	let number = signing::number(&node.call("system_accountNextIndex", json!([account])));
	let terms = Terms {
		genesis: genesis(node),
		versions: signing::versions(&node.call("state_getRuntimeVersion", json!([]))),
		tip: 0,
	};
	let transaction = signing::sign(who, number, call, &terms);
	node.call("author_submitExtrinsic", json!([hexadecimal(&transaction)]));
}

/// The chain's genesis hash.
pub fn genesis(node: &Node) -> Hash {
	decode(&bytes(&node.call("chain_getBlockHash", json!([0]))))
}

/// The events of a block.
pub fn events(node: &Node, block: &Value) -> Vec<RuntimeEvent> {
	let key = [twox_128(b"System"), twox_128(b"Events")].concat();
	let stored = node.call("state_getStorage", json!([hexadecimal(&key), block]));
	if stored.is_null() {
		return Vec::new();
	}
	let records: Vec<EventRecord<RuntimeEvent, Hash>> = decode(&bytes(&stored));
	records.into_iter().map(|record| record.event).collect()
}

/// The events of all blocks from this height to the best.
pub fn events_from(node: &Node, height: u64) -> Vec<RuntimeEvent> {
	(height..=node.best())
		.flat_map(|height| events(node, &node.call("chain_getBlockHash", json!([height]))))
		.collect()
}

/// What these events took of a validator's stake for contradicting itself, in planck.
pub fn slashed(events: &[RuntimeEvent], who: Sr25519Keyring) -> u128 {
	let who = who.to_account_id();
	let taken = events.iter().map(|event| match event {
		RuntimeEvent::StakingSlashing(Event::Slashed {
			offender,
			offence: Offence::Equivocation,
			amount,
			..
		}) if *offender == who => *amount,
		_ => 0,
	});
	taken.sum()
}

/// The answer of a runtime API at the best block.
pub fn ask<T: Decode>(node: &Node, method: &str, argument: impl Encode) -> T {
	let argument = hexadecimal(&argument.encode());
	decode(&bytes(&node.call("state_call", json!([method, argument]))))
}
