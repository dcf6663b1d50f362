//! Proofs of misbehaviour. Each holds two statements of one authority that no honest authority
//! signs both of, and nothing else is needed to judge it but that authority's key.
//!
//! | kind | the two statements |
//! | --- | --- |
//! | [`OffenceKind::DoubleProposal`] | two different proposals of one view |
//! | [`OffenceKind::DoubleFirstVote`] | two different first votes of one view |
//! | [`OffenceKind::DoubleSecondVote`] | second votes for two targets in one view |
//! | [`OffenceKind::Amnesia`] | a second vote in view v, and a timeout of a view u >= v that names a highest certificate older than v |
//!
//! # Guarantees
//!
//! 1. Whoever follows the safety rules is never named by a proof that verifies, whatever the
//!    others do, and also after crashes with its record kept.
//! 2. If two conflicting blocks are final in one set, proofs against at least `faults(n) + 1`
//!    authorities can be made from the messages that honest authorities hold.

use crate::{
	message::{Context, FirstVote, Proposal, SecondVote, Statement, Timeout},
	scheme::{AuthorityId, AuthoritySignature, Scheme},
	types::View,
};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// What an authority did.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
)]
pub enum OffenceKind {
	/// Two different proposals of one view.
	DoubleProposal,
	/// Two different first votes of one view.
	DoubleFirstVote,
	/// Second votes for two targets in one view.
	DoubleSecondVote,
	/// A timeout that forgets the authority's own second vote.
	Amnesia,
}

/// The two statements, with the authority's signatures.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Conflict {
	/// Two proposals.
	#[codec(index = 0)]
	Proposals([(Proposal, AuthoritySignature); 2]),
	/// Two first votes.
	#[codec(index = 1)]
	FirstVotes([(FirstVote, AuthoritySignature); 2]),
	/// Two second votes.
	#[codec(index = 2)]
	SecondVotes([(SecondVote, AuthoritySignature); 2]),
	/// A second vote and the timeout that forgets it.
	#[codec(index = 3)]
	Amnesia {
		/// The vote.
		vote: (SecondVote, AuthoritySignature),
		/// The timeout.
		timeout: (Timeout, AuthoritySignature),
	},
}

impl Conflict {
	/// What kind of offence the statements are, if they are one authority's.
	pub fn kind(&self) -> OffenceKind {
		match self {
			Conflict::Proposals(_) => OffenceKind::DoubleProposal,
			Conflict::FirstVotes(_) => OffenceKind::DoubleFirstVote,
			Conflict::SecondVotes(_) => OffenceKind::DoubleSecondVote,
			Conflict::Amnesia { .. } => OffenceKind::Amnesia,
		}
	}
}

/// A proof that `offender` broke a rule in the set of `context`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct OffenceProof {
	/// Where the statements were made.
	pub context: Context,
	/// Whose they are.
	pub offender: AuthorityId,
	/// The statements.
	pub conflict: Conflict,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffenceError {
	/// An honest authority may have made both statements.
	NoConflict,
	/// A signature is not the offender's in that set of that chain.
	Signature,
}

impl OffenceProof {
	/// What the offender did, if the statements are its own.
	pub fn kind(&self) -> OffenceKind {
		self.conflict.kind()
	}

	/// The view of the offence: that of the vote forgotten, or of both statements.
	pub fn view(&self) -> View {
		match &self.conflict {
			Conflict::Proposals([(first, _), _]) => first.view,
			Conflict::FirstVotes([(first, _), _]) => first.view,
			Conflict::SecondVotes([(first, _), _]) => first.view,
			Conflict::Amnesia { vote, .. } => vote.0.view,
		}
	}

	/// Checks the proof: the statements conflict and both signatures are the offender's.
	///
	/// Costs at most two checks of a signature.
	pub fn verify<S: Scheme>(&self) -> Result<OffenceKind, OffenceError> {
		let (conflict, statements): (bool, [(Statement, &AuthoritySignature); 2]) =
			match &self.conflict {
				Conflict::Proposals([(one, a), (two, b)]) => (
					one.view == two.view && one != two,
					[(one.clone().into(), a), (two.clone().into(), b)],
				),
				Conflict::FirstVotes([(one, a), (two, b)]) => (
					one.view == two.view && one != two,
					[((*one).into(), a), ((*two).into(), b)],
				),
				Conflict::SecondVotes([(one, a), (two, b)]) => (
					one.view == two.view && one != two,
					[((*one).into(), a), ((*two).into(), b)],
				),
				Conflict::Amnesia { vote, timeout } => (
					timeout.0.view >= vote.0.view && timeout.0.high_view < vote.0.view,
					[(vote.0.into(), &vote.1), (timeout.0.into(), &timeout.1)],
				),
			};
		if !conflict {
			return Err(OffenceError::NoConflict);
		}
		for (statement, signature) in statements {
			if !S::verify(&self.offender, &self.context.payload(&statement), signature) {
				return Err(OffenceError::Signature);
			}
		}
		Ok(self.kind())
	}
}
