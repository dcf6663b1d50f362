//! Disputes: what a client can challenge, and what a verdict does.
//!
//! | verdict | job that was not paid | job that was paid |
//! | --- | --- | --- |
//! | Right | paid; the bond goes to the worker | stays paid; the bond goes to the worker |
//! | Wrong | Refunded of the lock; the worker is slashed, its result is zero | Refunded: the client claims what it paid of the slash; the worker is slashed, its result is zero |
//! | Doubtful | Refunded of the lock; the worker's result is zero | stays paid; the worker's result is zero |
//! | none, after the last draw | Refunded of the lock | stays paid: the money is the worker's, and nothing was shown |
//!
//! Unless the output is right, the bond comes back. While a dispute is open the job's fraud window
//! does not end: its price counts to the worker's exposure, and its record stays. A job that was paid
//! goes back to its fraud window as it was; one that the verdict pays begins it.
//!
//! A sampled verifier that finds the output wrong opens a dispute without a bond of the client's: the
//! verifier's own bond stands for what it states, by the rules of the poai pallet. All else is the same.
//!
//! One verdict is given on a job. After it there is no other dispute; a proof of a wrong output from
//! elsewhere still counts, unless the job is refunded already.

use crate::{
	types::Dispute, Bookkeepings, Config, Disputes, Error, Event, HoldReason, Pallet, TotalBurned,
};
use aci_market::Offence;
use aci_primitives::{
	traits::{
		Claim, DisputeCommittee, DisputeVerdict, JobEscrow, QualityUpdate, SlashReport, Slasher,
		Verdicts,
	},
	AccountId, Balance, Deadline, Hash, HistoryLeaf, Instant, Job, JobId, JobStatus, Role,
};
use alloc::vec;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{
		fungible::hold::Mutate,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};
use sp_runtime::{DispatchError, DispatchResult};

/// What a verdict rests on.
struct Ground {
	/// How it is.
	verdict: DisputeVerdict,
	/// Hash of the evidence.
	evidence: Hash,
	/// Who reported it.
	reporter: Option<AccountId>,
}

impl<T: Config> Pallet<T> {
	/// Opens a dispute: the client's, which holds a bond, or without a `disputer` that of a sampled
	/// verifier, whose own bond stands for its verdict.
	pub(crate) fn do_dispute(disputer: Option<AccountId>, id: JobId) -> DispatchResult {
		let now = Self::now();
		let (mut job, mut bookkeeping) = Self::record(&id)?;
		let by_client = disputer.is_some();
		let client = disputer.unwrap_or_else(|| job.client.clone());
		ensure!(job.client == client, Error::<T>::NotClient);
		let waits = matches!(job.status, JobStatus::Submitted | JobStatus::Verified);
		if waits && job.deadline.has_passed(&now) {
			// Due, though its batch has not been reached.
			Self::settle(&id, job, &now)?;
			(job, bookkeeping) = Self::record(&id)?;
		}
		let paid = match job.status {
			JobStatus::Submitted | JobStatus::Verified => None,
			JobStatus::Settled => Some(job.deadline),
			JobStatus::Disputed => return Err(Error::<T>::AlreadyDisputed.into()),
			_ => return Err(Error::<T>::NothingToDispute.into()),
		};
		ensure!(!job.deadline.has_passed(&now), Error::<T>::DeadlinePassed);
		ensure!(!bookkeeping.decided, Error::<T>::AlreadyDecided);
		ensure!(T::Committee::available(), Error::<T>::NoCommittee);
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		let bond = if by_client {
			let share = T::DisputeBondShare::get().mul_ceil(assignment.price);
			share.max(T::MinDisputeBond::get())
		} else {
			0
		};
		if bond > 0 {
			T::Currency::hold(&HoldReason::DisputeBond.into(), &client, bond)?;
		}

		job.status = JobStatus::Disputed;
		job.deadline = Self::deadline_after(&now, T::DisputePeriod::get());
		Self::store(&id, &job, &mut bookkeeping, &now);
		Disputes::<T>::insert(
			id,
			Dispute {
				bond,
				draws: 1,
				opened: now.block,
				paid,
			},
		);
		Self::deposit_event(Event::JobDisputed {
			job: id,
			client,
			worker: assignment.worker,
			bond,
			decide_by: job.deadline,
		});
		T::Committee::convene(&id, 1);
		Ok(())
	}

	/// Disputed, and no committee has decided in time: another one is drawn, or it was the last.
	pub(crate) fn redraw(id: &JobId, mut job: Job, now: &Instant) -> DispatchResult {
		let mut dispute = Disputes::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		if dispute.draws >= T::MaxDraws::get() {
			return Self::end_undecided(id, job, now);
		}
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		dispute.draws = dispute.draws.saturating_add(1);
		let draw = dispute.draws;
		Disputes::<T>::insert(id, dispute);
		job.deadline = Self::deadline_after(now, T::DisputePeriod::get());
		Self::store(id, &job, &mut bookkeeping, now);
		Self::deposit_event(Event::DisputeRedrawn {
			job: *id,
			draw,
			decide_by: job.deadline,
		});
		T::Committee::convene(id, draw);
		Ok(())
	}

