//! The judges of a run. They restate what must hold with their own arithmetic and their own record
//! of what happened: none of them calls a predicate of the code that they judge.
//!
//! | violation | what must hold |
//! | --- | --- |
//! | [`Violation::Conflict`] | no two honest nodes hold conflicting blocks to be final |
//! | [`Violation::Unproven`] | whatever is final has a quorum's valid signatures |
//! | [`Violation::Invalid`] | whatever is final was made, and no block between it and the set's base changes the set |
//! | [`Violation::VotedUnheld`] | an honest authority votes for blocks that it holds |
//! | [`Violation::Unsaved`] | what an honest authority says, or a later statement of that kind, is on its disk before |
//! | [`Violation::Contradiction`] | an honest authority contradicts itself never, crashes or not |
//! | [`Violation::Spoke`] | whoever lost its record says nothing until the next set |
//! | [`Violation::Accused`] | no proof names an honest authority |
//! | [`Violation::FalseProof`] | reported proofs hold two contradicting statements with valid signatures |
//! | [`Violation::Unnamed`] | whenever blocks conflict, proofs against more than f authorities exist |
//! | [`Violation::Stalled`] | once the network is synchronous, every honest node sees blocks become final |
//! | [`Violation::Endless`] | a run ends within its number of events |

use super::{
	scheme::{number_at, place, Key},
	tree::Block,
	validator::{Beginning, Chain, Observation},
};
use crate::world::{Micros, NodeId, SECOND};
use aci_finality::{
	offence::Conflict, Justification, OffenceProof, Phase, SetId, Statement, Target, View,
};
use sp_core::H256;
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
	rc::Rc,
};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
	/// Two conflicting blocks are final.
	Conflict(Target, Target),
	/// A block is final without a quorum.
	Unproven(Target),
	/// A block is final that never was, or that nobody may vote for in its set.
	Invalid(Target),
	/// A node voted for a block that it does not hold.
	VotedUnheld(NodeId, Target),
	/// A node sent a statement that its disk did not hold.
	Unsaved(NodeId, Statement),
	/// A node made two statements that contradict each other.
	Contradiction(NodeId, Statement, Statement),
	/// A node without its record spoke.
	Spoke(NodeId, Statement),
	/// An honest authority is named by a proof that verifies.
	Accused(usize),
	/// A reported proof proves nothing.
	FalseProof,
	/// Blocks conflict, and so many authorities are named: too few.
	Unnamed(usize),
	/// A node saw nothing become final after the network was synchronous.
	Stalled(NodeId),
	/// The run was cut off after so many events: what would have followed is not known.
	Endless(u64),
}

impl Violation {
	/// The kind, for tables and for shrinking.
	pub fn kind(&self) -> &'static str {
		match self {
			Violation::Conflict(..) => "conflict",
			Violation::Unproven(_) => "unproven",
			Violation::Invalid(_) => "invalid",
			Violation::VotedUnheld(..) => "voted-unheld",
			Violation::Unsaved(..) => "unsaved",
			Violation::Contradiction(..) => "contradiction",
			Violation::Spoke(..) => "spoke",
			Violation::Accused(_) => "accused",
			Violation::FalseProof => "false-proof",
			Violation::Unnamed(_) => "unnamed",
			Violation::Stalled(_) => "stalled",
			Violation::Endless(_) => "endless",
		}
	}
}

impl fmt::Display for Violation {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}: {self:?}", self.kind())
	}
}

/// How often something happened that the rules are there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
	/// Views that honest nodes entered.
	pub views: u64,
	/// Timeouts of honest nodes, without repetitions.
	pub timeouts: u64,
	/// Proposals that differ from another one of their view.
	pub double_proposals: u64,
	/// Proposals for a block that conflicts with one that has a first vote in an earlier view.
	pub conflicting_proposals: u64,
	/// Blocks with a sibling.
	pub forks: u64,
	/// Recoveries with a record.
	pub recoveries: u64,
	/// Recoveries without.
	pub lost_records: u64,
	/// Second votes for a block that conflicts with a block that has a second vote already: tries
	/// to make two conflicting blocks final.
	pub conflicting_second_votes: u64,
	/// Changes of the set, counted once for each set.
	pub set_changes: u64,
	/// Proofs of misbehaviour that honest nodes reported.
	pub offences: u64,
	/// Blocks whose finality honest nodes saw, counted at each.
	pub finalised: u64,
	/// The highest final block.
	pub height: u64,
}

