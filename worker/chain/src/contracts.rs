//! Contracts: what the chain says of them, and what a call of one would do. Reads are at the node's best
//! block.
//!
//! The types mirror those of the pallet of contracts: same names, same order. [`crate::Chain::connect`]
//! compares them with the node's metadata. Amounts are in planck.

use crate::{Call, Chain, ChainError};
use aci_primitives::{AccountId, Balance, BlockNumber, BoundedBytes, Hash, JobId};
use codec::{Compact, Decode, DecodeAll, Encode};
use scale_info::{MetaType, TypeInfo};

/// Bytes that a module may have.
pub const MAX_CODE_BYTES: u32 = 256 * 1024;
/// Bytes of a call's input.
pub const MAX_INPUT_BYTES: u32 = 64 * 1024;
/// Bytes of an entry point's name.
pub const MAX_ENTRY_BYTES: u32 = 64;

/// Name of the runtime API of contracts.
pub(crate) const AIVM_API: &str = "AivmApi";
/// The runtime API call that says what a call of the chain would cost.
const FEE: &str = "TransactionPaymentCallApi_query_call_info";
/// Bytes of a transaction beside its call: signature, account, and what wallets sign.
const SIGNATURE_BYTES: usize = 140;

/// A module that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct CodeInfo {
	/// Who uploaded it.
	pub owner: AccountId,
	/// Held of the owner.
	pub deposit: Balance,
	/// Contracts that run it.
	pub references: u32,
	/// Its bytes.
	pub length: u32,
	/// Pages of 64 KiB of memory that a call starts with.
	pub memory_pages: u32,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct Contract {
	/// The hash of its module.
	pub code: Hash,
	/// Who made it.
	pub creator: AccountId,
	/// The block in which it was made.
	pub since: BlockNumber,
	/// Entries of its storage.
	pub items: u32,
	/// Bytes of keys and values in its storage.
	pub bytes: u64,
	/// Its locks of clients' money that have not ended.
	pub open_locks: u32,
}

/// What a dry run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, TypeInfo)]
pub struct DryRunMeans {
	/// What is sent with the call.
	pub value: Balance,
	/// The most whole gas; as much as fits a block where it is left out.
	pub gas_limit: Option<u64>,
	/// The most that may be held of the signer; without a limit where it is left out.
	pub deposit_limit: Option<Balance>,
}

/// What a call would do.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct DryRun {
	/// What the contract would return, or why it would fail, as a text.
	pub result: Result<Vec<u8>, Vec<u8>>,
	/// The whole gas that it would use.
	pub gas_used: u64,
	/// What would be held of the signer for storage, beyond what comes back.
	pub deposit: Balance,
	/// The account of the contract that was called or would be made.
	pub contract: Option<AccountId>,
}

/// A run of a model that a contract has ordered and is to be told of.
#[derive(Clone, Debug, PartialEq, Eq, Decode, TypeInfo)]
pub struct ModelOrder {
	/// The contract.
	pub contract: AccountId,
	/// Who signed the transaction.
	pub payer: AccountId,
	/// Held of the payer until the call back.
	pub deposit: Balance,
	/// The most that the call back may hold of the payer for storage.
	pub room: Balance,
	/// The entry point that is called back.
	pub entry: BoundedBytes<MAX_ENTRY_BYTES>,
	/// The whole gas that the call back may use.
	pub gas: u64,
	/// The block in which it was ordered.
	pub since: BlockNumber,
}

/// How a run that a contract ordered has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum OrderOutcome {
	/// The output was verified and paid.
	#[codec(index = 0)]
	Done,
	/// No worker took it in time.
	#[codec(index = 1)]
	Expired,
	/// The worker gave no result in time.
	#[codec(index = 2)]
	TimedOut,
	/// A verdict found the output wrong, or nobody decided a dispute.
	#[codec(index = 3)]
	Refunded,
	/// It was withdrawn.
	#[codec(index = 4)]
	Cancelled,
	/// The job's record is gone.
	#[codec(index = 5)]
	Unknown,
}

/// What a module is known by: Blake2b-256 of its bytes.
pub fn code_hash(code: &[u8]) -> [u8; 32] {
	sp_crypto_hashing::blake2_256(code)
}

