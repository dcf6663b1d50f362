//! Types that only this pallet stores or returns.

use crate::EvidenceRecord;
use aci_primitives::{
	evidence::{Attestation, EvidenceError, MAX_GPUS},
	AccountId, BlockNumber, BoundedList, Hash, SignedReceipt,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::fungible;
use scale_info::TypeInfo;
use sp_core::H256;

/// An amount of the configured currency.
pub type BalanceOf<T> = <<T as crate::Config>::Currency as fungible::Inspect<AccountId>>::Balance;

/// Hashes of the GPUs of one TEE.
pub type GpuList = BoundedList<H256, MAX_GPUS>;

/// Most entries that one call revokes or restores.
pub const MAX_SERIAL_ENTRIES: u32 = 256;
/// Entries of the list of revoked serial numbers.
pub type SerialEntries = BoundedList<[u8; 16], MAX_SERIAL_ENTRIES>;

/// Why a worker is suspended.
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
pub enum Suspension {
	/// Governance decided so. Only governance ends it.
	#[codec(index = 0)]
	Governance,
	/// The evidence's or its collateral's time is over.
	#[codec(index = 1)]
	Expired,
	/// The program, or what a GPU runs, is no longer allowed.
	#[codec(index = 2)]
	MeasurementRevoked,
	/// The evidence does not stand any more.
	#[codec(index = 3)]
	EvidenceRefused(EvidenceError),
}

/// A receipt that passed level 1.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct StoredReceipt {
	/// [`SignedReceipt::hash`].
	pub hash: Hash,
	/// The receipt with its signature, so that anybody can check it again.
	pub receipt: SignedReceipt,
	/// Whose session key signed it.
	pub worker: AccountId,
	/// The block that accepted it.
	pub block: BlockNumber,
}

/// A worker's attestation and what speaks against it; what the view function returns.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[scale_info(capture_docs = "always")]
pub struct AttestationStatus {
	/// The attested keys.
	pub attestation: Attestation,
	/// Why the worker is suspended, if it is.
	pub suspended: Option<Suspension>,
	/// Whether the attested program is on the list of those that its TEE may run.
	pub measurement_allowed: bool,
	/// Whether its time is over.
	pub ended: bool,
	/// What is kept of the evidence.
	pub evidence: Option<EvidenceRecord>,
}

impl AttestationStatus {
	/// Whether the worker may take jobs with it.
	pub fn stands(&self) -> bool {
		self.suspended.is_none() && self.measurement_allowed && !self.ended
	}
}
