//! Arguments about the market: prices, funds, reservations, budgets, disputes, the history.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// About the market.
#[derive(Debug, Args)]
pub struct MarketArgs {
	/// The class: name or number. With it, its price curve and its workers are shown too.
	#[arg(long)]
	pub class: Option<String>,
	/// Width of the curve in characters, 40 to 200. [default: that of the terminal, or 80]
	#[arg(long, value_name = "CHARACTERS", value_parser = clap::value_parser!(u16).range(40..=200))]
	pub width: Option<u16>,
}

/// About funds.
#[derive(Debug, Subcommand)]
pub enum FundCommand {
	/// Show the funds, and what the account has in them.
	Show {
		/// The class: name or number. Without it, all.
		#[arg(long)]
		class: Option<String>,
	},
	/// Put an amount into a class's fund, for shares of it.
	Provide {
		/// The class: name or number.
		class: String,
		/// How much.
		amount: String,
	},
	/// Start to withdraw shares.
	BeginWithdrawal {
		/// The class: name or number.
		class: String,
		/// How many: a number, a part like 50%, or all.
		shares: String,
	},
	/// Keep shares that are on their way out, those that began last first.
	CancelWithdrawal {
		/// The class: name or number.
		class: String,
		/// How many: a number, a part like 50%, or all.
		shares: String,
	},
	/// Withdraw the shares whose time has come.
	Withdraw {
		/// The class: name or number.
		class: String,
	},
}

/// Capacity for a time.
#[derive(Debug, Args)]
pub struct CapacityArgs {
	/// The class: name or number.
	#[arg(long)]
	pub class: String,
	/// How many slots, at least 1, with at most three decimals. A job takes one.
	#[arg(long)]
	pub slots: String,
	/// For how many blocks.
	#[arg(long)]
	pub blocks: u32,
}

/// About reservations.
#[derive(Debug, Subcommand)]
pub enum ReserveCommand {
	/// Show what a reservation would cost now.
	Quote(CapacityArgs),
	/// Reserve capacity from the next block on. All of it is paid now.
	Buy {
		/// What is reserved.
		#[command(flatten)]
		capacity: CapacityArgs,
		/// The most that it may cost. [default: the quoted price]
		#[arg(long, value_name = "AMOUNT")]
		max_price: Option<String>,
		/// Do not ask.
		#[arg(long)]
		yes: bool,
	},
	/// List the account's reservations.
	List,
	/// Give a reservation back for a part of what it cost. The rest of it is burned.
	SellBack {
		/// The reservation's number.
		id: u64,
		/// The least to get for it. [default: what it would return now, less a twentieth for the
		/// blocks that pass meanwhile]
		#[arg(long, value_name = "AMOUNT")]
		min_refund: Option<String>,
		/// Do not ask.
		#[arg(long)]
		yes: bool,
	},
}

/// About budgets.
#[derive(Debug, Subcommand)]
pub enum BudgetCommand {
	/// Set an amount aside for a validator to spend, or add to it. It cannot be taken back before the
	/// lease ends.
	Open {
		/// The validator: its address, or a development account.
		home: String,
		/// How much.
		amount: String,
	},
	/// Take what is left of a budget back to free escrow, when its lease has ended.
	Close {
		/// The validator: its address, or a development account.
		home: String,
	},
	/// List the account's budgets.
	List,
}

/// About a dispute.
#[derive(Debug, Args)]
pub struct DisputeArgs {
	/// The job.
	pub id: String,
	/// Do not ask.
	#[arg(long)]
	pub yes: bool,
}

/// About the history of ended jobs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct HistoryArgs {
	/// The job.
	#[arg(required = true)]
	pub id: Option<String>,
	/// The block in which it ended. Needed once the job's record is gone.
	#[arg(long, value_name = "NUMBER")]
	pub block: Option<u32>,
	/// Write the proof to this file.
	#[arg(long, value_name = "FILE")]
	pub output: Option<PathBuf>,
	/// What else to do.
	#[command(subcommand)]
	pub command: Option<HistoryCommand>,
}

/// What else to do with the history.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
	/// Check a proof that was made before against the chain's root.
	Verify {
		/// A file that `aci history JOB --output FILE` wrote.
		proof: PathBuf,
	},
}
