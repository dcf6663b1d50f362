//! Many runs on many cores, each written down as it ends.
//!
//! Every thread has a pool of its own for the products of matrices, so that runs beside each other
//! do not wait for one another. A campaign stops by itself when its time is over, at the end of the
//! runs that are under way, and goes on from its file when it is started again.

use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aci_engine::check::Claim;
use aci_engine::Engine;
use aci_primitives::proof::ProfileKind;
use anyhow::{anyhow, Context, Result};

use crate::fleet::Fleet;
use crate::kind::{Kind, Source};
use crate::order::Order;
use crate::prompts::{prompts, Set};
use crate::record::{read_all, JobRecord, Journal, Key, Record, TextObservation};
use crate::setting::Setting;
use crate::text::{look_at, Runner, Text};

/// Which runs of texts.
#[derive(Debug, Clone)]
pub struct Campaign {
	/// The set.
	pub set: Set,
	/// The kinds.
	pub kinds: Vec<Kind>,
	/// The first run and the one behind the last.
	pub runs: std::ops::Range<u32>,
	/// The most tokens of a run.
	pub tokens: u32,
	/// How honest workers compute.
	pub workers: Vec<Setting>,
	/// How verifiers compute. Cheats are looked at by the first.
	pub verifiers: Vec<Setting>,
	/// Every so many runs the distribution profile is looked at; 0: never.
	pub distribution_every: u32,
	/// How the threads share the work.
	pub effort: Effort,
}

/// How much is done at once, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
	/// Threads of one computation.
	pub threads: usize,
	/// Runs beside each other.
	pub parallel: usize,
	/// When to begin nothing more.
	pub seconds: Option<u64>,
}

impl Effort {
	/// Gives `work` the numbers `0..items` on all threads until the time is over; it says how many
	/// records it wrote. The first error ends all threads.
	pub fn spend<S: Send>(
		&self,
		items: u32,
		state: impl Fn() -> Result<S>,
		work: impl Fn(&mut S, u32, &Clock) -> Result<u64> + Sync,
	) -> Result<u64> {
		let clock = Clock {
			started: Instant::now(),
			limit: self.seconds.map(Duration::from_secs),
		};
		let next = AtomicU32::new(0);
		let written = AtomicU64::new(0);
		let failure: Mutex<Option<anyhow::Error>> = Mutex::new(None);
		let failed = |error| {
			next.store(items, Ordering::Relaxed);
			let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
			first.get_or_insert(error);
		};
		let mut states: Vec<S> = (0..self.parallel.max(1))
			.map(|_| state())
			.collect::<Result<_>>()?;
		std::thread::scope(|scope| {
			for state in &mut states {
				scope.spawn(|| {
					let pool = rayon::ThreadPoolBuilder::new()
						.num_threads(self.threads.max(1))
						.build();
					let result = pool.map_err(|error| anyhow!(error)).and_then(|pool| {
						pool.install(|| loop {
							let item = next.fetch_add(1, Ordering::Relaxed);
							if item >= items || clock.is_over() {
								return Ok(());
							}
							let records = work(state, item, &clock)?;
							written.fetch_add(records, Ordering::Relaxed);
						})
					});
					if let Err(error) = result {
						failed(error);
					}
				});
			}
		});
		match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
			Some(error) => Err(error),
			None => Ok(written.into_inner()),
		}
	}
}

/// How long a campaign runs.
pub struct Clock {
	started: Instant,
	limit: Option<Duration>,
}

impl Clock {
	/// Whether nothing more is to be begun.
	pub fn is_over(&self) -> bool {
		self.limit
			.is_some_and(|limit| self.started.elapsed() >= limit)
	}
}

