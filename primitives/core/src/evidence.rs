//! Attestation: evidence that a key lives in a TEE which runs a known program.
//!
//! A worker's program makes a session key (ed25519) and a data key (x25519) inside its TEE and
//! registers both with evidence whose report data is [`Registration::report_data`]. Binding the
//! account, the chain and a recent block makes the evidence useless to anyone else and anywhere else.
//!
//! | file | what |
//! | --- | --- |
//! | here | all kinds of evidence as one type, what they say, why they do not stand |
//! | [`hardware`] | what vendors' TEEs make, with bounds |
//! | [`registration`] | what evidence is bound to |

pub mod hardware;
pub mod registration;

pub use hardware::{
	CertificateBytes, GpuEvidence, HostEvidence, NvidiaEvidence, QuoteBytes, SevSnpEvidence,
	TrustZoneChain, MAX_GPUS,
};
pub use registration::{gpu_evidence_hash, Registration};

use crate::{domain, AccountId, BlockNumber, Hash, Moment};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{ed25519, H256};

/// What a quote's report data commits to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct Binding {
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
	/// Hash of the evidence of the GPU; zero without one.
	pub device_evidence: H256,
}

impl Binding {
	/// The 64 bytes that the quote carries: the tagged hash, then zeros.
	pub fn report_data(&self) -> [u8; 64] {
		let mut data = [0u8; 64];
		let hash = domain::tagged_hash(domain::REPORT_DATA, self);
		data[..32].copy_from_slice(hash.as_bytes());
		data
	}
}

/// A quote of the software TEE: no protection, for development chains only.
///
/// It has the form of a hardware quote, with one ed25519 root in place of a vendor's chain.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SoftwareQuote {
	/// Hash of the program that runs in the TEE.
	pub measurement: H256,
	/// What the program bound to the quote.
	pub report_data: [u8; 64],
	/// Identity of the machine.
	pub hardware: H256,
	/// By the software TEE's root over [`SoftwareQuote::signing_hash`].
	pub signature: ed25519::Signature,
}

impl SoftwareQuote {
	/// What the root signs.
	pub fn signing_hash(measurement: &H256, report_data: &[u8; 64], hardware: &H256) -> H256 {
		domain::tagged_hash(
			domain::SOFTWARE_QUOTE,
			&(measurement, report_data, hardware),
		)
	}
}

/// A quote of the software TEE that names a GPU too: no protection, for development chains only. It
/// lets them run the rules that a GPU's identity is for.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SoftwareGpuQuote {
	/// Hash of the program that runs in the TEE.
	pub measurement: H256,
	/// What the program bound to the quote.
	pub report_data: [u8; 64],
	/// Identity of the machine.
	pub hardware: H256,
	/// Identity of the GPU.
	pub gpu: H256,
	/// By the software TEE's root over [`SoftwareGpuQuote::signing_hash`].
	pub signature: ed25519::Signature,
}

impl SoftwareGpuQuote {
	/// What the root signs.
	pub fn signing_hash(
		measurement: &H256,
		report_data: &[u8; 64],
		hardware: &H256,
		gpu: &H256,
	) -> H256 {
		domain::tagged_hash(
			domain::SOFTWARE_GPU_QUOTE,
			&(measurement, report_data, hardware, gpu),
		)
	}
}

/// Evidence by the kind of TEE.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Evidence {
	/// The development TEE.
	#[codec(index = 0)]
	Software(SoftwareQuote),
	/// Intel SGX: a quote.
	#[codec(index = 1)]
	Sgx(QuoteBytes),
	/// Intel TDX: a quote.
	#[codec(index = 2)]
	Tdx(QuoteBytes),
	/// AMD SEV-SNP: a report with the chain of its key.
	#[codec(index = 3)]
	SevSnp(SevSnpEvidence),
	/// A virtual machine's TEE with GPUs of NVIDIA in confidential mode.
	#[codec(index = 4)]
	Nvidia(NvidiaEvidence),
	/// ARM TrustZone: the chain of a key that Android attested, the key's certificate first.
	#[codec(index = 5)]
	TrustZone(TrustZoneChain),
	/// The development TEE, with a GPU.
	#[codec(index = 6)]
	SoftwareGpu(SoftwareGpuQuote),
}

impl Evidence {
	/// The evidence of the GPUs that work beside the machine.
	pub fn gpus(&self) -> &[GpuEvidence] {
		match self {
			Self::Nvidia(evidence) => &evidence.gpus,
			_ => &[],
		}
	}

