//! Numbers that the whole chain shares.

use aci_primitives::{Balance, BlockNumber, Moment, ACI, MILLI_ACI};
use frame_support::{
	parameter_types,
	weights::{
		constants::{ExtrinsicBaseWeight, WEIGHT_REF_TIME_PER_MILLIS},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::Perbill;

/// Nominal time between two blocks, in milliseconds (§4.3 of the paper).
pub const BLOCK_TIME: Moment = 2_000;
/// Blocks in a minute.
pub const MINUTES: BlockNumber = 60_000 / (BLOCK_TIME as BlockNumber);
/// Blocks in an hour.
pub const HOURS: BlockNumber = 60 * MINUTES;
/// Blocks in a day.
pub const DAYS: BlockNumber = 24 * HOURS;
/// Blocks in an epoch of the market: one hour.
pub const EPOCH: BlockNumber = HOURS;
/// Blocks in a session.
pub const SESSION: BlockNumber = 300;

/// An account below this balance is removed.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_ACI;
/// The token's symbol, as wallets show it.
pub const TOKEN_SYMBOL: &str = "ACI";
/// The token's decimals.
pub const TOKEN_DECIMALS: u8 = 12;
/// The prefix of the chain's addresses: Substrate's general one.
pub const SS58_PREFIX: u16 = 42;

/// Deposit for `items` new storage items of `bytes` in all.
pub const fn storage_deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * 20 * MILLI_ACI + bytes as Balance * (MILLI_ACI / 10)
}

/// Share of a block that signed transactions may fill; inherents and operational calls have the
/// rest.
pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);
/// Share of a block's weight that hooks are assumed to take before any transaction.
const AVERAGE_ON_INITIALIZE: Perbill = Perbill::from_percent(5);
/// Execution time of a full block: three quarters of the block time, the rest is for propagation.
const MAXIMUM_BLOCK: Weight =
	Weight::from_parts(WEIGHT_REF_TIME_PER_MILLIS.saturating_mul(1_500), u64::MAX);
/// Length of a full block in bytes.
const MAXIMUM_LENGTH: u32 = 4 * 1024 * 1024;

parameter_types! {
	/// Limits of a block's weight by class of call.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::builder()
		.base_block(frame_support::weights::constants::BlockExecutionWeight::get())
		.for_class(frame_support::dispatch::DispatchClass::all(), |weights| {
			weights.base_extrinsic = ExtrinsicBaseWeight::get();
		})
		.for_class(frame_support::dispatch::DispatchClass::Normal, |weights| {
			weights.max_total = Some(NORMAL_RATIO * MAXIMUM_BLOCK);
		})
		.for_class(frame_support::dispatch::DispatchClass::Operational, |weights| {
			weights.max_total = Some(MAXIMUM_BLOCK);
			weights.reserved = Some(MAXIMUM_BLOCK - NORMAL_RATIO * MAXIMUM_BLOCK);
		})
		.avg_block_initialization(AVERAGE_ON_INITIALIZE)
		.build_or_panic();
	/// Limits of a block's length.
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAXIMUM_LENGTH)
		.modify_max_length_for_class(
			frame_support::dispatch::DispatchClass::Normal,
			|length| *length = NORMAL_RATIO * MAXIMUM_LENGTH,
		)
		.build();
}

/// One ACI in planck.
pub const UNIT: Balance = ACI;
