//! The contract's own storage: values of bytes under keys of bytes. Entries are paid for by a deposit
//! that comes back when they go.

use crate::sys;
use alloc::{vec, vec::Vec};

/// The value under a key.
pub fn read(key: &[u8]) -> Option<Vec<u8>> {
	let mut bytes = vec![0; 256];
	loop {
		// SAFETY: at most the buffer's length is written.
		let length = unsafe {
			sys::storage_read(
				key.as_ptr(),
				key.len() as u32,
				bytes.as_mut_ptr(),
				bytes.len() as u32,
			)
		};
		let length = usize::try_from(length).ok()?;
		if length <= bytes.len() {
			bytes.truncate(length);
			return Some(bytes);
		}
		bytes = vec![0; length];
	}
}

/// Replaces the value under a key.
pub fn write(key: &[u8], value: &[u8]) {
	// SAFETY: pointers and lengths of two slices.
	unsafe {
		sys::storage_write(
			key.as_ptr(),
			key.len() as u32,
			value.as_ptr(),
			value.len() as u32,
		)
	}
}

/// Removes the value under a key, if there is one.
pub fn remove(key: &[u8]) {
	// SAFETY: pointer and length of one slice.
	unsafe { sys::storage_remove(key.as_ptr(), key.len() as u32) }
}
