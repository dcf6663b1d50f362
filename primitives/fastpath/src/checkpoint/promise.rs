//! What a home promises, and the proof that it broke its word.
//!
//! A home signs once for all matches of a vertex: the vertex and a root over its matches with their
//! places. A client gets that signature with the path of its own match, milliseconds after it
//! ordered, and only after the vertex is on the home's disk.
//!
//! Each executed vertex of a lane names the one before it ([`VertexLeaf`]). So once a final
//! checkpoint passes the promised round, one leaf covers it and shows what was there: the promised
//! vertex with another outcome, another vertex, or none. Only rounds whose vertices were void,
//! because they were not certified within the depth, are covered by no leaf.
//!
//! # Guarantees
//!
//! 1. A home that keeps S1, S2 and S7 is never named by a proof that verifies, unless it promised
//!    in a vertex that was certified only after [`crate::types::Parameters::interval`] rounds, with
//!    a lease that had left it by then.
//! 2. Of every promise whose round the lane has passed otherwise there is a proof.

use super::{outcome_hash, tree, tree::Path, Checkpoint, VertexLeaf};
use crate::{
	lane::{Match, Outcome},
	scheme::{Claim, PublicKey, Scheme, Signature},
	vertex::Reference,
};
use aci_finality::Context;
use aci_primitives::{
	domain::{tagged_hash, PROMISE},
	Hash,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The matches of one vertex that its home vouches for.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Promise {
	/// The set.
	pub context: Context,
	/// The home's vertex that holds the orders.
	pub vertex: Reference,
	/// Root over the hashes of the places and matches ([`match_hash`]).
	pub matches: Hash,
}

impl Promise {
	/// What the home signs.
	pub fn hash(&self) -> Hash {
		tagged_hash(PROMISE, self)
	}
}

/// The hash of a match at a place among its vertex's transactions.
pub fn match_hash(index: u32, matched: &Match) -> Hash {
	tagged_hash(PROMISE, &(index, matched))
}

/// One client's part of a promise.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PromisedMatch {
	/// What the home signed.
	pub promise: Promise,
	/// By the home over [`Promise::hash`].
	pub signature: Signature,
	/// The order's place among the vertex's transactions.
	pub index: u32,
	/// What the order got.
	pub matched: Match,
	/// The match under [`Promise::matches`].
	pub path: Path,
}

impl PromisedMatch {
	/// The parts of a promise that `signature` is for. The matches are those that it was made of.
	pub fn all(
		promise: &Promise,
		signature: &Signature,
		matches: Vec<(u32, Match)>,
	) -> Vec<PromisedMatch> {
		let hashes: Vec<Hash> = matches.iter().map(|(i, m)| match_hash(*i, m)).collect();
		tree::paths(&hashes)
			.into_iter()
			.zip(matches)
			.map(|(path, (index, matched))| PromisedMatch {
				promise: promise.clone(),
				signature: *signature,
				index,
				matched,
				path,
			})
			.collect()
	}

	/// Whether the home promised this.
	pub fn verify<S: Scheme>(&self, home: &PublicKey) -> bool {
		let signed = S::verify(&Claim {
			key: *home,
			hash: self.promise.hash().0,
			signature: self.signature,
		});
		let hash = match_hash(self.index, &self.matched);
		signed && self.path.verify(&self.promise.matches, &hash)
	}
}

/// What a final checkpoint says of a promised place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Passed {
	/// The leaf of the lane that covers the round.
	pub leaf: VertexLeaf,
	/// Its place under the checkpoint's transaction root.
	pub path: Path,
	/// Where the leaf is the promised vertex: the outcome at the promised place.
	pub outcome: Option<(Outcome, Path)>,
}

/// Why a proof of a broken promise proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseError {
	/// The promise is not the home's.
	Signature,
	/// The checkpoint is of another set.
	OtherSet,
	/// The leaf or the outcome is not under the checkpoint's root.
	Path,
	/// The leaf is not the one of that lane that covers the promised round.
	OtherPlace,
	/// The promise was kept.
	Kept,
}

/// Checks that `promised` was broken by what a final `checkpoint` executed.
pub fn check_broken<S: Scheme>(
	promised: &PromisedMatch,
	home: &PublicKey,
	checkpoint: &Checkpoint,
	passed: &Passed,
) -> Result<(), PromiseError> {
	if !promised.verify::<S>(home) {
		return Err(PromiseError::Signature);
	}
	let promise = &promised.promise;
	if promise.context != checkpoint.context {
		return Err(PromiseError::OtherSet);
	}
	let leaf = &passed.leaf;
	let root = &checkpoint.transactions_root;
	if !passed.path.verify(root, &leaf.hash()) {
		return Err(PromiseError::Path);
	}
	let round = promise.vertex.round;
	let covers = leaf.previous.round < round && round <= leaf.vertex.round;
	if leaf.vertex.author != promise.vertex.author || !covers {
		return Err(PromiseError::OtherPlace);
	}
	// Another vertex, or a place that the promised one does not have.
	if leaf.vertex != promise.vertex || promised.index >= leaf.transactions {
		return Ok(());
	}
	let (outcome, path) = passed.outcome.as_ref().ok_or(PromiseError::OtherPlace)?;
	if path.index != promised.index || path.leaves != leaf.transactions {
		return Err(PromiseError::OtherPlace);
	}
	if !path.verify(&leaf.outcomes, &outcome_hash(outcome)) {
		return Err(PromiseError::Path);
	}
	match outcome {
		Outcome::Matched(matched) if *matched == promised.matched => Err(PromiseError::Kept),
		_ => Ok(()),
	}
}
