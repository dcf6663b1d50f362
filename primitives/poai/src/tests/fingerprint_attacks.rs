//! One test for each known way to make a fingerprint that is not of the ordered model's states.

use super::fingerprint::{hash, noisy, passes, select, states, the_binding, HIDDEN};
use crate::{
	fingerprint::{
		binding, compare, field, ChunkStatistics, Fingerprint, FingerprintError, Layout, Selection,
	},
	float::bf16_from_f32,
};
use proptest::prelude::*;
use sp_core::H256;

const TOKENS: u32 = 64;

fn own() -> Selection {
	select(&states(1, TOKENS, HIDDEN))
}

fn read(fingerprint: &Fingerprint) -> Vec<ChunkStatistics> {
	compare(&the_binding(), fingerprint, &own()).expect("one layout")
}

fn from_coefficients(coefficient: impl Fn(usize) -> u16) -> Fingerprint {
	let layout = Layout::new(TOKENS, HIDDEN).expect("in range");
	let mut bytes = vec![1];
	for index in 0..(layout.encoded_length() - 1) / 2 {
		bytes.extend(coefficient(index).to_be_bytes());
	}
	Fingerprint::decode(&bytes, layout).expect("canonical")
}

/// Nearly all entries mismatch: what chance gives.
fn assert_chance(chunks: &[ChunkStatistics], name: &str) {
	for chunk in chunks {
		assert!(chunk.mismatched_share() > 900_000_000, "{name}: {chunk:?}");
		assert!(!passes(chunk), "{name}: {chunk:?}");
	}
}

#[test]
fn the_zero_polynomial_matches_nothing() {
	assert_chance(&read(&from_coefficients(|_| 0)), "zero");
}

#[test]
fn no_constant_polynomial_matches() {
	// Every constant near a likely number, of both signs, unmasked.
	let likely = bf16_from_f32(8.0f32.to_bits()).expect("finite");
	for constant in (likely - 8..likely + 8).chain([32_640 + likely, 1, 65_520]) {
		let constant = |index| if index % 128 == 0 { constant } else { 0 };
		assert_chance(&read(&from_coefficients(constant)), "constant");
	}
}

#[test]
fn no_low_degree_polynomial_matches() {
	for degree in [1, 2, 5] {
		let fingerprint = from_coefficients(|index| if index % 128 <= degree { 17 } else { 0 });
		assert_chance(&read(&fingerprint), "low degree");
	}
}

#[test]
fn a_null_proof_of_the_old_kind_is_refused_or_matches_nothing() {
	// A zero modulus in front of zero coefficients: here there is no modulus, the version is zero.
	let layout = Layout::new(TOKENS, HIDDEN).expect("in range");
	let null = vec![0; layout.encoded_length()];
	assert_eq!(
		Fingerprint::decode(&null, layout),
		Err(FingerprintError::UnknownVersion)
	);
}

#[test]
fn a_coefficient_outside_the_field_is_refused() {
	let layout = Layout::new(TOKENS, HIDDEN).expect("in range");
	let valid = from_coefficients(|_| 0).encode();
	for coefficient in field::ORDER..=u16::MAX {
		let mut bytes = valid.clone();
		bytes[1..3].copy_from_slice(&coefficient.to_be_bytes());
		assert_eq!(
			Fingerprint::decode(&bytes, layout),
			Err(FingerprintError::NotCanonical)
		);
	}
}

#[test]
fn a_genuine_fingerprint_under_another_binding_matches_nothing() {
	let (job, model) = (hash(1), hash(2));
	let (prompt, output) = ([1u32, 2, 3], [4u32, 5, 6]);
	let others: [(&str, H256); 7] = [
		("job", binding(&hash(9), &model, &prompt, &output)),
		("model", binding(&job, &hash(9), &prompt, &output)),
		("prompt", binding(&job, &model, &[1, 2, 4], &output)),
		("output", binding(&job, &model, &prompt, &[4, 5, 7])),
		("longer", binding(&job, &model, &prompt, &[4, 5, 6, 6])),
		("moved", binding(&job, &model, &[1, 2], &[3, 4, 5, 6])),
		("swapped", binding(&model, &job, &prompt, &output)),
	];
	for (name, other) in others {
		assert_chance(&read(&Fingerprint::new(&other, &own())), name);
	}
}

#[test]
fn chunks_in_another_order_match_nothing() {
	let mut fingerprint = Fingerprint::new(&the_binding(), &own());
	fingerprint.chunks.swap(0, 1);
	assert_chance(&read(&fingerprint), "swapped chunks");
}

