//! A network of machines under a seeded clock: delays, loss, crashes, twins, and a chain that takes
//! checkpoints. The oracles are here too, and know nothing of how the machine works.

use super::values::*;
use crate::{
	check::{check_one, Checked, Submitted},
	checkpoint::{promise::PromisedMatch, state::State, Certified, Last, Payee},
	journal,
	lane::{
		grant::{Closing, Grants},
		Outcome,
	},
	machine::{Input, Machine, Note, Output, Settings, Standing, Timing},
	safety::{Control, Rules},
	transaction::Transaction,
	types::{Parameters, Round},
	vertex::Vertex,
};
use aci_finality::AuthorityIndex;
use aci_primitives::{AccountId, Hash, JobId};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	format,
	string::String,
	sync::Arc,
	vec,
	vec::Vec,
};
use codec::Encode;

/// A small generator of numbers.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
	pub fn new(seed: u64) -> Self {
		Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
	}

	pub fn roll(&mut self, sides: u64) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		(self.0 >> 11) % sides.max(1)
	}
}

#[derive(Clone)]
enum Event {
	Vertex(usize, Checked),
	Note(usize, AuthorityIndex, Note),
	Submit(usize, Transaction),
	Settled(usize, usize),
	Wake(usize),
	Crash(usize),
	Start(usize),
	Build,
	End,
}

/// What a run does.
#[derive(Clone)]
pub struct Scenario {
	pub seed: u64,
	pub authorities: u16,
	/// Milliseconds before the set ends.
	pub length: u64,
	/// Of a hundred messages so many are lost.
	pub loss: u64,
	/// Longest delay of a message.
	pub delay: u64,
	/// Times at which a random honest node is killed.
	pub crashes: u64,
	/// Whether authority 0 is two machines with one key.
	pub twins: bool,
	/// What each ticket has at the start.
	pub amount: u128,
	/// Closings that the chain announces.
	pub closings: u64,
	pub parameters: Parameters,
	pub control: Option<Control>,
}

impl Scenario {
	pub fn calm(seed: u64) -> Self {
		Scenario {
			seed,
			authorities: 4,
			length: 900,
			loss: 0,
			delay: 30,
			crashes: 0,
			twins: false,
			amount: u128::MAX / 1_000_000,
			closings: 0,
			parameters: parameters(),
			control: None,
		}
	}

	pub fn rough(seed: u64) -> Self {
		let mut dice = Dice::new(seed.wrapping_add(77));
		Scenario {
			authorities: 4 + dice.roll(4) as u16,
			loss: dice.roll(6),
			delay: 5 + dice.roll(60),
			crashes: dice.roll(3),
			twins: dice.roll(2) == 0,
			closings: dice.roll(3),
			..Scenario::calm(seed)
		}
	}
}

struct Node {
	index: AuthorityIndex,
	machine: Option<Machine<Hashed>>,
	disk: Vec<u8>,
	state: State,
	settled: usize,
	/// When it is stepped next without another reason.
	wake: u64,
	/// One of two with the same key.
	twin: bool,
}

/// What came of a run.
#[derive(Default)]
pub struct Report {
	/// Broken promises of the fast path, in words.
	pub violations: Vec<String>,
	pub matches: usize,
	pub finals: usize,
	pub settled: usize,
	pub paid: u128,
	pub checkpoints: usize,
	pub offences: usize,
	pub ended: bool,
	pub digest: Vec<Hash>,
}

pub struct Network {
	scenario: Scenario,
	dice: Dice,
	now: u64,
	queue: BTreeMap<(u64, u64), Event>,
	number: u64,
	nodes: Vec<Node>,
	chain: Vec<(Arc<Certified>, Arc<Grants>)>,
	last: Last,
	/// What tickets have, as the chain counts.
	budgets: BTreeMap<(AccountId, u32), i128>,
	accounts: BTreeMap<Payee, u128>,
	sequences: BTreeMap<(u16, u16), u32>,
	promised: Vec<(usize, PromisedMatch)>,
	finals: Vec<(usize, AuthorityIndex, Round)>,
	/// Own vertices with matches: by author and round.
	matched: BTreeMap<(usize, Round), Vec<PromisedMatch>>,
	executed: BTreeMap<(AuthorityIndex, Round), (Hash, Vec<Outcome>)>,
	jobs: BTreeSet<JobId>,
	closings_left: u64,
	ending: bool,
	report: Report,
}

