//! A runtime of this pallet and the pallets that it works with, for tests.

use crate::{
	self as pallet_aci_jobs, doubles::CommitteeDouble, Config, Error, Event, HoldReason, Pallet,
};
use aci_market::{fees, ControlRules, FeeShares, Pool, QualityRules, SlashTable, StakeRules};
use aci_poai::{compute, software_tee};
use aci_primitives::{
	class::Class,
	evidence::{Binding, Evidence},
	job::{job_id, Content, JobParameters, PrivacyTier},
	model::{ModelKind, ModelManifest, ModelShape},
	proof::{Profile, ProfileKind},
	receipt::Metrics,
	traits::{Claim, MarketQuote, Prepayments},
	AccountId, Balance, BlockNumber, BoundedList, ClassId, Job, JobId, JobInput, JobOutput,
	JobSpec, JobStatus, ModelId, Moment, Receipt, ReservationId, Role, SignedReceipt,
};
use frame_support::{
	assert_ok, derive_impl,
	dispatch::DispatchResult,
	parameter_types,
	traits::{
		fungible::{Inspect, InspectHold},
		ConstU128, ConstU32, ConstU64, OnFinalize, OnInitialize,
	},
	PalletId,
};
use pallet_aci_hmm::Swap;
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{traits::IdentityLookup, BuildStorage, Permill};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Timestamp: pallet_timestamp,
		Balances: pallet_balances,
		Escrow: pallet_aci_escrow,
		Hmm: pallet_aci_hmm,
		StakingSlashing: pallet_aci_staking_slashing,
		ProofOfAi: pallet_aci_poai,
		Jobs: pallet_aci_jobs,
	}
);

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 100;
/// What each account starts with, in planck.
pub const START: Balance = 100_000_000;
/// Nominal time of a block, in milliseconds.
pub const BLOCK_TIME: Moment = 2_000;
/// When the tests begin, in milliseconds since the Unix epoch.
pub const BEGIN: Moment = 1_800_000_000_000;
/// Blocks for which an open job waits for a worker.
pub const MATCH_BLOCKS: BlockNumber = 15;
/// Blocks that a worker has to acknowledge.
pub const ACKNOWLEDGE_BLOCKS: BlockNumber = 8;
/// Blocks for which a paid job is kept.
pub const FRAUD_WINDOW: BlockNumber = 20;
/// Blocks for which a job that ended without payment is kept.
pub const RETENTION: BlockNumber = 10;
/// SLA of the orders of the tests, in milliseconds: 10 blocks.
pub const SLA: Moment = 20_000;
/// Blocks of twice the SLA.
pub const TIMEOUT_BLOCKS: BlockNumber = 20;
/// Blocks that a committee has.
pub const DISPUTE_BLOCKS: BlockNumber = 10;
/// How many committees are drawn for a dispute.
pub const MAX_DRAWS: u8 = 3;
/// The least bond of a dispute, in planck.
pub const MIN_DISPUTE_BOND: Balance = 1_000;
/// Deposit for a job's record, in planck.
pub const DEPOSIT: Balance = 1_000;
/// The slot fee, in planck.
pub const SLOT_FEE: Balance = 500;
/// Maximum price of the orders of the tests, in planck.
pub const MAX_PRICE: Balance = 200_000;
/// Par price of the classes of the tests, in planck per compute unit.
pub const PAR_PRICE: Balance = 200_000;
/// The class of the tests.
pub const CLASS: ClassId = 0;
/// A class that has no workers in most tests.
pub const OTHER_CLASS: ClassId = 1;
/// A text model.
pub const TEXT: ModelId = H256::repeat_byte(0x71);
/// An embedding model.
pub const EMBEDDING: ModelId = H256::repeat_byte(0x72);

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
	pub const ReporterShare: Permill = Permill::from_percent(10);
	pub Slash: SlashTable = SlashTable::default();
	pub Quality: QualityRules = QualityRules::default();
	pub Stakes: StakeRules = StakeRules {
		validator_bond: 10_000,
		verifier_bond: 5_000,
		worker_base: 1_000_000,
		worker_per_slot: 100_000,
		worker_per_tflops_slot: 1_000,
		liquidity_minimum: 1_000,
	};
	pub Shares: FeeShares = FeeShares::default();
	pub Control: ControlRules = ControlRules::default();
	pub const JobDeposit: Balance = DEPOSIT;
	pub const SlotFee: Balance = SLOT_FEE;
	pub const MinPrice: Balance = EXISTENTIAL_DEPOSIT;
	pub const ModelDeposit: Balance = 10_000;
	pub const DisputeBondShare: Permill = Permill::from_percent(10);
	pub const MinDisputeBond: Balance = MIN_DISPUTE_BOND;
	pub const MaxDraws: u8 = MAX_DRAWS;
	pub static MaxDuePerBlock: u32 = 16;
	pub static MaxSettlementsPerBlock: u32 = 16;
	pub static SettlementLimit: u32 = 1_000;
	pub static MaxEndsPerBlock: u32 = 64;
	pub static MaxMatchesPerBlock: u32 = 16;
	pub static MaxOpenPerClass: u32 = 64;
	pub static MaxCandidates: u32 = 8;
	/// Blocks of an epoch of quality.
	pub static QualityEpoch: u32 = 1_800;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BlockHashCount = ConstU32<250>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Test {
	type MinimumPeriod = ConstU64<1>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

impl pallet_aci_escrow::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type PalletId = EscrowPalletId;
	type BudgetPeriod = ConstU32<50>;
	type MaxBudgets = ConstU32<4>;
	type WeightInfo = ();
}

