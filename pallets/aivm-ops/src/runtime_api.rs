//! What a wallet asks a node about contracts, without a transaction.

// The macro makes items of its own, without documentation.
#![allow(missing_docs)]

use crate::types::{
	CodeInfo, Contract, ContractLock, DryRun, DryRunMeans, ModelOrder, OnChainModel,
};
use aci_primitives::{AccountId, Hash, JobId, ModelId};
use alloc::vec::Vec;

sp_api::decl_runtime_apis! {
	/// Contracts: what a call would do, and what there is. Nothing here changes the state.
	pub trait AivmApi {
		/// What calling an entry point would do: result, gas, deposit.
		fn dry_run_call(
			caller: AccountId,
			contract: AccountId,
			means: DryRunMeans,
			entry: Vec<u8>,
			input: Vec<u8>,
		) -> DryRun;

		/// What making a contract would do, and which account it would have.
		fn dry_run_instantiate(
			creator: AccountId,
			code: Hash,
			means: DryRunMeans,
			salt: [u8; 32],
			input: Vec<u8>,
		) -> DryRun;

		/// A contract.
		fn contract(account: AccountId) -> Option<Contract>;

		/// The entry points that a contract can be called by.
		fn entry_points(account: AccountId) -> Vec<Vec<u8>>;

		/// A value of a contract's storage.
		fn contract_storage(account: AccountId, key: Vec<u8>) -> Option<Vec<u8>>;

		/// A lock of a client's money by a contract.
		fn contract_lock(account: AccountId, lock: u64) -> Option<ContractLock>;

		/// A run of a model that a contract waits for, by its job.
		fn model_order(job: JobId) -> Option<ModelOrder>;

		/// An uploaded module.
		fn contract_code(hash: Hash) -> Option<CodeInfo>;

		/// A model whose weights are on chain.
		fn on_chain_model(hash: ModelId) -> Option<OnChainModel>;
	}
}
