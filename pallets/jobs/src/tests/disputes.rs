//! Disputes: every verdict in both cases, none at all, and who may open one.

use crate::{
	doubles::{Asking, CommitteeDouble},
	mock::*,
	Event, HoldReason,
};
use aci_primitives::{
	traits::{Claim, DisputeVerdict, Verdicts},
	AccountId, Balance, JobId, JobStatus, Role,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{InspectHold, MutateHold},
};
use sp_core::H256;

/// The one worker of these tests has one slot and exactly its bond.
fn set_up() -> (AccountId, AccountId) {
	let [client, _] = clients();
	let [worker, ..] = workers();
	register(&worker, 1);
	(client, worker)
}

/// A job in dispute before its payment.
fn disputed_unpaid() -> JobId {
	let id = done(&clients()[0], 1);
	assert_ok!(dispute(id));
	id
}

/// A job in dispute after its payment.
fn disputed_paid() -> JobId {
	let id = done(&clients()[0], 1);
	next_block();
	assert_eq!(status(id), JobStatus::Settled);
	assert_ok!(dispute(id));
	id
}

fn held(client: &AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::DisputeBond.into(), client)
}

fn decide(id: JobId, verdict: DisputeVerdict) {
	assert_ok!(<Jobs as Verdicts>::decide(&id, verdict));
}

fn convict(id: JobId, verdict: DisputeVerdict) -> sp_runtime::DispatchResult {
	<Jobs as Verdicts>::convict(&id, verdict, H256::repeat_byte(5), Some(account(99)))
}

fn claim(client: &AccountId, id: JobId, amount: Balance) -> Claim {
	Claim {
		client: client.clone(),
		job: id,
		class: CLASS,
		amount,
	}
}

fn bonded(worker: &AccountId) -> Balance {
	StakingSlashing::ledger(worker.clone(), Role::Worker).map_or(0, |ledger| ledger.active)
}

#[test]
fn a_dispute_holds_a_tenth_of_the_price_and_at_least_the_minimum() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = done(&client, 1);
		let locked = price(id);
		let bond = locked.div_ceil(10);
		assert!(bond > MIN_DISPUTE_BOND);
		events();
		assert_ok!(dispute(id));
		let decide_by = job(id).deadline;
		assert_eq!(decide_by.block, System::block_number() + DISPUTE_BLOCKS);
		assert_eq!(
			events(),
			vec![Event::JobDisputed {
				job: id,
				client: client.clone(),
				worker: worker_account,
				bond,
				decide_by
			}]
		);
		assert_eq!(held(&client), bond);
		assert_eq!(free(&client), START - locked - DEPOSIT - bond);
		assert_eq!(CommitteeDouble::asked(), vec![(id, Asking::Convene(1))]);
		let view = Jobs::dispute_of(id).expect("open");
		assert_eq!((view.bond, view.draws, view.paid), (bond, 1, None));
	});
}

#[test]
fn a_right_output_that_was_not_paid_is_paid_and_the_bond_is_the_workers() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_unpaid();
		let (bond, due) = (dispute_bond(id), price(id));
		blocks(2);
		assert_eq!(status(id), JobStatus::Disputed);
		decide(id, DisputeVerdict::Right);
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(total(&worker_account), START + part(due) + bond);
		assert_eq!(total(&client), START - due - bond);
		assert_eq!(held(&client), 0);
		assert_eq!(pots(), pots_after(&[due]));
		assert_noop!(dispute(id), Failure::AlreadyDecided);
		assert_eq!(
			CommitteeDouble::asked().last(),
			Some(&(id, Asking::Dismiss(true)))
		);
		blocks(FRAUD_WINDOW);
		assert!(Jobs::job(id).is_none());
		assert_eq!(worker(&worker_account).exposure, 0);
	});
}

