//! Embeddings with the real all-MiniLM-L6-v2.

mod common;

use aci_engine::{Engine, EngineError, Finish, Kernels, ModelKind, Task};
use common::{engine, ignore, job, model_path, MINILM};

fn numbers(output: &[u8]) -> Vec<f32> {
	output
		.chunks_exact(4)
		.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
		.collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
	a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn manifest_has_the_numbers_of_config_json() {
	let (engine, hash) = engine(MINILM, Kernels::Dequantised);
	let manifest = engine.manifest(&hash).unwrap();
	assert_eq!(manifest.kind, ModelKind::SafetensorsBert);
	assert_eq!(
		[
			manifest.layers,
			manifest.hidden,
			manifest.heads,
			manifest.kv_heads,
			manifest.head_dim
		],
		[6, 384, 12, 12, 32]
	);
	assert_eq!(
		[manifest.ffn, manifest.vocab, manifest.context],
		[1536, 30_522, 512]
	);
	assert_eq!(manifest.weight_bytes, 90_868_376);
	assert_eq!(
		manifest.parameters_per_layer(),
		4 * 384 * 384 + 2 * 384 * 1536
	);
	assert_eq!(
		manifest.tokenizer_hash.unwrap().to_string(),
		"be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
	);
	assert!(manifest.config_hash.is_some());
}

#[test]
fn embedding_has_384_numbers_of_unit_norm_and_the_same_bytes_each_time() {
	let (mut engine, hash) = engine(MINILM, Kernels::Dequantised);
	let embed = job(hash, Task::Embed, "The sea is calm today.", 0);
	let first = engine.run(&embed, &mut ignore).unwrap();
	let second = engine.run(&embed, &mut ignore).unwrap();
	assert_eq!(first.output, second.output);
	assert_eq!(first.finish, Finish::Stop);
	assert_eq!((first.tokens_in, first.tokens_out), (8, 0));
	let embedding = numbers(&first.output);
	assert_eq!(embedding.len(), 384);
	assert!((cosine(&embedding, &embedding) - 1.0).abs() < 1e-5);
}

#[test]
fn related_sentences_are_closer_than_unrelated_ones() {
	let (mut engine, hash) = engine(MINILM, Kernels::Dequantised);
	let mut embed = |text| {
		numbers(
			&engine
				.run(&job(hash, Task::Embed, text, 0), &mut ignore)
				.unwrap()
				.output,
		)
	};
	let dog = embed("A dog is running across the field.");
	let puppy = embed("A puppy runs through the meadow.");
	let tax = embed("The tax return is due at the end of May.");
	let (related, unrelated) = (cosine(&dog, &puppy), cosine(&dog, &tax));
	assert!(
		related > 0.5 && unrelated < 0.2,
		"related {related}, unrelated {unrelated}"
	);
}

#[test]
fn texts_are_cut_at_the_tokenizers_length() {
	let (mut engine, hash) = engine(MINILM, Kernels::Dequantised);
	let long = engine
		.run(&job(hash, Task::Embed, &"sea ".repeat(500), 0), &mut ignore)
		.unwrap();
	assert_eq!(long.tokens_in, 128);
	assert_eq!(long.output.len(), 4 * 384);
}

#[test]
fn cancelled_and_empty_jobs_make_no_embedding() {
	let (mut engine, hash) = engine(MINILM, Kernels::Dequantised);
	let embed = job(hash, Task::Embed, "text", 0);
	embed.cancel.cancel();
	let outcome = engine.run(&embed, &mut ignore).unwrap();
	assert_eq!(
		(outcome.finish, outcome.output.len()),
		(Finish::Cancelled, 0)
	);
	let error = engine
		.run(&job(hash, Task::Embed, "", 0), &mut ignore)
		.unwrap_err();
	assert!(matches!(error, EngineError::EmptyInput));
}

#[test]
fn encoder_without_its_tokenizer_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let weights = folder.path().join("model.safetensors");
	std::fs::copy(model_path(MINILM), &weights).unwrap();
	std::fs::copy(
		model_path(MINILM).with_file_name("config.json"),
		folder.path().join("config.json"),
	)
	.unwrap();
	let error = aci_engine::ModelFile::identify(&weights).unwrap_err();
	assert!(error.to_string().contains("tokenizer.json"), "{error}");
}
