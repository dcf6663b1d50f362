//! The history of ended jobs: what stays provable after their records are pruned.
//!
//! Every step of a job into an end state makes one [`HistoryLeaf`]. The leaves of a block, in the
//! order of the events that state them, are hashed to one Merkle root, which the chain keeps for
//! ever with their number ([`BlockHistory`]). The events of the block carry every field of its
//! leaves, so whoever has them makes the proof of any one of them later ([`prove`]), and anyone who
//! has the root checks it ([`BlockHistory::verify`]).
//!
//! A job has more than one leaf when a verdict changed an end that it had reached: the last one
//! holds.
//!
//! 1. A proof stands for exactly one leaf at one place: a leaf's hash is over more than the 64 bytes
//!    of an inner node and has a domain of its own, so no inner node passes for a leaf.
//! 2. A proof has at most [`MAX_PROOF`] hashes, whatever the number of leaves.
//!
//! The tree is the binary one of `binary-merkle-tree` over Blake2b-256: a node without a sibling
//! moves up a level.

use crate::{domain, AccountId, Balance, BlockNumber, BoundedList, Hash, JobId, JobStatus};
use binary_merkle_tree::{merkle_proof_raw, merkle_root_raw, verify_proof, Leaf};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::traits::BlakeTwo256;

/// Most hashes of a proof: as many levels as a tree of `u32::MAX` leaves has.
pub const MAX_PROOF: u32 = 32;

/// The hashes beside a leaf's path to the root, from the leaf upwards.
pub type HistoryProof = BoundedList<Hash, MAX_PROOF>;

/// A job's end.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct HistoryLeaf {
	/// The job.
	pub job: JobId,
	/// Who ordered it.
	pub client: AccountId,
	/// Who had it when it ended; `None` when it had no worker.
	pub worker: Option<AccountId>,
	/// How it ended.
	pub status: JobStatus,
	/// The locked price in planck; zero when it had no worker.
	pub price: Balance,
	/// What was paid out of its lock, in planck.
	pub due: Balance,
	/// What of its lock went back to the client, in planck.
	pub refund: Balance,
	/// Hash of the signed receipt; `None` without a result.
	pub receipt: Option<Hash>,
	/// The block in which it ended.
	pub block: BlockNumber,
}

impl HistoryLeaf {
	/// The leaf's hash.
	pub fn hash(&self) -> Hash {
		domain::tagged_hash(domain::HISTORY, self)
	}
}

/// The ends of one block.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct BlockHistory {
	/// Root over the hashes of the leaves.
	pub root: Hash,
	/// How many leaves.
	pub jobs: u32,
}

impl BlockHistory {
	/// The history of a block with leaves of these hashes, at most `u32::MAX` of them. `None`
	/// without leaves.
	pub fn of(leaves: &[Hash]) -> Option<Self> {
		let jobs = u32::try_from(leaves.len()).ok()?;
		(jobs > 0).then(|| BlockHistory {
			root: merkle_root_raw::<BlakeTwo256, _>(leaves.iter().copied()),
			jobs,
		})
	}

	/// Whether the block's leaf at `index`, counted from zero, is this one.
	pub fn verify(&self, index: u32, leaf: &HistoryLeaf, proof: &HistoryProof) -> bool {
		// The tree's own check takes a proof of any length, and so a leaf at more than one place.
		if siblings(index, self.jobs) != Some(proof.len()) {
			return false;
		}
		let leaf = Leaf::Hash(leaf.hash());
		verify_proof::<BlakeTwo256, _, _>(&self.root, proof.iter().copied(), self.jobs, index, leaf)
	}
}

/// How many hashes the proof of the leaf at `index` has; `None` for a place outside.
fn siblings(index: u32, leaves: u32) -> Option<usize> {
	if index >= leaves {
		return None;
	}
	let (mut position, mut width, mut count) = (index, leaves, 0usize);
	while width > 1 {
		// The last node of an odd row has no sibling. `width` is above `position`, hence above zero.
		let alone = position % 2 == 0 && position == width.saturating_sub(1);
		if !alone {
			count = count.saturating_add(1);
		}
		position /= 2;
		width = width.div_ceil(2);
	}
	Some(count)
}

/// The proof of the leaf at `index`, counted from zero, among the hashes of all leaves of its block.
/// `None` when there is no such leaf.
pub fn prove(leaves: &[Hash], index: u32) -> Option<HistoryProof> {
	let place = usize::try_from(index).ok()?;
	// The tree's own function panics for a place outside.
	if place >= leaves.len() || u32::try_from(leaves.len()).is_err() {
		return None;
	}
	let made = merkle_proof_raw::<BlakeTwo256, _>(leaves.iter().copied(), index);
	HistoryProof::try_from(made.proof).ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::H256;

	fn leaf(number: u32) -> HistoryLeaf {
		HistoryLeaf {
			job: H256::from_low_u64_be(number.into()),
			client: AccountId::new([1; 32]),
			worker: Some(AccountId::new([2; 32])),
			status: JobStatus::Settled,
			price: 10,
			due: 9,
			refund: 1,
			receipt: Some(H256::repeat_byte(3)),
			block: 7,
		}
	}

	fn hashes(count: u32) -> alloc::vec::Vec<Hash> {
		(0..count).map(|number| leaf(number).hash()).collect()
	}

	#[test]
	fn every_leaf_of_every_small_block_is_proven_at_its_place_and_nowhere_else() {
		for count in 1..=33 {
			let leaves = hashes(count);
			let history = BlockHistory::of(&leaves).expect("not empty");
			assert_eq!(history.jobs, count);
			for index in 0..count {
				let proof = prove(&leaves, index).expect("inside");
				for other in 0..count + 2 {
					assert_eq!(history.verify(other, &leaf(index), &proof), other == index);
				}
				assert!(!history.verify(index, &leaf(count), &proof));
			}
			assert_eq!(prove(&leaves, count), None);
		}
		assert_eq!(BlockHistory::of(&[]), None);
		assert_eq!(prove(&[], 0), None);
	}

	#[test]
	fn a_leaf_with_any_other_field_is_not_proven() {
		let leaves = hashes(5);
		let history = BlockHistory::of(&leaves).expect("not empty");
		let proof = prove(&leaves, 3).expect("inside");
		let changes: [fn(&mut HistoryLeaf); 8] = [
			|leaf| leaf.client = AccountId::new([9; 32]),
			|leaf| leaf.worker = None,
			|leaf| leaf.status = JobStatus::Refunded,
			|leaf| leaf.price = 0,
			|leaf| leaf.due = 0,
			|leaf| leaf.refund = 0,
			|leaf| leaf.receipt = None,
			|leaf| leaf.block = 0,
		];
		for change in changes {
			let mut changed = leaf(3);
			change(&mut changed);
			assert!(!history.verify(3, &changed, &proof));
		}
		assert!(history.verify(3, &leaf(3), &proof));
	}

	#[test]
	fn a_proof_of_the_wrong_length_proves_nothing() {
		let leaves = hashes(8);
		let history = BlockHistory::of(&leaves).expect("not empty");
		let mut proof = prove(&leaves, 3).expect("inside");
		let last = proof.pop().expect("three levels");
		assert!(!history.verify(3, &leaf(3), &proof));
		proof.try_push(last).expect("room");
		proof.try_push(last).expect("room");
		assert!(!history.verify(3, &leaf(3), &proof));
	}
}
