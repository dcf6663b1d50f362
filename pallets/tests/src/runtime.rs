//! A runtime of the five pallets of the market, of the pallet of contracts, and of those that they work
//! with. No doubles: only the author of a block is the tests' to say, and governance decides disputes
//! beside committees.
//!
//! Limits and times are small, so that short sequences reach them.

use aci_attestation::{
	roots::{Roots, VENDORS},
	testing::pki::Key,
};
use aci_market::{ControlRules, FeeShares, QualityRules, SlashTable, StakeRules};
use aci_primitives::{
	traits::{DisputeCommittee, InferenceJobs},
	AccountId, Balance, BlockNumber, ClassId, Hash, JobId, ModelId, Moment, ReservationId,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Contains, FindAuthor},
	ConsensusEngineId, PalletId,
};
use pallet_aci_aivm_ops::ContractMarket;
use pallet_aci_hmm::Swap;
use sp_runtime::{
	impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, IdentityLookup},
	DispatchError, Permill,
};
use std::sync::OnceLock;

type Block = frame_system::mocking::MockBlockU32<Market>;

frame_support::construct_runtime!(
	pub enum Market {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Authorship: pallet_authorship,
		Escrow: pallet_aci_escrow,
		StakingSlashing: pallet_aci_staking_slashing,
		Session: pallet_session,
		Historical: pallet_session::historical,
		Offences: pallet_offences,
		Hmm: pallet_aci_hmm,
		PoAi: pallet_aci_poai,
		Jobs: pallet_aci_jobs,
		Aivm: pallet_aci_aivm_ops,
	}
);