/// Nobody has session keys: no test here elects validators.
pub struct NoKeys;

impl frame_support::traits::ValidatorRegistration<AccountId> for NoKeys {
	fn is_registered(_: &AccountId) -> bool {
		false
	}
}

impl pallet_aci_staking_slashing::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type StakeRules = Stakes;
	type SlashTable = Slash;
	type QualityRules = Quality;
	type BondingDuration = ConstU32<50>;
	type AppealPeriod = ConstU32<5>;
	type ClaimPeriod = ConstU32<FRAUD_WINDOW>;
	type AppealDeposit = ConstU128<0>;
	type Pots = Escrow;
	type Insurer = Hmm;
	type Keys = NoKeys;
	type Disabling = ();
	type Earnings = ();
	type ValidatorCount = ConstU32<1>;
	type MinimumDelegation = ConstU128<1_000>;
	type MaxCommission = ReporterShare;
	type EpochLength = QualityEpoch;
	type BlocksPerYear = ConstU32<15_778_800>;
	type SessionHistory = ConstU32<8>;
	type MaxValidators = ConstU32<4>;
	type MaxCandidates = ConstU32<8>;
	type MaxDelegators = ConstU32<8>;
	type MaxDelegations = ConstU32<8>;
	type MaxClaims = ConstU32<8>;
	type MaxDuePerBlock = ConstU32<8>;
	type ReporterShare = ReporterShare;
	type MaxUnbonding = ConstU32<4>;
	type MaxSlashesPerBlock = ConstU32<8>;
	type WeightInfo = ();
}

impl pallet_aci_hmm::Config for Test {
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type QuoteLifetime = ConstU32<10>;
	type Pots = Escrow;
	type Prepayments = Escrow;
	// No epoch ends, so prices move by orders alone.
	type EpochLength = ConstU32<1_000_000>;
	type BlockTime = ConstU64<BLOCK_TIME>;
	type ControlRules = Control;
	type MaxClosesPerBlock = ConstU32<2>;
	type MinLiquidity = MinPrice;
	type UnbondingTime = ConstU32<50>;
	type WithdrawalWindow = ConstU32<20>;
	type InsuranceTime = ConstU32<100>;
	type MaxWithdrawals = ConstU32<3>;
	// Ten parts per million: what the accounts of the tests can pay.
	type ReservedLoad = ConstU32<10>;
	type MinWindow = ConstU32<1>;
	type MaxWindow = ConstU32<1_000>;
	type MaxReservedShare = ConstU32<1_000_000_000>;
	type SellBackFee = ConstU32<50_000>;
	type MaxReservations = ConstU32<8>;
	type MaxEndsPerBlock = ConstU32<8>;
	type MaxSlices = ConstU32<2>;
	type WeightInfo = ();
}

