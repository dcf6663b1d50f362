//! Delegations: money of others behind a validator.
//!
//! A delegation stays on its owner's account, held under `Delegation`. It counts for the validator's
//! election, earns with it and is slashed with it. The list of a validator's delegators is one
//! stored value, so an election reads one item for each candidate. Who comes first has the place: a
//! full list displaces nobody, however small.

use crate::{
	types::Pool, Config, DelegatedTo, DelegationView, Delegations, Error, Event, HoldReason,
	Ledger, Pallet, Pools,
};
use aci_primitives::{AccountId, Balance};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::Get,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
	},
	CloneNoBound, DebugNoBound, DefaultNoBound, EqNoBound, PartialEqNoBound,
};
use scale_info::TypeInfo;
use sp_runtime::{DispatchResult, Permill};

/// One account's delegation to one validator.
#[derive(
	CloneNoBound,
	DebugNoBound,
	DefaultNoBound,
	PartialEqNoBound,
	EqNoBound,
	Encode,
	Decode,
	MaxEncodedLen,
	TypeInfo,
)]
#[codec(mel_bound())]
#[scale_info(skip_type_params(MaxUnbonding))]
#[scale_info(capture_docs = "always")]
pub struct Delegation<MaxUnbonding: Get<u32>> {
	/// What is active and what is on its way out. Nothing is ever required.
	pub ledger: Ledger<MaxUnbonding>,
	/// Slashes that took a part of it and are not over. It is kept while there are any, so that a
	/// cancelled slash finds the place that it took from.
	pub slashes: u32,
}

impl<MaxUnbonding: Get<u32>> Delegation<MaxUnbonding> {
	fn is_empty(&self) -> bool {
		self.ledger.is_empty() && self.slashes == 0
	}
}

impl<T: Config> Pallet<T> {
	/// Delegates, or adds to a delegation.
	pub(crate) fn do_delegate(
		who: &AccountId,
		validator: &AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		ensure!(who != validator, Error::<T>::DelegatesToItself);
		ensure!(
			crate::Candidates::<T>::contains_key(validator),
			Error::<T>::NotCandidate
		);
		let most = T::Currency::reducible_balance(who, Preservation::Preserve, Fortitude::Force);
		ensure!(amount <= most, Error::<T>::InsufficientFunds);
		let mut delegation = Delegations::<T>::get(validator, who).unwrap_or_default();
		let active = Self::sum(delegation.ledger.active, amount)?;
		ensure!(
			active >= T::MinimumDelegation::get(),
			Error::<T>::BelowMinimumDelegation
		);
		T::Currency::hold(&HoldReason::Delegation.into(), who, amount)?;
		delegation.ledger.active = active;
		Self::store_delegation(validator, who, delegation)?;
		Self::deposit_event(Event::Delegated {
			who: who.clone(),
			validator: validator.clone(),
			amount,
			active,
		});
		Ok(())
	}

