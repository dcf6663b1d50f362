//! Tests by module, and the models and the job that they share.

mod committee;
mod compute;
mod decoding;
mod detection;
mod divergence;
mod fingerprint;
mod fingerprint_attacks;
mod float;
mod hardware;
mod judgement;
mod level1;
mod margin;
mod overlap;
mod proof;
mod selection;
mod sequential;
mod software_tee;
mod statistic;

use aci_primitives::{
	job::{JobInput, JobParameters, PrivacyTier},
	model::{ModelKind, ModelManifest, ModelShape},
	proof::{Profile, ProfileKind},
	Class, JobSpec,
};
use sp_core::H256;

/// SmolLM2-135M, 4-bit.
pub fn smollm2() -> ModelManifest {
	ModelManifest {
		name: b"SmolLM2-135M-Instruct".to_vec().try_into().expect("short"),
		kind: ModelKind::TextGeneration,
		shape: ModelShape {
			layers: 30,
			hidden: 576,
			heads: 9,
			key_value_heads: 3,
			head_dimension: 64,
			feed_forward: 1_536,
			feed_forward_matrices: 3,
			vocabulary: 49_152,
			context: 8_192,
		},
		weight_bytes: 98_362_432,
		tokenizer: H256::repeat_byte(1),
		profiles: vec![ProfileKind::SampledText, ProfileKind::Exact]
			.try_into()
			.expect("short"),
	}
}

/// all-MiniLM-L6-v2, 32-bit.
pub fn minilm() -> ModelManifest {
	ModelManifest {
		name: b"all-MiniLM-L6-v2".to_vec().try_into().expect("short"),
		kind: ModelKind::Embedding,
		shape: ModelShape {
			layers: 6,
			hidden: 384,
			heads: 12,
			key_value_heads: 12,
			head_dimension: 32,
			feed_forward: 1_536,
			feed_forward_matrices: 2,
			vocabulary: 0,
			context: 512,
		},
		weight_bytes: 90_868_376,
		tokenizer: H256::repeat_byte(2),
		profiles: vec![ProfileKind::Numeric].try_into().expect("short"),
	}
}

/// One H100 SXM: dense bf16 peak.
pub fn h100() -> Class {
	Class {
		name: b"h100-80g".to_vec().try_into().expect("short"),
		memory: 80_000_000_000,
		peak_flops: 989_000_000_000_000,
		bandwidth: 3_350_000_000_000,
	}
}

/// An order for a text of SmolLM2.
pub fn text_order() -> JobSpec {
	JobSpec {
		model: H256::repeat_byte(0x11),
		class: 0,
		input: JobInput::Inline(
			b"What is the capital of France?"
				.to_vec()
				.try_into()
				.expect("short"),
		),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 0,
			seed: H256::repeat_byte(5),
		},
		max_price: 1_000,
		sla: 60_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

/// The next number of a small generator, for test data.
pub fn splitmix(state: &mut u64) -> u64 {
	*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
	let mut z = *state;
	z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	z ^ (z >> 31)
}
