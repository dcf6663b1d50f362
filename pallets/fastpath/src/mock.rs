//! A runtime of System, Balances, the escrow and this pallet, for tests. Workers, slices and offences
//! are doubles that keep count; money is real.

use crate as pallet_aci_fastpath;
use crate::{
	types::{Membership, State, Ticket},
	Config, FastpathOffence, LastCheckpoint, Pallet, Tickets,
};
use aci_fastpath::{
	checkpoint::{Certificate, Certified, Checkpoint, Effects},
	lane::terms::Terms,
	scheme::{AuthorityId, PublicKey, Signature},
	transaction::{registration_hash, TicketId},
	types::Parameters,
	vertex::Reference,
};
use aci_market::{FeeShares, Pool};
use aci_primitives::{
	job::Home,
	traits::{
		DisputedJobs, ExportedJob, Insurer, LeaseOffer, LeasedEscrow, LeasedSlots, QualityUpdate,
		SlashReport, Slasher, Slices,
	},
	AccountId, Balance, BlockNumber, ClassId, Hash, JobId, Moment,
};
use frame_support::{
	assert_ok, derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Hooks, Time},
	PalletId,
};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{
	testing::TestXt,
	traits::{Convert, IdentityLookup},
	BuildStorage, DispatchError, DispatchResult, Perbill,
};
use sp_staking::{
	offence::{OffenceError, ReportOffence},
	SessionIndex,
};
use std::{cell::RefCell, collections::BTreeMap};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Escrow: pallet_aci_escrow,
		Fastpath: pallet_aci_fastpath,
	}
);

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 100;
/// What each account starts with, in planck.
pub const START: Balance = 1_000_000;
/// Authorities of a set.
pub const VALIDATORS: u8 = 4;
/// Milliseconds of a block.
pub const BLOCK_TIME: Moment = 2_000;
/// Blocks of the fraud window.
pub const WINDOW: BlockNumber = 16;
/// Blocks of the grace for a closing checkpoint.
pub const GRACE: BlockNumber = 5;
/// Rounds between two anchors at least.
pub const INTERVAL: u32 = 10;
/// Checkpoints from the announcement of an end to the end.
pub const LAG: u32 = 2;
/// Slots of each worker.
pub const SLOTS: u32 = 8;
/// What each worker's jobs may be worth together.
pub const EXPOSURE: Balance = 500_000;
/// What the tests take for the hash of the genesis block.
pub const GENESIS: H256 = H256([0x11; 32]);
/// The class of all workers.
pub const CLASS: ClassId = 0;
/// Clients have the numbers from here on.
pub const CLIENT: u8 = 20;
/// Workers have the numbers from here on.
pub const WORKER: u8 = 40;
/// How many clients and workers there are.
pub const EACH: u8 = 3;

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
	pub Shares: FeeShares = FeeShares::default();
	pub Rules: Parameters = Parameters {
		interval: INTERVAL,
		lag: LAG,
		depth: 2 * INTERVAL,
		..Parameters::default()
	};
	pub NoTerms: Terms = Terms::default();
	pub const PromiseShare: Perbill = Perbill::from_percent(10);
	pub static Clock: Moment = 0;
	pub static Author: Option<AccountId> = None;
	pub static Offering: bool = true;
}

/// What the doubles have counted.
#[derive(Clone, Default)]
pub struct Counted {
	/// Leased slots and exposure, by worker.
	pub leased: BTreeMap<AccountId, (u32, Balance)>,
	/// Milli-slots of slices, by home.
	pub slices: BTreeMap<(ClassId, AccountId), u64>,
	/// Results, by worker.
	pub judged: Vec<(AccountId, u32)>,
	/// Slashes.
	pub slashed: Vec<SlashReport>,
	/// Fees of class funds, by worker.
	pub fees: Vec<(ClassId, AccountId, Balance)>,
	/// Missed matches.
	pub missed: Vec<AccountId>,
	/// Reported offences.
	pub offences: Vec<FastpathOffence<(AccountId, u32)>>,
	/// Jobs that were taken over.
	pub jobs: Vec<ExportedJob>,
}

thread_local! {
	static COUNTED: RefCell<Counted> = RefCell::new(Counted::default());
}

/// What the doubles have counted.
pub fn counted() -> Counted {
	COUNTED.with(|counted| counted.borrow().clone())
}

fn count<R>(change: impl FnOnce(&mut Counted) -> R) -> R {
	COUNTED.with(|counted| change(&mut counted.borrow_mut()))
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

impl pallet_aci_escrow::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type PalletId = EscrowPalletId;
	type BudgetPeriod = ConstU32<10>;
	type MaxBudgets = ConstU32<2>;
	type WeightInfo = ();
}

