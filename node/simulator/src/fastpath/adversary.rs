//! A dishonest author. It follows the DAG as an observer, makes its vertices by hand, and asks for
//! checkpoints of its own and signs others' as it likes. It cannot forge.
//!
//! What nobody would take is not sent, as every honest node drops it before its core; it is counted.

use super::{
	market,
	packet::Packet,
	scheme::{authority, sign},
	validator::{Doing, Observation, World},
};
use crate::world::{Disk, DiskFate, Event, Millis, Node, NodeId};
use aci_fastpath::{
	check::Checked,
	checkpoint::{
		program::{execute, Executed},
		Certificate, Certified,
	},
	dag::Dag,
	machine::{Input, Machine, Note, Output, Settings, Standing},
	scheme::Signature,
	transaction::Transaction,
	types::Bitmap,
	vertex::{control_hash, transactions_hash, Header, OwnParent, Reference, SignedHeader, Vertex},
};
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use sp_core::H256;
use std::{collections::BTreeMap, fmt, rc::Rc, sync::Arc};

/// A dishonest author's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
	/// Signs two chains and shows each to a part of the others.
	Equivocator,
	/// Sends its vertices late, to some not at all.
	Late,
	/// Names as few parents as pass, and some that nobody has.
	Thin,
	/// Asks for false checkpoints, and signs whatever it is asked to.
	Liar,
	/// Any of these from one moment to the next.
	Chaos,
}

impl Behaviour {
	/// All of them.
	pub const ALL: [Behaviour; 5] = [
		Behaviour::Equivocator,
		Behaviour::Late,
		Behaviour::Thin,
		Behaviour::Liar,
		Behaviour::Chaos,
	];

	/// Its name.
	pub fn name(&self) -> &'static str {
		match self {
			Behaviour::Equivocator => "equivocator",
			Behaviour::Late => "late",
			Behaviour::Thin => "thin",
			Behaviour::Liar => "liar",
			Behaviour::Chaos => "chaos",
		}
	}

	/// Chances of a thousand: two chains, late, thin, lies.
	fn habits(&self) -> [u32; 4] {
		match self {
			Behaviour::Equivocator => [900, 50, 300, 0],
			Behaviour::Late => [0, 900, 100, 0],
			Behaviour::Thin => [0, 100, 900, 0],
			Behaviour::Liar => [0, 0, 300, 700],
			Behaviour::Chaos => [400, 250, 500, 300],
		}
	}
}

impl fmt::Display for Behaviour {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

const ACT: u8 = 0;
const POLL: u8 = 1;

/// A checkpoint that it wants signed.
#[derive(Debug)]
struct Wanted {
	certified: Certified,
	signatures: BTreeMap<AuthorityIndex, Signature>,
}

/// A dishonest author.
#[derive(Debug)]
pub struct Adversary {
	world: Rc<World>,
	number: NodeId,
	index: AuthorityIndex,
	way: Behaviour,
	machine: Option<Machine<super::scheme::Keyed>>,
	/// The newest vertices of its two chains.
	branches: [Option<(Header, Hash)>; 2],
	wanted: BTreeMap<Hash, Wanted>,
	told: usize,
	ordered: usize,
	orders: Vec<Transaction>,
}

impl Adversary {
	/// The dishonest author at node `number`.
	pub fn new(world: Rc<World>, number: NodeId, way: Behaviour) -> Self {
		Adversary {
			index: world.places[number],
			number,
			way,
			machine: None,
			branches: [None, None],
			wanted: BTreeMap::new(),
			told: 0,
			ordered: 0,
			orders: Vec::new(),
			world,
		}
	}

	fn step(&mut self, input: Input, doing: &mut Doing<'_>) {
		let Some(machine) = &mut self.machine else {
			return;
		};
		let outputs = machine.step(input, doing.now, &super::scheme::Key(self.index));
		self.perform(outputs, doing);
	}

