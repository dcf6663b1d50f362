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
	/// Where its parent lies; the first block is its own.
	parent: usize,
	/// Where an ancestor further down lies, so that a walk down takes steps by the logarithm of its
	/// length: twice as far as the parent's where the parent's and the next one are equally far.
	jump: usize,
	/// Where the highest block of change lies, from this one down; the first block where none is.
	change: usize,
}

/// The blocks that one node holds.
#[derive(Clone, Debug)]
pub struct Tree {
	/// In the order of import.
	held: Vec<Held>,
	/// Where a hash lies.
	places: BTreeMap<H256, usize>,
	/// Blocks without children, of the final block's branch.
	leaves: Vec<usize>,
	finalised: usize,
	/// The highest block of change that is final: what the present set starts from.
	base: usize,
}

impl Default for Tree {
	fn default() -> Self {
		let genesis = Block::genesis();
		let held = Held {
			block: genesis,
			complete: true,
			parent: 0,
			jump: 0,
			change: 0,
		};
		Tree {
			held: vec![held],
			places: [(genesis.id.hash, 0)].into(),
			leaves: vec![0],
			finalised: 0,
			base: 0,
		}
	}
}

impl Tree {
	/// The last final block.
	pub fn finalised(&self) -> Target {
		self.held[self.finalised].block.id
	}

	/// The block that the present set starts from.
	pub fn base(&self) -> Target {
		self.held[self.base].block.id
	}

	/// A held block.
	pub fn get(&self, hash: &H256) -> Option<&Block> {
		Some(&self.held[*self.places.get(hash)?].block)
	}

	/// Takes a block whose parent is held; false where the parent is missing.
	pub fn import(&mut self, block: Block, complete: bool) -> bool {
		if self.places.contains_key(&block.id.hash) {
			return true;
		}
		let Some(parent) = self.places.get(&block.parent).copied() else {
			return false;
		};
		let place = self.held.len();
		let near = self.held[parent].jump;
		let far = self.held[near].jump;
		let length = |from: usize, to: usize| self.number(from) - self.number(to);
		let jump = if length(parent, near) == length(near, far) {
			far
		} else {
			parent
		};
		let change = if block.change {
			place
		} else {
			self.held[parent].change
		};
		self.held.push(Held {
			block,
			complete,
			parent,
			jump,
			change,
		});
		self.places.insert(block.id.hash, place);
		if self.is_above(self.finalised, place) {
			self.leaves.retain(|leaf| *leaf != parent);
			self.leaves.push(place);
		}
		true
	}

	/// All is there now that a vote for the block needs.
	pub fn complete(&mut self, hash: &H256) {
		if let Some(place) = self.places.get(hash) {
			self.held[*place].complete = true;
		}
	}

	/// Blocks of which something is missing that a vote for them needs.
	pub fn incomplete(&self) -> Vec<Block> {
		let incomplete = self.held.iter().filter(|held| !held.complete);
		incomplete.map(|held| held.block).collect()
	}

	/// Makes a held block final. False where it is not held or not above the final one.
	pub fn finalise(&mut self, target: &Target) -> bool {
		let Some(place) = self.place(target) else {
			return false;
		};
		if place == self.finalised || !self.is_above(self.finalised, place) {
			return false;
		}
		self.finalised = place;
		if self.held[place].block.change {
			self.base = place;
		}
		let leaves = std::mem::take(&mut self.leaves);
		self.leaves = leaves
			.into_iter()
			.filter(|leaf| self.is_above(place, *leaf))
			.collect();
		true
	}

	/// Whether the authority set changes when `target` is final.
	pub fn changes(&self, target: &Target) -> bool {
		self.get(&target.hash).is_some_and(|block| block.change)
	}

	/// The block to build on: the longest branch above `high` where that is held, first come first
	/// served.
	pub fn head(&self, high: &Target) -> Block {
		let root = self
			.place(high)
			.filter(|high| self.is_above(self.finalised, *high))
			.unwrap_or(self.finalised);
		self.held[self.longest(root).unwrap_or(root)].block
	}

	/// The branch from `hash` down to above `above`, its lowest 64 blocks, lowest first.
	pub fn branch(&self, hash: &H256, above: BlockNumber) -> Vec<Block> {
		let mut branch = Vec::new();
		let Some(top) = self.places.get(hash) else {
			return branch;
		};
		let mut next = self.ancestor(*top, above.saturating_add(64));
		while self.number(next) > above {
			branch.push(self.held[next].block);
			next = self.held[next].parent;
		}
		branch.reverse();
		branch
	}

