//! Runs of texts: honest ones, cheats, and what a verifier sees of them.
//!
//! A run is made with the worker's own code (`aci_engine::prove`) and looked at with the verifier's
//! own (`aci_engine::check`). What a cheat adds is what it changes: the model, the rule of choice,
//! the prompt, the seed, or what it hands in. A cheat is as clever as its kind allows: it binds its
//! proof to the order, and where its name ends in `draft` it lets the right model read its text, so
//! that the hidden states are genuine.

use std::ops::ControlFlow;
use std::time::Instant;

use aci_engine::check::{check_tracing, Claim, Finding, Observation};
use aci_engine::prove::{Proven, Prover};
use aci_engine::sampler::{quantise, sampler};
use aci_engine::{CandleEngine, Engine, EngineError, JobParameters, ModelHash, Progress};
use aci_poai::distribution::{weights, DistributionStatistics, TopTokens};
use aci_poai::fingerprint::{compare, Fingerprint, Selector};
use aci_poai::judgement::{Doubt, Judgement};
use aci_poai::thresholds::file::shipped;
use aci_primitives::proof::ProfileKind;
use anyhow::{Context, Result};
use sp_core::H256;

use crate::fleet::Fleet;
use crate::kind::{Kind, Source};
use crate::order::Order;
use crate::record::{chunk, Chunk, Key, TextObservation};
use crate::setting::Setting;
use crate::statistics::random::Random;

/// The first tokens of an output whose fingerprint is looked at alone.
pub const PREFIXES: [u32; 6] = [1, 2, 4, 8, 16, 32];
/// Shortest output that is cut.
const LEAST_TO_CUT: usize = 8;

/// A text with the states that its tokens are said to be drawn from.
#[derive(Debug, Clone, Default)]
pub struct Text {
	/// The tokens.
	pub tokens: Vec<u32>,
	/// The state before each token.
	pub states: Vec<Vec<f32>>,
	/// What the distribution profile states of each place; empty where it is not looked at.
	pub lists: Vec<TopTokens>,
	/// Microseconds of the generation.
	pub micros: u64,
}

/// How tokens are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
	/// As the job orders.
	Ordered,
	/// From so many of the likeliest tokens only.
	Top(usize),
}

/// Generates a text. `lists` is whether the distribution profile is looked at, whose lists are at
/// the job's temperature.
pub fn generate(
	engine: &CandleEngine,
	job: &JobParameters,
	rule: Rule,
	lists: bool,
) -> Result<Text> {
	let seeded = sampler(&job.seed, job.temperature_milli)?;
	let mut text = Text::default();
	let mut stated = Vec::new();
	let started = Instant::now();
	let mut listing = std::time::Duration::ZERO;
	let mut choose = |logits: &[f32], place: u64| -> aci_engine::Result<u32> {
		let mut scores = quantise(logits)?;
		if lists && job.temperature_milli > 0 {
			let begun = Instant::now();
			stated.extend(list(&scores, job.temperature_milli));
			listing += begun.elapsed();
		}
		if let Rule::Top(count) = rule {
			keep_highest(&mut scores, count);
		}
		seeded
			.choose(&scores, place)
			.map_err(|_| EngineError::NoLogits)
	};
	let mut sink = |progress: Progress<'_>| {
		if let Progress::Token { id, hidden, .. } = progress {
			text.tokens.push(id);
			text.states.push(hidden.to_vec());
		}
		ControlFlow::Continue(())
	};
	engine.run_choosing(job, &mut choose, &mut sink)?;
	text.micros = micros(started.elapsed().saturating_sub(listing));
	text.lists = stated;
	Ok(text)
}

/// What a worker states of a place; none where the logits have no distribution.
fn list(logits: &[i32], temperature: u32) -> Option<TopTokens> {
	let weights = weights(logits, temperature).ok()?;
	TopTokens::of(&weights).ok()
}

/// Leaves the `count` highest logits, of equal ones all.
fn keep_highest(logits: &mut [i32], count: usize) {
	let mut sorted = logits.to_vec();
	let place = count.clamp(1, sorted.len().max(1)) - 1;
	if place >= sorted.len() {
		return;
	}
	let (_, least, _) = sorted.select_nth_unstable_by(place, |a, b| b.cmp(a));
	let least = *least;
	for logit in logits {
		if *logit < least {
			*logit = i32::MIN;
		}
	}
}

