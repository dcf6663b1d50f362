//! The command line.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use aci_calibration::campaign::{recheck, Campaign, Effort};
use aci_calibration::cost::Costs;
use aci_calibration::embedding::Embeddings;
use aci_calibration::epochs;
use aci_calibration::fleet::{Fleet, Wanted};
use aci_calibration::freeze::freeze;
use aci_calibration::judge::{judge, Results};
use aci_calibration::kind::{parse_list, Kind};
use aci_calibration::prompts::Set;
use aci_calibration::record::{read_all, Journal, Record};
use aci_calibration::setting::Setting;
use aci_calibration::tables::tables;
use aci_calibration::variants::{make, random, Shape, CHANGES};
use aci_poai::thresholds::file;
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use sha2::{Digest, Sha256};
use sp_core::H256;

/// Measures what the checks of Proof of AI tell apart, and freezes their thresholds.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Arguments {
	#[command(subcommand)]
	command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
	/// Run texts, honest and not, and write down what verifiers see.
	Run(RunOptions),
	/// Check recorded honest texts in other settings.
	Check(CheckOptions),
	/// Run embeddings, honest and not, and write down what verifiers see.
	Embed(EmbedOptions),
	/// Measure what checks cost beside generations. Nothing else should run.
	Cost(CostOptions),
	/// Freeze thresholds from the calibration set.
	Freeze(FreezeOptions),
	/// Judge the held-out set by frozen thresholds.
	Judge(JudgeOptions),
	/// Play epochs with the measured rates: what cheating brings, and what honesty risks.
	Epochs(EpochsOptions),
	/// Write a cheaper model, or one with random weights.
	#[command(subcommand)]
	Model(ModelCommand),
}

#[derive(Debug, Args)]
struct ModelOptions {
	/// The model: a GGUF file of architecture llama.
	#[arg(long, value_name = "FILE")]
	model: Option<PathBuf>,
	/// Where the cheaper models are kept; by default beside the model.
	#[arg(long, value_name = "FOLDER")]
	variants: Option<PathBuf>,
	/// Stop after this time.
	#[arg(long)]
	seconds: Option<u64>,
	/// Threads of one computation.
	#[arg(long, default_value = "1")]
	threads: NonZeroUsize,
	/// Runs beside each other.
	#[arg(long, default_value = "1")]
	parallel: NonZeroUsize,
	/// Where records are appended; what it has is not run again.
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
}

impl ModelOptions {
	fn model(&self) -> Result<PathBuf> {
		match &self.model {
			Some(path) => Ok(path.clone()),
			None => Ok(models()?.join("smollm2-135m-instruct-q4_1.gguf")),
		}
	}

	fn effort(&self) -> Effort {
		Effort {
			threads: self.threads.get(),
			parallel: self.parallel.get(),
			seconds: self.seconds,
		}
	}

	fn fleet(
		&self,
		settings: Vec<Setting>,
		cheats: Setting,
		variants: Vec<&'static str>,
	) -> Result<Fleet> {
		let model = self.model()?;
		let beside = || model.parent().unwrap_or(Path::new(".")).join("variants");
		let folder = self.variants.clone().unwrap_or_else(beside);
		Fleet::load(&Wanted {
			model,
			settings,
			cheats,
			variants,
			folder,
			threads: self.threads,
		})
	}
}

/// Where models are by default.
fn models() -> Result<PathBuf> {
	std::env::var_os("ACI_MODELS")
		.map(PathBuf::from)
		.context("name the model with --model, or the folder of models with ACI_MODELS")
}

#[derive(Debug, Args)]
struct RunOptions {
	#[command(flatten)]
	model: ModelOptions,
	/// The set of prompts.
	#[arg(long)]
	set: Set,
	/// Kinds of runs, with commas: names, `honest`, `cheats` or `all`.
	#[arg(long, default_value = "all", value_parser = parse_list)]
	kinds: std::vec::Vec<Kind>,
	/// How many runs.
	#[arg(long)]
	runs: u32,
	/// The first run.
	#[arg(long, default_value = "0")]
	from: u32,
	/// The most tokens of a run.
	#[arg(long, default_value = "64")]
	tokens: u32,
	/// Where cheats run, and where honest workers and verifiers do if nothing else is said: `cpu` or
	/// `cuda`.
	#[arg(long, default_value = "cpu")]
	device: String,
	/// How honest workers compute, with commas.
	#[arg(long, value_delimiter = ',')]
	workers: Option<Vec<Setting>>,
	/// How verifiers compute, with commas. Cheats are looked at by the first.
	#[arg(long, value_delimiter = ',')]
	verifiers: Option<Vec<Setting>>,
	/// Look at the distribution profile every so many runs; 0: never.
	#[arg(long, default_value = "0")]
	distribution_every: u32,
}