/// The doubles.
pub struct Doubles;

impl LeasedSlots for Doubles {
	fn offer(worker: &AccountId) -> Option<LeaseOffer> {
		Offering::get().then(|| Self::facts(worker)).flatten()
	}

	fn facts(worker: &AccountId) -> Option<LeaseOffer> {
		let is_worker = (0..EACH).any(|number| account(WORKER + number) == *worker);
		let (slots, exposure) = count(|counted| {
			let leased = counted.leased.get(worker);
			leased.copied().unwrap_or_default()
		});
		is_worker.then(|| LeaseOffer {
			class: CLASS,
			models: Default::default(),
			slots: SLOTS - slots,
			exposure: EXPOSURE.saturating_sub(exposure),
			missed: 0,
			quality: 800_000,
			session_key: [7; 32],
		})
	}

	fn lease_slots(worker: &AccountId, slots: u32) -> DispatchResult {
		count(|counted| counted.leased.entry(worker.clone()).or_default().0 += slots);
		Ok(())
	}

	fn return_slots(worker: &AccountId, slots: u32) -> DispatchResult {
		count(|counted| {
			let leased = counted.leased.entry(worker.clone()).or_default();
			leased.0 = leased
				.0
				.checked_sub(slots)
				.ok_or(DispatchError::Unavailable)?;
			Ok(())
		})
	}

	fn leased_slots(worker: &AccountId) -> u32 {
		count(|counted| counted.leased.entry(worker.clone()).or_default().0)
	}

	fn expose(worker: &AccountId, amount: Balance) {
		count(|counted| counted.leased.entry(worker.clone()).or_default().1 += amount);
	}

	fn end_exposure(worker: &AccountId, amount: Balance) {
		count(|counted| {
			let leased = counted.leased.entry(worker.clone()).or_default();
			leased.1 = leased.1.saturating_sub(amount);
		});
	}

	fn exposed(worker: &AccountId) -> Balance {
		count(|counted| counted.leased.entry(worker.clone()).or_default().1)
	}

	fn note_missed(worker: &AccountId) {
		count(|counted| counted.missed.push(worker.clone()));
	}
}

fn name_of(home: &Home) -> AccountId {
	match home {
		Home::Validator(validator) => validator.clone(),
		Home::Chain => panic!("the chain has no slice"),
	}
}

impl Slices for Doubles {
	fn slice(class: ClassId, home: &Home) -> Option<Pool> {
		let key = (class, name_of(home));
		let target = count(|counted| counted.slices.get(&key).copied())?;
		Some(Pool {
			free: target,
			target,
			par_price: 1,
			floor_share: 0,
			free_weight: 4_096,
		})
	}

	fn split(class: ClassId, home: &Home, milli_slots: u64) -> DispatchResult {
		let key = (class, name_of(home));
		count(|counted| *counted.slices.entry(key).or_default() += milli_slots);
		Ok(())
	}

	fn merge(class: ClassId, home: &Home, milli_slots: u64) -> DispatchResult {
		let key = (class, name_of(home));
		count(|counted| {
			let slice = counted.slices.entry(key).or_default();
			*slice = slice
				.checked_sub(milli_slots)
				.ok_or(DispatchError::Unavailable)?;
			Ok(())
		})
	}
}

impl DisputedJobs for Doubles {
	fn import_disputed(job: ExportedJob) -> DispatchResult {
		count(|counted| counted.jobs.push(job));
		Ok(())
	}
}

impl Slasher for Doubles {
	fn slash(report: SlashReport) -> Balance {
		count(|counted| counted.slashed.push(report));
		77
	}
}

impl QualityUpdate for Doubles {
	fn quality(_: &AccountId) -> u32 {
		800_000
	}

	fn epoch() -> u32 {
		0
	}

	fn quality_at_epoch_start(_: &AccountId) -> u32 {
		800_000
	}

	fn judged(who: &AccountId, result: u32) {
		count(|counted| counted.judged.push((who.clone(), result)));
	}
}

impl Insurer for Doubles {
	fn note_fee(class: ClassId, worker: &AccountId, amount: Balance) {
		count(|counted| counted.fees.push((class, worker.clone(), amount)));
	}

	fn refund(_: ClassId, _: &AccountId, _: &AccountId, _: Balance) -> Balance {
		0
	}
}

impl Convert<(SessionIndex, AccountId), u32> for Doubles {
	fn convert((session, _): (SessionIndex, AccountId)) -> u32 {
		session
	}
}