impl pallet_aci_poai::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type Verifier = pallet_aci_poai::SoftwareTee<Test>;
	type Slasher = StakingSlashing;
	type ModelDeposit = ModelDeposit;
	type RecentBlocks = ConstU32<50>;
	type WeightInfo = ();
}

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Market = Hmm;
	type Escrow = Escrow;
	type Bonds = StakingSlashing;
	type Slasher = StakingSlashing;
	type Quality = StakingSlashing;
	type ProofOfAi = ProofOfAi;
	type Insurer = Hmm;
	type Activity = Hmm;
	type Reservations = Hmm;
	type Prepayments = Escrow;
	type Committee = CommitteeDouble;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type Time = Timestamp;
	type WeightInfo = ();
	type BlockTime = ConstU64<BLOCK_TIME>;
	type MatchDeadline = ConstU64<30_000>;
	type AcknowledgeDeadline = ConstU64<15_000>;
	type VerificationWindow = ConstU32<1>;
	type FraudWindow = ConstU32<FRAUD_WINDOW>;
	type Retention = ConstU32<RETENTION>;
	type MinSla = ConstU64<1_000>;
	type MaxSla = ConstU64<3_600_000>;
	type MinPrice = MinPrice;
	type JobDeposit = JobDeposit;
	type SlotFee = SlotFee;
	type DisputeBondShare = DisputeBondShare;
	type MinDisputeBond = MinDisputeBond;
	type DisputePeriod = ConstU64<20_000>;
	type MaxDraws = MaxDraws;
	type FeeShares = Shares;
	type StakeRules = Stakes;
	type MaxWorkersPerClass = ConstU32<8>;
	type MaxSlots = ConstU32<8>;
	type MaxJobsPerClient = ConstU32<40>;
	type MaxOpenPerClass = MaxOpenPerClass;
	type MaxClassesPerBlock = ConstU32<4>;
	type MaxMatchesPerBlock = MaxMatchesPerBlock;
	type MaxCandidates = MaxCandidates;
	type MaxWeighedPerBlock = ConstU32<2>;
	type MaxDuePerBlock = MaxDuePerBlock;
	type MaxBatch = ConstU32<4>;
	type SettlementLimit = SettlementLimit;
	type MaxSettlementsPerBlock = MaxSettlementsPerBlock;
	type MaxEndsPerBlock = MaxEndsPerBlock;
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The clients of the tests.
pub fn clients() -> [AccountId; 2] {
	[account(1), account(2)]
}

/// The accounts of the tests that become workers.
pub fn workers() -> [AccountId; 3] {
	[account(11), account(12), account(13)]
}

/// All accounts with a balance at genesis.
pub fn accounts() -> Vec<AccountId> {
	clients().into_iter().chain(workers()).collect()
}

fn manifest(name: &str, kind: ModelKind, profile: ProfileKind) -> ModelManifest {
	ModelManifest {
		name: name.as_bytes().to_vec().try_into().expect("short"),
		kind,
		shape: ModelShape {
			layers: 12,
			hidden: 768,
			heads: 12,
			key_value_heads: 12,
			head_dimension: 64,
			feed_forward: 3_072,
			feed_forward_matrices: 2,
			vocabulary: 50_000,
			context: 512,
		},
		weight_bytes: 250_000_000,
		tokenizer: H256::repeat_byte(9),
		profiles: vec![profile].try_into().expect("short"),
	}
}

/// The classes of the tests have one kind of hardware.
pub fn class() -> Class {
	Class {
		name: b"test".to_vec().try_into().expect("short"),
		memory: 80_000_000_000,
		peak_flops: 1_000_000_000_000_000,
		bandwidth: 3_000_000_000_000,
	}
}

