//! MODEL_LOAD, MODEL_INFER, MODEL_HASH, for models whose weights are on chain; and MODEL_INFER as a
//! job, for models that workers run.
//!
//! The terms of a job lie in memory as little-endian numbers without space between them: the model's
//! hash, `max_tokens_in` u32, `max_tokens_out` u32, `temperature` u32, `sla` u64, `max_price` u128,
//! and the deposit of the call back u128.

use crate::{
	guest,
	handles::Item,
	host::{Callback, Hash, Host, InferenceRequest},
	imports::{
		opcode,
		tensor::{find, keep},
	},
	limits::{MAX_ENTRY_BYTES, MAX_ORDER_BYTES},
	meter::{charge, charge_size, give_back, pay},
	state::State,
	trap::Trap,
};
use aci_aivm::{Gas, Model, Opcode};
use alloc::{rc::Rc, vec::Vec};
use wasmi::{AsContextMut, Error, Linker};

/// Bytes of the terms of a job.
const TERMS: usize = 84;

/// Takes so many bytes from the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Trap> {
	let (taken, rest) = bytes.split_at_checked(N).ok_or(Trap::OutOfBounds)?;
	*bytes = rest;
	taken.try_into().map_err(|_| Trap::OutOfBounds)
}

/// The request that these terms, this input and this entry point are.
fn request(
	terms: [u8; TERMS],
	input: Vec<u8>,
	entry: Vec<u8>,
	gas: Gas,
) -> Result<InferenceRequest, Trap> {
	let mut terms = &terms[..];
	let model: Hash = take(&mut terms)?;
	Ok(InferenceRequest {
		model,
		input,
		max_tokens_in: u32::from_le_bytes(take(&mut terms)?),
		max_tokens_out: u32::from_le_bytes(take(&mut terms)?),
		temperature: u32::from_le_bytes(take(&mut terms)?),
		sla: u64::from_le_bytes(take(&mut terms)?),
		max_price: u128::from_le_bytes(take(&mut terms)?),
		callback: Callback {
			entry,
			gas,
			deposit: u128::from_le_bytes(take(&mut terms)?),
		},
	})
}

pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	opcode!(linker, "model_load", |caller, hash: u32| -> u64 {
		charge(caller, Opcode::ModelLoad, 0)?;
		let hash = guest::read_array(caller, hash)?;
		let Some(length) = caller.data_mut().host.model_length(&hash) else {
			return Ok(0);
		};
		charge_size(caller, Opcode::ModelLoad, length.into())?;
		caller.data().handles.reserve(2 * u64::from(length))?;
		let Some(bytes) = caller.data_mut().host.model(&hash) else {
			return Ok(0);
		};
		let model = Model::decode(&bytes)?;
		let item = Item::Model {
			model: Rc::new(model),
			hash_of: Rc::new(bytes),
		};
		caller.data_mut().handles.insert(item)
	});
	opcode!(linker, "model_infer", |caller,
	                                model: u64,
	                                input: u64|
	 -> u64 {
		charge(caller, Opcode::ModelInfer, 0)?;
		let model = caller.data().handles.model(model)?.0.clone();
		let input = find(caller, input)?;
		let rows = input.shape().rows() as u64;
		charge_size(
			caller,
			Opcode::ModelInfer,
			model.work().saturating_mul(rows),
		)?;
		// The widest layer's sums and its outputs are there at once, besides copies of the input.
		let widest = model
			.layers()
			.iter()
			.map(|layer| u64::from(layer.outputs))
			.max();
		let most = widest.unwrap_or(0).saturating_mul(12).saturating_mul(rows);
		caller
			.data()
			.handles
			.reserve(most.saturating_add(2 * input.bytes() as u64))?;
		let output = model.infer(&input)?;
		charge(caller, Opcode::TensorAlloc, output.bytes() as u64)?;
		keep(caller, output)
	});
	opcode!(linker, "model_hash", |caller,
	                               model: u64,
	                               pointer: u32|
	 -> () {
		charge(caller, Opcode::ModelHash, 0)?;
		let bytes = caller.data().handles.model(model)?.1.clone();
		charge_size(caller, Opcode::ModelHash, bytes.len() as u64)?;
		let hash = caller.data_mut().host.sha256(&bytes);
		guest::write(caller, pointer, &hash)
	});
	opcode!(linker, "model_order", |caller,
	                                terms: u32,
	                                input: u32,
	                                input_length: u32,
	                                entry: u32,
	                                entry_length: u32,
	                                gas: u64,
	                                job: u32|
	 -> u32 {
		let size = u64::from(input_length).saturating_add(entry_length.into());
		charge(caller, Opcode::ModelOrder, size)?;
		let terms = guest::read_array(caller, terms)?;
		let input = guest::read(caller, input, input_length, MAX_ORDER_BYTES)?;
		let entry = guest::read(caller, entry, entry_length, MAX_ENTRY_BYTES)?;
		// The call back runs in a block of its own, where nobody pays.
		let gas = Gas::from_whole(gas);
		pay(caller.as_context_mut(), gas)?;
		let request = request(terms, input, entry, gas)?;
		let Some(ordered) = caller.data_mut().host.order_inference(request)? else {
			give_back(caller.as_context_mut(), gas);
			return Ok(0);
		};
		guest::write(caller, job, &ordered)?;
		Ok(1)
	});
	Ok(())
}
