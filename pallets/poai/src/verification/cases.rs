//! Committees: how a case is opened, who is drawn, how members vote.
//!
//! | block | what |
//! | --- | --- |
//! | opening | the case is put on the agenda |
//! | two later | the committee is drawn, by the mix of all revealed seeds and the hash of the block between |
//! | `commit_blocks` from there | members commit to their votes |
//! | `reveal_blocks` from there | members reveal them; at the end the case is closed |
//!
//! The runtime has no verifiable random function, so the randomness is the mix of the verifiers'
//! revealed seeds with a block that comes after the opening. Nobody who opens a case can know it. The
//! author of that one block can choose among as many blocks as it tries, and so among committees; it is
//! the validator whose turn it is, and two thirds of a committee must lie with it.
//!
//! A block draws and closes a bounded number of committees; cases queue for their draw. One that would
//! wait for too long is not heard: the jobs pallet draws again, or nobody is blamed.

use super::types::{
	Case, Member, Phase, Subject, DRAW_DELAY, MAX_COMMITTEE, MAX_DELAY, MAX_DRAWS, MAX_SHIFT,
};
use crate::{
	CaseAgenda, Cases, CloseAgenda, Config, DrawCursor, Error, Event, Pallet, Rosters, Rules,
	Samples, SeedMix, Verdicts,
};
use aci_poai::committee::{committee, vote_commitment, Decision, Tally};
use aci_primitives::{
	domain::tagged_hash,
	proof::Outcome,
	traits::{DisputeCommittee, Pot, Pots},
	AccountId, Balance, BlockNumber, BoundedList, Hash, JobId,
};
use alloc::vec::Vec;
use frame_support::{ensure, storage::with_storage_layer};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

/// Domain of a case's identity.
const CASE: &[u8] = b"aci/case/1";
/// Domain of the randomness of a draw.
const RANDOMNESS: &[u8] = b"aci/committee-randomness/1";

/// What a block did for cases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Handled {
	pub(crate) drawn: u32,
	pub(crate) closed: u32,
}

impl<T: Config> Pallet<T> {
	/// A case's identity. A subject has at most one open case.
	pub(crate) fn case_id(subject: &Subject) -> H256 {
		tagged_hash(CASE, subject)
	}

	/// A block that draws a committee for a case: the first one that may, or the next one with room. Draws
	/// queue, so that whoever opens many cases delays others but keeps none from being heard, up to
	/// [`MAX_DELAY`] blocks of them.
	fn schedule_draw(id: H256) -> Option<BlockNumber> {
		let first = Self::now().saturating_add(DRAW_DELAY);
		let block = DrawCursor::<T>::get().max(first);
		let room = CaseAgenda::<T>::try_mutate(block, |cases| cases.try_push(id)).is_ok();
		let due = if room {
			block
		} else {
			// Nothing is behind the cursor.
			let next = block.saturating_add(1);
			CaseAgenda::<T>::try_mutate(next, |cases| cases.try_push(id)).ok()?;
			next
		};
		if due > first.saturating_add(MAX_DELAY) {
			return None;
		}
		DrawCursor::<T>::put(due);
		Some(due)
	}

	/// The first block from `wanted` on with room for the end of a case. Blocks draw as few committees as
	/// they close, so the first one has room unless the times of a vote were changed.
	fn schedule_close(id: H256, wanted: BlockNumber) -> Option<BlockNumber> {
		(wanted..wanted.saturating_add(MAX_SHIFT))
			.find(|block| CloseAgenda::<T>::try_mutate(block, |cases| cases.try_push(id)).is_ok())
	}

	/// Opens a case, or draws again for it.
	pub(crate) fn open_case(
		subject: Subject,
		challenger: Option<AccountId>,
		draw: u8,
		fee: Balance,
	) -> DispatchResult {
		let id = Self::case_id(&subject);
		let due = with_storage_layer(|| {
			Self::schedule_draw(id).ok_or(DispatchError::from(Error::<T>::NoRoomForCase))
		})?;
		let case = Case {
			subject: subject.clone(),
			challenger: challenger.clone(),
			draw,
			epoch: Self::epoch(),
			due,
			phase: Phase::Waiting,
			members: BoundedList::new(),
		};
		Cases::<T>::insert(id, case);
		Self::deposit_event(Event::CaseOpened {
			case: id,
			subject,
			challenger,
			fee,
			draw,
			drawn_at: due,
		});
		Ok(())
	}

