//! Proofs that an author signed two chains.
//!
//! Two headers of one author conflict when no chain holds both: they are of one round and differ,
//! or the later one names a previous vertex that is not the earlier one and not after it. Every fork
//! shows such a pair: where two branches part, the two vertices that name the same previous vertex
//! conflict.
//!
//! # Guarantees
//!
//! 1. Nobody who keeps S1 and S2 ([`crate::safety`]) is ever named by a proof that verifies.
//! 2. A proof needs nothing but the author's key: two headers, two signatures.

use crate::{
	scheme::{PublicKey, Scheme},
	vertex::{Header, SignedHeader},
};
use aci_finality::Context;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Two headers that conflict. The order is by round.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Equivocation {
	/// The set in which they were signed.
	pub context: Context,
	/// The author's key.
	pub offender: PublicKey,
	/// One header.
	pub first: SignedHeader,
	/// The other, of the same round or a later one.
	pub second: SignedHeader,
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EquivocationError {
	/// An honest author may have signed both headers.
	NoConflict,
	/// A signature is not the offender's in that set of that chain.
	Signature,
}

/// Whether no chain of one author holds both headers, given in the order of their rounds.
pub fn conflict(context: &Context, first: &Header, second: &Header) -> bool {
	if first.author != second.author {
		return false;
	}
	let previous = &second.own_parent;
	if first.round == second.round {
		first.hash(context) != second.hash(context)
	} else if first.round < second.round {
		previous.round < first.round
			|| (previous.round == first.round && previous.hash != first.hash(context))
	} else {
		false
	}
}

impl Equivocation {
	/// Checks the proof. Costs at most two checks of a signature.
	pub fn verify<S: Scheme>(&self) -> Result<(), EquivocationError> {
		if !conflict(&self.context, &self.first.header, &self.second.header) {
			return Err(EquivocationError::NoConflict);
		}
		let claims = [
			self.first.claim(&self.context, &self.offender),
			self.second.claim(&self.context, &self.offender),
		];
		if !claims.iter().all(S::verify) {
			return Err(EquivocationError::Signature);
		}
		Ok(())
	}
}
