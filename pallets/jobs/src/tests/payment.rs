//! Jobs that are run and paid.

use crate::{mock::*, Event};
use aci_market::payment::{actual_price, late_price};
use aci_primitives::{JobSpec, JobStatus};
use frame_support::assert_ok;

/// A job from submission to pruning, with every balance after every step.
fn happy_path(spec: JobSpec, tokens_in: u32, tokens_out: u32) {
	run(|| {
		let [client, _] = clients();
		let [worker_account, ..] = workers();
		register(&worker_account, 2);
		events();

		let id = submit(&client, 7, &spec);
		assert_eq!(free(&client), START - MAX_PRICE - DEPOSIT);
		assert_eq!(status(id), JobStatus::Open);
		let submitted = job(id);

		next_block();
		assert_eq!(status(id), JobStatus::Matched);
		let locked = price(id);
		assert!(locked > 0 && locked < MAX_PRICE);
		assert_eq!(worker_of(id), worker_account);
		assert_eq!(free(&client), START - locked - DEPOSIT);
		assert_eq!(worker(&worker_account).busy, 1);
		assert_eq!(worker(&worker_account).exposure, locked);

		acknowledge(id);
		assert_eq!(status(id), JobStatus::Running);
		blocks(3);
		let flops = job(id).assignment.expect("matched").flops;
		let actual = receipt(id, tokens_in, tokens_out).metrics.flops;
		let due = actual_price(locked, flops, actual);
		assert!(due < locked);
		result(id, tokens_in, tokens_out);
		assert_eq!(status(id), JobStatus::Submitted);
		assert_eq!(worker(&worker_account).busy, 0);
		assert_eq!(free(&client), START - locked - DEPOSIT);

		next_block();
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(total(&worker_account), START + part(due));
		assert_eq!(free(&client), START - due - DEPOSIT);
		assert_eq!(pots(), pots_after(&[due]));
		assert_eq!(worker(&worker_account).exposure, locked);
		let parts = pots_after(&[due]);
		assert_eq!(part(due) + parts.0 + parts.1 + parts.2 + parts.3, due);

		blocks(FRAUD_WINDOW - 1);
		assert_eq!(worker(&worker_account).exposure, locked);
		next_block();
		assert!(crate::Jobs::<Test>::get(id).is_none());
		assert!(ProofOfAi::receipt(id).is_none());
		assert_eq!(worker(&worker_account).exposure, 0);
		assert_eq!(free(&client), START - due);
		assert_eq!(total(&client), START - due);

		let matched = match &events()[..] {
			[Event::JobSubmitted {
				job,
				client: by,
				order: 7,
				match_by,
				..
			}, matched @ Event::JobMatched { .. }, Event::JobAcknowledged { .. }, Event::ResultSubmitted { due: stated, .. }, Event::JobSettled {
				paid,
				validators,
				verifiers,
				fund,
				burned,
				refund,
				..
			}, Event::HistoryWritten { jobs: 1, .. }, Event::JobPruned {
				deposit: DEPOSIT, ..
			}] => {
				assert_eq!((*job, by), (id, &client));
				assert_eq!(*match_by, submitted.deadline);
				assert_eq!(*stated, due);
				assert_eq!(*paid, part(due));
				assert_eq!((*validators, *verifiers, *fund, *burned), parts);
				assert_eq!(*refund, locked - due);
				matched.clone()
			}
			other => panic!("{other:?}"),
		};
		let Event::JobMatched { price, worker, .. } = matched else {
			unreachable!()
		};
		assert_eq!((price, worker), (locked, worker_account));
	});
}

#[test]
fn a_text_job_is_matched_run_paid_and_pruned() {
	happy_path(text(), 40, 20);
}

#[test]
fn an_embedding_job_is_matched_run_paid_and_pruned() {
	happy_path(embedding(), 40, 0);
}

#[test]
fn a_late_result_is_paid_by_the_late_rule() {
	run(|| {
		let [client, _] = clients();
		let [worker_account, ..] = workers();
		register(&worker_account, 1);
		let id = submit(&client, 1, &text());
		next_block();
		let locked = price(id);
		acknowledge(id);
		// 10 blocks are the SLA, 20 are twice the SLA.
		blocks(15);
		let due = late_price(locked, SLA, 15 * BLOCK_TIME).expect("not timed out");
		assert_eq!(due, locked * 3 / 4);
		result(id, 64, 32);
		assert_eq!(job(id).result.expect("there").due, due);
		next_block();
		assert_eq!(total(&worker_account), START + part(due));
		assert_eq!(total(&client), START - due);
		assert_eq!(pots(), pots_after(&[due]));
	});
}

#[test]
fn a_result_within_the_sla_is_paid_in_full() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		let id = submit(&client, 1, &text());
		next_block();
		let locked = price(id);
		acknowledge(id);
		blocks(10);
		result(id, 64, 32);
		next_block();
		assert_eq!(total(&client), START - locked);
	});
}

#[test]
fn free_escrow_pays_before_the_balance_and_gets_its_share_back_first() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 1);
		assert_ok!(Escrow::deposit(
			RuntimeOrigin::signed(client.clone()),
			50_000
		));
		let id = submit(&client, 1, &text());
		assert_eq!(Escrow::free(client.clone()), 0);
		assert_eq!(free(&client), START - MAX_PRICE - DEPOSIT);
		next_block();
		let locked = price(id);
		assert_eq!(
			free(&client) + Escrow::free(client.clone()),
			START - locked - DEPOSIT
		);
		assert_eq!(total(&client), START);
	});
}
