//! Receipts: what a worker's TEE signs for each job (§3.2, Table 1 of the paper).

use crate::{domain, proof::Profile, Hash, JobId, ModelId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::{ed25519, H256};

/// What the worker measured while it ran the job.
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
pub struct Metrics {
	/// Floating-point operations by the model's formula.
	pub flops: u128,
	/// Time in which the device was busy, in microseconds.
	pub device_busy: u64,
	/// Peak memory of the device, in bytes.
	pub peak_memory: u64,
	/// Energy, in millijoules; 0 where the device does not tell.
	pub energy: u64,
}

/// What one job's run is known by. Everything in it is signed.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Receipt {
	/// The job.
	pub job: JobId,
	/// SHA-256 of the input.
	pub input: H256,
	/// SHA-256 of the output.
	pub output: H256,
	/// SHA-256 of the model's weights.
	pub model: ModelId,
	/// Tokens that went in.
	pub tokens_in: u32,
	/// Tokens that came out; 0 for embeddings.
	pub tokens_out: u32,
	/// When the run began, in milliseconds since the Unix epoch, by the TEE's clock.
	pub started: u64,
	/// How long it ran, in microseconds.
	pub duration: u64,
	/// What was measured.
	pub metrics: Metrics,
	/// How the output can be checked.
	pub profile: Profile,
	/// Root of the proof that a verifier checks; zero where the profile needs none.
	pub proof_root: H256,
	/// The seed that was sampled with.
	pub seed: H256,
}

impl Receipt {
	/// What the session key signs: the receipt bound to one chain.
	pub fn signing_hash(&self, genesis: &Hash) -> H256 {
		domain::tagged_hash(domain::RECEIPT, &(genesis, self))
	}
}

/// A receipt with the session key's signature over [`Receipt::signing_hash`].
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SignedReceipt {
	/// What is signed.
	pub receipt: Receipt,
	/// By the session key that the worker's attestation carries.
	pub signature: ed25519::Signature,
}

impl SignedReceipt {
	/// What the chain knows the receipt by: a hash over the receipt and its signature.
	pub fn hash(&self) -> Hash {
		domain::tagged_hash(domain::SIGNED_RECEIPT, self)
	}
}
