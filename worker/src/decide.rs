//! What is to be done next for a job: a function of what is stored and of what the chain says.
//!
//! It is asked again after every step and at every block, also after a restart, so no plan has to
//! survive a crash: the record and the chain are enough.
//!
//! # What it guarantees
//!
//! 1. A result is submitted only while the chain waits for one from this worker.
//! 2. A job whose result is stored is never run again.
//! 3. A job is run only while its deadline still allows a result.
//! 4. What the chain has already taken (an acknowledgement, a result) is recognised and not sent
//!    again, also where the program died before it learned of it.
//! 5. A job that somebody else has, or that has ended, is left alone.

use crate::record::{Ending, JobRecord, Stage};
use aci_chain::DeclineReason;
use aci_primitives::{AccountId, BlockNumber, Instant, Job, JobStatus};

/// The next step for a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
	/// Get the input and look whether it fits the order.
	Obtain,
	/// Give the job back.
	Decline(DeclineReason),
	/// Tell the chain that the input is here.
	Acknowledge,
	/// Store that the chain knows of the input.
	NoteAcknowledged,
	/// Run the model.
	Run,
	/// Hand in the stored result.
	Submit,
	/// Store that the chain has the result.
	NoteSubmitted,
	/// Store that the job is paid and served until the block.
	NoteSettled(BlockNumber),
	/// Store that nothing more is done.
	End(Ending),
	/// Remove the record: the chain has forgotten the job.
	Forget,
	/// Nothing, until the chain changes.
	Wait,
}

