//! A runtime with this pallet alone.

use crate::{self as pallet_aci_hmm};
use aci_market::ControlRules;
use aci_primitives::{
	traits::{Pot, Pots},
	AccountId, Class, ACI,
};
pub use escrow_double::pot_account;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, Hooks},
};
use frame_system::EnsureRoot;
use sp_runtime::{traits::IdentityLookup, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		EscrowDouble: escrow_double,
		Hmm: pallet_aci_hmm,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type AccountStore = System;
	type ExistentialDeposit = ExistentialDeposit;
}

impl escrow_double::Config for Test {}

parameter_types! {
	pub const ExistentialDeposit: u128 = EXISTENTIAL_DEPOSIT;
	pub const MinLiquidity: u128 = MIN_LIQUIDITY;
	pub Rules: ControlRules = ControlRules::default();
	pub static MaxReservedShare: u32 = 500_000_000;
	pub static EpochBlocks: u32 = EPOCH_LENGTH;
}

impl pallet_aci_hmm::Config for Test {
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type QuoteLifetime = ConstU32<QUOTE_LIFETIME>;
	type Pots = EscrowDouble;
	type Prepayments = EscrowDouble;
	type EpochLength = EpochBlocks;
	type BlockTime = ConstU64<BLOCK_TIME>;
	type ControlRules = Rules;
	type MaxClosesPerBlock = ConstU32<2>;
	type MinLiquidity = MinLiquidity;
	type UnbondingTime = ConstU32<UNBONDING>;
	type WithdrawalWindow = ConstU32<WITHDRAWAL_WINDOW>;
	type InsuranceTime = ConstU32<120>;
	type MaxWithdrawals = ConstU32<3>;
	type ReservedLoad = ConstU32<100_000>;
	type MinWindow = ConstU32<10>;
	type MaxWindow = ConstU32<1_000>;
	type MaxReservedShare = MaxReservedShare;
	type SellBackFee = ConstU32<50_000>;
	type MaxReservations = ConstU32<3>;
	type MaxEndsPerBlock = ConstU32<2>;
	type MaxSlices = ConstU32<2>;
	type WeightInfo = ();
}

/// Existential deposit of the tests, in planck.
pub const EXISTENTIAL_DEPOSIT: u128 = 1_000;
/// What each account starts with, in planck.
pub const START: u128 = 1_000_000 * ACI;
/// Least first deposit in a fund, in planck.
pub const MIN_LIQUIDITY: u128 = 1_000 * ACI;
pub const EPOCH_LENGTH: u32 = 60;
/// The weight of a slot of a worker that makes no faults.
pub const WHOLE: u32 = 1_000_000;
pub const BLOCK_TIME: u64 = 2_000;
/// Blocks until a withdrawal can be made, and in which it can.
pub const UNBONDING: u32 = 50;
pub const WITHDRAWAL_WINDOW: u32 = 20;
pub const QUOTE_LIFETIME: u32 = 10;
/// Par price of the genesis class, in planck per compute unit.
pub const PAR_PRICE: u128 = 1_000;
/// Floor share of the genesis class: half.
pub const FLOOR_SHARE: u32 = 500_000_000;

pub fn cpu() -> Class {
	Class {
		name: b"cpu".to_vec().try_into().expect("short"),
		memory: 16_000_000_000,
		peak_flops: 1_000_000_000_000,
		bandwidth: 50_000_000_000,
	}
}

pub fn h100() -> Class {
	Class {
		name: b"h100-80g".to_vec().try_into().expect("short"),
		memory: 80_000_000_000,
		peak_flops: 989_000_000_000_000,
		bandwidth: 3_350_000_000_000,
	}
}

/// A test's account, by number.
pub fn account(number: u8) -> AccountId {
	AccountId::new([number; 32])
}

/// The accounts that have [`START`] at genesis: 1 to 5.
pub fn accounts() -> Vec<AccountId> {
	(1..=5).map(account).collect()
}

