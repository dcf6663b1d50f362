//! The history of ended jobs.

use crate::{mock::*, Event, Leaves};
use aci_primitives::{
	history::prove, BlockHistory, BlockNumber, Hash, HistoryLeaf, HistoryProof, JobStatus,
};
use frame_support::{assert_noop, assert_ok};

/// The leaf that an event of an end states: all that an archive has.
fn leaf_of(event: &Event<Test>, block: BlockNumber) -> Option<HistoryLeaf> {
	let leaf = |job: &Hash, client: &aci_primitives::AccountId, status| HistoryLeaf {
		job: *job,
		client: client.clone(),
		worker: None,
		status,
		price: 0,
		due: 0,
		refund: 0,
		receipt: None,
		block,
	};
	Some(match event {
		Event::JobSettled {
			job,
			client,
			worker,
			paid,
			validators,
			verifiers,
			fund,
			burned,
			refund,
			receipt,
		} => {
			let due = paid + validators + verifiers + fund + burned;
			HistoryLeaf {
				worker: Some(worker.clone()),
				price: due + refund,
				due,
				refund: *refund,
				receipt: Some(*receipt),
				..leaf(job, client, JobStatus::Settled)
			}
		}
		Event::JobCancelled {
			job,
			client,
			refund,
		} => HistoryLeaf {
			refund: *refund,
			..leaf(job, client, JobStatus::Cancelled)
		},
		Event::JobExpired {
			job,
			client,
			refund,
			slot_fee,
		} => HistoryLeaf {
			due: *slot_fee,
			refund: *refund,
			..leaf(job, client, JobStatus::Expired)
		},
		Event::JobTimedOut {
			job,
			client,
			worker,
			refund,
			..
		} => HistoryLeaf {
			worker: Some(worker.clone()),
			price: *refund,
			refund: *refund,
			..leaf(job, client, JobStatus::TimedOut)
		},
		Event::JobRefunded {
			job,
			client,
			worker,
			price,
			due,
			refund,
			receipt,
			..
		} => HistoryLeaf {
			worker: Some(worker.clone()),
			price: *price,
			due: *due,
			refund: *refund,
			receipt: Some(*receipt),
			..leaf(job, client, JobStatus::Refunded)
		},
		_ => return None,
	})
}

/// Ends this block and checks what it left against its events. Returns the leaves.
fn end_block() -> Vec<HistoryLeaf> {
	let block = System::block_number();
	Jobs::write_history();
	assert!(Leaves::<Test>::get().is_empty());
	let events = events();
	let leaves: Vec<HistoryLeaf> = events
		.iter()
		.filter_map(|event| leaf_of(event, block))
		.collect();
	let hashes: Vec<Hash> = leaves.iter().map(HistoryLeaf::hash).collect();
	let history = BlockHistory::of(&hashes);
	assert_eq!(Jobs::history(block), history);
	let written: Vec<(BlockNumber, Hash, u32)> = events
		.iter()
		.filter_map(|event| match event {
			Event::HistoryWritten { block, root, jobs } => Some((*block, *root, *jobs)),
			_ => None,
		})
		.collect();
	let expected = history.map(|history| (block, history.root, history.jobs));
	assert_eq!(written, expected.into_iter().collect::<Vec<_>>());
	leaves
}

fn proof_of(leaves: &[HistoryLeaf], index: u32) -> HistoryProof {
	let hashes: Vec<Hash> = leaves.iter().map(HistoryLeaf::hash).collect();
	prove(&hashes, index).expect("inside")
}

#[test]
fn every_end_is_proven_from_events_long_after_its_record_is_gone() {
	run(|| {
		let [client, other] = clients();
		let [first, second, _] = workers();
		register(&first, 1);
		// One that times out, one that is paid, one that is cancelled: in one block.
		let lost = submit(&client, 1, &text());
		next_block();
		acknowledge(lost);
		register(&second, 2);
		blocks(TIMEOUT_BLOCKS - 3);
		let waits = submit(&client, 2, &text());
		next_block();
		acknowledge(waits);
		next_block();
		result(waits, 64, 20);
		let withdrawn = submit(&other, 1, &text());
		events();
		next_block();
		assert_eq!(status(lost), JobStatus::TimedOut);
		assert_eq!(status(waits), JobStatus::Settled);
		// Matched at the end of the last block: it is declined twice.
		let decline = |id| {
			let origin = RuntimeOrigin::signed(worker_of(id));
			let reason = crate::types::DeclineReason::Other;
			assert_ok!(Jobs::decline(origin, id, reason));
		};
		decline(withdrawn);
		assert_ok!(Jobs::cancel(
			RuntimeOrigin::signed(other.clone()),
			withdrawn
		));
		let block = System::block_number();
		let leaves = end_block();
		let ends: Vec<_> = leaves.iter().map(|leaf| (leaf.job, leaf.status)).collect();
		assert_eq!(
			ends,
			vec![
				(waits, JobStatus::Settled),
				(lost, JobStatus::TimedOut),
				(withdrawn, JobStatus::Cancelled)
			]
		);
		let dues = &leaves[0];
		assert!(dues.due > 0 && dues.refund > 0);
		assert_eq!(dues.receipt, job(waits).result.map(|result| result.receipt));

		blocks(200);
		assert_eq!(crate::Jobs::<Test>::iter_keys().count(), 0);
		for (index, leaf) in leaves.iter().enumerate() {
			let proof = proof_of(&leaves, index as u32);
			let verify = |index, leaf: &HistoryLeaf| {
				Jobs::verify_history(index, leaf.clone(), proof.clone())
			};
			assert!(verify(index as u32, leaf));
			assert!(!verify(index as u32 + 1, leaf));
			let mut forged = leaf.clone();
			forged.due += 1;
			assert!(!verify(index as u32, &forged));
			forged = leaf.clone();
			forged.block = block + 1;
			assert!(!verify(index as u32, &forged));
		}
	});
}

#[test]
fn a_slot_fee_is_what_an_expired_job_paid() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		let id = submit(&client, 1, &served());
		events();
		for _ in 0..2 {
			next_block();
			let origin = RuntimeOrigin::signed(worker_of(id));
			let reason = crate::types::DeclineReason::InputUnavailable;
			assert_ok!(Jobs::decline(origin, id, reason));
		}
		let leaves = end_block();
		assert_eq!(leaves.len(), 1);
		assert_eq!(
			(leaves[0].status, leaves[0].due),
			(JobStatus::Expired, SLOT_FEE)
		);
	});
}

#[test]
fn a_block_in_which_nothing_ends_leaves_nothing() {
	run(|| {
		submit(&clients()[0], 1, &text());
		events();
		assert_eq!(end_block(), vec![]);
		assert_eq!(Jobs::history(System::block_number()), None);
	});
}

#[test]
fn no_more_jobs_end_in_a_block_than_its_bound() {
	run(|| {
		let [client, _] = clients();
		let ids: Vec<Hash> = (0..3)
			.map(|order| submit(&client, order, &text()))
			.collect();
		MaxEndsPerBlock::set(2);
		let cancel = |id| Jobs::cancel(RuntimeOrigin::signed(client.clone()), id);
		assert_ok!(cancel(ids[0]));
		assert_ok!(cancel(ids[1]));
		assert_noop!(cancel(ids[2]), Failure::BlockFull);
		next_block();
		assert_ok!(cancel(ids[2]));
	});
}
