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
				result: 0,
				score: 738_000,
				judged: 2,
			}
			.into(),
		);
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
