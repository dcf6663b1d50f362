//! `aci contract call` and `aci contract estimate`.

use super::{
	bytes_text, contract_account, input, no_contract, question, succeeds, told_by_contracts,
	Limits, ADVICE,
};
use crate::{
	cli::CallArgs,
	context::Context,
	error::ClientError,
	output::{aci, pairs, planck, Done},
};
use aci_chain::{contracts::DryRun, AivmEvent, Call, ContractMeans};
use aci_primitives::{AccountId, Balance};
use serde_json::json;

/// A call that was tried and not sent.
struct Tried {
	contract: AccountId,
	told: DryRun,
	means: ContractMeans,
	call: Call,
	fee: Balance,
}

async fn try_out(context: &Context, arguments: &CallArgs) -> Result<Tried, ClientError> {
	let limits = Limits::read(&arguments.limits)?;
	let bytes = input::encode(&arguments.input)?;
	let entry = input::entry(&arguments.entry)?;
	let contract = contract_account(&arguments.contract)?;
	let caller = context.account()?;
	let entries = context.chain.entry_points(&contract).await?;
	if entries.is_empty() {
		return Err(no_contract(&contract));
	}
	if !entries.contains(&arguments.entry) {
		return Err(ClientError::contract(
			"no-entry",
			format!(
				"the contract has no entry point `{}`. It has: {}",
				arguments.entry,
				entries.join(", ")
			),
		));
	}
	let told = context
		.chain
		.dry_run_call(&caller, &contract, limits.dry(), &arguments.entry, &bytes)
		.await?;
	let means = limits.means(&told);
	let call = Call::call_contract(contract.clone(), means, entry, bytes);
	let fee = context.chain.fee(&call).await?;
	Ok(Tried {
		contract,
		told,
		means,
		call,
		fee,
	})
}

/// Tries, asks, sends.
pub async fn run(context: &Context, arguments: &CallArgs) -> Result<Done, ClientError> {
	context.signer()?;
	let tried = try_out(context, arguments).await?;
	succeeds(&tried.told, "the call")?;
	context.agree(
		&question("The call", &tried.means, tried.fee),
		arguments.limits.yes,
		arguments.limits.deposit.is_some(),
		ADVICE,
	)?;
	let included = context.submit(tried.call).await?;
	let called = AivmEvent::find(&included.events, |event| match event {
		AivmEvent::Called {
			gas_used,
			deposit,
			output,
			..
		} => Some((gas_used, deposit, output)),
		_ => None,
	});
	let (gas_used, deposit, output) = called.ok_or_else(|| super::super::untold("Aivm.Called"))?;
	let (events, told) = told_by_contracts(&included.events);
	let json = json!({
		"contract": tried.contract.to_string(),
		"entry": arguments.entry,
		"gas_used": gas_used,
		"deposit": planck(deposit),
		"output": format!("0x{}", hex::encode(&output)),
		"events": events,
	});
	let lines = pairs(&[
		("output", bytes_text(&output)),
		("gas", gas_used.to_string()),
		("deposit", aci(deposit)),
		("fee", aci(included.fee)),
		("block", included.block.number.to_string()),
	]);
	Ok(Done::new(
		super::super::included(&included, json),
		format!("{told}{lines}"),
	))
}

/// Tries only.
pub async fn estimate(context: &Context, arguments: &CallArgs) -> Result<Done, ClientError> {
	let tried = try_out(context, arguments).await?;
	let output = succeeds(&tried.told, "the call")?;
	let json = json!({
		"contract": tried.contract.to_string(),
		"entry": arguments.entry,
		"gas_used": tried.told.gas_used,
		"gas_limit": tried.means.gas_limit,
		"deposit": planck(tried.told.deposit),
		"fee": planck(tried.fee),
		"output": format!("0x{}", hex::encode(&output)),
	});
	let text = pairs(&[
		("output", bytes_text(&output)),
		("gas", tried.told.gas_used.to_string()),
		("deposit", aci(tried.told.deposit)),
		(
			"fee",
			format!(
				"at most {} for {} gas",
				aci(tried.fee),
				tried.means.gas_limit
			),
		),
	]);
	Ok(Done::new(json, text))
}