#[derive(Debug, Args)]
struct CheckOptions {
	#[command(flatten)]
	model: ModelOptions,
	/// Files with recorded texts.
	#[arg(required = true)]
	recorded: Vec<PathBuf>,
	/// How verifiers compute, with commas.
	#[arg(long, value_delimiter = ',', required = true)]
	verifiers: Vec<Setting>,
	/// What is put behind the verifiers' names, for example `@2-threads`.
	#[arg(long, default_value = "")]
	label: String,
}

#[derive(Debug, Args)]
struct EmbedOptions {
	#[command(flatten)]
	model: ModelOptions,
	/// The set of prompts.
	#[arg(long)]
	set: Set,
	/// How many runs.
	#[arg(long)]
	runs: u32,
	/// The first run.
	#[arg(long, default_value = "0")]
	from: u32,
	/// How honest workers compute, with commas: `cpu/f32/8` reads 8 copies in one batch.
	#[arg(
		long,
		value_delimiter = ',',
		default_value = "cpu/f32,cpu/f32/2,cpu/f32/8"
	)]
	workers: Vec<Setting>,
	/// How verifiers compute, with commas. Cheats run as the first and are looked at by it.
	#[arg(long, value_delimiter = ',', default_value = "cpu/f32")]
	verifiers: Vec<Setting>,
}

#[derive(Debug, Args)]
struct CostOptions {
	#[command(flatten)]
	model: ModelOptions,
	/// Output tokens, with commas.
	#[arg(long, value_delimiter = ',', default_value = "16,32,64,128,256")]
	lengths: Vec<u32>,
	/// Runs of each.
	#[arg(long, default_value = "5")]
	runs: u32,
	/// How workers compute, with commas.
	#[arg(long, value_delimiter = ',', default_value = "cpu/quantised,cpu/f32")]
	workers: Vec<Setting>,
	/// How the verifier computes.
	#[arg(long, default_value = "cpu/f32")]
	verifier: Setting,
}

#[derive(Debug, Args)]
struct FreezeOptions {
	/// Files with records.
	#[arg(required = true)]
	records: Vec<PathBuf>,
	/// The thresholds.
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
	/// What they were frozen from, whose SHA-256 names the calibration.
	#[arg(long, value_name = "FILE")]
	report: PathBuf,
	/// The thresholds' version, from 1 on.
	#[arg(long, default_value = "1")]
	version: u16,
}

#[derive(Debug, Args)]
struct JudgeOptions {
	/// Files with records.
	#[arg(required = true)]
	records: Vec<PathBuf>,
	/// Frozen thresholds.
	#[arg(long, value_name = "FILE")]
	thresholds: PathBuf,
	/// All figures, for programs.
	#[arg(long, value_name = "FILE")]
	out: PathBuf,
}

#[derive(Debug, Args)]
struct EpochsOptions {
	/// Files with records.
	#[arg(required = true)]
	records: Vec<PathBuf>,
	/// Frozen thresholds.
	#[arg(long, value_name = "FILE")]
	thresholds: PathBuf,
	/// Plays of each figure.
	#[arg(long, default_value = "400")]
	plays: u32,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
	/// Write one of the cheaper models that the cheats use.
	Cheaper {
		/// The right model.
		source: PathBuf,
		/// Which one: layers-1, layers-4, q4_0 or 3-bit.
		change: String,
		/// The new file.
		target: PathBuf,
	},
	/// Write a model with random weights, with the tokenizer of another.
	Random {
		/// The model whose tokenizer is taken.
		source: PathBuf,
		/// The new file.
		target: PathBuf,
		/// Its shape.
		#[command(flatten)]
		shape: Shape,
		/// What the weights follow from.
		#[arg(long, default_value = "1")]
		seed: u64,
	},
}

/// Runs a command.
pub fn run(arguments: Arguments) -> Result<()> {
	match arguments.command {
		Command::Run(options) => run_texts(options),
		Command::Check(options) => check_texts(options),
		Command::Embed(options) => run_embeddings(options),
		Command::Cost(options) => measure(options),
		Command::Freeze(options) => freeze_thresholds(options),
		Command::Judge(options) => judge_records(options),
		Command::Epochs(options) => play_epochs(options),
		Command::Model(ModelCommand::Cheaper {
			source,
			change,
			target,
		}) => {
			let (_, change) = CHANGES
				.into_iter()
				.find(|(name, _)| *name == change)
				.with_context(|| format!("there is no cheaper model {change:?}"))?;
			make(&source, change, &target)
		}
		Command::Model(ModelCommand::Random {
			source,
			target,
			shape,
			seed,
		}) => random(&source, shape, seed, &target),
	}
}

