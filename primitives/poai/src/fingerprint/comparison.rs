//! A verifier's reading of a fingerprint. The rules are the parent module's.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;

use super::{
	encoding::{number, ChunkKey},
	field, Fingerprint, FingerprintError, Selection,
};

/// From this distance on, in units in the last place, two numbers do not match: one binade.
const BINADE: u16 = 128;

/// What a verifier found in one chunk.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ChunkStatistics {
	/// Entries that were compared.
	pub entries: u32,
	/// Entries with another sign, another exponent by a binade or more, or no number at all.
	pub mismatched: u32,
	/// Sum of the other entries' distances in units in the last place, each below 128.
	pub distance: u32,
	/// The median of those distances, of an even number the upper one; 127 without any.
	pub median: u8,
}

impl ChunkStatistics {
	/// The share of mismatched entries in parts per billion, rounded up; all of them without any.
	pub fn mismatched_share(&self) -> u32 {
		let parts = u64::from(self.mismatched.min(self.entries)) * 1_000_000_000;
		if self.entries == 0 {
			return 1_000_000_000;
		}
		// At most 10^9.
		parts.div_ceil(u64::from(self.entries)) as u32
	}

	/// The mean distance of the matched entries in thousandths of a unit, rounded up; `None` without
	/// any.
	pub fn mean(&self) -> Option<u32> {
		let matched = self
			.entries
			.checked_sub(self.mismatched)
			.filter(|matched| *matched > 0)?;
		let mean = (u64::from(self.distance) * 1_000).div_ceil(u64::from(matched));
		Some(u32::try_from(mean).unwrap_or(u32::MAX))
	}
}

/// Compares a worker's fingerprint with the verifier's own states, chunk by chunk.
///
/// Errors: [`FingerprintError::DifferentLayout`] if they are not of outputs of one length, of models
/// of one width.
pub fn compare(
	binding: &H256,
	fingerprint: &Fingerprint,
	own: &Selection,
) -> Result<Vec<ChunkStatistics>, FingerprintError> {
	if fingerprint.layout != own.layout {
		return Err(FingerprintError::DifferentLayout);
	}
	let chunks = fingerprint.chunks.iter().zip(&own.chunks);
	Ok((0u32..)
		.zip(chunks)
		.map(|(chunk, (coefficients, candidates))| {
			let key = ChunkKey::new(binding, chunk);
			let mut entries = 0;
			let mut distances = Vec::new();
			for (candidate, place) in key.entries(candidates, own.layout.entries(chunk)) {
				entries += 1;
				let masked = field::evaluate(coefficients, place.x);
				let claimed = field::minus(masked, place.mask);
				distances.extend(distance(claimed, candidate.value));
			}
			distances.sort_unstable();
			ChunkStatistics {
				entries,
				// At most one distance for each entry.
				mismatched: entries - distances.len() as u32,
				distance: distances.iter().map(|distance| u32::from(*distance)).sum(),
				median: distances
					.get(distances.len() / 2)
					.copied()
					.unwrap_or(BINADE as u8 - 1),
			}
		})
		.collect())
}

/// The distance of a claimed element from a number, if they match.
fn distance(claimed: u16, own: u16) -> Option<u8> {
	let (negative, magnitude) = number(claimed)?;
	let own_magnitude = own & 0x7fff;
	let apart = magnitude.abs_diff(own_magnitude);
	// Below 128, so it fits.
	(negative == (own != own_magnitude) && apart < BINADE).then_some(apart as u8)
}
