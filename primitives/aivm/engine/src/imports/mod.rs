//! The opcodes as functions of module `aivm`, which contracts import. By subject: [`context`] and
//! [`storage`] for what every contract needs, [`tensor`], [`model`], [`verify`] and [`market`] for the
//! categories of the paper's Table 4.
//!
//! Every function pays before it works. Pointers are addresses in the contract's memory; handles,
//! amounts of gas and block numbers are 64-bit integers, everything else 32-bit ones.

mod context;
mod market;
mod model;
mod storage;
mod tensor;
mod verify;

use crate::{host::Host, state::State, trap::Trap};
use wasmi::{Caller, Error, Linker};

/// The module that opcodes are imported from.
pub(crate) const MODULE: &str = "aivm";

/// Keeps why an opcode ended the call, and ends it.
pub(crate) fn end<H: Host, T>(
	caller: &mut Caller<'_, State<H>>,
	result: Result<T, Trap>,
) -> Result<T, Error> {
	result.map_err(|trap| {
		caller.data_mut().trap = Some(trap);
		Error::i32_exit(1)
	})
}

/// Defines one opcode: `opcode!(linker, "name", |caller, a: u32, ...| -> Result { ... })`.
macro_rules! opcode {
	($linker:ident, $name:literal, |$caller:ident $(, $argument:ident: $type:ty)*| -> $result:ty $body:block) => {
		$linker.func_wrap(
			$crate::imports::MODULE,
			$name,
			|mut caller: wasmi::Caller<'_, $crate::state::State<H>> $(, $argument: $type)*|
				-> Result<$result, wasmi::Error> {
				let result = (|$caller: &mut wasmi::Caller<'_, $crate::state::State<H>>|
					-> Result<$result, $crate::trap::Trap> { $body })(&mut caller);
				$crate::imports::end(&mut caller, result)
			},
		)?;
	};
}
pub(crate) use opcode;

/// Defines all opcodes.
pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	context::link(linker)?;
	storage::link(linker)?;
	tensor::link(linker)?;
	model::link(linker)?;
	verify::link(linker)?;
	market::link(linker)
}
