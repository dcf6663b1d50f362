//! Who validates: candidates, the election of each session, and what its validators stood for.
//!
//! A session is planned when the one before it begins, so a change of stake counts from the second
//! session after it. The election takes the candidates with the highest own bond plus delegations;
//! equal stakes go by account, the smaller first, so the result is a function of the state alone. A
//! candidate without session keys, or whose own bond does not reach the minimum, is passed over.

use crate::{
	types::MAX_VALIDATORS, Candidates, Config, CurrentSession, Elected, Error, Event, Exposure,
	Exposures, Ledgers, OffenceShares, OldestSession, Pallet, Pools,
};
use aci_primitives::{AccountId, Balance, BoundedList, Role};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::{
	ensure,
	traits::{Get, ValidatorRegistration},
};
use sp_runtime::{traits::Convert, DispatchResult, Permill};
use sp_staking::SessionIndex;

impl<T: Config> Pallet<T> {
	/// Makes an account a candidate, or changes its commission.
	pub(crate) fn do_validate(who: &AccountId, commission: Permill) -> DispatchResult {
		ensure!(
			commission <= T::MaxCommission::get(),
			Error::<T>::CommissionTooHigh
		);
		let eligible = Ledgers::<T>::get(who, Role::Validator)
			.is_some_and(|ledger| Self::backs_work(Role::Validator, &ledger));
		ensure!(eligible, Error::<T>::InsufficientBond);
		ensure!(
			Candidates::<T>::contains_key(who)
				|| Candidates::<T>::count() < T::MaxCandidates::get(),
			Error::<T>::TooManyCandidates
		);
		Candidates::<T>::insert(who, commission);
		Self::deposit_event(Event::Validating {
			who: who.clone(),
			commission,
		});
		Ok(())
	}

	/// Ends a candidacy; false when there is none.
	pub(crate) fn do_chill(who: &AccountId) -> bool {
		let was_candidate = Candidates::<T>::take(who).is_some();
		if was_candidate {
			Self::deposit_event(Event::Chilled { who: who.clone() });
		}
		was_candidate
	}

	/// All candidates with commission and stake, in the order of an election.
	pub(crate) fn view_candidates() -> Vec<(AccountId, Permill, Balance)> {
		let mut all: Vec<(AccountId, Permill, Balance)> = Candidates::<T>::iter()
			.map(|(who, commission)| {
				let own = Ledgers::<T>::get(&who, Role::Validator).map_or(0, |bond| bond.active);
				let stake = own.saturating_add(Pools::<T>::get(&who).delegated());
				(who, commission, stake)
			})
			.collect();
		all.sort_by(|left, right| right.2.cmp(&left.2).then_with(|| left.0.cmp(&right.0)));
		all
	}

	/// The candidates with the highest stakes, the highest first.
	pub(crate) fn elect() -> Vec<(AccountId, Exposure)> {
		let wanted = T::ValidatorCount::get().clamp(1, T::MaxValidators::get().max(1));
		let mut ranked: Vec<(Balance, AccountId, Exposure)> = Candidates::<T>::iter()
			.filter_map(|(who, commission)| {
				let ledger = Ledgers::<T>::get(&who, Role::Validator)?;
				if !Self::backs_work(Role::Validator, &ledger) || !T::Keys::is_registered(&who) {
					return None;
				}
				let pool = Pools::<T>::get(&who);
				let delegators: Vec<(AccountId, Balance)> = pool
					.delegators
					.into_iter()
					.filter(|entry| entry.active > 0)
					.map(|entry| (entry.who, entry.active))
					.collect();
				// Parts of the issuance: the sum fits.
				let total = delegators.iter().fold(ledger.active, |sum, (_, amount)| {
					sum.saturating_add(*amount)
				});
				let exposure = Exposure {
					total,
					own: ledger.active,
					commission,
					// As many as the pool has, so nothing is cut.
					delegators: BoundedList::truncate_from(delegators),
				};
				Some((total, who, exposure))
			})
			.collect();
		ranked.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
		ranked
			.into_iter()
			.take(wanted as usize)
			.map(|(_, who, exposure)| (who, exposure))
			.collect()
	}

