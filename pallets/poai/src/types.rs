//! Types that only this pallet stores or returns.

use aci_primitives::{evidence::Attestation, AccountId, BlockNumber, Hash, SignedReceipt};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::fungible;
use scale_info::TypeInfo;

/// An amount of the configured currency.
pub type BalanceOf<T> = <<T as crate::Config>::Currency as fungible::Inspect<AccountId>>::Balance;

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
	/// Whether governance suspended the worker.
	pub suspended: bool,
	/// Whether the attested program is on the list of allowed ones.
	pub measurement_allowed: bool,
}

impl AttestationStatus {
	/// Whether the worker may take jobs with it.
	pub fn stands(&self) -> bool {
		!self.suspended && self.measurement_allowed
	}
}
