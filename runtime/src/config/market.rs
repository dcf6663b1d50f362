//! The market: escrow, stakes, classes, proofs, jobs.
//!
//! Numbers that referenda change come from [`crate::parameters`].

use crate::{
	governance::ParametersAdmin,
	parameters::governed::{jobs, stakes},
	storage_deposit, Balances, Escrow, Hmm, PoAi, Runtime, RuntimeHoldReason, StakingSlashing,
	Timestamp, BLOCK_TIME, MINUTES,
};
use aci_market::{
	stake::{QualityRules, SlashTable, StakeRules},
	FeeShares,
};
use aci_primitives::{job::MAX_INLINE, Balance, BlockNumber, Moment};
use frame_support::{
	parameter_types,
	traits::{ConstU32, Get},
	PalletId,
};
use sp_runtime::Permill;

parameter_types! {
	/// From which the escrow's accounts are derived.
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
}

impl pallet_aci_escrow::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type PalletId = EscrowPalletId;
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

parameter_types! {
	/// What each offence costs (Table 2 of the paper).
	pub OffenceTable: SlashTable = SlashTable::default();
	/// How quality moves (§6.3 of the paper).
	pub ScoreRules: QualityRules = QualityRules::default();
	/// The shares of a payment (Table 5 of the paper).
	pub PaymentShares: FeeShares = FeeShares::default();
	/// What a reporter gets of an applied slash.
	pub const ReporterShare: Permill = Permill::from_percent(10);
}

impl pallet_aci_staking_slashing::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = ParametersAdmin;
	type StakeRules = GovernedStakeRules;
	type SlashTable = OffenceTable;
	type QualityRules = ScoreRules;
	type BondingDuration = stakes::UnbondingPeriod;
	type AppealPeriod = stakes::AppealPeriod;
	type ReporterShare = ReporterShare;
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

impl pallet_aci_hmm::Config for Runtime {
	type GovernanceOrigin = ParametersAdmin;
	type QuoteLifetime = QuoteLifetime;
	type WeightInfo = pallet_aci_hmm::weights::SubstrateWeight<Runtime>;
}

impl pallet_aci_poai::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = ParametersAdmin;
	type Verifier = pallet_aci_poai::SoftwareTee<Runtime>;
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

impl pallet_aci_jobs::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Market = Hmm;
	type Escrow = Escrow;
	type Bonds = StakingSlashing;
	type Slasher = StakingSlashing;
	type Quality = StakingSlashing;
	type ProofOfAi = PoAi;
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
	type FeeShares = PaymentShares;
	type StakeRules = GovernedStakeRules;
	type MaxWorkersPerClass = ConstU32<1_024>;
	type MaxSlots = ConstU32<256>;
	type MaxJobsPerClient = ConstU32<1_000>;
	type MaxOpenPerClass = ConstU32<1_024>;
	type MaxClassesPerBlock = ConstU32<8>;
	type MaxMatchesPerBlock = ConstU32<64>;
	type MaxCandidates = ConstU32<64>;
	type MaxDuePerBlock = ConstU32<128>;
}
