//! A runtime of System, Balances, Escrow and this pallet, with a stand-in for the market and for TEEs.

use crate as pallet_aci_aivm_ops;
use crate::{Config, ContractMarket, Pallet};
use aci_primitives::{
	evidence::{Claims, Evidence, EvidenceError, SoftwareQuote, TeeKind},
	job::JobStatus,
	traits::{
		AttestationVerifier, InferenceJobs, InferenceOrder, JobEscrow, JobProgress, Payee, Release,
		Settlement,
	},
	AccountId, Balance, BlockNumber, ClassId, Hash, JobId, JobOutput, ModelId, ReservationId,
};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::Mutate, tokens::Preservation, ConstU32, ConstU64, Contains, Hooks},
	weights::constants::ParityDbWeight,
	PalletId,
};
use sp_core::ed25519;
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchError};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Escrow: pallet_aci_escrow,
		Aivm: pallet_aci_aivm_ops,
	}
);

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = 100;
/// What each account starts with, in planck.
pub const START: Balance = 100_000_000;
/// Held for each item, in planck.
pub const PER_ITEM: Balance = 1_000;
/// Held for each byte, in planck.
pub const PER_BYTE: Balance = 10;
/// Blocks until a lock can be taken back.
pub const LOCK_PERIOD: BlockNumber = 50;
/// Price of a job in the stand-in for the market.
pub const PRICE: Balance = 5_000;
/// Runs that contracts wait for at once.
pub const MAX_ORDERS: u32 = 5;
/// Orders that a block looks at.
pub const MAX_VISITS: u32 = 3;
/// Gas of the call backs of a block.
pub const CALLBACK_GAS: u64 = 50_000;
/// The program that contracts are told of.
pub const MEASUREMENT: Hash = Hash::repeat_byte(0x77);

parameter_types! {
	pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
	pub const EscrowPalletId: PalletId = PalletId(*b"aci/escr");
	pub const DepositPerItem: Balance = PER_ITEM;
	pub const DepositPerByte: Balance = PER_BYTE;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type DbWeight = ParityDbWeight;
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
	type MaxBudgets = ConstU32<3>;
	type WeightInfo = ();
}

impl Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Escrow = Escrow;
	type Market = Market;
	type Jobs = Jobs;
	type Attestation = Tee;
	type Measurements = Programs;
	type DepositPerItem = DepositPerItem;
	type DepositPerByte = DepositPerByte;
	type LockPeriod = ConstU32<LOCK_PERIOD>;
	type MaxEvents = ConstU32<16>;
	type MaxGas = ConstU64<1_000_000>;
	type MaxOrders = ConstU32<MAX_ORDERS>;
	type MaxVisitsPerBlock = ConstU32<MAX_VISITS>;
	type CallbackGasPerBlock = ConstU64<CALLBACK_GAS>;
	type WeightInfo = ();
}

/// One class, one price for each milli-slot and block, one worker.
pub struct Market;

impl ContractMarket for Market {
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)> {
		(!model.is_zero()).then(|| (PRICE + Balance::from(input_bytes), worker()))
	}

	fn buy(
		owner: &AccountId,
		class: ClassId,
		milli_slots: u64,
		blocks: BlockNumber,
		limit: Balance,
	) -> Result<(ReservationId, Balance), DispatchError> {
		let price = Balance::from(milli_slots) * Balance::from(blocks);
		// Paid before it is refused, to show that a refusal leaves nothing.
		Balances::transfer(owner, &worker(), price, Preservation::Preserve)?;
		if class != 1 || price > limit {
			return Err(DispatchError::Other("the price is above the limit"));
		}
		Ok((41, price))
	}
}

/// A small stand-in for the pallet of jobs: it locks the maximum of the client's in the escrow, knows
/// one model, and says of a job what a test made it say. Its state is the chain's, so that it is
/// undone with it.
pub struct Jobs;

/// The model that the stand-in knows.
pub const MODEL: ModelId = ModelId::repeat_byte(0x55);

fn progress_key(job: &JobId) -> Vec<u8> {
	(b"progress", job).encode()
}

impl InferenceJobs for Jobs {
	fn quote(model: &ModelId, input_bytes: u64) -> Option<(Balance, AccountId)> {
		(*model == MODEL).then(|| (PRICE + Balance::from(input_bytes), worker()))
	}

