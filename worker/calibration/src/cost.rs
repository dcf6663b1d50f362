//! What a check costs beside the generation that it checks, per profile and length, in one run.
//!
//! Times are of this machine and its load: nothing else should run beside it.

use std::ops::ControlFlow;
use std::time::Instant;

use aci_engine::check::{check, Claim};
use aci_engine::prove::Prover;
use aci_engine::{Engine, ModelKind};
use aci_poai::thresholds::file::shipped;
use aci_primitives::proof::ProfileKind;
use anyhow::{Context, Result};

use crate::fleet::Fleet;
use crate::order::Order;
use crate::prompts::{prompts, Set};
use crate::record::{CostRecord, Journal, Key, Record};
use crate::setting::Setting;
use crate::text::micros;

/// Which figures.
#[derive(Debug, Clone)]
pub struct Costs {
	/// Output tokens.
	pub lengths: Vec<u32>,
	/// Runs of each.
	pub runs: u32,
	/// How workers compute.
	pub workers: Vec<Setting>,
	/// How the verifier computes.
	pub verifier: Setting,
	/// Threads of the program.
	pub threads: u32,
}

impl Costs {
	/// Measures what the journal does not have; how many records were written.
	pub fn run(&self, fleet: &mut Fleet, journal: &Journal) -> Result<u64> {
		let prompts = prompts(Set::HeldOut);
		let mut written = 0;
		for run in 0..self.runs {
			for length in &self.lengths {
				for worker in &self.workers {
					let mut order = Order::new(Set::HeldOut, run, &prompts, *length);
					order.temperature = 800;
					let profile = match fleet.manifest.kind {
						ModelKind::GgufLlama => ProfileKind::SampledText,
						ModelKind::SafetensorsBert => ProfileKind::Numeric,
					};
					let key = Key {
						model: fleet.manifest.hash.to_string(),
						set: order.set,
						run,
						kind: format!("{profile:?} of {length}"),
						worker: worker.to_string(),
						verifier: self.verifier.to_string(),
					};
					if !journal.has(&key) {
						journal.append(&Record::Cost(
							self.measure(fleet, &order, key, profile, worker)?,
						))?;
						written += 1;
					}
				}
			}
		}
		Ok(written)
	}

	fn measure(
		&self,
		fleet: &mut Fleet,
		order: &Order,
		key: Key,
		profile: ProfileKind,
		worker: &Setting,
	) -> Result<CostRecord> {
		let manifest = fleet.manifest.clone();
		let mut job = order.parameters(manifest.hash);
		let vocabulary = match profile {
			ProfileKind::Numeric => {
				job.task = aci_engine::Task::Embed;
				0
			}
			_ => manifest.vocab,
		};
		let engine = fleet.engine(worker)?;
		let prompt = engine.prompt_tokens(&job.model, job.task, &job.input)?;
		let mut prover = Prover::new(profile, manifest.hidden, vocabulary)?;
		let started = Instant::now();
		let outcome = engine.run(&job, &mut |progress| {
			prover.take(&progress);
			ControlFlow::Continue(())
		})?;
		let proven = prover.finish(&order.job, &job.model, &prompt, &outcome.token_ids)?;
		let generation = micros(started.elapsed());
		let claim = Claim {
			job: order.job,
			model: job.model,
			task: job.task,
			input: &job.input,
			output: &outcome.output,
			tokens_in: outcome.tokens_in,
			tokens_out: outcome.tokens_out,
			max_tokens: job.max_tokens,
			seed: job.seed,
			temperature_milli: job.temperature_milli,
			profile,
			proof: &proven.bytes,
			proof_root: proven.root,
		};
		let report = check(fleet.engine(&self.verifier)?, &claim, &shipped()?)
			.context("the check of an honest run")?;
		Ok(CostRecord {
			key,
			threads: self.threads,
			tokens_in: outcome.tokens_in,
			tokens_out: outcome.tokens_out,
			generation,
			check: micros(report.duration),
		})
	}
}
