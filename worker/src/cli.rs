//! The command line.

use crate::{
	attester::{self, SoftwareAttester},
	directory::DataDirectory,
	enrol::evidence,
	keys::Keys,
	models::{chain_manifest, model_id, Registration},
	start,
	store::Store,
	verify::{self, VerifyOptions},
};
use aci_chain::{amount, Account, Call, Chain};
use aci_engine::{DeviceChoice, EngineOptions, Kernels, ModelFile};
use anyhow::{bail, Context};
use clap::{Args, Parser, Subcommand, ValueEnum};
use codec::Encode;
use std::{
	io::{IsTerminal, Read},
	num::NonZeroUsize,
	path::{Path, PathBuf},
	process::ExitCode,
	time::Duration,
};
use tracing_subscriber::EnvFilter;

/// Time in which blocking threads end after the worker has stopped.
const THREADS_TIMEOUT: Duration = Duration::from_secs(1);

/// The worker of the ACI chain.
#[derive(Debug, Parser)]
#[command(name = "aci-worker", version)]
struct Cli {
	/// How the log is written. What is logged is chosen by RUST_LOG, for example `aci_worker=debug`.
	#[arg(long, value_enum, default_value_t = LogFormat::Text, global = true)]
	log_format: LogFormat,
	#[command(subcommand)]
	command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
	/// Lines for people.
	Text,
	/// One JSON object a line.
	Json,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Run jobs until stopped.
	Run(Box<RunOptions>),
	/// Say what the chain knows of the worker, and what the data directory holds.
	Status(StatusOptions),
	/// Attest the keys of a data directory, without running jobs.
	Attest(Box<AttestOptions>),
	/// Leave the chain's workers. The bond can then be unbonded.
	Deregister(ChainOptions),
	/// Check a finished job's output by its receipt, input, output and proof. Exit status: 0 passed,
	/// 1 failed, 2 wrong arguments or files, 3 the check says nothing.
	Verify(Box<VerifyOptions>),
	/// Print the public keys of a data directory.
	Keys {
		/// The data directory.
		#[arg(long)]
		data_dir: PathBuf,
	},
	/// Print the manifest of a model file, as `aci model register` takes it.
	ModelManifest {
		/// The weights: a GGUF file, or a safetensors file beside its config.json and
		/// tokenizer.json.
		path: PathBuf,
		/// Name for people, 1 to 64 bytes, in the place of the file's own.
		#[arg(long)]
		name: Option<String>,
	},
}

/// Which chain and account.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChainOptions {
	/// The node.
	#[arg(long, env = "ACI_NODE", default_value = "ws://127.0.0.1:9944")]
	pub node: String,
	#[command(flatten)]
	pub account: AccountOptions,
}

/// Whose name transactions are signed in.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct AccountOptions {
	/// A well-known account of development chains, for example `bob`.
	#[arg(long)]
	account: Option<String>,
	/// A keystore file: what polkadot.js exports (password in ACI_PASSWORD), or a secret phrase or
	/// seed in a file of mode 0600.
	#[arg(long)]
	keystore: Option<PathBuf>,
	/// Read a secret phrase or seed from standard input.
	#[arg(long)]
	secret_stdin: bool,
}

impl AccountOptions {
	/// The account.
	pub fn open(&self) -> anyhow::Result<Account> {
		if let Some(name) = &self.account {
			return Ok(Account::development(name)?);
		}
		if let Some(path) = &self.keystore {
			let password = std::env::var("ACI_PASSWORD").ok();
			return Ok(Account::from_keystore_file(path, password.as_deref())?);
		}
		let mut secret = String::new();
		// A phrase of 24 words with derivations is far shorter.
		std::io::stdin()
			.take(4_096)
			.read_to_string(&mut secret)
			.context("cannot read the secret from standard input")?;
		Ok(Account::from_secret(&secret)?)
	}
}

