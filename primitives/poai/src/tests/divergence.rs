use super::splitmix;
use crate::{
	distribution::{weights, DistributionError, DistributionStatistics, TopTokens, TOP},
	divergence::*,
};
use num_bigint::BigInt;
use num_rational::Ratio;
use proptest::prelude::*;

/// Fraction bits of the reference.
const BITS: u32 = 160;

/// `ln x` with 160 fraction bits, by the series of the inverse hyperbolic tangent.
fn reference_ln(x: u64) -> BigInt {
	let series = |numerator: BigInt, denominator: BigInt| {
		let y = (numerator << BITS) / denominator;
		let square: BigInt = (&y * &y) >> BITS;
		let (mut power, mut sum, mut odd) = (y, BigInt::from(0), 1);
		while power != BigInt::from(0) && odd < 400 {
			sum += &power / odd;
			power = (power * &square) >> BITS;
			odd += 2;
		}
		sum * 2
	};
	let halvings = x.ilog2();
	let one = BigInt::from(1u128 << halvings);
	let ln_2 = series(1.into(), 3.into());
	ln_2 * halvings + series(BigInt::from(x) - &one, BigInt::from(x) + one)
}

/// Σ p ln(p / q) with 160 fraction bits.
fn reference(p: &[u64], q: &[u64]) -> BigInt {
	let (sum_p, sum_q): (u64, u64) = (p.iter().sum(), q.iter().sum());
	let weighted: BigInt = p
		.iter()
		.zip(q)
		.filter(|(own, _)| **own > 0)
		.map(|(own, other)| (reference_ln(*own) - reference_ln(*other)) * *own)
		.sum();
	weighted / sum_p - reference_ln(sum_p) + reference_ln(sum_q)
}

fn reference_entropy(q: &[u64]) -> BigInt {
	let sum: u64 = q.iter().sum();
	let weighted: BigInt = q
		.iter()
		.filter(|weight| **weight > 0)
		.map(|weight| reference_ln(*weight) * *weight)
		.sum();
	reference_ln(sum) - weighted / sum
}

/// Whether a result is within 2^-32 of a reference.
fn close(found: u64, reference: &BigInt) -> bool {
	let difference = (BigInt::from(found) << (BITS - RESULT_BITS)) - reference;
	let bound = BigInt::from(1) << (BITS - 32);
	difference <= bound && -difference <= bound
}

#[test]
fn the_reference_is_right_where_the_answer_is_known() {
	// ln 2 to 50 digits.
	let digits = "69314718055994530941723212145817656807550013436025";
	let ten = BigInt::from(10).pow(50);
	let known = Ratio::new(digits.parse::<BigInt>().unwrap(), ten);
	let found = Ratio::new(reference_ln(2), BigInt::from(1) << BITS);
	let apart = if known > found {
		known - found
	} else {
		found - known
	};
	assert!(apart < Ratio::new(1.into(), BigInt::from(10).pow(46)));
	assert_eq!(reference_ln(1), BigInt::from(0));
}

#[test]
fn equal_distributions_do_not_diverge() {
	for weights in [
		vec![1u64],
		vec![3, 5, 7],
		vec![0, 4, 0, 9],
		vec![1 << 55, 1 << 55],
	] {
		assert_eq!(divergence(&weights, &weights), Ok(0));
		let scaled: Vec<u64> = weights.iter().map(|weight| weight / 2 * 2).collect();
		let half: Vec<u64> = weights.iter().map(|weight| weight / 2).collect();
		if half.iter().any(|weight| *weight > 0) {
			assert_eq!(divergence(&scaled, &half), Ok(0));
		}
	}
}

#[test]
fn distributions_of_powers_of_two_diverge_by_multiples_of_ln_2() {
	// P = 1/2, 1/4, 1/4 and Q = 1/4, 1/4, 1/2: 1/2 ln 2 − 1/4 ln 2 = 1/4 ln 2.
	let quarter = reference_ln(2) / 4;
	assert!(close(divergence(&[2, 1, 1], &[1, 1, 2]).unwrap(), &quarter));
	// All on one of n places against the uniform distribution: ln n.
	let uniform = vec![1u64; 1 << 10];
	let mut one = vec![0u64; 1 << 10];
	one[77] = 123;
	assert!(close(
		divergence(&one, &uniform).unwrap(),
		&reference_ln(1 << 10)
	));
	assert!(close(entropy(&uniform).unwrap(), &reference_ln(1 << 10)));
	assert_eq!(entropy(&one), Ok(0));
}

