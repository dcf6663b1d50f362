//! Hash domains: one tag for each purpose, so that no hash can be read as another.
//!
//! A tagged hash is Blake2b-256 over the SCALE encoding of `(tag, value)`. The tag is encoded with
//! its length, hence no tag is a prefix of another input.

use codec::Encode;
use sp_core::H256;
use sp_crypto_hashing::blake2_256;

/// Domain of a job's identity.
pub const JOB: &[u8] = b"aci/job/1";
/// Domain of what a session key signs for a receipt.
pub const RECEIPT: &[u8] = b"aci/receipt/1";
/// Domain of the hash that a signed receipt is known by.
pub const SIGNED_RECEIPT: &[u8] = b"aci/signed-receipt/1";
/// Domain of the report data of an attestation.
pub const REPORT_DATA: &[u8] = b"aci/report-data/1";
/// Domain of what the software TEE's root signs.
pub const SOFTWARE_QUOTE: &[u8] = b"aci/software-quote/1";
/// Domain of what the software TEE's root signs for a quote that names a GPU.
pub const SOFTWARE_GPU_QUOTE: &[u8] = b"aci/software-gpu-quote/1";
/// Domain of the seed that a job is sampled with.
pub const SEED: &[u8] = b"aci/seed/1";
/// Domain of ties and draws between workers.
pub const DRAW: &[u8] = b"aci/draw/1";
/// Domain of a verdict's signed body.
pub const VERDICT: &[u8] = b"aci/verdict/1";
/// Domain of the leaves of the history of ended jobs.
pub const HISTORY: &[u8] = b"aci/history/1";
/// Domain of a contract's account.
pub const CONTRACT: &[u8] = b"aci/contract/1";
/// Domain of what a contract's lock of money is known by in the escrow.
pub const CONTRACT_LOCK: &[u8] = b"aci/contract-lock/1";
/// Domain of the report data of an attestation for a contract.
pub const CONTRACT_STATEMENT: &[u8] = b"aci/contract-statement/1";
/// Domain of what a client, a worker or a verifier signs for the fast path.
pub const FAST_PATH: &[u8] = b"aci/fastpath/1";
/// Domain of what an order key signs to be registered for an account.
pub const ORDER_KEY: &[u8] = b"aci/order-key/1";
/// Domain of the list of transactions that a vertex of the fast path carries.
pub const TRANSACTIONS: &[u8] = b"aci/transactions/1";
/// Domain of a vertex of the fast path; its author signs this hash.
pub const VERTEX: &[u8] = b"aci/vertex/1";
/// Domain of the hash by which a vertex names its parents of the round before.
pub const PARENTS: &[u8] = b"aci/parents/1";
/// Domain of a home's promise of a match.
pub const PROMISE: &[u8] = b"aci/promise/1";
/// Domain of the leaves that a checkpoint's roots are made of.
pub const CHECKPOINT_LEAF: &[u8] = b"aci/checkpoint-leaf/1";
/// Domain of a checkpoint; the authorities sign this hash.
pub const CHECKPOINT: &[u8] = b"aci/checkpoint/1";

/// Blake2b-256 over a domain and a value.
pub fn tagged_hash<T: Encode + ?Sized>(domain: &[u8], value: &T) -> H256 {
	let mut bytes = domain.encode();
	value.encode_to(&mut bytes);
	H256(blake2_256(&bytes))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_same_value_in_two_domains_has_two_hashes() {
		assert_ne!(tagged_hash(JOB, &7u32), tagged_hash(RECEIPT, &7u32));
	}

	#[test]
	fn bytes_moved_between_domain_and_value_change_the_hash() {
		assert_ne!(tagged_hash(b"ab", &b'c'), tagged_hash(b"a", &(b'b', b'c')));
	}
}
