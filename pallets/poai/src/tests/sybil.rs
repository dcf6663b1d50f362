use crate::{mock::*, Error, Event, Gpus, ReceiptGpus, ReportedReceipts};
use aci_market::Offence;
use aci_primitives::{evidence::Evidence, traits::ProofOfAi, JobId, Role};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

/// When the runs of the tests begin, in milliseconds.
const BEGIN: u64 = 1_800_000_000_000;

/// Hands in a receipt of a worker for a job that began `after` milliseconds later and took ten.
fn hand_in(worker: u8, key: u8, number: u64, after: u64) -> JobId {
	let spec = order(7);
	let job = job(number, &spec);
	let mut receipt = receipt(&job, &spec, &manifest());
	receipt.started = BEGIN + after;
	let duration = receipt.duration;
	assert!(duration > 10_000, "the runs of the tests take milliseconds");
	let signed = sign(receipt, key);
	assert_ok!(PoAi::accept_receipt(
		&account(worker),
		&job,
		&spec,
		&class(),
		&signed
	));
	job
}

fn report(who: u8, job: JobId, other: JobId) -> sp_runtime::DispatchResult {
	PoAi::report_sybil(RuntimeOrigin::signed(account(who)), job, other)
}

fn scene(test: impl FnOnce()) {
	development().execute_with(|| {
		Reported::take();
		assert_ok!(register(2, 7, manifest()));
		test();
		assert_invariants();
	});
}

#[test]
fn a_gpu_of_another_account_is_refused_and_nobody_is_slashed() {
	scene(|| {
		assert_ok!(attest_gpu(1, 10, 0x99));
		System::assert_has_event(
			Event::GpuAttested {
				worker: account(1),
				gpu: H256::repeat_byte(0x99),
			}
			.into(),
		);
		assert_noop!(attest_gpu(2, 11, 0x99), Error::<Test>::GpuAlreadyAttested);
		// The same account may attest it again, another GPU is free, and machines are shared.
		assert_ok!(attest_gpu(1, 12, 0x99));
		assert_ok!(attest_gpu(2, 11, 0x98));
		assert_ok!(attest(3, 13));
		assert!(PoAi::gpus(account(3)).is_empty());
		// Whoever attests without it leaves it to others.
		assert_ok!(attest(1, 14));
		assert_eq!(Gpus::<Test>::get(H256::repeat_byte(0x99)), None);
		assert_ok!(attest_gpu(2, 15, 0x99));
		assert!(Reported::take().is_empty());
	});
}

#[test]
fn a_session_key_keeps_its_gpu() {
	scene(|| {
		assert_ok!(attest_gpu(1, 10, 0x99));
		assert_noop!(attest(1, 10), Error::<Test>::SessionKeyOnOtherGpu);
		assert_noop!(attest_gpu(1, 10, 0x98), Error::<Test>::SessionKeyOnOtherGpu);
		// Not by way of another key, either.
		assert_ok!(attest(1, 11));
		assert_noop!(attest(1, 10), Error::<Test>::SessionKeyOnOtherGpu);
		assert_ok!(attest_gpu(1, 10, 0x99));
	});
}

#[test]
fn a_gpu_that_is_moved_between_two_accounts_while_jobs_run_costs_both_their_bonds() {
	scene(|| {
		assert_ok!(attest_gpu(1, 10, 0x99));
		let first = hand_in(1, 10, 1, 0);
		assert_ok!(attest(1, 11));
		assert_ok!(attest_gpu(2, 12, 0x99));
		let second = hand_in(2, 12, 2, 5);
		assert_ok!(report(3, first, second));
		let reports = Reported::take();
		let offenders: Vec<_> = reports
			.iter()
			.map(|report| report.offender.clone())
			.collect();
		assert_eq!(offenders, [account(1), account(2)]);
		assert!(reports.iter().all(|report| report.offence == Offence::Sybil
			&& report.role == Role::Worker
			&& report.reporter == Some(account(3))
			&& report.evidence == reports[0].evidence));
		// The same receipts do not slash a bond that was posted anew.
		assert_noop!(report(3, second, first), Error::<Test>::AlreadyReported);
		// A third account at the same time: only it is slashed now.
		assert_ok!(attest(2, 13));
		assert_ok!(attest_gpu(4, 14, 0x99));
		let third = hand_in(4, 14, 3, 7);
		assert_ok!(report(1, first, third));
		let reports = Reported::take();
		assert_eq!(reports.len(), 1);
		// A party gets no reward.
		assert_eq!(
			(&reports[0].offender, &reports[0].reporter),
			(&account(4), &None)
		);
		PoAi::forget_receipt(&first);
		assert!(ReceiptGpus::<Test>::get(first).is_empty());
		assert!(!ReportedReceipts::<Test>::contains_key(first));
	});
}

#[test]
fn runs_one_after_the_other_or_on_two_gpus_or_of_one_account_are_no_sybil() {
	scene(|| {
		assert_ok!(attest_gpu(1, 10, 0x99));
		let first = hand_in(1, 10, 1, 0);
		let same = hand_in(1, 10, 2, 5);
		assert_noop!(report(3, first, same), Error::<Test>::SameWorker);
		assert_noop!(report(3, first, first), Error::<Test>::SameWorker);
		assert_ok!(attest(1, 11));
		let without = hand_in(1, 11, 3, 5);
		assert_ok!(attest_gpu(2, 12, 0x99));
		let later = hand_in(2, 12, 4, 1_000_000);
		assert_noop!(report(3, first, later), Error::<Test>::RunsDoNotOverlap);
		let overlaps = hand_in(2, 12, 5, 5);
		assert_noop!(report(3, without, overlaps), Error::<Test>::NotOneGpu);
		assert_noop!(report(3, overlaps, without), Error::<Test>::NotOneGpu);
		assert_ok!(attest(2, 13));
		assert_ok!(attest_gpu(2, 14, 0x98));
		let other = hand_in(2, 14, 6, 5);
		assert_noop!(report(3, first, other), Error::<Test>::NotOneGpu);
		assert_noop!(
			report(3, first, H256::zero()),
			Error::<Test>::UnknownReceipt
		);
		assert!(Reported::take().is_empty());
	});
}

#[test]
fn runs_that_touch_do_not_overlap() {
	development().execute_with(|| {
		let overlap = crate::sybil::overlap;
		let spec = order(7);
		let job = job(1, &spec);
		let at = |started, duration| {
			let mut receipt = receipt(&job, &spec, &manifest());
			receipt.started = started;
			receipt.duration = duration;
			receipt
		};
		assert!(!overlap(&at(0, 1_000), &at(1, 1_000)));
		assert!(!overlap(&at(1, 1_000), &at(0, 1_000)));
		assert!(overlap(&at(0, 1_001), &at(1, 1_000)));
		assert!(overlap(&at(0, 10_000), &at(1, 1)));
		assert!(overlap(&at(u64::MAX, u64::MAX), &at(u64::MAX, 1)));
		assert!(!overlap(&at(5, 0), &at(5, 0)));
	});
}

#[test]
fn the_evidence_of_a_gpu_is_a_variant_of_its_own() {
	use codec::Encode;
	development().execute_with(|| {
		let block = parent();
		let evidence = evidence(&account(1), session_key(10), [10; 32], block);
		assert!(matches!(evidence, Evidence::Software(_)));
		assert_eq!(evidence.encode()[0], 0);
	});
}
