//! What the machine asks of its surroundings, and what it tells them.

use crate::{
	check::{Checked, Submitted},
	checkpoint::{program::Executed, promise::PromisedMatch, state::State, Certified},
	dag::pending::Need,
	equivocation::Equivocation,
	journal::Journal,
	lane::{grant::Grants, Refusal},
	scheme::Signature,
	types::{CheckpointNumber, Committee, Moment, Parameters, Round},
	vertex::{Vertex, MAX_LATE_PARENTS},
};
use aci_finality::{AuthorityIndex, MAX_AUTHORITIES};
use aci_primitives::Hash;
use alloc::{sync::Arc, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// Milliseconds since the Unix epoch by this node's clock. Waiting times are differences of it; it
/// goes into own vertices, of which only medians count. No safety rule reads it.
pub type Time = Moment;

/// Whether this node makes vertices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
	/// It has no key of this set, or has lost its journal: it follows, and signs nothing.
	Observer,
	/// It is the authority at this place.
	Authority {
		/// Its place.
		index: AuthorityIndex,
		/// What it has sent in this set.
		journal: Journal,
	},
}

/// How often the machine acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
	/// Least milliseconds between own vertices, when there is something to say.
	pub least: Time,
	/// Milliseconds between own vertices when there is nothing.
	pub most: Time,
	/// Milliseconds before a missing vertex is asked for, and between two requests.
	pub fetch: Time,
}

impl Default for Timing {
	fn default() -> Self {
		Timing {
			least: 20,
			most: 50,
			fetch: 60,
		}
	}
}

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct Settings {
	/// The authorities.
	pub committee: Committee,
	/// What they have in common.
	pub parameters: Parameters,
	/// The state after the last final checkpoint, with the grants of its block.
	pub state: State,
	/// Number of the checkpoint on which the set started.
	pub start: CheckpointNumber,
	/// Whether the node makes vertices.
	pub standing: Standing,
	/// How often it acts.
	pub timing: Timing,
}

/// What travels between two authorities besides vertices. Whoever sends it is known by the
/// connection.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Note {
	/// Send me this, if you have it.
	#[codec(index = 0)]
	Request(Request),
	/// The hashes of a vertex's parents of the round before.
	#[codec(index = 1)]
	Parents {
		/// The vertex.
		vertex: Hash,
		/// The hashes, in their authors' order.
		parents: BoundedVec<Hash, ConstU32<MAX_AUTHORITIES>>,
	},
	/// Sign the checkpoint with this anchor.
	#[codec(index = 2)]
	Propose {
		/// Its number.
		number: CheckpointNumber,
		/// The anchor's hash.
		anchor: Hash,
		/// Whether it closes the set.
		closing: bool,
		/// The hash of the checkpoint that the asker computed.
		checkpoint: Hash,
	},
	/// I computed the checkpoint with this hash.
	#[codec(index = 3)]
	Signature {
		/// The checkpoint's hash.
		checkpoint: Hash,
		/// Over it.
		signature: Signature,
	},
}

/// Something that a node lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Request {
	/// The vertices of a slot.
	#[codec(index = 0)]
	Slot(AuthorityIndex, Round),
	/// The vertex with this hash.
	#[codec(index = 1)]
	Vertex(Hash),
	/// The hashes of this vertex's parents of the round before.
	#[codec(index = 2)]
	Parents(Hash),
}

impl From<Need> for Request {
	fn from(need: Need) -> Self {
		match need {
			Need::Slot(author, round) => Request::Slot(author, round),
			Need::Vertex(hash) => Request::Vertex(hash),
			Need::List(hash) => Request::Parents(hash),
		}
	}
}

/// What happens to a node.
#[derive(Clone, Debug)]
pub enum Input {
	/// A vertex came, with its signatures checked.
	Vertex(Checked),
	/// Another authority says something.
	Note(AuthorityIndex, Note),
	/// Transactions were sent to this home.
	Submit(Vec<Submitted>),
	/// This node is about to author a block: it wants the next checkpoint certified.
	Build {
		/// The set's last one.
		closing: bool,
	},
	/// A block with the next checkpoint is final; with what that block grants.
	Settled(Arc<Certified>, Arc<Grants>),
	/// A final block ends the set: no more transactions, and the closing checkpoint next.
	SetEnds,
	/// The time that [`Output::Wake`] asked for has come, or any other time.
	Tick,
}

/// What a node must do, in the order given.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "few at a time, done at once")]
pub enum Output {
	/// Append these bytes to the journal ([`crate::journal`]) and have them on the disk before any
	/// later output is done. Where that fails, no later output may be done and the machine must not be
	/// stepped again as an authority.
	Persist(Vec<u8>),
	/// Send a vertex to all authorities.
	Broadcast(Arc<Vertex>),
	/// Send a vertex to one authority.
	Send(AuthorityIndex, Arc<Vertex>),
	/// Say something to one authority.
	Note(AuthorityIndex, Note),
	/// Tell clients that their orders are matched. The home's word.
	Promised(Vec<PromisedMatch>),
	/// Tell whoever sent it that a transaction has no effect, by its hash ([`transaction_hash`]).
	Refused(Hash, Refusal),
	/// There is no room for so many transactions of the last [`Input::Submit`].
	Busy(usize),
	/// Own vertices up to this round are acknowledged by a quorum.
	Acked(Round),
	/// The own vertex of this round, which has transactions, is Final.
	Final(Round),
	/// The checkpoint that the node wanted is certified: the block can carry it.
	Certified(Arc<Certified>),
	/// The node holds the state after a final checkpoint.
	Settled(Arc<Executed>),
	/// What a final checkpoint says is not what this node computes. One of both is broken: stop, keep
	/// the data, and call a person.
	Diverged(CheckpointNumber),
	/// An author signed two chains.
	Offence(Equivocation),
	/// Step the machine with [`Input::Tick`] at this time, unless a later output says another.
	Wake(Time),
}

/// The hash by which [`Output::Refused`] names a transaction.
pub fn transaction_hash(transaction: &crate::transaction::Transaction) -> Hash {
	aci_primitives::domain::tagged_hash(aci_primitives::domain::TRANSACTIONS, transaction)
}

/// Late parents that an own vertex names at most.
pub(super) const LATE_PARENTS: usize = MAX_LATE_PARENTS as usize;