	/// Plans a session. `None` when nobody qualifies: the set stays, with what it stood for.
	///
	/// An exposure that did not change is stored once, under the first session that had it.
	pub(crate) fn plan_session(index: SessionIndex) -> Option<Vec<(AccountId, Exposure)>> {
		let previous = index
			.checked_sub(1)
			.map(Elected::<T>::get)
			.unwrap_or_default();
		let elected = Self::elect();
		if elected.is_empty() {
			if !previous.is_empty() {
				Elected::<T>::insert(index, previous);
			}
			Self::forget_sessions(index);
			Self::deposit_event(Event::NobodyElected { session: index });
			return None;
		}
		let mut set: BoundedList<(AccountId, SessionIndex), MAX_VALIDATORS> = BoundedList::new();
		for (who, exposure) in &elected {
			let unchanged = previous
				.iter()
				.find(|(other, _)| other == who)
				.map(|(_, since)| *since)
				.filter(|since| Exposures::<T>::get(since, who).as_ref() == Some(exposure));
			let since = unchanged.unwrap_or(index);
			if unchanged.is_none() {
				Exposures::<T>::insert(index, who, exposure);
			}
			// `elect` names at most the bound.
			let _ = set.try_push((who.clone(), since));
		}
		let stake = elected.iter().fold(0, |sum: Balance, (_, exposure)| {
			sum.saturating_add(exposure.total)
		});
		Self::deposit_event(Event::ValidatorsElected {
			session: index,
			validators: elected.len() as u32,
			stake,
		});
		Elected::<T>::insert(index, set);
		Self::forget_sessions(index);
		Some(elected)
	}

	/// What a validator stood for in a session, as far as it was elected and is remembered.
	pub fn exposure(session: SessionIndex, who: &AccountId) -> Option<Exposure> {
		let (_, since) = Elected::<T>::get(session)
			.into_iter()
			.find(|(other, _)| other == who)?;
		Exposures::<T>::get(since, who)
	}

	/// Forgets the oldest session once it is older than those that are kept: one for each that is
	/// planned, and two while there is more to forget.
	fn forget_sessions(planned: SessionIndex) {
		for _ in 0..2 {
			let oldest = OldestSession::<T>::get();
			if oldest.saturating_add(T::SessionHistory::get()) >= planned {
				return;
			}
			let next = oldest.saturating_add(1);
			let kept = Elected::<T>::get(next);
			for (who, since) in Elected::<T>::take(oldest) {
				if !kept.contains(&(who.clone(), since)) {
					Exposures::<T>::remove(since, &who);
				}
			}
			// One entry for each offender, and offenders were validators of that session.
			let _ = OffenceShares::<T>::clear_prefix(oldest, MAX_VALIDATORS, None);
			OldestSession::<T>::put(next);
		}
	}
}

impl<T: Config> pallet_session::SessionManager<AccountId> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<AccountId>> {
		let elected = Self::plan_session(index)?;
		Some(elected.into_iter().map(|(who, _)| who).collect())
	}

	fn start_session(index: SessionIndex) {
		CurrentSession::<T>::put(index);
	}

	fn end_session(index: SessionIndex) {
		Self::pay_session(index);
	}
}

impl<T: Config> pallet_session::historical::SessionManager<AccountId, Exposure> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, Exposure)>> {
		Self::plan_session(index)
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(index)
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index)
	}
}

/// What a validator of the present session stands for: its full identification in the proofs of
/// the historical sessions. An empty one for a validator that the genesis named and nobody elected.
pub struct ExposureOf<T>(PhantomData<T>);

impl<T: Config> Convert<AccountId, Option<Exposure>> for ExposureOf<T> {
	fn convert(who: AccountId) -> Option<Exposure> {
		Some(Pallet::<T>::exposure(CurrentSession::<T>::get(), &who).unwrap_or_default())
	}
}
