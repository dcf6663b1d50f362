//! How far the CPU and an NVIDIA GPU differ, on the same jobs with the same seeds.
//!
//! `cargo run --release -p aci-engine --features cuda --example devices -- MODEL [--tokens 64]
//! [--kernels f32,bf16,f16,quantised] [--threads N] [--embeddings MODEL]`
//!
//! For each way to compute, texts are generated on both devices, greedy and at temperature 0.8. It
//! prints how many are equal token by token and how long the others were equal; by how much the
//! logits differ when both read the CPU's texts in one pass; and what a verifier with f32 on either
//! device finds in the outputs of the other, beside what it finds in those of its own.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use aci_engine::check::{Observation, Report};
use aci_engine::{CandleEngine, DeviceChoice, Engine, EngineOptions, Kernels, ModelHash};
use aci_primitives::proof::Outcome;
use support::{completion, kernels, option, Fallible, Made};

mod support;

const PROMPTS: [&str; 6] = [
	"The history of the sea is a long one, and it begins with",
	"A good recipe for bread needs few things:",
	"In the year 1850 the railway",
	"The three rules of the library are",
	"Rain fell on the roof all night, and",
	"To sort a list of numbers, first",
];
const USAGE: &str = "usage: devices MODEL [--tokens 64] [--kernels f32,bf16,f16,quantised] \
	[--threads N] [--embeddings MODEL]";

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
	let tokens = option(rest, "--tokens").unwrap_or("64").parse()?;
	let threads = option(rest, "--threads").map(str::parse).transpose()?;
	let load = |model: &str, device, kernels| -> Fallible<(CandleEngine, ModelHash)> {
		let mut engine = CandleEngine::new(EngineOptions {
			device,
			threads,
			kernels,
		})?;
		let hash = engine.load(Path::new(model))?.hash;
		Ok((engine, hash))
	};
	let (cpu, gpu) = (DeviceChoice::Cpu, DeviceChoice::Cuda(0));
	let (mut cpu_verifier, hash) = load(model, cpu, Kernels::Dequantised)?;
	let (mut gpu_verifier, _) = load(model, gpu, Kernels::Dequantised)?;
	for (name, kernels) in kernels(option(rest, "--kernels").unwrap_or("f32,bf16,f16,quantised"))? {
		let (mut on_cpu, _) = load(model, cpu, kernels)?;
		let (mut on_gpu, _) = load(model, gpu, kernels)?;
		for temperature in [0, 800] {
			println!("{name}, temperature {:.1}", f64::from(temperature) / 1000.0);
			let mut texts = Texts::default();
			let mut logits = Differences::default();
			let mut found: [Found; 4] = Default::default();
			for prompt in PROMPTS {
				let job = completion(hash, prompt, tokens, temperature);
				let of_cpu = Made::run(&mut on_cpu, job.clone())?;
				let of_gpu = Made::run(&mut on_gpu, job)?;
				texts.add(&of_cpu.outcome.token_ids, &of_gpu.outcome.token_ids);
				logits.add(&mut on_cpu, &mut on_gpu, &of_cpu)?;
				let [cpu_by_cpu, gpu_by_cpu, cpu_by_gpu, gpu_by_gpu] = &mut found;
				cpu_by_cpu.add(&of_cpu.check(&mut cpu_verifier)?);
				gpu_by_cpu.add(&of_gpu.check(&mut cpu_verifier)?);
				cpu_by_gpu.add(&of_cpu.check(&mut gpu_verifier)?);
				gpu_by_gpu.add(&of_gpu.check(&mut gpu_verifier)?);
			}
			texts.print();
			logits.print();
			let pairs = ["CPU by CPU", "GPU by CPU", "CPU by GPU", "GPU by GPU"];
			for (pair, found) in pairs.iter().zip(&found) {
				found.print(pair);
			}
		}
	}
	if let Some(model) = option(rest, "--embeddings") {
		let (cpu, hash) = load(model, cpu, Kernels::Dequantised)?;
		let (gpu, _) = load(model, gpu, Kernels::Dequantised)?;
		let mut largest = 0f32;
		for prompt in PROMPTS {
			let (of_cpu, _) = cpu.embedding_model(&hash)?.embed(prompt)?;
			let (of_gpu, _) = gpu.embedding_model(&hash)?.embed(prompt)?;
			largest = largest.max(largest_difference(&of_cpu, &of_gpu));
		}
		println!("embeddings: largest difference of an element {largest:.2e}");
	}
	Ok(())
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
	a.iter()
		.zip(b)
		.map(|(a, b)| (a - b).abs())
		.fold(0.0, f32::max)
}

