//! Evidence as a worker sends it: the types of `aci_primitives::evidence`, and what can be read from
//! them before anything is verified.

use crate::{
	error::Part,
	x509::{Certificate, RevokedSerials},
};
pub use aci_primitives::evidence::{
	CertificateBytes, Evidence, GpuEvidence, HostEvidence, NvidiaEvidence, QuoteBytes,
	SevSnpEvidence, MAX_GPUS,
};
use alloc::vec::Vec;

/// The entries under which [`RevokedSerials`] would list the certificates of TrustZone and of GPUs
/// in this evidence: at most 54. What cannot be read is left out; it does not stand anyway.
pub fn serial_entries(evidence: &Evidence) -> Vec<[u8; 16]> {
	let trust_zone = match evidence {
		Evidence::TrustZone(chain) => &chain[..],
		_ => &[],
	};
	evidence
		.gpus()
		.iter()
		.flat_map(|gpu| gpu.chain.iter())
		.chain(trust_zone)
		.filter_map(|bytes| Certificate::parse(bytes, Part::Certificate).ok())
		.map(|certificate| RevokedSerials::entry(certificate.serial))
		.collect()
}
