//! An honest node: the gadget's machine, a tree of blocks, a disk and an author of blocks.
//!
//! It does what the machine's outputs demand, in their order. Where a crash falls between two of
//! them, those after it are not done.

use super::{
	disk::{self, RecordFile, Start},
	packet::Packet,
	scheme::{number_at, place, Key, Keyed},
	tree::{Block, Tree},
};
use crate::world::{Disk, DiskFate, Effects, Event, Millis, Node, NodeId};
use aci_finality::{
	accountability::Evidence,
	machine::{BlockTree, Control, Input, Machine, Output, Settings, Standing, Timing, Votable},
	message::Signed,
	AuthoritySet, Context, Justification, Message, OffenceProof, SetId, SignedVote, Statement,
	Target, View, VoteRecord,
};
use sp_core::H256;
use std::{
	collections::{BTreeMap, VecDeque},
	rc::Rc,
};

/// What all nodes of a run have in common.
#[derive(Clone, Debug)]
pub struct Chain {
	/// Authorities, which are the same in all sets.
	pub authorities: usize,
	/// Milliseconds of a slot.
	pub slot: Millis,
	/// Blocks that are made upon an older block than the best, of a thousand.
	pub fork: u32,
	/// The longest time from when a block comes to when it is held, in milliseconds.
	pub import: Millis,
	/// Blocks for which a vote has to wait for more, of a thousand.
	pub incomplete: u32,
	/// The set changes in every so many blocks.
	pub session: Option<u32>,
	/// The machine's waiting times.
	pub timing: Timing,
	/// The safety rule that is taken out.
	pub control: Option<Control>,
}

impl Chain {
	/// The authority set.
	pub fn set(&self, set: SetId) -> AuthoritySet {
		let keys = (0..self.authorities)
			.map(|index| Key::new(number_at(index as u16, self.authorities, set)).public())
			.collect();
		AuthoritySet::new(set, keys).expect("at least one authority, and all keys differ")
	}

	/// Where signatures of a set count.
	pub fn context(&self, set: SetId) -> Context {
		Context {
			genesis: Block::genesis().id.hash,
			set,
		}
	}
}

/// How a node begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
	/// It votes, and has signed nothing in this set before.
	Fresh,
	/// It votes, and goes on from its record.
	Recovered,
	/// It is silent, as its record is lost.
	Silent,
}

/// What a node tells the oracles.
// Read at once where it is made.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Observation {
	/// It begins, or begins a set.
	Begins {
		/// The set.
		set: SetId,
		/// How.
		how: Beginning,
	},
	/// It sent a statement of its own.
	Signed {
		/// The set.
		set: SetId,
		/// What it said.
		statement: Statement,
		/// Whether its disk held the statement.
		saved: bool,
		/// Whether it held the block, where this is a first vote.
		held: bool,
	},
	/// It made a block.
	Made(Block),
	/// It holds this to be final.
	Finalised {
		/// The set.
		set: SetId,
		/// The proof.
		justification: Justification,
	},
	/// It reports an offence.
	Offence(OffenceProof),
	/// It entered a view.
	View {
		/// The set.
		set: SetId,
		/// The view.
		view: View,
	},
}

/// The effects of an honest or a dishonest node.
pub type Doing<'a> = Effects<'a, Packet, Observation>;

mod timer {
	pub const MACHINE: u8 = 0;
	pub const SLOT: u8 = 1;
	pub const IMPORT: u8 = 2;
}

/// Messages of the next set that are kept.
const EARLY: usize = 256;

#[derive(Debug)]
enum Arrival {
	Import(Block),
	Complete(Block),
}

/// An honest node.
#[derive(Debug)]
pub struct Validator {
	chain: Rc<Chain>,
	/// Which authority it is.
	number: usize,
	/// Distinguishes the blocks of two nodes with one key.
	salt: u64,
	nodes: usize,
	tree: Tree,
	set: SetId,
	ended: BTreeMap<SetId, Justification>,
	machine: Option<Machine<Keyed>>,
	/// Evidence of the set's machines that crashed.
	gathered: Evidence,
	/// What the disk holds.
	saved: Option<VoteRecord>,
	/// Where it is written to.
	file: Option<RecordFile>,
	high: Target,
	arrivals: BTreeMap<(Millis, u64), Arrival>,
	arrived: u64,
	/// A proof that something is final that is not held yet.
	waiting: Option<Justification>,
	early: VecDeque<(NodeId, Message)>,
	/// When it last told that it lags.
	told: Option<Millis>,
	/// When it last asked for a block.
	asked: BTreeMap<H256, Millis>,
	/// Effects that are left before it stops.
	left: Option<u64>,
}

