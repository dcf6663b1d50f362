//! A home that follows the rules, with its clients and workers; also one half of a pair of twins.
//!
//! It does what the machine's outputs demand, in their order. Where a crash falls between two of
//! them, those after it are not done.

use super::{
	chain::Chain,
	market::{self, Market},
	packet::Packet,
	scheme::{authority, Key, Keyed},
};
use crate::world::{Disk, DiskFate, Effects, Event, Millis, Node, NodeId};
use aci_fastpath::{
	check::{check_one, Checked},
	checkpoint::{
		program::{execute, Executed},
		promise::PromisedMatch,
		state::State,
	},
	equivocation::Equivocation,
	journal,
	machine::{Input, Machine, Output, Settings, Standing, Timing},
	safety::{Control, Rules},
	transaction::Transaction,
	types::{CheckpointNumber, Committee, Round},
	vertex::Vertex,
};
use aci_finality::AuthorityIndex;
use aci_primitives::{proof::Outcome as Found, Hash};
use codec::Encode;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, sync::Arc};

/// An order that a client sends: when, by which client, its sequence, how often.
pub type Arrival = (Millis, u16, u32, u8);

/// What all nodes of a run have in common.
#[derive(Debug)]
pub struct World {
	/// The authorities.
	pub committee: Committee,
	/// The rules, less the one that is taken out.
	pub rules: Rules,
	/// The rule that is taken out.
	pub control: Option<Control>,
	/// The market.
	pub market: Market,
	/// The state at the start.
	pub start: State,
	/// The chain.
	pub chain: RefCell<Chain>,
	/// The orders of each home.
	pub orders: Vec<Vec<Arrival>>,
	/// The authority of each node.
	pub places: Vec<AuthorityIndex>,
	/// Milliseconds between two looks of each node at the chain.
	pub polls: Vec<Millis>,
	/// The set ends when a node's clock shows this.
	pub length: Millis,
	/// How often machines act.
	pub timing: Timing,
	/// Whether only orders are sent and matched: no work, no checkpoints.
	pub orders_only: bool,
	checks: RefCell<BTreeMap<Hash, Option<Checked>>>,
	/// The newest state that some node serves to those that are far behind, before its block's
	/// grants.
	served: RefCell<Option<State>>,
}

impl World {
	/// A world whose set starts.
	#[allow(clippy::too_many_arguments)]
	pub fn new(
		rules: Rules,
		control: Option<Control>,
		market: Market,
		chain: Chain,
		orders: Vec<Vec<Arrival>>,
		places: Vec<AuthorityIndex>,
		polls: Vec<Millis>,
		length: Millis,
		timing: Timing,
	) -> Self {
		World {
			committee: market::committee(market.homes.into()),
			rules,
			control,
			market,
			start: market.start(&rules),
			chain: RefCell::new(chain),
			orders,
			places,
			polls,
			length,
			timing,
			orders_only: false,
			checks: RefCell::default(),
			served: RefCell::default(),
		}
	}

	/// What every receiver makes of a vertex's bytes.
	pub fn check(&self, vertex: &Vertex) -> Option<Checked> {
		let hash = vertex.header().hash(&self.committee.context());
		let mut checks = self.checks.borrow_mut();
		let made = || check_one::<Keyed>(&vertex.encode(), &self.committee, &self.rules).ok();
		checks.entry(hash).or_insert_with(made).clone()
	}

	fn serve(&self, state: &State) {
		let mut served = self.served.borrow_mut();
		if served
			.as_ref()
			.is_none_or(|known| known.number < state.number)
		{
			*served = Some(state.clone());
		}
	}

	/// State sync: the state after the newest checkpoint that is served, if the chain's certificate
	/// is for it, with its block's grants.
	fn state_above(&self, number: CheckpointNumber) -> Option<State> {
		let mut state = self.served.borrow().clone()?;
		let chain = self.chain.borrow();
		let block = (state.number as usize).checked_sub(1)?;
		let (certified, grants) = chain.blocks().get(block)?;
		let right = certified.checkpoint.state_root == state.root()
			&& certified.checkpoint.hash() == state.hash;
		if state.number <= number || !right {
			return None;
		}
		state.add_grants(grants, &self.rules);
		Some(state)
	}

