//! What verifiers state, and what becomes of true and false statements.
//!
//! A verdict is taken while its verifier's seed is secret, so whether the job was drawn shows at the
//! reveal: then a drawn verdict is paid, unless a committee overruled it, and one that was not drawn is not,
//! and costs.
//!
//! | statement | exact profile | tolerant profile |
//! | --- | --- | --- |
//! | fails an output that a committee finds right | slashed whole | counts in the verifier's sum |
//! | approves an output that a committee finds wrong | slashed whole | nothing: a check may miss it |
//! | approves a canary whose output is wrong | slashed whole | slashed whole |
//!
//! Two sums go by `aci_poai::sequential`, of drawn verdicts alone and with the failure rates of the
//! profile's thresholds, so that either is slashed with the test's stated error:
//!
//! * A worker's. A job counts once: as failed when a drawn verdict failed it and a committee confirmed
//!   that, as passed when a drawn verdict passed it and none failed it, unless a committee found it
//!   right. With `h` the largest rate at which a check of honest work fails, two thirds of a committee's
//!   checks fail with probability at most `3/2 h`, however they depend on each other (Markov's
//!   inequality); that is the honest rate of this test.
//! * A verifier's. A verdict counts as failed when a committee overruled its failure: for an honest
//!   verifier at most `h`.

use super::types::{Sample, SeedRecord, StoredVerdict, MAX_CONVICTIONS};
use crate::{
	Calibrations, Config, CurrentCalibration, Doubts, Error, Event, Pallet, Samples, Seeds,
	Suspicions, Verdicts,
};
use aci_market::Offence;
use aci_poai::{
	committee::Decision,
	sequential::{LogRatios, LIFETIME_LINE},
};
use aci_primitives::{
	domain::tagged_hash,
	proof::{Outcome, Profile, ProfileKind},
	traits::{DisputeVerdict, SlashReport, Slasher, Verdicts as JobVerdicts, VerifierWork},
	AccountId, Balance, JobId, Role,
};
use frame_support::{ensure, storage::with_storage_layer};
use sp_core::H256;
use sp_runtime::DispatchResult;

/// Domain of the evidence of a false verdict.
const FALSE_VERDICT: &[u8] = b"aci/false-verdict/1";
/// Domain of the evidence of a sum that reached the line.
const SUM: &[u8] = b"aci/log-likelihood/1";

impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit_verdict(
		verifier: AccountId,
		job: JobId,
		outcome: Outcome,
		statistic: i64,
		evidence_root: H256,
	) -> DispatchResult {
		let sample = Samples::<T>::get(job).ok_or(Error::<T>::NotSampled)?;
		let received = sample.received.ok_or(Error::<T>::NotSampled)?;
		let mut record = Seeds::<T>::get(received.epoch, &verifier).ok_or(Error::<T>::NoSeed)?;
		ensure!(record.seed.is_none(), Error::<T>::SeedAlreadyRevealed);
		let last = received.epoch.saturating_add(1);
		ensure!(Self::epoch() <= last, Error::<T>::VerdictTooLate);
		ensure!(
			record.classes.contains(&sample.class),
			Error::<T>::ClassNotServed
		);
		ensure!(!Self::is_party(&verifier, &sample), Error::<T>::IsParty);
		let anchor = crate::Anchors::<T>::get(received.block).hash;
		ensure!(anchor.is_some(), Error::<T>::AnchorNotKnown);
		ensure!(Self::is_bonded(&verifier), Error::<T>::NotBonded);
		Verdicts::<T>::try_mutate(job, |verdicts| {
			let given = verdicts.iter().any(|verdict| verdict.verifier == verifier);
			ensure!(!given, Error::<T>::VerdictGiven);
			verdicts
				.try_push(StoredVerdict {
					verifier: verifier.clone(),
					outcome,
					statistic,
					evidence_root,
					block: Self::now(),
					drawn: None,
					judged: false,
					punished: false,
				})
				.map_err(|_| Error::<T>::TooManyVerdicts)
		})?;
		record
			.verdicts
			.try_push(job)
			.map_err(|_| Error::<T>::TooManyVerdicts)?;
		Seeds::<T>::insert(received.epoch, &verifier, record);
		// A job whose window is over, or that a committee looks at already, opens nothing.
		let opened = match outcome {
			Outcome::Pass => false,
			Outcome::Fail => T::Verdicts::challenge(&job).is_ok(),
			Outcome::Unavailable => {
				with_storage_layer(|| Self::open_delivery(job, verifier.clone(), 0)).is_ok()
			}
		};
		Self::deposit_event(Event::VerdictSubmitted {
			job,
			verifier,
			outcome,
			statistic,
			evidence_root,
			opened,
		});
		Ok(())
	}

	/// Looks at a verifier's verdicts of an epoch when its seed is known: pays those that it drew, and
	/// counts them. Returns how many it drew and what they are paid.
	pub(crate) fn judge_epoch(
		verifier: &AccountId,
		record: &SeedRecord,
		seed: &H256,
	) -> (u32, Balance) {
		let mut drawn = 0u32;
		let mut paid: Balance = 0;
		let mut convictions = MAX_CONVICTIONS;
		for job in &record.verdicts {
			let Some(mut sample) = Samples::<T>::get(job) else {
				// Its record is pruned: nobody can tell any more.
				drawn = drawn.saturating_add(1);
				continue;
			};
			let is_drawn = Self::is_drawn(verifier, record, seed, job, &sample);
			let mut verdicts = Verdicts::<T>::get(job);
			let failed = verdicts
				.iter()
				.any(|verdict| verdict.outcome == Outcome::Fail);
			let contested = failed && sample.decision != Some(Decision::Right);
			let Some(verdict) = verdicts
				.iter_mut()
				.find(|verdict| verdict.verifier == *verifier)
			else {
				continue;
			};
			verdict.drawn = Some(is_drawn);
			if is_drawn {
				drawn = drawn.saturating_add(1);
				let overruled =
					verdict.outcome == Outcome::Fail && sample.decision == Some(Decision::Right);
				if !overruled {
					// Parts of prices that exist.
					paid = paid.saturating_add(sample.tariff);
				}
				Self::count(job, &mut sample, verdict, contested, &mut convictions);
			}
			Verdicts::<T>::insert(job, verdicts);
			Samples::<T>::insert(job, sample);
		}
		if paid > 0 {
			T::Work::delivered(verifier, paid);
		}
		(drawn, paid)
	}

	/// How failures of a profile are weighed, for a worker and for a verifier; `None` for the exact
	/// profile, and where nothing was measured.
	fn ratios(profile: &Profile) -> Option<(LogRatios, LogRatios)> {
		let version = match profile.calibration {
			0 => CurrentCalibration::<T>::get(),
			version => version,
		};
		let thresholds = Calibrations::<T>::get(version)?;
		let rates = match profile.kind {
			ProfileKind::Exact => return None,
			ProfileKind::Numeric => thresholds.numeric.rates,
			ProfileKind::SampledText => thresholds.sampled_text.rates,
			ProfileKind::Distribution => thresholds.distribution.rates,
		};
		// Rounded up; a rate beyond the dishonest one makes no test, and then nobody is slashed by it.
		let confirmed = rates.honest.saturating_mul(3).div_ceil(2);
		let worker = LogRatios::new(confirmed, rates.dishonest).ok()?;
		let verifier = LogRatios::new(rates.honest, rates.dishonest).ok()?;
		Some((worker, verifier))
	}

	/// Counts a drawn verdict in its worker's and its verifier's sum, once all that decides is known:
	/// for a failed one that is a committee's decision. `contested`: another verdict failed the job, and
	/// no committee found it right. Slashes at the line, at most as often as
	/// `convictions` says; a sum beyond stays, and the next judged job slashes.
	pub(crate) fn count(
		job: &JobId,
		sample: &mut Sample,
		verdict: &mut StoredVerdict,
		contested: bool,
		convictions: &mut u32,
	) {
		let profile = sample.received.map(|received| received.profile);
		let Some((worker_ratios, verifier_ratios)) = profile.as_ref().and_then(Self::ratios) else {
			return;
		};
		let (worker_failed, verifier_failed) = match (verdict.outcome, sample.decision) {
			(Outcome::Pass, _) => (false, false),
			(Outcome::Fail, Some(Decision::Failed)) => (true, false),
			(Outcome::Fail, Some(Decision::Right)) => (false, true),
			_ => return,
		};
		let says_nothing = contested && verdict.outcome == Outcome::Pass;
		if !sample.judged && !says_nothing {
			sample.judged = true;
			let mut sum = Suspicions::<T>::get(&sample.worker);
			if sum.record(worker_failed, &worker_ratios, LIFETIME_LINE) && *convictions > 0 {
				*convictions = convictions.saturating_sub(1);
				Self::convict_worker(job, sample, sum.sum, &verdict.verifier);
				sum.sum = 0;
			}
			Suspicions::<T>::insert(&sample.worker, sum);
		}
		if !verdict.judged {
			verdict.judged = true;
			let mut sum = Doubts::<T>::get(&verdict.verifier);
			if sum.record(verifier_failed, &verifier_ratios, LIFETIME_LINE) && *convictions > 0 {
				*convictions = convictions.saturating_sub(1);
				Self::punish_verdict(job, verdict, None);
				sum.sum = 0;
			}
			Doubts::<T>::insert(&verdict.verifier, sum);
		}
	}

	/// A worker's sum reached the line: its last failed job is convicted; where that is refunded
	/// already, its bond is slashed all the same.
	fn convict_worker(job: &JobId, sample: &Sample, sum: u64, reporter: &AccountId) {
		let evidence = tagged_hash(SUM, &(&sample.worker, job, sum));
		let reporter = Some(reporter.clone());
		let wrong = DisputeVerdict::Wrong;
		let convicted = T::Verdicts::convict(job, wrong, evidence, reporter.clone()).is_ok();
		if !convicted {
			T::Slasher::slash(SlashReport {
				offender: sample.worker.clone(),
				role: Role::Worker,
				offence: Offence::WrongOutput,
				evidence,
				reporter,
				victim: None,
			});
		}
		Self::deposit_event(Event::LineReached {
			worker: sample.worker.clone(),
			job: *job,
			sum,
			evidence,
		});
	}

	/// Slashes a verifier for a verdict that is not so, once.
	pub(crate) fn punish_verdict(
		job: &JobId,
		verdict: &mut StoredVerdict,
		reporter: Option<AccountId>,
	) {
		if verdict.punished {
			return;
		}
		verdict.punished = true;
		let verifier = verdict.verifier.clone();
		let slashed = T::Slasher::slash(SlashReport {
			offender: verifier.clone(),
			role: Role::Verifier,
			offence: Offence::FalseVerdict,
			evidence: tagged_hash(FALSE_VERDICT, &(job, &verdict)),
			reporter: reporter.clone(),
			victim: None,
		});
		Self::deposit_event(Event::FalseVerdict {
			verifier,
			job: *job,
			reporter,
			slashed,
		});
	}
}
