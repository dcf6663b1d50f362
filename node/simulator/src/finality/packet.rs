//! What simulated nodes of the chain send to each other.

use super::{scheme::digest, tree::Block};
use crate::world;
use aci_finality::{BlockNumber, Justification, Message, SetId, SignedVote, View};
use codec::Encode;
use sp_core::H256;

/// A packet.
// Packets lie behind a counted reference: their size costs nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
	/// The gadget's messages.
	Finality(SetId, Message),
	/// A new block.
	Block(Block),
	/// Asks for a block with its branch above a number.
	Request(H256, BlockNumber),
	/// The answer, lowest first.
	Branch(Vec<Block>),
	/// The sender is in this set, which the receiver has left.
	Status(SetId),
	/// What ended that set, with the block.
	Ended(SetId, Justification),
}

/// Kinds, as bits for [`world::Fault::Rounds`].
pub mod kind {
	/// Proposals.
	pub const PROPOSAL: u8 = 0;
	/// First votes.
	pub const FIRST: u8 = 1;
	/// Second votes.
	pub const SECOND: u8 = 2;
	/// Timeouts.
	pub const TIMEOUT: u8 = 3;
	/// Certificates of any kind.
	pub const CERTIFICATE: u8 = 4;
	/// Blocks, and all about them.
	pub const BLOCK: u8 = 5;
}

/// The view that a message is about.
pub fn view_of(message: &Message) -> View {
	match message {
		Message::Proposal(proposal) => proposal.proposal.statement.view,
		Message::Vote(SignedVote::First(vote)) => vote.statement.view,
		Message::Vote(SignedVote::Second(vote)) => vote.statement.view,
		Message::Timeout(timeout) => timeout.timeout.statement.view,
		Message::Certificate(certificate) => certificate.view(),
		Message::Timeouts(certificate) => certificate.view,
	}
}

impl world::Packet for Packet {
	fn round(&self) -> Option<u64> {
		match self {
			Packet::Finality(_, message) => Some(view_of(message)),
			_ => None,
		}
	}

	fn kind(&self) -> u8 {
		match self {
			Packet::Finality(_, message) => match message {
				Message::Proposal(_) => kind::PROPOSAL,
				Message::Vote(SignedVote::First(_)) => kind::FIRST,
				Message::Vote(SignedVote::Second(_)) => kind::SECOND,
				Message::Timeout(_) => kind::TIMEOUT,
				Message::Certificate(_) | Message::Timeouts(_) => kind::CERTIFICATE,
			},
			_ => kind::BLOCK,
		}
	}

	fn digest(&self) -> u64 {
		match self {
			Packet::Finality(set, message) => digest(*set, &message.encode()),
			Packet::Block(block) => digest(1, block.id.hash.as_ref()),
			Packet::Request(hash, above) => digest(2 + u64::from(*above) * 8, hash.as_ref()),
			Packet::Branch(blocks) => blocks
				.iter()
				.fold(3, |state, block| digest(state, block.id.hash.as_ref())),
			Packet::Status(set) => digest(4, &set.encode()),
			Packet::Ended(set, justification) => digest(*set + 5, &justification.encode()),
		}
	}
}
