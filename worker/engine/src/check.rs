//! The check of an output with its proof: what a verifier computes, observes and says.
//!
//! | profile | the verifier computes | it observes |
//! | --- | --- | --- |
//! | exact | the run again | the hash of its own output |
//! | numeric | the embedding again | the elements beyond the tolerance |
//! | sampled text | one teacher-forced pass over prompt and output | whether the tokens spell the output and end it, the fingerprint chunk by chunk, the margin of every token |
//!
//! The rules are the paper's §3.3 and §3.4, the statistics and the judgement are [`aci_poai`]'s; this
//! module computes the model's part.
//!
//! # Guarantees
//!
//! 1. Nothing in a claim panics or makes the check compute without bound: a proof is decoded only at
//!    the length that follows from the stated tokens, and these are at most the model's context.
//! 2. Who fails, fails for what the verifier saw: an engine that fails is a [`CheckError`], and a
//!    proof that is none or not the receipt's is [`Judgement::Inconclusive`].
//! 3. The prompt's tokens are a function of the input, so a receipt that states another number is
//!    wrong without any tolerance; an input that the model cannot read has none. So is an output that ends before the end token and before its
//!    limit, or goes on behind the end token.
//! 4. The pass has the shapes of [`crate::text::PREFILL_CHUNK`] from the first token of the prompt,
//!    one sequence, whatever the worker's batches were.
//! 5. The report has the numbers that decided, and says whether the thresholds were measured.
//!
//! # Assumptions
//!
//! The engine computes as [`crate::EngineOptions::verifier`] says. The claim's job, seed, hashes and
//! limits are the receipt's and the order's: whoever calls has checked the receipt.

use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use aci_poai::fingerprint::{
	binding, compare, ChunkStatistics, FingerprintError, Selection, Selector,
};
use aci_poai::judgement::{self, read_proof, Doubt, Judgement};
use aci_poai::margin::{margin, MarginStatistics};
use aci_poai::numeric::{self, NumericStatistics};
use aci_poai::proof::{Form, Proof, ProofError};
use aci_poai::thresholds::Thresholds;
use aci_primitives::proof::{Outcome, ProfileKind};
use sha2::{Digest, Sha256};
use sp_core::H256;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::job::{CancelFlag, JobParameters, PositionState, Task};
use crate::model::{ModelHash, ModelKind};
use crate::sampler::{quantise, sampler};

/// What a worker claims of a run.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
	/// The job.
	pub job: H256,
	/// The model.
	pub model: ModelHash,
	/// What was done with the input.
	pub task: Task,
	/// The input, opened where it was private.
	pub input: &'a [u8],
	/// The output, opened where it was private.
	pub output: &'a [u8],
	/// Tokens of the prompt.
	pub tokens_in: u32,
	/// Tokens of the output.
	pub tokens_out: u32,
	/// Most tokens that were ordered.
	pub max_tokens: u32,
	/// The sampler's seed.
	pub seed: [u8; 32],
	/// Temperature in thousandths.
	pub temperature_milli: u32,
	/// How the output is checked.
	pub profile: ProfileKind,
	/// What is served as the proof.
	pub proof: &'a [u8],
	/// What the receipt commits to.
	pub proof_root: H256,
}

/// Why there is no report. It says nothing of the worker.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
	/// The verifier's engine failed.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// Nobody checks this profile yet.
	#[error("outputs of the profile {0:?} are not checked by this program")]
	Unsupported(ProfileKind),
	/// The profile does not fit what the model does.
	#[error("the profile {profile:?} does not fit the task {task:?}")]
	WrongTask {
		/// The profile.
		profile: ProfileKind,
		/// The task.
		task: Task,
	},
	/// The stated figures give no form of a proof.
	#[error("the stated figures have no proof: {0}")]
	Form(#[from] ProofError),
	/// The fingerprint could not be computed from the verifier's own states.
	#[error("the verifier's own states have no fingerprint: {0}; check the model and the device")]
	Fingerprint(FingerprintError),
	/// The verifier's logits have no score for a token.
	#[error("the verifier's own logits do not fit the vocabulary; check the model's file")]
	Logits,
}

