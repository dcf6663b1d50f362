use super::scene::*;
use crate::{mock::*, CaseAgenda, Cases, CloseAgenda, DrawCursor, Error, Event, Phase, Subject};
use aci_market::Offence;
use aci_poai::{
	committee::{committee, vote_commitment, Decision},
	selection,
};
use aci_primitives::{
	proof::Outcome::{self, Fail, Pass, Unavailable},
	traits::{DisputeCommittee, DisputeVerdict, Pot},
	AccountId, JobId, ACI,
};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

/// The dispute of a client about a job.
fn disputed(number: u64) -> (JobId, H256) {
	let job = exact(number);
	<PoAi as DisputeCommittee>::convene(&job, 1);
	(job, PoAi::case_of(Subject::Output(job)).0)
}

fn closed(case: H256) -> Vec<Decision> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::PoAi(Event::CaseClosed {
				case: closed,
				decision,
				..
			}) if closed == case => Some(decision),
			_ => None,
		})
		.collect()
}

#[test]
fn the_committee_is_drawn_two_blocks_later_without_parties() {
	scene(|| {
		for party in [CLIENT, WORKER] {
			assert_ok!(commit(party));
		}
		for verifier in VERIFIERS {
			assert_ok!(commit(verifier));
		}
		EpochNumber::set(2);
		let job = exact(1);
		for verifier in [21, 22, 23] {
			assert_ok!(state(verifier, job, Pass));
		}
		let mut everybody = rules();
		everybody.committee = crate::MAX_COMMITTEE;
		assert_ok!(PoAi::set_verification_rules(
			RuntimeOrigin::root(),
			everybody
		));
		<PoAi as DisputeCommittee>::convene(&job, 1);
		let case = PoAi::case_of(Subject::Output(job)).0;
		next();
		assert!(members(case).is_empty());
		assert_noop!(
			PoAi::commit_vote(signed(24), case, H256::zero()),
			Error::<Test>::NotDrawnYet
		);
		next();
		let mut drawn = members(case);
		drawn.sort_unstable();
		let expected: Vec<AccountId> = (24..=29).map(account).collect();
		assert_eq!(drawn, expected);
	});
}

#[test]
fn the_draw_is_the_lowest_tickets_of_seeds_and_a_later_block() {
	scene(|| {
		let (_, case) = disputed(1);
		let opened = System::block_number();
		blocks(2);
		let eligible: Vec<AccountId> = VERIFIERS.map(account).collect();
		let mix = crate::SeedMix::<Test>::get();
		let randomness = aci_primitives::domain::tagged_hash(
			b"aci/committee-randomness/1",
			&(mix, block_hash(opened + 1)),
		);
		assert_eq!(
			members(case),
			committee(&randomness, &case, 1, &eligible, 3)
		);
	});
}

#[test]
fn a_fail_needs_two_thirds_of_the_committee() {
	let cases: [([Option<Outcome>; 3], Decision, Option<DisputeVerdict>); 6] = [
		(
			[Some(Fail), Some(Fail), Some(Pass)],
			Decision::Failed,
			Some(DisputeVerdict::Wrong),
		),
		(
			[Some(Fail), Some(Fail), None],
			Decision::Failed,
			Some(DisputeVerdict::Wrong),
		),
		(
			[Some(Fail), Some(Pass), None],
			Decision::Right,
			Some(DisputeVerdict::Right),
		),
		(
			[Some(Pass), Some(Pass), Some(Fail)],
			Decision::Right,
			Some(DisputeVerdict::Right),
		),
		(
			[Some(Unavailable), Some(Unavailable), Some(Pass)],
			Decision::Unavailable,
			Some(DisputeVerdict::Wrong),
		),
		([Some(Fail), None, None], Decision::TooFew, None),
	];
	for (votes, decision, verdict) in cases {
		scene(|| {
			let (job, case) = disputed(1);
			let members = vote(case, &votes);
			let expected = verdict.map(|verdict| Told::Decide(job, verdict));
			assert_eq!(Tellings::take(), Vec::from_iter(expected));
			assert_eq!(closed(case), vec![decision]);
			assert_eq!(Cases::<Test>::iter().count(), 0);
			// Who did not vote pays; who voted with the decision is paid.
			let absent: Vec<_> = members
				.iter()
				.zip(&votes)
				.filter(|(_, vote)| vote.is_none())
				.map(|(who, _)| (who.clone(), Offence::VerifierAbsence))
				.collect();
			assert_eq!(slashed(), absent);
			let tariff = selection::vote_tariff(PRICE, 3, &rules().budget());
			let paid: Vec<_> = members
				.into_iter()
				.zip(&votes)
				.filter(|(_, vote)| vote.is_some_and(|vote| decision.agrees(vote)))
				.map(|(who, _)| (who, tariff))
				.collect();
			assert_eq!(Credited::take(), paid);
		});
	}
}

