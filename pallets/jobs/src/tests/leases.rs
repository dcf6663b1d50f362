//! Slots that homes of the fast path have, and disputed jobs that come from there.

use crate::{mock::*, LeasedOuts};
use aci_market::stake::exposure_limit;
use aci_primitives::{
	job::{job_id, Home},
	traits::{
		DisputeVerdict, DisputedJobs, ExportedJob, LeasedEscrow, LeasedSlots, NetSettlement,
		Slices, Verdicts,
	},
	AccountId, Balance, JobId, JobStatus,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

const PRICE: Balance = 50_000;

fn home() -> Home {
	Home::Validator(account(77))
}

/// Leases slots of a worker to the home, as the fast path does.
fn lease(worker: &AccountId, slots: u32, exposure: Balance) {
	assert_ok!(Hmm::split(CLASS, &home(), u64::from(slots) * 1_000));
	assert_ok!(Jobs::lease_slots(worker, slots));
	Jobs::expose(worker, exposure);
	check();
}

#[test]
fn a_leased_slot_gets_no_job_of_the_chain() {
	run(|| {
		let [client, _] = clients();
		let [account, ..] = workers();
		register(&account, 3);
		lease(&account, 2, 10_000);
		let record = worker(&account);
		assert_eq!((record.busy, record.exposure), (2, 10_000));
		let offer = Jobs::offer(&account).expect("it takes jobs");
		assert_eq!(offer.slots, 1);
		assert_eq!(offer.exposure, exposure_limit(bond_for(3)) - 10_000);
		let first = submit(&client, 1, &text());
		let second = submit(&client, 2, &text());
		next_block();
		let matched = [first, second]
			.iter()
			.filter(|id| status(**id) == JobStatus::Matched)
			.count();
		assert_eq!(matched, 1, "the third slot alone");
		assert_noop!(Jobs::lease_slots(&account, 1), Failure::SlotsOutOfBounds);
		assert_ok!(Jobs::return_slots(&account, 2));
		assert_ok!(Hmm::merge(CLASS, &home(), 2_000));
		Jobs::end_exposure(&account, 10_000);
		assert!(!LeasedOuts::<Test>::contains_key(&account));
		assert_noop!(Jobs::return_slots(&account, 1), Failure::SlotsOutOfBounds);
		next_block();
		assert_eq!(status(second), JobStatus::Matched);
	});
}

#[test]
fn a_worker_with_leases_stays_registered() {
	run(|| {
		let [account, ..] = workers();
		register(&account, 2);
		lease(&account, 1, 10_000);
		let leave = || Jobs::deregister_worker(RuntimeOrigin::signed(account.clone()));
		assert_noop!(leave(), Failure::JobsUnfinished);
		assert_ok!(Jobs::return_slots(&account, 1));
		assert_ok!(Hmm::merge(CLASS, &home(), 1_000));
		assert_noop!(leave(), Failure::ExposureOpen);
		Jobs::end_exposure(&account, 10_000);
		assert_ok!(leave());
		Jobs::expose(&account, 5);
		assert_eq!(Jobs::exposed(&account), 0, "it is no worker");
	});
}

#[test]
fn a_paused_worker_offers_nothing_and_a_missed_match_lowers_its_rank() {
	run(|| {
		let [account, ..] = workers();
		register(&account, 2);
		Jobs::note_missed(&account);
		assert_eq!(Jobs::offer(&account).expect("it takes jobs").missed, 1);
		assert_ok!(Jobs::set_active(
			RuntimeOrigin::signed(account.clone()),
			false
		));
		assert_eq!(Jobs::offer(&account), None);
		assert!(Jobs::facts(&account).is_some());
	});
}

/// A disputed job of the fast path, with its lock.
fn exported(worker: &AccountId) -> ExportedJob {
	let [client, _] = clients();
	let order = 1 << 32 | 3;
	let id = job_id(&Jobs::genesis_hash(), &client, order, &text());
	assert_ok!(Escrow::lease(&client, PRICE));
	assert_ok!(Escrow::settle_net(&NetSettlement {
		debits: vec![(client.clone(), PRICE)],
		locks: PRICE,
		..Default::default()
	}));
	assert_ok!(Escrow::export_lock(&client, &id, PRICE));
	ExportedJob {
		id,
		client,
		order,
		spec: text(),
		worker: worker.clone(),
		home: home(),
		price: PRICE,
		flops: 1,
		due: PRICE / 2,
		receipt: H256::repeat_byte(3),
		output: output(),
	}
}

fn import() -> (AccountId, JobId) {
	let [account, ..] = workers();
	register(&account, 1);
	let job = exported(&account);
	let id = job.id;
	assert_ok!(Jobs::import_disputed(job.clone()));
	check();
	assert_noop!(Jobs::import_disputed(job), Failure::JobExists);
	assert_eq!(status(id), JobStatus::Disputed);
	assert_eq!(worker(&account).exposure, PRICE);
	(account, id)
}

#[test]
fn an_imported_job_that_is_right_is_paid_what_was_due() {
	run(|| {
		let (account, id) = import();
		let before = free(&account);
		assert_ok!(<Jobs as Verdicts>::decide(&id, DisputeVerdict::Right));
		check();
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(free(&account) - before, PRICE / 2 * 8 / 10);
		assert_eq!(Escrow::free(clients()[0].clone()), PRICE / 2);
		blocks(FRAUD_WINDOW + 2);
		assert_eq!(job_if_any(id), None);
	});
}

#[test]
fn an_imported_job_that_is_wrong_is_refunded_and_costs_the_bond() {
	run(|| {
		let (account, id) = import();
		assert_ok!(<Jobs as Verdicts>::decide(&id, DisputeVerdict::Wrong));
		check();
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(Escrow::free(clients()[0].clone()), PRICE);
		assert_eq!(worker(&account).exposure, 0);
	});
}

#[test]
fn an_imported_job_that_nobody_decides_is_refunded() {
	run(|| {
		let (_, id) = import();
		for _ in 0..MAX_DRAWS {
			blocks(DISPUTE_BLOCKS + 1);
		}
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(Escrow::free(clients()[0].clone()), PRICE);
	});
}

#[test]
fn a_job_of_no_worker_is_not_imported() {
	run(|| {
		let job = exported(&account(99));
		assert_noop!(Jobs::import_disputed(job), Failure::NotRegistered);
		// Its lock has no record; the pallet of the fast path does both or nothing.
		let [client, _] = clients();
		let id = job_id(&Jobs::genesis_hash(), &client, 1 << 32 | 3, &text());
		assert_ok!(<Escrow as aci_primitives::traits::Settlement>::settle(&[
			aci_primitives::traits::Release {
				job: id,
				payments: vec![],
			}
		]));
	});
}
