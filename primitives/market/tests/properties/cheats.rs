//! The cheats of the paper's §6, played job by job, against Theorems 3 and 4, Proposition 5 and (6).
//!
//! [`crate::theorems`] compares the inequalities with the exact expectation of one gamble. Here a
//! cheat lives: epochs pass, its false jobs are sampled one by one, and who is caught is slashed and
//! out. At each point of a grid inside and outside the bound, the sign of the mean profit must be
//! what the inequality says.
//!
//! How it is played:
//!
//! 1. The samples of an epoch are revealed at its end, so a cheat is caught there, with its bond
//!    slashed by the chain's own table, and earns nothing afterwards.
//! 2. A ring of colluders ends when one of it is caught: the others stop in time, which is the best
//!    that they can do. They are sampled independently, as Theorem 3 assumes.
//! 3. In (4) the savings of the last epoch are kept also by who is caught; in (5) they are refunded.
//! 4. Each epoch of such a life is the same gamble, and when to stop is decided by what has been
//!    seen. So a life of any length pays exactly where one epoch does, and the inequality for one
//!    epoch decides over all of them.
//!
//! The margin: a point is told where its expected profit is more than [`ERRORS`] standard errors of
//! the simulated mean away from zero. Both are exact figures of the point and not estimates of the
//! simulation, because a simulation in which nobody happened to be caught would believe itself free
//! of errors. Points that are not told are counted, and few. Everything is integers, and the
//! generator is seeded, so every run is the same.
//!
//! `cargo test -p aci-market --test properties cheats -- --nocapture` prints the counts.

use crate::{
	reference::{fraction, whole},
	theorems::{chances, detection, identities, Random},
};
use aci_market::{
	stake::{exposure_limit, slash_amount, worker_bond_required},
	Offence, StakeRules, ACI,
};
use num_bigint::BigInt;
use num_rational::BigRational;

/// Standard errors between zero and the expected profit from which on a point is told.
const ERRORS: u32 = 5;
/// Jobs that the simulation of one point may draw.
const DRAWS: u32 = 300_000;
/// How far a point is from the bound: the savings, in percent of those at which the two sides of an
/// inequality are equal.
const PERCENT_OF_BOUND: [u32; 10] = [5, 25, 50, 75, 90, 110, 125, 150, 200, 1_000];
/// Sampling rates in parts of a thousand, each with the false jobs of an epoch. The detection within
/// an epoch goes from 0.3 % to 87.5 %.
const EPOCHS: [(u64, u32); 6] = [(3, 1), (3, 20), (3, 100), (30, 20), (238, 1), (500, 3)];

/// A ring of cheats. Amounts are in planck.
struct Ring {
	workers: u32,
	/// Parts of a thousand.
	alpha: u64,
	/// False jobs of each worker in an epoch.
	jobs: u32,
	/// How long it goes on if nobody is caught.
	epochs: u32,
	/// What each worker saves in an epoch.
	savings: u128,
	/// What each worker that is caught loses.
	slash: u128,
	/// Whether who is caught keeps what it saved in that epoch.
	keeps: bool,
}

impl Ring {
	/// The profit of a life that ended after so many epochs, in the last of which so many of the ring
	/// were caught.
	fn profit(&self, epochs: u32, caught: u32) -> i128 {
		let refunded = if self.keeps { 0 } else { caught };
		let saved = self.workers * epochs - refunded;
		(self.savings * u128::from(saved)) as i128 - (self.slash * u128::from(caught)) as i128
	}

	/// Plays one life: its profit.
	fn play(&self, random: &mut Random) -> i128 {
		for epoch in 1..=self.epochs {
			let caught = (0..self.workers)
				.filter(|_| random.sampled(self.alpha, self.jobs))
				.count() as u32;
			if caught > 0 {
				return self.profit(epoch, caught);
			}
		}
		self.profit(self.epochs, 0)
	}

	/// The expected profit of a life and its variance, in units of [`scale`] and its square.
	fn moments(&self, caught: &BigRational) -> (BigInt, BigInt) {
		let (numerators, denominator) = chances(self.workers, caught);
		let chances: Vec<BigInt> = numerators
			.into_iter()
			.map(|numerator| numerator * scale() / &denominator)
			.collect();
		let (mut mean, mut square) = (BigInt::from(0), BigInt::from(0));
		let mut add = |chance: BigInt, profit: i128| {
			mean += &chance * profit;
			square += chance * profit * profit;
		};
		let mut uncaught = scale();
		for epoch in 1..=self.epochs {
			for (chance, number) in chances.iter().zip(0..).skip(1) {
				add(&uncaught * chance / scale(), self.profit(epoch, number));
			}
			uncaught = uncaught * &chances[0] / scale();
		}
		add(uncaught, self.profit(self.epochs, 0));
		let variance = square * scale() - &mean * &mean;
		(mean, variance)
	}
}

/// What stands for one where chances are rounded: fine enough for how far a mean is from zero.
fn scale() -> BigInt {
	BigInt::from(10).pow(18)
}

