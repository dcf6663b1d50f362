//! A runtime of System, Balances and this pallet, for tests.

use crate as pallet_aci_staking_slashing;
use crate::{Config, HoldReason, Pallet};
use aci_market::{QualityRules, SlashTable, StakeRules};
use aci_primitives::{AccountId, Balance, BlockNumber, Role};
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::InspectHold, ConstU32, Hooks},
};
use sp_runtime::{traits::IdentityLookup, BuildStorage, Permill};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		StakingSlashing: pallet_aci_staking_slashing,
	}
);

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 10;
/// What each account starts with, in planck.
pub const START: Balance = 1_000_000;
/// Smallest bond of a validator in the tests.
pub const VALIDATOR: Balance = 10_000;
/// Smallest bond of a verifier in the tests.
pub const VERIFIER: Balance = 5_000;
/// Smallest bond of a worker in the tests.
pub const WORKER: Balance = 1_000;
/// Unbonding time of the tests, in blocks.
pub const BONDING: BlockNumber = 20;
/// Appeal time of the tests, in blocks.
pub const APPEAL: BlockNumber = 5;

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const BondingDuration: BlockNumber = BONDING;
	pub static AppealPeriod: BlockNumber = APPEAL;
	pub const ReporterShare: Permill = Permill::from_percent(10);
	pub Slash: SlashTable = SlashTable::default();
	pub Quality: QualityRules = QualityRules::default();
	pub static Stakes: StakeRules = StakeRules {
		validator_bond: VALIDATOR,
		verifier_bond: VERIFIER,
		worker_base: WORKER,
		..StakeRules::default()
	};
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type StakeRules = Stakes;
	type SlashTable = Slash;
	type QualityRules = Quality;
	type BondingDuration = BondingDuration;
	type AppealPeriod = AppealPeriod;
	type ReporterShare = ReporterShare;
	type MaxUnbonding = ConstU32<4>;
	type MaxSlashesPerBlock = ConstU32<2>;
	type WeightInfo = ();
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The accounts that have [`START`] at genesis.
pub fn accounts() -> Vec<AccountId> {
	(1..=4).map(account).collect()
}

/// Genesis storage with the given bonds.
pub fn genesis(bonds: Vec<(AccountId, Role, Balance)>) -> sp_io::TestExternalities {
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = accounts().into_iter().map(|who| (who, START)).collect();
	genesis.staking_slashing.bonds = bonds;
	genesis
		.build_storage()
		.expect("the genesis of the tests is valid")
		.into()
}

/// Runs a test on the genesis state, in block 1, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	genesis(Vec::new()).execute_with(|| {
		System::set_block_number(1);
		check();
		test();
		check();
	});
}

/// Advances to a block, with the starts of all blocks on the way.
pub fn go_to(block: BlockNumber) {
	while System::block_number() < block {
		let next = System::block_number() + 1;
		System::set_block_number(next);
		StakingSlashing::on_initialize(next);
	}
}

/// All invariants, with the two that need the mock's view of the whole chain: no hold is without a
/// record, and issuance falls by burns only.
pub fn check() {
	Pallet::<Test>::do_try_state().expect("the invariants hold");
	let reasons = [
		HoldReason::ValidatorBond,
		HoldReason::VerifierBond,
		HoldReason::WorkerBond,
		HoldReason::Slashed,
	];
	let mut sum = 0;
	let mut held = 0;
	for (who, account) in frame_system::Account::<Test>::iter() {
		sum += account.data.free + account.data.reserved;
		for reason in reasons {
			held += Balances::balance_on_hold(&reason.into(), &who);
		}
	}
	let bonds = crate::Ledgers::<Test>::iter_values().map(|ledger| ledger.total());
	let slashes = crate::Slashes::<Test>::iter_values().map(|slash| slash.amount);
	assert_eq!(
		held,
		bonds.chain(slashes).sum::<Balance>(),
		"every hold is recorded"
	);
	let issuance = pallet_balances::TotalIssuance::<Test>::get();
	assert_eq!(sum, issuance, "accounts add up to the issuance");
	assert_eq!(
		issuance + crate::TotalBurned::<Test>::get(),
		START * accounts().len() as Balance,
		"nothing but burns leaves the issuance"
	);
}
