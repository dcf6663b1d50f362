//! The choice of a worker.

use aci_market::{
	matching::{draw_weighted, rank},
	Candidate, PARTS_PER_MILLION,
};
use num_bigint::BigUint;
use proptest::{collection::vec, prelude::*};

fn any_candidate() -> impl Strategy<Value = Candidate> {
	let amount = || prop_oneof![1 => Just(0u64), 6 => 0u64..16_000, 1 => any::<u64>()];
	let quality = prop_oneof![1 => Just(0u32), 6 => 0..=PARTS_PER_MILLION, 1 => any::<u32>()];
	let penalty = prop_oneof![4 => Just(0u32), 3 => 0u32..5, 1 => any::<u32>()];
	(
		any::<[u8; 32]>(),
		quality,
		amount(),
		amount(),
		any::<u64>(),
		penalty,
		any::<[u8; 32]>(),
	)
		.prop_map(
			|(key, quality, load, capacity, eta_ms, rank_penalty, tie)| Candidate {
				key,
				quality,
				load,
				capacity,
				eta_ms,
				rank_penalty,
				tie,
			},
		)
}

fn candidate(quality: u32, load: u64, capacity: u64) -> Candidate {
	Candidate {
		key: [0; 32],
		quality,
		load,
		capacity,
		eta_ms: 0,
		rank_penalty: 0,
		tie: [0; 32],
	}
}

/// A fixed sequence of evenly spread hashes, made by the mixing function SplitMix64.
fn hash(seed: u64) -> [u8; 32] {
	let mut bytes = [0; 32];
	for (lane, chunk) in bytes.chunks_mut(8).enumerate() {
		let mut z = (seed * 4 + lane as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes());
	}
	bytes
}

fn to_hash(value: &BigUint) -> [u8; 32] {
	let bytes = value.to_bytes_be();
	let mut hash = [0; 32];
	hash[32 - bytes.len()..].copy_from_slice(&bytes);
	hash
}

proptest! {
	#[test]
	fn a_draw_names_a_candidate_of_weight_above_zero_or_none_when_there_is_none(
		job_hash in any::<[u8; 32]>(),
		candidates in vec(any_candidate(), 0..20),
	) {
		match draw_weighted(&job_hash, &candidates) {
			Some(place) => prop_assert!(candidates[place].weight() > 0),
			None => prop_assert!(candidates.iter().all(|c| c.weight() == 0)),
		}
	}

	/// The hashes that draw a candidate are one interval whose length is its exact share of 2^256:
	/// the first and the last hash of each interval are tried.
	#[test]
	fn each_candidate_is_drawn_by_its_exact_share_of_all_hashes(
		candidates in vec(any_candidate(), 1..12),
	) {
		let all_hashes = BigUint::from(1u8) << 256;
		let total: u128 = candidates.iter().map(Candidate::weight).sum();
		let mut below = 0u128;
		for (place, candidate) in candidates.iter().enumerate().filter(|(_, c)| c.weight() > 0) {
			// The first hash at or above the weight's share.
			let bound = |weight: u128| -> BigUint {
				(BigUint::from(weight) * &all_hashes + (total - 1)) / total
			};
			let first = bound(below);
			below += candidate.weight();
			let last = bound(below) - 1u8;
			prop_assert_eq!(draw_weighted(&to_hash(&first), &candidates), Some(place));
			prop_assert_eq!(draw_weighted(&to_hash(&last), &candidates), Some(place));
		}
	}

	#[test]
	fn a_weight_is_zero_only_without_quality_or_free_capacity(candidate in any_candidate()) {
		let none = candidate.quality == 0 || candidate.load >= candidate.capacity;
		prop_assert_eq!(candidate.weight() == 0, none);
		prop_assert!(candidate.weight() < 1 << 84);
	}

	#[test]
	fn a_ranking_names_every_candidate_once(candidates in vec(any_candidate(), 0..20)) {
		let mut places = rank(&candidates);
		places.sort_unstable();
		prop_assert_eq!(places, (0..candidates.len()).collect::<Vec<_>>());
	}

	#[test]
	fn a_ranking_does_not_depend_on_the_order_of_the_slice(
		mut candidates in vec(any_candidate(), 0..20),
		by in any::<usize>(),
	) {
		let ranked = |list: &[Candidate]| -> Vec<Candidate> {
			rank(list).into_iter().map(|place| list[place]).collect()
		};
		let before = ranked(&candidates);
		candidates.reverse();
		let middle = by % candidates.len().max(1);
		candidates.rotate_left(middle);
		prop_assert_eq!(before, ranked(&candidates));
	}

	#[test]
	fn no_candidate_is_ranked_above_one_that_is_better_in_every_way(
		better in any_candidate(),
		less_quality in 0u32..3,
		more_load in 0u64..3,
		more_penalty in 0u32..3,
	) {
		let worse = Candidate {
			quality: better.quality.min(PARTS_PER_MILLION).saturating_sub(less_quality),
			load: better.load.saturating_add(more_load),
			rank_penalty: better.rank_penalty.saturating_add(more_penalty),
			..better
		};
		let counted = |c: &Candidate| {
			(c.quality.min(PARTS_PER_MILLION), c.load.min(c.capacity), c.rank_penalty)
		};
		if counted(&better) != counted(&worse) {
			prop_assert_eq!(rank(&[worse, better]), vec![1, 0]);
			prop_assert!(worse.weight() <= better.weight());
		}
	}
}