	fn order(client: &AccountId, order: InferenceOrder) -> Result<JobId, DispatchError> {
		let number: u64 = frame_support::storage::unhashed::take(b"number").unwrap_or(0);
		frame_support::storage::unhashed::put(b"number", &(number + 1));
		let job = JobId::from(sp_io::hashing::blake2_256(&(client, number).encode()));
		<Escrow as JobEscrow>::lock(client, &job, order.max_price)?;
		frame_support::storage::unhashed::put(&progress_key(&job), &());
		// Locked before it is refused, to show that a refusal leaves nothing.
		if order.model != MODEL || order.max_price < PRICE {
			return Err(DispatchError::Other("the price is above the maximum"));
		}
		Ok(job)
	}

	fn progress(job: &JobId) -> JobProgress {
		let Some(state) = frame_support::storage::unhashed::get_raw(&progress_key(job)) else {
			return JobProgress::Unknown;
		};
		let ended = <(JobStatus, Balance, Option<JobOutput>)>::decode(&mut &state[..]);
		match ended {
			Ok((status, paid, output)) => JobProgress::Ended {
				status,
				paid,
				output,
			},
			Err(_) => JobProgress::Pending,
		}
	}
}

/// Ends a job of the stand-in: its worker gets `paid` of the lock.
pub fn end_job(job: JobId, status: JobStatus, paid: Balance, output: Option<JobOutput>) {
	let payments = match paid {
		0 => vec![],
		paid => vec![(Payee::Account(worker()), paid)],
	};
	Escrow::settle(&[Release { job, payments }]).expect("the job has a lock");
	frame_support::storage::unhashed::put(&progress_key(&job), &(status, paid, output));
}

/// Ends a job of the stand-in so that no record of it is left.
pub fn forget_job(job: JobId) {
	let payments = vec![];
	Escrow::settle(&[Release { job, payments }]).expect("the job has a lock");
	frame_support::storage::unhashed::kill(&progress_key(&job));
}

/// A TEE whose signature is a hash of what is signed, in place of one by a root.
pub struct Tee;

fn sign(measurement: &Hash, report_data: &[u8; 64], hardware: &Hash) -> ed25519::Signature {
	let hash = SoftwareQuote::signing_hash(measurement, report_data, hardware);
	let mut bytes = [0; 64];
	bytes[..32].copy_from_slice(&sp_io::hashing::blake2_256(hash.as_bytes()));
	ed25519::Signature::from_raw(bytes)
}

/// The evidence that the TEE gives for a statement of a contract.
pub fn attest(measurement: Hash, statement: &[u8]) -> Evidence {
	let report_data = crate::statement_report_data(statement);
	let hardware = Hash::repeat_byte(1);
	let signature = sign(&measurement, &report_data, &hardware);
	Evidence::Software(SoftwareQuote {
		measurement,
		report_data,
		hardware,
		signature,
	})
}

impl AttestationVerifier for Tee {
	fn verify(evidence: &Evidence, report_data: &[u8; 64]) -> Result<Claims, EvidenceError> {
		let Evidence::Software(quote) = evidence else {
			return Err(EvidenceError::TeeNotAccepted);
		};
		let SoftwareQuote {
			measurement,
			hardware,
			signature,
			..
		} = quote;
		if quote.report_data != *report_data {
			return Err(EvidenceError::WrongReportData);
		}
		if *signature != sign(measurement, report_data, hardware) {
			return Err(EvidenceError::BadSignature);
		}
		Ok(Claims {
			tee: TeeKind::Software,
			measurement: *measurement,
			hardware: *hardware,
			gpu: None,
			report_data: *report_data,
		})
	}
}

/// The programs that contracts are told of: one.
pub struct Programs;

impl Contains<Hash> for Programs {
	fn contains(measurement: &Hash) -> bool {
		*measurement == MEASUREMENT
	}
}

/// Account of the tests, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The worker of every quote.
pub fn worker() -> AccountId {
	account(9)
}

/// Runs a test on the genesis state, in block 1, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	let mut genesis = RuntimeGenesisConfig::default();
	genesis.balances.balances = [1, 2, 3, 9]
		.into_iter()
		.map(|number| (account(number), START))
		.collect();
	let storage = genesis
		.build_storage()
		.expect("the genesis of the tests is valid");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		check();
		test();
		check();
	});
}

/// All invariants of this pallet and of the escrow; and money is neither made nor lost.
pub fn check() {
	Pallet::<Test>::do_try_state().expect("the invariants hold");
	pallet_aci_escrow::Pallet::<Test>::do_try_state().expect("the escrow's invariants hold");
	let sum: Balance = frame_system::Account::<Test>::iter()
		.map(|(_, account)| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(sum, 4 * START + EXISTENTIAL_DEPOSIT);
	assert_eq!(sum, Balances::total_issuance());
}

/// Starts the next block.
pub fn next_block() {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	<Aivm as Hooks<u64>>::on_initialize(number);
	check();
}
