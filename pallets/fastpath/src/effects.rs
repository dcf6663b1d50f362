//! What a checkpoint does: money, slots, quality, slashes.

use crate::{
	checkpoints::ticket_changes,
	types::{DisputedLock, State},
	Closings, Config, CurrentSet, DisputedLocks, DisputedTotal, Error, Event, Pallet, Tickets,
	Validators, Workers,
};
use aci_fastpath::{
	checkpoint::{Checkpoint, Effects, Payee},
	types::CheckpointNumber,
};
use aci_market::{fixed::mul_div_floor, Offence};
use aci_primitives::{
	traits::{
		Claim, Insurer, LeasedEscrow, LeasedSlots, NetSettlement, Payee as Paid, QualityUpdate,
		SlashReport, Slasher,
	},
	AccountId, Balance, JobId, Role,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::traits::Get;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Tickets, payments, disputed locks. Only the escrow could refuse, and the checks before have
	/// shown that it has no reason to.
	pub(crate) fn settle_money(checkpoint: &Checkpoint, effects: &Effects) -> DispatchResult {
		let mut net = NetSettlement::default();
		Self::change_tickets(effects, &mut net)?;
		let mut paid = Vec::new();
		for (payee, amount) in &effects.credits {
			let amount = *amount;
			let payee = match payee {
				Payee::Worker(worker) => {
					paid.push((worker, amount));
					Paid::Account(worker.clone())
				}
				Payee::Validators => Paid::Validators,
				Payee::Verifiers => Paid::Verifiers,
				Payee::Liquidity(class) => Paid::Fund(*class),
				Payee::Escrow(client) => {
					net.freed.push((client.clone(), amount));
					continue;
				}
				Payee::Dispute(client, job) => {
					Self::note_disputed(client, job, amount);
					continue;
				}
				// Done with the debits.
				Payee::Ticket(..) => continue,
			};
			net.payments.push((payee, amount));
		}
		net.payments.push((Paid::Burn, effects.burn));
		net.locks = checkpoint
			.open_locks
			.checked_add(DisputedTotal::<T>::get())
			.ok_or(Error::<T>::Inconsistent)?;
		T::Escrow::settle_net(&net).map_err(|_| Error::<T>::Inconsistent)?;
		for (worker, amount) in paid {
			Self::note_fee(worker, amount);
			Self::note_paid(worker, amount);
		}
		Ok(())
	}

	fn change_tickets(effects: &Effects, net: &mut NetSettlement) -> DispatchResult {
		let changes = ticket_changes(effects).ok_or(Error::<T>::Unbalanced)?;
		for (client, changes) in changes {
			let mut tickets = Tickets::<T>::get(&client);
			for (id, (debit, credit)) in changes {
				let held = tickets
					.iter_mut()
					.find(|ticket| ticket.id == id && Self::is_held(ticket));
				let Some(ticket) = held else {
					// It left its home with an earlier checkpoint.
					net.freed.push((client.clone(), credit));
					continue;
				};
				ticket.amount = ticket
					.amount
					.checked_add(credit)
					.and_then(|sum| sum.checked_sub(debit))
					.ok_or(Error::<T>::BudgetExceeded)?;
				net.debits.push((client.clone(), debit));
				net.leased.push((client.clone(), credit));
			}
			Self::put_tickets(&client, tickets);
		}
		Ok(())
	}

	fn note_disputed(client: &AccountId, job: &JobId, amount: Balance) {
		let until = Self::now().block.saturating_add(T::FraudWindow::get());
		DisputedLocks::<T>::insert(
			job,
			DisputedLock {
				client: client.clone(),
				amount,
				until,
			},
		);
		// Parts of what is locked, whose sum fits.
		DisputedTotal::<T>::mutate(|total| *total = total.saturating_add(amount));
		Self::deposit_event(Event::LockDisputed {
			job: *job,
			client: client.clone(),
			amount,
			until,
		});
	}

	/// What a worker's jobs brought its class's fund: as much of it as of the worker's part.
	fn note_fee(worker: &AccountId, paid: Balance) {
		let shares = T::FeeShares::get();
		let fee = mul_div_floor(
			paid,
			Balance::from(shares.liquidity()),
			Balance::from(shares.worker().max(1)),
		);
		if let (Some(facts), Ok(fee)) = (T::Workers::facts(worker), fee) {
			T::Insurer::note_fee(facts.class, worker, fee);
		}
	}

	pub(crate) fn note_accused(effects: &Effects) {
		let homes = Validators::<T>::get();
		let set = CurrentSet::<T>::get();
		for author in &effects.accused {
			if let Some(home) = homes.get(usize::from(*author)) {
				Self::deposit_event(Event::Accused {
					set,
					home: home.clone(),
				});
			}
		}
	}

	/// What was announced to leave its home with this checkpoint has left it.
	pub(crate) fn leave_homes(number: CheckpointNumber) {
		for (account, home) in Closings::<T>::take(number) {
			let mut tickets = Tickets::<T>::get(&account);
			let place = tickets.iter().position(|ticket| {
				ticket.home == home
					&& ticket.state == State::Leaving(number)
					&& Self::is_held(ticket)
			});
			if let Some(place) = place {
				let to = tickets.get(place).and_then(|ticket| ticket.to.clone());
				match (to, tickets.get_mut(place)) {
					(Some(to), Some(ticket)) => {
						ticket.home = to.clone();
						ticket.to = None;
						ticket.state = State::Held;
						Self::deposit_event(Event::TicketMoved {
							client: account.clone(),
							ticket: ticket.id,
							from: home.clone(),
							to,
							amount: ticket.amount,
						});
					}
					_ => {
						let ticket = tickets.remove(place);
						Self::conclude_ticket(&account, &ticket);
					}
				}
				Self::put_tickets(&account, tickets);
			}
			let mut book = Workers::<T>::get(&account);
			let leaving = book.leases.iter_mut().find(|lease| {
				lease.home == home
					&& lease.state == State::Leaving(number)
					&& lease.set == CurrentSet::<T>::get()
			});
			if let Some(lease) = leaving {
				lease.state = State::Left;
				Workers::<T>::insert(&account, book);
			}
		}
	}

	/// Slots that came back, quality, and workers that failed.
	pub(crate) fn settle_work(effects: &Effects) {
		let mut slots = BTreeMap::<&AccountId, u32>::new();
		for (worker, count) in &effects.free_slots {
			let sum = slots.entry(worker).or_default();
			// What exceeds the worker's leases is not returned.
			*sum = sum.saturating_add(*count);
		}
		for (worker, count) in slots {
			Self::free_slots(worker, count);
		}
		let mut results = BTreeMap::<&AccountId, Vec<u32>>::new();
		for update in &effects.quality {
			results
				.entry(&update.worker)
				.or_default()
				.push(update.result);
		}
		for (worker, results) in results {
			T::Quality::judged_all(worker, &results);
		}
		for (worker, job) in &effects.timeouts {
			let slashed = T::Slasher::slash(SlashReport {
				offender: worker.clone(),
				role: Role::Worker,
				offence: Offence::Timeout,
				// The evidence is the job, whose end the checkpoint's roots contain.
				evidence: *job,
				reporter: None,
				// The client has its whole lock back.
				victim: None::<Claim>,
			});
			Self::deposit_event(Event::WorkerTimedOut {
				worker: worker.clone(),
				job: *job,
				slashed,
			});
		}
		for worker in &effects.missed {
			T::Workers::note_missed(worker);
		}
	}
}
