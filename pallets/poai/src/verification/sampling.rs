//! Who checks what: rates, anchors, seeds, and the end of an epoch.
//!
//! A verifier commits to its seed of an epoch in the epoch before. Receipts of the epoch are drawn by
//! it. In the epoch after, the verifier reveals the seed; from then on anybody can report a verdict
//! that is missing. Two epochs later the seeds are removed, and who has not revealed pays.

use super::types::{Received, Sample, SeedRecord, MAX_PRUNED, MAX_VERDICTS_PER_JOB, SEED_EPOCHS};
use crate::{
	Anchors, Config, Error, Event, MissingVerdicts, OldestRoster, Pallet, Rosters, Rules, Samples,
	SeedMix, Seeds, Serving, Verdicts,
};
use aci_market::Offence;
use aci_poai::selection::{rate, seed_commitment, selected, tariff, Facts};
use aci_primitives::{
	domain::tagged_hash,
	proof::Profile,
	traits::{Bonds, MatchFacts, QualityUpdate, SlashReport, Slasher},
	AccountId, Balance, BlockNumber, BoundedList, ClassId, JobId, Role,
};
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{DispatchResult, SaturatedConversion};

/// Domain of the evidence of what a verifier did not deliver.
const ABSENCE: &[u8] = b"aci/verifier-absence/1";
/// Domain of the mix of all revealed seeds.
const MIX: &[u8] = b"aci/seed-mix/1";

impl<T: Config> Pallet<T> {
	/// The height of the block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	/// The number of the running epoch.
	pub(crate) fn epoch() -> u32 {
		T::Quality::epoch()
	}

	/// Whether a verifier's bond backs its work.
	pub(crate) fn is_bonded(verifier: &AccountId) -> bool {
		let bond = T::Bonds::bonded(verifier, Role::Verifier);
		bond > 0 && bond >= T::VerifierBond::get()
	}

	/// Fixes a job's rate and what a check of it is paid.
	pub(crate) fn note_match(job: &JobId, facts: MatchFacts<'_>) {
		let budget = Rules::<T>::get().budget();
		let known = Facts {
			price: facts.price,
			free_bond: facts.free_bond,
			quality: T::Quality::quality(facts.worker),
			verifiers: Serving::<T>::get(Self::epoch(), facts.class),
		};
		let rate = rate(&known, &budget);
		let sample = Sample {
			client: facts.client.clone(),
			worker: facts.worker.clone(),
			class: facts.class,
			price: facts.price,
			slots: facts.slots,
			matched: Self::now(),
			rate,
			tariff: tariff(facts.price, rate, known.verifiers, &budget),
			received: None,
			judged: false,
			decision: None,
		};
		Samples::<T>::insert(job, sample);
	}

	/// A job's receipt is accepted: verifiers of the running epoch may draw it.
	pub(crate) fn note_receipt(job: &JobId, mut sample: Sample, profile: Profile) {
		let block = Self::now();
		sample.received = Some(Received {
			block,
			epoch: Self::epoch(),
			profile,
		});
		// As many as a block takes.
		Anchors::<T>::mutate(block, |anchor| {
			anchor.jobs = anchor.jobs.saturating_add(1);
		});
		Samples::<T>::insert(job, sample);
	}

	/// Forgets all of a job.
	pub(crate) fn forget_sample(job: &JobId) {
		let received = Samples::<T>::take(job).and_then(|sample| sample.received);
		if let Some(received) = received {
			Anchors::<T>::mutate_exists(received.block, |anchor| {
				*anchor = anchor.take().and_then(|mut anchor| {
					anchor.jobs = anchor.jobs.saturating_sub(1);
					(anchor.jobs > 0).then_some(anchor)
				});
			});
		}
		Verdicts::<T>::remove(job);
		MissingVerdicts::<T>::remove(job);
	}

	/// Records the hash that decides who draws the receipts of the block before the last one.
	pub(crate) fn note_anchor(now: BlockNumber) {
		let Some(block) = now.checked_sub(2) else {
			return;
		};
		let parent = BlockNumberFor::<T>::from(now.saturating_sub(1));
		Anchors::<T>::mutate_extant(block, |anchor| {
			anchor.hash = Some(frame_system::Pallet::<T>::block_hash(parent));
		});
	}

	/// Whether an account is client or worker of a job, and so no judge of it.
	pub(crate) fn is_party(who: &AccountId, sample: &Sample) -> bool {
		*who == sample.client || *who == sample.worker
	}

	/// Whether a job with a receipt is a verifier's to check, by its seed.
	pub(crate) fn is_drawn(
		verifier: &AccountId,
		record: &SeedRecord,
		seed: &H256,
		job: &JobId,
		sample: &Sample,
	) -> bool {
		let anchor = sample
			.received
			.and_then(|received| Anchors::<T>::get(received.block).hash);
		record.classes.contains(&sample.class)
			&& !Self::is_party(verifier, sample)
			&& anchor.is_some_and(|anchor| selected(seed, job, &anchor, sample.rate))
	}

	pub(crate) fn do_commit_seed(
		verifier: AccountId,
		commitment: H256,
		classes: BoundedList<ClassId, { super::types::MAX_CLASSES }>,
	) -> DispatchResult {
		ensure!(Self::is_bonded(&verifier), Error::<T>::NotBonded);
		let mut sorted = classes.to_vec();
		sorted.sort_unstable();
		sorted.dedup();
		ensure!(
			!sorted.is_empty() && sorted.len() == classes.len(),
			Error::<T>::NoClasses
		);
		let epoch = Self::epoch().saturating_add(1);
		ensure!(
			!Seeds::<T>::contains_key(epoch, &verifier),
			Error::<T>::SeedAlreadyCommitted
		);
		Rosters::<T>::try_mutate(epoch, |roster| roster.try_push(verifier.clone()))
			.map_err(|_| Error::<T>::TooManyVerifiers)?;
		for class in &classes {
			// At most one for each verifier.
			Serving::<T>::mutate(epoch, class, |count| *count = count.saturating_add(1));
		}
		let record = SeedRecord {
			commitment,
			classes: classes.clone(),
			seed: None,
			verdicts: BoundedList::new(),
		};
		Seeds::<T>::insert(epoch, &verifier, record);
		Self::deposit_event(Event::SeedCommitted {
			verifier,
			epoch,
			commitment,
			classes,
		});
		Ok(())
	}

