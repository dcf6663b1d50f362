use super::*;
use crate::float::logit_from_f32;

fn quantise(logits: &[f32]) -> Vec<i32> {
	logits
		.iter()
		.map(|logit| logit_from_f32(logit.to_bits()).expect("in range"))
		.collect()
}

fn seed(number: u64) -> [u8; 32] {
	let mut seed = [0u8; 32];
	seed[..8].copy_from_slice(&number.to_le_bytes());
	seed
}

/// Logits between -16 and 16, from the generator itself.
fn some_logits(number: u64, count: usize) -> Vec<i32> {
	let source = Sampler::new(&seed(number), 1).unwrap();
	(0..count)
		.map(|token| {
			let word = source.words(u64::MAX, token as u32 / 8)[token % 8];
			(word >> 43) as i32 - (1 << 20)
		})
		.collect()
}

/// The definition, without the shortcut.
fn choose_by_definition(sampler: &Sampler, logits: &[i32], position: u64) -> u32 {
	let mut best = (0, i64::MIN);
	for (token, &logit) in logits.iter().enumerate() {
		let candidate = sampler.score(position, token as u32, logit);
		if candidate > best.1 {
			best = (token as u32, candidate);
		}
	}
	best.0
}

#[test]
fn same_seed_and_position_give_the_same_choice_and_others_differ() {
	let logits = some_logits(1, 1000);
	let choices = |number, shift: u64| -> Vec<u32> {
		let sampler = Sampler::new(&seed(number), 5000).unwrap();
		(0..64)
			.map(|position| sampler.choose(&logits, position + shift).unwrap())
			.collect()
	};
	assert_eq!(choices(1, 0), choices(1, 0));
	assert_ne!(choices(1, 0), choices(2, 0));
	assert_eq!(choices(1, 0)[1..], choices(1, 1)[..63]);
	assert_ne!(choices(1, 0), choices(1, 1 << 32));
}

#[test]
fn shortcut_gives_the_choice_of_the_definition() {
	for number in 0..16 {
		for temperature in [1, 100, 800, 1000, 5000, MAX_TEMPERATURE_MILLI] {
			let logits = some_logits(number, 3001);
			let sampler = Sampler::new(&seed(number), temperature).unwrap();
			assert_eq!(
				sampler.choose(&logits, number).unwrap(),
				choose_by_definition(&sampler, &logits, number),
				"seed {number}, temperature {temperature}"
			);
		}
	}
}

#[test]
fn quick_bound_is_above_the_noise() {
	let sampler = Sampler::new(&seed(5), 1).unwrap();
	let mut words: Vec<u64> = (0..5000)
		.flat_map(|block| sampler.words(0, block))
		.collect();
	for bits in 0..64 {
		for near in 0..3u64 {
			words.push((1u64 << bits).wrapping_sub(near));
			words.push(0u64.wrapping_sub(1u64 << bits).wrapping_add(near));
		}
	}
	for word in words {
		if let Some(bound) = noise_bound_of_word(word) {
			assert!(bound > noise_of_word(word), "{word:#x}");
		}
	}
}

#[test]
fn noise_agrees_with_floating_point() {
	let sampler = Sampler::new(&seed(9), 1).unwrap();
	for word in (0..3000).flat_map(|block| sampler.words(7, block)) {
		let d = word.wrapping_neg() as f64 / 2f64.powi(64);
		let expected = -(-(-d).ln_1p()).ln();
		let value = noise_of_word(word) as f64 / 2f64.powi(32);
		assert!(
			(value - expected).abs() < 1e-9,
			"{word:#x}: {value} {expected}"
		);
	}
}

#[test]
fn noise_has_a_bounded_range_at_the_ends_of_the_generator() {
	let at = |word| noise_of_word(word) as f64 / 2f64.powi(32);
	assert_eq!(noise_of_word(0), noise_of_word(1));
	assert!((at(0) - -(64.0 * core::f64::consts::LN_2).ln()).abs() < 1e-9);
	assert!(at(u64::MAX) <= 58.0 * core::f64::consts::LN_2 && at(u64::MAX) > 38.0);
}

#[test]
fn temperature_zero_is_argmax_with_the_lowest_index_on_ties() {
	let logits = quantise(&[0.5, 2.0, -1.0, 2.0, 1.999]);
	for number in 0..20 {
		let sampler = Sampler::new(&seed(number), 0).unwrap();
		assert_eq!(sampler.choose(&logits, number).unwrap(), 1);
	}
}

#[test]
fn choices_follow_the_softmax() {
	let logits = [1.0f32, 0.0, -1.5, 2.0, 0.3, -0.7, 1.7, 0.9, -3.0];
	let quantised = quantise(&logits);
	let rounds = 12_000u64;
	for temperature in [500u32, 1000, 2000] {
		let mut counts = [0u64; 9];
		for number in 0..rounds {
			let sampler = Sampler::new(&seed(number), temperature).unwrap();
			counts[sampler.choose(&quantised, number % 7).unwrap() as usize] += 1;
		}
		let weights =
			logits.map(|logit| (f64::from(logit) * 1000.0 / f64::from(temperature)).exp());
		let total: f64 = weights.iter().sum();
		// Pearson's statistic; 8 degrees of freedom, 26.1 is the 0.001 quantile.
		let statistic: f64 = weights
			.iter()
			.zip(counts)
			.map(|(weight, count)| {
				let expected = weight / total * rounds as f64;
				(count as f64 - expected).powi(2) / expected
			})
			.sum();
		assert!(
			statistic < 26.1,
			"temperature {temperature}: {statistic} {counts:?}"
		);
	}
}

#[test]
fn temperature_above_the_limit_and_empty_logits_are_refused() {
	let error = Sampler::new(&seed(0), MAX_TEMPERATURE_MILLI + 1).unwrap_err();
	assert_eq!(error, SamplerError::TemperatureTooHigh);
	for temperature in [0, 800] {
		let error = Sampler::new(&seed(0), temperature)
			.unwrap()
			.choose(&[], 0)
			.unwrap_err();
		assert_eq!(error, SamplerError::NoLogits);
	}
}

/// Values of the definition, computed with 60 decimal digits by another program.
#[test]
fn noise_of_a_fixed_seed_is_fixed() {
	let sampler = Sampler::new(&[0x42; 32], 800).unwrap();
	let noise = [(0, 0), (0, 1), (0, 8), (1, 0), (1 << 40, 49_151)]
		.map(|(position, token)| sampler.noise(position, token));
	let expected = [
		-5_425_318_528i64,
		8_938_205_028,
		-2_463_617_206,
		-4_220_874_073,
		-5_094_304_619,
	];
	assert_eq!(noise, expected);
}

#[test]
fn extreme_logits_and_temperatures_do_not_overflow() {
	let logits = [i32::MIN, i32::MAX, 0];
	for temperature in [0, 1, MAX_TEMPERATURE_MILLI] {
		let sampler = Sampler::new(&seed(3), temperature).unwrap();
		for position in 0..200 {
			assert_eq!(sampler.choose(&logits, position), Ok(1));
		}
	}
}
