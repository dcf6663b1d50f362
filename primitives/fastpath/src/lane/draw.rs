//! Drawing a worker without looking at all of them.
//!
//! [`aci_market::matching::draw_weighted`] over a lane's workers in the order of their keys is the
//! rule. A home with many workers would look at each of them for each order, so the lane keeps, for
//! each class and model that was ordered, a tree of sums over the workers that offer it.
//!
//! # Guarantees
//!
//! 1. The worker is the one that the scan over all draws, whatever was drawn before.
//! 2. An order costs steps in the logarithm of the workers, one for each worker that is about to leave,
//!    and as many more as there are workers whose exposure is too small for it while their neighbours'
//!    is not.
//! 3. The trees are no part of the lane's content: they are not encoded, not compared, and made anew
//!    from the workers when there are none.
//! 4. They hold at most as many places as the workers offer models, twice, rounded up to powers of
//!    two.

use super::terms::WorkerLease;
use crate::{scheme::PublicKey, types::CheckpointNumber};
use aci_market::{matching::draw_point, Candidate};
use aci_primitives::{class::JOB_MILLI_SLOTS, Balance, ClassId, Hash, ModelId};
use alloc::{collections::BTreeMap, vec, vec::Vec};

type Workers = BTreeMap<PublicKey, WorkerLease>;

/// The worker as the draw sees it.
pub(super) fn candidate(key: &PublicKey, worker: &WorkerLease) -> Candidate {
	let slots = |count: u32| u64::from(count).saturating_mul(JOB_MILLI_SLOTS);
	Candidate {
		key: key.0,
		quality: worker.quality,
		load: slots(worker.busy),
		capacity: slots(worker.slots),
		eta_ms: 0,
		rank_penalty: worker.missed,
		tie: [0; 32],
	}
}

/// What a part of the workers has together.
#[derive(Clone, Copy, Debug)]
struct Part {
	/// The sum of the weights.
	weight: u128,
	/// The least exposure of a worker that has a weight.
	least: Balance,
	/// The largest one.
	most: Balance,
}

const EMPTY: Part = Part {
	weight: 0,
	least: Balance::MAX,
	most: 0,
};

impl Part {
	fn of(key: &PublicKey, worker: &WorkerLease) -> Self {
		match candidate(key, worker).weight() {
			0 => EMPTY,
			weight => Part {
				weight,
				least: worker.exposure,
				most: worker.exposure,
			},
		}
	}

	fn join(one: &Part, other: &Part) -> Self {
		Part {
			// A weight is below 2^84, and there are fewer than 2^32 workers.
			weight: one.weight.saturating_add(other.weight),
			least: one.least.min(other.least),
			most: one.most.max(other.most),
		}
	}
}

/// The workers of one class that offer one model.
#[derive(Clone, Debug)]
struct Group {
	/// Rising.
	keys: Vec<PublicKey>,
	/// Those that are about to leave, with the checkpoint, and whether they take no more jobs.
	leaving: BTreeMap<PublicKey, (CheckpointNumber, bool)>,
	/// A tree in an array: the parts of entry i are entries 2i and 2i + 1, the root is entry 1, the
	/// leaves are the second half.
	parts: Vec<Part>,
}

impl Group {
	fn new(workers: &[(&PublicKey, &WorkerLease)]) -> Self {
		let width = workers.len().next_power_of_two();
		let mut parts = vec![EMPTY; width];
		parts.extend(workers.iter().map(|(key, worker)| Part::of(key, worker)));
		parts.resize(width.saturating_mul(2), EMPTY);
		let mut group = Group {
			keys: workers.iter().map(|(key, _)| **key).collect(),
			leaving: workers
				.iter()
				.filter_map(|(key, worker)| Some((**key, (worker.closes?, false))))
				.collect(),
			parts,
		};
		for place in (1..width).rev() {
			group.sum_up(place);
		}
		group
	}

	fn part(&self, place: usize) -> &Part {
		self.parts.get(place).unwrap_or(&EMPTY)
	}

	fn sum_up(&mut self, place: usize) {
		let left = place.saturating_mul(2);
		let sum = Part::join(self.part(left), self.part(left.saturating_add(1)));
		if let Some(part) = self.parts.get_mut(place) {
			*part = sum;
		}
	}

	fn width(&self) -> usize {
		self.parts.len() / 2
	}

	fn update(&mut self, key: &PublicKey, worker: &WorkerLease) {
		let Ok(found) = self.keys.binary_search(key) else {
			return;
		};
		let mut place = found.saturating_add(self.width());
		let shut = self.leaving.get(key).is_some_and(|(_, shut)| *shut);
		if let Some(part) = self.parts.get_mut(place) {
			*part = if shut { EMPTY } else { Part::of(key, worker) };
		}
		while place > 1 {
			place /= 2;
			self.sum_up(place);
		}
	}

	/// The weight below `place` of workers whose exposure is at least `price`. Its depth is the
	/// tree's.
	fn weight(&self, place: usize, price: Balance) -> u128 {
		let part = self.part(place);
		if part.weight == 0 || part.most < price {
			return 0;
		}
		if part.least >= price || place >= self.width() {
			return part.weight;
		}
		let left = place.saturating_mul(2);
		self.weight(left, price)
			.saturating_add(self.weight(left.saturating_add(1), price))
	}

	/// Takes out whoever takes no more jobs at this place, and puts back who does: a place of another
	/// base may be before the end again.
	fn turn(&mut self, workers: &Workers, is_closing: &impl Fn(CheckpointNumber) -> bool) {
		let mut turned = Vec::new();
		for (key, (closes, shut)) in &mut self.leaving {
			let now = is_closing(*closes);
			if *shut != now {
				*shut = now;
				turned.push(*key);
			}
		}
		for key in turned {
			if let Some(worker) = workers.get(&key) {
				self.update(&key, worker);
			}
		}
	}

