//! The market: prices, capacity, and money that waits for work.

use crate::{sys, Account, Balance, Hash};

/// HMM_QUOTE: price and worker for a run of a model on an input of so many bytes. `None` when there
/// is no such model or nobody is free.
pub fn quote(model: &Hash, length: u64) -> Option<(Balance, Account)> {
	let (mut price, mut worker) = ([0; 16], [0; 32]);
	// SAFETY: 32 bytes are read, 16 and 32 written.
	let quoted = unsafe {
		sys::hmm_quote(
			model.as_ptr(),
			length,
			price.as_mut_ptr(),
			worker.as_mut_ptr(),
		)
	};
	(quoted == 1).then_some((Balance::from_le_bytes(price), worker))
}

/// HMM_SWAP: money of the contract for capacity of a class, for a window of blocks, at no more than
/// `limit`. The reservation's number and what was paid, or `None` when it costs more or there is no
/// such capacity.
pub fn swap(class: u32, milli_slots: u64, blocks: u32, limit: Balance) -> Option<(u64, Balance)> {
	let mut paid = [0; 16];
	// SAFETY: 16 bytes are read, 16 written.
	let number = unsafe {
		sys::hmm_swap(
			class,
			milli_slots,
			blocks,
			limit.to_le_bytes().as_ptr(),
			paid.as_mut_ptr(),
		)
	};
	Some((u64::try_from(number).ok()?, Balance::from_le_bytes(paid)))
}

/// ESCROW_LOCK: locks money that the caller sent with this call, for the caller. The lock's number,
/// or `None` when the call did not bring as much, or `client` is not its caller.
pub fn lock(client: &Account, amount: Balance) -> Option<u64> {
	// SAFETY: 32 and 16 bytes are read.
	let number = unsafe { sys::escrow_lock(client.as_ptr(), amount.to_le_bytes().as_ptr()) };
	u64::try_from(number).ok()
}

/// ESCROW_RELEASE: ends a lock of this contract: `amount` to the payee, the rest back to the client.
/// False when there is no such lock or it has less.
pub fn release(lock: u64, payee: &Account, amount: Balance) -> bool {
	// SAFETY: 32 and 16 bytes are read.
	unsafe { sys::escrow_release(lock, payee.as_ptr(), amount.to_le_bytes().as_ptr()) == 0 }
}
