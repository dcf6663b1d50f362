//! How jobs ended, read from the events of their blocks.
//!
//! The chain keeps for ever one root over the ends of each block. Their events, in their order, carry
//! every field of the leaves, so a node that still has a block's events gives the proof of each of
//! its ends, long after the records are pruned; [`aci_primitives::history`] has the functions.

use crate::{reads::value_key, Chain, ChainError, Event};
use aci_primitives::{AccountId, Balance, BlockNumber, HistoryLeaf, JobId, JobStatus};
use std::collections::HashMap;
use subxt::config::substrate::H256;

impl Chain {
	/// The events of a block of the best chain; `None` above its end. A node that has forgotten the
	/// block's state refuses ([`ChainError::Refused`]): ask one that keeps all.
	pub async fn events_at(&self, number: BlockNumber) -> Result<Option<Vec<Event>>, ChainError> {
		let Some(hash) = self.block_hash(number).await? else {
			return Ok(None);
		};
		let block = H256(hash.0);
		let Some(header) = self.header_at(Some(block)).await? else {
			return Ok(None);
		};
		let runtime = self.runtime_of(&header).await?;
		let key = value_key("System", "Events");
		let bytes = self
			.stored_bytes("a block's events", key, Some(block))
			.await?;
		let placed = runtime.events(bytes.unwrap_or_default())?;
		Ok(Some(
			placed.into_iter().map(|placed| placed.event).collect(),
		))
	}
}

/// The ends that a block's events state, in the order of the leaves of its history.
pub fn leaves(block: BlockNumber, events: &[Event]) -> Vec<HistoryLeaf> {
	let mut forfeited = HashMap::new();
	let mut leaves = Vec::new();
	for event in events {
		if let Event::JobForfeited { job, amount, .. } = event {
			forfeited.insert(*job, *amount);
		}
		if let Some(mut leaf) = leaf(block, event) {
			// What is burned of a paid job's lock is a part of its price and of nothing else.
			if let (JobStatus::Settled, Some(burned)) = (leaf.status, forfeited.remove(&leaf.job)) {
				leaf.price = leaf.price.saturating_add(burned);
			}
			leaves.push(leaf);
		}
	}
	leaves
}

/// The end that an event states.
fn leaf(block: BlockNumber, event: &Event) -> Option<HistoryLeaf> {
	let unpaid = |job: &JobId, client: &AccountId, status, refund: Balance| HistoryLeaf {
		job: *job,
		client: client.clone(),
		worker: None,
		status,
		price: 0,
		due: 0,
		refund,
		receipt: None,
		block,
	};
	Some(match event {
		Event::JobSettled {
			job,
			client,
			worker,
			paid,
			validators,
			verifiers,
			fund,
			burned,
			refund,
			receipt,
		} => {
			// Parts of one price, which fits.
			let parts = [paid, validators, verifiers, fund, burned];
			let due = parts
				.into_iter()
				.fold(0, |sum: Balance, part| sum.saturating_add(*part));
			HistoryLeaf {
				worker: Some(worker.clone()),
				price: due.saturating_add(*refund),
				due,
				receipt: Some(*receipt),
				..unpaid(job, client, JobStatus::Settled, *refund)
			}
		}
		Event::JobCancelled {
			job,
			client,
			refund,
		} => unpaid(job, client, JobStatus::Cancelled, *refund),
		Event::JobExpired {
			job,
			client,
			refund,
			slot_fee,
		} => HistoryLeaf {
			due: *slot_fee,
			..unpaid(job, client, JobStatus::Expired, *refund)
		},
		Event::JobTimedOut {
			job,
			client,
			worker,
			refund,
			..
		} => HistoryLeaf {
			worker: Some(worker.clone()),
			price: *refund,
			..unpaid(job, client, JobStatus::TimedOut, *refund)
		},
		Event::JobRefunded {
			job,
			client,
			worker,
			price,
			due,
			refund,
			receipt,
			..
		} => HistoryLeaf {
			worker: Some(worker.clone()),
			price: *price,
			due: *due,
			receipt: Some(*receipt),
			..unpaid(job, client, JobStatus::Refunded, *refund)
		},
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	fn account(byte: u8) -> AccountId {
		AccountId::new([byte; 32])
	}

	fn settled(job: JobId) -> Event {
		Event::JobSettled {
			job,
			client: account(1),
			worker: account(2),
			paid: 75,
			validators: 10,
			verifiers: 5,
			fund: 5,
			burned: 5,
			refund: 20,
			receipt: JobId::repeat_byte(9),
		}
	}

	#[test]
	fn each_end_has_its_leaf_in_the_order_of_the_events() {
		let job = JobId::repeat_byte;
		let events = [
			Event::JobCancelled {
				job: job(1),
				client: account(1),
				refund: 3,
			},
			settled(job(2)),
			Event::JobPruned {
				job: job(3),
				client: account(1),
				deposit: 1,
			},
			Event::JobExpired {
				job: job(4),
				client: account(1),
				refund: 6,
				slot_fee: 1,
			},
		];
		let leaves = leaves(7, &events);
		let ends: Vec<_> = leaves.iter().map(|leaf| (leaf.job, leaf.status)).collect();
		assert_eq!(
			ends,
			[
				(job(1), JobStatus::Cancelled),
				(job(2), JobStatus::Settled),
				(job(4), JobStatus::Expired)
			]
		);
		assert!(leaves.iter().all(|leaf| leaf.block == 7));
		let amounts = |leaf: &HistoryLeaf| (leaf.price, leaf.due, leaf.refund);
		let amounts: Vec<_> = leaves.iter().map(amounts).collect();
		assert_eq!(amounts, [(0, 0, 3), (120, 100, 20), (0, 1, 6)]);
	}

	#[test]
	fn what_a_reservation_forfeited_is_a_part_of_the_price_of_a_paid_job() {
		let job = JobId::repeat_byte(2);
		let forfeited = Event::JobForfeited {
			job,
			reservation: 0,
			amount: 30,
		};
		let leaves = leaves(7, &[forfeited, settled(job)]);
		assert_eq!(leaves.first().map(|leaf| leaf.price), Some(150));
	}
}
