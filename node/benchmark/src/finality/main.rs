//! Prints how long real validators take to finalise a block that they have imported, with each
//! finality engine in turn.

mod follow;
mod lag;

use aci_benchmark::machine::Machine;
use aci_node_testing::Network;
use clap::Parser;
use lag::Lags;
use std::time::Duration;

/// Measures the time from a block's import to its finality on a network of real validators on this
/// machine, which share its processors. Nothing else should run on the machine meanwhile.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
	/// Chains to measure, one after another: each selects an engine.
	#[arg(long, value_delimiter = ',', default_value = "local,local-grandpa")]
	chains: Vec<String>,

	/// Validators.
	#[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=7))]
	validators: u32,

	/// Finalised blocks to measure.
	#[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
	blocks: u32,

	/// Blocks before the first that is measured.
	#[arg(long, default_value_t = 10)]
	skip: u32,
}

/// Longest time for one more finalised block.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
	let options = Options::parse();
	println!("{}", Machine::this());
	println!(
		"{} validators, {} blocks each; milliseconds from import to finality, every block on every \
		node\n",
		options.validators, options.blocks
	);
	println!("{}", Lags::HEAD);
	for chain in &options.chains {
		let count = options.validators as usize;
		let mut network = Network::start(chain, count, &[]);
		let urls: Vec<String> = network.nodes().map(|node| node.url()).collect();
		let numbers = options.skip + 1..=options.skip + options.blocks;
		let lags = follow::network(&urls, numbers, PATIENCE).await?;
		println!("{}", lags.line(chain));
	}
	Ok(())
}