const BLOCK: u64 = 150;
const MOST_TIME: u64 = 5_000;

impl Network {
	pub fn run(scenario: Scenario) -> Report {
		let mut network = Network::new(scenario);
		network.go();
		network.judge();
		network.report
	}

	fn new(scenario: Scenario) -> Self {
		let size = scenario.authorities;
		let (state, grants) = start(size, 3, scenario.amount);
		let mut budgets = BTreeMap::new();
		for (_, grant) in &grants.lanes {
			if let crate::lane::grant::LaneGrant::Budget {
				client,
				ticket,
				amount,
				..
			} = grant
			{
				*budgets.entry((client.clone(), *ticket)).or_default() += *amount as i128;
			}
		}
		let mut nodes: Vec<Node> = (0..size)
			.map(|index| Node {
				index,
				machine: None,
				disk: Vec::new(),
				state: state.clone(),
				settled: 0,
				wake: 0,
				twin: scenario.twins && index == 0,
			})
			.collect();
		if scenario.twins {
			nodes.push(Node {
				index: 0,
				machine: None,
				disk: Vec::new(),
				state: state.clone(),
				settled: 0,
				wake: 0,
				twin: true,
			});
		}
		let mut network = Network {
			dice: Dice::new(scenario.seed),
			now: 1_000_000,
			queue: BTreeMap::new(),
			number: 0,
			nodes,
			chain: Vec::new(),
			last: state.last(),
			budgets,
			accounts: BTreeMap::new(),
			sequences: BTreeMap::new(),
			promised: Vec::new(),
			finals: Vec::new(),
			matched: BTreeMap::new(),
			executed: BTreeMap::new(),
			jobs: BTreeSet::new(),
			closings_left: scenario.closings,
			ending: false,
			report: Report::default(),
			scenario,
		};
		for node in 0..network.nodes.len() {
			network.post(0, Event::Start(node));
		}
		for block in 1..=MOST_TIME / BLOCK {
			network.post(block * BLOCK, Event::Build);
		}
		for _ in 0..network.scenario.crashes {
			let at = 200 + network.dice.roll(network.scenario.length);
			let node = network.dice.roll(network.nodes.len() as u64) as usize;
			network.post(at, Event::Crash(node));
			let down = network.dice.roll(300);
			network.post(at + 1 + down, Event::Start(node));
		}
		let length = network.scenario.length;
		network.post(length, Event::End);
		for at in (50..length).step_by(12) {
			let home = network.dice.roll(size.into()) as u16;
			let of = network.dice.roll(3) as u16;
			network.order(at, home, of);
		}
		network
	}

	/// A client orders at a home; now and then it sends an order twice.
	fn order(&mut self, at: u64, home: u16, of: u16) {
		let sequence = self.sequences.entry((home, of)).or_default();
		*sequence += 1;
		let sequence = *sequence;
		let transaction = order(home, of, sequence, u128::MAX);
		let again = if self.dice.roll(10) == 0 { 2 } else { 1 };
		for _ in 0..again {
			for node in 0..self.nodes.len() {
				if self.nodes[node].index == home {
					let later = self.dice.roll(20);
					self.post(at + later, Event::Submit(node, transaction.clone()));
				}
			}
		}
	}

	fn post(&mut self, after: u64, event: Event) {
		self.number += 1;
		self.queue.insert((self.now + after, self.number), event);
	}

	fn delay(&mut self) -> Option<u64> {
		if self.dice.roll(100) < self.scenario.loss {
			return None;
		}
		Some(1 + self.dice.roll(self.scenario.delay))
	}

	fn go(&mut self) {
		let end = self.now + MOST_TIME;
		while let Some(((at, _), event)) = self.queue.pop_first() {
			self.now = at;
			if at > end || self.report.ended {
				break;
			}
			self.handle(event);
		}
	}

