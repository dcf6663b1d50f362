//! What was computed elsewhere, verified.

use crate::{sys, Hash, Tensor};

/// TEE_VERIFY: whether a TEE that the chain accepts attests the statement.
pub fn tee(attestation: &[u8], statement: &[u8]) -> bool {
	// SAFETY: pointers and lengths of two slices.
	unsafe {
		sys::tee_verify(
			attestation.as_ptr(),
			attestation.len() as u32,
			statement.as_ptr(),
			statement.len() as u32,
		) == 1
	}
}

/// HASH_COMPARE.
pub fn same_hash(a: &Hash, b: &Hash) -> bool {
	// SAFETY: 32 bytes of each are read.
	unsafe { sys::hash_compare(a.as_ptr(), b.as_ptr()) == 1 }
}

/// KL_DIVERGE: the mean divergence of the rows, in units of 2^-16.
pub fn divergence(p: &Tensor, q: &Tensor) -> u32 {
	// SAFETY: no memory is touched.
	unsafe { sys::kl_diverge(p.0, q.0) }
}