/// Runs a test, beginning in a block whose median time is of as many blocks as it ever is, and checks
/// the invariants after it.
pub fn run(test: impl FnOnce()) {
	MaxDuePerBlock::set(16);
	MaxSettlementsPerBlock::set(16);
	SettlementLimit::set(1_000);
	MaxEndsPerBlock::set(64);
	MaxMatchesPerBlock::set(16);
	MaxOpenPerClass::set(64);
	MaxCandidates::set(8);
	QualityEpoch::set(1_800);
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = accounts().into_iter().map(|who| (who, START)).collect();
	genesis.hmm.classes = vec![(class(), PAR_PRICE, 0), (class(), PAR_PRICE, 0)];
	genesis.proof_of_ai.models = vec![
		(
			TEXT,
			account(200),
			manifest("text", ModelKind::TextGeneration, ProfileKind::SampledText),
		),
		(
			EMBEDDING,
			account(200),
			manifest("embedding", ModelKind::Embedding, ProfileKind::Exact),
		),
	];
	genesis.proof_of_ai.measurements = vec![software_tee::DEVELOPMENT_MEASUREMENT];
	genesis.proof_of_ai.software_root = Some(software_tee::development_root_key());
	let storage = genesis
		.build_storage()
		.expect("the genesis of the tests is valid");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		start_block(1, BEGIN);
		blocks(crate::MEDIAN_BLOCKS + 1);
		test();
		check();
	});
}

fn start_block(number: BlockNumber, moment: Moment) {
	let parent = H256::from_low_u64_be(u64::from(number) + 0xabcd);
	System::initialize(&number, &parent, &Default::default());
	AllPalletsWithSystem::on_initialize(number);
	Timestamp::set_timestamp(moment);
}

/// Ends this block and starts the next one, so many milliseconds later.
pub fn next_block_after(milliseconds: Moment) {
	let number = System::block_number();
	let moment = Timestamp::get() + milliseconds;
	AllPalletsWithSystem::on_finalize(number);
	check();
	start_block(number + 1, moment);
}

/// Ends this block and starts the next one, on time.
pub fn next_block() {
	next_block_after(BLOCK_TIME);
}

/// As many blocks on time.
pub fn blocks(count: BlockNumber) {
	for _ in 0..count {
		next_block();
	}
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<Event<Test>> {
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Jobs(event) => Some(event),
			_ => None,
		})
		.collect();
	System::reset_events();
	events
}

/// The claims that came with slashes since the events were last taken.
pub fn claims() -> Vec<Claim> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::StakingSlashing(pallet_aci_staking_slashing::Event::Slashed {
				victim,
				..
			}) => victim,
			_ => None,
		})
		.collect()
}

/// The bond that so many slots need in the tests.
pub fn bond_for(slots: u32) -> Balance {
	Pallet::<Test>::bond_required(&class(), slots)
}

/// The session key of a worker.
pub fn session_key(worker: &AccountId) -> ed25519::Pair {
	let seed: [u8; 32] = worker.clone().into();
	ed25519::Pair::from_seed(&seed)
}

/// The data key of the workers of the tests.
pub const DATA_KEY: [u8; 32] = [7; 32];

/// Attests a worker's software TEE.
pub fn attest(worker: &AccountId) {
	attest_with(worker, DATA_KEY);
}

/// Attests a worker's software TEE with a data key.
pub fn attest_with(worker: &AccountId, data_key: [u8; 32]) {
	let recent = System::block_number() - 1;
	let session_key = session_key(worker).public();
	let binding = Binding {
		genesis: System::block_hash(0),
		account: worker.clone(),
		session_key,
		data_key,
		recent_block: System::block_hash(recent),
		device_evidence: H256::zero(),
	};
	let quote = software_tee::quote(
		&software_tee::development_root(),
		software_tee::DEVELOPMENT_MEASUREMENT,
		binding.report_data(),
		H256::from_slice(worker.as_ref()),
	);
	assert_ok!(ProofOfAi::attest(
		RuntimeOrigin::signed(worker.clone()),
		Evidence::Software(quote),
		session_key,
		data_key,
		recent,
	));
}

/// Bonds for a worker.
pub fn bond(worker: &AccountId, amount: Balance) {
	assert_ok!(StakingSlashing::bond(
		RuntimeOrigin::signed(worker.clone()),
		Role::Worker,
		amount
	));
}