impl ReportOffence<AccountId, (AccountId, u32), FastpathOffence<(AccountId, u32)>> for Doubles {
	fn report_offence(
		_: Vec<AccountId>,
		offence: FastpathOffence<(AccountId, u32)>,
	) -> Result<(), OffenceError> {
		count(|counted| counted.offences.push(offence));
		Ok(())
	}

	fn is_known_offence(offenders: &[(AccountId, u32)], slot: &(u64, crate::Fault)) -> bool {
		count(|counted| {
			let known = |offender: &(AccountId, u32)| {
				counted.offences.iter().any(|offence| {
					(offence.set, offence.fault) == *slot && offence.offender == *offender
				})
			};
			offenders.iter().all(known)
		})
	}
}

/// The time that a test sets.
pub struct Watch;

impl Time for Watch {
	type Moment = Moment;

	fn now() -> Moment {
		Clock::get()
	}
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

impl Config for Test {
	type Escrow = Escrow;
	type Workers = Doubles;
	type Slices = Doubles;
	type Jobs = Doubles;
	type Slasher = Doubles;
	type Quality = Doubles;
	type Insurer = Doubles;
	type Terms = NoTerms;
	type FeeShares = Shares;
	type Parameters = Rules;
	type Time = Watch;
	type BlockTime = ConstU64<BLOCK_TIME>;
	type ClosingGrace = ConstU64<{ BLOCK_TIME * GRACE as u64 }>;
	type FraudWindow = ConstU32<WINDOW>;
	type Identification = u32;
	type Stood = Doubles;
	type Reports = Doubles;
	type PromiseShare = PromiseShare;
	type Author = Author;
	type ReportLongevity = ConstU64<20>;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<8>;
	type SetHistory = ConstU32<3>;
	type MaxTicketsOfClient = ConstU32<4>;
	type MaxTickets = ConstU32<12>;
	type MaxLeasesOfWorker = ConstU32<4>;
	type MaxLeases = ConstU32<12>;
	type MinTicket = ConstU128<1_000>;
	type MaxRequests = ConstU32<16>;
	type MaxSwept = ConstU32<2>;
	type MaxEffects = ConstU32<64>;
	type MaxSlashParts = ConstU32<4>;
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// A client, by number.
pub fn client(number: u8) -> AccountId {
	account(CLIENT + number)
}

/// A worker, by number.
pub fn worker(number: u8) -> AccountId {
	account(WORKER + number)
}

/// A home of the first set, by its place.
pub fn home(place: u8) -> AccountId {
	account(1 + place)
}

/// The key pair of an account: an authority's, or an order key.
pub fn pair(who: &AccountId) -> ed25519::Pair {
	ed25519::Pair::from_seed(who.as_ref())
}

/// The signature of an account's pair.
pub fn sign(who: &AccountId, hash: &Hash) -> Signature {
	pair(who).sign(&hash.0)
}

/// The public key of an account's pair.
pub fn key(who: &AccountId) -> PublicKey {
	pair(who).public()
}

/// Members of a set: the accounts from this number on.
pub fn members(from: u8) -> Vec<(AccountId, AuthorityId)> {
	(from..from + VALIDATORS)
		.map(|number| (account(number), AuthorityId::from(key(&account(number)))))
		.collect()
}

/// Registers an account's order key.
pub fn register(who: &AccountId) {
	let signature = sign(who, &registration_hash(&GENESIS, who));
	assert_ok!(Fastpath::set_order_key(
		RuntimeOrigin::signed(who.clone()),
		key(who),
		signature
	));
}

/// Runs a test in block 1 of a chain whose first set is in force, with keys of all clients and
/// workers registered, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	COUNTED.with(|counted| *counted.borrow_mut() = Counted::default());
	Clock::set(0);
	Offering::set(true);
	Author::set(None);
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = (0..EACH)
		.flat_map(|number| [client(number), worker(number)])
		.map(|who| (who, START))
		.collect();
	let storage = genesis
		.build_storage()
		.expect("the genesis of the tests is valid");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		frame_system::BlockHash::<Test>::insert(0, GENESIS);
		Fastpath::begin(members(1));
		begin_block(1);
		for number in 0..EACH {
			register(&client(number));
			register(&worker(number));
		}
		System::reset_events();
		check();
		test();
		check();
	});
}

fn begin_block(number: BlockNumber) {
	System::reset_events();
	System::set_block_number(number);
	Clock::set(Moment::from(number) * BLOCK_TIME);
	Fastpath::on_initialize(number);
}

/// Checks the invariants and begins the next block.
pub fn next_block() {
	check();
	begin_block(System::block_number() + 1);
	check();
}

/// Begins so many blocks.
pub fn blocks(count: BlockNumber) {
	(0..count).for_each(|_| next_block());
}

