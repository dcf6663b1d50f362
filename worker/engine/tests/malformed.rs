//! Model files with any damage: every one is refused with an error, or loads and runs; none panics,
//! hangs, or asks for more memory than there is.
//!
//! A small model of each family is written and changed at random places: bits and numbers, lengths,
//! cuts, doubled and moved parts. The environment variable `ACI_FUZZ_CASES` sets how many changed
//! files of each kind are read; a failure names the case, which is the seed of its changes.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::Path;

use aci_engine::{
	CancelFlag, CandleEngine, Engine, EngineError, EngineOptions, JobParameters, Kernels, Task,
};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// Width of both models, and of a block of quantised weights.
const WIDTH: usize = 32;
const WIDE: usize = 64;
const CONTEXT: usize = 24;
/// How long one file may take, a hundred times what it does.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

fn cases() -> u64 {
	std::env::var("ACI_FUZZ_CASES").map_or(400, |cases| {
		cases
			.parse()
			.expect("ACI_FUZZ_CASES is the number of cases")
	})
}

/// SplitMix64.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut x = self.0;
		x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		x ^ (x >> 31)
	}

	fn below(&mut self, limit: usize) -> usize {
		(self.next() % limit.max(1) as u64) as usize
	}
}

/// Numbers that lengths and dimensions are replaced by.
const NUMBERS: [u64; 12] = [
	0,
	1,
	2,
	31,
	64,
	255,
	65_536,
	1 << 30,
	(1 << 31) - 1,
	u32::MAX as u64,
	1 << 62,
	u64::MAX,
];

/// Changes a file in one to four places. Most fall into its first `header` bytes.
fn change(bytes: &mut Vec<u8>, header: usize, random: &mut Random) {
	for _ in 0..=random.below(4) {
		let reach = match random.below(8) {
			0 => bytes.len(),
			_ => header.min(bytes.len()),
		};
		let at = random.below(reach);
		let number = NUMBERS[random.below(NUMBERS.len())];
		match random.below(9) {
			0..=2 => {
				if let Some(byte) = bytes.get_mut(at) {
					*byte ^= 1 << random.below(8);
				}
			}
			3 => {
				if let Some(byte) = bytes.get_mut(at) {
					*byte = random.next() as u8;
				}
			}
			4 | 5 => {
				let width = [4, 8][random.below(2)];
				if let Some(place) = bytes.get_mut(at..at + width) {
					place.copy_from_slice(&number.to_le_bytes()[..width]);
				}
			}
			6 => bytes.truncate(at),
			7 => {
				let part = bytes[at.min(bytes.len())..].iter().copied();
				let part: Vec<u8> = part.take(random.below(64)).collect();
				let to = random.below(bytes.len());
				bytes.splice(to..to, part);
			}
			_ => {
				// In a text a digit is a number.
				let digits: Vec<usize> = (0..reach)
					.filter(|place| bytes[*place].is_ascii_digit())
					.collect();
				if let Some(place) = digits.get(random.below(digits.len())) {
					let text = number.to_string().into_bytes();
					bytes.splice(*place..=*place, text);
				}
			}
		}
	}
}

fn weights(rows: usize, columns: usize, kind: GgmlDType) -> QTensor {
	let mut random = Random(7);
	let values: Vec<f32> = (0..rows * columns)
		.map(|_| random.below(2_000) as f32 / 1_000.0 - 1.0)
		.collect();
	let shape = if rows == 1 {
		vec![columns]
	} else {
		vec![rows, columns]
	};
	let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
	QTensor::quantize(&tensor, kind).unwrap()
}

