//! Sets: how they follow the sessions, and how they end.
//!
//! A set serves until the block that carries its closing checkpoint. When a session begins, its keys
//! wait as the next set, and the one in force has `ClosingGrace` to close: both the time and the
//! nominal blocks must pass. If it does not close in time it lapses. Then the next set starts on the
//! state after the last checkpoint, everything that was leased comes back, and what was matched after
//! that checkpoint is void. What is locked for unfinished jobs stays locked: the jobs are in the state
//! on which the next set starts, and it ends them.

use crate::{
	types::{Membership, NextSet, SetRecord, Sweep},
	Authorities, Closings, Config, CurrentSet, Ending, Event, Lapsed, LastCheckpoint, LastGrants,
	Next, Pallet, SetParameters, SetStart, Sets, SweepState, Validators,
};
use aci_fastpath::{
	api::FastpathSet,
	scheme::{AuthorityId, PublicKey},
	types::{Committee, CommitteeError},
};
use aci_finality::{Context, SetId};
use aci_primitives::{job::Home, AccountId, Hash, Instant};
use alloc::vec::Vec;
use frame_support::{
	traits::{Get, OneSessionHandler, Time},
	BoundedVec,
};
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	BoundToRuntimeAppPublic,
};
use sp_staking::SessionIndex;

/// Accounts and keys of a set, in their order.
type Members<T> = BoundedVec<(AccountId, AuthorityId), <T as Config>::MaxAuthorities>;

impl<T: Config> Pallet<T> {
	/// The chain's present by both clocks.
	pub(crate) fn now() -> Instant {
		Instant {
			moment: T::Time::now(),
			block: frame_system::Pallet::<T>::block_number().saturated_into(),
		}
	}

