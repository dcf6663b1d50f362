//! Checkpoints: which one enters, and what is remembered of it.
//!
//! The core's own check ([`Certified::check`]) says that a checkpoint is the next one of this set, that
//! its effects are its own, in order and balanced, and that a quorum signed it. The chain adds what it
//! alone knows: that each debit is of a ticket that the set has, within what that ticket has; that a
//! set is closed only when its session is over; that a block carries at most one checkpoint.
//!
//! After these checks nothing that follows can fail.

use crate::{
	types::{Remembered, Ticket},
	CarriedIn, Checkpoints, Config, CurrentSet, Ending, Error, Event, LastCheckpoint,
	OldestCheckpoint, Pallet, SetParameters, Tickets, WeightInfo,
};
use aci_fastpath::{
	checkpoint::{Certified, Checkpoint, CheckpointError, Effects, Last, Payee},
	scheme::Ed25519,
	transaction::TicketId,
};
use aci_primitives::{AccountId, Balance};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::Get, weights::Weight};
use sp_runtime::{DispatchResult, SaturatedConversion};

/// Debit and credit of each ticket that a checkpoint changes.
pub(crate) type TicketChanges = BTreeMap<AccountId, BTreeMap<TicketId, (Balance, Balance)>>;

/// Nets what a checkpoint does to tickets. `None` where a sum does not fit.
pub(crate) fn ticket_changes(effects: &Effects) -> Option<TicketChanges> {
	let mut changes = TicketChanges::new();
	for (client, ticket, amount) in &effects.debits {
		let change = changes.entry(client.clone()).or_default();
		let debit = &mut change.entry(*ticket).or_default().0;
		*debit = debit.checked_add(*amount)?;
	}
	for (payee, amount) in &effects.credits {
		if let Payee::Ticket(client, ticket) = payee {
			let change = changes.entry(client.clone()).or_default();
			let credit = &mut change.entry(*ticket).or_default().1;
			*credit = credit.checked_add(*amount)?;
		}
	}
	Some(changes)
}

impl<T: Config> Pallet<T> {
	/// Entries of all lists of a checkpoint's effects together.
	pub fn count_effects(effects: &Effects) -> u32 {
		[
			effects.debits.len(),
			effects.credits.len(),
			effects.quality.len(),
			effects.timeouts.len(),
			effects.missed.len(),
			effects.free_slots.len(),
			effects.moved_slots.len(),
			effects.accused.len(),
		]
		.into_iter()
		.fold(0usize, usize::saturating_add)
		.saturated_into()
	}

	/// Weight of a checkpoint of so many signers with so many entries in its lists.
	pub fn checkpoint_weight(signers: u32, effects: u32) -> Weight {
		T::WeightInfo::checkpoint(signers, effects, T::MaxRequests::get())
	}

	/// Whether a home of the set in force has this ticket.
	pub(crate) fn is_held(ticket: &Ticket) -> bool {
		let granted = !matches!(ticket.state, crate::types::State::Waiting);
		granted && ticket.set == CurrentSet::<T>::get()
	}

	/// All that must hold of a checkpoint before it is applied.
	pub(crate) fn check_checkpoint(certified: &Certified) -> DispatchResult {
		let committee = Self::committee().map_err(|_| Error::<T>::NoSet)?;
		let now = Self::now().block;
		ensure!(CarriedIn::<T>::get() != Some(now), Error::<T>::Twice);
		let effects = &certified.effects;
		ensure!(
			Self::count_effects(effects) <= T::MaxEffects::get(),
			Error::<T>::TooManyEffects
		);
		ensure!(
			!certified.checkpoint.closing || Ending::<T>::exists(),
			Error::<T>::NotEnding
		);
		let last = LastCheckpoint::<T>::get();
		let parameters = SetParameters::<T>::get();
		certified
			.check::<Ed25519>(&last, &committee, &parameters)
			.map_err(|error| match error {
				CheckpointError::OtherSet => Error::<T>::OtherSet,
				CheckpointError::NotNext => Error::<T>::NotNext,
				CheckpointError::TooEarly => Error::<T>::TooEarly,
				CheckpointError::Effects => Error::<T>::OtherEffects,
				CheckpointError::Order => Error::<T>::OutOfOrder,
				CheckpointError::Money => Error::<T>::Unbalanced,
				CheckpointError::Signers => Error::<T>::Signers,
				CheckpointError::NoQuorum => Error::<T>::NoQuorum,
				CheckpointError::Signature => Error::<T>::WrongSignature,
			})?;
		Self::check_budgets(effects)
	}

	/// No ticket is spent above what it has. What a checkpoint gives a ticket it may take again.
	fn check_budgets(effects: &Effects) -> DispatchResult {
		let changes = ticket_changes(effects).ok_or(Error::<T>::Unbalanced)?;
		for (client, changes) in changes {
			let tickets = Tickets::<T>::get(&client);
			for (id, (debit, credit)) in changes.into_iter().filter(|(_, (debit, _))| *debit > 0) {
				let covered = tickets.iter().any(|ticket| {
					let has = ticket.amount.checked_add(credit);
					ticket.id == id && Self::is_held(ticket) && has.is_some_and(|has| debit <= has)
				});
				ensure!(covered, Error::<T>::BudgetExceeded);
			}
		}
		Ok(())
	}

	pub(crate) fn do_checkpoint(certified: Certified) -> DispatchResult {
		Self::check_checkpoint(&certified)?;
		let Certified {
			checkpoint,
			effects,
			..
		} = certified;
		let set = checkpoint.context.set;
		let hash = checkpoint.hash();
		let number = checkpoint.number;
		Self::settle_money(&checkpoint, &effects)?;
		Self::deposit_event(Event::CheckpointSettled {
			set,
			number,
			hash,
			round: checkpoint.anchor.round,
			transactions_root: checkpoint.transactions_root,
			transactions: checkpoint.transactions,
			open_locks: checkpoint.open_locks,
			closing: checkpoint.closing,
		});
		Self::note_accused(&effects);
		let closing = checkpoint.closing;
		LastCheckpoint::<T>::put(Last {
			number,
			hash,
			anchor_round: checkpoint.anchor.round,
			open_locks: checkpoint.open_locks,
		});
		CarriedIn::<T>::put(Self::now().block);
		Self::remember(checkpoint);
		Self::leave_homes(number);
		if closing {
			Self::start_next();
		}
		Self::settle_work(&effects);
		Self::hand_out(number);
		Ok(())
	}

	/// Keeps a checkpoint until its fraud window ends, and forgets at most two whose window has.
	fn remember(checkpoint: Checkpoint) {
		let now = Self::now().block;
		let number = checkpoint.number;
		// Saturating: there are no blocks after the largest number.
		let until = now.saturating_add(T::FraudWindow::get());
		Checkpoints::<T>::insert(number, Remembered { checkpoint, until });
		let mut oldest = OldestCheckpoint::<T>::get();
		for _ in 0..2 {
			match Checkpoints::<T>::get(oldest) {
				Some(old) if old.until <= now && oldest < number => {
					Checkpoints::<T>::remove(oldest);
					oldest = oldest.saturating_add(1);
				}
				_ => break,
			}
		}
		OldestCheckpoint::<T>::put(oldest);
	}

	/// A checkpoint whose fraud window is open.
	pub(crate) fn remembered(number: u32) -> Result<Checkpoint, Error<T>> {
		let now = Self::now().block;
		Checkpoints::<T>::get(number)
			.filter(|remembered| now < remembered.until)
			.map(|remembered| remembered.checkpoint)
			.ok_or(Error::<T>::UnknownCheckpoint)
	}
}