/// A small text model. Its tokens are the bytes' letters and one merge.
fn text_model(path: &Path) {
	let mut tokens: Vec<String> = (0x21..0x7fu8)
		.map(|byte| char::from(byte).to_string())
		.collect();
	tokens.extend(["Ġ".into(), "ab".into(), "<end>".into()]);
	// A number of tokens that a block of weights divides.
	while tokens.len() < 128 {
		tokens.push("a".repeat(tokens.len()));
	}
	let types = tokens
		.iter()
		.map(|token| Value::I32(if token == "<end>" { 3 } else { 1 }))
		.collect();
	let end = tokens.iter().position(|token| token == "<end>").unwrap() as u32;
	let text = |text: &str| Value::String(text.into());
	let number = |number: usize| Value::U32(number as u32);
	let vocabulary = tokens.len();
	let metadata = [
		("general.architecture", text("llama")),
		("general.name", text("small")),
		("llama.block_count", number(2)),
		("llama.context_length", number(CONTEXT)),
		("llama.embedding_length", number(WIDTH)),
		("llama.feed_forward_length", number(WIDE)),
		("llama.attention.head_count", number(4)),
		("llama.attention.head_count_kv", number(2)),
		("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
		("llama.rope.freq_base", Value::F32(10_000.0)),
		("llama.rope.dimension_count", number(8)),
		("tokenizer.ggml.model", text("gpt2")),
		("tokenizer.ggml.pre", text("smollm")),
		(
			"tokenizer.ggml.tokens",
			Value::Array(tokens.iter().map(|token| text(token)).collect()),
		),
		("tokenizer.ggml.token_type", Value::Array(types)),
		("tokenizer.ggml.merges", Value::Array(vec![text("a b")])),
		("tokenizer.ggml.bos_token_id", Value::U32(end)),
		("tokenizer.ggml.eos_token_id", Value::U32(end)),
		("tokenizer.ggml.add_bos_token", Value::Bool(true)),
	];
	let mut tensors = vec![
		(
			"token_embd.weight".to_string(),
			weights(vocabulary, WIDTH, GgmlDType::Q8_0),
		),
		(
			"output_norm.weight".to_string(),
			weights(1, WIDTH, GgmlDType::F32),
		),
	];
	for layer in 0..2 {
		for (part, rows, columns) in [
			("attn_q", WIDTH, WIDTH),
			("attn_k", WIDTH / 2, WIDTH),
			("attn_v", WIDTH / 2, WIDTH),
			("attn_output", WIDTH, WIDTH),
			("ffn_gate", WIDE, WIDTH),
			("ffn_up", WIDE, WIDTH),
			("ffn_down", WIDTH, WIDE),
			("attn_norm", 1, WIDTH),
			("ffn_norm", 1, WIDTH),
		] {
			let kind = match rows {
				1 => GgmlDType::F32,
				_ => GgmlDType::Q4_1,
			};
			tensors.push((
				format!("blk.{layer}.{part}.weight"),
				weights(rows, columns, kind),
			));
		}
	}
	let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
	let tensors: Vec<(&str, &QTensor)> = tensors
		.iter()
		.map(|(name, tensor)| (name.as_str(), tensor))
		.collect();
	let mut file = std::fs::File::create(path).unwrap();
	gguf_file::write(&mut file, &metadata, &tensors).unwrap();
}

const CONFIG: &str = r#"{"_name_or_path":"small","hidden_act":"gelu","hidden_dropout_prob":0.1,
"hidden_size":32,"initializer_range":0.02,"intermediate_size":64,"layer_norm_eps":1e-12,
"max_position_embeddings":24,"model_type":"bert","num_attention_heads":4,"num_hidden_layers":1,
"pad_token_id":0,"position_embedding_type":"absolute","type_vocab_size":2,"use_cache":true,
"vocab_size":8}"#;

const TOKENIZER: &str = r###"{"version":"1.0","truncation":{"max_length":16,"strategy":"LongestFirst",
"stride":0},"padding":{"strategy":{"Fixed":16},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,
"pad_type_id":0,"pad_token":"[PAD]"},"added_tokens":[{"id":0,"special":true,"content":"[PAD]",
"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}],"normalizer":{"type":
"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"TemplateProcessing","single":[
{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],
"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]}}},"decoder":{"type":"WordPiece",
"prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"[UNK]",
"continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,
"sea":3,"the":4,"##s":5,"a":6,"b":7}}}"###;

