//! Bonds, exposure, slashes and quality.

use crate::{
	reference,
	strategies::{magnitude, magnitude_or_zero},
};
use aci_market::{
	stake::{exposure_limit, quality_update, slash_amount, worker_bond_required},
	Offence, QualityRules, SlashTable, StakeRules, ACI, PARTS_PER_BILLION, PARTS_PER_MILLION,
};
use num_bigint::BigInt;
use proptest::prelude::*;

const OFFENCES: [Offence; 7] = [
	Offence::WrongOutput,
	Offence::InvalidAttestation,
	Offence::Timeout,
	Offence::QualityBelowThreshold,
	Offence::Sybil,
	Offence::FalseVerdict,
	Offence::VerifierAbsence,
];

fn any_table() -> impl Strategy<Value = SlashTable> {
	let share = || prop_oneof![6 => 0..=PARTS_PER_BILLION, 1 => any::<u32>()];
	let paper = (share(), share(), share(), share(), share());
	(paper, share(), share()).prop_map(|(paper, false_verdict, verifier_absence)| {
		let (wrong_output, invalid_attestation, timeout, quality_below_threshold, sybil) = paper;
		SlashTable {
			wrong_output,
			invalid_attestation,
			timeout,
			quality_below_threshold,
			sybil,
			false_verdict,
			verifier_absence,
		}
	})
}

fn any_rules() -> impl Strategy<Value = StakeRules> {
	let amount = || magnitude_or_zero(u128::MAX);
	(amount(), amount(), amount()).prop_map(|(base, per_slot, per_tflops_slot)| StakeRules {
		worker_base: base,
		worker_per_slot: per_slot,
		worker_per_tflops_slot: per_tflops_slot,
		..StakeRules::default()
	})
}

fn score() -> impl Strategy<Value = u32> {
	prop_oneof![1 => Just(0), 1 => Just(PARTS_PER_MILLION), 6 => 0..=PARTS_PER_MILLION]
}

