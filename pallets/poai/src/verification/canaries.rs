//! Jobs with known answers, which catch verifiers who approve unseen.
//!
//! Governance commits to a set of jobs before any of them is matched; accounts of the protocol order
//! and run them like any others. After their epoch whoever knows the set opens it. Who approved a wrong
//! one is slashed, drawn or not: it stated what it had not seen. Where a committee still looks at a
//! canary, the dispute ends without a slash of the worker, which did as it was told.

use super::types::MAX_CANARIES;
use crate::{CanarySets, Config, Error, Event, Pallet, Samples, Verdicts};
use aci_poai::selection::{canary_commitment, Canary};
use aci_primitives::{
	proof::{Outcome, ProfileKind},
	traits::{DisputeVerdict, Verdicts as JobVerdicts},
	AccountId, BoundedList,
};
use frame_support::ensure;
use sp_core::H256;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit_canaries(commitment: H256) -> DispatchResult {
		CanarySets::<T>::try_mutate(|sets| {
			let known = sets.iter().any(|(known, _)| *known == commitment);
			ensure!(!known, Error::<T>::CanariesAlreadyCommitted);
			if sets.is_full() {
				sets.remove(0);
			}
			sets.try_push((commitment, Self::now()))
				.map_err(|_| Error::<T>::CanariesAlreadyCommitted)
		})?;
		Self::deposit_event(Event::CanariesCommitted { commitment });
		Ok(())
	}

	pub(crate) fn do_open_canaries(
		opener: AccountId,
		salt: H256,
		canaries: BoundedList<Canary, MAX_CANARIES>,
	) -> DispatchResult {
		let commitment = canary_commitment(&Self::genesis_hash(), &salt, &canaries);
		let committed = CanarySets::<T>::try_mutate(|sets| {
			let place = sets.iter().position(|(known, _)| *known == commitment);
			let place = place.ok_or(Error::<T>::UnknownCanaries)?;
			Ok::<_, Error<T>>(sets.remove(place).1)
		})?;
		for canary in &canaries {
			let sample = Samples::<T>::get(canary.job).ok_or(Error::<T>::NotSampled)?;
			let received = sample.received.ok_or(Error::<T>::NotSampled)?;
			// A block's jobs are matched at its end.
			ensure!(sample.matched >= committed, Error::<T>::CanaryMatchedBefore);
			ensure!(Self::epoch() > received.epoch, Error::<T>::EpochNotOver);
			let exact = received.profile.kind == ProfileKind::Exact;
			let mut verdicts = Verdicts::<T>::get(canary.job);
			for verdict in verdicts.iter_mut() {
				let is_false = match verdict.outcome {
					Outcome::Pass => canary.wrong,
					Outcome::Fail => !canary.wrong && exact,
					Outcome::Unavailable => false,
				};
				if is_false {
					let by = (opener != verdict.verifier).then(|| opener.clone());
					Self::punish_verdict(&canary.job, verdict, by);
				}
			}
			if !verdicts.is_empty() {
				Verdicts::<T>::insert(canary.job, verdicts);
			}
			let case = Self::case_id(&super::types::Subject::Output(canary.job));
			if crate::Cases::<T>::contains_key(case) {
				// Where it cannot be decided now, its committee does.
				let _ = T::Verdicts::decide(&canary.job, DisputeVerdict::Doubtful);
			}
		}
		Self::deposit_event(Event::CanariesOpened {
			commitment,
			canaries,
			opener,
		});
		Ok(())
	}
}
