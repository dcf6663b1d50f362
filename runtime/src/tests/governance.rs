//! The tracks as governed parameters make them, and who may change those.

use super::genesis::externalities;
use crate::{
	config::governance::UndecidingTimeout,
	genesis,
	governance::{
		origins::Origin,
		terms::{self, TrackTerms},
		tracks::{self, Tracks},
	},
	parameters::{governed, RuntimeParameters},
	BlockNumber, OriginCaller, Parameters, RuntimeOrigin, DAYS,
};
use frame_support::{assert_noop, assert_ok, traits::Get};
use frame_system::RawOrigin;
use pallet_referenda::TracksInfo;
use sp_runtime::DispatchError;

fn root_terms(terms: TrackTerms) -> RuntimeParameters {
	use governed::governance::{Parameters, RootTerms};
	RuntimeParameters::Governance(Parameters::RootTerms(RootTerms, Some(terms)))
}

fn on_parameters() -> RuntimeOrigin {
	Origin::Parameters.into()
}

#[test]
fn every_origin_of_a_referendum_has_a_track_of_its_own() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		let origins = [
			OriginCaller::system(RawOrigin::Root),
			OriginCaller::Origins(Origin::Parameters),
			OriginCaller::Origins(Origin::Treasurer),
		];
		let of_origins: Vec<u16> = origins
			.iter()
			.map(|origin| Tracks::track_for(origin).expect("has a track"))
			.collect();
		assert_eq!(of_origins, Tracks::track_ids().collect::<Vec<_>>());
		let listed: Vec<u16> = Tracks::tracks().map(|track| track.id).collect();
		assert_eq!(of_origins, listed);
		assert!(Tracks::track_for(&OriginCaller::system(RawOrigin::None)).is_err());
		assert!(Tracks::info(3).is_none());
	});
}

#[test]
fn production_decides_by_the_default_terms() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		let expected = [
			(tracks::ROOT, terms::ROOT),
			(tracks::PARAMETERS, terms::PARAMETERS),
			(tracks::TREASURY, terms::TREASURY),
		];
		for (id, terms) in expected {
			let track = Tracks::info(id).expect("there is the track");
			assert_eq!(track.decision_deposit, terms.decision_deposit);
			assert_eq!(track.prepare_period, terms.prepare_period);
			assert_eq!(track.decision_period, terms.decision_period);
			assert_eq!(track.confirm_period, terms.confirm_period);
			assert_eq!(track.min_enactment_period, terms.min_enactment_period);
		}
		let timeout: BlockNumber = UndecidingTimeout::get();
		assert_eq!(timeout, 14 * DAYS);
	});
}

#[test]
fn development_shortens_terms_and_keeps_what_must_be_voted_for() {
	let demands = |preset| {
		externalities(preset).execute_with(|| {
			Tracks::tracks()
				.map(|track| {
					let info = track.into_owned().info;
					(info.min_approval, info.min_support, info.max_deciding)
				})
				.collect::<Vec<_>>()
		})
	};
	assert_eq!(demands(genesis::DEV), demands(genesis::PRODUCTION));
	externalities(genesis::DEV).execute_with(|| {
		for track in Tracks::tracks() {
			assert_eq!(track.info.decision_period, 20);
			assert_eq!(track.info.min_enactment_period, 1);
		}
	});
}

#[test]
fn root_alone_changes_terms() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		let longer = TrackTerms {
			decision_period: 21 * DAYS,
			..terms::ROOT
		};
		assert_noop!(
			Parameters::set_parameter(on_parameters(), root_terms(longer)),
			DispatchError::BadOrigin
		);
		let someone = RuntimeOrigin::signed([1; 32].into());
		assert_noop!(
			Parameters::set_parameter(someone, root_terms(longer)),
			DispatchError::BadOrigin
		);
		assert_ok!(Parameters::set_parameter(
			RuntimeOrigin::root(),
			root_terms(longer)
		));
		let track = Tracks::info(tracks::ROOT).expect("there is the track");
		assert_eq!(track.decision_period, 21 * DAYS);
	});
}

#[test]
fn root_and_the_parameters_track_change_the_markets_numbers() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		use governed::jobs::{MatchPeriod, Parameters as Jobs};
		for (origin, period) in [(on_parameters(), 1), (RuntimeOrigin::root(), 2)] {
			let set = RuntimeParameters::Jobs(Jobs::MatchPeriod(MatchPeriod, Some(period)));
			assert_ok!(Parameters::set_parameter(origin, set));
			let found: u64 = MatchPeriod::get();
			assert_eq!(found, period);
		}
		let treasurer: RuntimeOrigin = Origin::Treasurer.into();
		let set = RuntimeParameters::Jobs(Jobs::MatchPeriod(MatchPeriod, None));
		assert_noop!(
			Parameters::set_parameter(treasurer, set),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn a_time_for_the_deposit_never_overflows_a_height() {
	externalities(genesis::PRODUCTION).execute_with(|| {
		use governed::governance::{Parameters as Governance, UndecidingTimeout as Key};
		assert_ok!(Parameters::set_parameter(
			RuntimeOrigin::root(),
			RuntimeParameters::Governance(Governance::UndecidingTimeout(
				Key,
				Some(BlockNumber::MAX)
			)),
		));
		let timeout: BlockNumber = UndecidingTimeout::get();
		assert!(timeout < BlockNumber::MAX / 2);
	});
}
