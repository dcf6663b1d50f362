//! Values that the pallet stores and returns.

use aci_market::Offence;
use aci_primitives::{
	traits::Claim, AccountId, Balance, BlockNumber, BoundedList, Hash, JobId, Role,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::VariantCount;
use scale_info::TypeInfo;
use sp_runtime::Permill;

/// Number of a slash, in the order in which they were reported.
pub type SlashId = u64;

/// All roles.
pub const ROLES: [Role; 3] = [Role::Validator, Role::Verifier, Role::Worker];

/// Most delegators that a validator can have; the runtime may allow fewer.
pub const MAX_DELEGATORS: u32 = 128;

/// Most validators that an account can delegate to; the runtime may allow fewer.
pub const MAX_DELEGATIONS: u32 = 16;

/// Most validators of a session; the runtime may allow fewer.
pub const MAX_VALIDATORS: u32 = 256;

/// Most claims on one pot; the runtime may allow fewer.
pub const MAX_CLAIMS: u32 = 64;

/// Most parts of one pot: the offender's and its delegators'.
pub const MAX_PARTS: u32 = MAX_DELEGATORS + 1;

/// A part of a bond that is on its way out.
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
pub struct Unbonding {
	/// How much, in planck.
	pub amount: Balance,
	/// First block in which it can be withdrawn.
	pub until: BlockNumber,
}

/// Where a slash is on its way.
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
pub enum SlashState {
	/// Waits for its time. The offender can appeal, governance can cancel.
	#[codec(index = 0)]
	Pending,
	/// The offender appealed and left a deposit. Governance can cancel.
	#[codec(index = 1)]
	Appealed {
		/// What is held of the offender for the appeal, in planck.
		deposit: Balance,
	},
	/// Applied, but for refunds that their accounts cannot take yet. Nothing can cancel it.
	#[codec(index = 2)]
	Unclaimed,
}

/// A slash that is held and not wholly applied: the offence's pot.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct PendingSlash {
	/// Who offended.
	pub offender: AccountId,
	/// Which of its bonds.
	pub role: Role,
	/// For what.
	pub offence: Offence,
	/// How much is in the pot, in planck: the sum of its parts.
	pub amount: Balance,
	/// Hash of the evidence.
	pub evidence: Hash,
	/// Who reported it.
	pub reporter: Option<AccountId>,
	/// The job of the claim that came with the report, where one came. If the slash is cancelled,
	/// that claim ends; those of other jobs do not.
	pub job: Option<JobId>,
	/// First block in which it can be applied; until then it can be cancelled.
	pub applies_at: BlockNumber,
	/// Where it is on its way.
	pub state: SlashState,
}

/// What a slash took from one account: from the offender's bond, or from a delegation to it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Part {
	/// Whose money it is.
	pub who: AccountId,
	/// How much, in planck.
	pub amount: Balance,
	/// How much of it came out of what was unbonding; the rest was active.
	pub from_unbonding: Balance,
	/// When the latest of those unbonding parts would have been free.
	pub unbonding_until: BlockNumber,
}

/// A pot with all that it was taken from and all that it is to pay.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct PotView {
	/// The slash.
	pub slash: PendingSlash,
	/// Whom it was taken from.
	pub parts: alloc::vec::Vec<Part>,
	/// Who is refunded out of it, in the order in which the claims came.
	pub claims: alloc::vec::Vec<Claim>,
}

/// A delegator in the list of its validator.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Delegator {
	/// The delegator.
	pub who: AccountId,
	/// What stands behind the validator, in planck.
	pub active: Balance,
	/// Rewards that the delegator has not claimed, in planck.
	pub owed: Balance,
}

/// What stands behind a validator besides its own bond, and what is owed for it.
#[derive(
	Clone,
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
pub struct Pool {
	/// Rewards that the validator itself has not claimed, in planck.
	pub owed: Balance,
	/// The delegators, by account.
	pub delegators: BoundedList<Delegator, MAX_DELEGATORS>,
}

impl Pool {
	/// Sum of the active delegations, in planck.
	pub fn delegated(&self) -> Balance {
		// Parts of the issuance: the sum fits.
		self.delegators
			.iter()
			.fold(0, |sum: Balance, entry| sum.saturating_add(entry.active))
	}

	/// Where a delegator is in the list, or where it would be.
	pub(crate) fn position(&self, who: &AccountId) -> Result<usize, usize> {
		self.delegators.binary_search_by(|entry| entry.who.cmp(who))
	}

	/// A delegator's entry.
	pub(crate) fn entry(&mut self, who: &AccountId) -> Option<&mut Delegator> {
		let position = self.position(who).ok()?;
		self.delegators.get_mut(position)
	}

	/// Whether nothing is delegated and nothing owed.
	pub(crate) fn is_empty(&self) -> bool {
		self.owed == 0 && self.delegators.is_empty()
	}
}

