//! Arguments about bonds, delegations, validating and slashes.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// A role that bonds.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArg {
	/// Authors blocks.
	Validator,
	/// Checks a sample of the work.
	Verifier,
	/// Runs jobs.
	Worker,
}

/// About bonds.
#[derive(Debug, Subcommand)]
pub enum StakeCommand {
	/// Show the account's bonds.
	Show,
	/// Bond an amount.
	Bond {
		/// What for.
		role: RoleArg,
		/// How much.
		amount: String,
	},
	/// Start to take an amount out.
	Unbond {
		/// Of which bond.
		role: RoleArg,
		/// How much.
		amount: String,
	},
	/// Take back what was unbonded and whose time has come.
	Withdraw {
		/// Of which bond.
		role: RoleArg,
	},
	/// Make an amount that is on its way out active again.
	Rebond {
		/// Of which bond.
		role: RoleArg,
		/// How much.
		amount: String,
	},
	/// Delegate an amount to a candidate for validating, or add to a delegation.
	Delegate {
		/// The candidate: its address, or a development account.
		validator: String,
		/// How much.
		amount: String,
	},
	/// Start to take an amount out of a delegation.
	Undelegate {
		/// The validator: its address, or a development account.
		validator: String,
		/// How much.
		amount: String,
	},
	/// Take back what was undelegated and whose time has come.
	WithdrawUndelegated {
		/// The validator: its address, or a development account.
		validator: String,
	},
	/// List the account's delegations, with what it is owed for each.
	Delegations,
	/// Receive what is owed to the account: for validating, and for its delegations.
	ClaimRewards {
		/// For this validator only: its address, or a development account.
		#[arg(long)]
		validator: Option<String>,
	},
	/// Become a candidate for validating, or change the commission.
	Validate {
		/// The share of rewards that is taken before they are divided, in per cent.
		#[arg(long, value_name = "PERCENT")]
		commission: String,
	},
	/// Be no candidate any more.
	Chill,
	/// List the candidates for validating.
	Validators,
	/// Show what each role earned in the last epoch, and what that is in a year.
	Yields,
	/// List slashes that took from the account and are not wholly applied.
	Slashes,
	/// Appeal against a slash. Costs a deposit, which returns if governance cancels the slash.
	Appeal(AppealArgs),
	/// Apply a slash whose time has come, or pay refunds that wait in its pot.
	Apply {
		/// The slash's number.
		slash: u64,
	},
}

/// An appeal.
#[derive(Debug, Args)]
pub struct AppealArgs {
	/// The slash's number, as `aci stake slashes` shows it.
	pub slash: u64,
	/// A file with the reasons. Its SHA-256 goes on the chain; publish the file where governance
	/// reads it.
	#[arg(long, value_name = "FILE", required_unless_present = "hash")]
	pub reasons: Option<PathBuf>,
	/// The hash of the reasons, where it is known.
	#[arg(long, value_name = "HASH", conflicts_with = "reasons")]
	pub hash: Option<String>,
}
