//! Outputs of the real models, honest and not, as a verifier sees them.

mod common;

use std::ops::ControlFlow;

use aci_engine::check::{check, CheckError, Claim, Finding, Observation, Report};
use aci_engine::prove::{Proven, Prover};
use aci_engine::{
	CandleEngine, Engine, JobParameters, Kernels, ModelHash, ModelKind, Outcome, Task,
};
use aci_poai::judgement::{Doubt, Judgement, Reason};
use aci_poai::proof::ProofError;
use aci_poai::thresholds::file::shipped;
use aci_primitives::proof::ProfileKind;
use common::{engine, job, MINILM, SMOLLM2};
use sp_core::H256;

const SEA: &str = "Write one sentence about the sea.";
const JOB: H256 = H256([3; 32]);

/// What a worker hands out.
struct Run {
	outcome: Outcome,
	proven: Proven,
}

/// Runs a job and proves it, bound to `bound` as its prompt where that is another one.
fn run(engine: &mut CandleEngine, job: &JobParameters, bound: Option<&str>) -> Run {
	let manifest = engine.manifest(&job.model).unwrap();
	let (profile, vocabulary) = match manifest.kind {
		ModelKind::GgufLlama => (ProfileKind::SampledText, manifest.vocab),
		ModelKind::SafetensorsBert => (ProfileKind::Numeric, 0),
	};
	let mut prover = Prover::new(profile, manifest.hidden, vocabulary).unwrap();
	let outcome = engine
		.run(job, &mut |progress| {
			prover.take(&progress);
			ControlFlow::Continue(())
		})
		.unwrap();
	let bound = bound.map_or(job.input.as_slice(), str::as_bytes);
	let prompt = engine.prompt_tokens(&job.model, job.task, bound).unwrap();
	let proven = prover
		.finish(&JOB, &job.model, &prompt, &outcome.token_ids)
		.unwrap();
	Run { outcome, proven }
}

fn claim<'a>(job: &'a JobParameters, run: &'a Run) -> Claim<'a> {
	Claim {
		job: JOB,
		model: job.model,
		task: job.task,
		input: &job.input,
		output: &run.outcome.output,
		tokens_in: run.outcome.tokens_in,
		tokens_out: run.outcome.tokens_out,
		max_tokens: job.max_tokens,
		seed: job.seed,
		temperature_milli: job.temperature_milli,
		profile: match job.task {
			Task::Embed => ProfileKind::Numeric,
			_ => ProfileKind::SampledText,
		},
		proof: &run.proven.bytes,
		proof_root: run.proven.root,
	}
}

fn judge(engine: &mut CandleEngine, claim: &Claim) -> Report {
	let report = check(engine, claim, &shipped().unwrap()).unwrap();
	println!("{}", report.finding);
	if let Some(observation) = &report.observation {
		println!("{observation}");
	}
	assert!(report.calibrated);
	report
}

fn sampled(model: ModelHash, input: &str) -> JobParameters {
	JobParameters {
		temperature_milli: 800,
		..job(model, Task::Chat, input, 20)
	}
}

const PASS: Finding = Finding::Judged(Judgement::Pass);

fn fails_by_activations(report: &Report) -> bool {
	matches!(
		report.finding,
		Finding::Judged(Judgement::Fail(Reason::OtherActivations { .. }))
	)
}

fn fails_by_sampling(report: &Report) -> bool {
	matches!(
		report.finding,
		Finding::Judged(Judgement::Fail(Reason::OtherSampling(_)))
	)
}

#[test]
fn an_honest_generation_passes_sampled_and_greedy() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	let greedy = JobParameters {
		temperature_milli: 0,
		..sampled(model, SEA)
	};
	for job in [sampled(model, SEA), greedy] {
		let run = run(&mut engine, &job, None);
		let report = judge(&mut engine, &claim(&job, &run));
		assert_eq!(report.finding, PASS);
		assert_eq!(
			report.tokens,
			run.outcome.tokens_in + run.outcome.tokens_out - 1
		);
		assert!(matches!(
			report.observation,
			Some(Observation::SampledText {
				spells_output: true,
				..
			})
		));
	}
}

