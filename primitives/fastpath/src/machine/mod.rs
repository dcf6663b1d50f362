//! The fast path of one node in one set: one [`Input`] at a time goes in with the present time, what
//! the node must do comes out as a list of [`Output`]s, to be done in that order.
//!
//! * `produce`: own vertices, and what they promise.
//! * `checkpoints`: computing, signing, certifying and adopting checkpoints.
//! * `fetch`: asking for what is lacking, and answering.
//!
//! # Guarantees
//!
//! 1. [`Output::Persist`] comes before anything that shows the vertex to others (S2).
//! 2. The same settings, inputs, times and answers of the signer give the same outputs.
//! 3. **Bounded.** The DAG and what waits are bounded (`dag`), at most [`MAX_QUEUE`] transactions wait
//!    for a vertex, [`MAX_SETTLED`] final checkpoints for their data, and for each authority one
//!    proposal to be computed and two that were.
//! 4. **Finality never waits.** What this machine lacks delays its own checkpoints, and nothing else.
//! 5. After a restart with its journal an author goes on its chain; it makes no vertex before its
//!    newest one is held with all its history, or is below the floor.
//!
//! # What it expects of a node
//!
//! * To do the outputs of a step in order.
//! * To check vertices and transactions on other threads ([`crate::check`]).
//! * To tell every checkpoint of a final block, in order ([`Input::Settled`]), with what the block
//!   grants; to make a new machine for the next set from the state after the closing one.
//! * To check who may send, and how often.

mod checkpoints;
mod fetch;
mod interface;
mod produce;

pub use interface::{
	transaction_hash, Input, Note, Output, Request, Settings, Standing, Time, Timing,
};

use crate::{
	check::{Checked, Submitted},
	checkpoint::{program::Executed, state::State, Certified},
	dag::{pending::Need, Dag, Insertion, Position},
	lane::{grant::Grants, Lane, Refusal},
	safety::Rules,
	scheme::{Scheme, Signature, Signer},
	types::{CheckpointNumber, Committee, Round},
	vertex::{Header, OwnParent},
};
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use alloc::{
	collections::{BTreeMap, VecDeque},
	sync::Arc,
	vec::Vec,
};
use core::marker::PhantomData;

/// Transactions that wait for a vertex at most.
pub const MAX_QUEUE: usize = 65_536;
/// Final checkpoints that wait for their data at most.
pub const MAX_SETTLED: usize = 64;

/// What a step may use.
#[derive(Clone, Copy)]
struct World<'a> {
	now: Time,
	signer: &'a dyn Signer,
}

/// This node's chain.
#[derive(Clone, Debug)]
struct Own {
	index: AuthorityIndex,
	/// The newest own vertex, and the one before it.
	newest: OwnParent,
	before: OwnParent,
	/// The newest one's header; none yet in this set.
	header: Option<Header>,
	/// Vertices in the journal.
	sequence: u32,
	/// Rounds of own vertices with transactions that are not Final.
	open: VecDeque<Round>,
	/// Rounds of own vertices with transactions of which it is not known whether they count: they were
	/// not called Final, and no checkpoint executed them or made them void.
	unsure: VecDeque<Round>,
	acked: Round,
	next_at: Time,
	repeat_at: Time,
}

/// A checkpoint that an authority wants signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proposal {
	number: CheckpointNumber,
	anchor: Hash,
	closing: bool,
	checkpoint: Hash,
}

/// The checkpoint that this node wants certified.
#[derive(Clone, Debug)]
struct Built {
	proposal: Proposal,
	executed: Arc<Executed>,
	signatures: BTreeMap<AuthorityIndex, Signature>,
	certified: bool,
	again_at: Time,
}

/// The state machine of one set.
#[derive(Clone, Debug)]
pub struct Machine<S> {
	committee: Committee,
	rules: Rules,
	timing: interface::Timing,
	dag: Dag,
	state: State,
	own: Option<Own>,
	/// Vertices of the journal that are not in the DAG yet.
	restored: VecDeque<Checked>,
	/// The own lane, ahead of the state by the own chain.
	ahead: Lane,
	/// Whether all of the own chain was held when `ahead` was computed.
	ahead_whole: bool,
	queue: VecDeque<Submitted>,
	closing: bool,
	/// The newest round in which a vertex had transactions.
	busy_round: Round,
	/// Checkpoints computed on the present state, by anchor and whether they close the set.
	computed: BTreeMap<(Hash, bool), Arc<Executed>>,
	/// How many were computed for each authority.
	spent: BTreeMap<AuthorityIndex, u32>,
	proposals: BTreeMap<AuthorityIndex, Proposal>,
	wanted: Option<bool>,
	built: Option<Built>,
	settled: VecDeque<(Arc<Certified>, Arc<Grants>)>,
	diverged: bool,
	asked: BTreeMap<Need, (Time, u32)>,
	outputs: Vec<Output>,
	scheme: PhantomData<S>,
}

