//! What a checkpoint's block gives to lanes, and what cannot be given.
//!
//! Grants only add, and replace terms; nothing in them takes away from what a home has. What is to
//! leave a home is announced as a [`Closing`] and leaves with a later checkpoint.
//!
//! A grant never fails. Money that finds no ticket is [`Returned`] to the client's escrow by the
//! next checkpoint; slots that find another class under the same key are dropped, and the chain,
//! which knows its leases, grants no such thing.

use super::{terms::*, Lane};
use crate::{scheme::PublicKey, transaction::TicketId, types::CheckpointNumber};
use aci_finality::AuthorityIndex;
use aci_primitives::{class::JOB_MILLI_SLOTS, AccountId, Balance, JobId};
use alloc::{sync::Arc, vec::Vec};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Something given to one lane.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum LaneGrant {
	/// Other terms.
	#[codec(index = 0)]
	Terms(Arc<Terms>),
	/// A budget: a new ticket, or more for the one that the key has.
	#[codec(index = 1)]
	Budget {
		/// The client's order key.
		key: PublicKey,
		/// The client.
		client: AccountId,
		/// The ticket.
		ticket: TicketId,
		/// How much, in planck.
		amount: Balance,
		/// Sequences up to this one were used at an earlier home.
		sequence: u32,
	},
	/// Slots: a new lease, or more slots, exposure and newer figures for the one that the key has.
	#[codec(index = 2)]
	Slots {
		/// The worker's order key.
		key: PublicKey,
		/// What is added. Of it `busy` is not read.
		lease: WorkerLease,
	},
	/// A job has ended: its slot is free.
	#[codec(index = 3)]
	Free(JobId),
	/// A ticket leaves the home with a checkpoint.
	#[codec(index = 4)]
	CloseTicket {
		/// The client's order key.
		key: PublicKey,
		/// The checkpoint.
		at: CheckpointNumber,
	},
	/// A worker leaves the home with a checkpoint.
	#[codec(index = 5)]
	CloseWorker {
		/// The worker's order key.
		key: PublicKey,
		/// The checkpoint.
		at: CheckpointNumber,
	},
}

/// What leaves a home, and with which checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Closing {
	/// The home.
	pub home: AuthorityIndex,
	/// The order key of the client or worker.
	pub key: PublicKey,
	/// Where it goes: to another home, or back to the chain.
	pub to: Option<AuthorityIndex>,
	/// The checkpoint. An earlier one than the rules allow is put off to the first that they do.
	pub at: CheckpointNumber,
}

/// All that comes with one checkpoint's block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Grants {
	/// Given to lanes.
	pub lanes: Vec<(AuthorityIndex, LaneGrant)>,
	/// Announced to leave.
	pub closings: Vec<Closing>,
	/// New terms for all.
	pub terms: Option<Arc<Terms>>,
}

/// What a grant or a lease's end gives back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Returned {
	/// Money of a ticket, to its client's escrow.
	#[codec(index = 0)]
	Money {
		/// The client.
		client: AccountId,
		/// The ticket.
		ticket: TicketId,
		/// How much, in planck.
		amount: Balance,
	},
}

impl Lane {
	pub(super) fn apply_grant(&mut self, grant: LaneGrant, returned: &mut Vec<Returned>) {
		match grant {
			LaneGrant::Terms(terms) => self.terms = terms,
			LaneGrant::Budget {
				key,
				client,
				ticket,
				amount,
				sequence,
			} => {
				let held = self.tickets.entry(key).or_insert_with(|| Ticket {
					client: client.clone(),
					id: ticket,
					amount: 0,
					sequence: 0,
					closes: None,
				});
				let sum = held.amount.checked_add(amount);
				match sum.filter(|_| held.client == client && held.id == ticket) {
					Some(sum) => {
						held.amount = sum;
						held.sequence = held.sequence.max(sequence);
					}
					None => returned.push(Returned::Money {
						client,
						ticket,
						amount,
					}),
				}
			}
			LaneGrant::Slots { key, lease } => self.add_slots(key, lease),
			LaneGrant::Free(job) => self.free(&job),
			LaneGrant::CloseTicket { key, at } => {
				if let Some(ticket) = self.tickets.get_mut(&key) {
					ticket.closes = Some(at);
				}
			}
			LaneGrant::CloseWorker { key, at } => {
				if let Some(worker) = self.workers.get_mut(&key) {
					worker.closes = Some(at);
					self.index.clear();
				}
			}
		}
	}

