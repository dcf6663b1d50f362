//! What happens when a GPU's memory is full. Alone in its file: tests of one file share the device.
//!
//! `cargo test --release -p aci-engine --features cuda --test cuda_memory -- --ignored`.

#![cfg(feature = "cuda")]

mod common;

use aci_engine::{CandleEngine, DeviceChoice, Engine, EngineError, EngineOptions, Task};
use candle_core::{DType, Device, Tensor};
use common::{ignore, job, model_path, SMOLLM2};

/// Takes the free memory in pieces of this many bytes, from large to small.
const PIECES: [usize; 5] = [1 << 30, 1 << 26, 1 << 22, 1 << 18, 1 << 14];

fn fill(device: &Device) -> Vec<Tensor> {
	let mut taken = Vec::new();
	for piece in PIECES {
		while let Ok(tensor) = Tensor::zeros(piece, DType::U8, device) {
			taken.push(tensor);
		}
	}
	taken
}

#[test]
#[ignore = "needs an NVIDIA GPU, all of it"]
fn full_memory_is_an_error_that_says_so_and_the_engine_goes_on_when_there_is_room() {
	let device = Device::new_cuda(0).unwrap();
	let options = EngineOptions {
		device: DeviceChoice::Cuda(0),
		..Default::default()
	};
	let mut engine = CandleEngine::new(options).unwrap();
	let taken = fill(&device);
	let error = engine.load(&model_path(SMOLLM2)).unwrap_err();
	println!("{error}");
	assert!(matches!(error, EngineError::OutOfMemory { .. }), "{error}");
	drop(taken);

	let hash = engine.load(&model_path(SMOLLM2)).unwrap().hash;
	let job = job(hash, Task::Chat, "What is the capital of France?", 16);
	let before = engine.run(&job, &mut ignore).unwrap();
	let taken = fill(&device);
	let error = engine.run(&job, &mut ignore).unwrap_err();
	println!("{error}");
	assert!(matches!(error, EngineError::OutOfMemory { .. }), "{error}");
	drop(taken);
	let after = engine.run(&job, &mut ignore).unwrap();
	assert_eq!(before.output, after.output);
}
