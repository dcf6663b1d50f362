//! Values that the pallet stores and returns.

use aci_market::Offence;
use aci_primitives::{traits::Claim, AccountId, Balance, BlockNumber, Hash, Role};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::VariantCount;
use scale_info::TypeInfo;

/// Number of a slash, in the order in which they were reported.
pub type SlashId = u64;

/// All roles.
pub const ROLES: [Role; 3] = [Role::Validator, Role::Verifier, Role::Worker];

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
pub struct Unbonding {
	/// How much, in planck.
	pub amount: Balance,
	/// First block in which it can be withdrawn.
	pub until: BlockNumber,
}

/// A slash that is held and not applied.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct PendingSlash {
	/// Whose bond it is taken from.
	pub offender: AccountId,
	/// Which of its bonds.
	pub role: Role,
	/// For what.
	pub offence: Offence,
	/// How much, in planck.
	pub amount: Balance,
	/// How much of it came out of what was unbonding; the rest came out of the active bond.
	pub from_unbonding: Balance,
	/// When the latest of those unbonding parts would have been free.
	pub unbonding_until: BlockNumber,
	/// Hash of the evidence.
	pub evidence: Hash,
	/// Who reported it.
	pub reporter: Option<AccountId>,
	/// Whom the offence wronged.
	pub victim: Option<Claim>,
	/// First block in which it can be applied; until then it can be cancelled on appeal.
	pub applies_at: BlockNumber,
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
pub struct QualityScore {
	/// The score in parts per million.
	pub score: u32,
	/// Jobs that were judged.
	pub judged: u32,
}

/// A bond as wallets read it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
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

// The hold reasons are one for each role and one for slashes.
const _: () = assert!(crate::HoldReason::VARIANT_COUNT as usize == ROLES.len() + 1);
