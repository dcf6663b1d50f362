//! Times, and what of them the thread spent waiting for a processor.

use std::{
	fs,
	ops::Add,
	time::{Duration, Instant},
};

/// How long something took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
	/// By the wall clock.
	pub wall: Duration,
	/// Of that, how long this thread was ready and had no processor: other programs' doing. Zero
	/// where the system does not tell.
	pub waited: Duration,
}

impl Span {
	/// What is left without the waiting: the time on a machine where nothing else runs.
	pub fn undisturbed(&self) -> Duration {
		self.wall.saturating_sub(self.waited)
	}
}

impl Add for Span {
	type Output = Span;

	fn add(self, other: Span) -> Span {
		Span {
			wall: self.wall + other.wall,
			waited: self.waited + other.waited,
		}
	}
}

/// Runs something and tells how long it took.
pub fn time<R>(run: impl FnOnce() -> R) -> (R, Span) {
	let waited = waited();
	let start = Instant::now();
	let result = run();
	let span = Span {
		wall: start.elapsed(),
		waited: self::waited().saturating_sub(waited),
	};
	(result, span)
}

/// How long this thread has waited for a processor since it began: the second figure of Linux's
/// scheduler statistics, in nanoseconds.
fn waited() -> Duration {
	fs::read_to_string("/proc/thread-self/schedstat")
		.ok()
		.and_then(|text| text.split_whitespace().nth(1)?.parse().ok())
		.map_or(Duration::ZERO, Duration::from_nanos)
}
