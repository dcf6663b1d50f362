//! The governed numbers of the market and of governance, with the defaults of a production chain.
//!
//! A referendum on the parameters' track, or root, changes them by `parameters.set_parameter`; those
//! of governance only root. Times are in milliseconds where a deadline runs by two clocks, else in
//! blocks.

use crate::{
	governance::terms::{self, TrackTerms},
	Runtime, BLOCK_TIME, DAYS, EPOCH, MINUTES, SESSION,
};
use aci_primitives::{Balance, BlockNumber, Moment, ACI};
use frame_support::dynamic_params::{dynamic_pallet_params, dynamic_params};
use sp_runtime::Permill;

#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod governed {
	use super::*;

	/// Deadlines and limits of jobs.
	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod jobs {
		/// How long a job waits for a worker, in milliseconds.
		#[codec(index = 0)]
		pub static MatchPeriod: Moment = 30_000;

		/// How long a matched worker has to say that it holds the input, in milliseconds.
		#[codec(index = 1)]
		pub static AcknowledgePeriod: Moment = 15_000;

		/// Blocks between a result and its payment.
		#[codec(index = 2)]
		pub static VerificationWindow: BlockNumber = 1;

		/// Blocks after settlement in which a proof of fraud still slashes and refunds.
		#[codec(index = 3)]
		pub static FraudWindow: BlockNumber = 6 * EPOCH;

		/// Blocks for which a job that ended without payment is kept.
		#[codec(index = 4)]
		pub static Retention: BlockNumber = EPOCH;

		/// What a client pays whose input was never served, in planck; burned.
		#[codec(index = 5)]
		pub static SlotFee: Balance = ACI / 100;

		/// How long a committee has to decide a dispute, in milliseconds.
		#[codec(index = 6)]
		pub static DisputePeriod: Moment = EPOCH as Moment * BLOCK_TIME;

		/// How many committees are drawn for one dispute.
		#[codec(index = 7)]
		pub static DisputeDraws: u8 = 3;

		/// The bond of a dispute, as a share of the job's price.
		#[codec(index = 8)]
		pub static DisputeBondShare: Permill = Permill::from_percent(10);

		/// The least bond of a dispute, in planck.
		#[codec(index = 9)]
		pub static MinDisputeBond: Balance = ACI;

		/// Whether governance decides disputes, where no committees do. Without either none can be
		/// opened.
		#[codec(index = 10)]
		pub static DisputesByGovernance: bool = false;

		/// How many jobs a block pays in batches. Chosen so that the payments of a full block take a
		/// fraction of the block time on the reference machine.
		#[codec(index = 11)]
		pub static SettlementLimit: u32 = 4_096;
	}

	/// Bonds and slashes.
	#[dynamic_pallet_params]
	#[codec(index = 1)]
	pub mod stakes {
		/// Least bond of a validator, in planck.
		#[codec(index = 0)]
		pub static ValidatorBond: Balance = 100_000 * ACI;

		/// Least bond of a verifier, in planck.
		#[codec(index = 1)]
		pub static VerifierBond: Balance = 50_000 * ACI;

		/// A worker's bond before its slots are counted, in planck.
		#[codec(index = 2)]
		pub static WorkerBond: Balance = 10_000 * ACI;

		/// A worker's bond for each slot, in planck.
		#[codec(index = 3)]
		pub static WorkerBondPerSlot: Balance = 1_000 * ACI;

		/// A worker's bond for each 10^12 FLOP/s of a slot's peak, in planck.
		#[codec(index = 4)]
		pub static WorkerBondPerTeraflops: Balance = ACI;

		/// Blocks from unbonding to withdrawal; longer than the fraud window.
		#[codec(index = 5)]
		pub static UnbondingPeriod: BlockNumber = 7 * DAYS;

		/// Blocks in which a slash can be appealed before it is applied.
		#[codec(index = 6)]
		pub static AppealPeriod: BlockNumber = EPOCH;

		/// How many validators are elected for a session.
		#[codec(index = 7)]
		pub static ValidatorCount: u32 = 21;

		/// Least delegation to a validator, in planck.
		#[codec(index = 8)]
		pub static MinimumDelegation: Balance = 100 * ACI;

		/// Largest commission of a validator.
		#[codec(index = 9)]
		pub static MaxCommission: Permill = Permill::from_percent(30);

		/// Held of an offender that appeals a slash, in planck; burned if the slash is applied.
		#[codec(index = 10)]
		pub static AppealDeposit: Balance = 100 * ACI;

		/// What a reporter gets of what refunds leave of an applied slash.
		#[codec(index = 11)]
		pub static ReporterShare: Permill = Permill::from_percent(10);

		/// Blocks in a session, after which another set of validators may be elected. Shorter ones
		/// than the unbonding period's part that all remembered sessions must cover count as that.
		#[codec(index = 12)]
		pub static SessionLength: BlockNumber = SESSION;
	}

	/// Deposits and times of referenda and votes. Root alone changes them.
	#[dynamic_pallet_params]
	#[codec(index = 2)]
	pub mod governance {
		/// Terms of the root track.
		#[codec(index = 0)]
		pub static RootTerms: TrackTerms = terms::ROOT;

		/// Terms of the parameters' track.
		#[codec(index = 1)]
		pub static ParametersTerms: TrackTerms = terms::PARAMETERS;

		/// Terms of the treasury's track.
		#[codec(index = 2)]
		pub static TreasuryTerms: TrackTerms = terms::TREASURY;

		/// Blocks in which a referendum must have its decision deposit, after which it ends; at most
		/// ten years of blocks count.
		#[codec(index = 3)]
		pub static UndecidingTimeout: BlockNumber = 14 * DAYS;

		/// Blocks for which a vote of conviction 1 locks its balance after the referendum's end.
		#[codec(index = 4)]
		pub static VoteLockingPeriod: BlockNumber = 7 * DAYS;
	}

	/// Epochs, funds, reservations, budgets.
	#[dynamic_pallet_params]
	#[codec(index = 3)]
	pub mod market {
		/// Blocks in an epoch of the market.
		#[codec(index = 0)]
		pub static EpochLength: BlockNumber = EPOCH;

		/// Lower edge of the zone in which the par price stays, in parts per billion of capacity.
		#[codec(index = 1)]
		pub static ZoneLow: u32 = 400_000_000;

		/// Upper edge of the zone in which the par price stays, in parts per billion of capacity.
		#[codec(index = 2)]
		pub static ZoneHigh: u32 = 600_000_000;

		/// Largest move of the par price in an epoch, in parts per billion.
		#[codec(index = 3)]
		pub static PriceStep: u32 = 20_000_000;

		/// The floor share that endless capital would give, in parts per billion.
		#[codec(index = 4)]
		pub static MaxFloorShare: u32 = 900_000_000;

		/// The fund that gives half of the largest floor share, in planck.
		#[codec(index = 5)]
		pub static HalfFund: Balance = 100_000 * ACI;

		/// Least first deposit of an account in a fund, in planck.
		#[codec(index = 6)]
		pub static MinLiquidity: Balance = 1_000 * ACI;

		/// Blocks from the beginning of a withdrawal out of a fund until it can be made; longer than
		/// the fraud window.
		#[codec(index = 7)]
		pub static LiquidityUnbonding: BlockNumber = 7 * DAYS;

		/// Blocks in which such a withdrawal can be made.
		#[codec(index = 8)]
		pub static WithdrawalWindow: BlockNumber = 7 * DAYS;

		/// The share of the peak that a reserved slot is taken to do, in parts per million.
		#[codec(index = 9)]
		pub static ReservedLoad: u32 = 100_000;

		/// Least window of a reservation, in blocks.
		#[codec(index = 10)]
		pub static MinReservation: BlockNumber = 5 * MINUTES;

		/// Largest window of a reservation, in blocks.
		#[codec(index = 11)]
		pub static MaxReservation: BlockNumber = 30 * DAYS;

		/// Largest part of a pool that may be reserved, in parts per billion.
		#[codec(index = 12)]
		pub static MaxReservedShare: u32 = 500_000_000;

		/// What selling back costs, in parts per million of the refund.
		#[codec(index = 13)]
		pub static SellBackFee: u32 = 50_000;

		/// Blocks for which a budget is leased to a home.
		#[codec(index = 14)]
		pub static BudgetPeriod: BlockNumber = EPOCH;
	}
}

impl crate::genesis::parameters::Config for Runtime {}
