//! A runtime with this pallet alone.

use crate::{self as pallet_aci_hmm};
use aci_primitives::{AccountId, Class};
use frame_support::{derive_impl, traits::ConstU32};
use frame_system::EnsureRoot;
use sp_runtime::{traits::IdentityLookup, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Hmm: pallet_aci_hmm,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
}

impl pallet_aci_hmm::Config for Test {
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type QuoteLifetime = ConstU32<QUOTE_LIFETIME>;
	type WeightInfo = ();
}

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

/// A chain whose genesis has class 0.
pub fn one_class() -> sp_io::TestExternalities {
	chain(vec![(cpu(), PAR_PRICE, FLOOR_SHARE)])
}

pub fn chain(classes: Vec<(Class, u128, u32)>) -> sp_io::TestExternalities {
	let hmm = crate::GenesisConfig::<Test> {
		classes,
		..Default::default()
	};
	let mut storage = frame_system::GenesisConfig::<Test>::default()
		.build_storage()
		.expect("valid genesis");
	hmm.assimilate_storage(&mut storage).expect("valid genesis");
	let mut externalities: sp_io::TestExternalities = storage.into();
	externalities.execute_with(|| System::set_block_number(100));
	externalities
}

pub fn assert_invariants() {
	assert_eq!(Hmm::do_try_state(), Ok(()));
}
