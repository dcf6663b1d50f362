//! The preset of a chain that holds value.

use crate::{BalancesConfig, PoAiConfig, RuntimeGenesisConfig, SessionConfig, SudoConfig};
use alloc::vec;
use frame_support::build_struct_json_patch;
use serde_json::Value;

/// No sudo key, no software TEE, nobody endowed. Whoever launches the chain adds balances,
/// validators' session keys and classes to the specification.
pub fn production() -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: vec![] },
		session: SessionConfig { keys: vec![] },
		sudo: SudoConfig { key: None },
		po_ai: PoAiConfig {
			thresholds: super::thresholds(),
		},
	})
}