#[test]
fn a_right_output_that_was_paid_stays_paid_and_goes_back_to_its_window() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = done(&client, 1);
		next_block();
		let (window, due) = (job(id).deadline, price(id));
		assert_ok!(dispute(id));
		blocks(3);
		decide(id, DisputeVerdict::Right);
		assert_eq!((status(id), job(id).deadline), (JobStatus::Settled, window));
		assert_eq!(total(&worker_account), START + part(due) + dispute_bond(id));
		assert_eq!(total(&client), START - due - dispute_bond(id));
		// Its settlement was judged, the dispute is no second one.
		assert_eq!(StakingSlashing::quality(worker_account).judged, 1);
	});
}

#[test]
fn a_wrong_output_that_was_not_paid_is_refunded_of_the_lock_and_costs_the_bond() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_unpaid();
		let locked = price(id);
		events();
		decide(id, DisputeVerdict::Wrong);
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(total(&client), START);
		assert_eq!(free(&client), START - DEPOSIT);
		assert_eq!(bonded(&worker_account), 0);
		// 0.1 · 0 + 0.9 · 0.8
		let quality = StakingSlashing::quality(worker_account.clone());
		assert_eq!((quality.score, quality.judged), (720_000, 1));
		assert_eq!(worker(&worker_account).exposure, 0);
		let events = events();
		assert!(
			matches!(
				&events[..],
				[
					Event::JobRefunded { price, due: 0, refund, claim: 0, slashed, .. },
					Event::DisputeDecided { verdict: DisputeVerdict::Wrong, forfeited: 0, .. }
				] if *price == locked && *refund == locked && *slashed == bond_for(1)
			),
			"{events:?}"
		);
		blocks(RETENTION);
		assert!(Jobs::job(id).is_none());
		assert_eq!(total(&client), START);
	});
}

#[test]
fn a_wrong_output_that_was_paid_is_a_claim_on_the_slash() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_paid();
		let due = price(id);
		events();
		decide(id, DisputeVerdict::Wrong);
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(claims(), vec![claim(&client, id, due)]);
		assert_eq!(bonded(&worker_account), 0);
		assert_eq!(worker(&worker_account).exposure, 0);
		assert_eq!(held(&client), 0);
		// What it gets of the claim is the slash's matter, after the appeal time.
		assert_eq!(total(&client), START - due);
		blocks(RETENTION);
		assert!(Jobs::job(id).is_none());
	});
}

#[test]
fn a_doubtful_output_that_was_not_paid_is_refunded_and_nobody_is_slashed() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_unpaid();
		decide(id, DisputeVerdict::Doubtful);
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(total(&client), START);
		assert_eq!(bonded(&worker_account), bond_for(1));
		assert_eq!(StakingSlashing::quality(worker_account).score, 720_000);
	});
}

#[test]
fn a_doubtful_output_that_was_paid_stays_paid_and_lowers_quality() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_paid();
		let due = price(id);
		decide(id, DisputeVerdict::Doubtful);
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(total(&client), START - due);
		assert_eq!(held(&client), 0);
		assert_eq!(total(&worker_account), START + part(due));
		// (0.1 · 1 + 0.9 · 0.8) · 0.9
		assert_eq!(StakingSlashing::quality(worker_account).score, 738_000);
	});
}

#[test]
fn without_a_decision_committees_are_drawn_as_often_as_allowed_and_the_lock_is_refunded() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_unpaid();
		blocks(DISPUTE_BLOCKS);
		assert_eq!(Jobs::dispute_of(id).expect("open").draws, 2);
		blocks(DISPUTE_BLOCKS);
		assert_eq!(Jobs::dispute_of(id).expect("open").draws, 3);
		blocks(DISPUTE_BLOCKS - 1);
		assert_eq!(status(id), JobStatus::Disputed);
		assert!(worker(&worker_account).exposure > 0);
		next_block();
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(
			CommitteeDouble::asked(),
			vec![
				(id, Asking::Convene(1)),
				(id, Asking::Convene(2)),
				(id, Asking::Convene(3)),
				(id, Asking::Dismiss(false))
			]
		);
		assert_eq!(total(&client), START);
		assert_eq!(held(&client), 0);
		assert_eq!(bonded(&worker_account), bond_for(1));
		assert_eq!(StakingSlashing::quality(worker_account.clone()).judged, 0);
		assert_eq!(worker(&worker_account).exposure, 0);
	});
}

