//! The test of the numeric profile: element-wise tolerance (the paper's approximate matching, §3.4).
//!
//! An embedding is a list of binary32 numbers, little-endian. The verifier computes its own and
//! counts the elements that are further away than a tolerance.
//!
//! # Guarantees
//!
//! 1. Numbers of a magnitude below 2^21 are compared, with an error of at most 2^-40 (about 10^-12)
//!    for two roundings. Differences are stated in billionths, rounded up.
//! 2. A stated number that is not finite or out of that range is a fault of the output; one of the
//!    verifier's is a fault of the verifier, and nothing is said of the worker.
//!
//! # Deviation
//!
//! The paper's tolerance is 10^-4 for all outputs. Numbers of 16 bits are coarser than that, so the
//! tolerance is a threshold of the calibration for a data type and pair of hardware.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::float::fixed_from_f32;

/// Fraction bits of a compared number.
const BITS: u32 = 40;
/// Billionths in one.
const BILLIONTHS: u128 = 1_000_000_000;

/// Why an output could not be compared element by element.
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
pub enum NumericError {
	/// The output has another number of elements, or bytes that are no element.
	#[codec(index = 0)]
	LengthDiffers,
	/// This element of the output is not finite or out of range.
	#[codec(index = 1)]
	NotANumber(u32),
	/// This element of the verifier's own is not finite or out of range. Check the device.
	#[codec(index = 2)]
	OwnNotANumber(u32),
}

/// What a verifier found over the elements of an output.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct NumericStatistics {
	/// Elements that were compared.
	pub elements: u32,
	/// Elements that differ by more than the tolerance.
	pub beyond: u32,
	/// The largest difference in billionths, rounded up.
	pub largest: u64,
}

/// Compares an output with the verifier's own numbers, given as raw bits of binary32. `tolerance` is
/// in billionths.
///
/// Errors: all of [`NumericError`].
pub fn compare(
	output: &[u8],
	own: &[u32],
	tolerance: u64,
) -> Result<NumericStatistics, NumericError> {
	if own.len().checked_mul(4) != Some(output.len()) {
		return Err(NumericError::LengthDiffers);
	}
	let mut statistics = NumericStatistics::default();
	for (element, (bytes, own)) in (0u32..).zip(output.chunks_exact(4).zip(own)) {
		let bits = bytes
			.try_into()
			.map(u32::from_le_bytes)
			.map_err(|_| NumericError::LengthDiffers)?;
		let stated = fixed_from_f32(bits, BITS).map_err(|_| NumericError::NotANumber(element))?;
		let own = fixed_from_f32(*own, BITS).map_err(|_| NumericError::OwnNotANumber(element))?;
		// Below 2^63, times 2^30.
		let difference = (u128::from(stated.abs_diff(own)) * BILLIONTHS).div_ceil(1 << BITS);
		let difference = u64::try_from(difference).unwrap_or(u64::MAX);
		statistics.elements = statistics.elements.saturating_add(1);
		statistics.beyond = statistics
			.beyond
			.saturating_add(u32::from(difference > tolerance));
		statistics.largest = statistics.largest.max(difference);
	}
	Ok(statistics)
}
