use crate::{
	mock::*, vendors::policy, AttestationPolicy, Error, Event, SerialEntries, MAX_LIFETIME,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::traits::BadOrigin;

#[test]
fn the_policy_is_governances() {
	development().execute_with(|| {
		assert_eq!(PoAi::attestation_policy(), AttestationPolicy::default());
		let signed = RuntimeOrigin::signed(account(1));
		assert_noop!(PoAi::set_attestation_policy(signed, policy()), BadOrigin);
		assert_ok!(PoAi::set_attestation_policy(
			RuntimeOrigin::root(),
			policy()
		));
		assert_eq!(PoAi::attestation_policy(), policy());
		System::assert_last_event(Event::AttestationPolicySet { policy: policy() }.into());
		for lifetime in [0, MAX_LIFETIME + 1] {
			let policy = AttestationPolicy {
				lifetime,
				..policy()
			};
			assert_noop!(
				PoAi::set_attestation_policy(RuntimeOrigin::root(), policy),
				Error::<Test>::PolicyLifetime
			);
		}
		assert_invariants();
	});
}

#[test]
fn the_first_policy_accepts_no_platform_whose_vendor_signs_no_list() {
	let accepted = AttestationPolicy::default().accepted;
	assert!(accepted.sgx.is_some() && accepted.tdx.is_some() && accepted.nvidia);
	assert!(accepted.sev_snp.is_none() && accepted.trust_zone.is_none());
	use aci_attestation::dcap::TcbStatus;
	let intel = accepted.sgx.expect("accepted");
	assert!(!intel.accepts(TcbStatus::OutOfDate) && !intel.accepts(TcbStatus::Revoked));
}

#[test]
fn serials_are_revoked_and_restored_once() {
	development().execute_with(|| {
		let root = RuntimeOrigin::root;
		let entries = |list: &[u8]| -> SerialEntries {
			let all: Vec<[u8; 16]> = list.iter().map(|number| [*number; 16]).collect();
			all.try_into().expect("few")
		};
		let signed = RuntimeOrigin::signed(account(1));
		assert_noop!(
			PoAi::revoke_serials(signed.clone(), entries(&[1])),
			BadOrigin
		);
		assert_noop!(PoAi::restore_serials(signed, entries(&[1])), BadOrigin);
		assert_ok!(PoAi::revoke_serials(root(), entries(&[1, 2])));
		assert_ok!(PoAi::revoke_serials(root(), entries(&[2, 3, 3])));
		System::assert_last_event(
			Event::SerialsRevoked {
				entries: entries(&[3]),
			}
			.into(),
		);
		let unchanged = || Error::<Test>::SerialsUnchanged;
		assert_noop!(PoAi::revoke_serials(root(), entries(&[1, 2])), unchanged());
		assert_noop!(PoAi::revoke_serials(root(), entries(&[])), unchanged());
		assert_ok!(PoAi::restore_serials(root(), entries(&[1, 4])));
		System::assert_last_event(
			Event::SerialsRestored {
				entries: entries(&[1]),
			}
			.into(),
		);
		assert_noop!(PoAi::restore_serials(root(), entries(&[1])), unchanged());
		assert!(!PoAi::is_serial_revoked([1; 16]) && PoAi::is_serial_revoked([2; 16]));
		assert_invariants();
	});
}
