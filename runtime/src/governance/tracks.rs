//! The tracks of referenda: what each demands before it acts.

use crate::{Balance, BlockNumber, OriginCaller, DAYS, HOURS, MINUTES, UNIT};
use alloc::borrow::Cow;
use pallet_referenda::{Curve, Track, TrackInfo};
use sp_runtime::{str_array, Perbill};

/// The tracks, by their number.
pub struct Tracks;

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

const TRACKS: [Track<u16, Balance, BlockNumber>; 3] = [
	Track {
		id: 0,
		info: TrackInfo {
			name: str_array("root"),
			max_deciding: 1,
			decision_deposit: 100_000 * UNIT,
			prepare_period: 2 * HOURS,
			decision_period: 14 * DAYS,
			confirm_period: DAYS,
			min_enactment_period: DAYS,
			min_approval: FALLING_APPROVAL,
			min_support: falling_support(10_000_000),
		},
	},
	Track {
		id: 1,
		info: TrackInfo {
			name: str_array("parameters"),
			max_deciding: 10,
			decision_deposit: 10_000 * UNIT,
			prepare_period: HOURS,
			decision_period: 7 * DAYS,
			confirm_period: 3 * HOURS,
			min_enactment_period: 10 * MINUTES,
			min_approval: FALLING_APPROVAL,
			min_support: falling_support(5_000_000),
		},
	},
	Track {
		id: 2,
		info: TrackInfo {
			name: str_array("treasury"),
			max_deciding: 10,
			decision_deposit: 1_000 * UNIT,
			prepare_period: 2 * HOURS,
			decision_period: 14 * DAYS,
			confirm_period: 3 * HOURS,
			min_enactment_period: DAYS,
			min_approval: FALLING_APPROVAL,
			min_support: falling_support(5_000_000),
		},
	},
];

impl pallet_referenda::TracksInfo<Balance, BlockNumber> for Tracks {
	type Id = u16;
	type RuntimeOrigin = OriginCaller;

	fn tracks() -> impl Iterator<Item = Cow<'static, Track<Self::Id, Balance, BlockNumber>>> {
		TRACKS.iter().map(Cow::Borrowed)
	}

	fn track_for(origin: &Self::RuntimeOrigin) -> Result<Self::Id, ()> {
		use super::origins::Origin;
		match origin {
			OriginCaller::system(frame_system::RawOrigin::Root) => Ok(0),
			OriginCaller::Origins(Origin::Parameters) => Ok(1),
			OriginCaller::Origins(Origin::Treasurer) => Ok(2),
			_ => Err(()),
		}
	}
}