#[test]
fn draws_are_in_proportion_to_quality_and_free_capacity() {
	let mut fallen = candidate(900_000, 0, 8_000);
	fallen.rank_penalty = 2;
	let candidates = [
		candidate(1_000_000, 0, 8_000),
		candidate(500_000, 0, 8_000),
		candidate(1_000_000, 6_000, 8_000),
		candidate(1_000_000, 8_000, 8_000),
		candidate(0, 0, 8_000),
		fallen,
	];
	let weights = candidates.map(|c| c.weight() as i128);
	assert_eq!(weights.map(|w| w / 100_000_000), [80, 40, 20, 0, 0, 24]);
	let total: i128 = weights.iter().sum();
	let draws = 200_000;
	let mut counts = [0i128; 6];
	for seed in 0..draws {
		counts[draw_weighted(&hash(seed), &candidates).unwrap()] += 1;
	}
	let draws = i128::from(draws);
	for (count, weight) in counts.into_iter().zip(weights) {
		// Within five standard deviations of the binomial: (c − n·p)² ≤ 25·n·p·(1 − p), times
		// total². The hashes are fixed, so the test passes always or never.
		let distance = count * total - draws * weight;
		assert!(
			distance * distance <= 25 * draws * weight * (total - weight),
			"{count} draws for weight {weight} of {total}",
		);
	}
}

#[test]
fn nobody_is_always_first_among_equals() {
	let candidates = [candidate(800_000, 0, 1_000); 50];
	let mut counts = [0u32; 50];
	for seed in 0..50_000 {
		counts[draw_weighted(&hash(seed), &candidates).unwrap()] += 1;
	}
	// 1,000 expected; five standard deviations are 157.
	assert!(
		counts.iter().all(|count| (843..=1_157).contains(count)),
		"{counts:?}"
	);
}

#[test]
fn ranking_goes_by_quality_after_the_penalty_then_load_then_tie() {
	let base = candidate(800_000, 1_000, 4_000);
	let fallen = Candidate {
		rank_penalty: 1,
		quality: 1_000_000,
		..base
	};
	let better = Candidate {
		quality: 810_000,
		load: 3_000,
		..base
	};
	// A quarter of a larger capacity is the same load as `base` has.
	let larger = Candidate {
		load: 2_000,
		capacity: 8_000,
		tie: [1; 32],
		..base
	};
	let idle = Candidate {
		load: 0,
		tie: [2; 32],
		..base
	};
	assert_eq!(
		rank(&[fallen, larger, base, idle, better]),
		vec![4, 3, 2, 1, 0]
	);
}

#[test]
fn a_candidate_serves_what_fits_its_free_slots_and_its_time() {
	let worker = Candidate {
		eta_ms: 900,
		..candidate(1, 3_000, 4_000)
	};
	assert!(worker.can_serve(1_000, 900));
	assert!(!worker.can_serve(1_001, 900));
	assert!(!worker.can_serve(1_000, 899));
	let overfull = candidate(1, 5_000, 4_000);
	assert_eq!(overfull.free(), 0);
}
