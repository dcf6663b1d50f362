//! The check of the invariants of the crate's documentation.

use crate::{
	Authorities, Config, CurrentSet, Membership, Pallet, Pending, Reported, Sets, Validators,
};
use aci_finality::AuthoritySet;
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::Get, BoundedVec};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 3 of the crate's documentation and the list of 8, between two blocks.
	pub fn do_try_state() -> Result<(), DispatchError> {
		let current = CurrentSet::<T>::get();
		let authorities = Authorities::<T>::get().into_inner();
		ensure!(
			AuthoritySet::new(current, authorities.clone()).is_ok()
				|| (authorities.is_empty() && current == 0),
			"the authorities make no set"
		);
		ensure!(!Pending::<T>::exists(), "a planned set was not enacted");
		let validators = Validators::<T>::get().into_inner();
		ensure!(
			validators.len() == authorities.len(),
			"not every authority has an account"
		);
		let sets: BTreeMap<_, _> = Sets::<T>::iter().collect();
		let record = sets.get(&current).ok_or("the set in force has no record")?;
		let membership = Membership {
			set: current,
			session: record.session,
			members: BoundedVec::truncate_from(validators.into_iter().zip(authorities).collect()),
		};
		ensure!(
			membership.hash() == record.members,
			"the members of the set in force are not those of its record"
		);
		let history = u64::from(T::SetHistory::get().max(1));
		let oldest = current.saturating_sub(history.saturating_sub(1));
		ensure!(
			sets.keys().copied().eq(oldest..=current),
			"the sets that have a session are not the last ones"
		);
		ensure!(
			Reported::<T>::iter().all(|(set, reported)| {
				let distinct: BTreeSet<_> = reported.iter().collect();
				sets.contains_key(&set) && !reported.is_empty() && distinct.len() == reported.len()
			}),
			"reported authorities of a forgotten set, or one twice"
		);
		ensure!(
			sets.values()
				.zip(sets.values().skip(1))
				.all(|(earlier, later)| earlier.session < later.session),
			"the sessions do not rise with the sets"
		);
		Ok(())
	}
}
