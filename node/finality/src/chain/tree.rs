//! Questions about the block tree.
//!
//! Descent is found by the lowest common ancestor, whose walk leaves shortcuts in the cache of
//! headers' metadata, so a question asked again for a block a little higher costs little.

use super::FinalityBlock;
use aci_finality::Target;
use sp_blockchain::{lowest_common_ancestor, HeaderBackend, HeaderMetadata};
use sp_runtime::traits::Header;

/// The block that `header` is of.
pub fn target_of<H: Header<Number = u32, Hash = aci_finality::BlockHash>>(header: &H) -> Target {
	Target {
		number: *header.number(),
		hash: header.hash(),
	}
}

/// The last finalised block.
pub fn finalised<Block: FinalityBlock>(blocks: &impl HeaderBackend<Block>) -> Target {
	let info = blocks.info();
	Target {
		number: info.finalized_number,
		hash: info.finalized_hash,
	}
}

/// Whether `block` is held, at its number.
pub fn held<Block: FinalityBlock>(blocks: &impl HeaderBackend<Block>, block: &Target) -> bool {
	matches!(blocks.number(block.hash), Ok(Some(number)) if number == block.number)
}

/// Whether `block` is `ancestor` or descends from it; `None` where either is not held or the way
/// between them is not.
pub fn descends<Block, B>(blocks: &B, ancestor: &Target, block: &Target) -> Option<bool>
where
	Block: FinalityBlock,
	B: HeaderBackend<Block> + HeaderMetadata<Block, Error = sp_blockchain::Error>,
{
	if !held(blocks, ancestor) || !held(blocks, block) {
		return None;
	}
	if ancestor.number >= block.number {
		return Some(ancestor == block);
	}
	lowest_common_ancestor(blocks, block.hash, ancestor.hash)
		.ok()
		.map(|common| common.hash == ancestor.hash)
}

/// The highest leaf that is `base` or descends from it. Among equally high ones the present best
/// block comes first, then the one that the database names first.
pub fn best_leaf<Block, B>(
	blocks: &B,
	base: &Target,
) -> Result<Option<Target>, sp_blockchain::Error>
where
	Block: FinalityBlock,
	B: sp_blockchain::Backend<Block>,
{
	let preferred = blocks.info().best_hash;
	let mut best: Option<Target> = None;
	// Highest first.
	for hash in blocks.leaves()? {
		let Some(number) = blocks.number(hash)? else {
			continue;
		};
		let leaf = Target { number, hash };
		if number < base.number || best.is_some_and(|best| number < best.number) {
			break;
		}
		let better = best.is_none() || hash == preferred;
		if better && descends(blocks, base, &leaf) == Some(true) {
			best = Some(leaf);
		}
	}
	Ok(best)
}

/// The block that new blocks must descend from: the one that is followed, while it is held and
/// above the last finalised block, which it must descend from; else the last finalised block.
pub fn anchor<Block, B>(blocks: &B, followed: Option<Target>) -> Target
where
	Block: FinalityBlock,
	B: HeaderBackend<Block> + HeaderMetadata<Block, Error = sp_blockchain::Error>,
{
	let finalised = finalised(blocks);
	followed
		.filter(|followed| {
			followed.number > finalised.number
				&& descends(blocks, &finalised, followed) == Some(true)
		})
		.unwrap_or(finalised)
}

