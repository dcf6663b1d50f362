//! Checkpoints: computed, signed, certified, adopted.
//!
//! Whoever is about to author a block names its newest vertex as the anchor and asks all for their
//! signatures. An authority that holds the anchor computes the checkpoint and signs if it finds the
//! same (S9); one that lacks history signs when it has come. Two authors may ask for checkpoints of
//! one number with different anchors. Both are true, the chain takes one, and authorities may sign
//! both.

use super::{Built, Machine, Note, Output, Proposal, World, MAX_SETTLED};
use crate::{
	checkpoint::{
		program::{execute, Executed, NotExecuted},
		Certificate, Certified,
	},
	lane::grant::Grants,
	scheme::{Claim, Scheme, Signature},
};
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use alloc::{collections::BTreeMap, sync::Arc};

/// Checkpoints of one number that are computed for one authority at most.
const COMPUTED_FOR_ONE: u32 = 2;
/// Requests for signatures are sent again after this many times the fetch interval.
const AGAIN: u64 = 5;

impl<S: Scheme> Machine<S> {
	/// The checkpoint with this anchor on the present state.
	fn compute(&mut self, anchor: Hash, closing: bool) -> Result<Arc<Executed>, NotExecuted> {
		if let Some(executed) = self.computed.get(&(anchor, closing)) {
			return Ok(executed.clone());
		}
		let executed = execute(&self.dag, &self.state, &anchor, closing, &self.rules)?;
		let executed = Arc::new(executed);
		self.computed.insert((anchor, closing), executed.clone());
		Ok(executed)
	}

	/// An authority asks for a signature. Its newest question counts.
	pub(super) fn note_proposal(&mut self, from: AuthorityIndex, proposal: Proposal) {
		let ahead = proposal.number.checked_sub(self.state.number);
		if ahead.is_some_and(|ahead| ahead == 1 || ahead == 2) {
			self.proposals.insert(from, proposal);
		}
	}

	/// Computes and signs what was asked for, as far as its data is held.
	pub(super) fn sign_proposals(&mut self, world: &World) {
		if self.own.is_none() || self.diverged {
			return;
		}
		let next = self.state.number.saturating_add(1);
		let due: alloc::vec::Vec<(AuthorityIndex, Proposal)> = self
			.proposals
			.iter()
			.filter(|(_, proposal)| {
				proposal.number == next && self.dag.by_hash(&proposal.anchor).is_some()
			})
			.map(|(from, proposal)| (*from, *proposal))
			.collect();
		for (from, proposal) in due {
			self.proposals.remove(&from);
			let known = self
				.computed
				.contains_key(&(proposal.anchor, proposal.closing));
			let spent = self.spent.entry(from).or_default();
			if !known {
				if *spent >= COMPUTED_FOR_ONE {
					continue;
				}
				*spent = spent.saturating_add(1);
			}
			let Ok(executed) = self.compute(proposal.anchor, proposal.closing) else {
				continue;
			};
			// S9
			let same = executed.state.hash == proposal.checkpoint;
			if !same && self.rules.signs_only_its_own() {
				continue;
			}
			if let Some(signature) = world.signer.sign(&proposal.checkpoint.0) {
				let note = Note::Signature {
					checkpoint: proposal.checkpoint,
					signature,
				};
				self.outputs.push(Output::Note(from, note));
			}
		}
	}

