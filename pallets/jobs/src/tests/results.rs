//! Results that are refused.

use crate::mock::*;
use aci_primitives::{AccountId, JobId, JobOutput, JobStatus};
use frame_support::assert_noop;
use sp_core::{ed25519, Pair};

/// A client's job that runs on the first worker.
fn running(order: u64) -> (JobId, AccountId) {
	let id = submit(&clients()[0], order, &text());
	next_block();
	acknowledge(id);
	(id, worker_of(id))
}

#[test]
fn a_tampered_output_is_refused_and_the_job_goes_on() {
	run(|| {
		register(&workers()[0], 2);
		let (id, worker) = running(1);
		let tampered = JobOutput::Inline(b"Because.".to_vec().try_into().expect("short"));
		let signed = sign(&worker, receipt(id, 64, 32));
		assert_noop!(
			try_result(&worker, id, signed.clone(), tampered),
			Failure::OutputMismatch
		);
		assert_eq!(status(id), JobStatus::Running);
		let locked = price(id);
		result(id, 64, 32);
		next_block();
		assert_eq!(total(&clients()[0]), START - locked);
	});
}

#[test]
fn an_output_beyond_the_bound_is_refused() {
	run(|| {
		register(&workers()[0], 2);
		let (id, worker) = running(1);
		let aci_primitives::JobInput::Content(mut content) = served().input else {
			unreachable!()
		};
		content.length = aci_primitives::job::MAX_CONTENT + 1;
		let mut receipt = receipt(id, 64, 32);
		receipt.output = content.sha256;
		assert_noop!(
			try_result(
				&worker,
				id,
				sign(&worker, receipt),
				JobOutput::Content(content)
			),
			Failure::OutputTooLong
		);
	});
}

#[test]
fn a_forged_signature_is_refused() {
	run(|| {
		register(&workers()[0], 2);
		let (id, worker) = running(1);
		let mut signed = sign(&worker, receipt(id, 64, 32));
		signed.signature = ed25519::Pair::from_seed(&[9; 32])
			.sign(signed.receipt.signing_hash(&System::block_hash(0)).as_ref());
		assert_noop!(
			try_result(&worker, id, signed, output()),
			pallet_aci_poai::Error::<Test>::ReceiptBadSignature
		);
		assert_eq!(status(id), JobStatus::Running);
	});
}

#[test]
fn a_receipt_that_claims_other_work_is_refused() {
	run(|| {
		register(&workers()[0], 2);
		let (id, worker) = running(1);
		let mut claimed = receipt(id, 64, 32);
		claimed.metrics.flops += 1;
		assert_noop!(
			try_result(&worker, id, sign(&worker, claimed), output()),
			pallet_aci_poai::Error::<Test>::ReceiptWrongOperations
		);
	});
}

#[test]
fn a_receipt_of_another_job_is_refused() {
	run(|| {
		register(&workers()[0], 2);
		let (first, worker) = running(1);
		let (second, _) = running(2);
		let signed = sign(&worker, receipt(first, 64, 32));
		assert_noop!(
			try_result(&worker, second, signed, output()),
			pallet_aci_poai::Error::<Test>::ReceiptWrongJob
		);
	});
}

#[test]
fn a_receipt_is_accepted_once() {
	run(|| {
		register(&workers()[0], 2);
		let (id, worker) = running(1);
		let signed = sign(&worker, receipt(id, 64, 32));
		result(id, 64, 32);
		assert_eq!(job(id).result.expect("there").receipt, signed.hash());
		assert_noop!(
			try_result(&worker, id, signed.clone(), output()),
			Failure::NotRunning
		);
		next_block();
		assert_noop!(
			try_result(&worker, id, signed.clone(), output()),
			Failure::NotRunning
		);
		blocks(FRAUD_WINDOW);
		assert_noop!(
			try_result(&worker, id, signed, output()),
			Failure::UnknownJob
		);
	});
}

#[test]
fn only_the_worker_that_has_the_job_acts_on_it() {
	run(|| {
		let [first, second, _] = workers();
		register(&first, 2);
		let id = submit(&clients()[0], 1, &text());
		next_block();
		register(&second, 2);
		let other = RuntimeOrigin::signed(second.clone());
		assert_noop!(Jobs::acknowledge(other.clone(), id), Failure::NotAssigned);
		assert_noop!(
			Jobs::decline(other, id, crate::types::DeclineReason::Other),
			Failure::NotAssigned
		);
		acknowledge(id);
		let signed = sign(&second, receipt(id, 64, 32));
		assert_noop!(
			try_result(&second, id, signed, output()),
			Failure::NotAssigned
		);
	});
}

#[test]
fn a_result_before_the_acknowledgement_is_refused() {
	run(|| {
		register(&workers()[0], 2);
		let id = submit(&clients()[0], 1, &text());
		next_block();
		let worker = worker_of(id);
		let signed = sign(&worker, receipt(id, 64, 32));
		assert_noop!(
			try_result(&worker, id, signed, output()),
			Failure::NotRunning
		);
		acknowledge(id);
		assert_noop!(
			Jobs::acknowledge(RuntimeOrigin::signed(worker), id),
			Failure::NotMatched
		);
	});
}

#[test]
fn a_worker_whose_program_is_no_longer_allowed_hands_in_nothing() {
	run(|| {
		register(&workers()[0], 2);
		let (id, worker) = running(1);
		frame_support::assert_ok!(ProofOfAi::suspend(RuntimeOrigin::root(), worker.clone()));
		let signed = sign(&worker, receipt(id, 64, 32));
		assert_noop!(
			try_result(&worker, id, signed, output()),
			pallet_aci_poai::Error::<Test>::NotAttested
		);
	});
}
