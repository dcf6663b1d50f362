//! Accounts, genesis and blocks of the tests.

use crate::{check, runtime::*};
use aci_market::stake::worker_bond_required;
use aci_poai::software_tee;
use aci_primitives::{
	evidence::TeeKind,
	model::{ModelKind, ModelShape},
	proof::ProfileKind,
	AccountId, Balance, BlockNumber, Class, ClassId, ModelId, ModelManifest, Moment, Role,
};
use frame_support::traits::{
	fungible::{Inspect, InspectHold},
	OnFinalize, OnInitialize,
};
use pallet_aci_poai::VerificationRules;
use sp_core::H256;
use sp_runtime::{testing::UintAuthorityId, BuildStorage};

/// What each account starts with, in planck.
pub const START: Balance = 1_000_000_000;
/// When the tests begin, in milliseconds since the Unix epoch.
pub const BEGIN: Moment = 1_800_000_000_000;
/// Par price of the classes, in planck per compute unit.
pub const PAR_PRICE: Balance = 200_000;
/// The class of most tests.
pub const CLASS: ClassId = 0;
/// A text model.
pub const TEXT: ModelId = H256::repeat_byte(0x71);
/// An embedding model.
pub const EMBEDDING: ModelId = H256::repeat_byte(0x72);

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// Accounts that order.
pub fn clients() -> [AccountId; 2] {
	[account(1), account(2)]
}

/// Accounts that become workers.
pub fn workers() -> [AccountId; 3] {
	[account(11), account(12), account(13)]
}

/// Accounts with a validator's bond; the first two are candidates from the start.
pub fn validators() -> [AccountId; 3] {
	[account(21), account(22), account(23)]
}

/// Accounts that delegate and give liquidity.
pub fn investors() -> [AccountId; 2] {
	[account(31), account(32)]
}

/// Accounts that check work.
pub fn verifiers() -> [AccountId; 7] {
	[51, 52, 53, 54, 55, 56, 57].map(account)
}

/// An account that has nothing at genesis.
pub fn pauper() -> AccountId {
	account(41)
}

