//! A plain model of jobs and money: what the events say, added up, and nothing else. It knows no
//! storage, no holds and no batches.

use crate::{mock::*, Event};
use aci_primitives::{traits::DisputeVerdict, AccountId, Balance, JobId, JobStatus};
use std::collections::BTreeMap;

/// What the events say so far.
#[derive(Default)]
pub struct Model {
	jobs: BTreeMap<JobId, JobStatus>,
	/// What each account gained and lost by jobs.
	gained: BTreeMap<AccountId, Balance>,
	lost: BTreeMap<AccountId, Balance>,
	/// Bonds that a worker may have lost: a slash is applied later.
	slashed: BTreeMap<AccountId, Balance>,
	/// Claims that a client may have been paid: a pot pays later.
	claims: BTreeMap<AccountId, Balance>,
	/// Validators, verifiers, fund, burned.
	pots: (Balance, Balance, Balance, Balance),
	clients: BTreeMap<JobId, AccountId>,
	ends: u32,
	ends_in_history: u32,
}

fn add(sums: &mut BTreeMap<AccountId, Balance>, who: &AccountId, amount: Balance) {
	*sums.entry(who.clone()).or_default() += amount;
}

fn sum(sums: &BTreeMap<AccountId, Balance>, who: &AccountId) -> Balance {
	sums.get(who).copied().unwrap_or_default()
}

impl Model {
	/// Takes up an event.
	pub fn take(&mut self, event: &Event<Test>) {
		match event {
			Event::JobSubmitted { job, client, .. } => {
				self.clients.insert(*job, client.clone());
				self.state(job, JobStatus::Open);
			}
			Event::JobForfeited { job, amount, .. } => {
				add(&mut self.lost, &self.clients[job], *amount);
				self.pots.3 += amount;
			}
			Event::JobMatched { job, .. } => self.state(job, JobStatus::Matched),
			Event::JobAcknowledged { job, .. } => self.state(job, JobStatus::Running),
			Event::JobReturned { job, .. } => self.state(job, JobStatus::Open),
			Event::ResultSubmitted { job, .. } => self.state(job, JobStatus::Submitted),
			Event::JobDisputed { job, .. } => self.state(job, JobStatus::Disputed),
			Event::JobCancelled { job, .. } => self.end(job, JobStatus::Cancelled),
			Event::JobExpired {
				job,
				client,
				slot_fee,
				..
			} => {
				self.end(job, JobStatus::Expired);
				add(&mut self.lost, client, *slot_fee);
				self.pots.3 += slot_fee;
			}
			Event::JobTimedOut {
				job,
				worker,
				slashed,
				..
			} => {
				self.end(job, JobStatus::TimedOut);
				add(&mut self.slashed, worker, *slashed);
			}
			Event::JobSettled {
				job,
				client,
				worker,
				paid,
				validators,
				verifiers,
				fund,
				burned,
				..
			} => {
				self.end(job, JobStatus::Settled);
				let due = paid + validators + verifiers + fund + burned;
				add(&mut self.lost, client, due);
				add(&mut self.gained, worker, *paid);
				self.pots.0 += validators;
				self.pots.1 += verifiers;
				self.pots.2 += fund;
				self.pots.3 += burned;
			}
			Event::JobRefunded {
				job,
				client,
				worker,
				claim,
				slashed,
				..
			} => {
				self.end(job, JobStatus::Refunded);
				add(&mut self.claims, client, *claim);
				add(&mut self.slashed, worker, *slashed);
			}
			Event::DisputeDecided {
				job,
				client,
				worker,
				verdict,
				returned,
				forfeited,
			} => {
				let right = *verdict == DisputeVerdict::Right;
				assert_eq!((*returned == 0, *forfeited > 0), (right, right));
				add(&mut self.lost, client, *forfeited);
				add(&mut self.gained, worker, *forfeited);
				self.back_to_paid(job);
			}
			Event::DisputeUndecided { job, .. } => self.back_to_paid(job),
			Event::JobPruned { job, .. } => {
				self.jobs.remove(job);
			}
			Event::HistoryWritten { jobs, .. } => self.ends_in_history += jobs,
			Event::SettlementFailed { job, reason } => panic!("{job} was not paid: {reason:?}"),
			_ => {}
		}
	}

	/// Takes up what was burned of an account's prepayment.
	pub fn burn(&mut self, owner: &AccountId, amount: Balance) {
		add(&mut self.lost, owner, amount);
		self.pots.3 += amount;
	}

	fn state(&mut self, job: &JobId, status: JobStatus) {
		self.jobs.insert(*job, status);
	}

	fn end(&mut self, job: &JobId, status: JobStatus) {
		self.state(job, status);
		self.ends += 1;
	}

	/// A dispute ended that neither paid nor refunded: the job had been paid.
	fn back_to_paid(&mut self, job: &JobId) {
		if self.jobs.get(job) == Some(&JobStatus::Disputed) {
			self.state(job, JobStatus::Settled);
		}
	}

	/// Compares with the chain, in the middle of a block.
	pub fn compare(&self) {
		assert_eq!(crate::Jobs::<Test>::iter_keys().count(), self.jobs.len());
		for (id, expected) in &self.jobs {
			assert_eq!(status(*id), *expected);
		}
		for who in accounts() {
			let least = START + sum(&self.gained, &who) - sum(&self.lost, &who);
			let (slashed, claims) = (sum(&self.slashed, &who), sum(&self.claims, &who));
			let has = total(&who);
			assert!(
				has + slashed >= least && has <= least + claims,
				"{has} is not {least} less {slashed} or more {claims}"
			);
		}
		assert_eq!(pots(), self.pots);
		let waiting = crate::Leaves::<Test>::get().len() as u32;
		assert_eq!(self.ends, self.ends_in_history + waiting);
	}
}
