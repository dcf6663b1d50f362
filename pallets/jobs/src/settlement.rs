//! Payment of results: in batches, or of one job alone.
//!
//! A job whose result is accepted joins a batch of the block in which its verification window ends.
//! The batch holds all that the payment needs ([`Payable`]), so a payment reads no job's record,
//! and writes none: a batch is marked as paid, and its jobs' state follows from that
//! ([`Pallet::record`]). The batches of a block are released by the escrow in one call, which moves
//! each account's money once; what workers, funds and classes are told is summed up as well.
//!
//! If the escrow refuses the whole, it is tried batch by batch, and a refused batch job by job: what
//! cannot be paid leaves its batch and holds nobody up. That does not happen unless an invariant is
//! broken.
//!
//! A paid batch stays until the fraud window of its jobs ends, and is pruned from its end. The start
//! of a block prunes as many jobs as it paid, and always up to [`Config::MaxDuePerBlock`]; so while
//! blocks pay as many as ever, what is to be pruned does not pile up. When they pay less than they
//! did a fraud window ago there is more to prune than that, and there is also weight left: then the
//! end of the block prunes, at most as many as a block can pay.
//! A job that leaves a batch for another reason (a dispute, a
//! poke) has its state written to its record.
//!
//! Batches are paid and pruned in the order of their keys, each by a cursor.

use crate::{
	types::{BatchKey, Bookkeeping, Payable, Place, Reserved},
	Agenda, BatchCount, Batches, Bookkeepings, Config, Error, Event, Jobs, PaidBatches, Pallet,
	PruneCursor, SettleCursor, WeightInfo, Workers,
};
use aci_market::{fees, FeeShares, FeeSplit};
use aci_primitives::{
	traits::{Insurer, MarketActivity, Payee, QualityUpdate, Release, Settlement},
	AccountId, Balance, BlockNumber, ClassId, Hash, HistoryLeaf, Instant, Job, JobId, JobStatus,
	Moment,
};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use frame_support::{
	ensure, storage::with_storage_layer, traits::Get, weights::Weight, BoundedVec,
};
use sp_runtime::{DispatchError, DispatchResult, SaturatedConversion};

impl BatchKey {
	/// The batch after this one in the same block.
	fn next(self) -> Self {
		BatchKey {
			due: self.due,
			number: self.number.saturating_add(1),
		}
	}

	/// The first batch of a block.
	fn first_of(due: BlockNumber) -> Self {
		BatchKey { due, number: 0 }
	}
}

/// A job of a batch that is being paid, with the parts of its due.
struct Payment {
	payable: Payable,
	parts: FeeSplit,
}

impl Payment {
	fn new(payable: Payable, shares: &FeeShares) -> Self {
		let parts = fees::split(payable.due, shares);
		Payment { payable, parts }
	}
}

/// What the payment of many jobs adds up to for those who are told of it.
#[derive(Default)]
struct Told {
	/// Results of each worker's jobs, in order.
	results: BTreeMap<AccountId, Vec<u32>>,
	/// What each worker's jobs brought each class's fund.
	fees: BTreeMap<(ClassId, AccountId), Balance>,
	/// Slot time of each class.
	occupied: BTreeMap<ClassId, Moment>,
	/// Hashes of the leaves, in the order of the events.
	leaves: Vec<Hash>,
}

impl<T: Config> Pallet<T> {
	/// Puts a job with an accepted result into a batch of the block in which it is due, which is a
	/// block to come, and stores it.
	pub(crate) fn store_payable(
		job: &Job,
		bookkeeping: &mut Bookkeeping,
		payable: Payable,
	) -> DispatchResult {
		let id = payable.job;
		Self::leave_place(&id, bookkeeping.place);
		let due = job.deadline.block;
		let count = BatchCount::<T>::get(due);
		let last = BatchKey {
			due,
			number: count.saturating_sub(1),
		};
		let joined = count > 0 && Batches::<T>::try_append(last, payable.clone()).is_ok();
		let key = if joined {
			last
		} else {
			let key = BatchKey { due, number: count };
			Batches::<T>::try_append(key, payable).map_err(|()| Error::<T>::Inconsistent)?;
			BatchCount::<T>::insert(due, count.saturating_add(1));
			key
		};
		bookkeeping.place = Place::Batch(key);
		Bookkeepings::<T>::insert(id, &*bookkeeping);
		Jobs::<T>::insert(id, job);
		Ok(())
	}

