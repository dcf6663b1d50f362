use crate::{mock::*, vendors::*, Error, Event, GpuOf};
use aci_attestation::testing::{
	amd::Vendor, android::Device, intel::Intel, nvidia::Gpu, pki::NOW as SECONDS,
};
use aci_primitives::{
	evidence::{Evidence, TeeKind},
	traits::ProofOfAi,
};
use frame_support::{assert_noop, assert_ok};

/// A chain with the collateral of SGX.
fn with_sgx(test: impl FnOnce()) {
	hardware(|| {
		bring_intel(&Intel::sgx());
		test();
	});
}

fn attested_until(worker: u8) -> u64 {
	PoAi::attestation(&account(worker))
		.expect("it stands")
		.expires
}

#[test]
fn a_worker_in_sgx_attests() {
	with_sgx(|| {
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		// Not before its program is allowed, and in this kind of TEE.
		assert_noop!(
			attest_with(1, 10, evidence.clone()),
			Error::<Test>::MeasurementNotAllowed
		);
		allow(1, 10, &evidence);
		assert_ok!(attest_with(1, 10, evidence.clone()));
		let attestation = PoAi::attestation(&account(1)).expect("it stands");
		assert_eq!(attestation.tee, TeeKind::Sgx);
		// The certificates and lists end with this second.
		assert_eq!(attestation.expires, (SECONDS + 1_000) * 1_000 + 999);
		System::assert_last_event(
			Event::WorkerAttested {
				worker: account(1),
				session_key: session_key(10),
				data_key: [10; 32],
				tee: TeeKind::Sgx,
				measurement: attestation.measurement,
				hardware: attestation.hardware,
				expires: attestation.expires,
				evidence: evidence.hash(),
			}
			.into(),
		);
		// A machine is shared: another account on it may attest.
		assert_ok!(attest_with(2, 11, sgx(Intel::sgx(), &registration(2, 11))));
		let other = PoAi::attestation(&account(2)).expect("it stands");
		assert_eq!(other.hardware, attestation.hardware);
	});
}

#[test]
fn a_measurement_is_allowed_in_its_own_tee_alone() {
	with_sgx(|| {
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		let judged = PoAi::judge(&evidence, &registration(1, 10), Clock::get());
		let measurement = judged.ok().expect("it stands").measurement;
		let root = RuntimeOrigin::root;
		assert_ok!(PoAi::allow_measurement(root(), TeeKind::Tdx, measurement));
		assert_noop!(
			attest_with(1, 10, evidence),
			Error::<Test>::MeasurementNotAllowed
		);
	});
}

#[test]
fn a_domain_of_tdx_attests() {
	hardware(|| {
		let evidence = tdx(Intel::tdx(4), &registration(1, 10));
		assert_noop!(
			attest_with(1, 10, evidence.clone()),
			Error::<Test>::CollateralMissing
		);
		bring_intel(&Intel::tdx(4));
		allow(1, 10, &evidence);
		assert_ok!(attest_with(1, 10, evidence));
		let attestation = PoAi::attestation(&account(1)).expect("it stands");
		assert_eq!(attestation.tee, TeeKind::Tdx);
	});
}

#[test]
fn a_guest_of_sev_snp_attests() {
	hardware(|| {
		let evidence = sev_snp(Vendor::new(), &registration(1, 10));
		assert_noop!(
			attest_with(1, 10, evidence.clone()),
			Error::<Test>::CollateralMissing
		);
		assert_ok!(bring(amd_list(5)));
		allow(1, 10, &evidence);
		assert_ok!(attest_with(1, 10, evidence));
		assert_eq!(attested_until(1), (SECONDS + 500) * 1_000 + 999);
		let mut debug = Vendor::new();
		debug.report[0x0a] |= 1 << 3;
		assert_noop!(
			attest_with(1, 10, sev_snp(debug, &registration(1, 10))),
			Error::<Test>::EvidenceDebug
		);
	});
}

