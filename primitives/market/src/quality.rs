//! Quality weights: a slot counts in its pool by the quality of its worker.
//!
//! # Rule
//!
//! Each slot of a worker weighs `max(quality, MIN_SLOT_WEIGHT)` parts per million ([`slot_weight`]).
//! A pool's `q` is the weight of its free slots, its `q̄` the weight of all of them. Only their ratio
//! moves the price, so the pool counts plain milli-slots and carries one number besides: the mean
//! weight of the class's free slots over the mean weight of all its slots, in
//! [`WEIGHT_UNIT`]ths ([`SlotWeights::relative`], [`Pool::free_weight`]). Then
//! `free · free_weight` over `target · WEIGHT_UNIT` is `q / q̄`.
//!
//! Who buys capacity buys slots, not weight: a job takes one slot and a reservation of so many slots
//! runs so many jobs, whatever their quality is and becomes. The price of a job is that of a slot of
//! the mean weight of those that are free. When the job has got its worker, what is left has the
//! weight that is left: where good slots go first, the price rises faster than the count of slots
//! tells; where poor ones go first, it rises less.
//!
//! # Guarantees
//!
//! 1. The sums are exact: `weight` is the sum of `milli_slots · weight` over what was added and not
//!    removed, `free_weight` the same over what is not occupied. Free never exceeds the whole, in
//!    slots and in weight; they are equal exactly when all is free.
//! 2. [`SlotWeights::relative`] is [`WEIGHT_UNIT`] exactly while all slots weigh alike, while all are
//!    free, and while none is: then the price is that of plain slots. In particular the pool of one
//!    worker has one price, whatever its quality.
//! 3. It is rounded down once, so the free capacity never counts for more than its weight: toward
//!    the pool, by less than one part in 409.
//! 4. Every slot has a weight above zero, so no slot is free of charge and none is unsellable.
//! 5. A function that returns an error leaves the sums unchanged. Nothing overflows: slots are at
//!    most 2^48 milli-slots, sums of weights below 2^68.
//!
//! # Assumptions
//!
//! * A worker's weight changes by [`SlotWeights::reweigh`] only; whoever occupies a slot and vacates
//!   it names the weight that the worker has then.

