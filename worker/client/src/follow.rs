//! A job's progress, line by line.

use crate::{
	context::Context,
	error::ClientError,
	names,
	output::{aci, planck},
	stream::Live,
};
use aci_chain::{Blocks, DeclineReason, Event, ReturnReason};
use aci_primitives::{traits::DisputeVerdict, AccountId, Balance, JobId, JobOutput, JobStatus};
use serde_json::{json, Value};

/// How far a job is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
	/// Until a worker holds its input, or it has ended.
	Held,
	/// Until it has ended.
	End,
}

/// Where a payment went, in planck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
	/// To the worker.
	pub worker: Balance,
	/// To the validators' pool.
	pub validators: Balance,
	/// To the verifiers' pool.
	pub verifiers: Balance,
	/// To the class's fund.
	pub fund: Balance,
	/// Burned.
	pub burned: Balance,
	/// Back to the client at the end.
	pub refund: Balance,
}

impl Settlement {
	/// For programs.
	pub fn json(&self) -> Value {
		json!({
			"worker": planck(self.worker),
			"validators": planck(self.validators),
			"verifiers": planck(self.verifiers),
			"fund": planck(self.fund),
			"burned": planck(self.burned),
			"refund": planck(self.refund),
		})
	}

	fn text(&self) -> String {
		let due = [
			self.worker,
			self.validators,
			self.verifiers,
			self.fund,
			self.burned,
		];
		let due = due
			.iter()
			.fold(0, |sum: Balance, part| sum.saturating_add(*part));
		format!(
			"Settled: {} paid; worker {}, validators {}, verifiers {}, fund {}, burned {}; refund {}",
			aci(due),
			aci(self.worker),
			aci(self.validators),
			aci(self.verifiers),
			aci(self.fund),
			aci(self.burned),
			aci(self.refund)
		)
	}
}

/// What is known of a job that was followed.
#[derive(Clone, Debug)]
pub struct Followed {
	/// Where the job is.
	pub status: JobStatus,
	/// Who has it, or had it.
	pub worker: Option<AccountId>,
	/// The locked price, in planck.
	pub price: Option<Balance>,
	/// What is due, in planck.
	pub due: Option<Balance>,
	/// The output, or where it is.
	pub output: Option<JobOutput>,
	/// Where the payment went, if the payment was seen.
	pub settlement: Option<Settlement>,
	/// What came back at an end without payment, in planck.
	pub refund: Option<Balance>,
}

impl Default for Followed {
	fn default() -> Self {
		Followed {
			status: JobStatus::Open,
			worker: None,
			price: None,
			due: None,
			output: None,
			settlement: None,
			refund: None,
		}
	}
}

impl Followed {
	/// Takes an event of the job in, and gives the line that tells of it.
	fn take(&mut self, event: Event) -> Option<String> {
		Some(match event {
			Event::JobSubmitted { max_price, .. } => {
				self.status = JobStatus::Open;
				format!("Open: {} locked, waiting for a worker", aci(max_price))
			}
			Event::JobMatched { worker, price, .. } => {
				let line = format!("Matched: worker {worker} at {}", aci(price));
				(self.status, self.worker, self.price) =
					(JobStatus::Matched, Some(worker), Some(price));
				line
			}
			Event::JobAcknowledged { .. } => {
				self.status = JobStatus::Running;
				"Running: the worker has the input".into()
			}
			Event::JobReturned { worker, reason, .. } => {
				(self.status, self.worker) = (JobStatus::Open, None);
				format!("Open: worker {worker} gave it back, {}", why(reason))
			}
			Event::ResultSubmitted {
				output,
				tokens_in,
				tokens_out,
				due,
				..
			} => {
				(self.status, self.due) = (JobStatus::Submitted, Some(due));
				self.output = Some(output);
				format!(
					"Submitted: {tokens_in} tokens in, {tokens_out} out, {} due",
					aci(due)
				)
			}
			Event::JobSettled {
				paid,
				validators,
				verifiers,
				fund,
				burned,
				refund,
				..
			} => {
				let settlement = Settlement {
					worker: paid,
					validators,
					verifiers,
					fund,
					burned,
					refund,
				};
				(self.status, self.settlement) = (JobStatus::Settled, Some(settlement));
				settlement.text()
			}
			Event::JobCancelled { refund, .. } => {
				(self.status, self.refund) = (JobStatus::Cancelled, Some(refund));
				format!("Cancelled: {} came back", aci(refund))
			}
			Event::JobExpired {
				refund, slot_fee, ..
			} => {
				(self.status, self.refund) = (JobStatus::Expired, Some(refund));
				let fee = match slot_fee {
					0 => String::new(),
					fee => format!("; {} burned because the input was not served", aci(fee)),
				};
				format!("Expired: no worker took it; {} came back{fee}", aci(refund))
			}
			Event::JobTimedOut { refund, .. } => {
				(self.status, self.refund) = (JobStatus::TimedOut, Some(refund));
				format!(
					"Timed out: the worker gave no result; {} came back",
					aci(refund)
				)
			}
			event => return self.take_dispute(event),
		})
	}

