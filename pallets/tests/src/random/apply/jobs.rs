//! Workers, orders, work and disputes.

use super::{anybody, mostly, pick};
use crate::{
	orders::*,
	random::{
		operation::{Kind, Operation},
		play::Game,
	},
	runtime::*,
	world::*,
};
use aci_primitives::{
	traits::{Bonds, DisputeVerdict, Verdicts},
	AccountId, JobId, JobInput, JobSpec, JobStatus, Role,
};
use pallet_aci_jobs::{types::DeclineReason, Call};

fn jobs_in(status: JobStatus) -> Vec<JobId> {
	let mut ids: Vec<JobId> = pallet_aci_jobs::Jobs::<Market>::iter_keys()
		.filter(|id| job_if_any(*id).is_some_and(|job| job.status == status))
		.collect();
	ids.sort_unstable();
	ids
}

/// A job in a state; one in sixteen times any job.
fn job_in(status: JobStatus, number: u32) -> Option<JobId> {
	let fitting = jobs_in(status);
	if number % 16 == 15 {
		let mut all: Vec<JobId> = pallet_aci_jobs::Jobs::<Market>::iter_keys().collect();
		all.sort_unstable();
		return pick(&all, number);
	}
	pick(&fitting, number)
}

/// Most jobs in a state, by the bits of the number. One in sixteen times any job.
fn some_in(status: JobStatus, number: u32) -> Vec<JobId> {
	if number % 16 == 15 {
		return job_in(status, number).into_iter().collect();
	}
	let fitting = jobs_in(status).into_iter().enumerate();
	fitting
		.filter(|(place, _)| number >> (place % 8) & 3 != 3)
		.map(|(_, id)| id)
		.collect()
}

fn client_of(id: JobId) -> AccountId {
	job(id).client
}

fn worker_or_anybody(id: JobId, number: u32) -> AccountId {
	job(id)
		.assignment
		.map_or_else(|| anybody(number), |assignment| assignment.worker)
}

/// Wrong is rare, since it takes a worker's whole bond.
fn verdict(number: u32) -> DisputeVerdict {
	match number % 8 {
		0 | 1 => DisputeVerdict::Wrong,
		2..=5 => DisputeVerdict::Doubtful,
		_ => DisputeVerdict::Right,
	}
}

fn order(number: u32, price: u32) -> JobSpec {
	let mut spec = match number % 5 {
		0 => embedding(),
		1..=3 => served(),
		_ => text(),
	};
	spec.class = u8::from(number % 7 == 6).into();
	spec.max_price = match price % 8 {
		0 => 100,
		1 => 4_000,
		_ => 300_000,
	};
	spec
}

/// Workers acknowledge most jobs that they were given; some that came back come back again.
fn acknowledge_some(a: u32, b: u32, game: &mut Game<'_>) {
	for id in some_in(JobStatus::Matched, a) {
		if job(id).returns == 0 || b.is_multiple_of(4) {
			let by = signed(&worker_or_anybody(id, b));
			let _ = game.call(by, Call::acknowledge { job: id });
		}
	}
}

/// Workers hand in most results.
fn finish_some(a: u32, b: u32, game: &mut Game<'_>) {
	for id in some_in(JobStatus::Running, a) {
		let record = job(id);
		let most = record.spec.parameters.max_tokens_out;
		let tokens = if most == 0 { 0 } else { 1 + b % most };
		if let Some(call) = result_call(id, &record, tokens) {
			let _ = game.call(signed(&worker_or_anybody(id, b)), call);
		}
	}
}

/// What workers and clients do in most blocks.
pub fn work(operation: &Operation, game: &mut Game<'_>) {
	let Operation { a, b, c, .. } = *operation;
	finish_some(c, b, game);
	acknowledge_some(a, b, game);
	if c % 6 == 0 {
		// A client that looks at once.
		if let Some(job) = pick(&jobs_in(JobStatus::Submitted), a) {
			let _ = game.call(signed(&client_of(job)), Call::dispute { job });
		}
	}
}

