//! What authorities say, and the bytes that they sign.
//!
//! # Guarantees
//!
//! 1. A signature stands for one statement of one authority, in one set of one chain:
//!    [`Context::payload`] puts the gadget's domain, the genesis hash, the set and the kind of
//!    statement before the statement's own fields, and its encoding is injective.
//! 2. Whatever decodes is bounded: certificates hold at most [`crate::MAX_AUTHORITIES`] signers.
//!
//! Statements are what is signed; a certificate that travels with one (a proposal's, a timeout's)
//! stands by its own signatures and is bound by its digest or view where safety needs it.

use crate::{
	certificate::{QuorumCertificate, TimeoutCertificate},
	scheme::{AuthoritySignature, Scheme},
	types::{AuthorityIndex, AuthoritySet, BlockHash, SetId, Target, View},
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

/// Begins everything that the gadget signs.
const DOMAIN: &[u8; 16] = b"aci/finality/v1/";

/// Where a signature counts: one set of one chain.
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
pub struct Context {
	/// The chain's genesis hash.
	pub genesis: BlockHash,
	/// The authority set.
	pub set: SetId,
}

impl Context {
	/// The bytes that are signed for `statement`.
	pub fn payload(&self, statement: &Statement) -> Vec<u8> {
		(DOMAIN, self.genesis, self.set, statement).encode()
	}
}

/// A leader's proposal, as signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Proposal {
	/// The view that it opens.
	pub view: View,
	/// The block to finalise.
	pub target: Target,
	/// View of the certificate that justifies it; 0 stands for the set's base.
	pub justify_view: View,
	/// Digest of the timeout certificate of the view before, where that view timed out.
	pub timeout_digest: Option<H256>,
}

/// A vote of the first phase.
///
/// It names what the proposal rested on, so that who voted against the rules can be told from the
/// vote itself. All votes of one certificate are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct FirstVote {
	/// The view.
	pub view: View,
	/// The proposed block.
	pub target: Target,
	/// The proposal's `justify_view`.
	pub justify_view: View,
	/// The proposal's `timeout_digest`.
	pub timeout_digest: Option<H256>,
}

/// A vote of the second phase: the authority has seen a certificate of first votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SecondVote {
	/// The view.
	pub view: View,
	/// The certified block.
	pub target: Target,
}

/// An authority gives a view up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Timeout {
	/// The view.
	pub view: View,
	/// View of the highest certificate of first votes that it has seen; 0 for none in this set.
	pub high_view: View,
}

/// Anything that an authority signs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Statement {
	/// A leader's proposal.
	#[codec(index = 0)]
	Proposal(Proposal),
	/// A vote of the first phase.
	#[codec(index = 1)]
	First(FirstVote),
	/// A vote of the second phase.
	#[codec(index = 2)]
	Second(SecondVote),
	/// A view given up.
	#[codec(index = 3)]
	Timeout(Timeout),
}

impl Statement {
	/// The view that it is about.
	pub fn view(&self) -> View {
		match self {
			Statement::Proposal(proposal) => proposal.view,
			Statement::First(vote) => vote.view,
			Statement::Second(vote) => vote.view,
			Statement::Timeout(timeout) => timeout.view,
		}
	}
}

/// A statement, who made it, and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Signed<T> {
	/// What is said.
	pub statement: T,
	/// Who says it.
	pub signer: AuthorityIndex,
	/// The signature over [`Context::payload`] of the statement.
	pub signature: AuthoritySignature,
}

impl<T: Clone + Into<Statement>> Signed<T> {
	/// Whether the signer is in `set` and the signature is its own.
	///
	/// Costs one check of a signature.
	pub fn verify<S: Scheme>(&self, genesis: BlockHash, set: &AuthoritySet) -> bool {
		let context = Context {
			genesis,
			set: set.id(),
		};
		set.authority(self.signer).is_some_and(|authority| {
			S::verify(
				authority,
				&context.payload(&self.statement.clone().into()),
				&self.signature,
			)
		})
	}
}

macro_rules! statement_of {
	($($type:ident => $variant:ident),*) => {$(
		impl From<$type> for Statement {
			fn from(statement: $type) -> Self {
				Statement::$variant(statement)
			}
		}
	)*};
}
statement_of!(Proposal => Proposal, FirstVote => First, SecondVote => Second, Timeout => Timeout);

impl From<Signed<FirstVote>> for SignedVote {
	fn from(vote: Signed<FirstVote>) -> Self {
		SignedVote::First(vote)
	}
}

impl From<Signed<SecondVote>> for SignedVote {
	fn from(vote: Signed<SecondVote>) -> Self {
		SignedVote::Second(vote)
	}
}

/// A proposal with the certificates that it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SignedProposal {
	/// What the leader signed.
	pub proposal: Signed<Proposal>,
	/// The certificate of view `justify_view`; none where that is 0.
	pub justify: Option<QuorumCertificate>,
	/// The timeout certificate whose digest the proposal names.
	pub timeouts: Option<TimeoutCertificate>,
}

/// A vote of either phase.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum SignedVote {
	/// Of the first phase.
	#[codec(index = 0)]
	First(Signed<FirstVote>),
	/// Of the second phase.
	#[codec(index = 1)]
	Second(Signed<SecondVote>),
}

/// A timeout with the certificate whose view it names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SignedTimeout {
	/// What was signed.
	pub timeout: Signed<Timeout>,
	/// The certificate of view `high_view`; none where that is 0.
	pub high: Option<QuorumCertificate>,
}

/// What travels between nodes, within one set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Message {
	/// A leader opens a view.
	#[codec(index = 0)]
	Proposal(SignedProposal),
	/// A vote.
	#[codec(index = 1)]
	Vote(SignedVote),
	/// A view given up.
	#[codec(index = 2)]
	Timeout(SignedTimeout),
	/// A certificate of either phase, for those who lag.
	#[codec(index = 3)]
	Certificate(QuorumCertificate),
	/// A timeout certificate, for those who lag.
	#[codec(index = 4)]
	Timeouts(TimeoutCertificate),
}