/// Existential deposit, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 100;
/// Nominal time of a block, in milliseconds.
pub const BLOCK_TIME: Moment = 2_000;
/// Blocks for which an open job waits for a worker.
pub const MATCH_BLOCKS: BlockNumber = 5;
/// SLA of the orders of the tests, in milliseconds.
pub const SLA: Moment = 8_000;
/// Blocks of twice the SLA.
pub const TIMEOUT_BLOCKS: BlockNumber = 8;
/// Blocks for which a paid job is kept.
pub const FRAUD_WINDOW: BlockNumber = 12;
/// Blocks for which a job that ended without payment is kept.
pub const RETENTION: BlockNumber = 4;
/// Blocks of a committee's time.
pub const DISPUTE_BLOCKS: BlockNumber = 6;
/// Blocks of each half of a committee's vote.
pub const VOTE_HALF: BlockNumber = 1;
/// What a challenge of a delivery or a verdict costs, in planck.
pub const CHALLENGE_FEE: Balance = 1_000;
/// Committees for a dispute.
pub const MAX_DRAWS: u8 = 2;
/// Least bond of a dispute, in planck.
pub const MIN_DISPUTE_BOND: Balance = 1_000;
/// Deposit of a job's record, in planck.
pub const JOB_DEPOSIT: Balance = 1_000;
/// The slot fee, in planck.
pub const SLOT_FEE: Balance = 500;
/// Deposit of a model, in planck.
pub const MODEL_DEPOSIT: Balance = 10_000;
/// Deposit of session keys, in planck.
pub const KEY_DEPOSIT: Balance = 700;
/// Deposit of an appeal, in planck.
pub const APPEAL_DEPOSIT: Balance = 5_000;
/// Smallest bond of a validator, in planck.
pub const VALIDATOR_BOND: Balance = 1_000_000;
/// Smallest bond of a verifier, in planck.
pub const VERIFIER_BOND: Balance = 500_000;
/// Smallest delegation, in planck.
pub const MIN_DELEGATION: Balance = 10_000;
/// Smallest first deposit in a fund, in planck.
pub const MIN_LIQUIDITY: Balance = 10_000;
/// Unbonding time, in blocks.
pub const BONDING: BlockNumber = 18;
/// Appeal time, in blocks.
pub const APPEAL: BlockNumber = 4;
/// Blocks of an epoch, of the market and of the stakes.
pub const EPOCH: BlockNumber = 15;
/// Blocks of a session.
pub const SESSION: BlockNumber = 5;
/// Blocks until liquidity can be withdrawn, and in which it can.
pub const LIQUIDITY_UNBONDING: BlockNumber = 6;
/// Blocks in which a withdrawal of liquidity is ready.
pub const WITHDRAWAL_WINDOW: BlockNumber = 10;
/// Blocks of a budget's lease.
pub const BUDGET_PERIOD: BlockNumber = 8;
/// Shortest window of a reservation, in blocks.
pub const MIN_WINDOW: BlockNumber = 4;
/// Deposit of an item of a contract's, in planck.
pub const CONTRACT_ITEM: Balance = 100;
/// Deposit of a byte of a contract's, in planck.
pub const CONTRACT_BYTE: Balance = 1;
/// Longest window of a reservation, in blocks.
pub const MAX_WINDOW: BlockNumber = 40;

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
	pub const ReporterShare: Permill = Permill::from_percent(10);
	pub const MaxCommission: Permill = Permill::from_percent(50);
	pub const DisputeBondShare: Permill = Permill::from_percent(10);
	pub const MaxDraws: u8 = MAX_DRAWS;
	pub const Period: BlockNumber = SESSION;
	pub const Offset: BlockNumber = 0;
	pub Slash: SlashTable = SlashTable::default();
	pub Shares: FeeShares = FeeShares::default();
	pub Quality: QualityRules = QualityRules {
		weight: 300_000,
		judged_before_slash: 3,
		..QualityRules::default()
	};
	pub Control: ControlRules = ControlRules { half_fund: 1_000_000, ..ControlRules::default() };
	pub Stakes: StakeRules = StakeRules {
		validator_bond: VALIDATOR_BOND,
		verifier_bond: VERIFIER_BOND,
		worker_base: 1_000_000,
		worker_per_slot: 100_000,
		worker_per_tflops_slot: 100,
		liquidity_minimum: MIN_LIQUIDITY,
	};
	/// The share of a class that can be reserved, in parts per billion.
	pub static MaxReservedShare: u32 = 500_000_000;
	/// Claims that a pot takes.
	pub static MaxClaims: u32 = 1;
	/// Whether governance decides disputes.
	pub static DisputesAvailable: bool = true;
	/// Blocks for which a paid job is kept: longer where a test looks at whole epochs.
	pub static FraudBlocks: BlockNumber = FRAUD_WINDOW;
	/// Who authors the present block.
	pub static Author: Option<AccountId> = None;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Market {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BlockHashCount = ConstU32<250>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Market {
	type MinimumPeriod = ConstU64<1>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Market {
	type Balance = Balance;
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

/// The author that a test names.
pub struct NamedAuthor;

impl FindAuthor<AccountId> for NamedAuthor {
	fn find_author<'a, I>(_: I) -> Option<AccountId>
	where
		I: 'a + IntoIterator<Item = (ConsensusEngineId, &'a [u8])>,
	{
		Author::get()
	}
}

impl pallet_authorship::Config for Market {
	type FindAuthor = NamedAuthor;
	type EventHandler = StakingSlashing;
}

impl_opaque_keys! {
	pub struct Keys {
		pub dummy: UintAuthorityId,
	}
}

impl pallet_session::Config for Market {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = pallet_session::PeriodicSessions<Period, Offset>;
	type NextSessionRotation = pallet_session::PeriodicSessions<Period, Offset>;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, StakingSlashing>;
	type SessionHandler = pallet_session::TestSessionHandler;
	type Keys = Keys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy<1>;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU128<KEY_DEPOSIT>;
}

impl pallet_session::historical::Config for Market {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = pallet_aci_staking_slashing::Exposure;
	type FullIdentificationOf = pallet_aci_staking_slashing::ExposureOf<Market>;
}

impl pallet_offences::Config for Market {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = StakingSlashing;
}

impl pallet_aci_escrow::Config for Market {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type PalletId = EscrowPalletId;
	type BudgetPeriod = ConstU32<BUDGET_PERIOD>;
	type MaxBudgets = ConstU32<2>;
	type WeightInfo = ();
}

/// What the roles earn that the staking pallet does not pay itself, as in the chain's runtime.
pub struct Earnings;

impl pallet_aci_staking_slashing::EarningsOf for Earnings {
	fn workers() -> Balance {
		pallet_aci_escrow::TotalSettled::<Market>::get().accounts
	}

	fn providers() -> (Balance, Balance) {
		(
			pallet_aci_escrow::TotalSettled::<Market>::get().funds,
			Hmm::capital(),
		)
	}
}

impl pallet_aci_staking_slashing::Config for Market {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Pots = Escrow;
	type Insurer = Hmm;
	type Keys = Session;
	type Disabling = pallet_aci_staking_slashing::SessionDisabling<Market>;
	type Earnings = Earnings;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type StakeRules = Stakes;
	type SlashTable = Slash;
	type QualityRules = Quality;
	type BondingDuration = ConstU32<BONDING>;
	type AppealPeriod = ConstU32<APPEAL>;
	type ClaimPeriod = FraudBlocks;
	type AppealDeposit = ConstU128<APPEAL_DEPOSIT>;
	type ValidatorCount = ConstU32<2>;
	type MinimumDelegation = ConstU128<MIN_DELEGATION>;
	type MaxCommission = MaxCommission;
	type EpochLength = ConstU32<EPOCH>;
	type BlocksPerYear = ConstU32<2_000>;
	type SessionHistory = ConstU32<5>;
	type MaxValidators = ConstU32<4>;
	type MaxCandidates = ConstU32<3>;
	type MaxDelegators = ConstU32<3>;
	type MaxDelegations = ConstU32<2>;
	type MaxClaims = MaxClaims;
	type MaxDuePerBlock = ConstU32<2>;
	type ReporterShare = ReporterShare;
	type MaxUnbonding = ConstU32<3>;
	type MaxSlashesPerBlock = ConstU32<1>;
	type WeightInfo = ();
}

impl pallet_aci_hmm::Config for Market {
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type QuoteLifetime = ConstU32<5>;
	type Pots = Escrow;
	type Prepayments = Escrow;
	type EpochLength = ConstU32<EPOCH>;
	type BlockTime = ConstU64<BLOCK_TIME>;
	type ControlRules = Control;
	type MaxClosesPerBlock = ConstU32<1>;
	type MinLiquidity = ConstU128<MIN_LIQUIDITY>;
	type UnbondingTime = ConstU32<LIQUIDITY_UNBONDING>;
	type WithdrawalWindow = ConstU32<WITHDRAWAL_WINDOW>;
	type InsuranceTime = ConstU32<60>;
	type MaxWithdrawals = ConstU32<2>;
	type ReservedLoad = ConstU32<5>;
	type MinWindow = ConstU32<MIN_WINDOW>;
	type MaxWindow = ConstU32<MAX_WINDOW>;
	type MaxReservedShare = MaxReservedShare;
	type SellBackFee = ConstU32<50_000>;
	type MaxReservations = ConstU32<3>;
	type MaxEndsPerBlock = ConstU32<2>;
	type MaxSlices = ConstU32<2>;
	type WeightInfo = ();
}

/// The vendors' keys, with AMD's replaced by one of the tests.
pub struct TestRoots;

impl pallet_aci_poai::VendorRoots for TestRoots {
	fn roots() -> Roots<'static> {
		static AMD: OnceLock<Vec<u8>> = OnceLock::new();
		let amd: &'static [u8] = AMD.get_or_init(|| Key::p384(11).info());
		Roots {
			amd: [amd; 3],
			..VENDORS
		}
	}
}

impl pallet_aci_poai::Config for Market {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type Verifier = pallet_aci_poai::SoftwareTee<Market>;
	type Roots = TestRoots;
	type Time = Timestamp;
	type Slasher = StakingSlashing;
	type ModelDeposit = ConstU128<MODEL_DEPOSIT>;
	type RecentBlocks = ConstU32<50>;
	type Verdicts = Jobs;
	type Bonds = StakingSlashing;
	type VerifierBond = ConstU128<VERIFIER_BOND>;
	type Work = StakingSlashing;
	type Quality = StakingSlashing;
	type Pots = Escrow;
	type Referee = ();
	type WeightInfo = ();
}

/// Disputes that committees decide, and governance as well, as in the chain's runtime.
pub struct CommitteesAndGovernance;

impl DisputeCommittee for CommitteesAndGovernance {
	fn available() -> bool {
		DisputesAvailable::get() || PoAi::available()
	}
	fn convene(job: &JobId, draw: u8) {
		PoAi::convene(job, draw);
	}
	fn dismiss(job: &JobId, decided: bool) {
		PoAi::dismiss(job, decided);
	}
}

impl pallet_aci_jobs::Config for Market {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Market = Hmm;
	type Escrow = Escrow;
	type Bonds = StakingSlashing;
	type Slasher = StakingSlashing;
	type Quality = StakingSlashing;
	type ProofOfAi = PoAi;
	type Insurer = Hmm;
	type Activity = Hmm;
	type Reservations = Hmm;
	type Prepayments = Escrow;
	type Committee = CommitteesAndGovernance;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type Time = Timestamp;
	type WeightInfo = ();
	type BlockTime = ConstU64<BLOCK_TIME>;
	type MatchDeadline = ConstU64<10_000>;
	type AcknowledgeDeadline = ConstU64<6_000>;
	type VerificationWindow = ConstU32<1>;
	type FraudWindow = FraudBlocks;
	type Retention = ConstU32<RETENTION>;
	type MinSla = ConstU64<1_000>;
	type MaxSla = ConstU64<3_600_000>;
	type MinPrice = ExistentialDeposit;
	type JobDeposit = ConstU128<JOB_DEPOSIT>;
	type SlotFee = ConstU128<SLOT_FEE>;
	type DisputeBondShare = DisputeBondShare;
	type MinDisputeBond = ConstU128<MIN_DISPUTE_BOND>;
	type DisputePeriod = ConstU64<{ DISPUTE_BLOCKS as Moment * BLOCK_TIME }>;
	type MaxDraws = MaxDraws;
	type FeeShares = Shares;
	type StakeRules = Stakes;
	type MaxWorkersPerClass = ConstU32<3>;
	type MaxSlots = ConstU32<4>;
	type MaxJobsPerClient = ConstU32<12>;
	type MaxOpenPerClass = ConstU32<6>;
	type MaxClassesPerBlock = ConstU32<2>;
	type MaxMatchesPerBlock = ConstU32<4>;
	type MaxCandidates = ConstU32<2>;
	type MaxWeighedPerBlock = ConstU32<2>;
	type MaxDuePerBlock = ConstU32<2>;
	type MaxBatch = ConstU32<2>;
	type SettlementLimit = ConstU32<1_000>;
	type MaxSettlementsPerBlock = ConstU32<2>;
	type MaxEndsPerBlock = ConstU32<16>;
}

/// The market as contracts see it, as in the chain's runtime.
pub struct MarketOfContracts;

impl ContractMarket for MarketOfContracts {
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)> {
		<Jobs as InferenceJobs>::quote(model, input_bytes)
	}

	fn buy(
		owner: &AccountId,
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
		limit: Balance,
	) -> Result<(ReservationId, Balance), DispatchError> {
		let id = pallet_aci_hmm::NextReservation::<Market>::get();
		let swap = Swap::Buy {
			class,
			milli_slots,
			blocks,
			max_price: limit,
		};
		Hmm::swap(RuntimeOrigin::signed(owner.clone()), swap)?;
		let bought = Hmm::reservation(id).ok_or(DispatchError::Corruption)?;
		Ok((id, bought.reservation.paid))
	}
}

/// The programs that the poai pallet allows.
pub struct AllowedPrograms;

impl Contains<Hash> for AllowedPrograms {
	fn contains(measurement: &Hash) -> bool {
		pallet_aci_poai::Measurements::<Market>::contains_key(measurement)
	}
}

impl pallet_aci_aivm_ops::Config for Market {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Escrow = Escrow;
	type Market = MarketOfContracts;
	type Jobs = Jobs;
	type Attestation = pallet_aci_poai::SoftwareTee<Market>;
	type Measurements = AllowedPrograms;
	type DepositPerItem = ConstU128<CONTRACT_ITEM>;
	type DepositPerByte = ConstU128<CONTRACT_BYTE>;
	type LockPeriod = ConstU32<FRAUD_WINDOW>;
	type MaxEvents = ConstU32<16>;
	type MaxGas = ConstU64<1_000_000>;
	type MaxOrders = ConstU32<3>;
	type MaxVisitsPerBlock = ConstU32<2>;
	type CallbackGasPerBlock = ConstU64<50_000>;
	type WeightInfo = ();
}