#[test]
fn votes_are_committed_then_revealed() {
	scene(|| {
		let (_, case) = disputed(1);
		assert_noop!(
			PoAi::commit_vote(signed(21), H256::zero(), H256::zero()),
			Error::<Test>::UnknownCase
		);
		blocks(2);
		let members = members(case);
		let outsider = VERIFIERS.map(account).find(|who| !members.contains(who));
		assert_noop!(
			commit_vote(case, &outsider.expect("nine verifiers"), Pass),
			Error::<Test>::NotMember
		);
		let [one, two, three] = members.as_slice() else {
			panic!("a committee of three");
		};
		assert_ok!(commit_vote(case, one, Fail));
		assert_noop!(
			commit_vote(case, one, Pass),
			Error::<Test>::VoteAlreadyCommitted
		);
		// The commitment of another is of no use.
		let copied = vote_commitment(&case, 1, one, Fail, &H256::from_slice(one.as_ref()));
		assert_ok!(PoAi::commit_vote(
			RuntimeOrigin::signed(two.clone()),
			case,
			copied
		));
		Unbonded::set(Some(three.clone()));
		assert_noop!(commit_vote(case, three, Pass), Error::<Test>::NotBonded);
		assert_noop!(reveal_vote(case, one, Fail), Error::<Test>::RevealNotOpen);
		let Some(Phase::Voting { commit_until }) = PoAi::case(case).map(|case| case.phase) else {
			panic!("members vote");
		};
		while System::block_number() <= u64::from(commit_until) {
			next();
		}
		assert_noop!(
			commit_vote(case, three, Pass),
			Error::<Test>::CommitTimeOver
		);
		assert_noop!(reveal_vote(case, one, Pass), Error::<Test>::WrongVote);
		assert_noop!(reveal_vote(case, two, Fail), Error::<Test>::WrongVote);
		assert_noop!(
			PoAi::reveal_vote(
				RuntimeOrigin::signed(two.clone()),
				case,
				Fail,
				H256::from_slice(one.as_ref())
			),
			Error::<Test>::WrongVote
		);
		assert_noop!(reveal_vote(case, three, Pass), Error::<Test>::WrongVote);
		assert_ok!(reveal_vote(case, one, Fail));
		assert_noop!(
			reveal_vote(case, one, Fail),
			Error::<Test>::VoteAlreadyRevealed
		);
		Unbonded::set(None);
	});
}

#[test]
fn another_draw_is_another_committee_and_old_commitments_are_void() {
	scene(|| {
		let (job, case) = disputed(1);
		blocks(2);
		let first = members(case);
		let voter = first.first().expect("three").clone();
		assert_ok!(commit_vote(case, &voter, Fail));
		<PoAi as DisputeCommittee>::convene(&job, 2);
		assert!(members(case).is_empty());
		blocks(2);
		assert_ne!(members(case), first);
		let old = vote_commitment(&case, 1, &voter, Fail, &H256::from_slice(voter.as_ref()));
		let member = members(case).first().expect("three").clone();
		assert_ok!(PoAi::commit_vote(
			RuntimeOrigin::signed(member.clone()),
			case,
			old
		));
		blocks(HALF + 1);
		assert_noop!(reveal_vote(case, &member, Fail), Error::<Test>::WrongVote);
		// The agenda of the first draw has passed without effect.
		blocks(HALF);
		assert_eq!(closed(case), vec![Decision::TooFew]);
	});
}