fn run_texts(options: RunOptions) -> Result<()> {
	let setting = |numbers: &str| -> Result<Setting> {
		format!("{}/{numbers}", options.device)
			.parse()
			.map_err(anyhow::Error::msg)
	};
	let default: &[&str] = if options.device == "cpu" {
		&["quantised", "f32", "f32/5", "bf16"]
	} else {
		&["f32", "f32/5", "bf16", "f16"]
	};
	let workers = match options.workers {
		Some(workers) => workers,
		None => default
			.iter()
			.map(|name| setting(name))
			.collect::<Result<_>>()?,
	};
	let verifiers = match options.verifiers {
		Some(verifiers) => verifiers,
		None => vec![setting("f32")?],
	};
	let campaign = Campaign {
		set: options.set,
		kinds: options.kinds,
		runs: options.from..options.from.saturating_add(options.runs),
		tokens: options.tokens,
		workers,
		verifiers,
		distribution_every: options.distribution_every,
		effort: options.model.effort(),
	};
	let journal = Journal::open(&options.model.out)?;
	let mut settings = campaign.verifiers.clone();
	if campaign.kinds.contains(&Kind::Honest) {
		settings.extend(&campaign.workers);
	}
	let fleet = options
		.model
		.fleet(settings, setting("f32")?, campaign.variants())?;
	let written = campaign.run(&fleet, &journal)?;
	println!("{written} records added to {}", journal.len());
	Ok(())
}

fn check_texts(options: CheckOptions) -> Result<()> {
	let journal = Journal::open(&options.model.out)?;
	let first = *options.verifiers.first().context("name a verifier")?;
	let fleet = options
		.model
		.fleet(options.verifiers.clone(), first, Vec::new())?;
	let recorded: Vec<&Path> = options.recorded.iter().map(PathBuf::as_path).collect();
	let written = recheck(
		&fleet,
		&recorded,
		&options.verifiers,
		&options.label,
		&options.model.effort(),
		&journal,
	)?;
	println!("{written} records added to {}", journal.len());
	Ok(())
}

fn run_embeddings(options: EmbedOptions) -> Result<()> {
	let journal = Journal::open(&options.model.out)?;
	let model = match &options.model.model {
		Some(path) => path.clone(),
		None => models()?.join("all-minilm-l6-v2/model.safetensors"),
	};
	let folder = match &options.model.variants {
		Some(folder) => folder.clone(),
		None => models()?.join("variants"),
	};
	let embeddings = Embeddings {
		set: options.set,
		runs: options.from..options.from.saturating_add(options.runs),
		workers: options.workers,
		verifiers: options.verifiers,
		effort: options.model.effort(),
	};
	let written = embeddings.run(&model, &folder, &journal)?;
	println!("{written} records added to {}", journal.len());
	Ok(())
}

fn measure(options: CostOptions) -> Result<()> {
	let journal = Journal::open(&options.model.out)?;
	let settings = [&options.workers[..], &[options.verifier]].concat();
	let mut fleet = options
		.model
		.fleet(settings, options.verifier, Vec::new())?;
	let costs = Costs {
		lengths: options.lengths,
		runs: options.runs,
		workers: options.workers,
		verifier: options.verifier,
		threads: u32::try_from(options.model.threads.get())?,
	};
	let written = costs.run(&mut fleet, &journal)?;
	println!("{written} records added to {}", journal.len());
	Ok(())
}

fn records(paths: &[PathBuf]) -> Result<Vec<Record>> {
	read_all(paths.iter().map(PathBuf::as_path))
}

fn freeze_thresholds(options: FreezeOptions) -> Result<()> {
	let (mut thresholds, report) = freeze(&records(&options.records)?, options.version)?;
	let mut bytes = serde_json::to_vec_pretty(&report)?;
	bytes.push(b'\n');
	thresholds.calibration = H256(Sha256::digest(&bytes).into());
	std::fs::write(&options.report, bytes)?;
	let mut text = serde_json::to_string_pretty(&thresholds)?;
	text.push('\n');
	std::fs::write(&options.out, &text)?;
	print!("{text}");
	Ok(())
}

/// The records by the thresholds of a file.
fn judged(records_in: &[PathBuf], thresholds: &Path) -> Result<Results> {
	let text = std::fs::read(thresholds)
		.with_context(|| format!("cannot read {}", thresholds.display()))?;
	let thresholds = file::parse(&text).with_context(|| thresholds.display().to_string())?;
	judge(&records(records_in)?, &thresholds)
}

fn play_epochs(options: EpochsOptions) -> Result<()> {
	let results = judged(&options.records, &options.thresholds)?;
	print!("{}", epochs::report(&results, options.plays)?);
	Ok(())
}

fn judge_records(options: JudgeOptions) -> Result<()> {
	let results = judged(&options.records, &options.thresholds)?;
	let mut bytes = serde_json::to_vec(&results)?;
	bytes.push(b'\n');
	std::fs::write(&options.out, bytes)?;
	print!("{}", tables(&results));
	Ok(())
}
