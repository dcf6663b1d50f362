//! What is leased, and by which terms it is priced.

use crate::{scheme::PublicKey, transaction::TicketId, types::CheckpointNumber};
use aci_market::FeeShares;
use aci_primitives::{AccountId, Balance, BoundedList, Class, ClassId, ModelId, ModelManifest};
use alloc::collections::BTreeMap;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// A part of a client's escrow, leased to one home.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Ticket {
	/// Whose escrow it is.
	pub client: AccountId,
	/// Its number among the client's tickets.
	pub id: TicketId,
	/// What is left, in planck.
	pub amount: Balance,
	/// Sequence of the newest order or move.
	pub sequence: u32,
	/// The checkpoint with which it leaves this home.
	pub closes: Option<CheckpointNumber>,
}

/// Slots of a worker, leased to one home.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct WorkerLease {
	/// Whose slots they are.
	pub account: AccountId,
	/// The session key of its attestation.
	pub session_key: PublicKey,
	/// The class that it offers.
	pub class: ClassId,
	/// How many slots.
	pub slots: u32,
	/// How many of them have a job.
	pub busy: u32,
	/// The models that it runs.
	pub models: BoundedList<ModelId, 16>,
	/// Its quality in parts per million.
	pub quality: u32,
	/// Matches that it let pass.
	pub missed: u32,
	/// What its jobs here may still be worth together, in planck.
	pub exposure: Balance,
	/// The checkpoint with which the slots leave this home.
	pub closes: Option<CheckpointNumber>,
}

/// A class, and the curve on which its slices are priced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ClassTerms {
	/// What its hardware can do.
	pub class: Class,
	/// Par price, in planck per compute unit.
	pub par_price: u128,
	/// Floor share, in parts per billion.
	pub floor_share: u32,
	/// Relative weight of free slots, in 4,096ths.
	pub free_weight: u32,
}

/// What lanes and the checkpoint program read of the chain besides leases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Terms {
	/// Classes.
	pub classes: BTreeMap<ClassId, ClassTerms>,
	/// Models.
	pub models: BTreeMap<ModelId, ModelManifest>,
	/// The five shares of a payment.
	pub fees: FeeShares,
	/// Order keys of the verifiers whose findings count.
	pub verifiers: BTreeMap<PublicKey, AccountId>,
}
