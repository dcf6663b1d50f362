use super::scene::*;
use crate::{mock::*, Subject};
use aci_market::Offence;
use aci_poai::{
	committee::Decision,
	sequential::{LogRatios, LIFETIME_LINE},
	thresholds::file::shipped,
};
use aci_primitives::{
	proof::Outcome::{self, Fail, Pass, Unavailable},
	traits::{DisputeVerdict, Finding},
	JobId,
};
use frame_support::assert_ok;
use sp_core::H256;

/// The case of a job's output.
fn output(job: JobId) -> H256 {
	PoAi::case_of(Subject::Output(job)).0
}

/// A verifier fails a job, and a committee of three votes.
fn decided(verifier: u8, job: JobId, votes: [Option<Outcome>; 3]) -> Vec<Told> {
	assert_ok!(state(verifier, job, Fail));
	vote(output(job), &votes);
	Tellings::take()
}

#[test]
fn a_failed_verdict_opens_a_dispute_and_the_reporter_shares_in_the_slash() {
	scene(|| {
		let id = exact(1);
		let told = decided(21, id, [Some(Fail), Some(Fail), Some(Pass)]);
		let expected = Told::Convict(id, DisputeVerdict::Wrong, Some(account(21)));
		assert_eq!(told, vec![Told::Challenge(id), expected]);
		let sample = PoAi::sample(id).expect("there");
		assert_eq!(sample.decision, Some(Decision::Failed));
		assert!(slashed().is_empty());
	});
}

#[test]
fn a_tolerant_failure_is_doubtful_and_slashes_nobody() {
	scene(|| {
		calibrate();
		let id = tolerant(1);
		let told = decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
		let expected = Told::Decide(id, DisputeVerdict::Doubtful);
		assert_eq!(told, vec![Told::Challenge(id), expected]);
		EpochNumber::set(2);
		assert_ok!(reveal(21));
		assert!(slashed().is_empty());
		let sum = PoAi::suspicion(account(WORKER));
		assert!(sum.sum > 0 && sum.sum < LIFETIME_LINE);
		assert_eq!(sum.judged, 1);
	});
}

/// How many failures in a row reach the line by the shipped thresholds: three halves of the honest rate
/// count for a worker, the rate itself for a verifier.
fn failures(halves: u32) -> u64 {
	let rates = shipped().expect("good").sampled_text.rates;
	let honest = (rates.honest * halves).div_ceil(2);
	let ratios = LogRatios::new(honest, rates.dishonest).expect("in order");
	ratios.fewest_failures(LIFETIME_LINE)
}

/// A verifier that colludes passes what others fail, and reveals first. Its verdicts hide nothing.
#[test]
fn a_pass_does_not_hide_a_failure_of_the_same_job() {
	scene(|| {
		calibrate();
		let id = tolerant(1);
		assert_ok!(state(22, id, Pass));
		decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
		EpochNumber::set(2);
		assert_ok!(reveal(22));
		assert_eq!(PoAi::suspicion(account(WORKER)).judged, 0);
		assert_ok!(reveal(21));
		let sum = PoAi::suspicion(account(WORKER));
		assert!(sum.judged == 1 && sum.sum > 0);
		// A failure that a committee overruled hides no pass.
		EpochNumber::set(1);
		let id = tolerant(2);
		decided(23, id, [Some(Pass), Some(Pass), Some(Pass)]);
		assert_ok!(state(24, id, Pass));
		EpochNumber::set(2);
		assert_ok!(reveal(24));
		let after = PoAi::suspicion(account(WORKER));
		assert!(after.judged == 2 && after.sum < sum.sum);
	});
}

#[test]
fn a_worker_whose_sum_reaches_the_line_is_convicted() {
	for refuses in [false, true] {
		scene(|| {
			calibrate();
			let needed = failures(3);
			for number in 1..=needed {
				let id = tolerant(number);
				decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
			}
			RefusesConvictions::set(refuses);
			EpochNumber::set(2);
			assert_ok!(reveal(21));
			let worker = (account(WORKER), Offence::WrongOutput);
			if refuses {
				// The last job is refunded already: the bond is slashed all the same.
				assert_eq!(slashed(), vec![worker]);
			} else {
				assert!(slashed().is_empty());
				let told = Tellings::take();
				let wrong = DisputeVerdict::Wrong;
				assert!(
					matches!(told.as_slice(), [Told::Convict(_, verdict, Some(who))]
						if *verdict == wrong && *who == account(21))
				);
			}
			let sum = PoAi::suspicion(account(WORKER));
			assert_eq!((sum.sum, u64::from(sum.judged)), (0, needed));
		});
	}
}

