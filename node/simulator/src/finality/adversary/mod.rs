//! A dishonest authority.
//!
//! It keeps every vote, timeout and certificate that it sees, makes certificates of them with its
//! own signatures and those of the other dishonest authorities (they share their keys), and sends
//! what its [`Behaviour`] makes of it to whom and when that wants. It cannot forge: everything it
//! sends is signed by the coalition or was signed by others.

mod certificates;
mod mischief;

use super::{
	behaviour::{Behaviour, Habits},
	packet::{view_of, Packet},
	scheme::{digest, place, Key},
	tree::{Block, Tree},
	validator::{Chain, Doing, Observation},
};
use crate::world::{Disk, DiskFate, Event, Millis, Node};
use aci_finality::{
	machine::Control,
	message::{Signed, Statement},
	AuthorityIndex, AuthoritySignature, Message, QuorumCertificate, SetId, SignedVote, Target,
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
