//! What the market answers, and what it is told.

use crate::{
	job::Home, reservation::Reservation, reservation::ReservationId, AccountId, Balance,
	BlockNumber, Class, ClassId, Moment,
};
use aci_market::{Pool, SlotWeights};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// An indicative price; what runtime APIs return. The price is fixed at the match.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Quote {
	/// The class that was quoted.
	pub class: ClassId,
	/// Operations that were quoted.
	pub flops: u128,
	/// Price of the whole in planck.
	pub price: Balance,
	/// Price of one compute unit (10^12 operations) in planck, rounded up.
	pub unit_price: Balance,
	/// Version of the pool; it changes whenever the price does.
	pub version: u32,
	/// Last block for which the quote stands if the pool does not change.
	pub expires: BlockNumber,
}

/// Classes, their pools, and prices. Implemented by the hmm pallet.
pub trait MarketQuote {
	/// A class's capabilities.
	fn class(class: ClassId) -> Option<Class>;
	/// A class's pool.
	fn pool(class: ClassId) -> Option<Pool>;
	/// Price of a job of `flops` operations that occupies `milli_slots`.
	fn quote(class: ClassId, milli_slots: u64, flops: u128) -> Result<Quote, DispatchError>;
	/// Takes capacity out of the pool while jobs occupy it.
	fn take(class: ClassId, milli_slots: u64) -> DispatchResult;
	/// Gives back capacity that was taken.
	fn give_back(class: ClassId, milli_slots: u64) -> DispatchResult;
	/// Adds a worker's capacity, as free. Each of its slots weighs `weight` parts per million; see
	/// `aci_market::quality`.
	fn add_capacity(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult;
	/// Removes a worker's capacity, which must be free.
	fn remove_capacity(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult;
}

/// Who of a class's workers is busy, by the quality weight of its slots: what prices the capacity
/// that is free. It comes besides what a pool or a reservation lacks, and is told of every job,
/// whoever pays for its slot. Implemented by the hmm pallet.
pub trait MarketWeights {
	/// The sums over a class's workers.
	fn weights(class: ClassId) -> Option<SlotWeights>;
	/// A job occupies `milli_slots` of a worker whose slots weigh `weight` parts per million.
	fn occupy_slots(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult;
	/// A job occupies them no longer.
	fn vacate_slots(class: ClassId, milli_slots: u64, weight: u32) -> DispatchResult;
	/// The `milli_slots` of a worker, of which `free` are not occupied, weigh `to` instead of `from`.
	fn reweigh_slots(
		class: ClassId,
		milli_slots: u64,
		free: u64,
		from: u32,
		to: u32,
	) -> DispatchResult;
}

/// What the market learns of paid work, for its slow control. Implemented by the hmm pallet.
pub trait MarketActivity {
	/// Jobs of the class were paid that each occupied one slot, together for `occupied` milliseconds
	/// by the formula (what the hardware needs at least, so nobody raises it by working slowly). It
	/// adds up: a batch is reported at once.
	fn paid(class: ClassId, occupied: Moment);
}

/// Reserved capacity. Implemented by the hmm pallet.
pub trait Reservations {
	/// A reservation whose window is open or still to come.
	fn reservation(id: ReservationId) -> Option<Reservation>;
	/// What a job of `flops` operations costs at the reservation's own unit price, rounded up.
	/// `None` when there is no such reservation.
	fn price(id: ReservationId, flops: u128) -> Option<Balance>;
	/// Occupies `milli_slots` of the reservation's capacity for a job. Fails when `owner` does not
	/// own it, when its window is not open, or when so much of it is not idle.
	fn occupy(id: ReservationId, owner: &AccountId, milli_slots: u64) -> DispatchResult;
	/// Ends one [`Reservations::occupy`]. After the window the capacity goes back to the pool.
	fn vacate(id: ReservationId, milli_slots: u64) -> DispatchResult;
}

/// The fund of a class as the capped insurer of refunds. Implemented by the hmm pallet.
pub trait Insurer {
	/// Jobs of this worker brought the class's fund `amount`. It adds up: a batch is reported at
	/// once.
	fn note_fee(class: ClassId, worker: &AccountId, amount: Balance);
	/// Refunds a client out of the class's fund what a worker's pot cannot cover: at most what this
	/// worker's jobs brought the fund and what is left of that. Returns what was paid.
	fn refund(class: ClassId, worker: &AccountId, client: &AccountId, amount: Balance) -> Balance;
}

/// Slices of pools that homes other than the chain price on. Implemented by the hmm pallet.
pub trait Slices {
	/// A home's slice of a class's pool: its leased capacity on the pool's own price and floor.
	fn slice(class: ClassId, home: &Home) -> Option<Pool>;
	/// Moves `milli_slots` of free capacity from the pool into the home's slice. Fails when so much
	/// is not free.
	fn split(class: ClassId, home: &Home, milli_slots: u64) -> DispatchResult;
	/// Moves `milli_slots` of free capacity from the home's slice back into the pool. Fails when so
	/// much is not free in the slice.
	fn merge(class: ClassId, home: &Home, milli_slots: u64) -> DispatchResult;
}
