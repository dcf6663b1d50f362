//! What travels between validators, in notifications of one protocol.

use aci_fastpath::{machine::Note, vertex::MAX_VERTEX_BYTES};
use codec::{Decode, DecodeAll, Encode};

/// Most bytes of a message: a vertex, its length and the kind.
pub const MAX_MESSAGE_BYTES: usize = MAX_VERTEX_BYTES + 8;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Message {
	/// An encoded vertex: what it holds is decoded where its signatures are checked.
	#[codec(index = 0)]
	Vertex(Vec<u8>),
	/// Anything else.
	#[codec(index = 1)]
	Note(Note),
}

impl Message {
	/// Reads a message; `None` where it is none, or too long.
	pub fn read(bytes: &[u8]) -> Option<Self> {
		if bytes.len() > MAX_MESSAGE_BYTES {
			return None;
		}
		Message::decode_all(&mut &*bytes).ok()
	}
}
