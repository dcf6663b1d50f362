//! What a check costs beside the generation that it checks.
//!
//! `cargo run --release -p aci-engine --example check_cost -- MODEL [--tokens 64,128,256]
//! [--workers f32,bf16,f16,quantised] [--verifier f32] [--threads N] [--repeat N] [--cuda]`
//!
//! For each length and way to compute, a text is generated and then checked, greedy and at
//! temperature 0.8, both on the CPU or both on the first NVIDIA GPU. Times are medians over the
//! repetitions, after one run that is not counted. *Check* is all that a verifier does: one pass,
//! and the fingerprint and the margins, which the CPU computes on every device. *Pass* is the pass
//! alone. Times are of this machine and its load.

use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use aci_engine::{CandleEngine, DeviceChoice, EngineOptions, ModelHash};
use support::{completion, kernels, median, option, Fallible, Made};

mod support;

const PROMPT: &str = "The history of the sea is a long one, and it begins with";
const USAGE: &str =
	"usage: check_cost MODEL [--tokens 64,128,256] [--workers f32,bf16,f16,quantised] \
	[--verifier f32] [--threads N] [--repeat N] [--cuda]";

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("{error}");
			ExitCode::FAILURE
		}
	}
}

fn run() -> Fallible<()> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [model, rest @ ..] = arguments.as_slice() else {
		return Err(USAGE.into());
	};
	if model.starts_with("--") {
		return Err(USAGE.into());
	}
	let lengths = option(rest, "--tokens")
		.unwrap_or("64,128,256")
		.split(',')
		.map(str::parse)
		.collect::<Result<Vec<u32>, _>>()?;
	let workers = kernels(option(rest, "--workers").unwrap_or("f32,bf16,f16,quantised"))?;
	let verifier = kernels(option(rest, "--verifier").unwrap_or("f32"))?;
	let repeat: NonZeroUsize = option(rest, "--repeat").unwrap_or("1").parse()?;
	let base = EngineOptions {
		device: if rest.iter().any(|argument| argument == "--cuda") {
			DeviceChoice::Cuda(0)
		} else {
			DeviceChoice::Cpu
		},
		threads: option(rest, "--threads").map(str::parse).transpose()?,
		..Default::default()
	};
	println!(
		"{:<10} {:<9} {:>5} {:>7} {:>13} {:>8} {:>9} {:>9} {:>6}  found",
		"worker",
		"verifier",
		"T",
		"tokens",
		"generation/ms",
		"tokens/s",
		"check/ms",
		"pass/ms",
		"ratio"
	);
	for (verifier, kernels) in verifier {
		let (mut checking, hash) = load(model, EngineOptions { kernels, ..base })?;
		for (worker, kernels) in &workers {
			let options = EngineOptions {
				kernels: *kernels,
				..base
			};
			let (mut working, _) = load(model, options)?;
			let started = Instant::now();
			let first = Made::run(&mut working, completion(hash, PROMPT, 16, 0))?;
			first.check(&mut checking)?;
			eprintln!(
				"{worker}: the first run and check took {} ms",
				started.elapsed().as_millis()
			);
			for tokens in &lengths {
				for temperature in [0, 800] {
					let job = completion(hash, PROMPT, *tokens, temperature);
					let mut times = Vec::new();
					let mut passes = Vec::new();
					let mut last = None;
					for _ in 0..repeat.get() {
						let made = Made::run(&mut working, job.clone())?;
						passes.push(made.pass(&mut checking)?);
						let report = made.check(&mut checking)?;
						times.push((made.duration, report.duration));
						last = Some((made, report));
					}
					let (made, report) = last.ok_or("nothing was run")?;
					let of = |part: fn(&(Duration, Duration)) -> Duration| {
						median(times.iter().map(part).collect()).unwrap_or_default()
					};
					let (generation, check) = (of(|both| both.0), of(|both| both.1));
					let pass = median(passes).unwrap_or_default();
					let ms = |time: Duration| time.as_secs_f64() * 1e3;
					println!(
						"{worker:<10} {verifier:<9} {:>5.1} {:>3}+{:<3} {:>13.1} {:>8.1} {:>9.2} \
						 {:>9.2} {:>6.3}  {}",
						f64::from(temperature) / 1000.0,
						made.outcome.tokens_in,
						made.outcome.tokens_out,
						ms(generation),
						f64::from(made.outcome.tokens_out) / generation.as_secs_f64(),
						ms(check),
						ms(pass),
						check.as_secs_f64() / generation.as_secs_f64(),
						report.finding,
					);
				}
			}
		}
	}
	Ok(())
}

fn load(model: &str, options: EngineOptions) -> Fallible<(CandleEngine, ModelHash)> {
	let mut engine = CandleEngine::new(options)?;
	let hash = engine.load(Path::new(model))?.hash;
	Ok((engine, hash))
}
