//! The judges. They keep their own record and do their own sums.

use super::{
	scheme::{authority, Keyed},
	validator::{Observation, World},
};
use crate::world::NodeId;
use aci_fastpath::{
	checkpoint::{program::Executed, promise::PromisedMatch},
	lane::Outcome,
	types::Round,
};
use aci_finality::AuthorityIndex;
use aci_primitives::{AccountId, Hash, JobId};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
	rc::Rc,
};

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
	/// What kind, in a word.
	pub kind: &'static str,
	/// More about it.
	pub about: String,
}

impl Violation {
	/// Whether a promise was broken, and not only nothing happened.
	pub fn is_of_safety(&self) -> bool {
		!matches!(self.kind, "liveness" | "endless")
	}
}

impl fmt::Display for Violation {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}: {}", self.kind, self.about)
	}
}

/// How often what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(pub BTreeMap<&'static str, u64>);

impl Coverage {
	/// Counts once more.
	pub fn count(&mut self, what: &'static str) {
		self.add(what, 1);
	}

	/// Counts so often more.
	pub fn add(&mut self, what: &'static str, times: u64) {
		*self.0.entry(what).or_default() += times;
	}

	/// How often.
	pub fn of(&self, what: &str) -> u64 {
		self.0.get(what).copied().unwrap_or_default()
	}
}

/// An honest home said that its vertex is Final.
#[derive(Clone, Copy, Debug)]
struct Final {
	node: NodeId,
	author: AuthorityIndex,
	round: Round,
	/// The newest round that it held then: what made it Final is of this one at most.
	newest: Round,
}

/// The judges of one run.
#[derive(Debug)]
pub struct Oracle {
	world: Rc<World>,
	honest: BTreeSet<NodeId>,
	/// Authorities that nobody may accuse.
	blameless: BTreeSet<AuthorityIndex>,
	violations: Vec<Violation>,
	coverage: Coverage,
	/// The checkpoints that honest nodes adopted: hash, and the anchor's round.
	adopted: BTreeMap<u32, (Hash, Round)>,
	/// How far each honest node is.
	settled: BTreeMap<NodeId, u32>,
	promised: BTreeMap<(NodeId, Round), Vec<PromisedMatch>>,
	finals: Vec<Final>,
	/// Executed vertices: hash, outcomes, checkpoint.
	executed: BTreeMap<(AuthorityIndex, Round), (Hash, Vec<Outcome>, u32)>,
	/// Jobs that were matched, and those that have a slot of a worker.
	jobs: BTreeSet<JobId>,
	busy: BTreeMap<AccountId, BTreeSet<JobId>>,
}

impl Oracle {
	/// Judges of a run with these honest nodes.
	pub fn new(
		world: Rc<World>,
		honest: BTreeSet<NodeId>,
		blameless: BTreeSet<AuthorityIndex>,
	) -> Self {
		Oracle {
			world,
			honest,
			blameless,
			violations: Vec::new(),
			coverage: Coverage::default(),
			adopted: BTreeMap::new(),
			settled: BTreeMap::new(),
			promised: BTreeMap::new(),
			finals: Vec::new(),
			executed: BTreeMap::new(),
			jobs: BTreeSet::new(),
			busy: BTreeMap::new(),
		}
	}

	/// What went wrong until now.
	pub fn violations(&self) -> &[Violation] {
		&self.violations
	}

	/// What was covered until now.
	pub fn coverage(&mut self) -> &mut Coverage {
		&mut self.coverage
	}

	/// How far honest nodes are, by node.
	pub fn settled(&self) -> &BTreeMap<NodeId, u32> {
		&self.settled
	}

	/// Notes something that must not be.
	pub fn violation(&mut self, kind: &'static str, about: String) {
		if self.violations.len() < 20 {
			self.violations.push(Violation { kind, about });
		}
	}

	/// A node did something.
	pub fn observe(&mut self, node: NodeId, observation: Observation) {
		if let Observation::Counted(what) = observation {
			self.coverage.count(what);
			return;
		}
		if !self.honest.contains(&node) {
			return;
		}
		let author = self.world.places[node];
		match observation {
			Observation::Promised(round, parts) => {
				self.coverage.add("promised", parts.len() as u64);
				self.promised.insert((node, round), parts);
			}
			Observation::Waited(..) => {}
			Observation::Acked(_) => self.coverage.count("acked"),
			Observation::Final(round, newest) => {
				self.coverage.count("final vertices");
				self.finals.push(Final {
					node,
					author,
					round,
					newest,
				});
			}
			Observation::Settled(executed) => self.adopt(node, &executed),
			Observation::Diverged(number, what) => {
				self.violation(
					"diverged",
					format!("node {node} at checkpoint {number}: {what}"),
				);
			}
			Observation::Offence(offence) => {
				self.coverage.count("proofs");
				let blameless = self
					.blameless
					.iter()
					.any(|of| authority(*of) == offence.offender);
				if blameless || offence.verify::<Keyed>().is_err() {
					self.violation("accused", format!("node {node} accuses wrongly"));
				}
			}
			Observation::Refused => {
				self.violation("refused", format!("a vertex of node {node} is refused"));
			}
			Observation::Unpromised => {
				self.violation("promise", format!("node {node} promises what it has not"));
			}
			Observation::Began(Some(0)) => self.coverage.count("starts"),
			Observation::Began(Some(_)) => self.coverage.count("recoveries"),
			Observation::Began(None) => self.coverage.count("lost journals"),
			Observation::Synced(number) => {
				self.settled.insert(node, number);
			}
			Observation::Counted(_) => {}
		}
	}

