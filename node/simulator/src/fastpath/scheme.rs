//! Signatures of the simulation: keyed hashes, which nobody forges because nobody tries.

use aci_fastpath::scheme::{Claim, PublicKey, Scheme, Signature, Signer};
use aci_finality::AuthorityIndex;

/// The signature of `key` over `hash`.
pub fn sign(key: &PublicKey, hash: &[u8; 32]) -> Signature {
	let mut both = [0u8; 64];
	both[..32].copy_from_slice(&key.0);
	both[32..].copy_from_slice(hash);
	let mut raw = [0u8; 64];
	raw[..32].copy_from_slice(&sp_crypto_hashing::blake2_256(&both));
	Signature::from_raw(raw)
}

/// Keyed hashes as signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed;

impl Scheme for Keyed {
	fn verify(claim: &Claim) -> bool {
		sign(&claim.key, &claim.hash) == claim.signature
	}
}

fn key(kind: u8, index: u16) -> PublicKey {
	let mut raw = [kind; 32];
	raw[..2].copy_from_slice(&index.to_le_bytes());
	PublicKey::from_raw(raw)
}

/// An authority's key.
pub fn authority(index: AuthorityIndex) -> PublicKey {
	key(1, index)
}

/// A client's order key.
pub fn client(index: u16) -> PublicKey {
	key(2, index)
}

/// A worker's order key.
pub fn worker(index: u16) -> PublicKey {
	key(3, index)
}

/// The session key of a worker's attestation.
pub fn session(index: u16) -> PublicKey {
	key(4, index)
}

/// A verifier's order key.
pub fn verifier(index: u16) -> PublicKey {
	key(5, index)
}

/// The place that is in a client's, worker's or verifier's key.
pub fn place(key: &PublicKey) -> u16 {
	u16::from_le_bytes([key.0[0], key.0[1]])
}

/// Signs in the name of one authority.
#[derive(Clone, Copy, Debug)]
pub struct Key(pub AuthorityIndex);

impl Signer for Key {
	fn sign(&self, hash: &[u8; 32]) -> Option<Signature> {
		Some(sign(&authority(self.0), hash))
	}
}