	/// The last draw ended without a decision.
	fn end_undecided(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		let dispute = Disputes::<T>::take(id).ok_or(Error::<T>::Inconsistent)?;
		let client = job.client.clone();
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		let returned = Self::return_bond(&client, dispute.bond)?;
		match dispute.paid {
			None => Self::refund_lock(id, job, 0, now)?,
			Some(until) => Self::resume_window(id, job, until, now)?,
		}
		Self::deposit_event(Event::DisputeUndecided {
			job: *id,
			client,
			worker: assignment.worker,
			returned,
		});
		T::Committee::dismiss(id, false);
		Ok(())
	}

	/// The decision of a dispute, by whoever may give it.
	pub(crate) fn do_decide(id: &JobId, verdict: DisputeVerdict) -> DispatchResult {
		let (job, _) = Self::record(id)?;
		ensure!(job.status == JobStatus::Disputed, Error::<T>::NotDisputed);
		let now = Self::now();
		// Then a fresh draw is due, or none is left.
		ensure!(!job.deadline.has_passed(&now), Error::<T>::DeadlinePassed);
		let ground = Ground {
			verdict,
			// The evidence is the dispute, which the job's identity names.
			evidence: *id,
			reporter: None,
		};
		Self::end_decided(id, job, ground, &now)
	}

	/// Ends an open dispute by a verdict.
	fn end_decided(id: &JobId, job: Job, ground: Ground, now: &Instant) -> DispatchResult {
		let dispute = Disputes::<T>::take(id).ok_or(Error::<T>::Inconsistent)?;
		let client = job.client.clone();
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		let verdict = ground.verdict;
		let (returned, forfeited) = match verdict {
			DisputeVerdict::Right => {
				let forfeited = Self::forfeit_bond(&client, &assignment.worker, dispute.bond)?;
				(0, forfeited)
			}
			DisputeVerdict::Wrong | DisputeVerdict::Doubtful => {
				(Self::return_bond(&client, dispute.bond)?, 0)
			}
		};
		Self::apply(id, job, dispute.paid, ground, now)?;
		Self::deposit_event(Event::DisputeDecided {
			job: *id,
			client,
			worker: assignment.worker,
			verdict,
			returned,
			forfeited,
		});
		T::Committee::dismiss(id, true);
		Ok(())
	}

	/// What a verdict does to a job; `paid` is the end of its fraud window if it had been paid.
	fn apply(
		id: &JobId,
		job: Job,
		paid: Option<Deadline>,
		ground: Ground,
		now: &Instant,
	) -> DispatchResult {
		Bookkeepings::<T>::mutate_extant(id, |kept| kept.decided = true);
		let worker = job
			.assignment
			.as_ref()
			.map(|assignment| assignment.worker.clone())
			.ok_or(Error::<T>::Inconsistent)?;
		match (ground.verdict, paid) {
			(DisputeVerdict::Right, None) => Self::settle(id, job, now),
			(DisputeVerdict::Right, Some(until)) => Self::resume_window(id, job, until, now),
			(DisputeVerdict::Doubtful, paid) => {
				match paid {
					None => Self::refund_lock(id, job, 0, now)?,
					Some(until) => Self::resume_window(id, job, until, now)?,
				}
				T::Quality::judged(&worker, 0);
				Ok(())
			}
			(DisputeVerdict::Wrong, paid) => {
				let result = job.result.as_ref().ok_or(Error::<T>::Inconsistent)?;
				let claim = if paid.is_some() { result.due } else { 0 };
				let slashed = T::Slasher::slash(SlashReport {
					offender: worker.clone(),
					role: Role::Worker,
					offence: Offence::WrongOutput,
					evidence: ground.evidence,
					reporter: ground.reporter,
					victim: Some(Claim {
						client: job.client.clone(),
						job: *id,
						class: job.spec.class,
						amount: claim,
					}),
				});
				match paid {
					None => Self::refund_lock(id, job, slashed, now)?,
					Some(_) => Self::refund_by_claim(id, job, slashed, now)?,
				}
				T::Quality::judged(&worker, 0);
				Ok(())
			}
		}
	}

	/// The whole lock goes back to the client. The job is Refunded, and exposes its worker no longer.
	fn refund_lock(id: &JobId, job: Job, slashed: Balance, now: &Instant) -> DispatchResult {
		let refund = T::Escrow::locked(id);
		let event = Self::refunded(id, &job, 0, refund, 0, slashed)?;
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		Self::release_exposure(&assignment)?;
		Self::finish(id, job, JobStatus::Refunded, vec![], now)?;
		Self::deposit_event(event);
		Ok(())
	}

