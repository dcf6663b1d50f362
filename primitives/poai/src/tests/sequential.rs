use super::splitmix;
use crate::sequential::*;
use std::collections::BTreeMap;

const HONEST: u32 = 1_000_000; // 0.1 %
const DISHONEST: u32 = 500_000_000; // 50 %

fn ratios() -> LogRatios {
	LogRatios::new(HONEST, DISHONEST).expect("in order")
}

#[test]
fn the_lines_are_the_logarithms_rounded_up() {
	// ln(2^20 × 10^6) and ln(10^6) in units of 2^-32 are 118878055460.1 and 59337166023.6.
	assert_eq!(line(ODDS, HORIZON), Ok(LIFETIME_LINE));
	assert_eq!(line(ODDS, 1), Ok(EXCURSION_LINE));
	assert!((118_878_055_461..118_878_055_464).contains(&LIFETIME_LINE));
	assert!((59_337_166_024..59_337_166_027).contains(&EXCURSION_LINE));
	assert_eq!(line(1, 1), Err(SequentialError::LineOutOfRange));
	assert_eq!(line(u64::MAX, 2), Err(SequentialError::LineOutOfRange));
}

#[test]
fn ratios_are_rounded_to_the_workers_side() {
	let ratios = ratios();
	let unit = 2f64.powi(32);
	let fail = (f64::from(DISHONEST) / f64::from(HONEST)).ln() * unit;
	let pass = ((1e9 - f64::from(HONEST)) / (1e9 - f64::from(DISHONEST))).ln() * unit;
	assert!(ratios.fail() as f64 <= fail && fail < ratios.fail() as f64 + 3.0);
	assert!(ratios.pass() as f64 >= pass && pass > ratios.pass() as f64 - 3.0);
}

#[test]
fn rates_out_of_order_are_refused() {
	for (honest, dishonest) in [(0, 5), (5, 5), (6, 5), (5, 1_000_000_000), (5, u32::MAX)] {
		assert_eq!(
			LogRatios::new(honest, dishonest),
			Err(SequentialError::RatesOutOfOrder)
		);
	}
	assert_eq!(
		LogRatios::new(999_999_998, 999_999_999).map(|ratios| ratios.fail()),
		Ok(3)
	);
}

#[test]
fn a_passed_job_never_takes_a_sum_below_zero_and_buys_no_room() {
	let ratios = ratios();
	let mut sum = LogLikelihood::default();
	for _ in 0..10_000 {
		assert!(!sum.record(false, &ratios, LIFETIME_LINE));
		assert_eq!(sum.sum, 0);
	}
	let mut fresh = LogLikelihood::default();
	let _ = sum.record(true, &ratios, LIFETIME_LINE);
	let _ = fresh.record(true, &ratios, LIFETIME_LINE);
	assert_eq!(sum.sum, fresh.sum);
	assert_eq!(sum.judged, 10_001);
}

#[test]
fn one_failure_never_slashes_and_the_fewest_failures_do() {
	let ratios = ratios();
	for line in [EXCURSION_LINE, LIFETIME_LINE] {
		let fewest = ratios.fewest_failures(line);
		assert!(fewest > 1);
		let mut sum = LogLikelihood::default();
		for failure in 1..=fewest {
			assert_eq!(sum.record(true, &ratios, line), failure == fewest);
		}
	}
	assert_eq!(ratios.fewest_failures(EXCURSION_LINE), 3);
	assert_eq!(ratios.fewest_failures(LIFETIME_LINE), 5);
}

#[test]
fn a_sum_saturates_instead_of_wrapping() {
	let mut sum = LogLikelihood {
		sum: u64::MAX - 1,
		judged: u32::MAX,
	};
	assert!(sum.record(true, &ratios(), LIFETIME_LINE));
	assert_eq!((sum.sum, sum.judged), (u64::MAX, u32::MAX));
}

/// The exact probability that a worker with this failure rate is slashed within `jobs` judged jobs:
/// the distribution over all sums, job by job.
fn slashed_within(jobs: u32, failure_rate: f64, ratios: &LogRatios, line: u64) -> f64 {
	let mut alive = BTreeMap::from([(0u64, 1.0f64)]);
	let mut slashed = 0.0;
	for _ in 0..jobs {
		let mut next = BTreeMap::new();
		for (sum, probability) in alive {
			// Below 10^-30 a state no longer changes a result of 10^-6.
			if probability < 1e-30 {
				continue;
			}
			for (failed, share) in [(true, failure_rate), (false, 1.0 - failure_rate)] {
				let mut state = LogLikelihood { sum, judged: 0 };
				if state.record(failed, ratios, line) {
					slashed += probability * share;
				} else {
					*next.entry(state.sum).or_insert(0.0) += probability * share;
				}
			}
		}
		alive = next;
	}
	slashed
}

#[test]
fn an_honest_worker_is_slashed_with_less_than_the_stated_error() {
	// The excursion line over 1,000 jobs: at most 1,000 × 10^-6; the lifetime line: 10^-6 in all.
	let ratios = ratios();
	let honest = f64::from(HONEST) / 1e9;
	let excursion = slashed_within(1_000, honest, &ratios, EXCURSION_LINE);
	assert!(
		excursion > 0.0 && excursion <= 1_000.0 * 1e-6,
		"{excursion:e}"
	);
	let lifetime = slashed_within(1_000, honest, &ratios, LIFETIME_LINE);
	assert!(
		lifetime <= 1_000.0 * 1e-6 / f64::from(1 << 20),
		"{lifetime:e}"
	);
	// Rates that are close together give many small steps: the bound is nearly used up, and holds.
	let close = LogRatios::new(200_000_000, 300_000_000).unwrap();
	let line = line(10, 400).unwrap();
	let error = slashed_within(400, 0.2, &close, line);
	assert!(error > 1e-3 && error <= 1e-1, "{error:e}");
}

#[test]
fn a_dishonest_worker_is_slashed_soon() {
	let slashed = slashed_within(60, 0.5, &ratios(), LIFETIME_LINE);
	assert!(slashed > 0.999, "{slashed}");
}

/// The bound at odds that a simulation can see: 20,000 honest workers of 200 judged jobs each.
#[test]
fn a_simulation_stays_within_the_error() {
	let ratios = LogRatios::new(100_000_000, 400_000_000).unwrap();
	let line = line(20, 200).unwrap();
	let mut state = 1u64;
	let mut run = |rate: u64| {
		let mut slashed = 0;
		for _ in 0..20_000 {
			let mut sum = LogLikelihood::default();
			slashed += u32::from((0..200).any(|_| {
				let failed = splitmix(&mut state) % 1_000 < rate;
				sum.record(failed, &ratios, line)
			}));
		}
		slashed
	};
	let honest = run(100);
	assert!(honest > 0 && honest <= 20_000 / 20, "{honest}");
	assert!(run(400) > 19_000);
}
