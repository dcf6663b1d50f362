//! One module for each command.

mod balance;
mod class;
mod escrow;
mod job;
mod model;
mod quote;
mod receipt;
mod result;
mod stake;
mod submit;
mod worker;

use crate::{
	cli::{Cli, Command},
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
	let context = Context::new(&cli).await?;
	match cli.command {
		Command::Quote(arguments) => quote::run(&context, &arguments).await,
		Command::Submit(arguments) => submit::run(&context, &arguments).await,
		Command::Job { id } => job::show(&context, &id).await,
		Command::Jobs => job::list(&context).await,
		Command::Cancel { id } => job::cancel(&context, &id).await,
		Command::Result { id, output } => result::run(&context, &id, output.as_deref()).await,
		Command::Receipt { id } => receipt::run(&context, &id).await,
		Command::Worker(command) => worker::run(&context, command).await,
		Command::Stake(command) => stake::run(&context, command).await,
		Command::Escrow(command) => escrow::run(&context, command).await,
		Command::Model(command) => model::run(&context, command).await,
		Command::Class(command) => class::run(&context, command).await,
		Command::Balance => balance::run(&context).await,
		// Was handled above: it needs no node.
		Command::Completion { .. } => Ok(Done::new(Value::Null, "")),
	}
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
