//! The check of the invariants of the crate's documentation.

use crate::{Authorities, Config, CurrentSet, Pallet, Pending, SetSessions};
use aci_finality::AuthoritySet;
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::Get};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 4 of the crate's documentation, between two blocks.
	pub fn do_try_state() -> Result<(), DispatchError> {
		let current = CurrentSet::<T>::get();
		let authorities = Authorities::<T>::get().into_inner();
		ensure!(
			AuthoritySet::new(current, authorities.clone()).is_ok()
				|| (authorities.is_empty() && current == 0),
			"the authorities make no set"
		);
		ensure!(!Pending::<T>::exists(), "a planned set was not enacted");
		let sessions: BTreeMap<_, _> = SetSessions::<T>::iter().collect();
		let history = u64::from(T::SetHistory::get().max(1));
		let oldest = current.saturating_sub(history.saturating_sub(1));
		ensure!(
			sessions.keys().copied().eq(oldest..=current),
			"the sets that have a session are not the last ones"
		);
		ensure!(
			sessions
				.values()
				.zip(sessions.values().skip(1))
				.all(|(earlier, later)| earlier < later),
			"the sessions do not rise with the sets"
		);
		Ok(())
	}
}
