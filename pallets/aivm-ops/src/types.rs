//! What the pallet stores, what its view functions return, and what it asks of the runtime.

use aci_primitives::{
	AccountId, Balance, BlockNumber, BoundedBytes, ClassId, ModelId, ReservationId,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// Bytes that a module may have.
pub const MAX_CODE_BYTES: u32 = aci_aivm_engine::limits::MAX_CODE_BYTES as u32;
/// Bytes that the weights of a model on chain may have.
pub const MAX_MODEL_BYTES: u32 = aci_aivm_engine::aci_aivm::model::MAX_MODEL_BYTES as u32;
/// Bytes of an entry point's name.
pub const MAX_ENTRY_BYTES: u32 = aci_aivm_engine::limits::MAX_ENTRY_BYTES as u32;
/// Bytes of a call's input.
pub const MAX_INPUT_BYTES: u32 = aci_aivm_engine::limits::MAX_INPUT_BYTES as u32;
/// Bytes of a storage key.
pub const MAX_KEY_BYTES: u32 = aci_aivm_engine::limits::MAX_KEY_BYTES as u32;
/// Bytes of a stored value.
pub const MAX_VALUE_BYTES: u32 = aci_aivm_engine::limits::MAX_VALUE_BYTES as u32;
/// Bytes of an event's topic.
pub const MAX_TOPIC_BYTES: u32 = aci_aivm_engine::limits::MAX_TOPIC_BYTES as u32;
/// Bytes of an event's data.
pub const MAX_EVENT_BYTES: u32 = aci_aivm_engine::limits::MAX_EVENT_BYTES as u32;

/// A module.
pub type Code = BoundedBytes<MAX_CODE_BYTES>;
/// The weights of a model on chain.
pub type Weights = BoundedBytes<MAX_MODEL_BYTES>;
/// The name of an entry point.
pub type EntryName = BoundedBytes<MAX_ENTRY_BYTES>;
/// What an entry point is given.
pub type Input = BoundedBytes<MAX_INPUT_BYTES>;
/// A storage key of a contract.
pub type Key = BoundedBytes<MAX_KEY_BYTES>;

/// A module that was uploaded.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct CodeInfo {
	/// Who uploaded it, and alone may remove it.
	pub owner: AccountId,
	/// Held of the owner, in planck.
	pub deposit: Balance,
	/// Contracts that run it. While there is one it cannot be removed.
	pub references: u32,
	/// Its bytes.
	pub length: u32,
	/// Pages of 64 KiB of memory that a call starts with.
	pub memory_pages: u32,
}

/// A contract.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Contract {
	/// The hash of its module.
	pub code: aci_primitives::Hash,
	/// Who made it, and alone may remove it when it is empty.
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

/// An entry of a contract's storage.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct StoredValue {
	/// The value.
	pub value: BoundedBytes<MAX_VALUE_BYTES>,
	/// Who signed the transaction that wrote it: the deposit is theirs.
	pub payer: AccountId,
	/// Held of the payer, in planck, until the entry is removed or replaced.
	pub deposit: Balance,
}

/// A model whose weights are on chain.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct OnChainModel {
	/// Who uploaded it, and alone may remove it.
	pub owner: AccountId,
	/// Held of the owner, in planck.
	pub deposit: Balance,
	/// Bytes of its weights.
	pub length: u32,
	/// Elements of one input.
	pub inputs: u16,
	/// Elements of one output.
	pub outputs: u16,
	/// What MODEL_INFER is charged by for one input.
	pub work: u64,
}

/// Money of a client that a contract has locked.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct ContractLock {
	/// Whose money it is.
	pub client: AccountId,
	/// How much, in planck.
	pub amount: Balance,
	/// First block in which the client may take it back.
	pub until: BlockNumber,
}

/// A run of a model that a contract has ordered and is to be told of.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct ModelOrder {
	/// The contract. It is the job's client, pays for it, and is called back.
	pub contract: AccountId,
	/// Who signed the transaction: the deposit is theirs, and so are those of the call back.
	pub payer: AccountId,
	/// Held of the payer, in planck, until the call back: for this record, and for `room`.
	pub deposit: Balance,
	/// The most that the call back may hold of the payer for storage, in planck.
	pub room: Balance,
	/// The entry point that is called back.
	pub entry: EntryName,
	/// The whole gas that the call back may use. It is paid already.
	pub gas: u64,
	/// The block in which it was ordered.
	pub since: BlockNumber,
}

/// How a run that a contract ordered has ended.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum OrderOutcome {
	/// The output was verified and paid.
	#[codec(index = 0)]
	Done,
	/// No worker took it in time. All but a slot fee, if there was one, came back.
	#[codec(index = 1)]
	Expired,
	/// The worker gave no result in time. All came back.
	#[codec(index = 2)]
	TimedOut,
	/// A verdict found the output wrong, or nobody decided a dispute. What was locked came back.
	#[codec(index = 3)]
	Refunded,
	/// It was withdrawn. All came back.
	#[codec(index = 4)]
	Cancelled,
	/// The job's record is gone, since the chain was too busy to look at it in time.
	#[codec(index = 5)]
	Unknown,
}

/// What a dry run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct DryRunMeans {
	/// What is sent with the call, in planck.
	pub value: Balance,
	/// The most whole gas; as much as fits a block where it is left out.
	pub gas_limit: Option<u64>,
	/// The most that may be held of the signer, in planck; without a limit where it is left out.
	pub deposit_limit: Option<Balance>,
}

/// What a call would do. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct DryRun {
	/// What the contract would return, or why it would fail, as a text.
	pub result: Result<Vec<u8>, Vec<u8>>,
	/// The whole gas that it would use. A call that hands a part of its gas to another contract may
	/// need more to be given than it uses.
	pub gas_used: u64,
	/// What would be held of the signer for storage, in planck, beyond what comes back.
	pub deposit: Balance,
	/// The account of the contract that was called or would be made.
	pub contract: Option<AccountId>,
}

/// What contracts can ask of the market. The runtime answers from the pallets `jobs` and `hmm`.
pub trait ContractMarket {
	/// Price in planck, and worker, for a run of a model on an input of so many bytes. `None` when the
	/// model is unknown or nobody is free.
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)>;

	/// Buys capacity of a class for a window of blocks, paid by `owner`, for at most `limit`: the
	/// reservation and its price. The caller undoes what an error leaves.
	fn buy(
		owner: &AccountId,
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
		limit: Balance,
	) -> Result<(ReservationId, Balance), DispatchError>;
}