#[test]
fn chunks_of_the_same_states_do_not_stand_for_each_other() {
	let half = states(1, 32, HIDDEN);
	let twice = select(&[half.clone(), half].concat());
	let mut fingerprint = Fingerprint::new(&the_binding(), &twice);
	assert_ne!(fingerprint.chunks[0], fingerprint.chunks[1]);
	fingerprint.chunks.swap(0, 1);
	let chunks = compare(&the_binding(), &fingerprint, &twice).expect("one layout");
	assert_chance(&chunks, "swapped twins");
}

#[test]
fn turned_signs_match_nothing() {
	let mut turned = states(1, TOKENS, HIDDEN);
	for number in turned.iter_mut().flatten() {
		*number = -*number;
	}
	let fingerprint = Fingerprint::new(&the_binding(), &select(&turned));
	for chunk in read(&fingerprint) {
		assert!(chunk.mismatched_share() > 980_000_000, "{chunk:?}");
	}
}

#[test]
fn entries_that_are_left_out_mismatch() {
	// The worker knows half of the states and commits to nothing in the other half.
	let mut half = states(1, TOKENS, HIDDEN);
	for number in half.iter_mut().skip(1).step_by(2).flatten() {
		*number = 0.0;
	}
	let fingerprint = Fingerprint::new(&the_binding(), &select(&half));
	for chunk in read(&fingerprint) {
		assert!(chunk.mismatched_share() > 350_000_000, "{chunk:?}");
		assert!(!passes(&chunk));
	}
}

#[test]
fn a_typical_number_everywhere_does_not_match() {
	// The worker knows no state, but that the largest numbers are near 8 of either sign.
	let guess: Vec<Vec<f32>> = (0..TOKENS).map(|_| vec![8.0; HIDDEN as usize]).collect();
	let fingerprint = Fingerprint::new(&the_binding(), &select(&guess));
	for chunk in read(&fingerprint) {
		assert!(!passes(&chunk), "{chunk:?}");
	}
}

#[test]
fn knowing_where_the_largest_numbers_are_does_not_match_without_their_values() {
	let mut guess = states(1, TOKENS, HIDDEN);
	for number in guess.iter_mut().flatten() {
		*number = number.signum() * if number.abs() > 3.0 { 7.0 } else { 0.0 };
	}
	let fingerprint = Fingerprint::new(&the_binding(), &select(&guess));
	for chunk in read(&fingerprint) {
		assert!(!passes(&chunk), "{chunk:?}");
	}
}

#[test]
fn the_first_chunk_of_the_right_model_does_not_carry_the_others() {
	let mut mixed = states(1, TOKENS, HIDDEN);
	mixed.splice(32.., states(2, 32, HIDDEN));
	let chunks = read(&Fingerprint::new(&the_binding(), &select(&mixed)));
	assert!(passes(&chunks[0]));
	assert!(!passes(&chunks[1]));
}

#[test]
fn entries_that_share_a_place_still_give_a_fingerprint_that_reads_well() {
	// Wide chunks of 252 entries: in most of these bindings two entries share a place.
	let states = states(1, 63, 64);
	let selection = select(&states);
	for byte in 0..20 {
		let binding = binding(&hash(byte), &hash(2), &[], &[]);
		let fingerprint = Fingerprint::new(&binding, &selection);
		let own = select(&noisy(&states, 0.008, u64::from(byte)));
		let chunks = compare(&binding, &fingerprint, &own).expect("one layout");
		assert!(chunks.iter().all(passes), "{chunks:?}");
		assert_eq!(chunks[0].entries, 252);
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn a_fingerprint_of_another_job_model_or_text_never_passes(
		job: [u8; 32],
		model: [u8; 32],
		prompt in proptest::collection::vec(any::<u32>(), 0..5),
		output in proptest::collection::vec(any::<u32>(), 0..5),
		tokens in 1u32..66,
	) {
		let selection = select(&states(1, tokens, HIDDEN));
		let other = binding(&H256(job), &H256(model), &prompt, &output);
		prop_assume!(other != the_binding());
		let fingerprint = Fingerprint::new(&other, &selection);
		let chunks = compare(&the_binding(), &fingerprint, &selection).unwrap();
		prop_assert!(!chunks.iter().any(passes));
		// The same states under the own binding do.
		let chunks = compare(&other, &fingerprint, &selection).unwrap();
		prop_assert!(chunks.iter().all(passes));
	}
}