/// Does an operation of this subject.
pub fn apply(operation: &Operation, game: &mut Game<'_>) {
	let Operation { kind, a, b, c } = *operation;
	let result = match kind {
		Kind::Submit => {
			let client = mostly(&clients(), a);
			let last = pallet_aci_jobs::LastOrder::<Market>::get(&client).unwrap_or_default();
			let call = Call::submit {
				order: last + u64::from(c % 16 > 0),
				spec: order(b, c),
			};
			game.call(signed(&client), call)
		}
		Kind::SubmitReserved => {
			let mut reservations: Vec<_> =
				pallet_aci_hmm::ReservationStates::<Market>::iter().collect();
			reservations.sort_unstable_by_key(|(id, _)| *id);
			let Some((reservation, state)) = pick(&reservations, a) else {
				return;
			};
			let client = state.reservation.owner;
			let last = pallet_aci_jobs::LastOrder::<Market>::get(&client).unwrap_or_default();
			let mut spec = order(b, 2);
			spec.class = state.reservation.class;
			let call = Call::submit_reserved {
				order: last + 1,
				spec,
				reservation,
			};
			game.call(signed(&client), call)
		}
		Kind::Cancel => {
			let Some(job) = job_in(JobStatus::Open, a) else {
				return;
			};
			game.call(signed(&client_of(job)), Call::cancel { job })
		}
		Kind::Acknowledge => {
			acknowledge_some(a, b, game);
			return;
		}
		Kind::Decline => {
			// Mostly one that came back before.
			let again: Vec<JobId> = jobs_in(JobStatus::Matched)
				.into_iter()
				.filter(|id| {
					let job = job(*id);
					job.returns > 0 && matches!(job.spec.input, JobInput::Content(_))
				})
				.collect();
			let Some(job) = pick(&again, a).or_else(|| job_in(JobStatus::Matched, a)) else {
				return;
			};
			let reason = match b % 8 {
				0 => DeclineReason::InputTooLong,
				1 => DeclineReason::Other,
				_ => DeclineReason::InputUnavailable,
			};
			let by = signed(&worker_or_anybody(job, c));
			let declined = game.call(by, Call::decline { job, reason });
			if declined.is_ok() && c % 3 == 0 {
				// The next worker finds the same.
				next_block_after(BLOCK_TIME);
				if job_if_any(job).is_some_and(|job| job.status == JobStatus::Matched) {
					let _ = game.call(signed(&worker_of(job)), Call::decline { job, reason });
				}
			}
			return;
		}
		Kind::SubmitResult => {
			finish_some(a, b, game);
			return;
		}
		Kind::Poke => {
			let now = System::block_number();
			let mut due: Vec<JobId> = pallet_aci_jobs::Jobs::<Market>::iter_keys()
				.filter(|id| job_if_any(*id).is_some_and(|job| job.deadline.block <= now))
				.collect();
			due.sort_unstable();
			let Some(job) = pick(&due, a).or_else(|| job_in(JobStatus::Submitted, 8 * a)) else {
				return;
			};
			game.call(signed(&anybody(b)), Call::poke { job })
		}
		Kind::Dispute => {
			let status = match b % 2 {
				0 if !jobs_in(JobStatus::Submitted).is_empty() => JobStatus::Submitted,
				_ => JobStatus::Settled,
			};
			let Some(job) = job_in(status, a) else {
				return;
			};
			game.call(signed(&client_of(job)), Call::dispute { job })
		}
		Kind::Decide => {
			let Some(job) = job_in(JobStatus::Disputed, a) else {
				return;
			};
			let call = Call::decide_dispute {
				job,
				verdict: verdict(b),
			};
			game.call(RuntimeOrigin::root(), call)
		}
		Kind::Convict => {
			let Some(job) = job_in(JobStatus::Settled, a) else {
				return;
			};
			let reporter = (c % 3 > 0).then(|| anybody(c));
			let verdict = verdict(b);
			<Jobs as Verdicts>::convict(&job, verdict, Default::default(), reporter)
		}
		Kind::ConvictAll => {
			// All of one worker, or of every one.
			let worker = pick(&workers(), a).expect("there are workers");
			for id in jobs_in(JobStatus::Settled) {
				if b % 2 == 0 || worker_of(id) == worker {
					let reporter = Some(anybody(b));
					let wrong = DisputeVerdict::Wrong;
					let _ = <Jobs as Verdicts>::convict(&id, wrong, Default::default(), reporter);
				}
			}
			return;
		}
		Kind::RegisterWorker => {
			// Mostly one that is not there, or whose bond was slashed.
			let wanting: Vec<AccountId> = workers()
				.into_iter()
				.filter(|who| {
					let bond = <StakingSlashing as Bonds>::bonded(who, Role::Worker);
					pallet_aci_jobs::Workers::<Market>::get(who)
						.is_none_or(|worker| bond < bond_for(worker.slots))
				})
				.collect();
			let worker = pick(&wanting, a).unwrap_or_else(|| mostly(&workers(), a));
			let slots = 1 + b % 3;
			let bonded = StakingSlashing::ledger(worker.clone(), Role::Worker)
				.map_or(0, |ledger| ledger.active);
			let missing = (4 * bond_for(slots)).saturating_sub(bonded);
			if missing > 0 {
				let call = pallet_aci_staking_slashing::Call::bond {
					role: Role::Worker,
					amount: missing,
				};
				let _ = game.call(signed(&worker), call);
			}
			if pallet_aci_poai::Attestations::<Market>::get(&worker).is_none() {
				let _ = game.call(signed(&worker), attestation(&worker, false));
			}
			let call = Call::register_worker {
				class: u8::from(c % 3 == 2).into(),
				slots,
				models: models(),
				endpoints: Default::default(),
			};
			game.call(signed(&worker), call)
		}
		Kind::UpdateWorker => {
			let models = match b % 4 {
				0 => vec![TEXT],
				_ => vec![EMBEDDING, TEXT],
			};
			let call = Call::update_worker {
				models: models.try_into().expect("short"),
				endpoints: Default::default(),
			};
			game.call(signed(&mostly(&workers(), a)), call)
		}
		Kind::SetActive => {
			let call = Call::set_active { active: b % 4 > 0 };
			game.call(signed(&mostly(&workers(), a)), call)
		}
		_ => {
			// Mostly one that can leave.
			let idle: Vec<AccountId> = pallet_aci_jobs::Workers::<Market>::iter()
				.filter(|(_, worker)| worker.busy == 0 && worker.exposure == 0)
				.map(|(who, _)| who)
				.collect();
			let worker = pick(&idle, a).unwrap_or_else(|| mostly(&workers(), a));
			game.call(signed(&worker), Call::deregister_worker {})
		}
	};
	// Refusals are part of the game: what they change is checked where calls are made.
	let _ = result;
}
