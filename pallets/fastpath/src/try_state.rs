//! The check of the invariants of the crate's documentation.

use crate::{
	slots::milli_slots,
	types::{Membership, State},
	Authorities, Checkpoints, Config, CurrentSet, DisputedLocks, DisputedTotal, Ending, KeyOwners,
	LastCheckpoint, LastTicket, LeaseCount, Next, OldestCheckpoint, OrderKeys, Pallet, Sets,
	TicketCount, Tickets, Validators, Workers,
};
use aci_primitives::{
	traits::{LeasedEscrow, LeasedSlots, Slices},
	AccountId, Balance, ClassId,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::Get, BoundedVec};
use sp_runtime::DispatchError;

type Check = Result<(), DispatchError>;

impl<T: Config> Pallet<T> {
	/// Checks the numbered invariants over the whole state, between two blocks. It reads everything:
	/// for tests and for checks of a node, never for a block.
	pub fn do_try_state() -> Check {
		Self::check_sets()?;
		Self::check_keys()?;
		Self::check_tickets()?;
		Self::check_slots()?;
		Self::check_locks()?;
		Self::check_history()
	}

	/// Invariant 1.
	fn check_sets() -> Check {
		let current = CurrentSet::<T>::get();
		let authorities = Authorities::<T>::get();
		let validators = Validators::<T>::get();
		ensure!(
			authorities.is_empty() || Self::committee().is_ok(),
			"invariant 1: the authorities make no set"
		);
		ensure!(
			authorities.len() == validators.len(),
			"invariant 1: not every authority has an account"
		);
		ensure!(
			Ending::<T>::exists() == Next::<T>::exists(),
			"invariant 1: a set waits though none ends, or none waits"
		);
		let record = Sets::<T>::get(current).ok_or("invariant 1: the set has no record")?;
		let members = validators.into_iter().zip(authorities).collect();
		let membership = Membership {
			set: current,
			members: BoundedVec::truncate_from(members),
		};
		ensure!(
			membership.hash() == record.members,
			"invariant 1: the members are not those of the record"
		);
		let history = u64::from(T::SetHistory::get().max(1));
		let oldest = current.saturating_sub(history.saturating_sub(1));
		let sets: BTreeSet<_> = Sets::<T>::iter_keys().collect();
		ensure!(
			sets.into_iter().eq(oldest..=current),
			"invariant 1: the remembered sets are not the last ones"
		);
		Ok(())
	}

	/// Invariant 2.
	fn check_keys() -> Check {
		let mut count = 0usize;
		for (account, key) in OrderKeys::<T>::iter() {
			count = count.saturating_add(1);
			ensure!(
				KeyOwners::<T>::get(key) == Some(account),
				"invariant 2: a key is another account's"
			);
		}
		ensure!(
			KeyOwners::<T>::iter_keys().count() == count,
			"invariant 2: a key is nobody's"
		);
		let uses = Tickets::<T>::iter_keys().chain(
			Workers::<T>::iter()
				.filter(|(_, book)| !book.leases.is_empty())
				.map(|(worker, _)| worker),
		);
		for account in uses {
			ensure!(
				OrderKeys::<T>::contains_key(account),
				"invariant 2: something is leased without a key"
			);
		}
		Ok(())
	}

