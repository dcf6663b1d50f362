//! What one node holds of the DAG, and what follows from it.
//!
//! * [`pending`]: vertices whose parents are not held yet, within bounds.
//! * [`summary`]: what a vertex's history says: heads, acknowledgements, certificates.
//!
//! # Guarantees
//!
//! 1. **Closed.** All parents of a vertex that is held are held, but for those below the floor (V4).
//! 2. **Bounded.** At most two vertices a slot are taken, and such as a vertex that waits names by
//!    hash; rounds are between the floor and [`MAX_AHEAD`] above the newest quorum's round. Vertices
//!    that are below the floor by now are kept for others until they are forgotten.
//! 3. **The same everywhere.** What [`Dag::certified`] and [`Dag::head`] say of a vertex, as far as
//!    it concerns positions from the floor on, is a function of that vertex. Another node with
//!    another floor, or with other vertices besides, says the same: a path from a vertex down to a
//!    position passes through later rounds only, so nothing below that position has a part in it.
//! 4. **Forks are seen.** When two vertices of one author that conflict are held, the node has a
//!    proof of it ([`Dag::take_offences`]).

pub mod pending;
pub mod summary;

use crate::{
	check::Checked,
	equivocation::{conflict, Equivocation},
	safety::Rules,
	types::{Committee, Moment, Round},
	vertex::{control_hash, Header, Invalid},
};
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use alloc::{boxed::Box, collections::BTreeMap, vec, vec::Vec};
use pending::{Need, Pending};
use summary::Summary;

/// Rounds above the newest round with a quorum in which vertices are taken.
pub const MAX_AHEAD: Round = 256;
/// Vertices of one slot that are taken without being asked for.
const UNASKED_FORKS: usize = 2;

/// A vertex of an author, as this node numbers it: its round, and which of the vertices that it
/// holds of that slot. Round 0 is the set's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
	/// The round.
	pub round: Round,
	/// In the order of arrival; [`Position::UNHELD`] where the vertex is not held.
	pub fork: u16,
}

impl Position {
	/// The fork number of vertices that are named and not held, below the floor.
	pub const UNHELD: u16 = u16::MAX;
}

/// A vertex that is held.
#[derive(Clone, Debug)]
pub struct Node {
	/// The vertex.
	pub checked: Checked,
	/// The author's previous vertex.
	pub previous: Position,
	/// Its parents of the round before, where they are not the first ones of their slots that came.
	before: Option<Box<[Position]>>,
	/// What its history says.
	pub summary: Summary,
}

impl Node {
	/// Its header.
	pub fn header(&self) -> &Header {
		self.checked.vertex().header()
	}
}

/// What became of a vertex that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
	/// It is held now, perhaps with others that waited for it.
	Accepted,
	/// It waits for parents.
	Waits,
	/// It is held already, or waits already.
	Known,
	/// It is below the floor: what it says no longer counts.
	Old,
	/// It is too far above the rest. It may come again.
	TooFar,
	/// There is no room for it now, or its slot is full and nobody names it.
	NoRoom,
	/// It breaks a rule that an honest author keeps.
	Invalid(Invalid),
}

/// The vertices from the floor on that one node holds.
#[derive(Clone, Debug)]
pub struct Dag {
	committee: Committee,
	rules: Rules,
	floor: Round,
	lanes: Vec<BTreeMap<Position, Node>>,
	index: BTreeMap<Hash, (AuthorityIndex, Position)>,
	/// Authors of whom two vertices that conflict were held.
	forked: Vec<bool>,
	/// The newest vertex of each author.
	newest: Vec<Position>,
	/// For each author, what its vertices certify together, without those that close the set.
	certifies: Vec<Box<[Position]>>,
	/// How many authors have a vertex in each round from the floor on.
	widths: BTreeMap<Round, usize>,
	/// The newest round with vertices of a quorum.
	quorum_round: Round,
	/// A vertex came that was too far above the rest: so far this node is behind.
	furthest: Round,
	pending: Pending,
	accepted: Vec<(AuthorityIndex, Position)>,
	offences: Vec<Equivocation>,
}

impl Dag {
	/// An empty DAG of `committee` in which all below `floor` counts as known.
	pub fn new(committee: Committee, rules: Rules, floor: Round) -> Self {
		let size = committee.len();
		Dag {
			rules,
			floor,
			lanes: vec![BTreeMap::new(); size],
			index: BTreeMap::new(),
			forked: vec![false; size],
			newest: vec![Position::default(); size],
			certifies: vec![vec![Position::default(); size].into_boxed_slice(); size],
			widths: BTreeMap::new(),
			quorum_round: floor.saturating_sub(1),
			furthest: 0,
			pending: Pending::new(size),
			accepted: Vec::new(),
			offences: Vec::new(),
			committee,
		}
	}

