//! A runtime with balances and this pallet, and the models, workers and jobs of the tests.

pub use crate::doubles::*;
use crate::{self as pallet_aci_poai, vendors::TestRoots, HoldReason, Pallet, SoftwareTee};
pub use aci_attestation::testing::pki::NOW;
use aci_poai::{
	compute,
	software_tee::{self, DEVELOPMENT_MEASUREMENT},
};
use aci_primitives::{
	evidence::{Binding, Evidence, TeeKind},
	job::{job_id, sampling_seed, JobInput, JobParameters, PrivacyTier},
	model::{ModelKind, ModelManifest, ModelShape},
	proof::{Profile, ProfileKind},
	receipt::Metrics,
	traits::{SlashReport, Slasher},
	AccountId, Balance, Class, Hash, JobId, JobSpec, Moment, Receipt, SignedReceipt, ACI,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::InspectHold, ConstU32, ConstU64, OnInitialize, Time},
};
use frame_system::EnsureRoot;
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{traits::IdentityLookup, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		PoAi: pallet_aci_poai,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BlockHashCount = ConstU64<64>;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = ACI / 1_000;
	pub const ModelDeposit: Balance = 10 * ACI;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

parameter_types! {
	/// The chain's time in milliseconds since 1970.
	pub static Clock: Moment = NOW * 1_000;
	/// What was reported to be slashed.
	pub static Reported: Vec<SlashReport> = Vec::new();
}

/// Stands in for the staking pallet: keeps the reports.
pub struct SlasherDouble;

impl Slasher for SlasherDouble {
	fn slash(report: SlashReport) -> Balance {
		Reported::mutate(|reports| reports.push(report));
		ACI
	}
}

impl Time for Clock {
	type Moment = Moment;
	fn now() -> Moment {
		Clock::get()
	}
}

impl pallet_aci_poai::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type Verifier = SoftwareTee<Test>;
	type Roots = TestRoots;
	type Time = Clock;
	type Slasher = SlasherDouble;
	type ModelDeposit = ModelDeposit;
	type RecentBlocks = ConstU32<RECENT_BLOCKS>;
	type Verdicts = JobsDouble;
	type Bonds = BondsDouble;
	type VerifierBond = VerifierBond;
	type Work = WorkDouble;
	type Quality = EpochDouble;
	type Pots = PotsDouble;
	type Referee = RefereeDouble;
	type WeightInfo = ();
}

pub const RECENT_BLOCKS: u32 = 16;
pub const START_BALANCE: Balance = 100 * ACI;
/// The block in which tests begin.
pub const START_BLOCK: u64 = 40;

pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// A development chain: the development root and measurement, no models.
pub fn development() -> sp_io::TestExternalities {
	chain(crate::GenesisConfig {
		measurements: vec![(TeeKind::Software, DEVELOPMENT_MEASUREMENT)],
		software_root: Some(software_tee::development_root_key()),
		..Default::default()
	})
}

/// A chain without a software root.
pub fn production() -> sp_io::TestExternalities {
	chain(crate::GenesisConfig {
		measurements: vec![(TeeKind::Software, DEVELOPMENT_MEASUREMENT)],
		..Default::default()
	})
}

pub fn chain(po_ai: crate::GenesisConfig<Test>) -> sp_io::TestExternalities {
	let balances = pallet_balances::GenesisConfig::<Test> {
		balances: (1..=4)
			.map(|number| (account(number), START_BALANCE))
			.collect(),
		..Default::default()
	};
	let mut storage = frame_system::GenesisConfig::<Test>::default()
		.build_storage()
		.expect("valid genesis");
	balances
		.assimilate_storage(&mut storage)
		.expect("valid genesis");
	po_ai
		.assimilate_storage(&mut storage)
		.expect("valid genesis");
	let mut externalities: sp_io::TestExternalities = storage.into();
	externalities.execute_with(|| {
		for block in 1..=START_BLOCK {
			go_to(block);
		}
	});
	externalities
}

/// Begins a block, whose parent's hash becomes known.
pub fn go_to(block: u64) {
	System::set_block_number(block);
	if block > 1 {
		frame_system::BlockHash::<Test>::insert(block - 1, block_hash(block - 1));
	}
	PoAi::on_initialize(block);
}

pub fn block_hash(block: u64) -> H256 {
	H256::from_low_u64_be(1_000_000 + block)
}

pub fn genesis_hash() -> Hash {
	System::block_hash(0)
}

/// What is held of an account for model deposits.
pub fn held(who: &AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::ModelDeposit.into(), who)
}

pub fn session_pair(number: u8) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[number; 32])
}

pub fn session_key(number: u8) -> ed25519::Public {
	session_pair(number).public()
}

/// The block before the present one.
pub fn parent() -> u32 {
	u32::try_from(System::block_number() - 1).expect("tests are short")
}

/// Good evidence for what `worker` registers against `block`.
pub fn evidence(worker: &AccountId, key: ed25519::Public, data: [u8; 32], block: u32) -> Evidence {
	evidence_of(DEVELOPMENT_MEASUREMENT, worker, key, data, block)
}

pub fn evidence_of(
	measurement: H256,
	worker: &AccountId,
	key: ed25519::Public,
	data: [u8; 32],
	block: u32,
) -> Evidence {
	let binding = Binding {
		genesis: genesis_hash(),
		account: worker.clone(),
		session_key: key,
		data_key: data,
		recent_block: System::block_hash(u64::from(block)),
		device_evidence: H256::zero(),
	};
	let root = software_tee::development_root();
	Evidence::Software(software_tee::quote(
		&root,
		measurement,
		binding.report_data(),
		H256::repeat_byte(0x4d),
	))
}