/// The escrow's traits in their smallest form, as test doubles: each pot is an account that keeps
/// the existential deposit, each prepayment a hold of its owner. The real ones are the escrow
/// pallet's.
#[frame_support::pallet(dev_mode)]
pub mod escrow_double {
	use aci_primitives::{
		traits::{Pot, Pots, Prepayments},
		AccountId, Balance, JobId, ReservationId,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, InspectHold, Mutate, MutateHold},
			tokens::{Fortitude, Precision, Preservation},
		},
	};

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<AccountId = AccountId>
		+ pallet_balances::Config<Balance = Balance, RuntimeHoldReason: From<HoldReason>>
	{
	}

	/// Why something is held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a reservation.
		Prepayment,
	}

	/// What is left of each prepayment, and whose it is.
	#[pallet::storage]
	pub type Prepaid<T: Config> =
		StorageMap<_, Twox64Concat, ReservationId, (AccountId, Balance), OptionQuery>;

	/// What accounts could not take and may claim.
	#[pallet::storage]
	pub type Claimable<T: Config> = StorageMap<_, Blake2_128Concat, AccountId, Balance, ValueQuery>;

	/// What was burned of prepayments.
	#[pallet::storage]
	pub type Burned<T: Config> = StorageValue<_, Balance, ValueQuery>;

	type Money<T> = pallet_balances::Pallet<T>;

	/// The account of a pot.
	pub fn pot_account(pot: Pot) -> AccountId {
		let mut bytes = [0xee; 32];
		for (byte, value) in bytes.iter_mut().zip(pot.encode()) {
			*byte = value;
		}
		AccountId::new(bytes)
	}

	impl<T: Config> Pallet<T> {
		/// A part of a prepayment is spent on a job: it leaves the owner and the issuance.
		pub fn spend(id: ReservationId, amount: Balance) {
			Prepaid::<T>::mutate(id, |prepaid| {
				let (owner, left) = prepaid.as_mut().expect("prepaid");
				*left = left.checked_sub(amount).expect("so much is left");
				Self::burn(owner, amount);
			});
		}

		fn burn(owner: &AccountId, amount: Balance) {
			let reason = HoldReason::Prepayment.into();
			Money::<T>::burn_held(&reason, owner, amount, Precision::Exact, Fortitude::Force)
				.expect("it is held");
			Burned::<T>::mutate(|sum| *sum += amount);
		}

		/// The sum of all prepayments of an account, which must be what is held of it.
		pub fn holds(who: &AccountId) -> (Balance, Balance) {
			let sum = Prepaid::<T>::iter_values()
				.filter(|(owner, _)| owner == who)
				.map(|(_, amount)| amount)
				.sum();
			let held = Money::<T>::balance_on_hold(&HoldReason::Prepayment.into(), who);
			(sum, held)
		}
	}

	impl<T: Config> Pots for Pallet<T> {
		fn balance(pot: Pot) -> Balance {
			Money::<T>::reducible_balance(
				&pot_account(pot),
				Preservation::Preserve,
				Fortitude::Force,
			)
		}

		fn pay_in(from: &AccountId, pot: Pot, amount: Balance) -> DispatchResult {
			Money::<T>::transfer(from, &pot_account(pot), amount, Preservation::Preserve)?;
			Ok(())
		}

		fn pay_out(pot: Pot, payments: &[(AccountId, Balance)]) -> DispatchResult {
			let sum: Balance = payments.iter().map(|(_, amount)| amount).sum();
			ensure!(sum <= Self::balance(pot), "the pot has less");
			let from = pot_account(pot);
			for (to, amount) in payments {
				if Money::<T>::transfer(&from, to, *amount, Preservation::Preserve).is_err() {
					let keeper = AccountId::new([0xdd; 32]);
					Money::<T>::transfer(&from, &keeper, *amount, Preservation::Preserve)?;
					Claimable::<T>::mutate(to, |sum| *sum += amount);
				}
			}
			Ok(())
		}
	}

	impl<T: Config> Prepayments for Pallet<T> {
		fn prepay(owner: &AccountId, id: ReservationId, amount: Balance) -> DispatchResult {
			ensure!(!Prepaid::<T>::contains_key(id), "prepaid already");
			Money::<T>::hold(&HoldReason::Prepayment.into(), owner, amount)?;
			Prepaid::<T>::insert(id, (owner.clone(), amount));
			Ok(())
		}

		fn prepaid(id: ReservationId) -> Balance {
			Prepaid::<T>::get(id).map_or(0, |(_, amount)| amount)
		}

		fn lock_prepaid(_: &AccountId, _: ReservationId, _: &JobId, _: Balance) -> DispatchResult {
			Err("this test double locks nothing; see spend".into())
		}

		fn end_prepayment(id: ReservationId, refund: Balance) -> Result<Balance, DispatchError> {
			let (owner, left) = Prepaid::<T>::get(id).ok_or("not prepaid")?;
			let burned = left.checked_sub(refund).ok_or("less is left")?;
			Prepaid::<T>::remove(id);
			let reason = HoldReason::Prepayment.into();
			Money::<T>::release(&reason, &owner, refund, Precision::Exact)?;
			Self::burn(&owner, burned);
			Ok(burned)
		}
	}
}

