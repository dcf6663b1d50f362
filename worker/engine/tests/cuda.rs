//! The same models on an NVIDIA GPU, compared with the CPU.
//!
//! They need a GPU, so they run only when asked for:
//! `cargo test --release -p aci-engine --features cuda --test cuda -- --ignored`.

#![cfg(feature = "cuda")]

mod common;

use aci_engine::{CandleEngine, DeviceChoice, Engine, EngineOptions, Kernels, ModelHash, Task};
use common::{ignore, job, model_path, top, MINILM, SMOLLM2};

/// Both devices compute in f32 and differ by the order of sums only.
const TOLERANCE: f32 = 0.01;

const FRANCE: &str = "What is the capital of France?";

fn engine(device: DeviceChoice, name: &str) -> (CandleEngine, ModelHash) {
	let options = EngineOptions {
		device,
		threads: None,
		kernels: Kernels::Dequantised,
	};
	let mut engine = CandleEngine::new(options).unwrap();
	let hash = engine.load(&model_path(name)).unwrap().hash;
	(engine, hash)
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn logits_of_gpu_and_cpu_agree() {
	let (mut cpu, hash) = engine(DeviceChoice::Cpu, SMOLLM2);
	let (mut gpu, _) = engine(DeviceChoice::Cuda(0), SMOLLM2);
	let tokens = cpu
		.prompt_tokens(&hash, Task::Chat, FRANCE.as_bytes())
		.unwrap();
	let expected = cpu.logits(&hash, &tokens).unwrap();
	let found = gpu.logits(&hash, &tokens).unwrap();
	assert_eq!(found.len(), tokens.len());
	for (position, (expected, found)) in expected.iter().zip(&found).enumerate() {
		let worst = expected
			.iter()
			.zip(found)
			.map(|(a, b)| (a - b).abs())
			.fold(0.0, f32::max);
		assert!(worst < TOLERANCE, "position {position}: {worst}");
		let (token, lead) = top(expected);
		if lead > 2.0 * TOLERANCE {
			assert_eq!(top(found).0, token, "position {position}");
		}
	}
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn answer_is_the_same_on_every_thread_right_after_loading() {
	let answers: Vec<Vec<u8>> = (0..4)
		.map(|_| {
			let (mut gpu, hash) = engine(DeviceChoice::Cuda(0), SMOLLM2);
			let job = job(hash, Task::Chat, FRANCE, 16);
			std::thread::spawn(move || gpu.run(&job, &mut ignore).unwrap().output)
				.join()
				.unwrap()
		})
		.collect();
	let text = String::from_utf8_lossy(&answers[0]);
	assert!(text.contains("Paris"), "{text}");
	assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn embeddings_of_gpu_and_cpu_agree() {
	let (cpu, hash) = engine(DeviceChoice::Cpu, MINILM);
	let (gpu, _) = engine(DeviceChoice::Cuda(0), MINILM);
	let embed = |engine: &CandleEngine| {
		let model = engine.embedding_model(&hash).unwrap();
		model.embed(FRANCE).unwrap().0
	};
	for (a, b) in embed(&cpu).iter().zip(embed(&gpu)) {
		assert!((a - b).abs() < TOLERANCE, "{a} {b}");
	}
}