	fn perform(&mut self, outputs: Vec<Output>, doing: &mut Doing<'_>) {
		for output in outputs {
			match output {
				Output::Send(to, vertex) => {
					if let Some(checked) = self.world.check(&vertex) {
						self.tell(to, Packet::Vertex(checked), 0, doing);
					}
				}
				Output::Note(to, note) => self.tell(to, Packet::Note(self.index, note), 0, doing),
				_ => {}
			}
		}
	}

	fn tell(&self, to: AuthorityIndex, packet: Packet, after: Millis, doing: &mut Doing<'_>) {
		let packet = Rc::new(packet);
		for node in self.world.nodes_of(to) {
			doing.send(node, after, packet.clone());
		}
	}

	fn hear(&mut self, from: AuthorityIndex, note: Note, doing: &mut Doing<'_>) {
		let [_, _, _, lies] = self.way.habits();
		match note {
			Note::Propose { checkpoint, .. } if doing.random.chance(lies) => {
				let signature = sign(&authority(self.index), &checkpoint.0);
				let note = Note::Signature {
					checkpoint,
					signature,
				};
				doing.observe(Observation::Counted("signed unseen"));
				self.tell(from, Packet::Note(self.index, note), 0, doing);
			}
			Note::Signature {
				checkpoint,
				signature,
			} => {
				let quorum = self.world.committee.quorum();
				let Some(wanted) = self.wanted.get_mut(&checkpoint) else {
					return;
				};
				wanted.signatures.insert(from, signature);
				if wanted.signatures.len() >= quorum {
					let signatures = wanted.signatures.iter().map(|(of, s)| (*of, *s));
					let certificate = Certificate::new(&self.world.committee, signatures);
					let certified = Certified {
						certificate,
						..wanted.certified.clone()
					};
					self.wanted.remove(&checkpoint);
					self.world.chain.borrow_mut().include(Arc::new(certified));
				}
			}
			note => self.step(Input::Note(from, note), doing),
		}
	}

	/// Looks at the chain and at its clients.
	fn poll(&mut self, doing: &mut Doing<'_>) {
		loop {
			let block = self.world.chain.borrow().blocks().get(self.told).cloned();
			let Some((certified, grants)) = block else {
				break;
			};
			self.told += 1;
			self.step(Input::Settled(certified, grants), doing);
		}
		let schedule = &self.world.orders[usize::from(self.index)];
		while let Some((_, of, sequence, _)) = schedule
			.get(self.ordered)
			.filter(|(at, ..)| *at <= doing.now)
		{
			self.ordered += 1;
			self.orders.push(market::order(self.index, *of, *sequence));
		}
		let next = 30 + doing.random.below(90);
		doing.wake(POLL, doing.now + next);
	}

	fn act(&mut self, doing: &mut Doing<'_>) {
		let [two, late, thin, lies] = self.way.habits();
		let both = doing.random.chance(two);
		// The second chain may also go on alone.
		let first = usize::from(both && doing.random.chance(200));
		let mut made = Vec::new();
		for branch in first..=usize::from(both) {
			let is_thin = doing.random.chance(thin);
			if let Some(checked) = self.make(branch, is_thin, doing) {
				made.push(checked);
			}
		}
		if made.len() == 2 {
			doing.observe(Observation::Counted("two chains"));
		}
		let side = doing.random.any();
		for (branch, checked) in made.iter().enumerate() {
			for to in 0..self.world.places.len() {
				if to == self.number {
					continue;
				}
				let other_side = made.len() == 2 && (side >> to & 1) as usize != branch;
				if other_side && !doing.random.chance(150) {
					continue;
				}
				let mut after = 0;
				if other_side || doing.random.chance(late) {
					if doing.random.chance(200) {
						continue;
					}
					after = 40 + doing.random.below(700);
					doing.observe(Observation::Counted("late"));
				}
				doing.send(to, after, Rc::new(Packet::Vertex(checked.clone())));
			}
		}
		if doing.random.chance(250) {
			let lie = doing.random.chance(lies);
			self.propose(lie, doing);
		}
		let next = 15 + doing.random.below(25);
		doing.wake(ACT, doing.now + next);
	}