fn of<T: TypeInfo + 'static>() -> MetaType {
	MetaType::new::<T>()
}

/// The runtime API's methods that are asked here: name, arguments, answer.
pub(crate) fn methods() -> Vec<(&'static str, Vec<MetaType>, MetaType)> {
	let (account, bytes, means) = (of::<AccountId>(), of::<Vec<u8>>(), of::<DryRunMeans>());
	vec![
		(
			"dry_run_call",
			vec![account, account, means, bytes, bytes],
			of::<DryRun>(),
		),
		(
			"dry_run_instantiate",
			vec![account, of::<Hash>(), means, of::<[u8; 32]>(), bytes],
			of::<DryRun>(),
		),
		("contract", vec![account], of::<Option<Contract>>()),
		("entry_points", vec![account], of::<Vec<Vec<u8>>>()),
		(
			"contract_storage",
			vec![account, bytes],
			of::<Option<Vec<u8>>>(),
		),
		(
			"model_order",
			vec![of::<JobId>()],
			of::<Option<ModelOrder>>(),
		),
		(
			"contract_code",
			vec![of::<Hash>()],
			of::<Option<CodeInfo>>(),
		),
	]
}

impl Chain {
	/// What calling an entry point of a contract would do.
	pub async fn dry_run_call(
		&self,
		caller: &AccountId,
		contract: &AccountId,
		means: DryRunMeans,
		entry: &str,
		input: &[u8],
	) -> Result<DryRun, ChainError> {
		let arguments = (caller, contract, means, entry.as_bytes(), input);
		self.api_of(AIVM_API, "dry_run_call", arguments).await
	}

	/// What making a contract of an uploaded code would do.
	pub async fn dry_run_instantiate(
		&self,
		creator: &AccountId,
		code: Hash,
		means: DryRunMeans,
		salt: [u8; 32],
		input: &[u8],
	) -> Result<DryRun, ChainError> {
		let arguments = (creator, code, means, salt, input);
		self.api_of(AIVM_API, "dry_run_instantiate", arguments)
			.await
	}

	/// A contract.
	pub async fn contract(&self, account: &AccountId) -> Result<Option<Contract>, ChainError> {
		self.api_of(AIVM_API, "contract", account).await
	}

	/// The names of the entry points that a contract can be called by; empty where there is none.
	pub async fn entry_points(&self, account: &AccountId) -> Result<Vec<String>, ChainError> {
		let names: Vec<Vec<u8>> = self.api_of(AIVM_API, "entry_points", account).await?;
		let text = |name: Vec<u8>| String::from_utf8_lossy(&name).into_owned();
		Ok(names.into_iter().map(text).collect())
	}

	/// A value of a contract's storage.
	pub async fn contract_storage(
		&self,
		account: &AccountId,
		key: &[u8],
	) -> Result<Option<Vec<u8>>, ChainError> {
		self.api_of(AIVM_API, "contract_storage", (account, key))
			.await
	}

	/// A run of a model that a contract waits for, by its job.
	pub async fn model_order(&self, job: JobId) -> Result<Option<ModelOrder>, ChainError> {
		self.api_of(AIVM_API, "model_order", job).await
	}

	/// An uploaded module.
	pub async fn contract_code(&self, hash: Hash) -> Result<Option<CodeInfo>, ChainError> {
		self.api_of(AIVM_API, "contract_code", hash).await
	}

	/// The fee of a call at most, in planck, as it would be in the next block.
	pub async fn fee(&self, call: &Call) -> Result<Balance, ChainError> {
		let (mut request, _) = self.encode(call).await?;
		let length = request.len().saturating_add(SIGNATURE_BYTES);
		u32::try_from(length)
			.unwrap_or(u32::MAX)
			.encode_to(&mut request);
		let request = request.as_slice();
		let answer = self
			.ask("a fee", |node| async move {
				node.state_call(FEE, Some(request), None).await
			})
			.await?;
		// Weight, class of the call, fee.
		type Info = ((Compact<u64>, Compact<u64>), u8, Balance);
		let (_, _, fee) = Info::decode_all(&mut answer.as_slice())
			.map_err(|error| ChainError::decode(FEE, error))?;
		Ok(fee)
	}
}