	/// The nodes of an authority.
	pub fn nodes_of(&self, index: AuthorityIndex) -> impl Iterator<Item = NodeId> + '_ {
		let places = self.places.iter().enumerate();
		places
			.filter(move |(_, place)| **place == index)
			.map(|(node, _)| node)
	}
}

/// What a node tells the oracles.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Observation {
	/// When the orders came that its vertex of this round matched, in order of their places.
	Waited(Round, Vec<Millis>),
	/// It promised these matches in its vertex of this round.
	Promised(Round, Vec<PromisedMatch>),
	/// Its vertex of this round is Acked, and those before.
	Acked(Round),
	/// Its vertex of this round is Final; the newest round that it held then.
	Final(Round, Round),
	/// It holds the state after a checkpoint.
	Settled(Arc<Executed>),
	/// It finds that the chain has something else than it computes: what it computes, in words.
	Diverged(u32, String),
	/// It has a proof.
	Offence(Equivocation),
	/// A vertex of its own is refused by all.
	Refused,
	/// A promise of its own is not as it should be.
	Unpromised,
	/// It began: with so many vertices of its own, or without its journal.
	Began(Option<usize>),
	/// It took the state after this checkpoint from another.
	Synced(u32),
	/// It did something of this kind, that is counted.
	Counted(&'static str),
}

/// The effects of a node of the fast path.
pub type Doing<'a> = Effects<'a, Packet, Observation>;

/// The file of a node's journal.
pub const JOURNAL: u8 = 0;

const WAKE: u8 = 0;
const STATEMENTS: u8 = 1;
const POLL: u8 = 2;
const BUILD: u8 = 3;

/// A home.
#[derive(Debug)]
pub struct Validator {
	world: Rc<World>,
	number: NodeId,
	index: AuthorityIndex,
	machine: Option<Machine<Keyed>>,
	/// What its database holds: the state after the last checkpoint that it adopted, and whether it
	/// has begun to write its journal.
	state: State,
	begun: bool,
	/// Others' vertices on its disk. They are synced with each own vertex: what it has acknowledged it
	/// still has after a crash, though their authors may have lost it.
	stored: Vec<Checked>,
	/// Others' vertices that came since.
	unsynced: Vec<Checked>,
	/// When orders came that are not matched: by client and sequence.
	came: BTreeMap<(u16, u32), Millis>,
	/// Checkpoints of the chain that the machine was told.
	told: usize,
	ended: bool,
	/// The newest vertex that it made.
	newest: Option<Arc<Vertex>>,
	/// Orders of its schedule that came already.
	ordered: usize,
	/// What its clients and workers are about to send: to itself, or to another.
	due: BTreeMap<(Millis, u64), (NodeId, Transaction)>,
	sequence: u64,
}

impl Validator {
	/// The node `number`, which has not started.
	pub fn new(world: Rc<World>, number: NodeId) -> Self {
		Validator {
			index: world.places[number],
			number,
			machine: None,
			state: world.start.clone(),
			begun: false,
			stored: Vec::new(),
			unsynced: Vec::new(),
			came: BTreeMap::new(),
			told: 0,
			ended: false,
			newest: None,
			ordered: 0,
			due: BTreeMap::new(),
			sequence: 0,
			world,
		}
	}

	/// How far it is, in words.
	pub fn progress(&self) -> String {
		let Some(machine) = &self.machine else {
			return "down".into();
		};
		let dag = machine.dag();
		let anchor = self.world.chain.borrow();
		let anchor = anchor.blocks().get(machine.state().number as usize);
		let anchor = anchor.map(|(certified, _)| certified.checkpoint.anchor);
		format!(
			"checkpoint {}, told {}, quorum at {}, floor {}, holds and waits {:?}, needs {:?}, next \
			 anchor {:?} held {:?}",
			machine.state().number,
			self.told,
			dag.quorum_round(),
			dag.floor(),
			dag.sizes(),
			dag.needs(3),
			anchor.map(|anchor| (anchor.author, anchor.round)),
			anchor.map(|anchor| dag.by_hash(&anchor.hash).is_some()),
		)
	}

