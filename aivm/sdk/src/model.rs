//! Models whose weights are on chain.

use crate::{sys, Hash, Tensor};

/// A loaded model. It lives as long as the call.
#[derive(Debug)]
pub struct Model(u64);

impl Model {
	/// MODEL_LOAD. `None` when no weights are on chain for the hash.
	pub fn load(hash: &Hash) -> Option<Self> {
		// SAFETY: 32 bytes are read.
		match unsafe { sys::model_load(hash.as_ptr()) } {
			0 => None,
			handle => Some(Self(handle)),
		}
	}

	/// MODEL_INFER: rows of 8-bit inputs to rows of fixed-point outputs.
	pub fn infer(&self, input: &Tensor) -> Tensor {
		// SAFETY: no memory is touched.
		Tensor(unsafe { sys::model_infer(self.0, input.0) })
	}

	/// MODEL_HASH: SHA-256 of the weights.
	pub fn hash(&self) -> Hash {
		let mut hash = [0; 32];
		// SAFETY: the machine writes 32 bytes.
		unsafe { sys::model_hash(self.0, hash.as_mut_ptr()) }
		hash
	}
}
