//! What the state machine asks of its surroundings, and what it tells them.

use crate::{
	certificate::{Justification, QuorumCertificate},
	message::Message,
	offence::OffenceProof,
	record::VoteRecord,
	scheme::AuthoritySignature,
	types::{AuthorityIndex, AuthoritySet, BlockHash, Target, View},
};

/// Milliseconds of a clock that never goes back. Only differences count, so each node may have its
/// own origin; no safety rule reads it.
pub type Time = u64;

/// The chain, as one node holds it. Answers may change only between two steps, and the node says so
/// by [`Input::Blocks`].
pub trait BlockTree {
	/// Whether `block` is `ancestor` or descends from it. `None` where either is not held.
	fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool>;

	/// The best block that `base` may be extended to: a leaf that descends from `base`, or is
	/// `base`, cut at the lowest block that changes the authority set. `None` where there is
	/// nothing above `base` that can be voted for, or `base` is not held. A `base` below the last
	/// finalised block counts as that block.
	fn best(&self, base: &Target) -> Option<Target>;

	/// Whether a first vote may be cast for `target`: it is held as a valid block, is above the
	/// last finalised block, is not above a pending change of the authority set, and whatever else
	/// the node demands of a block before it votes holds.
	fn votable(&self, target: &Target) -> Votable;
}

/// Whether a block can be voted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Votable {
	/// Now.
	Yes,
	/// Perhaps after more blocks or data have come.
	NotYet,
	/// Never in this set.
	Never,
}

/// Signs in the name of this node's authority.
pub trait Signer {
	/// The signature over `payload`; `None` where the key is not to be had now.
	fn sign(&self, payload: &[u8]) -> Option<AuthoritySignature>;
}

/// Whether this node votes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one is made for a set")]
pub enum Standing {
	/// It has no key of this set, and follows.
	Observer,
	/// It votes as the authority at this place.
	Authority {
		/// Its place in the set.
		index: AuthorityIndex,
		/// Its record of this set: a new one at the set's start, or what it had written before.
		record: VoteRecord,
	},
	/// It has a key, but its record is lost or torn: it follows in this set and signs nothing.
	Silent(AuthorityIndex),
}

/// How long the machine waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
	/// The first timeout of a view, in milliseconds from when there is something to vote for.
	pub base_timeout: Time,
	/// The longest timeout of a view, in milliseconds.
	pub longest_timeout: Time,
	/// How often the own newest messages are sent again, in milliseconds.
	pub retry: Time,
}

impl Default for Timing {
	fn default() -> Self {
		Timing {
			base_timeout: 1_000,
			longest_timeout: 30_000,
			retry: 1_000,
		}
	}
}

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct Settings {
	/// The chain's genesis hash.
	pub genesis: BlockHash,
	/// The authority set.
	pub set: AuthoritySet,
	/// The block that the set starts from: final, and every vote's target descends from it.
	pub base: Target,
	/// Whether the node votes.
	pub standing: Standing,
	/// Waiting times.
	pub timing: Timing,
}

/// What happens to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, taken in at once")]
pub enum Input {
	/// A message came. It may be anything: the machine checks it.
	Message(Message),
	/// The block tree has changed.
	Blocks,
	/// The time that [`Output::Wake`] asked for has come, or any other time.
	Tick,
}

/// What a node must do, in the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few at a time, done at once")]
pub enum Output {
	/// Write this record and have it on the disk before any later output is done. Where that fails,
	/// no later output may be done and the machine must not be stepped again as an authority.
	Persist(VoteRecord),
	/// Send to all other nodes of the set's gossip.
	Broadcast(Message),
	/// The target is final with all its ancestors.
	Finalise(Justification),
	/// Blocks should be built on this certificate's target.
	High(QuorumCertificate),
	/// A block that votes name is not held: fetch it.
	Fetch(Target),
	/// An authority broke the rules.
	Offence(OffenceProof),
	/// The machine entered this view.
	View(View),
	/// Step the machine with [`Input::Tick`] at this time, unless a later output says another.
	Wake(Time),
}