	/// Computes the checkpoint that this node wants, and asks for signatures.
	pub(super) fn build(&mut self, world: &World) {
		let Some(own) = &self.own else {
			return;
		};
		let (index, newest) = (own.index, own.newest);
		if let (Some(closing), None) = (self.wanted, &self.built) {
			let number = self.state.number.saturating_add(1);
			if let Ok(executed) = self.compute(newest.hash, closing) {
				let checkpoint = executed.state.hash;
				let Some(signature) = world.signer.sign(&checkpoint.0) else {
					return;
				};
				self.wanted = None;
				self.built = Some(Built {
					proposal: Proposal {
						number,
						anchor: newest.hash,
						closing,
						checkpoint,
					},
					executed,
					signatures: BTreeMap::from([(index, signature)]),
					certified: false,
					again_at: world.now,
				});
				self.certify();
			} else {
				// Anchors that do not serve are not kept: the next own vertex is tried.
				self.computed.remove(&(newest.hash, closing));
			}
		}
		let again = world
			.now
			.saturating_add(self.timing.fetch.saturating_mul(AGAIN));
		let Some(built) = &mut self.built else {
			return;
		};
		if built.certified || world.now < built.again_at {
			return;
		}
		built.again_at = again;
		let proposal = built.proposal;
		let lacking: alloc::vec::Vec<AuthorityIndex> = self
			.committee
			.indices()
			.filter(|place| !built.signatures.contains_key(place))
			.collect();
		for place in lacking {
			let note = Note::Propose {
				number: proposal.number,
				anchor: proposal.anchor,
				closing: proposal.closing,
				checkpoint: proposal.checkpoint,
			};
			self.outputs.push(Output::Note(place, note));
		}
	}

	/// An authority signed a checkpoint.
	pub(super) fn note_signature(
		&mut self,
		from: AuthorityIndex,
		checkpoint: Hash,
		signature: Signature,
	) {
		let Some(built) = &mut self.built else {
			return;
		};
		let Some(key) = self.committee.key(from) else {
			return;
		};
		let known = built.certified || built.signatures.contains_key(&from);
		if known || built.proposal.checkpoint != checkpoint {
			return;
		}
		let claim = Claim {
			key: *key,
			hash: checkpoint.0,
			signature,
		};
		if S::verify(&claim) {
			built.signatures.insert(from, signature);
			self.certify();
		}
	}

	/// Hands the wanted checkpoint out when a quorum has signed.
	fn certify(&mut self) {
		let Some(built) = &mut self.built else {
			return;
		};
		if built.certified || built.signatures.len() < self.committee.quorum() {
			return;
		}
		built.certified = true;
		let signatures = built.signatures.iter().map(|(place, s)| (*place, *s));
		let certified = Certified {
			checkpoint: built.executed.checkpoint.clone(),
			effects: built.executed.effects.clone(),
			certificate: Certificate::new(&self.committee, signatures),
		};
		self.outputs.push(Output::Certified(Arc::new(certified)));
	}

	/// A checkpoint is in a final block.
	pub(super) fn note_settled(&mut self, certified: Arc<Certified>, grants: Arc<Grants>) {
		let waiting = self.settled.len();
		let expected = self
			.settled
			.back()
			.map_or(self.state.number, |(last, _)| last.checkpoint.number);
		let next = expected.checked_add(1) == Some(certified.checkpoint.number);
		if next && waiting < MAX_SETTLED {
			self.settled.push_back((certified, grants));
		}
	}

	/// Adopts the final checkpoints whose data is held.
	pub(super) fn adopt_settled(&mut self) {
		while let Some((certified, grants)) = self.settled.front().cloned() {
			if self.diverged {
				return;
			}
			let checkpoint = &certified.checkpoint;
			let executed = match self.compute(checkpoint.anchor.hash, checkpoint.closing) {
				Ok(executed) => executed,
				Err(NotExecuted::Missing) => return,
				Err(_) => {
					self.diverge(checkpoint.number);
					return;
				}
			};
			if executed.checkpoint != *checkpoint {
				self.diverge(checkpoint.number);
				return;
			}
			self.settled.pop_front();
			self.state = executed.state.clone();
			self.state.add_grants(&grants, &self.rules);
			self.computed.clear();
			self.spent.clear();
			self.built = None;
			self.wanted = None;
			let number = self.state.number;
			self.proposals
				.retain(|_, proposal| proposal.number > number);
			self.dag
				.raise_floor(self.state.floor(&self.rules.parameters));
			self.dag
				.forget_below(self.state.kept(&self.rules.parameters));
			self.rebuild_ahead();
			self.outputs.push(Output::Settled(executed));
		}
	}

	fn diverge(&mut self, number: u32) {
		self.diverged = true;
		self.outputs.push(Output::Diverged(number));
	}
}
