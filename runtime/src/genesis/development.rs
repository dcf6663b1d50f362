//! Presets for development: well-known keys, sudo, a software TEE.

use super::{models, parameters::Values};
use crate::{
	governance::terms::TrackTerms, AccountId, Balance, BalancesConfig, BlockNumber,
	GenesisParametersConfig, HmmConfig, PoAiConfig, RuntimeGenesisConfig, SessionConfig,
	SessionKeys, StakingSlashingConfig, SudoConfig, MINUTES, UNIT,
};
use aci_poai::software_tee;
use aci_primitives::{evidence::TeeKind, BoundedBytes, Class, Role};
use alloc::{vec, vec::Vec};
use frame_support::build_struct_json_patch;
use pallet_aci_poai::VerificationRules;
use serde_json::Value;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// What each development account starts with.
const ENDOWMENT: Balance = 10_000_000 * UNIT;

/// A well-known account with its sr25519 and ed25519 keys.
type Person = (Sr25519Keyring, Ed25519Keyring);

const ALICE: Person = (Sr25519Keyring::Alice, Ed25519Keyring::Alice);
const BOB: Person = (Sr25519Keyring::Bob, Ed25519Keyring::Bob);
const CHARLIE: Person = (Sr25519Keyring::Charlie, Ed25519Keyring::Charlie);
const DAVE: Person = (Sr25519Keyring::Dave, Ed25519Keyring::Dave);
const EVE: Person = (Sr25519Keyring::Eve, Ed25519Keyring::Eve);
const FERDIE: Person = (Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie);
const ONE: Person = (Sr25519Keyring::One, Ed25519Keyring::One);

/// Blocks in a session of a development chain of several validators: a person, or a test, sees them
/// change. One validator alone keeps the length of a production chain.
const SHORT_SESSION: BlockNumber = 10;

/// The session keys that `--alice`, `--bob` and so on put into a node's keystore.
pub fn session_keys((sr25519, ed25519): Person) -> SessionKeys {
	let sr25519 = sr25519.to_raw_public();
	let ed25519 = ed25519.to_raw_public();
	SessionKeys {
		aura: sp_core::sr25519::Public::from_raw(sr25519).into(),
		grandpa: sp_core::ed25519::Public::from_raw(ed25519).into(),
		finality: sp_core::ed25519::Public::from_raw(ed25519).into(),
		fastpath: sp_core::ed25519::Public::from_raw(ed25519).into(),
		authority_discovery: sp_core::sr25519::Public::from_raw(sr25519).into(),
	}
}

/// Least bond of a validator on a development chain.
const VALIDATOR_BOND: Balance = 1_000 * UNIT;

/// Commission of the development validators, in parts per million: a tenth.
const COMMISSION: u32 = 100_000;

/// Committees of the few verifiers that a development chain has, which vote within its time for a
/// dispute.
fn small_committees() -> VerificationRules {
	VerificationRules {
		committee: 3,
		least_committee: 2,
		commit_blocks: 10,
		reveal_blocks: 10,
		..VerificationRules::default()
	}
}

/// A track with which a person, or a test, is through in a minute: it is decided for at most 20
/// blocks. Whoever places the decision deposit last has ten minutes for the votes before.
const fn quick_track(decision_deposit: Balance) -> TrackTerms {
	TrackTerms {
		decision_deposit,
		prepare_period: 2,
		decision_period: 20,
		confirm_period: 2,
		min_enactment_period: 1,
	}
}

/// A class with its par price in planck per compute unit and its floor share in parts per billion.
fn class(
	name: &str,
	memory: u64,
	peak_flops: u64,
	bandwidth: u64,
	par_price: Balance,
) -> (Class, Balance, u32) {
	let name = BoundedBytes::truncate_from(name.as_bytes().to_vec());
	(
		Class {
			name,
			memory,
			peak_flops,
			bandwidth,
		},
		par_price,
		100_000_000,
	)
}

