//! When a view is given up, and when messages are sent again. Nothing here bears on safety.
//!
//! # Rules
//!
//! * **L1** A view's timer starts when the node has something to finalise in it: a block above the
//!   last final one, or a proposal. On an idle chain no view times out.
//! * **L2** The timer is the base time, half as long again for every view in a row that was not
//!   ended by a certificate of votes, up to a bound. A certificate of votes sets it back.
//! * **L3** Who sees timeouts of `faults(n) + 1` authorities for its view or later ones joins the
//!   highest view that so many have reached, and gives it up too: at least one of them is honest.
//! * **L4** What an authority said last, and the certificate that brought it into its view, is sent
//!   again in every retry interval, until the view is over or its second vote's block is final.
//! * **L5** To a timeout of a view that is over, or of a view far ahead by one who lacks a
//!   certificate, and to a vote that comes long after its view ended, the `faults(n) + 1`
//!   authorities that follow the sender in the set's order answer with their newest certificates,
//!   once per retry interval.
//! * **L6** A leader proposes as soon as it may and has a block above the last certified one. The
//!   certified block itself is proposed again after a view that timed out, or when its second
//!   votes have failed to come for half the time that the view may last.
//! * **L7** No first vote is cast in a view that was given up.
//!
//! # Why blocks become final once the network is timely
//!
//! Timers grow until they exceed a message's delay (L2). Views meet: by L3 and L4 all honest
//! authorities reach the highest view that an honest one has given up, and certificates carry the
//! rest (L4, L5). Then a view comes whose leader is honest, since leaders take turns; its proposal
//! rests on the timeout certificate's highest certificate or a higher one, which every honest
//! authority accepts by S2 whatever it has seen itself. Its target is one that the authorities hold
//! or fetch, so a quorum casts both votes.

use super::interface::{Time, Timing};

/// The clock of one machine.
#[derive(Clone, Debug)]
pub struct Pacemaker {
	timing: Timing,
	/// When the present view was entered.
	entered: Time,
	/// When its timer started.
	started: Option<Time>,
	/// Views in a row that no certificate of votes ended.
	failures: u32,
	/// When own messages were last sent; never since the start.
	sent: Option<Time>,
	/// When a laggard was last answered.
	answered: Option<Time>,
}

impl Pacemaker {
	/// A clock that starts in a view entered at `now`, whose own messages are due at once.
	pub fn new(timing: Timing, now: Time) -> Self {
		Pacemaker {
			timing,
			entered: now,
			started: None,
			failures: 0,
			sent: None,
			answered: None,
		}
	}

	/// A view begins; `by_votes` tells whether a certificate of votes ended the one before.
	pub fn enter(&mut self, now: Time, by_votes: bool) {
		self.entered = now;
		self.started = None;
		self.failures = if by_votes {
			0
		} else {
			self.failures.saturating_add(1)
		};
	}

	/// L1: starts the timer or stops it.
	pub fn set_running(&mut self, now: Time, running: bool) {
		self.started = match (running, self.started) {
			(true, None) => Some(now),
			(true, started) => started,
			(false, _) => None,
		};
	}

	/// L2: how long the present view may last from when its timer starts.
	pub fn patience(&self) -> Time {
		let mut patience = self.timing.base_timeout;
		for _ in 0..self.failures {
			if patience >= self.timing.longest_timeout {
				break;
			}
			// At least one more, so that the loop ends also for a base of 0 or 1.
			patience = patience.saturating_add((patience / 2).max(1));
		}
		patience.min(self.timing.longest_timeout)
	}

	/// When the present view is given up; `None` while its timer does not run.
	pub fn deadline(&self) -> Option<Time> {
		self.started
			.map(|started| started.saturating_add(self.patience()))
	}

	/// L6: when a leader may propose a block again that is certified already.
	pub fn repropose_at(&self) -> Time {
		self.entered
			.saturating_add(self.timing.retry.min(self.patience() / 2))
	}

	/// L4: when own messages are due again.
	pub fn resend_at(&self) -> Time {
		self.sent
			.map_or(0, |sent| sent.saturating_add(self.timing.retry))
	}

	/// One retry interval from `now`, and never `now` itself.
	pub fn after_retry(&self, now: Time) -> Time {
		now.saturating_add(self.timing.retry.max(1))
	}

	/// Own messages were sent.
	pub fn note_sent(&mut self, now: Time) {
		self.sent = Some(now);
	}

	/// L5: whether a laggard may be answered now.
	pub fn may_answer(&self, now: Time) -> bool {
		self.answered
			.is_none_or(|answered| now >= answered.saturating_add(self.timing.retry))
	}

	/// A laggard was answered.
	pub fn note_answered(&mut self, now: Time) {
		self.answered = Some(now);
	}

	/// L5: whether a vote of the view before is late rather than merely slow.
	pub fn is_late(&self, now: Time) -> bool {
		now >= self.entered.saturating_add(self.timing.retry)
	}
}
