//! The fast path's part of the program.

use aci_fastpath::safety::Control;
use aci_simulator::fastpath::{
	campaign::{search, shrink},
	report,
	run::play,
	scenario::{control, Kind, Search, CONTROLS},
};
use clap::Args;
use std::time::Instant;

/// What to play.
#[derive(Debug, Args)]
pub struct Fastpath {
	/// Seeds, the last one left out. Each tenth seed is of the same kind of scenario.
	#[arg(long, default_value = "0..200", value_parser = crate::range)]
	seeds: (u64, u64),

	/// Fewest and most authorities, both included.
	#[arg(long, default_value = "4..7", value_parser = crate::range)]
	nodes: (u64, u64),

	/// Milliseconds before the set ends.
	#[arg(long, default_value_t = 1_200)]
	length: u64,

	/// One kind of scenario only: calm, rough, partitions, crashes, lost-journals, byzantine, twins,
	/// leases, siege or alone.
	#[arg(long)]
	kind: Option<Kind>,

	/// Takes a rule out: S1 to S16. The first failing seed ends the search.
	#[arg(long, value_parser = rule)]
	control: Option<Control>,

	/// Threads. What is found does not depend on it.
	#[arg(long)]
	threads: Option<usize>,

	/// Runs that making a failing scenario small may take.
	#[arg(long, default_value_t = 300)]
	shrink: usize,
}

fn rule(name: &str) -> Result<Control, String> {
	let names: Vec<&str> = CONTROLS.iter().map(|(name, _)| *name).collect();
	control(name).ok_or_else(|| format!("'{name}' is none of {}", names.join(", ")))
}

/// Whether all went well.
pub fn run(options: Fastpath) -> Result<bool, String> {
	let begun = Instant::now();
	let (fewest, most) = options.nodes;
	if fewest < 4 || most > 100 {
		return Err("a search takes 4 to 100 authorities: fewer bear no fault".into());
	}
	let what = Search {
		authorities: (fewest as usize, most as usize),
		length: options.length,
		kind: options.kind,
		control: options.control,
	};
	let threads = options
		.threads
		.or_else(|| std::thread::available_parallelism().ok().map(usize::from))
		.unwrap_or(1);
	let (from, to) = options.seeds;
	let found = search(from..to, &what, threads, options.control.is_some());
	print!("{}", report::table(&found));
	println!(
		"wall time {:.1} s on {threads} threads",
		begun.elapsed().as_secs_f64()
	);
	if let Some((scenario, violations)) = found.failures.first() {
		let (small, runs) = shrink(scenario, violations[0].kind, options.shrink);
		println!(
			"\nseed {} fails; made small in {runs} runs:\n",
			scenario.seed
		);
		print!("{small}");
		for violation in play(&small).violations {
			println!("{violation}");
		}
	}
	Ok(found.total.failed == 0)
}