/// What the points of a grid came to.
#[derive(Default)]
struct Grid {
	loses: u32,
	gains: u32,
	untold: u32,
}

impl Grid {
	/// Compares the sign of a simulated sum of profits with what the inequality says of the cheat:
	/// that it `loses`, or gains. Whether the margin allowed it.
	fn compare(
		&mut self,
		loses: bool,
		sum: i128,
		trials: u32,
		(mean, variance): (BigInt, BigInt),
	) -> bool {
		let told = &mean * &mean * trials > variance * ERRORS * ERRORS;
		if !told {
			self.untold += 1;
			return false;
		}
		assert_eq!(
			sum < 0,
			loses,
			"{sum} in {trials} trials, {mean} is expected"
		);
		match loses {
			true => self.loses += 1,
			false => self.gains += 1,
		}
		true
	}

	/// Prints the counts. There must be points on both sides, and at most one in `few` untold.
	fn close(self, name: &str, least: u32, few: u32) {
		let Grid {
			loses,
			gains,
			untold,
		} = self;
		println!(
			"{name}: the cheat loses at {loses} points and gains at {gains}, as the inequality says; \
			 {untold} are too near the bound to tell"
		);
		assert!(loses >= least && gains >= least);
		assert!(untold * few <= loses + gains + untold);
	}
}

/// Plays rings over the grid. `bound` is what a worker must save in an epoch so that both sides are
/// equal, of the slash and the detection within an epoch; `holds` is the inequality.
fn play_rings(
	name: &str,
	seed: u64,
	keeps: bool,
	bound: impl Fn(&BigRational, &BigRational) -> BigRational,
	holds: impl Fn(&BigRational, &BigRational, &BigRational) -> bool,
) {
	let mut random = Random::new(seed);
	let mut grid = Grid::default();
	let slash = slash_amount(11_001 * ACI, Offence::WrongOutput);
	for (alpha, jobs) in EPOCHS {
		let caught = detection(alpha, jobs);
		let equal = bound(&whole(slash), &caught);
		for percent in PERCENT_OF_BOUND {
			let savings = (&equal * fraction(percent, 100)).to_integer();
			let inside = holds(&whole(slash), &whole(savings.clone()), &caught);
			assert_eq!(inside, percent < 100);
			for (workers, epochs) in [(1, 1), (1, 6), (3, 1), (3, 6)] {
				let ring = Ring {
					workers,
					alpha,
					jobs,
					epochs,
					savings: savings.clone().try_into().expect("is far below the limit"),
					slash,
					keeps,
				};
				let trials = DRAWS / (workers * jobs * epochs);
				let sum = (0..trials).map(|_| ring.play(&mut random)).sum();
				let told = grid.compare(inside, sum, trials, ring.moments(&caught));
				assert!(told || (75..=150).contains(&percent), "{percent} %");
			}
		}
	}
	grid.close(name, 80, 5);
}

/// (4): stake · P · rate > savings, for each of the ring.
#[test]
fn theorem_3_a_ring_gains_over_its_life_exactly_where_the_inequality_fails() {
	play_rings(
		"Theorem 3",
		3,
		true,
		|slash, caught| slash * caught,
		|slash, savings, caught| slash * caught > *savings,
	);
}

/// Proposition 5: P · slash > savings · (1 − P).
#[test]
fn proposition_5_lazy_work_gains_over_its_life_exactly_where_the_inequality_fails() {
	play_rings(
		"Proposition 5",
		5,
		false,
		|slash, caught| slash * caught / (whole(1) - caught),
		|slash, savings, caught| slash * caught > savings * (whole(1) - caught),
	);
}

/// Theorem 3's 4.2: who may have a bond's part in 4.2 at stake, and saves all of it, loses where the
/// detection is above 5/21.
#[test]
fn theorem_3_whoever_saves_a_bond_over_4_2_loses_from_a_detection_of_5_in_21_on() {
	let mut random = Random::new(42);
	let mut grid = Grid::default();
	let bond = 11_001 * ACI;
	for jobs in [5, 10, 20, 40, 60, 75, 90, 91, 110, 130, 160, 200, 300] {
		let caught = detection(3, jobs);
		let ring = Ring {
			workers: 1,
			alpha: 3,
			jobs,
			epochs: 1,
			savings: exposure_limit(bond),
			slash: slash_amount(bond, Offence::WrongOutput),
			keeps: true,
		};
		let inside = whole(ring.slash) * &caught > whole(ring.savings);
		let trials = 2 * DRAWS / jobs;
		let sum = (0..trials).map(|_| ring.play(&mut random)).sum();
		grid.compare(inside, sum, trials, ring.moments(&caught));
	}
	grid.close("Theorem 3 with a stake of 4.2 revenues", 4, 4);
}

