//! A runtime of System, Balances, Session with its history, Authorship, Offences, the staking
//! pallet and this one, for tests. Only the staking pallet's pots, insurer and earnings are
//! doubles: nothing is in them.

use crate as pallet_aci_finality;
use crate::{Config, Identify, Membership, Pallet, SetKeys};
use aci_finality::{scheme::AuthorityPair, AuthorityId, Context, SetId};
use aci_market::{QualityRules, SlashTable, StakeRules};
use aci_primitives::{
	traits::{Insurer, Pot, Pots},
	AccountId, Balance, BlockNumber, ClassId, Role,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{Inspect, InspectHold},
		ConstU128, ConstU32, ConstU64, FindAuthor, Hooks, KeyOwnerProofSystem,
	},
	ConsensusEngineId,
};
use pallet_aci_staking_slashing::HoldReason;
use sp_core::{Pair, H256};
use sp_runtime::{
	impl_opaque_keys,
	testing::TestXt,
	traits::{ConvertInto, IdentityLookup},
	BuildStorage, DispatchResult, Permill,
};

type Block = frame_system::mocking::MockBlockU32<Test>;

/// A header of the tests.
pub type Header = <Block as sp_runtime::traits::Block>::Header;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Authorship: pallet_authorship,
		StakingSlashing: pallet_aci_staking_slashing,
		Session: pallet_session,
		Historical: pallet_session::historical,
		Offences: pallet_offences,
		Finality: pallet_aci_finality,
	}
);

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 10;
/// What each account starts with, in planck.
pub const START: Balance = 1_000_000;
/// The bond of each validator of the tests.
pub const BOND: Balance = 16_000;
/// Blocks of a session in the tests.
pub const SESSION: BlockNumber = 5;
/// Blocks from a slash to its end.
pub const APPEAL: BlockNumber = 3;
/// How many sets the tests remember.
pub const HISTORY: u32 = 4;
/// How many validators there are.
pub const VALIDATORS: u8 = 4;
/// An account that validates nothing.
pub const OUTSIDER: u8 = 9;
/// What the tests take for the hash of the genesis block.
pub const GENESIS: H256 = H256([0x11; 32]);

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const BondingDuration: BlockNumber = 60;
	pub const ReporterShare: Permill = Permill::from_percent(10);
	pub const MaxCommission: Permill = Permill::from_percent(50);
	pub Slash: SlashTable = SlashTable::default();
	pub Quality: QualityRules = QualityRules::default();
	pub Stakes: StakeRules = StakeRules {
		validator_bond: 10_000,
		..StakeRules::default()
	};
	/// Who authors the present block.
	pub static Author: Option<AccountId> = None;
	pub const Period: BlockNumber = SESSION;
	pub const Offset: BlockNumber = 0;
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

impl pallet_authorship::Config for Test {
	type FindAuthor = NamedAuthor;
	type EventHandler = ();
}

impl_opaque_keys! {
	pub struct Keys {
		pub finality: Finality,
	}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = pallet_session::PeriodicSessions<Period, Offset>;
	type NextSessionRotation = pallet_session::PeriodicSessions<Period, Offset>;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, StakingSlashing>;
	type SessionHandler = (Finality,);
	type Keys = Keys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitDisablingStrategy;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU128<0>;
}

impl pallet_session::historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = pallet_aci_staking_slashing::Exposure;
	type FullIdentificationOf = pallet_aci_staking_slashing::ExposureOf<Test>;
}

impl pallet_offences::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = StakingSlashing;
}

/// Pots with nothing in them.
pub struct EmptyPots;

impl Pots for EmptyPots {
	fn balance(_: Pot) -> Balance {
		0
	}

	fn pay_in(_: &AccountId, _: Pot, _: Balance) -> DispatchResult {
		Err("nobody pays into a pot in these tests".into())
	}

	fn pay_out(_: Pot, _: &[(AccountId, Balance)]) -> DispatchResult {
		Err("the pots of these tests are empty".into())
	}
}

/// An insurer that has nothing.
pub struct NoInsurer;

impl Insurer for NoInsurer {
	fn note_fee(_: ClassId, _: &AccountId, _: Balance) {}

	fn refund(_: ClassId, _: &AccountId, _: &AccountId, _: Balance) -> Balance {
		0
	}
}

/// Nobody earned anything.
pub struct NoEarnings;

impl pallet_aci_staking_slashing::EarningsOf for NoEarnings {
	fn workers() -> Balance {
		0
	}

	fn providers() -> (Balance, Balance) {
		(0, 0)
	}
}

