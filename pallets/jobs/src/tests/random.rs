//! Random operations: whatever clients and workers do, the invariants hold after every block, and no
//! unit is lost or made. After every step jobs and money are those of a plain model.

use super::model::Model;
use crate::{doubles::CommitteeDouble, mock::*, types::DeclineReason, Event};
use aci_primitives::{
	traits::{DisputeVerdict, Verdicts},
	JobId, JobStatus, ReservationId, Role,
};
use proptest::{
	prelude::*,
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{cell::RefCell, collections::BTreeSet};

#[derive(Clone, Copy, Debug)]
enum Operation {
	Submit {
		client: usize,
		max_price: u128,
		kind: u8,
	},
	Cancel(usize),
	Acknowledge(usize),
	Decline(usize, u8),
	Result {
		job: usize,
		tokens_out: u32,
	},
	Poke(usize),
	Buy {
		client: usize,
		window: u32,
	},
	SubmitReserved {
		client: usize,
		reservation: ReservationId,
	},
	Dispute {
		job: usize,
		paid: bool,
	},
	Decide(usize, u8),
	Convict {
		job: usize,
		paid: bool,
		verdict: u8,
	},
	Committee(bool),
	SetActive(usize, bool),
	Update(usize, bool),
	Deregister(usize),
	Register(usize),
	Unbond(usize),
	NextBlock(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
	prop_oneof![
		6 => (0..2usize, 100..400_000u128, 0..4u8)
			.prop_map(|(client, max_price, kind)| Operation::Submit { client, max_price, kind }),
		1 => any::<usize>().prop_map(Operation::Cancel),
		5 => any::<usize>().prop_map(Operation::Acknowledge),
		3 => (any::<usize>(), 0..6u8).prop_map(|(job, reason)| Operation::Decline(job, reason)),
		5 => (any::<usize>(), 1..=32u32)
			.prop_map(|(job, tokens_out)| Operation::Result { job, tokens_out }),
		1 => any::<usize>().prop_map(Operation::Poke),
		2 => (0..2usize, 2..25u32).prop_map(|(client, window)| Operation::Buy { client, window }),
		3 => (0..2usize, 0..4u64)
			.prop_map(|(client, reservation)| Operation::SubmitReserved { client, reservation }),
		3 => (any::<usize>(), any::<bool>())
			.prop_map(|(job, paid)| Operation::Dispute { job, paid }),
		1 => (any::<usize>(), 0..6u8).prop_map(|(job, verdict)| Operation::Decide(job, verdict)),
		1 => (any::<usize>(), any::<bool>(), 0..6u8)
			.prop_map(|(job, paid, verdict)| Operation::Convict { job, paid, verdict }),
		1 => prop_oneof![Just(true), Just(true), Just(false)].prop_map(Operation::Committee),
		1 => (0..3usize, any::<bool>()).prop_map(|(worker, on)| Operation::SetActive(worker, on)),
		1 => (0..3usize, any::<bool>()).prop_map(|(worker, all)| Operation::Update(worker, all)),
		1 => (0..3usize).prop_map(Operation::Deregister),
		2 => (0..3usize).prop_map(Operation::Register),
		1 => (0..3usize).prop_map(Operation::Unbond),
		8 => prop_oneof![Just(BLOCK_TIME), Just(BLOCK_TIME), Just(10), Just(60_000)]
			.prop_map(Operation::NextBlock),
	]
}

/// Does an operation; whether it is accepted is the pallet's to say.
fn apply(operation: Operation, jobs: &mut Vec<JobId>, order: &mut u64) {
	// Mostly a job in the state that the operation is for; any job when there is none, or by chance.
	let pick_in = |jobs: &[JobId], wanted: JobStatus, index: usize| {
		let fitting: Vec<JobId> = jobs
			.iter()
			.filter(|id| job_if_any(**id).is_some_and(|job| job.status == wanted))
			.copied()
			.collect();
		let from = if fitting.is_empty() || index.is_multiple_of(8) {
			jobs
		} else {
			&fitting
		};
		from.get(index % from.len().max(1))
			.copied()
			.unwrap_or_default()
	};
	let assigned = |id: JobId| {
		job_if_any(id)
			.and_then(|job| job.assignment)
			.map(|a| a.worker)
	};
	// Wrong is rare: the worker is out of the game then.
	let verdict = |number: u8| match number {
		0 => DisputeVerdict::Wrong,
		1 | 2 => DisputeVerdict::Doubtful,
		_ => DisputeVerdict::Right,
	};
	let with_result = |paid: bool| {
		if paid {
			JobStatus::Settled
		} else {
			JobStatus::Submitted
		}
	};
	let by_worker = |id: JobId| RuntimeOrigin::signed(assigned(id).unwrap_or(account(99)));
	let signed = |worker: usize| RuntimeOrigin::signed(workers()[worker].clone());
	// Errors are part of the game: what matters is that they change nothing, which `check` sees.
	let _ = match operation {
		Operation::Submit {
			client,
			max_price,
			kind,
		} => {
			let mut spec = match kind {
				0 => embedding(),
				1 => text(),
				_ => served(),
			};
			spec.max_price = max_price;
			*order += 1;
			let client = &clients()[client];
			let submitted = try_submit(client, *order, &spec);
			if submitted.is_ok() {
				jobs.push(id(client, *order, &spec));
			}
			submitted
		}
		Operation::Cancel(job) => {
			let id = pick_in(jobs, JobStatus::Open, job);
			let client = job_if_any(id).map_or(account(99), |job| job.client);
			Jobs::cancel(RuntimeOrigin::signed(client), id)
		}
		Operation::Acknowledge(job) => {
			let id = pick_in(jobs, JobStatus::Matched, job);
			Jobs::acknowledge(by_worker(id), id)
		}
		Operation::Decline(job, reason) => {
			let id = pick_in(jobs, JobStatus::Matched, job);
			let reason = match reason {
				0 => DeclineReason::InputTooLong,
				1 => DeclineReason::Other,
				_ => DeclineReason::InputUnavailable,
			};
			Jobs::decline(by_worker(id), id, reason)
		}
		Operation::Result { job, tokens_out } => {
			let id = pick_in(jobs, JobStatus::Running, job);
			match assigned(id) {
				Some(worker) => {
					let embeds =
						job_if_any(id).is_some_and(|job| job.spec.parameters.max_tokens_out == 0);
					let tokens_out = if embeds { 0 } else { tokens_out };
					let signed = sign(&worker, receipt(id, 64, tokens_out));
					try_result(&worker, id, signed, output())
				}
				None => Ok(()),
			}
		}
		Operation::Poke(job) => Jobs::poke(
			by_worker(Default::default()),
			pick_in(jobs, JobStatus::Submitted, job),
		),
		Operation::Buy { client, window } => try_reserve(&clients()[client], window),
		Operation::SubmitReserved {
			client,
			reservation,
		} => {
			*order += 1;
			let client = &clients()[client];
			// One of the last that were bought.
			let bought = pallet_aci_hmm::NextReservation::<Test>::get();
			let reservation = bought.saturating_sub(1 + reservation);
			let submitted = try_submit_reserved(client, *order, &text(), reservation);
			if submitted.is_ok() {
				jobs.push(id(client, *order, &text()));
			}
			submitted
		}
		Operation::Dispute { job, paid } => {
			let id = pick_in(jobs, with_result(paid), job);
			match job_if_any(id) {
				Some(_) => dispute(id),
				None => Ok(()),
			}
		}
		Operation::Decide(job, number) => {
			let id = pick_in(jobs, JobStatus::Disputed, job);
			Jobs::decide_dispute(RuntimeOrigin::root(), id, verdict(number))
		}
		Operation::Convict {
			job,
			paid,
			verdict: number,
		} => {
			let id = pick_in(jobs, with_result(paid), job);
			<Jobs as Verdicts>::convict(&id, verdict(number), Default::default(), None)
		}
		Operation::Committee(available) => {
			CommitteeDouble::set_available(available);
			Ok(())
		}
		Operation::SetActive(worker, active) => Jobs::set_active(signed(worker), active),
		Operation::Update(worker, all) => {
			let models = if all {
				models()
			} else {
				vec![TEXT].try_into().expect("short")
			};
			Jobs::update_worker(signed(worker), models, Default::default())
		}
		Operation::Deregister(worker) => Jobs::deregister_worker(signed(worker)),
		Operation::Register(worker) => {
			let worker = &workers()[worker];
			let bonded = StakingSlashing::ledger(worker.clone(), Role::Worker)
				.map_or(0, |ledger| ledger.active);
			let missing = bond_for(2).saturating_sub(bonded);
			let _ =
				StakingSlashing::bond(RuntimeOrigin::signed(worker.clone()), Role::Worker, missing);
			attest(worker);
			try_register(worker, 2)
		}
		Operation::Unbond(worker) => StakingSlashing::unbond(signed(worker), Role::Worker, 100_000),
		Operation::NextBlock(milliseconds) => {
			next_block_after(milliseconds);
			Ok(())
		}
	};
}

/// Takes up the events since the last step, and compares with the model. Returns their kinds.
fn step(model: &mut Model) -> BTreeSet<&'static str> {
	for (owner, amount) in burned_with_reservations() {
		model.burn(&owner, amount);
	}
	let events = events();
	for event in &events {
		model.take(event);
	}
	model.compare();
	events
		.into_iter()
		.map(|event| match event {
			Event::WorkerRegistered { .. } => "WorkerRegistered",
			Event::WorkerUpdated { .. } => "WorkerUpdated",
			Event::WorkerActivityChanged { .. } => "WorkerActivityChanged",
			Event::WorkerDeregistered { .. } => "WorkerDeregistered",
			Event::JobSubmitted { .. } => "JobSubmitted",
			Event::JobCancelled { .. } => "JobCancelled",
			Event::JobMatched { .. } => "JobMatched",
			Event::JobAcknowledged { .. } => "JobAcknowledged",
			Event::JobReturned { .. } => "JobReturned",
			Event::ResultSubmitted { .. } => "ResultSubmitted",
			Event::JobSettled { .. } => "JobSettled",
			Event::JobExpired { slot_fee: 0, .. } => "JobExpired",
			Event::JobExpired { .. } => "JobExpired with a slot fee",
			Event::JobTimedOut { .. } => "JobTimedOut",
			Event::JobPruned { .. } => "JobPruned",
			Event::JobReserved { .. } => "JobReserved",
			Event::JobForfeited { .. } => "JobForfeited",
			Event::JobDisputed { .. } => "JobDisputed",
			Event::DisputeRedrawn { .. } => "DisputeRedrawn",
			Event::DisputeDecided { .. } => "DisputeDecided",
			Event::DisputeUndecided { .. } => "DisputeUndecided",
			Event::JobConvicted { .. } => "JobConvicted",
			Event::JobRefunded { claim: 0, .. } => "JobRefunded",
			Event::JobRefunded { .. } => "JobRefunded by a claim",
			Event::SettlementFailed { .. } => "SettlementFailed",
			Event::HistoryWritten { .. } => "HistoryWritten",
			Event::WorkerWeighed { .. } => "WorkerWeighed",
			Event::__Ignore(..) => "none",
		})
		.collect()
}

/// Runs operations from a fresh state until every job is pruned.
fn play(operations: Vec<Operation>) -> BTreeSet<&'static str> {
	let mut seen = BTreeSet::new();
	run(|| {
		MaxDuePerBlock::set(3);
		MaxSettlementsPerBlock::set(4);
		MaxMatchesPerBlock::set(3);
		MaxOpenPerClass::set(6);
		QualityEpoch::set(20);
		for account in workers().iter().take(2) {
			register(account, 2);
		}
		let mut jobs = Vec::new();
		let mut order = 0;
		let mut model = Model::default();
		for operation in operations {
			apply(operation, &mut jobs, &mut order);
			seen.append(&mut step(&mut model));
			// A new block has been checked already.
			if !matches!(operation, Operation::NextBlock(_)) {
				check();
			}
		}
		MaxDuePerBlock::set(64);
		let last = System::block_number() + 250;
		while crate::Jobs::<Test>::iter_keys().next().is_some() {
			assert!(
				System::block_number() < last,
				"every job ends and is pruned"
			);
			next_block();
			seen.append(&mut step(&mut model));
		}
		// The last windows end.
		blocks(40);
		for client in clients() {
			assert_eq!(free(&client) + Escrow::free(client.clone()), total(&client));
		}
		for worker in crate::Workers::<Test>::iter_values() {
			assert_eq!((worker.busy, worker.exposure), (0, 0));
		}
		assert_eq!(crate::Disputes::<Test>::iter_keys().count(), 0);
		assert_eq!(crate::Batches::<Test>::iter_keys().count(), 0);
	});
	seen
}