/// The next step for a job. `job` is the chain's record of it, `now` the chain's present.
pub fn next_step(record: &JobRecord, job: Option<&Job>, me: &AccountId, now: &Instant) -> Step {
	let Some(job) = job else {
		return Step::Forget;
	};
	let ended = matches!(record.stage, Stage::Ended(_));
	let end = |ending| if ended { Step::Wait } else { Step::End(ending) };
	match job.status {
		JobStatus::Cancelled | JobStatus::Expired => return end(Ending::Withdrawn),
		JobStatus::Refunded => return end(Ending::Refunded),
		_ => {}
	}
	let ours = job
		.assignment
		.as_ref()
		.is_some_and(|assignment| assignment.worker == *me);
	if !ours {
		return end(Ending::NotOurs);
	}
	let late = job.deadline.has_passed(now);
	match (job.status, &record.stage) {
		(JobStatus::TimedOut, _) => end(Ending::TimedOut),
		(_, Stage::Ended(_)) => Step::Wait,

		// The chain ends what is late in its next block.
		(JobStatus::Matched | JobStatus::Running, _) if late => Step::Wait,
		(JobStatus::Matched, Stage::Accepted) => Step::Obtain,
		(JobStatus::Matched, Stage::Refused(reason)) => Step::Decline(*reason),
		(JobStatus::Matched, _) => Step::Acknowledge,

		// The input of an acknowledged job is missing only with an older data directory.
		(JobStatus::Running, Stage::Accepted) => Step::Obtain,
		(JobStatus::Running, Stage::Refused(_)) => Step::End(Ending::Failed),
		(JobStatus::Running, Stage::InputHeld) => Step::NoteAcknowledged,
		(JobStatus::Running, Stage::Acknowledged) => Step::Run,
		// A later stage than the chain's: its branch was given up for another one.
		(JobStatus::Running, Stage::Ran(_) | Stage::Submitted(_) | Stage::Settled(..)) => {
			Step::Submit
		}

		(JobStatus::Submitted | JobStatus::Verified | JobStatus::Disputed, stage) => match stage {
			Stage::Ran(_) | Stage::Settled(..) => Step::NoteSubmitted,
			Stage::Submitted(_) => Step::Wait,
			_ => Step::End(Ending::ResultNotHeld),
		},
		(JobStatus::Settled, stage) => match stage {
			Stage::Settled(_, until) if *until == job.deadline.block => Step::Wait,
			stage if stage.finished().is_some() => Step::NoteSettled(job.deadline.block),
			_ => Step::End(Ending::ResultNotHeld),
		},
		// The last three were answered above, and an open job has no worker.
		(JobStatus::Open | JobStatus::Cancelled | JobStatus::Expired | JobStatus::Refunded, _) => {
			Step::End(Ending::NotOurs)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::{self, assigned_job, finished, ME};

	const STATUSES: [JobStatus; 11] = [
		JobStatus::Open,
		JobStatus::Matched,
		JobStatus::Running,
		JobStatus::Submitted,
		JobStatus::Verified,
		JobStatus::Settled,
		JobStatus::Disputed,
		JobStatus::Cancelled,
		JobStatus::Expired,
		JobStatus::TimedOut,
		JobStatus::Refunded,
	];

	fn stages() -> Vec<Stage> {
		vec![
			Stage::Accepted,
			Stage::Refused(DeclineReason::InputTooLong),
			Stage::InputHeld,
			Stage::Acknowledged,
			Stage::Ran(finished()),
			Stage::Submitted(finished()),
			Stage::Settled(finished(), 400),
			Stage::Ended(Ending::Failed),
		]
	}

	fn at(stage: Stage) -> JobRecord {
		JobRecord {
			stage,
			..testing::record()
		}
	}

	fn decided(stage: Stage, job: &Job, now: Instant) -> Step {
		next_step(&at(stage), Some(job), &ME, &now)
	}

	const EARLY: Instant = Instant {
		moment: 0,
		block: 0,
	};
	const LATE: Instant = Instant {
		moment: u64::MAX,
		block: u32::MAX,
	};

	#[test]
	fn a_result_is_submitted_only_while_the_chain_waits_for_it() {
		for status in STATUSES {
			for stage in stages() {
				for now in [EARLY, LATE] {
					let step = decided(stage.clone(), &assigned_job(status), now);
					let waits = status == JobStatus::Running && now == EARLY;
					let held = stage.finished().is_some();
					assert_eq!(step == Step::Submit, waits && held, "{status:?} {stage:?}");
				}
			}
		}
	}

	#[test]
	fn a_job_is_run_once_and_only_before_its_deadline() {
		for status in STATUSES {
			for stage in stages() {
				for now in [EARLY, LATE] {
					let runs = decided(stage.clone(), &assigned_job(status), now) == Step::Run;
					let may = status == JobStatus::Running
						&& now == EARLY && stage == Stage::Acknowledged;
					assert_eq!(runs, may, "{status:?} {stage:?}");
				}
			}
		}
	}

	#[test]
	fn what_the_chain_has_taken_is_recognised() {
		let running = assigned_job(JobStatus::Running);
		assert_eq!(
			decided(Stage::InputHeld, &running, EARLY),
			Step::NoteAcknowledged
		);
		let submitted = assigned_job(JobStatus::Submitted);
		assert_eq!(
			decided(Stage::Ran(finished()), &submitted, EARLY),
			Step::NoteSubmitted
		);
		let settled = assigned_job(JobStatus::Settled);
		assert_eq!(
			decided(Stage::Ran(finished()), &settled, EARLY),
			Step::NoteSettled(settled.deadline.block)
		);
	}

	#[test]
	fn the_job_of_another_is_left_alone() {
		for status in STATUSES {
			for stage in stages() {
				let mut job = assigned_job(status);
				if let Some(assignment) = &mut job.assignment {
					assignment.worker = AccountId::new([99; 32]);
				}
				let step = decided(stage, &job, EARLY);
				assert!(
					matches!(step, Step::End(_) | Step::Wait),
					"{status:?}: {step:?}"
				);
			}
		}
	}

	#[test]
	fn every_ended_job_comes_to_rest_and_is_forgotten_when_pruned() {
		for status in STATUSES.into_iter().filter(JobStatus::is_final) {
			for stage in stages() {
				let job = assigned_job(status);
				let mut record = at(stage);
				for _ in 0..3 {
					match next_step(&record, Some(&job), &ME, &LATE) {
						Step::Wait => break,
						Step::End(ending) => record.stage = Stage::Ended(ending),
						Step::NoteSettled(until) => {
							let finished = record.stage.finished().expect("is held").clone();
							record.stage = Stage::Settled(finished, until);
						}
						step => panic!("{status:?}: {step:?}"),
					}
				}
				assert_eq!(next_step(&record, Some(&job), &ME, &LATE), Step::Wait);
				assert_eq!(next_step(&record, None, &ME, &LATE), Step::Forget);
			}
		}
	}

	#[test]
	fn a_job_in_order_takes_all_steps() {
		let (matched, running) = (
			assigned_job(JobStatus::Matched),
			assigned_job(JobStatus::Running),
		);
		assert_eq!(decided(Stage::Accepted, &matched, EARLY), Step::Obtain);
		assert_eq!(
			decided(Stage::InputHeld, &matched, EARLY),
			Step::Acknowledge
		);
		assert_eq!(decided(Stage::Acknowledged, &running, EARLY), Step::Run);
		assert_eq!(
			decided(Stage::Ran(finished()), &running, EARLY),
			Step::Submit
		);
		assert_eq!(
			decided(Stage::Refused(DeclineReason::InputTooLong), &matched, EARLY),
			Step::Decline(DeclineReason::InputTooLong)
		);
	}
}