impl Campaign {
	/// The cheaper models that these kinds need.
	pub fn variants(&self) -> Vec<&'static str> {
		let mut names: Vec<&'static str> = self
			.kinds
			.iter()
			.filter_map(|kind| match kind.source() {
				Source::Variant(name) => Some(name),
				_ => None,
			})
			.collect();
		names.dedup();
		names
	}

	/// Runs what the journal does not have; how many records were written.
	pub fn run(&self, fleet: &Fleet, journal: &Journal) -> Result<u64> {
		let prompts = prompts(self.set);
		let items = self.runs.end.saturating_sub(self.runs.start);
		let state = || {
			Ok(Runner {
				fleet: fleet.another()?,
				threads: self.effort.threads as u32,
				distribution_every: self.distribution_every,
				prompts: &prompts,
			})
		};
		self.effort.spend(items, state, |runner, item, clock| {
			let order = Order::new(self.set, self.runs.start + item, &prompts, self.tokens);
			let result = self.run_order(runner, &order, journal, clock);
			result.with_context(|| format!("run {} of {}", order.run, self.set.name()))
		})
	}

	fn run_order(
		&self,
		runner: &mut Runner,
		order: &Order,
		journal: &Journal,
		clock: &Clock,
	) -> Result<u64> {
		let mut written = 0;
		let mut append = |record: &Record| -> Result<()> {
			written += 1;
			journal.append(record)
		};
		let right = runner.fleet.cheats;
		let mut honest: Option<Text> = None;
		if self.kinds.contains(&Kind::Honest) {
			for worker in &self.workers {
				let missing: Vec<&Setting> = self
					.verifiers
					.iter()
					.filter(|verifier| {
						!journal.has(&runner.key(order, Kind::Honest, worker, Some(verifier)))
					})
					.collect();
				if missing.is_empty() {
					continue;
				}
				if clock.is_over() {
					return Ok(written);
				}
				let text = runner.honest(order, worker)?;
				let mut proof = None;
				for verifier in missing {
					let key = runner.key(order, Kind::Honest, worker, Some(verifier));
					if let Some(seen) = runner.look(order, Kind::Honest, &text, key, verifier)? {
						append(&Record::Text(seen))?;
					}
					proof = Some(runner.proof(order, &text)?);
				}
				let key = runner.key(order, Kind::Honest, worker, None);
				if let Some(proof) = proof.filter(|_| !journal.has(&key)) {
					append(&Record::Job(JobRecord {
						key,
						limit: self.tokens,
						tokens: text.tokens.clone(),
						proof: hex::encode(proof),
					}))?;
				}
				if *worker == right {
					honest = Some(text);
				}
			}
		}
		let Some(verifier) = self.verifiers.first() else {
			return Ok(written);
		};
		// Kinds with one source are side by side in the list.
		let mut made: Option<(Source, Kind, Text)> = None;
		for kind in &self.kinds {
			let key = runner.key(order, *kind, &right, Some(verifier));
			let no_cheat = kind.needs_temperature() && order.temperature == 0;
			if *kind == Kind::Honest || no_cheat || journal.has(&key) {
				continue;
			}
			if clock.is_over() {
				return Ok(written);
			}
			let source = kind.source();
			let text = match (&made, source) {
				(_, Source::Honest) => match &honest {
					Some(text) => text,
					None => honest.insert(runner.honest(order, &right)?),
				},
				(Some((last, _, _)), Source::Variant(_)) if *last == source => {
					&made.as_ref().context("there is a text")?.2
				}
				(_, Source::Variant(name)) => {
					&made.insert((source, *kind, runner.cheap(order, name)?)).2
				}
				(_, Source::Rule) => &made.insert((source, *kind, runner.ruled(order, *kind)?)).2,
			};
			match runner.look(order, *kind, text, key.clone(), verifier)? {
				Some(seen) => append(&Record::Text(seen))?,
				None => append(&Record::Skipped(key))?,
			}
		}
		Ok(written)
	}
}

/// Checks recorded honest texts in other settings, on another machine or with other threads.
/// `label` is put behind the verifiers' names.
#[allow(clippy::too_many_arguments)]
pub fn recheck(
	fleet: &Fleet,
	recorded: &[&Path],
	verifiers: &[Setting],
	label: &str,
	effort: &Effort,
	journal: &Journal,
) -> Result<u64> {
	let jobs: Vec<JobRecord> = read_all(recorded.iter().copied())?
		.into_iter()
		.filter_map(|record| match record {
			Record::Job(job) if job.key.model == fleet.manifest.hash.to_string() => Some(job),
			_ => None,
		})
		.collect();
	let items = u32::try_from(jobs.len())?;
	effort.spend(
		items,
		|| fleet.another(),
		|fleet, item, clock| {
			let job = &jobs[item as usize];
			let mut written = 0;
			for verifier in verifiers {
				let key = Key {
					verifier: format!("{verifier}{label}"),
					..job.key.clone()
				};
				if journal.has(&key) || clock.is_over() {
					continue;
				}
				let seen = recheck_one(fleet, job, key, verifier, effort.threads as u32)?;
				journal.append(&Record::Text(seen))?;
				written += 1;
			}
			Ok(written)
		},
	)
}

fn recheck_one(
	fleet: &mut Fleet,
	job: &JobRecord,
	key: Key,
	verifier: &Setting,
	threads: u32,
) -> Result<TextObservation> {
	let prompts = prompts(key.set);
	let order = Order::new(key.set, key.run, &prompts, job.limit);
	let model = fleet.manifest.hash;
	let manifest = fleet.manifest.clone();
	let parameters = order.parameters(model);
	let engine = fleet.engine(verifier)?;
	let prompt = engine.prompt_tokens(&model, parameters.task, &parameters.input)?;
	let output = engine.spell(&model, &job.tokens)?;
	let proof = hex::decode(&job.proof).context("the proof of a recorded job")?;
	let tokens_out = u32::try_from(job.tokens.len())?;
	let form = aci_poai::proof::Form::new(
		ProfileKind::SampledText,
		tokens_out,
		manifest.hidden,
		manifest.vocab,
	)?;
	let read = aci_poai::proof::Proof::decode(&proof, &form)?;
	let seen = look_at(
		engine,
		&Claim {
			job: order.job,
			model,
			task: parameters.task,
			input: &parameters.input,
			output: output.as_bytes(),
			tokens_in: u32::try_from(prompt.len())?,
			tokens_out,
			max_tokens: job.limit,
			seed: order.seed,
			temperature_milli: order.temperature,
			profile: ProfileKind::SampledText,
			proof: &proof,
			proof_root: read.root(&order.job, &sp_core::H256(model.0), &prompt),
		},
		&[],
	)?;
	Ok(TextObservation {
		key,
		threads,
		temperature: order.temperature,
		tokens_in: u32::try_from(prompt.len())?,
		tokens_out,
		rule: seen.rule,
		chunks: seen.chunks,
		prefixes: Vec::new(),
		margins: seen.margins,
		distribution: None,
		generation: 0,
		check: seen.micros,
		proof: u32::try_from(proof.len())?,
	})
}
