//! MODEL_LOAD, MODEL_INFER, MODEL_HASH, for models whose weights are on chain.

use crate::{
	guest,
	handles::Item,
	host::Host,
	imports::{
		opcode,
		tensor::{find, keep},
	},
	meter::{charge, charge_size},
	state::State,
};
use aci_aivm::{Model, Opcode};
use alloc::rc::Rc;
use wasmi::{Error, Linker};

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
	Ok(())
}
