//! Bonds, slashes, quality, and what verifiers are paid.

use crate::{AccountId, Balance, ClassId, Hash, JobId, Role};
use aci_market::Offence;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::DispatchResult;

/// What is reported to be slashed.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct SlashReport {
	/// Who loses its bond.
	pub offender: AccountId,
	/// Which of its bonds.
	pub role: Role,
	/// For what.
	pub offence: Offence,
	/// Hash of the evidence.
	pub evidence: Hash,
	/// Who reported it and shares in the pot.
	pub reporter: Option<AccountId>,
	/// Whom the offence wronged, and what it lost and nobody else gives back.
	pub victim: Option<Claim>,
}

/// What a wronged client has lost. It is paid out of the offence's pot: in full where that covers
/// all claims, else pro rata, and for the rest out of the class's fund, within its cap.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[scale_info(capture_docs = "always")]
pub struct Claim {
	/// Who lost it.
	pub client: AccountId,
	/// For which job.
	pub job: JobId,
	/// The job's class, whose fund stands behind the worker.
	pub class: ClassId,
	/// How much, in planck; zero where all of it was given back already.
	pub amount: Balance,
}

/// Slashes bonds. Implemented by the staking-slashing pallet.
pub trait Slasher {
	/// Moves the offence's share of the bond to a pot and returns how much that is. Does not fail
	/// for a bond that is too small: it takes what is there. A claim that comes with a report that
	/// takes nothing joins the claims on what the offender's earlier slashes took.
	fn slash(report: SlashReport) -> Balance;
}

/// Bonds. Implemented by the staking-slashing pallet.
pub trait Bonds {
	/// The bond of an account for a role that backs its work: what is unbonding does not count.
	fn bonded(who: &AccountId, role: Role) -> Balance;
	/// States how much of a bond is needed from now on; unbonding below it is refused. Fails when
	/// the bond is smaller. 0 ends the need.
	fn require(who: &AccountId, role: Role, amount: Balance) -> DispatchResult;
}

/// Quality scores. Implemented by the staking-slashing pallet.
pub trait QualityUpdate {
	/// An account's quality in parts per million.
	fn quality(who: &AccountId) -> u32;
	/// The number of the running epoch.
	fn epoch() -> u32;
	/// What an account's quality was when the running epoch began, in parts per million. It stays the
	/// same until the next one begins, whatever is judged meanwhile.
	fn quality_at_epoch_start(who: &AccountId) -> u32;
	/// Records the result, in parts per million, of one judged job.
	fn judged(who: &AccountId, result: u32);
	/// Records the results of several judged jobs of one account, in order. It is what so many calls
	/// of [`QualityUpdate::judged`] do; an implementation may do it at the cost of one.
	fn judged_all(who: &AccountId, results: &[u32]) {
		for result in results {
			Self::judged(who, *result);
		}
	}
}

/// What verifiers are owed. Implemented by the staking-slashing pallet.
pub trait VerifierWork {
	/// A verifier delivered a verdict that it had drawn; `tariff` is the check's cost in planck. It
	/// is paid out of the verifiers' pool at the end of the epoch, pro rata where the pool has less.
	fn delivered(verifier: &AccountId, tariff: Balance);
}