/// A small encoder with its two other files.
fn encoder(path: &Path) {
	let mut tensors = HashMap::new();
	let mut add = |name: &str, shape: &[usize]| {
		let values = Tensor::ones(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
		tensors.insert(name.to_string(), values);
	};
	let norm = |add: &mut dyn FnMut(&str, &[usize]), name: &str| {
		add(&format!("{name}.weight"), &[WIDTH]);
		add(&format!("{name}.bias"), &[WIDTH]);
	};
	let dense = |add: &mut dyn FnMut(&str, &[usize]), name: &str, out: usize, from: usize| {
		add(&format!("{name}.weight"), &[out, from]);
		add(&format!("{name}.bias"), &[out]);
	};
	add("embeddings.word_embeddings.weight", &[8, WIDTH]);
	add("embeddings.position_embeddings.weight", &[CONTEXT, WIDTH]);
	add("embeddings.token_type_embeddings.weight", &[2, WIDTH]);
	norm(&mut add, "embeddings.LayerNorm");
	let layer = "encoder.layer.0";
	for part in ["query", "key", "value"] {
		dense(
			&mut add,
			&format!("{layer}.attention.self.{part}"),
			WIDTH,
			WIDTH,
		);
	}
	dense(
		&mut add,
		&format!("{layer}.attention.output.dense"),
		WIDTH,
		WIDTH,
	);
	norm(&mut add, &format!("{layer}.attention.output.LayerNorm"));
	dense(
		&mut add,
		&format!("{layer}.intermediate.dense"),
		WIDE,
		WIDTH,
	);
	dense(&mut add, &format!("{layer}.output.dense"), WIDTH, WIDE);
	norm(&mut add, &format!("{layer}.output.LayerNorm"));
	candle_core::safetensors::save(&tensors, path).unwrap();
	std::fs::write(path.with_file_name("config.json"), CONFIG).unwrap();
	std::fs::write(path.with_file_name("tokenizer.json"), TOKENIZER).unwrap();
}

/// Loads the file and, where it loads, runs a job.
fn use_model(path: &Path, task: Task, kernels: Kernels) -> Result<(), EngineError> {
	let options = EngineOptions {
		threads: NonZeroUsize::new(1),
		kernels,
		..Default::default()
	};
	let mut engine = CandleEngine::new(options)?;
	let model = engine.load(path)?.hash;
	let job = JobParameters {
		model,
		task,
		input: b"the abs".to_vec(),
		seed: [7; 32],
		temperature_milli: 700,
		max_tokens: 3,
		cancel: CancelFlag::default(),
	};
	engine
		.run(&job, &mut |_| ControlFlow::Continue(()))
		.map(|_| ())
}

/// Changes `target` in every case, uses the model, and counts those that were refused and that ran.
fn search(model: &Path, target: &Path, header: usize, task: Task) {
	let whole = std::fs::read(target).unwrap();
	use_model(model, task, Kernels::Dequantised).expect("the unchanged file runs");
	let (mut refused, mut ran) = (0u64, 0u64);
	for case in 0..cases() {
		let mut random = Random(case);
		let mut bytes = whole.clone();
		change(&mut bytes, header, &mut random);
		std::fs::write(target, &bytes).unwrap();
		let kernels = match random.below(2) {
			0 => Kernels::Dequantised,
			_ => Kernels::Quantised,
		};
		let started = std::time::Instant::now();
		let outcome = catch_unwind(AssertUnwindSafe(|| use_model(model, task, kernels)));
		match outcome {
			Err(_) => panic!("case {case} of {} panicked", target.display()),
			Ok(Err(error)) => {
				assert!(!error.to_string().is_empty());
				refused += 1;
			}
			Ok(Ok(())) => ran += 1,
		}
		assert!(started.elapsed() < PATIENCE, "case {case} took too long");
	}
	std::fs::write(target, whole).unwrap();
	// Both ends of the search were met.
	assert!(refused > 0 && ran > 0, "{refused} refused, {ran} ran");
}

#[test]
fn a_damaged_gguf_file_is_refused_or_runs() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("small.gguf");
	text_model(&path);
	search(&path, &path, 4_096, Task::Complete);
}

#[test]
fn a_damaged_safetensors_file_is_refused_or_runs() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("model.safetensors");
	encoder(&path);
	search(&path, &path, 2_048, Task::Embed);
}

#[test]
fn a_damaged_configuration_or_tokenizer_is_refused_or_runs() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("model.safetensors");
	encoder(&path);
	for name in ["config.json", "tokenizer.json"] {
		let target = folder.path().join(name);
		search(&path, &target, usize::MAX, Task::Embed);
	}
}