#[test]
fn a_device_of_trust_zone_attests() {
	hardware(|| {
		let evidence = trust_zone(Device::new(), &registration(1, 10));
		allow(1, 10, &evidence);
		assert_noop!(
			attest_with(2, 10, evidence.clone()),
			Error::<Test>::EvidenceWrongReportData
		);
		assert_ok!(attest_with(1, 10, evidence));
		let mut device = Device::new();
		device.os_patch = 202_312;
		assert_noop!(
			attest_with(1, 10, trust_zone(device, &registration(1, 10))),
			Error::<Test>::EvidenceTcbNotAccepted
		);
		let mut device = Device::new();
		device.locked = false;
		assert_noop!(
			attest_with(1, 10, trust_zone(device, &registration(1, 10))),
			Error::<Test>::EvidencePolicyForbids
		);
	});
}

#[test]
fn a_machine_attests_with_its_gpus_which_are_no_other_accounts() {
	hardware(|| {
		bring_intel(&Intel::tdx(5));
		let mine = registration(1, 10);
		let evidence = tdx_with_gpus(&mine, vec![gpu(mine.nonce())]);
		assert_noop!(
			attest_with(1, 10, evidence.clone()),
			Error::<Test>::MeasurementNotAllowed
		);
		let without = tdx(Intel::tdx(5), &mine);
		allow(1, 10, &without);
		assert_noop!(
			attest_with(1, 10, evidence.clone()),
			Error::<Test>::GpuMeasurementNotAllowed
		);
		allow(1, 10, &evidence);
		assert_ok!(attest_with(1, 10, evidence.clone()));
		assert_eq!(PoAi::attestation(&account(1)).unwrap().tee, TeeKind::Tdx);
		System::assert_has_event(
			Event::GpuAttested {
				worker: account(1),
				gpu: gpu_of(1),
			}
			.into(),
		);

		// The same chip with another account, and a report that was made for another registration.
		let others = registration(2, 11);
		let same_chip = tdx_with_gpus(&others, vec![gpu(others.nonce())]);
		assert_noop!(
			attest_with(2, 11, same_chip),
			Error::<Test>::GpuAlreadyAttested
		);
		let borrowed = tdx_with_gpus(&others, vec![gpu(mine.nonce())]);
		assert_noop!(
			attest_with(2, 11, borrowed),
			Error::<Test>::EvidenceWrongNonce
		);
		let twice = tdx_with_gpus(&mine, vec![gpu(mine.nonce()), gpu(mine.nonce())]);
		assert_noop!(
			attest_with(1, 10, twice),
			Error::<Test>::EvidenceInconsistent
		);
		// Its key keeps it; with another key the account leaves it.
		assert_noop!(
			attest_with(1, 10, without),
			Error::<Test>::SessionKeyOnOtherGpu
		);
		assert_ok!(attest_with(1, 12, tdx(Intel::tdx(5), &registration(1, 12))));
		assert!(!GpuOf::<Test>::contains_key(account(1)));
	});
}

#[test]
fn no_flipped_byte_of_a_quote_stands() {
	with_sgx(|| {
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		allow(1, 10, &evidence);
		let Evidence::Sgx(quote) = evidence else {
			panic!("a quote")
		};
		// In the enclave's report, in its signature, in the quoting enclave's report.
		for (place, error) in [
			(48 + 70, Error::<Test>::EvidenceBadSignature),
			(436 + 10, Error::<Test>::EvidenceBadSignature),
			(436 + 128 + 48, Error::<Test>::EvidenceBadSignature),
			(0, Error::<Test>::EvidenceUnsupported),
		] {
			let mut quote = quote.clone();
			quote.as_mut()[place] ^= 1;
			assert_noop!(attest_with(1, 10, Evidence::Sgx(quote)), error);
		}
		let mut short = quote.clone();
		short.truncate(600);
		assert_noop!(
			attest_with(1, 10, Evidence::Sgx(short)),
			Error::<Test>::EvidenceMalformed
		);
	});
}