/// Whether a block to be imported on `parent` becomes the best block: one on the anchor's branch
/// goes before one that is not, and then the higher one before the lower.
pub fn becomes_best<Block, B>(
	blocks: &B,
	followed: Option<Target>,
	block: &Target,
	parent: &Target,
) -> bool
where
	Block: FinalityBlock,
	B: HeaderBackend<Block> + HeaderMetadata<Block, Error = sp_blockchain::Error>,
{
	let info = blocks.info();
	if parent.hash == info.best_hash {
		return true;
	}
	// The block itself is not held yet: it may be what is followed.
	if followed == Some(*block) {
		let finalised = finalised(blocks);
		if descends(blocks, &finalised, parent) == Some(true) {
			return true;
		}
	}
	let anchor = anchor(blocks, followed);
	let best = Target {
		number: info.best_number,
		hash: info.best_hash,
	};
	let block_follows = descends(blocks, &anchor, parent) == Some(true);
	let best_follows = descends(blocks, &anchor, &best) == Some(true);
	match (block_follows, best_follows) {
		(true, false) => true,
		(false, true) => false,
		_ => block.number > best.number,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::testing::Tree;

	#[test]
	fn descent_is_told_only_of_blocks_that_are_held() {
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let a = tree.grow(genesis, 3, b'a');
		let b = tree.grow(a[0], 2, b'b');
		let blocks = tree.blocks();
		assert_eq!(descends(blocks, &a[0], &b[1]), Some(true));
		assert_eq!(descends(blocks, &a[0], &a[0]), Some(true));
		assert_eq!(descends(blocks, &a[1], &b[1]), Some(false));
		assert_eq!(descends(blocks, &b[1], &a[0]), Some(false));
		let unknown = Target {
			number: 2,
			hash: [7; 32].into(),
		};
		assert_eq!(descends(blocks, &a[0], &unknown), None);
		assert_eq!(descends(blocks, &unknown, &a[0]), None);
		let misnumbered = Target {
			number: 3,
			hash: a[0].hash,
		};
		assert_eq!(descends(blocks, &genesis, &misnumbered), None);
	}

	#[test]
	fn the_best_leaf_is_the_highest_on_the_branch() {
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let a = tree.grow(genesis, 3, b'a');
		let b = tree.grow(a[0], 4, b'b');
		let blocks = tree.blocks();
		let best = |base| best_leaf(blocks, base).expect("memory does not fail");
		assert_eq!(best(&genesis), Some(b[3]));
		assert_eq!(best(&a[0]), Some(b[3]));
		assert_eq!(best(&a[1]), Some(a[2]));
		assert_eq!(best(&a[2]), Some(a[2]));
		let unknown = Target {
			number: 1,
			hash: [7; 32].into(),
		};
		assert_eq!(best(&unknown), None);
	}

	#[test]
	fn among_equally_high_leaves_the_best_block_stays() {
		for preferred in [0, 1] {
			let mut tree = Tree::new();
			let genesis = tree.genesis();
			let leaves = [
				tree.grow(genesis, 2, b'a')[1],
				tree.grow(genesis, 2, b'b')[1],
			];
			tree.set_best(leaves[preferred]);
			assert_eq!(
				best_leaf(tree.blocks(), &genesis).expect("memory does not fail"),
				Some(leaves[preferred])
			);
		}
	}

	#[test]
	fn what_is_followed_counts_only_above_the_finalised_block() {
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let a = tree.grow(genesis, 3, b'a');
		let b = tree.grow(a[0], 2, b'b');
		tree.finalise(a[1]);
		let blocks = tree.blocks();
		assert_eq!(anchor(blocks, None), a[1]);
		assert_eq!(anchor(blocks, Some(a[0])), a[1]);
		assert_eq!(anchor(blocks, Some(b[1])), a[1]);
		assert_eq!(anchor(blocks, Some(a[2])), a[2]);
	}

	#[test]
	fn a_shorter_branch_that_is_followed_beats_a_longer_one() {
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let a = tree.grow(genesis, 5, b'a');
		let b = tree.grow(genesis, 2, b'b');
		tree.set_best(a[4]);
		let blocks = tree.blocks();
		let child = Target {
			number: 3,
			hash: [7; 32].into(),
		};
		assert!(!becomes_best(blocks, None, &child, &b[1]));
		assert!(becomes_best(blocks, Some(b[0]), &child, &b[1]));
		// Also where the block itself is followed, before it is held.
		assert!(becomes_best(blocks, Some(child), &child, &b[1]));
		// And a longer branch beside the one that is followed does not win.
		tree.set_best(b[1]);
		let blocks = tree.blocks();
		let child = Target {
			number: 6,
			hash: [8; 32].into(),
		};
		assert!(!becomes_best(blocks, Some(b[0]), &child, &a[4]));
		assert!(becomes_best(blocks, None, &child, &a[4]));
	}
}
