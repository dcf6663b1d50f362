//! What this pallet stores of a pool.

use aci_market::Pool;
use aci_primitives::BlockNumber;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A pool with the number of its changes.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct PoolState {
	/// The pricing state.
	pub pool: Pool,
	/// Changes with every change of the pool or its class. Wraps around after 2^32 changes.
	pub version: u32,
	/// The block of the last change.
	pub changed: BlockNumber,
}
