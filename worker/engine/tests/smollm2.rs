//! Text generation with the real SmolLM2-135M-Instruct.

mod common;

use std::ops::ControlFlow;
use std::str::FromStr;

use aci_engine::model::hash_file;
use aci_engine::utf8::Utf8Decoder;
use aci_engine::{
	CandleEngine, Engine, EngineError, EngineOptions, Finish, JobParameters, Kernels, ModelFile,
	ModelHash, ModelKind, PositionState, Progress, Task,
};
use common::{engine, ignore, job, model_path, top, MINILM, SMOLLM2, SMOLLM2_HASH};

const FRANCE: &str = "What is the capital of France?";

#[test]
fn manifest_has_the_numbers_of_the_flop_formula() {
	let file = ModelFile::identify(&model_path(SMOLLM2)).unwrap();
	let manifest = &file.manifest;
	assert_eq!(manifest.hash.to_string(), SMOLLM2_HASH);
	assert_eq!(manifest.kind, ModelKind::GgufLlama);
	assert_eq!(
		[
			manifest.layers,
			manifest.hidden,
			manifest.heads,
			manifest.kv_heads,
			manifest.head_dim
		],
		[30, 576, 9, 3, 64]
	);
	assert_eq!(
		[manifest.ffn, manifest.vocab, manifest.context],
		[1536, 49_152, 8192]
	);
	assert_eq!(manifest.weight_bytes, 98_362_432);
	assert_eq!(manifest.parameters_per_layer() * 30, 106_168_320);
	// All parameters: the layers' matrices, two norms per layer, the last norm, the embedding.
	let norms = (2 * 30 + 1) * 576;
	assert_eq!(106_168_320 + norms + 49_152 * 576, 134_515_008);
}

#[test]
fn file_with_another_hash_is_refused() {
	let path = model_path(SMOLLM2);
	let expected = ModelHash([1; 32]);
	let error = ModelFile::identify_as(&path, expected).unwrap_err();
	assert!(matches!(error, EngineError::HashMismatch { .. }));
	let right = ModelHash::from_str(SMOLLM2_HASH).unwrap();
	assert_eq!(hash_file(&path).unwrap().0, right);
	assert!(ModelFile::identify_as(&path, right).is_ok());
}

#[test]
fn file_cut_short_is_malformed_and_not_half_a_model() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("cut.gguf");
	std::fs::copy(model_path(SMOLLM2), &path).unwrap();
	std::fs::OpenOptions::new()
		.write(true)
		.open(&path)
		.unwrap()
		.set_len(50_000_000)
		.unwrap();
	let mut engine = CandleEngine::new(EngineOptions::default()).unwrap();
	let error = engine.load(&path).unwrap_err();
	assert!(
		matches!(error, EngineError::MalformedModel { .. }),
		"{error}"
	);
	assert_eq!(engine.manifests().count(), 0);
}

