//! What workers' slots weigh, by the rules and the events: a score moves with what is judged and
//! with absence, it is frozen when an epoch begins, and a slot weighs by the frozen score.

use crate::runtime::*;
use aci_market::SlotWeights;
use aci_primitives::{AccountId, ClassId};
use pallet_aci_jobs as jobs;
use pallet_aci_staking_slashing as staking;
use std::collections::BTreeMap;

/// A registered worker.
#[derive(Clone, Copy, Debug)]
struct Worker {
	class: ClassId,
	slots: u64,
	busy: u64,
	weight: u32,
}

/// The model.
#[derive(Debug, Default)]
pub struct Weights {
	epoch: u32,
	/// Each judged account's score, and the epoch of its last judged job.
	scores: BTreeMap<AccountId, (u32, u32)>,
	/// The scores when the epoch began.
	frozen: BTreeMap<AccountId, u32>,
	workers: BTreeMap<AccountId, Worker>,
}

impl Weights {
	/// The model of the present state, in which nobody was judged and nobody works.
	pub fn open() -> Self {
		assert_eq!(staking::Quality::<Market>::iter_keys().count(), 0);
		let workers = jobs::Workers::<Market>::iter().map(|(who, worker)| {
			assert_eq!(worker.busy, 0);
			let model = Worker {
				class: worker.class,
				slots: worker.slots.into(),
				busy: 0,
				weight: Quality::get().neutral_start,
			};
			(who, model)
		});
		Weights {
			epoch: staking::Epoch::<Market>::get().index,
			workers: workers.collect(),
			..Self::default()
		}
	}

	/// What a worker's slots have to weigh in this epoch.
	fn due(&self, who: &AccountId) -> u32 {
		let score = self.frozen.get(who).copied();
		score
			.unwrap_or(Quality::get().neutral_start)
			.max(aci_market::quality::MIN_SLOT_WEIGHT)
	}

	fn worker(&mut self, who: &AccountId) -> &mut Worker {
		self.workers.get_mut(who).expect("it is registered")
	}

	/// Takes up an event.
	pub fn take(&mut self, event: &RuntimeEvent) {
		match event {
			RuntimeEvent::Jobs(event) => self.jobs(event),
			RuntimeEvent::StakingSlashing(event) => self.staking(event),
			_ => {}
		}
	}

	fn jobs(&mut self, event: &jobs::Event<Market>) {
		use jobs::Event::*;
		match event {
			WorkerRegistered {
				worker,
				class,
				slots,
				..
			} => {
				let model = Worker {
					class: *class,
					slots: u64::from(*slots),
					busy: 0,
					weight: self.due(worker),
				};
				self.workers.insert(worker.clone(), model);
			}
			WorkerDeregistered { worker, .. } => {
				let left = self.workers.remove(worker).expect("it is registered");
				assert_eq!(left.busy, 0);
			}
			WorkerWeighed { worker, weight, .. } => {
				assert_eq!(*weight, self.due(worker), "by the epoch's first score");
				let model = self.worker(worker);
				assert_ne!(model.weight, *weight, "once in an epoch, when it differs");
				model.weight = *weight;
			}
			JobMatched { worker, .. } => self.worker(worker).busy += 1,
			JobReturned { worker, .. }
			| ResultSubmitted { worker, .. }
			| JobTimedOut { worker, .. } => self.worker(worker).busy -= 1,
			_ => {}
		}
	}

	fn staking(&mut self, event: &staking::Event<Market>) {
		use staking::Event::*;
		match event {
			QualityUpdated { who, score, .. } => {
				self.scores.insert(who.clone(), (*score, self.epoch));
			}
			EpochEnded { epoch, .. } => {
				for (who, (score, judged)) in &mut self.scores {
					if *judged < *epoch {
						*score = Quality::get().absence(*score);
					}
					self.frozen.insert(who.clone(), *score);
				}
				self.epoch = epoch + 1;
			}
			_ => {}
		}
	}

	/// The stored weights are these, and so are the sums that the market prices with.
	pub fn compare(&self) {
		let walk = jobs::WeighingState::<Market>::get();
		let all_weighed = !walk.running && walk.epoch == self.epoch;
		let mut sums = BTreeMap::<ClassId, SlotWeights>::new();
		for (who, model) in &self.workers {
			let stored = jobs::Workers::<Market>::get(who).expect("it is registered");
			assert_eq!(stored.weight, model.weight, "what {who:?} weighs");
			assert_eq!(u64::from(stored.busy), model.busy, "how busy {who:?} is");
			assert!(
				!all_weighed || model.weight == self.due(who),
				"all are weighed, and {who:?} is not"
			);
			let sum = sums.entry(model.class).or_default();
			let (slots, free) = (model.slots * 1_000, (model.slots - model.busy) * 1_000);
			sum.slots += slots;
			sum.free_slots += free;
			sum.weight += u128::from(slots) * u128::from(model.weight);
			sum.free_weight += u128::from(free) * u128::from(model.weight);
		}
		for class in 0..pallet_aci_hmm::NextClass::<Market>::get() {
			let state = Hmm::pool_state(class).expect("the class has a pool");
			let sum = sums.get(&class).copied().unwrap_or_default();
			assert_eq!(state.weights, sum, "the weights of class {class}");
			let free = u128::from(sum.free_slots) * sum.weight;
			let expected = (sum.free_weight * u128::from(sum.slots) * 4_096)
				.checked_div(free)
				.unwrap_or(4_096);
			assert_eq!(u128::from(state.pool.free_weight), expected);
		}
	}
}
