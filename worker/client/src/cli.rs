//! The arguments.

mod contract;
mod govern;
mod market;
mod stake;

pub use contract::{CallArgs, ContractCommand, DeployArgs, InputArgs, LimitArgs};
pub use govern::{FiguresArgs, GovernArgs, GovernCommand, PriceArgs, TeeArg, VerdictArg};
pub use market::{
	BudgetCommand, CapacityArgs, DisputeArgs, FundCommand, HistoryArgs, HistoryCommand, MarketArgs,
	ReserveCommand,
};
pub use stake::{AppealArgs, RoleArg, StakeCommand};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Orders and follows jobs on the ACI chain, and takes part in its market.
#[derive(Debug, Parser)]
#[command(
	name = "aci",
	version,
	after_help = "Amounts are in ACI, like 1.5 or 1.5ACI. Exit codes: 0 done, 1 failed, 2 wrong \
	              arguments, 3 the job ended without being settled, 4 no node answers, 5 not \
	              confirmed."
)]
pub struct Cli {
	/// Address of the node.
	#[arg(
		long,
		global = true,
		env = "ACI_NODE",
		default_value = "ws://127.0.0.1:9944",
		value_name = "URL"
	)]
	pub node: String,
	/// A development account (alice, bob, charlie, dave, eve, ferdie), or the address of any account
	/// to read of.
	#[arg(long, global = true, env = "ACI_ACCOUNT", value_name = "NAME")]
	pub account: Option<String>,
	/// A keystore file: the JSON that polkadot.js exports (the password is asked for, or read from
	/// --password-file), or a file of mode 0600 with a phrase or seed.
	#[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["account", "secret_stdin"])]
	pub keystore: Option<PathBuf>,
	/// A file of mode 0600 with the keystore's password.
	#[arg(long, global = true, value_name = "FILE", requires = "keystore")]
	pub password_file: Option<PathBuf>,
	/// Read the account's phrase or seed from standard input.
	#[arg(long, global = true, conflicts_with = "account")]
	pub secret_stdin: bool,
	/// Folder for what must be kept: keys that open private results.
	#[arg(long, global = true, env = "ACI_DATA", value_name = "FOLDER")]
	pub data: Option<PathBuf>,
	/// One JSON value instead of text. Amounts are planck, as text.
	#[arg(long, global = true)]
	pub json: bool,
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Show what an order would cost now.
	Quote(OrderArgs),
	/// Order a job, follow it and print its output.
	Submit(SubmitArgs),
	/// Show a job.
	Job {
		/// The job.
		id: String,
	},
	/// List an account's jobs.
	Jobs,
	/// Withdraw a job that no worker has yet.
	Cancel {
		/// The job.
		id: String,
	},
	/// Fetch and check a job's output.
	Result {
		/// The job.
		id: String,
		/// Write the output to this file.
		#[arg(long, value_name = "FILE")]
		output: Option<PathBuf>,
	},
	/// Show a job's receipt and check its hash and signature.
	Receipt {
		/// The job.
		id: String,
		/// Write receipt, input, output and proof to this folder, so that anyone with the model can
		/// check the output: `aci-worker verify --offline`.
		#[arg(long, value_name = "FOLDER")]
		save: Option<PathBuf>,
	},
	/// Dispute a job's output. The bond goes to the worker if the output was right.
	Dispute(DisputeArgs),
	/// Prove how a job ended, also long after its record is gone.
	History(HistoryArgs),
	/// Have a job's deadline looked at now, where the chain has too many to do it by itself.
	Poke {
		/// The job.
		id: String,
	},
	/// Show prices, capacity, funds and use of the classes.
	Market(MarketArgs),
	/// Reserved capacity.
	#[command(subcommand)]
	Reserve(ReserveCommand),
	/// Liquidity funds: money that steadies a class's price and stands behind its workers.
	#[command(subcommand)]
	Fund(FundCommand),
	/// Workers.
	#[command(subcommand)]
	Worker(WorkerCommand),
	/// Bonds, delegations, validating and slashes.
	#[command(subcommand)]
	Stake(StakeCommand),
	/// Escrow: money that jobs draw from first.
	#[command(subcommand)]
	Escrow(EscrowCommand),
	/// Budgets: money that one validator may spend for the account.
	#[command(subcommand)]
	Budget(BudgetCommand),
	/// Models.
	#[command(subcommand)]
	Model(ModelCommand),
	/// Classes of hardware and their prices.
	#[command(subcommand)]
	Class(ClassCommand),
	/// Contracts: build, deploy, call, estimate, show.
	#[command(subcommand)]
	Contract(ContractCommand),
	/// What only governance may do, encoded for a referendum.
	Govern(GovernArgs),
	/// Show an account's balance.
	Balance,
	/// Print a completion script for a shell.
	Completion {
		/// The shell.
		shell: Shell,
	},
}

