use crate::{mock::*, vendors::*, Error, Event, Suspension};
use aci_attestation::testing::intel::Intel;
use aci_poai::software_tee::DEVELOPMENT_MEASUREMENT;
use aci_primitives::{
	evidence::{Evidence, EvidenceError},
	traits::ProofOfAi,
};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResultWithPostInfo, Pays},
};

fn expire(worker: u8) -> DispatchResultWithPostInfo {
	PoAi::suspend_expired(RuntimeOrigin::signed(account(4)), account(worker))
}

fn recheck(worker: u8, evidence: Evidence) -> DispatchResultWithPostInfo {
	PoAi::recheck(RuntimeOrigin::signed(account(4)), account(worker), evidence)
}

fn assert_suspended(worker: u8, reason: Suspension) {
	let worker = account(worker);
	assert!(PoAi::attestation(&worker).is_none());
	let status = PoAi::attestation_status(worker.clone()).expect("attested");
	assert_eq!(status.suspended, Some(reason));
	System::assert_last_event(Event::WorkerSuspended { worker, reason }.into());
}

/// A worker in SGX, on a chain with its collateral.
fn with_worker(test: impl FnOnce(Evidence)) {
	hardware(|| {
		bring_intel(&Intel::sgx());
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		allow(1, 10, &evidence);
		assert_ok!(attest_with(1, 10, evidence.clone()));
		test(evidence);
		Clock::set(NOW * 1_000);
	});
}

#[test]
fn an_attestation_ends_by_itself_and_anybody_has_it_suspended() {
	with_worker(|evidence| {
		assert_noop!(expire(1), Error::<Test>::AttestationStands);
		Clock::set((NOW + 1_000) * 1_000 + 999);
		assert!(PoAi::attestation(&account(1)).is_some());
		Clock::set((NOW + 1_001) * 1_000);
		assert!(PoAi::attestation(&account(1)).is_none());
		assert!(
			PoAi::attestation_status(account(1))
				.expect("attested")
				.ended
		);
		let info = expire(1).expect("it has ended");
		assert_eq!(info.pays_fee, Pays::No);
		assert_suspended(1, Suspension::Expired);
		assert_noop!(expire(1), Error::<Test>::AlreadySuspended);
		assert_noop!(recheck(1, evidence), Error::<Test>::AlreadySuspended);
		assert_noop!(expire(2), Error::<Test>::NotAttested);
	});
}

#[test]
fn the_policys_lifetime_ends_an_attestation_earlier() {
	hardware(|| {
		let mut policy = policy();
		policy.lifetime = 600;
		let root = RuntimeOrigin::root;
		assert_ok!(PoAi::set_attestation_policy(root(), policy));
		bring_intel(&Intel::sgx());
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		allow(1, 10, &evidence);
		assert_ok!(attest_with(1, 10, evidence.clone()));
		let expires = |worker| PoAi::attestation(&account(worker)).unwrap().expires;
		assert_eq!(expires(1), (NOW + 600) * 1_000);
		// Judging it again does not begin its life anew.
		Clock::set((NOW + 500) * 1_000);
		assert_ok!(recheck(1, evidence.clone()));
		assert_eq!(expires(1), (NOW + 600) * 1_000);
		Clock::set((NOW + 601) * 1_000);
		assert_ok!(recheck(1, evidence));
		assert_suspended(1, Suspension::Expired);
		Clock::set(NOW * 1_000);
	});
}

#[test]
fn new_evidence_ends_a_suspension() {
	development().execute_with(|| {
		assert_ok!(attest(1, 10));
		let root = RuntimeOrigin::root;
		assert_ok!(PoAi::revoke_measurement(root(), DEVELOPMENT_MEASUREMENT));
		assert_ok!(expire(1));
		assert_suspended(1, Suspension::MeasurementRevoked);
		let tee = aci_primitives::evidence::TeeKind::Software;
		assert_ok!(PoAi::allow_measurement(
			root(),
			tee,
			DEVELOPMENT_MEASUREMENT
		));
		// The list alone does not: the suspension was recorded.
		assert!(PoAi::attestation(&account(1)).is_none());
		assert_ok!(attest(1, 10));
		assert!(PoAi::attestation(&account(1)).is_some());
		System::assert_has_event(Event::WorkerUnsuspended { worker: account(1) }.into());
		assert_invariants();
	});
}

