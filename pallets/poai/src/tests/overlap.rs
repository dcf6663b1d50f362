//! Level 1 over several receipts: the runs of a worker fit its slots, and a run counts for one job of
//! one worker.

use super::scene::{blocks, scene, CLASS, CLIENT, WORKER};
use crate::{mock::*, Error, Runs};
use aci_primitives::{
	traits::{MatchFacts, ProofOfAi},
	Hash, JobId, JobSpec, Receipt,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

/// A job of a worker with so many slots.
fn with_slots(number: u64, slots: u32) -> (JobId, JobSpec) {
	let spec = order(7);
	let id = job(number, &spec);
	let (client, worker) = (account(CLIENT), account(WORKER));
	let facts = MatchFacts {
		client: &client,
		worker: &worker,
		class: CLASS,
		price: 1,
		free_bond: 10,
		slots,
	};
	PoAi::matched(&id, facts);
	(id, spec)
}

/// Hands in a receipt of a run that began so many milliseconds after the first one and took ten.
fn run(number: u64, slots: u32, after: u64) -> Result<Hash, DispatchError> {
	let (id, spec) = with_slots(number, slots);
	let mut run = receipt(&id, &spec, &manifest());
	run.started += after;
	run.duration = run.duration.max(10_000_000);
	PoAi::accept_receipt(&account(WORKER), &id, &spec, &class(), &sign(run, 10))
}

#[test]
fn a_worker_runs_no_more_jobs_at_once_than_it_has_slots() {
	scene(|| {
		assert_ok!(run(1, 2, 0));
		assert_ok!(run(2, 2, 5_000));
		let refused = Err(Error::<Test>::ReceiptOverlaps.into());
		assert_eq!(run(3, 2, 6_000), refused);
		// Nobody is slashed for it, and a run that fits is taken.
		assert!(Reported::take().is_empty());
		assert_ok!(run(3, 2, 10_000));
		assert_eq!(run(4, 2, 9_000), refused);
		assert_ok!(run(4, 2, 15_000));
		assert_eq!(Runs::<Test>::get(account(WORKER)).len(), 4);
		assert_ok!(run(5, 2, 25_000));
		assert_eq!(Runs::<Test>::get(account(WORKER)).len(), 4);
		blocks(1);
	});
}

#[test]
fn a_run_counts_for_one_job_of_one_worker() {
	scene(|| {
		assert_ok!(attest(2, 11));
		let (first, spec) = with_slots(1, 1);
		let (second, _) = with_slots(2, 1);
		let run: Receipt = receipt(&first, &spec, &manifest());
		let signed = sign(run.clone(), 10);
		let accept = |worker: u8, id: &JobId, signed| {
			PoAi::accept_receipt(&account(worker), id, &spec, &class(), signed)
		};
		// Another worker cannot hand it in, nor sign it as its own and be paid by the first one's job.
		assert_noop!(
			accept(2, &first, &signed),
			Error::<Test>::ReceiptBadSignature
		);
		assert_ok!(accept(WORKER, &first, &signed));
		assert_noop!(
			accept(WORKER, &first, &signed),
			Error::<Test>::ReceiptExists
		);
		assert_noop!(
			accept(WORKER, &second, &signed),
			Error::<Test>::ReceiptWrongJob
		);
		// The same run under the name of another job is another use of one slot.
		let mut renamed = receipt(&second, &spec, &manifest());
		renamed.started = run.started;
		renamed.duration = run.duration;
		assert_noop!(
			accept(WORKER, &second, &sign(renamed, 10)),
			Error::<Test>::ReceiptOverlaps
		);
	});
}