#[test]
fn without_a_decision_a_paid_job_stays_paid_and_the_bond_comes_back() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = disputed_paid();
		let due = price(id);
		blocks(MAX_DRAWS as u32 * DISPUTE_BLOCKS);
		// Its fraud window is long over.
		assert_eq!(status(id), JobStatus::Settled);
		assert_eq!(total(&client), START - due);
		assert_eq!(held(&client), 0);
		assert_eq!(total(&worker_account), START + part(due));
		next_block();
		assert!(Jobs::job(id).is_none());
		assert_eq!(worker(&worker_account).exposure, 0);
	});
}

#[test]
fn a_disputed_job_is_not_pruned_and_exposes_its_worker() {
	run(|| {
		let (_, worker_account) = set_up();
		let id = disputed_paid();
		let exposure = price(id);
		blocks(FRAUD_WINDOW + 5);
		assert_eq!(status(id), JobStatus::Disputed);
		assert_eq!(worker(&worker_account).exposure, exposure);
		assert!(ProofOfAi::receipt(id).is_some());
	});
}

#[test]
fn a_stalled_chain_takes_no_time_from_a_committee() {
	run(|| {
		set_up();
		let id = disputed_unpaid();
		next_block_after(3_600_000);
		blocks(DISPUTE_BLOCKS - 2);
		assert_eq!(Jobs::dispute_of(id).expect("open").draws, 1);
		next_block();
		assert_eq!(Jobs::dispute_of(id).expect("open").draws, 2);
	});
}

#[test]
fn anyone_draws_the_committee_that_the_agenda_did_not_reach() {
	run(|| {
		set_up();
		let id = disputed_unpaid();
		let origin = RuntimeOrigin::signed(account(99));
		assert_noop!(Jobs::poke(origin.clone(), id), Failure::NotDue);
		let deadline = job(id).deadline;
		undone(|| {
			System::set_block_number(deadline.block);
			crate::Timestamps::<Test>::mutate(|times| {
				times.iter_mut().for_each(|time| *time = deadline.moment)
			});
			assert_noop!(
				<Jobs as Verdicts>::decide(&id, DisputeVerdict::Wrong),
				Failure::DeadlinePassed
			);
			assert_ok!(Jobs::poke(origin, id));
			assert_eq!(Jobs::dispute_of(id).expect("open").draws, 2);
		});
		System::set_block_number(deadline.block - DISPUTE_BLOCKS);
	});
}

#[test]
fn nobody_opens_a_dispute_that_nobody_can_decide() {
	run(|| {
		set_up();
		let id = done(&clients()[0], 1);
		CommitteeDouble::set_available(false);
		assert_noop!(dispute(id), Failure::NoCommittee);
	});
}

#[test]
fn only_the_client_disputes_and_once_at_a_time() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = submit(&client, 1, &text());
		assert_noop!(dispute(id), Failure::NothingToDispute);
		next_block();
		acknowledge(id);
		assert_noop!(dispute(id), Failure::NothingToDispute);
		result(id, 64, 32);
		for other in [&clients()[1], &worker_account] {
			let origin = RuntimeOrigin::signed(other.clone());
			assert_noop!(Jobs::dispute(origin, id), Failure::NotClient);
		}
		assert_ok!(dispute(id));
		assert_noop!(dispute(id), Failure::AlreadyDisputed);
		assert_noop!(
			Jobs::dispute(RuntimeOrigin::signed(client), H256::zero()),
			Failure::UnknownJob
		);
		decide(id, DisputeVerdict::Wrong);
		assert_noop!(dispute(id), Failure::NothingToDispute);
	});
}

#[test]
fn the_last_block_of_the_fraud_window_is_the_last_for_a_dispute() {
	run(|| {
		set_up();
		let id = done(&clients()[0], 1);
		next_block();
		blocks(FRAUD_WINDOW - 1);
		undone(|| {
			assert_ok!(dispute(id));
		});
		let ends = job(id).deadline.block;
		undone(|| {
			System::set_block_number(ends);
			assert_noop!(dispute(id), Failure::DeadlinePassed);
			assert_noop!(convict(id, DisputeVerdict::Wrong), Failure::DeadlinePassed);
		});
		System::set_block_number(ends - 1);
	});
}