impl Coverage {
	/// Adds another run's.
	pub fn add(&mut self, other: &Coverage) {
		self.views += other.views;
		self.timeouts += other.timeouts;
		self.double_proposals += other.double_proposals;
		self.conflicting_proposals += other.conflicting_proposals;
		self.forks += other.forks;
		self.recoveries += other.recoveries;
		self.lost_records += other.lost_records;
		self.conflicting_second_votes += other.conflicting_second_votes;
		self.set_changes += other.set_changes;
		self.offences += other.offences;
		self.finalised += other.finalised;
		self.height += other.height;
	}
}

/// Faulty authorities that `authorities` bear: the most of which three times as many are fewer.
pub fn bearable(authorities: usize) -> usize {
	(0..authorities)
		.take_while(|faulty| 3 * faulty < authorities)
		.last()
		.unwrap_or(0)
}

/// Signatures that a certificate needs: all but those that may be missing.
pub fn enough(authorities: usize) -> usize {
	authorities - bearable(authorities)
}

/// What one authority said in a set, by view.
#[derive(Debug, Default)]
struct Said {
	proposals: BTreeMap<View, Statement>,
	first: BTreeMap<View, Statement>,
	second: BTreeMap<View, Statement>,
	timeouts: BTreeMap<View, View>,
	/// The lowest certificate that a timeout of a view or of a later one names, by scanning.
	silent: bool,
}

/// The judges.
#[derive(Debug)]
pub struct Oracle {
	chain: Rc<Chain>,
	honest: BTreeSet<NodeId>,
	/// Authorities of which a node is dishonest.
	dishonest: BTreeSet<usize>,
	synchrony: Micros,
	conflicts_only: bool,
	blocks: BTreeMap<H256, Block>,
	children: BTreeSet<H256>,
	chain_of_final: BTreeMap<u32, H256>,
	highest: Target,
	proven: BTreeSet<Target>,
	said: BTreeMap<(NodeId, SetId), Said>,
	voted: BTreeMap<(SetId, View), Vec<Target>>,
	newest_vote: Option<Target>,
	proposed: BTreeMap<(SetId, View), Statement>,
	second_voted: BTreeSet<Target>,
	newest_second: Option<Target>,
	/// By node: when it first saw a block final that was made after synchrony began.
	progress: BTreeMap<NodeId, Micros>,
	made_at: BTreeMap<H256, Micros>,
	/// Times from when a block was made to when a node held it to be final, in microseconds.
	latencies: Vec<Micros>,
	sets: BTreeSet<SetId>,
	coverage: Coverage,
	violations: Vec<Violation>,
}

impl Oracle {
	/// Judges a run of `chain` in which the nodes `honest` are honest and the authorities
	/// `dishonest` are not, and whose network is synchronous from `synchrony` on.
	pub fn new(
		chain: Rc<Chain>,
		honest: BTreeSet<NodeId>,
		dishonest: BTreeSet<usize>,
		synchrony: Micros,
	) -> Self {
		let genesis = Block::genesis();
		Oracle {
			chain,
			honest,
			dishonest,
			synchrony,
			conflicts_only: false,
			blocks: [(genesis.id.hash, genesis)].into(),
			children: BTreeSet::new(),
			chain_of_final: [(0, genesis.id.hash)].into(),
			highest: genesis.id,
			proven: BTreeSet::new(),
			said: BTreeMap::new(),
			voted: BTreeMap::new(),
			newest_vote: None,
			proposed: BTreeMap::new(),
			second_voted: BTreeSet::new(),
			newest_second: None,
			progress: BTreeMap::new(),
			made_at: BTreeMap::new(),
			latencies: Vec::new(),
			sets: BTreeSet::new(),
			coverage: Coverage::default(),
			violations: Vec::new(),
		}
	}

	/// Looks for conflicting final blocks alone: where a rule is taken out, whether its absence does
	/// the harm that it is there to prevent.
	pub fn look_for_conflicts_only(&mut self) {
		self.conflicts_only = true;
	}

	/// What was found until now.
	pub fn violations(&self) -> &[Violation] {
		&self.violations
	}

