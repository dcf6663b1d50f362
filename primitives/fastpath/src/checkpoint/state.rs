//! What a checkpoint leaves behind.
//!
//! The state is all that the next checkpoint needs besides the DAG. A joining or restarted node that
//! has the state of the last final checkpoint and the vertices from its floor on computes what
//! everybody computes.

use super::{jobs::OpenJob, Last};
use crate::{
	lane::{
		grant::{Closing, Grants, LaneGrant, Returned},
		terms::Terms,
		Lane,
	},
	safety::Rules,
	types::{CheckpointNumber, Parameters, Point, Round},
	vertex::{OwnParent, Reference},
};
use aci_primitives::{
	domain::{tagged_hash, CHECKPOINT_LEAF},
	Balance, Hash, JobId,
};
use alloc::{collections::BTreeMap, sync::Arc, vec, vec::Vec};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The state after a checkpoint, with the grants of its block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct State {
	/// The checkpoint's number; 0 before the first.
	pub number: CheckpointNumber,
	/// Its hash; zero before the first.
	pub hash: Hash,
	/// Rounds of the sets before this one.
	pub rounds_before: u64,
	/// The rounds of the newest anchors of this set, by checkpoint.
	pub anchors: BTreeMap<CheckpointNumber, Round>,
	/// The newest executed vertex of each author.
	pub executed: Vec<OwnParent>,
	/// What each home has.
	pub lanes: Vec<Arc<Lane>>,
	/// Jobs that have not ended.
	pub jobs: BTreeMap<JobId, Arc<OpenJob>>,
	/// The newest terms.
	pub terms: Arc<Terms>,
	/// What was announced to leave a home, by the checkpoint with which it does.
	pub closings: BTreeMap<CheckpointNumber, Vec<Closing>>,
	/// What the next checkpoint gives back.
	pub returned: Vec<Returned>,
	/// L: the sum of the locks of open jobs.
	pub open_locks: Balance,
	/// The time at the anchor.
	pub point: Point,
}

impl State {
	/// The state at the start of the chain's first set.
	pub fn genesis(authorities: usize) -> Self {
		State {
			number: 0,
			hash: Hash::zero(),
			rounds_before: 0,
			anchors: BTreeMap::from([(0, 0)]),
			executed: vec![OwnParent::default(); authorities],
			lanes: vec![Arc::default(); authorities],
			jobs: BTreeMap::new(),
			terms: Arc::default(),
			closings: BTreeMap::new(),
			returned: Vec::new(),
			open_locks: 0,
			point: Point::default(),
		}
	}

	/// The state at the start of the next set, from that of the closing checkpoint: open jobs go on,
	/// all leases are the chain's.
	pub fn next_set(&self, authorities: usize) -> Self {
		State {
			rounds_before: self
				.rounds_before
				.saturating_add(u64::from(self.anchor_round())),
			anchors: BTreeMap::from([(self.number, 0)]),
			executed: vec![OwnParent::default(); authorities],
			lanes: vec![Arc::default(); authorities],
			closings: BTreeMap::new(),
			..self.clone()
		}
	}

	/// The round of the last checkpoint's anchor; 0 where this set has none.
	pub fn anchor_round(&self) -> Round {
		self.anchors.get(&self.number).copied().unwrap_or_default()
	}

	/// Vertices up to this round that are not executed never will be.
	pub fn void_up_to(&self, parameters: &Parameters) -> Round {
		self.anchor_round().saturating_sub(parameters.depth)
	}

	/// Vertices below this round do not count for any later checkpoint: whoever goes on from this
	/// state needs none of them. The round itself is void too, but the clocks of its vertices are those
	/// that the round above is dated by.
	pub fn floor(&self, parameters: &Parameters) -> Round {
		self.void_up_to(parameters)
	}

	/// Vertices below this round are not kept: those of `lag` checkpoints more than the next one needs
	/// are, for those that are behind.
	pub fn kept(&self, parameters: &Parameters) -> Round {
		let kept = self.number.saturating_sub(parameters.lag);
		let anchor = self.anchors.range(kept..).next();
		anchor
			.map_or(0, |(_, round)| *round)
			.saturating_sub(parameters.depth)
	}

