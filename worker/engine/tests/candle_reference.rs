//! The forward pass against candle's own `quantized_llama`, which knows the last position only.

mod common;

use std::fs::File;
use std::io::BufReader;

use aci_engine::{Engine, Kernels, Task};
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use common::{engine, model_path, SMOLLM2};

/// Bound of the difference of a logit in f32; 1.3e-4 was measured over 37 tokens. Logits of this
/// model span about 34.
const F32_BOUND: f32 = 2e-3;

/// The bound with quantised kernels, which round activations to 8 bits before each product and so
/// turn differences in the last bit into steps. candle's own pass over 37 tokens at once and one
/// by one differs by 1.07.
const QUANTISED_BOUND: f32 = 2.5;

/// Logits of every position from candle's pass, one position after the other, and of the last
/// position from one whole pass.
fn candle_logits(tokens: &[u32]) -> (Vec<Vec<f32>>, Vec<f32>) {
	let mut reader = BufReader::new(File::open(model_path(SMOLLM2)).unwrap());
	let content = Content::read(&mut reader).unwrap();
	let mut reference = ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).unwrap();
	let mut forward = |tokens: &[u32], start: usize| -> Vec<f32> {
		let input = Tensor::new(tokens, &Device::Cpu)
			.unwrap()
			.unsqueeze(0)
			.unwrap();
		reference
			.forward(&input, start)
			.unwrap()
			.squeeze(0)
			.unwrap()
			.to_vec1()
			.unwrap()
	};
	let steps = (0..tokens.len())
		.map(|index| forward(&tokens[index..=index], index))
		.collect();
	(steps, forward(tokens, 0))
}

#[test]
fn logits_of_every_position_are_those_of_candles_llama() {
	// candle reads this variable once per thread; without it, it uses the quantised kernels.
	for (kernels, variable) in [(Kernels::Quantised, "0"), (Kernels::Dequantised, "1")] {
		std::env::set_var("CANDLE_DEQUANTIZE_ALL", variable);
		std::thread::spawn(move || compare(kernels)).join().unwrap();
	}
}

fn compare(kernels: Kernels) {
	let (mut engine, hash) = engine(SMOLLM2, kernels);
	let tokens = engine
		.prompt_tokens(&hash, Task::Chat, b"What is the capital of France?")
		.unwrap();
	let ours = engine.logits(&hash, &tokens).unwrap();
	let tokens = match kernels {
		Kernels::Quantised => &tokens[..8],
		_ => &tokens[..],
	};
	let (steps, whole) = candle_logits(tokens);
	let whole_difference = difference(&ours[tokens.len() - 1], &whole);
	let largest = ours
		.iter()
		.zip(&steps)
		.map(|(ours, theirs)| difference(ours, theirs))
		.fold(whole_difference, f32::max);
	println!("{kernels:?}: largest difference of a logit {largest}");
	assert!(
		difference(&ours[0], &steps[0]) < F32_BOUND,
		"the first position has no other to see"
	);
	let bound = match kernels {
		Kernels::Quantised => QUANTISED_BOUND,
		_ => F32_BOUND,
	};
	assert!(largest < bound, "{kernels:?}: largest difference {largest}");
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
	assert_eq!(a.len(), b.len());
	a.iter()
		.zip(b)
		.map(|(a, b)| (a - b).abs())
		.fold(0.0, f32::max)
}