	/// The kind of the machine's TEE.
	pub fn tee(&self) -> TeeKind {
		match self {
			Self::Software(_) | Self::SoftwareGpu(_) => TeeKind::Software,
			Self::Sgx(_) => TeeKind::Sgx,
			Self::Tdx(_) => TeeKind::Tdx,
			Self::SevSnp(_) => TeeKind::SevSnp,
			Self::Nvidia(evidence) => match evidence.host {
				HostEvidence::Tdx(_) => TeeKind::Tdx,
				HostEvidence::SevSnp(_) => TeeKind::SevSnp,
			},
			Self::TrustZone(_) => TeeKind::TrustZone,
		}
	}

	/// What a chain keeps of evidence, so that it can be shown again.
	pub fn hash(&self) -> H256 {
		domain::tagged_hash(domain::EVIDENCE, self)
	}
}

/// A kind of TEE, or of what works in one.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub enum TeeKind {
	/// The development TEE.
	#[codec(index = 0)]
	Software,
	/// Intel SGX.
	#[codec(index = 1)]
	Sgx,
	/// Intel TDX.
	#[codec(index = 2)]
	Tdx,
	/// AMD SEV-SNP.
	#[codec(index = 3)]
	SevSnp,
	/// A GPU of NVIDIA in confidential mode. It works in the TEE of a machine, so it is a kind of
	/// measurement, and no attestation's own kind.
	#[codec(index = 4)]
	Nvidia,
	/// ARM TrustZone.
	#[codec(index = 5)]
	TrustZone,
}

/// What verified evidence says.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Claims {
	/// Which TEE vouches.
	pub tee: TeeKind,
	/// Hash of the program that runs in it.
	pub measurement: H256,
	/// Identity of the machine.
	pub hardware: H256,
	/// Identity of the GPU that the TEE works with, where the evidence names one. Unlike a machine's,
	/// it is exclusive: one account has it at a time.
	pub gpu: Option<H256>,
	/// What the program bound to the quote.
	pub report_data: [u8; 64],
}

/// Why evidence does not stand.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum EvidenceError {
	/// This chain has no root for this kind of TEE.
	#[codec(index = 0)]
	TeeNotAccepted,
	/// The signature is not by the kind's root.
	#[codec(index = 1)]
	BadSignature,
	/// The report data is not the hash of the binding that is registered.
	#[codec(index = 2)]
	WrongReportData,
	/// The bytes do not have the format. Send them as the vendor's tool gives them.
	#[codec(index = 3)]
	Malformed,
	/// Larger, or with more items, than is read.
	#[codec(index = 4)]
	TooLarge,
	/// A version, algorithm or critical extension that the verifier does not know.
	#[codec(index = 5)]
	Unsupported,
	/// Certificates do not follow each other up to the vendor's root.
	#[codec(index = 6)]
	UntrustedChain,
	/// A certificate signs what it may not sign.
	#[codec(index = 7)]
	NotAllowedToSign,
	/// Something's time has not begun.
	#[codec(index = 8)]
	NotYetValid,
	/// The time of a certificate of the evidence is over.
	#[codec(index = 9)]
	Expired,
	/// The vendor, or governance in its place, has revoked a key of it.
	#[codec(index = 10)]
	Revoked,
	/// The chain has no collateral for the platform.
	#[codec(index = 11)]
	CollateralMissing,
	/// The collateral is about something else.
	#[codec(index = 12)]
	CollateralMismatch,
	/// The time of the collateral is over.
	#[codec(index = 13)]
	CollateralExpired,
	/// The collateral is older than what the chain has, or than the policy asks for.
	#[codec(index = 14)]
	CollateralOlder,
	/// Two parts that must agree do not.
	#[codec(index = 15)]
	Inconsistent,
	/// The host can debug the TEE.
	#[codec(index = 16)]
	Debug,
	/// The TEE lets its host do what the policy forbids.
	#[codec(index = 17)]
	PolicyForbids,
	/// The platform's TCB is not among those that the policy accepts.
	#[codec(index = 18)]
	TcbNotAccepted,
	/// The platform's TCB is below every level that the vendor lists.
	#[codec(index = 19)]
	TcbUnknown,
	/// A GPU's report does not carry the registration's nonce.
	#[codec(index = 20)]
	WrongNonce,
}

/// A worker's attested keys, as stored.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Attestation {
	/// Signs receipts.
	pub session_key: ed25519::Public,
	/// Receives encrypted inputs; x25519.
	pub data_key: [u8; 32],
	/// Which TEE vouches.
	pub tee: TeeKind,
	/// Hash of the program that runs in it.
	pub measurement: H256,
	/// Identity of the machine.
	pub hardware: H256,
	/// Block in which the evidence was accepted.
	pub since: BlockNumber,
	/// The chain's time after which it stands no more, in milliseconds since 1970; the largest number
	/// for a TEE without an end.
	pub expires: Moment,
}
