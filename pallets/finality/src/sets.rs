//! Authority sets: how they follow the sessions, and what nodes are told.

use crate::{
	members::{Membership, SetRecord},
	types::PendingChange,
	Authorities, Config, CurrentSet, Event, Pallet, Pending, Reported, Sets, Validators,
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

/// Accounts and keys of a set, in their order.
type Members<T> = BoundedVec<
	(<T as frame_system::Config>::AccountId, AuthorityId),
	<T as Config>::MaxAuthorities,
>;

impl<T: Config> Pallet<T> {
	/// The members of a set, or `None` where they make none: no key, more than `MaxAuthorities`,
	/// or one twice.
	fn usable(members: Vec<(T::AccountId, AuthorityId)>) -> Option<Members<T>> {
		let keys = members.iter().map(|(_, key)| key.clone()).collect();
		AuthoritySet::new(0, keys).ok()?;
		BoundedVec::try_from(members).ok()
	}

	/// Puts a set into force, and forgets the oldest one.
	fn put(set: SetId, session: SessionIndex, members: Members<T>) {
		let membership = Membership {
			set,
			session,
			// `MaxAuthorities` is no more than the list holds, which `integrity_test` checks.
			members: BoundedVec::truncate_from(members.to_vec()),
		};
		let record = SetRecord {
			session,
			members: membership.hash(),
		};
		let (validators, authorities): (Vec<_>, Vec<_>) = members.into_iter().unzip();
		// Both are as long as the members, which have the same bound.
		Validators::<T>::put(BoundedVec::<_, T::MaxAuthorities>::truncate_from(
			validators,
		));
		Authorities::<T>::put(BoundedVec::<_, T::MaxAuthorities>::truncate_from(
			authorities,
		));
		CurrentSet::<T>::put(set);
		Sets::<T>::insert(set, record);
		if let Some(old) = set.checked_sub(T::SetHistory::get().max(1).into()) {
			Sets::<T>::remove(old);
			Reported::<T>::remove(old);
		}
	}

	/// The first set, of the genesis session. Without keys the chain begins without finality.
	///
	/// It ends the building of a chain's specification where the keys make no set.
	fn begin(members: Vec<(T::AccountId, AuthorityId)>) {
		let members = if members.is_empty() {
			Members::<T>::default()
		} else if let Some(members) = Self::usable(members) {
			members
		} else {
			panic!("the genesis' finality keys make no authority set: too many, or one twice")
		};
		Self::put(0, 0, members);
	}

	/// Plans the set of a session for the end of this block.
	pub(crate) fn schedule(session: SessionIndex, members: Vec<(T::AccountId, AuthorityId)>) {
		match Self::usable(members) {
			Some(members) => Pending::<T>::put(PendingChange { session, members }),
			None => Self::deposit_event(Event::SetKept {
				set: CurrentSet::<T>::get(),
				session,
			}),
		}
	}

	/// Announces the planned set in the block's digest, and puts it into force.
	pub(crate) fn enact() {
		let Some(PendingChange { session, members }) = Pending::<T>::take() else {
			return;
		};
		// Below the sum of all blocks, so it never reaches the type's end.
		let set = CurrentSet::<T>::get().saturating_add(1);
		let count = members.len() as u32;
		let keys = members.iter().map(|(_, key)| key.clone()).collect();
		// `MaxAuthorities` is no more than the digest's list holds, which `integrity_test` checks.
		let log = ConsensusLog::Change(BoundedVec::truncate_from(keys));
		frame_system::Pallet::<T>::deposit_log(DigestItem::Consensus(ENGINE_ID, log.encode()));
		Self::put(set, session, members);
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
		Self::begin(validators.map(|(who, key)| (who.clone(), key)).collect());
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued: I)
	where
		I: Iterator<Item = (&'a T::AccountId, AuthorityId)> + 'a,
	{
		let session = pallet_session::Pallet::<T>::current_index();
		let members = validators.map(|(who, key)| (who.clone(), key)).collect();
		Self::schedule(session, members);
	}

	/// A disabled validator stays in the set: the quorum is a matter of the set alone, and the
	/// votes of one authority decide nothing.
	fn on_disabled(_: u32) {}
}
