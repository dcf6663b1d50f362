//! Storage, events, money sent, other contracts called.

use crate::{
	guest,
	host::{CallRequest, Host},
	imports::opcode,
	limits::{
		MAX_ENTRY_BYTES, MAX_EVENT_BYTES, MAX_INPUT_BYTES, MAX_KEY_BYTES, MAX_TOPIC_BYTES,
		MAX_VALUE_BYTES,
	},
	meter::{charge, give_back, left, pay},
	state::State,
};
use aci_aivm::{Gas, Opcode};
use wasmi::{AsContextMut, Error, Linker};

pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	opcode!(linker, "storage_read", |caller,
	                                 key: u32,
	                                 key_length: u32,
	                                 pointer: u32,
	                                 capacity: u32|
	 -> i32 {
		// The value's length is known only when it has been read: the longest is paid for, and
		// the difference comes back.
		let longest = u64::from(key_length).saturating_add(MAX_VALUE_BYTES as u64);
		charge(caller, Opcode::StorageRead, longest)?;
		let key = guest::read(caller, key, key_length, MAX_KEY_BYTES)?;
		let value = caller.data_mut().host.storage_read(&key);
		let length = value.as_ref().map_or(0, |value| value.len());
		let unused = MAX_VALUE_BYTES.saturating_sub(length) as u64;
		let unit = Opcode::StorageRead.cost().unit;
		give_back(
			caller.as_context_mut(),
			Gas::from_milli(unit.saturating_mul(unused)),
		);
		let Some(value) = value else { return Ok(-1) };
		let copied = value.get(..capacity as usize).unwrap_or(&value);
		guest::write(caller, pointer, copied)?;
		Ok(i32::try_from(value.len()).unwrap_or(i32::MAX))
	});
	opcode!(linker, "storage_write", |caller,
	                                  key: u32,
	                                  key_length: u32,
	                                  pointer: u32,
	                                  length: u32|
	 -> () {
		// The value before is read for its deposit; its length is not known, so the longest.
		let size = u64::from(key_length)
			.saturating_add(length.into())
			.saturating_add(MAX_VALUE_BYTES as u64);
		charge(caller, Opcode::StorageWrite, size)?;
		let key = guest::read(caller, key, key_length, MAX_KEY_BYTES)?;
		let value = guest::read(caller, pointer, length, MAX_VALUE_BYTES)?;
		caller.data_mut().host.storage_write(&key, Some(&value))?;
		Ok(())
	});
	opcode!(linker, "storage_remove", |caller,
	                                   key: u32,
	                                   key_length: u32|
	 -> () {
		let size = u64::from(key_length).saturating_add(MAX_VALUE_BYTES as u64);
		charge(caller, Opcode::StorageWrite, size)?;
		let key = guest::read(caller, key, key_length, MAX_KEY_BYTES)?;
		caller.data_mut().host.storage_write(&key, None)?;
		Ok(())
	});
	opcode!(linker, "event", |caller,
	                          topic: u32,
	                          topic_length: u32,
	                          pointer: u32,
	                          length: u32|
	 -> () {
		let size = u64::from(topic_length).saturating_add(length.into());
		charge(caller, Opcode::Event, size)?;
		let topic = guest::read(caller, topic, topic_length, MAX_TOPIC_BYTES)?;
		let data = guest::read(caller, pointer, length, MAX_EVENT_BYTES)?;
		caller.data_mut().host.event(&topic, &data)?;
		Ok(())
	});
	opcode!(linker, "transfer", |caller,
	                             account: u32,
	                             amount: u32|
	 -> i32 {
		charge(caller, Opcode::Transfer, 0)?;
		let account = guest::read_array(caller, account)?;
		let amount = u128::from_le_bytes(guest::read_array(caller, amount)?);
		Ok(if caller.data_mut().host.transfer(&account, amount) {
			0
		} else {
			-1
		})
	});
	opcode!(linker, "call", |caller,
	                         account: u32,
	                         amount: u32,
	                         gas: u64,
	                         entry: u32,
	                         entry_length: u32,
	                         input: u32,
	                         input_length: u32|
	 -> i32 {
		let size = u64::from(entry_length).saturating_add(input_length.into());
		charge(caller, Opcode::Call, size)?;
		let contract = guest::read_array(caller, account)?;
		let value = u128::from_le_bytes(guest::read_array(caller, amount)?);
		let entry = guest::read(caller, entry, entry_length, MAX_ENTRY_BYTES)?;
		let input = guest::read(caller, input, input_length, MAX_INPUT_BYTES)?;
		let available = left(&caller.as_context_mut());
		let gas = match gas {
			0 => available,
			gas => Gas::from_whole(gas).min(available),
		};
		let state = caller.data_mut();
		let tensor_bytes = state.handles.left();
		let request = CallRequest {
			contract,
			value,
			gas,
			tensor_bytes,
			entry,
			input,
		};
		let result = state.host.call(request);
		let failed = result.output.is_none();
		state.returned = result.output.unwrap_or_default();
		// At most what was allowed, so it can be paid.
		pay(caller.as_context_mut(), result.gas_used.min(gas))?;
		Ok(if failed { -1 } else { 0 })
	});
	Ok(())
}
