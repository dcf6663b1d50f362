//! A runtime of System, Balances, Session with its history, Authorship, Offences and this pallet,
//! for tests. The pots and the insurer are doubles: [`PotsDouble`], [`InsurerDouble`].

use crate as pallet_aci_staking_slashing;
use crate::{Config, HoldReason, Pallet};
use aci_market::{QualityRules, SlashTable, StakeRules};
use aci_primitives::{
	traits::{Insurer, Pot, Pots},
	AccountId, Balance, BlockNumber, ClassId, Role,
};
use frame_support::{
	derive_impl, ensure, parameter_types,
	traits::{
		fungible::{Inspect, InspectHold, Mutate},
		tokens::{DepositConsequence, Preservation, Provenance},
		ConstU128, ConstU32, FindAuthor, Hooks,
	},
	ConsensusEngineId,
};
use sp_runtime::{
	impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, IdentityLookup},
	BuildStorage, DispatchError, DispatchResult, Permill,
};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Authorship: pallet_authorship,
		StakingSlashing: pallet_aci_staking_slashing,
		Session: pallet_session,
		Historical: pallet_session::historical,
		Offences: pallet_offences,
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
/// Smallest delegation of the tests.
pub const DELEGATION: Balance = 100;
/// Unbonding time of the tests, in blocks.
pub const BONDING: BlockNumber = 60;
/// Appeal time of the tests, in blocks.
pub const APPEAL: BlockNumber = 5;
/// Time for claims of the tests, in blocks.
pub const CLAIM: BlockNumber = 12;
/// Deposit of an appeal in the tests.
pub const APPEAL_DEPOSIT: Balance = 500;
/// Blocks of a session in the tests.
pub const SESSION: BlockNumber = 10;
/// Blocks of an epoch in the tests.
pub const EPOCH: BlockNumber = 20;
/// The account of the validators' pot.
pub const VALIDATORS_POT: u8 = 200;
/// The account of the verifiers' pot.
pub const VERIFIERS_POT: u8 = 201;
/// The account that keeps what payees of pots cannot take.
pub const CLAIMABLE: u8 = 202;
/// The account of the insurer.
pub const INSURER: u8 = 203;

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const BondingDuration: BlockNumber = BONDING;
	pub static AppealPeriod: BlockNumber = APPEAL;
	pub const ClaimPeriod: BlockNumber = CLAIM;
	pub const ReporterShare: Permill = Permill::from_percent(10);
	pub const MaxCommission: Permill = Permill::from_percent(50);
	pub Slash: SlashTable = SlashTable::default();
	pub Quality: QualityRules = QualityRules::default();
	pub static Stakes: StakeRules = StakeRules {
		validator_bond: VALIDATOR,
		verifier_bond: VERIFIER,
		worker_base: WORKER,
		..StakeRules::default()
	};
	pub static ValidatorCount: u32 = 2;
	pub static MaxCandidates: u32 = 4;
	pub static MaxDelegators: u32 = 4;
	pub static MaxDelegations: u32 = 2;
	pub static MaxClaims: u32 = 3;
	/// Who authors the present block.
	pub static Author: Option<AccountId> = None;
	/// What the insurer's cap still lets it pay.
	pub static InsurerCap: Balance = 0;
	/// What others earned: workers, the funds, and the funds' capital.
	pub static Earned: (Balance, Balance, Balance) = (0, 0, 0);
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
	type EventHandler = StakingSlashing;
}

impl_opaque_keys! {
	pub struct Keys {
		pub dummy: UintAuthorityId,
	}
}

impl pallet_session::Config for Test {
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
	type KeyDeposit = ConstU128<0>;
}

impl pallet_session::historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = crate::Exposure;
	type FullIdentificationOf = crate::ExposureOf<Test>;
}

impl pallet_offences::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = StakingSlashing;
}

/// Stands in for the escrow: each pot is an account, and what a payee cannot take goes to one that
/// keeps it.
pub struct PotsDouble;

