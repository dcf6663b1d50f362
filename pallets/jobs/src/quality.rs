//! Quality weights of workers, frozen for an epoch.
//!
//! A worker's slots weigh in their class's pool by the worker's quality ([`aci_market::quality`]). The
//! weight stands in the worker's record. It is set when the worker registers, and once in each epoch
//! by a walk over all workers, a bounded number in each block from the epoch's first block on. What is
//! set is the score when the epoch began, which the quality pallet tells all through the epoch. So it
//! does not matter in which block the walk reaches a worker, nothing that is judged in an epoch moves
//! a weight in it, and leaving and registering again changes nothing.
//!
//! A walk was chosen over weighing a worker when it is next touched: the sums of a pool hold idle
//! workers as well, and what nobody touches would keep the weight of an old epoch for ever.
//!
//! The new weight holds for all slots of the worker at once, those that jobs occupy too: they come
//! back with the weight that the worker has then. The walk moves no capacity and cannot fail.
//!
//! If the workers are so many that a walk outlasts an epoch, it is finished, and the next one begins
//! with the epoch that runs then; nobody is left out for ever.

use crate::{types::Weighing, Config, Event, Pallet, WeighingState, Workers};
use aci_market::quality::slot_weight;
use aci_primitives::{
	traits::{MarketWeights, QualityUpdate},
	worker::Worker,
	AccountId,
};
use alloc::vec::Vec;
use frame_support::traits::Get;
use sp_runtime::SaturatedConversion;

impl<T: Config> Pallet<T> {
	/// Weighs the next workers, at most [`Config::MaxWeighedPerBlock`]. Returns how many.
	pub(crate) fn weigh_workers() -> u32 {
		let epoch = T::Quality::epoch();
		let mut state = WeighingState::<T>::get();
		if !state.running {
			if state.epoch == epoch {
				return 0;
			}
			state = Weighing {
				epoch,
				running: true,
				after: None,
			};
		}
		let most = T::MaxWeighedPerBlock::get();
		let iter = match &state.after {
			Some(last) => Workers::<T>::iter_from(Workers::<T>::hashed_key_for(last)),
			None => Workers::<T>::iter(),
		};
		let next: Vec<(AccountId, Worker)> = iter.take(most.saturated_into()).collect();
		let count: u32 = next.len().saturated_into();
		state.running = count >= most;
		state.after = next
			.last()
			.filter(|_| state.running)
			.map(|(account, _)| account.clone());
		for (account, worker) in next {
			Self::weigh(account, worker);
		}
		WeighingState::<T>::put(state);
		count
	}

	/// Sets a worker's weight to that of the running epoch.
	fn weigh(account: AccountId, mut worker: Worker) {
		let weight = slot_weight(T::Quality::quality_at_epoch_start(&account));
		if weight == worker.weight {
			return;
		}
		let free = worker.slots.saturating_sub(worker.busy);
		let done = T::Market::reweigh_slots(
			worker.class,
			Self::milli_slots(worker.slots),
			Self::milli_slots(free),
			worker.weight,
			weight,
		);
		if let Err(error) = done {
			// The old weight stays on both sides.
			frame_support::defensive!("a worker could not be weighed", (&account, error));
			return;
		}
		worker.weight = weight;
		let class = worker.class;
		Workers::<T>::insert(&account, worker);
		Self::deposit_event(Event::WorkerWeighed {
			worker: account,
			class,
			weight,
		});
	}
}
