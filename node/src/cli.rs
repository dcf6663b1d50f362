//! The command line.

use clap::Parser;
use sc_cli::RunCmd;
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Node of the ACI chain.
#[derive(Debug, Parser)]
pub struct Cli {
	/// What to do other than running a node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// How to run a node.
	#[command(flatten)]
	pub run: Run,
}

/// How to run a node.
#[derive(Debug, Parser)]
pub struct Run {
	/// The standard options.
	#[command(flatten)]
	pub base: RunCmd,

	/// Make blocks without slots and finalise them at once: `instant` (a block for every
	/// transaction), `manual` (when asked through `engine_createBlock`), or a number of
	/// milliseconds. Development chains only. The chain's clock advances by one slot a block.
	#[arg(long, value_name = "instant|manual|MILLISECONDS")]
	pub sealing: Option<Sealing>,

	/// Keep compiled runtimes in this folder, so that the next start need not compile the same one
	/// again. Whoever can write there decides what the node runs: guard it as the program itself.
	#[arg(long, value_name = "FOLDER")]
	pub runtime_cache: Option<PathBuf>,
}

/// When a development node makes a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
	/// For every transaction.
	Instant,
	/// When asked.
	Manual,
	/// In a fixed rhythm.
	Interval(Duration),
}

impl FromStr for Sealing {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"instant" => Ok(Sealing::Instant),
			"manual" => Ok(Sealing::Manual),
			other => match other.parse::<u64>() {
				Ok(0) => Err("the number of milliseconds must be at least 1".into()),
				Ok(milliseconds) => Ok(Sealing::Interval(Duration::from_millis(milliseconds))),
				Err(_) => Err("use `instant`, `manual` or a number of milliseconds".into()),
			},
		}
	}
}

/// What to do other than running a node.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
	/// Make, inspect and insert keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write the specification of a chain; kept for tools that know only this command.
	#[allow(deprecated)]
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write the specification of a chain.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Validate a block again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state of a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove a chain's data.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Take a chain back by some blocks.
	Revert(sc_cli::RevertCmd),

	/// Say what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sealing_is_instant_manual_or_a_number_of_milliseconds() {
		assert_eq!("instant".parse(), Ok(Sealing::Instant));
		assert_eq!("manual".parse(), Ok(Sealing::Manual));
		assert_eq!(
			"250".parse(),
			Ok(Sealing::Interval(Duration::from_millis(250)))
		);
		assert!("0".parse::<Sealing>().is_err());
		assert!("-5".parse::<Sealing>().is_err());
		assert!("soon".parse::<Sealing>().is_err());
	}

	#[test]
	fn the_command_line_is_consistent() {
		<Cli as clap::CommandFactory>::command().debug_assert();
	}
}