	/// Takes in an event of a reservation, a dispute or a refund.
	fn take_dispute(&mut self, event: Event) -> Option<String> {
		Some(match event {
			Event::JobReserved {
				reservation, price, ..
			} => {
				self.price = Some(price);
				format!("Reservation {reservation} pays for it: {}", aci(price))
			}
			Event::JobForfeited {
				reservation,
				amount,
				..
			} => format!(
				"Reservation {reservation} is over or sold, so {} of what it locked is burned",
				aci(amount)
			),
			Event::JobDisputed {
				bond, decide_by, ..
			} => {
				self.status = JobStatus::Disputed;
				format!(
					"Disputed: {} held as a bond; to be decided by block {}",
					aci(bond),
					decide_by.block
				)
			}
			Event::DisputeRedrawn {
				draw, decide_by, ..
			} => format!(
				"Disputed: nobody decided in time; draw {draw} is to decide by block {}",
				decide_by.block
			),
			Event::DisputeDecided {
				verdict,
				returned,
				forfeited,
				..
			} => {
				// A job that had been paid is so again, unless it was refunded in the same step.
				if self.status == JobStatus::Disputed {
					self.status = JobStatus::Settled;
				}
				let bond = match forfeited {
					0 => format!("the bond of {} came back", aci(returned)),
					forfeited => format!("the bond of {} went to the worker", aci(forfeited)),
				};
				format!(
					"The dispute is decided: the output is {}; {bond}",
					found(verdict)
				)
			}
			Event::DisputeUndecided { returned, .. } => {
				if self.status == JobStatus::Disputed {
					self.status = JobStatus::Settled;
				}
				format!(
					"Nobody decided the dispute; the bond of {} came back",
					aci(returned)
				)
			}
			Event::JobConvicted { verdict, .. } => {
				format!("A proof was brought: the output is {}", found(verdict))
			}
			Event::JobRefunded { refund, claim, .. } => {
				(self.status, self.refund) = (JobStatus::Refunded, Some(refund));
				let claim = match claim {
					0 => String::new(),
					claim => format!("; {} more is claimed of the worker's bond", aci(claim)),
				};
				format!("Refunded: {} came back{claim}", aci(refund))
			}
			Event::SettlementFailed { reason, .. } => format!(
				"Not paid yet ({reason:?}): a fault of the chain, please report it. It is tried again \
				 in every block"
			),
			_ => return None,
		})
	}

	fn is_done(&self, until: Until) -> bool {
		let held = matches!(
			self.status,
			JobStatus::Running | JobStatus::Submitted | JobStatus::Verified | JobStatus::Disputed
		);
		self.status.is_final() || (until == Until::Held && held)
	}
}

fn why(reason: ReturnReason) -> &'static str {
	match reason {
		ReturnReason::NotAcknowledged => "it did not answer in time",
		ReturnReason::Declined(DeclineReason::InputUnavailable) => "it could not have the input",
		ReturnReason::Declined(DeclineReason::InputTooLong) => {
			"the input has more tokens than were ordered"
		}
		ReturnReason::Declined(DeclineReason::Other) => "for a reason of its own",
	}
}

/// A verdict in a sentence about the output.
fn found(verdict: DisputeVerdict) -> &'static str {
	match verdict {
		DisputeVerdict::Right => "right",
		DisputeVerdict::Wrong => "wrong",
		DisputeVerdict::Doubtful => "doubtful",
	}
}

/// Follows a job, and shows its text while it is made where `live` is given.
pub async fn follow(
	context: &Context,
	blocks: &mut Blocks,
	job: JobId,
	until: Until,
	mut live: Option<&mut Live>,
) -> Result<Followed, ClientError> {
	let mut followed = Followed::default();
	while !followed.is_done(until) {
		let block = match &mut live {
			None => blocks.next().await?,
			Some(live) => tokio::select! {
				block = blocks.next() => block?,
				piece = live.next() => {
					live.take(context, piece).await;
					continue;
				}
			},
		};
		let tell = |line: &str| match &live {
			Some(live) => live.tell(context, line),
			None => context.tell(line),
		};
		for event in block.events {
			if event.job() == Some(&job) {
				if let Some(line) = followed.take(event) {
					tell(&line);
				}
			}
		}
		if block.after_gap {
			tell(&read_state(context, &mut followed, job).await?);
		}
		if let Some(live) = &mut live {
			match (followed.status, &followed.worker) {
				(JobStatus::Running, Some(worker)) => live.begin(context, job, worker),
				(JobStatus::Open | JobStatus::Matched, _) => live.leave(),
				_ => {}
			}
		}
	}
	Ok(followed)
}

