//! A dishonest authority.
//!
//! It keeps every vote, timeout and certificate that it sees, makes certificates of them with its
//! own signatures and those of the other dishonest authorities (they share their keys), and sends
//! what its [`Behaviour`] makes of it to whom and when that wants. It cannot forge: everything it
//! sends is signed by the coalition or was signed by others.

use super::{
	behaviour::{Behaviour, Habits},
	packet::{view_of, Packet},
	scheme::{digest, number_at, place, Key},
	tree::{Block, Tree},
	validator::{Chain, Doing, Observation},
};
use crate::world::{Disk, DiskFate, Event, Millis, Node};
use aci_finality::{
	certificate::CertifiedTimeout,
	machine::{BlockTree, Control},
	message::{Signed, Statement},
	AuthorityIndex, AuthoritySignature, FirstVote, Message, Phase, Proposal, QuorumCertificate,
	SecondVote, SetId, SignedProposal, SignedTimeout, SignedVote, Target, Timeout,
	TimeoutCertificate, View,
};
use sp_core::H256;
use std::{collections::BTreeMap, rc::Rc};

type Signatures = BTreeMap<AuthorityIndex, AuthoritySignature>;
type FirstKey = (View, Target, View, Option<H256>);

/// Views for which votes are kept.
const MEMORY: View = 16;

/// A dishonest authority.
#[derive(Debug)]
pub struct Adversary {
	chain: Rc<Chain>,
	number: usize,
	coalition: Vec<usize>,
	habits: Habits,
	nodes: usize,
	tree: Tree,
	set: SetId,
	view: View,
	proposed: View,
	first: BTreeMap<FirstKey, Signatures>,
	second: BTreeMap<(View, Target), Signatures>,
	timeouts: BTreeMap<View, BTreeMap<AuthorityIndex, (View, AuthoritySignature)>>,
	certificates: BTreeMap<View, Vec<QuorumCertificate>>,
	given_up: BTreeMap<View, Vec<TimeoutCertificate>>,
	/// When it last asked for blocks.
	asked: Option<Millis>,
}

impl Adversary {
	/// Authority `number` of `chain`, one of the `coalition`, in a simulation of `nodes`.
	pub fn new(
		chain: Rc<Chain>,
		number: usize,
		coalition: Vec<usize>,
		behaviour: Behaviour,
		nodes: usize,
	) -> Self {
		Adversary {
			chain,
			number,
			coalition,
			habits: behaviour.habits(),
			nodes,
			tree: Tree::default(),
			set: 0,
			view: 1,
			proposed: 0,
			first: BTreeMap::new(),
			second: BTreeMap::new(),
			timeouts: BTreeMap::new(),
			certificates: BTreeMap::new(),
			given_up: BTreeMap::new(),
			asked: None,
		}
	}

	/// Signatures that honest nodes take for a certificate.
	fn quorum(&self) -> usize {
		if self.chain.control == Some(Control::S7) {
			return (self.chain.authorities - 1) / 3 + 1;
		}
		self.chain.authorities - (self.chain.authorities - 1) / 3
	}

	fn members(&self) -> Vec<(AuthorityIndex, Key)> {
		self.coalition
			.iter()
			.map(|number| {
				let index = place(*number, self.chain.authorities, self.set);
				(index, Key::new(*number))
			})
			.collect()
	}

	fn sign<T: Clone + Into<Statement>>(
		&self,
		(signer, key): (AuthorityIndex, Key),
		statement: T,
	) -> Signed<T> {
		let payload = self
			.chain
			.context(self.set)
			.payload(&statement.clone().into());
		Signed {
			statement,
			signer,
			signature: key.signature(&payload),
		}
	}

	/// Sends to some, now or later.
	fn emit(&self, message: Message, to: &[usize], doing: &mut Doing<'_>) {
		self.emit_within(0, message, to, doing);
	}

