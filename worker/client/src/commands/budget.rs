//! `aci budget`.

use crate::{
	cli::BudgetCommand,
	context::Context,
	error::ClientError,
	names,
	output::{aci, planck, table, Done},
};
use aci_chain::{amount, Call, EscrowEvent};
use aci_primitives::job::{Budget, Home};
use serde_json::{json, Value};

/// Runs a command about budgets.
pub async fn run(context: &Context, command: BudgetCommand) -> Result<Done, ClientError> {
	match command {
		BudgetCommand::Open { home, amount } => open(context, &home, &amount).await,
		BudgetCommand::Close { home } => close(context, &home).await,
		BudgetCommand::List => {
			let budgets = context.chain.budgets_of(&context.account()?).await?;
			Ok(Done::new(
				budgets.iter().map(as_json).collect(),
				as_text(&budgets),
			))
		}
	}
}

fn validator(name: &str) -> Result<Home, ClientError> {
	names::account(name).map(Home::Validator)
}

async fn open(context: &Context, home: &str, amount: &str) -> Result<Done, ClientError> {
	let call = Call::open_budget(validator(home)?, amount::parse(amount)?);
	let included = context.submit(call).await?;
	let opened = EscrowEvent::find(&included.events, |event| match event {
		EscrowEvent::BudgetOpened {
			home,
			amount,
			from_free,
			budget,
			until,
			..
		} => Some((home, amount, from_free, budget, until)),
		_ => None,
	});
	let (home, amount, from_free, budget, until) =
		opened.ok_or_else(|| super::untold("Escrow.BudgetOpened"))?;
	let json = json!({
		"home": name(&home),
		"added": planck(amount),
		"from_free": planck(from_free),
		"budget": planck(budget),
		"until": until,
	});
	let text = format!(
		"{} set aside for {}, {} of it from free escrow. The budget of {} can be closed from block \
		 {until} on. Fee: {}",
		aci(amount),
		name(&home),
		aci(from_free),
		aci(budget),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

async fn close(context: &Context, home: &str) -> Result<Done, ClientError> {
	let included = context.submit(Call::close_budget(validator(home)?)).await?;
	let closed = EscrowEvent::find(&included.events, |event| match event {
		EscrowEvent::BudgetClosed {
			home, amount, free, ..
		} => Some((home, amount, free)),
		_ => None,
	});
	let (home, amount, free) = closed.ok_or_else(|| super::untold("Escrow.BudgetClosed"))?;
	let json = json!({
		"home": name(&home),
		"returned": planck(amount),
		"free": planck(free),
	});
	let text = format!(
		"{} of the budget with {} is free escrow again, which is {} now. Fee: {}",
		aci(amount),
		name(&home),
		aci(free),
		aci(included.fee)
	);
	Ok(Done::new(super::included(&included, json), text))
}

fn name(home: &Home) -> String {
	match home {
		Home::Chain => "the chain".into(),
		Home::Validator(account) => account.to_string(),
	}
}

fn as_json(budget: &Budget) -> Value {
	json!({
		"home": name(&budget.home),
		"amount": planck(budget.amount),
		"until": budget.until,
	})
}

fn as_text(budgets: &[Budget]) -> String {
	let line = |budget: &Budget| {
		vec![
			name(&budget.home),
			aci(budget.amount),
			format!("block {}", budget.until),
		]
	};
	match budgets.is_empty() {
		true => "The account has no budgets. `aci budget open` makes one.".into(),
		false => table(
			&["validator", ">left", ">can be closed from"],
			budgets.iter().map(line).collect(),
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::AccountId;

	#[test]
	fn a_budget_names_its_home_what_is_left_and_when_it_can_be_closed() {
		let budget = Budget {
			home: Home::Validator(AccountId::new([7; 32])),
			client: AccountId::new([1; 32]),
			amount: 5,
			until: 40,
		};
		let json = as_json(&budget);
		assert_eq!(json["home"], AccountId::new([7; 32]).to_string());
		assert_eq!((&json["amount"], &json["until"]), (&json!("5"), &json!(40)));
		let text = as_text(&[budget]);
		assert!(text.contains("block 40"), "{text}");
		assert!(as_text(&[]).contains("aci budget open"));
	}
}
