//! `aci contract show`.

use super::{bytes_text, contract_account, input, no_contract};
use crate::{
	context::Context,
	error::ClientError,
	names,
	output::{pairs, planck, Done},
};
use serde_json::json;

/// A contract, its module, its entry points, and a value of its storage.
pub async fn run(
	context: &Context,
	contract: &str,
	key: Option<&str>,
) -> Result<Done, ClientError> {
	let account = contract_account(contract)?;
	let key = key.map(input::key).transpose()?;
	let found = context.chain.contract(&account).await?;
	let found = found.ok_or_else(|| no_contract(&account))?;
	let entries = context.chain.entry_points(&account).await?;
	let code = context.chain.contract_code(found.code).await?;
	let balance = context.chain.balances(&account).await?;
	let value = match &key {
		Some(key) => context.chain.contract_storage(&account, key).await?,
		None => None,
	};
	let (length, pages) = code.map_or((0, 0), |code| (code.length, code.memory_pages));
	let json = json!({
		"contract": account.to_string(),
		"code": names::hash(&found.code),
		"code_bytes": length,
		"memory_pages": pages,
		"creator": found.creator.to_string(),
		"since": found.since,
		"items": found.items,
		"bytes": found.bytes,
		"open_locks": found.open_locks,
		"free": planck(balance.free),
		"reserved": planck(balance.reserved),
		"entry_points": entries,
		"key": key.as_ref().map(|key| format!("0x{}", hex::encode(key))),
		"value": value.as_ref().map(|value| format!("0x{}", hex::encode(value))),
	});
	let mut lines = vec![
		("contract", account.to_string()),
		(
			"code",
			format!("{}, {length} bytes", names::hash(&found.code)),
		),
		(
			"creator",
			format!("{} in block {}", found.creator, found.since),
		),
		("entry points", entries.join(", ")),
		(
			"storage",
			format!("{} entries, {} bytes", found.items, found.bytes),
		),
		("open locks", found.open_locks.to_string()),
		("balance", crate::output::aci(balance.free)),
		("held", crate::output::aci(balance.reserved)),
	];
	if let Some(key) = &key {
		lines.push(("key", bytes_text(key)));
		let value = value.map_or("nothing".into(), |value| bytes_text(&value));
		lines.push(("value", value));
	}
	Ok(Done::new(json, pairs(&lines)))
}