	/// Sends to some within a time, or later.
	fn emit_within(&self, time: Millis, message: Message, to: &[usize], doing: &mut Doing<'_>) {
		let statement: Option<Statement> = match &message {
			Message::Proposal(proposal) => Some(proposal.proposal.statement.clone().into()),
			Message::Vote(SignedVote::First(vote)) => Some(vote.statement.into()),
			Message::Vote(SignedVote::Second(vote)) => Some(vote.statement.into()),
			Message::Timeout(timeout) => Some(timeout.timeout.statement.into()),
			Message::Certificate(_) | Message::Timeouts(_) => None,
		};
		if let Some(statement) = statement {
			doing.observe(Observation::Signed {
				set: self.set,
				statement,
				saved: true,
				held: true,
			});
		}
		let packet = Rc::new(Packet::Finality(self.set, message));
		for to in to {
			if doing.random.chance(self.habits.skip) {
				continue;
			}
			let after = if doing.random.chance(self.habits.late) {
				doing.random.within(200, 4_000)
			} else {
				doing.random.below(time)
			};
			doing.send(*to, after, packet.clone());
		}
	}

	/// Who hears of `target` in `view`. In every other view the dishonest divide the nodes into two
	/// sides, and each side hears only of some targets.
	fn audience(&self, view: View, target: &Target) -> Vec<usize> {
		let mut nodes = self.everyone();
		if self.divides(view) {
			nodes.retain(|node| {
				side_of_node(*node, view) == side_of_block(target) || self.coalition.contains(node)
			});
		}
		nodes
	}

	/// Who hears of a second vote for `target` in `view`: one node where the authority whispers.
	fn confidants(&self, view: View, target: &Target, doing: &mut Doing<'_>) -> Vec<usize> {
		let audience = self.audience(view, target);
		if doing.random.chance(self.habits.whisper) {
			return doing.random.pick(&audience).copied().into_iter().collect();
		}
		audience
	}

	fn divides(&self, view: View) -> bool {
		self.habits.twofold > 0 && digest(self.set, &view.to_le_bytes()) & 64 != 0
	}

	fn everyone(&self) -> Vec<usize> {
		(0..self.nodes).collect()
	}

	fn receive(&mut self, message: &Message, doing: &mut Doing<'_>) {
		if view_of(message) + MEMORY < self.view {
			return;
		}
		match message {
			Message::Proposal(proposal) => {
				if let Some(justify) = &proposal.justify {
					self.learn(justify, doing);
				}
				if let Some(timeouts) = &proposal.timeouts {
					self.learn_timeouts(timeouts);
				}
				self.vote(&proposal.proposal.statement, doing);
			}
			Message::Vote(SignedVote::First(vote)) => {
				let statement = vote.statement;
				self.add_first(statement, [(vote.signer, vote.signature.clone())], doing);
			}
			Message::Vote(SignedVote::Second(vote)) => {
				let statement = vote.statement;
				self.add_second(statement, [(vote.signer, vote.signature.clone())], doing);
			}
			Message::Timeout(timeout) => {
				if let Some(high) = &timeout.high {
					self.learn(high, doing);
				}
				let Signed {
					statement,
					signer,
					signature,
				} = &timeout.timeout;
				let entry = (statement.high_view, signature.clone());
				self.timeouts
					.entry(statement.view)
					.or_default()
					.insert(*signer, entry);
				self.gather_timeouts(statement.view, doing);
			}
			Message::Certificate(certificate) => self.learn(certificate, doing),
			Message::Timeouts(certificate) => self.learn_timeouts(certificate),
		}
	}

	fn vote(&mut self, proposal: &Proposal, doing: &mut Doing<'_>) {
		let vote = FirstVote {
			view: proposal.view,
			target: proposal.target,
			justify_view: proposal.justify_view,
			timeout_digest: proposal.timeout_digest,
		};
		let mut own = Vec::new();
		for member in self.members() {
			let signed = self.sign(member, vote);
			own.push((signed.signer, signed.signature.clone()));
			let tells =
				doing.random.chance(self.habits.vote) && !doing.random.chance(self.habits.whisper);
			if self.speaks_for(member.0) && tells {
				let to = self.audience(vote.view, &vote.target);
				self.emit(Message::Vote(signed.into()), &to, doing);
			}
		}
		self.add_first(vote, own, doing);
	}

	/// Each dishonest node sends in its own name; all use all keys for certificates.
	fn speaks_for(&self, index: AuthorityIndex) -> bool {
		number_at(index, self.chain.authorities, self.set) == self.number
	}