/// The models that workers of the tests offer.
pub fn models() -> BoundedList<ModelId, 16> {
	vec![TEXT, EMBEDDING].try_into().expect("short")
}

/// Registers without bonding or attesting.
pub fn try_register(worker: &AccountId, slots: u32) -> DispatchResult {
	try_register_in(worker, CLASS, slots)
}

/// Registers in a class without bonding or attesting.
pub fn try_register_in(worker: &AccountId, class: ClassId, slots: u32) -> DispatchResult {
	Jobs::register_worker(
		RuntimeOrigin::signed(worker.clone()),
		class,
		slots,
		models(),
		Default::default(),
	)
}

/// Bonds exactly what is needed, attests and registers.
pub fn register(worker: &AccountId, slots: u32) {
	bond(worker, bond_for(slots));
	attest(worker);
	assert_ok!(try_register(worker, slots));
}

/// An order of the text model.
pub fn text() -> JobSpec {
	JobSpec {
		model: TEXT,
		class: CLASS,
		input: JobInput::Inline(b"Why is the sky blue?".to_vec().try_into().expect("short")),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 0,
			seed: H256::repeat_byte(3),
		},
		max_price: MAX_PRICE,
		sla: SLA,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

/// An order of the embedding model.
pub fn embedding() -> JobSpec {
	let mut spec = text();
	spec.model = EMBEDDING;
	spec.parameters.max_tokens_out = 0;
	spec.profile.kind = ProfileKind::Exact;
	spec
}

/// An order whose input is served off chain.
pub fn served() -> JobSpec {
	let mut spec = text();
	spec.input = JobInput::Content(Content {
		sha256: H256::repeat_byte(5),
		tree_root: H256::repeat_byte(6),
		length: 10_000,
		locators: Default::default(),
	});
	spec
}

/// Submits an order.
pub fn try_submit(client: &AccountId, order: u64, spec: &JobSpec) -> DispatchResult {
	Jobs::submit(RuntimeOrigin::signed(client.clone()), order, spec.clone())
}

/// Buys a slot of the class of the tests for so many blocks, the first of which is the next one.
pub fn try_reserve(owner: &AccountId, window: BlockNumber) -> DispatchResult {
	let buy = Swap::Buy {
		class: CLASS,
		milli_slots: 1_000,
		blocks: window,
		max_price: START,
	};
	Hmm::swap(RuntimeOrigin::signed(owner.clone()), buy)
}

/// The same, where there is capacity and money. Returns the reservation's number.
pub fn reserve(owner: &AccountId, window: BlockNumber) -> ReservationId {
	assert_ok!(try_reserve(owner, window));
	pallet_aci_hmm::NextReservation::<Test>::get() - 1
}

/// What is left of a reservation's prepayment.
pub fn prepaid(id: ReservationId) -> Balance {
	<Escrow as Prepayments>::prepaid(id)
}

/// What was burned of prepayments whose reservation ended since the events were last taken, and whose
/// it was.
pub fn burned_with_reservations() -> Vec<(AccountId, Balance)> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Hmm(pallet_aci_hmm::Event::ReservationEnded {
				owner, burned, ..
			}) => Some((owner, burned)),
			_ => None,
		})
		.collect()
}

/// Submits an order under a reservation.
pub fn try_submit_reserved(
	client: &AccountId,
	order: u64,
	spec: &JobSpec,
	reservation: ReservationId,
) -> DispatchResult {
	let origin = RuntimeOrigin::signed(client.clone());
	Jobs::submit_reserved(origin, order, spec.clone(), reservation)
}

/// Submits an order under a reservation that is accepted.
pub fn submit_reserved(
	client: &AccountId,
	order: u64,
	spec: &JobSpec,
	reservation: ReservationId,
) -> JobId {
	assert_ok!(try_submit_reserved(client, order, spec, reservation));
	id(client, order, spec)
}

/// Disputes a job as its client.
pub fn dispute(id: JobId) -> DispatchResult {
	Jobs::dispute(RuntimeOrigin::signed(job(id).client), id)
}