/// What the check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
	/// By the profile's statistics and thresholds.
	Judged(Judgement),
	/// The input has another number of tokens than the receipt states.
	OtherPrompt {
		/// Tokens that the receipt states.
		stated: u32,
		/// Tokens that the input has.
		found: u32,
	},
	/// The output ends though the model did not end it and more was ordered.
	CutShort {
		/// Tokens of the output.
		tokens: u32,
		/// Tokens that it may have had.
		limit: u32,
	},
	/// The output goes on behind the token that ends it, or beyond what was ordered.
	BeyondEnd {
		/// Tokens of the output.
		tokens: u32,
		/// Tokens after which it had to end.
		end: u32,
	},
}

impl Finding {
	/// What a verdict states: `None` where the verifier has nothing to say.
	pub fn outcome(&self) -> Option<Outcome> {
		match self {
			Finding::Judged(judgement) => judgement.outcome(),
			_ => Some(Outcome::Fail),
		}
	}
}

impl fmt::Display for Finding {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Finding::Judged(judgement) => judgement.fmt(formatter),
			Finding::OtherPrompt { stated, found } => write!(
				formatter,
				"the receipt states {stated} input tokens and the input has {found}"
			),
			Finding::CutShort { tokens, limit } => write!(
				formatter,
				"the output ends after {tokens} tokens, though the model did not end it and {limit} \
				 were ordered"
			),
			Finding::BeyondEnd { tokens, end } => write!(
				formatter,
				"the output has {tokens} tokens and had to end after {end}"
			),
		}
	}
}

/// What the verifier saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
	/// The hash of the verifier's own output.
	Exact(H256),
	/// The elements, where the two outputs could be compared.
	Numeric(NumericStatistics),
	/// Of a text.
	SampledText {
		/// Whether the proof's tokens spell the output.
		spells_output: bool,
		/// The fingerprint, chunk by chunk.
		chunks: Vec<ChunkStatistics>,
		/// The draws.
		margins: MarginStatistics,
	},
}

impl fmt::Display for Observation {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Observation::Exact(own) => write!(formatter, "own output {own:?}"),
			Observation::Numeric(found) => write!(
				formatter,
				"{} of {} elements beyond the tolerance, largest difference {} billionths",
				found.beyond, found.elements, found.largest
			),
			Observation::SampledText {
				chunks, margins, ..
			} => {
				let sum = |of: fn(&ChunkStatistics) -> u32| -> u64 {
					chunks.iter().map(|chunk| u64::from(of(chunk))).sum()
				};
				write!(
					formatter,
					"{} chunks of hidden states: {} of {} entries mismatch, worst median distance \
					 {}; {} of {} tokens lost, {} by much, mean margin {:.4} logits",
					chunks.len(),
					sum(|chunk| chunk.mismatched),
					sum(|chunk| chunk.entries),
					chunks.iter().map(|chunk| chunk.median).max().unwrap_or(0),
					margins.lost,
					margins.positions,
					margins.large,
					margins.mean().unwrap_or(0) as f64 / 65_536.0,
				)
			}
		}
	}
}

/// What a check found and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
	/// What it comes to.
	pub finding: Finding,
	/// What was seen, where the check came that far.
	pub observation: Option<Observation>,
	/// Tokens that the model was fed.
	pub tokens: u32,
	/// Time of the check.
	pub duration: Duration,
	/// Whether the thresholds were measured; see [`Thresholds::is_calibrated`].
	pub calibrated: bool,
}

/// One place of a text's output, as the verifier sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
	/// The verifier's own state, from which the token was to be chosen.
	pub state: PositionState<'a>,
	/// The output's token.
	pub token: u32,
	/// By how much the token lost, see [`aci_poai::margin`].
	pub margin: u64,
}

/// Checks a claim by these thresholds.
///
/// # Errors
///
/// All of [`CheckError`]; none of them says anything of the worker.
pub fn check<E: Engine + ?Sized>(
	engine: &mut E,
	claim: &Claim,
	thresholds: &Thresholds,
) -> Result<Report, CheckError> {
	check_tracing(engine, claim, thresholds, &mut |_| ())
}

