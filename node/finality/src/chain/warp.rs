//! Warp sync: a new node learns the authority set in force from proofs of the changes alone.
//!
//! A proof is a list of fragments: the header of a block that ended a set, with the justification
//! by that set, one for each change since the block that was asked about, and at last the newest
//! justified block.
//!
//! # Guarantees
//!
//! 1. A proof that verifies leads from the set that the verifier knows to the next ones without a
//!    gap: each fragment is justified by the set that the fragment before announced.
//! 2. Only the last fragment of the last proof may announce no change.
//! 3. A proof takes at most [`MOST_BYTES`] bytes; what does not fit comes with the next one.

use super::{digest::change_of, store, tree, FinalityBlock, FinalityChain, FinalityClient};
use aci_finality::{
	api::FinalityApi, AuthoritySet, BlockHash, CertificateError, Ed25519, Justification, ENGINE_ID,
};
use codec::{Decode, DecodeAll, Encode};
use sc_client_api::{AuxStore, Backend};
use sc_network_sync::strategy::warp::{
	EncodedProof, VerificationResult, Verifier, WarpSyncProvider,
};
use sp_runtime::{traits::Header as HeaderT, Justifications};
use std::sync::Arc;

/// Most bytes in a proof: half of what the protocol lets a response have.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What the list's length and the flag may take.
const OVERHEAD: usize = 50;

/// A justified block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Fragment<H> {
	/// Its header.
	pub header: H,
	/// Its justification.
	pub justification: Justification,
}

/// Part of the way to the newest justified block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WarpProof<H> {
	/// Justified blocks, lowest first.
	pub fragments: Vec<Fragment<H>>,
	/// Whether the way ends here.
	pub complete: bool,
}

