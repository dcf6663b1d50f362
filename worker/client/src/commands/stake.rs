//! `aci stake`.

use crate::{
	cli::{RoleArg, StakeCommand},
	context::Context,
	error::ClientError,
	output::{aci, planck, table, Done},
};
use aci_chain::{amount, Call};
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
	};
	let role = Role::from(role);
	let included = context.submit(call).await?;
	let stakes = context.chain.stakes(&context.account()?).await?;
	let stake = stakes.iter().find(|stake| stake.role == role);
	let bonded = stake.map_or(0, |stake| stake.bonded);
	let json = json!({ "role": role, "bonded": planck(bonded) });
	let text = format!(
		"Done in block {}. Bonded as {role:?}: {}. Fee: {}",
		included.block.number,
		aci(bonded),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

async fn show(context: &Context) -> Result<Done, ClientError> {
	let stakes = context.chain.stakes(&context.account()?).await?;
	let json: Value = stakes
		.iter()
		.map(|stake| {
			json!({
				"role": stake.role,
				"bonded": planck(stake.bonded),
				"required": planck(stake.required),
			})
		})
		.collect();
	let lines = stakes
		.iter()
		.map(|stake| {
			vec![
				format!("{:?}", stake.role),
				aci(stake.bonded),
				aci(stake.required),
			]
		})
		.collect();
	let text = match stakes.is_empty() {
		true => "The account has no bonds. `aci stake bond` makes one.".into(),
		false => table(&["role", ">bonded", ">required"], lines),
	};
	Ok(Done::new(json, text))
}
