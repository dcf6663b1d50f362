//! Why a call ends without a result.

use aci_aivm::{ModelError, TensorError};
use alloc::vec::Vec;
use core::fmt;

use crate::{host::Refusal, module::ModuleError};

/// What the interpreter stopped at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapCode {
	/// An instruction that says that it is never reached.
	Unreachable,
	/// An access outside of the contract's memory.
	MemoryOutOfBounds,
	/// A division by zero, or a quotient that leaves its type.
	Arithmetic,
	/// A call through the table of functions to nothing, or to another type of function.
	IndirectCall,
	/// More functions open, or more stack, than is allowed.
	StackOverflow,
	/// The interpreter refuses for another reason.
	Other,
}

/// Why a call ends without a result. All that it did is undone; the gas that it used is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
	/// The gas is used up. Give more, or ask for less.
	OutOfGas,
	/// The contract says no, with this reason.
	Reverted(Vec<u8>),
	/// The contract's code broke a rule of WebAssembly.
	Code(TrapCode),
	/// A pointer or a length given to an opcode leaves the contract's memory, or the bytes that it
	/// is about.
	OutOfBounds,
	/// A number given to an opcode has no meaning for it, or a length is over its limit.
	Argument,
	/// A handle that this call was never given, or has given up.
	Handle,
	/// As many tensors and models as a call may have. Drop some.
	TooManyHandles,
	/// As many bytes of tensors and models as a call may have. Drop some.
	TooManyTensorBytes,
	/// The operation on tensors is refused.
	Tensor(TensorError),
	/// The model's bytes on chain are no model.
	Model(ModelError),
	/// The chain refuses, and the call cannot go on.
	Refused(Refusal),
	/// The module has no entry point of this name. `deploy` cannot be called.
	NoEntry,
	/// The call's input is longer than is allowed.
	InputTooLong,
	/// The module breaks a rule for modules.
	Module(ModuleError),
}

impl fmt::Display for Trap {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::OutOfGas => formatter.write_str("the gas is used up"),
			Self::Reverted(reason) => match core::str::from_utf8(reason) {
				Ok(reason) => write!(formatter, "the contract says: {reason}"),
				Err(_) => write!(formatter, "the contract says {} bytes", reason.len()),
			},
			Self::Code(code) => write!(formatter, "the contract's code stopped: {code:?}"),
			Self::OutOfBounds => formatter.write_str("a pointer leaves the memory"),
			Self::Argument => formatter.write_str("an opcode's argument is not allowed"),
			Self::Handle => formatter.write_str("not a handle of this call"),
			Self::TooManyHandles => formatter.write_str("too many tensors and models"),
			Self::TooManyTensorBytes => formatter.write_str("too many bytes of tensors and models"),
			Self::Tensor(error) => error.fmt(formatter),
			Self::Model(error) => error.fmt(formatter),
			Self::Refused(refusal) => refusal.fmt(formatter),
			Self::NoEntry => formatter.write_str("no entry point of this name"),
			Self::InputTooLong => formatter.write_str("the input is too long"),
			Self::Module(error) => error.fmt(formatter),
		}
	}
}

impl From<TensorError> for Trap {
	fn from(error: TensorError) -> Self {
		Self::Tensor(error)
	}
}

impl From<ModelError> for Trap {
	fn from(error: ModelError) -> Self {
		Self::Model(error)
	}
}

impl From<Refusal> for Trap {
	fn from(refusal: Refusal) -> Self {
		Self::Refused(refusal)
	}
}