	/// What it computes in place of the chain's checkpoint.
	fn divergence(&self, number: u32) -> String {
		let chain = self.world.chain.borrow();
		let block = (number as usize)
			.checked_sub(1)
			.and_then(|place| chain.blocks().get(place));
		let (Some(machine), Some((certified, _))) = (&self.machine, block) else {
			return String::new();
		};
		let theirs = &certified.checkpoint;
		let (state, rules) = (machine.state(), &self.world.rules);
		let done = execute(
			machine.dag(),
			state,
			&theirs.anchor.hash,
			theirs.closing,
			rules,
		);
		match done {
			Ok(executed) => format!(
				"{:?} with {:?} instead of {theirs:?} with {:?}",
				executed.checkpoint, executed.effects, certified.effects
			),
			Err(error) => format!("{error:?} at {:?}", state.last()),
		}
	}

	fn boot(&mut self, doing: &mut Doing<'_>) {
		let bytes = doing.disk.read(JOURNAL).unwrap_or_default().to_vec();
		let context = self.world.committee.context();
		let standing = match journal::replay(&context, self.begun, &bytes) {
			Ok(journal) => {
				doing.observe(Observation::Began(Some(journal.vertices.len())));
				// What is beyond was cut off in its middle.
				doing.disk.write(JOURNAL, bytes[..journal.length].to_vec());
				Standing::Authority {
					index: self.index,
					journal,
				}
			}
			Err(_) => {
				doing.observe(Observation::Began(None));
				Standing::Observer
			}
		};
		let settings = Settings {
			committee: self.world.committee.clone(),
			parameters: self.world.rules.parameters,
			state: self.state.clone(),
			start: 0,
			standing,
			timing: self.world.timing,
		};
		let (machine, outputs) = Machine::without(settings, self.world.control, doing.now);
		self.told = machine.state().number as usize;
		self.machine = Some(machine);
		self.ended = false;
		self.perform(outputs, doing);
		let floor = self
			.machine
			.as_ref()
			.map_or(0, |machine| machine.dag().floor());
		self.stored
			.retain(|checked| checked.vertex().header().round >= floor);
		for checked in self.stored.clone() {
			self.step(Input::Vertex(checked), doing);
		}
		self.poll(doing);
		let build = 100 + doing.random.below(200);
		doing.wake(BUILD, doing.now + build);
		self.arrive(doing);
	}

	fn step(&mut self, input: Input, doing: &mut Doing<'_>) {
		let Some(machine) = self.machine.as_mut().filter(|_| !doing.stopped) else {
			return;
		};
		let outputs = machine.step(input, doing.now, &Key(self.index));
		self.perform(outputs, doing);
	}

	/// Whether the node has stopped before this effect. A write is cut off in its middle.
	fn stops(&mut self, output: &Output, doing: &mut Doing<'_>) -> bool {
		let Some(left) = &mut doing.stop_after else {
			return false;
		};
		if *left > 0 {
			*left -= 1;
			return false;
		}
		if let Output::Persist(bytes) = output {
			let part = doing.random.index(bytes.len());
			append(doing.disk, &bytes[..part]);
			self.begun = true;
		}
		doing.stopped = true;
		true
	}

	fn perform(&mut self, outputs: Vec<Output>, doing: &mut Doing<'_>) {
		for output in outputs {
			if self.stops(&output, doing) {
				return;
			}
			match output {
				Output::Persist(bytes) => {
					self.begun = true;
					self.stored.append(&mut self.unsynced);
					append(doing.disk, &bytes);
				}
				Output::Broadcast(vertex) => match self.world.check(&vertex) {
					Some(checked) => {
						self.newest = Some(vertex);
						doing.broadcast(Packet::Vertex(checked));
					}
					None => doing.observe(Observation::Refused),
				},
				Output::Send(to, vertex) => {
					if let Some(checked) = self.world.check(&vertex) {
						let packet = Rc::new(Packet::Vertex(checked));
						for node in self.world.nodes_of(to) {
							doing.send(node, 0, packet.clone());
						}
					}
				}
				Output::Note(to, note) => {
					let packet = Rc::new(Packet::Note(self.index, note));
					for node in self.world.nodes_of(to) {
						doing.send(node, 0, packet.clone());
					}
				}
				Output::Promised(parts) => self.promised(parts, doing),
				Output::Refused(..) | Output::Busy(_) => {}
				Output::Acked(round) => doing.observe(Observation::Acked(round)),
				Output::Final(round) => {
					let machine = self.machine.as_ref();
					let newest = machine.map_or(0, |machine| machine.dag().newest_round());
					doing.observe(Observation::Final(round, newest));
				}
				Output::Certified(certified) => {
					self.world.chain.borrow_mut().include(certified);
				}
				Output::Settled(executed) => {
					if let Some(machine) = &self.machine {
						self.state = machine.state().clone();
					}
					self.world.serve(&executed.state);
					doing.observe(Observation::Settled(executed));
				}
				Output::Diverged(number) => {
					let what = self.divergence(number);
					doing.observe(Observation::Diverged(number, what));
				}
				Output::Offence(offence) => doing.observe(Observation::Offence(offence)),
				Output::Wake(at) => doing.wake(WAKE, at),
			}
		}
	}

