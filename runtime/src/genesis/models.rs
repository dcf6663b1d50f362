//! The two models that development chains know from their first block on.
//!
//! Shapes are those of the files' own metadata; identities are the files' SHA-256.

use aci_primitives::{
	model::{ModelKind, ModelShape},
	proof::ProfileKind,
	BoundedBytes, ModelId, ModelManifest,
};
use alloc::{vec, vec::Vec};
use hex_literal::hex;
use sp_core::H256;

/// SmolLM2-135M-Instruct, GGUF Q4_1: generates text.
pub const SMOLLM2: ModelId = H256(hex!(
	"b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
));
/// all-MiniLM-L6-v2, safetensors: embeds text.
pub const MINILM: ModelId = H256(hex!(
	"53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
));
/// The tokenizer of [`MINILM`].
const MINILM_TOKENIZER: H256 = H256(hex!(
	"be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
));

/// Cuts a name at the bound of its type; the names below are shorter.
fn name(text: &str) -> BoundedBytes<64> {
	BoundedBytes::truncate_from(text.as_bytes().to_vec())
}

/// The manifest of [`SMOLLM2`]. Its file holds its tokenizer.
pub fn smollm2() -> ModelManifest {
	ModelManifest {
		name: name("SmolLM2-135M-Instruct Q4_1"),
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
		tokenizer: SMOLLM2,
		profiles: bounded(vec![ProfileKind::SampledText]),
	}
}

/// The manifest of [`MINILM`].
pub fn minilm() -> ModelManifest {
	ModelManifest {
		name: name("all-MiniLM-L6-v2"),
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
		tokenizer: MINILM_TOKENIZER,
		profiles: bounded(vec![ProfileKind::Numeric]),
	}
}

fn bounded(profiles: Vec<ProfileKind>) -> aci_primitives::BoundedList<ProfileKind, 4> {
	aci_primitives::BoundedList::truncate_from(profiles)
}
