//! Attestation: evidence that a key lives in a TEE which runs a known program.
//!
//! A worker's program makes a session key (ed25519) and a data key (x25519) inside its TEE and
//! registers both with evidence whose report data is [`Binding::report_data`]. Binding the account,
//! the chain and a recent block makes the evidence useless to anyone else and anywhere else.

use crate::{domain, AccountId, BlockNumber, Hash};
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

/// Evidence by the kind of TEE. Indices 1 to 5 belong to SGX, TDX, SEV-SNP, NVIDIA confidential
/// computing and ARM TrustZone.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Evidence {
	/// The development TEE.
	#[codec(index = 0)]
	Software(SoftwareQuote),
	/// The development TEE, with a GPU.
	#[codec(index = 6)]
	SoftwareGpu(SoftwareGpuQuote),
}

/// A kind of TEE.
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
	Serialize,
	Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub enum TeeKind {
	/// The development TEE.
	#[codec(index = 0)]
	Software,
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
}
