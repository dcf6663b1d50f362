//! `aci contract deploy`: the module, where the chain does not have it, and a contract of it.

use super::{
	build, bytes_text, code_hash, hash_of, input, question, succeeds, told_by_contracts, Limits,
	ADVICE,
};
use crate::{
	cli::DeployArgs,
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, planck, Done},
};
use aci_chain::{contracts::MAX_CODE_BYTES, AivmEvent, Call};
use aci_primitives::{Balance, BoundedBytes, Hash};
use rand_core::{OsRng, RngCore};
use serde_json::json;

/// Checks the module, uploads it, tries, asks, sends.
pub async fn run(context: &Context, arguments: &DeployArgs) -> Result<Done, ClientError> {
	let creator = context.signer()?.id();
	let limits = Limits::read(&arguments.limits)?;
	let bytes = input::encode(&arguments.input)?;
	let salt = salt(arguments.salt.as_deref())?;
	let code = build::read(&arguments.module)?;
	let info = build::check(&arguments.module, &code)?;
	let hash = hash_of(&code);
	let uploaded = upload(context, arguments, hash, code).await?;

	let told = context
		.chain
		.dry_run_instantiate(&creator, hash, limits.dry(), salt, &bytes)
		.await?;
	succeeds(&told, "making the contract")?;
	let means = limits.means(&told);
	let call = Call::instantiate(hash, means, salt, bytes);
	let fee = context.chain.fee(&call).await?;
	context.agree(
		&question("The contract", &means, fee),
		arguments.limits.yes,
		arguments.limits.deposit.is_some(),
		ADVICE,
	)?;
	let included = context.submit(call).await?;
	let made = AivmEvent::find(&included.events, |event| match event {
		AivmEvent::Instantiated {
			contract,
			gas_used,
			deposit,
			output,
			..
		} => Some((contract, gas_used, deposit, output)),
		_ => None,
	});
	let (contract, gas_used, deposit, output) =
		made.ok_or_else(|| super::super::untold("Aivm.Instantiated"))?;
	let (events, told) = told_by_contracts(&included.events);
	let (code_deposit, upload_fee) = uploaded.unwrap_or_default();
	let json = json!({
		"contract": contract.to_string(),
		"code": names::hash(&hash),
		"salt": format!("0x{}", hex::encode(salt)),
		"entry_points": info.entries,
		"uploaded": uploaded.is_some(),
		"code_deposit": planck(code_deposit),
		"upload_fee": planck(upload_fee),
		"deposit": planck(deposit),
		"gas_used": gas_used,
		"output": format!("0x{}", hex::encode(&output)),
		"events": events,
	});
	let lines = pairs(&[
		("contract", contract.to_string()),
		("code", names::hash(&hash)),
		("entry points", info.entries.join(", ")),
		(
			"deposits",
			format!(
				"{} for the code, {} for storage",
				aci(code_deposit),
				aci(deposit)
			),
		),
		("gas", gas_used.to_string()),
		("output", bytes_text(&output)),
		(
			"fees",
			format!("{} and {}", aci(upload_fee), aci(included.fee)),
		),
	]);
	Ok(Done::new(
		super::super::included(&included, json),
		format!("{told}{lines}"),
	))
}

/// Uploads a module, unless the chain has it: deposit and fee.
async fn upload(
	context: &Context,
	arguments: &DeployArgs,
	hash: Hash,
	code: Vec<u8>,
) -> Result<Option<(Balance, Balance)>, ClientError> {
	if context.chain.contract_code(hash).await?.is_some() {
		context.tell(&format!(
			"The code {} is on chain already.",
			names::hash(&hash)
		));
		return Ok(None);
	}
	let length = code.len();
	let shown = code_hash(&code);
	let code: BoundedBytes<MAX_CODE_BYTES> = code
		.try_into()
		.map_err(|_| ClientError::contract("no-contract", "the module is longer than 256 KiB"))?;
	let call = Call::upload_code(code);
	let fee = context.chain.fee(&call).await?;
	let deposit = code_deposit(context, length).await?;
	context.agree(
		&format!(
			"The module of {length} bytes is put on chain: {} are held while it is there, at most {} \
			 paid as fee. Go on?",
			aci(deposit),
			aci(fee)
		),
		arguments.limits.yes,
		arguments.limits.deposit.is_some(),
		ADVICE,
	)?;
	let included = context.submit(call).await?;
	let held = AivmEvent::find(&included.events, |event| match event {
		AivmEvent::CodeUploaded { deposit, .. } => Some(deposit),
		_ => None,
	});
	let held = held.ok_or_else(|| super::super::untold("Aivm.CodeUploaded"))?;
	context.tell(&format!("The code {shown} is on chain."));
	Ok(Some((held, included.fee)))
}

/// What is held for a module of so many bytes: two items and its bytes.
async fn code_deposit(context: &Context, bytes: usize) -> Result<Balance, ClientError> {
	let item: Option<Balance> = context.chain.constant("Aivm", "DepositPerItem").await?;
	let byte: Option<Balance> = context.chain.constant("Aivm", "DepositPerByte").await?;
	let (item, byte) = (item.unwrap_or_default(), byte.unwrap_or_default());
	let bytes = Balance::try_from(bytes).unwrap_or(Balance::MAX);
	Ok(item
		.saturating_mul(2)
		.saturating_add(byte.saturating_mul(bytes)))
}

fn salt(given: Option<&str>) -> Result<[u8; 32], ClientError> {
	match given {
		Some(text) => names::parse_hash(text).map(Into::into).ok_or_else(|| {
			ClientError::Usage(format!("`{text}` is no salt: 0x and 64 hexadecimal digits"))
		}),
		None => {
			let mut salt = [0; 32];
			OsRng.fill_bytes(&mut salt);
			Ok(salt)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_salt_is_given_or_random() {
		let given = format!("0x{}", "05".repeat(32));
		assert_eq!(salt(Some(&given)).expect("is whole"), [5; 32]);
		assert_ne!(salt(None).expect("is drawn"), salt(None).expect("is drawn"));
		assert!(salt(Some("5")).is_err());
	}
}