	/// Clients have the home's word; their workers begin.
	fn promised(&mut self, parts: Vec<PromisedMatch>, doing: &mut Doing<'_>) {
		let key = authority(self.index);
		if !parts.iter().all(|part| part.verify::<Keyed>(&key)) {
			doing.observe(Observation::Unpromised);
		}
		let Some(vertex) = self.newest.clone() else {
			return;
		};
		let mut waited = Vec::new();
		for part in &parts {
			let Some(Transaction::Order(order)) = vertex.transactions.get(part.index as usize)
			else {
				doing.observe(Observation::Unpromised);
				continue;
			};
			let key = (super::scheme::place(&order.key), order.statement.sequence);
			waited.extend(self.came.remove(&key));
			if !self.world.orders_only {
				self.serve(part, order.statement.sequence, doing);
			}
		}
		doing.observe(Observation::Waited(vertex.header().round, waited));
		doing.observe(Observation::Promised(vertex.header().round, parts));
		self.next_statement(doing);
	}

	/// The worker acknowledges and finishes, or does not; a verifier looks now and then.
	fn serve(&mut self, part: &PromisedMatch, number: u32, doing: &mut Doing<'_>) {
		let matched = &part.matched;
		let carrier = doing.random.index(self.world.places.len());
		if doing.random.chance(800) {
			self.later(doing.now + 20, carrier, market::acknowledge(matched));
			if doing.random.chance(800) {
				self.later(
					doing.now + 150,
					carrier,
					market::submission(matched, number),
				);
				if doing.random.chance(250) {
					let found = if doing.random.chance(300) {
						Found::Fail
					} else {
						Found::Pass
					};
					self.later(doing.now + 250, carrier, market::judgement(matched, found));
				}
			}
		}
		if doing.random.chance(500) {
			let release = market::release(matched, self.index);
			self.later(doing.now + 200, self.number, release);
		}
	}

	fn later(&mut self, at: Millis, to: NodeId, transaction: Transaction) {
		self.sequence += 1;
		self.due.insert((at, self.sequence), (to, transaction));
	}

	fn next_statement(&self, doing: &mut Doing<'_>) {
		let order = self.world.orders[usize::from(self.index)].get(self.ordered);
		let order = order.map(|(at, ..)| *at);
		let due = self.due.keys().next().map(|(at, _)| *at);
		if let Some(at) = order.into_iter().chain(due).min() {
			doing.wake(STATEMENTS, at);
		}
	}

	/// Orders and statements whose time has come.
	fn arrive(&mut self, doing: &mut Doing<'_>) {
		let mut submitted = Vec::new();
		while let Some((at, of, sequence, copies)) = self.world.orders[usize::from(self.index)]
			.get(self.ordered)
			.copied()
			.filter(|(at, ..)| *at <= doing.now)
		{
			self.ordered += 1;
			let order = market::order(self.index, of, sequence);
			self.came.insert((of, sequence), at);
			submitted.extend(market::checked(order.clone(), self.index));
			for copy in 1..copies {
				self.later(at + 13 * u64::from(copy), self.number, order.clone());
			}
			if sequence % 11 == 10 {
				let taken = market::take_away(
					self.index,
					of,
					sequence,
					self.world.market.amount / 50,
					aci_fastpath::transaction::Destination::Escrow,
				);
				self.later(at + 5, self.number, taken);
			}
		}
		while let Some(entry) = self.due.first_entry() {
			if entry.key().0 > doing.now {
				break;
			}
			let (to, transaction) = entry.remove();
			if to == self.number {
				submitted.extend(market::checked(transaction, self.index));
			} else {
				doing.send(to, 0, Rc::new(Packet::Statement(transaction)));
			}
		}
		if !submitted.is_empty() {
			self.step(Input::Submit(submitted), doing);
		}
		self.next_statement(doing);
	}

