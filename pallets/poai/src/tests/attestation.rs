use crate::{mock::*, Attestations, Error, Event, SessionKeyOwner};
use aci_poai::software_tee::{self, DEVELOPMENT_MEASUREMENT};
use aci_primitives::{
	evidence::{Attestation, Evidence, TeeKind},
	traits::ProofOfAi,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::traits::BadOrigin;

#[test]
fn a_worker_attests_its_keys() {
	development().execute_with(|| {
		assert_ok!(attest(1, 10));
		let expected = Attestation {
			session_key: session_key(10),
			data_key: [10; 32],
			tee: TeeKind::Software,
			measurement: DEVELOPMENT_MEASUREMENT,
			hardware: H256::repeat_byte(0x4d),
			since: 40,
			expires: u64::MAX,
		};
		System::assert_last_event(
			Event::WorkerAttested {
				worker: account(1),
				session_key: session_key(10),
				data_key: [10; 32],
				tee: TeeKind::Software,
				measurement: DEVELOPMENT_MEASUREMENT,
				hardware: H256::repeat_byte(0x4d),
				expires: u64::MAX,
				evidence: evidence(&account(1), session_key(10), [10; 32], parent()).hash(),
			}
			.into(),
		);
		assert_eq!(PoAi::attestation(&account(1)), Some(expected.clone()));
		let status = PoAi::attestation_status(account(1)).expect("attested");
		assert_eq!(status.attestation, expected);
		assert!(status.stands());
		assert_invariants();
	});
}

#[test]
fn a_production_chain_refuses_software_evidence() {
	production().execute_with(|| {
		assert_eq!(PoAi::software_root(), None);
		assert_noop!(attest(1, 10), Error::<Test>::TeeNotAccepted);
		assert_eq!(PoAi::attestation(&account(1)), None);
	});
}

#[test]
fn evidence_for_something_else_is_refused() {
	development().execute_with(|| {
		let worker = account(1);
		let block = parent();
		let origin = || RuntimeOrigin::signed(worker.clone());
		let wrong = || Error::<Test>::EvidenceWrongReportData;
		let good = || evidence(&worker, session_key(10), [10; 32], block);

		// Another account, other keys, another block.
		assert_noop!(
			PoAi::attest(
				RuntimeOrigin::signed(account(2)),
				good(),
				session_key(10),
				[10; 32],
				block
			),
			wrong()
		);
		assert_noop!(
			PoAi::attest(origin(), good(), session_key(11), [10; 32], block),
			wrong()
		);
		assert_noop!(
			PoAi::attest(origin(), good(), session_key(10), [11; 32], block),
			wrong()
		);
		assert_noop!(
			PoAi::attest(origin(), good(), session_key(10), [10; 32], block - 1),
			wrong()
		);

		// Another chain.
		let genesis = genesis_hash();
		frame_system::BlockHash::<Test>::insert(0, H256::repeat_byte(9));
		let elsewhere = good();
		frame_system::BlockHash::<Test>::insert(0, genesis);
		assert_noop!(
			PoAi::attest(origin(), elsewhere, session_key(10), [10; 32], block),
			wrong()
		);

		assert_noop!(
			PoAi::attest(
				RuntimeOrigin::none(),
				good(),
				session_key(10),
				[10; 32],
				block
			),
			BadOrigin
		);
		assert_ok!(PoAi::attest(
			origin(),
			good(),
			session_key(10),
			[10; 32],
			block
		));
	});
}

#[test]
fn evidence_that_another_root_signed_is_refused() {
	development().execute_with(|| {
		let Evidence::Software(good) = evidence(&account(1), session_key(10), [10; 32], parent())
		else {
			panic!("the evidence of the tests names no GPU");
		};
		let forger = ed25519::Pair::from_seed(&[99; 32]);
		let forged =
			software_tee::quote(&forger, good.measurement, good.report_data, good.hardware);
		assert_noop!(
			PoAi::attest(
				RuntimeOrigin::signed(account(1)),
				Evidence::Software(forged),
				session_key(10),
				[10; 32],
				parent()
			),
			Error::<Test>::EvidenceBadSignature
		);
	});
}

#[test]
fn evidence_is_bound_to_one_of_the_recent_blocks() {
	development().execute_with(|| {
		let worker = account(1);
		let try_block = |block: u32| {
			PoAi::attest(
				RuntimeOrigin::signed(worker.clone()),
				evidence(&worker, session_key(10), [10; 32], block),
				session_key(10),
				[10; 32],
				block,
			)
		};
		let now = u32::try_from(START_BLOCK).expect("small");
		for block in [0, now - RECENT_BLOCKS - 1, now, now + 1, u32::MAX] {
			assert_noop!(try_block(block), Error::<Test>::BlockNotRecent);
		}
		assert_ok!(try_block(now - RECENT_BLOCKS));
		assert_ok!(try_block(now - 1));

		// A block whose hash the chain has forgotten is refused although its number is recent.
		frame_system::BlockHash::<Test>::remove(u64::from(now - 2));
		assert_noop!(try_block(now - 2), Error::<Test>::BlockNotRecent);
	});
}

#[test]
fn evidence_ages() {
	development().execute_with(|| {
		let worker = account(1);
		let block = parent();
		let old = evidence(&worker, session_key(10), [10; 32], block);
		for later in START_BLOCK + 1..=START_BLOCK + u64::from(RECENT_BLOCKS) {
			go_to(later);
		}
		assert_noop!(
			PoAi::attest(
				RuntimeOrigin::signed(worker),
				old,
				session_key(10),
				[10; 32],
				block
			),
			Error::<Test>::BlockNotRecent
		);
	});
}

#[test]
fn a_measurement_that_is_not_allowed_is_refused() {
	development().execute_with(|| {
		let worker = account(1);
		let unknown = H256::repeat_byte(0x99);
		let attest_unknown = || {
			PoAi::attest(
				RuntimeOrigin::signed(worker.clone()),
				evidence_of(unknown, &worker, session_key(10), [10; 32], parent()),
				session_key(10),
				[10; 32],
				parent(),
			)
		};
		assert_noop!(attest_unknown(), Error::<Test>::MeasurementNotAllowed);
		assert_ok!(PoAi::allow_measurement(
			RuntimeOrigin::root(),
			TeeKind::Software,
			unknown
		));
		assert_ok!(attest_unknown());
	});
}

#[test]
fn attesting_again_replaces_the_keys_and_frees_the_old_one() {
	development().execute_with(|| {
		assert_ok!(attest(1, 10));
		go_to(START_BLOCK + 1);
		assert_ok!(attest(1, 11));
		let attestation = PoAi::attestation(&account(1)).expect("attested");
		assert_eq!(attestation.session_key, session_key(11));
		assert_eq!(attestation.data_key, [11; 32]);
		assert_eq!(attestation.since, 41);
		assert_eq!(SessionKeyOwner::<Test>::get(session_key(10)), None);
		assert_invariants();

		// Another account may use the freed key; the same key again is a renewal.
		assert_ok!(attest(2, 10));
		assert_ok!(attest(1, 11));
		assert_eq!(Attestations::<Test>::iter().count(), 2);
		assert_eq!(SessionKeyOwner::<Test>::iter().count(), 2);
		assert_invariants();
	});
}

#[test]
fn a_session_key_of_another_account_is_refused() {
	development().execute_with(|| {
		assert_ok!(attest(1, 10));
		assert_noop!(attest(2, 10), Error::<Test>::SessionKeyTaken);
		assert_invariants();
	});
}
