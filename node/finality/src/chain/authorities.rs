//! The authority set in force, and the changes that wait for finality.
//!
//! # Guarantees
//!
//! 1. The set changes only when the block that announces the change becomes final, and then its
//!    number rises by one.
//! 2. No block above a change that is not final yet is finalised: [`Authorities::passed`] names the
//!    change that a target would pass.
//! 3. What is kept is bounded: at most [`MOST_PENDING`] announced changes, 36 bytes each. Their
//!    authorities stay in the headers.
//!
//! # Assumes
//!
//! Questions of descent are answered by the block tree; a block that it does not hold is taken to be
//! no ancestor of any block, and is kept until it is known to be on another branch.

use aci_finality::{AuthoritySet, BlockNumber, Target};
use codec::{Decode, Encode};

/// Most changes that may be announced above the last final block, over all forks. At one change per
/// session and sessions of ten minutes it is reached after a month without finality.
pub const MOST_PENDING: usize = 4_096;

/// Too many changes wait for finality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MOST_PENDING} changes of the authority set wait for finality: no block with another is taken until one of them is final")]
pub struct TooManyPending;

/// The set in force, where it starts, and where it may end.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Authorities {
	set: AuthoritySet,
	base: Target,
	/// Blocks that announce changes, by number and hash.
	pending: Vec<Target>,
}

impl Authorities {
	/// `set` is in force from `base` on.
	pub fn new(set: AuthoritySet, base: Target) -> Self {
		Authorities {
			set,
			base,
			pending: Vec::new(),
		}
	}

	/// The set in force.
	pub fn set(&self) -> &AuthoritySet {
		&self.set
	}

	/// The final block from which it is in force.
	pub fn base(&self) -> Target {
		self.base
	}

	/// Blocks that announce changes and are not final, lowest first.
	pub fn pending(&self) -> &[Target] {
		&self.pending
	}

	/// Notes that `block` announces a change. False where that was known.
	pub fn announce(&mut self, block: Target) -> Result<bool, TooManyPending> {
		match self.pending.binary_search(&block) {
			Ok(_) => Ok(false),
			Err(_) if self.pending.len() >= MOST_PENDING => Err(TooManyPending),
			Err(place) => {
				self.pending.insert(place, block);
				Ok(true)
			}
		}
	}

	/// Forgets the announcement of `block`, which was not imported.
	pub fn withdraw(&mut self, block: &Target) {
		self.pending.retain(|pending| pending != block);
	}

	/// The lowest announced change that is `block` or an ancestor of it: the highest block that may
	/// be voted for on its branch.
	pub fn lowest_on(
		&self,
		block: &Target,
		mut descends: impl FnMut(&Target, &Target) -> Option<bool>,
	) -> Option<Target> {
		self.pending
			.iter()
			.take_while(|pending| pending.number <= block.number)
			.find(|pending| *pending == block || descends(pending, block) == Some(true))
			.copied()
	}

	/// The announced change below `target` that finalising `target` would pass.
	pub fn passed(
		&self,
		target: &Target,
		descends: impl FnMut(&Target, &Target) -> Option<bool>,
	) -> Option<Target> {
		self.lowest_on(target, descends)
			.filter(|lowest| lowest != target)
	}

	/// Notes that `target` is final; `next` is the set that it changes to. Announcements on other
	/// branches are forgotten. True where anything changed.
	pub fn finalise(
		&mut self,
		target: &Target,
		next: Option<AuthoritySet>,
		mut descends: impl FnMut(&Target, &Target) -> Option<bool>,
	) -> bool {
		let before = self.pending.len();
		self.pending.retain(|pending| {
			pending.number > target.number && descends(target, pending) != Some(false)
		});
		let changed = next.is_some();
		if let Some(next) = next {
			self.set = next;
			self.base = *target;
		}
		changed || self.pending.len() != before
	}

