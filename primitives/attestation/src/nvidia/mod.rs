//! NVIDIA confidential computing: the report that a GPU signs about its firmware.
//!
//! # Format
//!
//! An SPDM request for measurements, 37 bytes with the caller's nonce, and the GPU's answer:
//! measurements, the GPU's own nonce, NVIDIA's fields (versions, identities), and a signature of 96
//! bytes, ECDSA over P-384 and SHA-384, over all before it. The key's chain has five certificates:
//! the running firmware's, the chip's, two of NVIDIA's, the root's.
//!
//! # Guarantees
//!
//! 1. A report stands only with the signature of a key whose chain ends in NVIDIA's pinned root.
//! 2. It answers a request for all measurements, signed, with exactly the nonce that is expected.
//! 3. The firmware that the report names is the one that the key's certificate names.
//! 4. No certificate of the chain is on the list of revoked serial numbers.
//! 5. The hardware's identity is the chip's own key, one certificate above the firmware's, so it
//!    stays when firmware changes.
//!
//! # Deviations
//!
//! NVIDIA signs its golden measurements as XML and answers for revocations online. Here governance
//! allows measurements and keeps a list of revoked serial numbers.

mod report;
mod verify;

pub use report::{Measurements, Report, MAX_REPORT};
pub use verify::verify;

use crate::x509::Validity;

/// A GPU's report that stands.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedGpu<'a> {
	/// What it says.
	pub report: Report<'a>,
	/// The chip's key: a SubjectPublicKeyInfo.
	pub chip: &'a [u8],
	/// The time in which all of it stands.
	pub validity: Validity,
}
