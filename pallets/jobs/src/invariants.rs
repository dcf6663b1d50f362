//! Checks of the invariants that the crate's documentation numbers. They read all of the pallet's
//! storage: for tests and for `try-runtime`, not for blocks.

use crate::{
	types::{BatchKey, Bookkeeping, Place},
	Agenda, AgendaCursor, Assigned, BatchCount, Batches, Bookkeepings, Config, Disputes, History,
	HoldReason, JobCount, Jobs, JobsOf, LastOrder, LeasedOuts, Leaves, Offers, Open, PaidBatches,
	Pallet, PruneCursor, SettleCursor, WeighingState, Workers, WorkersOf, MAX_RETURNS,
};
use aci_market::{
	fees::PARTS_PER_MILLION,
	quality::{slot_weight, MIN_SLOT_WEIGHT},
	SlotWeights,
};
use aci_primitives::{
	traits::{JobEscrow, MarketQuote, MarketWeights, QualityUpdate, Reservations},
	AccountId, Balance, ClassId, Job, JobId, JobStatus, ReservationId,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::{DispatchError, SaturatedConversion};

type Check = Result<(), DispatchError>;

/// Whether a job occupies a slot of its worker.
fn occupies_slot(status: JobStatus) -> bool {
	matches!(status, JobStatus::Matched | JobStatus::Running)
}

/// Whether a job's price counts to its worker's exposure.
fn counts_to_exposure(status: JobStatus) -> bool {
	matches!(
		status,
		JobStatus::Matched
			| JobStatus::Running
			| JobStatus::Submitted
			| JobStatus::Verified
			| JobStatus::Disputed
			| JobStatus::Settled
	)
}

/// Whether a job in this state has a result.
fn has_result(status: JobStatus) -> bool {
	matches!(
		status,
		JobStatus::Submitted
			| JobStatus::Verified
			| JobStatus::Settled
			| JobStatus::Disputed
			| JobStatus::Refunded
	)
}

impl<T: Config> Pallet<T> {
	/// Checks every numbered invariant, the tenth as long as the rules of quality do not change in an
	/// epoch. The error names the one that is broken.
	pub fn do_try_state() -> Check {
		Self::check_locks()?;
		Self::check_agenda()?;
		Self::check_batches()?;
		Self::check_workers()?;
		Self::check_pools()?;
		Self::check_weights()?;
		Self::check_queues()?;
		Self::check_indices()?;
		Self::check_disputes()?;
		Self::check_history()
	}

	/// The jobs as they are, with what is kept beside them.
	fn records() -> impl Iterator<Item = (JobId, Job, Bookkeeping)> {
		Jobs::<T>::iter_keys().filter_map(|id| {
			let (job, kept) = Self::record(&id).ok()?;
			Some((id, job, kept))
		})
	}

	/// Invariant 1.
	fn check_locks() -> Check {
		for (id, job, kept) in Self::records() {
			let locked = T::Escrow::locked(&id);
			let expected = Self::expected_lock(&id, &job, &kept)?;
			let right = match expected {
				Some(expected) => locked == expected,
				// Open again: the price of the first match.
				None => locked > 0 && locked <= job.spec.max_price,
			};
			ensure!(
				right,
				"invariant 1: a job's lock is not what its state says"
			);
		}
		Ok(())
	}

	/// What a job's lock must hold; `None` where the record does not tell exactly.
	fn expected_lock(
		id: &JobId,
		job: &Job,
		kept: &Bookkeeping,
	) -> Result<Option<Balance>, DispatchError> {
		let assignment = job.assignment.as_ref();
		ensure!(
			job.result.is_some() == has_result(job.status),
			"invariant 1: a job has a result from its submission on, and only then"
		);
		if let Some(assignment) = assignment {
			ensure!(assignment.price > 0, "invariant 1: a job has no price");
			ensure!(
				assignment.price <= job.spec.max_price,
				"invariant 1: a price is above the client's maximum"
			);
			ensure!(
				job.result
					.as_ref()
					.is_none_or(|result| result.due <= assignment.price),
				"invariant 1: more is due than the price"
			);
			ensure!(
				kept.reserved
					.is_none_or(|reserved| reserved.price == assignment.price),
				"invariant 1: a reserved job has another price than its reservation's"
			);
		}
		let paid = Disputes::<T>::get(id).is_some_and(|dispute| dispute.paid.is_some());
		if job.status.is_final() || paid {
			return Ok(Some(0));
		}
		if job.status == JobStatus::Open {
			ensure!(
				assignment.is_none(),
				"invariant 1: an open job has a worker"
			);
			if let Some(reserved) = kept.reserved {
				ensure!(
					reserved.price > 0 && reserved.price <= job.spec.max_price,
					"invariant 1: a reserved price is above the client's maximum"
				);
				return Ok(Some(reserved.price));
			}
			return Ok((job.returns == 0).then_some(job.spec.max_price));
		}
		let assignment = assignment.ok_or("invariant 1: a matched job has no assignment")?;
		Ok(Some(assignment.price))
	}

	/// Invariant 2, of the agenda.
	fn check_agenda() -> Check {
		let now = Self::now();
		let cursor = AgendaCursor::<T>::get().unwrap_or_default();
		let mut entries = 0usize;
		for (block, id) in Agenda::<T>::iter_keys() {
			entries = entries.saturating_add(1);
			ensure!(
				block >= cursor,
				"invariant 2: the agenda's cursor has passed an entry"
			);
			let kept = Bookkeepings::<T>::get(id)
				.ok_or("invariant 2: a job of the agenda has no bookkeeping")?;
			ensure!(
				kept.place == Place::Agenda(block),
				"invariant 2: a job stands twice on the agenda"
			);
		}
		let mut on_agenda = 0usize;
		for (id, job, kept) in Self::records() {
			let Place::Agenda(block) = kept.place else {
				continue;
			};
			on_agenda = on_agenda.saturating_add(1);
			ensure!(
				Agenda::<T>::contains_key(block, id),
				"invariant 2: a job is not on the agenda"
			);
			let latest = job.deadline.block.max(now.block.saturating_add(1));
			ensure!(block <= latest, "invariant 2: a job is looked at too late");
		}
		ensure!(
			entries == on_agenda,
			"invariant 2: the agenda has more entries than jobs"
		);
		ensure!(
			Self::records().count() == Jobs::<T>::iter_keys().count(),
			"invariant 2: a job has no bookkeeping"
		);
		ensure!(
			Bookkeepings::<T>::iter_keys().count() == Jobs::<T>::iter_keys().count(),
			"invariant 2: there is bookkeeping without a job"
		);
		Ok(())
	}

	/// Invariant 2, of the batches.
	fn check_batches() -> Check {
		let start = BatchKey { due: 0, number: 0 };
		let settled = SettleCursor::<T>::get().unwrap_or(start);
		let pruned = PruneCursor::<T>::get().unwrap_or(start);
		ensure!(
			pruned <= settled,
			"invariant 2: a batch is pruned before it is paid"
		);
		let mut entries = 0usize;
		for (key, batch) in Batches::<T>::iter() {
			ensure!(!batch.is_empty(), "invariant 2: an empty batch is stored");
			ensure!(
				key >= pruned && key.number < BatchCount::<T>::get(key.due),
				"invariant 2: a cursor has passed a batch"
			);
			ensure!(
				(key < settled) == PaidBatches::<T>::contains_key(key),
				"invariant 2: a batch is paid when its cursor has passed it, and only then"
			);
			for payable in batch {
				entries = entries.saturating_add(1);
				let raw = Jobs::<T>::get(payable.job)
					.ok_or("invariant 2: a job of a batch has no record")?;
				ensure!(
					raw.status == JobStatus::Submitted,
					"invariant 2: a job of a batch has another state in its record"
				);
				let kept = Bookkeepings::<T>::get(payable.job)
					.ok_or("invariant 2: a job of a batch has no bookkeeping")?;
				ensure!(
					kept.place == Place::Batch(key),
					"invariant 2: a job stands in two places"
				);
				ensure!(
					Self::payable(&payable.job, &raw, kept.reserved)? == payable,
					"invariant 2: a batch does not say what the job's record says"
				);
				let due = raw.deadline.block;
				ensure!(
					due == key.due,
					"invariant 2: a job stands in the batch of another block"
				);
			}
		}
		let in_batches = Bookkeepings::<T>::iter_values()
			.filter(|kept| matches!(kept.place, Place::Batch(_)))
			.count();
		ensure!(
			entries == in_batches,
			"invariant 2: a job's batch does not list it"
		);
		for key in PaidBatches::<T>::iter_keys() {
			ensure!(
				(pruned..settled).contains(&key),
				"invariant 2: a batch is marked as paid that is not"
			);
		}
		for (due, count) in BatchCount::<T>::iter() {
			ensure!(
				count > 0 && due >= pruned.due,
				"invariant 2: a count of batches is stored for nothing"
			);
		}
		Ok(())
	}

	/// Invariants 3 and 4.
	fn check_workers() -> Check {
		let mut busy = BTreeMap::<AccountId, u32>::new();
		let mut exposure = BTreeMap::<AccountId, Balance>::new();
		let mut occupying = 0usize;
		for (id, job, _) in Self::records() {
			let Some(assignment) = job.assignment else {
				continue;
			};
			let worker = assignment.worker;
			ensure!(
				Assigned::<T>::contains_key(&worker, id) == occupies_slot(job.status),
				"invariant 3: the index of assigned jobs does not agree with the records"
			);
			if occupies_slot(job.status) {
				occupying = occupying.saturating_add(1);
				let count = busy.entry(worker.clone()).or_default();
				*count = count.saturating_add(1);
			}
			if counts_to_exposure(job.status) {
				let sum = exposure.entry(worker).or_default();
				*sum = sum.saturating_add(assignment.price);
			}
		}
		ensure!(
			Assigned::<T>::iter_keys().count() == occupying,
			"invariant 3: the index of assigned jobs has other entries"
		);
		for (account, worker) in Workers::<T>::iter() {
			let leased = LeasedOuts::<T>::get(&account);
			ensure!(
				worker.busy <= worker.slots,
				"invariant 3: two jobs are on one slot"
			);
			ensure!(
				worker.busy
					== leased
						.slots
						.saturating_add(busy.remove(&account).unwrap_or(0)),
				"invariant 3: a worker's busy slots are not its jobs"
			);
			ensure!(
				worker.exposure
					== leased
						.exposure
						.saturating_add(exposure.remove(&account).unwrap_or(0)),
				"invariant 4: a worker's exposure is not the sum of its prices"
			);
		}
		ensure!(
			busy.is_empty(),
			"invariant 3: a job is assigned to no worker"
		);
		ensure!(
			exposure.is_empty(),
			"invariant 4: a job counts to no worker"
		);
		ensure!(
			LeasedOuts::<T>::iter().all(|(account, leased)| {
				leased != Default::default() && Workers::<T>::contains_key(account)
			}),
			"invariant 3: something is leased of an account that is no worker"
		);
		Ok(())
	}

	/// Invariant 5.
	fn check_pools() -> Check {
		let mut slots = BTreeMap::<ClassId, u64>::new();
		for worker in Workers::<T>::iter_values() {
			let sum = slots.entry(worker.class).or_default();
			*sum = sum.saturating_add(Self::milli_slots(worker.slots));
		}
		let mut by_pool = BTreeMap::<ClassId, u64>::new();
		let mut by_reservation = BTreeMap::<ReservationId, u64>::new();
		for (_, job, kept) in Self::records() {
			if !occupies_slot(job.status) {
				continue;
			}
			let sum = match kept.reserved {
				None => by_pool.entry(job.spec.class).or_default(),
				Some(reserved) => by_reservation.entry(reserved.id).or_default(),
			};
			*sum = sum.saturating_add(Self::milli_slots(1));
		}
		for (class, slots) in slots {
			let pool = T::Market::pool(class).ok_or("invariant 5: a class has no pool")?;
			// The rest is in slices.
			ensure!(
				pool.target <= slots,
				"invariant 5: a pool has more capacity than its workers"
			);
			ensure!(
				pool.used() >= by_pool.remove(&class).unwrap_or(0),
				"invariant 5: jobs occupy more of a pool than is taken"
			);
		}
		ensure!(
			by_pool.is_empty(),
			"invariant 5: jobs occupy a pool without workers"
		);
		for (id, occupied) in by_reservation {
			// One whose window is over is not told of.
			let told = T::Reservations::reservation(id);
			ensure!(
				told.is_none_or(|reservation| reservation.occupied == occupied),
				"invariant 5: a reservation's use is not its jobs'"
			);
		}
		Ok(())
	}

	/// Invariant 10.
	fn check_weights() -> Check {
		let mut sums = BTreeMap::<ClassId, SlotWeights>::new();
		let walk = WeighingState::<T>::get();
		let all_weighed = !walk.running && walk.epoch == T::Quality::epoch();
		for (account, worker) in Workers::<T>::iter() {
			ensure!(
				(MIN_SLOT_WEIGHT..=PARTS_PER_MILLION).contains(&worker.weight),
				"invariant 10: a worker's weight is out of bounds"
			);
			let score = T::Quality::quality_at_epoch_start(&account);
			ensure!(
				!all_weighed || worker.weight == slot_weight(score),
				"invariant 10: a worker's weight is not by its quality at the epoch's start"
			);
			let sum = sums.entry(worker.class).or_default();
			let added = sum
				.add(Self::milli_slots(worker.slots), worker.weight)
				.and_then(|()| sum.occupy(Self::milli_slots(worker.busy), worker.weight));
			ensure!(
				added.is_ok(),
				"invariant 10: a class's weights cannot be summed"
			);
		}
		for (class, sum) in sums {
			ensure!(
				T::Market::weights(class) == Some(sum),
				"invariant 10: the market's weights are not those of the workers"
			);
		}
		Ok(())
	}

	/// Invariant 6.
	fn check_queues() -> Check {
		let mut queued = BTreeSet::<JobId>::new();
		for (class, queue) in Open::<T>::iter() {
			ensure!(!queue.is_empty(), "invariant 6: an empty queue is stored");
			for entry in queue {
				let id = entry.job;
				let (job, kept) =
					Self::record(&id).map_err(|_| "invariant 6: a queued job has no record")?;
				ensure!(
					kept.reserved.map(|reserved| reserved.id) == entry.reservation,
					"invariant 6: a queue names another reservation than the job's"
				);
				ensure!(
					job.status == JobStatus::Open && job.spec.class == class,
					"invariant 6: a job in a queue is not open in that class"
				);
				ensure!(
					job.returns < MAX_RETURNS,
					"invariant 6: a job came back too often"
				);
				ensure!(queued.insert(id), "invariant 6: a job is queued twice");
			}
		}
		let open = Jobs::<T>::iter_values()
			.filter(|job| job.status == JobStatus::Open)
			.count();
		ensure!(
			open == queued.len(),
			"invariant 6: an open job is in no queue"
		);
		Ok(())
	}

	/// Invariant 7.
	fn check_indices() -> Check {
		let mut counts = BTreeMap::<AccountId, u32>::new();
		for (id, job) in Jobs::<T>::iter() {
			ensure!(
				JobsOf::<T>::contains_key(&job.client, id),
				"invariant 7: a job is missing from its client's index"
			);
			ensure!(
				job.order > u64::from(u32::MAX)
					|| LastOrder::<T>::get(&job.client).is_some_and(|last| last >= job.order),
				"invariant 7: a client's last order number is below that of a job"
			);
			let count = counts.entry(job.client).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(
			JobsOf::<T>::iter_keys().count() == Jobs::<T>::iter_keys().count(),
			"invariant 7: a client's index has a job without a record"
		);
		for (client, count) in JobCount::<T>::iter() {
			ensure!(
				counts.remove(&client) == Some(count),
				"invariant 7: a client's count of jobs is wrong"
			);
		}
		ensure!(
			counts.is_empty(),
			"invariant 7: a client's count of jobs is missing"
		);

		let mut registered = BTreeSet::new();
		for (class, workers) in WorkersOf::<T>::iter() {
			for account in workers {
				let worker = Workers::<T>::get(&account)
					.ok_or("invariant 7: a class lists an account that is no worker")?;
				ensure!(
					worker.class == class,
					"invariant 7: a worker is listed in another class"
				);
				ensure!(
					registered.insert(account),
					"invariant 7: a worker is listed twice"
				);
			}
		}
		ensure!(
			registered.len() == Workers::<T>::iter_keys().count(),
			"invariant 7: a worker is in no class's list"
		);
		let mut offers = 0usize;
		for ((model, class), accounts) in Offers::<T>::iter() {
			ensure!(
				!accounts.is_empty(),
				"invariant 7: an empty offer is stored"
			);
			let listed: BTreeSet<&AccountId> = accounts.iter().collect();
			ensure!(
				listed.len() == accounts.len(),
				"invariant 7: an offer lists a worker twice"
			);
			for account in &accounts {
				let offered = Workers::<T>::get(account)
					.is_some_and(|w| w.class == class && w.models.contains(&model));
				ensure!(
					offered,
					"invariant 7: an offer lists a worker that does not make it"
				);
			}
			offers = offers.saturating_add(accounts.len());
		}
		let models: usize = Workers::<T>::iter_values()
			.map(|worker| worker.models.len())
			.sum();
		ensure!(
			offers == models,
			"invariant 7: a worker's offer is not listed"
		);
		Ok(())
	}

	/// Invariant 8.
	fn check_disputes() -> Check {
		let mut bonds = BTreeMap::<AccountId, Balance>::new();
		let mut open = 0usize;
		for (id, dispute) in Disputes::<T>::iter() {
			open = open.saturating_add(1);
			let job = Jobs::<T>::get(id).ok_or("invariant 8: a disputed job has no record")?;
			ensure!(
				job.status == JobStatus::Disputed,
				"invariant 8: a job with a dispute is in another state"
			);
			ensure!(
				(1..=T::MaxDraws::get()).contains(&dispute.draws),
				"invariant 8: a dispute was drawn too often"
			);
			let sum = bonds.entry(job.client).or_default();
			*sum = sum.saturating_add(dispute.bond);
		}
		let disputed = Self::records()
			.filter(|(_, job, _)| job.status == JobStatus::Disputed)
			.count();
		ensure!(
			disputed == open,
			"invariant 8: a disputed job has no dispute"
		);
		for (client, bond) in bonds {
			let held = T::Currency::balance_on_hold(&HoldReason::DisputeBond.into(), &client);
			ensure!(
				held == bond,
				"invariant 8: what is held for a client's disputes is not their bonds"
			);
		}
		Ok(())
	}

	/// Invariant 9.
	fn check_history() -> Check {
		let block = Self::now().block;
		let room = usize::try_from(T::MaxEndsPerBlock::get()).unwrap_or(usize::MAX);
		ensure!(
			Leaves::<T>::get().len() <= room,
			"invariant 9: more jobs ended than a block's bound"
		);
		for (written, history) in History::<T>::iter() {
			ensure!(
				written <= block && history.jobs > 0,
				"invariant 9: a root stands for nothing"
			);
			let jobs: u64 = history.jobs.into();
			let most: u64 = room.saturated_into();
			ensure!(
				jobs <= most,
				"invariant 9: a root stands for more jobs than a block's bound"
			);
		}
		Ok(())
	}
}