fn pot_account(pot: Pot) -> AccountId {
	account(match pot {
		Pot::Validators => VALIDATORS_POT,
		Pot::Verifiers => VERIFIERS_POT,
		Pot::Fund(_) => INSURER,
	})
}

impl Pots for PotsDouble {
	fn balance(pot: Pot) -> Balance {
		<Balances as Inspect<AccountId>>::balance(&pot_account(pot))
			.saturating_sub(EXISTENTIAL_DEPOSIT)
	}

	fn pay_in(from: &AccountId, pot: Pot, amount: Balance) -> DispatchResult {
		<Balances as Mutate<_>>::transfer(from, &pot_account(pot), amount, Preservation::Preserve)
			.map(|_| ())
	}

	fn pay_out(pot: Pot, payments: &[(AccountId, Balance)]) -> DispatchResult {
		let sum = payments.iter().map(|(_, amount)| amount).sum::<Balance>();
		ensure!(
			sum <= Self::balance(pot),
			DispatchError::Other("the pot has less")
		);
		for (who, amount) in payments {
			let can = Balances::can_deposit(who, *amount, Provenance::Extant)
				== DepositConsequence::Success;
			let to = if can { who.clone() } else { account(CLAIMABLE) };
			let from = pot_account(pot);
			<Balances as Mutate<_>>::transfer(&from, &to, *amount, Preservation::Preserve)?;
		}
		Ok(())
	}
}

/// Stands in for the fund of a class: one account, and one cap that a test sets.
pub struct InsurerDouble;

impl Insurer for InsurerDouble {
	fn note_fee(_: ClassId, _: &AccountId, amount: Balance) {
		InsurerCap::mutate(|cap| *cap += amount);
	}

	fn refund(class: ClassId, _: &AccountId, client: &AccountId, amount: Balance) -> Balance {
		let paid = amount
			.min(InsurerCap::get())
			.min(PotsDouble::balance(Pot::Fund(class)));
		PotsDouble::pay_out(Pot::Fund(class), &[(client.clone(), paid)])
			.expect("no more than the fund has");
		InsurerCap::mutate(|cap| *cap -= paid);
		paid
	}
}

/// Earnings that a test names.
pub struct EarningsDouble;

impl crate::EarningsOf for EarningsDouble {
	fn workers() -> Balance {
		Earned::get().0
	}
	fn providers() -> (Balance, Balance) {
		(Earned::get().1, Earned::get().2)
	}
}

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Pots = PotsDouble;
	type Insurer = InsurerDouble;
	type Keys = Session;
	type Disabling = crate::SessionDisabling<Test>;
	type Earnings = EarningsDouble;
	type GovernanceOrigin = frame_system::EnsureRoot<AccountId>;
	type StakeRules = Stakes;
	type SlashTable = Slash;
	type QualityRules = Quality;
	type BondingDuration = BondingDuration;
	type AppealPeriod = AppealPeriod;
	type ClaimPeriod = ClaimPeriod;
	type AppealDeposit = ConstU128<APPEAL_DEPOSIT>;
	type ValidatorCount = ValidatorCount;
	type MinimumDelegation = ConstU128<DELEGATION>;
	type MaxCommission = MaxCommission;
	type EpochLength = ConstU32<EPOCH>;
	type BlocksPerYear = ConstU32<2_000>;
	type SessionHistory = ConstU32<6>;
	type MaxValidators = ConstU32<8>;
	type MaxCandidates = MaxCandidates;
	type MaxDelegators = MaxDelegators;
	type MaxDelegations = MaxDelegations;
	type MaxClaims = MaxClaims;
	type MaxDuePerBlock = ConstU32<2>;
	type ReporterShare = ReporterShare;
	type MaxUnbonding = ConstU32<4>;
	type MaxSlashesPerBlock = ConstU32<2>;
	type WeightInfo = ();
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The accounts that have [`START`] at genesis and whom the tests move.
pub fn accounts() -> Vec<AccountId> {
	(1..=4).map(account).collect()
}

