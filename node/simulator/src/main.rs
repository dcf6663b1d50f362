//! Plays many seeds of a consensus core and prints what came of them.

mod fastpath_command;

use aci_finality::machine::Control;
use aci_simulator::finality::{campaign, scenario::CONTROLS};
use aci_simulator::finality::{
	report,
	run::play,
	scenario::{control, Kind, Scenario, Search},
	shrink::shrink,
};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// Plays consensus cores under a seeded clock and a simulated network.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
	#[command(subcommand)]
	core: Core,
}

#[derive(Debug, Subcommand)]
enum Core {
	/// The finality gadget.
	Finality(Finality),
	/// The fast path.
	Fastpath(fastpath_command::Fastpath),
}

#[derive(Debug, Args)]
struct Finality {
	/// Seeds, the last one left out. Each eleventh seed is of the same kind of scenario.
	#[arg(long, default_value = "0..1000", value_parser = range)]
	seeds: (u64, u64),

	/// Fewest and most authorities, both included.
	#[arg(long, default_value = "4..7", value_parser = range)]
	nodes: (u64, u64),

	/// Views after which a run ends.
	#[arg(long, default_value_t = 200)]
	views: u64,

	/// One kind of scenario only: calm, rough, partitions, crashes, lost-records, byzantine, twins,
	/// siege, ambush, sets or coalition.
	#[arg(long)]
	kind: Option<Kind>,

	/// Takes a rule out: S1 to S8, A1 or A2. The first failing seed ends the search.
	#[arg(long, value_parser = rule)]
	control: Option<Control>,

	/// Counts only conflicting final blocks as failures.
	#[arg(long)]
	conflicts: bool,

	/// Threads. What is found does not depend on it.
	#[arg(long)]
	threads: Option<usize>,

	/// Measures the time to finality of so many authorities instead, without trouble.
	#[arg(long)]
	validators: Option<usize>,

	/// Of which so many are down.
	#[arg(long, default_value_t = 0)]
	down: usize,

	/// Plays a scenario from a file instead, and tells what went wrong in it.
	#[arg(long)]
	replay: Option<PathBuf>,

	/// Runs that making a failing scenario small may take.
	#[arg(long, default_value_t = 2_000)]
	shrink: usize,
}

pub(crate) fn range(text: &str) -> Result<(u64, u64), String> {
	let parse = || {
		let (from, to) = text.split_once("..")?;
		Some((from.parse().ok()?, to.parse().ok()?))
	};
	parse()
		.filter(|(from, to)| from <= to)
		.ok_or_else(|| format!("'{text}' is no range: write FROM..TO"))
}

fn rule(name: &str) -> Result<Control, String> {
	let names: Vec<&str> = CONTROLS.iter().map(|(name, _)| *name).collect();
	control(name).ok_or_else(|| format!("'{name}' is none of {}", names.join(", ")))
}

fn main() -> ExitCode {
	let well = match Options::parse().core {
		Core::Finality(options) => finality(options),
		Core::Fastpath(options) => fastpath_command::run(options),
	};
	match well {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::FAILURE,
		Err(error) => {
			eprintln!("aci-simulator: {error}");
			ExitCode::from(2)
		}
	}
}

/// Whether all went well.
fn finality(options: Finality) -> Result<bool, String> {
	let begun = Instant::now();
	if let Some(path) = options.replay {
		let text = std::fs::read_to_string(&path)
			.map_err(|error| format!("{}: {error}", path.display()))?;
		let scenario: Scenario = text.parse()?;
		let outcome = play(&scenario);
		print!("{}", report::outcome(&outcome));
		return Ok(outcome.violations.is_empty());
	}
	if let Some(validators) = options.validators {
		let mut scenario = Scenario::calm(options.seeds.0, validators, options.views);
		scenario.down = options.down;
		scenario.check()?;
		let outcome = play(&scenario);
		print!("{}", report::latency(&scenario, &outcome));
		println!("wall time {:.1} s", begun.elapsed().as_secs_f64());
		return Ok(outcome.violations.is_empty());
	}
	let (fewest, most) = options.nodes;
	if fewest < 4 || most > 64 {
		return Err("a search takes 4 to 64 authorities: fewer bear no fault".into());
	}
	let search = Search {
		authorities: (fewest as usize, most as usize),
		views: options.views,
		kind: options.kind,
		control: options.control,
		conflicts_only: options.conflicts,
	};
	let threads = options
		.threads
		.or_else(|| std::thread::available_parallelism().ok().map(usize::from))
		.unwrap_or(1);
	let stop = options.control.is_some();
	let (from, to) = options.seeds;
	let found = campaign::search(from..to, &search, threads, stop);
	print!("{}", report::table(&found));
	println!(
		"wall time {:.1} s on {threads} threads",
		begun.elapsed().as_secs_f64()
	);
	if let Some(failure) = found.failures.first() {
		let kind = failure.violations[0].kind();
		let (small, runs) = shrink(&failure.scenario, kind, options.shrink);
		let again = play(&small);
		println!(
			"\nseed {} fails; made small in {runs} runs:\n",
			failure.scenario.seed
		);
		print!("{small}\n{}", report::outcome(&again));
	}
	Ok(found.total.failed == 0)
}
