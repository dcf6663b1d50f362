//! The chain's time, and the agenda of deadlines.
//!
//! The time of a block is the median of the timestamps of the blocks before it, at most
//! [`MEDIAN_BLOCKS`](crate::MEDIAN_BLOCKS) of them: a block's own timestamp is an inherent that
//! comes after the start of the block, so all steps of one block see one time. Of an even number
//! the lower middle is taken. It is zero in the first block.

use crate::{
	types::{Bookkeeping, Place},
	Agenda, AgendaCursor, Bookkeepings, Config, Error, Jobs, PaidBatches, Pallet, Timestamps,
	WeightInfo,
};
use aci_primitives::{BlockNumber, Deadline, Instant, Job, JobId, JobStatus, Moment};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{Get, Time},
	weights::Weight,
};
use sp_runtime::{DispatchError, DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// The chain's present by both clocks.
	pub fn now() -> Instant {
		let mut moments = Timestamps::<T>::get().into_inner();
		moments.sort_unstable();
		let middle = moments.len().saturating_sub(1) / 2;
		Instant {
			moment: moments.get(middle).copied().unwrap_or_default(),
			block: frame_system::Pallet::<T>::block_number().saturated_into(),
		}
	}

	/// The deadline a duration from now.
	pub(crate) fn deadline_after(now: &Instant, duration: Moment) -> Deadline {
		now.deadline_after(duration, T::BlockTime::get())
	}

	/// The deadline a number of blocks from now. A window that is counted in blocks waits for no
	/// time.
	pub(crate) fn deadline_in_blocks(now: &Instant, blocks: BlockNumber) -> Deadline {
		Deadline {
			moment: now.moment,
			block: now.block.saturating_add(blocks),
		}
	}

	/// A job's record as it is, with what is kept beside it. A job of a paid batch is settled,
	/// though its own record has not been rewritten. Every reader of a state reads it here.
	pub(crate) fn record(id: &JobId) -> Result<(Job, Bookkeeping), DispatchError> {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let bookkeeping = Bookkeepings::<T>::get(id).ok_or(Error::<T>::Inconsistent)?;
		if let Place::Batch(key) = bookkeeping.place {
			if let Some(until) = PaidBatches::<T>::get(key) {
				job.status = JobStatus::Settled;
				job.deadline = until;
			}
		}
		Ok((job, bookkeeping))
	}

	/// Stores a job and puts it on the agenda at its deadline's block, or at the next block when
	/// that is not in the future.
	pub(crate) fn store(id: &JobId, job: &Job, bookkeeping: &mut Bookkeeping, now: &Instant) {
		Self::reschedule(id, bookkeeping, job.deadline.block, now);
		Jobs::<T>::insert(id, job);
	}

	fn reschedule(id: &JobId, bookkeeping: &mut Bookkeeping, block: BlockNumber, now: &Instant) {
		let block = block.max(now.block.saturating_add(1));
		Self::leave_place(id, bookkeeping.place);
		Agenda::<T>::insert(block, id, ());
		bookkeeping.place = Place::Agenda(block);
		Bookkeepings::<T>::insert(id, &*bookkeeping);
	}

	/// Takes up the last block's time; weighs workers in the first blocks of an epoch; pays due batches, at most
	/// [`Config::MaxSettlementsPerBlock`] jobs; handles other due jobs, at most
	/// [`Config::MaxDuePerBlock`]; and prunes paid
	/// jobs, as many at most, or as many as it paid. Each goes on where it
	/// stopped, so a full block loses nothing. Returns the weight of this, of the matching and of the
	/// history that end the block.
	pub(crate) fn begin_block() -> Weight {
		Self::take_up_time();
		let weighed = Self::weigh_workers();
		let now = Self::now();
		let settled = Self::settle_due(&now);
		let mut cursor = AgendaCursor::<T>::get().unwrap_or(now.block);
		let mut budget = T::MaxDuePerBlock::get();
		let mut handled = 0u64;
		while cursor <= now.block && budget > 0 {
			let due: Vec<JobId> = Agenda::<T>::iter_key_prefix(cursor)
				.take(budget.saturated_into::<usize>())
				.collect();
			let count: u32 = due.len().saturated_into();
			for id in due {
				Self::visit(&id, cursor, &now);
				handled = handled.saturating_add(1);
			}
			// An empty block of the agenda costs one as well, so the loop is bounded.
			budget = budget.saturating_sub(count.max(1));
			if count == 0 || budget > 0 {
				cursor = cursor.saturating_add(1);
			}
		}
		AgendaCursor::<T>::put(cursor);
		// Passing a block is a step besides those of its jobs; one more catches up.
		let steps = settled.saturating_add(2).max(T::MaxDuePerBlock::get());
		let (pruned, _) = Self::prune_batches(&now, steps);

		let matches = u64::from(T::MaxMatchesPerBlock::get());
		T::WeightInfo::block()
			.saturating_add(T::WeightInfo::settle().saturating_mul(settled.into()))
			.saturating_add(T::WeightInfo::weigh().saturating_mul(weighed.into()))
			.saturating_add(T::WeightInfo::due().saturating_mul(handled))
			.saturating_add(T::WeightInfo::prune().saturating_mul(pruned.into()))
			.saturating_add(
				T::WeightInfo::match_class()
					.saturating_mul(u64::from(T::MaxClassesPerBlock::get())),
			)
			.saturating_add(
				T::WeightInfo::match_job(T::MaxCandidates::get()).saturating_mul(matches),
			)
	}

	/// Appends the time of the last block that has one. Genesis has none.
	fn take_up_time() {
		let moment: Moment = T::Time::now();
		if moment == 0 {
			return;
		}
		Timestamps::<T>::mutate(|moments| {
			if moments.is_full() {
				moments.remove(0);
			}
			let pushed = moments.try_push(moment);
			frame_support::defensive_assert!(pushed.is_ok(), "room was made above");
		});
	}

	/// Handles one job of a block of the agenda. Afterwards it stands in that block no longer.
	fn visit(id: &JobId, block: BlockNumber, now: &Instant) {
		let Ok((job, mut bookkeeping)) = Self::record(id) else {
			frame_support::defensive!("a job of the agenda has no record");
			Agenda::<T>::remove(block, id);
			return;
		};
		if job.deadline.has_passed(now) {
			let step = with_storage_layer(|| Self::step(id, job.clone(), now));
			match step {
				Ok(()) => return,
				Err(error) => {
					frame_support::defensive!("a deadline's step failed", (id, error));
				}
			}
		}
		// The block is there and the time is not, or the step failed: look again in the next block.
		Self::reschedule(id, &mut bookkeeping, job.deadline.block, now);
	}

	/// Does what a job's deadline demands, if it has passed.
	pub(crate) fn do_poke(id: JobId) -> DispatchResult {
		let now = Self::now();
		let (job, _) = Self::record(&id)?;
		ensure!(job.deadline.has_passed(&now), Error::<T>::NotDue);
		Self::step(&id, job, &now)
	}

	/// The step that a passed deadline demands.
	fn step(id: &JobId, job: Job, now: &Instant) -> DispatchResult {
		match job.status {
			JobStatus::Open => Self::expire(id, job, now),
			JobStatus::Matched => Self::miss_acknowledge(id, job, now),
			JobStatus::Running => Self::time_out(id, job, now),
			JobStatus::Submitted | JobStatus::Verified => Self::settle(id, job, now),
			JobStatus::Disputed => Self::redraw(id, job, now),
			JobStatus::Settled
			| JobStatus::Cancelled
			| JobStatus::Expired
			| JobStatus::TimedOut
			| JobStatus::Refunded => Self::prune(id, job),
		}
	}
}