impl pallet_aci_staking_slashing::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Pots = EmptyPots;
	type Insurer = NoInsurer;
	type Keys = Session;
	type Disabling = pallet_aci_staking_slashing::SessionDisabling<Test>;
	type Earnings = NoEarnings;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type StakeRules = Stakes;
	type SlashTable = Slash;
	type QualityRules = Quality;
	type BondingDuration = BondingDuration;
	type AppealPeriod = ConstU32<APPEAL>;
	type ClaimPeriod = ConstU32<APPEAL>;
	type AppealDeposit = ConstU128<500>;
	type ValidatorCount = ConstU32<{ VALIDATORS as u32 }>;
	type MinimumDelegation = ConstU128<100>;
	type MaxCommission = MaxCommission;
	type EpochLength = ConstU32<1_000>;
	type BlocksPerYear = ConstU32<2_000>;
	type SessionHistory = ConstU32<HISTORY>;
	type MaxValidators = ConstU32<8>;
	type MaxCandidates = ConstU32<8>;
	type MaxDelegators = ConstU32<4>;
	type MaxDelegations = ConstU32<2>;
	type MaxClaims = ConstU32<3>;
	type MaxDuePerBlock = ConstU32<2>;
	type ReporterShare = ReporterShare;
	type MaxUnbonding = ConstU32<4>;
	type MaxSlashesPerBlock = ConstU32<2>;
	type WeightInfo = ();
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = TestXt<RuntimeCall, ()>;
}

impl<LocalCall> frame_system::offchain::CreateBare<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	fn create_bare(call: RuntimeCall) -> TestXt<RuntimeCall, ()> {
		TestXt::new_bare(call)
	}
}

/// What validators stood for, as the staking pallet remembers it.
pub struct Stood;

impl Identify<AccountId> for Stood {
	type Identification = pallet_aci_staking_slashing::Exposure;

	fn identify(session: u32, validator: &AccountId) -> Self::Identification {
		StakingSlashing::exposure(session, validator).unwrap_or_default()
	}
}

impl Config for Test {
	type MaxAuthorities = ConstU32<8>;
	type SetHistory = ConstU32<HISTORY>;
	type MaxSlashParts = ConstU32<5>;
	type KeyOwnerProof = Membership<AccountId>;
	type Reporting = crate::Reporting<Self, Offences, SetKeys<Self, Stood>, ConstU64<20>>;
	type WeightInfo = ();
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The finality key pair of an account.
pub fn pair(number: u8) -> AuthorityPair {
	AuthorityPair::from_seed(&[number; 32])
}

/// The finality key of an account.
pub fn key(number: u8) -> AuthorityId {
	pair(number).public()
}

/// The session keys of an account.
pub fn keys(number: u8) -> Keys {
	Keys {
		finality: key(number),
	}
}

/// A set of the tests' chain.
pub fn context(set: SetId) -> Context {
	Context {
		genesis: GENESIS,
		set,
	}
}

/// A proof that the account held its key, made at the present block.
pub fn key_owner(number: u8) -> Membership<AccountId> {
	SetKeys::<Test, Stood>::prove((aci_finality::KEY_TYPE, key(number)))
		.expect("it is an authority")
}

/// Genesis storage with so many validators, from account 1 on.
pub fn genesis(validators: u8) -> sp_io::TestExternalities {
	Author::set(None);
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = (1..=VALIDATORS)
		.chain([OUTSIDER])
		.map(|number| (account(number), START))
		.collect();
	genesis.staking_slashing.bonds = (1..=validators)
		.map(|number| (account(number), Role::Validator, BOND))
		.collect();
	genesis.staking_slashing.candidates = (1..=validators)
		.map(|number| (account(number), 0))
		.collect();
	genesis.session.keys = (1..=validators)
		.map(|number| (account(number), account(number), keys(number)))
		.collect();
	genesis
		.build_storage()
		.expect("the genesis of the tests is valid")
		.into()
}

/// Runs a test from the first block on, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	genesis(VALIDATORS).execute_with(|| {
		start();
		test();
		next_block();
	});
}

/// Checks the invariants of the genesis, and begins the first block.
pub fn start() {
	check();
	begin(1, GENESIS);
}

fn begin(number: BlockNumber, parent: H256) {
	System::reset_events();
	System::initialize(&number, &parent, &Default::default());
	Authorship::on_initialize(number);
	StakingSlashing::on_initialize(number);
	Session::on_initialize(number);
	Finality::on_initialize(number);
}

/// Ends the block, checks the invariants, and begins the next one. Returns the header of the block
/// that ended.
pub fn next_block() -> Header {
	let number = System::block_number();
	Finality::on_finalize(number);
	Authorship::on_finalize(number);
	let header = System::finalize();
	check();
	begin(number + 1, header.hash());
	header
}

/// Ends blocks until a set is in force, and the block that began it has ended.
pub fn go_to_set(set: SetId) {
	while crate::CurrentSet::<Test>::get() < set {
		next_block();
	}
}

/// The invariants of this pallet and of the staking pallet, between two blocks.
pub fn check() {
	Pallet::<Test>::do_try_state().expect("the invariants hold");
	StakingSlashing::do_try_state().expect("the stakes' invariants hold");
}

/// What a slash holds of an account.
pub fn slashed(number: u8) -> Balance {
	Balances::balance_on_hold(&HoldReason::Slashed.into(), &account(number))
}

/// All that an account has and can use.
pub fn balance(number: u8) -> Balance {
	Balances::balance(&account(number))
}
