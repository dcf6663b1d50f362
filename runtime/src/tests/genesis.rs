//! The presets build, and hold what they promise.

use crate::{genesis, Runtime, RuntimeGenesisConfig, System};
use sp_runtime::BuildStorage;

fn externalities(preset: &str) -> sp_io::TestExternalities {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serializes");
	let patch = genesis::preset(preset).expect("a preset of that name");
	merge(&mut config, patch);
	let config: RuntimeGenesisConfig = serde_json::from_value(config).expect("a genesis");
	config.build_storage().expect("builds").into()
}

fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
	match (base, patch) {
		(serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(base, patch) => *base = patch,
	}
}

#[test]
fn dev_has_one_validator_and_sudo() {
	externalities(genesis::DEV).execute_with(|| {
		assert_eq!(pallet_session::Validators::<Runtime>::get().len(), 1);
		assert_eq!(pallet_aura::Authorities::<Runtime>::get().len(), 1);
		assert_eq!(crate::Grandpa::grandpa_authorities().len(), 1);
		assert!(pallet_sudo::Key::<Runtime>::get().is_some());
	});
}

#[test]
fn local_has_four_validators() {
	externalities(genesis::LOCAL).execute_with(|| {
		assert_eq!(pallet_session::Validators::<Runtime>::get().len(), 4);
		assert_eq!(pallet_aura::Authorities::<Runtime>::get().len(), 4);
		assert_eq!(crate::Grandpa::grandpa_authorities().len(), 4);
	});
}

#[test]
fn production_has_no_sudo() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		assert_eq!(System::block_number(), 0);
		assert!(pallet_sudo::Key::<Runtime>::get().is_none());
	});
}

#[test]
fn every_named_preset_exists() {
	for name in genesis::preset_names() {
		assert!(genesis::encoded_preset(&name).is_some(), "{name:?}");
	}
	assert!(genesis::preset("other").is_none());
}
