//! Clocks. The simulation has one true time in microseconds; each node reads its own clock in
//! milliseconds, which is ahead by an offset and runs faster or slower than the true one.

/// True time, in microseconds since the start of a run.
pub type Micros = u64;
/// What a node reads from its clock, in milliseconds.
pub type Millis = u64;

/// Microseconds in a millisecond.
pub const MILLI: Micros = 1_000;
/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;

/// A node's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
	/// Milliseconds by which it is ahead at the start.
	pub offset: Millis,
	/// Parts in a million by which it runs fast; negative where it runs slow.
	pub drift: i32,
}

impl Clock {
	/// What the clock shows at a true time.
	pub fn read(&self, now: Micros) -> Millis {
		let drifted = i128::from(now) * (1_000_000 + i128::from(self.drift)) / 1_000_000;
		self.offset + (drifted.max(0) as u64) / MILLI
	}

	/// The first true time at which the clock shows at least `local`.
	pub fn when(&self, local: Millis) -> Micros {
		let drifted = i128::from(local.saturating_sub(self.offset)) * i128::from(MILLI);
		let speed = 1_000_000 + i128::from(self.drift);
		((drifted * 1_000_000 + speed - 1) / speed) as u64
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_timer_rings_when_the_clock_shows_its_time_and_not_before() {
		for drift in [-200_000, -37, 0, 41, 150_000] {
			let clock = Clock { offset: 90, drift };
			for local in [90, 91, 1_234, 400_000] {
				let rings = clock.when(local);
				assert!(clock.read(rings) >= local);
				assert!(
					rings == 0 || clock.read(rings - 1) < local,
					"{drift} {local}"
				);
			}
		}
	}

	#[test]
	fn a_fast_clock_gains() {
		let fast = Clock {
			offset: 0,
			drift: 100_000,
		};
		assert_eq!(fast.read(10 * SECOND), 11_000);
	}
}
