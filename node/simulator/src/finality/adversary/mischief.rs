//! What a dishonest authority does of itself: proposals in its views, timeouts, old certificates,
//! and blocks on two branches.

use super::{side_of_block, Adversary};
use crate::finality::{
	packet::Packet,
	scheme::{place, Key},
	tree::Block,
	validator::{Doing, Observation},
};
use aci_finality::{
	machine::BlockTree, Message, Proposal, QuorumCertificate, SignedProposal, SignedTimeout,
	Target, Timeout, TimeoutCertificate,
};
use std::collections::BTreeMap;

impl Adversary {
	/// What a proposal of the present view could rest on, and be for: where another one was made
	/// `against` which this is to be, a block of another side and branch.
	fn proposal(
		&mut self,
		against: Option<Target>,
		doing: &mut Doing<'_>,
	) -> Option<SignedProposal> {
		let view = self.view;
		let side = against.map(|target| 1 - side_of_block(&target));
		let random = &mut *doing.random;
		let fresh = self
			.certificates
			.get(&(view - 1))
			.and_then(|known| random.pick(known));
		let timeouts = self
			.given_up
			.get(&(view - 1))
			.and_then(|known| random.pick(known));
		let draw = random.below(1_000) as u32;
		let stale = draw < self.habits.stale && side.is_none_or(|_| random.chance(300));
		let fork = !stale && (side.is_some() || draw < self.habits.stale + self.habits.fork);
		if !stale && !fork && !random.chance(self.habits.proper) && self.habits.proper < 1_000 {
			// Whoever never proposes properly and chose no mischief stays silent.
			if self.habits.proper == 0 {
				return None;
			}
		}
		let base = self.tree.base();
		let newest = self.certificates.values().rev().flatten().next();
		let newest = newest.map_or(base, QuorumCertificate::target);
		// Blocks that conflict with the newest certified one.
		let beside: Vec<_> = self
			.tree
			.newest()
			.take(24)
			.filter(|candidate| {
				self.are_apart(&newest, candidate)
					&& side.is_none_or(|side| side_of_block(candidate) == side)
			})
			.collect();
		let other = random.pick(&beside).copied().filter(|_| stale || fork);
		let (justify, timeouts) = if let Some(other) = other.filter(|_| stale) {
			let mut all = self.certificates.values().rev().flatten();
			let justify = all
				.find(|known| self.tree.descends(&known.target(), &other) == Some(true))
				.cloned();
			(justify, timeouts.filter(|_| random.chance(800)).cloned())
		} else if let Some(fresh) = fresh {
			(Some(fresh.clone()), None)
		} else {
			let timeouts = timeouts?;
			let high = timeouts.high.as_deref().cloned();
			(high, Some(timeouts.clone()))
		};
		let root = justify.as_ref().map_or(base, QuorumCertificate::target);
		// Another branch above the same certificate, which no rule forbids to vote for.
		let rival = if fork && random.chance(if side.is_some() { 800 } else { 400 }) {
			let above: Vec<_> = self
				.tree
				.newest()
				.take(24)
				.filter(|candidate| {
					*candidate != root
						&& self.tree.descends(&root, candidate) == Some(true)
						&& side.is_none_or(|side| side_of_block(candidate) == side)
						&& against.is_none_or(|against| self.are_apart(&against, candidate))
				})
				.collect();
			random.pick(&above).copied()
		} else {
			None
		};
		let target = match rival.or(other) {
			Some(other) => other,
			None => self.tree.best(&root)?,
		};
		let statement = Proposal {
			view,
			target,
			justify_view: justify.as_ref().map_or(0, QuorumCertificate::view),
			timeout_digest: timeouts.as_ref().map(TimeoutCertificate::digest),
		};
		let own = place(self.number, self.chain.authorities, self.set);
		Some(SignedProposal {
			proposal: self.sign((own, Key::new(self.number)), statement),
			justify,
			timeouts,
		})
	}

