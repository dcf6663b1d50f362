//! The numbers of largest magnitude, chunk by chunk, while the states arrive.
//!
//! # Guarantees
//!
//! 1. What is kept of a chunk are its largest numbers in the order of the fingerprint's definition,
//!    the same whether the states come one by one or all at once.
//! 2. Memory: [`CANDIDATES`] numbers for each 32 tokens, whatever the width.
//!
//! More candidates are kept than entries, because entries whose place is taken give way to the next
//! ones. With 252 entries one pair shares a place in every second chunk; that more than
//! [`SPARE`] give way does not happen. If it did, the chunk would have fewer points, the same for
//! both sides.

use alloc::{collections::BTreeSet, vec::Vec};
use core::cmp::Reverse;

use super::{FingerprintError, Layout, CHUNK_TOKENS, MAX_ENTRIES};
use crate::float::bf16_from_f32;

/// Numbers that are kept beyond the entries.
pub const SPARE: u32 = 16;
/// Numbers that are kept of a chunk.
pub const CANDIDATES: usize = (MAX_ENTRIES + SPARE) as usize;

/// A number of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
	/// State within the chunk × width + dimension.
	pub index: u32,
	/// The number as bfloat16.
	pub value: u16,
}

/// The largest numbers of each chunk of an output, the largest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
	pub(crate) layout: Layout,
	pub(crate) chunks: Vec<Vec<Candidate>>,
}

impl Selection {
	/// How the output is cut into chunks.
	pub fn layout(&self) -> Layout {
		self.layout
	}
}

/// By magnitude, then the lower index, then the sign: the smallest key is the first to go.
type Key = (u16, Reverse<u32>, bool);

/// Takes the states of an output one by one.
#[derive(Clone, Debug)]
pub struct Selector {
	hidden: u32,
	tokens: u32,
	chunks: Vec<BTreeSet<Key>>,
}

impl Selector {
	/// A selector for states of this width.
	///
	/// Errors: [`FingerprintError::HiddenOutOfRange`].
	pub fn new(hidden: u32) -> Result<Self, FingerprintError> {
		Layout::new(0, hidden)?;
		Ok(Selector {
			hidden,
			tokens: 0,
			chunks: Vec::new(),
		})
	}

	/// Adds the state from which the next output token was drawn: raw bits of binary32.
	///
	/// After an error the selector is of no use.
	///
	/// Errors: [`FingerprintError::TooManyTokens`], [`FingerprintError::WrongWidth`],
	/// [`FingerprintError::NotFinite`].
	pub fn push(&mut self, state: impl IntoIterator<Item = u32>) -> Result<(), FingerprintError> {
		let within = self.tokens % CHUNK_TOKENS;
		// Beyond 2^24 the next line refuses.
		self.tokens = self.tokens.saturating_add(1);
		Layout::new(self.tokens, self.hidden)?;
		if within == 0 {
			self.chunks.push(BTreeSet::new());
		}
		let hidden = self.hidden;
		let chunk = self
			.chunks
			.last_mut()
			.ok_or(FingerprintError::DifferentLayout)?;
		let mut dimensions = 0u32;
		for bits in state {
			if dimensions == hidden {
				return Err(FingerprintError::WrongWidth);
			}
			let value = bf16_from_f32(bits).map_err(|_| FingerprintError::NotFinite)?;
			insert(chunk, within * hidden + dimensions, value);
			dimensions += 1;
		}
		if dimensions < hidden {
			return Err(FingerprintError::WrongWidth);
		}
		Ok(())
	}

	/// The selection of all states that were added.
	///
	/// Errors: [`FingerprintError::TooManyTokens`] if it was added to after that error.
	pub fn finish(mut self) -> Result<Selection, FingerprintError> {
		let layout = Layout::new(self.tokens, self.hidden)?;
		if self.chunks.len() > layout.chunks() as usize {
			// The rest of an output belongs to the chunk before.
			let rest = self.chunks.pop().unwrap_or_default();
			if let Some(last) = self.chunks.last_mut() {
				for (magnitude, Reverse(index), negative) in rest {
					let value = magnitude | u16::from(negative) << 15;
					insert(last, CHUNK_TOKENS * self.hidden + index, value);
				}
			}
		}
		let in_order = |chunk: BTreeSet<Key>| {
			let candidates = chunk.into_iter().rev();
			candidates
				.map(|(magnitude, Reverse(index), negative)| Candidate {
					index,
					value: magnitude | u16::from(negative) << 15,
				})
				.collect()
		};
		Ok(Selection {
			layout,
			chunks: self.chunks.into_iter().map(in_order).collect(),
		})
	}
}

fn insert(chunk: &mut BTreeSet<Key>, index: u32, value: u16) {
	let magnitude = value & 0x7fff;
	let key = (magnitude, Reverse(index), value != magnitude);
	if chunk.len() >= CANDIDATES {
		if chunk.first().is_some_and(|smallest| key < *smallest) {
			return;
		}
		chunk.pop_first();
	}
	chunk.insert(key);
}
