//! Taking a slash: how it is divided between an offender and its delegators, and how it becomes a
//! pot.

use crate::{
	types::{Part, SlashState},
	Agenda, Claims, Config, Delegations, Error, Event, Exposure, HoldReason, Ledgers, NextSlash,
	OpenPot, Pallet, Parts, PendingSlash, Pools, SlashId, Slashes, SlashesOf,
};
use aci_market::Offence;
use aci_primitives::{
	traits::{Claim, Insurer, SlashReport},
	AccountId, Balance, BlockNumber, BoundedList, Role,
};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use sp_runtime::{ArithmeticError, DispatchError};

/// What a slash is taken of.
pub(crate) struct Stake {
	pub(crate) offender: AccountId,
	pub(crate) own: Balance,
	pub(crate) delegators: Vec<(AccountId, Balance)>,
}

impl Stake {
	/// What stood behind a validator when it was elected.
	pub(crate) fn of(validator: &AccountId, exposure: &Exposure) -> Self {
		Stake {
			offender: validator.clone(),
			own: exposure.own,
			delegators: exposure.delegators.to_vec(),
		}
	}

	/// All of it, in planck.
	pub(crate) fn total(&self) -> Balance {
		// Parts of the issuance: the sum fits.
		self.delegators
			.iter()
			.fold(self.own, |sum, (_, amount)| sum.saturating_add(*amount))
	}

	/// Divides an amount in proportion: each delegator's part rounded down, the rest of it the
	/// offender's. What the offender's own bond does not reach to (it may be gone, with its
	/// delegations still there) the delegators bear, a planck each. No part is above its stake, and
	/// the parts add up to the amount, where that is not above all of it.
	pub(crate) fn divide(self, amount: Balance) -> Vec<(AccountId, Balance)> {
		let total = self.total();
		let mut rest = amount;
		let mut parts = Vec::with_capacity(self.delegators.len().saturating_add(1));
		for (who, stake) in self.delegators {
			let part = crate::rewards::share(amount, stake, total);
			// The parts are shares of the amount, rounded down.
			rest = rest.saturating_sub(part);
			parts.push((who, part, stake));
		}
		let own = rest.min(self.own);
		rest = rest.saturating_sub(own);
		// A share of less than all of a stake, rounded down, leaves a planck of it; and what was
		// rounded off is less than a planck for each of them.
		let delegated = parts.into_iter().map(|(who, part, stake)| {
			let more = Balance::from(part < stake).min(rest);
			rest = rest.saturating_sub(more);
			(who, part.saturating_add(more))
		});
		core::iter::once((self.offender, own))
			.chain(delegated)
			.collect()
	}
}

impl<T: Config> Pallet<T> {
	/// What an account has bonded for a role now, and what is delegated to it; unbonding included.
	pub(crate) fn stake_now(offender: &AccountId, role: Role) -> Stake {
		let delegators = match role {
			Role::Validator => Pools::<T>::get(offender)
				.delegators
				.into_iter()
				.filter_map(|entry| {
					let delegation = Delegations::<T>::get(offender, &entry.who)?;
					Some((entry.who, delegation.ledger.total()))
				})
				.collect(),
			Role::Verifier | Role::Worker => Vec::new(),
		};
		Stake {
			offender: offender.clone(),
			own: Ledgers::<T>::get(offender, role).map_or(0, |ledger| ledger.total()),
			delegators,
		}
	}

	/// Takes the offence's share of a bond, and of what is delegated to it, into a pot. Returns how
	/// much that is.
	pub(crate) fn do_slash(report: SlashReport) -> Result<Balance, DispatchError> {
		let stake = Self::stake_now(&report.offender, report.role);
		let amount = T::SlashTable::get().amount(stake.total(), report.offence);
		Self::open_pot(report, stake.divide(amount))
	}

