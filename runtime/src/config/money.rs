//! Balances, fees, treasury.

use crate::{
	AccountId, Authorship, Balance, Balances, BlockNumber, Runtime, RuntimeEvent,
	RuntimeFreezeReason, RuntimeHoldReason, System, Treasury, DAYS, EXISTENTIAL_DEPOSIT,
};
use aci_primitives::MICRO_ACI;
use frame_support::{
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		tokens::{imbalance::ResolveTo, PayFromAccount, UnityAssetBalanceConversion},
		ConstU128, ConstU32, ConstU8, OnUnbalanced, VariantCountOf,
	},
	weights::{ConstantMultiplier, Weight, WeightToFee},
	PalletId,
};
use frame_system::EnsureRoot;
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{
	traits::{Bounded, IdentityLookup},
	FixedPointNumber, Permill, Perquintill,
};

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type Balance = Balance;
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type DoneSlashHandler = ();
}

/// Fees of transactions go to the treasury, tips to the block's author.
pub struct DealWithFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for DealWithFees {
	fn on_unbalanceds(mut fees_then_tips: impl Iterator<Item = Credit<AccountId, Balances>>) {
		if let Some(fees) = fees_then_tips.next() {
			ResolveTo::<TreasuryAccount, Balances>::on_unbalanced(fees);
			if let Some(tips) = fees_then_tips.next() {
				match Authorship::author() {
					Some(author) => drop(<Balances as Balanced<_>>::resolve(&author, tips)),
					None => ResolveTo::<TreasuryAccount, Balances>::on_unbalanced(tips),
				}
			}
		}
	}
}

parameter_types! {
	/// How full blocks are to be for the fee to stay: a quarter.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// How fast the fee follows a block's fullness.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	/// Least multiplier of the fee.
	pub MinimumMultiplier: Multiplier = Multiplier::saturating_from_rational(1, 10);
	/// Greatest multiplier of the fee.
	pub MaximumMultiplier: Multiplier = Bounded::max_value();
}

/// Picoseconds of execution that cost one planck: a second costs 0.02 ACI, so that the fees of a
/// small job's four transactions stay far below its price.
const PICOSECONDS_PER_PLANCK: Balance = 50;

/// The fee for a weight's execution time.
pub struct ExecutionFee;

impl WeightToFee for ExecutionFee {
	type Balance = Balance;

	fn weight_to_fee(weight: &Weight) -> Balance {
		Balance::from(weight.ref_time()) / PICOSECONDS_PER_PLANCK
	}
}

parameter_types! {
	/// The fee for each byte of a transaction: 0.01 ACI for a megabyte.
	pub const ByteFee: Balance = MICRO_ACI / 100;
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, DealWithFees>;
	type WeightToFee = ExecutionFee;
	type LengthToFee = ConstantMultiplier<Balance, ByteFee>;
	type FeeMultiplierUpdate = TargetedFeeAdjustment<
		Self,
		TargetBlockFullness,
		AdjustmentVariable,
		MinimumMultiplier,
		MaximumMultiplier,
	>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	/// How often approved spends are paid.
	pub const SpendPeriod: BlockNumber = DAYS;
	/// Nothing of what the treasury does not spend is burned.
	pub const TreasuryBurn: Permill = Permill::zero();
	/// From which the treasury's account is derived.
	pub const TreasuryPalletId: PalletId = PalletId(*b"aci/trsy");
	/// How long an approved spend can be collected.
	pub const PayoutPeriod: BlockNumber = 30 * DAYS;
	/// The most that a referendum on the treasury's track may spend at once.
	pub const MaximumSpend: Balance = Balance::MAX;
	/// The treasury's account.
	pub TreasuryAccount: AccountId = Treasury::account_id();
}

impl pallet_treasury::Config for Runtime {
	type Currency = Balances;
	type RejectOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type SpendPeriod = SpendPeriod;
	type Burn = TreasuryBurn;
	type PalletId = TreasuryPalletId;
	type BurnDestination = ();
	type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
	type SpendFunds = ();
	type MaxApprovals = ConstU32<100>;
	type SpendOrigin = crate::governance::TreasurySpender;
	type AssetKind = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = IdentityLookup<AccountId>;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type BalanceConverter = UnityAssetBalanceConversion;
	type PayoutPeriod = PayoutPeriod;
	type BlockNumberProvider = System;
}
