//! The call: who, with what, and what becomes of it.

use crate::{sys, Account, Balance};
use alloc::{vec, vec::Vec};

/// The bytes that the caller gave.
pub fn input() -> Vec<u8> {
	// SAFETY: the buffer has the length that is read.
	unsafe {
		let length = sys::input_length();
		let mut bytes = vec![0; length as usize];
		sys::input_read(0, bytes.as_mut_ptr(), length);
		bytes
	}
}

/// What the caller gets. The last one counts.
pub fn output(bytes: &[u8]) {
	// SAFETY: pointer and length of one slice.
	unsafe { sys::output(bytes.as_ptr(), bytes.len() as u32) }
}

/// Ends the call, undoes all of it, and tells the caller why.
pub fn revert(reason: &str) -> ! {
	// SAFETY: pointer and length of one slice.
	unsafe { sys::revert(reason.as_ptr(), reason.len() as u32) }
	#[cfg(target_arch = "wasm32")]
	core::arch::wasm32::unreachable();
	#[cfg(not(target_arch = "wasm32"))]
	unreachable!("the machine does not return from it")
}

/// Who calls: an account or another contract.
pub fn caller() -> Account {
	let mut account = [0; 32];
	// SAFETY: the machine writes 32 bytes.
	unsafe { sys::caller(account.as_mut_ptr()) }
	account
}

/// The contract's own account.
pub fn account() -> Account {
	let mut account = [0; 32];
	// SAFETY: the machine writes 32 bytes.
	unsafe { sys::account(account.as_mut_ptr()) }
	account
}

/// What the caller sent with the call; it is on the contract's account already.
pub fn value() -> Balance {
	let mut amount = [0; 16];
	// SAFETY: the machine writes 16 bytes.
	unsafe { sys::value(amount.as_mut_ptr()) }
	Balance::from_le_bytes(amount)
}

/// The number of the block.
pub fn block() -> u64 {
	// SAFETY: no memory is touched.
	unsafe { sys::block() }
}

/// Whole gas that is left.
pub fn gas_left() -> u64 {
	// SAFETY: no memory is touched.
	unsafe { sys::gas_left() }
}

/// Tells the world.
pub fn event(topic: &[u8], data: &[u8]) {
	// SAFETY: pointers and lengths of two slices.
	unsafe {
		sys::event(
			topic.as_ptr(),
			topic.len() as u32,
			data.as_ptr(),
			data.len() as u32,
		)
	}
}

/// Sends money of the contract. False when it has too little.
pub fn transfer(to: &Account, amount: Balance) -> bool {
	// SAFETY: 32 and 16 bytes are read.
	unsafe { sys::transfer(to.as_ptr(), amount.to_le_bytes().as_ptr()) == 0 }
}

/// Calls an entry point of another contract with at most so much whole gas (0: all that is left).
/// What it returns, or `None` when it failed or cannot be called; then all that it did is undone.
pub fn call(
	contract: &Account,
	amount: Balance,
	gas: u64,
	entry: &str,
	input: &[u8],
) -> Option<Vec<u8>> {
	// SAFETY: every pointer goes with the length of its slice, or is read by a fixed length.
	unsafe {
		let status = sys::call(
			contract.as_ptr(),
			amount.to_le_bytes().as_ptr(),
			gas,
			entry.as_ptr(),
			entry.len() as u32,
			input.as_ptr(),
			input.len() as u32,
		);
		if status != 0 {
			return None;
		}
		let length = sys::returned_length();
		let mut bytes = vec![0; length as usize];
		sys::returned_read(0, bytes.as_mut_ptr(), length);
		Some(bytes)
	}
}