	/// A vertex of the newest round that extends one of its chains.
	fn make(&mut self, branch: usize, thin: bool, doing: &mut Doing<'_>) -> Option<Checked> {
		let machine = self.machine.as_ref()?;
		let dag = machine.dag();
		let round = dag.quorum_round().checked_add(1)?;
		// A chain that has not begun parts from the other one.
		let head = self.branches[branch]
			.clone()
			.or(self.branches[1 - branch].clone());
		let head = match (&self.branches[branch], head) {
			(None, Some((header, hash))) if header.round >= round => {
				let previous = dag.by_hash(&hash).map(|(of, _, node)| (of, node.previous));
				let previous = previous.and_then(|(of, at)| dag.node(of, at));
				previous.map(|node| (node.header().clone(), node.checked.hash()))
			}
			(_, head) => head,
		};
		if head
			.as_ref()
			.is_some_and(|(header, _)| header.round >= round)
		{
			return None;
		}
		let size = self.world.committee.len();
		let mut parents = self.parents(dag, round, head.as_ref(), doing);
		if thin && round > 1 {
			let quorum = if self.world.control == Some(aci_fastpath::safety::Control::S5) {
				1
			} else {
				self.world.committee.quorum()
			};
			while parents.len() > quorum {
				let out = doing.random.index(parents.len());
				parents.remove(out);
			}
			doing.observe(Observation::Counted("thin"));
		}
		let earlier = head.as_ref().map(|(header, _)| header);
		let base = parents
			.iter()
			.map(|parent| parent.base)
			.max()
			.unwrap_or_default();
		let base = base.max(earlier.map_or(0, |header| header.base));
		let finalised = machine
			.state()
			.number
			.max(earlier.map_or(0, |header| header.finalised))
			.max(base);
		let mut bitmap = Bitmap::empty(size);
		parents
			.iter()
			.for_each(|parent| bitmap.insert(parent.reference.author));
		let hashes: Vec<Hash> = parents.iter().map(|parent| parent.reference.hash).collect();
		let mut late = Vec::new();
		let unknown = thin && doing.random.chance(30);
		if unknown && round > 2 {
			doing.observe(Observation::Counted("unknown parent"));
			late.push(Reference {
				author: doing.random.index(size) as u16,
				round: round - 2,
				hash: H256::from_low_u64_be(doing.random.any()),
			});
		}
		let transactions = self.transactions(doing);
		let header = Header {
			round,
			author: self.index,
			own_parent: earlier.zip(head.as_ref()).map_or(
				OwnParent::default(),
				|(header, (_, hash))| OwnParent {
					round: header.round,
					hash: *hash,
				},
			),
			parents: bitmap,
			control: if round == 1 {
				Hash::zero()
			} else {
				control_hash(&hashes)
			},
			late: late.try_into().unwrap_or_default(),
			base,
			finalised,
			closing: doing.now >= self.world.length || earlier.is_some_and(|header| header.closing),
			accused: earlier.map_or(Bitmap::empty(size), |header| header.accused.clone()),
			time: doing.now + doing.random.below(3),
			transactions: transactions_hash(&transactions),
		};
		let hash = header.hash(&self.world.committee.context());
		let vertex = Vertex {
			signed: SignedHeader {
				signature: sign(&authority(self.index), &hash.0),
				header: header.clone(),
			},
			transactions: transactions.try_into().ok()?,
		};
		let Some(checked) = self.world.check(&vertex) else {
			doing.observe(Observation::Counted("refused"));
			return None;
		};
		if !unknown {
			self.step(Input::Vertex(checked.clone()), doing);
			self.branches[branch] = Some((header, hash));
		}
		Some(checked)
	}

