//! Values that the pallet stores and returns.

use aci_primitives::{job::Home, AccountId, Balance, BlockNumber, ReservationId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What is locked for one job.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Lock {
	/// Who pays.
	pub client: AccountId,
	/// How much is locked, in planck.
	pub amount: Balance,
	/// How much of it came from the client's free escrow and was not given back yet. A refund gives
	/// back this part first. At most `amount`.
	pub from_free: Balance,
	/// The prepayment that it was drawn from. Refunds return there while the prepayment stands.
	pub prepayment: Option<ReservationId>,
}

/// What is left of the prepayment of a reservation and not locked for jobs.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Prepayment {
	/// Whose money it is.
	pub owner: AccountId,
	/// How much is left, in planck.
	pub amount: Balance,
	/// How much of it came from the owner's free escrow. At most `amount`.
	pub from_free: Balance,
}

/// A client's budget with one home.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct HomeBudget {
	/// Who may spend it; never the chain itself.
	pub home: Home,
	/// How much is left, in planck; never zero.
	pub amount: Balance,
	/// First block in which the client may close it.
	pub until: BlockNumber,
}

/// A pot and what it has.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct PotView {
	/// The pot's account. Nobody has a key to it.
	pub account: AccountId,
	/// What is on the account, in planck.
	pub balance: Balance,
	/// What waits until the account can take it, in planck.
	pub claimable: Balance,
}

/// The pools that the whole chain shares.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Pools {
	/// The validators' pool.
	pub validators: PotView,
	/// The verifiers' pool.
	pub verifiers: PotView,
}

/// All that settlements paid since genesis, in planck, by kind of payee.
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
pub struct Settled {
	/// To accounts: the workers.
	pub accounts: Balance,
	/// To the validators' pool.
	pub validators: Balance,
	/// To the verifiers' pool.
	pub verifiers: Balance,
	/// To the funds of all classes.
	pub funds: Balance,
}