	/// The authorities.
	pub fn committee(&self) -> &Committee {
		&self.committee
	}

	/// Below it no vertex is taken, and none is needed.
	pub fn floor(&self) -> Round {
		self.floor
	}

	/// The newest round in which a quorum of authors has a vertex.
	pub fn quorum_round(&self) -> Round {
		self.quorum_round
	}

	/// The newest vertex of an author.
	pub fn newest(&self, author: AuthorityIndex) -> Position {
		self.newest
			.get(usize::from(author))
			.copied()
			.unwrap_or_default()
	}

	/// The newest vertex of an author of an earlier round than this; of two of one round the first.
	pub fn newest_before(&self, author: AuthorityIndex, round: Round) -> Option<Position> {
		let lane = self.lanes.get(usize::from(author))?;
		let below = lane.range(..Position { round, fork: 0 }).next_back()?.0;
		Some(Position { fork: 0, ..*below })
	}

	/// The newest round in which there is a vertex.
	pub fn newest_round(&self) -> Round {
		self.widths.keys().next_back().copied().unwrap_or_default()
	}

	/// Whether this vertex waits for parents.
	pub fn waits(&self, hash: &Hash) -> bool {
		self.pending.contains(hash)
	}

	/// Whether the author was seen to sign two chains.
	pub fn is_forked(&self, author: AuthorityIndex) -> bool {
		self.forked
			.get(usize::from(author))
			.copied()
			.unwrap_or(false)
	}

	/// How many vertices are held, and how many wait.
	pub fn sizes(&self) -> (usize, usize) {
		(self.index.len(), self.pending.len())
	}

	/// The vertex at a position.
	pub fn node(&self, author: AuthorityIndex, position: Position) -> Option<&Node> {
		self.lanes.get(usize::from(author))?.get(&position)
	}

	/// The vertex with this hash.
	pub fn by_hash(&self, hash: &Hash) -> Option<(AuthorityIndex, Position, &Node)> {
		let (author, position) = *self.index.get(hash)?;
		Some((author, position, self.node(author, position)?))
	}

	/// The vertices of a slot.
	pub fn slot(
		&self,
		author: AuthorityIndex,
		round: Round,
	) -> impl Iterator<Item = (Position, &Node)> {
		let low = Position { round, fork: 0 };
		let high = Position {
			round,
			fork: u16::MAX,
		};
		self.lanes
			.get(usize::from(author))
			.into_iter()
			.flat_map(move |lane| lane.range(low..=high))
			.map(|(position, node)| (*position, node))
	}

	/// What the node lacks, for the adapter to fetch; the oldest first, at most `limit`.
	pub fn needs(&self, limit: usize) -> Vec<Need> {
		self.pending.needs(limit)
	}

	/// What a node asks for that is so far behind that it cannot take the newest vertices: the slots
	/// of the rounds after the newest quorum, at most `limit`.
	pub fn next_slots(&self, limit: usize) -> Vec<Need> {
		let first = self.quorum_round.saturating_add(1);
		(first..=self.furthest)
			.flat_map(|round| self.committee.indices().map(move |author| (author, round)))
			.filter(|(author, round)| self.slot(*author, *round).next().is_none())
			.map(|(author, round)| Need::Slot(author, round))
			.take(limit)
			.collect()
	}

	/// The vertices that were accepted since this was last asked, in the order of acceptance.
	pub fn take_accepted(&mut self) -> Vec<(AuthorityIndex, Position)> {
		core::mem::take(&mut self.accepted)
	}

	/// The proofs of equivocation that came up since this was last asked: one per author.
	pub fn take_offences(&mut self) -> Vec<Equivocation> {
		core::mem::take(&mut self.offences)
	}

	/// Takes in a vertex.
	pub fn insert(&mut self, checked: Checked) -> Insertion {
		let header = checked.vertex().header();
		let (author, round, hash) = (header.author, header.round, checked.hash());
		if round < self.floor {
			return Insertion::Old;
		}
		if self.index.contains_key(&hash) || self.pending.contains(&hash) {
			return Insertion::Known;
		}
		if round > self.quorum_round.saturating_add(MAX_AHEAD) {
			self.furthest = self.furthest.max(round.saturating_sub(MAX_AHEAD));
			return Insertion::TooFar;
		}
		let asked = self.pending.asks_for(&hash);
		if self.slot(author, round).count() >= UNASKED_FORKS && !asked {
			return Insertion::NoRoom;
		}
		match self.try_accept(checked, None) {
			Ok(outcome) => {
				self.settle_pending();
				outcome
			}
			Err(invalid) => Insertion::Invalid(invalid),
		}
	}

