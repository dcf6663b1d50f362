//! How a record lies in a file, and what a file found at a start means. No input or output.
//!
//! # Format
//!
//! The file has two slots of [`SLOT_BYTES`] each, the first at its beginning. It is made in its full
//! length of [`FILE_BYTES`], and gets its name when a whole record is in it. A slot holds an image,
//! and after it whatever was there before:
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `ACIFvote` |
//! | 2 | version of the payload, little endian: 1 |
//! | 8 | sequence number, little endian |
//! | 4 | length of the payload, little endian |
//! | length | the SCALE encoding of a [`VoteRecord`] |
//! | 32 | Blake2b-256 of all the bytes before |
//!
//! Everything but the payload stays as it is in later versions. An empty slot has no bytes, or all
//! are zero.
//!
//! # Writing
//!
//! The first record has sequence number 0; each later one is one higher. Sequence s goes into slot
//! `s % 2` ([`slot_of`]). The file is synced before anything else is done, and a write that failed
//! is not tried again: the node stops voting.
//!
//! # Guarantees
//!
//! 1. **A crash loses no promise.** A write touches only the slot of the record before the newest.
//!    If it is cut off anywhere, in any order of its sectors, the newest record that was synced is
//!    still whole in the other slot, and the new one is either whole or its checksum fails. A
//!    signature leaves the process only after its record is synced, so none has left that the cut
//!    off record would have covered: the older record is right.
//! 2. **Damage is seen.** No slot whose image is changed in any bit is taken for a record, but for
//!    a collision of the hash.
//! 3. **Doubt silences.** Whatever cannot have come from a crash while writing gives
//!    [`Found::Lost`]: both slots damaged, sequence numbers that do not follow each other, another
//!    chain, a later set than the one in force, an unknown version, or nothing at all where the
//!    database says that the authority has begun to vote in the set. There the rule is stricter
//!    than need be: a crash in or before the first write of a set silences too.
//!
//! It assumes that a slot that was synced reads back as it was written. Where a disk damages the
//! newest slot after the fact, and no write was under way, the two cases look the same; the older
//! record then wins although signatures of the newer may be out. Nor can a record notice that an
//! older copy of the whole file was put in its place within one set.

use super::VoteRecord;
use crate::message::Context;
use alloc::vec::Vec;
use codec::{DecodeAll, Encode};

/// Bytes of one slot. The largest record, with a certificate of [`crate::MAX_AUTHORITIES`]
/// signatures, takes about half.
pub const SLOT_BYTES: usize = 128 * 1024;

/// Bytes of the file.
pub const FILE_BYTES: usize = 2 * SLOT_BYTES;

const MAGIC: &[u8; 8] = b"ACIFvote";
const VERSION: u16 = 1;
const HEADER_BYTES: usize = 8 + 2 + 8 + 4;
const CHECKSUM_BYTES: usize = 32;

/// A record that does not fit in a slot. No record of a set within bounds is that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// The slot of the record with this sequence number: 0 or 1.
pub const fn slot_of(sequence: u64) -> usize {
	if sequence.is_multiple_of(2) {
		0
	} else {
		1
	}
}

/// The bytes to write at the beginning of the slot.
pub fn image(sequence: u64, record: &VoteRecord) -> Result<Vec<u8>, TooLong> {
	let payload = record.encode();
	let length = u32::try_from(payload.len()).map_err(|_| TooLong)?;
	let mut image = Vec::with_capacity(HEADER_BYTES + payload.len() + CHECKSUM_BYTES);
	image.extend_from_slice(MAGIC);
	image.extend_from_slice(&VERSION.to_le_bytes());
	image.extend_from_slice(&sequence.to_le_bytes());
	image.extend_from_slice(&length.to_le_bytes());
	image.extend_from_slice(&payload);
	image.extend_from_slice(&sp_crypto_hashing::blake2_256(&image));
	if image.len() > SLOT_BYTES {
		return Err(TooLong);
	}
	Ok(image)
}

/// What one slot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
	clippy::large_enum_variant,
	reason = "two of them are made, once at a start"
)]
pub enum Slot {
	/// Nothing was ever written.
	Empty,
	/// A whole record.
	Whole {
		/// Its sequence number.
		sequence: u64,
		/// The record.
		record: VoteRecord,
	},
	/// A write that was cut off, or damage.
	Torn,
	/// Whole, but of a version that this program does not know.
	Unknown,
}

/// Reads a slot. It may be shorter than [`SLOT_BYTES`], where the file is.
pub fn read(slot: &[u8]) -> Slot {
	if slot.iter().all(|byte| *byte == 0) {
		return Slot::Empty;
	}
	read_image(slot).unwrap_or(Slot::Torn)
}

