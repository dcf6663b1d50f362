//! What came and is not checked yet: bounded queues before the threads that check signatures.
//!
//! # Guarantees
//!
//! 1. Of each validator at most [`VERTICES`] vertices of together [`VERTEX_BYTES`] wait; one that
//!    floods fills its own queue only. Batches take from the validators in turn.
//! 2. Of all clients at most [`TRANSACTIONS`] transactions wait. What is over is refused at once, and
//!    the sender is told how many wait.

use aci_fastpath::{transaction::Transaction, vertex::MAX_VERTEX_BYTES};
use aci_finality::AuthorityIndex;
use std::collections::{BTreeMap, VecDeque};

/// Vertices of one validator that wait at most.
pub const VERTICES: usize = 1_024;
/// Their bytes together at most.
pub const VERTEX_BYTES: usize = 8 << 20;
/// Transactions that wait at most.
pub const TRANSACTIONS: usize = 65_536;
/// Vertices of one batch at most.
const BATCH: usize = 256;

/// There is no room now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
	/// The home has too many orders that wait. Send fewer, or to another home.
	#[error(
		"{waiting} transactions wait at this home, {refused} were refused: send fewer, or later"
	)]
	Transactions {
		/// How many wait.
		waiting: usize,
		/// How many of these were refused.
		refused: usize,
	},
	/// The validator's vertices come faster than they can be checked, or one is too large.
	#[error("{waiting} vertices of validator {from} wait")]
	Vertices {
		/// Whose.
		from: AuthorityIndex,
		/// How many wait.
		waiting: usize,
	},
}

#[derive(Debug, Default)]
struct Queue {
	vertices: VecDeque<Vec<u8>>,
	bytes: usize,
}

/// The queues.
#[derive(Debug, Default)]
pub struct Intake {
	vertices: BTreeMap<AuthorityIndex, Queue>,
	/// Where the next batch begins.
	turn: AuthorityIndex,
	transactions: VecDeque<Transaction>,
}

impl Intake {
	/// A vertex came from a validator that is known by its connection.
	pub fn vertex(&mut self, from: AuthorityIndex, encoded: Vec<u8>) -> Result<(), Busy> {
		let queue = self.vertices.entry(from).or_default();
		let waiting = queue.vertices.len();
		let bytes = queue.bytes.saturating_add(encoded.len());
		if waiting >= VERTICES || bytes > VERTEX_BYTES || encoded.len() > MAX_VERTEX_BYTES {
			return Err(Busy::Vertices { from, waiting });
		}
		queue.bytes = bytes;
		queue.vertices.push_back(encoded);
		Ok(())
	}

	/// Transactions came from a client. Those for which there is room are taken.
	pub fn transactions(&mut self, transactions: Vec<Transaction>) -> Result<(), Busy> {
		let room = TRANSACTIONS.saturating_sub(self.transactions.len());
		let refused = transactions.len().saturating_sub(room);
		self.transactions
			.extend(transactions.into_iter().take(room));
		if refused == 0 {
			return Ok(());
		}
		Err(Busy::Transactions {
			waiting: self.transactions.len(),
			refused,
		})
	}

	/// The next vertices to check: of each validator in turn, the oldest first.
	pub fn next_vertices(&mut self) -> Vec<(AuthorityIndex, Vec<u8>)> {
		let mut batch = Vec::new();
		let mut order: Vec<AuthorityIndex> = self.vertices.keys().copied().collect();
		let first = order
			.iter()
			.position(|from| *from >= self.turn)
			.unwrap_or(0);
		order.rotate_left(first);
		let mut progress = true;
		while progress && batch.len() < BATCH {
			progress = false;
			for from in &order {
				let Some(queue) = self.vertices.get_mut(from) else {
					continue;
				};
				if let Some(encoded) = queue.vertices.pop_front() {
					queue.bytes = queue.bytes.saturating_sub(encoded.len());
					batch.push((*from, encoded));
					self.turn = from.saturating_add(1);
					progress = true;
				}
				if batch.len() >= BATCH {
					break;
				}
			}
		}
		batch
	}

	/// The next transactions to check, the oldest first.
	pub fn next_transactions(&mut self) -> Vec<Transaction> {
		let count = self.transactions.len().min(BATCH.saturating_mul(4));
		self.transactions.drain(..count).collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_validator_that_floods_fills_its_own_queue_only_and_batches_take_turns() {
		let mut intake = Intake::default();
		for place in 0..VERTICES {
			assert_eq!(intake.vertex(0, vec![place as u8]), Ok(()));
		}
		let refused = Busy::Vertices {
			from: 0,
			waiting: VERTICES,
		};
		assert_eq!(intake.vertex(0, vec![1]), Err(refused));
		assert_eq!(intake.vertex(1, vec![9]), Ok(()));
		let batch = intake.next_vertices();
		assert_eq!(batch.len(), BATCH);
		assert!(batch.contains(&(1, vec![9])));
		assert_eq!(intake.vertex(0, vec![1]), Ok(()), "there is room again");
	}

	#[test]
	fn a_vertex_that_is_too_large_and_bytes_that_are_too_many_are_refused() {
		let mut intake = Intake::default();
		assert!(intake.vertex(2, vec![0; MAX_VERTEX_BYTES + 1]).is_err());
		assert!(intake.vertex(2, vec![0; MAX_VERTEX_BYTES]).is_ok());
		assert!(intake.vertex(2, vec![0; MAX_VERTEX_BYTES]).is_ok());
		assert!(intake.vertex(2, vec![0]).is_err());
	}
}
