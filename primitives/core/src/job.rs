//! Jobs: what a client orders, and what becomes of it.

use crate::{
	clock::{Deadline, Instant, Moment},
	domain,
	proof::Profile,
	AccountId, Balance, BlockNumber, BoundedBytes, BoundedList, ClassId, Hash, ModelId,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;
use sp_crypto_hashing::sha2_256;

/// Identity of a job; see [`job_id`].
pub type JobId = H256;

/// Longest input and output that go on chain, in bytes.
pub const MAX_INLINE: u32 = 4_096;
/// Longest input and output that go over the data channel, in bytes.
pub const MAX_CONTENT: u64 = 64 * 1024 * 1024;

/// What the model is fed.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum JobInput {
	/// The input itself, so that a wallet can submit a whole job.
	#[codec(index = 0)]
	Inline(BoundedBytes<MAX_INLINE>),
	/// Where to fetch the input, and what it must hash to.
	#[codec(index = 1)]
	Content(Content),
}

/// Data that is served off chain.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Content {
	/// SHA-256 of the whole.
	pub sha256: H256,
	/// Root of the hash tree over its chunks.
	pub tree_root: H256,
	/// Length in bytes, at most [`MAX_CONTENT`].
	pub length: u64,
	/// Where it can be fetched: multiaddresses in text form.
	pub locators: BoundedList<BoundedBytes<128>, 4>,
}

impl JobInput {
	/// SHA-256 of the input's bytes.
	pub fn sha256(&self) -> H256 {
		match self {
			JobInput::Inline(bytes) => H256(sha2_256(bytes)),
			JobInput::Content(content) => content.sha256,
		}
	}

	/// Length of the input in bytes.
	pub fn length(&self) -> u64 {
		match self {
			JobInput::Inline(bytes) => bytes.len() as u64,
			JobInput::Content(content) => content.length,
		}
	}
}

/// What the model gave.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum JobOutput {
	/// The output itself.
	#[codec(index = 0)]
	Inline(BoundedBytes<MAX_INLINE>),
	/// Where to fetch the output, and what it must hash to.
	#[codec(index = 1)]
	Content(Content),
}

impl JobOutput {
	/// SHA-256 of the output's bytes.
	pub fn sha256(&self) -> H256 {
		match self {
			JobOutput::Inline(bytes) => H256(sha2_256(bytes)),
			JobOutput::Content(content) => content.sha256,
		}
	}

	/// Length of the output in bytes.
	pub fn length(&self) -> u64 {
		match self {
			JobOutput::Inline(bytes) => bytes.len() as u64,
			JobOutput::Content(content) => content.length,
		}
	}
}

/// Who may see input and output.
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
pub enum PrivacyTier {
	/// Anyone.
	#[codec(index = 0)]
	Open,
	/// The attested worker, and attested verifiers that drew the job.
	#[codec(index = 1)]
	Sealed,
}

/// How the model is to be run.
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
pub struct JobParameters {
	/// Most tokens that the input may have, with what the model's template adds.
	pub max_tokens_in: u32,
	/// Most tokens that may be generated; 0 for embeddings.
	pub max_tokens_out: u32,
	/// Sampling temperature in thousandths; 0 is greedy.
	pub temperature: u32,
	/// The client's part of the seed.
	pub seed: H256,
}

/// What a client orders.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct JobSpec {
	/// The model to run.
	pub model: ModelId,
	/// The class of hardware to run it on.
	pub class: ClassId,
	/// What the model is fed.
	pub input: JobInput,
	/// How it is to be run.
	pub parameters: JobParameters,
	/// The most that the client pays, in planck. Held at submission.
	pub max_price: Balance,
	/// Milliseconds from acknowledgement to result in which the full price is due.
	pub sla: Moment,
	/// Who may see input and output.
	pub privacy: PrivacyTier,
	/// How the output can be checked.
	pub profile: Profile,
}

/// Identity of a job: a function of the chain, the client, its order number and the specification.
pub fn job_id(genesis: &Hash, client: &AccountId, order: u64, spec: &JobSpec) -> JobId {
	domain::tagged_hash(domain::JOB, &(genesis, client, order, spec))
}

/// The seed that a job is sampled with: nobody chooses it alone, everybody can compute it.
pub fn sampling_seed(job: &JobId, client_seed: &H256, model: &ModelId) -> H256 {
	domain::tagged_hash(domain::SEED, &(job, client_seed, model))
}

/// Where a job is in its life. The states, their deadlines and what ends them are documented in the
/// jobs pallet.
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
pub enum JobStatus {
	/// Payment held, waiting for a worker.
	#[codec(index = 0)]
	Open,
	/// Worker and price fixed, waiting for the worker to hold the input.
	#[codec(index = 1)]
	Matched,
	/// The worker holds the input; the SLA runs.
	#[codec(index = 2)]
	Running,
	/// Output and receipt accepted, verification window open.
	#[codec(index = 3)]
	Submitted,
	/// Not challenged within the window; about to be paid.
	#[codec(index = 4)]
	Verified,
	/// Paid.
	#[codec(index = 5)]
	Settled,
	/// Challenged; a committee decides.
	#[codec(index = 6)]
	Disputed,
	/// Withdrawn by the client before it was matched. Refunded.
	#[codec(index = 7)]
	Cancelled,
	/// No worker in time. Refunded.
	#[codec(index = 8)]
	Expired,
	/// The worker gave no result in twice the SLA. Refunded, worker slashed.
	#[codec(index = 9)]
	TimedOut,
	/// Refunded by a verdict.
	#[codec(index = 10)]
	Refunded,
}

