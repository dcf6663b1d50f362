//! Merkle roots over lists of hashes, with the place of a leaf in its proof.
//!
//! The tree is the binary one of `binary-merkle-tree` over Blake2b-256: a node without a sibling
//! moves up a level. Leaves are tagged hashes of 32 bytes, inner nodes are over 64 bytes, so neither
//! passes for the other. An empty list has the zero root.

use aci_primitives::{BoundedList, Hash};
use alloc::vec::Vec;
use binary_merkle_tree::{merkle_proof_raw, merkle_root_raw, verify_proof, Leaf};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::traits::{BlakeTwo256, Hash as _};

/// Most hashes of a proof: as many levels as a tree of `u32::MAX` leaves has.
const MAX_LEVELS: u32 = 32;

/// The root over `leaves`; zero without any.
pub fn root(leaves: &[Hash]) -> Hash {
	if leaves.is_empty() {
		return Hash::zero();
	}
	merkle_root_raw::<BlakeTwo256, _>(leaves.iter().copied())
}

/// Shows that a leaf is at a place under a root.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Path {
	/// The leaf's place, from 0 on.
	pub index: u32,
	/// How many leaves there are.
	pub leaves: u32,
	/// The hashes beside the leaf's way to the root, from the leaf upwards.
	pub siblings: BoundedList<Hash, MAX_LEVELS>,
}

/// The path of the leaf at `index`; `None` when there is no such leaf.
pub fn path(leaves: &[Hash], index: u32) -> Option<Path> {
	let count = u32::try_from(leaves.len()).ok()?;
	// The tree's own function panics for a place outside.
	if index >= count {
		return None;
	}
	let made = merkle_proof_raw::<BlakeTwo256, _>(leaves.iter().copied(), index);
	Some(Path {
		index,
		leaves: count,
		siblings: made.proof.try_into().ok()?,
	})
}

/// The paths of all leaves, in their order. It hashes each pair once, where [`path`] for each leaf
/// would hash the whole tree for each.
pub fn paths(leaves: &[Hash]) -> Vec<Path> {
	let Ok(count) = u32::try_from(leaves.len()) else {
		return Vec::new();
	};
	let mut rows: Vec<Vec<Hash>> = Vec::new();
	let mut row = leaves.to_vec();
	while row.len() > 1 {
		let above = row.chunks(2).filter_map(|pair| match pair {
			[left, right] => {
				let both = [left.as_bytes(), right.as_bytes()].concat();
				Some(BlakeTwo256::hash(&both))
			}
			// The last one of an odd row moves up.
			[alone] => Some(*alone),
			_ => None,
		});
		let above = above.collect();
		rows.push(core::mem::replace(&mut row, above));
	}
	(0..count)
		.map(|index| {
			// At most as many rows as the bound, because the count fits 32 bits.
			let mut position = index as usize;
			let siblings = rows.iter().filter_map(|row| {
				let beside = row.get(position ^ 1).copied();
				position /= 2;
				beside
			});
			Path {
				index,
				leaves: count,
				siblings: BoundedList::truncate_from(siblings.collect()),
			}
		})
		.collect()
}

impl Path {
	/// Whether `leaf` is at this place under `root`.
	pub fn verify(&self, root: &Hash, leaf: &Hash) -> bool {
		// The tree's own check takes a path of any length, and so a leaf at more than one place.
		if self.levels() != Some(self.siblings.len()) {
			return false;
		}
		let siblings = self.siblings.iter().copied();
		let leaf = Leaf::Hash(*leaf);
		verify_proof::<BlakeTwo256, _, _>(root, siblings, self.leaves, self.index, leaf)
	}

	/// How many siblings the path has by its place; `None` for a place outside.
	fn levels(&self) -> Option<usize> {
		if self.index >= self.leaves {
			return None;
		}
		let (mut position, mut width, mut count) = (self.index, self.leaves, 0usize);
		while width > 1 {
			// The last node of an odd row has no sibling.
			let alone = position % 2 == 0 && position == width.saturating_sub(1);
			if !alone {
				count = count.saturating_add(1);
			}
			position /= 2;
			width = width.div_ceil(2);
		}
		Some(count)
	}
}