#[test]
fn tokens_have_no_space_before_the_text_and_digits_stand_alone() {
	let (engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let tokenizer = engine.text_model(&hash).unwrap().tokenizer();
	// 1812 is " What": what a tokenizer that puts a space before the text would give.
	assert_eq!(tokenizer.encode("What is").unwrap()[0], 1780);
	assert_eq!(tokenizer.encode(" What is").unwrap()[0], 1812);
	// 2914 is " user".
	assert_eq!(
		tokenizer.encode("<|im_start|>user\n").unwrap()[..2],
		[1, 4093]
	);
	let digits = tokenizer.encode("2026").unwrap();
	let each: Vec<u32> = ["2", "0", "2", "6"]
		.iter()
		.flat_map(|text| tokenizer.encode(text).unwrap())
		.collect();
	assert_eq!(digits, each);
	assert_eq!(digits.len(), 4);
	assert_eq!(tokenizer.end_token(), 2);
	assert_eq!(tokenizer.vocabulary(), 49_152);
}

#[test]
fn text_survives_encoding_and_decoding() {
	let (engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let tokenizer = engine.text_model(&hash).unwrap().tokenizer();
	for text in [
		"Hello",
		" leading and trailing ",
		"line\n\n  indented\ttab\r\n",
		"it's 12,345.67 or ½",
		"größer, 海は広い, 🌊🐚, ا",
		"a\u{0}b",
	] {
		let tokens = tokenizer.encode(text).unwrap();
		assert_eq!(tokenizer.decode(&tokens).unwrap(), text);
	}
	assert_eq!(tokenizer.decode(&[1, 4093, 2]).unwrap(), "user");
	assert!(matches!(
		tokenizer.decode(&[49_152]).unwrap_err(),
		EngineError::UnknownToken {
			token: 49_152,
			vocabulary: 49_152
		}
	));
}

/// Tokens that `scripts/reference/smollm2.py` gives for the same texts.
#[test]
fn tokens_are_those_of_an_independent_tokenizer() {
	let (engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let tokenizer = engine.text_model(&hash).unwrap().tokenizer();
	let cases: [(&str, &[u32]); 5] = [
		(
			"What's 3.14 times 27%?",
			&[1780, 506, 216, 35, 30, 33, 36, 1711, 216, 34, 39, 21, 47],
		),
		(
			"  two  spaces\n\n\tand a tab ",
			&[216, 827, 216, 5600, 1116, 197, 397, 253, 10147, 216],
		),
		(
			"Größe ½ m² 海は広い 🌊",
			&[
				27302, 7466, 34878, 85, 216, 16738, 283, 19133, 17097, 130, 132, 7365, 124, 24024,
				221, 41679, 15107, 230, 228,
			],
		),
		(
			"def f(x):\n    return x**2  # it'll do",
			&[
				1604, 275, 24, 104, 727, 472, 1003, 1792, 828, 34, 216, 907, 357, 3060, 536,
			],
		),
		("<|im_start|>user\nHi<|im_end|>", &[1, 4093, 198, 26843, 2]),
	];
	for (text, tokens) in cases {
		assert_eq!(tokenizer.encode(text).unwrap(), tokens, "{text:?}");
	}
}

#[test]
fn characters_of_several_tokens_are_streamed_whole() {
	let (engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let tokenizer = engine.text_model(&hash).unwrap().tokenizer();
	let text = "waves 🌊 and 海";
	let tokens = tokenizer.encode(text).unwrap();
	let mut decoder = Utf8Decoder::default();
	let mut pieces = String::new();
	let mut incomplete = 0;
	for token in tokens {
		let bytes = tokenizer.token_bytes(token).unwrap();
		incomplete += u32::from(std::str::from_utf8(bytes).is_err());
		pieces += &decoder.push(bytes);
	}
	assert!(incomplete > 0, "no character was split");
	assert_eq!(pieces + &decoder.finish(), text);
}

#[test]
fn one_user_message_becomes_the_chat_prompt_of_the_files_template() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let tokens = engine
		.prompt_tokens(&hash, Task::Chat, FRANCE.as_bytes())
		.unwrap();
	// Rendered by a Jinja engine from the file's own template, tokenised by an independent
	// program (see scripts/reference).
	assert_eq!(
		tokens,
		[
			1, 9690, 198, 2683, 359, 253, 5356, 5646, 11173, 3365, 3511, 308, 34519, 28, 7018, 411,
			407, 19712, 8182, 2, 198, 1, 4093, 198, 1780, 314, 260, 3575, 282, 4649, 47, 2, 198, 1,
			520, 9531, 198
		]
	);
}

#[test]
fn greedy_answer_names_paris_and_stops() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let mut pieces = String::new();
	let mut tokens = Vec::new();
	let outcome = engine
		.run(&job(hash, Task::Chat, FRANCE, 64), &mut |progress| {
			match progress {
				Progress::Token {
					index,
					id,
					text,
					hidden,
				} => {
					assert_eq!(index as usize, tokens.len());
					assert_eq!(hidden.len(), 576);
					tokens.push(id);
					pieces += text;
				}
				Progress::Rest { text } => pieces += text,
				Progress::Prefill { total, .. } => assert_eq!(total, 37),
			}
			ControlFlow::Continue(())
		})
		.unwrap();
	let text = String::from_utf8(outcome.output).unwrap();
	assert!(text.contains("Paris"), "{text}");
	assert_eq!(text, pieces);
	assert_eq!(outcome.token_ids, tokens);
	assert_eq!(outcome.finish, Finish::Stop);
	assert_eq!(tokens.last(), Some(&2), "the end token is counted");
	assert_eq!(
		(outcome.tokens_in, outcome.tokens_out as usize),
		(37, tokens.len())
	);
}

#[test]
fn same_seed_gives_the_same_bytes_and_another_seed_does_not() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let sampled = |seed| JobParameters {
		seed: [seed; 32],
		temperature_milli: 800,
		..job(hash, Task::Chat, "Write one sentence about the sea.", 24)
	};
	let first = engine.run(&sampled(1), &mut ignore).unwrap();
	let second = engine.run(&sampled(1), &mut ignore).unwrap();
	let other = engine.run(&sampled(2), &mut ignore).unwrap();
	assert_eq!(first.output, second.output);
	assert_eq!(first.token_ids, second.token_ids);
	assert_ne!(first.token_ids, other.token_ids);
}

/// One pass over prompt and output reproduces every choice that was not close. Hidden states are
/// those from which the worker chose, up to `least_cosine`.
fn check_teacher_forced(worker: Kernels, verifier: Kernels, tokens: u32, least_cosine: f64) {
	let (mut worker, hash) = engine(SMOLLM2, worker);
	let (mut verifier, _) = engine(SMOLLM2, verifier);
	let question = "Write one sentence about the sea.";
	let mut worker_states: Vec<Vec<f32>> = Vec::new();
	let outcome = worker
		.run(&job(hash, Task::Chat, question, tokens), &mut |progress| {
			if let Progress::Token { hidden, .. } = progress {
				worker_states.push(hidden.to_vec());
			}
			ControlFlow::Continue(())
		})
		.unwrap();
	let mut tokens = verifier
		.prompt_tokens(&hash, Task::Chat, question.as_bytes())
		.unwrap();
	let prompt = tokens.len();
	tokens.extend(&outcome.token_ids);
	let logits = verifier.logits(&hash, &tokens).unwrap();
	assert_eq!(logits.len(), tokens.len());
	let mut clear = 0;
	for (index, &token) in outcome.token_ids.iter().enumerate() {
		let (best, margin) = top(&logits[prompt + index - 1]);
		if margin > 1.0 {
			assert_eq!(best, token, "token {index}, margin {margin}");
			clear += 1;
		}
	}
	assert!(
		clear * 3 > outcome.token_ids.len(),
		"only {clear} clear choices"
	);
	let mut least = 1f64;
	verifier
		.visit_positions(
			&hash,
			&tokens,
			&mut |PositionState {
			          position, hidden, ..
			      }| {
				let index = (position + 1).checked_sub(prompt);
				if let Some(theirs) = index.and_then(|index| worker_states.get(index)) {
					least = least.min(cosine(hidden, theirs));
				}
				ControlFlow::Continue(())
			},
		)
		.unwrap();
	println!(
		"{clear} of {} choices clear, least cosine {least}",
		outcome.token_ids.len()
	);
	assert!(least > least_cosine, "hidden states differ: cosine {least}");
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
	let dot = |a: &[f32], b: &[f32]| -> f64 {
		a.iter()
			.zip(b)
			.map(|(x, y)| f64::from(*x) * f64::from(*y))
			.sum()
	};
	dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn one_teacher_forced_pass_reproduces_the_clear_greedy_choices() {
	check_teacher_forced(Kernels::Dequantised, Kernels::Dequantised, 48, 0.999_999);
}

#[test]
fn expanded_weights_check_the_output_of_quantised_kernels() {
	check_teacher_forced(Kernels::Quantised, Kernels::Dequantised, 12, 0.99);
}

#[test]
fn expanded_weights_check_the_output_of_rounded_kernels() {
	check_teacher_forced(Kernels::Float16, Kernels::Dequantised, 12, 0.999_9);
	check_teacher_forced(Kernels::Bfloat16, Kernels::Dequantised, 12, 0.99);
}

#[test]
fn prompts_longer_than_a_chunk_see_all_their_tokens() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let filler = "The grass is green and the sky is blue. ".repeat(40);
	let prompt = format!("The secret word is marzipan. {filler}Once more, the secret word is mar");
	assert!(
		engine
			.prompt_tokens(&hash, Task::Complete, prompt.as_bytes())
			.unwrap()
			.len() > 300
	);
	let mut reports = Vec::new();
	let outcome = engine
		.run(&job(hash, Task::Complete, &prompt, 3), &mut |progress| {
			if let Progress::Prefill { done, .. } = progress {
				reports.push(done);
			}
			ControlFlow::Continue(())
		})
		.unwrap();
	let text = String::from_utf8(outcome.output).unwrap();
	assert!(text.starts_with("zipan"), "{text}");
	assert_eq!(reports, [0, 256]);
}

#[test]
fn output_ends_at_max_tokens_and_at_the_context() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let outcome = engine
		.run(
			&job(hash, Task::Complete, "Once upon a time", 3),
			&mut ignore,
		)
		.unwrap();
	assert_eq!((outcome.finish, outcome.tokens_out), (Finish::Length, 3));

	// The shortest text that does not fit: one token per letter.
	let too_long = "0".repeat(8192);
	let error = engine
		.run(&job(hash, Task::Complete, &too_long, 1), &mut ignore)
		.unwrap_err();
	assert!(
		matches!(
			error,
			EngineError::PromptTooLong {
				tokens: 8192,
				context: 8192
			}
		),
		"{error}"
	);
}

