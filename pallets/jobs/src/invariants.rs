//! Checks of the invariants that the crate's documentation numbers. They read all of the pallet's
//! storage: for tests and for `try-runtime`, not for blocks.

use crate::{
	Agenda, AgendaCursor, Assigned, Bookkeepings, Config, JobCount, Jobs, JobsOf, LastOrder,
	Offers, Open, Pallet, Workers, WorkersOf, MAX_RETURNS,
};
use aci_primitives::{
	traits::{JobEscrow, MarketQuote},
	AccountId, Balance, ClassId, Job, JobId, JobStatus,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::ensure;
use sp_runtime::DispatchError;

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

impl<T: Config> Pallet<T> {
	/// Checks every numbered invariant. The error names the one that is broken.
	pub fn do_try_state() -> Check {
		Self::check_locks()?;
		Self::check_agenda()?;
		Self::check_workers()?;
		Self::check_pools()?;
		Self::check_queues()?;
		Self::check_indices()
	}

	/// Invariant 1.
	fn check_locks() -> Check {
		for (id, job) in Jobs::<T>::iter() {
			let locked = T::Escrow::locked(&id);
			let expected = Self::expected_lock(&job)?;
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
	fn expected_lock(job: &Job) -> Result<Option<Balance>, DispatchError> {
		if job.status.is_final() {
			return Ok(Some(0));
		}
		if job.status == JobStatus::Open {
			ensure!(
				job.assignment.is_none(),
				"invariant 1: an open job has a worker"
			);
			return Ok((job.returns == 0).then_some(job.spec.max_price));
		}
		let assignment = job
			.assignment
			.as_ref()
			.ok_or("invariant 1: a matched job has no assignment")?;
		ensure!(assignment.price > 0, "invariant 1: a job has no price");
		ensure!(
			assignment.price <= job.spec.max_price,
			"invariant 1: a price is above the client's maximum"
		);
		let has_result = job.result.is_some();
		ensure!(
			has_result != occupies_slot(job.status),
			"invariant 1: a job has a result when it is submitted, and only then"
		);
		ensure!(
			job.result
				.as_ref()
				.is_none_or(|result| result.due <= assignment.price),
			"invariant 1: more is due than the price"
		);
		Ok(Some(assignment.price))
	}

	/// Invariant 2.
	fn check_agenda() -> Check {
		let now = Self::now();
		let cursor = AgendaCursor::<T>::get().unwrap_or_default();
		let mut entries = 0u32;
		for (block, id) in Agenda::<T>::iter_keys() {
			entries = entries.saturating_add(1);
			ensure!(
				block >= cursor,
				"invariant 2: the agenda's cursor has passed an entry"
			);
			let kept = Bookkeepings::<T>::get(id)
				.ok_or("invariant 2: a job of the agenda has no bookkeeping")?;
			ensure!(
				kept.agenda == block,
				"invariant 2: a job stands twice on the agenda"
			);
		}
		let mut jobs = 0u32;
		for (id, job) in Jobs::<T>::iter() {
			jobs = jobs.saturating_add(1);
			let kept = Bookkeepings::<T>::get(id).ok_or("invariant 2: a job has no bookkeeping")?;
			ensure!(
				Agenda::<T>::contains_key(kept.agenda, id),
				"invariant 2: a job is not on the agenda"
			);
			let latest = job.deadline.block.max(now.block.saturating_add(1));
			ensure!(
				kept.agenda <= latest,
				"invariant 2: a job is looked at too late"
			);
		}
		ensure!(
			entries == jobs,
			"invariant 2: the agenda has more entries than jobs"
		);
		ensure!(
			Bookkeepings::<T>::iter_keys().count() == jobs as usize,
			"invariant 2: there is bookkeeping without a job"
		);
		Ok(())
	}

	/// Invariants 3 and 4.
	fn check_workers() -> Check {
		let mut busy = BTreeMap::<AccountId, u32>::new();
		let mut exposure = BTreeMap::<AccountId, Balance>::new();
		let mut occupying = 0usize;
		for (id, job) in Jobs::<T>::iter() {
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
			ensure!(
				worker.busy <= worker.slots,
				"invariant 3: two jobs are on one slot"
			);
			ensure!(
				worker.busy == busy.remove(&account).unwrap_or(0),
				"invariant 3: a worker's busy slots are not its jobs"
			);
			ensure!(
				worker.exposure == exposure.remove(&account).unwrap_or(0),
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
		Ok(())
	}

	/// Invariant 5.
	fn check_pools() -> Check {
		let mut occupied = BTreeMap::<ClassId, (u64, u64)>::new();
		for worker in Workers::<T>::iter_values() {
			let (slots, busy) = occupied.entry(worker.class).or_default();
			*slots = slots.saturating_add(Self::milli_slots(worker.slots));
			*busy = busy.saturating_add(Self::milli_slots(worker.busy));
		}
		for (class, (slots, busy)) in occupied {
			let pool = T::Market::pool(class).ok_or("invariant 5: a class has no pool")?;
			ensure!(
				pool.target == slots,
				"invariant 5: a pool's capacity is not its workers'"
			);
			ensure!(
				pool.used() == busy,
				"invariant 5: a pool's use is not its workers' jobs"
			);
		}
		Ok(())
	}

	/// Invariant 6.
	fn check_queues() -> Check {
		let mut queued = BTreeSet::<JobId>::new();
		for (class, queue) in Open::<T>::iter() {
			ensure!(!queue.is_empty(), "invariant 6: an empty queue is stored");
			for id in queue {
				let job = Jobs::<T>::get(id).ok_or("invariant 6: a queued job has no record")?;
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
				LastOrder::<T>::get(&job.client).is_some_and(|last| last >= job.order),
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
}