	/// Takes a job out of its batch.
	pub(crate) fn leave_batch(id: &JobId, key: BatchKey) {
		// An empty batch leaves no entry; the cursors pass it.
		Batches::<T>::mutate_exists(key, |batch| {
			if let Some(jobs) = batch {
				jobs.retain(|payable| payable.job != *id);
				if jobs.is_empty() {
					*batch = None;
				}
			}
		});
	}

	/// Most jobs that the start of a block pays in batches, but for one batch that is always paid.
	fn settlement_bound() -> u32 {
		// A limit of zero would stop all payment.
		T::MaxSettlementsPerBlock::get().min(T::SettlementLimit::get().max(1))
	}

	/// Pays the batches that are due. Returns how many jobs that was.
	pub(crate) fn settle_due(now: &Instant) -> u32 {
		let mut cursor = SettleCursor::<T>::get().unwrap_or(BatchKey::first_of(now.block));
		let mut budget = Self::settlement_bound().min(Self::room_for_ends());
		let shares = T::FeeShares::get();
		let mut batches: Vec<(BatchKey, Vec<Payment>)> = Vec::new();
		while cursor.due <= now.block && budget > 0 {
			if cursor.number >= BatchCount::<T>::get(cursor.due) {
				// A block without batches costs one as well, so the loop is bounded.
				budget = budget.saturating_sub(1);
				cursor = BatchKey::first_of(cursor.due.saturating_add(1));
				continue;
			}
			let jobs = Batches::<T>::get(cursor).into_inner();
			let count: u32 = jobs.len().saturated_into();
			// One batch is always paid, so that a smaller bound than a batch stops nothing.
			if count > budget && !batches.is_empty() {
				break;
			}
			budget = budget.saturating_sub(count.max(1));
			let payments = jobs
				.into_iter()
				.map(|payable| Payment::new(payable, &shares))
				.collect();
			batches.push((cursor, payments));
			cursor = cursor.next();
		}
		SettleCursor::<T>::put(cursor);
		if batches.is_empty() {
			return 0;
		}

		let until = Self::deadline_in_blocks(now, T::FraudWindow::get());
		let refused = Self::release_batches(&batches);
		let mut told = Told::default();
		let mut settled = 0u32;
		for (key, jobs) in &batches {
			PaidBatches::<T>::insert(key, until);
			for payment in jobs {
				if let Some(reason) = refused.get(&payment.payable.job) {
					Self::exclude(&payment.payable, *reason, now);
					continue;
				}
				Self::announce(payment, now, &mut told);
				settled = settled.saturating_add(1);
			}
		}
		Self::tell(told);
		settled
	}

	/// Releases the locks of batches, and says of which jobs it could not.
	fn release_batches(batches: &[(BatchKey, Vec<Payment>)]) -> BTreeMap<JobId, DispatchError> {
		let mut refused = BTreeMap::new();
		let all: Vec<Release> = batches
			.iter()
			.flat_map(|(_, jobs)| jobs.iter().map(Self::release_of))
			.collect();
		if Self::release(&all).is_ok() {
			return refused;
		}
		for (_, jobs) in batches {
			let batch: Vec<Release> = jobs.iter().map(Self::release_of).collect();
			if Self::release(&batch).is_ok() {
				continue;
			}
			for one in batch {
				if let Err(reason) = Self::release(core::slice::from_ref(&one)) {
					refused.insert(one.job, reason);
				}
			}
		}
		refused
	}

	fn release(releases: &[Release]) -> DispatchResult {
		with_storage_layer(|| T::Escrow::settle(releases))
	}

	/// A job that its batch could not pay: it is tried again alone, from the next block on.
	fn exclude(payable: &Payable, reason: DispatchError, now: &Instant) {
		Self::deposit_event(Event::SettlementFailed {
			job: payable.job,
			reason,
		});
		let kept = Jobs::<T>::get(payable.job).zip(Bookkeepings::<T>::get(payable.job));
		if let Some((job, mut bookkeeping)) = kept {
			Self::store(&payable.job, &job, &mut bookkeeping, now);
		}
	}

