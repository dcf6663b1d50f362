//! The governed numbers of the market and of governance, with the defaults of a production chain.
//!
//! A referendum on the parameters' track, or root, changes them by `parameters.set_parameter`; those
//! of governance only root. Times are in milliseconds where a deadline runs by two clocks, else in
//! blocks.

use crate::{
	governance::terms::{self, TrackTerms},
	Runtime, DAYS, EPOCH,
};
use aci_primitives::{Balance, BlockNumber, Moment, ACI};
use frame_support::dynamic_params::{dynamic_pallet_params, dynamic_params};

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
}

impl crate::genesis::parameters::Config for Runtime {}
