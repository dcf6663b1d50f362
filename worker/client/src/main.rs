//! `aci`, the command line client of the ACI chain.
//!
//! Quotes, orders and follows jobs, fetches their results, disputes them and proves how they ended;
//! takes part in the market: prices, reservations, funds, budgets, bonds, delegations; and builds,
//! deploys and calls contracts.
//!
//! # What it guarantees
//!
//! 1. *Nothing is spent unseen.* An order shows its quoted price and asks; where nobody can be
//!    asked, it needs `--max-price`, or `--yes`. The chain never takes more than the maximum. The same
//!    holds for what is reserved and sold back, for the bond of a dispute, and for contracts: a call is
//!    tried on the node first, and not sent when it would fail.
//! 2. *What is shown as a result was checked*: it hashes to what the worker's receipt says. Text that
//!    is streamed while it is made is shown before that; at the end it is compared with the result,
//!    and a difference is said.
//! 3. *Secrets stay out of sight*: no argument takes one, nothing prints one.
//! 4. *For programs*: with `--json`, exactly one JSON value on standard output, or on standard
//!    error after a failure. Amounts in JSON are planck, as text.
//!
//! # Exit codes
//!
//! | code | |
//! | --- | --- |
//! | 0 | done |
//! | 1 | failed |
//! | 2 | the arguments are wrong |
//! | 3 | the job ended, and was not settled |
//! | 4 | no node answers, or the connection was lost |
//! | 5 | not confirmed; nothing was sent |

#![forbid(unsafe_code)]

mod cli;
mod commands;
mod context;
mod curve;
mod data;
mod error;
mod follow;
mod names;
mod numbers;
mod order;
mod output;
mod secret;
mod stream;
mod transfer;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
	let cli = cli::Cli::parse();
	tracing_subscriber::fmt()
		.with_env_filter(
			tracing_subscriber::EnvFilter::try_from_env("ACI_LOG")
				.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error")),
		)
		.with_writer(std::io::stderr)
		.init();
	let json = cli.json;
	let runtime = match tokio::runtime::Runtime::new() {
		Ok(runtime) => runtime,
		Err(error) => {
			eprintln!("error: the program cannot start: {error}");
			return ExitCode::from(1);
		}
	};
	match runtime.block_on(commands::run(cli)) {
		Ok(done) => output::print(&done, json),
		Err(error) => {
			output::print_error(&error, json);
			ExitCode::from(error.exit_code())
		}
	}
}
