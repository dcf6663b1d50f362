//! A *case*: what the chain knows of a finished job, in a file, so that its result can be checked
//! without a node.
//!
//! # What it guarantees
//!
//! 1. One case has one encoding: [`Case::from_bytes`] takes nothing but what [`Case::to_bytes`] gives,
//!    and no more than [`MAX_CASE_BYTES`].
//! 2. The order is bound to the receipt: the receipt's job is a hash over genesis, client, order
//!    number and specification ([`Case::names_its_order`]).
//!
//! # What it assumes
//!
//! Genesis, class and session key are what the node said that the case was read from. Nothing in the
//! file proves them: compare them with a chain that you trust.

use crate::{Chain, ChainError};
use aci_primitives::{
	domain::tagged_hash, job::job_id, AccountId, Class, Hash, JobId, JobSpec, SignedReceipt,
};
use codec::{Decode, DecodeAll, Encode};
use sp_core::ed25519;

/// Hash domain of the name of a proof.
const PROOF_NAME: &[u8] = b"aci/proof-name/1";
/// What a file begins with.
const MAGIC: &[u8] = b"aci/case/1";
/// Most bytes of a file: an inline input of 4 KiB, locators and figures are far less.
pub const MAX_CASE_BYTES: u64 = 64 * 1024;

/// Why there is no case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
	/// Bytes are not of a case.
	#[error("{0}; save it again with `aci receipt JOB --save FOLDER`")]
	Malformed(&'static str),
	/// The chain does not know what a case needs.
	#[error("{0}")]
	NotFound(String),
	/// The chain could not be asked.
	#[error(transparent)]
	Chain(#[from] ChainError),
}

/// What the chain knows of a finished job; see the module.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Case {
	/// Hash of the chain's block 0.
	pub genesis: Hash,
	/// Who ordered.
	pub client: AccountId,
	/// The client's number of the order.
	pub order: u64,
	/// What was ordered.
	pub spec: JobSpec,
	/// Who ran it.
	pub worker: AccountId,
	/// The class of the worker's hardware.
	pub class: Class,
	/// The key that the worker's attestation names.
	pub session_key: ed25519::Public,
	/// What the worker signed.
	pub receipt: SignedReceipt,
}

impl Case {
	/// Whether the receipt's job is this order.
	pub fn names_its_order(&self) -> bool {
		job_id(&self.genesis, &self.client, self.order, &self.spec) == self.receipt.receipt.job
	}

	/// The bytes of the file.
	pub fn to_bytes(&self) -> Vec<u8> {
		(MAGIC, self).encode()
	}

	/// Reads a file.
	///
	/// # Errors
	///
	/// [`CaseError::Malformed`].
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, CaseError> {
		if bytes.len() as u64 > MAX_CASE_BYTES {
			return Err(CaseError::Malformed("the file is too long for a case"));
		}
		let mut rest = bytes
			.strip_prefix(MAGIC.encode().as_slice())
			.ok_or(CaseError::Malformed("the file does not begin as a case"))?;
		Case::decode_all(&mut rest).map_err(|_| CaseError::Malformed("the case is damaged"))
	}
}

impl Chain {
	/// The case of a finished job.
	///
	/// # Errors
	///
	/// [`CaseError::NotFound`] where the job has no receipt, or the chain forgot what it needs;
	/// [`CaseError::Chain`].
	pub async fn case(&self, id: JobId) -> Result<Case, CaseError> {
		let missing = |what: &str| CaseError::NotFound(what.into());
		let job = self.job(id).await?;
		let job = job
			.ok_or_else(|| missing("the chain does not know the job"))?
			.job;
		let receipt = self.receipt(id).await?;
		let (receipt, result, assignment) = match (receipt, job.result, job.assignment) {
			(Some(receipt), Some(result), Some(assignment)) => (receipt, result, assignment),
			_ => return Err(missing("the job has no receipt yet, or no more")),
		};
		let attestation = self.attestation(&assignment.worker).await?;
		// A key that was attested after the result is not the one that signed it.
		let attestation = attestation
			.filter(|attestation| attestation.since <= result.submitted.block)
			.ok_or_else(|| missing("the chain does not know the key any more that signed"))?;
		let class = self.class(job.spec.class).await?;
		Ok(Case {
			genesis: self.genesis(),
			client: job.client,
			order: job.order,
			class: class.ok_or_else(|| missing("the chain does not know the class any more"))?,
			spec: job.spec,
			worker: assignment.worker,
			session_key: attestation.session_key,
			receipt,
		})
	}
}

/// The name by which a worker serves the proof of a job over the data channel.
pub fn proof_name(job: &JobId) -> [u8; 32] {
	tagged_hash(PROOF_NAME, job).0
}

#[cfg(test)]
mod tests {
	use super::*;
	use aci_primitives::{
		job::{JobParameters, PrivacyTier},
		proof::{Profile, ProfileKind},
		receipt::Metrics,
		BoundedBytes, JobInput, Receipt,
	};
	use sp_core::H256;

	fn case() -> Case {
		let spec = JobSpec {
			model: H256::repeat_byte(1),
			class: 0,
			input: JobInput::Inline(BoundedBytes::truncate_from(b"hello".to_vec())),
			parameters: JobParameters {
				max_tokens_in: 64,
				max_tokens_out: 32,
				temperature: 700,
				seed: H256::zero(),
			},
			max_price: 1,
			sla: 1,
			privacy: PrivacyTier::Open,
			profile: Profile {
				kind: ProfileKind::SampledText,
				calibration: 0,
			},
		};
		let (genesis, client) = (H256::repeat_byte(2), AccountId::new([3; 32]));
		Case {
			genesis,
			order: 7,
			worker: AccountId::new([4; 32]),
			class: Class {
				name: BoundedBytes::truncate_from(b"cpu".to_vec()),
				memory: 1,
				peak_flops: 1,
				bandwidth: 1,
			},
			session_key: ed25519::Public::from_raw([5; 32]),
			receipt: SignedReceipt {
				receipt: Receipt {
					job: job_id(&genesis, &client, 7, &spec),
					input: H256::zero(),
					output: H256::zero(),
					model: spec.model,
					tokens_in: 1,
					tokens_out: 1,
					started: 1,
					duration: 1,
					metrics: Metrics {
						flops: 1,
						device_busy: 0,
						peak_memory: 0,
						energy: 0,
					},
					profile: spec.profile,
					proof_root: H256::zero(),
					seed: H256::zero(),
				},
				signature: ed25519::Signature::from_raw([0; 64]),
			},
			client,
			spec,
		}
	}

	#[test]
	fn a_case_is_read_as_it_was_written_and_nothing_else_is_one() {
		let bytes = case().to_bytes();
		assert_eq!(Case::from_bytes(&bytes).expect("is one"), case());
		let cut = &bytes[..bytes.len() - 1];
		let longer = [&bytes[..], b"x"].concat();
		let long = vec![0; MAX_CASE_BYTES as usize + 1];
		for wrong in [cut, &longer, &long, b"", b"aci/case/1", &bytes[1..]] {
			assert!(matches!(
				Case::from_bytes(wrong),
				Err(CaseError::Malformed(_))
			));
		}
	}

	#[test]
	fn a_case_of_another_order_does_not_name_it() {
		assert!(case().names_its_order());
		let mut other = case();
		other.spec.parameters.max_tokens_out += 1;
		assert!(!other.names_its_order());
		let mut other = case();
		other.client = AccountId::new([9; 32]);
		assert!(!other.names_its_order());
	}
}
