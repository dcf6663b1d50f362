//! Signatures.
//!
//! Authorities, clients, workers and verifiers all sign with ed25519, because a node checks many
//! thousands of signatures a second and ed25519 can be checked in batches. The core needs of a
//! scheme that one signature can be checked against one key, and that a batch is accepted exactly
//! when each of its signatures is. The chain's rules for that are those of ZIP 215, which have this
//! property; two nodes that batch differently must not differ on which vertex is valid.

use sp_core::{crypto::KeyTypeId, ed25519};

/// The key type under which an authority's fast-path key is found in a keystore.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"acfp");

mod app {
	use sp_application_crypto::{app_crypto, ed25519};
	app_crypto!(ed25519, super::KEY_TYPE);
}

/// An authority's key as sessions and keystores have it: a [`PublicKey`] that names its purpose.
pub type AuthorityId = app::Public;
/// An authority's key pair.
#[cfg(feature = "std")]
pub type AuthorityPair = app::Pair;

/// A public key: an authority's, or the order key that an account registered.
pub type PublicKey = ed25519::Public;
/// A signature.
pub type Signature = ed25519::Signature;

/// One signature to check. What is signed is always a tagged hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
	/// Who is said to have signed.
	pub key: PublicKey,
	/// What was signed.
	pub hash: [u8; 32],
	/// The signature.
	pub signature: Signature,
}

/// Checks signatures.
pub trait Scheme {
	/// Whether the claim is true.
	fn verify(claim: &Claim) -> bool;

	/// Whether all claims are true.
	fn verify_all(claims: &[Claim]) -> bool {
		claims.iter().all(Self::verify)
	}
}

/// The chain's scheme: ed25519 by the rules of ZIP 215, in a runtime through the host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ed25519;

impl Scheme for Ed25519 {
	fn verify(claim: &Claim) -> bool {
		sp_application_crypto::RuntimePublic::verify(&claim.key, &claim.hash, &claim.signature)
	}
}

/// The same scheme, where many signatures are checked by one equation. For native code.
#[cfg(feature = "batch")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchedEd25519;

#[cfg(feature = "batch")]
impl Scheme for BatchedEd25519 {
	fn verify(claim: &Claim) -> bool {
		Ed25519::verify(claim)
	}

	fn verify_all(claims: &[Claim]) -> bool {
		let mut batch = ed25519_zebra::batch::Verifier::new();
		for claim in claims {
			let signature = ed25519_zebra::Signature::from_bytes(&claim.signature.0);
			let key = ed25519_zebra::VerificationKeyBytes::from(claim.key.0);
			batch.queue((key, signature, &claim.hash));
		}
		batch.verify(Blinding::default()).is_ok()
	}
}

/// The system's randomness, a page at a time: a batch draws 16 bytes a signature.
#[cfg(feature = "batch")]
struct Blinding {
	bytes: [u8; 4_096],
	used: usize,
}

#[cfg(feature = "batch")]
impl Default for Blinding {
	fn default() -> Self {
		Blinding {
			bytes: [0; 4_096],
			used: 4_096,
		}
	}
}

#[cfg(feature = "batch")]
impl rand_core::RngCore for Blinding {
	fn next_u32(&mut self) -> u32 {
		rand_core::impls::next_u32_via_fill(self)
	}

	fn next_u64(&mut self) -> u64 {
		rand_core::impls::next_u64_via_fill(self)
	}

	fn fill_bytes(&mut self, out: &mut [u8]) {
		for byte in out {
			if self.used >= self.bytes.len() {
				rand_core::OsRng.fill_bytes(&mut self.bytes);
				self.used = 0;
			}
			if let Some(drawn) = self.bytes.get(self.used) {
				*byte = *drawn;
			}
			self.used = self.used.saturating_add(1);
		}
	}

	fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
		self.fill_bytes(out);
		Ok(())
	}
}

#[cfg(feature = "batch")]
impl rand_core::CryptoRng for Blinding {}

/// Signs in the name of this node's authority.
pub trait Signer {
	/// The signature over `hash`; `None` where the key is not to be had now.
	fn sign(&self, hash: &[u8; 32]) -> Option<Signature>;
}