/// All accounts with a balance at genesis but the verifiers, who check and do nothing else.
pub fn rich() -> Vec<AccountId> {
	clients()
		.into_iter()
		.chain(workers())
		.chain(validators())
		.chain(investors())
		.collect()
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

/// A manifest of the tests.
pub fn manifest(name: &str, kind: ModelKind, profile: ProfileKind) -> ModelManifest {
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

/// The session keys of an account of the tests.
pub fn keys(who: &AccountId) -> Keys {
	let bytes: &[u8; 32] = who.as_ref();
	Keys {
		dummy: UintAuthorityId(bytes[0].into()),
	}
}

/// The bond that so many slots of a class of the tests need.
pub fn bond_for(slots: u32) -> Balance {
	worker_bond_required(&Stakes::get(), slots, class().peak_flops)
}

/// The rules of verification: committees of three, and short votes.
pub fn rules() -> VerificationRules {
	VerificationRules {
		ratio: 70_000_000,
		committee: 3,
		least_committee: 2,
		commit_blocks: VOTE_HALF,
		reveal_blocks: VOTE_HALF,
		fee: CHALLENGE_FEE,
		..VerificationRules::default()
	}
}

/// The issuance at genesis.
pub fn genesis_issuance() -> Balance {
	START * (rich().len() + verifiers().len()) as Balance + EXISTENTIAL_DEPOSIT
}

/// The chain's genesis, with two classes, two models and two validators.
pub fn genesis() -> sp_io::TestExternalities {
	MaxReservedShare::set(500_000_000);
	MaxClaims::set(1);
	DisputesAvailable::set(true);
	FraudBlocks::set(FRAUD_WINDOW);
	Author::set(None);
	let mut genesis = RuntimeGenesisConfig::default();
	let funded = rich().into_iter().chain(verifiers());
	genesis.balances.balances = funded.map(|who| (who, START)).collect();
	genesis.po_ai.verification = Some(rules());
	genesis.hmm.classes = vec![(class(), PAR_PRICE, 0), (class(), PAR_PRICE, 0)];
	let owner = account(200);
	let (generates, embeds) = (ModelKind::TextGeneration, ModelKind::Embedding);
	genesis.po_ai.models = vec![
		(
			TEXT,
			owner.clone(),
			manifest("text", generates, ProfileKind::SampledText),
		),
		(
			EMBEDDING,
			owner,
			manifest("embedding", embeds, ProfileKind::Exact),
		),
	];
	genesis.po_ai.measurements = vec![(TeeKind::Software, software_tee::DEVELOPMENT_MEASUREMENT)];
	genesis.po_ai.software_root = Some(software_tee::development_root_key());
	let [first, second, _] = validators();
	genesis.staking_slashing.bonds = vec![
		(first.clone(), Role::Validator, 2 * VALIDATOR_BOND),
		(second.clone(), Role::Validator, VALIDATOR_BOND),
	];
	genesis.staking_slashing.candidates = vec![(first.clone(), 100_000), (second.clone(), 0)];
	genesis.session.keys = [first, second]
		.into_iter()
		.map(|who| (who.clone(), who.clone(), keys(&who)))
		.collect();
	genesis
		.build_storage()
		.expect("the genesis of the tests is valid")
		.into()
}

/// Runs a test from a block whose median time is of as many blocks as it ever is. The invariants are
/// checked in every block and after it.
pub fn run(test: impl FnOnce()) {
	genesis().execute_with(|| {
		first_blocks();
		System::reset_events();
		test();
		check::equations();
	});
}

/// The first blocks, as many as the median time counts.
pub fn first_blocks() {
	start_block(1, BEGIN);
	blocks(8);
}

fn start_block(number: BlockNumber, moment: Moment) {
	let validators = Session::validators();
	let turn = number as usize % validators.len().max(1);
	Author::set(validators.get(turn).cloned());
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
	start_block(number + 1, moment);
}

/// Ends this block and starts the next one, on time, and checks the invariants.
pub fn next_block() {
	next_block_after(BLOCK_TIME);
	check::equations();
}

/// As many blocks on time.
pub fn blocks(count: BlockNumber) {
	for _ in 0..count {
		next_block();
	}
}

/// As many blocks on time, with the invariants checked in the last one only.
pub fn skip(count: BlockNumber) {
	for _ in 0..count {
		next_block_after(BLOCK_TIME);
	}
	check::equations();
}

/// A signed origin.
pub fn signed(who: &AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.clone())
}

/// What an account has, held or not, and what waits for it.
pub fn total(who: &AccountId) -> Balance {
	Balances::total_balance(who) + Escrow::claimable(who.clone())
}

/// What some accounts have at its redeemable value: their balances, held or not, what waits for
/// them, their shares of all funds and the rewards that they are owed.
pub fn wealth(owners: &[AccountId]) -> Balance {
	owners
		.iter()
		.map(|who| {
			let shares: Balance = (0..pallet_aci_hmm::NextClass::<Market>::get())
				.filter_map(|class| Hmm::provider(class, who.clone()))
				.map(|provider| {
					let out: Balance = provider.withdrawals.iter().map(|(_, value)| value).sum();
					provider.value + out
				})
				.sum();
			let rewards: Balance = pallet_aci_staking_slashing::Pools::<Market>::iter()
				.map(|(validator, pool)| {
					let own = if validator == *who { pool.owed } else { 0 };
					let delegated: Balance = pool
						.delegators
						.iter()
						.filter(|entry| entry.who == *who)
						.map(|entry| entry.owed)
						.sum();
					own + delegated
				})
				.sum();
			total(who) + shares + rewards
		})
		.sum()
}

/// What is held of an account.
pub fn held(reason: impl Into<RuntimeHoldReason>, who: &AccountId) -> Balance {
	Balances::balance_on_hold(&reason.into(), who)
}