/// An order.
#[derive(Debug, Args)]
pub struct OrderArgs {
	/// The model: its name or a part of it, or the SHA-256 of its weights or its beginning.
	#[arg(long)]
	pub model: String,
	/// The class of hardware: its name or number. Without it, the cheapest that can run the order.
	#[arg(long)]
	pub class: Option<String>,
	/// The input.
	#[arg(long, value_name = "TEXT")]
	pub prompt: Option<String>,
	/// A file with the input, or - for standard input.
	#[arg(long, value_name = "FILE", conflicts_with = "prompt")]
	pub file: Option<PathBuf>,
	/// Most tokens that are generated. Not for embeddings. [default: 128]
	#[arg(long, value_name = "TOKENS")]
	pub max_tokens: Option<u32>,
	/// Most tokens that the input may have. The default is a bound that holds for any text: its
	/// bytes and 128 for the model's template, within the model's context.
	#[arg(long, value_name = "TOKENS")]
	pub max_tokens_in: Option<u32>,
	/// Sampling temperature, at most three decimals; 0 always takes the likeliest token.
	#[arg(long, default_value = "0")]
	pub temperature: String,
	/// Seed of the sampling: a number, or 0x and 64 hexadecimal digits. [default: random]
	#[arg(long)]
	pub seed: Option<String>,
	/// Seconds from the worker's acknowledgement to the result in which the full price is due.
	#[arg(long, value_name = "SECONDS", default_value_t = 300)]
	pub sla: u64,
	/// Nobody but one attested worker sees the input, and nobody but you the output.
	#[arg(long)]
	pub private: bool,
	/// The worker to encrypt a private input to. Without it, the one with the best quality.
	#[arg(long, value_name = "ADDRESS", requires = "private")]
	pub worker: Option<String>,
}

/// An order to be submitted.
#[derive(Debug, Args)]
pub struct SubmitArgs {
	/// What is ordered.
	#[command(flatten)]
	pub order: OrderArgs,
	/// The reservation that pays for the job: its number. Its class runs the job, at its price.
	#[arg(long, value_name = "NUMBER", conflicts_with = "class")]
	pub reservation: Option<u64>,
	/// The most that the job may cost. [default: the quoted price and a quarter more; under a
	/// reservation, its price]
	#[arg(long, value_name = "AMOUNT")]
	pub max_price: Option<String>,
	/// Do not ask.
	#[arg(long)]
	pub yes: bool,
	/// Do not wait for the result. An input that is not on chain is still served until a worker has
	/// it.
	#[arg(long)]
	pub no_wait: bool,
	/// Address to serve the input at, where it is longer than 4096 bytes or private. Use one that
	/// the worker can reach.
	#[arg(
		long,
		value_name = "MULTIADDRESS",
		default_value = "/ip4/127.0.0.1/tcp/0"
	)]
	pub listen: String,
	/// Address at which others reach --listen, where it differs.
	#[arg(long, value_name = "MULTIADDRESS")]
	pub external: Option<String>,
	/// Show the text while the worker makes it, also where standard output is no terminal.
	#[arg(long, conflicts_with_all = ["no_wait", "no_stream"])]
	pub stream: bool,
	/// Show the text when it is the result, not while the worker makes it. Without this the client
	/// connects to the worker, which then sees its address.
	#[arg(long)]
	pub no_stream: bool,
	/// Write the output to this file.
	#[arg(long, value_name = "FILE")]
	pub output: Option<PathBuf>,
}

/// About workers.
#[derive(Debug, Subcommand)]
pub enum WorkerCommand {
	/// List the workers of a class, or of all.
	List {
		/// The class: name or number.
		#[arg(long)]
		class: Option<String>,
	},
	/// Show a worker.
	Show {
		/// Its address, or a development account.
		worker: String,
	},
	/// Report two workers that used one GPU at the same time. Who reports gets a share of the slash.
	Report {
		/// A job of the one.
		job: String,
		/// A job of the other.
		other: String,
	},
}

/// About escrow.
#[derive(Debug, Subcommand)]
pub enum EscrowCommand {
	/// Show the account's escrow.
	Show,
	/// Put an amount of the balance into escrow.
	Deposit {
		/// How much.
		amount: String,
	},
	/// Take an amount out of free escrow.
	Withdraw {
		/// How much.
		amount: String,
	},
	/// Receive the credits that wait.
	Claim {
		/// For another account, which then gets them: its address, or a development account.
		#[arg(long = "for", value_name = "ACCOUNT")]
		payee: Option<String>,
	},
}

