use super::{h100, minilm, smollm2};
use crate::compute::*;
use aci_primitives::{
	model::{ModelKind, ModelManifest, ModelShape},
	Class,
};
use proptest::prelude::*;

fn smollm2_operations(tokens_in: u32, tokens_out: u32) -> u128 {
	let model = smollm2();
	operations(model.kind, &model.shape, tokens_in, tokens_out).expect("within the context")
}

/// `amount` in units of `unit`, rounded to the nearest.
fn rounded(amount: u128, unit: u128) -> u128 {
	(amount + unit / 2) / unit
}

#[test]
fn smollm2_costs_what_was_worked_out_by_hand() {
	// 9.86 GFLOP, 157 GFLOP, 1.45 TFLOP.
	assert_eq!(rounded(smollm2_operations(37, 8), 10_000_000), 986);
	assert_eq!(rounded(smollm2_operations(512, 128), 1_000_000_000), 157);
	assert_eq!(rounded(smollm2_operations(4_000, 96), 10_000_000_000), 145);
}

#[test]
fn one_token_of_smollm2_costs_its_parameters_twice() {
	let layers = 106_168_320;
	let head = 28_311_552;
	let attention_of_one_position = 4 * 30 * 9 * 64;
	assert_eq!(
		smollm2_operations(1, 1),
		2 * layers + 2 * head + attention_of_one_position
	);
}

#[test]
fn an_ended_generation_costs_the_draw_of_its_end() {
	assert_eq!(smollm2_operations(37, 0), smollm2_operations(37, 1));
}

#[test]
fn minilm_costs_its_layers_twice_and_full_attention() {
	let model = minilm();
	let layers: u128 = 6 * (4 * 384 * 384 + 2 * 384 * 1_536);
	assert_eq!(layers, 10_616_832);
	let tokens = 20;
	assert_eq!(
		operations(model.kind, &model.shape, 20, 0),
		Ok(2 * layers * tokens + 4 * 6 * 384 * tokens * tokens)
	);
}

#[test]
fn a_run_outside_the_model_has_no_cost() {
	let text = smollm2();
	assert_eq!(
		operations(text.kind, &text.shape, 0, 5),
		Err(ComputeError::NoInput)
	);
	assert!(operations(text.kind, &text.shape, 8_192, 1).is_ok());
	assert_eq!(
		operations(text.kind, &text.shape, 8_192, 2),
		Err(ComputeError::BeyondContext)
	);
	assert_eq!(
		operations(text.kind, &text.shape, u32::MAX, u32::MAX),
		Err(ComputeError::BeyondContext)
	);
	let embedding = minilm();
	assert_eq!(
		operations(embedding.kind, &embedding.shape, 10, 1),
		Err(ComputeError::EmbeddingWithOutput)
	);
	assert_eq!(
		operations(embedding.kind, &embedding.shape, 513, 0),
		Err(ComputeError::BeyondContext)
	);
}

#[test]
fn a_shape_outside_the_domain_is_refused() {
	type Change = fn(&mut ModelManifest);
	let cases: [(Change, ComputeError); 20] = [
		(|m| m.weight_bytes = 0, ComputeError::ZeroDimension),
		(
			|m| m.weight_bytes = MAX_WEIGHT_BYTES + 1,
			ComputeError::DimensionTooLarge,
		),
		(|m| m.shape.layers = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.layers = MAX_LAYERS + 1,
			ComputeError::DimensionTooLarge,
		),
		(|m| m.shape.hidden = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.hidden = MAX_HIDDEN + 1,
			ComputeError::DimensionTooLarge,
		),
		(|m| m.shape.heads = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.heads = MAX_HEADS + 1,
			ComputeError::DimensionTooLarge,
		),
		(|m| m.shape.heads = 10, ComputeError::HeadsNotGrouped),
		(|m| m.shape.key_value_heads = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.key_value_heads = 18,
			ComputeError::HeadsNotGrouped,
		),
		(|m| m.shape.head_dimension = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.head_dimension = MAX_HEAD_DIMENSION + 1,
			ComputeError::DimensionTooLarge,
		),
		(|m| m.shape.feed_forward = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.feed_forward = MAX_FEED_FORWARD + 1,
			ComputeError::DimensionTooLarge,
		),
		(
			|m| m.shape.feed_forward_matrices = 1,
			ComputeError::FeedForwardMatrices,
		),
		(|m| m.shape.vocabulary = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.vocabulary = MAX_VOCABULARY + 1,
			ComputeError::DimensionTooLarge,
		),
		(|m| m.shape.context = 0, ComputeError::ZeroDimension),
		(
			|m| m.shape.context = MAX_CONTEXT + 1,
			ComputeError::DimensionTooLarge,
		),
	];
	for (index, (change, error)) in cases.into_iter().enumerate() {
		let mut model = smollm2();
		change(&mut model);
		assert_eq!(check_model(&model), Err(error), "case {index}");
	}
	assert_eq!(check_model(&smollm2()), Ok(()));
	assert_eq!(check_model(&minilm()), Ok(()));
}

