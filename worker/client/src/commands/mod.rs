//! One module for each command.

mod balance;
mod budget;
mod class;
mod contract;
mod delegations;
mod dispute;
mod escrow;
mod fund;
mod govern;
mod history;
mod job;
mod market;
mod model;
mod quote;
mod receipt;
mod reserve;
mod result;
mod save;
mod slashes;
mod stake;
mod submit;
mod validators;
mod worker;

use crate::{
	cli::{Cli, Command, ContractCommand},
	context::Context,
	error::ClientError,
	output::{planck, Done},
};
use aci_chain::Included;
use clap::CommandFactory;
use serde_json::{json, Value};

/// Runs a command.
pub async fn run(cli: Cli) -> Result<Done, ClientError> {
	if let Command::Completion { shell } = cli.command {
		let mut script = Vec::new();
		clap_complete::generate(shell, &mut Cli::command(), "aci", &mut script);
		let text = String::from_utf8_lossy(&script).into_owned();
		return Ok(Done::new(json!({ "script": text }), text));
	}
	if let Command::Contract(ContractCommand::Build { folder, output }) = &cli.command {
		return contract::build::run(folder, output.as_deref());
	}
	let context = Context::new(&cli).await?;
	match cli.command {
		Command::Quote(arguments) => quote::run(&context, &arguments).await,
		Command::Submit(arguments) => submit::run(&context, &arguments).await,
		Command::Job { id } => job::show(&context, &id).await,
		Command::Jobs => job::list(&context).await,
		Command::Cancel { id } => job::cancel(&context, &id).await,
		Command::Result { id, output } => result::run(&context, &id, output.as_deref()).await,
		Command::Receipt { id, save } => receipt::run(&context, &id, save.as_deref()).await,
		Command::Dispute(arguments) => dispute::run(&context, &arguments).await,
		Command::History(arguments) => history::run(&context, &arguments).await,
		Command::Poke { id } => dispute::poke(&context, &id).await,
		Command::Market(arguments) => market::run(&context, &arguments).await,
		Command::Reserve(command) => reserve::run(&context, command).await,
		Command::Fund(command) => fund::run(&context, command).await,
		Command::Budget(command) => budget::run(&context, command).await,
		Command::Worker(command) => worker::run(&context, command).await,
		Command::Stake(command) => stake::run(&context, command).await,
		Command::Escrow(command) => escrow::run(&context, command).await,
		Command::Model(command) => model::run(&context, command).await,
		Command::Class(command) => class::run(&context, command).await,
		Command::Contract(command) => contract::run(&context, command).await,
		Command::Govern(arguments) => govern::run(&context, arguments).await,
		Command::Balance => balance::run(&context).await,
		// Was handled above: it needs no node.
		Command::Completion { .. } => Ok(Done::new(Value::Null, "")),
	}
}

/// A transaction was included without the event that says what it did.
fn untold(event: &str) -> ClientError {
	ClientError::Verification(format!(
		"the transaction is in a block, and {event} is not among its events. Use a program and a node \
		 of the same release"
	))
}

/// What a transaction did, for programs: its own fields, and block, transaction and fee.
fn included(included: &Included, mut fields: Value) -> Value {
	if let Value::Object(fields) = &mut fields {
		fields.insert("block".into(), included.block.number.into());
		fields.insert(
			"transaction".into(),
			format!("{:?}", included.transaction).into(),
		);
		fields.insert("fee".into(), planck(included.fee));
	}
	fields
}
