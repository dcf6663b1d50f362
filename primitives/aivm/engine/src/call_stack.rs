//! Which contracts are open: the rules of depth and re-entrancy.
//!
//! # Guarantees
//!
//! 1. No contract is open twice: one that is on the stack cannot be called, by itself or by another.
//!    So its storage is changed by one call at a time.
//! 2. At most [`MAX_CALL_DEPTH`] calls are open.

use crate::{host::Account, limits::MAX_CALL_DEPTH};
use alloc::vec::Vec;

/// Why a contract cannot be called now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackError {
	/// As many calls are open as may be.
	TooDeep,
	/// The contract is open already.
	Reentered,
}

/// The contracts that are open, the first called first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallStack(Vec<Account>);

impl CallStack {
	/// Opens a contract. Close it with [`CallStack::leave`] when its call has ended.
	///
	/// Errors: all of [`StackError`]; then nothing is opened.
	pub fn enter(&mut self, contract: Account) -> Result<(), StackError> {
		if self.0.contains(&contract) {
			return Err(StackError::Reentered);
		}
		if self.0.len() >= MAX_CALL_DEPTH {
			return Err(StackError::TooDeep);
		}
		self.0.push(contract);
		Ok(())
	}

	/// Closes the contract that was opened last.
	pub fn leave(&mut self) {
		self.0.pop();
	}

	/// How many are open.
	pub fn depth(&self) -> usize {
		self.0.len()
	}
}