#[test]
fn a_result_whose_window_is_over_is_paid_before_it_is_disputed() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = done(&client, 1);
		let due = price(id);
		let next = System::block_number() + 1;
		undone(|| {
			// The block's start did not reach the batch.
			System::set_block_number(next);
			assert_eq!(status(id), JobStatus::Submitted);
			assert_ok!(dispute(id));
			assert_eq!(total(&worker_account), START + part(due));
			assert!(Jobs::dispute_of(id).expect("open").paid.is_some());
		});
		System::set_block_number(next - 1);
	});
}

#[test]
fn a_client_without_the_bond_cannot_dispute() {
	run(|| {
		let (client, _) = set_up();
		let id = done(&client, 1);
		let rest = free(&client) - EXISTENTIAL_DEPOSIT - 10;
		assert_ok!(Balances::transfer_keep_alive(
			RuntimeOrigin::signed(client),
			clients()[1].clone(),
			rest
		));
		assert!(dispute(id).is_err());
		assert_eq!(Jobs::dispute_of(id), None);
	});
}

#[test]
fn governance_decides_where_no_committee_does() {
	run(|| {
		let (client, _) = set_up();
		let id = disputed_unpaid();
		assert_noop!(
			Jobs::decide_dispute(
				RuntimeOrigin::signed(client.clone()),
				id,
				DisputeVerdict::Wrong
			),
			sp_runtime::DispatchError::BadOrigin
		);
		assert_ok!(Jobs::decide_dispute(
			RuntimeOrigin::root(),
			id,
			DisputeVerdict::Doubtful
		));
		assert_eq!(total(&client), START);
		assert_noop!(
			Jobs::decide_dispute(RuntimeOrigin::root(), id, DisputeVerdict::Wrong),
			Failure::NotDisputed
		);
	});
}

#[test]
fn a_proof_from_a_sample_refunds_of_the_lock_while_there_is_one() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = done(&client, 1);
		events();
		assert_ok!(convict(id, DisputeVerdict::Wrong));
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(total(&client), START);
		assert_eq!(bonded(&worker_account), 0);
		assert!(matches!(
			&events()[..],
			[
				Event::JobConvicted {
					reporter: Some(_),
					..
				},
				Event::JobRefunded { claim: 0, .. }
			]
		));
		assert_noop!(
			convict(id, DisputeVerdict::Wrong),
			Failure::NothingToDispute
		);
	});
}

#[test]
fn a_proof_from_a_sample_within_the_fraud_window_is_a_claim_on_the_slash() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = done(&client, 1);
		next_block();
		blocks(FRAUD_WINDOW - 1);
		let due = price(id);
		events();
		assert_ok!(convict(id, DisputeVerdict::Wrong));
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(claims(), vec![claim(&client, id, due)]);
		assert_eq!(bonded(&worker_account), 0);
		blocks(RETENTION);
		assert_noop!(convict(id, DisputeVerdict::Wrong), Failure::UnknownJob);
	});
}

#[test]
fn one_doubt_falls_into_one_verdict_and_a_proof_stands_above_it() {
	run(|| {
		let (client, worker_account) = set_up();
		let id = done(&client, 1);
		next_block();
		assert_noop!(convict(id, DisputeVerdict::Right), Failure::NothingProven);
		assert_ok!(convict(id, DisputeVerdict::Doubtful));
		assert_eq!(status(id), JobStatus::Settled);
		assert_noop!(
			convict(id, DisputeVerdict::Doubtful),
			Failure::AlreadyDecided
		);
		assert_noop!(dispute(id), Failure::AlreadyDecided);
		assert_ok!(convict(id, DisputeVerdict::Wrong));
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(bonded(&worker_account), 0);
	});
}

