//! Values that the pallet stores and returns.

use aci_primitives::{AccountId, Balance, ClassId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What is locked for one job.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Lock {
	/// Who pays.
	pub client: AccountId,
	/// How much is locked, in planck.
	pub amount: Balance,
	/// How much of it goes back to the client's free escrow before its balance gets anything: what
	/// was drawn from there and not given back yet. At most `amount`.
	pub from_free: Balance,
}

/// A pot of the protocol. Its encoding is what its account is derived from.
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
pub enum PotId {
	/// The validators' pool.
	#[codec(index = 0)]
	Validators,
	/// The verifiers' pool.
	#[codec(index = 1)]
	Verifiers,
	/// The fund of a class.
	#[codec(index = 2)]
	Fund(ClassId),
}

/// A pot and what it has.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Pot {
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
pub struct Pools {
	/// The validators' pool.
	pub validators: Pot,
	/// The verifiers' pool.
	pub verifiers: Pot,
}
