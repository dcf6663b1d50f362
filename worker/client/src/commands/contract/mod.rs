//! `aci contract`.
//!
//! Every transaction is tried on the node first, without sending it: what would fail is told before a
//! fee is paid, and gas and deposit are known.

pub mod build;
mod call;
mod deploy;
mod input;
mod show;

use crate::{
	cli::{ContractCommand, LimitArgs},
	context::Context,
	error::ClientError,
	names,
	output::{aci, planck, Done},
};
use aci_chain::{
	amount, contracts::DryRun, contracts::DryRunMeans, AivmEvent, ContractMeans, Event,
};
use aci_primitives::{AccountId, Balance, Hash};
use serde_json::{json, Value};

/// Runs a command about contracts.
pub async fn run(context: &Context, command: ContractCommand) -> Result<Done, ClientError> {
	match command {
		ContractCommand::Build { folder, output } => build::run(&folder, output.as_deref()),
		ContractCommand::Deploy(arguments) => deploy::run(context, &arguments).await,
		ContractCommand::Call(arguments) => call::run(context, &arguments).await,
		ContractCommand::Estimate(arguments) => call::estimate(context, &arguments).await,
		ContractCommand::Show { contract, key } => {
			show::run(context, &contract, key.as_deref()).await
		}
	}
}

/// What a module is known by: Blake2b-256 of its bytes.
fn code_hash(code: &[u8]) -> String {
	names::hash(&hash_of(code))
}

fn hash_of(code: &[u8]) -> Hash {
	Hash::from(aci_chain::contracts::code_hash(code))
}

/// A contract's address.
fn contract_account(text: &str) -> Result<AccountId, ClientError> {
	names::account(text)
}

fn no_contract(account: &AccountId) -> ClientError {
	ClientError::NotFound(format!(
		"there is no contract at {account}. `aci contract deploy` prints the address of what it makes"
	))
}

/// Limits that a person gave, and what is sent.
struct Limits {
	value: Balance,
	gas: Option<u64>,
	deposit: Option<Balance>,
}

impl Limits {
	fn read(arguments: &LimitArgs) -> Result<Self, ClientError> {
		Ok(Limits {
			value: amount::parse(&arguments.value)?,
			gas: arguments.gas,
			deposit: arguments
				.deposit
				.as_deref()
				.map(amount::parse)
				.transpose()?,
		})
	}

	/// What a dry run may use.
	fn dry(&self) -> DryRunMeans {
		DryRunMeans {
			value: self.value,
			gas_limit: self.gas,
			deposit_limit: self.deposit,
		}
	}

	/// What the transaction may use, where nobody said it: what the dry run did and a quarter more,
	/// since the state may have changed by then.
	fn means(&self, told: &DryRun) -> ContractMeans {
		let more = |amount: Balance| amount.saturating_add(amount.div_ceil(4));
		let gas = u64::try_from(more(told.gas_used.into())).unwrap_or(u64::MAX);
		ContractMeans {
			value: self.value,
			gas_limit: self.gas.unwrap_or(gas),
			deposit_limit: self.deposit.unwrap_or_else(|| more(told.deposit)),
		}
	}
}

/// What the contract would return; else why it would fail.
fn succeeds(told: &DryRun, what: &str) -> Result<Vec<u8>, ClientError> {
	match &told.result {
		Ok(output) => Ok(output.clone()),
		Err(reason) => Err(ClientError::contract(
			"would-fail",
			format!(
				"{what} would fail: {}. Nothing was sent",
				String::from_utf8_lossy(reason)
			),
		)),
	}
}

/// What is asked before a transaction is sent.
fn question(what: &str, means: &ContractMeans, fee: Balance) -> String {
	format!(
		"{what}: {} are sent, at most {} held for storage, at most {} paid as fee for {} gas. Go on?",
		aci(means.value),
		aci(means.deposit_limit),
		aci(fee),
		means.gas_limit,
	)
}

const ADVICE: &str =
	"nobody can be asked whether the costs are right. Give --deposit AMOUNT, or --yes";

