//! The market: escrow, stakes, classes, proofs, jobs.
//!
//! Numbers that referenda change come from [`crate::parameters`].

use crate::{
	config::consensus::MAX_AUTHORITIES,
	governance::ParametersAdmin,
	parameters::governed::{jobs, market, stakes},
	storage_deposit, Balances, Escrow, Hmm, PoAi, Runtime, RuntimeHoldReason, Session,
	StakingSlashing, Timestamp, BLOCK_TIME, DAYS, MINUTES, SESSION,
};
use aci_market::{
	control::ControlRules,
	stake::{QualityRules, SlashTable, StakeRules},
	FeeShares,
};
use aci_primitives::{
	job::MAX_INLINE, traits::DisputeCommittee, Balance, BlockNumber, JobId, Moment,
};
use frame_support::{
	parameter_types,
	traits::{ConstU32, Get},
	PalletId,
};

parameter_types! {
	/// From which the escrow's accounts are derived.
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
}

impl pallet_aci_escrow::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type PalletId = EscrowPalletId;
	type BudgetPeriod = market::BudgetPeriod;
	type MaxBudgets = ConstU32<8>;
	type WeightInfo = pallet_aci_escrow::weights::SubstrateWeight<Runtime>;
}

/// The governed bonds.
pub struct GovernedStakeRules;

impl Get<StakeRules> for GovernedStakeRules {
	fn get() -> StakeRules {
		StakeRules {
			validator_bond: stakes::ValidatorBond::get(),
			verifier_bond: stakes::VerifierBond::get(),
			worker_base: stakes::WorkerBond::get(),
			worker_per_slot: stakes::WorkerBondPerSlot::get(),
			worker_per_tflops_slot: stakes::WorkerBondPerTeraflops::get(),
			..Default::default()
		}
	}
}

/// The most delegators that a validator can have.
pub const MAX_DELEGATORS: u32 = 128;

parameter_types! {
	/// What each offence costs (Table 2 of the paper).
	pub OffenceTable: SlashTable = SlashTable::default();
	/// How quality moves (§6.3 of the paper).
	pub ScoreRules: QualityRules = QualityRules::default();
	/// The shares of a payment (Table 5 of the paper).
	pub PaymentShares: FeeShares = FeeShares::default();
	/// Blocks of a year, for the yearly yields.
	pub const BlocksPerYear: BlockNumber = 365 * DAYS;
	/// Sessions of the unbonding time and a day more: an offence is punished by what was at stake
	/// when it happened.
	pub const SessionHistory: u32 = 8 * DAYS / SESSION;
}

/// What the roles earn that the staking pallet does not pay itself.
pub struct Earnings;

impl pallet_aci_staking_slashing::EarningsOf for Earnings {
	fn workers() -> Balance {
		Escrow::settled().accounts
	}

	fn providers() -> (Balance, Balance) {
		(Escrow::settled().funds, Hmm::capital())
	}
}

impl pallet_aci_staking_slashing::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Pots = Escrow;
	type Insurer = Hmm;
	type Keys = Session;
	type Disabling = pallet_aci_staking_slashing::SessionDisabling<Runtime>;
	type Earnings = Earnings;
	type GovernanceOrigin = ParametersAdmin;
	type StakeRules = GovernedStakeRules;
	type SlashTable = OffenceTable;
	type QualityRules = ScoreRules;
	type BondingDuration = stakes::UnbondingPeriod;
	type AppealPeriod = stakes::AppealPeriod;
	type ClaimPeriod = jobs::FraudWindow;
	type AppealDeposit = stakes::AppealDeposit;
	type ValidatorCount = stakes::ValidatorCount;
	type MinimumDelegation = stakes::MinimumDelegation;
	type MaxCommission = stakes::MaxCommission;
	type EpochLength = market::EpochLength;
	type BlocksPerYear = BlocksPerYear;
	type SessionHistory = SessionHistory;
	type MaxValidators = ConstU32<MAX_AUTHORITIES>;
	type MaxCandidates = ConstU32<256>;
	type MaxDelegators = ConstU32<MAX_DELEGATORS>;
	type MaxDelegations = ConstU32<16>;
	type MaxClaims = ConstU32<64>;
	type MaxDuePerBlock = ConstU32<64>;
	type ReporterShare = stakes::ReporterShare;
	type MaxUnbonding = ConstU32<16>;
	type MaxSlashesPerBlock = ConstU32<16>;
	type WeightInfo = pallet_aci_staking_slashing::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// For how many blocks a quote stands.
	pub const QuoteLifetime: BlockNumber = MINUTES;
	/// How many blocks old the block may be that evidence is bound to.
	pub const RecentBlocks: BlockNumber = 10 * MINUTES;
	/// Held for a model's manifest.
	pub const ModelDeposit: Balance = storage_deposit(1, 512);
}

/// The governed slow control.
pub struct GovernedControlRules;

