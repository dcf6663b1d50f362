//! Own vertices.
//!
//! A vertex of round r is made when vertices of round r - 1 by a quorum are held, `least`
//! milliseconds after the one before when there is something to say, else `most`. It names every
//! vertex of that round that is held, and of every other author the newest one that is not in their
//! history, so that what is acknowledged is certified as soon as can be.

use super::{interface::LATE_PARENTS, Machine, Output, Own, Time, World};
use crate::{
	check::Checked,
	checkpoint::{
		promise::{match_hash, Promise, PromisedMatch},
		tree,
	},
	dag::Position,
	journal,
	lane::{Match, Outcome, Place, Refusal},
	scheme::Scheme,
	transaction::Transaction,
	types::{Bitmap, Round},
	vertex::{
		control_hash, transactions_hash, Header, OwnParent, Reference, SignedHeader, Vertex,
		MAX_TRANSACTIONS,
	},
};
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use alloc::vec::Vec;
use codec::Encode;
use sp_core::bounded::BoundedVec;

/// Rounds after one with transactions in which vertices come quickly: until all are Final.
const BUSY_ROUNDS: Round = 4;

/// What a vertex of the next round would name.
struct Parents {
	round: Round,
	previous: Position,
	before: Vec<(AuthorityIndex, Position)>,
	late: Vec<Reference>,
}

impl<S: Scheme> Machine<S> {
	/// When the next own vertex is due, or the newest one again.
	pub(super) fn wake_to_produce(&self, own: &Own, now: Time) -> Time {
		if own.next_at > now {
			own.next_at
		} else {
			own.repeat_at
		}
	}

	pub(super) fn produce(&mut self, world: &World) {
		let Some(own) = self.own.as_ref() else {
			return;
		};
		if world.now < own.next_at {
			return;
		}
		let Some(parents) = self.parents(own) else {
			self.repeat(world);
			return;
		};
		let header = self.header(own, &parents, world);
		// After a restart the own chain comes back with its history.
		if !self.ahead_whole {
			self.rebuild_ahead();
		}
		if let Some(header) = header {
			self.make(header, world);
		}
		let recent = self.busy_round.saturating_add(BUSY_ROUNDS) >= self.dag.newest_round();
		let busy = !self.queue.is_empty() || (self.busy_round > 0 && recent);
		if let Some(own) = &mut self.own {
			let pause = if busy {
				self.timing.least
			} else {
				self.timing.most
			};
			own.next_at = world.now.saturating_add(pause);
			own.repeat_at = own.next_at.saturating_add(self.timing.fetch);
		}
	}

	/// Whether this node names an author's vertices as parents.
	fn names(&self, own: &Own, author: AuthorityIndex) -> bool {
		author == own.index || !self.rules.accuses() || !self.dag.is_forked(author)
	}

	/// The newest round that an own vertex can be of: one whose round before has vertices of a quorum
	/// of authors.
	fn next_round(&self, own: &Own) -> Option<Round> {
		let newest = self.dag.quorum_round().checked_add(1)?;
		let first = own.newest.round.checked_add(1)?;
		(first..=newest).rev().find(|round| {
			let before = round.saturating_sub(1);
			let named = self
				.committee
				.indices()
				.filter(|author| self.dag.slot(*author, before).next().is_some())
				.count();
			*round == 1 || named >= self.rules.parents(&self.committee)
		})
	}

	/// Sends the newest own vertex again when no newer one could be made for a while: it may be what
	/// the others wait for.
	fn repeat(&mut self, world: &World) {
		let Some(own) = &mut self.own else {
			return;
		};
		if world.now < own.repeat_at || own.newest.round == 0 {
			return;
		}
		own.repeat_at = world.now.saturating_add(self.timing.fetch);
		if let Some((_, _, node)) = self.dag.by_hash(&own.newest.hash) {
			let vertex = node.checked.vertex().clone();
			self.outputs.push(Output::Broadcast(vertex));
		}
	}

