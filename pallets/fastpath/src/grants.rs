//! What goes out with a checkpoint: money and slots to homes, and announced ends.
//!
//! Requests wait for the next checkpoint, and its block hands them out: from that checkpoint on, as
//! their base, the homes' vertices use them. An end is announced with one checkpoint and takes effect
//! with the one `lag` above it, as the core's rule S10 wants. What leaves a home with a checkpoint can
//! be requested anew from then on.

use crate::{
	types::{Granted, Request, State},
	CarriedIn, Closings, Config, CurrentSet, Event, LastGrants, OrderKeys, Pallet, Requests,
	SetParameters, Tickets, Workers,
};
use aci_fastpath::{
	lane::{
		grant::{Closing, Grants, LaneGrant},
		terms::WorkerLease,
	},
	scheme::PublicKey,
	transaction::TicketId,
	types::CheckpointNumber,
};
use aci_primitives::{
	traits::{LeaseOffer, LeasedEscrow, LeasedSlots},
	AccountId,
};
use alloc::{sync::Arc, vec::Vec};
use frame_support::{traits::Get, BoundedVec};

impl<T: Config> Pallet<T> {
	/// Hands out what waited for this checkpoint, to homes of the set in force.
	pub(crate) fn hand_out(number: CheckpointNumber) {
		let granted: Vec<Granted> = Requests::<T>::take()
			.into_iter()
			.filter_map(|request| match request {
				Request::Budget(client, ticket) => Self::grant_budget(client, ticket, number),
				Request::Slots(worker, home) => Self::grant_slots(worker, home, number),
				Request::End(account, home) => Self::announce(account, home, number),
			})
			.collect();
		// No more than requests, which have the same bound.
		LastGrants::<T>::put(BoundedVec::<_, T::MaxRequests>::truncate_from(granted));
	}

	fn grant_budget(client: AccountId, id: TicketId, number: CheckpointNumber) -> Option<Granted> {
		let mut tickets = Tickets::<T>::get(&client);
		let place = tickets
			.iter()
			.position(|ticket| ticket.id == id && !Self::is_over(ticket) && ticket.incoming > 0)?;
		let ticket = tickets.get_mut(place)?;
		let home = Self::place_of(&ticket.home);
		let goes_on = matches!(ticket.state, State::Waiting | State::Held);
		let Some(home) = home.filter(|_| goes_on) else {
			let dropped = ticket.home.clone();
			if ticket.state == State::Waiting {
				let ticket = tickets.remove(place);
				Self::conclude_ticket(&client, &ticket);
			} else {
				let amount = core::mem::take(&mut ticket.incoming);
				let ended = T::Escrow::end_lease(&client, amount);
				frame_support::defensive_assert!(ended.is_ok(), "a ticket's money is leased");
			}
			Self::put_tickets(&client, tickets);
			Self::deposit_event(Event::RequestDropped {
				who: client,
				home: dropped,
			});
			return None;
		};
		let amount = core::mem::take(&mut ticket.incoming);
		// Parts of one client's leased money, whose sum fits.
		ticket.amount = ticket.amount.saturating_add(amount);
		if ticket.state == State::Waiting {
			ticket.state = State::Held;
			ticket.set = CurrentSet::<T>::get();
		}
		Self::deposit_event(Event::TicketGranted {
			client: client.clone(),
			ticket: id,
			home: ticket.home.clone(),
			amount,
			checkpoint: number,
		});
		Self::put_tickets(&client, tickets);
		Some(Granted::Budget {
			home,
			client,
			ticket: id,
			amount,
		})
	}

	fn grant_slots(
		worker: AccountId,
		home: AccountId,
		number: CheckpointNumber,
	) -> Option<Granted> {
		let mut book = Workers::<T>::get(&worker);
		let place = book
			.leases
			.iter()
			.position(|lease| lease.home == home && lease.state == State::Waiting)?;
		let Some(index) = Self::place_of(&home) else {
			let mut lease = book.leases.remove(place);
			let slots = lease.slots;
			Self::return_slots(&worker, &mut lease, slots);
			Self::conclude_lease(&worker, &lease);
			Self::put_book(&worker, book);
			Self::deposit_event(Event::RequestDropped { who: worker, home });
			return None;
		};
		let lease = book.leases.get_mut(place)?;
		lease.state = State::Held;
		lease.set = CurrentSet::<T>::get();
		let (slots, exposure) = (lease.slots, lease.exposure);
		Workers::<T>::insert(&worker, book);
		Self::deposit_event(Event::SlotsGranted {
			worker: worker.clone(),
			home,
			slots,
			checkpoint: number,
		});
		Some(Granted::Slots {
			home: index,
			worker,
			slots,
			exposure,
		})
	}

