//! What a check costs beside the generation that it checks.
//!
//! `cargo run --release -p aci-engine --example check_cost -- MODEL [TOKENS [THREADS]]`
//!
//! Generates a text with the file's quantised kernels and with expanded weights, checks each with
//! expanded weights, and prints times, ratios and what was seen. Times are of this machine and its
//! load.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use aci_engine::check::{check, Claim};
use aci_engine::prove::Prover;
use aci_engine::{
	CancelFlag, CandleEngine, DeviceChoice, Engine, EngineOptions, JobParameters, Kernels, Task,
};
use aci_poai::thresholds::file::shipped;
use aci_primitives::proof::ProfileKind;
use sp_core::H256;

const JOB: H256 = H256([1; 32]);

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("{error}");
			ExitCode::FAILURE
		}
	}
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [model, rest @ ..] = arguments.as_slice() else {
		return Err("usage: check_cost MODEL [TOKENS [THREADS]]".into());
	};
	let max_tokens = rest.first().map_or(Ok(128), |text| text.parse())?;
	let threads = rest
		.get(1)
		.map(|text| text.parse::<NonZeroUsize>())
		.transpose()?;
	let options = EngineOptions::verifier(DeviceChoice::Cpu, threads);
	let mut verifier = CandleEngine::new(options)?;
	let manifest = verifier.load(Path::new(model))?;
	for (kernels, temperature_milli) in [
		(Kernels::Quantised, 0),
		(Kernels::Quantised, 800),
		(Kernels::Dequantised, 0),
		(Kernels::Dequantised, 800),
	] {
		let mut worker = CandleEngine::new(EngineOptions { kernels, ..options })?;
		worker.load(Path::new(model))?;
		let job = JobParameters {
			model: manifest.hash,
			task: Task::Complete,
			input: b"The history of the sea is a long one, and it begins with".to_vec(),
			seed: [7; 32],
			temperature_milli,
			max_tokens,
			cancel: CancelFlag::default(),
		};
		let mut prover = Prover::new(ProfileKind::SampledText, manifest.hidden, manifest.vocab)?;
		let outcome = worker.run(&job, &mut |progress| {
			prover.take(&progress);
			ControlFlow::Continue(())
		})?;
		let prompt = worker.prompt_tokens(&job.model, job.task, &job.input)?;
		let proven = prover.finish(&JOB, &job.model, &prompt, &outcome.token_ids)?;
		let claim = Claim {
			job: JOB,
			model: job.model,
			task: job.task,
			input: &job.input,
			output: &outcome.output,
			tokens_in: outcome.tokens_in,
			tokens_out: outcome.tokens_out,
			max_tokens,
			seed: job.seed,
			temperature_milli,
			profile: ProfileKind::SampledText,
			proof: &proven.bytes,
			proof_root: proven.root,
		};
		let report = check(&mut verifier, &claim, &shipped()?)?;
		let generation = outcome.prefill_ms + outcome.generate_ms;
		let cost = report.duration.as_millis() as u64;
		println!(
			"{kernels:?}, temperature {temperature_milli}: {} + {} tokens, generation {generation} \
			 ms, check {cost} ms, ratio {:.3}, proof {} bytes",
			outcome.tokens_in,
			outcome.tokens_out,
			cost as f64 / generation.max(1) as f64,
			proven.bytes.len(),
		);
		println!("  {}", report.finding);
		if let Some(observation) = &report.observation {
			println!("  {observation}");
		}
	}
	Ok(())
}
