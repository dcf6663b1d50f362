//! Proofs that an old block is final.
//!
//! A proof that block B is final is the justification of a block F at or above B, and the headers
//! above B up to F. F is the end of B's authority set, or, in the set in force, the block of the
//! newest justification. Whoever knows that set's authorities can check it.

use super::{store, FinalityBlock};
use aci_finality::{Justification, SetId};
use codec::{Decode, Encode};
use sc_client_api::AuxStore;
use sp_runtime::traits::Header as HeaderT;

/// Most headers in a proof. A session without stalls has a few hundred blocks.
pub const MOST_HEADERS: u32 = 4_096;

/// Block F is final, and the headers lead to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FinalityProof<H: HeaderT> {
	/// Hash of F.
	pub block: H::Hash,
	/// The encoded [`Justification`] of F.
	pub justification: Vec<u8>,
	/// Headers above the asked block up to F, lowest first.
	pub unknown_headers: Vec<H>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
	/// The block is not final.
	#[error("block {asked} is not final yet: the last finalised block is {finalised}")]
	NotFinal {
		/// The number asked for.
		asked: u32,
		/// The last finalised number.
		finalised: u32,
	},
	/// The way to the next justification is too long.
	#[error("the next justified block, {justified}, is more than {MOST_HEADERS} blocks above block {asked}: ask for one that is nearer")]
	TooFar {
		/// The number asked for.
		asked: u32,
		/// The next justified block.
		justified: u32,
	},
	/// This node has joined later.
	#[error("{0}: ask a node that has the whole chain")]
	Ends(#[from] store::EndsError),
	/// The database failed.
	#[error(transparent)]
	Client(#[from] sp_blockchain::Error),
}

/// The proof for block `asked`, where set `current` is in force. `None` where no justification is
/// held for a block at or above it.
pub fn prove<Block, B, S>(
	blocks: &B,
	aux: &S,
	current: SetId,
	asked: u32,
) -> Result<Option<FinalityProof<Block::Header>>, ProofError>
where
	Block: FinalityBlock,
	B: sp_blockchain::Backend<Block>,
	S: AuxStore,
{
	let finalised = blocks.info().finalized_number;
	if asked > finalised {
		return Err(ProofError::NotFinal { asked, finalised });
	}
	let justification: Option<Justification> = match store::end_at_or_after(aux, current, asked)? {
		Some((_, end)) => store::justification_of(blocks, &end)?,
		None => store::newest(aux)?.filter(|newest| newest.target().number >= asked),
	};
	let Some(justification) = justification else {
		return Ok(None);
	};
	let target = justification.target();
	if target.number - asked > MOST_HEADERS {
		return Err(ProofError::TooFar {
			asked,
			justified: target.number,
		});
	}
	let mut unknown_headers = Vec::new();
	let mut hash = target.hash;
	for _ in asked..target.number {
		let header = blocks.expect_header(hash)?;
		hash = *header.parent_hash();
		unknown_headers.push(header);
	}
	unknown_headers.reverse();
	Ok(Some(FinalityProof {
		block: target.hash,
		justification: justification.encode(),
		unknown_headers,
	}))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::testing::{justification, keys, Tree};

	#[test]
	fn a_proof_leads_to_the_end_of_the_set_or_to_the_newest_justification() {
		let keys = keys(4);
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let chain = tree.grow(genesis, 10, b'a');
		let end = justification(genesis.hash, 0, &keys, 3, chain[3]);
		let newest = justification(genesis.hash, 1, &keys, 3, chain[7]);
		tree.justify(&end);
		tree.finalise(chain[7]);
		let entries = vec![store::end_entry(0, &chain[3]), store::newest_entry(&newest)];
		store::write(tree.blocks(), &entries).expect("memory does not fail");

		let proof = |number| prove(tree.blocks(), tree.blocks(), 1, number);
		let in_past = proof(2).expect("it is final").expect("it is justified");
		assert_eq!(in_past.block, chain[3].hash);
		assert_eq!(in_past.justification, end.encode());
		let numbers: Vec<u32> = in_past.unknown_headers.iter().map(|h| h.number).collect();
		assert_eq!(numbers, [3, 4]);
		assert_eq!(in_past.unknown_headers[1].hash(), chain[3].hash);

		let now = proof(5).expect("it is final").expect("it is justified");
		assert_eq!(now.block, chain[7].hash);
		assert_eq!(now.unknown_headers.len(), 3);
		assert!(matches!(
			proof(9),
			Err(ProofError::NotFinal {
				asked: 9,
				finalised: 8
			})
		));
	}
}
