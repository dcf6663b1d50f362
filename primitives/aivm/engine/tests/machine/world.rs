//! The state behind the mock host: contracts, balances, models, locks.

use aci_aivm_engine::{Account, Hash, InferenceRequest};
use std::collections::BTreeMap;

/// A price and the worker that asks it.
pub const PRICE: u128 = 700;
/// The worker of every quote.
pub const WORKER: Account = [9; 32];

/// One lock of escrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
	pub contract: Account,
	pub client: Account,
	pub amount: u128,
}

/// All that a transaction can change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
	pub code: BTreeMap<Account, Vec<u8>>,
	pub storage: BTreeMap<(Account, Vec<u8>), Vec<u8>>,
	pub balances: BTreeMap<Account, u128>,
	pub events: Vec<(Account, Vec<u8>, Vec<u8>)>,
	pub models: BTreeMap<Hash, Vec<u8>>,
	pub locks: BTreeMap<u64, Lock>,
	pub reservations: u64,
	pub orders: Vec<InferenceRequest>,
	/// Numbers of calls, for their handles.
	pub calls: u32,
	/// Room for stored bytes: the deposit.
	pub stored: usize,
	pub block: u64,
}

impl World {
	/// Moves money, if there is as much.
	pub fn transfer(&mut self, from: &Account, to: &Account, amount: u128) -> bool {
		let balance = self.balances.get(from).copied().unwrap_or(0);
		let Some(left) = balance.checked_sub(amount) else {
			return false;
		};
		self.balances.insert(*from, left);
		*self.balances.entry(*to).or_default() += amount;
		true
	}

	/// Money of all, locked money included.
	pub fn money(&self) -> u128 {
		self.balances.values().sum::<u128>()
			+ self.locks.values().map(|lock| lock.amount).sum::<u128>()
	}
}

/// The attestation that the mock's TEE gives for a statement.
pub fn attest(statement: &[u8]) -> Vec<u8> {
	[
		b"attested ".to_vec(),
		sp_crypto_hashing::sha2_256(statement).to_vec(),
	]
	.concat()
}
