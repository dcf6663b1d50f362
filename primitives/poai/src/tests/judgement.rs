use super::fingerprint::hash;
use crate::{
	distribution::DistributionStatistics, fingerprint::ChunkStatistics, judgement::*,
	margin::MarginStatistics, numeric::NumericStatistics, sequential::SequentialError,
	thresholds::*,
};
use aci_primitives::proof::Outcome;
use codec::{Decode, Encode};
use proptest::prelude::*;
use sp_core::H256;

/// Round numbers, which nobody measured.
const RATES: FailureRates = FailureRates {
	honest: 1_000_000,
	dishonest: 500_000_000,
};
const THRESHOLDS: Thresholds = Thresholds {
	version: 0,
	calibration: H256::zero(),
	numeric: NumericThresholds {
		tolerance: 100_000,
		most_beyond: 0,
		rates: RATES,
	},
	sampled_text: SampledTextThresholds {
		activations: ActivationThresholds {
			most_mismatched: 300_000_000,
			most_mean: 10_000,
			most_median: 8,
			most_failed: 0,
		},
		sampling: SamplingThresholds {
			clip: 10 << 16,
			large: 1 << 16,
			most_mean: 1 << 13,
			most_large: 50_000_000,
			least_positions: 16,
		},
		rates: RATES,
	},
	distribution: DistributionThresholds {
		most_divergence: 10_000_000,
		most_excess: 500_000_000,
		least_positions: 64,
		rates: RATES,
	},
};

fn bytes(numbers: &[f32]) -> Vec<u8> {
	numbers
		.iter()
		.flat_map(|number| number.to_le_bytes())
		.collect()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
	numbers.iter().map(|number| number.to_bits()).collect()
}

#[test]
fn an_exact_output_is_the_same_or_fails() {
	assert_eq!(exact(&hash(1), &hash(1)), Judgement::Pass);
	let failed = exact(&hash(1), &hash(2));
	assert_eq!(failed, Judgement::Fail(Reason::OtherOutput));
	assert_eq!(failed.outcome(), Some(Outcome::Fail));
	assert_eq!(failed.to_string(), "the output's hash is another one");
}

#[test]
fn a_numeric_output_passes_up_to_the_tolerance() {
	let judge =
		|output: &[f32], own: &[f32]| numeric(&bytes(output), &bits(own), &THRESHOLDS.numeric);
	assert_eq!(
		judge(&[0.5, -0.25], &[0.500_09, -0.249_91]),
		Judgement::Pass
	);
	let failed = judge(&[0.5, -0.25], &[0.5, -0.249_8]);
	let Judgement::Fail(Reason::BeyondTolerance(found)) = failed else {
		panic!("{failed:?}");
	};
	assert_eq!((found.beyond, found.elements), (1, 2));
	assert!((199_900..200_100).contains(&found.largest));
	// 2^-13 exactly is 122,070.3 billionths.
	let found = judge(&[0.0], &[2f32.powi(-13)]);
	assert_eq!(
		found,
		Judgement::Fail(Reason::BeyondTolerance(NumericStatistics {
			elements: 1,
			beyond: 1,
			largest: 122_071,
		}))
	);
	assert_eq!(
		found.to_string(),
		"1 of 1 elements are beyond the tolerance, the worst by 122071 billionths"
	);
}

#[test]
fn faults_of_a_numeric_output_fail_and_faults_of_the_verifier_do_not() {
	let judge = |output: &[u8], own: &[f32]| numeric(output, &bits(own), &THRESHOLDS.numeric);
	assert_eq!(
		judge(&bytes(&[1.0]), &[1.0, 2.0]),
		Judgement::Fail(Reason::OtherLength)
	);
	assert_eq!(
		judge(&[0; 7], &[0.0; 2]),
		Judgement::Fail(Reason::OtherLength)
	);
	for wrong in [f32::NAN, f32::INFINITY, 1e10] {
		assert_eq!(
			judge(&bytes(&[1.0, wrong]), &[1.0, 2.0]),
			Judgement::Fail(Reason::NotANumber { element: 1 })
		);
		let own = judge(&bytes(&[1.0, 2.0]), &[1.0, wrong]);
		assert_eq!(own, Judgement::Inconclusive(Doubt::OwnNotANumber));
		assert_eq!(own.outcome(), None);
	}
	assert_eq!(
		judge(&[], &[]),
		Judgement::Inconclusive(Doubt::NothingToCheck)
	);
}

const GOOD: ChunkStatistics = ChunkStatistics {
	entries: 100,
	mismatched: 30,
	distance: 700,
	median: 8,
};

fn margins(positions: u32, sum: u64, large: u32) -> MarginStatistics {
	MarginStatistics {
		positions,
		lost: large,
		large,
		sum,
	}
}

fn text(chunks: &[ChunkStatistics], margins: MarginStatistics) -> Judgement {
	let observed = SampledText {
		spells_output: true,
		chunks,
		margins,
	};
	sampled_text(&observed, &THRESHOLDS.sampled_text)
}

