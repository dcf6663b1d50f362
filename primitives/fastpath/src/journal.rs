//! An author's own vertices on its disk.
//!
//! # Format
//!
//! A journal is one file per set, only ever appended to. An entry is
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `ACIFpath` |
//! | 2 | version of the payload, little endian: 1 |
//! | 4 | sequence number, little endian, from 0 on |
//! | 4 | length of the payload, little endian |
//! | length | the SCALE encoding of the set's context and the vertex |
//! | 32 | Blake2b-256 of all the bytes before |
//!
//! The file is synced after each entry, before the vertex is sent; where that fails, the author
//! stops.
//!
//! # Guarantees
//!
//! 1. **A crash loses no vertex that was sent.** A write that is cut off leaves a last entry that is
//!    short or whose hash is wrong. It was not synced, so its vertex was not sent: it is cut away,
//!    and the entries before are all that was sent.
//! 2. **Damage is seen.** An entry whose bytes changed is not taken, but for a collision of the hash.
//!    Damage before the last entry silences ([`Lost`]), and so does another chain or set, a gap, or
//!    nothing where the database says that the author has begun.
//!
//! What it cannot see: that an older copy of the file was put in its place, or that a disk lost its
//! end after the fact. An author whose disk may have done so waits for the next set.

use crate::vertex::{Vertex, MAX_VERTEX_BYTES};
use aci_finality::Context;
use alloc::vec::Vec;
use codec::{DecodeAll, Encode};

const MAGIC: &[u8; 8] = b"ACIFpath";
const VERSION: u16 = 1;
const HEADER_BYTES: usize = 8 + 2 + 4 + 4;
const CHECKSUM_BYTES: usize = 32;

/// The bytes to append for an author's vertex number `sequence` in the set.
pub fn entry(context: &Context, sequence: u32, vertex: &Vertex) -> Vec<u8> {
	let payload = (context, vertex).encode();
	let mut bytes = Vec::with_capacity(payload.len().saturating_add(HEADER_BYTES + CHECKSUM_BYTES));
	bytes.extend_from_slice(MAGIC);
	bytes.extend_from_slice(&VERSION.to_le_bytes());
	bytes.extend_from_slice(&sequence.to_le_bytes());
	// A vertex is below MAX_VERTEX_BYTES, so its length fits.
	let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
	bytes.extend_from_slice(&length.to_le_bytes());
	bytes.extend_from_slice(&payload);
	let checksum = sp_crypto_hashing::blake2_256(&bytes);
	bytes.extend_from_slice(&checksum);
	bytes
}

/// Why a journal cannot be relied on. The author is silent in this set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
	/// The database says that the author has begun in this set, and there is no entry.
	Missing,
	/// An entry before the last one is damaged, or entries do not follow each other.
	Damaged,
	/// It is of another chain or set.
	OtherSet,
	/// It was written by another version of this program.
	Version,
}

/// An intact journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
	/// The author's vertices of the set, in order.
	pub vertices: Vec<Vertex>,
	/// Bytes of the file that count. What is beyond is cut away before the next entry.
	pub length: usize,
}

/// What one read at the beginning of some bytes gives.
#[expect(
	clippy::large_enum_variant,
	reason = "one at a time, taken apart at once"
)]
enum Read {
	Entry {
		sequence: u32,
		context: Context,
		vertex: Vertex,
		length: usize,
	},
	Unknown,
	Broken,
}

fn read(bytes: &[u8]) -> Read {
	read_entry(bytes).unwrap_or(Read::Broken)
}

fn read_entry(bytes: &[u8]) -> Option<Read> {
	let (magic, rest) = bytes.split_first_chunk::<8>()?;
	let (version, rest) = rest.split_first_chunk::<2>()?;
	let (sequence, rest) = rest.split_first_chunk::<4>()?;
	let (length, rest) = rest.split_first_chunk::<4>()?;
	let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
	if magic != MAGIC || length > MAX_VERTEX_BYTES.saturating_mul(2) {
		return None;
	}
	let (payload, rest) = rest.split_at_checked(length)?;
	let (checksum, _) = rest.split_first_chunk::<CHECKSUM_BYTES>()?;
	let covered = HEADER_BYTES.checked_add(length)?;
	if sp_crypto_hashing::blake2_256(bytes.get(..covered)?) != *checksum {
		return None;
	}
	if u16::from_le_bytes(*version) != VERSION {
		return Some(Read::Unknown);
	}
	Some(match <(Context, Vertex)>::decode_all(&mut &*payload) {
		Ok((context, vertex)) => Read::Entry {
			sequence: u32::from_le_bytes(*sequence),
			context,
			vertex,
			length: covered.checked_add(CHECKSUM_BYTES)?,
		},
		Err(_) => Read::Unknown,
	})
}

/// Reads a journal. `begun` tells whether the database notes that this author has begun in the set;
/// the note is written before the first entry.
///
/// A last entry that is cut off is dropped. So that damage further ahead is not taken for that, a
/// broken entry with an intact one anywhere behind it silences.
pub fn replay(context: &Context, begun: bool, bytes: &[u8]) -> Result<Journal, Lost> {
	let mut vertices = Vec::new();
	let mut at = 0usize;
	while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
		match read(rest) {
			Read::Unknown => return Err(Lost::Version),
			Read::Broken => {
				if has_entry(rest.get(1..).unwrap_or_default()) {
					return Err(Lost::Damaged);
				}
				break;
			}
			Read::Entry {
				sequence,
				context: of,
				vertex,
				length,
			} => {
				if of != *context {
					return Err(Lost::OtherSet);
				}
				if usize::try_from(sequence) != Ok(vertices.len()) {
					return Err(Lost::Damaged);
				}
				vertices.push(vertex);
				at = at.saturating_add(length);
			}
		}
	}
	// A first entry that was cut off was not sent either, but then the note was just written: it is
	// stricter than need be to be silent here.
	if vertices.is_empty() && begun {
		return Err(Lost::Missing);
	}
	Ok(Journal {
		vertices,
		length: at,
	})
}

/// Whether an intact entry begins anywhere in `bytes`.
fn has_entry(bytes: &[u8]) -> bool {
	let candidates = bytes.windows(MAGIC.len()).enumerate();
	candidates
		.filter(|(_, window)| window == MAGIC)
		.any(|(at, _)| !matches!(read(bytes.get(at..).unwrap_or_default()), Read::Broken))
}
