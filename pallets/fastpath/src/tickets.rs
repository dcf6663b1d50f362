//! Tickets: parts of clients' escrow that one home each may spend.
//!
//! A ticket has a number that its client never had before, and orders contain it; so no two homes can
//! match the same order, whatever they have seen. Of one client a home has one ticket at a time.

use crate::{
	types::{Request, State, Ticket},
	Config, CurrentSet, Error, Event, LastTicket, OrderKeys, Pallet, Requests, TicketCount,
	Tickets, Workers,
};
use aci_fastpath::transaction::TicketId;
use aci_primitives::{traits::LeasedEscrow, AccountId, Balance};
use frame_support::{ensure, storage::with_storage_layer, traits::Get, BoundedVec};
use sp_runtime::{ArithmeticError, DispatchResult};

/// A client's tickets.
type List<T> = BoundedVec<Ticket, <T as Config>::MaxTicketsOfClient>;

impl<T: Config> Pallet<T> {
	/// Whether a ticket's set has ended, so that its home has it no longer.
	pub(crate) fn is_over(ticket: &Ticket) -> bool {
		!matches!(ticket.state, State::Waiting) && ticket.set < CurrentSet::<T>::get()
	}

	/// Puts a request into the queue for the next checkpoint.
	pub(crate) fn request(request: Request) -> DispatchResult {
		Requests::<T>::try_mutate(|requests| {
			if requests.contains(&request) {
				return Ok(());
			}
			requests
				.try_push(request)
				.map_err(|_| Error::<T>::TooManyRequests.into())
		})
	}

	/// Stores a client's tickets; an empty list is none.
	pub(crate) fn put_tickets(client: &AccountId, tickets: List<T>) {
		if tickets.is_empty() {
			Tickets::<T>::remove(client);
		} else {
			Tickets::<T>::insert(client, tickets);
		}
	}

	/// Ends a ticket that is in no list any more: what is left of it is free escrow.
	pub(crate) fn conclude_ticket(client: &AccountId, ticket: &Ticket) {
		// Parts of one client's leased money, whose sum fits.
		let left = ticket.amount.saturating_add(ticket.incoming);
		if left > 0 {
			let ended = T::Escrow::end_lease(client, left);
			frame_support::defensive_assert!(ended.is_ok(), "a ticket's money is leased");
		}
		TicketCount::<T>::mutate(|count| *count = count.saturating_sub(1));
		Self::deposit_event(Event::TicketEnded {
			client: client.clone(),
			ticket: ticket.id,
		});
	}

	pub(crate) fn do_fund_ticket(
		client: AccountId,
		home: AccountId,
		amount: Balance,
		renew: Balance,
	) -> DispatchResult {
		ensure!(
			OrderKeys::<T>::contains_key(&client),
			Error::<T>::NoOrderKey
		);
		ensure!(Self::place_of(&home).is_some(), Error::<T>::NotAHome);
		ensure!(amount > 0, Error::<T>::TicketTooSmall);
		let small = renew > 0 && renew < T::MinTicket::get();
		ensure!(!small, Error::<T>::TicketTooSmall);
		with_storage_layer(|| {
			let mut tickets = Tickets::<T>::get(&client);
			let mut live = tickets.iter().filter(|ticket| !Self::is_over(ticket));
			let comes = live.any(|ticket| ticket.to.as_ref() == Some(&home));
			ensure!(!comes, Error::<T>::HomeOccupied);
			let mut live = tickets.iter_mut().filter(|ticket| !Self::is_over(ticket));
			let known = live.find(|ticket| ticket.home == home);
			let id = if let Some(ticket) = known {
				let held = matches!(ticket.state, State::Waiting | State::Held);
				ensure!(held, Error::<T>::AlreadyEnding);
				ticket.incoming = ticket
					.incoming
					.checked_add(amount)
					.ok_or(ArithmeticError::Overflow)?;
				ticket.renew = renew;
				ticket.id
			} else {
				ensure!(amount >= T::MinTicket::get(), Error::<T>::TicketTooSmall);
				ensure!(
					TicketCount::<T>::get() < T::MaxTickets::get(),
					Error::<T>::Full
				);
				let last = LastTicket::<T>::get(&client);
				let id = last.checked_add(1).ok_or(Error::<T>::TooManyTickets)?;
				let ticket = Ticket {
					id,
					home: home.clone(),
					set: CurrentSet::<T>::get(),
					amount: 0,
					incoming: amount,
					state: State::Waiting,
					to: None,
					renew,
				};
				let pushed = tickets.try_push(ticket);
				pushed.map_err(|_| Error::<T>::TooManyTickets)?;
				LastTicket::<T>::insert(&client, id);
				TicketCount::<T>::mutate(|count| *count = count.saturating_add(1));
				id
			};
			T::Escrow::lease(&client, amount)?;
			Self::put_tickets(&client, tickets);
			Self::request(Request::Budget(client.clone(), id))?;
			Self::deposit_event(Event::TicketFunded {
				client,
				ticket: id,
				home,
				amount,
			});
			Ok(())
		})
	}

	pub(crate) fn do_end_ticket(
		client: AccountId,
		id: TicketId,
		to: Option<AccountId>,
	) -> DispatchResult {
		with_storage_layer(|| {
			let mut tickets = Tickets::<T>::get(&client);
			let place = tickets
				.iter()
				.position(|ticket| ticket.id == id && !Self::is_over(ticket))
				.ok_or(Error::<T>::NoLease)?;
			if let Some(to) = &to {
				ensure!(Self::place_of(to).is_some(), Error::<T>::NotAHome);
				let taken = |ticket: &Ticket| ticket.home == *to || ticket.to.as_ref() == Some(to);
				let mut live = tickets.iter().filter(|ticket| !Self::is_over(ticket));
				ensure!(!live.any(taken), Error::<T>::HomeOccupied);
			}
			let ticket = tickets.get_mut(place).ok_or(Error::<T>::NoLease)?;
			match ticket.state {
				State::Waiting if to.is_none() => {
					let ticket = tickets.remove(place);
					Self::put_tickets(&client, tickets);
					Self::conclude_ticket(&client, &ticket);
					return Ok(());
				}
				State::Waiting => ticket.home = to.clone().unwrap_or_else(|| ticket.home.clone()),
				State::Held => {
					let home = ticket.home.clone();
					let slots = Workers::<T>::get(&client)
						.leases
						.iter()
						.any(|lease| lease.home == home && !Self::has_left(lease));
					ensure!(!(slots && to.is_some()), Error::<T>::HomeOccupied);
					ticket.state = State::Ending;
					ticket.to = to.clone();
					ticket.renew = 0;
					Self::request(Request::End(client.clone(), home))?;
				}
				State::Ending | State::Leaving(_) | State::Left => {
					return Err(Error::<T>::AlreadyEnding.into())
				}
			}
			Self::put_tickets(&client, tickets);
			Self::deposit_event(Event::TicketEnding {
				client,
				ticket: id,
				to,
			});
			Ok(())
		})
	}
}
