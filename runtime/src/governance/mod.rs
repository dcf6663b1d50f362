//! How the chain is governed: by referenda on three tracks.
//!
//! | track | origin | what it decides |
//! | --- | --- | --- |
//! | `root` | `system.Root` | everything, runtime upgrades too |
//! | `parameters` | `origins.Parameters` | the numbers of `pallet-parameters`, classes and prices |
//! | `treasury` | `origins.Treasurer` | spends of the treasury |

pub mod origins;
pub mod tracks;

use crate::{config::money::MaximumSpend, AccountId};
use frame_support::traits::{EitherOf, MapSuccess};
use frame_system::{EnsureRoot, EnsureRootWithSuccess};
use sp_runtime::traits::Replace;

/// Who may change parameters: root, or a referendum on the parameters' track.
pub type ParametersAdmin = EitherOf<EnsureRoot<AccountId>, origins::EnsureParameters>;

/// Who may spend from the treasury: root, or a referendum on the treasury's track.
pub type TreasurySpender = EitherOf<
	EnsureRootWithSuccess<AccountId, MaximumSpend>,
	MapSuccess<origins::EnsureTreasurer, Replace<MaximumSpend>>,
>;