	fn handle(&mut self, event: Event) {
		match event {
			Event::Vertex(node, vertex) => {
				self.step(node, Input::Vertex(vertex));
			}
			Event::Note(node, from, note) => self.step(node, Input::Note(from, note)),
			Event::Submit(node, transaction) => {
				let home = authority(self.nodes[node].index);
				let submitted: Vec<Submitted> =
					crate::check::check_transactions::<Hashed>(vec![transaction], &GENESIS, &home)
						.into_iter()
						.filter_map(Result::ok)
						.collect();
				self.step(node, Input::Submit(submitted));
			}
			Event::Settled(node, place) => self.tell_settled(node, place),
			Event::Wake(node) => {
				if self.nodes[node].wake == self.now {
					self.step(node, Input::Tick);
				}
			}
			Event::Crash(node) => self.nodes[node].machine = None,
			Event::Start(node) => self.boot(node),
			Event::Build => {
				let node = self.dice.roll(self.nodes.len() as u64) as usize;
				let closing = self.ending;
				self.step(node, Input::Build { closing });
			}
			Event::End => {
				self.ending = true;
				for node in 0..self.nodes.len() {
					self.step(node, Input::SetEnds);
				}
			}
		}
	}

	fn boot(&mut self, node: usize) {
		if self.nodes[node].machine.is_some() {
			return;
		}
		let Node {
			index, disk, state, ..
		} = &self.nodes[node];
		let index = *index;
		let journal = journal::replay(&context(), false, disk).expect("a disk that keeps its word");
		let settings = Settings {
			committee: committee(self.scenario.authorities),
			parameters: self.scenario.parameters,
			state: state.clone(),
			start: 0,
			standing: Standing::Authority { index, journal },
			timing: Timing {
				least: 15,
				most: 30,
				fetch: 40,
			},
		};
		let (machine, outputs) = Machine::without(settings, self.scenario.control, self.now);
		self.nodes[node].machine = Some(machine);
		self.perform(node, outputs);
		for place in self.nodes[node].settled..self.chain.len() {
			self.tell_settled(node, place);
		}
		if self.ending {
			self.step(node, Input::SetEnds);
		}
	}

	fn tell_settled(&mut self, node: usize, place: usize) {
		let (certified, grants) = self.chain[place].clone();
		self.step(node, Input::Settled(certified, grants));
	}

	fn step(&mut self, node: usize, input: Input) {
		let index = self.nodes[node].index;
		let now = self.now;
		let Some(machine) = &mut self.nodes[node].machine else {
			return;
		};
		let outputs = machine.step(input, now, &Key(index));
		self.perform(node, outputs);
	}

	fn send(&mut self, event: Event) {
		if let Some(delay) = self.delay() {
			self.post(delay, event);
		}
	}

	/// What every receiver does with the same result: it is done once.
	fn check(&mut self, vertex: &Vertex) -> Option<Checked> {
		let committee = committee(self.scenario.authorities);
		let mut rules = Rules::new(self.scenario.parameters, 0);
		rules.set_control(self.scenario.control);
		match check_one::<Hashed>(&vertex.encode(), &committee, &rules) {
			Ok(checked) => Some(checked),
			Err(error) => {
				self.violation(format!("a vertex was refused: {error:?}"));
				None
			}
		}
	}

	/// The instances of an authority.
	fn instances(&self, index: AuthorityIndex) -> Vec<usize> {
		(0..self.nodes.len())
			.filter(|node| self.nodes[*node].index == index)
			.collect()
	}