	/// Opens a case about a delivery. A client's costs a fee, a sampled verifier's none.
	pub(crate) fn open_delivery(job: JobId, challenger: AccountId, fee: Balance) -> DispatchResult {
		ensure!(Self::available_now(), Error::<T>::NoCommittee);
		let subject = Subject::Delivery(job);
		let id = Self::case_id(&subject);
		ensure!(!Cases::<T>::contains_key(id), Error::<T>::CaseOpen);
		if fee > 0 {
			T::Pots::pay_in(&challenger, Pot::Verifiers, fee)?;
		}
		Self::open_case(subject, Some(challenger), 1, fee)
	}

	pub(crate) fn do_challenge_delivery(client: AccountId, job: JobId) -> DispatchResult {
		let sample = Samples::<T>::get(job).ok_or(Error::<T>::NotSampled)?;
		ensure!(sample.received.is_some(), Error::<T>::NotSampled);
		ensure!(sample.client == client, Error::<T>::NotClient);
		Self::open_delivery(job, client, Rules::<T>::get().fee)
	}

	pub(crate) fn do_challenge_verdict(
		challenger: AccountId,
		job: JobId,
		verifier: AccountId,
	) -> DispatchResult {
		ensure!(Self::available_now(), Error::<T>::NoCommittee);
		let verdicts = Verdicts::<T>::get(job);
		let verdict = verdicts
			.iter()
			.find(|verdict| verdict.verifier == verifier)
			.ok_or(Error::<T>::NoVerdict)?;
		ensure!(verdict.drawn.is_some(), Error::<T>::SeedNotRevealed);
		ensure!(
			verdict.outcome != Outcome::Unavailable && !verdict.punished,
			Error::<T>::NoVerdict
		);
		let subject = Subject::Verdict(job, verifier);
		let id = Self::case_id(&subject);
		ensure!(!Cases::<T>::contains_key(id), Error::<T>::CaseOpen);
		let fee = Rules::<T>::get().fee;
		if fee > 0 {
			T::Pots::pay_in(&challenger, Pot::Verifiers, fee)?;
		}
		Self::open_case(subject, Some(challenger), 1, fee)
	}

	/// Whether there are verifiers enough to draw of.
	pub(crate) fn available_now() -> bool {
		let roster = Rosters::<T>::decode_len(Self::epoch()).unwrap_or(0);
		roster >= Rules::<T>::get().least_committee as usize
	}

	/// Does what is due for cases in this block.
	pub(crate) fn handle_cases(now: BlockNumber) -> Handled {
		let mut handled = Handled::default();
		let draws = CaseAgenda::<T>::take(now);
		let closes = CloseAgenda::<T>::take(now);
		for id in draws.into_iter().chain(closes) {
			let Some(case) = Cases::<T>::get(id).filter(|case| case.due == now) else {
				// It ended, or was opened anew, before its block came.
				continue;
			};
			match case.phase {
				Phase::Waiting => {
					handled.drawn = handled.drawn.saturating_add(1);
					Self::draw_committee(id, case);
				}
				Phase::Voting { .. } => {
					handled.closed = handled.closed.saturating_add(1);
					Self::close_case(id, case);
				}
			}
		}
		handled
	}

	/// Who must not judge: the parties, whoever challenged, and all who stated something on the job.
	fn excluded(case: &Case) -> Vec<AccountId> {
		let job = case.subject.job();
		let mut excluded: Vec<AccountId> = Verdicts::<T>::get(job)
			.into_iter()
			.map(|verdict| verdict.verifier)
			.collect();
		if let Some(sample) = Samples::<T>::get(job) {
			excluded.push(sample.client);
			excluded.push(sample.worker);
		}
		excluded.extend(case.challenger.clone());
		if let Subject::Verdict(_, verifier) = &case.subject {
			excluded.push(verifier.clone());
		}
		excluded
	}

	fn draw_committee(id: H256, mut case: Case) {
		let rules = Rules::<T>::get();
		let parent = BlockNumberFor::<T>::from(Self::now().saturating_sub(1));
		let hash: Hash = frame_system::Pallet::<T>::block_hash(parent);
		let randomness = tagged_hash(RANDOMNESS, &(SeedMix::<T>::get(), hash));
		let excluded = Self::excluded(&case);
		let roster = Rosters::<T>::get(case.epoch);
		let eligible = roster.iter().filter(|who| !excluded.contains(who));
		let size = rules.committee.min(MAX_COMMITTEE);
		let drawn = committee(&randomness, &id, case.draw, eligible, size);
		let commit_until = Self::now().saturating_add(rules.commit_blocks);
		// One more block, so that the last one of the reveals is whole.
		let wanted = commit_until
			.saturating_add(rules.reveal_blocks)
			.saturating_add(1);
		let heard = drawn.len() >= rules.least_committee as usize;
		let due = heard.then(|| Self::schedule_close(id, wanted)).flatten();
		let Some(due) = due else {
			Cases::<T>::remove(id);
			Self::conclude(id, case, Tally::default(), Decision::TooFew);
			return;
		};
		let members: Vec<Member> = drawn
			.iter()
			.map(|who| Member {
				who: who.clone(),
				commitment: None,
				vote: None,
			})
			.collect();
		case.members = BoundedList::truncate_from(members);
		case.phase = Phase::Voting { commit_until };
		case.due = due;
		Self::deposit_event(Event::CommitteeDrawn {
			case: id,
			draw: case.draw,
			members: BoundedList::truncate_from(drawn),
			commit_until,
			reveal_until: due.saturating_sub(1),
		});
		Cases::<T>::insert(id, case);
	}