#[test]
fn the_largest_model_of_the_domain_does_not_overflow() {
	let shape = ModelShape {
		layers: MAX_LAYERS,
		hidden: MAX_HIDDEN,
		heads: MAX_HEADS,
		key_value_heads: MAX_HEADS,
		head_dimension: MAX_HEAD_DIMENSION,
		feed_forward: MAX_FEED_FORWARD,
		feed_forward_matrices: 3,
		vocabulary: MAX_VOCABULARY,
		context: MAX_CONTEXT,
	};
	for (kind, tokens) in [
		(
			ModelKind::TextGeneration,
			[(MAX_CONTEXT, 1), (1, MAX_CONTEXT)].as_slice(),
		),
		(ModelKind::Embedding, [(MAX_CONTEXT, 0)].as_slice()),
	] {
		let model = ModelManifest {
			kind,
			shape,
			weight_bytes: MAX_WEIGHT_BYTES,
			..smollm2()
		};
		for (tokens_in, tokens_out) in tokens {
			let count = operations(kind, &shape, *tokens_in, *tokens_out).expect("in the domain");
			assert!(count > 1 << 85 && count < 1 << 87);
			assert!(memory(&model, *tokens_in, *tokens_out).expect("in the domain") < 1 << 62);
			let slowest = Class {
				peak_flops: 1,
				bandwidth: 1,
				..h100()
			};
			assert_eq!(
				least_duration(&model, &slowest, *tokens_in, *tokens_out),
				Ok(u64::MAX)
			);
		}
	}
}

#[test]
fn bandwidth_governs_generation_on_a_fast_device() {
	// 128 reads of the weights, and the cache of 11,520 bytes a position:
	// 98,362,432 · 128 + 11,520 · (513 + … + 639) bytes at 3.35 TB/s.
	let bytes: u128 = 98_362_432 * 128 + 11_520 * (513..=639).sum::<u128>();
	let micros = bytes * 1_000_000 / 3_350_000_000_000;
	assert_eq!(micros, 4_009);
	assert_eq!(least_duration(&smollm2(), &h100(), 512, 128), Ok(4_009));
}

#[test]
fn peak_governs_embeddings() {
	let model = minilm();
	let count = operations(model.kind, &model.shape, 512, 0).expect("within the context");
	let class = Class {
		peak_flops: 1_000_000_000_000,
		..h100()
	};
	let micros = u64::try_from(count / 1_000_000).expect("small");
	assert_eq!(least_duration(&model, &class, 512, 0), Ok(micros));
}

#[test]
fn a_class_without_figures_gives_no_floor() {
	let no_peak = Class {
		peak_flops: 0,
		..h100()
	};
	let no_bandwidth = Class {
		bandwidth: 0,
		..h100()
	};
	for class in [no_peak, no_bandwidth] {
		assert_eq!(
			least_duration(&smollm2(), &class, 10, 10),
			Err(ComputeError::HardwareUnknown)
		);
	}
}

#[test]
fn memory_is_weights_and_cache() {
	assert_eq!(
		memory(&smollm2(), 100, 1),
		Ok(98_362_432 + 100 * 2 * 30 * 3 * 64)
	);
	assert_eq!(memory(&minilm(), 100, 0), Ok(90_868_376));
}