impl Validator {
	/// Authority `number` of `chain`, in a simulation of `nodes`.
	pub fn new(chain: Rc<Chain>, number: usize, salt: u64, nodes: usize) -> Self {
		Validator {
			chain,
			number,
			salt,
			nodes,
			tree: Tree::default(),
			set: 0,
			ended: BTreeMap::new(),
			machine: None,
			gathered: Evidence::new(),
			saved: None,
			file: None,
			high: Block::genesis().id,
			arrivals: BTreeMap::new(),
			arrived: 0,
			waiting: None,
			early: VecDeque::new(),
			told: None,
			asked: BTreeMap::new(),
			left: None,
		}
	}

	/// The blocks that it holds.
	pub fn tree(&self) -> &Tree {
		&self.tree
	}

	/// The set that it is in.
	pub fn set(&self) -> SetId {
		self.set
	}

	/// The view that it is in, where it runs.
	pub fn view(&self) -> Option<View> {
		self.machine.as_ref().map(Machine::view)
	}

	/// Whether it votes now.
	pub fn votes(&self) -> bool {
		self.machine.as_ref().is_some_and(Machine::votes_in_set)
	}

	/// What it gathered against others in this set, for the judges. A node loses it by a crash; they
	/// do not, as keeping it on the disk is no part of the machine.
	pub fn evidence(&self) -> Evidence {
		let mut evidence = self.gathered.clone();
		if let Some(machine) = &self.machine {
			evidence.extend(machine.evidence());
		}
		evidence
	}

	fn key(&self) -> Key {
		Key::new(self.number)
	}

	fn begin(&mut self, doing: &mut Doing<'_>) {
		let context = self.chain.context(self.set);
		let index = place(self.number, self.chain.authorities, self.set);
		let (standing, how) = match disk::take_up(doing.disk, context) {
			Start::Votes {
				record,
				file,
				recovered,
			} => {
				self.saved = Some((*record).clone());
				self.file = Some(file);
				let how = if recovered {
					Beginning::Recovered
				} else {
					Beginning::Fresh
				};
				let record = *record;
				(Standing::Authority { index, record }, how)
			}
			Start::Silent(_) => (Standing::Silent(index), Beginning::Silent),
		};
		self.high = self.tree.base();
		let settings = Settings {
			genesis: context.genesis,
			set: self.chain.set(self.set),
			base: self.tree.base(),
			standing,
			timing: self.chain.timing,
		};
		let (mut machine, outputs) = Machine::<Keyed>::new(settings, doing.now);
		machine.set_control(self.chain.control);
		self.machine = Some(machine);
		doing.observe(Observation::Begins { set: self.set, how });
		self.perform(outputs, doing);
		for (from, message) in std::mem::take(&mut self.early) {
			self.message(from, self.set, message, doing);
		}
		self.step(Input::Blocks, doing);
	}

	/// Writes a record; where `torn`, only a part of it gets to the disk.
	fn save(&mut self, record: &VoteRecord, torn: bool, doing: &mut Doing<'_>) {
		if let Some(file) = &mut self.file {
			file.write(doing.disk, record, torn.then_some(&mut *doing.random));
			self.saved = Some(record.clone());
		}
	}

	fn step(&mut self, input: Input, doing: &mut Doing<'_>) {
		let key = self.key();
		let Some(machine) = self.machine.as_mut().filter(|_| !doing.stopped) else {
			return;
		};
		let outputs = machine.step(input, doing.now, &self.tree, &key);
		self.perform(outputs, doing);
	}

	/// Counts an effect; true where the node stops before it.
	fn stops(&mut self, doing: &mut Doing<'_>) -> bool {
		if self.left == Some(0) {
			doing.stopped = true;
		}
		self.left = self.left.map(|left| left.saturating_sub(1));
		doing.stopped
	}

	fn perform(&mut self, outputs: Vec<Output>, doing: &mut Doing<'_>) {
		let set = self.set;
		for output in outputs {
			if doing.stopped || self.set != set {
				return;
			}
			match output {
				Output::Persist(record) => {
					if self.stops(doing) {
						if doing.random.chance(500) {
							self.save(&record, true, doing);
						}
						return;
					}
					self.save(&record, false, doing);
				}
				Output::Broadcast(message) => {
					if self.stops(doing) {
						return;
					}
					self.tell(&message, doing);
					doing.broadcast(Packet::Finality(set, message));
				}
				Output::Finalise(justification) => {
					if self.stops(doing) {
						return;
					}
					self.finalise(justification, doing);
				}
				Output::High(certificate) => self.high = certificate.target(),
				Output::Fetch(target) => {
					let above = self.tree.finalised().number;
					let packet = Rc::new(Packet::Request(target.hash, above));
					for _ in 0..2 {
						let to = doing.random.index(self.nodes);
						doing.send(to, 0, packet.clone());
					}
				}
				Output::Offence(proof) => doing.observe(Observation::Offence(proof)),
				Output::View(view) => doing.observe(Observation::View { set, view }),
				Output::Wake(at) => doing.wake(timer::MACHINE, at.max(doing.now + 1)),
			}
		}
	}

