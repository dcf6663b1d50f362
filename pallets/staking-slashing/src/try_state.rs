//! The check of the invariants of the crate's documentation.

use crate::{
	types::{SlashState, ROLES},
	Agenda, AgendaCursor, Candidates, Claims, Config, DelegatedTo, Delegations, Elected, Exposures,
	HoldReason, JudgedIn, Ledgers, NextSlash, OldestSession, OpenPot, Pallet, Parts,
	PayingVerifiers, Pools, Quality, Slashes, SlashesOf, TotalActive, TotalOwed, Work, WorkTotal,
};
use aci_market::fees::PARTS_PER_MILLION;
use aci_primitives::{
	traits::{Pot, Pots},
	AccountId, Balance, Role,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{DispatchError, DispatchResult};

/// Sums by account.
type Sums = BTreeMap<AccountId, Balance>;

impl<T: Config> Pallet<T> {
	/// Checks invariants 1 to 10 of the crate's documentation over the whole state.
	///
	/// It reads everything: for tests and for checks of a node, never for a block.
	pub fn do_try_state() -> Result<(), DispatchError> {
		let mut owners = BTreeSet::<AccountId>::new();
		Self::try_state_bonds(&mut owners)?;
		let delegated = Self::try_state_delegations()?;
		let (slashed, deposits) = Self::try_state_slashes(&mut owners)?;
		owners.extend(delegated.keys().cloned());
		owners.extend(DelegatedTo::<T>::iter_keys());
		for who in &owners {
			let held = |reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), who);
			let of = |sums: &Sums| sums.get(who).copied().unwrap_or_default();
			ensure!(
				held(HoldReason::Slashed) == of(&slashed),
				"the hold under Slashed differs from the parts of slashes"
			);
			ensure!(
				held(HoldReason::Delegation) == of(&delegated),
				"the hold under Delegation differs from the delegations"
			);
			ensure!(
				held(HoldReason::AppealDeposit) == of(&deposits),
				"the hold under AppealDeposit differs from the appeals"
			);
			for role in ROLES
				.into_iter()
				.filter(|role| !Ledgers::<T>::contains_key(who, role))
			{
				ensure!(held(role.into()) == 0, "a bond is held without a ledger");
			}
		}
		Self::try_state_sessions()?;
		Self::try_state_epochs()
	}

	/// Bonds and their sums.
	fn try_state_bonds(owners: &mut BTreeSet<AccountId>) -> DispatchResult {
		let mut sums = BTreeMap::<Role, Balance>::new();
		for (who, role, ledger) in Ledgers::<T>::iter() {
			ensure!(!ledger.is_empty(), "an empty ledger is kept");
			ensure!(
				ledger.unbonding.iter().all(|part| part.amount > 0),
				"an empty unbonding part is kept"
			);
			let mut sum = ledger.active;
			for part in &ledger.unbonding {
				sum = Self::sum(sum, part.amount)?;
			}
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::from(role).into(), &who) == sum,
				"the hold of a role differs from its ledger"
			);
			let all = sums.entry(role).or_default();
			*all = Self::sum(*all, ledger.active)?;
			owners.insert(who);
		}
		for role in ROLES {
			ensure!(
				TotalActive::<T>::get(role) == sums.get(&role).copied().unwrap_or_default(),
				"the sum of a role's bonds differs from its ledgers"
			);
		}
		Ok(())
	}

	/// Delegations, the two lists that name them, and what is owed. Returns what each account has
	/// delegated.
	fn try_state_delegations() -> Result<Sums, DispatchError> {
		let mut delegated = Sums::new();
		let mut count = 0usize;
		for (validator, who, delegation) in Delegations::<T>::iter() {
			count = count.saturating_add(1);
			let mut pool = Pools::<T>::get(&validator);
			let entry = pool
				.entry(&who)
				.ok_or("a delegation is missing from its validator's list")?;
			ensure!(
				entry.active == delegation.ledger.active,
				"a validator's list states another delegation"
			);
			ensure!(
				!delegation.ledger.is_empty() || delegation.slashes > 0 || entry.owed > 0,
				"an empty delegation is kept"
			);
			ensure!(
				delegation.ledger.required == 0
					&& delegation
						.ledger
						.unbonding
						.iter()
						.all(|part| part.amount > 0),
				"a delegation has an empty part or a requirement"
			);
			ensure!(
				DelegatedTo::<T>::get(&who).is_some_and(|list| list.contains(&validator)),
				"a delegation is missing from its delegator's list"
			);
			let slashes = SlashesOf::<T>::iter_key_prefix(&who)
				.filter(|id| Slashes::<T>::get(id).is_some_and(|slash| slash.offender == validator))
				.count();
			ensure!(
				slashes == delegation.slashes as usize,
				"a delegation counts other slashes than there are"
			);
			let sum = delegated.entry(who).or_default();
			*sum = Self::sum(*sum, delegation.ledger.total())?;
		}
		let (mut entries, mut owed): (usize, Balance) = (0, 0);
		for pool in Pools::<T>::iter_values() {
			ensure!(!pool.is_empty(), "an empty list of delegators is kept");
			ensure!(
				pool.delegators
					.windows(2)
					.all(|pair| pair.first().map(|e| &e.who) < pair.last().map(|e| &e.who)),
				"a list of delegators is out of order"
			);
			entries = entries.saturating_add(pool.delegators.len());
			owed = Self::sum(owed, pool.owed)?;
			for entry in &pool.delegators {
				owed = Self::sum(owed, entry.owed)?;
			}
		}
		ensure!(entries == count, "a list names a delegation that is none");
		ensure!(
			TotalOwed::<T>::get() == owed,
			"the sum of rewards owed differs from the lists"
		);
		ensure!(
			owed <= T::Pots::balance(Pot::Validators),
			"the validators' pool has less than it owes"
		);
		let mut listed = 0usize;
		for list in DelegatedTo::<T>::iter_values() {
			ensure!(!list.is_empty(), "an empty list of validators is kept");
			listed = listed.saturating_add(list.len());
		}
		ensure!(
			listed == count,
			"a delegator's list differs from its delegations"
		);
		Ok(delegated)
	}

	/// Slashes, with parts, claims and agenda. Returns what of each account is slashed, and held for
	/// appeals.
	fn try_state_slashes(owners: &mut BTreeSet<AccountId>) -> Result<(Sums, Sums), DispatchError> {
		let (mut slashed, mut deposits) = (Sums::new(), Sums::new());
		let (mut listed, mut scheduled) = (0usize, 0usize);
		for (id, slash) in Slashes::<T>::iter() {
			ensure!(
				id < NextSlash::<T>::get(),
				"a slash has a number of the future"
			);
			ensure!(slash.amount > 0, "a slash of nothing is kept");
			let mut sum = 0;
			for part in Parts::<T>::get(id) {
				ensure!(
					part.amount > 0
						&& (slash.state == SlashState::Unclaimed
							|| part.from_unbonding <= part.amount),
					"a slash has an empty part, or one with more than there is"
				);
				ensure!(
					SlashesOf::<T>::contains_key(&part.who, id),
					"a slash is missing from an account's list"
				);
				listed = listed.saturating_add(1);
				sum = Self::sum(sum, part.amount)?;
				let of = slashed.entry(part.who.clone()).or_default();
				*of = Self::sum(*of, part.amount)?;
				owners.insert(part.who);
			}
			ensure!(sum == slash.amount, "a slash differs from its parts");
			let claims = Claims::<T>::get(id);
			ensure!(
				claims.iter().all(|claim| claim.amount > 0),
				"an empty claim is kept"
			);
			match slash.state {
				SlashState::Unclaimed => {
					let mut waiting = 0;
					for claim in &claims {
						waiting = Self::sum(waiting, claim.amount)?;
					}
					ensure!(waiting == sum, "an applied pot differs from its refunds");
				}
				SlashState::Pending | SlashState::Appealed { .. } => {
					ensure!(
						Agenda::<T>::contains_key(slash.applies_at, id),
						"a pending slash is not on the agenda of its block"
					);
					scheduled = scheduled.saturating_add(1);
					ensure!(
						AgendaCursor::<T>::get().is_none_or(|block| block <= slash.applies_at),
						"the agenda has passed a pending slash"
					);
				}
			}
			if let SlashState::Appealed { deposit } = slash.state {
				let of = deposits.entry(slash.offender.clone()).or_default();
				*of = Self::sum(*of, deposit)?;
			}
			owners.insert(slash.offender);
		}
		ensure!(
			SlashesOf::<T>::iter().count() == listed,
			"an account's list names a slash that did not take from it"
		);
		ensure!(
			Agenda::<T>::iter().count() == scheduled,
			"the agenda names a slash that is not pending"
		);
		ensure!(
			Parts::<T>::iter_keys()
				.chain(Claims::<T>::iter_keys())
				.all(Slashes::<T>::contains_key),
			"parts or claims are kept without their slash"
		);
		for (who, role, id) in OpenPot::<T>::iter() {
			ensure!(
				Self::pending(id).is_ok_and(|slash| slash.offender == who && slash.role == role),
				"claims join a pot that is not open, or another's"
			);
		}
		for (who, _, _) in SlashesOf::<T>::iter() {
			owners.insert(who);
		}
		Ok((slashed, deposits))
	}

	/// Candidates and sessions.
	fn try_state_sessions() -> DispatchResult {
		ensure!(
			Candidates::<T>::iter().count() == Candidates::<T>::count() as usize
				&& Candidates::<T>::count() <= T::MaxCandidates::get(),
			"the count of candidates is wrong, or they are too many"
		);
		let mut named = BTreeSet::new();
		for (session, set) in Elected::<T>::iter() {
			ensure!(
				session >= OldestSession::<T>::get(),
				"a session is kept that should be forgotten"
			);
			for (who, since) in set {
				ensure!(since <= session, "an exposure is of the future");
				let exposure = Exposures::<T>::get(since, &who).ok_or("an exposure is missing")?;
				let mut sum = exposure.own;
				for (_, amount) in &exposure.delegators {
					sum = Self::sum(sum, *amount)?;
				}
				ensure!(exposure.total == sum, "an exposure differs from its parts");
				named.insert((since, who));
			}
		}
		ensure!(
			Exposures::<T>::iter().count() == named.len(),
			"an exposure is kept that no session names"
		);
		Ok(())
	}

	/// Verifiers' work and scores.
	fn try_state_epochs() -> DispatchResult {
		let mut work = BTreeMap::<u32, Balance>::new();
		for (epoch, _, tariff) in Work::<T>::iter() {
			ensure!(tariff > 0, "work of nothing is kept");
			let sum = work.entry(epoch).or_default();
			*sum = Self::sum(*sum, tariff)?;
		}
		let paying = PayingVerifiers::<T>::get();
		for (epoch, total) in WorkTotal::<T>::iter() {
			ensure!(
				work.remove(&epoch) == Some(total),
				"the tariffs of an epoch differ from their sum"
			);
		}
		for (epoch, left) in work {
			ensure!(
				paying.is_some_and(|payout| payout.epoch == epoch && left <= payout.tariffs),
				"work is kept that no payment reaches"
			);
		}
		ensure!(
			Quality::<T>::iter_values().all(|quality| {
				quality.score <= PARTS_PER_MILLION && quality.at_start <= PARTS_PER_MILLION
			}) && JudgedIn::<T>::iter_values().all(|quality| quality.score <= PARTS_PER_MILLION),
			"a quality score is above the whole"
		);
		Ok(())
	}
}
