//! The chain before its jobs: the development preset with clients and workers that have funds.

use aci_primitives::{AccountId, Balance};
use aci_runtime::{genesis, RuntimeGenesisConfig, UNIT};
use anyhow::{Context, Result};
use sp_core::storage::Storage;
use sp_crypto_hashing::blake2_256;
use sp_runtime::BuildStorage;

/// What each client starts with.
const CLIENT_FUNDS: Balance = 1_000_000 * UNIT;
/// What each worker starts with.
const WORKER_FUNDS: Balance = 200_000 * UNIT;

/// 32 bytes that follow from a word and a number and look random.
pub fn bytes(word: &str, number: u32) -> [u8; 32] {
	let mut input = word.as_bytes().to_vec();
	input.extend(number.to_le_bytes());
	blake2_256(&input)
}

/// So many accounts.
pub fn accounts(word: &str, count: u32) -> Vec<AccountId> {
	(0..count)
		.map(|number| AccountId::new(bytes(word, number)))
		.collect()
}

/// The state of the chain's block 0.
pub fn storage(clients: &[AccountId], workers: &[AccountId]) -> Result<Storage> {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default())?;
	let preset = genesis::preset(genesis::DEV).context("there is no development preset")?;
	merge(&mut config, preset);
	let mut config: RuntimeGenesisConfig = serde_json::from_value(config)?;
	let funds = |accounts: &[AccountId], amount| {
		accounts
			.iter()
			.map(|account| (account.clone(), amount))
			.collect::<Vec<_>>()
	};
	config
		.balances
		.balances
		.extend(funds(clients, CLIENT_FUNDS));
	config
		.balances
		.balances
		.extend(funds(workers, WORKER_FUNDS));
	// A block pays whatever is due in it: the limit is what the benchmark is there to choose.
	config.genesis_parameters.values.settlement_limit = Some(u32::MAX);
	config
		.build_storage()
		.map_err(|error| anyhow::anyhow!("the genesis does not build: {error}"))
}

/// Puts a patch of a genesis over it.
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
