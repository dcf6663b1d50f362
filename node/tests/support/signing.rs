//! Transactions as a wallet signs them, and the bytes that a node's RPC takes and gives.

use aci_runtime::{Hash, RuntimeCall, SignedPayload, TxExtension, UncheckedExtrinsic};
use codec::{Decode, DecodeAll, Encode};
use serde_json::Value;
use sp_keyring::Sr25519Keyring;
use sp_runtime::generic::Era;

/// What a signature covers beside the account, its number and the call.
pub struct Terms {
	/// The chain's genesis hash.
	pub genesis: Hash,
	/// Versions of the runtime: specification and transactions.
	pub versions: (u32, u32),
	/// The tip, in planck.
	pub tip: u128,
}

/// The account's transaction of this number, signed and encoded. It never expires.
pub fn sign(
	who: Sr25519Keyring,
	number: u32,
	call: impl Into<RuntimeCall>,
	terms: &Terms,
) -> Vec<u8> {
	let call = call.into();
	let extension: TxExtension = (
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(number),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(terms.tip),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let (spec_version, transaction_version) = terms.versions;
	let signed_too = (
		(),
		spec_version,
		transaction_version,
		terms.genesis,
		terms.genesis,
		(),
		(),
		(),
		None,
		(),
	);
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), signed_too);
	let signature = payload.using_encoded(|payload| who.sign(payload));
	let account = who.to_account_id();
	UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension).encode()
}

/// Versions in the answer to `state_getRuntimeVersion`: specification and transactions.
pub fn versions(answer: &Value) -> (u32, u32) {
	(
		number(&answer["specVersion"]),
		number(&answer["transactionVersion"]),
	)
}

/// A number of 32 bits in an answer.
pub fn number(answer: &Value) -> u32 {
	answer
		.as_u64()
		.and_then(|number| u32::try_from(number).ok())
		.expect("a number of 32 bits")
}

pub fn decode<T: Decode>(bytes: &[u8]) -> T {
	T::decode_all(&mut &*bytes).expect("is of the type that is asked for")
}

pub fn hexadecimal(bytes: &[u8]) -> String {
	sp_core::bytes::to_hex(bytes, false)
}

pub fn bytes(text: &Value) -> Vec<u8> {
	let text = text.as_str().expect("bytes are text");
	sp_core::bytes::from_hex(text).expect("bytes are hexadecimal")
}