impl JobStatus {
	/// Whether nothing more becomes of the job.
	pub fn is_final(&self) -> bool {
		matches!(
			self,
			JobStatus::Settled
				| JobStatus::Cancelled
				| JobStatus::Expired
				| JobStatus::TimedOut
				| JobStatus::Refunded
		)
	}
}

/// Who holds the leases on a worker's slots and a client's budget, and so matches them.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Home {
	/// The chain itself: the settlement path.
	#[codec(index = 0)]
	Chain,
	/// A validator: the fast path.
	#[codec(index = 1)]
	Validator(AccountId),
}

/// The exclusive right of one home to give away some of a worker's slots.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Lease {
	/// Who may give the slots away.
	pub home: Home,
	/// Whose slots they are.
	pub worker: AccountId,
	/// How many, in milli-slots.
	pub milli_slots: u64,
	/// Until when.
	pub until: BlockNumber,
}

/// The exclusive right of one home to spend a part of a client's escrow.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Budget {
	/// Who may spend it.
	pub home: Home,
	/// Whose escrow it is.
	pub client: AccountId,
	/// How much, in planck.
	pub amount: Balance,
	/// Until when.
	pub until: BlockNumber,
}

/// What is fixed when a job is matched.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Assignment {
	/// Who runs the job.
	pub worker: AccountId,
	/// Who matched it.
	pub home: Home,
	/// The locked price in planck, for the maximum of tokens.
	pub price: Balance,
	/// Operations that the price was computed for.
	pub flops: u128,
	/// Least time that the run takes on the class's hardware, in milliseconds.
	pub eta: Moment,
	/// When it was matched.
	pub matched: Instant,
	/// When the worker acknowledged that it holds the input.
	pub acknowledged: Option<Instant>,
}

/// What came of a run.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct JobResult {
	/// The output, or where it is.
	pub output: JobOutput,
	/// Hash of the signed receipt.
	pub receipt: Hash,
	/// When the chain accepted it.
	pub submitted: Instant,
	/// What is due for it, in planck: the locked price for the tokens that were made, less what the
	/// late rule takes.
	pub due: Balance,
}

/// A job's record.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Job {
	/// Who ordered it.
	pub client: AccountId,
	/// The client's number of this order.
	pub order: u64,
	/// What was ordered.
	pub spec: JobSpec,
	/// Where it is in its life.
	pub status: JobStatus,
	/// When it was submitted.
	pub submitted: Instant,
	/// When its present state ends by itself.
	pub deadline: Deadline,
	/// How often it came back from a worker that did not acknowledge.
	pub returns: u8,
	/// What the match fixed.
	pub assignment: Option<Assignment>,
	/// What came of it.
	pub result: Option<JobResult>,
}

/// A job with its identity; what runtime APIs return.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct JobView {
	/// The job's identity.
	pub id: JobId,
	/// Its record.
	pub job: Job,
	/// What is still locked for it, in planck.
	pub locked: Balance,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::proof::ProfileKind;

	fn spec() -> JobSpec {
		JobSpec {
			model: H256::repeat_byte(1),
			class: 0,
			input: JobInput::Inline(b"hello".to_vec().try_into().expect("short")),
			parameters: JobParameters {
				max_tokens_in: 64,
				max_tokens_out: 32,
				temperature: 0,
				seed: H256::zero(),
			},
			max_price: 5,
			sla: 60_000,
			privacy: PrivacyTier::Open,
			profile: Profile {
				kind: ProfileKind::SampledText,
				calibration: 0,
			},
		}
	}

	#[test]
	fn a_job_id_depends_on_chain_client_order_and_specification() {
		let genesis = H256::repeat_byte(9);
		let client = AccountId::new([3; 32]);
		let id = job_id(&genesis, &client, 1, &spec());
		assert_eq!(id, job_id(&genesis, &client, 1, &spec()));
		assert_ne!(id, job_id(&H256::repeat_byte(8), &client, 1, &spec()));
		assert_ne!(id, job_id(&genesis, &AccountId::new([4; 32]), 1, &spec()));
		assert_ne!(id, job_id(&genesis, &client, 2, &spec()));
		let mut other = spec();
		other.max_price += 1;
		assert_ne!(id, job_id(&genesis, &client, 1, &other));
	}

	#[test]
	fn an_inline_input_and_its_content_form_have_one_hash() {
		let inline = JobInput::Inline(b"abc".to_vec().try_into().expect("short"));
		let content = JobInput::Content(Content {
			sha256: H256(sha2_256(b"abc")),
			tree_root: H256::zero(),
			length: 3,
			locators: Default::default(),
		});
		assert_eq!(inline.sha256(), content.sha256());
		assert_eq!(inline.length(), content.length());
	}
}
