//! The fast path's part of the program.

use aci_fastpath::safety::Control;
use aci_simulator::fastpath::{
	campaign::{search, shrink},
	load::{line, measure, Load},
	placement::Placement,
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

	/// Measures how long orders take instead: europe, atlantic or world.
	#[arg(long)]
	placement: Option<String>,

	/// So many validators are measured.
	#[arg(long, default_value_t = 100)]
	validators: usize,

	/// Of which so many are down.
	#[arg(long, default_value_t = 0)]
	down: usize,

	/// One of the measured validators signs two chains.
	#[arg(long)]
	equivocator: bool,

	/// Orders a second.
	#[arg(long, default_value_t = 12_000)]
	rate: u64,

	/// In the middle third so many times as many.
	#[arg(long, default_value_t = 1)]
	surge: u64,

	/// Milliseconds in which orders come.
	#[arg(long, default_value_t = 900)]
	time: u64,

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
	if let Some(name) = &options.placement {
		let placement =
			Placement::named(name).ok_or("the placements are europe, atlantic, world")?;
		if options.validators < 4 || options.down > (options.validators - 1) / 3 {
			return Err("at least 4 validators, of which a third can be down".into());
		}
		let load = Load {
			placement,
			validators: options.validators,
			down: options.down,
			equivocator: options.equivocator,
			clients: 1_000,
			workers: 500,
			rate: options.rate,
			surge: options.surge,
			time: options.time,
			seed: options.seeds.0,
		};
		let times = measure(&load);
		println!("{}", line(&load, &times));
		eprintln!(
			"{} of {:?}: {} rounds; wall time {:.1} s",
			options.validators,
			placement.regions(),
			times.rounds,
			begun.elapsed().as_secs_f64()
		);
		return Ok(times.finals.len() == times.orders);
	}
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
