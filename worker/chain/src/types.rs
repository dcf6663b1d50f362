//! Values that the chain defines in its pallets, and answers of this crate.

use aci_primitives::{AccountId, Balance, Hash};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Why a worker gives a job back before it acknowledges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub enum DeclineReason {
	/// The input could not be fetched, or does not hash to what was ordered.
	#[codec(index = 0)]
	InputUnavailable,
	/// The input has more tokens than the order's maximum.
	#[codec(index = 1)]
	InputTooLong,
	/// Anything else, such as a failure of the worker.
	#[codec(index = 2)]
	Other,
}

/// Why a job came back from a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
pub enum ReturnReason {
	/// The worker let the acknowledge deadline pass.
	#[codec(index = 0)]
	NotAcknowledged,
	/// The worker declined.
	#[codec(index = 1)]
	Declined(DeclineReason),
}

/// How certain a block is to stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certainty {
	/// The best block that the node knows. Another branch may still take its place.
	#[default]
	Best,
	/// Finalised: no other branch takes its place.
	Finalised,
}

/// A block's height and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
	/// The height.
	pub number: u32,
	/// The hash.
	pub hash: Hash,
}

/// How the chain writes its unit and addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Properties {
	/// Name of the chain that the node is on, for people.
	pub chain: String,
	/// Symbol of the unit, `ACI`.
	pub symbol: String,
	/// Decimals of the unit: 1 unit is 10^decimals planck.
	pub decimals: u32,
	/// Prefix of addresses.
	pub ss58: u16,
}

/// An account's balance, in planck.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balances {
	/// Not held: transferable, save for what is frozen and the existential deposit.
	pub free: Balance,
	/// Held, for all reasons together.
	pub reserved: Balance,
	/// What of the balance may not be transferred, held parts included.
	pub frozen: Balance,
	/// What is held for which reason.
	pub holds: Vec<Held>,
}

/// A part of a balance that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
	/// Pallet and reason, for example `Escrow.Free` or `StakingSlashing.WorkerBond`.
	pub reason: String,
	/// In planck.
	pub amount: Balance,
}

/// Bytes of an account, as the libraries beneath want it.
pub(crate) fn account_bytes(account: &AccountId) -> [u8; 32] {
	*account.as_ref()
}