/// What stood behind a validator when it was elected. Rewards and slashes of that session go by it.
#[derive(
	Clone,
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
pub struct Exposure {
	/// Own bond and delegations, in planck.
	pub total: Balance,
	/// The validator's own bond, in planck.
	pub own: Balance,
	/// The share of a reward that the validator takes before it is divided.
	pub commission: Permill,
	/// Each delegator with its delegation in planck, by account.
	pub delegators: BoundedList<(AccountId, Balance), MAX_DELEGATORS>,
}

/// A validator as wallets read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct ValidatorView {
	/// Whether it can be elected, as far as it declared so and its bond reaches the minimum.
	pub candidate: bool,
	/// Its commission, where it is a candidate.
	pub commission: Permill,
	/// Its own active bond, in planck.
	pub own: Balance,
	/// Own bond and delegations, in planck.
	pub total: Balance,
	/// Rewards that it has not claimed, in planck.
	pub owed: Balance,
	/// Its delegators.
	pub delegators: alloc::vec::Vec<Delegator>,
	/// What it is elected with in the present session, if it is.
	pub exposure: Option<Exposure>,
	/// Blocks that it authored in the present session.
	pub blocks: u32,
}

/// One delegation as wallets read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct DelegationView {
	/// To whom.
	pub validator: AccountId,
	/// What stands behind the validator, in planck.
	pub active: Balance,
	/// What is on its way out.
	pub unbonding: alloc::vec::Vec<Unbonding>,
	/// Rewards that are not claimed, in planck.
	pub owed: Balance,
}

/// The running epoch.
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
pub struct EpochInfo {
	/// Its number.
	pub index: u32,
	/// Its first block.
	pub start: BlockNumber,
}

/// The payment of one epoch's verifiers.
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
pub struct VerifierPayout {
	/// The epoch.
	pub epoch: u32,
	/// What is paid for it in all, in planck: its tariffs, or what the pool had if that was less.
	pub budget: Balance,
	/// The sum of its tariffs, in planck.
	pub tariffs: Balance,
}

/// Who earns a yield.
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
pub enum Earner {
	/// Validators, on their own bonds; commission included.
	#[codec(index = 0)]
	Validators,
	/// Those who delegate to validators.
	#[codec(index = 1)]
	Delegators,
	/// Verifiers.
	#[codec(index = 2)]
	Verifiers,
	/// Workers.
	#[codec(index = 3)]
	Workers,
	/// Those whose capital is in the classes' funds.
	#[codec(index = 4)]
	LiquidityProviders,
}

/// What one kind of earner was paid in an epoch, and on what.
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
pub struct Paid {
	/// What was credited, in planck.
	pub amount: Balance,
	/// What was bonded for it, in planck.
	pub stake: Balance,
}

/// The sums of one epoch.
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
pub struct EpochSums {
	/// How many blocks they cover.
	pub blocks: BlockNumber,
	/// Validators.
	pub validators: Paid,
	/// Delegators.
	pub delegators: Paid,
	/// Verifiers.
	pub verifiers: Paid,
	/// Workers.
	pub workers: Paid,
	/// Liquidity providers.
	pub providers: Paid,
}

/// A yearly yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct Yield {
	/// Whose.
	pub earner: Earner,
	/// What was credited in the last completed epoch, and on what.
	pub paid: Paid,
	/// Parts per million of the stake in a year, if every epoch were like that one; `None` without
	/// a stake.
	pub yearly: Option<u64>,
}

/// The present session, epoch and set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct SessionView {
	/// The present session.
	pub session: u32,
	/// Its validators, as this pallet elected them; empty while the genesis set works.
	pub validators: alloc::vec::Vec<AccountId>,
	/// Blocks of the session that named an author.
	pub blocks: u32,
	/// The running epoch.
	pub epoch: EpochInfo,
	/// Rewards in the validators' pool that nobody has claimed yet, in planck.
	pub owed: Balance,
}

/// A quality score as stored.
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
pub struct StoredQuality {
	/// The score in parts per million when the last job was judged.
	pub score: u32,
	/// Jobs that were judged.
	pub judged: u32,
	/// The epoch of the last judged job.
	pub epoch: u32,
	/// The score in parts per million when that epoch began.
	pub at_start: u32,
}

/// An account's quality.
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
pub struct QualityScore {
	/// The score in parts per million.
	pub score: u32,
	/// Jobs that were judged.
	pub judged: u32,
}

/// A bond as wallets read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct BondView {
	/// What backs the account's work, in planck.
	pub active: Balance,
	/// What has to stay bonded, in planck.
	pub required: Balance,
	/// What is on its way out.
	pub unbonding: alloc::vec::Vec<Unbonding>,
	/// Whether the active bond reaches the role's minimum and what is required.
	pub eligible: bool,
}

// The hold reasons are one for each role, and those of slashes, delegations and appeals.
const _: () = assert!(crate::HoldReason::VARIANT_COUNT as usize == ROLES.len() + 3);