	fn add_first(
		&mut self,
		vote: FirstVote,
		more: impl IntoIterator<Item = (AuthorityIndex, AuthoritySignature)>,
		doing: &mut Doing<'_>,
	) {
		let key = (
			vote.view,
			vote.target,
			vote.justify_view,
			vote.timeout_digest,
		);
		let quorum = self.quorum();
		let signatures = self.first.entry(key).or_default();
		let before = signatures.len();
		signatures.extend(more);
		if before >= quorum {
			return;
		}
		let mut all = signatures.clone();
		for member in self.members() {
			let signed = self.sign(member, vote);
			all.insert(signed.signer, signed.signature);
		}
		if let Some(certificate) = self.certificate(Phase::First(vote), &all) {
			let known = self.certificates.get(&vote.view);
			if !known.is_some_and(|known| known.iter().any(|one| one.vote == certificate.vote)) {
				self.learn(&certificate, doing);
				let to = self.audience(vote.view, &vote.target);
				self.emit(Message::Certificate(certificate), &to, doing);
			}
		}
	}

	fn add_second(
		&mut self,
		vote: SecondVote,
		more: impl IntoIterator<Item = (AuthorityIndex, AuthoritySignature)>,
		doing: &mut Doing<'_>,
	) {
		let quorum = self.quorum();
		let signatures = self.second.entry((vote.view, vote.target)).or_default();
		let before = signatures.len();
		signatures.extend(more);
		if before >= quorum || signatures.len() < quorum {
			return;
		}
		let all = signatures.clone();
		if let Some(certificate) = self.certificate(Phase::Second(vote), &all) {
			let to = self.confidants(vote.view, &vote.target, doing);
			self.emit(Message::Certificate(certificate.clone()), &to, doing);
			self.learn(&certificate, doing);
		}
	}

	fn certificate(&self, vote: Phase, from: &Signatures) -> Option<QuorumCertificate> {
		let quorum = self.quorum();
		let signatures: Vec<_> = from
			.iter()
			.take(quorum)
			.map(|(signer, signature)| (*signer, signature.clone()))
			.collect();
		(signatures.len() == quorum).then_some(())?;
		Some(QuorumCertificate {
			set: self.set,
			vote,
			signatures: signatures.try_into().ok()?,
		})
	}

	fn learn(&mut self, certificate: &QuorumCertificate, doing: &mut Doing<'_>) {
		let (view, target) = (certificate.view(), certificate.target());
		if certificate.set != self.set {
			return;
		}
		if certificate.finalises() {
			if self.tree.changes(&target) {
				self.tree.finalise(&target);
				self.begin_set(self.set + 1);
			}
			return;
		}
		let known = self.certificates.entry(view).or_default();
		if known.iter().any(|one| one.vote == certificate.vote) {
			return;
		}
		known.push(certificate.clone());
		self.view = self.view.max(view + 1);
		if self.habits.vote == 0 {
			return;
		}
		let vote = SecondVote { view, target };
		let mut own = Vec::new();
		for member in self.members() {
			let signed = self.sign(member, vote);
			own.push((signed.signer, signed.signature.clone()));
			if self.speaks_for(member.0) && doing.random.chance(self.habits.vote) {
				let to = self.confidants(view, &target, doing);
				self.emit(Message::Vote(signed.into()), &to, doing);
			}
		}
		self.add_second(vote, own, doing);
	}

	fn learn_timeouts(&mut self, certificate: &TimeoutCertificate) {
		if certificate.set == self.set {
			let known = self.given_up.entry(certificate.view).or_default();
			if known.len() < 4 && !known.contains(certificate) {
				known.push(certificate.clone());
			}
			self.view = self.view.max(certificate.view + 1);
		}
	}

