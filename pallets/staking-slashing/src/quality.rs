//! Quality scores: judged jobs move them, absence lets them drift, and an epoch below the threshold
//! costs a part of the worker's bond (Table 2 of the paper).
//!
//! The drift is computed when a score is read, so nothing iterates over scores. Beside a score stands
//! what it was when the epoch of its last judged job began: so what every score was when the running
//! epoch began can be read all through the epoch, and nobody has to copy scores at its beginning. The scores of those
//! who were judged in an epoch are kept until the epoch is over and are looked at then, a bounded
//! number in each block; what counts is the score after the epoch's last judged job, however late it
//! is looked at.

use crate::{
	types::StoredQuality, Config, Epoch, Event, JudgedIn, NextJudgedEpoch, Pallet, Quality,
	QualityScore,
};
use aci_market::{fees::PARTS_PER_MILLION, Offence};
use aci_primitives::{
	domain,
	traits::{QualityUpdate, SlashReport, Slasher},
	AccountId, Role,
};
use alloc::vec::Vec;
use frame_support::traits::Get;

/// Domain of the evidence of a quality below the threshold: the hash of epoch, account and score.
pub const EVIDENCE: &[u8] = b"aci/quality-below-threshold/1";

/// Most epochs of absence that a reading goes through, one by one. With the default weight a score
/// reaches the neutral start in fewer.
pub const MAX_ABSENCE: u32 = 256;

impl<T: Config> Pallet<T> {
	/// An account's quality now: the stored score after the epochs of absence since.
	pub(crate) fn quality_of(who: &AccountId) -> QualityScore {
		let rules = T::QualityRules::get();
		let Some(StoredQuality {
			mut score,
			judged,
			epoch,
			at_start: _,
		}) = Quality::<T>::get(who)
		else {
			return QualityScore {
				score: rules.neutral_start.min(PARTS_PER_MILLION),
				judged: 0,
			};
		};
		// The epoch of the last job was no absence, and the running one is not over.
		let absent = Epoch::<T>::get()
			.index
			.saturating_sub(epoch)
			.saturating_sub(1);
		for _ in 0..absent.min(MAX_ABSENCE) {
			let next = rules.absence(score);
			if next == score {
				break;
			}
			score = next;
		}
		QualityScore { score, judged }
	}

	/// An account's score when the running epoch began. Who was not judged since has it still: the
	/// drift of a reading ends with the epoch before.
	pub(crate) fn score_at_epoch_start(who: &AccountId) -> u32 {
		match Quality::<T>::get(who) {
			Some(stored) if stored.epoch == Epoch::<T>::get().index => stored.at_start,
			_ => Self::quality_of(who).score,
		}
	}

	/// Looks at up to `most` accounts that were judged in the oldest epoch that is over, and slashes
	/// those below the threshold. Returns how many it looked at.
	pub(crate) fn check_quality(most: u32) -> u32 {
		let epoch = NextJudgedEpoch::<T>::get();
		if epoch >= Epoch::<T>::get().index {
			return 0;
		}
		let rules = T::QualityRules::get();
		let judged: Vec<(AccountId, QualityScore)> = JudgedIn::<T>::iter_prefix(epoch)
			.take(most as usize)
			.collect();
		for (who, quality) in &judged {
			JudgedIn::<T>::remove(epoch, who);
			if rules.is_offence(quality.score, quality.judged) {
				<Self as Slasher>::slash(SlashReport {
					offender: who.clone(),
					role: Role::Worker,
					offence: Offence::QualityBelowThreshold,
					evidence: domain::tagged_hash(EVIDENCE, &(epoch, who, quality)),
					reporter: None,
					victim: None,
				});
			}
		}
		if (judged.len() as u32) < most {
			NextJudgedEpoch::<T>::put(epoch.saturating_add(1));
		}
		judged.len() as u32
	}
}

impl<T: Config> QualityUpdate for Pallet<T> {
	fn quality(who: &AccountId) -> u32 {
		Self::quality_of(who).score
	}

	fn epoch() -> u32 {
		Epoch::<T>::get().index
	}

	fn quality_at_epoch_start(who: &AccountId) -> u32 {
		Self::score_at_epoch_start(who)
	}

	fn judged(who: &AccountId, result: u32) {
		Self::judged_all(who, &[result]);
	}

	fn judged_all(who: &AccountId, results: &[u32]) {
		let Some(last) = results.last() else { return };
		let rules = T::QualityRules::get();
		let at_start = Self::score_at_epoch_start(who);
		let QualityScore {
			mut score,
			mut judged,
		} = Self::quality_of(who);
		for result in results {
			score = rules.update(score, *result);
			// Saturates: beyond four thousand million judged jobs the count says no more.
			judged = judged.saturating_add(1);
		}
		let epoch = Epoch::<T>::get().index;
		let stored = StoredQuality {
			score,
			judged,
			epoch,
			at_start,
		};
		Quality::<T>::insert(who, stored);
		JudgedIn::<T>::insert(epoch, who, QualityScore { score, judged });
		Self::deposit_event(Event::QualityUpdated {
			who: who.clone(),
			jobs: results.len().try_into().unwrap_or(u32::MAX),
			result: (*last).min(PARTS_PER_MILLION),
			score,
			judged,
		});
	}
}