#[test]
fn sink_and_flag_stop_a_job_and_keep_what_was_made() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let story = job(hash, Task::Complete, "Once upon a time", 64);
	let by_sink = engine
		.run(&story, &mut |progress| match progress {
			Progress::Token { index: 2, .. } => ControlFlow::Break(()),
			_ => ControlFlow::Continue(()),
		})
		.unwrap();
	assert_eq!((by_sink.finish, by_sink.tokens_out), (Finish::Cancelled, 3));
	assert!(!by_sink.output.is_empty());

	let flag = story.cancel.clone();
	let by_flag = engine
		.run(&story, &mut |progress| {
			if let Progress::Token { index: 1, .. } = progress {
				flag.cancel();
			}
			ControlFlow::Continue(())
		})
		.unwrap();
	assert_eq!((by_flag.finish, by_flag.tokens_out), (Finish::Cancelled, 2));
	assert_eq!(by_flag.token_ids, by_sink.token_ids[..2]);

	let before_the_start = engine.run(&story, &mut ignore).unwrap();
	assert_eq!(
		(before_the_start.finish, before_the_start.tokens_out),
		(Finish::Cancelled, 0)
	);
	assert_eq!(before_the_start.tokens_in, 4);
}

#[test]
fn inputs_that_cannot_be_run_are_errors() {
	let (mut engine, hash) = engine(SMOLLM2, Kernels::Dequantised);
	let good = job(hash, Task::Chat, "Hi", 1);
	let cases = [
		JobParameters {
			input: Vec::new(),
			..good.clone()
		},
		JobParameters {
			input: vec![b'a', 0xff],
			..good.clone()
		},
		JobParameters {
			max_tokens: 0,
			..good.clone()
		},
		JobParameters {
			temperature_milli: 100_001,
			..good.clone()
		},
		JobParameters {
			task: Task::Embed,
			..good.clone()
		},
	];
	let errors = cases.map(|case| engine.run(&case, &mut ignore).unwrap_err());
	assert!(matches!(errors[0], EngineError::EmptyInput));
	assert!(matches!(
		errors[1],
		EngineError::InputNotText { valid_up_to: 1 }
	));
	assert!(matches!(errors[2], EngineError::NoOutputAsked));
	assert!(matches!(errors[3], EngineError::TemperatureTooHigh { .. }));
	assert!(matches!(errors[4], EngineError::WrongModelKind { .. }));
	assert!(matches!(
		engine.logits(&hash, &[]).unwrap_err(),
		EngineError::EmptyInput
	));
	assert!(matches!(
		engine.logits(&hash, &[1, 49_152]).unwrap_err(),
		EngineError::UnknownToken { token: 49_152, .. }
	));
	// None of them has broken the engine.
	assert_eq!(engine.run(&good, &mut ignore).unwrap().tokens_out, 1);
}

#[test]
fn a_model_is_held_once_and_two_models_side_by_side() {
	let (mut engine, text) = engine(SMOLLM2, Kernels::Dequantised);
	engine.load(&model_path(SMOLLM2)).unwrap();
	assert_eq!(engine.manifests().count(), 1);
	let encoder = engine.load(&model_path(MINILM)).unwrap().hash;
	assert_eq!(engine.manifests().count(), 2);
	assert!(engine.embedding_model(&encoder).is_ok() && engine.text_model(&text).is_ok());
	assert!(matches!(
		engine.logits(&encoder, &[1]).unwrap_err(),
		EngineError::WrongModelKind { .. }
	));
	assert!(engine.unload(&text));
	assert!(matches!(
		engine.text_model(&text),
		Err(EngineError::ModelNotLoaded { .. })
	));
}
