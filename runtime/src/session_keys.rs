//! The keys that a validator holds for a session.
//!
//! | field | scheme | key type | for |
//! | --- | --- | --- | --- |
//! | `aura` | sr25519 | `aura` | producing blocks |
//! | `grandpa` | ed25519 | `gran` | voting on finality, where a chain runs the reference engine |
//! | `finality` | ed25519 | `acif` | voting on finality |
//! | `fastpath` | ed25519 | `acfp` | vertices, acknowledgements and checkpoints of the DAG |
//! | `authority_discovery` | sr25519 | `audi` | publishing the validator's addresses |
//!
//! A chain's specification names its finality engine, and only that engine's key votes. Both are
//! registered on every chain, so that one runtime serves both. The fast path's key is registered
//! from the first block on, so that every validator has one when the fast path starts to use it.

use crate::{AccountId, Aura, AuthorityDiscovery, Finality, Grandpa};
use alloc::vec::Vec;
use frame_support::traits::OneSessionHandler;
use sp_runtime::{impl_opaque_keys, BoundToRuntimeAppPublic};

/// Keys of the DAG fast path.
pub mod fastpath {
	use sp_core::crypto::KeyTypeId;

	/// The key type under which fast-path keys are found in a keystore.
	pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"acfp");

	mod app {
		use sp_application_crypto::{app_crypto, ed25519};
		app_crypto!(ed25519, super::KEY_TYPE);
	}

	/// A validator's public key on the fast path.
	pub type AuthorityId = app::Public;
}

/// Keeps the fast path's keys in the session; nothing acts on their changes.
pub struct FastPath;

impl BoundToRuntimeAppPublic for FastPath {
	type Public = fastpath::AuthorityId;
}

impl OneSessionHandler<AccountId> for FastPath {
	type Key = fastpath::AuthorityId;

	fn on_genesis_session<'a, I>(_: I)
	where
		I: Iterator<Item = (&'a AccountId, Self::Key)> + 'a,
	{
	}

	fn on_new_session<'a, I>(_: bool, _: I, _: I)
	where
		I: Iterator<Item = (&'a AccountId, Self::Key)> + 'a,
	{
	}

	fn on_disabled(_: u32) {}
}

impl_opaque_keys! {
	pub struct SessionKeys {
		pub aura: Aura,
		pub grandpa: Grandpa,
		pub finality: Finality,
		pub fastpath: FastPath,
		pub authority_discovery: AuthorityDiscovery,
	}
}
