//! The end of a slash: applied to claims, reporter and burn, or cancelled on appeal.
//!
//! A pot pays the wronged clients first: in full where it covers all claims, else each in proportion
//! to its claim, so no claim eats a later one. What it leaves open the class's insurer pays, within
//! its own cap. Of what is left the reporter has its share, the rest is burned.
//!
//! A refund that would leave its account below the existential deposit is never burned: it stays in
//! the pot, and anyone applies the pot again once the account exists.

use crate::{
	types::{Part, SlashState},
	Agenda, AgendaCursor, Claims, Config, Delegations, Error, Event, HoldReason, Ledgers, OpenPot,
	Pallet, Parts, PendingSlash, SlashId, Slashes, SlashesOf, TotalBurned, WeightInfo,
};
use aci_market::fixed::mul_div_floor;
use aci_primitives::{
	traits::{Claim, Insurer},
	AccountId, Balance, BlockNumber, BoundedList, Hash,
};
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{
	defensive, ensure,
	storage::with_storage_layer,
	traits::{
		fungible::{Inspect, MutateHold},
		tokens::{Fortitude, Precision, Preservation, Restriction},
		Get,
	},
	weights::Weight,
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

/// A slash with what belongs to it, taken out of storage.
struct Pot {
	slash: PendingSlash,
	parts: Vec<Part>,
	claims: Vec<Claim>,
}

/// What each claim gets of a pot: in full where it covers all, else in proportion. The results add
/// up to the pot or to the claims, whichever is less: each is the difference of two rounded running
/// sums.
pub(crate) fn pro_rata(pot: Balance, claims: &[Claim]) -> Vec<Balance> {
	let all = claims
		.iter()
		.fold(0, |sum: Balance, claim| sum.saturating_add(claim.amount));
	let paid = pot.min(all);
	let (mut claimed, mut given): (Balance, Balance) = (0, 0);
	claims
		.iter()
		.map(|claim| {
			claimed = claimed.saturating_add(claim.amount);
			// At most `paid`, since the running sum is at most the whole. No claims, no quotient.
			let until = mul_div_floor(paid, claimed, all).unwrap_or(given);
			let refund = until.saturating_sub(given);
			given = until;
			refund
		})
		.collect()
}

impl<T: Config> Pallet<T> {
	/// Applies the slashes whose time has come: those of earlier blocks first, and in each block a
	/// bounded number of bounded weight.
	pub(crate) fn apply_due(now: BlockNumber) -> Weight {
		let most = T::MaxSlashesPerBlock::get();
		let mut block = AgendaCursor::<T>::get().unwrap_or(now);
		let mut left = most;
		let mut weight = T::WeightInfo::agenda();
		// Each round ends a block of the agenda, or the budget: so many rounds catch up a few blocks.
		for _ in 0..=most {
			if left == 0 || block > now {
				break;
			}
			let due: Vec<SlashId> = Agenda::<T>::iter_key_prefix(block)
				.take(left as usize)
				.collect();
			for id in &due {
				let cost = Self::apply_weight(*id);
				// The first is applied in any case: the largest fits.
				if left < most && weight.saturating_add(cost).any_gt(Self::slash_budget()) {
					AgendaCursor::<T>::put(block);
					return weight;
				}
				left = left.saturating_sub(1);
				Agenda::<T>::remove(block, id);
				weight.saturating_accrue(cost);
				if Self::do_apply(*id).is_err() {
					// The slash stays, and anyone can apply it by call.
					defensive!("a slash on the agenda cannot be applied");
				}
			}
			// Where the number is not used up, the block has no more.
			if left > 0 {
				block = block.saturating_add(1);
			}
		}
		AgendaCursor::<T>::put(block);
		weight
	}

	/// What the slashes of one block may cost together: an eighth of its time.
	pub(crate) fn slash_budget() -> Weight {
		let block = <T as frame_system::Config>::BlockWeights::get().max_block;
		Weight::from_parts(block.ref_time() / 8, u64::MAX)
	}

	/// What applying a pot costs.
	pub(crate) fn apply_weight(id: SlashId) -> Weight {
		T::WeightInfo::apply_slash(
			Parts::<T>::decode_len(id).unwrap_or_default() as u32,
			Claims::<T>::decode_len(id).unwrap_or_default() as u32,
		)
	}

	/// Applies a slash: refunds, reporter, burn.
	pub(crate) fn do_apply(id: SlashId) -> DispatchResult {
		with_storage_layer(|| {
			let Pot {
				slash,
				mut parts,
				claims,
			} = Self::take_pot(id)?;
			let delegators: Vec<AccountId> = Self::delegators_in(&slash, &parts);
			let refunds = pro_rata(slash.amount, &claims);
			let first = slash.state != SlashState::Unclaimed;
			let mut waiting: Vec<Claim> = Vec::new();
			let (mut refunded, mut kept): (Balance, Balance) = (0, 0);
			for (claim, refund) in claims.into_iter().zip(refunds) {
				// The refund is at most the claim.
				let open = claim.amount.saturating_sub(refund);
				let mut paid = 0;
				if refund > 0 && Self::payable(&parts, &claim.client, refund) {
					Self::pay(&mut parts, &claim.client, refund)?;
					paid = refund;
					refunded = Self::sum(refunded, refund)?;
				} else if refund > 0 {
					kept = Self::sum(kept, refund)?;
					waiting.push(Claim {
						amount: refund,
						..claim.clone()
					});
				}
				let insured = match open {
					0 => 0,
					_ => T::Insurer::refund(claim.class, &slash.offender, &claim.client, open),
				};
				Self::deposit_event(Event::ClaimPaid {
					id,
					client: claim.client,
					job: claim.job,
					paid,
					waiting: refund.saturating_sub(paid),
					insured,
				});
			}
			ensure!(first || refunded > 0, Error::<T>::RefundsWait);

			// What is left is the amount less the refunds, of which `pro_rata` gives no more.
			let rest = slash
				.amount
				.checked_sub(refunded)
				.and_then(|rest| rest.checked_sub(kept))
				.ok_or(ArithmeticError::Underflow)?;
			let rewarded = match &slash.reporter {
				Some(reporter) => Self::reward(&mut parts, &slash.offender, reporter, rest)?,
				None => 0,
			};
			// The reward is a share of the rest.
			let mut burned = rest.saturating_sub(rewarded);
			Self::burn(&mut parts, burned)?;
			if let SlashState::Appealed { deposit } = slash.state {
				burned = Self::sum(burned, Self::burn_deposit(&slash.offender, deposit)?)?;
			}
			TotalBurned::<T>::put(Self::sum(TotalBurned::<T>::get(), burned)?);
			parts.retain(|part| part.amount > 0);
			Self::end_parts(&slash, delegators, &parts)?;
			Self::deposit_event(Event::SlashApplied {
				id,
				offender: slash.offender.clone(),
				role: slash.role,
				reporter: slash.reporter.clone().filter(|_| rewarded > 0),
				refunded,
				kept,
				rewarded,
				burned,
			});
			if kept > 0 {
				Self::keep_refunds(id, slash, parts, waiting, kept);
			}
			Ok(())
		})
	}

	/// Keeps refunds that their accounts cannot take, under the slash's number.
	fn keep_refunds(
		id: SlashId,
		slash: PendingSlash,
		parts: Vec<Part>,
		waiting: Vec<Claim>,
		kept: Balance,
	) {
		for part in &parts {
			SlashesOf::<T>::insert(&part.who, id, ());
		}
		// Both are parts of what was stored within the same bounds.
		Parts::<T>::insert(id, BoundedList::truncate_from(parts));
		Claims::<T>::insert(id, BoundedList::truncate_from(waiting));
		Slashes::<T>::insert(
			id,
			PendingSlash {
				amount: kept,
				reporter: None,
				state: SlashState::Unclaimed,
				..slash
			},
		);
	}

	/// The delegators among the accounts that a slash took from.
	fn delegators_in(slash: &PendingSlash, parts: &[Part]) -> Vec<AccountId> {
		parts
			.iter()
			.map(|part| &part.who)
			.filter(|who| **who != slash.offender)
			.cloned()
			.collect()
	}

	/// Ends a slash for the delegations of which nothing is left in its pot.
	fn end_parts(
		slash: &PendingSlash,
		delegators: Vec<AccountId>,
		left: &[Part],
	) -> DispatchResult {
		let left: BTreeSet<&AccountId> = left.iter().map(|part| &part.who).collect();
		for who in delegators.iter().filter(|who| !left.contains(who)) {
			let mut delegation =
				Delegations::<T>::get(&slash.offender, who).ok_or(Error::<T>::NotDelegated)?;
			delegation.slashes = delegation
				.slashes
				.checked_sub(1)
				.ok_or(ArithmeticError::Underflow)?;
			Self::store_delegation(&slash.offender, who, delegation)?;
		}
		Ok(())
	}

	/// Whether an account can take an amount out of a pot: its first piece must not be dust.
	fn payable(parts: &[Part], to: &AccountId, amount: Balance) -> bool {
		parts
			.iter()
			.find(|part| part.amount > 0)
			.is_some_and(|part| Self::can_take(to, part.amount.min(amount)))
	}

	/// Pays an account out of a pot's parts, in their order.
	fn pay(parts: &mut [Part], to: &AccountId, amount: Balance) -> DispatchResult {
		Self::walk(parts, amount, |who, piece| {
			T::Currency::transfer_on_hold(
				&HoldReason::Slashed.into(),
				who,
				to,
				piece,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Force,
			)
			.map(|_| ())
		})
	}

	/// Burns a part of a pot.
	fn burn(parts: &mut [Part], amount: Balance) -> DispatchResult {
		Self::walk(parts, amount, |who, piece| {
			T::Currency::burn_held(
				&HoldReason::Slashed.into(),
				who,
				piece,
				Precision::Exact,
				Fortitude::Force,
			)
			.map(|_| ())
		})
	}

	/// Takes an amount out of a pot's parts, in their order.
	fn walk(
		parts: &mut [Part],
		amount: Balance,
		mut take: impl FnMut(&AccountId, Balance) -> DispatchResult,
	) -> DispatchResult {
		let mut left = amount;
		for part in parts.iter_mut() {
			let piece = part.amount.min(left);
			if piece > 0 {
				take(&part.who, piece)?;
				// A minimum with both.
				part.amount = part.amount.saturating_sub(piece);
				left = left.saturating_sub(piece);
			}
		}
		ensure!(left == 0, ArithmeticError::Underflow);
		Ok(())
	}

	/// Pays a reporter its share of what the refunds leave; returns how much that is. An offender
	/// gets nothing for reporting itself, and a share that the reporter's account cannot take is
	/// burned with the rest.
	fn reward(
		parts: &mut [Part],
		offender: &AccountId,
		reporter: &AccountId,
		rest: Balance,
	) -> Result<Balance, DispatchError> {
		let share = T::ReporterShare::get().mul_floor(rest);
		if share == 0 || reporter == offender || !Self::payable(parts, reporter, share) {
			return Ok(0);
		}
		Self::pay(parts, reporter, share)?;
		Ok(share)
	}

	/// Burns the deposit of an appeal that governance did not grant.
	fn burn_deposit(who: &AccountId, deposit: Balance) -> Result<Balance, DispatchError> {
		if deposit == 0 {
			return Ok(0);
		}
		T::Currency::burn_held(
			&HoldReason::AppealDeposit.into(),
			who,
			deposit,
			Precision::Exact,
			Fortitude::Force,
		)
	}

	/// The offender appeals: it leaves a deposit, and the slash waits for one more appeal time.
	pub(crate) fn do_appeal(who: &AccountId, id: SlashId, reason: Hash) -> DispatchResult {
		let slash = Self::pending(id)?;
		ensure!(*who == slash.offender, Error::<T>::NotOffender);
		ensure!(
			slash.state == SlashState::Pending,
			Error::<T>::AlreadyAppealed
		);
		ensure!(Self::now() < slash.applies_at, Error::<T>::AppealTimeOver);
		let deposit = T::AppealDeposit::get();
		if deposit > 0 {
			let most =
				T::Currency::reducible_balance(who, Preservation::Preserve, Fortitude::Force);
			ensure!(deposit <= most, Error::<T>::InsufficientFunds);
			T::Currency::hold(&HoldReason::AppealDeposit.into(), who, deposit)?;
		}
		let applies_at = slash
			.applies_at
			.saturating_add(T::AppealPeriod::get().max(1));
		Agenda::<T>::remove(slash.applies_at, id);
		Agenda::<T>::insert(applies_at, id, ());
		Self::keep_latest(&slash.offender, slash.role, id, applies_at);
		Slashes::<T>::insert(
			id,
			PendingSlash {
				applies_at,
				state: SlashState::Appealed { deposit },
				..slash
			},
		);
		Self::deposit_event(Event::SlashAppealed {
			id,
			offender: who.clone(),
			reason,
			deposit,
			applies_at,
		});
		Ok(())
	}

	/// Ends a pending slash: every part of it returns to where it came from, and so does the deposit
	/// of an appeal. Claims that came with other reports join another pot.
	pub(crate) fn do_cancel(id: SlashId) -> DispatchResult {
		Self::pending(id)?;
		let Pot {
			slash,
			parts,
			claims,
		} = Self::take_pot(id)?;
		let (offender, role) = (slash.offender, slash.role);
		let (mut to_active, mut to_unbonding): (Balance, Balance) = (0, 0);
		for part in parts {
			let active = part
				.amount
				.checked_sub(part.from_unbonding)
				.ok_or(ArithmeticError::Underflow)?;
			to_active = Self::sum(to_active, active)?;
			to_unbonding = Self::sum(to_unbonding, part.from_unbonding)?;
			if part.who == offender {
				Self::move_hold(&offender, HoldReason::Slashed, role.into(), part.amount)?;
				let mut ledger = Ledgers::<T>::get(&offender, role).unwrap_or_default();
				ledger.active = Self::sum(ledger.active, active)?;
				ledger.return_unbonding(part.from_unbonding, part.unbonding_until);
				Self::store(&offender, role, ledger);
			} else {
				let (from, to) = (HoldReason::Slashed, HoldReason::Delegation);
				Self::move_hold(&part.who, from, to, part.amount)?;
				let mut delegation =
					Delegations::<T>::get(&offender, &part.who).ok_or(Error::<T>::NotDelegated)?;
				delegation.ledger.active = Self::sum(delegation.ledger.active, active)?;
				delegation
					.ledger
					.return_unbonding(part.from_unbonding, part.unbonding_until);
				delegation.slashes = delegation
					.slashes
					.checked_sub(1)
					.ok_or(ArithmeticError::Underflow)?;
				Self::store_delegation(&offender, &part.who, delegation)?;
			}
		}
		if let SlashState::Appealed { deposit } = slash.state {
			let reason = HoldReason::AppealDeposit.into();
			T::Currency::release(&reason, &offender, deposit, Precision::Exact)?;
		}
		Self::deposit_event(Event::SlashCancelled {
			id,
			offender: offender.clone(),
			role,
			to_active,
			to_unbonding,
		});
		// Another slash of the bond that still waits takes later claims now. Few wait side by side: each
		// took a share of what the one before had left.
		let next = SlashesOf::<T>::iter_key_prefix(&offender)
			.take(crate::pallet::MAX_VIEWED_SLASHES)
			.filter_map(|other| Some((other, Self::pending(other).ok()?)))
			.filter(|(_, other)| other.offender == offender && other.role == role)
			.max_by_key(|(other, slash)| (slash.applies_at, *other));
		if let Some((other, slash)) = next {
			Self::keep_latest(&offender, role, other, slash.applies_at);
		}
		for claim in claims {
			if Some(claim.job) != slash.job {
				Self::join_pot(&offender, role, claim);
			}
		}
		Ok(())
	}

	/// Takes a slash and all that belongs to it out of storage.
	fn take_pot(id: SlashId) -> Result<Pot, DispatchError> {
		let slash = Slashes::<T>::take(id).ok_or(Error::<T>::NoSuchSlash)?;
		let parts = Parts::<T>::take(id).into_inner();
		let claims = Claims::<T>::take(id).into_inner();
		for part in &parts {
			SlashesOf::<T>::remove(&part.who, id);
		}
		Agenda::<T>::remove(slash.applies_at, id);
		if OpenPot::<T>::get(&slash.offender, slash.role) == Some(id) {
			OpenPot::<T>::remove(&slash.offender, slash.role);
		}
		Ok(Pot {
			slash,
			parts,
			claims,
		})
	}

	/// A pot with its parts and claims.
	pub(crate) fn view_pot(id: SlashId) -> Option<crate::PotView> {
		Some(crate::PotView {
			slash: Slashes::<T>::get(id)?,
			parts: Parts::<T>::get(id).into_inner(),
			claims: Claims::<T>::get(id).into_inner(),
		})
	}
}
