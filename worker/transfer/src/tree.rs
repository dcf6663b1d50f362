//! The hash tree over the chunks of content.
//!
//! Content is cut into chunks of [`CHUNK_BYTES`]; only the last may be shorter, none is empty.
//! All hashes are SHA-256, each over a tag of 19 bytes that is its own domain:
//!
//! - leaf = H("aci/transfer/leaf/1", index as u64 little-endian, chunk);
//! - node = H("aci/transfer/node/1", left, right); on a level of odd width the last hash moves up
//!   unchanged;
//! - top = the single hash of the highest level, or H("aci/transfer/none/1") for no content;
//! - root = H("aci/transfer/root/1", length in bytes as u64 little-endian, top).
//!
//! # What it guarantees
//!
//! 1. A chunk that passes [`verify_chunk`] is the chunk at that index of the one content that has
//!    this root and length, unless SHA-256 collides: index and total length are bound in.
//! 2. The length of a proof is fixed by length and index ([`proof_length`]); any other is refused
//!    before anything is hashed. Checking costs one chunk and at most 48 node hashes.
//! 3. Nothing here panics on any input.

use crate::error::TreeError;
use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Bytes of every chunk but the last.
pub const CHUNK_BYTES: usize = 64 * 1024;

const CHUNK: u64 = CHUNK_BYTES as u64;
const LEAF: &[u8; 19] = b"aci/transfer/leaf/1";
const NODE: &[u8; 19] = b"aci/transfer/node/1";
const NONE: &[u8; 19] = b"aci/transfer/none/1";
const ROOT: &[u8; 19] = b"aci/transfer/root/1";

/// How many chunks content of this length has.
pub fn chunk_count(length: u64) -> u64 {
	length.div_ceil(CHUNK)
}

/// Bytes of the chunk at an index, or `None` where the content has no such chunk.
pub fn chunk_length(length: u64, index: u64) -> Option<usize> {
	if index >= chunk_count(length) {
		return None;
	}
	// The index is below the count, so the product is below the length.
	let start = index.checked_mul(CHUNK)?;
	usize::try_from(length.checked_sub(start)?.min(CHUNK)).ok()
}

/// How many hashes the proof of the chunk at an index has, or `None` where there is no such chunk.
pub fn proof_length(length: u64, index: u64) -> Option<usize> {
	let mut width = chunk_count(length);
	if index >= width {
		return None;
	}
	let mut position = index;
	let mut hashes = 0;
	while width > 1 {
		if position ^ 1 < width {
			hashes += 1;
		}
		position /= 2;
		width = width.div_ceil(2);
	}
	Some(hashes)
}

/// The hash of a chunk at its index.
pub fn leaf_hash(index: u64, chunk: &[u8]) -> Hash {
	let mut hasher = Sha256::new();
	hasher.update(LEAF);
	hasher.update(index.to_le_bytes());
	hasher.update(chunk);
	hasher.finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
	let mut hasher = Sha256::new();
	hasher.update(NODE);
	hasher.update(left);
	hasher.update(right);
	hasher.finalize().into()
}

fn root_hash(length: u64, top: &Hash) -> Hash {
	let mut hasher = Sha256::new();
	hasher.update(ROOT);
	hasher.update(length.to_le_bytes());
	hasher.update(top);
	hasher.finalize().into()
}

/// Checks that a chunk is the one at `index` of the content with this root and length, and returns
/// its leaf hash. `proof` holds the sibling hashes from the leaf upwards.
pub fn verify_chunk(
	root: &Hash,
	length: u64,
	index: u64,
	chunk: &[u8],
	proof: &[Hash],
) -> Result<Hash, TreeError> {
	let (Some(bytes), Some(hashes)) = (chunk_length(length, index), proof_length(length, index))
	else {
		return Err(TreeError::NoSuchChunk {
			index,
			count: chunk_count(length),
		});
	};
	if chunk.len() != bytes {
		return Err(TreeError::ChunkLength {
			index,
			expected: bytes,
			found: chunk.len(),
		});
	}
	if proof.len() != hashes {
		return Err(TreeError::ProofLength {
			index,
			expected: hashes,
			found: proof.len(),
		});
	}
	let leaf = leaf_hash(index, chunk);
	let mut hash = leaf;
	let mut siblings = proof.iter();
	let mut position = index;
	let mut width = chunk_count(length);
	while width > 1 {
		if position ^ 1 < width {
			// `proof_length` counted these very steps.
			let sibling = siblings.next().ok_or(TreeError::WrongChunk { index })?;
			hash = match position % 2 {
				0 => node_hash(&hash, sibling),
				_ => node_hash(sibling, &hash),
			};
		}
		position /= 2;
		width = width.div_ceil(2);
	}
	match root_hash(length, &hash) == *root {
		true => Ok(leaf),
		false => Err(TreeError::WrongChunk { index }),
	}
}

