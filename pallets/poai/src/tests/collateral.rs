use crate::{mock::*, vendors::*, CollateralKind, CollateralUpdate, Error, Event};
use aci_attestation::{
	dcap::{Authority, Tee},
	sev::Product,
	testing::intel::Intel,
};
use frame_support::{assert_noop, assert_ok, dispatch::Pays};
use sp_runtime::{traits::BadOrigin, DispatchError};

const FMSPC: [u8; 6] = [1, 2, 3, 4, 5, 0xa6];

fn refusal(update: CollateralUpdate) -> DispatchError {
	bring(update).expect_err("it is refused").error
}

#[test]
fn anybody_brings_collateral_and_pays_nothing_for_it() {
	hardware(|| {
		let intel = Intel::tdx(4);
		let kinds = [
			CollateralKind::IntelRootList,
			CollateralKind::IntelPckList(Authority::Platform),
			CollateralKind::IntelTcbInfo(Tee::Tdx, FMSPC),
			CollateralKind::IntelQeIdentity(Tee::Tdx),
		];
		for (kind, update) in kinds.into_iter().zip(intel_updates(&intel, &intel.sign())) {
			assert_eq!(PoAi::collateral(kind), None);
			let info = bring(update).expect("it is Intel's");
			assert_eq!(info.pays_fee, Pays::No);
			let version = PoAi::collateral(kind).expect("it is there");
			assert!(version.made <= NOW && version.until > NOW);
			let by = account(4);
			System::assert_last_event(Event::CollateralUpdated { kind, version, by }.into());
		}
		let kind = CollateralKind::AmdList(Product::Milan);
		assert_ok!(bring(amd_list(5)));
		assert_eq!(PoAi::collateral(kind).expect("it is there").made, NOW - 5);
		assert_eq!(
			PoAi::collateral(CollateralKind::AmdList(Product::Genoa)),
			None
		);
		assert_noop!(
			PoAi::update_collateral(RuntimeOrigin::none(), amd_list(4)),
			BadOrigin
		);
	});
}

#[test]
fn older_collateral_never_replaces_newer() {
	hardware(|| {
		let older = || Error::<Test>::CollateralOlder;
		assert_ok!(bring(amd_list(5)));
		assert_noop!(bring(amd_list(5)), older());
		assert_noop!(bring(amd_list(6)), older());
		assert_ok!(bring(amd_list(4)));

		let intel = Intel::sgx();
		bring_intel(&intel);
		for update in intel_updates(&intel, &intel.sign()) {
			assert_noop!(bring(update), older());
		}
		let mut earlier = Intel::sgx();
		earlier.tcb_info = earlier.tcb_info.replace("2023-11-01", "2023-10-31");
		let [_, _, tcb_info, _] = intel_updates(&earlier, &earlier.sign());
		assert_noop!(bring(tcb_info), older());
		let mut lower = Intel::sgx();
		lower.tcb_info = lower.tcb_info.replace("2023-11-01", "2023-11-02");
		lower.tcb_info = lower.tcb_info.replace("Number\":16", "Number\":15");
		let [_, _, tcb_info, _] = intel_updates(&lower, &lower.sign());
		assert_noop!(bring(tcb_info), older());
	});
}

#[test]
fn intels_root_list_comes_first() {
	hardware(|| {
		let intel = Intel::sgx();
		let [root_list, others @ ..] = intel_updates(&intel, &intel.sign());
		for update in others.clone() {
			assert_noop!(bring(update), Error::<Test>::CollateralMissing);
		}
		assert_ok!(bring(root_list));
		for update in others {
			assert_ok!(bring(update));
		}
	});
}

#[test]
fn collateral_that_is_not_the_vendors_is_refused() {
	hardware(|| {
		let intel = Intel::sgx();
		let signed = intel.sign();
		let [root_list, pck_list, tcb_info, qe_identity] = intel_updates(&intel, &signed);
		Genuine::set(true);
		let forged = refusal(root_list.clone());
		Genuine::set(false);
		assert_eq!(forged, Error::<Test>::EvidenceBadSignature.into());
		assert_ok!(bring(root_list));
		let CollateralUpdate::IntelTcbInfo(mut changed) = tcb_info else {
			panic!("a TCB info")
		};
		let place = changed.text.len() - 20;
		changed.text.as_mut()[place] ^= 1;
		assert_noop!(
			bring(CollateralUpdate::IntelTcbInfo(changed.clone())),
			Error::<Test>::EvidenceBadSignature
		);
		// One statement is not taken for another.
		let CollateralUpdate::IntelQeIdentity(identity) = qe_identity else {
			panic!("a QE identity")
		};
		assert_noop!(
			bring(CollateralUpdate::IntelTcbInfo(identity)),
			Error::<Test>::EvidenceMalformed
		);
		let CollateralUpdate::IntelPckList { list, .. } = pck_list else {
			panic!("a list")
		};
		let mut garbage = list.clone();
		garbage.as_mut()[0] ^= 1;
		assert_noop!(
			bring(CollateralUpdate::IntelRootList(garbage)),
			Error::<Test>::EvidenceMalformed
		);
		assert_noop!(
			bring(CollateralUpdate::AmdList {
				product: Product::Milan,
				list
			}),
			Error::<Test>::EvidenceBadSignature
		);
	});
}

#[test]
fn collateral_counts_only_in_its_time() {
	hardware(|| {
		Clock::set((NOW + 501) * 1_000);
		assert_noop!(bring(amd_list(5)), Error::<Test>::CollateralExpired);
		Clock::set((NOW - 6) * 1_000);
		assert_noop!(bring(amd_list(5)), Error::<Test>::EvidenceNotYetValid);
		Clock::set(NOW * 1_000);
	});
}

#[test]
fn a_revoked_key_signs_no_collateral() {
	hardware(|| {
		let mut intel = Intel::sgx();
		intel.root_revoked = vec![intel.signing_template.serial.clone()];
		let [root_list, _, tcb_info, _] = intel_updates(&intel, &intel.sign());
		assert_ok!(bring(root_list));
		assert_noop!(bring(tcb_info), Error::<Test>::EvidenceRevoked);
	});
}