/// Why a proof does not stand, or cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WarpError {
	/// The block asked about is not final on this node's chain.
	#[error("the first block is not final on this node's chain")]
	NotFinal,
	/// A justification is missing.
	#[error("the justification of block {0} is missing")]
	Unjustified(u32),
	/// The ends of sets are not known.
	#[error(transparent)]
	Ends(#[from] store::EndsError),
	/// The database failed.
	#[error(transparent)]
	Client(#[from] sp_blockchain::Error),
	/// The proof does not decode.
	#[error("the proof does not decode: {0}")]
	Undecodable(codec::Error),
	/// The proof has no fragment.
	#[error("the proof is empty")]
	Empty,
	/// A justification is for another block.
	#[error("the justification with block {0} is for another block")]
	OtherBlock(u32),
	/// A justification does not verify.
	#[error("the justification of block {0} does not verify: {1:?}")]
	Invalid(u32, CertificateError),
	/// A block in the middle announces no change.
	#[error("block {0} announces no change of the authorities")]
	NoChange(u32),
	/// A block announces a change that is none.
	#[error("block {0}: {1}")]
	Digest(u32, super::digest::DigestError),
}

impl<H: HeaderT<Number = u32, Hash = BlockHash>> WarpProof<H> {
	/// Checks the proof against the set that is in force before its first fragment, and gives the
	/// one in force after its last.
	///
	/// Costs one check of a signature for each signer of each fragment up to the first fault.
	pub fn verify(
		&self,
		genesis: BlockHash,
		mut set: AuthoritySet,
	) -> Result<AuthoritySet, WarpError> {
		let count = self.fragments.len();
		for (place, fragment) in self.fragments.iter().enumerate() {
			let number = *fragment.header.number();
			if fragment.justification.target() != tree::target_of(&fragment.header) {
				return Err(WarpError::OtherBlock(number));
			}
			fragment
				.justification
				.verify::<Ed25519>(genesis, &set)
				.map_err(|error| WarpError::Invalid(number, error))?;
			match change_of(&fragment.header).map_err(|error| WarpError::Digest(number, error))? {
				Some(log) => {
					set = log.next_set(set.id()).map_err(|error| {
						WarpError::Digest(number, super::digest::DigestError::NoSet(error))
					})?;
				}
				None if self.complete && place + 1 == count => {}
				None => return Err(WarpError::NoChange(number)),
			}
		}
		Ok(set)
	}
}

/// The proof from `start`, a final block, on, where `current` is the set in force.
pub fn generate<Block, B, S>(
	blocks: &B,
	aux: &S,
	current: u64,
	start: BlockHash,
	most_bytes: usize,
) -> Result<WarpProof<Block::Header>, WarpError>
where
	Block: FinalityBlock,
	B: sp_blockchain::Backend<Block>,
	S: AuxStore,
{
	let number = blocks
		.number(start)?
		.filter(|number| *number <= blocks.info().finalized_number)
		.ok_or(WarpError::NotFinal)?;
	if blocks.hash(number)? != Some(start) {
		return Err(WarpError::NotFinal);
	}
	let room = most_bytes.saturating_sub(OVERHEAD);
	let mut fragments: Vec<Fragment<Block::Header>> = Vec::new();
	let mut used = 0usize;
	let mut push = |fragments: &mut Vec<_>, fragment: Fragment<Block::Header>| {
		used = used.saturating_add(fragment.encoded_size());
		let fits = used <= room;
		if fits {
			fragments.push(fragment);
		}
		fits
	};

	let first = store::end_at_or_after(aux, current, number.saturating_add(1))?;
	let first = first.map_or(current, |(set, _)| set);
	for set in first..current {
		let end = store::end_of(aux, set)?.ok_or(store::EndsError::Missing(set))?;
		let fragment = Fragment {
			header: blocks.expect_header(end.hash)?,
			justification: store::justification_of(blocks, &end)?
				.ok_or(WarpError::Unjustified(end.number))?,
		};
		if !push(&mut fragments, fragment) {
			return Ok(WarpProof {
				fragments,
				complete: false,
			});
		}
	}

	let above = fragments
		.last()
		.map_or(number, |last| last.header.number().saturating_add(1));
	let mut complete = true;
	if let Some(justification) =
		store::newest(aux)?.filter(|newest| newest.target().number >= above)
	{
		let fragment = Fragment {
			header: blocks.expect_header(justification.target().hash)?,
			justification,
		};
		complete = push(&mut fragments, fragment);
	}
	Ok(WarpProof {
		fragments,
		complete,
	})
}

/// Makes proofs for others and checks theirs.
pub struct FinalityWarpSync<Block, BE, Client>(Arc<FinalityChain<Block, BE, Client>>);

impl<Block, BE, Client> FinalityWarpSync<Block, BE, Client> {
	/// Serves the proofs of `chain`.
	pub fn new(chain: Arc<FinalityChain<Block, BE, Client>>) -> Self {
		FinalityWarpSync(chain)
	}
}

impl<Block, BE, Client> WarpSyncProvider<Block> for FinalityWarpSync<Block, BE, Client>
where
	Block: FinalityBlock,
	BE: Backend<Block> + 'static,
	Client: FinalityClient<Block, BE>,
	Client::Api: FinalityApi<Block>,
{
	fn generate(
		&self,
		start: Block::Hash,
	) -> Result<EncodedProof, Box<dyn std::error::Error + Send + Sync>> {
		let chain = &self.0;
		let current = chain.authorities().set().id();
		let proof = generate(chain.blocks(), chain.client(), current, start, MOST_BYTES)?;
		Ok(EncodedProof(proof.encode()))
	}

	fn create_verifier(&self) -> Box<dyn Verifier<Block>> {
		// The trait has no room for an error: a database that cannot be read gives a verifier with
		// the set in force, which refuses proofs from the genesis block on.
		let chain = &self.0;
		let set = store::genesis_set(chain.client())
			.unwrap_or_else(|_| chain.authorities().set().clone());
		Box::new(WarpVerifier {
			genesis: chain.genesis_hash(),
			set,
			next: chain.genesis_hash(),
			changes: 0,
		})
	}
}

/// How far a warp sync has come.
struct WarpVerifier {
	genesis: BlockHash,
	set: AuthoritySet,
	next: BlockHash,
	changes: u64,
}

impl<Block: FinalityBlock> Verifier<Block> for WarpVerifier {
	fn verify(
		&mut self,
		proof: &EncodedProof,
	) -> Result<VerificationResult<Block>, Box<dyn std::error::Error + Send + Sync>> {
		let proof = WarpProof::<Block::Header>::decode_all(&mut &proof.0[..])
			.map_err(WarpError::Undecodable)?;
		let last = proof
			.fragments
			.last()
			.map(|fragment| fragment.header.clone())
			.ok_or(WarpError::Empty)?;
		let set = proof.verify(self.genesis, self.set.clone())?;
		self.changes = self
			.changes
			.saturating_add(set.id().saturating_sub(self.set.id()));
		self.set = set;
		self.next = last.hash();
		let complete = proof.complete;
		let blocks = proof
			.fragments
			.into_iter()
			.map(|fragment| {
				let justification = (ENGINE_ID, fragment.justification.encode());
				(fragment.header, Justifications::from(justification))
			})
			.collect();
		Ok(if complete {
			VerificationResult::Complete(last, blocks)
		} else {
			VerificationResult::Partial(blocks)
		})
	}

	fn next_proof_context(&self) -> Block::Hash {
		self.next
	}

	fn status(&self) -> Option<String> {
		Some(format!(
			"{} changes of the authority set checked",
			self.changes
		))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::testing::{change, header, justification, keys, set, Block, Header, Tree};
	use aci_finality::Target;
	use sp_core::ed25519;
	use sp_runtime::DigestItem;

	/// A chain of three sets of 4, 5 and 6 authorities that end at blocks 2 and 4, with the newest
	/// justification at block 6.
	struct Chain {
		tree: Tree,
		blocks: Vec<Target>,
	}

	fn sets() -> [Vec<ed25519::Pair>; 3] {
		[keys(4), keys(5), keys(6)]
	}

	fn quorum(set: u64, keys: &[ed25519::Pair], genesis: Target, target: Target) -> Justification {
		let signers = aci_finality::quorum(keys.len());
		justification(genesis.hash, set, keys, signers, target)
	}

	fn chain() -> Chain {
		let mut tree = Tree::new();
		let genesis = tree.genesis();
		let mut parent = genesis;
		let mut blocks = vec![genesis];
		for number in 1..=6u32 {
			let logs = match number {
				2 | 4 => vec![DigestItem::Consensus(
					ENGINE_ID,
					change(&sets()[number as usize / 2]).encode(),
				)],
				_ => Vec::new(),
			};
			parent = tree.add(header(number, parent.hash, logs));
			blocks.push(parent);
		}
		let mut entries = Vec::new();
		for (set, number) in [(0u64, 2usize), (1, 4)] {
			tree.justify(&quorum(set, &sets()[set as usize], genesis, blocks[number]));
			entries.push(store::end_entry(set, &blocks[number]));
		}
		let newest = quorum(2, &sets()[2], genesis, blocks[6]);
		tree.finalise(blocks[6]);
		entries.push(store::newest_entry(&newest));
		store::write(tree.blocks(), &entries).expect("memory does not fail");
		Chain { tree, blocks }
	}

	fn proof(chain: &Chain, start: usize, most_bytes: usize) -> WarpProof<Header> {
		generate::<Block, _, _>(
			chain.tree.blocks(),
			chain.tree.blocks(),
			2,
			chain.blocks[start].hash,
			most_bytes,
		)
		.expect("the start is final")
	}

	fn verify(chain: &Chain, proof: &WarpProof<Header>) -> Result<AuthoritySet, WarpError> {
		proof.verify(chain.blocks[0].hash, set(0, &sets()[0]))
	}

	#[test]
	fn a_proof_from_genesis_leads_to_the_set_in_force() {
		let chain = chain();
		let proof = proof(&chain, 0, MOST_BYTES);
		let numbers: Vec<u32> = proof.fragments.iter().map(|f| f.header.number).collect();
		assert_eq!(numbers, [2, 4, 6]);
		assert!(proof.complete);
		let reached = verify(&chain, &proof).expect("it is ours");
		assert_eq!(reached, set(2, &sets()[2]));
	}

	#[test]
	fn a_proof_starts_with_the_first_change_above_its_start() {
		let chain = chain();
		for (start, count) in [(1, 3), (2, 2), (3, 2), (4, 1), (6, 1)] {
			assert_eq!(
				proof(&chain, start, MOST_BYTES).fragments.len(),
				count,
				"{start}"
			);
		}
	}

	#[test]
	fn what_does_not_fit_comes_with_the_next_proof() {
		let chain = chain();
		let whole = proof(&chain, 0, MOST_BYTES);
		let two = whole.fragments[..2].encoded_size() + OVERHEAD;
		let part = proof(&chain, 0, two);
		assert_eq!(part.fragments.len(), 2);
		assert!(!part.complete);
		assert!(part.encoded_size() <= two);
		let reached = verify(&chain, &part).expect("it is ours");
		let rest = proof(&chain, 4, two);
		assert!(rest.complete);
		let reached = rest
			.verify(chain.blocks[0].hash, reached)
			.expect("it follows");
		assert_eq!(reached.id(), 2);
	}

	#[test]
	fn a_fragment_left_out_is_found() {
		let chain = chain();
		let mut proof = proof(&chain, 0, MOST_BYTES);
		proof.fragments.remove(0);
		assert!(matches!(
			verify(&chain, &proof),
			Err(WarpError::Invalid(4, CertificateError::OtherSet))
		));
	}

	#[test]
	fn a_header_with_another_set_is_found() {
		let chain = chain();
		let mut proof = proof(&chain, 0, MOST_BYTES);
		proof.fragments[0].header.digest.logs[0] =
			DigestItem::Consensus(ENGINE_ID, change(&keys(9)).encode());
		assert!(matches!(
			verify(&chain, &proof),
			Err(WarpError::OtherBlock(2))
		));
	}

	#[test]
	fn too_few_signers_and_forged_signatures_are_found() {
		let chain = chain();
		let genesis = chain.blocks[0];
		let mut few = proof(&chain, 0, MOST_BYTES);
		few.fragments[0].justification =
			justification(genesis.hash, 0, &sets()[0], 2, chain.blocks[2]);
		assert!(matches!(
			verify(&chain, &few),
			Err(WarpError::Invalid(2, CertificateError::NoQuorum))
		));
		let mut forged = proof(&chain, 0, MOST_BYTES);
		forged.fragments[0].justification = quorum(0, &sets()[2][2..], genesis, chain.blocks[2]);
		assert!(matches!(
			verify(&chain, &forged),
			Err(WarpError::Invalid(2, CertificateError::Signature))
		));
		// The genesis hash is signed: another chain's justifications do not count.
		assert!(proof(&chain, 0, MOST_BYTES)
			.verify(chain.blocks[1].hash, set(0, &sets()[0]))
			.is_err());
	}

	#[test]
	fn only_the_last_block_of_a_complete_proof_may_change_nothing() {
		let chain = chain();
		let mut proof = proof(&chain, 0, MOST_BYTES);
		proof.complete = false;
		assert!(matches!(
			verify(&chain, &proof),
			Err(WarpError::NoChange(6))
		));
	}

	#[test]
	fn an_unknown_start_is_refused() {
		let chain = chain();
		assert!(matches!(
			generate::<Block, _, _>(
				chain.tree.blocks(),
				chain.tree.blocks(),
				2,
				[9; 32].into(),
				MOST_BYTES
			),
			Err(WarpError::NotFinal)
		));
	}

	#[test]
	fn the_verifier_goes_on_from_proof_to_proof() {
		let chain = chain();
		let whole = proof(&chain, 0, MOST_BYTES);
		let two = whole.fragments[..2].encoded_size() + OVERHEAD;
		let mut verifier = WarpVerifier {
			genesis: chain.blocks[0].hash,
			set: set(0, &sets()[0]),
			next: chain.blocks[0].hash,
			changes: 0,
		};
		let step = |verifier: &mut WarpVerifier, proof: WarpProof<Header>| {
			Verifier::<Block>::verify(verifier, &EncodedProof(proof.encode()))
		};
		let first = step(&mut verifier, proof(&chain, 0, two)).expect("it is ours");
		assert!(matches!(first, VerificationResult::Partial(blocks) if blocks.len() == 2));
		assert_eq!(
			Verifier::<Block>::next_proof_context(&verifier),
			chain.blocks[4].hash
		);
		let second = step(&mut verifier, proof(&chain, 4, two)).expect("it follows");
		assert!(matches!(second, VerificationResult::Complete(last, _) if last.number == 6));
		assert_eq!(verifier.changes, 2);
		// An empty proof leads nowhere.
		let empty = WarpProof {
			fragments: Vec::new(),
			complete: true,
		};
		assert!(step(&mut verifier, empty).is_err());
	}
}