/// Options of `run`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunOptions {
	#[command(flatten)]
	pub chain: ChainOptions,
	/// Where keys, jobs and served data are kept.
	#[arg(long)]
	pub data_dir: PathBuf,
	/// The class to offer, by name or number.
	#[arg(long, default_value = "cpu")]
	pub class: String,
	/// Jobs to run side by side. Each holds the models in memory once.
	#[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
	pub slots: u32,
	/// A model to offer: its weights file. Give the option once for each.
	#[arg(long = "model", required = true)]
	pub models: Vec<PathBuf>,
	/// Address to serve data at. Port 0 takes a free one and keeps to it at later starts.
	#[arg(long, default_value = "/ip4/127.0.0.1/tcp/0")]
	pub listen: String,
	/// Address at which others reach this worker, where it differs. At most 4.
	#[arg(long = "public-endpoint")]
	pub public_endpoints: Vec<String>,
	/// A node to find providers through: /ip4/ADDRESS/tcp/PORT/p2p/PEER.
	#[arg(long = "bootstrap")]
	pub bootstrap: Vec<String>,
	/// Threads of the processor for computing, of all slots together.
	#[arg(long)]
	pub threads: Option<NonZeroUsize>,
	#[command(flatten)]
	pub tee: TeeOptions,
	/// Where models run: `cpu`, `cuda` or `cuda:NUMBER`.
	#[arg(long, default_value = "cpu", value_parser = parse_device)]
	pub device: DeviceChoice,
	/// How texts are computed. Verifiers compute in f32 and allow for the rounding of the others.
	#[arg(long, value_enum, default_value_t = KernelChoice::F32)]
	pub kernels: KernelChoice,
	/// Whether to bond what is missing.
	#[arg(long, value_enum, default_value_t = BondChoice::Auto)]
	pub bond: BondChoice,
	/// Most data to keep and serve, in MiB.
	#[arg(long, default_value_t = 4_096)]
	pub store_quota: u64,
	/// Seconds for which running jobs may go on when the worker is stopped.
	#[arg(long, default_value_t = 5)]
	pub grace: u64,
}

/// Which TEE, and how it is asked.
#[derive(Clone, Debug, Args)]
pub(crate) struct TeeOptions {
	/// The TEE.
	#[arg(long, value_enum, default_value_t = AttesterChoice::Software)]
	pub attester: AttesterChoice,
	/// The data directory is on a disk that is encrypted with a key that only the measured program
	/// gets. Without it no TEE but the software one stores keys.
	#[arg(long)]
	pub encrypted_disk: bool,
	/// The folder of configfs-tsm, where it is not the kernel's own place.
	#[arg(long)]
	pub tsm_path: Option<PathBuf>,
	/// The folder of Gramine's interface, where it is not `/dev/attestation`.
	#[arg(long)]
	pub gramine_path: Option<PathBuf>,
	/// The certificate of an AMD chip, where the host gives none.
	#[arg(long, requires = "ask")]
	pub vcek: Option<PathBuf>,
	/// The certificate of the authority of the AMD product.
	#[arg(long, requires = "vcek")]
	pub ask: Option<PathBuf>,
	/// A command that makes the evidence of NVIDIA's GPUs beside the machine's TEE.
	#[arg(long)]
	pub gpu_evidence: Option<PathBuf>,
}

/// The TEEs that can be chosen.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum AttesterChoice {
	/// That of development chains. It protects nothing.
	Software,
	/// Intel TDX or AMD SEV-SNP, by Linux's configfs-tsm.
	Tsm,
	/// Intel SGX, by Gramine.
	Gramine,
}

#[derive(Debug, Args)]
struct AttestOptions {
	#[command(flatten)]
	chain: ChainOptions,
	/// Where keys are kept; new ones are made where there are none. The worker that uses it must be
	/// stopped.
	#[arg(long)]
	data_dir: PathBuf,
	#[command(flatten)]
	tee: TeeOptions,
	/// Print what would be sent, and send nothing.
	#[arg(long)]
	dry_run: bool,
}

/// How products with the weights of a text model are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KernelChoice {
	/// Weights expanded to f32: 4 bytes a parameter, the least rounding.
	F32,
	/// Weights and activations rounded to bfloat16: 2 bytes a parameter on a GPU.
	Bf16,
	/// As bf16 with IEEE half precision, for models whose activations fit it.
	F16,
	/// The file's quantised blocks: the least memory, the most rounding.
	Quantised,
}

impl RunOptions {
	/// How the engine computes. A GPU's quantised kernels round so differently from a verifier's
	/// that one honest output in ten would fail the check (`docs/poai.md`), so they are refused.
	pub fn engine(&self) -> anyhow::Result<EngineOptions> {
		let kernels = self.kernels.into();
		anyhow::ensure!(
			self.device == DeviceChoice::Cpu || kernels != Kernels::Quantised,
			"outputs of quantised kernels on a GPU do not pass the verifiers' check: use --kernels \
			 f32, bf16 or f16 with --device cuda, or --device cpu"
		);
		Ok(EngineOptions {
			device: self.device,
			threads: self.threads,
			kernels,
		})
	}
}

impl From<KernelChoice> for Kernels {
	fn from(choice: KernelChoice) -> Self {
		match choice {
			KernelChoice::F32 => Kernels::Dequantised,
			KernelChoice::Bf16 => Kernels::Bfloat16,
			KernelChoice::F16 => Kernels::Float16,
			KernelChoice::Quantised => Kernels::Quantised,
		}
	}
}

/// Whether the worker bonds by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BondChoice {
	/// Bond what is missing.
	Auto,
	/// Never bond; say what is missing.
	Never,
}