	/// Looks at the chain.
	fn poll(&mut self, doing: &mut Doing<'_>) {
		loop {
			let block = self.world.chain.borrow().blocks().get(self.told).cloned();
			let Some((certified, grants)) = block else {
				break;
			};
			self.told += 1;
			self.step(Input::Settled(certified, grants), doing);
		}
		if doing.now >= self.world.length && !self.ended {
			self.ended = true;
			self.step(Input::SetEnds, doing);
		}
		self.catch_up(doing);
		let poll = self.world.polls[self.number];
		let next = poll / 2 + doing.random.below(poll);
		doing.wake(POLL, doing.now + next.max(1));
	}
}

impl Validator {
	/// A node that is more than `lag` checkpoints behind finds nobody that has the vertices: it takes
	/// the state from another and starts anew from there.
	fn catch_up(&mut self, doing: &mut Doing<'_>) {
		let Some(machine) = self.machine.as_ref().filter(|_| !doing.stopped) else {
			return;
		};
		let number = machine.state().number;
		let newest = self.world.chain.borrow().blocks().len() as u32;
		if number.saturating_add(self.world.rules.parameters.lag) >= newest {
			return;
		}
		if let Some(state) = self.world.state_above(number) {
			self.state = state;
			doing.observe(Observation::Counted("state syncs"));
			doing.observe(Observation::Synced(self.state.number));
			self.boot(doing);
		}
	}
}

fn append(disk: &mut Disk, bytes: &[u8]) {
	let length = disk.read(JOURNAL).map_or(0, <[u8]>::len);
	disk.write_at(JOURNAL, length, bytes);
}

impl Node for Validator {
	type Packet = Packet;
	type Observation = Observation;

	fn handle(&mut self, event: Event<Packet>, doing: &mut Doing<'_>) {
		match event {
			Event::Boot => self.boot(doing),
			Event::Packet { packet, .. } => match &*packet {
				Packet::Vertex(checked) => {
					self.unsynced.push(checked.clone());
					self.step(Input::Vertex(checked.clone()), doing);
				}
				Packet::Note(from, note) => self.step(Input::Note(*from, note.clone()), doing),
				Packet::Statement(transaction) => {
					let checked = market::checked(transaction.clone(), self.index);
					self.step(Input::Submit(checked.into_iter().collect()), doing);
				}
			},
			Event::Timer(WAKE) => self.step(Input::Tick, doing),
			Event::Timer(STATEMENTS) => self.arrive(doing),
			Event::Timer(POLL) => self.poll(doing),
			Event::Timer(_) => {
				let closing = self.ended;
				if !self.world.orders_only {
					self.step(Input::Build { closing }, doing);
				}
				let next = 100 + doing.random.below(200);
				doing.wake(BUILD, doing.now + next);
			}
		}
	}

	fn crash(&mut self, fate: DiskFate, disk: &mut Disk) {
		self.machine = None;
		self.newest = None;
		self.due.clear();
		self.unsynced.clear();
		if fate.damages() {
			self.stored.clear();
		}
		let Some(bytes) = disk.read(JOURNAL).map(<[u8]>::to_vec) else {
			return;
		};
		match fate {
			DiskFate::Kept | DiskFate::Torn => {}
			DiskFate::Lost => disk.remove(JOURNAL),
			// All but the beginning of the first entry.
			DiskFate::Cut => disk.write(JOURNAL, bytes[..bytes.len().min(20)].to_vec()),
			DiskFate::Garbled => disk.write(JOURNAL, damaged(&bytes)),
			DiskFate::Foreign => {
				let context = aci_finality::Context {
					set: 99,
					..self.world.committee.context()
				};
				let foreign = journal::replay(&self.world.committee.context(), false, &bytes)
					.ok()
					.and_then(|journal| {
						Some(journal::entry(&context, 0, journal.vertices.first()?))
					});
				disk.write(JOURNAL, foreign.unwrap_or_default());
			}
		}
	}
}

/// A journal with its first entry damaged. One entry alone could pass for a write that was cut off,
/// so then nothing is left of it.
fn damaged(bytes: &[u8]) -> Vec<u8> {
	let mut damaged = bytes.to_vec();
	if let Some(byte) = damaged.get_mut(30) {
		*byte ^= 0x55;
	}
	damaged
}