/// Where events were missed, the record says where the job is. Gives the line that tells of it.
async fn read_state(
	context: &Context,
	followed: &mut Followed,
	job: JobId,
) -> Result<String, ClientError> {
	let view = context.chain.job(job).await?.ok_or_else(|| {
		ClientError::NotFound(format!(
			"job {} is no longer on the chain: it ended and its record was removed",
			names::hash(&job)
		))
	})?;
	followed.status = view.job.status;
	if let Some(assignment) = view.job.assignment {
		(followed.worker, followed.price) = (Some(assignment.worker), Some(assignment.price));
	}
	if let Some(result) = view.job.result {
		(followed.due, followed.output) = (Some(result.due), Some(result.output));
	}
	Ok(format!("{:?}", followed.status))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn account(byte: u8) -> AccountId {
		AccountId::new([byte; 32])
	}

	#[test]
	fn a_settled_job_tells_the_five_shares_and_the_refund() {
		let mut followed = Followed::default();
		let line = followed
			.take(Event::JobSettled {
				job: JobId::zero(),
				client: account(1),
				worker: account(2),
				paid: 75,
				validators: 10,
				verifiers: 5,
				fund: 5,
				burned: 5,
				refund: 900,
				receipt: JobId::zero(),
			})
			.expect("is told");
		for part in [
			"0.000000000100 ACI paid",
			"worker 0.000000000075",
			"burned 0.000000000005",
			"refund 0.000000000900",
		] {
			assert!(line.contains(part), "{line}");
		}
		assert!(followed.is_done(Until::End));
	}

	#[test]
	fn a_job_that_came_back_is_open_again_and_has_no_worker() {
		let mut followed = Followed::default();
		followed.take(Event::JobMatched {
			job: JobId::zero(),
			client: account(1),
			worker: account(2),
			price: 7,
			unit_price: 1,
			eta: 1,
			acknowledge_by: Default::default(),
		});
		assert_eq!(followed.worker, Some(account(2)));
		let line = followed.take(Event::JobReturned {
			job: JobId::zero(),
			worker: account(2),
			reason: ReturnReason::NotAcknowledged,
			returns: 1,
		});
		assert!(line.expect("is told").contains("in time"));
		assert_eq!(
			(followed.status, followed.worker.clone()),
			(JobStatus::Open, None)
		);
		assert!(!followed.is_done(Until::Held));
	}

	#[test]
	fn a_dispute_is_told_until_the_job_is_paid_or_refunded() {
		let (job, bond) = (JobId::zero(), 10);
		let disputed = || Event::JobDisputed {
			job,
			client: account(1),
			worker: account(2),
			bond,
			decide_by: Default::default(),
		};
		let decided = |verdict, returned| Event::DisputeDecided {
			job,
			client: account(1),
			worker: account(2),
			verdict,
			returned,
			forfeited: bond - returned,
		};
		let refunded = Event::JobRefunded {
			job,
			client: account(1),
			worker: account(2),
			price: 9,
			due: 0,
			refund: 9,
			claim: 0,
			slashed: 5,
			receipt: JobId::zero(),
		};
		let mut wrong = Followed::default();
		wrong.take(disputed());
		assert_eq!(wrong.status, JobStatus::Disputed);
		assert!(!wrong.is_done(Until::End));
		wrong.take(refunded);
		let line = wrong.take(decided(DisputeVerdict::Wrong, bond));
		assert!(line.is_some_and(|line| line.contains("wrong") && line.contains("came back")));
		assert_eq!((wrong.status, wrong.refund), (JobStatus::Refunded, Some(9)));
		assert!(wrong.is_done(Until::End));

		let mut right = Followed::default();
		right.take(disputed());
		let line = right.take(decided(DisputeVerdict::Right, 0));
		assert!(line.is_some_and(|line| line.contains("went to the worker")));
		assert_eq!(right.status, JobStatus::Settled);
	}

	#[test]
	fn following_until_the_input_is_held_ends_there() {
		let mut followed = Followed::default();
		followed.take(Event::JobAcknowledged {
			job: JobId::zero(),
			worker: account(2),
			result_by: Default::default(),
		});
		assert!(followed.is_done(Until::Held) && !followed.is_done(Until::End));
	}
}
