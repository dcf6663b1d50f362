//! Governed parameters that differ from their defaults at genesis.
//!
//! `pallet-parameters` has no genesis of its own, so a pallet that has nothing else sets them.

use crate::{
	governance::terms::TrackTerms,
	parameters::{governed, RuntimeParameters},
};
use aci_primitives::{Balance, BlockNumber, Moment};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

pub use pallet::*;

macro_rules! genesis_parameters {
	($($(#[$doc:meta])* $field:ident: $type:ty => $variant:ident, $group:ident, $name:ident;)*) => {
		/// Parameters to set at genesis; those left out keep their defaults.
		#[derive(Clone, Debug, Default, Serialize, Deserialize)]
		#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
		pub struct Values {
			$($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)*
		}

		impl Values {
			/// The values in the form in which a referendum sets them.
			pub fn parameters(&self) -> Vec<RuntimeParameters> {
				let mut parameters = Vec::new();
				$(if let Some(value) = self.$field {
					parameters.push(RuntimeParameters::$variant(
						governed::$group::Parameters::$name(governed::$group::$name, Some(value)),
					));
				})*
				parameters
			}
		}
	};
}

genesis_parameters! {
	/// How long a job waits for a worker, in milliseconds.
	match_period: Moment => Jobs, jobs, MatchPeriod;
	/// How long a worker has to acknowledge, in milliseconds.
	acknowledge_period: Moment => Jobs, jobs, AcknowledgePeriod;
	/// Blocks between a result and its payment.
	verification_window: BlockNumber => Jobs, jobs, VerificationWindow;
	/// Blocks in which a proof of fraud counts.
	fraud_window: BlockNumber => Jobs, jobs, FraudWindow;
	/// Blocks for which an unpaid job's record is kept.
	retention: BlockNumber => Jobs, jobs, Retention;
	/// What an input that was never served costs, in planck.
	slot_fee: Balance => Jobs, jobs, SlotFee;
	/// Least bond of a validator, in planck.
	validator_bond: Balance => Stakes, stakes, ValidatorBond;
	/// Least bond of a verifier, in planck.
	verifier_bond: Balance => Stakes, stakes, VerifierBond;
	/// A worker's bond before its slots are counted, in planck.
	worker_bond: Balance => Stakes, stakes, WorkerBond;
	/// A worker's bond for each slot, in planck.
	worker_bond_per_slot: Balance => Stakes, stakes, WorkerBondPerSlot;
	/// A worker's bond for each 10^12 FLOP/s of a slot, in planck.
	worker_bond_per_teraflops: Balance => Stakes, stakes, WorkerBondPerTeraflops;
	/// Blocks from unbonding to withdrawal.
	unbonding_period: BlockNumber => Stakes, stakes, UnbondingPeriod;
	/// Blocks in which a slash can be appealed.
	appeal_period: BlockNumber => Stakes, stakes, AppealPeriod;
	/// How many validators are elected.
	validator_count: u32 => Stakes, stakes, ValidatorCount;
	/// Blocks in a session.
	session_length: BlockNumber => Stakes, stakes, SessionLength;
	/// Least delegation to a validator, in planck.
	minimum_delegation: Balance => Stakes, stakes, MinimumDelegation;
	/// Held of an offender that appeals, in planck.
	appeal_deposit: Balance => Stakes, stakes, AppealDeposit;
	/// How long a committee has to decide a dispute, in milliseconds.
	dispute_period: Moment => Jobs, jobs, DisputePeriod;
	/// Whether governance decides disputes.
	disputes_by_governance: bool => Jobs, jobs, DisputesByGovernance;
	/// How many jobs a block pays in batches.
	settlement_limit: u32 => Jobs, jobs, SettlementLimit;
	/// Blocks in an epoch of the market.
	epoch_length: BlockNumber => Market, market, EpochLength;
	/// Least first deposit of an account in a fund, in planck.
	min_liquidity: Balance => Market, market, MinLiquidity;
	/// Blocks from the beginning of a withdrawal out of a fund until it can be made.
	liquidity_unbonding: BlockNumber => Market, market, LiquidityUnbonding;
	/// Least window of a reservation, in blocks.
	min_reservation: BlockNumber => Market, market, MinReservation;
	/// Blocks for which a budget is leased to a home.
	budget_period: BlockNumber => Market, market, BudgetPeriod;
	/// Deposit and times of the root track.
	root_terms: TrackTerms => Governance, governance, RootTerms;
	/// Deposit and times of the parameters' track.
	parameters_terms: TrackTerms => Governance, governance, ParametersTerms;
	/// Deposit and times of the treasury's track.
	treasury_terms: TrackTerms => Governance, governance, TreasuryTerms;
	/// Blocks in which a referendum must have its decision deposit.
	undeciding_timeout: BlockNumber => Governance, governance, UndecidingTimeout;
	/// Blocks for which a vote of conviction 1 locks its balance.
	vote_locking_period: BlockNumber => Governance, governance, VoteLockingPeriod;
}

/// A pallet whose genesis sets governed parameters; see the module.
#[frame_support::pallet]
pub mod pallet {
	use super::Values;
	use crate::parameters::RuntimeParameters;
	use frame_support::pallet_prelude::*;
	use frame_system::RawOrigin;

	/// The runtime's parameters can be set.
	#[pallet::config]
	pub trait Config:
		frame_system::Config + pallet_parameters::Config<RuntimeParameters = RuntimeParameters>
	{
	}

	/// See the module.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// What to set.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The parameters that differ from their defaults.
		pub values: Values,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for parameter in self.values.parameters() {
				let set = pallet_parameters::Pallet::<T>::set_parameter(
					RawOrigin::Root.into(),
					parameter,
				);
				assert!(set.is_ok(), "a genesis parameter was refused: {set:?}");
			}
		}
	}
}
