//! The life of a slash: taken at once, then applied by the agenda or cancelled on appeal.

use crate::{
	Agenda, AgendaTail, Config, Error, Event, HoldReason, Ledgers, NextSlash, Pallet, PendingSlash,
	SlashId, Slashes, SlashesOf, TotalBurned, WeightInfo,
};
use aci_primitives::{traits::SlashReport, AccountId, Balance, BlockNumber};
use frame_support::{
	defensive, ensure,
	storage::with_storage_layer,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
	weights::Weight,
	BoundedVec,
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Takes the offence's share of a bond into the hold `Slashed` and puts it on the agenda.
	/// Returns how much that is.
	pub(crate) fn do_slash(report: SlashReport) -> Result<Balance, DispatchError> {
		let SlashReport {
			offender,
			role,
			offence,
			evidence,
			reporter,
			victim,
		} = report;
		let mut ledger = Ledgers::<T>::get(&offender, role).unwrap_or_default();
		let amount = T::SlashTable::get().amount(ledger.total(), offence);
		if amount == 0 {
			Self::deposit_event(Event::NothingToSlash {
				offender,
				role,
				offence,
				evidence,
			});
			return Ok(0);
		}
		let taken = ledger.take(amount);
		ensure!(
			Self::sum(taken.from_active, taken.from_unbonding)? == amount,
			ArithmeticError::Underflow
		);
		Self::move_hold(&offender, role.into(), HoldReason::Slashed, amount)?;
		Self::store(&offender, role, ledger);

		let id = NextSlash::<T>::get();
		NextSlash::<T>::put(id.checked_add(1).ok_or(ArithmeticError::Overflow)?);
		// Never the present block: its agenda has run.
		let applies_at = Self::now().saturating_add(T::AppealPeriod::get().max(1));
		Self::schedule(id, applies_at)?;
		SlashesOf::<T>::insert(&offender, id, ());
		let slash = PendingSlash {
			offender: offender.clone(),
			role,
			offence,
			amount,
			from_unbonding: taken.from_unbonding,
			unbonding_until: taken.until,
			evidence,
			reporter: reporter.clone(),
			victim: victim.clone(),
			applies_at,
		};
		Slashes::<T>::insert(id, slash);
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

	/// Puts a slash on the agenda of a block, or on that of the first block after it with room.
	///
	/// Slashes come in the order of their blocks, so all blocks between `at` and the agenda's last
	/// block were full when that one was opened: only the last block and the one after it are tried.
	/// Where governance shortened the appeal time, a slash waits behind those before it.
	fn schedule(id: SlashId, at: BlockNumber) -> DispatchResult {
		let mut block = at.max(AgendaTail::<T>::get());
		if Agenda::<T>::decode_len(block).unwrap_or_default()
			>= T::MaxSlashesPerBlock::get() as usize
		{
			block = block.checked_add(1).ok_or(ArithmeticError::Overflow)?;
		}
		Agenda::<T>::try_mutate(block, |ids: &mut BoundedVec<_, _>| ids.try_push(id))
			.map_err(|_| ArithmeticError::Overflow)?;
		AgendaTail::<T>::put(block);
		Ok(())
	}

	/// Applies the slashes of a block's agenda that are still pending.
	pub(crate) fn apply_due(now: BlockNumber) -> Weight {
		let due = Agenda::<T>::take(now);
		for id in &due {
			if Slashes::<T>::contains_key(id) && Self::do_apply(*id).is_err() {
				// The slash stays pending, and anyone can apply it by call.
				defensive!("a slash on the agenda cannot be applied");
			}
		}
		T::WeightInfo::on_initialize(due.len() as u32)
	}

	/// Ends a pending slash: the reporter gets its share, the rest is burned.
	pub(crate) fn do_apply(id: SlashId) -> DispatchResult {
		with_storage_layer(|| {
			let slash = Self::take_slash(id)?;
			let rewarded = match &slash.reporter {
				Some(reporter) => Self::reward(&slash.offender, reporter, slash.amount)?,
				None => 0,
			};
			// The reward is a share of the amount.
			let burned = slash.amount.saturating_sub(rewarded);
			if burned > 0 {
				T::Currency::burn_held(
					&HoldReason::Slashed.into(),
					&slash.offender,
					burned,
					Precision::Exact,
					Fortitude::Force,
				)?;
				TotalBurned::<T>::put(Self::sum(TotalBurned::<T>::get(), burned)?);
			}
			Self::deposit_event(Event::SlashApplied {
				id,
				offender: slash.offender,
				role: slash.role,
				reporter: slash.reporter.filter(|_| rewarded > 0),
				rewarded,
				burned,
			});
			Ok(())
		})
	}

	/// Pays a reporter its share of a slash; returns how much that is. An offender gets nothing for
	/// reporting itself, and a share that the reporter's account cannot take is burned with the rest.
	fn reward(
		offender: &AccountId,
		reporter: &AccountId,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let share = T::ReporterShare::get().mul_floor(amount);
		if share == 0 || reporter == offender || !Self::can_take(reporter, share) {
			return Ok(0);
		}
		T::Currency::transfer_on_hold(
			&HoldReason::Slashed.into(),
			offender,
			reporter,
			share,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Force,
		)
	}

	/// Ends a pending slash: all of it returns to the bond that it came from.
	pub(crate) fn do_cancel(id: SlashId) -> DispatchResult {
		let slash = Self::take_slash(id)?;
		let PendingSlash {
			offender,
			role,
			amount,
			from_unbonding: to_unbonding,
			..
		} = slash;
		let to_active = amount
			.checked_sub(to_unbonding)
			.ok_or(ArithmeticError::Underflow)?;
		Self::move_hold(&offender, HoldReason::Slashed, role.into(), amount)?;
		let mut ledger = Ledgers::<T>::get(&offender, role).unwrap_or_default();
		ledger.active = Self::sum(ledger.active, to_active)?;
		ledger.return_unbonding(to_unbonding, slash.unbonding_until);
		Self::store(&offender, role, ledger);
		Self::deposit_event(Event::SlashCancelled {
			id,
			offender,
			role,
			to_active,
			to_unbonding,
		});
		Ok(())
	}

	/// Removes a pending slash. Its entry of the agenda finds nothing then.
	fn take_slash(id: SlashId) -> Result<PendingSlash, DispatchError> {
		let slash = Slashes::<T>::take(id).ok_or(Error::<T>::NoSuchSlash)?;
		SlashesOf::<T>::remove(&slash.offender, id);
		Ok(slash)
	}
}