/// The classes of development chains. Peaks are the hardware's ceilings at its fastest precision
/// for dense models; the processor's are those of a large server.
fn classes() -> Vec<(Class, Balance, u32)> {
	const GIB: u64 = 1 << 30;
	const TERA: u64 = 1_000_000_000_000;
	const GIGA: u64 = 1_000_000_000;
	vec![
		class("cpu", 64 * GIB, 8 * TERA, 600 * GIGA, UNIT),
		class("rtx4090-24g", 24 * GIB, 661 * TERA, 1_010 * GIGA, UNIT / 50),
		class("h100-80g", 80 * GIB, 1_979 * TERA, 3_350 * GIGA, UNIT / 100),
	]
}

fn development(validators: &[Person]) -> Value {
	let alice = Sr25519Keyring::Alice.to_account_id();
	let mut endowed: Vec<AccountId> = Sr25519Keyring::well_known()
		.map(|account| account.to_account_id())
		.collect();
	for (account, _) in validators {
		let account = account.to_account_id();
		if !endowed.contains(&account) {
			endowed.push(account);
		}
	}
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig {
			balances: endowed
				.iter()
				.map(|account| (account.clone(), ENDOWMENT))
				.collect(),
		},
		session: SessionConfig {
			keys: validators
				.iter()
				.map(|person| {
					let account = person.0.to_account_id();
					(account.clone(), account, session_keys(*person))
				})
				.collect(),
		},
		sudo: SudoConfig {
			key: Some(alice.clone())
		},
		staking_slashing: StakingSlashingConfig {
			bonds: validators
				.iter()
				.map(|person| (person.0.to_account_id(), Role::Validator, VALIDATOR_BOND))
				.collect(),
			candidates: validators
				.iter()
				.map(|person| (person.0.to_account_id(), COMMISSION))
				.collect(),
		},
		hmm: HmmConfig { classes: classes() },
		po_ai: PoAiConfig {
			models: vec![
				(models::SMOLLM2, alice.clone(), models::smollm2()),
				(models::MINILM, alice, models::minilm()),
			],
			measurements: vec![(TeeKind::Software, software_tee::DEVELOPMENT_MEASUREMENT)],
			software_root: Some(software_tee::development_root_key()),
			thresholds: super::thresholds(),
			verification: Some(small_committees()),
		},
		genesis_parameters: GenesisParametersConfig {
			values: Values {
				fraud_window: Some(5 * MINUTES),
				retention: Some(5 * MINUTES),
				validator_bond: Some(VALIDATOR_BOND),
				verifier_bond: Some(500 * UNIT),
				worker_bond: Some(100 * UNIT),
				worker_bond_per_slot: Some(10 * UNIT),
				unbonding_period: Some(10 * MINUTES),
				session_length: (validators.len() > 1).then_some(SHORT_SESSION),
				appeal_period: Some(MINUTES),
				minimum_delegation: Some(10 * UNIT),
				appeal_deposit: Some(10 * UNIT),
				dispute_period: Some(60_000),
				disputes_by_governance: Some(true),
				epoch_length: Some(MINUTES),
				min_liquidity: Some(100 * UNIT),
				liquidity_unbonding: Some(10 * MINUTES),
				min_reservation: Some(10),
				budget_period: Some(MINUTES),
				root_terms: Some(quick_track(100 * UNIT)),
				parameters_terms: Some(quick_track(10 * UNIT)),
				treasury_terms: Some(quick_track(10 * UNIT)),
				undeciding_timeout: Some(10 * MINUTES),
				vote_locking_period: Some(10),
				..Default::default()
			}
		},
	})
}

/// One validator: Alice.
pub fn dev() -> Value {
	development(&[ALICE])
}

/// Four validators: Alice, Bob, Charlie, Dave.
pub fn local() -> Value {
	development(&[ALICE, BOB, CHARLIE, DAVE])
}

/// Seven validators: those of [`local`], Eve, Ferdie, One.
pub fn local_seven() -> Value {
	development(&[ALICE, BOB, CHARLIE, DAVE, EVE, FERDIE, ONE])
}