#[test]
fn governances_suspension_outlives_evidence_and_checks() {
	development().execute_with(|| {
		let root = RuntimeOrigin::root;
		let block = parent();
		assert_ok!(attest(1, 10));
		assert_ok!(PoAi::suspend(root(), account(1)));
		let evidence = evidence(&account(1), session_key(10), [10; 32], block);
		assert_ok!(recheck(1, evidence));
		assert_ok!(attest(1, 10));
		assert!(PoAi::attestation(&account(1)).is_none());
		// It takes the place of another suspension.
		assert_ok!(PoAi::unsuspend(root(), account(1)));
		assert_ok!(PoAi::revoke_measurement(root(), DEVELOPMENT_MEASUREMENT));
		assert_ok!(expire(1));
		assert_ok!(PoAi::suspend(root(), account(1)));
		assert_suspended(1, Suspension::Governance);
		assert_invariants();
	});
}

#[test]
fn a_key_that_is_revoked_later_suspends_its_worker() {
	with_worker(|evidence| {
		let info = recheck(1, evidence.clone()).expect("it stands");
		assert_eq!(info.pays_fee, Pays::Yes);
		let mut intel = Intel::sgx();
		intel.pck_revoked = vec![intel.pck_template.serial.clone()];
		// The lists of this vendor are made five seconds before now.
		intel.lists_until += 10;
		let mut signed = intel.sign();
		let authority = aci_attestation::testing::pki::Key::p256(22);
		signed.pck_list = aci_attestation::testing::pki::list(
			"Intel SGX PCK Platform CA",
			&authority,
			NOW - 4,
			NOW + 1_000,
			&[&intel.pck_template.serial],
		);
		let [_, pck_list, ..] = intel_updates(&intel, &signed);
		assert_ok!(bring(pck_list));
		// Nothing changes until somebody says so.
		assert!(PoAi::attestation(&account(1)).is_some());
		let info = recheck(1, evidence.clone()).expect("it does not stand");
		assert_eq!(info.pays_fee, Pays::No);
		assert_suspended(1, Suspension::EvidenceRefused(EvidenceError::Revoked));
		assert_noop!(recheck(1, evidence), Error::<Test>::AlreadySuspended);
	});
}

#[test]
fn firmware_that_becomes_outdated_suspends_its_worker() {
	with_worker(|evidence| {
		let mut newer = Intel::sgx();
		newer.tcb_info = newer
			.tcb_info
			.replace("2023-11-01", "2023-11-02")
			.replace("\"UpToDate\"", "\"OutOfDate\"");
		let [_, _, tcb_info, _] = intel_updates(&newer, &newer.sign());
		assert_ok!(bring(tcb_info));
		assert_ok!(recheck(1, evidence));
		let outdated = EvidenceError::TcbNotAccepted;
		assert_suspended(1, Suspension::EvidenceRefused(outdated));
	});
}

#[test]
fn a_policy_that_asks_for_more_suspends_and_one_that_asks_for_less_lets_back() {
	with_worker(|evidence| {
		let root = RuntimeOrigin::root;
		let mut strict = policy();
		strict.accepted.sgx = None;
		assert_ok!(PoAi::set_attestation_policy(root(), strict));
		assert_ok!(recheck(1, evidence.clone()));
		let refused = Suspension::EvidenceRefused(EvidenceError::TeeNotAccepted);
		assert_suspended(1, refused);
		assert_ok!(PoAi::set_attestation_policy(root(), policy()));
		assert_ok!(recheck(1, evidence));
		assert!(PoAi::attestation(&account(1)).is_some());
	});
}

#[test]
fn only_the_evidence_that_was_attested_is_judged_again() {
	with_worker(|_| {
		let mut other = Intel::sgx();
		other.body[48] |= 2;
		let other = sgx(other, &registration(1, 10));
		assert_noop!(recheck(1, other.clone()), Error::<Test>::EvidenceUnknown);
		assert_noop!(recheck(2, other), Error::<Test>::NotAttested);
	});
}