	/// What was covered until now.
	pub fn coverage(&self) -> Coverage {
		self.coverage
	}

	/// Times from a block's making to its finality at a node, unsorted.
	pub fn latencies(&self) -> &[Micros] {
		&self.latencies
	}

	/// When each honest node first saw a block final that was made after synchrony began.
	pub fn progress(&self) -> &BTreeMap<NodeId, Micros> {
		&self.progress
	}

	/// The highest final block.
	pub fn highest(&self) -> Target {
		self.highest
	}

	/// Takes note of something. `now` is the true time.
	pub fn observe(&mut self, now: Micros, node: NodeId, observation: &Observation) {
		match observation {
			Observation::Made(block) => self.made(now, block),
			Observation::Signed {
				set,
				statement,
				saved,
				held,
			} => {
				self.count_statement(*set, statement);
				if self.honest.contains(&node) {
					self.signed(node, *set, statement, *saved, *held);
				}
			}
			_ if !self.honest.contains(&node) => {}
			Observation::Begins { set, how } => self.begins(node, *set, *how),
			Observation::Finalised { set, justification } => {
				self.finalised(now, node, *set, justification);
			}
			Observation::Offence(proof) => {
				self.coverage.offences += 1;
				self.accused(proof);
			}
			Observation::View { .. } => self.coverage.views += 1,
		}
	}

	fn fail(&mut self, violation: Violation) {
		// A run that was cut off says nothing about conflicts either.
		let wanted = !self.conflicts_only
			|| matches!(violation, Violation::Conflict(..) | Violation::Endless(_));
		if wanted && self.violations.len() < 64 {
			self.violations.push(violation);
		}
	}

	fn made(&mut self, now: Micros, block: &Block) {
		self.blocks.insert(block.id.hash, *block);
		self.made_at.entry(block.id.hash).or_insert(now);
		if !self.children.insert(block.parent) {
			self.coverage.forks += 1;
		}
	}

	fn begins(&mut self, node: NodeId, set: SetId, how: Beginning) {
		if set > 0 && self.sets.insert(set) {
			self.coverage.set_changes += 1;
		}
		match how {
			Beginning::Fresh => {}
			Beginning::Recovered => self.coverage.recoveries += 1,
			Beginning::Silent => {
				self.coverage.lost_records += 1;
				self.said.entry((node, set)).or_default().silent = true;
			}
		}
	}

	/// Whether neither block is an ancestor of the other; by the parents of all blocks ever made.
	fn conflict(&self, one: &Target, two: &Target) -> bool {
		let (low, high) = if one.number <= two.number {
			(one, two)
		} else {
			(two, one)
		};
		let mut next = high.hash;
		let mut number = high.number;
		while number > low.number {
			let Some(block) = self.blocks.get(&next) else {
				return true;
			};
			next = block.parent;
			number -= 1;
		}
		next != low.hash
	}

	fn count_statement(&mut self, set: SetId, statement: &Statement) {
		match statement {
			Statement::Proposal(proposal) => {
				match self.proposed.get(&(set, proposal.view)) {
					Some(other) if other != statement => self.coverage.double_proposals += 1,
					Some(_) => return,
					None => {
						self.proposed
							.insert((set, proposal.view), statement.clone());
					}
				}
				if self
					.newest_vote
					.is_some_and(|voted| self.conflict(&voted, &proposal.target))
				{
					self.coverage.conflicting_proposals += 1;
				}
			}
			Statement::First(vote) => {
				let voted = self.voted.entry((set, vote.view)).or_default();
				if !voted.contains(&vote.target) {
					voted.push(vote.target);
				}
				self.newest_vote = Some(vote.target);
			}
			Statement::Second(vote) => {
				if self.second_voted.insert(vote.target) {
					if self
						.newest_second
						.is_some_and(|other| self.conflict(&other, &vote.target))
					{
						self.coverage.conflicting_second_votes += 1;
					}
					self.newest_second = Some(vote.target);
				}
			}
			Statement::Timeout(_) => {}
		}
	}

