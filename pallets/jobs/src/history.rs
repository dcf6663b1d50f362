//! The history of ended jobs: one leaf for each end, one root for each block.

use crate::{Config, Error, Event, History, Leaves, Pallet};
use aci_primitives::{BlockHistory, Hash, HistoryLeaf};
use frame_support::traits::Get;
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// Notes an end of this block. Leaves stand in the order of the events of their ends.
	pub(crate) fn write_leaf(leaf: &HistoryLeaf) -> DispatchResult {
		Leaves::<T>::try_append(leaf.hash()).map_err(|()| Error::<T>::BlockFull.into())
	}

	/// Notes many ends of this block at once.
	pub(crate) fn write_leaves(hashes: alloc::vec::Vec<Hash>) {
		Leaves::<T>::mutate(|leaves| {
			for hash in hashes {
				let noted = leaves.try_push(hash);
				// The hooks come first in a block, and their bounds are below this one.
				frame_support::defensive_assert!(noted.is_ok(), "hooks end too many jobs");
			}
		});
	}

	/// How many more jobs can end in this block.
	pub(crate) fn room_for_ends() -> u32 {
		let ended: u32 = Leaves::<T>::decode_len()
			.unwrap_or_default()
			.saturated_into();
		T::MaxEndsPerBlock::get().saturating_sub(ended)
	}

	/// Replaces the leaves of the block by their root.
	pub(crate) fn write_history() {
		let Some(history) = BlockHistory::of(&Leaves::<T>::take()) else {
			return;
		};
		let block = Self::now().block;
		History::<T>::insert(block, history);
		Self::deposit_event(Event::HistoryWritten {
			block,
			root: history.root,
			jobs: history.jobs,
		});
	}
}
