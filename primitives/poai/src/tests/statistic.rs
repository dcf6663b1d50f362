use super::fingerprint::hash;
use crate::{float::FloatError, statistic::*};

#[test]
fn drawn_places_are_the_seeds_and_spread_over_the_output() {
	let drawn = drawn_places(&hash(1), &hash(2), 50, 255);
	assert_eq!(drawn, drawn_places(&hash(1), &hash(2), 50, 255));
	assert_ne!(drawn, drawn_places(&hash(3), &hash(2), 50, 255));
	assert_ne!(drawn, drawn_places(&hash(1), &hash(3), 50, 255));
	assert!(drawn.iter().all(|place| *place < 50));
	let different: std::collections::BTreeSet<u32> = drawn.iter().copied().collect();
	assert!(different.len() > 45 && different.contains(&0) && different.contains(&49));
	assert_eq!(drawn[..10], drawn_places(&hash(1), &hash(2), 50, 10));
	assert_eq!(drawn_places(&hash(1), &hash(2), 0, 9), Vec::<u32>::new());
	assert_eq!(drawn_places(&hash(1), &hash(2), 1, 3), [0, 0, 0]);
}

#[test]
fn a_statistic_is_the_sum_of_the_recomputed_numbers() {
	let of = |numbers: &[f32]| statistic_of_numbers(numbers.iter().map(|number| number.to_bits()));
	assert_eq!(of(&[1.5, -0.25]), Ok((5 << 24) / 4));
	assert_eq!(of(&[]), Ok(0));
	assert_eq!(of(&[f32::NAN]), Err(FloatError::NotFinite));
	assert_eq!(of(&[1e30]), Err(FloatError::OutOfRange));
	assert_ne!(
		statistic_of_output(&hash(1), b"text"),
		statistic_of_output(&hash(2), b"text")
	);
	assert_ne!(
		statistic_of_output(&hash(1), b"text"),
		statistic_of_output(&hash(1), b"tex")
	);
}
