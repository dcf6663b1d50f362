//! What simulated authorities send to each other.

use crate::world;
use aci_fastpath::{check::Checked, machine::Note, transaction::Transaction};
use aci_finality::AuthorityIndex;
use codec::Encode;

/// A packet.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Packet {
	/// A vertex. It was sent as bytes; what every receiver does with them alike is done once.
	Vertex(Checked),
	/// What an authority says to one other.
	Note(AuthorityIndex, Note),
	/// A worker or a verifier hands in a statement at some authority.
	Statement(Transaction),
}

/// Kinds, as bits for [`world::Fault::Rounds`].
pub mod kind {
	/// Vertices.
	pub const VERTEX: u8 = 0;
	/// Requests and lists of parents.
	pub const FETCH: u8 = 1;
	/// Proposals of checkpoints and signatures.
	pub const CHECKPOINT: u8 = 2;
	/// Statements of workers and verifiers.
	pub const STATEMENT: u8 = 3;
}

fn digest(salt: u64, bytes: &[u8]) -> u64 {
	bytes.iter().fold(salt ^ 0xcbf2_9ce4_8422_2325, |state, b| {
		(state ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
	})
}

impl world::Packet for Packet {
	fn round(&self) -> Option<u64> {
		match self {
			Packet::Vertex(checked) => Some(checked.vertex().header().round.into()),
			_ => None,
		}
	}

	fn kind(&self) -> u8 {
		match self {
			Packet::Vertex(_) => kind::VERTEX,
			Packet::Note(_, Note::Request(_) | Note::Parents { .. }) => kind::FETCH,
			Packet::Note(_, Note::Propose { .. } | Note::Signature { .. }) => kind::CHECKPOINT,
			Packet::Statement(_) => kind::STATEMENT,
		}
	}

	fn digest(&self) -> u64 {
		match self {
			Packet::Vertex(checked) => digest(0, &checked.hash().0),
			Packet::Note(from, note) => digest(u64::from(*from) + 1, &note.encode()),
			Packet::Statement(transaction) => digest(0xffff, &transaction.encode()),
		}
	}
}
