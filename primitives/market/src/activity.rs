//! What a class did in an epoch: paid work and offered capacity, for the slow control.
//!
//! # Rule
//!
//! Utilisation is paid slot time over offered slot time:
//!
//! ```text
//! utilisation = floor( 10^9 · 1,000 · paid milliseconds / (milli-slots · milliseconds offered) )
//! ```
//!
//! and at most one billion.
//!
//! * *Paid* is the time that paid jobs need at least on the class's hardware, by the formula, so
//!   nobody raises it by working slowly, by holding a slot or by failing.
//! * *Offered* is registered capacity summed over the time that it was registered: a time-average.
//!   The capacity at one moment, or the least or the largest of several moments, could be moved by
//!   whoever joins or leaves for that moment only. In a sum over time, capacity counts exactly for
//!   as long as it is registered, and its bond is at stake for that long.
//!
//! # Guarantees
//!
//! 1. Capacity that is there for `b` of `n` milliseconds moves the divisor by `b / n` of itself.
//! 2. The utilisation is the exact quotient rounded down, and `None` when nothing was offered.
//! 3. Sums that would not fit saturate. That needs more than 2^128 milli-slot milliseconds, which
//!    the largest pool offers in 38 million years.
//!
//! # Deviation
//!
//! The rule could be stated as operations over peak operations. Models that are bound by memory
//! bandwidth never reach the peak, so a class full of paid work would look idle and its price would
//! fall for ever. Occupied time by the formula takes the slower of the two bounds for each job.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use primitive_types::U512;
use scale_info::TypeInfo;

use crate::{curve::PARTS_PER_BILLION, fixed::ratio_floor};

/// Milli-slots in a slot.
const MILLI: u64 = 1_000;

/// Paid and offered time of one class since its last epoch ended.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Activity {
	/// Milliseconds of one slot that paid jobs needed at least.
	pub paid: u128,
	/// Milli-slots registered times the milliseconds for which they were.
	pub offered: u128,
}

impl Activity {
	/// Lets `milliseconds` pass with `registered` milli-slots.
	pub fn elapse(&mut self, registered: u64, milliseconds: u64) {
		// A product of two `u64` values fits `u128`.
		let more = u128::from(registered).saturating_mul(u128::from(milliseconds));
		self.offered = self.offered.saturating_add(more);
	}

	/// Adds a paid job that occupied one slot for `milliseconds` by the formula.
	pub fn pay(&mut self, milliseconds: u64) {
		self.paid = self.paid.saturating_add(u128::from(milliseconds));
	}

	/// The paid share of the offered time in parts per billion; `None` when nothing was offered.
	///
	/// ```
	/// use aci_market::activity::Activity;
	/// let mut activity = Activity::default();
	/// assert_eq!(activity.utilisation(), None);
	/// activity.elapse(4_000, 60_000);
	/// activity.pay(90_000);
	/// assert_eq!(activity.utilisation(), Some(375_000_000));
	/// ```
	pub fn utilisation(&self) -> Option<u32> {
		let scale = u64::from(PARTS_PER_BILLION).saturating_mul(MILLI);
		// Below 2^168.
		let scaled = U512::from(self.paid).saturating_mul(U512::from(scale));
		if self.offered == 0 {
			return None;
		}
		// A quotient that does not fit is above the whole.
		let share = ratio_floor(scaled, U512::from(self.offered)).unwrap_or(u128::MAX);
		Some(
			u32::try_from(share)
				.unwrap_or(PARTS_PER_BILLION)
				.min(PARTS_PER_BILLION),
		)
	}
}
