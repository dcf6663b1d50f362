use crate::{mock::*, Error, Event, Suspension};
use aci_poai::software_tee::DEVELOPMENT_MEASUREMENT;
use aci_primitives::{evidence::TeeKind, traits::ProofOfAi};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;
use sp_runtime::traits::BadOrigin;

#[test]
fn a_revoked_measurement_voids_its_attestations_until_it_is_allowed_again() {
	development().execute_with(|| {
		assert_ok!(attest(1, 10));
		assert_ok!(PoAi::revoke_measurement(
			RuntimeOrigin::root(),
			DEVELOPMENT_MEASUREMENT
		));
		System::assert_last_event(
			Event::MeasurementRevoked {
				measurement: DEVELOPMENT_MEASUREMENT,
			}
			.into(),
		);
		assert_eq!(PoAi::attestation(&account(1)), None);
		let status = PoAi::attestation_status(account(1)).expect("attested");
		assert!(!status.measurement_allowed && !status.stands());
		assert_noop!(attest(2, 11), Error::<Test>::MeasurementNotAllowed);

		assert_ok!(PoAi::allow_measurement(
			RuntimeOrigin::root(),
			TeeKind::Software,
			DEVELOPMENT_MEASUREMENT
		));
		System::assert_last_event(
			Event::MeasurementAllowed {
				tee: TeeKind::Software,
				measurement: DEVELOPMENT_MEASUREMENT,
			}
			.into(),
		);
		assert!(PoAi::attestation(&account(1)).is_some());
		assert_invariants();
	});
}

#[test]
fn a_suspended_worker_has_no_attestation_until_it_is_unsuspended() {
	development().execute_with(|| {
		assert_ok!(attest(1, 10));
		assert_ok!(PoAi::suspend(RuntimeOrigin::root(), account(1)));
		System::assert_last_event(
			Event::WorkerSuspended {
				worker: account(1),
				reason: Suspension::Governance,
			}
			.into(),
		);
		assert_eq!(PoAi::attestation(&account(1)), None);
		assert!(!PoAi::attestation_status(account(1))
			.expect("attested")
			.stands());

		// New evidence does not end it.
		assert_ok!(attest(1, 11));
		assert_eq!(PoAi::attestation(&account(1)), None);

		assert_ok!(PoAi::unsuspend(RuntimeOrigin::root(), account(1)));
		System::assert_last_event(Event::WorkerUnsuspended { worker: account(1) }.into());
		assert_eq!(
			PoAi::attestation(&account(1)).map(|attestation| attestation.session_key),
			Some(session_key(11))
		);
		assert_invariants();
	});
}

#[test]
fn nothing_is_allowed_revoked_suspended_or_unsuspended_twice() {
	development().execute_with(|| {
		let root = RuntimeOrigin::root;
		let unknown = H256::repeat_byte(1);
		assert_noop!(
			PoAi::allow_measurement(root(), TeeKind::Software, DEVELOPMENT_MEASUREMENT),
			Error::<Test>::MeasurementExists
		);
		assert_noop!(
			PoAi::revoke_measurement(root(), unknown),
			Error::<Test>::UnknownMeasurement
		);
		assert_noop!(
			PoAi::unsuspend(root(), account(1)),
			Error::<Test>::NotSuspended
		);
		assert_ok!(PoAi::suspend(root(), account(1)));
		assert_noop!(
			PoAi::suspend(root(), account(1)),
			Error::<Test>::AlreadySuspended
		);
	});
}

#[test]
fn only_governance_decides_on_measurements_and_suspensions() {
	development().execute_with(|| {
		let signed = || RuntimeOrigin::signed(account(1));
		assert_noop!(
			PoAi::allow_measurement(signed(), TeeKind::Sgx, H256::zero()),
			BadOrigin
		);
		assert_noop!(
			PoAi::revoke_measurement(signed(), DEVELOPMENT_MEASUREMENT),
			BadOrigin
		);
		assert_noop!(PoAi::suspend(signed(), account(2)), BadOrigin);
		assert_noop!(PoAi::unsuspend(signed(), account(2)), BadOrigin);
	});
}
