//! Disputed locks: kept until somebody shows which job they are of, or the window ends.

use crate::{
	offences::check_members,
	types::{DisputeProof, DisputedLock, Place},
	Config, DisputedLocks, DisputedTotal, Error, Event, Pallet,
};
use aci_fastpath::{checkpoint::outcome_hash, lane::Outcome};
use aci_finality::SetId;
use aci_primitives::{
	job::job_id,
	traits::{DisputedJobs, ExportedJob, LeasedEscrow},
	JobId,
};
use frame_support::{ensure, storage::with_storage_layer};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Checks that `outcome` is at this place. Returns the set and the vertex's author.
	fn executed(place: &Place, outcome: &Outcome) -> Result<(SetId, u16), Error<T>> {
		let checkpoint = Self::remembered(place.checkpoint)?;
		let leaf = &place.leaf;
		let listed = place
			.path
			.verify(&checkpoint.transactions_root, &leaf.hash());
		let has = place.outcome.leaves == leaf.transactions
			&& place.outcome.verify(&leaf.outcomes, &outcome_hash(outcome));
		ensure!(listed && has, Error::<T>::WrongProof);
		Ok((checkpoint.context.set, leaf.vertex.author))
	}

	pub(crate) fn do_export_dispute(proof: DisputeProof) -> DispatchResult {
		let job = proof.job;
		let lock = DisputedLocks::<T>::get(job).ok_or(Error::<T>::NotDisputed)?;
		ensure!(Self::now().block < lock.until, Error::<T>::NotDisputed);
		let matched = &proof.matched;
		let order = u64::from(matched.ticket) << 32 | u64::from(proof.sequence);
		let genesis = Self::genesis_hash();
		let right = matched.job == job
			&& matched.client == lock.client
			&& matched.price == lock.amount
			&& job_id(&genesis, &matched.client, order, &proof.spec) == job
			&& proof.output.sha256() == proof.receipt.receipt.output;
		ensure!(right, Error::<T>::WrongProof);
		let outcome = Outcome::Matched(matched.clone());
		let (set, author) = Self::executed(&proof.matched_at, &outcome)?;
		let receipt = proof.receipt.hash();
		let outcome = Outcome::Submitted {
			job,
			receipt,
			due: proof.due,
		};
		Self::executed(&proof.submitted_at, &outcome)?;
		check_members::<T>(set, &proof.members)?;
		let (home, _) = proof
			.members
			.members
			.get(usize::from(author))
			.ok_or(Error::<T>::KeyNotProven)?;
		with_storage_layer(|| {
			Self::forget_disputed(&job, &lock);
			T::Escrow::export_lock(&lock.client, &job, lock.amount)?;
			T::Jobs::import_disputed(ExportedJob {
				id: job,
				client: lock.client.clone(),
				order,
				worker: matched.worker.clone(),
				home: Self::home(home),
				price: matched.price,
				flops: matched.flops,
				due: proof.due,
				receipt,
				spec: proof.spec.clone(),
				output: proof.output.clone(),
			})?;
			Self::deposit_event(Event::DisputeExported {
				job,
				client: lock.client.clone(),
				worker: matched.worker.clone(),
				amount: lock.amount,
			});
			Ok(())
		})
	}

	pub(crate) fn do_refund_dispute(job: JobId) -> DispatchResult {
		let lock = DisputedLocks::<T>::get(job).ok_or(Error::<T>::NotDisputed)?;
		ensure!(lock.until <= Self::now().block, Error::<T>::WindowOpen);
		with_storage_layer(|| {
			Self::forget_disputed(&job, &lock);
			T::Escrow::refund_open_lock(&lock.client, lock.amount)?;
			Self::deposit_event(Event::DisputeRefunded {
				job,
				client: lock.client,
				amount: lock.amount,
			});
			Ok(())
		})
	}

	fn forget_disputed(job: &JobId, lock: &DisputedLock) {
		DisputedLocks::<T>::remove(job);
		// The total contains the lock.
		DisputedTotal::<T>::mutate(|total| *total = total.saturating_sub(lock.amount));
	}
}
