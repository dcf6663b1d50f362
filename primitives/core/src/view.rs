//! What runtime APIs and view functions return and nothing stores.

use crate::{Balance, Role};
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Why an order cannot be quoted or submitted as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[scale_info(capture_docs = "always")]
pub enum QuoteError {
	/// No class has this number. Choose one from the list of classes.
	#[codec(index = 0)]
	UnknownClass,
	/// No registered model has this identity.
	#[codec(index = 1)]
	UnknownModel,
	/// The model's weights do not fit the memory of the class.
	#[codec(index = 2)]
	ModelTooLarge,
	/// The model cannot be verified under this profile.
	#[codec(index = 3)]
	ProfileNotAllowed,
	/// The input is empty.
	#[codec(index = 4)]
	InputEmpty,
	/// The input is longer than 64 MiB.
	#[codec(index = 5)]
	InputTooLong,
	/// The maximum of input tokens is zero; or that of output tokens is zero for a model that
	/// generates text, or above zero for one that does not.
	#[codec(index = 6)]
	WrongTokenLimits,
	/// Input and output tokens together exceed the model's context.
	#[codec(index = 7)]
	ContextExceeded,
	/// The SLA is outside the chain's bounds.
	#[codec(index = 8)]
	SlaOutOfBounds,
	/// The run takes longer than the SLA even at the peak of the class's hardware.
	#[codec(index = 9)]
	SlaTooShort,
	/// The model's formula has no answer for this order.
	#[codec(index = 10)]
	DoesNotFitModel,
	/// No worker offers the class, or all of its slots are taken.
	#[codec(index = 11)]
	NoCapacity,
}

/// An account's escrow, in planck.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize,
)]
#[scale_info(capture_docs = "always")]
pub struct EscrowView {
	/// Deposited, and neither locked nor set aside.
	pub free: Balance,
	/// Locked for unfinished jobs.
	pub locked: Balance,
	/// Credits that wait to be claimed.
	pub claimable: Balance,
	/// Left of prepaid reservations, and not locked for jobs under them.
	pub prepaid: Balance,
	/// Set aside for homes to spend.
	pub budgeted: Balance,
}

/// A bond of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, Serialize, Deserialize)]
#[scale_info(capture_docs = "always")]
pub struct StakeView {
	/// What the bond is for.
	pub role: Role,
	/// What backs the role, in planck.
	pub bonded: Balance,
	/// What the role needs at present, in planck.
	pub required: Balance,
}
