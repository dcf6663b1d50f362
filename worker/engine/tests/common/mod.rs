//! The real models that the tests run, and how they are found.
//!
//! They lie in the folder named by `ACI_MODELS`, else in `~/.cache/aci/models`, where
//! `scripts/setup.sh` puts them. A test without its model fails and says so.

#![allow(dead_code)]

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;

use aci_engine::{
	CancelFlag, CandleEngine, EngineOptions, JobParameters, Kernels, ModelHash, Progress, Task,
};

pub const SMOLLM2: &str = "smollm2-135m-instruct-q4_1.gguf";
pub const SMOLLM2_HASH: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
pub const MINILM: &str = "all-minilm-l6-v2/model.safetensors";

/// The path of a model file.
pub fn model_path(name: &str) -> PathBuf {
	let folder = match std::env::var_os("ACI_MODELS") {
		Some(folder) => PathBuf::from(folder),
		None => {
			let home = std::env::var_os("HOME").expect("set HOME or ACI_MODELS");
			PathBuf::from(home).join(".cache/aci/models")
		}
	};
	let path = folder.join(name);
	assert!(
		path.is_file(),
		"{} is missing: run scripts/setup.sh, or set ACI_MODELS to the folder with the models",
		path.display()
	);
	path
}

/// An engine with one model, two threads.
pub fn engine(name: &str, kernels: Kernels) -> (CandleEngine, ModelHash) {
	let options = EngineOptions {
		threads: NonZeroUsize::new(2),
		kernels,
		..Default::default()
	};
	let mut engine = CandleEngine::new(options).unwrap();
	let hash = engine.load(&model_path(name)).unwrap().hash;
	(engine, hash)
}

/// A greedy job.
pub fn job(model: ModelHash, task: Task, input: &str, max_tokens: u32) -> JobParameters {
	JobParameters {
		model,
		task,
		input: input.into(),
		seed: [7; 32],
		temperature_milli: 0,
		max_tokens,
		cancel: CancelFlag::default(),
	}
}

/// A sink that never stops the job.
pub fn ignore(_: Progress<'_>) -> ControlFlow<()> {
	ControlFlow::Continue(())
}

/// Index and value of the highest logit, and its lead over the second.
pub fn top(logits: &[f32]) -> (u32, f32) {
	let mut first = (0u32, f32::NEG_INFINITY);
	let mut second = f32::NEG_INFINITY;
	for (token, &logit) in logits.iter().enumerate() {
		if logit > first.1 {
			second = first.1;
			first = (token as u32, logit);
		} else if logit > second {
			second = logit;
		}
	}
	(first.0, first.1 - second)
}