	fn perform(&mut self, node: usize, outputs: Vec<Output>) {
		let index = self.nodes[node].index;
		// A node may be killed between any two outputs.
		let cut = (self.scenario.crashes > 0 && self.dice.roll(2_000) == 0)
			.then(|| self.dice.roll(outputs.len() as u64) as usize);
		for (place, output) in outputs.into_iter().enumerate() {
			if cut == Some(place) {
				self.nodes[node].machine = None;
				let down = self.dice.roll(300);
				self.post(1 + down, Event::Start(node));
				return;
			}
			match output {
				Output::Persist(bytes) => self.nodes[node].disk.extend(bytes),
				Output::Broadcast(vertex) => {
					let Some(vertex) = self.check(&vertex) else {
						continue;
					};
					for to in 0..self.nodes.len() {
						if to != node && self.nodes[to].index != index {
							self.send(Event::Vertex(to, vertex.clone()));
						}
					}
				}
				Output::Send(to, vertex) => {
					let Some(vertex) = self.check(&vertex) else {
						continue;
					};
					for to in self.instances(to) {
						self.send(Event::Vertex(to, vertex.clone()));
					}
				}
				Output::Note(to, note) => {
					for to in self.instances(to) {
						self.send(Event::Note(to, index, note.clone()));
					}
				}
				Output::Promised(parts) => {
					for part in &parts {
						if !part.verify::<Hashed>(&authority(index)) {
							self.violation("a promise is not its home's".into());
						}
					}
					self.serve(&parts);
					let round = parts[0].promise.vertex.round;
					self.matched.insert((node, round), parts.clone());
					self.promised
						.extend(parts.into_iter().map(|part| (node, part)));
				}
				Output::Refused(..) | Output::Busy(_) | Output::Acked(_) => {}
				Output::Final(round) => self.finals.push((node, index, round)),
				Output::Certified(certified) => self.include(certified),
				Output::Settled(executed) => {
					let number = executed.checkpoint.number as usize;
					self.nodes[node].settled = number;
					let machine = self.nodes[node].machine.as_ref().expect("it just stepped");
					self.nodes[node].state = machine.state().clone();
					for (leaf, outcomes) in &executed.vertices {
						let key = (leaf.vertex.author, leaf.vertex.round);
						let entry = (leaf.vertex.hash, outcomes.clone());
						self.executed.entry(key).or_insert(entry);
					}
					let lanes: Vec<_> = executed
						.state
						.lanes
						.iter()
						.filter_map(|lane| lane.check_invariants().err())
						.collect();
					for broken in lanes {
						self.violation(broken.into());
					}
					let locks: u128 = executed.state.jobs.values().map(|job| job.price).sum();
					if locks != executed.state.open_locks {
						self.violation("L is not the sum of the open locks".into());
					}
				}
				Output::Diverged(number) => {
					if !self.nodes[node].twin {
						self.violation(format!("node {node} diverged at checkpoint {number}"));
					}
				}
				Output::Offence(offence) => {
					self.report.offences += 1;
					if offence.verify::<Hashed>().is_err() {
						self.violation("a proof of equivocation does not verify".into());
					}
					let honest = !self.scenario.twins || offence.offender != authority(0);
					if honest {
						self.violation("an honest author is accused".into());
					}
				}
				Output::Wake(at) => {
					if self.nodes[node].wake != at {
						self.nodes[node].wake = at;
						let after = at.saturating_sub(self.now);
						self.post(after, Event::Wake(node));
					}
				}
			}
		}
	}

	/// Workers acknowledge and finish what they were promised; some do not.
	fn serve(&mut self, parts: &[PromisedMatch]) {
		for part in parts {
			let key = part.matched.worker_key;
			let by = u16::from_le_bytes([key.0[0], key.0[1]]);
			let job = part.matched.job;
			let home = part.promise.vertex.author;
			if self.dice.roll(5) == 0 {
				continue;
			}
			let carrier = self.dice.roll(self.nodes.len() as u64) as usize;
			self.post(20, Event::Submit(carrier, acknowledge(by, job)));
			if self.dice.roll(5) > 0 {
				// The order's sequence is in the seed of its input.
				let sequence = self.sequence_of(part);
				let done = submission(by, job, sequence);
				let carrier = self.dice.roll(self.nodes.len() as u64) as usize;
				self.post(150, Event::Submit(carrier, done));
				if self.dice.roll(4) == 0 {
					let found = match self.dice.roll(3) {
						0 => aci_primitives::proof::Outcome::Fail,
						_ => aci_primitives::proof::Outcome::Pass,
					};
					self.post(250, Event::Submit(carrier, judgement(0, job, found)));
				}
			}
			if self.dice.roll(2) == 0 {
				for node in self.instances(home) {
					self.post(200, Event::Submit(node, release(by, home, job)));
				}
			}
		}
	}

	fn sequence_of(&self, part: &PromisedMatch) -> u32 {
		let home = part.promise.vertex.author;
		let newest = self.sequences.values().max().copied().unwrap_or(0);
		(1..=newest)
			.find(|sequence| {
				(0..3).any(|of| job(home, of, *sequence, u128::MAX) == part.matched.job)
			})
			.unwrap_or(0)
	}

