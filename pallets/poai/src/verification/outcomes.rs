//! What a committee's decision does, and to whom.
//!
//! | about | Failed | Unavailable | Doubtful | Right | too few |
//! | --- | --- | --- | --- | --- | --- |
//! | output, exact profile | Wrong | Wrong | Doubtful | Right | drawn again |
//! | output, tolerant profile | Doubtful, or Wrong at the line | Wrong | Doubtful | Right | drawn again |
//! | delivery | nothing | Wrong | nothing | nothing | drawn again |
//! | verdict | the verifier is slashed | nothing | nothing | nothing | drawn again |
//!
//! Wrong, Doubtful and Right are the verdicts of the jobs pallet, which has what they do. The finding of
//! an exact referee stands above the votes, under every profile. For an output the jobs pallet counts
//! the draws.

use super::types::{Case, Subject, MAX_CONVICTIONS};
use crate::{Config, Event, Pallet, Rules, Samples, Verdicts};
use aci_poai::{
	committee::{Decision, Tally},
	selection,
};
use aci_primitives::{
	proof::{Outcome, ProfileKind},
	traits::{DisputeVerdict, ExactReferee, Finding, Verdicts as JobVerdicts, VerifierWork},
	AccountId, Balance, JobId,
};
use sp_core::H256;
use sp_runtime::{DispatchResult, SaturatedConversion};

impl<T: Config> Pallet<T> {
	/// What a member is paid for a vote on the side of the decision.
	pub(crate) fn vote_tariff(case: &Case) -> Balance {
		let members = case.members.len().saturated_into();
		Samples::<T>::get(case.subject.job()).map_or(0, |sample| {
			selection::vote_tariff(sample.price, members, &Rules::<T>::get().budget())
		})
	}

	pub(crate) fn pay_vote(member: &AccountId, tariff: Balance) {
		if tariff > 0 {
			T::Work::delivered(member, tariff);
		}
	}

	/// Applies a decision. The case is not on record any more.
	pub(crate) fn conclude(id: H256, case: Case, tally: Tally, decision: Decision) {
		Self::deposit_event(Event::CaseClosed {
			case: id,
			subject: case.subject.clone(),
			draw: case.draw,
			tally,
			decision,
		});
		match case.subject.clone() {
			Subject::Output(job) => {
				let verdict = Self::verdict_on(&job, decision);
				if let Some(verdict) = verdict {
					// A dispute that governance has decided meanwhile is no more.
					let _ = Self::give_verdict(&job, id, verdict);
				}
			}
			Subject::Delivery(job) => match decision {
				Decision::Unavailable => {
					let client = Samples::<T>::get(job).map(|sample| sample.client);
					let reporter = case.challenger.filter(|who| Some(who) != client.as_ref());
					// A window that is over, or a job that is refunded already: nothing to do.
					let _ = T::Verdicts::convict(&job, DisputeVerdict::Wrong, id, reporter);
				}
				Decision::TooFew => Self::draw_again(case),
				_ => {}
			},
			Subject::Verdict(job, verifier) => match decision {
				// The job may have been pruned since.
				Decision::Failed => Verdicts::<T>::mutate_extant(job, |verdicts| {
					let accused = verdicts
						.iter_mut()
						.find(|verdict| verdict.verifier == verifier);
					if let Some(verdict) = accused {
						Self::punish_verdict(&job, verdict, case.challenger);
					}
				}),
				Decision::TooFew => Self::draw_again(case),
				_ => {}
			},
		}
	}

	/// What a decision on an output means, with what it does to those who stated something on it.
	fn verdict_on(job: &JobId, votes: Decision) -> Option<DisputeVerdict> {
		let finding = T::Referee::finding(job);
		let decision = match finding {
			Finding::Right => Decision::Right,
			Finding::Wrong => Decision::Failed,
			Finding::NotAvailable => votes,
		};
		let mut sample = Samples::<T>::get(job)?;
		let profile = sample.received.map(|received| received.profile.kind);
		let is_exact = profile == Some(ProfileKind::Exact) || finding != Finding::NotAvailable;
		if decision != Decision::TooFew {
			sample.decision = Some(decision);
		}
		let mut verdicts = Verdicts::<T>::get(job);
		let mut convictions = MAX_CONVICTIONS;
		for verdict in verdicts.iter_mut() {
			let contradicts = matches!(
				(verdict.outcome, decision),
				(Outcome::Pass, Decision::Failed) | (Outcome::Fail, Decision::Right)
			);
			if is_exact && contradicts {
				Self::punish_verdict(job, verdict, None);
			}
			let waits = verdict.outcome == Outcome::Fail && verdict.drawn == Some(true);
			if !is_exact && waits && !verdict.judged {
				Self::count(job, &mut sample, verdict, true, &mut convictions);
			}
		}
		if !verdicts.is_empty() {
			Verdicts::<T>::insert(job, verdicts);
		}
		Samples::<T>::insert(job, sample);
		match decision {
			Decision::Failed if is_exact => Some(DisputeVerdict::Wrong),
			Decision::Failed | Decision::Doubtful => Some(DisputeVerdict::Doubtful),
			Decision::Unavailable => Some(DisputeVerdict::Wrong),
			Decision::Right => Some(DisputeVerdict::Right),
			Decision::TooFew => None,
		}
	}

	/// Gives the jobs pallet its verdict. Who found the output wrong first is the reporter.
	fn give_verdict(job: &JobId, case: H256, verdict: DisputeVerdict) -> DispatchResult {
		let reporter = Verdicts::<T>::get(job)
			.into_iter()
			.find(|verdict| verdict.outcome != Outcome::Pass)
			.map(|verdict| verdict.verifier);
		match reporter {
			Some(reporter) if verdict == DisputeVerdict::Wrong => {
				T::Verdicts::convict(job, verdict, case, Some(reporter))
			}
			_ => T::Verdicts::decide(job, verdict),
		}
	}
}