#[test]
fn one_failure_less_or_one_that_was_not_drawn_convicts_nobody() {
	scene(|| {
		calibrate();
		let needed = failures(3);
		for number in 1..=needed {
			let id = if number == needed {
				// Drawn by nobody.
				matched(
					number,
					aci_primitives::proof::ProfileKind::SampledText,
					1,
					aci_primitives::ACI,
				);
				let id = hand_in(number, aci_primitives::proof::ProfileKind::SampledText);
				blocks(2);
				id
			} else {
				tolerant(number)
			};
			decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
		}
		EpochNumber::set(2);
		assert_ok!(reveal(21));
		// What was not drawn costs the verifier.
		assert_eq!(slashed(), vec![(account(21), Offence::VerifierAbsence)]);
		assert!(Tellings::take().is_empty());
		let sum = PoAi::suspicion(account(WORKER));
		assert!(sum.sum > 0 && u64::from(sum.judged) == needed - 1);
	});
}

#[test]
fn a_verifier_that_lies_often_is_slashed_and_an_honest_worker_never() {
	scene(|| {
		calibrate();
		let needed = failures(2);
		for number in 1..=needed {
			let id = tolerant(number);
			decided(21, id, [Some(Pass), Some(Pass), Some(Pass)]);
			assert_ok!(state(22, id, Pass));
		}
		EpochNumber::set(2);
		for verifier in [21, 22] {
			assert_ok!(reveal(verifier));
		}
		assert_eq!(slashed(), vec![(account(21), Offence::FalseVerdict)]);
		assert_eq!(PoAi::suspicion(account(WORKER)).sum, 0);
		assert_eq!(PoAi::doubt(account(22)).sum, 0);
		assert_eq!(u64::from(PoAi::doubt(account(22)).judged), needed);
	});
}

#[test]
fn a_decision_after_the_reveal_counts_as_well() {
	scene(|| {
		calibrate();
		let id = tolerant(1);
		EpochNumber::set(2);
		// The roster of the running epoch is empty: nothing can be opened.
		assert_ok!(state(21, id, Fail));
		assert!(Tellings::take().is_empty());
		assert_ok!(reveal(21));
		assert_eq!(PoAi::suspicion(account(WORKER)).judged, 0);
		EpochNumber::set(1);
		<PoAi as aci_primitives::traits::DisputeCommittee>::convene(&id, 1);
		vote(output(id), &[Some(Fail), Some(Fail), None]);
		assert_eq!(PoAi::suspicion(account(WORKER)).judged, 1);
		EpochNumber::set(2);
	});
}

#[test]
fn without_thresholds_nobody_is_counted() {
	scene(|| {
		let id = tolerant(1);
		decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
		EpochNumber::set(2);
		assert_ok!(reveal(21));
		assert_eq!(PoAi::suspicion(account(WORKER)).judged, 0);
	});
}

#[test]
fn who_contradicts_an_exact_check_is_slashed_whole() {
	scene(|| {
		let id = exact(1);
		assert_ok!(state(22, id, Pass));
		decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
		assert_eq!(slashed(), vec![(account(22), Offence::FalseVerdict)]);
		let id = exact(2);
		assert_ok!(state(22, id, Pass));
		let told = decided(21, id, [Some(Pass), Some(Pass), Some(Fail)]);
		assert_eq!(told.last(), Some(&Told::Decide(id, DisputeVerdict::Right)));
		assert_eq!(slashed(), vec![(account(21), Offence::FalseVerdict)]);
		let id = exact(3);
		decided(21, id, [Some(Unavailable), Some(Fail), Some(Pass)]);
		assert_eq!(
			PoAi::sample(id).expect("there").decision,
			Some(Decision::Doubtful)
		);
		assert!(slashed().is_empty());
	});
}

#[test]
fn the_exact_referee_stands_above_the_votes() {
	scene(|| {
		RefereeFinds::set(Finding::Right);
		let id = tolerant(1);
		let told = decided(21, id, [Some(Fail), Some(Fail), Some(Fail)]);
		assert_eq!(told.last(), Some(&Told::Decide(id, DisputeVerdict::Right)));
		assert_eq!(slashed(), vec![(account(21), Offence::FalseVerdict)]);
		RefereeFinds::set(Finding::Wrong);
		let id = tolerant(2);
		let told = decided(21, id, [Some(Pass), Some(Pass), Some(Pass)]);
		let wrong = Told::Convict(id, DisputeVerdict::Wrong, Some(account(21)));
		assert_eq!(told.last(), Some(&wrong));
	});
}

#[test]
fn a_job_takes_a_bounded_number_of_verdicts_and_owes_no_more() {
	scene(|| {
		for number in 40..60 {
			assert_ok!(commit(number));
		}
		EpochNumber::set(2);
		let id = tolerant(1);
		for number in 40..56 {
			assert_ok!(state(number, id, Pass));
		}
		frame_support::assert_noop!(state(56, id, Pass), crate::Error::<Test>::TooManyVerdicts);
		EpochNumber::set(3);
		assert_ok!(reveal(56));
		frame_support::assert_noop!(
			PoAi::report_missing_verdict(signed(5), account(56), id),
			crate::Error::<Test>::NothingMissing
		);
	});
}