#[test]
fn the_ends_of_the_domain_are_within_the_error() {
	let (p, q) = ([MAX_SUM - 1, 1], [1, MAX_SUM - 1]);
	assert!(close(divergence(&p, &q).unwrap(), &reference(&p, &q)));
	assert!(close(entropy(&p).unwrap(), &reference_entropy(&p)));
	assert!(close(surprisal(&p, 1).unwrap(), &reference_ln(MAX_SUM)));
}

#[test]
fn what_has_no_divergence_is_an_error() {
	assert_eq!(
		divergence(&[1], &[1, 1]),
		Err(DivergenceError::LengthsDiffer)
	);
	assert_eq!(divergence(&[], &[]), Err(DivergenceError::Empty));
	assert_eq!(divergence(&[0, 0], &[1, 1]), Err(DivergenceError::Empty));
	assert_eq!(
		divergence(&[1, 1], &[2, 0]),
		Err(DivergenceError::NotCovered)
	);
	assert_eq!(
		divergence(&[MAX_SUM, 1], &[1, 1]),
		Err(DivergenceError::TooHeavy)
	);
	assert_eq!(
		divergence(&[1, 1], &[u64::MAX, u64::MAX]),
		Err(DivergenceError::TooHeavy)
	);
	assert_eq!(surprisal(&[1, 0], 1), Err(DivergenceError::NotCovered));
	assert_eq!(surprisal(&[1, 0], 2), Err(DivergenceError::NotCovered));
}

fn logits(model: u64, position: u64) -> Vec<i32> {
	let mut state = model << 32 ^ position;
	(0..200)
		.map(|_| (splitmix(&mut state) % (10 << 16)) as i32 - (5 << 16))
		.collect()
}

/// Draws a place by its weight, by a generator that no verifier knows.
fn draw(weights: &[u64], state: &mut u64) -> u32 {
	let sum: u64 = weights.iter().sum();
	let mut left = splitmix(state) % sum;
	for (token, weight) in (0u32..).zip(weights) {
		if left < *weight {
			return token;
		}
		left -= weight;
	}
	0
}

/// What a verifier of model 1 at temperature 1 finds over 400 places.
fn found(stated: u64, temperature: u32, token: impl Fn(&[u64], u64) -> u32) -> (f64, f64) {
	let mut statistics = DistributionStatistics::default();
	for position in 0..400 {
		let own = weights(&logits(1, position), 1_000).unwrap();
		let theirs = weights(&logits(stated, position), temperature).unwrap();
		let top = TopTokens::of(&theirs).unwrap();
		let token = token(&theirs, position);
		statistics.compare(&top, &own, token).unwrap();
	}
	let scale = |nats: u64| nats as f64 / 2f64.powi(32);
	(
		scale(statistics.mean_divergence().unwrap()),
		scale(statistics.mean_excess().unwrap()),
	)
}

#[test]
fn an_honest_worker_with_a_sampler_of_its_own_passes_and_others_do_not() {
	let honest = |weights: &[u64], position| draw(weights, &mut (position + 99));
	let (divergence, excess) = found(1, 1_000, honest);
	assert!(divergence < 0.001, "{divergence}");
	assert!(excess < 0.15, "{excess}");
	// Another model states another distribution.
	assert!(found(2, 1_000, honest).0 > 0.1);
	// Another temperature too.
	assert!(found(1, 700, honest).0 > 0.005);
	// The right distribution with the tokens of another model, and with the likeliest ones.
	let drafted = |_: &[u64], position| {
		draw(
			&weights(&logits(2, position), 1_000).unwrap(),
			&mut (position + 99),
		)
	};
	assert!(found(1, 1_000, drafted).1 > 1.0);
	let likeliest = |own: &[u64], _| TopTokens::of(own).unwrap().0[0].0;
	assert!(found(1, 1_000, likeliest).1 > 0.5);
}

#[test]
fn weights_are_the_exponentials_and_never_zero() {
	let found = weights(&[0, -(1 << 16), -(2 << 16), i32::MIN], 2_000).unwrap();
	let expected = [1.0, (-0.5f64).exp(), (-1f64).exp(), 0.0];
	for (found, expected) in found.iter().zip(expected) {
		assert!((*found as f64 - expected * 2f64.powi(32)).abs() <= 1.0);
	}
	assert_eq!(found[3], 1);
	assert_eq!(weights(&[1], 0), Err(DistributionError::NoTemperature));
	assert_eq!(
		weights(&[1], 100_001),
		Err(DistributionError::NoTemperature)
	);
	assert_eq!(
		weights(&[], 1),
		Err(DistributionError::VocabularyOutOfRange)
	);
}

