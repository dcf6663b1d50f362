//! The agenda and the chain's time.

use crate::{mock::*, AgendaCursor};
use aci_primitives::{JobId, JobStatus};
use frame_support::assert_ok;

#[test]
fn a_full_agenda_loses_nothing() {
	run(|| {
		let [client, _] = clients();
		let ids: Vec<JobId> = (0..30)
			.map(|order| submit(&client, order, &text()))
			.collect();
		MaxDuePerBlock::set(4);
		blocks(MATCH_BLOCKS - 1);
		let open = |ids: &[JobId]| {
			ids.iter()
				.filter(|id| job_if_any(**id).is_some_and(|job| job.status == JobStatus::Open))
				.count()
		};
		assert_eq!(open(&ids), 30);
		for left in [26, 22, 18, 14, 10, 6, 2, 0] {
			next_block();
			assert_eq!(open(&ids), left);
		}
		assert_eq!(free(&client), START - 30 * DEPOSIT);
		// The records follow, in as many blocks as the bound makes necessary.
		blocks(RETENTION + 8);
		assert_eq!(crate::Jobs::<Test>::iter_keys().count(), 0);
		assert_eq!(free(&client), START);
		assert_eq!(crate::Agenda::<Test>::iter_keys().count(), 0);
		blocks(8);
		assert_eq!(
			AgendaCursor::<Test>::get(),
			Some(System::block_number() + 1)
		);
	});
}

#[test]
fn the_time_is_the_median_of_the_last_blocks() {
	run(|| {
		let before = Jobs::now();
		// An author's clock is an hour ahead, and those after it cannot go back.
		next_block_after(3_600_000);
		for passed in 1..=4 {
			assert_eq!(Jobs::now().moment, before.moment + passed * BLOCK_TIME);
			next_block_after(1);
		}
		assert!(Jobs::now().moment > before.moment + 3_600_000);
		assert_eq!(Jobs::now().block, before.block + 5);
	});
}

#[test]
fn every_record_is_pruned_in_the_end() {
	run(|| {
		let [client, other] = clients();
		register(&workers()[0], 2);
		let settled = submit(&client, 1, &text());
		next_block();
		acknowledge(settled);
		let timed_out = submit(&other, 1, &text());
		next_block();
		acknowledge(timed_out);
		result(settled, 64, 32);
		let cancelled = submit(&client, 2, &text());
		assert_ok!(Jobs::cancel(
			RuntimeOrigin::signed(client.clone()),
			cancelled
		));
		blocks(60);
		assert_eq!(crate::Jobs::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::Bookkeepings::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::JobsOf::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::JobCount::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::Assigned::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::Open::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::Agenda::<Test>::iter_keys().count(), 0);
		assert_eq!(total(&other), START);
	});
}

#[test]
fn the_start_of_a_block_reserves_the_weight_of_its_matching() {
	run(|| {
		use crate::weights::WeightInfo;
		submit(&clients()[0], 1, &text());
		submit(&clients()[0], 2, &text());
		let matching = <()>::match_job(8) * 16 + <()>::match_class() * 4;
		assert_eq!(Jobs::begin_block(), <()>::block() + matching);
		let deadline = System::block_number() + MATCH_BLOCKS;
		blocks(MATCH_BLOCKS - 1);
		frame_support::storage::with_transaction(|| {
			System::set_block_number(deadline);
			let weight = Jobs::begin_block();
			assert_eq!(weight, <()>::block() + <()>::due() * 2 + matching);
			sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(()))
		})
		.expect("rolled back");
		System::set_block_number(deadline - 1);
	});
}
