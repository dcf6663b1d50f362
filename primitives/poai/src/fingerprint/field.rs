//! Polynomials over the field of 65,521 elements.
//!
//! # Guarantees
//!
//! 1. [`interpolate`] gives the one polynomial of degree below the number of points that goes through
//!    all of them, and `None` exactly when two points share a place or a number is no element.
//! 2. Quadratic time in the number of points, at most [`crate::fingerprint::MAX_ENTRIES`] of them.

use alloc::{vec, vec::Vec};

use super::MAX_ENTRIES;

/// The number of elements: the largest prime below 2^16.
pub const ORDER: u16 = 65_521;

/// The order, in the width of products.
const P: u64 = ORDER as u64;

fn add(a: u64, b: u64) -> u64 {
	(a + b) % P
}

fn subtract(a: u64, b: u64) -> u64 {
	(a + P - b) % P
}

fn multiply(a: u64, b: u64) -> u64 {
	(a * b) % P
}

/// `1 / a` for an element other than zero, by Fermat's little theorem.
fn inverse(a: u64) -> u64 {
	let (mut base, mut exponent, mut result) = (a, P - 2, 1);
	while exponent > 0 {
		if exponent % 2 == 1 {
			result = multiply(result, base);
		}
		base = multiply(base, base);
		exponent /= 2;
	}
	result
}

/// Sum of two elements.
pub fn plus(a: u16, b: u16) -> u16 {
	// Below the order, hence 16 bits.
	add(u64::from(a), u64::from(b)) as u16
}

/// Difference of two elements.
pub fn minus(a: u16, b: u16) -> u16 {
	subtract(u64::from(a % ORDER), u64::from(b % ORDER)) as u16
}

/// The element that a word stands for.
pub fn reduce(word: u64) -> u16 {
	(word % P) as u16
}

/// The value at `place` of the polynomial with these coefficients, the constant one first.
pub fn evaluate(coefficients: &[u16], place: u16) -> u16 {
	let place = u64::from(place);
	let value = coefficients.iter().rev().fold(0, |sum, coefficient| {
		add(multiply(sum, place), u64::from(*coefficient))
	});
	value as u16
}

/// The coefficients, the constant one first, of the polynomial through these `(place, value)` points.
///
/// `None` if two places are equal, a number is no element, or there are more than [`MAX_ENTRIES`].
pub fn interpolate(points: &[(u16, u16)]) -> Option<Vec<u16>> {
	let is_element = |&(place, value): &(u16, u16)| place < ORDER && value < ORDER;
	if points.len() > MAX_ENTRIES as usize || !points.iter().all(is_element) {
		return None;
	}
	// The product of all (X - place), the constant coefficient first.
	let mut product = vec![1u64];
	for &(place, _) in points {
		product.push(0);
		let mut lower = 0;
		for coefficient in &mut product {
			let here = *coefficient;
			*coefficient = subtract(lower, multiply(here, u64::from(place)));
			lower = here;
		}
	}
	let mut result = vec![0u64; points.len()];
	let mut quotient = vec![0u64; points.len()];
	for &(place, value) in points {
		let place = u64::from(place);
		// The product without (X - place), by synthetic division from the highest coefficient down,
		// and its value at the place.
		let mut carried = 0;
		for (part, coefficient) in quotient.iter_mut().rev().zip(product.iter().rev()) {
			carried = add(*coefficient, multiply(carried, place));
			*part = carried;
		}
		let denominator = quotient
			.iter()
			.rev()
			.fold(0, |sum, part| add(multiply(sum, place), *part));
		if denominator == 0 {
			return None;
		}
		let scale = multiply(u64::from(value), inverse(denominator));
		for (coefficient, part) in result.iter_mut().zip(&quotient) {
			*coefficient = add(*coefficient, multiply(scale, *part));
		}
	}
	Some(result.into_iter().map(|element| element as u16).collect())
}
