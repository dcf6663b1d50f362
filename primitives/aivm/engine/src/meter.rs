//! One meter for instructions and opcodes: the interpreter's fuel, and the thousandths of gas that do
//! not make a whole unit of it. So opcodes are charged exactly, and instructions stop when the same gas
//! is used up.

use crate::{host::Host, state::State, trap::Trap};
use aci_aivm::{gas::MILLI_PER_FUEL, Gas, Opcode};
use wasmi::{AsContextMut, Caller, StoreContextMut};

/// Gives a call its gas.
pub(crate) fn fill<H: Host>(mut store: StoreContextMut<'_, State<H>>, gas: Gas) {
	// Fails only where fuel is not counted, and the configuration counts it.
	let _ = store.set_fuel(gas.milli() / MILLI_PER_FUEL);
	store.data_mut().spare = gas.milli() % MILLI_PER_FUEL;
}

/// The gas that is left.
pub(crate) fn left<H: Host>(store: &StoreContextMut<'_, State<H>>) -> Gas {
	let fuel = store.get_fuel().unwrap_or(0);
	// A limit of more than 64 bits of thousandths cannot be given, so this does not saturate.
	Gas::from_milli(
		fuel.saturating_mul(MILLI_PER_FUEL)
			.saturating_add(store.data().spare),
	)
}

/// Pays, before the work.
pub(crate) fn pay<H: Host>(store: StoreContextMut<'_, State<H>>, cost: Gas) -> Result<(), Trap> {
	let rest = left(&store).checked_sub(cost).ok_or(Trap::OutOfGas)?;
	fill(store, rest);
	Ok(())
}

/// Gives back what was paid for more than was done.
pub(crate) fn give_back<H: Host>(store: StoreContextMut<'_, State<H>>, gas: Gas) {
	let rest = left(&store).saturating_add(gas);
	fill(store, rest);
}

/// Pays for an opcode of this size.
pub(crate) fn charge<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	opcode: Opcode,
	size: u64,
) -> Result<(), Trap> {
	pay(caller.as_context_mut(), opcode.gas(size))
}

/// Pays for the size of an opcode whose base is paid already, because its size had to be found first.
pub(crate) fn charge_size<H: Host>(
	caller: &mut Caller<'_, State<H>>,
	opcode: Opcode,
	size: u64,
) -> Result<(), Trap> {
	let unit = opcode.cost().unit;
	pay(
		caller.as_context_mut(),
		Gas::from_milli(unit.saturating_mul(size)),
	)
}
