//! Evidence of vendors' TEEs, as a worker sends it.
//!
//! Every part has a bound, a little above the largest that vendors make. What the bytes mean and when
//! they stand is the verifiers' to say.

use crate::{BoundedBytes, BoundedList};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A certificate in DER.
pub type CertificateBytes = BoundedBytes<4096>;
/// A quote of SGX or TDX.
pub type QuoteBytes = BoundedBytes<16_384>;
/// The chain of a key that Android attested, the key's certificate first.
pub type TrustZoneChain = BoundedList<CertificateBytes, 6>;
/// Most GPUs of one TEE.
pub const MAX_GPUS: u32 = 8;

/// Evidence of a virtual machine's TEE.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum HostEvidence {
	/// Intel TDX: a quote.
	#[codec(index = 2)]
	Tdx(QuoteBytes),
	/// AMD SEV-SNP: a report and the chain of its key.
	#[codec(index = 3)]
	SevSnp(SevSnpEvidence),
}

/// A report of SEV-SNP and the chain of its key.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SevSnpEvidence {
	/// The report, 1184 bytes.
	pub report: BoundedBytes<1184>,
	/// The chip's certificate.
	pub vcek: CertificateBytes,
	/// The certificate of the product's authority.
	pub ask: CertificateBytes,
}

/// A GPU's report and the chain of its key.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct GpuEvidence {
	/// The report, made with the nonce of [`Registration::nonce`](super::Registration::nonce).
	pub report: BoundedBytes<16_384>,
	/// The signing key's certificate first.
	pub chain: BoundedList<CertificateBytes, 6>,
}

/// A machine's TEE and the GPUs that work in it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct NvidiaEvidence {
	/// The machine's evidence; its report data commits to the GPUs'.
	pub host: HostEvidence,
	/// One for each GPU.
	pub gpus: BoundedList<GpuEvidence, MAX_GPUS>,
}
