//! A chain of the EVM in memory: accounts with money, contracts, transactions and their time.

use revm::{
	context::{result::ExecutionResult, BlockEnv, CfgEnv, Journal, TxEnv},
	database::{CacheDB, EmptyDB},
	primitives::{hardfork::SpecId, keccak256, Address, Bytes, TxKind, B256, U256},
	state::AccountInfo,
	Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext, MainnetEvm,
};
use std::time::Instant;

type Memory = CacheDB<EmptyDB>;
type Machine = MainnetEvm<Context<BlockEnv, TxEnv, CfgEnv, Memory, Journal<Memory>, ()>>;

const GAS_LIMIT: u64 = 16_000_000;

/// A word of the ABI.
pub fn word(value: u128) -> Vec<u8> {
	U256::from(value).to_be_bytes::<32>().to_vec()
}

/// An address as a word of the ABI.
pub fn address(address: Address) -> Vec<u8> {
	address.into_word().to_vec()
}

/// The last argument of a call as bytes of any length: their place, then length and content.
pub fn bytes(place: usize, content: &[u8]) -> (Vec<u8>, Vec<u8>) {
	let mut tail = word(content.len() as u128);
	tail.extend_from_slice(content);
	tail.resize(tail.len().next_multiple_of(32), 0);
	(word(place as u128), tail)
}

/// A call of a method with encoded arguments.
pub fn call(signature: &str, arguments: &[Vec<u8>]) -> Vec<u8> {
	let selector = keccak256(signature)[..4].to_vec();
	[vec![selector], arguments.to_vec()].concat().concat()
}

/// The chain.
pub struct Evm(Machine);

impl Evm {
	/// A chain on which these accounts have money.
	pub fn new(rich: &[Address]) -> Self {
		let mut database = Memory::default();
		for account in rich {
			let info = AccountInfo {
				balance: U256::from(10).pow(U256::from(24)),
				..AccountInfo::default()
			};
			database.insert_account_info(*account, info);
		}
		let context = Context::mainnet()
			.with_db(database)
			.modify_cfg_chained(|cfg| {
				cfg.set_spec_and_mainnet_gas_params(SpecId::PRAGUE);
				// Transactions are timed by running them again on the same state.
				cfg.disable_nonce_check = true;
			});
		let mut evm = Self(context.build_mainnet());
		evm.pass(1);
		evm
	}

	/// Lets blocks pass.
	pub fn pass(&mut self, blocks: u64) {
		self.0
			.ctx
			.modify_block(|block| block.number += U256::from(blocks));
	}

	/// Creates a contract; returns its address.
	pub fn create(&mut self, from: Address, bytecode: &[u8], arguments: &[Vec<u8>]) -> Address {
		let data = [vec![bytecode.to_vec()], arguments.to_vec()]
			.concat()
			.concat();
		let result = self
			.0
			.transact_commit(transaction(from, TxKind::Create, 0, data));
		let result = result.expect("the transaction is well-formed");
		assert!(
			result.is_success(),
			"the contract is not created: {result:?}"
		);
		result.created_address().expect("a creation has an address")
	}

	/// Runs a transaction and keeps what it did; returns its gas, what was refunded taken off, and its
	/// output.
	pub fn commit(
		&mut self,
		from: Address,
		to: Address,
		value: u128,
		data: Vec<u8>,
	) -> (u64, Bytes) {
		let result = self
			.0
			.transact_commit(transaction(from, TxKind::Call(to), value, data));
		outcome(result.expect("the transaction is well-formed"))
	}

	/// The gas of a transaction and the microseconds that it takes: the least of many windows, since
	/// other work on the machine can only add. Nothing of it is kept.
	pub fn measure(
		&mut self,
		from: Address,
		to: Address,
		value: u128,
		data: Vec<u8>,
	) -> (u64, f64) {
		let transaction = transaction(from, TxKind::Call(to), value, data);
		let mut run = || {
			let done = self.0.transact(transaction.clone());
			outcome(done.expect("the transaction is well-formed").result).0
		};
		let gas = run();
		let mut least = f64::INFINITY;
		let begin = Instant::now();
		let mut windows = 0;
		while windows < 20 || (windows < 2_000 && begin.elapsed().as_secs_f64() < 1.0) {
			let start = Instant::now();
			for _ in 0..20 {
				run();
			}
			least = least.min(start.elapsed().as_secs_f64() * 1e6 / 20.0);
			windows += 1;
		}
		(gas, least)
	}

	/// The key that a signature over a hash is of, where it is one: what the EVM's own precompile says.
	pub fn signer(
		&mut self,
		from: Address,
		hash: B256,
		signature: &[Vec<u8>; 3],
	) -> Option<Address> {
		let data = [vec![hash.to_vec()], signature.to_vec()].concat().concat();
		let recover = Address::with_last_byte(1);
		let done = self
			.0
			.transact(transaction(from, TxKind::Call(recover), 0, data));
		let output = done
			.expect("the transaction is well-formed")
			.result
			.into_output()?;
		(output.len() == 32).then(|| Address::from_word(B256::from_slice(&output)))
	}
}

fn transaction(from: Address, kind: TxKind, value: u128, data: Vec<u8>) -> TxEnv {
	TxEnv::builder()
		.caller(from)
		.kind(kind)
		.value(U256::from(value))
		.data(data.into())
		.gas_limit(GAS_LIMIT)
		.build()
		.expect("the transaction is complete")
}

fn outcome(result: ExecutionResult) -> (u64, Bytes) {
	assert!(result.is_success(), "a transaction failed: {result:?}");
	(
		result.tx_gas_used(),
		result.into_output().unwrap_or_default(),
	)
}