	fn signed(&mut self, node: NodeId, set: SetId, statement: &Statement, saved: bool, held: bool) {
		let mut found = Vec::new();
		let said = self.said.entry((node, set)).or_default();
		if said.silent {
			found.push(Violation::Spoke(node, statement.clone()));
		}
		if !saved {
			found.push(Violation::Unsaved(node, statement.clone()));
		}
		let (kept, view) = match statement {
			Statement::Proposal(proposal) => (Some(&mut said.proposals), proposal.view),
			Statement::First(vote) => {
				if !held {
					found.push(Violation::VotedUnheld(node, vote.target));
				}
				(Some(&mut said.first), vote.view)
			}
			Statement::Second(vote) => {
				// Forgotten by a timeout that was signed before?
				let forgetting = said
					.timeouts
					.range(vote.view..)
					.find(|(_, high_view)| **high_view < vote.view);
				if let Some((given_up, high_view)) = forgetting {
					let timeout = aci_finality::Timeout {
						view: *given_up,
						high_view: *high_view,
					};
					found.push(Violation::Contradiction(
						node,
						timeout.into(),
						statement.clone(),
					));
				}
				(Some(&mut said.second), vote.view)
			}
			Statement::Timeout(timeout) => {
				let known = said.timeouts.insert(timeout.view, timeout.high_view);
				if known.is_none() {
					self.coverage.timeouts += 1;
				}
				let last = timeout.view.max(timeout.high_view + 1);
				let forgotten = said
					.second
					.range(timeout.high_view + 1..=last)
					.rfind(|(voted, _)| **voted <= timeout.view);
				if let Some((_, vote)) = forgotten {
					let vote = vote.clone();
					found.push(Violation::Contradiction(node, vote, statement.clone()));
				}
				(None, timeout.view)
			}
		};
		if let Some(kept) = kept {
			let known = kept.entry(view).or_insert_with(|| statement.clone());
			if known != statement {
				let known = known.clone();
				found.push(Violation::Contradiction(node, known, statement.clone()));
			}
		}
		for violation in found {
			self.fail(violation);
		}
	}

	fn finalised(&mut self, now: Micros, node: NodeId, set: SetId, proof: &Justification) {
		let target = proof.certificate.target();
		self.coverage.finalised += 1;
		if let Some(made) = self.made_at.get(&target.hash) {
			self.latencies.push(now - made);
			if *made >= self.synchrony {
				self.progress.entry(node).or_insert(now);
			}
		}
		if self.proven.insert(target) {
			self.check_proof(set, proof);
			self.check_target(set, &target);
		}
		// Agreement, with the chain of all blocks that are final.
		let mut branch = Vec::new();
		let mut next = target;
		while next.number > self.highest.number {
			branch.push(next);
			let Some(block) = self.blocks.get(&next.hash) else {
				return;
			};
			next = Target {
				number: next.number - 1,
				hash: block.parent,
			};
		}
		if self.chain_of_final.get(&next.number) != Some(&next.hash) {
			let other = self.highest;
			if !self
				.violations
				.contains(&Violation::Conflict(other, target))
			{
				self.fail(Violation::Conflict(other, target));
			}
			return;
		}
		for block in branch {
			self.chain_of_final.insert(block.number, block.hash);
			if block.number > self.highest.number {
				self.highest = block;
			}
		}
		self.coverage.height = u64::from(self.highest.number);
	}

	/// Counts valid signatures of different authorities by itself.
	fn check_proof(&mut self, set: SetId, proof: &Justification) {
		let certificate = &proof.certificate;
		let Phase::Second(vote) = certificate.vote else {
			self.fail(Violation::Unproven(certificate.target()));
			return;
		};
		let payload = self.chain.context(set).payload(&vote.into());
		let authorities = self.chain.authorities;
		let valid: BTreeSet<u16> = certificate
			.signatures
			.iter()
			.filter(|(signer, signature)| {
				let number = number_at(*signer, authorities, set);
				usize::from(*signer) < authorities
					&& Key::new(number).signature(&payload) == *signature
			})
			.map(|(signer, _)| *signer)
			.collect();
		if certificate.set != set || valid.len() < enough(authorities) {
			self.fail(Violation::Unproven(vote.target));
		}
	}

	/// The block was made, and lies within its set's stretch of the chain.
	fn check_target(&mut self, set: SetId, target: &Target) {
		let known = self
			.blocks
			.get(&target.hash)
			.is_some_and(|block| block.id == *target);
		let within = match self.chain.session {
			// The set `s` finalises blocks after number `s * session`, up to that of the next.
			Some(session) => {
				let start = set * u64::from(session);
				let number = u64::from(target.number);
				start < number && number <= start + u64::from(session)
			}
			None => true,
		};
		if !known || !within {
			self.fail(Violation::Invalid(*target));
		}
	}