	/// The lock is released already: what the client paid is a claim on the slash. The job is
	/// Refunded, and exposes its worker no longer.
	fn refund_by_claim(
		id: &JobId,
		mut job: Job,
		slashed: Balance,
		now: &Instant,
	) -> DispatchResult {
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		let result = job.result.as_ref().ok_or(Error::<T>::Inconsistent)?;
		let (due, receipt) = (result.due, result.receipt);
		// No due is above its price.
		let refund = assignment.price.saturating_sub(due);
		Self::release_exposure(&assignment)?;
		Self::write_leaf(&HistoryLeaf {
			job: *id,
			client: job.client.clone(),
			worker: Some(assignment.worker),
			status: JobStatus::Refunded,
			price: assignment.price,
			due,
			refund,
			receipt: Some(receipt),
			block: now.block,
		})?;
		let event = Self::refunded(id, &job, due, refund, due, slashed)?;
		job.status = JobStatus::Refunded;
		job.deadline = Self::deadline_in_blocks(now, T::Retention::get());
		Self::store(id, &job, &mut bookkeeping, now);
		Self::deposit_event(event);
		Ok(())
	}

	fn refunded(
		id: &JobId,
		job: &Job,
		due: Balance,
		refund: Balance,
		claim: Balance,
		slashed: Balance,
	) -> Result<Event<T>, DispatchError> {
		let assignment = job.assignment.as_ref().ok_or(Error::<T>::Inconsistent)?;
		let result = job.result.as_ref().ok_or(Error::<T>::Inconsistent)?;
		Ok(Event::JobRefunded {
			job: *id,
			client: job.client.clone(),
			worker: assignment.worker.clone(),
			price: assignment.price,
			due,
			refund,
			claim,
			slashed,
			receipt: result.receipt,
		})
	}

	/// A paid job is back in its fraud window.
	fn resume_window(id: &JobId, mut job: Job, until: Deadline, now: &Instant) -> DispatchResult {
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		job.status = JobStatus::Settled;
		job.deadline = until;
		Self::store(id, &job, &mut bookkeeping, now);
		Ok(())
	}

	/// Gives a dispute's bond back, as much of it as is there.
	fn return_bond(client: &AccountId, bond: Balance) -> Result<Balance, DispatchError> {
		if bond == 0 {
			return Ok(0);
		}
		T::Currency::release(
			&HoldReason::DisputeBond.into(),
			client,
			bond,
			Precision::BestEffort,
		)
	}

	/// Pays a dispute's bond to the worker; what its account cannot take is burned. Returns what it
	/// got.
	pub(crate) fn forfeit_bond(
		client: &AccountId,
		worker: &AccountId,
		bond: Balance,
	) -> Result<Balance, DispatchError> {
		if bond == 0 {
			return Ok(0);
		}
		let reason = HoldReason::DisputeBond.into();
		let paid = with_storage_layer(|| {
			T::Currency::transfer_on_hold(
				&reason,
				client,
				worker,
				bond,
				Precision::BestEffort,
				Restriction::Free,
				Fortitude::Force,
			)
		});
		if let Ok(paid) = paid {
			return Ok(paid);
		}
		let burned = T::Currency::burn_held(
			&reason,
			client,
			bond,
			Precision::BestEffort,
			Fortitude::Force,
		)?;
		// What is burned was part of the issuance.
		TotalBurned::<T>::mutate(|total| *total = total.saturating_add(burned));
		Ok(0)
	}
}

impl<T: Config> Verdicts for Pallet<T> {
	fn challenge(job: &JobId) -> DispatchResult {
		with_storage_layer(|| Self::do_dispute(None, *job))
	}

	fn decide(job: &JobId, verdict: DisputeVerdict) -> DispatchResult {
		with_storage_layer(|| Self::do_decide(job, verdict))
	}

	fn convict(
		job: &JobId,
		verdict: DisputeVerdict,
		evidence: Hash,
		reporter: Option<AccountId>,
	) -> DispatchResult {
		with_storage_layer(|| {
			let ground = Ground {
				verdict,
				evidence,
				reporter,
			};
			Self::do_convict(job, ground)
		})
	}
}

impl<T: Config> Pallet<T> {
	/// A proof from outside a dispute. It ends an open one.
	fn do_convict(id: &JobId, ground: Ground) -> DispatchResult {
		ensure!(
			ground.verdict != DisputeVerdict::Right,
			Error::<T>::NothingProven
		);
		let now = Self::now();
		let (job, bookkeeping) = Self::record(id)?;
		// One doubt falls into one verdict; a proof stands above it.
		let repeats = bookkeeping.decided && ground.verdict == DisputeVerdict::Doubtful;
		ensure!(!repeats, Error::<T>::AlreadyDecided);
		let paid = match job.status {
			JobStatus::Submitted | JobStatus::Verified | JobStatus::Disputed => None,
			JobStatus::Settled => {
				ensure!(!job.deadline.has_passed(&now), Error::<T>::DeadlinePassed);
				Some(job.deadline)
			}
			_ => return Err(Error::<T>::NothingToDispute.into()),
		};
		let assignment = job.assignment.as_ref().ok_or(Error::<T>::Inconsistent)?;
		Self::deposit_event(Event::JobConvicted {
			job: *id,
			worker: assignment.worker.clone(),
			verdict: ground.verdict,
			evidence: ground.evidence,
			reporter: ground.reporter.clone(),
		});
		if job.status == JobStatus::Disputed {
			return Self::end_decided(id, job, ground, &now);
		}
		Self::apply(id, job, paid, ground, &now)
	}
}