impl<S: Scheme> Machine<S> {
	/// The machine at the start of a set, or after a restart. The outputs are to be done as those of
	/// a step.
	///
	/// Vertices of the journal that are not this author's, and a place that the set does not have,
	/// make the node an observer.
	pub fn new(settings: Settings, now: Time) -> (Self, Vec<Output>) {
		let rules = Rules::new(settings.parameters, settings.start);
		Self::with_rules(settings, rules, now)
	}

	/// A machine that lacks a rule.
	#[cfg(any(test, feature = "controls"))]
	pub fn without(
		settings: Settings,
		control: Option<crate::safety::Control>,
		now: Time,
	) -> (Self, Vec<Output>) {
		let mut rules = Rules::new(settings.parameters, settings.start);
		rules.set_control(control);
		Self::with_rules(settings, rules, now)
	}

	fn with_rules(settings: Settings, rules: Rules, now: Time) -> (Self, Vec<Output>) {
		let Settings {
			committee,
			parameters,
			state,
			start: _,
			standing,
			timing,
		} = settings;
		let dag = Dag::new(committee.clone(), rules, state.floor(&parameters));
		let mut outputs = Vec::new();
		let mut restored = VecDeque::new();
		let own = match standing {
			Standing::Observer => None,
			Standing::Authority { index, journal } => {
				let of_author = journal
					.vertices
					.iter()
					.all(|vertex| vertex.header().author == index);
				let mut own = Own {
					index,
					newest: OwnParent::default(),
					before: OwnParent::default(),
					header: None,
					sequence: 0,
					open: VecDeque::new(),
					unsure: VecDeque::new(),
					acked: 0,
					next_at: now,
					repeat_at: now,
				};
				for vertex in journal.vertices {
					let hash = vertex.header().hash(&committee.context());
					own.note(vertex.header().clone(), hash);
					if !vertex.transactions.is_empty() {
						own.unsure.push_back(vertex.header().round);
					}
					restored.push_back(Checked::own(vertex, hash));
				}
				// The others may not have got it.
				if let Some(newest) = restored.back() {
					outputs.push(Output::Broadcast(newest.vertex().clone()));
				}
				(of_author && committee.key(index).is_some()).then_some(own)
			}
		};
		if own.is_none() {
			outputs.clear();
		}
		outputs.push(Output::Wake(now));
		let mut machine = Machine {
			committee,
			rules,
			timing,
			dag,
			state,
			own,
			restored,
			ahead: Lane::default(),
			ahead_whole: false,
			queue: VecDeque::new(),
			closing: false,
			busy_round: 0,
			computed: BTreeMap::new(),
			spent: BTreeMap::new(),
			proposals: BTreeMap::new(),
			wanted: None,
			built: None,
			settled: VecDeque::new(),
			diverged: false,
			asked: BTreeMap::new(),
			outputs: Vec::new(),
			scheme: PhantomData,
		};
		machine.rebuild_ahead();
		(machine, outputs)
	}

	/// Takes `input` in at the time `now`.
	pub fn step(&mut self, input: Input, now: Time, signer: &dyn Signer) -> Vec<Output> {
		let world = World { now, signer };
		match input {
			Input::Vertex(checked) => {
				self.dag.insert(checked);
			}
			Input::Note(from, note) => self.hear(from, note, &world),
			Input::Submit(transactions) => self.submit(transactions),
			Input::Build { closing } => self.wanted = Some(closing),
			Input::Settled(certified, grants) => self.note_settled(certified, grants),
			Input::SetEnds => self.closing = true,
			Input::Tick => {}
		}
		self.restore();
		self.adopt_settled();
		self.take_accepted();
		self.produce(&world);
		self.take_accepted();
		self.sign_proposals(&world);
		self.build(&world);
		self.fetch(&world);
		self.outputs.push(Output::Wake(self.wake(&world)));
		core::mem::take(&mut self.outputs)
	}

	/// The vertices that the node holds.
	pub fn dag(&self) -> &Dag {
		&self.dag
	}

	/// The state after the last final checkpoint whose data the node holds.
	pub fn state(&self) -> &State {
		&self.state
	}

	/// The own lane, as the next order will find it.
	pub fn lane(&self) -> &Lane {
		&self.ahead
	}

	/// Transactions that wait for a vertex.
	pub fn queued(&self) -> usize {
		self.queue.len()
	}