	/// Invariants 3 and 4.
	fn check_tickets() -> Check {
		let mut count = 0u32;
		for (client, tickets) in Tickets::<T>::iter() {
			ensure!(
				!tickets.is_empty(),
				"invariant 3: an empty list of tickets is kept"
			);
			let last = LastTicket::<T>::get(&client);
			let mut ids = BTreeSet::new();
			let mut homes = BTreeSet::<AccountId>::new();
			let mut sum: Balance = 0;
			for ticket in &tickets {
				count = count.saturating_add(1);
				ensure!(
					ticket.id <= last && ids.insert(ticket.id),
					"invariant 3: a ticket's number is used twice"
				);
				ensure!(
					ticket.state != State::Waiting || ticket.amount == 0 && ticket.incoming > 0,
					"invariant 3: a waiting ticket has something, or nothing comes"
				);
				if !Self::is_over(ticket) {
					ensure!(
						homes.insert(ticket.home.clone())
							&& ticket.to.clone().is_none_or(|to| homes.insert(to)),
						"invariant 3: a home has two tickets of one client"
					);
				}
				sum = sum
					.checked_add(ticket.amount)
					.and_then(|sum| sum.checked_add(ticket.incoming))
					.ok_or("invariant 4: tickets exceed all money")?;
			}
			ensure!(
				T::Escrow::leased(&client) == sum,
				"invariant 4: a client's tickets are not what it leased"
			);
		}
		ensure!(
			count == TicketCount::<T>::get() && count <= T::MaxTickets::get(),
			"invariant 3: the count of tickets is wrong"
		);
		Ok(())
	}

	/// Invariants 5 and 6.
	fn check_slots() -> Check {
		let mut count = 0u32;
		let mut slices = BTreeMap::<(ClassId, AccountId), u64>::new();
		for (worker, book) in Workers::<T>::iter() {
			let mut slots = 0u32;
			let mut exposed: Balance = 0;
			let mut homes = BTreeSet::new();
			for lease in &book.leases {
				count = count.saturating_add(1);
				slots = slots.saturating_add(lease.slots);
				exposed = exposed.saturating_add(lease.exposure);
				let slice = slices.entry((lease.class, lease.home.clone())).or_default();
				*slice = slice.saturating_add(milli_slots(lease.slots));
				ensure!(
					Self::has_left(lease) || homes.insert(lease.home.clone()),
					"invariant 5: a home has two leases of one worker"
				);
			}
			for (_, value) in &book.paid {
				exposed = exposed.saturating_add(*value);
			}
			ensure!(
				T::Workers::leased_slots(&worker) == slots,
				"invariant 5: a worker's leases are not what it leased"
			);
			ensure!(
				T::Workers::exposed(&worker) == exposed,
				"invariant 6: a worker's exposure is not that of its leases and payments"
			);
		}
		for ((class, home), capacity) in slices {
			let slice = T::Slices::slice(class, &Self::home(&home)).map_or(0, |pool| pool.target);
			ensure!(
				slice == capacity,
				"invariant 5: a slice is not the leases of its home"
			);
		}
		ensure!(
			count == LeaseCount::<T>::get() && count <= T::MaxLeases::get(),
			"invariant 5: the count of leases is wrong"
		);
		Ok(())
	}

	/// Invariant 7.
	fn check_locks() -> Check {
		let disputed = DisputedLocks::<T>::iter_values()
			.fold(0, |sum: Balance, lock| sum.saturating_add(lock.amount));
		ensure!(
			disputed == DisputedTotal::<T>::get(),
			"invariant 7: the disputed locks differ from their sum"
		);
		let open = LastCheckpoint::<T>::get().open_locks;
		ensure!(
			open.checked_add(disputed) == Some(T::Escrow::open_locks()),
			"invariant 7: what the escrow keeps is not L and the disputed locks"
		);
		Ok(())
	}

	/// Invariant 8.
	fn check_history() -> Check {
		let last = LastCheckpoint::<T>::get();
		let oldest = OldestCheckpoint::<T>::get();
		let remembered: BTreeMap<_, _> = Checkpoints::<T>::iter().collect();
		ensure!(
			remembered.keys().copied().eq(oldest..=last.number),
			"invariant 8: the remembered checkpoints are not the last ones"
		);
		let newest = remembered.get(&last.number);
		ensure!(
			newest.is_none_or(|newest| newest.checkpoint.hash() == last.hash),
			"invariant 8: the last checkpoint is another one"
		);
		Ok(())
	}
}
