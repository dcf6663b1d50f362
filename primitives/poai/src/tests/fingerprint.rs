use super::splitmix;
use crate::{
	fingerprint::{
		binding, compare, field, Candidate, ChunkStatistics, Fingerprint, FingerprintError, Layout,
		Selection, Selector, CHUNK_TOKENS, LEAST_ENTRIES, MAX_ENTRIES,
	},
	float::bf16_from_f32,
};
use proptest::prelude::*;
use sp_core::H256;

pub const HIDDEN: u32 = 48;

pub fn hash(byte: u8) -> H256 {
	H256::repeat_byte(byte)
}

/// The hidden states of a model for an output: numbers with heavy tails, as a last norm gives.
pub fn states(model: u64, tokens: u32, hidden: u32) -> Vec<Vec<f32>> {
	let mut state = model.wrapping_mul(0x5851_f42d_4c95_7f2d) + 1;
	let mut number = || {
		let uniform = (splitmix(&mut state) >> 11) as f32 / (1u64 << 53) as f32 * 2.0 - 1.0;
		uniform * uniform * uniform * 9.0
	};
	(0..tokens)
		.map(|_| (0..hidden).map(|_| number()).collect())
		.collect()
}

/// The same states as other hardware gives them: each number off by up to `relative` of itself.
pub fn noisy(states: &[Vec<f32>], relative: f32, seed: u64) -> Vec<Vec<f32>> {
	let mut state = seed;
	states
		.iter()
		.map(|numbers| {
			numbers
				.iter()
				.map(|number| {
					let uniform = (splitmix(&mut state) >> 40) as f32 / (1 << 24) as f32;
					number * (1.0 + relative * (2.0 * uniform - 1.0))
				})
				.collect()
		})
		.collect()
}

pub fn select(states: &[Vec<f32>]) -> Selection {
	let hidden = states.first().map_or(HIDDEN, |state| state.len() as u32);
	let mut selector = Selector::new(hidden).expect("in range");
	for state in states {
		selector
			.push(state.iter().map(|number| number.to_bits()))
			.expect("finite");
	}
	selector.finish().expect("in range")
}

pub fn the_binding() -> H256 {
	binding(&hash(1), &hash(2), &[1, 2, 3], &[4, 5, 6])
}

/// A first guess of what passes; the calibration replaces it.
pub fn passes(chunk: &ChunkStatistics) -> bool {
	chunk.mismatched_share() <= 300_000_000
		&& chunk.mean().is_some_and(|mean| mean <= 10_000)
		&& chunk.median <= 8
}

/// How an honest fingerprint of `states` reads against a verifier's `own` states.
fn read(states: &[Vec<f32>], own: &[Vec<f32>]) -> Vec<ChunkStatistics> {
	let fingerprint = Fingerprint::new(&the_binding(), &select(states));
	compare(&the_binding(), &fingerprint, &select(own)).expect("one layout")
}

#[test]
fn a_fingerprint_takes_at_most_8_06_bytes_a_token_from_17_tokens_on() {
	for hidden in [4, 384, 576, 4_096, 1 << 17] {
		for tokens in 0..=20_000u32 {
			let length = Layout::new(tokens, hidden).unwrap().encoded_length() as u64;
			let expected = match tokens {
				0 => 1,
				1..8 => 1 + 2 * u64::from(LEAST_ENTRIES.min(tokens * hidden)),
				_ => 1 + 8 * u64::from(tokens),
			};
			assert_eq!(length, expected, "{tokens} tokens of width {hidden}");
			let within = 100 * length <= 806 * u64::from(tokens);
			assert_eq!(within, tokens >= 17 || (tokens > 0 && length == 1));
		}
	}
}

#[test]
fn the_bytes_of_a_fingerprint_are_as_many_as_its_layout_says() {
	for tokens in [0, 1, 7, 8, 17, 31, 32, 33, 63, 64, 65, 100, 131] {
		let selection = select(&states(1, tokens, HIDDEN));
		let fingerprint = Fingerprint::new(&the_binding(), &selection);
		let bytes = fingerprint.encode();
		assert_eq!(bytes.len(), selection.layout().encoded_length());
		let decoded = Fingerprint::decode(&bytes, selection.layout());
		assert_eq!(decoded, Ok(fingerprint));
	}
}

#[test]
fn every_token_is_in_one_chunk_and_no_chunk_but_an_only_one_is_short() {
	for tokens in 0..=500 {
		let layout = Layout::new(tokens, HIDDEN).unwrap();
		let chunks: Vec<u32> = (0..layout.chunks())
			.map(|chunk| layout.chunk_tokens(chunk))
			.collect();
		assert_eq!(chunks.iter().sum::<u32>(), tokens);
		assert!(chunks.len() < 2 || chunks.iter().all(|own| (CHUNK_TOKENS..64).contains(own)));
		for chunk in 0..layout.chunks() {
			assert!(layout.entries(chunk) <= MAX_ENTRIES);
		}
		assert_eq!(layout.chunk_tokens(layout.chunks()), 0);
	}
}

