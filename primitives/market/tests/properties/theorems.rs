//! The paper's §6 as executable checks: Theorems 3 and 4, Proposition 5 with (5) and (6).
//!
//! Each inequality is evaluated on a grid that has points inside and outside the bound, and compared
//! in sign with the attacker's profit, computed twice from what happens to the attacker and not from
//! the inequality: as an exact expectation over all outcomes, in rational numbers, and as the mean
//! of a seeded simulation wherever that mean lies five standard errors from zero. [`crate::cheats`]
//! plays the cheats through their lives, job by job, also for Theorem 4 and (6).
//!
//! How the paper is read:
//!
//! * Detection within an epoch is `1 − (1 − α)^n` for `n` false jobs, each sampled by itself.
//! * (4) counts the savings also of who is caught. (5) does not: a caught worker's client is
//!   refunded, so it keeps savings only when it is not caught.
//! * (5) reads `honest > lazy + expected slash`. With the slash added to the side that it burdens,
//!   no slash of any size would make honesty pay. The slash is subtracted here; then (5) is what the
//!   paper's proof derives from it, `P·slash > savings·(1 − P)`. A test shows that the letter
//!   contradicts the simulation.
//! * "4.2" of Theorem 3 is the bond over what a worker may have at stake in open jobs. It suffices
//!   from a detection of 5/21 = 23.8 % on. One false job at `α = 0.003` is far below; what deters it
//!   is that a job's own rate is at least its price over the bond.

use crate::reference::{fraction, whole};
use aci_market::{
	stake::{exposure_limit, slash_amount, worker_bond_required},
	Offence, StakeRules, ACI,
};
use num_bigint::BigInt;
use num_rational::BigRational;

/// SplitMix64: the simulations are the same on every run.
pub struct Random(u64);

impl Random {
	pub fn new(seed: u64) -> Self {
		Random(seed)
	}

	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut mixed = self.0;
		mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// Below a limit, each number equally likely.
	pub fn below(&mut self, limit: u32) -> u32 {
		(self.next() % u64::from(limit)) as u32
	}

	/// True with a probability of `parts` in a thousand.
	fn chance(&mut self, parts: u64) -> bool {
		self.next() % 1_000 < parts
	}

	/// Whether at least one of so many jobs is sampled, each with a probability of `parts` in a
	/// thousand. Five are drawn from each number; their chances are exact to 10^-4 of themselves.
	pub fn sampled(&mut self, parts: u64, mut jobs: u32) -> bool {
		while jobs > 0 {
			let mut number = self.next();
			let drawn = jobs.min(5);
			for _ in 0..drawn {
				if number % 1_000 < parts {
					return true;
				}
				number /= 1_000;
			}
			jobs -= drawn;
		}
		false
	}

	/// Whether at least one of so many jobs is sampled.
	fn any(&mut self, parts: u64, jobs: u32) -> bool {
		(0..jobs).fold(false, |caught, _| self.chance(parts) || caught)
	}
}

/// `1 − (1 − α)^n`, with `α` in parts of a thousand.
pub fn detection(alpha: u64, jobs: u32) -> BigRational {
	let missed = fraction(1_000 - alpha, 1_000);
	whole(1) - power(&missed, jobs)
}

fn power(base: &BigRational, exponent: u32) -> BigRational {
	BigRational::new_raw(base.numer().pow(exponent), base.denom().pow(exponent))
}

const ALPHAS: [u64; 4] = [3, 30, 238, 500];
const FALSE_JOBS: [u32; 3] = [1, 20, 100];
const SAVINGS: [u128; 5] = [1, 20, 238, 1_000, 5_000];
const BONDS: [u128; 3] = [100, 1_000, 50_000];
/// Sampled jobs that one grid point's simulation may draw.
const DRAWS: u32 = 20_000;

/// Compares the sign of a simulated mean with the expected profit, where the number of trials can
/// tell it. Returns whether it could.
fn agrees(sum: i128, trials: u32, expected: &BigRational, variance: &BigRational) -> bool {
	// Millionths are exact enough for how far the mean is from zero, and quick.
	let millionths = |value: &BigRational| value.numer() * BigInt::from(1_000_000) / value.denom();
	let mean = millionths(expected);
	let spread = millionths(variance) * BigInt::from(1_000_000);
	let clear = &mean * &mean * BigInt::from(trials) > spread * BigInt::from(25);
	if clear {
		assert_eq!(
			sum < 0,
			mean < BigInt::from(0),
			"{sum} of {trials}, expected {mean}"
		);
	}
	clear
}

