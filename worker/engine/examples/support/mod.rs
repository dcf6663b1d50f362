//! What the measuring programs have in common: a run with its proof, and what is claimed of it.

// Each program uses a part.
#![allow(dead_code)]

use std::error::Error;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use aci_engine::check::{check, Claim, Report};
use aci_engine::prove::{Proven, Prover};
use aci_engine::{
	CancelFlag, CandleEngine, Engine, JobParameters, Kernels, ModelHash, Outcome, Task,
};
use aci_poai::thresholds::file::shipped;
use aci_primitives::proof::ProfileKind;
use sp_core::H256;

pub type Fallible<T> = Result<T, Box<dyn Error>>;

const JOB: H256 = H256([1; 32]);

/// Every way to compute, with its name on the command line.
pub const KERNELS: [(&str, Kernels); 4] = [
	("f32", Kernels::Dequantised),
	("bf16", Kernels::Bfloat16),
	("f16", Kernels::Float16),
	("quantised", Kernels::Quantised),
];

/// The kernels of these names, which commas part.
pub fn kernels(names: &str) -> Fallible<Vec<(&'static str, Kernels)>> {
	names
		.split(',')
		.map(|name| {
			KERNELS
				.into_iter()
				.find(|(known, _)| *known == name)
				.ok_or_else(|| format!("{name} is none of f32, bf16, f16 and quantised").into())
		})
		.collect()
}

/// `--NAME VALUE` among the arguments.
pub fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
	let place = arguments.iter().position(|argument| argument == name)?;
	arguments.get(place + 1).map(String::as_str)
}

/// A job of text that the model goes on with.
pub fn completion(model: ModelHash, prompt: &str, tokens: u32, temperature: u32) -> JobParameters {
	JobParameters {
		model,
		task: Task::Complete,
		input: prompt.into(),
		seed: [7; 32],
		temperature_milli: temperature,
		max_tokens: tokens,
		cancel: CancelFlag::default(),
	}
}

/// A job that was run.
pub struct Made {
	pub job: JobParameters,
	pub prompt: Vec<u32>,
	pub outcome: Outcome,
	pub proven: Proven,
	/// Time of the run, proof included.
	pub duration: Duration,
}

impl Made {
	/// Runs a text job and proves it.
	pub fn run(engine: &mut CandleEngine, job: JobParameters) -> Fallible<Self> {
		let manifest = engine
			.manifest(&job.model)
			.ok_or("the model is not loaded")?;
		let mut prover = Prover::new(ProfileKind::SampledText, manifest.hidden, manifest.vocab)?;
		let started = Instant::now();
		let outcome = engine.run(&job, &mut |progress| {
			prover.take(&progress);
			ControlFlow::Continue(())
		})?;
		let prompt = engine.prompt_tokens(&job.model, job.task, &job.input)?;
		let proven = prover.finish(&JOB, &job.model, &prompt, &outcome.token_ids)?;
		Ok(Self {
			prompt,
			outcome,
			proven,
			duration: started.elapsed(),
			job,
		})
	}

	/// What a verifier finds.
	pub fn check(&self, engine: &mut CandleEngine) -> Fallible<Report> {
		let claim = Claim {
			job: JOB,
			model: self.job.model,
			task: self.job.task,
			input: &self.job.input,
			output: &self.outcome.output,
			tokens_in: self.outcome.tokens_in,
			tokens_out: self.outcome.tokens_out,
			max_tokens: self.job.max_tokens,
			seed: self.job.seed,
			temperature_milli: self.job.temperature_milli,
			profile: ProfileKind::SampledText,
			proof: &self.proven.bytes,
			proof_root: self.proven.root,
		};
		Ok(check(engine, &claim, &shipped()?)?)
	}

	/// The tokens that a verifier feeds: all but the last, which nothing follows.
	pub fn fed(&self) -> Vec<u32> {
		let mut tokens = self.prompt.clone();
		tokens.extend(&self.outcome.token_ids);
		tokens.pop();
		tokens
	}

	/// Time of the verifier's pass alone: without the fingerprint and the margins of a check.
	pub fn pass(&self, engine: &mut CandleEngine) -> Fallible<Duration> {
		let first = self.prompt.len().saturating_sub(1);
		let started = Instant::now();
		engine.visit_positions_from(&self.job.model, &self.fed(), first, &mut |_| {
			ControlFlow::Continue(())
		})?;
		Ok(started.elapsed())
	}
}

/// The one in the middle; of an even number the lower.
pub fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
	values.sort_unstable();
	values.get(values.len().saturating_sub(1) / 2).copied()
}
