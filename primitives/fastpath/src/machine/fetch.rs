//! What is lacking is asked for, and what is asked for is sent.
//!
//! A vertex that is named and not held usually comes by itself a moment later. It is asked for after
//! the fetch interval, of its author first where that is known, then of the others in turn: whoever
//! named it holds it.

use super::{Machine, Note, Output, Proposal, Request, World};
use crate::{dag::pending::Need, scheme::Scheme};
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use alloc::{collections::BTreeSet, vec::Vec};
use sp_core::bounded::BoundedVec;

/// Things that are asked for at a time.
const MAX_NEEDS: usize = 256;
/// Slots that are asked for at a time by a node that is far behind.
const MAX_BEHIND: usize = 1_024;

impl<S: Scheme> Machine<S> {
	/// Hears what another authority says.
	pub(super) fn hear(&mut self, from: AuthorityIndex, note: Note, _: &World) {
		if self.committee.key(from).is_none() {
			return;
		}
		match note {
			Note::Request(request) => self.answer(from, request),
			Note::Parents { vertex, parents } => self.dag.insert_list(&vertex, &parents),
			Note::Propose {
				number,
				anchor,
				closing,
				checkpoint,
			} => self.note_proposal(
				from,
				Proposal {
					number,
					anchor,
					closing,
					checkpoint,
				},
			),
			Note::Signature {
				checkpoint,
				signature,
			} => self.note_signature(from, checkpoint, signature),
		}
	}

	fn answer(&mut self, to: AuthorityIndex, request: Request) {
		match request {
			Request::Slot(author, round) => {
				for (_, node) in self.dag.slot(author, round).take(2) {
					let vertex = node.checked.vertex().clone();
					self.outputs.push(Output::Send(to, vertex));
				}
			}
			Request::Vertex(hash) => {
				if let Some((_, _, node)) = self.dag.by_hash(&hash) {
					let vertex = node.checked.vertex().clone();
					self.outputs.push(Output::Send(to, vertex));
				}
			}
			Request::Parents(vertex) => {
				if let Some(parents) = self.dag.list_of(&vertex) {
					let parents = BoundedVec::truncate_from(parents);
					let note = Note::Parents { vertex, parents };
					self.outputs.push(Output::Note(to, note));
				}
			}
		}
	}

	/// Anchors that this node was asked about, or that are in final blocks, and does not hold.
	fn missing_anchors(&self) -> Vec<Need> {
		let settled = self
			.settled
			.front()
			.map(|(certified, _)| certified.checkpoint.anchor.hash);
		let proposed = self.proposals.values().map(|proposal| proposal.anchor);
		settled
			.into_iter()
			.chain(proposed)
			.filter(|anchor| self.dag.by_hash(anchor).is_none() && !self.dag.waits(anchor))
			.map(Need::Vertex)
			.collect()
	}

	pub(super) fn fetch(&mut self, world: &World) {
		let mut needs = self.dag.needs(MAX_NEEDS);
		needs.extend(self.missing_anchors());
		let behind: BTreeSet<Need> = self.dag.next_slots(MAX_BEHIND).into_iter().collect();
		let needs: BTreeSet<Need> = needs.into_iter().chain(behind.iter().copied()).collect();
		self.asked.retain(|need, _| needs.contains(need));
		let own = self.own.as_ref().map(|own| own.index);
		let again = world.now.saturating_add(self.timing.fetch);
		let mut requests: Vec<(AuthorityIndex, Need)> = Vec::new();
		for need in needs {
			let first = if behind.contains(&need) {
				world.now
			} else {
				again
			};
			let (at, tries) = self.asked.entry(need).or_insert((first, 0));
			if *at > world.now {
				continue;
			}
			let target = whom(&need, *tries, self.committee.len());
			*at = again;
			*tries = tries.saturating_add(1);
			if Some(target) != own {
				requests.push((target, need));
			} else {
				// This node is next in turn: the one after it is asked at once.
				let target = whom(&need, *tries, self.committee.len());
				*tries = tries.saturating_add(1);
				requests.push((target, need));
			}
		}
		for (target, need) in requests {
			let note = Note::Request(need.into());
			self.outputs.push(Output::Note(target, note));
		}
	}
}

/// Whom to ask the next time.
fn whom(need: &Need, tries: u32, authorities: usize) -> AuthorityIndex {
	let spread = |hash: &Hash| u32::from(hash.0[0]);
	let first = match need {
		Need::Slot(author, _) => u32::from(*author),
		Need::Vertex(hash) | Need::List(hash) => spread(hash),
	};
	// At most MAX_AUTHORITIES, so both conversions are exact.
	let size = (authorities as u32).max(1);
	(first.wrapping_add(tries) % size) as AuthorityIndex
}
