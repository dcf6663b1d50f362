//! What a person's wallet does: signs calls, and reads the chain.

use aci_node_testing::Node;
use aci_runtime::{
	Hash, RuntimeCall, RuntimeEvent, SignedPayload, TxExtension, UncheckedExtrinsic,
};
use codec::{Decode, DecodeAll, Encode};
use frame_system::EventRecord;
use serde_json::{json, Value};
use sp_io::hashing::twox_128;
use sp_keyring::Sr25519Keyring;
use sp_runtime::generic::Era;

/// The call as a signed transaction for the node's best block.
pub fn sign(node: &Node, who: Sr25519Keyring, call: impl Into<RuntimeCall>) -> Vec<u8> {
	let call = call.into();
	let account = who.to_account_id();
	let genesis: Hash = decode(&bytes(&node.call("chain_getBlockHash", json!([0]))));
	let version = node.call("state_getRuntimeVersion", json!([]));
	let next = node.call("system_accountNextIndex", json!([account.to_string()]));
	let extension: TxExtension = (
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(number(&next)),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let signed_too = (
		(),
		number(&version["specVersion"]),
		number(&version["transactionVersion"]),
		genesis,
		genesis,
		(),
		(),
		(),
		None,
		(),
	);
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), signed_too);
	let signature = payload.using_encoded(|payload| who.sign(payload));
	UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension).encode()
}

/// Signs the call and hands it to the node's pool.
pub fn send(node: &Node, who: Sr25519Keyring, call: impl Into<RuntimeCall>) {
	let transaction = sign(node, who, call);
	node.call("author_submitExtrinsic", json!([hexadecimal(&transaction)]));
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

/// The answer of a runtime API at the best block.
pub fn ask<T: Decode>(node: &Node, method: &str, argument: impl Encode) -> T {
	let argument = hexadecimal(&argument.encode());
	decode(&bytes(&node.call("state_call", json!([method, argument]))))
}

pub fn decode<T: Decode>(bytes: &[u8]) -> T {
	T::decode_all(&mut &*bytes).expect("the node's answer decodes")
}

pub fn bytes(text: &Value) -> Vec<u8> {
	let text = text.as_str().expect("bytes come as text");
	let text = text.trim_start_matches("0x");
	(0..text.len())
		.step_by(2)
		.map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
		.collect()
}

pub fn hexadecimal(bytes: &[u8]) -> String {
	let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
	format!("0x{digits}")
}

fn number(value: &Value) -> u32 {
	value
		.as_u64()
		.and_then(|number| u32::try_from(number).ok())
		.expect("a number of 32 bits")
}