#[test]
fn another_seed_or_temperature_than_the_jobs_fails_by_its_margins() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	let ordered = sampled(model, SEA);
	let used = JobParameters {
		seed: [8; 32],
		..ordered.clone()
	};
	let other_seed = run(&mut engine, &used, None);
	let claim_of_seed = Claim {
		seed: ordered.seed,
		..claim(&used, &other_seed)
	};
	assert!(fails_by_sampling(&judge(&mut engine, &claim_of_seed)));
	let greedy = JobParameters {
		temperature_milli: 0,
		..ordered.clone()
	};
	let cold = run(&mut engine, &greedy, None);
	let claim_of_cold = Claim {
		temperature_milli: 800,
		..claim(&greedy, &cold)
	};
	assert!(fails_by_sampling(&judge(&mut engine, &claim_of_cold)));
}

#[test]
fn an_edited_prompt_fails_by_its_activations() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	// As many tokens, so that nothing but the states tells.
	let edited = sampled(model, "Write one sentence about the sun.");
	let run = run(&mut engine, &edited, Some(SEA));
	let ordered = sampled(model, SEA);
	let claim = Claim {
		input: &ordered.input,
		..claim(&edited, &run)
	};
	assert!(fails_by_activations(&judge(&mut engine, &claim)));
}

#[test]
fn a_proof_bound_to_the_edited_prompt_is_not_the_receipts() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	let edited = sampled(model, "Write one sentence about the sun.");
	let run = run(&mut engine, &edited, None);
	let ordered = sampled(model, SEA);
	let claim = Claim {
		input: &ordered.input,
		..claim(&edited, &run)
	};
	assert_eq!(
		judge(&mut engine, &claim).finding,
		Finding::Judged(Judgement::Inconclusive(Doubt::NotTheProof))
	);
}

#[test]
fn a_model_without_its_last_layers_fails_by_its_activations() {
	let (mut worker, model) = engine(SMOLLM2, Kernels::Dequantised);
	assert!(worker.keep_layers_for_a_test(&model, 26));
	let job = sampled(model, SEA);
	let run = run(&mut worker, &job, None);
	let (mut verifier, _) = engine(SMOLLM2, Kernels::Dequantised);
	assert!(fails_by_activations(&judge(
		&mut verifier,
		&claim(&job, &run)
	)));
}

/// A cheap model drafts, the right one reads the draft once: the states are genuine.
#[test]
fn a_draft_of_a_cheap_model_with_genuine_states_fails_by_its_margins() {
	let (mut cheap, model) = engine(SMOLLM2, Kernels::Dequantised);
	assert!(cheap.keep_layers_for_a_test(&model, 26));
	let job = sampled(model, SEA);
	let draft = run(&mut cheap, &job, None).outcome;
	let (mut engine, _) = engine(SMOLLM2, Kernels::Dequantised);
	let report = forge(&mut engine, &job, draft.token_ids);
	assert!(fails_by_sampling(&report));
}

#[test]
fn any_text_with_genuine_states_fails_by_its_margins() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	let tokens = (0..20).map(|place| 1_000 + place * 37).collect();
	let report = forge(&mut engine, &sampled(model, SEA), tokens);
	assert!(fails_by_sampling(&report));
}

/// Feeds tokens that were not drawn and makes the proof from the right model's states.
fn forge(engine: &mut CandleEngine, job: &JobParameters, tokens: Vec<u32>) -> Report {
	let prompt = engine
		.prompt_tokens(&job.model, job.task, &job.input)
		.unwrap();
	let manifest = engine.manifest(&job.model).unwrap();
	let (hidden, vocab) = (manifest.hidden, manifest.vocab);
	let mut prover = Prover::new(ProfileKind::SampledText, hidden, vocab).unwrap();
	let fed = [prompt.as_slice(), &tokens[..tokens.len() - 1]].concat();
	let mut drawn = (0u64..).zip(&tokens);
	engine
		.visit_positions_from(&job.model, &fed, prompt.len() - 1, &mut |state| {
			let (index, id) = drawn.next().unwrap();
			prover.take(&aci_engine::Progress::Token {
				index,
				id: *id,
				text: "",
				hidden: state.hidden,
			});
			ControlFlow::Continue(())
		})
		.unwrap();
	let proven = prover.finish(&JOB, &job.model, &prompt, &tokens).unwrap();
	let run = Run {
		outcome: Outcome {
			output: engine.spell(&job.model, &tokens).unwrap().into_bytes(),
			tokens_in: prompt.len() as u32,
			tokens_out: tokens.len() as u32,
			token_ids: tokens,
			finish: aci_engine::Finish::Length,
			prefill_ms: 0,
			generate_ms: 0,
		},
		proven,
	};
	judge(engine, &claim(job, &run))
}