/// As [`check`], and shows `trace` every place of a text in order. A calibration needs what the
/// statistics leave out.
///
/// # Errors
///
/// As [`check`].
pub fn check_tracing<E: Engine + ?Sized>(
	engine: &mut E,
	claim: &Claim,
	thresholds: &Thresholds,
	trace: &mut dyn FnMut(Place<'_>),
) -> Result<Report, CheckError> {
	let started = Instant::now();
	let (profile, task) = (claim.profile, claim.task);
	match (profile, task) {
		(ProfileKind::Distribution, _) => return Err(CheckError::Unsupported(profile)),
		(ProfileKind::SampledText, Task::Embed)
		| (ProfileKind::Numeric, Task::Chat | Task::Complete) => {
			return Err(CheckError::WrongTask { profile, task })
		}
		_ => {}
	}
	let (finding, observation, tokens) = examine(engine, claim, thresholds, trace)?;
	Ok(Report {
		finding,
		observation,
		tokens,
		duration: started.elapsed(),
		calibrated: thresholds.is_calibrated(),
	})
}

type Found = (Finding, Option<Observation>, u32);

fn examine<E: Engine + ?Sized>(
	engine: &mut E,
	claim: &Claim,
	thresholds: &Thresholds,
	trace: &mut dyn FnMut(Place<'_>),
) -> Result<Found, CheckError> {
	let seen = |finding| Ok((finding, None, 0));
	let prompt = match engine.prompt_tokens(&claim.model, claim.task, claim.input) {
		// Nobody can have run it.
		Err(EngineError::EmptyInput | EngineError::InputNotText { .. }) => Vec::new(),
		tokens => tokens?,
	};
	let found = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
	if found != claim.tokens_in {
		return seen(Finding::OtherPrompt {
			stated: claim.tokens_in,
			found,
		});
	}
	let manifest = engine
		.manifest(&claim.model)
		.ok_or(EngineError::ModelNotLoaded { hash: claim.model })?;
	let (hidden, vocabulary, context) = (manifest.hidden, manifest.vocab, manifest.context);
	let is_text = manifest.kind == ModelKind::GgufLlama;
	let limit = claim.max_tokens.min(context.saturating_sub(found));
	if is_text && claim.tokens_out > limit {
		return seen(Finding::BeyondEnd {
			tokens: claim.tokens_out,
			end: limit,
		});
	}
	let form = Form::new(claim.profile, claim.tokens_out, hidden, vocabulary)?;
	let (job, model) = (claim.job, H256(claim.model.0));
	let root = &claim.proof_root;
	let proof = match read_proof(claim.proof, &form, root, &job, &model, &prompt) {
		Ok(proof) => proof,
		Err(judgement) => return seen(Finding::Judged(judgement)),
	};
	match proof {
		Proof::SampledText {
			tokens,
			fingerprint,
		} => {
			if let Some(finding) = wrong_end(engine, claim, &tokens, limit)? {
				return seen(finding);
			}
			let spells_output = match engine.spell(&claim.model, &tokens) {
				// In the vocabulary, and without a text: the model's run would have failed.
				Err(EngineError::UnknownToken { .. }) => false,
				text => text?.as_bytes() == claim.output,
			};
			let fed = found.saturating_add(claim.tokens_out.saturating_sub(1));
			let places = (prompt.as_slice(), tokens.as_slice());
			let (own, margins) = match observe(engine, claim, places, thresholds, trace)? {
				Some(observed) => observed,
				None => {
					let doubt = Judgement::Inconclusive(Doubt::OwnNotANumber);
					return Ok((Finding::Judged(doubt), None, fed));
				}
			};
			let binding = binding(&job, &model, &prompt, &tokens);
			let chunks = compare(&binding, &fingerprint, &own).map_err(CheckError::Fingerprint)?;
			let observed = judgement::SampledText {
				spells_output,
				chunks: &chunks,
				margins,
			};
			let judgement = judgement::sampled_text(&observed, &thresholds.sampled_text);
			let observation = Observation::SampledText {
				spells_output,
				chunks,
				margins,
			};
			Ok((Finding::Judged(judgement), Some(observation), fed))
		}
		Proof::Distribution { .. } => Err(CheckError::Unsupported(claim.profile)),
		Proof::Empty => run_again(engine, claim, thresholds),
	}
}

/// Whether the tokens end where a run of the model has to.
fn wrong_end<E: Engine + ?Sized>(
	engine: &mut E,
	claim: &Claim,
	tokens: &[u32],
	limit: u32,
) -> Result<Option<Finding>, EngineError> {
	let end_token = engine.end_token(&claim.model)?;
	// As many as the claim states, which is a u32.
	let count = tokens.len() as u32;
	let end = tokens.iter().position(|token| *token == end_token);
	Ok(match end {
		Some(place) if place as u32 + 1 < count => Some(Finding::BeyondEnd {
			tokens: count,
			end: place as u32 + 1,
		}),
		None if count < limit => Some(Finding::CutShort {
			tokens: count,
			limit,
		}),
		_ => None,
	})
}

/// The verifier's own states, and the margins of the tokens by its logits. `None` where a number of
/// its own is none.
fn observe<E: Engine + ?Sized>(
	engine: &mut E,
	claim: &Claim,
	(prompt, tokens): (&[u32], &[u32]),
	thresholds: &Thresholds,
	trace: &mut dyn FnMut(Place<'_>),
) -> Result<Option<(Selection, MarginStatistics)>, CheckError> {
	let manifest = engine.manifest(&claim.model);
	let hidden = manifest.map_or(0, |manifest| manifest.hidden);
	let sampler = sampler(&claim.seed, claim.temperature_milli)?;
	let limits = thresholds.sampled_text.sampling;
	let mut selector = Selector::new(hidden).map_err(CheckError::Fingerprint)?;
	let mut margins = MarginStatistics::default();
	// Nothing follows from what the model says after the last token.
	let given = tokens.split_last().map_or(&[][..], |(_, given)| given);
	let fed = [prompt, given].concat();
	// The first token was chosen from the state of the prompt's last one.
	let first = prompt.len().saturating_sub(1);
	let mut chosen = (0u64..).zip(tokens);
	let mut look = |state: PositionState<'_>| -> Result<bool, CheckError> {
		let Some((place, token)) = chosen.next() else {
			return Ok(false);
		};
		match selector.push(state.hidden.iter().map(|number| number.to_bits())) {
			Err(FingerprintError::NotFinite) => return Ok(false),
			pushed => pushed.map_err(CheckError::Fingerprint)?,
		}
		let logits = match quantise(state.logits) {
			Err(EngineError::InvalidLogit { .. }) => return Ok(false),
			quantised => quantised?,
		};
		let lost = margin(&sampler, &logits, place, *token).map_err(|_| CheckError::Logits)?;
		margins.add(lost, limits.clip, limits.large);
		trace(Place {
			state,
			token: *token,
			margin: lost,
		});
		Ok(true)
	};
	let mut ended = Ok(true);
	if !tokens.is_empty() {
		engine.visit_positions_from(&claim.model, &fed, first, &mut |state| {
			ended = look(state);
			match ended {
				Ok(true) => ControlFlow::Continue(()),
				_ => ControlFlow::Break(()),
			}
		})?;
	}
	if !ended? {
		return Ok(None);
	}
	let own = selector.finish().map_err(CheckError::Fingerprint)?;
	Ok(Some((own, margins)))
}

/// The exact and the numeric profile: the job is run again.
fn run_again<E: Engine + ?Sized>(
	engine: &mut E,
	claim: &Claim,
	thresholds: &Thresholds,
) -> Result<Found, CheckError> {
	let job = JobParameters {
		model: claim.model,
		task: claim.task,
		input: claim.input.to_vec(),
		seed: claim.seed,
		temperature_milli: claim.temperature_milli,
		max_tokens: claim.max_tokens,
		cancel: CancelFlag::default(),
	};
	let own = engine.run(&job, &mut |_| ControlFlow::Continue(()))?;
	let fed = own.tokens_in.saturating_add(own.tokens_out);
	let hash = |bytes: &[u8]| H256(Sha256::digest(bytes).into());
	if claim.profile != ProfileKind::Numeric {
		let own = hash(&own.output);
		let judgement = judgement::exact(&hash(claim.output), &own);
		let observation = Observation::Exact(own);
		return Ok((Finding::Judged(judgement), Some(observation), fed));
	}
	let (numbers, _) = own.output.as_chunks::<4>();
	let bits: Vec<u32> = numbers
		.iter()
		.map(|bytes| u32::from_le_bytes(*bytes))
		.collect();
	let limits = &thresholds.numeric;
	let judgement = judgement::numeric(claim.output, &bits, limits);
	let observation = numeric::compare(claim.output, &bits, limits.tolerance)
		.ok()
		.map(Observation::Numeric);
	Ok((Finding::Judged(judgement), observation, fed))
}