#[test]
fn a_dispute_that_ended_otherwise_blames_no_member() {
	scene(|| {
		let (job, case) = disputed(1);
		blocks(2);
		<PoAi as DisputeCommittee>::dismiss(&job, true);
		assert_eq!(PoAi::case(case), None);
		blocks(2 * HALF + 2);
		assert!(slashed().is_empty());
		assert_eq!(CaseAgenda::<Test>::iter().count(), 0);
		assert_eq!(CloseAgenda::<Test>::iter().count(), 0);
	});
}

#[test]
fn without_verifiers_no_committee_is_available() {
	scene(|| {
		assert!(<PoAi as DisputeCommittee>::available());
		EpochNumber::set(2);
		assert!(!<PoAi as DisputeCommittee>::available());
		let job = exact(1);
		assert_noop!(
			PoAi::challenge_delivery(signed(CLIENT), job),
			Error::<Test>::NoCommittee
		);
		// A dispute that was opened all the same is not heard.
		let (_, case) = {
			<PoAi as DisputeCommittee>::convene(&job, 1);
			(job, PoAi::case_of(Subject::Output(job)).0)
		};
		blocks(2);
		assert_eq!(closed(case), vec![Decision::TooFew]);
	});
}

#[test]
fn a_block_handles_a_bounded_number_of_cases() {
	scene(|| {
		let most = crate::MAX_CASES_PER_BLOCK;
		let jobs: Vec<JobId> = (1..=u64::from(most) + 1).map(exact).collect();
		for job in &jobs {
			<PoAi as DisputeCommittee>::convene(job, 1);
		}
		let now = u32::try_from(System::block_number()).expect("short");
		let due = |job: &JobId| {
			let (_, case) = PoAi::case_of(Subject::Output(*job));
			case.expect("open").due
		};
		let dues: Vec<u32> = jobs.iter().map(due).collect();
		let (last, first) = dues.split_last().expect("some");
		assert!(first.iter().all(|due| *due == now + crate::DRAW_DELAY));
		assert_eq!(*last, now + crate::DRAW_DELAY + 1);
		// A queue that is too long takes no more.
		let full = now + crate::DRAW_DELAY + crate::MAX_DELAY + 1;
		DrawCursor::<Test>::put(full);
		let job = jobs.first().expect("some");
		assert_noop!(
			PoAi::challenge_delivery(signed(CLIENT), *job),
			Error::<Test>::NoRoomForCase
		);
		DrawCursor::<Test>::put(full - 1);
		assert_ok!(PoAi::challenge_delivery(signed(CLIENT), *job));
	});
}

#[test]
fn an_undelivered_output_is_a_wrong_one_by_two_thirds() {
	scene(|| {
		let job = tolerant(1);
		assert_noop!(
			PoAi::challenge_delivery(signed(5), job),
			Error::<Test>::NotClient
		);
		assert_ok!(PoAi::challenge_delivery(signed(CLIENT), job));
		assert_noop!(
			PoAi::challenge_delivery(signed(CLIENT), job),
			Error::<Test>::CaseOpen
		);
		assert_eq!(PaidIn::take(), vec![(account(CLIENT), Pot::Verifiers, ACI)]);
		let case = PoAi::case_of(Subject::Delivery(job)).0;
		vote(case, &[Some(Unavailable), Some(Unavailable), Some(Pass)]);
		let convicted = Told::Convict(job, DisputeVerdict::Wrong, None);
		assert_eq!(Tellings::take(), vec![convicted]);
		// One that is delivered, or found wrong otherwise, is no matter of delivery.
		assert_ok!(PoAi::challenge_delivery(signed(CLIENT), job));
		vote(case, &[Some(Unavailable), Some(Fail), Some(Pass)]);
		assert!(Tellings::take().is_empty());
	});
}

