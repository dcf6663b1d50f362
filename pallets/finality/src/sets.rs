//! Authority sets: how they follow the sessions, and what nodes are told.

use crate::{
	types::PendingChange, Authorities, Config, CurrentSet, Event, Pallet, Pending, SetSessions,
};
use aci_finality::{AuthorityId, AuthoritySet, ConsensusLog, SetId, ENGINE_ID};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	traits::{Get, OneSessionHandler},
	BoundedVec,
};
use sp_runtime::{generic::DigestItem, BoundToRuntimeAppPublic};
use sp_staking::SessionIndex;

impl<T: Config> Pallet<T> {
	/// The keys as a set's list, or `None` where they are none: no key, more than
	/// `MaxAuthorities`, or one twice.
	fn usable(keys: Vec<AuthorityId>) -> Option<BoundedVec<AuthorityId, T::MaxAuthorities>> {
		AuthoritySet::new(0, keys.clone()).ok()?;
		BoundedVec::try_from(keys).ok()
	}

	/// The first set, of the genesis session. Without keys the chain begins without finality.
	///
	/// It ends the building of a chain's specification where the keys make no set.
	fn begin(keys: Vec<AuthorityId>) {
		SetSessions::<T>::insert(0, 0);
		if keys.is_empty() {
			return;
		}
		let Some(authorities) = Self::usable(keys) else {
			panic!("the genesis' finality keys make no authority set: too many, or one twice")
		};
		Authorities::<T>::put(authorities);
	}

	/// Plans the set of a session for the end of this block.
	pub(crate) fn schedule(session: SessionIndex, keys: Vec<AuthorityId>) {
		match Self::usable(keys) {
			Some(authorities) => Pending::<T>::put(PendingChange {
				session,
				authorities,
			}),
			None => Self::deposit_event(Event::SetKept {
				set: CurrentSet::<T>::get(),
				session,
			}),
		}
	}

	/// Announces the planned set in the block's digest, and puts it into force.
	pub(crate) fn enact() {
		let Some(PendingChange {
			session,
			authorities,
		}) = Pending::<T>::take()
		else {
			return;
		};
		// Below the sum of all blocks, so it never reaches the type's end.
		let set = CurrentSet::<T>::get().saturating_add(1);
		let count = authorities.len() as u32;
		// `MaxAuthorities` is no more than the digest's list holds, which `integrity_test` checks.
		let log = ConsensusLog::Change(BoundedVec::truncate_from(authorities.to_vec()));
		frame_system::Pallet::<T>::deposit_log(DigestItem::Consensus(ENGINE_ID, log.encode()));
		Authorities::<T>::put(authorities);
		CurrentSet::<T>::put(set);
		SetSessions::<T>::insert(set, session);
		if let Some(old) = set.checked_sub(T::SetHistory::get().max(1).into()) {
			SetSessions::<T>::remove(old);
		}
		Self::deposit_event(Event::SetChanged {
			set,
			session,
			authorities: count,
		});
	}

	/// The set that finalises the descendants of this block; none on a chain that began without
	/// finality keys.
	pub fn current_set() -> Option<AuthoritySet> {
		AuthoritySet::new(CurrentSet::<T>::get(), Authorities::<T>::get().into_inner()).ok()
	}

	/// Whether `authority` votes in the set in force, which is `set`.
	pub fn votes_in(set: SetId, authority: &AuthorityId) -> bool {
		CurrentSet::<T>::get() == set && Authorities::<T>::get().contains(authority)
	}
}

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = AuthorityId;
}

impl<T: Config + pallet_session::Config> OneSessionHandler<T::AccountId> for Pallet<T> {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
	{
		Self::begin(validators.map(|(_, key)| key).collect());
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
	{
		let session = pallet_session::Pallet::<T>::current_index();
		Self::schedule(session, validators.map(|(_, key)| key).collect());
	}

	/// A disabled validator stays in the set: the quorum is a matter of the set alone, and the
	/// votes of one authority decide nothing.
	fn on_disabled(_: u32) {}
}
