//! TEE_VERIFY, HASH_COMPARE, KL_DIVERGE.

use crate::{
	guest,
	host::Host,
	imports::{opcode, tensor::find},
	limits::MAX_ATTESTATION_BYTES,
	meter::charge,
	state::State,
};
use aci_aivm::Opcode;
use wasmi::{Error, Linker};

pub(crate) fn link<H: Host + 'static>(linker: &mut Linker<State<H>>) -> Result<(), Error> {
	opcode!(linker, "tee_verify", |caller,
	                               attestation: u32,
	                               length: u32,
	                               statement: u32,
	                               statement_length: u32|
	 -> u32 {
		let size = u64::from(length).saturating_add(statement_length.into());
		charge(caller, Opcode::TeeVerify, size)?;
		let attestation = guest::read(caller, attestation, length, MAX_ATTESTATION_BYTES)?;
		let statement = guest::read(caller, statement, statement_length, MAX_ATTESTATION_BYTES)?;
		Ok(u32::from(
			caller.data_mut().host.tee_verify(&attestation, &statement),
		))
	});
	opcode!(linker, "hash_compare", |caller, a: u32, b: u32| -> u32 {
		charge(caller, Opcode::HashCompare, 0)?;
		let a: [u8; 32] = guest::read_array(caller, a)?;
		let b: [u8; 32] = guest::read_array(caller, b)?;
		Ok(u32::from(a == b))
	});
	opcode!(linker, "kl_diverge", |caller, p: u64, q: u64| -> u32 {
		let (p, q) = (find(caller, p)?, find(caller, q)?);
		charge(caller, Opcode::KlDiverge, p.shape().row_work())?;
		Ok(p.divergence(&q)?)
	});
	Ok(())
}