/// The chances that `0..=workers` of them are caught, as numerators over one denominator.
pub fn chances(workers: u32, caught: &BigRational) -> (Vec<BigInt>, BigInt) {
	let (one, all) = (caught.numer(), caught.denom());
	let other = all - one;
	let mut ways = BigInt::from(1);
	let mut numerators = Vec::new();
	for number in 0..=workers {
		numerators.push(&ways * one.pow(number) * other.pow(workers - number));
		ways = ways * (workers - number) / (number + 1);
	}
	(numerators, all.pow(workers))
}

#[test]
fn theorem_3_colluders_gain_exactly_where_the_inequality_fails() {
	let mut random = Random::new(3);
	let (mut inside, mut outside, mut told) = (0, 0, 0);
	for workers in [1u32, 2, 5] {
		for alpha in ALPHAS {
			for jobs in FALSE_JOBS {
				let caught = detection(alpha, jobs);
				let (numerators, denominator) = chances(workers, &caught);
				let spread = whole(workers) * &caught * (whole(1) - &caught);
				for offence in [Offence::WrongOutput, Offence::Timeout] {
					for bond in BONDS {
						for savings in SAVINGS {
							let slash = slash_amount(bond, offence);
							// (4): k·stake·P·rate > k·savings.
							let holds = whole(workers) * whole(slash) * &caught
								> whole(workers) * whole(savings);
							// Over the number of colluders that are caught.
							let expected = fraction(
								numerators
									.iter()
									.zip(0u32..)
									.map(|(numerator, number)| {
										let gain = BigInt::from(savings) * workers;
										numerator * (gain - BigInt::from(slash) * number)
									})
									.sum::<BigInt>(),
								denominator.clone(),
							);
							assert_eq!(holds, expected < whole(0));
							if holds {
								inside += 1;
							} else {
								outside += 1;
							}
							let trials = DRAWS / (workers * jobs);
							let sum: i128 = (0..trials * workers)
								.map(|_| {
									let loss = random.any(alpha, jobs).then_some(slash);
									savings as i128 - loss.unwrap_or(0) as i128
								})
								.sum();
							let variance = &spread * whole(slash) * whole(slash);
							told += u32::from(agrees(sum, trials, &expected, &variance));
						}
					}
				}
			}
		}
	}
	assert!(
		inside > 200 && outside > 200,
		"{inside} inside, {outside} outside"
	);
	assert!(
		told > 800,
		"{told} of {} were simulated far enough",
		inside + outside
	);
}

#[test]
fn theorem_3s_factor_of_4_2_deters_from_a_detection_of_5_in_21_on() {
	for bond in [1, 20, 21, 42, 1_000, 11_001 * ACI, u128::MAX / 1_000] {
		let at_stake = exposure_limit(bond);
		let slash = slash_amount(bond, Offence::WrongOutput);
		for (caught, of) in [(5u32, 21u32), (1, 4), (1, 2), (1, 1)] {
			// The most that can be saved is all that is at stake.
			let profit = whole(at_stake) - fraction(caught, of) * whole(slash);
			assert!(profit <= whole(0), "{bond}, {caught}/{of}");
		}
		// A tenth is too little, as soon as there is anything at stake.
		if bond >= 42 {
			assert!(whole(at_stake) > fraction(1, 10) * whole(slash));
		}
	}
	// How many false jobs in an epoch that takes at the paper's sampling rate.
	let enough = |jobs| detection(3, jobs) >= fraction(5, 21);
	assert!(!enough(90) && enough(91));
}

#[test]
fn a_sampling_rate_of_price_over_bond_deters_every_single_job_and_the_flat_rate_does_not() {
	let flat = fraction(3, 1_000);
	for bond in [1_000u128, 11_001 * ACI] {
		for price in [
			1,
			bond / 1_000,
			bond / 300,
			bond / 100,
			exposure_limit(bond),
		] {
			let rate = fraction(price, bond).max(flat.clone());
			let slash = whole(slash_amount(bond, Offence::WrongOutput));
			// The whole price is saved.
			assert!(whole(price) - &rate * &slash <= whole(0));
			let gains = whole(price) - &flat * &slash > whole(0);
			assert_eq!(gains, price * 1_000 > bond * 3);
		}
	}
}