/// A chain whose genesis has class 0.
pub fn one_class() -> sp_io::TestExternalities {
	chain(vec![(cpu(), PAR_PRICE, FLOOR_SHARE)])
}

/// A chain in block 100, whose accounts have [`START`] and whose pots have their existential deposit.
pub fn chain(classes: Vec<(Class, u128, u32)>) -> sp_io::TestExternalities {
	let pots = (0..8).map(|class| (pot_account(Pot::Fund(class)), EXISTENTIAL_DEPOSIT));
	let keeper = (AccountId::new([0xdd; 32]), EXISTENTIAL_DEPOSIT);
	let genesis = RuntimeGenesisConfig {
		hmm: crate::GenesisConfig {
			classes,
			..Default::default()
		},
		balances: pallet_balances::GenesisConfig {
			balances: accounts()
				.into_iter()
				.map(|who| (who, START))
				.chain(pots)
				.chain([keeper])
				.collect(),
			..Default::default()
		},
		..Default::default()
	};
	let storage = genesis.build_storage().expect("valid genesis");
	let mut externalities: sp_io::TestExternalities = storage.into();
	externalities.execute_with(|| {
		System::set_block_number(100);
		// As if the chain had run until then.
		crate::Epoch::<Test>::put(crate::EpochState {
			index: 100 / EPOCH_LENGTH,
			start: 100 / EPOCH_LENGTH * EPOCH_LENGTH,
			next: None,
		});
	});
	externalities
}

/// The invariants, and what this mock can say of the money: every hold is a prepayment, and nothing
/// but burns leaves the issuance.
pub fn assert_invariants() {
	assert_eq!(Hmm::do_try_state(), Ok(()));
	for who in accounts() {
		let (prepaid, held) = EscrowDouble::holds(&who);
		assert_eq!(prepaid, held);
	}
	let burned = escrow_double::Burned::<Test>::get();
	assert_eq!(
		Balances::total_issuance() + burned,
		START * 5 + 9 * EXISTENTIAL_DEPOSIT
	);
}

/// Starts the next blocks, up to and with `block`, and checks the invariants in each.
pub fn to_block(block: u32) {
	while System::block_number() < u64::from(block) {
		next_block();
	}
}

/// Starts the next block.
pub fn next_block() {
	System::set_block_number(System::block_number() + 1);
	Hmm::on_initialize(System::block_number());
	assert_invariants();
}

/// Starts a later block without those between, for times in which nothing is due.
pub fn skip_to_block(block: u32) {
	System::set_block_number(u64::from(block) - 1);
	next_block();
}

/// What an account may spend.
pub fn balance(who: u8) -> u128 {
	Balances::free_balance(account(who))
}

/// What the fund of class 0 has.
pub fn fund() -> u128 {
	EscrowDouble::balance(Pot::Fund(0))
}

/// A fee or a donation comes into the fund of class 0.
pub fn pay_fund(from: u8, amount: u128) {
	EscrowDouble::pay_in(&account(from), Pot::Fund(0), amount).expect("it has so much");
}
