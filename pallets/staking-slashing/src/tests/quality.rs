use super::*;
use crate::{Event, QualityScore};
use aci_primitives::traits::QualityUpdate;

fn judged(who: &AccountId, result: u32) {
	<StakingSlashing as QualityUpdate>::judged(who, result);
}

#[test]
fn a_score_starts_neutral_and_moves_by_a_tenth() {
	run(|| {
		let who = account(1);
		assert_eq!(<StakingSlashing as QualityUpdate>::quality(&who), 800_000);
		judged(&who, 1_000_000);
		assert_eq!(<StakingSlashing as QualityUpdate>::quality(&who), 820_000);
		judged(&who, 0);
		assert_eq!(
			StakingSlashing::quality(who.clone()),
			QualityScore {
				score: 738_000,
				judged: 2
			}
		);
		System::assert_last_event(
			Event::QualityUpdated {
				who,
				jobs: 1,
				result: 0,
				score: 738_000,
				judged: 2,
			}
			.into(),
		);
	});
}

#[test]
fn results_judged_at_once_move_a_score_as_one_by_one() {
	run(|| {
		let (one, all) = (account(1), account(2));
		let results = [1_000_000, 0, 700_000, 1_000_000];
		for result in results {
			judged(&one, result);
		}
		<StakingSlashing as QualityUpdate>::judged_all(&all, &results);
		let expected = StakingSlashing::quality(one);
		assert_eq!(StakingSlashing::quality(all.clone()), expected);
		System::assert_last_event(
			Event::QualityUpdated {
				who: all.clone(),
				jobs: 4,
				result: 1_000_000,
				score: expected.score,
				judged: 4,
			}
			.into(),
		);
		<StakingSlashing as QualityUpdate>::judged_all(&all, &[]);
		assert_eq!(StakingSlashing::quality(all), expected);
	});
}

#[test]
fn a_result_above_the_whole_counts_as_the_whole() {
	run(|| {
		let who = account(1);
		for _ in 0..200 {
			judged(&who, u32::MAX);
		}
		assert_eq!(<StakingSlashing as QualityUpdate>::quality(&who), 1_000_000);
	});
}

#[test]
fn a_score_below_the_threshold_at_the_epochs_end_costs_a_twentieth_of_the_bond() {
	run(|| {
		let who = account(1);
		bond(&who, Role::Worker, 3_000).expect("the account has that much");
		for _ in 0..20 {
			judged(&who, 0);
		}
		go_to(EPOCH - 1);
		assert_eq!(held(HoldReason::Slashed, &who), 0);
		go_to(EPOCH);
		assert_eq!(held(HoldReason::Slashed, &who), 150);
		// Once for each epoch in which it was judged, not again for epochs of absence.
		go_to(3 * EPOCH);
		assert_eq!(crate::TotalBurned::<Test>::get(), 150);
	});
}

#[test]
fn too_few_judged_jobs_or_a_score_at_the_threshold_cost_nothing() {
	run(|| {
		for number in 1..=2 {
			bond(&account(number), Role::Worker, 3_000).expect("the account has that much");
		}
		for _ in 0..19 {
			judged(&account(1), 0);
		}
		for _ in 0..200 {
			judged(&account(2), 500_000);
		}
		assert_eq!(StakingSlashing::quality(account(2)).score, 500_000);
		go_to(2 * EPOCH);
		assert_eq!(crate::NextSlash::<Test>::get(), 0);
	});
}

#[test]
fn more_scores_than_a_block_looks_at_are_looked_at_in_the_next_ones_as_they_were() {
	run(|| {
		for number in 1..=3 {
			bond(&account(number), Role::Worker, 3_000).expect("the account has that much");
			for _ in 0..20 {
				judged(&account(number), 0);
			}
		}
		go_to(EPOCH);
		assert_eq!(crate::NextSlash::<Test>::get(), 2);
		// A good job of the new epoch comes too late.
		for number in 1..=3 {
			for _ in 0..100 {
				judged(&account(number), 1_000_000);
			}
		}
		go_to(EPOCH + 1);
		assert_eq!(crate::NextSlash::<Test>::get(), 3);
	});
}

#[test]
fn absence_moves_a_score_toward_the_neutral_start_from_both_sides() {
	run(|| {
		for _ in 0..200 {
			judged(&account(1), 1_000_000);
			judged(&account(2), 0);
		}
		let now = |number| StakingSlashing::quality(account(number)).score;
		let (good, bad) = (now(1), now(2));
		assert_eq!((good, bad), (1_000_000, 0));
		// The epoch that follows is the first of absence; it counts when it is over.
		go_to(2 * EPOCH - 1);
		assert_eq!((now(1), now(2)), (good, bad));
		go_to(2 * EPOCH);
		assert_eq!((now(1), now(2)), (980_000, 80_000));
		go_to(3 * EPOCH);
		assert_eq!((now(1), now(2)), (962_000, 152_000));
		assert_eq!(StakingSlashing::quality(account(2)).judged, 200);
		go_to(200 * EPOCH);
		assert_eq!((now(1), now(2)), (800_000, 800_000));
		// The next result moves the score that absence has left.
		judged(&account(2), 0);
		assert_eq!(now(2), 720_000);
	});
}

#[test]
fn a_score_of_an_epochs_start_stays_all_through_the_epoch() {
	run(|| {
		let who = account(1);
		let frozen = || <StakingSlashing as QualityUpdate>::quality_at_epoch_start(&who);
		let now = || <StakingSlashing as QualityUpdate>::quality(&who);
		assert_eq!((frozen(), now()), (800_000, 800_000));
		for _ in 0..5 {
			judged(&who, 0);
			assert_eq!(frozen(), 800_000);
		}
		let end = now();
		go_to(EPOCH - 1);
		assert_eq!(frozen(), 800_000);
		go_to(EPOCH);
		assert_eq!(<StakingSlashing as QualityUpdate>::epoch(), 1);
		assert_eq!((frozen(), now()), (end, end));
		judged(&who, 1_000_000);
		assert_eq!(frozen(), end);
		assert!(now() > end);
		// Absence drifts from one epoch to the next, and each epoch has one score.
		let end = now();
		go_to(2 * EPOCH);
		assert_eq!(frozen(), end);
		go_to(3 * EPOCH);
		let drifted = now();
		assert!(drifted > end);
		assert_eq!(frozen(), drifted);
		judged(&who, 0);
		assert_eq!(frozen(), drifted);
	});
}
