//! Types that are stored by this pallet alone, or that its calls and events carry.

use aci_primitives::{
	AccountId, Balance, BlockNumber, ClassId, Deadline, Hash, JobId, Moment, ReservationId,
};
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
#[scale_info(capture_docs = "always")]
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
#[scale_info(capture_docs = "always")]
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
#[scale_info(capture_docs = "always")]
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
#[scale_info(capture_docs = "always")]
pub struct Bookkeeping {
	/// The storage deposit that is held on the client's account, in planck.
	pub deposit: Balance,
	/// Where the job waits for its deadline.
	pub place: Place,
	/// The job's first return, if it had one.
	pub returned: Option<Return>,
	/// The reservation that pays for the job; `None` for one that pays the pool's price.
	pub reserved: Option<Reserved>,
	/// Whether a verdict on the job's output has been given.
	pub decided: bool,
}

/// Where a job waits for its deadline. It stands in exactly one place.
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
#[scale_info(capture_docs = "always")]
pub enum Place {
	/// In a block of the agenda.
	#[codec(index = 0)]
	Agenda(BlockNumber),
	/// In a batch of jobs that are paid together.
	#[codec(index = 1)]
	Batch(BatchKey),
}

/// The name of a batch.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct BatchKey {
	/// The block in which its jobs are due.
	pub due: BlockNumber,
	/// Its number among the batches of that block, from zero.
	pub number: u32,
}

/// A job of a batch: what its payment needs, so that the job's record is not read for it.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Payable {
	/// The job.
	pub job: JobId,
	/// Who ordered it.
	pub client: AccountId,
	/// Who ran it.
	pub worker: AccountId,
	/// The class that it ran on.
	pub class: ClassId,
	/// The locked price, in planck.
	pub price: Balance,
	/// What is due of it, in planck.
	pub due: Balance,
	/// Least time that the run takes on the class's hardware, in milliseconds.
	pub eta: Moment,
	/// Its result for the worker's quality, in parts per million: what the late rule leaves of the
	/// whole.
	pub result: u32,
	/// Hash of the signed receipt.
	pub receipt: Hash,
	/// The reservation that pays for it.
	pub reservation: Option<ReservationId>,
}

/// The reservation that pays for a job.
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
#[scale_info(capture_docs = "always")]
pub struct Reserved {
	/// Its number.
	pub id: ReservationId,
	/// The job's price under it, in planck: fixed when the job was ordered.
	pub price: Balance,
}

/// A job in the queue of its class.
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
#[scale_info(capture_docs = "always")]
pub struct Queued {
	/// The job.
	pub job: JobId,
	/// The reservation that pays for it.
	pub reservation: Option<ReservationId>,
}

/// An open dispute.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Dispute {
	/// The client's bond, in planck.
	pub bond: Balance,
	/// How many committees were drawn for it.
	pub draws: u8,
	/// Block in which it was opened.
	pub opened: BlockNumber,
	/// The end of the job's fraud window, when the job had been paid before.
	pub paid: Option<Deadline>,
}

/// How far the weighing of workers is.
#[derive(
	Clone,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Weighing {
	/// The epoch in which the last walk over the workers began.
	pub epoch: u32,
	/// Whether that walk is not over.
	pub running: bool,
	/// The worker that it reached last, in the order of the map.
	pub after: Option<AccountId>,
}

/// What homes of the fast path have of a worker.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct LeasedOut {
	/// Slots; they count among the worker's busy ones.
	pub slots: u32,
	/// What of the worker's exposure is leased, or is of paid jobs whose fraud window is open, in
	/// planck.
	pub exposure: Balance,
}
