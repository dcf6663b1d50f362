//! Blocks, and the tree of them that one node holds.

use super::scheme::digest;
use aci_finality::{
	machine::{BlockTree, Votable},
	BlockNumber, Target,
};
use codec::Encode;
use sp_core::H256;
use std::collections::BTreeMap;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
	/// Its number and hash.
	pub id: Target,
	/// Its parent's hash.
	pub parent: H256,
	/// The slot that it was made in.
	pub slot: u64,
	/// Whether it changes the authority set.
	pub change: bool,
}

impl Block {
	/// The first block.
	pub fn genesis() -> Self {
		Block {
			id: Target {
				number: 0,
				hash: H256::repeat_byte(0xac),
			},
			parent: H256::zero(),
			slot: 0,
			change: false,
		}
	}

	/// A block upon `parent`. In every `session`th block the authority set changes.
	pub fn make(parent: &Block, slot: u64, author: u64, salt: u64, session: Option<u32>) -> Self {
		let number = parent.id.number + 1;
		let seen = (parent.id, slot, author, salt).encode();
		let mut hash = [0; 32];
		for (place, part) in hash.chunks_mut(8).enumerate() {
			part.copy_from_slice(&digest(place as u64 + 1, &seen).to_le_bytes());
		}
		Block {
			id: Target {
				number,
				hash: H256(hash),
			},
			parent: parent.id.hash,
			slot,
			change: session.is_some_and(|session| number.is_multiple_of(session)),
		}
	}
}

#[derive(Clone, Debug)]
struct Held {
	block: Block,
	/// Whether all is there that a vote for it needs.
	complete: bool,
	/// The number of its place in the order of import.
	order: u64,
}

/// The blocks that one node holds.
#[derive(Clone, Debug)]
pub struct Tree {
	held: BTreeMap<H256, Held>,
	/// Blocks without children, of the final block's branch.
	leaves: Vec<H256>,
	finalised: Target,
	/// The highest block of change that is final: what the present set starts from.
	base: Target,
}

impl Default for Tree {
	fn default() -> Self {
		let genesis = Block::genesis();
		let held = Held {
			block: genesis,
			complete: true,
			order: 0,
		};
		Tree {
			held: [(genesis.id.hash, held)].into(),
			leaves: vec![genesis.id.hash],
			finalised: genesis.id,
			base: genesis.id,
		}
	}
}

impl Tree {
	/// The last final block.
	pub fn finalised(&self) -> Target {
		self.finalised
	}

	/// The block that the present set starts from.
	pub fn base(&self) -> Target {
		self.base
	}

	/// A held block.
	pub fn get(&self, hash: &H256) -> Option<&Block> {
		self.held.get(hash).map(|held| &held.block)
	}

	/// Takes a block whose parent is held; false where the parent is missing.
	pub fn import(&mut self, block: Block, complete: bool) -> bool {
		if self.held.contains_key(&block.id.hash) {
			return true;
		}
		if !self.held.contains_key(&block.parent) {
			return false;
		}
		let order = self.held.len() as u64;
		self.held.insert(
			block.id.hash,
			Held {
				block,
				complete,
				order,
			},
		);
		if self.descends(&self.finalised, &block.id) == Some(true) {
			self.leaves.retain(|leaf| *leaf != block.parent);
			self.leaves.push(block.id.hash);
		}
		true
	}

	/// All is there now that a vote for the block needs.
	pub fn complete(&mut self, hash: &H256) {
		if let Some(held) = self.held.get_mut(hash) {
			held.complete = true;
		}
	}

	/// Makes a held block final. False where it is not held or not above the final one.
	pub fn finalise(&mut self, target: &Target) -> bool {
		if target.number <= self.finalised.number
			|| self.descends(&self.finalised, target) != Some(true)
		{
			return false;
		}
		self.finalised = *target;
		if self.held[&target.hash].block.change {
			self.base = *target;
		}
		let leaves = std::mem::take(&mut self.leaves);
		self.leaves = leaves
			.into_iter()
			.filter(|leaf| self.descends(target, &self.held[leaf].block.id) == Some(true))
			.collect();
		true
	}

	/// Whether the authority set changes when `target` is final.
	pub fn changes(&self, target: &Target) -> bool {
		self.held
			.get(&target.hash)
			.is_some_and(|held| held.block.change)
	}

	/// The block to build on: the longest branch above `high` where that is held, first come first
	/// served.
	pub fn head(&self, high: &Target) -> Block {
		let root = match self.descends(&self.finalised, high) {
			Some(true) => *high,
			_ => self.finalised,
		};
		let leaf = self.longest(&root).unwrap_or(root);
		self.held[&leaf.hash].block
	}

	/// The branch from `hash` down to above `above`, at most 64 blocks, lowest first.
	pub fn branch(&self, hash: &H256, above: BlockNumber) -> Vec<Block> {
		let mut branch = Vec::new();
		let mut next = self.held.get(hash);
		while let Some(held) = next.filter(|held| held.block.id.number > above) {
			branch.push(held.block);
			next = self.held.get(&held.block.parent);
		}
		branch.reverse();
		branch.truncate(64);
		branch
	}