/// The states that the right model has of tokens that somebody else chose.
fn genuine(
	engine: &mut CandleEngine,
	model: &ModelHash,
	prompt: &[u32],
	tokens: Vec<u32>,
	temperature: Option<u32>,
) -> Result<Text> {
	let given = tokens.split_last().map_or(&[][..], |(_, given)| given);
	let fed = [prompt, given].concat();
	let mut text = Text::default();
	let mut failure = None;
	engine.visit_positions_from(model, &fed, prompt.len().saturating_sub(1), &mut |state| {
		text.states.push(state.hidden.to_vec());
		if let Some(temperature) = temperature {
			match quantise(state.logits) {
				Ok(logits) => text.lists.extend(list(&logits, temperature)),
				Err(error) => failure = Some(error),
			}
		}
		ControlFlow::Continue(())
	})?;
	match failure {
		Some(error) => Err(error.into()),
		None => {
			text.tokens = tokens;
			Ok(text)
		}
	}
}

/// What is handed in for an order.
#[derive(Debug, Clone)]
struct Handed<'a> {
	text: Text,
	/// The ordered input.
	input: &'a str,
	/// The job that the proof is bound to.
	bound: H256,
	/// The seed that was ordered.
	seed: [u8; 32],
}

/// One thread's runs.
pub struct Runner<'a> {
	/// Its engines.
	pub fleet: Fleet,
	/// Threads of the program.
	pub threads: u32,
	/// Every so many runs the distribution profile is looked at; 0: never.
	pub distribution_every: u32,
	/// The prompts of the set, for a cheat that takes another one's output.
	pub prompts: &'a [crate::prompts::Prompt],
}