	/// Puts vertices of the journal back into the DAG, as far as it reaches.
	fn restore(&mut self) {
		if self.restored.is_empty() {
			return;
		}
		while let Some(checked) = self.restored.pop_front() {
			match self.dag.insert(checked.clone()) {
				Insertion::TooFar | Insertion::NoRoom => {
					self.restored.push_front(checked);
					return;
				}
				_ => {}
			}
		}
		self.rebuild_ahead();
	}

	fn submit(&mut self, transactions: Vec<Submitted>) {
		let room = MAX_QUEUE.saturating_sub(self.queue.len());
		let left = transactions.len().saturating_sub(room);
		if self.own.is_none() {
			self.outputs.push(Output::Busy(transactions.len()));
			return;
		}
		self.queue.extend(transactions.into_iter().take(room));
		if left > 0 {
			self.outputs.push(Output::Busy(left));
		}
	}

	/// What newly accepted vertices bring about.
	fn take_accepted(&mut self) {
		for offence in self.dag.take_offences() {
			self.outputs.push(Output::Offence(offence));
		}
		let accepted = self.dag.take_accepted();
		if accepted.is_empty() {
			return;
		}
		for (author, position) in accepted {
			let node = self.dag.node(author, position);
			if node.is_some_and(|node| !node.checked.vertex().transactions.is_empty()) {
				self.busy_round = self.busy_round.max(position.round);
			}
		}
		self.report_progress();
	}

	/// How far the own lane has come.
	fn report_progress(&mut self) {
		let Some(own) = &mut self.own else {
			return;
		};
		let acked = self.dag.acked_of(own.index).round;
		if acked > own.acked {
			own.acked = acked;
			self.outputs.push(Output::Acked(acked));
		}
		let finalised = self.dag.finalised_of(own.index).round;
		let newest = self.dag.newest_round();
		while own.open.front().is_some_and(|round| *round <= finalised) {
			if let Some(round) = own.open.pop_front() {
				// S14
				if self.rules.is_young(round, newest) {
					own.unsure.retain(|unsure| *unsure != round);
					self.outputs.push(Output::Final(round));
				}
			}
		}
	}

	/// Computes the own lane from the state and the own chain above it.
	fn rebuild_ahead(&mut self) {
		let Some(own) = &self.own else {
			return;
		};
		let lane = self.state.lanes.get(usize::from(own.index));
		let mut ahead = lane.map(|lane| (**lane).clone()).unwrap_or_default();
		let newest = self.dag.by_hash(&own.newest.hash);
		let to = newest.map_or(Position::default(), |(_, position, _)| position);
		self.ahead_whole = to.round == own.newest.round;
		let after = self
			.state
			.executed_of(own.index)
			.round
			.max(self.state.void_up_to(&self.rules.parameters));
		for (_, node) in self.dag.chain(own.index, after, to) {
			let place = self.place(node.header());
			// Money that finds no ticket is returned by the checkpoint; here it only is not there.
			let transactions = &node.checked.vertex().transactions;
			ahead.advance(&place, transactions, &self.rules, &mut Vec::new());
		}
		self.ahead = ahead;
		if let Some(own) = &mut self.own {
			own.unsure.retain(|round| *round > after);
		}
	}

	fn place(&self, header: &Header) -> crate::lane::Place {
		let genesis = self.committee.context().genesis;
		let anchor_round = self.state.anchors.get(&header.base).copied();
		crate::lane::Place::of(header, genesis, anchor_round)
	}

	fn refuse(&mut self, transaction: &crate::transaction::Transaction, refusal: Refusal) {
		let hash = transaction_hash(transaction);
		self.outputs.push(Output::Refused(hash, refusal));
	}

	/// When the machine wants to be stepped next.
	fn wake(&self, world: &World) -> Time {
		let own = self.own.as_ref();
		let produce = own.map(|own| self.wake_to_produce(own, world.now));
		let fetch = self.asked.values().map(|(at, _)| *at).min();
		let again = self.built.as_ref().filter(|built| !built.certified);
		let soonest = [produce, fetch, again.map(|built| built.again_at)];
		let soonest = soonest.into_iter().flatten().min();
		// What is overdue could not be done now: it is tried again when something comes.
		let later = world.now.saturating_add(self.timing.fetch);
		soonest.filter(|at| *at > world.now).unwrap_or(later)
	}
}

impl Own {
	/// Notes an own vertex.
	fn note(&mut self, header: Header, hash: Hash) {
		self.before = self.newest;
		self.newest = OwnParent {
			round: header.round,
			hash,
		};
		self.header = Some(header);
		self.sequence = self.sequence.saturating_add(1);
	}
}