/// (6) with the paper's α: a bond of five months' revenue against the saving of a part `δ` of one
/// month's, by who does ten jobs in an epoch and has a part `δ` of them false until it is caught or
/// the epochs are over.
#[test]
fn inequality_6_a_saving_of_a_months_part_is_lost_from_some_number_of_epochs_on() {
	const JOBS: u32 = 10;
	let mut random = Random::new(6);
	let mut grid = Grid::default();
	let revenue = 720 * ACI;
	let slash = slash_amount(5 * revenue, Offence::WrongOutput);
	for (part, of) in [(1, 50), (1, 10), (1, 5), (1, 2), (1, 1)] {
		let savings = revenue * u128::from(part) / u128::from(of);
		let mut turned = false;
		for epochs in [1, 2, 4, 5, 6, 7, 8, 10, 15, 20, 40, 100] {
			let done = epochs * JOBS;
			if !(done * part).is_multiple_of(of) {
				continue;
			}
			let jobs = done * part / of;
			let caught = detection(3, jobs);
			let kept = whole(1) - &caught;
			let holds = &caught * whole(slash) > whole(savings) * kept;
			assert!(holds || !turned, "more epochs never help the lazy");
			turned = holds;
			// The false ones are spread evenly over the jobs.
			let falses = |epoch: u32| epoch * JOBS * part / of;
			let mut play = || {
				let caught =
					(0..epochs).any(|epoch| random.sampled(3, falses(epoch + 1) - falses(epoch)));
				match caught {
					true => -(slash as i128),
					false => savings as i128,
				}
			};
			let trials = 2 * DRAWS / jobs.max(2 * epochs);
			let sum = (0..trials).map(|_| play()).sum();
			// The same two outcomes, for the margin.
			let gamble = Ring {
				workers: 1,
				alpha: 3,
				jobs,
				epochs: 1,
				savings,
				slash,
				keeps: false,
			};
			grid.compare(holds, sum, trials, gamble.moments(&caught));
		}
		assert!(turned, "{part}/{of}");
	}
	grid.close("(6)", 10, 4);
}

/// Theorem 4: who holds a fraction of the capacity is matched that fraction of the jobs, each of
/// which is worth something to it, and loses all that the identities cost. The attack pays exactly
/// where the fraction's part of all that can be gained is more than the theorem's cost.
#[test]
fn theorem_4_a_sybil_attack_gains_exactly_where_its_worth_exceeds_the_cost_of_the_fraction() {
	const PEAK: u64 = 989_000_000_000_000;
	let mut random = Random::new(4);
	let mut grid = Grid::default();
	let minimum = worker_bond_required(&StakeRules::default(), 1, PEAK);
	for workers in [10u32, 100, 500] {
		for percent in [1u32, 10, 33, 51, 90] {
			// Bonds that make the fraction, and one that buys nothing more.
			let needed = (workers * percent).div_ceil(100);
			let budget = minimum * u128::from(needed) + minimum - 1;
			let held = identities(budget, PEAK);
			assert_eq!(held, u128::from(needed));
			let cost = minimum * held;
			let f = fraction(held, workers);
			let bound = &f * whole(workers) * whole(minimum);
			assert!(whole(cost) >= bound, "the theorem's cost");
			for part in PERCENT_OF_BOUND {
				// All jobs together are worth this part of all workers' stakes.
				let each = minimum * u128::from(workers) * u128::from(part) / 100;
				let each = each / u128::from(DRAWS);
				let worth = &f * whole(each * u128::from(DRAWS));
				let loses = worth < bound;
				assert_eq!(loses, part < 100);
				let won = (0..DRAWS)
					.filter(|_| random.below(workers) < needed)
					.count() as u128;
				let sum = (each * won) as i128 - cost as i128;
				// The jobs won are binomial.
				let mean = (worth - whole(cost)).to_integer() * scale();
				let spread = &f * (whole(1) - &f) * whole(DRAWS) * whole(each) * whole(each);
				let variance = spread.to_integer() * scale() * scale();
				grid.compare(loses, sum, 1, (mean, variance));
			}
		}
	}
	grid.close("Theorem 4", 60, 10);
}

/// No way to spread a capacity over identities costs less than its share of the linear part, and
/// under the theorem's assumption, one slot each, none costs less than the theorem says.
#[test]
fn theorem_4_no_attacker_among_many_finds_a_cheaper_fraction() {
	const PEAK: u64 = 989_000_000_000_000;
	let rules = StakeRules::default();
	let minimum = worker_bond_required(&rules, 1, PEAK);
	let linear = minimum - rules.worker_base;
	let mut random = Random::new(44);
	for _ in 0..20_000 {
		let workers = 1 + random.below(500);
		let needed = 1 + random.below(workers);
		let (mut slots, mut cost, mut bonds) = (0, 0, 0);
		while slots < needed {
			let declared = 1 + random.below(needed - slots);
			slots += declared;
			cost += worker_bond_required(&rules, declared, PEAK);
			bonds += 1;
		}
		assert!(cost > linear * u128::from(needed));
		if bonds == needed {
			assert_eq!(cost, minimum * u128::from(needed));
		}
		// What it has of the network, and what the theorem says that this costs at least, with the
		// base for each identity and not for each slot.
		assert!(cost >= linear * u128::from(needed) + rules.worker_base * u128::from(bonds));
	}
}