	/// One vertex of each author of the round before, where there are several any of them.
	fn parents(
		&self,
		dag: &Dag,
		round: u32,
		head: Option<&(Header, Hash)>,
		doing: &mut Doing<'_>,
	) -> Vec<Parent> {
		let mut parents = Vec::new();
		for author in self.world.committee.indices() {
			let held: Vec<_> = dag.slot(author, round.saturating_sub(1)).collect();
			let Some((_, node)) = held.get(doing.random.index(held.len())) else {
				continue;
			};
			let own = head.filter(|(header, _)| {
				author == self.index && header.round.saturating_add(1) == round
			});
			let hash = own.map_or(node.checked.hash(), |(_, hash)| *hash);
			parents.push(Parent {
				reference: Reference {
					author,
					round: round.saturating_sub(1),
					hash,
				},
				base: node.header().base,
			});
		}
		parents
	}

	/// Orders as they came, and some once more.
	fn transactions(&mut self, doing: &mut Doing<'_>) -> Vec<Transaction> {
		let mut all = Vec::new();
		for _ in 0..doing.random.below(4) {
			let place = doing.random.index(self.orders.len());
			if let Some(order) = self.orders.get(place) {
				all.push(order.clone());
			}
		}
		all
	}

	/// Asks all to sign the checkpoint of one of its vertices, or a false one.
	fn propose(&mut self, lie: bool, doing: &mut Doing<'_>) {
		let Some(machine) = &self.machine else {
			return;
		};
		let branch = doing.random.index(2);
		let Some((_, anchor)) = &self.branches[branch] else {
			return;
		};
		let closing = doing.now >= self.world.length;
		let done = execute(
			machine.dag(),
			machine.state(),
			anchor,
			closing,
			&self.world.rules,
		);
		let Ok(Executed {
			mut checkpoint,
			effects,
			..
		}) = done
		else {
			return;
		};
		if lie {
			checkpoint.state_root = H256::from_low_u64_be(doing.random.any());
			doing.observe(Observation::Counted("false checkpoint"));
		}
		let hash = checkpoint.hash();
		let note = Note::Propose {
			number: checkpoint.number,
			anchor: *anchor,
			closing,
			checkpoint: hash,
		};
		let own = sign(&authority(self.index), &hash.0);
		let certificate = Certificate::new(&self.world.committee, []);
		self.wanted.insert(
			hash,
			Wanted {
				certified: Certified {
					checkpoint,
					effects,
					certificate,
				},
				signatures: BTreeMap::from([(self.index, own)]),
			},
		);
		doing.broadcast(Packet::Note(self.index, note));
	}
}

/// A vertex that can be named.
#[derive(Clone, Copy, Debug)]
struct Parent {
	reference: Reference,
	base: u32,
}

impl Node for Adversary {
	type Packet = Packet;
	type Observation = Observation;

	fn handle(&mut self, event: Event<Packet>, doing: &mut Doing<'_>) {
		match event {
			Event::Boot => {
				let settings = Settings {
					committee: self.world.committee.clone(),
					parameters: self.world.rules.parameters,
					state: self.world.start.clone(),
					start: 0,
					standing: Standing::Observer,
					timing: self.world.timing,
				};
				let (machine, _) = Machine::without(settings, self.world.control, doing.now);
				self.machine = Some(machine);
				self.told = 0;
				self.poll(doing);
				doing.wake(ACT, doing.now + 5);
			}
			Event::Packet { packet, .. } => match &*packet {
				Packet::Vertex(checked) => self.step(Input::Vertex(checked.clone()), doing),
				Packet::Note(from, note) => self.hear(*from, note.clone(), doing),
				Packet::Statement(_) => {}
			},
			Event::Timer(ACT) => {
				// Requests go out with the machine's own steps.
				self.step(Input::Tick, doing);
				self.act(doing);
			}
			Event::Timer(_) => self.poll(doing),
		}
	}

	fn crash(&mut self, _: DiskFate, _: &mut Disk) {
		self.machine = None;
		self.branches = [None, None];
		self.wanted.clear();
	}
}