	/// Takes up to the stated amounts of the offender's bond (the first) and of the delegations to it
	/// (the others) into the hold `Slashed`, and opens the offence's pot. A report that takes nothing
	/// opens none; then its claim joins an earlier pot.
	pub(crate) fn open_pot(
		report: SlashReport,
		wanted: Vec<(AccountId, Balance)>,
	) -> Result<Balance, DispatchError> {
		let SlashReport {
			offender,
			role,
			offence,
			evidence,
			reporter,
			victim,
		} = report;
		let claim = victim.clone().filter(|claim| claim.amount > 0);
		let mut parts: BoundedList<Part, { crate::types::MAX_PARTS }> = BoundedList::new();
		let mut amount: Balance = 0;
		for (who, wanted) in wanted {
			let part = if who == offender {
				Self::take_bond(who, role, wanted)?
			} else {
				Self::take_delegation(&offender, who, wanted)?
			};
			if let Some(part) = part {
				amount = Self::sum(amount, part.amount)?;
				parts
					.try_push(part)
					.map_err(|_| ArithmeticError::Overflow)?;
			}
		}
		if parts.is_empty() {
			Self::deposit_event(Event::NothingToSlash {
				offender: offender.clone(),
				role,
				offence,
				evidence,
			});
			if let Some(claim) = claim {
				Self::join_pot(&offender, role, claim);
			}
			return Ok(0);
		}

		let id = NextSlash::<T>::get();
		NextSlash::<T>::put(id.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		let applies_at = Self::application_time(offence, claim.is_some());
		for part in &parts {
			SlashesOf::<T>::insert(&part.who, id, ());
			if part.who != offender {
				Self::deposit_event(Event::DelegationSlashed {
					id,
					validator: offender.clone(),
					delegator: part.who.clone(),
					amount: part.amount,
				});
			}
		}
		Parts::<T>::insert(id, parts);
		if let Some(claim) = &claim {
			Claims::<T>::insert(id, BoundedList::truncate_from(alloc::vec![claim.clone()]));
		}
		Agenda::<T>::insert(applies_at, id, ());
		Slashes::<T>::insert(
			id,
			PendingSlash {
				offender: offender.clone(),
				role,
				offence,
				amount,
				evidence,
				reporter: reporter.clone(),
				job: claim.map(|claim| claim.job),
				applies_at,
				state: SlashState::Pending,
			},
		);
		Self::keep_latest(&offender, role, id, applies_at);
		Self::deposit_event(Event::Slashed {
			id,
			offender,
			role,
			offence,
			amount,
			evidence,
			reporter,
			victim,
			applies_at,
		});
		Ok(amount)
	}

	/// When a slash of now is applied: after the appeal time, and where others may have been wronged
	/// too, not before the time in which they can prove it.
	fn application_time(offence: Offence, claimed: bool) -> BlockNumber {
		let appeal = T::AppealPeriod::get();
		let blocks = match offence {
			Offence::WrongOutput | Offence::InvalidAttestation | Offence::Sybil => {
				appeal.max(T::ClaimPeriod::get())
			}
			_ if claimed => appeal.max(T::ClaimPeriod::get()),
			Offence::Timeout
			| Offence::QualityBelowThreshold
			| Offence::Equivocation
			| Offence::FalseVerdict
			| Offence::VerifierAbsence => appeal,
		};
		// Never the present block: its agenda has run.
		Self::now().saturating_add(blocks.max(1))
	}

	/// Remembers the pot of an offender's role that is applied last: later claims join it.
	pub(crate) fn keep_latest(
		offender: &AccountId,
		role: Role,
		id: SlashId,
		applies_at: BlockNumber,
	) {
		let later = OpenPot::<T>::get(offender, role)
			.and_then(Slashes::<T>::get)
			.is_some_and(|slash| slash.applies_at > applies_at);
		if !later {
			OpenPot::<T>::insert(offender, role, id);
		}
	}

	/// Adds a claim to the offender's pot that is applied last. Where none is open, or it has no room
	/// for another claim, the insurer is asked at once.
	pub(crate) fn join_pot(offender: &AccountId, role: Role, claim: Claim) {
		if let Some(id) = OpenPot::<T>::get(offender, role) {
			let mut claims = Claims::<T>::get(id);
			if claims.len() < T::MaxClaims::get() as usize && claims.try_push(claim.clone()).is_ok()
			{
				Claims::<T>::insert(id, claims);
				Self::deposit_event(Event::ClaimJoined { id, claim });
				return;
			}
		}
		let insured = T::Insurer::refund(claim.class, offender, &claim.client, claim.amount);
		Self::deposit_event(Event::ClaimInsured {
			offender: offender.clone(),
			claim,
			insured,
		});
	}

	/// Takes up to an amount of a bond into the hold `Slashed`.
	fn take_bond(
		who: AccountId,
		role: Role,
		amount: Balance,
	) -> Result<Option<Part>, DispatchError> {
		let mut ledger = Ledgers::<T>::get(&who, role).unwrap_or_default();
		let taken = ledger.take(amount);
		let part = Self::part(who, taken)?;
		if let Some(part) = &part {
			Self::move_hold(&part.who, role.into(), HoldReason::Slashed, part.amount)?;
			Self::store(&part.who, role, ledger);
		}
		Ok(part)
	}

	/// Takes up to an amount of a delegation into the hold `Slashed`.
	fn take_delegation(
		validator: &AccountId,
		who: AccountId,
		amount: Balance,
	) -> Result<Option<Part>, DispatchError> {
		let Some(mut delegation) = Delegations::<T>::get(validator, &who) else {
			return Ok(None);
		};
		let taken = delegation.ledger.take(amount);
		let part = Self::part(who, taken)?;
		if let Some(part) = &part {
			let (from, to) = (HoldReason::Delegation, HoldReason::Slashed);
			Self::move_hold(&part.who, from, to, part.amount)?;
			delegation.slashes = delegation
				.slashes
				.checked_add(1)
				.ok_or(ArithmeticError::Overflow)?;
			Self::store_delegation(validator, &part.who, delegation)?;
		}
		Ok(part)
	}

	/// What was taken out of a ledger, as a part of a pot; `None` where nothing was.
	fn part(who: AccountId, taken: crate::ledger::Taken) -> Result<Option<Part>, DispatchError> {
		let amount = Self::sum(taken.from_active, taken.from_unbonding)?;
		Ok((amount > 0).then_some(Part {
			who,
			amount,
			from_unbonding: taken.from_unbonding,
			unbonding_until: taken.until,
		}))
	}

	/// A slash that is on its way.
	pub(crate) fn pending(id: SlashId) -> Result<PendingSlash, DispatchError> {
		let slash = Slashes::<T>::get(id).ok_or(Error::<T>::NoSuchSlash)?;
		ensure!(
			slash.state != SlashState::Unclaimed,
			Error::<T>::SlashIsApplied
		);
		Ok(slash)
	}
}
