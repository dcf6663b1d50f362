//! `aci stake`: bonds here, the rest in the modules beside.

use super::{delegations, slashes, validators};
use crate::{
	cli::{RoleArg, StakeCommand},
	context::Context,
	error::ClientError,
	output::{aci, planck, table, Done},
};
use aci_chain::{
	amount,
	market::{BondView, Unbonding},
	Call, StakingEvent,
};
use aci_primitives::Role;
use serde_json::{json, Value};

impl From<RoleArg> for Role {
	fn from(role: RoleArg) -> Self {
		match role {
			RoleArg::Validator => Role::Validator,
			RoleArg::Verifier => Role::Verifier,
			RoleArg::Worker => Role::Worker,
		}
	}
}

/// Runs a command about bonds.
pub async fn run(context: &Context, command: StakeCommand) -> Result<Done, ClientError> {
	let (role, call) = match command {
		StakeCommand::Show => return show(context).await,
		StakeCommand::Bond { role, amount } => {
			(role, Call::bond(role.into(), amount::parse(&amount)?))
		}
		StakeCommand::Unbond { role, amount } => {
			(role, Call::unbond(role.into(), amount::parse(&amount)?))
		}
		StakeCommand::Withdraw { role } => (role, Call::withdraw_unbonded(role.into())),
		StakeCommand::Rebond { role, amount } => {
			(role, Call::rebond(role.into(), amount::parse(&amount)?))
		}
		StakeCommand::Delegate { validator, amount } => {
			return delegations::delegate(context, &validator, &amount).await
		}
		StakeCommand::Undelegate { validator, amount } => {
			return delegations::undelegate(context, &validator, &amount).await
		}
		StakeCommand::WithdrawUndelegated { validator } => {
			return delegations::withdraw(context, &validator).await
		}
		StakeCommand::Delegations => return delegations::list(context).await,
		StakeCommand::ClaimRewards { validator } => {
			return delegations::claim(context, validator.as_deref()).await
		}
		StakeCommand::Validate { commission } => {
			return validators::validate(context, &commission).await
		}
		StakeCommand::Chill => return validators::chill(context).await,
		StakeCommand::Validators => return validators::list(context).await,
		StakeCommand::Yields => return validators::yields(context).await,
		StakeCommand::Slashes => return slashes::list(context).await,
		StakeCommand::Appeal(arguments) => return slashes::appeal(context, &arguments).await,
		StakeCommand::Apply { slash } => return slashes::apply(context, slash).await,
	};
	let role = Role::from(role);
	let included = context.submit(call).await?;
	let bonds = context.chain.bonds(&context.account()?).await?;
	let bond = bonds.iter().find(|(of, _)| *of == role);
	let bonded = bond.map_or(0, |(_, bond)| bond.active);
	let mut json = json!({ "role": role, "bonded": planck(bonded) });
	let mut more = String::new();
	if let Some((text, name, value)) = StakingEvent::find(&included.events, moved) {
		more = text;
		if let Value::Object(fields) = &mut json {
			fields.insert(name.into(), value);
		}
	}
	let text = format!(
		"Done in block {}. Bonded as {role:?}: {}.{more} Fee: {}",
		included.block.number,
		aci(bonded),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

/// What an event adds to what is told of a bond.
fn moved(event: StakingEvent) -> Option<(String, &'static str, Value)> {
	match event {
		StakingEvent::Unbonded { until, .. } => Some((
			format!(" It can be withdrawn from block {until} on."),
			"until",
			until.into(),
		)),
		StakingEvent::Withdrawn { amount, .. } => Some((
			format!(" {} came back.", aci(amount)),
			"withdrawn",
			planck(amount),
		)),
		_ => None,
	}
}

async fn show(context: &Context) -> Result<Done, ClientError> {
	let bonds = context.chain.bonds(&context.account()?).await?;
	let lines = bonds.iter().map(|(role, bond)| line(*role, bond)).collect();
	let heads = [
		"role",
		">bonded",
		">required",
		"backs work",
		"on its way out",
	];
	let text = match bonds.is_empty() {
		true => "The account has no bonds. `aci stake bond` makes one.".into(),
		false => table(&heads, lines),
	};
	let json = bonds.iter().map(|(role, bond)| as_json(*role, bond));
	Ok(Done::new(json.collect(), text))
}

fn line(role: Role, bond: &BondView) -> Vec<String> {
	vec![
		format!("{role:?}"),
		aci(bond.active),
		aci(bond.required),
		if bond.eligible { "yes" } else { "no" }.into(),
		unbonding_text(&bond.unbonding),
	]
}

fn as_json(role: Role, bond: &BondView) -> Value {
	json!({
		"role": role,
		"bonded": planck(bond.active),
		"required": planck(bond.required),
		"eligible": bond.eligible,
		"unbonding": unbonding_json(&bond.unbonding),
	})
}

/// What is on its way out, for people.
pub fn unbonding_text(unbonding: &[Unbonding]) -> String {
	let part = |part: &Unbonding| format!("{} from block {}", aci(part.amount), part.until);
	let parts: Vec<_> = unbonding.iter().map(part).collect();
	parts.join("\n")
}

/// What is on its way out, for programs.
pub fn unbonding_json(unbonding: &[Unbonding]) -> Value {
	let part = |part: &Unbonding| json!({ "amount": planck(part.amount), "until": part.until });
	unbonding.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_bond_is_shown_with_what_is_on_its_way_out() {
		let unbonding = |amount, until| Unbonding { amount, until };
		let bond = BondView {
			active: 5,
			required: 3,
			unbonding: vec![unbonding(1, 10), unbonding(2, 20)],
			eligible: false,
		};
		let line = line(Role::Worker, &bond);
		assert!(line.iter().any(|cell| cell.contains("from block 20")));
		assert!(line.contains(&"no".to_string()));
		let json = as_json(Role::Worker, &bond);
		assert_eq!(json["bonded"], "5");
		assert_eq!(json["unbonding"][1], json!({ "amount": "2", "until": 20 }));
	}
}
