//! Slots of workers that homes of the fast path give away, and jobs that come from there in dispute.
//!
//! A leased slot is busy for the chain: the matching passes it by, and it weighs as occupied in its
//! class. What leases and jobs of the fast path expose counts to the worker's exposure, so that Theorem
//! 3 of the paper holds over all homes together.

use crate::{
	types::{Bookkeeping, Dispute, LeasedOut, Place},
	Config, Disputes, Error, Event, JobCount, Jobs, JobsOf, LeasedOuts, Pallet, Workers,
};
use aci_market::stake::exposure_limit;
use aci_primitives::{
	job::{Assignment, JobResult},
	traits::{
		Bonds, DisputeCommittee, DisputedJobs, ExportedJob, LeaseOffer, LeasedSlots, MarketQuote,
		MarketWeights, ProofOfAi, QualityUpdate,
	},
	worker::Worker,
	AccountId, Balance, Job, JobStatus, Role,
};
use frame_support::{ensure, storage::with_storage_layer, traits::Get};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	fn facts_of(account: &AccountId, worker: Worker) -> LeaseOffer {
		let session_key = T::ProofOfAi::attestation(account)
			.map(|attestation| attestation.session_key.0)
			.unwrap_or_default();
		let limit = exposure_limit(T::Bonds::bonded(account, Role::Worker));
		LeaseOffer {
			class: worker.class,
			models: worker.models,
			slots: worker.slots.saturating_sub(worker.busy),
			exposure: limit.saturating_sub(worker.exposure),
			missed: worker.missed,
			quality: T::Quality::quality(account),
			session_key,
		}
	}

	/// Changes what is leased of a worker. An entry that says nothing is removed.
	fn change_leased_out(
		account: &AccountId,
		change: impl FnOnce(&mut Worker, &mut LeasedOut) -> DispatchResult,
	) -> DispatchResult {
		with_storage_layer(|| {
			let mut worker = Workers::<T>::get(account).ok_or(Error::<T>::NotRegistered)?;
			let mut leased = LeasedOuts::<T>::get(account);
			change(&mut worker, &mut leased)?;
			Workers::<T>::insert(account, worker);
			if leased == LeasedOut::default() {
				LeasedOuts::<T>::remove(account);
			} else {
				LeasedOuts::<T>::insert(account, leased);
			}
			Ok(())
		})
	}
}

impl<T: Config> LeasedSlots for Pallet<T> {
	fn offer(account: &AccountId) -> Option<LeaseOffer> {
		let worker = Workers::<T>::get(account).filter(|worker| worker.active)?;
		let class = T::Market::class(worker.class)?;
		let bond = T::Bonds::bonded(account, Role::Worker);
		let able = bond >= Self::bond_required(&class, worker.slots)
			&& T::ProofOfAi::attestation(account).is_some();
		able.then(|| Self::facts_of(account, worker))
	}

	fn facts(account: &AccountId) -> Option<LeaseOffer> {
		Some(Self::facts_of(account, Workers::<T>::get(account)?))
	}

	fn lease_slots(account: &AccountId, slots: u32) -> DispatchResult {
		Self::change_leased_out(account, |worker, leased| {
			let busy = worker.busy.checked_add(slots);
			worker.busy = busy
				.filter(|busy| *busy <= worker.slots)
				.ok_or(Error::<T>::SlotsOutOfBounds)?;
			// At most the worker's slots.
			leased.slots = leased.slots.saturating_add(slots);
			T::Market::occupy_slots(worker.class, Self::milli_slots(slots), worker.weight)
		})
	}

	fn return_slots(account: &AccountId, slots: u32) -> DispatchResult {
		Self::change_leased_out(account, |worker, leased| {
			let left = leased.slots.checked_sub(slots);
			leased.slots = left.ok_or(Error::<T>::SlotsOutOfBounds)?;
			worker.busy = worker
				.busy
				.checked_sub(slots)
				.ok_or(Error::<T>::Inconsistent)?;
			T::Market::vacate_slots(worker.class, Self::milli_slots(slots), worker.weight)
		})
	}

