//! Revoked serial numbers where a vendor signs no list: the chain's governance keeps them.

use crate::error::{Error, Part};
use sha2::{Digest, Sha256};

/// Revoked serial numbers, each as the first 16 bytes of the SHA-256 of its bytes without leading
/// zeros, in ascending order.
#[derive(Clone, Copy, Debug)]
pub struct RevokedSerials<'a> {
	sorted: &'a [[u8; 16]],
}

impl<'a> RevokedSerials<'a> {
	/// From hashes in ascending order.
	///
	/// Errors: [`Error::Malformed`] of [`Part::RevocationList`] if they are in no such order.
	pub fn new(sorted: &'a [[u8; 16]]) -> Result<Self, Error> {
		if sorted.is_sorted_by(|one, other| one < other) {
			Ok(Self { sorted })
		} else {
			Err(Error::Malformed(Part::RevocationList))
		}
	}

	/// What a serial number, big-endian without leading zeros, is listed as.
	pub fn entry(serial: &[u8]) -> [u8; 16] {
		let digest = Sha256::digest(serial);
		let mut entry = [0u8; 16];
		for (to, from) in entry.iter_mut().zip(digest) {
			*to = from;
		}
		entry
	}

	/// Whether a serial number is on the list.
	pub fn has(&self, serial: &[u8]) -> bool {
		self.sorted.binary_search(&Self::entry(serial)).is_ok()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hashes_must_be_in_order() {
		assert!(RevokedSerials::new(&[[1; 16], [2; 16]]).is_ok());
		assert!(RevokedSerials::new(&[[2; 16], [1; 16]]).is_err());
		assert!(RevokedSerials::new(&[[1; 16], [1; 16]]).is_err());
	}
}