	/// Forgets announcements above block `highest`, which is about to become the highest.
	pub fn revert(&mut self, highest: BlockNumber) {
		self.pending.retain(|pending| pending.number <= highest);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::testing::{keys, set, Tree};

	/// Genesis, a1..a4 and b2..b4 on a1.
	fn forked() -> (Tree, Vec<Target>, Vec<Target>) {
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let a = tree.grow(genesis, 4, b'a');
		let b = tree.grow(a[0], 3, b'b');
		(tree, a, b)
	}

	fn authorities(tree: &Tree) -> Authorities {
		Authorities::new(set(0, &keys(4)), tree.genesis())
	}

	#[test]
	fn votes_stop_at_the_lowest_change_of_their_branch() {
		let (tree, a, b) = forked();
		let mut authorities = authorities(&tree);
		assert_eq!(authorities.announce(a[2]), Ok(true));
		assert_eq!(authorities.announce(a[1]), Ok(true));
		assert_eq!(authorities.announce(a[1]), Ok(false));
		assert_eq!(authorities.announce(b[2]), Ok(true));
		let lowest = |block| authorities.lowest_on(block, |x, y| tree.descends(x, y));
		assert_eq!(lowest(&a[3]), Some(a[1]));
		assert_eq!(lowest(&a[0]), None);
		assert_eq!(lowest(&b[1]), None);
		assert_eq!(lowest(&b[2]), Some(b[2]));
	}

	#[test]
	fn a_target_above_a_pending_change_is_named() {
		let (tree, a, b) = forked();
		let mut authorities = authorities(&tree);
		authorities.announce(a[1]).expect("there is room");
		let passed = |block| authorities.passed(block, |x, y| tree.descends(x, y));
		assert_eq!(passed(&a[2]), Some(a[1]));
		assert_eq!(passed(&a[1]), None);
		assert_eq!(passed(&b[2]), None);
	}

	#[test]
	fn a_change_takes_force_when_its_block_is_final() {
		let (tree, a, b) = forked();
		let mut authorities = authorities(&tree);
		for block in [a[1], a[3], b[1]] {
			authorities.announce(block).expect("there is room");
		}
		let next = set(1, &keys(7));
		assert!(authorities.finalise(&a[1], Some(next.clone()), |x, y| tree.descends(x, y)));
		assert_eq!(authorities.set(), &next);
		assert_eq!(authorities.base(), a[1]);
		// The other branch's change is gone, the one above waits.
		assert_eq!(authorities.pending(), &[a[3]]);
	}

	#[test]
	fn finality_below_a_change_leaves_it_waiting() {
		let (tree, a, _) = forked();
		let mut authorities = authorities(&tree);
		authorities.announce(a[2]).expect("there is room");
		assert!(!authorities.finalise(&a[1], None, |x, y| tree.descends(x, y)));
		assert_eq!(authorities.pending(), &[a[2]]);
		assert_eq!(authorities.set().id(), 0);
	}

	#[test]
	fn an_announcement_of_a_block_that_is_being_imported_is_kept() {
		let (tree, a, _) = forked();
		let mut authorities = authorities(&tree);
		let coming = Target {
			number: 5,
			hash: [9; 32].into(),
		};
		authorities.announce(coming).expect("there is room");
		authorities.finalise(&a[3], None, |x, y| tree.descends(x, y));
		assert_eq!(authorities.pending(), &[coming]);
		authorities.withdraw(&coming);
		assert!(authorities.pending().is_empty());
	}

	#[test]
	fn the_number_of_pending_changes_is_bounded() {
		let tree = Tree::new();
		let mut authorities = authorities(&tree);
		let block = |number| Target {
			number,
			hash: Default::default(),
		};
		for number in 1..=MOST_PENDING as u32 {
			assert_eq!(authorities.announce(block(number)), Ok(true));
		}
		assert_eq!(
			authorities.announce(block(MOST_PENDING as u32 + 1)),
			Err(TooManyPending)
		);
		authorities.revert(7);
		assert_eq!(authorities.pending().len(), 7);
	}
}