/// About models.
#[derive(Debug, Subcommand)]
pub enum ModelCommand {
	/// List the registered models.
	List,
	/// Show a model.
	Show {
		/// Its name or hash.
		model: String,
	},
	/// Register a model by its manifest.
	Register {
		/// A JSON file, in the form that `aci --json model show` or `aci-worker model-manifest`
		/// prints.
		manifest: PathBuf,
	},
	/// Remove a model that the account registered.
	Remove {
		/// Its name or hash.
		model: String,
	},
}

/// About classes.
#[derive(Debug, Subcommand)]
pub enum ClassCommand {
	/// List the classes with their prices.
	List,
	/// Show a class.
	Show {
		/// Its name or number.
		class: String,
	},
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
		Cli::try_parse_from([&["aci"], arguments].concat())
	}

	#[test]
	fn the_arguments_are_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn no_argument_stands_for_a_global_one() {
		fn own(command: &clap::Command, globals: &[String]) {
			for argument in command.get_arguments() {
				let id = argument.get_id().to_string();
				let is_own = !argument.is_global_set();
				assert!(
					!(is_own && globals.contains(&id)),
					"{id} of {}",
					command.get_name()
				);
			}
			command
				.get_subcommands()
				.for_each(|command| own(command, globals));
		}
		let command = Cli::command();
		let globals: Vec<String> = command
			.get_arguments()
			.filter(|argument| argument.is_global_set())
			.map(|argument| argument.get_id().to_string())
			.collect();
		assert!(globals.contains(&"account".to_string()));
		own(&command, &globals);
	}

	#[test]
	fn no_argument_takes_a_secret() {
		let takes_secret = |argument: &clap::Arg| {
			let name = argument.get_id().as_str();
			(name.contains("secret") || name.contains("password"))
				&& argument.get_action().takes_values()
				&& name != "password_file"
		};
		assert!(!Cli::command().get_arguments().any(takes_secret));
	}

	#[test]
	fn global_options_may_stand_after_the_command() {
		let cli = parse(&["balance", "--account", "bob", "--json"]).expect("is right");
		assert_eq!(cli.account.as_deref(), Some("bob"));
		assert!(cli.json);
	}

	#[test]
	fn what_is_needed_is_asked_for() {
		for arguments in [
			&["history"][..],
			&["stake", "appeal", "1"],
			&["stake", "validate"],
			&["reserve", "buy", "--class", "cpu", "--slots", "1"],
			&["market", "--width", "5000"],
		] {
			assert!(parse(arguments).is_err(), "{arguments:?}");
		}
	}

	#[test]
	fn a_call_of_a_contract_has_its_arguments_or_one_input() {
		let parsed = parse(&["contract", "call", "5F", "ask", "text:Why?", "--value", "1"]);
		match parsed.expect("is right").command {
			Command::Contract(ContractCommand::Call(call)) => {
				assert_eq!(
					(call.entry.as_str(), call.limits.value.as_str()),
					("ask", "1")
				);
				assert_eq!(call.input.arguments, ["text:Why?"]);
			}
			command => panic!("{command:?}"),
		}
		for arguments in [
			&["contract", "call", "5F"][..],
			&["contract", "call", "5F", "ask", "u8:1", "--input", "0x"],
			&["contract", "deploy"],
			&["contract", "deploy", "m.wasm", "--gas", "-1"],
		] {
			assert!(parse(arguments).is_err(), "{arguments:?}");
		}
	}

	#[test]
	fn a_proof_is_made_of_a_job_and_checked_from_a_file() {
		let history = |arguments: &[&str]| match parse(arguments).expect("is right").command {
			Command::History(history) => history,
			command => panic!("{command:?}"),
		};
		let made = history(&["history", "0x00", "--block", "7"]);
		assert_eq!((made.id.as_deref(), made.block), (Some("0x00"), Some(7)));
		assert!(made.command.is_none());
		assert!(history(&["history", "verify", "f"]).command.is_some());
	}

	#[test]
	fn two_sources_of_one_thing_are_refused() {
		for arguments in [
			&["quote", "--model", "m", "--prompt", "a", "--file", "b"][..],
			&["balance", "--account", "alice", "--keystore", "k"],
			&["balance", "--account", "alice", "--secret-stdin"],
			&["quote", "--model", "m", "--worker", "w"],
			&["balance", "--password-file", "p"],
			&[
				"submit",
				"--model",
				"m",
				"--prompt",
				"a",
				"--stream",
				"--no-stream",
			],
			&[
				"submit",
				"--model",
				"m",
				"--class",
				"cpu",
				"--reservation",
				"1",
			],
			&["stake", "appeal", "1", "--reasons", "f", "--hash", "0x00"],
			&["history", "0x00", "verify", "f"],
		] {
			assert!(parse(arguments).is_err(), "{arguments:?}");
		}
	}
}