	pub(crate) fn do_reveal_seed(verifier: AccountId, epoch: u32, seed: H256) -> DispatchResult {
		let mut record = Seeds::<T>::get(epoch, &verifier).ok_or(Error::<T>::NoSeed)?;
		ensure!(record.seed.is_none(), Error::<T>::SeedAlreadyRevealed);
		let now = Self::epoch();
		ensure!(now > epoch, Error::<T>::RevealTooEarly);
		ensure!(now == epoch.saturating_add(1), Error::<T>::RevealTooLate);
		let commitment = seed_commitment(&Self::genesis_hash(), &verifier, epoch, &seed);
		ensure!(commitment == record.commitment, Error::<T>::WrongSeed);
		record.seed = Some(seed);
		SeedMix::<T>::mutate(|mix| *mix = tagged_hash(MIX, &(*mix, seed)));
		Seeds::<T>::insert(epoch, &verifier, &record);
		let (drawn, paid) = Self::judge_epoch(&verifier, &record, &seed);
		let given: u32 = record.verdicts.len().saturated_into();
		let undrawn = given.saturating_sub(drawn);
		Self::deposit_event(Event::SeedRevealed {
			verifier: verifier.clone(),
			epoch,
			seed,
			drawn,
			paid,
		});
		if undrawn > 0 {
			let slashed = Self::punish_absence(&verifier, &(epoch, undrawn), None);
			Self::deposit_event(Event::VerdictsNotDrawn {
				verifier,
				epoch,
				verdicts: undrawn,
				slashed,
			});
		}
		Ok(())
	}

	pub(crate) fn do_report_missing(
		reporter: AccountId,
		verifier: AccountId,
		job: JobId,
	) -> DispatchResult {
		let sample = Samples::<T>::get(job).ok_or(Error::<T>::NotSampled)?;
		let received = sample.received.ok_or(Error::<T>::NotSampled)?;
		let record = Seeds::<T>::get(received.epoch, &verifier).ok_or(Error::<T>::NoSeed)?;
		let seed = record.seed.ok_or(Error::<T>::SeedNotRevealed)?;
		ensure!(
			Self::is_drawn(&verifier, &record, &seed, &job, &sample),
			Error::<T>::NotDrawn
		);
		let verdicts = Verdicts::<T>::get(job);
		let has_room = verdicts.len() < MAX_VERDICTS_PER_JOB as usize
			&& record.verdicts.len() < super::types::MAX_VERDICTS as usize;
		let given = verdicts.iter().any(|verdict| verdict.verifier == verifier);
		ensure!(!given && has_room, Error::<T>::NothingMissing);
		MissingVerdicts::<T>::try_mutate(job, |missing| {
			ensure!(!missing.contains(&verifier), Error::<T>::AlreadyReported);
			missing
				.try_push(verifier.clone())
				.map_err(|_| Error::<T>::AlreadyReported)
		})?;
		let by = (reporter != verifier).then(|| reporter.clone());
		let slashed = Self::punish_absence(&verifier, &(received.epoch, job), by);
		Self::deposit_event(Event::VerdictMissing {
			verifier,
			job,
			reporter,
			slashed,
		});
		Ok(())
	}

	/// Slashes a verifier for what it did not deliver.
	pub(crate) fn punish_absence(
		verifier: &AccountId,
		what: &impl codec::Encode,
		reporter: Option<AccountId>,
	) -> Balance {
		T::Slasher::slash(SlashReport {
			offender: verifier.clone(),
			role: Role::Verifier,
			offence: Offence::VerifierAbsence,
			evidence: tagged_hash(ABSENCE, &(verifier, what)),
			reporter,
			victim: None,
		})
	}

	/// Removes seeds of the oldest epoch, if its time is over. Returns how many.
	pub(crate) fn prune_seeds() -> u32 {
		let epoch = OldestRoster::<T>::get();
		if Self::epoch() < epoch.saturating_add(SEED_EPOCHS) {
			return 0;
		}
		let mut roster = Rosters::<T>::get(epoch).into_inner();
		let stay = roster.len().saturating_sub(MAX_PRUNED as usize);
		let gone = roster.split_off(stay);
		for verifier in &gone {
			let Some(record) = Seeds::<T>::take(epoch, verifier) else {
				continue;
			};
			for class in &record.classes {
				Serving::<T>::mutate_exists(epoch, class, |count| {
					*count = count
						.and_then(|count| count.checked_sub(1))
						.filter(|count| *count > 0);
				});
			}
			if record.seed.is_none() {
				let slashed = Self::punish_absence(verifier, &epoch, None);
				Self::deposit_event(Event::SeedNotRevealed {
					verifier: verifier.clone(),
					epoch,
					slashed,
				});
			}
		}
		if roster.is_empty() {
			Rosters::<T>::remove(epoch);
			OldestRoster::<T>::put(epoch.saturating_add(1));
		} else {
			// Shorter than it was.
			Rosters::<T>::insert(epoch, BoundedList::truncate_from(roster));
		}
		gone.len().saturated_into()
	}
}
