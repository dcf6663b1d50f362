//! From a state and an anchor to the next checkpoint.
//!
//! # The program
//!
//! 1. Take the anchor's certificates. For each author, the vertices of its chain after the last
//!    executed one, up to the certified one, and above the depth of the last checkpoint's anchor.
//! 2. Execute them in the order of round and author: lane statements on the author's lane, job
//!    statements on the open jobs.
//! 3. End the jobs whose deadline has passed at the anchor's time.
//! 4. Move what leaves its home with this checkpoint. At the set's end all leases leave.
//!
//! Nothing of it depends on what else this node holds, on a clock, or on the order in which anything
//! came.
//!
//! Its work is linear in the executed transactions and in the open jobs, which are bounded by the
//! slots and the jobs whose window is open.

use super::{
	jobs::{End, OpenJob, Slot},
	outcome_hash,
	state::{give, State},
	tree, Checkpoint, Effects, Payee, QualityUpdate, VertexLeaf,
};
use crate::{
	dag::{Dag, Node, Position},
	lane::{
		grant::{Closing, LaneGrant, Returned},
		Match, Outcome, Place, Refusal,
	},
	safety::Rules,
	transaction::{Destination, TicketId, Transaction},
	types::{CheckpointNumber, Point, Round},
	vertex::{OwnParent, Reference},
};
use aci_finality::AuthorityIndex;
use aci_market::PARTS_PER_MILLION;
use aci_primitives::{AccountId, Balance, Hash, JobId};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};

/// Why no checkpoint was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotExecuted {
	/// The anchor is not held yet. Fetch it.
	Missing,
	/// S8: the anchor is too near the last one.
	TooEarly,
	/// S11: fewer than a quorum have seen the set's end in the anchor's history.
	NotClosing,
	/// A sum does not fit: no issuance reaches that.
	Overflow,
}

/// A computed checkpoint.
#[derive(Clone, Debug)]
pub struct Executed {
	/// What is signed.
	pub checkpoint: Checkpoint,
	/// What it does.
	pub effects: Effects,
	/// The state after it, without the grants of its block.
	pub state: State,
	/// The executed vertices, in order, with the outcomes of their transactions.
	pub vertices: Vec<(VertexLeaf, Vec<Outcome>)>,
}

/// Debits, credits and what else a checkpoint collects.
#[derive(Default)]
struct Ledger {
	debits: BTreeMap<(AccountId, TicketId), Balance>,
	credits: BTreeMap<Payee, Balance>,
	effects: Effects,
	overflow: bool,
}

impl Ledger {
	fn debit(&mut self, client: AccountId, ticket: TicketId, amount: Balance) {
		let sum = self.debits.entry((client, ticket)).or_default();
		match sum.checked_add(amount) {
			Some(total) => *sum = total,
			None => self.overflow = true,
		}
	}

	fn credit(&mut self, payee: Payee, amount: Balance) {
		if amount == 0 {
			return;
		}
		let sum = self.credits.entry(payee).or_default();
		match sum.checked_add(amount) {
			Some(total) => *sum = total,
			None => self.overflow = true,
		}
	}

	fn finish(mut self) -> Result<Effects, NotExecuted> {
		if self.overflow {
			return Err(NotExecuted::Overflow);
		}
		self.effects.debits = self
			.debits
			.into_iter()
			.filter(|(_, amount)| *amount > 0)
			.map(|((client, ticket), amount)| (client, ticket, amount))
			.collect();
		self.effects.credits = self.credits.into_iter().collect();
		Ok(self.effects)
	}
}

/// The program while it runs.
struct Program<'a> {
	dag: &'a Dag,
	rules: &'a Rules,
	state: State,
	number: CheckpointNumber,
	/// Vertices up to this round are void, by the anchor of the checkpoint before.
	void: Round,
	ledger: Ledger,
}

