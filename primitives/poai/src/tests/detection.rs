use crate::detection::*;
use num_bigint::BigUint;
use num_rational::Ratio;
use proptest::prelude::*;

type Exact = Ratio<BigUint>;

const JOBS: u64 = 10_000;
const ONE_PERCENT: u32 = 10_000_000;

fn exact(numerator: u128, denominator: u128) -> Exact {
	Ratio::new(numerator.into(), denominator.into())
}

fn assert_holds(bounds: Bounds, probability: &Exact, width_bits: u32) {
	assert!(exact(bounds.at_least, CERTAIN) <= *probability);
	assert!(*probability <= exact(bounds.at_most, CERTAIN));
	assert!(bounds.at_most - bounds.at_least < 1 << (PROBABILITY_BITS - width_bits));
}

fn theorem(rate: u32, cheated: i32) -> Exact {
	exact(1, 1) - exact(u128::from(ONE - rate), u128::from(ONE)).pow(cheated)
}

/// Per mille, rounded to the nearest.
fn per_mille(bounds: Bounds) -> u32 {
	(bounds.parts_per_billion() + 500_000) / 1_000_000
}

#[test]
fn the_papers_rate_finds_one_percent_with_26_percent_in_an_epoch_and_95_in_ten() {
	let epoch = cheated_jobs(ONE_PERCENT, JOBS, 1).unwrap();
	assert_eq!(epoch, 100);
	let one = detection(LEAST_RATE, epoch).unwrap();
	assert_holds(one, &theorem(LEAST_RATE, 100), 60);
	assert_eq!(per_mille(one), 260);
	assert_eq!(one.parts_per_billion() / 100_000, 2_595);

	let ten_epochs = cheated_jobs(ONE_PERCENT, JOBS, 10).unwrap();
	assert_eq!(ten_epochs, 1_000);
	let ten = detection(LEAST_RATE, ten_epochs).unwrap();
	assert_holds(ten, &theorem(LEAST_RATE, 1_000), 60);
	assert_eq!(per_mille(ten), 950);
	assert_eq!(ten.parts_per_billion() / 100_000, 9_504);
}

#[test]
fn ten_epochs_of_theorem_one_are_theorem_two() {
	// 1 − (1 − P₁)^10 with the exact P₁, as §3.4 of the paper has it before its rounding.
	let missed = exact(1, 1) - theorem(LEAST_RATE, 100);
	let ten = exact(1, 1) - missed.pow(10);
	assert_eq!(ten, theorem(LEAST_RATE, 1_000));
}

#[test]
fn the_abstracts_detection_needs_193_cheated_jobs_an_epoch() {
	let needed = |jobs: u64| {
		detection(LEAST_RATE, 10 * jobs)
			.unwrap()
			.parts_per_billion()
	};
	assert!(needed(193) < 997_000_000 && needed(194) >= 997_000_000);
}

#[test]
fn a_check_at_seven_percent_of_a_generation_finds_98_9_percent_in_an_epoch() {
	let rate = sampling_rate(DEFAULT_BUDGET, 70_000_000).unwrap();
	assert_eq!(rate, 44_285_714);
	assert_eq!(per_mille(detection(rate, 100).unwrap()), 989);
	assert!(overhead(rate, 70_000_000).unwrap() <= u64::from(DEFAULT_BUDGET));
}

#[test]
fn a_check_at_five_and_a_half_percent_finds_99_7_percent_in_an_epoch() {
	let rate = sampling_rate(DEFAULT_BUDGET, 55_000_000).unwrap();
	assert_eq!(rate, 56_363_636);
	assert_eq!(per_mille(detection(rate, 100).unwrap()), 997);
	// Unrounded it is a little below: the exact ratio is 0.0549.
	let needed = rate_for(997_000_000, 100).unwrap();
	assert_eq!(needed / 10_000, 5_643);
	assert!(detection(needed, 100).unwrap().parts_per_billion() >= 997_000_000);
	assert!(detection(needed - 1, 100).unwrap().parts_per_billion() < 997_000_000);
	let ratio = ratio_for(DEFAULT_BUDGET, 997_000_000, 100).unwrap();
	assert_eq!(ratio / 10_000, 5_492);
	assert!(sampling_rate(DEFAULT_BUDGET, ratio).unwrap() >= needed);
	assert!(sampling_rate(DEFAULT_BUDGET, ratio + 2).unwrap() < needed);
}

#[test]
fn a_budget_never_buys_less_than_the_least_rate_nor_more_than_all() {
	assert_eq!(sampling_rate(DEFAULT_BUDGET, 930_000_000), Ok(3_333_333));
	assert_eq!(sampling_rate(DEFAULT_BUDGET, 2_000_000_000), Ok(LEAST_RATE));
	assert_eq!(sampling_rate(DEFAULT_BUDGET, u64::MAX), Ok(LEAST_RATE));
	assert_eq!(sampling_rate(0, 1), Ok(LEAST_RATE));
	assert_eq!(sampling_rate(ONE, 1), Ok(ONE));
	assert_eq!(sampling_rate(1, 0), Err(DetectionError::ZeroRatio));
	assert_eq!(sampling_rate(ONE + 1, 1), Err(DetectionError::AboveOne));
}

