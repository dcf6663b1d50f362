//! The keys that the worker's program makes and keeps.
//!
//! | key | kind | for |
//! | --- | --- | --- |
//! | session | ed25519 | signs receipts; attested |
//! | data | x25519 | opens sealed inputs; attested |
//! | transfer | ed25519 | the identity in locators |
//!
//! # What it guarantees
//!
//! 1. Keys are made once for a data directory, of the operating system's randomness, and are stored
//!    sealed by the attester before they are used.
//! 2. Secrets are never printed: `Debug` shows public keys only.
//!
//! The account's key is not among them: it signs transactions and lives outside the TEE.

use crate::{
	attester::{Attester, AttesterError},
	store::{Store, StoreError},
};
use aci_primitives::{Hash, Receipt, SignedReceipt};
use codec::{Decode, DecodeAll, Encode};
use rand_core::{OsRng, RngCore};
use sp_core::{ed25519, Pair};
use std::fmt;

/// Why keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
	/// The store failed.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The TEE failed.
	#[error(transparent)]
	Attester(#[from] AttesterError),
	/// The store holds something else.
	#[error("the stored keys are damaged: restore the data directory, or start with a new one")]
	Damaged,
}

#[derive(Encode, Decode)]
struct Secrets {
	session: [u8; 32],
	data: [u8; 32],
	transfer: [u8; 32],
}

/// The keys; see the module.
#[derive(Clone)]
pub struct Keys {
	session: ed25519::Pair,
	data: [u8; 32],
	transfer: [u8; 32],
}

impl Keys {
	/// The stored keys, or new ones where there are none.
	pub fn load_or_make(store: &Store, attester: &dyn Attester) -> Result<Self, KeyError> {
		if let Some(keys) = Self::load(store, attester)? {
			return Ok(keys);
		}
		let mut secrets = Secrets {
			session: [0; 32],
			data: [0; 32],
			transfer: [0; 32],
		};
		for secret in [
			&mut secrets.session,
			&mut secrets.data,
			&mut secrets.transfer,
		] {
			OsRng.fill_bytes(secret);
		}
		store.put_keys(&attester.seal(&secrets.encode())?)?;
		Ok(Self::of(secrets))
	}

	/// The stored keys, if there are any.
	pub fn load(store: &Store, attester: &dyn Attester) -> Result<Option<Self>, KeyError> {
		let Some(sealed) = store.keys()? else {
			return Ok(None);
		};
		let plain = attester.unseal(&sealed)?;
		let secrets = Secrets::decode_all(&mut plain.as_slice()).map_err(|_| KeyError::Damaged)?;
		Ok(Some(Self::of(secrets)))
	}

	fn of(secrets: Secrets) -> Self {
		Keys {
			session: ed25519::Pair::from_seed(&secrets.session),
			data: secrets.data,
			transfer: secrets.transfer,
		}
	}

	/// The public key that receipts are signed with.
	pub fn session_public(&self) -> ed25519::Public {
		self.session.public()
	}

	/// The public key that inputs are sealed to.
	pub fn data_public(&self) -> [u8; 32] {
		aci_transfer::public_key(&self.data)
	}

	/// The secret that opens sealed inputs.
	pub(crate) fn data_secret(&self) -> &[u8; 32] {
		&self.data
	}

	/// The secret of the identity in locators.
	pub(crate) fn transfer_secret(&self) -> [u8; 32] {
		self.transfer
	}

	/// Signs a receipt for one chain.
	pub fn sign(&self, genesis: &Hash, receipt: Receipt) -> SignedReceipt {
		let signature = self.session.sign(receipt.signing_hash(genesis).as_bytes());
		SignedReceipt { receipt, signature }
	}
}

impl fmt::Debug for Keys {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter
			.debug_struct("Keys")
			.field("session", &hex::encode(self.session_public().0))
			.field("data", &hex::encode(self.data_public()))
			.finish_non_exhaustive()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::attester::SoftwareAttester;

	#[test]
	fn keys_are_made_once_and_found_again() {
		let directory = tempfile::tempdir().expect("a directory");
		let path = directory.path().join("worker.redb");
		let attester = SoftwareAttester::new();
		let public = |keys: &Keys| (keys.session_public(), keys.data_public(), keys.transfer);
		let store = Store::open(&path).expect("opens");
		assert!(Keys::load(&store, &attester).expect("reads").is_none());
		let made = public(&Keys::load_or_make(&store, &attester).expect("makes"));
		drop(store);
		let store = Store::open(&path).expect("opens");
		let found = public(&Keys::load_or_make(&store, &attester).expect("finds"));
		assert_eq!(made, found);
	}

	#[test]
	fn secrets_are_not_printed() {
		let directory = tempfile::tempdir().expect("a directory");
		let store = Store::open(&directory.path().join("worker.redb")).expect("opens");
		let keys = Keys::load_or_make(&store, &SoftwareAttester::new()).expect("makes");
		let text = format!("{keys:?}");
		assert!(text.contains(&hex::encode(keys.data_public())));
		assert!(!text.contains(&hex::encode(keys.data)));
		assert!(!text.contains(&hex::encode(keys.session.seed())));
	}
}