/// The bond of a dispute of a job.
pub fn dispute_bond(id: JobId) -> Balance {
	price(id).div_ceil(10).max(MIN_DISPUTE_BOND)
}

/// The identity of an order.
pub fn id(client: &AccountId, order: u64, spec: &JobSpec) -> JobId {
	job_id(&System::block_hash(0), client, order, spec)
}

/// Submits an order that is accepted.
pub fn submit(client: &AccountId, order: u64, spec: &JobSpec) -> JobId {
	assert_ok!(try_submit(client, order, spec));
	id(client, order, spec)
}

/// A job's record, if it has one, as everybody reads it.
pub fn job_if_any(id: JobId) -> Option<Job> {
	Jobs::job(id).map(|view| view.job)
}

/// A job's record.
pub fn job(id: JobId) -> Job {
	job_if_any(id).expect("the job has a record")
}

/// A job's state.
pub fn status(id: JobId) -> JobStatus {
	job(id).status
}

/// A matched job's price.
pub fn price(id: JobId) -> Balance {
	job(id).assignment.expect("the job is matched").price
}

/// A matched job's worker.
pub fn worker_of(id: JobId) -> AccountId {
	job(id).assignment.expect("the job is matched").worker
}

/// A worker's record.
pub fn worker(account: &AccountId) -> aci_primitives::worker::Worker {
	crate::Workers::<Test>::get(account).expect("the worker is registered")
}

/// Acknowledges as the worker that has the job.
pub fn acknowledge(id: JobId) {
	assert_ok!(Jobs::acknowledge(RuntimeOrigin::signed(worker_of(id)), id));
}

/// The output of the tests.
pub fn output() -> JobOutput {
	JobOutput::Inline(
		b"Because of scattering."
			.to_vec()
			.try_into()
			.expect("short"),
	)
}

/// A receipt that level 1 accepts, not signed.
pub fn receipt(id: JobId, tokens_in: u32, tokens_out: u32) -> Receipt {
	let job = job(id);
	let spec = job.spec;
	let manifest = ProofOfAi::model(spec.model).expect("registered").manifest;
	let flops = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)
		.expect("fits the model");
	Receipt {
		job: id,
		input: spec.input.sha256(),
		output: output().sha256(),
		model: spec.model,
		tokens_in,
		tokens_out,
		started: BEGIN,
		duration: 1_000_000,
		metrics: Metrics {
			flops,
			device_busy: 900_000,
			peak_memory: 300_000_000,
			energy: 0,
		},
		profile: spec.profile,
		proof_root: H256::zero(),
		seed: aci_primitives::job::sampling_seed(&id, &spec.parameters.seed, &spec.model),
	}
}

/// Signs with a worker's session key.
pub fn sign(worker: &AccountId, receipt: Receipt) -> SignedReceipt {
	let signature = session_key(worker).sign(receipt.signing_hash(&System::block_hash(0)).as_ref());
	SignedReceipt { receipt, signature }
}

/// Hands in a result as a worker.
pub fn try_result(
	worker: &AccountId,
	id: JobId,
	signed: SignedReceipt,
	output: JobOutput,
) -> DispatchResult {
	Jobs::submit_result(
		RuntimeOrigin::signed(worker.clone()),
		id,
		Box::new(signed),
		output,
	)
}

/// Hands in a good result of the order's maximum of tokens, or as given.
pub fn result(id: JobId, tokens_in: u32, tokens_out: u32) {
	let worker = worker_of(id);
	let signed = sign(&worker, receipt(id, tokens_in, tokens_out));
	assert_ok!(try_result(&worker, id, signed, output()));
}

/// A job of a client that is matched, acknowledged and has a good result, in this block.
pub fn done(client: &AccountId, order: u64) -> JobId {
	let id = submit(client, order, &text());
	next_block();
	acknowledge(id);
	result(id, 64, 32);
	id
}

/// Runs something for a look at it, and undoes it: for states that the invariants exclude.
pub fn undone(look: impl FnOnce()) {
	frame_support::storage::with_transaction(|| {
		look();
		sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(()))
	})
	.expect("rolled back");
}