/// The hash tree of content, with all levels, so that it can prove any chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkTree {
	length: u64,
	/// From the leaves to the top; each level is half as wide as the one below, rounded up.
	levels: Vec<Vec<Hash>>,
}

impl ChunkTree {
	/// The tree of these bytes.
	pub fn of(content: &[u8]) -> Self {
		let leaves = (0u64..).zip(content.chunks(CHUNK_BYTES));
		let leaves = leaves
			.map(|(index, chunk)| leaf_hash(index, chunk))
			.collect();
		Self::build(content.len() as u64, leaves)
	}

	/// The tree over known leaf hashes, or `None` where their number does not fit the length.
	pub fn from_leaves(length: u64, leaves: Vec<Hash>) -> Option<Self> {
		(leaves.len() as u64 == chunk_count(length)).then(|| Self::build(length, leaves))
	}

	fn build(length: u64, leaves: Vec<Hash>) -> Self {
		let mut levels = vec![leaves];
		while let Some(below) = levels.last().filter(|level| level.len() > 1) {
			let level = below
				.chunks(2)
				.map(|pair| match pair {
					[left, right] => node_hash(left, right),
					// `chunks(2)` gives one or two.
					single => single.first().copied().unwrap_or_default(),
				})
				.collect();
			levels.push(level);
		}
		ChunkTree { length, levels }
	}

	/// The root that content is known by.
	pub fn root(&self) -> Hash {
		let top = self.levels.last().and_then(|level| level.first()).copied();
		root_hash(
			self.length,
			&top.unwrap_or_else(|| Sha256::digest(NONE).into()),
		)
	}

	/// The hashes of the chunks, in order.
	pub fn leaves(&self) -> &[Hash] {
		self.levels.first().map(Vec::as_slice).unwrap_or_default()
	}