#[test]
fn an_output_of_other_words_or_another_length_than_its_tokens_fails() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	let job = sampled(model, SEA);
	let run = run(&mut engine, &job, None);
	let honest = claim(&job, &run);
	let other_text = Claim {
		output: b"Buy this instead.",
		..honest
	};
	assert_eq!(
		judge(&mut engine, &other_text).finding,
		Finding::Judged(Judgement::Fail(Reason::OtherText))
	);
	let other_prompt = Claim {
		tokens_in: honest.tokens_in + 1,
		..honest
	};
	assert!(matches!(
		judge(&mut engine, &other_prompt).finding,
		Finding::OtherPrompt { .. }
	));
	let unreadable = Claim {
		input: &[0xff],
		..honest
	};
	assert!(matches!(
		judge(&mut engine, &unreadable).finding,
		Finding::OtherPrompt { found: 0, .. }
	));
	let more_ordered = Claim {
		max_tokens: 21,
		..honest
	};
	assert_eq!(
		judge(&mut engine, &more_ordered).finding,
		Finding::CutShort {
			tokens: 20,
			limit: 21
		}
	);
	let less_ordered = Claim {
		max_tokens: 19,
		..honest
	};
	assert_eq!(
		judge(&mut engine, &less_ordered).finding,
		Finding::BeyondEnd {
			tokens: 20,
			end: 19
		}
	);
}

#[test]
fn bytes_that_are_no_proof_say_why_and_blame_nobody() {
	let (mut engine, model) = engine(SMOLLM2, Kernels::Dequantised);
	let job = sampled(model, SEA);
	let run = run(&mut engine, &job, None);
	let honest = claim(&job, &run);
	let mut unknown = run.proven.bytes.clone();
	unknown[0] = 0xff;
	for (proof, doubt) in [
		(&b""[..], Doubt::NotAProof(ProofError::WrongLength)),
		(
			&run.proven.bytes[1..],
			Doubt::NotAProof(ProofError::WrongLength),
		),
		(&unknown, Doubt::NotAProof(ProofError::UnknownToken)),
	] {
		let claim = Claim { proof, ..honest };
		assert_eq!(
			judge(&mut engine, &claim).finding,
			Finding::Judged(Judgement::Inconclusive(doubt))
		);
	}
	let distribution = Claim {
		profile: ProfileKind::Distribution,
		..honest
	};
	let embedding = Claim {
		profile: ProfileKind::Numeric,
		..honest
	};
	let error = |engine: &mut CandleEngine, claim: &Claim| {
		check(engine, claim, &shipped().unwrap()).unwrap_err()
	};
	assert!(matches!(
		error(&mut engine, &distribution),
		CheckError::Unsupported(ProfileKind::Distribution)
	));
	assert!(matches!(
		error(&mut engine, &embedding),
		CheckError::WrongTask { .. }
	));
}

#[test]
fn an_embedding_passes_within_the_tolerance_and_fails_beyond_it() {
	let (mut engine, model) = engine(MINILM, Kernels::Dequantised);
	let job = job(model, Task::Embed, "The sea is wide.", 0);
	let run = run(&mut engine, &job, None);
	let honest = claim(&job, &run);
	assert_eq!(judge(&mut engine, &honest).finding, PASS);
	let moved = |by: f32| {
		let mut output = run.outcome.output.clone();
		let first = f32::from_le_bytes([output[0], output[1], output[2], output[3]]);
		output[..4].copy_from_slice(&(first + by).to_le_bytes());
		output
	};
	let tolerance = shipped().unwrap().numeric.tolerance as f32 / 1e9;
	for (by, passes) in [(0.5 * tolerance, true), (2.0 * tolerance, false)] {
		let output = moved(by);
		let claim = Claim {
			output: &output,
			..honest
		};
		assert_eq!(judge(&mut engine, &claim).finding == PASS, passes, "{by}");
	}
	let short = Claim {
		output: &run.outcome.output[4..],
		..honest
	};
	assert_eq!(
		judge(&mut engine, &short).finding,
		Finding::Judged(Judgement::Fail(Reason::OtherLength))
	);
	let states = engine
		.embedding_model(&model)
		.unwrap()
		.hidden_states(vec![101, 102])
		.unwrap();
	assert_eq!((states.len(), states[0].len()), (2, 384));
}
