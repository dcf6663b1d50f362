//! TENSOR_ALLOC, TENSOR_MATMUL, TENSOR_NORM, TENSOR_SOFTMAX, and what moves elements in and out.
//!
//! An opcode that makes a tensor pays for its memory as TENSOR_ALLOC does, besides its own cost.

use crate::{
	guest,
	handles::Item,
	host::Host,
	imports::opcode,
	meter::{charge, charge_size},
	state::State,
	trap::Trap,
};
use aci_aivm::{convert::Scale, ElementType, Opcode, Shape, Tensor, TensorError, MAX_RANK};
use alloc::rc::Rc;
use wasmi::{Caller, Error, Linker};

/// Pays for the memory of a tensor of this type and shape, and sees that there is room for it.
fn pay_memory<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	element: ElementType,
	shape: &Shape,
) -> Result<(), Trap> {
	let bytes = Tensor::size(element, shape)?;
	charge(caller, Opcode::TensorAlloc, bytes)?;
	caller.data().handles.reserve(bytes)
}

/// Puts a result behind a handle.
pub(crate) fn keep<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	tensor: Tensor,
) -> Result<u64, Trap> {
	caller
		.data_mut()
		.handles
		.insert(Item::Tensor(Rc::new(tensor)))
}

/// The tensor behind a handle.
pub(crate) fn find<H: Host>(
	caller: &Caller<'_, State<H>>,
	handle: u64,
) -> Result<Rc<Tensor>, Trap> {
	caller.data().handles.tensor(handle).cloned()
}

/// The tensor behind a handle, where zero stands for none.
fn find_optional<H: Host>(
	caller: &Caller<'_, State<H>>,
	handle: u64,
) -> Result<Option<Rc<Tensor>>, Trap> {
	match handle {
		0 => Ok(None),
		handle => find(caller, handle).map(Some),
	}
}

pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	opcode!(linker, "tensor_alloc", |caller,
	                                 element: u32,
	                                 rank: u32,
	                                 pointer: u32|
	 -> u64 {
		// The base before the shape is read; the bytes when they are known.
		charge(caller, Opcode::TensorAlloc, 0)?;
		let element = ElementType::from_number(element).ok_or(Trap::Argument)?;
		let rank = rank as usize;
		if rank > MAX_RANK {
			return Err(Trap::Tensor(TensorError::Shape));
		}
		let bytes = guest::read(caller, pointer, 4 * rank as u32, 4 * MAX_RANK)?;
		let mut dimensions = [0u32; MAX_RANK];
		for (dimension, word) in dimensions.iter_mut().zip(bytes.chunks_exact(4)) {
			*dimension = word.try_into().map_or(0, u32::from_le_bytes);
		}
		let shape = Shape::new(dimensions.get(..rank).unwrap_or(&[]))?;
		let bytes = Tensor::size(element, &shape)?;
		charge_size(caller, Opcode::TensorAlloc, bytes)?;
		caller.data().handles.reserve(bytes)?;
		keep(caller, Tensor::zeros(element, shape)?)
	});
	opcode!(linker, "tensor_free", |caller, handle: u64| -> () {
		charge(caller, Opcode::TensorFree, 0)?;
		caller.data_mut().handles.remove(handle)
	});
	opcode!(linker, "tensor_write", |caller,
	                                 handle: u64,
	                                 offset: u32,
	                                 pointer: u32,
	                                 length: u32|
	 -> () {
		charge(caller, Opcode::TensorWrite, length.into())?;
		guest::with(caller, pointer, length as usize, |bytes, state| {
			let tensor = state.handles.tensor_mut(handle)?;
			Ok(tensor.write(offset as usize, bytes)?)
		})
	});
	opcode!(linker, "tensor_read", |caller,
	                                handle: u64,
	                                offset: u32,
	                                pointer: u32,
	                                length: u32|
	 -> () {
		charge(caller, Opcode::TensorRead, length.into())?;
		guest::with(caller, pointer, length as usize, |bytes, state| {
			let tensor = state.handles.tensor(handle)?;
			Ok(tensor.read(offset as usize, bytes)?)
		})
	});
	opcode!(linker, "tensor_shape", |caller,
	                                 handle: u64,
	                                 pointer: u32|
	 -> u32 {
		charge(caller, Opcode::TensorShape, 0)?;
		let tensor = find(caller, handle)?;
		let dimensions = tensor.shape().dimensions();
		let mut bytes = [0; 4 * MAX_RANK];
		for (word, dimension) in bytes.chunks_exact_mut(4).zip(dimensions) {
			word.copy_from_slice(&dimension.to_le_bytes());
		}
		guest::write(caller, pointer, &bytes)?;
		Ok(tensor.element().number() << 8 | dimensions.len() as u32)
	});
	opcode!(linker, "tensor_matmul", |caller, a: u64, b: u64| -> u64 {
		let (a, b) = (find(caller, a)?, find(caller, b)?);
		let plan = a.plan_matmul(&b)?;
		charge(caller, Opcode::TensorMatmul, plan.products())?;
		pay_memory(caller, plan.element, &plan.shape)?;
		keep(caller, a.matmul(&b)?)
	});
	opcode!(linker, "tensor_norm", |caller,
	                                handle: u64,
	                                gain: u64,
	                                bias: u64,
	                                epsilon: u32|
	 -> u64 {
		let tensor = find(caller, handle)?;
		charge(caller, Opcode::TensorNorm, tensor.shape().row_work())?;
		let (gain, bias) = (find_optional(caller, gain)?, find_optional(caller, bias)?);
		pay_memory(caller, tensor.element(), tensor.shape())?;
		keep(
			caller,
			tensor.layer_norm(gain.as_deref(), bias.as_deref(), epsilon)?,
		)
	});
	opcode!(linker, "tensor_softmax", |caller, handle: u64| -> u64 {
		let tensor = find(caller, handle)?;
		charge(caller, Opcode::TensorSoftmax, tensor.shape().row_work())?;
		pay_memory(caller, tensor.element(), tensor.shape())?;
		keep(caller, tensor.softmax()?)
	});
	opcode!(linker, "tensor_convert", |caller,
	                                   handle: u64,
	                                   element: u32,
	                                   multiplier: i32,
	                                   shift: u32,
	                                   rectify: u32|
	 -> u64 {
		let tensor = find(caller, handle)?;
		charge(
			caller,
			Opcode::TensorConvert,
			tensor.shape().elements() as u64,
		)?;
		let element = ElementType::from_number(element).ok_or(Trap::Argument)?;
		pay_memory(caller, element, tensor.shape())?;
		let scale = Scale {
			multiplier,
			shift,
			rectify: rectify != 0,
		};
		keep(caller, tensor.convert(element, &scale)?)
	});
	Ok(())
}
