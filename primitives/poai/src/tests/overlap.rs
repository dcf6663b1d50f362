use crate::overlap::*;
use proptest::prelude::*;

fn run(start: u64, end: u64) -> Run {
	Run { end, start }
}

#[test]
fn runs_that_follow_each_other_do_not_overlap() {
	let runs = [run(0, 10), run(10, 20), run(20, 30)];
	assert_eq!(most_at_once(&runs, &run(30, 40)), 1);
	assert_eq!(most_at_once(&runs, &run(5, 10)), 2);
	assert_eq!(most_at_once(&runs, &run(5, 25)), 2);
	assert_eq!(most_at_once(&[], &run(5, 25)), 1);
	assert_eq!(most_at_once(&runs, &run(7, 7)), 0);
}

#[test]
fn the_most_at_one_moment_counts_and_not_all_that_touch() {
	// Three runs touch the new one, but two at a time.
	let runs = [run(0, 12), run(14, 18), run(19, 30)];
	assert_eq!(most_at_once(&runs, &run(10, 25)), 2);
	let runs = [run(0, 20), run(14, 18), run(15, 30)];
	assert_eq!(most_at_once(&runs, &run(10, 25)), 4);
}

#[test]
fn the_rounding_of_a_start_makes_no_overlap() {
	let mut receipt = super::level1::good_receipt();
	receipt.started = 1_000;
	receipt.duration = 1_800;
	let first = Run::of(&receipt);
	// It ran from 1,000.1 to 1,001.9 ms in truth; the next one began at 1,001.95.
	receipt.started = 1_001;
	receipt.duration = 5_000;
	assert_eq!(most_at_once(&[first], &Run::of(&receipt)), 1);
	receipt.started = u64::MAX;
	let end = Run::of(&receipt);
	assert_eq!(end, run(u64::MAX, u64::MAX));
}

#[test]
fn the_run_that_ended_first_is_forgotten_first() {
	let mut runs = Vec::new();
	for (start, end) in [(5, 9), (0, 20), (1, 3), (4, 12)] {
		runs = remember(runs, run(start, end), 3);
	}
	assert_eq!(runs, vec![run(5, 9), run(4, 12), run(0, 20)]);
	assert!(remember(runs, run(1, 2), 0).is_empty());
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Moment by moment it is the same.
	#[test]
	fn it_is_the_count_of_the_busiest_moment(
		runs in proptest::collection::vec((0..30u64, 0..12u64), 0..8), start in 0..30u64, length in 1..20u64,
	) {
		let runs: Vec<Run> = runs.into_iter().map(|(start, length)| run(start, start + length)).collect();
		let new = run(start, start + length);
		let busiest = (new.start..new.end)
			.map(|moment| runs.iter().filter(|run| run.start <= moment && moment < run.end).count())
			.max()
			.unwrap_or(0);
		prop_assert_eq!(most_at_once(&runs, &new), busiest + 1);
	}
}