#[test]
fn a_sampled_text_at_its_thresholds_passes_and_beyond_each_fails() {
	let drawn = margins(100, 100 << 13, 5);
	assert_eq!(text(&[GOOD, GOOD], drawn), Judgement::Pass);
	let beyond = [
		ChunkStatistics {
			mismatched: 31,
			distance: 0,
			..GOOD
		},
		ChunkStatistics {
			distance: 701,
			..GOOD
		},
		ChunkStatistics { median: 9, ..GOOD },
		ChunkStatistics {
			entries: 0,
			mismatched: 0,
			distance: 0,
			median: 0,
		},
	];
	for statistics in beyond {
		assert_eq!(
			text(&[GOOD, statistics, GOOD], drawn),
			Judgement::Fail(Reason::OtherActivations {
				failed: 1,
				chunks: 3,
				first: 1,
				statistics,
			})
		);
	}
	for drawn in [margins(100, (100 << 13) + 1, 5), margins(100, 0, 6)] {
		assert_eq!(
			text(&[GOOD], drawn),
			Judgement::Fail(Reason::OtherSampling(drawn))
		);
	}
}

#[test]
fn right_activations_do_not_save_wrong_draws_nor_the_other_way_round() {
	let wrong_draws = margins(100, 100 << 17, 60);
	let wrong_chunk = ChunkStatistics {
		mismatched: 99,
		..GOOD
	};
	assert_eq!(text(&[GOOD], wrong_draws).outcome(), Some(Outcome::Fail));
	assert_eq!(
		text(&[wrong_chunk], margins(100, 0, 0)).outcome(),
		Some(Outcome::Fail)
	);
	let other_text = SampledText {
		spells_output: false,
		chunks: &[GOOD],
		margins: margins(100, 0, 0),
	};
	assert_eq!(
		sampled_text(&other_text, &THRESHOLDS.sampled_text),
		Judgement::Fail(Reason::OtherText)
	);
}

#[test]
fn a_short_output_whose_draws_look_wrong_is_inconclusive() {
	// A large margin tells at any length.
	assert_eq!(
		text(&[GOOD], margins(15, 15 << 17, 9)).outcome(),
		Some(Outcome::Fail)
	);
	let doubt = text(&[GOOD], margins(15, 15 << 14, 0));
	assert_eq!(
		doubt,
		Judgement::Inconclusive(Doubt::TooShort {
			positions: 15,
			least: 16,
		})
	);
	assert_eq!(doubt.outcome(), None);
	assert_eq!(text(&[GOOD], margins(15, 0, 0)), Judgement::Pass);
	assert_eq!(
		text(&[], margins(0, 0, 0)),
		Judgement::Inconclusive(Doubt::NothingToCheck)
	);
	assert_eq!(
		text(&[], margins(1, 0, 0)),
		Judgement::Inconclusive(Doubt::NothingToCheck)
	);
}

#[test]
fn a_calibration_may_allow_a_share_of_chunks_to_fail() {
	let mut thresholds = THRESHOLDS.sampled_text;
	thresholds.activations.most_failed = 250_000_000;
	let bad = ChunkStatistics {
		mismatched: 100,
		..GOOD
	};
	let judge = |chunks: &[ChunkStatistics]| {
		let observed = SampledText {
			spells_output: true,
			chunks,
			margins: margins(100, 0, 0),
		};
		sampled_text(&observed, &thresholds).outcome()
	};
	assert_eq!(judge(&[GOOD, GOOD, bad, GOOD]), Some(Outcome::Pass));
	assert_eq!(judge(&[GOOD, bad, bad, GOOD]), Some(Outcome::Fail));
}

#[test]
fn a_distribution_at_its_thresholds_passes_and_beyond_each_fails() {
	let unit = |billionths: u64| ((billionths as u128) << 32).div_ceil(1_000_000_000) as u64;
	let judge = |positions: u32, divergence: u64, excess: i64| {
		let observed = DistributionStatistics {
			positions,
			divergence: divergence * u64::from(positions),
			excess: excess * i64::from(positions),
		};
		(
			distribution(true, &observed, &THRESHOLDS.distribution),
			observed,
		)
	};
	let (most, excess) = (unit(10_000_000), unit(500_000_000) as i64);
	assert_eq!(judge(64, most, excess).0, Judgement::Pass);
	assert_eq!(judge(64, most, -excess).0, Judgement::Pass);
	let (found, observed) = judge(64, most + 5, 0);
	assert_eq!(found, Judgement::Fail(Reason::OtherDistribution(observed)));
	for excess in [excess + 5, -excess - 5] {
		let (found, observed) = judge(64, most, excess);
		assert_eq!(found, Judgement::Fail(Reason::OtherDraws(observed)));
	}
	assert_eq!(
		judge(63, most + 5, 0).0,
		Judgement::Inconclusive(Doubt::TooShort {
			positions: 63,
			least: 64,
		})
	);
	assert_eq!(
		judge(0, 0, 0).0,
		Judgement::Inconclusive(Doubt::NothingToCheck)
	);
	let observed = DistributionStatistics::default();
	assert_eq!(
		distribution(false, &observed, &THRESHOLDS.distribution),
		Judgement::Fail(Reason::OtherText)
	);
}