	/// Announces that what an account has at a home leaves it. Ticket and slots leave together, since
	/// a lane knows both by one key.
	fn announce(account: AccountId, home: AccountId, number: CheckpointNumber) -> Option<Granted> {
		let place = Self::place_of(&home)?;
		let set = CurrentSet::<T>::get();
		let lag = SetParameters::<T>::get().lag.max(1);
		let at = number.saturating_add(lag);
		let mut tickets = Tickets::<T>::get(&account);
		let mut book = Workers::<T>::get(&account);
		let open = |state: &State| matches!(state, State::Held | State::Ending);
		let ticket = tickets
			.iter_mut()
			.find(|ticket| ticket.home == home && ticket.set == set && open(&ticket.state));
		let lease = book
			.leases
			.iter_mut()
			.find(|lease| lease.home == home && lease.set == set && open(&lease.state));
		let asked = ticket
			.as_ref()
			.is_some_and(|ticket| ticket.state == State::Ending)
			|| lease
				.as_ref()
				.is_some_and(|lease| lease.state == State::Ending);
		if !asked {
			return None;
		}
		let mut to = None;
		if let Some(ticket) = ticket {
			ticket.state = State::Leaving(at);
			ticket.to = ticket.to.take().filter(|to| Self::place_of(to).is_some());
			to = ticket.to.as_ref().and_then(Self::place_of);
			Tickets::<T>::insert(&account, tickets);
		}
		if let Some(lease) = lease {
			lease.state = State::Leaving(at);
			Workers::<T>::insert(&account, book);
		}
		let noted = Closings::<T>::try_append(at, (account.clone(), home));
		frame_support::defensive_assert!(noted.is_ok(), "no more ends than requests");
		Some(Granted::Closing {
			home: place,
			account,
			to,
			at,
		})
	}

	/// What the block of the last checkpoint grants, with the chain's terms, as its set's lanes take
	/// it. `None` at every other block: the terms are those of this block's state.
	pub fn grants() -> Option<Grants> {
		let block = Self::now().block;
		CarriedIn::<T>::get().filter(|carried| *carried == block)?;
		let mut grants = Grants {
			terms: Some(Arc::new(T::Terms::get())),
			..Default::default()
		};
		for granted in LastGrants::<T>::get() {
			match granted {
				Granted::Budget {
					home,
					client,
					ticket,
					amount,
				} => {
					let Some(key) = OrderKeys::<T>::get(&client) else {
						continue;
					};
					let grant = LaneGrant::Budget {
						key,
						client,
						ticket,
						amount,
						sequence: 0,
					};
					grants.lanes.push((home, grant));
				}
				Granted::Slots {
					home,
					worker,
					slots,
					exposure,
				} => {
					let facts = T::Workers::facts(&worker);
					let Some((key, facts)) = OrderKeys::<T>::get(&worker).zip(facts) else {
						continue;
					};
					let lease = Self::lane_lease(worker, facts, slots, exposure);
					grants.lanes.push((home, LaneGrant::Slots { key, lease }));
				}
				Granted::Closing {
					home,
					account,
					to,
					at,
				} => {
					if let Some(key) = OrderKeys::<T>::get(&account) {
						grants.closings.push(Closing { home, key, to, at });
					}
				}
			}
		}
		Some(grants)
	}

	fn lane_lease(
		account: AccountId,
		facts: LeaseOffer,
		slots: u32,
		exposure: u128,
	) -> WorkerLease {
		WorkerLease {
			account,
			session_key: PublicKey::from_raw(facts.session_key),
			class: facts.class,
			slots,
			busy: 0,
			models: facts.models,
			quality: facts.quality,
			missed: facts.missed,
			exposure,
			closes: None,
		}
	}
}