/// The invariants of this pallet and of the escrow, and that no money came or went.
pub fn check() {
	Pallet::<Test>::do_try_state().expect("the invariants hold");
	Escrow::do_try_state().expect("the escrow's invariants hold");
	let accounts = frame_system::Account::<Test>::iter_values();
	let sum: Balance = accounts
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(
		sum + Escrow::burned(),
		START * Balance::from(2 * EACH) + EXISTENTIAL_DEPOSIT,
		"money is conserved"
	);
}

/// The next checkpoint with these effects, that leaves so much locked.
pub fn next_checkpoint(effects: &Effects, open_locks: Balance, closing: bool) -> Checkpoint {
	let last = LastCheckpoint::<Test>::get();
	Checkpoint {
		context: Pallet::<Test>::context(crate::CurrentSet::<Test>::get()),
		number: last.number + 1,
		previous: last.hash,
		anchor: Reference {
			author: 0,
			round: last.anchor_round + INTERVAL,
			hash: H256::repeat_byte(9),
		},
		transactions_root: H256::zero(),
		transactions: 0,
		state_root: H256::repeat_byte(8),
		effects: effects.hash(),
		open_locks,
		moment: Clock::get(),
		closing,
	}
}

/// A checkpoint with the signatures of these places of the set in force.
pub fn certify(checkpoint: Checkpoint, effects: Effects, places: &[u16]) -> Certified {
	let committee = Pallet::<Test>::committee().expect("there is a set");
	let validators = Fastpath::homes();
	let hash = checkpoint.hash();
	let signatures = places
		.iter()
		.map(|place| (*place, sign(&validators[usize::from(*place)], &hash)));
	Certified {
		certificate: Certificate::new(&committee, signatures),
		checkpoint,
		effects,
	}
}

/// Hands a checkpoint in, as a block's inherent.
pub fn submit(certified: Certified) -> DispatchResult {
	frame_support::storage::with_storage_layer(|| {
		Fastpath::checkpoint(RuntimeOrigin::none(), Box::new(certified))
	})
}

/// Settles a checkpoint with these effects in a new block, and checks the invariants.
pub fn settle(effects: Effects, open_locks: Balance) {
	next_block();
	let checkpoint = next_checkpoint(&effects, open_locks, false);
	assert_ok!(submit(certify(checkpoint, effects, &[0, 1, 2])));
	check();
}

/// Settles so many checkpoints in which nothing happened.
pub fn settle_empty(count: u32) {
	for _ in 0..count {
		settle(Effects::default(), LastCheckpoint::<Test>::get().open_locks);
	}
}

/// Settles the closing checkpoint of the set in force.
pub fn settle_closing(effects: Effects, open_locks: Balance) {
	next_block();
	let checkpoint = next_checkpoint(&effects, open_locks, true);
	assert_ok!(submit(certify(checkpoint, effects, &[0, 1, 2])));
	check();
}

/// Funds a ticket of a client at a home. Returns its number.
pub fn fund(who: u8, place: u8, amount: Balance) -> TicketId {
	assert_ok!(Fastpath::fund_ticket(
		RuntimeOrigin::signed(client(who)),
		home(place),
		amount,
		0
	));
	check();
	let tickets = Tickets::<Test>::get(client(who));
	let ticket = tickets.iter().find(|ticket| ticket.home == home(place));
	ticket.expect("it was funded").id
}

/// A client's ticket.
pub fn ticket(who: u8, id: TicketId) -> Option<Ticket> {
	let tickets = Tickets::<Test>::get(client(who));
	tickets.into_iter().find(|ticket| ticket.id == id)
}

/// Whether a home has a client's ticket.
pub fn is_held(who: u8, id: TicketId) -> bool {
	ticket(who, id).is_some_and(|ticket| ticket.state == State::Held)
}

/// Leases slots of a worker to a home.
pub fn lease(who: u8, place: u8, slots: u32, exposure: Balance) {
	assert_ok!(Fastpath::lease_slots(
		RuntimeOrigin::signed(worker(who)),
		home(place),
		slots,
		exposure,
		false
	));
	check();
}

/// What is leased of a client's money.
pub fn leased(who: u8) -> Balance {
	<Escrow as LeasedEscrow>::leased(&client(who))
}

/// The members of the set in force.
pub fn membership() -> Membership {
	Fastpath::membership()
}

/// A job of the tests, by number.
pub fn job(number: u8) -> JobId {
	H256::repeat_byte(number)
}

/// The pallet's events of this block.
pub fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Fastpath(event) => Some(event),
			_ => None,
		})
		.collect()
}
