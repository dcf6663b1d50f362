//! The contract's memory, as opcodes see it: every pointer and length is checked, and lengths are
//! checked against their limit before anything is copied.

use crate::{host::Host, state::State, trap::Trap};
use alloc::vec::Vec;
use wasmi::{AsContext, AsContextMut, Caller};

/// So many bytes from a pointer on, at most `limit`.
pub(crate) fn read<H: Host>(
	caller: &Caller<'_, State<H>>,
	pointer: u32,
	length: u32,
	limit: usize,
) -> Result<Vec<u8>, Trap> {
	if length as usize > limit {
		return Err(Trap::Argument);
	}
	let memory = caller.data().memory.ok_or(Trap::OutOfBounds)?;
	let (start, length) = (pointer as usize, length as usize);
	let end = start.checked_add(length).ok_or(Trap::OutOfBounds)?;
	let bytes = memory
		.data(caller.as_context())
		.get(start..end)
		.ok_or(Trap::OutOfBounds)?;
	Ok(bytes.to_vec())
}

/// The `N` bytes from a pointer on.
pub(crate) fn read_array<H: Host, const N: usize>(
	caller: &Caller<'_, State<H>>,
	pointer: u32,
) -> Result<[u8; N], Trap> {
	let memory = caller.data().memory.ok_or(Trap::OutOfBounds)?;
	let start = pointer as usize;
	let end = start.checked_add(N).ok_or(Trap::OutOfBounds)?;
	let bytes = memory
		.data(caller.as_context())
		.get(start..end)
		.ok_or(Trap::OutOfBounds)?;
	bytes.try_into().map_err(|_| Trap::OutOfBounds)
}

/// Writes bytes from a pointer on.
pub(crate) fn write<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	pointer: u32,
	bytes: &[u8],
) -> Result<(), Trap> {
	with(caller, pointer, bytes.len(), |target, _| {
		target.copy_from_slice(bytes);
		Ok(())
	})
}

/// Gives `length` bytes of the memory from a pointer on, and the state beside them.
pub(crate) fn with<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	pointer: u32,
	length: usize,
	work: impl FnOnce(&mut [u8], &mut State<H>) -> Result<(), Trap>,
) -> Result<(), Trap> {
	let memory = caller.data().memory.ok_or(Trap::OutOfBounds)?;
	let start = pointer as usize;
	let end = start.checked_add(length).ok_or(Trap::OutOfBounds)?;
	let (bytes, state) = memory.data_and_store_mut(caller.as_context_mut());
	work(bytes.get_mut(start..end).ok_or(Trap::OutOfBounds)?, state)
}