#[test]
fn evidence_of_another_account_or_block_is_refused() {
	with_sgx(|| {
		let wrong = || Error::<Test>::EvidenceWrongReportData;
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		allow(1, 10, &evidence);
		assert_noop!(attest_with(2, 10, evidence.clone()), wrong());
		assert_noop!(attest_with(1, 11, evidence.clone()), wrong());
		let origin = || RuntimeOrigin::signed(account(1));
		let replay = |block| {
			let key = session_key(10);
			PoAi::attest(origin(), evidence.clone(), key, [10; 32], block)
		};
		// Under the number of another recent block, and after its own has grown old.
		assert_noop!(replay(parent() - 1), wrong());
		let bound = parent();
		for _ in 0..RECENT_BLOCKS {
			go_to(System::block_number() + 1);
		}
		assert_noop!(replay(bound), Error::<Test>::BlockNotRecent);
	});
}

#[test]
fn an_enclave_that_can_be_debugged_is_refused() {
	with_sgx(|| {
		let mut intel = Intel::sgx();
		intel.body[48] |= 2;
		assert_noop!(
			attest_with(1, 10, sgx(intel, &registration(1, 10))),
			Error::<Test>::EvidenceDebug
		);
	});
}

#[test]
fn outdated_unlisted_and_revoked_platforms_are_refused() {
	with_sgx(|| {
		let on = |svn: u8| {
			let mut intel = Intel::sgx();
			intel.components = [svn; 16];
			sgx(intel, &registration(1, 10))
		};
		assert_noop!(
			attest_with(1, 10, on(6)),
			Error::<Test>::EvidenceTcbNotAccepted
		);
		assert_noop!(
			attest_with(1, 10, on(3)),
			Error::<Test>::EvidenceTcbNotAccepted
		);
		assert_noop!(attest_with(1, 10, on(1)), Error::<Test>::EvidenceTcbUnknown);
	});
	hardware(|| {
		let mut intel = Intel::sgx();
		intel.pck_revoked = vec![intel.pck_template.serial.clone()];
		bring_intel(&intel);
		assert_noop!(
			attest_with(1, 10, sgx(Intel::sgx(), &registration(1, 10))),
			Error::<Test>::EvidenceRevoked
		);
	});
}

#[test]
fn collateral_of_another_platform_or_time_does_not_help() {
	hardware(|| {
		let mut other = Intel::sgx();
		other.tcb_info = other.tcb_info.replace("0102030405A6", "0102030405A7");
		bring_intel(&other);
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		assert_noop!(
			attest_with(1, 10, evidence),
			Error::<Test>::CollateralMissing
		);
	});
	with_sgx(|| {
		let evidence = sgx(Intel::sgx(), &registration(1, 10));
		allow(1, 10, &evidence);
		// The lists end before the certificates do not matter: both end here.
		Clock::set((NOW + 1_001) * 1_000);
		assert_noop!(
			attest_with(1, 10, evidence),
			Error::<Test>::CollateralExpired
		);
		Clock::set(NOW * 1_000);
	});
}

#[test]
fn a_kind_of_tee_without_a_policy_is_refused() {
	hardware(|| {
		crate::CurrentPolicy::<Test>::kill();
		assert_ok!(bring(amd_list(5)));
		let mine = registration(1, 10);
		for evidence in [
			sev_snp(Vendor::new(), &mine),
			trust_zone(Device::new(), &mine),
		] {
			assert_noop!(attest_with(1, 10, evidence), Error::<Test>::TeeNotAccepted);
		}
	});
}

#[test]
fn the_serial_of_a_gpu_can_be_revoked() {
	hardware(|| {
		use aci_attestation::x509::RevokedSerials;
		bring_intel(&Intel::tdx(5));
		let mine = registration(1, 10);
		let evidence = tdx_with_gpus(&mine, vec![gpu(mine.nonce())]);
		allow(1, 10, &evidence);
		let serial = Gpu::new([0; 32]).chip.serial;
		let entries = vec![RevokedSerials::entry(&serial)];
		let root = RuntimeOrigin::root;
		assert_ok!(PoAi::revoke_serials(
			root(),
			entries.clone().try_into().unwrap()
		));
		assert!(PoAi::is_serial_revoked(entries[0]));
		assert_noop!(
			attest_with(1, 10, evidence.clone()),
			Error::<Test>::EvidenceRevoked
		);
		assert_ok!(PoAi::restore_serials(root(), entries.try_into().unwrap()));
		assert_ok!(attest_with(1, 10, evidence));
	});
}
