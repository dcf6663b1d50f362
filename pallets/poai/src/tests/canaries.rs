use super::scene::*;
use crate::{mock::*, CanarySets, Error, Subject};
use aci_market::Offence;
use aci_poai::selection::{canary_commitment, Canary};
use aci_primitives::{
	proof::Outcome::{Fail, Pass},
	traits::DisputeVerdict,
	JobId,
};
use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use sp_core::H256;

const SALT: H256 = H256::repeat_byte(0x5a);

fn set(canaries: &[(JobId, bool)]) -> Vec<Canary> {
	canaries
		.iter()
		.map(|(job, wrong)| Canary {
			job: *job,
			wrong: *wrong,
		})
		.collect()
}

fn pledge(canaries: &[(JobId, bool)]) -> DispatchResult {
	let commitment = canary_commitment(&genesis_hash(), &SALT, &set(canaries));
	PoAi::commit_canaries(RuntimeOrigin::root(), commitment)
}

fn open(by: u8, canaries: &[(JobId, bool)]) -> DispatchResult {
	let canaries = set(canaries).try_into().expect("short");
	PoAi::open_canaries(signed(by), SALT, canaries)
}

/// The identity of a job that is to come.
fn next_job(number: u64, exact: bool) -> JobId {
	let mut spec = order(7);
	if exact {
		spec.profile.kind = aci_primitives::proof::ProfileKind::Exact;
	}
	job(number, &spec)
}

#[test]
fn who_approves_a_wrong_canary_is_slashed_and_who_looked_is_not() {
	scene(|| {
		let canaries = [(next_job(1, false), true), (next_job(2, false), false)];
		assert_ok!(pledge(&canaries));
		for number in [1, 2] {
			tolerant(number);
		}
		for (job, wrong) in canaries {
			assert_ok!(state(21, job, Pass));
			assert_ok!(state(22, job, if wrong { Fail } else { Pass }));
		}
		assert_noop!(open(5, &canaries), Error::<Test>::EpochNotOver);
		EpochNumber::set(2);
		assert_ok!(open(5, &canaries));
		let reports = Reported::take();
		let [report] = reports.as_slice() else {
			panic!("one slash, not {reports:?}");
		};
		assert_eq!(report.offence, Offence::FalseVerdict);
		assert_eq!(report.offender, account(21));
		assert_eq!(report.reporter, Some(account(5)));
		assert_noop!(open(5, &canaries), Error::<Test>::UnknownCanaries);
	});
}

#[test]
fn an_open_dispute_of_a_canary_ends_without_a_slash() {
	scene(|| {
		let canaries = [(next_job(1, true), true)];
		assert_ok!(pledge(&canaries));
		let [(job, _)] = canaries;
		exact(1);
		assert_ok!(state(22, job, Fail));
		let case = PoAi::case_of(Subject::Output(job)).0;
		assert!(PoAi::case(case).is_some());
		Tellings::take();
		EpochNumber::set(2);
		assert_ok!(open(5, &canaries));
		let doubtful = Told::Decide(job, DisputeVerdict::Doubtful);
		assert_eq!(Tellings::take(), vec![doubtful]);
		assert_eq!(PoAi::case(case), None);
		assert!(slashed().is_empty());
	});
}

#[test]
fn who_fails_a_right_canary_is_slashed_under_the_exact_profile_alone() {
	for (exactly, expected) in [(true, 1), (false, 0)] {
		scene(|| {
			let canaries = [(next_job(1, exactly), false)];
			assert_ok!(pledge(&canaries));
			let [(job, _)] = canaries;
			if exactly {
				exact(1);
			} else {
				tolerant(1);
			}
			assert_ok!(state(22, job, Fail));
			EpochNumber::set(2);
			assert_ok!(open(5, &canaries));
			assert_eq!(slashed().len(), expected);
		});
	}
}

#[test]
fn a_canary_is_committed_before_its_match() {
	scene(|| {
		let job = tolerant(1);
		assert_ok!(pledge(&[(job, true)]));
		assert_ok!(state(21, job, Pass));
		EpochNumber::set(2);
		assert_noop!(open(5, &[(job, true)]), Error::<Test>::CanaryMatchedBefore);
		assert!(slashed().is_empty());
	});
}

#[test]
fn sets_are_committed_once_and_bounded() {
	scene(|| {
		let unknown = [(H256::repeat_byte(1), true)];
		assert_noop!(
			PoAi::commit_canaries(signed(1), H256::zero()),
			sp_runtime::DispatchError::BadOrigin
		);
		assert_ok!(pledge(&unknown));
		assert_noop!(pledge(&unknown), Error::<Test>::CanariesAlreadyCommitted);
		assert_noop!(open(5, &unknown), Error::<Test>::NotSampled);
		for number in 0..u64::from(crate::MAX_CANARY_SETS) {
			let commitment = H256::from_low_u64_be(number);
			assert_ok!(PoAi::commit_canaries(RuntimeOrigin::root(), commitment));
		}
		let sets = CanarySets::<Test>::get();
		assert_eq!(sets.len(), crate::MAX_CANARY_SETS as usize);
		// The oldest is forgotten.
		assert_noop!(open(5, &unknown), Error::<Test>::UnknownCanaries);
	});
}