	/// Tells the oracles of an own statement on its way out.
	fn tell(&self, message: &Message, doing: &mut Doing<'_>) {
		let own = place(self.number, self.chain.authorities, self.set);
		let saved = self.saved.as_ref();
		let (statement, signer, saved): (Statement, _, _) = match message {
			Message::Proposal(proposal) => (
				proposal.proposal.statement.clone().into(),
				proposal.proposal.signer,
				saved.is_some_and(|saved| covers(&saved.proposal, &proposal.proposal)),
			),
			Message::Vote(SignedVote::First(vote)) => (
				vote.statement.into(),
				vote.signer,
				saved.is_some_and(|saved| covers(&saved.first, vote)),
			),
			Message::Vote(SignedVote::Second(vote)) => (
				vote.statement.into(),
				vote.signer,
				saved.is_some_and(|saved| covers(&saved.second, vote)),
			),
			Message::Timeout(timeout) => (
				timeout.timeout.statement.into(),
				timeout.timeout.signer,
				saved.is_some_and(|saved| covers(&saved.timeout, &timeout.timeout)),
			),
			Message::Certificate(_) | Message::Timeouts(_) => return,
		};
		if signer == own {
			let held = match &statement {
				Statement::First(vote) => self.tree.get(&vote.target.hash).is_some(),
				_ => true,
			};
			doing.observe(Observation::Signed {
				set: self.set,
				statement,
				saved,
				held,
			});
		}
	}

	fn finalise(&mut self, justification: Justification, doing: &mut Doing<'_>) {
		let target = justification.target();
		if self.tree.get(&target.hash).is_none() {
			self.waiting = Some(justification);
			self.ask(&target, doing);
			return;
		}
		doing.observe(Observation::Finalised {
			set: self.set,
			justification: justification.clone(),
		});
		if self.tree.finalise(&target) && self.tree.changes(&target) {
			self.ended.insert(self.set, justification);
			self.set += 1;
			self.gathered = Evidence::new();
			self.waiting = None;
			self.begin(doing);
		}
	}

	fn message(&mut self, from: NodeId, set: SetId, message: Message, doing: &mut Doing<'_>) {
		if set == self.set {
			self.step(Input::Message(message), doing);
		} else if set < self.set {
			self.help(from, set, doing);
		} else {
			if set == self.set + 1 && self.early.len() < EARLY {
				self.early.push_back((from, message));
			}
			if self.told.is_none_or(|told| doing.now >= told + 1_000) {
				self.told = Some(doing.now);
				doing.send(from, 0, Rc::new(Packet::Status(self.set)));
			}
		}
	}

	fn help(&mut self, from: NodeId, set: SetId, doing: &mut Doing<'_>) {
		if let Some(justification) = self.ended.get(&set) {
			let packet = Packet::Ended(set, justification.clone());
			doing.send(from, 0, Rc::new(packet));
		}
	}

	/// Asks for a block with its branch, at most once in a while: a branch that leaves the final one
	/// below its head can never be held.
	fn ask(&mut self, target: &Target, doing: &mut Doing<'_>) {
		let above = self.tree.finalised().number;
		let due = self
			.asked
			.get(&target.hash)
			.is_none_or(|asked| doing.now >= asked + 1_000);
		if target.number > above && due {
			self.asked.insert(target.hash, doing.now);
			doing.broadcast(Packet::Request(target.hash, above));
		}
	}

	fn arrive(&mut self, at: Millis, arrival: Arrival, doing: &mut Doing<'_>) {
		self.arrived += 1;
		self.arrivals.insert((at, self.arrived), arrival);
		self.wake_for_arrivals(doing);
	}

	fn wake_for_arrivals(&self, doing: &mut Doing<'_>) {
		if let Some(((at, _), _)) = self.arrivals.first_key_value() {
			doing.wake(timer::IMPORT, *at);
		}
	}

	fn receive_block(&mut self, block: Block, doing: &mut Doing<'_>) {
		if self.tree.get(&block.id.hash).is_some() {
			return;
		}
		let at = doing.now + doing.random.within(1, self.chain.import.max(1));
		self.arrive(at, Arrival::Import(block), doing);
	}

	fn import_due(&mut self, doing: &mut Doing<'_>) {
		let mut changed = false;
		while let Some(entry) = self.arrivals.first_entry() {
			if entry.key().0 > doing.now {
				break;
			}
			match entry.remove() {
				Arrival::Complete(block) => self.tree.complete(&block.id.hash),
				Arrival::Import(block) => {
					let wait = doing.random.chance(self.chain.incomplete);
					if !self.tree.import(block, !wait) {
						self.ask(&block.id, doing);
						continue;
					}
					if wait {
						let at = doing.now + doing.random.within(1, 2_000);
						self.arrive(at, Arrival::Complete(block), doing);
					}
				}
			}
			changed = true;
		}
		self.wake_for_arrivals(doing);
		if changed {
			let waiting = self
				.waiting
				.take_if(|justification| self.tree.get(&justification.target().hash).is_some());
			if let Some(justification) = waiting {
				self.finalise(justification, doing);
			}
			self.step(Input::Blocks, doing);
		}
	}

