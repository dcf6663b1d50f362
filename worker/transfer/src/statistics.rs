//! Counters of a node, for metrics and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a node has served since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
	/// Requests for chunks that were answered with chunks.
	pub requests_served: u64,
	/// Chunks sent.
	pub chunks_served: u64,
	/// Requests of a stream's readers that were answered.
	pub readers_answered: u64,
	/// Requests that were answered with "busy".
	pub turned_away: u64,
	/// Peers that were cut off for breaking the protocol's bounds.
	pub cut_off: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
	pub requests_served: AtomicU64,
	pub chunks_served: AtomicU64,
	pub readers_answered: AtomicU64,
	pub turned_away: AtomicU64,
	pub cut_off: AtomicU64,
}

impl Counters {
	pub fn read(&self) -> Statistics {
		let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
		Statistics {
			requests_served: read(&self.requests_served),
			chunks_served: read(&self.chunks_served),
			readers_answered: read(&self.readers_answered),
			turned_away: read(&self.turned_away),
			cut_off: read(&self.cut_off),
		}
	}

	pub fn add(counter: &AtomicU64, more: u64) {
		counter.fetch_add(more, Ordering::Relaxed);
	}
}
