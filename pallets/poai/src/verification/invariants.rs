//! Invariants 9 to 14 of the README.

use super::types::{Phase, Subject, MAX_RUNS};
use crate::{
	Anchors, CaseAgenda, Cases, CloseAgenda, Config, Doubts, DrawCursor, MissingVerdicts,
	OldestRoster, Pallet, Receipts, Rosters, Rules, Runs, Samples, Seeds, Serving, Suspicions,
	Verdicts,
};
use aci_primitives::{BlockNumber, ClassId};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::ensure;
use sp_runtime::DispatchError;

type Check = Result<(), DispatchError>;

impl<T: Config> Pallet<T> {
	/// Invariants 9 to 14.
	pub(crate) fn try_state_verification() -> Check {
		ensure!(
			Rules::<T>::get().is_usable(),
			DispatchError::Other("invariant 9: the rules of verification cannot be used")
		);
		Self::try_state_samples()?;
		Self::try_state_seeds()?;
		Self::try_state_verdicts()?;
		Self::try_state_cases()?;
		for runs in Runs::<T>::iter_values() {
			ensure!(
				runs.len() <= MAX_RUNS as usize && runs.is_sorted(),
				DispatchError::Other("invariant 13: runs are not in order")
			);
		}
		let sums = Suspicions::<T>::iter_values().chain(Doubts::<T>::iter_values());
		for sum in sums {
			ensure!(
				sum.judged > 0,
				DispatchError::Other("invariant 14: a sum is of no judged job")
			);
		}
		Ok(())
	}

	/// Invariants 9 and 10.
	fn try_state_samples() -> Check {
		let mut jobs = BTreeMap::<BlockNumber, u32>::new();
		for (id, sample) in Samples::<T>::iter() {
			ensure!(
				(aci_poai::detection::LEAST_RATE..=aci_poai::detection::ONE).contains(&sample.rate),
				DispatchError::Other("invariant 9: a rate is below the least")
			);
			let Some(received) = sample.received else {
				ensure!(
					!Receipts::<T>::contains_key(id),
					DispatchError::Other("invariant 9: a receipt is not noted with its sample")
				);
				continue;
			};
			ensure!(
				Receipts::<T>::contains_key(id) && received.block >= sample.matched,
				DispatchError::Other("invariant 9: a sample has no receipt")
			);
			let count = jobs.entry(received.block).or_default();
			*count = count.saturating_add(1);
		}
		let now = Self::now();
		for (block, anchor) in Anchors::<T>::iter() {
			ensure!(
				jobs.remove(&block) == Some(anchor.jobs),
				DispatchError::Other("invariant 10: an anchor does not count its jobs")
			);
			let known = block.saturating_add(2) <= now;
			ensure!(
				anchor.hash.is_some() == known,
				DispatchError::Other("invariant 10: an anchor is not known in time")
			);
		}
		ensure!(
			jobs.is_empty(),
			DispatchError::Other("invariant 10: a receipt has no anchor")
		);
		Ok(())
	}

	/// Invariant 11.
	fn try_state_seeds() -> Check {
		let mut serving = BTreeMap::<(u32, ClassId), u32>::new();
		let mut seeds = BTreeSet::new();
		for (epoch, verifier, record) in Seeds::<T>::iter() {
			ensure!(
				epoch >= OldestRoster::<T>::get() && epoch <= Self::epoch().saturating_add(1),
				DispatchError::Other("invariant 11: a seed is of no epoch on record")
			);
			for class in &record.classes {
				let count = serving.entry((epoch, *class)).or_default();
				*count = count.saturating_add(1);
			}
			seeds.insert((epoch, verifier));
		}
		for (epoch, roster) in Rosters::<T>::iter() {
			for verifier in roster {
				ensure!(
					seeds.remove(&(epoch, verifier)),
					DispatchError::Other("invariant 11: a listed verifier has no seed")
				);
			}
		}
		ensure!(
			seeds.is_empty(),
			DispatchError::Other("invariant 11: a verifier with a seed is not listed")
		);
		for (epoch, class, count) in Serving::<T>::iter() {
			ensure!(
				serving.remove(&(epoch, class)) == Some(count),
				DispatchError::Other("invariant 11: the verifiers of a class are miscounted")
			);
		}
		ensure!(
			serving.is_empty(),
			DispatchError::Other("invariant 11: the verifiers of a class are not counted")
		);
		Ok(())
	}

	/// Invariant 12, of verdicts.
	fn try_state_verdicts() -> Check {
		for (job, verdicts) in Verdicts::<T>::iter() {
			let received = Samples::<T>::get(job).and_then(|sample| sample.received);
			let received = received.ok_or(DispatchError::Other(
				"invariant 12: a verdict is on a job without a receipt",
			))?;
			let mut known = BTreeSet::new();
			for verdict in verdicts {
				if let Some(record) = Seeds::<T>::get(received.epoch, &verdict.verifier) {
					ensure!(
						record.verdicts.contains(&job)
							&& record.seed.is_some() == verdict.drawn.is_some(),
						DispatchError::Other("invariant 12: a verdict is not its verifier's")
					);
				}
				ensure!(
					known.insert(verdict.verifier),
					DispatchError::Other("invariant 12: a verifier gave two verdicts on a job")
				);
			}
			let missing = MissingVerdicts::<T>::get(job);
			ensure!(
				missing.iter().all(|verifier| !known.contains(verifier)),
				DispatchError::Other("invariant 12: a missing verdict is there")
			);
		}
		ensure!(
			MissingVerdicts::<T>::iter_keys().all(Samples::<T>::contains_key),
			DispatchError::Other("invariant 12: a verdict is missing on no job")
		);
		Ok(())
	}

	/// Invariant 13, of cases.
	fn try_state_cases() -> Check {
		let now = Self::now();
		let last = DrawCursor::<T>::get();
		ensure!(
			CaseAgenda::<T>::iter_keys().all(|block| block > now && block <= last),
			DispatchError::Other("invariant 13: a draw is behind the cursor, or forgotten")
		);
		for (id, case) in Cases::<T>::iter() {
			ensure!(
				Self::case_id(&case.subject) == id,
				DispatchError::Other("invariant 13: a case is stored under another subject")
			);
			let agenda = match case.phase {
				Phase::Waiting => CaseAgenda::<T>::get(case.due),
				Phase::Voting { .. } => CloseAgenda::<T>::get(case.due),
			};
			ensure!(
				case.due > now && agenda.contains(&id),
				DispatchError::Other("invariant 13: a case is not on the agenda")
			);
			let members: BTreeSet<_> = case.members.iter().map(|member| &member.who).collect();
			ensure!(
				members.len() == case.members.len(),
				DispatchError::Other("invariant 13: a member has two seats")
			);
			ensure!(
				members.is_empty() == (case.phase == Phase::Waiting),
				DispatchError::Other("invariant 13: a case has a committee before its draw")
			);
			let accused = match &case.subject {
				Subject::Verdict(_, verifier) => Some(verifier),
				_ => None,
			};
			let parties = case.challenger.iter().chain(accused);
			ensure!(
				parties.into_iter().all(|party| !members.contains(party)),
				DispatchError::Other("invariant 13: a party judges its own case")
			);
			for member in &case.members {
				ensure!(
					member.vote.is_none() || member.commitment.is_some(),
					DispatchError::Other("invariant 13: a vote was never committed")
				);
			}
		}
		Ok(())
	}
}
