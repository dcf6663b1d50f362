//! Signatures.
//!
//! The core needs three things of a scheme: that a signature can be checked against one
//! authority's key, that each signature of a certificate can be laid to its signer (accountability
//! rests on it, so threshold schemes without attribution do not fit), and that keys and signatures
//! have the sizes below. The chain uses [`Ed25519`]; the simulator brings a cheaper one.

use sp_core::crypto::KeyTypeId;

/// The key type under which the gadget's keys are found in a keystore.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"acif");

mod app {
	use sp_application_crypto::{app_crypto, ed25519};
	app_crypto!(ed25519, super::KEY_TYPE);
}

/// An authority's public key.
pub type AuthorityId = app::Public;
/// An authority's signature.
pub type AuthoritySignature = app::Signature;
/// An authority's key pair.
#[cfg(feature = "std")]
pub type AuthorityPair = app::Pair;

/// Checks signatures.
pub trait Scheme {
	/// Whether `signature` is `authority`'s over `message`.
	fn verify(authority: &AuthorityId, message: &[u8], signature: &AuthoritySignature) -> bool;
}

/// The chain's scheme: ed25519 by the rules of ZIP 215, in a runtime through the host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ed25519;

impl Scheme for Ed25519 {
	fn verify(authority: &AuthorityId, message: &[u8], signature: &AuthoritySignature) -> bool {
		sp_application_crypto::RuntimeAppPublic::verify(authority, &message, signature)
	}
}
