//! Arguments about contracts.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// About contracts.
#[derive(Debug, Subcommand)]
pub enum ContractCommand {
	/// Build a contract's crate to WebAssembly. Needs no node.
	Build {
		/// The crate's folder.
		#[arg(default_value = ".")]
		folder: PathBuf,
		/// Copy the module to this file.
		#[arg(long, value_name = "FILE")]
		output: Option<PathBuf>,
	},
	/// Put a module on chain, where it is not there yet, and make a contract of it.
	Deploy(DeployArgs),
	/// Call an entry point of a contract.
	Call(CallArgs),
	/// Show what a call would do and cost, without sending it.
	Estimate(CallArgs),
	/// Show a contract: its module, its entry points, its storage.
	Show {
		/// The contract's address.
		contract: String,
		/// Show what is stored under this key: text, or 0x and hexadecimal digits.
		#[arg(long, value_name = "KEY")]
		key: Option<String>,
	},
}

/// What an entry point is given.
#[derive(Debug, Args)]
pub struct InputArgs {
	/// The arguments, in order: u8:1 u32:1 u64:1 u128:1, aci:1.5 (an amount), account:alice, hash:0x..,
	/// text:.. (bytes after their length), bytes:0x.. (likewise), raw:0x.. (bytes as they are).
	#[arg(value_name = "TYPE:VALUE")]
	pub arguments: Vec<String>,
	/// The whole input instead: 0x and hexadecimal digits.
	#[arg(long, value_name = "HEX", conflicts_with = "arguments")]
	pub input: Option<String>,
}

/// What a call may use and take.
#[derive(Debug, Args)]
pub struct LimitArgs {
	/// How much is sent with it.
	#[arg(long, value_name = "AMOUNT", default_value = "0")]
	pub value: String,
	/// The most gas, a microsecond each. [default: what a dry run uses and a quarter more]
	#[arg(long, value_name = "GAS")]
	pub gas: Option<u64>,
	/// The most that may be held for storage. [default: what a dry run holds and a quarter more]
	#[arg(long, value_name = "AMOUNT")]
	pub deposit: Option<String>,
	/// Do not ask.
	#[arg(long)]
	pub yes: bool,
}

/// A contract to be made.
#[derive(Debug, Args)]
pub struct DeployArgs {
	/// The module: a .wasm file.
	pub module: PathBuf,
	/// What `deploy` is given.
	#[command(flatten)]
	pub input: InputArgs,
	/// What it may use and take.
	#[command(flatten)]
	pub limits: LimitArgs,
	/// What tells the contract from others of the same code and account: 0x and 64 hexadecimal
	/// digits. [default: random]
	#[arg(long, value_name = "HEX")]
	pub salt: Option<String>,
}

/// A call of a contract.
#[derive(Debug, Args)]
pub struct CallArgs {
	/// The contract's address.
	pub contract: String,
	/// The entry point; `aci contract show` lists them.
	pub entry: String,
	/// What it is given.
	#[command(flatten)]
	pub input: InputArgs,
	/// What it may use and take.
	#[command(flatten)]
	pub limits: LimitArgs,
}
