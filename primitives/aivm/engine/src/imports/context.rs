//! The call itself: input, output, who, how much, how far.

use crate::{
	guest,
	host::Host,
	imports::opcode,
	limits::MAX_OUTPUT_BYTES,
	meter::{charge, left},
	state::State,
	trap::Trap,
};
use aci_aivm::{gas::MILLI, Opcode};
use wasmi::{AsContextMut, Caller, Error, Linker};

/// Copies a part of `bytes` to the contract's memory.
pub(crate) fn copy_out<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	bytes: impl Fn(&State<H>) -> &[u8],
	offset: u32,
	pointer: u32,
	length: u32,
) -> Result<(), Trap> {
	charge(caller, Opcode::Context, length.into())?;
	guest::with(caller, pointer, length as usize, |target, state| {
		let start = offset as usize;
		let end = start
			.checked_add(length as usize)
			.ok_or(Trap::OutOfBounds)?;
		target.copy_from_slice(bytes(state).get(start..end).ok_or(Trap::OutOfBounds)?);
		Ok(())
	})
}

pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	opcode!(linker, "input_length", |caller| -> u32 {
		charge(caller, Opcode::Context, 0)?;
		Ok(caller.data().input.len() as u32)
	});
	opcode!(linker, "input_read", |caller,
	                               offset: u32,
	                               pointer: u32,
	                               length: u32|
	 -> () {
		copy_out(caller, |state| &state.input, offset, pointer, length)
	});
	opcode!(linker, "output", |caller,
	                           pointer: u32,
	                           length: u32|
	 -> () {
		charge(caller, Opcode::Output, length.into())?;
		caller.data_mut().output = guest::read(caller, pointer, length, MAX_OUTPUT_BYTES)?;
		Ok(())
	});
	opcode!(linker, "revert", |caller,
	                           pointer: u32,
	                           length: u32|
	 -> () {
		charge(caller, Opcode::Output, length.into())?;
		Err(Trap::Reverted(guest::read(
			caller,
			pointer,
			length,
			MAX_OUTPUT_BYTES,
		)?))
	});
	opcode!(linker, "caller", |caller, pointer: u32| -> () {
		charge(caller, Opcode::Context, 32)?;
		let account = caller.data().frame.caller;
		guest::write(caller, pointer, &account)
	});
	opcode!(linker, "account", |caller, pointer: u32| -> () {
		charge(caller, Opcode::Context, 32)?;
		let account = caller.data().frame.account;
		guest::write(caller, pointer, &account)
	});
	opcode!(linker, "value", |caller, pointer: u32| -> () {
		charge(caller, Opcode::Context, 16)?;
		let value = caller.data().frame.value;
		guest::write(caller, pointer, &value.to_le_bytes())
	});
	opcode!(linker, "block", |caller| -> u64 {
		charge(caller, Opcode::Context, 8)?;
		Ok(caller.data().frame.block)
	});
	opcode!(linker, "gas_left", |caller| -> u64 {
		charge(caller, Opcode::Context, 8)?;
		Ok(left(&caller.as_context_mut()).milli() / MILLI)
	});
	opcode!(linker, "returned_length", |caller| -> u32 {
		charge(caller, Opcode::Context, 0)?;
		Ok(caller.data().returned.len() as u32)
	});
	opcode!(linker, "returned_read", |caller,
	                                  offset: u32,
	                                  pointer: u32,
	                                  length: u32|
	 -> () {
		copy_out(caller, |state| &state.returned, offset, pointer, length)
	});
	Ok(())
}
