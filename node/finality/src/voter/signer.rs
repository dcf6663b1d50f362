//! Signs with the node's keystore.

use aci_finality::{machine::Signer, AuthorityId, AuthoritySignature, KEY_TYPE};
use sp_keystore::KeystorePtr;

/// Signs as `key` where the keystore holds it.
pub struct KeystoreSigner {
	/// The key and its keystore; none on a node that does not vote.
	pub key: Option<(AuthorityId, KeystorePtr)>,
}

impl Signer for KeystoreSigner {
	fn sign(&self, payload: &[u8]) -> Option<AuthoritySignature> {
		let (key, keystore) = self.key.as_ref()?;
		match keystore.ed25519_sign(KEY_TYPE, key.as_ref(), payload) {
			Ok(signature) => signature.map(Into::into),
			Err(error) => {
				log::error!(target: "finality", "The keystore does not sign: {error}");
				None
			}
		}
	}
}