	/// Blocks that are held and not below the final one, in no meaningful order but a fixed one.
	pub fn candidates(&self) -> Vec<Target> {
		let above = self.base.number;
		let mut all: Vec<_> = self
			.held
			.values()
			.filter(|held| held.block.id.number > above)
			.collect();
		all.sort_by_key(|held| held.order);
		all.iter().map(|held| held.block.id).collect()
	}

	fn longest(&self, root: &Target) -> Option<Target> {
		self.leaves
			.iter()
			.map(|leaf| &self.held[leaf])
			.filter(|held| self.descends(root, &held.block.id) == Some(true))
			.max_by_key(|held| (held.block.id.number, std::cmp::Reverse(held.order)))
			.map(|held| held.block.id)
	}

	/// The lowest block of change from above `base` up to `target`, both on one branch.
	fn lowest_change(&self, base: &Target, target: &Target) -> Option<Target> {
		let mut lowest = None;
		let mut next = self.held.get(&target.hash);
		while let Some(held) = next.filter(|held| held.block.id.number > base.number) {
			if held.block.change {
				lowest = Some(held.block.id);
			}
			next = self.held.get(&held.block.parent);
		}
		lowest
	}
}

impl BlockTree for Tree {
	fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool> {
		let mut next = self.held.get(&block.hash)?;
		self.held.get(&ancestor.hash)?;
		while next.block.id.number > ancestor.number {
			next = self.held.get(&next.block.parent)?;
		}
		Some(next.block.id == *ancestor)
	}

	fn best(&self, base: &Target) -> Option<Target> {
		self.held.get(&base.hash)?;
		let leaf = self.longest(base)?;
		let best = self.lowest_change(&self.finalised, &leaf).unwrap_or(leaf);
		// Nothing can be voted for beyond a change that is not final.
		(self.descends(base, &best) == Some(true) && best.number > self.finalised.number)
			.then_some(best)
	}

	fn votable(&self, target: &Target) -> Votable {
		let Some(held) = self.held.get(&target.hash) else {
			return Votable::NotYet;
		};
		if target.number <= self.finalised.number
			|| self.descends(&self.finalised, target) != Some(true)
		{
			return Votable::Never;
		}
		if self
			.lowest_change(&self.finalised, target)
			.is_some_and(|change| change != *target)
		{
			return Votable::Never;
		}
		if held.complete {
			Votable::Yes
		} else {
			Votable::NotYet
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// 0 - a1 - a2 - a3 - a4 - a5, where a4 changes the set, and a1 - b2.
	fn tree() -> (Tree, Vec<Block>, Block) {
		let mut tree = Tree::default();
		let mut branch = vec![Block::genesis()];
		for slot in 1..6 {
			let block = Block::make(branch.last().unwrap(), slot, 0, 0, Some(4));
			assert!(tree.import(block, true));
			branch.push(block);
		}
		let fork = Block::make(&branch[1], 7, 1, 0, Some(4));
		assert!(tree.import(fork, false));
		(tree, branch, fork)
	}

	#[test]
	fn the_best_block_stops_at_a_change() {
		let (mut tree, a, fork) = tree();
		assert_eq!(tree.best(&a[0].id), Some(a[4].id));
		assert_eq!(tree.best(&fork.id), Some(fork.id));
		assert_eq!(tree.votable(&a[5].id), Votable::Never);
		assert!(tree.finalise(&a[4].id));
		assert_eq!(tree.base(), a[4].id);
		assert_eq!(tree.best(&a[4].id), Some(a[5].id));
	}

	#[test]
	fn blocks_beside_a_final_one_are_never_votable() {
		let (mut tree, a, fork) = tree();
		assert_eq!(tree.votable(&fork.id), Votable::NotYet);
		tree.complete(&fork.id.hash);
		assert_eq!(tree.votable(&fork.id), Votable::Yes);
		assert!(tree.finalise(&a[2].id));
		assert_eq!(tree.votable(&fork.id), Votable::Never);
		assert!(!tree.finalise(&fork.id));
		assert_eq!(tree.best(&fork.id), None);
	}

	#[test]
	fn authors_build_on_the_certified_branch() {
		let (tree, a, fork) = tree();
		assert_eq!(tree.head(&a[0].id), a[5]);
		assert_eq!(tree.head(&fork.id), fork);
	}

	#[test]
	fn a_block_waits_for_its_parent() {
		let mut tree = Tree::default();
		let one = Block::make(&Block::genesis(), 1, 0, 0, None);
		let two = Block::make(&one, 2, 0, 0, None);
		assert!(!tree.import(two, true));
		assert!(tree.import(one, true));
		assert!(tree.import(two, true));
		assert_eq!(tree.branch(&two.id.hash, 0), [one, two]);
	}
}
