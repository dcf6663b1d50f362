//! Doubles, for tests, of the pallets around this one. They keep what they are told.

use crate::mock::{account, PoAi};
use aci_primitives::{
	traits::{
		Bonds, DisputeCommittee, DisputeVerdict, ExactReferee, Finding, Pot, Pots, QualityUpdate,
		Verdicts, VerifierWork,
	},
	AccountId, Balance, Hash, JobId, Role, ACI,
};
use frame_support::parameter_types;
use sp_runtime::{DispatchError, DispatchResult};

/// What the jobs pallet was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
	Challenge(JobId),
	Decide(JobId, DisputeVerdict),
	Convict(JobId, DisputeVerdict, Option<AccountId>),
}

parameter_types! {
	/// What the jobs pallet was told.
	pub static Tellings: Vec<Told> = Vec::new();
	/// Whether it refuses to convict.
	pub static RefusesConvictions: bool = false;
	/// The running epoch.
	pub static EpochNumber: u32 = 0;
	/// The quality of every worker.
	pub static QualityScore: u32 = 1_000_000;
	/// What verifiers were credited.
	pub static Credited: Vec<(AccountId, Balance)> = Vec::new();
	/// What was paid into pots.
	pub static PaidIn: Vec<(AccountId, Pot, Balance)> = Vec::new();
	/// What the exact referee finds on every job.
	pub static RefereeFinds: Finding = Finding::NotAvailable;
	/// The account without a verifier's bond.
	pub static Unbonded: Option<AccountId> = None;
	pub const VerifierBond: Balance = 50_000 * ACI;
}

fn tell(told: Told) -> DispatchResult {
	Tellings::mutate(|tellings| tellings.push(told));
	Ok(())
}

/// Jobs: every dispute is opened and every verdict taken.
pub struct JobsDouble;

impl Verdicts for JobsDouble {
	fn challenge(job: &JobId) -> DispatchResult {
		if !PoAi::available() {
			return Err(DispatchError::Unavailable);
		}
		PoAi::convene(job, 1);
		tell(Told::Challenge(*job))
	}
	fn decide(job: &JobId, verdict: DisputeVerdict) -> DispatchResult {
		PoAi::dismiss(job, true);
		tell(Told::Decide(*job, verdict))
	}
	fn convict(
		job: &JobId,
		verdict: DisputeVerdict,
		_: Hash,
		reporter: Option<AccountId>,
	) -> DispatchResult {
		if RefusesConvictions::get() {
			return Err(DispatchError::Unavailable);
		}
		tell(Told::Convict(*job, verdict, reporter))
	}
}

/// Bonds: everybody has twice the least.
pub struct BondsDouble;

impl Bonds for BondsDouble {
	fn bonded(who: &AccountId, role: Role) -> Balance {
		match role {
			Role::Verifier if Unbonded::get().as_ref() != Some(who) => 2 * VerifierBond::get(),
			_ => 0,
		}
	}
	fn require(_: &AccountId, _: Role, _: Balance) -> DispatchResult {
		Ok(())
	}
}

/// Keeps what verifiers are credited.
pub struct WorkDouble;

impl VerifierWork for WorkDouble {
	fn delivered(verifier: &AccountId, tariff: Balance) {
		Credited::mutate(|credited| credited.push((verifier.clone(), tariff)));
	}
}

/// The epoch that a test says.
pub struct EpochDouble;

impl QualityUpdate for EpochDouble {
	fn quality(_: &AccountId) -> u32 {
		QualityScore::get()
	}
	fn epoch() -> u32 {
		EpochNumber::get()
	}
	fn quality_at_epoch_start(_: &AccountId) -> u32 {
		QualityScore::get()
	}
	fn judged(_: &AccountId, _: u32) {}
}

/// Keeps what is paid in; account 9 has nothing.
pub struct PotsDouble;

impl Pots for PotsDouble {
	fn balance(_: Pot) -> Balance {
		0
	}
	fn pay_in(from: &AccountId, pot: Pot, amount: Balance) -> DispatchResult {
		if *from == account(9) {
			return Err(DispatchError::Unavailable);
		}
		PaidIn::mutate(|paid| paid.push((from.clone(), pot, amount)));
		Ok(())
	}
	fn pay_out(_: Pot, _: &[(AccountId, Balance)]) -> DispatchResult {
		Ok(())
	}
}

/// A referee that finds what a test says.
pub struct RefereeDouble;

impl ExactReferee for RefereeDouble {
	fn finding(_: &JobId) -> Finding {
		RefereeFinds::get()
	}
}