/// Attests `session_key(number)` for a worker with good evidence.
pub fn attest(worker: u8, number: u8) -> sp_runtime::DispatchResult {
	let worker = account(worker);
	let evidence = evidence(&worker, session_key(number), [number; 32], parent());
	Pallet::<Test>::attest(
		RuntimeOrigin::signed(worker),
		evidence,
		session_key(number),
		[number; 32],
		parent(),
	)
}

/// Attests `session_key(number)` for a worker, with a GPU.
pub fn attest_gpu(worker: u8, number: u8, gpu: u8) -> sp_runtime::DispatchResult {
	let worker = account(worker);
	let binding = Binding {
		genesis: genesis_hash(),
		account: worker.clone(),
		session_key: session_key(number),
		data_key: [number; 32],
		recent_block: System::block_hash(u64::from(parent())),
		device_evidence: H256::zero(),
	};
	let quote = software_tee::quote_gpu(
		&software_tee::development_root(),
		DEVELOPMENT_MEASUREMENT,
		binding.report_data(),
		H256::repeat_byte(0x4d),
		H256::repeat_byte(gpu),
	);
	Pallet::<Test>::attest(
		RuntimeOrigin::signed(worker),
		Evidence::SoftwareGpu(quote),
		session_key(number),
		[number; 32],
		parent(),
	)
}

pub fn model_id(number: u8) -> H256 {
	H256::repeat_byte(number)
}

/// A text model.
pub fn manifest() -> ModelManifest {
	ModelManifest {
		name: b"SmolLM2-135M-Instruct".to_vec().try_into().expect("short"),
		kind: ModelKind::TextGeneration,
		shape: ModelShape {
			layers: 30,
			hidden: 576,
			heads: 9,
			key_value_heads: 3,
			head_dimension: 64,
			feed_forward: 1_536,
			feed_forward_matrices: 3,
			vocabulary: 49_152,
			context: 8_192,
		},
		weight_bytes: 98_362_432,
		tokenizer: H256::repeat_byte(1),
		profiles: vec![ProfileKind::SampledText].try_into().expect("short"),
	}
}

/// An embedding model.
pub fn embedding_manifest() -> ModelManifest {
	ModelManifest {
		name: b"all-MiniLM-L6-v2".to_vec().try_into().expect("short"),
		kind: ModelKind::Embedding,
		shape: ModelShape {
			layers: 6,
			hidden: 384,
			heads: 12,
			key_value_heads: 12,
			head_dimension: 32,
			feed_forward: 1_536,
			feed_forward_matrices: 2,
			vocabulary: 0,
			context: 512,
		},
		weight_bytes: 90_868_376,
		tokenizer: H256::repeat_byte(2),
		profiles: vec![ProfileKind::Numeric].try_into().expect("short"),
	}
}

pub fn register(owner: u8, model: u8, manifest: ModelManifest) -> sp_runtime::DispatchResult {
	Pallet::<Test>::register_model(
		RuntimeOrigin::signed(account(owner)),
		model_id(model),
		manifest,
	)
}

pub fn class() -> Class {
	Class {
		name: b"cpu".to_vec().try_into().expect("short"),
		memory: 16_000_000_000,
		peak_flops: 1_000_000_000_000,
		bandwidth: 50_000_000_000,
	}
}

/// An order for a text of a model.
pub fn order(model: u8) -> JobSpec {
	JobSpec {
		model: model_id(model),
		class: 0,
		input: JobInput::Inline(b"Once upon a time".to_vec().try_into().expect("short")),
		parameters: JobParameters {
			max_tokens_in: 64,
			max_tokens_out: 32,
			temperature: 0,
			seed: H256::repeat_byte(5),
		},
		max_price: ACI,
		sla: 60_000,
		privacy: PrivacyTier::Open,
		profile: Profile {
			kind: ProfileKind::SampledText,
			calibration: 0,
		},
	}
}

pub fn job(number: u64, spec: &JobSpec) -> JobId {
	job_id(&genesis_hash(), &account(4), number, spec)
}

/// A receipt that satisfies level 1, not signed.
pub fn receipt(job: &JobId, spec: &JobSpec, manifest: &ModelManifest) -> Receipt {
	let (tokens_in, tokens_out) = (20, 10);
	let flops = compute::operations(manifest.kind, &manifest.shape, tokens_in, tokens_out)
		.expect("within the model");
	let duration = compute::least_duration(manifest, &class(), tokens_in, tokens_out)
		.expect("within the model")
		+ 5_000;
	Receipt {
		job: *job,
		input: spec.input.sha256(),
		output: H256::repeat_byte(0x33),
		model: spec.model,
		tokens_in,
		tokens_out,
		started: 1_800_000_000_000,
		duration,
		metrics: Metrics {
			flops,
			device_busy: duration,
			peak_memory: manifest.weight_bytes + 1,
			energy: 0,
		},
		profile: spec.profile,
		proof_root: H256::zero(),
		seed: sampling_seed(job, &spec.parameters.seed, &spec.model),
	}
}

/// Signs a receipt with `session_pair(number)`.
pub fn sign(receipt: Receipt, number: u8) -> SignedReceipt {
	let signature = session_pair(number).sign(receipt.signing_hash(&genesis_hash()).as_bytes());
	SignedReceipt { receipt, signature }
}

/// Asserts the invariants, and that no unit was made or lost.
pub fn assert_invariants() {
	assert_eq!(Pallet::<Test>::do_try_state(), Ok(()));
	let total: Balance = (1..=4)
		.map(|number| {
			let who = account(number);
			Balances::free_balance(&who)
				+ Balances::balance_on_hold(&HoldReason::ModelDeposit.into(), &who)
		})
		.sum();
	assert_eq!(total, 4 * START_BALANCE);
	assert_eq!(Balances::total_issuance(), 4 * START_BALANCE);
}
