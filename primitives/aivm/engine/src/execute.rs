//! Runs one entry point of one contract.

use crate::{
	handles::Handles,
	host::{Frame, Host},
	limits::{MAX_INPUT_BYTES, MAX_TENSOR_BYTES, PAGE_BYTES},
	meter,
	module::{self, ModuleError},
	state::State,
	trap::{Trap, TrapCode},
};
use aci_aivm::{Gas, Opcode};
use alloc::vec::Vec;
use wasmi::{AsContextMut, Store};

/// The entry point that runs once, when a contract is instantiated.
pub const DEPLOY: &str = "deploy";

/// Which entry point runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
	/// [`DEPLOY`], if the module has it.
	Deploy,
	/// The one of this name, which is not `deploy`.
	Call(&'a [u8]),
}

/// One call, before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution<'a> {
	/// The module. It was accepted by [`validate`](crate::validate).
	pub code: &'a [u8],
	/// Which entry point.
	pub entry: Entry<'a>,
	/// What it is given.
	pub input: Vec<u8>,
	/// The gas that it may use.
	pub gas: Gas,
	/// Bytes of tensors and models that it may have: [`MAX_TENSOR_BYTES`] for the first call of a
	/// transaction, what [`CallRequest`](crate::CallRequest) says for others.
	pub tensor_bytes: u64,
	/// A number that no other call of the transaction has: handles of one mean nothing in another.
	pub number: u32,
	/// Who calls what.
	pub frame: Frame,
}

/// What became of it.
pub struct Outcome<H> {
	/// The host, given back.
	pub host: H,
	/// What the contract returned, or why the call ended without a result.
	pub result: Result<Vec<u8>, Trap>,
	/// The gas that it used; at most what it was given. All of it when it ran out.
	pub gas_used: Gas,
}

/// Runs one entry point of one contract. Never panics, whatever the code and the input are.
///
/// What is paid before it starts: the opcodes CODE_LOAD for the code and MEMORY for its first pages.
pub fn execute<H: Host + 'static>(execution: Execution<'_>, host: H) -> Outcome<H> {
	let Execution {
		code,
		entry,
		input,
		gas,
		tensor_bytes,
		number,
		frame,
	} = execution;
	let fail = |host, trap, gas_used| Outcome {
		host,
		result: Err(trap),
		gas_used,
	};
	if input.len() > MAX_INPUT_BYTES {
		return fail(host, Trap::InputTooLong, Gas::ZERO);
	}
	let mut used = Opcode::CodeLoad.gas(code.len() as u64);
	if used > gas {
		return fail(host, Trap::OutOfGas, gas);
	}
	let engine = module::interpreter();
	let (module, info) = match module::load(&engine, code) {
		Ok(loaded) => loaded,
		Err(error) => return fail(host, Trap::Module(error), used),
	};
	used += Opcode::Memory.gas(u64::from(info.memory_pages) * PAGE_BYTES as u64);
	let Some(left) = gas.checked_sub(used) else {
		return fail(host, Trap::OutOfGas, gas);
	};
	let handles = Handles::new(number, tensor_bytes.min(MAX_TENSOR_BYTES));
	let mut store = Store::new(&engine, State::new(host, frame, handles, input));
	meter::fill(store.as_context_mut(), left);
	let result = run(&mut store, &module, entry);
	let left = meter::left(&store.as_context_mut());
	let gas_used = match &result {
		Err(Trap::OutOfGas) => gas,
		_ => gas.saturating_sub(left),
	};
	let State { host, output, .. } = store.into_data();
	Outcome {
		host,
		result: result.map(|()| output),
		gas_used,
	}
}

fn run<H: Host + 'static>(
	store: &mut Store<State<H>>,
	module: &wasmi::Module,
	entry: Entry<'_>,
) -> Result<(), Trap> {
	let instance = module::instantiate(store, module)?;
	let name = match entry {
		Entry::Deploy => DEPLOY,
		Entry::Call(name) => core::str::from_utf8(name)
			.ok()
			.filter(|name| *name != DEPLOY)
			.ok_or(Trap::NoEntry)?,
	};
	let function = match (instance.get_typed_func::<(), ()>(&*store, name), entry) {
		(Ok(function), _) => function,
		// A contract need not have one.
		(Err(_), Entry::Deploy) => return Ok(()),
		(Err(_), Entry::Call(_)) => return Err(Trap::NoEntry),
	};
	function.call(&mut *store, ()).map_err(|error| {
		match (store.data_mut().trap.take(), error.as_trap_code()) {
			(Some(trap), _) => trap,
			(None, Some(code)) => translate(code),
			(None, None) => Trap::Code(TrapCode::Other),
		}
	})
}

/// The interpreter's reasons, as ours.
fn translate(code: wasmi::TrapCode) -> Trap {
	Trap::Code(match code {
		wasmi::TrapCode::OutOfFuel => return Trap::OutOfGas,
		wasmi::TrapCode::UnreachableCodeReached => TrapCode::Unreachable,
		wasmi::TrapCode::MemoryOutOfBounds => TrapCode::MemoryOutOfBounds,
		wasmi::TrapCode::IntegerDivisionByZero
		| wasmi::TrapCode::IntegerOverflow
		| wasmi::TrapCode::BadConversionToInteger => TrapCode::Arithmetic,
		wasmi::TrapCode::TableOutOfBounds
		| wasmi::TrapCode::IndirectCallToNull
		| wasmi::TrapCode::BadSignature => TrapCode::IndirectCall,
		wasmi::TrapCode::StackOverflow => TrapCode::StackOverflow,
		_ => TrapCode::Other,
	})
}

impl From<ModuleError> for Trap {
	fn from(error: ModuleError) -> Self {
		Self::Module(error)
	}
}
