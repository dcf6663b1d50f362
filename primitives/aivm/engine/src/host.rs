//! What the machine asks of the chain.
//!
//! # What an implementation must do
//!
//! 1. Take all of a call back when its result is an error, and nothing else. The machine tells the
//!    result and does not know what was stored.
//! 2. Bound the work of each function by what its opcode costs in the gas table.
//! 3. In [`Host::call`]: keep a [`CallStack`](crate::CallStack), run the callee with the request's gas
//!    and tensor bytes, and report the gas that it used.
//! 4. Never panic.

use aci_aivm::Gas;
use alloc::vec::Vec;
use core::fmt;

/// An account: 32 bytes.
pub type Account = [u8; 32];
/// A hash: 32 bytes.
pub type Hash = [u8; 32];

/// Who calls what: the facts of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
	/// The contract.
	pub account: Account,
	/// Who calls it.
	pub caller: Account,
	/// What came with the call, in planck; it is on the contract's account.
	pub value: u128,
	/// The number of the block.
	pub block: u64,
}

/// Why the chain refuses something that a contract cannot go on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
	/// The deposit for storage is over the limit that the signer set, or than it can pay.
	Deposit,
	/// As many events as one transaction may have.
	TooManyEvents,
	/// The chain's own state does not let it be done.
	State,
}

impl fmt::Display for Refusal {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		formatter.write_str(match self {
			Self::Deposit => "the deposit for storage is over the signer's limit or means",
			Self::TooManyEvents => "too many events in one transaction",
			Self::State => "the chain's state does not allow it",
		})
	}
}

/// A call of another contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
	/// The contract that is called.
	pub contract: Account,
	/// What is sent with the call, in planck.
	pub value: u128,
	/// The gas that the callee may use.
	pub gas: Gas,
	/// The bytes of tensors and models that it may have.
	pub tensor_bytes: u64,
	/// The name of the entry point.
	pub entry: Vec<u8>,
	/// The input.
	pub input: Vec<u8>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
	/// What the callee returned, or `None` when it failed or could not be called.
	pub output: Option<Vec<u8>>,
	/// The gas that it used.
	pub gas_used: Gas,
}

/// A run of a model by a worker, which a contract orders: MODEL_INFER as a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferenceRequest {
	/// The model: SHA-256 of its weights.
	pub model: Hash,
	/// What it is fed, at most [`MAX_ORDER_BYTES`](crate::limits::MAX_ORDER_BYTES).
	pub input: Vec<u8>,
	/// The most tokens that the input may have, with what the model's template adds.
	pub max_tokens_in: u32,
	/// The most tokens that may be generated; zero for embeddings.
	pub max_tokens_out: u32,
	/// Sampling temperature in thousandths; zero is greedy.
	pub temperature: u32,
	/// Milliseconds from the worker's acknowledgement to the result in which the full price is due.
	pub sla: u64,
	/// The most that the contract pays, in planck.
	pub max_price: u128,
	/// Who is told of the end.
	pub callback: Callback,
}

/// How a contract is told of the end of what it ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
	/// The contract's entry point that is called.
	pub entry: Vec<u8>,
	/// The gas that it may use. It is paid when it is ordered.
	pub gas: Gas,
	/// What it may hold for storage, in planck. It is held of the signer until the call back.
	pub deposit: u128,
}

/// What the machine asks of the chain. The contract that asks is the frame's.
pub trait Host {
	/// The value under a key of the contract.
	fn storage_read(&mut self, key: &[u8]) -> Option<Vec<u8>>;
	/// Replaces the value under a key, or removes it.
	fn storage_write(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Refusal>;
	/// Tells the world.
	fn event(&mut self, topic: &[u8], data: &[u8]) -> Result<(), Refusal>;
	/// Sends money of the contract. False when it cannot be.
	fn transfer(&mut self, to: &Account, amount: u128) -> bool;
	/// Calls another contract.
	fn call(&mut self, request: CallRequest) -> CallResult;
	/// Bytes of a model's weights, where they are on chain.
	fn model_length(&mut self, hash: &Hash) -> Option<u32>;
	/// A model's weights.
	fn model(&mut self, hash: &Hash) -> Option<Vec<u8>>;
	/// SHA-256.
	fn sha256(&mut self, bytes: &[u8]) -> Hash;
	/// Orders a run of a model, paid by the contract: the job's identity. `None` when the market takes
	/// no such job now; then nothing is changed. Once the job has ended, the contract is called back.
	fn order_inference(&mut self, request: InferenceRequest) -> Result<Option<Hash>, Refusal>;
	/// Whether a TEE that the chain accepts attests the statement.
	fn tee_verify(&mut self, attestation: &[u8], statement: &[u8]) -> bool;
	/// Price and worker for a run of a model on an input of so many bytes.
	fn hmm_quote(&mut self, model: &Hash, length: u64) -> Option<(u128, Account)>;
	/// Buys capacity for a window of blocks at no more than `limit`: the reservation's number, and
	/// what was paid.
	fn hmm_swap(
		&mut self,
		class: u32,
		milli_slots: u64,
		blocks: u32,
		limit: u128,
	) -> Option<(u64, u128)>;
	/// Locks money that came with the call, for its caller: the lock's number.
	fn escrow_lock(&mut self, client: &Account, amount: u128) -> Option<u64>;
	/// Ends a lock of the contract: `amount` to the payee, the rest back to the client.
	fn escrow_release(&mut self, lock: u64, payee: &Account, amount: u128) -> bool;
}

/// The host of modules that are only checked. It runs nothing.
pub(crate) struct NoHost;

impl Host for NoHost {
	fn storage_read(&mut self, _: &[u8]) -> Option<Vec<u8>> {
		None
	}
	fn storage_write(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), Refusal> {
		Err(Refusal::State)
	}
	fn event(&mut self, _: &[u8], _: &[u8]) -> Result<(), Refusal> {
		Err(Refusal::State)
	}
	fn transfer(&mut self, _: &Account, _: u128) -> bool {
		false
	}
	fn call(&mut self, _: CallRequest) -> CallResult {
		CallResult {
			output: None,
			gas_used: Gas::ZERO,
		}
	}
	fn model_length(&mut self, _: &Hash) -> Option<u32> {
		None
	}
	fn model(&mut self, _: &Hash) -> Option<Vec<u8>> {
		None
	}
	fn sha256(&mut self, _: &[u8]) -> Hash {
		[0; 32]
	}
	fn order_inference(&mut self, _: InferenceRequest) -> Result<Option<Hash>, Refusal> {
		Ok(None)
	}
	fn tee_verify(&mut self, _: &[u8], _: &[u8]) -> bool {
		false
	}
	fn hmm_quote(&mut self, _: &Hash, _: u64) -> Option<(u128, Account)> {
		None
	}
	fn hmm_swap(&mut self, _: u32, _: u64, _: u32, _: u128) -> Option<(u64, u128)> {
		None
	}
	fn escrow_lock(&mut self, _: &Account, _: u128) -> Option<u64> {
		None
	}
	fn escrow_release(&mut self, _: u64, _: &Account, _: u128) -> bool {
		false
	}
}