	fn parents(&self, own: &Own) -> Option<Parents> {
		let round = self.next_round(own)?;
		let named = if self.rules.names_newest() {
			own.newest
		} else {
			own.before
		};
		let previous = match self.dag.by_hash(&named.hash) {
			Some((_, position, _)) => position,
			None if named.round == 0 => Position::default(),
			None if named.round < self.dag.floor() => Position {
				round: named.round,
				fork: Position::UNHELD,
			},
			None => return None,
		};
		let mut before = Vec::new();
		let mut older = Vec::new();
		let mut accused = Vec::new();
		for author in self.committee.indices() {
			let Some(position) = self.dag.newest_before(author, round) else {
				continue;
			};
			if !self.names(own, author) {
				if position.round.checked_add(1) == Some(round) {
					accused.push((author, position));
				}
			} else if position.round.checked_add(1) == Some(round) {
				before.push((author, position));
			} else if author != own.index {
				older.push((author, position));
			}
		}
		// S3: what an accused author signs is not acknowledged, named or not. It is named where without
		// it a round that others have left already would never have enough vertices.
		let needed = self.rules.parents(&self.committee);
		accused.truncate(needed.saturating_sub(before.len()));
		before.append(&mut accused);
		before.sort_unstable();
		if round > 1 && before.len() < needed {
			return None;
		}
		let mut all = before.clone();
		all.push((own.index, previous));
		let heads = self.dag.heads_of(&all);
		let late = older
			.into_iter()
			.filter(|(author, position)| {
				let head = heads.get(usize::from(*author)).copied();
				head.is_none_or(|head| head.round < position.round)
			})
			.filter_map(|(author, position)| {
				Some(Reference {
					author,
					round: position.round,
					hash: self.dag.node(author, position)?.checked.hash(),
				})
			})
			.take(LATE_PARENTS)
			.collect();
		Some(Parents {
			round,
			previous,
			before,
			late,
		})
	}

	fn header(&self, own: &Own, parents: &Parents, world: &World) -> Option<Header> {
		let size = self.committee.len();
		let mut bitmap = Bitmap::empty(size);
		let mut hashes: Vec<Hash> = Vec::with_capacity(parents.before.len());
		for (author, position) in &parents.before {
			bitmap.insert(*author);
			hashes.push(self.dag.node(*author, *position)?.checked.hash());
		}
		let earlier = own.header.as_ref();
		let mut accused = Bitmap::empty(size);
		// S3
		for author in self.committee.indices() {
			let before = earlier.is_some_and(|header| header.accused.contains(author));
			let forked = self.dag.is_forked(author) && self.rules.accuses();
			if before || (forked && author != own.index) {
				accused.insert(author);
			}
		}
		let earlier_final = earlier.map_or(0, |header| header.finalised);
		let finalised = self.state.number.max(earlier_final);
		let base = if parents.round == 1 {
			self.rules.first_base().min(finalised)
		} else {
			self.dag
				.base_for(own.index, finalised, parents.previous, &parents.before)
		};
		// V6
		if earlier.is_some_and(|header| header.base > base) {
			return None;
		}
		let named = if self.rules.names_newest() {
			own.newest
		} else {
			own.before
		};
		Some(Header {
			round: parents.round,
			author: own.index,
			own_parent: OwnParent {
				round: named.round,
				hash: named.hash,
			},
			parents: bitmap,
			control: if parents.round == 1 {
				Hash::zero()
			} else {
				control_hash(&hashes)
			},
			late: BoundedVec::truncate_from(parents.late.clone()),
			base,
			finalised,
			closing: self.closing || earlier.is_some_and(|header| header.closing),
			accused,
			time: world.now,
			transactions: Hash::zero(),
		})
	}