#[test]
fn a_proof_ends_an_open_dispute() {
	run(|| {
		let (client, _) = set_up();
		let id = disputed_paid();
		let due = price(id);
		assert_ok!(convict(id, DisputeVerdict::Wrong));
		assert_eq!(status(id), JobStatus::Refunded);
		assert_eq!(Jobs::dispute_of(id), None);
		assert_eq!(held(&client), 0);
		assert_eq!(total(&client), START - due);
		assert_eq!(
			CommitteeDouble::asked().last(),
			Some(&(id, Asking::Dismiss(true)))
		);
	});
}

#[test]
fn a_job_without_a_result_cannot_be_convicted() {
	run(|| {
		let (client, _) = set_up();
		let id = submit(&client, 1, &text());
		next_block();
		acknowledge(id);
		assert_noop!(
			convict(id, DisputeVerdict::Wrong),
			Failure::NothingToDispute
		);
	});
}

#[test]
fn a_bond_that_would_be_dust_for_the_worker_is_burned_and_blocks_nothing() {
	run(|| {
		let [client, _] = clients();
		let nobody = account(77);
		let dust = EXISTENTIAL_DEPOSIT - 1;
		assert_ok!(Balances::hold(
			&HoldReason::DisputeBond.into(),
			&client,
			dust
		));
		let issuance = Balances::total_issuance();
		assert_ok!(Jobs::forfeit_bond(&client, &nobody, dust), 0);
		assert_eq!(crate::TotalBurned::<Test>::get(), dust);
		assert_eq!(Balances::total_issuance(), issuance - dust);
		assert_eq!((held(&client), total(&nobody)), (0, 0));
	});
}

#[test]
fn a_dispute_of_one_job_leaves_the_others_of_its_batch_alone() {
	run(|| {
		let [client, _] = clients();
		register(&workers()[0], 3);
		let ids: Vec<JobId> = (0..3)
			.map(|order| submit(&client, order, &text()))
			.collect();
		next_block();
		for id in &ids {
			acknowledge(*id);
			result(*id, 64, 32);
		}
		assert_ok!(dispute(ids[1]));
		next_block();
		assert_eq!(
			ids.iter().map(|id| status(*id)).collect::<Vec<_>>(),
			vec![JobStatus::Settled, JobStatus::Disputed, JobStatus::Settled]
		);
		assert_ok!(dispute(ids[2]));
		decide(ids[1], DisputeVerdict::Right);
		decide(ids[2], DisputeVerdict::Doubtful);
		blocks(FRAUD_WINDOW);
		assert_eq!(crate::Jobs::<Test>::iter_keys().count(), 0);
		assert_eq!(worker(&workers()[0]).exposure, 0);
	});
}

#[test]
fn a_sampled_verifier_disputes_without_a_bond_and_nobody_gets_one() {
	for verdict in [
		DisputeVerdict::Right,
		DisputeVerdict::Doubtful,
		DisputeVerdict::Wrong,
	] {
		run(|| {
			let (client, worker_account) = set_up();
			let id = done(&client, 1);
			assert_ok!(<Jobs as Verdicts>::challenge(&id));
			assert_eq!(status(id), JobStatus::Disputed);
			assert_eq!(CommitteeDouble::asked(), vec![(id, Asking::Convene(1))]);
			assert_eq!(Jobs::dispute_of(id).expect("open").bond, 0);
			assert_eq!(held(&client), 0);
			assert_noop!(<Jobs as Verdicts>::challenge(&id), Failure::AlreadyDisputed);
			let due = price(id);
			let bond = bonded(&worker_account);
			decide(id, verdict);
			match verdict {
				DisputeVerdict::Right => {
					assert_eq!(total(&client), START - due);
					assert_eq!(total(&worker_account), START + part(due));
				}
				_ => {
					assert_eq!(total(&client), START);
					let left = bonded(&worker_account);
					let whole = verdict == DisputeVerdict::Doubtful;
					assert_eq!(left, if whole { bond } else { 0 });
				}
			}
			assert!(<Jobs as Verdicts>::challenge(&id).is_err());
		});
	}
}