/// Bytes for people: digits, and text where they are text.
fn bytes_text(bytes: &[u8]) -> String {
	let printable = |text: &&str| {
		!text.is_empty()
			&& text
				.chars()
				.all(|letter| !letter.is_control() || letter == '\n')
	};
	match std::str::from_utf8(bytes).ok().filter(printable) {
		Some(text) => format!("0x{} ({text})", hex::encode(bytes)),
		None => format!("0x{}", hex::encode(bytes)),
	}
}

/// What contracts told in a transaction, for programs and for people.
fn told_by_contracts(events: &[Event]) -> (Value, String) {
	let mut values = Vec::new();
	let mut text = String::new();
	for event in events.iter().filter_map(AivmEvent::of) {
		let (value, line) = match event {
			AivmEvent::ContractEmitted {
				contract,
				topic,
				data,
			} => (
				json!({
					"event": "emitted",
					"contract": contract.to_string(),
					"topic": names::text(&topic),
					"data": format!("0x{}", hex::encode(&data)),
				}),
				format!(
					"{contract} tells {}: {}",
					names::text(&topic),
					bytes_text(&data)
				),
			),
			AivmEvent::MoneyLocked {
				contract,
				lock,
				client,
				amount,
				until,
			} => (
				json!({
					"event": "locked",
					"contract": contract.to_string(),
					"lock": lock,
					"client": client.to_string(),
					"amount": planck(amount),
					"until": until,
				}),
				format!(
					"{contract} locked {} of {client} as lock {lock}",
					aci(amount)
				),
			),
			AivmEvent::LockEnded {
				contract,
				lock,
				client,
				payee,
				paid,
				refunded,
			} => (
				json!({
					"event": "lock-ended",
					"contract": contract.to_string(),
					"lock": lock,
					"client": client.to_string(),
					"payee": payee.as_ref().map(ToString::to_string),
					"paid": planck(paid),
					"refunded": planck(refunded),
				}),
				format!(
					"{contract} ended lock {lock}: {} paid, {} back to {client}",
					aci(paid),
					aci(refunded)
				),
			),
			AivmEvent::InferenceOrdered {
				contract,
				job,
				model,
				max_price,
				entry,
				deposit,
				..
			} => (
				json!({
					"event": "ordered",
					"contract": contract.to_string(),
					"job": names::hash(&job),
					"model": names::hash(&model),
					"max_price": planck(max_price),
					"entry": names::text(&entry),
					"deposit": planck(deposit),
				}),
				format!(
					"{contract} ordered job {} for at most {}; it is told by its entry point {}",
					names::hash(&job),
					aci(max_price),
					names::text(&entry)
				),
			),
			_ => continue,
		};
		values.push(value);
		text.push_str(&line);
		text.push('\n');
	}
	(Value::Array(values), text)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn dry(gas_used: u64, deposit: Balance) -> DryRun {
		DryRun {
			result: Err(b"the contract says: no".to_vec()),
			gas_used,
			deposit,
			contract: None,
		}
	}

	#[test]
	fn limits_that_nobody_gave_are_a_quarter_above_the_dry_run() {
		let mut limits = Limits {
			value: 3,
			gas: None,
			deposit: None,
		};
		let means = limits.means(&dry(1_001, 40));
		assert_eq!(
			(means.value, means.gas_limit, means.deposit_limit),
			(3, 1_252, 50)
		);
		(limits.gas, limits.deposit) = (Some(7), Some(8));
		let means = limits.means(&dry(1_001, 40));
		assert_eq!((means.gas_limit, means.deposit_limit), (7, 8));
		assert_eq!(limits.dry().gas_limit, Some(7));
		let most = limits.means(&dry(u64::MAX, Balance::MAX));
		assert_eq!(most.gas_limit, 7);
	}

	#[test]
	fn a_call_that_would_fail_says_why_and_that_nothing_was_sent() {
		let error = succeeds(&dry(0, 0), "the call").expect_err("fails");
		assert_eq!(error.code(), "would-fail");
		let text = error.to_string();
		assert!(text.contains("the contract says: no") && text.contains("Nothing was sent"));
	}

	#[test]
	fn bytes_are_shown_as_text_only_where_they_are_text() {
		assert_eq!(bytes_text(b"yes"), "0x796573 (yes)");
		assert_eq!(bytes_text(&[0, 1]), "0x0001");
		assert_eq!(bytes_text(b""), "0x");
	}
}