	fn leased_slots(account: &AccountId) -> u32 {
		LeasedOuts::<T>::get(account).slots
	}

	fn expose(account: &AccountId, amount: Balance) {
		// Fails for an account that is no worker alone; the trait says that nothing happens then.
		let _ = Self::change_leased_out(account, |worker, leased| {
			// Sums of prices never exceed the issuance.
			worker.exposure = worker.exposure.saturating_add(amount);
			leased.exposure = leased.exposure.saturating_add(amount);
			Ok(())
		});
	}

	fn end_exposure(account: &AccountId, amount: Balance) {
		let _ = Self::change_leased_out(account, |worker, leased| {
			let ended = amount.min(leased.exposure);
			// The worker's exposure contains what was counted here.
			worker.exposure = worker.exposure.saturating_sub(ended);
			leased.exposure = leased.exposure.saturating_sub(ended);
			Ok(())
		});
	}

	fn exposed(account: &AccountId) -> Balance {
		LeasedOuts::<T>::get(account).exposure
	}

	fn note_missed(account: &AccountId) {
		Workers::<T>::mutate_extant(account, |worker| {
			// A rank, not a count that anything adds up to.
			worker.missed = worker.missed.saturating_add(1);
		});
	}
}

impl<T: Config> DisputedJobs for Pallet<T> {
	fn import_disputed(exported: ExportedJob) -> DispatchResult {
		with_storage_layer(|| Self::do_import(exported))
	}
}

impl<T: Config> Pallet<T> {
	fn do_import(exported: ExportedJob) -> DispatchResult {
		let ExportedJob {
			id,
			client,
			order,
			spec,
			worker,
			home,
			price,
			flops,
			due,
			receipt,
			output,
		} = exported;
		ensure!(!Jobs::<T>::contains_key(id), Error::<T>::JobExists);
		ensure!(T::Committee::available(), Error::<T>::NoCommittee);
		let count = JobCount::<T>::get(&client);
		ensure!(count < T::MaxJobsPerClient::get(), Error::<T>::TooManyJobs);
		let class = T::Market::class(spec.class).ok_or(Error::<T>::UnknownClass)?;
		let eta = T::ProofOfAi::least_duration(&spec, &class).unwrap_or_default();
		T::ProofOfAi::acquire(&spec.model)?;
		Workers::<T>::try_mutate(&worker, |record| {
			let record = record.as_mut().ok_or(Error::<T>::NotRegistered)?;
			record.exposure = record
				.exposure
				.checked_add(price)
				.ok_or(Error::<T>::Inconsistent)?;
			Ok::<(), sp_runtime::DispatchError>(())
		})?;
		let now = Self::now();
		let job = Job {
			client: client.clone(),
			order,
			spec,
			status: JobStatus::Disputed,
			submitted: now,
			deadline: Self::deadline_after(&now, T::DisputePeriod::get()),
			returns: 0,
			assignment: Some(Assignment {
				worker: worker.clone(),
				home,
				price,
				flops,
				eta,
				// When it happened on the fast path is not proven; nothing depends on it any more.
				matched: now,
				acknowledged: Some(now),
			}),
			result: Some(JobResult {
				output,
				receipt,
				submitted: now,
				due: due.min(price),
			}),
		};
		let mut bookkeeping = Bookkeeping {
			deposit: 0,
			place: Place::Agenda(job.deadline.block),
			returned: None,
			reserved: None,
			decided: false,
		};
		Self::store(&id, &job, &mut bookkeeping, &now);
		JobsOf::<T>::insert(&client, id, ());
		JobCount::<T>::insert(&client, count.saturating_add(1));
		Disputes::<T>::insert(
			id,
			Dispute {
				bond: 0,
				draws: 1,
				opened: now.block,
				paid: None,
			},
		);
		Self::deposit_event(Event::JobDisputed {
			job: id,
			client,
			worker,
			bond: 0,
			decide_by: job.deadline,
		});
		T::Committee::convene(&id, 1);
		Ok(())
	}
}
