//! The two-slot image of a vote record.
//!
//! A slot is `magic ‖ version ‖ sequence ‖ length ‖ payload ‖ checksum`; numbers are little-endian,
//! the checksum is the first 16 bytes of blake2-256 of all that stands before it. Writes alternate
//! between the slots with rising sequence, so a write that is cut short leaves the record before it
//! whole, and that record covers every signature that has left: a signature leaves only after the
//! write that covers it was synced.
//!
//! # Guarantees
//!
//! 1. Whatever part of a write reaches the disk, [`newest`] gives that record or the one before it.
//! 2. A changed bit in a slot makes that slot unreadable; a slot is read whole or not at all.

use aci_finality::VoteRecord;
use codec::{DecodeAll, Encode};

/// What a slot begins with.
pub const MAGIC: &[u8; 8] = b"aci-vote";
/// The format's version.
pub const VERSION: u8 = 1;
/// Bytes of the checksum.
pub const CHECKSUM: usize = 16;
const HEADER: usize = MAGIC.len() + 1 + 8 + 4;

/// Bytes of the file that a slot owns. The largest record holds one certificate of 1,024 signers
/// (66 bytes each) and four signed messages, about 68 KiB.
pub const SLOT_BYTES: usize = 128 * 1024;

/// Why no record could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
	/// No slot has a whole record.
	#[error("no slot of the file holds a whole record")]
	Torn,
	/// A later release wrote it.
	#[error("the file has version {0}, which this release does not know")]
	Version(u8),
}

/// The bytes of `record` as the write number `sequence`.
pub fn image(sequence: u64, record: &VoteRecord) -> Vec<u8> {
	let payload = record.encode();
	let mut image = Vec::with_capacity(HEADER + payload.len() + CHECKSUM);
	image.extend_from_slice(MAGIC);
	image.push(VERSION);
	image.extend_from_slice(&sequence.to_le_bytes());
	image.extend_from_slice(&(payload.len() as u32).to_le_bytes());
	image.extend_from_slice(&payload);
	let checksum = sp_crypto_hashing::blake2_256(&image);
	image.extend_from_slice(&checksum[..CHECKSUM]);
	image
}

/// The newest whole record of the two slots, with its sequence number.
///
/// A slot of an unknown version is never passed over for an older one of a known version: the
/// later release may have signed more.
pub fn newest(slots: [&[u8]; 2]) -> Result<(u64, VoteRecord), Unreadable> {
	let mut best: Option<(u64, VoteRecord)> = None;
	for slot in slots {
		match read(slot) {
			Ok((sequence, record)) if best.as_ref().is_none_or(|(other, _)| sequence > *other) => {
				best = Some((sequence, record));
			}
			Ok(_) | Err(Unreadable::Torn) => {}
			Err(version) => return Err(version),
		}
	}
	best.ok_or(Unreadable::Torn)
}

fn read(slot: &[u8]) -> Result<(u64, VoteRecord), Unreadable> {
	let torn = Unreadable::Torn;
	let (header, rest) = slot.split_at_checked(HEADER).ok_or(torn)?;
	let (magic, header) = header.split_at_checked(MAGIC.len()).ok_or(torn)?;
	let (version, header) = header.split_first().ok_or(torn)?;
	let (sequence, length) = header.split_first_chunk::<8>().ok_or(torn)?;
	let length = u32::from_le_bytes(length.try_into().map_err(|_| torn)?) as usize;
	if magic != MAGIC {
		return Err(torn);
	}
	let (payload, rest) = rest.split_at_checked(length).ok_or(torn)?;
	let checksum = rest.get(..CHECKSUM).ok_or(torn)?;
	let covered = slot.get(..HEADER.saturating_add(length)).ok_or(torn)?;
	if sp_crypto_hashing::blake2_256(covered).get(..CHECKSUM) != Some(checksum) {
		return Err(torn);
	}
	if *version != VERSION {
		return Err(Unreadable::Version(*version));
	}
	let record = VoteRecord::decode_all(&mut &*payload).map_err(|_| torn)?;
	Ok((u64::from_le_bytes(*sequence), record))
}