impl Runner<'_> {
	/// The key of a run.
	pub fn key(
		&self,
		order: &Order,
		kind: Kind,
		worker: &Setting,
		verifier: Option<&Setting>,
	) -> Key {
		Key {
			model: self.fleet.manifest.hash.to_string(),
			set: order.set,
			run: order.run,
			kind: kind.name().into(),
			worker: worker.to_string(),
			verifier: verifier.map(Setting::to_string).unwrap_or_default(),
		}
	}

	fn lists(&self, order: &Order) -> bool {
		order.temperature > 0
			&& self.distribution_every > 0
			&& order.run.is_multiple_of(self.distribution_every)
	}

	/// An honest generation.
	pub fn honest(&mut self, order: &Order, worker: &Setting) -> Result<Text> {
		let job = order.parameters(self.fleet.manifest.hash);
		let lists = self.lists(order);
		generate(self.fleet.engine(worker)?, &job, Rule::Ordered, lists)
	}

	/// The generation of a cheaper model.
	pub fn cheap(&mut self, order: &Order, name: &str) -> Result<Text> {
		let lists = self.lists(order);
		let (engine, hash) = self.fleet.variant(name)?;
		generate(engine, &order.parameters(hash), Rule::Ordered, lists)
	}

	/// The generation of the right model by another rule.
	pub fn ruled(&mut self, order: &Order, kind: Kind) -> Result<Text> {
		let lists = self.lists(order);
		let mut job = order.parameters(self.fleet.manifest.hash);
		let mut rule = Rule::Ordered;
		match kind {
			Kind::TopTwenty => rule = Rule::Top(20),
			Kind::Hotter => job.temperature_milli += job.temperature_milli / 4,
			Kind::Greedy => job.temperature_milli = 0,
			_ => {}
		}
		generate(self.fleet.right()?, &job, rule, lists)
	}

	/// Looks at a run of `kind`, whose text is `made`. `None`: there is no such run.
	pub fn look(
		&mut self,
		order: &Order,
		kind: Kind,
		made: &Text,
		key: Key,
		verifier: &Setting,
	) -> Result<Option<TextObservation>> {
		let next = (order.run as usize + 1) % self.prompts.len();
		let mut handed = Handed {
			text: made.clone(),
			input: &order.prompt.text,
			bound: order.job,
			seed: order.seed,
		};
		match kind {
			Kind::OtherSeed => handed.seed = order.other_seed("another seed"),
			Kind::EditedPrompt | Kind::EditedPromptDraft => handed.input = &order.prompt.edited,
			Kind::Cached => handed.input = &self.prompts[next].text,
			Kind::Copied => handed.bound = H256(order.other_seed("another job")),
			_ => {}
		}
		if kind != Kind::Honest && kind.source() == Source::Honest {
			// The time was another run's.
			handed.text.micros = 0;
		}
		let half = made.tokens.len() / 2;
		if matches!(kind, Kind::Truncated | Kind::Ended) {
			if made.tokens.len() < LEAST_TO_CUT {
				return Ok(None);
			}
			handed.text.tokens.truncate(half);
			handed.text.states.truncate(half);
			handed.text.lists.truncate(half);
		}
		let model = self.fleet.manifest.hash;
		let lists = self.lists(order).then_some(order.temperature);
		let task = if kind == Kind::Cached {
			self.prompts[next].task
		} else {
			order.prompt.task
		};
		let right = self.fleet.right()?;
		let prompt = right.prompt_tokens(&model, task, handed.input.as_bytes())?;
		let forged = match kind {
			Kind::OneLayerLessDraft
			| Kind::FourLayersLessDraft
			| Kind::Q4_0Draft
			| Kind::ThreeBitsDraft
			| Kind::EditedPromptDraft => Some(made.tokens.clone()),
			Kind::Ended => {
				let mut tokens = handed.text.tokens.clone();
				tokens.push(right.end_token(&model)?);
				Some(tokens)
			}
			Kind::RandomText => Some(self.random_tokens(order)?),
			_ => None,
		};
		if let Some(tokens) = forged {
			let right = self.fleet.right()?;
			handed.text = genuine(right, &model, &prompt, tokens, lists)?;
		}
		let mut parameters = order.parameters(model);
		parameters.task = task;
		parameters.input = handed.input.as_bytes().to_vec();
		parameters.seed = handed.seed;
		self.observe(&parameters, order.job, &prompt, &handed, key, verifier)
			.map(Some)
	}

	/// As many tokens as were ordered, of the vocabulary without its last part and the first tokens, where the special ones
	/// are.
	fn random_tokens(&mut self, order: &Order) -> Result<Vec<u32>> {
		let seed = order.other_seed("random text");
		let word = seed
			.first_chunk()
			.map(|bytes| u64::from_le_bytes(*bytes))
			.unwrap_or(0);
		let mut random = Random::new(word);
		let ordinary = self.fleet.manifest.vocab as usize - 600;
		Ok((0..order.tokens)
			.map(|_| 500 + random.below(ordinary) as u32)
			.collect())
	}

	/// The bytes of an honest text's proof.
	pub fn proof(&mut self, order: &Order, text: &Text) -> Result<Vec<u8>> {
		let model = self.fleet.manifest.hash;
		let input = order.prompt.text.as_bytes();
		let right = self.fleet.right()?;
		let prompt = right.prompt_tokens(&model, order.prompt.task, input)?;
		let handed = Handed {
			text: text.clone(),
			input: &order.prompt.text,
			bound: order.job,
			seed: order.seed,
		};
		Ok(self.prove(&prompt, &handed)?.bytes)
	}

	fn prove(&self, prompt: &[u32], handed: &Handed) -> Result<Proven> {
		let manifest = &self.fleet.manifest;
		let mut prover = Prover::new(ProfileKind::SampledText, manifest.hidden, manifest.vocab)?;
		for ((index, id), hidden) in (0u64..).zip(&handed.text.tokens).zip(&handed.text.states) {
			prover.take(&Progress::Token {
				index,
				id: *id,
				text: "",
				hidden,
			});
		}
		Ok(prover.finish(&handed.bound, &manifest.hash, prompt, &handed.text.tokens)?)
	}

	fn observe(
		&mut self,
		ordered: &JobParameters,
		job: H256,
		prompt: &[u32],
		handed: &Handed,
		key: Key,
		verifier: &Setting,
	) -> Result<TextObservation> {
		let proven = self.prove(prompt, handed)?;
		let threads = self.threads;
		let text = &handed.text;
		let hidden = self.fleet.manifest.hidden;
		let output = self.fleet.right()?.spell(&ordered.model, &text.tokens)?;
		let seen = look_at(
			self.fleet.engine(verifier)?,
			&Claim {
				job,
				model: ordered.model,
				task: ordered.task,
				input: &ordered.input,
				output: output.as_bytes(),
				tokens_in: count(prompt)?,
				tokens_out: count(&text.tokens)?,
				max_tokens: ordered.max_tokens,
				seed: ordered.seed,
				temperature_milli: ordered.temperature_milli,
				profile: ProfileKind::SampledText,
				proof: &proven.bytes,
				proof_root: proven.root,
			},
			&text.lists,
		)?;
		Ok(TextObservation {
			key,
			threads,
			temperature: ordered.temperature_milli,
			tokens_in: count(prompt)?,
			tokens_out: count(&text.tokens)?,
			prefixes: prefixes(hidden, job, &text.states, &seen.states)?,
			rule: seen.rule,
			chunks: seen.chunks,
			margins: seen.margins,
			distribution: seen.distribution,
			generation: text.micros,
			check: seen.micros,
			proof: u32::try_from(proven.bytes.len())?,
		})
	}
}