#[test]
fn thresholds_without_a_version_and_a_calibration_are_not_calibrated() {
	assert_eq!(THRESHOLDS.check(), Ok(()));
	assert!(!THRESHOLDS.is_calibrated());
	let calibrated = Thresholds {
		version: 1,
		calibration: hash(1),
		..THRESHOLDS
	};
	assert!(calibrated.is_calibrated());
	for (version, calibration) in [(0, hash(1)), (1, H256::zero())] {
		let half = Thresholds {
			version,
			calibration,
			..THRESHOLDS
		};
		assert!(!half.is_calibrated());
	}
}

#[test]
fn thresholds_that_no_judgement_can_use_are_refused() {
	let check = |change: fn(&mut Thresholds)| {
		let mut thresholds = THRESHOLDS;
		change(&mut thresholds);
		thresholds.check()
	};
	let shares: [fn(&mut Thresholds); 4] = [
		|t| t.numeric.most_beyond = 1_000_000_001,
		|t| t.sampled_text.activations.most_mismatched = u32::MAX,
		|t| t.sampled_text.activations.most_failed = u32::MAX,
		|t| t.sampled_text.sampling.most_large = u32::MAX,
	];
	for change in shares {
		assert_eq!(check(change), Err(ThresholdError::ShareAboveOne));
	}
	assert_eq!(
		check(|t| t.sampled_text.activations.most_median = 128),
		Err(ThresholdError::MedianTooLarge)
	);
	assert_eq!(
		check(|t| t.sampled_text.sampling.clip = t.sampled_text.sampling.large),
		Err(ThresholdError::ClipTooSmall)
	);
	let rates: [fn(&mut Thresholds); 3] = [
		|t| t.numeric.rates.honest = 0,
		|t| t.sampled_text.rates.dishonest = 1_000_000_000,
		|t| t.distribution.rates.honest = t.distribution.rates.dishonest,
	];
	for change in rates {
		assert_eq!(
			check(change),
			Err(ThresholdError::Rates(SequentialError::RatesOutOfOrder))
		);
	}
}

#[test]
fn thresholds_are_the_same_in_a_file_and_in_scale() {
	let json = serde_json::to_string(&THRESHOLDS).unwrap();
	assert_eq!(
		serde_json::from_str::<Thresholds>(&json).unwrap(),
		THRESHOLDS
	);
	assert!(json.contains("\"most_mismatched\":300000000"));
	let unknown = json.replace("\"most_mean\"", "\"most_meen\"");
	assert!(serde_json::from_str::<Thresholds>(&unknown).is_err());
	let bytes = THRESHOLDS.encode();
	assert_eq!(Thresholds::decode(&mut &bytes[..]), Ok(THRESHOLDS));
	for length in 0..bytes.len() {
		assert!(Thresholds::decode(&mut &bytes[..length]).is_err());
	}
}

proptest! {
	#[test]
	fn thresholds_of_arbitrary_bytes_never_panic(
		bytes in proptest::collection::vec(any::<u8>(), 0..200),
		entries: u32,
		mismatched: u32,
		distance: u32,
		median: u8,
		positions: u32,
		sum: u64,
		excess: i64,
	) {
		if let Ok(thresholds) = Thresholds::decode(&mut &bytes[..]) {
			let _ = thresholds.check();
			let chunk = ChunkStatistics { entries, mismatched, distance, median };
			let observed = SampledText {
				spells_output: true,
				chunks: &[chunk; 3],
				margins: margins(positions, sum, mismatched),
			};
			let text = sampled_text(&observed, &thresholds.sampled_text);
			let statistics = DistributionStatistics { positions, divergence: sum, excess };
			let found = distribution(true, &statistics, &thresholds.distribution);
			prop_assert!(!text.to_string().is_empty() && !found.to_string().is_empty());
		}
	}

	#[test]
	fn verdict_types_of_arbitrary_bytes_never_panic(
		bytes in proptest::collection::vec(any::<u8>(), 0..80),
	) {
		if let Ok(judgement) = Judgement::decode(&mut &bytes[..]) {
			prop_assert!(bytes.starts_with(&judgement.encode()));
			prop_assert!(!judgement.to_string().is_empty());
		}
	}

	#[test]
	fn any_numbers_are_judged(
		output in proptest::collection::vec(any::<u8>(), 0..40),
		own in proptest::collection::vec(any::<u32>(), 0..10),
		tolerance: u64,
	) {
		let thresholds = NumericThresholds { tolerance, ..THRESHOLDS.numeric };
		let judged = numeric(&output, &own, &thresholds);
		prop_assert_eq!(judged == Judgement::Fail(Reason::OtherLength), output.len() != 4 * own.len());
	}
}
