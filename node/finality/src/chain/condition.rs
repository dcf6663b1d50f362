//! What must hold of a block, beside being a valid block at the right place, before this node casts
//! a first vote for it. This is the seam for conditions on a vote.

use aci_finality::{machine::Votable, Target};

/// A condition on votes.
pub trait VoteCondition: Send + Sync + 'static {
	/// Whether it holds of `target`, a block that is held and executed. An answer of
	/// [`Votable::NotYet`] is asked for again after the next change of the chain.
	fn votable(&self, target: &Target) -> Votable;
}

/// Nothing but the import demands: a block that this node has executed can be voted for.
pub struct Imported;

impl VoteCondition for Imported {
	fn votable(&self, _: &Target) -> Votable {
		Votable::Yes
	}
}
