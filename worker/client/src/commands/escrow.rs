//! `aci escrow`.

use crate::{
	cli::EscrowCommand,
	context::Context,
	error::ClientError,
	names,
	output::{aci, pairs, planck, Done},
};
use aci_chain::{amount, Call, EscrowEvent};
use aci_primitives::view::EscrowView;
use serde_json::{json, Value};

/// Runs a command about escrow.
pub async fn run(context: &Context, command: EscrowCommand) -> Result<Done, ClientError> {
	let call = match command {
		EscrowCommand::Show => {
			let escrow = context.chain.escrow(&context.account()?).await?;
			let mut text = as_text(&escrow);
			if escrow == EscrowView::default() {
				text.push_str("The escrow is empty. Jobs are paid from the balance; `aci escrow deposit` fills it.\n");
			}
			return Ok(Done::new(as_json(&escrow), text));
		}
		EscrowCommand::Deposit { amount } => Call::deposit(amount::parse(&amount)?),
		EscrowCommand::Withdraw { amount } => Call::withdraw(amount::parse(&amount)?),
		EscrowCommand::Claim { payee: None } => Call::claim(),
		EscrowCommand::Claim { payee: Some(payee) } => return claim_for(context, &payee).await,
	};
	let included = context.submit(call).await?;
	let escrow = context.chain.escrow(&context.account()?).await?;
	let text = format!(
		"Done in block {}. Fee: {}\n{}",
		included.block.number,
		aci(included.fee),
		as_text(&escrow)
	);
	Ok(Done::new(
		super::included(&included, as_json(&escrow)),
		text,
	))
}

/// Has the credits paid that wait for another account.
async fn claim_for(context: &Context, payee: &str) -> Result<Done, ClientError> {
	let account = names::account(payee)?;
	let included = context.submit(Call::claim_for(account.clone())).await?;
	let amount = EscrowEvent::find(&included.events, |event| match event {
		EscrowEvent::Claimed { amount, .. } => Some(amount),
		_ => None,
	});
	let amount = amount.ok_or_else(|| super::untold("Escrow.Claimed"))?;
	let json = json!({ "account": account.to_string(), "claimed": planck(amount) });
	let text = format!(
		"{account} got {} in block {}. Fee: {}",
		aci(amount),
		included.block.number,
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

fn as_text(escrow: &EscrowView) -> String {
	pairs(&[
		("free", aci(escrow.free)),
		("locked", aci(escrow.locked)),
		("claimable", aci(escrow.claimable)),
		("prepaid", aci(escrow.prepaid)),
		("budgeted", aci(escrow.budgeted)),
	])
}

fn as_json(escrow: &EscrowView) -> Value {
	json!({
		"free": planck(escrow.free),
		"locked": planck(escrow.locked),
		"claimable": planck(escrow.claimable),
		"prepaid": planck(escrow.prepaid),
		"budgeted": planck(escrow.budgeted),
	})
}