	/// A node holds the state after a checkpoint: the same as all others.
	fn adopt(&mut self, node: NodeId, executed: &Executed) {
		let checkpoint = &executed.checkpoint;
		let number = checkpoint.number;
		self.settled.insert(node, number);
		let hash = checkpoint.hash();
		if let Some((known, _)) = self.adopted.get(&number) {
			if *known != hash {
				self.violation("roots", format!("two checkpoints {number}"));
			}
			return;
		}
		self.adopted.insert(number, (hash, checkpoint.anchor.round));
		self.coverage.count("checkpoints");
		for lane in &executed.state.lanes {
			if let Err(broken) = lane.check_invariants() {
				self.violation("lane", broken.into());
			}
		}
		let locks: u128 = executed.state.jobs.values().map(|job| job.price).sum();
		if locks != checkpoint.open_locks {
			self.violation(
				"locks",
				format!("L of checkpoint {number} is not the open locks"),
			);
		}
		for (leaf, outcomes) in &executed.vertices {
			for outcome in outcomes {
				self.account(outcome);
			}
			let place = (leaf.vertex.author, leaf.vertex.round);
			let entry = (leaf.vertex.hash, outcomes.clone(), number);
			if self.executed.insert(place, entry).is_some() {
				self.violation("twice", format!("vertex {place:?} is executed twice"));
			}
		}
		// What ended has no slot any more, from the next checkpoint on.
		let open = &executed.state.jobs;
		for jobs in self.busy.values_mut() {
			jobs.retain(|job| open.contains_key(job));
		}
	}

	fn account(&mut self, outcome: &Outcome) {
		match outcome {
			Outcome::Matched(matched) => {
				self.coverage.count("matched");
				if !self.jobs.insert(matched.job) {
					self.violation("twice", format!("order {:?} is matched twice", matched.job));
				}
				let slots = self.world.market.slots as usize;
				let busy = self.busy.entry(matched.worker.clone()).or_default();
				busy.insert(matched.job);
				if busy.len() > slots {
					self.violation("slots", "a worker has more jobs than slots".into());
				}
			}
			Outcome::Released { job } => {
				self.coverage.count("released");
				for jobs in self.busy.values_mut() {
					jobs.remove(job);
				}
			}
			Outcome::Moved { .. } => self.coverage.count("moved"),
			Outcome::Acknowledged { .. } => self.coverage.count("acknowledged"),
			Outcome::Submitted { .. } => self.coverage.count("submitted"),
			Outcome::Judged { .. } => self.coverage.count("judged"),
			Outcome::Ignored(_) => self.coverage.count("ignored"),
		}
	}

	/// Whether a match is in a checkpoint as it was promised; in which.
	fn found(&self, part: &PromisedMatch) -> Option<u32> {
		let vertex = &part.promise.vertex;
		let (hash, outcomes, number) = self.executed.get(&(vertex.author, vertex.round))?;
		let outcome = outcomes.get(part.index as usize)?;
		let kept = *hash == vertex.hash && *outcome == Outcome::Matched(part.matched.clone());
		kept.then_some(*number)
	}

	/// What can be said at the end of a run only.
	pub fn judge(&mut self) {
		let closed = self.world.chain.borrow().is_closed();
		let blocks = self.world.chain.borrow().blocks().len() as u32;
		let violations: Vec<String> = self.world.chain.borrow().violations().to_vec();
		for about in violations {
			self.violation("chain", about);
		}
		for (number, hash) in self
			.world
			.chain
			.borrow()
			.blocks()
			.iter()
			.map(|(certified, _)| (certified.checkpoint.number, certified.checkpoint.hash()))
		{
			if self
				.adopted
				.get(&number)
				.is_some_and(|(adopted, _)| *adopted != hash)
			{
				self.violations.push(Violation {
					kind: "roots",
					about: format!("checkpoint {number} is not the chain's"),
				});
			}
		}
		// What no node has adopted cannot be looked into.
		let all = self.adopted.len() as u32 == blocks;
		let finals = core::mem::take(&mut self.finals);
		for last in finals {
			// Above the round of what made it Final, every anchor has it (lemmas 2 to 4).
			let due = self
				.adopted
				.iter()
				.find(|(_, (_, anchor))| *anchor > last.newest)
				.map(|(number, _)| *number)
				.or((closed && all).then_some(blocks));
			let Some(due) = due else {
				continue;
			};
			let parts = self.promised.get(&(last.node, last.round)).cloned();
			for part in parts.unwrap_or_default() {
				self.coverage.count("final matches judged");
				match self.found(&part) {
					Some(number) if number <= due => {}
					found => {
						let place = (last.author, last.round);
						let executed = self.executed.get(&place).map(|(hash, outcomes, number)| {
							let same = *hash == part.promise.vertex.hash;
							(same, outcomes.get(part.index as usize).cloned(), *number)
						});
						self.violation(
							"final",
							format!(
								"a match of author {} in round {}, Final when the newest round was \
								 {}, is in {found:?}, not by {due}: {executed:?}; promised {:?}",
								last.author, last.round, last.newest, part.matched
							),
						);
					}
				}
			}
		}
		if closed {
			self.coverage.count("sets closed");
		}
		let chain = self.world.chain.borrow();
		self.coverage.add("disputes", chain.disputes() as u64);
		self.coverage
			.add("runs that paid", u64::from(chain.paid() > 0));
	}
}