#[test]
fn a_layout_outside_the_domain_is_refused() {
	assert_eq!(Layout::new(1, 0), Err(FingerprintError::HiddenOutOfRange));
	assert_eq!(
		Layout::new(1, (1 << 17) + 1),
		Err(FingerprintError::HiddenOutOfRange)
	);
	assert_eq!(
		Layout::new((1 << 24) + 1, 1),
		Err(FingerprintError::TooManyTokens)
	);
	let widest = Layout::new(1 << 24, 1 << 17).unwrap();
	assert_eq!(widest.encoded_length(), 1 + (8 << 24));
}

#[test]
fn the_selection_is_the_largest_numbers_in_order() {
	for tokens in [1, 5, 32, 40, 70] {
		let states = states(3, tokens, HIDDEN);
		let selection = select(&states);
		let layout = selection.layout();
		let mut first = 0;
		for chunk in 0..layout.chunks() {
			let own = &states[first..first + layout.chunk_tokens(chunk) as usize];
			first += own.len();
			let mut all: Vec<Candidate> = (0..)
				.zip(own.iter().flatten())
				.map(|(index, number)| Candidate {
					index,
					value: bf16_from_f32(number.to_bits()).unwrap(),
				})
				.collect();
			all.sort_by_key(|candidate| (u16::MAX - (candidate.value & 0x7fff), candidate.index));
			all.truncate(selection.chunks[chunk as usize].len());
			assert_eq!(selection.chunks[chunk as usize], all);
			assert!(all.len() >= layout.entries(chunk) as usize);
		}
	}
}

#[test]
fn an_honest_fingerprint_on_the_same_hardware_has_no_distance() {
	for tokens in [1, 8, 33, 64, 95] {
		let states = states(1, tokens, HIDDEN);
		for chunk in read(&states, &states) {
			assert_eq!(
				(chunk.mismatched, chunk.distance, chunk.median),
				(0, 0, 0),
				"{tokens} tokens"
			);
		}
	}
}

#[test]
fn the_noise_of_other_hardware_passes_and_another_model_does_not() {
	for tokens in [8, 33, 95] {
		let own = states(1, tokens, HIDDEN);
		for seed in 0..5 {
			// Two units in the last place of bfloat16.
			let chunks = read(&own, &noisy(&own, 0.008, seed));
			assert!(chunks.iter().all(passes), "{chunks:?}");
		}
		let other = read(&states(2, tokens, HIDDEN), &own);
		assert!(!other.iter().any(passes), "{other:?}");
		// A model whose numbers are right in size and wrong by a quarter.
		let rough = read(&noisy(&own, 0.25, 9), &own);
		assert!(!rough.iter().any(passes), "{rough:?}");
	}
}

#[test]
fn numbers_on_both_sides_of_a_power_of_two_are_near_each_other() {
	let own = vec![vec![2.0f32; 40]; 8];
	let below = vec![vec![1.992f32; 40]; 8];
	let [chunk] = read(&below, &own)[..] else {
		panic!("one chunk");
	};
	assert_eq!((chunk.mismatched, chunk.median), (0, 1));
}

#[test]
fn half_precision_and_bfloat16_states_give_the_fingerprint_of_their_values() {
	use crate::float::{f32_from_bf16, f32_from_f16};
	let words: Vec<u16> = (0..96u16).map(|word| 0x3c00 + 37 * word).collect();
	let of = |convert: fn(u16) -> u32| {
		let mut selector = Selector::new(48).unwrap();
		for state in words.chunks(48) {
			selector
				.push(state.iter().map(|word| convert(*word)))
				.unwrap();
		}
		selector.finish().unwrap()
	};
	for (found, convert) in [
		(of(f32_from_f16), f32_from_f16 as fn(u16) -> u32),
		(of(f32_from_bf16), f32_from_bf16),
	] {
		let numbers: Vec<Vec<f32>> = words
			.chunks(48)
			.map(|state| {
				state
					.iter()
					.map(|word| f32::from_bits(convert(*word)))
					.collect()
			})
			.collect();
		assert_eq!(found, select(&numbers));
	}
}

#[test]
fn states_that_are_not_finite_or_of_another_width_are_refused() {
	let push = |numbers: &[f32]| {
		Selector::new(2)
			.unwrap()
			.push(numbers.iter().map(|number| number.to_bits()))
	};
	for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
		assert_eq!(push(&[0.0, wrong]), Err(FingerprintError::NotFinite));
	}
	assert_eq!(push(&[1.0]), Err(FingerprintError::WrongWidth));
	assert_eq!(push(&[1.0; 3]), Err(FingerprintError::WrongWidth));
	assert_eq!(push(&[-0.0, 0.0]), Ok(()));
}

#[test]
fn outputs_of_different_length_or_width_are_not_compared() {
	let fingerprint = Fingerprint::new(&the_binding(), &select(&states(1, 40, HIDDEN)));
	for other in [states(1, 41, HIDDEN), states(1, 40, HIDDEN + 1)] {
		assert_eq!(
			compare(&the_binding(), &fingerprint, &select(&other)),
			Err(FingerprintError::DifferentLayout)
		);
	}
}

