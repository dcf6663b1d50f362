//! Level 1 over several receipts: a worker's runs fit its slots (`aci_poai::overlap`).

use super::types::{Sample, MAX_RUNS};
use crate::{Config, Error, Pallet, Runs};
use aci_poai::overlap::{most_at_once, remember, Run};
use aci_primitives::{AccountId, BoundedList, Receipt};
use frame_support::ensure;
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// Takes up a run, unless more would go on at once than the worker has slots. Twice as many as it
	/// has slots are remembered.
	pub(crate) fn take_run(
		worker: &AccountId,
		receipt: &Receipt,
		sample: &Sample,
	) -> DispatchResult {
		let slots: usize = sample.slots.saturated_into();
		let most: usize = sample
			.slots
			.saturating_mul(2)
			.clamp(1, MAX_RUNS)
			.saturated_into();
		let runs = Runs::<T>::get(worker).into_inner();
		let run = Run::of(receipt);
		ensure!(
			most_at_once(&runs, &run) <= slots,
			Error::<T>::ReceiptOverlaps
		);
		let runs = remember(runs, run, most);
		Runs::<T>::insert(worker, BoundedList::truncate_from(runs));
		Ok(())
	}
}