	pub(super) fn lead(&mut self, doing: &mut Doing<'_>) {
		let own = place(self.number, self.chain.authorities, self.set);
		if self.view % self.chain.authorities as u64 != u64::from(own) {
			return;
		}
		if self.proposed == self.view && !doing.random.chance(self.habits.twofold / 2) {
			return;
		}
		if self.divides(self.view) {
			// To each side what is for its ears.
			let crosses = doing.random.chance(self.habits.cross);
			let one = self.proposal(None, doing);
			let target = one.as_ref().map(|one| one.proposal.statement.target);
			let two = self.proposal(target, doing);
			let two_branches = one.iter().zip(&two).any(|(one, two)| {
				self.are_apart(
					&one.proposal.statement.target,
					&two.proposal.statement.target,
				)
			});
			if crosses && !two_branches && doing.random.chance(700) {
				// There may be two branches in a while.
				return;
			}
			for proposal in one.into_iter().chain(two) {
				let to = self.audience(self.view, &proposal.proposal.statement.target);
				self.put_forward(proposal.clone(), &to, doing);
				if crosses {
					self.insist(proposal, &to, doing);
				}
			}
			return;
		}
		let mut halves = [Vec::new(), Vec::new()];
		if doing.random.chance(self.habits.twofold) {
			for node in self.everyone() {
				halves[doing.random.index(2)].push(node);
			}
		} else {
			halves[0] = self.everyone();
		}
		for half in halves.into_iter().filter(|half| !half.is_empty()) {
			if let Some(proposal) = self.proposal(None, doing) {
				self.put_forward(proposal, &half, doing);
			}
		}
	}

	/// Whether both are held and on different branches.
	fn are_apart(&self, one: &Target, two: &Target) -> bool {
		self.tree.descends(one, two) == Some(false) && self.tree.descends(two, one) == Some(false)
	}

	/// Tells a proposal to those also who were not told, at once or in a while, more than once.
	fn insist(&self, proposal: SignedProposal, told: &[usize], doing: &mut Doing<'_>) {
		let mut others = self.everyone();
		others.retain(|node| !told.contains(node));
		for within in [30, 400, 1_500] {
			self.emit_within(within, Message::Proposal(proposal.clone()), &others, doing);
		}
	}

	fn put_forward(&mut self, proposal: SignedProposal, to: &[usize], doing: &mut Doing<'_>) {
		self.proposed = self.view;
		let statement = proposal.proposal.statement.clone();
		self.emit(Message::Proposal(proposal), to, doing);
		self.vote(&statement, doing);
	}

	pub(super) fn give_up(&mut self, doing: &mut Doing<'_>) {
		let view = self.view;
		let seen = self.timeouts.get(&view).map_or(0, BTreeMap::len);
		if seen == 0 && !doing.random.chance(self.habits.hasty) {
			return;
		}
		let high = match self.certificates.values().rev().flatten().next() {
			Some(certificate) if !doing.random.chance(self.habits.lie) => Some(certificate.clone()),
			_ => None,
		};
		let own = place(self.number, self.chain.authorities, self.set);
		let timeout = Timeout {
			view,
			high_view: high.as_ref().map_or(0, QuorumCertificate::view),
		};
		let timeout = self.sign((own, Key::new(self.number)), timeout);
		let message = Message::Timeout(SignedTimeout { timeout, high });
		self.emit(message, &self.everyone(), doing);
	}

	/// Sends an old certificate again, to some.
	pub(super) fn remind(&mut self, doing: &mut Doing<'_>) {
		let recent: Vec<_> = self
			.certificates
			.values()
			.rev()
			.take(3)
			.flatten()
			.cloned()
			.collect();
		if let Some(certificate) = doing.random.pick(&recent).cloned() {
			let some: Vec<_> = self
				.everyone()
				.into_iter()
				.filter(|_| doing.random.chance(400))
				.collect();
			self.emit(Message::Certificate(certificate), &some, doing);
		}
	}

	pub(super) fn author(&mut self, doing: &mut Doing<'_>) {
		let slot = doing.now / self.chain.slot;
		doing.wake(1, (slot + 1) * self.chain.slot);
		if slot % self.chain.authorities as u64 != self.number as u64 {
			return;
		}
		// Two blocks of one slot on two branches, so that there is something to conflict.
		let newest = self.certificates.values().rev().flatten().next();
		let high = newest.map_or(self.tree.base(), QuorumCertificate::target);
		let head = self.tree.head(&high);
		let mut parents = vec![head];
		if doing.random.chance(self.habits.cross) {
			parents.push(head);
		}
		// The other one extends a branch that conflicts already, or begins one.
		let conflicting = self
			.tree
			.newest()
			.take(12)
			.find(|candidate| self.tree.descends(candidate, &head.id) == Some(false));
		let below = Target {
			number: head.id.number.saturating_sub(1),
			hash: head.parent,
		};
		let other = conflicting
			.filter(|_| doing.random.chance(600))
			.unwrap_or(below);
		if let Some(other) = self
			.tree
			.get(&other.hash)
			.filter(|_| doing.random.chance(900))
		{
			parents.push(*other);
		}
		for (salt, parent) in parents.iter().enumerate() {
			let author = self.number as u64;
			let block = Block::make(parent, slot, author, salt as u64, self.chain.session);
			self.tree.import(block, true);
			doing.observe(Observation::Made(block));
			doing.broadcast(Packet::Block(block));
		}
	}
}
