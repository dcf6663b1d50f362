//! `aci stake delegate`, `undelegate`, `withdraw-undelegated`, `delegations`, `claim-rewards`.

use super::stake::{unbonding_json, unbonding_text};
use crate::{
	context::Context,
	error::ClientError,
	names,
	output::{aci, planck, table, Done},
};
use aci_chain::{amount, market::DelegationView, Call, Event, StakingEvent};
use aci_primitives::{AccountId, Balance};
use serde_json::{json, Value};

/// Delegates, or adds to a delegation.
pub async fn delegate(
	context: &Context,
	validator: &str,
	amount: &str,
) -> Result<Done, ClientError> {
	let call = Call::delegate(names::account(validator)?, amount::parse(amount)?);
	let included = context.submit(call).await?;
	let delegated = StakingEvent::find(&included.events, |event| match event {
		StakingEvent::Delegated {
			validator,
			amount,
			active,
			..
		} => Some((validator, amount, active)),
		_ => None,
	});
	let (validator, amount, active) =
		delegated.ok_or_else(|| super::untold("StakingSlashing.Delegated"))?;
	let json = json!({
		"validator": validator.to_string(),
		"added": planck(amount),
		"active": planck(active),
	});
	let text = format!(
		"{} delegated to {validator} in block {}; {} in all. It counts from the next election on. \
		 Fee: {}",
		aci(amount),
		included.block.number,
		aci(active),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// Starts to take an amount out of a delegation.
pub async fn undelegate(
	context: &Context,
	validator: &str,
	amount: &str,
) -> Result<Done, ClientError> {
	let call = Call::undelegate(names::account(validator)?, amount::parse(amount)?);
	let included = context.submit(call).await?;
	let undelegated = StakingEvent::find(&included.events, |event| match event {
		StakingEvent::Undelegated {
			validator,
			amount,
			until,
			active,
			..
		} => Some((validator, amount, until, active)),
		_ => None,
	});
	let (validator, amount, until, active) =
		undelegated.ok_or_else(|| super::untold("StakingSlashing.Undelegated"))?;
	let json = json!({
		"validator": validator.to_string(),
		"leaves": planck(amount),
		"until": until,
		"active": planck(active),
	});
	let text = format!(
		"{} leaves {validator}, and can be withdrawn from block {until} on; {} stays. Fee: {}",
		aci(amount),
		aci(active),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// Takes back what was undelegated and whose time has come.
pub async fn withdraw(context: &Context, validator: &str) -> Result<Done, ClientError> {
	let validator = names::account(validator)?;
	let call = Call::withdraw_undelegated(validator.clone());
	let included = context.submit(call).await?;
	let amount = StakingEvent::find(&included.events, |event| match event {
		StakingEvent::UndelegatedWithdrawn { amount, .. } => Some(amount),
		_ => None,
	});
	let amount = amount.ok_or_else(|| super::untold("StakingSlashing.UndelegatedWithdrawn"))?;
	let json = json!({ "validator": validator.to_string(), "withdrawn": planck(amount) });
	let text = format!(
		"{} came back from {validator} in block {}. Fee: {}",
		aci(amount),
		included.block.number,
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// Lists the account's delegations.
pub async fn list(context: &Context) -> Result<Done, ClientError> {
	let delegations = context.chain.delegations_of(&context.account()?).await?;
	Ok(Done::new(
		delegations.iter().map(as_json).collect(),
		as_text(&delegations),
	))
}

fn as_json(delegation: &DelegationView) -> Value {
	json!({
		"validator": delegation.validator.to_string(),
		"active": planck(delegation.active),
		"owed": planck(delegation.owed),
		"unbonding": unbonding_json(&delegation.unbonding),
	})
}

fn as_text(delegations: &[DelegationView]) -> String {
	let line = |delegation: &DelegationView| {
		vec![
			delegation.validator.to_string(),
			aci(delegation.active),
			aci(delegation.owed),
			unbonding_text(&delegation.unbonding),
		]
	};
	match delegations.is_empty() {
		true => "The account delegates to nobody. `aci stake delegate` does.".into(),
		false => table(
			&["validator", ">delegated", ">owed", "on its way out"],
			delegations.iter().map(line).collect(),
		),
	}
}

/// Receives what is owed for one validator, or for all that owe something.
pub async fn claim(context: &Context, validator: Option<&str>) -> Result<Done, ClientError> {
	let account = context.signer()?.id();
	let validators = match validator {
		Some(name) => vec![names::account(name)?],
		None => owing(context, &account).await?,
	};
	let mut calls: Vec<Call> = validators.into_iter().map(Call::claim_rewards).collect();
	let call = match calls.len() {
		0 => {
			return Err(ClientError::NotFound(format!(
				"nothing is owed to {account}. Rewards are written down when a session ends"
			)))
		}
		1 => calls.remove(0),
		_ => Call::batch(calls),
	};
	let included = context.submit(call).await?;
	let claimed: Vec<(AccountId, Balance)> = included.events.iter().filter_map(rewarded).collect();
	// Parts of one pool, which fit.
	let sum = claimed
		.iter()
		.fold(0, |sum: Balance, (_, amount)| sum.saturating_add(*amount));
	let json = json!({
		"claimed": planck(sum),
		"rewards": claimed.iter().map(|(validator, amount)| json!({
			"validator": validator.to_string(),
			"amount": planck(*amount),
		})).collect::<Vec<_>>(),
	});
	let text = format!(
		"Received {} for {} validators in block {}. Fee: {}",
		aci(sum),
		claimed.len(),
		included.block.number,
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

fn rewarded(event: &Event) -> Option<(AccountId, Balance)> {
	match StakingEvent::of(event)? {
		StakingEvent::RewardsClaimed {
			validator, amount, ..
		} => Some((validator, amount)),
		_ => None,
	}
}

/// Validators for which the account is owed something: itself, and those that it delegates to.
async fn owing(context: &Context, account: &AccountId) -> Result<Vec<AccountId>, ClientError> {
	let own = context.chain.validator(account).await?;
	let own = own.is_some_and(|view| view.owed > 0);
	let delegated = context.chain.delegations_of(account).await?;
	let delegated = delegated.into_iter().filter(|view| view.owed > 0);
	let own = own.then(|| account.clone()).into_iter();
	Ok(own.chain(delegated.map(|view| view.validator)).collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_delegation_is_shown_with_what_it_is_owed() {
		let delegation = DelegationView {
			validator: AccountId::new([7; 32]),
			active: 5,
			unbonding: Vec::new(),
			owed: 2,
		};
		let json = as_json(&delegation);
		assert_eq!((&json["active"], &json["owed"]), (&json!("5"), &json!("2")));
		let text = as_text(&[delegation]);
		assert!(text.contains("0.000000000002 ACI"), "{text}");
		assert!(as_text(&[]).contains("aci stake delegate"));
	}
}
