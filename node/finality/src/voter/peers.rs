//! What is kept about each peer: where it is, how much it may still say, and when it was last
//! helped.

use aci_finality::{SetId, View};
use std::time::{Duration, Instant};

/// How often a peer that lags is sent what it lacks.
const HELP_INTERVAL: Duration = Duration::from_secs(1);

/// A token bucket. One token pays for reading a message or checking a signature.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
	tokens: u64,
	filled: Instant,
}

/// How fast a bucket fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
	/// Tokens a second.
	pub per_second: u64,
	/// Tokens that a full bucket holds.
	pub burst: u64,
}

impl Rate {
	/// For a set of `authorities`. A view in which all time out, each with another certificate,
	/// costs `n * (quorum + 1)` checks; a bucket holds two such views. Between bursts the messages
	/// of several ordinary views a second pass: two votes of each authority and two certificates.
	pub fn of_set(authorities: usize, quorum: usize) -> Self {
		let (n, quorum) = (authorities as u64, quorum as u64);
		Rate {
			per_second: 256 + 32 * n,
			burst: 1_024 + 2 * n * (quorum + 1),
		}
	}
}

impl Bucket {
	/// A full bucket.
	pub fn full(rate: Rate, now: Instant) -> Self {
		Bucket {
			tokens: rate.burst,
			filled: now,
		}
	}

	/// Takes `cost` tokens, or none where there are fewer.
	pub fn take(&mut self, cost: u64, rate: Rate, now: Instant) -> bool {
		let passed = now.saturating_duration_since(self.filled).as_millis() as u64;
		let earned = passed.saturating_mul(rate.per_second) / 1_000;
		if earned > 0 {
			self.tokens = self.tokens.saturating_add(earned).min(rate.burst);
			self.filled = now;
		}
		match self.tokens.checked_sub(cost) {
			Some(left) => {
				self.tokens = left;
				true
			}
			None => false,
		}
	}
}

/// A connected peer.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
	/// What it may still say.
	pub bucket: Bucket,
	/// The set and view that it said it is in.
	pub place: Option<(SetId, View)>,
	helped: Option<Instant>,
}

impl Peer {
	/// A peer that has just connected.
	pub fn new(rate: Rate, now: Instant) -> Self {
		Peer {
			bucket: Bucket::full(rate, now),
			place: None,
			helped: None,
		}
	}

	/// Whether it may be helped now. If so, the time is noted.
	pub fn help(&mut self, now: Instant) -> bool {
		let may = self
			.helped
			.is_none_or(|helped| now.saturating_duration_since(helped) >= HELP_INTERVAL);
		if may {
			self.helped = Some(now);
		}
		may
	}
}
