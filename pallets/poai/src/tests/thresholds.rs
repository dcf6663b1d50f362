use crate::{mock::*, CurrentCalibration, Error, Event, GenesisConfig};
use aci_poai::thresholds::{file::shipped, Thresholds};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::traits::BadOrigin;

fn version(version: u16) -> Thresholds {
	Thresholds {
		version,
		..shipped().expect("the shipped file is good")
	}
}

fn with(thresholds: Thresholds) -> sp_io::TestExternalities {
	chain(GenesisConfig::<Test> {
		thresholds: Some(thresholds),
		..Default::default()
	})
}

#[test]
fn genesis_sets_the_first_thresholds() {
	with(version(1)).execute_with(|| {
		assert_eq!(PoAi::thresholds(None), Some(version(1)));
		assert_eq!(PoAi::thresholds(Some(1)), Some(version(1)));
		assert_eq!(PoAi::thresholds(Some(2)), None);
		assert_invariants();
	});
	development().execute_with(|| {
		assert_eq!(PoAi::thresholds(None), None);
		assert_invariants();
	});
}

#[test]
#[should_panic(expected = "not calibrated")]
fn genesis_thresholds_that_nobody_measured_stop_the_chain_from_starting() {
	with(version(0));
}

#[test]
fn governance_adds_versions_and_former_ones_stay() {
	with(version(1)).execute_with(|| {
		let mut next = version(2);
		next.numeric.tolerance += 1;
		assert_ok!(PoAi::set_thresholds(RuntimeOrigin::root(), next));
		System::assert_last_event(Event::ThresholdsSet { thresholds: next }.into());
		assert_eq!(PoAi::thresholds(None), Some(next));
		assert_eq!(PoAi::thresholds(Some(1)), Some(version(1)));
		assert_invariants();
	});
	development().execute_with(|| {
		assert_ok!(PoAi::set_thresholds(RuntimeOrigin::root(), version(1)));
		assert_invariants();
	});
}

#[test]
fn thresholds_of_another_version_or_of_no_use_are_refused() {
	with(version(1)).execute_with(|| {
		let set = |thresholds| PoAi::set_thresholds(RuntimeOrigin::root(), thresholds);
		for number in [1, 3] {
			assert_noop!(set(version(number)), Error::<Test>::ThresholdsVersion);
		}
		let mut unmeasured = version(2);
		unmeasured.calibration = H256::zero();
		assert_noop!(set(unmeasured), Error::<Test>::ThresholdsNotCalibrated);
		let mut unusable = version(2);
		unusable.numeric.most_beyond = u32::MAX;
		assert_noop!(set(unusable), Error::<Test>::ThresholdsUnusable);
		CurrentCalibration::<Test>::put(u16::MAX);
		assert_noop!(set(version(1)), Error::<Test>::ThresholdsVersion);
	});
}

#[test]
fn only_governance_sets_thresholds() {
	development().execute_with(|| {
		assert_noop!(
			PoAi::set_thresholds(RuntimeOrigin::signed(account(1)), version(1)),
			BadOrigin
		);
	});
}
