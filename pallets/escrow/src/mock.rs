//! A runtime of System, Balances and this pallet, for tests.

use crate as pallet_aci_escrow;
use crate::{Config, Pallet};
use aci_primitives::{job::Home, AccountId, Balance, BlockNumber, JobId};
use frame_support::{derive_impl, parameter_types, traits::ConstU32, PalletId};
use sp_core::H256;
use sp_runtime::{traits::IdentityLookup, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Escrow: pallet_aci_escrow,
	}
);

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 100;
/// What each client starts with, in planck.
pub const START: Balance = 1_000_000;
/// Blocks for which a budget is leased in the tests, until one changes it.
pub const LEASE: BlockNumber = 10;
/// Homes with which a client can have budgets in the tests.
pub const MAX_BUDGETS: u32 = 3;

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
	pub static BudgetPeriod: BlockNumber = LEASE;
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
	type FreezeIdentifier = u8;
	type MaxFreezes = ConstU32<1>;
}

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type PalletId = EscrowPalletId;
	type BudgetPeriod = BudgetPeriod;
	type MaxBudgets = ConstU32<MAX_BUDGETS>;
	type WeightInfo = ();
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// Job of the tests, by number.
pub fn job(number: u64) -> JobId {
	H256::from_low_u64_be(number)
}

/// The home that is the validator of this number.
pub fn home(number: u8) -> Home {
	Home::Validator(account(100 + number))
}

/// The accounts that have [`START`] at genesis.
pub fn clients() -> Vec<AccountId> {
	(1..=3).map(account).collect()
}

/// Runs a test on the genesis state, in block 1, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = clients().into_iter().map(|who| (who, START)).collect();
	let storage = genesis
		.build_storage()
		.expect("the genesis of the tests is valid");
	BudgetPeriod::set(LEASE);
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		check();
		test();
		check();
	});
}

/// All invariants, with the two that need the mock's view of the whole chain: no hold is without a
/// record, and issuance falls by burns only.
pub fn check() {
	Pallet::<Test>::do_try_state().expect("the invariants hold");
	let mut sum = 0;
	for (who, account) in frame_system::Account::<Test>::iter() {
		let data = account.data;
		sum += data.free + data.reserved;
		assert_eq!(
			data.reserved,
			Escrow::free(who.clone())
				+ Escrow::locked(who.clone())
				+ Escrow::prepaid_of(who.clone())
				+ Escrow::budgeted(who),
			"every hold is recorded"
		);
	}
	assert_eq!(
		sum,
		Balances::total_issuance(),
		"accounts add up to the issuance"
	);
	assert_eq!(
		Balances::total_issuance() + Escrow::burned(),
		START * clients().len() as Balance + EXISTENTIAL_DEPOSIT,
		"nothing but burns leaves the issuance"
	);
}