#[test]
fn a_stated_list_that_is_none_is_refused() {
	let valid = TopTokens::of(&weights(&logits(1, 0), 1_000).unwrap()).unwrap();
	assert_eq!(valid.check(200), Ok(()));
	let broken = |change: fn(&mut Vec<(u32, u16)>)| {
		let mut list = valid.clone();
		change(&mut list.0);
		list.check(200)
	};
	assert_eq!(
		broken(|list| list.truncate(7)),
		Err(DistributionError::WrongNumber)
	);
	assert_eq!(
		broken(|list| list.push((0, 0))),
		Err(DistributionError::WrongNumber)
	);
	assert_eq!(
		broken(|list| list[3].0 = 200),
		Err(DistributionError::UnknownToken)
	);
	assert_eq!(
		broken(|list| list.swap(0, 7)),
		Err(DistributionError::NotInOrder)
	);
	assert_eq!(
		broken(|list| list[7].0 = list[0].0),
		Err(DistributionError::NotInOrder)
	);
	assert_eq!(
		broken(|list| (0..2).for_each(|place| list[place].1 = 40_000 - place as u16)),
		Err(DistributionError::MoreThanOne)
	);
	assert_eq!(
		TopTokens::of(&[]),
		Err(DistributionError::VocabularyOutOfRange)
	);
	// A vocabulary below eight tokens is stated whole, with no place for others.
	let small = [5u64, 9, 1];
	let whole = TopTokens::of(&small).unwrap();
	assert_eq!(
		whole.0.iter().map(|entry| entry.0).collect::<Vec<_>>(),
		[1, 0, 2]
	);
	assert_eq!(whole.check(3), Ok(()));
	let mut statistics = DistributionStatistics::default();
	assert_eq!(statistics.compare(&whole, &small, 2), Ok(()));
	assert!(statistics.mean_divergence().unwrap() < 1 << 14);
	assert_eq!(
		statistics.compare(&whole, &small, 3),
		Err(DistributionError::UnknownToken)
	);
	assert_eq!(statistics.positions, 1);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(96))]

	#[test]
	fn results_are_within_the_stated_error_of_the_reference(
		pairs in proptest::collection::vec((0u64..1 << 50, 1u64..1 << 50), 1..20),
		shift in 0u32..45,
		one: prop::sample::Index,
	) {
		let mut p: Vec<u64> = pairs.iter().map(|pair| pair.0 >> shift).collect();
		let q: Vec<u64> = pairs.iter().map(|pair| pair.1).collect();
		let place = one.index(p.len());
		p[place] += 1;
		prop_assert!(close(divergence(&p, &q).unwrap(), &reference(&p, &q)));
		prop_assert!(close(entropy(&q).unwrap(), &reference_entropy(&q)));
		let expected = reference_ln(q.iter().sum()) - reference_ln(q[place]);
		prop_assert!(close(surprisal(&q, place).unwrap(), &expected));
	}

	/// Pairs that differ little have a small divergence, in which an error would show.
	#[test]
	fn near_distributions_are_within_the_stated_error(
		weights in proptest::collection::vec(1_000u64..1 << 40, 2..20),
		place: prop::sample::Index,
	) {
		let mut other = weights.clone();
		let place = place.index(other.len());
		other[place] -= other[place] / 1_000;
		prop_assert!(close(divergence(&weights, &other).unwrap(), &reference(&weights, &other)));
	}

	#[test]
	fn putting_places_together_never_raises_the_divergence(
		pairs in proptest::collection::vec((0u64..1 << 30, 1u64..1 << 30), 2..20),
	) {
		let mut p: Vec<u64> = pairs.iter().map(|pair| pair.0).collect();
		let mut q: Vec<u64> = pairs.iter().map(|pair| pair.1).collect();
		p[0] += 1;
		let whole = divergence(&p, &q).unwrap();
		let (last_p, last_q) = (p.pop().unwrap(), q.pop().unwrap());
		p[0] += last_p;
		q[0] += last_q;
		// Two results, each off by at most one unit.
		prop_assert!(divergence(&p, &q).unwrap() <= whole + 2);
	}

	#[test]
	fn no_list_logits_or_token_panic(
		list in proptest::collection::vec((0u32..12, any::<u16>()), 0..TOP + 2),
		logits in proptest::collection::vec(any::<i32>(), 0..12),
		temperature: u32,
		token in 0u32..14,
		heavy in proptest::collection::vec(any::<u64>(), 0..12),
	) {
		let own = weights(&logits, temperature % 2_000).unwrap_or_default();
		let mut statistics = DistributionStatistics::default();
		let _ = statistics.compare(&TopTokens(list.clone()), &own, token);
		let _ = statistics.compare(&TopTokens(list), &heavy, token);
		if let Ok(top) = TopTokens::of(&heavy) {
			prop_assert_eq!(top.check(heavy.len() as u32), Ok(()));
		}
	}
}