/// What a verifier saw.
pub struct Seen {
	/// The rule that decided, or nothing.
	pub rule: String,
	/// The fingerprint, chunk by chunk.
	pub chunks: Vec<Chunk>,
	/// Every token's margin.
	pub margins: Vec<u32>,
	/// The verifier's own states.
	pub states: Vec<Vec<f32>>,
	/// See [`TextObservation::distribution`].
	pub distribution: Option<(u32, u64, i64)>,
	/// Microseconds of the check.
	pub micros: u64,
}

/// Checks a claim and keeps what was seen. `lists` is what the distribution profile would state.
pub fn look_at(engine: &mut CandleEngine, claim: &Claim, lists: &[TopTokens]) -> Result<Seen> {
	let mut states = Vec::new();
	let mut margins = Vec::new();
	let mut distribution = DistributionStatistics::default();
	let mut listing = std::time::Duration::ZERO;
	// They decide nothing that is kept.
	let thresholds = shipped()?;
	let report = check_tracing(engine, claim, &thresholds, &mut |place| {
		let begun = Instant::now();
		if let Some(stated) = lists.get(margins.len()) {
			let own = quantise(place.state.logits)
				.ok()
				.and_then(|logits| weights(&logits, claim.temperature_milli).ok());
			if let Some(own) = own {
				// A list that cannot be compared has no place in the statistics.
				let _ = distribution.compare(stated, &own, place.token);
			}
		}
		states.push(place.state.hidden.to_vec());
		margins.push(u32::try_from(place.margin).unwrap_or(u32::MAX));
		listing += begun.elapsed();
	})?;
	let rule = match &report.finding {
		Finding::OtherPrompt { .. } => "other-prompt",
		Finding::CutShort { .. } => "cut-short",
		Finding::BeyondEnd { .. } => "beyond-end",
		Finding::Judged(Judgement::Inconclusive(Doubt::NotAProof(_) | Doubt::NotTheProof)) => {
			"unavailable"
		}
		Finding::Judged(Judgement::Inconclusive(Doubt::OwnNotANumber)) => "own-fault",
		Finding::Judged(_) => "",
	};
	let (chunks, spells) = match &report.observation {
		Some(Observation::SampledText {
			chunks,
			spells_output,
			..
		}) => (chunks.iter().map(chunk).collect(), *spells_output),
		_ => (Vec::new(), true),
	};
	Ok(Seen {
		rule: if spells { rule } else { "other-text" }.into(),
		chunks,
		margins,
		states,
		distribution: (distribution.positions > 0).then_some((
			distribution.positions,
			distribution.divergence,
			distribution.excess,
		)),
		micros: micros(report.duration.saturating_sub(listing)),
	})
}

/// The fingerprints of the first tokens alone.
fn prefixes(
	hidden: u32,
	binding: H256,
	stated: &[Vec<f32>],
	own: &[Vec<f32>],
) -> Result<Vec<(u32, Vec<Chunk>)>> {
	let select = |states: &[Vec<f32>]| {
		let mut selector = Selector::new(hidden)?;
		for state in states {
			selector.push(state.iter().map(|number| number.to_bits()))?;
		}
		selector.finish()
	};
	PREFIXES
		.into_iter()
		.filter(|count| (*count as usize) < stated.len().min(own.len()))
		.map(|count| {
			let first = count as usize;
			let fingerprint = Fingerprint::new(&binding, &select(&stated[..first])?);
			let chunks = compare(&binding, &fingerprint, &select(&own[..first])?)?;
			Ok((count, chunks.iter().map(chunk).collect()))
		})
		.collect()
}

fn count(tokens: &[u32]) -> Result<u32> {
	u32::try_from(tokens.len()).context("more tokens than any context")
}

/// Microseconds, as records have them.
pub fn micros(duration: std::time::Duration) -> u64 {
	u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn highest_logits_are_left_with_all_equal_ones() {
		let mut logits = [5, 1, 9, 5, 3];
		keep_highest(&mut logits, 2);
		assert_eq!(logits, [5, i32::MIN, 9, 5, i32::MIN]);
		let mut few = [1, 2];
		keep_highest(&mut few, 20);
		assert_eq!(few, [1, 2]);
	}
}