	fn add_slots(&mut self, key: PublicKey, lease: WorkerLease) {
		let class = lease.class;
		let added = lease.slots;
		self.index.clear();
		match self.workers.get_mut(&key) {
			Some(held) if held.class != class => return,
			Some(held) => {
				let Some(slots) = held.slots.checked_add(added) else {
					return;
				};
				*held = WorkerLease {
					slots,
					busy: held.busy,
					exposure: held.exposure.saturating_add(lease.exposure),
					closes: held.closes,
					..lease
				};
			}
			None => {
				self.workers.insert(
					key,
					WorkerLease {
						busy: 0,
						closes: None,
						..lease
					},
				);
			}
		}
		let slice = self.slices.entry(class).or_default();
		let capacity = u64::from(added).saturating_mul(JOB_MILLI_SLOTS);
		slice.free = slice.free.saturating_add(capacity);
		slice.target = slice.target.saturating_add(capacity);
	}

	/// Ends a ticket here: what is left of it, with what was granted to it and not reached.
	pub(crate) fn end_ticket(&mut self, key: &PublicKey) -> Option<Ticket> {
		let mut ticket = self.tickets.remove(key)?;
		for grants in self.granted.values_mut() {
			grants.retain(|grant| match grant {
				LaneGrant::Budget {
					key: of,
					client,
					ticket: id,
					amount,
					..
				} if of == key && *client == ticket.client && *id == ticket.id => {
					// Sums of escrow never exceed the issuance.
					ticket.amount = ticket.amount.saturating_add(*amount);
					false
				}
				_ => true,
			});
		}
		Some(ticket)
	}

	/// Ends a worker's lease here: the slots that are free, with what was granted and not reached.
	/// Slots that have a job come back when it ends.
	pub(crate) fn end_worker(&mut self, key: &PublicKey) -> Option<WorkerLease> {
		// Jobs that have ended and whose end no vertex has reached occupy nothing any more.
		let mut ended = Vec::new();
		for grants in self.granted.values_mut() {
			grants.retain(|grant| match grant {
				LaneGrant::Free(job) if self.occupied.get(job) == Some(key) => {
					ended.push(*job);
					false
				}
				_ => true,
			});
		}
		ended.iter().for_each(|job| self.free(job));
		let mut worker = self.workers.remove(key)?;
		self.index.clear();
		if let Some(slice) = self.slices.get_mut(&worker.class) {
			let slots = |count: u32| u64::from(count).saturating_mul(JOB_MILLI_SLOTS);
			slice.target = slice.target.saturating_sub(slots(worker.slots));
			let free = worker.slots.saturating_sub(worker.busy);
			slice.free = slice.free.saturating_sub(slots(free));
		}
		worker.slots = worker.slots.saturating_sub(worker.busy);
		worker.busy = 0;
		let account = &worker.account;
		let detached = &mut self.detached;
		self.occupied.retain(|job, of| {
			if of == key {
				detached.insert(*job, account.clone());
			}
			of != key
		});
		worker.closes = None;
		for grants in self.granted.values_mut() {
			grants.retain(|grant| match grant {
				LaneGrant::Slots { key: of, lease } if of == key && lease.class == worker.class => {
					worker.slots = worker.slots.saturating_add(lease.slots);
					worker.exposure = worker.exposure.saturating_add(lease.exposure);
					false
				}
				_ => true,
			});
		}
		Some(worker)
	}
}