/// The accounts of the protocol, which have [`START`] at genesis too.
pub fn protocol() -> Vec<AccountId> {
	[VALIDATORS_POT, VERIFIERS_POT, CLAIMABLE, INSURER]
		.map(account)
		.to_vec()
}

/// The session keys of an account of the tests.
pub fn keys(number: u8) -> Keys {
	Keys {
		dummy: UintAuthorityId(number.into()),
	}
}

/// Genesis storage with the given bonds. The account 9 has session keys and no bond.
pub fn genesis_with(
	bonds: Vec<(AccountId, Role, Balance)>,
	candidates: Vec<(AccountId, u32)>,
) -> sp_io::TestExternalities {
	AppealPeriod::set(APPEAL);
	ValidatorCount::set(2);
	MaxCandidates::set(4);
	MaxDelegators::set(4);
	MaxDelegations::set(2);
	MaxClaims::set(3);
	Author::set(None);
	InsurerCap::set(0);
	Earned::set((0, 0, 0));
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = accounts()
		.into_iter()
		.chain(protocol())
		.map(|who| (who, START))
		.collect();
	genesis.staking_slashing.bonds = bonds;
	genesis.staking_slashing.candidates = candidates;
	genesis.session.keys = vec![(account(9), account(9), keys(9))];
	// Account 4 has none: it cannot be elected.
	genesis.session.non_authority_keys = (1..=3)
		.map(|number| (account(number), account(number), keys(number)))
		.collect();
	genesis
		.build_storage()
		.expect("the genesis of the tests is valid")
		.into()
}

/// Genesis storage with the given bonds.
pub fn genesis(bonds: Vec<(AccountId, Role, Balance)>) -> sp_io::TestExternalities {
	genesis_with(bonds, Vec::new())
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

/// Ends the block and begins the next one, in the order of the runtime.
pub fn next_block() {
	let now = System::block_number();
	Authorship::on_finalize(now);
	System::set_block_number(now + 1);
	Authorship::on_initialize(now + 1);
	StakingSlashing::on_initialize(now + 1);
	Session::on_initialize(now + 1);
}

/// Advances to a block, with the starts of all blocks on the way.
pub fn go_to(block: BlockNumber) {
	while System::block_number() < block {
		next_block();
	}
}

/// Advances to the first block of a session, with these accounts authoring in turn.
pub fn go_to_session(session: u32, authors: &[u8]) {
	let mut turn = 0;
	while Session::current_index() < session {
		let author = authors.get(turn % authors.len().max(1));
		Author::set(author.map(|number| account(*number)));
		turn += 1;
		next_block();
	}
	Author::set(None);
}

/// All invariants, with those that need the mock's view of the whole chain: no hold is without a
/// record, and issuance falls by burns only.
pub fn check() {
	Pallet::<Test>::do_try_state().expect("the invariants hold");
	let reasons = [
		HoldReason::ValidatorBond,
		HoldReason::VerifierBond,
		HoldReason::WorkerBond,
		HoldReason::Slashed,
		HoldReason::Delegation,
		HoldReason::AppealDeposit,
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
	let delegations =
		crate::Delegations::<Test>::iter_values().map(|delegation| delegation.ledger.total());
	let slashes = crate::Slashes::<Test>::iter_values().map(|slash| match slash.state {
		crate::SlashState::Appealed { deposit } => slash.amount + deposit,
		_ => slash.amount,
	});
	assert_eq!(
		held,
		bonds.chain(delegations).chain(slashes).sum::<Balance>(),
		"every hold is recorded"
	);
	let issuance = pallet_balances::TotalIssuance::<Test>::get();
	assert_eq!(sum, issuance, "accounts add up to the issuance");
	assert_eq!(
		issuance + crate::TotalBurned::<Test>::get(),
		START * (accounts().len() + protocol().len()) as Balance,
		"nothing but burns leaves the issuance"
	);
}