	/// Takes in the list of the hashes of a waiting vertex's parents of the round before. A list that
	/// is not the one meant is ignored.
	pub fn insert_list(&mut self, vertex: &Hash, list: &[Hash]) {
		let Some(checked) = self.pending.get(vertex) else {
			return;
		};
		let header = checked.vertex().header();
		if list.len() != header.parents.count() || control_hash(list) != header.control {
			return;
		}
		if let Some(checked) = self.pending.remove(vertex) {
			if self.try_accept(checked, Some(list)).is_ok() {
				self.settle_pending();
			}
		}
	}

	/// The hashes of a vertex's parents of the round before, for those that ask.
	pub fn list_of(&self, vertex: &Hash) -> Option<Vec<Hash>> {
		let (_, _, node) = self.by_hash(vertex)?;
		let hash = |author, position| Some(self.node(author, position)?.checked.hash());
		if let Some(before) = &node.before {
			let authors = node.header().parents.iter();
			let hashes = authors.zip(before).map(|(author, at)| hash(author, *at));
			return hashes.collect();
		}
		let parents = self.resolve_from(1, node.header(), None).ok()?;
		parents
			.into_iter()
			.map(|(author, position)| hash(author, position))
			.collect()
	}

	/// Raises the floor: nothing waits any longer for what is below.
	pub fn raise_floor(&mut self, floor: Round) {
		if floor <= self.floor {
			return;
		}
		self.floor = floor;
		self.quorum_round = self.quorum_round.max(floor.saturating_sub(1));
		self.pending.drop_below(floor);
		self.settle_pending();
	}

	/// Drops what is below `kept`, which is at most the floor.
	pub fn forget_below(&mut self, kept: Round) {
		let keep = Position {
			round: kept.min(self.floor),
			fork: 0,
		};
		for lane in &mut self.lanes {
			let kept = lane.split_off(&keep);
			for node in lane.values() {
				self.index.remove(&node.checked.hash());
			}
			*lane = kept;
		}
		self.widths = self.widths.split_off(&keep.round);
	}

	/// Whether the author's vertex at `high` is, or comes after, the one at `low` in its own chain.
	pub fn extends(&self, author: AuthorityIndex, low: Position, high: Position) -> bool {
		if low.round == 0 || low == high {
			return true;
		}
		if low.round >= high.round {
			return false;
		}
		if !self.is_forked(author) {
			return true;
		}
		let mut at = high;
		while at.round > low.round {
			match self.node(author, at) {
				Some(node) => at = node.previous,
				// Below the floor, where all counts as one chain.
				None => return true,
			}
		}
		at == low
	}

	/// The vertices of an author's chain after `after`, up to `to`, in rising order.
	pub fn chain(
		&self,
		author: AuthorityIndex,
		after: Round,
		to: Position,
	) -> Vec<(Position, &Node)> {
		let mut chain = Vec::new();
		let mut at = to;
		while at.round > after {
			let Some(node) = self.node(author, at) else {
				break;
			};
			chain.push((at, node));
			at = node.previous;
		}
		chain.reverse();
		chain
	}

	/// The parents of the round before as positions, or what is lacking to know them. None where
	/// that round is below the floor.
	fn resolve_control(
		&self,
		header: &Header,
		list: Option<&[Hash]>,
	) -> Result<Vec<(AuthorityIndex, Position)>, Vec<Need>> {
		self.resolve_from(self.floor.max(1), header, list)
	}

	/// The same, where that round is at least `least`.
	fn resolve_from(
		&self,
		least: Round,
		header: &Header,
		list: Option<&[Hash]>,
	) -> Result<Vec<(AuthorityIndex, Position)>, Vec<Need>> {
		let Some(before) = header.round.checked_sub(1).filter(|r| *r >= least) else {
			return Ok(Vec::new());
		};
		let mut needs = Vec::new();
		let mut parents = Vec::with_capacity(header.parents.count());
		for (place, author) in header.parents.iter().enumerate() {
			let found = match list.and_then(|list| list.get(place)) {
				Some(hash) => match self.index.get(hash) {
					// The list is bound by the control hash; a list that names something else
					// makes the vertex invalid, which the check of the slot below finds.
					Some((of, position)) if *of == author && position.round == before => {
						Some(*position)
					}
					Some(_) => None,
					None => {
						needs.push(Need::Vertex(*hash));
						continue;
					}
				},
				None => self
					.slot(author, before)
					.next()
					.map(|(position, _)| position),
			};
			match found {
				Some(position) => parents.push((author, position)),
				None => needs.push(Need::Slot(author, before)),
			}
		}
		if needs.is_empty() {
			Ok(parents)
		} else {
			Err(needs)
		}
	}

