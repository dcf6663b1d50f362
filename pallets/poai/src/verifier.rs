//! The verifier of evidence that this part of the chain has.

use crate::{Config, SoftwareRoot};
use aci_poai::software_tee;
use aci_primitives::{
	evidence::{Claims, Evidence, EvidenceError},
	traits::AttestationVerifier,
};
use core::marker::PhantomData;
use sp_core::ed25519;

/// Verifies evidence of the software TEE against the root that genesis stored. A chain without a
/// root accepts none.
pub struct SoftwareTee<T>(PhantomData<T>);

impl<T: Config> AttestationVerifier for SoftwareTee<T> {
	fn verify(evidence: &Evidence, report_data: &[u8; 64]) -> Result<Claims, EvidenceError> {
		match evidence {
			Evidence::Software(quote) => software_tee::verify(
				SoftwareRoot::<T>::get().as_ref(),
				quote,
				report_data,
				verify_ed25519,
			),
			Evidence::SoftwareGpu(quote) => software_tee::verify_gpu(
				SoftwareRoot::<T>::get().as_ref(),
				quote,
				report_data,
				verify_ed25519,
			),
			_ => Err(EvidenceError::TeeNotAccepted),
		}
	}
}

/// ed25519 by the host function.
pub(crate) fn verify_ed25519(
	signature: &ed25519::Signature,
	message: &[u8],
	key: &ed25519::Public,
) -> bool {
	sp_io::crypto::ed25519_verify(signature, message, key)
}
