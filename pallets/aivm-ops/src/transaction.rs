//! One transaction: who signed it, which contracts are open, and what it may still do.

use aci_aivm_engine::{CallStack, StackError, Trap};
use aci_primitives::{AccountId, Balance};
use sp_runtime::DispatchError;

use crate::{Config, Error};

/// What all calls of one transaction share.
pub(crate) struct Transaction {
	/// Who signed it: deposits are held of this account.
	pub signer: AccountId,
	/// The contracts that are open.
	pub stack: CallStack,
	/// What may be held of the signer for storage, in planck.
	pub deposit_limit: Balance,
	/// What was held of the signer so far, and what came back.
	pub deposits: Deposits,
	/// Events of contracts so far.
	pub events: u32,
	/// Calls so far. It numbers them, so it never goes back.
	pub calls: u32,
}

/// Deposits of the signer in one transaction, in planck.
#[derive(Clone, Copy, Default)]
pub(crate) struct Deposits {
	pub held: Balance,
	pub released: Balance,
}

impl Deposits {
	/// What is held beyond what came back.
	pub fn net(self) -> Balance {
		// Not an error: a call may give back more than it takes.
		self.held.saturating_sub(self.released)
	}
}

impl Transaction {
	pub fn new(signer: AccountId, deposit_limit: Balance) -> Self {
		Self {
			signer,
			stack: CallStack::default(),
			deposit_limit,
			deposits: Deposits::default(),
			events: 0,
			calls: 0,
		}
	}

	/// What stands in for a transaction while the machine has it.
	pub fn absent() -> Self {
		Self::new(AccountId::new([0; 32]), 0)
	}
}

/// Why a call of a contract failed.
#[derive(Debug)]
pub(crate) enum Failure {
	/// The machine ended it.
	Trap(Trap),
	/// It could not be entered.
	Stack(StackError),
	/// The chain refused before the machine ran.
	Dispatch(DispatchError),
}

impl From<DispatchError> for Failure {
	fn from(error: DispatchError) -> Self {
		Self::Dispatch(error)
	}
}

impl Failure {
	/// As the error of an extrinsic.
	pub fn error<T: Config>(&self) -> DispatchError {
		use aci_aivm_engine::Refusal;
		match self {
			Self::Dispatch(error) => *error,
			Self::Stack(StackError::TooDeep) => Error::<T>::CallTooDeep.into(),
			Self::Stack(StackError::Reentered) => Error::<T>::Reentered.into(),
			Self::Trap(trap) => match trap {
				Trap::OutOfGas => Error::<T>::OutOfGas,
				Trap::Reverted(_) => Error::<T>::ContractReverted,
				Trap::Code(_) => Error::<T>::ContractTrapped,
				Trap::NoEntry => Error::<T>::NoEntry,
				Trap::Module(_) => Error::<T>::InvalidCode,
				Trap::Tensor(_) | Trap::Model(_) => Error::<T>::TensorRefused,
				Trap::TooManyHandles | Trap::TooManyTensorBytes => Error::<T>::TooManyTensors,
				Trap::Refused(Refusal::Deposit) => Error::<T>::DepositLimit,
				Trap::Refused(Refusal::TooManyEvents) => Error::<T>::TooManyEvents,
				Trap::Refused(Refusal::State) => Error::<T>::StateRefused,
				Trap::OutOfBounds | Trap::Argument | Trap::Handle | Trap::InputTooLong => {
					Error::<T>::OpcodeRefused
				}
			}
			.into(),
		}
	}

	/// As a text for a dry run.
	pub fn text(&self) -> alloc::string::String {
		match self {
			Self::Trap(trap) => alloc::format!("{trap}"),
			Self::Stack(StackError::TooDeep) => "too many calls are open".into(),
			Self::Stack(StackError::Reentered) => "the contract is open already".into(),
			Self::Dispatch(error) => {
				let name: &'static str = (*error).into();
				name.into()
			}
		}
	}
}
