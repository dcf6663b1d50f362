//! What is stored for sampling, verdicts and committees.

use aci_poai::{committee::Decision, detection::ONE, selection::Budget};
use aci_primitives::{
	proof::{Outcome, Profile},
	AccountId, Balance, BlockNumber, BoundedList, ClassId, Hash, JobId, ACI,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::H256;

/// Most verifiers of an epoch.
pub const MAX_VERIFIERS: u32 = 128;
/// Most classes that a verifier checks.
pub const MAX_CLASSES: u32 = 16;
/// Most verdicts of a verifier in an epoch. Who has given so many owes no more.
pub const MAX_VERDICTS: u32 = 64;
/// Most verdicts on a job. Who draws a job that has so many owes none.
pub const MAX_VERDICTS_PER_JOB: u32 = 16;
/// Most members of a committee.
pub const MAX_COMMITTEE: u32 = 15;
/// Most cases that a block draws a committee for, and most that it closes.
pub const MAX_CASES_PER_BLOCK: u32 = 4;
/// Most blocks that a case waits for its draw because others are before it.
pub const MAX_DELAY: u32 = 1_024;
/// Most blocks by which the end of a vote is put off because the times of votes were changed.
pub const MAX_SHIFT: u32 = 32;
/// Blocks from the opening of a case to the draw: the hash of the block after the opening is known.
pub const DRAW_DELAY: u32 = 2;
/// How many committees are drawn for a case that the jobs pallet does not draw for again itself.
pub const MAX_DRAWS: u8 = 3;
/// Most canaries of a set.
pub const MAX_CANARIES: u32 = 4;
/// Most sets of canaries that wait to be opened. The oldest is forgotten for another one.
pub const MAX_CANARY_SETS: u32 = 16;
/// Epochs after which the seeds of an epoch are removed.
pub const SEED_EPOCHS: u32 = 3;
/// Most verifiers whose seeds a block removes.
pub const MAX_PRUNED: u32 = 8;
/// Most runs of a worker that are remembered.
pub const MAX_RUNS: u32 = 512;
/// Most workers and verifiers that one reveal of a seed slashes by their sums.
pub const MAX_CONVICTIONS: u32 = 4;

/// The governed numbers of verification.
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
#[serde(deny_unknown_fields)]
#[scale_info(capture_docs = "always")]
pub struct VerificationRules {
	/// The share of all compute that checks may cost, in parts per billion.
	pub compute: u32,
	/// What a check costs of what the generation cost, in parts per billion.
	pub ratio: u32,
	/// The most of a job's price that is expected to be paid for its checks, in parts per billion.
	pub share: u32,
	/// Members of a committee.
	pub committee: u32,
	/// With fewer members than this a committee decides nothing.
	pub least_committee: u32,
	/// Blocks in which members commit to their votes.
	pub commit_blocks: BlockNumber,
	/// Blocks after that in which they reveal them.
	pub reveal_blocks: BlockNumber,
	/// What a challenge of a delivery or of a verdict costs, in planck. It goes to the verifiers' pool.
	pub fee: Balance,
}

impl Default for VerificationRules {
	/// 0.31 % of compute; a check at 0.34 of a generation, the dearest that was measured (of f32 by f32 on
	/// a CPU); 5 % of the price, the verifiers' share of a payment; committees of seven, ten minutes for
	/// each half of a vote, a fee of 1 ACI.
	fn default() -> Self {
		VerificationRules {
			compute: 3_100_000,
			ratio: 340_000_000,
			share: 50_000_000,
			committee: 7,
			least_committee: 4,
			commit_blocks: 300,
			reveal_blocks: 300,
			fee: ACI,
		}
	}
}

impl VerificationRules {
	/// The part that prices checks.
	pub fn budget(&self) -> Budget {
		Budget {
			compute: self.compute,
			ratio: self.ratio,
			share: self.share,
		}
	}

	/// Whether verification can go by these numbers.
	pub fn is_usable(&self) -> bool {
		let shares = [self.compute, self.share];
		shares.iter().all(|share| *share <= ONE)
			&& self.ratio > 0
			&& (1..=MAX_COMMITTEE).contains(&self.committee)
			&& (1..=self.committee).contains(&self.least_committee)
			&& self.commit_blocks > 0
			&& self.reveal_blocks > 0
	}
}

/// A verifier's commitment to its seed of an epoch, and what it did in it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SeedRecord {
	/// `aci_poai::selection::seed_commitment` of the seed.
	pub commitment: H256,
	/// The classes whose jobs it checks.
	pub classes: BoundedList<ClassId, MAX_CLASSES>,
	/// The seed, once it is revealed.
	pub seed: Option<H256>,
	/// The jobs of the epoch on which it gave verdicts.
	pub verdicts: BoundedList<JobId, MAX_VERDICTS>,
}