	/// Takes transactions that have an effect, and what they match.
	fn fill(&mut self, place: &Place, closing: bool) -> (Vec<Transaction>, Vec<(u32, Match)>) {
		let (mut transactions, mut matches) = (Vec::new(), Vec::new());
		let mut ahead = core::mem::take(&mut self.ahead);
		ahead.advance(place, &[], &self.rules, &mut Vec::new());
		// S15: they wait until the base has caught up; S16: until it is known what earlier ones come to.
		let oldest = self.own.as_ref().and_then(|own| own.unsure.front());
		let held_back = oldest.is_some_and(|open| self.rules.holds_back(*open, place.round));
		let most = if closing || held_back || self.rules.lags(place) {
			0
		} else {
			self.rules
				.parameters
				.vertex_transactions
				.min(MAX_TRANSACTIONS) as usize
		};
		let mut room = self.rules.parameters.vertex_bytes as usize;
		// The length prefix of the list.
		room = room.saturating_sub(5);
		while transactions.len() < most {
			let Some(next) = self.queue.pop_front() else {
				break;
			};
			let size = next.transaction().encoded_size();
			let Some(left) = room.checked_sub(size) else {
				self.queue.push_front(next);
				break;
			};
			let transaction = next.into_inner();
			let slice = core::slice::from_ref(&transaction);
			let outcome = ahead
				.advance(place, slice, &self.rules, &mut Vec::new())
				.pop();
			match outcome.flatten() {
				Some(Outcome::Ignored(refusal)) => {
					self.refuse(&transaction, refusal);
					continue;
				}
				Some(Outcome::Matched(matched)) => {
					// At most MAX_TRANSACTIONS, so the conversion is exact.
					matches.push((transactions.len() as u32, matched));
				}
				_ => {}
			}
			room = left;
			transactions.push(transaction);
		}
		self.ahead = ahead;
		if closing {
			while let Some(next) = self.queue.pop_front() {
				self.refuse(&next.into_inner(), Refusal::Closing);
			}
		}
		(transactions, matches)
	}

	/// Signs, keeps and sends a vertex.
	fn make(&mut self, mut header: Header, world: &World) {
		let place = self.place(&header);
		let (transactions, matches) = self.fill(&place, header.closing);
		header.transactions = transactions_hash(&transactions);
		let context = self.committee.context();
		let hash = header.hash(&context);
		let Some(signature) = world.signer.sign(&hash.0) else {
			// The key is not to be had now. What was taken is lost to nobody: its senders have no
			// promise. The lane is as it was.
			for transaction in transactions {
				self.refuse(&transaction, Refusal::NoCapacity);
			}
			self.rebuild_ahead();
			return;
		};
		let vertex = Vertex {
			signed: SignedHeader {
				header: header.clone(),
				signature,
			},
			transactions: BoundedVec::truncate_from(transactions),
		};
		let Some(own) = &mut self.own else {
			return;
		};
		// S2
		if self.rules.persists() {
			let bytes = journal::entry(&context, own.sequence, &vertex);
			self.outputs.push(Output::Persist(bytes));
		}
		if !vertex.transactions.is_empty() {
			own.open.push_back(header.round);
			own.unsure.push_back(header.round);
		}
		let reference = Reference {
			author: header.author,
			round: header.round,
			hash,
		};
		own.note(header, hash);
		let checked = Checked::own(vertex, hash);
		self.outputs
			.push(Output::Broadcast(checked.vertex().clone()));
		self.dag.insert(checked);
		self.promise(reference, matches, world);
	}

	/// Gives the home's word for what a vertex matched.
	fn promise(&mut self, vertex: Reference, matches: Vec<(u32, Match)>, world: &World) {
		if matches.is_empty() {
			return;
		}
		let hashes: Vec<Hash> = matches
			.iter()
			.map(|(index, matched)| match_hash(*index, matched))
			.collect();
		let promise = Promise {
			context: self.committee.context(),
			vertex,
			matches: tree::root(&hashes),
		};
		if let Some(signature) = world.signer.sign(&promise.hash().0) {
			let parts = PromisedMatch::all(&promise, &signature, matches);
			self.outputs.push(Output::Promised(parts));
		}
	}
}
