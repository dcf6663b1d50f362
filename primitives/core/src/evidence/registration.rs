//! What evidence is bound to, so that it is of no use to anyone else, anywhere else or later.
//!
//! # Guarantees
//!
//! 1. The machine's evidence carries [`Registration::report_data`]: chain, account, session key, data
//!    key, a recent block and the hash of all GPU evidence, in this order, under one domain.
//! 2. A GPU's report carries [`Registration::nonce`]: the same without the GPU evidence, under another
//!    domain. So a GPU's report was made for this registration, and the machine's evidence names
//!    exactly these reports.

use super::{Binding, GpuEvidence};
use crate::{
	domain::{tagged_hash, GPU_EVIDENCE, GPU_NONCE},
	AccountId, Hash,
};
use sp_core::{ed25519, H256};

/// What an account registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
	/// Hash of block 0 of the chain.
	pub genesis: Hash,
	/// The account that registers.
	pub account: AccountId,
	/// Signs receipts.
	pub session_key: ed25519::Public,
	/// Receives encrypted inputs; x25519.
	pub data_key: [u8; 32],
	/// Hash of a recent block.
	pub recent_block: Hash,
}

impl Registration {
	/// What the machine's evidence must carry when it comes with these GPUs' evidence.
	pub fn report_data(&self, gpus: &[GpuEvidence]) -> [u8; 64] {
		self.binding(gpu_evidence_hash(gpus)).report_data()
	}

	/// What each GPU's report must carry.
	pub fn nonce(&self) -> [u8; 32] {
		tagged_hash(GPU_NONCE, &self.binding(H256::zero())).0
	}

	fn binding(&self, device_evidence: H256) -> Binding {
		Binding {
			genesis: self.genesis,
			account: self.account.clone(),
			session_key: self.session_key,
			data_key: self.data_key,
			recent_block: self.recent_block,
			device_evidence,
		}
	}
}

/// The hash of all GPU evidence; zero without any.
pub fn gpu_evidence_hash(gpus: &[GpuEvidence]) -> H256 {
	if gpus.is_empty() {
		H256::zero()
	} else {
		tagged_hash(GPU_EVIDENCE, gpus)
	}
}