/// Computes the checkpoint after `state` whose anchor is the vertex with hash `anchor`.
pub fn execute(
	dag: &Dag,
	state: &State,
	anchor: &Hash,
	closing: bool,
	rules: &Rules,
) -> Result<Executed, NotExecuted> {
	let (author, position, node) = dag.by_hash(anchor).ok_or(NotExecuted::Missing)?;
	let parameters = &rules.parameters;
	if !closing && position.round < rules.earliest_anchor(state.anchor_round()) {
		return Err(NotExecuted::TooEarly);
	}
	let floor = state.floor(parameters);
	if closing && !rules.closes(dag, node, floor) {
		return Err(NotExecuted::NotClosing);
	}
	let reference = Reference {
		author,
		round: position.round,
		hash: *anchor,
	};
	let number = state.number.saturating_add(1);
	let mut program = Program {
		dag,
		rules,
		state: state.clone(),
		number,
		void: state.void_up_to(parameters),
		ledger: Ledger::default(),
	};
	program.state.number = number;
	for returned in core::mem::take(&mut program.state.returned) {
		program.give_back(returned);
	}
	let mut vertices = Vec::new();
	for (author, node) in program.certified(node) {
		vertices.push(program.execute_vertex(author, node));
	}
	program.state.point = program.point(node);
	program.end_jobs();
	program.close(closing);
	program.ledger.effects.accused = accused(dag, node, floor);
	program.state.remember_anchor(&reference, parameters);

	let mut state = program.state;
	let effects = program.ledger.finish()?;
	let leaves: Vec<Hash> = vertices.iter().map(|(leaf, _)| leaf.hash()).collect();
	let count = vertices
		.iter()
		.fold(0u32, |sum, (leaf, _)| sum.saturating_add(leaf.transactions));
	let checkpoint = Checkpoint {
		context: dag.committee().context(),
		number,
		previous: state.hash,
		anchor: reference,
		transactions_root: tree::root(&leaves),
		transactions: count,
		state_root: state.root(),
		effects: effects.hash(),
		open_locks: state.open_locks,
		moment: state.point.moment,
		closing,
	};
	state.hash = checkpoint.hash();
	Ok(Executed {
		checkpoint,
		effects,
		state,
		vertices,
	})
}

/// Authors whom more authors accuse than can be faulty, in the history of a vertex from `floor` on:
/// what is below, one node may hold and another not.
fn accused(dag: &Dag, node: &Node, floor: Round) -> Vec<AuthorityIndex> {
	let committee = dag.committee();
	let heads: Vec<&Node> = dag.heads_from(node, floor).collect();
	committee
		.indices()
		.filter(|author| {
			let accusers = heads
				.iter()
				.filter(|head| head.header().accused.contains(*author))
				.count();
			accusers > committee.faults()
		})
		.collect()
}

