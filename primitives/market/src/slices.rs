//! Slices of a pool: capacity of one class that a home prices on its own, between two moments at
//! which it meets the rest again.
//!
//! # Rule
//!
//! A slice has free and registered capacity of its own. Its par price, its floor share and the weight
//! of its free slots are the pool's, not a copy. Splitting moves free capacity out of the pool into the slice, merging moves it back.
//!
//! # Guarantees
//!
//! 1. Conservation: free and registered capacity of the pool and all its slices together do not
//!    change by splitting and merging. Merging what was split gives back the former state.
//! 2. A slice whose share of free capacity is the pool's has exactly the pool's marginal price,
//!    whatever its size.
//! 3. A slice of `n` milli-slots whose free share is the pool's, rounded to a whole milli-slot, has a
//!    marginal price within a factor of `(1 + 19/n)²` of the pool's.
//! 4. For taking `Δ` at the same free share, the slice's unit price is at least the pool's where the
//!    slice is the smaller one, and at most `1 + 19·Δ/n` times the pool's. So a home with few
//!    slots quotes dearer steps, never cheaper ones.
//! 5. A function that returns an error leaves both unchanged.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::curve::{add_capacity, remove_capacity, CurveError, Pool};

/// A home's part of a pool, without the price that it shares with it.
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
pub struct Slice {
	/// Free capacity in milli-slots; at most `target`.
	pub free: u64,
	/// Capacity of the slice in milli-slots.
	pub target: u64,
}

impl Slice {
	/// The slice as a pool, on the parent's price and floor.
	pub fn on(&self, parent: &Pool) -> Pool {
		Pool {
			free: self.free,
			target: self.target,
			par_price: parent.par_price,
			floor_share: parent.floor_share,
			free_weight: parent.free_weight,
		}
	}
}

/// Moves `milli_slots` of free capacity from the pool into the slice.
///
/// Errors: [`CurveError::NothingAsked`], [`CurveError::NotEnoughCapacity`],
/// [`CurveError::CapacityOutOfBounds`], or a bound that the pool or the slice breaks.
///
/// ```
/// use aci_market::{slices::{split, Slice}, Pool};
/// let mut pool = Pool::new(8_000, 10_000, 1_000, 0).unwrap();
/// let mut slice = Slice::default();
/// split(&mut pool, &mut slice, 3_000).unwrap();
/// assert_eq!((pool.free, pool.target), (5_000, 7_000));
/// assert_eq!((slice.free, slice.target), (3_000, 3_000));
/// ```
pub fn split(pool: &mut Pool, slice: &mut Slice, milli_slots: u64) -> Result<(), CurveError> {
	move_free(pool, slice, milli_slots, false)
}

/// Moves `milli_slots` of free capacity from the slice back into the pool.
///
/// Errors as in [`split`].
pub fn merge(pool: &mut Pool, slice: &mut Slice, milli_slots: u64) -> Result<(), CurveError> {
	move_free(pool, slice, milli_slots, true)
}

fn move_free(
	pool: &mut Pool,
	slice: &mut Slice,
	milli_slots: u64,
	back: bool,
) -> Result<(), CurveError> {
	if milli_slots == 0 {
		return Err(CurveError::NothingAsked);
	}
	let (mut whole, mut part) = (*pool, slice.on(pool));
	let (from, to) = if back {
		(&mut part, &mut whole)
	} else {
		(&mut whole, &mut part)
	};
	remove_capacity(from, milli_slots)?;
	add_capacity(to, milli_slots)?;
	*pool = whole;
	*slice = Slice {
		free: part.free,
		target: part.target,
	};
	Ok(())
}