	/// States a payment, and adds it to what is told.
	fn announce(payment: &Payment, now: &Instant, told: &mut Told) {
		let Payment { payable, parts } = payment;
		let forfeited = Self::forfeited_by(payable);
		// No due is above its price.
		let rest = payable.price.saturating_sub(payable.due);
		let refund = rest.saturating_sub(forfeited);
		Self::state_forfeit(&payable.job, payable.reservation, forfeited);
		told.leaves.push(
			HistoryLeaf {
				job: payable.job,
				client: payable.client.clone(),
				worker: Some(payable.worker.clone()),
				status: JobStatus::Settled,
				price: payable.price,
				due: payable.due,
				refund,
				receipt: Some(payable.receipt),
				block: now.block,
			}
			.hash(),
		);
		let results = told.results.entry(payable.worker.clone()).or_default();
		results.push(payable.result);
		// Sums of amounts that exist, and of times far below the clock's end.
		let fee = told
			.fees
			.entry((payable.class, payable.worker.clone()))
			.or_default();
		*fee = fee.saturating_add(parts.liquidity);
		let occupied = told.occupied.entry(payable.class).or_default();
		*occupied = occupied.saturating_add(payable.eta);
		Self::deposit_event(Event::JobSettled {
			job: payable.job,
			client: payable.client.clone(),
			worker: payable.worker.clone(),
			paid: parts.worker,
			validators: parts.validators,
			verifiers: parts.verifiers,
			fund: parts.liquidity,
			burned: parts.burn,
			refund,
			receipt: payable.receipt,
		});
	}

	/// Tells the other pallets of payments. A paid job clears its worker's missed matches.
	fn tell(told: Told) {
		for (worker, results) in told.results {
			Workers::<T>::mutate_extant(&worker, |record| record.missed = 0);
			T::Quality::judged_all(&worker, &results);
		}
		for ((class, worker), amount) in told.fees {
			T::Insurer::note_fee(class, &worker, amount);
		}
		for (class, occupied) in told.occupied {
			T::Activity::paid(class, occupied);
		}
		Self::write_leaves(told.leaves);
	}

	/// Pays one job alone: one that is poked, was found right, or could not be paid with its batch.
	pub(crate) fn settle(id: &JobId, mut job: Job, now: &Instant) -> DispatchResult {
		let mut bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		let payable = Self::payable(id, &job, bookkeeping.reserved)?;
		ensure!(Self::room_for_ends() > 0, Error::<T>::BlockFull);
		let payment = Payment::new(payable, &T::FeeShares::get());
		T::Escrow::settle(&[Self::release_of(&payment)])?;
		job.status = JobStatus::Settled;
		job.deadline = Self::deadline_in_blocks(now, T::FraudWindow::get());
		Self::store(id, &job, &mut bookkeeping, now);
		let mut told = Told::default();
		Self::announce(&payment, now, &mut told);
		Self::tell(told);
		Ok(())
	}

	/// What the payment of a job with a result needs.
	pub(crate) fn payable(
		id: &JobId,
		job: &Job,
		reserved: Option<Reserved>,
	) -> Result<Payable, DispatchError> {
		let assignment = job.assignment.as_ref().ok_or(Error::<T>::Inconsistent)?;
		let result = job.result.as_ref().ok_or(Error::<T>::Inconsistent)?;
		let started = assignment.acknowledged.ok_or(Error::<T>::Inconsistent)?;
		let elapsed = result
			.submitted
			.elapsed_since(&started, T::BlockTime::get());
		Ok(Payable {
			job: *id,
			client: job.client.clone(),
			worker: assignment.worker.clone(),
			class: job.spec.class,
			price: assignment.price,
			due: result.due,
			eta: assignment.eta,
			result: Self::quality_result(job.spec.sla, elapsed),
			receipt: result.receipt,
			reservation: reserved.map(|reserved| reserved.id),
		})
	}