/// When and as what a receipt was accepted.
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
pub struct Received {
	/// The block. The hash of the next one is the job's anchor.
	pub block: BlockNumber,
	/// The epoch, whose seeds decide who checks the job.
	pub epoch: u32,
	/// How the output can be checked.
	pub profile: Profile,
}

/// What sampling knows of a job.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Sample {
	/// Who ordered it.
	pub client: AccountId,
	/// Who runs it.
	pub worker: AccountId,
	/// The class that it runs on.
	pub class: ClassId,
	/// The locked price, in planck.
	pub price: Balance,
	/// Jobs that the worker may run side by side.
	pub slots: u32,
	/// The block of the match.
	pub matched: BlockNumber,
	/// The rate at which each verifier of the class draws it, in parts per billion.
	pub rate: u32,
	/// What one verdict on it is paid, in planck.
	pub tariff: Balance,
	/// Its receipt, once there is one.
	pub received: Option<Received>,
	/// Whether it counted for its worker's sum.
	pub judged: bool,
	/// What a committee decided of its output.
	pub decision: Option<Decision>,
}

/// A verdict as it is stored with its job.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct StoredVerdict {
	/// Who gave it.
	pub verifier: AccountId,
	/// What the check found.
	pub outcome: Outcome,
	/// The recomputed statistic at the places that the verifier's seed draws.
	pub statistic: i64,
	/// Root over the evidence that the verifier keeps.
	pub evidence_root: H256,
	/// The block that took it.
	pub block: BlockNumber,
	/// Whether the job was the verifier's to check; known once its seed is.
	pub drawn: Option<bool>,
	/// Whether it counted for its verifier's sum.
	pub judged: bool,
	/// Whether its verifier was slashed for it.
	pub punished: bool,
}

/// The hash that decides who draws the jobs of a block.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Anchor {
	/// The hash of the next block, once it is known.
	pub hash: Option<Hash>,
	/// Jobs on record whose receipts this block took.
	pub jobs: u32,
}

/// What a committee decides about.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub enum Subject {
	/// Whether a job's output is what was ordered: a dispute of the jobs pallet.
	#[codec(index = 0)]
	Output(JobId),
	/// Whether the worker serves input, output and proof of a job.
	#[codec(index = 1)]
	Delivery(JobId),
	/// Whether the statistic of a verifier's verdict is what the model gives.
	#[codec(index = 2)]
	Verdict(JobId, AccountId),
}

impl Subject {
	/// The job that it is about.
	pub fn job(&self) -> &JobId {
		match self {
			Subject::Output(job) | Subject::Delivery(job) | Subject::Verdict(job, _) => job,
		}
	}
}

/// A member of a committee.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Member {
	/// Who it is.
	pub who: AccountId,
	/// Its committed vote.
	pub commitment: Option<H256>,
	/// Its revealed vote.
	pub vote: Option<Outcome>,
}

/// Where a case is.
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
pub enum Phase {
	/// The committee is not drawn yet.
	#[codec(index = 0)]
	Waiting,
	/// Members vote.
	#[codec(index = 1)]
	Voting {
		/// The last block in which they commit.
		commit_until: BlockNumber,
	},
}

/// A case before a committee.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Case {
	/// What it is about.
	pub subject: Subject,
	/// Who challenged a delivery or a verdict.
	pub challenger: Option<AccountId>,
	/// The number of this draw, from one.
	pub draw: u8,
	/// The epoch whose verifiers may be drawn.
	pub epoch: u32,
	/// The block that draws the committee, then the one that closes the case.
	pub due: BlockNumber,
	/// Where it is.
	pub phase: Phase,
	/// The committee.
	pub members: BoundedList<Member, MAX_COMMITTEE>,
}
