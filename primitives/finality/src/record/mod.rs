//! What an authority must never forget within a set.
//!
//! A record is written and synced before a signature that it covers leaves the process
//! ([`crate::machine::Output::Persist`]). How it lies in a file is in [`slots`].

pub mod slots;

use crate::{
	certificate::QuorumCertificate,
	message::{Context, FirstVote, Proposal, SecondVote, Signed, Timeout},
	types::View,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// The newest of each kind of message that an authority signed in a set, and what it has seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct VoteRecord {
	/// The set of the chain in which the messages were signed.
	pub context: Context,
	/// The view that the authority was in.
	pub view: View,
	/// Its newest proposal.
	pub proposal: Option<Signed<Proposal>>,
	/// Its newest first vote.
	pub first: Option<Signed<FirstVote>>,
	/// Its newest second vote.
	pub second: Option<Signed<SecondVote>>,
	/// Its newest timeout.
	pub timeout: Option<Signed<Timeout>>,
	/// The highest certificate of first votes that it has seen.
	pub high: Option<QuorumCertificate>,
}

impl VoteRecord {
	/// The record of an authority that has signed nothing in the set yet.
	pub fn new(context: Context) -> Self {
		VoteRecord {
			context,
			view: 1,
			proposal: None,
			first: None,
			second: None,
			timeout: None,
			high: None,
		}
	}
}
