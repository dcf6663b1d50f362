//! What becomes of a job after its match.
//!
//! Only the checkpoint program changes a job, in the anchor's linear order. Whoever carried a
//! statement in its vertex has no say in what it does; the statement's time is the median time at
//! its vertex, which no minority sets.
//!
//! | state | left by | deadline, decided at a checkpoint |
//! | --- | --- | --- |
//! | matched | the worker acknowledges | acknowledge deadline: expired, full refund, the worker has missed |
//! | running | a result that passes level 1 | twice the SLA: timed out, full refund, reported |
//! | submitted | a finding against it: disputed, the lock goes to the jobs pallet | the window: paid |
//!
//! A deadline passes only when both the time and its nominal rounds have passed.
//!
//! Deviation: a match that is not acknowledged does not go back to the queue once, because a queue
//! over homes would need an order over homes; the client has its money back with the checkpoint and
//! orders again.

use super::Payee;
use crate::{
	lane::{terms::Terms, Match, Outcome, Refusal},
	scheme::PublicKey,
	transaction::{Acknowledge, Judgement, Signed, Submission, TicketId},
	types::{Parameters, Point},
};
use aci_finality::AuthorityIndex;
use aci_market::{fees, payment};
use aci_poai::{
	compute,
	level1::{check_receipt, Expected},
};
use aci_primitives::{proof::Outcome as Found, AccountId, Balance, ClassId, Hash, JobId, JobSpec};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Phase {
	/// The worker has not said that it holds the input.
	#[codec(index = 0)]
	Matched,
	/// The SLA runs.
	#[codec(index = 1)]
	Running {
		/// Since when.
		since: Point,
	},
	/// A result was accepted.
	#[codec(index = 2)]
	Submitted {
		/// When.
		at: Point,
		/// What is due for it, in planck.
		due: Balance,
		/// Hash of the signed receipt.
		receipt: Hash,
		/// Whether a verifier found it right.
		judged: bool,
	},
}

/// Where a job's slot goes when the job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Slot {
	/// To the home that matched it.
	#[codec(index = 0)]
	Home(AuthorityIndex),
	/// To the chain: the set in which it was matched has ended.
	#[codec(index = 1)]
	Chain,
	/// Nowhere: the worker gave it back before the set ended.
	#[codec(index = 2)]
	Released,
}

/// A job that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OpenJob {
	/// What was ordered.
	pub spec: JobSpec,
	/// Who pays.
	pub client: AccountId,
	/// The client's order key.
	pub client_key: PublicKey,
	/// The ticket that pays.
	pub ticket: TicketId,
	/// Who runs it.
	pub worker: AccountId,
	/// The worker's order key.
	pub worker_key: PublicKey,
	/// The session key of the worker's attestation.
	pub session_key: PublicKey,
	/// Who gets its worker's slot back.
	pub slot: Slot,
	/// L's part: the locked price in planck.
	pub price: Balance,
	/// Operations that the price is for.
	pub flops: u128,
	/// When it was matched.
	pub matched: Point,
	/// How far it is.
	pub phase: Phase,
}

/// How a job ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
	/// Paid: how much of the lock.
	Settled(Balance),
	/// The worker did not acknowledge.
	Expired,
	/// The worker did not finish.
	TimedOut,
	/// A finding was against it.
	Disputed,
}

impl OpenJob {
	/// The job of a match.
	pub fn new(
		matched: &Match,
		spec: JobSpec,
		client_key: PublicKey,
		session_key: PublicKey,
		home: AuthorityIndex,
		at: Point,
	) -> Self {
		OpenJob {
			spec,
			client: matched.client.clone(),
			client_key,
			ticket: matched.ticket,
			worker: matched.worker.clone(),
			worker_key: matched.worker_key,
			session_key,
			slot: Slot::Home(home),
			price: matched.price,
			flops: matched.flops,
			matched: at,
			phase: Phase::Matched,
		}
	}

	/// The end that the job has by deadline at `now`, if any.
	pub fn end_at(&self, now: &Point, parameters: &Parameters) -> Option<End> {
		let passed =
			|since: &Point, duration| since.has_passed(duration, now, parameters.round_time);
		match &self.phase {
			Phase::Matched => passed(&self.matched, parameters.acknowledge).then_some(End::Expired),
			Phase::Running { since } => {
				passed(since, self.spec.sla.saturating_mul(2)).then_some(End::TimedOut)
			}
			Phase::Submitted { at, due, .. } => {
				passed(at, parameters.window).then_some(End::Settled(*due))
			}
		}
	}