impl Get<ControlRules> for GovernedControlRules {
	fn get() -> ControlRules {
		ControlRules {
			zone_low: market::ZoneLow::get(),
			zone_high: market::ZoneHigh::get(),
			step: market::PriceStep::get(),
			max_floor_share: market::MaxFloorShare::get(),
			half_fund: market::HalfFund::get(),
		}
	}
}

impl pallet_aci_hmm::Config for Runtime {
	type GovernanceOrigin = ParametersAdmin;
	type QuoteLifetime = QuoteLifetime;
	type Pots = Escrow;
	type Prepayments = Escrow;
	type EpochLength = market::EpochLength;
	type BlockTime = BlockTime;
	type ControlRules = GovernedControlRules;
	type MaxClosesPerBlock = ConstU32<16>;
	type MinLiquidity = market::MinLiquidity;
	type UnbondingTime = market::LiquidityUnbonding;
	type WithdrawalWindow = market::WithdrawalWindow;
	type InsuranceTime = stakes::UnbondingPeriod;
	type MaxWithdrawals = ConstU32<8>;
	type ReservedLoad = market::ReservedLoad;
	type MinWindow = market::MinReservation;
	type MaxWindow = market::MaxReservation;
	type MaxReservedShare = market::MaxReservedShare;
	type SellBackFee = market::SellBackFee;
	type MaxReservations = ConstU32<32>;
	type MaxEndsPerBlock = ConstU32<32>;
	// The homes of the set in force, and those of the one before whose slots are coming back.
	type MaxSlices = ConstU32<{ 2 * MAX_AUTHORITIES }>;
	type WeightInfo = pallet_aci_hmm::weights::SubstrateWeight<Runtime>;
}

impl pallet_aci_poai::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = ParametersAdmin;
	type Verifier = pallet_aci_poai::SoftwareTee<Runtime>;
	type Slasher = StakingSlashing;
	type ModelDeposit = ModelDeposit;
	type RecentBlocks = RecentBlocks;
	type WeightInfo = pallet_aci_poai::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// Nominal time of a block.
	pub const BlockTime: Moment = BLOCK_TIME;
	/// Least SLA of an order: one second.
	pub const MinSla: Moment = 1_000;
	/// Largest SLA of an order: one day.
	pub const MaxSla: Moment = 24 * 60 * 60 * 1_000;
	/// Least maximum price of an order.
	pub const MinPrice: Balance = crate::EXISTENTIAL_DEPOSIT;
	/// Held for a job's record: its input and its output on chain at most, and its place in indices.
	pub const JobDeposit: Balance = storage_deposit(4, 2 * MAX_INLINE) / 10;
}

/// Disputes that governance decides by `jobs.decide_dispute`, until committees of verifiers do. A
/// chain without either opens none, so that nobody is refunded only because nobody decides.
pub struct GovernedDisputes;

impl DisputeCommittee for GovernedDisputes {
	fn available() -> bool {
		jobs::DisputesByGovernance::get()
	}
	fn convene(_: &JobId, _: u8) {}
	fn dismiss(_: &JobId, _: bool) {}
}

impl pallet_aci_jobs::Config for Runtime {
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
	type Committee = GovernedDisputes;
	type GovernanceOrigin = ParametersAdmin;
	type Time = Timestamp;
	type WeightInfo = pallet_aci_jobs::weights::SubstrateWeight<Runtime>;
	type BlockTime = BlockTime;
	type MatchDeadline = jobs::MatchPeriod;
	type AcknowledgeDeadline = jobs::AcknowledgePeriod;
	type VerificationWindow = jobs::VerificationWindow;
	type FraudWindow = jobs::FraudWindow;
	type Retention = jobs::Retention;
	type MinSla = MinSla;
	type MaxSla = MaxSla;
	type MinPrice = MinPrice;
	type JobDeposit = JobDeposit;
	type SlotFee = jobs::SlotFee;
	type DisputeBondShare = jobs::DisputeBondShare;
	type MinDisputeBond = jobs::MinDisputeBond;
	type DisputePeriod = jobs::DisputePeriod;
	type MaxDraws = jobs::DisputeDraws;
	type FeeShares = PaymentShares;
	type StakeRules = GovernedStakeRules;
	type MaxWorkersPerClass = ConstU32<1_024>;
	type MaxSlots = ConstU32<256>;
	type MaxJobsPerClient = ConstU32<1_000>;
	type MaxOpenPerClass = ConstU32<1_024>;
	type MaxClassesPerBlock = ConstU32<8>;
	type MaxMatchesPerBlock = ConstU32<64>;
	type MaxCandidates = ConstU32<64>;
	type MaxWeighedPerBlock = ConstU32<128>;
	type MaxDuePerBlock = ConstU32<128>;
	type MaxBatch = ConstU32<512>;
	type SettlementLimit = jobs::SettlementLimit;
	type MaxSettlementsPerBlock = ConstU32<50_000>;
	type MaxEndsPerBlock = ConstU32<52_000>;
}
