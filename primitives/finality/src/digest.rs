//! What the runtime tells nodes in a block's digest.
//!
//! A digest item of [`crate::ENGINE_ID`] in a block's header holds a [`ConsensusLog`]. A block has
//! at most one; a node rejects a block with more.

use crate::{
	certificate::PerAuthority,
	scheme::AuthorityId,
	types::{AuthoritySet, SetError, SetId},
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// A change that the runtime announces.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum ConsensusLog {
	/// Once this block is final, these authorities vote. The set's number rises by one also where
	/// the keys stay the same.
	#[codec(index = 0)]
	Change(PerAuthority<AuthorityId>),
}

impl ConsensusLog {
	/// The set that follows set `id`.
	pub fn next_set(self, id: SetId) -> Result<AuthoritySet, SetError> {
		let ConsensusLog::Change(authorities) = self;
		let authorities: Vec<AuthorityId> = authorities.into_inner();
		AuthoritySet::new(id.saturating_add(1), authorities)
	}
}