	/// Starts to take a part of a delegation out.
	pub(crate) fn do_undelegate(
		who: &AccountId,
		validator: &AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::AmountIsZero);
		let mut delegation =
			Delegations::<T>::get(validator, who).ok_or(Error::<T>::NotDelegated)?;
		let left = delegation
			.ledger
			.active
			.checked_sub(amount)
			.ok_or(Error::<T>::InsufficientBond)?;
		ensure!(
			left == 0 || left >= T::MinimumDelegation::get(),
			Error::<T>::BelowMinimumDelegation
		);
		let until = Self::now().saturating_add(T::BondingDuration::get());
		ensure!(
			delegation.ledger.add_unbonding(amount, until),
			Error::<T>::TooManyUnbonding
		);
		delegation.ledger.active = left;
		Self::store_delegation(validator, who, delegation)?;
		Self::deposit_event(Event::Undelegated {
			who: who.clone(),
			validator: validator.clone(),
			amount,
			until,
			active: left,
		});
		Ok(())
	}

	/// Gives back what was undelegated and whose time has come.
	pub(crate) fn do_withdraw_undelegated(
		who: &AccountId,
		validator: &AccountId,
	) -> DispatchResult {
		let mut delegation =
			Delegations::<T>::get(validator, who).ok_or(Error::<T>::NotDelegated)?;
		let amount = delegation.ledger.take_matured(Self::now());
		ensure!(amount > 0, Error::<T>::NothingToWithdraw);
		ensure!(
			Self::can_take(who, amount),
			Error::<T>::BelowExistentialDeposit
		);
		T::Currency::release(
			&HoldReason::Delegation.into(),
			who,
			amount,
			Precision::Exact,
		)?;
		Self::store_delegation(validator, who, delegation)?;
		Self::deposit_event(Event::UndelegatedWithdrawn {
			who: who.clone(),
			validator: validator.clone(),
			amount,
		});
		Ok(())
	}

	/// Stores a delegation and keeps the validator's list of delegators and the delegator's list of
	/// validators equal to it. One of which nothing is left, with nothing owed, leaves all three.
	///
	/// Fails only for a new delegation, when one of the lists is full.
	pub(crate) fn store_delegation(
		validator: &AccountId,
		who: &AccountId,
		delegation: Delegation<T::MaxUnbonding>,
	) -> DispatchResult {
		let mut pool = Pools::<T>::get(validator);
		let active = delegation.ledger.active;
		match pool.position(who) {
			Ok(position) => {
				let owed = pool.delegators.get(position).map_or(0, |entry| entry.owed);
				if delegation.is_empty() && owed == 0 {
					pool.delegators.remove(position);
					Delegations::<T>::remove(validator, who);
					DelegatedTo::<T>::mutate_exists(who, |list| {
						if let Some(validators) = list {
							validators.retain(|other| other != validator);
						}
						list.take_if(|validators| validators.is_empty());
					});
				} else {
					if let Some(entry) = pool.delegators.get_mut(position) {
						entry.active = active;
					}
					Delegations::<T>::insert(validator, who, delegation);
				}
			}
			Err(_) if delegation.is_empty() => return Ok(()),
			Err(position) => {
				ensure!(
					pool.delegators.len() < T::MaxDelegators::get() as usize,
					Error::<T>::TooManyDelegators
				);
				let entry = crate::Delegator {
					who: who.clone(),
					active,
					owed: 0,
				};
				pool.delegators
					.try_insert(position, entry)
					.map_err(|_| Error::<T>::TooManyDelegators)?;
				let mut validators = DelegatedTo::<T>::get(who).unwrap_or_default();
				ensure!(
					validators.len() < T::MaxDelegations::get() as usize,
					Error::<T>::TooManyDelegations
				);
				validators
					.try_push(validator.clone())
					.map_err(|_| Error::<T>::TooManyDelegations)?;
				DelegatedTo::<T>::insert(who, validators);
				Delegations::<T>::insert(validator, who, delegation);
			}
		}
		Self::store_pool(validator, pool);
		Ok(())
	}

	/// Stores a validator's list, or removes it where nothing is left.
	pub(crate) fn store_pool(validator: &AccountId, pool: Pool) {
		if pool.is_empty() {
			Pools::<T>::remove(validator);
		} else {
			Pools::<T>::insert(validator, pool);
		}
	}

	/// An account's delegations.
	pub(crate) fn view_delegations(who: &AccountId) -> alloc::vec::Vec<DelegationView> {
		DelegatedTo::<T>::get(who)
			.unwrap_or_default()
			.into_iter()
			.filter_map(|validator| {
				let delegation = Delegations::<T>::get(&validator, who)?;
				let owed = Pools::<T>::get(&validator)
					.entry(who)
					.map_or(0, |entry| entry.owed);
				Some(DelegationView {
					validator,
					active: delegation.ledger.active,
					unbonding: delegation.ledger.unbonding.into_inner(),
					owed,
				})
			})
			.collect()
	}

	/// A validator, with all that stands behind it.
	pub(crate) fn view_validator(who: &AccountId) -> Option<crate::ValidatorView> {
		let commission: Option<Permill> = crate::Candidates::<T>::get(who);
		let ledger = crate::Ledgers::<T>::get(who, aci_primitives::Role::Validator);
		let pool = Pools::<T>::get(who);
		let exposure = Self::exposure(crate::CurrentSession::<T>::get(), who);
		if commission.is_none() && ledger.is_none() && pool.is_empty() && exposure.is_none() {
			return None;
		}
		let own = ledger.map_or(0, |ledger| ledger.active);
		Some(crate::ValidatorView {
			candidate: commission.is_some(),
			commission: commission.unwrap_or_default(),
			own,
			total: own.saturating_add(pool.delegated()),
			owed: pool.owed,
			delegators: pool.delegators.into_inner(),
			exposure,
			blocks: crate::Points::<T>::get(who),
		})
	}
}
