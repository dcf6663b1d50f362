use super::splitmix;
use crate::{
	margin::{margin, MarginStatistics},
	sampler::{Sampler, SamplerError, MAX_TEMPERATURE_MILLI},
};
use proptest::prelude::*;

const LOGIT: i32 = 1 << 16;

/// Logits of one place between -6 and 6.
fn logits(model: u64, position: u64) -> Vec<i32> {
	let mut state = model.wrapping_mul(0x1234_5678_9abc_def1) ^ position;
	(0..500)
		.map(|_| (splitmix(&mut state) % (12 * LOGIT as u64)) as i32 - 6 * LOGIT)
		.collect()
}

/// The logits that another machine gives: each off by up to `noise`.
fn with_noise(logits: &[i32], noise: i32, seed: u64) -> Vec<i32> {
	let mut state = seed;
	logits
		.iter()
		.map(|logit| logit + (splitmix(&mut state) % (2 * noise as u64 + 1)) as i32 - noise)
		.collect()
}

fn sampler(seed: u8, temperature: u32) -> Sampler {
	Sampler::new(&[seed; 32], temperature).expect("within the limit")
}

/// What a verifier with model 1, seed 1 and temperature 0.8 finds over 200 places.
fn found(draw: impl Fn(u64) -> u32) -> MarginStatistics {
	let verifier = sampler(1, 800);
	let mut statistics = MarginStatistics::default();
	for position in 0..200 {
		let margin = margin(&verifier, &logits(1, position), position, draw(position))
			.expect("in the vocabulary");
		statistics.add(margin, 10 << 16, 1 << 15);
	}
	statistics
}

#[test]
fn the_sampler_itself_has_no_margin() {
	let worker = sampler(1, 800);
	let statistics = found(|position| worker.choose(&logits(1, position), position).unwrap());
	assert_eq!(statistics.positions, 200);
	assert_eq!(
		(statistics.lost, statistics.large, statistics.sum),
		(0, 0, 0)
	);
}

#[test]
fn honest_noise_gives_margins_as_small_as_the_noise() {
	let worker = sampler(1, 800);
	let noise = LOGIT / 50;
	let statistics = found(|position| {
		let own = with_noise(&logits(1, position), noise, position);
		worker.choose(&own, position).unwrap()
	});
	assert_eq!(statistics.large, 0);
	assert!(statistics.mean().unwrap() <= 2 * noise as u64 / 10);
}

#[test]
fn another_model_seed_temperature_or_place_gives_large_margins() {
	let honest = sampler(1, 800);
	let other_seed = sampler(2, 800);
	let greedy = sampler(1, 0);
	let hot = sampler(1, 2_000);
	type Draw<'a> = (&'a str, Box<dyn Fn(u64) -> u32 + 'a>);
	let draws: [Draw; 5] = [
		(
			"a cheap model drafts",
			Box::new(|position| honest.choose(&logits(2, position), position).unwrap()),
		),
		(
			"another seed",
			Box::new(|position| other_seed.choose(&logits(1, position), position).unwrap()),
		),
		(
			"greedy",
			Box::new(|position| greedy.choose(&logits(1, position), position).unwrap()),
		),
		(
			"another temperature",
			Box::new(|position| hot.choose(&logits(1, position), position).unwrap()),
		),
		(
			"noise of the place before",
			Box::new(|position| honest.choose(&logits(1, position), position + 1).unwrap()),
		),
	];
	for (name, draw) in draws {
		let statistics = found(draw);
		let mean = statistics.mean().unwrap();
		assert!(mean > 1 << 14, "{name}: mean {mean}");
		assert!(statistics.large > 50, "{name}: {} large", statistics.large);
	}
}

#[test]
fn a_token_outside_the_vocabulary_has_no_margin() {
	let verifier = sampler(1, 800);
	assert_eq!(
		margin(&verifier, &logits(1, 0), 0, 500),
		Err(SamplerError::UnknownToken)
	);
	assert_eq!(margin(&verifier, &[], 0, 0), Err(SamplerError::NoLogits));
}

#[test]
fn a_margin_is_what_the_token_lost() {
	// Greedy: the difference of the logits.
	let verifier = sampler(1, 0);
	let logits = [3 * LOGIT, LOGIT / 2, -LOGIT];
	let lost = |token| margin(&verifier, &logits, 7, token);
	assert_eq!(lost(0), Ok(0));
	assert_eq!(lost(1), Ok(5 * (LOGIT as u64) / 2));
	assert_eq!(lost(2), Ok(4 * LOGIT as u64));
	assert_eq!(
		margin(&verifier, &[i32::MAX, i32::MIN], 0, 1),
		Ok(u64::from(u32::MAX))
	);
}

#[test]
fn parts_of_an_output_add_up_in_any_order() {
	let margins = [0u64, 5, 70_000, 900_000, u64::MAX];
	let all = |order: &[usize]| {
		let mut statistics = MarginStatistics::default();
		for index in order {
			statistics.add(margins[*index], 655_360, 32_768);
		}
		statistics
	};
	let whole = all(&[0, 1, 2, 3, 4]);
	assert_eq!(whole, all(&[4, 2, 0, 1, 3]));
	assert_eq!((whole.lost, whole.large), (4, 3));
	assert_eq!(whole.sum, 5 + 70_000 + 655_360 + 655_360);
	let mut merged = all(&[0, 4]);
	merged.merge(&all(&[1, 2, 3]));
	assert_eq!(whole, merged);
	assert_eq!(MarginStatistics::default().mean(), None);
}

proptest! {
	#[test]
	fn an_honest_margin_is_at_most_twice_the_noise(
		model: u64,
		position: u64,
		temperature in 0..=MAX_TEMPERATURE_MILLI,
		noise in 1..LOGIT,
	) {
		let own = logits(model, position);
		let verifiers = with_noise(&own, noise, model ^ 1);
		let sampler = sampler(9, temperature);
		let token = sampler.choose(&own, position).unwrap();
		prop_assert!(margin(&sampler, &verifiers, position, token).unwrap() <= 2 * noise as u64);
	}

	#[test]
	fn any_logits_place_and_token_have_a_margin_or_an_error(
		logits in proptest::collection::vec(any::<i32>(), 0..40),
		position: u64,
		token in 0u32..48,
		temperature in 0..=MAX_TEMPERATURE_MILLI,
	) {
		let found = margin(&sampler(3, temperature), &logits, position, token);
		prop_assert_eq!(found.is_ok(), (token as usize) < logits.len());
	}
}