/// The sequences are drawn from a fixed seed, so that they are known to reach every transition.
#[test]
fn the_invariants_hold_whatever_is_done() {
	let config = Config {
		cases: 5,
		failure_persistence: None,
		..Config::default()
	};
	let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
	let seen = RefCell::new(BTreeSet::new());
	let sequences = prop::collection::vec(operation(), 100..140);
	TestRunner::new_with_rng(config, rng)
		.run(&sequences, |operations| {
			seen.borrow_mut().append(&mut play(operations));
			Ok(())
		})
		.unwrap_or_else(|failure| panic!("{failure}"));
	let missing: Vec<&str> = [
		"WorkerRegistered",
		"WorkerUpdated",
		"WorkerActivityChanged",
		"WorkerDeregistered",
		"WorkerWeighed",
		"JobSubmitted",
		"JobCancelled",
		"JobMatched",
		"JobAcknowledged",
		"JobReturned",
		"ResultSubmitted",
		"JobSettled",
		"JobExpired",
		"JobExpired with a slot fee",
		"JobTimedOut",
		"JobPruned",
		"JobReserved",
		"JobForfeited",
		"JobDisputed",
		"DisputeRedrawn",
		"DisputeDecided",
		"DisputeUndecided",
		"JobConvicted",
		"JobRefunded",
		"JobRefunded by a claim",
		"HistoryWritten",
	]
	.into_iter()
	.filter(|kind| !seen.borrow().contains(kind))
	.collect();
	assert!(missing.is_empty(), "the sequences do not reach {missing:?}");
}
