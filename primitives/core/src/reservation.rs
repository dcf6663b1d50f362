//! Reservations: capacity of a class for a window of blocks, prepaid on the price curve.

use crate::{AccountId, Balance, BlockNumber, ClassId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Number of a reservation, in the order in which they were bought.
pub type ReservationId = u64;

/// Capacity that one account has bought for a window.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Reservation {
	/// Who may use it and sell it back.
	pub owner: AccountId,
	/// Of which class.
	pub class: ClassId,
	/// How much capacity, in milli-slots.
	pub milli_slots: u64,
	/// How much of it jobs occupy at present, in milli-slots.
	pub occupied: u64,
	/// First block of the window.
	pub from: BlockNumber,
	/// First block after the window.
	pub until: BlockNumber,
	/// Price of one compute unit (10^12 operations) under it, in planck.
	pub unit_price: Balance,
	/// What was prepaid for all of it, in planck.
	pub paid: Balance,
}
