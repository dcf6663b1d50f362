//! HMM_QUOTE, HMM_SWAP, ESCROW_LOCK, ESCROW_RELEASE.

use crate::{guest, host::Host, imports::opcode, meter::charge, state::State};
use aci_aivm::Opcode;
use wasmi::{Error, Linker};

/// A number as contracts get it, where -1 says no. Numbers of 2^63 and more do not occur.
fn number(answer: Option<u64>) -> i64 {
	answer
		.and_then(|number| i64::try_from(number).ok())
		.unwrap_or(-1)
}

pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	opcode!(linker, "hmm_quote", |caller,
	                              model: u32,
	                              length: u64,
	                              price: u32,
	                              worker: u32|
	 -> u32 {
		charge(caller, Opcode::HmmQuote, 0)?;
		let model = guest::read_array(caller, model)?;
		let Some((amount, account)) = caller.data_mut().host.hmm_quote(&model, length) else {
			return Ok(0);
		};
		guest::write(caller, price, &amount.to_le_bytes())?;
		guest::write(caller, worker, &account)?;
		Ok(1)
	});
	opcode!(linker, "hmm_swap", |caller,
	                             class: u32,
	                             milli_slots: u64,
	                             blocks: u32,
	                             limit: u32,
	                             paid: u32|
	 -> i64 {
		charge(caller, Opcode::HmmSwap, 0)?;
		let limit = u128::from_le_bytes(guest::read_array(caller, limit)?);
		let host = &mut caller.data_mut().host;
		let bought = host.hmm_swap(class, milli_slots, blocks, limit);
		if let Some((_, amount)) = bought {
			guest::write(caller, paid, &amount.to_le_bytes())?;
		}
		Ok(number(bought.map(|(reservation, _)| reservation)))
	});
	opcode!(linker, "escrow_lock", |caller,
	                                client: u32,
	                                amount: u32|
	 -> i64 {
		charge(caller, Opcode::EscrowLock, 0)?;
		let client = guest::read_array(caller, client)?;
		let amount = u128::from_le_bytes(guest::read_array(caller, amount)?);
		Ok(number(caller.data_mut().host.escrow_lock(&client, amount)))
	});
	opcode!(linker, "escrow_release", |caller,
	                                   lock: u64,
	                                   payee: u32,
	                                   amount: u32|
	 -> i32 {
		charge(caller, Opcode::EscrowRelease, 0)?;
		let payee = guest::read_array(caller, payee)?;
		let amount = u128::from_le_bytes(guest::read_array(caller, amount)?);
		let released = caller.data_mut().host.escrow_release(lock, &payee, amount);
		Ok(if released { 0 } else { -1 })
	});
	Ok(())
}