	/// The worker holds the input.
	pub fn acknowledge(
		&mut self,
		signed: &Signed<Acknowledge>,
		at: &Point,
		parameters: &Parameters,
	) -> Result<Outcome, Refusal> {
		if signed.key != self.worker_key {
			return Err(Refusal::NotEntitled);
		}
		if self.phase != Phase::Matched {
			return Err(Refusal::WrongState);
		}
		if self.end_at(at, parameters).is_some() {
			return Err(Refusal::Late);
		}
		self.phase = Phase::Running { since: *at };
		Ok(Outcome::Acknowledged {
			job: signed.statement.job,
		})
	}

	/// The worker hands in a result. Its signatures were checked with its vertex.
	pub fn submit(
		&mut self,
		signed: &Signed<Submission>,
		genesis: &Hash,
		at: &Point,
		terms: &Terms,
		parameters: &Parameters,
	) -> Result<Outcome, Refusal> {
		let submission = &signed.statement;
		let receipt = &submission.receipt.receipt;
		let job: JobId = receipt.job;
		if signed.key != self.worker_key || submission.session_key != self.session_key {
			return Err(Refusal::NotEntitled);
		}
		let Phase::Running { since } = self.phase else {
			return Err(Refusal::WrongState);
		};
		let class = terms.classes.get(&self.spec.class);
		let manifest = terms.models.get(&self.spec.model);
		let (Some(class), Some(manifest)) = (class, manifest) else {
			return Err(Refusal::Unservable);
		};
		let expected = Expected {
			genesis,
			job: &job,
			spec: &self.spec,
			class: &class.class,
			manifest,
			session_key: &self.session_key,
		};
		check_receipt(&expected, &submission.receipt, |_, _, _| true).map_err(Refusal::Receipt)?;
		if submission.output.sha256() != receipt.output {
			return Err(Refusal::WrongState);
		}
		let done = compute::operations(
			manifest.kind,
			&manifest.shape,
			receipt.tokens_in,
			receipt.tokens_out,
		)
		.map_err(|_| Refusal::Unservable)?;
		let owed = payment::actual_price(self.price, self.flops, done);
		let elapsed = since.elapsed(at, parameters.round_time);
		let due = payment::late_price(owed, self.spec.sla, elapsed).ok_or(Refusal::Late)?;
		let receipt = submission.receipt.hash();
		self.phase = Phase::Submitted {
			at: *at,
			due,
			receipt,
			judged: false,
		};
		Ok(Outcome::Submitted { job, receipt, due })
	}

	/// A verifier's finding. The first one in favour counts for quality, any against disputes.
	pub fn judge(
		&mut self,
		signed: &Signed<Judgement>,
		at: &Point,
		terms: &Terms,
		parameters: &Parameters,
	) -> Result<(Outcome, Option<End>), Refusal> {
		if !terms.verifiers.contains_key(&signed.key) {
			return Err(Refusal::NotEntitled);
		}
		let job = signed.statement.job;
		let end = self.end_at(at, parameters);
		let Phase::Submitted { judged, .. } = &mut self.phase else {
			return Err(Refusal::WrongState);
		};
		if end.is_some() {
			return Err(Refusal::Late);
		}
		match signed.statement.outcome {
			Found::Pass if *judged => Err(Refusal::WrongState),
			Found::Pass => {
				*judged = true;
				Ok((Outcome::Judged { job, passed: true }, None))
			}
			Found::Fail | Found::Unavailable => {
				Ok((Outcome::Judged { job, passed: false }, Some(End::Disputed)))
			}
		}
	}

	/// Who gets which part of the lock when the job ends, and how much is burned. The parts and the
	/// burned one sum to the lock.
	pub fn divide(
		&self,
		job: &JobId,
		end: &End,
		terms: &Terms,
	) -> (Vec<(Payee, Balance)>, Balance) {
		let class: ClassId = self.spec.class;
		let back = Payee::Ticket(self.client.clone(), self.ticket);
		match end {
			End::Settled(due) => {
				let due = (*due).min(self.price);
				let parts = fees::split(due, &terms.fees);
				let credits = [
					(Payee::Worker(self.worker.clone()), parts.worker),
					(Payee::Validators, parts.validators),
					(Payee::Verifiers, parts.verifiers),
					(Payee::Liquidity(class), parts.liquidity),
					// Never below zero: the due part is at most the lock.
					(back, self.price.saturating_sub(due)),
				];
				(credits.into(), parts.burn)
			}
			End::Expired | End::TimedOut => ([(back, self.price)].into(), 0),
			End::Disputed => {
				let payee = Payee::Dispute(self.client.clone(), *job);
				([(payee, self.price)].into(), 0)
			}
		}
	}
}