#[test]
fn proposition_5_lazy_work_pays_exactly_where_the_inequality_fails() {
	let mut random = Random::new(5);
	let (mut inside, mut outside, mut told, mut contradicted) = (0, 0, 0, 0);
	for alpha in ALPHAS {
		for jobs in FALSE_JOBS {
			let caught = detection(alpha, jobs);
			for bond in BONDS {
				for savings in SAVINGS {
					let slash = slash_amount(bond, Offence::WrongOutput);
					let kept = whole(1) - &caught;
					let holds = &caught * whole(slash) > whole(savings) * &kept;
					// What lazy work brings beyond honest work: the two outcomes.
					let expected = &kept * whole(savings) - &caught * whole(slash);
					assert_eq!(holds, expected < whole(0));
					let trials = DRAWS / jobs;
					let sum: i128 = (0..trials)
						.map(|_| match random.any(alpha, jobs) {
							true => -(slash as i128),
							false => savings as i128,
						})
						.sum();
					let spread = whole(savings) + whole(slash);
					let variance = &caught * &kept * &spread * &spread;
					let clear = agrees(sum, trials, &expected, &variance);
					told += u32::from(clear);
					if holds {
						inside += 1;
					} else {
						outside += 1;
					}
					// The letter of (5), with honest revenue as zero: 0 > kept·savings + caught·slash.
					let letter = whole(0) > &kept * whole(savings) + &caught * whole(slash);
					assert!(!letter);
					contradicted += u32::from(clear && sum < 0);
				}
			}
		}
	}
	assert!(
		inside > 50 && outside > 30,
		"{inside} inside, {outside} outside"
	);
	assert!(told > 100, "{told} were simulated far enough");
	assert!(
		contradicted > 50,
		"the letter calls {contradicted} losses a gain"
	);
}

/// (6): a stake of five months' revenue against savings of a part `δ` of the jobs, all revenue of
/// which is saved. `R` is a month's revenue.
#[test]
fn inequality_6_holds_from_some_number_of_epochs_on_and_the_exact_profit_turns_there() {
	let revenue = 1_000_000u128;
	let slash = slash_amount(5 * revenue, Offence::WrongOutput);
	for (delta, of) in [(1u32, 100u32), (1, 10), (1, 1)] {
		let saved = whole(revenue) * fraction(delta, of);
		let mut turned = None;
		for jobs in 1..=120u32 {
			let caught = detection(3, jobs);
			let kept = whole(1) - &caught;
			let holds = &caught * whole(slash) > &saved * &kept;
			let expected = &kept * &saved - &caught * whole(slash);
			assert_eq!(holds, expected < whole(0));
			match turned {
				None if holds => turned = Some(jobs),
				Some(_) => assert!(holds, "more epochs never help the lazy"),
				None => {}
			}
		}
		let turned = turned.expect("within 120 false jobs");
		// For the smallest part at once; for all jobs only after some.
		assert_eq!(turned == 1, of == 100, "{delta}/{of}: {turned}");
	}
}

/// How many identities of one slot a budget of bonds buys.
pub fn identities(budget: u128, peak: u64) -> u128 {
	let each = worker_bond_required(&StakeRules::default(), 1, peak);
	let mut bought = 0;
	let mut left = budget;
	while left >= each {
		left -= each;
		bought += 1;
	}
	bought
}

#[test]
fn theorem_4_a_budget_controls_a_fraction_exactly_when_it_covers_the_bound() {
	let peak = 989_000_000_000_000;
	let minimum = worker_bond_required(&StakeRules::default(), 1, peak);
	let (mut enough, mut short) = (0, 0);
	for workers in [10u128, 100, 500] {
		for percent in [1u128, 10, 33, 51, 100] {
			// Identities that make the fraction, of workers of one size.
			let needed = (workers * percent).div_ceil(100);
			for part in [1u128, 50, 99, 100, 101, 150] {
				let budget = needed * minimum * part / 100;
				let bound = fraction(percent, 100u32) * whole(workers) * whole(minimum);
				let controls = identities(budget, peak) * 100 >= workers * percent;
				// Control implies the theorem's cost; and a budget for whole identities suffices.
				if controls {
					assert!(whole(budget) >= bound);
					enough += 1;
				} else {
					short += 1;
				}
				assert_eq!(controls, budget >= needed * minimum);
			}
		}
	}
	assert!(enough > 30 && short > 30);
}

/// Outside the theorem's assumption of uniform capacity: one identity may declare many slots and pays
/// the base once. The cost stays linear in capacity all the same, and splitting never makes it less.
#[test]
fn outside_theorem_4s_assumption_the_stake_is_still_linear_in_capacity() {
	let rules = StakeRules::default();
	let peak = 989_000_000_000_000u64;
	let per_slot = rules.worker_per_slot + 989 * rules.worker_per_tflops_slot;
	let minimum = worker_bond_required(&rules, 1, peak);
	for slots in [1u32, 2, 10, 1_000] {
		let joined = worker_bond_required(&rules, slots, peak);
		assert!(joined > u128::from(slots) * per_slot);
		for identities in 1..=slots.min(20) {
			let split: u128 = (0..identities)
				.map(|index| {
					let part = slots / identities + u32::from(index < slots % identities);
					worker_bond_required(&rules, part, peak)
				})
				.sum();
			assert!(split >= joined);
			assert!(split > u128::from(slots) * per_slot);
		}
		// The theorem's bound counts a base for each slot; a large worker pays less than that.
		assert_eq!(joined < u128::from(slots) * minimum, slots > 1);
	}
}
