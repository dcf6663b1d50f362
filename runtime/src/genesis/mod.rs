//! How a chain begins.
//!
//! | preset | validators | sudo | software TEE | times and bonds |
//! | --- | --- | --- | --- | --- |
//! | `dev` | Alice | Alice | accepted | short, low |
//! | `local` | Alice, Bob, Charlie, Dave | Alice | accepted | short, low |
//! | `local-seven` | those, Eve, Ferdie, One | Alice | accepted | short, low |
//! | `production` | none: the operator's specification names them | none | refused | as governed by default |
//!
//! A production chain's specification is made from the preset by adding validators, balances and
//! classes. The preset is complete otherwise.

mod development;
pub mod models;
pub mod parameters;
mod production;

use alloc::{vec, vec::Vec};
use serde_json::Value;
use sp_genesis_builder::PresetId;

/// One validator, for trying things out; instantly usable.
pub const DEV: &str = "dev";
/// Four validators on one machine.
pub const LOCAL: &str = "local";
/// Seven validators on one machine.
pub const LOCAL_SEVEN: &str = "local-seven";
/// A chain that holds value.
pub const PRODUCTION: &str = "production";

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(DEV),
		PresetId::from(LOCAL),
		PresetId::from(LOCAL_SEVEN),
		PresetId::from(PRODUCTION),
	]
}

/// A preset as a patch of the default genesis, or `None` if there is none of that name.
pub fn preset(name: &str) -> Option<Value> {
	match name {
		DEV => Some(development::dev()),
		LOCAL => Some(development::local()),
		LOCAL_SEVEN => Some(development::local_seven()),
		PRODUCTION => Some(production::production()),
		_ => None,
	}
}

/// The thresholds that this version ships. A test shows that there are some; the genesis of a chain
/// without them would be valid, and none of its tolerant outputs could be judged.
fn thresholds() -> Option<aci_poai::thresholds::Thresholds> {
	aci_poai::thresholds::file::shipped().ok()
}

/// A preset as JSON text.
pub fn encoded_preset(id: &PresetId) -> Option<Vec<u8>> {
	preset(id.as_ref()).map(|value| alloc::string::ToString::to_string(&value).into_bytes())
}
