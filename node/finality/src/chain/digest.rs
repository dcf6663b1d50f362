//! Changes of the authority set, as blocks announce them.
//!
//! # Guarantees
//!
//! 1. A header announces no change, or exactly one whose authorities make a set; anything else is an
//!    error, and the block is refused at import.

use aci_finality::{ConsensusLog, SetError, ENGINE_ID};
use codec::DecodeAll;
use sp_runtime::{traits::Header, DigestItem};

/// Why a header's digest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
	/// An item of this engine is not a log.
	#[error("an item of the finality engine in the block's digest does not decode: {0}")]
	Undecodable(codec::Error),
	/// More than one item.
	#[error("the block's digest has more than one item of the finality engine")]
	Repeated,
	/// The announced authorities are no set.
	#[error("the authorities that the block announces make no set: {0:?}")]
	NoSet(SetError),
}

/// The change that `header` announces.
pub fn change_of<H: Header>(header: &H) -> Result<Option<ConsensusLog>, DigestError> {
	let mut found = None;
	for item in header.digest().logs() {
		let DigestItem::Consensus(engine, bytes) = item else {
			continue;
		};
		if engine != &ENGINE_ID {
			continue;
		}
		let log = ConsensusLog::decode_all(&mut &bytes[..]).map_err(DigestError::Undecodable)?;
		if found.is_some() {
			return Err(DigestError::Repeated);
		}
		log.clone().next_set(0).map_err(DigestError::NoSet)?;
		found = Some(log);
	}
	Ok(found)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::testing::{change, header, keys};
	use codec::Encode;

	fn consensus(bytes: Vec<u8>) -> DigestItem {
		DigestItem::Consensus(ENGINE_ID, bytes)
	}

	#[test]
	fn a_header_without_items_of_the_engine_announces_nothing() {
		let other = DigestItem::Consensus(*b"aura", vec![1, 2, 3]);
		assert_eq!(
			change_of(&header(1, Default::default(), vec![other])),
			Ok(None)
		);
	}

	#[test]
	fn one_change_is_read() {
		let log = change(&keys(4));
		let header = header(1, Default::default(), vec![consensus(log.encode())]);
		assert_eq!(change_of(&header), Ok(Some(log)));
	}

	#[test]
	fn two_changes_are_refused() {
		let item = consensus(change(&keys(4)).encode());
		let header = header(1, Default::default(), vec![item.clone(), item]);
		assert_eq!(change_of(&header), Err(DigestError::Repeated));
	}

	#[test]
	fn an_item_with_bytes_left_over_is_refused() {
		let mut bytes = change(&keys(4)).encode();
		bytes.push(0);
		let header = header(1, Default::default(), vec![consensus(bytes)]);
		assert!(matches!(
			change_of(&header),
			Err(DigestError::Undecodable(_))
		));
	}

	#[test]
	fn an_empty_set_is_refused() {
		let header = header(1, Default::default(), vec![consensus(change(&[]).encode())]);
		assert_eq!(change_of(&header), Err(DigestError::NoSet(SetError::Empty)));
	}
}
