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
//! registered on every chain, so that one runtime serves both.

use crate::{Aura, AuthorityDiscovery, Fastpath, Finality, Grandpa};
use alloc::vec::Vec;
use sp_runtime::impl_opaque_keys;

impl_opaque_keys! {
	pub struct SessionKeys {
		pub aura: Aura,
		pub grandpa: Grandpa,
		pub finality: Finality,
		pub fastpath: Fastpath,
		pub authority_discovery: AuthorityDiscovery,
	}
}