	/// A member's place in the committee of a case, and until when members commit.
	fn seat(case: &Case, who: &AccountId) -> Result<(usize, BlockNumber), Error<T>> {
		let Phase::Voting { commit_until } = case.phase else {
			return Err(Error::<T>::NotDrawnYet);
		};
		let place = case.members.iter().position(|member| member.who == *who);
		Ok((place.ok_or(Error::<T>::NotMember)?, commit_until))
	}

	pub(crate) fn do_commit_vote(who: AccountId, id: H256, commitment: H256) -> DispatchResult {
		let mut case = Cases::<T>::get(id).ok_or(Error::<T>::UnknownCase)?;
		let (place, commit_until) = Self::seat(&case, &who)?;
		ensure!(Self::now() <= commit_until, Error::<T>::CommitTimeOver);
		ensure!(Self::is_bonded(&who), Error::<T>::NotBonded);
		let member = case.members.get_mut(place).ok_or(Error::<T>::NotMember)?;
		ensure!(
			member.commitment.is_none(),
			Error::<T>::VoteAlreadyCommitted
		);
		member.commitment = Some(commitment);
		Cases::<T>::insert(id, case);
		Self::deposit_event(Event::VoteCommitted {
			case: id,
			member: who,
			commitment,
		});
		Ok(())
	}

	pub(crate) fn do_reveal_vote(
		who: AccountId,
		id: H256,
		vote: Outcome,
		salt: H256,
	) -> DispatchResult {
		let mut case = Cases::<T>::get(id).ok_or(Error::<T>::UnknownCase)?;
		let (place, commit_until) = Self::seat(&case, &who)?;
		ensure!(Self::now() > commit_until, Error::<T>::RevealNotOpen);
		let draw = case.draw;
		let member = case.members.get_mut(place).ok_or(Error::<T>::NotMember)?;
		ensure!(member.vote.is_none(), Error::<T>::VoteAlreadyRevealed);
		let committed = member.commitment.ok_or(Error::<T>::WrongVote)?;
		let revealed = vote_commitment(&id, draw, &who, vote, &salt);
		ensure!(committed == revealed, Error::<T>::WrongVote);
		member.vote = Some(vote);
		Cases::<T>::insert(id, case);
		Self::deposit_event(Event::VoteRevealed {
			case: id,
			member: who,
			vote,
		});
		Ok(())
	}

	/// The last block of the votes is over: who did not vote pays, and the votes decide.
	fn close_case(id: H256, case: Case) {
		// First of all, so that what follows finds no open case.
		Cases::<T>::remove(id);
		let tally = Tally::count(case.members.iter().map(|member| member.vote));
		let decision = tally.decision();
		let tariff = Self::vote_tariff(&case);
		for member in &case.members {
			match member.vote {
				None => {
					let what = (id, case.draw);
					let slashed = Self::punish_absence(&member.who, &what, None);
					Self::deposit_event(Event::MemberAbsent {
						case: id,
						member: member.who.clone(),
						slashed,
					});
				}
				Some(vote) if decision.agrees(vote) => Self::pay_vote(&member.who, tariff),
				Some(_) => {}
			}
		}
		Self::conclude(id, case, tally, decision);
	}

	/// Another committee for a case that the jobs pallet does not draw for itself.
	pub(crate) fn draw_again(case: Case) {
		let draw = case.draw.saturating_add(1);
		if draw <= MAX_DRAWS {
			// Without room in the agenda the case ends here, and nobody is blamed.
			let _ = Self::open_case(case.subject, case.challenger, draw, 0);
		}
	}
}

impl<T: Config> DisputeCommittee for Pallet<T> {
	fn available() -> bool {
		Self::available_now()
	}

	fn convene(job: &JobId, draw: u8) {
		// Whatever is left of a former draw has no say any more.
		let subject = Subject::Output(*job);
		Cases::<T>::remove(Self::case_id(&subject));
		// Without room nobody decides in this draw, and the jobs pallet draws again.
		let _ = Self::open_case(subject, None, draw, 0);
	}

	fn dismiss(job: &JobId, _decided: bool) {
		Cases::<T>::remove(Self::case_id(&Subject::Output(*job)));
	}
}
