//! Messages of the next set that come before the set changes here.
//!
//! Their signers cannot be told yet, so each peer has a share of its own: one that sends rubbish
//! displaces nothing of another's. What is dropped is sent again by who made it.

use sc_network::PeerId;
use std::collections::{BTreeMap, VecDeque};

/// Messages held per peer. The oldest goes first.
const PER_PEER: usize = 32;
/// Bytes held in all. Beyond it nothing is taken.
const BYTES: usize = 4 * 1024 * 1024;

/// The messages held.
#[derive(Debug, Default)]
pub struct Early {
	held: BTreeMap<Vec<u8>, VecDeque<Vec<u8>>>,
	bytes: usize,
}

impl Early {
	/// Holds `message` of `peer`.
	pub fn hold(&mut self, peer: &PeerId, message: &[u8]) {
		let queue = self.held.entry(peer.to_bytes()).or_default();
		if queue.iter().any(|held| held == message) {
			return;
		}
		if queue.len() >= PER_PEER {
			if let Some(oldest) = queue.pop_front() {
				self.bytes = self.bytes.saturating_sub(oldest.len());
			}
		}
		if self.bytes.saturating_add(message.len()) <= BYTES {
			self.bytes = self.bytes.saturating_add(message.len());
			queue.push_back(message.to_vec());
		}
	}

	/// Forgets what `peer` sent.
	pub fn forget(&mut self, peer: &PeerId) {
		if let Some(queue) = self.held.remove(&peer.to_bytes()) {
			let freed: usize = queue.iter().map(Vec::len).sum();
			self.bytes = self.bytes.saturating_sub(freed);
		}
	}

	/// Gives up all that is held.
	pub fn take(&mut self) -> Vec<Vec<u8>> {
		self.bytes = 0;
		std::mem::take(&mut self.held)
			.into_values()
			.flatten()
			.collect()
	}

	/// Messages held.
	pub fn count(&self) -> usize {
		self.held.values().map(VecDeque::len).sum()
	}
}
