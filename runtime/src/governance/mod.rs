//! How the chain is governed: by referenda on three tracks.
//!
//! | track | origin | what it decides |
//! | --- | --- | --- |
//! | `root` | `system.Root` | everything, runtime upgrades too |
//! | `parameters` | `origins.Parameters` | the market's governed numbers, classes and prices |
//! | `treasury` | `origins.Treasurer` | spends of the treasury |
//!
//! 1. Whoever has balance may submit a referendum and vote. No key has power of its own on a chain
//!    without sudo.
//! 2. A track acts with its own origin only: what is meant for root fails when another track enacts
//!    it.
//! 3. No track changes how it is decided itself, nor how another is, but the root track: deposits
//!    and times of referenda ([`terms`]) are set by root alone.

pub mod origins;
pub mod terms;
pub mod tracks;

use crate::{
	config::money::MaximumSpend, parameters::RuntimeParametersKey, AccountId, RuntimeOrigin,
};
use frame_support::traits::{EitherOf, EnsureOrigin, EnsureOriginWithArg, MapSuccess};
use frame_system::{EnsureRoot, EnsureRootWithSuccess};
use sp_runtime::traits::Replace;

/// Who may change the market's numbers: root, or a referendum on the parameters' track.
pub type ParametersAdmin = EitherOf<EnsureRoot<AccountId>, origins::EnsureParameters>;

/// Who may set a governed parameter: [`ParametersAdmin`], but root alone for those of governance.
pub struct ParameterSetter;

impl EnsureOriginWithArg<RuntimeOrigin, RuntimeParametersKey> for ParameterSetter {
	type Success = ();

	fn try_origin(origin: RuntimeOrigin, key: &RuntimeParametersKey) -> Result<(), RuntimeOrigin> {
		match key {
			RuntimeParametersKey::Governance(_) => {
				<EnsureRoot<AccountId> as EnsureOrigin<_>>::try_origin(origin)
			}
			_ => <ParametersAdmin as EnsureOrigin<_>>::try_origin(origin),
		}
	}
}

/// Who may spend from the treasury: root, or a referendum on the treasury's track.
pub type TreasurySpender = EitherOf<
	EnsureRootWithSuccess<AccountId, MaximumSpend>,
	MapSuccess<origins::EnsureTreasurer, Replace<MaximumSpend>>,
>;
