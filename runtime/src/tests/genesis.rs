//! The presets build, and hold what they promise.

use crate::{
	genesis, parameters::governed, Escrow, Finality, Hmm, Jobs, PoAi, Runtime,
	RuntimeGenesisConfig, StakingSlashing, System,
};
use aci_primitives::traits::{Bonds, ProofOfAi};
use aci_primitives::Role;
use frame_support::traits::Get;
use sp_keyring::Sr25519Keyring;
use sp_runtime::BuildStorage;

pub(super) fn externalities(preset: &str) -> sp_io::TestExternalities {
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
		let set = Finality::current_set().expect("finality keys");
		assert_eq!((set.id(), set.len()), (0, 1));
		assert!(pallet_sudo::Key::<Runtime>::get().is_some());
	});
}

#[test]
fn local_has_four_validators() {
	externalities(genesis::LOCAL).execute_with(|| {
		assert_eq!(pallet_session::Validators::<Runtime>::get().len(), 4);
		assert_eq!(pallet_aura::Authorities::<Runtime>::get().len(), 4);
		assert_eq!(crate::Grandpa::grandpa_authorities().len(), 4);
		let set = Finality::current_set().expect("finality keys");
		assert_eq!((set.id(), set.len(), set.quorum()), (0, 4, 3));
	});
}

#[test]
fn production_has_no_sudo_and_no_software_tee() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		assert_eq!(System::block_number(), 0);
		assert!(pallet_sudo::Key::<Runtime>::get().is_none());
		assert!(PoAi::software_root().is_none());
	});
}

#[test]
fn production_keeps_the_default_times_and_bonds() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		let bond: u128 = governed::stakes::WorkerBond::get();
		assert_eq!(bond, 10_000 * crate::UNIT);
		let window: u32 = governed::jobs::FraudWindow::get();
		assert_eq!(window, 6 * crate::EPOCH);
	});
}

#[test]
fn development_shortens_times_and_bonds_and_keeps_their_order() {
	externalities(genesis::DEV).execute_with(|| {
		let bond: u128 = governed::stakes::WorkerBond::get();
		assert_eq!(bond, 100 * crate::UNIT);
		let fraud: u32 = governed::jobs::FraudWindow::get();
		let unbonding: u32 = governed::stakes::UnbondingPeriod::get();
		assert!(
			unbonding > fraud,
			"nobody may leave before its fraud window ends"
		);
	});
}

#[test]
fn a_session_is_as_long_as_governed_unless_those_who_leave_would_no_longer_be_liable() {
	use crate::config::consensus::SessionPeriod;
	use frame_support::traits::Get;
	externalities(genesis::LOCAL).execute_with(|| {
		assert_eq!(SessionPeriod::get(), 10);
	});
	externalities(genesis::PRODUCTION).execute_with(|| {
		assert_eq!(SessionPeriod::get(), crate::SESSION);
		let set = pallet_parameters::Pallet::<Runtime>::set_parameter(
			frame_system::RawOrigin::Root.into(),
			crate::parameters::RuntimeParameters::Stakes(
				governed::stakes::Parameters::SessionLength(
					governed::stakes::SessionLength,
					Some(1),
				),
			),
		);
		assert!(set.is_ok());
		let remembered: u32 =
			<Runtime as pallet_aci_staking_slashing::Config>::SessionHistory::get();
		let unbonding: u32 = governed::stakes::UnbondingPeriod::get();
		assert!(SessionPeriod::get() * remembered >= unbonding);
	});
}

#[test]
fn local_seven_has_seven_validators() {
	externalities(genesis::LOCAL_SEVEN).execute_with(|| {
		assert_eq!(pallet_session::Validators::<Runtime>::get().len(), 7);
		let set = Finality::current_set().expect("finality keys");
		assert_eq!((set.len(), set.quorum()), (7, 5));
	});
}

#[test]
fn the_default_unbonding_time_is_longer_than_the_fraud_window() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		let fraud: u32 = governed::jobs::FraudWindow::get();
		let unbonding: u32 = governed::stakes::UnbondingPeriod::get();
		assert!(unbonding > fraud);
	});
}

#[test]
fn dev_knows_both_models_and_the_validators_bond() {
	externalities(genesis::DEV).execute_with(|| {
		assert!(PoAi::manifest(&genesis::models::SMOLLM2).is_some());
		assert!(PoAi::manifest(&genesis::models::MINILM).is_some());
		assert_eq!(Hmm::classes(0, 10).len(), 3);
		let alice = Sr25519Keyring::Alice.to_account_id();
		assert!(StakingSlashing::bonded(&alice, Role::Validator) > 0);
	});
}

#[test]
fn every_preset_begins_with_all_invariants() {
	for name in genesis::preset_names() {
		externalities(name.as_ref()).execute_with(|| {
			Escrow::do_try_state().expect("escrow");
			StakingSlashing::do_try_state().expect("stakes");
			Hmm::do_try_state().expect("classes");
			PoAi::do_try_state().expect("proofs");
			Jobs::do_try_state().expect("jobs");
			Finality::do_try_state().expect("finality");
		});
	}
}

#[test]
fn every_preset_has_the_shipped_thresholds() {
	let shipped = aci_poai::thresholds::file::shipped().expect("the file is good");
	for name in genesis::preset_names() {
		externalities(name.as_ref()).execute_with(|| {
			assert_eq!(PoAi::thresholds(None), Some(shipped), "{name:?}");
		});
	}
}

#[test]
fn every_preset_gives_a_committee_the_time_to_vote() {
	for name in genesis::preset_names() {
		externalities(name.as_ref()).execute_with(|| {
			let rules = PoAi::verification_rules();
			assert!(rules.is_usable());
			let vote = rules.commit_blocks + rules.reveal_blocks + 1;
			let period: u64 = governed::jobs::DisputePeriod::get();
			let blocks = period / crate::BLOCK_TIME;
			let needed = pallet_aci_poai::DRAW_DELAY + vote;
			assert!(u64::from(needed) < blocks, "{name:?}");
		});
	}
}

#[test]
fn every_named_preset_exists() {
	for name in genesis::preset_names() {
		assert!(genesis::encoded_preset(&name).is_some(), "{name:?}");
	}
	assert!(genesis::preset("other").is_none());
}