	fn author(&mut self, doing: &mut Doing<'_>) {
		let slot = doing.now / self.chain.slot;
		doing.wake(timer::SLOT, (slot + 1) * self.chain.slot);
		if slot % self.chain.authorities as u64 != self.number as u64 {
			return;
		}
		let mut parent = self.tree.head(&self.high);
		let unfinished = parent
			.id
			.number
			.saturating_sub(self.tree.finalised().number);
		if unfinished > 48 {
			// Authoring waits for finality.
			return;
		}
		if unfinished > 0 && doing.random.chance(self.chain.fork) {
			if let Some(older) = self.tree.get(&parent.parent) {
				parent = *older;
			}
		}
		let block = Block::make(
			&parent,
			slot,
			self.number as u64,
			self.salt,
			self.chain.session,
		);
		if self.tree.get(&block.id.hash).is_some() {
			return;
		}
		self.tree.import(block, true);
		doing.observe(Observation::Made(block));
		doing.broadcast(Packet::Block(block));
		self.step(Input::Blocks, doing);
	}
}

impl Node for Validator {
	type Packet = Packet;
	type Observation = Observation;

	fn handle(&mut self, event: Event<Packet>, doing: &mut Doing<'_>) {
		self.left = doing.stop_after;
		match event {
			Event::Boot => {
				let slot = doing.now / self.chain.slot;
				doing.wake(timer::SLOT, (slot + 1) * self.chain.slot);
				// What a vote needed and had not come before a crash is still to come.
				for block in self.tree.incomplete() {
					let at = doing.now + doing.random.within(1, 2_000);
					self.arrive(at, Arrival::Complete(block), doing);
				}
				self.begin(doing);
			}
			Event::Timer(timer::MACHINE) => self.step(Input::Tick, doing),
			Event::Timer(timer::SLOT) => self.author(doing),
			Event::Timer(_) => self.import_due(doing),
			Event::Packet { from, packet } => match &*packet {
				Packet::Finality(set, message) => {
					self.message(from, *set, message.clone(), doing);
				}
				Packet::Block(block) => self.receive_block(*block, doing),
				Packet::Branch(blocks) => {
					// A branch that begins on nothing held can never be held, and every block of it
					// would make the node ask again.
					let rooted = blocks
						.first()
						.is_some_and(|lowest| self.tree.get(&lowest.parent).is_some());
					for block in blocks.iter().filter(|_| rooted) {
						if self.tree.get(&block.id.hash).is_none() {
							self.arrive(doing.now, Arrival::Import(*block), doing);
						}
					}
					self.import_due(doing);
				}
				Packet::Request(hash, above) => {
					let branch = self.tree.branch(hash, *above);
					if !branch.is_empty() {
						doing.send(from, 0, Rc::new(Packet::Branch(branch)));
					}
				}
				Packet::Status(set) => self.help(from, *set, doing),
				Packet::Ended(set, justification) => {
					let authorities = self.chain.set(*set);
					let genesis = self.chain.context(*set).genesis;
					if *set == self.set
						&& justification.verify::<Keyed>(genesis, &authorities).is_ok()
					{
						self.finalise(justification.clone(), doing);
					}
				}
			},
		}
		if self.left.is_some() {
			// The crash falls after the event's last effect.
			doing.stopped = true;
		}
	}

	fn crash(&mut self, fate: DiskFate, disk: &mut Disk) {
		self.gathered = self.evidence();
		self.machine = None;
		self.saved = None;
		self.file = None;
		self.arrivals.clear();
		self.waiting = None;
		self.early.clear();
		self.told = None;
		self.asked.clear();
		self.left = None;
		disk::damage(disk, fate);
	}
}

/// Whether what the disk holds keeps its owner from contradicting `said`: the same statement, or
/// one of a later view, as one step may say two things of which only the later one is kept.
fn covers<T: Clone + PartialEq + Into<Statement>>(
	saved: &Option<Signed<T>>,
	said: &Signed<T>,
) -> bool {
	let view = |signed: &Signed<T>| -> View { signed.statement.clone().into().view() };
	saved
		.as_ref()
		.is_some_and(|saved| saved == said || view(saved) > view(said))
}

/// Whether a node could vote for the block now.
pub fn votable(validator: &Validator, target: &Target) -> bool {
	validator.tree.votable(target) == Votable::Yes
}
