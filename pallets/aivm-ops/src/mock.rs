//! A runtime of System, Balances, Escrow and this pallet, with a stand-in for the market and for TEEs.

use crate as pallet_aci_aivm_ops;
use crate::{Config, ContractMarket, Pallet};
use aci_primitives::{
	evidence::{Claims, Evidence, EvidenceError, SoftwareQuote, TeeKind},
	traits::AttestationVerifier,
	AccountId, Balance, BlockNumber, ClassId, Hash, ModelId, ReservationId,
};
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::Mutate, tokens::Preservation, ConstU32, ConstU64, Contains},
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
	type Attestation = Tee;
	type Measurements = Programs;
	type DepositPerItem = DepositPerItem;
	type DepositPerByte = DepositPerByte;
	type LockPeriod = ConstU32<LOCK_PERIOD>;
	type MaxEvents = ConstU32<16>;
	type MaxGas = ConstU64<1_000_000>;
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