/// How many texts are equal.
#[derive(Default)]
struct Texts {
	all: usize,
	equal: usize,
	/// Of the others, the tokens before the first that differs.
	until: Vec<usize>,
}

impl Texts {
	fn add(&mut self, a: &[u32], b: &[u32]) {
		self.all += 1;
		let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
		match a == b {
			true => self.equal += 1,
			false => self.until.push(shared),
		}
	}

	fn print(&self) {
		print!("  texts: {} of {} equal", self.equal, self.all);
		match self.until.is_empty() {
			true => println!(),
			false => println!("; the others until token {:?}", self.until),
		}
	}
}

/// Differences of logits over many positions.
#[derive(Default)]
struct Differences {
	positions: usize,
	other_top: usize,
	largest: f32,
	/// Sum over positions of the mean over the vocabulary.
	sum: f64,
}

impl Differences {
	/// Both read prompt and output of `made`; its output's positions count.
	fn add(&mut self, a: &mut CandleEngine, b: &mut CandleEngine, made: &Made) -> Fallible<()> {
		let first = made.prompt.len().saturating_sub(1);
		let fed = made.fed();
		let read = |engine: &mut CandleEngine| -> Fallible<Vec<Vec<f32>>> {
			let mut all = Vec::new();
			engine.visit_positions_from(&made.job.model, &fed, first, &mut |state| {
				all.push(state.logits.to_vec());
				ControlFlow::Continue(())
			})?;
			Ok(all)
		};
		let (a, b) = (read(a)?, read(b)?);
		for (a, b) in a.iter().zip(&b) {
			let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).sum();
			self.positions += 1;
			self.other_top += usize::from(top(a) != top(b));
			self.largest = self.largest.max(largest_difference(a, b));
			self.sum += sum / a.len() as f64;
		}
		Ok(())
	}

	fn print(&self) {
		println!(
			"  logits of {} positions: mean difference {:.2e}, largest {:.2e}, another token on top \
			 at {}",
			self.positions,
			self.sum / self.positions as f64,
			self.largest,
			self.other_top
		);
	}
}

fn top(logits: &[f32]) -> Option<usize> {
	(0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]))
}

/// What a verifier found in several outputs.
#[derive(Default)]
struct Found {
	outputs: usize,
	passed: usize,
	entries: u64,
	mismatched: u64,
	median: u8,
	positions: u32,
	lost: u32,
	large: u32,
	/// The largest mean margin of an output, in Q16.16.
	margin: u64,
}

impl Found {
	fn add(&mut self, report: &Report) {
		self.outputs += 1;
		self.passed += usize::from(report.finding.outcome() == Some(Outcome::Pass));
		if let Some(Observation::SampledText {
			chunks, margins, ..
		}) = &report.observation
		{
			for chunk in chunks {
				self.entries += u64::from(chunk.entries);
				self.mismatched += u64::from(chunk.mismatched);
				self.median = self.median.max(chunk.median);
			}
			self.positions += margins.positions;
			self.lost += margins.lost;
			self.large += margins.large;
			self.margin = self.margin.max(margins.mean().unwrap_or(0));
		}
	}

	fn print(&self, pair: &str) {
		println!(
			"  {pair}: {} of {} pass; fingerprints: {} of {} entries mismatch, worst median distance \
			 {}; draws: {} of {} lost, {} by much, worst mean margin {:.4} logits",
			self.passed,
			self.outputs,
			self.mismatched,
			self.entries,
			self.median,
			self.lost,
			self.positions,
			self.large,
			self.margin as f64 / 65_536.0
		);
	}
}