	/// The proof of the chunk at an index, or `None` where there is no such chunk.
	pub fn proof(&self, index: u64) -> Option<Vec<Hash>> {
		let mut position = usize::try_from(index).ok()?;
		self.leaves().get(position)?;
		let mut proof = Vec::with_capacity(self.levels.len());
		for level in &self.levels {
			proof.extend(level.get(position ^ 1).copied());
			position /= 2;
		}
		Some(proof)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// Content of a given length whose chunks all differ.
	fn content(length: usize, seed: u8) -> Vec<u8> {
		(0..length)
			.map(|at| (at / CHUNK_BYTES) as u8 ^ at as u8 ^ seed)
			.collect()
	}

	fn chunk(content: &[u8], index: usize) -> &[u8] {
		content
			.chunks(CHUNK_BYTES)
			.nth(index)
			.expect("the index is in range")
	}

	#[test]
	fn every_chunk_of_every_small_shape_passes() {
		for count in 1..=17usize {
			for length in [count * CHUNK_BYTES, (count - 1) * CHUNK_BYTES + 1] {
				let content = content(length, 0);
				let tree = ChunkTree::of(&content);
				assert_eq!(tree.leaves().len(), count);
				for index in 0..count {
					let proof = tree.proof(index as u64).expect("in range");
					let chunk = chunk(&content, index);
					let leaf =
						verify_chunk(&tree.root(), length as u64, index as u64, chunk, &proof);
					assert_eq!(leaf, Ok(tree.leaves()[index]));
				}
				assert_eq!(tree.proof(count as u64), None);
			}
		}
	}

	#[test]
	fn a_tree_from_leaves_is_the_tree_of_the_content() {
		let content = content(5 * CHUNK_BYTES + 7, 3);
		let tree = ChunkTree::of(&content);
		let leaves = tree.leaves().to_vec();
		assert_eq!(
			ChunkTree::from_leaves(content.len() as u64, leaves.clone()),
			Some(tree)
		);
		assert_eq!(ChunkTree::from_leaves(4 * CHUNK, leaves), None);
	}

	#[test]
	fn nothing_and_one_zero_byte_have_different_roots() {
		assert_ne!(ChunkTree::of(&[]).root(), ChunkTree::of(&[0]).root());
		assert_eq!(ChunkTree::of(&[]).proof(0), None);
		assert_eq!(chunk_length(0, 0), None);
	}

	#[test]
	fn a_node_cannot_be_passed_off_as_a_chunk() {
		let content = content(2 * CHUNK_BYTES, 0);
		let tree = ChunkTree::of(&content);
		let children = [tree.leaves()[0], tree.leaves()[1]].concat();
		assert!(verify_chunk(&tree.root(), 64, 0, &children, &[]).is_err());
	}

	#[test]
	fn proofs_are_bounded_at_the_largest_lengths() {
		for length in [u64::MAX, u64::MAX - 1, CHUNK * (1 << 40)] {
			let last = chunk_count(length) - 1;
			assert!(proof_length(length, 0).is_some_and(|hashes| hashes <= 48));
			assert!(proof_length(length, last).is_some_and(|hashes| hashes <= 48));
			assert_eq!(proof_length(length, last + 1), None);
			assert!(chunk_length(length, last).is_some());
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(48))]

		#[test]
		fn a_flipped_bit_is_refused(
			count in 1usize..9, tail in 1usize..=CHUNK_BYTES, index in 0usize..9,
			at in 0usize..CHUNK_BYTES, bit in 0u8..8,
		) {
			let index = index % count;
			let content = content((count - 1) * CHUNK_BYTES + tail, 1);
			let tree = ChunkTree::of(&content);
			let proof = tree.proof(index as u64).expect("in range");
			let mut chunk = chunk(&content, index).to_vec();
			let at = at % chunk.len();
			chunk[at] ^= 1 << bit;
			let verdict =
				verify_chunk(&tree.root(), content.len() as u64, index as u64, &chunk, &proof);
			prop_assert_eq!(verdict, Err(TreeError::WrongChunk { index: index as u64 }));
		}

		#[test]
		fn a_flipped_bit_in_proof_or_root_is_refused(
			count in 2usize..9, index in 0usize..9, node in 0usize..5, at in 0usize..32,
		) {
			let index = index % count;
			let content = content(count * CHUNK_BYTES, 1);
			let tree = ChunkTree::of(&content);
			let length = content.len() as u64;
			let mut proof = tree.proof(index as u64).expect("in range");
			let chunk = chunk(&content, index);
			let mut root = tree.root();
			root[at] ^= 4;
			prop_assert!(verify_chunk(&root, length, index as u64, chunk, &proof).is_err());
			let node = node % proof.len();
			proof[node][at] ^= 1;
			prop_assert!(verify_chunk(&tree.root(), length, index as u64, chunk, &proof).is_err());
		}

		#[test]
		fn a_chunk_at_another_index_is_refused_even_where_its_bytes_are_the_same(
			count in 2usize..9, from in 0usize..9, to in 0usize..9, same in any::<bool>(),
		) {
			let (from, to) = (from % count, to % count);
			prop_assume!(from != to);
			let content = match same {
				true => vec![7; count * CHUNK_BYTES],
				false => content(count * CHUNK_BYTES, 1),
			};
			let tree = ChunkTree::of(&content);
			let length = content.len() as u64;
			let proof = tree.proof(from as u64).expect("in range");
			let swapped = chunk(&content, from);
			prop_assert!(
				verify_chunk(&tree.root(), length, to as u64, swapped, &proof).is_err()
			);
			if !same {
				let proof = tree.proof(to as u64).expect("in range");
				prop_assert!(
					verify_chunk(&tree.root(), length, to as u64, swapped, &proof).is_err()
				);
			}
		}

		#[test]
		fn another_total_length_is_refused(
			count in 1usize..9, tail in 1usize..=CHUNK_BYTES, index in 0usize..9,
			claimed in 0u64..(12 * CHUNK),
		) {
			let index = index % count;
			let content = content((count - 1) * CHUNK_BYTES + tail, 1);
			prop_assume!(claimed != content.len() as u64);
			let tree = ChunkTree::of(&content);
			let proof = tree.proof(index as u64).expect("in range");
			let chunk = chunk(&content, index);
			prop_assert!(
				verify_chunk(&tree.root(), claimed, index as u64, chunk, &proof).is_err()
			);
		}

		#[test]
		fn a_proof_of_any_other_length_is_refused_before_hashing(
			length in 1u64..=u64::MAX, index in any::<u64>(), hashes in 0usize..70,
		) {
			let index = index % chunk_count(length);
			let expected = proof_length(length, index).expect("in range");
			prop_assume!(hashes != expected);
			let chunk = vec![0; chunk_length(length, index).expect("in range")];
			prop_assert_eq!(
				verify_chunk(&[0; 32], length, index, &chunk, &vec![[0; 32]; hashes]),
				Err(TreeError::ProofLength { index, expected, found: hashes })
			);
		}
	}
}
