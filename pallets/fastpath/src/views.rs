//! What nodes and clients read.

use crate::{
	types::{State, Ticket},
	Call, Checkpoints, Config, KeyOwners, OrderKeys, Pallet, Tickets, Workers,
};
use aci_fastpath::{
	api::{LeaseState, SlotsView, TicketView},
	checkpoint::{Certified, Checkpoint},
	scheme::PublicKey,
	types::CheckpointNumber,
};
use aci_primitives::AccountId;
use alloc::vec::Vec;

fn state_of(state: State) -> Option<LeaseState> {
	match state {
		State::Waiting => Some(LeaseState::Waiting),
		State::Held => Some(LeaseState::Held),
		State::Ending => Some(LeaseState::Leaving(None)),
		State::Leaving(at) => Some(LeaseState::Leaving(Some(at))),
		State::Left => None,
	}
}

impl<T: Config> Pallet<T> {
	/// A client's tickets, for nodes.
	pub fn ticket_views(client: &AccountId) -> Vec<TicketView> {
		let key = OrderKeys::<T>::get(client);
		let tickets = Tickets::<T>::get(client).into_iter();
		let view = |ticket: Ticket| {
			Some(TicketView {
				client: client.clone(),
				key,
				ticket: ticket.id,
				amount: ticket.amount,
				state: state_of(ticket.state).filter(|_| !Self::is_over(&ticket))?,
				home: ticket.home,
			})
		};
		tickets.filter_map(view).collect()
	}

	/// A worker's leases that have not left their homes, for nodes.
	pub fn slot_views(worker: &AccountId) -> Vec<SlotsView> {
		let key = OrderKeys::<T>::get(worker);
		let leases = Workers::<T>::get(worker).leases.into_iter();
		leases
			.filter(|lease| !Self::has_left(lease))
			.filter_map(|lease| {
				Some(SlotsView {
					worker: worker.clone(),
					key,
					slots: lease.slots,
					exposure: lease.exposure,
					state: state_of(lease.state)?,
					home: lease.home,
				})
			})
			.collect()
	}

	/// Who registered a key.
	pub fn key_owner(key: &PublicKey) -> Option<AccountId> {
		KeyOwners::<T>::get(key)
	}

	/// A checkpoint that the chain remembers.
	pub fn remembered_checkpoint(number: CheckpointNumber) -> Option<Checkpoint> {
		Checkpoints::<T>::get(number).map(|remembered| remembered.checkpoint)
	}

	/// The checkpoint of a call that carries one.
	pub fn certified_of(call: &Call<T>) -> Option<Certified> {
		match call {
			Call::checkpoint { certified } => Some((**certified).clone()),
			_ => None,
		}
	}
}
