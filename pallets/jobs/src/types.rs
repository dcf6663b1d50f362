//! Types that are stored by this pallet alone, or that its calls and events carry.

use aci_primitives::{AccountId, Balance, BlockNumber};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Why a worker gives a job back before it acknowledges it.
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
pub enum DeclineReason {
	/// The input could not be fetched from any of its locators, or does not hash to what was
	/// ordered.
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
pub enum ReturnReason {
	/// The worker let the acknowledge deadline pass.
	#[codec(index = 0)]
	NotAcknowledged,
	/// The worker declined.
	#[codec(index = 1)]
	Declined(DeclineReason),
}

impl ReturnReason {
	/// Whether the worker falls in rank: not when it names a fault of the input, which is the
	/// client's.
	pub fn lowers_rank(&self) -> bool {
		!matches!(
			self,
			ReturnReason::Declined(DeclineReason::InputUnavailable | DeclineReason::InputTooLong)
		)
	}

	/// Whether the worker says that the input was not served.
	pub fn is_input_unavailable(&self) -> bool {
		matches!(
			self,
			ReturnReason::Declined(DeclineReason::InputUnavailable)
		)
	}
}

/// A job's return from a worker.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Return {
	/// Who had the job.
	pub worker: AccountId,
	/// Why it came back.
	pub reason: ReturnReason,
}

/// What the pallet keeps beside a job's record.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Bookkeeping {
	/// The storage deposit that is held on the client's account, in planck.
	pub deposit: Balance,
	/// The block of the agenda in which the job stands.
	pub agenda: BlockNumber,
	/// The job's first return, if it had one.
	pub returned: Option<Return>,
}