	/// Accepts a vertex, or lets it wait.
	fn try_accept(
		&mut self,
		checked: Checked,
		list: Option<&[Hash]>,
	) -> Result<Insertion, Invalid> {
		let header = checked.vertex().header();
		let mut needs = Vec::new();
		let mut parents = Vec::new();
		let own = header.own_parent;
		let mut previous = Position::default();
		if own.round > 0 {
			match self.index.get(&own.hash) {
				Some((author, position)) => {
					if *author != header.author || position.round != own.round {
						return Err(Invalid::OtherChain);
					}
					previous = *position;
					parents.push((*author, *position));
				}
				None if own.round < self.floor => {
					previous = Position {
						round: own.round,
						fork: Position::UNHELD,
					};
				}
				None => needs.push(Need::Vertex(own.hash)),
			}
		}
		for late in &header.late {
			match self.index.get(&late.hash) {
				Some((author, position)) => {
					if *author != late.author || position.round != late.round {
						return Err(Invalid::LateParents);
					}
					parents.push((*author, *position));
				}
				None if late.round < self.floor => {}
				None => needs.push(Need::Vertex(late.hash)),
			}
		}
		let mut before = Vec::new();
		match self.resolve_control(header, list) {
			Err(lacking) => needs.extend(lacking),
			Ok(resolved) => {
				let hashes: Vec<Hash> = resolved
					.iter()
					.filter_map(|(author, position)| {
						Some(self.node(*author, *position)?.checked.hash())
					})
					.collect();
				let below = header.round.saturating_sub(1) < self.floor.max(1);
				if below || control_hash(&hashes) == header.control {
					before = resolved;
				} else {
					needs.push(Need::List(checked.hash()));
				}
			}
		}
		if !needs.is_empty() {
			let room = self.pending.insert(checked, list, needs);
			return Ok(if room {
				Insertion::Waits
			} else {
				Insertion::NoRoom
			});
		}
		self.check_chain(header, previous, &before, &parents)?;
		parents.extend(before.iter().copied());
		self.accept(checked, previous, &before, &parents);
		Ok(Insertion::Accepted)
	}

	/// V6 and V7.
	fn check_chain(
		&self,
		header: &Header,
		previous: Position,
		before: &[(AuthorityIndex, Position)],
		others: &[(AuthorityIndex, Position)],
	) -> Result<(), Invalid> {
		if let Some(node) = self.node(header.author, previous) {
			let earlier = node.header();
			let taken_back = header.finalised < earlier.finalised
				|| header.base < earlier.base
				|| (earlier.closing && !header.closing)
				|| !header.accused.includes(&earlier.accused);
			if taken_back {
				return Err(Invalid::TakenBack);
			}
		}
		// Where the round before is below the floor its reports are not held.
		let held = header.round > 1 && header.round > self.floor;
		if held && header.base > self.highest_base(header, before, others) {
			return Err(Invalid::Base);
		}
		if header.round == 1 && header.base > self.rules.first_base() {
			return Err(Invalid::Base);
		}
		Ok(())
	}

	/// V7: the latest base that a vertex with these parents may have.
	fn highest_base(
		&self,
		header: &Header,
		before: &[(AuthorityIndex, Position)],
		others: &[(AuthorityIndex, Position)],
	) -> u32 {
		let headers = |parents: &[(AuthorityIndex, Position)]| {
			let headers: Vec<&Header> = parents
				.iter()
				.filter_map(|(author, position)| Some(self.node(*author, *position)?.header()))
				.collect();
			headers
		};
		let direct = headers(before);
		let of_parents = direct
			.iter()
			.chain(headers(others).iter())
			.map(|parent| parent.base)
			.max()
			.unwrap_or_default();
		let mut reports: Vec<u32> = direct
			.iter()
			.filter(|parent| parent.author != header.author)
			.map(|parent| parent.finalised)
			.chain([header.finalised])
			.collect();
		reports.sort_unstable_by(|a, b| b.cmp(a));
		let by_quorum = reports
			.get(self.committee.quorum().saturating_sub(1))
			.copied()
			.unwrap_or_default();
		of_parents.max(by_quorum)
	}