	/// The hash of the genesis block.
	pub(crate) fn genesis_hash() -> Hash {
		frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		)
	}

	/// The set of this chain with this number.
	pub(crate) fn context(set: SetId) -> Context {
		Context {
			genesis: Self::genesis_hash(),
			set,
		}
	}

	/// The set in force as the core checks certificates against it.
	pub(crate) fn committee() -> Result<Committee, CommitteeError> {
		let keys = Authorities::<T>::get()
			.into_iter()
			.map(PublicKey::from)
			.collect();
		Committee::new(Self::context(CurrentSet::<T>::get()), keys)
	}

	/// The place of a home in the set in force.
	pub(crate) fn place_of(home: &AccountId) -> Option<u16> {
		let place = Validators::<T>::get()
			.iter()
			.position(|validator| validator == home)?;
		u16::try_from(place).ok()
	}

	/// The members of a set, or `None` where they make none: no key, too many, or one twice.
	fn usable(members: Vec<(AccountId, AuthorityId)>) -> Option<Members<T>> {
		let keys = members
			.iter()
			.map(|(_, key)| PublicKey::from(key.clone()))
			.collect();
		Committee::new(Self::context(0), keys).ok()?;
		BoundedVec::try_from(members).ok()
	}

	/// Puts a set into force, and forgets the oldest one.
	fn put(set: SetId, session: SessionIndex, members: Members<T>) {
		let membership = Membership {
			set,
			// `MaxAuthorities` is no more than the list holds, which `integrity_test` checks.
			members: BoundedVec::truncate_from(members.to_vec()),
		};
		let record = SetRecord {
			session,
			members: membership.hash(),
		};
		let count = members.len() as u32;
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
		}
		SetParameters::<T>::put(T::Parameters::get());
		let start = LastCheckpoint::<T>::mutate(|last| {
			// Rounds start anew in each set.
			last.anchor_round = 0;
			last.number
		});
		SetStart::<T>::put(start);
		Self::deposit_event(Event::SetStarted {
			set,
			session,
			authorities: count,
			start,
		});
	}

	/// The first set, of the genesis session. Without keys the chain begins without a fast path.
	///
	/// It ends the building of a chain's specification where the keys make no set.
	pub(crate) fn begin(members: Vec<(AccountId, AuthorityId)>) {
		let members = if members.is_empty() {
			Members::<T>::default()
		} else if let Some(members) = Self::usable(members) {
			members
		} else {
			panic!("the genesis' fast-path keys make no set: too many, or one twice")
		};
		Self::put(0, 0, members);
	}

	/// A session has begun: its keys wait for the end of the set in force.
	pub(crate) fn schedule(session: SessionIndex, members: Vec<(AccountId, AuthorityId)>) {
		let Some(members) = Self::usable(members) else {
			Self::deposit_event(Event::SetKept {
				set: CurrentSet::<T>::get(),
				session,
			});
			return;
		};
		Next::<T>::put(NextSet { session, members });
		if Authorities::<T>::get().is_empty() {
			Self::start_next();
			return;
		}
		if !Ending::<T>::exists() {
			let until = Self::now().deadline_after(T::ClosingGrace::get(), T::BlockTime::get());
			Ending::<T>::put(until);
			Self::deposit_event(Event::SetEnding {
				set: CurrentSet::<T>::get(),
				until,
			});
		}
	}

	/// Puts the waiting set into force. What ended sets leased is gone over from here on.
	pub(crate) fn start_next() {
		Ending::<T>::kill();
		let Some(NextSet { session, members }) = Next::<T>::take() else {
			return;
		};
		// One a session, so it never reaches the type's end.
		let set = CurrentSet::<T>::get().saturating_add(1);
		LastGrants::<T>::kill();
		// What was announced to leave the old homes has left them. Ends are announced for the next
		// `lag` checkpoints only.
		let lag = SetParameters::<T>::get().lag.max(1);
		let last = LastCheckpoint::<T>::get().number;
		for number in last..=last.saturating_add(lag) {
			Closings::<T>::remove(number);
		}
		Self::put(set, session, members);
		SweepState::<T>::put(Sweep::Tickets(None));
	}

	/// Ends the set in force where its grace is over.
	pub(crate) fn end_overdue() {
		let over = Ending::<T>::get().is_some_and(|until| until.has_passed(&Self::now()));
		if !over {
			return;
		}
		Self::deposit_event(Event::SetLapsed {
			set: CurrentSet::<T>::get(),
			last: LastCheckpoint::<T>::get().number,
		});
		Lapsed::<T>::put(CurrentSet::<T>::get());
		Self::start_next();
	}

	/// The set in force, for nodes.
	pub fn current_set() -> Option<FastpathSet> {
		let authorities = Authorities::<T>::get().into_inner();
		if authorities.is_empty() {
			return None;
		}
		Some(FastpathSet {
			set: CurrentSet::<T>::get(),
			authorities,
			validators: Validators::<T>::get().into_inner(),
			start: SetStart::<T>::get(),
			parameters: SetParameters::<T>::get(),
			ending: Ending::<T>::exists(),
		})
	}

	/// The members of the set in force: who held which key in it.
	pub fn membership() -> Membership {
		let validators = Validators::<T>::get();
		let members = validators.into_iter().zip(Authorities::<T>::get());
		Membership {
			set: CurrentSet::<T>::get(),
			// `MaxAuthorities` is no more than the list holds, which `integrity_test` checks.
			members: BoundedVec::truncate_from(members.collect()),
		}
	}

	/// A validator as a home.
	pub(crate) fn home(validator: &AccountId) -> Home {
		Home::Validator(validator.clone())
	}
}

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = AuthorityId;
}

impl<T: Config + pallet_session::Config> OneSessionHandler<AccountId> for Pallet<T> {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a AccountId, AuthorityId)> + 'a,
	{
		Self::begin(validators.map(|(who, key)| (who.clone(), key)).collect());
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, _queued: I)
	where
		I: Iterator<Item = (&'a AccountId, AuthorityId)> + 'a,
	{
		let session = pallet_session::Pallet::<T>::current_index();
		let members = validators.map(|(who, key)| (who.clone(), key)).collect();
		Self::schedule(session, members);
	}

	/// A disabled validator stays in the set: the quorum is a matter of the set alone.
	fn on_disabled(_: u32) {}
}