use crate::{
	curve::{CurveError, MAX_CAPACITY},
	fees::PARTS_PER_MILLION,
	fixed::mul_div_floor,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

#[cfg(doc)]
use crate::curve::Pool;

/// The least weight of a slot, in parts per million: a tenth. Below it a slot would hardly count,
/// though it runs one job as any other.
pub const MIN_SLOT_WEIGHT: u32 = 100_000;

/// The denominator of [`SlotWeights::relative`].
pub const WEIGHT_UNIT: u32 = 1 << 12;

/// The largest value of [`SlotWeights::relative`]: all free slots have the whole weight, nearly all
/// others the least one.
pub const MAX_FREE_WEIGHT: u32 = WEIGHT_UNIT * (PARTS_PER_MILLION / MIN_SLOT_WEIGHT);

/// What each slot of a worker of this quality weighs, both in parts per million.
///
/// ```
/// use aci_market::quality::slot_weight;
/// assert_eq!(slot_weight(800_000), 800_000);
/// assert_eq!(slot_weight(0), 100_000);
/// assert_eq!(slot_weight(u32::MAX), 1_000_000);
/// ```
pub fn slot_weight(quality: u32) -> u32 {
	quality.clamp(MIN_SLOT_WEIGHT, PARTS_PER_MILLION)
}

/// The slots of a class and what they weigh.
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
pub struct SlotWeights {
	/// All milli-slots; at most 2^48.
	pub slots: u64,
	/// Those that no job occupies, whoever paid for them.
	pub free_slots: u64,
	/// Sum of milli-slots times their weight in parts per million.
	pub weight: u128,
	/// The same sum over those that no job occupies.
	pub free_weight: u128,
}

/// `milli_slots · weight`. A weight out of bounds counts as the bound. Below 2^84.
fn product(milli_slots: u64, weight: u32) -> u128 {
	u128::from(milli_slots).saturating_mul(u128::from(slot_weight(weight)))
}

impl SlotWeights {
	/// Adds free slots of a worker.
	///
	/// Errors: [`CurveError::CapacityOutOfBounds`].
	pub fn add(&mut self, milli_slots: u64, weight: u32) -> Result<(), CurveError> {
		let slots = self
			.slots
			.checked_add(milli_slots)
			.filter(|slots| *slots <= MAX_CAPACITY)
			.ok_or(CurveError::CapacityOutOfBounds)?;
		let product = product(milli_slots, weight);
		// Free is at most the whole, and the whole is at most 2^48 slots of weight 10^6.
		*self = SlotWeights {
			slots,
			free_slots: self.free_slots.saturating_add(milli_slots),
			weight: self.weight.saturating_add(product),
			free_weight: self.free_weight.saturating_add(product),
		};
		Ok(())
	}

	/// Removes free slots of a worker.
	///
	/// Errors: [`CurveError::NotEnoughCapacity`].
	pub fn remove(&mut self, milli_slots: u64, weight: u32) -> Result<(), CurveError> {
		let mut left = *self;
		left.occupy(milli_slots, weight)?;
		let product = product(milli_slots, weight);
		let (slots, sum) = (
			self.slots.checked_sub(milli_slots),
			self.weight.checked_sub(product),
		);
		let (Some(slots), Some(weight)) = (slots, sum) else {
			return Err(CurveError::NotEnoughCapacity);
		};
		*self = SlotWeights {
			slots,
			weight,
			..left
		};
		Ok(())
	}

	/// A job occupies free slots of a worker.
	///
	/// Errors: [`CurveError::NotEnoughCapacity`].
	pub fn occupy(&mut self, milli_slots: u64, weight: u32) -> Result<(), CurveError> {
		let free_slots = self.free_slots.checked_sub(milli_slots);
		let free_weight = self.free_weight.checked_sub(product(milli_slots, weight));
		let (Some(free_slots), Some(free_weight)) = (free_slots, free_weight) else {
			return Err(CurveError::NotEnoughCapacity);
		};
		self.free_slots = free_slots;
		self.free_weight = free_weight;
		Ok(())
	}

	/// A job occupies slots of a worker no longer.
	///
	/// Errors: [`CurveError::AboveTarget`].
	pub fn vacate(&mut self, milli_slots: u64, weight: u32) -> Result<(), CurveError> {
		let free_slots = self.free_slots.checked_add(milli_slots);
		let free_weight = self.free_weight.checked_add(product(milli_slots, weight));
		let (Some(free_slots), Some(free_weight)) = (free_slots, free_weight) else {
			return Err(CurveError::AboveTarget);
		};
		if free_slots > self.slots || free_weight > self.weight {
			return Err(CurveError::AboveTarget);
		}
		self.free_slots = free_slots;
		self.free_weight = free_weight;
		Ok(())
	}

	/// Slots of a worker, of which `free` are not occupied, weigh `to` instead of `from`.
	///
	/// Errors: [`CurveError::NotEnoughCapacity`] when there are not so many of that weight.
	pub fn reweigh(
		&mut self,
		milli_slots: u64,
		free: u64,
		from: u32,
		to: u32,
	) -> Result<(), CurveError> {
		let moved = |sum: u128, slots: u64| {
			sum.checked_sub(product(slots, from))
				.and_then(|rest| rest.checked_add(product(slots, to)))
				.ok_or(CurveError::NotEnoughCapacity)
		};
		if milli_slots > self.slots || free > self.free_slots || free > milli_slots {
			return Err(CurveError::NotEnoughCapacity);
		}
		let (weight, free_weight) = (
			moved(self.weight, milli_slots)?,
			moved(self.free_weight, free)?,
		);
		self.weight = weight;
		self.free_weight = free_weight;
		Ok(())
	}

	/// The mean weight of the free slots over the mean weight of all slots, in [`WEIGHT_UNIT`]ths,
	/// rounded down. [`WEIGHT_UNIT`] where there are none.
	///
	/// ```
	/// use aci_market::quality::{SlotWeights, WEIGHT_UNIT};
	/// let mut weights = SlotWeights::default();
	/// weights.add(1_000, 1_000_000).unwrap();
	/// weights.add(1_000, 200_000).unwrap();
	/// assert_eq!(weights.relative(), WEIGHT_UNIT);
	/// // The good slot is taken: what is left weighs 0.2 where the mean is 0.6.
	/// weights.occupy(1_000, 1_000_000).unwrap();
	/// assert_eq!(weights.relative(), WEIGHT_UNIT / 3);
	/// ```
	pub fn relative(&self) -> u32 {
		// Below 2^60 and 2^116.
		let scaled = u128::from(self.slots).saturating_mul(u128::from(WEIGHT_UNIT));
		let divisor = u128::from(self.free_slots).saturating_mul(self.weight);
		mul_div_floor(self.free_weight, scaled, divisor)
			.ok()
			.and_then(|relative| u32::try_from(relative).ok())
			.unwrap_or(WEIGHT_UNIT)
			.clamp(1, MAX_FREE_WEIGHT)
	}

	/// Whether the sums can be those of slots: guarantees 1 and 4, as far as sums show them.
	pub fn check(&self) -> bool {
		let bounded = |slots: u64, weight: u128| {
			(product(slots, MIN_SLOT_WEIGHT)..=product(slots, PARTS_PER_MILLION)).contains(&weight)
		};
		let used = self.slots.checked_sub(self.free_slots);
		let used_weight = self.weight.checked_sub(self.free_weight);
		self.slots <= MAX_CAPACITY
			&& bounded(self.free_slots, self.free_weight)
			&& matches!((used, used_weight), (Some(slots), Some(weight)) if bounded(slots, weight))
	}
}