	/// The latest base that an own vertex may have whose parents of the round before these are.
	pub(crate) fn base_for(
		&self,
		author: AuthorityIndex,
		finalised: u32,
		previous: Position,
		before: &[(AuthorityIndex, Position)],
	) -> u32 {
		let reported = |parents: &[(AuthorityIndex, Position)]| -> Vec<(AuthorityIndex, u32, u32)> {
			parents
				.iter()
				.filter_map(|(author, position)| {
					let header = self.node(*author, *position)?.header();
					Some((*author, header.finalised, header.base))
				})
				.collect()
		};
		let direct = reported(before);
		let of_parents = direct
			.iter()
			.chain(reported(&[(author, previous)]).iter())
			.map(|(_, _, base)| *base)
			.max()
			.unwrap_or_default();
		let mut reports: Vec<u32> = direct
			.iter()
			.filter(|(of, _, _)| *of != author)
			.map(|(_, finalised, _)| *finalised)
			.chain([finalised])
			.collect();
		reports.sort_unstable_by(|a, b| b.cmp(a));
		let by_quorum = reports
			.get(self.committee.quorum().saturating_sub(1))
			.copied()
			.unwrap_or_default();
		of_parents.max(by_quorum).min(finalised)
	}

	fn accept(
		&mut self,
		checked: Checked,
		previous: Position,
		before: &[(AuthorityIndex, Position)],
		parents: &[(AuthorityIndex, Position)],
	) {
		let header = checked.vertex().header();
		let (author, round, hash) = (header.author, header.round, checked.hash());
		let fork = self.slot(author, round).count();
		let Ok(fork) = u16::try_from(fork) else {
			return;
		};
		let position = Position { round, fork };
		self.look_for_conflict(&checked);
		let summary = self.summarise(&checked, position, previous, before, parents);
		let closing = header.closing;
		let others = before.iter().any(|(_, position)| position.fork > 0);
		let lane = usize::from(author);
		if let Some(lane) = self.lanes.get_mut(lane) {
			lane.insert(
				position,
				Node {
					checked,
					previous,
					before: others.then(|| before.iter().map(|(_, at)| *at).collect()),
					summary,
				},
			);
		}
		self.index.insert(hash, (author, position));
		if let Some(newest) = self.newest.get_mut(lane) {
			*newest = (*newest).max(position);
		}
		if !closing {
			self.note_certificates(author, position);
		}
		if fork == 0 {
			let width = self.widths.entry(round).or_default();
			*width = width.saturating_add(1);
			if *width >= self.committee.quorum() {
				self.quorum_round = self.quorum_round.max(round);
			}
		}
		self.accepted.push((author, position));
		self.pending.arrived(&Need::Vertex(hash));
		self.pending.arrived(&Need::Slot(author, round));
	}

	/// Compares a new vertex with its author's neighbours in round.
	fn look_for_conflict(&mut self, new: &Checked) {
		let context = self.committee.context();
		let header = new.vertex().header();
		let author = header.author;
		let Some(lane) = self.lanes.get(usize::from(author)) else {
			return;
		};
		let at = |round, fork| Position { round, fork };
		let same = lane.range(at(header.round, 0)..=at(header.round, u16::MAX));
		let below = lane.range(..at(header.round, 0)).next_back();
		let above = lane.range(at(header.round.saturating_add(1), 0)..).next();
		let found = same.chain(below).chain(above).find_map(|(_, node)| {
			let (one, other) = (node.checked.vertex(), new.vertex());
			let (first, second) = if one.header().round <= header.round {
				(one, other)
			} else {
				(other, one)
			};
			conflict(&context, first.header(), second.header())
				.then(|| (first.signed.clone(), second.signed.clone()))
		});
		let Some((first, second)) = found else {
			return;
		};
		let offender = self.committee.key(author).copied();
		if let (Some(forked), Some(offender)) = (self.forked.get_mut(usize::from(author)), offender)
		{
			if !*forked {
				*forked = true;
				self.offences.push(Equivocation {
					context,
					offender,
					first,
					second,
				});
			}
		}
	}

	/// Accepts what waited for what has come. What proves invalid is dropped.
	fn settle_pending(&mut self) {
		while let Some((checked, list)) = self.pending.next_ready() {
			// The error names a rule that the author broke; others find the same.
			let _ = self.try_accept(checked, list.as_deref());
		}
	}

	/// The middle of the clocks of a vertex's parents of the round before.
	fn median_time(&self, own: Moment, before: &[(AuthorityIndex, Position)]) -> Moment {
		let mut times: Vec<Moment> = before
			.iter()
			.filter_map(|(author, position)| Some(self.node(*author, *position)?.header().time))
			.collect();
		times.sort_unstable();
		let middle = times.len().saturating_sub(1) / 2;
		times.get(middle).copied().unwrap_or(own)
	}
}