prop_compose! {
	/// A shape anywhere in the domain.
	fn any_shape()(
		layers in 1..=MAX_LAYERS,
		hidden in 1..=MAX_HIDDEN,
		key_value_heads in 1u32..=64,
		group in 1u32..=64,
		head_dimension in 1..=MAX_HEAD_DIMENSION,
		feed_forward in 1..=MAX_FEED_FORWARD,
		feed_forward_matrices in 2u32..=3,
		vocabulary in 1..=MAX_VOCABULARY,
		context in 1..=MAX_CONTEXT,
	) -> ModelShape {
		ModelShape {
			layers,
			hidden,
			heads: key_value_heads * group,
			key_value_heads,
			head_dimension,
			feed_forward,
			feed_forward_matrices,
			vocabulary,
			context,
		}
	}
}

fn any_kind() -> impl Strategy<Value = ModelKind> {
	prop_oneof![Just(ModelKind::TextGeneration), Just(ModelKind::Embedding)]
}

proptest! {
	#[test]
	fn cost_floor_and_memory_never_fall_with_tokens(
		kind in any_kind(),
		shape in any_shape(),
		weight_bytes in 1..=MAX_WEIGHT_BYTES,
		peak_flops in 1u64..,
		bandwidth in 1u64..,
		tokens_in in 1u32..MAX_CONTEXT,
		tokens_out in 0u32..MAX_CONTEXT,
		more_in in 0u32..1_000,
		more_out in 0u32..1_000,
	) {
		let shape = ModelShape { context: MAX_CONTEXT, ..shape };
		let embedding = kind == ModelKind::Embedding;
		let (tokens_in, tokens_out, more_out) = if embedding {
			(tokens_in, 0, 0)
		} else {
			(tokens_in / 2 + 1, tokens_out / 2, more_out)
		};
		let model = ModelManifest { kind, shape, weight_bytes, ..smollm2() };
		let class = Class { peak_flops, bandwidth, ..h100() };
		let (later_in, later_out) = (tokens_in + more_in, tokens_out + more_out);
		let Ok(after) = operations(kind, &shape, later_in, later_out) else {
			return Ok(());
		};
		let before = operations(kind, &shape, tokens_in, tokens_out).expect("fewer positions");
		prop_assert!(before <= after);
		prop_assert!(more_in == 0 || before < after);
		let floor = |tokens_in, tokens_out| least_duration(&model, &class, tokens_in, tokens_out).expect("in the domain");
		prop_assert!(floor(tokens_in, tokens_out) <= floor(later_in, later_out));
		let memory = |tokens_in, tokens_out| {
			memory(&model, tokens_in, tokens_out).expect("in the domain")
		};
		prop_assert!(memory(tokens_in, tokens_out) <= memory(later_in, later_out));
	}

	#[test]
	fn the_domain_ends_at_the_context_and_nowhere_else(
		kind in any_kind(),
		shape in any_shape(),
		tokens_in in 0u32..,
		tokens_out in 0u32..,
	) {
		let result = operations(kind, &shape, tokens_in, tokens_out);
		let expected = match kind {
			_ if tokens_in == 0 => Err(ComputeError::NoInput),
			ModelKind::Embedding if tokens_out > 0 => Err(ComputeError::EmbeddingWithOutput),
			ModelKind::Embedding if tokens_in > shape.context => Err(ComputeError::BeyondContext),
			ModelKind::TextGeneration
				if u64::from(tokens_in) + u64::from(tokens_out.max(1)) - 1 >
					u64::from(shape.context) =>
				Err(ComputeError::BeyondContext),
			_ => Ok(()),
		};
		prop_assert_eq!(result.map(|_| ()), expected);
	}

	#[test]
	fn a_run_of_one_more_drawn_token_costs_one_more_pass(
		tokens_in in 1u32..4_000,
		tokens_out in 1u32..4_000,
	) {
		let context = u128::from(tokens_in + tokens_out);
		let pass = 2 * 106_168_320 + 2 * 28_311_552 + 4 * 30 * 9 * 64 * context;
		prop_assert_eq!(
			smollm2_operations(tokens_in, tokens_out + 1),
			smollm2_operations(tokens_in, tokens_out) + pass
		);
	}
}