#[test]
fn exposure_raises_the_rate_of_a_job() {
	assert_eq!(rate_of_exposure(1, 1_000_000), LEAST_RATE);
	assert_eq!(rate_of_exposure(3, 100), 30_000_000);
	assert_eq!(rate_of_exposure(1, 3), 333_333_334);
	assert_eq!(rate_of_exposure(5, 5), ONE);
	assert_eq!(rate_of_exposure(0, 0), ONE);
	assert_eq!(rate_of_exposure(u128::MAX - 1, u128::MAX), ONE);
}

#[test]
fn certainties_are_exact() {
	let never = Bounds {
		at_least: 0,
		at_most: 0,
	};
	let always = Bounds {
		at_least: CERTAIN,
		at_most: CERTAIN,
	};
	assert_eq!(detection(LEAST_RATE, 0), Ok(never));
	assert_eq!(detection(0, 100), Ok(never));
	assert_eq!(detection(ONE, 1), Ok(always));
	assert_eq!(always.parts_per_billion(), ONE);
	assert_eq!(detection_of_sample(10, 0, 10), Ok(never));
	assert_eq!(detection_of_sample(10, 4, 7), Ok(always));
	assert_eq!(rate_for(0, 5), Ok(0));
	assert_eq!(rate_for(ONE, 5), Ok(ONE));
	assert_eq!(rate_for(1, 0), Err(DetectionError::Unreachable));
	assert_eq!(ratio_for(1, 0, 5), Err(DetectionError::Unreachable));
}

#[test]
fn arguments_outside_the_domain_are_refused() {
	assert_eq!(detection(ONE + 1, 1), Err(DetectionError::AboveOne));
	assert_eq!(cheated_jobs(ONE + 1, 1, 1), Err(DetectionError::AboveOne));
	assert_eq!(
		cheated_jobs(ONE, u64::MAX, 2),
		Err(DetectionError::TooManyJobs)
	);
	assert_eq!(
		detection_of_sample(10, 11, 1),
		Err(DetectionError::MoreThanAll)
	);
	assert_eq!(
		detection_of_sample(10, 1, 11),
		Err(DetectionError::MoreThanAll)
	);
	assert_eq!(
		detection_of_sample(u64::MAX, MAX_FACTORS + 1, MAX_FACTORS + 1),
		Err(DetectionError::SampleTooLarge)
	);
}

#[test]
fn a_fixed_sample_finds_a_little_more_than_theorem_one_and_chance_a_little_less() {
	let fixed = detection_of_sample(JOBS, 100, 30).unwrap();
	let independent = detection(LEAST_RATE, 100).unwrap();
	let chance = detection_by_chance(LEAST_RATE, ONE_PERCENT, JOBS).unwrap();
	assert!(fixed.at_least > independent.at_most);
	assert!(chance.at_most < independent.at_least);
	// C(9900, 30) / C(10000, 30), counted exactly.
	let missed = (0..30u128)
		.map(|drawn| exact(9_900 - drawn, 10_000 - drawn))
		.product::<Exact>();
	assert_holds(fixed, &(exact(1, 1) - missed), 100);
	let once = u128::from(LEAST_RATE) * u128::from(ONE_PERCENT);
	let all = u128::from(ONE) * u128::from(ONE);
	assert_holds(
		chance,
		&(exact(1, 1) - exact(all - once, all).pow(10_000)),
		60,
	);
}

#[test]
fn a_long_history_keeps_its_bounds_together() {
	let bounds = detection(1, 1 << 40).unwrap();
	assert!(bounds.at_most - bounds.at_least < 1 << (PROBABILITY_BITS - 60));
	let always = detection(LEAST_RATE, u64::MAX).unwrap();
	assert!(always.at_most <= CERTAIN && always.at_least > CERTAIN - (1 << 64));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn the_exact_probability_is_within_the_bounds(rate in 0..=ONE, cheated in 0u64..300) {
		assert_holds(detection(rate, cheated).unwrap(), &theorem(rate, cheated as i32), 60);
	}

	#[test]
	fn the_exact_probability_of_a_sample_is_within_the_bounds(
		jobs in 1u64..400,
		cheated in 0u64..400,
		sampled in 0u64..400,
	) {
		let (cheated, sampled) = (cheated % (jobs + 1), sampled % (jobs + 1));
		let mut missed = exact(1, 1);
		for drawn in 0..sampled {
			let good = (jobs - cheated).saturating_sub(drawn);
			missed *= exact(u128::from(good), u128::from(jobs - drawn));
		}
		let bounds = detection_of_sample(jobs, cheated, sampled).unwrap();
		assert_holds(bounds, &(exact(1, 1) - missed), 100);
	}

	#[test]
	fn the_rate_for_a_target_is_the_smallest(target in 1..ONE, cheated in 1u64..100_000) {
		let rate = rate_for(target, cheated).unwrap();
		let reaches = |rate| detection(rate, cheated).unwrap().parts_per_billion() >= target;
		prop_assert!(reaches(rate));
		prop_assert!(rate == 0 || !reaches(rate - 1));
	}

	#[test]
	fn no_argument_panics(rate: u32, jobs: u64, cheated: u64, sampled: u64, epochs: u32) {
		let _ = detection(rate, cheated);
		let _ = detection_by_chance(rate, rate, jobs);
		let _ = detection_of_sample(jobs, cheated, sampled % 50);
		let _ = cheated_jobs(rate, jobs, epochs);
		let _ = sampling_rate(rate, jobs);
		let _ = overhead(rate, jobs);
		let _ = ratio_for(rate, rate, cheated);
	}
}
