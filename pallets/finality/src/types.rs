//! What the pallet stores.

use aci_finality::AuthorityId;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::Get, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, Parameter, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_staking::SessionIndex;

/// The set that comes into force at the end of the present block.
#[derive(
	CloneNoBound,
	DebugNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(skip_type_params(Most))]
pub struct PendingChange<AccountId: Parameter, Most: Get<u32>> {
	/// The session that the set belongs to.
	pub session: SessionIndex,
	/// Its members, in their order.
	pub members: BoundedVec<(AccountId, AuthorityId), Most>,
}