	/// What the chain checks the next checkpoint against.
	pub fn last(&self) -> Last {
		Last {
			number: self.number,
			hash: self.hash,
			anchor_round: self.anchor_round(),
			open_locks: self.open_locks,
		}
	}

	/// The newest executed vertex of an author.
	pub fn executed_of(&self, author: aci_finality::AuthorityIndex) -> OwnParent {
		self.executed
			.get(usize::from(author))
			.copied()
			.unwrap_or_default()
	}

	/// The hash that a checkpoint commits to. The checkpoint's own hash and its block's grants,
	/// which come later, are not in it; they are in the next one's.
	pub fn root(&self) -> Hash {
		let lanes: Vec<Hash> = self
			.lanes
			.iter()
			.map(|lane| tagged_hash(CHECKPOINT_LEAF, lane))
			.collect();
		let jobs: Vec<Hash> = self
			.jobs
			.iter()
			.map(|job| tagged_hash(CHECKPOINT_LEAF, &job))
			.collect();
		let leaves = [
			tagged_hash(
				CHECKPOINT_LEAF,
				&(
					self.number,
					self.rounds_before,
					&self.anchors,
					&self.executed,
				),
			),
			super::tree::root(&lanes),
			super::tree::root(&jobs),
			tagged_hash(CHECKPOINT_LEAF, &self.terms),
			tagged_hash(
				CHECKPOINT_LEAF,
				&(&self.closings, &self.returned, self.open_locks, self.point),
			),
		];
		super::tree::root(&leaves)
	}

	/// Adds what came with the block of the checkpoint that led here.
	pub fn add_grants(&mut self, grants: &Grants, rules: &Rules) {
		let number = self.number;
		if let Some(terms) = &grants.terms {
			self.terms = terms.clone();
			for lane in &mut self.lanes {
				give(lane, number, LaneGrant::Terms(terms.clone()));
			}
		}
		for (home, grant) in &grants.lanes {
			match (self.lanes.get_mut(usize::from(*home)), grant) {
				(Some(lane), grant) => give(lane, number, grant.clone()),
				// A home that the set does not have: money goes back, the rest is the chain's.
				(
					None,
					LaneGrant::Budget {
						client,
						ticket,
						amount,
						..
					},
				) => self.returned.push(Returned::Money {
					client: client.clone(),
					ticket: *ticket,
					amount: *amount,
				}),
				(None, _) => {}
			}
		}
		for closing in &grants.closings {
			self.announce(closing, rules);
		}
	}

	/// S10: a closing is announced at least W checkpoints before, and the home is told. Of what is
	/// announced already a second word changes nothing: the home would go by the later one.
	fn announce(&mut self, closing: &Closing, rules: &Rules) {
		let number = self.number;
		let mut announced = self.closings.values().flatten();
		if announced.any(|known| (known.home, known.key) == (closing.home, closing.key)) {
			return;
		}
		let Some(lane) = self.lanes.get_mut(usize::from(closing.home)) else {
			return;
		};
		let at = rules.earliest_closing(number).max(closing.at);
		let key = closing.key;
		give(lane, number, LaneGrant::CloseTicket { key, at });
		give(lane, number, LaneGrant::CloseWorker { key, at });
		let closing = Closing {
			at,
			..closing.clone()
		};
		self.closings.entry(at).or_default().push(closing);
	}

	/// Remembers the anchor of checkpoint `number`, and forgets those that are too old for any base.
	pub(super) fn remember_anchor(&mut self, anchor: &Reference, parameters: &Parameters) {
		self.anchors.insert(self.number, anchor.round);
		let spans = parameters
			.depth
			.checked_div(parameters.interval)
			.unwrap_or_default();
		let kept = parameters.lag.saturating_add(spans).saturating_add(2);
		let oldest = self.number.saturating_sub(kept);
		self.anchors = self.anchors.split_off(&oldest);
	}
}

/// Puts a grant into a lane's queue.
pub(super) fn give(lane: &mut Arc<Lane>, number: CheckpointNumber, grant: LaneGrant) {
	Arc::make_mut(lane)
		.granted
		.entry(number)
		.or_default()
		.push(grant);
}
