//! Rounds, the committee, and the parameters that all its members must share.

use crate::scheme::PublicKey;
use aci_finality::{faults, quorum, AuthorityIndex, Context, MAX_AUTHORITIES};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// A round within one set, from 1 on. Round 0 stands for the set's start, which has no vertices.
pub type Round = u32;
/// Number of a checkpoint. It rises by one at each, also across sets; 0 is the state at the start.
pub type CheckpointNumber = u32;
/// Milliseconds since the Unix epoch.
pub type Moment = u64;

/// Bytes of a bitmap over the largest set.
const BITMAP_BYTES: u32 = MAX_AUTHORITIES / 8;

/// One bit per authority of a set.
///
/// One set of authorities has one encoding: the bytes are as many as the set needs, and no bit
/// beyond the set is on ([`Bitmap::fits`]).
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
pub struct Bitmap(BoundedVec<u8, ConstU32<BITMAP_BYTES>>);

impl Bitmap {
	/// No authority of a set of this size, at most [`MAX_AUTHORITIES`].
	pub fn empty(authorities: usize) -> Self {
		let bytes = authorities.div_ceil(8).min(BITMAP_BYTES as usize);
		Bitmap(BoundedVec::truncate_from(vec![0; bytes]))
	}

	/// Whether it is a bitmap over a set of this size.
	pub fn fits(&self, authorities: usize) -> bool {
		self.0.len() == authorities.div_ceil(8) && self.iter().all(|a| usize::from(a) < authorities)
	}

	/// Adds an authority, which must be in the set that the bitmap was made for.
	pub fn insert(&mut self, authority: AuthorityIndex) {
		if let Some(byte) = self.0.get_mut(usize::from(authority / 8)) {
			*byte |= 1 << (authority % 8);
		}
	}

	/// Whether the authority is in it.
	pub fn contains(&self, authority: AuthorityIndex) -> bool {
		let byte = self.0.get(usize::from(authority / 8));
		byte.is_some_and(|byte| byte & (1 << (authority % 8)) != 0)
	}

	/// The authorities in it, in rising order.
	pub fn iter(&self) -> impl Iterator<Item = AuthorityIndex> + '_ {
		// At most MAX_AUTHORITIES bits, so the conversion is exact.
		let bits = self.0.len().saturating_mul(8) as u16;
		(0..bits).filter(|authority| self.contains(*authority))
	}

	/// How many are in it.
	pub fn count(&self) -> usize {
		self.0.iter().map(|byte| byte.count_ones() as usize).sum()
	}

	/// Whether all of `other` are in it.
	pub fn includes(&self, other: &Bitmap) -> bool {
		other.iter().all(|authority| self.contains(authority))
	}
}

/// Why a list of keys is no committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitteeError {
	/// The list is empty. A committee needs at least one authority.
	Empty,
	/// The list has more than [`MAX_AUTHORITIES`] keys.
	TooMany,
	/// A key is in the list twice. Every authority needs a key of its own.
	Duplicate,
}

/// The authorities of one set of one chain, in the order by which messages name them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, TypeInfo)]
pub struct Committee {
	context: Context,
	keys: Vec<PublicKey>,
}

impl Committee {
	/// The committee of `keys`: between one and [`MAX_AUTHORITIES`], no key twice.
	pub fn new(context: Context, keys: Vec<PublicKey>) -> Result<Self, CommitteeError> {
		if keys.is_empty() {
			return Err(CommitteeError::Empty);
		}
		if keys.len() > MAX_AUTHORITIES as usize {
			return Err(CommitteeError::TooMany);
		}
		let distinct: BTreeSet<&PublicKey> = keys.iter().collect();
		if distinct.len() != keys.len() {
			return Err(CommitteeError::Duplicate);
		}
		Ok(Committee { context, keys })
	}

	/// The set of the chain.
	pub fn context(&self) -> Context {
		self.context
	}

	/// How many authorities there are.
	pub fn len(&self) -> usize {
		self.keys.len()
	}

	/// Never true of a committee made by [`Committee::new`].
	pub fn is_empty(&self) -> bool {
		self.keys.is_empty()
	}

	/// Authorities that decide: all but those that may be faulty.
	pub fn quorum(&self) -> usize {
		quorum(self.len())
	}

	/// Authorities that may be faulty without harm.
	pub fn faults(&self) -> usize {
		faults(self.len())
	}

	/// The key of the authority at `index`.
	pub fn key(&self, index: AuthorityIndex) -> Option<&PublicKey> {
		self.keys.get(usize::from(index))
	}

	/// The places of the authorities.
	pub fn indices(&self) -> impl Iterator<Item = AuthorityIndex> {
		// At most MAX_AUTHORITIES, so the conversion is exact.
		0..self.keys.len() as u16
	}
}

/// What all members of a set must have in common. The chain governs it; it changes between sets.
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
pub struct Parameters {
	/// Least rounds from one checkpoint's anchor to the next one's.
	pub interval: Round,
	/// Checkpoints that a vertex's base may be behind (W in the rules).
	pub lag: CheckpointNumber,
	/// Rounds below the anchor of a final checkpoint in which vertices can still be certified.
	pub depth: Round,
	/// Most transactions of a vertex.
	pub vertex_transactions: u32,
	/// Most bytes of the transactions of a vertex.
	pub vertex_bytes: u32,
	/// Milliseconds in which a worker must acknowledge a match.
	pub acknowledge: Moment,
	/// Milliseconds from a result to its payment, in which a verdict can stop it.
	pub window: Moment,
	/// What a round takes nominally, in milliseconds: deadlines count both clocks.
	pub round_time: Moment,
}

impl Default for Parameters {
	/// Checkpoints every 100 rounds (§4.4 of the paper); a vertex of 100 authors has room for its
	/// share of 12,000 matches a second many times over.
	fn default() -> Self {
		Parameters {
			interval: 100,
			lag: 4,
			depth: 200,
			vertex_transactions: 2_048,
			vertex_bytes: 1 << 20,
			acknowledge: 15_000,
			window: 2_000,
			round_time: 25,
		}
	}
}

/// A point in the life of a set, by both clocks.
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
pub struct Point {
	/// Median time, in milliseconds since the Unix epoch.
	pub moment: Moment,
	/// Rounds, counted on across sets.
	pub round: u64,
}

impl Point {
	/// Whether `duration` milliseconds have passed since by both clocks: the time, and the rounds
	/// that so much time nominally takes. A network that stands still times nobody out.
	pub fn has_passed(&self, duration: Moment, now: &Point, round_time: Moment) -> bool {
		let rounds = duration.div_ceil(round_time.max(1));
		now.moment >= self.moment.saturating_add(duration)
			&& now.round >= self.round.saturating_add(rounds)
	}

	/// Milliseconds from here to `now` that count against somebody: the lesser of the clocks.
	pub fn elapsed(&self, now: &Point, round_time: Moment) -> Moment {
		let rounds = now.round.saturating_sub(self.round);
		let by_time = now.moment.saturating_sub(self.moment);
		by_time.min(rounds.saturating_mul(round_time))
	}
}