	/// Blocks that are held and above the set's first one, the newest import first.
	pub fn newest(&self) -> impl Iterator<Item = Target> + '_ {
		let above = self.number(self.base);
		self.held
			.iter()
			.rev()
			.map(|held| held.block.id)
			.filter(move |id| id.number > above)
	}

	/// The number of the highest block.
	pub fn height(&self) -> BlockNumber {
		let leaves = self.leaves.iter().map(|leaf| self.number(*leaf));
		leaves.max().unwrap_or(0)
	}

	fn place(&self, target: &Target) -> Option<usize> {
		let place = self.places.get(&target.hash)?;
		(self.number(*place) == target.number).then_some(*place)
	}

	fn number(&self, place: usize) -> BlockNumber {
		self.held[place].block.id.number
	}

	/// The ancestor of that number; the block itself where it is not higher.
	fn ancestor(&self, of: usize, number: BlockNumber) -> usize {
		let mut next = of;
		while self.number(next) > number {
			let held = &self.held[next];
			next = if self.number(held.jump) >= number {
				held.jump
			} else {
				held.parent
			};
		}
		next
	}

	/// Whether a block is `root` or descends from it.
	fn is_above(&self, root: usize, place: usize) -> bool {
		self.ancestor(place, self.number(root)) == root
	}

	fn longest(&self, root: usize) -> Option<usize> {
		self.leaves
			.iter()
			.copied()
			.filter(|leaf| self.is_above(root, *leaf))
			.max_by_key(|leaf| (self.number(*leaf), std::cmp::Reverse(*leaf)))
	}

	/// The lowest block of change from above the final one up to `place`, both on one branch.
	fn lowest_change(&self, place: usize) -> Option<usize> {
		let above = self.number(self.finalised);
		let mut lowest = None;
		let mut next = self.held[place].change;
		while self.number(next) > above {
			lowest = Some(next);
			next = self.held[self.held[next].parent].change;
		}
		lowest
	}
}

impl BlockTree for Tree {
	fn descends(&self, ancestor: &Target, block: &Target) -> Option<bool> {
		let top = *self.places.get(&block.hash)?;
		self.places.get(&ancestor.hash)?;
		let found = self.ancestor(top, ancestor.number);
		Some(self.held[found].block.id == *ancestor)
	}

	fn best(&self, base: &Target) -> Option<Target> {
		let base = *self.places.get(&base.hash)?;
		let leaf = self.longest(base)?;
		let best = self.lowest_change(leaf).unwrap_or(leaf);
		// Nothing can be voted for beyond a change that is not final.
		(self.is_above(base, best) && self.number(best) > self.number(self.finalised))
			.then_some(self.held[best].block.id)
	}

	fn votable(&self, target: &Target) -> Votable {
		let Some(place) = self.places.get(&target.hash).copied() else {
			return Votable::NotYet;
		};
		if self.held[place].block.id != *target
			|| place == self.finalised
			|| !self.is_above(self.finalised, place)
		{
			return Votable::Never;
		}
		if self
			.lowest_change(place)
			.is_some_and(|change| change != place)
		{
			return Votable::Never;
		}
		if self.held[place].complete {
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

	/// A random tree, judged by walks from parent to parent.
	#[test]
	fn descent_is_what_a_walk_over_the_parents_says() {
		let mut random = crate::world::Random::new(7, 7);
		let mut tree = Tree::default();
		let mut blocks = vec![Block::genesis()];
		for slot in 1..300 {
			let back = random.below(4).min(blocks.len() as u64 - 1) as usize;
			let parent = blocks[blocks.len() - 1 - back];
			let block = Block::make(&parent, slot, 0, 0, None);
			assert!(tree.import(block, true));
			blocks.push(block);
		}
		for _ in 0..5_000 {
			let (low, high) = (random.index(300), random.index(300));
			let mut next = blocks[high];
			while next.id.number > blocks[low].id.number {
				next = *tree.get(&next.parent).unwrap();
			}
			let walked = next.id == blocks[low].id;
			assert_eq!(
				tree.descends(&blocks[low].id, &blocks[high].id),
				Some(walked)
			);
		}
		let top = blocks[299];
		let branch = tree.branch(&top.id.hash, 3);
		assert_eq!(branch.len(), 64);
		assert_eq!(branch[0].id.number, 4);
		assert!(branch
			.windows(2)
			.all(|pair| pair[1].parent == pair[0].id.hash));
	}
}
