//! Runs one prompt and prints the output and the speed.
//!
//! `cargo run --release -p aci-engine --example run -- MODEL PROMPT [TEMPERATURE_MILLI [THREADS]]
//! [--quantised] [--prefill] [--cuda]`
//!
//! A GGUF model answers the prompt as a chat message; an encoder prints its embedding as JSON.
//! `--quantised` uses the quantised kernels, `--cuda` the first NVIDIA GPU. With `--prefill` prompt
//! and output are fed once more in one teacher-forced pass, as a verifier does, and that time is
//! printed too.

use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use aci_engine::{
	CancelFlag, CandleEngine, DeviceChoice, Engine, EngineOptions, JobParameters, Kernels,
	ModelKind, Progress, Task,
};

const USAGE: &str =
	"usage: run MODEL PROMPT [TEMPERATURE_MILLI [THREADS]] [--quantised] [--prefill] [--cuda]";

fn main() -> ExitCode {
	match run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("{error}");
			ExitCode::FAILURE
		}
	}
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
	let (flags, arguments): (Vec<String>, Vec<String>) = std::env::args()
		.skip(1)
		.partition(|argument| argument.starts_with("--"));
	let flag = |name: &str| flags.iter().any(|flag| flag == name);
	let kernels = if flag("--quantised") {
		Kernels::Quantised
	} else {
		Kernels::Dequantised
	};
	let device = if flag("--cuda") {
		DeviceChoice::Cuda(0)
	} else {
		DeviceChoice::Cpu
	};
	let [model, prompt, rest @ ..] = arguments.as_slice() else {
		return Err(USAGE.into());
	};
	let temperature_milli = rest.first().map_or(Ok(0), |text| text.parse())?;
	let threads = rest
		.get(1)
		.map(|text| text.parse::<NonZeroUsize>())
		.transpose()?;
	let options = EngineOptions {
		device,
		threads,
		kernels,
	};

	let mut engine = CandleEngine::new(options)?;
	let loading = Instant::now();
	let manifest = engine.load(Path::new(model))?;
	eprintln!(
		"{manifest:#?}\nloaded in {} ms",
		loading.elapsed().as_millis()
	);
	let job = JobParameters {
		model: manifest.hash,
		task: match manifest.kind {
			ModelKind::GgufLlama => Task::Chat,
			ModelKind::SafetensorsBert => Task::Embed,
		},
		input: prompt.clone().into_bytes(),
		seed: [0; 32],
		temperature_milli,
		max_tokens: 128,
		cancel: CancelFlag::default(),
	};
	let outcome = engine.run(&job, &mut |progress| {
		if let Progress::Token { text, .. } | Progress::Rest { text } = progress {
			print!("{text}");
			// A closed pipe ends the job.
			if std::io::stdout().flush().is_err() {
				return ControlFlow::Break(());
			}
		}
		ControlFlow::Continue(())
	})?;
	println!();
	if manifest.kind == ModelKind::SafetensorsBert {
		let numbers: Vec<f32> = outcome
			.output
			.chunks_exact(4)
			.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
			.collect();
		println!("{numbers:?}");
	} else {
		println!("{:?}", outcome.token_ids);
	}
	let speed = |tokens: u32, ms: u64| f64::from(tokens) * 1000.0 / ms.max(1) as f64;
	eprintln!(
		"{:?}: {} tokens read in {} ms ({:.1}/s), {} made in {} ms ({:.1}/s)",
		outcome.finish,
		outcome.tokens_in,
		outcome.prefill_ms,
		speed(outcome.tokens_in, outcome.prefill_ms),
		outcome.tokens_out,
		outcome.generate_ms,
		speed(outcome.tokens_out, outcome.generate_ms),
	);
	if flag("--prefill") && manifest.kind == ModelKind::GgufLlama {
		let mut tokens = engine.prompt_tokens(&job.model, job.task, &job.input)?;
		tokens.extend(&outcome.token_ids);
		let started = Instant::now();
		engine.visit_positions(&job.model, &tokens, &mut |_| ControlFlow::Continue(()))?;
		let ms = started.elapsed().as_millis();
		eprintln!("one pass over all {} tokens in {ms} ms", tokens.len());
	}
	Ok(())
}
