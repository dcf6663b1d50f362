//! The walk over the leases of ended sets: what is left of them comes back, and what is to be renewed
//! is requested anew. A bounded number of accounts in a block.
//!
//! A set that closed has given back its money and its free slots with its closing checkpoint; slots
//! with a job come back when the job ends. A set that lapsed has given back nothing: all of it comes
//! back here, since both clocks have passed the grace.

use crate::{
	types::{Sweep, Ticket},
	Config, CurrentSet, Event, Lapsed, Pallet, SweepState, Tickets, Validators, Workers,
};
use aci_primitives::{
	traits::{LeasedEscrow, LeasedSlots},
	AccountId, Balance,
};
use alloc::vec::Vec;
use frame_support::traits::Get;
use sp_runtime::{
	traits::{BlakeTwo256, Hash as _},
	SaturatedConversion,
};

impl<T: Config> Pallet<T> {
	/// Goes on with the walk. Returns how many accounts it looked at.
	pub(crate) fn sweep() -> u32 {
		let Some(state) = SweepState::<T>::get() else {
			return 0;
		};
		let most: usize = T::MaxSwept::get().saturated_into();
		let (accounts, over_tickets) = match state {
			Sweep::Tickets(None) => (Tickets::<T>::iter_keys().take(most).collect(), true),
			Sweep::Tickets(Some(after)) => {
				let from = Tickets::<T>::hashed_key_for(&after);
				let rest: Vec<AccountId> = Tickets::<T>::iter_keys_from(from).take(most).collect();
				(rest, true)
			}
			Sweep::Slots(None) => (Workers::<T>::iter_keys().take(most).collect(), false),
			Sweep::Slots(Some(after)) => {
				let from = Workers::<T>::hashed_key_for(&after);
				(
					Workers::<T>::iter_keys_from(from).take(most).collect(),
					false,
				)
			}
		};
		for account in &accounts {
			if over_tickets {
				Self::sweep_client(account);
			} else {
				Self::sweep_worker(account);
			}
		}
		let count = accounts.len();
		let last = accounts.into_iter().next_back().filter(|_| count == most);
		match (over_tickets, last) {
			(true, Some(last)) => SweepState::<T>::put(Sweep::Tickets(Some(last))),
			(true, None) => SweepState::<T>::put(Sweep::Slots(None)),
			(false, Some(last)) => SweepState::<T>::put(Sweep::Slots(Some(last))),
			(false, None) => SweepState::<T>::kill(),
		}
		count.saturated_into()
	}

	/// The home of a renewal: the same validator, or another one where it is in the set no longer.
	/// Which one is drawn by account and set, so that what a home leaves is spread over all.
	fn next_home(account: &AccountId, home: &AccountId) -> Option<AccountId> {
		let homes = Validators::<T>::get();
		if homes.contains(home) {
			return Some(home.clone());
		}
		let drawn = BlakeTwo256::hash_of(&(account, home, CurrentSet::<T>::get()));
		let place = u64::from_le_bytes(drawn.0.first_chunk().copied().unwrap_or_default())
			.checked_rem(homes.len() as u64)?;
		homes.get(place.saturated_into::<usize>()).cloned()
	}

	fn sweep_client(client: &AccountId) {
		let mut tickets = Tickets::<T>::get(client);
		let over: Vec<Ticket> = tickets
			.iter()
			.filter(|ticket| Self::is_over(ticket))
			.cloned()
			.collect();
		if over.is_empty() {
			return;
		}
		tickets.retain(|ticket| !Self::is_over(ticket));
		Self::put_tickets(client, tickets);
		for ticket in &over {
			Self::conclude_ticket(client, ticket);
		}
		for ticket in over.iter().filter(|ticket| ticket.renew > 0) {
			let renewed = Self::next_home(client, &ticket.home).is_some_and(|home| {
				let amount: Balance = ticket.renew.min(T::Escrow::free_escrow(client));
				Self::do_fund_ticket(client.clone(), home, amount, ticket.renew).is_ok()
			});
			if !renewed {
				Self::deposit_event(Event::RequestDropped {
					who: client.clone(),
					home: ticket.home.clone(),
				});
			}
		}
	}

	fn sweep_worker(worker: &AccountId) {
		let mut book = Workers::<T>::get(worker);
		let lapsed = Lapsed::<T>::get();
		let mut renewals = Vec::new();
		for lease in book.leases.iter_mut().filter(|lease| Self::has_left(lease)) {
			if lapsed.is_some_and(|lapsed| lease.set <= lapsed) {
				let slots = lease.slots;
				Self::return_slots(worker, lease, slots);
			}
			if let Some((slots, exposure)) = lease.renew.take() {
				renewals.push((lease.home.clone(), slots, exposure));
			}
		}
		Self::conclude_empty(worker, &mut book);
		Self::put_book(worker, book);
		for (home, slots, exposure) in renewals {
			let renewed = Self::next_home(worker, &home).is_some_and(|home| {
				let Some(offer) = T::Workers::offer(worker) else {
					return false;
				};
				let slots = slots.min(offer.slots);
				let exposure = exposure.min(offer.exposure);
				Self::do_lease_slots(worker.clone(), home, slots, exposure, true).is_ok()
			});
			if !renewed {
				Self::deposit_event(Event::RequestDropped {
					who: worker.clone(),
					home,
				});
			}
		}
	}
}
