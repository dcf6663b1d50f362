//! What validators and delegators earn.
//!
//! When a session ends, what the validators' pool has and owes to nobody is divided by what each
//! validator stood for in that session. A validator that authored fewer blocks than its turn loses
//! that share, and what it loses stays in the pool for later sessions: nobody earns at once by
//! keeping another one from authoring. Of a validator's reward it takes its commission, the rest is
//! divided by stake between it and its delegators; each share is rounded down, and the validator
//! has what the rounding leaves. Rewards are written down here and paid when they are claimed.

use crate::{
	Config, CurrentSession, Elected, EpochRunning, Error, Event, Exposure, Exposures, Pallet,
	Points, Pools, SessionBlocks, TotalOwed,
};
use aci_market::fixed::mul_div_floor;
use aci_primitives::{
	traits::{Pot, Pots},
	AccountId, Balance,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{ArithmeticError, DispatchError};
use sp_staking::SessionIndex;

/// A share of an amount, rounded down: `amount * part / whole`. The part is at most the whole; a
/// whole of zero has no shares.
pub(crate) fn share(amount: Balance, part: Balance, whole: Balance) -> Balance {
	mul_div_floor(amount, part.min(whole), whole).unwrap_or(0)
}

impl<T: Config> Pallet<T> {
	/// Divides what the validators' pool owes to nobody among the validators of a session.
	pub(crate) fn pay_session(session: SessionIndex) {
		let blocks = SessionBlocks::<T>::take();
		// One entry for each author of the session, so at most as many as validators.
		let mut points: BTreeMap<AccountId, u32> = Points::<T>::drain().collect();
		let elected: Vec<(AccountId, Exposure)> = Elected::<T>::get(session)
			.into_iter()
			.filter_map(|(who, since)| {
				let exposure = Exposures::<T>::get(since, &who)?;
				Some((who, exposure))
			})
			.collect();
		let pool = T::Pots::balance(Pot::Validators).saturating_sub(TotalOwed::<T>::get());
		let sum = |of: fn(&Exposure) -> Balance| {
			elected.iter().fold(0, |sum: Balance, (_, exposure)| {
				sum.saturating_add(of(exposure))
			})
		};
		let (stake, own) = (sum(|exposure| exposure.total), sum(|exposure| exposure.own));
		EpochRunning::<T>::mutate(|sums| {
			sums.validators.stake = own;
			sums.delegators.stake = stake.saturating_sub(own);
		});
		if elected.is_empty() || blocks == 0 {
			return;
		}
		let turns = elected.len() as u128;
		let (mut to_validators, mut to_delegators): (Balance, Balance) = (0, 0);
		for (who, exposure) in &elected {
			let authored = points.remove(who).unwrap_or(0);
			let by_stake = share(pool, exposure.total, stake);
			// `authored / (blocks / turns)`, at most the whole.
			let counted = u128::from(authored).saturating_mul(turns);
			let reward = share(by_stake, counted, blocks.into());
			if reward == 0 {
				continue;
			}
			let (validator, delegators) = Self::credit(session, who, exposure, reward);
			to_validators = to_validators.saturating_add(validator);
			to_delegators = to_delegators.saturating_add(delegators);
		}
		let paid = to_validators.saturating_add(to_delegators);
		// At most the pool's balance.
		TotalOwed::<T>::mutate(|owed| *owed = owed.saturating_add(paid));
		EpochRunning::<T>::mutate(|sums| {
			sums.validators.amount = sums.validators.amount.saturating_add(to_validators);
			sums.delegators.amount = sums.delegators.amount.saturating_add(to_delegators);
		});
		Self::deposit_event(Event::SessionPaid {
			session,
			blocks,
			stake,
			paid,
			kept: pool.saturating_sub(paid),
		});
	}

	/// Writes down one validator's reward; returns what it and what its delegators got. The share of
	/// a delegator that a slash has emptied and that is gone stays in the pool.
	fn credit(
		session: SessionIndex,
		who: &AccountId,
		exposure: &Exposure,
		reward: Balance,
	) -> (Balance, Balance) {
		let commission = exposure.commission.mul_floor(reward);
		let divided = reward.saturating_sub(commission);
		let mut pool = Pools::<T>::get(who);
		let (mut shares, mut delegated): (Balance, Balance) = (0, 0);
		for (delegator, amount) in &exposure.delegators {
			let part = share(divided, *amount, exposure.total);
			shares = shares.saturating_add(part);
			if let Some(entry) = pool.entry(delegator) {
				entry.owed = entry.owed.saturating_add(part);
				delegated = delegated.saturating_add(part);
			}
		}
		let own = reward.saturating_sub(shares);
		pool.owed = pool.owed.saturating_add(own);
		Self::store_pool(who, pool);
		Self::deposit_event(Event::Rewarded {
			session,
			validator: who.clone(),
			own,
			commission,
			delegators: delegated,
		});
		(own, delegated)
	}

	/// Pays an account what is owed to it for a validator: itself, or one that it delegated to.
	pub(crate) fn do_claim(
		who: &AccountId,
		validator: &AccountId,
	) -> Result<Balance, DispatchError> {
		let mut pool = Pools::<T>::get(validator);
		let amount = if who == validator {
			core::mem::take(&mut pool.owed)
		} else {
			pool.entry(who)
				.map_or(0, |entry| core::mem::take(&mut entry.owed))
		};
		ensure!(amount > 0, Error::<T>::NothingOwed);
		Self::store_pool(validator, pool);
		if let Some(delegation) = crate::Delegations::<T>::get(validator, who) {
			// Where nothing is left of it, what was owed was the last.
			Self::store_delegation(validator, who, delegation)?;
		}
		let owed = TotalOwed::<T>::get()
			.checked_sub(amount)
			.ok_or(ArithmeticError::Underflow)?;
		TotalOwed::<T>::put(owed);
		T::Pots::pay_out(Pot::Validators, &[(who.clone(), amount)])?;
		Self::deposit_event(Event::RewardsClaimed {
			who: who.clone(),
			validator: validator.clone(),
			amount,
		});
		Ok(amount)
	}

	/// The present session as clients read it.
	pub(crate) fn view_session() -> crate::SessionView {
		let session = CurrentSession::<T>::get();
		crate::SessionView {
			session,
			validators: Elected::<T>::get(session)
				.into_iter()
				.map(|(who, _)| who)
				.collect(),
			blocks: SessionBlocks::<T>::get(),
			epoch: crate::Epoch::<T>::get(),
			owed: TotalOwed::<T>::get(),
		}
	}
}

impl<T: Config> pallet_authorship::EventHandler<AccountId, BlockNumberFor<T>> for Pallet<T> {
	fn note_author(author: AccountId) {
		// A session has far fewer blocks than the counts can hold.
		Points::<T>::mutate(author, |blocks| *blocks = blocks.saturating_add(1));
		SessionBlocks::<T>::mutate(|blocks| *blocks = blocks.saturating_add(1));
	}
}