	/// Makes the timeout certificate that names the oldest certificates.
	fn gather_timeouts(&mut self, view: View, doing: &mut Doing<'_>) {
		let mut all = self.timeouts.get(&view).cloned().unwrap_or_default();
		for member in self.members() {
			let signed = self.sign(member, Timeout { view, high_view: 0 });
			all.insert(signed.signer, (0, signed.signature));
		}
		let quorum = self.quorum();
		if all.len() < quorum {
			return;
		}
		let mut oldest: Vec<_> = all.into_iter().collect();
		oldest.sort_by_key(|(signer, (high, _))| (*high, *signer));
		oldest.truncate(quorum);
		oldest.sort_by_key(|(signer, _)| *signer);
		let high_view = oldest.iter().map(|(_, (high, _))| *high).max().unwrap_or(0);
		let high = match high_view {
			0 => None,
			view => match self.certificates.get(&view).and_then(|known| known.first()) {
				Some(certificate) => Some(Box::new(certificate.clone())),
				None => return,
			},
		};
		let timeouts: Vec<_> = oldest
			.into_iter()
			.map(|(signer, (high_view, signature))| CertifiedTimeout {
				signer,
				high_view,
				signature,
			})
			.collect();
		let Ok(timeouts) = timeouts.try_into() else {
			return;
		};
		let certificate = TimeoutCertificate {
			set: self.set,
			view,
			timeouts,
			high,
		};
		let known = self
			.given_up
			.get(&view)
			.is_some_and(|known| known.contains(&certificate));
		if !known {
			self.learn_timeouts(&certificate);
			if doing.random.chance(300) {
				self.emit(Message::Timeouts(certificate), &self.everyone(), doing);
			}
		}
	}

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

	fn lead(&mut self, doing: &mut Doing<'_>) {
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

	fn give_up(&mut self, doing: &mut Doing<'_>) {
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
	fn remind(&mut self, doing: &mut Doing<'_>) {
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

	fn begin_set(&mut self, set: SetId) {
		self.set = set;
		self.view = 1;
		self.proposed = 0;
		self.first.clear();
		self.second.clear();
		self.timeouts.clear();
		self.certificates.clear();
		self.given_up.clear();
	}

	fn forget(&mut self) {
		let from = self.view.saturating_sub(MEMORY);
		self.first.retain(|(view, ..), _| *view >= from);
		self.second.retain(|(view, _), _| *view >= from);
		self.timeouts.retain(|view, _| *view >= from);
		self.given_up.retain(|view, _| *view >= from);
		self.certificates.retain(|view, _| *view >= from);
	}

	fn receive_block(&mut self, block: Block, doing: &mut Doing<'_>) {
		let due = self.asked.is_none_or(|asked| doing.now >= asked + 200);
		if !self.tree.import(block, true) && due {
			// From a little below what it holds, as the missing branch may begin there.
			self.asked = Some(doing.now);
			let above = self.tree.height().min(block.id.number).saturating_sub(40);
			doing.broadcast(Packet::Request(block.id.hash, above));
		}
	}

	fn author(&mut self, doing: &mut Doing<'_>) {
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

/// Changes from view to view, and so that every division of the nodes comes up.
fn side_of_node(node: usize, view: View) -> usize {
	(digest(view, &(node as u64).to_le_bytes()) >> 17 & 1) as usize
}

fn side_of_block(target: &Target) -> usize {
	usize::from(target.hash.0[0] & 1)
}

impl Node for Adversary {
	type Packet = Packet;
	type Observation = Observation;

	fn handle(&mut self, event: Event<Packet>, doing: &mut Doing<'_>) {
		match event {
			Event::Boot => {
				doing.wake(0, doing.now + 100);
				doing.wake(1, (doing.now / self.chain.slot + 1) * self.chain.slot);
			}
			Event::Timer(0) => {
				self.lead(doing);
				self.give_up(doing);
				if doing.random.chance(200) {
					self.remind(doing);
				}
				self.forget();
				let pause = doing.random.within(30, 700);
				doing.wake(0, doing.now + pause);
			}
			Event::Timer(_) => self.author(doing),
			Event::Packet { from, packet } => match &*packet {
				Packet::Finality(set, message) => {
					if *set > self.set {
						self.begin_set(*set);
					}
					if *set == self.set {
						self.receive(message, doing);
					}
				}
				Packet::Block(block) => self.receive_block(*block, doing),
				Packet::Branch(blocks) => {
					for block in blocks {
						self.tree.import(*block, true);
					}
				}
				Packet::Request(hash, above) => {
					let branch = self.tree.branch(hash, *above);
					if !branch.is_empty() {
						doing.send(from, 0, Rc::new(Packet::Branch(branch)));
					}
				}
				Packet::Status(_) | Packet::Ended(..) => {}
			},
		}
		doing.stopped = doing.stop_after.is_some();
	}

	fn crash(&mut self, _: DiskFate, _: &mut Disk) {
		let set = self.set;
		self.begin_set(set);
	}
}
