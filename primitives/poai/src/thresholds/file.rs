//! The file in which thresholds are shipped: what a calibration froze, as JSON.
//!
//! `aci-calibrate freeze` writes it. The runtime's genesis puts [`SHIPPED`] into the chain's storage,
//! where governance may set later versions; a verifier without a chain reads a file.
//!
//! # Guarantees
//!
//! 1. [`parse`] accepts at most [`MAX_BYTES`], no field that it does not know, none twice, none left
//!    out, and no number that its type does not hold.
//! 2. What it gives was measured ([`Thresholds::is_calibrated`]) and can be used
//!    ([`Thresholds::check`]).

use crate::thresholds::{ThresholdError, Thresholds};

/// Most bytes of a file: thresholds are less than two kilobytes.
pub const MAX_BYTES: usize = 8 * 1024;

/// The thresholds that this version ships.
pub const SHIPPED: &[u8] = include_bytes!("../../thresholds.json");

/// Why bytes are no thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
	/// The file is too long. Take one that `aci-calibrate freeze` wrote.
	TooLong {
		/// Its bytes.
		bytes: usize,
	},
	/// The file is no JSON of thresholds. Take one that `aci-calibrate freeze` wrote.
	Malformed {
		/// The line, from 1.
		line: usize,
		/// The column, from 1.
		column: usize,
	},
	/// The numbers name no version or no calibration: nobody measured them. Freeze them from one.
	NotCalibrated,
	/// No judgement can use the numbers. Freeze them anew.
	Unusable(ThresholdError),
}

impl core::fmt::Display for FileError {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			FileError::TooLong { bytes } => write!(
				formatter,
				"{bytes} bytes are no thresholds, which have {MAX_BYTES} at most"
			),
			FileError::Malformed { line, column } => write!(
				formatter,
				"line {line}, column {column}: this is not what `aci-calibrate freeze` writes"
			),
			FileError::NotCalibrated => formatter.write_str(
				"the thresholds name no version or no calibration: freeze them from measured runs",
			),
			FileError::Unusable(error) => write!(formatter, "no judgement can use them: {error}"),
		}
	}
}

impl core::error::Error for FileError {}

/// Reads a file.
///
/// Errors: all of [`FileError`].
pub fn parse(bytes: &[u8]) -> Result<Thresholds, FileError> {
	if bytes.len() > MAX_BYTES {
		return Err(FileError::TooLong { bytes: bytes.len() });
	}
	let thresholds: Thresholds =
		serde_json::from_slice(bytes).map_err(|error| FileError::Malformed {
			line: error.line(),
			column: error.column(),
		})?;
	if !thresholds.is_calibrated() {
		return Err(FileError::NotCalibrated);
	}
	thresholds.check().map_err(FileError::Unusable)?;
	Ok(thresholds)
}

/// The thresholds that this version ships.
///
/// Errors: none, as a test of this crate shows; those of [`parse`] if the file was edited.
pub fn shipped() -> Result<Thresholds, FileError> {
	parse(SHIPPED)
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{string::String, vec::Vec};
	use proptest::prelude::*;

	fn text() -> String {
		String::from_utf8(SHIPPED.to_vec()).unwrap()
	}

	#[test]
	fn the_shipped_thresholds_are_read_and_written_alike() {
		let shipped = shipped().unwrap();
		assert!(shipped.is_calibrated());
		let written = serde_json::to_vec(&shipped).unwrap();
		assert_eq!(parse(&written), Ok(shipped));
		assert!(written.len() < MAX_BYTES);
	}

	#[test]
	fn fields_that_are_unknown_missing_or_there_twice_are_refused() {
		let changed = [
			text().replacen("\"version\"", "\"edition\"", 1),
			text().replacen("\"version\"", "\"more\": 1, \"version\"", 1),
			text().replacen("\"version\"", "\"version\": 1, \"version\"", 1),
			text().replacen("\"tolerance\"", "\"tolerance\": 1, \"tolerance\"", 1),
			text().replacen("\"most_beyond\": 0", "\"most_beyond\": -1", 1),
			text().replacen("\"most_beyond\": 0", "\"most_beyond\": 0.5", 1),
			text().replacen("\"most_beyond\": 0", "\"most_beyond\": 4294967296", 1),
			text() + "{}",
			String::new(),
			"[".repeat(2_000),
		];
		for text in changed {
			assert!(
				matches!(parse(text.as_bytes()), Err(FileError::Malformed { .. })),
				"{text}"
			);
		}
	}

	#[test]
	fn numbers_that_nobody_measured_or_can_use_are_refused() {
		let mut thresholds = shipped().unwrap();
		thresholds.version = 0;
		let bytes = serde_json::to_vec(&thresholds).unwrap();
		assert_eq!(parse(&bytes), Err(FileError::NotCalibrated));
		thresholds.version = 1;
		thresholds.numeric.most_beyond = u32::MAX;
		let bytes = serde_json::to_vec(&thresholds).unwrap();
		let expected = FileError::Unusable(ThresholdError::ShareAboveOne);
		assert_eq!(parse(&bytes), Err(expected));
		let bytes = MAX_BYTES + 1;
		assert_eq!(
			parse(&alloc::vec![b' '; bytes]),
			Err(FileError::TooLong { bytes })
		);
	}

	proptest! {
		#[test]
		fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
			let _ = parse(&bytes);
		}

		#[test]
		fn a_damaged_file_is_refused_or_says_something_else_that_is_usable(
			place in 0..SHIPPED.len(),
			byte in any::<u8>(),
		) {
			let mut bytes: Vec<u8> = SHIPPED.to_vec();
			bytes[place] = byte;
			if let Ok(found) = parse(&bytes) {
				prop_assert!(found.is_calibrated());
				prop_assert_eq!(found.check(), Ok(()));
			}
		}
	}
}
