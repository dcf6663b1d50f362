//! Vertices that wait for parents.
//!
//! # Bounds
//!
//! At most [`PER_AUTHOR`] vertices of one author wait, so an author that sends what cannot be
//! accepted fills its own room only. A vertex that another one names by hash has a place of its own
//! for each author, or an author that floods could keep others from what they need of it.

use super::Round;
use crate::check::Checked;
use aci_finality::AuthorityIndex;
use aci_primitives::Hash;
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec,
	vec::Vec,
};
use core::cmp::Ordering;

/// Vertices of one author that wait at most; as many again where others name them.
pub const PER_AUTHOR: usize = 512;

/// Something that is lacking. Slots come first, the oldest rounds first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
	/// Any vertex of an author in a round. Its author and those who name it have it.
	Slot(AuthorityIndex, Round),
	/// The vertex with this hash.
	Vertex(Hash),
	/// The hashes of this vertex's parents of the round before: what is held of their slots is not
	/// what it means.
	List(Hash),
}

impl Need {
	fn rank(&self) -> (u8, Round, AuthorityIndex, Hash) {
		match self {
			Need::Slot(author, round) => (0, *round, *author, Hash::zero()),
			Need::Vertex(hash) => (1, 0, 0, *hash),
			Need::List(hash) => (2, 0, 0, *hash),
		}
	}
}

impl Ord for Need {
	fn cmp(&self, other: &Self) -> Ordering {
		self.rank().cmp(&other.rank())
	}
}

impl PartialOrd for Need {
	fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
		Some(self.cmp(other))
	}
}

#[derive(Clone, Debug)]
struct Waiting {
	checked: Checked,
	list: Option<Vec<Hash>>,
	needs: BTreeSet<Need>,
}

/// The vertices that wait, and for what.
#[derive(Clone, Debug)]
pub struct Pending {
	waiting: BTreeMap<Hash, Waiting>,
	needed_by: BTreeMap<Need, BTreeSet<Hash>>,
	ready: BTreeSet<(Round, Hash)>,
	counts: Vec<usize>,
	/// How many vertices of a slot wait.
	slots: BTreeMap<(Round, AuthorityIndex), usize>,
}

impl Pending {
	/// Nothing waits.
	pub fn new(authorities: usize) -> Self {
		Pending {
			waiting: BTreeMap::new(),
			needed_by: BTreeMap::new(),
			ready: BTreeSet::new(),
			counts: vec![0; authorities],
			slots: BTreeMap::new(),
		}
	}

	/// How many vertices wait.
	pub fn len(&self) -> usize {
		self.waiting.len()
	}

	/// Whether none waits.
	pub fn is_empty(&self) -> bool {
		self.waiting.is_empty()
	}

	/// Whether this vertex waits.
	pub fn contains(&self, hash: &Hash) -> bool {
		self.waiting.contains_key(hash)
	}

	/// A vertex that waits.
	pub fn get(&self, hash: &Hash) -> Option<&Checked> {
		self.waiting.get(hash).map(|waiting| &waiting.checked)
	}

	/// Whether a vertex that waits names this hash.
	pub fn asks_for(&self, hash: &Hash) -> bool {
		self.needed_by.contains_key(&Need::Vertex(*hash))
	}

	/// Lets a vertex wait. False where there is no room.
	pub fn insert(&mut self, checked: Checked, list: Option<&[Hash]>, needs: Vec<Need>) -> bool {
		let hash = checked.hash();
		let author = usize::from(checked.vertex().header().author);
		let room = if self.asks_for(&hash) {
			PER_AUTHOR.saturating_mul(2)
		} else {
			PER_AUTHOR
		};
		match self.counts.get_mut(author) {
			Some(count) if *count < room => *count = count.saturating_add(1),
			_ => return false,
		}
		let header = checked.vertex().header();
		let slot = self.slots.entry((header.round, header.author)).or_default();
		*slot = slot.saturating_add(1);
		for need in &needs {
			self.needed_by.entry(*need).or_default().insert(hash);
		}
		self.waiting.insert(
			hash,
			Waiting {
				checked,
				list: list.map(<[Hash]>::to_vec),
				needs: needs.into_iter().collect(),
			},
		);
		true
	}

	/// Takes a vertex out.
	pub fn remove(&mut self, hash: &Hash) -> Option<Checked> {
		self.take(hash).map(|(checked, _)| checked)
	}

	fn take(&mut self, hash: &Hash) -> Option<(Checked, Option<Vec<Hash>>)> {
		let waiting = self.waiting.remove(hash)?;
		let header = waiting.checked.vertex().header();
		if let Some(count) = self.counts.get_mut(usize::from(header.author)) {
			*count = count.saturating_sub(1);
		}
		let slot = (header.round, header.author);
		if let Some(left) = self.slots.get_mut(&slot) {
			*left = left.saturating_sub(1);
			if *left == 0 {
				self.slots.remove(&slot);
			}
		}
		self.ready.remove(&(header.round, *hash));
		for need in &waiting.needs {
			if let Some(by) = self.needed_by.get_mut(need) {
				by.remove(hash);
				if by.is_empty() {
					self.needed_by.remove(need);
				}
			}
		}
		Some((waiting.checked, waiting.list))
	}

	/// Something that may have been lacking has come.
	pub fn arrived(&mut self, need: &Need) {
		let Some(by) = self.needed_by.remove(need) else {
			return;
		};
		for hash in by {
			if let Some(waiting) = self.waiting.get_mut(&hash) {
				waiting.needs.remove(need);
				if waiting.needs.is_empty() {
					let round = waiting.checked.vertex().header().round;
					self.ready.insert((round, hash));
				}
			}
		}
	}

	/// The oldest vertex that lacks nothing any more, taken out.
	pub fn next_ready(&mut self) -> Option<(Checked, Option<Vec<Hash>>)> {
		let (_, hash) = self.ready.pop_first()?;
		self.take(&hash)
	}

	/// Drops what is below `floor`, and lets all else be looked at again.
	pub fn drop_below(&mut self, floor: Round) {
		let rounds: Vec<(Round, Hash)> = self
			.waiting
			.iter()
			.map(|(hash, waiting)| (waiting.checked.vertex().header().round, *hash))
			.collect();
		for (round, hash) in rounds {
			if round < floor {
				self.take(&hash);
			} else {
				self.ready.insert((round, hash));
			}
		}
	}

	/// What is lacking: at most `limit`. Half of it for slots of which nothing came, a quarter for slots
	/// of which a vertex came and waits, as another one may be meant, and a quarter for vertices that
	/// do not wait and for lists: so none crowds out another.
	pub fn needs(&self, limit: usize) -> Vec<Need> {
		let waits = |need: &Need| match need {
			Need::Slot(author, round) => self.slots.contains_key(&(*round, *author)),
			Need::Vertex(hash) => self.contains(hash),
			Need::List(_) => false,
		};
		let first = Need::Vertex(Hash::zero());
		let slots = self.needed_by.range(..first).map(|(need, _)| *need);
		let others = self.needed_by.range(first..).map(|(need, _)| *need);
		let lacking = |need: &Need| !waits(need);
		let mut needs: Vec<Need> = slots.clone().filter(lacking).take(limit / 2).collect();
		needs.extend(slots.filter(waits).take(limit / 4));
		needs.extend(others.filter(lacking).take(limit / 4));
		needs
	}
}
