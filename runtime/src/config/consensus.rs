//! Block production, sessions, finality.
//!
//! Aura produces a block every two seconds and the finality gadget finalises, or GRANDPA on a chain
//! whose specification selects the reference engine. The runtime serves both at once: each follows
//! the sessions with a key of its own, and the authorities of the engine that does not run are
//! never asked. The staking pallet elects the validators of each session, learns who authored
//! blocks, and slashes those who were reported for conflicting statements or votes.
//!
//! Every session begins another set of finality authorities. An offence can be reported for as many
//! sessions as the staking pallet remembers exposures, which is longer than bonds take to unbond.

use crate::{
	config::market::{SessionHistory, MAX_DELEGATORS},
	parameters::governed::stakes,
	AccountId, Aura, Balances, BlockNumber, Historical, Offences, Runtime, RuntimeEvent,
	SessionKeys, StakingSlashing, BLOCK_TIME, SESSION,
};
use aci_primitives::{Balance, ACI};
use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, ConstU64, Get},
};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::traits::{ConvertInto, OpaqueKeys};
use sp_staking::SessionIndex;

/// The most validators that a session can have.
pub const MAX_AUTHORITIES: u32 = 100;

/// Held for an account's session keys.
pub const SESSION_KEY_DEPOSIT: Balance = ACI;

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
	type DisabledValidators = crate::Session;
	type AllowMultipleBlocksPerSlot = ConstBool<false>;
	type SlotDuration = ConstU64<BLOCK_TIME>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Aura>;
	type EventHandler = StakingSlashing;
}

parameter_types! {
	/// First block of the first session's end, counted from the period.
	pub const SessionOffset: BlockNumber = 0;
	/// Blocks for which a report may wait in the pool of the node that made it: a day, at least.
	pub const ReportLongevity: u64 = 168 * SESSION as u64;
	/// How many sets of GRANDPA's are remembered by session.
	pub const MaxSetIdSessionEntries: u64 = 168;
}

/// Blocks in a session, as governed; but never so few that the sessions which the staking pallet
/// remembers are shorter together than a bond takes to unbond: who leaves must stay liable.
pub struct SessionPeriod;

impl Get<BlockNumber> for SessionPeriod {
	fn get() -> BlockNumber {
		let least = stakes::UnbondingPeriod::get().div_ceil(SessionHistory::get());
		stakes::SessionLength::get().max(least).max(1)
	}
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type NextSessionRotation = pallet_session::PeriodicSessions<SessionPeriod, SessionOffset>;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, StakingSlashing>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ConstU128<SESSION_KEY_DEPOSIT>;
}

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = pallet_aci_staking_slashing::Exposure;
	type FullIdentificationOf = pallet_aci_staking_slashing::ExposureOf<Runtime>;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = StakingSlashing;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type KeyOwnerProof = sp_session::MembershipProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

/// Who held which finality key.
pub type FinalityKeys = pallet_aci_finality::SetKeys<Runtime, Stakes>;

/// What stood behind a validator: the exposure with which it was elected. An empty one for a
/// validator that the genesis named and nobody elected, as in the session pallet's history.
pub struct Stakes;

impl pallet_aci_finality::Identify<AccountId> for Stakes {
	type Identification = pallet_aci_staking_slashing::Exposure;

	fn identify(session: SessionIndex, validator: &AccountId) -> Self::Identification {
		StakingSlashing::exposure(session, validator).unwrap_or_default()
	}
}

impl pallet_aci_finality::Config for Runtime {
	type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
	type SetHistory = SessionHistory;
	// A validator's own bond and its delegators'.
	type MaxSlashParts = ConstU32<{ MAX_DELEGATORS + 1 }>;
	type KeyOwnerProof = pallet_aci_finality::Membership<AccountId>;
	type Reporting = pallet_aci_finality::Reporting<Self, Offences, FinalityKeys, ReportLongevity>;
	type WeightInfo = pallet_aci_finality::weights::SubstrateWeight<Runtime>;
}

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Runtime
where
	crate::RuntimeCall: From<LocalCall>,
{
	type Extrinsic = crate::UncheckedExtrinsic;
	type RuntimeCall = crate::RuntimeCall;
}

impl<LocalCall> frame_system::offchain::CreateBare<LocalCall> for Runtime
where
	crate::RuntimeCall: From<LocalCall>,
{
	fn create_bare(call: Self::RuntimeCall) -> Self::Extrinsic {
		crate::UncheckedExtrinsic::new_bare(call)
	}
}