/// What an account has, held or not.
pub fn total(who: &AccountId) -> Balance {
	Balances::total_balance(who)
}

/// What an account can spend.
pub fn free(who: &AccountId) -> Balance {
	Balances::balance(who)
}

/// What the pools and the funds have, and what was burned: validators, verifiers, the fund of
/// [`CLASS`], burned.
pub fn pots() -> (Balance, Balance, Balance, Balance) {
	let pools = Escrow::pools();
	let sum = |pot: pallet_aci_escrow::types::PotView| pot.balance + pot.claimable;
	(
		sum(pools.validators),
		sum(pools.verifiers),
		sum(Escrow::fund(CLASS)),
		Escrow::burned(),
	)
}

/// What [`pots`] should say after payments of these amounts.
pub fn pots_after(dues: &[Balance]) -> (Balance, Balance, Balance, Balance) {
	dues.iter().fold((0, 0, 0, 0), |sum, due| {
		let parts = fees::split(*due, &FeeShares::default());
		(
			sum.0 + parts.validators,
			sum.1 + parts.verifiers,
			sum.2 + parts.liquidity,
			sum.3 + parts.burn,
		)
	})
}

/// A worker's part of a payment.
pub fn part(due: Balance) -> Balance {
	fees::split(due, &FeeShares::default()).worker
}

/// The invariants of all pallets, with those that need a view of the whole chain: every hold is
/// recorded, accounts add up to the issuance, and nothing but burns leaves it.
pub fn check() {
	assert_ok!(Pallet::<Test>::do_try_state());
	assert_ok!(Escrow::do_try_state());
	assert_ok!(StakingSlashing::do_try_state());
	assert_ok!(Hmm::do_try_state());
	assert_ok!(ProofOfAi::do_try_state());
	for class in [CLASS, OTHER_CLASS] {
		let slots: u32 = crate::Workers::<Test>::iter()
			.filter(|(_, worker)| worker.class == class)
			.map(|(account, worker)| worker.slots - crate::LeasedOuts::<Test>::get(account).slots)
			.sum();
		assert_eq!(
			Hmm::pool(class).expect("there").target,
			u64::from(slots) * 1_000,
			"a pool's capacity is its workers', without what is leased"
		);
		let by_pool = crate::Jobs::<Test>::iter_keys()
			.filter(|id| Jobs::reservation_of(*id).is_none())
			.map(job)
			.filter(|job| job.spec.class == class)
			.filter(|job| matches!(job.status, JobStatus::Matched | JobStatus::Running))
			.count() as u64;
		assert_eq!(
			Hmm::pool(class).expect("there").used(),
			by_pool * 1_000 + pallet_aci_hmm::Reserved::<Test>::get(class),
			"a pool lacks what jobs and reservations took"
		);
	}
	for who in accounts() {
		let deposits: Balance = crate::JobsOf::<Test>::iter_key_prefix(&who)
			.map(|id| crate::Bookkeepings::<Test>::get(id).expect("kept").deposit)
			.sum();
		assert_eq!(
			Balances::balance_on_hold(&HoldReason::JobDeposit.into(), &who),
			deposits,
			"every deposit is recorded"
		);
	}
	let sum: Balance = frame_system::Account::<Test>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(
		sum,
		Balances::total_issuance(),
		"accounts add up to the issuance"
	);
	assert_eq!(
		sum + Escrow::burned()
			+ pallet_aci_staking_slashing::TotalBurned::<Test>::get()
			+ crate::TotalBurned::<Test>::get(),
		START * accounts().len() as Balance + EXISTENTIAL_DEPOSIT,
		"nothing but burns leaves the issuance"
	);
}

/// Short for the pallet's errors.
pub type Failure = Error<Test>;

/// Changes the par price of the class of the tests.
pub fn set_par_price(par_price: Balance) {
	assert_ok!(Hmm::set_price(RuntimeOrigin::root(), CLASS, par_price, 0));
}

/// The pool of the class of the tests.
pub fn pool() -> Pool {
	Hmm::pool(CLASS).expect("the class has a pool")
}
