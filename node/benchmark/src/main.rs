//! Prints how many jobs a second the chain settles.

use aci_benchmark::{
	batch::{self, Caches, Plan},
	machine::Machine,
	market::Size,
	node,
	report::{self, Line},
};
use clap::Parser;
use std::path::PathBuf;

/// Measures how many jobs the chain settles in a second: blocks of the real runtime, made and
/// imported on real databases. Nothing else should run on the machine meanwhile.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
	/// Jobs to settle in one block; several sizes are measured one after another.
	#[arg(long, value_delimiter = ',', default_value = "1000,4000,24000,48000")]
	jobs: Vec<u32>,

	/// Clients that order the jobs in turn.
	#[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
	clients: u32,

	/// Workers that the jobs are drawn among.
	#[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(3..))]
	workers: u32,

	/// How often each size is measured.
	#[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
	repetitions: u32,

	/// Also counts and times what the runtime calls on the node, in a run of its own.
	#[arg(long)]
	host_calls: bool,

	/// The folder for databases; they are removed at the end. Default: the system's temporary one.
	#[arg(long)]
	directory: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
	let options = Options::parse();
	println!("{}", Machine::this());
	let directory = options.directory.unwrap_or_else(std::env::temp_dir);
	let executor = node::executor();
	let mut lines = Vec::new();
	for jobs in options.jobs {
		let plan = Plan {
			size: Size {
				jobs,
				clients: options.clients,
				workers: options.workers,
			},
			repetitions: options.repetitions,
			host_calls: options.host_calls,
		};
		let batch = batch::measure(&plan, &directory, &executor)?;
		println!("{}", report::batch(&batch));
		lines.extend([Caches::Cold, Caches::Warm].map(|caches| Line::of(&batch, caches)));
	}
	println!("{}", report::summary(&lines));
	Ok(())
}