	/// Prunes jobs of paid batches as far as a block's rest of weight allows, and at most as many as a
	/// block can pay. Returns the weight of it.
	pub(crate) fn prune_with(rest: Weight) -> Weight {
		let each = T::WeightInfo::prune();
		// One stands for the cursors.
		let fits = rest
			.checked_div_per_component(&each)
			.unwrap_or_default()
			.saturating_sub(1);
		let most = Self::settlement_bound()
			.max(T::MaxBatch::get())
			.max(T::MaxDuePerBlock::get());
		let budget = most.min(fits.saturated_into());
		if budget == 0 {
			return Weight::zero();
		}
		let (_, steps) = Self::prune_batches(&Self::now(), budget);
		each.saturating_mul(u64::from(steps).saturating_add(1))
	}

	/// Prunes jobs of paid batches whose fraud window is over, in at most `budget` steps: a job, or an
	/// empty batch or block, is one. Returns the jobs and the steps.
	pub(crate) fn prune_batches(now: &Instant, budget: u32) -> (u32, u32) {
		let paid = SettleCursor::<T>::get().unwrap_or(BatchKey::first_of(now.block));
		let mut cursor = PruneCursor::<T>::get().unwrap_or(paid);
		let mut left = budget;
		let mut handled = 0u32;
		while cursor < paid && left > 0 {
			if cursor.number >= BatchCount::<T>::get(cursor.due) {
				BatchCount::<T>::remove(cursor.due);
				left = left.saturating_sub(1);
				cursor = BatchKey::first_of(cursor.due.saturating_add(1));
				continue;
			}
			let over = PaidBatches::<T>::get(cursor).is_none_or(|until| until.has_passed(now));
			if !over {
				break;
			}
			let mut jobs = Batches::<T>::get(cursor).into_inner();
			let stay = jobs.len().saturating_sub(left.saturated_into());
			let pruned = jobs.split_off(stay);
			if jobs.is_empty() {
				Batches::<T>::remove(cursor);
			} else {
				// Shorter than it was.
				Batches::<T>::insert(cursor, BoundedVec::truncate_from(jobs));
			}
			let count: u32 = pruned.len().saturated_into();
			left = left.saturating_sub(count.max(1));
			handled = handled.saturating_add(count);
			for payable in pruned {
				Self::prune_from_batch(&payable.job, now);
			}
			if stay > 0 {
				break;
			}
			PaidBatches::<T>::remove(cursor);
			cursor = cursor.next();
		}
		PruneCursor::<T>::put(cursor);
		(handled, budget.saturating_sub(left))
	}

	/// Prunes a job that its batch names no longer.
	fn prune_from_batch(id: &JobId, now: &Instant) {
		let done = with_storage_layer(|| {
			let (job, bookkeeping) = Self::record(id)?;
			Self::forget(id, job, &bookkeeping)
		});
		let Err(error) = done else { return };
		frame_support::defensive!("a paid job could not be pruned", (id, error));
		// Not its batch's concern any more.
		if let Ok((job, mut bookkeeping)) = Self::record(id) {
			Self::store(id, &job, &mut bookkeeping, now);
		}
	}

	/// Takes a job from where it waits.
	pub(crate) fn leave_place(id: &JobId, place: Place) {
		match place {
			Place::Agenda(block) => Agenda::<T>::remove(block, id),
			Place::Batch(key) => Self::leave_batch(id, key),
		}
	}

	/// What of a job's rest is burned with its reservation.
	fn forfeited_by(payable: &Payable) -> Balance {
		// No due is above its price.
		let rest = payable.price.saturating_sub(payable.due);
		Self::forfeited(payable.reservation, rest)
	}

	/// The release that pays a job.
	fn release_of(payment: &Payment) -> Release {
		let Payment { payable, parts } = payment;
		// Together at most the price.
		let burn = parts.burn.saturating_add(Self::forfeited_by(payable));
		let mut payments = vec![
			(Payee::Account(payable.worker.clone()), parts.worker),
			(Payee::Validators, parts.validators),
			(Payee::Verifiers, parts.verifiers),
			(Payee::Fund(payable.class), parts.liquidity),
			(Payee::Burn, burn),
		];
		payments.retain(|(_, amount)| *amount > 0);
		Release {
			job: payable.job,
			payments,
		}
	}
}