#[test]
fn the_root_changes_with_every_chunk_and_their_order() {
	let fingerprint = Fingerprint::new(&the_binding(), &select(&states(1, 96, HIDDEN)));
	let root = fingerprint.chunks_root();
	for chunk in 0..3 {
		let mut changed = fingerprint.clone();
		changed.chunks[chunk][5] ^= 1;
		assert_ne!(changed.chunks_root(), root);
	}
	let mut swapped = fingerprint.clone();
	swapped.chunks.swap(0, 1);
	assert_ne!(swapped.chunks_root(), root);
}

/// Fixed bytes, computed by another program from the specification alone.
#[test]
fn the_encoding_of_fixed_states_is_fixed() {
	let numbers: Vec<Vec<f32>> = vec![(0..4).map(|index| 1.5 - index as f32).collect()];
	let bytes = Fingerprint::new(&the_binding(), &select(&numbers)).encode();
	assert_eq!(bytes, ENCODED);
}

const ENCODED: [u8; 9] = [1, 17, 254, 130, 5, 98, 21, 24, 228];

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn an_interpolation_goes_through_its_points(
		points in proptest::collection::btree_map(0..field::ORDER, 0..field::ORDER, 0..60),
	) {
		let points: Vec<(u16, u16)> = points.into_iter().collect();
		let coefficients = field::interpolate(&points).unwrap();
		prop_assert_eq!(coefficients.len(), points.len());
		for (place, value) in &points {
			prop_assert_eq!(field::evaluate(&coefficients, *place), *value);
		}
		if let Some(&(place, value)) = points.first() {
			let mut twice = points.clone();
			twice.push((place, value ^ 1));
			prop_assert_eq!(field::interpolate(&twice), None);
		}
		prop_assert_eq!(field::interpolate(&[(field::ORDER, 0)]), None);
	}

	#[test]
	fn arbitrary_bytes_are_refused_or_read_and_never_panic(
		bytes in proptest::collection::vec(any::<u8>(), 0..400),
		tokens in 0u32..70,
		hidden in 1u32..80,
	) {
		let layout = Layout::new(tokens, hidden).unwrap();
		if let Ok(fingerprint) = Fingerprint::decode(&bytes, layout) {
			prop_assert_eq!(fingerprint.encode(), bytes);
		}
	}

	#[test]
	fn bytes_of_the_right_length_are_read_and_never_pass(
		seed: u64,
		tokens in 1u32..70,
	) {
		let layout = Layout::new(tokens, HIDDEN).unwrap();
		let mut state = seed;
		let mut bytes = vec![1u8];
		while bytes.len() < layout.encoded_length() {
			bytes.extend(field::reduce(splitmix(&mut state)).to_be_bytes());
		}
		let fingerprint = Fingerprint::decode(&bytes, layout).unwrap();
		let own = select(&states(1, tokens, HIDDEN));
		let chunks = compare(&the_binding(), &fingerprint, &own).unwrap();
		prop_assert!(!chunks.iter().any(passes));
	}

	#[test]
	fn a_changed_encoding_is_another_fingerprint_or_refused(
		tokens in 1u32..40,
		place: prop::sample::Index,
		bit in 0u8..8,
		cut in 0usize..4,
	) {
		let selection = select(&states(1, tokens, 8));
		let layout = selection.layout();
		let fingerprint = Fingerprint::new(&the_binding(), &selection);
		let mut bytes = fingerprint.encode();
		prop_assert_eq!(
			Fingerprint::decode(&bytes[..bytes.len() - 1 - cut.min(bytes.len() - 1)], layout).is_ok(),
			false
		);
		bytes.push(0);
		prop_assert_eq!(
			Fingerprint::decode(&bytes, layout),
			Err(FingerprintError::WrongLength)
		);
		bytes.pop();
		let place = place.index(bytes.len());
		bytes[place] ^= 1 << bit;
		match Fingerprint::decode(&bytes, layout) {
			Ok(other) => {
				prop_assert_ne!(&other, &fingerprint);
				prop_assert_eq!(other.encode(), bytes);
			}
			Err(FingerprintError::UnknownVersion) => prop_assert_eq!(place, 0),
			Err(error) => prop_assert_eq!(error, FingerprintError::NotCanonical),
		}
	}

	#[test]
	fn any_finite_states_read_as_themselves(
		states in (1u32..40, 1u32..20).prop_flat_map(|(tokens, hidden)| {
			let number = any::<f32>().prop_filter("fits bfloat16", |number| {
				bf16_from_f32(number.to_bits()).is_ok()
			});
			let state = proptest::collection::vec(number, hidden as usize);
			proptest::collection::vec(state, tokens as usize)
		}),
	) {
		for chunk in read(&states, &states) {
			prop_assert_eq!((chunk.mismatched, chunk.distance), (0, 0));
		}
	}
}