#[test]
fn a_sampled_verifier_challenges_a_delivery_for_nothing() {
	scene(|| {
		let job = tolerant(1);
		assert_ok!(state(21, job, Unavailable));
		assert!(PaidIn::take().is_empty());
		let case = PoAi::case_of(Subject::Delivery(job)).0;
		vote(
			case,
			&[Some(Unavailable), Some(Unavailable), Some(Unavailable)],
		);
		let convicted = Told::Convict(job, DisputeVerdict::Wrong, Some(account(21)));
		assert_eq!(Tellings::take(), vec![convicted]);
	});
}

#[test]
fn too_few_votes_on_a_delivery_draw_again_three_times_and_blame_no_worker() {
	scene(|| {
		let job = tolerant(1);
		assert_ok!(PoAi::challenge_delivery(signed(CLIENT), job));
		let case = PoAi::case_of(Subject::Delivery(job)).0;
		for draw in 1..=crate::MAX_DRAWS {
			assert_eq!(PoAi::case(case).expect("open").draw, draw);
			vote(case, &[None, Some(Unavailable), None]);
			assert_eq!(slashed().len(), 2);
		}
		assert_eq!(PoAi::case(case), None);
		assert_eq!(closed(case), vec![Decision::TooFew; 3]);
		assert!(Tellings::take().is_empty());
	});
}

#[test]
fn a_statistic_that_nobody_else_finds_costs_its_verifier_the_bond() {
	scene(|| {
		let job = tolerant(1);
		assert_ok!(state(21, job, Pass));
		let challenge = |verifier| PoAi::challenge_verdict(signed(5), job, account(verifier));
		assert_noop!(challenge(22), Error::<Test>::NoVerdict);
		assert_noop!(challenge(21), Error::<Test>::SeedNotRevealed);
		// Verifiers of the epoch in which the seed is revealed.
		for verifier in VERIFIERS {
			assert_ok!(commit(verifier));
		}
		EpochNumber::set(2);
		assert_ok!(reveal(21));
		assert_ok!(challenge(21));
		assert_noop!(challenge(21), Error::<Test>::CaseOpen);
		assert_eq!(PaidIn::take(), vec![(account(5), Pot::Verifiers, ACI)]);
		let case = PoAi::case_of(Subject::Verdict(job, account(21))).0;
		vote(case, &[Some(Fail), Some(Fail), Some(Pass)]);
		let reports = Reported::take();
		let [report] = reports.as_slice() else {
			panic!("one slash, not {reports:?}");
		};
		assert_eq!(report.offence, Offence::FalseVerdict);
		assert_eq!(report.offender, account(21));
		assert_eq!(report.reporter, Some(account(5)));
		assert_noop!(challenge(21), Error::<Test>::NoVerdict);
	});
}

#[test]
fn a_true_statistic_costs_its_challenger_the_fee() {
	scene(|| {
		let job = tolerant(1);
		assert_ok!(state(21, job, Pass));
		for verifier in VERIFIERS {
			assert_ok!(commit(verifier));
		}
		EpochNumber::set(2);
		assert_ok!(reveal(21));
		assert_ok!(PoAi::challenge_verdict(signed(5), job, account(21)));
		let case = PoAi::case_of(Subject::Verdict(job, account(21))).0;
		vote(case, &[Some(Fail), Some(Pass), Some(Pass)]);
		assert!(Reported::take().is_empty());
		assert_eq!(PaidIn::take().len(), 1);
		// Who has nothing to pay with challenges nothing.
		assert_noop!(
			PoAi::challenge_verdict(signed(9), job, account(21)),
			sp_runtime::DispatchError::Unavailable
		);
	});
}
