//! Arguments of what only governance may do.

use clap::{Args, Subcommand, ValueEnum};

/// What governance is to do.
#[derive(Debug, Args)]
pub struct GovernArgs {
	/// Do it now as root, signed by the sudo account of a development chain. Without this, the encoded
	/// call is shown, for a referendum.
	#[arg(long, global = true)]
	pub sudo: bool,
	/// What to do.
	#[command(subcommand)]
	pub command: GovernCommand,
}

/// What only governance may do to the market.
#[derive(Debug, Subcommand)]
pub enum GovernCommand {
	/// Create a class.
	CreateClass {
		/// Its figures.
		#[command(flatten)]
		figures: FiguresArgs,
		/// Its price.
		#[command(flatten)]
		price: PriceArgs,
	},
	/// Replace a class's name and figures.
	SetClass {
		/// The class: name or number.
		class: String,
		/// Its figures.
		#[command(flatten)]
		figures: FiguresArgs,
	},
	/// Set a class's par price and floor share.
	SetPrice {
		/// The class: name or number.
		class: String,
		/// Its price.
		#[command(flatten)]
		price: PriceArgs,
	},
	/// Cancel a slash that is not applied.
	CancelSlash {
		/// The slash's number.
		slash: u64,
	},
	/// End an account's candidacy for validating.
	ForceChill {
		/// Its address, or a development account.
		validator: String,
	},
	/// Decide a dispute that no committee decides.
	DecideDispute {
		/// The job.
		job: String,
		/// How the output is found.
		verdict: VerdictArg,
	},
	/// Let programs with this measurement attest.
	AllowMeasurement {
		/// The measurement: 0x and 64 hexadecimal digits.
		measurement: String,
		/// The kind of TEE that they may run in; `nvidia` for what GPUs run beside one.
		#[arg(long, value_enum, default_value_t = TeeArg::Software)]
		tee: TeeArg,
	},
	/// Let programs with this measurement attest no longer.
	RevokeMeasurement {
		/// The measurement: 0x and 64 hexadecimal digits.
		measurement: String,
	},
	/// Suspend a worker: its attestation stands no longer.
	SuspendWorker {
		/// Its address, or a development account.
		worker: String,
	},
	/// Let a suspended worker attest again.
	UnsuspendWorker {
		/// Its address, or a development account.
		worker: String,
	},
}

/// What one slot of a class can do at most.
#[derive(Debug, Args)]
pub struct FiguresArgs {
	/// The name.
	#[arg(long)]
	pub name: String,
	/// Memory, in bytes.
	#[arg(long, value_name = "BYTES")]
	pub memory: u64,
	/// Floating-point operations a second.
	#[arg(long, value_name = "OPERATIONS")]
	pub peak_flops: u64,
	/// Memory bandwidth, in bytes a second.
	#[arg(long, value_name = "BYTES")]
	pub bandwidth: u64,
}

/// The price of a class's pool.
#[derive(Debug, Args)]
pub struct PriceArgs {
	/// Price of a compute unit while all is free.
	#[arg(long, value_name = "AMOUNT")]
	pub par_price: String,
	/// The part of the price that scarcity does not move, in per cent.
	#[arg(long, value_name = "PERCENT")]
	pub floor_share: String,
}

/// A kind of TEE.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TeeArg {
	/// That of development chains.
	Software,
	/// Intel SGX.
	Sgx,
	/// Intel TDX.
	Tdx,
	/// AMD SEV-SNP.
	SevSnp,
	/// A GPU of NVIDIA in confidential mode.
	Nvidia,
	/// ARM TrustZone.
	TrustZone,
}

/// How an output is found.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VerdictArg {
	/// What was ordered: the worker is paid, with the bond.
	Right,
	/// Wrong, and proven so: the client is refunded, the worker slashed.
	Wrong,
	/// Judged wrong under a tolerant profile: what is still locked is refunded.
	Doubtful,
}
