//! Views, authority sets, targets, and the size of a quorum.

use crate::scheme::AuthorityId;
use alloc::{collections::BTreeSet, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H256};

/// Most authorities in one set. It bounds every message.
pub const MAX_AUTHORITIES: u32 = 1024;

/// The hash of a block.
pub type BlockHash = H256;
/// The number of a block.
pub type BlockNumber = u32;
/// Number of an authority set. It rises by one at every change.
pub type SetId = u64;
/// Number of a view within a set. View 0 is the start: no vote is cast in it.
pub type View = u64;
/// An authority's place in its set.
pub type AuthorityIndex = u16;

/// A block that can be voted for.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Target {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: BlockHash,
}

/// The number of authorities whose votes decide: `n - floor((n - 1) / 3)`.
///
/// Two quorums of one set share more than [`faults`] authorities. Zero for an empty set, which can
/// decide nothing ([`AuthoritySet::new`] refuses it).
pub const fn quorum(authorities: usize) -> usize {
	authorities - faults(authorities)
}

/// The number of authorities that may be faulty without harm: `floor((n - 1) / 3)`.
pub const fn faults(authorities: usize) -> usize {
	authorities.saturating_sub(1) / 3
}

/// Why a list of keys is no authority set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetError {
	/// The list is empty. A set needs at least one authority.
	Empty,
	/// The list has more than [`MAX_AUTHORITIES`] keys.
	TooMany,
	/// A key is in the list twice. Every authority needs a key of its own.
	Duplicate,
}

/// The authorities that vote, in the order by which messages name them. All weigh the same.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct AuthoritySet {
	id: SetId,
	authorities: BoundedVec<AuthorityId, ConstU32<MAX_AUTHORITIES>>,
}

impl AuthoritySet {
	/// The set `id` of `authorities`: between one and [`MAX_AUTHORITIES`], no key twice.
	pub fn new(id: SetId, authorities: Vec<AuthorityId>) -> Result<Self, SetError> {
		if authorities.is_empty() {
			return Err(SetError::Empty);
		}
		let authorities: BoundedVec<_, _> =
			authorities.try_into().map_err(|_| SetError::TooMany)?;
		let distinct: BTreeSet<&AuthorityId> = authorities.iter().collect();
		if distinct.len() != authorities.len() {
			return Err(SetError::Duplicate);
		}
		Ok(AuthoritySet { id, authorities })
	}

	/// The number of the set.
	pub fn id(&self) -> SetId {
		self.id
	}

	/// The authorities in their order.
	pub fn authorities(&self) -> &[AuthorityId] {
		&self.authorities
	}

	/// How many they are.
	pub fn len(&self) -> usize {
		self.authorities.len()
	}

	/// Never true of a set made by [`AuthoritySet::new`].
	pub fn is_empty(&self) -> bool {
		self.authorities.is_empty()
	}

	/// Votes that decide.
	pub fn quorum(&self) -> usize {
		quorum(self.len())
	}

	/// The authority at `index`.
	pub fn authority(&self, index: AuthorityIndex) -> Option<&AuthorityId> {
		self.authorities.get(usize::from(index))
	}

	/// The place of `authority`.
	pub fn index_of(&self, authority: &AuthorityId) -> Option<AuthorityIndex> {
		self.authorities
			.iter()
			.position(|candidate| candidate == authority)
			.and_then(|index| AuthorityIndex::try_from(index).ok())
	}

	/// The leader of `view`: round robin in the set's order.
	pub fn leader(&self, view: View) -> AuthorityIndex {
		let length = self.authorities.len().max(1) as u64;
		// Below MAX_AUTHORITIES, so the conversion is exact.
		(view % length) as AuthorityIndex
	}
}
