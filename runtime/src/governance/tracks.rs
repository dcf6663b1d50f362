//! The tracks of referenda: what each demands before it acts.
//!
//! 1. Numbers, names, queues and curves of the tracks are fixed here. Deposits and times are the
//!    governed [`TrackTerms`], read anew at every use; on chain that is one stored value for each
//!    track. The constant `tracks` in the metadata holds what stood in the state that the metadata
//!    was asked for at.
//! 2. Each origin that a referendum can act as has one track, and no other origin has any.

use super::terms::TrackTerms;
use crate::{parameters::governed::governance, Balance, BlockNumber, OriginCaller};
use alloc::borrow::Cow;
use frame_support::traits::Get;
use pallet_referenda::{Curve, Track, TrackInfo};
use sp_runtime::{str_array, Perbill};

/// The tracks, by their number.
pub struct Tracks;

/// The track that decides everything.
pub const ROOT: u16 = 0;
/// The track that decides governed numbers.
pub const PARAMETERS: u16 = 1;
/// The track that spends from the treasury.
pub const TREASURY: u16 = 2;

/// The numbers of all tracks, ascending.
const IDS: [u16; 3] = [ROOT, PARAMETERS, TREASURY];

/// Support that falls in a straight line from half of the issuance to a floor.
const fn falling_support(floor: u32) -> Curve {
	Curve::LinearDecreasing {
		length: Perbill::from_percent(100),
		floor: Perbill::from_parts(floor),
		ceil: Perbill::from_percent(50),
	}
}

/// Approval that falls in a straight line from all to more than half of the votes.
const FALLING_APPROVAL: Curve = Curve::LinearDecreasing {
	length: Perbill::from_percent(100),
	floor: Perbill::from_percent(50),
	ceil: Perbill::from_percent(100),
};

/// A track as it is now.
fn track_info(id: u16) -> Option<TrackInfo<Balance, BlockNumber>> {
	let (name, max_deciding, support_floor, terms) = match id {
		ROOT => (
			str_array("root"),
			1,
			10_000_000,
			governance::RootTerms::get(),
		),
		PARAMETERS => (
			str_array("parameters"),
			10,
			5_000_000,
			governance::ParametersTerms::get(),
		),
		TREASURY => (
			str_array("treasury"),
			10,
			5_000_000,
			governance::TreasuryTerms::get(),
		),
		_ => return None,
	};
	let TrackTerms {
		decision_deposit,
		prepare_period,
		decision_period,
		confirm_period,
		min_enactment_period,
	} = terms;
	Some(TrackInfo {
		name,
		max_deciding,
		decision_deposit,
		prepare_period,
		decision_period,
		confirm_period,
		min_enactment_period,
		min_approval: FALLING_APPROVAL,
		min_support: falling_support(support_floor),
	})
}

impl pallet_referenda::TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = u16;
	type RuntimeOrigin = OriginCaller;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<Self::Id, Balance, BlockNumber>>> {
		IDS.into_iter().filter_map(|id| {
			let info = track_info(id)?;
			Some(Cow::Owned(Track { id, info }))
		})
	}

	fn track_for(origin: &Self::RuntimeOrigin) -> Result<Self::Id, ()> {
		use super::origins::Origin;
		match origin {
			OriginCaller::system(frame_system::RawOrigin::Root) => Ok(ROOT),
			OriginCaller::Origins(Origin::Parameters) => Ok(PARAMETERS),
			OriginCaller::Origins(Origin::Treasurer) => Ok(TREASURY),
			_ => Err(()),
		}
	}

	fn track_ids() -> impl Iterator<Item = Self::Id> {
		IDS.into_iter()
	}

	fn info(id: Self::Id) -> Option<Cow<'static, TrackInfo<Balance, BlockNumber>>> {
		track_info(id).map(Cow::Owned)
	}

	// Asked where there is no state to read terms from, and the order depends on none.
	fn check_integrity() -> Result<(), &'static str> {
		IDS.is_sorted()
			.then_some(())
			.ok_or("the tracks must be sorted by their number")
	}
}