	/// Judges a proof of misbehaviour by itself.
	pub fn accused(&mut self, proof: &OffenceProof) -> Option<usize> {
		let set = proof.context.set;
		let authorities = self.chain.authorities;
		let culprit = (0..authorities).find(|number| Key::new(*number).public() == proof.offender);
		let statements: [(Statement, _); 2] = match proof.conflict.clone() {
			Conflict::Proposals([(one, a), (two, b)]) => [(one.into(), a), (two.into(), b)],
			Conflict::FirstVotes([(one, a), (two, b)]) => [(one.into(), a), (two.into(), b)],
			Conflict::SecondVotes([(one, a), (two, b)]) => [(one.into(), a), (two.into(), b)],
			Conflict::Amnesia { vote, timeout } => {
				[(vote.0.into(), vote.1), (timeout.0.into(), timeout.1)]
			}
		};
		let contradict = match (&statements[0].0, &statements[1].0) {
			(Statement::Second(vote), Statement::Timeout(timeout)) => {
				timeout.high_view < vote.view && vote.view <= timeout.view
			}
			(one, two) => one != two && one.view() == two.view(),
		};
		let context = self.chain.context(set);
		let genuine = culprit.is_some_and(|number| {
			statements.iter().all(|(statement, signature)| {
				Key::new(number).signature(&context.payload(statement)) == *signature
			})
		});
		if !contradict || !genuine {
			self.fail(Violation::FalseProof);
			return None;
		}
		if let Some(number) = culprit.filter(|number| !self.dishonest.contains(number)) {
			self.fail(Violation::Accused(number));
		}
		culprit
	}

	/// Judges what the evidence of honest nodes names after a conflict.
	pub fn accountability(&mut self, proofs: &[OffenceProof]) {
		let named: BTreeSet<usize> = proofs
			.iter()
			.filter_map(|proof| self.accused(proof))
			.collect();
		if named.len() <= bearable(self.chain.authorities) {
			self.fail(Violation::Unnamed(named.len()));
		}
	}

	/// Judges progress at the end: `nodes` are those that must have seen a block become final that
	/// was made after synchrony began, by `until`.
	pub fn liveness(&mut self, nodes: impl IntoIterator<Item = NodeId>, until: Micros) {
		for node in nodes {
			if self.progress.get(&node).is_none_or(|seen| *seen > until) {
				self.fail(Violation::Stalled(node));
			}
		}
	}

	/// Takes note that the run was cut off after so many events.
	pub fn cut_off(&mut self, events: u64) {
		self.fail(Violation::Endless(events));
	}

	/// Whether blocks conflict.
	pub fn forked(&self) -> bool {
		self.violations
			.iter()
			.any(|violation| matches!(violation, Violation::Conflict(..)))
	}

	/// Drops the conflicts: in a run in which too many are dishonest they are no fault of the rules.
	pub fn excuse_conflicts(&mut self) {
		self.violations
			.retain(|violation| !matches!(violation, Violation::Conflict(..)));
	}
}

/// The time within which an honest node sees a block become final that was made after the network
/// became synchronous: every dishonest leader in a row costs a longest timeout, one more passes
/// until all are in one view, and some slots and retries.
pub fn bound(chain: &Chain) -> Micros {
	let failing = bearable(chain.authorities) as u64 + 3;
	let milliseconds =
		failing * (chain.timing.longest_timeout + 2 * chain.timing.retry) + 8 * chain.slot;
	milliseconds * 1_000 + 10 * SECOND
}

/// The place of an authority, for reports.
pub fn index_of(chain: &Chain, number: usize, set: SetId) -> u16 {
	place(number, chain.authorities, set)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_oracles_quorum_leaves_an_honest_signer_in_common() {
		for authorities in 1..200 {
			let (faulty, quorum) = (bearable(authorities), enough(authorities));
			assert!(2 * quorum > authorities + faulty, "{authorities}");
			assert!(quorum + faulty <= authorities, "{authorities}");
			assert!(3 * (faulty + 1) >= authorities, "{authorities}");
		}
	}
}