	fn draw(&self, hash: &Hash, price: Balance) -> Option<PublicKey> {
		let mut point = draw_point(&hash.0, self.weight(1, price))?;
		let mut place = 1usize;
		while place < self.width() {
			let left = place.saturating_mul(2);
			let before = self.weight(left, price);
			place = match point.checked_sub(before) {
				Some(rest) => {
					point = rest;
					left.saturating_add(1)
				}
				None => left,
			};
		}
		self.keys.get(place.saturating_sub(self.width())).copied()
	}
}

/// The trees of a lane.
#[derive(Clone, Debug, Default)]
pub struct DrawIndex {
	groups: BTreeMap<(ClassId, ModelId), Group>,
	/// The workers that are about to leave, with the checkpoint; none where nobody looked yet.
	leaving: Option<Vec<(PublicKey, CheckpointNumber)>>,
}

/// They follow from the lane's workers.
impl PartialEq for DrawIndex {
	fn eq(&self, _: &Self) -> bool {
		true
	}
}
impl Eq for DrawIndex {}

impl DrawIndex {
	/// Forgets all: workers came, left, or changed in more than jobs and exposure.
	pub(super) fn clear(&mut self) {
		self.groups.clear();
		self.leaving = None;
	}

	/// The workers that are about to leave, with the checkpoint.
	pub(super) fn leaving(&mut self, workers: &Workers) -> &[(PublicKey, CheckpointNumber)] {
		self.leaving.get_or_insert_with(|| {
			let leaving = workers.iter();
			leaving
				.filter_map(|(key, worker)| Some((*key, worker.closes?)))
				.collect()
		})
	}

	/// A worker has another number of jobs, or another exposure.
	pub(super) fn update(&mut self, key: &PublicKey, worker: &WorkerLease) {
		if self.groups.is_empty() {
			return;
		}
		for model in &worker.models {
			if let Some(group) = self.groups.get_mut(&(worker.class, *model)) {
				group.update(key, worker);
			}
		}
	}

	/// The worker that `hash` draws among those of the class that offer the model, have a free slot
	/// and an exposure of at least `price`, and are not `is_closing`.
	pub(super) fn draw(
		&mut self,
		workers: &Workers,
		kind: (ClassId, ModelId),
		hash: &Hash,
		price: Balance,
		is_closing: impl Fn(CheckpointNumber) -> bool,
	) -> Option<PublicKey> {
		if !self.groups.contains_key(&kind) {
			let (class, model) = kind;
			let offering: Vec<_> = workers
				.iter()
				.filter(|(_, worker)| worker.class == class && worker.models.contains(&model))
				.collect();
			if offering.is_empty() {
				return None;
			}
			self.groups.insert(kind, Group::new(&offering));
		}
		let group = self.groups.get_mut(&kind)?;
		group.turn(workers, &is_closing);
		group.draw(hash, price)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::values::{lease, worker, MODEL};
	use aci_market::matching::draw_weighted;
	use aci_primitives::domain::{tagged_hash, DRAW};
	use proptest::prelude::*;

	const KIND: (ClassId, ModelId) = (0, MODEL);

	/// The rule, by looking at all.
	fn scan(
		workers: &Workers,
		hash: &Hash,
		price: Balance,
		is_closing: impl Fn(CheckpointNumber) -> bool,
	) -> Option<PublicKey> {
		let able: Vec<_> = workers
			.iter()
			.filter(|(_, worker)| {
				(worker.class, worker.models.contains(&MODEL)) == (KIND.0, true)
					&& worker.busy < worker.slots
					&& worker.exposure >= price
					&& !worker.closes.is_some_and(&is_closing)
			})
			.collect();
		let candidates: Vec<_> = able.iter().map(|(key, w)| candidate(key, w)).collect();
		let place = draw_weighted(&hash.0, &candidates)?;
		Some(*able[place].0)
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(64))]

		#[test]
		fn the_index_draws_whom_the_scan_draws_whatever_was_drawn_before(
			leases in proptest::collection::vec(
				(0u32..4, 0u32..1_000_001, 0u32..3, 0u128..400, 0u32..12, 0u16..5),
				0..14,
			),
			orders in proptest::collection::vec((0u128..90, 0u32..12), 1..40),
		) {
			let mut workers = Workers::new();
			for (place, (slots, quality, missed, exposure, closes, class)) in leases.iter().enumerate() {
				let mut one = lease(place as u16, *slots);
				one.quality = *quality;
				one.missed = *missed;
				one.exposure = *exposure;
				one.closes = (*closes < 6).then_some(*closes);
				one.class = u16::from(*class == 0);
				workers.insert(worker(place as u16), one);
			}
			let mut index = DrawIndex::default();
			for (number, (price, now)) in orders.iter().enumerate() {
				let hash = tagged_hash(DRAW, &(number as u32));
				// What leaves does so by the order's place, which may be an earlier one than before.
				let is_closing = |closes: CheckpointNumber| closes <= *now;
				let drawn = index.draw(&workers, KIND, &hash, *price, is_closing);
				prop_assert_eq!(drawn, scan(&workers, &hash, *price, is_closing));
				if let Some(key) = drawn {
					let one = workers.get_mut(&key).expect("drawn");
					one.busy += 1;
					one.exposure -= price;
					index.update(&key, one);
				} else if let Some((key, one)) = workers.iter_mut().find(|(_, one)| one.busy > 0) {
					one.busy -= 1;
					index.update(key, one);
				}
			}
		}
	}
}