impl<'a> Program<'a> {
	/// The vertices to execute, in order.
	fn certified(&self, anchor: &Node) -> Vec<(AuthorityIndex, &'a Node)> {
		let mut vertices: Vec<(Position, AuthorityIndex, &'a Node)> = Vec::new();
		for author in self.dag.committee().indices() {
			let to = self.rules.executable(self.dag, anchor, author);
			let after = self.state.executed_of(author).round.max(self.void);
			let chain = self.dag.chain(author, after, to);
			vertices.extend(
				chain
					.into_iter()
					.map(|(position, node)| (position, author, node)),
			);
		}
		vertices.sort_unstable_by_key(|(position, author, _)| (position.round, *author));
		vertices
			.into_iter()
			.map(|(_, author, node)| (author, node))
			.collect()
	}

	/// The time at a vertex. It never goes back below the last checkpoint's.
	fn point(&self, node: &Node) -> Point {
		Point {
			moment: node.summary.moment.max(self.state.point.moment),
			round: self
				.state
				.rounds_before
				.saturating_add(u64::from(node.header().round)),
		}
	}

	fn execute_vertex(
		&mut self,
		author: AuthorityIndex,
		node: &Node,
	) -> (VertexLeaf, Vec<Outcome>) {
		let vertex = node.checked.vertex();
		let header = vertex.header();
		let genesis = self.dag.committee().context().genesis;
		let place = Place::of(
			header,
			genesis,
			self.state.anchors.get(&header.base).copied(),
		);
		let at = self.point(node);
		let mut returned = Vec::new();
		let lane_outcomes = match self.state.lanes.get_mut(usize::from(author)) {
			Some(lane) => {
				Arc::make_mut(lane).advance(&place, &vertex.transactions, self.rules, &mut returned)
			}
			None => Vec::new(),
		};
		for returned in returned {
			self.give_back(returned);
		}
		let outcomes: Vec<Outcome> = vertex
			.transactions
			.iter()
			.zip(lane_outcomes)
			.map(|(transaction, outcome)| match outcome {
				Some(outcome) => {
					self.book(author, transaction, &outcome, at);
					outcome
				}
				None => self
					.job_statement(transaction, &genesis, at)
					.unwrap_or_else(Outcome::Ignored),
			})
			.collect();
		if let Some(executed) = self.state.executed.get_mut(usize::from(author)) {
			*executed = OwnParent {
				round: header.round,
				hash: node.checked.hash(),
			};
		}
		let hashes: Vec<Hash> = outcomes.iter().map(outcome_hash).collect();
		let leaf = VertexLeaf {
			vertex: Reference {
				author,
				round: header.round,
				hash: node.checked.hash(),
			},
			previous: header.own_parent,
			outcomes: tree::root(&hashes),
			// A vertex has at most MAX_TRANSACTIONS.
			transactions: u32::try_from(outcomes.len()).unwrap_or(u32::MAX),
		};
		(leaf, outcomes)
	}

	/// Books what a lane statement did.
	fn book(
		&mut self,
		author: AuthorityIndex,
		transaction: &Transaction,
		outcome: &Outcome,
		at: Point,
	) {
		match (transaction, outcome) {
			(Transaction::Order(order), Outcome::Matched(matched)) => {
				let session_key = self.session_key(author, matched);
				let spec = order.statement.spec.clone();
				let job = OpenJob::new(matched, spec, order.key, session_key, author, at);
				self.ledger
					.debit(matched.client.clone(), matched.ticket, matched.price);
				self.lock(matched.price);
				self.state.jobs.insert(matched.job, Arc::new(job));
			}
			(
				Transaction::Move(moved),
				Outcome::Moved {
					client,
					ticket,
					amount,
					to,
				},
			) => {
				self.ledger.debit(client.clone(), *ticket, *amount);
				let payee = match to {
					Destination::Escrow => None,
					Destination::Ticket(id) => self.give_budget(client, &moved.key, *id, *amount),
				};
				let payee = payee.unwrap_or_else(|| Payee::Escrow(client.clone()));
				self.ledger.credit(payee, *amount);
			}
			_ => {}
		}
	}

	fn session_key(&self, author: AuthorityIndex, matched: &Match) -> crate::scheme::PublicKey {
		self.state
			.lanes
			.get(usize::from(author))
			.and_then(|lane| lane.workers.get(&matched.worker_key))
			.map_or(matched.worker_key, |worker| worker.session_key)
	}

	/// Gives to a client's ticket wherever it is; `None` where there is none of that number.
	fn give_budget(
		&mut self,
		client: &AccountId,
		key: &crate::scheme::PublicKey,
		id: TicketId,
		amount: Balance,
	) -> Option<Payee> {
		let number = self.number;
		let lane = self.state.lanes.iter_mut().find(|lane| {
			let ticket = lane.tickets.get(key);
			ticket.is_some_and(|ticket| ticket.id == id && ticket.client == *client)
		})?;
		let grant = LaneGrant::Budget {
			key: *key,
			client: client.clone(),
			ticket: id,
			amount,
			sequence: 0,
		};
		give(lane, number, grant);
		Some(Payee::Ticket(client.clone(), id))
	}

	fn lock(&mut self, price: Balance) {
		match self.state.open_locks.checked_add(price) {
			Some(sum) => self.state.open_locks = sum,
			None => self.ledger.overflow = true,
		}
	}

	fn job_statement(
		&mut self,
		transaction: &Transaction,
		genesis: &Hash,
		at: Point,
	) -> Result<Outcome, Refusal> {
		let parameters = &self.rules.parameters;
		let id = match transaction {
			Transaction::Acknowledge(signed) => signed.statement.job,
			Transaction::Submission(signed) => signed.statement.receipt.receipt.job,
			Transaction::Judgement(signed) => signed.statement.job,
			_ => return Err(Refusal::WrongState),
		};
		let job = self.state.jobs.get_mut(&id).ok_or(Refusal::WrongState)?;
		let job = Arc::make_mut(job);
		match transaction {
			Transaction::Acknowledge(signed) => job.acknowledge(signed, &at, parameters),
			Transaction::Submission(signed) => {
				job.submit(signed, genesis, &at, &self.state.terms, parameters)
			}
			Transaction::Judgement(signed) => {
				let (outcome, end) = job.judge(signed, &at, &self.state.terms, parameters)?;
				let worker = job.worker.clone();
				if end.is_none() {
					self.ledger.effects.quality.push(QualityUpdate {
						worker,
						job: id,
						result: PARTS_PER_MILLION,
					});
				}
				if let Some(end) = end {
					self.end(id, end);
				}
				Ok(outcome)
			}
			_ => Err(Refusal::WrongState),
		}
	}

	/// Ends the jobs whose deadline has passed.
	fn end_jobs(&mut self) {
		let now = self.state.point;
		let parameters = &self.rules.parameters;
		let over: Vec<(JobId, End)> = self
			.state
			.jobs
			.iter()
			.filter_map(|(id, job)| Some((*id, job.end_at(&now, parameters)?)))
			.collect();
		for (id, end) in over {
			self.end(id, end);
		}
	}

	/// Ends a job: its lock is divided, its slot is free.
	fn end(&mut self, id: JobId, end: End) {
		let Some(job) = self.state.jobs.remove(&id) else {
			return;
		};
		let (credits, burn) = job.divide(&id, &end, &self.state.terms);
		self.state.open_locks = self.state.open_locks.saturating_sub(job.price);
		match self.ledger.effects.burn.checked_add(burn) {
			Some(sum) => self.ledger.effects.burn = sum,
			None => self.ledger.overflow = true,
		}
		for (payee, amount) in credits {
			let payee = match payee {
				Payee::Ticket(client, ticket) if amount > 0 => self
					.give_budget(&client, &job.client_key, ticket, amount)
					.unwrap_or(Payee::Escrow(client)),
				payee => payee,
			};
			self.ledger.credit(payee, amount);
		}
		let effects = &mut self.ledger.effects;
		match end {
			End::Expired => effects.missed.push(job.worker.clone()),
			End::TimedOut => {
				effects.timeouts.push((job.worker.clone(), id));
				effects.quality.push(QualityUpdate {
					worker: job.worker.clone(),
					job: id,
					result: 0,
				});
			}
			End::Settled(_) | End::Disputed => {}
		}
		match job.slot {
			Slot::Home(home) => {
				if let Some(lane) = self.state.lanes.get_mut(usize::from(home)) {
					match Arc::make_mut(lane).detached.remove(&id) {
						Some(worker) => effects.free_slots.push((worker, 1)),
						None => give(lane, self.number, LaneGrant::Free(id)),
					}
				}
			}
			Slot::Chain => effects.free_slots.push((job.worker.clone(), 1)),
			Slot::Released => {}
		}
	}

	/// What leaves its home with this checkpoint.
	fn close(&mut self, closing: bool) {
		let leaving = self
			.state
			.closings
			.split_off(&self.number.saturating_add(1));
		let due = core::mem::replace(&mut self.state.closings, leaving);
		for closing in due.into_values().flatten() {
			self.leave(&closing);
		}
		if !closing {
			return;
		}
		let homes: Vec<AuthorityIndex> = self.dag.committee().indices().collect();
		for home in homes {
			let Some(lane) = self.state.lanes.get_mut(usize::from(home)) else {
				continue;
			};
			// Grants that no vertex has reached come back too.
			let mut returned = Vec::new();
			let lane = Arc::make_mut(lane);
			lane.reach(CheckpointNumber::MAX, &mut returned);
			let mut keys: Vec<_> = lane.tickets.keys().copied().collect();
			keys.extend(lane.workers.keys().copied());
			for returned in returned {
				self.give_back(returned);
			}
			for key in keys {
				self.leave(&Closing {
					home,
					key,
					to: None,
					at: self.number,
				});
			}
		}
		for (id, job) in &mut self.state.jobs {
			let Slot::Home(home) = job.slot else {
				continue;
			};
			let lane = self.state.lanes.get(usize::from(home));
			let held = lane.is_some_and(|lane| lane.detached.contains_key(id));
			Arc::make_mut(job).slot = if held { Slot::Chain } else { Slot::Released };
		}
	}

	/// A client's ticket and a worker's free slots leave their home.
	fn leave(&mut self, closing: &Closing) {
		let number = self.number;
		let key = closing.key;
		let Some(lane) = self.state.lanes.get_mut(usize::from(closing.home)) else {
			return;
		};
		let lane = Arc::make_mut(lane);
		let (ticket, worker) = (lane.end_ticket(&key), lane.end_worker(&key));
		let mut to = closing
			.to
			.and_then(|home| self.state.lanes.get_mut(usize::from(home)));
		if let Some(ticket) = ticket {
			self.ledger
				.debit(ticket.client.clone(), ticket.id, ticket.amount);
			let payee = match &mut to {
				Some(lane) => {
					let grant = LaneGrant::Budget {
						key,
						client: ticket.client.clone(),
						ticket: ticket.id,
						amount: ticket.amount,
						sequence: ticket.sequence,
					};
					give(lane, number, grant);
					Payee::Ticket(ticket.client, ticket.id)
				}
				None => Payee::Escrow(ticket.client),
			};
			self.ledger.credit(payee, ticket.amount);
		}
		if let Some(worker) = worker.filter(|worker| worker.slots > 0) {
			match &mut to {
				Some(lane) => {
					let moved = (worker.account.clone(), worker.slots);
					self.ledger.effects.moved_slots.push(moved);
					give(lane, number, LaneGrant::Slots { key, lease: worker });
				}
				None => {
					let free = (worker.account, worker.slots);
					self.ledger.effects.free_slots.push(free);
				}
			}
		}
	}

	fn give_back(&mut self, returned: Returned) {
		match returned {
			Returned::Money {
				client,
				ticket,
				amount,
			} => {
				self.ledger.debit(client.clone(), ticket, amount);
				self.ledger.credit(Payee::Escrow(client), amount);
			}
		}
	}
}
