//! What evidence is bound to; see [`Registration`].

pub use aci_primitives::{
	domain::{GPU_EVIDENCE, GPU_NONCE},
	evidence::{gpu_evidence_hash, Registration},
};
