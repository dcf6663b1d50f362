//! `aci balance`.

use crate::{
	context::Context,
	error::ClientError,
	output::{aci, pairs, planck, Done},
};
use serde_json::json;

/// Shows an account's balance.
pub async fn run(context: &Context) -> Result<Done, ClientError> {
	let account = context.account()?;
	let balances = context.chain.balances(&account).await?;
	let mut lines = vec![
		("account", account.to_string()),
		("free", aci(balances.free)),
		("held", aci(balances.reserved)),
		("frozen", aci(balances.frozen)),
	];
	let held: Vec<_> = balances
		.holds
		.iter()
		.map(|held| (format!("  {}", held.reason), aci(held.amount)))
		.collect();
	lines.extend(
		held.iter()
			.map(|(reason, amount)| (reason.as_str(), amount.clone())),
	);
	let mut text = pairs(&lines);
	if balances.free == 0 && balances.reserved == 0 {
		text.push_str("The account is empty: send it ACI before it can sign anything.\n");
	}
	let json = json!({
		"account": account.to_string(),
		"free": planck(balances.free),
		"reserved": planck(balances.reserved),
		"frozen": planck(balances.frozen),
		"holds": balances.holds.iter().map(|held| json!({
			"reason": held.reason,
			"amount": planck(held.amount),
		})).collect::<Vec<_>>(),
	});
	Ok(Done::new(json, text))
}
