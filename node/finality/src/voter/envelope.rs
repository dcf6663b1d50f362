//! What travels in the gossip protocol.

use aci_finality::{Message, SetId, View, MAX_AUTHORITIES};
use codec::{Decode, DecodeAll, Encode};

/// Bytes that a message of a set of `authorities` may have: a proposal with a certificate of first
/// votes (66 bytes a signer), and a timeout certificate (74) with its highest certificate (66).
pub const fn largest(authorities: usize) -> usize {
	1_024 + 206 * authorities
}

/// Bytes that any message may have.
pub const LARGEST: usize = largest(MAX_AUTHORITIES as usize);

/// A message with its set and view in front, where they can be read without decoding the rest.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Envelope {
	/// The set that the payload is about.
	pub set: SetId,
	/// The view that the payload is about.
	pub view: View,
	/// What is said.
	pub payload: Payload,
}

/// What an envelope holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(
	clippy::large_enum_variant,
	reason = "one at a time, and most hold a message"
)]
pub enum Payload {
	/// Where the sender is. Told to peers directly, never passed on.
	#[codec(index = 0)]
	Status,
	/// The gadget's message.
	#[codec(index = 1)]
	Message(Message),
}

impl Envelope {
	/// `message` of `set`.
	pub fn message(set: SetId, message: Message) -> Self {
		Envelope {
			set,
			view: view_of(&message),
			payload: Payload::Message(message),
		}
	}

	/// Where a node is.
	pub fn status(set: SetId, view: View) -> Self {
		Envelope {
			set,
			view,
			payload: Payload::Status,
		}
	}

	/// Decodes an envelope whose view is its payload's, with nothing after it.
	pub fn read(bytes: &[u8]) -> Option<Self> {
		let envelope = Envelope::decode_all(&mut &*bytes).ok()?;
		match &envelope.payload {
			Payload::Message(message) if view_of(message) != envelope.view => None,
			_ => Some(envelope),
		}
	}

	/// The set and view of encoded bytes.
	pub fn peek(bytes: &[u8]) -> Option<(SetId, View)> {
		let (set, rest) = bytes.split_first_chunk::<8>()?;
		let (view, _) = rest.split_first_chunk::<8>()?;
		Some((u64::from_le_bytes(*set), u64::from_le_bytes(*view)))
	}
}

/// The view that `message` is about.
pub fn view_of(message: &Message) -> View {
	use aci_finality::SignedVote;
	match message {
		Message::Proposal(proposal) => proposal.proposal.statement.view,
		Message::Vote(SignedVote::First(vote)) => vote.statement.view,
		Message::Vote(SignedVote::Second(vote)) => vote.statement.view,
		Message::Timeout(timeout) => timeout.timeout.statement.view,
		Message::Certificate(certificate) => certificate.view(),
		Message::Timeouts(certificate) => certificate.view,
	}
}
