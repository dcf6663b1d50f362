//! The transitions of a job. The table of states is in the crate's documentation.

use crate::{
	types::{Bookkeeping, DeclineReason, Place, Queued, Reserved, Return, ReturnReason},
	Assigned, Bookkeepings, Config, Error, Event, HoldReason, JobCount, Jobs, JobsOf, LastOrder,
	Open, Pallet, Workers, MAX_RETURNS,
};
use aci_market::{fees::PARTS_PER_MILLION, payment, Offence};
use aci_primitives::{
	class::JOB_MILLI_SLOTS,
	job::{job_id, Assignment, JobResult, MAX_CONTENT},
	traits::{
		Claim, JobEscrow, MarketQuote, MarketWeights, Payee, ProofOfAi, QualityUpdate, Release,
		Reservations, Settlement, SlashReport, Slasher,
	},
	AccountId, Balance, ClassId, Hash, HistoryLeaf, Instant, Job, JobId, JobInput, JobOutput,
	JobSpec, JobStatus, Moment, Role, SignedReceipt,
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
		let flops = Self::check_order(&spec).map_err(Error::<T>::from)?;
		Self::open_job(client, order, spec, flops, None)
	}

	/// Opens a job of a specification that was checked: its payment is locked, of what the
	/// reservation prepaid or of the client's escrow, and it waits for a worker.
	pub(crate) fn open_job(
		client: AccountId,
		order: u64,
		spec: JobSpec,
		flops: u128,
		reservation: Option<aci_primitives::ReservationId>,
	) -> DispatchResult {
		let fresh = LastOrder::<T>::get(&client).is_none_or(|last| order > last);
		ensure!(fresh, Error::<T>::OrderNumberUsed);
		ensure!(
			spec.max_price >= T::MinPrice::get(),
			Error::<T>::MaxPriceTooLow
		);
		let count = JobCount::<T>::get(&client);
		ensure!(count < T::MaxJobsPerClient::get(), Error::<T>::TooManyJobs);

		let id = job_id(&Self::genesis_hash(), &client, order, &spec);
		ensure!(!Jobs::<T>::contains_key(id), Error::<T>::JobExists);
		let queued = Queued {
			job: id,
			reservation,
		};
		Open::<T>::try_mutate(spec.class, |queue| queue.try_push(queued))
			.map_err(|_| Error::<T>::QueueFull)?;

		T::ProofOfAi::acquire(&spec.model)?;
		let reserved = match reservation {
			None => {
				T::Escrow::lock(&client, &id, spec.max_price)?;
				None
			}
			Some(reservation) => Some(Self::lock_reserved(
				&client,
				&id,
				&spec,
				flops,
				reservation,
			)?),
		};
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
			place: Place::Agenda(job.deadline.block),
			returned: None,
			reserved,
			decided: false,
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
			max_price: reserved.map_or(job.spec.max_price, |reserved| reserved.price),
			deposit,
			match_by: job.deadline,
		});
		if let Some(Reserved { id: number, price }) = reserved {
			Self::deposit_event(Event::JobReserved {
				job: id,
				reservation: number,
				price,
			});
		}
		Ok(())
	}

	pub(crate) fn do_cancel(client: AccountId, id: JobId) -> DispatchResult {
		let (job, _) = Self::record(&id)?;
		ensure!(job.client == client, Error::<T>::NotClient);
		ensure!(job.status == JobStatus::Open, Error::<T>::NotOpen);
		Self::leave_queue(job.spec.class, &id);
		let refund = Self::finish(&id, job, JobStatus::Cancelled, vec![], &Self::now())?;
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
		let refund = Self::finish(id, job, JobStatus::Expired, payments, now)?;
		Self::deposit_event(Event::JobExpired {
			job: *id,
			client,
			refund,
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
		let (job, _) = Self::record(&id)?;
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
		Self::free_slot(id, job.spec.class, &assignment, bookkeeping.reserved)?;
		Self::release_exposure(&assignment)?;
		T::ProofOfAi::unmatched(id);
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
		let queued = Queued {
			job: *id,
			reservation: bookkeeping.reserved.map(|reserved| reserved.id),
		};
		let reopened = job.returns < MAX_RETURNS
			&& Open::<T>::try_mutate(job.spec.class, |queue| queue.try_push(queued)).is_ok();
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
		Self::free_slot(&id, job.spec.class, &assignment, bookkeeping.reserved)?;
		job.result = Some(JobResult {
			output: output.clone(),
			receipt,
			submitted: now,
			due,
		});
		job.status = JobStatus::Submitted;
		job.deadline = Self::deadline_in_blocks(&now, T::VerificationWindow::get());
		let payable = Self::payable(&id, &job, bookkeeping.reserved)?;
		Self::store_payable(&job, &mut bookkeeping, payable)?;
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

	/// A paid job's result for its worker's quality, in parts per million: the share that the late
	/// rule leaves. Few tokens are no fault.
	pub(crate) fn quality_result(sla: Moment, elapsed: Moment) -> u32 {
		let whole = Balance::from(PARTS_PER_MILLION);
		payment::late_price(whole, sla, elapsed)
			.and_then(|share| u32::try_from(share).ok())
			.unwrap_or_default()
	}

	/// Running, and twice the SLA has passed.
	pub(crate) fn time_out(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		let assignment = job.assignment.clone().ok_or(Error::<T>::Inconsistent)?;
		let reserved = Bookkeepings::<T>::get(id).and_then(|kept| kept.reserved);
		Self::free_slot(id, job.spec.class, &assignment, reserved)?;
		Self::release_exposure(&assignment)?;
		T::ProofOfAi::unmatched(id);
		let client = job.client.clone();
		let class = job.spec.class;
		let refund = Self::finish(id, job, JobStatus::TimedOut, vec![], now)?;
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
		Self::leave_place(id, bookkeeping.place);
		Self::forget(id, job, &bookkeeping)
	}

	/// Removes a job's records, which stands in no place any more.
	pub(crate) fn forget(id: &JobId, job: Job, bookkeeping: &Bookkeeping) -> DispatchResult {
		if let (JobStatus::Settled, Some(assignment)) = (job.status, job.assignment.as_ref()) {
			Self::release_exposure(assignment)?;
		}
		if job.result.is_some() {
			T::ProofOfAi::forget_receipt(id);
			T::ProofOfAi::release(&job.spec.model);
		}
		// Best effort: a deposit that something else has taken must not keep the record.
		let deposit = T::Currency::release(
			&HoldReason::JobDeposit.into(),
			&job.client,
			bookkeeping.deposit,
			Precision::BestEffort,
		)?;
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

	/// The one release of the lock of a job that is not paid, and its final state. The model is
	/// needed no longer, unless there is a result that could be checked again. Returns what went back.
	pub(crate) fn finish(
		id: &JobId,
		mut job: Job,
		status: JobStatus,
		mut payments: Vec<(Payee, Balance)>,
		now: &Instant,
	) -> Result<Balance, DispatchError> {
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		let locked = T::Escrow::locked(id);
		// The escrow refuses payments above the lock.
		let due = payments
			.iter()
			.fold(0, |sum: Balance, (_, amount)| sum.saturating_add(*amount));
		let rest = locked.saturating_sub(due);
		let reservation = bookkeeping.reserved.map(|reserved| reserved.id);
		let forfeited = match status {
			JobStatus::Cancelled | JobStatus::Expired => Self::forfeited(reservation, rest),
			_ => 0,
		};
		if forfeited > 0 {
			payments.push((Payee::Burn, forfeited));
		}
		let refund = rest.saturating_sub(forfeited);
		T::Escrow::settle(&[Release { job: *id, payments }])?;
		Self::state_forfeit(id, reservation, forfeited);
		if job.result.is_none() {
			T::ProofOfAi::release(&job.spec.model);
		}
		Self::write_leaf(&HistoryLeaf {
			job: *id,
			client: job.client.clone(),
			worker: job.assignment.as_ref().map(|a| a.worker.clone()),
			status,
			price: job.assignment.as_ref().map_or(0, |a| a.price),
			due,
			refund,
			receipt: job.result.as_ref().map(|result| result.receipt),
			block: now.block,
		})?;
		job.status = status;
		job.deadline = Self::deadline_in_blocks(now, T::Retention::get());
		Self::store(id, &job, &mut bookkeeping, now);
		Ok(refund)
	}

	/// Takes a job out of its class's queue.
	fn leave_queue(class: ClassId, id: &JobId) {
		Open::<T>::mutate_exists(class, |queue| {
			if let Some(jobs) = queue {
				jobs.retain(|queued| queued.job != *id);
				if jobs.is_empty() {
					*queue = None;
				}
			}
		});
	}

	/// The job occupies its worker's slot no longer, and the capacity is back in the pool or in the
	/// reservation.
	fn free_slot(
		id: &JobId,
		class: ClassId,
		assignment: &Assignment,
		reserved: Option<Reserved>,
	) -> DispatchResult {
		Workers::<T>::try_mutate(&assignment.worker, |worker| {
			let worker = worker.as_mut().ok_or(Error::<T>::Inconsistent)?;
			worker.busy = worker.busy.checked_sub(1).ok_or(Error::<T>::Inconsistent)?;
			T::Market::vacate_slots(class, JOB_MILLI_SLOTS, worker.weight)
		})?;
		Assigned::<T>::remove(&assignment.worker, id);
		match reserved {
			None => T::Market::give_back(class, JOB_MILLI_SLOTS),
			Some(reserved) => T::Reservations::vacate(reserved.id, JOB_MILLI_SLOTS),
		}
	}

	/// The job's price counts to its worker's exposure no longer.
	pub(crate) fn release_exposure(assignment: &Assignment) -> DispatchResult {
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