fn read_image(slot: &[u8]) -> Option<Slot> {
	let (magic, rest) = slot.split_first_chunk::<8>()?;
	let (version, rest) = rest.split_first_chunk::<2>()?;
	let (sequence, rest) = rest.split_first_chunk::<8>()?;
	let (length, rest) = rest.split_first_chunk::<4>()?;
	let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
	if magic != MAGIC || length > SLOT_BYTES {
		return None;
	}
	let (payload, rest) = rest.split_at_checked(length)?;
	let (checksum, _) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
	let covered = slot.get(..HEADER_BYTES.checked_add(length)?)?;
	if sp_crypto_hashing::blake2_256(covered) != *checksum {
		return None;
	}
	if u16::from_le_bytes(*version) != VERSION {
		return Some(Slot::Unknown);
	}
	Some(match VoteRecord::decode_all(&mut &*payload) {
		Ok(record) => Slot::Whole {
			sequence: u64::from_le_bytes(*sequence),
			record,
		},
		Err(_) => Slot::Unknown,
	})
}

/// Why a record is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
	/// The database says that the authority has begun to vote in this set, and there is no record
	/// of it: the file was removed, or is of an earlier set.
	Missing,
	/// Neither slot holds a whole record where one must.
	Torn,
	/// The slots cannot have been written one after the other.
	Inconsistent,
	/// The record is of another chain.
	OtherChain,
	/// The record is of a later set: the database is older than the file.
	LaterSet,
	/// The file was written by another version of this program.
	Version,
}

/// What the file means for the set in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
	clippy::large_enum_variant,
	reason = "one of them is made, once at a start"
)]
pub enum Found {
	/// The authority has signed nothing in this set: it begins with a new record.
	Fresh {
		/// The sequence number of the next write.
		next: u64,
	},
	/// The record of this set.
	Intact {
		/// The record.
		record: VoteRecord,
		/// The sequence number of the next write.
		next: u64,
	},
	/// The authority may have signed what it does not know: it is silent in this set. Where the
	/// running node sees the set change it begins an empty file, except after [`Lost::LaterSet`]:
	/// that file is right for its own set.
	Lost(Lost),
}

/// Decides from both slots what an authority may do in the set of `context`.
///
/// `begun` tells whether the database notes that this authority has begun to vote in that set; the
/// note is written before the set's first record. A slot beyond the end of the file is empty.
pub fn decide(context: Context, begun: bool, slots: [&[u8]; 2]) -> Found {
	let (record, next) = match slots.map(read) {
		[Slot::Unknown, _] | [_, Slot::Unknown] => return Found::Lost(Lost::Version),
		[Slot::Empty, Slot::Empty] if begun => return Found::Lost(Lost::Missing),
		[Slot::Torn, Slot::Empty] if begun => return Found::Lost(Lost::Torn),
		// In the second of these the very first write was cut off.
		[Slot::Empty | Slot::Torn, Slot::Empty] => return Found::Fresh { next: 0 },
		[Slot::Torn, Slot::Torn] => return Found::Lost(Lost::Torn),
		// The second slot is written after the first.
		[Slot::Empty, _] => return Found::Lost(Lost::Inconsistent),
		[Slot::Whole {
			sequence: 0,
			record,
		}, Slot::Empty] => (record, 1),
		[Slot::Whole { .. }, Slot::Empty] => return Found::Lost(Lost::Inconsistent),
		[Slot::Whole { sequence, record }, Slot::Torn] if slot_of(sequence) == 0 => {
			(record, sequence.saturating_add(1))
		}
		[Slot::Torn, Slot::Whole { sequence, record }] if slot_of(sequence) == 1 => {
			(record, sequence.saturating_add(1))
		}
		[Slot::Whole { .. }, Slot::Torn] | [Slot::Torn, Slot::Whole { .. }] => {
			return Found::Lost(Lost::Inconsistent)
		}
		[Slot::Whole {
			sequence: even,
			record: first,
		}, Slot::Whole {
			sequence: odd,
			record: second,
		}] => {
			if slot_of(even) != 0 || slot_of(odd) != 1 || even.abs_diff(odd) != 1 {
				return Found::Lost(Lost::Inconsistent);
			}
			let newest = if even > odd { first } else { second };
			(newest, even.max(odd).saturating_add(1))
		}
	};
	if record.context.genesis != context.genesis {
		return Found::Lost(Lost::OtherChain);
	}
	match record.context.set.cmp(&context.set) {
		core::cmp::Ordering::Equal => Found::Intact { record, next },
		core::cmp::Ordering::Less if begun => Found::Lost(Lost::Missing),
		core::cmp::Ordering::Less => Found::Fresh { next },
		core::cmp::Ordering::Greater => Found::Lost(Lost::LaterSet),
	}
}

/// Decides from the whole file, or from there being none. `begun` is as in [`decide`].
///
/// A file that is shorter than it was made is damaged, and so is one in which there is no record:
/// it got its name with one, so this is no first write that was cut off.
pub fn decide_file(context: Context, begun: bool, file: Option<&[u8]>) -> Found {
	let Some(file) = file else {
		return if begun {
			Found::Lost(Lost::Missing)
		} else {
			Found::Fresh { next: 0 }
		};
	};
	let whole = file
		.split_at_checked(SLOT_BYTES)
		.filter(|(_, second)| second.len() >= SLOT_BYTES);
	let Some((first, second)) = whole else {
		return Found::Lost(Lost::Torn);
	};
	match decide(context, begun, [first, second]) {
		Found::Fresh { next: 0 } => Found::Lost(Lost::Torn),
		found => found,
	}
}
