//! Reads for clients: what the view functions and the runtime API return. No list is longer than
//! [`MAX_PAGE`].

use crate::{Assigned, Config, JobsOf, Open, Pallet, Workers, WorkersOf, MAX_PAGE};
use aci_primitives::{
	job::JobView,
	traits::{Bonds, JobEscrow, ProofOfAi, QualityUpdate},
	worker::WorkerView,
	AccountId, ClassId, JobId, Role,
};
use alloc::vec::Vec;
use sp_runtime::SaturatedConversion;

/// The length of a page that was asked for.
fn page(limit: u32) -> usize {
	limit.min(MAX_PAGE).saturated_into()
}

impl<T: Config> Pallet<T> {
	pub(crate) fn job_view(id: JobId) -> Option<JobView> {
		Some(JobView {
			id,
			job: Self::record(&id).ok()?.0,
			locked: T::Escrow::locked(&id),
		})
	}

	pub(crate) fn page_of_jobs(
		client: AccountId,
		after: Option<JobId>,
		limit: u32,
	) -> Vec<JobView> {
		let keys = match after {
			Some(after) => {
				let key = JobsOf::<T>::hashed_key_for(&client, after);
				JobsOf::<T>::iter_key_prefix_from(&client, key)
			}
			None => JobsOf::<T>::iter_key_prefix(&client),
		};
		keys.take(page(limit)).filter_map(Self::job_view).collect()
	}

	pub(crate) fn page_of_open(class: ClassId, offset: u32, limit: u32) -> Vec<JobView> {
		Open::<T>::get(class)
			.into_iter()
			.skip(offset.saturated_into())
			.take(page(limit))
			.filter_map(|queued| Self::job_view(queued.job))
			.collect()
	}

	pub(crate) fn page_of_assigned(worker: AccountId) -> Vec<JobView> {
		Assigned::<T>::iter_key_prefix(&worker)
			.take(page(MAX_PAGE))
			.filter_map(Self::job_view)
			.collect()
	}

	pub(crate) fn worker_view(account: AccountId) -> Option<WorkerView> {
		let worker = Workers::<T>::get(&account)?;
		Some(WorkerView {
			worker,
			bond: T::Bonds::bonded(&account, Role::Worker),
			quality: T::Quality::quality(&account),
			data_key: T::ProofOfAi::attestation(&account).map(|attested| attested.data_key),
			account,
		})
	}

	pub(crate) fn page_of_workers(class: ClassId, offset: u32, limit: u32) -> Vec<WorkerView> {
		WorkersOf::<T>::get(class)
			.into_iter()
			.skip(offset.saturated_into())
			.take(page(limit))
			.filter_map(Self::worker_view)
			.collect()
	}
}
