//! The transitions of a job. The table of states is in the crate's documentation.

use crate::{
	types::{Bookkeeping, DeclineReason, Return, ReturnReason},
	Agenda, Assigned, Bookkeepings, Config, Error, Event, HoldReason, JobCount, Jobs, JobsOf,
	LastOrder, Open, Pallet, Workers, MAX_RETURNS,
};
use aci_market::{fees, payment, Offence};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	job::{job_id, Assignment, JobResult, MAX_CONTENT},
	traits::{
		Claim, JobEscrow, MarketQuote, Payee, ProofOfAi, QualityUpdate, Release, Settlement,
		SlashReport, Slasher,
	},
	AccountId, Balance, ClassId, Hash, Instant, Job, JobId, JobInput, JobOutput, JobSpec,
	JobStatus, Role, SignedReceipt,
};
use alloc::{vec, vec::Vec};
use frame_support::{
	ensure,
	traits::{fungible::hold::Mutate, tokens::Precision, Get},
};
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Hash of block 0, which frame-system never forgets.
	pub(crate) fn genesis_hash() -> Hash {
		frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		)
	}

	pub(crate) fn do_submit(client: AccountId, order: u64, spec: JobSpec) -> DispatchResult {
		let fresh = LastOrder::<T>::get(&client).is_none_or(|last| order > last);
		ensure!(fresh, Error::<T>::OrderNumberUsed);
		Self::check_order(&spec).map_err(Error::<T>::from)?;
		ensure!(
			spec.max_price >= T::MinPrice::get(),
			Error::<T>::MaxPriceTooLow
		);
		let count = JobCount::<T>::get(&client);
		ensure!(count < T::MaxJobsPerClient::get(), Error::<T>::TooManyJobs);

		let id = job_id(&Self::genesis_hash(), &client, order, &spec);
		ensure!(!Jobs::<T>::contains_key(id), Error::<T>::JobExists);
		Open::<T>::try_mutate(spec.class, |queue| queue.try_push(id))
			.map_err(|_| Error::<T>::QueueFull)?;

		T::ProofOfAi::acquire(&spec.model)?;
		T::Escrow::lock(&client, &id, spec.max_price)?;
		let deposit = T::JobDeposit::get();
		T::Currency::hold(&HoldReason::JobDeposit.into(), &client, deposit)?;

		let now = Self::now();
		let job = Job {
			client: client.clone(),
			order,
			status: JobStatus::Open,
			submitted: now,
			deadline: Self::deadline_after(&now, T::MatchDeadline::get()),
			returns: 0,
			assignment: None,
			result: None,
			spec,
		};
		let mut bookkeeping = Bookkeeping {
			deposit,
			agenda: job.deadline.block,
			returned: None,
		};
		Self::store(&id, &job, &mut bookkeeping, &now);
		LastOrder::<T>::insert(&client, order);
		JobsOf::<T>::insert(&client, id, ());
		JobCount::<T>::insert(&client, count.saturating_add(1));
		Self::deposit_event(Event::JobSubmitted {
			job: id,
			client,
			order,
			class: job.spec.class,
			model: job.spec.model,
			max_price: job.spec.max_price,
			deposit,
			match_by: job.deadline,
		});
		Ok(())
	}

	pub(crate) fn do_cancel(client: AccountId, id: JobId) -> DispatchResult {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(job.client == client, Error::<T>::NotClient);
		ensure!(job.status == JobStatus::Open, Error::<T>::NotOpen);
		Self::leave_queue(job.spec.class, &id);
		let refund = T::Escrow::locked(&id);
		Self::finish(&id, job, JobStatus::Cancelled, vec![], &Self::now())?;
		Self::deposit_event(Event::JobCancelled {
			job: id,
			client,
			refund,
		});
		Ok(())
	}

	/// Open, and the match deadline has passed.
	pub(crate) fn expire(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		Self::leave_queue(job.spec.class, id);
		Self::end_unmatched(id, job, 0, now)
	}

	/// Ends a job that no worker took; of its lock `slot_fee` is burned.
	fn end_unmatched(id: &JobId, job: Job, slot_fee: Balance, now: &Instant) -> DispatchResult {
		let locked = T::Escrow::locked(id);
		let slot_fee = slot_fee.min(locked);
		let payments = if slot_fee > 0 {
			vec![(Payee::Burn, slot_fee)]
		} else {
			vec![]
		};
		let client = job.client.clone();
		Self::finish(id, job, JobStatus::Expired, payments, now)?;
		Self::deposit_event(Event::JobExpired {
			job: *id,
			client,
			refund: locked.saturating_sub(slot_fee),
			slot_fee,
		});
		Ok(())
	}

	pub(crate) fn do_acknowledge(worker: AccountId, id: JobId) -> DispatchResult {
		let (mut job, mut bookkeeping) = Self::record(&id)?;
		ensure!(job.status == JobStatus::Matched, Error::<T>::NotMatched);
		let now = Self::now();
		let assignment = job.assignment.as_mut().ok_or(Error::<T>::Inconsistent)?;
		ensure!(assignment.worker == worker, Error::<T>::NotAssigned);
		ensure!(!job.deadline.has_passed(&now), Error::<T>::DeadlinePassed);
		assignment.acknowledged = Some(now);
		job.status = JobStatus::Running;
		job.deadline = Self::deadline_after(&now, job.spec.sla.saturating_mul(2));
		Self::store(&id, &job, &mut bookkeeping, &now);
		Self::deposit_event(Event::JobAcknowledged {
			job: id,
			worker,
			result_by: job.deadline,
		});
		Ok(())
	}

	pub(crate) fn do_decline(
		worker: AccountId,
		id: JobId,
		reason: DeclineReason,
	) -> DispatchResult {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		ensure!(job.status == JobStatus::Matched, Error::<T>::NotMatched);
		let assigned = job.assignment.as_ref().is_some_and(|a| a.worker == worker);
		ensure!(assigned, Error::<T>::NotAssigned);
		Self::come_back(&id, job, ReturnReason::Declined(reason), &Self::now())
	}

	/// Matched, and the acknowledge deadline has passed.
	pub(crate) fn miss_acknowledge(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		Self::come_back(id, job, ReturnReason::NotAcknowledged, now)
	}

	/// A matched job comes back from its worker: open again, or expired the second time.
	fn come_back(id: &JobId, mut job: Job, reason: ReturnReason, now: &Instant) -> DispatchResult {
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		let assignment = job.assignment.take().ok_or(Error::<T>::Inconsistent)?;
		Self::free_slot(id, job.spec.class, &assignment)?;
		Self::release_exposure(&assignment)?;
		if reason.lowers_rank() {
			Workers::<T>::mutate_extant(&assignment.worker, |worker| {
				worker.missed = worker.missed.saturating_add(1);
			});
		}
		job.returns = job.returns.saturating_add(1);
		Self::deposit_event(Event::JobReturned {
			job: *id,
			worker: assignment.worker.clone(),
			reason,
			returns: job.returns,
		});

		// A queue that filled up meanwhile has no place for it: then it ends like an open job
		// without a worker.
		let reopened = job.returns < MAX_RETURNS
			&& Open::<T>::try_mutate(job.spec.class, |queue| queue.try_push(*id)).is_ok();
		if reopened {
			job.status = JobStatus::Open;
			job.deadline = Self::deadline_after(now, T::MatchDeadline::get());
			bookkeeping.returned = Some(Return {
				worker: assignment.worker,
				reason,
			});
			Self::store(id, &job, &mut bookkeeping, now);
			return Ok(());
		}
		let never_served = reason.is_input_unavailable()
			&& bookkeeping
				.returned
				.is_some_and(|first| first.reason.is_input_unavailable())
			&& matches!(job.spec.input, JobInput::Content(_));
		let slot_fee = if never_served { T::SlotFee::get() } else { 0 };
		Self::end_unmatched(id, job, slot_fee, now)
	}

	pub(crate) fn do_submit_result(
		worker: AccountId,
		id: JobId,
		signed: SignedReceipt,
		output: JobOutput,
	) -> DispatchResult {
		let (mut job, mut bookkeeping) = Self::record(&id)?;
		ensure!(job.status == JobStatus::Running, Error::<T>::NotRunning);
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		ensure!(assignment.worker == worker, Error::<T>::NotAssigned);
		let now = Self::now();
		ensure!(!job.deadline.has_passed(&now), Error::<T>::DeadlinePassed);
		ensure!(output.length() <= MAX_CONTENT, Error::<T>::OutputTooLong);
		let output_hash = output.sha256();
		ensure!(
			output_hash == signed.receipt.output,
			Error::<T>::OutputMismatch
		);

		let started = assignment.acknowledged.ok_or(Error::<T>::Inconsistent)?;
		let elapsed = now.elapsed_since(&started, T::BlockTime::get());
		let actual = signed.receipt.metrics.flops;
		let price = payment::actual_price(assignment.price, assignment.flops, actual);
		// `None` exactly when the deadline has passed, which was refused above.
		let due =
			payment::late_price(price, job.spec.sla, elapsed).ok_or(Error::<T>::DeadlinePassed)?;

		let class = T::Market::class(job.spec.class).ok_or(Error::<T>::UnknownClass)?;
		let receipt = T::ProofOfAi::accept_receipt(&worker, &id, &job.spec, &class, &signed)?;
		Self::free_slot(&id, job.spec.class, &assignment)?;
		job.result = Some(JobResult {
			output: output.clone(),
			receipt,
			submitted: now,
			due,
		});
		job.status = JobStatus::Submitted;
		job.deadline = Self::deadline_in_blocks(&now, T::VerificationWindow::get());
		Self::store(&id, &job, &mut bookkeeping, &now);
		Self::deposit_event(Event::ResultSubmitted {
			job: id,
			worker,
			output_hash,
			output,
			receipt,
			tokens_in: signed.receipt.tokens_in,
			tokens_out: signed.receipt.tokens_out,
			due,
		});
		Ok(())
	}

	/// Submitted, and the verification window has ended without a challenge: verified, and paid in
	/// the same step.
	pub(crate) fn settle(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		let due = job.result.as_ref().ok_or(Error::<T>::Inconsistent)?.due;
		let parts = fees::split(due, &T::FeeShares::get());
		let payments = vec![
			(Payee::Account(assignment.worker.clone()), parts.worker),
			(Payee::Validators, parts.validators),
			(Payee::Verifiers, parts.verifiers),
			(Payee::Fund(job.spec.class), parts.liquidity),
			(Payee::Burn, parts.burn),
		];
		let refund = T::Escrow::locked(id).saturating_sub(due);
		let client = job.client.clone();
		Workers::<T>::mutate_extant(&assignment.worker, |worker| worker.missed = 0);
		Self::finish(id, job, JobStatus::Settled, payments, now)?;
		Self::deposit_event(Event::JobSettled {
			job: *id,
			client,
			worker: assignment.worker,
			paid: parts.worker,
			validators: parts.validators,
			verifiers: parts.verifiers,
			fund: parts.liquidity,
			burned: parts.burn,
			refund,
		});
		Ok(())
	}

	/// Running, and twice the SLA has passed.
	pub(crate) fn time_out(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		Self::free_slot(id, job.spec.class, &assignment)?;
		Self::release_exposure(&assignment)?;
		let refund = T::Escrow::locked(id);
		let client = job.client.clone();
		let class = job.spec.class;
		Self::finish(id, job, JobStatus::TimedOut, vec![], now)?;
		let slashed = T::Slasher::slash(SlashReport {
			offender: assignment.worker.clone(),
			role: Role::Worker,
			offence: Offence::Timeout,
			// The evidence is the job's record, which its identity names.
			evidence: *id,
			reporter: None,
			// The whole lock went back to the client just now.
			victim: Some(Claim {
				client: client.clone(),
				job: *id,
				class,
				amount: 0,
			}),
		});
		T::Quality::judged(&assignment.worker, 0);
		Self::deposit_event(Event::JobTimedOut {
			job: *id,
			client,
			worker: assignment.worker,
			refund,
			slashed,
		});
		Ok(())
	}

	/// Final, and its time on record has ended.
	pub(crate) fn prune(id: &JobId, job: Job) -> DispatchResult {
		let bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		if let (JobStatus::Settled, Some(assignment)) = (job.status, job.assignment.as_ref()) {
			Self::release_exposure(assignment)?;
		}
		if job.result.is_some() {
			T::ProofOfAi::forget_receipt(id);
		}
		// Best effort: a deposit that something else has taken must not keep the record.
		let deposit = T::Currency::release(
			&HoldReason::JobDeposit.into(),
			&job.client,
			bookkeeping.deposit,
			Precision::BestEffort,
		)?;
		Agenda::<T>::remove(bookkeeping.agenda, id);
		Bookkeepings::<T>::remove(id);
		Jobs::<T>::remove(id);
		JobsOf::<T>::remove(&job.client, id);
		JobCount::<T>::mutate_exists(&job.client, |count| {
			*count = count
				.and_then(|count| count.checked_sub(1))
				.filter(|count| *count > 0);
		});
		Self::deposit_event(Event::JobPruned {
			job: *id,
			client: job.client,
			deposit,
		});
		Ok(())
	}

	/// The one release of a job's lock, and its final state.
	fn finish(
		id: &JobId,
		mut job: Job,
		status: JobStatus,
		payments: Vec<(Payee, Balance)>,
		now: &Instant,
	) -> DispatchResult {
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		let payments = payments
			.into_iter()
			.filter(|(_, amount)| *amount > 0)
			.collect();
		T::Escrow::settle(&[Release { job: *id, payments }])?;
		T::ProofOfAi::release(&job.spec.model);
		let kept = match status {
			JobStatus::Settled => T::FraudWindow::get(),
			_ => T::Retention::get(),
		};
		job.status = status;
		job.deadline = Self::deadline_in_blocks(now, kept);
		Self::store(id, &job, &mut bookkeeping, now);
		Ok(())
	}

	fn record(id: &JobId) -> Result<(Job, Bookkeeping), DispatchError> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		Ok((job, bookkeeping))
	}

	/// Takes a job out of its class's queue.
	fn leave_queue(class: ClassId, id: &JobId) {
		Open::<T>::mutate_exists(class, |queue| {
			if let Some(jobs) = queue {
				jobs.retain(|other| other != id);
				if jobs.is_empty() {
					*queue = None;
				}
			}
		});
	}

	/// The job occupies its worker's slot no longer, and the capacity is back in the pool.
	fn free_slot(id: &JobId, class: ClassId, assignment: &Assignment) -> DispatchResult {
		Workers::<T>::try_mutate(&assignment.worker, |worker| {
			let worker = worker.as_mut().ok_or(Error::<T>::Inconsistent)?;
			worker.busy = worker.busy.checked_sub(1).ok_or(Error::<T>::Inconsistent)?;
			Ok::<(), Error<T>>(())
		})?;
		Assigned::<T>::remove(&assignment.worker, id);
		T::Market::give_back(class, JOB_MILLI_SLOTS)
	}

	/// The job's price counts to its worker's exposure no longer.
	fn release_exposure(assignment: &Assignment) -> DispatchResult {
		Workers::<T>::try_mutate(&assignment.worker, |worker| {
			let worker = worker.as_mut().ok_or(Error::<T>::Inconsistent)?;
			worker.exposure = worker
				.exposure
				.checked_sub(assignment.price)
				.ok_or(Error::<T>::Inconsistent)?;
			Ok::<(), Error<T>>(())
		})?;
		Ok(())
	}
}