	/// The chain takes a certified checkpoint into a block, which is final a moment later.
	fn include(&mut self, certified: Arc<Certified>) {
		let committee = committee(self.scenario.authorities);
		let checked = certified.check::<Hashed>(&self.last, &committee, &self.scenario.parameters);
		match checked {
			Ok(()) => {}
			// Another author's came first, or this one's block was late.
			Err(crate::checkpoint::CheckpointError::NotNext) => return,
			Err(error) => {
				self.violation(format!(
					"the chain refuses a certified checkpoint: {error:?}"
				));
				return;
			}
		}
		let checkpoint = &certified.checkpoint;
		self.last = Last {
			number: checkpoint.number,
			hash: checkpoint.hash(),
			anchor_round: checkpoint.anchor.round,
			open_locks: checkpoint.open_locks,
		};
		for (client, ticket, amount) in &certified.effects.debits {
			let left = self.budgets.entry((client.clone(), *ticket)).or_default();
			*left -= *amount as i128;
		}
		for (payee, amount) in &certified.effects.credits {
			match payee {
				Payee::Ticket(client, ticket) => {
					let left = self.budgets.entry((client.clone(), *ticket)).or_default();
					*left += *amount as i128;
				}
				payee => *self.accounts.entry(payee.clone()).or_default() += *amount,
			}
		}
		if self.budgets.values().any(|left| *left < 0) {
			self.violation("a ticket paid more than it had".into());
		}
		let mut grants = Grants::default();
		let last = checkpoint.number;
		if self.closings_left > 0 && self.dice.roll(4) == 0 && !checkpoint.closing {
			self.closings_left -= 1;
			let home = self.dice.roll(self.scenario.authorities.into()) as u16;
			let worker_or_client = self.dice.roll(2) == 0;
			let to = self.dice.roll(self.scenario.authorities.into()) as u16;
			grants.closings.push(Closing {
				home,
				key: if worker_or_client {
					client(self.dice.roll(3) as u16)
				} else {
					worker(2 * home)
				},
				// A client has one ticket at a home, so it goes back to the chain.
				to: (!worker_or_client && to != home).then_some(to),
				at: last + 1 + self.dice.roll(3) as u32,
			});
		}
		self.report.digest.push(checkpoint.hash());
		let closing = checkpoint.closing;
		self.chain.push((certified, Arc::new(grants)));
		let place = self.chain.len() - 1;
		for node in 0..self.nodes.len() {
			let after = 60 + self.dice.roll(120);
			self.post(after, Event::Settled(node, place));
		}
		self.report.checkpoints += 1;
		if closing {
			self.post(1, Event::End);
			self.finish();
		}
	}

	/// The set has ended: what is under way may arrive, but nothing else happens.
	fn finish(&mut self) {
		// Let every node that runs adopt the last checkpoint.
		let mut guard = 0;
		let all = self.chain.len();
		while guard < 200_000 {
			guard += 1;
			let done = self
				.nodes
				.iter()
				.any(|node| !node.twin && node.settled == all);
			let Some(((at, _), event)) = self.queue.pop_first().filter(|_| !done) else {
				break;
			};
			self.now = at;
			if !matches!(event, Event::Build | Event::End) {
				self.handle(event);
			}
		}
		self.report.ended = true;
	}

	fn violation(&mut self, what: String) {
		if self.report.violations.len() < 10 {
			self.report.violations.push(what);
		}
	}

	/// What must hold at the end of a run.
	fn judge(&mut self) {
		if !self.report.ended {
			return;
		}
		let mut violations = Vec::new();
		for (_, outcomes) in self.executed.values() {
			for outcome in outcomes {
				if let Outcome::Matched(matched) = outcome {
					self.report.matches += 1;
					if !self.jobs.insert(matched.job) {
						violations.push(String::from("an order was executed twice"));
					}
				}
			}
		}
		// No Final match is missing from the checkpoints, and it is what was promised.
		for (node, index, round) in &self.finals {
			if self.nodes[*node].twin {
				continue;
			}
			self.report.finals += 1;
			for part in self.matched.get(&(*node, *round)).into_iter().flatten() {
				let found = self
					.executed
					.get(&(*index, *round))
					.and_then(|(hash, outcomes)| {
						let same = *hash == part.promise.vertex.hash;
						same.then(|| outcomes.get(part.index as usize)).flatten()
					});
				if found != Some(&Outcome::Matched(part.matched.clone())) {
					violations.push(format!("a Final match is not in a checkpoint: {found:?}"));
				}
			}
		}
		self.report.settled = self.jobs.len();
		self.report.paid = self
			.accounts
			.iter()
			.filter(|(payee, _)| matches!(payee, Payee::Worker(_)))
			.map(|(_, amount)| *amount)
			.sum();
		for violation in violations {
			self.violation(violation);
		}
	}
}