#[derive(Debug, Args)]
struct StatusOptions {
	#[command(flatten)]
	chain: ChainOptions,
	/// The data directory, to list its jobs. The worker that uses it must be stopped.
	#[arg(long)]
	data_dir: Option<PathBuf>,
}

pub(crate) fn parse_device(text: &str) -> Result<DeviceChoice, String> {
	match text.split_once(':') {
		None if text == "cpu" => Ok(DeviceChoice::Cpu),
		None if text == "cuda" => Ok(DeviceChoice::Cuda(0)),
		Some(("cuda", number)) => number
			.parse()
			.map(DeviceChoice::Cuda)
			.map_err(|_| format!("`{number}` is no number of a device")),
		_ => Err("write cpu, cuda or cuda:NUMBER".into()),
	}
}

/// Runs the program.
pub fn main() -> ExitCode {
	let cli = Cli::parse();
	log_to_stderr(cli.log_format);
	let runtime = match tokio::runtime::Runtime::new() {
		Ok(runtime) => runtime,
		Err(error) => {
			eprintln!("error: cannot start threads: {error}");
			return ExitCode::FAILURE;
		}
	};
	let result = runtime.block_on(execute(cli.command));
	runtime.shutdown_timeout(THREADS_TIMEOUT);
	match result {
		Ok(status) => status,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::FAILURE
		}
	}
}

fn log_to_stderr(format: LogFormat) {
	let filter = EnvFilter::try_from_default_env()
		.unwrap_or_else(|_| EnvFilter::new("warn,aci_worker=info,aci_chain=info"));
	let subscriber = tracing_subscriber::fmt()
		.with_env_filter(filter)
		.with_ansi(std::io::stderr().is_terminal())
		.with_writer(std::io::stderr);
	match format {
		LogFormat::Text => subscriber.with_target(false).init(),
		LogFormat::Json => subscriber.event_format(crate::json_log::JsonLines).init(),
	}
}

async fn execute(command: Command) -> anyhow::Result<ExitCode> {
	let done = match command {
		Command::Run(options) => start::run(*options).await,
		// Nothing else runs in this process, so it may block.
		Command::Verify(options) => return Ok(verify::run(*options)),
		Command::Status(options) => status(options).await,
		Command::Attest(options) => attest(*options).await,
		Command::Deregister(options) => deregister(options).await,
		Command::Keys { data_dir } => keys(&data_dir),
		Command::ModelManifest { path, name } => model_manifest(&path, name.as_deref()),
	};
	done.map(|()| ExitCode::SUCCESS)
}

fn keys(data_dir: &Path) -> anyhow::Result<()> {
	if !data_dir.join("worker.redb").exists() {
		bail!(
			"{} holds no keys yet: `aci-worker run` makes them",
			data_dir.display()
		);
	}
	let directory = DataDirectory::open(data_dir)?;
	let store = Store::open(&directory.worker_store())?;
	match Keys::load(&store, &SoftwareAttester::new())? {
		Some(keys) => {
			println!(
				"session key (ed25519) 0x{}",
				hex::encode(keys.session_public().0)
			);
			println!(
				"data key    (x25519)  0x{}",
				hex::encode(keys.data_public())
			);
			Ok(())
		}
		None => bail!("there are no keys yet: `aci-worker run` makes them"),
	}
}

fn model_manifest(path: &Path, name: Option<&str>) -> anyhow::Result<()> {
	let file = ModelFile::identify(path)?;
	let manifest = chain_manifest(&file.manifest, name)?;
	let registration = Registration::of(&model_id(&file.manifest), &manifest);
	println!("{}", serde_json::to_string_pretty(&registration)?);
	Ok(())
}

async fn status(options: StatusOptions) -> anyhow::Result<()> {
	let account = options.chain.account.open()?.id();
	let chain = Chain::connect(&options.chain.node).await?;
	let balance = chain.balances(&account).await?;
	println!("account   {account}");
	println!("balance   {}", amount::format(balance.free));
	match chain.worker(&account).await? {
		None => println!("worker    not registered"),
		Some(view) => {
			let worker = view.worker;
			let state = match (worker.active, view.data_key) {
				(_, None) => "not attested",
				(true, _) => "active",
				(false, _) => "paused",
			};
			println!("worker    {state}, class {}", worker.class);
			println!("slots     {} of {} busy", worker.busy, worker.slots);
			println!("bond      {}", amount::format(view.bond));
			println!("exposure  {}", amount::format(worker.exposure));
			println!(
				"quality   {}.{:04} %",
				view.quality / 10_000,
				view.quality % 10_000
			);
			println!("missed    {}", worker.missed);
			for model in &worker.models {
				println!("model     {model:?}");
			}
			for endpoint in &worker.endpoints {
				println!("endpoint  {}", String::from_utf8_lossy(endpoint));
			}
		}
	}
	for view in chain.assigned_jobs(&account).await? {
		println!("job       {:?} {:?}", view.id, view.job.status);
	}
	if let Some(path) = options.data_dir {
		let directory = DataDirectory::open(&path)?;
		for record in Store::open(&directory.worker_store())?.jobs()? {
			println!("stored    {:?} {}", record.id, record.stage.name());
		}
	}
	Ok(())
}