proptest! {
	#[test]
	fn a_slash_is_the_exact_share_rounded_up_and_at_most_the_bond(
		bond in magnitude_or_zero(u128::MAX),
		table in any_table(),
	) {
		for offence in OFFENCES {
			let slash = table.amount(bond, offence);
			prop_assert!(slash <= bond);
			let share = reference::fraction(table.share(offence), PARTS_PER_BILLION);
			prop_assert_eq!(Some(slash), reference::ceil(&(reference::whole(bond) * share)));
			prop_assert_eq!(slash == 0, bond == 0 || table.share(offence) == 0);
			prop_assert!(slash_amount(bond, offence) <= bond);
		}
	}

	#[test]
	fn the_exposure_limit_is_the_bond_over_4_2_rounded_down(bond in magnitude_or_zero(u128::MAX)) {
		let exact = reference::whole(bond) * reference::fraction(10, 42);
		prop_assert_eq!(Some(exposure_limit(bond)), reference::floor(&exact));
	}

	#[test]
	fn a_worker_bond_is_the_sum_of_its_three_terms_rounded_up(
		rules in prop_oneof![Just(StakeRules::default()), any_rules()],
		slots in any::<u32>(),
		small_slots in 0u32..1_000,
		peak in magnitude_or_zero(u128::from(u64::MAX)),
	) {
		for slots in [slots, small_slots] {
			let speed = reference::fraction(
				BigInt::from(rules.worker_per_tflops_slot) * BigInt::from(slots) * BigInt::from(peak),
				1_000_000_000_000u64,
			);
			let exact = speed.ceil().to_integer()
				+ BigInt::from(rules.worker_base)
				+ BigInt::from(rules.worker_per_slot) * BigInt::from(slots);
			let expected = u128::try_from(exact).unwrap_or(u128::MAX);
			prop_assert_eq!(worker_bond_required(&rules, slots, peak as u64), expected);
		}
	}

	#[test]
	fn a_worker_bond_never_falls_when_slots_or_speed_grow(
		rules in any_rules(),
		slots in any::<(u32, u32)>(),
		peak in any::<(u64, u64)>(),
	) {
		let least = worker_bond_required(&rules, slots.0.min(slots.1), peak.0.min(peak.1));
		let most = worker_bond_required(&rules, slots.0.max(slots.1), peak.0.max(peak.1));
		prop_assert!(least <= most);
	}

	#[test]
	fn quality_moves_toward_the_result_and_stays_between(
		quality in score(),
		result in score(),
		weight in score(),
	) {
		let rules = QualityRules { weight, ..QualityRules::default() };
		let after = rules.update(quality, result);
		prop_assert!(after >= quality.min(result) && after <= quality.max(result));
		if quality != result && weight > 0 {
			prop_assert_ne!(after, quality);
		}
		let share = reference::fraction(weight, PARTS_PER_MILLION);
		let exact = reference::whole(result) * &share
			+ reference::whole(quality) * (reference::whole(1) - share);
		let error = reference::whole(after) - exact;
		prop_assert!(error > reference::whole(-1) && error < reference::whole(1));
	}

	#[test]
	fn quality_is_monotone_in_the_old_score_and_in_the_result(
		scores in (score(), score()),
		results in (score(), score()),
		weight in score(),
	) {
		let rules = QualityRules { weight, ..QualityRules::default() };
		let low = rules.update(scores.0.min(scores.1), results.0.min(results.1));
		let high = rules.update(scores.0.max(scores.1), results.0.max(results.1));
		prop_assert!(low <= high);
	}

	#[test]
	fn absence_moves_toward_the_neutral_start_and_not_below_the_threshold(quality in score()) {
		let rules = QualityRules::default();
		let after = rules.absence(quality);
		let neutral = rules.neutral_start;
		prop_assert!(after.abs_diff(neutral) <= quality.abs_diff(neutral));
		prop_assert!(after >= quality.min(rules.threshold));
	}

	#[test]
	fn scores_above_one_million_count_as_one_million(quality in any::<u32>(), result in any::<u32>()) {
		let capped = quality_update(quality.min(PARTS_PER_MILLION), result.min(PARTS_PER_MILLION));
		prop_assert_eq!(quality_update(quality, result), capped);
	}

	#[test]
	fn splitting_a_bond_never_lowers_its_slash_and_joining_exposures_never_lowers_the_limit(
		one in magnitude(u128::MAX / 2),
		other in magnitude(u128::MAX / 2),
	) {
		for offence in OFFENCES {
			let parts = slash_amount(one, offence) + slash_amount(other, offence);
			prop_assert!(parts >= slash_amount(one + other, offence));
		}
		prop_assert!(exposure_limit(one) + exposure_limit(other) <= exposure_limit(one + other));
	}
}

#[test]
fn the_defaults_are_the_papers() {
	let rules = StakeRules::default();
	assert_eq!(rules.validator_bond, 100_000 * ACI);
	assert_eq!(rules.verifier_bond, 50_000 * ACI);
	assert_eq!(rules.liquidity_minimum, 1_000 * ACI);
	assert_eq!(worker_bond_required(&rules, 0, 0), 10_000 * ACI);
	assert_eq!(worker_bond_required(&rules, 1, 0), 11_000 * ACI);
	assert_eq!(
		worker_bond_required(&rules, 2, 1_500_000_000_000),
		12_003 * ACI
	);
	let bond = 1_000 * ACI;
	let slashes = OFFENCES.map(|offence| slash_amount(bond, offence) / ACI);
	assert_eq!(slashes, [1_000, 500, 100, 50, 1_000, 1_000, 10]);
}

#[test]
fn a_repeated_result_is_reached() {
	for result in [0, 1, 499_999, PARTS_PER_MILLION] {
		let mut quality = QualityRules::default().neutral_start;
		for _ in 0..300 {
			quality = quality_update(quality, result);
		}
		assert_eq!(quality, result);
	}
}

#[test]
fn a_low_score_is_an_offence_only_after_enough_judged_jobs() {
	let rules = QualityRules::default();
	assert!(!rules.is_offence(499_999, 19));
	assert!(rules.is_offence(499_999, 20));
	assert!(!rules.is_offence(500_000, 20));
}

#[test]
fn misgoverned_neutral_start_below_the_threshold_does_not_make_absence_an_offence() {
	let rules = QualityRules {
		neutral_start: 100_000,
		..QualityRules::default()
	};
	assert_eq!(rules.absence(510_000), 500_000);
	assert_eq!(rules.absence(500_000), 500_000);
}
