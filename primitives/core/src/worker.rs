//! Workers as the market sees them.

use crate::{AccountId, Balance, BlockNumber, BoundedBytes, BoundedList, ClassId, ModelId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A network address at which a worker or a client serves data: a multiaddress in text form.
pub type Endpoint = BoundedBytes<128>;

/// A registered worker.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Worker {
	/// The class whose capacity it offers.
	pub class: ClassId,
	/// Jobs that it runs side by side.
	pub slots: u32,
	/// Jobs that it has now.
	pub busy: u32,
	/// The models that it runs.
	pub models: BoundedList<ModelId, 16>,
	/// Where it serves data.
	pub endpoints: BoundedList<Endpoint, 4>,
	/// Price in planck of its jobs whose fraud window is open.
	pub exposure: Balance,
	/// Matches that it let pass without acknowledging, since its last finished job.
	pub missed: u32,
	/// Whether it takes new jobs.
	pub active: bool,
	/// Block of the registration.
	pub since: BlockNumber,
	/// What each of its slots weighs in its class's pool, in parts per million: by its quality when
	/// the running epoch began.
	pub weight: u32,
}

/// A worker with what other pallets know of it; what runtime APIs return.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct WorkerView {
	/// The account.
	pub account: AccountId,
	/// The registration.
	pub worker: Worker,
	/// Its bond in planck.
	pub bond: Balance,
	/// Its quality in parts per million.
	pub quality: u32,
	/// Its data key, x25519; `None` while it has no attestation.
	pub data_key: Option<[u8; 32]>,
}