async fn attest(options: AttestOptions) -> anyhow::Result<()> {
	let directory = DataDirectory::open(&options.data_dir)?;
	let account = options.chain.account.open()?;
	let chain = Chain::connect(&options.chain.node).await?;
	let store = Store::open(&directory.worker_store())?;
	store.bind(&chain.genesis(), &account.id())?;
	let attester = attester::open(&options.tee)?;
	let keys = Keys::load_or_make(&store, attester.as_ref())?;
	let (session_key, data_key) = (keys.session_public(), keys.data_public());
	let made = evidence(&chain, &account, session_key, data_key, attester.as_ref()).await?;
	let bytes = made.evidence.encode();
	let report_data = made.registration.report_data(made.evidence.gpus());
	println!("tee          {:?}", made.evidence.tee());
	println!("gpus         {}", made.evidence.gpus().len());
	println!("account      {}", account.id());
	println!("session key  0x{}", hex::encode(session_key.0));
	println!("data key     0x{}", hex::encode(data_key));
	println!(
		"block        {} {:?}",
		made.recent_block, made.registration.recent_block
	);
	println!("report data  0x{}", hex::encode(report_data));
	println!(
		"evidence     {:?}, {} bytes",
		made.evidence.hash(),
		bytes.len()
	);
	if options.dry_run {
		println!("0x{}", hex::encode(bytes));
		return Ok(());
	}
	let call = Call::attest(made.evidence, session_key, data_key, made.recent_block);
	chain.submit(&account, call).await?;
	println!("attested");
	Ok(())
}

async fn deregister(options: ChainOptions) -> anyhow::Result<()> {
	let account = options.account.open()?;
	let chain = Chain::connect(&options.node).await?;
	chain.submit(&account, Call::deregister_worker()).await?;
	println!("{} is no worker any more", account.id());
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::CommandFactory;

	#[test]
	fn the_command_line_is_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn exactly_one_account_is_given() {
		let parse = |accounts: &[&str]| {
			let run = ["aci-worker", "deregister"];
			Cli::try_parse_from(run.iter().chain(accounts)).is_ok()
		};
		assert!(parse(&["--account", "bob"]));
		assert!(parse(&["--secret-stdin"]));
		assert!(!parse(&[]));
		assert!(!parse(&["--account", "bob", "--secret-stdin"]));
	}

	#[test]
	fn quantised_kernels_run_on_a_processor_only() {
		let engine = |arguments: &[&str]| {
			let run = [
				"aci-worker",
				"run",
				"--account",
				"bob",
				"--data-dir",
				"d",
				"--class",
				"cpu",
				"--model",
				"m",
			];
			match Cli::try_parse_from(run.iter().chain(arguments))
				.unwrap()
				.command
			{
				Command::Run(options) => options.engine().map_err(|error| error.to_string()),
				_ => panic!("the command is run"),
			}
		};
		assert!(engine(&["--kernels", "quantised"]).is_ok());
		assert!(engine(&["--device", "cuda", "--kernels", "bf16"]).is_ok());
		let refused = engine(&["--device", "cuda", "--kernels", "quantised"]);
		assert!(refused.unwrap_err().contains("bf16"));
	}

	#[test]
	fn a_tee_is_chosen_with_what_it_needs() {
		let parse = |arguments: &[&str]| {
			let attest = [
				"aci-worker",
				"attest",
				"--account",
				"bob",
				"--data-dir",
				"d",
			];
			Cli::try_parse_from(attest.iter().chain(arguments))
		};
		assert!(parse(&["--dry-run"]).is_ok());
		let certificates = ["--attester", "tsm", "--vcek", "v", "--ask", "a"];
		assert!(parse(&certificates).is_ok());
		assert!(parse(&certificates[..4]).is_err());
		assert!(parse(&["--attester", "none"]).is_err());
	}

	#[test]
	fn devices_are_read() {
		assert_eq!(parse_device("cpu"), Ok(DeviceChoice::Cpu));
		assert_eq!(parse_device("cuda"), Ok(DeviceChoice::Cuda(0)));
		assert_eq!(parse_device("cuda:3"), Ok(DeviceChoice::Cuda(3)));
		for wrong in ["gpu", "cuda:", "cpu:1", "cuda:x"] {
			assert!(parse_device(wrong).is_err(), "{wrong}");
		}
	}
}
